"""What users of the AWS CLI type by habit: it works, or a sentence says what does it here."""
import pytest

from fake_s3 import NS, fake, fault
from s3_cloud import MIB, cloud, mine, moto_url, noise, ours, place, write  # noqa: F401


def test_dry_runs(ours, mine, tmp_path):
    path = write(tmp_path / "t/f", b"1")
    ours.run("cp", path, f"s3://{mine}/f")
    for args in (("cp", path, f"s3://{mine}/g"), ("mv", path, f"s3://{mine}/g"), ("rm", f"s3://{mine}/f"),
                 ("rm", f"s3://{mine}", "--recursive"), ("sync", tmp_path / "t", f"s3://{mine}", "--delete")):
        ours.run(*args, "--dryrun", "--only-show-errors")
    assert path.exists() and [e["key"] for e in ours.lines("ls", f"s3://{mine}")] == ["f"]


def test_what_is_shown(ours, mine, tmp_path):
    path, to = write(tmp_path / "f", b"1"), f"s3://{mine}/f"
    assert ours.out("cp", path, to, "--no-progress") and not ours.out("cp", path, to, "--only-show-errors")
    assert not ours.out("rm", to, "--only-show-errors")
    said = ours.err("cp", tmp_path / "none", to, "--only-show-errors", "--no-progress")
    assert "none cannot be read" in said


def test_metadata_as_the_aws_cli_takes_it(ours, mine, tmp_path):
    path = write(tmp_path / "f", b"1")

    def kept(*words):
        ours.run("cp", path, f"s3://{mine}/f", *(w for word in words for w in ("--metadata", word)))
        return ours.json("stat", f"s3://{mine}/f").get("Metadata", {})

    assert kept("a=1,b=2") == {"a": "1", "b": "2"} == kept("a=1", "b=2") == kept('{"a": "1", "b": "2"}')
    assert kept("note=one, two") == {"note": "one, two"} and kept("sum=YQ==,x=") == {"sum": "YQ==", "x": ""}
    assert kept("{}") == {}
    for bad in ('{"a": 1}', '{"a"', "[]", "a", "=1", "a=1,=2", '{"": "x"}'):
        assert "--metadata wants" in ours.err("cp", path, f"s3://{mine}/f", "--metadata", bad, rc=2), bad


@pytest.mark.parametrize("args, word", [
    (["ls", "--output", "json"], "--json"), (["ls", "--query=Contents"], "--json"),
    (["ls", "--no-verify-ssl"], "AWS_CA_BUNDLE"), (["ls", "--ca-bundle", "x"], "AWS_CA_BUNDLE"),
    (["ls", "--no-sign-request"], "curl"), (["ls", "--no-sign-request=x"], "curl"),
    (["sync", "a", "s3://b", "--no-follow-symlinks"], "--exclude"),
    (["cp", "a", "s3://b", "--no-guess-mime-type"], "--content-type"),
    (["cp", "a", "s3://b", "--checksum-algorithm", "SHA256"], "checksum"),
    (["rm", "b/k"], "is no object: one is written like s3://"),
])
def test_what_is_done_otherwise(ours, args, word):
    said = ours.err(*args, rc=2)
    assert word in said.split("\n")[0] and not said.startswith("at "), said


def test_what_is_so_anyway(ours, mine, tmp_path):
    path = write(tmp_path / "t/f", b"1")
    ours.run("sync", tmp_path / "t", f"s3://{mine}", "--follow-symlinks", "--page-size", "7", "--source-region=x")
    assert len(ours.lines("ls", f"s3://{mine}", "--page-size=1", "--no-paginate")) == 1
    ours.run("cp", "-", f"s3://{mine}/g", "--expected-size", "1", stdin=b"1")
    said = ours.err("cp", path, f"s3://{mine}/h", "--quiet=yes", rc=2)
    assert said.startswith("aerostat: No value goes with --quiet.")


def test_rm_looks_at_all_its_words_first(ours, mine, tmp_path):
    ours.run("cp", write(tmp_path / "f", b"1"), f"s3://{mine}/f")
    for bad in (f"{mine}/g", f"s3://{mine}", "-", "s3://"):
        assert ours.err("rm", f"s3://{mine}/f", bad, rc=2).startswith(f"aerostat: {bad} is ")
    assert ours.out("cat", f"s3://{mine}/f") == "1"


# --- what objects get

SAID = {"content-type": "text/x-own", "content-encoding": "identity", "content-disposition": "inline",
        "content-language": "de", "cache-control": "max-age=60"}
