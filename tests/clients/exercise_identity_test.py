"""The exercise's "Create IAM User" and Part 3 as printed, by the shell and by boto3: afterwards the keys and the role
do what the policies say and nothing else."""
import json
import subprocess

import pytest
from botocore.exceptions import ClientError

from aerostat import Key
from session import aws_cli

SETUP = r"""
# Create IAM user for ML operations
aws iam create-user --user-name ml-engineer

# Attach AdministratorAccess policy (for learning only)
aws iam attach-user-policy \
  --user-name ml-engineer \
  --policy-arn arn:aws:iam::aws:policy/AdministratorAccess

# Create access key
aws iam create-access-key --user-name ml-engineer
"""

PART_3 = r"""
# Create trust policy
cat > trust-policy.json <<EOF
{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {
      "Service": "ec2.amazonaws.com"
    },
    "Action": "sts:AssumeRole"
  }]
}
EOF

# Create role
aws iam create-role \
  --role-name MLInstanceRole \
  --assume-role-policy-document file://trust-policy.json

# Create policy
cat > ml-instance-policy.json <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket"
      ],
      "Resource": [
        "arn:aws:s3:::my-ml-bucket",
        "arn:aws:s3:::my-ml-bucket/*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents"
      ],
      "Resource": "*"
    }
  ]
}
EOF

aws iam put-role-policy \
  --role-name MLInstanceRole \
  --policy-name MLInstancePolicy \
  --policy-document file://ml-instance-policy.json

# Create instance profile
aws iam create-instance-profile --instance-profile-name MLInstanceProfile

# Add role to instance profile
aws iam add-role-to-instance-profile \
  --instance-profile-name MLInstanceProfile \
  --role-name MLInstanceRole
"""


def policy_of_part_3():
    return json.loads(PART_3.split("cat > ml-instance-policy.json <<EOF\n")[1].split("EOF")[0])


class Shell:
    """Runs the exercise's text where `aws` is the CLI of one major version."""

    def __init__(self, server, folder, major):
        self.server, self.folder = server, folder
        (folder / "bin").mkdir()
        aws = folder / "bin/aws"
        # The older ones of version 2 do not know AWS_ENDPOINT_URL.
        aws.write_text(f'#!/bin/sh\nexec {aws_cli(major)} --endpoint-url {server.url} "$@"\n')
        aws.chmod(0o755)

    def run(self, text, **who):
        """The JSON documents that it printed."""
        env = self.server.cli_env(self.folder, AWS_DEFAULT_OUTPUT="json", **who)
        env["PATH"] = f"{self.folder / 'bin'}:{env['PATH']}"
        done = subprocess.run(["bash", "-e", "-c", text], cwd=self.folder, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=180)
        assert done.returncode == 0 and not done.stderr, done
        out, found = done.stdout.strip(), []
        while out:
            tree, n = json.JSONDecoder().raw_decode(out)
            found.append(tree)
            out = out[n:].strip()
        return found


def by_shell(server, folder, major):
    shell = Shell(server, folder, major)
    _, made = shell.run(SETUP)
    key = Key(made["AccessKey"]["AccessKeyId"], made["AccessKey"]["SecretAccessKey"], "123456789012")
    shell.run(PART_3, key=key)
    return key


def by_boto3(server, folder, _):
    del folder
    iam = server.client("iam")
    iam.create_user(UserName="ml-engineer")
    iam.attach_user_policy(UserName="ml-engineer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    made = iam.create_access_key(UserName="ml-engineer")["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], "123456789012")
    his = server.client("iam", key=key)
    trust = PART_3.split("cat > trust-policy.json <<EOF\n")[1].split("EOF")[0]
    his.create_role(RoleName="MLInstanceRole", AssumeRolePolicyDocument=trust)
    his.put_role_policy(RoleName="MLInstanceRole", PolicyName="MLInstancePolicy",
                        PolicyDocument=json.dumps(policy_of_part_3(), indent=2))
    his.create_instance_profile(InstanceProfileName="MLInstanceProfile")
    his.add_role_to_instance_profile(InstanceProfileName="MLInstanceProfile", RoleName="MLInstanceRole")
    return key


WAYS = {"cli-1": (by_shell, 1), "cli-2": (by_shell, 2), "boto3": (by_boto3, None)}


@pytest.mark.parametrize("way", WAYS)
def test_as_printed(start_server, tmp_path, way):
    s = start_server()
    run, major = WAYS[way]
    key = run(s, tmp_path, major)
    iam = s.client("iam", key=key)
    assert iam.get_user()["User"]["UserName"] == "ml-engineer"
    profile = iam.get_instance_profile(InstanceProfileName="MLInstanceProfile")["InstanceProfile"]
    assert [r["RoleName"] for r in profile["Roles"]] == ["MLInstanceRole"]
    assert iam.get_role_policy(RoleName="MLInstanceRole", PolicyName="MLInstancePolicy")["PolicyDocument"] == \
        policy_of_part_3()
    does_what_the_policy_says(s, key)


def does_what_the_policy_says(s, key):
    """The role's credentials reach instances alone; here it trusts the engineer too, who tries them."""
    iam, s3 = s.client("iam", key=key), s.client("s3", key=key)
    for bucket in ("my-ml-bucket", "another-bucket"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="data", Body=b"x")
    trust = iam.get_role(RoleName="MLInstanceRole")["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"]["AWS"] = "arn:aws:iam::123456789012:user/ml-engineer"
    iam.update_assume_role_policy(RoleName="MLInstanceRole", PolicyDocument=json.dumps(trust))
    got = s.client("sts", key=key).assume_role(RoleArn="arn:aws:iam::123456789012:role/MLInstanceRole",
                                               RoleSessionName="instance")["Credentials"]
    role = Key(got["AccessKeyId"], got["SecretAccessKey"], "123456789012")
    there = s.client("s3", key=role, token=got["SessionToken"])
    assert there.get_object(Bucket="my-ml-bucket", Key="data")["Body"].read() == b"x"
    assert there.list_objects_v2(Bucket="my-ml-bucket")["KeyCount"] == 1
    there.put_object(Bucket="my-ml-bucket", Key="model", Body=b"y")
    there.delete_object(Bucket="my-ml-bucket", Key="model")
    for call in (lambda: there.get_object(Bucket="another-bucket", Key="data"), there.list_buckets,
                 lambda: there.delete_bucket(Bucket="my-ml-bucket"),
                 lambda: s.client("iam", key=role, token=got["SessionToken"]).list_users()):
        with pytest.raises(ClientError) as e:
            call()
        assert e.value.response["Error"]["Code"] == "AccessDenied"
