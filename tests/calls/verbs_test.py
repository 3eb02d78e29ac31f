"""The toolkit's verbs for the server: up, down, status, env, clock, logs, fsck; and what they say when they cannot."""
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import tempfile

import boto3
import pytest

from aerostat import AEROSTAT, AEROSTATD

# The toolkit starts the server that stands beside it.
PAIR = os.path.dirname(os.path.abspath(AEROSTATD)) == os.path.dirname(os.path.abspath(AEROSTAT))
pytestmark = pytest.mark.skipif(not PAIR, reason="toolkit and server come from different builds")


class Cloud:
    def __init__(self, folder):
        self.data = str(folder / "data")

    def run(self, *args, rc=0):
        done = subprocess.run([AEROSTAT, *args, "--data", self.data], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == rc, (args, done)
        return done

    def env(self):
        return json.loads(self.run("env", "--json").stdout)

    def client(self, service):
        e = self.env()
        return boto3.client(service, endpoint_url=e["AWS_ENDPOINT_URL"], region_name=e["AWS_REGION"],
                            aws_access_key_id=e["AWS_ACCESS_KEY_ID"], aws_secret_access_key=e["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture
def cloud(tmp_path):
    c = Cloud(tmp_path)
    c.run("up", "--port", "0")
    yield c
    subprocess.run([AEROSTAT, "down", "--data", c.data], capture_output=True, timeout=60)


def test_up_prints_what_a_user_needs(tmp_path):
    c = Cloud(tmp_path)
    out = c.run("up", "--port", "0").stdout
    try:
        assert "is up at http://127.0.0.1:" in out and "AWS_SECRET_ACCESS_KEY=" in out and "aerostat env" in out
        assert os.stat(c.data).st_mode & 0o777 == 0o700
    finally:
        c.run("down")


def test_state_survives_down_and_up(cloud):
    who = cloud.client("sts").get_caller_identity()
    assert who["Arn"] == "arn:aws:iam::123456789012:root" and who["Account"] == "123456789012"
    keys = cloud.env()
    cloud.client("s3").create_bucket(Bucket="survivor")
    cloud.run("down")
    cloud.run("up", "--port", "0")
    assert [b["Name"] for b in cloud.client("s3").list_buckets()["Buckets"]] == ["survivor"]
    assert cloud.env()["AWS_SECRET_ACCESS_KEY"] == keys["AWS_SECRET_ACCESS_KEY"]


def test_second_up_is_one_sentence(cloud):
    done = cloud.run("up", "--port", "0", rc=1)
    assert done.stderr.count("\n") == 1 and "already up" in done.stderr


def test_second_server_on_the_same_folder(cloud):
    done = subprocess.run([AEROSTATD, "--data", cloud.data, "--port", "0"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and cloud.data in done.stderr
    cloud.run("status")


def test_port_in_use_is_one_sentence(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        done = Cloud(tmp_path).run("up", "--port", str(port), rc=1)
    assert done.stderr.count("\n") == 1 and f"port {port}" in done.stderr and "in use" in done.stderr


def test_data_of_a_newer_version_is_one_sentence(cloud):
    cloud.run("down")
    with sqlite3.connect(os.path.join(cloud.data, "aerostat.db")) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    done = cloud.run("up", "--port", "0", rc=1)
    assert done.stderr.count("\n") == 1 and "newer" in done.stderr


def test_not_up_is_one_sentence(tmp_path):
    assert "no cloud" in Cloud(tmp_path).run("fsck", rc=1).stderr
    for verb in ("status", "down", "env", "clock"):
        done = Cloud(tmp_path).run(verb, rc=1)
        assert done.stderr.count("\n") == 1 and "not up" in done.stderr and done.stdout == ""


def test_status(cloud):
    s = json.loads(cloud.run("status", "--json").stdout)
    assert s["region"] == "us-east-1" and s["account"] == "123456789012" and s["data"] == os.path.realpath(cloud.data)
    text = cloud.run("status").stdout
    assert s["url"] in text and str(s["pid"]) in text


def test_env_points_a_shell_at_it(cloud):
    script = 'eval "$("$1" env --data "$2")" && echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_REGION $AWS_DATA_PATH"'
    out = subprocess.run(["sh", "-c", script, "sh", AEROSTAT, cloud.data], capture_output=True, text=True, check=True)
    url, key, region, extras = out.stdout.split()
    assert url.startswith("http://127.0.0.1:") and key.startswith("AKIA") and region == "us-east-1"
    assert os.path.exists(os.path.join(extras, "s3/2006-03-01/service-2.sdk-extras.json"))


def test_env_is_quoted_for_the_shell_and_for_json(tmp_path):
    folder = tempfile.TemporaryDirectory(prefix="""it's "$(touch here)" """)  # short: it holds a socket
    c = Cloud(pathlib.Path(folder.name))
    c.run("up", "--port", "0")
    try:
        script = c.run("env").stdout + 'printf %s "$AWS_DATA_PATH"'
        said = subprocess.run(["sh", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
        assert said.stdout == c.data + "/botocore" == c.env()["AWS_DATA_PATH"]
    finally:
        c.run("down")
        folder.cleanup()


def test_an_address_of_ipv6_makes_a_url(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    c = Cloud(tmp_path)
    c.run("up", "--port", "0", "--listen", "::1")
    try:
        url = json.loads(c.run("status", "--json").stdout)["url"]
        assert url.startswith("http://[::1]:") and url == c.env()["AWS_ENDPOINT_URL"]
        assert c.client("sts").get_caller_identity()["Account"] == "123456789012"
    finally:
        c.run("down")


def test_a_region_is_one(tmp_path):
    assert "--region" in Cloud(tmp_path).run("up", "--port", "0", "--region", 'x"y', rc=2).stderr


def test_clock_moves_what_the_service_dates_and_not_signatures(cloud):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="before")
    cloud.run("clock", "advance", "90d")
    s3.create_bucket(Bucket="after")
    made = {b["Name"]: b["CreationDate"] for b in s3.list_buckets()["Buckets"]}
    assert 89 < (made["after"] - made["before"]).total_seconds() / 86400 < 91
    c = json.loads(cloud.run("clock", "--json").stdout)
    assert c["offsetSeconds"] == 90 * 86400
    cloud.run("down")
    cloud.run("up", "--port", "0")
    assert json.loads(cloud.run("clock", "--json").stdout)["offsetSeconds"] == 90 * 86400
    cloud.run("clock", "set", "2031-01-31T12:00:00Z")
    assert "2031-01-31T12:00" in cloud.run("clock").stdout
    cloud.run("clock", "reset")
    assert json.loads(cloud.run("clock", "--json").stdout)["offsetSeconds"] == 0


@pytest.mark.parametrize("args", [("advance", "90"), ("advance", "-1d"), ("set", "yesterday"),
                                  ("advance", "99999999w")])
def test_clock_refuses_in_a_sentence(cloud, args):
    done = cloud.run("clock", *args, rc=1)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("args", [("frobnicate",), ("clock", "sideways"), ("status", "extra"), ("logs", "-x")])
def test_wrong_usage_is_2(tmp_path, args):
    Cloud(tmp_path).run(*args, rc=2)


def test_logs_and_fsck(cloud):
    assert "serves http://" in cloud.run("logs").stdout
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"x" * 1000)
    s3.put_object(Bucket="bucket", Key="large", Body=b"y" * 1000000)
    f = json.loads(cloud.run("fsck", "--json").stdout)
    assert f == {"bodies": 2, "bytes": 1001000, "missing": 0, "torn": 0, "orphans": 0, "unowned": 0}
    cloud.run("down")
    assert json.loads(cloud.run("fsck", "--json").stdout) == f
    assert "2 bodies" in cloud.run("fsck").stdout
    body = next(p for p in pathlib.Path(cloud.data, "bodies").rglob("*") if p.is_file())
    body.write_bytes(b"z" + body.read_bytes()[1:])
    assert json.loads(cloud.run("fsck", "--json", rc=1).stdout)["torn"] == 1


def test_wrong_option_of_up_is_told(tmp_path):
    assert "prot" in Cloud(tmp_path).run("up", "--prot", "1", rc=2).stderr
    assert "--port" in Cloud(tmp_path).run("up", "--port", "70000", rc=2).stderr


def test_a_folder_with_a_long_and_odd_name(tmp_path):
    c = Cloud(tmp_path)
    c.data = str(tmp_path / ("it's a folder, " + "long " * 30) / "data")
    c.run("up", "--port", "0")
    try:
        assert c.client("sts").get_caller_identity()["Account"] == "123456789012"
        script = 'eval "$("$1" env --data "$2")" && echo "$AWS_DATA_PATH"'
        out = subprocess.run(["sh", "-c", script, "sh", AEROSTAT, c.data], capture_output=True, text=True, check=True)
        assert out.stdout == c.data + "/botocore\n"
    finally:
        c.run("down")


def test_help_names_every_verb():
    out = subprocess.run([AEROSTAT, "help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for verb in ("up", "down", "status", "env", "logs", "clock", "fsck", "version"):
        assert verb in out


@pytest.mark.parametrize("verb", "up down status env logs clock fsck run shell".split())
def test_help_where_it_is_asked_for(verb):
    def say(*args):
        return subprocess.run([AEROSTAT, *args], stdout=subprocess.PIPE, text=True, check=True).stdout

    assert say(verb, "--help") == say(verb, "-h") == say("help", verb) and f"aerostat {verb}" in say(verb, "-h")
