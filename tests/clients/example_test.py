"""examples/s3_operations.py: the script of the exercise, run as a user runs it, and its class used as a library."""
import importlib.util
import os
import subprocess
import sys

import pytest

from aerostat import ROOT
from session import Tool, assert_same, make_tree, tool

SCRIPT = os.path.join(ROOT, "examples/s3_operations.py")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    make_tree(folder, ["data/train.csv", "models/model.pth", "two words/ü.txt"])
    return folder


def test_as_a_program(server, bucket, project, tmp_path):
    env = server.cli_env(tmp_path, BUCKET_NAME=bucket)
    done = subprocess.run([sys.executable, SCRIPT, project], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    s3 = server.client()
    head = s3.head_object(Bucket=bucket, Key="datasets/mnist/train.csv")
    assert head["Metadata"] == {"version": "1.0", "type": "training-data"}
    body = s3.get_object(Bucket=bucket, Key="models/mnist_v1.pth")["Body"].read()
    assert body == (project / "models/model.pth").read_bytes()
    url = next(line.split()[-1] for line in done.stdout.split("\n") if line.startswith("for 3600 s:"))
    curl = Tool([tool("curl"), "-sS", "--noproxy", "*"], env)
    curl.run("--fail", "-o", tmp_path / "fetched", url)
    assert (tmp_path / "fetched").read_bytes() == body


def test_as_a_library(server, bucket, project, tmp_path, monkeypatch):
    for k, v in server.cli_env(tmp_path).items():
        monkeypatch.setenv(k, v)
    spec = importlib.util.spec_from_file_location("s3_operations", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    manager = module.S3Manager(bucket)
    manager.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert manager.upload_directory(project, "all") == 5
    assert len(manager.list_objects("all/")) == 5 and manager.list_objects("none/") == []
    assert len(manager.list_objects("all/", max_keys=2)) == 2
    assert manager.sync_to_local("all", tmp_path / "back") == 5
    assert_same(project, tmp_path / "back")
    assert manager.upload_file(project / "models/model.pth", "all/data/train.csv")
    assert len(manager.get_object_versions("all/data/train.csv")) == 2
    assert not manager.download_file("missing", tmp_path / "x")
    assert not manager.upload_file(tmp_path / "missing", "x")
    assert module.S3Manager("there-is-no-such-bucket").upload_file(SCRIPT, "x") is False
