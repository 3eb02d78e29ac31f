"""Roles, and whom they trust."""
import datetime
import json
import re

import pytest

from aerostat import ALICE_KEY, Key
from identities import ACCOUNT, ADMIN, OTHER, allow, arn, name, refused, tags, trust


@pytest.fixture
def role(iam):
    made = name("role")
    iam.create_role(RoleName=made, AssumeRolePolicyDocument=trust())
    return made


def test_a_role_as_aws_shows_it(iam):
    role = name("role")
    made = iam.create_role(RoleName=role, Path="/ml/", AssumeRolePolicyDocument=trust(), Description="trains",
                           MaxSessionDuration=7200, Tags=tags(k="v"))["Role"]
    assert re.fullmatch("AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["Arn"] == arn(f"role/ml/{role}")
    assert made["AssumeRolePolicyDocument"] == json.loads(trust())
    got = iam.get_role(RoleName=role)["Role"]
    assert (got["Description"], got["MaxSessionDuration"], got["Tags"]) == ("trains", 7200, tags(k="v"))
    assert got["RoleLastUsed"] == {}
    assert got["CreateDate"] == made["CreateDate"]
    listed = next(r for r in iam.list_roles(PathPrefix="/ml/")["Roles"] if r["RoleName"] == role)
    assert listed["AssumeRolePolicyDocument"] == json.loads(trust()) and listed["MaxSessionDuration"] == 7200
    assert not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed)


def test_the_document_goes_out_url_encoded(server, role):
    body = f"Action=GetRole&Version=2010-05-08&RoleName={role}".encode()
    reply = server.request("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, body, service="iam")
    assert b"<AssumeRolePolicyDocument>%7B%22Version%22%3A%20%222012-10-17%22" in reply.body


def test_a_role_last_used(start_server):
    """Written at the end at the latest."""
    server = start_server()
    iam = server.client("iam")
    iam.create_role(RoleName="used", AssumeRolePolicyDocument=trust({"AWS": arn("user/alice")}))
    sts = server.client("sts", key=ALICE_KEY)
    keys = sts.assume_role(RoleArn=arn("role/used"), RoleSessionName="session")["Credentials"]
    key = Key(keys["AccessKeyId"], keys["SecretAccessKey"], ACCOUNT)
    server.client("sts", key=key, token=keys["SessionToken"], region="eu-west-1").get_caller_identity()
    server.stop()
    server.start()
    used = server.client("iam").get_role(RoleName="used")["Role"]["RoleLastUsed"]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs(used["LastUsedDate"] - now) < datetime.timedelta(minutes=5) and used["Region"] == "eu-west-1"


def test_one_name_one_role(iam, role):
    with refused("EntityAlreadyExists", f"Role with name {role.upper()} already exists."):
        iam.create_role(RoleName=role.upper(), AssumeRolePolicyDocument=trust())


def test_nobody(iam):
    sentence = "The role with name nobody cannot be found."
    for call in (iam.get_role, iam.delete_role, iam.update_role, iam.list_instance_profiles_for_role,
                 iam.delete_role_permissions_boundary, iam.list_role_tags):
        with refused("NoSuchEntity", sentence):
            call(RoleName="nobody")
    with refused("NoSuchEntity", sentence):
        iam.update_assume_role_policy(RoleName="nobody", PolicyDocument=trust())
    with refused("NoSuchEntity", sentence):
        iam.update_role_description(RoleName="nobody", Description="x")


@pytest.mark.parametrize("seconds", [3599, 43201, 0, -1])
def test_sessions_of_a_length_that_cannot_be(server, role, seconds):
    iam = server.client("iam", parameter_validation=False)
    with refused("ValidationError", "maxSessionDuration"):
        iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust(), MaxSessionDuration=seconds)
    with refused("ValidationError", "maxSessionDuration"):
        iam.update_role(RoleName=role, MaxSessionDuration=seconds)


def test_a_changed_role(iam, role):
    iam.update_role(RoleName=role, Description="one", MaxSessionDuration=43200)
    got = iam.get_role(RoleName=role)["Role"]
    assert (got["Description"], got["MaxSessionDuration"]) == ("one", 43200)
    changed = iam.update_role_description(RoleName=role, Description="two")["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("two", 43200)
    iam.update_role(RoleName=role)
    got = iam.get_role(RoleName=role)["Role"]
    assert (got["Description"], got["MaxSessionDuration"]) == ("two", 3600)
    iam.update_role(RoleName=role, Description="")
    assert iam.get_role(RoleName=role)["Role"].get("Description", "") == ""


def test_a_new_trust(iam, role):
    new = trust({"Service": "sagemaker.amazonaws.com"})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=new)
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(new)


@pytest.mark.parametrize("document", [
    "{}", "[]", "nonsense", '{"Version":"2012-10-17"}', '{"Version":"2011-01-01","Statement":[]}',
    allow("sts:AssumeRole"),
    trust(Resource="*"), trust().replace("sts:AssumeRole", "s3:GetObject"), trust().replace("Allow", "Maybe")])
def test_documents_that_are_no_trust(iam, role, document):
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName=name(), AssumeRolePolicyDocument=document)
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)


@pytest.mark.parametrize("kind, text", [
    ("AWS", arn("user/none")), ("AWS", arn("role/none")), ("AWS", arn("role/wrong/path/none")), ("AWS", arn("group/g")),
    ("AWS", f"arn:aws:sts::{ACCOUNT}:assumed-role/none/s"), ("AWS", "AIDAAAAAAAAAAAAAAAAAA"),
    ("AWS", arn("user/none", OTHER))])
def test_principals_that_cannot_be(iam, role, kind, text):
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "{kind}":"{text}"'):
        iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust({kind: text}))
    with refused("MalformedPolicyDocument", "Invalid principal"):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust({kind: ["*", text]}))
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(trust())


