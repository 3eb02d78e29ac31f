"""The sub-resources of a bucket: what a fresh one answers, put, get, delete, and AWS's refusals."""
import base64
import hashlib
import json
import threading
import zlib

import pytest
from botocore.exceptions import ClientError

from aerostat import OTHER_KEY, ROOT_KEY, path_of

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def refused(call, code, status=None):
    with pytest.raises(ClientError) as e:
        call()
    r = e.value.response
    assert r["Error"]["Code"] == code, r
    if status:
        assert r["ResponseMetadata"]["HTTPStatusCode"] == status
    return r["Error"]


def without(r):
    return {k: v for k, v in r.items() if k != "ResponseMetadata"}


def open_up(s3, bucket, ownership="ObjectWriter"):
    """A bucket that takes ACLs and public policies."""
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})
    s3.delete_public_access_block(Bucket=bucket)


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
    for body in (b"", b"{", b"<", b"\xff\xfe", b"<a>", b"<a></b>", b"<a>\x00</a>", deep, b"<!DOCTYPE a [<!ENTITY b 'c'>]>"
                 b"<a>&b;</a>"):
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


# --- policy


def policy(bucket, **change):
    statement = {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ROOT_KEY.account}:root"},
                 "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*", **change}
    return {"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]}


def test_policy(server, s3, bucket):
    text = json.dumps(policy(bucket), indent=4)
    assert s3.put_bucket_policy(Bucket=bucket, Policy=text)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy(bucket)
    assert json.loads(server.request("GET", path_of(bucket) + "?policy").body) == policy(bucket)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    assert s3.delete_bucket_policy(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(lambda: s3.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy", 404)
    s3.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("change,words", [
    ({"Effect": None}, "Missing required field Effect"), ({"Effect": "Maybe"}, "Invalid effect: Maybe"),
    ({"Principal": None}, "Missing required field Principal"), ({"Principal": "me"}, "Invalid principal in policy"),
    ({"Principal": {"AWS": "me"}}, "Invalid principal in policy"), ({"Principal": []}, "Invalid principal in policy"),
    ({"Principal": {"AWS": []}}, "Invalid principal in policy"),
    ({"Action": None}, "Missing required field Action"), ({"Action": "ec2:*"}, "Policy has invalid action"),
    ({"Action": 1}, "Policy has invalid action"), ({"Resource": None}, "Missing required field Resource"),
    ({"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
    ({"Resource": "bucket"}, "Policy has invalid resource"), ({"Colour": "red"}, "Unknown field Colour"),
    ({"Condition": "no"}, "Conditions must be a map"),
    ({"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
])
def test_bad_statements(s3, bucket, change, words):
    e = refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy(bucket, **change))),
                "MalformedPolicy", 400)
    assert e["Message"] == words


@pytest.mark.parametrize("text,words", [
    ("null", "Policies must be valid JSON"), (" {}", "Policies must be valid JSON"),
    ("[]", "Policies must be valid JSON"), ("{", "Policies must be valid JSON"),
    ('{"Version":"2012-10-17","Version":"2012-10-17"}', "Policies must be valid JSON"),
    ("{}", "Missing required field Statement"), ('{"Statement":[]}', "Missing required field Statement"),
    ('{"Version":"2020-01-01","Statement":[{}]}', "The policy must contain a valid version string"),
    ('{"Statement":[1]}', "Policies must be valid JSON"), ("[" * 5000, "Policies must be valid JSON"),
])
def test_bad_policies(server, bucket, text, words):
    r = server.request("PUT", path_of(bucket) + "?policy", body=text.encode())
    assert (r.status, r.code) == (400, "MalformedPolicy") and words in r.message


def test_policies_are_measured_without_white_space(s3, bucket):
    filled = policy(bucket, Sid="s" * 20000)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(filled) + " " * 3000)
    refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy(bucket, Sid="s" * 21000))),
            "PolicyTooLarge", 400)


@pytest.mark.parametrize("change,public", [
    ({"Principal": "*"}, True), ({"Principal": {"AWS": "*"}}, True), ({"Principal": {"AWS": ["1" * 12, "*"]}}, True),
    ({"Principal": "*", "Effect": "Deny"}, False), ({"Principal": {"Service": "logging.s3.amazonaws.com"}}, False),
    ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ROOT_KEY.account}}}, False),
    ({"Principal": "*", "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:sns:*"}}}, True),
    ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}, False),
    ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}}, True),
    ({"Principal": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}}, True),
])
def test_public_policies(s3, bucket, change, public):
    text = json.dumps(policy(bucket, **change))
    if public:
        e = refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=text), "AccessDenied", 403)
        assert "BlockPublicPolicy" in e["Message"]
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is public


# --- public access block, ownership


def test_public_access_block(s3, bucket):
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    s3.delete_public_access_block(Bucket=bucket)
    refused(lambda: s3.get_public_access_block(Bucket=bucket), "NoSuchPublicAccessBlockConfiguration", 404)


