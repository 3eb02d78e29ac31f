"""Object lock: retention and legal hold keep versions from going, as long as the server's clock says so."""
import base64
import datetime
import hashlib
import itertools
import os
import subprocess

import pytest

from aerostat import AEROSTAT, path_of
from objects import headers, refusal, refused, turn, versions
from s3_rights import User, denied, statement

UTC = datetime.timezone.utc
LOCKED = "Access Denied because object protected by object lock."
numbers = itertools.count(1)


def days(n):
    """So many days from now, without a fraction of a second."""
    return datetime.datetime.now(UTC).replace(microsecond=0) + datetime.timedelta(days=n)


def advance(server, span):
    subprocess.run([AEROSTAT, "clock", "advance", span, "--data", server.data], check=True, capture_output=True)


def make(s3, **rule):
    """A bucket with object lock, and a default retention if it is told."""
    name = f"lock-{os.getpid()}-{next(numbers)}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    if rule:
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}})
    return name


@pytest.fixture
def locked(s3):
    return make(s3)


def put(s3, bucket, key="k", **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=b"x", **more)["VersionId"]


def lock(mode="GOVERNANCE", n=10):
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": days(n)}


def retain(s3, bucket, version=None, mode="GOVERNANCE", n=10, **more):
    version = {"VersionId": version} if version else {}
    retention = {"Mode": mode, "RetainUntilDate": days(n)} if mode else {}
    s3.put_object_retention(Bucket=bucket, Key="k", Retention=retention, **version, **more)


def stays(call, *args, **kwargs):
    error = refusal(call, *args, **kwargs)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert (error["Error"]["Code"], error["Error"]["Message"]) == ("AccessDenied", LOCKED)


def remove(s3, bucket, version, **more):
    return s3.delete_object(Bucket=bucket, Key="k", VersionId=version, **more)


# --- the bucket

def test_an_existing_bucket_once_it_has_versions(s3, bucket):
    config = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}}
    call = {"Bucket": bucket, "ObjectLockConfiguration": config}
    assert refused(s3.put_object_lock_configuration, **call) == (409, "InvalidBucketState")
    assert refused(s3.get_object_lock_configuration, Bucket=bucket) == (404, "ObjectLockConfigurationNotFoundError")
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    turn(s3, bucket, "Suspended")
    assert refused(s3.put_object_lock_configuration, **call) == (409, "InvalidBucketState")
    turn(s3, bucket, "Enabled")
    s3.put_object_lock_configuration(**call)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == config
    assert "ObjectLockMode" not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k", VersionId=put(s3, bucket))["ObjectLockMode"] == "GOVERNANCE"
    assert refused(turn, s3, bucket, "Suspended") == (409, "InvalidBucketState")
    retain(s3, bucket, "null", "COMPLIANCE")
    stays(remove, s3, bucket, "null")


@pytest.mark.parametrize("rule,code", [
    ({"Mode": "GOVERNANCE", "Days": 0}, "InvalidArgument"), ({"Mode": "GOVERNANCE", "Years": -1}, "InvalidArgument"),
    ({"Mode": "GOVERNANCE", "Days": 36501}, "InvalidArgument"), ({"Mode": "GOVERNANCE"}, "MalformedXML"),
    ({"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, "MalformedXML"), ({"Mode": "MAYBE", "Days": 1}, "MalformedXML"),
    ({"Days": 1}, "MalformedXML")])
def test_rules_that_are_none(s3, locked, rule, code):
    assert refused(s3.put_object_lock_configuration, Bucket=locked, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}}) == (400, code)


def test_a_bucket_without_object_lock(s3, bucket):
    missing = "Bucket is missing Object Lock Configuration"
    put_it = {"Bucket": bucket, "Key": "k", "Body": b"x"}
    s3.put_object(**put_it)
    for call in (lambda: s3.put_object(**put_it, **lock()),
                 lambda: s3.put_object(**put_it, ObjectLockLegalHoldStatus="OFF"),
                 lambda: s3.create_multipart_upload(Bucket=bucket, Key="k", **lock()),
                 lambda: s3.copy_object(Bucket=bucket, Key="l", CopySource=f"{bucket}/k", **lock()),
                 lambda: retain(s3, bucket),
                 lambda: s3.get_object_retention(Bucket=bucket, Key="k"),
                 lambda: s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"}),
                 lambda: s3.get_object_legal_hold(Bucket=bucket, Key="k")):
        error = refusal(call)
        assert (error["Error"]["Code"], error["Error"]["Message"]) == ("InvalidRequest", missing)


