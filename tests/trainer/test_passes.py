from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import (
    CodeGenConfig,
    CodeGenForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    MistralConfig,
    MistralForCausalLM,
)

from trainer import passes
from trainer.passes import States, Written
from trainer.policy import Policy

SIZES: dict[str, Any] = {"vocab_size": 260, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}


@pytest.fixture(scope="module")
def models(llama_model: Any) -> dict[str, Any]:
    torch.manual_seed(1)
    small = {"n_embd": 32, "n_layer": 2, "n_head": 4, "initializer_range": 0.3, **SIZES}
    wide = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    return {
        "llama": llama_model,
        "gpt2": GPT2LMHeadModel(GPT2Config(n_positions=16, **small)).eval(),  # no position beyond the longest row
        "codegen": CodeGenForCausalLM(CodeGenConfig(rotary_dim=8, **small)).eval(),
        "mistral": MistralForCausalLM(MistralConfig(sliding_window=8, num_key_value_heads=2, **wide, **SIZES)).eval(),
    }


def _written(*rows: tuple[list[int], list[int]]) -> Written:
    width = max(len(completion) for _, completion in rows)
    ids, mask = torch.zeros((len(rows), width), dtype=torch.long), torch.zeros((len(rows), width), dtype=torch.bool)
    for row, (_, completion) in enumerate(rows):
        ids[row, : len(completion)] = torch.tensor(completion)
        mask[row, : len(completion)] = True
    return Written([np.array(prompt, dtype=np.int64) for prompt, _ in rows], ids, mask, 0)


SHORT, LONG = [7, 8, 9], [20, 21, 22, 23, 24, 25, 26]
GROUPS = _written(
    (SHORT, [40, 41, 42, 43]), (LONG, [50]), (SHORT, [44, 45]), (LONG, [51, 52, 53, 54, 55, 56, 57, 58, 59])
)  # fmt: skip


def _gradients(model: Any, found: States, mask: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    total = found.before[mask].float().log_softmax(-1)[:, 3].sum()
    if found.hidden is not None:
        total = total + found.hidden[:, 1:][mask].square().sum()
    torch.autograd.backward(total)
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("name", ["llama", "gpt2", "codegen"])
def test_a_prompt_that_is_read_once_serves_its_group_the_same(models: dict[str, Any], name: str, hidden: bool) -> None:
    model = models[name]
    assert passes.can_share(model)
    expected, found = (run(model, GROUPS, hidden=hidden) for run in (passes.separate, passes.shared))
    torch.testing.assert_close(found.before[GROUPS.mask], expected.before[GROUPS.mask], atol=1e-4, rtol=1e-4)
    assert (found.hidden is None) is (expected.hidden is None) is not hidden
    if found.hidden is not None and expected.hidden is not None:
        assert found.hidden.shape == (4, 10, 32)
        first = torch.cat([torch.ones(4, 1, dtype=torch.bool), GROUPS.mask], dim=1)
        torch.testing.assert_close(found.hidden[first], expected.hidden[first], atol=1e-4, rtol=1e-4)
    gradients = [_gradients(model, states, GROUPS.mask) for states in (expected, found)]
    assert gradients[0].keys() == gradients[1].keys()
    for key, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][key], gradient, atol=1e-3, rtol=1e-3)


def test_what_is_read_once_is_computed_once(llama_model: Any) -> None:
    """Of 8 completions of 2 tokens after one prompt of 30, the model reads 30 tokens and then one of each."""
    read: list[tuple[int, ...]] = []
    hook = llama_model.model.register_forward_pre_hook(
        lambda module, args, kwargs: read.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    group = _written(*[(list(range(30, 60)), [90 + row, 1]) for row in range(8)])
    passes.shared(llama_model, group)
    passes.shared(llama_model, group, hidden=True)  # the state after the last token needs it read, too
    passes.separate(llama_model, group)
    hook.remove()
    assert read == [(1, 30), (8, 1), (1, 30), (8, 2), (8, 32)]


def test_completions_of_one_token_need_no_second_pass(llama_model: Any) -> None:
    ones = _written((SHORT, [5]), (SHORT, [6]))
    found, expected = passes.shared(llama_model, ones), passes.separate(llama_model, ones)
    torch.testing.assert_close(found.before, expected.before, atol=1e-5, rtol=1e-5)
    assert found.before.shape == (2, 1, 260)


def test_models_that_forget_read_every_prompt_by_itself(models: dict[str, Any], seq2seq_policy: Policy) -> None:
    assert not passes.can_share(models["mistral"])
    assert not passes.can_share(seq2seq_policy.model)


def test_a_policy_shares_prompts_where_it_can(
    models: dict[str, Any], byte_tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def noted(name: str, run: Callable[..., States]) -> Callable[..., States]:
        def noting(*given: Any, **options: Any) -> States:
            called.append(name)
            return run(*given, **options)

        return noting

    for name in ("shared", "separate"):
        monkeypatch.setattr(passes, name, noted(name, getattr(passes, name)))
    for name, recompute in (("llama", False), ("llama", True), ("mistral", False)):
        policy = Policy(copy.deepcopy(models[name]), byte_tokenizer, recompute=recompute)
        policy.logprobs([policy.teach("ab", "xyz")])
    assert called == ["shared", "separate", "separate"]
