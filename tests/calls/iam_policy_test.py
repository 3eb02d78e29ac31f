"""Managed policies and their versions: AWS's own, and an account's."""
import datetime
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from aerostat import ALICE_KEY, OTHER_KEY, ROOT, Key
from identities import ACCOUNT, ADMIN, allow, arn, name, refused, someone, tags, trust

with open(f"{ROOT}/model/managed_policies.jsonl", encoding="utf-8") as f:
    AWS = {p["arn"]: p for p in map(json.loads, f)}


def make(iam, document=None, **more):
    document = document or allow("s3:GetObject")
    return iam.create_policy(PolicyName=name("policy"), PolicyDocument=document, **more)["Policy"]


def pages(call, member, size, **args):
    """All of a list, read in pages."""
    found, marker = [], None
    while True:
        reply = call(MaxItems=size, **args, **({"Marker": marker} if marker else {}))
        assert len(reply[member]) <= size
        found += reply[member]
        marker = reply.get("Marker")
        assert reply["IsTruncated"] == bool(marker)
        if not marker:
            return found


# --- AWS's own

def test_aws_policies_carry_their_published_statements(iam):
    listed = {p["Arn"]: p for p in pages(iam.list_policies, "Policies", 17, Scope="AWS")}
    assert set(listed) == set(AWS)
    for a in list(AWS)[::7] + [ADMIN, "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]:
        p = iam.get_policy(PolicyArn=a)["Policy"]
        assert re.fullmatch("ANPA[A-Z2-7]{17}", p["PolicyId"]) and p["PolicyId"] == listed[a]["PolicyId"]
        assert p["DefaultVersionId"] == AWS[a]["version"] and p["IsAttachable"]
        assert a == f"arn:aws:iam::aws:policy{p['Path']}{p['PolicyName']}"
        assert p["UpdateDate"] == datetime.datetime.fromisoformat(AWS[a]["updated"])
        v = iam.get_policy_version(PolicyArn=a, VersionId=p["DefaultVersionId"])["PolicyVersion"]
        assert v["Document"] == AWS[a]["document"] and v["IsDefaultVersion"]
        assert [x["VersionId"] for x in iam.list_policy_versions(PolicyArn=a)["Versions"]] == [p["DefaultVersionId"]]


def test_an_aws_policy_that_is_not_kept(iam):
    unknown = "arn:aws:iam::aws:policy/NoSuchPolicyOfAws"
    with refused("NoSuchEntity", f"Policy {unknown} was not found."):
        iam.get_policy(PolicyArn=unknown)
    with refused("NoSuchEntity", f"Policy {unknown} does not exist or is not attachable."):
        iam.attach_user_policy(UserName="alice", PolicyArn=unknown)
    with refused("NoSuchEntity"):
        iam.get_policy_version(PolicyArn=ADMIN, VersionId="v2")


def test_aws_policies_cannot_be_changed(iam):
    for call in (lambda: iam.delete_policy(PolicyArn=ADMIN),
                 lambda: iam.create_policy_version(PolicyArn=ADMIN, PolicyDocument=allow("s3:*")),
                 lambda: iam.delete_policy_version(PolicyArn=ADMIN, VersionId="v1"),
                 lambda: iam.set_default_policy_version(PolicyArn=ADMIN, VersionId="v1")):
        with refused("AccessDenied"):
            call()


# --- an account's own

def test_a_policy_as_aws_shows_it(iam):
    n = name("policy")
    made = iam.create_policy(PolicyName=n, Path="/ml/", PolicyDocument=allow("s3:*"), Description="for tests",
                             Tags=tags(team="ml"))["Policy"]
    assert made["Arn"] == arn(f"policy/ml/{n}") and re.fullmatch("ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["PermissionsBoundaryUsageCount"]) == ("v1", 0, 0)
    assert made["IsAttachable"] and made["CreateDate"] == made["UpdateDate"] and made["Tags"] == tags(team="ml")
    got = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert got == {**made, "Description": "for tests"}
    listed = [p for p in iam.list_policies(Scope="Local")["Policies"] if p["PolicyName"] == n]
    assert listed == [{k: v for k, v in made.items() if k != "Tags"}]


def test_a_name_is_taken_once(iam):
    p = make(iam)
    with refused("EntityAlreadyExists", f"A policy called {p['PolicyName'].upper()} already exists. Duplicate names "
                                        "are not allowed."):
        iam.create_policy(PolicyName=p["PolicyName"].upper(), PolicyDocument=allow("s3:*"))
    n = name("race")
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: attempt(iam, n), range(16)))
    assert sorted(results) == ["EntityAlreadyExists"] * 15 + ["made"]