def test_a_bucket_with_locked_versions_stays(s3, locked):
    put(s3, locked, **lock())
    s3.delete_object(Bucket=locked, Key="k")
    assert refused(s3.delete_bucket, Bucket=locked) == (409, "BucketNotEmpty")


# --- deletion

@pytest.mark.parametrize("how", [lock("GOVERNANCE"), lock("COMPLIANCE"), {"ObjectLockLegalHoldStatus": "ON"}])
def test_a_locked_version_stays(s3, locked, how):
    version = put(s3, locked, **how)
    stays(remove, s3, locked, version)
    answer = s3.delete_objects(Bucket=locked, Delete={"Objects": [{"Key": "k", "VersionId": version}]})
    assert [(e["Key"], e["VersionId"], e["Code"], e["Message"]) for e in answer["Errors"]] == [
        ("k", version, "AccessDenied", LOCKED)] and "Deleted" not in answer
    other = put(s3, locked)
    remove(s3, locked, other)
    marker = s3.delete_object(Bucket=locked, Key="k")
    assert marker["DeleteMarker"] is True
    assert {(v, m) for _, v, _, m in versions(s3, locked)} == {(version, False), (marker["VersionId"], True)}
    remove(s3, locked, marker["VersionId"])
    assert s3.get_object(Bucket=locked, Key="k")["VersionId"] == version


def test_governance_is_passed_over_and_nothing_else_is(s3, locked):
    remove(s3, locked, put(s3, locked, **lock()), BypassGovernanceRetention=True)
    stays(remove, s3, locked, put(s3, locked, **lock("COMPLIANCE")), BypassGovernanceRetention=True)
    held = put(s3, locked, ObjectLockLegalHoldStatus="ON", **lock())
    stays(remove, s3, locked, held, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=locked, Key="k", VersionId=held, LegalHold={"Status": "OFF"})
    answer = s3.delete_objects(Bucket=locked, Delete={"Objects": [{"Key": "k", "VersionId": held}]},
                               BypassGovernanceRetention=True)
    assert [d["VersionId"] for d in answer["Deleted"]] == [held]


def test_who_may_pass_over_it(server, s3, locked):
    version = put(s3, locked, **lock())
    user = User(server, statement(action=["s3:DeleteObjectVersion", "s3:PutObjectRetention"]))
    stays(remove, user.s3, locked, version)
    denied(lambda: remove(user.s3, locked, version, BypassGovernanceRetention=True))
    denied(lambda: retain(user.s3, locked, version, n=1, BypassGovernanceRetention=True))
    user.may(statement(action=["s3:DeleteObjectVersion", "s3:PutObjectRetention", "s3:BypassGovernanceRetention"]))
    retain(user.s3, locked, version, n=1, BypassGovernanceRetention=True)
    remove(user.s3, locked, version, BypassGovernanceRetention=True)


def test_retention_ends_by_the_clock(start_server):
    server = start_server()
    s3 = server.client("s3")
    bucket = make(s3, Mode="COMPLIANCE", Days=2)
    by_default, by_headers = put(s3, bucket), put(s3, bucket, **lock("GOVERNANCE", 3))
    held = put(s3, bucket, ObjectLockLegalHoldStatus="ON")
    advance(server, "47h")
    stays(remove, s3, bucket, by_default)
    server.stop()
    server.start()
    advance(server, "2h")
    remove(s3, bucket, by_default)
    stays(remove, s3, bucket, by_headers)
    stays(remove, s3, bucket, held)
    advance(server, "1d")
    remove(s3, bucket, by_headers)
    assert s3.get_object_retention(Bucket=bucket, Key="k", VersionId=held)["Retention"]["Mode"] == "COMPLIANCE"
    stays(remove, s3, bucket, held)
    s3.put_object_retention(Bucket=bucket, Key="k", VersionId=held, Retention={})
    s3.put_object_legal_hold(Bucket=bucket, Key="k", VersionId=held, LegalHold={"Status": "OFF"})
    remove(s3, bucket, held)
    s3.delete_bucket(Bucket=bucket)


# --- retention

