"""Users: made, found, renamed, listed, deleted."""
import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from aerostat import ALICE_KEY, OTHER_KEY, Key
from identities import ACCOUNT, ADMIN, allow, arn, name, refused, someone, tags, trust


def test_a_user_as_aws_shows_it(iam):
    user = name("user")
    made = iam.create_user(UserName=user, Path="/ml/team/", Tags=tags(project="ml"))["User"]
    assert re.fullmatch("AIDA[A-Z2-7]{17}", made["UserId"])
    assert made["Arn"] == arn(f"user/ml/team/{user}")
    assert (made["UserName"], made["Path"], made["Tags"]) == (user, "/ml/team/", tags(project="ml"))
    assert abs(made["CreateDate"] - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=5)
    assert iam.get_user(UserName=user)["User"] == made
    assert iam.get_user(UserName=user.upper())["User"] == made
    plain = iam.create_user(UserName=name("user"))["User"]
    assert plain["Path"] == "/" and "Tags" not in plain and "PermissionsBoundary" not in plain


def test_dates_are_whole_seconds(server, iam):
    user = name("user")
    iam.create_user(UserName=user)
    reply = server.request("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"},
                           f"Action=GetUser&Version=2010-05-08&UserName={user}".encode(), service="iam")
    assert re.search(rb"<CreateDate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</CreateDate>", reply.body), reply


def test_who_asks_is_shown_himself(server, iam):
    root = iam.get_user()["User"]
    assert (root["UserId"], root["Arn"]) == (ACCOUNT, arn("root"))
    assert "UserName" not in root and root["CreateDate"]
    user, his = someone(server, iam)
    with refused("AccessDenied", f"iam:GetUser on resource: {arn('user/' + user)}"):
        his.get_user()
    iam.put_user_policy(UserName=user, PolicyName="self", PolicyDocument=allow("iam:GetUser"))
    assert his.get_user()["User"] == iam.get_user(UserName=user)["User"]


def test_a_session_of_a_role_has_no_user(server, iam):
    role = name("role")
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": arn("user/alice")}))["Role"]
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=allow("iam:*"))
    sts = server.client("sts", key=ALICE_KEY)
    keys = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="session")["Credentials"]
    key = Key(keys["AccessKeyId"], keys["SecretAccessKey"], ACCOUNT)
    there = server.client("iam", key=key, token=keys["SessionToken"])
    with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
        there.get_user()
    assert there.get_user(UserName="alice")["User"]["UserName"] == "alice"
    with refused("ValidationError"):
        there.list_service_specific_credentials()
    assert there.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"] == []


@pytest.mark.parametrize("bad", ["", "a" * 65, "with space", "sla/sh", "ümlaut", "col:on", "new\nline"])
def test_names_that_cannot_be(server, bad):
    with refused("ValidationError"):
        server.client("iam", parameter_validation=False).create_user(UserName=bad)


@pytest.mark.parametrize("good", ["a", "a" * 64, "a_+=,.@-Z9"])
def test_names_that_can(iam, good):
    assert iam.create_user(UserName=good)["User"]["UserName"] == good
    iam.delete_user(UserName=good)


@pytest.mark.parametrize("bad", ["x", "/x", "x/", "/" + "a" * 511 + "/", "/a b/"])
def test_paths_that_cannot_be(iam, bad):
    with refused("ValidationError", "'path'"):
        iam.create_user(UserName=name(), Path=bad)


def test_one_name_one_user_whatever_the_letters(iam):
    user = name("User")
    iam.create_user(UserName=user)
    with refused("EntityAlreadyExists", f"User with name {user} already exists."):
        iam.create_user(UserName=user)
    with refused("EntityAlreadyExists", f"User with name {user.upper()} already exists."):
        iam.create_user(UserName=user.upper())
    iam.create_group(GroupName=user)


def test_of_32_clients_one_wins(server):
    user = name("raced")

    def make(_):
        try:
            return server.client("iam").create_user(UserName=user)["User"]["UserId"]
        except ClientError as e:
            return e.response["Error"]["Code"]

    server.client("iam")
    with ThreadPoolExecutor(32) as pool:
        got = list(pool.map(make, range(32)))
    assert got.count("EntityAlreadyExists") == 31
    assert [g for g in got if g.startswith("AIDA")] == [server.client("iam").get_user(UserName=user)["User"]["UserId"]]


