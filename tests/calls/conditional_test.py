"""If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since: reads, writes, deletes; and writers that race."""
import datetime
import threading

import pytest

from aerostat import path_of
from objects import body, headers, refusal, refused, turn

PAST, FUTURE = "Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture
def etag(s3, bucket):
    return s3.put_object(Bucket=bucket, Key="k", Body=b"x", CacheControl="max-age=1")["ETag"]


def test_reads(server, bucket, etag):
    bare = etag.strip('"')
    cases = [
        ({"If-Match": etag}, 200), ({"If-Match": bare}, 200), ({"If-Match": "*"}, 200),
        ({"If-Match": f'"a", {etag}'}, 200),
        ({"If-Match": f"W/{etag}"}, 200), ({"If-Match": '"a"'}, 412), ({"If-Match": '"a", "b"'}, 412),
        ({"If-None-Match": etag}, 304), ({"If-None-Match": bare}, 304), ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": f"W/{etag}"}, 304), ({"If-None-Match": f'"a",{etag}'}, 304),
        ({"If-None-Match": '"a"'}, 200),
        ({"If-Modified-Since": PAST}, 200), ({"If-Modified-Since": FUTURE}, 304), ({"If-Modified-Since": "junk"}, 200),
        ({"If-Unmodified-Since": PAST}, 412), ({"If-Unmodified-Since": FUTURE}, 200),
        ({"If-Unmodified-Since": "junk"}, 200),
        ({"If-Match": etag, "If-Unmodified-Since": PAST}, 200),
        ({"If-None-Match": '"a"', "If-Modified-Since": FUTURE}, 200),
        ({"If-None-Match": etag, "If-Modified-Since": PAST}, 304), ({"If-Match": '"a"', "If-None-Match": etag}, 412),
        ({"If-Match": etag, "If-None-Match": etag}, 304),
    ]
    for extra, status in cases:
        for method in ("GET", "HEAD"):
            r = server.request(method, path_of(bucket, "k"), extra)
            assert r.status == status, (method, extra, r)
            if status == 304:
                assert r.body == b"" and r.headers["etag"] == etag and r.headers["cache-control"] == "max-age=1"
                assert "last-modified" in r.headers
            if status == 412 and method == "GET":
                assert r.code == "PreconditionFailed" and b"<Condition>" in r.body


def test_reads_with_ranges(server, bucket, etag):
    r = server.request("GET", path_of(bucket, "k"), {"If-None-Match": etag, "Range": "bytes=0-0"})
    assert r.status == 304 and "content-range" not in r.headers
    assert server.request("GET", path_of(bucket, "k"), {"If-Match": '"a"', "Range": "bytes=9-"}).status == 412
    assert server.request("GET", path_of(bucket, "k"), {"If-Match": etag, "Range": "bytes=0-0"}).status == 206


def test_keep_alive_after_a_304(server, bucket, etag):
    one = server.sign("GET", path_of(bucket, "k"), {"If-None-Match": etag})
    two = server.sign("GET", path_of(bucket, "k"))
    text = "".join("\r\n".join([f"GET {path_of(bucket, 'k')} HTTP/1.1", *(f"{k}: {v}" for k, v in h.items()), "", ""])
                   for h in (one, two))
    replies = server.talk(text.encode(), most=2)
    assert [(r.status, r.body) for r in replies] == [(304, b""), (200, b"x")]


def test_the_second_of_the_object_itself(server, bucket, etag):
    date = server.request("HEAD", path_of(bucket, "k")).headers["last-modified"]
    assert server.request("GET", path_of(bucket, "k"), {"If-Modified-Since": date}).status == 304
    assert server.request("GET", path_of(bucket, "k"), {"If-Unmodified-Since": date}).status == 200


