"""aerostat s3: every verb, against our own server and against moto's, as a user runs them."""
import json
import os
import random
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import closing

import boto3
import pytest
from botocore.config import Config

from aerostat import AEROSTAT, REGION, ROOT_KEY
from s3_cloud import MIB, Cloud, cloud, many, mine, moto_url, noise, ours, place, uploads, write  # noqa: F401
from session import ODD, assert_same, make_tree, names_of, skip

EXERCISE_RULES = {"Rules": [
    {"Id": "archive-old-models", "Status": "Enabled", "Prefix": "models/",
     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
     "NoncurrentVersionExpiration": {"NoncurrentDays": 90}},
    {"Id": "delete-temp-data", "Status": "Enabled", "Prefix": "temp/", "Expiration": {"Days": 7}}]}


# --- there and back

def test_a_tree_there_and_back(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "tree", ODD)
    cloud.run("cp", "--recursive", tree, f"s3://{place}/t", "--quiet")
    cloud.run("cp", "-r", f"s3://{place}/t", tmp_path / "back", "--quiet")
    assert_same(tree, tmp_path / "back")
    assert cloud.out("sync", tree, f"s3://{place}/t") == ""
    cloud.run("cp", "-r", f"s3://{place}/t", f"s3://{place}/two/", "--quiet")
    cloud.run("sync", f"s3://{place}/two", tmp_path / "two", "--quiet")
    assert_same(tree, tmp_path / "two")
    if cloud.name == "ours":
        assert not uploads(cloud, place)


def test_many_files(cloud, place, tmp_path, long):
    n = (10000 if cloud.name == "ours" else 1000) if long else (600 if cloud.name == "ours" else 100)
    tree = many(tmp_path / "tree", n)
    ways = (tree, f"s3://{place}/m"), (f"s3://{place}/m", f"s3://{place}/n"), (f"s3://{place}/n", tmp_path / "back")
    for way in ways:
        assert cloud.json("sync", *way)["files"] == n
    assert_same(tree, tmp_path / "back")
    for way in ways:
        assert cloud.json("sync", *way)["found"] == 0
    listed = cloud.lines("ls", "-r", f"s3://{place}/m/")
    assert len(listed) == n and sum(o["size"] for o in listed) == sum(os.path.getsize(tree / f) for f in names_of(tree))


def test_one_file_and_names(cloud, place, tmp_path):
    one = write(tmp_path / "a.txt", b"hello\n")
    assert cloud.out("cp", one, f"s3://{place}") == f"{one} -> s3://{place}/a.txt\n"
    cloud.run("cp", one, f"s3://{place}/as/b.txt")
    cloud.run("cp", one, f"s3://{place}/dir/")
    cloud.run("cp", one, write(tmp_path / "c.txt", b"c"), f"s3://{place}/more/")
    keys = [o["key"] for o in cloud.lines("ls", "-r", f"s3://{place}")]
    assert keys == ["a.txt", "as/b.txt", "dir/a.txt", "more/a.txt", "more/c.txt"]
    cloud.run("cp", f"s3://{place}/as/b.txt", tmp_path / "deep/er/x")
    assert (tmp_path / "deep/er/x").read_bytes() == b"hello\n"
    (tmp_path / "folder").mkdir()
    cloud.run("cp", f"s3://{place}/as/b.txt", tmp_path / "folder")
    assert (tmp_path / "folder/b.txt").read_bytes() == b"hello\n"
    top = [o.get("key", o.get("prefix")) for o in cloud.lines("ls", f"s3://{place}/")]
    assert top == ["a.txt", "as/", "dir/", "more/"]


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 8 * MIB, 8 * MIB + 1, 21 * MIB])
def test_sizes(cloud, place, tmp_path, size):
    content = noise(size)
    path = write(tmp_path / "f", content)
    cloud.run("cp", path, f"s3://{place}/f")
    assert cloud.run("cat", f"s3://{place}/f").stdout == content
    cloud.run("cp", f"s3://{place}/f", tmp_path / "g")
    assert (tmp_path / "g").read_bytes() == content
    cloud.run("cp", "-", f"s3://{place}/s", stdin=content)
    assert cloud.run("cp", f"s3://{place}/s", "-").stdout == content


