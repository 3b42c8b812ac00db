"""Rows of different lengths, and the tables [B, T] that are made of them: 0 on padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Row = NDArray[np.float32]


def padded(rows: Sequence[Row], like: Tensor) -> Tensor:
    """[B, T] of B rows of at most T, where `like` [B, T] lies."""
    table = np.zeros(tuple(like.shape), dtype=np.float32)
    for index, row in enumerate(rows):
        table[index, : len(row)] = row
    return torch.from_numpy(table).to(like.device)


def known(rows: Sequence[Row | None], like: Tensor) -> Tensor | None:
    """The same where every row is known, else None."""
    there = [row for row in rows if row is not None]
    return padded(there, like) if len(there) == len(rows) else None


def unpadded(table: Tensor, lengths: Sequence[int]) -> list[Row]:
    """The rows of [B, T], each with its own length."""
    values = table.float().cpu().numpy()
    return [values[row, :length].copy() for row, length in enumerate(lengths)]
