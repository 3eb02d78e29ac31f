"""Checksums of PutObject: in the header, in the trailer, right, wrong, malformed; given back."""
import base64
import hashlib
import struct
import zlib

import pytest

from aerostat import path_of
from objects import body, refusal

DATA = b"The quick brown fox jumps over the lazy dog" * 500


def crc_table(poly):
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (poly if i & 1 else 0)
        table.append(i)
    return table


def crc(table, mask, data):
    c = mask
    for b in data:
        c = table[(c ^ b) & 255] ^ c >> 8
    return c ^ mask


CASTAGNOLI, NVME = crc_table(0x82f63b78), crc_table(0x9a6c9329ac4bc9b5)
SUMS = {
    "crc32": lambda d: struct.pack(">I", zlib.crc32(d)),
    "crc32c": lambda d: struct.pack(">I", crc(CASTAGNOLI, 0xffffffff, d)),
    "crc64nvme": lambda d: struct.pack(">Q", crc(NVME, 0xffffffffffffffff, d)),
    "sha1": lambda d: hashlib.sha1(d).digest(),
    "sha256": lambda d: hashlib.sha256(d).digest(),
}


def b64(raw):
    return base64.b64encode(raw).decode()


def of(name, data=DATA):
    return b64(SUMS[name](data))


def chunked(data, trailer=None, size=8192):
    """aws-chunked without signatures."""
    out = b""
    for i in range(0, len(data), size):
        piece = data[i:i + size]
        out += b"%x\r\n" % len(piece) + piece + b"\r\n"
    return out + b"0\r\n" + (trailer.encode() + b"\r\n" if trailer else b"") + b"\r\n"


