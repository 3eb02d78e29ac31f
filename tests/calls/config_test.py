"""The sub-resources of a bucket: what a fresh one answers, put, get, delete, and AWS's refusals."""
import base64
import hashlib
import threading
import zlib

import pytest

from aerostat import OTHER_KEY, ROOT_KEY, path_of
from buckets import refused, without

# --- what Terraform reads of every bucket (13 Get* calls and HeadBucket)

NOT_CONFIGURED = [("get_bucket_cors", "NoSuchCORSConfiguration"), ("get_bucket_policy", "NoSuchBucketPolicy"),
                  ("get_bucket_policy_status", "NoSuchBucketPolicy"), ("get_bucket_tagging", "NoSuchTagSet"),
                  ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
                  ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
                  ("get_bucket_website", "NoSuchWebsiteConfiguration"),
                  ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")]

FRESH = [("get_bucket_accelerate_configuration", {}), ("get_bucket_logging", {}), ("get_bucket_versioning", {}),
         ("get_bucket_notification_configuration", {}), ("get_bucket_request_payment", {"Payer": "BucketOwner"}),
         ("get_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": [
             {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}}),
         ("get_public_access_block", {"PublicAccessBlockConfiguration": {
             "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
             "RestrictPublicBuckets": True}}),
         ("get_bucket_ownership_controls", {"OwnershipControls": {"Rules": [
             {"ObjectOwnership": "BucketOwnerEnforced"}]}}),
         ("list_bucket_metrics_configurations", {"IsTruncated": False}),
         ("list_bucket_analytics_configurations", {"IsTruncated": False}),
         ("list_bucket_inventory_configurations", {"IsTruncated": False}),
         ("list_bucket_intelligent_tiering_configurations", {"IsTruncated": False})]


@pytest.mark.parametrize("call,code", NOT_CONFIGURED)
def test_not_configured(s3, bucket, call, code):
    assert refused(lambda: getattr(s3, call)(Bucket=bucket), code, 404)["BucketName"] == bucket


@pytest.mark.parametrize("call,answer", FRESH)
def test_fresh(s3, bucket, call, answer):
    assert without(getattr(s3, call)(Bucket=bucket)) == answer


def test_fresh_acl(s3, bucket):
    owner = {"ID": ROOT_KEY.canonical, "DisplayName": "first"}
    r = s3.get_bucket_acl(Bucket=bucket)
    assert r["Owner"] == owner
    assert r["Grants"] == [{"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]


@pytest.mark.parametrize("query", ["cors", "lifecycle", "policy", "acl", "website", "logging", "tagging", "encryption",
                                   "replication", "accelerate", "requestPayment", "object-lock", "publicAccessBlock",
                                   "ownershipControls", "notification", "versioning", "location", "policyStatus"])
def test_of_no_bucket_and_of_another(server, bucket, query):
    assert server.request("GET", f"/no-such-bucket-at-all?{query}").code == "NoSuchBucket"
    assert server.request("GET", f"/{bucket}?{query}=", key=OTHER_KEY).code == "AccessDenied"
    assert server.request("GET", f"/{bucket}?{query}=", signed=False).code == "AccessDenied"
    # "?cors=" is "?cors" (Terraform)
    assert server.request("GET", f"/{bucket}?{query}=").code == server.request("GET", f"/{bucket}?{query}").code


# --- put, get, delete alike

KINDS = {
    "tagging": ("bucket_tagging", "Tagging", {"TagSet": [{"Key": "a", "Value": "b"}, {"Key": "ü", "Value": ""}]},
                "NoSuchTagSet"),
    "cors": ("bucket_cors", "CORSConfiguration", {"CORSRules": [
        {"ID": "r", "AllowedHeaders": ["*", "x-*"], "AllowedMethods": ["GET", "PUT"],
         "AllowedOrigins": ["https://*.example.com", "*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000},
        {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["<&>"]}]}, "NoSuchCORSConfiguration"),
    "website": ("bucket_website", "WebsiteConfiguration", {
        "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "e.html"}, "RoutingRules": [
            {"Condition": {"KeyPrefixEquals": "docs/", "HttpErrorCodeReturnedEquals": "404"},
             "Redirect": {"ReplaceKeyPrefixWith": "documents/", "HttpRedirectCode": "301", "Protocol": "https"}}]},
        "NoSuchWebsiteConfiguration"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(s3, bucket, kind):
    noun, member, document, code = KINDS[kind]
    put, get, delete = (getattr(s3, f"{verb}_{noun}") for verb in ("put", "get", "delete"))
    put(Bucket=bucket, **{member: document})
    assert without(get(Bucket=bucket)) == document
    put(Bucket=bucket, **{member: document})
    assert delete(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(lambda: get(Bucket=bucket), code, 404)
    delete(Bucket=bucket)


def test_survive_a_restart(start_server):
    server = start_server()
    s3 = server.client()
    s3.create_bucket(Bucket="kept")
    for noun, member, document, _ in KINDS.values():
        getattr(s3, "put_" + noun)(Bucket="kept", **{member: document})
    server.kill()
    server.start()
    for noun, _, document, _ in KINDS.values():
        assert without(getattr(server.client(), "get_" + noun)(Bucket="kept")) == document


# --- integrity

CORS = b"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>" \
       b"</CORSConfiguration>"


def md5(b):
    return base64.b64encode(hashlib.md5(b).digest()).decode()


def crc32(b):
    return base64.b64encode(zlib.crc32(b).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("headers,code", [
    ({}, "InvalidRequest"),
    ({"Content-MD5": md5(CORS)}, None),
    ({"Content-MD5": md5(b"other")}, "BadDigest"),
    ({"Content-MD5": "not base64"}, "InvalidDigest"),
    ({"Content-MD5": "AAAA"}, "InvalidDigest"),
    ({"x-amz-checksum-crc32": crc32(CORS)}, None),
    ({"x-amz-checksum-crc32": crc32(b"other")}, "BadDigest"),
    ({"x-amz-checksum-crc32": "AAAA"}, "InvalidRequest"),
    ({"x-amz-sdk-checksum-algorithm": "SHA256",
      "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(CORS).digest()).decode()}, None),
    ({"x-amz-checksum-crc32": crc32(CORS), "Content-MD5": md5(b"other")}, "BadDigest"),
    ({"x-amz-checksum-crc32": crc32(b"other"), "Content-MD5": md5(CORS)}, "BadDigest"),
])
def test_integrity(server, bucket, headers, code):
    r = server.request("PUT", path_of(bucket) + "?cors", headers, CORS)
    assert (r.status, r.code) == ((400, code) if code else (200, None)), r
    assert server.request("GET", path_of(bucket) + "?cors").status == (404 if code else 200)


@pytest.mark.parametrize("query", ["versioning", "policy", "acl", "website", "logging", "requestPayment"])
def test_a_wrong_digest_is_refused_where_none_is_asked_for(server, bucket, query):
    r = server.request("PUT", path_of(bucket) + "?" + query, {"Content-MD5": md5(b"other")}, b"<x/>")
    assert r.code == "BadDigest"


@pytest.mark.parametrize("query", ["cors", "lifecycle", "tagging", "encryption", "replication", "website", "logging",
                                   "accelerate", "requestPayment", "object-lock", "publicAccessBlock", "acl",
                                   "ownershipControls", "notification", "versioning", "metrics&id=x",
                                   "analytics&id=x", "inventory&id=x", "intelligent-tiering&id=x"])
def test_bodies_that_are_no_document(server, bucket, query):
    deep = b"<a>" * 500 + b"</a>" * 500
    entity = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
    for body in (b"", b"{", b"<", b"\xff\xfe", b"<a>", b"<a></b>", b"<a>\x00</a>", deep, entity):
        r = server.request("PUT", path_of(bucket) + "?" + query, {"Content-MD5": md5(body)}, body)
        assert r.status == 400 and r.code in ("MalformedXML", "MissingSecurityHeader", "MissingRequestBodyError",
                                              "MalformedACLError", "IllegalVersioningConfigurationException"), (body, r)


# --- tagging


def test_tagging_refusals(s3, bucket):
    def put(*tags):
        return lambda: s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": k, "Value": v}
                                                                               for k, v in tags]})

    assert put(*((f"k{i}", "v") for i in range(50)))()["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(put(*((f"k{i}", "v") for i in range(51))), "BadRequest")
    refused(put(("a", "1"), ("a", "2")), "InvalidTag")
    refused(put(("aws:x", "1")), "InvalidTag")
    refused(put(("k" * 129, "1")), "InvalidTag")
    refused(put(("k", "v" * 257)), "InvalidTag")
    assert len(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == 50
    put()()
    refused(lambda: s3.get_bucket_tagging(Bucket=bucket), "NoSuchTagSet")


# --- encryption


def test_encryption(s3, bucket):
    def put(rule, n=1):
        return s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule] * n})

    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/k"},
           "BucketKeyEnabled": True}
    put(kms)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == [kms]
    refused(lambda: put(kms, 2), "MalformedXML")
    refused(lambda: put({"BucketKeyEnabled": True}), "MalformedXML")
    refused(lambda: put({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "ROT13"}}), "MalformedXML")
    refused(lambda: put({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}}),
            "InvalidArgument")
    s3.delete_bucket_encryption(Bucket=bucket)
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


# --- cors


@pytest.mark.parametrize("rule,code,words", [
    ({"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}, "InvalidRequest", "Unsupported method is PATCH"),
    ({"AllowedMethods": ["get"], "AllowedOrigins": ["*"]}, "InvalidRequest", "Unsupported method is get"),
    ({"AllowedMethods": ["GET"], "AllowedOrigins": ["*.*"]}, "InvalidRequest", "more than one wildcard"),
    ({"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["**"]}, "InvalidRequest", "wildcard"),
    ({"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["x-*"]}, "InvalidRequest", "wildcard"),
    ({"AllowedMethods": [], "AllowedOrigins": ["*"]}, "MalformedXML", ""),
    ({"AllowedMethods": ["GET"], "AllowedOrigins": []}, "MalformedXML", ""),
])
def test_cors_refusals(s3, bucket, rule, code, words):
    e = refused(lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]}), code, 400)
    assert words in e["Message"]


def test_cors_rules_are_counted(s3, bucket):
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule] * 100})
    refused(lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule] * 101}), "InvalidRequest")
    refused(lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": []}), "MalformedXML")


# --- logging, website, notification, replication


def test_logging(server, s3, bucket):
    on = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "logs/", "TargetObjectKeyFormat": {
        "PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=on)
    assert without(s3.get_bucket_logging(Bucket=bucket)) == on
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert without(s3.get_bucket_logging(Bucket=bucket)) == {}

    def to(target):
        return lambda: s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": {
            "TargetBucket": target, "TargetPrefix": ""}})

    refused(to("not-there-at-all"), "InvalidTargetBucketForLogging", 400)
    server.client(key=OTHER_KEY).create_bucket(Bucket=bucket + "-theirs")
    refused(to(bucket + "-theirs"), "InvalidTargetBucketForLogging", 400)
    s3.create_bucket(Bucket=bucket + "-far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    refused(to(bucket + "-far"), "CrossLocationLoggingProhibitted", 403)


@pytest.mark.parametrize("document,code", [
    ({}, "InvalidArgument"), ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
    ({"ErrorDocument": {"Key": "e"}}, "InvalidArgument"),
    ({"RedirectAllRequestsTo": {"HostName": "h"}, "IndexDocument": {"Suffix": "i"}}, "InvalidRequest"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {}}]}, "MalformedXML"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]}, "InvalidRequest"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {
        "ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]}, "InvalidRequest"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HostName": "h"}}] * 51}, "InvalidRequest"),
])
def test_website_refusals(s3, bucket, document, code):
    refused(lambda: s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=document), code, 400)


