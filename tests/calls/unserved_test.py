"""What is not served says so in the wire of whoever asks, and holds nothing of those who show no key."""
import json

import pytest

JSON = {"Content-Type": "application/x-amz-json-1.0"}


@pytest.mark.parametrize("service,headers,body", [
    ("dynamodb", {**JSON, "X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}"),
    ("kms", {**JSON, "X-Amz-Target": "TrentService.ListKeys"}, b"{}"),
    ("lambda", {}, b""),
    ("bedrock", {"Content-Type": "application/json"}, b"{}"),
])
def test_a_service_that_is_none_of_ours(server, service, headers, body):
    reply = server.request("POST", "/x", headers, body, service=service)
    assert reply.status == 400 and reply.code == "UnknownOperationException", reply
    assert service in json.loads(reply.body)["message"]


def test_a_query_service_that_is_none_of_ours(server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = server.request("POST", "/", form, b"Action=CreateStack&Version=2010-05-15", service="cloudformation")
    assert (reply.status, reply.code) == (400, "InvalidAction") and "cloudformation" in reply.message, reply


def test_its_host_name_does_not_make_it_a_bucket(server):
    reply = server.request("GET", "/key", {"Host": "dynamodb.us-east-1.amazonaws.com"}, service="dynamodb")
    assert (reply.status, reply.code) == (400, "UnknownOperationException"), reply


def test_another_version_of_a_query_service(server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = server.request("POST", "/", form, b"Action=GetCallerIdentity&Version=1999-01-01", service="sts")
    assert (reply.status, reply.code) == (400, "InvalidAction") and "1999-01-01" in reply.message, reply


NOBODY = ("AWS4-HMAC-SHA256 Credential=AKIANOBODYNOBODYNOBO/20261125/us-east-1/sts/aws4_request, "
          "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64)


@pytest.mark.parametrize("authorization", [None, NOBODY])
def test_a_large_body_without_a_key_is_refused_before_it_comes(server, authorization):
    head = (f"POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Amz-Date: 20261125T000000Z\r\nContent-Length: {10 << 20}\r\n")
    head += f"Authorization: {authorization}\r\n" if authorization else ""
    reply = server.talk((head + "\r\nAction=").encode())[0]
    assert reply.status in (400, 403) and reply.code in ("MissingAuthenticationToken", "InvalidClientTokenId"), reply


def test_put_object_takes_no_version(server, bucket):
    reply = server.request("PUT", f"/{bucket}/k?versionId=abc", body=b"x")
    assert (reply.status, reply.code) == (400, "InvalidArgument"), reply
