from __future__ import annotations

import pytest
from transformers import LlamaConfig

from benchmarks import flops

SMALL = LlamaConfig(
    hidden_size=4, intermediate_size=6, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, vocab_size=10
)


def test_operations_of_a_token_by_hand() -> None:
    # A layer: queries and output 4 x 4 each, keys and values 4 x 2 each, three matrices 4 x 6: 32 + 16 + 72 = 120.
    # Two layers and a head of 4 x 10: 280 weights, two operations each.
    assert flops.per_token(SMALL) == 560
    # Over 5 tokens each layer also takes 4 x 4 x 5 operations.
    assert flops.per_token(SMALL, context=5) == 560 + 160


def test_wide_heads_count_as_they_are() -> None:
    wide = LlamaConfig(**{**SMALL.to_dict(), "head_dim": 8})  # queries and output 4 x 16, keys and values 4 x 8
    assert flops.per_token(wide) == 2 * (2 * (2 * 64 + 2 * 32 + 72) + 40)


def test_learning_takes_three_forward_passes() -> None:
    assert flops.step_flops(SMALL, 7) == 3 * 7 * 560


def test_utilisation_is_a_share_of_the_peak() -> None:
    # 10^12 operations in 2 s are 0.5 of a device of 10^12 per second.
    assert flops.mfu(1e12, seconds=2.0, peak=1e12) == 0.5


def test_of_smollm2_about_six_operations_for_each_weight() -> None:
    config = LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        vocab_size=49152,
    )  # fmt: skip
    # 134.5 million weights, the norms among them; embeddings and head are the same matrix.
    assert flops.step_flops(config, 1) == pytest.approx(6 * 134.5e6, rel=0.01)
