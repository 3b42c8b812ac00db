import pytest

from analyzers.types import (
    Diagnostic,
    Kind,
    Location,
    Outcome,
    Report,
    Severity,
    Source,
    Span,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)
from rewards.reranking.known import candidate
from rewards.types import Score

PREFIX, TEXT = "def f():\n", "    return xé\n"
SOURCE = Source(PREFIX + TEXT, "python", prefix=len(PREFIX))
NAME = Span(SOURCE.text.index("xé"), SOURCE.text.index("xé") + 2)
OK, NOT = TestResult(TestStatus.PASSED), TestResult(TestStatus.FAILED)


def finding(analyzer, severity=Severity.HIGH, kind=Kind.NAME, span=NAME):
    return Diagnostic(analyzer, "code", severity, "message", span, kind, Location.SPAN)


def runtime(outcome, *tests, diagnostics=()):
    return Report("runtime", Status.OK, diagnostics, verdict=Verdict(outcome, tests))


def score(outcome, *reports):
    return Score(None, None, outcome, SOURCE, TEXT, reports)


def test_what_the_tests_say_is_kept_apart_from_what_they_do_not():
    failing = runtime(Outcome.ERROR, OK, NOT, NOT, NOT, diagnostics=(finding("runtime", Severity.FATAL, Kind.RUNTIME),))
    style = finding("pylint", Severity.MEDIUM, Kind.STYLE)
    found = candidate(score(Outcome.ERROR, failing, Report("pylint", Status.OK, (style,))), logprob=-0.5, public=False)
    assert (found.passed, found.pass_rate, found.outcome) == (False, 0.25, Outcome.ERROR)
    assert (found.logprob, found.public, found.truncated) == (-0.5, False, False)
    # style of a program that fails costs nothing in a reward; who chooses does not know that it fails
    [charged] = found.findings
    assert (charged.diagnostic, charged.span) == (style, Span(11, 13))
    assert charged.amount == pytest.approx(-0.05)
    assert {each.diagnostic.analyzer for each in found.blame} == {"runtime"}
    assert [each.span for each in found.blame] == [Span(0, 13)]  # the failing line


def test_findings_are_the_same_whatever_the_tests_say():
    linted = Report("pylint", Status.OK, (finding("pylint", Severity.LOW, Kind.STYLE),))
    alone = candidate(score(None, linted))
    assert alone.passed is alone.pass_rate is alone.outcome is None
    assert alone.findings
    for outcome in (Outcome.PASS, Outcome.FAILURE, Outcome.TIMEOUT, Outcome.SYNTAX_ERROR):
        assert candidate(score(outcome, runtime(outcome, NOT), linted)).findings == alone.findings


def test_a_failed_analyzer_is_not_clean_and_says_nothing():
    clean, lost = Report("pyflakes", Status.OK), Report("pylint", Status.TIMED_OUT)
    assert candidate(score(None, clean)).findings == ()
    assert candidate(score(None, clean, lost)).findings is None
    assert candidate(score(Outcome.PASS, runtime(Outcome.PASS, OK))).findings is None
    [charged] = candidate(score(None, Report("pylint", Status.TIMED_OUT, provoked=True))).findings
    assert charged.note == "unjudged"


def test_what_the_harness_could_not_judge_is_not_known():
    broken = Report("runtime", Status.FAILED, verdict=Verdict(Outcome.INFRASTRUCTURE))
    found = candidate(score(Outcome.INFRASTRUCTURE, broken, Report("pyflakes", Status.OK)))
    assert found.passed is found.pass_rate is None
    assert (found.outcome, found.blame, found.findings) == (Outcome.INFRASTRUCTURE, (), ())


def test_a_pass_without_a_result_for_each_test_is_known_by_its_outcome():
    found = candidate(score(Outcome.PASS, runtime(Outcome.PASS)))
    assert (found.passed, found.pass_rate) == (True, None)
