"""Parts that are copied, ListParts and ListMultipartUploads."""
import base64
import hashlib
from urllib.parse import quote

import pytest

from aerostat import path_of
from multipart import FULL, Upload, block, fsck, read, refused


# --- UploadPartCopy


@pytest.fixture
def source(plain, bucket):
    plain.put_object(Bucket=bucket, Key="small src", Body=b"0123456789")
    u = Upload(plain, bucket, "parts")
    u.put(1)
    u.put(2, b"tail")
    u.complete()
    return {"small": {"Bucket": bucket, "Key": "small src"}, "parts": {"Bucket": bucket, "Key": "parts"}}


def test_copied_parts(server, plain, bucket, source):
    u = Upload(plain, bucket)
    r = plain.upload_part_copy(**u.args, PartNumber=1, CopySource=source["parts"])
    assert r["CopyPartResult"]["ETag"] == '"%s"' % hashlib.md5(block(1) + b"tail").hexdigest()
    u.parts[1] = r["CopyPartResult"]["ETag"]
    r = plain.upload_part_copy(**u.args, PartNumber=2, CopySource=source["parts"],
                               CopySourceRange=f"bytes=10-{FULL + 1}")
    u.parts[2] = r["CopyPartResult"]["ETag"]
    r = plain.upload_part_copy(**u.args, PartNumber=3, CopySource=source["small"], CopySourceRange="bytes=9-9")
    u.parts[3] = r["CopyPartResult"]["ETag"]
    refused(u.complete, "EntityTooSmall")  # the second has 8 bytes too few
    u.put(2)
    u.complete()
    assert read(plain, bucket) == block(1) + b"tail" + block(2) + b"9"
    for key in ("parts", "k", "small src"):
        plain.delete_object(Bucket=bucket, Key=key)
    assert fsck(server) == 0


@pytest.mark.parametrize("value,message", [
    ("bytes=0-10", "Range specified is not valid for source object of size: 10"),
    ("bytes=10-10", "Range specified is not valid for source object of size: 10"),
    *[(v, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
          "zero-based offsets of the first and last bytes to copy")
      for v in ("0-3", "bytes=3-1", "bytes=-3", "bytes=3-", "bytes=0-1,3-4", "bytes=a-b", "bytes=",
                "bytes=0-99999999999999999999")],
])
def test_copy_ranges(plain, bucket, source, value, message):
    u = Upload(plain, bucket)
    e = refused(plain.upload_part_copy, "InvalidArgument", message, **u.args, PartNumber=1, CopySource=source["small"],
                CopySourceRange=value)
    assert e["ArgumentName"] == "x-amz-copy-source-range" and e["ArgumentValue"] == value


def test_copy_conditions_and_versions(plain, bucket):
    plain.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = plain.put_object(Bucket=bucket, Key="s", Body=b"old")
    new = plain.put_object(Bucket=bucket, Key="s", Body=b"new")
    u = Upload(plain, bucket)
    args = {**u.args, "PartNumber": 1}
    at_old = {"Bucket": bucket, "Key": "s", "VersionId": old["VersionId"]}
    r = plain.upload_part_copy(**args, CopySource=at_old)
    assert r["CopySourceVersionId"] == old["VersionId"] and r["CopyPartResult"]["ETag"] == old["ETag"]
    refused(plain.upload_part_copy, "PreconditionFailed", **args, CopySource=at_old, CopySourceIfMatch=new["ETag"])
    refused(plain.upload_part_copy, "PreconditionFailed", **args, CopySource=at_old, CopySourceIfNoneMatch=old["ETag"])
    plain.upload_part_copy(**args, CopySource=at_old, CopySourceIfMatch=old["ETag"])
    refused(plain.upload_part_copy, "NoSuchKey", **args, CopySource={"Bucket": bucket, "Key": "none"})
    refused(plain.upload_part_copy, "NoSuchBucket", **args, CopySource={"Bucket": "no-such-bucket-here", "Key": "s"})
    refused(plain.upload_part_copy, "NoSuchUpload", **{**args, "UploadId": "x"}, CopySource=at_old)


def test_copied_parts_have_the_uploads_checksum(plain, bucket, source):
    u = Upload(plain, bucket, ChecksumAlgorithm="SHA256")
    r = plain.upload_part_copy(**u.args, PartNumber=1, CopySource=source["small"])["CopyPartResult"]
    assert r["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"0123456789").digest()).decode()
    u.complete([{"PartNumber": 1, "ETag": r["ETag"], "ChecksumSHA256": r["ChecksumSHA256"]}])


# --- listings


def test_list_parts(plain, bucket):
    u = Upload(plain, bucket, StorageClass="GLACIER_IR")
    for n in (2, 5, 9, 10):
        u.put(n, b"x" * n)
    page = plain.list_parts(**u.args)
    want = [(n, n, u.parts[n]) for n in (2, 5, 9, 10)]
    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in page["Parts"]] == want
    assert page["StorageClass"] == "GLACIER_IR" and page["IsTruncated"] is False and page["MaxParts"] == 1000
    assert page["Owner"]["ID"] == page["Initiator"]["ID"] == "a1" * 32
    assert page["Bucket"] == bucket and page["Key"] == "k" and page["UploadId"] == u.args["UploadId"]
    page = plain.list_parts(**u.args, MaxParts=2)
    assert page["IsTruncated"] is True and page["NextPartNumberMarker"] == 5
    page = plain.list_parts(**u.args, MaxParts=2, PartNumberMarker=5)
    assert [p["PartNumber"] for p in page["Parts"]] == [9, 10] and page["IsTruncated"] is False
    assert page["PartNumberMarker"] == 5
    pages = plain.get_paginator("list_parts").paginate(**u.args, PaginationConfig={"PageSize": 1})
    assert [p["PartNumber"] for page in pages for p in page["Parts"]] == [2, 5, 9, 10]


