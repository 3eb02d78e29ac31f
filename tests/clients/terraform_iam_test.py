"""Terraform's AWS provider on IAM: applies, finds nothing left to do, updates, finds nothing left to do, destroys."""
import pytest

from terraform import APPLY, DESTROY, WAYS, plan, prepare

CONFIG = """
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


@pytest.fixture
def terraform(way, tmp_path):
    return prepare(way, CONFIG, tmp_path), way.server.client("iam")


def held(iam):
    """All that the account holds, in one answer."""
    return {k: v for k, v in iam.get_account_authorization_details(Filter=[
        "User", "Role", "Group", "LocalManagedPolicy"]).items() if k != "ResponseMetadata"}


@WAYS
def test_applies_updates_and_destroys(terraform):
    terraform, iam = terraform
    before = held(iam)
    terraform(*APPLY, *FIRST)
    plan(terraform, FIRST, 0)
    plan(terraform, SECOND, 2)
    terraform(*APPLY, *SECOND)
    plan(terraform, SECOND, 0)
    role = iam.get_role(RoleName="job")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("Trains, second", 7200)
    assert iam.list_access_keys(UserName="ml-user")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    terraform(*DESTROY, *SECOND)
    assert terraform("state", "list") == ""
    assert held(iam) == before
