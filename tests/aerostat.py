"""A server of a test's own: `Server` starts aerostatd on a free port with a data folder of its own and talks to it, by
boto3 clients, by signed requests of any shape, and by raw bytes. AEROSTATD names the binary (the sanitizer builds'),
AEROSTAT the toolkit's."""
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import xml.etree.ElementTree as ET
from urllib.parse import quote, urlsplit

import boto3
import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AEROSTATD = os.environ.get("AEROSTATD") or os.path.join(ROOT, "out/aerostatd")
AEROSTAT = os.environ.get("AEROSTAT") or os.path.join(ROOT, "out/aerostat")
REGION = "us-east-1"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
REPORT = re.compile(r"ERROR: (?:Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer|Assertion .* failed")


class Key:
    """An access key and whose it is."""

    def __init__(self, access, secret, account, name="", canonical=""):
        self.access, self.secret, self.account, self.name, self.canonical = access, secret, account, name, canonical


ROOT_KEY = Key("AKIAAEROSTATTESTROOT", "root-secret/of+the=first1234567890123456", "123456789012", "first", "a1" * 32)
OTHER_KEY = Key("AKIAAEROSTATTESTOTHR", "root-secret/of+the=other1234567890123456", "210987654321", "other", "b2" * 32)
ALICE_KEY = Key("AKIAAEROSTATTESTALIC", "alice-secret/of+the=first123456789012345", "123456789012", "alice")

BOOTSTRAP = {
    "accounts": [{"id": k.account, "access_key": k.access, "secret": k.secret, "name": k.name,
                  "canonical_id": k.canonical} for k in (ROOT_KEY, OTHER_KEY)],
    "users": [{"account": k.account, "name": k.name, "access_key": k.access, "secret": k.secret,
               "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]} for k in (ALICE_KEY,)],
}


class Reply:
    """What came back: status, headers (lower case), body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def code(self):
        """The error code of any of AWS's envelopes; None if there is none."""
        return error_of(self)[0]

    @property
    def message(self):
        return error_of(self)[1]

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:600]!r}>"


def error_of(reply):
    """(code, message) as a client of that wire would read them."""
    text = reply.body.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        tree = json.loads(text)
        kind = tree.get("__type") or tree.get("code") or reply.headers.get("x-amzn-errortype") or ""
        return kind.split("#")[-1].split(":")[0] or None, tree.get("message") or tree.get("Message")
    if not text.startswith("<"):
        return None, None
    tree = ET.fromstring(text)
    found = {e.tag.split("}")[-1]: e.text for e in tree.iter()}
    if not tree.tag.split("}")[-1] in ("Error", "ErrorResponse", "Response"):
        return None, None
    return found.get("Code"), found.get("Message")


