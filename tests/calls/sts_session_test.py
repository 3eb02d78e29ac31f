"""Temporary credentials: whom a role trusts, what a session may, and when it ends."""
import base64
import json
import os
import re
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT, OTHER_KEY, ROOT_KEY, Key

ACCOUNT, OTHER = ROOT_KEY.account, OTHER_KEY.account


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, action="sts:AssumeRole", **more):
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


class Cloud:
    """What a test makes: users with keys, roles, sessions."""

    def __init__(self, server, key=ROOT_KEY):
        self.server, self.iam, self.account = server, server.client("iam", key=key), key.account

    def user(self, name, *statements):
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        made = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Key(made["AccessKeyId"], made["SecretAccessKey"], self.account, name)

    def role(self, name, trusted, *statements, **more):
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
        return f"arn:aws:iam::{self.account}:role/{name}"

    def sts(self, key, token=None):
        return self.server.client("sts", key=key, token=token)

    def assume(self, key, role, token=None, name="session", **more):
        c = self.sts(key, token).assume_role(RoleArn=role, RoleSessionName=name, **more)["Credentials"]
        return Key(c["AccessKeyId"], c["SecretAccessKey"], self.account), c["SessionToken"]

    def client(self, service, session):
        return self.server.client(service, key=session[0], token=session[1])


@pytest.fixture
def cloud(server):
    return Cloud(server)


@pytest.fixture(scope="module")
def names():
    return iter(f"n{i}" for i in range(1000))


def code(call, *args, **kwargs):
    with pytest.raises(ClientError) as e:
        call(*args, **kwargs)
    return e.value.response["Error"]["Code"]


def message(call, *args, **kwargs):
    with pytest.raises(ClientError) as e:
        call(*args, **kwargs)
    return e.value.response["Error"]["Message"]


def advance(server, span):
    subprocess.run([AEROSTAT, "clock", "advance", span, "--data", server.data], check=True, capture_output=True)


MAY_ASSUME = allow("sts:*")


def test_session_is_who_it_says_and_may_what_the_role_may(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), allow("s3:ListAllMyBuckets"))
    got = cloud.sts(key).assume_role(RoleArn=role, RoleSessionName="train.1@x=y")
    assert re.fullmatch("ASIA[A-Z2-7]{16}", got["Credentials"]["AccessKeyId"])
    assert re.fullmatch("AROA[A-Z2-7]{17}:train.1@x=y", got["AssumedRoleUser"]["AssumedRoleId"])
    assert got["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/train.1@x=y"
    assert 3590 < got["Credentials"]["Expiration"].timestamp() - time.time() < 3610
    session = cloud.assume(key, role)
    who = cloud.client("sts", session).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"
    assert who["UserId"].endswith(":session") and who["UserId"].startswith("AROA")
    cloud.client("s3", session).list_buckets()
    assert code(cloud.client("s3", session).create_bucket, Bucket="not-by-this-role") == "AccessDenied"
    assert code(cloud.client("iam", session).list_users) == "AccessDenied"


def test_trust_names_the_user_itself_then_no_policy_is_needed(cloud, names):
    name = next(names)
    key = cloud.user(name)
    role = cloud.role(name, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"}))
    cloud.assume(key, role)


def test_trust_in_the_account_alone_gives_nothing_to_who_has_no_policy(cloud, names):
    name = next(names)
    key = cloud.user(name)
    role = cloud.role(name, trust({"AWS": ACCOUNT}))
    said = message(cloud.assume, key, role)
    assert said == (f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sts:AssumeRole on "
                    f"resource: {role}") or said.startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {role}")


@pytest.mark.parametrize("trusted", [{"Service": "ec2.amazonaws.com"}, {"AWS": OTHER}])
def test_who_is_not_trusted_may_not(cloud, names, trusted):
    name = next(names)
    key = cloud.user(name, allow("*"))
    assert code(cloud.assume, key, cloud.role(name, trust(trusted))) == "AccessDenied"


def test_role_that_is_not_there_is_no_more_told_than_one_that_does_not_trust(cloud, names):
    key = cloud.user(next(names), allow("*"))
    assert code(cloud.assume, key, f"arn:aws:iam::{ACCOUNT}:role/nowhere") == "AccessDenied"
    assert code(cloud.assume, key, "arn:aws:iam::999999999999:role/nowhere") == "AccessDenied"
    assert code(cloud.assume, key, "this is no arn at all, but long") in ("AccessDenied", "ValidationError")


def test_root_assumes_nothing(cloud, names):
    role = cloud.role(next(names), trust({"AWS": ACCOUNT}))
    assert message(cloud.assume, ROOT_KEY, role) == "Roles may not be assumed by root accounts."


def test_external_id_stands_against_the_confused_deputy(cloud, names):
    name = next(names)
    deputy = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "customer-7"}}))
    assert code(cloud.assume, deputy, role) == "AccessDenied"
    assert code(cloud.assume, deputy, role, ExternalId="customer-8") == "AccessDenied"
    assert code(cloud.assume, deputy, role, ExternalId="Customer-7") == "AccessDenied"
    cloud.assume(deputy, role, ExternalId="customer-7")


