from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers.types import Kind, Outcome, Report, Severity, Status
from rewards.schemes import resolve
from rewards.schemes.security import security
from rewards.types import Evidence, Reward

TEXT = "def f(x):\n    total = eval(x, yy)\n    return total\n"


def weakness(make: Any, under: str, severity: Severity, analyzer: str = "bandit", code: str = "B307") -> Any:
    return make.finding(TEXT, under, analyzer=analyzer, code=code, kind=Kind.SECURITY, severity=severity)


def charged(reward: Reward) -> dict[str, tuple[float, str]]:
    return {
        TEXT[charge.span.start : charge.span.end]: (round(charge.amount, 6), charge.note) for charge in reward.charges
    }


def passing(make: Any, *findings: Any) -> Evidence:
    found: Evidence = make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings)
    return found


def test_the_gate_is_a_product(make: Any) -> None:
    # S = (1 - 0.6) * (1 - 0.3) = 0.28: the gate takes 0.5 * 0.72 = 0.36, in proportion 0.6 : 0.3.
    found = passing(make, weakness(make, "eval", Severity.HIGH), weakness(make, "yy", Severity.MEDIUM))
    reward = security(found, cap=0.5)
    assert reward.parts == {"pass": 1.0}
    assert charged(reward) == {"eval": (-0.24, "shared"), "yy": (-0.12, "shared")}
    assert [charge.due for charge in reward.charges] == pytest.approx([-0.3, -0.15])


def test_near_1_the_cap_leaves_the_product_of_function_and_safety(make: Any) -> None:
    found = passing(make, weakness(make, "eval", Severity.CRITICAL))
    reward = security(found, cap=0.999999)
    assert 1.0 + sum(charge.amount for charge in reward.charges) == pytest.approx(0.1, abs=1e-5)


def test_only_weaknesses_count_and_only_on_programs_that_pass(make: Any) -> None:
    style = make.finding(TEXT, "total", kind=Kind.STYLE, severity=Severity.HIGH)
    assert security(passing(make, style)) == Reward({"pass": 1.0})
    found = make.evidence(TEXT, Outcome.FAILURE, findings=[weakness(make, "eval", Severity.FATAL)])
    assert security(found).parts == {"pass": 0.0}
    assert charged(security(found)) == {"eval": (0.0, "gated")}


def test_a_weakness_is_charged_however_often_its_rule_fires_on_right_programs(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rewards.schemes.pricing.is_noise", lambda analyzer, code: True)
    [charge] = security(passing(make, weakness(make, "eval", Severity.HIGH))).charges
    assert charge.amount == pytest.approx(-0.297 * 0.6)


def test_two_tools_on_one_weakness_are_one(make: Any) -> None:
    two = [weakness(make, "eval", Severity.HIGH), weakness(make, "eval(x, yy)", Severity.HIGH, "ruff", "S307")]
    assert charged(security(passing(make, *two))) == {"eval": (-0.1782, ""), "eval(x, yy)": (0.0, "merged")}


def test_a_program_that_broke_an_analyzer_is_not_safe(make: Any) -> None:
    found = passing(make, weakness(make, "eval", Severity.LOW))
    broken = Report("bandit", Status.TIMED_OUT, detail="it hung", provoked=True)
    charges = security(replace(found, reports=(*found.reports, broken))).charges
    assert sum(charge.amount for charge in charges) == pytest.approx(-0.297)
    free = dict.fromkeys(("info", "low", "medium", "high", "critical", "fatal"), 0.0)
    charges = security(replace(found, reports=(*found.reports, broken)), risks=free).charges
    assert sum(charge.amount for charge in charges) == 0


def test_nothing_is_known_where_the_harness_failed(make: Any) -> None:
    assert security(make.evidence(TEXT, Outcome.INFRASTRUCTURE)) == Reward(None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"risks": {"low": 1.5}}, "the weight of severity 'low' must be a number from 0 to 1, got 1.5"),
        ({"risks": {"low": -0.5}}, "from 0 to 1, got -0.5"),
        ({"cap": 1}, "cap must be from 0 up and below 1"),
    ],
)
def test_bad_options_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(("security", options))
