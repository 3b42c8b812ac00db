"""What is learned from and measured in `benchmarks/reranker.py` is kept apart."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.light_scorer import described, fitted, names
from benchmarks.reranker import FOLDS, crossed, folds, joined, markdown, weighed
from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.reports import compared, tables

RIGHT = ("return a + b", "return b + a", "x = a\n    return x + b")
WRONG = ("pass", "print(a)", "pass  # later")


def pool(name: str) -> Pool:
    right = tuple(Candidate(f"    {text}\n", passed=True) for text in RIGHT)
    return Pool(name, "def add(a, b):\n", (*right, *(Candidate(f"    {text}\n", passed=False) for text in WRONG)))


POOLS = [pool(str(number)) for number in range(12)]


def test_a_light_scorer_learns_what_right_candidates_look_like() -> None:
    light = fitted(POOLS[:6], findings=True)
    scores = light(pool("new"))
    assert min(scores[:3]) > max(scores[3:])
    assert described(pool("new"), findings=True).shape == (6, len(names(findings=True)))
    assert described(pool("new"), findings=True).mean(0) == pytest.approx(0)
    assert len(names(findings=True)) > len(names(findings=False))
    assert described(Pool("none", "p", ()), findings=False).shape == (0, len(names(findings=False)))


def test_equal_candidates_have_equal_scores() -> None:
    twice = Pool("t", "p", (*pool("t").candidates, pool("t").candidates[0]))
    scores = fitted(POOLS, findings=False)(twice)
    assert scores[0] == pytest.approx(scores[-1])


def test_nobody_rates_a_problem_that_he_learned_from() -> None:
    part = folds(POOLS)
    assert sorted(map(list(part.values()).count, range(FOLDS))) == [2, 2, 2, 3, 3]
    learned: dict[int, set[str]] = {}

    def fit(others: list[Pool], fold: int):  # type: ignore[no-untyped-def]
        learned[fold] = {each.task_id for each in others}
        return lambda found: [fold] * len(found.candidates)

    rank = crossed(POOLS, part, fit)
    for each in POOLS:
        (fold,) = set(rank(each))
        assert fold == part[each.task_id]
        assert each.task_id not in learned[fold]
        assert len(learned[fold]) == len(POOLS) - list(part.values()).count(fold)


def test_a_weight_is_chosen_on_the_other_parts() -> None:
    def blind(found: Pool) -> list[float]:
        return [0.0] * len(found.candidates)

    telling = [
        Pool(each.task_id, "p", tuple(Candidate(c.completion + str(i), c.passed, logprob=float(bool(c.passed)))
                                      for i, c in enumerate((*each.candidates, *each.candidates))))
        for each in POOLS
    ]  # fmt: skip
    rank = weighed(telling, folds(telling), blind, "logprob")
    assert all(np.array(rank(each))[0] > np.array(rank(each))[-1] for each in telling)


def test_what_is_known_of_candidates_is_put_together() -> None:
    asked = [Pool("0", "p", tuple(Candidate(each.completion, answers=("1",)) for each in POOLS[0].candidates))]
    rated = [Pool("0", "p", (Candidate(POOLS[0].candidates[0].completion, logprob=-1.0),))]
    (found,) = joined(POOLS, asked, rated)
    assert [each.answers for each in found.candidates] == [("1",)] * 6
    assert [each.logprob for each in found.candidates] == [-1.0, *[None] * 5]
    assert found.passed.tolist() == POOLS[0].passed.tolist()


def test_tables_are_markdown() -> None:
    first = next(tables(compared(POOLS, {"length": lambda each: [0] * len(each.candidates)}, sizes=(1,)), title="t"))
    lines = markdown(first).splitlines()
    assert lines[0] == "**t: pass@1 of the best of n**"
    assert lines[2:4] == ["| order | n = 1 |", "| --- | ---: |"]
    assert lines[4].startswith("| random choice | 50.0%")
