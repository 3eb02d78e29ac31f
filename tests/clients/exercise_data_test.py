"""The exercise's Part 2 by `aerostat run`, as printed: the bucket by the shell, then the script on it by boto3. Neither
knows of any endpoint."""
import os
import subprocess
import sys

import pytest

from aerostat import ROOT
from session import Way, assert_same, aws_cli, make_tree

PART_2 = r"""
# Create bucket
aws s3 mb s3://my-ml-bucket-$(date +%s) --region us-east-1

# Set bucket name variable
export BUCKET_NAME=$(aws s3 ls | awk '{ print $3 }')

# Enable versioning
aws s3api put-bucket-versioning \
  --bucket $BUCKET_NAME \
  --versioning-configuration Status=Enabled

# Add lifecycle policy
aws s3api put-bucket-lifecycle-configuration \
  --bucket $BUCKET_NAME \
  --lifecycle-configuration file://lifecycle.json

python3 s3_operations.py .
python3 s3_operations.py .
aws s3 sync s3://$BUCKET_NAME/models back
"""


@pytest.mark.parametrize("major", [pytest.param(1, marks=pytest.mark.long), 2])
def test_as_printed(start_server, tmp_path, major):
    s, folder = start_server(), tmp_path / "project"
    make_tree(folder, ["data/train.csv", "models/model.pth"])
    for name in ("lifecycle.json", "s3_operations.py"):
        os.symlink(f"{ROOT}/examples/{name}", folder / name)
    (tmp_path / "bin").mkdir()
    os.symlink(aws_cli(major), tmp_path / "bin/aws")
    os.symlink(sys.executable, tmp_path / "bin/python3")
    bash = Way("transparent", s, tmp_path).tool("bash", "-e", "-c", PART_2)
    bash.env["PATH"] = f"{tmp_path / 'bin'}:{bash.env['PATH']}"
    done = subprocess.run(bash.command, cwd=folder, env=bash.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    s3 = s.client()
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    assert bucket.startswith("my-ml-bucket-")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [r["ID"] for r in rules] == ["archive-old-models", "delete-temp-data"]
    versions = s3.list_object_versions(Bucket=bucket, Prefix="models/")["Versions"]
    assert [(v["Key"], v["IsLatest"]) for v in versions] == [("models/mnist_v1.pth", b) for b in (True, False)]
    os.rename(folder / "back/mnist_v1.pth", folder / "back/model.pth")
    assert_same(folder / "models", folder / "back")
