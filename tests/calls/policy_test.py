"""Bucket policies: kept, refused, public or not."""
import json

import pytest

from aerostat import ROOT_KEY, path_of
from buckets import refused


def policy(bucket, **change):
    statement = {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ROOT_KEY.account}:root"},
                 "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*", **change}
    return {"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]}


def test_policy(server, s3, bucket):
    text = json.dumps(policy(bucket), indent=4)
    assert s3.put_bucket_policy(Bucket=bucket, Policy=text)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy(bucket)
    assert json.loads(server.request("GET", path_of(bucket) + "?policy").body) == policy(bucket)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    assert s3.delete_bucket_policy(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(lambda: s3.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy", 404)
    s3.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("change,words", [
    ({"Effect": None}, "Missing required field Effect"), ({"Effect": "Maybe"}, "Invalid effect: Maybe"),
    ({"Principal": None}, "Missing required field Principal"), ({"Principal": "me"}, "Invalid principal in policy"),
    ({"Principal": {"AWS": "me"}}, "Invalid principal in policy"), ({"Principal": []}, "Invalid principal in policy"),
    ({"Principal": {"AWS": []}}, "Invalid principal in policy"),
    ({"Action": None}, "Missing required field Action"), ({"Action": "ec2:*"}, "Policy has invalid action"),
    ({"Action": 1}, "Policy has invalid action"), ({"Resource": None}, "Missing required field Resource"),
    ({"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
    ({"Resource": "bucket"}, "Policy has invalid resource"), ({"Colour": "red"}, "Unknown field Colour"),
    ({"Condition": "no"}, "Conditions must be a map"),
    ({"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
])
def test_bad_statements(s3, bucket, change, words):
    e = refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy(bucket, **change))),
                "MalformedPolicy", 400)
    assert e["Message"] == words


@pytest.mark.parametrize("text,words", [
    ("null", "Policies must be valid JSON"), (" {}", "Policies must be valid JSON"),
    ("[]", "Policies must be valid JSON"), ("{", "Policies must be valid JSON"),
    ('{"Version":"2012-10-17","Version":"2012-10-17"}', "Policies must be valid JSON"),
    ("{}", "Missing required field Statement"), ('{"Statement":[]}', "Missing required field Statement"),
    ('{"Version":"2020-01-01","Statement":[{}]}', "The policy must contain a valid version string"),
    ('{"Statement":[1]}', "Policies must be valid JSON"), ("[" * 5000, "Policies must be valid JSON"),
])
def test_bad_policies(server, bucket, text, words):
    r = server.request("PUT", path_of(bucket) + "?policy", body=text.encode())
    assert (r.status, r.code) == (400, "MalformedPolicy") and words in r.message


def test_policies_are_measured_without_white_space(s3, bucket):
    filled = policy(bucket, Sid="s" * 20000)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(filled) + " " * 3000)
    for large in (json.dumps(policy(bucket, Sid="s" * 21000)), json.dumps(policy(bucket)) + " " * 1000000):
        refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=large), "PolicyTooLarge", 400)


@pytest.mark.parametrize("change,public", [
    ({"Principal": "*"}, True), ({"Principal": {"AWS": "*"}}, True), ({"Principal": {"AWS": ["1" * 12, "*"]}}, True),
    ({"Principal": "*", "Effect": "Deny"}, False), ({"Principal": {"Service": "logging.s3.amazonaws.com"}}, False),
    ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ROOT_KEY.account}}}, False),
    ({"Principal": "*", "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:sns:*"}}}, True),
    ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}, False),
    ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}}, True),
    ({"Principal": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}}, True),
])
def test_public_policies(s3, bucket, change, public):
    text = json.dumps(policy(bucket, **change))
    if public:
        e = refused(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=text), "AccessDenied", 403)
        assert "BlockPublicPolicy" in e["Message"]
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is public
