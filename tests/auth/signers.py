#!/usr/bin/env python3
"""Requests with odd keys, queries, headers and bodies, signed by botocore's signers (chunked bodies are signed here)
and verified by the program's code (probe.c); each also with one thing changed, which must be refused.
--n requests a signer, --seed, --show N differences. O names the folder of the build."""

import argparse
import base64
import hashlib
import hmac
import os
import random
import subprocess
import sys
import urllib.parse
import zlib

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode, percent_encode_sequence

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
S3, EC2, QUERY, JSON = range(4)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
ODD = [
    "a",
    "b",
    "Z",
    "0",
    " ",
    "+",
    "%",
    "/",
    "//",
    ".",
    "..",
    "/./",
    "/../",
    "~",
    "*",
    "(",
    ")",
    "'",
    "!",
    "&",
    "=",
    "?",
    "#",
    ":",
    ";",
    ",",
    "@",
    "$",
    "é",
    "ሴ",
    "😀",
    "\\",
    '"',
    "<",
    "^",
    "`",
    "{",
    "|",
    "_",
    "-",
    "%20",
    "%2F",
]
SUBRESOURCES = [
    "acl",
    "versionId",
    "uploadId",
    "partNumber",
    "uploads",
    "tagging",
    "response-content-type",
    "versions",
    "policy",
]


def build_probe(out):
    path, lib = os.path.join(out, "auth_probe"), os.path.join(out, "libaerostat.a")
    if not os.path.exists(lib):
        sys.exit(f"{lib} is not there: make first")
    flags = os.environ.get("PROBE_CFLAGS", "-O2 -g").split()
    subprocess.run(
        [
            os.environ.get("CC", "gcc"),
            "-std=gnu11",
            "-D_GNU_SOURCE",
            *flags,
            "-I" + os.path.join(ROOT, "src"),
            "-o",
            path,
            os.path.join(ROOT, "tests/auth/probe.c"),
            lib,
            "-Wl,--as-needed",
            "-lcrypto",
            "-lsqlite3",
            "-lexpat",
            "-lpcre2-8",
            "-lz",
            "-lm",
            "-pthread",
        ],
        check=True,
    )
    return path


