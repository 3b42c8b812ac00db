"""The page of a run: what changed, curves, where the time went, programs. `python -m trainer.report RUN`.

One file that needs nothing else and no script. Made from what is in the run folder, however far the run has come.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from numpy.typing import NDArray

from rewards import from_jsonable, jsonable, render
from rewards.types import Score
from trainer import charts
from trainer.evaluation import Evaluation, described, gain
from trainer.log import METRICS, SAMPLES, read

CONFIG = "config.json"
EVALUATIONS = "evaluations.json"
REPORT = "report.html"
SHOWN_STEPS = 8
SHOWN_SAMPLES = 6
"""Programs of one step."""
MAIN = ("pass", "reward", "outcome", "seconds", "loss", "completion_tokens")
"""Metrics whose charts come first; those of all others are folded away."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run folder holds; whatever is not there yet is empty."""

    name: str
    config: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    evaluations: Mapping[str, Evaluation]
    samples: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, folder: str | Path) -> Run:
        """The run in `folder`; files that are missing, torn or of another form count as not there yet.

        Raises:
            FileNotFoundError: there is no such folder.
        """
        place = Path(folder)
        if not place.is_dir():
            raise FileNotFoundError(f"no run folder {str(place)!r}; runs lie in runs/NAME unless told otherwise")
        return cls(
            name=place.resolve().name,
            config=_mapping(place / CONFIG),
            metrics=list(read(place / METRICS)),
            evaluations=_evaluations(_mapping(place / EVALUATIONS)),
            samples=list(read(place / SAMPLES)),
        )


def sample_record(score: Score, byte_spans: NDArray[np.int64]) -> dict[str, Any]:
    """A scored rollout as `trainer.log.Log.samples` takes it; `byte_spans` [T, 2] are those of its tokens."""
    return {"score": jsonable(score), "byte_spans": byte_spans.tolist()}


def write(folder: str | Path) -> Path:
    """Writes `report.html` into the run folder and gives its path.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    run = Run.read(folder)
    environment = Environment(loader=PackageLoader("trainer"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.get_template("report.html.j2").render(
        name=run.name,
        steps=run.metrics[-1]["step"] if run.metrics else 0,
        table=comparison(run.evaluations),
        gain=_gain(run.evaluations),
        charts=[[Markup(chart) for chart in part] for part in curves(run.metrics)],
        window=charts.WINDOW,
        times=times(run.metrics),
        steps_shown=[(step, [_shown(sample) for sample in samples]) for step, samples in picked(run.samples)],
        config=json.dumps(run.config, indent=2, ensure_ascii=False) if run.config else "",
        code_css=Markup(render.CSS),
    )
    path = Path(folder) / REPORT
    # A lone surrogate, which a model may well write, has no UTF-8.
    path.write_bytes(page.encode("utf-8", "replace"))
    return path


def comparison(evaluations: Mapping[str, Evaluation]) -> list[tuple[str, list[str]]]:
    """The figures of all evaluations side by side: a heading row, then name and one text each."""
    if not evaluations:
        return []
    texts = [described(evaluation) for evaluation in evaluations.values()]
    names = list(dict.fromkeys(name for shown in texts for name in shown))
    return [("", list(evaluations)), *((name, [shown.get(name, "-") for shown in texts]) for name in names)]


def curves(metrics: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """The charts of a run: those of `MAIN` in its order, and those of every other metric by name."""
    groups = _groups(metrics)
    main = [name for name in MAIN if name in groups]
    other = sorted(set(groups) - set(main))
    return [_chart(name, groups[name]) for name in main], [_chart(name, groups[name]) for name in other]


def times(metrics: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """(phase, seconds, share) of the steps that were logged."""
    seconds = {phase: sum(curve[1]) for phase, curve in _groups(metrics).get("seconds", {}).items()}
    total = sum(seconds.values())
    return [(phase, spent, spent / total) for phase, spent in seconds.items()] if total else []


def picked(samples: Sequence[Mapping[str, Any]]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """A few samples of a few steps, evenly spread, the first and the last step among them; newest first."""
    by_step: dict[int, list[Mapping[str, Any]]] = {}
    for sample in samples:
        by_step.setdefault(sample["step"], []).append(sample)
    steps = sorted(by_step)
    if len(steps) > SHOWN_STEPS:
        steps = [steps[round(index * (len(steps) - 1) / (SHOWN_STEPS - 1))] for index in range(SHOWN_STEPS)]
    return [(step, by_step[step][:SHOWN_SAMPLES]) for step in reversed(steps)]


def main() -> None:
    """`python -m trainer.report RUN` writes the page of a run again."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(_command)
    app()


def _command(run: Annotated[Path, typer.Argument(help="Run folder, such as runs/NAME.")]) -> None:
    """Write report.html into a run folder, from what the run has left there so far."""
    try:
        typer.echo(write(run))
    except OSError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


def _groups(metrics: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, charts.Curve]]:
    """Curves by the part of their name before the last `/`, then by the rest; numbers only."""
    groups: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for record in metrics:
        for name, value in record.items():
            if name == "step" or isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            group, _, member = name.rpartition("/")
            steps, values = groups.setdefault(group or member, {}).setdefault(member, ([], []))
            steps.append(record["step"])
            values.append(value)
    return {group: dict(members) for group, members in groups.items()}


def _chart(group: str, members: Mapping[str, charts.Curve]) -> str:
    if group == "outcome":
        return charts.areas(_filled(members), title="outcome mix", colours=charts.OUTCOME_COLOURS)
    if group == "seconds":
        return charts.areas(_filled(members), title="seconds per step")
    return charts.lines(members, title=group.replace("_", " "))


def _filled(curves: Mapping[str, charts.Curve]) -> dict[str, charts.Curve]:
    """The curves on all of their steps together, 0 where one has no point: areas are stacked step by step."""
    steps = sorted({step for curve in curves.values() for step in curve[0]})
    points = {name: dict(zip(*curve, strict=True)) for name, curve in curves.items()}
    return {name: (steps, [known.get(step, 0.0) for step in steps]) for name, known in points.items()}


def _gain(evaluations: Mapping[str, Evaluation]) -> str:
    if not {"before", "after"} <= set(evaluations):
        return ""
    found = gain(evaluations["before"], evaluations["after"])
    if found is None:
        return ""
    mean, low, high = (100 * value for value in (found.mean, found.low, found.high))
    return f"{mean:+.1f} points of sampled pass@1 on held-out tasks, 95% interval {low:+.1f} to {high:+.1f}"


def _shown(sample: Mapping[str, Any]) -> dict[str, Any]:
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


def _mapping(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _evaluations(values: Mapping[str, Any]) -> dict[str, Evaluation]:
    found = {}
    for name, value in values.items():
        try:
            found[name] = Evaluation.from_json(value)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


if __name__ == "__main__":
    main()
