"""aerostat s3 when things go wrong: refusals, full disks, files that change, interruptions. Nothing half is ever there,
and what is run again goes on."""
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
from contextlib import closing

import pytest

from aerostat import AEROSTAT, REGION, ROOT_KEY
from s3_cloud import LONG, MIB, Cloud, cloud, many, mine, moto_url, noise, ours, uploads, write  # noqa: F401
from session import assert_same, make_tree, names_of


# --- what goes wrong

def test_wrong_credentials(ours, mine, tmp_path):
    path = write(tmp_path / "f", b"1")
    for args in (("cp", path, f"s3://{mine}/f"), ("ls", f"s3://{mine}"), ("sync", tmp_path, f"s3://{mine}"),
                 ("cat", f"s3://{mine}/f"), ("mb", "s3://another-one")):
        said = ours.err(*args, AWS_SECRET_ACCESS_KEY="wrong")
        assert "SignatureDoesNotMatch" in said or "403" in said, said
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
                 ("cp", "a", "s3://b", "--metadata", "x"), ("sync", "a", "b"), ("sync", "-", "s3://b"), ("ls", "b"),
                 ("rm", "s3://b"), ("rm", "x"), ("presign", "s3://b"), ("tag", "s3://b/k", "x"), ("mb",), ("frob",),
                 ("versioning", "s3://b", "on"), ("cp", "a", "s3://b", "--exclude"), ("stat", "x"), ("cat", "x")):
        ours.run(*args, rc=2)
    for verb in ("mb rb ls cp mv rm sync cat presign versions stat tag versioning lifecycle").split():
        assert "usage" not in ours.err(verb, "--help", rc=0) and "aerostat s3 " + verb in ours.out(verb, "--help")
    (tmp_path / "d").mkdir()
    assert "--recursive" in ours.err("cp", tmp_path / "d", "s3://b")
    assert "--recursive" in ours.err("cp", "s3://b", tmp_path / "d")


def as_nobody(command, env, **how):
    """Without root's rights, which would not be refused anything."""
    if os.geteuid() != 0:
        return subprocess.run(command, env=env, **how)
    return subprocess.run(command, env=env, user=65534, group=65534, extra_groups=[], **how)


def test_read_only_folder(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    at = tmp_path
    while at != at.parent and os.geteuid() == 0:
        if stat.S_IMODE(at.stat().st_mode) & 0o5 != 0o5 and at.owner() == "root":
            at.chmod(at.stat().st_mode | 0o5)
        at = at.parent
    tool = tmp_path / "aerostat"
    shutil.copy(AEROSTAT, tool)
    tool.chmod(0o755)
    for args in (("cp", f"s3://{mine}/f", closed / "g"), ("sync", f"s3://{mine}", closed),
                 ("cp", "-r", f"s3://{mine}", closed / "x")):
        done = as_nobody([str(tool), "s3", *map(str, args)], ours.env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "Permission denied" in done.stderr, done
    assert not os.listdir(closed)


def test_unreadable_and_vanishing_files(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b"])
    if os.geteuid() != 0:
        (tree / "b").chmod(0)
        assert "b did not get to" in ours.err("cp", "-r", tree, f"s3://{mine}/x")
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
    write(tmp_path / "bytes/f", b"1")
    os.rename(os.fsencode(tree / "z"), os.fsencode(tree) + b"/\xff\xfe")
    said = ours.err("cp", "-r", tree, f"s3://{mine}")
    assert "leads back to a folder that it is in" in said and "neither a file nor a folder" in said
    assert "not UTF-8" in said and said.count("\n") == 6
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


def test_a_file_that_changes(ours, mine, tmp_path):
    """While its parts go up it is written to: what arrives must never be a mixture that passes for the file."""
    path = write(tmp_path / "f", noise(200 * MIB))
    process = subprocess.Popen(ours.command("cp", path, f"s3://{mine}/f", "--jobs", "1"), env=ours.env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not uploads(ours, mine):
        pass
    with open(path, "r+b") as f:
        f.seek(150 * MIB)
        f.write(b"changed")
    _, err = process.communicate(timeout=120)
    if process.returncode == 0:
        assert ours.run("cat", f"s3://{mine}/f").stdout in (path.read_bytes(), noise(200 * MIB))
    else:
        assert b"it changed on its way" in err and not uploads(ours, mine)


# --- interrupted

def interrupt(cloud, args, delay, how):
    process = subprocess.Popen(cloud.command(*args, "--quiet"), env=cloud.env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, -how), (process.returncode, err)
    return process.returncode


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_run_again(ours, mine, tmp_path, how):
    tree, rnd, rounds = many(tmp_path / "t", 2000 if LONG else 500), random.Random(how), 10 if LONG else 4
    write(tree / "big", noise(60 * MIB))
    stopped = 0
    for i in range(rounds):
        up, back = f"s3://{mine}/{i}", tmp_path / f"back{i}"
        for args in (("sync", tree, up), ("sync", up, back)):
            stopped += interrupt(ours, args, rnd.uniform(0.02, 0.3), how) != 0
            if how == signal.SIGINT:
                assert not uploads(ours, mine)
            if back.exists():
                for name in names_of(back):
                    assert (back / name).read_bytes() == (tree / name).read_bytes(), f"half of {name} is there"
            again = ours.json(*args)
            assert again["failed"] == 0
        assert_same(tree, back)
    assert stopped >= rounds


def test_uploads_are_kept_and_gone_on_with(ours, mine, tmp_path):
    path = write(tmp_path / "f", noise(160 * MIB))
    process = subprocess.Popen(ours.command("cp", path, f"s3://{mine}/f", "--jobs", "1", "--keep"), env=ours.env,
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        found = uploads(ours, mine)
        parts = ours.s3().list_parts(Bucket=mine, Key="f", UploadId=found[0]["UploadId"]) if found else {}
        if len(parts.get("Parts", [])) >= 3:
            break
    process.send_signal(signal.SIGINT)
    process.wait(30)
    kept = uploads(ours, mine)
    assert len(kept) == 1
    before = ours.s3().list_parts(Bucket=mine, Key="f", UploadId=kept[0]["UploadId"])["Parts"]
    assert len(before) >= 3
    path.write_bytes(path.read_bytes()[:9 * MIB] + b"x" + path.read_bytes()[9 * MIB + 1:])  # in the second part
    ours.run("cp", path, f"s3://{mine}/f", "--keep", "--quiet")
    assert not uploads(ours, mine)
    assert ours.run("cat", f"s3://{mine}/f").stdout == path.read_bytes()


def test_a_server_that_goes_away(start_server, tmp_path):
    server = start_server()
    home = tmp_path / "home"
    home.mkdir()
    cloud = Cloud(home, "ours", [], {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": ROOT_KEY.access,
                                     "AWS_SECRET_ACCESS_KEY": ROOT_KEY.secret, "AWS_REGION": REGION})
    cloud.run("mb", "s3://goes-away")
    tree = many(tmp_path / "t", 400)
    write(tree / "z", noise(100 * MIB))
    process = subprocess.Popen(cloud.command("sync", tree, "s3://goes-away", "--quiet", "--jobs", "1"), env=cloud.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not cloud.s3().list_objects_v2(Bucket="goes-away").get("KeyCount"):
        pass
    server.kill()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and b"failed" in err
    server.start()
    cloud.run("sync", tree, "s3://goes-away", "--quiet")
    cloud.run("sync", "s3://goes-away", tmp_path / "back", "--quiet")
    assert_same(tree, tmp_path / "back")
