from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from analyzers.runtime.tests import Asserts
from rewards.types import Outcome, Score, Source
from trainer import advantages
from trainer.advantages import AdvantageInputs, TokenAdvantages
from trainer.experience import Shaping, alike, experiences, overlong_penalty, silent
from trainer.rollout import Round
from trainer.types import Beliefs, Experience, Rollout, Scored, Task

ALL = sorted(set(advantages.ADVANTAGES.names()))


def _scored(
    task: str,
    base: float | None,
    *,
    dense: tuple[float, ...] = (0.0, 0.0),
    outcome: Outcome = Outcome.FAILURE,
    truncated: bool = False,
) -> Scored:
    length = len(dense)
    ids, logprobs = np.arange(5, 5 + length), np.full(length, -1.0, dtype=np.float32)
    rollout = Rollout(task, np.array([2]), ids, logprobs, "ab", truncated)
    return Scored(rollout, Score(base, base, outcome, Source("ab"), "ab"), np.array(dense))


def _round(*groups: tuple[Scored, ...]) -> Round:
    tasks = tuple(Task(group[0].rollout.task_id, "prompt", Asserts(("assert True",))) for group in groups)
    return Round(tasks, groups)


def _told(collected: Round, name: str, *, options: dict[str, Any] | None = None, **shaping: Any) -> list[Experience]:
    """All groups in a row, without a critic."""
    bound = advantages.bind(name, **(options or {}))
    return [
        sample
        for group in experiences(collected, advantage=bound, best={}, shaping=Shaping(**shaping))
        for sample in group
    ]


def _beliefs(kl: list[float] | None = None, values: list[float] | None = None) -> Beliefs:
    def array(found: list[float] | None) -> NDArray[np.float32] | None:
        return None if found is None else np.array(found, dtype=np.float32)

    return Beliefs(kl=array(kl), values=array(values))


def test_outcome_advantage_first_then_the_dense_term() -> None:
    # Group a: outcomes 1 and 0, RLOO: +1 and -1; the second is charged (-0.4, 0), scaled by 0.5: -1.2 and -1.
    drawn = _round((_scored("a", 1.0), _scored("a", 0.0, dense=(-0.4, 0.0))))
    samples = _told(drawn, "rloo", dense_weight=0.5)
    assert_allclose([sample.advantages for sample in samples], [[1.0, 1.0], [-1.2, -1.0]], rtol=1e-6)


def test_what_the_harness_failed_to_judge_is_left_out() -> None:
    # The mean of the group is that of the judged two: with the third as 0 it would be 1/3, not 1/2.
    drawn = _round((_scored("a", 1.0), _scored("a", None, outcome=Outcome.INFRASTRUCTURE), _scored("a", 0.0)))
    samples = _told(drawn, "grpo", options={"std": False})
    assert_allclose([sample.advantages[0] for sample in samples], [0.5, -0.5])


@pytest.mark.parametrize("name", ALL)
def test_a_group_that_nobody_could_judge_contributes_nothing(name: str) -> None:
    lost = (_scored("b", None, dense=(-9.0, -9.0)), _scored("b", None))
    judged = (_scored("a", 1.0), _scored("a", 0.0, dense=(-0.4, 0.0, 0.0)))
    bound = advantages.bind(name)

    def told(*groups: tuple[Scored, ...]) -> list[list[Experience]]:
        drawn = _round(*groups)
        # Of the lost ones the critic has an opinion, and they left the reference far behind.
        beliefs = [_beliefs(kl=[9.0] * len(s.dense), values=[0.5] * len(s.dense)) for s in drawn.scored]
        return experiences(drawn, advantage=bound, best={}, shaping=Shaping(kl_weight=0.1), beliefs=beliefs)

    nothing, found = told(lost, judged)
    (alone,) = told(judged)
    assert nothing == []
    for one, other in zip(found, alone, strict=True):
        assert_allclose(one.advantages, other.advantages)
    assert told(lost) == [[]]


