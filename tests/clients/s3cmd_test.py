"""s3cmd, signing with V4 and with V2 (in the header)."""
import pytest

from aerostat import REGION, ROOT_KEY
from session import ODD, Tool, assert_same, make_tree, tool


@pytest.fixture(params=["v4", "v2"])
def s3cmd(request, server, tmp_path):
    config = tmp_path / "s3cfg"
    host = f"127.0.0.1:{server.port}"
    config.write_text("[default]\n" + "".join(f"{k} = {v}\n" for k, v in {
        "access_key": ROOT_KEY.access, "secret_key": ROOT_KEY.secret, "host_base": host, "host_bucket": host,
        "use_https": "False", "bucket_location": REGION, "signature_v2": str(request.param == "v2"),
        "multipart_chunk_size_mb": "5", "check_ssl_certificate": "False", "max_retries": "1"}.items()))
    return Tool([tool("s3cmd"), "-c", str(config), "--no-progress"], server.cli_env(tmp_path))


def test_session(s3cmd, bucket, tmp_path):
    url = f"s3://{bucket}-two"
    tree = make_tree(tmp_path / "tree", ODD)
    for d in ("back", "synced"):
        (tmp_path / d).mkdir()
    s3cmd.run("mb", url)
    assert url in s3cmd.run("ls")
    s3cmd.run("put", "--recursive", f"{tree}/", f"{url}/a/")  # big.bin in parts
    s3cmd.run("get", "--recursive", f"{url}/a/", f"{tmp_path}/back/")
    assert_same(tree, tmp_path / "back")
    s3cmd.run("sync", f"{tree}/", f"{url}/b/")
    assert "upload:" not in s3cmd.run("sync", f"{tree}/", f"{url}/b/")
    s3cmd.run("sync", f"{url}/b/", f"{tmp_path}/synced/")
    assert_same(tree, tmp_path / "synced")
    assert "two words.txt" in s3cmd.run("ls", f"{url}/a/")
    s3cmd.run("cp", f"{url}/a/plain.txt", f"{url}/c/copy.txt")
    s3cmd.run("mv", f"{url}/c/copy.txt", f"{url}/c/moved.txt")
    assert "moved.txt" in s3cmd.run("ls", f"{url}/c/") and "copy.txt" not in s3cmd.run("ls", f"{url}/c/")
    assert "MD5 sum" in s3cmd.run("info", f"{url}/c/moved.txt")
    s3cmd.run("rm", "--recursive", "--force", f"{url}/a/")
    assert s3cmd.run("ls", f"{url}/a/") == ""
    s3cmd.run("rb", url, rc=None)
    s3cmd.run("rb", "--recursive", "--force", url)
    assert url not in s3cmd.run("ls").split()


def test_signed_link(s3cmd, bucket, tmp_path):
    curl = Tool([tool("curl"), "-sS", "--noproxy", "*"], s3cmd.env)
    (tmp_path / "f").write_bytes(b"linked")
    s3cmd.run("put", tmp_path / "f", f"s3://{bucket}/f")
    assert curl.run(s3cmd.run("signurl", f"s3://{bucket}/f", "+600").strip()) == "linked"
