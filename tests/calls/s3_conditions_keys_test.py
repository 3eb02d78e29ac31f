"""The condition keys of S3, each with a value that the request has and one that it has not (docs: Service Authorization
Reference, "Condition keys for Amazon S3"; Amazon S3 User Guide, "Bucket policy examples using condition keys")."""
import time

import pytest

from aerostat import OTHER_KEY, ROOT_KEY
from buckets import open_up
from s3_rights import User, arn, denied, statement

OTHER = f"id={OTHER_KEY.canonical}"


@pytest.fixture(scope="module")
def user(server):
    return User(server)


@pytest.fixture(scope="module")
def box(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="keyed")
    open_up(s3, "keyed")
    s3.put_bucket_versioning(Bucket="keyed", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="keyed", Key="k", Body=b"x", Tagging="team=ml&stage=dev")
    s3.put_object(Bucket="keyed", Key="src/k", Body=b"x")
    return "keyed"


def put(**more):
    return lambda c, b: c.put_object(Bucket=b, Key="new", Body=b"x", **more)


def copy(**more):
    return lambda c, b: c.copy_object(Bucket=b, Key="copy", CopySource=f"{b}/src/k", **more)


def listing(**more):
    return lambda c, b: c.list_objects_v2(Bucket=b, **more)


def read(c, b):
    return c.get_object(Bucket=b, Key="k")


def retag(c, b):
    return c.put_object_tagging(Bucket=b, Key="k", Tagging={"TagSet": [{"Key": "team", "Value": "ml"},
                                                                       {"Key": "stage", "Value": "dev"}]})


PUT, LIST, GET = "s3:PutObject", "s3:ListBucket", "s3:GetObject"
EQ, LIKE = "StringEquals", "StringLike"

CASES = [
    # action, call, operator, key, what the request has, what it has not
    (LIST, listing(Prefix="home/"), EQ, "s3:prefix", "home/", "work/"),
    (LIST, listing(Prefix="home/a/"), LIKE, "s3:prefix", "home/*", "work/*"),
    (LIST, listing(Delimiter="/"), EQ, "s3:delimiter", "/", "-"),
    (LIST, listing(MaxKeys=10), "NumericLessThanEquals", "s3:max-keys", "10", "9"),
    ("s3:ListBucketVersions", lambda c, b: c.list_object_versions(Bucket=b, Prefix="p"), EQ, "s3:prefix", "p", "q"),
    (PUT, put(ACL="bucket-owner-full-control"), EQ, "s3:x-amz-acl", "bucket-owner-full-control", "private"),
    (PUT, put(GrantRead=OTHER), EQ, "s3:x-amz-grant-read", OTHER, "id=me"),
    (PUT, put(GrantFullControl=OTHER), EQ, "s3:x-amz-grant-full-control", OTHER, "id=me"),
    (PUT, put(GrantReadACP=OTHER), EQ, "s3:x-amz-grant-read-acp", OTHER, "id=me"),
    (PUT, put(GrantWriteACP=OTHER), EQ, "s3:x-amz-grant-write-acp", OTHER, "id=me"),
    ("s3:PutBucketAcl", lambda c, b: c.put_bucket_acl(Bucket=b, ACL="private"), EQ, "s3:x-amz-acl", "private",
     "public-read"),
    ("s3:PutObjectAcl", lambda c, b: c.put_object_acl(Bucket=b, Key="k", ACL="private"), EQ, "s3:x-amz-acl", "private",
     "public-read"),
    (PUT, put(StorageClass="STANDARD_IA"), EQ, "s3:x-amz-storage-class", "STANDARD_IA", "GLACIER"),
    (PUT, put(ServerSideEncryption="AES256"), EQ, "s3:x-amz-server-side-encryption", "AES256", "aws:kms"),
    (PUT, put(WebsiteRedirectLocation="/x"), EQ, "s3:x-amz-website-redirect-location", "/x", "/y"),
    (PUT, put(Tagging="team=ml"), EQ, "s3:RequestObjectTag/team", "ml", "web"),
    (PUT, put(Tagging="team=ml&stage=dev"), "ForAllValues:StringEquals", "s3:RequestObjectTagKeys", ["team", "stage"],
     ["team"]),
    (PUT, put(Tagging="team=ml"), "ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", ["team"], ["stage"]),
    (PUT, put(), "Bool", "s3:ObjectCreationOperation", "true", "false"),
    (PUT, lambda c, b: c.create_multipart_upload(Bucket=b, Key="m"), "Bool", "s3:ObjectCreationOperation", "false",
     "true"),
    (PUT, lambda c, b: c.put_object(Bucket=b, Key=f"if-{time.time_ns()}", IfNoneMatch="*"), EQ, "s3:if-none-match", "*",
     "x"),
    (PUT, put(), "Null", "s3:if-none-match", "true", "false"),
    (PUT, copy(), LIKE, "s3:x-amz-copy-source", "keyed/src/*", "keyed/other/*"),
    (PUT, copy(MetadataDirective="REPLACE"), EQ, "s3:x-amz-metadata-directive", "REPLACE", "COPY"),
    (GET, read, EQ, "s3:ExistingObjectTag/team", "ml", "web"),
    (GET, read, EQ, "s3:existingobjecttag/TEAM", "ml", "web"),
    (GET, read, "Null", "s3:ExistingObjectTag/none", "true", "false"),
    ("s3:GetObjectTagging", lambda c, b: c.get_object_tagging(Bucket=b, Key="k"), EQ, "s3:ExistingObjectTag/stage",
     "dev", "prod"),
    ("s3:PutObjectTagging", retag, EQ, "s3:RequestObjectTag/team", "ml", "web"),
    ("s3:PutObjectTagging", retag, EQ, "s3:ExistingObjectTag/team", "ml", "web"),
    ("s3:PutObjectTagging", retag, "ForAllValues:StringEquals", "s3:RequestObjectTagKeys", ["stage", "team"], ["team"]),
    (GET, read, EQ, "s3:ResourceAccount", ROOT_KEY.account, OTHER_KEY.account),
    (GET, read, EQ, "aws:ResourceAccount", ROOT_KEY.account, OTHER_KEY.account),
    (GET, read, EQ, "s3:authType", "REST-HEADER", "REST-QUERY-STRING"),
    (GET, read, EQ, "s3:signatureversion", "AWS4-HMAC-SHA256", "AWS"),
    (GET, read, "NumericLessThan", "s3:signatureAge", "600000", "0"),
    (GET, read, "Null", "s3:TlsVersion", "true", "false"),
    (GET, read, "Null", "s3:x-amz-acl", "true", "false"),
    (GET, read, "Null", "s3:VersionId", "true", "false"),
    (GET, read, LIKE, "s3:x-amz-content-sha256", "e3b0c442*", "UNSIGNED-PAYLOAD"),
]


