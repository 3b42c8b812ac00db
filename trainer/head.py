"""The last layer of a language model, a few tokens at a time.

Logits are the largest tensor of a training step: 1,024 tokens of a vocabulary of 150,000 take 600 MB, and as much again
in the backward pass. Here they live for one chunk of tokens, and are computed a second time when the gradient wants
them; memory then grows with the number of tokens times the width of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

CHUNK = 1 << 24
"""Logits that are held at a time, 64 MB of them; what needs no more is not computed twice."""


@contextmanager
def removed(model: Any) -> Iterator[Callable[[Tensor], Tensor]]:
    """Inside, the model returns what its logits would be made of, [B, T, H]; yields the layer that makes them."""
    head = model.get_output_embeddings()
    model.set_output_embeddings(nn.Identity())
    try:
        yield head
    finally:
        model.set_output_embeddings(head)


@torch.no_grad()
def is_last(model: Any) -> bool:
    """Whether the output embeddings are all that there is between the last hidden states and the logits.

    Found by trying: some models cap or scale their logits.
    """
    if model.get_output_embeddings() is None:
        return False
    ids = torch.arange(4, device=model.device)[None]
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if model.config.is_encoder_decoder else {})
    expected = model(**inputs, use_cache=False).logits.float()
    with removed(model) as head:
        found = model(**inputs, use_cache=False).logits
    weight = getattr(head, "weight", None)
    if weight is None or found.shape[-1] != weight.shape[-1]:
        return False
    scale = float(expected.std().nan_to_num())  # a model may have gone to pieces; that is said elsewhere
    return torch.allclose(head(found.to(weight.dtype)).float(), expected, rtol=1e-2, atol=1e-2 * scale)


def logprobs(
    hidden: Tensor, ids: Tensor, head: Callable[[Tensor], Tensor], *, temperature: float = 1.0, entropy: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Log-probs [N] of tokens `ids` [N] after the states `hidden` [N, H], and the entropy [N] in nats where asked for.

    `head` makes logits [n, V] of [n, H]. With gradient, where there is one.
    """

    def part(states: Tensor, tokens: Tensor) -> tuple[Tensor, ...]:
        logits = head(states).float()
        if temperature != 1.0:
            logits = logits / temperature
        # Gather before normalising: one [n, V] tensor less than log_softmax.
        normaliser = logits.logsumexp(-1)
        values = logits.gather(-1, tokens[:, None])[:, 0] - normaliser
        return (values, normaliser - (logits.softmax(-1) * logits).sum(-1)) if entropy else (values,)

    with torch.no_grad():
        vocabulary = head(hidden[:1]).shape[-1] if len(hidden) else 1
    size = max(1, CHUNK // vocabulary)
    if len(hidden) <= size:
        found = [part(hidden, ids)]
    else:
        pairs = zip(torch.split(hidden, size), torch.split(ids, size), strict=True)
        found = [checkpoint(part, *pair, use_reentrant=False) for pair in pairs]
    columns = [torch.cat(column) for column in zip(*found, strict=True)]
    return columns[0], columns[1] if entropy else None
