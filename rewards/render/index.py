"""The page of a batch: a row for each program, to be sorted and filtered, with the program itself inside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rewards.explain import Explanation
from rewards.render.html import code_html
from rewards.render.pages import POLICY, template
from rewards.render.summary import called, met, summary
from rewards.render.totals import outcomes, rule_of, rules
from rewards.types import Score


def batch_html(
    scores: Sequence[Score],
    *,
    title: str,
    byte_spans: Sequence[NDArray[np.int64] | None] | None = None,
    sampled: Sequence[bytes | None] | None = None,
) -> str:
    """A self-contained page of many scores; all of it can be read where no script may run.

    `byte_spans` and `sampled` are per score, as for `code_html`.

    Raises:
        ValueError: tokens are those of another completion.
    """
    explained = [score.explain() for score in scores]
    known = rules(explained)
    numbers = {(rule.analyzer, rule.code): number for number, rule in enumerate(known)}
    spans = byte_spans or [None] * len(scores)
    data = sampled or [None] * len(scores)
    rows = [
        _entry(score, number, found, numbers) | {"code": Markup(code_html(score, span, sampled=bytes_))}
        for number, (score, found, span, bytes_) in enumerate(zip(scores, explained, spans, data, strict=True), 1)
    ]
    return template(
        "batch.html.j2",
        title=title,
        **listing(),
        rows=rows,
        outcomes=outcomes(scores),
        rules=known,
        reasons=met(row for found in explained for row in found),
    )


def listing() -> dict[str, str]:
    """What a page of rows needs to sort and filter them: `script`, `rows_css`, and a `policy` that allows no other."""
    folder = files("rewards").joinpath("templates")
    script = folder.joinpath("batch.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "policy": f"{POLICY}; script-src 'sha256-{digest}'",
        "script": Markup(script),
        "rows_css": Markup(folder.joinpath("rows.css").read_text(encoding="utf-8")),
    }


def _entry(
    score: Score, number: int, found: Sequence[Explanation], numbers: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    verdict = score.verdict
    facts = summary(score)
    return {
        "number": number,
        "name": called(score, number),
        "outcome": facts.pop("outcome"),
        "value": score.value,
        "charges": sum(charge.amount for charge in score.charges),
        "ratio": verdict.pass_ratio if verdict and verdict.tests else None,
        "tests": f"{verdict.passed}/{len(verdict.tests)}" if verdict and verdict.tests else "",
        "facts": facts,
        "rows": found,
        "rules": " ".join(str(number) for number in sorted({numbers[rule_of(row)] for row in found})),
    }
