"""Instance profiles, and the role in them."""
import re

import pytest

from identities import allow, arn, name, refused, someone, tags, trust


@pytest.fixture
def role(iam):
    made = name("role")
    iam.create_role(RoleName=made, Path="/r/", AssumeRolePolicyDocument=trust())
    return made


@pytest.fixture
def profile(iam):
    made = name("profile")
    iam.create_instance_profile(InstanceProfileName=made)
    return made


def test_a_profile_as_aws_shows_it(iam, role):
    profile = name("profile")
    made = iam.create_instance_profile(InstanceProfileName=profile, Path="/p/", Tags=tags(k="v"))["InstanceProfile"]
    assert re.fullmatch("AIPA[A-Z2-7]{17}", made["InstanceProfileId"])
    assert (made["Arn"], made["Roles"], made["Tags"]) == (arn(f"instance-profile/p/{profile}"), [], tags(k="v"))
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    got = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
    listed = next(r for r in iam.list_roles(PathPrefix="/r/")["Roles"] if r["RoleName"] == role)
    assert got["Roles"] == [listed]
    assert {k: v for k, v in got.items() if k != "Roles"} == {k: v for k, v in made.items() if k != "Roles"}
    mine = [p for p in iam.list_instance_profiles(PathPrefix="/p/")["InstanceProfiles"]]
    assert [p["InstanceProfileName"] for p in mine] == [profile] and mine[0]["Roles"] == [listed]
    assert "Tags" not in mine[0]


def test_profiles_of_a_role(iam, role):
    names = sorted(name("profile") for _ in range(5))
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    for p in names:
        iam.create_instance_profile(InstanceProfileName=p)
        iam.add_role_to_instance_profile(InstanceProfileName=p, RoleName=role)
    pages = iam.get_paginator("list_instance_profiles_for_role").paginate(
        RoleName=role, PaginationConfig={"PageSize": 2})
    assert list(pages.search("InstanceProfiles[].InstanceProfileName")) == names


def test_one_role_a_profile(iam, role, profile):
    other = name("role")
    iam.create_role(RoleName=other, AssumeRolePolicyDocument=trust())
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    for r in (role, other):
        with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"):
            iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=r)
    with refused("NoSuchEntity"):
        iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=other)
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=other)


def test_nobody_and_nowhere(iam, role, profile):
    for call in (iam.add_role_to_instance_profile, iam.remove_role_from_instance_profile):
        with refused("NoSuchEntity", "Instance Profile nowhere cannot be found."):
            call(InstanceProfileName="nowhere", RoleName=role)
        with refused("NoSuchEntity", "The role with name nobody cannot be found."):
            call(InstanceProfileName=profile, RoleName="nobody")
    for call in (iam.get_instance_profile, iam.delete_instance_profile, iam.list_instance_profile_tags):
        with refused("NoSuchEntity", "Instance Profile nowhere cannot be found."):
            call(InstanceProfileName="nowhere")


def test_one_name_one_profile(iam, profile):
    with refused("EntityAlreadyExists", f"Instance Profile {profile.upper()} already exists."):
        iam.create_instance_profile(InstanceProfileName=profile.upper())


def test_its_role_goes_first(iam, role, profile):
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."):
        iam.delete_instance_profile(InstanceProfileName=profile)
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=profile)
    with refused("NoSuchEntity"):
        iam.get_instance_profile(InstanceProfileName=profile)


def test_who_adds_a_role_passes_it(server, iam, role, profile):
    who, his = someone(server, iam)
    iam.put_user_policy(UserName=who, PolicyName="add", PolicyDocument=allow(
        "iam:AddRoleToInstanceProfile", resource=arn(f"instance-profile/{profile}")))
    with refused("AccessDenied", f"iam:PassRole on resource: {arn('role/r/' + role)}"):
        his.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    assert iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"] == []
    iam.put_user_policy(UserName=who, PolicyName="pass", PolicyDocument=allow(
        "iam:PassRole", resource=arn("role/r/*"),
        Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}))
    his.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)


def test_pages(start_server):
    iam = start_server().client("iam")
    names = [f"p{i}" for i in range(9)]
    for p in names:
        iam.create_instance_profile(InstanceProfileName=p)
    pages = list(iam.get_paginator("list_instance_profiles").paginate(PaginationConfig={"PageSize": 4}))
    assert [len(p["InstanceProfiles"]) for p in pages] == [4, 4, 1]
    assert [p["InstanceProfileName"] for page in pages for p in page["InstanceProfiles"]] == names


def test_as_terraform_takes_a_role_down(iam, role, profile):
    """The order of its reads and deletions; what is gone is NoSuchEntity."""
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=profile)
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    iam.delete_role(RoleName=role)
    for call in (iam.get_role, iam.list_role_policies, iam.list_attached_role_policies,
                 iam.list_instance_profiles_for_role):
        with refused("NoSuchEntity"):
            call(RoleName=role)
