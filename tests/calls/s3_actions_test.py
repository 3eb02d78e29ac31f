"""What every operation of S3 asks for: a user with exactly these actions may, and one with all others but one of these
is refused (docs: Amazon S3 API Reference, "Permissions" of each operation; Amazon S3 User Guide, "Required permissions
for Amazon S3 API operations")."""
import glob
import os
import re

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from aerostat import ROOT
from s3_rights import ROOT_KEY, STRANGER, User, arn, denied, on, set_policy, statement

TAGS = {"TagSet": [{"Key": "a", "Value": "b"}]}
CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
LIFECYCLE = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
SSE = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
OWNER = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
WEBSITE = {"IndexDocument": {"Suffix": "i.html"}}
METRICS = {"Id": "m"}
ANALYTICS = {"Id": "a", "StorageClassAnalysis": {}}
TIERING = {"Id": "t", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
DELETE = {"Objects": [{"Key": "gone"}]}


def inventory(bucket):
    return {"Id": "i", "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": arn(bucket), "Format": "CSV"}}}


def replication(bucket):
    return {"Role": f"arn:aws:iam::{ROOT_KEY.account}:role/replicator",
            "Rules": [{"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": arn(bucket)}}]}


class World:
    """A bucket with everything in it that an operation may be about."""

    def __init__(self, server, s3, name):
        self.bucket, self.root, self.server = name, s3, server
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership":
                                                                                     "ObjectWriter"}]})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.version = s3.put_object(Bucket=name, Key="k", Body=b"x" * 100, Tagging="a=b")["VersionId"]
        self.tagged = s3.put_object(Bucket=name, Key="tagged", Body=b"z", Tagging="a=b")["VersionId"]
        s3.put_object(Bucket=name, Key="plain", Body=b"y")
        for op, kind, value in (
                ("put_bucket_cors", "CORSConfiguration", CORS), ("put_bucket_tagging", "Tagging", TAGS),
                ("put_bucket_lifecycle_configuration", "LifecycleConfiguration", LIFECYCLE),
                ("put_bucket_website", "WebsiteConfiguration", WEBSITE),
                ("put_bucket_replication", "ReplicationConfiguration", replication(name))):
            getattr(s3, op)(Bucket=name, **{kind: value})
        set_policy(s3, name, on(name, {"Service": "logging.s3.amazonaws.com"}))

    def upload(self):
        return self.root.create_multipart_upload(Bucket=self.bucket, Key="mp")["UploadId"]

    def part(self, upload):
        return self.root.upload_part(Bucket=self.bucket, Key="mp", UploadId=upload, PartNumber=1, Body=b"p")["ETag"]

    def parts(self):
        upload = self.upload()
        return {"UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": self.part(upload)}]}}


@pytest.fixture(scope="module")
def world(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="world")
    server.client("iam").create_role(RoleName="replicator", AssumeRolePolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},'
        '"Action":"sts:AssumeRole"}]}'))
    return World(server, s3, "world")


@pytest.fixture(scope="module")
def user(server):
    return User(server)


def config(op, action, kind=None, value=None, **more):
    """A row about a sub-resource of the bucket. value may be made of the bucket's name."""
    def arguments(w):
        made = value(w.bucket) if callable(value) else value
        return {**({kind: made} if kind else {}), **more}
    return op, [action], arguments


def object_(op, actions, **more):
    return op, actions, lambda w: {"Key": "k", **more}


def version(op, actions, **more):
    return op, actions, lambda w: {"Key": "k", "VersionId": w.version, **more}


COPY, COPY_VERSION = {"CopySource": "world/plain"}, lambda w: {
    "Key": "copy", "CopySource": f"world/tagged?versionId={w.tagged}"}

