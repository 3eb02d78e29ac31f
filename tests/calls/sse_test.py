"""Server-side encryption: SSE-S3, SSE-C, the KMS headers, a bucket's default; what lies on the disk, and what happens
when it is not what was written."""
import base64
import glob
import hashlib
import json
import os

import pytest

from aerostat import ROOT_KEY, path_of
from multipart import FULL, NOISE, Upload, block, read
from objects import body, headers, refusal, refused

SECRET = b"what nobody else may see. " * 8
KEY, OTHER = b"k" * 32, b"o" * 32
SSE = "x-amz-server-side-encryption"
CUSTOMER = SSE + "-customer-"


def customer(key=KEY, source=False):
    """boto3's parameters for SSE-C; it adds the MD5."""
    name = "CopySourceSSECustomer" if source else "SSECustomer"
    return {name + "Algorithm": "AES256", name + "Key": key}


def raw(key=KEY, changes=None):
    """The same as headers of a request."""
    h = {"algorithm": "AES256", "key": base64.b64encode(key).decode(),
         "key-MD5": base64.b64encode(hashlib.md5(key).digest()).decode(), **(changes or {})}
    return {CUSTOMER + k: v for k, v in h.items() if v is not None}


def secret():
    """A text of its own, to look for on the disk."""
    return base64.b64encode(os.urandom(30)) * 8


def stored(server):
    """All that is in the data folder."""
    out = b""
    for path in glob.glob(os.path.join(server.data, "**"), recursive=True):
        if os.path.isfile(path) and "reserve" not in path:
            with open(path, "rb") as f:
                out += f.read()
    return out


def segment(server):
    return sorted(glob.glob(os.path.join(server.data, "segments", "*.seg")))[-1]


def bodies(server):
    return [p for p in glob.glob(os.path.join(server.data, "bodies", "*", "*")) if os.path.isfile(p)]


# --- SSE-S3


def test_asked_for(server, s3, bucket):
    text = secret()
    put = s3.put_object(Bucket=bucket, Key="k", Body=text, ServerSideEncryption="AES256")
    assert put["ServerSideEncryption"] == "AES256" and put["ETag"] == f'"{hashlib.md5(text).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ServerSideEncryption"] == "AES256" and body(got) == text
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(text)
    assert text[:32] not in stored(server)


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 200000, 1 << 20])
def test_sizes_and_ranges(s3, bucket, size):
    data = NOISE[:size]
    s3.put_object(Bucket=bucket, Key="k", Body=data, ServerSideEncryption="AES256")
    assert read(s3, bucket) == data
    for first, last in ((0, 0), (size - 1, size - 1), (65535, 65536), (65536, 65540), (1000, 140000), (3, size + 9)):
        if 0 <= first < size:
            got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")
            assert body(got) == data[first:last + 1], (first, last)


def test_parts_and_copies(s3, bucket):
    u = Upload(s3, bucket, ServerSideEncryption="AES256")
    assert u.made["ServerSideEncryption"] == "AES256"
    for n in (1, 2):
        assert u.put(n)["ServerSideEncryption"] == "AES256"
    copied = s3.upload_part_copy(**u.args, PartNumber=3, CopySource={"Bucket": bucket, "Key": put(s3, bucket, "s")},
                                 CopySourceRange="bytes=3-70000")
    u.parts[3] = copied["CopyPartResult"]["ETag"]
    assert u.complete()["ServerSideEncryption"] == "AES256"
    whole = block(1) + block(2) + NOISE[3:70001]
    assert read(s3, bucket) == whole
    got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={FULL - 70000}-{FULL + 70000}")
    assert body(got) == whole[FULL - 70000:FULL + 70001]
    assert body(s3.get_object(Bucket=bucket, Key="k", PartNumber=3)) == NOISE[3:70001]
    s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "k"})
    assert read(s3, bucket, "c") == whole


def put(s3, bucket, key, **how):
    s3.put_object(Bucket=bucket, Key=key, Body=NOISE[:100000], **how)
    return key


