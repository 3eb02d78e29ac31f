"""Bucket policies act: who they let in and whom they keep out (docs: Amazon S3 User Guide, "Bucket policies for Amazon
S3", "Blocking public access"; IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal")."""
import json
import threading

import pytest
from botocore.exceptions import ClientError

from aerostat import OTHER_KEY, ROOT_KEY, Key
from buckets import refused
from s3_rights import (STRANGER, User, arn, denied, document, no_public_block, on, set_policy, statement)

GET, EVERYBODY = "s3:GetObject", "*"


@pytest.fixture(scope="module")
def nobody(server):
    """A user without policies."""
    return User(server)


@pytest.fixture(scope="module")
def admin(server):
    return User(server, statement(action="*"))


@pytest.fixture(scope="module")
def foreigner(server):
    """Who may do everything, in another account."""
    return User(server, statement(action="*"), account=OTHER_KEY)


@pytest.fixture
def box(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


def get(client, bucket, key="k"):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()


def session(server, user_or_key, role_name, bucket=None):
    """A role that may nothing, and a client of a session of it."""
    iam = server.client("iam")
    trusted = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ROOT_KEY.account}, "Action": "sts:AssumeRole"}}
    role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trusted))["Role"]
    got = server.client("sts", user_or_key).assume_role(RoleArn=role["Arn"], RoleSessionName="s1")
    c = got["Credentials"]
    key = Key(c["AccessKeyId"], c["SecretAccessKey"], ROOT_KEY.account)
    return role, got["AssumedRoleUser"]["Arn"], server.client("s3", key, token=c["SessionToken"])


# --- Principal

def test_a_user_is_let_in_by_name(s3, box, nobody, admin):
    denied(lambda: get(nobody.s3, box), f"because no identity-based policy allows the {GET} action")
    set_policy(s3, box, on(box, {"AWS": nobody.arn}, GET))
    assert get(nobody.s3, box) == b"x"
    denied(lambda: nobody.s3.put_object(Bucket=box, Key="k", Body=b"y"))
    set_policy(s3, box, on(box, {"AWS": admin.arn}, GET))
    denied(lambda: get(nobody.s3, box))
    s3.delete_bucket_policy(Bucket=box)
    denied(lambda: get(nobody.s3, box))


def test_who_is_named_is_meant_and_not_the_name(server, s3, box):
    """AWS: "If you delete the user, the relationship is broken", and the policy then shows the id."""
    user = User(server)
    ident = user.iam.get_user(UserName=user.name)["User"]["UserId"]
    set_policy(s3, box, on(box, {"AWS": [user.arn]}, GET))
    assert json.loads(s3.get_bucket_policy(Bucket=box)["Policy"])["Statement"][0]["Principal"] == {"AWS": [user.arn]}
    user.iam.update_user(UserName=user.name, NewUserName=user.name + "-anew")
    assert get(user.s3, box) == b"x" and user.arn + "-anew" in s3.get_bucket_policy(Bucket=box)["Policy"]
    user.iam.delete_access_key(UserName=user.name + "-anew", AccessKeyId=user.key.access)
    user.iam.delete_user(UserName=user.name + "-anew")
    user.iam.create_user(UserName=user.name)
    made = user.iam.create_access_key(UserName=user.name)["AccessKey"]
    namesake = server.client("s3", Key(made["AccessKeyId"], made["SecretAccessKey"], ROOT_KEY.account))
    denied(lambda: get(namesake, box))
    assert ident in s3.get_bucket_policy(Bucket=box)["Policy"]


def test_the_own_account_gives_nothing_by_itself(s3, box, nobody):
    for principal in ({"AWS": ROOT_KEY.account}, {"AWS": f"arn:aws:iam::{ROOT_KEY.account}:root"},
                      {"CanonicalUser": ROOT_KEY.canonical}):
        set_policy(s3, box, on(box, principal, GET))
        denied(lambda: get(nobody.s3, box))