def test_globs(cloud, place, tmp_path):
    for name in ("models/a.pth", "models/b.pth", "models/c.txt", "models/old/d.pth", "models/[x].pth"):
        write(tmp_path / "t" / name, name.encode())
    cloud.run("cp", "-r", tmp_path / "t", f"s3://{place}", "--quiet")
    cloud.run("cp", f"s3://{place}/models/*.pth", tmp_path / "one")
    assert names_of(tmp_path / "one") == ["[x].pth", "a.pth", "b.pth"]
    cloud.run("cp", f"s3://{place}/models/**.pth", tmp_path / "two")
    assert names_of(tmp_path / "two") == ["[x].pth", "a.pth", "b.pth", "old/d.pth"]
    cloud.run("cp", f"s3://{place}/models/\\[x\\].pth", tmp_path / "three")
    assert (tmp_path / "three").read_bytes() == b"models/[x].pth"
    assert [o["key"] for o in cloud.lines("ls", f"s3://{place}/models/?.*")] == ["models/a.pth", "models/b.pth",
                                                                                "models/c.txt"]
    assert "There is nothing at" in cloud.err("cp", f"s3://{place}/models/*.bin", tmp_path / "four")
    cloud.run("rm", f"s3://{place}/models/[ab].pth")
    assert len(cloud.lines("ls", "-r", f"s3://{place}")) == 3


def test_filters(cloud, place, tmp_path):
    for name in ("a.txt", "b.bin", "sub/c.txt", "sub/d.bin", "sub/tmp/e.txt"):
        write(tmp_path / "t" / name, b"1")
    cloud.run("sync", tmp_path / "t", f"s3://{place}", "--exclude", "*", "--include", "*.txt", "--exclude=sub/tmp/*")
    assert [o["key"] for o in cloud.lines("ls", "-r", f"s3://{place}")] == ["a.txt", "sub/c.txt"]
    cloud.run("rm", "-r", f"s3://{place}/", "--exclude", "a*")
    assert [o["key"] for o in cloud.lines("ls", "-r", f"s3://{place}")] == ["a.txt"]