def test_a_changed_body_is_not_served(start_server):
    server = start_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="small", Body=SECRET, ServerSideEncryption="AES256")
    s3.put_object(Bucket="bucket", Key="large", Body=NOISE[:1 << 20], ServerSideEncryption="AES256")
    server.stop()
    for path in (segment(server), *bodies(server)):
        with open(path, "r+b") as f:
            f.seek(-10, os.SEEK_END)
            byte = f.read(1)
            f.seek(-10, os.SEEK_END)
            f.write(bytes([byte[0] ^ 1]))
    server.start()
    s3 = server.client("s3")
    assert refused(s3.get_object, Bucket="bucket", Key="small") == (500, "InternalError")
    # Its last chunk alone is wrong: what was sent before is right, and the end does not come.
    assert body(s3.get_object(Bucket="bucket", Key="large", Range="bytes=0-99999")) == NOISE[:100000]
    assert refused(s3.get_object, Bucket="bucket", Key="large", Range="bytes=-5") == (500, "InternalError")
    with pytest.raises(Exception):
        body(s3.get_object(Bucket="bucket", Key="large"))


def test_it_outlives_the_server(start_server):
    server = start_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=SECRET, ServerSideEncryption="AES256")
    s3.put_object(Bucket="bucket", Key="c", Body=SECRET, **customer())
    server.stop()
    server.start()
    s3 = server.client("s3")
    assert read(s3, "bucket") == SECRET
    assert body(s3.get_object(Bucket="bucket", Key="c", **customer())) == SECRET


# --- SSE-C


def test_customer_key(server, s3, bucket):
    text = secret()
    made = s3.put_object(Bucket=bucket, Key="k", Body=text, **customer())
    md5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
    assert made["SSECustomerAlgorithm"] == "AES256" and made["SSECustomerKeyMD5"] == md5
    assert "ServerSideEncryption" not in made and made["ETag"] != f'"{hashlib.md5(text).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k", **customer())
    assert body(got) == text and got["SSECustomerKeyMD5"] == md5 and "ServerSideEncryption" not in got
    head = s3.head_object(Bucket=bucket, Key="k", **customer())
    assert head["ETag"] == made["ETag"] and head["SSECustomerAlgorithm"] == "AES256"
    everything = stored(server)
    for hidden in (text[:32], KEY, base64.b64encode(KEY), md5.encode(), hashlib.md5(KEY).hexdigest().encode()):
        assert hidden not in everything


def test_the_right_key_alone(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, **customer())
    s3.put_object(Bucket=bucket, Key="plain", Body=SECRET)
    args = {"Bucket": bucket, "Key": "k"}
    e = refusal(s3.get_object, **args)
    assert e["Error"]["Code"] == "InvalidRequest"
    assert e["Error"]["Message"] == ("The object was stored using a form of Server Side Encryption. The correct "
                                     "parameters must be provided to retrieve the object.")
    assert refused(s3.head_object, **args)[0] == 400
    e = refusal(s3.get_object, **args, **customer(OTHER))
    assert e["ResponseMetadata"]["HTTPStatusCode"] == 403 and e["Error"]["Message"] == \
        ("Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.")
    assert refused(s3.head_object, **args, **customer(OTHER))[0] == 403
    assert refused(s3.get_object_attributes, **args, ObjectAttributes=["ETag"]) == (400, "InvalidRequest")
    asked = {"x-amz-object-attributes": "ObjectSize", **raw()}
    assert b"<ObjectSize>" in server.request("GET", path_of(bucket, "k") + "?attributes", asked).body
    e = refusal(s3.get_object, Bucket=bucket, Key="plain", **customer())
    assert e["Error"]["Message"] == "The encryption parameters are not applicable to this object."
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
    s3.delete_object(**args)


