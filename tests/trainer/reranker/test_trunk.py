from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, GPT2Config, RobertaConfig, RobertaModel, T5Config

from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.model import RewardModel
from trainer.reranker.trunk import Trunk, cut, is_causal

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
TOKENS = {"vocab_size": 260, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}


def test_models_are_told_apart_by_what_a_token_sees():
    assert is_causal(GPT2Config())
    assert is_causal(BertConfig(is_decoder=True))
    assert not any(map(is_causal, (BertConfig(), RobertaConfig(), T5Config())))


def test_the_positions_of_roberta_begin_behind_its_padding(byte_tokenizer):
    model = RobertaModel(RobertaConfig(max_position_embeddings=65, **SMALL, **TOKENS))
    scorer = RewardModel(Trunk(model, byte_tokenizer))
    assert scorer.trunk.context == 64
    assert np.isfinite(scorer(Pool("t", "p", (Candidate("a" * 100),)))).all()


def test_a_head_that_is_not_read_is_no_weight(byte_tokenizer):
    model = BertModel(BertConfig(**SMALL, **TOKENS))
    assert model.pooler is not None
    assert not any("pooler" in name for name, _ in Trunk(model, byte_tokenizer).named_parameters())


def test_the_first_layers_of_a_model_can_do(llama_model, byte_tokenizer):
    trunk = Trunk(copy.deepcopy(llama_model.model), byte_tokenizer)
    cut(trunk.model, 1)
    ids = torch.tensor([[5, 6, 7]])
    expected = llama_model(ids, output_hidden_states=True).hidden_states[1]
    torch.testing.assert_close(trunk.model(ids).last_hidden_state, llama_model.model.norm(expected))
    with pytest.raises(ValueError, match="from 1 to the 1 that"):
        cut(trunk.model, 2)


def test_adapters_follow_from_their_seed_and_learn_alone(llama_model, byte_tokenizer):
    pytest.importorskip("peft")

    def adapted(seed):
        trunk = Trunk(copy.deepcopy(llama_model.model), byte_tokenizer)
        before = torch.get_rng_state()
        trunk.adapt(2, seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        return {name: weight for name, weight in trunk.named_parameters() if weight.requires_grad}

    one, again, other = adapted(1), adapted(1), adapted(2)
    assert one
    assert all("lora_" in name for name in one)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)