def test_the_greedy_answer_is_the_baseline_and_no_sample() -> None:
    """By hand: 1 and -0.6 above -0.3, and half of the charge. A timeout counts as an error, the second of the classes."""
    passed = _scored("a", 1.0, outcome=Outcome.PASS, dense=(-0.4, 0.0))
    late = _scored("a", -0.6, outcome=Outcome.TIMEOUT)
    drawn = replace(_round((passed, late)), greedy=(_scored("a", -0.3),))
    ((first, second),) = experiences(drawn, advantage=advantages.bind("greedy"), best={}, shaping=Shaping(0.5))
    assert_allclose(first.advantages, [1.3 - 0.2, 1.3], rtol=1e-6)
    assert_allclose(second.advantages, [-0.3, -0.3], rtol=1e-6)
    assert (first.outcome, second.outcome) == (3, 1)


def test_a_greedy_answer_that_nobody_could_judge_is_no_baseline() -> None:
    """The mean of the group, 0.4, stands in for it; the other task keeps its own, -1."""
    drawn = _round((_scored("a", 1.0), _scored("a", -0.2)), (_scored("b", -1.0), _scored("b", -0.3)))
    lost = _scored("a", None, outcome=Outcome.INFRASTRUCTURE)
    drawn = replace(drawn, greedy=(lost, _scored("b", -1.0)))
    samples = _told(drawn, "greedy")
    assert_allclose([sample.advantages[0] for sample in samples], [0.6, -0.6, 0.0, 0.7], rtol=1e-6)


def test_groups_are_those_of_the_round_also_when_a_task_comes_twice() -> None:
    drawn = _round((_scored("a", 1.0), _scored("a", 1.0)), (_scored("a", 0.0), _scored("a", 0.0)))
    assert not any(sample.advantages.any() for sample in _told(drawn, "rloo"))


def test_charges_in_unsolved_groups_only() -> None:
    solved = (_scored("a", 1.0, outcome=Outcome.PASS), _scored("a", 1.0, dense=(-0.4, 0.0)))
    unsolved = (_scored("b", 0.0, dense=(-0.4, 0.0)), _scored("b", 0.0))
    samples = _told(_round(solved, unsolved), "rloo", dense_in_unsolved_only=True)
    assert_allclose([sample.advantages[0] for sample in samples], [0.0, 0.0, -0.4, 0.0])


@pytest.mark.parametrize("name", ["rloo", "reinforce++", "gae"])
def test_the_outcome_is_withheld_from_tokens_that_it_says_nothing_of(name: str) -> None:
    """The second token was never run: it keeps its own charge, -0.4 times 0.5, whatever the outcome."""
    first = replace(_scored("a", 1.0, dense=(0.0, -0.4)), credited=np.array([True, False]))
    drawn = _round((first, _scored("a", -1.0)))
    beliefs = [_beliefs(values=[0.1, 0.2])] * 2
    ((sample, _),) = experiences(
        drawn, advantage=advantages.bind(name), best={}, shaping=Shaping(dense_weight=0.5), beliefs=beliefs
    )
    assert sample.advantages[0] > 0.5
    assert sample.advantages[1] == pytest.approx(-0.2)


def test_an_empty_completion_has_an_outcome_but_no_tokens() -> None:
    """Nothing was thought of it; its group hears of it all the same."""
    drawn = _round((_scored("a", -1.0, dense=()), _scored("a", 1.0)))
    bound = advantages.bind("gae", lam=1.0, whiten=False)
    ((empty, other),) = experiences(drawn, advantage=bound, best={}, beliefs=[Beliefs(), _beliefs(values=[0.0, 0.5])])
    assert len(empty.advantages) == 0
    assert_allclose(other.advantages, [1.0, 0.5])
    assert_allclose([sample.advantages[:1].sum() for sample in _told(drawn, "rloo")], [0.0, 2.0])


def test_the_kl_penalty_is_taken_off_the_reward() -> None:
    # 1 - 2 (0.1 + 0.2) = 0.4 against 0 - 0: RLOO says +-0.4.
    drawn = _round((_scored("a", 1.0), _scored("a", 0.0)))
    ((first, second),) = experiences(
        drawn,
        advantage=advantages.bind("rloo"),
        best={},
        shaping=Shaping(kl_weight=2.0),
        beliefs=[_beliefs(kl=[0.1, 0.2]), _beliefs(kl=[0.0, 0.0])],
    )
    assert_allclose([first.advantages, second.advantages], [[0.4, 0.4], [-0.4, -0.4]], rtol=1e-6)


