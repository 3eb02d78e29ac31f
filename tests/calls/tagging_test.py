"""Tags of objects: the header, the XML, versions, limits."""
import base64
import hashlib

import pytest

from aerostat import path_of
from objects import refusal, refused, turn


def tag_set(*pairs):
    return {"TagSet": [{"Key": k, "Value": v} for k, v in pairs]}


def tags_of(s3, bucket, key="k", **more):
    return [(t["Key"], t["Value"]) for t in s3.get_object_tagging(Bucket=bucket, Key=key, **more)["TagSet"]]


def test_round_trip(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b%20c=d%2Be&empty=")
    assert tags_of(s3, bucket) == [("a", "1"), ("b c", "d+e"), ("empty", "")]
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 3
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(("Größe", "10 µm/@:=+-._"), ("z", "")))
    assert tags_of(s3, bucket) == [("Größe", "10 µm/@:=+-._"), ("z", "")]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert tags_of(s3, bucket) == [] and "TagCount" not in s3.get_object(Bucket=bucket, Key="k")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(("a", "b")))
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": []})
    assert tags_of(s3, bucket) == []


def test_a_put_takes_the_old_tags_away(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Tagging="a=1")
    s3.put_object(Bucket=bucket, Key="k")
    assert tags_of(s3, bucket) == []


def test_limits(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k")
    ok = tag_set(*((f"k{i}" + "x" * 125, "v" * 256) for i in range(10)))
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=ok)
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(("é" * 128, "鍵" * 256)))
    for bad, code in ((tag_set(*((str(i), "") for i in range(11))), "BadRequest"),
                      (tag_set(("x" * 129, "")), "InvalidTag"), (tag_set(("é" * 129, "")), "InvalidTag"),
                      (tag_set(("x", "v" * 257)), "InvalidTag"),
                      (tag_set(("a", "1"), ("a", "2")), "InvalidTag"), (tag_set(("aws:x", "1")), "InvalidTag"),
                      (tag_set(("AWS:x", "1")), "InvalidTag"), (tag_set(("a!", "1")), "InvalidTag"),
                      (tag_set(("a", "1;2")), "InvalidTag")):
        assert refused(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=bad) == (400, code), bad
    assert len(tags_of(s3, bucket)) == 1
    e = refusal(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=tag_set(("a", "1"), ("a", "2")))["Error"]
    assert e["Message"] == "Cannot provide multiple Tags with the same key" and e["TagKey"] == "a"


@pytest.mark.parametrize("header, code", [
    ("a=1&a=2", "InvalidArgument"), ("=x", "InvalidTag"), ("a%ff=1", "InvalidArgument"), ("a%00=1", "InvalidTag"),
    ("&".join(f"k{i}=v" for i in range(11)), "BadRequest"), ("k=" + "v" * 257, "InvalidTag"),
    ("aws:k=v", "InvalidTag")])
def test_bad_headers(server, bucket, header, code):
    r = server.request("PUT", path_of(bucket, "k"), {"x-amz-tagging": header})
    assert (r.status, r.code) == (400, code)
    assert server.request("HEAD", path_of(bucket, "k")).status == 404


def test_missing(s3, bucket):
    assert refused(s3.get_object_tagging, Bucket=bucket, Key="k") == (404, "NoSuchKey")
    assert refused(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=tag_set(("a", "1"))) == (404, "NoSuchKey")
    assert refused(s3.delete_object_tagging, Bucket=bucket, Key="k") == (404, "NoSuchKey")


def test_versions(s3, bucket):
    turn(s3, bucket, "Enabled")
    old = s3.put_object(Bucket=bucket, Key="k", Tagging="v=old")["VersionId"]
    new = s3.put_object(Bucket=bucket, Key="k", Tagging="v=new")["VersionId"]
    assert tags_of(s3, bucket) == [("v", "new")] and tags_of(s3, bucket, VersionId=old) == [("v", "old")]
    r = s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=old, Tagging=tag_set(("v", "older")))
    assert r["VersionId"] == old
    assert tags_of(s3, bucket, VersionId=old) == [("v", "older")]
    assert tags_of(s3, bucket, VersionId=new) == [("v", "new")]
    assert s3.delete_object_tagging(Bucket=bucket, Key="k")["VersionId"] == new
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["VersionId"] == new
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert refused(s3.get_object_tagging, Bucket=bucket, Key="k") == (404, "NoSuchKey")
    assert refused(s3.get_object_tagging, Bucket=bucket, Key="k", VersionId=marker) == (405, "MethodNotAllowed")
    assert refused(s3.put_object_tagging, Bucket=bucket, Key="k", VersionId=marker, Tagging=tag_set(("a", "1"))) == \
        (405, "MethodNotAllowed")


def test_malformed(server, bucket):
    server.request("PUT", path_of(bucket, "k"))
    for inside in (b"", b"<Tagging>", b"<Tagging/>", b"<Other/>", b"<Tag><Key>a</Key></Tag>",
                   b"<Tag><Key></Key><Value>b</Value></Tag>"):
        xml = b"<Tagging><TagSet>" + inside + b"</TagSet></Tagging>" if inside.startswith(b"<Tag>") else inside
        head = {"Content-MD5": base64.b64encode(hashlib.md5(xml).digest()).decode()}
        r = server.request("PUT", path_of(bucket, "k") + "?tagging", head, xml)
        assert r.status == 400 and r.code in ("MalformedXML", "MissingRequestBodyError", "InvalidTag"), (xml, r)
