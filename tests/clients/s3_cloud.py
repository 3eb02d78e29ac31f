"""The toolkit's S3 verbs for tests: a cloud (ours, or moto's), a bucket in it, files to send."""
import json
import os
import random
import socket
import subprocess
import time
import urllib.request
from contextlib import closing

import boto3
import pytest
from botocore.config import Config

from aerostat import AEROSTAT, REGION, ROOT_KEY
from install import python_with

MIB = 1 << 20


class Cloud:
    """A place to go to, and the toolkit pointed at it."""

    def __init__(self, home, name, options, env):
        self.home, self.name, self.options = home, name, options
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.env.update(HOME=str(home), XDG_DATA_HOME=str(home / "xdg"), NO_PROXY="127.0.0.1", LC_ALL="C.UTF-8",
                        AWS_EC2_METADATA_DISABLED="true", ASAN_OPTIONS="exitcode=99", UBSAN_OPTIONS="exitcode=99",
                        **{"AWS_MAX_ATTEMPTS": "2", **env})

    def command(self, *args):
        return [AEROSTAT, "s3", *map(os.fspath, args), *self.options]

    def run(self, *args, rc=0, stdin=b"", **env):
        """rc None: however it ends, so long as it does so by itself."""
        done = subprocess.run(self.command(*args), env={**self.env, **env}, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=300)
        assert done.returncode in ((0, 1, 2) if rc is None else (rc,)), (
            args, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def out(self, *args, **how):
        return self.run(*args, **how).stdout.decode()

    def err(self, *args, rc=1, **how):
        """What it says when it fails: never a stack of lines, never on stdout only."""
        return self.run(*args, rc=rc, **how).stderr.decode(errors="replace")

    def json(self, *args, **how):
        return json.loads(self.out(*args, "--json", **how))

    def lines(self, *args, **how):
        """The list in what is printed."""
        return next(v for v in self.json(*args, **how).values() if isinstance(v, list))

    def s3(self):
        return boto3.session.Session().client(
            "s3", region_name=REGION, endpoint_url=self.env["AWS_ENDPOINT_URL"],
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture(scope="module")
def moto_url(tmp_path_factory):
    program = os.path.join(os.path.dirname(python_with("moto", "moto[server]==5.2.1")), "moto_server")
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(tmp_path_factory.mktemp("moto") / "log", "wb") as log:
        process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(url + "/moto-api/").close()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(params=["ours", "moto"])
def cloud(request, tmp_path, server):
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "ours":
        url, key, secret = server.url, ROOT_KEY.access, ROOT_KEY.secret
    else:
        url, key, secret = request.getfixturevalue("moto_url"), "test", "test"
    return Cloud(home, request.param, [], {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key,
                                           "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION})


@pytest.fixture
def ours(tmp_path, server):
    home = tmp_path / "home"
    home.mkdir()
    return Cloud(home, "ours", [], {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": ROOT_KEY.access,
                                    "AWS_SECRET_ACCESS_KEY": ROOT_KEY.secret, "AWS_REGION": REGION})


@pytest.fixture
def at(tmp_path):
    """at(url): the toolkit pointed there."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return lambda url, **more: Cloud(home, "fake", [], {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIATEST",
                                                       "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
                                                       **more})


@pytest.fixture
def place(cloud, request):
    """A fresh bucket's name, made by mb."""
    name = "tool-" + "".join(random.Random(request.node.name).choices("abcdefgh23456789", k=20))
    assert cloud.out("mb", f"s3://{name}") == f"s3://{name} made\n"
    return name


@pytest.fixture
def mine(ours, request):
    name = "mine-" + "".join(random.Random(request.node.name).choices("abcdefgh23456789", k=20))
    ours.run("mb", name)
    return name


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def noise(n, seed=1):
    return random.Random(seed).randbytes(n)


def many(folder, n, seed=3, top=40000):
    """So many files of mixed size, some by parts."""
    rnd = random.Random(seed)
    for i in range(n):
        size = 9 * MIB + i if i % 2500 == 7 else rnd.choice((0, 1, 100, 4096, rnd.randrange(top)))
        write(folder / f"{i % 37:02d}" / f"{i % 11}" / f"f{i}", rnd.randbytes(size))
    return folder


def uploads(cloud, bucket):
    return cloud.s3().list_multipart_uploads(Bucket=bucket).get("Uploads", [])
