import pytest

from analyzers.runtime import suite
from analyzers.runtime.sandbox.base import Limits, SandboxBroken
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.tests import parse

TRIES = 4
"""How often a program is run where the machine is too busy to give it its small limits, as a pool does."""


@pytest.fixture(scope="session")
def sandbox():
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def run(sandbox):
    """Runs a program on tests in this process: statuses of the tests, and everything else that came of it."""

    def go(source, tests, **limits):
        for attempt in range(TRIES):
            try:
                outcome = suite.run(parse(tests), source, Limits(**{"timeout_s": 1.0, **limits}), sandbox)
                break
            except SandboxBroken:
                if attempt + 1 == TRIES:
                    raise
        return [status for status, _, _ in outcome.tests], outcome

    return go