@pytest.mark.parametrize("first,then,bypass,goes", [
    (("GOVERNANCE", 10), ("GOVERNANCE", 20), False, True),
    (("GOVERNANCE", 10), ("GOVERNANCE", 5), False, False),
    (("GOVERNANCE", 10), ("GOVERNANCE", 5), True, True),
    (("GOVERNANCE", 10), ("COMPLIANCE", 20), False, False),
    (("GOVERNANCE", 10), ("COMPLIANCE", 5), True, True),
    (("GOVERNANCE", 10), (None, 0), False, False),
    (("GOVERNANCE", 10), (None, 0), True, True),
    (("COMPLIANCE", 10), ("COMPLIANCE", 20), False, True),
    (("COMPLIANCE", 10), ("COMPLIANCE", 5), True, False),
    (("COMPLIANCE", 10), ("GOVERNANCE", 20), True, False),
    (("COMPLIANCE", 10), (None, 0), True, False)])
def test_what_may_follow_a_retention(s3, locked, first, then, bypass, goes):
    put(s3, locked)
    retain(s3, locked, None, *first)
    before = s3.get_object_retention(Bucket=locked, Key="k")["Retention"]
    more = {"BypassGovernanceRetention": True} if bypass else {}
    if not goes:
        stays(retain, s3, locked, None, *then, **more)
        assert s3.get_object_retention(Bucket=locked, Key="k")["Retention"] == before
        return
    retain(s3, locked, None, *then, **more)
    if then[0] is None:
        assert refused(s3.get_object_retention, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")
    else:
        now = s3.get_object_retention(Bucket=locked, Key="k")["Retention"]
        assert now["Mode"] == then[0] and abs(now["RetainUntilDate"] - days(then[1])) < datetime.timedelta(seconds=60)


def test_retention_of_old_versions_markers_and_nothing(s3, locked):
    old, new = put(s3, locked), put(s3, locked)
    retain(s3, locked, old)
    assert refused(s3.get_object_retention, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")
    assert s3.get_object_retention(Bucket=locked, Key="k", VersionId=old)["Retention"]["Mode"] == "GOVERNANCE"
    remove(s3, locked, new)
    stays(remove, s3, locked, old)
    marker = s3.delete_object(Bucket=locked, Key="k")["VersionId"]
    assert refused(retain, s3, locked, marker) == (405, "MethodNotAllowed")
    assert refused(retain, s3, locked) == (404, "NoSuchKey")
    assert refused(s3.get_object_legal_hold, Bucket=locked, Key="none") == (404, "NoSuchKey")


@pytest.mark.parametrize("document,code", [
    ("<Retention><Mode>GOVERNANCE</Mode></Retention>", "MalformedXML"),
    ("<Retention><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>", "MalformedXML"),
    ("<Retention><Mode>governance</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>",
     "MalformedXML"),
    ("<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>", "MalformedXML"),
    ("<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2020-01-01T00:00:00Z</RetainUntilDate></Retention>",
     "InvalidArgument"),
    ("", "MalformedXML"), ("<Reten", "MalformedXML")])
def test_documents_that_are_none(server, s3, locked, document, code):
    put(s3, locked)
    document = document.encode()
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    reply = server.request("PUT", path_of(locked, "k") + "?retention", {"Content-MD5": md5}, document)
    assert (reply.status, reply.code) == (400, code), reply
    assert refused(s3.get_object_retention, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")


def test_a_document_comes_with_a_checksum(server, s3, locked):
    put(s3, locked)
    hold = b"<LegalHold><Status>ON</Status></LegalHold>"
    for what, document in (("retention", b"<Retention/>"), ("legal-hold", hold)):
        reply = server.request("PUT", path_of(locked, "k") + f"?{what}", body=document)
        assert (reply.status, reply.code) == (400, "InvalidRequest"), reply
    reply = server.request("PUT", path_of(locked, "k") + "?legal-hold", {"Content-MD5": base64.b64encode(
        hashlib.md5(b"<LegalHold/>").digest()).decode()}, b"<LegalHold/>")
    assert (reply.status, reply.code) == (400, "MalformedXML"), reply


def test_legal_hold(s3, locked):
    version = put(s3, locked)
    assert refused(s3.get_object_legal_hold, Bucket=locked, Key="k") == (404, "NoSuchObjectLockConfiguration")
    for status in ("ON", "OFF"):
        s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": status})
        assert s3.get_object_legal_hold(Bucket=locked, Key="k")["LegalHold"] == {"Status": status}
        head = s3.head_object(Bucket=locked, Key="k")
        assert head["ObjectLockLegalHoldStatus"] == status and "ObjectLockMode" not in head
    retain(s3, locked, version, "COMPLIANCE")
    s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "ON"})
    assert s3.get_object_retention(Bucket=locked, Key="k")["Retention"]["Mode"] == "COMPLIANCE"


# --- new objects

@pytest.mark.parametrize("sent,message", [
    ({"mode": "GOVERNANCE"}, "must both be supplied"),
    ({"retain-until-date": "2099-01-01T00:00:00Z"}, "must both be supplied"),
    ({"mode": "governance", "retain-until-date": "2099-01-01T00:00:00Z"}, "Unknown wormMode directive."),
    ({"mode": "GOVERNANCE", "retain-until-date": "2020-01-01T00:00:00Z"}, "must be in the future!"),
    ({"mode": "GOVERNANCE", "retain-until-date": "tomorrow"}, "ISO 8601"),
    ({"legal-hold": "on"}, "Legal Hold must be either of 'ON' or 'OFF'")])
def test_headers_that_are_none(server, s3, locked, sent, message):
    sent = {f"x-amz-object-lock-{k}": v for k, v in sent.items()}
    for method, target in (("PUT", "k"), ("POST", "k?uploads")):
        reply = server.request(method, path_of(locked) + "/" + target, {**sent, "Content-MD5": base64.b64encode(
            hashlib.md5(b"").digest()).decode()})
        assert (reply.status, reply.code) == (400, "InvalidArgument") and message in reply.message, reply
    assert versions(s3, locked) == []


def test_locked_bytes_come_with_a_checksum(s3, plain, locked):
    sentence = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put %s requests with Object Lock parameters"
    default = make(s3, Mode="GOVERNANCE", Days=1)
    for bucket, how in ((locked, lock()), (locked, {"ObjectLockLegalHoldStatus": "ON"}), (default, {})):
        error = refusal(plain.put_object, Bucket=bucket, Key="k", Body=b"x", **how)
        assert (error["Error"]["Code"], error["Error"]["Message"]) == ("InvalidRequest", sentence % "Object")
        put(plain, bucket, ContentMD5=base64.b64encode(hashlib.md5(b"x").digest()).decode(), **how)
        put(plain, bucket, ChecksumAlgorithm="SHA256", **how)
        upload = plain.create_multipart_upload(Bucket=bucket, Key="k", **how)["UploadId"]
        part = {"Bucket": bucket, "Key": "k", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
        error = refusal(plain.upload_part, **part)
        assert (error["Error"]["Code"], error["Error"]["Message"]) == ("InvalidRequest", sentence % "Part")
        plain.upload_part(**part, ContentMD5=base64.b64encode(hashlib.md5(b"x").digest()).decode())
    put(plain, locked)


def test_an_upload_is_locked_as_it_was_begun(s3, locked):
    default = make(s3, Mode="COMPLIANCE", Days=7)
    for bucket, how, mode in ((locked, lock("COMPLIANCE", 4), "COMPLIANCE"), (default, {}, "COMPLIANCE"),
                              (default, lock("GOVERNANCE", 4), "GOVERNANCE"), (locked, {}, None)):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ObjectLockLegalHoldStatus="ON", **how)["UploadId"]
        place = {"Bucket": bucket, "Key": "k", "UploadId": upload}
        etag = s3.upload_part(**place, PartNumber=1, Body=b"x")["ETag"]
        done = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
        head = s3.head_object(Bucket=bucket, Key="k", VersionId=done["VersionId"])
        assert head["ObjectLockLegalHoldStatus"] == "ON" and head.get("ObjectLockMode") == mode
        if mode and how:
            assert head["ObjectLockRetainUntilDate"] == how["ObjectLockRetainUntilDate"]
        elif mode:
            kept = head["ObjectLockRetainUntilDate"] - head["LastModified"] - datetime.timedelta(days=7)
            assert datetime.timedelta(0) <= kept < datetime.timedelta(seconds=1)
        stays(remove, s3, bucket, done["VersionId"])


def test_a_copy_takes_no_lock_along(s3, locked):
    put(s3, locked, ObjectLockLegalHoldStatus="ON", **lock("COMPLIANCE"))
    default = make(s3, Mode="GOVERNANCE", Years=1)
    for directive in ("COPY", "REPLACE"):
        copy = {"Key": "c", "CopySource": f"{locked}/k", "MetadataDirective": directive}
        s3.copy_object(Bucket=locked, **copy)
        head = s3.head_object(Bucket=locked, Key="c")
        assert "ObjectLockMode" not in head and "ObjectLockLegalHoldStatus" not in head
        s3.copy_object(Bucket=locked, **copy, **lock("GOVERNANCE"))
        assert s3.head_object(Bucket=locked, Key="c")["ObjectLockMode"] == "GOVERNANCE"
        s3.copy_object(Bucket=default, **copy)
        head = s3.head_object(Bucket=default, Key="c")
        assert head["ObjectLockRetainUntilDate"] - head["LastModified"] < datetime.timedelta(days=365, seconds=1)
        assert head["ObjectLockRetainUntilDate"] - head["LastModified"] >= datetime.timedelta(days=365)


def test_a_default_is_for_what_comes_after_it(s3, locked):
    put(s3, locked)
    config = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=config)
    assert "ObjectLockMode" not in s3.head_object(Bucket=locked, Key="k")
    version = put(s3, locked)
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    stays(remove, s3, locked, version)
    remove(s3, locked, put(s3, locked))
    assert "Rule" not in s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]


