"""CONNECT, and what a proxy is asked: AWS's hosts are answered for here, nobody else is reached."""
import http.client
import os
import re
import threading
import time

import pytest

from aerostat import read_replies
from secure import AWS, Records, connect, direct, get, trusting, tunnel


@pytest.fixture(scope="module")
def store(server):
    server.client("s3").create_bucket(Bucket="watched")
    return "watched"


@pytest.mark.parametrize("authority", ["example.com:443", "169.254.169.254:443", "amazonaws.com.evil.org:443",
                                       "10.0.0.1:443", "evil-amazonaws.com:443", "0.0.0.0:443",
                                       "checkpoint-api.hashicorp.com:443"])
def test_nobody_else_is_reached(server, authority):
    s, head = tunnel(server, authority)
    with s:
        assert head.startswith("HTTP/1.1 403 Not an AWS host"), head
        assert b"forwards nothing" in s.recv(1000)
        assert s.recv(10) == b""


@pytest.mark.parametrize("authority", ["s3.amazonaws.com:443", "S3.AMAZONAWS.COM:443", "localhost:443", "[::1]:443"])
def test_who_is_answered_for(server, authority):
    s, head = tunnel(server, authority)
    assert head.startswith("HTTP/1.1 200 ")
    s.close()


def test_our_own_address_is_answered_for(server):
    s, head = tunnel(server, f"127.0.0.1:{server.port}")
    assert head.startswith("HTTP/1.1 200 ")
    with trusting(server).wrap_socket(s, server_hostname="127.0.0.1") as t:
        t.sendall(get("127.0.0.1"))
        assert read_replies(t)[0].code == "AccessDenied"


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/", "http://example.com/",
                                    "http://s3.amazonaws.com.evil.org/", "http://127.0.0.1:22/",
                                    "http://s3.amazonaws.com:8080/", "http://[fd00:ec2::254]/latest/meta-data/",
                                    "https://example.com/"])
def test_what_a_plain_proxy_is_asked(server, target):
    reply = server.talk(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())[0]
    assert reply.status == 403 and b"forwards nothing" in reply.body


def test_aws_by_a_plain_proxy(server):
    reply = server.talk(f"GET http://{AWS}/some-bucket HTTP/1.1\r\nHost: {AWS}\r\n\r\n".encode())[0]
    assert reply.code == "AccessDenied" or reply.code == "NoSuchBucket", reply


def test_connect_inside_a_tunnel_or_with_a_body(server):
    s, _ = tunnel(server, "s3.amazonaws.com:443")
    with s:
        s.sendall(b"CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com:443\r\n\r\n")
        assert read_replies(s)[0].status == 400
    reply = server.talk(b"CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")[0]
    assert reply.status == 400
    with direct(server) as s:
        s.sendall(b"CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com:443\r\n\r\n")
        assert read_replies(s)[0].status == 400


def test_plain_http_through_a_tunnel(server):
    s, _ = tunnel(server, "s3.amazonaws.com:443")
    with s:
        s.sendall(get("s3.amazonaws.com"))
        assert read_replies(s)[0].code == "AccessDenied"


def test_a_handshake_that_did_not_wait_for_the_tunnel(server):
    """The ClientHello comes in one packet with the CONNECT."""
    r = Records(server)
    with connect(server) as s:
        s.sendall(f"CONNECT {AWS}:443 HTTP/1.1\r\nHost: {AWS}:443\r\n\r\n".encode() + r.hello())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += s.recv(1)
        r.shake(s)
        s.sendall(r.seal(get(AWS)))
        assert b"AccessDenied" in r.read_until(s, b"</Error>")


@pytest.mark.parametrize("authority", ["s3.amazonaws.com", "s3.amazonaws.com:", "s3.amazonaws.com:x", ":443", "443",
                                       "s3.amazonaws.com:99999", "s3.amazonaws.com:-1", "s3.amazonaws.com:443:443",
                                       "user@s3.amazonaws.com:443", "user:secret@s3.amazonaws.com:443",
                                       "https://s3.amazonaws.com:443", "s3.amazonaws.com/x:443", "[::1:443", "[]:443",
                                       "s3%2eamazonaws.com:443", "s3.amazonaws.com\xe9:443", "*", "/",
                                       "a." * 35000 + "amazonaws.com:443", "[2001:db8::1]:443", "127.evil.example:443",
                                       "169.254.169.254:80", "s3.amazonaws.com.:444"])
def test_odd_authorities(server, authority):
    with connect(server) as s:
        try:
            s.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1"))
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = read_replies(s)[0]
        assert 400 <= reply.status < 500 and reply.body, reply
        assert s.recv(10) == b""


@pytest.mark.parametrize("authority", ["s3.amazonaws.com:80", "sts.us-east-1.amazonaws.com:22", "localhost:1"])
def test_other_ports(server, authority):
    """It is the port that is wrong, and the sentence says which one is right."""
    s, head = tunnel(server, authority)
    right = server.port if authority.startswith("localhost") else 443
    assert head.startswith("HTTP/1.1 403 Not a port that is served")
    assert f"only at port {right}" in s.recv(1000).decode()
    s.close()


def test_clients_show_why(server):
    """The reason is in the status line, which is all that most clients show of a refused CONNECT."""
    c = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=30)
    c.set_tunnel("example.com", 443)
    with pytest.raises(OSError, match="403 Not an AWS host"):
        c.request("GET", "/")


def test_a_proxy_that_is_spoken_to_by_tls(server):
    """HTTPS_PROXY=https://...: the way is shown."""
    with direct(server, "localhost") as s:
        s.sendall(b"CONNECT s3.amazonaws.com:443 HTTP/1.1\r\nHost: s3.amazonaws.com:443\r\n\r\n")
        assert b"begins with http://" in read_replies(s)[0].body


# --- nothing leaves

def sockets_of(pid):
    """(state, remote address) of all its TCP and UDP sockets over IP."""
    own = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
        own.update([found.group(1)] if found else [])
    rows = []
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        with open(f"/proc/{pid}/net/{name}", encoding="ascii") as f:
            rows += [(name, *line.split()[1:4]) for line in f.readlines()[1:] if line.split()[9] in own]
    return rows


def test_the_server_opens_no_connection(server, secure, store):
    """At any time all its sockets are the listening one and those accepted from it."""
    stop, seen = threading.Event(), set()

    def watch():
        while not stop.is_set():
            seen.update((kind, local.split(":")[1]) for kind, local, _, _ in sockets_of(server.process.pid))
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for i in range(30):
        secure.put_object(Bucket=store, Key=f"watched-{i}", Body=b"x")
        tunnel(server, "example.com:443")[0].close()
        server.talk(b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n")
    stop.set()
    watcher.join()
    assert seen == {("tcp", f"{server.port:04X}")}, seen
