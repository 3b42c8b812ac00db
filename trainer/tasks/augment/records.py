"""What is asked for, and what came of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trainer.tasks.augment.mutants import FAMILIES


@dataclass(frozen=True, slots=True)
class Options:
    """How tasks are augmented; part of the key under which results are kept."""

    seed: int = 0
    mutants: int = 80
    """Mutants of each reference, at most."""
    families: tuple[str, ...] = tuple(FAMILIES)
    """Families of operators that mutants are made by."""
    inputs: int = 200
    """Inputs of each task that references are run on, at most."""
    depth: int = 3
    """Tests that each wrong program is to be caught by, where there are as many."""
    most: int = 50
    """New tests of each task, at most."""
    timeout_s: float = 1.0
    """Seconds per test of programs that may be wrong, at most."""
    budget_s: float = 120.0
    """Seconds on the clock per task; what is not done by then is left out."""


class Status(StrEnum):
    """What became of a task."""

    AUGMENTED = "augmented"
    KEPT = "kept"
    """As it was: no test could be made, or none was needed."""
    EXCLUDED = "excluded"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Programs:
    """Wrong programs, and how many of them pass."""

    tried: int = 0
    """Those that could be judged."""
    pass_before: int = 0
    """Those that pass the task's own tests."""
    pass_after: int = 0
    """Those that pass with the new ones, too."""
    wrong: int = 0
    """Those of which some input shows that they are wrong."""

    @property
    def false_pass_before(self) -> float | None:
        """Share of the wrong ones that the task's own tests let pass."""
        return self._share(self.pass_before)

    @property
    def false_pass_after(self) -> float | None:
        """Share of the wrong ones that pass the new tests, too."""
        return self._share(self.pass_after)

    def _share(self, passing: int) -> float | None:
        right = self.tried - self.wrong
        return (passing - right) / self.wrong if self.wrong else None

    def __add__(self, other: Programs) -> Programs:
        return Programs(
            self.tried + other.tried,
            self.pass_before + other.pass_before,
            self.pass_after + other.pass_after,
            self.wrong + other.wrong,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a task."""

    task: str
    status: Status
    why: str = ""
    """Why it was excluded, kept as it was, or not judged."""
    tests: Mapping[str, Any] | None = None
    """The suite with the new tests, as JSON; None where it is the task's own."""
    added: Mapping[str, int] = field(default_factory=dict)
    """New tests by source."""
    proposed: Mapping[str, int] = field(default_factory=dict)
    """Inputs that were run, by source."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Inputs that make no test, by reason."""
    references: int = 0
    """Programs that agree on the outputs."""
    mutants: Programs = Programs()
    samples: Programs = Programs()
    cut_short: bool = False
    """Whether time was up before all was done."""
    seconds: float = 0.0

    @property
    def score_before(self) -> float | None:
        """Mutation score of the task's own tests: the share of all mutants that they kill."""
        return _score(self.mutants.tried, self.mutants.pass_before)

    @property
    def score_after(self) -> float | None:
        """Mutation score with the new tests."""
        return _score(self.mutants.tried, self.mutants.pass_after)


def _score(tried: int, passing: int) -> float | None:
    return (tried - passing) / tried if tried else None


def restored(told: Mapping[str, Any]) -> Result:
    """The result of `dataclasses.asdict`."""
    programs = {name: Programs(**told[name]) for name in ("mutants", "samples")}
    return Result(**{**told, **programs, "status": Status(told["status"])})
