"""Objects of buckets with versions: enabled, suspended, null versions, delete markers."""
import pytest

from aerostat import path_of
from objects import body, headers, refusal, refused, turn, versions


@pytest.fixture
def versioned(s3, bucket):
    turn(s3, bucket, "Enabled")
    return bucket


def put(s3, bucket, data, key="k"):
    return s3.put_object(Bucket=bucket, Key=key, Body=data).get("VersionId")


def test_versions_are_kept(s3, versioned):
    ids = [put(s3, versioned, str(i).encode()) for i in range(5)]
    assert len(set(ids)) == 5 and all(len(i) == 32 for i in ids)
    for i, v in enumerate(ids):
        got = s3.get_object(Bucket=versioned, Key="k", VersionId=v)
        assert body(got) == str(i).encode() and got["VersionId"] == v
    current = s3.get_object(Bucket=versioned, Key="k")
    assert body(current) == b"4" and current["VersionId"] == ids[4]
    assert versions(s3, versioned) == [("k", v, v == ids[4], False) for v in reversed(ids)]


def test_delete_markers(server, s3, versioned):
    first = put(s3, versioned, b"one")
    gone = s3.delete_object(Bucket=versioned, Key="k")
    marker = gone["VersionId"]
    assert gone["DeleteMarker"] is True and len(marker) == 32
    r = server.request("GET", path_of(versioned, "k"))
    assert (r.status, r.code) == (404, "NoSuchKey")
    assert (r.headers["x-amz-delete-marker"], r.headers["x-amz-version-id"]) == ("true", marker)
    h = server.request("HEAD", path_of(versioned, "k"))
    assert h.status == 404 and h.headers["x-amz-delete-marker"] == "true" and h.body == b""
    for method in ("GET", "HEAD"):
        r = server.request(method, path_of(versioned, "k") + "?versionId=" + marker)
        assert r.status == 405 and r.headers["allow"] == "DELETE" and r.headers["last-modified"]
        assert r.headers["x-amz-delete-marker"] == "true" and r.headers["x-amz-version-id"] == marker
        assert method == "HEAD" or r.code == "MethodNotAllowed"
    assert body(s3.get_object(Bucket=versioned, Key="k", VersionId=first)) == b"one"
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    # The marker goes: the object is back.
    back = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    assert back["DeleteMarker"] is True and back["VersionId"] == marker
    assert body(s3.get_object(Bucket=versioned, Key="k")) == b"one"


def test_a_marker_for_a_key_that_never_was(s3, versioned):
    gone = s3.delete_object(Bucket=versioned, Key="never")
    assert gone["DeleteMarker"] is True
    again = s3.delete_object(Bucket=versioned, Key="never")
    assert again["VersionId"] != gone["VersionId"]
    assert versions(s3, versioned) == [("never", again["VersionId"], True, True),
                                       ("never", gone["VersionId"], False, True)]


def test_deleting_versions(s3, versioned):
    ids = [put(s3, versioned, str(i).encode()) for i in range(3)]
    r = s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[2])
    assert r["VersionId"] == ids[2] and "DeleteMarker" not in r
    assert body(s3.get_object(Bucket=versioned, Key="k")) == b"1"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[2])  # once more is fine
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[0])
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[1])
    assert versions(s3, versioned) == []
    assert refused(s3.get_object, Bucket=versioned, Key="k") == (404, "NoSuchKey")
    assert put(s3, versioned, b"new") not in ids
    assert refused(s3.get_object, Bucket=versioned, Key="k", VersionId=ids[0]) == (404, "NoSuchVersion")