@pytest.mark.parametrize("query,message", [
    ("max-parts=-1", "Argument max-parts must be an integer between 0 and 2147483647"),
    ("max-parts=x", "Provided max-parts not an integer or within integer range"),
    ("part-number-marker=-1", "Argument part-number-marker must be an integer between 0 and 2147483647"),
    ("part-number-marker=x", "Provided part-number-marker not an integer or within integer range"),
])
def test_list_parts_refusals(server, plain, bucket, query, message):
    u = Upload(plain, bucket)
    r = server.request("GET", f"{path_of(bucket, 'k')}?uploadId={u.args['UploadId']}&{query}")
    assert (r.status, r.code, r.message) == (400, "InvalidArgument", message)


def test_list_uploads(plain, bucket):
    page = plain.list_multipart_uploads(Bucket=bucket)
    assert "Uploads" not in page and page["IsTruncated"] is False and page["MaxUploads"] == 1000
    assert page["KeyMarker"] == page["UploadIdMarker"] == page["NextKeyMarker"] == page["NextUploadIdMarker"] == ""
    made = [Upload(plain, bucket, k, ChecksumAlgorithm="CRC32") for k in ("b", "a/1", "a/2", "b", "ü b", "b")]
    want = [("a/1", made[1]), ("a/2", made[2]), ("b", made[0]), ("b", made[3]), ("b", made[5]), ("ü b", made[4])]
    want = [(k, u.args["UploadId"]) for k, u in want]

    def rows(page):
        return [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]

    page = plain.list_multipart_uploads(Bucket=bucket)
    assert rows(page) == want
    u = page["Uploads"][0]
    assert u["Owner"]["ID"] == u["Initiator"]["ID"] == "a1" * 32 and u["StorageClass"] == "STANDARD"
    assert u["ChecksumAlgorithm"] == "CRC32" and u["ChecksumType"] == "COMPOSITE"
    page = plain.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert rows(page) == want[2:] and [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/"]
    assert rows(plain.list_multipart_uploads(Bucket=bucket, Prefix="a/")) == want[:2]
    assert rows(plain.list_multipart_uploads(Bucket=bucket, KeyMarker="a/2")) == want[2:]
    assert rows(plain.list_multipart_uploads(Bucket=bucket, KeyMarker="a/1", Delimiter="/")) == want[2:]
    assert rows(plain.list_multipart_uploads(Bucket=bucket, KeyMarker="b", UploadIdMarker=want[3][1])) == want[4:]
    assert rows(plain.list_multipart_uploads(Bucket=bucket, UploadIdMarker="ignored")) == want
    for size in (1, 2, 4):
        paginator = plain.get_paginator("list_multipart_uploads")
        pages = paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [r for page in pages for r in rows(page)] == want
    page = plain.list_multipart_uploads(Bucket=bucket, EncodingType="url", Prefix="ü ")
    assert page["Uploads"][0]["Key"] == "%C3%BC+b" and page["Prefix"] == "%C3%BC+" and page["EncodingType"] == "url"
    # Aborting page by page goes on from an upload that is gone by then.
    extra = {}
    while True:
        page = plain.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **extra)
        for key, upload in rows(page):
            plain.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        if not page["IsTruncated"]:
            break
        extra = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert "Uploads" not in plain.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("query,message", [
    ("max-uploads=-1", "Argument max-uploads must be an integer between 0 and 2147483647"),
    ("max-uploads=x", "Provided max-uploads not an integer or within integer range"),
    ("encoding-type=x", "Invalid Encoding Method specified in Request"),
    ("max-uploads=-1&encoding-type=x", "Invalid Encoding Method specified in Request"),
    ("key-marker=k&upload-id-marker=x", "Invalid uploadId marker"),
])
def test_list_uploads_refusals(server, bucket, query, message):
    r = server.request("GET", f"/{bucket}?uploads&{query}")
    assert (r.status, r.code, r.message) == (400, "InvalidArgument", message)


def test_an_upload_id_marker_of_another_key(server, plain, bucket):
    u = Upload(plain, bucket, "a")
    r = server.request("GET", f"/{bucket}?uploads&key-marker=b&upload-id-marker={quote(u.args['UploadId'])}")
    assert r.message == "Invalid uploadId marker"
