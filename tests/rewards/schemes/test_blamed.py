from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analyzers.runtime.divergence import CODE, NAME
from analyzers.types import Kind, Location, Outcome, Report, Severity, Source, Span, Status
from rewards import token_rewards
from rewards.schemes import Need, needs, resolve
from rewards.schemes.blamed import blamed
from rewards.scorer import settle
from rewards.types import Evidence, Item, Reward

TEXT = "def f(x):\n    y = x - é\n    return y\n"
LINE = Span(10, 23)  # "    y = x - é"
END = len(TEXT)


def told(make: Any, *, status: Status = Status.OK, outcome: Outcome = Outcome.FAILURE) -> Evidence:
    """A program whose second line leaves the path of the reference."""
    line = {"kind": Kind.LOGIC, "severity": Severity.HIGH, "location": Location.LINE}
    found = make.finding(TEXT, "y = x - é", analyzer=NAME, code=CODE, **line)
    evidence: Evidence = make.evidence(TEXT, outcome, passed=1)
    return replace(evidence, reports=(*evidence.reports, Report(NAME, status, (found,))))


def test_a_program_that_passes_is_all_credited(make: Any) -> None:
    findings = [make.finding(TEXT, "y", code="unused", severity=Severity.LOW, kind=Kind.STYLE)]
    assert blamed(make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings)) == Reward({"pass": 1.0})


def test_a_crash_is_answered_for_where_it_is_and_nothing_is_added(make: Any) -> None:
    crash = make.crash(TEXT, "x - é", "TypeError")
    reward = blamed(make.evidence(TEXT, Outcome.ERROR, crash=crash))
    assert reward.parts == {"pass": 0.0}
    assert [(charge.diagnostic, charge.span, charge.amount, charge.note) for charge in reward.charges] == [
        (crash, LINE, 0.0, "blamed")
    ]
    assert reward.exempt == (Span(0, 10), Span(23, END))


def test_findings_and_the_frame_are_at_fault_together(make: Any) -> None:
    crash = make.crash(TEXT, "return y", "TypeError")
    reward = blamed(make.evidence(TEXT, Outcome.ERROR, crash=crash, findings=[make.finding(TEXT, "é")]))
    # "é" is the last character of the second line, "    return y" the third line.
    assert reward.exempt == (Span(0, 22), Span(23, 24), Span(END - 1, END))


def test_what_counts_on_programs_that_pass_is_at_fault_nowhere(make: Any) -> None:
    style = make.finding(TEXT, "y", code="unused", severity=Severity.LOW, kind=Kind.STYLE)
    reward = blamed(make.evidence(TEXT, Outcome.FAILURE, passed=1, findings=[style]))
    assert ([charge.note for charge in reward.charges], reward.exempt) == (["gated"], ())


def test_a_wrong_answer_is_answered_for_where_it_began(make: Any) -> None:
    reward = blamed(told(make))
    assert [(charge.span, charge.amount, charge.note) for charge in reward.charges] == [(LINE, 0.0, "blamed")]
    assert reward.exempt == (Span(0, 10), Span(23, END))


@pytest.mark.parametrize("outcome", [Outcome.FAILURE, Outcome.TIMEOUT])
def test_where_nothing_is_known_all_of_it_answers(make: Any, outcome: Outcome) -> None:
    assert blamed(make.evidence(TEXT, outcome, passed=1)) == Reward({"pass": 0.0})
    assert blamed(told(make, status=Status.FAILED, outcome=outcome)) == Reward({"pass": 0.0})


def test_nothing_is_known_without_a_verdict(make: Any) -> None:
    assert blamed(make.evidence(TEXT)) == Reward(None)
    assert blamed(make.evidence(TEXT, Outcome.INFRASTRUCTURE)) == Reward(None)


@pytest.mark.parametrize(("place", "exempt"), [(4, [(0, 3), (5, 9)]), (0, [(1, 9)]), (9, [(0, 8)])])
def test_a_place_without_text_takes_what_touches_it(make: Any, place: int, exempt: list[tuple[int, int]]) -> None:
    text = "f(x) = 1\n"
    missing = make.finding(text, Span(place, place), code="missing", severity=Severity.FATAL, kind=Kind.SYNTAX)
    reward = blamed(make.evidence(text, Outcome.SYNTAX_ERROR, findings=[missing]))
    assert reward.exempt == tuple(Span(*each) for each in exempt)


def test_the_outcome_is_credited_to_the_tokens_at_fault_alone(make: Any) -> None:
    score = settle(Item(TEXT), told(make), blamed)
    assert (score.value, score.base) == (0.0, 0.0)
    # Tokens of bytes: "def f(x):\n", "    y = x", " - é" of 5 bytes, "\n    return y\n", and one without text.
    found = token_rewards(score, np.array([(0, 10), (10, 19), (19, 24), (24, 38), (38, 38)]))
    assert found.credited is not None
    assert found.credited.tolist() == [False, True, True, False, True]
    assert found.values.tolist() == [0.0] * 5


def test_code_that_was_given_answers_for_nothing(make: Any) -> None:
    crash = make.crash(TEXT, "def f", "TypeError")
    assert blamed(make.evidence(Source(TEXT, prefix=10), Outcome.ERROR, crash=crash)).exempt == ()


def test_it_asks_for_the_reference_and_the_comparison() -> None:
    assert needs(resolve("blamed")) == {Need.REFERENCE, Need.DIVERGENCE}
