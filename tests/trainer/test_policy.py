from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, MistralConfig, MistralForCausalLM

from trainer.policy import Policy
from trainer.types import Rollout, Sampling

PROMPTS = ["def f(x):", "ab", "a longer prompt: é😀"]
SHORT = Sampling(max_new_tokens=12)


def _models() -> dict[str, Any]:
    torch.manual_seed(1)
    common: dict[str, Any] = {"vocab_size": 260, "eos_token_id": 1, "pad_token_id": 0, "bos_token_id": None}
    gpt2 = GPT2LMHeadModel(GPT2Config(n_positions=64, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3, **common))
    config = MistralConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        sliding_window=8, initializer_range=0.3, **common,
    )  # fmt: skip
    return {"gpt2": gpt2, "mistral": MistralForCausalLM(config)}


@pytest.fixture(scope="module")
def others() -> dict[str, Any]:
    return _models()


def _flat(groups: list[list[Rollout]]) -> list[Rollout]:
    return [rollout for group in groups for rollout in group]


def _assert_logprobs_agree(policy: Policy, rollouts: list[Rollout], temperature: float = 1.0) -> None:
    """What the learner computes, all rows padded together, is what the generator recorded."""
    with torch.no_grad():
        found = policy.logprobs(rollouts, temperature=temperature)
    for row, rollout in enumerate(rollouts):
        length = len(rollout.completion_ids)
        assert int(found.mask[row].sum()) == length
        np.testing.assert_allclose(found.values[row, :length].numpy(), rollout.logprobs, atol=2e-5)
        assert not found.values[row, length:].any()


@pytest.mark.parametrize("name", ["llama", "gpt2", "mistral"])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_recorded_logprobs_are_those_of_the_learner(
    policy: Policy, others: dict[str, Any], byte_tokenizer: Any, name: str, temperature: float
) -> None:
    chosen = policy if name == "llama" else Policy(others[name], byte_tokenizer)
    groups = chosen.generate(PROMPTS, samples=4, sampling=Sampling(temperature, max_new_tokens=12), seed=3)
    assert [len(group) for group in groups] == [4, 4, 4]
    assert len({rollout.completion for rollout in _flat(groups)}) > 3
    _assert_logprobs_agree(chosen, _flat(groups), temperature)


@pytest.mark.parametrize("name", ["llama", "gpt2", "mistral"])
def test_greedy_equals_generate(policy: Policy, others: dict[str, Any], byte_tokenizer: Any, name: str) -> None:
    chosen = policy if name == "llama" else Policy(others[name], byte_tokenizer)
    groups = chosen.generate(PROMPTS, samples=1, sampling=Sampling(0, max_new_tokens=20), seed=0)
    for prompt, (rollout,) in zip(PROMPTS, groups, strict=True):
        ids = torch.from_numpy(chosen.encode(prompt))[None]
        expected = chosen.model.generate(ids, do_sample=False, max_new_tokens=20, attention_mask=torch.ones_like(ids))
        assert rollout.completion_ids.tolist() == expected[0, ids.shape[1] :].tolist()


def test_sampling_is_reproducible_and_independent_of_the_batch(policy: Policy) -> None:
    def ids(prompts: list[str], **changes: Any) -> list[list[int]]:
        settings: dict[str, Any] = {"samples": 3, "sampling": SHORT, "seed": 5, **changes}
        return [rollout.completion_ids.tolist() for rollout in _flat(policy.generate(prompts, **settings))]

    together = ids(PROMPTS)
    assert together == ids(PROMPTS)
    assert together[3:6] == ids([PROMPTS[1]])
    assert together[:3] == ids(PROMPTS[::-1])[6:]
    assert together != ids(PROMPTS, seed=6)
    assert together != ids(PROMPTS, step=1)
    assert len({tuple(row) for row in together[:3]}) > 1  # the samples of a group differ
    policy.cache_tokens = 30  # one row at a time
    assert together == ids(PROMPTS)


def test_sampling_follows_the_distribution(policy: Policy) -> None:
    """First tokens of 4000 samples against the exact probabilities: chi-square below its 1 - 10^-6 quantile."""
    first = [
        int(rollout.completion_ids[0])
        for rollout in policy.generate(["ab"], samples=4000, sampling=Sampling(max_new_tokens=1), seed=0)[0]
    ]
    ids = torch.from_numpy(policy.encode("ab"))[None]
    with torch.no_grad():
        expected = torch.softmax(policy.model(ids).logits[0, -1], -1).numpy() * 4000
    counts = np.bincount(first, minlength=len(expected))
    common = expected >= 5
    observed = [*counts[common], counts[~common].sum()]
    wanted = [*expected[common], expected[~common].sum()]
    statistic = sum((o - w) ** 2 / w for o, w in zip(observed, wanted, strict=True))
    degrees = len(wanted) - 1
    assert statistic < degrees + 6 * np.sqrt(2 * degrees) + 20


def test_completions_are_the_text_of_their_ids(policy: Policy) -> None:
    for rollout in _flat(policy.generate(PROMPTS, samples=8, sampling=SHORT, seed=1)):
        ids = rollout.completion_ids
        assert rollout.completion == policy.token_bytes.text(ids)
        assert len(ids) == len(rollout.logprobs) <= 12
        assert rollout.truncated == (len(ids) == 12 and ids[-1] != 1)
        assert 1 not in ids[:-1].tolist()
        assert rollout.logprobs.dtype == np.float32
        assert (rollout.logprobs <= 0).all()


