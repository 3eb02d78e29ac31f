"""Where aerostat s3 goes, and as whom: as the AWS CLI finds it, and never to a live account by accident. Every source
of keys against our own server, or a small one of the test's. Nobody here has rights, so refusals tell who asked."""
import datetime
import http.server
import json
import os
import re
import subprocess
import sys
import threading

import pytest

from aerostat import AEROSTAT, ALICE_KEY, REGION, ROOT_KEY
from s3_cloud import Cloud, noise, write

MIB = 1 << 20
ARN = "arn:aws:iam::123456789012:"


def trust(principal, **condition):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition}]})


class User(Cloud):
    """A user with files in ~/.aws and an environment of nothing but what a test says."""

    def __init__(self, home, **env):
        super().__init__(home, "user", [], {"AWS_MAX_ATTEMPTS": "1", **env})
        (home / ".aws").mkdir(parents=True)

    def config(self, *lines, name="config"):
        write(self.home / ".aws" / name, "\n".join(lines + ("",)).encode("utf-8", "surrogateescape"))

    def who(self, *options, **env):
        said = self.err("ls", *options, **env)
        found = re.search(r"User: (\S+) is not authorized to perform: s3:ListAllMyBuckets", said)
        assert found, said
        return found[1]


@pytest.fixture(scope="module")
def people(server):
    """Roles and a user without any rights."""
    iam = server.client("iam")
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=trust("123456789012"))
    iam.create_role(RoleName="two", AssumeRolePolicyDocument=trust(ARN + "role/one"))
    iam.create_role(RoleName="strict", AssumeRolePolicyDocument=trust(
        "123456789012", StringEquals={"sts:ExternalId": "ticket-7"}))
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    return {"access": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


@pytest.fixture
def user(tmp_path, server, people):
    user = User(tmp_path / "home", AWS_ENDPOINT_URL=server.url)
    user.people = people
    user.root = f"aws_access_key_id = {ROOT_KEY.access}\naws_secret_access_key = {ROOT_KEY.secret}"
    user.alice = f"aws_access_key_id = {ALICE_KEY.access}\naws_secret_access_key = {ALICE_KEY.secret}"
    user.nobody = f"aws_access_key_id = {people['access']}\naws_secret_access_key = {people['secret']}"
    return user


# --- nothing by accident

class Listener:
    """A server of one handler, as long as the block lasts."""

    def listen(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Alarm(Listener):
    """A proxy to the outside: whoever comes by is noted, and gets nothing."""

    def __init__(self):
        alarm = self
        self.calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self):
                alarm.calls.append(self.rfile.readline())
                self.close_connection = True

        self.listen(Handler)


def test_nothing_reaches_a_live_account_by_accident(tmp_path):
    """Keys everywhere, and yet the local cloud; --aws is what leads there, and then it does."""
    keys = "aws_access_key_id = AKIAQQQQQQQQQQQQQQQQ\naws_secret_access_key = live"
    with Alarm() as alarm:
        user = User(tmp_path / "home", HTTPS_PROXY=alarm.url, HTTP_PROXY=alarm.url, AWS_REGION="eu-west-1")
        user.config("[default]", keys, name="credentials")
        user.config("[default]", "region = eu-west-1", "endpoint_url = https://s3.eu-west-1.amazonaws.com",
                    "[profile live]", keys)
        data = ["--data", tmp_path / "data"]
        subprocess.run([AEROSTAT, "up", "--port", "0", *data], env=user.env, check=True, stdout=subprocess.DEVNULL)
        try:
            for env in ({}, {"AWS_PROFILE": "live"}, {"AWS_DEFAULT_PROFILE": "live"},
                        {"AWS_ACCESS_KEY_ID": "AKIAQQQQQQQQQQQQQQQQ", "AWS_SECRET_ACCESS_KEY": "live"},
                        {"AWS_ENDPOINT_URL": "https://s3.amazonaws.com", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
                        {"AWS_ENDPOINT_URL_IAM": "https://iam.amazonaws.com"}):
                user.run("mb", "s3://is-local", *data, **env)
                user.run("rb", "s3://is-local", *data, **env)
                assert user.run("ls", *data, **env).stderr == b""
            assert not alarm.calls
            said = user.err("mb", "s3://is-not", *data, "--aws", "--profile", "live")
            assert said.startswith("on AWS, account ") and "region eu-west-1, profile live\n" in said
            assert alarm.calls and alarm.calls[0].startswith(b"CONNECT s3.eu-west-1.amazonaws.com:443 ")
        finally:
            subprocess.run([AEROSTAT, "down", *data], env=user.env, check=True, stdout=subprocess.DEVNULL)


def test_what_reads_at_aws_says_nothing_first(tmp_path):
    with Alarm() as alarm:
        user = User(tmp_path / "home", HTTPS_PROXY=alarm.url, AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="s")
        assert user.err("ls", "--aws").startswith("aerostat: ")
        assert "on AWS, region us-east-1\n" in user.err("rm", "s3://b/k", "--aws")


# --- endpoints

def test_where_the_endpoint_is_found(user, server):
    """A service's variable, the variable for all, the profile's services section, its endpoint_url."""
    nowhere, url = "http://127.0.0.1:1", server.url
    env = {"AWS_ENDPOINT_URL": ""}
    user.config("[profile plain]", user.root, f"endpoint_url = {url}",
                "[profile served]", user.root, f"endpoint_url = {nowhere}", "services = mine",
                "[services mine]", "iam =", f"  endpoint_url = {nowhere}", "s3 =", f"  endpoint_url = {url}",
                "[profile away]", user.root, f"endpoint_url = {nowhere}")
    for options, more in ((["--profile", "plain"], {}), (["--profile", "served"], {}),
                          (["--profile", "away"], {"AWS_ENDPOINT_URL": url}),
                          (["--profile", "away"], {"AWS_ENDPOINT_URL": nowhere, "AWS_ENDPOINT_URL_S3": url}),
                          (["--profile", "away", "--endpoint-url", url], {"AWS_ENDPOINT_URL": nowhere}),
                          (["--profile", "away", "--endpoint-url", url, "--aws"], {}),
                          ([], {"AWS_ENDPOINT_URL_S3": url, "AWS_PROFILE": "away"})):
        user.run("ls", *options, **{**env, **more})
    assert "does not answer" in user.err("ls", "--profile", "away", **env)
    said = user.err("ls", "--profile", "served", "--aws", **env)
    assert "belongs to http://127.0.0.1:1, so --aws does not go with it" in said
    assert user.run("rm", "s3://no/k", "--profile", "plain", rc=1, **env).stderr.decode().startswith(
        f"at {url}, region {REGION}, profile plain\n")


# --- files

def test_files_are_found_where_they_are_said_to_be(user, tmp_path):
    write(tmp_path / "elsewhere/c", f"[default]\n{user.nobody}\n[other]\n{user.root}\n".encode())
    write(tmp_path / "elsewhere/d", b"[profile other]\r\nregion = eu-central-1\r\n")
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "elsewhere/c"),
           "AWS_CONFIG_FILE": str(tmp_path / "elsewhere/d")}
    assert user.who(**env) == ARN + "user/nobody"
    assert "region eu-central-1, profile other" in user.run("mb", "s3://found-elsewhere", AWS_PROFILE="other",
                                                             **env).stderr.decode()
    user.run("rb", "s3://found-elsewhere", AWS_PROFILE="other", **env)
    assert user.who(**env, AWS_PROFILE="other", AWS_ACCESS_KEY_ID=user.people["access"],
                    AWS_SECRET_ACCESS_KEY=user.people["secret"]) == ARN + "user/nobody"
    assert "There is no profile x in" in user.err("ls", "--profile", "x", **env)
    assert "AWS_SECRET_ACCESS_KEY is not" in user.err("ls", AWS_ACCESS_KEY_ID="A", **env)


