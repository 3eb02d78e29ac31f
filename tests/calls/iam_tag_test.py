"""Tags of users, roles, instance profiles and policies: one set of rules."""
import pytest

from identities import allow, arn, name, refused, someone, tags, trust


class User:
    quota = "TagsPerUser"

    def __init__(self, iam):
        self.who = {"UserName": name("user")}
        iam.create_user(**self.who)
        self.tag, self.untag, self.list = iam.tag_user, iam.untag_user, iam.list_user_tags
        self.shown = lambda: iam.get_user(**self.who)["User"].get("Tags", [])


class Role:
    quota = "TagsPerRole"

    def __init__(self, iam):
        self.who = {"RoleName": name("role")}
        iam.create_role(**self.who, AssumeRolePolicyDocument=trust())
        self.tag, self.untag, self.list = iam.tag_role, iam.untag_role, iam.list_role_tags
        self.shown = lambda: iam.get_role(**self.who)["Role"].get("Tags", [])


class Profile:
    quota = "TagsPerInstanceProfile"

    def __init__(self, iam):
        self.who = {"InstanceProfileName": name("profile")}
        iam.create_instance_profile(**self.who)
        self.tag, self.untag = iam.tag_instance_profile, iam.untag_instance_profile
        self.list = iam.list_instance_profile_tags
        self.shown = lambda: iam.get_instance_profile(**self.who)["InstanceProfile"].get("Tags", [])


class Policy:
    quota = "TagsPerPolicy"

    def __init__(self, iam):
        made = iam.create_policy(PolicyName=name("policy"), PolicyDocument=allow("s3:*"))
        self.who = {"PolicyArn": made["Policy"]["Arn"]}
        self.tag, self.untag, self.list = iam.tag_policy, iam.untag_policy, iam.list_policy_tags
        self.shown = lambda: iam.get_policy(**self.who)["Policy"].get("Tags", [])


@pytest.fixture(params=[User, Role, Profile, Policy])
def entity(request, server):
    return request.param(server.client("iam", parameter_validation=False))


def listed(e):
    return e.list(**e.who)["Tags"]


def test_put_again_and_take_away(entity):
    e = entity
    assert listed(e) == [] and e.shown() == []
    e.tag(**e.who, Tags=tags(project="ml", owner="me"))
    assert listed(e) == e.shown() == tags(owner="me", project="ml")
    e.tag(**e.who, Tags=tags(owner="you", empty=""))
    assert listed(e) == tags(empty="", owner="you", project="ml")
    e.tag(**e.who, Tags=tags(Owner="they"))
    assert listed(e) == tags(Owner="they", empty="", project="ml")
    e.untag(**e.who, TagKeys=["PROJECT", "never"])
    assert listed(e) == e.shown() == tags(Owner="they", empty="")
    e.untag(**e.who, TagKeys=["owner", "empty"])
    assert listed(e) == e.shown() == []


def test_fifty(entity):
    e = entity
    e.tag(**e.who, Tags=tags(**{f"k{i:02}": "v" for i in range(50)}))
    with refused("LimitExceeded", f"Cannot exceed quota for {e.quota}: 50"):
        e.tag(**e.who, Tags=tags(more="v"))
    e.tag(**e.who, Tags=tags(k00="new"))
    with refused("ValidationError"):
        e.tag(**e.who, Tags=tags(**{f"x{i}": "v" for i in range(51)}))
    got, marker = [], {}
    while True:
        page = e.list(**e.who, MaxItems=20, **marker)
        got += page["Tags"]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert [t["Key"] for t in got] == [f"k{i:02}" for i in range(50)]


def test_pairs_that_cannot_be(entity):
    e = entity
    for bad in (tags(**{"a" * 129: "v"}), tags(k="v" * 257), tags(**{"": "v"}), tags(**{"a*b": "v"})):
        with refused("ValidationError"):
            e.tag(**e.who, Tags=bad)
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."):
        e.tag(**e.who, Tags=tags(a="1", A="2"))
    for key in ("aws:x", "AWS:x"):
        with refused("InvalidInput"):
            e.tag(**e.who, Tags=tags(**{key: "v"}))
    e.tag(**e.who, Tags=tags(**{"ä" * 128: "ß" * 256}))
    assert listed(e) == tags(**{"ä" * 128: "ß" * 256})


def test_a_marker_that_is_not_ours(entity):
    for marker in ("x", "MXg="):
        with refused("ValidationError"):
            entity.list(**entity.who, Marker=marker)


@pytest.mark.parametrize("stem, member", [("user", "UserName"), ("role", "RoleName"),
                                          ("instance_profile", "InstanceProfileName")])
