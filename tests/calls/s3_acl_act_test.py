"""Access control lists act where a bucket has them (docs: Amazon S3 User Guide, "Access control list (ACL) overview",
"Controlling ownership of objects and disabling ACLs", "How Amazon S3 authorizes a request")."""
import pytest

from aerostat import OTHER_KEY, ROOT_KEY
from buckets import open_up, refused
from s3_rights import ALL_ACCOUNTS, ALL_USERS, STRANGER, User, arn, denied, on, set_policy, statement

OTHER, OWN = f"id={OTHER_KEY.canonical}", f"id={ROOT_KEY.canonical}"


@pytest.fixture
def theirs(server):
    """Root of the other account."""
    return server.client("s3", OTHER_KEY)


@pytest.fixture
def anyone(server):
    return server.client("s3", None)


@pytest.fixture
def box(s3, bucket):
    open_up(s3, bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


def grant(s3, bucket, **grants):
    """These and the owner's."""
    s3.put_bucket_acl(Bucket=bucket, GrantFullControl=OWN, **grants)


def get(client, bucket, key="k"):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()


# --- of a bucket

CALLS = {
    "READ": [lambda c, b: c.list_objects_v2(Bucket=b), lambda c, b: c.list_object_versions(Bucket=b),
             lambda c, b: c.list_multipart_uploads(Bucket=b), lambda c, b: c.head_bucket(Bucket=b)],
    "WRITE": [lambda c, b: c.put_object(Bucket=b, Key="fresh", Body=b"y")],
    "READ_ACP": [lambda c, b: c.get_bucket_acl(Bucket=b)],
    "WRITE_ACP": [lambda c, b: c.put_bucket_acl(Bucket=b, GrantFullControl=f"{OTHER}, {OWN}")],
}
GRANTS = {"READ": "GrantRead", "WRITE": "GrantWrite", "READ_ACP": "GrantReadACP", "WRITE_ACP": "GrantWriteACP"}


@pytest.mark.parametrize("permission", list(CALLS))
def test_a_grant_on_a_bucket_gives_what_it_says(s3, box, theirs, permission):
    def try_all(granted):
        for name, calls in CALLS.items():
            for call in calls if name != "WRITE_ACP" or name not in granted else []:
                if name in granted:
                    call(theirs, box)
                else:
                    denied(lambda c=call: c(theirs, box), STRANGER)
    try_all(())
    grant(s3, box, **{GRANTS[permission]: OTHER})
    try_all((permission,))
    denied(lambda: get(theirs, box), STRANGER)
    denied(lambda: theirs.delete_bucket(Bucket=box), STRANGER)
    denied(lambda: theirs.get_bucket_versioning(Bucket=box), STRANGER)
    s3.put_bucket_acl(Bucket=box, GrantFullControl=f"{OWN}, {OTHER}")
    try_all(tuple(CALLS))
    if permission == "WRITE_ACP":
        CALLS[permission][0](theirs, box)
    s3.put_bucket_acl(Bucket=box, ACL="private")
    try_all(())


def test_writing_is_for_new_objects_and_ones_own(s3, box, theirs):
    grant(s3, box, GrantWrite=OTHER)
    denied(lambda: theirs.put_object(Bucket=box, Key="k", Body=b"y"), STRANGER)
    denied(lambda: theirs.delete_object(Bucket=box, Key="k"), STRANGER)
    for body in (b"1", b"2"):
        theirs.put_object(Bucket=box, Key="t", Body=body)
    assert get(theirs, box, "t") == b"2"
    theirs.delete_object(Bucket=box, Key="t")
    assert get(s3, box) == b"x"


def test_everybody_and_all_accounts(server, s3, box, theirs, anyone):
    grant(s3, box, GrantRead=f"uri={ALL_USERS}")
    anyone.list_objects_v2(Bucket=box)
    refused(lambda: get(anyone, box, "no-such-key"), "NoSuchKey", 404)  # who may list may know
    denied(lambda: get(anyone, box), STRANGER)
    grant(s3, box, GrantRead=f"uri={ALL_ACCOUNTS}")
    denied(lambda: anyone.list_objects_v2(Bucket=box), STRANGER)
    theirs.list_objects_v2(Bucket=box)
    denied(lambda: User(server, account=OTHER_KEY).s3.list_objects_v2(Bucket=box), STRANGER)


@pytest.mark.parametrize("acl", ["public-read", "authenticated-read"])
def test_canned_lists_of_objects(s3, box, theirs, anyone, acl):
    denied(lambda: get(anyone, box), STRANGER)
    denied(lambda: get(theirs, box), STRANGER)
    s3.put_object_acl(Bucket=box, Key="k", ACL=acl)
    assert get(theirs, box) == b"x"
    if acl == "public-read":
        assert get(anyone, box) == b"x"
    else:
        denied(lambda: get(anyone, box), STRANGER)
    denied(lambda: anyone.get_object_acl(Bucket=box, Key="k"), STRANGER)
    denied(lambda: anyone.get_object_tagging(Bucket=box, Key="k"), STRANGER)
    s3.put_object(Bucket=box, Key="k", Body=b"z")
    denied(lambda: get(theirs, box), STRANGER)  # a new object has a list of its own


def test_grants_on_objects(s3, box, theirs):
    s3.put_object(Bucket=box, Key="k", Body=b"x", GrantReadACP=OTHER, GrantFullControl=OWN)
    theirs.get_object_acl(Bucket=box, Key="k")
    denied(lambda: get(theirs, box), STRANGER)
    s3.put_object_acl(Bucket=box, Key="k", GrantWriteACP=OTHER, GrantFullControl=OWN)
    denied(lambda: theirs.get_object_acl(Bucket=box, Key="k"), STRANGER)
    theirs.put_object_acl(Bucket=box, Key="k", GrantFullControl=f"{OTHER}, {OWN}")
    assert get(theirs, box) == b"x"


def test_versions_have_lists_of_their_own(s3, box, theirs):
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=box, Key="v", Body=b"1", GrantRead=OTHER)["VersionId"]
    new = s3.put_object(Bucket=box, Key="v", Body=b"2")["VersionId"]
    assert theirs.get_object(Bucket=box, Key="v", VersionId=old)["Body"].read() == b"1"
    denied(lambda: theirs.get_object(Bucket=box, Key="v", VersionId=new), STRANGER)
    denied(lambda: get(theirs, box, "v"), STRANGER)


