"""hosts.py BUCKET: a few calls of boto3, as the environment sets it; says which hosts it spoke to."""
import json
import sys

import boto3

session, hosts = boto3.Session(), set()


def client(service):
    c = session.client(service)
    c.meta.events.register("before-send", lambda request, **_: hosts.add(request.url.split("/")[2]))
    return c


sts, s3, iam, bucket = client("sts"), client("s3"), client("iam"), sys.argv[1]
where = {} if session.region_name == "us-east-1" else {"LocationConstraint": session.region_name}
s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
s3.put_object(Bucket=bucket, Key="a key+", Body=b"body")
assert s3.get_object(Bucket=bucket, Key="a key+")["Body"].read() == b"body"
assert bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]
assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == where.get("LocationConstraint")
iam.list_users()
print(json.dumps({"account": sts.get_caller_identity()["Account"], "hosts": sorted(hosts)}))
