"""The exercise's identities by the AWS CLI: an ML engineer with keys, an instance role in its profile."""
import json
import re

import pytest

from aerostat import Key
from session import Tool, aws_cli

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
BUCKET = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::my-ml-bucket/*"]}]}


@pytest.fixture(params=[1, 2])
def aws(request, start_server, tmp_path):
    server = start_server()
    t = Tool([aws_cli(request.param), "--endpoint-url", server.url], server.cli_env(tmp_path))
    t.server, t.home = server, tmp_path
    return t


def iam(aws, *args):
    """What it prints, read; None if that is nothing."""
    out = aws.run("iam", *args, "--output", "json")
    return json.loads(out) if out.strip() else None


def document(aws, name, tree):
    path = aws.home / name
    path.write_text(json.dumps(tree, indent=2))
    return f"file://{path}"


def test_an_ml_engineer(aws):
    user = iam(aws, "create-user", "--user-name", "ml-engineer")["User"]
    assert sorted(user) == ["Arn", "CreateDate", "Path", "UserId", "UserName"]
    assert user["Arn"] == "arn:aws:iam::123456789012:user/ml-engineer" and user["UserId"].startswith("AIDA")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", user["CreateDate"])
    assert iam(aws, "attach-user-policy", "--user-name", "ml-engineer", "--policy-arn", ADMIN) is None
    made = iam(aws, "create-access-key", "--user-name", "ml-engineer")["AccessKey"]
    assert sorted(made) == ["AccessKeyId", "CreateDate", "SecretAccessKey", "Status", "UserName"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], "123456789012")
    engineer = Tool(aws.command, aws.server.cli_env(aws.home, key=key))
    who = json.loads(engineer.run("sts", "get-caller-identity", "--output", "json"))
    assert (who["Arn"], who["UserId"]) == (user["Arn"], user["UserId"])
    assert json.loads(engineer.run("iam", "get-user", "--output", "json"))["User"]["UserName"] == "ml-engineer"


def test_an_instance_role(aws):
    trust, policy = document(aws, "trust-policy.json", TRUST), document(aws, "ml-instance-policy.json", BUCKET)
    role = iam(aws, "create-role", "--role-name", "MLInstanceRole", "--assume-role-policy-document", trust)["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST and role["RoleId"].startswith("AROA")
    assert iam(aws, "put-role-policy", "--role-name", "MLInstanceRole", "--policy-name", "MLInstancePolicy",
               "--policy-document", policy) is None
    profile = iam(aws, "create-instance-profile", "--instance-profile-name", "MLInstanceProfile")["InstanceProfile"]
    assert profile["Roles"] == [] and profile["InstanceProfileId"].startswith("AIPA")
    assert iam(aws, "add-role-to-instance-profile", "--instance-profile-name", "MLInstanceProfile", "--role-name",
               "MLInstanceRole") is None
    got = iam(aws, "get-instance-profile", "--instance-profile-name", "MLInstanceProfile")["InstanceProfile"]
    assert [r["RoleName"] for r in got["Roles"]] == ["MLInstanceRole"]
    assert got["Roles"][0]["AssumeRolePolicyDocument"] == TRUST
    kept = iam(aws, "get-role-policy", "--role-name", "MLInstanceRole", "--policy-name", "MLInstancePolicy")
    assert kept["PolicyDocument"] == BUCKET


def test_what_is_refused_is_said_as_aws_says_it(aws):
    iam(aws, "create-user", "--user-name", "ml-engineer")
    said = aws.run("iam", "create-user", "--user-name", "ML-Engineer", rc=None)
    assert "(EntityAlreadyExists) when calling the CreateUser operation" in said
    assert said.rstrip().endswith(": User with name ML-Engineer already exists.")
    said = aws.run("iam", "get-role", "--role-name", "nobody", rc=None)
    assert "(NoSuchEntity) when calling the GetRole operation" in said
    assert said.rstrip().endswith(": The role with name nobody cannot be found.")