def test_website_that_redirects(s3, bucket):
    document = {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=document)
    assert without(s3.get_bucket_website(Bucket=bucket)) == document


TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


def test_notification(s3, bucket):
    document = {
        "TopicConfigurations": [{"Id": "t", "TopicArn": TOPIC, "Events": ["s3:ObjectCreated:*"],
                                 "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}}],
        "QueueConfigurations": [{"Id": "q", "QueueArn": "arn:aws:sqs:us-east-1:123456789012:q",
                                 "Events": ["s3:ObjectRemoved:Delete", "s3:ObjectCreated:Put"]}],
        "LambdaFunctionConfigurations": [{"Id": "l", "Events": ["s3:ObjectRestore:*"],
                                          "LambdaFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}],
        "EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=document)
    assert without(s3.get_bucket_notification_configuration(Bucket=bucket)) == document
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert without(s3.get_bucket_notification_configuration(Bucket=bucket)) == {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [
        {"TopicArn": TOPIC, "Events": ["s3:ObjectCreated:*"]}]})
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"][0]["Id"]


@pytest.mark.parametrize("change", [
    {"TopicArn": "t"}, {"TopicArn": "arn:aws:sqs:us-east-1:123456789012:q"}, {"Events": ["s3:Nonsense"]},
    {"Filter": {"Key": {"FilterRules": [{"Name": "middle", "Value": "x"}]}}},
    {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "x"}] * 2}}},
    {"Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": "x" * 1025}]}}},
])
def test_notification_refusals(s3, bucket, change):
    one = {"Id": "t", "TopicArn": TOPIC, "Events": ["s3:ObjectCreated:*"], **change}
    refused(lambda: s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "TopicConfigurations": [one]}), "InvalidArgument", 400)


