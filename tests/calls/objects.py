"""What the tests of objects share."""
import pytest
from botocore.exceptions import ClientError


def refused(call, *args, **kwargs):
    """(status, code) of a call that must fail."""
    with pytest.raises(ClientError) as e:
        call(*args, **kwargs)
    r = e.value.response
    return r["ResponseMetadata"]["HTTPStatusCode"], r["Error"]["Code"]


def refusal(call, *args, **kwargs):
    """The whole error."""
    with pytest.raises(ClientError) as e:
        call(*args, **kwargs)
    return e.value.response


def headers(response):
    return response["ResponseMetadata"]["HTTPHeaders"]


def body(response):
    return response["Body"].read()


def versions(s3, bucket):
    """[(key, version, latest, marker)] as ListObjectVersions gives them."""
    page = s3.list_object_versions(Bucket=bucket)
    rows = [(v["Key"], v["VersionId"], v["IsLatest"], False) for v in page.get("Versions", [])]
    return rows + [(v["Key"], v["VersionId"], v["IsLatest"], True) for v in page.get("DeleteMarkers", [])]


def turn(s3, bucket, status):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
