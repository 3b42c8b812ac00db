from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers.runtime.divergence import CODE, NAME
from analyzers.types import Kind, Location, Outcome, Report, Severity, Source, Span, Status
from rewards.schemes import Need, needs, resolve
from rewards.schemes.first_divergence import first_divergence
from rewards.schemes.rltf import rltf
from rewards.types import Evidence, Reward

TEXT = "def f(x):\n    y = x - 1\n    return y\n"
LINE = Span(10, 23)  # "    y = x - 1"


def compared(make: Any, outcome: Outcome, status: Status = Status.OK, text: str | Source = TEXT) -> Evidence:
    found = make.finding(
        TEXT, "y = x - 1", analyzer=NAME, code=CODE, kind=Kind.LOGIC, severity=Severity.HIGH, location=Location.LINE
    )
    evidence: Evidence = make.evidence(text, outcome, passed=1)
    return replace(evidence, reports=(*evidence.reports, Report(NAME, status, (found,))))


def test_a_wrong_answer_is_charged_where_it_began(make: Any) -> None:
    reward = first_divergence(compared(make, Outcome.FAILURE))
    [charge] = reward.charges
    assert (charge.span, charge.amount, charge.alpha_cap) == (LINE, -0.2, 10.0)
    assert reward.parts == pytest.approx({"coarse": -0.3, "adaptive": 0.35})
    assert first_divergence(compared(make, Outcome.FAILURE), cap=0.05).charges[0].amount == -0.05


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.ERROR, Outcome.TIMEOUT, Outcome.SYNTAX_ERROR])
def test_whatever_else_is_said_of_other_outcomes_they_are_those_of_rltf(make: Any, outcome: Outcome) -> None:
    found = compared(make, outcome)
    assert first_divergence(found) == rltf(found)
    crash = make.crash(TEXT, "y\n", "NameError")
    found = make.evidence(TEXT, outcome, crash=crash)
    assert first_divergence(found) == rltf(found)


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT])
def test_a_comparison_that_failed_says_nothing(make: Any, status: Status) -> None:
    assert first_divergence(compared(make, Outcome.FAILURE, status)).charges == ()
    assert first_divergence(make.evidence(TEXT, Outcome.FAILURE)).charges == ()


def test_a_line_that_was_given_is_not_charged(make: Any) -> None:
    assert first_divergence(compared(make, Outcome.FAILURE, text=Source(TEXT, prefix=24))).charges == ()


def test_nothing_is_known_without_a_verdict(make: Any) -> None:
    assert first_divergence(make.evidence(TEXT)) == Reward(None)
    assert first_divergence(make.evidence(TEXT, Outcome.INFRASTRUCTURE)) == Reward(None)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"cap": 0.3}, "below 0.3"), ({"fine_amount": -0.4}, "above -0.4"), ({"fine_amount": 0.1}, "at most 0")],
)
def test_bad_options_are_refused_at_once(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(("first_divergence", options))


def test_it_asks_for_the_reference_and_the_comparison() -> None:
    assert needs(resolve("first_divergence")) == {Need.REFERENCE, Need.DIVERGENCE}
