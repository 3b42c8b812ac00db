from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict
from rewards.schemes import Need, needs, resolve
from rewards.schemes.difficulty import difficulty
from rewards.types import Evidence, Reward


def after(*passed: bool, group: tuple[float, ...] | None = None) -> Evidence:
    statuses = [TestStatus.PASSED if ok else TestStatus.FAILED for ok in passed]
    verdict = Verdict(Outcome.PASS if all(passed) else Outcome.FAILURE, tuple(map(TestResult, statuses)))
    return Evidence(Source("x"), (Report("runtime", Status.OK, verdict=verdict),), True, group)


def value(evidence: Evidence, **options: float) -> float:
    parts = difficulty(evidence, **options).parts
    assert parts is not None
    return parts["difficulty"]


def test_a_test_counts_by_how_seldom_the_group_passes_it() -> None:
    # Weights 1 - 0.75 = 0.25, 1 - 0.25 = 0.75 and 1 - 0.5 = 0.5, in all 1.5.
    group = (0.75, 0.25, 0.5)
    assert value(after(True, False, False, group=group)) == pytest.approx(0.25 / 1.5)
    assert value(after(False, True, False, group=group)) == pytest.approx(0.75 / 1.5)
    assert value(after(True, False, True, group=group)) == pytest.approx(0.75 / 1.5)
    assert value(after(True, True, True, group=group)) == 1.0
    assert value(after(False, False, False, group=group)) == 0.0


def test_what_all_pass_keeps_a_little_weight() -> None:
    # Weights 0.1 (the floor) and 1 - 0.5: the easy test is worth 0.1 / 0.6, no longer 1 / 2.
    assert value(after(True, False, group=(1.0, 0.5))) == pytest.approx(0.1 / 0.6)
    assert value(after(True, False, group=(1.0, 0.5)), floor=0.5) == pytest.approx(0.5)


@pytest.mark.parametrize("group", [None, (0.5,), (0.5, 0.5, 0.5)])
def test_without_a_group_of_the_same_tests_all_weights_are_equal(group: tuple[float, ...] | None) -> None:
    assert value(after(True, False, group=group)) == 0.5


def test_nothing_is_known_without_a_verdict(make: Any) -> None:
    assert difficulty(make.evidence("x")) == Reward(None)
    assert difficulty(make.evidence("x", Outcome.INFRASTRUCTURE)) == Reward(None)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=8), st.integers(0, 7))
def test_one_more_passed_test_is_always_better(tests: list[tuple[bool, float]], index: int) -> None:
    passed, group = [ok for ok, _ in tests], tuple(share for _, share in tests)
    index %= len(passed)
    passed[index] = False
    fewer = after(*passed, group=group)
    passed[index] = True
    assert value(fewer) < value(after(*passed, group=group)) <= 1


@pytest.mark.parametrize("floor", [0.0, -0.1, 1.5])
def test_a_floor_that_is_none_is_refused_at_once(floor: float) -> None:
    with pytest.raises(ValueError, match=f"floor must be above 0 and at most 1, got {floor}"):
        resolve(("difficulty", {"floor": floor}))


def test_it_asks_for_the_group() -> None:
    assert needs(resolve("difficulty")) == {Need.GROUP}
    assert needs(resolve("static")) == set()


def test_a_group_changes_nothing_else() -> None:
    alone = after(True, False)
    assert difficulty(replace(alone, reference="y")) == difficulty(alone)
