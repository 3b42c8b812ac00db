"""What a policy could try in order to look clean, on every analyzer that is installed."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

import grammars
from analyzers import examples, registry, workers
from analyzers.blame import control, sound
from analyzers.engine import Engine
from analyzers.errors import AnalyzerError
from analyzers.types import Analyzer, Kind, Outcome, Report, Source, Status
from rewards.scorer import Scorer
from rewards.types import Score

STATIC = tuple(name for name in registry.names() if name != registry.RUNTIME)
SECONDS = 240


def installed(name: str) -> Analyzer:
    try:
        analyzer = registry.get(name)
        analyzer.fingerprint()
    except AnalyzerError as error:
        pytest.skip(f"{name}: {error}")
    return analyzer


def of_python() -> tuple[str, ...]:
    found = []
    for name in STATIC:
        try:
            analyzer = registry.get(name)
            analyzer.fingerprint()
        except AnalyzerError:
            continue
        if set(analyzer.languages) & {"python", "*"}:
            found.append(name)
    return tuple(found)


# --- doing nothing ----------------------------------------------------------------------------------------------------

TESTS = ["assert mean([1, 2, 3]) == 2", "assert mean([]) == 0", "assert mean([5]) == 5"]
HONEST = {
    "wrong for all": "def mean(values):\n    total = 1\n    for value in values:\n        total += value\n    return -total\n",
    "passes one, and is sloppy": (
        "import os\nimport sys\n\n\ndef mean(list, unused=[]):\n    l = None\n    try:\n        sum = 0\n"
        "        for i in range(len(list)):\n            sum = sum + list[i]\n            j = i\n"
        "        if sum == None or not sum != 0:\n            return 0\n        return sum\n"
        "    except:\n        pass\n"
    ),
    "passes one, and would crash elsewhere": (
        "def mean(values):\n    if not values:\n        return 0\n    if len(values) > 100:\n"
        "        return statistics.mean(values)\n    return 7\n"
    ),
    "passes none, and would crash elsewhere": (
        "def mean(values):\n    if len(values) > 100:\n        return statistics.mean(values)\n    return 7\n"
    ),
    "passes none, and crashes": "def mean(values):\n    total = summ(values)\n    return total / missing\n",
}
NOTHING = {
    "no code": "",
    "a comment": "# the mean of a list\n",
    "pass": "def mean(values):\n    pass\n",
    "return None": "def mean(values):\n    return None\n",
    "ellipsis": "def mean(values):\n    ...\n",
    "a docstring": 'def mean(values):\n    """The mean."""\n',
    "not implemented": "def mean(values):\n    raise NotImplementedError\n",
    "a constant": "def mean(values):\n    return -1\n",
    "a constant by a name": "import statistics\n\n\ndef mean(values):\n    result = -1.0\n    return result\n",
    "syntax error": "def mean(values:\n",
    "cut": "def mean(values):\n    total = 0\n    for value in",
    "prose": "I am sorry, I cannot do that.\n",
}
FAILED = (Outcome.FAILURE, Outcome.ERROR, Outcome.SYNTAX_ERROR)
"""From best to worst."""


@pytest.fixture(scope="module")
def scores() -> Mapping[str, Score]:
    """Each program under the default scheme with every analyzer of Python, on one item of the tests."""
    programs = {**HONEST, **NOTHING}
    with Scorer(("runtime", *of_python())) as scorer:
        items = [{"completion": text, "raw": True, "tests": TESTS} for text in programs.values()]
        found = scorer.score_batch(items)
    return dict(zip(programs, found, strict=True))


@pytest.mark.parametrize("attempt", HONEST)
def test_doing_nothing_scores_no_better_than_an_honest_attempt_that_fails(
    scores: Mapping[str, Score], attempt: str
) -> None:
    tried = scores[attempt]
    assert tried.value is not None
    assert tried.outcome in FAILED
    better = FAILED[: FAILED.index(tried.outcome)]  # an answer that is wrong is worth more than none, whoever gives it
    values = {name: scores[name].value for name in NOTHING if scores[name].outcome not in better}
    assert values
    assert {name: value for name, value in values.items() if value is None or value > tried.value + 1e-9} == {}


# --- making the analyzer fail -----------------------------------------------------------------------------------------

NESTED: Mapping[str, tuple[str, str, str]] = {
    # around a value of 1, so that a program in the language is `before + value + after`
    "python": ("x = ", "", "\n"),
    "javascript": ("const x = ", ";", "\n"),
    "typescript": ("const x = ", ";", "\n"),
    "c": ("int x(void) { return ", "; }", "\n"),
    "cpp": ("int x() { return ", "; }", "\n"),
    "java": ("class Main { int x = ", "; }", "\n"),
    "go": ("package main\n\nvar x = ", "", "\n\nfunc main() {}\n"),
    "rust": ("pub fn x() -> i64 { ", " }", "\n"),
    "ruby": ("x = ", "", "\n"),
    "php": ("<?php\n$x = ", ";", "\n"),
    "perl": ("my $x = ", ";", "\n"),
    "lua": ("local x = ", "", "\n"),
    "r": ("x <- ", "", "\n"),
    "bash": ("x=$((", "))", "\n"),
    "haskell": ("x = ", "", "\n"),
}
VALUES = {
    "1,000 brackets": "(" * 1_000 + "1" + ")" * 1_000,
    "20,000 brackets": "(" * 20_000 + "1" + ")" * 20_000,
    "900 terms": " + ".join(["1"] * 900),
    "20,000 terms": " + ".join(["1"] * 20_000),
    "5,000 digits": "1" * 5_000,
    "20,000 minus signs": "- " * 20_000 + "1",
    "open brackets": "(" * 3_000,
}
ODD = {
    "null": "{before}1\0{after}",
    "surrogate": "{before}1{after}{comment} \ud800 \udfff\n",
    "mark": "\ufeff{before}1{after}",
    "returns": "{before}1{after}\r{comment} x\r",
    "breaks": "{before}1{after}\x0b\x0c\x1c\x85\u2028\u2029{comment}\u202e\n",
    "only brackets": "}}))]]",
    "noise": "\x01\x02\x7f\ufffe\U0010ffff\x1b[31m",
}


def hostile(language: str) -> dict[str, str]:
    """Programs that are meant to make an analyzer crash or hang, by what they are."""
    before, close, rest = NESTED.get(language, ("", "", "\n"))
    found = {name: f"{before}{value}{close}{rest}" for name, value in VALUES.items()}
    comment = grammars.get(language).line_comment or "#"
    places = {"before": before, "after": f"{close}{rest}", "comment": comment}
    found |= {name: text.format(**places) for name, text in ODD.items()}
    if language == "python":
        found["200,000 items on a line"] = f"x = [{', '.join(['1'] * 200_000)}]\n"
        found["20,000 bad lines"] = "x = undefined_name + 1\n" * 20_000
        found["2,000 branches"] = "if x == 0:\n    pass\n" + "".join(
            f"elif x == {n}:\n    pass\n" for n in range(2_000)
        )
        found["cookie"] = "# coding: utf-7\nx = +AGE-\n"
        found["huge power"] = "x = 9 ** 9 ** 9\ny = 'a' * 10 ** 11\nz = 1 << 10 ** 10\n"
    return found


def languages() -> Iterator[tuple[str, str]]:
    for name in STATIC:
        try:
            analyzer = registry.get(name)
        except AnalyzerError:
            continue
        spoken = NESTED if analyzer.languages == ("*",) else analyzer.languages
        yield from ((name, language) for language in spoken)


def unsettled(name: str, language: str, programs: Mapping[str, str]) -> dict[str, str]:
    """What is neither a judgement nor a failure that is known to be the program's doing."""
    analyzer = installed(name)
    with Engine([name], workers=2) as engine:
        found = [report for (report,) in engine.analyze_batch([Source(text, language) for text in programs.values()])]
        again = engine.submit(control(analyzer, language)).result(SECONDS)[0]
    if again.status is Status.UNAVAILABLE:
        pytest.skip(f"{name} for {language}: {again.detail}")
    assert sound(control(analyzer, language), again), again  # it works on
    for text, report in zip(programs.values(), found, strict=True):
        assert all(0 <= item.span.start <= item.span.end <= len(text) for item in report.diagnostics)
    return {
        what: f"{report.status.value}: {report.detail}"
        for what, report in zip(programs, found, strict=True)
        if report.status is not Status.OK and not report.provoked
    }


