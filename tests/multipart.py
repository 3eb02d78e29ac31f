"""Multipart uploads for tests: one upload, refusals, what a look at the stored bodies finds."""
import hashlib
import json
import os
import random
import subprocess

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT

MIB = 1024 * 1024
FULL = 5 * MIB
NOISE = random.Random(7).randbytes(FULL + 1000)


def block(n, size=FULL):
    """A part's bytes: noise that says which part it is."""
    return (b"%08d" % n + NOISE)[:size]


def error(call, *args, **how):
    with pytest.raises(ClientError) as e:
        call(*args, **how)
    return e.value.response


def refused(call, code, message=None, **how):
    r = error(call, **how)
    assert r["Error"]["Code"] == code, r
    assert message is None or r["Error"]["Message"] == message, r
    return r["Error"]


class Upload:
    """One upload through boto3, without the checksums that it would add by itself."""

    def __init__(self, s3, bucket, key="k", **how):
        self.s3, self.args = s3, {"Bucket": bucket, "Key": key}
        self.made = s3.create_multipart_upload(**self.args, **how)
        self.args["UploadId"] = self.made["UploadId"]
        self.parts = {}

    def put(self, n, body=None, **how):
        r = self.s3.upload_part(**self.args, PartNumber=n, Body=block(n) if body is None else body, **how)
        self.parts[n] = r["ETag"]
        return r

    def list(self):
        return [{"PartNumber": n, "ETag": e} for n, e in sorted(self.parts.items())]

    def complete(self, parts=None, **how):
        parts = self.list() if parts is None else parts
        return self.s3.complete_multipart_upload(**self.args, MultipartUpload={"Parts": parts}, **how)

    def abort(self):
        return self.s3.abort_multipart_upload(**self.args)


def etag_of(*bodies):
    return '"%s-%d"' % (hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest(), len(bodies))


def read(s3, bucket, key="k", **how):
    return s3.get_object(Bucket=bucket, Key=key, **how)["Body"].read()


def fsck(server):
    """How many findings `aerostat fsck` has on the running server's data."""
    if not os.access(AEROSTAT, os.X_OK):
        pytest.skip("no aerostat to look with")
    r = subprocess.run([AEROSTAT, "fsck", "--json", "--data", server.data], capture_output=True, check=False)
    print(r.stdout, r.stderr)
    found = json.loads(r.stdout or r.stderr)
    return sum(found[what] for what in ("missing", "torn", "orphans", "unowned"))
