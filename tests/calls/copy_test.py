"""CopyObject: sources, directives, conditions, checksums, refusals."""
import datetime
import os

import pytest

from aerostat import OTHER_KEY, path_of
from objects import body, refusal, refused, turn


@pytest.fixture
def source(s3, bucket):
    s3.put_object(Bucket=bucket, Key="src", Body=b"the source", ContentType="text/x", CacheControl="no-cache",
                  Metadata={"a": "1"}, Tagging="t=1&u=2", StorageClass="STANDARD_IA", WebsiteRedirectLocation="/to")
    return f"{bucket}/src"


def test_copy_keeps_all_but(s3, bucket, source):
    r = s3.copy_object(Bucket=bucket, Key="dst", CopySource=source)
    src, dst = s3.head_object(Bucket=bucket, Key="src"), s3.head_object(Bucket=bucket, Key="dst")
    assert r["CopyObjectResult"]["ETag"] == src["ETag"] == dst["ETag"] and r["ServerSideEncryption"] == "AES256"
    assert r["CopyObjectResult"]["LastModified"].replace(microsecond=0) == dst["LastModified"]
    for k in ("ContentType", "CacheControl", "Metadata"):
        assert dst[k] == src[k]
    assert "StorageClass" not in dst and "WebsiteRedirectLocation" not in dst
    tags = s3.get_object_tagging(Bucket=bucket, Key="dst")["TagSet"]
    assert tags == [{"Key": "t", "Value": "1"}, {"Key": "u", "Value": "2"}]
    assert body(s3.get_object(Bucket=bucket, Key="dst")) == b"the source"


def test_replace(s3, bucket, source):
    s3.copy_object(Bucket=bucket, Key="dst", CopySource=source, MetadataDirective="REPLACE",
                   TaggingDirective="REPLACE", ContentType="text/y", Metadata={"b": "2"}, Tagging="v=3",
                   StorageClass="ONEZONE_IA",
                   WebsiteRedirectLocation="/other")
    dst = s3.head_object(Bucket=bucket, Key="dst")
    assert dst["ContentType"] == "text/y" and dst["Metadata"] == {"b": "2"} and "CacheControl" not in dst
    assert dst["StorageClass"] == "ONEZONE_IA" and dst["WebsiteRedirectLocation"] == "/other"
    assert s3.get_object_tagging(Bucket=bucket, Key="dst")["TagSet"] == [{"Key": "v", "Value": "3"}]
    # Metadata beside COPY is passed over.
    s3.copy_object(Bucket=bucket, Key="dst", CopySource=source, Metadata={"c": "3"}, ContentType="text/z")
    assert s3.head_object(Bucket=bucket, Key="dst")["Metadata"] == {"a": "1"}


def test_directives_that_are_none(server, bucket, source):
    for name, sentence in (("metadata", "Unknown metadata directive."), ("tagging", "Unknown tagging directive.")):
        r = server.request("PUT", path_of(bucket, "dst"), {"x-amz-copy-source": source,
                                                           f"x-amz-{name}-directive": "MERGE"})
        assert (r.status, r.code, r.message) == (400, "InvalidArgument", sentence)


def test_onto_itself(s3, bucket, source):
    e = refusal(s3.copy_object, Bucket=bucket, Key="src", CopySource=source)["Error"]
    assert e["Code"] == "InvalidRequest" and "copy an object to itself without changing" in e["Message"]
    for change in ({"MetadataDirective": "REPLACE", "Metadata": {"z": "1"}}, {"StorageClass": "STANDARD"},
                   {"ServerSideEncryption": "AES256"}, {"WebsiteRedirectLocation": "/x"}):
        s3.copy_object(Bucket=bucket, Key="src", CopySource=source, **change)
    assert body(s3.get_object(Bucket=bucket, Key="src")) == b"the source"


@pytest.mark.parametrize("size", [0, 1, 131072, 131073, 1 << 20])
def test_sizes(s3, bucket, size):
    data = os.urandom(size)
    etag = s3.put_object(Bucket=bucket, Key="a", Body=data)["ETag"]
    r = s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    assert r["CopyObjectResult"]["ETag"] == etag
    s3.delete_object(Bucket=bucket, Key="a")
    assert body(s3.get_object(Bucket=bucket, Key="b")) == data