def test_writes(s3, bucket, etag):
    how = {"Bucket": bucket, "Key": "k"}
    e = refusal(s3.put_object, **how, IfNoneMatch="*")
    assert e["ResponseMetadata"]["HTTPStatusCode"] == 412 and e["Error"]["Condition"] == "If-None-Match"
    assert refused(s3.put_object, **how, IfMatch='"other"') == (412, "PreconditionFailed")
    second = s3.put_object(**how, Body=b"y", IfMatch=etag)["ETag"]
    assert refused(s3.put_object, **how, Body=b"z", IfMatch=etag) == (412, "PreconditionFailed")
    s3.put_object(**how, Body=b"z", IfMatch=second.strip('"'))
    assert refused(s3.put_object, Bucket=bucket, Key="none", IfMatch=etag) == (404, "NoSuchKey")
    assert refused(s3.put_object, **how, IfNoneMatch=etag) == (400, "NotImplemented")
    s3.put_object(Bucket=bucket, Key="new", IfNoneMatch="*")
    assert body(s3.get_object(**how)) == b"z"


def test_a_delete_marker_is_no_object(s3, bucket, etag):
    turn(s3, bucket, "Enabled")
    s3.delete_object(Bucket=bucket, Key="k")
    assert refused(s3.put_object, Bucket=bucket, Key="k", IfMatch=etag) == (404, "NoSuchKey")
    s3.put_object(Bucket=bucket, Key="k", Body=b"again", IfNoneMatch="*")
    assert refused(s3.put_object, Bucket=bucket, Key="k", IfNoneMatch="*") == (412, "PreconditionFailed")


def test_deletes(s3, bucket, etag):
    how = {"Bucket": bucket, "Key": "k"}
    assert refused(s3.delete_object, **how, IfMatch='"other"') == (412, "PreconditionFailed")
    assert refused(s3.delete_object, Bucket=bucket, Key="none", IfMatch=etag) == (404, "NoSuchKey")
    assert refused(s3.delete_object, Bucket=bucket, Key="none", IfMatch="*") == (412, "PreconditionFailed")
    assert refused(s3.delete_object, **how, IfMatch=etag, IfMatchSize=1) == (400, "NotImplemented")
    s3.delete_object(**how, IfMatch=etag)
    assert refused(s3.head_object, **how) == (404, "404")
    s3.put_object(**how)
    s3.delete_object(**how, IfMatch="*")
    assert refused(s3.head_object, **how) == (404, "404")


def test_dates_of_boto3(s3, bucket, etag):
    utc = datetime.timezone.utc
    past, future = datetime.datetime(2000, 1, 1, tzinfo=utc), datetime.datetime(2100, 1, 1, tzinfo=utc)
    assert refused(s3.head_object, Bucket=bucket, Key="k", IfModifiedSince=future) == (304, "304")
    assert refused(s3.head_object, Bucket=bucket, Key="k", IfUnmodifiedSince=past) == (412, "412")
    assert "etag" in headers(s3.head_object(Bucket=bucket, Key="k", IfMatch=etag, IfModifiedSince=past))


def race(server, bucket, n, extra, sizes):
    """n signed PUTs at once; their (status, code)s."""
    results, gate = [None] * n, threading.Barrier(n)

    def one(i):
        data = bytes([65 + i % 26]) * sizes[i % len(sizes)]
        head = server.sign("PUT", path_of(bucket, "raced"), extra, data)
        lines = [f"PUT {path_of(bucket, 'raced')} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items()),
                 f"Content-Length: {len(data)}", "Connection: close", "", ""]
        gate.wait()
        r = server.talk("\r\n".join(lines).encode() + data, "PUT")[0]
        results[i] = (r.status, r.code, r.headers.get("etag"))

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


@pytest.mark.parametrize("sizes", [[0], [10], [200000], [10, 200000]])
def test_one_of_32_writers_wins(server, s3, bucket, sizes):
    results = race(server, bucket, 32, {"If-None-Match": "*"}, sizes)
    won = [r for r in results if r[0] == 200]
    assert len(won) == 1 and sorted({r[:2] for r in results if r[0] != 200}) == [(412, "PreconditionFailed")]
    assert s3.head_object(Bucket=bucket, Key="raced")["ETag"] == won[0][2]


def test_one_of_16_exchanges_wins(server, s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="raced", Body=b"start")["ETag"]
    results = race(server, bucket, 16, {"If-Match": etag}, [7])
    assert sorted(r[0] for r in results) == [200] + [412] * 15
