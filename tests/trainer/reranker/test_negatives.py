from __future__ import annotations

import pytest

from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.negatives import Mined, extended, mined
from trainer.reranker.ranking import BadScores
from trainer.reranker.settings import Negatives


def _pool(*verdicts: tuple[str, bool | None]) -> Pool:
    return Pool("t", "write", tuple(Candidate(text, passed) for text, passed in verdicts))


def _texts(found: Mined) -> tuple[list[str], list[str]]:
    return [each.completion for each in found.positives], [each.candidate.completion for each in found.negatives]


def test_hard_negatives_fail_and_are_rated_above_the_quantile() -> None:
    """Scores 5 1 4 2 3: the median is 3, so that of the failing ones (1, 4, 3) those at 4 and 3 are hard."""
    pool = _pool(("a", True), ("b", False), ("c", False), ("d", True), ("e", False))
    found = mined(pool, [5.0, 1.0, 4.0, 2.0, 3.0], Negatives())
    assert _texts(found) == (["a", "d"], ["c", "e"])
    assert [each.score for each in found.negatives] == [4.0, 3.0]
    assert (found.hard, found.failing, found.duplicates) == (2, 3, 0)


def test_caps_keep_the_highest_rated() -> None:
    pool = _pool(("a", False), ("b", False), ("c", False), ("d", True), ("e", True))
    found = mined(pool, [1.0, 3.0, 2.0, 0.0, 0.0], Negatives(quantile=0.0, most=1, most_positives=1))
    assert _texts(found) == (["d"], ["b"])
    assert (found.hard, found.failing) == (3, 3)
    assert _texts(mined(pool, [1.0, 3.0, 2.0, 0.0, 0.0], Negatives(most_positives=0)))[0] == []


def test_what_was_shown_before_is_not_shown_again() -> None:
    """Equal but for white space at the ends of lines; the earlier one of two equal ones stays."""
    pool = _pool(("x = 1  ", False), ("y = 1", False), ("y = 1\n", False), ("z", True))
    found = mined(pool, [3.0, 2.0, 1.0, 0.0], Negatives(quantile=0.0), known=[Candidate("x = 1", False)])
    assert _texts(found) == (["z"], ["y = 1"])
    assert (found.failing, found.duplicates) == (1, 2)


def test_as_many_are_drawn_blindly_as_there_are_hard_ones() -> None:
    pool = _pool(*((str(n), False) for n in range(20)))
    scores = [float(n) for n in range(20)]
    hard = mined(pool, scores, Negatives(quantile=0.9, most=8))
    blind = mined(pool, scores, Negatives(choice="random", quantile=0.9, most=8), seed=1)
    assert _texts(hard)[1] == ["19", "18"]
    assert len(blind.negatives) == 2
    assert _texts(blind)[1] != ["19", "18"]
    assert blind == mined(pool, scores, Negatives(choice="random", quantile=0.9, most=8), seed=1)
    assert blind != mined(pool, scores, Negatives(choice="random", quantile=0.9, most=8), seed=2)


def test_without_negatives_positives_alone_are_added() -> None:
    found = mined(_pool(("a", True), ("b", False)), [0.0, 1.0], Negatives(choice="none"))
    assert _texts(found) == (["a"], [])
    assert (found.hard, found.failing) == (1, 1)


def test_what_nobody_could_judge_counts_for_nothing() -> None:
    """Not even in the quantile: without the 9 the median of 1 and 2 is 1.5."""
    found = mined(_pool(("a", None), ("b", False), ("c", False)), [9.0, 1.0, 2.0], Negatives())
    assert _texts(found) == ([], ["c"])
    empty = mined(_pool(("a", None)), [1.0], Negatives())
    assert (_texts(empty), empty.hard, empty.failing) == (([], []), 0, 0)
    assert mined(Pool("t", "p", ()), [], Negatives()).negatives == ()


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(BadScores, match="NaN"):
        mined(_pool(("a", False)), [float("nan")], Negatives())


def test_a_pool_is_extended_behind_what_it_holds() -> None:
    pool = _pool(("a", True))
    found = mined(_pool(("b", False), ("c", True)), [1.0, 0.0], Negatives())
    assert [each.completion for each in extended(pool, found).candidates] == ["a", "c", "b"]
