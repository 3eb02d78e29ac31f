"""The same calls over TLS, directly on the port and through CONNECT: names, versions, and bodies of all sizes."""
import concurrent.futures
import hashlib
import http.client
import os
import ssl
import subprocess
import time
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from aerostat import read_replies
from secure import AWS, MIB, Records, connect, direct, get, openssl, secure_client, signed, trusting, tunnel

SIZES = [0, 1, 16383, 16384, 16385, 32768, 32769, 65537, 5 * MIB, 64 * MIB]


@pytest.fixture(scope="module")
def store(server):
    server.client("s3").create_bucket(Bucket="over-tls")
    return "over-tls"


# --- names

@pytest.mark.parametrize("name", [AWS, "bucket.s3.amazonaws.com", "a.dotted.bucket.s3.eu-west-1.amazonaws.com",
                                  "sts.amazonaws.com", "api.sagemaker.us-east-1.amazonaws.com", "sts.us-east-1.api.aws",
                                  "s3.cn-north-1.amazonaws.com.cn", "signin.aws.amazon.com", "localhost",
                                  "bucket.s3.localhost", "under_score.s3.amazonaws.com"])
def test_a_certificate_for_each_name(server, name):
    with direct(server, name) as s:
        assert s.getpeercert()["subjectAltName"] == (("DNS", name),)
        s.sendall(get(name))
        assert read_replies(s)[0].status in (400, 403, 404)


def test_an_address_has_no_name(server):
    with direct(server, "127.0.0.1") as s:
        assert ("IP Address", "127.0.0.1") in s.getpeercert()["subjectAltName"]


@pytest.mark.parametrize("name", ["example.com", "evil-amazonaws.com", "amazonaws.com.evil.org", "x", "aws"])
def test_other_names_are_refused(server, name):
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
        direct(server, name)


def test_upper_case_and_a_dot_at_the_end_are_the_same_name(server):
    context = trusting(server, check_hostname=False)
    for name in (AWS.upper(), AWS + "."):
        with direct(server, name, context) as s:
            assert s.getpeercert()["subjectAltName"] == (("DNS", AWS),)


def test_more_names_than_are_kept(server):
    """Certificates are kept in bounds; the first one is made again when it is asked for again."""
    context = trusting(server)
    for i in [*range(600), 0]:
        name = f"bucket-{i}.s3.amazonaws.com"
        with direct(server, name, context) as s:
            assert s.getpeercert()["subjectAltName"] == (("DNS", name),)


def test_the_name_of_connect_stands_in(server):
    """A client that names nobody in the handshake gets the certificate of the host that it tunnels to."""
    s, head = tunnel(server, "sts.amazonaws.com:443")
    assert head.startswith("HTTP/1.1 200 ") and "content-length" not in head.lower()
    context = trusting(server, check_hostname=False)
    with context.wrap_socket(s) as t:
        assert t.getpeercert()["subjectAltName"] == (("DNS", "sts.amazonaws.com"),)


# --- protocol versions

def test_versions(server):
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        context = trusting(server, maximum_version=version, minimum_version=version)
        with direct(server, AWS, context) as s:
            assert s.version() == name
    done = openssl("s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0",
                   stdin=subprocess.DEVNULL)
    assert done.returncode != 0 and "protocol version" in done.stdout + done.stderr


def test_clients_that_would_rather_speak_http_2(server):
    for offered in (["h2", "http/1.1"], ["h2"]):
        context = trusting(server)
        context.set_alpn_protocols(offered)
        with direct(server, AWS, context) as s:
            assert s.selected_alpn_protocol() is None
            s.sendall(get(AWS))
            assert read_replies(s)[0].code == "AccessDenied"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(server, version):
    context = trusting(server, maximum_version=version)
    with direct(server, AWS, context) as s:
        s.sendall(get(AWS))
        assert read_replies(s)[0].status == 403
        session = s.session  # 1.3 gives its ticket after the handshake
    with direct(server, AWS, context, session=session) as s:
        assert s.session_reused
        s.sendall(get(AWS))
        assert read_replies(s)[0].status == 403


# --- bodies

