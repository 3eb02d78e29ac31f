#!/usr/bin/env python3
"""scripts/fuzz.py FOLDER SECONDS: run each fuzz target under FOLDER so long, two at a time. Seeds are in
tests/fuzz/ROOM/NAME, what it learns is kept in .cache/fuzz. A finding is written to .cache/fuzz/found and its report
is printed."""
import concurrent.futures
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def targets(folder):
    for at, _, names in sorted(os.walk(folder)):
        yield from (os.path.join(at, n) for n in sorted(names) if n.endswith("_fuzz"))


def fuzz(folder, path, seconds):
    """The name, and the report if there is a finding."""
    name = os.path.relpath(path, folder)[:-len("_fuzz")]
    learnt, found = os.path.join(ROOT, ".cache/fuzz", name), os.path.join(ROOT, ".cache/fuzz/found")
    for d in (learnt, found):
        os.makedirs(d, exist_ok=True)
    seeds = [d for d in [os.path.join(ROOT, "tests/fuzz", name)] if os.path.isdir(d)]
    command = [path, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={found}/{name.replace('/', '-')}-", learnt, *seeds]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False)
    runs = [line.split()[-1] for line in done.stdout.split("\n") if "number_of_executed_units" in line]
    return name, runs[0] if runs else "?", None if done.returncode == 0 else done.stdout[-6000:]


def main():
    folder, seconds = sys.argv[1], int(sys.argv[2])
    paths, bad = list(targets(folder)), 0
    if not paths:
        sys.exit(f"no fuzz target in {folder}")
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for name, runs, report in pool.map(lambda p: fuzz(folder, p, seconds), paths):
            print(f"{'not ok' if report else 'ok'} - fuzz {name}: {runs} inputs in {seconds} s", flush=True)
            if report:
                bad += 1
                print("".join(f"# {line}\n" for line in report.split("\n")), flush=True)
    print(f"{len(paths) - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