def test_presigned_with_a_lock(server, s3, locked):
    until = days(5).strftime("%Y-%m-%dT%H:%M:%SZ")
    url = server.client(signature_version="s3v4").generate_presigned_url("put_object", Params={
        "Bucket": locked, "Key": "k", "ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until})
    sent = {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": until,
            "Content-MD5": base64.b64encode(hashlib.md5(b"").digest()).decode()}
    reply = server.request("PUT", url[len(server.url):], sent, signed=False)
    assert reply.status == 200, reply
    stays(remove, s3, locked, reply.headers["x-amz-version-id"])


# --- who may

def test_locks_are_asked_for_and_shown_by_rights_of_their_own(server, s3, locked):
    user = User(server, statement(action=["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion"]))
    put(user.s3, locked)
    denied(lambda: put(user.s3, locked, **lock()))
    denied(lambda: put(user.s3, locked, ObjectLockLegalHoldStatus="OFF"))
    denied(lambda: user.s3.create_multipart_upload(Bucket=locked, Key="k", **lock()))
    denied(lambda: retain(user.s3, locked))
    denied(lambda: user.s3.get_object_retention(Bucket=locked, Key="k"))
    denied(lambda: user.s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "ON"}))
    denied(lambda: user.s3.get_object_legal_hold(Bucket=locked, Key="k"))
    put(s3, locked, ObjectLockLegalHoldStatus="ON", **lock())
    assert not [h for h in headers(user.s3.head_object(Bucket=locked, Key="k")) if "object-lock" in h]
    user.may(statement(action=["s3:GetObject", "s3:GetObjectRetention"]))
    head = user.s3.get_object(Bucket=locked, Key="k")
    assert head["ObjectLockMode"] == "GOVERNANCE" and "ObjectLockLegalHoldStatus" not in head
    user.may(statement(action=["s3:GetObject", "s3:GetObjectLegalHold"]))
    head = user.s3.get_object(Bucket=locked, Key="k")
    assert head["ObjectLockLegalHoldStatus"] == "ON" and "ObjectLockMode" not in head