@pytest.mark.parametrize("size", SIZES)
def test_objects_there_and_back(secure, store, size):
    body = os.urandom(size)
    sent = []
    secure.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers)))
    secure.put_object(Bucket=store, Key=f"size-{size}", Body=body)
    framing = {k.lower(): v for k, v in sent[0].items()}["x-amz-content-sha256"]
    assert framing == (b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" if isinstance(framing, bytes) else
                       "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    got = secure.get_object(Bucket=store, Key=f"size-{size}")
    assert got["Body"].read() == body and got["ContentLength"] == size
    assert got["ETag"].strip('"') == hashlib.md5(body).hexdigest()


def test_ranges(secure, store):
    body = os.urandom(3 * MIB)
    secure.put_object(Bucket=store, Key="ranges", Body=body)
    for first, last in ((0, 0), (1, 16384), (16383, 16385), (100000, 2 * MIB), (3 * MIB - 1, 3 * MIB + 5)):
        got = secure.get_object(Bucket=store, Key="ranges", Range=f"bytes={first}-{last}")
        assert got["Body"].read() == body[first:last + 1]


def test_parts(secure, store):
    """GET of an object that lies in many pieces."""
    upload = secure.create_multipart_upload(Bucket=store, Key="parts")["UploadId"]
    bodies = [os.urandom(5 * MIB + i) for i in range(3)]
    parts = [{"PartNumber": i, "ETag": secure.upload_part(Bucket=store, Key="parts", UploadId=upload, PartNumber=i,
                                                          Body=b)["ETag"]} for i, b in enumerate(bodies, 1)]
    done = secure.complete_multipart_upload(Bucket=store, Key="parts", UploadId=upload,
                                            MultipartUpload={"Parts": parts})
    assert done["Location"].startswith("https://")
    assert secure.get_object(Bucket=store, Key="parts")["Body"].read() == b"".join(bodies)


def test_many_requests_on_one_connection(server, store):
    server.client("s3").put_object(Bucket=store, Key="small", Body=b"s" * 100)
    url = server.client("s3").generate_presigned_url("get_object", {"Bucket": store, "Key": "small"})
    target = url[len(server.url):]
    message = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    with direct(server, "127.0.0.1") as s:
        for _ in range(50):
            s.sendall(message)
            assert read_replies(s)[0].body == b"s" * 100
        s.sendall(message * 20)  # in one record
        assert [r.status for r in read_replies(s, most=20)] == [200] * 20
        time.sleep(0.3)  # long enough to be parked
        s.sendall(message)
        assert read_replies(s)[0].status == 200


def test_records_of_one_byte(server):
    message = get(AWS, "/some-bucket/key")
    with direct(server) as s:
        for byte in message:
            s.sendall(bytes([byte]))
        assert read_replies(s)[0].code in ("NoSuchBucket", "AccessDenied")


def test_a_reply_that_is_not_read_at_once(server, secure, store):
    """Far more than the socket holds: the server waits, and loses nothing."""
    body = os.urandom(24 * MIB)
    secure.put_object(Bucket=store, Key="slow", Body=body)
    got = secure.get_object(Bucket=store, Key="slow")["Body"]
    first = got.read(1000)
    time.sleep(0.3)
    assert first + got.read() == body


def test_requests_and_records_do_not_end_together(server):
    """Two requests in two records and a part of a third, in one packet: what lies decrypted or half read in the library
    is answered although no byte comes any more, and a parked connection goes on where it was."""
    message = get(AWS, "/some-bucket/key")
    r = Records(server)
    with connect(server) as s:
        s.sendall(r.hello())
        r.shake(s)
        for split in (1, 4, 5, 6, 20, -1):
            first = r.seal(message) + r.seal(message[:10]) + r.seal(message[10:])
            third = r.seal(message[:-1])
            s.sendall(first + third[:split])
            answers = r.read_until(s, b"</Error>")
            while answers.count(b"</Error>") < 2:
                answers += r.read_until(s, b"</Error>")
            time.sleep(0.15)  # longer than a worker lingers
            s.sendall(third[split:])
            s.sendall(r.seal(message[-1:]))
            assert b"HTTP/1.1 404" in r.read_until(s, b"</Error>")


@pytest.mark.parametrize("size", [1, 16384, 3 * MIB])
def test_a_client_that_waits_for_100_continue(server, store, size):
    body = os.urandom(size)
    head, _, rest = signed("PUT", AWS, f"/{store}/waited", body).partition(b"\r\n\r\n")
    with direct(server) as s:
        s.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert s.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(rest)
        assert read_replies(s, "PUT")[0].headers["etag"].strip('"') == hashlib.md5(body).hexdigest()
        s.sendall(signed("PUT", AWS, "/no-such-bucket-here/waited", b"x" * 100000).partition(b"\r\n\r\n")[0] +
                  b"\r\nExpect: 100-continue\r\n\r\n")
        assert read_replies(s, "PUT")[0].code == "NoSuchBucket"  # and the body was not asked for
    assert secure_client(server).get_object(Bucket=store, Key="waited")["Body"].read() == body


def chunked_trailer(body, crc):
    """aws-chunked as boto3 and the CRT send it over TLS."""
    return (b"%x\r\n" % len(body) + body + b"\r\n0\r\nx-amz-checksum-crc32:" + crc + b"\r\n\r\n")


def test_a_trailer_is_checked(server, store):
    """The checksum behind the body counts, and the connection goes on after a wrong one."""
    coded = {"Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
             "X-Amz-Decoded-Content-Length": "9"}
    with direct(server) as s:
        for crc, code in ((b"AAAAAA==", "BadDigest"), (b"y/Q5Jg==", None), (b"nonsense", "InvalidRequest")):
            headers = signed("PUT", AWS, f"/{store}/trailer", headers=coded,
                             sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            head = headers.partition(b"Content-Length: 0\r\n")[0]
            body = chunked_trailer(b"123456789", crc)
            s.sendall(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            reply = read_replies(s, "PUT")[0]
            assert reply.code == code and (reply.status == 200) == (code is None), reply


def test_the_end_is_said(server):
    """A client can tell the end of a reply from a connection that was cut."""
    with direct(server, suppress_ragged_eofs=False) as s:
        s.sendall(get(AWS)[:-2] + b"Connection: close\r\n\r\n")
        while s.recv(65536):
            pass


def test_links(secure, server, store):
    """A presigned link has AWS's host and scheme, and works through a tunnel."""
    secure.put_object(Bucket=store, Key="a link/ö", Body=b"linked")
    for version in ("s3v4", "s3"):
        client = secure_client(server, signature_version=version)
        url = urlsplit(client.generate_presigned_url("get_object", {"Bucket": store, "Key": "a link/ö"}))
        assert (url.scheme, url.port) == ("https", None) and url.hostname.endswith("amazonaws.com")
        c = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting(server), timeout=30)
        c.set_tunnel(url.hostname, 443)
        c.request("GET", f"{url.path}?{url.query}")
        assert c.getresponse().read() == b"linked"
        c.close()
