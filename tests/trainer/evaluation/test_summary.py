from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from analyzers.types import Outcome
from trainer.evaluation.counts import Counts, Totals
from trainer.evaluation.graded import Graded
from trainer.evaluation.results import Exclusions
from trainer.evaluation.summary import Summary, summary
from trainer.tasks.files import Excluded

SCHEMA = json.loads(Path(__file__).parents[3].joinpath("docs/evaluation.schema.json").read_text(encoding="utf-8"))


def graded(task: str, outcome: Outcome = Outcome.PASS, **fields: Any) -> Graded:
    return Graded(**{"task_id": task, "greedy": False, "completion": "x", "tokens": 3, "outcome": outcome, **fields})


def found(*samples: Graded, **asked: Any) -> Summary:
    excluded = Exclusions()
    excluded.add(Excluded("f, line 2", "not JSON (x)", ""))
    given = {"ks": (1, 2), "ns": (1,), "excluded": excluded, **asked}
    return summary(Totals(samples), {"model": "tiny", "samples": 2}, **given)


SAMPLES = (
    graded("a", language="go", difficulty="hard", public=True),
    graded("a", Outcome.TIMEOUT, language="go", difficulty="hard", public=False, index=1),
    graded("a", language="go", difficulty="hard", greedy=True),
    graded("b", Outcome.INFRASTRUCTURE, tokens=None),
)


@pytest.mark.parametrize(
    "samples", [SAMPLES, SAMPLES[3:], (), (graded("a", condition="x"), graded("a", condition="y"))]
)
def test_the_json_is_as_its_schema_says(samples: tuple[Graded, ...]) -> None:
    written = json.loads(json.dumps(found(*samples, tasks=["a", "b", "z"]).to_json(), allow_nan=False))
    jsonschema.Draft202012Validator(SCHEMA).validate(written)
    assert set(SCHEMA["$defs"]["counts"]["properties"]) == {field.name for field in fields(Counts)}


def test_a_figure_that_the_schema_does_not_know_is_noticed() -> None:
    written = found(*SAMPLES).to_json()
    written["conditions"][0]["figures"]["beauty"] = 1
    with pytest.raises(jsonschema.ValidationError, match="beauty"):
        jsonschema.Draft202012Validator(SCHEMA).validate(written)


def test_what_is_left_out_is_said() -> None:
    notes = found(*SAMPLES, ks=(1, 3), tasks=["a", "z"]).notes()
    assert notes == [
        "left out of all figures: 1 (1 x not JSON)",
        "  f, line 2: not JSON (x)",
        "1 tasks have no sample and are in no figure: z",
        "no task has enough judged samples for pass@3",
    ]