def test_conditions_of_trust(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": "*"}, Condition={
        "StringLike": {"sts:RoleSessionName": "${aws:username}-*"}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}))
    assert code(cloud.assume, key, role, name="other-1") == "AccessDenied"
    cloud.assume(key, role, name=f"{name}-1")


def test_across_accounts_both_sides_must_agree(cloud, server, names):
    name = next(names)
    other = Cloud(server, OTHER_KEY)
    key = cloud.user(name)
    role = other.role(name, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"}), allow("s3:*"))
    assert code(cloud.assume, key, role) == "AccessDenied"
    cloud.iam.put_user_policy(UserName=name, PolicyName="q", PolicyDocument=policy(allow("sts:AssumeRole", role)))
    session = cloud.assume(key, role)
    assert cloud.client("sts", session).get_caller_identity()["Account"] == OTHER
    cloud.client("s3", session).create_bucket(Bucket=f"of-the-other-{name}")
    assert code(server.client("s3").head_bucket, Bucket=f"of-the-other-{name}") == "403"


# --- what narrows a session

def test_session_policy_narrows_and_never_widens(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}), allow(["s3:ListAllMyBuckets", "iam:ListUsers"]))
    session = cloud.assume(key, role, Policy=policy(allow(["s3:ListAllMyBuckets", "iam:ListRoles"])))
    cloud.client("s3", session).list_buckets()
    said = message(cloud.client("iam", session).list_users)
    assert "because no session policy allows the iam:ListUsers action" in said
    assert code(cloud.client("iam", session).list_roles) == "AccessDenied"


def test_session_policies_by_arn(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}), allow("*"))
    arn = cloud.iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("iam:List*")))["Policy"]["Arn"]
    session = cloud.assume(key, role, PolicyArns=[{"arn": arn}])
    cloud.client("iam", session).list_users()
    assert code(cloud.client("s3", session).list_buckets) == "AccessDenied"
    assert code(cloud.assume, key, role, PolicyArns=[{"arn": arn + "x"}]) == "MalformedPolicyDocument"


def test_malformed_and_oversized_session_policies(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}))
    assert code(cloud.assume, key, role, Policy="{") == "MalformedPolicyDocument"
    half = policy({"Effect": "Allow", "Action": "s3:*"})
    assert code(cloud.assume, key, role, Policy=half) == "MalformedPolicyDocument"
    large = policy(*[allow(f"s3:Get{i}", f"arn:aws:s3:::{i}") for i in range(60)])
    assert code(cloud.assume, key, role, Policy=large) == "PackedPolicyTooLarge"
    assert code(cloud.assume, key, role, Policy=policy(allow("s3:*")) + " " * 200000) in (
        "PackedPolicyTooLarge", "ValidationError")


def test_packed_size_is_told_when_something_was_packed(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}))
    assume = cloud.sts(key).assume_role
    assert "PackedPolicySize" not in assume(RoleArn=role, RoleSessionName="se")
    got = assume(RoleArn=role, RoleSessionName="se", Policy=policy(allow("s3:*")))
    assert 1 <= got["PackedPolicySize"] <= 100


