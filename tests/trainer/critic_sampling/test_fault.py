from __future__ import annotations

from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, Verdict
from rewards.types import Score
from trainer.critic_sampling.fault import note, said_of

TEXT = "def f(x):\n    é = x\n    return y\n"


def _finding(word: str, message: str, severity: Severity = Severity.HIGH, analyzer: str = "runtime") -> Diagnostic:
    begin = TEXT.index(word)
    return Diagnostic(analyzer, "code", severity, message, Span(begin, begin + len(word)), Kind.NAME)


def _score(
    outcome: Outcome | None,
    *,
    exception: str = "",
    findings: tuple[Diagnostic, ...] = (),
    lint: tuple[Diagnostic, ...] = (),
) -> Score:
    verdict = None if outcome is None else Verdict(outcome, exception=exception)
    reports = (Report("pylint", Status.OK, lint), Report("runtime", Status.OK, findings, verdict=verdict))
    return Score(0.0, 0.0, outcome, Source(TEXT), TEXT, reports)


def test_the_program_its_outcome_its_error_and_its_findings_with_their_places() -> None:
    failing = _finding("return y", "NameError: name 'y'\nis not defined")
    unused = _finding("é", "unused", Severity.LOW, "pylint")
    said = note(_score(Outcome.ERROR, exception="NameError", findings=(failing,), lint=(unused,)))
    assert said.splitlines() == [
        "# This program fails:",
        "def f(x):",
        "    é = x",
        "    return y",
        "# it crashes: NameError",
        "# line 3, column 5-12: NameError: name 'y' is not defined",
        "# line 2, column 5: unused",
        "# Mended:",
    ]


def test_the_tests_speak_first_then_the_worst_and_no_more_than_three() -> None:
    lint = tuple(
        _finding(word, f"{severity.name}", severity, "pylint")
        for word, severity in (("def", Severity.INFO), ("f(x)", Severity.CRITICAL), ("é = x", Severity.MEDIUM))
    )
    said = said_of(_score(Outcome.FAILURE, findings=(_finding("y\n", "wrong", Severity.INFO),), lint=lint))
    assert said[0] == "its answer is wrong"
    assert [line.rpartition(" ")[2] for line in said[1:]] == ["wrong", "CRITICAL", "MEDIUM"]


def test_every_outcome_has_its_words() -> None:
    said = {outcome: said_of(_score(outcome))[0] for outcome in (*Outcome, None)}
    assert said[Outcome.SYNTAX_ERROR] == "it does not compile"
    assert said[Outcome.TIMEOUT] == "it takes too long"
    assert said[None] == said[Outcome.INFRASTRUCTURE] == "nobody could judge it"
