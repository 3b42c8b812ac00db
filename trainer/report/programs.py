"""Sample programs of a run with their charged tokens coloured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rewards import from_jsonable, jsonable, render
from rewards.types import Score

SHOWN_STEPS = 8
SHOWN_SAMPLES = 6
"""Programs of one step."""


def sample_record(score: Score, byte_spans: NDArray[np.int64]) -> dict[str, Any]:
    """A scored rollout as `trainer.log.Log.samples` takes it; `byte_spans` [T, 2] are those of its tokens."""
    return {"score": jsonable(score), "byte_spans": byte_spans.tolist()}


def picked(samples: Sequence[Mapping[str, Any]]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """A few samples of a few steps, evenly spread, the first and the last step among them; newest first."""
    by_step: dict[int, list[Mapping[str, Any]]] = {}
    for sample in samples:
        by_step.setdefault(sample["step"], []).append(sample)
    steps = sorted(by_step)
    if len(steps) > SHOWN_STEPS:
        steps = [steps[round(index * (len(steps) - 1) / (SHOWN_STEPS - 1))] for index in range(SHOWN_STEPS)]
    return [(step, by_step[step][:SHOWN_SAMPLES]) for step in reversed(steps)]


def shown(sample: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a sample; one that cannot be read shows why."""
    try:
        score = from_jsonable(sample["score"])
        spans = np.asarray(sample["byte_spans"], dtype=np.int64).reshape(-1, 2)
        code = Markup(render.code_html(score, spans))
    except (KeyError, TypeError, ValueError) as error:
        return {"task": "?", "outcome": "unreadable", "value": "-", "error": f"{type(error).__name__}: {error}"}
    return {
        "task": render.visible(score.task_id),
        "outcome": score.outcome.value if score.outcome else "no tests",
        "value": "-" if score.value is None else f"{score.value:+.2f}",
        "code": code,
        "findings": [
            (finding.place, finding.cost, finding.rule, render.visible(finding.message)) for finding in score.explain()
        ],
    }
