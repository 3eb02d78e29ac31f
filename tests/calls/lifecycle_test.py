"""Lifecycle configurations: round trips of every form, AWS's refusals, the default minimum size."""
import base64
import datetime
import hashlib

import pytest
from botocore.exceptions import ClientError

from aerostat import path_of

MIDNIGHT = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
EXPIRE = {"Expiration": {"Days": 30}}


def rule(**parts):
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a/"}, **parts}


def older(**parts):
    return {"ID": "r", "Status": "Enabled", "Prefix": "a/", **parts}


def put(s3, bucket, *rules, **more):
    return s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)}, **more)


def get(s3, bucket):
    return s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def refused(call):
    with pytest.raises(ClientError) as e:
        call()
    r = e.value.response
    assert r["ResponseMetadata"]["HTTPStatusCode"] in (400, 404), r
    return r["Error"]["Code"], r["Error"]["Message"]


# The exercise's own, with the CLI's spelling of ID.
EXERCISE = {"ID": "archive-old-models", "Status": "Enabled", "Prefix": "models/", "Transitions": [
    {"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]}

GOOD = [
    EXERCISE,
    older(**EXPIRE),
    older(Prefix="", Transitions=[{"Days": 0, "StorageClass": "GLACIER"}]),
    rule(Filter={"Prefix": ""}, Status="Disabled", **EXPIRE),
    rule(Filter={"Tag": {"Key": "k", "Value": ""}}, **EXPIRE),
    rule(Filter={"ObjectSizeGreaterThan": 0}, **EXPIRE),
    rule(Filter={"ObjectSizeLessThan": 1}, **EXPIRE),
    rule(Filter={"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "ü<&>"}],
                         "ObjectSizeGreaterThan": 500, "ObjectSizeLessThan": 50 * 2**40}}, **EXPIRE),
    rule(Expiration={"Date": MIDNIGHT}),
    rule(Expiration={"ExpiredObjectDeleteMarker": True}, NoncurrentVersionExpiration={"NoncurrentDays": 1}),
    rule(Transitions=[{"Date": MIDNIGHT, "StorageClass": "STANDARD_IA"}]),
    rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "INTELLIGENT_TIERING"},
                      {"Days": 61, "StorageClass": "ONEZONE_IA"}, {"Days": 91, "StorageClass": "GLACIER_IR"},
                      {"Days": 92, "StorageClass": "GLACIER"}, {"Days": 93, "StorageClass": "DEEP_ARCHIVE"}],
         Expiration={"Days": 94}),
    rule(Transitions=[{"Days": 90, "StorageClass": "GLACIER"}, {"Days": 30, "StorageClass": "STANDARD_IA"}]),
    rule(NoncurrentVersionTransitions=[{"NoncurrentDays": 30, "StorageClass": "STANDARD_IA",
                                        "NewerNoncurrentVersions": 100}],
         NoncurrentVersionExpiration={"NoncurrentDays": 31, "NewerNoncurrentVersions": 1}),
    rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}),
    rule(ID="x" * 255, **EXPIRE),
]


@pytest.mark.parametrize("given", GOOD)
def test_round_trip(s3, bucket, given):
    put(s3, bucket, given)
    assert get(s3, bucket) == [given]


def test_a_filter_without_a_word(server, s3, bucket):
    given = {"ID": "r", "Status": "Enabled", "Filter": {}, **EXPIRE}
    put(s3, bucket, given)
    assert get(s3, bucket) == [given]
    assert b"<Filter></Filter>" in server.request("GET", path_of(bucket) + "?lifecycle").body.replace(
        b"<Filter/>", b"<Filter></Filter>")


def test_ids_are_made(s3, bucket):
    bare = {"Status": "Enabled", "Filter": {"Prefix": "a"}, **EXPIRE}
    put(s3, bucket, bare, bare)
    ids = [r["ID"] for r in get(s3, bucket)]
    assert len(set(ids)) == 2 and all(ids)


