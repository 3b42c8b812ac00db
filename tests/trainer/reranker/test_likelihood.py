import numpy as np
import pytest
import torch

from analyzers.runtime.tests import Asserts
from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.likelihood import rated
from trainer.types import Task

TASK = Task("t", "def f():\n", Asserts(("assert f()",)), prefix="def f():\n")


def pool(*texts):
    return Pool("t", "p", tuple(Candidate(text, passed=True) for text in texts))


def by_hand(policy, text):
    prompt = policy.encode(TASK.prompt)
    ids = np.concatenate([prompt, policy.codec.written(text)])
    with torch.no_grad():
        told = policy.model(torch.from_numpy(ids)[None]).logits[0].log_softmax(-1)
    return float(np.mean([told[place - 1, ids[place]] for place in range(len(prompt), len(ids))]))


def test_it_is_the_mean_over_the_tokens_of_the_candidate(policy):
    texts = ("  return 1", "x", "  return 22222", "x")
    found = rated(pool(*texts), TASK, policy, budget=24)
    assert [each.logprob for each in found.candidates] == pytest.approx(
        [by_hand(policy, each) for each in texts], abs=1e-5
    )
    assert all(each.passed for each in found.candidates)


def test_what_is_empty_or_does_not_fit_is_not_known(policy):
    found = rated(pool("", "x", "y" * 500), TASK, policy)
    assert [each.logprob is None for each in found.candidates] == [True, False, True]
    assert rated(pool(), TASK, policy) == pool()
