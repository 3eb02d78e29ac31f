"""What the tests of TLS and of the proxy share: clients that trust the server's authority."""
import hashlib
import os
import socket
import ssl
import subprocess

import boto3
import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from aerostat import ROOT_KEY

MIB = 1 << 20
AWS = "s3.us-east-1.amazonaws.com"


def ca_of(server):
    return os.path.join(server.data, "ca.pem")


def trusting(server, **how):
    context = ssl.create_default_context(cafile=ca_of(server))
    for name, value in how.items():
        setattr(context, name, value)
    return context


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def direct(server, name=AWS, context=None, **how):
    """A TLS connection to the port itself."""
    return (context or trusting(server)).wrap_socket(connect(server), server_hostname=name, **how)


def tunnel(server, authority):
    """A connection on which CONNECT was answered, and the answer's head."""
    s = connect(server)
    s.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        got = s.recv(1)
        if not got:
            break
        head += got
    return s, head.decode()


def secure_client(server, service="s3", region="us-east-1", endpoint=None, **how):
    """boto3 with AWS's own host names, the server as its proxy."""
    session = boto3.session.Session(botocore_session=botocore.session.Session())
    config = {"retries": {"max_attempts": 0}, "read_timeout": 60, "proxies": {"https": server.url, "http": server.url},
              **how}
    return session.client(service, region_name=region, endpoint_url=endpoint, verify=ca_of(server),
                          aws_access_key_id=ROOT_KEY.access, aws_secret_access_key=ROOT_KEY.secret,
                          config=Config(**config))


def get(host, path="/"):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def signed(method, host, path, body=b"", **how):
    """A request to one of AWS's hosts, in bytes. how: service, region, headers, sha256 (what is said of the body)."""
    service = how.get("service", "s3")
    request = AWSRequest(method, f"https://{host}{path}", data=body, headers={"Host": host, **how.get("headers", {})})
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(Credentials(ROOT_KEY.access, ROOT_KEY.secret), service, how.get("region", "us-east-1"))
    if service == "s3":
        signer.payload = lambda _: how.get("sha256") or hashlib.sha256(body).hexdigest()
    signer.add_auth(request)
    lines = "".join(f"{k}: {v}\r\n" for k, v in request.headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Records:
    """A TLS client whose bytes go out when and how the test says: seal() gives those of a message."""

    def __init__(self, server, name=AWS):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trusting(server).wrap_bio(self.incoming, self.outgoing, server_hostname=name)

    def hello(self):
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    def shake(self, s):
        while True:
            self.incoming.write(s.recv(65536))
            try:
                self.tls.do_handshake()
                s.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                s.sendall(self.outgoing.read())

    def seal(self, message):
        self.tls.write(message)
        return self.outgoing.read()

    def read_until(self, s, end):
        answer = b""
        while end not in answer:
            try:
                answer += self.tls.read(65536)
            except ssl.SSLWantReadError:
                got = s.recv(65536)
                assert got, answer
                self.incoming.write(got)
        return answer


def hello(server):
    """The bytes of a ClientHello."""
    return Records(server).hello()


def ends(s):
    """Whatever comes until the server closes."""
    got = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return got
            got += piece
    except ConnectionResetError:
        return got


def openssl(*args, **how):
    return subprocess.run(["openssl", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          **how)
