"""Whatever is found in programs, none overtakes one of a better outcome, under any scheme and any composition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.runtime import divergence
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
from rewards import schemes
from rewards.types import Evidence, Reward

TEXT = "def f(x):\n    total = summ(x, yy)\n    return total\n"
REFERENCE = "def f(a):\n    for b in a:\n        a += b\n    return a\n"
ORDER = [Outcome.PASS, Outcome.FAILURE, Outcome.ERROR, Outcome.SYNTAX_ERROR]
NAMES = [
    "binary",
    "blamed",
    "codequal",
    "difficulty",
    "executed",
    "first_divergence",
    "pass_ratio",
    "reference",
    "rltf",
    "security",
    "static",
]
SPANS = st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).map(lambda pair: Span(min(pair), max(pair)))
WEIGHTS = st.floats(0.01, 100)


def test_no_scheme_is_left_out() -> None:
    assert list(schemes.names()) == NAMES


@st.composite
def diagnostics(draw: Any, analyzer: str, kinds: Any) -> Diagnostic:
    code = draw(st.sampled_from(["a", "b"]))
    return Diagnostic(
        analyzer, code, draw(st.sampled_from(Severity)), "", draw(SPANS), draw(kinds), draw(st.sampled_from(Location))
    )


@st.composite
def evidences(draw: Any, outcome: Outcome, passed: int, total: int) -> Evidence:
    """A program of that outcome with anything that may be found in it."""
    statuses = [TestStatus.PASSED] * passed + [TestStatus.FAILED] * (total - passed)
    verdict = Verdict(outcome, tuple(map(TestResult, statuses)), executed=tuple(draw(st.sets(st.integers(1, 3)))))
    syntax = outcome is Outcome.SYNTAX_ERROR
    crash = draw(diagnostics("runtime", st.just(Kind.SYNTAX if syntax else Kind.RUNTIME)))
    reports = [Report("runtime", Status.OK, (crash,) if draw(st.booleans()) else (), verdict=verdict)]
    for name in ("pylint", "bandit"):
        found = tuple(draw(st.lists(diagnostics(name, st.sampled_from(Kind)), max_size=6)))
        broken = draw(st.booleans())
        reports.append(Report(name, Status.FAILED if broken else Status.OK, () if broken else found, provoked=broken))
    if draw(st.booleans()):
        where = Diagnostic(divergence.NAME, divergence.CODE, Severity.HIGH, "", draw(SPANS), Kind.LOGIC, Location.LINE)
        reports.append(Report(divergence.NAME, Status.OK, (where,)))
    return Evidence(Source(TEXT), tuple(reports), tested=True, reference=draw(st.sampled_from([TEXT, REFERENCE])))


def clean(outcome: Outcome, passed: int, total: int) -> Evidence:
    statuses = [TestStatus.PASSED] * passed + [TestStatus.FAILED] * (total - passed)
    verdict = Verdict(outcome, tuple(map(TestResult, statuses)))
    return Evidence(Source(TEXT), (Report("runtime", Status.OK, verdict=verdict),), tested=True)


def value(reward: Reward) -> float:
    assert reward.parts is not None
    return sum(reward.parts.values()) + sum(charge.amount for charge in reward.charges)


def in_order(data: st.DataObject, scheme: schemes.Scheme, total: int) -> None:
    """The better outcome is worth more, unless the scheme makes no difference between the two."""
    better, worse = sorted(data.draw(st.lists(st.sampled_from(range(4)), min_size=2, max_size=2, unique=True)))
    ceiling = 0 if ORDER[worse] is Outcome.SYNTAX_ERROR else total - 1
    passed = data.draw(st.integers(0, ceiling))
    more = total if better == 0 else passed
    first = data.draw(evidences(ORDER[better], more, total))
    second = data.draw(evidences(ORDER[worse], passed, total))
    outcomes_differ = value(scheme(clean(ORDER[better], 0, 0))) > value(scheme(clean(ORDER[worse], 0, 0))) + 1e-6
    if outcomes_differ:
        assert value(scheme(first)) > value(scheme(second))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), total=st.integers(1, 20))
def test_no_scheme_reorders_outcomes(name: str, data: st.DataObject, total: int) -> None:
    in_order(data, schemes.resolve(name), total)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), total=st.integers(1, 20))
def test_no_composition_reorders_outcomes(data: st.DataObject, total: int) -> None:
    chosen = data.draw(st.dictionaries(st.sampled_from(NAMES), WEIGHTS, min_size=1, max_size=4))
    scheme = schemes.resolve([{"name": name, "weight": weight} for name, weight in chosen.items()])
    in_order(data, scheme, total)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), total=st.integers(1, 20))
def test_nothing_is_earned_and_only_spans_of_the_program_are_named(data: st.DataObject, total: int) -> None:
    scheme = schemes.resolve(data.draw(st.sampled_from(NAMES)))
    outcome = data.draw(st.sampled_from(ORDER))
    reward = scheme(data.draw(evidences(outcome, total if outcome is Outcome.PASS else 0, total)))
    assert all(charge.amount <= 0 for charge in reward.charges)
    assert all(span.end <= len(TEXT) for span in (*reward.exempt, *(charge.span for charge in reward.charges)))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), weight=st.floats(0.1, 10))
def test_the_static_charges_of_a_composition_stay_below_its_smallest_gap(data: st.DataObject, weight: float) -> None:
    names = data.draw(st.sets(st.sampled_from(["codequal", "security", "executed"]), min_size=1))
    scheme = schemes.resolve([{"name": "static", "weight": weight}, *names])
    found = data.draw(evidences(Outcome.PASS, 2, 2))
    # static and executed tell a failure from an error, 0.3 apart.
    gap = 0.3 * (weight + ("executed" in names))
    assert -sum(charge.amount for charge in scheme(found).charges) < gap
