"""Every call is decided by the policies that bear on it: what refusals say, what is recorded, and that no call is
decided by an old policy, or by a mixture of two states."""
import http.client
import json
import os
import re
import socket
import subprocess
import threading

import pytest
from botocore.exceptions import ClientError

from aerostat import AEROSTAT, OTHER_KEY, ROOT_KEY, Key
from identities import ACCOUNT, ADMIN, allow, arn, name, refused, trust


class Control(http.client.HTTPConnection):
    def __init__(self, server):
        super().__init__("localhost")
        self.path = os.path.join(server.data, "control.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(server, path):
    c = Control(server)
    c.request("GET", path)
    reply = c.getresponse()
    return reply.status, reply.read().decode()


def decisions(server, request=None):
    status, body = ask(server, "/decisions" + (f"?request={request}" if request else ""))
    assert status == 200
    return json.loads(body)


def request_id(reply):
    return reply["ResponseMetadata"]["RequestId"]


class Person:
    """A user with a key."""

    def __init__(self, server, *documents):
        self.server, self.iam, self.name = server, server.client("iam"), name("person")
        self.iam.create_user(UserName=self.name)
        for i, document in enumerate(documents):
            self.put(document, f"p{i}")
        made = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.key = Key(made["AccessKeyId"], made["SecretAccessKey"], ACCOUNT)
        self.arn = arn(f"user/{self.name}")

    def put(self, document, policy="p0"):
        self.iam.put_user_policy(UserName=self.name, PolicyName=policy, PolicyDocument=document)

    def client(self, service="s3"):
        return self.server.client(service, key=self.key)


@pytest.fixture
def person(server):
    return Person(server)


@pytest.fixture
def body(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return {"Bucket": bucket, "Key": "k"}


# --- what a refusal says

def test_sentence_of_s3_quotes_the_resource(person, body):
    with refused("AccessDenied", f"User: {person.arn} is not authorized to perform: s3:GetObject on resource: "
                 f"\"arn:aws:s3:::{body['Bucket']}/k\" because no identity-based policy allows the s3:GetObject "
                 "action"):
        person.client().get_object(**body)
    with refused("AccessDenied", f"User: {person.arn} is not authorized to perform: s3:ListAllMyBuckets because no "
                 "identity-based policy allows the s3:ListAllMyBuckets action"):
        person.client().list_buckets()


def test_sentence_of_a_query_service(person):
    with refused("AccessDenied", f"User: {person.arn} is not authorized to perform: iam:CreateUser on resource: "
                 f"{arn('user/new')} because no identity-based policy allows the iam:CreateUser action"):
        person.client("iam").create_user(UserName="new")
    person.put(allow("iam:CreateUser", effect="Deny"))
    with refused("AccessDenied", f"{arn('user/new')} with an explicit deny in an identity-based policy"):
        person.client("iam").create_user(UserName="new")


@pytest.mark.parametrize("operation, member, what, called, resource", [
    ("get_user", "UserName", "bob", "user bob", arn("user/bob")),
    ("get_group", "GroupName", "ml", "group ml", arn("group/ml")),
    ("get_role", "RoleName", "SageMakerRole", "role SageMakerRole", arn("role/SageMakerRole")),
    ("get_role", "RoleName", "none", "role none", arn("role/none")),
    ("get_instance_profile", "InstanceProfileName", "p", "instance profile p", arn("instance-profile/p")),
    ("get_policy", "PolicyArn", arn("policy/p"), f"policy {arn('policy/p')}", arn("policy/p"))])
def test_what_the_request_names_is_named_so(person, operation, member, what, called, resource):
    """As AWS's own refusals do, whether it is there or not; the record has the ARN."""
    with pytest.raises(ClientError) as e:
        getattr(person.client("iam"), operation)(**{member: what})
    assert f" on resource: {called} because no identity-based policy" in e.value.response["Error"]["Message"]
    assert decisions(person.server, request_id(e.value.response))[0]["resource"] == resource


def test_strangers_are_told_nothing(server, body):
    for key in (OTHER_KEY, None):
        with pytest.raises(ClientError) as e:
            server.client("s3", key=key).get_object(**body)
        assert e.value.response["Error"]["Code"] == "AccessDenied"
        assert e.value.response["Error"]["Message"] == "Access Denied"


def test_head_is_refused_without_a_word(person, body):
    with refused("403"):
        person.client().head_object(**body)


def test_anyone_may_ask_who_he_is(person):
    person.put(allow("*", effect="Deny"))
    assert person.client("sts").get_caller_identity()["Arn"] == person.arn


# --- what binds

def test_group_boundary_and_path(server, person, body):
    group = name("group")
    person.iam.create_group(GroupName=group)
    person.iam.attach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    with refused("AccessDenied"):
        person.client().get_object(**body)
    person.iam.add_user_to_group(GroupName=group, UserName=person.name)
    person.client().get_object(**body)
    with refused("AccessDenied"):
        person.client().put_object(**body, Body=b"y")
    policy = person.iam.create_policy(PolicyName=name("boundary"), PolicyDocument=allow("s3:ListBucket"))
    person.iam.put_user_permissions_boundary(UserName=person.name, PermissionsBoundary=policy["Policy"]["Arn"])
    with refused("AccessDenied", "because no permissions boundary allows the s3:GetObject action"):
        person.client().get_object(**body)
    person.client().list_objects_v2(Bucket=body["Bucket"])
    person.iam.delete_user_permissions_boundary(UserName=person.name)
    person.client().get_object(**body)
    person.iam.remove_user_from_group(GroupName=group, UserName=person.name)
    with refused("AccessDenied"):
        person.client().get_object(**body)


def test_a_key_that_is_turned_off(person):
    person.put(allow("s3:ListAllMyBuckets"))
    person.client().list_buckets()
    person.iam.update_access_key(UserName=person.name, AccessKeyId=person.key.access, Status="Inactive")
    with refused("InvalidAccessKeyId"):
        person.client().list_buckets()
    with refused("InvalidClientTokenId", "The security token included in the request is invalid"):
        person.client("sts").get_caller_identity()
    person.iam.update_access_key(UserName=person.name, AccessKeyId=person.key.access, Status="Active")
    person.client().list_buckets()
    person.iam.delete_access_key(UserName=person.name, AccessKeyId=person.key.access)
    with refused("InvalidAccessKeyId"):
        person.client().list_buckets()


@pytest.mark.parametrize("condition, may", [
    ({"StringEquals": {"aws:username": "${aws:username}"}}, True),
    ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/person-*"}}, True),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True), ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, False), ({"Bool": {"aws:ViaAWSService": "false"}}, True),
    ({"StringLike": {"aws:UserAgent": "Boto3/*"}}, True), ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
    ({"StringEquals": {"AWS:REQUESTEDREGION": "eu-west-1"}}, False),
    ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}}, True),
    ({"StringEquals": {"aws:PrincipalTag/team": "ml"}}, True),
    ({"StringEquals": {"aws:principaltag/TEAM": "x"}}, False),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    ({"NumericLessThan": {"aws:EpochTime": "1577836800"}}, False),
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False), ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
])
def test_condition_keys(person, body, condition, may):
    person.iam.tag_user(UserName=person.name, Tags=[{"Key": "Team", "Value": "ml"}])
    person.put(allow("s3:GetObject", Condition=condition))
    if may:
        person.client().get_object(**body)
    else:
        with refused("AccessDenied"):
            person.client().get_object(**body)