def test_notification_ids_differ(s3, bucket):
    one = {"Id": "t", "TopicArn": TOPIC, "Events": ["s3:ObjectCreated:*"]}
    refused(lambda: s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "TopicConfigurations": [one, one]}), "InvalidArgument", 400)


def test_replication(s3, bucket):
    target = bucket + "-copy"
    s3.create_bucket(Bucket=target)
    rule = {"ID": "r", "Priority": 1, "Filter": {"Prefix": "a/"}, "Status": "Enabled",
            "Destination": {"Bucket": f"arn:aws:s3:::{target}", "StorageClass": "STANDARD_IA"},
            "DeleteMarkerReplication": {"Status": "Disabled"}}
    document = {"Role": "arn:aws:iam::123456789012:role/r", "Rules": [rule]}

    def put(**change):
        return lambda: s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={**document, **change})

    def enable(name):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    assert "Versioning must be 'Enabled'" in refused(put(), "InvalidRequest", 400)["Message"]
    enable(bucket)
    assert "Destination bucket must have versioning" in refused(put(), "InvalidRequest")["Message"]
    enable(target)
    put()()
    assert s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] == document
    refused(lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}),
            "InvalidBucketState", 409)
    refused(put(Role="me"), "InvalidArgument")
    refused(put(Rules=[]), "MalformedXML")
    refused(put(Rules=[{**rule, "Destination": {"Bucket": "arn:aws:s3:::none-such-here"}}]), "InvalidRequest")
    refused(put(Rules=[{**rule, "Destination": {"Bucket": "x"}}]), "InvalidArgument")
    refused(put(Rules=[rule, {**rule, "Priority": 2}]), "InvalidArgument")
    refused(put(Rules=[rule, {**rule, "ID": "s"}]), "InvalidRequest")
    refused(put(Rules=[{k: v for k, v in rule.items() if k != "Priority"}]), "InvalidRequest")
    refused(put(Rules=[{k: v for k, v in rule.items() if k != "Filter"}]), "MalformedXML")
    put(Rules=[{"Prefix": "", "Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{target}"}}])()
    s3.delete_bucket_replication(Bucket=bucket)
    refused(lambda: s3.get_bucket_replication(Bucket=bucket), "ReplicationConfigurationNotFoundError", 404)


