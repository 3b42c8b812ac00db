"""A score as figures."""

import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, TestResult, TestStatus
from analyzers.types import Verdict as Ruling
from rewards.adapters.figures import figures, listed, outcome_of
from rewards.types import Charge, Score

CHARGE = Charge(
    Diagnostic("pylint", "unused-variable", Severity.LOW, "unused", Span(0, 1), Kind.STYLE), Span(0, 1), -0.25
)
FREE = Charge(CHARGE.diagnostic, Span(0, 1), 0.0, note="gated")


def test_the_numbers_of_a_score():
    ruling = Ruling(Outcome.FAILURE, (TestResult(TestStatus.PASSED), TestResult(TestStatus.FAILED)))
    reports = (Report("runtime", Status.OK, verdict=ruling),)
    score = Score(-0.55, -0.3, Outcome.FAILURE, Source("x"), "x", reports, (CHARGE, FREE))
    assert figures(score) == {"value": -0.55, "base": -0.3, "charges": -0.25, "passed": 0.0, "tests": 0.5}
    assert outcome_of(score) == "failure"
    assert listed(score) == "pylint unused-variable -0.25"


def test_a_score_without_tests_has_the_same_keys():
    score = Score(1.0, 1.0, None, Source("x"), "x")
    assert figures(score) == {"value": 1.0, "base": 1.0, "charges": 0.0, "passed": 0.0, "tests": 0.0}
    assert outcome_of(score) == listed(score) == ""


def test_what_the_harness_failed_on_has_no_figures():
    score = Score(None, None, Outcome.INFRASTRUCTURE, Source("x"), "x", task_id="a/1")
    with pytest.raises(ValueError, match="no verdict on a program of task 'a/1'"):
        figures(score)