def test_stop_strings_end_completions(policy: Policy) -> None:
    free = _flat(policy.generate(PROMPTS, samples=8, sampling=SHORT, seed=1))
    stop = next(text[2:4] for rollout in free if len(text := rollout.completion) > 6 and text[2:4].isascii())
    stopped = _flat(policy.generate(PROMPTS, samples=8, sampling=SHORT, seed=1, stop=[stop]))
    changed = 0
    for before, after in zip(free, stopped, strict=True):
        if stop.encode() in policy.token_bytes.decode_bytes(before.completion_ids):
            changed += 1
            assert not after.truncated
            assert stop not in after.completion
            length = len(after.completion_ids)
            assert after.completion_ids.tolist() == before.completion_ids[:length].tolist()
            assert len(after.logprobs) == length
        else:
            assert after.completion_ids.tolist() == before.completion_ids.tolist()
    assert changed


def test_rollouts_are_handed_over_as_they_finish(policy: Policy) -> None:
    seen: list[tuple[int, Rollout]] = []
    groups = policy.generate(
        PROMPTS, samples=3, sampling=SHORT, seed=2, step=7, task_ids=["a", "b", "c"],
        on_done=lambda index, rollout: seen.append((index, rollout)),
    )  # fmt: skip
    assert sorted(index for index, _ in seen) == list(range(9))
    flat = _flat(groups)
    for index, rollout in seen:
        assert flat[index] is rollout
        assert (rollout.task_id, rollout.step) == ("abc"[index // 3], 7)
    lengths = [len(rollout.completion_ids) for _, rollout in seen]
    assert lengths == sorted(lengths)  # one batch: short ones come first


def test_logprobs_have_a_gradient_and_exact_entropy(policy: Policy) -> None:
    rollout = policy.generate(["ab"], samples=1, sampling=SHORT, seed=0)[0][0]
    found = policy.logprobs([rollout], temperature=2.0, entropy=True)
    found.values.sum().backward()
    assert all(weight.grad is not None for weight in policy.model.parameters())
    policy.model.zero_grad()
    ids = torch.from_numpy(np.concatenate([rollout.prompt_ids, rollout.completion_ids]))[None]
    logits = policy.model(ids).logits[0, len(rollout.prompt_ids) - 1 : -1] / 2.0
    exact = torch.distributions.Categorical(logits=logits)
    assert found.entropy is not None
    torch.testing.assert_close(found.entropy[0], exact.entropy(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.values[0], exact.log_prob(ids[0, len(rollout.prompt_ids) :]), atol=1e-4, rtol=1e-4)


def test_a_given_completion_ends_with_the_end_token(policy: Policy) -> None:
    rollout = policy.teach("ab", "xyz", task_id="t")
    assert rollout.completion_ids.tolist() == [259, 1]
    assert rollout.prompt_ids.tolist() == policy.encode("ab").tolist()


def test_an_empty_prompt_still_has_a_token(policy: Policy) -> None:
    assert policy.encode("").tolist() == [0]
    assert len(policy.generate([""], samples=1, sampling=SHORT, seed=0)[0]) == 1


def test_prompts_beyond_the_context_are_refused(policy: Policy) -> None:
    assert policy.context == 128
    with pytest.raises(ValueError, match=r"'long' has 120 tokens; with max_new_tokens = 12 that exceeds the 128"):
        policy.generate(["a" * 120], samples=1, sampling=SHORT, seed=0, task_ids=["long"])


def test_a_frozen_copy_does_not_move(policy: Policy) -> None:
    frozen = policy.frozen_copy()
    assert not any(weight.requires_grad for weight in frozen.model.parameters())
    assert all(weight.requires_grad for weight in policy.model.parameters())


def test_a_saved_policy_loads_again(policy: Policy, tmp_path: Path) -> None:
    policy.save(tmp_path)
    again = Policy.load(str(tmp_path))
    for name, weight in policy.model.state_dict().items():
        assert torch.equal(weight, again.model.state_dict()[name])
    before, after = (chosen.generate(PROMPTS, samples=2, sampling=SHORT, seed=0) for chosen in (policy, again))
    assert [rollout.completion for rollout in _flat(before)] == [rollout.completion for rollout in _flat(after)]


@pytest.mark.parametrize("name", ["llama", "gpt2", "t5"])
def test_recomputing_layers_changes_no_number_and_holds_less(
    llama_model: Any, others: dict[str, Any], seq2seq_policy: Policy, byte_tokenizer: Any, name: str
) -> None:
    model = {"llama": llama_model, "t5": seq2seq_policy.model, **others}[name]
    rollouts = [seq2seq_policy.teach("ab", "xyz1234" * 3), seq2seq_policy.teach("abcdef", "q")]

    def found(policy: Policy) -> tuple[torch.Tensor, list[torch.Tensor], int]:
        held: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: held.append(x.numel()) or x, lambda x: x):
            values = policy.logprobs(rollouts).values
        values.sum().backward()
        grads = [weight.grad for weight in policy.model.parameters() if weight.grad is not None]
        return values.detach(), grads, sum(held)

    values, grads, held = found(Policy(copy.deepcopy(model), byte_tokenizer))
    policy = Policy(copy.deepcopy(model), byte_tokenizer, recompute=True)
    again, grads_again, held_again = found(policy)
    torch.testing.assert_close(again, values)
    for grad, other in zip(grads_again, grads, strict=True):
        torch.testing.assert_close(grad, other, atol=1e-4, rtol=1e-4)  # the one reads prompts by themselves
    assert held_again < 0.6 * held
    policy.generate(["ab"], samples=1, sampling=SHORT, seed=0)
    assert not policy.model.training
