"""An object of 10,000 parts: any part and any range of it costs like those of two parts. Parts of 5 MiB would be 50 GB,
so the rows of a completed upload are written by hand while the server is down, and parts share a hundred bodies."""
import glob
import os
import sqlite3

import pytest

from objects import body, refused

PARTS, BODIES, SIZE = 10000, 100, 1000


def bytes_of(n):
    """Of the nth part."""
    return (b"part %05d " % (n % BODIES)).ljust(SIZE, b".")


def written(s3, bucket, key):
    """An upload of so many parts, and its id."""
    upload = {"Bucket": bucket, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]}
    for n in range(BODIES):
        s3.upload_part(**upload, PartNumber=n + 1, Body=bytes_of(n))
    return upload["UploadId"]


def make_object(db, upload_id, numbers):
    """What CompleteMultipartUpload makes of an upload, of parts with these numbers."""
    upload, bucket, key = db.execute("SELECT id, bucket, key FROM upload WHERE upload_id = ?",
                                     (upload_id.encode(),)).fetchone()
    bodies = db.execute("SELECT modified, md5, sum_kind, sum_value, blob FROM part WHERE upload = ? ORDER BY number",
                        (upload,)).fetchall()
    db.execute("DELETE FROM part WHERE upload = ?", (upload,))
    db.execute("DELETE FROM upload WHERE id = ?", (upload,))
    db.executemany("INSERT INTO part(upload, number, start, size, modified, md5, sum_kind, sum_value, blob)"
                   " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   [(upload, number, i * SIZE, SIZE, *bodies[i % BODIES]) for i, number in enumerate(numbers)])
    db.execute("INSERT INTO object(bucket, key, seq, marker, size, modified, etag, storage_class, version, sum_kind,"
               " sum_composite, sum_value, account, blob, upload, parts, tags, meta)"
               " VALUES(?, ?, -1, 0, ?, 1, ?, ?, ?, -1, 0, ?, ?, 0, ?, ?, ?, ?)",
               (bucket, key, len(numbers) * SIZE, b"0" * 32 + b"-%d" % len(numbers), b"STANDARD", b"null", b"",
                b"123456789012", upload, len(numbers), b"", b""))


@pytest.fixture(scope="module")
def large(server):
    """The bucket with objects `many`, `sparse` (numbers with gaps) and `two`."""
    s3, bucket = server.client("s3"), "many-parts"
    s3.create_bucket(Bucket=bucket)
    uploads = {key: written(s3, bucket, key) for key in ("many", "sparse", "two")}
    server.stop()
    with sqlite3.connect(glob.glob(os.path.join(server.data, "*.db"))[0]) as db:
        make_object(db, uploads["many"], range(1, PARTS + 1))
        make_object(db, uploads["sparse"], range(3, PARTS + 1, 7))
        make_object(db, uploads["two"], [1, 2])
    db.close()
    server.start()
    return bucket


@pytest.mark.parametrize("number", [1, 2, 5000, 9999, 10000])
def test_parts(server, large, number):
    s3 = server.client("s3")
    got = s3.get_object(Bucket=large, Key="many", PartNumber=number)
    assert body(got) == bytes_of(number - 1) and got["PartsCount"] == PARTS
    assert got["ContentRange"] == f"bytes {(number - 1) * SIZE}-{number * SIZE - 1}/{PARTS * SIZE}"
    head = s3.head_object(Bucket=large, Key="many", PartNumber=number)
    assert head["ContentLength"] == SIZE and head["PartsCount"] == PARTS
    assert refused(s3.get_object, Bucket=large, Key="many", PartNumber=10001) == (400, "InvalidArgument")


@pytest.mark.parametrize("key,parts", [("many", PARTS), ("sparse", len(range(3, PARTS + 1, 7))), ("two", 2)])
def test_ranges_and_the_whole(server, large, key, parts):
    s3 = server.client("s3")
    whole = b"".join(bytes_of(n) for n in range(parts))
    assert body(s3.get_object(Bucket=large, Key=key)) == whole
    for first, last in ((0, 0), (0, SIZE - 1), (SIZE - 1, SIZE), (len(whole) // 2 - 1, len(whole) // 2 + SIZE + 1),
                        (len(whole) - 1, len(whole) - 1), (len(whole) - SIZE - 1, len(whole) + 5),
                        (1, len(whole) - 2)):
        assert body(s3.get_object(Bucket=large, Key=key, Range=f"bytes={first}-{last}")) == whole[first:last + 1]
    assert body(s3.get_object(Bucket=large, Key=key, Range="bytes=-1500")) == whole[-1500:]


def test_gaps_in_the_numbers(server, large):
    s3 = server.client("s3")
    assert body(s3.get_object(Bucket=large, Key="sparse", PartNumber=10)) == bytes_of(1)
    assert refused(s3.get_object, Bucket=large, Key="sparse", PartNumber=4) == (416, "InvalidPartNumber")
    assert refused(s3.head_object, Bucket=large, Key="sparse", PartNumber=1) == (416, "416")


def test_attributes_page_through_them(server, large):
    s3 = server.client("s3")
    of = {"Bucket": large, "Key": "many", "ObjectAttributes": ["ObjectParts", "ObjectSize"]}
    assert s3.get_object_attributes(**of)["ObjectParts"]["TotalPartsCount"] == PARTS
    assert s3.get_object_attributes(**of)["ObjectSize"] == PARTS * SIZE


def cpu(server):
    """Nanoseconds that the server's threads have run."""
    total = 0
    for path in glob.glob(f"/proc/{server.process.pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


def cost(server, calls):
    """Of the cheapest of some rounds: what else the machine does makes a round dearer, never cheaper."""
    def round_cost():
        began = cpu(server)
        for call in calls:
            call()
        return cpu(server) - began
    return min(round_cost() for _ in range(5))


def test_no_request_walks_through_all_parts(server, large):
    s3 = server.client("s3")

    def calls(key, parts):
        end = parts * SIZE
        for at in (0, end // 2, end - SIZE):
            yield lambda at=at: body(s3.get_object(Bucket=large, Key=key, Range=f"bytes={at}-{at + 9}"))
        for number in (1, parts // 2 or 1, parts):
            yield lambda n=number: body(s3.get_object(Bucket=large, Key=key, PartNumber=n))
            yield lambda n=number: s3.head_object(Bucket=large, Key=key, PartNumber=n)

    many, two = cost(server, list(calls("many", PARTS)) * 5), cost(server, list(calls("two", 2)) * 5)
    assert many < 2 * two, (many, two)