def put_trailer(server, bucket, name, value, data=DATA, **more):
    head = {"Content-Encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(data)),
            "x-amz-trailer": f"x-amz-checksum-{name}", **more}
    sent = chunked(data, f"x-amz-checksum-{name}:{value}" if value is not None else None)
    return server.request("PUT", path_of(bucket, "t"), head, sent, sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")


@pytest.mark.parametrize("name", SUMS)
def test_header(server, bucket, name):
    field = f"x-amz-checksum-{name}"
    good = server.request("PUT", path_of(bucket, "k"), {field: of(name)}, DATA)
    assert good.status == 200 and good.headers[field] == of(name)
    assert good.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    for method in ("GET", "HEAD"):
        plain = server.request(method, path_of(bucket, "k"))
        assert field not in plain.headers
        shown = server.request(method, path_of(bucket, "k"), {"x-amz-checksum-mode": "ENABLED"})
        assert shown.headers[field] == of(name) and shown.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    ranged = server.request("GET", path_of(bucket, "k"), {"x-amz-checksum-mode": "ENABLED", "Range": "bytes=0-9"})
    assert ranged.status == 206 and field not in ranged.headers
    bad = server.request("PUT", path_of(bucket, "k"), {field: of(name, b"other")}, b"not that")
    assert (bad.status, bad.code) == (400, "BadDigest")
    assert bad.message == f"The {name.upper()} you specified did not match the calculated checksum."
    for junk in ("x", "", "AAAA", of(name) + "=", of(name)[:-1] + "*"):
        r = server.request("PUT", path_of(bucket, "k"), {field: junk}, DATA)
        assert (r.status, r.code) == (400, "InvalidRequest"), (junk, r)
        assert r.message == f"Value for {field} header is invalid."
    assert server.request("GET", path_of(bucket, "k")).body == DATA


@pytest.mark.parametrize("name", SUMS)
def test_trailer(server, bucket, name):
    r = put_trailer(server, bucket, name, of(name))
    assert r.status == 200 and r.headers[f"x-amz-checksum-{name}"] == of(name), r
    got = server.request("GET", path_of(bucket, "t"))
    assert got.body == DATA and "content-encoding" not in got.headers
    bad = put_trailer(server, bucket, name, of(name, b"z"), b"y" * 5000)
    assert (bad.status, bad.code) == (400, "BadDigest")
    assert put_trailer(server, bucket, name, "AAA=").status == 400
    assert put_trailer(server, bucket, name, None).code == "MalformedTrailerError"
    assert server.request("GET", path_of(bucket, "t")).body == DATA


def test_none_named_is_crc64nvme(server, bucket):
    r = server.request("PUT", path_of(bucket, "k"), body=DATA)
    assert r.headers["x-amz-checksum-crc64nvme"] == of("crc64nvme")
    assert server.request("PUT", path_of(bucket, "e")).headers["x-amz-checksum-crc64nvme"] == "AAAAAAAAAAA="
    head = server.request("HEAD", path_of(bucket, "k"), {"x-amz-checksum-mode": "ENABLED"})
    assert head.headers["x-amz-checksum-crc64nvme"] == of("crc64nvme")


def test_contradictions(server, bucket):
    def put(head):
        r = server.request("PUT", path_of(bucket, "k"), head, DATA)
        return r.status, r.code, r.message

    two = {"x-amz-checksum-crc32": of("crc32"), "x-amz-checksum-sha1": of("sha1")}
    assert put(two) == (400, "InvalidRequest",
                        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    assert put({"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-sha1": of("sha1")}) == \
        (400, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
    assert put({"x-amz-sdk-checksum-algorithm": "SHA1"})[:2] == (400, "InvalidRequest")
    assert put({"x-amz-sdk-checksum-algorithm": "ADLER", "x-amz-checksum-sha1": of("sha1")})[:2] == \
        (400, "InvalidRequest")
    assert put({"x-amz-checksum-adler32": "AAAAAAAAAAA="}) == \
        (400, "InvalidRequest", "The algorithm type you specified in x-amz-checksum- header is invalid.")
    r = put_trailer(server, bucket, "crc32", of("crc32"), **{"x-amz-checksum-crc32": of("crc32")})
    assert r.code == "InvalidRequest" and r.message == "Expecting a single x-amz-checksum- header"
    r = put_trailer(server, bucket, "md5sum", "x")
    assert r.status == 400
    assert put({"x-amz-sdk-checksum-algorithm": "crc32", "x-amz-checksum-crc32": of("crc32")})[0] == 200


def test_content_md5(server, s3, bucket):
    right = b64(hashlib.md5(DATA).digest())
    assert server.request("PUT", path_of(bucket, "k"), {"Content-MD5": right}, DATA).status == 200
    r = server.request("PUT", path_of(bucket, "k"), {"Content-MD5": right}, DATA + b".")
    assert (r.status, r.code) == (400, "BadDigest")
    assert b"<ExpectedDigest>" in r.body and b"<CalculatedDigest>" in r.body
    for junk in ("x", "", right[:-2], b64(b"x" * 15), b64(b"x" * 17)):
        r = server.request("PUT", path_of(bucket, "k"), {"Content-MD5": junk}, DATA)
        assert (r.status, r.code) == (400, "InvalidDigest"), (junk, r)
    assert body(s3.get_object(Bucket=bucket, Key="k")) == DATA


@pytest.mark.parametrize("name", ["CRC32", "SHA1", "SHA256"])
def test_boto3(s3, bucket, name):
    put = s3.put_object(Bucket=bucket, Key="k", Body=DATA, ChecksumAlgorithm=name)
    assert put["Checksum" + name] == of(name.lower())
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert body(got) == DATA and got["Checksum" + name] == of(name.lower())
    a = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum"])
    assert a["Checksum"] == {"Checksum" + name: of(name.lower()), "ChecksumType": "FULL_OBJECT"}
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [name] and listed["ChecksumType"] == "FULL_OBJECT"


def test_a_wrong_sha256_of_the_payload(server, s3, bucket):
    r = server.request("PUT", path_of(bucket, "k"), body=DATA, sha256=hashlib.sha256(b"other").hexdigest())
    assert (r.status, r.code) == (400, "XAmzContentSHA256Mismatch")
    e = refusal(s3.head_object, Bucket=bucket, Key="k")
    assert e["ResponseMetadata"]["HTTPStatusCode"] == 404
