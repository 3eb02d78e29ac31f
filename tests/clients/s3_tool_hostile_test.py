"""aerostat s3 against servers that are broken or mean harm: one sentence for what failed, the rest goes on, and
nothing is written where it does not belong."""
import os

import pytest

from fake_s3 import NS, fake, fault, forward, listing, object_of
from s3_cloud import MIB, at, mine, noise, ours, write  # noqa: F401
from session import names_of

GOOD = {"a": b"first", "c": b"third"}


def bucket(other, objects=("a", "b", "c")):
    """Lists a, b and c, gives a and c, and says other(ask) of all else."""
    def answer(ask):
        if "list-type" in ask.query:
            return listing([(k, len(GOOD.get(k, b"xxxxx"))) for k in objects])
        return object_of(GOOD[ask.key]) if ask.method == "GET" and ask.key in GOOD else other(ask)
    return answer


def one_of_three_fails(at, tmp_path, other, sentence, **env):
    with fake(bucket(other)) as (url, asked):
        said = at(url, **env).err("sync", "s3://b", tmp_path / "d", rc=1)
    lines = said.splitlines()
    assert len(lines) == 2 and lines[1] == "1 failed, 2 were sent.", said
    assert lines[0].startswith(f"aerostat: s3://b/b did not get to {tmp_path}/d/b: ") and sentence in lines[0], said
    assert names_of(tmp_path / "d") == ["a", "c"]
    return asked


@pytest.mark.parametrize("other, sentence", [
    (lambda a: (200, {"Content-Length": "5", "ETag": '"x"'}, b"xx"), "does not answer"),
    (lambda a: (200, {"Content-Length": "900000000000"}, b"xx"), "does not answer"),
    (lambda a: (200, {}, noise(9 * MIB)), "it changed on its way"),
    (lambda a: (200, {"ETag": '"' + "0" * 32 + '"'}, b"xxxxx"), "another checksum"),
    (lambda a: object_of(b"xxxxx", x_amz_checksum_crc64nvme="AAAAAAAAAAA="), "another checksum"),
    (lambda a: object_of(b"xxxxx", x_amz_checksum_sha256="A" * 43 + "="), "another checksum"),
    (lambda a: object_of(b"xxxxx", x_amz_checksum_crc32="AAAAAA==-1", x_amz_checksum_type="COMPOSITE"),
     "another checksum"),
    (lambda a: fault(503, "SlowDown"), "SlowDown: It is so"),
    (lambda a: fault(500, "InternalError"), "InternalError: It is so"),
    (lambda a: fault(403, "AccessDenied"), "AccessDenied: It is so"),
    (lambda a: fault(403, "InvalidObjectState"), "InvalidObjectState: It is so"),
    (lambda a: (404, {}, b"<html>gone"), "404"),
    (lambda a: (500, {}, b"\x00\xff<<<"), "500"),
    (lambda a: (302, {"Location": "http://127.0.0.1:1/"}, b""), "302"),
    (lambda a: (200, {"x": "y" * 300000}, b"xxxxx"), "does not answer"),
], ids=lambda v: v if isinstance(v, str) else "answer")
def test_one_object_is_bad(at, tmp_path, other, sentence):
    one_of_three_fails(at, tmp_path, other, sentence)


def test_throttling_is_waited_out(at, tmp_path):
    left = [2]

    def other(ask):
        left[0] -= 1
        return fault(503, "SlowDown") if left[0] >= 0 else object_of(b"xxxxx")

    with fake(bucket(other)) as (url, asked):
        done = at(url, AWS_MAX_ATTEMPTS="5").json("sync", "s3://b", tmp_path / "d")
    assert (done["files"], done["failed"], len([a for a in asked if a.key == "b"])) == (3, 0, 3)


@pytest.mark.parametrize("size, headers", [
    (2 ** 62, {}), (20 * MIB, {"ETag": '"' + "0" * 32 + '-99999999999"'}), (20 * MIB, {"ETag": '"' + "0" * 32 + '-2"'}),
    (20 * MIB, {"x-amz-checksum-sha256": "A" * 43 + "=-3", "x-amz-checksum-type": "COMPOSITE"})], ids=str)
