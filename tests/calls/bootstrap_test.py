"""--bootstrap, --accept-test-keys, and what an account may do in another's."""
import copy
import json
import re
import sqlite3
import subprocess

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT, AEROSTATD, ALICE_KEY, BOOTSTRAP, OTHER_KEY, ROOT, ROOT_KEY, Key
from identities import allow, refused, trust

with open(f"{ROOT}/docs/bootstrap.md", encoding="utf-8") as f:
    EXAMPLE = json.loads(re.search("```json\n(.*?)```", f.read(), re.S)[1])


def test_accounts_users_and_buckets(start_server):
    s = start_server(bootstrap={**BOOTSTRAP, "buckets": [{"name": "ready-made", "account": OTHER_KEY.account,
                                                          "region": "eu-west-1"}]})
    assert s.client("sts", OTHER_KEY).get_caller_identity()["Arn"] == f"arn:aws:iam::{OTHER_KEY.account}:root"
    who = s.client("sts", ALICE_KEY).get_caller_identity()
    assert who["Arn"] == "arn:aws:iam::123456789012:user/alice" and who["UserId"].startswith("AIDA")
    listed = s.client("s3", OTHER_KEY).list_buckets()
    assert [b["Name"] for b in listed["Buckets"]] == ["ready-made"]
    assert listed["Owner"]["ID"] == OTHER_KEY.canonical
    assert s.client("s3", OTHER_KEY).get_bucket_location(Bucket="ready-made")["LocationConstraint"] == "eu-west-1"


def test_the_key_of_the_file_is_the_account_s_only_one(tmp_path):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(BOOTSTRAP))
    data = str(tmp_path / "data")
    up = [AEROSTAT, "up", "--port", "0", "--bootstrap", path, "--data", data]
    subprocess.run(up, check=True, capture_output=True)
    try:
        env = subprocess.run([AEROSTAT, "env", "--json", "--data", data], check=True, capture_output=True).stdout
        assert json.loads(env)["AWS_ACCESS_KEY_ID"] == ROOT_KEY.access
    finally:
        subprocess.run([AEROSTAT, "down", "--data", data], check=True, capture_output=True)


def test_no_rights_in_anothers_account(start_server):
    s = start_server()
    mine, theirs = s.client("s3", ROOT_KEY), s.client("s3", OTHER_KEY)
    mine.create_bucket(Bucket="mine")
    mine.put_object(Bucket="mine", Key="k", Body=b"x")
    for call in (lambda: theirs.list_objects_v2(Bucket="mine"), lambda: theirs.get_object(Bucket="mine", Key="k"),
                 lambda: theirs.put_object(Bucket="mine", Key="k", Body=b"y"),
                 lambda: theirs.delete_object(Bucket="mine", Key="k"), lambda: theirs.delete_bucket(Bucket="mine"),
                 lambda: s.client("s3", None).get_object(Bucket="mine", Key="k")):
        with pytest.raises(ClientError) as e:
            call()
        assert e.value.response["Error"]["Code"] == "AccessDenied"
        assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    s.client("s3", ALICE_KEY).put_object(Bucket="mine", Key="alice", Body=b"z")
    assert mine.get_object(Bucket="mine", Key="k")["Body"].read() == b"x"


def test_starting_again_with_the_same_file(start_server):
    s = start_server(bootstrap={**BOOTSTRAP, "buckets": [{"name": "b-1"}]})
    s.client("s3").put_object(Bucket="b-1", Key="k", Body=b"x")
    s.stop()
    s.start()
    assert s.client("s3").get_object(Bucket="b-1", Key="k")["Body"].read() == b"x"


def user_of(file, name):
    u = next(u for u in file["users"] if u["name"] == name)
    return Key(u["access_key"], u["secret"], u["account"], name)