# --- the user's own account still has to let him

def test_a_user_needs_his_account_too(server, s3, box):
    s3.put_object_acl(Bucket=box, Key="k", GrantRead=OTHER)
    user = User(server, account=OTHER_KEY)
    denied(lambda: get(user.s3, box), STRANGER)
    user.may(statement(action="s3:GetObject", resource=arn(box, "*")))
    assert get(user.s3, box) == b"x"


def test_a_deny_beats_a_grant(s3, box, theirs, anyone):
    s3.put_object_acl(Bucket=box, Key="k", ACL="public-read")
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}, "s3:GetObject", "Deny"))
    denied(lambda: get(theirs, box), STRANGER)
    assert get(anyone, box) == b"x"


# --- who owns what others put

def test_objects_are_the_writers(server, s3, box, theirs):
    grant(s3, box, GrantWrite=OTHER)
    theirs.put_object(Bucket=box, Key="t", Body=b"t")
    assert theirs.get_object_acl(Bucket=box, Key="t")["Owner"]["ID"] == OTHER_KEY.canonical
    owners = {o["Key"]: o["Owner"]["ID"] for o in s3.list_objects(Bucket=box)["Contents"]}
    assert owners == {"k": ROOT_KEY.canonical, "t": OTHER_KEY.canonical}
    for call in (lambda: get(s3, box, "t"), lambda: s3.get_object_acl(Bucket=box, Key="t"),
                 lambda: s3.put_object_acl(Bucket=box, Key="t", ACL="private"), lambda: s3.copy_object(
                     Bucket=box, Key="copy", CopySource=f"{box}/t"),
                 lambda: get(User(server, statement(action="*")).s3, box, "t")):
        denied(call, STRANGER)
    set_policy(s3, box, on(box, {"AWS": ROOT_KEY.account}))  # no policy of the bucket's gives away what is another's
    denied(lambda: get(s3, box, "t"), STRANGER)
    s3.put_object_tagging(Bucket=box, Key="t", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    theirs.put_object_acl(Bucket=box, Key="t", ACL="bucket-owner-read")
    assert get(s3, box, "t") == b"t"
    denied(lambda: s3.get_object_acl(Bucket=box, Key="t"), STRANGER)
    theirs.put_object_acl(Bucket=box, Key="t", ACL="bucket-owner-full-control")
    s3.put_object_acl(Bucket=box, Key="t", GrantRead=OWN, GrantFullControl=OTHER)
    theirs.put_object_acl(Bucket=box, Key="t", ACL="private")
    s3.delete_object(Bucket=box, Key="t")  # that the bucket's owner may always


def test_a_policy_can_deny_what_is_anothers(s3, box, theirs):
    grant(s3, box, GrantWrite=OTHER)
    theirs.put_object(Bucket=box, Key="t", Body=b"t")
    set_policy(s3, box, on(box, {"AWS": OTHER_KEY.account}, "s3:GetObject", "Deny"))
    message = denied(lambda: get(theirs, box, "t"))
    assert message.endswith("with an explicit deny in a resource-based policy")  # of his own he is told why


def test_the_preferred_owner(s3, box, theirs):
    s3.put_bucket_ownership_controls(Bucket=box, OwnershipControls={"Rules": [{"ObjectOwnership":
                                                                                "BucketOwnerPreferred"}]})
    grant(s3, box, GrantWrite=OTHER)
    theirs.put_object(Bucket=box, Key="own", Body=b"1")
    theirs.put_object(Bucket=box, Key="given", Body=b"2", ACL="bucket-owner-full-control")
    denied(lambda: get(s3, box, "own"), STRANGER)
    assert get(s3, box, "given") == b"2"
    assert s3.get_object_acl(Bucket=box, Key="given")["Owner"]["ID"] == ROOT_KEY.canonical
    denied(lambda: get(theirs, box, "given"), STRANGER)
    upload = theirs.create_multipart_upload(Bucket=box, Key="mp", ACL="bucket-owner-full-control")["UploadId"]
    etag = theirs.upload_part(Bucket=box, Key="mp", UploadId=upload, PartNumber=1, Body=b"3")["ETag"]
    theirs.complete_multipart_upload(Bucket=box, Key="mp", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert get(s3, box, "mp") == b"3"


def test_without_lists_all_is_the_bucket_owners(s3, box, theirs):
    grant(s3, box, GrantWrite=OTHER)
    theirs.put_object(Bucket=box, Key="t", Body=b"t")
    s3.put_object_acl(Bucket=box, Key="k", GrantRead=OTHER)
    s3.put_bucket_acl(Bucket=box, ACL="private")
    s3.put_bucket_ownership_controls(Bucket=box, OwnershipControls={"Rules": [{"ObjectOwnership":
                                                                                "BucketOwnerEnforced"}]})
    assert get(s3, box, "t") == b"t"
    for key in ("t", "k"):
        denied(lambda k=key: get(theirs, box, k), STRANGER)
    assert s3.get_object_acl(Bucket=box, Key="k")["Grants"][0]["Grantee"]["ID"] == ROOT_KEY.canonical
    open_up(s3, box)
    denied(lambda: get(s3, box, "t"), STRANGER)
    assert get(theirs, box, "t") == b"t" and get(theirs, box) == b"x"


def test_what_nobody_put_is_nobodys(s3, box, anyone):
    s3.put_bucket_acl(Bucket=box, ACL="public-read-write")
    anyone.put_object(Bucket=box, Key="a", Body=b"a")
    assert get(anyone, box, "a") == b"a"
    denied(lambda: get(s3, box, "a"), STRANGER)
    denied(lambda: anyone.put_object(Bucket=box, Key="k", Body=b"b"), STRANGER)
    s3.delete_object(Bucket=box, Key="a")


# --- the block of public access

def test_public_lists_are_ignored(s3, box, theirs, anyone):
    s3.put_object_acl(Bucket=box, Key="k", ACL="public-read")
    s3.put_bucket_acl(Bucket=box, ACL="public-read")
    s3.put_object(Bucket=box, Key="named", Body=b"n", GrantRead=OTHER)
    assert get(anyone, box) == b"x"
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    denied(lambda: get(anyone, box), STRANGER)
    denied(lambda: get(theirs, box), STRANGER)
    denied(lambda: anyone.list_objects_v2(Bucket=box), STRANGER)
    assert get(theirs, box, "named") == b"n" and get(s3, box) == b"x"
    s3.delete_public_access_block(Bucket=box)
    assert get(anyone, box) == b"x"


def test_public_lists_are_blocked(s3, box):
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    for call in (lambda: s3.put_bucket_acl(Bucket=box, ACL="public-read"),
                 lambda: s3.put_object_acl(Bucket=box, Key="k", ACL="authenticated-read"),
                 lambda: s3.put_object(Bucket=box, Key="n", Body=b"", ACL="public-read")):
        message = denied(call)
        assert message.endswith("because public access control lists (ACLs) are prevented by the BlockPublicAcls "
                                "setting in S3 Block Public Access."), message
    s3.put_object_acl(Bucket=box, Key="k", GrantRead=OTHER)
