"""The records of the online loop, and the legend of shapes.

B rollouts in a batch, P prompts (tasks) in a step, G rollouts of one prompt (its group, B = P * G),
T tokens of a completion, S tokens of prompt and completion together, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzers.runtime.tests import Tests
from rewards.types import Score


@dataclass(frozen=True, slots=True)
class Task:
    """Something to program, and how to tell whether it was done."""

    id: str
    prompt: str
    """What the model is given, as text (an instruction or the beginning of a program)."""
    tests: Tests
    language: str = "python"
    prefix: str = ""
    """Program text before the completion, where the prompt is the beginning of the program; else empty."""
    reference: str | None = None
    """A completion known to be right."""
    holdout: Tests | None = None
    """Further tests, which only programs that pass `tests` are run on, and which no reward depends on."""
    stops: tuple[str, ...] = ()
    """Strings at which a completion is over, where the data set names them; else those of the language hold."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ""
    """Program text after the completion, where that stops before the program is closed; see `rewards.types.Item`."""
    shown: Tests | None = None
    """The tests that the prompt shows, public ones: the first of `tests`, or others; None where it shows none, or where
    nobody knows which. See `trainer.shown`."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One sampled completion, exactly as it was sampled."""

    task_id: str
    prompt_ids: NDArray[np.int64]
    """[S - T]"""
    completion_ids: NDArray[np.int64]
    """[T], with the end-of-sequence id where it was sampled."""
    logprobs: NDArray[np.float32]
    """[T], log-probs under the generator at the temperature of sampling."""
    completion: str
    """Text of the completion, from the bytes of its ids."""
    truncated: bool
    """Whether sampling stopped at the token limit."""
    step: int = 0
    """Optimiser step of the weights that sampled it."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are drawn."""

    temperature: float = 1.0
    """Divides the logits; 0 takes the most probable token each time (greedy)."""
    top_p: float = 1.0
    """Smallest set of most probable tokens with at least this mass is drawn from (nucleus); 1 draws from all."""
    max_new_tokens: int = 256

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.max_new_tokens < 1:
            raise ValueError(f"need temperature >= 0, 0 < top_p <= 1 and max_new_tokens >= 1, got {self}")


@dataclass(frozen=True, slots=True)
class Scored:
    """A rollout and its reward."""

    rollout: Rollout
    score: Score
    dense: NDArray[np.float64]
    """[T], `TokenRewards.values`: the charges on the tokens that caused them."""
    credited: NDArray[np.bool_] | None = None
    """[T], `TokenRewards.credited`: whether the outcome says anything of a token; None where it does of all."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What the learner thinks of the tokens of a rollout at the time of sampling; None where nobody asked."""

    logprobs: NDArray[np.float32] | None = None
    """[T], log-probs under the weights that sampled the rollout, as the learner computes them."""
    kl: NDArray[np.float32] | None = None
    """[T], estimate of KL(policy || reference)."""
    values: NDArray[np.float32] | None = None
    """[T], what the critic expected before each token."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What the learner is told: a rollout, and how much better than expected each of its tokens was."""

    rollout: Rollout
    advantages: NDArray[np.float32]
    """[T]"""
    beliefs: Beliefs = Beliefs()
    returns: NDArray[np.float32] | None = None
    """[T], what the critic should have expected before each token; None where there is none."""
    outcome: int | None = None
    """What the tests said, as a place in `trainer.outcomes.CLASSES`; None where there is none."""
