"""What the client suites share: finding a tool or skipping with a reason, running it, and trees with odd names."""
import filecmp
import itertools
import json
import os
import random
import shutil
import subprocess
import sys

import pytest

from aerostat import AEROSTAT, ROOT_KEY

numbers = itertools.count(1)
ODD = ["plain.txt", "two words.txt", "plus+sign.txt", "per%20cent.txt", "100%.txt", "amp&ersand.txt", "a=b.txt",
       "semi;colon", "quote'single", 'quote"double', "hash#tag", "tilde~x", "(brackets) [square] {curly}",
       "comma,at@dollar$", "exclamation!star-less", "öäü-ß.txt", "日本語/ファイル.txt", "emoji-🎈.bin",
       "deep/er/and/deeper/file", ".hidden", "UPPER/lower", "trailing.", "a" * 200]


def skip(why):
    """Not here: with CI=true that is a failure, since CI must have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"skipped: {why}", pytrace=False)
    pytest.skip(f"skipped: {why}")


def tool(name):
    path = shutil.which(name)
    if not path:
        skip(f"{name} is not installed (make deps)")
    return path


def aws_cli(major):
    """The AWS CLI of that major version, wherever it is."""
    for path in (os.path.join(os.path.dirname(sys.executable), "aws"), "/usr/bin/aws", "/usr/local/bin/aws",
                 shutil.which("aws")):
        if path and os.access(path, os.X_OK):
            said = subprocess.run([path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if said.stdout.startswith(f"aws-cli/{major}."):
                return path
    return skip(f"the AWS CLI's version {major} is not here")


class Tool:
    """A command line client with its environment."""

    def __init__(self, command, env):
        self.command, self.env = command, env

    def run(self, *args, rc=0, limit=180):
        """What it says on stdout; its exit status must be rc (None: any but 0). limit: seconds."""
        done = subprocess.run([*self.command, *map(str, args)], env=self.env, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit)
        good = done.returncode != 0 if rc is None else done.returncode == rc
        assert good, f"{args} ended with {done.returncode}: {done.stdout[-2000:]} {done.stderr[-3000:]}"
        return done.stdout if rc == 0 else done.stderr


class Way:
    """How a client is led to a server. tool(command) runs it that way, in a home of its own."""

    def __init__(self, name, server, home):
        self.name, self.server, self.home = name, server, home

    def env(self, key=ROOT_KEY, **more):
        env = self.server.cli_env(self.home, key, **more)
        if self.name == "transparent":
            del env["AWS_ENDPOINT_URL"]
        return env

    def tool(self, *command, key=ROOT_KEY, **more):
        if self.name == "transparent":
            command = [AEROSTAT, "run", "--data", self.server.data, "--", *command]
        return Tool([*command], self.env(key, **more))

    def bucket(self):
        """A name that no other test has."""
        return f"{self.name}-{os.getpid()}-{next(numbers)}"


def make_tree(folder, names=(), seed=1):
    """Small files of the odd names, an empty one and one of 20 MB."""
    rnd = random.Random(seed)
    for name in names or ODD:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(rnd.randbytes(rnd.randrange(1, 5000)))
    open(os.path.join(folder, "empty"), "wb").close()
    with open(os.path.join(folder, "big.bin"), "wb") as f:
        f.write(rnd.randbytes(20 << 20))
    return folder


def names_of(folder):
    return sorted(os.path.relpath(os.path.join(at, n), folder) for at, _, names in os.walk(folder) for n in names)


def assert_same(a, b):
    assert names_of(a) == names_of(b)
    bad = [n for n in names_of(a) if not filecmp.cmp(os.path.join(a, n), os.path.join(b, n), shallow=False)]
    assert not bad, f"these differ: {bad}"


def run_step(way, command, step, folder):
    """One step of an SDK's program (programs/): it checks what it does itself, but presigned addresses are tried by
    curl here, and what an account is called is known here."""
    tree = make_tree(folder / "tree", ["small"])
    (tree / "keys.json").write_text(json.dumps(ODD + ["double//slash", "./dot", "a/../b", "space at end "]))
    said = way.tool(*command).run(step, way.bucket(), tree).splitlines()
    if step == "whoami":
        assert said == ["123456789012"]
    if step == "presign":
        curl = way.tool(tool("curl"), "-sS", "--fail")
        curl.run("-T", tree / "small", said[0])
        curl.run("-o", folder / "got", said[1])
        assert (folder / "got").read_bytes() == (tree / "small").read_bytes()
