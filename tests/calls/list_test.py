"""ListObjects and ListObjectsV2: every parameter, the refusals, and random buckets against a plain model."""
import random
import re
import threading

import pytest
from botocore.exceptions import ClientError

from aerostat import path_of


def put_all(s3, bucket, keys):
    def some(part):
        for k in part:
            s3.put_object(Bucket=bucket, Key=k, Body=k.encode()[:3])

    threads = [threading.Thread(target=some, args=(keys[i::4],)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def rows(page):
    """A page's keys and common prefixes."""
    return [o["Key"] for o in page.get("Contents", [])], [p["Prefix"] for p in page.get("CommonPrefixes", [])]


def group_of(key, prefix, delimiter):
    at = key.find(delimiter, len(prefix)) if delimiter else -1
    return key[:at + len(delimiter)] if at >= 0 else None


def model(keys, prefix="", delimiter="", after="", skip_group=False):
    """What a listing has, in order: ("key", k) and ("prefix", p). skip_group: a common prefix that the marker lies in
    does not come (ListObjects)."""
    out, order = [], lambda k: k.encode()
    hidden = group_of(after, prefix, delimiter) if skip_group and after.startswith(prefix) else None
    for k in sorted(keys, key=order):
        if not k.startswith(prefix) or order(k) <= order(after) or (hidden and k.startswith(hidden)):
            continue
        group = group_of(k, prefix, delimiter)
        entry = ("prefix", group) if group else ("key", k)
        if not out or out[-1] != entry:
            out.append(entry)
    return out


def entries(page):
    keys, prefixes = rows(page)
    both = [("key", k) for k in keys] + [("prefix", p) for p in prefixes]
    return sorted(both, key=lambda e: e[1].encode())


def walk(call, most, next_of):
    """All entries of all pages; every page but the last is full."""
    out, extra = [], {}
    for _ in range(1000):
        page = call(MaxKeys=most, **extra)
        got = entries(page)
        out += got
        assert len(got) <= most
        if not page["IsTruncated"]:
            return out
        assert len(got) == most
        extra = next_of(page)
    raise AssertionError("the listing does not end")


def test_shape_of_v2(s3, bucket):
    put_all(s3, bucket, ["a/1", "a/2", "b", "c/3"])
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert rows(page) == (["b"], ["a/", "c/"])
    assert page["Name"] == bucket and page["Prefix"] == "" and page["Delimiter"] == "/"
    assert page["KeyCount"] == 3 and page["MaxKeys"] == 1000 and page["IsTruncated"] is False
    assert page["EncodingType"] == "url" and "NextContinuationToken" not in page and "StartAfter" not in page
    o = page["Contents"][0]
    assert o["Size"] == 1 and o["StorageClass"] == "STANDARD" and re.fullmatch(r'"[0-9a-f]{32}"', o["ETag"])
    assert o["ChecksumAlgorithm"] == ["CRC32"] and o["ChecksumType"] == "FULL_OBJECT" and "Owner" not in o
    assert abs((o["LastModified"] - s3.head_object(Bucket=bucket, Key="b")["LastModified"]).total_seconds()) < 1


def test_fetch_owner(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    page = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)
    assert page["Contents"][0]["Owner"]["ID"] == "a1" * 32
    assert s3.list_objects(Bucket=bucket)["Contents"][0]["Owner"]["ID"] == "a1" * 32


def test_empty_bucket_and_prefix_without_keys(s3, bucket):
    page = s3.list_objects_v2(Bucket=bucket)
    assert page["KeyCount"] == 0 and "Contents" not in page and page["IsTruncated"] is False
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert rows(s3.list_objects_v2(Bucket=bucket, Prefix="x")) == ([], [])
    assert rows(s3.list_objects_v2(Bucket=bucket, StartAfter="k")) == ([], [])
    assert rows(s3.list_objects_v2(Bucket=bucket, Prefix="k", Delimiter="k")) == (["k"], [])


def test_max_keys(s3, bucket):
    put_all(s3, bucket, ["a", "b", "c"])
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert page["KeyCount"] == 0 and page["IsTruncated"] is False and page["MaxKeys"] == 0
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=2)
    assert rows(page)[0] == ["a", "b"] and page["IsTruncated"] is True and page["MaxKeys"] == 2
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=3)
    assert rows(page)[0] == ["a", "b", "c"] and page["IsTruncated"] is False
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)["MaxKeys"] == 1000


