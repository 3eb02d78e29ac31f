"""What does not keep to TLS, or breaks off: it is refused in bounded time, stores nothing, and harms nobody else."""
import concurrent.futures
import os
import re
import socket
import ssl
import struct
import threading
import time

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTATD, read_replies
from secure import AWS, MIB, connect, direct, ends, get, hello, secure_client, signed, trusting, tunnel


@pytest.fixture(scope="module")
def store(server):
    server.client("s3").create_bucket(Bucket="over-tls")
    return "over-tls"


@pytest.mark.parametrize("garbage", [b"\x16", b"\x16\x03\x01", b"\x16" * 1000, b"\x16\x03\x01\x00\x05hello",
                                     b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x16\x03\x03\x00\x04\x01\x00\xff\xff",
                                     b"\x16\x03\x01\x00\x00" * 100, b"\x15\x03\x01\x00\x02\x02\x28",
                                     b"\x80\x2e\x01\x00\x02", b"\x17\x03\x03\x00\x10" + b"y" * 16])
def test_garbage(server, garbage):
    with connect(server) as s:
        try:
            s.sendall(garbage)
            s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        ends(s)
    with direct(server) as s:
        s.sendall(get(AWS))
        assert read_replies(s)[0].code == "AccessDenied"


def test_a_hello_with_bytes_changed(server):
    whole = hello(server)
    for at in range(0, len(whole), 7):
        bad = bytearray(whole)
        bad[at] ^= 0xff
        with connect(server) as s:
            s.sendall(bad)
            s.shutdown(socket.SHUT_WR)
            ends(s)


def test_garbage_after_the_handshake(server):
    s = direct(server)
    raw = socket.socket(fileno=os.dup(s.fileno()))
    raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    raw.settimeout(10)
    ends(raw)
    raw.close()
    s.close()


def test_malformed_http_inside(server):
    for message in (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
        with direct(server) as s:
            s.sendall(message)
            assert read_replies(s)[0].code == "BadRequest"


def test_a_body_that_breaks_off(server, store):
    """Both without a goodbye and with one: nothing is stored."""
    for politely in (False, True):
        with direct(server, "127.0.0.1") as s:
            headers = server.sign("PUT", f"/{store}/broken", {}, b"", sha256="UNSIGNED-PAYLOAD")
            lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
            s.sendall(f"PUT /{store}/broken HTTP/1.1\r\n{lines}Content-Length: 100000\r\n\r\n".encode() + b"x" * 50000)
            if politely:
                s.settimeout(10)
                try:
                    s.unwrap()
                except (ssl.SSLError, OSError):
                    pass
    with pytest.raises(ClientError, match="404"):
        server.client("s3").head_object(Bucket=store, Key="broken")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_clients_that_go_away(server, store):
    """In the middle of a reply, of an upload, and of a handshake: what they held is given back."""
    secure_client(server).put_object(Bucket=store, Key="big", Body=os.urandom(24 * MIB))
    began = descriptors(server)
    for i in range(12):
        with direct(server) as s:
            s.sendall(signed("GET", AWS, f"/{store}/big"))
            assert len(s.recv(1000)) > 0
            if i % 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        with direct(server) as s:
            head = signed("PUT", AWS, f"/{store}/gone").replace(b"Content-Length: 0", b"Content-Length: 9000000")
            s.sendall(head + os.urandom(100000))
        with connect(server) as s:
            s.sendall(hello(server)[:50 + i * 10])
    until = time.monotonic() + 20
    while descriptors(server) > began and time.monotonic() < until:
        time.sleep(0.05)
    assert descriptors(server) <= began
    with pytest.raises(ClientError, match="404"):
        server.client("s3").head_object(Bucket=store, Key="gone")


def test_slow_handshakes_end(start_server):
    """A handshake has the time of a head, however it dribbles; others are served meanwhile."""
    server = start_server()
    whole, began = hello(server), time.monotonic()
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(100)]
    for i, s in enumerate(silent):
        s.sendall(whole[:1 + i % 200])
    dribble = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    stop = threading.Event()

    def drip():
        for byte in whole[:-1]:
            if stop.wait(0.5):
                return
            try:
                dribble.sendall(bytes([byte]))
            except OSError:
                return

    inside = [direct(server), tunnel(server, f"{AWS}:443")[0]]
    inside[0].sendall(whole)  # TLS in TLS
    inside[1].sendall(b"GET / HTTP/1.1\r\nHo")
    thread = threading.Thread(target=drip)
    thread.start()
    with direct(server) as s:
        s.sendall(get(AWS))
        assert read_replies(s)[0].code == "AccessDenied"
    for s in [*silent, *inside, dribble]:
        ends(s)
        s.close()
    stop.set()
    thread.join()
    assert 5 < time.monotonic() - began < 40


def test_two_hundred_connections(server, store):
    """All open at once, idle in between, and answered in any order."""
    server.client("s3").put_object(Bucket=store, Key="many", Body=b"m" * 5000)
    url = server.client("s3").generate_presigned_url("get_object", {"Bucket": store, "Key": "many"})
    message = f"GET {url[len(server.url):]} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    context = trusting(server)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        conns = list(pool.map(lambda _: direct(server, "127.0.0.1", context), range(200)))

        def ask(s):
            s.sendall(message)
            return read_replies(s)[0].body == b"m" * 5000

        assert all(pool.map(ask, conns)) and all(pool.map(ask, reversed(conns)))
        for s in conns:
            s.close()


def test_idle_connections_are_cheap(server):
    context = trusting(server)
    before = server.rss()
    conns = [direct(server, AWS, context) for _ in range(200)]
    for s in conns:
        s.sendall(get(AWS))
        assert read_replies(s)[0].status == 403
    time.sleep(0.3)
    each = (server.rss() - before) / len(conns)
    for s in conns:
        s.close()
    sanitized = re.search("asan|tsan", AEROSTATD)
    assert sanitized or each < 80 * 1024, f"{each / 1024:.0f} KiB"