class Server:
    """One aerostatd. start() and stop() may be called again: the data stay."""

    def __init__(self, folder, *options, bootstrap=BOOTSTRAP, env=None):
        self.folder, self.options, self.env = str(folder), list(options), env or {}
        self.data, self.log = os.path.join(self.folder, "data"), os.path.join(self.folder, "server.log")
        self.process = self.url = self.port = None
        self.session = None
        self.log_seen = 0
        os.makedirs(self.folder, exist_ok=True)
        if bootstrap is not None:
            path = os.path.join(self.folder, "bootstrap.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(bootstrap, f)
            self.options += ["--bootstrap", path]

    # --- its life

    def start(self, timeout=30):
        """Returns when it can answer."""
        port = str(self.port or 0)
        env = {**os.environ, "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=1",
               "UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": "exitcode=99", **self.env}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([AEROSTATD, "--data", self.data, "--port", port, *self.options], env=env,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        alarm = threading.Timer(timeout, self.process.kill)
        alarm.start()
        line = self.process.stdout.readline().decode()
        alarm.cancel()
        if not line.startswith("ready http"):
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"aerostatd said {line!r} and not `ready URL`; its log ends: {self.log_text()[-3000:]}")
        self.url = line.split()[1].rstrip("/")
        self.port = urlsplit(self.url).port
        return self

    def stop(self):
        """Ends it in good order; complains if the end or the log was not good."""
        if not self.process:
            return
        process, self.process = self.process, None
        early = process.poll()
        if early is None:
            process.send_signal(signal.SIGTERM)
        try:
            rc = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            rc = "none within 60 s of SIGTERM"
        finally:
            process.stdout.close()
        assert early is None, f"aerostatd was gone with {early}; its log ends: {self.log_text()[-6000:]}"
        assert rc == 0, f"aerostatd ended with {rc}; its log ends: {self.log_text()[-6000:]}"
        self.check_log()

    def kill(self):
        """kill -9."""
        process, self.process = self.process, None
        process.kill()
        process.wait()
        process.stdout.close()

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def check_log(self):
        """No sanitizer has complained since the last look."""
        text = self.log_text()
        new, self.log_seen = text[self.log_seen:], len(text)
        found = REPORT.search(new)
        assert not found, f"the server's log has a report:\n{new[found.start():][:6000]}"

    def check_alive(self):
        if self.process:
            rc = self.process.poll()
            assert rc is None, f"aerostatd is gone with {rc}; its log ends: {self.log_text()[-6000:]}"
            self.check_log()

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    # --- clients

    def client(self, service="s3", key=ROOT_KEY, region=REGION, token=None, **config):
        """A boto3 client; key None is anonymous."""
        if self.session is None:
            self.session = boto3.session.Session(botocore_session=botocore.session.Session())
        config = {"retries": {"max_attempts": 0}, "connect_timeout": 10, "read_timeout": 60, **config}
        if key is None:
            config["signature_version"] = botocore.UNSIGNED
        return self.session.client(
            service, region_name=region, endpoint_url=self.url, config=Config(**config),
            aws_access_key_id=key.access if key else "none", aws_secret_access_key=key.secret if key else "none",
            aws_session_token=token)

    def cli_env(self, home, key=ROOT_KEY, **more):
        """The environment of a command line client that is to find this server and nothing else."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        env.update(HOME=str(home), AWS_ACCESS_KEY_ID=key.access, AWS_SECRET_ACCESS_KEY=key.secret,
                   AWS_DEFAULT_REGION=REGION, AWS_REGION=REGION, AWS_ENDPOINT_URL=self.url,
                   AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="", AWS_MAX_ATTEMPTS="1", NO_PROXY="127.0.0.1",
                   no_proxy="127.0.0.1", LC_ALL="C.UTF-8", **more)
        return env

    # --- requests of any shape

    def sign(self, method, target, headers=None, body=b"", **how):
        """The headers of a signed request. how: key, service, region, sha256 (what x-amz-content-sha256 says; None: the
        body's own), token, date (datetime to sign at)."""
        key, service = how.get("key", ROOT_KEY), how.get("service", "s3")
        request = AWSRequest(method, self.url + target, headers={"Host": f"127.0.0.1:{self.port}", **(headers or {})},
                             data=body)
        kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        signer = kind(Credentials(key.access, key.secret, how.get("token")), service, how.get("region", REGION))
        if service == "s3":
            signer.payload = lambda r: how.get("sha256") or hashlib.sha256(body).hexdigest()
        with_date(signer, request, how.get("date"))
        return dict(request.headers.items())

    def request(self, method, target, headers=None, body=b"", signed=True, **how):
        """One request on a connection of its own; target goes out as it stands. signed=False: anonymous."""
        if signed:
            headers = self.sign(method, target, headers, body, **how)
        else:
            headers = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        if body or method in ("PUT", "POST"):
            lines.append(f"Content-Length: {len(body)}")
        message = "\r\n".join(lines + ["Connection: close", "", ""]).encode("latin-1") + body
        return self.talk(message, method=method)[0]

    def talk(self, message, method="GET", timeout=30, pause=0.0, shut=False, most=1):
        """Sends raw bytes (in pieces with a pause between them if message is a list), and reads at most so many
        replies; fewer if the server closes first. shut: half-close after sending."""
        pieces = message if isinstance(message, list) else [message]
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for i, piece in enumerate(pieces):
                    time.sleep(pause if i else 0)
                    s.sendall(piece)
                if shut:
                    s.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has said its word already, and that is what we read
            return read_replies(s, method, most)


def with_date(signer, request, date):
    """add_auth at another time than now."""
    if date is None:
        signer.add_auth(request)
        return
    keep = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *a, **k: date
    try:
        signer.add_auth(request)
    finally:
        botocore.auth.get_current_datetime = keep


class Replay:
    """A file over one socket, for several responses of http.client in a row."""

    def __init__(self, s):
        self.file = s.makefile("rb")

    def makefile(self, *_):
        return Unclosed(self.file)


class Unclosed:
    def __init__(self, f):
        self.f = f

    def __getattr__(self, name):
        return getattr(self.f, name)

    def close(self):
        pass


def read_replies(s, method="GET", most=1):
    replies, source = [], Replay(s)
    while len(replies) < most:
        r = http.client.HTTPResponse(source, method=method)
        try:
            r.begin()
            body = r.read()
        except (http.client.BadStatusLine, ConnectionResetError):
            break
        replies.append(Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, body))
        if r.will_close:
            break
    return replies


def path_of(bucket, key=""):
    """A request target, escaped as S3 signs it."""
    return "/" + bucket + ("/" + quote(key, safe="/-_.~") if key else "")
