"""crt.py BUCKET FILE BACK: boto3 with the transfers of awscrt, and a signature of SigV4a."""
import sys
import time

import boto3
import botocore.exceptions
from boto3.s3.transfer import TransferConfig, create_transfer_manager

bucket, file, back = sys.argv[1:]
s3 = boto3.client("s3")
s3.create_bucket(Bucket=bucket)
config = TransferConfig(preferred_transfer_client="crt")
until = time.monotonic() + 120
while "crt" not in type(create_transfer_manager(s3, config)).__module__:  # one process of a machine has it at a time
    assert time.monotonic() < until, "this boto3 does not use awscrt"
    time.sleep(0.1)
s3.upload_file(file, bucket, "key +ü", Config=config, ExtraArgs={"Metadata": {"by": "crt"}})
s3.download_file(bucket, "key +ü", back, Config=config)
for algorithm in ("CRC32C", "CRC64NVME"):
    s3.upload_file(file, bucket, algorithm, Config=config, ExtraArgs={"ChecksumAlgorithm": algorithm})
    head = s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
    print(algorithm, head["ChecksumType"], head[f"Checksum{algorithm}"])
assert s3.head_object(Bucket=bucket, Key="key +ü")["Metadata"] == {"by": "crt"}
try:
    s3.download_file(bucket, "nothing", back + ".not", Config=config)
except botocore.exceptions.ClientError as e:
    print("refused", e.response["Error"]["Code"])
