"""Clients that the machine does not have: each into a folder of its own under .cache/clients, by its own package
manager, once. One that cannot be had is skipped with the reason; the machine promises none of them."""
import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from aerostat import ROOT

CACHE = os.path.join(ROOT, ".cache/clients")
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
PATIENCE = 420  # seconds for an installation


def optional(name):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"skipped: {name} is not installed")
    return path


def said_by(*command, **how):
    """Its exit status and the last lines that it said."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=PATIENCE, check=False, **how)
    except subprocess.TimeoutExpired:
        return 1, f"{command[0]} took more than {PATIENCE} s"
    return done.returncode, " ".join(done.stdout.split()[-40:])


@contextmanager
def alone(folder):
    """Two workers of the tests may come here together: the second finds the client made."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(name, want, commands, **how):
    """The folder of a client in which the commands have run; not again while want is the same. What failed is tried
    again by the next run of the tests, not by each of its tests."""
    folder = os.path.join(CACHE, name)
    have = os.path.join(folder, ".have")
    with alone(folder):
        if read(have) == want:
            return folder
        why = read(os.path.join(folder, ".failed"))
        if why.startswith(f"{run_id()} "):
            pytest.skip(f"skipped: {name} cannot be installed: {why.split(' ', 1)[1]}")
        for command in commands(folder):
            rc, said = said_by(*command, **{"cwd": folder, **how})
            if rc:
                write(os.path.join(folder, ".failed"), f"{run_id()} {said}")
                pytest.skip(f"skipped: {name} cannot be installed: {said}")
        write(have, want)
    return folder


def run_id():
    """The same in all workers of one run of the tests."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def python_with(name, *packages):
    """The interpreter of a private environment with these packages."""
    def commands(folder):
        yield sys.executable, "-m", "venv", "."
        yield f"{folder}/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages

    return os.path.join(make(name, "\n".join(packages), commands), "bin/python")


def javascript():
    """The JavaScript program, with the SDK beside it."""
    npm = optional("npm")
    optional("node")

    def commands(folder):
        shutil.copy(f"{PROGRAMS}/js/package.json", folder)
        yield npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1", "--loglevel=error"

    folder = make("js", read(f"{PROGRAMS}/js/package.json"), commands)
    with alone(folder):
        return shutil.copy(f"{PROGRAMS}/js/s3.mjs", folder)


def go_program():
    """The Go program, built."""
    go = optional("go")
    sources = [f"{PROGRAMS}/go/{n}" for n in sorted(os.listdir(f"{PROGRAMS}/go"))]

    def commands(folder):
        for file in sources:
            shutil.copy(file, folder)
        yield go, "build", "-o", "s3", "."

    env = {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    return os.path.join(make("go", "".join(map(read, sources)), commands, env=env), "s3")
