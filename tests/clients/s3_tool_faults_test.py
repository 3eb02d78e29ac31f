"""aerostat s3 when things go wrong: refusals, full disks, files that change, interruptions. Nothing half is ever there,
and what is run again goes on."""
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from contextlib import closing

import pytest

from aerostat import AEROSTAT, REGION, ROOT_KEY
from fake_s3 import fake, fault, forward, object_of
from s3_cloud import MIB, Cloud, cloud, many, mine, moto_url, noise, ours, place, uploads, write  # noqa: F401
from session import assert_same, make_tree, names_of


# --- what goes wrong

def test_wrong_credentials(ours, mine, tmp_path):
    path = write(tmp_path / "f", b"1")
    for args in (("cp", path, f"s3://{mine}/f"), ("ls", f"s3://{mine}"), ("sync", tmp_path, f"s3://{mine}"),
                 ("cat", f"s3://{mine}/f"), ("mb", "s3://another-one")):
        said = ours.err(*args, AWS_SECRET_ACCESS_KEY="wrong")
        assert "SignatureDoesNotMatch" in said or "403" in said, said
    tree = many(tmp_path / "many", 300)
    done = ours.json("cp", "-r", tree, f"s3://{mine}/f", AWS_SECRET_ACCESS_KEY="wrong", rc=1)
    assert done["files"] == 0 and done["failed"] >= 6 and len(done["errors"]) == 6
    assert done["errors"][-1] == "The rest would fare no better, and is not tried."
    said = ours.err("cp", path, f"s3://{mine}/f", AWS_ACCESS_KEY_ID="AKIANOBODY")
    assert "InvalidAccessKeyId" in said and str(path) in said


def test_missing_bucket(cloud, tmp_path):
    path = write(tmp_path / "t/f", b"1")
    said = cloud.err("cp", path, "s3://there-is-none-such/f")
    assert said.count("\n") == 2 and f"{path} did not get to s3://there-is-none-such/f: NoSuchBucket" in said
    assert "NoSuchBucket" in cloud.err("sync", tmp_path / "t", "s3://there-is-none-such")
    assert "NoSuchBucket" in cloud.err("cp", "-r", "s3://there-is-none-such/x", tmp_path / "d")
    assert "s3://there-is-none-such/f" in cloud.err("cp", "s3://there-is-none-such/f", tmp_path / "d")
    assert "s3://there-is-none-such/f" in cloud.err("cat", "s3://there-is-none-such/f")


def test_nobody_there(ours, tmp_path):
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{s.getsockname()[1]}"
    assert f"{url} does not answer" in ours.err("ls", AWS_ENDPOINT_URL=url)
    path = write(tmp_path / "f", b"1")
    assert f"{url} does not answer" in ours.err("cp", path, "s3://b/f", AWS_ENDPOINT_URL=url)


def test_usage(ours, tmp_path):
    for args in (("cp",), ("cp", "a"), ("cp", "a", "b"), ("cp", "a", "s3://"), ("cp", "a", "s3://b", "--frobnicate"),
                 ("cp", "a", "s3://b", "--jobs", "0"), ("cp", "a", "s3://b", "--part-size", "4"),
                 ("cp", "a", "s3://b", "--metadata", "x"), ("sync", "a", "b"), ("sync", "-", "s3://b"),
                 ("cp", "a", "s3://b", "--exclude")):
        ours.run(*args, rc=2)
    (tmp_path / "d").mkdir()
    assert "--recursive" in ours.err("cp", tmp_path / "d", "s3://b")
    assert "--recursive" in ours.err("cp", "s3://b", tmp_path / "d")


def as_nobody(cloud, folder, *args):
    """Runs without root's rights, which would not be refused anything; folder is then open to all."""
    at = folder
    while at != at.parent and os.geteuid() == 0:
        if stat.S_IMODE(at.stat().st_mode) & 0o5 != 0o5 and at.owner() == "root":
            at.chmod(at.stat().st_mode | 0o5)
        at = at.parent
    tool = folder / "aerostat"
    if not tool.exists():
        shutil.copy(AEROSTAT, tool)
        tool.chmod(0o755)
    who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run([str(tool), "s3", *map(str, args)], env=cloud.env, capture_output=True, text=True, timeout=60,
                          check=False, **who)


