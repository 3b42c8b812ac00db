"""What the iterations of a loop came to: figures on held-out tasks, lines for people, and the final table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table

from trainer import learned
from trainer.reranker import calibration, measures
from trainer.reranker.stages import Figures, Work, rated, read_pools
from trainer.statistics import Estimate, percent

SIZES = (1, 2, 4, 8, 16, 32)
Stages = Mapping[str, Mapping[str, Any]]
"""Figures of finished stages by their names."""


def measured(work: Work, number: int) -> Figures:
    """What the order of a scorer is worth on the held-out tasks, and how far its probabilities are from shares."""
    scores = rated(work, number)
    pools = [pool.judged() for pool in read_pools(work.place.held_out, work.held_out)]
    found = measures.measure(pools, lambda pool: scores[pool.task_id], sizes=SIZES)
    chances = learned.read_scale(work.place.scorer(number))([score for pool in pools for score in scores[pool.task_id]])
    reliable = calibration.reliability(chances, [bool(each.passed) for pool in pools for each in pool.candidates])
    return {
        "problems": asdict(found.pools),
        "choices": [{**asdict(choice), "closed": choice.closed} for choice in found.choices],
        "means": {name: asdict(each) for name, each in found.means.items()},
        "reliability": asdict(reliable),
    }


def said(stage: str, figures: Mapping[str, Any]) -> str:
    """A finished stage in one line."""
    return _SAID[stage.rpartition("/")[2]](figures)


def table(stages: Stages) -> Table:
    """How well the scorer of each iteration, a column each, chooses among the same candidates of the generator."""
    name, *figures = header(stages)
    rows = [row(stages, number) for number in numbers(stages)]
    shown = Table(
        name, *(cells[0] for cells in rows), title="held-out tasks: pass@1 of the best of n", title_justify="left"
    )
    for place, figure in enumerate(figures, 1):
        shown.add_row(figure, *(cells[place] for cells in rows))
    return shown


def numbers(stages: Stages) -> list[int]:
    """The iterations whose scorer has been measured."""
    return sorted(int(name.partition("/")[0]) for name in stages if name.endswith("/measured"))


def header(stages: Stages) -> list[str]:
    """The columns of the table."""
    first = stages[f"{numbers(stages)[0]}/measured"]
    sizes = [f"best of {choice['n']}" for choice in first["choices"] if choice["n"] > 1]
    return [
        "iteration",
        "random",
        *sizes,
        "oracle",
        "gap closed",
        "pairwise accuracy",
        "hard negatives",
        "learned from",
    ]


def row(stages: Stages, number: int) -> list[str]:
    """The cells of an iteration."""
    figures = stages[f"{number}/measured"]
    choices = figures["choices"]
    last = choices[-1]
    accuracy = figures["means"].get("pairwise_accuracy")
    negatives = stages.get(f"{number}/chosen")
    lessons = stages[f"{number}/scorer"]["counts"]
    return [
        str(number),
        percent(_estimate(choices[0]["chance"])),
        *(percent(_estimate(choice["picked"])) for choice in choices if choice["n"] > 1),
        percent(_estimate(last["oracle"])),
        "-" if last["closed"] is None else f"{100 * last['closed']:.0f}%",
        percent(_estimate(accuracy)) if accuracy else "-",
        f"{negatives['hard']} of {negatives['failing']}" if negatives else "-",
        f"{lessons['pools']} problems, {lessons['pairs']} pairs",
    ]


def _estimate(value: Mapping[str, float]) -> Estimate:
    return Estimate(value["mean"], value["low"], value["high"])


def _said_supervised(figures: Mapping[str, Any]) -> str:
    return f"{figures['steps']} steps"


def _said_pools(figures: Mapping[str, Any]) -> str:
    unjudged = figures["programs"] - figures["judged"]
    passing = "-" if figures["pass"] is None else f"{100 * figures['pass']:.1f}%"
    return f"{figures['programs']} programs, {passing} pass" + (f", {unjudged} not judged" if unjudged else "")


def _said_scorer(figures: Mapping[str, Any]) -> str:
    counts, last = figures["counts"], figures["epochs"][-1] if figures["epochs"] else {}
    return (
        f"{counts['pools']} problems, {counts['pairs']} pairs, {counts['without_positive']} problems without a "
        f"positive, {counts['without_negative']} without a negative, {counts['duplicates']} duplicates, "
        f"{counts['cut']} cut; "
        f"{figures['steps']} steps, loss {last.get('loss', float('nan')):.3f}"
    )


def _said_measured(figures: Mapping[str, Any]) -> str:
    last = figures["choices"][-1]
    kinds = figures["problems"]
    return (
        f"best of {last['n']} {percent(_estimate(last['picked']))}, random {percent(_estimate(last['chance']))}, "
        f"oracle {percent(_estimate(last['oracle']))}; {kinds['mixed']} problems leave a choice, "
        f"{kinds['all_right']} are all right, {kinds['all_wrong']} all wrong"
    )


def _said_policy(figures: Mapping[str, Any]) -> str:
    return f"{figures['steps']} steps"


def _said_chosen(figures: Mapping[str, Any]) -> str:
    accuracy = "-" if figures["accuracy"] is None else f"{100 * figures['accuracy']:.1f}%"
    return (
        f"{figures['hard']} of {figures['failing']} new failing programs are overrated; {figures['negatives']} "
        f"negatives and {figures['positives']} positives added, {figures['duplicates']} were known; the scorer orders "
        f"{accuracy} of the policy's pairs rightly"
    )


_SAID = {
    "generator": _said_supervised,
    "held-out": _said_pools,
    "pools": _said_pools,
    "scorer": _said_scorer,
    "measured": _said_measured,
    "policy": _said_policy,
    "chosen": _said_chosen,
}