def test_nobody(iam, stem, member):
    for call, more in ((f"tag_{stem}", {"Tags": tags(a="b")}), (f"untag_{stem}", {"TagKeys": ["a"]}),
                       (f"list_{stem}_tags", {})):
        with refused("NoSuchEntity"):
            getattr(iam, call)(**{member: "nobody"}, **more)


def test_no_policy(iam):
    with refused("NoSuchEntity"):
        iam.tag_policy(PolicyArn=arn("policy/none"), Tags=tags(a="b"))
    with refused("InvalidInput"):
        iam.list_policy_tags(PolicyArn=arn("user/alice"))


def test_made_with_bad_tags_is_not_made(iam):
    user = name("user")
    with refused("InvalidInput"):
        iam.create_user(UserName=user, Tags=tags(a="1", A="2"))
    with refused("NoSuchEntity"):
        iam.get_user(UserName=user)


def test_tags_decide(server, iam):
    mine, theirs = name("user"), name("user")
    iam.create_user(UserName=mine, Tags=tags(team="ml"))
    iam.create_user(UserName=theirs, Tags=tags(team="web"))
    who, his = someone(server, iam)
    for key in ("aws:ResourceTag/team", "iam:ResourceTag/team"):
        iam.put_user_policy(UserName=who, PolicyName="tagged", PolicyDocument=allow(
            "iam:GetUser", Condition={"StringEquals": {key: "ml"}}))
        his.get_user(UserName=mine)
        with refused("AccessDenied"):
            his.get_user(UserName=theirs)


def test_who_makes_with_tags_tags(server, iam):
    who, his = someone(server, iam)
    iam.put_user_policy(UserName=who, PolicyName="make", PolicyDocument=allow("iam:CreateUser"))
    his.create_user(UserName=name("user"))
    with refused("AccessDenied", "iam:TagUser"):
        his.create_user(UserName=name("user"), Tags=tags(a="b"))
    iam.put_user_policy(UserName=who, PolicyName="make", PolicyDocument=allow(
        "iam:CreateUser", "iam:TagUser", Condition={"StringEquals": {"aws:RequestTag/team": "ml"}}))
    his.create_user(UserName=name("user"), Tags=tags(team="ml"))
    with refused("AccessDenied"):
        his.create_user(UserName=name("user"), Tags=tags(team="web"))


def test_boundaries_and_policies_decide(server, iam):
    who, his = someone(server, iam)
    bound = iam.create_policy(PolicyName=name("policy"), PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    read = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.put_user_policy(UserName=who, PolicyName="bounded", PolicyDocument=allow(
        "iam:CreateUser", "iam:DeleteUserPolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": bound}}))
    user = name("user")
    with refused("AccessDenied"):
        his.create_user(UserName=user)
    with refused("AccessDenied"):
        his.create_user(UserName=user, PermissionsBoundary=read)
    his.create_user(UserName=user, PermissionsBoundary=bound)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=allow("s3:*"))
    his.delete_user_policy(UserName=user, PolicyName="p")
    iam.put_user_policy(UserName=who, PolicyName="bounded", PolicyDocument=allow(
        "iam:*", Condition={"StringEquals": {"iam:PermissionsBoundary": bound}}))
    for other in (his.create_access_key, his.delete_user, his.get_user):  # AWS gives them no such key
        with refused("AccessDenied"):
            other(UserName=user)
    iam.put_user_policy(UserName=who, PolicyName="bounded", PolicyDocument=allow(
        "iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": read}}))
    his.attach_user_policy(UserName=user, PolicyArn=read)
    with refused("AccessDenied"):
        his.attach_user_policy(UserName=user, PolicyArn=bound)


@pytest.mark.parametrize("key", ["iam:PolicyARN", "iam:PermissionsBoundary", "iam:AWSServiceName", "iam:ResourceTag/x"])
def test_keys_that_an_operation_does_not_have(server, iam, key):
    """Also of operations that have no input at all, and that are about nobody."""
    who, his = someone(server, iam)
    iam.put_user_policy(UserName=who, PolicyName="keyed", PolicyDocument=allow(
        "iam:*", Condition={"Null": {key: "true"}}))
    assert his.get_account_summary()["SummaryMap"]
    assert his.list_users()["Users"]
    assert his.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    iam.put_user_policy(UserName=who, PolicyName="keyed", PolicyDocument=allow(
        "iam:*", Condition={"Null": {key: "false"}}))
    for call in (his.get_account_summary, his.list_users, his.get_user):
        with refused("AccessDenied"):
            call()
