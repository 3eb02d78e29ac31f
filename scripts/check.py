#!/usr/bin/env python3
"""make check: every suite, one line each, and at the end "N passed, N failed[, N skipped]".

    scripts/check.py [--long] [SUITE...]          the usual suites and these
    scripts/check.py --only SUITE...              these alone

A suite is a command whose output says what it counted: TAP, pytest's last line, or "N passed, N failed". O names the
folder of the build (out). With CI=true a client suite that is skipped counts as failed."""
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.environ.get("O", "out")
CI = os.environ.get("CI") == "true"
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
PYTEST = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s")


def python():
    """The interpreter with the test clients: .venv's, else the machine's, else None."""
    for p in (os.path.join(ROOT, ".venv/bin/python"), shutil.which("python3")):
        if p and os.path.exists(p):
            asks = subprocess.run([p, "-c", "import boto3, botocore, pytest"], stderr=subprocess.DEVNULL, check=False)
            if asks.returncode == 0:
                return p
    return None


PYTHON = python()


# --- what a suite's output counts

def count_tap(out):
    lines = out.split("\n")
    bad = sum(line.startswith("not ok") for line in lines)
    good = [line for line in lines if re.match(r"ok\b", line)]
    skipped = sum("# SKIP" in line for line in good)
    return len(good) - skipped, bad, skipped


def count_pytest(out):
    for line in reversed(out.strip().split("\n")):
        m = PYTEST.match(line)
        if m:
            n = {what: int(k) for k, what in re.findall(r"(\d+) (\w+)", m.group(1))}
            bad = sum(n.get(k, 0) for k in ("failed", "error", "errors"))
            return n.get("passed", 0) + n.get("xfailed", 0), bad, n.get("skipped", 0)
    return None


def count_total(out):
    found = TOTAL.findall(out)
    return tuple(int(x or 0) for x in found[-1]) if found else None


def count(out, rc):
    """(passed, failed, skipped) of a suite; one that ends badly has failed at least once."""
    passed, failed, skipped = count_total(out) or count_pytest(out) or count_tap(out)
    if rc and not failed:
        failed = 1
    if passed + failed + skipped == 0:
        passed = 1  # it counts nothing and says by its exit that all is well
    return passed, failed, skipped


# --- the suites: each yields (name, command) or (name, None, why it cannot run)

def unit(long):
    del long
    folder = os.path.join(ROOT, OUT, "unit")
    for at, _, names in sorted(os.walk(folder)):
        for n in sorted(names):
            path = os.path.join(at, n)
            if os.access(path, os.X_OK) and os.path.exists(f"{ROOT}/src/{os.path.relpath(path, folder)}.c"):
                yield f"unit {os.path.relpath(path, folder)[:-len('_test')]}", [path]


def script(name, path, *options):
    """A Python program of the tests, with the test clients."""
    if not os.path.exists(os.path.join(ROOT, path)):
        return name, None, f"{path} is not there"
    if not PYTHON:
        return name, None, "no boto3 and pytest: neither in .venv nor on this machine"
    return name, [PYTHON, path, *options]


def pytest(name, folder, *options):
    if not PYTHON:
        return name, None, "no boto3 and pytest: neither in .venv nor on this machine"
    command = [PYTHON, "-m", "pytest", "-q", "-rfEs", "--no-header", folder, *options]
    both = subprocess.run([PYTHON, "-c", "import xdist"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return name, command + (["-n", "2"] if both else [])


def wires(long):
    yield script("wires against botocore", "tests/wire/roundtrip.py", *(["--long"] if long else []))
    yield script("signatures against botocore", "tests/auth/signers.py")


def policies(long):
    yield script("policies against AWS's documents", "tests/policy/compare.py", *(["--long"] if long else []))


def calls(long):
    del long
    yield pytest("calls", "tests/calls")


def clients(long):
    yield pytest("clients", "tests/clients", *(["--long"] if long else []))


def crash(long):
    rounds = os.environ.get("ROUNDS") or ("50" if long else "5")
    yield script("crash", "tests/crash/crash.py", "--rounds", rounds)


def rules(long):
    del long
    yield "rules of lint", [sys.executable, "tests/lint_test.py"]


def lint(long):
    del long
    yield "lint", [sys.executable, "scripts/lint.py"]


def of_make(target):
    return lambda long: iter([(f"make {target}", ["make", "--no-print-directory", target])])


SUITES = {"unit": unit, "wires": wires, "policies": policies, "calls": calls, "clients": clients, "crash": crash,
          "rules": rules, "lint": lint, "asan": of_make("asan"), "tsan": of_make("tsan"), "fuzz": of_make("fuzz")}
USUAL = ["unit", "rules", "wires", "policies", "calls", "clients", "crash"]


# --- running them

def environment():
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MAKE", "MFLAGS"))}
    env.setdefault("AEROSTATD", os.path.join(ROOT, OUT, "aerostatd"))
    env.setdefault("AEROSTAT", os.path.join(ROOT, OUT, "aerostat"))
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env


def tell(out, failed):
    """What the reader wants of a suite's output: why it failed, what it skipped."""
    if failed:
        print("".join(f"    {line}\n" for line in out.rstrip().split("\n")[-80:]), end="")
        return
    for line in out.split("\n"):
        if re.match(r"(skipped:|SKIPPED)", line):
            print(f"    {line}")


def run_suite(name, command, why=None):
    if command is None:
        print(f"{'FAILED ' if CI else 'skipped'} {name}: skipped: {why}", flush=True)
        return (0, 1, 0) if CI else (0, 0, 1)
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    passed, failed, skipped = count(done.stdout, done.returncode)
    took = time.monotonic() - start
    word = "FAILED " if failed else "ok     "
    print(f"{word} {name}: {passed} passed, {failed} failed, {skipped} skipped ({took:.1f} s)")
    tell(done.stdout, failed)
    sys.stdout.flush()
    return passed, failed, skipped


def main():
    words = sys.argv[1:]
    only, long = "--only" in words, "--long" in words
    named = [w for w in words if not w.startswith("--")]
    unknown = [w for w in named if w not in SUITES]
    if unknown or (only and not named):
        sys.exit(f"no such suite: {' '.join(unknown)} (there are: {' '.join(SUITES)})")
    total = (0, 0, 0)
    for s in named if only else USUAL + [w for w in named if w not in USUAL]:
        for row in SUITES[s](long):
            total = tuple(a + b for a, b in zip(total, run_suite(*row)))
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""))
    sys.exit(1 if total[1] else 0)


if __name__ == "__main__":
    main()