def test_another_account_is_let_in_and_gives_on(s3, server, box, foreigner):
    weak, theirs = User(server, account=OTHER_KEY), server.client("s3", OTHER_KEY)
    denied(lambda: get(theirs, box), STRANGER)
    for principal in ({"AWS": OTHER_KEY.account}, {"AWS": f"arn:aws:iam::{OTHER_KEY.account}:root"},
                      {"CanonicalUser": OTHER_KEY.canonical}):
        set_policy(s3, box, on(box, principal, GET))
        assert get(theirs, box) == get(foreigner.s3, box) == b"x"
        denied(lambda: get(weak.s3, box), STRANGER)
        denied(lambda: theirs.put_object(Bucket=box, Key="k", Body=b"y"), STRANGER)
    set_policy(s3, box, on(box, {"AWS": weak.arn}, GET))
    denied(lambda: get(weak.s3, box), STRANGER)
    denied(lambda: get(foreigner.s3, box), STRANGER)
    weak.may(statement(action=GET, resource=arn(box, "*")))
    assert get(weak.s3, box) == b"x"


def test_roles_and_sessions_are_let_in(server, s3, box, admin):
    role, session_arn, client = session(server, admin.key, f"r-{box}")
    denied(lambda: get(client, box))
    for principal in (role["Arn"], session_arn):
        set_policy(s3, box, on(box, {"AWS": principal}, GET))
        assert get(client, box) == b"x"
    set_policy(s3, box, on(box, {"AWS": session_arn.replace("/s1", "/s2")}, GET))
    denied(lambda: get(client, box))
    set_policy(s3, box, on(box, {"AWS": role["Arn"]}, GET), on(box, {"AWS": session_arn}, effect="Deny"))
    denied(lambda: get(client, box), "with an explicit deny in a resource-based policy")


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_everybody(server, s3, box, nobody, principal):
    no_public_block(s3, box)
    set_policy(s3, box, on(box, principal, GET))
    anyone = server.client("s3", None)
    assert get(anyone, box) == get(nobody.s3, box) == get(server.client("s3", OTHER_KEY), box) == b"x"
    denied(lambda: anyone.list_objects_v2(Bucket=box), STRANGER)
    denied(lambda: anyone.get_object(Bucket=box, Key="no-such-key"), STRANGER)
    assert server.request("GET", f"/{box}/k", signed=False).body == b"x"


def test_several_principals(server, s3, box, nobody, admin):
    set_policy(s3, box, on(box, {"AWS": [admin.arn, nobody.arn], "Service": "logging.s3.amazonaws.com"}, GET))
    assert get(nobody.s3, box) == b"x"
    set_policy(s3, box, on(box, {"Service": "logging.s3.amazonaws.com"}, GET))
    denied(lambda: get(nobody.s3, box))


def test_all_but_some_are_kept_out(server, s3, box, nobody, admin):
    """NotPrincipal with Deny; the account has to be named beside its user."""
    account = f"arn:aws:iam::{ROOT_KEY.account}:root"
    set_policy(s3, box, on(box, {"AWS": nobody.arn}, GET),
               {"Effect": "Deny", "NotPrincipal": {"AWS": [nobody.arn, account]}, "Action": GET,
                "Resource": arn(box, "*")})
    assert get(nobody.s3, box) == b"x"
    denied(lambda: get(admin.s3, box), "with an explicit deny in a resource-based policy")
    assert get(s3, box) == b"x"  # root is the account


def test_principals_of_this_cloud_must_exist(s3, box):
    own = f"arn:aws:iam::{ROOT_KEY.account}:"
    for who in (own + "user/nobody-of-that-name", own + "role/nobody-of-that-name", own + "group/crew", own + "ROOT",
                "AIDAAAAAAAAAAAAAAAAAA", own.replace("iam", "sts") + "thing/x", own.replace("aws", "aws-cn") + "root"):
        e = refused(lambda: set_policy(s3, box, on(box, {"AWS": who}, GET)), "MalformedPolicy", 400)
        assert e["Message"] == "Invalid principal in policy"
    set_policy(s3, box, on(box, {"AWS": "arn:aws:iam::555555555555:user/somewhere-else"}, GET))


def test_a_variable_does_not_say_who_it_is(s3, box):
    """A condition that everybody meets leaves a policy public, which the block of public access prevents."""
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    statement = on(box, "*", GET, Condition={"StringEquals": {"aws:userid": "${aws:userid}"}})
    refused(lambda: set_policy(s3, box, statement), "AccessDenied", 403)


