#!/bin/sh
# scripts/deps.sh [--only-look] GROUP...: what a group of make's targets needs from Debian or Ubuntu. Says what is
# missing, then installs it with apt (sudo only where we are not root). When all is there, nothing is asked of anyone.
# A row: the groups, the package, and how to see that it is there: cmd NAME, hdr FILE, py MODULE, or run COMMAND.
set -eu

rows() {
	cat <<-TABLE
	build           build-essential       cmd gcc
	build           build-essential       cmd make
	build           build-essential       hdr stdio.h
	build           libssl-dev            hdr openssl/evp.h
	build           libsqlite3-dev        hdr sqlite3.h
	build           libexpat1-dev         hdr expat.h
	build           libpcre2-dev          hdr pcre2.h
	build           libcurl4-openssl-dev  hdr curl/curl.h
	build           zlib1g-dev            hdr zlib.h
	build           libxxhash-dev         hdr xxhash.h
	test,demo       python3               cmd python3
	test,demo       python3-venv          py  ensurepip
	test,demo       ca-certificates       run test -s /etc/ssl/certs/ca-certificates.crt
	test,demo       curl                  cmd curl
	test            awscli                run test -x /usr/bin/aws
	test            rclone                cmd rclone
	test            s3cmd                 cmd s3cmd
	test            strace                cmd strace
	lint            python3               cmd python3
	lint            build-essential       cmd gcc
	lint,fuzz       clang                 cmd clang
	lint            clang-format          cmd clang-format
	lint            cppcheck              cmd cppcheck
	fuzz            $(clang_rt)           run clang_fuzzes
	fuzz            llvm                  cmd llvm-symbolizer
	bench           nginx-light           run test -x /usr/sbin/nginx
	bench           openssl               cmd openssl
	bench           wrk                   cmd wrk
	TABLE
}

# The package with clang's sanitizers carries clang's version in its name.
clang_rt() {
	v=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
	echo "libclang-rt-${v:-14}-dev"
}

clang_fuzzes() {
	f=$(mktemp) && echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return p && n ? 0 : 0; }' \
		| clang -fsanitize=fuzzer,address -x c - -o "$f" 2>/dev/null
	rc=$?
	rm -f "$f"
	return $rc
}

there() { # there KIND WHAT...
	kind=$1
	shift
	case $kind in
	cmd) command -v "$1" >/dev/null 2>&1 ;;
	hdr) for f in /usr/include/"$1" /usr/include/*/"$1" /usr/local/include/"$1"; do
			test -e "$f" && return 0
		done
		echo "#include <$1>" | gcc -E - >/dev/null 2>&1 ;;
	py) python3 -c "import $1" >/dev/null 2>&1 ;;
	run) "$@" >/dev/null 2>&1 ;;
	esac
}

missing() { # missing GROUP...: the packages, each once
	rows | while read -r groups package probe; do
		for g in "$@"; do
			case ,$groups, in
			# shellcheck disable=SC2086 # the probe is words
			*,"$g",*) there $probe || echo "$package" ;;
			esac
		done
	done | sort -u
}

look=no
if [ "${1:-}" = --only-look ]; then
	look=yes
	shift
fi
[ $# -gt 0 ] || set -- build test lint bench fuzz
want=$(missing "$@" | tr '\n' ' ')
want=${want% }
[ -n "$want" ] || exit 0

if [ $look = yes ]; then
	echo "Missing: $want. 'make deps' installs it (Debian, Ubuntu); elsewhere use your own package manager." >&2
	exit 1
fi
echo "Missing for $*: $want"
if ! command -v apt-get >/dev/null 2>&1; then
	echo "There is no apt-get here: install these, or what they are called here, and run make again." >&2
	exit 1
fi
root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Installing needs root and there is no sudo here. As root: apt-get install $want" >&2
		exit 1
	fi
	root=sudo
fi
echo "Installing them with ${root:+sudo }apt-get ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! $root env DEBIAN_FRONTEND=noninteractive apt-get update >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "apt-get update failed; going on with the lists that are here." >&2
fi
have= lack=
for p in $want; do
	if apt-cache policy "$p" 2>/dev/null | grep -q '^  Candidate: [^(]'; then
		have="$have $p"
	else
		lack="$lack $p"
	fi
done
# shellcheck disable=SC2086 # a list of words
if [ -n "$have" ] &&
	! $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $have >"$log" 2>&1; then
	tail -n 15 "$log" >&2
	echo "apt-get could not install:$have" >&2
	exit 1
fi
[ -z "$have" ] || echo "Installed:$have"
[ -n "$lack" ] || exit 0
case " $lack " in
*-dev\ * | *build-essential* | *python3\ *)
	echo "This release has no package for:$lack" >&2
	exit 1
	;;
esac
echo "This release has no package for:$lack; what needs it says so and is skipped."