def test_replace_and_delete(s3, bucket):
    put(s3, bucket, rule(ID="a", **EXPIRE), rule(ID="b", **EXPIRE))
    put(s3, bucket, rule(ID="c", **EXPIRE))
    assert [r["ID"] for r in get(s3, bucket)] == ["c"]
    r = s3.delete_bucket_lifecycle(Bucket=bucket)
    assert r["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(lambda: get(s3, bucket))[0] == "NoSuchLifecycleConfiguration"
    s3.delete_bucket_lifecycle(Bucket=bucket)


def test_a_thousand_rules(s3, bucket):
    rules = [rule(ID=f"r{i}", **EXPIRE) for i in range(1000)]
    put(s3, bucket, *rules)
    assert get(s3, bucket) == rules
    assert refused(lambda: put(s3, bucket, *rules, rule(ID="one more", **EXPIRE)))[0] == "InvalidRequest"
    assert get(s3, bucket) == rules


def test_the_smallest_that_moves(s3, bucket):
    r = put(s3, bucket, EXERCISE)
    assert r["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    r = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert r["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    put(s3, bucket, EXERCISE, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    r = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert r["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert refused(lambda: put(s3, bucket, EXERCISE, TransitionDefaultMinimumObjectSize="tiny"))[0] == "InvalidRequest"


BAD = [
    (rule(), "InvalidRequest", "At least one action needs to be specified in a rule"),
    (rule(Status="On", **EXPIRE), "MalformedXML", ""),
    (rule(ID="x" * 256, **EXPIRE), "InvalidArgument", "ID length should not exceed allowed limit of 255"),
    ({"ID": "r", "Status": "Enabled", **EXPIRE}, "MalformedXML", ""),
    (rule(Prefix="b", **EXPIRE), "InvalidRequest", "Base level prefix cannot be used in Lifecycle V2"),
    (rule(Filter={"Prefix": "x" * 1025}, **EXPIRE), "InvalidRequest", "The maximum size of a prefix is 1024."),
    (rule(Filter={"Prefix": "a", "Tag": {"Key": "k", "Value": "v"}}, **EXPIRE), "MalformedXML", ""),
    (rule(Filter={"And": {"Prefix": "a"}}, **EXPIRE), "MalformedXML", ""),
    (rule(Filter={"And": {"Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]}}, **EXPIRE),
     "InvalidRequest", "Duplicate Tag Keys are not allowed."),
    (rule(Filter={"Tag": {"Key": "k" * 513, "Value": "1"}}, **EXPIRE), "InvalidTag", ""),
    (rule(Filter={"And": {"ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 10}}, **EXPIRE), "InvalidRequest", ""),
    (rule(Filter={"ObjectSizeGreaterThan": -1}, **EXPIRE), "InvalidArgument", ""),
    (rule(Filter={"ObjectSizeLessThan": 0}, **EXPIRE), "InvalidArgument", ""),
    (rule(Expiration={}), "MalformedXML", ""),
    (rule(Expiration={"Days": 0}), "InvalidArgument", "'Days' for Expiration action must be a positive integer"),
    (rule(Expiration={"Days": -3}), "InvalidArgument", "'Days' for Expiration action must be a positive integer"),
    (rule(Expiration={"Days": 1, "Date": MIDNIGHT}), "MalformedXML", ""),
    (rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True}), "MalformedXML", ""),
    (rule(Expiration={"Date": MIDNIGHT + datetime.timedelta(hours=1)}), "InvalidArgument",
     "'Date' must be at midnight GMT"),
    (rule(Filter={"Tag": {"Key": "k", "Value": "v"}}, Expiration={"ExpiredObjectDeleteMarker": True}),
     "InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags."),
    (rule(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}]), "InvalidArgument",
     "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"),
    (rule(Transitions=[{"Days": 1, "StorageClass": "ONEZONE_IA"}]), "InvalidArgument", "storageClass 'ONEZONE_IA'"),
    (rule(Transitions=[{"Days": -1, "StorageClass": "GLACIER"}]), "InvalidArgument", "non-negative"),
    (rule(Transitions=[{"Days": 1, "StorageClass": "STANDARD"}]), "MalformedXML", ""),
    (rule(Transitions=[{"Days": 1}]), "MalformedXML", ""),
    (rule(Transitions=[{"StorageClass": "GLACIER"}]), "MalformedXML", ""),
    (rule(Transitions=[{"Days": 1, "Date": MIDNIGHT, "StorageClass": "GLACIER"}]), "MalformedXML", ""),
    (rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}, {"Days": 9, "StorageClass": "GLACIER"}]),
     "InvalidRequest", "'StorageClass' must be different for 'Transition' actions in same 'Rule'"),
    (rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 59, "StorageClass": "GLACIER"}]),
     "InvalidArgument", "'Days' in the Transition action for StorageClass 'GLACIER' for filter '(prefix=a/)' must be "
                        "30 days more than 'filter '(prefix=a/)'' in the Transition action for StorageClass "
                        "'STANDARD_IA'"),
    (rule(Transitions=[{"Days": 9, "StorageClass": "GLACIER"}, {"Days": 9, "StorageClass": "DEEP_ARCHIVE"}]),
     "InvalidArgument", "StorageClass 'DEEP_ARCHIVE'"),
    (rule(Transitions=[{"Days": 90, "StorageClass": "GLACIER"}], Expiration={"Days": 90}), "InvalidArgument",
     "'Days' in the Expiration action for filter '(prefix=a/)' must be greater than 'Days' in the Transition action"),
    (rule(Transitions=[{"Days": 90, "StorageClass": "GLACIER"}], Expiration={"Date": MIDNIGHT}), "InvalidRequest",
     "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter "
     "'(prefix=a/)'"),
    (rule(NoncurrentVersionExpiration={"NoncurrentDays": 0}), "InvalidArgument", "positive integer"),
    (rule(NoncurrentVersionExpiration={"NewerNoncurrentVersions": 1}), "MalformedXML", ""),
    (rule(NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 0}), "InvalidArgument", ""),
    (rule(NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}), "InvalidArgument", ""),
    (rule(NoncurrentVersionTransitions=[{"NoncurrentDays": 29, "StorageClass": "STANDARD_IA"}]), "InvalidArgument",
     "'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to 30"),
    (rule(NoncurrentVersionTransitions=[{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
          NoncurrentVersionExpiration={"NoncurrentDays": 30}), "InvalidArgument", "NoncurrentVersionExpiration"),
    (rule(AbortIncompleteMultipartUpload={}), "MalformedXML", ""),
    (rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 0}), "InvalidArgument", "positive integer"),
    (rule(Filter={"Tag": {"Key": "k", "Value": "v"}}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
     "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags."),
    (rule(Filter={"ObjectSizeLessThan": 9}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
     "InvalidRequest", "AbortIncompleteMultipartUpload"),
]


@pytest.mark.parametrize("given,code,words", BAD)
def test_refusals(s3, bucket, given, code, words):
    got, message = refused(lambda: put(s3, bucket, given))
    assert got == code and words in message
    assert refused(lambda: get(s3, bucket))[0] == "NoSuchLifecycleConfiguration"


def test_rules_together(s3, bucket):
    assert refused(lambda: put(s3, bucket, rule(**EXPIRE), rule(**EXPIRE))) == (
        "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    assert refused(lambda: put(s3, bucket, rule(**EXPIRE), older(ID="s", **EXPIRE)))[0] == "InvalidRequest"
    assert refused(lambda: put(s3, bucket))[0] == "MalformedXML"


def test_the_body_is_needed_and_its_digest(server, bucket):
    body = b"<LifecycleConfiguration><Rule><Status>Enabled</Status><Prefix/><Expiration><Days>1</Days></Expiration>" \
           b"</Rule></LifecycleConfiguration>"
    target = path_of(bucket) + "?lifecycle"
    r = server.request("PUT", target, body=body)
    assert r.code == "InvalidRequest" and "Content-MD5" in r.message
    for bad in (body.replace(b"<Days>1<", b"<Days>one<"), body.replace(b"<Days>1<", b"<Days>99999999999999999999<"),
                body.replace(b"<Days>1</Days>", b"<Date>tomorrow</Date>")):
        digest = base64.b64encode(hashlib.md5(bad).digest()).decode()
        assert server.request("PUT", target, {"Content-MD5": digest}, bad).code == "MalformedXML"
