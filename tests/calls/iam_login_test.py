"""Login profiles: kept, though there is no console to log in to."""
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from aerostat import Key
from identities import ACCOUNT, ADMIN, allow, name, refused

GOOD = "Correct-Horse-7"


@pytest.fixture
def user(iam):
    n = name("user")
    iam.create_user(UserName=n)
    return n


@pytest.fixture
def policy(iam):
    """Sets a password policy for a test."""
    yield lambda **how: iam.update_account_password_policy(**how)
    try:
        iam.delete_account_password_policy()
    except ClientError:
        pass


def his(server, iam, user, *actions):
    if actions:
        iam.put_user_policy(UserName=user, PolicyName="may", PolicyDocument=allow(*actions))
    k = iam.create_access_key(UserName=user)["AccessKey"]
    return server.client("iam", key=Key(k["AccessKeyId"], k["SecretAccessKey"], ACCOUNT))


def test_made_shown_changed_deleted(iam, user):
    gone = f"Login Profile for User {user} cannot be found."
    for call in (iam.get_login_profile, iam.update_login_profile, iam.delete_login_profile):
        with refused("NoSuchEntity", gone):
            call(UserName=user)
    made = iam.create_login_profile(UserName=user, Password=GOOD)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == (user, False)
    assert iam.get_login_profile(UserName=user)["LoginProfile"] == made
    with refused("EntityAlreadyExists", f"Login Profile for user {user} already exists."):
        iam.create_login_profile(UserName=user, Password=GOOD)
    iam.update_login_profile(UserName=user, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=user)["LoginProfile"] == {**made, "PasswordResetRequired": True}
    iam.update_login_profile(UserName=user, Password=GOOD + "x")
    with refused("DeleteConflict"):
        iam.delete_user(UserName=user)
    iam.delete_login_profile(UserName=user)
    with refused("NoSuchEntity", gone):
        iam.get_login_profile(UserName=user)
    iam.delete_user(UserName=user)
    with refused("NoSuchEntity", f"The user with name {user} cannot be found."):
        iam.create_login_profile(UserName=user, Password=GOOD)


def test_a_password_is_needed(iam, user):
    with refused("ValidationError"):
        iam.create_login_profile(UserName=user)


def test_one_wins(iam, user):
    def attempt(_):
        try:
            iam.create_login_profile(UserName=user, Password=GOOD)
        except ClientError as e:
            return e.response["Error"]["Code"]
        return "made"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == ["EntityAlreadyExists"] * 7 + ["made"]


def test_the_password_is_nowhere_in_the_clear(server, iam, user):
    password = "Not-To-Be-Found-1"
    iam.create_login_profile(UserName=user, Password=password)
    for folder, _, files in os.walk(server.data):
        for f in (f for f in files if f != "control.sock"):
            with open(os.path.join(folder, f), "rb") as body:
                assert password.encode() not in body.read(), f
    assert password not in server.log_text()


@pytest.mark.parametrize("bad", ["Short-1", "onlyletters", "ALL-CAPITALS", "letters only too"])
def test_aws_s_default_policy(iam, user, bad):
    with refused("PasswordPolicyViolation"):
        iam.create_login_profile(UserName=user, Password=bad)


@pytest.mark.parametrize("rule, bad, sentence", [
    ({"MinimumPasswordLength": 14}, GOOD[:13], "minimum length of 14"),
    ({"RequireSymbols": True}, "NoSymbols123", "at least one symbol"),
    ({"RequireNumbers": True}, "No-Numbers", "at least one number"),
    ({"RequireUppercaseCharacters": True}, "no-capitals-1", "at least one uppercase letter"),
    ({"RequireLowercaseCharacters": True}, "NO-SMALL-ONES-1", "at least one lowercase letter"),
    ({"MinimumPasswordLength": 8}, "öäüöäüö", "minimum length of 8"),
])
def test_the_account_s_policy(iam, user, policy, rule, bad, sentence):
    policy(**rule)
    with refused("PasswordPolicyViolation", sentence):
        iam.create_login_profile(UserName=user, Password=bad)
    iam.create_login_profile(UserName=user, Password=GOOD)
    with refused("PasswordPolicyViolation", sentence):
        iam.update_login_profile(UserName=user, Password=bad)


def test_no_password_twice(iam, user, policy):
    policy(PasswordReusePrevention=2)
    iam.create_login_profile(UserName=user, Password=GOOD)
    with refused("PasswordPolicyViolation", "cannot be reused"):
        iam.update_login_profile(UserName=user, Password=GOOD)
    iam.update_login_profile(UserName=user, Password=GOOD + "1")
    with refused("PasswordPolicyViolation", "cannot be reused"):
        iam.update_login_profile(UserName=user, Password=GOOD)
    iam.update_login_profile(UserName=user, Password=GOOD + "2")
    iam.update_login_profile(UserName=user, Password=GOOD)


# --- one's own

def test_change_password(server, iam, user):
    me = his(server, iam, user, "iam:ChangePassword", "iam:GetLoginProfile")
    with refused("NoSuchEntity", f"Login Profile for User {user} cannot be found."):
        me.change_password(OldPassword="x", NewPassword=GOOD)
    iam.create_login_profile(UserName=user, Password=GOOD, PasswordResetRequired=True)
    with refused("AccessDenied", "The old password was incorrect."):
        me.change_password(OldPassword=GOOD + "x", NewPassword=GOOD + "1")
    with refused("PasswordPolicyViolation"):
        me.change_password(OldPassword=GOOD, NewPassword="short")
    me.change_password(OldPassword=GOOD, NewPassword=GOOD + "1")
    assert me.get_login_profile()["LoginProfile"]["PasswordResetRequired"] is False
    with refused("AccessDenied", "The old password was incorrect."):
        me.change_password(OldPassword=GOOD, NewPassword=GOOD + "2")
    me.change_password(OldPassword=GOOD + "1", NewPassword=GOOD + "2")


def test_change_password_wants_the_right(server, iam, user):
    iam.create_login_profile(UserName=user, Password=GOOD)
    with refused("AccessDenied", "iam:ChangePassword"):
        his(server, iam, user).change_password(OldPassword=GOOD, NewPassword=GOOD + "1")


def test_root_has_no_profile(iam):
    with refused("InvalidUserType"):
        iam.change_password(OldPassword=GOOD, NewPassword=GOOD + "1")
    with refused("ValidationError"):
        iam.get_login_profile()


def test_one_change_at_a_time(server, iam, user):
    me = his(server, iam, user, "iam:ChangePassword")
    iam.create_login_profile(UserName=user, Password=GOOD)

    def change(i):
        try:
            me.change_password(OldPassword=GOOD, NewPassword=f"{GOOD}{i}")
        except ClientError as e:
            return e.response["Error"]["Code"]
        return "changed"

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(change, range(4)))
    assert results.count("changed") == 1
    assert set(results) <= {"changed", "EntityTemporarilyUnmodifiable", "AccessDenied"}
    me.change_password(OldPassword=f"{GOOD}{results.index('changed')}", NewPassword=GOOD)


def test_administrators(server, iam, user):
    iam.attach_user_policy(UserName=user, PolicyArn=ADMIN)
    me = his(server, iam, user)
    assert me.create_login_profile(Password=GOOD)["LoginProfile"]["UserName"] == user
    me.delete_login_profile()
