"""`aerostat run`, `aerostat shell`, `aerostat env --transparent`: what a program finds there, and whom it reaches."""
import http.server
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading

import pytest

from aerostat import AEROSTAT, ROOT
from install import optional
from session import Tool, aws_cli, tool

OURS = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS",
        "AWS_DATA_PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ENDPOINT_URL_S3"}


def bare_env(home):
    """A user's environment that knows nothing of any cloud."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and "proxy" not in k.lower()}
    env.update(HOME=str(home), AWS_PAGER="", LC_ALL="C.UTF-8")
    return env


@pytest.fixture
def through(server, tmp_path):
    """through("aws", ...) is a tool that `aerostat run` runs. allow: hosts that it may reach itself."""
    def wrap(*command, allow=None, **more):
        words = [f"--allow-host={allow}"] if allow else []
        return Tool([AEROSTAT, "run", "--data", server.data, *words, "--", *command], {**bare_env(tmp_path), **more})

    return wrap


def python(through, script, *args, rc=0, **env):
    return through(sys.executable, "-c", script, **env).run(*args, rc=rc)


# --- run and shell themselves

def test_what_a_program_finds(through, server):
    """The whole setting, and nothing that leads elsewhere: not even what was set before."""
    stray = {"AWS_ENDPOINT_URL": "https://elsewhere.example", "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
             "AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "token", "HTTPS_PROXY": "http://proxy.example:3128",
             "NO_PROXY": "*", "https_proxy": "http://proxy.example:3128", "no_proxy": "*", "SSL_CERT_DIR": "/elsewhere",
             "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z", "AWS_ACCOUNT_ID": "210987654321"}
    env = json.loads(python(through, "import json, os; print(json.dumps(dict(os.environ)))", **stray))
    assert OURS <= set(env)
    assert not [k for k in env if k in stray and k not in OURS]
    assert [k for k in env if k.startswith("AWS_ENDPOINT_URL")] == ["AWS_ENDPOINT_URL_S3"]
    assert env["AWS_ENDPOINT_URL_S3"] == server.url and env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "true"
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


def test_the_users_own_settings_do_not_lead_elsewhere(through, server, tmp_path):
    """A configuration with an endpoint, a certificate bundle, keys and a role of its own."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text("[default]\nregion = eu-west-1\nendpoint_url = https://elsewhere.example\n"
                                          "ca_bundle = /nowhere.pem\n[profile work]\nregion = eu-west-1\n")
    (tmp_path / ".aws/credentials").write_text("".join(
        f"[{p}]\naws_access_key_id = AKIAELSEWHERE0000000\naws_secret_access_key = {'x' * 40}\n"
        for p in ("default", "work")))
    script = "import boto3, sys; s = boto3.Session(**({'profile_name': sys.argv[1]} if sys.argv[1:] else {}))\n" \
             "print(s.client('sts').get_caller_identity()['Arn'])"
    assert python(through, script, AWS_PROFILE="work").strip() == "arn:aws:iam::123456789012:root"
    assert "InvalidClientTokenId" in python(through, script, "work", rc=1)
    assert server.url not in python(through, "import os; print(os.environ['NO_PROXY'])")


