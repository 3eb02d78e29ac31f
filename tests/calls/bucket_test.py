"""Buckets: names, regions, creation twice, head, deletion, listing, location, owner, versioning."""
import threading
import uuid

import pytest
from botocore.exceptions import ClientError

from aerostat import OTHER_KEY, ROOT_KEY, path_of
from buckets import refused


def fresh():
    return "b-" + uuid.uuid4().hex


# --- create


def test_create_and_head(s3):
    name = fresh()
    r = s3.create_bucket(Bucket=name)
    assert r["Location"] == "/" + name
    r = s3.head_bucket(Bucket=name)
    assert r["BucketRegion"] == "us-east-1" and r["AccessPointAlias"] is False


@pytest.mark.parametrize("name", ["Abc", "a_b", "ab", "a" * 64, "192.168.5.4", "xn--abc", "sthree-abc", "abc-s3alias",
                                  "abc--ol-s3", "a..b", "-abc", "abc-", "amzn-s3-demo-bucket", "abc.mrap", "abc--x-s3"])
def test_bad_names(server, name):
    r = server.request("PUT", "/" + name)
    assert (r.status, r.code, r.message) == (400, "InvalidBucketName", "The specified bucket is not valid.")
    assert f"<BucketName>{name}</BucketName>".encode() in r.body
    assert server.request("HEAD", "/" + name).status == 400


def test_again_in_the_first_region(s3):
    name = fresh()
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert s3.create_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"


def test_again_elsewhere(server):
    west, name = server.client(region="us-west-2"), fresh()
    config = {"LocationConstraint": "us-west-2"}
    r = west.create_bucket(Bucket=name, CreateBucketConfiguration=config)
    assert r["Location"] == f"http://{name}.s3.amazonaws.com/"
    e = refused(lambda: west.create_bucket(Bucket=name, CreateBucketConfiguration=config), "BucketAlreadyOwnedByYou",
                409)
    assert e["BucketName"] == name
    refused(lambda: server.client().create_bucket(Bucket=name), "BucketAlreadyOwnedByYou", 409)


def test_of_another(server, s3, bucket):
    other = server.client(key=OTHER_KEY)
    refused(lambda: other.create_bucket(Bucket=bucket), "BucketAlreadyExists", 409)
    refused(lambda: other.head_bucket(Bucket=bucket), "403", 403)
    refused(lambda: other.delete_bucket(Bucket=bucket), "AccessDenied", 403)
    refused(lambda: other.get_bucket_versioning(Bucket=bucket), "AccessDenied", 403)
    refused(lambda: server.client(key=None).head_bucket(Bucket=bucket), "403", 403)


@pytest.mark.parametrize("speaks,asked,code", [
    ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
    ("us-east-1", "mars-north-1", "InvalidLocationConstraint"),
    ("us-west-2", None, "IllegalLocationConstraintException"),
    ("us-west-2", "eu-central-1", "IllegalLocationConstraintException"),
    ("eu-west-1", "us-west-2", "IllegalLocationConstraintException"),
])
def test_wrong_region(server, speaks, asked, code):
    client = server.client(region=speaks)
    config = {"CreateBucketConfiguration": {"LocationConstraint": asked}} if asked else {}
    refused(lambda: client.create_bucket(Bucket=fresh(), **config), code, 400)


@pytest.mark.parametrize("speaks,asked,is_in", [("us-east-1", "eu-central-1", "eu-central-1"),
                                               ("eu-west-1", "EU", "eu-west-1"), ("us-east-1", "EU", "eu-west-1"),
                                               ("ap-south-2", "ap-south-2", "ap-south-2")])
def test_region(server, s3, speaks, asked, is_in):
    name = fresh()
    server.client(region=speaks).create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": asked})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == is_in
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == is_in
    # an address serves every region, whatever region the client signs for
    s3.put_object(Bucket=name, Key="k", Body=b"x")