def test_the_example_of_the_manual(start_server):
    """It does what the manual says of it."""
    s = start_server(bootstrap=EXAMPLE)
    admin, alice, bob = (s.client("s3", user_of(EXAMPLE, n)) for n in ("admin", "alice", "bob"))
    admin.put_object(Bucket="training-data", Key="results/r", Body=b"result")
    alice.put_object(Bucket="training-data", Key="data", Body=b"data")
    assert alice.list_objects_v2(Bucket="training-data")["KeyCount"] == 2
    assert bob.get_object(Bucket="training-data", Key="results/r")["Body"].read() == b"result"
    for call in (lambda: bob.get_object(Bucket="training-data", Key="data"), alice.list_buckets,
                 lambda: alice.delete_object(Bucket="training-data", Key="data"),
                 lambda: bob.put_object(Bucket="training-data", Key="results/r", Body=b"x")):
        with refused("AccessDenied"):
            call()
    iam = s.client("iam", user_of(EXAMPLE, "admin"))
    profile = iam.get_instance_profile(InstanceProfileName="MLInstanceProfile")["InstanceProfile"]
    assert [r["RoleName"] for r in profile["Roles"]] == ["MLInstanceRole"]
    assert iam.get_role(RoleName="MLInstanceRole")["Role"]["AssumeRolePolicyDocument"] == EXAMPLE["roles"][0]["trust"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="alice")["Groups"]] == ["ml-team"]
    own = iam.get_policy(PolicyArn="arn:aws:iam::123456789012:policy/TrainingData")["Policy"]
    assert own["AttachmentCount"] == 2


def rows(s):
    db = sqlite3.connect(f"{s.data}/aerostat.db")
    tables = ("entity", "membership", "attachment", "inline_policy", "policy_version", "bucket", "access_key")
    try:
        return {t: sorted(db.execute(f"SELECT * FROM {t}"), key=repr) for t in tables}
    finally:
        db.close()


def test_the_same_file_again_writes_nothing(start_server):
    s = start_server(bootstrap=EXAMPLE)
    s.stop()
    before = rows(s)
    s.start()
    s.stop()
    assert rows(s) == before


def test_a_changed_file(start_server):
    file = copy.deepcopy(EXAMPLE)
    s = start_server(bootstrap=file)
    path = s.options[s.options.index("--bootstrap") + 1]
    s.stop()
    file["policies"][0]["document"]["Statement"] = file["policies"][0]["document"]["Statement"][:1]
    file["users"][2]["inline"]["read-results"] = allow("s3:ListAllMyBuckets")
    file["roles"][0]["trust"] = trust({"Service": "sagemaker.amazonaws.com"})
    file["users"][0]["policies"] = ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]
    with open(path, "w", encoding="utf-8") as f:
        json.dump(file, f)
    s.start()
    alice, bob = user_of(file, "alice"), user_of(file, "bob")
    s.client("s3", alice).list_objects_v2(Bucket="training-data")
    with refused("AccessDenied"):
        s.client("s3", alice).put_object(Bucket="training-data", Key="data", Body=b"data")
    s.client("s3", bob).list_buckets()
    role = s.client("iam", alice).get_role(RoleName="MLInstanceRole")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(file["roles"][0]["trust"])


def test_who_is_trusted_is_kept_by_id(start_server):
    """As by CreateRole: another user of the same name is not trusted, and starting again does not change that."""
    s = start_server(bootstrap={**BOOTSTRAP, "roles": [{"name": "r", "trust": trust({
        "AWS": "arn:aws:iam::123456789012:user/alice"})}]})
    sts = s.client("sts", ALICE_KEY)
    sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="session")
    before = rows(s)["entity"]
    s.stop()
    s.start()
    assert rows(s)["entity"] == before
    s.client("iam").update_user(UserName="alice", NewUserName="renamed")
    shown = s.client("iam").get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:user/renamed"}


def test_a_user_without_policies_may_nothing(start_server):
    key = Key("AKIANOBODYNOBODYNOBO", "secret", "123456789012")
    s = start_server(bootstrap={"users": [{"name": "nobody", "access_key": key.access, "secret": key.secret}]})
    assert s.client("sts", key).get_caller_identity()["Arn"].endswith(":user/nobody")
    with refused("AccessDenied"):
        s.client("s3", key).list_buckets()


