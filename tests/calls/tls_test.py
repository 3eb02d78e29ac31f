"""The same calls over TLS, directly on the port and through CONNECT: names, certificates, bodies of all sizes, and what
does not keep to the protocol."""
import concurrent.futures
import hashlib
import json
import os
import re
import socket
import ssl
import stat
import subprocess
import threading
import time

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from aerostat import ROOT_KEY, read_replies

MIB = 1 << 20
AWS = "s3.us-east-1.amazonaws.com"
SIZES = [0, 1, 16383, 16384, 16385, 32768, 32769, 65537, 5 * MIB, 64 * MIB]


def ca_of(server):
    return os.path.join(server.data, "ca.pem")


def trusting(server, **how):
    context = ssl.create_default_context(cafile=ca_of(server))
    for name, value in how.items():
        setattr(context, name, value)
    return context


def direct(server, name=AWS, context=None):
    """A TLS connection to the port itself."""
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    return (context or trusting(server)).wrap_socket(plain, server_hostname=name)


def tunnel(server, authority):
    """A connection on which CONNECT was answered, and the answer's head."""
    s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    s.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        got = s.recv(1)
        if not got:
            break
        head += got
    return s, head.decode()


def secure_client(server, service="s3", **how):
    """boto3 with AWS's own host names, the server as its proxy."""
    session = boto3.session.Session(botocore_session=botocore.session.Session())
    config = {"retries": {"max_attempts": 0}, "read_timeout": 60, "proxies": {"https": server.url, "http": server.url},
              **how}
    return session.client(service, region_name="us-east-1", aws_access_key_id=ROOT_KEY.access,
                          aws_secret_access_key=ROOT_KEY.secret, verify=ca_of(server), config=Config(**config))


@pytest.fixture
def secure(server):
    return secure_client(server)


def get(host, path="/"):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


# --- the authority

