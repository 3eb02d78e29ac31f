"""The account: its alias, its password policy, its summary; what it is born with."""
import pytest

from aerostat import OTHER_KEY, Key
from identities import ACCOUNT, allow, name, refused, trust


@pytest.fixture
def other(server):
    return server.client("iam", key=OTHER_KEY)


# --- alias

def test_the_alias(iam, other):
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="ml-team-1")
    iam.create_account_alias(AccountAlias="ml-team-1")
    assert iam.list_account_aliases()["AccountAliases"] == ["ml-team-1"]
    with refused("EntityAlreadyExists", "The account alias ml-team-1 already exists."):
        other.create_account_alias(AccountAlias="ml-team-1")
    iam.create_account_alias(AccountAlias="ml-team-2")  # there is one, and a new one replaces it
    assert iam.list_account_aliases()["AccountAliases"] == ["ml-team-2"]
    other.create_account_alias(AccountAlias="ml-team-1")
    with refused("NoSuchEntity", "The account alias ml-team-1 cannot be found."):
        iam.delete_account_alias(AccountAlias="ml-team-1")
    iam.delete_account_alias(AccountAlias="ml-team-2")
    other.delete_account_alias(AccountAlias="ml-team-1")
    assert iam.list_account_aliases()["AccountAliases"] == other.list_account_aliases()["AccountAliases"] == []


@pytest.mark.parametrize("bad", ["ab", "a" * 64, "Upper", "under_score", "-begins", "ends-", "two--dashes", "dot.ted",
                                 "123456789012"])
def test_aliases_that_cannot_be(server, bad):
    with refused("ValidationError"):
        server.client("iam", parameter_validation=False).create_account_alias(AccountAlias=bad)


# --- password policy

DEFAULTS = {"MinimumPasswordLength": 6, "RequireSymbols": False, "RequireNumbers": False,
            "RequireUppercaseCharacters": False, "RequireLowercaseCharacters": False,
            "AllowUsersToChangePassword": False, "ExpirePasswords": False}


def test_the_password_policy(iam, other):
    missing = f"The Password Policy with domain name {ACCOUNT} cannot be found."
    for call in (iam.get_account_password_policy, iam.delete_account_password_policy):
        with refused("NoSuchEntity", missing):
            call()
    iam.update_account_password_policy()
    assert iam.get_account_password_policy()["PasswordPolicy"] == DEFAULTS
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90,
                                       PasswordReusePrevention=5, HardExpiry=True, AllowUsersToChangePassword=True)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        **DEFAULTS, "MinimumPasswordLength": 14, "RequireSymbols": True, "MaxPasswordAge": 90, "ExpirePasswords": True,
        "PasswordReusePrevention": 5, "HardExpiry": True, "AllowUsersToChangePassword": True}
    iam.update_account_password_policy(RequireNumbers=True)  # what is left out goes back to its default
    assert iam.get_account_password_policy()["PasswordPolicy"] == {**DEFAULTS, "RequireNumbers": True}
    with refused("NoSuchEntity"):
        other.get_account_password_policy()
    iam.delete_account_password_policy()
    with refused("NoSuchEntity", missing):
        iam.get_account_password_policy()


@pytest.mark.parametrize("how", [{"MinimumPasswordLength": 5}, {"MinimumPasswordLength": 129}, {"MaxPasswordAge": 0},
                                 {"MaxPasswordAge": 1096}, {"PasswordReusePrevention": 25}])
def test_password_policies_that_cannot_be(server, how):
    with refused("ValidationError"):
        server.client("iam", parameter_validation=False).update_account_password_policy(**how)


# --- summary

def test_the_summary(start_server):
    s = start_server()
    iam = s.client("iam")
    before = iam.get_account_summary()["SummaryMap"]
    assert (before["Users"], before["Roles"], before["AccountAccessKeysPresent"]) == (1, 1, 1)
    user = name("user")
    iam.create_user(UserName=user)
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.create_instance_profile(InstanceProfileName="p")
    p = iam.create_policy(PolicyName="p", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=p, PolicyDocument=allow("s3:*"))
    s.client("iam", key=OTHER_KEY).create_user(UserName="not-counted")
    after = iam.get_account_summary()["SummaryMap"]
    changed = {k: after[k] - before[k] for k in after if after[k] != before[k]}
    assert changed == {"Users": 1, "Groups": 1, "Roles": 1, "InstanceProfiles": 1, "Policies": 1,
                       "PolicyVersionsInUse": 2}
    quotas = {"UsersQuota": 5000, "GroupsQuota": 300, "RolesQuota": 1000, "PoliciesQuota": 1500,
              "VersionsPerPolicyQuota": 5, "AccessKeysPerUserQuota": 2, "UserPolicySizeQuota": 2048,
              "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240, "PolicySizeQuota": 6144,
              "AssumeRolePolicySizeQuota": 2048, "GroupsPerUserQuota": 10, "AttachedPoliciesPerRoleQuota": 10}
    assert {k: after[k] for k in quotas} == quotas


# --- birth

ROLE_POLICIES = ["arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]


def attached(iam):
    return [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName="SageMakerRole")["AttachedPolicies"]]


def test_every_account_is_born_with_the_training_role(start_server):
    s = start_server(bootstrap={"accounts": [{"id": OTHER_KEY.account, "access_key": OTHER_KEY.access,
                                              "secret": OTHER_KEY.secret}],
                                "users": [{"account": "333333333333", "name": "u", "access_key": "A" * 20,
                                           "secret": "s",
                                           "policies": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]}]})
    for key in (OTHER_KEY, Key("A" * 20, "s", "333333333333")):
        iam = s.client("iam", key=key)
        role = iam.get_role(RoleName="SageMakerRole")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{key.account}:role/SageMakerRole"
        assert role["AssumeRolePolicyDocument"]["Statement"] == [{
            "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]
        assert attached(iam) == ROLE_POLICIES


def test_what_was_deleted_does_not_come_back(start_server):
    s = start_server()
    iam = s.client("iam")
    for a in ROLE_POLICIES:
        iam.detach_role_policy(RoleName="SageMakerRole", PolicyArn=a)
    s.stop()
    s.start()
    assert attached(s.client("iam")) == []
    s.client("iam").delete_role(RoleName="SageMakerRole")
    s.stop()
    s.start()
    with refused("NoSuchEntity", "The role with name SageMakerRole cannot be found."):
        s.client("iam").get_role(RoleName="SageMakerRole")
