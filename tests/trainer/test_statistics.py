from __future__ import annotations

from itertools import combinations
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.statistics import (
    Estimate,
    difference,
    estimate,
    mcnemar,
    n_at_k,
    over_seeds,
    pass_at_k,
    percent,
    points,
    wilson,
)


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (5, 0, 1, 0.0),
        (5, 5, 1, 1.0),
        (5, 2, 1, 0.4),  # c / n
        (4, 2, 2, 1 - 1 / 6),  # 1 - C(2,2)/C(4,2)
        (10, 3, 5, 1 - 21 / 252),  # 1 - C(7,5)/C(10,5)
        (3, 2, 2, 1.0),  # of any two, one passes
        (1, 1, 1, 1.0),
    ],
)
def test_pass_at_k_by_hand(n: int, c: int, k: int, expected: float) -> None:
    assert isclose(pass_at_k(n, c, k), expected, abs_tol=1e-12)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_the_share_of_subsets_with_a_pass(case: tuple[int, int, int]) -> None:
    n, c, k = case
    subsets = list(combinations(range(n), k))
    share = sum(any(index < c for index in subset) for subset in subsets) / len(subsets)
    assert isclose(pass_at_k(n, c, k), share, abs_tol=1e-12)


def test_pass_at_k_survives_counts_whose_binomials_overflow_a_float() -> None:
    # 1 - C(9999, 5000)/C(10000, 5000) = 1 - 5000/10000
    assert isclose(pass_at_k(10_000, 1, 5_000), 0.5, rel_tol=1e-9)


