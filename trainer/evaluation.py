"""What an evaluation found: graded completions in, estimates out. No model and no scorer in here."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from analyzers import runtime
from analyzers.types import Diagnostic, Outcome, Status
from rewards.schemes.regions import sampled
from rewards.types import Score
from trainer.statistics import Estimate, difference, estimate, pass_at_k, wilson
from trainer.types import Rollout

SHOWN_OUTCOMES = tuple(outcome for outcome in Outcome if outcome is not Outcome.INFRASTRUCTURE)


@dataclass(frozen=True, slots=True)
class Graded:
    """One scored completion, as far as the figures need it."""

    task_id: str
    greedy: bool
    completion: str
    tokens: int
    outcome: Outcome
    findings: int = 0
    """Findings of the analyzers other than `runtime` in what was sampled (not in a given prefix)."""
    analysed: bool = True
    """Whether every one of those analyzers did its work: a finding that nobody looked for is not an absent one."""

    @classmethod
    def of(cls, rollout: Rollout, score: Score, *, greedy: bool = False) -> Graded:
        """What a rollout and its score amount to. Without a verdict, the outcome is INFRASTRUCTURE."""
        reports = [report for report in score.reports if report.analyzer != runtime.NAME]
        return cls(
            task_id=rollout.task_id,
            greedy=greedy,
            completion=rollout.completion,
            tokens=len(rollout.completion_ids),
            outcome=Outcome.INFRASTRUCTURE if score.outcome is None else score.outcome,
            findings=sum(_sampled(finding, score) for report in reports for finding in report.diagnostics),
            analysed=all(report.status in (Status.OK, Status.NOT_APPLICABLE) for report in reports),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Graded:
        """The record that `to_json` wrote."""
        return cls(**{**value, "outcome": Outcome(value["outcome"])})

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values."""
        return asdict(self)

    @property
    def judged(self) -> bool:
        """Whether the outcome says anything about the program."""
        return self.outcome is not Outcome.INFRASTRUCTURE

    @property
    def passed(self) -> bool:
        """Whether all tests passed."""
        return self.outcome is Outcome.PASS

    @property
    def clean(self) -> bool | None:
        """Whether all tests pass and no analyzer found anything; None where an analyzer that failed leaves it open."""
        if self.passed and not self.findings:
            return True if self.analysed else None
        return False


class Record:
    """A file of graded completions that an interrupted evaluation goes on from; a context manager.

    The first line says what was asked (`samples` among it), so that no two evaluations mix. `have` is what the file
    held of whole tasks; the rest, a line torn by a crash among it, is dropped.

    Raises:
        ValueError: the file is of another evaluation, or is something else.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.have = _read_record(path, settings)
        rewritten = path.with_name(path.name + ".kept")
        with rewritten.open("w", encoding="utf-8") as file:
            for line in ({"evaluation": settings}, *(graded.to_json() for graded in self.have)):
                file.write(json.dumps(line) + "\n")
        os.replace(rewritten, path)
        self._file: TextIO = path.open("a", encoding="utf-8")

    def add(self, graded: Graded) -> None:
        """Appends one completion."""
        self._file.write(json.dumps(graded.to_json()) + "\n")
        self._file.flush()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _read_record(path: Path, settings: dict[str, Any]) -> list[Graded]:
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else [""]
    if lines == [""]:
        return []
    try:
        before = dict(json.loads(lines[0])["evaluation"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{str(path)!r} holds no samples of an evaluation; give --samples-out another file") from error
    differing = sorted(key for key in {*before, *settings} if before.get(key) != settings.get(key))
    if differing:
        key = differing[0]
        raise ValueError(
            f"{str(path)!r} holds the samples of another evaluation ({key} was {before.get(key)!r}, "
            f"is {settings.get(key)!r}); give --samples-out another file"
        )
    groups: dict[tuple[bool, str], list[Graded]] = {}
    for line in lines[1:]:
        try:
            graded = Graded.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue
        groups.setdefault((graded.greedy, graded.task_id), []).append(graded)
    whole = [group for (greedy, _), group in groups.items() if len(group) == (1 if greedy else settings["samples"])]
    return [graded for group in whole for graded in group]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a policy does on a set of tasks. Shares and intervals leave out what the harness could not judge."""

    tasks: int
    samples: int
    """Sampled completions in all, those that could not be judged included; greedy ones are not counted."""
    pass_at: Mapping[int, Estimate] = field(default_factory=dict)
    """Unbiased pass@k by k."""
    greedy: Estimate | None = None
    """pass@1 of greedy decoding."""
    correct_and_clean: Estimate | None = None
    """Share of samples that pass all tests without a finding."""
    outcomes: Mapping[Outcome, float] = field(default_factory=dict)
    """Shares of the judged samples; they add up to 1."""
    findings_per_1000_tokens: float | None = None
    """Over the samples that every analyzer could analyse."""
    tokens: int = 0
    """Tokens generated, greedy completions included."""
    infrastructure: int = 0
    """Completions, greedy ones included, that the harness failed to judge; left out above."""
    unanalysed: int = 0
    """Samples on which an analyzer failed; left out of `findings_per_1000_tokens`."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock time by phase: `generate`, and `score` as far as it outlasted generation. Empty where unknown."""
    per_task: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """(judged, passed) of the samples of each task."""

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
        """A mapping of plain values, with the two rates."""
        plain = asdict(self)
        plain["pass_at"] = {str(k): asdict(value) for k, value in self.pass_at.items()}
        plain["outcomes"] = {outcome.value: share for outcome, share in self.outcomes.items()}
        plain["per_task"] = {task: list(counts) for task, counts in self.per_task.items()}
        return {**plain, "tokens_per_s": self.tokens_per_s, "samples_per_s": self.samples_per_s}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        plain = {key: item for key, item in value.items() if key not in ("tokens_per_s", "samples_per_s")}
        plain["pass_at"] = {int(k): Estimate(**item) for k, item in value["pass_at"].items()}
        plain["outcomes"] = {Outcome(name): share for name, share in value["outcomes"].items()}
        plain["per_task"] = {task: (judged, passed) for task, (judged, passed) in value["per_task"].items()}
        for name in ("greedy", "correct_and_clean"):
            plain[name] = None if value[name] is None else Estimate(**value[name])
        return cls(**plain)


