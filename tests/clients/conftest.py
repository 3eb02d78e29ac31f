"""The two ways in, for every client: `way` is AWS_ENDPOINT_URL, then `aerostat run` with AWS's own host names."""
import itertools
import os

import pytest

from aerostat import AEROSTAT, ROOT_KEY
from session import Tool

numbers = itertools.count(1)


class Way:
    """How a client is led to a server. tool(command) runs it that way, in a home of its own."""

    def __init__(self, name, server, home):
        self.name, self.server, self.home = name, server, home

    def env(self, key=ROOT_KEY, **more):
        env = self.server.cli_env(self.home, key, **more)
        if self.name == "transparent":
            del env["AWS_ENDPOINT_URL"]
        return env

    def tool(self, *command, key=ROOT_KEY, **more):
        if self.name == "transparent":
            command = [AEROSTAT, "run", "--data", self.server.data, "--", *command]
        return Tool([*command], self.env(key, **more))

    def bucket(self):
        """A name that no other test has."""
        return f"{self.name}-{os.getpid()}-{next(numbers)}"


@pytest.fixture(params=["endpoint", "transparent"])
def way(request, server, tmp_path):
    return Way(request.param, server, tmp_path)
