"""The AWS SDK for JavaScript v3: programs/js/s3.mjs, step by step."""
import pytest

from install import javascript
from session import run_step

STEPS = ["whoami", "objects", "checksums", "multipart", "odd_keys", "versions", "configurations", "presign", "errors",
         "identities"]


@pytest.mark.parametrize("step", STEPS)
def test_sdk(way, step, tmp_path):
    run_step(way, ["node", javascript()], step, tmp_path)