def test_functions_that_tell_tokens_apart_see_all_of_them() -> None:
    """Rows of unlike length, charges weighed, penalties weighed, and what comes back is cut to its length."""
    seen: list[AdvantageInputs] = []

    def spy(inputs: AdvantageInputs) -> TokenAdvantages:
        seen.append(inputs)
        return TokenAdvantages(np.arange(6.0).reshape(2, 3), np.full((2, 3), 7.0))

    drawn = _round((_scored("a", 1.0, dense=(-0.4, 0.0, 0.0)), _scored("a", 0.5, dense=(0.0,))))
    beliefs = [_beliefs([0.1, 0.0, 0.0], [1.0, 2.0, 3.0]), _beliefs([0.2], [4.0])]
    shaping = Shaping(dense_weight=0.5, kl_weight=2.0)
    ((first, second),) = experiences(drawn, advantage=spy, best={"a": 0.25}, shaping=shaping, beliefs=beliefs)
    (inputs,) = seen
    tokens = inputs.tokens
    assert tokens is not None
    assert_allclose(inputs.rewards, [0.8, 0.1])
    assert_allclose(inputs.best, [0.25, 0.25])
    assert_allclose(tokens.outcome, [1.0, 0.5])
    assert_allclose(tokens.dense, [[-0.2, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert_allclose(tokens.kl, [[0.2, 0.0, 0.0], [0.4, 0.0, 0.0]], rtol=1e-6)
    assert tokens.mask.tolist() == tokens.credited.tolist() == [[True, True, True], [True, False, False]]
    assert tokens.values is not None
    assert_allclose(tokens.values, [[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]])
    assert_allclose(first.advantages, [0.0, 1.0, 2.0])
    assert_allclose(second.advantages, [3.0])
    assert second.returns is not None
    assert_allclose(second.returns, [7.0])
    assert second.beliefs is beliefs[1]


@pytest.mark.parametrize(
    ("length", "penalty"), [(3, 0.0), (8, 0.0), (9, -0.5), (10, -1.0)]  # of 10, the last 2 rise from 0 to 1
)  # fmt: skip
def test_the_price_of_length(length: int, penalty: float) -> None:
    assert overlong_penalty(length, limit=10, share=0.2) == pytest.approx(penalty)


def test_completions_that_were_cut_off() -> None:
    drawn = _round((_scored("a", 1.0, dense=(0.0,)), _scored("a", 0.0, dense=(0.0, 0.0), truncated=True)))
    kept = _told(drawn, "rloo", token_limit=2)
    assert_allclose([sample.advantages[0] for sample in kept], [1.0, -1.0])
    # Left out of the loss, but still what the other one is compared with.
    (dropped,) = _told(drawn, "rloo", token_limit=2, overlong="drop")
    assert_allclose(dropped.advantages, [1.0])
    # The last half of two tokens is priced: 0 for a length of 1, -1 for 2. So 1 against 0 - 1.
    punished = _told(drawn, "rloo", token_limit=2, overlong="punish", overlong_share=0.5)
    assert_allclose([sample.advantages[0] for sample in punished], [2.0, -2.0])


def test_groups_that_say_nothing() -> None:
    same, charged = (_scored("a", 0.0), _scored("a", 0.0)), (_scored("b", 0.0), _scored("b", 0.0, dense=(-0.4, 0.0)))
    lost, mixed = (_scored("c", None), _scored("c", 1.0)), (_scored("d", 0.0), _scored("d", 1.0))
    drawn = _round(same, charged, lost, mixed)
    told = experiences(drawn, advantage=advantages.bind("grpo"), best={}, shaping=Shaping(dense_weight=1.0))
    assert [alike(group) for group in drawn.groups] == [True, True, True, False]
    assert [silent(group) for group in told] == [True, False, True, False]
    assert silent([])


def test_the_default_is_the_plain_sum() -> None:
    drawn = _round((_scored("a", 1.0, dense=(-0.4, 0.0)),))
    bound: Callable[[AdvantageInputs], Any] = advantages.bind("rltf")
    ((sample,),) = experiences(drawn, advantage=bound, best={})
    assert_allclose(sample.advantages, [0.6, 1.0], rtol=1e-6)