# --- accelerate, request payment, object lock


def test_accelerate(s3, bucket):
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": status})
        assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == status
    refused(lambda: s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Fast"}),
            "MalformedXML")
    refused(lambda: s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={}), "MalformedXML")
    s3.create_bucket(Bucket="with.dots." + bucket)
    refused(lambda: s3.put_bucket_accelerate_configuration(Bucket="with.dots." + bucket, AccelerateConfiguration={
        "Status": "Enabled"}), "InvalidRequest")


def test_request_payment(s3, bucket):
    for payer in ("Requester", "BucketOwner"):
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": payer})
        assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == payer
    refused(lambda: s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "You"}),
            "MalformedXML")


def test_object_lock(s3, bucket):
    def put(**retention):
        rule = {"Rule": {"DefaultRetention": retention}} if retention else {}
        return lambda: s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", **rule})

    refused(put(), "InvalidBucketState", 409)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put()()
    r = s3.get_object_lock_configuration(Bucket=bucket)
    assert r["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    put(Mode="GOVERNANCE", Days=3)()
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]["Rule"] == {
        "DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}
    put(Mode="COMPLIANCE", Years=1)()
    for bad in ({"Mode": "GOVERNANCE"}, {"Days": 1}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1},
                {"Mode": "SOFT", "Days": 1}):
        refused(put(**bad), "MalformedXML")
    for bad in ({"Days": 0}, {"Days": -1}, {"Days": 36501}, {"Years": 101}):
        refused(put(Mode="GOVERNANCE", **bad), "InvalidArgument")
    refused(lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}),
            "InvalidBucketState", 409)


