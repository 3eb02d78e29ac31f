"""Form uploads: POST of multipart/form-data to a bucket, with a signed policy (SigV4, SigV2) or without."""
import base64
import datetime
import hashlib
import hmac
import json
import os
import re

import pytest

from aerostat import ALICE_KEY, OTHER_KEY, REGION, ROOT_KEY, path_of
from objects import body, refused

BOUNDARY = "----a-boundary"
DATA = os.urandom(200000)


def form(fields, data=b"hello", file_name="a.txt", boundary=BOUNDARY, after=""):
    """The body of a form. data None: no file."""
    out = b""
    for name, value in fields:
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        out += (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    if data is not None:
        out += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
                "Content-Type: text/html\r\n\r\n").encode() + data + b"\r\n"
    return out + after.encode() + f"--{boundary}--\r\n".encode()


def post(server, bucket, fields, data=b"hello", headers=None, **how):
    fields = list(fields.items()) if isinstance(fields, dict) else fields
    head = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
    return server.request("POST", path_of(bucket), head, form(fields, data, **how), signed=False)


def policy(bucket, conditions, seconds=600, key=ROOT_KEY, token=None, date=None):
    """The fields of a signed policy (SigV4), whose own conditions are added."""
    now = date or datetime.datetime.now(datetime.timezone.utc)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    own = {"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": f"{key.access}/{scope}", "x-amz-date": stamp}
    if token:
        own["x-amz-security-token"] = token
    until = (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    conditions = [{"bucket": bucket}, *conditions, *({k: v} for k, v in own.items())]
    return sign({"expiration": until, "conditions": conditions}, own, key)


def sign(document, own, key=ROOT_KEY):
    text = document if isinstance(document, str) else json.dumps(document)
    encoded = base64.b64encode(text.encode()).decode()
    k = ("AWS4" + key.secret).encode()
    for part in own["x-amz-credential"].split("/")[1:]:
        k = hmac.new(k, part.encode(), hashlib.sha256).digest()
    return {**own, "policy": encoded, "x-amz-signature": hmac.new(k, encoded.encode(), hashlib.sha256).hexdigest()}


def anything(bucket, **how):
    return policy(bucket, [["starts-with", "$key", ""], ["starts-with", "$Content-Type", ""]], **how)


def test_boto3(server, s3, bucket):
    made = s3.generate_presigned_post(bucket, "up/${filename}", Fields={"acl": "bucket-owner-full-control"},
                                      Conditions=[{"acl": "bucket-owner-full-control"},
                                                  ["content-length-range", 1, 300000]])
    r = post(server, bucket, made["fields"], DATA)
    assert (r.status, r.body) == (204, b""), r
    assert r.headers["location"] == f"{server.url}/{bucket}/up%2Fa.txt"
    got = s3.get_object(Bucket=bucket, Key="up/a.txt")
    assert body(got) == DATA and got["ETag"] == r.headers["etag"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert got["ContentType"] == "binary/octet-stream"


def test_signature_v2(server, bucket):
    s3 = server.client("s3", signature_version="s3")
    made = s3.generate_presigned_post(bucket, "k")
    assert "AWSAccessKeyId" in made["fields"]
    assert post(server, bucket, made["fields"]).status == 204
    assert body(s3.get_object(Bucket=bucket, Key="k")) == b"hello"
    r = post(server, bucket, {**made["fields"], "signature": "x" * 27 + "="})
    assert (r.status, r.code) == (403, "SignatureDoesNotMatch")
    r = post(server, bucket, {k: v for k, v in made["fields"].items() if k != "signature"})
    assert (r.status, r.code) == (400, "InvalidArgument") and "'signature'" in r.message
    r = post(server, bucket, {**made["fields"], "AWSAccessKeyId": "AKIANOBODY"})
    assert (r.status, r.code) == (403, "InvalidAccessKeyId")


def test_signature_v4(server, bucket):
    fields = {"key": "k", **anything(bucket)}
    assert post(server, bucket, fields).status == 204
    r = post(server, bucket, {**fields, "x-amz-signature": "0" * 64})
    assert (r.status, r.code) == (403, "SignatureDoesNotMatch")
    for gone, named in (("x-amz-signature", "X-Amz-Signature"), ("x-amz-date", "X-Amz-Date"), ("policy", "policy")):
        r = post(server, bucket, {k: v for k, v in fields.items() if k != gone})
        assert (r.status, r.code) == (400, "InvalidArgument") and f"'{named}'" in r.message
    other = {**fields, "x-amz-credential": fields["x-amz-credential"].replace(ROOT_KEY.access, "AKIANOBODY")}
    assert post(server, bucket, other).code == "InvalidAccessKeyId"
    # The names of fields have no case.
    assert post(server, bucket, {k.upper(): v for k, v in fields.items()}).status == 204


def test_temporary_credentials(server, bucket):
    c = server.client("sts", key=ALICE_KEY).get_session_token()["Credentials"]
    key = type(ROOT_KEY)(c["AccessKeyId"], c["SecretAccessKey"], ROOT_KEY.account)
    token = c["SessionToken"]
    assert post(server, bucket, {"key": "k", **anything(bucket, key=key, token=token)}).status == 204
    assert post(server, bucket, {"key": "k", **anything(bucket, key=key, token=token + "x")}).status == 400


def test_status_and_document(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    signed = policy(bucket, [["starts-with", "$key", ""], ["starts-with", "$success_action_status", ""]])
    for status, want in (("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)):
        r = post(server, bucket, {"key": "a b&<", "success_action_status": status, **signed})
        assert r.status == want and len(r.headers["x-amz-version-id"]) == 32
        assert r.headers["x-amz-server-side-encryption"] == "AES256"
        if want != 201:
            assert r.body == b""
            continue
        assert r.headers["content-type"] == "application/xml"
        found = dict(re.findall(r"<(Location|Bucket|Key|ETag)>([^<]*)<", r.body.decode()))
        assert b"<PostResponse>" in r.body and found["Bucket"] == bucket and found["Key"] == "a b&amp;&lt;"
        assert found["Location"] == r.headers["location"] and found["ETag"].strip("&quot;\"") in r.headers["etag"]


@pytest.mark.parametrize("field", ["success_action_redirect", "redirect"])
def test_redirect(server, bucket, field):
    signed = policy(bucket, [["starts-with", "$key", ""], ["starts-with", "$" + field, ""]])
    r = post(server, bucket, {"key": "a b", field: "http://example.com/done?x=1", **signed})
    etag = hashlib.md5(b"hello").hexdigest()
    assert r.status == 303
    assert r.headers["location"] == f"http://example.com/done?x=1&bucket={bucket}&key=a%20b&etag=%22{etag}%22"
    # What is no URL is passed over.
    assert post(server, bucket, {"key": "k", field: "/done", **signed}).status == 204


def test_headers_and_metadata(server, s3, bucket):
    fields = {"Content-Type": "image/png", "Cache-Control": "no-store", "x-amz-meta-Colour": "red",
              "x-amz-storage-class": "STANDARD_IA", "x-amz-server-side-encryption": "aws:kms",
              "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(b"hello").digest()).decode(),
              "tagging": "<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d+e</Value></Tag></TagSet></Tagging>"}
    signed = policy(bucket, [["starts-with", "$" + name, ""] for name in ("key", *fields)])
    r = post(server, bucket, {"key": "k", **fields, **signed})
    assert r.status == 204 and r.headers["x-amz-checksum-sha256"] == fields["x-amz-checksum-sha256"], r.message
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("image/png", "no-store", {"colour": "red"})
    assert got["StorageClass"] == "STANDARD_IA" and got["ServerSideEncryption"] == "aws:kms"
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a b", "Value": "c=d+e"}]
    r = post(server, bucket, {"key": "k", **fields, **signed}, b"other")
    assert (r.status, r.code) == (400, "BadDigest")
    r = post(server, bucket, {"key": "k", **fields, "tagging": "<Tagging", **signed})
    assert (r.status, r.code) == (400, "MalformedXML")
    r = post(server, bucket, {"key": "k", **fields, "x-amz-meta-Colour": "a\r\nEvil: b", **signed})
    assert (r.status, r.code) == (400, "InvalidArgument")


# --- conditions


def failed(text):
    return 403, "AccessDenied", "Invalid according to Policy: " + text


@pytest.mark.parametrize("conditions,fields,want", [
    ([["starts-with", "$key", "user/"]], {"key": "else"},
     failed('Policy Condition failed: ["starts-with", "$key", "user/"]')),
    ([{"key": "k"}], {"key": "K"}, failed('Policy Condition failed: ["eq", "$key", "k"]')),
    ([["eq", "$key", "k"], {"x-amz-meta-a": "1"}], {"key": "k"},
     failed('Policy Condition failed: ["eq", "$x-amz-meta-a", "1"]')),
    ([{"key": "k"}], {"key": "k", "x-amz-meta-foo": "1"}, failed("Extra input fields: x-amz-meta-foo")),
    ([{"key": "k"}], {"key": "k", "x-ignore-this": "1"}, None),
    ([["StArTs-WiTh", "$KeY", "k"]], {"key": "k"}, None),
    ([["starts-with", "$key", "a/"]], {"key": "a/${filename}"}, None),
])
def test_conditions(server, bucket, conditions, fields, want):
    r = post(server, bucket, {**fields, **policy(bucket, conditions)})
    assert want in (None, (r.status, r.code, r.message)), r
    assert want or r.status == 204, r


@pytest.mark.parametrize("limits,size,code", [
    ([1, 5], 5, None), ([0, 4], 5, "EntityTooLarge"), ([6, 9], 5, "EntityTooSmall"), ([0, 0], 0, None),
    (["1", "5"], 5, None), ([-1, 5], 5, "InvalidPolicyDocument"), ([0, "x"], 5, "InvalidPolicyDocument"),
    ([0, 150000], 200000, "EntityTooLarge"), ([0], 5, "InvalidPolicyDocument"),
])
def test_length_range(server, s3, bucket, limits, size, code):
    signed = policy(bucket, [{"key": "k"}, ["content-length-range", *limits]])
    r = post(server, bucket, {"key": "k", **signed}, DATA[:size])
    assert (r.status, r.code) == ((204, None) if code is None else (400, code)), r
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == (code is None)


def test_the_bucket_must_be_named(server, s3, bucket):
    s3.create_bucket(Bucket=bucket + "-2")
    r = post(server, bucket + "-2", {"key": "k", **policy(bucket, [{"key": "k"}])})
    assert (r.status, r.code) == (403, "AccessDenied")
    own = {k: v for k, v in policy(bucket, []).items() if k not in ("policy", "x-amz-signature")}
    conditions = [{"key": "k"}, *({k: v} for k, v in own.items())]
    document = {"expiration": "2099-01-01T00:00:00Z", "conditions": conditions}
    r = post(server, bucket, {"key": "k", **sign(document, own)})
    assert (r.status, r.code, r.message) == failed("Extra input fields: bucket")


def test_expired(server, bucket):
    r = post(server, bucket, {"key": "k", **policy(bucket, [{"key": "k"}], seconds=-1)})
    assert (r.status, r.code, r.message) == failed("Policy expired.")


@pytest.mark.parametrize("document", [
    "", "no json", "[]", '{"conditions": []}', '{"expiration": "2099-01-01T00:00:00Z"}',
    '{"expiration": "tomorrow", "conditions": []}', '{"expiration": 5, "conditions": []}',
    '{"expiration": "2099-01-01T00:00:00Z", "CONDITIONS": []}',
    '{"EXPIRATION": "2099-01-01T00:00:00Z", "conditions": []}',
    '{"expiration": "2099-01-01T00:00:00Z", "conditions": [5]}',
    '{"expiration": "2099-01-01T00:00:00Z", "conditions": [{}]}',
    '{"expiration": "2099-01-01T00:00:00Z", "conditions": [{"key": 1}]}',
    '{"expiration": "2099-01-01T00:00:00Z", "conditions": [["eq", "key", "k"]]}',
    '{"expiration": "2099-01-01T00:00:00Z", "conditions": [["like", "$key", "k"]]}',
    '{"expiration": "2099-01-01T00:00:00Z", "conditions": [[]]}',
])
def test_documents_that_are_none(server, bucket, document):
    own = {k: v for k, v in policy(bucket, []).items() if k not in ("policy", "x-amz-signature")}
    r = post(server, bucket, {"key": "k", **sign(document or " ", own)})
    assert (r.status, r.code) == (400, "InvalidPolicyDocument"), r


# --- the form itself


def test_what_is_no_form(server, bucket):
    r = server.request("POST", path_of(bucket), {"Content-Type": "application/octet-stream"}, b"x", signed=False)
    assert (r.status, r.code) == (412, "PreconditionFailed") and b"multipart/form-data" in r.body
    head = {"Content-Type": "multipart/form-data"}
    assert server.request("POST", path_of(bucket), head, b"x", signed=False).status == 412


@pytest.mark.parametrize("sent,code", [
    (b"", "MalformedPOSTRequest"), (b"x", "MalformedPOSTRequest"),
    (form([("key", "k")])[:-30], "IncompleteBody"),
    (form([("key", "k")], None), "InvalidArgument"), (form([("a", "b")]), "InvalidArgument"),
    (form([("key", "k"), ("fill", "x" * 21000)]), "MaxPostPreDataLengthExceededError"),
    (form([("f%d" % i, "") for i in range(300)]), "MaxPostPreDataLengthExceededError"),
    (form([("key", "k")]).replace(b"; name=", b"; nom="), "MalformedPOSTRequest"),
    (form([("key", "k")]).replace(b"\r\n\r\n", b"\r\n", 1), "MalformedPOSTRequest"),
    (form([("key", "k")]).replace(b"\r\n\r\n", b"\r\nA: " + b"b" * 9000 + b"\r\n\r\n", 1), "MalformedPOSTRequest"),
    (form([("key", "k")]).replace(b"\r\n\r\n", b"\r\nA: b" * 5000 + b"\r\n\r\n", 1), "MalformedPOSTRequest"),
    (form([("key", "k" * 1025)]), "KeyTooLongError"),
    (form([("key", b"\xff")]), "InvalidURI"),
])
def test_malformed(server, bucket, sent, code):
    s3 = server.client("s3")
    open_to_all(s3, bucket)
    head = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    r = server.request("POST", path_of(bucket), head, sent, signed=False)
    if code == "IncompleteBody":
        assert r.code in (code, "MalformedPOSTRequest")
    else:
        assert (r.code, 400 <= r.status < 500) == (code, True), r
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def open_to_all(s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))


def test_anonymous(server, s3, bucket):
    assert post(server, bucket, {"key": "k"}).status == 403
    open_to_all(s3, bucket)
    assert post(server, bucket, {"key": "k", "Content-Type": "text/plain"}).status == 204
    assert s3.get_object(Bucket=bucket, Key="k")["ContentType"] == "text/plain"
    assert post(server, "no-such-bucket-here", {"key": "k"}).code == "NoSuchBucket"


@pytest.mark.parametrize("name,key", [
    ("a.txt", "d/a.txt"), (r"C:\docs\b.txt", "d/b.txt"), ("/x/y/ü.txt", "d/ü.txt"),
    ('q\\"r.txt', 'd/q"r.txt'), ("", "d/"),
])
def test_file_names(server, s3, bucket, name, key):
    open_to_all(s3, bucket)
    r = post(server, bucket, {"key": "d/${filename}"}, file_name=name)
    assert r.status == 204, r
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"] == key


def test_bodies_that_look_like_the_end(server, s3, bucket):
    open_to_all(s3, bucket)
    near = f"\r\n--{BOUNDARY}"[:-1].encode()
    for data in (b"", near, near * 3000, b"\r\n" * 70000, b"x" * 65530 + near + b"z", near[:5]):
        assert post(server, bucket, {"key": "k"}, data).status == 204
        assert body(s3.get_object(Bucket=bucket, Key="k")) == data
    # In pieces that cut everything anywhere.
    sent = form([("key", "k")], b"cut" * 20)
    head = (f"POST {path_of(bucket)} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {len(sent)}\r\nConnection: close\r\n\r\n").encode()
    pieces = [head] + [sent[i:i + 7] for i in range(0, len(sent), 7)]
    assert server.talk(pieces, method="POST", pause=0.002)[0].status == 204
    assert body(s3.get_object(Bucket=bucket, Key="k")) == b"cut" * 20


def test_chunked_and_a_preamble(server, s3, bucket):
    open_to_all(s3, bucket)
    after = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="key"\r\n\r\nother\r\n'
    sent = b"what comes before\r\n" + form([("key", "k")], DATA, after=after)
    head = (f"POST {path_of(bucket)}/ HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=\"{BOUNDARY}\""
            "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n").encode()
    chunks = b"".join(b"%x\r\n" % len(c) + c + b"\r\n" for c in (sent[:1000], sent[1000:]))
    assert server.talk(head + chunks + b"0\r\n\r\n", method="POST")[0].status == 204
    assert body(s3.get_object(Bucket=bucket, Key="k")) == DATA


def test_memory_does_not_grow_with_it(server, s3, bucket):
    open_to_all(s3, bucket)
    post(server, bucket, {"key": "k"}, b"x" * 1000)
    before = server.rss()
    data = os.urandom(1 << 20) * 64
    assert post(server, bucket, {"key": "k"}, data).status == 204
    assert server.rss() - before < 16 << 20
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'


# --- rights


def test_rights_are_the_signers(server, s3, bucket):
    r = post(server, bucket, {"key": "k", **anything(bucket, key=OTHER_KEY)})
    assert (r.status, r.code) == (403, "AccessDenied")
    assert post(server, bucket, {"key": "k", **anything(bucket, key=ALICE_KEY)}).status == 204
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringEquals": {"s3:authType": "POST"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert post(server, bucket, {"key": "k", **anything(bucket)}).status == 403
    s3.put_object(Bucket=bucket, Key="k", Body=b"not a form")


def test_only_what_is_a_put(server, s3, bucket):
    """A form of another size of privilege: sub-resources and keys in the URL are none."""
    open_to_all(s3, bucket)
    head = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    r = server.request("POST", path_of(bucket, "key"), head, form([("key", "k")]), signed=False)
    assert (r.status, r.code) == (405, "MethodNotAllowed")
    assert refused(s3.head_object, Bucket=bucket, Key="k")[0] == 404
