"""HTTP that means harm, or is only broken: every answer is an AWS error in an AWS envelope, nothing is smuggled, and
the server goes on as if nothing had been."""
import concurrent.futures
import hashlib
import os
import socket
import time

import pytest

from aerostat import read_replies

HOST = "Host: 127.0.0.1\r\n"


@pytest.fixture(autouse=True)
def lives(server):
    """After each of these the server still answers a signed call."""
    yield
    assert server.request("GET", "/").status == 200


def refused(reply, *statuses):
    assert reply.status in (statuses or range(400, 500)), reply
    assert reply.code, reply
    return reply


def ask(server, text, **how):
    """The replies to a message in which \\n stands for CR LF."""
    message = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode("latin-1")
    return server.talk(message, **how)


# --- heads

BAD_HEADS = {
    "no version": "GET /\nHost: a\n\n",
    "version 0.9 in words": "GET / HTTP/0.9\nHost: a\n\n",
    "version 2": "GET / HTTP/2.0\nHost: a\n\n",
    "version of letters": "GET / HTTP/x.y\nHost: a\n\n",
    "lower case version": "GET / http/1.1\nHost: a\n\n",
    "two spaces": "GET  / HTTP/1.1\nHost: a\n\n",
    "tab for a space": "GET\t/\tHTTP/1.1\nHost: a\n\n",
    "space in the target": "GET /a b HTTP/1.1\nHost: a\n\n",
    "empty method": " / HTTP/1.1\nHost: a\n\n",
    "method of marks": "G(T / HTTP/1.1\nHost: a\n\n",
    "no host": "GET / HTTP/1.1\nA: b\n\n",
    "two hosts": "GET / HTTP/1.1\nHost: a\nHost: b\n\n",
    "folded line": "GET / HTTP/1.1\nHost: a\nA: b\n c\n\n",
    "space before the colon": "GET / HTTP/1.1\nHost: a\nA : b\n\n",
    "no colon": "GET / HTTP/1.1\nHost: a\nA\n\n",
    "empty name": "GET / HTTP/1.1\nHost: a\n: b\n\n",
    "first line starts with a space": "GET / HTTP/1.1\n Host: a\n\n",
    "NUL in a value": "GET / HTTP/1.1\nHost: a\nA: b\0c\n\n",
    "NUL in the target": "GET /\0 HTTP/1.1\nHost: a\n\n",
    "bare CR in a value": "GET / HTTP/1.1\nHost: a\nA: b\rc\n\n",
    "control character in a name": "GET / HTTP/1.1\nHost: a\nA\x01: b\n\n",
    "target without a slash": "GET a HTTP/1.1\nHost: a\n\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
    "bytes": bytes(range(256)) * 4 + b"\r\n\r\n",
    "nothing but ends of lines": b"\r\n" * 100,
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("name", BAD_HEADS)
def test_a_head_that_cannot_be_read(server, name):
    replies = ask(server, BAD_HEADS[name], shut=True, most=3)
    assert len(replies) <= 1  # never a second answer: what follows a bad head is not a request
    for reply in replies:
        refused(reply)
        assert reply.headers.get("connection") == "close"


LENGTHS = {
    "twice, different": "Content-Length: 3\nContent-Length: 4\n",
    "twice, the same": "Content-Length: 3\nContent-Length: 3\n",
    "a list": "Content-Length: 3, 3\n",
    "negative": "Content-Length: -1\n",
    "plus": "Content-Length: +3\n",
    "hex": "Content-Length: 0x3\n",
    "words": "Content-Length: three\n",
    "empty": "Content-Length:\n",
    "with a space inside": "Content-Length: 1 1\n",
    "larger than numbers go": "Content-Length: 99999999999999999999999\n",
    "2^64": "Content-Length: 18446744073709551616\n",
    "length and chunked": "Content-Length: 3\nTransfer-Encoding: chunked\n",
    "chunked and length": "Transfer-Encoding: chunked\nContent-Length: 3\n",
    "chunked twice": "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n",
    "chunked, chunked": "Transfer-Encoding: chunked, chunked\n",
    "gzip, chunked": "Transfer-Encoding: gzip, chunked\n",
    "chunked, identity": "Transfer-Encoding: chunked, identity\n",
    "identity": "Transfer-Encoding: identity\n",
    "xchunked": "Transfer-Encoding: xchunked\n",
    "chunked with a control character": "Transfer-Encoding: \x0bchunked\n",
    "space before the colon": "Transfer-Encoding : chunked\nContent-Length: 3\n",
    "folded": "Transfer-Encoding:\n chunked\nContent-Length: 3\n",
}


@pytest.mark.parametrize("name", LENGTHS)
def test_lengths_that_smuggle(server, name):
    """The second request is in what may or may not be the first one's body: it must never be answered."""
    message = f"PUT /b/k HTTP/1.1\nHost: a\n{LENGTHS[name]}\n0\n\nGET /hidden HTTP/1.1\nHost: a\n\n"
    replies = ask(server, message, method="PUT", shut=True, most=3)
    assert len(replies) == 1
    refused(replies[0])


def test_chunked_in_http_1_0(server):
    replies = ask(server, "PUT /b/k HTTP/1.0\nHost: a\nTransfer-Encoding: chunked\n\n0\n\nGET / HTTP/1.0\n\n", most=3)
    assert len(replies) == 1
    refused(replies[0])


def test_huge_head(server):
    refused(ask(server, "GET / HTTP/1.1\n" + HOST.replace("\r", "") + "A: " + "b" * 70000 + "\n\n")[0], 400, 431)


def test_huge_target(server):
    refused(ask(server, "GET /" + "b" * 70000 + " HTTP/1.1\nHost: a\n\n")[0], 400, 414, 431)


def test_many_headers(server):
    refused(ask(server, "GET / HTTP/1.1\nHost: a\n" + "".join(f"a{i}: b\n" for i in range(5000)) + "\n")[0], 400, 431)


def test_head_without_end_is_given_up(server):
    """A byte a second: the deadline is for the whole head, not for a byte."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nA: ")
        try:
            while time.monotonic() - start < 45:
                s.sendall(b"b")
                s.settimeout(1)
                try:
                    if s.recv(4096) == b"":
                        break
                except socket.timeout:
                    pass
        except OSError:
            pass
    assert time.monotonic() - start < 40


@pytest.mark.parametrize("size", [1, 7, 100])
def test_head_in_pieces(server, size):
    head = "".join(f"{k}: {v}\r\n" for k, v in server.sign("GET", "/").items())
    message = f"GET / HTTP/1.1\r\n{head}\r\n".encode()
    pieces = [message[i:i + size] for i in range(0, len(message), size)]
    assert server.talk(pieces, pause=0.001)[0].status == 200


def test_slow_heads_do_not_keep_others_waiting(server):
    slow = []
    for _ in range(200):
        s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nA: b")
        slow.append(s)
    start = time.monotonic()
    assert all(server.request("GET", "/").status == 200 for _ in range(20))
    assert time.monotonic() - start < 5
    for s in slow:
        s.close()


# --- names and values that are not text

@pytest.mark.parametrize("target", [
    "/%", "/%zz", "/%00", "/b/%ff%fe", "/b/%c0%af", "/b?%ff=%fe", "/b?list-type=2&prefix=%ff", "/..%2f..%2fetc/passwd",
    "/b/../../etc/passwd", "//b//k", "/?", "/b?" + "a&" * 5000, "/b?versionId=%00", "/\xff\xfe/k", "*",
    "http://127.0.0.1/b", "http://", "/b#k"])
def test_odd_targets(server, target):
    replies = ask(server, f"GET {target} HTTP/1.1\nHost: 127.0.0.1\n\n")
    assert replies, "no answer"
    refused(replies[0])


@pytest.mark.parametrize("host", ["", "a b", "\xff\xfe", "[::1", "127.0.0.1:99999", "a:b:c", "." * 300, "a" * 5000,
                                  "../..", "s3..amazonaws.com", ".s3.amazonaws.com", "%00.s3.amazonaws.com"])
def test_odd_hosts(server, host):
    refused(ask(server, f"GET /b/k HTTP/1.1\nHost: {host}\n\n")[0])


@pytest.mark.parametrize("method", ["BREW", "CONNECT", "TRACE", "PATCH", "x" * 200, "get"])
def test_odd_methods(server, method):
    replies = ask(server, f"{method} /b/k HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n")
    assert replies and 400 <= replies[0].status < 500 and replies[0].code, replies


def test_non_utf8_metadata_is_refused_or_kept(server, bucket):
    reply = server.request("PUT", f"/{bucket}/k", {"x-amz-meta-a": "\xff\xfe\x80"}, b"x", signed=False)
    refused(reply, 403)  # anonymous; and the same bytes signed:
    reply = server.request("PUT", f"/{bucket}/k", {"x-amz-meta-a": "caf\u00e9"}, b"x")
    assert reply.status in (200, 400, 403), reply


def test_xml_that_is_none(server, bucket):
    for body in (b"", b"<", b"<a", b"\xff\xfe", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
                 b"<Delete>" * 10000, b"<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>",
                 b"<a:b xmlns:a='x'/>", b"<VersioningConfiguration>\x00</VersioningConfiguration>", bytes(5000)):
        refused(server.request("PUT", f"/{bucket}?versioning", body=body), 400)


def test_entities_do_not_grow(server, bucket):
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    body = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><Delete><Object><Key>&e11;</Key></Object></Delete>'.encode()
    before = server.rss()
    refused(server.request("POST", f"/{bucket}?delete", body=body), 400)
    assert server.rss() - before < 64 << 20


# --- bodies

def put_head(server, bucket, body, **more):
    headers = server.sign("PUT", f"/{bucket}/k", None, body)
    return "PUT /{}/k HTTP/1.1\r\n{}".format(bucket, "".join(f"{k}: {v}\r\n" for k, v in {**headers, **more}.items()))


def nothing_is_there(server, bucket):
    listed = server.client().list_objects_v2(Bucket=bucket)
    assert listed["KeyCount"] == 0
    assert "Uploads" not in server.client().list_multipart_uploads(Bucket=bucket)


def test_body_shorter_than_announced(server, bucket):
    body = b"x" * 1000
    head = put_head(server, bucket, body) + "Content-Length: 1000\r\n\r\n"
    for n in (0, 1, 999):
        for reply in server.talk(head.encode() + body[:n], method="PUT", shut=True):
            refused(reply, 400)
    nothing_is_there(server, bucket)


def test_body_that_breaks_off(server, bucket):
    body = os.urandom(3 << 20)
    head = put_head(server, bucket, body) + f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(head.encode() + body[:2 << 20])
    time.sleep(0.2)
    nothing_is_there(server, bucket)


def test_body_longer_than_announced(server, bucket):
    """What is over is the start of a next request, and a bad one."""
    body = b"x" * 10
    head = put_head(server, bucket, body) + "Content-Length: 10\r\n\r\n"
    replies = server.talk(head.encode() + body + b"yyyyyyyy\r\n\r\n", method="PUT", most=3)
    assert replies[0].status == 200
    assert [r.status for r in replies[1:]] in ([], [400])
    assert server.client().get_object(Bucket=bucket, Key="k")["Body"].read() == body


CHUNKS = {
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "size of letters": b"xyz\r\nabc\r\n0\r\n\r\n",
    "negative size": b"-3\r\nabc\r\n0\r\n\r\n",
    "plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "huge size": b"fffffffffffffffff\r\nabc",
    "2^63": b"8000000000000000\r\nabc",
    "size too small": b"2\r\nabc\r\n0\r\n\r\n",
    "bare LF": b"3\nabc\n0\n\n",
    "space in the size": b"3 3\r\nabc\r\n0\r\n\r\n",
    "extension without end": b"3;" + b"a" * 200000,
    "trailer without end": b"0\r\n" + b"a: b\r\n" * 50000,
    "trailer that is none": b"0\r\nabc\r\n\r\n",
    "breaks off": b"ff\r\nabc",
    "nothing": b"",
}


@pytest.mark.parametrize("name", CHUNKS)
def test_chunks_that_are_none(server, bucket, name):
    head = put_head(server, bucket, b"abc") + "Transfer-Encoding: chunked\r\n\r\n"
    for reply in server.talk(head.encode() + CHUNKS[name], method="PUT", shut=True):
        refused(reply, 400, 411, 501)
    nothing_is_there(server, bucket)


def test_signed_hash_of_another_body(server, bucket):
    headers = server.sign("PUT", f"/{bucket}/k", None, b"what was signed")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    message = f"PUT /{bucket}/k HTTP/1.1\r\n{head}Content-Length: 15\r\n\r\n".encode() + b"what was stolen"
    reply = refused(server.talk(message, method="PUT")[0], 400)
    assert reply.code == "XAmzContentSHA256Mismatch"
    nothing_is_there(server, bucket)


@pytest.mark.parametrize("sha256", ["x", "", "0" * 63, "g" * 64, "STREAMING-AWS4-HMAC-SHA256-NONSENSE"])
def test_hash_that_is_none(server, bucket, sha256):
    headers = server.sign("PUT", f"/{bucket}/k", None, b"abc", sha256=sha256 or " ")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    refused(server.talk(f"PUT /{bucket}/k HTTP/1.1\r\n{head}Content-Length: 3\r\n\r\nabc".encode(), method="PUT")[0])
    nothing_is_there(server, bucket)


def test_expect_waits_for_leave(server, bucket):
    """100 Continue comes for a call that is allowed, and not for one that is refused."""
    body = b"x" * 100
    signed = put_head(server, bucket, body)
    for head, first in ((signed, b"100 Continue"), (f"PUT /{bucket}/k HTTP/1.1\r\n{HOST}", b"403")):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            s.sendall(head.encode() + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
            got = s.recv(25)
            assert first in got, got
            if first == b"100 Continue":
                s.sendall(body)
                assert read_replies(s, "PUT")[0].status == 200


def test_body_is_not_awaited_when_refused(server):
    """An anonymous upload of a terabyte is answered before its body."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(f"PUT /nobody/k HTTP/1.1\r\n{HOST}Content-Length: {1 << 40}\r\n\r\n".encode() + b"x" * 4096)
        refused(read_replies(s, "PUT")[0])
    assert time.monotonic() - start < 5


def test_more_than_an_upload_may_have(server, bucket):
    size = (5 << 30) + 1
    headers = server.sign("PUT", f"/{bucket}/k", None, b"", sha256="UNSIGNED-PAYLOAD")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    message = f"PUT /{bucket}/k HTTP/1.1\r\n{head}Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n"
    assert refused(server.talk(message.encode(), method="PUT")[0], 400).code == "EntityTooLarge"


def test_put_without_a_length(server, bucket):
    headers = server.sign("PUT", f"/{bucket}/k", None, b"")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    reply = server.talk(f"PUT /{bucket}/k HTTP/1.1\r\n{head}\r\n".encode(), method="PUT")[0]
    assert reply.status == 200 or refused(reply, 411).code == "MissingContentLength"


# --- connections

def signed_get(server, target="/"):
    head = "".join(f"{k}: {v}\r\n" for k, v in server.sign("GET", target).items())
    return f"GET {target} HTTP/1.1\r\n{head}\r\n"


def test_pipelined_requests_are_answered_in_order(server, bucket):
    for i in range(10):
        server.client().put_object(Bucket=bucket, Key=str(i), Body=str(i).encode())
    message = "".join(signed_get(server, f"/{bucket}/{i}") for i in range(10))
    replies = server.talk(message.encode(), most=10)
    assert [r.body for r in replies] == [str(i).encode() for i in range(10)]


def test_pipelined_after_a_body(server, bucket):
    body = b"x" * 5000
    head = put_head(server, bucket, body) + "Content-Length: 5000\r\n\r\n"
    replies = server.talk(head.encode() + body + signed_get(server, f"/{bucket}/k").encode(), most=2)
    assert [r.status for r in replies] == [200, 200] and replies[1].body == body


def test_keep_alive_after_an_error(server, bucket):
    message = signed_get(server, f"/{bucket}/missing") + signed_get(server)
    assert [r.status for r in server.talk(message.encode(), most=2)] == [404, 200]


def test_http_1_0_closes(server):
    reply = ask(server, "GET / HTTP/1.0\nHost: a\n\n")[0]
    refused(reply)
    assert reply.headers.get("connection") == "close"


def test_head_of_an_error_has_no_body(server, bucket):
    target = f"/{bucket}/missing"
    message = f"HEAD {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in server.sign("HEAD", target).items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(message.encode() + b"Connection: close\r\n\r\n")
        got = b""
        while piece := s.recv(4096):
            got += piece
    assert got.startswith(b"HTTP/1.1 404 ") and got.endswith(b"\r\n\r\n")


def test_clients_that_leave_while_they_are_answered(server, bucket):
    server.client().put_object(Bucket=bucket, Key="big", Body=os.urandom(8 << 20))
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            s.sendall(signed_get(server, f"/{bucket}/big").encode())
            s.recv(1000)


def test_many_at_once(server, bucket):
    """Good and bad together, from 16 threads: each gets its own answer."""
    def one(i):
        key, body = f"k{i}", hashlib.sha256(str(i).encode()).digest() * (i % 50)
        assert server.request("PUT", f"/{bucket}/{key}", body=body).status == 200
        assert ask(server, "GET / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\n")[0].status == 400
        return server.request("GET", f"/{bucket}/{key}").body == body

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(200)))