KEPT = {"".join(w.title() for w in name.split("-")): value for name, value in SAID.items()}


def options(said):
    return [word for name, value in said.items() for word in (f"--{name}", value)]


def headers(cloud, bucket, key):
    head = cloud.s3().head_object(Bucket=bucket, Key=key)
    return {name: head.get(name) for name in KEPT} | {"sse": head.get("ServerSideEncryption")}


@pytest.mark.parametrize("size", [1, 9 * MIB])
def test_headers_of_objects(ours, mine, tmp_path, size):
    path = write(tmp_path / "f.csv", noise(size))
    ours.run("cp", path, f"s3://{mine}/f", *options(SAID), "--sse", "aws:kms", "--acl", "bucket-owner-full-control")
    assert headers(ours, mine, "f") == {**KEPT, "sse": "aws:kms"}
    ours.run("cp", "-", f"s3://{mine}/g", *options(SAID), "--sse", stdin=path.read_bytes())
    assert headers(ours, mine, "g") == {**KEPT, "sse": "AES256"}
    ours.run("cp", f"s3://{mine}/f", f"s3://{mine}/copy")
    assert headers(ours, mine, "copy") == {**KEPT, "sse": "AES256"}
    ours.run("cp", f"s3://{mine}/f", f"s3://{mine}/other", "--cache-control", "no-store", "--sse=aws:kms")
    assert headers(ours, mine, "other") == {**dict.fromkeys(KEPT), "ContentType": "binary/octet-stream",
                                            "CacheControl": "no-store", "sse": "aws:kms"}
    ours.run("cp", f"s3://{mine}/f", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == path.read_bytes()


def test_a_copy_by_parts_has_what_is_said(ours):
    """Of an object too large to make here."""
    def answer(ask):
        if ask.method == "HEAD":
            return 200, {"Content-Length": str(6 << 30), "ETag": '"x"', "Cache-Control": "max-age=1",
                         "Content-Type": "text/old", "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"}, b""
        if "tagging" in ask.query:
            return 200, {}, f"<Tagging {NS}><TagSet/></Tagging>".encode()
        return fault(403, "AccessDenied")

    def asked_for(*words):
        with fake(answer) as (url, asked):
            ours.run("cp", "s3://b/k", "s3://b/l", *words, rc=1, AWS_ENDPOINT_URL=url)
            return next({k.lower(): v for k, v in a.headers.items()} for a in asked if "uploads" in a.query)

    assert asked_for()["content-type"] == "text/old"
    new = asked_for("--content-type", "text/new", "--metadata", "a=b", "--sse", "aws:kms", "--sse-kms-key-id", "k")
    assert new["content-type"] == "text/new" and new["x-amz-meta-a"] == "b" and "cache-control" not in new
    assert new["x-amz-server-side-encryption"] == "aws:kms"
    assert new["x-amz-server-side-encryption-aws-kms-key-id"] == "k"


def test_a_word_behind_the_options_is_no_option(ours, mine, tmp_path):
    write(tmp_path / "--output", b"1")
    ours.run("cp", f"--region={ours.s3().meta.region_name}", "--", tmp_path / "--output", f"s3://{mine}/--output")
    assert ours.out("cat", f"s3://{mine}/--output") == "1"


def test_an_empty_header_is_sent_as_it_is_signed(ours, tmp_path):
    path = write(tmp_path / "f", b"1")
    with fake(lambda ask: (200, {"ETag": '"c4ca4238a0b923820dcc509a6f75849b"'}, b"")) as (url, asked):
        ours.run("cp", path, "s3://b/k", "--metadata", "x=", AWS_ENDPOINT_URL=url)
    sent = {name.lower(): value for name, value in asked[0].headers.items()}
    signed = sent["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert "x-amz-meta-x" in signed and set(signed) <= sent.keys() and sent["x-amz-meta-x"] == ""


@pytest.mark.parametrize("args", [
    ("ls", "s3://none-here"), ("cp", "f", "s3://none-here/f"), ("sync", ".", "s3://none-here"),
    ("rm", "s3://none-here/f"), ("rm", "-r", "s3://none-here"), ("stat", "s3://none-here"),
    ("mv", "f", "s3://none-here/f"), ("cp", "-r", "s3://none-here", "x"),
])
def test_what_to_do_is_said_by_every_verb(ours, tmp_path, monkeypatch, args):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "f", b"1")
    assert "`aerostat s3 mb` makes one." in ours.err(*args)