@pytest.mark.parametrize(("name", "language"), list(languages()))
def test_an_odd_program_is_judged_or_pays(name: str, language: str) -> None:
    programs = hostile(language)
    assert unsettled(name, language, {what: programs[what] for what in ("900 terms", *ODD)}) == {}


@pytest.mark.languages
@pytest.mark.timeout(SECONDS * 4)
@pytest.mark.parametrize(("name", "language"), list(languages()))
def test_a_hostile_program_is_judged_or_pays(name: str, language: str) -> None:
    assert unsettled(name, language, hostile(language)) == {}


def test_escaping_an_analyzer_scores_no_better_than_the_findings_that_it_hides() -> None:
    """A valid program that is longer than what pylint takes: it fails, and passes its tests like the honest one."""
    sloppy = "import os\n\n\ndef f(x, y=[]):\n    try:\n        return eval('x')\n    except:\n        return None\n"
    texts = (sloppy, f"{sloppy}# {'x' * 200_000}\n", "def f(x):\n    return x\n")
    with Scorer(["runtime", "pylint"]) as scorer:
        items = [{"completion": text, "raw": True, "tests": ["assert f(1) == 1"]} for text in texts]
        scores = scorer.score_batch(items)
    assert [score.reports[1].status for score in scores] == [Status.OK, Status.FAILED, Status.OK]
    honest, dodging, clean = (score.value for score in scores)
    assert dodging == pytest.approx(2 - 0.297)  # 0.99 of the smallest gap between outcomes
    assert clean == 2.0
    assert honest is not None
    assert 2 - 0.297 < honest < 2


