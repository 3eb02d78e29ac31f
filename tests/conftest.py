"""What all tests share. `server` is one server for a file of tests (it must end well: no bad exit, no sanitizer
report), `bucket` a fresh bucket for a test, `start_server` makes more servers, with options of their own."""
import itertools
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from aerostat import AEROSTATD, Server  # noqa: E402

numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    if items and not os.access(AEROSTATD, os.X_OK):
        pytest.exit(f"there is no server to test: {AEROSTATD} (make builds it)", returncode=3)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    s = Server(tmp_path_factory.mktemp("server")).start()
    yield s
    s.stop()


@pytest.fixture
def start_server(tmp_path):
    """start_server(*options, bootstrap=..., env=...) gives a running server; all end with the test."""
    made = []

    def start(*options, **how):
        made.append(Server(tmp_path / f"server{len(made)}", *options, **how))
        return made[-1].start()

    yield start
    for s in made:
        s.stop()


@pytest.fixture(autouse=True)
def alive(request):
    """The server of a test has outlived it, without a report in its log."""
    yield
    if "server" in request.fixturenames:
        request.getfixturevalue("server").check_alive()


@pytest.fixture
def s3(server):
    return server.client("s3")


@pytest.fixture
def iam(server):
    return server.client("iam")


@pytest.fixture
def bucket(s3):
    """A fresh bucket of the first account."""
    name = f"bucket-{os.getpid()}-{next(numbers)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def plain(server):
    """A client that adds no checksums of its own."""
    return server.client("s3", request_checksum_calculation="when_required",
                         response_checksum_validation="when_required")
