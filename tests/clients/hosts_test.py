"""The host names of AWS that boto3 makes of its settings: other regions, dual stack, FIPS, global and regional. Each
lands here."""
import json
import sys

import pytest

from install import PROGRAMS

CASES = {
    "plain": ({}, ["BUCKET.s3.amazonaws.com", "s3.amazonaws.com", "sts.us-east-1.amazonaws.com", "iam.amazonaws.com"]),
    "regional": ({"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional"},
                 ["BUCKET.s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com"]),
    "legacy sts": ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, ["sts.amazonaws.com"]),
    "dual stack": ({"AWS_USE_DUALSTACK_ENDPOINT": "true"},
                   ["BUCKET.s3.dualstack.us-east-1.amazonaws.com", "sts.us-east-1.api.aws", "iam.global.api.aws"]),
    "FIPS": ({"AWS_USE_FIPS_ENDPOINT": "true"},
             ["BUCKET.s3-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com", "iam-fips.amazonaws.com"]),
    "another region": ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"},
                       ["BUCKET.s3.eu-central-1.amazonaws.com", "sts.eu-central-1.amazonaws.com"]),
    "both": ({"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
             ["BUCKET.s3-fips.dualstack.us-east-1.amazonaws.com"]),
}


@pytest.mark.parametrize("way", ["transparent"], indirect=True)
@pytest.mark.parametrize("case", CASES)
def test_hosts(way, case):
    env, hosts = CASES[case]
    bucket = way.bucket()
    words = ["env", *(f"{k}={v}" for k, v in env.items()), sys.executable, f"{PROGRAMS}/hosts.py"]
    said = json.loads(way.tool(*words).run(bucket))
    assert said["account"] == "123456789012"
    assert {h.replace("BUCKET", bucket) for h in hosts} <= set(said["hosts"]), said["hosts"]


@pytest.mark.parametrize("way", ["transparent"], indirect=True)
def test_a_bucket_with_dots(way):
    """boto3 then keeps it out of the host, which a wildcard certificate would not cover."""
    said = json.loads(way.tool(sys.executable, f"{PROGRAMS}/hosts.py").run(f"{way.bucket()}.with.dots"))
    assert "s3.amazonaws.com" in said["hosts"]