def test_version_ids_that_are_none(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    e = refusal(s3.get_object, Bucket=bucket, Key="k", VersionId="bogus")["Error"]
    assert (e["Code"], e["Message"], e["ArgumentName"], e["ArgumentValue"]) == \
        ("InvalidArgument", "Invalid version id specified", "versionId", "bogus")
    missing = "A" * 32
    e = refusal(s3.get_object, Bucket=bucket, Key="k", VersionId=missing)["Error"]
    assert (e["Code"], e["Key"], e["VersionId"]) == ("NoSuchVersion", "k", missing)
    assert refused(s3.delete_object, Bucket=bucket, Key="k", VersionId="bogus") == (400, "InvalidArgument")
    assert s3.delete_object(Bucket=bucket, Key="k", VersionId=missing)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert server.request("GET", path_of(bucket, "k") + "?versionId=").code == "InvalidArgument"
    assert body(s3.get_object(Bucket=bucket, Key="k", VersionId="null")) == b"x"
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert refused(s3.get_object, Bucket=bucket, Key="k", VersionId="null") == (404, "NoSuchVersion")


def test_from_before_versioning(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    turn(s3, bucket, "Enabled")
    assert s3.head_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    new = put(s3, bucket, b"new")
    assert body(s3.get_object(Bucket=bucket, Key="k", VersionId="null")) == b"old"
    assert versions(s3, bucket) == [("k", new, True, False), ("k", "null", False, False)]


def test_suspended(s3, bucket):
    turn(s3, bucket, "Enabled")
    kept = put(s3, bucket, b"kept")
    turn(s3, bucket, "Suspended")
    assert put(s3, bucket, b"null one") == "null"
    assert put(s3, bucket, b"null two") == "null"
    assert versions(s3, bucket) == [("k", "null", True, False), ("k", kept, False, False)]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert body(got) == b"null two" and got["VersionId"] == "null"
    gone = s3.delete_object(Bucket=bucket, Key="k")  # a null marker in the null version's place
    assert gone["DeleteMarker"] is True and gone["VersionId"] == "null"
    assert versions(s3, bucket) == [("k", kept, False, False), ("k", "null", True, True)]
    turn(s3, bucket, "Enabled")
    top = put(s3, bucket, b"top")
    turn(s3, bucket, "Suspended")
    assert put(s3, bucket, b"null three") == "null"
    assert versions(s3, bucket) == [("k", "null", True, False), ("k", top, False, False), ("k", kept, False, False)]
    back = s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert back["VersionId"] == "null" and "DeleteMarker" not in back
    assert body(s3.get_object(Bucket=bucket, Key="k")) == b"top"


def test_delete_objects(s3, versioned):
    a, b = put(s3, versioned, b"a", "a"), put(s3, versioned, b"b", "b")
    r = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": b}]})
    first, second = r["Deleted"]
    assert first["Key"] == "a" and first["DeleteMarker"] is True and "VersionId" not in first
    assert second == {"Key": "b", "VersionId": b}
    marker = first["DeleteMarkerVersionId"]
    r = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "a", "VersionId": marker},
                                                                {"Key": "a", "VersionId": a}]})
    assert r["Deleted"] == [{"Key": "a", "VersionId": marker, "DeleteMarker": True, "DeleteMarkerVersionId": marker},
                            {"Key": "a", "VersionId": a}]
    assert versions(s3, versioned) == []


def test_one_key_with_many_old_versions_lists_well(s3, versioned):
    for i in range(60):
        put(s3, versioned, b"x", "busy")
    s3.delete_object(Bucket=versioned, Key="busy")
    last = put(s3, versioned, b"y", "later")
    for i in range(30):
        s3.delete_object(Bucket=versioned, Key="gone")
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=versioned)["Contents"]] == ["later"]
    rows = []
    marker = {}
    while True:
        page = s3.list_object_versions(Bucket=versioned, MaxKeys=7, **marker)
        rows += [(v["Key"], v["VersionId"], v["IsLatest"]) for v in page.get("Versions", [])]
        rows += [(v["Key"], v["VersionId"], v["IsLatest"]) for v in page.get("DeleteMarkers", [])]
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert len(rows) == len(set(rows)) == 92
    assert sorted(k for k, _, latest in rows if latest) == ["busy", "gone", "later"]
    assert ("later", last, True) in rows


def test_headers_of_puts(s3, versioned):
    v = s3.put_object(Bucket=versioned, Key="k")
    assert headers(v)["x-amz-version-id"] == v["VersionId"]
    turn(s3, versioned, "Suspended")
    assert headers(s3.put_object(Bucket=versioned, Key="k"))["x-amz-version-id"] == "null"


def test_attributes_by_version(s3, versioned):
    old, new = put(s3, versioned, b"1"), put(s3, versioned, b"22")
    for v, size in ((old, 1), (new, 2)):
        a = s3.get_object_attributes(Bucket=versioned, Key="k", VersionId=v, ObjectAttributes=["ObjectSize"])
        assert a["ObjectSize"] == size and a["VersionId"] == v
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    how = {"Bucket": versioned, "Key": "k", "ObjectAttributes": ["ETag"]}
    assert refused(s3.get_object_attributes, **how) == (404, "NoSuchKey")
    assert refused(s3.get_object_attributes, **how, VersionId=marker) == (405, "MethodNotAllowed")
