"""Access keys: made, switched off, deleted, last used; what they may do from the next call on."""
import datetime
import os
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from aerostat import ALICE_KEY, OTHER_KEY, ROOT_KEY, Key
from identities import ACCOUNT, ADMIN, allow, name, refused, trust


def user_with_key(iam, policy=ADMIN):
    user = name("user")
    iam.create_user(UserName=user)
    if policy:
        iam.attach_user_policy(UserName=user, PolicyArn=policy)
    return user, key_of(iam, UserName=user)


def key_of(iam, **who):
    k = iam.create_access_key(**who)["AccessKey"]
    return Key(k["AccessKeyId"], k["SecretAccessKey"], ACCOUNT)


def test_a_key_as_aws_shows_it(server, iam):
    user = name("user")
    iam.create_user(UserName=user)
    k = iam.create_access_key(UserName=user)["AccessKey"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", k["AccessKeyId"])
    assert re.fullmatch("[A-Za-z0-9+/]{40}", k["SecretAccessKey"])
    assert (k["UserName"], k["Status"]) == (user, "Active")
    assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == [
        {m: k[m] for m in ("UserName", "AccessKeyId", "Status", "CreateDate")}]
    who = server.client("sts", key=Key(k["AccessKeyId"], k["SecretAccessKey"], "")).get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{user}" and who["Account"] == ACCOUNT
    assert server.client("sts").get_access_key_info(AccessKeyId=k["AccessKeyId"])["Account"] == ACCOUNT


def test_the_secret_is_nowhere_in_the_clear(server, iam):
    _, key = user_with_key(iam)
    server.client("iam", key=key).list_users()
    for folder, _, files in os.walk(server.data):
        for f in (f for f in files if f != "control.sock"):
            with open(os.path.join(folder, f), "rb") as body:
                assert key.secret.encode() not in body.read(), f
    assert key.secret not in server.log_text()


def test_two_and_no_more(iam):
    user, _ = user_with_key(iam)
    key_of(iam, UserName=user)
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName=user)
    assert len(iam.list_access_keys(UserName=user)["AccessKeyMetadata"]) == 2


def test_two_and_no_more_for_many_at_once(iam):
    user = name("user")
    iam.create_user(UserName=user)

    def attempt(_):
        try:
            return iam.create_access_key(UserName=user)["AccessKey"]["Status"]
        except ClientError as e:
            return e.response["Error"]["Code"]

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(attempt, range(16))) == ["Active"] * 2 + ["LimitExceeded"] * 14


def test_switched_off_and_on(server, iam):
    user, key = user_with_key(iam)
    his = server.client("iam", key=key)
    for _ in range(5):
        his.list_users()
        iam.update_access_key(UserName=user, AccessKeyId=key.access, Status="Inactive")
        assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"][0]["Status"] == "Inactive"
        with refused("InvalidClientTokenId"):
            his.list_users()
        with refused("InvalidAccessKeyId"):
            server.client("s3", key=key).list_buckets()
        iam.update_access_key(UserName=user, AccessKeyId=key.access, Status="Active")


def test_deleted(server, iam):
    user, key = user_with_key(iam)
    his = server.client("iam", key=key)
    his.list_users()
    iam.delete_access_key(UserName=user, AccessKeyId=key.access)
    with refused("InvalidClientTokenId"):
        his.list_users()
    for call in (lambda: iam.delete_access_key(UserName=user, AccessKeyId=key.access),
                 lambda: iam.update_access_key(UserName=user, AccessKeyId=key.access, Status="Active"),
                 lambda: iam.get_access_key_last_used(AccessKeyId=key.access)):
        with refused("NoSuchEntity", f"The Access Key with id {key.access} cannot be found."):
            call()
    assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == []


def test_revoked_under_load(server, iam):
    """Calls that began after the answer to the revocation are refused, each and every one."""
    user, key = user_with_key(iam)
    clients = [server.client("iam", key=key) for _ in range(4)]

    def works(c):
        try:
            c.list_users()
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            assert all(pool.map(works, clients))
            iam.update_access_key(UserName=user, AccessKeyId=key.access, Status="Inactive")
            assert not any(pool.map(works, clients * 3))
            iam.update_access_key(UserName=user, AccessKeyId=key.access, Status="Active")


def test_a_key_is_its_user_s_alone(iam):
    (one, key), (two, _) = user_with_key(iam), user_with_key(iam)
    with refused("NoSuchEntity", f"The Access Key with id {key.access} cannot be found."):
        iam.delete_access_key(UserName=two, AccessKeyId=key.access)
    with refused("NoSuchEntity"):
        iam.update_access_key(AccessKeyId=key.access, Status="Inactive")  # root's own are meant
    assert iam.list_access_keys(UserName=one)["AccessKeyMetadata"][0]["Status"] == "Active"
    with refused("NoSuchEntity", "The user with name no-such cannot be found."):
        iam.create_access_key(UserName="no-such")