def test_managed_session_policies_are_of_the_roles_account(cloud, server, names):
    name = next(names)
    theirs = Cloud(server, OTHER_KEY)
    key = theirs.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": OTHER}), allow("s3:*"))
    mine, other = (c.iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:ListAllMyBuckets")))["Policy"][
        "Arn"] for c in (cloud, theirs))
    assert code(cloud.assume, key, role, PolicyArns=[{"arn": other}]) == "MalformedPolicyDocument"
    s3 = cloud.client("s3", cloud.assume(key, role, PolicyArns=[{"arn": mine}]))
    s3.list_buckets()
    assert code(s3.create_bucket, Bucket="not-by-this-session") == "AccessDenied"


# --- tags and source identity

def test_session_tags_are_principal_tags(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}, ["sts:AssumeRole", "sts:TagSession"]),
                      allow("iam:GetUser", "arn:aws:iam::*:user/${aws:PrincipalTag/team}"),
                      Tags=[{"Key": "team", "Value": "nobody"}])
    cloud.user(f"{name}-red")
    session = cloud.assume(key, role, Tags=[{"Key": "Team", "Value": f"{name}-red"}])
    cloud.client("iam", session).get_user(UserName=f"{name}-red")
    assert code(cloud.client("iam", cloud.assume(key, role)).get_user, UserName=f"{name}-red") == "AccessDenied"


def test_tagging_a_session_must_be_allowed(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}))
    assert "sts:TagSession" in message(cloud.assume, key, role, Tags=[{"Key": "a", "Value": "b"}])
    wide = cloud.role(name + "w", trust({"AWS": ACCOUNT}, "sts:*"))
    for bad in ({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "A", "Value": "c"}]},
                {"Tags": [{"Key": "aws:a", "Value": "b"}]}, {"TransitiveTagKeys": ["a"]}):
        assert code(cloud.assume, key, wide, **bad) == "InvalidParameterValue"


def test_transitive_tags_and_source_identity_go_down_a_chain(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    chain = trust({"AWS": ACCOUNT}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    first = cloud.role(name, chain, MAY_ASSUME)
    second = cloud.role(name + "b", chain, allow("iam:GetUser", "arn:aws:iam::*:user/${aws:PrincipalTag/who}",
                                                 Condition={"StringEquals": {"aws:SourceIdentity": "ann"}}))
    one = cloud.assume(key, first, Tags=[{"Key": "who", "Value": name}, {"Key": "x", "Value": "y"}],
                       TransitiveTagKeys=["who"], SourceIdentity="ann")
    two = cloud.assume(*one[:1], second, token=one[1])
    cloud.client("iam", two).get_user(UserName=name)
    again = {"token": one[1], "Tags": [{"Key": "WHO", "Value": "z"}]}
    assert code(cloud.assume, one[0], second, **again) == "InvalidParameterValue"
    assert code(cloud.assume, one[0], second, token=one[1], SourceIdentity="bob") == "AccessDenied"


def test_what_a_chain_hands_on_must_be_allowed_again(cloud, names):
    """A role that lets nobody tag its sessions gets no tagged ones, whoever gave the tags; source identities alike."""
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    more = {"Tag": {"Tags": [{"Key": "who", "Value": "ann"}], "TransitiveTagKeys": ["who"]},
            "SetSourceIdentity": {"SourceIdentity": "ann"}}
    first = cloud.role(name, trust({"AWS": ACCOUNT}, "sts:*"), MAY_ASSUME)
    bare = cloud.role(name + "b", trust({"AWS": ACCOUNT}))
    full = cloud.role(name + "f", trust({"AWS": ACCOUNT}, "sts:*"))
    for action, given in more.items():
        session, token = cloud.assume(key, first, **given)
        assert f"sts:{action}" in message(cloud.assume, session, bare, token=token)
        cloud.assume(session, full, token=token)
    session, token = cloud.assume(key, first, Tags=more["Tag"]["Tags"])  # which stay with this session
    cloud.assume(session, bare, token=token)


def test_tags_that_are_handed_on_count_for_the_size(cloud, names):
    name = next(names)
    session = cloud.user(name, MAY_ASSUME), None
    role = cloud.role(name, trust({"AWS": ACCOUNT}, "sts:*"), MAY_ASSUME)
    for hop in range(8):
        tags = [{"Key": f"{os.urandom(30).hex()}", "Value": os.urandom(100).hex()} for _ in range(5)]
        more = {"Tags": tags, "TransitiveTagKeys": [t["Key"] for t in tags]}
        try:
            session = cloud.assume(session[0], role, token=session[1], **more)
        except ClientError as e:
            assert e.response["Error"]["Code"] == "PackedPolicyTooLarge" and hop
            break
    else:
        pytest.fail("tags without end")


# --- how long

def test_durations(cloud, server, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}), MAY_ASSUME, MaxSessionDuration=7200)
    cloud.assume(key, role, DurationSeconds=7200)
    assert code(cloud.assume, key, role, DurationSeconds=7201) == "ValidationError"
    unchecked = server.client("sts", key=key, parameter_validation=False)
    assert code(unchecked.assume_role, RoleArn=role, RoleSessionName="sn", DurationSeconds=899) == "ValidationError"
    session = cloud.assume(key, role)
    assert "role chaining" in message(cloud.assume, session[0], role, token=session[1], DurationSeconds=3601)
    cloud.assume(session[0], role, token=session[1], DurationSeconds=3600)


