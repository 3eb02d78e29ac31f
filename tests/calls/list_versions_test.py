"""ListObjectVersions: order, markers, common prefixes, the refusals, and random histories against a plain model."""
import random

import pytest

from list_test import group_of, random_keys, random_text

PAGE = "Provided max-keys not an integer or within integer range"


def enable(s3, bucket, status="Enabled"):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def versions(page):
    """(key, version id, is a marker, is latest) in the order of the keys; within a key markers and versions apart."""
    both = [(v["Key"], v["VersionId"], False, v["IsLatest"]) for v in page.get("Versions", [])]
    return both + [(v["Key"], v["VersionId"], True, v["IsLatest"]) for v in page.get("DeleteMarkers", [])]


def walk(s3, bucket, most, **args):
    """Every version and every common prefix of all pages, as sets of what came, and how many entries came."""
    seen, prefixes, count, extra = [], [], 0, {}
    for _ in range(1000):
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=most, **{**args, **extra})
        rows, groups = versions(page), [p["Prefix"] for p in page.get("CommonPrefixes", [])]
        seen += rows
        prefixes += groups
        count += len(rows) + len(groups)
        assert len(rows) + len(groups) <= most
        if not page["IsTruncated"]:
            return seen, prefixes, count
        assert len(rows) + len(groups) == most
        extra = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            extra["VersionIdMarker"] = page["NextVersionIdMarker"]
    raise AssertionError("the listing does not end")


def test_shape(s3, bucket):
    enable(s3, bucket)
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"22")["VersionId"]
    gone = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    page = s3.list_object_versions(Bucket=bucket)
    assert page["Name"] == bucket and page["Prefix"] == "" and page["KeyMarker"] == "" and page["VersionIdMarker"] == ""
    assert page["MaxKeys"] == 1000 and page["IsTruncated"] is False and "NextKeyMarker" not in page
    assert [(v["VersionId"], v["IsLatest"], v["Size"]) for v in page["Versions"]] == [(two, False, 2), (one, False, 1)]
    assert [(v["VersionId"], v["IsLatest"]) for v in page["DeleteMarkers"]] == [(gone, True)]
    v = page["Versions"][0]
    assert v["StorageClass"] == "STANDARD" and v["Owner"]["ID"] == "a1" * 32 and v["ETag"].startswith('"')
    assert v["ChecksumAlgorithm"] == ["CRC32"] and v["ChecksumType"] == "FULL_OBJECT"
    assert page["DeleteMarkers"][0]["Owner"]["ID"] == "a1" * 32


def test_bucket_without_versioning(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert versions(s3.list_object_versions(Bucket=bucket)) == [("k", "null", False, True)]


def test_suspended(s3, bucket):
    enable(s3, bucket)
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    enable(s3, bucket, "Suspended")
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    s3.put_object(Bucket=bucket, Key="k", Body=b"3")
    assert versions(s3.list_object_versions(Bucket=bucket)) == [("k", "null", False, True), ("k", one, False, False)]
    s3.delete_object(Bucket=bucket, Key="k")
    assert versions(s3.list_object_versions(Bucket=bucket)) == [("k", one, False, False), ("k", "null", True, True)]


def test_markers(s3, bucket):
    enable(s3, bucket)
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=b"")["VersionId"] for _ in range(5)][::-1]
    other = s3.put_object(Bucket=bucket, Key="l", Body=b"")["VersionId"]
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=2)
    assert page["NextKeyMarker"] == "k" and page["NextVersionIdMarker"] == ids[1]
    page = s3.list_object_versions(Bucket=bucket, KeyMarker="k", VersionIdMarker=ids[1])
    assert [v["VersionId"] for v in page["Versions"]] == ids[2:] + [other]
    assert page["KeyMarker"] == "k" and page["VersionIdMarker"] == ids[1]
    page = s3.list_object_versions(Bucket=bucket, KeyMarker="k")
    assert [v["VersionId"] for v in page["Versions"]] == [other]
    page = s3.list_object_versions(Bucket=bucket, KeyMarker="k", VersionIdMarker=ids[4])
    assert [v["VersionId"] for v in page["Versions"]] == [other]