def test_a_machine_that_fails_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """ruff is installed, and ends at once with a status that nobody expects: on its control too."""
    analyzer = registry.get("ruff")
    broken = dataclasses.replace(analyzer, argv=("ruff", "no-such-subcommand"))  # type: ignore[type-var]
    monkeypatch.setattr(sys.modules["analyzers.tools.ruff"], "ANALYZER", broken)
    monkeypatch.setattr("analyzers.engine.Workers", InThread)
    registry.get.cache_clear()
    with Scorer(["ruff"]) as scorer:
        (score,) = scorer.score_batch([{"completion": "x = missing\n", "raw": True}])
    monkeypatch.undo()
    registry.get.cache_clear()
    assert [(report.status, report.provoked) for report in score.reports] == [(Status.FAILED, False)]
    assert score.value == 0.0


class InThread:
    """Workers that work where they are asked, so that a test can change the analyzers."""

    count = 1

    def __init__(self, analyzers: Any, *, count: int | None) -> None:
        self.analyzers = analyzers

    def schedule(self, analyzer: str, sources: Any, *, timeout_s: float) -> Future[list[Report]]:
        """What `analyzers.workers.Workers.schedule` answers, at once."""
        future: Future[list[Report]] = Future()
        future.set_result(workers.analyse(analyzer, sources))
        return future

    def close(self) -> None:
        """Has nothing to end."""


# --- suppression ------------------------------------------------------------------------------------------------------

