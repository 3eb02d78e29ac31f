"""A disk that is full: what takes room is refused, and what makes room is not, so that a user can get out of it."""
import subprocess

import pytest
from botocore.exceptions import ClientError

FULL = "InsufficientStorage"
LARGE, SMALL = 1 << 20, 60000


@pytest.fixture
def full_server(tmp_path, start_server):
    """A server whose data folder is a file system of 24 MB."""
    place = tmp_path / "server0"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True,
                             check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    server = start_server()
    yield server
    server.stop()
    subprocess.run(["umount", str(place)], check=True)


def code_of(call, **how):
    try:
        call(**how)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def fill(s3, size, prefix="k"):
    keys = []
    while not (code := code_of(s3.put_object, Bucket="bucket", Key=f"{prefix}{len(keys)}", Body=bytes(size))):
        keys.append(f"{prefix}{len(keys)}")
        assert len(keys) < 2000
    assert code == FULL
    return keys


def put_soon(s3, size):
    """Room comes when the files of what was removed are gone, which takes a moment."""
    for _ in range(5000):
        if not code_of(s3.put_object, Bucket="bucket", Key="again", Body=bytes(size)):
            return True
    return False


@pytest.mark.parametrize("sizes", [(LARGE, SMALL, 1), (SMALL, 1)])
def test_deleting_makes_room(full_server, sizes):
    s3 = full_server.client("s3")
    s3.create_bucket(Bucket="bucket")
    keys = [key for size in sizes for key in fill(s3, size, f"{size}-")]
    for key in keys[:5]:
        s3.delete_object(Bucket="bucket", Key=key)
    for at in range(5, len(keys), 100):
        s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in keys[at:at + 100]]})
    assert put_soon(s3, LARGE)
    assert "Contents" not in s3.list_objects_v2(Bucket="bucket", Prefix="1")
    full_server.stop()
    full_server.start()
    s3 = full_server.client("s3")
    assert s3.get_object(Bucket="bucket", Key="again")["Body"].read() == bytes(LARGE)
    assert len(fill(s3, LARGE)) > 10


def test_aborting_makes_room(full_server):
    s3 = full_server.client("s3")
    s3.create_bucket(Bucket="bucket")
    upload = {"Bucket": "bucket", "Key": "upload",
              "UploadId": s3.create_multipart_upload(Bucket="bucket", Key="upload")["UploadId"]}
    number = 1
    while not (code := code_of(s3.upload_part, **upload, PartNumber=number, Body=bytes(LARGE))):
        number += 1
    assert code == FULL
    fill(s3, 1)
    s3.abort_multipart_upload(**upload)
    assert put_soon(s3, LARGE)


def test_bodies_do_not_take_the_reserve(full_server):
    s3 = full_server.client("s3")
    s3.create_bucket(Bucket="bucket")
    keys = fill(s3, LARGE) + fill(s3, SMALL, "s") + fill(s3, 1, "t")
    for i in range(100):
        assert code_of(s3.put_object, Bucket="bucket", Key=f"n{i}", Body=bytes(SMALL)) == FULL
    full_server.stop()
    full_server.start()
    s3 = full_server.client("s3")
    s3.delete_object(Bucket="bucket", Key=keys[0])
    assert put_soon(s3, SMALL)
