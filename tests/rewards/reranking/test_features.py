from __future__ import annotations

import math

from analyzers.types import Diagnostic, Kind, Severity, Span
from rewards.reranking.features import FEATURES, features
from rewards.reranking.pools import Candidate
from rewards.types import Charge


def charge(amount, kind=Kind.STYLE, severity=Severity.LOW, note="", due=None):
    found = Diagnostic("lint", "x", severity, "", Span(0, 1), kind)
    return Charge(found, Span(0, 1), amount, note=note, due=due)


def named(*charges):
    values = features(Candidate("x", findings=charges))
    return {name: value for name, value in zip(FEATURES, values.tolist(), strict=True) if value}


def test_what_was_not_looked_for_is_not_clean():
    unknown, clean = features(Candidate("x")), features(Candidate("x", findings=()))
    assert unknown.tolist() == [1.0, *[0.0] * (len(FEATURES) - 1)]
    assert not clean.any()


def test_what_the_tests_charge_is_no_feature():
    assert not features(Candidate("x", passed=False, blame=(charge(-1.0),), findings=())).any()


def test_findings_are_counted_and_added_up_by_kind_and_by_severity():
    found = named(charge(-0.25), charge(-0.5, Kind.NAME, Severity.HIGH), charge(-0.5, Kind.NAME, Severity.LOW))
    assert {name: round(value, 5) for name, value in found.items()} == {
        "amount:style": 0.25,
        "amount:name": 1.0,
        "count:style": round(math.log(2), 5),
        "count:name": round(math.log(3), 5),
        "amount:low": 0.75,
        "amount:high": 0.5,
        "count:low": round(math.log(3), 5),
        "count:high": round(math.log(2), 5),
    }


def test_gates_do_not_show_and_no_defect_counts_twice():
    assert named(charge(0.0, note="gated", due=-0.25)) == named(charge(-0.25))
    assert named(charge(0.0, note="merged", due=-0.25), charge(0.0, note="follow-on")) == {}
    assert named(charge(-0.25, note="merged")) == named(charge(-0.25))


def test_an_analyzer_that_the_program_ends_found_nothing():
    unjudged = charge(-0.5, Kind.LOGIC, Severity.FATAL, note="unjudged")
    assert list(named(unjudged, charge(-0.25))) == ["unjudged", *named(charge(-0.25))]
