"""What GetBucketAcl and GetObjectAcl answer, for every canned list, under every ownership of the bucket."""
import pytest

from aerostat import OTHER_KEY, ROOT_KEY
from objects import refused
from s3_rights import ALL_ACCOUNTS, ALL_USERS, no_public_block, on, set_policy

OWNER, WRITER = ROOT_KEY, OTHER_KEY
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
SETTINGS = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]
ALONE, GIVEN = "private", "bucket-owner-full-control"


def answer(acl):
    """(owner, [(grantee, permission)]), and that names come with ids."""
    people = [g["Grantee"] for g in acl["Grants"] if g["Grantee"]["Type"] == "CanonicalUser"] + [acl["Owner"]]
    for who in people:
        assert {OWNER.canonical: "first", WRITER.canonical: "other"}.get(who["ID"], "za-team") == who["DisplayName"]
    return acl["Owner"]["ID"], [(g["Grantee"].get("URI") or g["Grantee"]["ID"], g["Permission"]) for g in acl["Grants"]]


def own(s3, bucket, setting):
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": setting}]})


@pytest.fixture
def box(s3, bucket):
    """A bucket in which the other account may do anything that a policy can give."""
    no_public_block(s3, bucket)
    set_policy(s3, bucket, on(bucket, {"AWS": WRITER.account}))
    return bucket


