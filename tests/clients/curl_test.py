"""curl: it signs by itself (--aws-sigv4), and fetches what boto3 presigned, V2 and V4."""
import hashlib
import os
import time

import pytest

from aerostat import ROOT_KEY, Key
from session import Tool, skip, tool


@pytest.fixture
def curl(server, tmp_path):
    return Tool([tool("curl"), "-sS", "--noproxy", "*"], server.cli_env(tmp_path))


def signing(curl, service):
    if "--aws-sigv4" not in curl.run("--help", "all"):
        skip("this curl cannot sign (--aws-sigv4 came with 7.75)")
    return ["--aws-sigv4", f"aws:amz:us-east-1:{service}", "--user", f"{ROOT_KEY.access}:{ROOT_KEY.secret}"]


def test_sts(curl, server):
    out = curl.run(*signing(curl, "sts"), "--data", "Action=GetCallerIdentity&Version=2011-06-15", f"{server.url}/")
    assert "<Account>123456789012</Account>" in out


def test_s3(curl, server, bucket, tmp_path):
    data = os.urandom(100_000)
    (tmp_path / "f").write_bytes(data)
    url, sign = f"{server.url}/{bucket}/f", signing(curl, "s3")
    sha256 = f"x-amz-content-sha256: {hashlib.sha256(data).hexdigest()}"
    unsigned = "x-amz-content-sha256: UNSIGNED-PAYLOAD"
    curl.run(*sign, "--fail", "-H", sha256, "--upload-file", tmp_path / "f", url)
    curl.run(*sign, "--fail", "-H", unsigned, "-o", tmp_path / "back", url)
    assert (tmp_path / "back").read_bytes() == data
    curl.run(*sign, "--fail", "-H", unsigned, "-r", "10-19", "-o", tmp_path / "part", url)
    assert (tmp_path / "part").read_bytes() == data[10:20]
    assert "<Key>f</Key>" in curl.run(*sign, "--fail", "-H", unsigned, f"{server.url}/{bucket}?list-type=2")
    curl.run(*sign, "--fail", "-H", unsigned, "-X", "DELETE", url)
    assert "<Code>NoSuchKey</Code>" in curl.run(*sign, "-H", unsigned, url)


@pytest.mark.parametrize("version, mark", [("s3", "&Signature="), ("s3v4", "X-Amz-Signature=")])
@pytest.mark.parametrize("key", ["plain", "a b+c/ü%.txt", "q?&=#"])
def test_presigned_get_and_put(curl, server, bucket, version, mark, key, tmp_path):
    s3 = server.client("s3", signature_version=version)
    (tmp_path / "f").write_bytes(b"by a link")

    def link(operation, seconds=600, **more):
        return s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key, **more}, ExpiresIn=seconds)

    assert mark in link("put_object")
    curl.run("--fail", "--upload-file", tmp_path / "f", link("put_object"))
    assert curl.run("--fail", link("get_object")) == "by a link"
    head = curl.run("--fail", "-I", link("head_object"))
    assert "Content-Length: 9" in head
    named = curl.run("--fail", "-i", link("get_object", ResponseContentType="text/x", ResponseCacheControl="no-cache"))
    assert "text/x" in named and "no-cache" in named
    assert "<Code>SignatureDoesNotMatch</Code>" in curl.run("--upload-file", tmp_path / "f", link("get_object"))
    assert "<Code>SignatureDoesNotMatch</Code>" in curl.run(link("get_object") + "&versionId=null")
    curl.run("--fail", "-X", "DELETE", link("delete_object"))
    assert "<Code>NoSuchKey</Code>" in curl.run(link("get_object"))


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_expired_link(curl, server, bucket, version):
    s3 = server.client("s3", signature_version=version)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    seconds = -5 if version == "s3" else 1
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=seconds)
    out = curl.run("-w", "%{http_code}", link)
    for _ in range(30):
        if out.endswith("403"):
            break
        time.sleep(0.1)
        out = curl.run("-w", "%{http_code}", link)
    assert out.endswith("403") and "<Code>AccessDenied</Code>" in out and "Request has expired" in out


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_somebody_elses_link(curl, server, bucket, version):
    """A key that nobody has, and a secret that is not the key's."""
    for key, code in ((Key("AKIANOBODYHASTHISKEY", "x", ""), "InvalidAccessKeyId"),
                      (Key(ROOT_KEY.access, "x", ""), "SignatureDoesNotMatch")):
        s3 = server.client("s3", key=key, signature_version=version)
        link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
        assert f"<Code>{code}</Code>" in curl.run(link)