def attempt(iam, n):
    try:
        iam.create_policy(PolicyName=n, PolicyDocument=allow("s3:*"))
    except ClientError as e:
        return e.response["Error"]["Code"]
    return "made"


@pytest.mark.parametrize("how", [{"PolicyName": "a" * 129}, {"PolicyName": "a b"}, {"Path": "no-slash"},
                                 {"Description": "x" * 1001}, {"PolicyName": ""}, {"PolicyDocument": ""}])
def test_names_that_cannot_be(server, how):
    iam = server.client("iam", parameter_validation=False)
    with refused("ValidationError"):
        iam.create_policy(**{"PolicyName": name("p"), "PolicyDocument": allow("s3:*"), **how})


def test_the_quota_counts_no_white_space(iam):
    def document(size):
        empty = len(allow("s3:*", resource="").replace(" ", ""))
        return allow("s3:*", resource="arn:aws:s3:::" + "b" * (size - empty - 13))

    assert len(document(6144).replace(" ", "")) == 6144
    p = make(iam, json.dumps(json.loads(document(6144)), indent=40))
    for call in (lambda d: make(iam, d), lambda d: iam.create_policy_version(PolicyArn=p["Arn"], PolicyDocument=d)):
        with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
            call(document(6145))


def test_deleting_what_is_in_use(iam):
    p, user = make(iam), name("user")
    iam.create_user(UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn=p["Arn"])
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=p["Arn"])
    iam.detach_user_policy(UserName=user, PolicyArn=p["Arn"])
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=p["Arn"])
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=p["Arn"])
    iam.delete_user_permissions_boundary(UserName=user)
    iam.create_policy_version(PolicyArn=p["Arn"], PolicyDocument=allow("s3:*"))
    with refused("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete "
                                   "the policy's versions. The default version is deleted with the policy."):
        iam.delete_policy(PolicyArn=p["Arn"])
    iam.delete_policy_version(PolicyArn=p["Arn"], VersionId="v2")
    iam.delete_policy(PolicyArn=p["Arn"])
    for call in (iam.get_policy, iam.delete_policy, iam.list_policy_versions, iam.list_entities_for_policy):
        with refused("NoSuchEntity", f"Policy {p['Arn']} was not found."):
            call(PolicyArn=p["Arn"])


@pytest.mark.parametrize("bad", ["arn:aws:iam::123456789012:role/x", "arn:aws:s3:::bucket-of-someone", "x" * 20])
def test_arns_that_cannot_be(iam, bad):
    for call in (lambda: iam.get_policy(PolicyArn=bad),
                 lambda: iam.attach_user_policy(UserName="alice", PolicyArn=bad)):
        with pytest.raises(ClientError) as e:
            call()
        assert e.value.response["Error"]["Code"] in ("InvalidInput", "ValidationError")


def test_anothers_policy(server, iam):
    theirs = make(server.client("iam", key=OTHER_KEY))
    with refused("AccessDenied"):
        iam.get_policy(PolicyArn=theirs["Arn"])
    with refused("NoSuchEntity", "does not exist or is not attachable."):
        iam.attach_user_policy(UserName="alice", PolicyArn=theirs["Arn"])
    assert theirs["Arn"] not in [p["Arn"] for p in iam.list_policies(Scope="All", MaxItems=1000)["Policies"]]


# --- versions

def test_versions(iam):
    p = make(iam, allow("s3:GetObject"))
    a = p["Arn"]
    v2 = iam.create_policy_version(PolicyArn=a, PolicyDocument=allow("s3:PutObject"))["PolicyVersion"]
    assert (v2["VersionId"], v2["IsDefaultVersion"]) == ("v2", False) and "Document" not in v2
    assert iam.get_policy(PolicyArn=a)["Policy"]["UpdateDate"] == v2["CreateDate"]
    v3 = iam.create_policy_version(PolicyArn=a, PolicyDocument=allow("s3:*"), SetAsDefault=True)["PolicyVersion"]
    assert v3["IsDefaultVersion"] and iam.get_policy(PolicyArn=a)["Policy"]["DefaultVersionId"] == "v3"
    assert iam.get_policy_version(PolicyArn=a, VersionId="v2")["PolicyVersion"]["Document"] == json.loads(
        allow("s3:PutObject"))
    listed = pages(iam.list_policy_versions, "Versions", 1, PolicyArn=a)
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in listed] == [("v3", True), ("v2", False), ("v1", False)]
    with refused("DeleteConflict", "Cannot delete the default version of a policy."):
        iam.delete_policy_version(PolicyArn=a, VersionId="v3")
    iam.set_default_policy_version(PolicyArn=a, VersionId="v1")
    iam.delete_policy_version(PolicyArn=a, VersionId="v3")
    for call in (iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version):
        with refused("NoSuchEntity", "v3"):
            call(PolicyArn=a, VersionId="v3")
    # a number is never given twice
    assert iam.create_policy_version(PolicyArn=a, PolicyDocument=allow("s3:*"))["PolicyVersion"]["VersionId"] == "v4"


