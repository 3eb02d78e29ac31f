"""The checksums that S3 added in 2026: SHA512, MD5, XXHASH64, XXHASH3, XXHASH128. The xxHashes are looked up for "abc"
(their author's test vectors); XXHASH64 is also worked out here."""
import base64
import hashlib

import pytest

from aerostat import path_of
from multipart import FULL, NOISE, Upload, read, refused
from checksum_test import put_trailer

ABC = {
    "SHA512": hashlib.sha512(b"abc").digest(),
    "MD5": hashlib.md5(b"abc").digest(),
    "XXHASH64": bytes.fromhex("44bc2cf5ad770999"),
    "XXHASH3": bytes.fromhex("78af5f94892f3950"),
    "XXHASH128": bytes.fromhex("06b05ab6733a618578af5f94892f3950"),
}
P = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MASK = (1 << 64) - 1


def turn(x, n):
    return (x << n | x >> 64 - n) & MASK


def mix(acc, lane):
    return turn((acc + lane * P[1]) & MASK, 31) * P[0] & MASK


def lanes(b):
    return [int.from_bytes(b[i:i + 8], "little") for i in range(0, len(b), 8)]


def xxhash64(body):
    """XXH64 with seed 0, as its specification has it."""
    v, at = [P[0] + P[1] & MASK, P[1], 0, -P[0] & MASK], len(body) // 32 * 32
    for i in range(0, at, 32):
        v = [mix(a, lane) for a, lane in zip(v, lanes(body[i:i + 32]))]
    h = P[4]
    if at:
        h = sum(turn(a, n) for a, n in zip(v, (1, 7, 12, 18))) & MASK
        for a in v:
            h = ((h ^ mix(0, a)) * P[0] + P[3]) & MASK
    h, rest = h + len(body) & MASK, body[at:]
    for lane in lanes(rest[:len(rest) // 8 * 8]):
        h = (turn(h ^ mix(0, lane), 27) * P[0] + P[3]) & MASK
    rest = rest[len(rest) // 8 * 8:]
    if len(rest) >= 4:
        h = (turn(h ^ int.from_bytes(rest[:4], "little") * P[0] & MASK, 23) * P[1] + P[2]) & MASK
        rest = rest[4:]
    for byte in rest:
        h = turn(h ^ byte * P[4] & MASK, 11) * P[0] & MASK
    h = (h ^ h >> 33) * P[1] & MASK
    h = (h ^ h >> 29) * P[2] & MASK
    return (h ^ h >> 32).to_bytes(8, "big")


HASHES = {"SHA512": lambda b: hashlib.sha512(b).digest(), "MD5": lambda b: hashlib.md5(b).digest(),
          "XXHASH64": xxhash64}


def b64(raw):
    return base64.b64encode(raw).decode()


def field(name):
    return f"x-amz-checksum-{name.lower()}"


@pytest.mark.parametrize("name", ABC)
def test_header(server, plain, bucket, name):
    want = b64(ABC[name])
    put = server.request("PUT", path_of(bucket, "k"), {field(name): want}, b"abc")
    assert put.status == 200 and put.headers[field(name)] == want, put
    assert put.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    for method in ("GET", "HEAD"):
        shown = server.request(method, path_of(bucket, "k"), {"x-amz-checksum-mode": "ENABLED"})
        assert shown.headers[field(name)] == want
    bad = server.request("PUT", path_of(bucket, "k"), {field(name): want}, b"abd")
    assert (bad.status, bad.code) == (400, "BadDigest")
    assert bad.message == f"The {name} you specified did not match the calculated checksum."
    for junk in ("", "AAAA", want + "=", b64(ABC[name] + b"x")):
        r = server.request("PUT", path_of(bucket, "k"), {field(name): junk}, b"abc")
        assert (r.status, r.message) == (400, f"Value for {field(name)} header is invalid.")
    a = plain.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum"])
    assert a["Checksum"] == {"Checksum" + name: want, "ChecksumType": "FULL_OBJECT"}
    listed = plain.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [name]


@pytest.mark.parametrize("name", ABC)
def test_trailer(server, bucket, name):
    r = put_trailer(server, bucket, name.lower(), b64(ABC[name]), b"abc")
    assert r.status == 200 and r.headers[field(name)] == b64(ABC[name]), r
    assert put_trailer(server, bucket, name.lower(), b64(ABC[name]), b"abd").code == "BadDigest"
    assert server.request("GET", path_of(bucket, "t")).body == b"abc"


@pytest.mark.parametrize("name", ABC)
def test_copies_are_summed_anew(plain, bucket, name):
    plain.put_object(Bucket=bucket, Key="k", Body=b"abc")
    source = {"Bucket": bucket, "Key": "k"}
    made = plain.copy_object(Bucket=bucket, Key="c", CopySource=source, ChecksumAlgorithm=name)
    assert made["CopyObjectResult"]["Checksum" + name] == b64(ABC[name])
    again = plain.copy_object(Bucket=bucket, Key="d", CopySource={"Bucket": bucket, "Key": "c"})
    assert again["CopyObjectResult"]["Checksum" + name] == b64(ABC[name])


@pytest.mark.parametrize("name", HASHES)
def test_long_bodies(plain, bucket, name):
    for n in (0, 1, 31, 32, 240, 241, 70000):
        want = b64(HASHES[name](NOISE[:n]))
        r = plain.put_object(Bucket=bucket, Key="k", Body=NOISE[:n], **{"Checksum" + name: want})
        assert r["Checksum" + name] == want


@pytest.mark.parametrize("name", ABC)
def test_composite_alone(plain, bucket, name):
    refused(plain.create_multipart_upload, "InvalidRequest",
            f"The FULL_OBJECT checksum type cannot be used with the {name.lower()} checksum algorithm.",
            Bucket=bucket, Key="k", ChecksumAlgorithm=name, ChecksumType="FULL_OBJECT")
    u = Upload(plain, bucket, ChecksumAlgorithm=name)
    assert u.made["ChecksumType"] == "COMPOSITE"
    part = u.put(1, b"abc", **{"Checksum" + name: b64(ABC[name])})
    assert part["Checksum" + name] == b64(ABC[name])
    assert plain.list_parts(**u.args)["Parts"][0]["Checksum" + name] == b64(ABC[name])
    refused(u.complete, "InvalidRequest")
    done = u.complete([{**p, "Checksum" + name: b64(ABC[name])} for p in u.list()])
    assert done["Checksum" + name].endswith("-1") and done["ChecksumType"] == "COMPOSITE"
    if name in HASHES:
        assert done["Checksum" + name] == b64(HASHES[name](ABC[name])) + "-1"
    head = plain.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["Checksum" + name] == done["Checksum" + name]
    a = plain.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts"])
    assert a["Checksum"] == {"Checksum" + name: done["Checksum" + name][:-2], "ChecksumType": "COMPOSITE"}
    assert a["ObjectParts"]["Parts"][0]["Checksum" + name] == b64(ABC[name])
    one = plain.get_object(Bucket=bucket, Key="k", PartNumber=1, ChecksumMode="ENABLED")
    assert one["Checksum" + name] == b64(ABC[name]) and one["Body"].read() == b"abc"


def test_two_parts(plain, bucket):
    bodies = [NOISE[:FULL], b"tail"]
    sums = [hashlib.sha512(b).digest() for b in bodies]
    u = Upload(plain, bucket, ChecksumAlgorithm="SHA512")
    for n, body in enumerate(bodies, 1):
        u.put(n, body, ChecksumSHA512=b64(sums[n - 1]))
    want = b64(hashlib.sha512(b"".join(sums)).digest()) + "-2"
    listed = [{**p, "ChecksumSHA512": b64(sums[p["PartNumber"] - 1])} for p in u.list()]
    refused(u.complete, "BadDigest", parts=listed, ChecksumSHA512=b64(sums[0]) + "-2")
    assert u.complete(listed, ChecksumSHA512=want)["ChecksumSHA512"] == want
    assert read(plain, bucket) == b"".join(bodies)


def test_documents_too(server, bucket):
    """A configuration's body is checked by any of them."""
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    target = path_of(bucket) + "?versioning"
    assert server.request("PUT", target, {field("XXHASH64"): b64(xxhash64(body))}, body).status == 200
    assert server.request("PUT", target, {field("XXHASH64"): b64(xxhash64(b"x"))}, body).code == "BadDigest"
