from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers.types import Kind, Outcome, Report, Severity, Status
from rewards.schemes import resolve
from rewards.schemes.codequal import codequal
from rewards.types import Evidence, Reward

TEXT = "def f(x):\n    total = summ(x, yy)\n    return total\n"


def style(make: Any, under: str, severity: Severity, analyzer: str = "pylint") -> Any:
    return make.finding(TEXT, under, analyzer=analyzer, code="style", kind=Kind.STYLE, severity=severity)


def passing(make: Any, *findings: Any) -> Evidence:
    found: Evidence = make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings)
    return found


def charged(reward: Reward) -> dict[str, tuple[float, str]]:
    return {
        TEXT[charge.span.start : charge.span.end]: (round(charge.amount, 6), charge.note) for charge in reward.charges
    }


def test_a_clean_program_that_passes_is_worth_1(make: Any) -> None:
    assert codequal(passing(make)) == Reward({"pass": 1.0})


def test_quality_is_1_over_1_plus_w(make: Any) -> None:
    # W = 1 + 2.5 = 3.5: of the cap of 0.9 the findings take 0.9 * 3.5 / 4.5 = 0.7, in proportion 1 : 2.5.
    reward = codequal(passing(make, style(make, "total", Severity.LOW), style(make, "yy", Severity.MEDIUM)), cap=0.9)
    assert reward.parts == {"pass": 1.0}
    assert charged(reward) == {"total": (-0.2, "shared"), "yy": (-0.5, "shared")}
    # By itself the first would cost 0.9 * 1 / 2.
    assert [charge.due for charge in reward.charges] == pytest.approx([-0.45, -0.9 * 2.5 / 3.5])


def test_many_findings_cost_hardly_more_than_some(make: Any) -> None:
    findings = [style(make, word, Severity.CRITICAL, tool) for word in ("def", "total", "summ", "yy") for tool in "ab"]
    few = -sum(charge.amount for charge in codequal(passing(make, *findings[:1])).charges)
    many = -sum(charge.amount for charge in codequal(passing(make, *findings)).charges)
    assert few == pytest.approx(0.297 * 10 / 11)
    assert few < many < 0.297


@pytest.mark.parametrize("outcome", [Outcome.FAILURE, Outcome.ERROR, Outcome.TIMEOUT, Outcome.SYNTAX_ERROR])
def test_nothing_counts_on_a_program_that_fails(make: Any, outcome: Outcome) -> None:
    findings = [style(make, "total", Severity.LOW), make.finding(TEXT, "yy", severity=Severity.HIGH)]
    reward = codequal(make.evidence(TEXT, outcome, passed=1, findings=findings))
    assert reward.parts == {"pass": 0.0}
    assert charged(reward) == {"total": (0.0, "gated"), "yy": (0.0, "gated")}


def test_one_defect_of_two_tools_counts_once(make: Any) -> None:
    findings = [style(make, "summ(x, yy)", Severity.LOW), style(make, "yy", Severity.LOW, "ruff")]
    reward = codequal(passing(make, *findings))
    # W = 1: half of the cap, on the narrowest span.
    assert charged(reward) == {"yy": (-0.1485, ""), "summ(x, yy)": (0.0, "merged")}


def test_a_program_that_broke_an_analyzer_has_no_quality_left(make: Any) -> None:
    broken = Report("mypy", Status.FAILED, detail="it crashed", provoked=True)
    for outcome, expected in ((Outcome.PASS, 0.297), (Outcome.FAILURE, 0.0)):
        found = make.evidence(TEXT, outcome, passed=2, findings=[style(make, "yy", Severity.LOW)])
        charges = codequal(replace(found, reports=(*found.reports, broken))).charges
        assert -sum(charge.amount for charge in charges) == pytest.approx(expected)
    left_out = Report("mypy", Status.FAILED, detail="no memory")
    assert codequal(replace(passing(make), reports=(*passing(make).reports, left_out))) == Reward({"pass": 1.0})


def test_without_tests_findings_are_all_there_is(make: Any) -> None:
    reward = codequal(make.evidence(TEXT, findings=[style(make, "total", Severity.LOW)]))
    assert (reward.parts, charged(reward)) == ({}, {"total": (-0.1485, "")})
    hard = [style(make, "total", Severity.LOW), make.finding(TEXT, "yy", severity=Severity.HIGH)]
    assert charged(codequal(make.evidence(TEXT, findings=hard))) == {"total": (0.0, "gated"), "yy": (0.0, "gated")}


def test_nothing_is_known_where_the_harness_failed(make: Any) -> None:
    assert codequal(make.evidence(TEXT, Outcome.INFRASTRUCTURE)) == Reward(None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cap": 1.0}, "scheme 'codequal': cap must be from 0 up and below 1, the gap .*, got 1.0"),
        ({"cap": -0.1}, "got -0.1"),
        ({"cap": float("nan")}, "option 'cap' of scheme 'codequal' must be a finite number, got nan"),
        ({"weights": {"hgih": 1.0}}, "no severity 'hgih' among the weights; did you mean 'high'"),
        ({"weights": {"high": float("nan")}}, "must be a number from 0 up, got nan"),
        ({"weights": {"high": float("inf")}}, "must be a number from 0 up, got inf"),
        ({"weights": {"high": "much"}}, "must be a number from 0 up, got 'much'"),
        ({"weights": {"high": True}}, "must be a number from 0 up, got True"),
        ({"alpha_cap": 0.5}, "alpha_cap must be at least 1, got 0.5"),
    ],
)
def test_bad_options_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(("codequal", options))
