"""How many floating-point operations a language model takes, and how much of a device that keeps busy."""

from __future__ import annotations

from typing import Any


def per_token(config: Any, *, context: int = 0) -> int:
    """Operations of one token in the forward pass of a Llama or Qwen2, two for each weight of a matrix.

    Matrices of attention (H x H for queries and output, H x K for keys and values of K = key-value heads x width of a
    head), three of the feed-forward part, and the head; looking up embeddings is free. Attention over `context` tokens
    takes 4 H each (Megatron-LM, arXiv 2104.04473, appendix; Llama's feed-forward part has three matrices).
    """
    width, inner = config.hidden_size, config.intermediate_size
    head = getattr(config, "head_dim", None) or width // config.num_attention_heads
    queries, keys = config.num_attention_heads * head, config.num_key_value_heads * head
    layer = 2 * width * queries + 2 * width * keys + 3 * width * inner
    return 2 * (config.num_hidden_layers * layer + width * config.vocab_size) + (
        4 * config.num_hidden_layers * queries * context
    )


def step_flops(config: Any, tokens: int, *, context: int = 0) -> int:
    """Of learning from completions: forward, and twice as much backward. Prompts and recomputation do not count."""
    return 3 * tokens * per_token(config, context=context)


def mfu(flops: float, *, seconds: float, peak: float) -> float:
    """Model FLOPs utilisation (PaLM, arXiv 2204.02311, appendix B): the share of `peak` operations per second."""
    return flops / seconds / peak
