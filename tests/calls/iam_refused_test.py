"""Every operation that is served is decided about: a user without policies is refused in all of them but those that AWS
lets anyone call, and neither root nor an administrator is refused in any. The operations are those of model/ops.txt, so
that a service joins by being served."""
import os
import re
import sys

import botocore.session
import pytest
from botocore.exceptions import ClientError

from aerostat import ALICE_KEY, BOOTSTRAP, ROOT, ROOT_KEY, Key, Server
from minimal import DOCUMENT, Minimal

sys.path.insert(0, os.path.join(ROOT, "model"))
from gen import read_ops  # noqa: E402

OPS = read_ops(os.path.join(ROOT, "model/ops.txt"))
ADMIN_KEY = Key("AKIAAEROSTATTESTADMN", "admin-secret/of+the=first123456789012345", "123456789012", "admin")
BOB_KEY = Key("AKIAAEROSTATTESTBOBS", "bobs-secret/of+the=first1234567890123456", "123456789012", "bob")
ACCOUNT, BUCKET = "123456789012", "refused-bucket"
REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")
UNSERVED = ("NotImplemented", "InvalidAction", "UnknownOperationException")
ELSEWHERE = {"s3.ListDirectoryBuckets": "clients sign it for another service, s3express"}
SENTENCE = re.compile(r"User: arn:aws:iam::123456789012:user/alice is not authorized to perform: [a-z0-9-]+:\w+|"
                      r"You are not authorized to perform this operation")
ANYONE = {  # which nobody needs a right for, and why
    "sts.GetCallerIdentity": "no permissions are required (STS API reference)",
    "sts.GetSessionToken": "no permissions are required for users to perform this operation (STS API reference)",
    "sts.AssumeRoleWithSAML": "does not use AWS credentials at all: the assertion is the proof",
    "sts.AssumeRoleWithWebIdentity": "does not use AWS credentials at all: the token is the proof",
}
NOT_ROOT = {  # which root is refused all the same, and why
    "sts.AssumeRole": "a role cannot be assumed by root accounts (STS API reference)",
}
TRUST = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},'
         '"Action":"sts:AssumeRole"}]}')
BUCKET_POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},'
                 '"Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}' % BUCKET)
