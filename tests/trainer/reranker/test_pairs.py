import pytest

from rewards.reranking.pools import Candidate, Kinds, Pool, kinds
from trainer.reranker.pairs import Pair, Rules, build
from trainer.reranker.ranking import BadScores


def pool(*rates):
    """Candidates `0`, `1`, ... that pass those shares of their tests."""
    return Pool("t", "p", tuple(Candidate(str(i), None if r is None else r == 1, r) for i, r in enumerate(rates)))


def places(made):
    return [(pair.better, pair.worse) for pair in made.pairs]


def test_a_pair_is_one_that_passes_and_one_that_does_not():
    made = build(pool(1.0, 0.5, 1.0, 0.0))
    assert made.pairs == (Pair(0, 1, 0.5), Pair(0, 3, 1.0), Pair(2, 1, 0.5), Pair(2, 3, 1.0))
    assert made.without == ""


def test_what_could_not_be_judged_is_neither():
    made = build(pool(None, 1.0, None, 0.0))
    assert (places(made), made.unjudged) == ([(0, 1)], 2)
    assert [each.completion for each in made.pool.candidates] == ["1", "3"]


def test_equal_completions_are_one():
    twice = Pool("t", "p", (Candidate("x \n", True, 1.0), Candidate("x\n\n", True, 1.0), Candidate("y", False, 0.0)))
    made = build(twice)
    assert (places(made), made.duplicates) == ([(0, 1)], 1)


@pytest.mark.parametrize(("rates", "lacks"), [((1.0, 1.0), "negative"), ((0.5, 0.0), "positive"), ((), "positive")])
def test_pools_without_a_choice_make_no_pair_and_say_why(rates, lacks):
    assert (build(pool(*rates)).pairs, build(pool(*rates)).without) == ((), lacks)


def test_gaps_and_shares_are_lower_bounds():
    rates = pool(1.0, 0.8, 0.5, 0.0)
    assert places(build(rates, Rules(gap=0.5))) == [(0, 2), (0, 3)]
    assert places(build(rates, Rules(least_worse=0.5))) == [(0, 1), (0, 2)]
    assert places(build(rates, Rules(least_best=0.8, gap=0.3))) == [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert places(build(rates, Rules(gap=0.0, least_best=0.8, least_worse=0.8))) == [(0, 1)]


def test_hard_negatives_are_those_that_the_scorer_rates_highly():
    rates, scores = pool(1.0, 0.0, 0.0, 0.0), [0.0, 5.0, 1.0, 3.0]
    assert places(build(rates, Rules(hard=0.5), scores=scores)) == [(0, 1), (0, 3)]
    assert places(build(rates, Rules(hard=0.9), scores=scores)) == [(0, 1)]


def test_scores_stay_with_their_candidates_when_others_are_left_out():
    rates = pool(None, 1.0, 0.0, None, 0.0)
    assert places(build(rates, Rules(hard=0.5), scores=[9.0, 0.0, 1.0, 9.0, 2.0])) == [(0, 2)]


def test_more_than_enough_pairs_are_drawn_from_by_seed():
    rates = pool(*[1.0] * 10, *[0.0] * 10)
    drawn = build(rates, Rules(most=7), seed=1).pairs
    assert len(set(drawn)) == 7
    assert drawn == build(rates, Rules(most=7), seed=1).pairs != build(rates, Rules(most=7), seed=2).pairs
    assert len(build(rates, Rules(most=None)).pairs) == 100


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="give its scores"):
        build(pool(1.0, 0.0), Rules(hard=0.5))
    with pytest.raises(BadScores, match="candidate 1 is NaN"):
        build(pool(1.0, 0.0), Rules(hard=0.5), scores=[0.0, float("nan")])
    for wrong in ({"gap": 2.0}, {"least_best": -1.0}, {"hard": 1.0}, {"most": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Rules(**wrong)


def test_pools_are_counted_by_whether_a_choice_matters():
    found = kinds([pool(1.0, 0.0), pool(1.0), pool(0.0, 0.5), pool(), pool(1.0, None)])
    assert found == Kinds(mixed=2, all_right=1, all_wrong=1, empty=1)