@pytest.mark.parametrize(("n", "c", "k"), [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0), (0, 0, 1)])
def test_pass_at_k_refuses_counts_that_make_no_sense(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@k needs"):
        pass_at_k(n, c, k)


@given(
    st.integers(1, 7).flatmap(
        lambda samples: st.tuples(st.just(samples), st.integers(0, samples), st.integers(1, samples)).flatmap(
            lambda known: st.tuples(st.just(known), st.integers(0, known[1]), st.integers(1, known[2]))
        )
    )
)
def test_n_at_k_is_the_share_of_choices_with_a_pass(case: tuple[tuple[int, int, int], int, int]) -> None:
    (samples, filtered, k), passed, n = case
    chances = []
    for drawn in combinations(range(samples), k):  # the first `passed` pass, the first `filtered` are let through
        through = [index for index in drawn if index < filtered]
        choices = list(combinations(through, min(n, len(through))))
        chances.append(sum(any(index < passed for index in choice) for choice in choices) / len(choices))
    assert isclose(n_at_k(samples, filtered, passed, n=n, k=k), sum(chances) / len(chances), abs_tol=1e-9)


def test_without_a_filter_n_at_k_is_pass_at_n() -> None:
    assert isclose(n_at_k(10, 10, 3, n=2, k=6), pass_at_k(10, 3, 2))


@pytest.mark.parametrize(
    ("samples", "filtered", "passed", "n", "k"),
    [(3, 4, 1, 1, 1), (3, 1, 2, 1, 1), (3, 2, -1, 1, 1), (3, 2, 1, 2, 1), (3, 2, 1, 1, 4), (3, 2, 1, 0, 1)],
)
def test_n_at_k_refuses_counts_that_make_no_sense(samples: int, filtered: int, passed: int, n: int, k: int) -> None:
    with pytest.raises(ValueError, match="n@k needs"):
        n_at_k(samples, filtered, passed, n=n, k=k)


def test_mcnemar_by_hand() -> None:
    # 1 of 6 or fewer, or 5 or more, of fair coins: 2 * (1 + 6) / 64.
    assert isclose(mcnemar(5, 1), 14 / 64)
    assert mcnemar(1, 5) == mcnemar(5, 1)
    assert mcnemar(0, 0) == mcnemar(3, 3) == 1.0
    with pytest.raises(ValueError, match="not negative"):
        mcnemar(-1, 2)


def test_wilson_by_hand() -> None:
    # p = 0.5, n = 4, z^2 = 3.8415: centre (0.5 + 0.48018)/1.96036 = 0.5, half 1.95996/1.96036 * sqrt(0.0625 + 0.060023)
    # = 0.99980 * 0.35003 = 0.34996.
    found = wilson(0.5, 4)
    assert isclose(found.low, 0.15004, abs_tol=1e-4)
    assert isclose(found.high, 0.84996, abs_tol=1e-4)


def test_wilson_of_no_success_is_not_certain() -> None:
    # (0 + z^2/2n + z * z/2n) / (1 + z^2/n) = (z^2/n) / (1 + z^2/n) = 0.38415/1.38415 for n = 10.
    found = wilson(0.0, 10)
    assert found.low == 0.0
    assert isclose(found.high, 0.27753, abs_tol=1e-4)


@pytest.mark.parametrize(("share", "count"), [(0.5, 0), (1.1, 3), (-0.1, 3)])
def test_wilson_refuses(share: float, count: int) -> None:
    with pytest.raises(ValueError, match="an interval needs"):
        wilson(share, count)


def test_estimate_of_nothing_is_none() -> None:
    assert estimate([]) is None
    assert difference([], []) is None


def test_estimate_of_equal_values_falls_back_to_wilson() -> None:
    assert estimate([0.0] * 10) == wilson(0.0, 10)
    assert estimate([1.0]) == wilson(1.0, 1)


def test_bootstrap_is_close_to_the_normal_interval_of_many_problems() -> None:
    # 200 ones of 400: s.e. of the mean 0.5/20 = 0.025, so 0.5 -+ 1.96 * 0.025 = [0.451, 0.549].
    found = estimate([0.0, 1.0] * 200)
    assert found is not None
    assert found.mean == 0.5
    assert isclose(found.low, 0.451, abs_tol=0.006)
    assert isclose(found.high, 0.549, abs_tol=0.006)
    assert estimate([0.0, 1.0] * 200) == found


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_interval_holds_the_mean_and_stays_in_range(values: list[float]) -> None:
    found = estimate(values)
    assert found is not None
    assert -1e-9 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= 1 + 1e-9


def test_a_paired_difference_cancels_what_problems_have_in_common() -> None:
    before = [0.1, 0.5, 0.9, 0.3] * 10
    after = [value + 0.1 for value in before]
    found = difference(before, after)
    # Every problem gained 0.1: unpaired intervals would be a fifth wide.
    assert found is not None
    assert all(isclose(value, 0.1, abs_tol=1e-12) for value in (found.mean, found.low, found.high))


def test_a_paired_difference_needs_pairs() -> None:
    with pytest.raises(ValueError, match="got 1 and 2 values"):
        difference([0.0], [0.0, 1.0])


def test_estimates_are_values() -> None:
    assert Estimate(0.5, 0.4, 0.6) == Estimate(0.5, 0.4, 0.6)


def test_estimates_as_people_read_them() -> None:
    assert (percent(None), points(None)) == ("-", "-")
    assert percent(Estimate(0.5, 0.25, 0.7512)) == "50.0% [25.0, 75.1]"
    assert points(Estimate(0.05, -0.01, 0.11)) == "+5.0 [-1.0, +11.0]"
    assert (percent(Estimate(0.3, 0.3, 0.3)), points(Estimate(-0.3, -0.3, -0.3))) == ("30.0%", "-30.0")


def test_the_interval_over_seeds_is_students() -> None:
    # s of 1, 2, 3 is 1, t(0.975; 2) = 4.3027, so half a width is 4.3027 / sqrt(3) = 2.4841.
    found = over_seeds([1.0, 2.0, 3.0])
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((2.0, -0.4841, 4.4841), abs=1e-4)
    assert over_seeds([0.3]) == Estimate(0.3, 0.3, 0.3)
    assert over_seeds([]) is None
