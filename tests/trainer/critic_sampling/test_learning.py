from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from analyzers.runtime.tests import Asserts
from rewards.types import Outcome
from trainer.critic_sampling.learning import Labelled, Schooling, labelled, taught_critic, taught_mender
from trainer.outcomes import PASSED
from trainer.policy import Policy
from trainer.prompts import render
from trainer.types import Sampling, Task

TASKS = [Task(f"t{number}", f"ask {number}:", Asserts(("e",)), reference="xyz") for number in range(10)]


def _nothing(done: int, steps: int) -> None:
    return None


def _student(policy: Policy) -> Policy:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def _programs() -> list[Labelled]:
    """What begins with an A crashes, what begins with a B passes."""
    made = []
    for task in TASKS:
        for number in range(6):
            ids = (36 + number % 2, 40 + number)
            outcome = Outcome.PASS if number % 2 else Outcome.TIMEOUT
            made.append(Labelled(task.id, ids, outcome, "" if number % 2 else "# it crashes"))
    return made


def _weights(policy: Policy) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in policy.model.parameters()]).clone()


def test_programs_are_labelled_by_all_tests(policy: Policy, judge: Any) -> None:
    groups = labelled(policy, TASKS[:2], judge, samples=3, sampling=Sampling(max_new_tokens=8), seed=0)
    assert [len(group) for group in groups] == [3, 3]
    for program in (program for group in groups for program in group):
        assert (program.note == "") == (program.outcome is Outcome.PASS)
        assert program.note == "" or program.note.startswith("# This program fails:\n")
        assert Labelled.from_json(program.to_json()) == program
    again = labelled(policy, TASKS[:2], judge, samples=3, sampling=Sampling(max_new_tokens=8), seed=0)
    assert again == groups


def test_what_nobody_could_judge_is_no_label(policy: Policy, broken_judge: Any) -> None:
    assert labelled(policy, TASKS[:1], broken_judge, samples=3, sampling=Sampling(max_new_tokens=4), seed=0) == [[]]


def test_a_critic_learns_what_fails_and_leaves_the_model_alone(policy: Policy) -> None:
    student = _student(policy)
    before = _weights(student)
    schooling = Schooling(epochs=30, batch=16, critic_rate=1e-2)
    critic, worth = taught_critic(student, TASKS, _programs(), schooling=schooling, on_step=_nothing)
    assert worth is not None
    assert worth.programs == 6  # of the one task that it has not seen
    assert worth.commonest == 0.5
    assert worth.accuracy == 1.0
    assert torch.equal(_weights(student), before)
    seen = student.teach("ask 0:", "xy")
    good, bad = (
        replace(seen, completion_ids=np.array([first, 40]), logprobs=np.zeros(2, np.float32)) for first in (37, 36)
    )
    right, wrong = critic.told([good, bad])
    assert right[-1, PASSED] > 0.5 > wrong[-1, PASSED]


def test_references_count_as_passed(policy: Policy) -> None:
    """Of nothing but failures, a critic would expect nothing else."""
    failing = [Labelled(task.id, (36, 40), Outcome.ERROR, "# it crashes") for task in TASKS]
    schooling = Schooling(epochs=30, batch=16, critic_rate=1e-2)
    student = _student(policy)
    critic, _ = taught_critic(student, TASKS, failing, schooling=schooling, on_step=_nothing)
    (told,) = critic.told([student.teach("ask 9:", "xyz")])
    assert told[-1, PASSED] > 0.5


def test_a_mender_learns_to_answer_a_note_with_the_reference(policy: Policy) -> None:
    student = _student(policy)
    told = render(TASKS[0], student.tokenizer, note="# it crashes")
    answer = [student.teach(told, "xyz")]

    def likelihood() -> float:
        with torch.no_grad():
            return float(student.logprobs(answer).values.sum())

    before = likelihood()
    steps: list[tuple[int, int]] = []
    schooling = Schooling(epochs=4, batch=16, mender_rate=3e-3)
    pairs = taught_mender(student, TASKS, _programs(), schooling=schooling, on_step=lambda *step: steps.append(step))
    assert pairs == 30  # what passes needs no mending
    assert steps == [(number, 8) for number in range(1, 9)]
    assert likelihood() > before + 1


def test_nothing_to_mend_is_no_trouble(policy: Policy) -> None:
    right = [Labelled("t0", (36,), Outcome.PASS)]
    assert taught_mender(_student(policy), TASKS, right, schooling=Schooling(), on_step=_nothing) == 0


def test_a_pair_that_the_model_could_not_see_is_left_out(policy: Policy) -> None:
    long = [Labelled("t0", (36,), Outcome.ERROR, "x" * 200)]
    assert taught_mender(_student(policy), TASKS, long, schooling=Schooling(), on_step=_nothing) == 0


def test_the_same_seed_makes_the_same_critic(policy: Policy) -> None:
    def values(seed: int) -> Any:
        schooling = Schooling(epochs=2, batch=8, seed=seed)
        critic, _ = taught_critic(_student(policy), TASKS, _programs(), schooling=schooling, on_step=_nothing)
        return critic.told([policy.teach("ask 9:", "xyz")])[0][:, PASSED].tolist()

    assert values(0) == values(0) != pytest.approx(values(1), abs=1e-7)


def test_programs_without_tokens_teach_nothing(policy: Policy) -> None:
    empty = [Labelled(task.id, (), Outcome.FAILURE, "# it fails") for task in TASKS]
    critic, worth = taught_critic(_student(policy), TASKS, empty, schooling=Schooling(epochs=1), on_step=_nothing)
    assert worth is None
    assert np.isfinite(critic.told([policy.teach("ask 9:", "xyz")])[0]).all()
