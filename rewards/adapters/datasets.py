"""Hugging Face datasets: scores as columns.

    from rewards.adapters.datasets import score_map

    scored = dataset.map(score_map(analyzers=["runtime", "pylint"]), batched=True)
    clean = scored.filter(lambda row: row["outcome"] == "pass" and row["charges"] == "[]")

Works on a Dataset and on an IterableDataset. `num_proc` gains nothing: scoring has processes of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import rewards
from rewards.adapters import columns as tables
from rewards.adapters.settings import checked, runs_tests
from rewards.serial import jsonable
from rewards.types import Score


def score_map(
    completion: str = "completion",
    *,
    columns: tables.Names = tables.SAME,
    language: str = "python",
    prefix: str = "",
    full: bool = False,
    **settings: Any,
) -> ScoreMap:
    """A function for `Dataset.map(..., batched=True)` that adds what every completion is worth.

    `completion` is the column of what the model wrote, text or a conversation; `columns` are those of the other fields
    of an Item, where they are not called alike; `language` is that of rows that name none. `settings` are those of
    `rewards.score_batch`: analyzers, scheme, limits, isolation, workers. The new columns begin with `prefix`:

    - `reward`, `base`: `Score.value` and `Score.base`, NaN where the harness failed: leave such rows out;
    - `outcome`: pass, failure, error, syntax_error, timeout, infrastructure, or empty where no tests were run;
    - `passed`, `tests_run`: numbers of tests;
    - `charges`: JSON text, a list of analyzer, code, message, start, end (code points of the completion), amount, note;
    - with `full`, `score`: JSON text that `rewards.from_jsonable(json.loads(...))` turns back into the Score.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names.
    """
    tables.complete(columns)
    return ScoreMap(
        completion,
        tuple(sorted(columns.items())),
        language,
        prefix,
        full,
        tuple(sorted(checked(settings).items())),
        version("spanwise"),
    )


@dataclass(frozen=True)
class ScoreMap:
    """What `score_map` makes: settings alone, so that it can be pickled and its fingerprint lasts.

    The fingerprint changes with every setting and with the version of spanwise. The versions of linters are not part of
    it: after an update of one, pass `load_from_cache_file=False`.
    """

    completion: str
    columns: tuple[tuple[str, str | None], ...]
    language: str
    prefix: str
    full: bool
    settings: tuple[tuple[str, Any], ...]
    version: str

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The new columns of a batch.

        Raises:
            ValueError: not a batch, a missing column, or tests that are no test suite, with the row of the batch.
            TypeError: a completion is neither text nor a conversation.
        """
        given, settings = dict(self.columns), dict(self.settings)
        if self.completion not in batch:
            raise ValueError(f"the dataset has no column {self.completion!r}; its columns: {', '.join(sorted(batch))}")
        written = batch[self.completion]
        if isinstance(written, str):
            raise ValueError("a single row came, a batch of rows was expected: call map with batched=True")
        names = tables.complete(given)
        tables.check(names, batch, given=given, tests=runs_tests(settings))
        items = tables.items(
            [tables.text_of(completion) for completion in written], batch, names, language=self.language
        )
        scores = rewards.score_batch(items, **settings)
        rows = [_row(score) for score in scores]
        if self.full:
            rows = [{**row, "score": json.dumps(jsonable(score))} for row, score in zip(rows, scores, strict=True)]
        return {self.prefix + name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _row(score: Score) -> dict[str, Any]:
    # No cell is None: a first batch without any value would leave a column without a type.
    return {
        "reward": math.nan if score.value is None else score.value,
        "base": math.nan if score.base is None else score.base,
        "outcome": score.outcome.value if score.outcome else "",
        "passed": score.verdict.passed if score.verdict else 0,
        "tests_run": len(score.verdict.tests) if score.verdict else 0,
        "charges": json.dumps(_charges(score)),
    }


def _charges(score: Score) -> list[dict[str, Any]]:
    return [
        {
            "analyzer": charge.diagnostic.analyzer,
            "code": charge.diagnostic.code,
            "message": charge.diagnostic.message,
            "start": charge.span.start,
            "end": charge.span.end,
            "amount": charge.amount,
            "note": charge.note,
        }
        for charge in score.charges
        if charge.amount
    ]
