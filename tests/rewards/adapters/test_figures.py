"""Scores as figures."""

from dataclasses import replace

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, TestResult, TestStatus
from analyzers.types import Verdict as Ruling
from rewards.adapters.figures import figures, listed, outcome_of, summary, unjudged
from rewards.adapters.sampled import Charged
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


def test_a_batch_is_summed_up_without_what_the_harness_failed_on():
    passed = Score(0.75, 1.0, Outcome.PASS, Source("x"), "x", (), (CHARGE,))
    wrong = Score(-0.5, -0.5, Outcome.FAILURE, Source("y"), "y")
    unjudged = Score(None, None, Outcome.INFRASTRUCTURE, Source("z"), "z")
    charged = [Charged(np.array([1, 2, 3]), np.array([0.0, -0.25, 0.0])), Charged(np.array([4]), np.array([0.0]))]
    assert summary([passed, wrong, unjudged], charged) == pytest.approx(
        {
            "infrastructure": 1 / 3,
            "value": 0.125,
            "base": 0.25,
            "charges": -0.125,
            "outcome/pass": 0.5,
            "outcome/failure": 0.5,
            "outcome/error": 0.0,
            "outcome/syntax_error": 0.0,
            "outcome/timeout": 0.0,
            "charged_tokens": 0.25,
        }
    )
    assert summary([unjudged]) == {"infrastructure": 1.0}


def test_why_there_is_no_verdict():
    ruling = Ruling(Outcome.INFRASTRUCTURE, detail="the worker was killed")
    reports = (Report("pylint", Status.FAILED, detail="crashed"), Report("runtime", Status.OK, verdict=ruling))
    score = Score(None, None, Outcome.INFRASTRUCTURE, Source("z"), "z", reports, task_id="a/1")
    assert unjudged(score) == "the harness failed on a program of task 'a/1' (the worker was killed)"
    failed = replace(score, reports=(Report("runtime", Status.UNAVAILABLE, detail="no isolation"),))
    assert unjudged(failed).endswith("(no isolation)")
    assert unjudged(replace(score, reports=())).endswith("(no report says why)")
