from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from trainer.generation import Backend, GenerationFailed, Generator
from trainer.generation.roles import Roles, Sample
from trainer.generation.schedule import age
from trainer.policy import Policy
from trainer.rollout import Round
from trainer.types import Task


class Held(Backend):
    """Remembers the steps at which it got weights, and one of those weights."""

    tokenizer = None
    token_bytes: Any = None

    def __init__(self) -> None:
        self.loads: list[int] = []
        self.weight = 0.0
        self.broken = False

    def load(self, policy: Policy, step: int) -> None:
        if self.broken:
            raise GenerationFailed("gone")
        self.loads.append(step)
        self.weight = _one(policy)

    def answer(self, tasks: Sequence[Task], **asked: Any) -> None:
        raise AssertionError("rounds are sampled by the caller")

    def close(self) -> None:
        self.loads.append(-1)


def _one(policy: Policy) -> float:
    return float(next(policy.model.parameters()).detach().flatten()[0])


def _move(policy: Policy, value: float) -> None:
    with torch.no_grad():
        next(policy.model.parameters()).flatten()[0] = value


@pytest.fixture
def learner(policy: Policy) -> Policy:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def _sampled(seen: dict[int, tuple[int, float]], number: int) -> Sample:
    def sample(generator: Generator, step: int) -> Round:
        assert isinstance(generator, Held)
        seen[number] = (step, generator.weight)
        return Round((), (), {"step": float(step)})

    return sample


def _run(
    roles: Roles, policy: Policy, *, steps: range, refresh: int = 1, rounds: int = 0
) -> dict[int, tuple[int, float]]:
    """A run whose weights are the number of the step; of each round, the step and the weight it was sampled with."""
    seen: dict[int, tuple[int, float]] = {}
    for step in steps:
        _move(policy, step)
        if step % refresh == 0:
            roles.round(rounds, first=rounds, step=step, sample=_sampled(seen, rounds))
            rounds += 1
            roles.begin(rounds, step=step, sample=_sampled(seen, rounds))
    if roles._begun is not None:
        roles._begun.exception()  # waits
    return seen


def test_without_a_back_end_the_policy_samples_with_the_weights_of_the_moment(learner: Policy) -> None:
    roles = Roles(learner)
    assert roles.generator is learner
    steps = []
    roles.round(7, first=7, step=41, sample=lambda generator, step: steps.append(step) or Round((), ()))  # type: ignore[func-returns-value]
    roles.begin(8, step=41, sample=lambda generator, step: pytest.fail("not ahead"))
    assert steps == [41]
    assert roles.state(step=42, rounds=8) == {}
    roles.restore({})
    roles.close()


@pytest.mark.parametrize(
    ("every", "refresh", "expected"),
    [
        (1, 1, [0, 1, 2, 3, 4, 5]),
        (3, 1, [0, 0, 0, 3, 3, 3]),
        (3, 2, [0, 0, 4]),  # rounds at 0, 2 and 4; at 2 the weights are not yet 3 steps old
        (1, 3, [0, 3]),
    ],
)
def test_new_weights_come_every_so_many_steps(learner: Policy, every: int, refresh: int, expected: list[int]) -> None:
    held = Held()
    seen = _run(Roles(learner, held, every=every), learner, steps=range(6), refresh=refresh)
    assert list(seen.values()) == [(step, float(step)) for step in expected]
    assert held.loads == list(dict.fromkeys(expected))


def test_ahead_a_round_has_the_weights_of_the_round_before(learner: Policy) -> None:
    held = Held()
    roles = Roles(learner, held, ahead=True)
    seen = _run(roles, learner, steps=range(4))
    roles.round(4, first=4, step=4, sample=_sampled(seen, 4))
    assert seen == {0: (0, 0.0), 1: (0, 0.0), 2: (1, 1.0), 3: (2, 2.0), 4: (3, 3.0)}
    # A further round of the same step comes from the same weights, although newer ones are due.
    roles.round(5, first=4, step=4, sample=_sampled(seen, 5))
    assert seen[5] == (3, 3.0)
    roles.close()
    assert held.loads == [0, 1, 2, 3, -1]


def test_ahead_samples_while_the_caller_goes_on(learner: Policy) -> None:
    roles = Roles(learner, Held(), ahead=True)
    going = threading.Event()

    def slow(generator: Generator, step: int) -> Round:
        assert going.wait(timeout=60)
        return Round((), (), {"step": float(step)})

    roles.begin(0, step=3, sample=slow)  # would never return if it waited
    going.set()
    assert roles.round(0, first=0, step=4, sample=slow).seconds == {"step": 3.0}


@pytest.mark.parametrize(("every", "ahead"), [(1, False), (3, False), (1, True), (2, True)])
@pytest.mark.parametrize("stop", range(1, 6))
def test_a_run_that_goes_on_samples_with_the_weights_that_it_would_have_had(
    learner: Policy, every: int, ahead: bool, stop: int
) -> None:
    expected = _run(Roles(learner, Held(), every=every, ahead=ahead), learner, steps=range(7))
    stopped = Roles(learner, Held(), every=every, ahead=ahead)
    before = _run(stopped, learner, steps=range(stop))
    _move(learner, stop)  # the weights of the checkpoint
    state = stopped.state(step=stop, rounds=stop)
    again = Roles(learner, Held(), every=every, ahead=ahead)
    again.restore(state)
    assert _one(learner) == stop
    after = _run(again, learner, steps=range(stop, 7), rounds=stop)
    assert after.keys() >= {stop, 6}  # what was under way is sampled again
    assert {number: before[number] for number in range(stop)} | after == expected


def test_a_checkpoint_holds_old_weights_only_where_they_are_needed(learner: Policy) -> None:
    roles = Roles(learner, Held(), every=3)
    _run(roles, learner, steps=range(2))
    assert set(roles.state(step=2, rounds=2)["weights"]) == {name for name, _ in learner.model.named_parameters()}
    assert roles.state(step=3, rounds=3) == {"step": None, "reserved": None, "weights": None}
    assert roles.state(step=0, rounds=1)["weights"] is None  # those of the checkpoint itself


def test_a_failure_ahead_is_raised_when_the_round_is_due(learner: Policy) -> None:
    held = Held()
    roles = Roles(learner, held, ahead=True)
    held.broken = True
    roles.begin(1, step=0, sample=_sampled({}, 1))
    with pytest.raises(GenerationFailed, match="gone"):
        roles.round(1, first=1, step=1, sample=_sampled({}, 1))


@pytest.mark.parametrize(
    ("refresh", "every", "ahead", "expected"),
    [
        (1, 1, False, 0),
        (4, 1, False, 3),
        (1, 3, False, 2),
        (4, 3, False, 3),
        (4, 6, False, 7),
        (1, 1, True, 1),
        (50, 1, True, 99),
    ],
)
def test_the_age_of_samples(refresh: int, every: int, ahead: bool, expected: int) -> None:
    assert age(refresh=refresh, every=every, ahead=ahead) == expected