@pytest.mark.parametrize("action,call,op,key,has,has_not", CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_keys(box, user, action, call, op, key, has, has_not):
    besides = ["s3:GetObject", "s3:PutObjectAcl", "s3:PutObjectTagging"]
    if action in besides:
        besides.remove(action)

    def allow_if(value):
        user.may(statement(action=action, Condition={op: {key: value}}),
                 *([] if action == GET else [statement(action=besides)]))

    allow_if(has)
    call(user.s3, box)
    allow_if(has_not)
    denied(lambda: call(user.s3, box))


def test_version_id(server, box, user):
    v = server.client("s3").put_object(Bucket=box, Key="v", Body=b"x")["VersionId"]
    allowed = statement(action="s3:GetObjectVersion", Condition={EQ: {"s3:VersionId": v}})
    user.may(allowed)
    user.s3.get_object(Bucket=box, Key="v", VersionId=v)
    v2 = server.client("s3").put_object(Bucket=box, Key="v", Body=b"y")["VersionId"]
    denied(lambda: user.s3.get_object(Bucket=box, Key="v", VersionId=v2))
    user.may({**allowed, "Action": "s3:DeleteObjectVersion"})
    denied(lambda: user.s3.delete_object(Bucket=box, Key="v", VersionId=v2))
    user.s3.delete_object(Bucket=box, Key="v", VersionId=v)


def test_the_tags_of_a_copys_source_are_the_sources(server, box, user):
    user.may(statement(action=[PUT, "s3:GetObjectTagging", "s3:PutObjectTagging"]),
             statement(action=GET, Condition={EQ: {"s3:ExistingObjectTag/team": "ml"}}))
    user.s3.copy_object(Bucket=box, Key="copy-of-k", CopySource=f"{box}/k")
    denied(lambda: user.s3.copy_object(Bucket=box, Key="k", CopySource=f"{box}/src/k"))
    # what is said about what is made is no condition of what is read
    user.may(statement(action=[PUT, GET]),
             statement("Deny", GET, Condition={"Null": {"s3:x-amz-copy-source": "false"}}))
    user.s3.copy_object(Bucket=box, Key="copied", CopySource=f"{box}/src/k")


def test_presigned_urls(server, box, user):
    user.may(statement(action=GET, Condition={EQ: {"s3:authType": "REST-QUERY-STRING"}}))
    denied(lambda: read(user.s3, box))

    def target(client):
        url = client.generate_presigned_url("get_object", Params={"Bucket": box, "Key": "k"})
        return url[len(server.url):]

    v4, v2 = server.client("s3", user.key, signature_version="s3v4"), server.client("s3", user.key,
                                                                                  signature_version="s3")
    for client, version in ((v4, "AWS4-HMAC-SHA256"), (v2, "AWS")):
        user.may(statement(action=GET, Condition={EQ: {"s3:signatureversion": version,
                                                       "s3:authType": "REST-QUERY-STRING"}}))
        assert server.request("GET", target(client), signed=False).body == b"x"
    user.may(statement(action=GET, Condition={EQ: {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}))
    assert server.request("GET", target(v4), signed=False).status == 200
    user.may(statement(action=PUT))
    r = server.request("GET", target(v4), signed=False)  # a link has the rights of who signed it
    assert (r.status, r.code) == (403, "AccessDenied")
    assert r.message == (f"User: {user.arn} is not authorized to perform: s3:GetObject on resource: "
                         f"\"{arn(box, 'k')}\" because no identity-based policy allows the s3:GetObject action")


def test_making_buckets(server, user):
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    user.may(statement(action="s3:CreateBucket", Condition={EQ: {"s3:LocationConstraint": "eu-west-1"}}))
    denied(lambda: user.s3.create_bucket(Bucket="where-not"))
    denied(lambda: user.s3.create_bucket(Bucket="where-not", CreateBucketConfiguration={
        "LocationConstraint": "eu-west-2"}))
    user.s3.create_bucket(Bucket="where-ever", **where)
    user.may(statement(action=["s3:CreateBucket", "s3:TagResource"], Condition={EQ: {"aws:RequestTag/team": "ml"}}))
    denied(lambda: user.s3.create_bucket(Bucket="tagless"))
    user.s3.create_bucket(Bucket="tagged-one", CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "ml"}]})
    user.may(statement(action=["s3:CreateBucket", "s3:TagResource"],
                       Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}))
    denied(lambda: user.s3.create_bucket(Bucket="tagged-two", CreateBucketConfiguration={
        "Tags": [{"Key": "team", "Value": "ml"}, {"Key": "b", "Value": "c"}]}))
    user.may(statement(action=["s3:CreateBucket", "s3:PutBucketOwnershipControls"],
                       Condition={EQ: {"s3:x-amz-object-ownership": "BucketOwnerEnforced"}}))
    user.s3.create_bucket(Bucket="owned", ObjectOwnership="BucketOwnerEnforced")
    denied(lambda: user.s3.create_bucket(Bucket="owned-2", ObjectOwnership="ObjectWriter"))


