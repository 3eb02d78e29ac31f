#!/usr/bin/env python3
"""src/policy beside evaluator.py, on AWS's own examples (published.py) and on random policies and requests
(generate.py). No difference is allowed, in the outcome and in the layer that is named for it.

    tests/policy/compare.py [--cases N] [--seed N] [--show N] [--long]

The driver (driver.c) reads a case a line, and writes what it decides:
    {"principal": {"kind": "user", "account": "...", "arn": "...", "id": "...", "entity_arn": "...", ...},
     "action": "s3:GetObject", "resource": "arn:...", "resource_account": "...",
     "context": {"aws:SourceIp": ["1.2.3.4"], "aws:TagKeys": {"many": ["a"]}},
     "identity": ["document", ...], "boundary": "document" or null, "session": ["document", ...] or null,
     "resource_policy": "document" or null, "restricted": false, "trust": false}
    {"outcome": "allow|implicit|explicit", "layer": "identity", "policy": 0, "statement": 0} or {"error": "..."}"""
import argparse
import collections
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from evaluator import evaluate
from generate import cases
from published import EXAMPLES

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBS = ["-Wl,--as-needed", "-lcrypto", "-lsqlite3", "-lexpat", "-lpcre2-8", "-lz", "-lm", "-pthread"]


def build_driver(out):
    """Compiles the driver against the objects of the build; its path."""
    path, lib = os.path.join(out, "policy_driver"), os.path.join(out, "libaerostat.a")
    if not os.path.exists(lib):
        sys.exit(f"{lib} is not there: make first")
    flags = os.environ.get("PROBE_CFLAGS", "-O2 -g").split()
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu11", "-D_GNU_SOURCE", *flags, "-I" + ROOT + "/src", "-o",
                    path, ROOT + "/tests/policy/driver.c", lib, *LIBS], check=True)
    return path


def decisions(driver, questions):
    text = "".join(json.dumps(q) + "\n" for q in questions)
    done = subprocess.run([driver], input=text, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(questions):
        sys.exit(f"the driver ended with {done.returncode} after {len(lines)} of {len(questions)} cases")
    return [json.loads(line) for line in lines]


def smaller(case):
    """Without what is empty; documents as JSON."""
    out = {k: v for k, v in case.items() if v}
    for name in ("identity", "session"):
        if name in out:
            out[name] = [json.loads(d) for d in out[name]]
    for name in ("boundary", "resource_policy"):
        if name in out:
            out[name] = json.loads(out[name])
    return out


def published(driver):
    """How many of AWS's examples come out otherwise than AWS says."""
    failed = 0
    for (words, outcome, case), got in zip(EXAMPLES, decisions(driver, [e[2] for e in EXAMPLES])):
        if not outcome == evaluate(case)[0] == got.get("outcome"):
            failed += 1
            print(f"--- {words}: {outcome}\n    the evaluator: {evaluate(case)}, driver: {got}")
    return failed


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cases", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--show", type=int, default=5)
    p.add_argument("--long", action="store_true")
    options = p.parse_args()
    questions = cases(options.cases or (100000 if options.long else 5000), options.seed)
    driver, outcomes = build_driver(os.environ.get("O", "out")), collections.Counter()
    failed = published(driver)
    for case, got in zip(questions, decisions(driver, questions)):
        outcome, layers = evaluate(case)
        outcomes[outcome] += 1
        if got.get("outcome") == outcome and got.get("layer") in layers:
            continue
        failed += 1
        if failed <= options.show:
            print("---", json.dumps(smaller(case)), f"\n    by the documents {outcome} {sorted(layers)}, driver: {got}")
    print(", ".join(f"{n} {k}" for k, n in outcomes.most_common()))
    print(f"{len(EXAMPLES) + len(questions) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
