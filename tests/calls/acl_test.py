"""Who owns and who is granted: the block of public access, ownership, access control lists."""
from aerostat import OTHER_KEY, ROOT_KEY, path_of
from buckets import ALL_USERS, open_up, refused, without


def test_public_access_block(s3, bucket):
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    s3.delete_public_access_block(Bucket=bucket)
    refused(lambda: s3.get_public_access_block(Bucket=bucket), "NoSuchPublicAccessBlockConfiguration", 404)


def test_ownership(s3, bucket):
    def put(*settings):
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={
            "Rules": [{"ObjectOwnership": o} for o in settings]})

    put("BucketOwnerPreferred")
    r = s3.get_bucket_ownership_controls(Bucket=bucket)
    assert r["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    refused(lambda: put("Nobody"), "MalformedXML")
    refused(lambda: put("ObjectWriter", "ObjectWriter"), "MalformedXML")
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    refused(lambda: s3.get_bucket_ownership_controls(Bucket=bucket), "OwnershipControlsNotFoundError", 404)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    refused(lambda: put("BucketOwnerEnforced"), "InvalidBucketAclWithObjectOwnership", 400)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    put("BucketOwnerEnforced")


def test_acls_are_off(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for acl in ("private", "public-read"):
        e = refused(lambda a=acl: s3.put_bucket_acl(Bucket=bucket, ACL=a), "AccessControlListNotSupported", 400)
        assert e["Message"] == "The bucket does not allow ACLs"
        refused(lambda a=acl: s3.put_object_acl(Bucket=bucket, Key="k", ACL=a), "AccessControlListNotSupported", 400)
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    own = s3.get_bucket_acl(Bucket=bucket)
    policy_ = {"Owner": own["Owner"], "Grants": own["Grants"]}
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy_)
    s3.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=policy_)


def grants(r):
    return sorted((g["Grantee"].get("URI") or g["Grantee"]["ID"], g["Permission"]) for g in r["Grants"])


def test_bucket_acl(s3, bucket):
    open_up(s3, bucket)
    own = (ROOT_KEY.canonical, "FULL_CONTROL")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == sorted([own, (ALL_USERS, "READ"), (ALL_USERS, "WRITE")])
    s3.put_bucket_acl(Bucket=bucket, GrantRead=f'id="{OTHER_KEY.canonical}", uri={ALL_USERS}',
                      GrantWriteACP=f"id={OTHER_KEY.canonical}")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == sorted([(OTHER_KEY.canonical, "READ"), (ALL_USERS, "READ"),
                                                               (OTHER_KEY.canonical, "WRITE_ACP")])
    got = s3.get_bucket_acl(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": got["Owner"], "Grants": got["Grants"]})
    assert without(s3.get_bucket_acl(Bucket=bucket)) == without(got)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == [own]


def test_object_acl(s3, bucket):
    open_up(s3, bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    v1 = s3.put_object(Bucket=bucket, Key="k", Body=b"1", Metadata={"a": "b"})["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    s3.put_object_acl(Bucket=bucket, Key="k", VersionId=v1, ACL="public-read")
    own = (ROOT_KEY.canonical, "FULL_CONTROL")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k", VersionId=v1)) == sorted([own, (ALL_USERS, "READ")])
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == [own]
    r = s3.get_object(Bucket=bucket, Key="k", VersionId=v1)
    assert r["Metadata"] == {"a": "b"} and r["Body"].read() == b"1"
    s3.put_object_acl(Bucket=bucket, Key="k", VersionId=v1, ACL="private")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k", VersionId=v1)) == [own]
    refused(lambda: s3.get_object_acl(Bucket=bucket, Key="none"), "NoSuchKey", 404)
    refused(lambda: s3.put_object_acl(Bucket=bucket, Key="none", ACL="private"), "NoSuchKey", 404)
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    refused(lambda: s3.get_object_acl(Bucket=bucket, Key="k", VersionId=marker), "MethodNotAllowed", 405)


def test_acl_refusals(server, s3, bucket):
    open_up(s3, bucket)
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]

    def put(**kw):
        return lambda: s3.put_bucket_acl(Bucket=bucket, **kw)

    def document(**grant):
        return {"Owner": owner, "Grants": [{"Permission": "READ", **grant}]}

    refused(put(GrantRead="id=abc"), "InvalidArgument")
    refused(put(GrantRead="uri=http://example.com/"), "InvalidArgument")
    refused(put(GrantRead="emailAddress=a@b.c"), "UnresolvableGrantByEmailAddress")
    refused(put(GrantRead="nonsense"), "InvalidArgument")
    refused(put(ACL="private", GrantRead=f"uri={ALL_USERS}"), "InvalidRequest")
    refused(put(ACL="private", AccessControlPolicy=document(Grantee={"Type": "Group", "URI": ALL_USERS})),
            "UnexpectedContent")
    refused(put(AccessControlPolicy=document(Grantee={"Type": "Group", "URI": "x"})), "InvalidArgument")
    refused(put(AccessControlPolicy={"Owner": {"ID": "c" * 64}, "Grants": []}), "AccessDenied")
    refused(put(AccessControlPolicy={"Grants": []}), "MalformedACLError")
    assert server.request("PUT", path_of(bucket) + "?acl", {"x-amz-acl": "nonsense"}).code == "InvalidArgument"
    assert server.request("PUT", path_of(bucket) + "?acl").code == "MissingSecurityHeader"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    refused(put(ACL="public-read"), "AccessDenied", 403)
    put(ACL="private")()