def test_a_new_name_keeps_id_and_policies(iam):
    old, new, group = name("old"), name("new"), name("group")
    made = iam.create_user(UserName=old, Tags=tags(a="b"))["User"]
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=old)
    iam.attach_user_policy(UserName=old, PolicyArn=ADMIN)
    iam.put_user_policy(UserName=old, PolicyName="p", PolicyDocument=allow("s3:*"))
    key = iam.create_access_key(UserName=old)["AccessKey"]["AccessKeyId"]
    iam.update_user(UserName=old, NewUserName=new, NewPath="/moved/")
    got = iam.get_user(UserName=new)["User"]
    assert got == {**made, "UserName": new, "Path": "/moved/", "Arn": arn(f"user/moved/{new}")}
    assert [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=new)["AttachedPolicies"]] == [ADMIN]
    assert iam.list_user_policies(UserName=new)["PolicyNames"] == ["p"]
    assert [k["AccessKeyId"] for k in iam.list_access_keys(UserName=new)["AccessKeyMetadata"]] == [key]
    assert [u["UserName"] for u in iam.get_group(GroupName=group)["Users"]] == [new]
    with refused("NoSuchEntity", f"The user with name {old} cannot be found."):
        iam.get_user(UserName=old)


def test_a_new_name_in_other_letters_and_none_at_all(iam):
    user = name("user")
    made = iam.create_user(UserName=user)["User"]
    iam.update_user(UserName=user)
    assert iam.get_user(UserName=user)["User"] == made
    iam.update_user(UserName=user, NewUserName=user.upper())
    assert iam.get_user(UserName=user)["User"] == {**made, "UserName": user.upper(), "Arn": arn(f"user/{user.upper()}")}


def test_a_new_name_that_is_taken(iam):
    one, two = name("one"), name("two")
    iam.create_user(UserName=one)
    iam.create_user(UserName=two)
    with refused("EntityAlreadyExists", f"User with name {two} already exists."):
        iam.update_user(UserName=one, NewUserName=two)
    with refused("NoSuchEntity"):
        iam.update_user(UserName=name(), NewUserName=name())


def test_who_renames_must_be_allowed_both_ends(server, iam):
    user = name("mover")
    iam.create_user(UserName=user)
    who, his = someone(server, iam)
    iam.put_user_policy(UserName=who, PolicyName="move",
                        PolicyDocument=allow("iam:UpdateUser", resource=[arn(f"user/{user}"), arn("user/free/*")]))
    with refused("AccessDenied", f"iam:UpdateUser on resource: {arn('user/taken/' + user)}"):
        his.update_user(UserName=user, NewPath="/taken/")
    his.update_user(UserName=user, NewPath="/free/")
    assert iam.get_user(UserName=user)["User"]["Path"] == "/free/"


def test_nobody(iam):
    user = name("nobody")
    sentence = f"The user with name {user} cannot be found."
    for call in (iam.get_user, iam.delete_user, iam.list_groups_for_user, iam.list_mfa_devices,
                 iam.list_ssh_public_keys, iam.list_signing_certificates, iam.list_service_specific_credentials,
                 iam.list_user_tags):
        with refused("NoSuchEntity", sentence):
            call(UserName=user)


def test_what_nobody_can_have_here(iam):
    user = name("user")
    iam.create_user(UserName=user)
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []
    assert iam.list_mfa_devices()["MFADevices"] == []
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName=user)["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"] == []


def test_pages(start_server):
    iam = start_server().client("iam")
    made = [iam.create_user(UserName=f"user{i:02}", Path=f"/p{i % 3}/")["User"] for i in range(25)]
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 10}))
    got = [u["UserName"] for p in pages for u in p["Users"]]
    assert got == ["alice"] + [u["UserName"] for u in made]
    assert [p["IsTruncated"] for p in pages] == [True, True, False] and "Marker" not in pages[2]
    some = iam.get_paginator("list_users").paginate(PathPrefix="/p1/", PaginationConfig={"PageSize": 3})
    assert [u["UserName"] for u in some.search("Users[]")] == [f"user{i:02}" for i in range(25) if i % 3 == 1]
    exact = iam.list_users(MaxItems=26)
    assert len(exact["Users"]) == 26 and exact["IsTruncated"] is False
    assert iam.list_users(PathPrefix="/nowhere/")["Users"] == []
    assert "Tags" not in pages[0]["Users"][0]


@pytest.mark.parametrize("marker", ["x", "AAAA", "////", "MQ==", "a" * 320])
def test_markers_that_are_not_ours(iam, marker):
    with refused("ValidationError"):
        iam.list_users(Marker=marker)


def test_numbers_of_items_that_cannot_be(server):
    for bad in (0, 1001, -1):
        with refused("ValidationError"):
            server.client("iam", parameter_validation=False).list_users(MaxItems=bad)


def hang_key(iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    return lambda: iam.delete_access_key(UserName=user, AccessKeyId=key)


def hang_login(iam, user):
    iam.create_login_profile(UserName=user, Password="Very-Secret-1")
    return lambda: iam.delete_login_profile(UserName=user)


def hang_inline(iam, user):
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("s3:*"))
    return lambda: iam.delete_user_policy(UserName=user, PolicyName="p")


def hang_attached(iam, user):
    iam.attach_user_policy(UserName=user, PolicyArn=ADMIN)
    return lambda: iam.detach_user_policy(UserName=user, PolicyArn=ADMIN)


