"""PutObject, GetObject, HeadObject, DeleteObject, DeleteObjects, GetObjectAttributes on buckets without versions."""
import base64
import hashlib
import os
import re
import socket
import subprocess
import time
import xml.etree.ElementTree as ET
from email.header import decode_header
from urllib.parse import quote, unquote_plus

import pytest

from aerostat import AEROSTAT, OTHER_KEY, path_of
from objects import body, headers, refusal, refused

SMALL = 128 * 1024


def md5(data):
    return hashlib.md5(data).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 2, 4095, 4096, 65535, 65536, 65537, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL,
                                  2 * SMALL + 1, 1048576, 5000001])
def test_sizes(s3, bucket, size):
    data = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=data)
    assert put["ETag"] == f'"{md5(data)}"' and put["ServerSideEncryption"] == "AES256" and "VersionId" not in put
    got = s3.get_object(Bucket=bucket, Key="k")
    assert body(got) == data and got["ContentLength"] == size and got["ETag"] == put["ETag"]
    assert got["AcceptRanges"] == "bytes" and got["ContentType"] == "binary/octet-stream"
    assert "StorageClass" not in got and "VersionId" not in got and got["ServerSideEncryption"] == "AES256"
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["ContentLength"] == size and head["LastModified"] == got["LastModified"]
    if size:
        for first, last in ((0, 0), (size // 2, size - 1), (size - 1, size + 100)):
            part = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")
            assert body(part) == data[first:last + 1]
            assert part["ContentRange"] == f"bytes {first}-{min(last, size - 1)}/{size}"
            assert part["ResponseMetadata"]["HTTPStatusCode"] == 206


KEYS = ["a", "a+b", "a b", "a%20b", "%", "%%", "%zz", "a//b", "//", "/", "/a", "a/", ".", "..", "a/../b", "./a",
        "a?b", "a?versionId=1", "a#b", "a&b=c", "naïve/ключ/鍵/🔑", "a\nb", "a\tb\r\x01\x1f\x7f", "\x00a",
        "x" * 1024, "é" * 512,
        "~!@$^*()_={}[]|\\:;\"'<>,`", " ", "con", "\u2028", "\ufeff"]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_keys(server, bucket, key):
    target = "/" + bucket + "/" + quote(key, safe="/-_.~")
    data = key.encode()
    assert server.request("PUT", target, body=data).status == 200
    assert server.request("GET", target).body == data
    listed = server.request("GET", f"/{bucket}?encoding-type=url")
    keys = [e.text for e in ET.fromstring(listed.body).iter() if e.tag.endswith("}Key")]
    assert [unquote_plus(k) for k in keys] == [key] and keys[0].isascii()
    copied = server.request("PUT", path_of(bucket, "copy"), {"x-amz-copy-source": bucket + "/" + quote(key, safe="")})
    assert copied.status == 200, copied
    assert server.request("GET", path_of(bucket, "copy")).body == data
    assert server.request("DELETE", target).status == 204
    gone = server.request("GET", target)
    assert (gone.status, gone.code) == (404, "NoSuchKey")


def test_keys_that_cannot_be(server, s3, bucket):
    assert refused(s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"") == (400, "KeyTooLongError")
    assert refused(s3.put_object, Bucket=bucket, Key="é" * 513, Body=b"") == (400, "KeyTooLongError")
    bad = server.request("PUT", f"/{bucket}/%FF%FE")
    assert (bad.status, bad.code) == (400, "InvalidURI")


def test_keys_are_bytes_that_differ(s3, bucket):
    for key in ("é", "e\u0301", "E", "e", "e/", "/e", "./e", "e/../e"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in ("é", "e\u0301", "E", "e", "e/", "/e", "./e", "e/../e"):
        assert body(s3.get_object(Bucket=bucket, Key=key)) == key.encode()
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 8


def test_overwriting(s3, bucket):
    for i in range(5):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * i, Metadata={"round": str(i)})
    got = s3.get_object(Bucket=bucket, Key="k")
    assert body(got) == b"xxxx" and got["Metadata"] == {"round": "4"}
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_headers_are_kept(server, s3, bucket):
    sent = {"ContentType": "text/plain; charset=utf-8", "ContentEncoding": "gzip", "ContentLanguage": "de, en",
            "ContentDisposition": 'attachment; filename="a b.txt"', "CacheControl": "max-age=60, private",
            "WebsiteRedirectLocation": "/elsewhere"}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **sent, Metadata={"One": "1", "two": "zwei  drei", "empty": ""})
    for got in (s3.get_object(Bucket=bucket, Key="k"), s3.head_object(Bucket=bucket, Key="k")):
        assert {k: got[k] for k in sent} == sent
        assert got["Metadata"] == {"one": "1", "two": "zwei  drei", "empty": ""}
    more = {"Expires": "not a date at all", "Content-Encoding": "aws-chunked, br"}
    server.request("PUT", path_of(bucket, "k"), more)
    got = server.request("GET", path_of(bucket, "k"))
    assert got.headers["expires"] == "not a date at all" and got.headers["content-encoding"] == "br"
    assert server.request("PUT", path_of(bucket, "k"), {"x-amz-website-redirect-location": "ftp://x"}).code == \
        "InvalidRedirectLocation"


def test_metadata_limit(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Metadata={"a": "x" * 2047})
    assert len(s3.head_object(Bucket=bucket, Key="k")["Metadata"]["a"]) == 2047
    e = refusal(s3.put_object, Bucket=bucket, Key="k", Metadata={"a": "x" * 2048})["Error"]
    assert (e["Code"], e["Size"], e["MaxSizeAllowed"]) == ("MetadataTooLarge", "2049", "2048")


def test_metadata_beyond_ascii_comes_back_mail_safe(server, bucket):
    for raw in ("grün 鍵".encode(), "grün".encode("latin-1")):
        head = {"x-amz-meta-colour": raw.decode("latin-1")}
        assert server.request("PUT", path_of(bucket, "k"), head).status in (200, 403)
    s = server.request("PUT", path_of(bucket, "k"), {"x-amz-meta-c": "=?UTF-8?B?Z3LDvG4=?="})
    assert s.status == 200
    assert server.request("HEAD", path_of(bucket, "k")).headers["x-amz-meta-c"] == "=?UTF-8?B?Z3LDvG4=?="
    # Presigned, so that no signer of the client touches the bytes.
    url = server.client("s3", signature_version="s3v4").generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": "u"})
    target = url[len(server.url):]
    message = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 0\r\nConnection: close\r\n"
    put = server.talk(message.encode() + b"x-amz-meta-c: " + "grün".encode() + b"\r\n\r\n", "PUT")[0]
    if put.status == 200:  # S3 wants x-amz-meta- headers to be signed; then it is refused
        text, charset = decode_header(server.request("HEAD", path_of(bucket, "u")).headers["x-amz-meta-c"])[0]
        assert text.decode(charset) == "grün"


@pytest.mark.parametrize("name", ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR",
                                  "REDUCED_REDUNDANCY", "GLACIER", "DEEP_ARCHIVE"])
