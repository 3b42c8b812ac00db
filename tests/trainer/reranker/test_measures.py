import numpy as np
import pytest

from rewards.reranking.pools import Candidate, Kinds, Pool
from trainer.reranker.measures import against, measure


def pool(name, *passes):
    """Candidates that are the longer the later they come."""
    return Pool(
        name, "p", tuple(Candidate("x" * (i + 1), p, None if p is None else float(p)) for i, p in enumerate(passes))
    )


POOLS = [pool("a", True, False, None), pool("b", False, True), pool("c", False, False), pool("d", True)]


def shortest(found):
    return [-len(each.completion) for each in found.candidates]


def test_a_measure_is_the_mean_over_problems():
    found = measure(POOLS, shortest, sizes=(1, 2, 8), seed=0)
    assert found.pools == Kinds(mixed=2, all_right=1, all_wrong=1, empty=0)
    one, two = found.choices
    assert (one.n, one.picked.mean, one.chance.mean, one.oracle.mean) == (1, 0.5, 0.5, 0.5)
    assert one.closed is None
    # of a the first is picked, of b the wrong one, of c nothing is right; d has but one
    assert (two.n, two.picked.mean) == (2, pytest.approx(1 / 3))
    assert (two.chance.mean, two.oracle.mean) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert two.closed == pytest.approx(0.0)
    assert found.means["pairwise_accuracy"].mean == pytest.approx(0.5)
    assert found.means["reciprocal_rank"].mean == pytest.approx((1 + 1 / 2) / 2)
    assert found.means["wrong_on_top"].mean == pytest.approx(0.5)
    assert found.means["length"].mean == pytest.approx(-1.0)


def test_a_perfect_order_closes_the_gap():
    found = measure(POOLS, lambda each: each.passed.astype(float), sizes=(2,))
    assert found.choices[0].closed == pytest.approx(1.0)
    assert found.means["ndcg"].mean == pytest.approx(1.0)


def test_what_rounding_leaves_is_no_gap():
    thirds = [pool(str(number), *[True] * (number % 7), *[False] * 49) for number in range(60)]
    found = measure(thirds, shortest, sizes=(1, 2))
    assert found.choices[0].share is None
    share = found.choices[1].share
    assert share.low < share.mean < share.high
    assert share.mean == pytest.approx(found.choices[1].gained.mean / (
        found.choices[1].oracle.mean - found.choices[1].chance.mean
    ))  # fmt: skip


def test_orders_are_compared_on_the_same_problems():
    gain = against(POOLS, lambda each: each.passed.astype(float), shortest)
    assert gain.mean == pytest.approx(1 / 4)  # b alone of four
    assert against(POOLS, shortest, shortest, n=2).mean == 0.0
    assert against(POOLS, shortest, shortest, n=5) is None


def test_nothing_judged_is_no_measure():
    with pytest.raises(ValueError, match="nothing can be measured"):
        measure([pool("a", None), pool("b")], lambda each: np.zeros(len(each.candidates)))


def test_nobody_has_so_many_candidates():
    with pytest.raises(ValueError, match="the best of 3 cannot be measured: no problem has more than 2 candidates"):
        measure(POOLS, shortest, sizes=(8, 3))
