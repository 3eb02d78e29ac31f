"""The block of public access of an account, by s3control; and that the stricter of it and the bucket's counts."""
import pytest

from aerostat import OTHER_KEY, ROOT_KEY
from objects import body, refusal, refused
from s3_rights import ALL_USERS, User, denied, no_public_block, on, set_policy, statement

ALL = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
NONE = {name: False for name in ALL}
PATH = "/v20180820/configuration/publicAccessBlock"


class Account:
    """The block of an account through boto3, which is kept from putting the account's id before an IP address."""

    def __init__(self, server, key=ROOT_KEY, account=None):
        self.client = server.client("s3control", key)
        self.account = account or key.account
        self.client.meta.events.register("before-sign.s3-control", self.to_the_server)
        self.url = server.url

    def to_the_server(self, request, **_):
        request.url = self.url + request.url.partition(f"{self.account}.{self.url.split('//')[1]}")[2]

    def put(self, **blocks):
        self.client.put_public_access_block(AccountId=self.account, PublicAccessBlockConfiguration=blocks)

    def get(self):
        return self.client.get_public_access_block(AccountId=self.account)["PublicAccessBlockConfiguration"]

    def delete(self):
        self.client.delete_public_access_block(AccountId=self.account)


@pytest.fixture
def account(server):
    a = Account(server)
    yield a
    a.delete()


def test_put_get_delete(server, account):
    error = refusal(account.get)
    assert error["Error"]["Code"] == "NoSuchPublicAccessBlockConfiguration"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404
    account.put(**ALL)
    assert account.get() == ALL
    account.put(BlockPublicAcls=True)
    assert account.get() == {**NONE, "BlockPublicAcls": True}
    assert refused(Account(server, OTHER_KEY).get)[1] == "NoSuchPublicAccessBlockConfiguration"
    account.delete()
    account.delete()
    assert refused(account.get) == (404, "NoSuchPublicAccessBlockConfiguration")


def test_the_error_has_an_element_around_it(server):
    reply = server.request("GET", PATH, {"x-amz-account-id": ROOT_KEY.account})
    assert reply.status == 404 and b"<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration<" in reply.body


def test_by_aws_name(server, account):
    account.put(**ALL)
    host = f"{ROOT_KEY.account}.s3-control.us-east-1.amazonaws.com"
    reply = server.request("GET", PATH, {"Host": host, "x-amz-account-id": ROOT_KEY.account})
    assert reply.status == 200 and b"<RestrictPublicBuckets>true<" in reply.body, reply


def test_a_bucket_may_be_called_like_the_version(server, s3):
    s3.create_bucket(Bucket="v20180820")
    s3.put_object(Bucket="v20180820", Key="configuration/publicAccessBlock", Body=b"mine")
    assert body(s3.get_object(Bucket="v20180820", Key="configuration/publicAccessBlock")) == b"mine"


def test_it_outlives_a_restart(start_server):
    server = start_server()
    Account(server).put(**ALL)
    server.stop()
    server.start()
    assert Account(server).get() == ALL


@pytest.mark.parametrize("body", [b"", b"<x", b"<PublicAccessBlockConfiguration><BlockPublicAcls>maybe"
                                  b"</BlockPublicAcls></PublicAccessBlockConfiguration>"])
def test_documents_that_are_none(server, body):
    reply = server.request("PUT", PATH, {"x-amz-account-id": ROOT_KEY.account}, body)
    assert (reply.status, reply.code) == (400, "MalformedXML"), reply


def test_who_may(server, account):
    user = User(server, statement(action="s3:*PublicAccessBlock"))
    theirs = Account(server, user.key)
    theirs.put(**ALL)
    user.may(statement(action=["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"]))
    for call in (theirs.get, theirs.delete, lambda: theirs.put(**NONE)):
        denied(call)
    user.may(statement(action="s3:GetAccountPublicAccessBlock"))
    assert theirs.get() == ALL
    denied(Account(server, OTHER_KEY, ROOT_KEY.account).get, "Access Denied")
    reply = server.request("GET", PATH, {"x-amz-account-id": ROOT_KEY.account}, signed=False)
    assert (reply.status, reply.code) == (403, "AccessDenied"), reply


def test_policies(server, s3, account, bucket):
    stranger = server.client(key=None)
    no_public_block(s3, bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    set_policy(s3, bucket, on(bucket, "*", "s3:GetObject"))
    assert body(stranger.get_object(Bucket=bucket, Key="k")) == b"x"
    account.put(RestrictPublicBuckets=True)
    denied(lambda: stranger.get_object(Bucket=bucket, Key="k"))
    set_policy(s3, bucket, on(bucket, "*", "s3:GetObject"))
    account.put(BlockPublicPolicy=True)
    assert body(stranger.get_object(Bucket=bucket, Key="k")) == b"x"
    message = denied(lambda: set_policy(s3, bucket, on(bucket, "*", "s3:GetObject")))
    assert message.endswith("because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public "
                            "Access."), message


def test_acls(server, s3, account, bucket):
    stranger = server.client(key=None)
    no_public_block(s3, bucket)
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    assert body(stranger.get_object(Bucket=bucket, Key="k")) == b"x"
    account.put(IgnorePublicAcls=True)
    denied(lambda: stranger.get_object(Bucket=bucket, Key="k"))
    s3.put_object_acl(Bucket=bucket, Key="k", GrantRead=f"uri={ALL_USERS}")
    account.put(BlockPublicAcls=True)
    assert body(stranger.get_object(Bucket=bucket, Key="k")) == b"x"
    denied(lambda: s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read"))


def test_the_buckets_own_block_still_counts(server, s3, account, bucket):
    account.put(**NONE)
    denied(lambda: set_policy(s3, bucket, on(bucket, "*", "s3:GetObject")))
