"""Whose doing a failure is, told by the engine with analyzers that fail in every way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from analyzers import registry
from analyzers.blame import EMPTY, control, sound
from analyzers.cache import lasting
from analyzers.engine import Engine
from analyzers.types import Report, Source, Status

PLUGIN = """
import os, time
from pathlib import Path
from analyzers.types import Diagnostic, Kind, Severity, Span

class Touchy:
    name, languages, timeout_s, batch_size = "touchy", ("python",), 1.0, 8

    def fingerprint(self):
        return "1"

    def run(self, sources):
        return [self.judge(source.text) for source in sources]

    def judge(self, text):
        count = Path("../count")
        count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
        if "BROKEN" in os.environ:
            raise ValueError("no disk")
        if "crash" in text or "once" in text and count.read_text() == "1":
            raise ValueError("crash")
        if "hang" in text:
            time.sleep(600)
        if "kill" in text:
            os._exit(9)
        return (Diagnostic("touchy", "bad", Severity.LOW, "", Span(0, 1), Kind.STYLE),) if "bad" in text else ()

ANALYZER = Touchy()
BAD = [("fine", "bad", "b", "other"), ("bad", "bad", "b")]
"""


@pytest.fixture
def touchy(distribution: Any) -> Iterator[None]:
    distribution("touchy-dist", analyzers={"touchy": "touchy_plugin:ANALYZER"}, touchy_plugin=PLUGIN)
    yield
    sys.modules.pop("touchy_plugin", None)


def judged(*texts: str) -> list[tuple[Status, bool]]:
    with Engine(["touchy"], workers=1) as engine:
        reports = [report for (report,) in engine.analyze_batch([Source(text) for text in texts])]
    return [(report.status, report.provoked) for report in reports]


@pytest.mark.parametrize(
    ("text", "status"), [("crash", Status.FAILED), ("hang", Status.TIMED_OUT), ("kill", Status.FAILED)]
)
def test_a_program_on_which_it_fails_twice_provoked_it(touchy: None, text: str, status: Status) -> None:
    assert judged(text) == [(status, True)]


def test_the_rest_of_the_batch_is_innocent(touchy: None) -> None:
    expected = [(Status.OK, False), (Status.FAILED, True), (Status.OK, False), (Status.FAILED, True)]
    assert judged("a", "crash 1", "bad", "crash 2") == expected


def test_what_fails_on_its_control_too_is_broken(touchy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "1")
    assert judged("a", "crash") == [(Status.FAILED, False)] * 2


def test_what_finds_nothing_in_its_control_is_broken(touchy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.get("touchy"), "languages", ("other",))  # so that the first example is its control
    assert control(registry.get("touchy"), "other").text == "fine"
    assert not sound(Source("fine"), Report("touchy", Status.OK))
    assert sound(Source(EMPTY), Report("touchy", Status.OK))
    assert not sound(Source(EMPTY), Report("touchy", Status.FAILED))


def test_a_failure_that_does_not_come_again_is_none(touchy: None) -> None:
    assert judged("once") == [(Status.OK, False)]


def test_controls_are_examples_of_the_language(touchy: None) -> None:
    assert control(registry.get("touchy"), "python") == Source("bad", "python")
    assert control(registry.get("touchy"), "lua") == Source(EMPTY, "lua")
    assert "undefined_name" in control(registry.get("ruff"), "python").text


def test_a_provoked_crash_is_kept_and_a_provoked_timeout_is_not() -> None:
    assert lasting(Report("x", Status.FAILED, provoked=True))
    assert not lasting(Report("x", Status.FAILED))
    assert not lasting(Report("x", Status.TIMED_OUT, provoked=True))


@pytest.mark.parametrize("bad", ["7", "[7]", "[('a', 'b')]", "{'touchy': 7}"])
def test_examples_of_another_form_are_no_control(distribution: Any, bad: str) -> None:
    distribution(
        "touchy-dist",
        analyzers={"touchy": "touchy_plugin:ANALYZER"},
        touchy_plugin=PLUGIN.partition("BAD = ")[0] + f"BAD = {bad}\n",
    )
    assert control(registry.get("touchy"), "python") == Source(EMPTY)
    sys.modules.pop("touchy_plugin")