def test_test_keys_only_when_told(start_server):
    test = Key("test", "test", "123456789012")
    with pytest.raises(ClientError) as e:
        start_server().client("sts", test).get_caller_identity()
    assert e.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert start_server("--accept-test-keys").client("sts", test).get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize("document", [
    "", "[]", "{", '{"frob":1}', '{"accounts":[{"id":"123456789012","secert":"x"}]}',
    '{"accounts":[{"id":"123456789012","canonical_id":"xyz"}]}', '{"buckets":[{"name":"good","account":"7"}]}',
    '{"users":[{"name":"u","account":"7","access_key":"A","secret":"B"}]}', '{"accounts":[{"id":"12"}]}',
    '{"accounts":[{"id":"123456789012","access_key":"A"}]}', '{"users":[{"name":"u"}]}', '{"buckets":[{"name":"NO"}]}',
    '{"accounts":[{"id":"123456789012","access_key":"A","secret":"S"},'
    '{"id":"210987654321","access_key":"A","secret":"S"}]}', '{"buckets":[{}]}', '{"accounts":"x"}', '\xff',
    '{"roles":[{"name":"r"}]}', '{"roles":[{"name":"r","trust":{}}]}',
    '{"roles":[{"name":"r/s","trust":%s}]}' % trust(),
    '{"roles":[{"name":"r","trust":%s,"policies":["arn:aws:iam::aws:policy/None"]}]}' % trust(),
    '{"roles":[{"name":"r","trust":%s,"policies":"x"}]}' % trust(),
    '{"roles":[{"name":"r","trust":%s,"inline":{"p":7}}]}' % trust(),
    '{"roles":[{"name":"r","trust":%s,"inline":{"p p":%s}}]}' % (trust(), allow("s3:*")),
    '{"roles":[{"name":"r","trust":%s,"instance_profile":"a/b"}]}' % trust(),
    '{"roles":[{"name":"r","trust":%s,"instance_profile":"p"},{"name":"s","trust":%s,"instance_profile":"p"}]}' % (
        trust(), trust()),
    '{"policies":[{"name":"p","document":{"Version":"2012-10-17"}}]}', '{"policies":[{"name":"p"}]}',
    '{"groups":[{"name":"g","path":"x"}]}', '{"groups":[{"name":""}]}', '{"groups":[{"name":"g","groups":["h"]}]}',
    '{"groups":[{"name":"g","inline":{"p":%s}}]}' % allow("s3:" + "x" * 6000),
    '{"users":[{"name":"u","access_key":"A","secret":"S","groups":["none"]}]}',
    json.dumps({"groups": [{"name": f"g{i}"} for i in range(11)],
                "users": [{"name": "u", "access_key": "A", "secret": "S", "groups": [f"g{i}" for i in range(11)]}]}),
    '{"groups":[[]]}', '{"groups":{}}',
    '{"groups":[{"name":"g","policies":%s}]}' % json.dumps(["arn:aws:iam::aws:policy/IAMFullAccess"] * 2 + [7]),
    '{"buckets":[{"name":"bucket-1","policy":{}}]}',
    '{"buckets":[{"name":"bucket-1","policy":%s}]}' % allow("s3:*"),
    '{"buckets":[{"name":"bucket-1","policy":%s}]}' % allow("s3:*", resource="arn:aws:s3:::bucket-1", Principal="*")])
def test_a_bad_file_is_one_sentence(tmp_path, document):
    path = tmp_path / "b.json"
    path.write_bytes(document.encode("latin-1"))
    done = subprocess.run([AEROSTATD, "--data", tmp_path / "data", "--port", "0", "--bootstrap", path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and str(path) in done.stderr, done


def test_log_calls(start_server, tmp_path):
    s = start_server("--log-calls", str(tmp_path / "calls"))
    s.client("sts").get_caller_identity()
    with pytest.raises(ClientError):
        s.client("s3").get_object(Bucket="none-such", Key="k")
    s.stop()
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert [(c["service"], c["operation"], c["status"], c["error"]) for c in calls] == [
        ("sts", "GetCallerIdentity", 200, ""), ("s3", "GetObject", 404, "NoSuchBucket")]
