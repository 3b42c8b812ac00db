from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import (
    CodeGenConfig,
    CodeGenForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GraniteConfig,
    GraniteForCausalLM,
)

from trainer import head
from trainer.policy import Policy

SIZES = {"vocab_size": 260, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1}
WIDE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def models(llama_model: Any, seq2seq_policy: Policy) -> dict[str, Any]:
    torch.manual_seed(1)
    small = {"n_embd": 32, "n_layer": 1, "n_head": 4, **SIZES}
    return {
        "llama": llama_model,
        "t5": seq2seq_policy.model,  # scales what its tied embeddings are applied to
        "gpt2": GPT2LMHeadModel(GPT2Config(**small)).eval(),
        "codegen": CodeGenForCausalLM(CodeGenConfig(rotary_dim=8, **small)).eval(),  # with a bias
        "gemma2": Gemma2ForCausalLM(
            Gemma2Config(final_logit_softcapping=0.5, num_key_value_heads=1, head_dim=16, **WIDE, **SIZES)
        ).eval(),
        "granite": GraniteForCausalLM(
            GraniteConfig(logits_scaling=8.0, num_key_value_heads=2, **WIDE, **SIZES)
        ).eval(),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "last"),
    [("llama", True), ("t5", True), ("gpt2", True), ("codegen", True), ("gemma2", False), ("granite", True)],
)
def test_whether_anything_comes_after_the_embeddings_is_found_out(
    models: dict[str, Any], name: str, last: bool
) -> None:
    before = models[name].get_output_embeddings()
    assert head.is_last(models[name]) is last
    assert models[name].get_output_embeddings() is before


def test_a_model_without_output_embeddings_has_no_last_layer() -> None:
    class Bare:
        def get_output_embeddings(self) -> None:
            return None

    assert not head.is_last(Bare())


def test_a_model_whose_weights_are_no_numbers_is_no_crash(llama_model: Any) -> None:
    broken = copy.deepcopy(llama_model)
    broken.lm_head.weight.data.fill_(float("nan"))
    assert not head.is_last(broken)


@pytest.mark.parametrize("name", ["llama", "t5", "gpt2", "codegen", "gemma2", "granite"])
def test_logprobs_are_those_of_the_logits_and_so_are_gradients(
    models: dict[str, Any], byte_tokenizer: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """However few tokens are taken at a time."""
    policy = Policy(models[name], byte_tokenizer)
    rollouts = [policy.teach("ab", "xyz1234"), policy.teach("abcdef", "q")]

    def found(chunk: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        monkeypatch.setattr(head, "CHUNK", chunk)
        policy.model.zero_grad()
        logprobs = policy.logprobs(rollouts, temperature=0.7, entropy=True)
        assert logprobs.entropy is not None
        (logprobs.values.sum() + 0.3 * logprobs.entropy.sum()).backward()
        grads = {n: p.grad.clone() for n, p in policy.model.named_parameters() if p.grad is not None}
        return logprobs.values.detach(), logprobs.entropy.detach(), grads

    with monkeypatch.context() as patch:
        patch.setattr(Policy, "head_is_last", property(lambda self: False))
        values, entropy, grads = found(1 << 24)
    for chunk in (1 << 24, 2 * 260, 1):
        again, entropy_again, grads_again = found(chunk)
        torch.testing.assert_close(again, values)
        torch.testing.assert_close(entropy_again, entropy)
        assert grads_again.keys() == grads.keys()
        for key, grad in grads.items():
            torch.testing.assert_close(grads_again[key], grad, atol=1e-4, rtol=1e-4)


class Counting(nn.Module):
    """A last layer that keeps count of how many tokens it is given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.seen = nn.Linear(4, 10), list[int]()

    def forward(self, states: Tensor) -> Tensor:
        self.seen.append(len(states))
        found: Tensor = self.inner(states)
        return found


def test_no_more_logits_are_held_than_the_chunk_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "CHUNK", 30)  # three tokens of ten logits
    layer, states = Counting(), torch.randn(8, 4, requires_grad=True)
    values, entropy = head.logprobs(states, torch.arange(8), layer)
    assert (values.shape, entropy) == ((8,), None)
    assert layer.seen == [1, 3, 3, 2]  # the first asks for the width
    values.sum().backward()
    assert sorted(layer.seen[4:]) == [2, 3, 3]  # once more for the gradient
    assert states.grad is not None


class Largest(TorchDispatchMode):
    """Notes the size of the largest tensor that anything makes."""

    numel = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.numel = max([self.numel, *(each.numel() for each in tree_leaves(made) if isinstance(each, Tensor))])
        return made


@pytest.mark.parametrize(("vocabulary", "tokens"), [(500, 40), (500, 400), (1000, 400)])
def test_memory_does_not_grow_with_vocabulary_times_length(
    monkeypatch: pytest.MonkeyPatch, vocabulary: int, tokens: int
) -> None:
    """No tensor, forward or backward, is larger than a chunk, the weights, or the states."""
    monkeypatch.setattr(head, "CHUNK", 8000)
    layer, states = nn.Linear(8, vocabulary), torch.randn(tokens, 8, requires_grad=True)
    held: list[int] = []
    with (
        Largest() as largest,
        torch.autograd.graph.saved_tensors_hooks(lambda x: held.append(x.numel()) or x, lambda x: x),
    ):
        values, entropy = head.logprobs(states, torch.arange(tokens), layer, entropy=True)
        assert entropy is not None
        (values.sum() + entropy.sum()).backward()
    assert largest.numel <= max(8000, vocabulary * 8)
    assert sum(held) < 40 * tokens + 10 * vocabulary * 8  # all the logits alone would be 500 to 1000 times the tokens


def test_no_tokens_have_no_logprobs() -> None:
    values, entropy = head.logprobs(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long), nn.Linear(4, 10), entropy=True)
    assert entropy is not None
    assert (values.shape, entropy.shape) == ((0,), (0,))


def test_the_numbers_of_two_tokens_by_hand() -> None:
    identity: Callable[[Tensor], Tensor] = nn.Identity()
    logits = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
    values, entropy = head.logprobs(logits, torch.tensor([0, 0]), identity, temperature=0.5, entropy=True)
    # At temperature 1/2: [0, 2] and [4, 0]. log(1 / (1 + e^2)) = -2.1269, log(e^4 / (1 + e^4)) = -0.01815.
    torch.testing.assert_close(values, torch.tensor([-2.1269, -0.01815]), atol=1e-4, rtol=0)
    # Entropy of (0.1192, 0.8808) is 0.3654 nats, of (0.98201, 0.01799) 0.0901.
    assert entropy is not None
    torch.testing.assert_close(entropy, torch.tensor([0.3654, 0.0901]), atol=1e-4, rtol=0)