# --- those with ids

COLLECTIONS = {
    "metrics": ("Metrics", lambda i: {"Id": i, "Filter": {"Prefix": "a/"}}),
    "analytics": ("Analytics", lambda i: {"Id": i, "StorageClassAnalysis": {"DataExport": {
        "OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": {"Format": "CSV",
                                                                             "Bucket": "arn:aws:s3:::b"}}}}}),
    "inventory": ("Inventory", lambda i: {"Id": i, "IsEnabled": True, "IncludedObjectVersions": "All", "Destination": {
        "S3BucketDestination": {"Bucket": "arn:aws:s3:::b", "Format": "CSV", "Encryption": {"SSES3": {}}}},
        "OptionalFields": ["Size", "ETag"], "Schedule": {"Frequency": "Daily"}}),
    "intelligent_tiering": ("IntelligentTiering", lambda i: {"Id": i, "Status": "Enabled", "Tierings": [
        {"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}], "Filter": {"And": {"Prefix": "x", "Tags": [
            {"Key": "a", "Value": "b"}]}}}),
}


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_collections(s3, bucket, kind):
    word, make = COLLECTIONS[kind]
    member = word + "Configuration"
    put, get, delete = (getattr(s3, f"{v}_bucket_{kind}_configuration") for v in ("put", "get", "delete"))
    listing = getattr(s3, f"list_bucket_{kind}_configurations")
    put(Bucket=bucket, Id="one", **{member: make("one")})
    assert get(Bucket=bucket, Id="one")[member] == make("one")
    refused(lambda: put(Bucket=bucket, Id="two", **{member: make("one")}), "InvalidArgument", 400)
    refused(lambda: get(Bucket=bucket, Id="two"), "NoSuchConfiguration", 404)
    refused(lambda: delete(Bucket=bucket, Id="two"), "NoSuchConfiguration", 404)
    for i in range(120):
        put(Bucket=bucket, Id=f"i{i:03}", **{member: make(f"i{i:03}")})
    first = listing(Bucket=bucket)
    rest = listing(Bucket=bucket, ContinuationToken=first["NextContinuationToken"])
    assert first["IsTruncated"] and not rest["IsTruncated"] and "NextContinuationToken" not in rest
    ids = [c["Id"] for r in (first, rest) for c in r[member + "List"]]
    assert ids == [f"i{i:03}" for i in range(120)] + ["one"] and len(first[member + "List"]) == 100
    assert first[member + "List"][0] == make("i000")
    assert delete(Bucket=bucket, Id="one")["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(lambda: delete(Bucket=bucket, Id="one"), "NoSuchConfiguration", 404)


def test_puts_at_once_leave_one(server, bucket):
    documents = [{"TagSet": [{"Key": "k", "Value": str(i)}] * 1} for i in range(16)]

    def put(d):
        server.client().put_bucket_tagging(Bucket=bucket, Tagging=d)

    threads = [threading.Thread(target=put, args=(d,)) for d in documents]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {"TagSet": server.client().get_bucket_tagging(Bucket=bucket)["TagSet"]} in documents