def test_tags_of_the_request(person):
    person.put(allow("iam:CreateUser", "iam:TagUser", Condition={
        "StringEquals": {"aws:RequestTag/team": "ml"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}))
    iam = person.client("iam")
    for tags in ([], [("team", "x")], [("team", "ml"), ("more", "x")]):
        with refused("AccessDenied"):
            iam.create_user(UserName=name("made"), Tags=[{"Key": k, "Value": v} for k, v in tags])
    iam.create_user(UserName=name("made"), Tags=[{"Key": "team", "Value": "ml"}])


def test_pass_role_knows_to_whom(person):
    role, profile = name("role"), name("profile")
    person.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust())
    person.iam.create_instance_profile(InstanceProfileName=profile)
    person.put(allow("iam:AddRoleToInstanceProfile"))
    add = {"InstanceProfileName": profile, "RoleName": role}
    with refused("AccessDenied", f"is not authorized to perform: iam:PassRole on resource: {arn('role/' + role)} "
                 "because no identity-based policy allows the iam:PassRole action"):
        person.client("iam").add_role_to_instance_profile(**add)
    for service in ("sagemaker.amazonaws.com", "ec2.amazonaws.com"):
        person.put(allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": service}}), "pass")
        if service.startswith("sage"):
            with refused("AccessDenied"):
                person.client("iam").add_role_to_instance_profile(**add)
        else:
            person.client("iam").add_role_to_instance_profile(**add)


# --- the record

def test_record_of_a_decision(server, person, body):
    person.put(allow("s3:GetObject", Condition={"StringEquals": {"aws:RequestedRegion": ["us-east-1"]},
                                               "Null": {"aws:TokenIssueTime": "true"}}))
    made = decisions(server, request_id(person.client().get_object(**body)))[0]
    assert (made["outcome"], made["layer"], made["statement"]) == ("allow", "identity", 0)
    assert (made["principal"], made["action"]) == (person.arn, "s3:GetObject")
    assert made["resource"] == f"arn:aws:s3:::{body['Bucket']}/k" and made["operation"] == "GetObject"
    assert (made["policy"], made["policyOf"]) == ("p0", person.arn)
    assert made["conditions"] == {"aws:RequestedRegion": ["us-east-1"], "aws:TokenIssueTime": []}
    assert re.fullmatch("AIDA[A-Z2-7]{17}", made["principalId"]) and made["account"] == ACCOUNT
    with pytest.raises(ClientError) as e:
        person.client().delete_object(**body)
    made = decisions(server, request_id(e.value.response))
    assert [(m["outcome"], m["action"], m["statement"]) for m in made] == [("deny", "s3:DeleteObject", None)]
    status, text = ask(server, "/decisions.txt?request=" + request_id(e.value.response))
    assert status == 200 and text.endswith("no identity policy allows it.\n") and "may not s3:DeleteObject" in text
    assert ask(server, "/decisions.txt?request=none")[0] == 404 and decisions(server, "none") == []


def test_record_lasts_and_a_broken_file_harms_nothing(start_server):
    server = start_server()
    ids = [request_id(server.client("s3").list_buckets())]
    server.stop()
    server.start()
    ids.append(request_id(server.client("s3").list_buckets()))
    assert [d["requestId"] for d in decisions(server) if d["requestId"] in ids] == ids
    server.stop()
    path = os.path.join(server.data, "decisions")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, "r+b") as f:  # one slot is torn
        f.seek(1024 + 300)
        f.write(b"torn")
    server.start()
    assert ids[1] in [d["requestId"] for d in decisions(server)]
    server.stop()
    with open(path, "wb") as f:
        f.write(os.urandom(5000))
    server.start()
    assert decisions(server) == [] and server.log_text().count("no record of decisions") == 1
    server.client("s3").list_buckets()
    assert len(decisions(server)) == 1


