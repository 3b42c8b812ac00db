"""The rows of the table: kinds of feedback, each learned from online and offline, and the settings that make them.

All rows share the learner: GRPO's advantage (arXiv 2402.03300, the outcome normalised within the group), the policy
gradient with a mean over the tokens of the step, no KL term. What differs is the feedback, so that a difference between
rows is one of feedback. Charges are added with weight 1, the plain sum of RLTF (arXiv 2307.04349, eq. 6).

Online rows sample every step from the weights of the moment. Offline rows sample as many programs in all, but every one
of them from the first weights, and each step learns from as many of that pool, drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RATES = (2e-4, 5e-4, 1.25e-3)
"""Peak learning rates that are tried for each row, on the embedded family."""
PRETRAINED_RATES = (4e-6, 1e-5, 2.5e-5)
"""The same for other models."""


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of feedback, on programs of the current weights or of the first ones."""

    name: str
    title: str
    scheme: Mapping[str, Any]
    """As the configuration takes it."""
    offline: bool = False

    @property
    def framework(self) -> str:
        """`online` or `offline`."""
        return "offline" if self.offline else "online"


@dataclass(frozen=True, slots=True)
class Size:
    """How long a run is, and how it is measured."""

    steps: int = 24
    tasks: int = 5
    """Tasks of a round."""
    samples: int = 8
    """Completions of each."""
    every: int = 8
    """Steps from one measurement to the next."""
    measured_tasks: int = 100
    measured_samples: int = 2
    """Completions of each of them."""

    @property
    def step_samples(self) -> int:
        """Programs that a step learns from."""
        return self.tasks * self.samples

    @property
    def total_samples(self) -> int:
        """Programs that a run samples for learning."""
        return self.steps * self.step_samples


_RLTF: Mapping[str, Any] = {"name": "rltf", "coarse": True, "fine": False, "adaptive": False}
BASELINE = "grpo-binary"
"""The row that all others are compared with."""
FEEDBACK: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "coarse": ("coarse", _RLTF),
    "fine": ("coarse + fine", {**_RLTF, "fine": True}),
    "adaptive": ("coarse + fine + adaptive (RLTF)", {**_RLTF, "fine": True, "adaptive": True}),
    "static": ("RLTF + static findings", {"name": "static"}),
    "executed": ("RLTF + static, outcome on executed lines only", {"name": "executed"}),
}
"""Kinds of feedback, each finer than the one before: title and scheme."""
_ALPHA_1 = {**_RLTF, "fine": True, "adaptive": True, "alpha_cap": 1.0}
ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row(BASELINE, "pass or fail (GRPO)", {"name": "binary"}),
        Row("online-blamed", "pass or fail, answered for where it went wrong", {"name": "blamed"}),
        *(Row(f"online-{name}", title, scheme) for name, (title, scheme) in FEEDBACK.items()),
        Row("online-alpha-1", "RLTF with alpha = 1 (its published code)", _ALPHA_1),
        *(Row(f"offline-{name}", title, scheme, offline=True) for name, (title, scheme) in FEEDBACK.items()),
    )
}
"""All rows by name, in the order in which they are shown and run."""


def settings(row: Row, size: Size, *, rate: float, embedded: bool) -> dict[str, Any]:
    """The keys of the configuration by their dotted names, without tasks, model, seed and folder."""
    learner = {
        "scheme": dict(row.scheme),
        "advantage": {"name": "grpo", "std": True},
        "loss": {"name": "reinforce", "average": "tokens"},
        "objective.dense_weight": 1.0,
        "optimizer.learning_rate": rate,
        "model.threads": 1,
        "reward.analyzers": ["pylint", "runtime"],
        "reward.workers": 1,
    }
    length = {
        "rollout.tasks": size.tasks,
        "rollout.samples": size.samples,
        "run.steps": size.steps,
        "run.save_every": size.every,
        "run.keep": 1,
        "run.report": False,
        "run.log_samples": 8 * (size.steps if row.offline else 1),
        "evaluation.tasks": size.measured_tasks,
        "evaluation.samples": size.measured_samples,
        "evaluation.every": size.every,
        "evaluation.greedy": False,
    }
    pool = {
        "buffer.capacity": size.total_samples,
        "buffer.warmup": size.total_samples,
        "buffer.refresh": "never",
        "buffer.staleness": "unlimited",
        "buffer.batch": size.step_samples,
    }
    small = {
        "rollout.temperature": 1.0,
        "rollout.max_new_tokens": 128,
        "optimizer.micro_batch_tokens": 8192,
        "evaluation.temperature": 1.0,
    }
    return {**learner, **length, **(pool if row.offline else {}), **(small if embedded else {})}
