"""Terraform's AWS provider on IAM: applies, finds nothing left to do, updates, finds nothing left to do, destroys.
Runs where terraform and the provider's folder are: a mirror as `terraform providers mirror` makes it, named by
TF_PLUGINS or in one of the usual places."""
import glob
import os
import shutil
import subprocess

import pytest

from aerostat import ROOT_KEY

PLACES = ["~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/*"]
PROVIDER = "registry.terraform.io/hashicorp/aws"
CONFIG = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {}

variable "stage" {}
variable "actions" { type = list(string) }

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "data" {
  statement {
    sid       = "Data"
    actions   = var.actions
    resources = ["arn:aws:s3:::training-data/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
}

resource "aws_iam_user" "ml" {
  name = "ml-user"
  path = "/team/"
  tags = { stage = var.stage, owner = "ml" }
}

resource "aws_iam_access_key" "ml" {
  user   = aws_iam_user.ml.name
  status = var.stage == "first" ? "Active" : "Inactive"
}

resource "aws_iam_user_policy" "ml" {
  name   = "inline"
  user   = aws_iam_user.ml.name
  policy = data.aws_iam_policy_document.data.json
}

resource "aws_iam_group" "crew" {
  name = "crew"
  path = "/team/"
}

resource "aws_iam_group_membership" "crew" {
  name  = "crew"
  group = aws_iam_group.crew.name
  users = [aws_iam_user.ml.name]
}

resource "aws_iam_group_policy" "crew" {
  name   = "inline"
  group  = aws_iam_group.crew.name
  policy = data.aws_iam_policy_document.data.json
}

resource "aws_iam_role" "job" {
  name                 = "job"
  description          = "Trains, ${var.stage}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.stage == "first" ? 3600 : 7200
  permissions_boundary = aws_iam_policy.data.arn
  tags                 = { stage = var.stage }
}

resource "aws_iam_role_policy" "job" {
  name   = "inline"
  role   = aws_iam_role.job.id
  policy = data.aws_iam_policy_document.data.json
}

resource "aws_iam_policy" "data" {
  name        = "data"
  description = "The training data"
  policy      = data.aws_iam_policy_document.data.json
  tags        = { stage = var.stage }
}

resource "aws_iam_user_policy_attachment" "ml" {
  user       = aws_iam_user.ml.name
  policy_arn = aws_iam_policy.data.arn
}

resource "aws_iam_group_policy_attachment" "crew" {
  group      = aws_iam_group.crew.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachment" "job" {
  role       = aws_iam_role.job.name
  policy_arn = aws_iam_policy.data.arn
}

resource "aws_iam_instance_profile" "job" {
  name = "job"
  role = aws_iam_role.job.name
  tags = { stage = var.stage }
}

output "key" { value = aws_iam_access_key.ml.id }
"""
FIRST = ["-var", "stage=first", "-var", 'actions=["s3:GetObject"]']
SECOND = ["-var", "stage=second", "-var", 'actions=["s3:GetObject","s3:PutObject"]']


def mirror():
    places = [os.environ["TF_PLUGINS"]] if os.environ.get("TF_PLUGINS") else PLACES
    found = [p for place in places for p in glob.glob(os.path.expanduser(place)) if os.path.isdir(f"{p}/{PROVIDER}")]
    if not found:
        pytest.skip(f"skipped: no mirror of {PROVIDER} (TF_PLUGINS names one)")
    return found[0]


@pytest.fixture
def terraform(start_server, tmp_path):
    """terraform("plan", ...) gives its exit status; complains of any but those that are expected."""
    if not shutil.which("terraform"):
        pytest.skip("skipped: terraform is not installed")
    folder = tmp_path / "infrastructure"
    folder.mkdir()
    (folder / "main.tf").write_text(CONFIG)
    (tmp_path / "terraformrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n')
    server = start_server()
    env = server.cli_env(tmp_path, TF_CLI_CONFIG_FILE=str(tmp_path / "terraformrc"), TF_IN_AUTOMATION="1",
                         CHECKPOINT_DISABLE="1")

    def run(*words, expected=0):
        done = subprocess.run(["terraform", *words, "-no-color"], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        assert done.returncode == expected, f"terraform {' '.join(words)}: {done.returncode}\n{done.stdout[-6000:]}"
        return done.stdout

    run("init", "-input=false")
    return run, server.client("iam")


def held(iam):
    """All that the account holds, in one answer."""
    return {k: v for k, v in iam.get_account_authorization_details(Filter=[
        "User", "Role", "Group", "LocalManagedPolicy"]).items() if k != "ResponseMetadata"}


def plan(terraform, variables, expected):
    return terraform("plan", "-input=false", "-detailed-exitcode", *variables, expected=expected)


def test_applies_updates_and_destroys(terraform):
    terraform, iam = terraform
    apply, before = ["apply", "-auto-approve", "-input=false"], held(iam)
    terraform(*apply, *FIRST)
    plan(terraform, FIRST, 0)
    plan(terraform, SECOND, 2)
    terraform(*apply, *SECOND)
    plan(terraform, SECOND, 0)
    role = iam.get_role(RoleName="job")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("Trains, second", 7200)
    assert iam.list_access_keys(UserName="ml-user")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    terraform("destroy", "-auto-approve", "-input=false", *SECOND)
    assert terraform("state", "list") == ""
    assert held(iam) == before
