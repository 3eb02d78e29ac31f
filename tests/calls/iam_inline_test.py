"""Inline policies of users, groups and roles."""
import json

import pytest
from botocore.exceptions import ClientError

from aerostat import Key
from identities import ACCOUNT, allow, name, refused, trust
from kinds import KINDS

SIZES = {"user": 2048, "group": 5120, "role": 10240}


def document(size):
    """A policy of so many characters, white space not counted."""
    text = allow("s3:*", resource="arn:aws:s3:::").replace(" ", "")
    return text.replace(":::", ":::" + "b" * (size - len(text)))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_put_get_list_delete(iam, kind):
    who = kind.make(iam)
    text = json.dumps(json.loads(allow("s3:GetObject")), indent=3) + "\n"
    kind.call(iam, "put_{}_policy", who, PolicyName="b+=,.@-_", PolicyDocument=text)
    kind.call(iam, "put_{}_policy", who, PolicyName="a", PolicyDocument=allow("s3:PutObject"))
    got = kind.call(iam, "get_{}_policy", who, PolicyName="b+=,.@-_")
    assert (got[kind.member], got["PolicyName"]) == (who, "b+=,.@-_")
    assert got["PolicyDocument"] == json.loads(text)
    assert kind.call(iam, "list_{}_policies", who)["PolicyNames"] == ["a", "b+=,.@-_"]
    kind.call(iam, "put_{}_policy", who, PolicyName="a", PolicyDocument=allow("s3:*"))
    assert kind.call(iam, "get_{}_policy", who, PolicyName="a")["PolicyDocument"] == json.loads(allow("s3:*"))
    kind.call(iam, "delete_{}_policy", who, PolicyName="a")
    for operation in ("get_{}_policy", "delete_{}_policy"):
        with refused("NoSuchEntity", f"The {kind} policy with name a cannot be found."):
            kind.call(iam, operation, who, PolicyName="a")
    assert kind.call(iam, "list_{}_policies", who)["PolicyNames"] == ["b+=,.@-_"]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_nobody_s_policies(iam, kind):
    for operation, args in (("put_{}_policy", {"PolicyName": "p", "PolicyDocument": allow("s3:*")}),
                            ("get_{}_policy", {"PolicyName": "p"}), ("delete_{}_policy", {"PolicyName": "p"}),
                            ("list_{}_policies", {})):
        with refused("NoSuchEntity", f"The {kind} with name no-such cannot be found."):
            kind.call(iam, operation, "no-such", **args)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_quota_is_for_all_of_them(iam, kind):
    who, most = kind.make(iam), SIZES[kind.noun]
    sentence = f"Maximum policy size of {most} bytes exceeded for {kind} {who}"
    with refused("LimitExceeded", sentence):
        kind.call(iam, "put_{}_policy", who, PolicyName="p", PolicyDocument=document(most + 1))
    spaced = json.dumps(json.loads(document(most)), indent=9)
    kind.call(iam, "put_{}_policy", who, PolicyName="p", PolicyDocument=spaced)
    with refused("LimitExceeded", sentence):
        kind.call(iam, "put_{}_policy", who, PolicyName="q", PolicyDocument=allow("s3:*"))
    kind.call(iam, "put_{}_policy", who, PolicyName="p", PolicyDocument=document(most - 300))
    kind.call(iam, "put_{}_policy", who, PolicyName="q", PolicyDocument=document(300))
    with refused("LimitExceeded", sentence):
        kind.call(iam, "put_{}_policy", who, PolicyName="q", PolicyDocument=document(301))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_pages(iam, kind):
    who, names, marker = kind.make(iam), [], None
    for i in range(5):
        kind.call(iam, "put_{}_policy", who, PolicyName=f"p{i}", PolicyDocument=allow("s3:*"))
    while True:
        r = kind.call(iam, "list_{}_policies", who, MaxItems=2, **({"Marker": marker} if marker else {}))
        names += r["PolicyNames"]
        marker = r.get("Marker")
        if not r["IsTruncated"]:
            break
    assert names == [f"p{i}" for i in range(5)] and not marker


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_who_holds_one_cannot_be_deleted(iam, kind):
    who = kind.make(iam)
    kind.call(iam, "put_{}_policy", who, PolicyName="p", PolicyDocument=allow("s3:*"))
    with refused("DeleteConflict"):
        kind.call(iam, "delete_{}", who)
    kind.call(iam, "delete_{}_policy", who, PolicyName="p")
    kind.call(iam, "delete_{}", who)


