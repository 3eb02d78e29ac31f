"""Clients as they are, through `aerostat run`: AWS's own host names, no endpoint anywhere, and nothing leaves."""
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from aerostat import AEROSTAT, ROOT, Server
from session import Tool, assert_same, aws_cli, make_tree, skip, tool
from terraform_iam_test import PROVIDER, mirror

OURS = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_USE_ENV_PROXY",
        "AWS_DATA_PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED"}


def bare_env(home):
    """A user's environment that knows nothing of any cloud."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and "proxy" not in k.lower()}
    env.update(HOME=str(home), AWS_PAGER="", LC_ALL="C.UTF-8")
    return env


@pytest.fixture
def through(server, tmp_path):
    """through("aws", ...) is a tool that `aerostat run` runs."""
    def wrap(*command, **more):
        return Tool([AEROSTAT, "run", "--data", server.data, "--", *command], {**bare_env(tmp_path), **more})

    return wrap


def python(through, script, *args, **how):
    """What a script says that runs in the user's folder."""
    there = 'cd "$HOME" && exec "$@"'
    return through("sh", "-c", there, "sh", sys.executable, "-c", script, **how).run(*args)


# --- run and shell themselves

def test_what_a_program_finds(through, server):
    """The whole setting, and nothing that leads elsewhere: not even what was set before."""
    stray = {"AWS_ENDPOINT_URL": "https://elsewhere.example", "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
             "AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "token", "HTTPS_PROXY": "http://proxy.example:3128",
             "NO_PROXY": "*"}
    env = json.loads(python(through, "import json, os; print(json.dumps(dict(os.environ)))", **stray))
    assert OURS <= set(env)
    assert not [k for k in env if k.startswith("AWS_ENDPOINT_URL") or k in ("AWS_PROFILE", "AWS_SESSION_TOKEN")]
    assert {env["HTTPS_PROXY"], env["https_proxy"], env["HTTP_PROXY"]} == {server.url}
    assert env["AWS_CA_BUNDLE"] == os.path.join(server.data, "ca.pem")
    assert "elsewhere" not in str(env) and "proxy.example" not in str(env) and "*" not in env["NO_PROXY"]


def test_env_says_the_same_to_a_shell(through, server, tmp_path):
    script = f'eval "$("{AEROSTAT}" env --transparent --data "{server.data}")" && env'
    told = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True, check=True, env={
        **bare_env(tmp_path), "AWS_ENDPOINT_URL_S3": "x", "AWS_ENDPOINT_URL": "y", "AWS_PROFILE": "z"}).stdout
    of_run = through("env").run()

    def ours(text):
        return {line for line in text.splitlines() if re.match(r"(AWS_|[A-Z]+_CA_|NODE_|SSL_|\w+_(?i:proxy)=)", line)}

    assert ours(told) == ours(of_run)


def test_exit_codes_signals_and_words(through, server, tmp_path):
    for code in (0, 1, 7, 255):
        assert through("sh", "-c", f"exit {code}").run(rc=code) is not None
    assert "nosuchprogram cannot be run: No such file" in through("nosuchprogram").run(rc=127)
    assert "cannot be run: Permission denied" in through(ROOT).run(rc=126)
    assert through("printf", "%s|").run("--data", "x", "--json", "a b", "--") == "--data|x|--json|a b|--|"
    without = Tool([AEROSTAT, "run", "--data", server.data, "printf", "%s|", "--json", "--data"], bare_env(tmp_path))
    assert without.run() == "--json|--data|"
    assert "usage:" in Tool([AEROSTAT, "run", "--data", server.data], bare_env(tmp_path)).run(rc=2)
    trap = "trap 'exit 33' TERM; echo up; while :; do sleep 0.1; done"
    command = [AEROSTAT, "run", "--data", server.data, "--", "sh", "-c", trap]
    with subprocess.Popen(command, env=bare_env(tmp_path), stdout=subprocess.PIPE) as p:
        assert p.stdout.readline() == b"up\n"
        p.send_signal(signal.SIGTERM)
        assert p.wait(20) == 33