def test_no_keys_anywhere(user):
    said = user.err("ls")
    assert said.startswith("aerostat: There are no keys") and "--profile NAME" in said and said.count("\n") == 1


# --- roles

def test_roles(user):
    user.config("[default]", user.alice,
                "[profile one]", f"role_arn = {ARN}role/one", "source_profile = default", "role_session_name = sess",
                "duration_seconds = 900",
                "[profile two]", f"role_arn = {ARN}role/two", "source_profile = one",
                "[profile strict]", f"role_arn = {ARN}role/strict", "source_profile = default",
                "external_id = ticket-7",
                "[profile wrong]", f"role_arn = {ARN}role/strict", "source_profile = default", "external_id = ticket-8",
                "[profile env]", f"role_arn = {ARN}role/one", "credential_source = Environment",
                "[profile itself]", f"role_arn = {ARN}role/one", "source_profile = itself", user.alice)
    sts = "arn:aws:sts::123456789012:assumed-role/"
    assert user.who("--profile", "one") == sts + "one/sess"
    assert user.who("--profile", "two") == sts + "two/aerostat"
    assert user.who("--profile", "strict") == sts + "strict/aerostat"
    assert user.who("--profile", "itself") == sts + "one/aerostat"
    assert user.who("--profile", "env", AWS_ACCESS_KEY_ID=ALICE_KEY.access,
                    AWS_SECRET_ACCESS_KEY=ALICE_KEY.secret) == sts + "one/aerostat"
    assert "role/strict cannot be assumed: " in user.err("ls", "--profile", "wrong")
    assert "from the environment, and there are none" in user.err("ls", "--profile", "env")