def hang_group(iam, user):
    group = name("group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    return lambda: iam.remove_user_from_group(GroupName=group, UserName=user)


@pytest.mark.parametrize("hang, first", [
    (hang_key, "delete access keys"), (hang_login, "delete login profile"), (hang_inline, "delete policies"),
    (hang_attached, "detach all policies"), (hang_group, "remove users from group")])
def test_what_hangs_on_a_user_goes_first(iam, hang, first):
    user = name("user")
    iam.create_user(UserName=user)
    undo = hang(iam, user)
    with refused("DeleteConflict", f"Cannot delete entity, must {first} first."):
        iam.delete_user(UserName=user)
    undo()
    iam.delete_user(UserName=user)
    with refused("NoSuchEntity"):
        iam.get_user(UserName=user)
    again = iam.create_user(UserName=user)["User"]
    assert iam.list_attached_user_policies(UserName=user)["AttachedPolicies"] == []
    assert again["UserName"] == user


def test_a_boundary_and_who_counts_it(iam):
    user, policy = name("user"), name("policy")
    bound = iam.create_policy(PolicyName=policy, PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bound}
    assert iam.create_user(UserName=user, PermissionsBoundary=bound)["User"]["PermissionsBoundary"] == shown
    assert iam.get_user(UserName=user)["User"]["PermissionsBoundary"] == shown
    assert iam.get_policy(PolicyArn=bound)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    assert all("PermissionsBoundary" not in u for u in iam.list_users()["Users"])
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=ADMIN)
    assert iam.get_user(UserName=user)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMIN
    iam.delete_user_permissions_boundary(UserName=user)
    assert "PermissionsBoundary" not in iam.get_user(UserName=user)["User"]
    with refused("NoSuchEntity"):
        iam.delete_user_permissions_boundary(UserName=user)


def test_boundaries_that_cannot_be(iam):
    user = name("user")
    iam.create_user(UserName=user)
    for missing in (arn("policy/none"), arn("policy/none", "aws"), arn("policy/x", "999999999999")):
        with refused("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable."):
            iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=missing)
        with refused("NoSuchEntity"):
            iam.create_user(UserName=name(), PermissionsBoundary=missing)
    for bad in (arn(f"user/{user}"), "not-an-arn-but-long-enough"):
        with refused("InvalidInput", f"ARN {bad} is not valid."):
            iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=bad)
    assert "PermissionsBoundary" not in iam.get_user(UserName=user)["User"]


def test_accounts_do_not_see_each_other(server, iam):
    user = name("user")
    iam.create_user(UserName=user)
    other = server.client("iam", key=OTHER_KEY)
    with refused("NoSuchEntity"):
        other.get_user(UserName=user)
    assert other.create_user(UserName=user)["User"]["Arn"] == arn(f"user/{user}", OTHER_KEY.account)
    other.delete_user(UserName=user)
    assert iam.get_user(UserName=user)["User"]["UserName"] == user


def test_users_outlive_the_server(start_server):
    server = start_server()
    made = server.client("iam").create_user(UserName="kept", Path="/p/", Tags=tags(a="ü"))["User"]
    server.stop()
    server.start()
    assert server.client("iam").get_user(UserName="kept")["User"] == made


@pytest.mark.parametrize("action", ["iam:CreateUser", "iam:DeleteUser", "iam:GetUser"])
def test_policies_bind_by_name_and_path(server, iam, action):
    who, his = someone(server, iam)
    iam.put_user_policy(UserName=who, PolicyName="scoped",
                        PolicyDocument=allow(action, resource=arn("user/scoped/*")))
    user = name("user")
    if action == "iam:CreateUser":
        his.create_user(UserName=user, Path="/scoped/")
        with refused("AccessDenied", f"{action} on resource: {arn('user/' + user + 'x')}"):
            his.create_user(UserName=user + "x")
    else:
        call = his.get_user if action == "iam:GetUser" else his.delete_user
        iam.create_user(UserName=user, Path="/scoped/")
        with refused("AccessDenied", f"{action} on resource: user bob because"):
            call(UserName="bob")
        call(UserName=user)


def test_lists_are_about_a_path(server, iam):
    who, his = someone(server, iam)
    iam.put_user_policy(UserName=who, PolicyName="list",
                        PolicyDocument=allow("iam:ListUsers", resource=arn("user/team/*")))
    assert his.list_users(PathPrefix="/team/")["Users"] == []
    with refused("AccessDenied", f"iam:ListUsers on resource: {arn('user/')}"):
        his.list_users()
    for call, noun in ((his.list_roles, "role"), (his.list_groups, "group"),
                       (his.list_instance_profiles, "instance-profile")):
        with refused("AccessDenied", f"on resource: {arn(noun + '/')}"):
            call()
