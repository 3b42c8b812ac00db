"""The critic beside a policy: a head on its states that foretells rewards or outcomes, and what it adds to a loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trainer import losses, outcomes, ragged, sections
from trainer.losses import LossInputs
from trainer.policy import Logprobs, Policy
from trainer.types import Experience
from trainer.value import ValueHead

Term = tuple[str, float, Tensor]
"""Name, weight and value of a term of the loss."""
LOSSES = frozenset({"value_loss", "outcome_loss"})
"""The terms that a critic learns from."""


class Critics:
    """The critic that there is to be, if any: of rewards (PPO) or of outcomes (CodeRL)."""

    def __init__(self, policy: Policy, settings: sections.Critic) -> None:
        self._settings = settings
        self.value = ValueHead.of(policy) if settings.weight and settings.predicts == "reward" else None
        self.outcomes = outcomes.OutcomeHead.of(policy) if settings.weight and self.value is None else None
        named: dict[str, nn.Module | None] = {"value": self.value, "outcomes": self.outcomes}
        self.heads = {name: head for name, head in named.items() if head is not None}

    def parameters(self) -> list[nn.Parameter]:
        """All that it learns with."""
        return [weight for head in self.heads.values() for weight in head.parameters()]

    def state(self) -> dict[str, Any]:
        """Its weights."""
        return {name: head.state_dict() for name, head in self.heads.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned."""
        for name, head in self.heads.items():
            head.load_state_dict(state[name])

    def values(self, found: Logprobs) -> Tensor | None:
        """[B, T], the reward that is expected before each token; None where it does not foretell any."""
        return None if self.value is None or found.hidden is None else self.value(found.hidden)

    @torch.no_grad()
    def foretold(self, found: Logprobs, samples: Sequence[Experience]) -> Tensor | None:
        """[B, T], how likely it holds, after each token, the outcome that came (CodeRL, arXiv 2207.01780, eq. 10);
        None where it does not foretell any."""
        if self.outcomes is None or found.after is None:
            return None
        return outcomes.foretold(self.outcomes(found.after), [sample.outcome for sample in samples])

    def terms(self, inputs: LossInputs, found: Logprobs, samples: Sequence[Experience]) -> Iterator[Term]:
        """What it learns from samples of the policy; a weight of 0 is that of a figure to be shown."""
        if self.value is not None and found.hidden is not None:
            yield "value_loss", self._settings.weight, self._value_loss(self.value, inputs, found, samples)
        if self.outcomes is not None:
            loss, right = self._outcome_loss(found, [sample.outcome for sample in samples])
            yield "outcome_loss", self._settings.weight, loss / max(inputs.step_sequences, 1)
            yield "outcome_accuracy", 0.0, right / max(inputs.step_sequences, 1)

    def of_references(self, found: Logprobs, *, count: int) -> Tensor | float:
        """What it learns from references, which pass (CodeRL, section 3.3.3), of `count` in the whole step."""
        if self.outcomes is None:
            return 0.0
        loss, _ = self._outcome_loss(found, [outcomes.PASSED] * len(found.values))
        return self._settings.weight * loss / count

    def _value_loss(
        self, head: ValueHead, inputs: LossInputs, found: Logprobs, samples: Sequence[Experience]
    ) -> Tensor:
        old = ragged.known([sample.beliefs.values for sample in samples], found.values)
        returns = ragged.known([sample.returns for sample in samples], found.values)
        if found.hidden is None or old is None or returns is None:
            raise ValueError("a critic learns from the returns of an advantage function such as 'gae', got none")
        hidden = found.hidden if self._settings.shared else found.hidden.detach()
        return losses.value_loss(inputs, head(hidden), old=old, returns=returns, clip=self._settings.clip)

    def _outcome_loss(self, found: Logprobs, labels: Sequence[int | None]) -> tuple[Tensor, Tensor]:
        """Sums over the rows: the loss, and how many outcomes it tells rightly."""
        assert self.outcomes is not None
        assert found.after is not None
        states = found.after if self._settings.shared else found.after.detach()
        return outcomes.cross_entropy(self.outcomes(states), found.mask, labels)