@pytest.mark.parametrize("changes,code,message", [
    ({"algorithm": None}, "InvalidArgument",
     "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption "
     "algorithm."),
    ({"algorithm": "AES128"}, "InvalidEncryptionAlgorithmError",
     "The Encryption request you specified is not valid. Supported value: AES256."),
    ({"key": None}, "InvalidArgument",
     "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key."),
    ({"key-MD5": None}, "InvalidArgument",
     "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of "
     "the secret key."),
    ({"key-MD5": base64.b64encode(b"x" * 16).decode()}, "InvalidArgument",
     "The calculated MD5 hash of the key did not match the hash that was provided."),
    ({"key": "***"}, "InvalidArgument", "The secret key was invalid for the specified algorithm."),
])
def test_malformed_keys(server, bucket, changes, code, message):
    for method in ("PUT", "GET"):
        if method == "GET":
            server.request("PUT", path_of(bucket, "k"), raw(), b"x")
        r = server.request(method, path_of(bucket, "k"), raw(changes=changes), b"x" if method == "PUT" else b"")
        assert (r.status, r.code, r.message) == (400, code, message)


def test_a_short_key_and_two_methods(server, s3, bucket):
    r = server.request("PUT", path_of(bucket, "k"), raw(b"short"), b"x")
    assert (r.code, r.message) == ("InvalidArgument", "The secret key was invalid for the specified algorithm.")
    r = server.request("PUT", path_of(bucket, "k"), {**raw(), SSE: "AES256"}, b"x")
    assert r.code == "InvalidArgument" and "incompatible with the encryption method" in r.message
    r = server.request("PUT", path_of(bucket, "k"), {SSE: "ROT13"}, b"x")
    assert (r.code, r.message) == ("InvalidArgument", "The encryption method specified is not supported")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_customer_parts(s3, bucket):
    u = Upload(s3, bucket, **customer())
    assert u.made["SSECustomerAlgorithm"] == "AES256"
    missing = ("The multipart upload initiate requested encryption. Subsequent part requests must include the "
               "appropriate encryption parameters.")
    assert refusal(u.put, n=1)["Error"]["Message"] == missing
    assert refusal(u.put, n=1, **customer(OTHER))["Error"]["Message"] == \
        "The provided encryption parameters did not match the ones used originally."
    for n in (1, 2):
        assert u.put(n, **customer())["SSECustomerAlgorithm"] == "AES256"
    u.complete()
    got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={FULL - 10}-{FULL + 9}", **customer())
    assert body(got) == (block(1) + block(2))[FULL - 10:FULL + 10]
    assert refused(s3.get_object, Bucket=bucket, Key="k", **customer(OTHER)) == (403, "AccessDenied")
    other = Upload(s3, bucket, "other")
    assert refusal(other.put, n=1, **customer())["Error"]["Message"] == missing


def test_customer_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, **customer())
    source = {"CopySource": {"Bucket": bucket, "Key": "k"}}
    assert refused(s3.copy_object, Bucket=bucket, Key="c", **source) == (400, "InvalidRequest")
    assert refused(s3.copy_object, Bucket=bucket, Key="c", **source, **customer(OTHER, True)) == (403, "AccessDenied")
    s3.copy_object(Bucket=bucket, Key="c", **source, **customer(source=True))
    assert read(s3, bucket, "c") == SECRET
    s3.copy_object(Bucket=bucket, Key="k", **source, **customer(source=True), **customer(OTHER))
    assert refused(s3.get_object, Bucket=bucket, Key="k", **customer()) == (403, "AccessDenied")
    assert body(s3.get_object(Bucket=bucket, Key="k", **customer(OTHER))) == SECRET
    u = Upload(s3, bucket, "m")
    part = s3.upload_part_copy(**u.args, PartNumber=1, **source, **customer(OTHER, True))
    u.parts[1] = part["CopyPartResult"]["ETag"]
    u.complete()
    assert read(s3, bucket, "m") == SECRET


def test_versions_have_keys_of_their_own(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"one", **customer())["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"two", **customer(OTHER))
    assert body(s3.get_object(Bucket=bucket, Key="k", VersionId=one, **customer())) == b"one"
    assert refused(s3.get_object, Bucket=bucket, Key="k", **customer()) == (403, "AccessDenied")


def test_a_bucket_that_blocks_them(s3, bucket):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    s3.put_object(Bucket=bucket, Key="old", Body=b"x", **customer())
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    e = refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **customer())
    assert e["Error"]["Code"] == "AccessDenied" and "has blocked upload requests" in e["Error"]["Message"]
    assert body(s3.get_object(Bucket=bucket, Key="old", **customer())) == b"x"


