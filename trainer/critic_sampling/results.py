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
    filtered: Estimate
    """Of those among them that pass the public tests, or of all where none does: what these tests are worth alone."""
    final: Estimate
    """With critic sampling."""
    gain: Estimate
    """`final` over `sampled`, paired by task."""
    gain_over_filtered: Estimate
    """`final` over `filtered`, paired by task."""

    def described(self) -> list[str]:
        """Percent, for the columns of a table; the gains with their intervals."""
        shares, gains = (self.sampled, self.filtered, self.final), (self.gain, self.gain_over_filtered)
        return [*(f"{100 * each.mean:.1f}" for each in shares), *map(_interval, gains)]


def effects(answers: Sequence[Answer], verdicts: Verdicts) -> dict[str, Effect]:
    """The effect on all tasks, under `all`, and on those whose programs in the end are refined, repaired or sampled.

    A task has no part where nobody could judge any of its programs of one kind.
    """
    shares: dict[str, list[list[float]]] = {}
    for answer in answers:
        filtered = [each for each in answer.sampled if each.public is Outcome.PASS] or answer.sampled
        found = [_share(answer.task_id, programs, verdicts) for programs in (answer.sampled, filtered, answer.final)]
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
    sampled, filtered, final = (list(column) for column in zip(*rows, strict=True))
    found = [*map(estimate, (sampled, filtered, final)), difference(sampled, final), difference(filtered, final)]
    return Effect(len(rows), *(each for each in found if each is not None))  # None is for no rows at all


def _interval(gain: Estimate) -> str:
    return f"{100 * gain.mean:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
