from __future__ import annotations

from typing import Any

import pytest

from analyzers.types import Kind, Outcome, Severity, Span
from rewards import schemes
from rewards.schemes import Need, needs, resolve
from rewards.schemes.composition import Composition
from rewards.types import Charge, Evidence, Reward

TEXT = "def f(x):\n    total = summ(x, yy)\n    return total\n"


def composed(*entries: Any) -> Composition:
    scheme = resolve(list(entries))
    assert isinstance(scheme, Composition)
    return scheme


def caps(scheme: Composition) -> dict[str, float]:
    return {member.name: member.scheme.keywords["cap"] for member in scheme.members if "cap" in member.scheme.keywords}  # type: ignore[attr-defined]


def style(make: Any, under: str, severity: Severity = Severity.LOW) -> Any:
    return make.finding(TEXT, under, analyzer="pylint", code="style", kind=Kind.STYLE, severity=severity)


def test_parts_and_charges_are_weighted_and_added(make: Any) -> None:
    scheme = composed("pass_ratio", {"name": "binary", "weight": 2})
    assert scheme(make.evidence(TEXT, Outcome.FAILURE, passed=1)).parts == {
        "pass_ratio.pass_ratio": 0.5,
        "binary.pass": 0,
    }
    assert scheme(make.evidence(TEXT, Outcome.PASS, passed=2)).parts == {"pass_ratio.pass_ratio": 1, "binary.pass": 2}


def test_charges_of_two_schemes_for_one_finding_are_one_charge(make: Any) -> None:
    # The caps: 0.99 * 0.3 / (1 + 0.5) = 0.198 each. static charges 0.02; codequal has W = 1, so 0.198 / 2, of which half.
    scheme = composed("static", {"name": "codequal", "weight": 0.5})
    assert caps(scheme) == pytest.approx({"static": 0.198, "codequal": 0.198})
    [charge] = scheme(make.evidence(TEXT, Outcome.PASS, passed=2, findings=[style(make, "yy")])).charges
    assert charge.amount == pytest.approx(-0.02 - 0.5 * 0.099)
    assert (charge.note, charge.due) == ("", None)


def test_each_scheme_gates_its_own_charges(make: Any) -> None:
    scheme = composed({"name": "static", "options": {"gate": False}}, "codequal")
    [charge] = scheme(make.evidence(TEXT, Outcome.FAILURE, findings=[style(make, "yy")])).charges
    assert (charge.amount, charge.note) == (-0.02, "")
    scheme = composed("static", "codequal")
    [charge] = scheme(make.evidence(TEXT, Outcome.FAILURE, findings=[style(make, "yy")])).charges
    assert (charge.amount, charge.note) == (0, "gated")
    assert charge.due == pytest.approx(-0.02 - 0.1485 / 2)


def test_the_charges_of_the_whole_stay_below_the_smallest_gap(make: Any) -> None:
    worst = [style(make, word, Severity.FATAL) for word in ("def", "total", "summ", "yy", "return")]
    weak = [
        make.finding(TEXT, word, analyzer="bandit", kind=Kind.SECURITY, severity=Severity.FATAL)
        for word in ("f(x)", "x,")
    ]
    found = make.evidence(TEXT, Outcome.PASS, passed=2, findings=[*worst, *weak])
    everything = composed("static", "codequal", {"name": "security", "weight": 3})
    assert 0.2 < -sum(charge.amount for charge in everything(found).charges) < 0.3
    # Twice the outcomes are twice as far apart.
    doubled = composed({"name": "static", "weight": 2}, "codequal", {"name": "security", "weight": 3})
    assert 0.4 < -sum(charge.amount for charge in doubled(found).charges) < 0.6