def test_five_versions_and_no_more(iam):
    a = make(iam)["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=a, PolicyDocument=allow("s3:*"))
    with refused("LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you "
                                  "must delete an existing version."):
        iam.create_policy_version(PolicyArn=a, PolicyDocument=allow("s3:*"))


@pytest.mark.parametrize("version", ["v0", "1", "v", "v1.x", "v99999999999999999999", "w1"])
def test_versions_that_cannot_be(server, version):
    iam = server.client("iam", parameter_validation=False)
    with pytest.raises(ClientError) as e:
        iam.get_policy_version(PolicyArn=make(iam)["Arn"], VersionId=version)
    assert e.value.response["Error"]["Code"] in ("ValidationError", "NoSuchEntity")


# --- lists

def test_lists_are_filtered(iam):
    used, bound, unused = (make(iam, Path="/lists/") for _ in range(3))
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(), PermissionsBoundary=bound["Arn"])
    iam.attach_role_policy(RoleName=role, PolicyArn=used["Arn"])

    def listed(**how):
        return {p["Arn"] for p in iam.list_policies(PathPrefix="/lists/", **how)["Policies"]}

    assert listed() == listed(Scope="All") == listed(Scope="Local") == {used["Arn"], bound["Arn"], unused["Arn"]}
    assert listed(Scope="AWS") == set()
    assert listed(OnlyAttached=True) == listed(PolicyUsageFilter="PermissionsPolicy") == {used["Arn"]}
    assert listed(PolicyUsageFilter="PermissionsBoundary") == {bound["Arn"]}
    counts = {p["Arn"]: (p["AttachmentCount"], p["PermissionsBoundaryUsageCount"])
              for p in iam.list_policies(PathPrefix="/lists/")["Policies"]}
    assert counts == {used["Arn"]: (1, 0), bound["Arn"]: (0, 1), unused["Arn"]: (0, 0)}


def test_counts_are_of_one_account(server, iam):
    other = server.client("iam", key=OTHER_KEY)
    a = "arn:aws:iam::aws:policy/AmazonSNSFullAccess"
    other.create_user(UserName="counted")
    other.attach_user_policy(UserName="counted", PolicyArn=a)
    assert other.get_policy(PolicyArn=a)["Policy"]["AttachmentCount"] == 1
    assert iam.get_policy(PolicyArn=a)["Policy"]["AttachmentCount"] == 0
    assert iam.list_entities_for_policy(PolicyArn=a)["PolicyUsers"] == []


def test_pages_in_the_order_of_names(iam):
    made = sorted(iam.create_policy(PolicyName=name(f"Paged{i % 2}"), Path="/paged/", PolicyDocument=allow("s3:*"))
                  ["Policy"]["PolicyName"] for i in range(7))
    assert [p["PolicyName"] for p in pages(iam.list_policies, "Policies", 3, PathPrefix="/paged/")] == made
    with refused("ValidationError"):
        iam.list_policies(Marker="not-one-of-ours")


