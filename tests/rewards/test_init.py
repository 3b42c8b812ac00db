from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import rewards
from analyzers.engine import Engine


def test_importing_rewards_is_light() -> None:
    heavy = "torch transformers tokenizers pylint astroid tree_sitter jinja2 rich pebble loky pydantic typer".split()
    code = f"import sys, rewards; print(*(name for name in {heavy} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_all_is_there() -> None:
    assert all(hasattr(rewards, name) for name in rewards.__all__)


def test_threads_that_score_at_the_same_time_share_one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class SlowEngine(Engine):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append("an engine")
            time.sleep(0.05)
            super().__init__(*arguments, **options)

    monkeypatch.setattr("analyzers.engine.Engine", SlowEngine)
    rewards._engine.cache_clear()
    try:
        with ThreadPoolExecutor(4) as threads:
            scores = list(threads.map(lambda text: rewards.score(text, analyzers=["syntax"]), ["x = 1"] * 4))
    finally:
        rewards._engine.cache_clear()
    assert [score.value for score in scores] == [scores[0].value] * 4
    assert made == ["an engine"]