def test_versions(s3, bucket, source):
    turn(s3, bucket, "Enabled")
    old = s3.put_object(Bucket=bucket, Key="v", Body=b"old")["VersionId"]
    s3.put_object(Bucket=bucket, Key="v", Body=b"new")
    # An old version onto the key itself: how versions are restored.
    r = s3.copy_object(Bucket=bucket, Key="v", CopySource={"Bucket": bucket, "Key": "v", "VersionId": old})
    assert r["CopySourceVersionId"] == old and r["VersionId"] not in (None, old)
    assert body(s3.get_object(Bucket=bucket, Key="v")) == b"old"
    marker = s3.delete_object(Bucket=bucket, Key="v")["VersionId"]
    assert refused(s3.copy_object, Bucket=bucket, Key="w", CopySource=f"{bucket}/v") == (404, "NoSuchKey")
    assert refused(s3.copy_object, Bucket=bucket, Key="w", CopySource=f"{bucket}/v?versionId={marker}") == \
        (400, "InvalidRequest")
    assert refused(s3.copy_object, Bucket=bucket, Key="w", CopySource=f"{bucket}/v?versionId={'A' * 32}") == \
        (404, "NoSuchVersion")
    assert refused(s3.copy_object, Bucket=bucket, Key="w", CopySource=f"{bucket}/v?versionId=x") == \
        (400, "InvalidArgument")
    r = s3.copy_object(Bucket=bucket, Key="w", CopySource=f"{bucket}/src?versionId=null")
    assert r["CopySourceVersionId"] == "null"


def test_source_spellings(server, bucket, source):
    for spelling in (source, "/" + source, source.replace("/", "%2F"), source.replace("s", "%73")):
        assert server.request("PUT", path_of(bucket, "dst"), {"x-amz-copy-source": spelling}).status == 200, spelling
    for spelling, code in (("", None), ("/", "InvalidArgument"), (bucket, "InvalidArgument"),
                           (bucket + "/", "InvalidArgument"), ("no-such-bucket-3/k", "NoSuchBucket"),
                           (bucket + "/none", "NoSuchKey"), (bucket + "/%ff", "InvalidArgument"),
                           ("arn:aws:s3:us-east-1:123456789012:accesspoint/p/object/k", "NotImplemented")):
        r = server.request("PUT", path_of(bucket, "dst"), {"x-amz-copy-source": spelling})
        assert 400 <= r.status < 500 and (code is None or r.code == code), (spelling, r)


def test_conditions(server, s3, bucket, source):
    etag = s3.head_object(Bucket=bucket, Key="src")["ETag"]
    past, future = datetime.datetime(2000, 1, 1), datetime.datetime(2100, 1, 1)
    how = {"Bucket": bucket, "Key": "dst", "CopySource": source}
    for good in ({"CopySourceIfMatch": etag}, {"CopySourceIfNoneMatch": "x"}, {"CopySourceIfModifiedSince": past},
                 {"CopySourceIfUnmodifiedSince": future},
                 {"CopySourceIfMatch": etag, "CopySourceIfUnmodifiedSince": past}):
        s3.copy_object(**how, **good)
    for bad, name in (({"CopySourceIfMatch": "x"}, "x-amz-copy-source-If-Match"),
                      ({"CopySourceIfNoneMatch": etag}, "x-amz-copy-source-If-None-Match"),
                      ({"CopySourceIfModifiedSince": future}, "x-amz-copy-source-If-Modified-Since"),
                      ({"CopySourceIfUnmodifiedSince": past}, "x-amz-copy-source-If-Unmodified-Since"),
                      ({"CopySourceIfNoneMatch": etag, "CopySourceIfModifiedSince": past},
                       "x-amz-copy-source-If-None-Match")):
        e = refusal(s3.copy_object, **how, **bad)
        assert e["ResponseMetadata"]["HTTPStatusCode"] == 412 and e["Error"]["Code"] == "PreconditionFailed"
        assert e["Error"]["Condition"] == name
    r = server.request("PUT", path_of(bucket, "dst"), {"x-amz-copy-source": source, "If-None-Match": "*"})
    assert (r.status, r.code) == (412, "PreconditionFailed")


def test_checksums(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"abc", ChecksumAlgorithm="SHA256")
    r = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")["CopyObjectResult"]
    assert r["ChecksumSHA256"] == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" and r["ChecksumType"] == "FULL_OBJECT"
    r = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", ChecksumAlgorithm="CRC32")["CopyObjectResult"]
    assert r["ChecksumCRC32"] == "NSRBwg==" and "ChecksumSHA256" not in r
    assert s3.head_object(Bucket=bucket, Key="b", ChecksumMode="ENABLED")["ChecksumCRC32"] == "NSRBwg=="


def test_between_accounts(server, s3, bucket, source):
    theirs = server.client("s3", OTHER_KEY)
    own = bucket + "-theirs"
    theirs.create_bucket(Bucket=own)
    assert refused(theirs.copy_object, Bucket=own, Key="k", CopySource=source) == (403, "AccessDenied")
    assert refused(theirs.copy_object, Bucket=bucket, Key="k", CopySource=source) == (403, "AccessDenied")
    assert refused(s3.copy_object, Bucket=bucket, Key="k", CopySource=source,
                   ExpectedSourceBucketOwner=OTHER_KEY.account) == (403, "AccessDenied")
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source, ExpectedSourceBucketOwner="123456789012")
