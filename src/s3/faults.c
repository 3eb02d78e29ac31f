#include "s3/meta.h"

/* docs: Amazon S3 API Reference, "Error responses". NotImplemented is a 4xx here: clients try a 5xx again. */
const struct fault no_such_bucket = { "NoSuchBucket", 404 };
const struct fault no_such_key = { "NoSuchKey", 404 };
const struct fault no_such_version = { "NoSuchVersion", 404 };
const struct fault no_such_upload = { "NoSuchUpload", 404 };
const struct fault invalid_argument = { "InvalidArgument", 400 };
const struct fault invalid_request = { "InvalidRequest", 400 };
const struct fault malformed_xml = { "MalformedXML", 400 };
const struct fault precondition_failed = { "PreconditionFailed", 412 };
const struct fault method_not_allowed = { "MethodNotAllowed", 405 };
const struct fault access_denied = { "AccessDenied", 403 };
const struct fault not_implemented = { "NotImplemented", 400 };
const struct fault invalid_range = { "InvalidRange", 416 };
const struct fault bad_digest = { "BadDigest", 400 };
const struct fault entity_too_large = { "EntityTooLarge", 400 };
const struct fault invalid_part = { "InvalidPart", 400 };
const struct fault invalid_part_order = { "InvalidPartOrder", 400 };
const struct fault entity_too_small = { "EntityTooSmall", 400 };
const struct fault bucket_not_empty = { "BucketNotEmpty", 409 };
const struct fault invalid_tag = { "InvalidTag", 400 };
const struct fault key_too_long = { "KeyTooLongError", 400 };
const struct fault bad_request = { "BadRequest", 400 };
const struct fault invalid_digest = { "InvalidDigest", 400 };
const struct fault invalid_storage_class = { "InvalidStorageClass", 400 };
const struct fault metadata_too_large = { "MetadataTooLarge", 400 };
const struct fault invalid_part_number = { "InvalidPartNumber", 416 };
const struct fault invalid_object_state = { "InvalidObjectState", 403 };
