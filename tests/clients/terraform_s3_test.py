"""Terraform's AWS provider on S3: a bucket with all that is usually set on one, objects in it; applies, finds nothing
left to do, updates, finds nothing left to do, destroys."""
import json

import pytest

from terraform import APPLY, DESTROY, WAYS, plan, prepare

CONFIG = """
variable "bucket" {}
variable "stage" {}
variable "file" {}

locals { first = var.stage == "first" }

resource "aws_s3_bucket" "data" {
  bucket        = var.bucket
  force_destroy = true
  tags          = { stage = var.stage, owner = "ml" }
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id
  versioning_configuration { status = local.first ? "Enabled" : "Suspended" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
    bucket_key_enabled = !local.first
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = local.first
  ignore_public_acls      = true
  restrict_public_buckets = local.first
}

resource "aws_s3_bucket_ownership_controls" "data" {
  bucket = aws_s3_bucket.data.id
  rule { object_ownership = local.first ? "BucketOwnerEnforced" : "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_cors_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  cors_rule {
    id              = "app"
    allowed_methods = local.first ? ["GET"] : ["GET", "PUT"]
    allowed_origins = ["https://example.com"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3000
  }
}

data "aws_iam_policy_document" "tls" {
  statement {
    sid       = "Tagged"
    effect    = "Deny"
    actions   = local.first ? ["s3:PutObjectAcl"] : ["s3:PutObjectAcl", "s3:PutBucketWebsite"]
    resources = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["ml"]
    }
  }
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.tls.json
}

resource "aws_s3_bucket_notification" "data" {
  bucket      = aws_s3_bucket.data.id
  eventbridge = local.first
}

resource "aws_s3_bucket_request_payment_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  payer  = local.first ? "BucketOwner" : "Requester"
}

resource "aws_s3_bucket_website_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  index_document { suffix = local.first ? "index.html" : "start.html" }
  error_document { key = "error.html" }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  name   = "old"
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = local.first ? 125 : 150
  }
}

resource "aws_s3_object" "inline" {
  bucket       = aws_s3_bucket.data.id
  key          = "inline text+ü.txt"
  content      = "of stage ${var.stage}"
  content_type = "text/plain"
  metadata     = { stage = var.stage }
  tags         = { stage = var.stage }
  depends_on   = [aws_s3_bucket_versioning.data]
}

resource "aws_s3_object" "file" {
  bucket             = aws_s3_bucket.data.id
  key                = "files/model.bin"
  source             = var.file
  source_hash        = filemd5(var.file)
  storage_class      = local.first ? "STANDARD" : "STANDARD_IA"
  checksum_algorithm = "SHA256"
}

resource "aws_s3_object_copy" "copy" {
  bucket     = aws_s3_bucket.data.id
  key        = "files/copy.bin"
  source     = "${aws_s3_bucket.data.id}/${aws_s3_object.file.key}"
}

data "aws_s3_object" "inline" {
  bucket = aws_s3_bucket.data.id
  key    = aws_s3_object.inline.key
}

data "aws_s3_objects" "files" {
  bucket     = aws_s3_bucket.data.id
  prefix     = "files/"
  depends_on = [aws_s3_object.file]
}

output "read" { value = data.aws_s3_object.inline.body }
output "domain" { value = aws_s3_bucket.data.bucket_domain_name }
"""
# A bucket with locks, and one that takes what is told of it.
KEPT = """
variable "bucket" {}
variable "stage" {}

locals { first = var.stage == "first" }

data "aws_canonical_user_id" "me" {}

resource "aws_s3_bucket" "logs" {
  bucket        = "${var.bucket}-logs"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule { object_ownership = "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id
  access_control_policy {
    owner { id = data.aws_canonical_user_id.me.id }
    grant {
      permission = "FULL_CONTROL"
      grantee {
        type = "CanonicalUser"
        id   = data.aws_canonical_user_id.me.id
      }
    }
    grant {
      permission = local.first ? "WRITE" : "READ_ACP"
      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
      }
    }
  }
  depends_on = [aws_s3_bucket_ownership_controls.logs]
}

resource "aws_s3_bucket" "data" {
  bucket              = var.bucket
  object_lock_enabled = true
  force_destroy       = true
}

resource "aws_s3_bucket_object_lock_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = local.first ? 1 : 2
    }
  }
}

resource "aws_s3_object" "kept" {
  bucket                        = aws_s3_bucket.data.id
  key                           = "kept"
  content                       = "kept"
  force_destroy                 = true
  object_lock_legal_hold_status = local.first ? "ON" : "OFF"
  object_lock_mode              = "GOVERNANCE"
  object_lock_retain_until_date = "2090-01-01T00:00:00Z"
}

resource "aws_s3_bucket_logging" "data" {
  bucket        = aws_s3_bucket.data.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = local.first ? "log/" : "access/"
}

resource "aws_s3_bucket_accelerate_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  status = local.first ? "Enabled" : "Suspended"
}

resource "aws_s3_bucket_inventory" "data" {
  bucket                   = aws_s3_bucket.data.id
  name                     = "all"
  included_object_versions = local.first ? "All" : "Current"
  schedule { frequency = "Daily" }
  destination {
    bucket {
      format     = "CSV"
      bucket_arn = aws_s3_bucket.logs.arn
    }
  }
}

resource "aws_s3_bucket_analytics_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  name   = "all"
  filter { prefix = local.first ? "a/" : "b/" }
}

resource "aws_s3_bucket_metric" "data" {
  bucket = aws_s3_bucket.data.id
  name   = "all"
  filter { prefix = local.first ? "a/" : "b/" }
}

resource "aws_s3_account_public_access_block" "account" {
  block_public_acls = local.first
}

resource "aws_iam_role" "copy" {
  name = "copy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "s3.amazonaws.com" }
    }]
  })
}

resource "aws_s3_bucket_replication_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  role   = aws_iam_role.copy.arn
  rule {
    id     = "all"
    status = local.first ? "Enabled" : "Disabled"
    filter { prefix = "models/" }
    delete_marker_replication { status = "Disabled" }
    destination { bucket = aws_s3_bucket.logs.arn }
  }
  depends_on = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_bucket_notification" "data" {
  bucket = aws_s3_bucket.data.id
  queue {
    queue_arn     = "arn:aws:sqs:us-east-1:123456789012:uploads"
    events        = local.first ? ["s3:ObjectCreated:*"] : ["s3:ObjectRemoved:*"]
    filter_suffix = ".csv"
  }
}

data "aws_s3_bucket" "data" { bucket = aws_s3_bucket.data.id }
"""
LIFECYCLE = """
resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    id     = "old"
    status = "Enabled"
    filter { prefix = "logs/" }
    transition {
      days          = local.first ? 30 : 60
      storage_class = "STANDARD_IA"
    }
    expiration { days = 365 }
    noncurrent_version_expiration { noncurrent_days = 30 }
  }
  rule {
    id     = "parts"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
  }
}
"""


