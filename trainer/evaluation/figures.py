"""What an evaluation found: counts in, estimates out. No model and no scorer in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from analyzers.types import Outcome
from trainer.evaluation.counts import Counts, Totals, mix
from trainer.evaluation.graded import Graded
from trainer.statistics import Estimate, difference, estimate, n_at_k, pass_at_k, percent, wilson

GROUPINGS: Mapping[str, Callable[[Counts], str]] = {
    "language": lambda counts: counts.language,
    "difficulty": lambda counts: counts.difficulty,
}
"""What tasks are grouped by; those without a value have no group."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a policy does on a set of tasks. Shares and intervals leave out what the harness could not judge."""

    tasks: int
    samples: int
    """Sampled completions in all, those that could not be judged included; greedy ones are not counted."""
    pass_at: Mapping[int, Estimate] = field(default_factory=dict)
    """Unbiased pass@k by k, over the tasks with at least k judged samples."""
    n_at: Mapping[str, Estimate] = field(default_factory=dict)
    """n@k, by "n@k", over the tasks whose text shows tests: n submissions of those of k samples that pass these."""
    greedy: Estimate | None = None
    """pass@1 of greedy decoding."""
    correct_and_clean: Estimate | None = None
    """Share of the samples that every analyzer could analyse that pass all tests without a finding."""
    outcomes: Mapping[Outcome, float] = field(default_factory=dict)
    """Shares of the judged samples; they add up to 1."""
    findings_per_1000_tokens: float | None = None
    """Over the samples that every analyzer could analyse; None where no tokens are known."""
    tokens: int = 0
    """Tokens generated, greedy completions included."""
    infrastructure: int = 0
    """Completions, greedy ones included, that the harness failed to judge; left out above."""
    unanalysed: int = 0
    """Samples on which an analyzer failed; left out of `findings_per_1000_tokens`."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock time by phase: `generate`, and `score` as far as it outlasted generation. Empty where unknown."""
    per_task: Mapping[str, Counts] = field(default_factory=dict)
    """What came of each task; empty in a group."""
    groups: Mapping[str, Mapping[str, Evaluation]] = field(default_factory=dict)
    """The figures of the tasks of each language and difficulty, where there are several."""

    @property
    def tokens_per_s(self) -> float:
        """Generated tokens per second of generation."""
        return self.tokens / self.seconds["generate"] if self.seconds.get("generate") else 0.0

    @property
    def samples_per_s(self) -> float:
        """Completions generated and scored, greedy ones included, per second of the whole evaluation."""
        total = sum(self.seconds.values())
        completions = self.samples + (self.tasks if self.greedy is not None else 0)
        return completions / total if total else 0.0

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values, with the two rates; `docs/evaluation.md` describes it."""
        return {
            "tasks": self.tasks,
            "samples": self.samples,
            "pass_at": {str(k): asdict(value) for k, value in self.pass_at.items()},
            "n_at": {name: asdict(value) for name, value in self.n_at.items()},
            "greedy": self.greedy and asdict(self.greedy),
            "correct_and_clean": self.correct_and_clean and asdict(self.correct_and_clean),
            "outcomes": {outcome.value: share for outcome, share in self.outcomes.items()},
            "findings_per_1000_tokens": self.findings_per_1000_tokens,
            "tokens": self.tokens,
            "infrastructure": self.infrastructure,
            "unanalysed": self.unanalysed,
            "seconds": dict(self.seconds),
            "per_task": {task: counts.to_json() for task, counts in self.per_task.items()},
            "groups": {by: {name: part.to_json() for name, part in parts.items()} for by, parts in self.groups.items()},
            "tokens_per_s": self.tokens_per_s,
            "samples_per_s": self.samples_per_s,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        plain = {key: item for key, item in value.items() if key not in ("tokens_per_s", "samples_per_s")}
        plain["pass_at"] = {int(k): Estimate(**item) for k, item in value["pass_at"].items()}
        plain["n_at"] = {name: Estimate(**item) for name, item in value["n_at"].items()}
        plain["outcomes"] = {Outcome(name): share for name, share in value["outcomes"].items()}
        plain["per_task"] = {task: Counts.from_json(counts) for task, counts in value["per_task"].items()}
        plain["groups"] = {
            by: {name: cls.from_json(part) for name, part in parts.items()} for by, parts in value["groups"].items()
        }
        for name in ("greedy", "correct_and_clean"):
            plain[name] = None if value[name] is None else Estimate(**value[name])
        return cls(**plain)


def summarise(
    samples: Iterable[Graded], *, ks: Sequence[int] = (1,), seconds: Mapping[str, float] | None = None
) -> Evaluation:
    """The evaluation that samples of one condition amount to."""
    counts = next((counts for _, counts in Totals(samples)), {})
    return figures(counts, ks=ks, seconds=seconds)


def figures(
    counts: Mapping[str, Counts],
    *,
    ks: Sequence[int] = (1,),
    ns: Sequence[int] = (1,),
    seconds: Mapping[str, float] | None = None,
) -> Evaluation:
    """The evaluation that the counts of tasks amount to, with n@k for each n of `ns` below each k of `ks`."""
    whole = _figures(counts, ks, ns)
    groups: dict[str, dict[str, Evaluation]] = {}
    for by, name_of in GROUPINGS.items():
        members: dict[str, dict[str, Counts]] = {}
        for task, each in counts.items():
            members.setdefault(name_of(each), {})[task] = each
        if len(members) > 1:
            groups[by] = {name: _figures(part, ks, ns) for name, part in sorted(members.items()) if name}
    fields = {name: getattr(whole, name) for name in Evaluation.__dataclass_fields__}
    return Evaluation(**{**fields, "per_task": dict(counts), "groups": groups, "seconds": dict(seconds or {})})


def _figures(counts: Mapping[str, Counts], ks: Sequence[int], ns: Sequence[int]) -> Evaluation:
    each = list(counts.values())
    judged = sum(one.judged for one in each)
    tokens = sum(one.tokens_analysed for one in each)
    pass_at = {k: estimate([pass_at_k(one.judged, one.passed, k) for one in each if one.judged >= k]) for k in ks}
    n_at = {f"{n}@{k}": _filtered(each, n, k) for n in ns for k in ks if n < k}
    greedy = [one.greedy for one in each if one.greedy is not None]
    return Evaluation(
        tasks=len(each),
        samples=sum(one.samples for one in each),
        pass_at={k: value for k, value in pass_at.items() if value is not None},
        n_at={name: value for name, value in n_at.items() if value is not None},
        greedy=wilson(sum(greedy) / len(greedy), len(greedy)) if greedy else None,
        correct_and_clean=estimate([one.clean / one.analysed for one in each if one.analysed]),
        outcomes={outcome: number / judged for outcome, number in mix(each).items()} if judged else {},
        findings_per_1000_tokens=1000 * sum(one.findings for one in each) / tokens if tokens else None,
        tokens=sum(one.tokens for one in each),
        infrastructure=sum(one.infrastructure for one in each),
        unanalysed=sum(one.judged - one.analysed for one in each),
    )


def _filtered(each: Sequence[Counts], n: int, k: int) -> Estimate | None:
    shown = [one for one in each if one.shown >= k]
    return estimate([n_at_k(one.shown, one.public, one.public_passed, n=n, k=k) for one in shown])


def gain(before: Evaluation, after: Evaluation) -> Estimate | None:
    """Gain in sampled pass@1 over the tasks that both judged, with a paired interval; None where there are none."""
    common = [task for task, one in before.per_task.items() if one.judged and _judged(after, task)]
    shares = [[part.per_task[task].passed / part.per_task[task].judged for task in common] for part in (before, after)]
    return difference(shares[0], shares[1])


def _judged(evaluation: Evaluation, task: str) -> int:
    counts = evaluation.per_task.get(task)
    return counts.judged if counts else 0


def described(evaluation: Evaluation) -> dict[str, str]:
    """The figures as people read them, by name, in order; for tables."""
    shown = {f"pass@{k} (sampled)": percent(value) for k, value in evaluation.pass_at.items()}
    shown |= {f"{name} (public tests as filter)": percent(value) for name, value in evaluation.n_at.items()}
    if evaluation.greedy is not None:
        shown["pass@1 (greedy)"] = percent(evaluation.greedy)
    shown["correct and clean"] = percent(evaluation.correct_and_clean)
    for outcome, share in evaluation.outcomes.items():
        shown[outcome.value.replace("_", " ")] = f"{100 * share:.1f}%"
    if evaluation.findings_per_1000_tokens is not None:
        shown["findings per 1000 tokens"] = f"{evaluation.findings_per_1000_tokens:.1f}"
    if evaluation.seconds:
        shown["samples/s"] = f"{evaluation.samples_per_s:.1f}"
        shown["tokens/s"] = f"{evaluation.tokens_per_s:.0f}"
    if evaluation.infrastructure:
        shown["not judged (left out)"] = str(evaluation.infrastructure)
    if evaluation.unanalysed:
        shown["not analysed (left out)"] = str(evaluation.unanalysed)
    return shown