class Message:
    """A signed request as it goes over the wire."""

    def __init__(self, style, request, bucket=None, body=None, more=()):
        prepared = request.prepare()
        url = urllib.parse.urlsplit(prepared.url)
        self.style, self.bucket, self.method = style, bucket, prepared.method
        self.path, self.query = url.path or "/", url.query
        self.headers = [("Host", url.netloc)] if "host" not in {k.lower() for k in request.headers.keys()} else []
        self.headers += request.headers.items()
        self.headers += more
        self.body = prepared.body or b"" if body is None else body
        self.body = self.body.encode() if isinstance(self.body, str) else bytes(self.body)

    def bytes(self):
        names = {k.lower() for k, _ in self.headers}
        lines = [f"{self.method} {self.path}{'?' + self.query if self.query else ''} HTTP/1.1"]
        lines += [f"{k}: {v.decode() if isinstance(v, bytes) else v}" for k, v in self.headers]
        if "content-length" not in names and "transfer-encoding" not in names:
            lines.append(f"Content-Length: {len(self.body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        return f"{self.style} {self.bucket or '-'} {len(head)} {len(self.body)}\n".encode() + head + self.body


class Bench:
    def __init__(self, options):
        self.options, self.passed, self.failed = options, 0, 0
        self.probe = subprocess.Popen(
            [build_probe(os.environ.get("O", "out")), SECRET], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, message):
        self.probe.stdin.write(message.bytes())
        self.probe.stdin.flush()
        answer = self.probe.stdout.readline().decode()
        if not answer:
            sys.exit(f"the probe died at {message.bytes()!r}")
        return answer.strip()

    def check(self, ok, name, message, answer):
        self.passed += ok
        self.failed += not ok
        if not ok and self.failed <= self.options.show:
            print("---", name, "\n", answer[:600], "\n", message.bytes()[:1500])


# --- random parts


def odd_text(rng, longest):
    return "".join(rng.choice(ODD) for _ in range(rng.randint(1, longest)))


def odd_query(rng):
    pairs = [(odd_text(rng, 3), rng.choice(["", odd_text(rng, 6)])) for _ in range(rng.choice([0, 0, 1, 2, 5]))]
    pairs += [
        (rng.choice(SUBRESOURCES), rng.choice(["", "1", odd_text(rng, 3)])) for _ in range(rng.choice([0, 0, 1, 2]))
    ]
    if pairs and rng.random() < 0.3:
        pairs.append((pairs[0][0], odd_text(rng, 2)))
    rng.shuffle(pairs)
    return percent_encode_sequence(pairs)


def odd_headers(rng, request, letters="aabc"):
    for letter in rng.sample(letters, rng.randint(0, 3)):
        value = rng.choice(["plain", "  two   spaces  ", "a,b", "tab\tbed", "ünï", '"q   q"', ""])
        request.headers.add_header(rng.choice(["x-amz-meta-", "X-Amz-Meta-"]) + letter, value)
    if rng.random() < 0.3:
        request.headers["Content-Type"] = rng.choice(["text/plain", 'application/octet-stream; a="b  c"'])
    if rng.random() < 0.2:
        request.headers["Accept-Encoding"] = "identity"


def s3_request(rng, letters="aabc"):
    """A request to S3 and the bucket that its host names, if it does."""
    method = rng.choice(["GET", "PUT", "HEAD", "DELETE", "POST"])
    key = percent_encode(odd_text(rng, 8), safe="/~")
    query = odd_query(rng)
    bucket = "my-bucket" if rng.random() < 0.5 else None
    host = "my-bucket.s3.amazonaws.com" if bucket else rng.choice(["127.0.0.1:4566", "s3.amazonaws.com", "localhost"])
    path = "/" + key if bucket else "/my-bucket/" + key
    body = rng.randbytes(rng.choice([0, 10, 20000])) if method in ("PUT", "POST") else None
    request = AWSRequest(
        method,
        f"http://{host}{path}{'?' + query if query else ''}",
        data=body,
        auth_path=f"/my-bucket{path}" if bucket else None,
    )
    odd_headers(rng, request, letters)
    return request, bucket


def credentials(rng):
    return Credentials(
        rng.choice(["AKIDEXAMPLE", "A/K/I/D", "test"]), SECRET, rng.choice([None, None, "to/ken+with=="])
    )


# --- signers: each gives a message, and what of it may be changed to make it wrong


def s3_v4(rng):
    request, bucket = s3_request(rng)
    request.context["payload_signing_enabled"] = rng.random() < 0.8
    if rng.random() < 0.2:
        request.headers["Date"] = "now"
    botocore.auth.S3SigV4Auth(credentials(rng), "s3", REGION).add_auth(request)
    return Message(S3, request, bucket), ("method", "path", "query", "signature", "body", "extra", "header", "host")


def s3_v4_query(rng):
    request, bucket = s3_request(rng)
    request.method = rng.choice(["GET", "HEAD", "DELETE"])
    request.data = None
    # This signer keeps one value of each name.
    url = urllib.parse.urlsplit(request.url)
    request.url = urllib.parse.urlunsplit(
        url._replace(query=percent_encode_sequence(dict(urllib.parse.parse_qsl(url.query, True))))
    )
    botocore.auth.S3SigV4QueryAuth(credentials(rng), "s3", REGION, expires=rng.choice([1, 3600, 604800])).add_auth(
        request
    )
    return Message(S3, request, bucket), ("method", "path", "query", "signature", "extra", "host")


def s3_v2(rng):
    request, bucket = s3_request(rng)
    botocore.auth.HmacV1Auth(credentials(rng)).add_auth(request)
    return Message(S3, request, bucket), ("method", "path", "subresource", "signature", "extra")


def s3_v2_query(rng):
    request, bucket = s3_request(rng, "abc")  # this signer keeps one value of each name
    botocore.auth.HmacV1QueryAuth(credentials(rng), expires=rng.choice([10, 3600, 10000000])).add_auth(request)
    message = Message(S3, request, bucket)
    kept = ("host", "content-type") if rng.random() < 0.5 else ("host",)
    message.headers = [(k, v) for k, v in message.headers if k.lower() in kept]
    return message, ("method", "path", "subresource", "signature", "extra", "expires")


def v4(rng):
    service, style = rng.choice([("sts", QUERY), ("ec2", EC2), ("sagemaker", JSON), ("ssm", JSON)])
    path = percent_encode(rng.choice(["", odd_text(rng, 6), "/endpoints/my ep/invocations"]), safe="/~")
    query = odd_query(rng) if rng.random() < 0.3 else ""
    body = rng.choice([b"", rng.randbytes(200), b"Action=X&Version=1"])
    request = AWSRequest(
        "POST", f"https://{service}.{REGION}.amazonaws.com/{path}{'?' + query if query else ''}", data=body
    )
    if style == JSON:
        request.headers["X-Amz-Target"] = "Service.Operation"
    odd_headers(rng, request)
    if rng.random() < 0.2:
        request.context["payload_signing_enabled"] = False
        request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    signed = request.context.get("payload_signing_enabled", True)
    botocore.auth.SigV4Auth(credentials(rng), service, REGION).add_auth(request)
    return Message(style, request), ("method", "path", "query", "signature", "extra", "host") + (
        ("body",) if signed else ()
    )


def v4_query(rng):
    request = AWSRequest(
        "GET", f"https://sts.{REGION}.amazonaws.com/", params={"Action": "GetCallerIdentity", "Odd": odd_text(rng, 5)}
    )
    botocore.auth.SigV4QueryAuth(credentials(rng), "sts", REGION, expires=60).add_auth(request)
    return Message(QUERY, request), ("method", "query", "signature", "host", "body")


def v2_form(rng):
    params = {
        "Action": "DescribeInstances",
        f"Filter.{rng.randint(1, 12)}.Value": odd_text(rng, 5),
        "Empty": "",
        "a-b": "x",
    }
    if rng.random() < 0.5:
        request = AWSRequest("POST", "https://ec2.amazonaws.com/", data=params)
    else:
        request = AWSRequest("GET", "https://ec2.amazonaws.com/", params=params)
    botocore.auth.SigV2Auth(credentials(rng)).add_auth(request)
    return Message(EC2, request), ("method", "path", "query", "host")


def hmac_hex(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signing_key(day):
    key = ("AWS4" + SECRET).encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def s3_chunked(rng):
    """aws-chunked, signed or not, with a trailer or not, with a length or in chunks of HTTP."""
    content = rng.randbytes(rng.choice([0, 1, 8191, 8192, 65536, 100000]))
    signed, trailer = rng.random() < 0.6, rng.random() < 0.5
    kind = (
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
        if signed
        else "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    )
    request = AWSRequest("PUT", "http://127.0.0.1:4566/b/k", data=b"")
    request.headers["X-Amz-Decoded-Content-Length"] = str(len(content))
    if rng.random() < 0.7:
        request.headers["Content-Encoding"] = "aws-chunked"
    if trailer:
        request.headers["X-Amz-Trailer"] = "x-amz-checksum-crc32"
    signer = botocore.auth.S3SigV4Auth(credentials(rng), "s3", REGION)
    signer.payload = lambda _: kind
    signer.add_auth(request)
    stamp = request.context["timestamp"]
    key, scope = signing_key(stamp[:8]), f"{stamp[:8]}/{REGION}/s3/aws4_request"
    last, empty = request.headers["Authorization"][-64:], hashlib.sha256().hexdigest()
    size, body = rng.choice([8192, 10000, 65536]), b""
    for at in list(range(0, len(content), size)) + [len(content)]:
        piece = content[at : at + size]
        last = hmac_hex(
            key, f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{last}\n{empty}\n{hashlib.sha256(piece).hexdigest()}"
        )
        body += b"%x%s\r\n%s%s" % (
            len(piece),
            f";chunk-signature={last}".encode() if signed else b"",
            piece,
            b"\r\n" if piece else b"",
        )
    if trailer:
        line = "x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
        line_hash = hashlib.sha256((line + "\n").encode()).hexdigest()
        last = hmac_hex(
            key,
            f"AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{last}\n{line_hash}",
        )
        body += line.encode() + b"\r\n" + (f"x-amz-trailer-signature:{last}\r\n".encode() if signed else b"")
    message = Message(
        S3, request, None, body + b"\r\n", [("Transfer-Encoding", "chunked")] if rng.random() < 0.5 else ()
    )
    message.headers = [(k, v) for k, v in message.headers if k.lower() != "content-length"]
    message.content = content
    return message, ("path", "signature", "cut", *(("body",) if signed else ()))


# --- one thing changed


def flip(text, at):
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def change(rng, message, what):
    """False if this message has nothing of that."""
    if what == "method":
        message.method = "PATCH"
    elif what == "path":
        message.path += "x"
    elif what == "query":
        message.query += ("&" if message.query else "") + "extra=1"
    elif what == "subresource":
        message.query += ("&" if message.query else "") + "website"
    elif what == "expires":
        message.query = message.query.replace("Expires=", "Expires=1")
    elif what == "signature":
        return change_signature(rng, message)
    elif what == "body":
        at = rng.randrange(len(message.body)) if message.body else 0
        message.body = (
            message.body[:at] + bytes([(message.body[at] + 1) % 256 if message.body else 65]) + message.body[at + 1 :]
        )
    elif what == "cut":
        message.body = message.body[: rng.randrange(len(message.body) - 2)]
    elif what == "extra":
        message.headers.append(("x-amz-acl", "public-read-write"))
    elif what == "host":
        message.headers = [(k, "other.host") if k == "Host" else (k, v) for k, v in message.headers]
    elif what == "header":
        message.headers = [
            (k, "20200101T000000Z" if k == "X-Amz-Date" else "x") if k in ("X-Amz-Date", "Date") else (k, v)
            for k, v in message.headers
        ]
    return True


def change_signature(rng, message):
    for i, (k, v) in enumerate(message.headers):
        if k == "Authorization":
            message.headers[i] = (k, flip(v, len(v) - rng.randint(3, 20)))
            return True
    at = message.query.find("Signature=")
    message.query = (
        flip(message.query, at + len("Signature=") + rng.randrange(10))
        if "X-Amz-" in message.query
        else message.query.replace("Signature=", "Signature=A")
    )
    return True


def run(bench, signer, n):
    for i in range(n):
        rng = random.Random(f"{bench.options.seed} {signer.__name__} {i}")
        message, changes = signer(rng)
        content = getattr(message, "content", message.body)
        answer = bench.ask(message)
        right = answer.split(" ")[:2] == ["ok", hashlib.sha256(content).hexdigest()]
        bench.check(right, signer.__name__, message, answer)
        what = rng.choice(changes)
        if right and change(rng, message, what):
            answer = bench.ask(message)
            bench.check(not answer.startswith("ok"), f"{signer.__name__}, {what} changed", message, answer)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--n", type=int, default=600)
    p.add_argument("--seed", default="1")
    p.add_argument("--show", type=int, default=3)
    options = p.parse_args()
    bench = Bench(options)
    for signer in (s3_v4, s3_v4_query, s3_v2, s3_v2_query, v4, v4_query, v2_form, s3_chunked):
        before = bench.passed, bench.failed
        run(bench, signer, options.n)
        print(
            signer.__name__,
            bench.passed - before[0],
            f"DIFFERENT {bench.failed - before[1]}" if bench.failed > before[1] else "",
        )
    bench.probe.stdin.close()
    bench.failed += bench.probe.wait() != 0
    print(f"{bench.passed} passed, {bench.failed} failed")
    sys.exit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
