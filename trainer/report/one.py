"""The page of one run: what changed, curves, where the time went, programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from trainer import charts
from trainer.evaluation import Evaluation, described, gain
from trainer.report.curves import curves, times
from trainer.report.page import rendered
from trainer.report.programs import picked, shown
from trainer.run_folder import Run

REPORT = "report.html"


def write(folder: str | Path) -> Path:
    """Writes `report.html` into the run folder and gives its path.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    run = Run.read(folder)
    page = rendered(
        "report.html.j2",
        name=run.name,
        steps=run.metrics[-1]["step"] if run.metrics else 0,
        table=comparison(run.evaluations),
        gain=_gain(run.evaluations),
        charts=curves(run.metrics),
        window=charts.WINDOW,
        times=times(run.metrics),
        steps_shown=[(step, [shown(sample) for sample in samples]) for step, samples in picked(run.samples)],
        config=json.dumps(run.config, indent=2, ensure_ascii=False) if run.config else "",
    )
    path = Path(folder) / REPORT
    path.write_bytes(page)
    return path


def comparison(evaluations: Mapping[str, Evaluation]) -> list[tuple[str, list[str]]]:
    """The figures of all evaluations side by side: a heading row, then name and one text each."""
    if not evaluations:
        return []
    texts = [described(evaluation) for evaluation in evaluations.values()]
    names = list(dict.fromkeys(name for shown in texts for name in shown))
    return [("", list(evaluations)), *((name, [shown.get(name, "-") for shown in texts]) for name in names)]


def _gain(evaluations: Mapping[str, Evaluation]) -> str:
    if not {"before", "after"} <= set(evaluations):
        return ""
    found = gain(evaluations["before"], evaluations["after"])
    if found is None:
        return ""
    mean, low, high = (100 * value for value in (found.mean, found.low, found.high))
    return f"{mean:+.1f} points of sampled pass@1 on held-out tasks, 95% interval {low:+.1f} to {high:+.1f}"
