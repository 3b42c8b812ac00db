"""The procedure with models whose answers are known, and that nothing hidden has a part in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analyzers.runtime.tests import Asserts
from rewards.types import Outcome
from trainer.critic_sampling.critic import Critic
from trainer.critic_sampling.procedure import REFINED, REPAIRED, SAMPLED, CriticSampler
from trainer.critic_sampling.public import split
from trainer.outcomes import OutcomeHead
from trainer.policy import Policy
from trainer.types import Rollout, Sampling, Task

SAMPLING = Sampling(max_new_tokens=8)
Judge = Any


class Writer:
    """Goes on from what was begun with letters of its own, one token each."""

    tokenizer = SimpleNamespace(chat_template=None)

    def __init__(self, *texts: str, context: int | None = None) -> None:
        self.texts, self.context = texts, context
        self.calls: list[dict[str, Any]] = []

    def encode(self, prompt: str) -> np.ndarray[Any, Any]:
        return np.array([ord(letter) for letter in prompt], dtype=np.int64)

    def generate(self, prompts: Sequence[str], **asked: Any) -> list[list[Rollout]]:
        self.calls.append({"prompts": list(prompts), **asked})
        groups = []
        for place, prompt in enumerate(prompts):
            begun = "".join(map(chr, asked["begun"][place]))
            texts = [begun + self.texts[number % len(self.texts)][len(begun) :] for number in range(asked["samples"])]
            groups.append(
                [
                    Rollout(
                        asked["task_ids"][place],
                        self.encode(prompt),
                        self.encode(t),
                        np.zeros(len(t), np.float32),
                        t,
                        False,
                    )
                    for t in texts
                ]
            )
        return groups


class Opinion:
    """Thinks best of programs up to the last `+`, and of one program by the letters that it likes."""

    def __init__(self, likes: str = "") -> None:
        self.likes = likes
        self.read: list[Rollout] = []

    def told(self, rollouts: Sequence[Rollout]) -> list[np.ndarray[Any, Any]]:
        self.read += rollouts
        passing = [self._values(rollout.completion) for rollout in rollouts]
        return [np.stack([1 - values, 0 * values, 0 * values, values], -1) for values in passing]

    def _values(self, text: str) -> np.ndarray[Any, Any]:
        liked = 0.5 + 0.01 * sum(text.count(letter) for letter in self.likes)
        values = np.full(len(text), liked, dtype=np.float32)
        if "+" in text:
            values[text.rindex("+")] = 0.9
        return values


def _sampler(judge: Judge, policy: Writer, mender: Writer, *, likes: str = "", **more: Any) -> CriticSampler:
    given = {"samples": 4, "seed": 3, **more}
    return CriticSampler(policy, Opinion(likes), mender, judge, SAMPLING, **given)  # type: ignore[arg-type]


def _task(name: str = "t", *shown: str) -> Task:
    return Task(name, "do: ", Asserts(shown or ("e",)))


def test_programs_that_pass_are_cut_where_the_critic_thinks_best_of_them_and_gone_on_from(judge: Judge) -> None:
    policy, mender = Writer("ab+e", "xx", "c+ef", "yy"), Writer("never")
    sampler = _sampler(judge, policy, mender)
    (answer,) = sampler.answer([_task()])
    assert [program.completion for program in answer.sampled] == ["ab+e", "xx", "c+ef", "yy"]
    assert mender.calls == []
    last = policy.calls[-1]
    assert [begun.tolist() for begun in last["begun"]] == [[97, 98, 43], [99, 43]]  # "ab+" and "c+"
    assert last["samples"] == 2  # N / |P|
    assert last["prompts"] == ["do: ", "do: "]
    assert [program.completion for program in answer.final] == ["ab+e", "ab+", "c++e", "c+"]
    assert {program.origin for program in answer.final} == {REFINED}
    assert [program.begun for program in answer.final] == [3, 3, 2, 2]


def test_where_all_fail_the_likeliest_is_repaired_and_what_passes_then_is_refined(judge: Judge) -> None:
    policy, mender = Writer("ab", "zz", "az", "bb"), Writer("m+e", "no")
    sampler = _sampler(judge, policy, mender, likes="z")
    (answer,) = sampler.answer([_task()])
    (call,) = mender.calls
    (prompt,) = call["prompts"]
    assert call["samples"] == 4
    assert "# This program fails:\nzz\n# its answer is wrong\n" in prompt  # the critic likes it best
    assert prompt.endswith("\ndo: ")
    assert [begun.tolist() for begun in policy.calls[-1]["begun"]] == [[109, 43]]  # "m+", which passes
    assert len(answer.final) == 4
    assert {program.origin for program in answer.final} == {REFINED}
    # The critic reads a mended program as an answer to the task, not to the request to mend.
    assert sampler.critic.read[-1].prompt_ids.tolist() == [ord(letter) for letter in "do: "]  # type: ignore[attr-defined]


def test_where_repairing_does_not_help_the_mended_programs_stay(judge: Judge) -> None:
    policy, mender = Writer("ab"), Writer("mm")
    (answer,) = _sampler(judge, policy, mender).answer([_task()])
    assert len(policy.calls) == 1
    assert [(program.completion, program.origin) for program in answer.final] == [("mm", REPAIRED)] * 4
    assert [program.public for program in answer.final] == [Outcome.FAILURE] * 4


def test_several_candidates_share_the_samples(judge: Judge) -> None:
    policy, mender = Writer("ab", "zz", "az", "bb"), Writer("mm")
    _sampler(judge, policy, mender, likes="z", candidates=2).answer([_task()])
    (call,) = mender.calls
    assert call["samples"] == 2
    assert ["\nzz\n" in prompt for prompt in call["prompts"]] == [True, False]
    assert ["\naz\n" in prompt for prompt in call["prompts"]] == [False, True]


def test_what_does_not_come_out_even_is_sampled_all_the_same(judge: Judge) -> None:
    policy = Writer("a+e", "b+e", "c+e", "zz", "zz")
    (answer,) = _sampler(judge, policy, Writer("mm"), samples=5).answer([_task()])
    assert sorted(program.completion[0] for program in answer.final) == ["a", "a", "b", "b", "c"]
    assert [call["samples"] for call in policy.calls] == [5, 1, 2]


def test_where_nobody_could_judge_nothing_changes(broken_judge: Judge) -> None:
    policy, mender = Writer("ab"), Writer("mm")
    (answer,) = _sampler(broken_judge, policy, mender).answer([_task()])
    assert answer.final == answer.sampled
    assert {program.public for program in answer.final} == {None}
    assert {program.origin for program in answer.final} == {SAMPLED}
    assert mender.calls == []


def test_programs_without_any_token_are_no_trouble(judge: Judge) -> None:
    (answer,) = _sampler(judge, Writer(""), Writer("mm")).answer([_task()])
    assert {program.origin for program in answer.final} == {SAMPLED}


def test_a_note_that_does_not_fit_is_left_out(judge: Judge) -> None:
    mender = Writer("mm", context=12)
    _sampler(judge, Writer("ab"), mender).answer([_task()])
    assert mender.calls[0]["prompts"] == ["do: "]


def test_each_task_goes_its_own_way(judge: Judge) -> None:
    policy, mender = Writer("a+e", "zz"), Writer("mm")
    found = _sampler(judge, policy, mender).answer([_task("one"), _task("two", "q")])
    assert [answer.task_id for answer in found] == ["one", "two"]
    assert [answer.final[0].origin for answer in found] == [REFINED, REPAIRED]
    alone = [_sampler(judge, policy, mender).answer([task])[0] for task in (_task("one"), _task("two", "q"))]
    assert found == alone


@pytest.fixture
def real(policy: Policy) -> Any:
    """A random model, and a critic of it."""

    def sampler(judge: Judge, seed: int = 0) -> CriticSampler:
        critic = Critic(policy, OutcomeHead.of(policy))
        return CriticSampler(policy, critic, policy, judge, SAMPLING, samples=6, seed=seed)

    return sampler


def test_hidden_tests_have_no_part_in_it(real: Any, judge: Judge) -> None:
    """Whatever they are, the programs are the same; and none of them was run."""
    found = []
    for hidden in (("q",), ("secret", "z"), ("e",)):
        task = Task("t", "write e:", Asserts(("e", *hidden)), reference=f"the {hidden}", holdout=Asserts(("held",)))
        exam = split(replace(task, shown=Asserts(("e",)), metadata={"solutions": hidden}), shown=1)
        assert exam is not None
        found.append(real(judge).answer([exam.public]))
    assert found[0] == found[1] == found[2]
    assert judge.seen == {"e"}
    assert all(item.holdout is None and item.reference is None for item in judge.items)


def test_public_tests_have_a_part_in_it(real: Any, judge: Judge) -> None:
    """So that the test above could fail: with other public tests the programs are others."""
    everything, nothing = (real(judge).answer([Task("t", "write e:", Asserts((word,)))]) for word in ("", "\0\0\0"))
    assert everything[0].sampled[0].completion == nothing[0].sampled[0].completion
    assert everything[0].final != nothing[0].final


def test_the_seed_and_nothing_else_decides(real: Any, judge: Judge) -> None:
    tasks = [Task(name, f"write {name}:", Asserts(("e",))) for name in "abc"]
    found = real(judge).answer(tasks)
    assert real(judge).answer(tasks) == found
    assert real(judge).answer(tasks[::-1]) == found[::-1]
    assert real(judge, seed=1).answer(tasks) != found


def test_the_first_programs_are_those_of_plain_sampling(real: Any, judge: Judge, policy: Policy) -> None:
    task = Task("t", "write e:", Asserts(("e",)))
    ((*plain,),) = policy.generate(
        [task.prompt], samples=6, sampling=SAMPLING, seed=0, task_ids=["t"], stop=("\ndef ",)
    )
    (answer,) = real(judge).answer([task])
    assert [program.completion for program in answer.sampled] == [rollout.completion for rollout in plain]
