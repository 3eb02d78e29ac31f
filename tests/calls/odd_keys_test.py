"""Keys that are easily taken for something else, by boto3, by the AWS CLI and in bytes of any shape; and what a query
may look like."""
import os
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from urllib.parse import quote, unquote_plus

import pytest

from aerostat import path_of
from objects import body

CLI = shutil.which("aws", path=os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", ""))
NFC, NFD = unicodedata.normalize("NFC", "é/ñ"), unicodedata.normalize("NFD", "é/ñ")
KEYS = ["a+b", "a b", "a%b", "a%2Bb", "a%2", "+", "%", "a//b", "//", "/a", "/", "a/", "a//", ".", "..", "a/./b", "../a",
        "a/..", "a\tb", "a\nb", "a\r\nb", NFC, NFD, "🔑/🗝️", "é" * 512, "k" * 1024, "a?b&c=d#e", "a=b", "x-id=1",
        "~*'()!", "\u00a0", "\u200b", "a\\b", '"<&>', "list-type=2", "?acl", "versionId"]


def names(reply):
    tree = ET.fromstring(reply.body)
    return [e.text or "" for e in tree.iter() if e.tag.endswith("}Key") or e.tag.endswith("CommonPrefixes}Prefix")]


def children(reply, tag):
    return [e.text or "" for e in ET.fromstring(reply.body).iter() if e.tag.split("}")[-1] == tag]


@pytest.fixture(scope="module")
def filled(server):
    """A bucket with an object of every key, whose body is its key."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="odd-keys")
    for key in KEYS:
        s3.put_object(Bucket="odd-keys", Key=key, Body=key.encode())
    return "odd-keys"


# --- boto3

@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_by_boto3(s3, filled, bucket, key):
    assert body(s3.get_object(Bucket=filled, Key=key)) == key.encode()
    assert s3.head_object(Bucket=filled, Key=key)["ContentLength"] == len(key.encode())
    for prefix in (key, key[:1]):
        found = s3.list_objects_v2(Bucket=filled, Prefix=prefix)
        assert found["Prefix"] == prefix
        assert [o["Key"] for o in found["Contents"]] == sorted(
            (k for k in KEYS if k.startswith(prefix)), key=lambda k: k.encode())
    after = s3.list_objects_v2(Bucket=filled, StartAfter=key)
    assert [o["Key"] for o in after.get("Contents", [])] == sorted(
        (k for k in KEYS if k.encode() > key.encode()), key=lambda k: k.encode())
    s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": filled, "Key": key})
    upload = {"Bucket": bucket, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]}
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, Prefix=key)["Uploads"]] == [key]
    part = s3.upload_part_copy(**upload, PartNumber=1, CopySource={"Bucket": filled, "Key": key})["CopyPartResult"]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert done["Key"] == key and body(s3.get_object(Bucket=bucket, Key=key)) == key.encode()
    assert [o["Key"] for o in s3.list_objects(Bucket=bucket)["Contents"]] == [key]
    assert [o["Key"] for o in s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]] == [key]
    assert [d["Key"] for d in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})["Deleted"]] == [key]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_pages_go_through_all_of_them(s3, filled):
    whole = sorted(KEYS, key=lambda k: k.encode())
    for way in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(way).paginate(Bucket=filled, PaginationConfig={"PageSize": 3})
        assert [o["Key"] for page in pages for o in page["Contents"]] == whole
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=filled, PaginationConfig={"PageSize": 3})
    assert [o["Key"] for page in pages for o in page["Versions"]] == whole


@pytest.mark.parametrize("delimiter", ["/", "+", " ", "%", "é", "🔑", "//", "\t"])
def test_delimiters(server, s3, filled, delimiter):
    groups = {k[:k.index(delimiter) + len(delimiter)] for k in KEYS if delimiter in k}
    keys = sorted((k for k in KEYS if delimiter not in k), key=lambda k: k.encode())
    found = s3.list_objects_v2(Bucket=filled, Delimiter=delimiter)
    assert found["Delimiter"] == delimiter and [o["Key"] for o in found.get("Contents", [])] == keys
    assert {p["Prefix"] for p in found["CommonPrefixes"]} == groups
    reply = server.request("GET", f"/{filled}?delimiter={quote(delimiter, safe='')}&encoding-type=url&list-type=2")
    assert {unquote_plus(p) for p in children(reply, "Prefix")} == groups | {""}
    assert [unquote_plus(d) for d in children(reply, "Delimiter")] == [delimiter]


# --- raw

def test_encoding_type_url_as_aws_writes_it(server, filled):
    reply = server.request("GET", f"/{filled}?list-type=2&encoding-type=url")
    keys = children(reply, "Key")
    assert sorted(map(unquote_plus, keys)) == sorted(KEYS) and all(k.isascii() for k in keys)
    shown = dict(zip(map(unquote_plus, keys), keys))
    assert (shown["a b"], shown["a+b"], shown["a%2Bb"], shown["a//b"], shown["a\tb"]) == (
        "a+b", "a%2Bb", "a%252Bb", "a//b", "a%09b")
    assert shown[NFC] != shown[NFD]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_presigned(server, s3, filled, key):
    for signer in ("s3", "s3v4"):
        url = server.client("s3", signature_version=signer).generate_presigned_url(
            "get_object", Params={"Bucket": filled, "Key": key})
        reply = server.request("GET", url[len(server.url):], signed=False)
        assert (reply.status, reply.body) == (200, key.encode()), reply


def test_more_than_1024_bytes(server, bucket):
    for key in ("k" * 1025, "é" * 513):
        reply = server.request("PUT", path_of(bucket, key))
        assert (reply.status, reply.code) == (400, "KeyTooLongError"), reply


# --- a plus in a query is a space, and AWS's clients send %2B for a plus

def signed_as(server, sent, canonical):
    """GET of `sent` with a signature over the canonical query."""
    return server.request("GET", sent, server.sign("GET", canonical), signed=False)


@pytest.mark.parametrize("sent,prefix", [("a%2Bb", "a+b"), ("a%20b", "a b"), ("a+b", "a b"), ("%61%2bb", "a+b")])
@pytest.mark.parametrize("form", ["prefix={}", "list-type=2&prefix={}", "prefix={}&versions"])
def test_a_plus_is_a_space_in_signature_and_value(server, filled, sent, prefix, form):
    canonical = "&".join(sorted(p if "=" in p else p + "=" for p in form.format(quote(prefix, safe="")).split("&")))
    reply = signed_as(server, f"/{filled}?" + form.format(sent), f"/{filled}?{canonical}")
    assert reply.status == 200, reply
    assert children(reply, "Key") == [prefix] and prefix in children(reply, "Prefix")
    other = {"a+b": "a%20b", "a b": "a%2Bb"}[prefix]
    forged = signed_as(server, f"/{filled}?" + form.format(sent), f"/{filled}?" + form.format(other))
    assert (forged.status, forged.code) == (403, "SignatureDoesNotMatch"), forged


def test_a_plus_in_other_parameters(server, s3, filled):
    url = server.client("s3", signature_version="s3v4").generate_presigned_url("get_object", Params={
        "Bucket": filled, "Key": "a b", "ResponseContentDisposition": 'attachment; filename="c d+e"'})
    assert "%20" in url and "%2B" in url
    for target in (url, url.replace("%20", "+")):
        reply = server.request("GET", target[len(server.url):].replace("/a+b?", "/a%20b?"), signed=False)
        assert reply.status == 200, reply
        assert reply.headers["content-disposition"] == 'attachment; filename="c d+e"'
    for parameter, found in (("marker", "marker=a+b"), ("start-after", "list-type=2&start-after=a+b")):
        reply = server.request("GET", f"/{filled}?{found}", server.sign(
            "GET", f"/{filled}?{found.replace('+', '%20')}"), signed=False)
        keys = children(reply, "Key")
        assert reply.status == 200 and parameter and "a b" not in keys and "a+b" in keys, reply


# --- what else a query may look like

@pytest.mark.parametrize("query,code", [("acl", 200), ("acl=", 200), ("tagging=", 404), ("versioning=", 200),
                                        ("location=", 200), ("uploads=", 200), ("versions=", 200), ("policy=", 404),
                                        ("x-id=ListObjectsV2&list-type=2", 200), ("x-id=ListObjects", 200),
                                        ("list-type=2&x-id=ListObjectsV2", 200), ("&&acl&", 200),
                                        ("acl&x-id=GetBucketAcl", 200)])
def test_sub_resources_with_and_without_a_value(server, bucket, query, code):
    reply = server.request("GET", f"/{bucket}?{query}", server.sign("GET", f"/{bucket}?" + "&".join(sorted(
        p if "=" in p else p + "=" for p in query.split("&") if p))), signed=False)
    assert reply.status == code, reply


def test_x_id_on_objects(server, bucket):
    for method, query in (("PUT", "x-id=PutObject"), ("GET", "x-id=GetObject"), ("HEAD", "x-id=HeadObject"),
                          ("GET", "tagging=&x-id=GetObjectTagging"), ("DELETE", "x-id=DeleteObject")):
        reply = server.request(method, f"/{bucket}/k?{query}", body=b"x" if method == "PUT" else b"")
        assert reply.status in (200, 204), reply
    assert server.request("GET", f"/{bucket}/k?x-id=GetObject").status == 404


# --- the AWS CLI

def aws(server, home, *args):
    return subprocess.run([CLI, *args], env=server.cli_env(home), capture_output=True, timeout=120, check=False)


@pytest.mark.skipif(not CLI, reason="the AWS CLI is not installed")
@pytest.mark.parametrize("key", ["a+b", "a%2Bb", "a//b", "..", "/a", "a\tb", NFD, "🔑/🗝️", "é" * 512, "a?b&c=d#e"])
def test_by_the_cli(server, tmp_path, s3, bucket, key):
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(key.encode())
    assert aws(server, tmp_path, "s3", "cp", str(source), f"s3://{bucket}/{key}").returncode == 0
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    done = aws(server, tmp_path, "s3api", "get-object", "--bucket", bucket, "--key", key, str(back))
    assert done.returncode == 0 and back.read_bytes() == key.encode(), done
    listed = aws(server, tmp_path, "s3api", "list-objects-v2", "--bucket", bucket, "--prefix", key, "--query",
                 "length(Contents)")
    assert listed.stdout.strip() == b"1", listed
    assert aws(server, tmp_path, "s3", "rm", f"s3://{bucket}/{key}").returncode == 0
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
