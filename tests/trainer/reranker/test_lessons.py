from __future__ import annotations

import numpy as np

from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.fitting import Fitting
from trainer.reranker.lessons import Lessons, balanced


def pool(passed, failed, name="t"):
    right = [Candidate(f"r{number}", True) for number in range(passed)]
    return Pool(name, "p", (*right, *(Candidate(f"w{number}", False) for number in range(failed))))


def chosen(right, wrong, most, seed=0):
    passed = np.array([True] * right + [False] * wrong)
    places = balanced(np.arange(right + wrong), passed, most, seed=(seed,))
    assert sorted(set(places.tolist())) == places.tolist()
    return int(passed[places].sum()), int((~passed[places]).sum())


def test_half_of_what_a_step_sees_passes_where_there_are_as_many():
    assert chosen(10, 10, 6) == (3, 3)
    assert chosen(1, 10, 6) == (1, 5)
    assert chosen(10, 2, 6) == (4, 2)
    assert chosen(10, 0, 6) == (6, 0)
    assert chosen(2, 3, 6) == (2, 3)
    assert chosen(10, 10, 1) == (0, 1)


def test_each_epoch_sees_all_problems_once_and_other_candidates(scorer):
    lessons = Lessons.of(scorer(), [pool(5, 5, str(n)) for n in range(5)], Fitting(pools=2, candidates=4), seed=0)
    batches = list(lessons.batches())
    assert [len(batch.tasks) for batch in batches] == [2, 2, 1, 2, 2, 1]
    for epoch in (batches[:3], batches[3:]):
        assert sorted(task for batch in epoch for task in batch.tasks) == list("01234")
    assert [batch.tasks for batch in batches[:3]] != [batch.tasks for batch in batches[3:]]
    seen = {frozenset(row.ids.tobytes() for row in batch.rows[:4]) for batch in batches if batch.tasks[0] == "0"}
    assert all(len(each) == 4 for each in seen)
    later = list(lessons.batches(begin=4))
    assert [batch.tasks for batch in later] == [batch.tasks for batch in batches[4:]]
    assert [row.key for row in later[0].rows] == [row.key for row in batches[4].rows]


def test_pairs_are_places_in_the_batch(scorer):
    lessons = Lessons.of(scorer(), [pool(1, 2, "a"), pool(2, 1, "b")], Fitting(), seed=0)
    (batch, _) = lessons.batches()
    first = {"a": {(0, 1), (0, 2)}, "b": {(0, 2), (1, 2)}}
    expected = first[batch.tasks[0]] | {(x + 3, y + 3) for x, y in first[batch.tasks[1]]}
    assert set(zip(batch.better.tolist(), batch.worse.tolist(), strict=True)) == expected
    assert batch.pools.tolist() == [0, 0, 0, 1, 1, 1]
    assert all(batch.passed[batch.better])
    assert not any(batch.passed[batch.worse])
    assert batch.gaps.tolist() == [1.0] * 4
