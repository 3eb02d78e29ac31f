"""What the tests of buckets share."""
import pytest
from botocore.exceptions import ClientError

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def refused(call, code, status=None):
    """The call fails with this code; gives the error."""
    with pytest.raises(ClientError) as e:
        call()
    r = e.value.response
    assert r["Error"]["Code"] == code, r
    if status:
        assert r["ResponseMetadata"]["HTTPStatusCode"] == status
    return r["Error"]


def without(r):
    return {k: v for k, v in r.items() if k != "ResponseMetadata"}


def open_up(s3, bucket, ownership="ObjectWriter"):
    """A bucket that takes ACLs and public policies."""
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})
    s3.delete_public_access_block(Bucket=bucket)
