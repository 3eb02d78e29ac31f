"""boto3 as a program finds it, and with the transfers of awscrt (which speak TLS only: `aerostat run`)."""
import sys

import pytest

from install import PROGRAMS, python_with
from session import make_tree

PLAIN = """
import boto3, sys
s3, bucket = boto3.client("s3"), sys.argv[1]
s3.create_bucket(Bucket=bucket)
s3.upload_file(sys.argv[2], bucket, "big")
s3.download_file(bucket, "big", sys.argv[3])
print(boto3.client("sts").get_caller_identity()["Account"], s3.meta.endpoint_url)
"""


def test_plain(way, tmp_path):
    tree = make_tree(tmp_path / "tree", ["small"])
    said = way.tool(sys.executable, "-c", PLAIN).run(way.bucket(), tree / "big.bin", tmp_path / "back")
    where = way.server.url if way.name == "endpoint" else "https://s3.amazonaws.com"
    assert said.split() == ["123456789012", where]
    assert (tmp_path / "back").read_bytes() == (tree / "big.bin").read_bytes()


@pytest.mark.parametrize("way", ["transparent"], indirect=True)
@pytest.mark.parametrize("size", [0, 1000, 20 << 20, 40_000_001])
def test_crt(way, size, tmp_path):
    python = python_with("crt", "boto3[crt]==1.43.11")
    file = tmp_path / "file"
    file.write_bytes((bytes(range(251)) * (size // 251 + 1))[:size])
    said = way.tool(python, f"{PROGRAMS}/crt.py").run(way.bucket(), file, tmp_path / "back")
    assert "refused 404" in said
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
