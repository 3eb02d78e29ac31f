"""Groups, and who is in them."""
import re

import pytest

from identities import ADMIN, allow, arn, name, refused


@pytest.fixture
def group(iam):
    made = name("group")
    iam.create_group(GroupName=made)
    return made


@pytest.fixture
def user(iam):
    made = name("user")
    iam.create_user(UserName=made)
    return made


def test_a_group_as_aws_shows_it(iam):
    group = name("group")
    made = iam.create_group(GroupName=group, Path="/teams/")["Group"]
    assert re.fullmatch("AGPA[A-Z2-7]{17}", made["GroupId"])
    assert (made["Arn"], made["Path"]) == (arn(f"group/teams/{group}"), "/teams/")
    got = iam.get_group(GroupName=group)
    assert got["Group"] == made and got["Users"] == [] and got["IsTruncated"] is False
    assert made in iam.list_groups(PathPrefix="/teams/")["Groups"]
    with refused("EntityAlreadyExists", f"Group with name {group.upper()} already exists."):
        iam.create_group(GroupName=group.upper())


def test_in_and_out(iam, group, user):
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)
    assert [u["UserName"] for u in iam.get_group(GroupName=group)["Users"]] == [user]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName=user)["Groups"]] == [group]
    iam.remove_user_from_group(GroupName=group, UserName=user)
    assert iam.list_groups_for_user(UserName=user)["Groups"] == []
    iam.remove_user_from_group(GroupName=group, UserName=user)


def test_nobody_and_nowhere(iam, group, user):
    for call in (iam.add_user_to_group, iam.remove_user_from_group):
        with refused("NoSuchEntity", "The user with name nobody cannot be found."):
            call(GroupName=group, UserName="nobody")
        with refused("NoSuchEntity", "The group with name nowhere cannot be found."):
            call(GroupName="nowhere", UserName=user)
    for call in (iam.get_group, iam.delete_group):
        with refused("NoSuchEntity", "The group with name nowhere cannot be found."):
            call(GroupName="nowhere")
    with refused("NoSuchEntity"):
        iam.update_group(GroupName="nowhere", NewGroupName="somewhere")


def test_ten_groups_a_user(iam, user):
    groups = [name("group") for _ in range(11)]
    for g in groups:
        iam.create_group(GroupName=g)
    for g in groups[:10]:
        iam.add_user_to_group(GroupName=g, UserName=user)
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"):
        iam.add_user_to_group(GroupName=groups[10], UserName=user)
    iam.add_user_to_group(GroupName=groups[3], UserName=user)
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName=user, PaginationConfig={"PageSize": 4})
    assert sorted(pages.search("Groups[].GroupName")) == sorted(groups[:10])


def test_a_page_of_members(iam, group):
    users = sorted(name("member") for _ in range(7))
    for u in users:
        iam.create_user(UserName=u)
        iam.add_user_to_group(GroupName=group, UserName=u)
    pages = list(iam.get_paginator("get_group").paginate(GroupName=group, PaginationConfig={"PageSize": 3}))
    assert [len(p["Users"]) for p in pages] == [3, 3, 1]
    assert [u["UserName"] for p in pages for u in p["Users"]] == users


def test_a_new_name(iam, group, user):
    made = iam.get_group(GroupName=group)["Group"]
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.attach_group_policy(GroupName=group, PolicyArn=ADMIN)
    new = name("renamed")
    iam.update_group(GroupName=group, NewGroupName=new, NewPath="/n/")
    got = iam.get_group(GroupName=new)
    assert got["Group"] == {**made, "GroupName": new, "Path": "/n/", "Arn": arn(f"group/n/{new}")}
    assert [u["UserName"] for u in got["Users"]] == [user]
    assert len(iam.list_attached_group_policies(GroupName=new)["AttachedPolicies"]) == 1
    iam.create_group(GroupName=group)
    with refused("EntityAlreadyExists", f"Group with name {group} already exists."):
        iam.update_group(GroupName=new, NewGroupName=group)


def test_what_hangs_on_a_group_goes_first(iam, group, user):
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=allow("s3:*"))
    iam.attach_group_policy(GroupName=group, PolicyArn=ADMIN)
    for first, undo in (
            ("remove users from group", lambda: iam.remove_user_from_group(GroupName=group, UserName=user)),
            ("delete policies", lambda: iam.delete_group_policy(GroupName=group, PolicyName="p")),
            ("detach all policies", lambda: iam.detach_group_policy(GroupName=group, PolicyArn=ADMIN))):
        with refused("DeleteConflict", f"Cannot delete entity, must {first} first."):
            iam.delete_group(GroupName=group)
        undo()
    iam.delete_group(GroupName=group)
    with refused("NoSuchEntity"):
        iam.get_group(GroupName=group)


def test_300_groups_an_account(start_server):
    iam = start_server().client("iam")
    for i in range(300):
        iam.create_group(GroupName=f"g{i:03}")
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerAccount: 300"):
        iam.create_group(GroupName="one-more")
    assert len(list(iam.get_paginator("list_groups").paginate().search("Groups[]"))) == 300
    iam.delete_group(GroupName="g000")
    iam.create_group(GroupName="one-more")


@pytest.mark.parametrize("bad", ["", "a" * 129, "with space", "sla/sh"])
def test_names_that_cannot_be(server, bad):
    with refused("ValidationError"):
        server.client("iam", parameter_validation=False).create_group(GroupName=bad)
