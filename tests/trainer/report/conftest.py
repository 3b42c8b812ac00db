from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analyzers.types import Outcome
from trainer.evaluation import Graded, summarise


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of style sheets."""

    VOID = frozenset({"meta", "br", "img", "link", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += " " if tag in ("td", "th") else ""

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


@pytest.fixture
def parsed() -> Callable[[Path], Page]:
    """A page that was written, well-formed or the test fails."""
    return lambda path: Page(path.read_text(encoding="utf-8"))


@pytest.fixture
def evaluation() -> Callable[[int], dict[str, Any]]:
    """The record of an evaluation on 10 tasks of which so many are passed."""

    def evaluation(passed: int) -> dict[str, Any]:
        graded = [
            Graded(f"t{n}", False, "", 10, Outcome.PASS if n < passed else Outcome.FAILURE, findings=1)
            for n in range(10)
        ]
        return summarise(graded, seconds={"generate": 1.0, "score": 1.0}).to_json()

    return evaluation
