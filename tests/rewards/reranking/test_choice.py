import subprocess
import sys

import numpy as np
import pytest

import rewards
from rewards.reranking.choice import rerank
from rewards.reranking.pools import Candidate
from rewards.reranking.recipes import BadRecipe
from rewards.reranking.scores import BadScores

RIGHT = "def f(x):\n    return x + 1\n"
WRONG = "def f(x):\n    return x - 1\n"
BROKEN = "def f(x):\n    return y\n"
HANGS = "def f(x):\n    while True:\n        pass\n"


def order(found):
    return [each.place for each in found]


def test_the_best_comes_first_and_equal_scores_stay_in_order():
    found = rewards.rerank(
        "p", ["a", "bbb", "cc", "dd"], scorer=lambda pool: [len(x.completion) for x in pool.candidates]
    )
    assert order(found) == [1, 2, 3, 0]
    assert [each.score for each in found] == [3, 2, 2, 1]
    assert found[0].parts == {"scorer": 3.0}
    assert found[0].candidate.completion == "bbb"


def test_a_scorer_sees_the_prompt_and_all_that_is_known():
    seen = []

    def scorer(pool):
        seen.append(pool)
        return np.zeros(len(pool.candidates))

    rerank("p", [Candidate("a", truncated=True), "b"], scorer=scorer, logprobs=[-1, -2], language="c++")
    [pool] = seen
    assert (pool.prompt, pool.language) == ("p", "c++")
    assert [(each.truncated, each.logprob) for each in pool.candidates] == [(True, -1.0), (False, -2.0)]


def test_without_anything_to_go_by_findings_decide():
    found = rerank("p", [BROKEN, RIGHT])
    assert order(found) == [1, 0]
    assert found[0].parts == {"findings": 0.0}
    assert found[1].parts["findings"] < 0
    assert found[1].candidate.findings


def test_shown_tests_are_run_and_decide_first():
    found = rerank(
        "p", [WRONG, HANGS, BROKEN, RIGHT], tests=["assert f(1) == 2"], scorer=lambda pool: [9, 8, 7, 1],
        analyzers=("pyflakes",),
    )  # fmt: skip
    assert order(found) == [3, 0, 1, 2]
    assert [each.candidate.public for each in found] == [True, False, False, False]
    assert found[0].candidate.passed is None
    assert set(found[0].parts) == {"scorer", "findings"}


def test_answers_are_votes_alone_and_add_up_scores_with_a_scorer():
    answers = [("1",), ("2",), ("2",), (None,)]
    assert order(rerank("p", list("abcd"), answers=answers)) == [1, 2, 0, 3]
    asked = []
    found = rerank(
        "p", list("abcd"), answers=lambda texts: asked.append(texts) or answers, scorer=lambda pool: [0.5, 0, 0, 0.6]
    )
    assert asked == [["a", "b", "c", "d"]]
    assert order(found) == [1, 2, 3, 0]  # log 2 > 0.6 > 0.5


def test_a_recipe_says_what_counts():
    found = rerank("p", ["a", "b"], logprobs=[-1, -2], scorer=lambda pool: [0, 3], by="scorer,logprob:4")
    assert [each.score for each in found] == [-4, -5]
    assert found[0].parts == {"scorer": 0.0, "logprob": -1.0}


def test_none_one_and_equal_ones():
    assert rerank("p", [], scorer=lambda pool: [1]) == []
    assert order(rerank("p", ["a"], logprobs=[-1])) == [0]
    assert order(rerank("p", ["a", "a", "b"], logprobs=[-2, -2, -1])) == [2, 0, 1]
    votes = rerank("p", ["a", "b", "b"], answers=[("1",), ("2",), ("2",)])
    assert [each.score for each in votes] == [2, 2, 1]


@pytest.mark.parametrize(
    ("keywords", "error", "why"),
    [
        ({"scorer": lambda pool: [1.0]}, BadScores, "expected 2 scores"),
        ({"scorer": lambda pool: [1.0, float("nan")]}, BadScores, "candidate 1 is NaN"),
        ({"logprobs": [1.0]}, ValueError, "expected 2 scores"),
        ({"answers": [("1",)]}, ValueError, "expected the answers of 2 candidates, got those of 1"),
        ({"answers": [("1",), ("1", "2")]}, ValueError, "from 1 to 2 answers"),
        ({"by": "logprob"}, BadRecipe, "of which nothing is known"),
        ({"by": "scorer"}, BadRecipe, "there is none"),
        ({"by": "scores"}, BadRecipe, "did you mean 'scorer'"),
        ({"analyzers": ("pilynt",)}, ValueError, "pylint"),
        ({"tests": 3}, ValueError, "test"),
    ],
)
def test_what_cannot_be_done_is_said(keywords, error, why):
    with pytest.raises(error, match=why):
        rerank("p", ["a = 1", "b = 1"], **keywords)


def test_no_torch_is_needed():
    code = (
        "import sys, rewards\n"
        "import rewards.reranking.pools\n"
        "assert rewards.rerank('p', ['a', 'b'], logprobs=[-2, -1])[0].place == 1\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