def test_record_is_bounded(start_server):
    server = start_server()
    server.client("s3").create_bucket(Bucket="bounded")
    keys = [{"Key": f"{i}-" + "k" * 900} for i in range(1000)]
    for _ in range(18):
        server.client("s3").delete_objects(Bucket="bounded", Delete={"Objects": keys})
    kept = decisions(server)
    assert len(kept) == 16384 and kept[-1]["resource"].startswith("arn:aws:s3:::bounded/999-")
    server.stop()
    assert os.path.getsize(os.path.join(server.data, "decisions")) <= (16384 + 1) * 1024


def test_no_secret_in_record_or_log(server, person, body):
    person.put(allow("s3:*", "iam:*", "sts:*"))
    token = person.client("sts").get_session_token()["Credentials"]
    session = server.client("s3", key=Key(token["AccessKeyId"], token["SecretAccessKey"], ACCOUNT),
                            token=token["SessionToken"])
    link = session.generate_presigned_url("get_object", Params=body)
    person.put(allow("s3:*", Condition={"StringLike": {"aws:Referer": "*", "aws:UserAgent": "*"}}))
    session.meta.events.register("before-sign.s3", lambda request, **_: request.headers.add_header("Referer", link))
    made = decisions(server, request_id(session.get_object(**body)))[0]
    assert made["conditions"]["aws:Referer"] == [link.split("?")[0]]
    everything = json.dumps(decisions(server)) + server.log_text()
    for secret in (token["SessionToken"], token["SecretAccessKey"], person.key.secret, ROOT_KEY.secret):
        assert secret not in everything and secret[:24] not in everything


