"""What the tests of rights on S3 share: users with policies, bucket policies, refusals."""
import itertools
import json

import pytest
from botocore.exceptions import ClientError

from aerostat import OTHER_KEY, ROOT_KEY, Key

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
ALL_ACCOUNTS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
numbers = itertools.count(1)


def statement(effect="Allow", action="s3:*", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class User:
    """An IAM user with an inline policy of these statements, and clients of his."""

    def __init__(self, server, *statements, account=ROOT_KEY):
        self.server, self.iam, self.name = server, server.client("iam", account), f"user-{next(numbers)}"
        self.account = account.account
        self.arn = self.iam.create_user(UserName=self.name)["User"]["Arn"]
        key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.key = Key(key["AccessKeyId"], key["SecretAccessKey"], self.account, self.name, account.canonical)
        self.s3 = server.client("s3", self.key)
        if statements:
            self.may(*statements)

    def may(self, *statements):
        """These statements and no others."""
        self.iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=document(*statements))
        return self


def arn(bucket, key=None):
    return f"arn:aws:s3:::{bucket}" + ("" if key is None else f"/{key}")


def set_policy(s3, bucket, *statements):
    s3.put_bucket_policy(Bucket=bucket, Policy=document(*statements))


def on(bucket, principal, action="s3:*", effect="Allow", **more):
    """A statement of a bucket policy about all of the bucket."""
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": [arn(bucket), arn(bucket, "*")],
            **more}


def denied(call, sentence=None):
    """The call is refused with AccessDenied; sentence: how the message ends."""
    with pytest.raises(ClientError) as e:
        call()
    r = e.value.response
    assert r["ResponseMetadata"]["HTTPStatusCode"] == 403, r
    if r["Error"]["Code"] != "403":  # HEAD has no body
        assert r["Error"]["Code"] == "AccessDenied", r
        assert sentence is None or r["Error"]["Message"].endswith(sentence), r
    return r["Error"].get("Message")


STRANGER = "Access Denied"  # all that those of other accounts and of none are told


def no_public_block(s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)


__all__ = ["ALL_ACCOUNTS", "ALL_USERS", "OTHER_KEY", "ROOT_KEY", "STRANGER", "User", "arn", "denied", "document",
           "no_public_block", "on", "set_policy", "statement"]
