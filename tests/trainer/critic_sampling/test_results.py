from __future__ import annotations

import pytest

from rewards.types import Outcome
from trainer.critic_sampling.procedure import REFINED, REPAIRED, SAMPLED, Answer, Program
from trainer.critic_sampling.results import effects, notes

PASS, FAILURE = Outcome.PASS, Outcome.FAILURE


def _programs(texts: str, origin: str, public: str = "", begun: int = 0) -> tuple[Program, ...]:
    """A program for each letter; those in `public` pass the public tests."""
    return tuple(Program(text, 4, PASS if text in public else FAILURE, origin, begun) for text in texts)


ANSWERS = [
    # Of a to d, a and b pass in public, but only a in truth; in the end three of four are right.
    Answer("one", _programs("abcd", SAMPLED, "ab"), _programs("aaab", REFINED, "ab", begun=3)),
    # All fail, and go on failing.
    Answer("two", _programs("ccdd", SAMPLED), _programs("cccc", REPAIRED)),
]
VERDICTS = {
    (task, text): PASS if text == "a" else FAILURE for task in ("one", "two") for text in "abcd"
}  # fmt: skip


def test_shares_by_hand() -> None:
    found = effects(ANSWERS, VERDICTS)
    everything, refined, repaired = found["all"], found[REFINED], found[REPAIRED]
    assert (everything.tasks, refined.tasks, repaired.tasks) == (2, 1, 1)
    assert (everything.sampled.mean, everything.final.mean, everything.gain.mean) == (0.125, 0.375, 0.25)
    assert (refined.sampled.mean, refined.final.mean, refined.gain.mean) == (0.25, 0.75, 0.5)
    # Of a and b a is right; of a, a, a, b three are.
    assert (refined.sampled_filtered.mean, refined.final_filtered.mean, refined.gain_filtered.mean) == (0.5, 0.75, 0.25)
    assert (repaired.gain.mean, repaired.gain_filtered.mean) == (0, 0)
    first, second = refined.described()
    assert first[:3] == ["all", "25.0", "75.0"]
    assert first[3].startswith("+50.0 [")
    assert second[:3] == ["pass in public", "50.0", "75.0"]


def test_what_nobody_could_judge_is_left_out() -> None:
    known = {key: value for key, value in VERDICTS.items() if key not in {("one", "b"), ("two", "c")}}
    found = effects(ANSWERS, known)
    assert set(found) == {"all", REFINED}  # of the second task nothing that is final was judged
    assert found["all"].sampled.mean == pytest.approx(1 / 3)
    assert found["all"].final.mean == 1.0


def test_what_was_done() -> None:
    assert notes(ANSWERS) == {
        "tokens_given": 0.75,
        "tasks_changed": 2,
        "public_before": 0.25,
        "public_after": 0.5,
    }