@pytest.mark.parametrize("query,name,message", [
    ("list-type=2&max-keys=-1", "maxKeys", "Argument maxKeys must be an integer between 0 and 2147483647"),
    ("max-keys=-1", "maxKeys", "Argument maxKeys must be an integer between 0 and 2147483647"),
    ("list-type=2&max-keys=abc", "max-keys", "Provided max-keys not an integer or within integer range"),
    ("list-type=2&max-keys=2147483648", "max-keys", "Provided max-keys not an integer or within integer range"),
    ("list-type=2&encoding-type=bogus", "encoding-type", "Invalid Encoding Method specified in Request"),
    ("encoding-type=", "encoding-type", "Invalid Encoding Method specified in Request"),
    ("list-type=2&continuation-token=garbage", "continuation-token", "The continuation token provided is incorrect"),
    ("list-type=2&continuation-token=", "continuation-token", "The continuation token provided is incorrect"),
    ("list-type=2&continuation-token=AAAA", "continuation-token", "The continuation token provided is incorrect"),
    ("list-type=2&marker=x", "marker", "Marker unsupported with REST.GET.BUCKET in list-type=2"),
    ("start-after=x", "start-after", "startAfter only supported in REST.GET.BUCKET with list-type=2"),
    ("continuation-token=x", "continuation-token",
     "continuation-token only supported in REST.GET.BUCKET with list-type=2"),
])
def test_refusals(server, bucket, query, name, message):
    r = server.request("GET", f"/{bucket}?{query}")
    assert (r.status, r.code, r.message) == (400, "InvalidArgument", message)
    assert f"<ArgumentName>{name}</ArgumentName>".encode() in r.body


def test_order_of_refusals(server, bucket):
    r = server.request("GET", f"/{bucket}?encoding-type=bogus&max-keys=-1")
    assert r.message == "Invalid Encoding Method specified in Request"
    assert server.request("GET", "/no-such-bucket-here?encoding-type=bogus").code == "NoSuchBucket"
    assert server.request("GET", "/no-such-bucket-here?list-type=2&marker=x").code == "InvalidArgument"


def test_v1_markers(s3, bucket):
    put_all(s3, bucket, ["a b.txt", "run books/x", "run books/y", "zz.txt", "한글/1"])
    page = s3.list_objects(Bucket=bucket, MaxKeys=1)
    assert page["Marker"] == "" and "NextMarker" not in page and page["IsTruncated"] is True
    page = s3.list_objects(Bucket=bucket, MaxKeys=2, Delimiter="/")
    assert page["NextMarker"] == "run books/"
    for marker in ("run books/", "run books/x"):
        page = s3.list_objects(Bucket=bucket, Delimiter="/", Marker=marker)
        assert rows(page) == (["zz.txt"], ["한글/"]) and page["Marker"] == marker


def test_v2_start_after_is_a_plain_place(s3, bucket):
    put_all(s3, bucket, ["d/1", "d/2", "e"])
    assert rows(s3.list_objects_v2(Bucket=bucket, Delimiter="/", StartAfter="d/1")) == (["e"], ["d/"])
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/", StartAfter="d/2")
    assert rows(page) == (["e"], []) and page["StartAfter"] == "d/2"


def test_token_wins_over_start_after(s3, bucket):
    put_all(s3, bucket, ["a", "b", "c", "d"])
    page = s3.list_objects_v2(Bucket=bucket, StartAfter="a", MaxKeys=1)
    token = page["NextContinuationToken"]
    page = s3.list_objects_v2(Bucket=bucket, StartAfter="a", ContinuationToken=token)
    assert rows(page)[0] == ["c", "d"] and page["ContinuationToken"] == token


def test_encoding_type_url(server, s3, bucket):
    keys = ["a b", "a+b", "100%", "x/!*'()~-_.", "한", "tab\tnew\nline", "\x01\x02"]
    put_all(s3, bucket, keys)
    assert set(rows(s3.list_objects_v2(Bucket=bucket))[0]) == set(keys)
    query = "list-type=2&encoding-type=url&prefix=a&delimiter=%7C&start-after=a%20a"
    text = server.request("GET", f"/{bucket}?{query}").body
    assert b"<Key>a+b</Key>" in text and b"<Key>a%2Bb</Key>" in text
    assert b"<Delimiter>%7C</Delimiter>" in text and b"<StartAfter>a+a</StartAfter>" in text
    text = server.request("GET", f"/{bucket}?list-type=2&encoding-type=URL").body
    assert b"<EncodingType>URL</EncodingType>" in text and b"<Key>x/%21*%27%28%29%7E-_.</Key>" in text
    text = server.request("GET", f"/{bucket}?list-type=2").body
    assert b"EncodingType" not in text and b"<Key>&#x1;&#x2;</Key>" in text.replace(b"&#1;&#2;", b"&#x1;&#x2;")


def test_markup_in_keys(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="<a>&\"'", Body=b"")
    assert rows(s3.list_objects_v2(Bucket=bucket))[0] == ["<a>&\"'"]
    assert b"&lt;a&gt;&amp;" in server.request("GET", f"/{bucket}?list-type=2").body


def test_sub_delimiters_and_long_delimiters(s3, bucket):
    keys = ["a--b--c", "a--b", "a-b", "--", "x"]
    put_all(s3, bucket, keys)
    assert rows(s3.list_objects_v2(Bucket=bucket, Delimiter="--")) == (["a-b", "x"], ["--", "a--"])
    assert rows(s3.list_objects_v2(Bucket=bucket, Delimiter="--", Prefix="a--")) == (["a--b"], ["a--b--"])
    assert "Delimiter" not in s3.list_objects_v2(Bucket=bucket, Delimiter="")


