"""The certificate authority: what it may name, how long it is good, and what becomes of it when its files are lost,
damaged or open to others."""
import os
import re
import ssl
import stat
import subprocess

import pytest

from aerostat import AEROSTAT, read_replies
from secure import AWS, ca_of, connect, direct, get, openssl, trusting, tunnel


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


def key_of(server):
    return os.path.join(server.data, "ca.key")


def verb(server, *words):
    return subprocess.run([AEROSTAT, words[0], "--data", server.data, *words[1:]], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


@pytest.mark.parametrize("damage", ["", "not PEM\n", "another's", "too large"])
def test_a_damaged_one_is_said(start_server, damage):
    """Plain HTTP is served all the same; whoever wants TLS is told, by whatever can show a sentence."""
    server, other = start_server(), start_server()
    server.stop()
    if damage == "another's":
        with open(ca_of(other), encoding="ascii") as f:
            damage = f.read()
    with open(ca_of(server), "w", encoding="ascii") as f:
        f.write("x" * 100000 if damage == "too large" else damage)
    server.start()
    assert server.client("s3").list_buckets()["Buckets"] == []
    said = "cannot be used: File too large" if damage == "too large" else "no certificate with its key"
    s, head = tunnel(server, f"{AWS}:443")
    assert head.startswith("HTTP/1.1 503 TLS is not served") and said in s.recv(1000).decode()
    s.close()
    for words in (["env", "--transparent"], ["run", "true"], ["shell"]):
        done = verb(server, *words)
        assert done.returncode == 1 and said in done.stdout, done
    assert said in verb(server, "status").stdout and said in server.log_text()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ssl._create_unverified_context().wrap_socket(connect(server))  # pylint: disable=protected-access


def test_one_that_vanished_is_said(start_server):
    """No client could read what it is to trust; the next start makes another."""
    server = start_server()
    os.remove(ca_of(server))
    done = verb(server, "env", "--transparent")
    assert done.returncode == 1 and "No such file" in done.stdout and "restart" in done.stdout
    assert verb(server, "env").returncode == 0
    server.stop()
    server.start()
    assert verb(server, "env", "--transparent").returncode == 0
    direct(server).close()


def test_an_open_key_is_closed(start_server):
    server = start_server()
    server.stop()
    os.chmod(key_of(server), 0o644)
    server.start()
    direct(server).close()
    assert stat.S_IMODE(os.stat(key_of(server)).st_mode) == 0o600
    assert "could be read by others (mode 644)" in server.log_text()


def test_how_long_they_are_good(server):
    """A clock that is some hours wrong does no harm, and no client finds a certificate too long-lived."""
    with direct(server) as s:
        cert = s.getpeercert()
    begins, ends = (ssl.cert_time_to_seconds(cert[k]) for k in ("notBefore", "notAfter"))
    now = os.stat(ca_of(server)).st_mtime
    assert 80000 < now - begins < 90000 and ends - begins < 398 * 86400 and ends > now + 300 * 86400
