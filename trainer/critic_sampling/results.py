"""What critic sampling was worth: programs judged by all tests, with it and without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.types import Outcome
from trainer.critic_sampling.procedure import Answer, Program
from trainer.statistics import Estimate, difference, estimate

Verdicts = Mapping[tuple[str, str], Outcome]
"""What all tests say, by task and completion; a completion that nobody could judge is missing."""


@dataclass(frozen=True, slots=True)
class Effect:
    """pass@1 on some tasks, as means over tasks with their 95% intervals."""

    tasks: int
    sampled: Estimate
    """Of what was sampled at first."""
    final: Estimate
    """With critic sampling."""
    gain: Estimate
    """Of the second over the first, paired by task."""
    sampled_filtered: Estimate
    """Of those sampled programs that pass the public tests, or of all where none does: what these tests are worth."""
    final_filtered: Estimate
    """Of the final ones likewise."""
    gain_filtered: Estimate
    """Of the second over the first, paired by task: what the critic adds to the public tests."""

    def described(self) -> list[list[str]]:
        """Two rows of a table, in percent: all programs, and those that the public tests let through."""
        return [
            ["all", *_row(self.sampled, self.final, self.gain)],
            ["pass in public", *_row(self.sampled_filtered, self.final_filtered, self.gain_filtered)],
        ]


def effects(answers: Sequence[Answer], verdicts: Verdicts) -> dict[str, Effect]:
    """The effect on all tasks, under `all`, and on those whose programs in the end are refined, repaired or sampled.

    A task has no part where nobody could judge any of its programs of one kind.
    """
    shares: dict[str, list[list[float]]] = {}
    for answer in answers:
        pools = (answer.sampled, answer.final, _filtered(answer.sampled), _filtered(answer.final))
        found = [_share(answer.task_id, programs, verdicts) for programs in pools]
        known = [share for share in found if share is not None]
        if len(known) == len(found):
            for name in ("all", answer.final[0].origin):
                shares.setdefault(name, []).append(known)
    return {name: _effect(rows) for name, rows in shares.items()}


def notes(answers: Sequence[Answer]) -> dict[str, Any]:
    """What the procedure did: the share of tokens that refined programs were given, of programs that pass in public."""
    refined = [program for answer in answers for program in answer.final if program.begun]
    told = {
        "public_before": [program.public for answer in answers for program in answer.sampled],
        "public_after": [program.public for answer in answers for program in answer.final],
    }
    public = {name: Counter(outcomes)[Outcome.PASS] / len(outcomes) for name, outcomes in told.items() if outcomes}
    given = sum(each.begun for each in refined) / sum(each.tokens for each in refined) if refined else 0.0
    changed = [answer.final != answer.sampled for answer in answers]
    return {"tokens_given": given, "tasks_changed": sum(changed), **public}


def _share(task: str, programs: Sequence[Program], verdicts: Verdicts) -> float | None:
    judged = [verdicts[task, each.completion] for each in programs if (task, each.completion) in verdicts]
    return sum(outcome is Outcome.PASS for outcome in judged) / len(judged) if judged else None


def _effect(rows: Sequence[Sequence[float]]) -> Effect:
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = [
        figure
        for before, after in (columns[:2], columns[2:])
        for figure in (estimate(before), estimate(after), difference(before, after))
    ]
    return Effect(len(rows), *(each for each in found if each is not None))  # None is for no rows at all


def _filtered(programs: Sequence[Program]) -> Sequence[Program]:
    return [each for each in programs if each.public is Outcome.PASS] or programs


def _row(before: Estimate, after: Estimate, gain: Estimate) -> list[str]:
    interval = f"{100 * gain.mean:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
    return [f"{100 * before.mean:.1f}", f"{100 * after.mean:.1f}", interval]
