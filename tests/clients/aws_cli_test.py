"""The AWS CLI, version 1 (PyPI) and 2 (Debian): the exercise's commands and what people do next."""
import itertools
import json
import os
import subprocess

import pytest

from aerostat import ROOT, ROOT_KEY
from session import Tool, Way, assert_same, aws_cli, make_tree

numbers = itertools.count(1)


CRT = "[default]\ns3 =\n  preferred_transfer_client = crt\n  multipart_threshold = 6MB\n  multipart_chunksize = 6MB\n"


LONG = pytest.mark.long


@pytest.fixture(params=["1 endpoint", pytest.param("2 endpoint", marks=LONG), "1 transparent",
                        "2 transparent", pytest.param("2 crt", marks=LONG)])
def aws(request, server, tmp_path):
    """A CLI with a bucket name of its own. Version 2 of Debian 12 does not know AWS_ENDPOINT_URL; its transfers of CRT
    speak TLS only."""
    major, name = int(request.param[0]), request.param[2:]
    way = Way("endpoint" if name == "endpoint" else "transparent", server, tmp_path)
    t = way.tool(aws_cli(major), *(["--endpoint-url", server.url] if name == "endpoint" else []))
    if name == "crt":
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws/config").write_text(CRT)
    t.major, t.bucket, t.crt = major, f"my-ml-bucket-v{major}-{os.getpid()}-{next(numbers)}", name == "crt"
    t.url, t.way = f"s3://{t.bucket}", way
    return t


def api(aws, *args, rc=0):
    out = aws.run("s3api", *args, "--output", "json", rc=rc)
    return json.loads(out) if out.strip() and rc == 0 else out


def test_who_am_i(aws):
    assert json.loads(aws.run("sts", "get-caller-identity", "--output", "json"))["Account"] == "123456789012"


def test_the_exercises_bucket(aws):
    """mb, versioning, lifecycle, versions, delete marker."""
    assert f"make_bucket: {aws.bucket}" in aws.run("s3", "mb", aws.url, "--region", "us-east-1")
    assert aws.bucket in aws.run("s3", "ls")
    api(aws, "put-bucket-versioning", "--bucket", aws.bucket, "--versioning-configuration", "Status=Enabled")
    assert api(aws, "get-bucket-versioning", "--bucket", aws.bucket)["Status"] == "Enabled"
    file = f"file://{ROOT}/examples/lifecycle.json"
    api(aws, "put-bucket-lifecycle-configuration", "--bucket", aws.bucket, "--lifecycle-configuration", file)
    got = api(aws, "get-bucket-lifecycle-configuration", "--bucket", aws.bucket)
    for rule in got["Rules"]:
        assert rule.pop("Id", rule["ID"]) == rule["ID"]  # by AWS_DATA_PATH the CLI knows both names
    with open(f"{ROOT}/examples/lifecycle.json", encoding="utf-8") as f:
        assert got["Rules"] == json.load(f)["Rules"]
    for text in ("one", "two"):
        path = os.path.join(aws.env["HOME"], "f")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        aws.run("s3", "cp", path, f"{aws.url}/models/f")
    versions = api(aws, "list-object-versions", "--bucket", aws.bucket)["Versions"]
    assert [v["IsLatest"] for v in versions] == [True, False]
    api(aws, "get-object", "--bucket", aws.bucket, "--key", "models/f", "--version-id", versions[1]["VersionId"], path)
    with open(path, encoding="utf-8") as f:
        assert f.read() == "one"
    aws.run("s3", "rm", f"{aws.url}/models/f")
    assert "DeleteMarkers" in api(aws, "list-object-versions", "--bucket", aws.bucket)
    assert "404" in api(aws, "head-object", "--bucket", aws.bucket, "--key", "models/f", rc=None)


def test_trees_up_and_down(aws, tmp_path):
    """cp --recursive, sync both ways, ls, mv, rm, rb --force."""
    tree = make_tree(tmp_path / "tree")
    aws.run("s3", "mb", aws.url)
    aws.run("s3", "cp", "--recursive", "--only-show-errors", tree, f"{aws.url}/a")
    aws.run("s3", "cp", "--recursive", "--only-show-errors", f"{aws.url}/a", tmp_path / "back")
    assert_same(tree, tmp_path / "back")

    assert aws.run("s3", "sync", tree, f"{aws.url}/b") != ""
    assert aws.run("s3", "sync", tree, f"{aws.url}/b") == ""  # nothing left to do
    aws.run("s3", "sync", "--only-show-errors", f"{aws.url}/b", tmp_path / "synced")
    assert_same(tree, tmp_path / "synced")
    os.remove(tree / "plain.txt")
    aws.run("s3", "sync", "--delete", "--only-show-errors", tree, f"{aws.url}/b")
    assert "plain.txt" not in aws.run("s3", "ls", f"{aws.url}/b/")

    listed = aws.run("s3", "ls", f"{aws.url}/a/")
    assert "PRE deep/" in listed and " two words.txt" in listed
    whole = aws.run("s3", "ls", "--recursive", "--summarize", f"{aws.url}/a/")
    assert f"Total Objects: {len([1 for _ in whole.splitlines() if ' a/' in _])}" in whole
    aws.run("s3", "mv", f"{aws.url}/a/plain.txt", f"{aws.url}/c/moved.txt")
    assert "moved.txt" in aws.run("s3", "ls", f"{aws.url}/c/")
    assert "plain.txt" not in aws.run("s3", "ls", f"{aws.url}/a/")
    aws.run("s3", "rm", "--recursive", "--only-show-errors", f"{aws.url}/b")
    aws.run("s3", "ls", f"{aws.url}/b/", rc=1)
    assert "BucketNotEmpty" in aws.run("s3", "rb", aws.url, rc=1)
    aws.run("s3", "rb", "--force", aws.url)
    assert aws.bucket not in aws.run("s3", "ls")