# --- denying

def test_a_deny_beats_every_allow(s3, box, admin):
    set_policy(s3, box, on(box, {"AWS": admin.arn}, GET), on(box, {"AWS": admin.arn}, GET, "Deny"))
    message = denied(lambda: get(admin.s3, box))
    assert message == (f"User: {admin.arn} is not authorized to perform: s3:GetObject on resource: "
                       f"\"{arn(box, 'k')}\" with an explicit deny in a resource-based policy")
    admin.s3.put_object(Bucket=box, Key="k", Body=b"x")


def test_root_gets_back_into_a_bucket_that_keeps_all_out(s3, box, admin):
    set_policy(s3, box, on(box, "*", effect="Deny"))
    for call in (lambda: get(s3, box), lambda: get(admin.s3, box), lambda: s3.list_objects_v2(Bucket=box),
                 lambda: admin.s3.delete_bucket_policy(Bucket=box), lambda: admin.s3.get_bucket_policy(Bucket=box),
                 lambda: set_policy(admin.s3, box, on(box, {"AWS": admin.arn})), lambda: s3.delete_bucket(Bucket=box)):
        denied(call, "with an explicit deny in a resource-based policy")
    assert "Deny" in s3.get_bucket_policy(Bucket=box)["Policy"]
    set_policy(s3, box, on(box, "*", effect="Deny"), on(box, {"AWS": admin.arn}))
    s3.delete_bucket_policy(Bucket=box)
    assert get(s3, box) == b"x"


def test_the_policy_is_not_for_other_accounts(server, s3, box, foreigner):
    theirs = server.client("s3", OTHER_KEY)
    denied(lambda: theirs.get_bucket_policy(Bucket=box), STRANGER)
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}))
    for call in (lambda: theirs.get_bucket_policy(Bucket=box), lambda: foreigner.s3.delete_bucket_policy(Bucket=box),
                 lambda: set_policy(theirs, box, on(box, {"AWS": OTHER_KEY.account}))):
        refused(call, "MethodNotAllowed", 405)
    set_policy(s3, box, on(box, "*", effect="Deny"))
    denied(lambda: theirs.get_bucket_policy(Bucket=box), STRANGER)


# --- what is public, and who restricts it

def test_public_policies_are_blocked(s3, box):
    message = denied(lambda: set_policy(s3, box, on(box, "*", GET)))
    assert message.endswith("because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public "
                            "Access.")


def test_restricted_public_buckets(server, s3, box, nobody):
    """The policy's allows do not count beyond the account any more, named or not."""
    no_public_block(s3, box)
    set_policy(s3, box, on(box, "*", GET), on(box, {"AWS": OTHER_KEY.account}, "s3:ListBucket"))
    anyone, theirs = server.client("s3", None), server.client("s3", OTHER_KEY)
    assert get(anyone, box) == get(theirs, box) == b"x"
    theirs.list_objects_v2(Bucket=box)
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    denied(lambda: get(anyone, box), STRANGER)
    denied(lambda: get(theirs, box), STRANGER)
    denied(lambda: theirs.list_objects_v2(Bucket=box), STRANGER)
    assert get(nobody.s3, box) == get(s3, box) == b"x"
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}, ["s3:ListBucket", GET]))
    assert get(theirs, box) == b"x"  # it is not public any more


# --- conditions

