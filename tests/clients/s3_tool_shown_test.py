"""What aerostat s3 shows: a line about progress on a terminal only, one object with --json; what a dry run does not
do; and how little memory long listings take."""
import os
import pty
import re
import subprocess
import threading

import pytest

from aerostat import AEROSTAT
from fake_s3 import fake, forward, listing
from s3_cloud import MIB, Cloud, cloud, many, mine, moto_url, noise, ours, place, uploads, write  # noqa: F401
from session import make_tree, names_of


def on_terminal(cloud, *args, columns=100, env=None):
    """What it says when stderr is a terminal, and on stdout."""
    ours_end, its_end = pty.openpty()
    subprocess.run(["stty", "columns", str(columns)], stdin=its_end, check=True)
    process = subprocess.Popen(cloud.command(*args), env={**cloud.env, **(env or {})}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=its_end)
    os.close(its_end)
    out = []
    reader = threading.Thread(target=lambda: out.append(process.stdout.read().decode()))
    reader.start()
    said = b""
    try:
        while piece := os.read(ours_end, 65536):
            said += piece
    except OSError:  # the other end is closed
        pass
    reader.join()
    os.close(ours_end)
    process.stdout.close()
    assert process.wait(60) == 0, said
    return said.decode(), out[0]


LINE = re.compile(r"\r([\d.]+ [KMG]?i?B|\d+ bytes) of [\d.]+ \w+( so far)?, \d+ of \d+ files"
                  r"(, [\d.]+ \w+/s)?(, [\d:]+ left)?\x1b\[K")


@pytest.fixture
def slow(ours):
    """The server, seen through a line that takes its time."""
    with fake(forward(ours.env["AWS_ENDPOINT_URL"]), lambda ask: threading.Event().wait(0.15)) as (url, _):
        yield url


def test_progress_on_a_terminal(ours, mine, tmp_path, slow):
    tree = many(tmp_path / "t", 60)
    args = ("sync", tree, f"s3://{mine}", "--jobs", "4")
    said, _ = on_terminal(ours, *args, env={"AWS_ENDPOINT_URL": slow})
    drawn = LINE.findall(said)
    assert len(drawn) >= 3, said
    assert any(rate for _, _, rate, _ in drawn) and any(left for _, _, _, left in drawn), said
    assert said.endswith("\r\x1b[K")  # and it is wiped
    said, out = on_terminal(ours, *args[:2], f"s3://{mine}/narrow", "--jobs", "4", columns=30,
                            env={"AWS_ENDPOINT_URL": slow})
    assert all(len(line) < 30 for line in re.findall(r"\r([^\r\x1b]*)\x1b\[K", said))
    assert out.count(" -> ") == 61 or out.count(" -> ") == 60


def test_silence_elsewhere(ours, mine, tmp_path, slow):
    tree = many(tmp_path / "t", 20)
    done = ours.run("sync", tree, f"s3://{mine}", "--jobs", "2", AWS_ENDPOINT_URL=slow)
    assert b"\r" not in done.stderr + done.stdout and b" of " not in done.stderr
    assert done.stderr == f"at {slow}, region us-east-1\n".encode() and done.stdout.count(b" -> ") == 20
    done = ours.run("sync", tree, f"s3://{mine}/2", "--quiet", "--jobs", "2", AWS_ENDPOINT_URL=slow)
    assert done.stdout == b"" and done.stderr.count(b"\n") == 1
    assert "\r" not in on_terminal(ours, "sync", tree, f"s3://{mine}/3", "--quiet",
                                   env={"AWS_ENDPOINT_URL": slow})[0].replace("\r\n", "")


def test_json_is_one_object(cloud, place, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c"])
    size = sum(os.path.getsize(tree / n) for n in names_of(tree))
    nothing = {"found": 0, "deleted": 0, "unverified": 0, "kept": 0, "failed": 0, "dryRun": False, "interrupted": False,
               "errors": [], "files": 0, "bytes": 0}
    assert cloud.json("sync", tree, f"s3://{place}") == {**nothing, "files": 4, "bytes": size, "found": 4}
    assert cloud.json("sync", tree, f"s3://{place}") == nothing
    assert cloud.json("sync", f"s3://{place}", tmp_path / "d", "--dry-run") == {**nothing, "found": 4, "dryRun": True}
    got = cloud.json("cp", f"s3://{place}/none", tmp_path / "d/", rc=1)
    assert got == {**nothing, "failed": 1, "errors": [f"There is no object s3://{place}/none."]}
    assert cloud.json("rm", "-r", f"s3://{place}") == {**nothing, "found": 4, "deleted": 4}


def test_a_dry_run_only_looks(ours, mine, tmp_path):
    tree = make_tree(tmp_path / "t", ["a", "b/c"])
    ours.run("sync", tree, f"s3://{mine}/have", "--quiet")
    (tree / "b/c").write_bytes(b"another")
    write(tmp_path / "d/extra", b"1")
    before = names_of(tmp_path)
    with fake(forward(ours.env["AWS_ENDPOINT_URL"])) as (url, asked):
        for args in (("sync", tree, f"s3://{mine}/have", "--delete"), ("cp", "-r", tree, f"s3://{mine}"),
                     ("sync", f"s3://{mine}/have", tmp_path / "d", "--delete"), ("rm", "-r", f"s3://{mine}"),
                     ("mv", f"s3://{mine}/have/a", f"s3://{mine}/z"), ("mv", tree / "a", f"s3://{mine}/z")):
            assert "would go" in ours.out(*args, "--dry-run", AWS_ENDPOINT_URL=url)
    assert {a.method for a in asked} == {"GET", "HEAD"} and not [a for a in asked if a.method == "GET" and a.key]
    assert names_of(tmp_path) == before and len(ours.lines("ls", "-r", f"s3://{mine}")) == 4


def peak(cloud, *args, url):
    """Its largest size in MiB, looked at until its end. (What wait4 tells has begun with this process's own size.)"""
    most = 0
    with open(os.devnull, "wb") as null:
        process = subprocess.Popen(cloud.command(*args), env={**cloud.env, "AWS_ENDPOINT_URL": url}, stdout=null)
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
            most = max([most, *(int(line.split()[1]) for line in f if line.startswith("VmHWM"))])
    assert process.returncode == 0
    return most / 1024


def test_long_listings_take_no_memory(ours, tmp_path, long):
    """A million keys (with --long) on both sides."""
    pages = 1000 if long else 50
    with open(AEROSTAT, "rb") as f:
        if b"__asan_init" in f.read():
            pytest.skip("skipped: a sanitizer needs memory of its own")

    def answer(ask):
        i = int(ask.query.get("continuation-token", "0"))
        return listing([(f"folder/{i:05}/{k:04}-a-name-of-some-length", 1) for k in range(1000)],
                       token=str(i + 1) if i + 1 < pages else None)

    with fake(answer) as (url, asked):
        assert peak(ours, "sync", "s3://from-here", "s3://to-there", url=url) < 40
        assert peak(ours, "sync", "s3://from-here", tmp_path / "d", "--dry-run", "--quiet", url=url) < 40
        assert peak(ours, "rm", "-r", "s3://from-here", "--dry-run", "--quiet", url=url) < 40
    assert len(asked) == 4 * pages