OPERATIONS = [
    ("head_bucket", ["ListBucket"], lambda w: {}),
    ("list_objects", ["ListBucket"], lambda w: {}),
    ("list_objects_v2", ["ListBucket"], lambda w: {}),
    ("list_object_versions", ["ListBucketVersions"], lambda w: {}),
    ("list_multipart_uploads", ["ListBucketMultipartUploads"], lambda w: {}),
    ("get_bucket_location", ["GetBucketLocation"], lambda w: {}),

    object_("head_object", ["GetObject"]),
    version("head_object", ["GetObjectVersion"]),
    object_("get_object", ["GetObject"]),
    version("get_object", ["GetObjectVersion"]),
    object_("get_object_attributes", ["GetObject", "GetObjectAttributes"], ObjectAttributes=["ETag"]),
    version("get_object_attributes", ["GetObjectVersion", "GetObjectVersionAttributes"], ObjectAttributes=["ETag"]),
    object_("get_object_tagging", ["GetObjectTagging"]),
    version("get_object_tagging", ["GetObjectVersionTagging"]),
    object_("put_object_tagging", ["PutObjectTagging"], Tagging=TAGS),
    version("put_object_tagging", ["PutObjectVersionTagging"], Tagging=TAGS),
    object_("delete_object_tagging", ["DeleteObjectTagging"]),
    version("delete_object_tagging", ["DeleteObjectVersionTagging"]),
    object_("get_object_acl", ["GetObjectAcl"]),
    version("get_object_acl", ["GetObjectVersionAcl"]),
    object_("put_object_acl", ["PutObjectAcl"], ACL="private"),
    version("put_object_acl", ["PutObjectVersionAcl"], ACL="private"),

    ("put_object", ["PutObject"], lambda w: {"Key": "new", "Body": b"x"}),
    ("put_object", ["PutObject", "PutObjectAcl"],
     lambda w: {"Key": "new", "GrantRead": f"id={'b2' * 32}", "Body": b"x"}),
    ("put_object", ["PutObject", "PutObjectTagging"], lambda w: {"Key": "new", "Tagging": "a=b", "Body": b"x"}),
    ("copy_object", ["PutObject", "GetObject"], lambda w: {"Key": "copy", **COPY}),
    ("copy_object", ["PutObject", "GetObject", "PutObjectAcl"],
     lambda w: {"Key": "copy", "GrantRead": f"id={'b2' * 32}", **COPY}),
    ("copy_object", ["PutObject", "GetObject", "PutObjectTagging"],
     lambda w: {"Key": "copy", "TaggingDirective": "REPLACE", "Tagging": "c=d", **COPY}),
    ("copy_object", ["PutObject", "GetObjectVersion", "GetObjectVersionTagging", "PutObjectTagging"], COPY_VERSION),
    ("create_multipart_upload", ["PutObject"], lambda w: {"Key": "mp"}),
    ("create_multipart_upload", ["PutObject", "PutObjectTagging"], lambda w: {"Key": "mp", "Tagging": "a=b"}),
    ("upload_part", ["PutObject"], lambda w: {"Key": "mp", "UploadId": w.upload(), "PartNumber": 1, "Body": b"x"}),
    ("upload_part_copy", ["PutObject", "GetObject"],
     lambda w: {"Key": "mp", "UploadId": w.upload(), "PartNumber": 1, **COPY}),
    ("complete_multipart_upload", ["PutObject"], lambda w: {"Key": "mp", **w.parts()}),
    ("abort_multipart_upload", ["AbortMultipartUpload"], lambda w: {"Key": "mp", "UploadId": w.upload()}),
    ("list_parts", ["ListMultipartUploadParts"], lambda w: {"Key": "mp", "UploadId": w.upload()}),
    ("delete_object", ["DeleteObject"], lambda w: {"Key": "gone"}),
    ("delete_object", ["DeleteObjectVersion"], lambda w: {"Key": "gone", "VersionId": "null"}),

    config("get_bucket_acl", "GetBucketAcl"),
    config("put_bucket_acl", "PutBucketAcl", ACL="private"),
    config("get_bucket_policy", "GetBucketPolicy"),
    config("get_bucket_policy_status", "GetBucketPolicyStatus"),
    config("put_bucket_policy", "PutBucketPolicy", "Policy", lambda b: (
        '{"Statement":{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",'
        f'"Resource":"arn:aws:s3:::{b}/*"}}}}')),
    config("get_bucket_versioning", "GetBucketVersioning"),
    config("put_bucket_versioning", "PutBucketVersioning", "VersioningConfiguration", {"Status": "Enabled"}),
    config("get_bucket_tagging", "GetBucketTagging"),
    config("put_bucket_tagging", "PutBucketTagging", "Tagging", TAGS),
    config("get_bucket_cors", "GetBucketCORS"),
    config("put_bucket_cors", "PutBucketCORS", "CORSConfiguration", CORS),
    config("get_bucket_lifecycle_configuration", "GetLifecycleConfiguration"),
    config("put_bucket_lifecycle_configuration", "PutLifecycleConfiguration", "LifecycleConfiguration", LIFECYCLE),
    config("get_bucket_encryption", "GetEncryptionConfiguration"),
    config("put_bucket_encryption", "PutEncryptionConfiguration", "ServerSideEncryptionConfiguration", SSE),
    config("delete_bucket_encryption", "PutEncryptionConfiguration"),
    config("get_public_access_block", "GetBucketPublicAccessBlock"),
    config("put_public_access_block", "PutBucketPublicAccessBlock", "PublicAccessBlockConfiguration",
           {"BlockPublicAcls": True}),
    config("get_bucket_ownership_controls", "GetBucketOwnershipControls"),
    config("put_bucket_ownership_controls", "PutBucketOwnershipControls", "OwnershipControls", OWNER),
    config("get_bucket_logging", "GetBucketLogging"),
    config("put_bucket_logging", "PutBucketLogging", "BucketLoggingStatus", {}),
    config("get_bucket_website", "GetBucketWebsite"),
    config("put_bucket_website", "PutBucketWebsite", "WebsiteConfiguration", WEBSITE),
    config("get_bucket_notification_configuration", "GetBucketNotification"),
    config("put_bucket_notification_configuration", "PutBucketNotification", "NotificationConfiguration", {}),
    config("get_bucket_replication", "GetReplicationConfiguration"),
    ("put_bucket_replication", ["PutReplicationConfiguration", "iam:PassRole"],
     lambda w: {"ReplicationConfiguration": replication(w.bucket)}),
    config("get_bucket_accelerate_configuration", "GetAccelerateConfiguration"),
    config("put_bucket_accelerate_configuration", "PutAccelerateConfiguration", "AccelerateConfiguration",
           {"Status": "Suspended"}),
    config("get_bucket_request_payment", "GetBucketRequestPayment"),
    config("put_bucket_request_payment", "PutBucketRequestPayment", "RequestPaymentConfiguration",
           {"Payer": "BucketOwner"}),
    config("put_object_lock_configuration", "PutBucketObjectLockConfiguration", "ObjectLockConfiguration",
           {"ObjectLockEnabled": "Enabled"}),
    config("get_object_lock_configuration", "GetBucketObjectLockConfiguration"),
    *[config(f"{verb}_bucket_{name}_configuration", f"{right}{word}Configuration", kind, value, Id=an_id)
      for name, word, kind_name, a_value, an_id in (
          ("metrics", "Metrics", "MetricsConfiguration", METRICS, "m"),
          ("analytics", "Analytics", "AnalyticsConfiguration", ANALYTICS, "a"),
          ("inventory", "Inventory", "InventoryConfiguration", inventory, "i"),
          ("intelligent_tiering", "IntelligentTiering", "IntelligentTieringConfiguration", TIERING, "t"))
      for verb, right, kind, value in (("put", "Put", kind_name, a_value), ("get", "Get", None, None),
                                       ("delete", "Put", None, None))],
    config("list_bucket_metrics_configurations", "GetMetricsConfiguration"),
    config("list_bucket_analytics_configurations", "GetAnalyticsConfiguration"),
    config("list_bucket_inventory_configurations", "GetInventoryConfiguration"),
    config("list_bucket_intelligent_tiering_configurations", "GetIntelligentTieringConfiguration"),
    # what takes away comes last
    config("delete_bucket_cors", "PutBucketCORS"), config("delete_bucket_lifecycle", "PutLifecycleConfiguration"),
    config("delete_bucket_tagging", "PutBucketTagging"), config("delete_bucket_website", "DeleteBucketWebsite"),
    config("delete_bucket_replication", "PutReplicationConfiguration"),
    config("delete_public_access_block", "PutBucketPublicAccessBlock"),
    config("delete_bucket_ownership_controls", "PutBucketOwnershipControls"),
    config("delete_bucket_policy", "DeleteBucketPolicy"),
]


