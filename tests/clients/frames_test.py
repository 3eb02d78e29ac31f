"""pandas, Arrow, s3fs and smart_open at s3:// addresses. Arrow takes no proxy from the environment: `aerostat run`
leads it here by AWS_ENDPOINT_URL_S3."""
import pytest

from install import PROGRAMS, python_with
from session import assert_same, make_tree

PACKAGES = ["boto3", "pandas==3.1.1", "pyarrow==26.0.1", "s3fs==2026.9.0", "smart_open==9.0.2"]


@pytest.mark.long
def test_there_and_back(way, tmp_path):
    python = python_with("frames", *PACKAGES)
    tree = make_tree(tmp_path / "tree", ["small", "deep/er/file", "two words+ü.txt"])
    way.tool(python, f"{PROGRAMS}/frames.py").run(way.bucket(), tree)
    assert_same(tree, f"{tree}-back")
