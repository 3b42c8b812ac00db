"""Runs scripts as this user, and as an ordinary one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
STRANGER = 65534
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3", sys.executable)


def python_for_strangers():
    """An interpreter, new enough, that any user may start; None where there is none."""
    for path in PYTHONS:
        check = [path, "-I", "-S", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if not subprocess.run(check, user=STRANGER, check=False, capture_output=True).returncode:
                return path
        except OSError:
            continue
    return None


@pytest.fixture(params=["root", "stranger"])
def as_user(request):
    """Runs Python as this user, and where this is root as an ordinary one, with the project at hand; what it prints."""
    words, account = [sys.executable], {}
    if request.param == "root" and os.geteuid():
        pytest.skip("needs root")
    if request.param == "stranger" and not os.geteuid():
        path = python_for_strangers()
        if path is None:
            pytest.skip("no interpreter that other users may start")
        words, account = [path], {"user": STRANGER, "group": STRANGER, "extra_groups": []}

    def go(source):
        head = f"import sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, {str(ROOT)!r})\n"
        done = subprocess.run(
            [*words, "-c", head + source], capture_output=True, text=True, timeout=60, cwd="/", check=False, **account
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return go