def whole(action):
    return action if ":" in action else f"s3:{action}"


ELSEWHERE = {"create_bucket", "delete_bucket", "list_buckets", "delete_objects"}  # told apart below


@pytest.mark.parametrize("op,actions,arguments", OPERATIONS, ids=lambda v: v if isinstance(v, str) else None)
def test_actions(world, user, op, actions, arguments):
    everything = statement(action=["s3:*", "iam:PassRole"])
    for one in actions:
        user.may(everything, statement("Deny", whole(one)))
        message = denied(lambda: getattr(user.s3, op)(Bucket=world.bucket, **arguments(world)))
        if "HEAD" not in op and message and message != "Forbidden":
            assert f"to perform: {whole(one)} on resource: \"" in message, message
            assert message.endswith("with an explicit deny in an identity-based policy"), message
        user.may(statement(action=[whole(a) for a in actions if a != one] or ["s3:ListAllMyBuckets"]))
        message = denied(lambda: getattr(user.s3, op)(Bucket=world.bucket, **arguments(world)))
        if message and message != "Forbidden":
            assert message.endswith(f"because no identity-based policy allows the {whole(one)} action"), message
    user.may(statement(action=[whole(a) for a in actions]))
    try:
        getattr(user.s3, op)(Bucket=world.bucket, **arguments(world))
    except ClientError as e:  # allowed, and told so: another row, maybe of another worker, makes what this one is about
        assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 404 and not op.startswith("put"), e