REFUSED = {
    "loop": ("role_arn = r\nsource_profile = loop2", "leads by its source_profile back to loop:"),
    "loop2": ("role_arn = r\nsource_profile = loop", "back to loop2:"),
    "self": ("role_arn = r\nsource_profile = self", "back to self:"),
    "lost": ("role_arn = r\nsource_profile = nobody-there", "which is not there"),
    "both": ("role_arn = r\nsource_profile = loop\ncredential_source = Environment", "take one"),
    "moon": ("role_arn = r\ncredential_source = Moon", "Environment, Ec2InstanceMetadata or EcsContainer"),
    "short": ("role_arn = r\nsource_profile = default\nduration_seconds = 10", "from 900 to 43200"),
    "mfa": ("role_arn = r\nsource_profile = default\nmfa_serial = m", "MFA"),
    "sso": ("sso_session = corp", "export-credentials"),
    "sso2": ("sso_start_url = https://x", "export-credentials"),
    "web": ("role_arn = r\nweb_identity_token_file = /t", "export-credentials"),
    "half": ("aws_access_key_id = A", "has no aws_secret_access_key"),
    "bad": ("region = ../../x\naws_access_key_id = A\naws_secret_access_key = s", "is no region"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_profiles_that_lead_nowhere(user, name):
    user.config("[default]", user.root, *(f"[profile {n}]\n{text}" for n, (text, _) in REFUSED.items()))
    said = user.err("ls", "--profile", name)
    assert REFUSED[name][1] in said and said.count("\n") == 1 and said.endswith(".\n")


def test_web_identity_of_the_environment(user):
    assert "web identity" in user.err("ls", AWS_WEB_IDENTITY_TOKEN_FILE="/t", AWS_ROLE_ARN="r")


# --- programs

def program(user, body):
    return write(user.home / "bin dir" / "keys.py", body.encode())


def test_credential_process(user):
    keys = {"Version": 1, "AccessKeyId": user.people["access"], "SecretAccessKey": user.people["secret"]}
    script = program(user, f"import json, sys\nassert sys.argv[1:] == ['a b', 'c\"d', '$HOME', ''], sys.argv\n"
                           f"print(json.dumps({keys!r}))\n")
    user.config("[profile p]", f"""credential_process = "{sys.executable}" '{script}' a\\ b "c\\"d" '$HOME' "" """)
    assert user.who("--profile", "p") == ARN + "user/nobody"


@pytest.mark.parametrize("line, word", [
    ("/no/such/program", "cannot be run: /no/such/program: No such file or directory"),
    ("false", "has failed with 1"), ("sh -c 'kill -9 $$'", "was ended by signal 9"),
    ("true", "does not give JSON"), ("echo {}", "gives no AccessKeyId"), ("echo 'x", "a quote has no end"),
    ("yes", "prints more than keys"), ("""echo '{"AccessKeyId":"A","SecretAccessKey":"s"}'""", "Version 1"),
    ("""echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"}'""", "is no time"),
    ("""echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2001-01-01T00:00:00Z"}'""",
     "have expired already"),
])
def test_credential_processes_that_fail(user, line, word):
    user.config("[profile p]", f"credential_process = {line}")
    said = user.err("ls", "--profile", "p")
    assert word in said and said.count("\n") == 1


def test_keys_are_renewed_in_time(user, server):
    """Keys that last for two seconds, and an upload that takes longer: it asks for new ones, but not for every call."""
    given = server.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    keys = {"Version": 1, **{k: given[k] for k in ("AccessKeyId", "SecretAccessKey", "SessionToken")}}
    count = user.home / "count"
    script = program(user, f"""
import datetime, json
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
open({str(count)!r}, "a").write("x")
print(json.dumps(dict({keys!r}, Expiration=end.isoformat())))
""")
    user.config("[profile p]", f"credential_process = '{sys.executable}' '{script}'")
    user.run("mb", "s3://renewed", "--profile", "p")
    count.unlink()
    parts = [noise(8 * MIB, i) for i in range(4)]
    with subprocess.Popen(user.command("cp", "-", "s3://renewed/k", "--profile", "p"), env=user.env,
                          stdin=subprocess.PIPE) as child:
        for part in parts:
            child.stdin.write(part)
            child.stdin.flush()
            threading.Event().wait(0.8)
    assert child.returncode == 0 and 2 <= len(count.read_text()) <= 5
    assert user.run("cat", "s3://renewed/k", "--profile", "p").stdout == b"".join(parts)


# --- containers and instances

class Metadata(Listener):
    """The service of a container or an instance. version: 1, 2 or "both"."""

    def __init__(self, people, version="both", role="the role", token=None, code="Success", life=3600):
        outer = self
        self.calls, self.token, self.version, self.role = [], token, version, role
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=life)
        self.keys = json.dumps({"Code": code, "Message": "no\x1b[2J", "AccessKeyId": people["access"],
                                "SecretAccessKey": people["secret"],
                                "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ")})

        class Handler(http.server.BaseHTTPRequestHandler):
            def say(self, status, text=""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_PUT(self):
                outer.calls.append(("PUT", self.path))
                good = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "21600"
                self.say(404 if outer.version == 1 else 200 if good else 400, "TOKEN")

            def do_GET(self):
                outer.calls.append(("GET", self.path))
                roles = "/latest/meta-data/iam/security-credentials/"
                if outer.version == 2 and self.headers.get("X-aws-ec2-metadata-token") != "TOKEN":
                    self.say(401)
                elif outer.token and self.headers.get("Authorization") != outer.token:
                    self.say(403)
                elif self.path == roles:
                    self.say(200 if outer.role else 404, outer.role + "\n")
                elif self.path in (roles + "the%20role", "/creds"):
                    self.say(200, outer.keys)
                else:
                    self.say(404)

            def log_message(self, *args):
                pass

        self.listen(Handler)


def imds(url, **more):
    return {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": url, **more}


@pytest.mark.parametrize("version", [1, 2, "both"])
def test_instance_metadata(user, version):
    with Metadata(user.people, version) as m:
        assert user.who(**imds(m.url)) == ARN + "user/nobody"
        assert [c[0] for c in m.calls] == ["PUT", "GET", "GET"]
        said = user.run("ls", rc=1, **imds(m.url + "/", AWS_EC2_METADATA_V1_DISABLED="true")).stderr.decode()
        assert ("answers 404" in said) == (version == 1)
        m.calls.clear()
        user.err("ls", **imds(m.url, AWS_EC2_METADATA_DISABLED="TRUE"))
        assert not m.calls


def test_instance_metadata_by_profile(user):
    with Metadata(user.people) as m:
        user.config("[profile i]", f"role_arn = {ARN}role/one", "credential_source = Ec2InstanceMetadata",
                    f"ec2_metadata_service_endpoint = {m.url}", "[profile bare]", "region = us-east-1",
                    f"ec2_metadata_service_endpoint = {m.url}")
        assert user.who("--profile", "bare", AWS_EC2_METADATA_DISABLED="") == ARN + "user/nobody"
        assert "role/one cannot be assumed" in user.err("ls", "--profile", "i", AWS_EC2_METADATA_DISABLED="")
        assert "AWS_EC2_METADATA_DISABLED forbids" in user.err("ls", "--profile", "i")


def test_instance_metadata_that_fails(user):
    for how, word in (({"role": ""}, "names no role of this instance"),
                      ({"code": "Failed"}, "says Failed: no\\u001b[2J"),
                      ({"life": -5}, "have expired already"), ({"role": "x" * 300}, "")):
        with Metadata(user.people, **how) as m:
            said = user.err("ls", **imds(m.url))
            assert word in said and said.count("\n") == 1 and "\x1b" not in said
    assert "http://127.0.0.1:1/latest/api/token does not answer" in user.err("ls", **imds("http://127.0.0.1:1"))
    assert "is no URL" in user.err("ls", **imds("file:///etc/passwd"))


def test_container_metadata(user):
    full = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    with Metadata(user.people) as m:
        assert user.who(**{full: m.url + "/creds"}) == ARN + "user/nobody"
    with Metadata(user.people, token="Bearer 7") as m:
        env = {full: m.url + "/creds"}
        assert "answers 403" in user.err("ls", **env)
        assert user.who(**env, AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer 7") == ARN + "user/nobody"
        token = write(user.home / "token", b"Bearer 7\n")
        file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
        assert user.who(**env, **{file: str(token)}, AWS_CONTAINER_AUTHORIZATION_TOKEN="no") == ARN + "user/nobody"
        write(token, b"Bearer 7\r\nX-Evil: 1\n")
        m.calls.clear()
        assert "more than one line" in user.err("ls", **env, **{file: str(token)})
        assert "cannot be read" in user.err("ls", **env, **{file: "/no/such"})
        assert not m.calls


@pytest.mark.parametrize("url", ["http://10.1.2.3/creds", "http://127.0.0.1.evil.example/creds", "ftp://127.0.0.1/",
                                 "http://169.254.170.2@evil.example/", "http://169.254.170.2.evil.example/"])
def test_container_keys_come_from_no_other_host(user, url):
    with Alarm() as alarm:
        env = {"http_proxy": alarm.url, "https_proxy": alarm.url, "NO_PROXY": ""}
        assert "are fetched without TLS only" in user.err("ls", AWS_CONTAINER_CREDENTIALS_FULL_URI=url, **env)
        assert "are fetched without TLS only" in user.err("ls", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=url, **env)
        assert not alarm.calls


# --- hostile files

KEYS = b"aws_access_key_id = A\naws_secret_access_key = s\n"


@pytest.mark.parametrize("text", [
    b"\x00" * 5000, b"[profile x\n", b"[" * 100000, b"= = =\n" * 5000, b"\xff\xfe[default]\n",
    b"[default]\naws_access_key_id = A\x1b[2J\naws_secret_access_key = s\n",
    b"[profile x]\nregion = \x1b]0;evil\x07\n" + KEYS, b"[profile x]\nsource_profile = \x1b[31m\nrole_arn = r\n",
    b"[profile x]\n" + b"a" * (1 << 20)])
def test_hostile_profile_files(user, text):
    write(user.home / ".aws/config", text)
    write(user.home / ".aws/credentials", text)
    for options in ([], ["--profile", "x"], ["--profile", "\x1b[2J"]):
        said = user.err("ls", *options)
        assert "\x1b" not in said and said.count("\n") == 1 and said.startswith("aerostat: ")


def test_keys_that_no_header_can_hold(user):
    user.config("[profile x]", "aws_access_key_id = A B\x7f", "aws_secret_access_key = s")
    assert user.err("ls", "--profile", "x").count("\n") == 1