def openssl(*args, **how):
    return subprocess.run(["openssl", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          **how)


def text_of(path):
    return openssl("x509", "-in", path, "-noout", "-text").stdout


def test_the_authority_may_only_name_aws(server):
    modes = {n: stat.S_IMODE(os.stat(os.path.join(server.data, n)).st_mode) for n in ("ca.pem", "ca.key")}
    assert modes == {"ca.pem": 0o644, "ca.key": 0o600}
    said = text_of(ca_of(server))
    assert "X509v3 Name Constraints: critical" in said and "CA:TRUE, pathlen:0" in said
    permitted = set(re.findall(r"DNS:(\S+)", said))
    assert {"amazonaws.com", "amazonaws.com.cn", "api.aws", "aws.amazon.com", "localhost"} <= permitted
    assert all(d == "localhost" or "aws" in d or "amazon" in d for d in permitted), permitted
    assert "NIST CURVE: P-256" in said


def test_its_key_cannot_stand_for_another(server, tmp_path):
    """A certificate for example.com that was signed with the stolen key is not believed."""
    for host, good in (("s3.amazonaws.com", True), ("example.com", False)):
        key, req, cert, ext = (str(tmp_path / n) for n in ("key", "req", "cert", "ext"))
        with open(ext, "w", encoding="ascii") as f:
            f.write(f"subjectAltName=DNS:{host}\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", req, "-subj", "/CN=x")
        made = openssl("x509", "-req", "-in", req, "-CA", ca_of(server), "-CAkey", f"{server.data}/ca.key", "-out",
                       cert, "-extfile", ext, "-set_serial", "7")
        assert made.returncode == 0, made.stderr
        done = openssl("verify", "-CAfile", ca_of(server), cert)
        assert (done.returncode == 0) == good, done.stdout + done.stderr
        assert good or "permitted subtree violation" in done.stderr


def test_it_stays_over_a_restart_and_is_made_again_when_lost(start_server):
    server = start_server()
    with open(ca_of(server), "rb") as f:
        before = f.read()
    server.stop()
    server.start()
    with open(ca_of(server), "rb") as f:
        assert f.read() == before
    server.stop()
    os.remove(os.path.join(server.data, "ca.key"))
    server.start()
    with open(ca_of(server), "rb") as f:
        assert f.read() != before
    with direct(server) as s:
        assert s.getpeercert()["subjectAltName"] == (("DNS", AWS),)


@pytest.mark.parametrize("damage", ["", "not PEM\n", None])
def test_a_damaged_one_is_said(start_server, damage, tmp_path):
    server = start_server()
    other = start_server()
    server.stop()
    if damage is None:
        with open(ca_of(other), encoding="ascii") as f:
            damage = f.read()
    with open(ca_of(server), "w", encoding="ascii") as f:
        f.write(damage)
    with pytest.raises(RuntimeError, match="no certificate with its key"):
        server.start()
    server.process = None


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


def test_sessions_are_resumed(server):
    context = trusting(server, maximum_version=ssl.TLSVersion.TLSv1_2)
    with direct(server, AWS, context) as s:
        session = s.session
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    with context.wrap_socket(plain, server_hostname=AWS, session=session) as s:
        assert s.session_reused


# --- CONNECT, and what a proxy is asked

@pytest.mark.parametrize("authority", ["example.com:443", "169.254.169.254:443", "amazonaws.com.evil.org:443",
                                       "10.0.0.1:443", "evil-amazonaws.com:443", "s3.amazonaws.com:22",
                                       "127.0.0.1:22", "localhost:1",
                                       "[::1]:5432", "0.0.0.0:443", "checkpoint-api.hashicorp.com:443"])
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
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting(server).wrap_bio(incoming, outgoing, server_hostname=AWS)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(f"CONNECT {AWS}:443 HTTP/1.1\r\nHost: {AWS}:443\r\n\r\n".encode() + outgoing.read())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += s.recv(1)
        while True:
            incoming.write(s.recv(65536))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
        tls.write(get(AWS))
        s.sendall(outgoing.read())
        answer = b""
        while b"</Error>" not in answer:
            incoming.write(s.recv(65536))
            try:
                answer += tls.read(65536)
            except ssl.SSLWantReadError:
                pass
        assert b"AccessDenied" in answer


# --- bodies

@pytest.fixture(scope="module")
def store(server):
    server.client("s3").create_bucket(Bucket="over-tls")
    return "over-tls"


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
        time.sleep(0.5)  # long enough to be parked
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
    time.sleep(0.5)
    assert first + got.read() == body


# --- what policies see

def deny(condition):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::seen/*",
        "Condition": condition}]})


def may_get(client):
    try:
        client.get_object(Bucket="seen", Key="k")
        return True
    except ClientError as e:
        assert e.response["Error"]["Code"] == "AccessDenied"
        return False


def test_secure_transport_and_version(server, secure):
    plain = server.client("s3")
    plain.create_bucket(Bucket="seen")
    plain.put_object(Bucket="seen", Key="k", Body=b"x")
    for condition, over_plain, over_tls in (
            ({"Bool": {"aws:SecureTransport": "false"}}, False, True),
            ({"Bool": {"aws:SecureTransport": "true"}}, True, False),
            ({"NumericLessThan": {"s3:TlsVersion": "1.3"}}, True, True),
            ({"NumericLessThan": {"s3:TlsVersion": "1.4"}}, True, False),
            ({"Null": {"s3:TlsVersion": "true"}}, False, True)):
        plain.put_bucket_policy(Bucket="seen", Policy=deny(condition))
        assert (may_get(plain), may_get(secure)) == (over_plain, over_tls), condition


# --- host names of AWS's in signatures

@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("dualstack", [False, True])
def test_s3s_hosts(server, style, region, dualstack):
    name = f"hosts-{style}-{region}-{int(dualstack)}"
    c = boto3.session.Session().client(
        "s3", region_name=region, aws_access_key_id=ROOT_KEY.access, aws_secret_access_key=ROOT_KEY.secret,
        verify=ca_of(server), config=Config(proxies={"https": server.url}, retries={"max_attempts": 0},
                                            s3={"addressing_style": style, "use_dualstack_endpoint": dualstack}))
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    c.create_bucket(Bucket=name, **where)
    c.put_object(Bucket=name, Key="a key/with+odd%signs", Body=b"x")
    assert c.get_object(Bucket=name, Key="a key/with+odd%signs")["Body"].read() == b"x"


def test_accelerate_and_dots(server, secure):
    secure.create_bucket(Bucket="with.dots.in-it")
    secure.put_object(Bucket="with.dots.in-it", Key="k", Body=b"x")
    accelerated = secure_client(server, s3={"use_accelerate_endpoint": True})
    secure.create_bucket(Bucket="accelerated")
    accelerated.put_object(Bucket="accelerated", Key="k", Body=b"x")
    assert secure.get_object(Bucket="accelerated", Key="k")["Body"].read() == b"x"


def test_sts_in_its_regions(server):
    for region in ("us-east-1", "ap-southeast-2"):
        c = boto3.session.Session().client(
            "sts", region_name=region, aws_access_key_id=ROOT_KEY.access, aws_secret_access_key=ROOT_KEY.secret,
            verify=ca_of(server), endpoint_url=f"https://sts.{region}.amazonaws.com",
            config=Config(proxies={"https": server.url}, retries={"max_attempts": 0}))
        assert c.get_caller_identity()["Account"] == ROOT_KEY.account


UNSERVED = [("dynamodb", "list_tables", {}), ("sqs", "list_queues", {}), ("lambda", "list_functions", {}),
            ("route53", "list_hosted_zones", {}), ("rds", "describe_db_instances", {}),
            ("s3control", "get_public_access_block", {"AccountId": "123456789012"}),
            ("sagemaker", "list_training_jobs", {}), ("ecr", "describe_repositories", {}),
            ("cloudwatch", "list_metrics", {}), ("ec2", "describe_instances", {}), ("logs", "describe_log_groups", {})]


@pytest.mark.parametrize("service,operation,inputs", UNSERVED)
def test_services_not_served_say_so(server, service, operation, inputs):
    with pytest.raises(ClientError, match="is not served by") as e:
        getattr(secure_client(server, service), operation)(**inputs)
    assert 400 <= e.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_a_host_prefix(server):
    with pytest.raises(ClientError, match="not served"):
        secure_client(server, "logs").start_live_tail(
            logGroupIdentifiers=["arn:aws:logs:us-east-1:123456789012:log-group:a"])


def test_telemetry_is_answered_here(server):
    """The SageMaker SDK calls this one unsigned, and without a timeout."""
    host = "sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com"
    s, _ = tunnel(server, f"{host}:443")
    with trusting(server).wrap_socket(s, server_hostname=host) as t:
        t.sendall(get(host, "/telemetry?x-accountId=123456789012&x-status=1&x-feature=5&2"))
        assert 400 <= read_replies(t)[0].status < 500


# --- what does not keep to the protocol

def hello(server):
    """The bytes of a ClientHello."""
    out = ssl.MemoryBIO()
    tls = trusting(server).wrap_bio(ssl.MemoryBIO(), out, server_hostname=AWS)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


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


@pytest.mark.parametrize("garbage", [b"\x16", b"\x16\x03\x01", b"\x16" * 1000, b"\x16\x03\x01\x00\x05hello",
                                     b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x16\x03\x03\x00\x04\x01\x00\xff\xff",
                                     b"\x16\x03\x01\x00\x00" * 100, b"\x15\x03\x01\x00\x02\x02\x28",
                                     b"\x80\x2e\x01\x00\x02", b"\x17\x03\x03\x00\x10" + b"y" * 16])
def test_garbage(server, garbage):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
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
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
            s.sendall(bad)
            s.shutdown(socket.SHUT_WR)
            ends(s)


def test_garbage_after_the_handshake(server):
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    s = trusting(server).wrap_socket(plain, server_hostname=AWS)
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

    thread = threading.Thread(target=drip)
    thread.start()
    with direct(server) as s:
        s.sendall(get(AWS))
        assert read_replies(s)[0].code == "AccessDenied"
    for s in [*silent, dribble]:
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
    assert "asan" in os.environ.get("AEROSTATD", "") or each < 80 * 1024, f"{each / 1024:.0f} KiB"


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