def test_storage_class(s3, bucket, name):
    s3.put_object(Bucket=bucket, Key="k", Body=b"cold", StorageClass=name)
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == name
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == name
    if name in ("GLACIER", "DEEP_ARCHIVE"):
        e = refusal(s3.get_object, Bucket=bucket, Key="k")
        assert (e["Error"]["Code"], e["Error"]["StorageClass"]) == ("InvalidObjectState", name)
        assert e["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert refused(s3.copy_object, Bucket=bucket, Key="c", CopySource=f"{bucket}/k") == \
            (403, "ObjectNotInActiveTierError")
    else:
        got = s3.get_object(Bucket=bucket, Key="k")
        assert body(got) == b"cold" and got["StorageClass"] == name


def test_storage_class_that_is_none(server, s3, bucket):
    assert refused(s3.put_object, Bucket=bucket, Key="k", StorageClass="SNOW") == (400, "InvalidStorageClass")
    bad = server.request("PUT", path_of(bucket, "k"), {"x-amz-storage-class": "lukewarm"})
    assert (bad.status, bad.code) == (400, "InvalidStorageClass")


def test_what_is_not_served_says_so(server, s3, bucket):
    key = {"Bucket": bucket, "Key": "k", "Body": b"x"}
    assert refused(s3.put_object, **key, ServerSideEncryption="rot13") == (400, "InvalidArgument")
    sse_c = {"x-amz-server-side-encryption-customer-algorithm": "AES256",
             "x-amz-server-side-encryption-customer-key": "x", "x-amz-server-side-encryption-customer-key-MD5": "x"}
    assert server.request("PUT", path_of(bucket, "k"), sse_c).code == "InvalidArgument"
    assert refused(s3.put_object, **key, ObjectLockMode="GOVERNANCE",
                   ObjectLockRetainUntilDate="2030-01-01T00:00:00Z") == (400, "InvalidRequest")
    assert refused(s3.put_object, **key, WriteOffsetBytes=0) == (400, "NotImplemented")
    assert refused(s3.put_object, **key, ACL="public-read") == (400, "AccessControlListNotSupported")
    assert refused(s3.put_object, **key, GrantRead="id=x") == (400, "AccessControlListNotSupported")
    assert refused(s3.head_object, Bucket=bucket, Key="k") == (404, "404")
    s3.put_object(**key, ACL="bucket-owner-full-control", ServerSideEncryption="AES256")
    assert server.request("GET", path_of(bucket, "k"), sse_c).code == "InvalidRequest"


def test_missing(server, s3, bucket):
    e = refusal(s3.get_object, Bucket=bucket, Key="nö")
    assert (e["Error"]["Code"], e["Error"]["Key"]) == ("NoSuchKey", "nö")
    assert refused(s3.get_object, Bucket="no-such-bucket-1", Key="k") == (404, "NoSuchBucket")
    head = server.request("HEAD", path_of(bucket, "none"))
    assert head.status == 404 and head.body == b"" and head.headers["x-amz-request-id"]
    theirs = server.client("s3", OTHER_KEY)
    assert refused(theirs.get_object, Bucket=bucket, Key="none") == (403, "AccessDenied")
    assert refused(theirs.delete_object, Bucket=bucket, Key="none") == (403, "AccessDenied")
    assert s3.delete_object(Bucket=bucket, Key="none")["ResponseMetadata"]["HTTPStatusCode"] == 204


RANGES = [("bytes=0-3", 0, 4), ("bytes=4-", 4, 10), ("bytes=-3", 7, 10), ("bytes=-100", 0, 10), ("bytes=9-9", 9, 10),
          ("bytes=0-99999999999999999", 0, 10), ("BYTES=1-2", 1, 3), ("bytes= 1-2", 1, 3)]


@pytest.mark.parametrize("spec, first, end", RANGES)
def test_range(server, s3, bucket, spec, first, end):
    data = b"0123456789"
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    for method in ("GET", "HEAD"):
        r = server.request(method, path_of(bucket, "k"), {"Range": spec})
        assert r.status == 206 and r.headers["content-range"] == f"bytes {first}-{end - 1}/10"
        assert r.headers["content-length"] == str(end - first)
        assert r.body == (data[first:end] if method == "GET" else b"")


@pytest.mark.parametrize("spec", ["bytes=0-1,3-4", "bytes=3-1", "bytes=a-b", "bytes=", "bytes=-", "items=0-1", "0-1",
                                  "bytes=1", "bytes=--1", "bytes=1-2-3", "bytes=+1-2", "bytes=99999999999999999999-"])
def test_range_that_is_ignored(server, s3, bucket, spec):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    r = server.request("GET", path_of(bucket, "k"), {"Range": spec})
    assert (r.status, r.body) == (200, b"0123456789") and "content-range" not in r.headers


def test_range_outside(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    for key, spec, size in (("k", "bytes=10-", 10), ("k", "bytes=-0", 10), ("k", "bytes=10-20", 10),
                            ("empty", "bytes=0-", 0), ("empty", "bytes=-1", 0), ("empty", "bytes=0-0", 0)):
        e = refusal(s3.get_object, Bucket=bucket, Key=key, Range=spec)["Error"]
        assert (e["Code"], e["RangeRequested"], e["ActualObjectSize"]) == ("InvalidRange", spec, str(size))
        assert server.request("HEAD", path_of(bucket, key), {"Range": spec}).status == 416


def test_if_range(server, s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
    date = server.request("HEAD", path_of(bucket, "k")).headers["last-modified"]
    for v, status in ((etag, 206), (date, 206), ('"other"', 200), ("Thu, 01 Jan 1970 00:00:00 GMT", 200)):
        assert server.request("GET", path_of(bucket, "k"), {"Range": "bytes=0-1", "If-Range": v}).status == status


def test_part_number_of_a_plain_object(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=1)
    assert body(got) == b"0123456789" and got["ContentRange"] == "bytes 0-9/10" and "PartsCount" not in got
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    e = refusal(s3.get_object, Bucket=bucket, Key="k", PartNumber=2)
    assert e["ResponseMetadata"]["HTTPStatusCode"] == 416 and e["Error"]["Code"] == "InvalidPartNumber"
    assert (e["Error"]["ActualPartCount"], e["Error"]["PartNumberRequested"]) == ("1", "2")
    for n in (0, 10001):
        assert refused(s3.get_object, Bucket=bucket, Key="k", PartNumber=n) == (400, "InvalidArgument")
    assert refused(s3.get_object, Bucket=bucket, Key="k", PartNumber=1, Range="bytes=0-1") == (400, "InvalidRequest")
    assert server.request("GET", path_of(bucket, "k") + "?partNumber=x").status == 400


def test_part_number_of_parts(s3, bucket):
    parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"end"]
    u = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="CRC32")["UploadId"]
    done = []
    for i, p in enumerate(parts, 1):
        r = s3.upload_part(Bucket=bucket, Key="m", UploadId=u, PartNumber=i, Body=p, ChecksumAlgorithm="CRC32")
        done.append({"PartNumber": i, "ETag": r["ETag"], "ChecksumCRC32": r["ChecksumCRC32"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=u, MultipartUpload={"Parts": done})
    whole = b"".join(parts)
    for i, p in enumerate(parts, 1):
        got = s3.get_object(Bucket=bucket, Key="m", PartNumber=i, ChecksumMode="ENABLED")
        assert body(got) == p and got["PartsCount"] == 3 and got["ChecksumCRC32"] == done[i - 1]["ChecksumCRC32"]
        assert s3.head_object(Bucket=bucket, Key="m", PartNumber=i)["ContentLength"] == len(p)
    assert refused(s3.get_object, Bucket=bucket, Key="m", PartNumber=4) == (416, "InvalidPartNumber")
    edge = len(parts[0])
    got = s3.get_object(Bucket=bucket, Key="m", Range=f"bytes={edge - 5}-{edge + 4}")
    assert body(got) == whole[edge - 5:edge + 5] and "PartsCount" not in got
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/m")["CopyObjectResult"]
    assert copied["ETag"] == f'"{md5(whole)}"' and copied["ChecksumType"] == "FULL_OBJECT"
    assert body(s3.get_object(Bucket=bucket, Key="c")) == whole

    some = s3.get_object_attributes(Bucket=bucket, Key="m", MaxParts=2, ObjectAttributes=[
        "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"])
    assert some["ETag"] == s3.head_object(Bucket=bucket, Key="m")["ETag"].strip('"')
    assert some["ObjectSize"] == len(whole)
    assert some["StorageClass"] == "STANDARD" and some["Checksum"]["ChecksumType"] == "COMPOSITE"
    p = some["ObjectParts"]
    assert (p["TotalPartsCount"], p["IsTruncated"], p["NextPartNumberMarker"], p["MaxParts"]) == (3, True, 2, 2)
    assert [(x["PartNumber"], x["Size"]) for x in p["Parts"]] == [(1, 5 << 20), (2, 5 << 20)]
    rest = s3.get_object_attributes(Bucket=bucket, Key="m", PartNumberMarker=2, ObjectAttributes=["ObjectParts"])
    assert [x["PartNumber"] for x in rest["ObjectParts"]["Parts"]] == [3] and not rest["ObjectParts"]["IsTruncated"]
    assert "ETag" not in rest


def test_attributes(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"abc", StorageClass="STANDARD_IA")
    a = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag", "ObjectSize", "StorageClass",
                                                                           "ObjectParts", "Checksum"])
    assert (a["ETag"], a["ObjectSize"], a["StorageClass"]) == (md5(b"abc"), 3, "STANDARD_IA")
    assert "ObjectParts" not in a and a["Checksum"]["ChecksumType"] == "FULL_OBJECT"
    assert "StorageClass" not in s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag"])
    target = path_of(bucket, "k") + "?attributes"
    assert server.request("GET", target).code == "InvalidRequest"
    bad = server.request("GET", target, {"x-amz-object-attributes": "ETag,Colour"})
    assert (bad.status, bad.code) == (400, "InvalidArgument")
    assert refused(s3.get_object_attributes, Bucket=bucket, Key="none", ObjectAttributes=["ETag"]) == \
        (404, "NoSuchKey")
    bad = server.request("GET", target, {"x-amz-object-attributes": "ETag,ObjectParts", "x-amz-max-parts": "-1"})
    assert bad.code == "InvalidArgument"


def test_response_overrides(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789", ContentType="text/plain", CacheControl="no-store")
    target = path_of(bucket, "k") + (
        "?response-content-type=application%2Fx-mine&response-content-language=xx&response-cache-control=public"
        "&response-content-encoding=br&response-expires=soon"
        "&response-content-disposition=attachment%3B%20filename%3D%22%C3%BC.txt%22")
    for r in (server.request("GET", target), server.request("GET", target, {"Range": "bytes=0-1"}),
              server.request("HEAD", target)):
        assert r.headers["content-type"] == "application/x-mine" and r.headers["expires"] == "soon"
        assert r.headers["content-language"] == "xx" and r.headers["cache-control"] == "public"
        assert r.headers["content-encoding"] == "br" and r.headers["content-disposition"] == \
            'attachment; filename="ü.txt"'
    split = server.request("GET", path_of(bucket, "k") + "?response-content-type=a%0D%0AEvil%3A%20yes")
    assert split.code == "InvalidArgument" and "evil" not in split.headers
    assert server.request("GET", path_of(bucket, "k") + "?response-content-type=%E9%8D%B5").code == "InvalidArgument"
    assert s3.get_object(Bucket=bucket, Key="k")["ContentType"] == "text/plain"


def test_delete_objects(server, s3, bucket):
    for i in range(12):
        s3.put_object(Bucket=bucket, Key=f"k{i}", Body=b"x")
    r = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k{i}"} for i in range(5)] + [{"Key": "none"}]})
    assert [d["Key"] for d in r["Deleted"]] == [f"k{i}" for i in range(5)] + ["none"] and "Errors" not in r
    some = [{"Key": "k5"}, {"Key": "k6", "VersionId": "x"}, {"Key": "k7", "VersionId": "null"}]
    r = s3.delete_objects(Bucket=bucket, Delete={"Quiet": True, "Objects": some})
    assert "Deleted" not in r
    assert [(e["Key"], e["Code"], e["VersionId"]) for e in r["Errors"]] == [("k6", "NoSuchVersion", "x")]
    left = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert left == ["k10", "k11", "k6", "k8", "k9"]
    etag = s3.head_object(Bucket=bucket, Key="k8")["ETag"]
    some = [{"Key": "k8", "ETag": etag}, {"Key": "k9", "ETag": "nope"}, {"Key": "gone", "ETag": etag}]
    r = s3.delete_objects(Bucket=bucket, Delete={"Objects": some})
    assert [d["Key"] for d in r["Deleted"]] == ["k8"]
    assert [(e["Key"], e["Code"]) for e in r["Errors"]] == [("k9", "PreconditionFailed"), ("gone", "NoSuchKey")]
    theirs = server.client("s3", OTHER_KEY).delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k9"}]})
    assert [(e["Key"], e["Code"]) for e in theirs["Errors"]] == [("k9", "AccessDenied")]
    assert s3.head_object(Bucket=bucket, Key="k9")


def test_delete_objects_limits(server, s3, bucket):
    many = [{"Key": f"{i}"} for i in range(1001)]
    assert refused(s3.delete_objects, Bucket=bucket, Delete={"Objects": many}) == (400, "MalformedXML")
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": many[:1000]})["Deleted"]) == 1000
    assert refused(s3.delete_objects, Bucket=bucket, Delete={"Objects": []}) == (400, "MalformedXML")
    long = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "x" * 1025}]})
    assert long["Errors"][0]["Code"] == "KeyTooLongError"
    document = b"<Delete><Object><Key>a</Key></Object></Delete>"
    bare = server.request("POST", f"/{bucket}?delete", body=document)
    assert (bare.status, bare.code) == (400, "InvalidRequest")
    for junk in (b"<Delete", b"", b"<Delete><Object/></Delete>", b"\xff\xfe"):
        head = {"Content-MD5": base64.b64encode(hashlib.md5(junk).digest()).decode()}
        bad = server.request("POST", f"/{bucket}?delete", head, junk)
        assert bad.status == 400 and bad.code in ("MalformedXML", "MissingRequestBodyError"), bad


