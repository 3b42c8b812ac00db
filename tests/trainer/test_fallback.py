from __future__ import annotations

import numpy as np
import torch

from trainer.fallback import GenerateDecoder
from trainer.policy import Policy
from trainer.types import Rollout, Sampling

PROMPTS = ["def f(x):", "ab", "a longer prompt: é😀"]
SHORT = Sampling(max_new_tokens=12)


def _flat(groups: list[list[Rollout]]) -> list[Rollout]:
    return [rollout for group in groups for rollout in group]


def _assert_logprobs_agree(policy: Policy, rollouts: list[Rollout]) -> None:
    with torch.no_grad():
        found = policy.logprobs(rollouts).values
    for row, rollout in enumerate(rollouts):
        np.testing.assert_allclose(found[row, : len(rollout.logprobs)].numpy(), rollout.logprobs, atol=2e-5)


def test_encoder_decoder_models_generate_and_score(seq2seq_policy: Policy) -> None:
    policy = seq2seq_policy
    assert policy.seq2seq
    groups = policy.generate(PROMPTS, samples=3, sampling=SHORT, seed=4)
    again = policy.generate(PROMPTS, samples=3, sampling=SHORT, seed=4)
    assert [r.completion_ids.tolist() for r in _flat(groups)] == [r.completion_ids.tolist() for r in _flat(again)]
    assert len({rollout.completion for rollout in _flat(groups)}) > 3
    _assert_logprobs_agree(policy, _flat(groups))
    greedy = policy.generate(["ab"], samples=1, sampling=Sampling(0, max_new_tokens=5), seed=0)[0][0]
    with torch.no_grad():
        ids = torch.from_numpy(policy.encode("ab"))[None]
        first = policy.model(input_ids=ids, decoder_input_ids=torch.tensor([[0]])).logits[0, -1].argmax()
    assert int(greedy.completion_ids[0]) == int(first)


def test_the_way_through_generate_agrees_with_the_loop(policy: Policy) -> None:
    sampling = Sampling(0, max_new_tokens=12)
    own = _flat(policy.generate(PROMPTS, samples=2, sampling=sampling, seed=0, stop=["q"]))
    policy._decoder = GenerateDecoder(policy.model, eos=policy.eos, pad=policy.pad)
    other = _flat(policy.generate(PROMPTS, samples=2, sampling=sampling, seed=0, stop=["q"]))
    for one, two in zip(own, other, strict=True):
        assert one.completion_ids.tolist() == two.completion_ids.tolist()
        assert one.truncated == two.truncated
        np.testing.assert_allclose(one.logprobs, two.logprobs, atol=2e-5)


def test_temperature_and_stops_hold_there_too(seq2seq_policy: Policy) -> None:
    cold = seq2seq_policy.generate(["ab"], samples=8, sampling=Sampling(0.01, max_new_tokens=6), seed=0)[0]
    greedy = seq2seq_policy.generate(["ab"], samples=1, sampling=Sampling(0, max_new_tokens=6), seed=0)[0][0]
    assert {rollout.completion for rollout in cold} == {greedy.completion}
    free = _flat(seq2seq_policy.generate(PROMPTS, samples=4, sampling=SHORT, seed=4))
    stop = next(text[3] for rollout in free if len(text := rollout.completion) > 5 and text[3].isascii())
    for rollout in _flat(seq2seq_policy.generate(PROMPTS, samples=4, sampling=SHORT, seed=4, stop=[stop])):
        assert stop not in rollout.completion
