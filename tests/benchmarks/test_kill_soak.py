"""The soak of kill -9, a small one; and that it sees what differs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill_soak.py"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it adopts orphans, which Linux alone lets it")


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        spec = importlib.util.spec_from_file_location("kill_soak", SCRIPT)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["kill_soak"] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(SCRIPT.parent))


def test_clocks_do_not_count(soak: ModuleType) -> None:
    ours = [{"loss": 1.0, "seconds/learn": 2.0, "verdict": {"cpu_s": 1, "tests": [{"seconds": 3, "status": "ok"}]}}]
    assert soak.untimed(ours) == [{"loss": 1.0, "verdict": {"tests": [{"status": "ok"}]}}]
    assert soak.untimed({"tokens_per_s": 3, "samples": 2}) == {"samples": 2}


def test_every_other_bit_does(soak: ModuleType) -> None:
    ours = {"a": [1, (2.0, None)], "w": torch.tensor([0.0, float("nan")])}
    assert soak.unlike(ours, {"a": [1, (2.0, None)], "w": torch.tensor([0.0, float("nan")])}) == []
    assert soak.unlike(ours, {**ours, "w": torch.tensor([-0.0, float("nan")])}) == ["/w"]
    assert soak.unlike(ours, {**ours, "w": ours["w"].double()}) == ["/w"]
    assert soak.unlike(ours, {**ours, "a": [1, (2.0, 0)]}) == ["/a/1/1"]
    assert soak.unlike(ours, {**ours, "a": [1]}) == ["/a"]
    assert soak.unlike(ours, {"a": ours["a"]}) == [""]
    assert soak.unlike([1], [True]) == ["/0"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_that_is_killed_again_and_again_ends_as_one_that_was_let_alone() -> None:
    command = [sys.executable, str(SCRIPT), "--modes", "online buffer", "--kills", "3", "--markdown"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=850, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    row = done.stdout.splitlines()[-1].split("|")
    assert (row[1].strip(), row[2].strip(), row[-2].strip()) == ("online buffer", "3", "bit for bit")