def test_last_use_of_a_key(start_server):
    server = start_server()
    person = Person(server, allow("s3:ListAllMyBuckets"))
    used = person.iam.get_access_key_last_used(AccessKeyId=person.key.access)
    assert used["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    server.client("s3", key=person.key, region="eu-west-1").list_buckets()
    for _ in range(2):
        used = server.client("iam").get_access_key_last_used(AccessKeyId=person.key.access)
        assert used["UserName"] == person.name
        assert (used["AccessKeyLastUsed"]["ServiceName"], used["AccessKeyLastUsed"]["Region"]) == ("s3", "eu-west-1")
        server.stop()
        server.start()


# --- policies that change under load

class Load:
    """Threads that call until the block ends, and what they saw."""

    def __init__(self, call, threads=3):
        self.call, self.done, self.seen, self.lock = call, threading.Event(), {}, threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        while not self.done.is_set():
            outcome = self.call()
            with self.lock:
                self.seen[outcome] = self.seen.get(outcome, 0) + 1

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for t in self.threads:
            t.join()


def outcome_of(client, body):
    try:
        client.get_object(**body)
        return "allowed"
    except ClientError as e:
        return e.response["Error"]["Code"]


def test_no_call_is_decided_by_a_mixture(server, body):
    """In each state one of the two policies denies; only the first of one state beside the second of another allows."""
    yes, no = allow("s3:GetObject"), allow("s3:GetObject", effect="Deny")
    person = Person(server, no, yes)
    client = person.client()
    with Load(lambda: outcome_of(client, body)) as load:
        for _ in range(25):
            for policy, document in (("p1", no), ("p0", yes), ("p0", no), ("p1", yes)):
                person.put(document, policy)
    assert set(load.seen) == {"AccessDenied"} and load.seen["AccessDenied"] > 50


def test_what_was_changed_binds_the_next_call(server, body):
    """Each of two documents allows one of two calls: whoever calls after a change sees it, however many call meanwhile,
    and an identity that is held is never half of each."""
    documents = [allow("s3:GetObject"), allow("s3:GetObjectTagging")]
    person = Person(server, documents[0])
    client = person.client()
    with Load(lambda: outcome_of(client, body)):
        for i in range(60):
            person.put(documents[i % 2])
            for action, call in enumerate((client.get_object, client.get_object_tagging)):
                if action == i % 2:
                    call(**body)
                else:
                    with refused("AccessDenied"):
                        call(**body)


def test_a_session_feels_what_its_role_loses(server, body):
    person = Person(server, allow("sts:AssumeRole"))
    role = name("role")
    person.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust({"AWS": person.arn}))
    person.iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    c = person.client("sts").assume_role(RoleArn=arn(f"role/{role}"), RoleSessionName="run")["Credentials"]
    session = server.client("s3", key=Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT), token=c["SessionToken"])
    session.get_object(**body)
    person.iam.detach_role_policy(RoleName=role, PolicyArn=ADMIN)
    with refused("AccessDenied", f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/run is not authorized"):
        session.get_object(**body)
    person.iam.delete_role(RoleName=role)
    with refused("InvalidToken"):
        session.get_object(**body)


# --- tokens

def test_what_bad_tokens_are_told(start_server):
    server = start_server()
    person = Person(server, allow("s3:*"))
    c = person.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    key = Key(c["AccessKeyId"], c["SecretAccessKey"], ACCOUNT)
    other = person.client("sts").get_session_token()["Credentials"]["SessionToken"]
    s3, sts = (lambda t, k=key: server.client("s3", key=k, token=t).list_buckets(),
               lambda t, k=key: server.client("sts", key=k, token=t).get_caller_identity())
    assert sts(c["SessionToken"])["Arn"] == person.arn
    for version in ("s3", "s3v4"):
        signer = server.client("s3", key=key, token=c["SessionToken"], signature_version=version)
        link = signer.generate_presigned_url("list_buckets")[len(server.url):]
        assert server.request("GET", link, signed=False).status == 200
        bent = server.request("GET", re.sub("(?i)(security-token)=", r"\1=A", link), signed=False)
        assert (bent.status, bent.code) == (400, "InvalidToken")
    for token in (c["SessionToken"][:-4] + "AAAA", other, "x", "A" * 3000):
        with refused("InvalidToken", "The provided token is malformed or otherwise invalid."):
            s3(token)
        with refused("InvalidClientTokenId", "The security token included in the request is invalid"):
            sts(token)
    with refused("InvalidAccessKeyId"):
        s3(None)
    with refused("InvalidClientTokenId"):
        sts(None)
    with refused("InvalidToken"):
        s3(c["SessionToken"], person.key)  # of a long-term key there is no token
    with refused("SignatureDoesNotMatch"):
        s3(c["SessionToken"], Key(key.access, person.key.secret, ACCOUNT))
    subprocess.run([AEROSTAT, "clock", "advance", "15m", "--data", server.data], check=True, capture_output=True)
    with refused("ExpiredToken", "The provided token has expired."):
        s3(c["SessionToken"])
    with refused("ExpiredToken", "The security token included in the request is expired"):
        sts(c["SessionToken"])
