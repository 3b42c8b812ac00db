import math

import numpy as np
import pytest

from rewards.reranking import combiners

ANSWERS = [("1", "2"), ("1", "2"), ("1", "3"), (None, None), (None, None), ("1", None)]


def test_who_fails_what_everybody_can_see_comes_last_in_order():
    assert combiners.filtered([5.0, 1.0, 9.0, 3.0], [False, True, False, None]).tolist() == [2 - 4, 0, 3 - 4, 1]
    assert combiners.filtered([5.0, 1.0], [False, False]).tolist() == [5.0, 1.0]
    assert combiners.filtered([5.0, 1.0], [True, None]).tolist() == [5.0, 1.0]
    assert combiners.filtered([-np.inf, np.inf, 0.0], [True, False, True]).tolist() == [0, -1, 1]


def test_votes_are_of_equal_answers_and_no_answer_is_no_vote():
    assert combiners.agreeing(ANSWERS).tolist() == [2, 2, 1, 0, 0, 1]
    assert combiners.mbr_exec(ANSWERS).tolist() == [-4, -4, -5, -6, -6, -5]


def test_groups_that_pass_the_same_tests():
    found = combiners.code_t([[1, 1, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0]])
    assert found.tolist() == pytest.approx([math.sqrt(2) * 2, math.sqrt(2) * 2, 3.0, 0.0])


def test_clusters_support_each_other_by_what_they_agree_on():
    # of two inputs: 0 and 1 agree on both, with 2 and 5 on one
    assert combiners.s_rank(ANSWERS).tolist() == [1 + 1 + 0.5 + 0.5] * 2 + [0.5 + 0.5 + 1 + 0.5, 0, 0, 0.5 * 4]


def test_equal_answers_sum_their_mass():
    found = combiners.summed([0.0, 1.0, 1.2, 0.5, 0.7, 0.0], ANSWERS)
    both = math.log(1 + math.e)
    assert found.tolist() == pytest.approx([both, both, 1.2, 0.5, 0.7, 0.0])


def test_any_order_is_the_same_for_the_same_seed():
    first = combiners.at_random(20, seed=1)
    assert sorted(first) == list(range(20))
    assert (first == combiners.at_random(20, seed=1)).all()
    assert (first != combiners.at_random(20, seed=2)).any()


def test_no_candidates_are_no_scores():
    for found in (combiners.agreeing([]), combiners.s_rank([]), combiners.summed([], []), combiners.filtered([], [])):
        assert found.shape == (0,)
