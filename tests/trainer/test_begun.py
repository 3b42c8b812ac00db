"""Completions that go on from ids that are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trainer.decode import StopSearch
from trainer.policy import Policy
from trainer.prompts import render
from trainer.types import Rollout, Sampling, Task

GREEDY = Sampling(temperature=0.0, max_new_tokens=8)


@pytest.fixture(params=["decoder", "seq2seq"])
def either(request: pytest.FixtureRequest, policy: Policy, seq2seq_policy: Policy) -> Policy:
    return policy if request.param == "decoder" else seq2seq_policy


def _greedy(policy: Policy, begun: list[np.ndarray[Any, Any]], **more: Any) -> list[Rollout]:
    groups = policy.generate(["ab", "def f(x):"], samples=1, sampling=GREEDY, seed=0, begun=begun, **more)
    return [rollout for group in groups for rollout in group]


def test_greedy_decoding_goes_on_as_if_it_had_never_stopped(either: Policy) -> None:
    whole = _greedy(either, [])
    begun = [rollout.completion_ids[:cut] for rollout, cut in zip(whole, (3, 5), strict=True)]
    for one, other in zip(_greedy(either, begun), whole, strict=True):
        assert one.completion_ids.tolist() == other.completion_ids.tolist()
        assert one.completion == other.completion
        assert one.prompt_ids.tolist() == other.prompt_ids.tolist()
        assert one.truncated == other.truncated


def test_what_was_given_stays_and_what_follows_depends_on_it(either: Policy) -> None:
    begun = [np.array([40, 41, 42]), np.array([50])]
    found = _greedy(either, begun)
    for rollout, ids in zip(found, begun, strict=True):
        assert rollout.completion_ids[: len(ids)].tolist() == ids.tolist()
        assert len(rollout.completion_ids) <= GREEDY.max_new_tokens
        assert len(rollout.logprobs) == len(rollout.completion_ids)
    assert found[0].completion_ids[3:].tolist() != _greedy(either, [])[0].completion_ids[3:].tolist()


def test_samples_of_one_beginning_differ_and_come_again(policy: Policy) -> None:
    def drawn(seed: int) -> list[str]:
        groups = policy.generate(
            ["ab"], samples=4, sampling=Sampling(max_new_tokens=8), seed=seed, begun=[np.array([40, 41])]
        )
        return [rollout.completion for rollout in groups[0]]

    assert len(set(drawn(0))) > 1
    assert drawn(0) == drawn(0) != drawn(1)


def test_a_stop_string_may_begin_in_what_was_given() -> None:
    pieces = {1: b"x", 2: b"\n", 3: b"def", 4: b" "}
    search = StopSearch(("\ndef ",), pieces.__getitem__).fresh([1, 2])
    assert [search.push(3), search.fresh().push(1), search.push(4)] == [None, None, 0]


def test_a_note_is_said_before_the_prompt(byte_tokenizer: Any) -> None:
    task = Task("t", "def f():", tests=None)  # type: ignore[arg-type]
    assert render(task, byte_tokenizer) == "def f():"
    assert render(task, byte_tokenizer, note="# it fails") == "# it fails\ndef f():"
