"""sagemaker_data.py FOLDER BACK: what a user of the SageMaker SDK does first: the default bucket, data up and down."""
import json
import os
import sys

import sagemaker

folder, back = sys.argv[1:]
session = sagemaker.Session()
bucket = session.default_bucket()
uri = session.upload_data(path=folder, key_prefix="data/train")
session.upload_string_as_file_body("of text", bucket=bucket, key="data/string.txt")
os.makedirs(back, exist_ok=True)
session.download_data(path=back, bucket=bucket, key_prefix="data/train")
print(json.dumps({
    "account": session.account_id(), "arn": session.get_caller_identity_arn(), "bucket": bucket, "uri": uri,
    "files": sorted(session.list_s3_files(bucket, "data/")),
    "text": session.read_s3_file(bucket, "data/string.txt"), "again": sagemaker.Session().default_bucket()}))