def test_policies_bound_retention(server, s3, locked):
    put(s3, locked)
    long = statement("Deny", ["s3:PutObject", "s3:PutObjectRetention"], Condition={
        "NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}})
    user = User(server, statement(), long)
    retain(user.s3, locked, n=10)
    denied(lambda: retain(user.s3, locked, n=11))
    put(user.s3, locked, **lock(n=10))
    denied(lambda: put(user.s3, locked, **lock(n=12)))
    user.may(statement(), statement("Deny", "s3:PutObjectRetention", Condition={
        "StringEquals": {"s3:object-lock-mode": "COMPLIANCE"}}))
    denied(lambda: retain(user.s3, locked, mode="COMPLIANCE", n=20))
    retain(user.s3, locked, n=20)
    user.may(statement(), statement("Deny", "s3:PutObjectRetention", Condition={
        "DateGreaterThan": {"s3:object-lock-retain-until-date": days(30).isoformat()}}))
    denied(lambda: retain(user.s3, locked, n=31))
    retain(user.s3, locked, n=29)
    user.may(statement(), statement("Deny", "s3:PutObjectLegalHold", Condition={
        "StringEquals": {"s3:object-lock-legal-hold": "OFF"}}))
    user.s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "ON"})
    denied(lambda: user.s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"}))
    denied(lambda: put(user.s3, locked, ObjectLockLegalHoldStatus="OFF"))