@pytest.mark.parametrize("setting", SETTINGS[1:])
@pytest.mark.parametrize("acl,more", [
    (ALONE, []), ("public-read", [(ALL_USERS, "READ")]), ("authenticated-read", [(ALL_ACCOUNTS, "READ")]),
    ("public-read-write", [(ALL_USERS, "READ"), (ALL_USERS, "WRITE")]),
    ("log-delivery-write", [(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")])])
def test_buckets(s3, box, setting, acl, more):
    own(s3, box, setting)
    s3.put_bucket_acl(Bucket=box, ACL=acl)
    assert answer(s3.get_bucket_acl(Bucket=box)) == (OWNER.canonical, [(OWNER.canonical, "FULL_CONTROL"), *more])


@pytest.mark.parametrize("setting", SETTINGS[1:])
@pytest.mark.parametrize("acl,more", [
    (None, []), (ALONE, []), ("public-read", [(ALL_USERS, "READ")]), ("authenticated-read", [(ALL_ACCOUNTS, "READ")]),
    ("bucket-owner-read", [(OWNER.canonical, "READ")]), (GIVEN, [(OWNER.canonical, "FULL_CONTROL")])])
def test_objects_of_another_account(server, s3, box, setting, acl, more):
    own(s3, box, setting)
    theirs = server.client(key=WRITER)
    canned = {"ACL": acl} if acl else {}
    theirs.put_object(Bucket=box, Key="put", Body=b"x", **canned)
    theirs.copy_object(Bucket=box, Key="copied", CopySource=f"{box}/put", **canned)
    upload = {"Bucket": box, "Key": "parts"}
    upload["UploadId"] = theirs.create_multipart_upload(Bucket=box, Key="parts", **canned)["UploadId"]
    etag = theirs.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    theirs.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    given = setting == "BucketOwnerPreferred" and acl == GIVEN
    want = (OWNER.canonical, [(OWNER.canonical, "FULL_CONTROL")]) if given else (
        WRITER.canonical, [(WRITER.canonical, "FULL_CONTROL"), *more])
    for key in ("put", "copied", "parts"):
        assert answer((s3 if given else theirs).get_object_acl(Bucket=box, Key=key)) == want, key


def test_without_lists(server, s3, box):
    theirs, all_owners = server.client(key=WRITER), (OWNER.canonical, [(OWNER.canonical, "FULL_CONTROL")])
    for key, canned in (("none", {}), ("given", {"ACL": GIVEN})):
        theirs.put_object(Bucket=box, Key=key, Body=b"x", **canned)
        assert answer(s3.get_object_acl(Bucket=box, Key=key)) == all_owners
        assert answer(theirs.get_object_acl(Bucket=box, Key=key)) == all_owners
    for acl in ("private", "public-read", "bucket-owner-read"):
        assert refused(theirs.put_object, Bucket=box, Key="k", Body=b"x", ACL=acl) == (
            400, "AccessControlListNotSupported")
    assert answer(s3.get_bucket_acl(Bucket=box)) == all_owners


def test_lists_come_back_with_ownership(server, s3, box):
    """What ACLs said holds again when they are switched on again."""
    own(s3, box, "ObjectWriter")
    theirs = server.client(key=WRITER)
    theirs.put_object(Bucket=box, Key="k", Body=b"x", ACL="bucket-owner-read")
    before = answer(theirs.get_object_acl(Bucket=box, Key="k"))
    own(s3, box, "BucketOwnerEnforced")
    assert answer(s3.get_object_acl(Bucket=box, Key="k")) == (OWNER.canonical, [(OWNER.canonical, "FULL_CONTROL")])
    for setting in ("BucketOwnerPreferred", "ObjectWriter"):
        own(s3, box, setting)
        assert answer(theirs.get_object_acl(Bucket=box, Key="k")) == before
    s3.delete_bucket_ownership_controls(Bucket=box)
    assert answer(theirs.get_object_acl(Bucket=box, Key="k")) == before


# --- what else is kept and shown

KEPT = [
    ("bucket_request_payment", "RequestPaymentConfiguration", {"Payer": "Requester"}),
    ("bucket_accelerate_configuration", "AccelerateConfiguration", {"Status": "Suspended"}),
    ("bucket_website", "WebsiteConfiguration", {"IndexDocument": {"Suffix": "i.html"}, "ErrorDocument": {"Key": "e/+"},
                                                "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a b/"},
                                                                  "Redirect": {"ReplaceKeyPrefixWith": "é/"}}]}),
    ("bucket_notification_configuration", "NotificationConfiguration", {"EventBridgeConfiguration": {}}),
    ("bucket_notification_configuration", "NotificationConfiguration", {"QueueConfigurations": [
        {"Id": "q", "QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"],
         "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "a/"}]}}}], "EventBridgeConfiguration": {}}),
]


@pytest.mark.parametrize("noun,member,document", KEPT)
def test_kept_and_shown(s3, bucket, noun, member, document):
    getattr(s3, f"put_{noun}")(Bucket=bucket, **{member: document})
    shown = getattr(s3, f"get_{noun}")(Bucket=bucket)
    assert {k: v for k, v in shown.items() if k != "ResponseMetadata"} == document


@pytest.mark.parametrize("form", [{"SimplePrefix": {}}, {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}])
def test_logging_is_kept_and_shown(s3, bucket, form):
    document = {"TargetBucket": bucket, "TargetPrefix": "logs/", "TargetObjectKeyFormat": form}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": document})
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == document


# --- what is not served says so

@pytest.mark.parametrize("call", [
    lambda s3, b: s3.restore_object(Bucket=b, Key="k", RestoreRequest={"Days": 1}),
    lambda s3, b: s3.get_object_torrent(Bucket=b, Key="k"),
    lambda s3, b: s3.select_object_content(Bucket=b, Key="k", Expression="SELECT 1", ExpressionType="SQL",
                                           InputSerialization={"CSV": {}}, OutputSerialization={"CSV": {}})])
def test_not_served(s3, bucket, call):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    with pytest.raises(s3.exceptions.ClientError) as e:
        call(s3, bucket)
    answer_ = e.value.response
    assert answer_["ResponseMetadata"]["HTTPStatusCode"] == 400 and answer_["Error"]["Code"] == "NotImplemented"
    assert answer_["Error"]["Message"].endswith("of S3 is not served by this version of Aerostat.")


def test_renaming_is_not_served(server, bucket):
    reply = server.request("PUT", f"/{bucket}/k?renameObject", {"x-amz-rename-source": "/from"})
    assert (reply.status, reply.code) == (400, "NotImplemented") and "RenameObject" in reply.message, reply
    assert server.request("GET", f"/{bucket}/k").status == 404
