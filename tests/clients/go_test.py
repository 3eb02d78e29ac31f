"""The AWS SDK for Go v2: programs/go, step by step."""
import pytest

from install import go_program
from session import run_step

STEPS = ["whoami", "objects", "checksums", "multipart", "odd_keys", "versions", "configurations", "presign", "errors",
         "identities"]


@pytest.mark.parametrize("step", STEPS)
def test_sdk(way, step, tmp_path):
    run_step(way, [go_program()], step, tmp_path)
