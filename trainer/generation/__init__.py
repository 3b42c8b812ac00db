"""Who samples the rollouts: the policy itself, a second process with weights of its own, or a server.

`trainer.policy.Policy` is the generator of a run by default. The others are `trainer.generation.process` and
`trainer.generation.server`; `trainer.generation.roles` says which weights they hold and when they get new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from trainer.types import Rollout, Sampling, Task

if TYPE_CHECKING:
    from rewards.tokens import TokenBytes
    from trainer.policy import Policy

OnDone: TypeAlias = Callable[[int, Rollout], None]
"""Called with the number of a rollout, task * samples + sample, and the rollout, as soon as it has finished."""


class GenerationFailed(Exception):
    """The generator is gone or does not answer as it should: a fault of the machinery, not of the programs."""


class Generator(Protocol):
    """What is needed to sample and score completions of tasks."""

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the model, of transformers."""
        ...

    @property
    def token_bytes(self) -> TokenBytes:
        """What its ids stand for."""
        ...

    def answer(
        self,
        tasks: Sequence[Task],
        *,
        samples: int,
        sampling: Sampling,
        seed: int,
        on_done: OnDone,
        step: int = 0,
    ) -> None:
        """Samples `samples` completions of each task; `on_done` is called with every one of them, in this thread.

        `step` is the optimiser step of the weights, which is noted in each rollout.

        Raises:
            ValueError: a prompt that is too long for the model.
            GenerationFailed: there is no answer to be had.
        """
        ...


class Backend(Generator, Protocol):
    """A generator with weights of its own."""

    def load(self, policy: Policy, step: int) -> None:
        """Takes the weights that `policy` has now, at optimiser step `step`, before it returns.

        Raises:
            GenerationFailed: it could not.
        """
        ...

    def close(self) -> None:
        """Ends what is under way, and whatever the generator has started."""
        ...