def test_a_key_that_is_its_prefix_and_a_folder_marker(s3, bucket):
    put_all(s3, bucket, ["f/", "f/1", "f"])
    assert rows(s3.list_objects_v2(Bucket=bucket, Delimiter="/")) == (["f"], ["f/"])
    assert rows(s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="f/")) == (["f/", "f/1"], [])


def test_strange_prefixes(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    for prefix in ("k" * 2000, "%F4%8F%BF%BF", "%01%02"):
        r = server.request("GET", f"/{bucket}?list-type=2&delimiter=%2F&prefix={prefix}")
        assert r.status == 200 and b"<KeyCount>0</KeyCount>" in r.body, r
    assert server.request("GET", f"/{bucket}?marker={'k' * 3000}").status == 200
    for query in ("prefix=%FF%FF", "delimiter=%C3", "marker=%00", "list-type=2&start-after=a%00"):
        r = server.request("GET", f"/{bucket}?{query}")
        assert r.status == 400 and r.code in ("InvalidURI", "InvalidArgument"), r


def test_delete_markers_do_not_come(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put_all(s3, bucket, ["a", "b", "c/1", "c/2", "d/1"])
    for k in ("b", "c/1", "d/1"):
        s3.delete_object(Bucket=bucket, Key=k)
    assert rows(s3.list_objects_v2(Bucket=bucket))[0] == ["a", "c/2"]
    assert rows(s3.list_objects_v2(Bucket=bucket, Delimiter="/")) == (["a"], ["c/"])
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=2)
    assert page["IsTruncated"] is False  # what is left are markers alone


def test_buckets_do_not_mix(s3, bucket):
    other = bucket + "-z"
    s3.create_bucket(Bucket=other)
    put_all(s3, bucket, ["a", "b"])
    put_all(s3, other, ["c"])
    assert rows(s3.list_objects_v2(Bucket=bucket))[0] == ["a", "b"]
    assert rows(s3.list_objects_v2(Bucket=other))[0] == ["c"]


def test_no_such_bucket_and_foreign_bucket(s3, server, bucket):
    with pytest.raises(ClientError) as e:
        s3.list_objects_v2(Bucket="no-such-bucket-here")
    assert e.value.response["Error"]["Code"] == "NoSuchBucket"
    assert server.request("GET", path_of(bucket) + "?list-type=2", signed=False).status == 403


PIECES = ["a", "b", "ab", "/", "//", "-", "é", "ü", "日本", "😀", " ", "+", "%", "&", "<",
          "\x02", "A", "0", ".", "~"]


def random_keys(rng, n):
    keys = set()
    while len(keys) < n:
        keys.add("".join(rng.choice(PIECES) for _ in range(rng.randint(1, 7))))
    return sorted(keys)


def random_text(rng, keys):
    k = rng.choice(keys)
    kind = rng.random()
    if kind < 0.3:
        return ""
    if kind < 0.8:
        return k[:rng.randint(0, len(k))]
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 3)))


@pytest.mark.parametrize("seed", range(2))
def test_random_listings(s3, bucket, seed):
    rng = random.Random(seed)
    keys = random_keys(rng, 150)
    put_all(s3, bucket, keys)
    for _ in range(120):
        prefix, after = random_text(rng, keys), rng.choice([random_text(rng, keys), rng.choice(keys)])
        delimiter = rng.choice(["", "/", "/", "a", "é", "//", "本", "-b", "%"])
        want = model(keys, prefix, delimiter, after)
        most = rng.choice([1, 2, 3, 7, 50, 1000])
        most = max(most, len(want) // 10)
        args = {"Bucket": bucket, "Prefix": prefix, "Delimiter": delimiter}
        what = (seed, prefix, delimiter, after, most)
        got = walk(lambda **k: s3.list_objects_v2(**args, **k, **({"StartAfter": after} if after else {})), most,
                   lambda page: {"ContinuationToken": page["NextContinuationToken"]})
        assert got == want, what

        marker = {"Marker": after}

        def v1(**more):
            return s3.list_objects(**args, **{**marker, **more})

        got = walk(v1, most, lambda page: {"Marker": page.get("NextMarker") or page["Contents"][-1]["Key"]})
        assert got == model(keys, prefix, delimiter, after, skip_group=True), what


def test_listing_while_keys_come_and_go(s3, bucket):
    """A page is of one moment, and the pages of a walk have every key that was there all along."""
    steady = [f"s/{i:03}" for i in range(120)]
    put_all(s3, bucket, steady)
    stop = threading.Event()

    def churn():
        i = 0
        while not stop.is_set():
            s3.put_object(Bucket=bucket, Key=f"s/{i % 120:03}x", Body=b"")
            s3.delete_object(Bucket=bucket, Key=f"s/{(i * 7) % 120:03}x")
            i += 1

    t = threading.Thread(target=churn)
    t.start()
    try:
        for _ in range(10):
            seen = walk(lambda **k: s3.list_objects_v2(Bucket=bucket, **k), 13,
                        lambda page: {"ContinuationToken": page["NextContinuationToken"]})
            keys = [k for _, k in seen]
            assert len(keys) == len(set(keys)) and set(steady) <= set(keys)
    finally:
        stop.set()
        t.join()
