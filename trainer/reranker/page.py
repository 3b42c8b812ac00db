"""The page of a loop: how well each scorer chooses, what the policies made of it, and what was overrated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analyzers.types import Source
from rewards import render
from rewards.reranking import files
from rewards.reranking.pools import Candidate
from rewards.types import Score
from trainer import charts
from trainer.log import METRICS, read
from trainer.report.page import rendered
from trainer.reranker import summary
from trainer.reranker.settings import Settings
from trainer.reranker.stages import Place
from trainer.reranker.summary import Stages

REPORT = "report.html"
EXAMPLES = 6
"""Negatives of an iteration that are shown, the highest-rated ones."""


def write(folder: Path, settings: Settings, stages: Stages) -> Path:
    """Writes `report.html` into the folder of a run and gives its path.

    Raises:
        OSError: it cannot be written.
    """
    place, iterations = Place(folder), summary.numbers(stages)
    page = rendered(
        "reranker.html.j2",
        name=folder.resolve().name,
        header=summary.header(stages),
        rows=[summary.row(stages, number) for number in iterations],
        charts=[_choices(stages), _accuracies(stages), *_policies(place, iterations), _reliable(stages)],
        losses=_losses(stages),
        examples=[(number, found) for number in iterations if (found := _examples(place, number))],
        choice=settings.negatives.choice,
        said=[(name, summary.said(name, figures), figures["seconds"]) for name, figures in stages.items()],
        config=json.dumps(settings.model_dump(mode="json"), indent=2, ensure_ascii=False),
    )
    path = folder / REPORT
    path.write_bytes(page)
    return path


def _choices(stages: Stages) -> Markup:
    """Best of n, random and oracle by iteration."""
    iterations = summary.numbers(stages)
    curves: dict[str, tuple[list[float], list[float]]] = {}
    for number in iterations:
        choices = stages[f"{number}/measured"]["choices"]
        points = {f"best of {choice['n']}": choice["picked"]["mean"] for choice in choices if choice["n"] > 1}
        points |= {"random": choices[0]["chance"]["mean"], "oracle": choices[-1]["oracle"]["mean"]}
        for name, value in points.items():
            curve = curves.setdefault(name, ([], []))
            curve[0].append(number)
            curve[1].append(value)
    return Markup(charts.lines(curves, title="held-out pass@1 by iteration", along="iteration"))


def _accuracies(stages: Stages) -> Markup:
    """How often scorers order pairs rightly: on held-out candidates, and on programs of the policy that pleases it."""
    iterations = summary.numbers(stages)
    held_out = [
        (number, means["pairwise_accuracy"]["mean"])
        for number in iterations
        if "pairwise_accuracy" in (means := stages[f"{number}/measured"]["means"])
    ]
    policies = [
        (number - 1, found["accuracy"])
        for number in iterations
        if (found := stages.get(f"{number}/chosen")) and found["accuracy"] is not None
    ]
    curves = {
        name: ([float(x) for x, _ in points], [float(y) for _, y in points])
        for name, points in (("the generator's programs", held_out), ("its policy's programs", policies))
        if points
    }
    return Markup(charts.lines(curves, title="pairs that a scorer orders rightly", along="iteration"))


def _policies(place: Place, iterations: list[int]) -> list[Markup]:
    """Whether a policy solves the tasks or pleases the scorer: what it is rated, and how many of its programs pass."""
    found = []
    for number in iterations:
        steps = [step for step in read(place.policy(number) / METRICS) if step.get("reward_outcome") is not None]
        curves = {"rating": ([step["step"] for step in steps], [step["reward_outcome"] for step in steps])}
        passed = [step for step in steps if step.get("pass") is not None]
        if passed:
            curves["pass"] = [step["step"] for step in passed], [step["pass"] for step in passed]
        if steps:
            found.append(Markup(charts.lines(curves, title=f"policy {number}: rating and pass rate")))
    return found


def _reliable(stages: Stages) -> Markup:
    """What the last scorer says against what comes true, on held-out candidates."""
    bins = stages[f"{summary.numbers(stages)[-1]}/measured"]["reliability"]["bins"]
    said = [each["said"] for each in bins]
    curves = {"passed": (said, [each["passed"] for each in bins]), "as said": ([0.0, 1.0], [0.0, 1.0])}
    return Markup(charts.lines(curves, title="last scorer: said and passed", along="probability"))


def _losses(stages: Stages) -> list[Markup]:
    """The loss of each scorer by epoch."""
    found = {}
    for number in summary.numbers(stages):
        epochs = stages[f"{number}/scorer"]["epochs"]
        if epochs:
            found[f"scorer {number}"] = list(range(1, len(epochs) + 1)), [epoch["loss"] for epoch in epochs]
    return [Markup(charts.lines(found, title="loss by epoch", along="epoch"))] if found else []


def _examples(place: Place, number: int) -> list[dict[str, Any]]:
    """The highest-rated programs that were added as negatives, with what tests and analyzers charge."""
    path = place.overrated(number)
    if not path.exists():
        return []
    overrated = sorted(json.loads(path.read_text(encoding="utf-8")), key=lambda each: -each["score"])[:EXAMPLES]
    pools = {pool.task_id: pool for pool in files.load(place.pools(number))[0]}
    found = []
    for each in overrated:
        pool = pools[each["task_id"]]
        candidate = next(one for one in pool.candidates if one.completion == each["completion"])
        found.append(
            {"prompt": render.visible(pool.prompt), "score": each["score"], **_shown(each, candidate, pool.language)}
        )
    return found


def _shown(example: Mapping[str, Any], candidate: Candidate, language: str) -> dict[str, Any]:
    charges = (*candidate.blame, *(candidate.findings or ()))
    source = Source(candidate.completion, language)
    score = Score(None, None, candidate.outcome, source, candidate.completion, charges=charges)
    return {
        "task": render.visible(example["task_id"]),
        "outcome": candidate.outcome.value if candidate.outcome else "no tests",
        "value": f"{example['score']:+.2f} (of the scorer)",
        "code": Markup(render.code_html(score)),
        "findings": [(row.place, row.cost, row.rule, render.visible(row.message)) for row in score.explain()],
    }