def test_read_only_folder(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    for args in (("cp", f"s3://{mine}/f", closed / "g"), ("sync", f"s3://{mine}", closed),
                 ("cp", "-r", f"s3://{mine}", closed / "x")):
        done = as_nobody(ours, tmp_path, *args)
        assert done.returncode == 1 and "Permission denied" in done.stderr, done
    assert not os.listdir(closed)


def test_unreadable_and_vanishing_files(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b"])
    (tree / "b").chmod(0)
    done = as_nobody(ours, tmp_path, "cp", "-r", tree, f"s3://{mine}/x")
    assert done.returncode == 1 and "b did not get to" in done.stderr and "Permission denied" in done.stderr
    assert "1 failed, 3 were copied." in done.stderr
    (tree / "b").chmod(0o644)
    assert "cannot be read: No such file" in ours.err("cp", tmp_path / "none", f"s3://{mine}/x")
    assert "cannot be read: No such file" in ours.err("sync", tmp_path / "none", f"s3://{mine}/x")
    # The walk is quicker than one job that sends: files go while they wait for it.
    many(tree / "many", 300, top=400000)
    process = subprocess.Popen(ours.command("cp", "-r", tree, f"s3://{mine}/v", "--jobs", "1", "--json"), env=ours.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not ours.s3().list_objects_v2(Bucket=mine, Prefix="v/").get("KeyCount"):
        pass
    shutil.rmtree(tree / "many")
    out, err = process.communicate(timeout=120)
    done = json.loads(out)
    assert process.returncode == (1 if done["failed"] else 0)
    assert done["failed"] == 0 or b"No such file or directory" in err
    assert done["files"] + done["failed"] >= 3


def test_links_and_odd_files(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["real/f", "z"])
    (tree / "link").symlink_to("real")
    (tree / "real/loop").symlink_to("..")
    os.mkfifo(tree / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as s:
        s.bind(os.path.relpath(tree / "socket"))
    said = ours.err("sync", tree, f"s3://{mine}", "--dry-run", rc=0)
    assert said.count("leads back to a folder that it is in, and is passed over.") == 2
    assert said.count("neither a file nor a folder, and is passed over.") == 2 and said.count("\n") == 4
    os.rename(os.fsencode(tree / "z"), os.fsencode(tree) + b"/\xff\xfe")
    said = ours.err("cp", "-r", tree, f"s3://{mine}")
    assert "not UTF-8" in said and "1 failed, 4 were copied." in said
    keys = [o["key"] for o in ours.lines("ls", "-r", f"s3://{mine}")]
    assert keys == ["big.bin", "empty", "link/f", "real/f"]


def test_keys_that_are_no_paths(ours, mine, tmp_path):
    s3 = ours.s3()
    bad = ["../escape", "a/../../escape", "/absolute", "a//b", "./dot", "a/..", "x" * 300, "file/below"]
    for key in ["good", "file", "folder/", *bad]:
        s3.put_object(Bucket=mine, Key=key, Body=b"" if key == "folder/" else b"1")
    before = set(names_of(tmp_path))
    said = ours.err("sync", f"s3://{mine}", tmp_path / "in/side")
    new = set(names_of(tmp_path)) - before
    assert {n for n in new if not n.startswith("home")} <= {"in/side/good", "in/side/file", "in/side/file/below"}
    for key in bad[:-1]:
        assert f"s3://{mine}/{key} cannot be a file below" in said
    assert not os.path.exists("/absolute")
    down = ours.json("cp", f"s3://{mine}/../escape", tmp_path / "named")
    assert down["files"] == 1 and (tmp_path / "named").read_bytes() == b"1"


def test_a_target_that_is_no_file(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    os.mkfifo(tmp_path / "pipe")
    assert "no file" in ours.err("cp", f"s3://{mine}/f", tmp_path / "pipe")
    assert "no file" in ours.err("cp", f"s3://{mine}/f", "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_full_disk(ours, mine, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], capture_output=True,
                      check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        ours.run("cp", write(tmp_path / "big", noise(20 * MIB)), f"s3://{mine}/big")
        ours.run("cp", write(tmp_path / "mid", noise(6 * MIB)), f"s3://{mine}/mid")
        ours.run("cp", write(tmp_path / "fits", noise(MIB)), f"s3://{mine}/fits")
        said = ours.err("sync", f"s3://{mine}", small)
        assert said.count("No space left on device") == 2 and "2 failed, 1 were sent." in said
        assert os.listdir(small) == ["fits"]
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_the_output_is_full(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", noise(MIB)), f"s3://{mine}/f")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(ours.command("cat", f"s3://{mine}/f"), env=ours.env, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"No space left on device" in done.stderr


# --- files that change

@pytest.mark.parametrize("what", ["written", "longer", "shorter"])
@pytest.mark.parametrize("size, jobs", [(3 * MIB, 1), (40 * MIB, 1), (40 * MIB, 4)])
def test_a_file_that_changes(ours, mine, tmp_path, what, size, jobs):
    """While it goes up it is written to: what arrives must never be a mixture, nor a piece, that passes for the
    file."""
    path, before = write(tmp_path / "t/f", noise(size)), noise(size)
    write(tmp_path / "t/other", b"other")

    def change(ask):
        if ask.method != "PUT" or not ask.key.endswith("f"):
            return
        if what == "written":
            with open(path, "r+b") as f:
                f.seek(size - 10)
                f.write(b"changed")
        else:
            os.truncate(path, size + 10 if what == "longer" else size - MIB)

    with fake(forward(ours.env["AWS_ENDPOINT_URL"]), first=change) as (url, _):
        done = subprocess.run(ours.command("cp", "-r", tmp_path / "t", f"s3://{mine}", "--jobs", str(jobs)),
                              env={**ours.env, "AWS_ENDPOINT_URL": url}, capture_output=True, text=True, timeout=120)
    there = {o["key"] for o in ours.lines("ls", "-r", f"s3://{mine}")}
    assert "other" in there and not uploads(ours, mine)
    if done.returncode == 0:
        assert ours.run("cat", f"s3://{mine}/f").stdout == before and size == 3 * MIB
    else:
        assert f"{path} did not get to s3://{mine}/f: it changed on its way." in done.stderr and "f" not in there


def test_mv_leaves_what_was_written_in_between(ours, mine, tmp_path):
    path = write(tmp_path / "f", b"first")

    with fake(forward(ours.env["AWS_ENDPOINT_URL"]), lambda ask: path.write_bytes(b"second, and longer")) as (url, _):
        said = ours.err("mv", path, f"s3://{mine}/f", AWS_ENDPOINT_URL=url)
    assert f"{path} got to s3://{mine}/f: it stays here too, since it was written to after that." in said
    assert path.read_bytes() == b"second, and longer" and ours.out("cat", f"s3://{mine}/f") == "first"


@pytest.mark.parametrize("size", [1, 9 * MIB])
@pytest.mark.parametrize("then", ["written", "gone"])
def test_mv_leaves_an_object_written_in_between(ours, mine, tmp_path, size, then):
    """Down: what is taken away is what has come. An object that is gone already need not be."""
    s3 = ours.s3()
    s3.put_object(Bucket=mine, Key="f", Body=noise(size))

    def change(ask):
        if ask.method == "DELETE" and then == "written":
            s3.put_object(Bucket=mine, Key="f", Body=b"second")
        elif ask.method == "DELETE":
            s3.delete_object(Bucket=mine, Key="f")

    with fake(forward(ours.env["AWS_ENDPOINT_URL"]), first=change) as (url, _):
        done = ours.run("mv", f"s3://{mine}/f", tmp_path / "f", rc=int(then == "written"), AWS_ENDPOINT_URL=url)
    assert (tmp_path / "f").read_bytes() == noise(size)
    if then == "written":
        assert f"s3://{mine}/f got to {tmp_path}/f: it stays there too, since it was written to after that." \
            in done.stderr.decode()
        assert ours.out("cat", f"s3://{mine}/f") == "second"


def test_mv_from_a_server_without_conditional_deletions(ours, tmp_path):
    def answer(ask):
        if ask.method == "DELETE":
            return fault(501, "NotImplemented") if "If-Match" in ask.headers else (204, {}, b"")
        return object_of(b"1")

    with fake(answer) as (url, asked):
        ours.run("mv", "s3://b/f", tmp_path / "f", AWS_ENDPOINT_URL=url)
    assert [a.method for a in asked][-3:] == ["DELETE", "HEAD", "DELETE"] and (tmp_path / "f").read_bytes() == b"1"
    assert "If-Match" in asked[-2].headers


# --- large ones

def test_a_large_file_by_parts(ours, mine, tmp_path, long):
    """Every MiB of it is another one."""
    count, block, whole = 4096 if long else 100, noise(MIB), hashlib.sha256()
    with open(tmp_path / "huge", "wb") as f:
        for i in range(count):
            piece = i.to_bytes(8, "big") + block[8:]
            whole.update(piece)
            f.write(piece)
    ours.run("cp", tmp_path / "huge", f"s3://{mine}/huge")
    os.unlink(tmp_path / "huge")
    head = ours.s3().head_object(Bucket=mine, Key="huge", ChecksumMode="ENABLED")
    assert head["ETag"].strip('"').endswith(f"-{-(-count // 8)}") and head["ChecksumType"] == "FULL_OBJECT"
    ours.run("cp", f"s3://{mine}/huge", f"s3://{mine}/copy")
    assert ours.json("cp", f"s3://{mine}/copy", tmp_path / "huge")["unverified"] == 0
    with open(tmp_path / "huge", "rb") as f:
        assert hashlib.file_digest(f, "sha256").digest() == whole.digest()
    os.unlink(tmp_path / "huge")


# --- interrupted

def interrupt(cloud, args, delay, how):
    """What it said, if the signal was in time."""
    process = subprocess.Popen(cloud.command(*args, "--quiet"), env=cloud.env, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, -how), (process.returncode, err)  # a shell says 128 + the signal
    return err.decode() if process.returncode else None


def there(cloud, bucket, prefix):
    pages = cloud.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {o["Key"][len(prefix):] for page in pages for o in page.get("Contents", [])}


def test_interrupted_and_run_again(ours, mine, tmp_path, long):
    """At random moments, there and back: what is there then is whole, and only the rest is sent by the next run."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")  # pytest shows it if this fails
    rnd, cut = random.Random(seed), 0
    tree = many(tmp_path / "t", 2000 if long else 400)
    write(tree / "big", noise(30 * MIB))
    names, rounds = set(names_of(tree)), 20 if long else 6
    for i in range(rounds):
        how = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[i % 3]
        up, back = f"s3://{mine}/{i}", tmp_path / f"back{i}"
        said = interrupt(ours, ("sync", tree, up), rnd.uniform(0.01, 0.3), how)
        have = there(ours, mine, f"{i}/")
        assert how == signal.SIGKILL or not [u for u in uploads(ours, mine) if u["Key"].startswith(f"{i}/")]
        again = ours.json("sync", tree, up)
        assert (again["files"], again["failed"]) == (len(names) - len(have), 0) and there(ours, mine, f"{i}/") == names
        cut += said is not None
        if said and have and how != signal.SIGKILL:
            assert re.search(r"Interrupted: \d+ of \d+ files were sent\.\n$", said)

        cut += interrupt(ours, ("sync", up, back), rnd.uniform(0.01, 0.3), how) is not None
        have = names_of(back)
        for name in have:
            assert (back / name).read_bytes() == (tree / name).read_bytes(), f"half of {name} is there"
        assert ours.json("sync", up, back)["files"] == len(names) - len(have)
        assert_same(tree, back)
        shutil.rmtree(back)
    assert cut >= rounds


def test_interrupted_where_files_need_names(ours, mine, tmp_path):
    """A file that is there already stays as it is, or is the new one, and no other name stays."""
    write(tmp_path / "t/f", noise(100 * MIB))
    ours.run("sync", tmp_path / "t", f"s3://{mine}", "--quiet")
    for i, how in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGINT)):
        write(tmp_path / "back/f", b"old")
        cut = interrupt(ours, ("cp", f"s3://{mine}/f", tmp_path / "back/f"), 0.03 + 0.02 * i, how)
        assert names_of(tmp_path / "back") == ["f"]
        assert (tmp_path / "back/f").stat().st_size == (3 if cut is not None else 100 * MIB)


def test_standard_input_that_does_not_end(ours, mine):
    process = subprocess.Popen(ours.command("cp", "-", f"s3://{mine}/f"), env=ours.env, stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdin.write(noise(20 * MIB))
    process.stdin.flush()
    while not uploads(ours, mine):
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == -signal.SIGINT and not uploads(ours, mine)
    assert there(ours, mine, "") == set()
    process.stdin.close()
    process.stderr.close()


def test_uploads_are_kept_and_gone_on_with(cloud, place, tmp_path):
    """Only the parts that are not there are sent, and those that are another's by now."""
    path = write(tmp_path / "f", noise(80 * MIB))

    def parts():
        return cloud.s3().list_parts(Bucket=place, Key="f", UploadId=uploads(cloud, place)[0]["UploadId"])

    def interrupt_the_fifth(ask):
        if ask.query.get("partNumber") == "5" and ask.method == "PUT":
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)

    with fake(forward(cloud.env["AWS_ENDPOINT_URL"]), first=interrupt_the_fifth) as (url, _):
        process = subprocess.Popen(cloud.command("cp", path, f"s3://{place}/f", "--jobs", "1", "--keep"),
                                   env={**cloud.env, "AWS_ENDPOINT_URL": url}, stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL)
        _, err = process.communicate(timeout=60)
    assert b"1 uploads by parts are kept" in err and len(uploads(cloud, place)) == 1
    before = {p["PartNumber"] for p in parts()["Parts"]}
    assert before == {1, 2, 3, 4}
    with open(path, "r+b") as f:
        f.seek(9 * MIB)  # in the second part
        f.write(b"another")
    with fake(forward(cloud.env["AWS_ENDPOINT_URL"])) as (url, asked):
        assert cloud.json("cp", path, f"s3://{place}/f", "--keep", AWS_ENDPOINT_URL=url)["kept"] == 0
    sent = {int(a.query["partNumber"]) for a in asked if a.method == "PUT"}
    assert sent == {2, *range(5, 11)}
    assert not uploads(cloud, place)
    assert cloud.run("cat", f"s3://{place}/f").stdout == path.read_bytes()


# --- a server that goes away

@pytest.fixture
def mortal(start_server, tmp_path):
    server = start_server()
    home = tmp_path / "home"
    home.mkdir()
    cloud = Cloud(home, "ours", [], {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": ROOT_KEY.access,
                                     "AWS_SECRET_ACCESS_KEY": ROOT_KEY.secret, "AWS_REGION": REGION,
                                     "AWS_MAX_ATTEMPTS": "6"})
    cloud.server = server
    cloud.run("mb", "s3://goes-away")
    return cloud


def begin(cloud, tree):
    process = subprocess.Popen(cloud.command("sync", tree, "s3://goes-away", "--jobs", "4", "--json"), env=cloud.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not cloud.s3().list_objects_v2(Bucket="goes-away").get("KeyCount"):
        pass
    cloud.server.kill()
    return process


def test_a_server_that_comes_back(mortal, tmp_path):
    tree = many(tmp_path / "t", 2000)
    write(tree / "a", noise(50 * MIB))
    process = begin(mortal, tree)
    time.sleep(0.5)
    mortal.server.start()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert json.loads(out)["files"] == 2001
    mortal.run("sync", "s3://goes-away", tmp_path / "back", "--quiet")
    assert_same(tree, tmp_path / "back")


def test_a_server_that_does_not(mortal, tmp_path):
    tree = many(tmp_path / "t", 2000)
    mortal.env["AWS_MAX_ATTEMPTS"] = "3"
    process = begin(mortal, tree)
    begun = time.monotonic()
    out, err = process.communicate(timeout=120)
    assert time.monotonic() - begun < 30
    done, lines = json.loads(out), err.decode().splitlines()
    assert process.returncode == 1 and done["failed"] > 4 and len(lines) <= 12
    assert lines[-1] == "aerostat: The rest would fare no better, and is not tried."
    assert f"{mortal.server.url} does not answer" in lines[-2]
    mortal.server.start()
    mortal.run("sync", tree, "s3://goes-away", "--quiet")
    mortal.run("sync", "s3://goes-away", tmp_path / "back", "--quiet")
    assert_same(tree, tmp_path / "back")
