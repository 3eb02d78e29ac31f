"""aws s3 sync of many files there and back, whole and interrupted, and a file of 4 GiB by parts."""
import hashlib
import os
import random
import re
import signal
import subprocess
import time

import pytest

from session import Way, assert_same, aws_cli, names_of

SPAN = 1 << 20
LEFT = re.compile(r"\.[0-9A-Fa-f]{8}$")  # how the CLI names a download that is not complete


@pytest.fixture(params=["transparent", pytest.param("endpoint", marks=pytest.mark.long)])
def aws(request, start_server, tmp_path):
    way = Way(request.param, start_server(), tmp_path)
    t = way.tool(aws_cli(1))
    t.server, t.url = way.server, f"s3://{way.bucket()}"
    t.run("s3", "mb", t.url)
    return t


def mixed_files(folder, count, seed):
    """Mostly small ones, in folders of a hundred; one in 500 has parts."""
    rnd, block = random.Random(seed), random.Random(seed).randbytes(SPAN)
    for i in range(count):
        os.makedirs(folder / f"{i // 100:03}", exist_ok=True)
        size = rnd.randrange(9 << 20, 12 << 20) if i % 500 == 250 else int(2 ** rnd.uniform(0, 16)) - 1
        at = rnd.randrange(SPAN)
        with open(folder / f"{i // 100:03}" / f"file {i}.bin", "wb") as f:
            f.write((block[at:] + block * (size // SPAN + 1))[:size])
    return folder


def sync(aws, source, target, *more):
    return aws.run("s3", "sync", "--no-progress", *more, source, target, limit=1800)


def test_many_files_there_and_back(aws, tmp_path, long):
    tree = mixed_files(tmp_path / "tree", 10_000 if long else 600, seed=5)
    assert sync(aws, tree, aws.url).count("upload:") == len(names_of(tree))
    assert sync(aws, tree, aws.url) == ""
    sync(aws, aws.url, tmp_path / "back", "--only-show-errors")
    assert_same(tree, tmp_path / "back")
    assert sync(aws, aws.url, tmp_path / "back") == ""


@pytest.mark.long
def test_four_gibibytes(aws, tmp_path):
    """Every MiB of it is another one."""
    block, up, down = os.urandom(SPAN), hashlib.sha256(), hashlib.sha256()
    with open(tmp_path / "huge", "wb") as f:
        for i in range(4096):
            piece = i.to_bytes(8, "big") + block[8:]
            up.update(piece)
            f.write(piece)
    aws.run("s3", "cp", "--only-show-errors", tmp_path / "huge", f"{aws.url}/huge", limit=1800)
    command = [*aws.command, "s3", "cp", f"{aws.url}/huge", "-"]
    with subprocess.Popen(command, env=aws.env, stdout=subprocess.PIPE) as process:
        while piece := process.stdout.read(SPAN):
            down.update(piece)
    assert process.returncode == 0 and down.digest() == up.digest()
    tag = aws.run("s3api", "head-object", "--bucket", aws.url[5:], "--key", "huge", "--query", "ETag")
    assert tag.strip().strip('"\\').endswith("-512")


def interrupt(aws, how, moment, *words):
    """Ends a sync at that moment after its start by a signal to it, or by one to the server, which comes up again.
    False: it was over before."""
    with subprocess.Popen([*aws.command, "s3", "sync", "--only-show-errors", *map(str, words)], env=aws.env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(moment)
            return False
        except subprocess.TimeoutExpired:
            pass
        if how == "server":
            aws.server.kill()
            aws.server.start()
        else:
            process.send_signal(how)
        process.wait(120)
    return True


def test_interrupted_and_run_again(aws, tmp_path, long):
    rounds, seed = 20 if long else 3, random.randrange(1 << 30)
    print(f"seed {seed}")  # pytest shows it if this fails
    tree, rnd = mixed_files(tmp_path / "tree", 300, seed=7), random.Random(seed)
    (tree / "big.bin").write_bytes(rnd.randbytes(50 * SPAN))
    begun, cut = time.monotonic(), 0
    sync(aws, tree, f"{aws.url}/whole")
    span = time.monotonic() - begun
    for i in range(rounds):
        how = (signal.SIGINT, signal.SIGKILL, "server")[i % 3]
        there, back = f"{aws.url}/round{i}", tmp_path / f"back{i}"
        cut += interrupt(aws, how, rnd.uniform(0.3, span), tree, there)
        sync(aws, tree, there)
        cut += interrupt(aws, how, rnd.uniform(0.3, span), there, back)
        sync(aws, there, back)
        for name in names_of(back):
            if LEFT.search(name) and how == signal.SIGKILL:
                os.remove(back / name)
        assert_same(tree, back)
        aws.run("s3", "rm", "--recursive", "--only-show-errors", there)
    assert cut > rounds / 2