def test_too_large_is_refused_before_the_body(server, bucket):
    size = 5 * 1024 ** 3 + 1
    head = server.sign("PUT", path_of(bucket, "k"), {"Content-Length": str(size), "Expect": "100-continue"},
                       sha256="UNSIGNED-PAYLOAD")
    lines = [f"PUT {path_of(bucket, 'k')} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items()), "", ""]
    r = server.talk("\r\n".join(lines).encode(), "PUT")[0]
    assert (r.status, r.code) == (400, "EntityTooLarge")
    assert b"<ProposedSize>5368709121</ProposedSize><MaxSizeAllowed>5368709120</MaxSizeAllowed>" in r.body


def first_bytes(server, method, target, extra):
    head = server.sign(method, target, {"Content-Length": "5", "Expect": "100-continue", **extra},
                       sha256="UNSIGNED-PAYLOAD")
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items()), "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
        s.sendall("\r\n".join(lines).encode())
        return s.recv(4096).split(b"\r\n")[0]


def test_no_continue_for_what_is_refused_anyway(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="there", Body=b"x")
    assert first_bytes(server, "PUT", path_of(bucket, "new"), {}) == b"HTTP/1.1 100 Continue"
    for target, extra, status in (
            (path_of("no-such-bucket-2", "k"), {}, b"404"), (path_of(bucket, "there"), {"If-None-Match": "*"}, b"412"),
            (path_of(bucket, "none"), {"If-Match": "x"}, b"404"), (path_of(bucket, "k"), {"Content-MD5": "x"}, b"400"),
            (path_of(bucket, "k"), {"x-amz-checksum-crc32": "x"}, b"400"),
            (path_of(bucket, "k"), {"x-amz-storage-class": "x"}, b"400"),
            (path_of(bucket, "k"), {"x-amz-tagging": "a=1&a=2"}, b"400")):
        assert first_bytes(server, "PUT", target, extra).split()[1] == status