@pytest.mark.parametrize("how", [{"PolicyName": "a b"}, {"PolicyName": ""}, {"PolicyName": "x" * 129},
                                 {"PolicyDocument": ""}, {"UserName": "a/b"}])
def test_what_cannot_be(server, how):
    iam = server.client("iam", parameter_validation=False)
    with refused("ValidationError"):
        iam.put_user_policy(**{"UserName": "alice", "PolicyName": "p", "PolicyDocument": allow("s3:*"), **how})


def test_an_inline_policy_binds_the_next_call(server, iam):
    user, group = name("user"), name("group")
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(UserName=user, GroupName=group)
    k = iam.create_access_key(UserName=user)["AccessKey"]
    his = server.client("iam", key=Key(k["AccessKeyId"], k["SecretAccessKey"], ACCOUNT))
    for kind, who in ((KINDS[0], user), (KINDS[1], group)):
        for _ in range(3):
            with refused("AccessDenied"):
                his.list_users()
            kind.call(iam, "put_{}_policy", who, PolicyName="p", PolicyDocument=allow("iam:ListUsers"))
            his.list_users()
            kind.call(iam, "put_{}_policy", who, PolicyName="p", PolicyDocument=allow("iam:ListUsers", effect="Deny"))
            with refused("AccessDenied", "explicit deny"):
                his.list_users()
            kind.call(iam, "delete_{}_policy", who, PolicyName="p")


# --- documents that are no policies. Each: what is wrong, the document, and a piece of the place

def statement(**how):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **how}


def without(member):
    return {k: v for k, v in statement().items() if k != member}


def policy(*statements, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


MALFORMED = {
    "no JSON": ("{", "line 1"),
    "a word": ("hello", "line 1"),
    "a list": ("[]", ""),
    "a number": ("17", ""),
    "an empty object": ("{}", "line 1, column 1"),
    "a comma too many": ('{"Version":"2012-10-17",\n"Statement":[],}', "line 2"),
    "a comment": ('{"Version":"2012-10-17",\n// why\n"Statement":[]}', "line 2"),
    "text behind it": (policy(statement()) + " x", "line 1"),
    "an unknown version": (policy(statement(), Version="2020-01-01"), "Version"),
    "no statement": ('{"Version":"2012-10-17"}', "line 1, column 1"),
    "statements that are a word": (policy(Statement="all"), "line 1, column 40"),
    "an unknown element": (policy(statement(), Statements=[]), "line 1, column 1"),
    "an unknown element within": (policy(statement(), statement(Actions="s3:*")), "line 1, column 1"),
    "a repeated element": ('{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', "line 1"),
    "no effect": (policy(without("Effect")), "Statement[0]"),
    "effect in lower case": (policy(statement(Effect="allow")), "Statement[0].Effect"),
    "no action": (policy(without("Action")), "Statement[0]"),
    "no resource": (policy(without("Resource")), "Statement[0]"),
    "Action and NotAction": (policy(statement(NotAction="s3:*")), "Statement[0]"),
    "Resource and NotResource": (policy(statement(NotResource="*")), "Statement[0]"),
    "an action without its service": (policy(statement(Action=["s3:*", "GetObject"])), "Action[1]"),
    "an action that is a number": (policy(statement(Action=1)), "line 1, column 71"),
    "a resource that is no ARN": (policy(statement(Resource=["*", "my-bucket"])), "Resource[1]"),
    "a principal": (policy(statement(Principal="*")), "Principal"),
    "a sid with a space": (policy(statement(Sid="not good")), "Sid"),
    "one sid twice": (policy(statement(Sid="Same"), statement(Sid="Same")), "Sid"),
    "an unknown operator": (policy(statement(Condition={"StringLooksLike": {"s3:prefix": "x"}})), "Condition"),
    "a condition that is a word": (policy(statement(Condition="never")), "line 1, column 117"),
    "a condition without keys": (policy(statement(Condition={"StringEquals": "x"})), "line 1, column 134"),
    "a null": (policy(statement(Resource=None)), "line 1, column 99"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_document(iam, what):
    text, place = MALFORMED[what]
    for call in (lambda: iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=text),
                 lambda: iam.put_role_policy(RoleName="SageMakerRole", PolicyName="p", PolicyDocument=text),
                 lambda: iam.create_policy(PolicyName=name("p"), PolicyDocument=text)):
        with refused("MalformedPolicyDocument", place):
            call()
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == []


TRUST = {
    "no principal": {"Effect": "Allow", "Action": "sts:AssumeRole"},
    "a resource": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
                   "Resource": "*"},
    "another service's action": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "s3:*"},
    "a principal of no kind": {"Effect": "Allow", "Principal": {"Who": "me"}, "Action": "sts:AssumeRole"},
    "a principal that is no ARN": {"Effect": "Allow", "Principal": {"AWS": "somebody"}, "Action": "sts:AssumeRole"},
}