def test_copies_inside(aws, tmp_path):
    """A copy of 20 MB goes in parts (UploadPartCopy); of a small one in one."""
    tree = make_tree(tmp_path / "tree", ["small"])
    aws.run("s3", "mb", aws.url)
    for name in ("big.bin", "small"):
        aws.run("s3", "cp", "--only-show-errors", tree / name, f"{aws.url}/{name}")
        aws.run("s3", "cp", "--only-show-errors", f"{aws.url}/{name}", f"{aws.url}/copies/{name}")
        aws.run("s3", "cp", "--only-show-errors", f"{aws.url}/copies/{name}", tmp_path / "back" / name)
    open(tmp_path / "back" / "empty", "wb").close()
    assert_same(tree, tmp_path / "back")
    parts = 4 if aws.crt else 3
    etag = api(aws, "head-object", "--bucket", aws.bucket, "--key", "big.bin")["ETag"]
    assert etag.strip('"').endswith(f"-{parts}")


def test_through_pipes(aws):
    aws.run("s3", "mb", aws.url)
    data = os.urandom(3 << 20)
    command = [*aws.command, "s3", "cp", "-", f"{aws.url}/piped"]
    assert subprocess.run(command, env=aws.env, input=data, timeout=60).returncode == 0
    command = [*aws.command, "s3", "cp", f"{aws.url}/piped", "-"]
    assert subprocess.run(command, env=aws.env, stdout=subprocess.PIPE, timeout=60).stdout == data


def test_presign(aws, tmp_path):
    """Version 1 signs with SigV2, version 2 with SigV4."""
    curl = aws.way.tool("curl", "-sS")
    path = tmp_path / "f"
    path.write_bytes(b"presigned")
    aws.run("s3", "mb", aws.url)
    aws.run("s3", "cp", path, f"{aws.url}/my file+1.txt")
    url = aws.run("s3", "presign", f"{aws.url}/my file+1.txt", "--expires-in", "600").strip()
    assert ("X-Amz-Signature=" if aws.major == 2 else "&Signature=") in url
    assert curl.run(url) == "presigned"
    assert "<Code>SignatureDoesNotMatch</Code>" in curl.run(url.replace("1.txt", "2.txt"))
    assert "<Code>AccessDenied</Code>" in curl.run(url.split("?")[0])


def test_errors_are_told(aws, tmp_path):
    assert "NoSuchBucket" in aws.run("s3", "ls", aws.url, rc=None)
    assert "InvalidBucketName" in aws.run("s3api", "create-bucket", "--bucket", "UPPER_case", rc=None)
    for id_, secret, code in ((ROOT_KEY.access, "wrong", "SignatureDoesNotMatch"),
                              ("AKIANOBODYHASTHISKEY", "wrong", "InvalidAccessKeyId")):
        (tmp_path / "credentials").write_text(
            f"[other]\naws_access_key_id = {id_}\naws_secret_access_key = {secret}\n")
        other = Tool(aws.command, {**aws.env, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")})
        assert code in other.run("s3", "ls", "--profile", "other", rc=None)


def test_tags_and_configurations(aws):
    aws.run("s3", "mb", aws.url)
    api(aws, "put-bucket-tagging", "--bucket", aws.bucket, "--tagging", "TagSet=[{Key=team,Value=ml}]")
    assert api(aws, "get-bucket-tagging", "--bucket", aws.bucket)["TagSet"] == [{"Key": "team", "Value": "ml"}]
    api(aws, "delete-bucket-tagging", "--bucket", aws.bucket)
    assert "NoSuchTagSet" in api(aws, "get-bucket-tagging", "--bucket", aws.bucket, rc=None)
    assert "NoSuchCORSConfiguration" in api(aws, "get-bucket-cors", "--bucket", aws.bucket, rc=None)
    told = api(aws, "get-bucket-lifecycle-configuration", "--bucket", aws.bucket, rc=None)
    assert "NoSuchLifecycleConfiguration" in told