MORE = {
    "s3.PutBucketAcl": {"ACL": "private"}, "s3.PutObjectAcl": {"ACL": "private"},
    "s3.CompleteMultipartUpload": {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": '"0"'}]}},
    "s3.PutObjectRetention": {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": 4000000000}},
    "s3.PutObjectLegalHold": {"LegalHold": {"Status": "ON"}},
    "s3.PutObjectLockConfiguration": {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    "s3.PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "s3.CreateBucket": {"Bucket": "refused-new-bucket"},
    "s3.PutBucketAccelerateConfiguration": {"AccelerateConfiguration": {"Status": "Enabled"}},
    "s3.PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [
        {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}},
    "s3.PutBucketWebsite": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
    "s3.PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
}
for op in OPS["iam"]:
    if op.startswith("Create"):  # of a name that nobody has
        new = {"CreateUser": "UserName", "CreateGroup": "GroupName", "CreateRole": "RoleName", "CreatePolicy":
               "PolicyName", "CreateInstanceProfile": "InstanceProfileName"}.get(op)
        MORE["iam." + op] = {new: "fresh"} if new else {}


def known(upload):
    arn = f"arn:aws:iam::{ACCOUNT}:"
    return {
        "s3.Bucket": BUCKET, "s3.Key": "k", "s3.UploadId": upload, "s3.CopySource": f"{BUCKET}/k", "s3.PartNumber": 1,
        "s3.Policy": BUCKET_POLICY, "s3.Id": "x", "s3.ExpressionType": "SQL",
        "iam.UserName": "bob", "iam.GroupName": "crew", "iam.RoleName": "job", "iam.InstanceProfileName": "profile",
        "iam.PolicyName": "inline", "iam.PolicyArn": arn + "policy/rules",
        "iam.PermissionsBoundary": arn + "policy/rules",
        "iam.PolicyDocument": DOCUMENT, "iam.AssumeRolePolicyDocument": TRUST, "iam.PolicyInputList": [DOCUMENT],
        "iam.PolicySourceArn": arn + "user/bob", "iam.VersionId": "v1", "iam.AccessKeyId": BOB_KEY.access,
        "iam.Password": "a-Long-passw0rd!", "iam.NewPassword": "a-Long-passw0rd!", "iam.OldPassword": "x",
        "iam.AWSServiceName": "spot.amazonaws.com", "iam.AccountAlias": "refused-alias", "iam.Arn": arn + "user/bob",
        "iam.ActionNames": ["s3:GetObject"], "iam.ServiceNamespaces": ["s3"], "iam.DeletionTaskId": "task/x/y",
        "sts.RoleArn": arn + "role/job", "sts.RoleSessionName": "run", "sts.AccessKeyId": ROOT_KEY.access,
        "sts.Name": "guest", "sts.EncodedMessage": "nonsense",
    }


def furnish(server, admin):
    """What the operations are about."""
    s3, iam = server.client("s3"), server.client("iam")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    iam.create_group(GroupName="crew")
    iam.create_role(RoleName="job", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.create_policy(PolicyName="rules", PolicyDocument=DOCUMENT)
    if admin:
        iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return upload


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """ask(key): the server of this key's own, furnished; a function that calls an operation with its smallest input and
    gives the error: (code, message), or None."""
    made = {}

    def start(key):
        users = [{"account": k.account, "name": k.name, "access_key": k.access, "secret": k.secret}
                 for k in (ALICE_KEY, ADMIN_KEY, BOB_KEY)]
        server = Server(tmp_path_factory.mktemp("refused"), bootstrap={**BOOTSTRAP, "users": users}).start()
        return server, Minimal(known(furnish(server, key is ADMIN_KEY)), MORE)

    def caller(key, service):
        if key.access not in made:
            made[key.access] = start(key)
        server, minimal = made[key.access]
        client = server.client(service, key=key, inject_host_prefix=False)
        return lambda op: outcome(client, op, minimal.input(service, client.meta.service_model.operation_model(op)))

    yield caller
    for server, _ in made.values():
        server.stop()


def outcome(client, op, params):
    try:
        errors = client._make_api_call(op, params).get("Errors")  # of DeleteObjects, key by key
    except ClientError as e:
        errors = [e.response["Error"]]
    return (errors[0]["Code"], errors[0].get("Message", "")) if errors else None


def known_to_botocore(service):
    """s3control puts the account before the host, and an address has no such name: account_block_test.py tests it."""
    return service != "s3control" and service in botocore.session.Session().get_available_services()


@pytest.mark.parametrize("service", [s for s in OPS if known_to_botocore(s)])
def test_a_user_without_policies_is_refused(ask, service):
    call, wrong, served = ask(ALICE_KEY, service), {}, 0
    for op in OPS[service]:
        error = call(op)
        if (error and error[0] in UNSERVED) or f"{service}.{op}" in ELSEWHERE:
            continue
        served += 1
        refused = error is not None and error[0] in REFUSALS
        if f"{service}.{op}" in ANYONE:
            refused = not refused
        elif refused and error[0] != "403":  # a HEAD has no body to say why
            refused = SENTENCE.match(error[1])
        if not refused:
            wrong[op] = error
    print(f"{service}: {served} of {len(OPS[service])} served")
    assert not wrong


@pytest.mark.parametrize("service", [s for s in OPS if known_to_botocore(s)])
@pytest.mark.parametrize("key", [ROOT_KEY, ADMIN_KEY], ids=["root", "admin"])
def test_who_may_everything_is_not_refused(ask, service, key):
    call, wrong = ask(key, service), {}
    for op in OPS[service]:
        error = call(op)
        if error and error[0] in REFUSALS and not (key is ROOT_KEY and f"{service}.{op}" in NOT_ROOT):
            wrong[op] = error
    assert not wrong