def test_location_of_the_first_region(server, s3, bucket):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    r = server.request("GET", path_of(bucket) + "?location")
    assert r.body.endswith(b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>')


def test_amazons_regional_names_are_held_to_theirs(server):
    name = fresh()
    server.client(region="us-west-2").create_bucket(Bucket=name,
                                                    CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    def head(host, region):
        return server.request("GET", f"/{name}?location", {"Host": host}, region=region)

    assert head("s3.us-west-2.amazonaws.com", "us-west-2").status == 200
    r = head("s3.eu-west-1.amazonaws.com", "eu-west-1")
    assert (r.status, r.code, r.headers["x-amz-bucket-region"]) == (301, "PermanentRedirect", "us-west-2")
    assert f"<Endpoint>{name}.s3.us-west-2.amazonaws.com</Endpoint>".encode() in r.body


def test_directory_buckets_are_refused_loudly(s3):
    config = {"Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
              "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"}}
    e = refused(lambda: s3.create_bucket(Bucket=fresh(), CreateBucketConfiguration=config), "NotImplemented", 400)
    assert "not served" in e["Message"]


def test_malformed_body(server):
    r = server.request("PUT", "/" + fresh(), body=b"<CreateBucketConfiguration><Loc")
    assert (r.status, r.code) == (400, "MalformedXML")


def test_born_with_tags(s3):
    name = fresh()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "ml"}]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "ml"}]


def test_born_with_object_lock(s3):
    name = fresh()
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    refused(lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}),
            "InvalidBucketState", 409)


def test_born_with_acl_and_ownership(s3):
    name = fresh()
    s3.create_bucket(Bucket=name, ACL="private")
    refused(lambda: s3.create_bucket(Bucket=fresh(), ACL="public-read"), "InvalidBucketAclWithObjectOwnership", 400)
    refused(lambda: s3.create_bucket(Bucket=fresh(), ACL="public-read", ObjectOwnership="ObjectWriter"),
            "InvalidBucketAclWithBlockPublicAccessError", 400)
    name = fresh()
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerPreferred")
    rules = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_32_at_once(server):
    for key in (ROOT_KEY, OTHER_KEY):
        name, results = fresh(), []
        config = {"LocationConstraint": "eu-west-1"}

        def create(client):
            try:
                client.create_bucket(Bucket=name, CreateBucketConfiguration=config)
                results.append("made")
            except ClientError as e:
                results.append(e.response["Error"]["Code"])

        clients = [server.client(region="eu-west-1", key=key) for _ in range(32)]
        threads = [threading.Thread(target=create, args=(c,)) for c in clients]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(results) == ["BucketAlreadyOwnedByYou"] * 31 + ["made"]


# --- delete


