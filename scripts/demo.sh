#!/usr/bin/env bash
# make demo: a local cloud on data of its own, and the exercise's work with S3 by the real AWS CLI and boto3 on real
# files. Everything is in a temporary folder that goes away at the end; a server that is already running is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
out=$top/${O:-out}
scripts/venv.sh
PATH=$out:$top/.venv/bin:$PATH
lacks() {
	echo "The demo needs $1: it could not be had from PyPI for .venv, and this machine has none of its own." >&2
	exit 1
}
for tool in aws curl; do
	if ! command -v $tool >/dev/null; then
		lacks $tool
	fi
done
boto=
for python in "$top/.venv/bin/python3" /usr/bin/python3 python3; do
	boto=$("$python" -c 'import boto3; print(boto3.__version__)' 2>/dev/null) && break
done
[ -n "$boto" ] || lacks boto3
# Older ones do not know AWS_ENDPOINT_URL: they would leave us and go to AWS itself.
least() { # least VERSION MIN: 2.9.19 2.13 is no
	[ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}
cli=$(aws --version 2>&1 | sed -n 's#^aws-cli/\([0-9.]*\).*#\1#p')
case $cli in
1.*) least "$cli" 1.29 || lacks "an AWS CLI of 1.29 or newer, not $cli" ;;
*) least "$cli" 2.13 || lacks "an AWS CLI of 2.13 or newer, not $cli" ;;
esac
least "$boto" 1.28 || lacks "a boto3 of 1.28 or newer, not $boto"

work=$(mktemp -d "${TMPDIR:-/tmp}/aerostat-demo.XXXXXX")
finish() {
	rc=$?
	aerostat down --data "$work/cloud" >/dev/null 2>&1 || true
	rm -rf "$work"
	[ $rc = 0 ] || echo "The demo stopped with $rc at the step above." >&2
}
trap finish EXIT

bold= plain=
if [ -t 1 ]; then
	bold=$'\033[1m' plain=$'\033[0m'
fi
step() { printf '\n%s\n' "$bold$*$plain"; }
# A command and what it says; the temporary folder is left out of both.
run() {
	printf '  $ %s\n' "$*" | sed "s#$work/##g; s#$top/##g"
	"$@" 2>&1 | sed "s#[./]*$work/##g; s/^/    /"
}
expect() { # expect WANT GOT WHAT
	if [ "$1" != "$2" ]; then
		echo "  not as expected: $3: $2 (and not $1)" >&2
		exit 1
	fi
	echo "  $3: $2"
}

# Nothing of the user's own AWS configuration has a part in this.
for v in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$v"; done
export HOME=$work/home AWS_PAGER='' AWS_EC2_METADATA_DISABLED=true
mkdir -p "$HOME" "$work/project/data" "$work/project/models" "$work/project/experiments/exp-001/run 1"

step "1. A cloud of our own, on its own data and a free port"
run aerostat up --data "$work/cloud" --port 0
eval "$(aerostat env --data "$work/cloud")"
echo "  eval \$(aerostat env): the clients now go to $AWS_ENDPOINT_URL"
run aws sts get-caller-identity

step "2. Real files: a dataset, a model of 20 MB, and names as people give them"
seq 1 200000 | awk '{ printf "%d,%d,%d\n", $1, $1 * 7919 % 256, $1 % 10 }' >"$work/project/data/train.csv"
head -c 20000000 /dev/urandom >"$work/project/models/model.pth"
echo '{"lr": 0.001}' >"$work/project/experiments/exp-001/config.json"
echo 'loss 0.1' >"$work/project/experiments/exp-001/run 1/épreuve + notes (50%) & co.txt"
: >"$work/project/experiments/exp-001/empty"
cp -r scripts examples "$work/project/experiments/exp-001/"
(cd "$work/project" && find . -type f | wc -l | sed 's/^/  files: /')

step "3. A bucket with versions and a lifecycle"
export BUCKET_NAME=my-ml-bucket-$(date +%s)
run aws s3 mb "s3://$BUCKET_NAME" --region us-east-1
run aws s3api put-bucket-versioning --bucket "$BUCKET_NAME" --versioning-configuration Status=Enabled
run aws s3api put-bucket-lifecycle-configuration --bucket "$BUCKET_NAME" \
	--lifecycle-configuration "file://$top/examples/lifecycle.json"
run aws s3api get-bucket-lifecycle-configuration --bucket "$BUCKET_NAME" \
	--query 'Rules[].[ID,Status]' --output text

step "4. The S3 script of the exercise, with boto3 (the model goes up in parts)"
run "$python" examples/s3_operations.py "$work/project"