@pytest.mark.parametrize("what", TRUST)
def test_a_malformed_trust_policy(iam, what):
    text = policy(TRUST[what])
    for call in (lambda: iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument=text),
                 lambda: iam.update_assume_role_policy(RoleName="SageMakerRole", PolicyDocument=text)):
        with refused("MalformedPolicyDocument"):
            call()


# --- hostile ones: a clear refusal, soon

def hostile():
    many = policy(*[statement(Sid=f"S{i}") for i in range(1000)])
    return {
        "100 KiB": policy(statement(Resource="arn:aws:s3:::" + "b" * 102400)),
        "130 KiB": policy(statement(Resource="arn:aws:s3:::" + "b" * 140000)),
        "1,000 statements": many,
        "10,000 levels": "[" * 10000,
        "deep conditions": '{"Version":"2012-10-17","Statement":' + '{"Condition":' * 5000 + "1" + "}" * 5000 + "}",
        "half a pair": '{"Version":"\\ud800"}',
    }


@pytest.mark.parametrize("what", hostile())
def test_a_hostile_document(server, what):
    iam = server.client("iam", parameter_validation=False)
    text = hostile()[what]
    for call in (lambda: iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=text),
                 lambda: iam.create_policy(PolicyName=name("p"), PolicyDocument=text),
                 lambda: iam.create_role(RoleName=name("r"), AssumeRolePolicyDocument=text)):
        with pytest.raises(ClientError) as e:
            call()
        error, meta = e.value.response["Error"], e.value.response["ResponseMetadata"]
        assert 400 <= meta["HTTPStatusCode"] < 500 and error["Message"], error
        assert error["Code"] in ("LimitExceeded", "MalformedPolicyDocument", "ValidationError"), error


@pytest.mark.parametrize("document_", ["%FF%FE", "%7B%22Version%22%3A%22%C3%28%22%7D", "%ED%A0%80", "%00", ""])
def test_bytes_that_are_no_text(server, document_):
    body = ("Action=PutUserPolicy&Version=2010-05-08&UserName=alice&PolicyName=p&PolicyDocument=" + document_).encode()
    r = server.request("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, body, service="iam")
    assert r.status == 400 and r.code in ("MalformedPolicyDocument", "ValidationError", "MalformedQueryString"), r
    assert r.message


def test_nothing_of_it_was_kept(iam):
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == []
    assert iam.list_role_policies(RoleName="SageMakerRole")["PolicyNames"] == []
    assert json.loads(trust({"Service": "sagemaker.amazonaws.com"})) == iam.get_role(RoleName="SageMakerRole")["Role"][
        "AssumeRolePolicyDocument"]