def test_deleting_page_by_page_leaves_nothing(s3, bucket):
    """Whoever empties a bucket goes on from a version that is gone by then."""
    enable(s3, bucket)
    for i in range(25):
        s3.put_object(Bucket=bucket, Key=f"k{i % 3}", Body=b"")
        if i % 4 == 0:
            s3.delete_object(Bucket=bucket, Key=f"k{i % 3}")
    extra = {}
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=4, **extra)
        for key, version, _, _ in versions(page):
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
        if not page["IsTruncated"]:
            break
        extra = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert versions(s3.list_object_versions(Bucket=bucket)) == []
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("query,name,message", [
    ("versions&max-keys=abc", "max-keys", PAGE),
    ("versions&max-keys=-1", "max-keys", "max-keys cannot be negative"),
    ("versions&version-id-marker=x", "version-id-marker",
     "A version-id marker cannot be specified without a key marker."),
    ("versions&key-marker=&version-id-marker=x", "version-id-marker",
     "A version-id marker cannot be specified without a key marker."),
    ("versions&key-marker=a&version-id-marker=", "version-id-marker", "A version-id marker cannot be empty."),
    ("versions&key-marker=a&version-id-marker=x", "version-id-marker", "Invalid version id specified"),
    ("versions&key-marker=a&version-id-marker=x&encoding-type=bogus", "version-id-marker",
     "Invalid version id specified"),
    ("versions&encoding-type=bogus", "encoding-type", "Invalid Encoding Method specified in Request"),
    ("versions&encoding-type=bogus&max-keys=-1", "encoding-type", "Invalid Encoding Method specified in Request"),
])
def test_refusals(server, bucket, query, name, message):
    r = server.request("GET", f"/{bucket}?{query}")
    assert (r.status, r.code, r.message) == (400, "InvalidArgument", message)
    assert f"<ArgumentName>{name}</ArgumentName>".encode() in r.body


def test_max_keys_zero(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=0)
    assert "Versions" not in page and page["IsTruncated"] is False


def test_common_prefixes(s3, bucket):
    enable(s3, bucket)
    for k in ("a/1", "a/1", "a/2", "b", "c/1"):
        s3.put_object(Bucket=bucket, Key=k, Body=b"")
    s3.delete_object(Bucket=bucket, Key="c/1")
    page = s3.list_object_versions(Bucket=bucket, Delimiter="/", MaxKeys=1)
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/"] and page["NextKeyMarker"] == "a/"
    page = s3.list_object_versions(Bucket=bucket, Delimiter="/", KeyMarker="a/")
    assert [v["Key"] for v in page["Versions"]] == ["b"] and [p["Prefix"] for p in page["CommonPrefixes"]] == ["c/"]
    page = s3.list_object_versions(Bucket=bucket, Delimiter="/", KeyMarker="a/1")
    assert [v["Key"] for v in page["Versions"]] == ["b"]


def history(rng, s3, bucket):
    """A random history; the versions of each key, newest first, as (id, is a marker)."""
    enable(s3, bucket)
    keys, kept, suspended = random_keys(rng, 30), {}, False
    for _ in range(220):
        key = rng.choice(keys)
        of_key = kept.setdefault(key, [])
        what = rng.random()
        if what < 0.05:
            suspended = not suspended
            enable(s3, bucket, "Suspended" if suspended else "Enabled")
        elif what < 0.65:
            v = s3.put_object(Bucket=bucket, Key=key, Body=b"x").get("VersionId", "null")
            if v == "null":
                of_key[:] = [x for x in of_key if x[0] != "null"]
            of_key.insert(0, (v, False))
        elif what < 0.85:
            v = s3.delete_object(Bucket=bucket, Key=key).get("VersionId", "null")
            if v == "null":
                of_key[:] = [x for x in of_key if x[0] != "null"]
            of_key.insert(0, (v, True))
        elif of_key:
            v = rng.choice(of_key)
            s3.delete_object(Bucket=bucket, Key=key, VersionId=v[0])
            of_key.remove(v)
    return {k: v for k, v in kept.items() if v}


def model(kept, prefix, delimiter, marker):
    rows, prefixes = [], []
    hidden = group_of(marker, prefix, delimiter) if marker.startswith(prefix) else None
    for key in sorted(kept, key=lambda k: k.encode()):
        if not key.startswith(prefix) or key.encode() <= marker.encode() or (hidden and key.startswith(hidden)):
            continue
        group = group_of(key, prefix, delimiter)
        if group:
            prefixes += [] if group in prefixes else [group]
        else:
            rows += [(key, v, m, i == 0) for i, (v, m) in enumerate(kept[key])]
    return rows, prefixes


@pytest.mark.parametrize("seed", range(2))
def test_random_histories(s3, bucket, seed):
    rng = random.Random(100 + seed)
    kept = history(rng, s3, bucket)
    for _ in range(120):
        prefix, marker = random_text(rng, sorted(kept)), rng.choice(["", "", random_text(rng, sorted(kept))])
        delimiter, most = rng.choice(["", "", "/", "a", "é"]), rng.choice([1, 2, 3, 5, 17, 1000])
        want, groups = model(kept, prefix, delimiter, marker)
        most = max(most, len(want) // 10)
        rows, prefixes, count = walk(s3, bucket, most, Prefix=prefix, Delimiter=delimiter, KeyMarker=marker)
        what = (seed, prefix, delimiter, marker, most)
        assert sorted(rows) == sorted(want) and prefixes == groups and count == len(want) + len(groups), what
        for is_marker in (False, True):  # each of the two lists is in order
            assert [r for r in rows if r[2] == is_marker] == [r for r in want if r[2] == is_marker], what
