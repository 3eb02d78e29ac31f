"""The checksums of multipart uploads: of parts, composite, of the whole object."""
import base64
import hashlib
import zlib

import pytest

from aerostat import path_of
from multipart import FULL, NOISE, Upload, block, read, refused


def table(poly, bits):
    out = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (poly if n & 1 else 0)
        out.append(n)
    assert bits in (32, 64)
    return out


TABLES = {"CRC32C": (table(0x82F63B78, 32), 32), "CRC64NVME": (table(0x9A6C9329AC4BC9B5, 64), 64)}


def crc(kind, body):
    rows, bits = TABLES[kind]
    n = mask = (1 << bits) - 1
    for byte in body:
        n = rows[(n ^ byte) & 0xff] ^ n >> 8
    return (n ^ mask).to_bytes(bits // 8, "big")


def raw_sum(kind, body):
    if kind == "CRC32":
        return zlib.crc32(body).to_bytes(4, "big")
    return crc(kind, body) if kind in TABLES else hashlib.new(kind.lower(), body).digest()


def b64(b):
    return base64.b64encode(b).decode()


BODIES = [NOISE[:FULL], b"tail of it"]
SUMS = {k: [raw_sum(k, b) for b in BODIES] for k in ("CRC32", "SHA1", "SHA256")}
SUMS.update({k: [crc(k, BODIES[0]), crc(k, BODIES[1])] for k in TABLES})


def fill(plain, bucket, kind, composite):
    type_ = "COMPOSITE" if composite else "FULL_OBJECT"
    u = Upload(plain, bucket, ChecksumAlgorithm=kind, ChecksumType=type_)
    assert u.made["ChecksumAlgorithm"] == kind and u.made["ChecksumType"] == type_
    for n, body in enumerate(BODIES, 1):
        r = u.put(n, body, **{"Checksum" + kind: b64(SUMS[kind][n - 1])})
        assert r["Checksum" + kind] == b64(SUMS[kind][n - 1])
    return u


def with_sums(u, kind):
    return [{**p, "Checksum" + kind: b64(SUMS[kind][p["PartNumber"] - 1])} for p in u.list()]


@pytest.mark.parametrize("kind", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_composite(plain, bucket, kind):
    u = fill(plain, bucket, kind, True)
    shown = plain.list_parts(**u.args)
    assert (shown["ChecksumAlgorithm"], shown["ChecksumType"]) == (kind, "COMPOSITE")
    assert [p["Checksum" + kind] for p in shown["Parts"]] == [b64(s) for s in SUMS[kind]]
    refused(u.complete, "InvalidRequest",
            f"The upload was created using a {kind.lower()} checksum. The complete request must include the checksum "
            "for each part. It was missing for part 1 in the request.")
    wrong = with_sums(u, kind)
    wrong[1]["Checksum" + kind] = wrong[0]["Checksum" + kind]
    refused(u.complete, "InvalidPart", parts=wrong)
    want = b64(raw_sum(kind, b"".join(SUMS[kind]))) + "-2"
    refused(u.complete, "BadDigest", parts=with_sums(u, kind), **{"Checksum" + kind: b64(SUMS[kind][0]) + "-2"})
    refused(u.complete, "InvalidRequest", f"Value for x-amz-checksum-{kind.lower()} header is invalid.",
            parts=with_sums(u, kind), **{"Checksum" + kind: "AAAA-2"})
    r = u.complete(with_sums(u, kind), **{"Checksum" + kind: want, "ChecksumType": "COMPOSITE"})
    assert r["Checksum" + kind] == want and r["ChecksumType"] == "COMPOSITE"
    head = plain.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["Checksum" + kind] == want and head["ChecksumType"] == "COMPOSITE"
    listed = plain.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [kind] and listed["ChecksumType"] == "COMPOSITE"


@pytest.mark.parametrize("kind", ["CRC32", "CRC32C", "CRC64NVME"])
def test_full_object(plain, bucket, kind):
    u = fill(plain, bucket, kind, False)
    want = b64(raw_sum(kind, b"".join(BODIES)))
    refused(u.complete, "BadDigest", **{"Checksum" + kind: b64(SUMS[kind][0])})
    refused(u.complete, "InvalidRequest",
            "The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same "
            "checksum mode.",
            ChecksumType="COMPOSITE")
    r = u.complete(**{"Checksum" + kind: want, "ChecksumType": "FULL_OBJECT"})
    assert r["Checksum" + kind] == want and r["ChecksumType"] == "FULL_OBJECT"
    head = plain.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["Checksum" + kind] == want and head["ChecksumType"] == "FULL_OBJECT"


def test_no_algorithm_named(plain, bucket):
    u = Upload(plain, bucket)
    assert "ChecksumAlgorithm" not in u.made
    for n, body in enumerate(BODIES, 1):
        assert not [k for k in u.put(n, body) if k.startswith("Checksum")]
    assert "ChecksumAlgorithm" not in plain.list_parts(**u.args)
    assert u.complete()["ChecksumCRC64NVME"] == b64(crc("CRC64NVME", b"".join(BODIES)))
    assert plain.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumType"] == "FULL_OBJECT"


@pytest.mark.parametrize("how,message", [
    ({"ChecksumAlgorithm": "SHA1", "ChecksumType": "FULL_OBJECT"},
     "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm."),
    ({"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
     "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm."),
    ({"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
     "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."),
    ({"ChecksumAlgorithm": "CRC32", "ChecksumType": "OTHER"}, "Value for x-amz-checksum-type header is invalid."),
])
def test_types_that_do_not_go_with_the_algorithm(plain, bucket, how, message):
    refused(plain.create_multipart_upload, "InvalidRequest", message, Bucket=bucket, Key="k", **how)


def test_type_without_algorithm(server, bucket):
    r = server.request("POST", path_of(bucket, "k") + "?uploads", {"x-amz-checksum-type": "COMPOSITE"})
    assert r.message == "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
    r = server.request("POST", path_of(bucket, "k") + "?uploads", {"x-amz-checksum-algorithm": "CRC7"})
    assert (r.status, r.code) == (400, "InvalidRequest") and "[CRC32, CRC32C, CRC64NVME, MD5, SHA1," in r.message


def test_parts_have_the_algorithm_of_their_upload(plain, bucket):
    def says(expected, actual):
        return f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"

    u = Upload(plain, bucket, ChecksumAlgorithm="CRC32")
    refused(u.put, "InvalidRequest", says("crc32", "sha256"), n=1, body=b"x",
            ChecksumSHA256=b64(raw_sum("SHA256", b"x")))
    refused(u.put, "InvalidRequest", says("crc32", "null"), n=1, body=b"x")
    refused(u.put, "BadDigest", n=1, body=b"x", ChecksumCRC32=b64(raw_sum("CRC32", b"y")))
    u.put(1, b"x", ChecksumCRC32=b64(raw_sum("CRC32", b"x")))
    u = Upload(plain, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    assert u.put(1, b"x")["ChecksumCRC32"] == b64(raw_sum("CRC32", b"x"))
    refused(u.complete, "InvalidRequest", says("crc32", "sha1"), ChecksumSHA1=b64(raw_sum("SHA1", b"x")))


def test_boto3_by_itself(s3, bucket):
    """boto3 names no algorithm for the upload and sends a CRC32 with every part: checked, and not of the object."""
    u = Upload(s3, bucket)
    refused(u.put, "BadDigest", n=1, body=b"x", ChecksumCRC32=b64(raw_sum("CRC32", b"y")))
    parts = []
    for n, body in enumerate(BODIES, 1):
        r = u.put(n, body)
        assert r["ChecksumCRC32"] == b64(SUMS["CRC32"][n - 1])
        parts.append({"PartNumber": n, "ETag": r["ETag"], "ChecksumCRC32": r["ChecksumCRC32"]})
    assert u.complete(parts)["ChecksumCRC64NVME"] == b64(crc("CRC64NVME", b"".join(BODIES)))
    assert read(s3, bucket) == b"".join(BODIES)


def test_transfer_manager(s3, bucket, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(NOISE * 4)
    s3.upload_file(str(path), bucket, "k")
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')
    s3.download_file(bucket, "k", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == NOISE * 4
    s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy")
    assert read(s3, bucket, "copy") == NOISE * 4