def user_with_keys(server, iam, user):
    iam.create_user(UserName=user)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("sts:AssumeRole"))
    return made["AccessKeyId"], server.client("sts", key=Key(made["AccessKeyId"], made["SecretAccessKey"], ACCOUNT))


def principal_of(iam, role):
    return iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]


def test_who_is_trusted_is_he_and_not_his_name(server, iam, role):
    """AWS keeps a principal's id: a new name is still his, an old name is nobody else's."""
    old, new, target = name("user"), name("user"), arn(f"role/{role}")
    key, his = user_with_keys(server, iam, old)
    user_id = iam.get_user(UserName=old)["User"]["UserId"]
    for principal in (arn(f"user/{old}"), [arn("root", "999999999999"), arn(f"user/{old}")]):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust({"AWS": principal}))
        assert principal_of(iam, role) == principal
    his.assume_role(RoleArn=target, RoleSessionName="session")
    iam.update_user(UserName=old, NewUserName=new, NewPath="/moved/")
    assert principal_of(iam, role)[1] == arn(f"user/moved/{new}")
    his.assume_role(RoleArn=target, RoleSessionName="session")
    iam.delete_access_key(UserName=new, AccessKeyId=key)
    iam.delete_user_policy(UserName=new, PolicyName="p")
    iam.delete_user(UserName=new)
    assert principal_of(iam, role)[1] == user_id
    for again in (old, new):
        his = user_with_keys(server, iam, again)[1]
        iam.delete_user_policy(UserName=again, PolicyName="p")
        with refused("AccessDenied"):
            his.assume_role(RoleArn=target, RoleSessionName="session")


def test_a_condition_is_kept_as_it_was(iam):
    role = name("role")
    document = trust({"AWS": arn("user/alice")}, Condition={"ArnEquals": {"aws:PrincipalArn": arn("user/alice")}})
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(document)


def test_a_service_that_cannot_be(iam):
    with refused("MalformedPolicyDocument", 'Invalid principal in policy: "SERVICE":"ec2.example.com"'):
        iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust({"Service": "ec2.example.com"}))


@pytest.mark.parametrize("principal", [
    "*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": arn("root")}, {"AWS": arn("user/alice")}, {"AWS": arn("root", OTHER)},
    {"AWS": "999999999999"}, {"AWS": arn("role/elsewhere", "999999999999")},
    {"AWS": [arn("user/alice"), f"arn:aws:sts::{ACCOUNT}:federated-user/f"], "Service": "ec2.amazonaws.com"},
    {"Federated": "cognito-identity.amazonaws.com"}])
def test_principals_that_can(iam, principal):
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(principal))
    iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust({"AWS": arn(f"role/{role}")}))
    iam.create_role(RoleName=name(), AssumeRolePolicyDocument=trust(
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"}))


def test_2048_characters_of_trust(iam, role):
    long = trust(Sid="a" * 3000)
    sentence = "Cannot exceed quota for ACLSizePerRole: 2048"
    with refused("LimitExceeded", sentence):
        iam.create_role(RoleName=name(), AssumeRolePolicyDocument=long)
    with refused("LimitExceeded", sentence):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=long)
    spaced = trust().replace("{", "{" + " " * 3000)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=spaced)


def test_what_hangs_on_a_role_goes_first(iam, role):
    profile = name("profile")
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=allow("s3:*"))
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    for first, undo in (
            ("remove roles from instance profile",
             lambda: iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)),
            ("delete policies", lambda: iam.delete_role_policy(RoleName=role, PolicyName="p")),
            ("detach all policies", lambda: iam.detach_role_policy(RoleName=role, PolicyArn=ADMIN))):
        with refused("DeleteConflict", f"Cannot delete entity, must {first} first."):
            iam.delete_role(RoleName=role)
        undo()
    iam.delete_role(RoleName=role)
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=role)


def test_pages(start_server):
    iam = start_server().client("iam")
    names = [f"r{i:02}" for i in range(12)]
    for r in names:
        iam.create_role(RoleName=r, Path="/a/" if r < "r06" else "/b/", AssumeRolePolicyDocument=trust())
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/b", PaginationConfig={"PageSize": 4})
    assert list(pages.search("Roles[].RoleName")) == names[6:]
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix="/a/", PaginationConfig={"PageSize": 6}))
    assert [len(p["Roles"]) for p in pages] == [6]


def test_boundaries(iam, role):
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=ADMIN)
    shown = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
    iam.delete_role_permissions_boundary(RoleName=role)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]
    with refused("NoSuchEntity", "does not exist or is not attachable"):
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn("policy/none"))


def test_linked_roles_are_their_services(iam):
    role = iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")["Role"]["RoleName"]
    sentence = f"Cannot perform the operation on the protected role '{role}' - this role is only modifiable by AWS"
    profile = name("profile")
    iam.create_instance_profile(InstanceProfileName=profile)
    for call, more in ((iam.delete_role, {}), (iam.update_assume_role_policy, {"PolicyDocument": trust()}),
                       (iam.update_role, {"MaxSessionDuration": 7200}),
                       (iam.put_role_permissions_boundary, {"PermissionsBoundary": ADMIN}),
                       (iam.add_role_to_instance_profile, {"InstanceProfileName": profile})):
        with refused("UnmodifiableEntity", sentence):
            call(RoleName=role, **more)
    iam.update_role_description(RoleName=role, Description="ours")
    assert iam.get_role(RoleName=role)["Role"]["Description"] == "ours"
    with refused("InvalidInput"):
        iam.create_role(RoleName=name(), Path="/aws-service-role/x.amazonaws.com/", AssumeRolePolicyDocument=trust())