def test_idle_connections_cost_little(server):
    before, idle = server.rss(), []
    for _ in range(900):  # within the 1,024 files that a test may have open; make bench does it with 4,000
        idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
    assert server.request("GET", "/").status == 200
    grown = server.rss() - before
    for s in idle:
        s.close()
    assert grown < 900 * 16384 + (8 << 20)


def served_soon(server, others):
    began = time.monotonic()
    assert server.request("GET", "/").status == 200
    assert time.monotonic() - began < 15
    for s in others:
        s.close()


def test_bodies_that_do_not_come_keep_others_out_for_a_moment_only(server):
    half = (b"POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nContent-Length: 9\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nx")
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    for s in slow:
        s.sendall(half)
    served_soon(server, slow)


def test_replies_that_are_not_taken_keep_others_out_for_a_moment_only(server, bucket):
    server.client("s3").put_object(Bucket=bucket, Key="big", Body=bytes(32 << 20))
    url = server.client("s3").generate_presigned_url("get_object", {"Bucket": bucket, "Key": "big"})
    message = f"GET {url[len(server.url):]} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    deaf = []
    for _ in range(300):
        s = socket.create_connection(("127.0.0.1", server.port))
        s.sendall(message)
        deaf.append(s)
    for s in deaf[:256]:  # so many are answered at once
        s.recv(1, socket.MSG_PEEK)
    served_soon(server, deaf)
