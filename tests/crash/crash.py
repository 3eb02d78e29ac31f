#!/usr/bin/env python3
"""The proof that what was acknowledged is on disk: kill -9 at random moments, and power cuts replayed from a record of
the system calls.

    tests/crash/crash.py [--rounds N] [--moments N] [--only store|server]

Prints what it sees in lines with #, and at the end "N passed, N failed"."""
import argparse
import os
import shutil
import sys
import tempfile

import kill
import replay
from targets import ServerTarget, StoreTarget, build_recorder


def room():
    """Rebuilt folders go to memory if there is some: they are many, and their syncs would say nothing."""
    usable = os.access("/dev/shm", os.W_OK | os.X_OK) and shutil.disk_usage("/dev/shm").free > 2 << 30
    return "/dev/shm" if usable else None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", "--kills", type=int, default=5)
    p.add_argument("--moments", type=int, help="of power cuts that are tried (else 4 a round)")
    p.add_argument("--only", choices=["store", "server"])
    o = p.parse_args()
    moments = o.moments or 4 * o.rounds
    recorder = build_recorder()
    passed = failed = 0
    for kind in [StoreTarget, ServerTarget]:
        if o.only and o.only != kind.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            good, bad = kill.run(kind(32), folder, o.rounds)
            passed, failed = passed + good, failed + bad
        with tempfile.TemporaryDirectory(dir=room()) as folder:
            good, bad = replay.run(kind(8, changes=400), folder, recorder, moments)
            passed, failed = passed + good, failed + bad
        if kind is StoreTarget:
            with tempfile.TemporaryDirectory(dir=room()) as folder:
                good, bad = replay.run_sick(kind(8, changes=400), folder, recorder, moments)
                passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