# --- SSE-KMS, until KMS comes


@pytest.mark.parametrize("how", ["aws:kms", "aws:kms:dsse"])
def test_kms(server, s3, bucket, how):
    text = secret()
    made = s3.put_object(Bucket=bucket, Key="k", Body=text, ServerSideEncryption=how)
    arn = made["SSEKMSKeyId"]
    assert arn.startswith(f"arn:aws:kms:us-east-1:{ROOT_KEY.account}:key/") and made["ServerSideEncryption"] == how
    assert made["ETag"] != f'"{hashlib.md5(text).hexdigest()}"'
    for call in (s3.get_object, s3.head_object):
        got = call(Bucket=bucket, Key="k")
        assert (got["ServerSideEncryption"], got["SSEKMSKeyId"], got["ETag"]) == (how, arn, made["ETag"])
    assert read(s3, bucket) == text and text[:32] not in stored(server)
    for same in (arn, arn.rsplit("/", 1)[1], "alias/aws/s3", arn.rsplit(":", 1)[0] + ":alias/aws/s3"):
        again = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption=how, SSEKMSKeyId=same)
        assert again["SSEKMSKeyId"] == arn
    u = Upload(s3, bucket, "m", ServerSideEncryption=how, BucketKeyEnabled=True)
    part = u.put(1, b"x")
    assert part["SSEKMSKeyId"] == arn and part["BucketKeyEnabled"] is True
    assert u.complete()["SSEKMSKeyId"] == arn
    assert s3.head_object(Bucket=bucket, Key="m")["BucketKeyEnabled"] is True


def test_keys_that_are_not_there(s3, bucket):
    for key in ("other", "arn:aws:kms:us-east-1:123456789012:key/other", "alias/mine",
                "arn:aws:kms:eu-west-1:123456789012:alias/aws/s3"):
        assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms",
                       SSEKMSKeyId=key) == (400, "KMS.NotFoundException")
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256",
                   SSEKMSKeyId="other") == (400, "InvalidArgument")
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", SSEKMSKeyId="x") == (400, "InvalidArgument")
    good = base64.b64encode(json.dumps({"a": "b"}).encode()).decode()
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms",
                         SSEKMSEncryptionContext=good)
    assert made["SSEKMSEncryptionContext"] == good
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms",
                   SSEKMSEncryptionContext="***") == (400, "InvalidArgument")


# --- a bucket's default


def test_default_of_the_bucket(server, s3, bucket):
    text = secret()
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
    how = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [how]})
    made = s3.put_object(Bucket=bucket, Key="k", Body=text)
    assert (made["ServerSideEncryption"], made["BucketKeyEnabled"]) == ("aws:kms", True)
    assert s3.put_object(Bucket=bucket, Key="s", Body=b"x", ServerSideEncryption="AES256")["ServerSideEncryption"] == \
        "AES256"
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "s"})
    assert copied["ServerSideEncryption"] == "aws:kms" and copied["SSEKMSKeyId"] == made["SSEKMSKeyId"]
    assert Upload(s3, bucket, "m").made["ServerSideEncryption"] == "aws:kms"
    assert text[:32] not in stored(server)
    how = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [how]})
    assert s3.put_object(Bucket=bucket, Key="k", Body=text)["ServerSideEncryption"] == "AES256"
    assert text[:32] not in stored(server) and read(s3, bucket) == text
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"


def test_not_with_reads(server, bucket):
    server.request("PUT", path_of(bucket, "k"), body=b"x")
    r = server.request("GET", path_of(bucket, "k"), {SSE: "AES256"})
    assert (r.status, r.code) == (400, "InvalidArgument")


def test_policies_can_demand_it(server, s3, bucket):
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*",
                 "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x") == (403, "AccessDenied")
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")[0] == 403
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert headers(made)["x-amz-server-side-encryption"] == "aws:kms"