def test_session_ends_with_the_clock_and_survives_a_restart(start_server):
    server = start_server()
    cloud = Cloud(server)
    key = cloud.user("ann", MAY_ASSUME)
    role = cloud.role("r", trust({"AWS": ACCOUNT}), allow("s3:*"))
    session = cloud.assume(key, role, DurationSeconds=900)
    server.stop()
    server.start()
    s3, sts, logs = (server.client(s, key=session[0], token=session[1]) for s in ("s3", "sts", "logs"))
    s3.list_buckets()
    advance(server, "14m")
    s3.list_buckets()
    advance(server, "2m")
    assert code(s3.list_buckets) == "ExpiredToken"
    assert code(sts.get_caller_identity) == "ExpiredToken"
    assert code(server.client("iam", key=session[0], token=session[1]).list_users) == "ExpiredToken"


def test_deleting_the_role_ends_its_sessions_and_a_namesake_does_not_revive_them(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}))
    session = cloud.assume(key, role)
    cloud.client("sts", session).get_caller_identity()
    cloud.iam.delete_role(RoleName=name)
    assert code(cloud.client("sts", session).get_caller_identity) == "InvalidClientTokenId"
    cloud.role(name, trust({"AWS": ACCOUNT}))
    assert code(cloud.client("sts", session).get_caller_identity) == "InvalidClientTokenId"


def test_policies_bind_a_running_session_at_once(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}), allow("s3:ListAllMyBuckets"))
    s3 = cloud.client("s3", cloud.assume(key, role))
    s3.list_buckets()
    cloud.iam.delete_role_policy(RoleName=name, PolicyName="p")
    assert code(s3.list_buckets) == "AccessDenied"


# --- tokens that are not

