"""The SageMaker SDK's version 2: default_bucket, upload_data, download_data. It names STS's host itself, whatever
AWS_ENDPOINT_URL says, so that `aerostat run` is its one way in."""
import json

import pytest

from install import PROGRAMS, python_with
from session import assert_same, make_tree

NAMES = ["one.csv", "deep/two.csv", "images-idx3-ubyte", "two words.txt", "öäü.txt", "plus+sign"]


@pytest.mark.parametrize("way", ["transparent"], indirect=True)
def test_data_there_and_back(way, tmp_path):
    python = python_with("sagemaker", "sagemaker==2.257.6")
    tree = make_tree(tmp_path / "tree", NAMES)
    out = way.tool(python, f"{PROGRAMS}/sagemaker_data.py").run(tree, tmp_path / "back")
    said = json.loads(out.strip().splitlines()[-1])
    bucket = "sagemaker-us-east-1-123456789012"
    assert said["bucket"] == said["again"] == bucket and said["uri"] == f"s3://{bucket}/data/train"
    assert (said["account"], said["arn"]) == ("123456789012", "arn:aws:iam::123456789012:root")
    assert said["files"] == sorted(["data/string.txt"] + [f"data/train/{n}" for n in NAMES + ["big.bin", "empty"]])
    assert said["text"] == "of text"
    assert_same(tree, tmp_path / "back")