step "5. The model again: now it has two versions"
head -c 9000000 /dev/urandom >"$work/project/models/model.pth"
run aws s3 cp --no-progress "$work/project/models/model.pth" "s3://$BUCKET_NAME/models/mnist_v1.pth"
versions=$(aws s3api list-object-versions --bucket "$BUCKET_NAME" --prefix models/ --query 'length(Versions)')
expect 2 "$versions" "versions of models/mnist_v1.pth"

step "6. Links for people without keys, fetched with curl: the older signature (V2) and today's (V4)"
link() { # link VERSION: a presigned URL of the dataset
	"$python" - "$1" <<-'PY'
	import os, sys
	import boto3
	from botocore.config import Config
	s3 = boto3.client("s3", config=Config(signature_version=sys.argv[1]))
	print(s3.generate_presigned_url("get_object", ExpiresIn=3600,
	      Params={"Bucket": os.environ["BUCKET_NAME"], "Key": "datasets/mnist/train.csv"}))
	PY
}
for v in s3 s3v4; do
	url=$(link $v)
	echo "  $(echo "$url" | cut -c1-150)..."
	curl -sS --noproxy '*' -o "$work/fetched.csv" "$url"
	cmp "$work/fetched.csv" "$work/project/data/train.csv"
	echo "  fetched and identical"
	code=$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "${url/train.csv/other.csv}")
	expect 403 "$code" "the same link bent to another file"
done

step "7. The whole tree up, down again into another folder, and compared"
run aws s3 sync --only-show-errors "$work/project" "s3://$BUCKET_NAME/project"
run aws s3 ls --recursive --summarize --human-readable "s3://$BUCKET_NAME/project/experiments/exp-001/run 1/"
run aws s3 sync --only-show-errors "s3://$BUCKET_NAME/project" "$work/back"
run diff -r "$work/project" "$work/back"
echo "  no difference"

step "8. Somebody with rights of her own: a user, a policy for one folder, a key"
sed "s/BUCKET/$BUCKET_NAME/" examples/iam/s3-policy.json >"$work/s3-policy.json"
run aerostat iam check "$work/s3-policy.json" --data "$work/cloud"
aws iam create-user --user-name ann --query User.Arn --output text | sed 's/^/    /'
run aws iam put-user-policy --user-name ann --policy-name datasets --policy-document "file://$work/s3-policy.json"
key=$(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)
as_ann() { AWS_ACCESS_KEY_ID=${key%%$'\t'*} AWS_SECRET_ACCESS_KEY=${key##*$'\t'} "$@"; }
as_ann aws s3 cp --only-show-errors "s3://$BUCKET_NAME/datasets/mnist/train.csv" "$work/hers.csv"
cmp "$work/hers.csv" "$work/project/data/train.csv"
echo "  she has read datasets/mnist/train.csv"
if said=$(as_ann aws s3api get-object --bucket "$BUCKET_NAME" --key models/mnist_v1.pth "$work/not" 2>&1); then
	expect refused allowed "her GetObject of models/mnist_v1.pth"
fi
echo "$said" | sed '/^$/d; s/^/    /'
run aerostat iam explain --data "$work/cloud"
run aws iam delete-user-policy --user-name ann --policy-name datasets
if as_ann aws s3api head-object --bucket "$BUCKET_NAME" --key datasets/mnist/train.csv >/dev/null 2>&1; then
	expect refused allowed "her next call without the policy"
fi
echo "  without the policy her very next call is refused"

step "9. By AWS's own host names, and with no other client at all"
run aerostat run --data "$work/cloud" -- aws s3 ls "s3://$BUCKET_NAME/models/"
if said=$(aerostat run --data "$work/cloud" -- curl -sS https://example.com/ 2>&1); then
	expect refused reached "another host"
fi
echo "  any other host is refused: $said"
run aerostat s3 sync --quiet "$work/project" "s3://$BUCKET_NAME/again"
run aerostat s3 sync --quiet "s3://$BUCKET_NAME/again" "$work/again"
run diff -r "$work/project" "$work/again"
run aerostat s3 lifecycle preview "s3://$BUCKET_NAME"

step "10. Down and up again: everything is still there"
run aerostat down --data "$work/cloud"
run aerostat up --data "$work/cloud" --port 0
eval "$(aerostat env --data "$work/cloud")"
run aerostat fsck --data "$work/cloud"
aws s3 cp --only-show-errors "s3://$BUCKET_NAME/models/mnist_v1.pth" "$work/model.pth"
cmp "$work/model.pth" "$work/project/models/model.pth"
echo "  the model is the one that went up"
run aerostat down --data "$work/cloud"

step "Done. Your own: aerostat up; eval \$(aerostat env)"
