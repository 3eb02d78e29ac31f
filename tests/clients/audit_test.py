"""Nothing leaves the machine: the client suites in a network where whatever would leave is counted."""
import json
import os
import subprocess
import sys

import pytest

from aerostat import ROOT
from install import PROGRAMS, go_program, javascript, optional, python_with

HERE = os.path.dirname(os.path.abspath(__file__))
SHORT = ["js_test.py::test_sdk[transparent-objects]", "js_test.py::test_sdk[transparent-identities]",
         "js_test.py::test_sdk[endpoint-versions]", "go_test.py::test_sdk[transparent-objects]",
         "go_test.py::test_sdk[transparent-identities]", "go_test.py::test_sdk[endpoint-versions]",
         "boto3_test.py::test_plain", "sagemaker_sdk_test.py", "aws_cli_test.py::test_through_pipes",
         "aws_cli_test.py::test_presign", "curl_test.py"]
ALL = ["js_test.py", "go_test.py", "boto3_test.py::test_plain", "sagemaker_sdk_test.py", "aws_cli_test.py",
       "curl_test.py", "rclone_test.py", "s3cmd_test.py", "terraform_s3_test.py", "terraform_iam_test.py"]
INSTALLS = [javascript, go_program, lambda: python_with("sagemaker", "sagemaker==2.257.6"),
            lambda: python_with("crt", "boto3[crt]==1.43.11")]


@pytest.fixture
def alone(tmp_path):
    """alone(suites) runs them in a network of their own, and gives what there was."""
    optional("ip")
    command = [optional("unshare"), *([] if os.getuid() == 0 else ["-r"]), "-n", "-m",
               sys.executable, f"{PROGRAMS}/alone.py"]

    def run(*words):
        done = subprocess.run([*command, *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=1800, check=False)
        return done.returncode, done.stdout

    rc, said = run("true")
    if rc:
        pytest.skip(f"skipped: a network of its own cannot be made here: {said.strip()[-200:]}")
    for install in INSTALLS:
        try:
            install()
        except pytest.skip.Exception:
            pass  # its suite will say so

    def suites(names):
        paths = [os.path.join(HERE, n) for n in names]
        rc, said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", f"--basetemp={tmp_path}/inside", *paths)
        assert rc == 0, said[-8000:]
        told = json.loads(said.strip().splitlines()[-1])
        assert told["try"] > 0
        return told

    return suites


def test_nothing_leaves(alone, long):
    told = alone(ALL if long else SHORT)
    assert (told["packets"], told["names"]) == (0, [])


def test_crt_asks_for_names_and_no_more(alone):
    """It asks the resolver for the bucket's host also when it speaks through a proxy; nothing goes there."""
    told = alone(["boto3_test.py::test_crt"])
    assert told["packets"] == 0
    assert all(n.endswith(".s3.amazonaws.com") for n in told["names"])