def test_forged_truncated_and_replayed_tokens(cloud, names):
    name = next(names)
    key = cloud.user(name, MAY_ASSUME)
    role = cloud.role(name, trust({"AWS": ACCOUNT}))
    session, token = cloud.assume(key, role)
    other, other_token = cloud.assume(key, role)
    raw = base64.b64decode(token)
    flipped = [base64.b64encode(raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1:]).decode()
               for i in (0, 5, 12, len(raw) // 2, len(raw) - 1)]
    for bad in [token[:-4], token[: len(token) // 2], "A" * len(token), token + "AAAA", other_token, "x", *flipped]:
        assert code(cloud.client("sts", (session, bad)).get_caller_identity) == "InvalidClientTokenId", bad
        assert code(cloud.client("s3", (session, bad)).list_buckets) in ("InvalidToken", "InvalidAccessKeyId"), bad
    assert code(cloud.sts(session).get_caller_identity) == "InvalidClientTokenId"
    assert code(cloud.sts(key, token).get_caller_identity) == "InvalidClientTokenId"
    cloud.client("sts", (other, other_token)).get_caller_identity()


def test_token_and_secret_are_in_no_log_and_no_record(start_server, tmp_path):
    server = start_server("--log-calls", str(tmp_path / "calls.log"))
    cloud = Cloud(server)
    key = cloud.user("ann", MAY_ASSUME)
    session, token = cloud.assume(key, cloud.role("r", trust({"AWS": ACCOUNT}), allow("s3:*")))
    cloud.client("s3", (session, token)).list_buckets()
    code(cloud.client("iam", (session, token)).list_users)
    server.stop()
    hay = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert (tmp_path / "calls.log").stat().st_size
    for secret in (session.secret, token, key.secret):
        assert secret.encode() not in hay


# --- sessions of users

def test_session_token_of_a_user(cloud, names):
    name = next(names)
    key = cloud.user(name, allow("*"))
    c = cloud.sts(key).get_session_token(DurationSeconds=900)["Credentials"]
    session = Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT), c["SessionToken"]
    assert cloud.client("sts", session).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    cloud.client("s3", session).list_buckets()
    assert code(cloud.client("sts", session).get_session_token) == "AccessDenied"
    assert code(cloud.client("iam", session).list_users) == "InvalidClientTokenId"


def test_session_token_needs_no_permission_but_gives_none(cloud, names):
    key = cloud.user(next(names))
    c = cloud.sts(key).get_session_token()["Credentials"]
    session = Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT), c["SessionToken"]
    assert code(cloud.client("s3", session).list_buckets) == "AccessDenied"
    device = {"SerialNumber": "arn:aws:iam::1:mfa/x", "TokenCode": "123456"}
    assert code(cloud.sts(key).get_session_token, **device) == "AccessDenied"


def test_federation_token_is_the_cut_of_both(cloud, names):
    name = next(names)
    key = cloud.user(name, allow("sts:GetFederationToken"), allow("s3:ListAllMyBuckets"))
    federate = cloud.sts(key).get_federation_token
    got = federate(Name="bob", Policy=policy(allow("s3:*")))
    assert got["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:bob",
                                    "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"}
    c = got["Credentials"]
    session = Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT), c["SessionToken"]
    assert cloud.client("sts", session).get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    cloud.client("s3", session).list_buckets()
    assert code(cloud.client("s3", session).create_bucket, Bucket="bobs-own-bucket") == "AccessDenied"
    c = federate(Name="bob")["Credentials"]
    bare = Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT), c["SessionToken"]
    assert code(cloud.client("s3", bare).list_buckets) == "AccessDenied"
    assert code(cloud.client("iam", session).list_users) == "InvalidClientTokenId"
    assert code(cloud.sts(cloud.user(next(names))).get_federation_token, Name="bob") == "AccessDenied"


def test_federation_by_root(cloud):
    c = cloud.sts(ROOT_KEY).get_federation_token(Name="eve", Policy=policy(allow("s3:ListAllMyBuckets")))["Credentials"]
    session = Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT), c["SessionToken"]
    cloud.client("s3", session).list_buckets()
    assert code(cloud.client("s3", session).create_bucket, Bucket="eves-own-bucket") == "AccessDenied"


# --- whose key

def test_access_key_info(cloud, names):
    key = cloud.user(next(names))
    sts = cloud.sts(ROOT_KEY)
    assert sts.get_access_key_info(AccessKeyId=key.access)["Account"] == ACCOUNT
    assert sts.get_access_key_info(AccessKeyId=OTHER_KEY.access)["Account"] == OTHER
    c = cloud.sts(ROOT_KEY).get_session_token()["Credentials"]
    assert sts.get_access_key_info(AccessKeyId=c["AccessKeyId"])["Account"] == ACCOUNT
    assert code(sts.get_access_key_info, AccessKeyId="NOTAKEYATALLNOTAKEY") == "ValidationError"
    assert code(cloud.sts(key).get_access_key_info, AccessKeyId=key.access) == "AccessDenied"


def test_decoding_a_message_that_is_none(cloud):
    sts = cloud.sts(ROOT_KEY)
    assert code(sts.decode_authorization_message, EncodedMessage="AAAA") == "InvalidAuthorizationMessageException"
    assert code(sts.decode_authorization_message, EncodedMessage="é" * 9000) == "InvalidAuthorizationMessageException"


WEB = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "RoleSessionName": "sn", "WebIdentityToken": "tttt"}
AUDIT = {"TargetPrincipal": ACCOUNT,
         "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}}


@pytest.mark.parametrize("op, how", [("assume_role_with_web_identity", WEB), ("assume_root", AUDIT)])
def test_what_is_not_served_says_so(cloud, op, how):
    assert code(getattr(cloud.sts(ROOT_KEY), op), **how) in ("InvalidAction", "MissingAuthenticationToken")