@WAYS
def test_applies_updates_and_destroys(way, tmp_path):
    bucket, file, s3 = way.bucket(), tmp_path / "model.bin", way.server.client()
    file.write_bytes(bytes(range(256)) * 4000)
    terraform = prepare(way, CONFIG, tmp_path)
    first, second = ([f"-var=bucket={bucket}", f"-var=file={file}", f"-var=stage={stage}"]
                     for stage in ("first", "second"))
    terraform(*APPLY, *first)
    plan(terraform, first, 0)
    assert json.loads(terraform("output", "-json"))["read"]["value"] == "of stage first"
    file.write_bytes(b"another model")
    plan(terraform, second, 2)
    terraform(*APPLY, *second)
    plan(terraform, second, 0)
    assert s3.get_object(Bucket=bucket, Key="files/model.bin")["Body"].read() == b"another model"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    terraform(*DESTROY, *second)
    assert terraform("state", "list") == ""
    assert bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


@WAYS
@pytest.mark.long
def test_locks_and_what_is_told_of_a_bucket(way, tmp_path):
    bucket, s3 = way.bucket(), way.server.client()
    terraform = prepare(way, KEPT, tmp_path)
    first, second = ([f"-var=bucket={bucket}", f"-var=stage={stage}"] for stage in ("first", "second"))
    terraform(*APPLY, *first)
    plan(terraform, first, 0)
    assert s3.get_object_legal_hold(Bucket=bucket, Key="kept")["LegalHold"]["Status"] == "ON"
    plan(terraform, second, 2)
    terraform(*APPLY, *second)
    plan(terraform, second, 0)
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Suspended"
    terraform(*DESTROY, *second)
    assert terraform("state", "list") == ""
    assert s3.list_buckets(Prefix=bucket)["Buckets"] == []


@WAYS
@pytest.mark.long
def test_lifecycle(way, tmp_path):
    """By itself, since the provider waits for a minute after each change of it."""
    bucket = way.bucket()
    terraform = prepare(way, 'variable "first" {}\nlocals { first = var.first == "1" }\n'
                        f'resource "aws_s3_bucket" "data" {{ bucket = "{bucket}" }}' + LIFECYCLE, tmp_path)
    terraform(*APPLY, "-var=first=1")
    plan(terraform, ["-var=first=1"], 0)
    terraform(*APPLY, "-var=first=2")
    plan(terraform, ["-var=first=2"], 0)
    terraform(*DESTROY, "-var=first=2")
