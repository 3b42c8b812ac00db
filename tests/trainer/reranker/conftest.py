"""Scorers of a few thousand weights, and pools in which what is right can be read off the text."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch

from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.heads import Shape
from trainer.reranker.model import RewardModel
from trainer.reranker.trunk import Trunk


@pytest.fixture
def scorer(llama_model: Any, byte_tokenizer: Any) -> Callable[..., RewardModel]:
    """A new reward model each time, on the same random Llama."""

    def make(*, seed: int = 0, **shape: Any) -> RewardModel:
        trunk = Trunk(copy.deepcopy(llama_model.model).requires_grad_(True), byte_tokenizer)
        return RewardModel(trunk, Shape(**shape), seed=seed)

    return make


@pytest.fixture
def toys() -> Callable[..., list[Pool]]:
    """Pools of programs that pass where they add, and fail where they subtract."""

    def make(count: int, *, seed: int, candidates: int = 6) -> list[Pool]:
        draw = random.Random(seed)

        def candidate() -> Candidate:
            right, name = draw.random() < 0.5, draw.choice("abcdefgh")
            return Candidate(f"{name} = {draw.randint(0, 99)} {'+' if right else '-'} 1", right, float(right))

        return [
            Pool(f"t{number}", f"p{number}:", tuple(candidate() for _ in range(candidates))) for number in range(count)
        ]

    return make


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    torch.manual_seed(0)
