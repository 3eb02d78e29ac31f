"""Two accounts: names are shared, buckets are not (docs: Amazon S3 User Guide, "How Amazon S3 authorizes a request",
"Bucket owner granting cross-account bucket permissions")."""
import json

import pytest

from aerostat import OTHER_KEY, ROOT_KEY, Key
from buckets import refused
from s3_rights import STRANGER, User, arn, denied, on, set_policy, statement

TAGS = {"TagSet": [{"Key": "a", "Value": "b"}]}


@pytest.fixture
def theirs(server):
    return server.client("s3", OTHER_KEY)


@pytest.fixture
def box(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


def get(client, bucket, key="k"):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()


@pytest.mark.parametrize("call", [
    lambda c, b: c.head_bucket(Bucket=b), lambda c, b: c.list_objects_v2(Bucket=b), get,
    lambda c, b: c.head_object(Bucket=b, Key="k"), lambda c, b: c.get_object(Bucket=b, Key="no-such-key"),
    lambda c, b: c.put_object(Bucket=b, Key="k", Body=b"y"), lambda c, b: c.delete_object(Bucket=b, Key="k"),
    lambda c, b: c.put_object_tagging(Bucket=b, Key="k", Tagging=TAGS), lambda c, b: c.get_bucket_acl(Bucket=b),
    lambda c, b: c.create_multipart_upload(Bucket=b, Key="m"), lambda c, b: c.get_bucket_location(Bucket=b),
    lambda c, b: c.put_bucket_versioning(Bucket=b, VersioningConfiguration={"Status": "Enabled"}),
    lambda c, b: c.delete_bucket(Bucket=b), lambda c, b: c.delete_bucket_policy(Bucket=b),
])
def test_strangers_are_told_nothing(server, box, theirs, call):
    for client in (theirs, User(server, statement(action="*"), account=OTHER_KEY).s3, server.client("s3", None)):
        message = denied(lambda c=client: call(c, box))
        assert message in (STRANGER, "Forbidden")


def test_deleting_several_keys_of_others(box, theirs):
    r = theirs.delete_objects(Bucket=box, Delete={"Objects": [{"Key": "k"}, {"Key": "l"}]})
    assert [(e["Code"], e["Message"]) for e in r["Errors"]] == [("AccessDenied", STRANGER)] * 2


def test_names_are_shared_and_lists_are_not(s3, box, theirs):
    refused(lambda: theirs.create_bucket(Bucket=box), "BucketAlreadyExists", 409)
    theirs.create_bucket(Bucket=f"theirs-{box}")
    own, their = ([b["Name"] for b in c.list_buckets()["Buckets"]] for c in (s3, theirs))
    assert box in own and f"theirs-{box}" not in own
    assert f"theirs-{box}" in their and box not in their


def test_putting_into_anothers_bucket(s3, server, box, theirs):
    """ACLs are off, so that what comes is the bucket owner's."""
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}, "s3:PutObject"))
    theirs.put_object(Bucket=box, Key="t", Body=b"t")
    theirs.put_object(Bucket=box, Key="u", Body=b"u", ACL="bucket-owner-full-control")
    assert (get(s3, box, "t"), get(s3, box, "u")) == (b"t", b"u")
    denied(lambda: get(theirs, box, "t"), STRANGER)
    owners = {o["Owner"]["ID"] for o in s3.list_objects(Bucket=box)["Contents"]}
    assert owners == {ROOT_KEY.canonical}
    assert s3.get_object_acl(Bucket=box, Key="u")["Owner"]["ID"] == ROOT_KEY.canonical
    assert get(User(server, statement(action="s3:GetObject")).s3, box, "t") == b"t"


def test_who_began_an_upload_may_look_at_it_and_end_it(s3, box, theirs):
    """docs: "Multipart upload API and permissions": the initiator, by default."""
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}, "s3:PutObject"))
    mine = s3.create_multipart_upload(Bucket=box, Key="m")["UploadId"]
    theirs_ = theirs.create_multipart_upload(Bucket=box, Key="m")["UploadId"]
    theirs.list_parts(Bucket=box, Key="m", UploadId=theirs_)
    denied(lambda: theirs.list_parts(Bucket=box, Key="m", UploadId=mine), STRANGER)
    denied(lambda: theirs.abort_multipart_upload(Bucket=box, Key="m", UploadId=mine), STRANGER)
    theirs.abort_multipart_upload(Bucket=box, Key="m", UploadId=theirs_)
    s3.abort_multipart_upload(Bucket=box, Key="m", UploadId=mine)


def test_copying_between_accounts_needs_both(s3, box, theirs, server):
    to = f"to-{box}"
    theirs.create_bucket(Bucket=to)
    source = {"Key": "c", "CopySource": f"{box}/k"}
    denied(lambda: theirs.copy_object(Bucket=to, **source), STRANGER)
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}, "s3:GetObject"))
    theirs.copy_object(Bucket=to, **source)
    user = User(server, statement(action="s3:PutObject"), account=OTHER_KEY)
    denied(lambda: user.s3.copy_object(Bucket=to, **source), STRANGER)
    user.may(statement(action=["s3:PutObject", "s3:GetObject"]))
    user.s3.copy_object(Bucket=to, **source)
    denied(lambda: s3.copy_object(Bucket=to, Key="d", CopySource=f"{box}/k"), STRANGER)
    upload = theirs.create_multipart_upload(Bucket=to, Key="m")["UploadId"]
    theirs.upload_part_copy(Bucket=to, Key="m", UploadId=upload, PartNumber=1, CopySource=f"{box}/k")
    s3.delete_bucket_policy(Bucket=box)
    denied(lambda: theirs.upload_part_copy(Bucket=to, Key="m", UploadId=upload, PartNumber=1, CopySource=f"{box}/k"),
           STRANGER)


def test_a_role_of_the_bucket_owners_account(server, s3, box):
    """The other way across accounts: the caller becomes one of the owner's."""
    iam = server.client("iam")
    iam.create_role(RoleName=f"for-{box}", AssumeRolePolicyDocument=json.dumps({"Statement": {
        "Effect": "Allow", "Principal": {"AWS": OTHER_KEY.account}, "Action": "sts:AssumeRole"}}))
    iam.put_role_policy(RoleName=f"for-{box}", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [statement(action="s3:GetObject", resource=arn(box, "*"))]}))
    user = User(server, statement(action="sts:AssumeRole"), account=OTHER_KEY)
    c = server.client("sts", user.key).assume_role(
        RoleArn=f"arn:aws:iam::{ROOT_KEY.account}:role/for-{box}", RoleSessionName="s1")["Credentials"]
    client = server.client("s3", Key(c["AccessKeyId"], c["SecretAccessKey"], ROOT_KEY.account), token=c["SessionToken"])
    assert get(client, box) == b"x"
    message = denied(lambda: client.list_objects_v2(Bucket=box))
    assert message.endswith("because no identity-based policy allows the s3:ListBucket action")
    url = client.generate_presigned_url("get_object", Params={"Bucket": box, "Key": "k"})
    assert server.request("GET", url[len(server.url):], signed=False).body == b"x"


def test_a_boundary_of_the_other_account(server, s3, box):
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}))
    user = User(server, statement(action="s3:*"), account=OTHER_KEY)
    assert get(user.s3, box) == b"x"
    user.iam.put_user_permissions_boundary(
        UserName=user.name, PermissionsBoundary="arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    denied(lambda: get(user.s3, box), STRANGER)
