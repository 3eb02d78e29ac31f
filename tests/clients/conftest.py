"""The two ways in, for every client: `way` is AWS_ENDPOINT_URL, then `aerostat run` with AWS's own host names."""
import pytest

from session import Way


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="the tests marked `long` too, and the long form of others")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only with --long")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        items[:] = [i for i in items if not i.get_closest_marker("long")]


@pytest.fixture
def long(request):
    return request.config.getoption("--long")


@pytest.fixture(params=["endpoint", "transparent"])
def way(request, server, tmp_path):
    return Way(request.param, server, tmp_path)
