#!/bin/sh
# scripts/venv.sh [bench]: the private environment .venv with the test clients (tests/requirements.txt; for bench also
# bench/requirements.txt). pip's own configuration says where from. Without a way to get them this is no error: tests
# then use what the machine has, or say what they skip.
set -eu
cd "$(dirname "$0")/.."

lists=tests/requirements.txt
if [ "${1:-}" = bench ] && [ -f bench/requirements.txt ]; then
	lists="$lists bench/requirements.txt"
fi
# One at a time: two make targets may come here together.
mkdir -p .cache
exec 9>.cache/venv.lock
! command -v flock >/dev/null 2>&1 || flock 9

# shellcheck disable=SC2086 # a list of files
want=$(cat $lists)
if [ -x .venv/bin/python ] && [ -f .venv/.have ]; then
	case "$(cat .venv/.have)" in "$want"*) exit 0 ;; esac
fi
echo "Setting up .venv with the test clients ..."
log=.cache/venv.log
options=
for l in $lists; do
	options="$options -r $l"
done
# shellcheck disable=SC2086 # a list of options
if { [ -x .venv/bin/pip ] || python3 -m venv .venv; } >"$log" 2>&1 &&
	.venv/bin/python -m pip install -q --disable-pip-version-check $options >>"$log" 2>&1; then
	printf '%s\n' "$want" >.venv/.have
	exit 0
fi
tail -n 3 "$log" >&2
echo "The test clients could not be installed into .venv; going on with what this machine has." >&2
