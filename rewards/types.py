"""The records of scoring: diagnostics in, numbers out.

Legend: T is the number of tokens of a completion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.runtime.tests import Tests
from analyzers.types import Diagnostic, Location, Outcome, Report, Source, Span, Verdict

if TYPE_CHECKING:
    from rewards.explain import Explanation

__all__ = [
    "Charge",
    "Diagnostic",
    "Evidence",
    "Item",
    "Location",
    "Outcome",
    "Report",
    "Reward",
    "Score",
    "Source",
    "Span",
    "TokenRewards",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Item:
    """One completion to score."""

    completion: str
    language: str = "python"
    tests: Tests | None = None
    prefix: str = ""
    """Program text that stands before the completion and was given (HumanEval's prompt); never charged."""
    reference: str | None = None
    task_id: str = ""
    truncated: bool = False
    """Whether sampling stopped at the token limit."""
    raw: bool = False
    """Whether the completion is the program itself, so that no code fence is looked for."""
    holdout: Tests | None = None
    """Further tests, which a program that passes `tests` is run on; the reward does not depend on them."""
    suffix: str = ""
    """Program text that stands after a completion which continues the prefix (the brace that closes its function, in
    MultiPL-E); never charged. Analyzers see it; tests that are appended take its place."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one finding costs, and where."""

    diagnostic: Diagnostic
    span: Span
    """Code points of the completion in a Score, of the source in a Reward."""
    amount: float
    """Signed: a penalty is negative."""
    alpha_cap: float = 1.0
    """Upper bound of RLTF's length compensation alpha = T / (tokens of the span); 1 switches it off."""
    note: str = ""
    """Why the amount is not the rule's own: gated, capped, shared, merged, follow-on, contradicted, ignored,
    noise, unjudged, stub, blamed."""
    due: float | None = None
    """What the finding would cost by itself; None where that is the amount."""
    into: str = ""
    """Of a merged finding: analyzer and code of the one that is charged for the defect."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a scheme decides on: one program and all that was found out about it."""

    source: Source
    reports: tuple[Report, ...] = ()
    tested: bool = False
    """Whether tests were to be run, so that a missing verdict means that the harness failed."""
    group: tuple[float, ...] | None = None
    """For each test the share of the programs for the same task that pass it; None where the program is the only one,
    or the others are not known."""
    reference: str | None = None
    """A program that solves the task, as whole as `source.text`."""

    @property
    def runtime(self) -> Report | None:
        """The report that carries a verdict on the program; None where no tests were run or the harness failed."""
        for report in self.reports:
            if report.verdict is not None and report.verdict.outcome is not Outcome.INFRASTRUCTURE:
                return report
        return None

    @property
    def verdict(self) -> Verdict | None:
        """What running the tests showed of the program, if anything."""
        return self.runtime.verdict if self.runtime else None


@dataclass(frozen=True, slots=True)
class Reward:
    """What a scheme makes of the evidence."""

    parts: Mapping[str, float] | None
    """The terms of the outcome part, by name; None where the evidence does not allow one."""
    charges: tuple[Charge, ...] = ()
    """With spans of `Source.text`; the scorer moves them to the completion."""
    exempt: tuple[Span, ...] = ()
    """Spans of `Source.text` that neither earned the outcome part nor are to blame for it."""


@dataclass(frozen=True, slots=True)
class TokenRewards:
    """The dense term for one tokenisation."""

    values: NDArray[np.float64]
    """[T]; each token of a span of n tokens carries `amount * min(T / n, alpha_cap)`, so that with no cap in force the
    mean over T equals the sum of the charges (RLTF, section 3.4)."""
    shares: NDArray[np.float64]
    """[T]; the same charges spread evenly: sums to the sum of the charges."""
    credited: NDArray[np.bool_] | None = None
    """[T]; whether the outcome part says anything of a token; None where it does of all of them."""


@dataclass(frozen=True, slots=True)
class Score:
    """The reward of one completion and everything it was made of. JSON both ways through `rewards.jsonable`."""

    value: float | None
    """Outcome part plus charges; None where the harness failed: mask such a sample, never count it as 0."""
    base: float | None
    """Outcome part alone: what a baseline or a group is compared on."""
    outcome: Outcome | None
    """None where no tests were run; INFRASTRUCTURE where they should have been and no verdict came back."""
    source: Source
    completion: str
    reports: tuple[Report, ...] = ()
    charges: tuple[Charge, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    """The terms that add up to `base`, by name."""
    task_id: str = ""
    exempt: tuple[Span, ...] = ()
    """Parts of the completion, in code points, that neither earned `base` nor are to blame for it."""
    holdout: Outcome | None = None
    """What the hold-out tests say of a program that passes its tests; None where there are none or it does not."""

    @property
    def verdict(self) -> Verdict | None:
        """What running the tests showed, where they were run."""
        return next((report.verdict for report in self.reports if report.verdict is not None), None)

    def explain(self) -> tuple[Explanation, ...]:
        """A record for each finding, in the order of the completion: what it says, where, what it costs and why."""
        from rewards.explain import explain  # builds on these records

        return explain(self)
