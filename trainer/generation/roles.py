"""Which weights a generator holds, and when it gets new ones: RLTF's two roles (arXiv 2307.04349, section 3.2).

The learner's step decides it, never the clock: whatever is fast or slow, the same weights sample the same round. A run
that goes on from a checkpoint gives the generator the weights that it had, and samples what was under way anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor

from trainer.generation import Backend, GenerationFailed, Generator
from trainer.policy import Policy
from trainer.rollout import Round

Weights: TypeAlias = Mapping[str, Tensor]
Sample: TypeAlias = Callable[[Generator, int], Round]
"""Samples and scores a round with a generator, whose weights are those of the given optimiser step."""


class Roles:
    """The generator of a run, beside its learner."""

    def __init__(self, policy: Policy, backend: Backend | None = None, *, every: int = 1, ahead: bool = False) -> None:
        """Without `backend` the policy samples for itself. Else the backend gets new weights once those that it has are
        `every` optimiser steps old; with `ahead` it samples a round while the learner learns from the one before."""
        self.generator: Generator = backend or policy
        self.ahead = ahead
        self.weights_step: int | None = None
        """Optimiser step of the weights that the backend holds; None before it has any."""
        self._policy = policy
        self._backend = backend
        self._every = every
        self._held: Weights | None = None
        self._reserved: int | None = None
        self._begun: Future[Round] | None = None

    def round(self, number: int, *, first: int, step: int, sample: Sample) -> Round:
        """Round `number`, due before optimiser step `step`, of which `first` is the first one.

        Raises:
            GenerationFailed: the generator is gone.
        """
        if self._begun is not None and self._reserved == number:
            begun, self._begun = self._begun, None
            return begun.result()
        # All rounds of one step come from the same weights, that which was begun ahead included.
        return sample(
            self.generator, self._follow(step, reserved=self._reserved is not None and self._reserved >= first)
        )

    def start(self) -> None:
        """Gives the generator its first weights, those of step 0.

        Raises:
            GenerationFailed: it could not take them.
        """
        self._follow(0)

    def begin(self, number: int, *, step: int, sample: Sample) -> None:
        """Begins to sample round `number` with the weights of `step`, or as old as `every` allows; with `ahead` only.

        A failure is raised when the round is asked for.
        """
        if not self.ahead:
            return
        try:
            held = self._follow(step)
        except GenerationFailed as error:
            self._reserved, self._begun = number, Future()
            self._begun.set_exception(error)
            return
        self._reserved, self._begun = number, _in_background(lambda: sample(self.generator, held))

    def state(self, *, step: int, rounds: int) -> dict[str, Any]:
        """What a checkpoint after `step` optimiser steps and `rounds` rounds holds of the generator."""
        if self._backend is None or self.weights_step is None:
            return {}
        under_way = self._reserved is not None and self._reserved >= rounds
        needed = under_way or step - self.weights_step < self._every
        old = needed and self.weights_step != step
        return {
            "step": self.weights_step if needed else None,
            "reserved": self._reserved if under_way else None,
            "weights": dict(self._held or {}) if old else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned; the policy must hold the weights of the same checkpoint.

        Raises:
            GenerationFailed: the generator is gone.
        """
        if self._backend is None or state.get("step") is None:
            return
        self._reserved = state["reserved"]
        with _holding(self._policy, state["weights"] or {}):
            self._load(state["step"])

    def close(self) -> None:
        """Ends the generator and what it has under way."""
        if self._backend is not None:
            self._backend.close()

    def _follow(self, step: int, *, reserved: bool = False) -> int:
        """Gives the generator new weights if it is time; the step of those that it then has."""
        if self._backend is None:
            return step
        if self.weights_step is None or (step - self.weights_step >= self._every and not reserved):
            self._load(step)
        assert self.weights_step is not None
        return self.weights_step

    def _load(self, step: int) -> None:
        assert self._backend is not None
        self.weights_step = None
        self._backend.load(self._policy, step)
        if self.ahead or self._every > 1:
            self._held = {name: weight.to("cpu", copy=True) for name, weight in learned(self._policy).items()}
        self.weights_step = step


def learned(policy: Policy) -> dict[str, Tensor]:
    """The weights that learning changes, by name."""
    return {name: weight.detach() for name, weight in policy.model.named_parameters() if weight.requires_grad}


@torch.no_grad()
def put(policy: Policy, weights: Weights) -> None:
    """Copies weights into those of the same name.

    Raises:
        KeyError: the policy has no such weight.
    """
    own = dict(policy.model.named_parameters())
    for name, weight in weights.items():
        own[name].copy_(weight)


@contextmanager
def _holding(policy: Policy, weights: Weights) -> Iterator[None]:
    """The policy with other weights, for a moment."""
    own = {name: weight.clone() for name, weight in learned(policy).items() if name in weights}
    put(policy, weights)
    try:
        yield
    finally:
        put(policy, own)


def _in_background(work: Callable[[], Round]) -> Future[Round]:
    """What `work` returns, later; a thread that does not keep the interpreter from ending."""
    future: Future[Round] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="rollouts", daemon=True).start()
    return future
