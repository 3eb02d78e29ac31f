"""frames.py BUCKET FOLDER: data frames and files at s3:// addresses by pandas, Arrow, s3fs and smart_open."""
import os
import subprocess
import sys

import boto3
import pandas
import pyarrow.dataset
import pyarrow.parquet
import s3fs
import smart_open

bucket, folder = sys.argv[1:]
boto3.client("s3").create_bucket(Bucket=bucket)
frame = pandas.DataFrame({"n": range(100_000), "text": ["ü"] * 100_000})

frame.to_csv(f"s3://{bucket}/frames/a b+.csv", index=False)
assert pandas.read_csv(f"s3://{bucket}/frames/a b+.csv").equals(frame)
frame.to_parquet(f"s3://{bucket}/frames/whole.parquet")
assert pandas.read_parquet(f"s3://{bucket}/frames/whole.parquet").equals(frame)
assert pyarrow.parquet.read_table(f"s3://{bucket}/frames/whole.parquet").num_rows == len(frame)
assert pyarrow.dataset.dataset(f"s3://{bucket}/frames/whole.parquet").count_rows() == len(frame)

files = s3fs.S3FileSystem()
data = os.urandom(12 << 20)
with files.open(f"{bucket}/big", "wb") as f:
    f.write(data)
files.mv(f"{bucket}/big", f"{bucket}/moved")
assert files.cat(f"{bucket}/moved") == data and not files.exists(f"{bucket}/big")
files.put(f"{folder}/", f"{bucket}/tree/", recursive=True)
files.get(f"{bucket}/tree/", f"{folder}-back/", recursive=True)
assert files.glob(f"{bucket}/**/*.csv") == [f"{bucket}/frames/a b+.csv"]

with smart_open.open(f"s3://{bucket}/lines.txt.gz", "w", encoding="utf-8") as f:
    f.write("öäü\n" * 1000)
with smart_open.open(f"s3://{bucket}/lines.txt.gz", encoding="utf-8") as f:
    assert f.read() == "öäü\n" * 1000
child = "import boto3, sys; print(boto3.client('s3').head_object(Bucket=sys.argv[1], Key='moved')['ContentLength'])"
assert subprocess.check_output([sys.executable, "-c", child, bucket]) == b"%d\n" % len(data)
