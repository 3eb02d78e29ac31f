"""GetCallerIdentity: who is told who they are, and who is told why not."""
import datetime
import gzip

import pytest
from botocore.exceptions import ClientError

from aerostat import ALICE_KEY, OTHER_KEY, ROOT_KEY, Key

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
ASK = b"Action=GetCallerIdentity&Version=2011-06-15"


def identity(server, **how):
    return server.client("sts", **how).get_caller_identity()


def refused(server, **how):
    with pytest.raises(ClientError) as e:
        identity(server, **how)
    return e.value.response["Error"]["Code"], e.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("key", [ROOT_KEY, OTHER_KEY])
def test_root_is_its_account(server, key):
    got = identity(server, key=key)
    assert (got["Account"], got["Arn"], got["UserId"]) == (key.account, f"arn:aws:iam::{key.account}:root", key.account)


def test_user_has_an_arn_and_an_id_of_its_own(server):
    got = identity(server, key=ALICE_KEY)
    assert (got["Account"], got["Arn"]) == ("123456789012", "arn:aws:iam::123456789012:user/alice")
    assert got["UserId"].startswith("AIDA") and got["UserId"] == identity(server, key=ALICE_KEY)["UserId"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_any_region_signs(server, region):
    assert identity(server, region=region)["Account"] == "123456789012"


def test_wrong_secret(server):
    key = Key(ROOT_KEY.access, ROOT_KEY.secret + "x", ROOT_KEY.account)
    assert refused(server, key=key) == ("SignatureDoesNotMatch", 403)


def test_unknown_key(server):
    assert refused(server, key=Key("AKIANOBODYHASTHISKEY", "secret", "")) == ("InvalidClientTokenId", 403)


def test_session_token_nonsense(server):
    assert refused(server, token="nonsense") == ("InvalidClientTokenId", 403)


def test_anonymous(server):
    reply = server.request("POST", "/", {**FORM, "Host": "sts.amazonaws.com"}, ASK, signed=False)
    assert (reply.status, reply.code) == (403, "MissingAuthenticationToken")
    assert b"<ErrorResponse" in reply.body and b"<RequestId>" in reply.body


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_that_is_a_little_off(server, minutes):
    date = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    assert server.request("POST", "/", FORM, ASK, service="sts", date=date).status == 200


@pytest.mark.parametrize("minutes, said", [(-16, "Signature expired"), (16, "Signature not yet current"),
                                           (-60 * 24 * 400, "Signature expired")])
def test_a_clock_that_is_off(server, minutes, said):
    date = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    reply = server.request("POST", "/", FORM, ASK, service="sts", date=date)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert reply.message.startswith(said)


def test_changed_body(server):
    headers = server.sign("POST", "/", FORM, ASK, service="sts")
    other = ASK.replace(b"GetCallerIdentity", b"GetCallerIdentitx")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    reply = server.talk(f"POST / HTTP/1.1\r\n{head}Content-Length: {len(other)}\r\n\r\n".encode() + other)[0]
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


def test_replayed_to_another_path(server):
    headers = server.sign("POST", "/", FORM, ASK, service="sts")
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    reply = server.talk(f"POST /other HTTP/1.1\r\n{head}Content-Length: {len(ASK)}\r\n\r\n".encode() + ASK)[0]
    assert reply.status == 403


def test_signed_for_another_service(server):
    reply = server.request("POST", "/", {**FORM, "Host": "sts.amazonaws.com"}, ASK, service="iam")
    assert reply.status == 403 and reply.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("authorization", [
    "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=host",
    "AWS4-HMAC-SHA256 Credential=/20200101/us-east-1/sts/aws4_request, SignedHeaders=, Signature=",
    "AWS4-HMAC-SHA256 " + "x" * 8000, "Basic eDp5", "", "AWS4-HMAC-SHA256 \xff\xfe",
    "AWS4-ECDSA-P256-SHA256 Credential=x"])
def test_odd_authorization(server, authorization):
    reply = server.request("POST", "/", {**FORM, "Host": "sts.amazonaws.com", "Authorization": authorization}, ASK,
                           signed=False)
    assert 400 <= reply.status < 500 and reply.code


def test_operation_that_is_not_served(server):
    reply = server.request("POST", "/", FORM, b"Action=GetWebIdentityToken&Version=2011-06-15", service="sts")
    assert (reply.status, reply.code) == (400, "InvalidAction")


@pytest.mark.parametrize("body", [b"", b"Action=", b"Action=NoSuchThing", b"Action=Get%", b"&&&&", b"\xff\xfe\x00",
                                  b"Action=GetCallerIdentity&Action=GetCallerIdentity&Version=1",
                                  b"Version=2011-06-15&" + b"a.1.b=2&" * 20000])
def test_odd_bodies(server, body):
    reply = server.request("POST", "/", FORM, body, service="sts")
    assert reply.status < 500
    assert reply.code or reply.status == 200


def test_get_with_the_action_in_the_query(server):
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    reply = server.request("GET", target, service="sts")
    assert reply.status == 200 and b"<Account>123456789012</Account>" in reply.body


def test_every_answer_has_a_request_id_of_its_own(server):
    ids = set()
    for _ in range(20):
        meta = identity(server)["ResponseMetadata"]
        assert meta["HTTPHeaders"]["x-amzn-requestid"] == meta["RequestId"]
        ids.add(meta["RequestId"])
    assert len(ids) == 20


def test_a_compressed_form(server):
    reply = server.request("POST", "/", {**FORM, "Content-Encoding": "gzip"}, gzip.compress(ASK), service="sts")
    assert reply.status == 200 and b"<Account>123456789012<" in reply.body, reply


def test_a_compressed_form_that_is_too_long(server):
    body = gzip.compress(ASK + b"&" + b"a" * 20_000_000)
    reply = server.request("POST", "/", {**FORM, "Content-Encoding": "gzip"}, body, service="sts")
    assert (reply.status, reply.code) == (400, "MalformedQueryString"), reply


def test_json_without_a_target(server):
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    reply = server.request("POST", "/", headers, b"{}", service="ssm")
    assert (reply.status, reply.code) == (400, "UnknownOperationException"), reply
