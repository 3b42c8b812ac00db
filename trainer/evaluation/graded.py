"""One scored completion, as far as figures need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analyzers import runtime
from analyzers.types import Diagnostic, Outcome, Status
from rewards.schemes.regions import sampled
from rewards.types import Score
from trainer.shown import passed
from trainer.types import Rollout, Task

MAX_DETAIL = 200
"""Characters of the reason that is kept of each sample."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One scored completion. JSON both ways; a line of a results file."""

    task_id: str
    greedy: bool
    completion: str
    tokens: int | None
    """None where they are not known, as of samples made elsewhere."""
    outcome: Outcome
    findings: int = 0
    """Findings of the analyzers other than `runtime` in what was sampled (not in a given prefix)."""
    analysed: bool = True
    """Whether every one of those analyzers did its work: a finding that nobody looked for is not an absent one."""
    public: bool | None = None
    """Whether the tests that the problem's text shows pass; None where there are none, or they were not run."""
    index: int = 0
    """Its number among the samples of its task, from 0."""
    condition: str = ""
    """Name of how it was drawn, in a sweep."""
    language: str = "python"
    difficulty: str = ""
    whole: bool = False
    """Whether the completion is the whole program, so that no prefix stands before it."""
    detail: str = ""
    """Why it did not pass, or was not judged; short."""

    @classmethod
    def of(
        cls,
        rollout: Rollout,
        score: Score,
        *,
        task: Task | None = None,
        greedy: bool = False,
        index: int = 0,
        condition: str = "",
        apart: Score | None = None,
    ) -> Graded:
        """What a rollout and its score amount to, and that on shown tests that are run `apart` (`trainer.shown`).

        Without a verdict, the outcome is INFRASTRUCTURE.
        """
        return cls(
            task_id=rollout.task_id,
            greedy=greedy,
            completion=rollout.completion,
            tokens=len(rollout.completion_ids),
            index=index,
            condition=condition,
            **judgement(score, task, apart),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Graded:
        """The record that `to_json` wrote.

        Raises:
            TypeError, ValueError, KeyError: it is something else.
        """
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


def judgement(score: Score, task: Task | None, apart: Score | None = None) -> dict[str, Any]:
    """The fields of `Graded` that come from a score, its task, and the score on shown tests that are run `apart`."""
    reports = [report for report in score.reports if report.analyzer != runtime.NAME]
    known = {} if task is None else {"language": task.language, "difficulty": difficulty(task)}
    return {
        "outcome": Outcome.INFRASTRUCTURE if score.outcome is None else score.outcome,
        "findings": sum(_sampled(finding, score) for report in reports for finding in report.diagnostics),
        "analysed": all(report.status in (Status.OK, Status.NOT_APPLICABLE) for report in reports),
        "public": None if task is None else passed(task, score, apart),
        "detail": detail(score)[:MAX_DETAIL],
        **known,
    }


def difficulty(task: Task) -> str:
    """How difficult its set says that a task is; empty where it does not say."""
    return str(task.metadata.get("difficulty") or "")


def detail(score: Score) -> str:
    """Why a program did not pass, or was not judged; empty where it passed."""
    if score.outcome is Outcome.PASS:
        return ""
    verdict = score.verdict
    texts = [verdict.detail, *(test.message for test in verdict.tests), verdict.exception] if verdict else []
    failed = [report.detail for report in score.reports if report.analyzer == runtime.NAME]
    return next((text for text in (*texts, *failed) if text), "")


def _sampled(finding: Diagnostic, score: Score) -> bool:
    return sampled(score.source, finding.span) is not None
