from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

from trainer import lora, weights
from trainer.policy import Policy, Sampling
from trainer.weights import ModelNotFound

pytest.importorskip("peft", reason="adapters need peft")


@pytest.fixture
def adapted(llama_model: Any, byte_tokenizer: Any, tmp_path: Path) -> Policy:
    """A policy from a folder, with an adapter that is no longer 0."""
    Policy(copy.deepcopy(llama_model), byte_tokenizer).save(tmp_path / "base")
    policy = Policy.load(str(tmp_path / "base"))
    lora.add(policy.model, rank=4)
    with torch.no_grad():
        for name, weight in policy.model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
    return policy


def test_a_fresh_adapter_changes_nothing_and_is_all_that_is_learned(llama_model: Any, byte_tokenizer: Any) -> None:
    policy = Policy(copy.deepcopy(llama_model), byte_tokenizer)
    rollouts = [policy.teach("ab", "xyz")]
    before = policy.logprobs(rollouts).values.detach()
    lora.add(policy.model, rank=4, alpha=4.0)
    found = policy.logprobs(rollouts).values
    torch.testing.assert_close(found, before)
    found.sum().backward()
    learned = {name for name, weight in policy.model.named_parameters() if weight.grad is not None}
    assert learned == {name for name, weight in policy.model.named_parameters() if "lora_" in name}
    assert len(learned) == 2 * 7 * 2  # A and B beside seven linear layers in each of two blocks
    assert not any("lm_head" in name for name in learned)
    assert {len(weight) for name, weight in policy.model.named_parameters() if "lora_A" in name} == {4}


@pytest.mark.parametrize(("alpha", "scale"), [(None, 2.0), (12.0, 3.0)])
def test_the_product_is_scaled_by_alpha_over_rank(
    llama_model: Any, byte_tokenizer: Any, alpha: float | None, scale: float
) -> None:
    policy = Policy(copy.deepcopy(llama_model), byte_tokenizer)
    lora.add(policy.model, rank=4, alpha=alpha)
    layer = policy.model.model.layers[0].mlp.down_proj
    states = torch.randn(3, 64)
    with torch.no_grad():
        layer.lora_B["default"].weight.fill_(0.1)
        product = states @ layer.lora_A["default"].weight.T @ layer.lora_B["default"].weight.T
        torch.testing.assert_close(layer(states) - layer.base_layer(states), scale * product)


def test_a_saved_adapter_is_small_and_loads_with_its_base(adapted: Policy, tmp_path: Path) -> None:
    adapted.save(tmp_path / "saved")
    assert not list((tmp_path / "saved").glob("model*"))
    assert lora.base_of(tmp_path / "saved") == str((tmp_path / "base").resolve())
    again = Policy.load(str(tmp_path / "saved"))
    rollouts = [adapted.teach("ab", "xyz")]
    assert torch.equal(again.logprobs(rollouts).values, adapted.logprobs(rollouts).values)
    learned = {name for name, weight in again.model.named_parameters() if weight.requires_grad}
    assert learned == {name for name, weight in adapted.model.named_parameters() if weight.requires_grad}


def test_generation_uses_the_adapter(adapted: Policy) -> None:
    ((rollout,),) = adapted.generate(["ab"], samples=1, sampling=Sampling(1.0, max_new_tokens=6), seed=1)
    found = adapted.logprobs([rollout]).values[0].detach().numpy()
    assert found == pytest.approx(rollout.logprobs, abs=2e-5)


def test_an_adapter_that_does_not_name_its_base_is_refused(tmp_path: Path) -> None:
    (tmp_path / lora.CONFIG).write_text(json.dumps({"peft_type": "LORA", "base_model_name_or_path": None}))
    with pytest.raises(ValueError, match="does not name the model that it adapts"):
        weights.load(str(tmp_path))


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("wide", "does not fit its base '.*wide' .its weights have other shapes"),
        ("shallow", "does not fit its base '.*shallow' .14 of its 28 matrices have no place there, 0 are missing"),
        ("gpt2", "does not fit its base '.*gpt2' .Target modules"),
        ("gone", "there is no such folder; these work offline"),
        ("saved", "its base '.*saved' is an adapter, too"),
    ],
)
def test_an_adapter_for_another_base_is_refused(adapted: Policy, tmp_path: Path, base: str, message: str) -> None:
    others = {
        "wide": {"hidden_size": 64},
        "shallow": {"num_hidden_layers": 1},
        "gpt2": GPT2Config(vocab_size=260, n_embd=32, n_layer=1, n_head=2, bos_token_id=None, eos_token_id=1),
    }
    if (other := others.get(base)) is not None:
        changed = other if isinstance(other, GPT2Config) else LlamaConfig(**(adapted.model.config.to_dict() | other))
        model = AutoModelForCausalLM.from_config(changed)
        Policy(model, adapted.tokenizer).save(tmp_path / base)
    adapted.save(tmp_path / "saved")
    settings = tmp_path / "saved" / lora.CONFIG
    named = json.loads(settings.read_text()) | {"base_model_name_or_path": str(tmp_path / base)}
    settings.write_text(json.dumps(named))
    with pytest.raises(ModelNotFound, match=message) as raised:
        weights.load(str(tmp_path / "saved"))
    assert "\n" not in str(raised.value)


def test_a_torn_adapter_is_refused(adapted: Policy, tmp_path: Path) -> None:
    adapted.save(tmp_path / "saved")
    (tmp_path / "saved" / lora.WEIGHTS).write_bytes(b"torn")
    with pytest.raises(ModelNotFound, match=r"cannot load the adapter .*deserializing"):
        weights.load(str(tmp_path / "saved"))
    (tmp_path / "saved" / lora.CONFIG).write_text("[")
    with pytest.raises(ValueError, match="is no JSON object"):
        weights.load(str(tmp_path / "saved"))


def test_without_peft_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lora, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'spanwise\[lora\]'"):
        lora.check()