def test_entities_of_a_policy(iam):
    p, names = make(iam)["Arn"], {kind: name(kind) for kind in ("user", "group", "role", "bounded")}
    iam.create_user(UserName=names["user"], Path="/in/")
    iam.create_group(GroupName=names["group"])
    iam.create_role(RoleName=names["role"], AssumeRolePolicyDocument=trust())
    iam.create_user(UserName=names["bounded"], PermissionsBoundary=p)
    iam.attach_user_policy(UserName=names["user"], PolicyArn=p)
    iam.attach_group_policy(GroupName=names["group"], PolicyArn=p)
    iam.attach_role_policy(RoleName=names["role"], PolicyArn=p)

    def entities(**how):
        r = iam.list_entities_for_policy(PolicyArn=p, **how)
        return ({u["UserName"] for u in r["PolicyUsers"]}, {g["GroupName"] for g in r["PolicyGroups"]},
                {x["RoleName"] for x in r["PolicyRoles"]})

    all_users = {names["user"], names["bounded"]}
    assert entities() == (all_users, {names["group"]}, {names["role"]})
    assert entities(EntityFilter="User") == (all_users, set(), set())
    assert entities(EntityFilter="Group") == (set(), {names["group"]}, set())
    assert entities(EntityFilter="Role") == (set(), set(), {names["role"]})
    assert entities(EntityFilter="LocalManagedPolicy") == (set(), set(), set())
    assert entities(PathPrefix="/in/") == ({names["user"]}, set(), set())
    assert entities(PolicyUsageFilter="PermissionsBoundary") == ({names["bounded"]}, set(), set())
    assert entities(PolicyUsageFilter="PermissionsPolicy") == ({names["user"]}, {names["group"]}, {names["role"]})
    seen, marker = 0, None
    while seen < 4:
        r = iam.list_entities_for_policy(PolicyArn=p, MaxItems=1, **({"Marker": marker} if marker else {}))
        seen += sum(len(r[m]) for m in ("PolicyUsers", "PolicyGroups", "PolicyRoles"))
        marker = r.get("Marker")
        assert r["IsTruncated"] == (seen < 4)


def test_what_grants_a_service(iam):
    user, group = name("user"), name("group")
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(UserName=user, GroupName=group)
    iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.put_group_policy(GroupName=group, PolicyName="more", PolicyDocument=allow("S3:GetObject", "ec2:*"))
    iam.put_user_policy(UserName=user, PolicyName="never", PolicyDocument=allow("s3:*", effect="Deny"))
    iam.put_user_policy(UserName=user, PolicyName="others", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": ["iam:*", "ec2:*"], "Resource": "*"}}))
    found = iam.list_policies_granting_service_access(Arn=arn(f"user/{user}"), ServiceNamespaces=["s3", "iam", "ec2"])
    by = {e["ServiceNamespace"]: [(p["PolicyName"], p["PolicyType"], p.get("EntityName")) for p in e["Policies"]]
          for e in found["PoliciesGrantingServiceAccess"]}
    assert by == {"s3": [("AmazonS3ReadOnlyAccess", "MANAGED", None), ("others", "INLINE", user),
                         ("more", "INLINE", group)], "iam": [], "ec2": [("more", "INLINE", group)]}
    with refused("NoSuchEntity"):
        iam.list_policies_granting_service_access(Arn=arn("user/nobody-at-all"), ServiceNamespaces=["s3"])


def test_a_policy_binds_the_next_call(server, iam):
    """Versions, defaults and detaching decide from the very next call on."""
    user = name("user")
    iam.create_user(UserName=user)
    k = iam.create_access_key(UserName=user)["AccessKey"]
    his = server.client("iam", key=Key(k["AccessKeyId"], k["SecretAccessKey"], ACCOUNT))
    p = make(iam, allow("iam:ListUsers"))["Arn"]
    for _ in range(5):
        with refused("AccessDenied"):
            his.list_users()
        iam.attach_user_policy(UserName=user, PolicyArn=p)
        his.list_users()
        iam.create_policy_version(PolicyArn=p, PolicyDocument=allow("iam:ListRoles"), SetAsDefault=True)
        with refused("AccessDenied"):
            his.list_users()
        his.list_roles()
        iam.set_default_policy_version(PolicyArn=p, VersionId="v1")
        his.list_users()
        iam.detach_user_policy(UserName=user, PolicyArn=p)
        for v in iam.list_policy_versions(PolicyArn=p)["Versions"]:
            if not v["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=p, VersionId=v["VersionId"])


def test_alice_is_an_administrator(server):
    assert server.client("iam", key=ALICE_KEY).list_attached_user_policies(UserName="alice")["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]


def test_making_a_tagged_policy_takes_the_right_to_tag(server, iam):
    user, theirs = someone(server, iam)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("iam:CreatePolicy"))
    made = {"PolicyName": name("tagged"), "PolicyDocument": allow("s3:GetObject"), "Tags": tags(team="ml")}
    with refused("AccessDenied", "iam:TagPolicy"):
        theirs.create_policy(**made)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("iam:CreatePolicy", "iam:TagPolicy"))
    theirs.create_policy(**made)