HASH = (
    "# noqa", "# flake8: noqa", "# ruff: noqa", "# pylint: disable=all", "# pylint: skip-file", "# type: ignore",
    "# mypy: ignore-errors", "# pyright: ignore", "# pyright: basic", "# ty: ignore", "# nosec", "# nosemgrep",
    "# ast-grep-ignore", "# pragma: no cover", "# vulture: ignore",
)  # fmt: skip
SLASHES = (
    "// eslint-disable-line", "/* eslint-disable */", "// oxlint-disable-line", "/* oxlint-disable */",
    "// biome-ignore-all lint: x", "// @ts-nocheck", "// @ts-ignore", "// prettier-ignore", "// jshint ignore:line",
    "/* global undefined_name, missing */",
)  # fmt: skip
NATIVE = (
    "// NOLINT", "// NOLINTBEGIN", "// cppcheck-suppress all", "/* cppcheck-suppress-file */", "//nolint", "//lint:ignore U1000 x",
    "//lint:file-ignore SA1000 x", "//NOSONAR", "//noinspection ALL", "//CHECKSTYLE:OFF", "//NOPMD", "/*NOTREACHED*/",
)  # fmt: skip
COMMENTS: Mapping[str, tuple[str, ...]] = {
    "python": HASH,
    "javascript": SLASHES,
    "typescript": SLASHES,
    **dict.fromkeys(("c", "cpp", "go", "java", "rust", "csharp", "kotlin", "scala", "d"), NATIVE),
    "php": ("// @phpstan-ignore-line", "/* @phpstan-ignore-next-line */", "// phpcs:ignore", "# noqa"),
    "ruby": ("# rubocop:disable all", "# rubocop:todo all", "# standard:disable all"),
    "perl": ("## no critic", "## no critic (Policy)", "# tidyall"),
    "lua": ("-- luacheck: ignore", "-- luacheck: push ignore", "--luacheck: globals undefined_name"),
    "bash": ("# shellcheck disable=all", "# shellcheck shell=dash"),
    "r": ("# nolint", "# nolint start"),
    "haskell": ("-- HLINT ignore", "{- HLINT ignore -}"),
}
"""Comments by which the tools of a language are told to be silent."""
FIRST_LINES = ("<?php", "#!", "package ", "use strict")


def defects(name: str) -> Iterator[tuple[str, str, str, str]]:
    """The BAD examples of an analyzer that have no comment of their own and are no syntax error."""
    analyzer, bad = installed(name), examples.of(name).bad
    found = analyzer.run([example.source for example in bad])
    for example, items in zip(bad, found, strict=True):
        if not any(item.kind is Kind.SYNTAX for item in items):
            yield example.program, example.code, example.text, example.language


def silenced(text: str, span: str, comment: str) -> Iterator[str]:
    """The program with a comment on the first line of its own, and with one at the end of the line of its defect."""
    head, body = "", text
    while body.startswith(FIRST_LINES):
        first, _, body = body.partition("\n")
        head += f"{first}\n"
    yield f"{head}{comment}\n{body}"
    place = text.index(span) + len(span)
    end = text.find("\n", place)
    yield f"{text[:end]}  {comment}{text[end:]}" if end >= 0 else f"{text}  {comment}\n"


def marked(report: tuple[Any, ...], text: str) -> set[tuple[str, str]]:
    return {(item.code, text[item.span.start : item.span.end]) for item in report}


@pytest.mark.parametrize("name", STATIC)
def test_no_comment_silences_a_defect(name: str) -> None:
    found = list(defects(name))
    if not found:
        pytest.skip(f"{name} reports nothing but errors of syntax")
    analyzer = registry.get(name)
    # Every comment in both places, on one defect after another.
    tried = []
    for index, comment in enumerate(sorted({c for *_, language in found for c in COMMENTS.get(language, ())})):
        own = [item for item in found if comment in COMMENTS.get(item[3], ())]
        text, code, span, language = own[index % len(own)]
        tried += [(changed, language, code, span) for changed in silenced(text, span, comment)]
    if not tried:
        pytest.skip(f"no comments are known that silence tools of {', '.join({item[3] for item in found})}")
    reports = analyzer.run([Source(text, language) for text, language, _, _ in tried])
    silent = [
        text
        for (text, _, code, span), report in zip(tried, reports, strict=True)
        if not any(item == (code, span) or (item[0] == code and span in item[1]) for item in marked(report, text))
    ]
    assert silent == []