def test_deleting_under_conditions(server, box, user):
    s3 = server.client("s3")
    etag = s3.put_object(Bucket=box, Key="d", Body=b"x")["ETag"]
    user.may(statement(action="s3:DeleteObject", Condition={"Null": {"s3:if-match": "false"}}))
    denied(lambda: user.s3.delete_object(Bucket=box, Key="d"))
    user.s3.delete_object(Bucket=box, Key="d", IfMatch=etag)


def test_encryption_that_is_wanted(server, box, user):
    """AWS's own example: uploads without a header are kept out by Null, those with another by StringNotEquals."""
    user.may(statement(action=PUT), statement("Deny", PUT, Condition={"Null": {"s3:x-amz-server-side-encryption":
                                                                                 "true"}}))
    denied(lambda: put()(user.s3, box), "with an explicit deny in an identity-based policy")
    put(ServerSideEncryption="AES256")(user.s3, box)
    user.may(statement(action=PUT), statement("Deny", PUT, Condition={"StringNotEquals": {
        "s3:x-amz-server-side-encryption": "aws:kms"}}))
    denied(lambda: put(ServerSideEncryption="AES256")(user.s3, box))
    denied(lambda: put()(user.s3, box))


def test_folders_of_ones_own(server, box, user):
    """AWS's example of folders by user name: listing below the own prefix, with variables."""
    user.may(statement(action=LIST, resource=arn(box), Condition={LIKE: {"s3:prefix": ["", "home/${aws:username}/*"]}}),
             statement(resource=arn(box, "home/${aws:username}/*")))
    user.s3.list_objects_v2(Bucket=box, Prefix="")
    user.s3.list_objects_v2(Bucket=box, Prefix=f"home/{user.name}/x")
    denied(lambda: user.s3.list_objects_v2(Bucket=box, Prefix="home/somebody/"))
    denied(lambda: user.s3.list_objects_v2(Bucket=box, Prefix="home/"))
    user.s3.put_object(Bucket=box, Key=f"home/{user.name}/f", Body=b"x")
    denied(lambda: user.s3.put_object(Bucket=box, Key="home/somebody/f", Body=b"x"))
