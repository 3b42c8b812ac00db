"""Expectations by hand: every figure here is a fraction that was counted out."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.reranker.ranking import (
    BadScores,
    auc,
    ndcg,
    pairwise_accuracy,
    picked,
    reciprocal_rank,
    with_length,
)


def right(*values):
    return np.array(values, dtype=bool)


def test_of_all_candidates_the_best_is_picked():
    assert picked([3, 2, 1], right(0, 1, 0), 3) == pytest.approx(0.0)
    assert picked([2, 3, 1], right(0, 1, 0), 3) == pytest.approx(1.0)


def test_of_fewer_the_best_of_those_that_there_are():
    # of {a, b}, {a, c}, {b, c} with a > b > c: a, a, b are picked; b alone is right
    assert picked([3, 2, 1], right(0, 1, 0), 2) == pytest.approx(1 / 3)
    assert picked([3, 2, 1], right(0, 1, 0), 1) == pytest.approx(1 / 3)


def test_of_equal_scores_any_is_picked():
    assert picked([1, 1, 0], right(1, 0, 1), 3) == pytest.approx(1 / 2)
    assert picked([0, 0, 0, 0], right(1, 0, 0, 0), 2) == pytest.approx(1 / 4)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=6),
    st.integers(1, 6),
)
def test_picked_is_the_mean_over_all_subsets(candidates, n):
    n = min(n, len(candidates))
    chances = []
    for subset in itertools.combinations(candidates, n):
        best = max(score for score, _ in subset)
        first = [passed for score, passed in subset if score == best]
        chances.append(sum(first) / len(first))
    scores, passed = zip(*candidates, strict=True)
    assert picked(scores, right(*passed), n) == pytest.approx(sum(chances) / len(chances), abs=1e-9)


def test_many_candidates_do_not_overflow():
    scores = np.arange(3000)
    assert picked(scores, scores >= 1500, 100) == pytest.approx(1.0)
    assert picked(scores, scores < 1500, 1) == pytest.approx(0.5)


def test_infinite_scores_put_first_and_last():
    assert picked([-np.inf, 0.0, np.inf], right(0, 0, 1), 3) == 1.0
    assert picked([-np.inf, -np.inf], right(0, 1), 2) == pytest.approx(0.5)


@pytest.mark.parametrize("n", [0, 3])
def test_more_than_there_are_cannot_be_drawn(n):
    with pytest.raises(ValueError, match=f"from 1 to the 2 candidates, got {n}"):
        picked([1, 2], right(0, 1), n)


@pytest.mark.parametrize("measure", [lambda s, p: picked(s, p, 1), auc, pairwise_accuracy, reciprocal_rank])
def test_what_orders_nothing_is_refused(measure):
    with pytest.raises(BadScores, match="candidate 1 is NaN"):
        measure([0.0, float("nan")], right(0, 1))
    with pytest.raises(BadScores, match="expected 2 scores"):
        measure([0.0], right(0, 1))


def test_pairs_of_one_right_and_one_wrong():
    # right 3, 1; wrong 1, 0: 3>1, 3>0, 1=1, 1>0
    assert pairwise_accuracy([3, 1, 1, 0], right(1, 1, 0, 0)) == pytest.approx(3 / 4)
    assert auc([3, 1, 1, 0], right(1, 1, 0, 0)) == pytest.approx(3.5 / 4)
    assert auc([3, 1], right(1, 1)) is None
    assert pairwise_accuracy([3, 1], right(0, 0)) is None


def test_the_rank_of_the_first_that_passes():
    assert reciprocal_rank([3, 2, 1], right(0, 0, 1)) == pytest.approx(1 / 3)
    assert reciprocal_rank([3, 2, 1], right(0, 0, 0)) == 0.0
    # after one wrong, three equal with one right: at rank 2, 3 or 4
    assert reciprocal_rank([9, 1, 1, 1], right(0, 0, 1, 0)) == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 3)
    # three equal with two right: first at 1 with 2/3, at 2 with 1/3
    assert reciprocal_rank([1, 1, 1], right(1, 0, 1)) == pytest.approx(2 / 3 + 1 / 6)


def test_gain_of_an_order_against_the_best_one():
    log3 = np.log2(3)
    assert ndcg([2, 1], [1.0, 0.5]) == pytest.approx(1.0)
    assert ndcg([1, 2], [1.0, 0.5]) == pytest.approx((0.5 + 1 / log3) / (1 + 0.5 / log3))
    assert ndcg([1, 1], [1.0, 0.0]) == pytest.approx((0.5 + 0.5 / log3) / 1.0)
    assert ndcg([1, 2], [0.0, 0.0]) is None


def test_scores_that_only_follow_length_are_seen():
    assert with_length([1, 2, 3], [10, 20, 40]) == pytest.approx(1.0)
    assert with_length([3, 2, 1], [10, 20, 40]) == pytest.approx(-1.0)
    assert with_length([1, 1, 1], [10, 20, 40]) is None
    assert with_length([1, 2], [5, 5]) is None