@pytest.mark.parametrize("size, sent", [(4096, 0), (4096, 4095), (SMALL, SMALL - 1), (3000000, 1), (3000000, 2999999)])
def test_a_dropped_connection_leaves_nothing(start_server, size, sent):
    server = start_server()
    s3 = server.client()
    s3.create_bucket(Bucket="dropped")
    s3.put_object(Bucket="dropped", Key="old", Body=b"old")
    for key in ("new", "old"):
        head = server.sign("PUT", path_of("dropped", key), {"Content-Length": str(size)}, sha256="UNSIGNED-PAYLOAD")
        lines = [f"PUT {path_of('dropped', key)} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items()), "", ""]
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
            s.sendall("\r\n".join(lines).encode() + b"x" * sent)
            time.sleep(0.05)
    time.sleep(0.3)
    assert refused(s3.get_object, Bucket="dropped", Key="new") == (404, "NoSuchKey")
    assert body(s3.get_object(Bucket="dropped", Key="old")) == b"old"
    fsck = subprocess.run([AEROSTAT, "fsck", "--data", server.data], capture_output=True, text=True, check=False)
    assert fsck.returncode == 0, fsck.stdout + fsck.stderr
    server.stop()
    assert [f for _, _, names in os.walk(os.path.join(server.data, "bodies")) for f in names] == []


def test_deleted_while_it_is_read(server, s3, bucket):
    data = os.urandom(8 << 20)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    got = s3.get_object(Bucket=bucket, Key="k")
    first = got["Body"].read(1000)
    s3.delete_object(Bucket=bucket, Key="k")
    assert first + got["Body"].read() == data


def test_expected_owner(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", ExpectedBucketOwner="123456789012")
    assert refused(s3.put_object, Bucket=bucket, Key="k", ExpectedBucketOwner="210987654321") == (403, "AccessDenied")
    assert refused(s3.get_object, Bucket=bucket, Key="k", ExpectedBucketOwner="210987654321") == (403, "AccessDenied")


def test_replies_look_like_s3(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    r = server.request("GET", path_of(bucket, "k"))
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", r.headers["last-modified"])
    assert re.fullmatch(r"[0-9A-Z]{16}", r.headers["x-amz-request-id"]) and r.headers["server"] == "AmazonS3"
    assert r.headers["accept-ranges"] == "bytes" and r.headers["content-length"] == "1"
    assert headers(s3.put_object(Bucket=bucket, Key="k"))["content-length"] == "0"
    assert server.request("DELETE", path_of(bucket, "k")).body == b""