def test_delete(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    e = refused(lambda: s3.delete_bucket(Bucket=bucket), "BucketNotEmpty", 409)
    assert e["Message"] == "The bucket you tried to delete is not empty"
    s3.delete_object(Bucket=bucket, Key="k")
    assert s3.delete_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(lambda: s3.delete_bucket(Bucket=bucket), "NoSuchBucket", 404)
    refused(lambda: s3.head_bucket(Bucket=bucket), "404", 404)
    assert refused(lambda: s3.list_objects_v2(Bucket=bucket), "NoSuchBucket", 404)["BucketName"] == bucket


def test_versions_and_markers_count(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    e = refused(lambda: s3.delete_bucket(Bucket=bucket), "BucketNotEmpty", 409)
    assert e["Message"].endswith("You must delete all versions in the bucket.")
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    refused(lambda: s3.delete_bucket(Bucket=bucket), "BucketNotEmpty", 409)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    s3.delete_bucket(Bucket=bucket)


def test_uploads_in_progress_go_with_it(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x" * 300_000)
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    refused(lambda: s3.list_parts(Bucket=bucket, Key="k", UploadId=upload), "NoSuchUpload", 404)


def test_nothing_is_inherited(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    refused(lambda: s3.get_bucket_tagging(Bucket=bucket), "NoSuchTagSet")


def test_delete_against_puts(server, s3):
    """Either the bucket goes and every put from then on says so, or it stays with what was put."""
    for _ in range(10):
        name, puts = fresh(), []
        s3.create_bucket(Bucket=name)

        def put(i):
            client = server.client()
            try:
                client.put_object(Bucket=name, Key=f"k{i}", Body=b"x")
                puts.append(i)
            except ClientError as e:
                assert e.response["Error"]["Code"] == "NoSuchBucket"

        threads = [threading.Thread(target=put, args=(i,)) for i in range(6)]
        for t in threads:
            t.start()
        try:
            s3.delete_bucket(Bucket=name)
            gone = True
        except ClientError as e:
            assert e.response["Error"]["Code"] == "BucketNotEmpty"
            gone = False
        for t in threads:
            t.join()
        if gone:
            assert puts == []
            refused(lambda: s3.list_objects_v2(Bucket=name), "NoSuchBucket")
        else:
            assert sorted(o["Key"] for o in s3.list_objects_v2(Bucket=name)["Contents"]) == [f"k{i}" for i in
                                                                                            sorted(puts)]


# --- list


def test_list(start_server):
    server = start_server()
    s3 = server.client()
    assert s3.list_buckets()["Buckets"] == []
    names = sorted(f"{p}-{i:02}" for p in ("app", "log", "ml") for i in range(7))
    for n in reversed(names):
        s3.create_bucket(Bucket=n)
    server.client(region="eu-west-1").create_bucket(Bucket="log-eu", CreateBucketConfiguration={
        "LocationConstraint": "eu-west-1"})
    server.client(key=OTHER_KEY).create_bucket(Bucket="app-others")
    names = sorted(names + ["log-eu"])
    r = s3.list_buckets()
    assert [b["Name"] for b in r["Buckets"]] == names
    assert r["Owner"]["ID"] == ROOT_KEY.canonical and r["Owner"]["DisplayName"] == "first"
    assert all("BucketRegion" not in b and b["CreationDate"].microsecond == 0 for b in r["Buckets"])
    assert [b["Name"] for b in server.client(key=OTHER_KEY).list_buckets()["Buckets"]] == ["app-others"]

    r = s3.list_buckets(Prefix="log")
    assert [b["Name"] for b in r["Buckets"]] == [n for n in names if n.startswith("log")] and r["Prefix"] == "log"
    r = s3.list_buckets(BucketRegion="eu-west-1")
    assert [(b["Name"], b["BucketRegion"]) for b in r["Buckets"]] == [("log-eu", "eu-west-1")]
    for size in (1, 3, 7, 22, 23):
        pages = list(s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": size}))
        assert [b["Name"] for p in pages for b in p["Buckets"]] == names
        assert len(pages) == -(-len(names) // size)
    pages = s3.get_paginator("list_buckets").paginate(Prefix="ml", PaginationConfig={"PageSize": 2})
    assert [len(p["Buckets"]) for p in pages] == [2, 2, 2, 1]


def test_list_refusals(server, s3):
    for bad in (0, 10001, -1):
        r = server.request("GET", f"/?max-buckets={bad}")
        assert (r.status, r.code) == (400, "InvalidArgument")
    refused(lambda: s3.list_buckets(BucketRegion="nowhere-1"), "InvalidArgument", 400)
    refused(lambda: s3.list_buckets(ContinuationToken="?!"), "InvalidArgument", 400)
    assert server.request("GET", "/", signed=False).status == 403


# --- expected owner


def test_expected_owner(server, s3, bucket):
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=ROOT_KEY.account)
    refused(lambda: s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=OTHER_KEY.account), "403", 403)
    refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", ExpectedBucketOwner=OTHER_KEY.account),
            "AccessDenied", 403)
    r = server.request("GET", path_of(bucket) + "?location", {"x-amz-expected-bucket-owner": "me"})
    assert (r.status, r.code) == (400, "InvalidBucketOwnerAWSAccountID")


# --- versioning


def test_versioning(server, s3, bucket):
    r = server.request("GET", path_of(bucket) + "?versioning")
    assert r.status == 200 and b"Status" not in r.body and b"MfaDelete" not in r.body
    for status in ("Enabled", "Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        r = s3.get_bucket_versioning(Bucket=bucket)
        assert r["Status"] == status and "MFADelete" not in r
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Disabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["MFADelete"] == "Disabled"
    refused(lambda: s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled",
                                                                                     "MFADelete": "Enabled"}),
            "AccessDenied", 403)


@pytest.mark.parametrize("body,code", [
    (b"<VersioningConfiguration/>", "IllegalVersioningConfigurationException"),
    (b"<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>", "MalformedXML"),
    (b"<VersioningConfiguration><Status>Enabled</Status>", "MalformedXML"),
    (b"", "MalformedXML"),
    (b"{}", "MalformedXML"),
])
def test_bad_versioning(server, bucket, body, code):
    r = server.request("PUT", path_of(bucket) + "?versioning", body=body)
    assert (r.status, r.code) == (400, code)


def test_survives_a_restart(start_server):
    server = start_server()
    s3 = server.client()
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    date = s3.list_buckets()["Buckets"][0]["CreationDate"]
    server.kill()
    server.start()
    s3 = server.client()
    assert s3.list_buckets()["Buckets"][0]["CreationDate"] == date
    assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
