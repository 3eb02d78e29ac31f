"""Managed policies on users, groups and roles."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from aerostat import Key
from identities import ACCOUNT, ADMIN, allow, arn, name, refused
from kinds import KINDS

S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
JOB = "arn:aws:iam::aws:policy/job-function/DataScientist"


def make(iam, **more):
    return iam.create_policy(PolicyName=name("policy"), PolicyDocument=allow("s3:*"), **more)["Policy"]["Arn"]


def attached(iam, kind, who, **how):
    return [p["PolicyArn"] for p in kind.call(iam, "list_attached_{}_policies", who, **how)["AttachedPolicies"]]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_attach_list_detach(iam, kind):
    who, own = kind.make(iam), make(iam, Path="/own/")
    for a in (S3, JOB, own, S3):  # twice is fine
        kind.call(iam, "attach_{}_policy", who, PolicyArn=a)
    listed = kind.call(iam, "list_attached_{}_policies", who)
    assert {p["PolicyArn"]: p["PolicyName"] for p in listed["AttachedPolicies"]} == {
        S3: "AmazonS3ReadOnlyAccess", JOB: "DataScientist", own: own.rsplit("/", 1)[1]}
    assert listed["IsTruncated"] is False
    assert attached(iam, kind, who, PathPrefix="/job-function/") == [JOB]
    assert attached(iam, kind, who, PathPrefix="/own/") == [own]
    kind.call(iam, "detach_{}_policy", who, PolicyArn=S3)
    with refused("NoSuchEntity", f"Policy {S3} was not found."):
        kind.call(iam, "detach_{}_policy", who, PolicyArn=S3)
    assert set(attached(iam, kind, who)) == {JOB, own}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_not_there(iam, kind):
    who = kind.make(iam)
    for a in (arn("policy/no-such"), "arn:aws:iam::aws:policy/NoSuch", arn("policy/no-such", "999999999999")):
        with refused("NoSuchEntity", f"Policy {a} does not exist or is not attachable."):
            kind.call(iam, "attach_{}_policy", who, PolicyArn=a)
    for operation in ("attach_{}_policy", "detach_{}_policy"):
        with refused("NoSuchEntity", f"The {kind} with name no-such cannot be found."):
            kind.call(iam, operation, "no-such", PolicyArn=S3)
    with refused("NoSuchEntity", f"The {kind} with name no-such cannot be found."):
        kind.call(iam, "list_attached_{}_policies", "no-such")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_ten_and_no_more(iam, kind):
    who, policies = kind.make(iam), [make(iam) for _ in range(11)]
    for a in policies[:10]:
        kind.call(iam, "attach_{}_policy", who, PolicyArn=a)
    with refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title}: 10"):
        kind.call(iam, "attach_{}_policy", who, PolicyArn=policies[10])
    kind.call(iam, "attach_{}_policy", who, PolicyArn=policies[0])
    found, marker = [], None
    while True:
        r = kind.call(iam, "list_attached_{}_policies", who, MaxItems=3, **({"Marker": marker} if marker else {}))
        found += [p["PolicyArn"] for p in r["AttachedPolicies"]]
        marker = r.get("Marker")
        if not r["IsTruncated"]:
            break
    assert sorted(found) == sorted(policies[:10])


def test_the_quota_holds_against_many_at_once(iam):
    kind = KINDS[0]
    who, policies = kind.make(iam), [make(iam) for _ in range(16)]

    def attach(a):
        try:
            kind.call(iam, "attach_{}_policy", who, PolicyArn=a)
        except ClientError as e:
            return e.response["Error"]["Code"]
        return "attached"

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(attach, policies))
    assert results.count("attached") == 10 and results.count("LimitExceeded") == 6
    assert len(attached(iam, kind, who)) == 10


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_who_holds_one_cannot_be_deleted(iam, kind):
    who = kind.make(iam)
    kind.call(iam, "attach_{}_policy", who, PolicyArn=S3)
    with refused("DeleteConflict"):
        kind.call(iam, "delete_{}", who)
    kind.call(iam, "detach_{}_policy", who, PolicyArn=S3)
    kind.call(iam, "delete_{}", who)


def test_two_of_one_name(iam):
    """AWS's and the account's own."""
    kind = KINDS[0]
    who = kind.make(iam)
    own = iam.create_policy(PolicyName="AmazonS3ReadOnlyAccess", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    for a in (own, S3):
        kind.call(iam, "attach_{}_policy", who, PolicyArn=a)
    first = kind.call(iam, "list_attached_{}_policies", who, MaxItems=1)
    second = attached(iam, kind, who, MaxItems=1, Marker=first["Marker"])
    assert {first["AttachedPolicies"][0]["PolicyArn"], *second} == {own, S3}


def test_a_service_s_own_policy(iam):
    kind = KINDS[2]
    with refused("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."):
        kind.call(iam, "attach_{}_policy", kind.make(iam),
                  PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AmazonSSMServiceRolePolicy")


def test_attaching_binds_the_next_call(server, iam):
    user = KINDS[0].make(iam)
    k = iam.create_access_key(UserName=user)["AccessKey"]
    his = server.client("s3", key=Key(k["AccessKeyId"], k["SecretAccessKey"], ACCOUNT))
    for _ in range(5):
        with refused("AccessDenied"):
            his.list_buckets()
        iam.attach_user_policy(UserName=user, PolicyArn=ADMIN)
        his.list_buckets()
        iam.detach_user_policy(UserName=user, PolicyArn=ADMIN)