def test_ownership(s3, bucket):
    def put(*settings):
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={
            "Rules": [{"ObjectOwnership": o} for o in settings]})

    put("BucketOwnerPreferred")
    r = s3.get_bucket_ownership_controls(Bucket=bucket)
    assert r["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    refused(lambda: put("Nobody"), "MalformedXML")
    refused(lambda: put("ObjectWriter", "ObjectWriter"), "MalformedXML")
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    refused(lambda: s3.get_bucket_ownership_controls(Bucket=bucket), "OwnershipControlsNotFoundError", 404)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    refused(lambda: put("BucketOwnerEnforced"), "InvalidBucketAclWithObjectOwnership", 400)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    put("BucketOwnerEnforced")


# --- ACLs


def test_acls_are_off(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for acl in ("private", "public-read"):
        e = refused(lambda a=acl: s3.put_bucket_acl(Bucket=bucket, ACL=a), "AccessControlListNotSupported", 400)
        assert e["Message"] == "The bucket does not allow ACLs"
        refused(lambda a=acl: s3.put_object_acl(Bucket=bucket, Key="k", ACL=a), "AccessControlListNotSupported", 400)
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    own = s3.get_bucket_acl(Bucket=bucket)
    policy_ = {"Owner": own["Owner"], "Grants": own["Grants"]}
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy_)
    s3.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=policy_)


def grants(r):
    return sorted((g["Grantee"].get("URI") or g["Grantee"]["ID"], g["Permission"]) for g in r["Grants"])


def test_bucket_acl(s3, bucket):
    open_up(s3, bucket)
    own = (ROOT_KEY.canonical, "FULL_CONTROL")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == sorted([own, (ALL_USERS, "READ"), (ALL_USERS, "WRITE")])
    s3.put_bucket_acl(Bucket=bucket, GrantRead=f'id="{OTHER_KEY.canonical}", uri={ALL_USERS}',
                      GrantWriteACP=f"id={OTHER_KEY.canonical}")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == sorted([(OTHER_KEY.canonical, "READ"), (ALL_USERS, "READ"),
                                                               (OTHER_KEY.canonical, "WRITE_ACP")])
    got = s3.get_bucket_acl(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": got["Owner"], "Grants": got["Grants"]})
    assert without(s3.get_bucket_acl(Bucket=bucket)) == without(got)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == [own]


def test_object_acl(s3, bucket):
    open_up(s3, bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    v1 = s3.put_object(Bucket=bucket, Key="k", Body=b"1", Metadata={"a": "b"})["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    s3.put_object_acl(Bucket=bucket, Key="k", VersionId=v1, ACL="public-read")
    own = (ROOT_KEY.canonical, "FULL_CONTROL")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k", VersionId=v1)) == sorted([own, (ALL_USERS, "READ")])
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == [own]
    r = s3.get_object(Bucket=bucket, Key="k", VersionId=v1)
    assert r["Metadata"] == {"a": "b"} and r["Body"].read() == b"1"
    s3.put_object_acl(Bucket=bucket, Key="k", VersionId=v1, ACL="private")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k", VersionId=v1)) == [own]
    refused(lambda: s3.get_object_acl(Bucket=bucket, Key="none"), "NoSuchKey", 404)
    refused(lambda: s3.put_object_acl(Bucket=bucket, Key="none", ACL="private"), "NoSuchKey", 404)
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    refused(lambda: s3.get_object_acl(Bucket=bucket, Key="k", VersionId=marker), "MethodNotAllowed", 405)


def test_acl_refusals(server, s3, bucket):
    open_up(s3, bucket)
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]

    def put(**kw):
        return lambda: s3.put_bucket_acl(Bucket=bucket, **kw)

    def document(**grant):
        return {"Owner": owner, "Grants": [{"Permission": "READ", **grant}]}

    refused(put(GrantRead="id=abc"), "InvalidArgument")
    refused(put(GrantRead="uri=http://example.com/"), "InvalidArgument")
    refused(put(GrantRead="emailAddress=a@b.c"), "UnresolvableGrantByEmailAddress")
    refused(put(GrantRead="nonsense"), "InvalidArgument")
    refused(put(ACL="private", GrantRead=f"uri={ALL_USERS}"), "InvalidRequest")
    refused(put(ACL="private", AccessControlPolicy=document(Grantee={"Type": "Group", "URI": ALL_USERS})),
            "UnexpectedContent")
    refused(put(AccessControlPolicy=document(Grantee={"Type": "Group", "URI": "x"})), "InvalidArgument")
    refused(put(AccessControlPolicy={"Owner": {"ID": "c" * 64}, "Grants": []}), "AccessDenied")
    refused(put(AccessControlPolicy={"Grants": []}), "MalformedACLError")
    assert server.request("PUT", path_of(bucket) + "?acl", {"x-amz-acl": "nonsense"}).code == "InvalidArgument"
    assert server.request("PUT", path_of(bucket) + "?acl").code == "MissingSecurityHeader"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    refused(put(ACL="public-read"), "AccessDenied", 403)
    put(ACL="private")()


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
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a",
                                                                      "ReplaceKeyPrefixWith": "b"}}]}, "InvalidRequest"),
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
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
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