def test_mv(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c"])
    shutil.copytree(tree, tmp_path / "kept")
    cloud.run("mv", "-r", tree, f"s3://{place}/t", "--quiet")
    assert names_of(tree) == []
    cloud.run("mv", f"s3://{place}/t/a", f"s3://{place}/t/z")
    cloud.run("mv", f"s3://{place}/t/z", f"s3://{place}/t/a")
    assert "cannot go to itself" in cloud.err("mv", f"s3://{place}/t/a", f"s3://{place}/t/a")
    cloud.run("mv", "-r", f"s3://{place}/t", tmp_path / "back", "--quiet")
    assert_same(tmp_path / "kept", tmp_path / "back")
    assert cloud.lines("ls", "-r", f"s3://{place}") == []


# --- sync

def test_sync_delete_and_dry_run(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c", "b/d"])
    cloud.run("sync", tree, f"s3://{place}/p", "--quiet")
    (tree / "b/c").unlink()
    said = cloud.out("sync", tree, f"s3://{place}/p", "--delete", "--dry-run")
    assert said == f"s3://{place}/p/b/c would go\n"
    assert cloud.json("sync", tree, f"s3://{place}/p", "--delete", "--exclude", "b/*")["deleted"] == 0
    assert cloud.json("sync", tree, f"s3://{place}/p", "--delete")["deleted"] == 1
    write(tmp_path / "back/extra/x", b"x")
    assert cloud.json("sync", f"s3://{place}/p", tmp_path / "back", "--delete")["deleted"] == 1
    assert_same(tree, tmp_path / "back")


def test_sync_compares_as_the_aws_cli(cloud, place, tmp_path):
    tree, back = tmp_path / "t", tmp_path / "back"
    path = write(tree / "a", b"1234")
    sent = lambda *args: cloud.json("sync", *args)["files"]  # noqa: E731
    up, down = (tree, f"s3://{place}"), (f"s3://{place}", back)
    assert sent(*up) == 1 and sent(*up) == 0
    os.utime(path, (time.time() + 3600,) * 2)
    assert sent(*up, "--size-only") == 0 and sent(*up) == 1
    os.utime(path, (1e9, 1e9))
    assert sent(*up) == 0
    path.write_bytes(b"12345")
    os.utime(path, (1e9, 1e9))
    assert sent(*up) == 1

    assert sent(*down) == 1 and sent(*down) == 0
    modified = cloud.s3().head_object(Bucket=place, Key="a")["LastModified"].timestamp()
    assert (back / "a").stat().st_mtime == modified
    os.utime(back / "a", (modified - 100,) * 2)
    assert sent(*down) == 0 and sent(*down, "--exact-timestamps") == 1
    os.utime(back / "a", (modified + 100,) * 2)
    assert sent(*down) == 1


def test_sync_does_not_delete_what_it_cannot_see(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c"])
    ours.run("sync", tree, f"s3://{mine}", "--quiet")
    (tree / "b/c").unlink()
    (tree / "broken").symlink_to("nowhere")
    said = ours.err("sync", tree, f"s3://{mine}", "--delete")
    assert "broken cannot be read: No such file or directory." in said and "Nothing was removed" in said
    assert "b/c" in [o["key"] for o in ours.lines("ls", "-r", f"s3://{mine}")]


# --- one verb each

def test_mb_rb(cloud, place, tmp_path):
    assert f"s3://{place}" in cloud.out("ls")
    cloud.run("cp", write(tmp_path / "a", b"1"), f"s3://{place}/a")
    assert "--force" in cloud.err("rb", f"s3://{place}")
    cloud.run("rb", f"s3://{place}", "--force")
    assert "NoSuchBucket" in cloud.err("ls", f"s3://{place}")
    assert "NoSuchBucket" in cloud.err("rb", f"s3://{place}")


def test_stat(cloud, place, tmp_path):
    path = write(tmp_path / "a.csv", b"x,y\n")
    cloud.run("cp", path, f"s3://{place}/a.csv", "--metadata", "version=1.0", "--metadata=type=training-data",
              "--storage-class", "STANDARD_IA")
    said = cloud.out("stat", f"s3://{place}/a.csv")
    assert "4 bytes" in said and "text/csv" in said and "version=1.0" in said and "STANDARD_IA" in said
    known = cloud.json("stat", f"s3://{place}/a.csv")
    assert known["Metadata"] == {"version": "1.0", "type": "training-data"} and known["ContentLength"] == 4
    assert cloud.json("stat", f"s3://{place}")["Region"] == REGION
    assert cloud.err("stat", f"s3://{place}/b") == f"aerostat: There is no object s3://{place}/b.\n"


def test_tags(cloud, place, tmp_path):
    cloud.run("cp", write(tmp_path / "a", b"1"), f"s3://{place}/a")
    assert cloud.out("tag", f"s3://{place}/a") == ""
    assert cloud.json("tag", f"s3://{place}/a", "stage=train", "who=me") == {"stage": "train", "who": "me"}
    assert cloud.json("tag", f"s3://{place}/a", "stage=serve", "--remove", "who") == {"stage": "serve"}
    assert cloud.json("tag", f"s3://{place}/a", "--remove=stage") == {}
    assert cloud.json("tag", f"s3://{place}", "cost=ml") == {"cost": "ml"}


def test_presign(cloud, place, tmp_path):
    cloud.run("cp", write(tmp_path / "a b+c", b"linked"), f"s3://{place}/a b+c")
    url = cloud.out("presign", f"s3://{place}/a b+c", "--expires", "30m").strip()
    assert urllib.request.urlopen(url).read() == b"linked"
    put = cloud.json("presign", f"s3://{place}/new", "--method", "PUT")["url"]
    request = urllib.request.Request(put, data=b"put", method="PUT", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).close()
    assert cloud.out("cat", f"s3://{place}/new") == "put"
    for bad in ("8d", "0", "soon", "604801"):
        cloud.run("presign", f"s3://{place}/a", "--expires", bad, rc=2)


def test_versions(cloud, place, tmp_path):
    assert cloud.json("versioning", f"s3://{place}") == {"bucket": place, "versioning": "off"}
    assert "is enabled" in cloud.out("versioning", f"s3://{place}", "enable")
    for content in (b"1", b"22", b"333"):
        cloud.run("cp", write(tmp_path / "a", content), f"s3://{place}/a")
    cloud.run("rm", f"s3://{place}/a")
    found = cloud.lines("versions", f"s3://{place}/a")
    assert [v["deleteMarker"] for v in found] == [True, False, False, False]
    assert [v.get("size") for v in found] == [None, 3, 2, 1] and found[0]["latest"] and not found[1]["latest"]
    assert "--versions" in cloud.err("rb", f"s3://{place}", "--force")
    assert cloud.json("rm", f"s3://{place}/a", "--versions")["deleted"] == 4
    assert cloud.lines("versions", f"s3://{place}") == []
    assert "is suspended" in cloud.out("versioning", f"s3://{place}", "suspend")
    cloud.run("cp", write(tmp_path / "a", b"4"), f"s3://{place}/a")
    cloud.run("rb", f"s3://{place}", "--force", "--versions")


def test_lifecycle(cloud, place, tmp_path):
    rules = write(tmp_path / "lifecycle.json", json.dumps(EXERCISE_RULES).encode())
    assert cloud.json("lifecycle", f"s3://{place}") == {"Rules": []}
    assert "2 rules" in cloud.out("lifecycle", "set", f"s3://{place}", rules)
    got = json.loads(cloud.out("lifecycle", f"s3://{place}"))["Rules"]
    assert [r["ID"] for r in got] == ["archive-old-models", "delete-temp-data"]
    cloud.run("lifecycle", "remove", f"s3://{place}")
    assert cloud.json("lifecycle", f"s3://{place}") == {"Rules": []}
    assert "has no rules" in cloud.err("lifecycle", "preview", f"s3://{place}")
    write(rules, b'{"Rules":[{"Status":"Enabled","Perfix":"x"}]}')
    assert "Perfix is nothing that can stand here" in cloud.err("lifecycle", "set", f"s3://{place}", rules)
    write(rules, b'{"Rules":[\n}')
    assert "line 2, column 1" in cloud.err("lifecycle", "set", f"s3://{place}", rules)


def test_lifecycle_preview(cloud, place, tmp_path):
    rules = write(tmp_path / "lifecycle.json", json.dumps(EXERCISE_RULES).encode())
    for name, size in (("models/big.pth", 200000), ("models/small.pth", 10), ("temp/x", 10), ("else", 200000)):
        cloud.run("cp", write(tmp_path / "f", noise(size)), f"s3://{place}/{name}")
    events = cloud.lines("lifecycle", "preview", f"s3://{place}", "--rules", rules)
    assert [(e["key"], e["action"], e.get("to")) for e in events] == [
        ("temp/x", "expire", None), ("models/big.pth", "transition", "STANDARD_IA"),
        ("models/big.pth", "transition", "GLACIER")]
    made = cloud.s3().head_object(Bucket=place, Key="temp/x")["LastModified"].timestamp()
    day = lambda n: time.strftime("%Y-%m-%d", time.gmtime(-(-(made + n * 86400) // 86400) * 86400))  # noqa: E731
    assert [e["day"] for e in events] == [day(7), day(30), day(90)]
    assert len(cloud.lines("lifecycle", "preview", f"s3://{place}", "--rules", rules, "--until", "40")) == 2
    cloud.run("versioning", f"s3://{place}", "enable")
    cloud.run("rm", f"s3://{place}/models/big.pth")
    gone = cloud.lines("lifecycle", "preview", f"s3://{place}/models/big.pth", "--rules", rules)
    assert [(e["action"], e["day"], "versionId" in e) for e in gone] == [("expire", day(90), True)]


# --- checksums

def test_checksums_go_with_everything(ours, mine, tmp_path):
    for name, size in (("small", 100), ("middle", 3 * MIB), ("parts", 20 * MIB)):
        ours.run("cp", write(tmp_path / name, noise(size)), f"s3://{mine}/{name}")
        head = ours.s3().head_object(Bucket=mine, Key=name, ChecksumMode="ENABLED")
        assert head["ChecksumCRC64NVME"] and head["ChecksumType"] == "FULL_OBJECT"


@pytest.mark.parametrize("how", ["CRC32", "SHA256", "none"])
def test_objects_of_others_are_verified(ours, mine, tmp_path, how):
    """Composite checksums, and the ETag of parts where there is nothing else."""
    s3, content = ours.s3(), noise(13 * MIB)
    extra = {} if how == "none" else {"ChecksumAlgorithm": how}
    plain = boto3.session.Session().client(
        "s3", region_name=REGION, endpoint_url=ours.env["AWS_ENDPOINT_URL"], aws_access_key_id=ROOT_KEY.access,
        aws_secret_access_key=ROOT_KEY.secret, config=Config(request_checksum_calculation="when_required"))
    upload = plain.create_multipart_upload(Bucket=mine, Key="k", **extra)["UploadId"]
    parts = []
    for i, at in enumerate(range(0, len(content), 5 * MIB)):
        part = plain.upload_part(Bucket=mine, Key="k", UploadId=upload, PartNumber=i + 1, Body=content[at:at + 5 * MIB],
                                 **extra)
        kept = {k: v for k, v in part.items() if k.startswith("Checksum") and k != "ChecksumType"} if extra else {}
        parts.append({"PartNumber": i + 1, "ETag": part["ETag"], **kept})
    plain.complete_multipart_upload(Bucket=mine, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket=mine, Key="k")["ContentLength"] == len(content)
    assert ours.json("cp", f"s3://{mine}/k", tmp_path / "k")["unverified"] == 0
    assert (tmp_path / "k").read_bytes() == content
    assert ours.run("cat", f"s3://{mine}/k").stdout == content


# --- where it goes

def test_the_local_cloud_is_started(tmp_path):
    with closing(socket.socket()) as s:
        if s.connect_ex(("127.0.0.1", 4566)) == 0:
            skip("another server has the port 4566")
    home = tmp_path / "home"
    home.mkdir()
    cloud = Cloud(home, "local", ["--data", str(tmp_path / "data")], {})
    try:
        done = cloud.run("mb", "s3://first-bucket")
        assert b"was not up" in done.stderr
        assert cloud.run("ls").stderr == b"" and "first-bucket" in cloud.out("ls")
        cloud.run("cp", write(tmp_path / "f", b"1"), "s3://first-bucket/f")
        assert cloud.out("cat", "s3://first-bucket/f") == "1"
    finally:
        subprocess.run([AEROSTAT, "down", "--data", str(tmp_path / "data")], check=True, stdout=subprocess.DEVNULL)


def test_elsewhere_is_said_first(ours, mine, tmp_path):
    path, url = write(tmp_path / "f", b"1"), ours.env["AWS_ENDPOINT_URL"]
    line = f"at {url}, region {REGION}\n"
    assert ours.run("cp", path, f"s3://{mine}/f").stderr.decode() == line
    assert ours.run("rm", f"s3://{mine}/f").stderr.decode() == line
    assert ours.run("ls", f"s3://{mine}").stderr == b""


def test_dry_runs_do_nothing(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a"])
    assert ours.out("cp", "-r", tree, f"s3://{mine}", "--dry-run").count(" would go to ") == 3
    assert ours.lines("ls", "-r", f"s3://{mine}") == []
    ours.run("sync", tree, f"s3://{mine}", "--quiet")
    ours.run("rm", "-r", f"s3://{mine}", "--dry-run")
    ours.run("mv", "-r", f"s3://{mine}", tmp_path / "back", "--dry-run")
    assert len(ours.lines("ls", "-r", f"s3://{mine}")) == 3 and not (tmp_path / "back").exists()
