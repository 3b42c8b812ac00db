import subprocess
import sys

import pytest

from analyzers.runtime import suite
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.tests import parse


@pytest.fixture(scope="session")
def sandbox():
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def run(sandbox):
    """Runs a program on tests in this process: statuses of the tests, and everything else that came of it."""

    def go(source, tests, **limits):
        outcome = suite.run(parse(tests), source, Limits(**{"timeout_s": 1.0, **limits}), sandbox)
        return [status for status, _, _ in outcome.tests], outcome

    return go


@pytest.fixture
def naive(tmp_path):
    """What many harnesses do: the program and its tests in one process, exit status 0 is a pass."""

    def passes(source, tests):
        program = tmp_path / "program.py"
        program.write_text(source + "\n" + tests, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", program], capture_output=True, timeout=30, cwd=tmp_path, check=False
        )
        return done.returncode == 0

    return passes