def summarise(
    samples: Iterable[Graded], *, ks: Sequence[int] = (1,), seconds: Mapping[str, float] | None = None
) -> Evaluation:
    """The evaluation that `samples` amount to. A task with fewer than k judged samples has no part in pass@k."""
    everything = list(samples)
    drawn = [sample for sample in everything if not sample.greedy]
    judged = [sample for sample in drawn if sample.judged]
    counts = {sample.task_id: (0, 0) for sample in everything}
    for sample in judged:
        count, passed = counts[sample.task_id]
        counts[sample.task_id] = (count + 1, passed + sample.passed)
    by_k = {k: estimate([pass_at_k(n, c, k) for n, c in counts.values() if n >= k]) for k in ks}
    mix = Counter(sample.outcome for sample in judged)
    analysed = [sample for sample in judged if sample.analysed]
    tokens = sum(sample.tokens for sample in analysed)
    return Evaluation(
        tasks=len(counts),
        samples=len(drawn),
        pass_at={k: value for k, value in by_k.items() if value is not None},
        greedy=_greedy([sample for sample in everything if sample.greedy and sample.judged]),
        correct_and_clean=estimate(_clean_shares(judged)),
        outcomes={outcome: mix[outcome] / len(judged) for outcome in SHOWN_OUTCOMES} if judged else {},
        findings_per_1000_tokens=1000 * sum(sample.findings for sample in analysed) / tokens if tokens else None,
        tokens=sum(sample.tokens for sample in everything),
        infrastructure=sum(not sample.judged for sample in everything),
        unanalysed=len(judged) - len(analysed),
        seconds=dict(seconds or {}),
        per_task=counts,
    )


def gain(before: Evaluation, after: Evaluation) -> Estimate | None:
    """Gain in sampled pass@1 over the tasks that both judged, with a paired interval; None where there are none."""
    common = [task for task, (n, _) in before.per_task.items() if n and after.per_task.get(task, (0, 0))[0]]
    shares = [[part.per_task[task][1] / part.per_task[task][0] for task in common] for part in (before, after)]
    return difference(shares[0], shares[1])


def described(evaluation: Evaluation) -> dict[str, str]:
    """The figures as people read them, by name, in order; for tables."""
    shown = {f"pass@{k} (sampled)": _percent(value) for k, value in evaluation.pass_at.items()}
    shown["pass@1 (greedy)"] = _percent(evaluation.greedy)
    shown["correct and clean"] = _percent(evaluation.correct_and_clean)
    for outcome, share in evaluation.outcomes.items():
        shown[outcome.value.replace("_", " ")] = f"{100 * share:.1f}%"
    findings = evaluation.findings_per_1000_tokens
    shown["findings per 1000 tokens"] = "-" if findings is None else f"{findings:.1f}"
    if evaluation.seconds:
        shown["samples/s"] = f"{evaluation.samples_per_s:.1f}"
        shown["tokens/s"] = f"{evaluation.tokens_per_s:.0f}"
    if evaluation.infrastructure:
        shown["not judged (left out)"] = str(evaluation.infrastructure)
    if evaluation.unanalysed:
        shown["not analysed (left out)"] = str(evaluation.unanalysed)
    return shown


def _sampled(finding: Diagnostic, score: Score) -> bool:
    return sampled(score.source, finding.span) is not None


def _clean_shares(judged: Sequence[Graded]) -> list[float]:
    by_task: dict[str, list[bool]] = {}
    for sample in judged:
        if sample.clean is not None:
            by_task.setdefault(sample.task_id, []).append(sample.clean)
    return [sum(values) / len(values) for values in by_task.values()]


def _greedy(samples: Sequence[Graded]) -> Estimate | None:
    return wilson(sum(sample.passed for sample in samples) / len(samples), len(samples)) if samples else None


def _percent(value: Estimate | None) -> str:
    return "-" if value is None else f"{100 * value.mean:.1f}% [{100 * value.low:.1f}, {100 * value.high:.1f}]"
