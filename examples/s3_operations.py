#!/usr/bin/env python3
"""Datasets and models in a bucket, with boto3: upload (with metadata), a whole folder, list, versions, a link for
somebody without keys, and back again.

    BUCKET_NAME=my-ml-bucket python3 examples/s3_operations.py FOLDER

takes FOLDER/data/train.csv and FOLDER/models/model.pth there, as in the exercise. Where it goes is boto3's own
business: `eval $(aerostat env)` points it at the local cloud, without that it is AWS."""
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

MEGABYTE = 1024 * 1024


class S3Manager:
    """One bucket. Methods that change something say so in a line; a refusal is told and is no exception."""

    def __init__(self, bucket_name):
        self.s3 = boto3.client("s3")
        self.bucket = boto3.resource("s3").Bucket(bucket_name)
        self.bucket_name = bucket_name

    def url(self, key):
        return f"s3://{self.bucket_name}/{key}"

    def upload_file(self, local_path, key, metadata=None):
        """Large files go up in parts, by themselves."""
        extra = {"Metadata": metadata} if metadata else None
        try:
            self.s3.upload_file(str(local_path), self.bucket_name, key, ExtraArgs=extra)
        except (ClientError, OSError, boto3.exceptions.S3UploadFailedError) as e:
            print(f"{local_path} did not go up: {e}")
            return False
        print(f"{local_path} -> {self.url(key)}")
        return True

    def download_file(self, key, local_path):
        try:
            self.s3.download_file(self.bucket_name, key, str(local_path))
        except (ClientError, OSError) as e:
            print(f"{self.url(key)} did not come down: {e}")
            return False
        print(f"{self.url(key)} -> {local_path}")
        return True

    def upload_directory(self, folder, prefix):
        """Every file below the folder, under the prefix. How many went up."""
        files = [p for p in sorted(Path(folder).rglob("*")) if p.is_file()]
        return sum(self.upload_file(p, f"{prefix}/{p.relative_to(folder).as_posix()}") for p in files)

    def list_objects(self, prefix="", max_keys=1000):
        """One page of what is there."""
        found = self.s3.list_objects_v2(Bucket=self.bucket_name, Prefix=prefix, MaxKeys=max_keys).get("Contents", [])
        for o in found:
            print(f"{o['Key']}: {o['Size'] / MEGABYTE:.2f} MB, {o['LastModified']:%Y-%m-%d %H:%M:%S}")
        if not found:
            print(f"nothing under {self.url(prefix)}")
        return found

    def get_object_versions(self, key):
        found = self.s3.list_object_versions(Bucket=self.bucket_name, Prefix=key).get("Versions", [])
        for v in found:
            print(f"version {v['VersionId']}: {v['Size']} bytes, {v['LastModified']:%Y-%m-%d %H:%M:%S}")
        return found

    def create_presigned_url(self, key, expiration=3600):
        """A link that works for that many seconds without any key."""
        link = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket_name, "Key": key},
                                              ExpiresIn=expiration)
        print(f"for {expiration} s: {link}")
        return link

    def sync_to_local(self, prefix, folder):
        """Everything under the prefix into the folder. How many came down."""
        n = 0
        for o in self.bucket.objects.filter(Prefix=prefix):
            path = Path(folder, o.key[len(prefix):].lstrip("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            n += self.download_file(o.key, path)
        return n


def main():
    if len(sys.argv) != 2 or "BUCKET_NAME" not in os.environ:
        sys.exit("usage: BUCKET_NAME=... s3_operations.py FOLDER (with data/train.csv and models/model.pth in it)")
    folder, s3 = Path(sys.argv[1]), S3Manager(os.environ["BUCKET_NAME"])
    good = s3.upload_file(folder / "data/train.csv", "datasets/mnist/train.csv",
                          metadata={"version": "1.0", "type": "training-data"})
    good &= s3.upload_file(folder / "models/model.pth", "models/mnist_v1.pth")
    s3.list_objects(prefix="models/")
    s3.create_presigned_url("models/mnist_v1.pth", expiration=3600)
    s3.get_object_versions("models/mnist_v1.pth")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
