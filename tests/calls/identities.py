"""What the tests of IAM share: refusals, names, documents."""
import contextlib
import itertools
import json

import pytest
from botocore.exceptions import ClientError

from aerostat import Key

ACCOUNT = "123456789012"
OTHER = "210987654321"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
numbers = itertools.count(1)


def name(stem="name"):
    """One that nobody has yet."""
    return f"{stem}-{next(numbers)}"


def someone(server, iam):
    """A user without a policy, and a client of his."""
    user = name("someone")
    iam.create_user(UserName=user)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return user, server.client("iam", key=Key(made["AccessKeyId"], made["SecretAccessKey"], ACCOUNT))


def arn(rest, account=ACCOUNT):
    return f"arn:aws:iam::{account}:{rest}"


def trust(principal=None, **more):
    """A trust policy; EC2's unless told."""
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal or {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
         **more}]})


def allow(*actions, resource="*", effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": list(actions), "Resource": resource, **more}]})


@contextlib.contextmanager
def refused(code, sentence=None):
    """The call inside fails with this code, and this sentence if it is told (or a piece of it)."""
    with pytest.raises(ClientError) as e:
        yield
    error = e.value.response["Error"]
    assert error["Code"] == code, error
    assert sentence is None or sentence in error["Message"], error


def tags(**pairs):
    return [{"Key": k, "Value": v} for k, v in pairs.items()]
