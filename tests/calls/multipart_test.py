"""Multipart uploads: creating, filling, completing and aborting them, and what a crash leaves."""
import base64
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ConnectionError as ClientConnectionError, HTTPClientError

from aerostat import OTHER_KEY, path_of
from multipart import FULL, MIB, NOISE, Upload, block, error, etag_of, fsck, read, refused


# --- from creation to completion


def test_parts_in_any_order_make_one_object(server, plain, bucket):
    u = Upload(plain, bucket, "dir/ö k")
    assert u.made["Bucket"] == bucket and u.made["Key"] == "dir/ö k"
    bodies = {2: block(2), 7: block(7, 12345), 1: block(1)}
    for n, body in bodies.items():
        assert u.put(n, body)["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()
    assert "NoSuchKey" == error(plain.get_object, Bucket=bucket, Key="dir/ö k")["Error"]["Code"]
    r = u.complete()
    whole = bodies[1] + bodies[2] + bodies[7]
    assert r["ETag"] == etag_of(bodies[1], bodies[2], bodies[7])
    assert r["Location"] == f"{server.url}/{bucket}/dir%2F%C3%B6%20k"
    assert r["Bucket"] == bucket and r["Key"] == "dir/ö k"
    assert read(plain, bucket, "dir/ö k") == whole
    head = plain.head_object(Bucket=bucket, Key="dir/ö k")
    assert head["ContentLength"] == len(whole) and head["ETag"] == r["ETag"]
    end = len(whole) - 1
    for first, last in ((0, 0), (FULL - 3, FULL + 3), (10, 2 * FULL + 5), (2 * FULL, end), (FULL, 2 * FULL - 1)):
        assert read(plain, bucket, "dir/ö k", Range=f"bytes={first}-{last}") == whole[first:last + 1]


def test_part_number_reads_one_part(plain, bucket):
    u = Upload(plain, bucket)
    u.put(3)
    u.put(9, b"tail")
    u.complete()
    r = plain.get_object(Bucket=bucket, Key="k", PartNumber=9)
    assert r["Body"].read() == b"tail" and r["PartsCount"] == 2
    assert plain.head_object(Bucket=bucket, Key="k", PartNumber=3)["ContentLength"] == FULL


def test_a_part_sent_again_takes_the_place_of_the_first(plain, bucket):
    u = Upload(plain, bucket)
    old = u.put(1, b"old")["ETag"]
    u.put(1, b"new")
    refused(u.complete, "InvalidPart", parts=[{"PartNumber": 1, "ETag": old}])
    u.complete()
    assert read(plain, bucket) == b"new"


def test_one_empty_part(plain, bucket):
    u = Upload(plain, bucket)
    u.put(1, b"")
    assert u.complete()["ETag"] == etag_of(b"") and read(plain, bucket) == b""


def test_parts_that_are_not_listed_go(server, plain, bucket):
    u = Upload(plain, bucket)
    for n in (1, 2, 3):
        u.put(n, block(n, 200 * 1024))
    u.complete([{"PartNumber": 2, "ETag": u.parts[2]}])
    assert read(plain, bucket) == block(2, 200 * 1024)
    plain.delete_object(Bucket=bucket, Key="k")
    assert fsck(server) == 0


def test_etags_with_and_without_quotes(plain, bucket):
    u = Upload(plain, bucket)
    u.put(1)
    u.put(2, b"x")
    u.complete([{"PartNumber": 1, "ETag": u.parts[1].strip('"')}, {"PartNumber": 2, "ETag": u.parts[2]}])


def test_what_comes_with_the_upload_is_the_objects(plain, bucket):
    u = Upload(plain, bucket, Metadata={"a": "1"}, ContentType="text/x-thing", CacheControl="no-cache",
               ContentDisposition="inline", StorageClass="STANDARD_IA", Tagging="t=1&u=2")
    u.put(1, b"x")
    u.complete()
    head = plain.head_object(Bucket=bucket, Key="k")
    assert head["Metadata"] == {"a": "1"} and head["ContentType"] == "text/x-thing"
    assert head["CacheControl"] == "no-cache" and head["ContentDisposition"] == "inline"
    assert head["StorageClass"] == "STANDARD_IA"
    tags = plain.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert sorted((t["Key"], t["Value"]) for t in tags) == [("t", "1"), ("u", "2")]


def test_completing_again_gives_the_same_answer(plain, bucket):
    u = Upload(plain, bucket)
    u.put(1)
    u.put(2, b"x")
    first, again = u.complete(), u.complete()
    assert (first["ETag"], first["Location"]) == (again["ETag"], again["Location"])
    refused(u.complete, "NoSuchUpload", parts=u.list()[:1])
    refused(u.abort, "NoSuchUpload")
    refused(u.put, "NoSuchUpload", n=1, body=b"")
    plain.put_object(Bucket=bucket, Key="k", Body=b"other")
    refused(u.complete, "NoSuchUpload")


def test_two_completions_at_once(plain, bucket):
    for _ in range(5):
        u = Upload(plain, bucket)
        u.put(1, b"x")
        with ThreadPoolExecutor(4) as pool:
            etags = {f.result()["ETag"] for f in [pool.submit(u.complete) for _ in range(4)]}
        assert etags == {etag_of(b"x")}


def test_upload_ids_are_of_one_key(plain, bucket):
    u = Upload(plain, bucket)
    for change in ({"Key": "other"}, {"UploadId": "nonsense"}, {"UploadId": u.args["UploadId"][:-1] + "!"},
                   {"UploadId": u.args["UploadId"].upper()}, {"UploadId": "0" * 88}):
        e = refused(plain.list_parts, "NoSuchUpload", **{**u.args, **change})
        assert e["UploadId"] == {**u.args, **change}["UploadId"]
    refused(plain.upload_part, "NoSuchUpload", **{**u.args, "UploadId": "x"}, PartNumber=1, Body=b"")


# --- refusals of completion


def test_order_and_presence(plain, bucket):
    u = Upload(plain, bucket)
    u.put(1)
    u.put(2, b"x")
    one, two = u.list()
    refused(u.complete, "InvalidPartOrder", parts=[two, one])
    refused(u.complete, "InvalidPartOrder", parts=[one, one])
    refused(u.complete, "InvalidPart", parts=[one, two, {"PartNumber": 3, "ETag": one["ETag"]}])
    e = refused(u.complete, "InvalidPart", parts=[{"PartNumber": 1, "ETag": '"%s"' % ("0" * 32)}])
    assert e["PartNumber"] == "1" and e["ETag"] == "0" * 32
    refused(u.complete, "InvalidPart", parts=[{"PartNumber": 1, "ETag": ""}])
    u.complete()


def test_too_small(plain, bucket):
    u = Upload(plain, bucket)
    u.put(1, block(1, FULL - 1))
    u.put(2, b"x")
    e = refused(u.complete, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    assert (e["ProposedSize"], e["MinSizeAllowed"], e["PartNumber"]) == (str(FULL - 1), str(FULL), "1")
    assert e["ETag"] == u.parts[1].strip('"')


@pytest.mark.parametrize("body", [
    b"", b"<CompleteMultipartUpload/>", b"<CompleteMultipartUpload", b"junk",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>one</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload>" + b"<Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>" * 10001
    + b"</CompleteMultipartUpload>",
])
def test_malformed_lists(server, plain, bucket, body):
    u = Upload(plain, bucket)
    r = server.request("POST", path_of(bucket, "k") + "?uploadId=" + u.args["UploadId"], body=body)
    assert (r.status, r.code) == (400, "MalformedXML"), r


def test_object_size_header(plain, bucket):
    u = Upload(plain, bucket)
    u.put(1, b"123")
    refused(u.complete, "InvalidRequest",
            "The provided 'x-amz-mp-object-size' header value 4 does not match what was computed: 3", MpuObjectSize=4)
    refused(u.complete, "InvalidRequest", "Value for x-amz-mp-object-size header is less than zero: '-1'",
            MpuObjectSize=-1)
    u.complete(MpuObjectSize=3)


def test_conditions(plain, bucket):
    plain.put_object(Bucket=bucket, Key="k", Body=b"old")
    u = Upload(plain, bucket)
    u.put(1, b"new")
    refused(u.complete, "PreconditionFailed", IfNoneMatch="*")
    refused(u.complete, "PreconditionFailed", IfMatch='"0"')
    assert read(plain, bucket) == b"old"
    u.complete(IfMatch='"%s"' % hashlib.md5(b"old").hexdigest())
    assert read(plain, bucket) == b"new"
    u = Upload(plain, bucket, "fresh")
    u.put(1, b"new")
    refused(u.complete, "NoSuchKey", IfMatch='"0"')
    u.complete(IfNoneMatch="*")


# --- parts


@pytest.mark.parametrize("number", ["0", "-1", "10001", "99999999999999999999", "abc", "1.5", ""])
def test_part_numbers(server, plain, bucket, number):
    u = Upload(plain, bucket)
    r = server.request("PUT", f"{path_of(bucket, 'k')}?partNumber={number}&uploadId={u.args['UploadId']}", body=b"x")
    assert (r.status, r.code) == (400, "InvalidArgument"), r
    assert r.message == "Part number must be an integer between 1 and 10000, inclusive"
    assert b"<ArgumentName>partNumber</ArgumentName>" in r.body


def test_part_number_10000(plain, bucket):
    u = Upload(plain, bucket)
    u.put(10000, b"x")
    u.complete()
    assert read(plain, bucket) == b"x"


def test_refused_before_a_byte_of_the_body(server, plain, bucket):
    """The client that waits for 100 Continue is told no instead, and has not sent the part."""
    u = Upload(plain, bucket)
    for number, upload, code in ((1, "nonsense", "NoSuchUpload"), (0, u.args["UploadId"], "InvalidArgument")):
        target = f"{path_of(bucket, 'k')}?partNumber={number}&uploadId={upload}"
        headers = server.sign("PUT", target, sha256="UNSIGNED-PAYLOAD")
        lines = [f"PUT {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "Expect: 100-continue",
                 f"Content-Length: {FULL}", "", ""]
        assert server.talk("\r\n".join(lines).encode())[0].code == code


def test_too_large(server, plain, bucket):
    u = Upload(plain, bucket)
    target = f"{path_of(bucket, 'k')}?partNumber=1&uploadId={u.args['UploadId']}"
    headers = server.sign("PUT", target, sha256="UNSIGNED-PAYLOAD")
    lines = [f"PUT {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "Expect: 100-continue",
             f"Content-Length: {5 * 1024 * MIB + 1}", "", ""]
    r = server.talk("\r\n".join(lines).encode())[0]
    assert (r.status, r.code) == (400, "EntityTooLarge") and b"<MaxSizeAllowed>5368709120</MaxSizeAllowed>" in r.body


def test_damaged_parts_are_refused(plain, bucket):
    u = Upload(plain, bucket)
    refused(u.put, "BadDigest", n=1, body=b"x", ContentMD5=base64.b64encode(hashlib.md5(b"y").digest()).decode())
    refused(u.put, "InvalidDigest", n=1, body=b"x", ContentMD5="zzz")
    assert "Parts" not in plain.list_parts(**u.args)


def test_a_part_that_breaks_off_leaves_nothing(server, plain, bucket):
    u = Upload(plain, bucket)
    target = f"{path_of(bucket, 'k')}?partNumber=1&uploadId={u.args['UploadId']}"
    headers = server.sign("PUT", target, sha256="UNSIGNED-PAYLOAD")
    lines = [f"PUT {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), f"Content-Length: {FULL}", "", ""]
    server.talk("\r\n".join(lines).encode() + block(1, 300 * 1024), shut=True)
    assert "Parts" not in plain.list_parts(**u.args)
    assert fsck(server) == 0


# --- abort


def test_abort(server, plain, bucket):
    u = Upload(plain, bucket)
    u.put(1, block(1, 200 * 1024))
    u.put(2, b"small")
    assert u.abort()["ResponseMetadata"]["HTTPStatusCode"] == 204
    for call in (u.abort, u.complete):
        refused(call, "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                "aborted or completed.")
    refused(plain.list_parts, "NoSuchUpload", **u.args)
    assert "Uploads" not in plain.list_multipart_uploads(Bucket=bucket)
    assert fsck(server) == 0


def test_delete_bucket_takes_uploads_with_it(server, plain, bucket):
    u = Upload(plain, bucket)
    u.put(1, block(1, 200 * 1024))
    plain.delete_bucket(Bucket=bucket)
    refused(u.put, "NoSuchBucket", n=2, body=b"")
    plain.create_bucket(Bucket=bucket)
    refused(u.put, "NoSuchUpload", n=2, body=b"")
    assert "Uploads" not in plain.list_multipart_uploads(Bucket=bucket)
    assert fsck(server) == 0


def test_parts_that_arrive_while_the_upload_is_aborted(server, plain, bucket):
    for round_ in range(4):
        u, outcomes = Upload(plain, bucket), []

        def send(n, u=u, outcomes=outcomes):
            try:
                for i in range(6):
                    u.put(n * 10 + i + 1, block(n, 160 * 1024 if i % 2 else 2000))
                outcomes.append("all")
            except ClientError as e:
                outcomes.append(e.response["Error"]["Code"])

        threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
        for t in threads:
            t.start()
        threading.Event().wait(0.01 * round_)
        u.abort()
        for t in threads:
            t.join()
        assert set(outcomes) <= {"all", "NoSuchUpload"} and "NoSuchUpload" in outcomes or round_ == 3
        refused(plain.list_parts, "NoSuchUpload", **u.args)
    plain.delete_bucket(Bucket=bucket)
    assert fsck(server) == 0


# --- versions, removal, long downloads


def test_versions(plain, bucket):
    plain.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = []
    for i in range(2):
        u = Upload(plain, bucket)
        u.put(1, b"v%d" % i)
        ids.append(u.complete()["VersionId"])
        assert u.complete()["VersionId"] == ids[-1]
    assert ids[0] != ids[1] and read(plain, bucket, VersionId=ids[0]) == b"v0" and read(plain, bucket) == b"v1"


def test_replaced_and_deleted_objects_leave_no_bodies(server, plain, bucket):
    for i in range(2):
        u = Upload(plain, bucket)
        u.put(1)
        u.put(2, b"t%d" % i)
        u.complete()
    plain.put_object(Bucket=bucket, Key="k", Body=b"x")
    u = Upload(plain, bucket, "l")
    u.put(1)
    u.complete()
    plain.delete_object(Bucket=bucket, Key="l")
    assert fsck(server) == 0


def test_a_download_is_whole_though_the_object_goes(plain, bucket):
    u = Upload(plain, bucket)
    for n in range(1, 6):
        u.put(n)
    u.put(6, b"small tail")
    u.complete()
    body = plain.get_object(Bucket=bucket, Key="k")["Body"]
    got = body.read(1000)
    plain.delete_object(Bucket=bucket, Key="k")
    for i in range(30):
        plain.put_object(Bucket=bucket, Key=f"other{i}", Body=NOISE[:100000])
        plain.delete_object(Bucket=bucket, Key=f"other{i}")
    got += body.read()
    assert got == b"".join(block(n) for n in range(1, 6)) + b"small tail"


def test_uploads_outlive_a_crash(start_server):
    server = start_server()

    def client():
        return server.client("s3", request_checksum_calculation="when_required",
                             response_checksum_validation="when_required")

    client().create_bucket(Bucket="crash-bucket")
    u = Upload(client(), "crash-bucket")
    u.put(1)
    server.kill()
    server.start()
    u.s3 = client()
    u.put(2, b"second")
    server.kill()
    server.start()
    u.s3 = client()
    assert [p["PartNumber"] for p in u.s3.list_parts(**u.args)["Parts"]] == [1, 2]
    etag = u.complete()["ETag"]
    server.kill()
    server.start()
    u.s3 = client()
    assert u.complete()["ETag"] == etag == etag_of(block(1), b"second")
    assert read(u.s3, "crash-bucket") == block(1) + b"second"
    assert fsck(server) == 0


def test_killed_while_parts_arrive(start_server):
    """Every part that was acknowledged is there, nothing else has a body, and the upload can be finished."""
    server = start_server()
    s3 = server.client("s3", request_checksum_calculation="when_required")
    s3.create_bucket(Bucket="crash-bucket")
    u, done = Upload(s3, "crash-bucket"), {}

    def send(first):
        try:
            for n in range(first, 200, 4):
                done[n] = s3.upload_part(**u.args, PartNumber=n, Body=block(n, 150 * 1024 + n))["ETag"]
        except (ClientError, ClientConnectionError, HTTPClientError):
            pass

    threads = [threading.Thread(target=send, args=(n,)) for n in range(1, 5)]
    for t in threads:
        t.start()
    while len(done) < 12:
        threading.Event().wait(0.005)
    server.kill()
    for t in threads:
        t.join()
    server.start()
    s3 = server.client("s3", request_checksum_calculation="when_required")
    there = {p["PartNumber"]: p["ETag"] for p in s3.list_parts(**u.args)["Parts"]}
    assert done.items() <= there.items()
    last = max(done)
    s3.complete_multipart_upload(**u.args, MultipartUpload={"Parts": [{"PartNumber": last, "ETag": done[last]}]})
    assert read(s3, "crash-bucket") == block(last, 150 * 1024 + last)
    assert fsck(server) == 0


def test_other_accounts_and_nobody(server, plain, bucket):
    u = Upload(plain, bucket)
    other = server.client("s3", key=OTHER_KEY)
    refused(other.list_parts, "AccessDenied", **u.args)
    refused(other.list_multipart_uploads, "AccessDenied", Bucket=bucket)
    refused(other.upload_part, "AccessDenied", **u.args, PartNumber=1, Body=b"x")
    refused(other.abort_multipart_upload, "AccessDenied", **u.args)
    assert server.request("GET", f"/{bucket}?uploads", signed=False).status == 403