def test_a_cap_that_is_set_is_kept_and_the_others_share_what_is_left() -> None:
    scheme = composed({"name": "static", "options": {"cap": 0.1}}, "codequal", {"name": "security", "weight": 0.5})
    assert caps(scheme) == pytest.approx({"static": 0.1, "codequal": 0.197 / 1.5, "security": 0.197 / 1.5})
    # No share is more than the default.
    assert caps(composed({"name": "binary", "weight": 9}, "codequal")) == pytest.approx({"codequal": 0.297})


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            [{"name": "static", "options": {"cap": 0.2}}, {"name": "codequal", "options": {"cap": 0.2}}],
            r"come to 0.4 = 1 x 0.2 \(static\) \+ 1 x 0.2 \(codequal\): together they must stay below 0.3",
        ),
        ([{"name": "rltf"}, {"name": "codequal", "weight": 3, "options": {"cap": 0.1}}], r"3 x 0.1 \(codequal\)"),
        ([{"name": "static", "options": {"cap": 0.297}}, "codequal"], "and nothing is left for codequal"),
        ([{"name": "static", "weight": float("nan")}], "must be a finite number from 0 up, got nan"),
        ([{"name": "static", "weight": float("inf")}], "must be a finite number from 0 up, got inf"),
        ([{"name": "static", "weight": -1}], "must be a finite number from 0 up, got -1"),
        ([{"name": "static", "weight": "1"}], "must be a finite number from 0 up, got '1'"),
        ([{"name": "static", "weight": True}], "must be a finite number from 0 up, got True"),
        ([{"name": "static", "weight": 0}], "no scheme of the composition has a weight above 0"),
        (
            [{"name": "static", "wieght": 1}],
            "entry 1 of the composition has the unknown key 'wieght'; did you mean 'weight'",
        ),
        ([{"name": "static"}, {"weight": 1}], "entry 2 of the composition needs a name"),
        ([{"name": "statik"}], "unknown scheme 'statik'; did you mean 'static'"),
        ([{"name": "static", "options": {"gaet": False}}], "has no option 'gaet'; did you mean 'gate'"),
        (
            [{"name": "static", "options": {"cap": -0.1}}],
            "scheme 'static': cap must be from 0 up and below 0.3, .* got -0.1",
        ),
        ([{"name": "static", "options": {"cap": float("inf")}}], "option 'cap' .* must be a finite number, got inf"),
        ([{"name": "static", "options": 3}], "the options of scheme 'static' must be a table, got 3"),
        (["static", "static"], "scheme 'static' is named twice"),
        ([3], "entry 1 of the composition must be a table with the keys name, weight, options, got 3"),
        ([], r"a list of schemes with weights, got \[\]"),
        ({"name": "static"}, "a list of schemes with weights, got {'name'"),
        (None, "a list of schemes with weights, got None"),
    ],
)
def test_what_cannot_be_composed_is_refused_in_one_line(entries: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        resolve(entries)
    assert "\n" not in str(error.value)


def test_a_scheme_without_weight_takes_no_part() -> None:
    scheme = composed("static", {"name": "codequal", "weight": 0})
    assert [member.name for member in scheme.members] == ["static"]
    assert caps(scheme) == pytest.approx({"static": 0.297})


def test_an_outcome_part_that_one_cannot_give_is_not_given(make: Any) -> None:
    scheme = composed("static", "binary")
    assert scheme(make.evidence(TEXT)) == Reward(None)
    assert scheme(make.evidence(TEXT, Outcome.INFRASTRUCTURE)) == Reward(None)


def test_a_scheme_of_another_distribution_cannot_break_the_order(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def harsh(evidence: Evidence) -> Reward:
        found = make.finding(TEXT, "yy")
        return Reward({}, (Charge(found, Span(0, 3), -50.0),), exempt=(Span(4, 5),))

    monkeypatch.setitem(schemes._registry._functions, "harsh", harsh)
    scheme = composed("binary", "harsh", "executed")
    reward = scheme(make.evidence(TEXT, Outcome.FAILURE, passed=1))
    # From a failure to an error the composition falls by 0.3.
    assert sum(charge.amount for charge in reward.charges) == pytest.approx(-0.297)
    assert reward.charges[0].note == "capped"
    assert reward.exempt == (Span(4, 5),)


def test_needs_are_those_of_all() -> None:
    assert needs(composed("difficulty", "executed", "static")) == {Need.GROUP, Need.EXECUTED}


def test_titles() -> None:
    assert schemes.title("static") == "static"
    assert schemes.title(("static", {"gate": False})) == "static"
    assert schemes.title([{"name": "static"}, {"name": "codequal", "weight": 0.5}]) == "static + 0.5 codequal"
