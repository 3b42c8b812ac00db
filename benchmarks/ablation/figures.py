"""What finished runs amount to: shares over seeds, how soon they were reached, and what was charged. Pure functions."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analyzers.types import Outcome
from benchmarks.ablation.rows import Size
from benchmarks.ablation.runs import AFTER, BEFORE, Cell, curve, evaluations
from rewards import from_jsonable, token_rewards
from rewards.types import Score
from trainer.log import METRICS, SAMPLES, read
from trainer.statistics import Estimate, over_seeds

SUMMARY = "charged.json"
"""What `charged` found in the samples of a finished run, beside them: reading them takes a second."""


@dataclass(frozen=True, slots=True)
class Charged:
    """What a run's logged programs were charged."""

    failing: int
    """Programs that failed, of which the means below are."""
    mass: float
    """Mean sum of the charges on a failing program, as a positive number."""
    share_charged: float
    """Share of the failing programs with any charge."""
    tokens: float
    """Share of the tokens of failing programs that carry a charge."""
    per_token: float
    """Mean charge on such a token after length compensation, as a positive number."""
    passing_mass: float
    """Mean sum of the charges on a program that passes."""


@dataclass(frozen=True, slots=True)
class Result:
    """One finished run."""

    seed: int
    rate: float
    steps: tuple[int, ...]
    pass_at_1: tuple[float, ...]
    """At `steps`, of which the first is 0, before training."""
    clean: float
    """Correct and clean, after training."""
    clean_before: float
    outcomes: Mapping[str, float]
    """Shares of the held-out samples after training."""
    alike: float
    """Share of groups whose outcomes earned the same, over the rounds of training."""
    charged: Charged | None

    @property
    def final(self) -> float:
        """pass@1 after training."""
        return self.pass_at_1[-1]

    @property
    def average(self) -> float:
        """pass@1 over the measurements after the first one: high where learning is fast, and less noisy."""
        return statistics.fmean(self.pass_at_1[1:])


def result(cell: Cell) -> Result:
    """What a finished run amounts to."""
    steps, values = curve(cell)
    measured = evaluations(cell)
    after, before = measured[AFTER], measured[BEFORE]
    metrics = read(cell.folder / METRICS)
    mixed = [line["mixed_groups"] for line in metrics if line.get("mixed_groups") is not None]
    return Result(
        seed=cell.seed,
        rate=cell.rate,
        steps=tuple(steps),
        pass_at_1=tuple(values),
        clean=_clean(after),
        clean_before=_clean(before),
        outcomes=after["outcomes"],
        alike=1 - statistics.fmean(mixed) if mixed else float("nan"),
        charged=_charged_of(cell.folder),
    )


def charged(samples: Iterable[tuple[Score, Any]]) -> Charged | None:
    """Of scored programs with the byte spans [T, 2] of their tokens; None where none of them failed."""
    failing, passing = [], []
    hit, tokens, carried = 0, 0, 0.0
    for score, spans in samples:
        mass = -sum(charge.amount for charge in score.charges)
        if score.outcome is Outcome.PASS:
            passing.append(mass)
        elif score.base is not None:
            failing.append(mass)
            values = token_rewards(score, spans).values
            hit, tokens, carried = hit + int((values != 0).sum()), tokens + len(values), carried - float(values.sum())
    if not failing:
        return None
    return Charged(
        failing=len(failing),
        mass=statistics.fmean(failing),
        share_charged=sum(mass > 0 for mass in failing) / len(failing),
        tokens=hit / tokens if tokens else 0.0,
        per_token=carried / hit if hit else 0.0,
        passing_mass=statistics.fmean(passing) if passing else 0.0,
    )


def samples_to_reach(steps: Sequence[int], values: Sequence[float], target: float, size: Size) -> float | None:
    """Training samples at which a curve first reaches `target`, straight lines between its points; None if never."""
    points = list(zip(steps, values, strict=True))
    if points[0][1] >= target:
        return 0.0
    for (step, value), (later, higher) in pairwise(points):
        if higher >= target:
            return size.step_samples * (step + (later - step) * (target - value) / (higher - value))
    return None


@dataclass(frozen=True, slots=True)
class Reached:
    """How soon the runs of a row reached a pass@1."""

    reached: int
    runs: int
    median: float | None
    """Training samples, over all runs; None where half of them or more never got there."""


def reached(results: Sequence[Result], target: float, size: Size) -> Reached:
    """The median counts a run that never got there as later than any other."""
    found = [samples_to_reach(each.steps, each.pass_at_1, target, size) for each in results]
    known = sorted(value for value in found if value is not None)
    ranked = [*known, *[float("inf")] * (len(found) - len(known))]
    median = statistics.median(ranked) if ranked else float("inf")
    return Reached(len(known), len(found), median if median < float("inf") else None)


Figure = Callable[[Result], float]


def against(results: Sequence[Result], baseline: Sequence[Result], figure: Figure) -> Estimate | None:
    """By how much a row does better than another, over the seeds that both have, paired."""
    return contrast([(results, baseline)], figure)


def contrast(pairs: Iterable[tuple[Sequence[Result], Sequence[Result]]], figure: Figure) -> Estimate | None:
    """By how much the first rows of pairs do better than the second ones, the mean over the pairs.

    Over the seeds that all of these rows have, paired; None where there is no such seed.
    """
    differences: list[dict[int, float]] = []
    for results, others in pairs:
        known = {each.seed: figure(each) for each in others}
        differences.append({each.seed: figure(each) - known[each.seed] for each in results if each.seed in known})
    seeds = sorted(set.intersection(*map(set, differences))) if differences else []
    return over_seeds([statistics.fmean(each[seed] for each in differences) for seed in seeds])


def _clean(record: Mapping[str, Any]) -> float:
    return record["correct_and_clean"]["mean"] if record["correct_and_clean"] else float("nan")


def _charged_of(folder: Path) -> Charged | None:
    place = folder / SUMMARY
    if not place.exists():
        found = charged(_samples(folder))
        place.write_text(json.dumps(None if found is None else _plain(found)), encoding="utf-8")
    known = json.loads(place.read_text(encoding="utf-8"))
    return None if known is None else Charged(**known)


def _plain(found: Charged) -> dict[str, float]:
    return {name: getattr(found, name) for name in Charged.__slots__}


def _samples(folder: Path) -> Iterator[tuple[Score, Any]]:
    for record in read(folder / SAMPLES):
        score = from_jsonable(record["score"])
        if "\ufffd" not in score.completion:  # whose bytes the spans are not those of
            yield score, np.asarray(record["byte_spans"], dtype=np.int64).reshape(-1, 2)
