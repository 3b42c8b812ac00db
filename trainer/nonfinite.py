"""A loss that is no number: what its batch held, in a line, and in a file for whoever looks into it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.types import Experience, Rollout, Scored

SHOWN_TASKS = 3


class NotFinite(RuntimeError):
    """A loss is no number. Neither weights nor optimiser have changed."""

    def __init__(self, terms: Mapping[str, float], samples: Sequence[Experience | Rollout], logprobs: Tensor) -> None:
        """`terms` of the loss over `samples`, of which the learner has the `logprobs` [B, T]."""
        self.terms = dict(terms)
        self.samples = list(samples)
        self.logprobs = logprobs.detach().float().cpu().numpy()
        super().__init__(self._told())

    def _told(self) -> str:
        rollouts = [_rollout(sample) for sample in self.samples]
        named = list(dict.fromkeys(rollout.task_id for rollout in rollouts))
        more = f" and {len(named) - SHOWN_TASKS} more" if len(named) > SHOWN_TASKS else ""
        lengths = [len(rollout.completion_ids) for rollout in rollouts]
        broken = [f"{name} = {value}" for name, value in self.terms.items() if not math.isfinite(value)]
        return (
            f"the loss of {len(rollouts)} samples is no number ({', '.join(broken) or 'the sum of its terms'}); "
            f"tasks: {', '.join(named[:SHOWN_TASKS])}{more}; tokens: {min(lengths)} to {max(lengths)}; "
            f"{self._suspect()}"
        )

    def _suspect(self) -> str:
        """What is no number, either, on the way to the loss; the first of it."""
        for name, rows in (
            ("log-probs of the generator", [_rollout(sample).logprobs for sample in self.samples]),
            ("advantages", [sample.advantages for sample in self.samples if isinstance(sample, Experience)]),
            ("log-probs under the weights of now", self.logprobs),
        ):
            bad = [row for row, values in enumerate(rows) if not np.isfinite(values).all()]
            if bad:
                first = _rollout(self.samples[bad[0]]).task_id
                return f"{name} are no numbers in {len(bad)} of {len(self.samples)}, first for {first}"
        return "log-probs and advantages are numbers"


def check(loss: Tensor, terms: Mapping[str, Tensor], samples: Sequence[Experience | Rollout], logprobs: Tensor) -> None:
    """Refuses a loss that is no number, before its gradient is taken; `terms` are what it is made of.

    Raises:
        NotFinite: it is none.
    """
    if not torch.isfinite(loss.detach()):
        raise NotFinite({name: float(term.detach()) for name, term in terms.items()}, samples, logprobs)


def numbers(weights: Iterable[Tensor]) -> bool:
    """Whether weights are numbers, all of them."""
    return all(bool(torch.isfinite(weight).all()) for weight in weights)


def save(error: NotFinite, folder: Path, *, step: int, scored: Iterable[Scored] = ()) -> Path:
    """Writes the batch of a loss beside the run: a JSON object, null where there is no number.

    `scored` are the fresh rollouts, whose rewards are known. Raises OSError where the disk is full.
    """
    rewards = {id(each.rollout): each.score for each in scored}
    samples = []
    for row, sample in enumerate(error.samples):
        rollout = _rollout(sample)
        score, length = rewards.get(id(rollout)), len(rollout.completion_ids)
        samples.append(
            {
                "task_id": rollout.task_id,
                "reward": None if score is None else _number(score.value),
                "reward_outcome": None if score is None else _number(score.base),
                "sampled_at_step": rollout.step,
                "completion": rollout.completion,
                "prompt_ids": rollout.prompt_ids.tolist(),
                "completion_ids": rollout.completion_ids.tolist(),
                "generator_logprobs": _numbers(rollout.logprobs),
                "logprobs": _numbers(error.logprobs[row, :length]),
                "advantages": _numbers(sample.advantages) if isinstance(sample, Experience) else None,
            }
        )
    path = folder / f"not-finite-{step:06d}.json"
    terms = {name: str(value) for name, value in error.terms.items()}
    path.write_text(json.dumps({"step": step, "terms": terms, "samples": samples}, indent=1), encoding="utf-8")
    return path


def _rollout(sample: Experience | Rollout) -> Rollout:
    return sample.rollout if isinstance(sample, Experience) else sample


def _number(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def _numbers(values: NDArray[np.float32]) -> list[Any]:
    return [_number(value) for value in values.tolist()]
