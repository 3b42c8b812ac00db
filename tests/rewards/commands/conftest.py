"""A command line without a shell, and a scorer that runs nothing."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.types import Outcome, Report, Status
from rewards import __main__ as command
from rewards.commands import settings
from rewards.extract import extract
from rewards.items import as_item
from rewards.schemes import resolve
from rewards.scorer import settle
from rewards.types import Evidence, Item, Score


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch, make: Any) -> dict[str, Any]:
    """Stands for the scorer: every program that holds "y" fails on its tests; what it was asked is kept."""
    asked: dict[str, Any] = {"items": []}

    class Scorer:
        def __init__(self, analyzers: list[str], *, scheme: Any, isolation: str, cache: Path | None) -> None:
            asked.update(analyzers=analyzers, scheme=scheme, isolation=isolation, cache=cache)
            self.scheme = resolve(scheme)

        def __enter__(self) -> Scorer:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def score_batch(self, items: list[Item]) -> list[Score]:
            asked["items"] = [as_item(item) for item in items]
            return [self.score(item) for item in asked["items"]]

        def score(self, item: Item) -> Score:
            source = extract(item.completion, language=item.language, raw=item.raw)
            wrong = "y" in source.text
            reports = [Report("pyflakes", Status.OK, (make.finding(source.text, "y"),) if wrong else ())]
            if item.tests:
                reports.append(make.runtime(Outcome.FAILURE if wrong else Outcome.PASS, 0 if wrong else 1, 1))
            return settle(item, Evidence(source, tuple(reports), tested=item.tests is not None), self.scheme)

    monkeypatch.setattr(settings, "Scorer", Scorer)
    return asked


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `python -m rewards` with arguments and gives its exit status."""

    def run(*arguments: str, stdin: bytes = b"") -> int:
        monkeypatch.setattr(sys, "argv", ["rewards", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as done:
            command.main()
        assert isinstance(done.value.code, int)
        return done.value.code

    return run


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.py"
    path.write_text("def f(x):\n    return x\n")
    return str(path)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.py"
    path.write_text("def f(x):\n    return y\n")
    return str(path)
