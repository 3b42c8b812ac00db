"""Sums over samples: all that figures need, in memory that grows with the tasks alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analyzers.types import Outcome
from trainer.evaluation.graded import Graded


@dataclass(slots=True)
class Counts:
    """What came of the samples of one task. Greedy ones count in the fields that say so, and nowhere else."""

    language: str = "python"
    difficulty: str = ""
    samples: int = 0
    """All that were drawn, also those that could not be judged."""
    judged: int = 0
    passed: int = 0
    shown: int = 0
    """Judged ones of which it is known whether they pass the public tests."""
    public: int = 0
    """Those that pass them."""
    public_passed: int = 0
    """Those that pass all tests, too."""
    analysed: int = 0
    """Judged ones that every analyzer could analyse."""
    clean: int = 0
    """Those of them that pass all tests without a finding."""
    tokens_analysed: int = 0
    """Tokens of those, as far as they are known."""
    findings: int = 0
    """Findings in those whose tokens are known."""
    tokens: int = 0
    """Tokens of all, greedy ones included."""
    infrastructure: int = 0
    """Those that the harness failed to judge, greedy ones included."""
    first: bool | None = None
    """Whether the first sample passes; None where it could not be judged."""
    greedy: bool | None = None
    """Whether the greedy completion passes; None where there is none, or it could not be judged."""
    greedy_samples: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    """Number of judged ones by outcome."""

    def add(self, graded: Graded) -> None:
        """Counts one completion."""
        self.language, self.difficulty = graded.language, graded.difficulty
        self.tokens += graded.tokens or 0
        self.infrastructure += not graded.judged
        if graded.greedy:
            self.greedy_samples += 1
            self.greedy = graded.passed if graded.judged else None
            return
        self.samples += 1
        if graded.judged:
            self._add_judged(graded)

    def _add_judged(self, graded: Graded) -> None:
        if graded.index == 0:
            self.first = graded.passed
        self.judged += 1
        self.passed += graded.passed
        self.outcomes[graded.outcome.value] = self.outcomes.get(graded.outcome.value, 0) + 1
        if graded.public is not None:
            self.shown += 1
            self.public += graded.public
            self.public_passed += graded.public and graded.passed
        if graded.analysed:
            # Of the others those that fail are surely not clean; to count them alone would make the share too low.
            self.analysed += 1
            self.clean += graded.clean is True
            if graded.tokens is not None:
                self.tokens_analysed += graded.tokens
                self.findings += graded.findings

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Counts:
        """What `to_json` wrote.

        Raises:
            TypeError: it is something else.
        """
        return cls(**value)


class Totals:
    """The counts of every task under every condition, in the order in which they came first."""

    def __init__(self, samples: Iterable[Graded] = ()) -> None:
        self.by_condition: dict[str, dict[str, Counts]] = {}
        for graded in samples:
            self.add(graded)

    def add(self, graded: Graded) -> None:
        """Counts one completion."""
        counts = self.by_condition.setdefault(graded.condition, {})
        counts.setdefault(graded.task_id, Counts()).add(graded)

    def __iter__(self) -> Iterator[tuple[str, dict[str, Counts]]]:
        """Names of conditions, and the counts of their tasks."""
        return iter(self.by_condition.items())


def mix(counts: Iterable[Counts]) -> dict[Outcome, int]:
    """Number of judged samples by outcome, over all tasks."""
    found: dict[Outcome, int] = dict.fromkeys(
        (outcome for outcome in Outcome if outcome is not Outcome.INFRASTRUCTURE), 0
    )
    for each in counts:
        for name, number in each.outcomes.items():
            found[Outcome(name)] += number
    return found