def test_a_large_object_is_a_lie(at, tmp_path, size, headers):
    """It says that it is large, in parts of all sorts, and comes with other bytes, or too few."""
    def answer(ask):
        if "list-type" in ask.query:
            return listing([("a", 5), ("b", size)])
        if ask.key == "a":
            return object_of(GOOD["a"])
        if ask.method == "HEAD":
            return 200, {"Content-Length": size if "partNumber" not in ask.query else 1 + size // 3, **headers}, b""
        return 206, {}, b"x" * MIB

    with fake(answer) as (url, _):
        said = at(url).err("sync", "s3://b", tmp_path / "d", rc=1)
    assert said.count("\n") == 2 and "s3://b/b did not get to" in said and "1 failed, 1 were sent." in said
    assert names_of(tmp_path / "d") == ["a"]


@pytest.mark.parametrize("encode", [True, False])
def test_keys_that_lead_elsewhere(at, tmp_path, encode):
    bad = ["../../etc/x", "../out", "/absolute", "a/../../out", "a//b", "b/./c", "b/..", ".", "..", "x/" + "y" * 256]

    def answer(ask):
        return listing([(k, 5) for k in sorted([*bad, "good"], key=str.encode)], encode=encode) \
            if "list-type" in ask.query else object_of(b"xxxxx")

    with fake(answer) as (url, asked):
        said = at(url).err("sync", "s3://b", tmp_path / "in/d", rc=1)
    for key in bad:
        assert f"s3://b/{key} cannot be a file below {tmp_path}/in/d: it has " in said
    assert f"{len(bad)} failed, 1 were sent." in said
    assert [n for n in names_of(tmp_path) if not n.startswith("home")] == ["in/d/good"]
    assert [a.key for a in asked if a.key] == ["good"] and not os.path.exists("/absolute")


def test_names_that_move_the_cursor(at, tmp_path):
    with fake(bucket(lambda a: object_of(b"xxxxx"), ["\x1b[2Ja\nb"])) as (url, _):
        said = at(url).out("sync", "s3://b", tmp_path / "d")
    assert said == f"s3://b/\\u001b[2Ja\\u000ab -> {tmp_path}/d/\\u001b[2Ja\\u000ab\n"


PAGES = {
    "the same token": lambda a: listing([("a", 5)] if "continuation-token" not in a.query else [], token="again"),
    "no token": lambda a: listing([("a", 5)], truncated=True),
    "no order": lambda a: listing([("a", 5), ("c", 5), ("b", 5)]),
    "twice": lambda a: listing([("a", 5), ("a", 5)]),
    "garbage": lambda a: (200, {}, b"<<<\x00\xff"),
    "a web page": lambda a: (200, {"Content-Type": "text/html"}, b"<html><body>Welcome to the hotel"),
    "nothing": lambda a: (200, {}, b""),
    "deep": lambda a: (200, {}, b"<a>" * 100000),
    "an error": lambda a: (200, {}, b"<Error><Code>SlowDown</Code><Message>x</Message></Error>"),
    "bad numbers": lambda a: (200, {}, f"<ListBucketResult {NS}><IsTruncated>false</IsTruncated><Contents><Key>a</Key>"
                              "<Size>five</Size></Contents></ListBucketResult>".encode()),
    "refused": lambda a: fault(403, "AccessDenied"),
    "elsewhere": lambda a: fault(307, "TemporaryRedirect", "Please go on at another place."),
    "moved": lambda a: (301, {"x-amz-bucket-region": "eu-west-1"}, b""),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_listing_is_bad(at, tmp_path, page):
    """Nothing is taken away by --delete when what is there could not be seen."""
    kept = write(tmp_path / "d/kept", b"1")

    def answer(ask):
        return PAGES[page](ask) if "list-type" in ask.query else object_of(b"xxxxx")

    with fake(answer) as (url, asked):
        said = at(url).err("sync", "s3://b", tmp_path / "d", "--delete", rc=1)
        assert len(asked) < 8
        assert kept.exists() and said.count("\n") <= 3 and "s3://b/" in said, said
        assert at(url).run("ls", "s3://b", rc=1).stderr.count(b"\n") == 1
        assert at(url).run("rm", "-r", "s3://b", "--dry-run", rc=1).stderr.count(b"\n") <= 2
    assert not [a for a in asked if a.method in ("DELETE", "POST")]


def test_keys_that_were_not_asked_for(at, tmp_path):
    with fake(lambda a: listing([("other", 5)]) if "list-type" in a.query else object_of(b"xxxxx")) as (url, asked):
        assert "unasked" in at(url).err("sync", "s3://b/prefix", tmp_path / "d", rc=1)
        assert "unasked" in at(url).err("rm", "-r", "s3://b/prefix", rc=1)
    assert len(asked) == 2 and not (tmp_path / "d").exists()


def test_another_region_is_found(at, tmp_path):
    """Signed for the region that S3 names: with --aws only, since a named endpoint is where its user wants to be."""
    def answer(ask):
        return fault(307, "TemporaryRedirect") if ask.key == "b" else bucket(None, ["a", "b"])(ask)

    with fake(answer) as (url, _):
        said = at(url).err("sync", "s3://b", tmp_path / "d", rc=1)
    assert "TemporaryRedirect: It is so" in said and names_of(tmp_path / "d") == ["a"]


# --- what goes up

@pytest.mark.parametrize("headers", [{"ETag": '"' + "0" * 32 + '"'}, {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}],
                         ids=str)
@pytest.mark.parametrize("size", [5, 2 * MIB])
def test_what_went_up_is_not_what_is_there(at, tmp_path, headers, size):
    path = write(tmp_path / "f", noise(size))
    with fake(lambda a: (200, headers, b"")) as (url, _):
        assert "what has arrived has another checksum" in at(url).err("cp", path, "s3://b/f", rc=1)
        assert "what has arrived has another checksum" in at(url).err("mv", path, "s3://b/f", rc=1)
    assert path.exists()


def test_a_server_that_says_nothing_of_checksums(at, tmp_path):
    path = write(tmp_path / "f", noise(5))
    with fake(lambda a: (200, {}, b"")) as (url, _):
        assert at(url).json("cp", path, "s3://b/f")["files"] == 1
    with fake(bucket(lambda a: (200, {}, b"xxxxx"))) as (url, _):
        done = at(url).json("cp", "-r", "s3://b", tmp_path / "d")
    assert (done["files"], done["unverified"], done["failed"]) == (3, 1, 0)


@pytest.mark.parametrize("last", [b"<Error><Code>InternalError</Code><Message>It is so.</Message></Error>",
                                  b"<?xml version='1.0'?>\n \n<Error><Code>InternalError</Code></Error>", b"<<<"])
def test_no_after_yes(at, tmp_path, last):
    """S3 answers 200 before it knows whether parts come together; and the upload is taken away then."""
    def answer(ask):
        if ask.method == "POST" and "uploads" in ask.query:
            return 200, {}, f"<InitiateMultipartUploadResult {NS}><UploadId>u</UploadId>" \
                            "</InitiateMultipartUploadResult>".encode()
        return (200, {}, last) if ask.method == "POST" else (200, {}, b"")

    path = write(tmp_path / "f", noise(17 * MIB))
    with fake(answer) as (url, asked):
        said = at(url).err("cp", path, "s3://b/f", rc=1)
    assert said.count("\n") == 2 and f"{path} did not get to s3://b/f: " in said
    assert [a.method for a in asked if a.query.get("uploadId") == "u"].count("DELETE") == 1


@pytest.mark.parametrize("size", [1000, 12 * MIB])
def test_a_changed_bit_is_noticed(ours, mine, tmp_path, size):
    ours.run("cp", write(tmp_path / "f", noise(size)), f"s3://{mine}/f")
    lie = [True]

    def change(ask, status, headers, body):
        if lie[0] and ask.method == "GET" and status < 300:
            body = body[:5] + bytes([body[5] ^ 1]) + body[6:]
        return status, headers, body

    with fake(forward(ours.env["AWS_ENDPOINT_URL"], change)) as (url, _):
        said = ours.err("cp", f"s3://{mine}/f", tmp_path / "g", AWS_ENDPOINT_URL=url)
        assert "what has arrived has another checksum" in said and not (tmp_path / "g").exists()
        assert "another checksum" in ours.err("cat", f"s3://{mine}/f", AWS_ENDPOINT_URL=url)
        lie[0] = False
        ours.run("cp", f"s3://{mine}/f", tmp_path / "g", AWS_ENDPOINT_URL=url)
