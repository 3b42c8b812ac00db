from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from trainer.buffer import Buffer, Staleness
from trainer.types import Experience, Rollout


def _sample(name: str, step: int = 0) -> Experience:
    rollout = Rollout(
        task_id=name,
        prompt_ids=np.array([1, 2]),
        completion_ids=np.array([3, 4, 5]),
        logprobs=np.array([-0.5, -1.0, -2.0], dtype=np.float32),
        completion="é\udc80",
        truncated=True,
        step=step,
    )
    return Experience(rollout, np.array([0.5, -1.0, 0.25], dtype=np.float32))


def _names(samples: list[Experience]) -> list[str]:
    return [sample.rollout.task_id for sample in samples]


def test_on_policy_samples_are_used_once() -> None:
    buffer = Buffer()
    assert buffer.wants_rollouts(0)
    buffer.add([_sample("a"), _sample("b")], step=0)
    assert not buffer.wants_rollouts(0)
    assert _names(buffer.draw(None, step=0, seed=0)) == ["a", "b"]
    assert len(buffer) == 0
    assert buffer.wants_rollouts(1)


def test_the_oldest_are_dropped_first() -> None:
    buffer = Buffer(Staleness(capacity=3, limit=None))
    buffer.add([_sample("a"), _sample("b")], step=0)
    buffer.add([_sample("c", 1), _sample("d", 1)], step=1)
    assert _names(buffer.draw(None, step=1, seed=0)) == ["b", "c", "d"]
    assert len(buffer) == 3


def test_refresh_and_staleness_limit() -> None:
    buffer = Buffer(Staleness(capacity=10, refresh=2, limit=2))
    buffer.add([_sample("old", 0)], step=0)
    assert [buffer.wants_rollouts(step) for step in (0, 1, 2)] == [False, False, True]
    buffer.add([_sample("new", 2)], step=2)
    assert _names(buffer.draw(None, step=2, seed=0)) == ["old", "new"]
    assert _names(buffer.draw(None, step=3, seed=0)) == ["new"]  # "old" is three steps old


def test_rltf_setup_collects_before_the_first_step() -> None:
    buffer = Buffer(Staleness(capacity=6400, refresh=50, limit=None, warmup=6400))
    coming: list[Experience] = []
    rounds = 0
    while buffer.wants_rollouts(0, coming=len(coming) if rounds else None):
        coming += [_sample("a")] * 1600
        rounds += 1
    buffer.add(coming, step=0)
    assert (rounds, len(buffer)) == (4, 6400)
    assert not buffer.wants_rollouts(49)
    assert buffer.wants_rollouts(50)
    assert not buffer.wants_rollouts(50, coming=1600)  # warm: one round is enough
    assert len(buffer.draw(32, step=0, seed=0)) == 32


def test_a_draw_depends_on_seed_and_step_alone() -> None:
    buffer = Buffer(Staleness(capacity=100, limit=None))
    buffer.add([_sample(str(index)) for index in range(100)], step=0)
    first = _names(buffer.draw(8, step=3, seed=1))
    assert first == _names(buffer.draw(8, step=3, seed=1))
    assert len(set(first)) == 8
    assert first != _names(buffer.draw(8, step=4, seed=1))
    assert first != _names(buffer.draw(8, step=3, seed=2))


def test_a_round_without_a_usable_sample_does_not_loop_for_ever() -> None:
    buffer = Buffer()
    buffer.add([], step=0)
    assert not buffer.wants_rollouts(0)
    assert buffer.draw(None, step=0, seed=0) == []


def test_state_survives_a_checkpoint() -> None:
    buffer = Buffer(Staleness(capacity=5, limit=None, refresh=3))
    buffer.add([_sample("a"), _sample("b", 4)], step=4)
    file = io.BytesIO()
    torch.save(buffer.state(), file)
    file.seek(0)
    other = Buffer(buffer.staleness)
    other.restore(torch.load(file, weights_only=True))
    assert not other.wants_rollouts(6)
    assert other.wants_rollouts(7)
    for before, after in zip(buffer.draw(None, step=4, seed=0), other.draw(None, step=4, seed=0), strict=True):
        assert after.rollout.completion == before.rollout.completion
        assert (after.rollout.step, after.rollout.truncated) == (before.rollout.step, before.rollout.truncated)
        for name in ("prompt_ids", "completion_ids", "logprobs"):
            np.testing.assert_array_equal(getattr(after.rollout, name), getattr(before.rollout, name))
            assert getattr(after.rollout, name).dtype == getattr(before.rollout, name).dtype
        np.testing.assert_array_equal(after.advantages, before.advantages)


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": 0}, {"refresh": 0}, {"warmup": 7000}, {"refresh": 3, "limit": 1}, {"limit": -1}],
)
def test_impossible_setups_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"got|staleness limit"):
        Staleness(**wrong)