def test_shell(server, tmp_path):
    env = {**bare_env(tmp_path), "SHELL": "/bin/sh"}
    done = subprocess.run([AEROSTAT, "shell", "--data", server.data], input="echo $HTTPS_PROXY\nexit 5\n", env=env,
                          stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (5, server.url + "\n")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def test_starts_the_cloud_and_says_so(tmp_path):
    """Several at once start it once. The default port may be another's: then that is said, and nothing is run."""
    data, env = str(tmp_path / "data"), bare_env(tmp_path)
    with socket.socket() as s:
        taken = s.connect_ex(("127.0.0.1", 4566)) == 0
    if taken:
        told = Tool([AEROSTAT, "run", "--data", data, "echo", "ran"], env).run(rc=1)
        assert "port 4566 of 127.0.0.1 is in use" in told
        return
    runs = [subprocess.Popen([AEROSTAT, "run", "--data", data, "echo", "ran"], env=env, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True) for _ in range(4)]
    told = [p.communicate(timeout=60) for p in runs]
    down = subprocess.run([AEROSTAT, "down", "--data", data], env=env, stdout=subprocess.PIPE, check=False)
    assert [out for out, _ in told] == ["ran\n"] * 4, told
    assert sorted("was not up: started it" in err for _, err in told) == [False] * 3 + [True], told
    assert down.returncode == 0


# --- clients

@pytest.mark.parametrize("major", [1, 2])
def test_aws_cli(through, tmp_path, major):
    """The exercise's commands, sync both ways, and who is refused."""
    aws = through(aws_cli(major))
    bucket = f"cli-{major}"
    assert json.loads(aws.run("sts", "get-caller-identity", "--output", "json"))["Account"] == "123456789012"
    aws.run("s3", "mb", f"s3://{bucket}")
    aws.run("s3api", "put-bucket-versioning", "--bucket", bucket, "--versioning-configuration", "Status=Enabled")
    aws.run("s3api", "put-bucket-lifecycle-configuration", "--bucket", bucket, "--lifecycle-configuration",
            f"file://{ROOT}/examples/lifecycle.json")
    tree = make_tree(tmp_path / "tree")
    aws.run("s3", "sync", "--only-show-errors", tree, f"s3://{bucket}/t")
    assert aws.run("s3", "sync", tree, f"s3://{bucket}/t") == ""
    aws.run("s3", "sync", "--only-show-errors", f"s3://{bucket}/t", tmp_path / "back")
    assert_same(tree, tmp_path / "back")
    assert "UnknownOperationException" in aws.run("dynamodb", "list-tables", rc=None)
    assert "InvalidAction" in aws.run("ec2", "describe-instances", rc=None)
    assert "connect to proxy URL" in aws.run("--endpoint-url", "https://s3.example.com", "s3", "ls", rc=None)
    presigned = aws.run("s3", "presign", f"s3://{bucket}/t/plain.txt").strip()
    assert presigned.startswith("https://") and "amazonaws.com" in presigned
    with open(tree / "plain.txt", "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    got = python(through, "import hashlib, sys, urllib.request as u;"
                 "print(hashlib.sha256(u.urlopen(sys.argv[1]).read()).hexdigest())", presigned)
    assert got.strip() == digest


def test_the_crt_of_aws_cli_2(through, tmp_path):
    os.makedirs(tmp_path / ".aws")
    (tmp_path / ".aws/config").write_text("[default]\ns3 =\n  preferred_transfer_client = crt\n")
    aws, tree = through(aws_cli(2)), make_tree(tmp_path / "tree", ["a", "b/c d", "e+f"])
    aws.run("s3", "mb", "s3://cli-crt")
    for name in ("big.bin", "a", "b/c d", "e+f", "empty"):
        aws.run("s3", "cp", "--no-progress", tree / name, f"s3://cli-crt/{name}")
        aws.run("s3", "cp", "--no-progress", f"s3://cli-crt/{name}", tmp_path / "back" / name)
    assert_same(tree, tmp_path / "back")


BOTO3 = """
import boto3, hashlib, sys
s3 = boto3.client("s3")
s3.create_bucket(Bucket="boto3-through")
body = bytes(range(256)) * 40000
s3.put_object(Bucket="boto3-through", Key="a/b c+d", Body=body)
assert s3.get_object(Bucket="boto3-through", Key="a/b c+d")["Body"].read() == body
open("f", "wb").write(body * 3)
boto3.resource("s3").Bucket("boto3-through").upload_file("f", "big")
s3.download_file("boto3-through", "big", "g")
assert open("g", "rb").read() == body * 3
assert "amazonaws.com" in s3.meta.endpoint_url
iam = boto3.client("iam")
iam.create_user(UserName="through")
key = iam.create_access_key(UserName="through")["AccessKey"]
other = boto3.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
print(other.get_caller_identity()["Arn"])
"""


def test_boto3(through):
    assert python(through, BOTO3).strip() == "arn:aws:iam::123456789012:user/through"


CRT = """
import boto3, os
from boto3.s3.transfer import TransferConfig
from s3transfer.crt import CRTTransferManager
made = []
init = CRTTransferManager.__init__
CRTTransferManager.__init__ = lambda self, *a, **k: (made.append(1), init(self, *a, **k))[1]
s3, crt = boto3.client("s3"), TransferConfig(preferred_transfer_client="crt")
s3.create_bucket(Bucket="crt-through")
for size in (0, 1, 8 << 20, 30 << 20):
    body = os.urandom(size)
    open("f", "wb").write(body)
    s3.upload_file("f", "crt-through", f"k{size}", Config=crt)
    s3.download_file("crt-through", f"k{size}", "g", Config=crt)
    assert open("g", "rb").read() == body, size
assert made, "the CRT was not used"
print("same")
"""


def test_the_crt_of_boto3(through):
    if subprocess.run([sys.executable, "-c", "import awscrt.s3"], stderr=subprocess.DEVNULL, check=False).returncode:
        skip("awscrt is not installed")
    assert python(through, CRT).strip() == "same"


def test_curl(through):
    script = 'exec "$@" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    curl = through("sh", "-c", script, "sh", tool("curl"), "-sS", "--aws-sigv4", "aws:amz:us-east-1:sts")
    said = curl.run("-d", "Action=GetCallerIdentity&Version=2011-06-15", "https://sts.us-east-1.amazonaws.com/")
    assert "<Account>123456789012</Account>" in said


@pytest.mark.parametrize("url", ["https://example.com/", "http://example.com/", "https://s3.amazonaws.com.evil.org/",
                                 "http://169.254.169.254/latest/meta-data/", "https://checkpoint-api.hashicorp.com/"])
def test_others_are_refused_at_once(through, url):
    began = time.monotonic()
    curl = through(tool("curl"), "-sS", "-w", "%{http_code} %{http_connect}", "--max-time", "20")
    assert "403" in curl.run(url, rc=0 if url.startswith("http:") else 56)
    assert time.monotonic() - began < 5


TERRAFORM = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {}

variable "stage" {}

resource "aws_s3_bucket" "models" {
  bucket        = "models-through-terraform"
  force_destroy = true
  tags          = { stage = var.stage }
}

resource "aws_s3_bucket_versioning" "models" {
  bucket = aws_s3_bucket.models.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_public_access_block" "models" {
  bucket                  = aws_s3_bucket.models.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "config" {
  bucket     = aws_s3_bucket.models.id
  key        = "config/${var.stage}.json"
  content    = jsonencode({ stage = var.stage })
  depends_on = [aws_s3_bucket_versioning.models]
}

data "aws_caller_identity" "me" {}

resource "aws_iam_role" "job" {
  name               = "through-terraform"
  description        = var.stage
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "data" {
  name   = "data"
  role   = aws_iam_role.job.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.models.arn}/*" }]
  })
}

output "account" { value = data.aws_caller_identity.me.account_id }
"""


def test_terraform_without_endpoints(through, server, tmp_path):
    """apply, an empty plan, an update, an empty plan, destroy."""
    terraform = shutil.which("terraform") or skip("terraform is not installed")
    (tmp_path / "main.tf").write_text(TERRAFORM)
    (tmp_path / "terraformrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n')
    assert "endpoints" not in TERRAFORM and PROVIDER
    tf = through(terraform, f"-chdir={tmp_path}", TF_CLI_CONFIG_FILE=str(tmp_path / "terraformrc"),
                 TF_IN_AUTOMATION="1")
    plan = ["plan", "-no-color", "-input=false", "-detailed-exitcode"]
    tf.run("init", "-no-color", "-input=false")
    for stage in ("first", "second"):
        variables = ["-var", f"stage={stage}"]
        tf.run("apply", "-no-color", "-auto-approve", "-input=false", *variables)
        tf.run(*plan, *variables)
    s3 = server.client("s3")
    config = s3.get_object(Bucket="models-through-terraform", Key="config/second.json")["Body"].read()
    assert config == b'{"stage":"second"}'
    assert tf.run("output", "-no-color", "account").strip() == '"123456789012"'
    tf.run("destroy", "-no-color", "-auto-approve", "-input=false", "-var", "stage=second")
    assert "models-through-terraform" not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


# --- the audit: nothing leaves the machine

def no_routes():
    """Packets and connections of this network namespace that found no way out."""
    with open("/proc/net/snmp", encoding="ascii") as f:
        names, values = [line.split() for line in f if line.startswith("Ip:")]
    with open("/proc/net/snmp6", encoding="ascii") as f:
        six = dict(line.split() for line in f)
    return int(values[names.index("OutNoRoutes")]) + int(six.get("Ip6OutNoRoutes", 0))


def inside_main(folder, *clis):
    """In a namespace with nothing but the loopback interface: every attempt to reach another machine is counted there,
    by whomever, a look-up of a name included."""
    with open("/proc/net/dev", encoding="ascii") as f:
        assert [line.split(":")[0].strip() for line in f.readlines()[2:]] == ["lo"]
    before = no_routes()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 53))
            raise AssertionError("there is a way out")
        except OSError:
            pass
    assert no_routes() > before, "an attempt to leave is not counted"
    server = Server(os.path.join(folder, "server")).start()
    before = no_routes()
    os.chdir(folder)
    runs = [[sys.executable, "-c", BOTO3]]
    runs += [[c, *words] for c in clis for words in (
        ["sts", "get-caller-identity"], ["s3", "mb", f"s3://audit-{clis.index(c)}"],
        ["s3", "cp", "--only-show-errors", "/etc/passwd", f"s3://audit-{clis.index(c)}/x"], ["s3", "ls"],
        ["dynamodb", "list-tables"], ["--endpoint-url", "https://s3.example.com", "s3", "ls"])]
    runs += [["curl", "-sS", u] for u in ("https://example.com/", "https://s3.amazonaws.com/")]
    for words in runs:
        done = subprocess.run([AEROSTAT, "run", "--data", server.data, "--", *words], env=bare_env(folder), timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        print(done.returncode, words[:3], done.stdout[-300:].strip().replace("\n", " | "))
        assert no_routes() == before, f"{words[:6]} tried to leave: {done.stdout}"
    server.stop()
    print("nothing left")


def test_nothing_leaves(tmp_path):
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    up = "ip link set lo up 2>/dev/null || ifconfig lo up"
    if subprocess.run([*alone, "sh", "-c", up], stderr=subprocess.DEVNULL, check=False).returncode:
        skip("no network namespace can be made here")
    clis = [aws_cli(1), aws_cli(2)]
    here = os.path.abspath(__file__)
    done = subprocess.run([*alone, "sh", "-c", f'{up}; exec "$@"', "sh", sys.executable, here, str(tmp_path), *clis],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400, check=False,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(os.path.dirname(here)),
                                                                            os.path.dirname(here)])})
    assert done.returncode == 0 and done.stdout.endswith("nothing left\n"), done.stdout[-6000:]
    codes = [int(line.split()[0]) for line in done.stdout.splitlines() if re.match(r"\d+ \[", line)]
    served, refused = codes[:5] + codes[7:11] + codes[14:], codes[5:7] + codes[11:14]
    assert not any(served) and all(refused), done.stdout


if __name__ == "__main__":
    inside_main(*sys.argv[1:])
