"""AWS's host names over TLS: which service each is for, in signatures and in links, and what policies see."""
import json

import pytest
from botocore.exceptions import ClientError

from aerostat import ROOT_KEY, read_replies
from secure import AWS, direct, get, secure_client, signed, trusting, tunnel


# --- what policies see

def deny(condition):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::seen/*",
        "Condition": condition}]})


def may_get(client):
    try:
        client.get_object(Bucket="seen", Key="k")
        return True
    except ClientError as e:
        assert e.response["Error"]["Code"] == "AccessDenied"
        return False


def test_secure_transport_and_version(server, secure):
    plain = server.client("s3")
    plain.create_bucket(Bucket="seen")
    plain.put_object(Bucket="seen", Key="k", Body=b"x")
    for condition, over_plain, over_tls in (
            ({"Bool": {"aws:SecureTransport": "false"}}, False, True),
            ({"Bool": {"aws:SecureTransport": "true"}}, True, False),
            ({"NumericLessThan": {"s3:TlsVersion": "1.3"}}, True, True),
            ({"NumericLessThan": {"s3:TlsVersion": "1.4"}}, True, False),
            ({"Null": {"s3:TlsVersion": "true"}}, False, True)):
        plain.put_bucket_policy(Bucket="seen", Policy=deny(condition))
        assert (may_get(plain), may_get(secure)) == (over_plain, over_tls), condition


def test_what_others_say_of_transport_is_not_believed(server):
    plain = server.client("s3")
    plain.put_bucket_policy(Bucket="seen", Policy=deny({"Bool": {"aws:SecureTransport": "false"}}))
    believed = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "Forwarded": "proto=https",
                "X-Forwarded-For": "10.1.1.1", "Front-End-Https": "on"}
    assert server.request("GET", "/seen/k", believed).code == "AccessDenied"
    absolute = signed("GET", AWS, "/seen/k").replace(b"GET /seen", f"GET https://{AWS}/seen".encode())
    assert server.talk(absolute)[0].code == "AccessDenied"
    with direct(server) as s:
        s.sendall(signed("GET", AWS, "/seen/k", headers={"X-Forwarded-Proto": "http"}))
        assert read_replies(s)[0].body == b"x"
    source = {"IpAddress": {"aws:SourceIp": "10.1.1.1"}}
    plain.put_bucket_policy(Bucket="seen", Policy=deny(source))
    assert server.request("GET", "/seen/k", believed).status == 200
    plain.delete_bucket_policy(Bucket="seen")


# --- host names of AWS's in signatures

@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("dualstack", [False, True])
def test_s3s_hosts(server, style, region, dualstack):
    name = f"hosts-{style}-{region}-{int(dualstack)}"
    c = secure_client(server, region=region, s3={"addressing_style": style, "use_dualstack_endpoint": dualstack})
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    c.create_bucket(Bucket=name, **where)
    c.put_object(Bucket=name, Key="a key/with+odd%signs", Body=b"x")
    assert c.get_object(Bucket=name, Key="a key/with+odd%signs")["Body"].read() == b"x"


def test_accelerate_and_dots(server, secure):
    secure.create_bucket(Bucket="with.dots.in-it")
    secure.put_object(Bucket="with.dots.in-it", Key="k", Body=b"x")
    accelerated = secure_client(server, s3={"use_accelerate_endpoint": True})
    secure.create_bucket(Bucket="accelerated")
    accelerated.put_object(Bucket="accelerated", Key="k", Body=b"x")
    assert secure.get_object(Bucket="accelerated", Key="k")["Body"].read() == b"x"


def test_sts_in_its_regions(server):
    for region in ("us-east-1", "ap-southeast-2"):
        c = secure_client(server, "sts", region, f"https://sts.{region}.amazonaws.com")
        assert c.get_caller_identity()["Account"] == ROOT_KEY.account


UNSERVED = [("dynamodb", "list_tables", {}), ("sqs", "list_queues", {}), ("lambda", "list_functions", {}),
            ("route53", "list_hosted_zones", {}), ("rds", "describe_db_instances", {}),
            ("s3control", "list_jobs", {"AccountId": "123456789012"}),
            ("sagemaker", "list_training_jobs", {}), ("ecr", "describe_repositories", {}),
            ("cloudwatch", "list_metrics", {}), ("ec2", "describe_instances", {}), ("logs", "describe_log_groups", {})]


@pytest.mark.parametrize("service,operation,inputs", UNSERVED)
def test_services_not_served_say_so(server, service, operation, inputs):
    with pytest.raises(ClientError, match="(is not served by|does not serve this)") as e:
        getattr(secure_client(server, service), operation)(**inputs)
    assert 400 <= e.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_an_account_in_the_host(server, secure):
    """s3control has the account before its own name."""
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False,
             "RestrictPublicBuckets": False}
    c = secure_client(server, "s3control")
    hosts = []
    c.meta.events.register("before-send.s3-control", lambda request, **_: hosts.append(request.url))
    c.put_public_access_block(AccountId=ROOT_KEY.account, PublicAccessBlockConfiguration=block)
    assert c.get_public_access_block(AccountId=ROOT_KEY.account)["PublicAccessBlockConfiguration"] == block
    c.delete_public_access_block(AccountId=ROOT_KEY.account)
    assert all(h.startswith(f"https://{ROOT_KEY.account}.s3-control.us-east-1.amazonaws.com/") for h in hosts)


BUCKET_HOSTS = {"s3.amazonaws.com": "us-east-1", "s3.us-east-1.amazonaws.com": "us-east-1",
                "s3-us-west-2.amazonaws.com": "us-west-2", "s3.dualstack.us-west-2.amazonaws.com": "us-west-2",
                "s3-accelerate.amazonaws.com": "us-east-1", "s3-accelerate.dualstack.amazonaws.com": "us-east-1",
                "s3-external-1.amazonaws.com": "us-east-1", "s3-fips.us-east-1.amazonaws.com": "us-east-1",
                "s3.cn-north-1.amazonaws.com.cn": "cn-north-1", "s3.us-gov-west-1.amazonaws.com": "us-gov-west-1",
                "s3.localhost": "us-east-1"}


@pytest.fixture(scope="module")
def made(server):  # pylint: disable=unused-argument
    """The regions that have their buckets."""
    return set()


@pytest.mark.parametrize("host", BUCKET_HOSTS)
def test_buckets_in_the_host(server, made, host):
    """Also those with dots, which SDKs keep out of the host; the certificate is for the very name."""
    region = BUCKET_HOSTS[host]
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    for bucket in (f"in-the-host-{region}", f"in.the.host.{region}"):
        if region not in made:
            server.client("s3", region=region).create_bucket(Bucket=bucket, **where)
        name = f"{bucket}.{host}"
        with direct(server, name) as s:
            s.sendall(signed("PUT", name, "/k", name.encode(), region=region))
            assert read_replies(s, "PUT")[0].status == 200
            s.sendall(signed("GET", name, "/k", region=region))
            assert read_replies(s)[0].body == name.encode()
            other = host.replace("s3-accelerate", "s3")  # another name of the same service on this connection
            s.sendall(signed("GET", other, f"/{bucket}/k", region=region))
            assert read_replies(s)[0].body == name.encode()
    made.add(region)


ELSEWHERE = {"bucket.s3-website-us-east-1.amazonaws.com": "s3", "bucket.s3-website.eu-central-1.amazonaws.com": "s3",
             "ap-123456789012.s3-accesspoint.us-east-1.amazonaws.com": "s3",
             "x.mrap.accesspoint.s3-global.amazonaws.com": "s3", "api.ecr.us-east-1.amazonaws.com": "ecr",
             "api.sagemaker.us-east-1.amazonaws.com": "sagemaker", "streaming-logs.us-east-1.amazonaws.com": "logs",
             "runtime.sagemaker.us-east-1.amazonaws.com": "sagemaker", "portal.sso.us-east-1.amazonaws.com": "sso",
             "123456789012.ddb.us-east-1.amazonaws.com": "dynamodb", "oidc.us-east-1.amazonaws.com": "sso-oauth"}


@pytest.mark.parametrize("host", ELSEWHERE)
def test_hosts_that_nobody_serves(server, host):
    """None is taken for another's, S3's least of all: an answer that says so, at once."""
    with direct(server, host) as s:
        s.sendall(signed("GET", host, "/", service=ELSEWHERE[host]))
        reply = read_replies(s)[0]
        assert 400 <= reply.status < 500 and "serve" in reply.message, reply


def test_a_host_prefix(server):
    with pytest.raises(ClientError, match="not served"):
        secure_client(server, "logs").start_live_tail(
            logGroupIdentifiers=["arn:aws:logs:us-east-1:123456789012:log-group:a"])


def test_telemetry_is_answered_here(server):
    """The SageMaker SDK calls this one unsigned, and without a timeout."""
    host = "sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com"
    s, _ = tunnel(server, f"{host}:443")
    with trusting(server).wrap_socket(s, server_hostname=host) as t:
        t.sendall(get(host, "/telemetry?x-accountId=123456789012&x-status=1&x-feature=5&2"))
        assert 400 <= read_replies(t)[0].status < 500
