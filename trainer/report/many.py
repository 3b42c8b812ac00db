"""The page that compares runs. Those that differ in nothing but the seed count as one, repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from markupsafe import Markup

from trainer import charts
from trainer.evaluation import Evaluation
from trainer.log import flat
from trainer.report.curves import by_name
from trainer.report.page import rendered
from trainer.report.programs import picked, shown
from trainer.run_folder import Run
from trainer.statistics import Estimate, over_seeds, percent, points

OWN = frozenset({"run/seed", "run/name", "run/out"})
"""Settings that every run has for itself."""
MAIN = (
    "held_out/pass@1",
    "pass",
    "reward",
    "charges",
    "outcome/error",
    "outcome/syntax_error",
    "completion_tokens",
    "sampled_entropy",
)
"""Metrics whose charts come first; those of all others are folded away."""
SHOWN_PROGRAMS = 3
"""Programs of the first and of the last logged step."""
FIGURES: Mapping[str, Callable[[Evaluation], float | None]] = {
    "pass@1 (sampled)": lambda found: _mean(found.pass_at.get(1)),
    "pass@1 (greedy)": lambda found: _mean(found.greedy),
    "correct and clean": lambda found: _mean(found.correct_and_clean),
}
"""Shares that an evaluation on held-out tasks found."""


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of the same settings."""

    name: str
    """As few settings as set it apart from the others."""
    settings: str
    """All that differ."""
    runs: tuple[Run, ...]

    def values(self, when: str, figure: str) -> dict[Any, float]:
        """What the evaluation `before` or `after` training found, by seed; runs without one are left out."""
        found = {}
        for at, run in enumerate(self.runs):
            evaluation = run.evaluations.get(when)
            value = None if evaluation is None else FIGURES[figure](evaluation)
            if value is not None:
                found[_seed(run, at)] = value
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of one group, as it is shown."""

    name: str
    before: str
    """Mean over the runs before training, and its interval."""
    after: str
    against_first: str
    """How it differs from the first group after training, over the seeds that both have."""


def compare(folders: Sequence[str | Path], out: str | Path) -> Path:
    """Writes the page that compares the runs in `folders` to `out`, and gives its path.

    Raises:
        FileNotFoundError: one of the folders is not there.
    """
    groups = grouped([Run.read(folder) for folder in folders])
    main, other = curves(groups)
    page = rendered(
        "comparison.html.j2",
        count=sum(len(group.runs) for group in groups),
        groups=[(group.name, group.settings, len(group.runs), _steps(group)) for group in groups],
        tables=[(figure, rows) for figure in FIGURES if (rows := table(groups, figure))],
        charts=(main, other),
        window=charts.WINDOW,
        programs=[(group.name, list(_programs(group.runs[0]))) for group in groups],
    )
    path = Path(out)
    path.write_bytes(page)
    return path


def grouped(runs: Sequence[Run]) -> list[Group]:
    """Runs of the same settings together, in the order in which they come; a run without settings is by itself."""
    settings = [dict(flat(run.config)) for run in runs]
    found: dict[Any, list[int]] = {}
    for at, values in enumerate(settings):
        shared = tuple(sorted((key, repr(value)) for key, value in values.items() if key not in OWN))
        found.setdefault(shared or at, []).append(at)
    firsts = [settings[members[0]] for members in found.values()]
    keys = [key for key in dict.fromkeys(key for values in firsts for key in values) if key not in OWN]
    differing = [key for key in keys if len({repr(values.get(key)) for values in firsts}) > 1]
    named = _names(differing)
    few = {key: named[key] for key in _telling(firsts, differing)}
    return [
        Group(
            _settings(values, few) or runs[members[0]].name, _settings(values, named), tuple(runs[at] for at in members)
        )
        for values, members in zip(firsts, found.values(), strict=True)
    ]


def _telling(firsts: Sequence[Mapping[str, Any]], differing: Sequence[str]) -> Sequence[str]:
    """One setting, else two, that no two groups have alike; all that differ where there are none such."""
    for count in (1, 2):
        for keys in combinations(differing, count):
            told = {tuple(repr(values[key]) for key in keys) for values in firsts if values.keys() >= set(keys)}
            if len(told) == len(firsts):
                return keys
    return differing


def curves(groups: Sequence[Group]) -> tuple[list[Markup], list[Markup]]:
    """The charts of all metrics that any run has: those of `MAIN` in its order, and the others by name."""
    known = [[by_name(run.metrics) for run in group.runs] for group in groups]
    names = {name for runs in known for run in runs for name in run}
    main = [name for name in MAIN if name in names]

    def chart(name: str) -> Markup:
        repeated = {
            group.name: [run[name] for run in runs if name in run] for group, runs in zip(groups, known, strict=True)
        }
        return Markup(charts.bands({key: found for key, found in repeated.items() if found}, title=name))

    return [chart(name) for name in main], [chart(name) for name in sorted(names - set(main))]


def table(groups: Sequence[Group], figure: str) -> list[Row]:
    """A row for each group; empty where no run was evaluated."""
    first = groups[0].values("after", figure)
    rows = []
    for group in groups:
        before, after = group.values("before", figure), group.values("after", figure)
        common = [seed for seed in after if seed in first]
        gained = over_seeds([after[seed] - first[seed] for seed in common]) if group is not groups[0] else None
        began, ended = (percent(over_seeds(list(values.values()))) for values in (before, after))
        rows.append(Row(group.name, began, ended, points(gained)))
    return rows if any(row.before != "-" or row.after != "-" for row in rows) else []


def _programs(run: Run) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A few programs of the first logged step and of the last one."""
    steps = picked(run.samples)[::-1]
    for step, samples in steps[:1] + steps[1:][-1:]:
        yield step, [shown(sample) for sample in samples[:SHOWN_PROGRAMS]]


def _steps(group: Group) -> str:
    reached = sorted({run.metrics[-1]["step"] if run.metrics else 0 for run in group.runs})
    return str(reached[0]) if len(reached) == 1 else f"{reached[0]} to {reached[-1]}"


def _seed(run: Run, at: int) -> Any:
    return run.config.get("run", {}).get("seed", f"run {at}")


def _names(keys: Sequence[str]) -> dict[str, str]:
    """What settings are called: by the last part of their names where that is clear."""
    lasts = [key.rpartition("/")[2] for key in keys]
    return {
        key: last if lasts.count(last) == 1 else key.replace("/", ".") for key, last in zip(keys, lasts, strict=True)
    }


def _settings(values: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """Those of some settings that a run has."""
    return ", ".join(f"{name}={_text(values[key])}" for key, name in named.items() if key in values)


def _text(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _mean(found: Estimate | None) -> float | None:
    return None if found is None else found.mean