def test_every_operation_is_in_the_table():
    served = set()
    for path in glob.glob(os.path.join(ROOT, "src/s3/*.c")):
        with open(path, encoding="utf-8") as f:
            served |= set(re.findall(r'^\t\{ "([A-Z]\w+)", \w+, (?:NULL|"[^"]*"),', f.read(), re.M))
    assert len(served) > 80
    assert {xform_name(op) for op in served} == {row[0] for row in OPERATIONS} | ELSEWHERE


# --- those that are about no one bucket, and those that are about several things

def test_list_buckets(world, user):
    user.may(statement(action="s3:ListBucket"))
    message = denied(user.s3.list_buckets)
    assert message.endswith("because no identity-based policy allows the s3:ListAllMyBuckets action")
    user.may(statement(action="s3:ListAllMyBuckets"))
    assert [b["Name"] for b in user.s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("more,actions", [
    ({}, ["CreateBucket"]),
    ({"ACL": "private"}, ["CreateBucket"]),
    ({"ObjectOwnership": "ObjectWriter"}, ["CreateBucket", "PutBucketOwnershipControls"]),
    ({"ObjectOwnership": "ObjectWriter", "GrantRead": f"id={'b2' * 32}"},
     ["CreateBucket", "PutBucketOwnershipControls", "PutBucketAcl"]),
    ({"ObjectLockEnabledForBucket": True}, ["CreateBucket", "PutBucketObjectLockConfiguration", "PutBucketVersioning"]),
    ({"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}}, ["CreateBucket", "TagResource"]),
])
def test_create_and_delete_bucket(world, user, more, actions):
    name = "made-by-user"
    for one in actions:
        user.may(statement(action="s3:*"), statement("Deny", whole(one)))
        denied(lambda: user.s3.create_bucket(Bucket=name, **more))
    user.may(statement(action=[whole(a) for a in actions], resource=arn(name)))
    denied(lambda: user.s3.create_bucket(Bucket="another-name", **more))
    user.s3.create_bucket(Bucket=name, **more)
    denied(lambda: user.s3.delete_bucket(Bucket=name),
           "because no identity-based policy allows the s3:DeleteBucket action")
    user.may(statement(action="s3:DeleteBucket"))
    user.s3.delete_bucket(Bucket=name)


def test_delete_objects_is_asked_for_each_key(world, user):
    for key in ("mine/a", "mine/b", "theirs/a"):
        world.root.put_object(Bucket=world.bucket, Key=key, Body=b"x")
    v = world.root.put_object(Bucket=world.bucket, Key="mine/v", Body=b"x")["VersionId"]
    user.may(statement(action="s3:DeleteObject", resource=arn(world.bucket, "mine/*")))
    r = user.s3.delete_objects(Bucket=world.bucket, Delete={"Objects": [
        {"Key": "mine/a"}, {"Key": "theirs/a"}, {"Key": "mine/b"}, {"Key": "mine/v", "VersionId": v}]})
    assert sorted(d["Key"] for d in r["Deleted"]) == ["mine/a", "mine/b"]
    errors = {e["Key"]: e for e in r["Errors"]}
    assert {k: e["Code"] for k, e in errors.items()} == {"theirs/a": "AccessDenied", "mine/v": "AccessDenied"}
    assert errors["theirs/a"]["Message"] == (
        f"User: {user.arn} is not authorized to perform: s3:DeleteObject on resource: "
        f"\"{arn(world.bucket, 'theirs/a')}\" because no identity-based policy allows the s3:DeleteObject action")
    assert errors["mine/v"]["VersionId"] == v
    user.may(statement(action="s3:DeleteObjectVersion"))
    assert "Errors" not in user.s3.delete_objects(Bucket=world.bucket,
                                                  Delete={"Objects": [{"Key": "mine/v", "VersionId": v}]})


def test_a_missing_key_is_known_to_who_may_list(world, user):
    """docs: GetObject, "Permissions": the error for an object that does not exist depends on s3:ListBucket."""
    gone = {"Bucket": world.bucket, "Key": "no-such-key"}
    for op, action, more in (("get_object", "GetObject", {}), ("head_object", "GetObject", {}),
                             ("get_object_tagging", "GetObjectTagging", {}), ("get_object_acl", "GetObjectAcl", {}),
                             ("put_object_tagging", "PutObjectTagging", {"Tagging": TAGS}),
                             ("delete_object_tagging", "DeleteObjectTagging", {})):
        user.may(statement(action=whole(action)))
        message = denied(lambda: getattr(user.s3, op)(**gone, **more))
        if op != "head_object":
            assert message == (f"User: {user.arn} is not authorized to perform: s3:ListBucket on resource: "
                               f"\"{arn(world.bucket)}\" because no identity-based policy allows the s3:ListBucket "
                               "action")
        user.may(statement(action=[whole(action), "s3:ListBucket"]))
        with pytest.raises(ClientError) as e:
            getattr(user.s3, op)(**gone, **more)
        assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    user.may(statement(action=["s3:PutObject", "s3:GetObject"]))
    denied(lambda: user.s3.copy_object(Bucket=world.bucket, Key="c", CopySource="world/no-such-key"))
    user.may(statement(action=["s3:PutObject", "s3:GetObject", "s3:ListBucket"]))
    with pytest.raises(ClientError) as e:
        user.s3.copy_object(Bucket=world.bucket, Key="c", CopySource="world/no-such-key")
    assert e.value.response["Error"]["Code"] == "NoSuchKey"


def test_a_head_that_is_refused_has_no_body(server, world, user):
    user.may(statement(action="s3:ListAllMyBuckets"))
    for target in ("/world", "/world/k"):
        r = server.request("HEAD", target, key=user.key)
        assert (r.status, r.body) == (403, b"")


def test_tag_count_is_for_who_may_read_tags(world, user):
    world.root.put_object(Bucket=world.bucket, Key="tagged", Body=b"x", Tagging="a=b&c=d")
    user.may(statement(action="s3:GetObject"))
    assert "TagCount" not in user.s3.get_object(Bucket=world.bucket, Key="tagged")
    user.may(statement(action=["s3:GetObject", "s3:GetObjectTagging"]))
    assert user.s3.get_object(Bucket=world.bucket, Key="tagged")["TagCount"] == 2


def test_bypassing_governance_is_a_right_of_its_own(server, user, s3):
    name = "locked-bucket"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    v = s3.put_object(Bucket=name, Key="k", Body=b"x")["VersionId"]
    user.may(statement(action="s3:DeleteObjectVersion"))
    gone = {"Bucket": name, "Key": "k", "VersionId": v}
    denied(lambda: user.s3.delete_object(**gone, BypassGovernanceRetention=True),
           "because no identity-based policy allows the s3:BypassGovernanceRetention action")
    user.may(statement(action=["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]))
    user.s3.delete_object(**gone, BypassGovernanceRetention=True)


def test_resources_are_matched_as_they_are_written(world, user):
    """The policy of the exercise: s3:ListBucket on BUCKET/* matches no bucket."""
    user.may(statement(action="s3:*", resource=arn(world.bucket, "*")))
    user.s3.get_object(Bucket=world.bucket, Key="k")
    denied(lambda: user.s3.list_objects_v2(Bucket=world.bucket))
    user.may(statement(action="s3:*", resource=arn(world.bucket)))
    user.s3.list_objects_v2(Bucket=world.bucket)
    denied(lambda: user.s3.get_object(Bucket=world.bucket, Key="k"))
    user.may(statement(action="s3:*", resource=arn(world.bucket, "${aws:username}/*")))
    user.s3.put_object(Bucket=world.bucket, Key=f"{user.name}/x", Body=b"x")
    denied(lambda: user.s3.put_object(Bucket=world.bucket, Key="other/x", Body=b"x"))


def test_an_owner_that_is_expected_is_not_a_right(world, s3):
    denied(lambda: s3.get_object(Bucket=world.bucket, Key="k", ExpectedBucketOwner="210987654321"), STRANGER)