def test_one_s_own(server, iam):
    user, key = user_with_key(iam, policy=None)
    his = server.client("iam", key=key)
    with refused("AccessDenied"):
        his.create_access_key()
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=allow(
        "iam:*AccessKey*", resource="arn:aws:iam::*:user/${aws:username}"))
    second = his.create_access_key()["AccessKey"]
    assert second["UserName"] == user
    listed = {k["AccessKeyId"] for k in his.list_access_keys()["AccessKeyMetadata"]}
    assert listed == {key.access, second["AccessKeyId"]}
    his.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    his.delete_access_key(AccessKeyId=second["AccessKeyId"])
    assert his.get_access_key_last_used(AccessKeyId=key.access)["UserName"] == user
    with refused("AccessDenied"):
        his.list_access_keys(UserName="alice")
    with refused("AccessDenied"):
        his.get_access_key_last_used(AccessKeyId=ALICE_KEY.access)


def test_a_role_s_session_has_no_keys(server, iam):
    role = name("role")
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    s = server.client("sts", key=ALICE_KEY).assume_role(RoleArn=made["Arn"], RoleSessionName="session")["Credentials"]
    there = server.client("iam", key=Key(s["AccessKeyId"], s["SecretAccessKey"], ""), token=s["SessionToken"])
    for call in (there.create_access_key, there.list_access_keys):
        with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
            call()


def test_root_s_own(start_server):
    s = start_server()
    iam = s.client("iam")
    assert [k["AccessKeyId"] for k in iam.list_access_keys()["AccessKeyMetadata"]] == [ROOT_KEY.access]
    second = key_of(iam)
    assert s.client("sts", key=second).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key()
    assert iam.get_access_key_last_used(AccessKeyId=second.access)["AccessKeyLastUsed"]["ServiceName"] == "sts"
    iam.update_access_key(AccessKeyId=second.access, Status="Inactive")
    with refused("InvalidClientTokenId"):
        s.client("sts", key=second).get_caller_identity()
    iam.delete_access_key(AccessKeyId=second.access)
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 1


def test_pages(iam):
    user, key = user_with_key(iam)
    keys = sorted([key.access, key_of(iam, UserName=user).access])
    first = iam.list_access_keys(UserName=user, MaxItems=1)
    assert first["IsTruncated"] and [k["AccessKeyId"] for k in first["AccessKeyMetadata"]] == keys[:1]
    rest = iam.list_access_keys(UserName=user, MaxItems=1, Marker=first["Marker"])
    assert not rest["IsTruncated"] and [k["AccessKeyId"] for k in rest["AccessKeyMetadata"]] == keys[1:]


def test_last_used(server, iam):
    user, key = user_with_key(iam)
    unused = iam.get_access_key_last_used(AccessKeyId=key.access)
    assert unused["UserName"] == user
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    server.client("s3", key=key, region="eu-west-1").list_buckets()
    used = iam.get_access_key_last_used(AccessKeyId=key.access)["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("s3", "eu-west-1")
    assert abs(used["LastUsedDate"] - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=5)
    server.client("iam", key=key).list_users()
    assert iam.get_access_key_last_used(AccessKeyId=key.access)["AccessKeyLastUsed"]["ServiceName"] == "iam"


def test_another_account_s_keys(server, iam):
    with refused("NoSuchEntity"):
        iam.get_access_key_last_used(AccessKeyId=OTHER_KEY.access)


def test_keys_and_their_use_outlive_a_restart(start_server):
    s = start_server()
    iam = s.client("iam")
    user, key = user_with_key(iam)
    off = key_of(iam, UserName=user)
    iam.update_access_key(UserName=user, AccessKeyId=off.access, Status="Inactive")
    s.client("s3", key=key).list_buckets()
    s.stop()
    s.start()
    s.client("sts", key=key).get_caller_identity()
    assert s.client("iam").get_access_key_last_used(AccessKeyId=key.access)["AccessKeyLastUsed"]["ServiceName"] in (
        "s3", "sts")
    with refused("InvalidClientTokenId"):
        s.client("sts", key=off).get_caller_identity()


def test_a_secret_that_was_changed_on_disk_is_no_key(start_server):
    s = start_server()
    user, key = user_with_key(s.client("iam"))
    s.stop()
    db = sqlite3.connect(os.path.join(s.data, "aerostat.db"))
    (sealed,) = db.execute("SELECT secret FROM access_key WHERE id = ?", (key.access,)).fetchone()
    db.execute("UPDATE access_key SET secret = ? WHERE id = ?", (sealed[:-1] + bytes([sealed[-1] ^ 1]), key.access))
    db.commit()
    db.close()
    s.start()
    with pytest.raises(ClientError) as e:
        s.client("sts", key=key).get_caller_identity()
    assert 400 <= e.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    assert s.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]


@pytest.mark.parametrize("how", [{"AccessKeyId": "short"}, {"AccessKeyId": "with-dashes-in-it-1"}, {"Status": "Off"},
                                 {"Status": "Expired"}, {"UserName": "a b"}])
def test_what_cannot_be(server, how):
    iam = server.client("iam", parameter_validation=False)
    with refused("ValidationError"):
        iam.update_access_key(**{"UserName": "alice", "AccessKeyId": ALICE_KEY.access, "Status": "Active", **how})