@pytest.mark.parametrize("major", [1, 2])
def test_the_exercises_lifecycle(through, server, tmp_path, major):
    """As it is printed, with `Id`, which neither CLI knows by itself."""
    rules = [{"Id": "archive-old-models", "Status": "Enabled", "Prefix": "models/", "Transitions": [
        {"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]},
             {"Id": "delete-temp-data", "Status": "Enabled", "Prefix": "temp/", "Expiration": {"Days": 7}}]
    (tmp_path / "lifecycle.json").write_text(json.dumps({"Rules": rules}))
    bucket, aws = f"lifecycle-of-{major}", through(aws_cli(major), "s3api", "--output", "json")
    server.client("s3").create_bucket(Bucket=bucket)
    aws.run("put-bucket-lifecycle-configuration", "--bucket", bucket,
            "--lifecycle-configuration", f"file://{tmp_path}/lifecycle.json")
    got = json.loads(aws.run("get-bucket-lifecycle-configuration", "--bucket", bucket))["Rules"]
    assert [r["Id"] for r in got] == ["archive-old-models", "delete-temp-data"]
    kept = server.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [r["ID"] for r in kept] == ["archive-old-models", "delete-temp-data"]


def test_env_as_one_object(server, tmp_path):
    for words, absent in (([], "HTTPS_PROXY"), (["--transparent"], "AWS_ENDPOINT_URL")):
        told = json.loads(Tool([AEROSTAT, "env", *words, "--json", "--data", server.data], bare_env(tmp_path)).run())
        assert absent not in told and told["AWS_SESSION_TOKEN"] is None and told["AWS_PROFILE"] is None
        assert told["AWS_SECRET_ACCESS_KEY"]


def test_a_data_folder_with_an_odd_name(start_server, tmp_path):
    """Quoted for a shell, for Node, and for nobody else."""
    server = start_server()
    server.stop()
    odd = str(tmp_path / "it's a \"$HOME\" `id`")
    os.rename(server.data, odd)
    server.data = odd
    server.start()
    env = f"{shlex.quote(AEROSTAT)} env --transparent --data {shlex.quote(odd)}"
    script = f'eval "$({env})" && printf %s "$AWS_CA_BUNDLE"'
    done = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True, check=True, env=bare_env(tmp_path))
    assert done.stdout == os.path.join(odd, "ca.pem")
    script = 'test -r "$AWS_CA_BUNDLE" && echo here'
    run = Tool([AEROSTAT, "run", "--data", odd, "sh", "-c", script], bare_env(tmp_path))
    assert run.run() == "here\n"


WITH_RAW_ENVIRONMENT = """
import ctypes, os, sys
words = sys.argv[2:]
raw = [os.environb[b"RAW_%d" % i] for i in range(int(sys.argv[1]))]
rest = [b"%s=%s" % item for item in os.environb.items() if not item[0].startswith(b"RAW_")]
array = lambda items: (ctypes.c_char_p * (len(items) + 1))(*items, None)
ctypes.CDLL(None).execve(os.fsencode(words[0]), array([os.fsencode(w) for w in words]), array(raw + rest))
"""


def test_an_environment_that_no_shell_makes(server, tmp_path):
    """Names twice, of which programs take the first or the last; no names, and no values."""
    raw = ["HTTPS_PROXY=http://a.example", "HTTPS_PROXY=http://b.example", "AWS_PROFILE=a", "AWS_PROFILE=b",
           "AWS_ENDPOINT_URL=http://a.example", "AWS_ENDPOINT_URL=http://b.example", "AWS_ENDPOINT_URL_S3", "=x", "",
           "AWS_ENDPOINT_URL_STS=", "NODE_OPTIONS=--title=\"a b\"", "NODE_OPTIONS=--title=c", "AWS_PROFILE"]
    env = {**bare_env(tmp_path), **{f"RAW_{i}": entry for i, entry in enumerate(raw)}}
    done = subprocess.run([sys.executable, "-c", WITH_RAW_ENVIRONMENT, str(len(raw)), AEROSTAT, "run", "--data",
                           server.data, "cat", "/proc/self/environ"], env=env, stdout=subprocess.PIPE, timeout=30,
                          check=True)
    entries = done.stdout.decode().split("\0")
    assert [e for e in entries if e.startswith("HTTPS_PROXY")] == [f"HTTPS_PROXY={server.url}"]
    assert [e for e in entries if e.startswith("AWS_PROFILE=")] == [] and ".example" not in done.stdout.decode()
    assert [e for e in entries if e.startswith("AWS_ENDPOINT_URL")] == [f"AWS_ENDPOINT_URL_S3={server.url}"]
    options = [e for e in entries if e.startswith("NODE_OPTIONS")]
    assert len(options) == 1 and options[0].endswith('proxy.cjs" --title="a b"')


def test_a_large_environment(server, tmp_path):
    more = {f"V{i}": "x" * 100000 for i in range(10)}
    command = [AEROSTAT, "run", "--data", server.data, "sh", "-c", "echo $HTTPS_PROXY"]
    assert Tool(command, {**bare_env(tmp_path), **more}).run() == server.url + "\n"


def test_inside_itself(through, server):
    """The inner one finds the same cloud by its socket, and nothing stands twice in its setting but Node's program."""
    env = through(AEROSTAT, "run", "--data", server.data, "env").run()
    assert f"HTTPS_PROXY={server.url}\n" in env
    assert through(AEROSTAT, "run", "--data", server.data, optional("node"), "-e", "console.log(1)").run() == "1\n"


def test_wrong_usage(server, tmp_path):
    for words in (["run"], ["run", "--"], ["run", "--bogus", "true"], ["shell", "bash"], ["env", "--bogus"],
                  ["env", "--transparent", "more"]):
        told = Tool([AEROSTAT, words[0], "--data", server.data, *words[1:]], bare_env(tmp_path)).run(rc=2)
        assert told.startswith("usage: aerostat " + words[0]), told


def test_env_of_a_cloud_that_is_down(tmp_path):
    told = Tool([AEROSTAT, "env", "--transparent", "--data", str(tmp_path / "none")], bare_env(tmp_path)).run(rc=1)
    assert "is not up" in told and "aerostat up" in told and not (tmp_path / "none").exists()


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
    assert sorted("was not up; it is now" in err for _, err in told) == [False] * 3 + [True], told
    assert down.returncode == 0


# --- who is reached

def test_curl(through):
    script = 'exec "$@" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
    curl = through("sh", "-c", script, "sh", tool("curl"), "-sS", "--aws-sigv4", "aws:amz:us-east-1:sts")
    said = curl.run("-d", "Action=GetCallerIdentity&Version=2011-06-15", "https://sts.us-east-1.amazonaws.com/")
    assert "<Account>123456789012</Account>" in said


@pytest.mark.parametrize("url", ["https://example.com/", "http://example.com/", "https://s3.amazonaws.com.evil.org/",
                                 "http://169.254.169.254/latest/meta-data/", "https://checkpoint-api.hashicorp.com/"])
def test_others_are_refused_at_once(through, url):
    curl = through(tool("curl"), "-sS", "-w", "%{http_code} %{http_connect}", "--max-time", "20")
    assert "403" in curl.run(url, rc=0 if url.startswith("http:") else 56)


URLS = ["http://example.com/", "https://example.com/", "https://files.example.net/simple/", "http://198.51.100.7:8080/",
        "https://s3.amazonaws.com.evil.org/", "http://169.254.169.254/latest/meta-data/"]
PYTHON = """
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print("reached", url, urllib.request.urlopen(url, timeout=20).status)
    except OSError as e:
        print("refused", url, "403 Not an AWS host" in str(e) or "403: Not an AWS host" in str(e), e)
"""
NODE = """
const get = (url) => new Promise((done) => require(url.split(":")[0]).get(url, (r) => done("reached " + r.statusCode))
    .on("error", (e) => done(`refused ${url} ${e.message.includes("is not one of AWS's hosts")} ${e.message}`)));
const fetched = (url) => fetch(url).then((r) => "reached " + r.status,
    (e) => `refused ${url} ${e.cause.message.includes("is not one of AWS's hosts")} ${e.cause.message}`);
(async () => {
    for (const url of process.argv.slice(1)) {
        console.log(await get(url));
        console.log(await fetched(url));
    }
})();
"""


@pytest.mark.parametrize("client", ["python", "node"])
def test_programs_are_refused_others_with_a_reason(through, client):
    words = [sys.executable, "-c", PYTHON] if client == "python" else [optional("node"), "-e", NODE]
    said = through(*words).run(*URLS).splitlines()
    assert len(said) == len(URLS) * (2 if client == "node" else 1)
    assert [line for line in said if line.split()[0] != "refused" or line.split()[2] not in ("True", "true")] == []


SOCKETS = """
const net = require("node:net"), http = require("node:http"), tls = require("node:tls");
const ask = (what) => new Promise((done) =>
    what.on("data", (d) => done(String(d))).on("error", (e) => done(e.message)));
const listening = (server, ...at) => new Promise((done) => server.listen(...at, () => done(server)));
(async () => {
    const here = await listening(net.createServer((s) => s.end("here")), 0);
    const named = await listening(net.createServer((s) => s.end("named")), process.argv[1]);
    const { port } = here.address();
    console.log(await ask(net.connect(port)), await ask(net.connect(port, () => {})),
        await ask(net.connect(String(port), "localhost")), await ask(net.connect({ port, host: "127.0.0.1" })),
        await ask(net.connect(process.argv[1])), await ask(net.connect({ path: process.argv[1] })));
    console.log(await ask(net.connect(5432, "db.example.com")));
    console.log(await ask(net.connect(5432, "127.0.0.1.example.com")), await ask(net.connect(5432, "127.example")));
    console.log(await new Promise((done) => http.get("http://s3.amazonaws.com/", (r) => done(r.statusCode))));
    for (const words of [[443, "S3.amazonaws.com."], [443, "b.s3.amazonaws.com", { ALPNProtocols: ["http/1.1"] }],
        [{ port: 443, host: "sts.us-east-1.amazonaws.com" }]]) {
        console.log(await new Promise((done) => {
            const s = tls.connect(...words, () => done(s.authorized)).on("error", (e) => done(e.message));
        }));
    }
    process.exit();
})();
"""


def test_node_at_an_ipv6_address(start_server, tmp_path):
    try:
        server = start_server("--listen", "::1")
    except RuntimeError as e:
        if "cannot be listened on" in str(e):
            pytest.skip("no IPv6 on this machine")
        raise
    script = "fetch('https://s3.amazonaws.com/').then((r) => console.log(r.status), (e) => console.log(e.cause))"
    run = Tool([AEROSTAT, "run", "--data", server.data, "--", optional("node"), "-e", script], bare_env(tmp_path))
    assert run.run() == "403\n"


def test_every_way_to_make_a_socket_in_node(through, tmp_path):
    said = through(optional("node"), "-e", SOCKETS).run(tmp_path / "socket").splitlines()
    assert said[0] == "here here here here named named"
    assert "db.example.com is not one of AWS's hosts" in said[1]
    assert said[2].count("is not one of AWS's hosts") == 2
    assert said[3:] == ["403", "true", "true", "true"]


# --- --allow-host

@pytest.fixture
def friend():
    """A server that is not AWS's, and what curl needs to find it by that name: http://friend.example:PORT/"""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"friend\n")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as s:
        threading.Thread(target=s.serve_forever, daemon=True).start()
        yield s.server_port
        s.shutdown()


@pytest.mark.parametrize("allow, reached", [
    (None, False), ("other.example", False), ("friend.example", True), ("a.friend.example", False), ("example", True),
    ("FRIEND.example,packages.example", True), (".example", True)])
def test_a_host_that_the_user_allows(through, friend, allow, reached):
    curl = through(tool("curl"), "-sS", "--resolve", f"friend.example:{friend}:127.0.0.1", allow=allow)
    said = curl.run(f"http://friend.example:{friend}/", "http://s3.amazonaws.com/")
    assert said.startswith("friend\n") if reached else "friend.example" in said and "not one of AWS's hosts" in said
    assert "AccessDenied" in said  # AWS is here, whatever is allowed


@pytest.mark.parametrize("allow, reached", [(None, False), ("friend.example", True)])
def test_node_reaches_what_is_allowed(through, friend, allow, reached):
    script = """const [url, port] = process.argv.slice(1);
const lookup = (host, options, done) => options.all ? done(null, [{ address: "127.0.0.1", family: 4 }])
    : done(null, "127.0.0.1", 4);
require("http").get(url, { lookup }, (r) => console.log(r.statusCode)).on("error", (e) => console.log(e.message));"""
    said = through(optional("node"), "-e", script, allow=allow).run(f"http://friend.example:{friend}/")
    assert said == "200\n" if reached else "not one of AWS's hosts" in said


def test_allowed_hosts_are_trusted_as_the_machine_trusts_them(through, server, tmp_path):
    """Else nothing could be had from them by TLS. AWS_CA_BUNDLE stays: AWS is nobody but the local cloud."""
    script = """import os, ssl
for v in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    print(os.environ[v], len(ssl.create_default_context(cafile=os.environ[v]).get_ca_certs()))"""
    own = os.path.join(server.data, "ca.pem")
    assert python(through, script).splitlines() == [f"{own} 1"] * 4
    first, *others = python(through, script, allow="packages.example").splitlines()
    assert first == f"{own} 1"
    assert len(set(others)) == 1 and others[0].startswith(server.data) and int(others[0].split()[1]) > 1
    theirs = tmp_path / "company.pem"
    with open(own, encoding="ascii") as f:
        theirs.write_text(f.read())
    *_, last = python(through, script, allow="packages.example", SSL_CERT_FILE=str(theirs)).splitlines()
    assert last.split()[1] == "1"  # the user's own choice: here our authority once more


@pytest.mark.parametrize("allow", ["com", "amazonaws.com", "s3.amazonaws.com", "*", "*.org", "a.org,api.aws", ".com",
                                   "a.org,,b.org", "cn"])
def test_what_cannot_be_allowed(through, allow):
    assert "cannot be allowed" in through("true", allow=allow).run(rc=1)


def test_wrong_words_of_allow(server, tmp_path):
    for words in (["--allow-host", "packages.example"], ["--allow-host="], ["--allow-host=a b"], ["--allow-host=a&b"]):
        tool_ = Tool([AEROSTAT, "run", "--data", server.data, *words, "--", "true"], bare_env(tmp_path))
        assert "--allow-host=HOST" in tool_.run(rc=2)
