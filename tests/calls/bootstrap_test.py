"""--bootstrap, --accept-test-keys, and what an account may do in another's."""
import json
import subprocess

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT, AEROSTATD, ALICE_KEY, BOOTSTRAP, OTHER_KEY, ROOT_KEY, Key


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
    '{"id":"210987654321","access_key":"A","secret":"S"}]}', '{"buckets":[{}]}', '{"accounts":"x"}', '\xff'])
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