@pytest.mark.parametrize("condition,passes", [
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True), ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ({"NotIpAddress": {"aws:SourceIp": ["127.0.0.1/32"]}}, False),
    ({"Bool": {"aws:SecureTransport": "false"}}, True), ({"Bool": {"aws:SecureTransport": "true"}}, False),
    ({"StringEquals": {"aws:PrincipalAccount": ROOT_KEY.account}}, True),
    ({"StringEquals": {"aws:PrincipalAccount": OTHER_KEY.account}}, False),
    ({"StringLike": {"aws:username": "user-*"}}, True), ({"StringNotLike": {"aws:username": "user-*"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ROOT_KEY.account}:user/user-*"}}, True),
    ({"StringEquals": {"s3:ResourceAccount": ROOT_KEY.account}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    ({"Null": {"s3:prefix": "true"}}, True),
])
def test_conditions(s3, box, nobody, condition, passes):
    set_policy(s3, box, on(box, {"AWS": nobody.arn}, GET, Condition=condition))
    if passes:
        assert get(nobody.s3, box) == b"x"
    else:
        denied(lambda: get(nobody.s3, box))


def test_plain_http_is_kept_out(s3, box, admin):
    set_policy(s3, box, on(box, "*", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    denied(lambda: get(admin.s3, box), "with an explicit deny in a resource-based policy")
    s3.delete_bucket_policy(Bucket=box)


# --- the policy that holds is the one that is there

def test_a_change_binds_the_next_call(s3, box, nobody):
    for i in range(20):
        set_policy(s3, box, on(box, {"AWS": nobody.arn}, GET, Sid=f"n{i}"))
        assert get(nobody.s3, box) == b"x"
        if i % 2:
            s3.delete_bucket_policy(Bucket=box)
        else:
            set_policy(s3, box, on(box, {"AWS": nobody.arn}, "s3:PutObject"))
        denied(lambda: get(nobody.s3, box))


def test_a_bucket_of_the_same_name_has_no_old_policy(s3, box, nobody):
    set_policy(s3, box, on(box, {"AWS": nobody.arn}))
    assert get(nobody.s3, box) == b"x"
    s3.delete_object(Bucket=box, Key="k")
    s3.delete_bucket(Bucket=box)
    s3.create_bucket(Bucket=box)
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    denied(lambda: get(nobody.s3, box))


def test_policies_of_many_buckets(s3, nobody):
    """More than are kept compiled."""
    names = [f"many-{i}" for i in range(300)]
    for n in names:
        s3.create_bucket(Bucket=n)
        s3.put_object(Bucket=n, Key="k", Body=n.encode())
        if int(n[5:]) % 3:
            set_policy(s3, n, on(n, {"AWS": nobody.arn}, GET))
    for _ in range(2):
        for n in names:
            if int(n[5:]) % 3:
                assert get(nobody.s3, n) == n.encode()
            else:
                denied(lambda n=n: get(nobody.s3, n))


def test_changes_under_load_are_never_mixed(server, s3, box, nobody):
    """Of two policies each lets the user do one of two things: no call is decided by a mixture, and the last holds."""
    wrong, end = [], threading.Event()
    s3.put_object(Bucket=box, Key="other", Body=b"x")
    mine = [server.client("s3", nobody.key) for _ in range(4)]

    def read(client):
        while not end.is_set():
            try:
                get(client, box)
            except ClientError as e:
                if e.response["Error"]["Code"] != "AccessDenied":
                    wrong.append(e)

    threads = [threading.Thread(target=read, args=(m,)) for m in mine]
    for t in threads:
        t.start()
    for i in range(60):
        set_policy(s3, box, on(box, {"AWS": nobody.arn}, GET if i % 2 else "s3:ListBucket", Sid=f"s{i}"))
        if i % 2:
            assert get(nobody.s3, box) == b"x"
        else:
            denied(lambda: get(nobody.s3, box))
    end.set()
    for t in threads:
        t.join()
    assert not wrong


def test_policies_hold_after_a_start(start_server):
    s = start_server()
    user, root = User(s), s.client("s3")
    root.create_bucket(Bucket="kept")
    root.put_object(Bucket="kept", Key="k", Body=b"x")
    set_policy(root, "kept", on("kept", {"AWS": user.arn}, GET))
    s.stop()
    s.start()
    assert get(s.client("s3", user.key), "kept") == b"x"


def test_large_policies(s3, box, nobody):
    many = [on(box, {"AWS": nobody.arn}, GET, "Deny", Condition={"StringEquals": {"aws:username": f"n{i}"}})
            for i in range(60)]
    set_policy(s3, box, *many, on(box, {"AWS": nobody.arn}, GET))
    assert get(nobody.s3, box) == b"x"
    refused(lambda: set_policy(s3, box, *many, *many), "PolicyTooLarge", 400)
    assert json.loads(document(*many))["Statement"] == many
