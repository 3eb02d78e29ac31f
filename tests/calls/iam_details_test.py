"""GetAccountAuthorizationDetails: all that an account has, at once and in pages."""
import json

import pytest

from aerostat import OTHER_KEY, Key
from identities import ACCOUNT, ADMIN, allow, arn, name, refused, tags, trust

LISTS = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList",
         "LocalManagedPolicy": "Policies", "AWSManagedPolicy": "Policies"}


@pytest.fixture(scope="module")
def made(server):
    """One of each kind, and what hangs on them."""
    iam = server.client("iam")
    n = {kind: name(kind) for kind in ("user", "group", "role", "profile", "policy", "bound")}
    n["arn"] = iam.create_policy(PolicyName=n["policy"], PolicyDocument=allow("s3:Get*"), Path="/team/",
                                 Description="reads")["Policy"]["Arn"]
    n["bound_arn"] = iam.create_policy(PolicyName=n["bound"], PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=n["arn"], PolicyDocument=allow("s3:List*"), SetAsDefault=True)
    iam.create_user(UserName=n["user"], Path="/people/", Tags=tags(team="red"), PermissionsBoundary=n["bound_arn"])
    iam.create_group(GroupName=n["group"])
    iam.add_user_to_group(GroupName=n["group"], UserName=n["user"])
    iam.put_group_policy(GroupName=n["group"], PolicyName="shared", PolicyDocument=allow("s3:PutObject"))
    iam.put_user_policy(UserName=n["user"], PolicyName="own", PolicyDocument=allow("s3:GetObject"))
    iam.attach_user_policy(UserName=n["user"], PolicyArn=n["arn"])
    iam.create_role(RoleName=n["role"], AssumeRolePolicyDocument=trust(), Tags=tags(team="blue"))
    iam.put_role_policy(RoleName=n["role"], PolicyName="inner", PolicyDocument=allow("logs:*"))
    iam.attach_role_policy(RoleName=n["role"], PolicyArn=ADMIN)
    iam.create_instance_profile(InstanceProfileName=n["profile"])
    iam.add_role_to_instance_profile(InstanceProfileName=n["profile"], RoleName=n["role"])
    return n


def find(rows, key, value):
    found = [r for r in rows if r[key] == value]
    assert len(found) == 1, (key, value, rows)
    return found[0]


def test_a_user(iam, made):
    u = find(iam.get_account_authorization_details(Filter=["User"])["UserDetailList"], "UserName", made["user"])
    assert u["Arn"] == arn(f"user/people/{made['user']}") and u["UserId"].startswith("AIDA") and u["Path"] == "/people/"
    assert u["UserPolicyList"] == [{"PolicyName": "own", "PolicyDocument": json.loads(allow("s3:GetObject"))}]
    assert u["GroupList"] == [made["group"]]
    assert u["AttachedManagedPolicies"] == [{"PolicyName": made["policy"], "PolicyArn": made["arn"]}]
    assert u["Tags"] == tags(team="red")
    assert u["PermissionsBoundary"]["PermissionsBoundaryArn"] == made["bound_arn"]
    assert u["CreateDate"] == iam.get_user(UserName=made["user"])["User"]["CreateDate"]


def test_a_group(iam, made):
    g = find(iam.get_account_authorization_details(Filter=["Group"])["GroupDetailList"], "GroupName", made["group"])
    assert g["GroupPolicyList"] == [{"PolicyName": "shared", "PolicyDocument": json.loads(allow("s3:PutObject"))}]
    assert g["AttachedManagedPolicies"] == [] and g["GroupId"].startswith("AGPA")


def test_a_role(iam, made):
    r = find(iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"], "RoleName", made["role"])
    assert r["AssumeRolePolicyDocument"] == json.loads(trust())
    assert r["RolePolicyList"] == [{"PolicyName": "inner", "PolicyDocument": json.loads(allow("logs:*"))}]
    assert r["AttachedManagedPolicies"] == [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]
    assert r["Tags"] == tags(team="blue")
    profile, = r["InstanceProfileList"]
    assert profile["InstanceProfileName"] == made["profile"]
    assert [x["RoleName"] for x in profile["Roles"]] == [made["role"]]


def test_a_policy_with_its_versions(iam, made):
    p = find(iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"], "Arn", made["arn"])
    assert (p["PolicyName"], p["Path"], p["DefaultVersionId"]) == (made["policy"], "/team/", "v2")
    assert (p["AttachmentCount"], p["PermissionsBoundaryUsageCount"], p["IsAttachable"]) == (1, 0, True)
    assert [(v["VersionId"], v["IsDefaultVersion"], v["Document"]) for v in p["PolicyVersionList"]] == [
        ("v2", True, json.loads(allow("s3:List*"))), ("v1", False, json.loads(allow("s3:Get*")))]


def test_aws_policies_that_are_in_use(iam, made):
    policies = iam.get_account_authorization_details(Filter=["AWSManagedPolicy"])["Policies"]
    p = find(policies, "Arn", ADMIN)
    same = iam.get_policy(PolicyArn=ADMIN)["Policy"]
    for key in ("PolicyName", "PolicyId", "Path", "DefaultVersionId", "AttachmentCount", "CreateDate", "UpdateDate"):
        assert p[key] == same[key], key
    assert p["PolicyVersionList"][0]["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert all(p["AttachmentCount"] or p["PermissionsBoundaryUsageCount"] for p in policies)


def test_filters(iam, made):
    for kind, wanted in LISTS.items():
        answer = iam.get_account_authorization_details(Filter=[kind])
        assert answer[wanted] and not any(answer[other] for other in set(LISTS.values()) - {wanted}), kind
    both = iam.get_account_authorization_details(Filter=["User", "Role"])
    assert both["UserDetailList"] and both["RoleDetailList"] and not both["Policies"]
    with refused("ValidationError"):
        iam.get_account_authorization_details(Filter=["Users"])


def rows(answer):
    return [r.get("Arn") for wanted in dict.fromkeys(LISTS.values()) for r in answer[wanted]]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages(iam, made, size):
    whole = iam.get_account_authorization_details()
    assert not whole["IsTruncated"]
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": size}))
    assert [len(rows(p)) for p in pages[:-1]] == [size] * (len(pages) - 1)
    assert [r for p in pages for r in rows(p)] == rows(whole)
    for marker in ("none of ours", "MTk5"):
        with refused("ValidationError"):
            iam.get_account_authorization_details(Marker=marker)


def test_an_account_shows_its_own(server, made):
    other = server.client("iam", key=OTHER_KEY).get_account_authorization_details()
    assert not any(ACCOUNT in r for r in rows(other))


def test_not_everybody(server, iam, made):
    key = iam.create_access_key(UserName=made["user"])["AccessKey"]
    his = server.client("iam", key=Key(key["AccessKeyId"], key["SecretAccessKey"], ACCOUNT))
    with refused("AccessDenied", "iam:GetAccountAuthorizationDetails"):
        his.get_account_authorization_details()
    iam.delete_access_key(UserName=made["user"], AccessKeyId=key["AccessKeyId"])
