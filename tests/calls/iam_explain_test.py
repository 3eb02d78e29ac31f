"""What the toolkit says of decisions: explain, who-can, suggest."""
import json
import subprocess

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT, ALICE_KEY, OTHER_KEY, Key
from identities import ACCOUNT, ADMIN, OTHER, allow, arn, name, trust

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


class Person:
    """A user with a key; everything he does gives the id of the request."""

    def __init__(self, server, user=None):
        self.server, self.iam = server, server.client("iam")
        self.name = user or name("user")
        self.arn = arn(f"user/{self.name}")
        if not user:
            self.iam.create_user(UserName=self.name)
        made = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.key = Key(made["AccessKeyId"], made["SecretAccessKey"], ACCOUNT, self.name)
        self.s3 = server.client("s3", key=self.key)

    def may(self, *actions, **more):
        self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=allow(*actions, **more))

    def has(self, *statements):
        self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=documents(*statements))


def documents(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def bob(server):
    return Person(server)


def done(call, **arguments):
    """The id of a request, whatever became of it."""
    try:
        return call(**arguments)["ResponseMetadata"]["RequestId"]
    except ClientError as e:
        return e.response["ResponseMetadata"]["RequestId"]


def tool(server, *args, rc=0):
    ran = subprocess.run([AEROSTAT, "iam", *args, "--data", server.data], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=60)
    assert ran.returncode == rc, (args, ran)
    assert rc == 0 or (not ran.stdout and len(ran.stderr.splitlines()) >= 1)
    return ran.stdout or ran.stderr


def explain(server, request):
    """Its decisions; the sentences are looked at for what must not be in them."""
    text = tool(server, "explain", request)
    assert "\\u" not in text and "(null)" not in text
    answer = json.loads(tool(server, "explain", request, "--json"))
    assert answer["requestId"] == request
    return answer["decisions"], text


# --- explain

def test_allowed_by(server, bob, bucket):
    bob.may("s3:ListBucket")
    (d,), text = explain(server, done(bob.s3.list_objects_v2, Bucket=bucket))
    assert (d["outcome"], d["principal"], d["action"]) == ("allow", bob.arn, "s3:ListBucket")
    assert d["resource"] == f"arn:aws:s3:::{bucket}"
    assert d["decidedBy"] == {"policy": "own", "attachedTo": bob.arn,
                              "statement": json.loads(allow("s3:ListBucket"))["Statement"][0]}
    assert d["cures"] == [] and d["nearMisses"] == []
    assert f"{bob.arn} may s3:ListBucket on arn:aws:s3:::{bucket}" in text and "statement 1 of" in text


def test_what_would_allow_it(server, bob, bucket):
    request = done(bob.s3.list_objects_v2, Bucket=bucket)
    (d,), text = explain(server, request)
    cure = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    assert d["cures"] == [{"where": f"an identity policy of {bob.arn}", "statement": cure}]
    assert "decidedBy" not in d and d["nearMisses"] == []
    assert f"This would allow it, in an identity policy of {bob.arn}:" in text
    bob.has(cure)
    bob.s3.list_objects_v2(Bucket=bucket)
    (d,), text = explain(server, request)
    assert d["outcome"] == "deny" and [m["missing"] for m in d["nearMisses"]] == ["none"]
    assert "fits as policies are now" in text


def test_a_deny_has_to_go(server, bob, bucket):
    bob.has({"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Sid": "NoDelete", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"})
    (d,), text = explain(server, done(bob.s3.delete_object, Bucket=bucket, Key="k"))
    assert d["explicitDeny"] and d["decidedBy"]["sid"] == "NoDelete" and d["cures"] == []
    assert "It would have to go" in text and "NoDelete" in text


def test_near_misses(server, bob, bucket):
    here = f"arn:aws:s3:::{bucket}"
    bob.has({"Sid": "Objects", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"{here}/*"},
            {"Sid": "Other", "Effect": "Allow", "Action": "s3:GetBucketTagging", "Resource": here},
            {"Sid": "Home", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": here,
             "Condition": {"StringLike": {"s3:prefix": ["home/*", "top"]}, "Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "Far", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
            {"Sid": "Farther", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"})
    (d,), text = explain(server, done(bob.s3.list_objects_v2, Bucket=bucket, Prefix="data/"))
    assert d["conditions"]["s3:prefix"] == ["data/"]
    objects, other, home = d["nearMisses"]
    assert (objects["sid"], objects["missing"], objects["patterns"]) == ("Objects", "resource", [f"{here}/*"])
    assert objects["hint"] == f"s3:ListBucket is asked for the bucket itself, {here}, not for what is in it."
    assert (other["sid"], other["missing"], other["patterns"]) == ("Other", "action", ["s3:GetBucketTagging"])
    assert (home["sid"], home["missing"]) == ("Home", "condition")
    assert home["unmet"] == [{"operator": "StringLike", "key": "s3:prefix", "wanted": ["home/*", "top"],
                              "had": ["data/"]}]
    assert "only when s3:prefix (StringLike) is home/* or top, and it was data/" in text


def test_an_object_and_its_bucket(server, bob, bucket, s3):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    bob.may("s3:GetObject", resource=f"arn:aws:s3:::{bucket}")
    (d,), _ = explain(server, done(bob.s3.get_object, Bucket=bucket, Key="k"))
    assert d["nearMisses"][0]["hint"] == \
        f"s3:GetObject is asked for what is in the bucket, arn:aws:s3:::{bucket}/*, not for the bucket."


def test_a_boundary(server, bob, iam, bucket):
    boundary = iam.create_policy(PolicyName=name("bound"), PolicyDocument=allow("s3:GetObject"))["Policy"]["Arn"]
    bob.may("s3:*")
    iam.put_user_permissions_boundary(UserName=bob.name, PermissionsBoundary=boundary)
    (d,), text = explain(server, done(bob.s3.list_objects_v2, Bucket=bucket))
    assert d["layer"] == "boundary"
    assert [c["where"] for c in d["cures"]] == [f"the permissions boundary {boundary}"]
    assert [(m["policy"], m["missing"]) for m in d["nearMisses"]] == [(boundary, "action")]
    assert boundary in text


def test_across_accounts_both_must_allow(server, bob):
    theirs = name("theirs")
    other = server.client("s3", key=OTHER_KEY)
    other.create_bucket(Bucket=theirs)
    (d,), text = explain(server, done(bob.s3.list_objects_v2, Bucket=theirs))
    own, bucket = d["cures"]
    assert own["where"] == f"an identity policy of {bob.arn}"
    assert bucket == {"where": f"the bucket policy of arn:aws:s3:::{theirs}", "statement": {
        "Effect": "Allow", "Principal": {"AWS": bob.arn}, "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{theirs}"}}
    assert "and in the bucket policy of" in text
    bob.may("s3:ListBucket")
    other.put_bucket_policy(Bucket=theirs, Policy=documents(
        {"Effect": "Allow", "Principal": {"AWS": arn("user/alice")}, "Action": "s3:ListBucket",
         "Resource": f"arn:aws:s3:::{theirs}"}))
    (d,), text = explain(server, done(bob.s3.list_objects_v2, Bucket=theirs))
    assert d["layer"] == "resource" and [c["where"] for c in d["cures"]] == [bucket["where"]]
    assert [m["missing"] for m in d["nearMisses"]] == ["principal"]
    other.put_bucket_policy(Bucket=theirs, Policy=documents(bucket["statement"]))
    (d,), text = explain(server, done(bob.s3.list_objects_v2, Bucket=theirs))
    assert d["outcome"] == "allow" and d["decidedBy"]["attachedTo"] == f"arn:aws:s3:::{theirs}"


def test_a_role_that_trusts_others(server, bob, iam):
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": arn("user/alice")}))
    bob.may("sts:*")
    sts = server.client("sts", key=bob.key)
    (d,), _ = explain(server, done(sts.assume_role, RoleArn=arn(f"role/{role}"), RoleSessionName="some"))
    assert d["cures"] == [{"where": f"the trust policy of {arn('role/' + role)}", "statement": {
        "Effect": "Allow", "Principal": {"AWS": bob.arn}, "Action": "sts:AssumeRole"}}]
    assert [m["missing"] for m in d["nearMisses"]] == ["principal"]


def test_a_session_and_its_policy(server, iam, bucket):
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=allow("s3:*"))
    got = server.client("sts", key=ALICE_KEY).assume_role(
        RoleArn=arn(f"role/{role}"), RoleSessionName="run", Policy=allow("s3:GetObject"))["Credentials"]
    s3 = server.client("s3", key=Key(got["AccessKeyId"], got["SecretAccessKey"], ACCOUNT), token=got["SessionToken"])
    (d,), text = explain(server, done(s3.list_objects_v2, Bucket=bucket))
    assert d["layer"] == "session" and d["principal"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/run"
    assert [c["where"] for c in d["cures"]] == ["the policy that the session was made with"]
    assert got["SessionToken"] not in text and got["SecretAccessKey"] not in text


def test_nobody_in_particular(server, bucket):
    s3 = server.client("s3", key=None)
    (d,), text = explain(server, done(s3.list_objects_v2, Bucket=bucket))
    assert d["principal"] == "anonymous"
    assert d["cures"][0]["where"] == f"the bucket policy of arn:aws:s3:::{bucket}"
    assert d["cures"][0]["statement"]["Principal"] == "*"


def test_a_long_name(server, bob, bucket):
    """What does not fit into the record is said to be missing, and nothing is made up from it."""
    key = "long/" + "x" * 1000
    request = done(bob.s3.put_object, Bucket=bucket, Key=key, Body=b"x")
    (d,), text = explain(server, request)
    assert f"arn:aws:s3:::{bucket}/{key}".startswith(d["resource"]) and len(d["resource"]) < len(key)
    assert "its end is missing" in text
    bob.may("s3:*")
    bob.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    bob.s3.put_object(Bucket=bucket, Key="short", Body=b"x")
    answer, text = suggest(server, bob.arn)
    assert (answer["decisions"], answer["leftOut"]) == (1, 1) and "too long for the record: 1." in text


def test_the_record_outlives_the_server(start_server):
    server = start_server()
    bob = Person(server)
    server.client("s3").create_bucket(Bucket="kept")
    request = done(bob.s3.list_objects_v2, Bucket="kept")
    server.stop()
    server.start()
    (d,), _ = explain(server, request)
    assert (d["outcome"], d["principal"]) == ("deny", bob.arn) and d["cures"]


def test_without_an_id_it_is_the_last_refusal(start_server):
    server = start_server()
    assert "No request was refused" in tool(server, "explain", rc=1)
    bob = Person(server)
    done(bob.s3.list_buckets)
    last = done(bob.s3.create_bucket, Bucket="bobs-bucket")
    done(server.client("s3").list_buckets)
    assert last in tool(server, "explain") and "s3:CreateBucket" in tool(server, "explain")


def test_unknown_requests(server):
    for strange in ("nothing", "../../etc", "a&b=c", "\u00e4", "%00", "x" * 3000):
        answer = tool(server, "explain", strange, rc=1)
        assert len(answer.splitlines()) == 1 and "Nothing was decided for request" in answer
    for wrong in (("a", "b"), ("--since",)):
        assert "usage: aerostat iam explain" in tool(server, "explain", *wrong, rc=2)


# --- who-can

def who_can(server, action, resource, *more):
    text = tool(server, "who-can", action, resource, *more)
    answer = json.loads(tool(server, "who-can", action, resource, *more, "--json"))
    assert f"may {action} on {resource}" in text
    return {p["arn"]: p for p in answer["principals"]}, answer, text


def test_who_can(server, bob, iam, bucket):
    group, here = name("group"), f"arn:aws:s3:::{bucket}/k"
    eve, mallory = Person(server), Person(server)
    iam.create_group(GroupName=group)
    iam.attach_group_policy(GroupName=group, PolicyArn=READ_ONLY)
    iam.add_user_to_group(GroupName=group, UserName=bob.name)
    eve.may("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/" + "${aws:username}/*")
    mallory.has({"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                {"Sid": "Not", "Effect": "Deny", "Action": "s3:GetObject", "Resource": here})
    who, answer, text = who_can(server, "s3:GetObject", here)
    assert answer["owner"] == ACCOUNT and answer["known"]
    assert who[arn("root")]["layer"] == "root" and who[arn("user/alice")]["policy"] == ADMIN
    assert (who[bob.arn]["policy"], who[bob.arn]["attachedTo"], who[bob.arn]["access"]) == (
        READ_ONLY, arn(f"group/{group}"), "allowed")
    assert eve.arn not in who and mallory.arn not in who and arn("root", OTHER) not in who
    assert "as root of the account" in text
    assert eve.arn in who_can(server, "s3:GetObject", f"arn:aws:s3:::{bucket}/{eve.name}/k")[0]


def test_it_depends(server, bob, bucket):
    here = f"arn:aws:s3:::{bucket}"
    eve, mallory = Person(server), Person(server)
    bob.may("s3:ListBucket", Condition={"StringLike": {"s3:prefix": ["home/*"]}})
    eve.has({"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Sid": "Inside", "Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})
    mallory.may("s3:ListBucket", Condition={"StringEquals": {"aws:username": "somebody"}})
    who, _, text = who_can(server, "s3:ListBucket", here)
    assert who[bob.arn]["access"] == who[eve.arn]["access"] == "conditional"
    assert [c["lines"] for c in who[bob.arn]["conditions"]] == [
        [{"operator": "StringLike", "key": "s3:prefix", "wanted": ["home/*"]}]]
    assert [(c["effect"], c["sid"]) for c in who[eve.arn]["conditions"]] == [("Deny", "Inside")]
    assert "only when s3:prefix (StringLike) is home/*" in text
    assert "but not when aws:SourceIp (NotIpAddress) is 10.0.0.0/8" in text
    # Who he is is known: this depends on nothing.
    assert mallory.arn not in who
    mallory.may("s3:ListBucket", Condition={"StringEquals": {"aws:username": mallory.name}})
    assert who_can(server, "s3:ListBucket", here)[0][mallory.arn]["access"] == "allowed"


def test_a_bucket_policy_counts(server, bob, bucket, s3):
    here = f"arn:aws:s3:::{bucket}"
    s3.put_bucket_policy(Bucket=bucket, Policy=documents(
        {"Sid": "Bob", "Effect": "Allow", "Principal": {"AWS": bob.arn}, "Action": "s3:ListBucket", "Resource": here},
        {"Sid": "Friends", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:ListBucket", "Resource": here},
        {"Effect": "Deny", "Principal": {"AWS": arn("user/alice")}, "Action": "s3:*", "Resource": here}))
    who, _, _ = who_can(server, "s3:ListBucket", here)
    assert (who[bob.arn]["layer"], who[bob.arn]["sid"], who[bob.arn]["attachedTo"]) == ("resource", "Bob", here)
    assert who[arn("root", OTHER)]["sid"] == "Friends"
    assert arn("user/alice") not in who
    one, _, _ = who_can(server, "s3:ListBucket", here, "--account", OTHER)
    assert arn("root", OTHER) in one and all(OTHER in a for a in one)


def test_anybody(server, bucket, s3):
    here = f"arn:aws:s3:::{bucket}/k"
    assert "anonymous" not in who_can(server, "s3:GetObject", here)[0]
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=documents(
        {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}}))
    who, _, _ = who_can(server, "s3:GetObject", here)
    assert (who["anonymous"]["kind"], who["anonymous"]["access"]) == ("anonymous", "conditional")
    assert who["anonymous"]["conditions"][0]["lines"][0]["key"] == "aws:SourceIp"
    assert "anonymous" not in who_can(server, "s3:PutObject", here)[0]


def test_who_may_assume_a_role(server, bob, iam):
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(
        {"AWS": bob.arn}, Condition={"StringEquals": {"sts:ExternalId": "e"}}))
    who, _, _ = who_can(server, "sts:AssumeRole", arn(f"role/{role}"))
    assert {a: p["access"] for a, p in who.items()} == {bob.arn: "conditional"}


def test_a_boundary_that_depends(server, bob, iam, bucket):
    boundary = iam.create_policy(PolicyName=name("bound"), PolicyDocument=allow(
        "s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))["Policy"]["Arn"]
    bob.may("s3:ListBucket")
    iam.put_user_permissions_boundary(UserName=bob.name, PermissionsBoundary=boundary)
    here = f"arn:aws:s3:::{bucket}"
    found = who_can(server, "s3:ListBucket", here)[0][bob.arn]
    assert (found["access"], found["policy"]) == ("conditional", "own")
    assert [c["policy"] for c in found["conditions"]] == [boundary]
    assert bob.arn not in who_can(server, "ec2:RunInstances", "*")[0]


def test_who_can_do_what_nobody_knows(server):
    _, answer, text = who_can(server, "s3:GetObject", "arn:aws:s3:::never-made/k")
    assert not answer["known"] and "No service here has that resource" in text
    for wrong in (("s3", "*"), ("s3:*", "*"), ("s3:GetObject", "bucket")):
        assert tool(server, "who-can", *wrong, rc=1).count("\n") == 1
    assert "usage: " in tool(server, "who-can", "s3:GetObject", rc=2)


# --- suggest

def suggest(server, principal, *more):
    text = tool(server, "suggest", "--principal", principal, *more)
    answer = json.loads(tool(server, "suggest", "--principal", principal, *more, "--json"))
    assert json.loads(text.split("\n}\n")[0] + "}") == answer["policy"]
    return answer, text


def test_what_was_used_is_enough(server, bob, bucket, s3, iam):
    here = f"arn:aws:s3:::{bucket}"
    bob.may("s3:*", "iam:*")
    work = [("put_object", {"Key": f"data/train/{i}", "Body": b"x"}) for i in range(12)] + [
        ("get_object", {"Key": "data/train/3"}), ("put_object", {"Key": "one*of?a$kind", "Body": b"x"}),
        ("list_objects_v2", {"Prefix": "data/"})]
    for call, arguments in work:
        getattr(bob.s3, call)(Bucket=bucket, **arguments)
    server.client("iam", key=bob.key).get_user()
    answer, _ = suggest(server, bob.arn)
    assert answer["policy"]["Statement"] == [
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": bob.arn},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": here},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": [f"{here}/data/train/*",
                                                                   f"{here}/one${{*}}of${{?}}a${{$}}kind"]},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{here}/data/train/3"}]
    eve = Person(server)
    iam.put_user_policy(UserName=eve.name, PolicyName="suggested", PolicyDocument=json.dumps(answer["policy"]))
    for call, arguments in work:
        getattr(eve.s3, call)(Bucket=bucket, **arguments)
    for refused in ({"Key": "other"}, {"Key": "oneXof?a$kind"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            eve.s3.put_object(Bucket=bucket, Body=b"x", **refused)


def test_verify(server, bob, bucket):
    bob.has({"Sid": "Much", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:Get*", "s3:DeleteObject"],
             "Resource": "*"},
            {"Sid": "Elsewhere", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::elsewhere"},
            {"Sid": "Never", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"})
    bob.s3.list_objects_v2(Bucket=bucket)
    done(bob.s3.put_object, Bucket=bucket, Key="k", Body=b"x")
    answer, text = suggest(server, bob.arn, "--verify")
    assert (answer["decisions"], answer["refused"], answer["leftOut"]) == (1, 1, 0)
    assert answer["verified"] == {"refused": [], "all": True}
    assert [(u["sid"], u["never"], u["used"]) for u in answer["unused"]] == [
        ("Much", ["s3:Get*", "s3:DeleteObject"], ["s3:ListBucket"]), ("Elsewhere", ["s3:ListBucket"], [])]
    assert "It allows all that was allowed (decisions in the record: 1)." in text
    assert f"Never used of statement Much of own (of {bob.arn}): s3:Get* and s3:DeleteObject." in text


def test_sessions_of_a_role(server, iam, bucket):
    role = name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    iam.attach_role_policy(RoleName=role, PolicyArn=READ_ONLY)
    sts = server.client("sts", key=ALICE_KEY)
    for session in ("one", "two"):
        got = sts.assume_role(RoleArn=arn(f"role/{role}"), RoleSessionName=session)["Credentials"]
        s3 = server.client("s3", key=Key(got["AccessKeyId"], got["SecretAccessKey"], ACCOUNT),
                           token=got["SessionToken"])
        s3.list_objects_v2(Bucket=bucket)
    both, _ = suggest(server, arn(f"role/{role}"))
    assert both["decisions"] == 2
    assert both["policy"]["Statement"] == [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}]
    one, _ = suggest(server, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/one")
    assert one["decisions"] == 1


def test_since(start_server):
    server = start_server()
    bob = Person(server)
    bob.may("s3:*")
    server.client("s3").create_bucket(Bucket="old")
    server.client("s3").create_bucket(Bucket="new")
    bob.s3.list_objects_v2(Bucket="old")
    subprocess.run([AEROSTAT, "clock", "advance", "3d", "--data", server.data], check=True, capture_output=True)
    bob.s3.list_objects_v2(Bucket="new")

    def resources(*more):
        return [r for s in suggest(server, bob.arn, *more)[0]["policy"]["Statement"] for r in
                ([s["Resource"]] if isinstance(s["Resource"], str) else s["Resource"])]
    assert resources() == ["arn:aws:s3:::new", "arn:aws:s3:::old"]
    assert resources("--since", "2h") == ["arn:aws:s3:::new"]
    assert resources("--since=7d") == ["arn:aws:s3:::new", "arn:aws:s3:::old"]
    assert resources("--since", "2020-01-01T00:00:00Z") == ["arn:aws:s3:::new", "arn:aws:s3:::old"]
    subprocess.run([AEROSTAT, "clock", "advance", "3d", "--data", server.data], check=True, capture_output=True)
    assert "The record holds nothing" in tool(server, "suggest", "--principal", bob.arn, "--since", "1h", rc=1)
    assert "Since when?" in tool(server, "suggest", "--principal", bob.arn, "--since", "yesterday", rc=1)


def test_a_long_record_makes_a_short_policy(start_server):
    server = start_server()
    bob = Person(server)
    bob.may("s3:*")
    server.client("s3").create_bucket(Bucket="long")
    for i in range(120):
        bob.s3.put_object(Bucket="long", Key=f"{i:03}/{'x' * 60}/{i % 7}", Body=b"")
        bob.s3.get_object(Bucket="long", Key=f"{i:03}/{'x' * 60}/{i % 7}")
    answer, _ = suggest(server, bob.arn, "--verify")
    assert answer["verified"]["all"] and answer["characters"] <= 6144
    assert answer["policy"]["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::long/*"}]


def test_suggest_for_whom(server):
    assert "There is no user or role" in tool(server, "suggest", "--principal", arn("user/nobody"), rc=1)
    assert "There is no user or role" in tool(server, "suggest", "--principal", "nonsense", rc=1)
    for wrong in ((), ("--principal",), ("--verify",), ("--principal", "x", "--what")):
        assert "usage: aerostat iam suggest" in tool(server, "suggest", *wrong, rc=2)
    root, _ = suggest(server, arn("root"))
    assert root["decisions"] > 0


def test_what_a_terminal_would_obey_is_shown_instead(server, bob):
    """A key is anybody's to choose: it cannot paint over an explanation, nor add a line that nobody said."""
    server.client("s3").create_bucket(Bucket="visible")
    bob.iam.put_user_policy(UserName=bob.name, PolicyName="own", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
                                                "Resource": "arn:aws:s3:::visible/y\u009b"}]}, ensure_ascii=False))
    key = "x\x1b[2J\u009b31m\nnobody may"
    told = tool(server, "explain", done(bob.s3.get_object, Bucket="visible", Key=key))
    seen = told + tool(server, "show", "user", bob.name)
    assert not set(seen) & {chr(c) for c in (*range(10), *range(11, 32), *range(127, 160))}, seen
    assert r"visible/x\u001b[2J\u009b31m\u000anobody may" in told and "\nnobody" not in told
