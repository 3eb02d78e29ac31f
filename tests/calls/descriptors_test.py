"""A server that can open no more files: it says so, and does not take what it cannot read for what is not there."""
import contextlib
import hashlib
import http.client
import os
import resource
import socket

import pytest

from aerostat import OTHER_KEY, ROOT_KEY

TAGS = b"<Tagging><TagSet/></Tagging>"


def ask(server, connection, target, key=ROOT_KEY):
    connection.request("GET", target, headers=server.sign("GET", target, key=key))
    reply = connection.getresponse()
    return reply.status, reply.read()


def half_a_call(server):
    """A call that keeps a reader of the database, for its body does not come."""
    headers = server.sign("PUT", "/bucket?tagging", sha256=hashlib.sha256(TAGS).hexdigest())
    lines = ["PUT /bucket?tagging HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), f"Content-Length: {len(TAGS)}",
             "Expect: 100-continue"]
    s = socket.create_connection(("127.0.0.1", server.port))
    s.sendall("\r\n".join(lines + ["", ""]).encode())
    assert s.recv(100).startswith(b"HTTP/1.1 100")
    return s


def test_what_cannot_be_read_is_not_absent(start_server):
    server = start_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"body")
    server.stop()
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    with contextlib.ExitStack() as held:
        for _ in range(5):  # more than there are readers so soon after the start
            held.enter_context(half_a_call(server))
        connection.request("OPTIONS", "/")
        connection.getresponse().read()
        pid, before = server.process.pid, resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        used = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")) + 1
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
        failed = [ask(server, connection, target) for target in ("/", "/bucket", "/bucket/k", "/bucket?versions")]
        failed.append(ask(server, connection, "/", OTHER_KEY))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    assert [status for status, body in failed] == [500] * 5, failed
    assert ask(server, connection, "/bucket/k") == (200, b"body")
    connection.close()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"\x16\x03\x01"])
def test_the_idle_give_way(start_server, begun):
    """And those that have begun a head or a handshake, and do not go on."""
    server = start_server()
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (128, 128))
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    for s in idle:
        with contextlib.suppress(ConnectionError):
            s.sendall(begun)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    assert ask(server, connection, "/")[0] == 200
    idle[0].settimeout(5)
    assert idle[0].recv(1) == b"", "the connection that was idle longest is still there"
    for s in [connection, *idle]:
        s.close()
