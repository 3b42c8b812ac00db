from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source, Status
from rewards.types import Item, Score
from trainer import checkpoint, config
from trainer.config import Config
from trainer.loop import HarnessFailed, Loop
from trainer.policy import Policy
from trainer.recipes import RECIPES
from trainer.rollout import Round
from trainer.types import Task

TASKS = [Task(name, f"prompt {name}", Asserts(("assert True",)), reference="xyz") for name in "abcde"]


class Judge:
    """Programs with many printable letters pass; nothing is left to time or chance."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def submit(self, item: Item) -> Future[Score]:
        future: Future[Score] = Future()
        share = sum(32 < ord(character) < 127 for character in item.completion) / max(1, len(item.completion))
        outcome = Outcome.PASS if share > 0.5 else Outcome.FAILURE
        report = Report("runtime", Status.FAILED, detail="the sandbox is gone")
        score = (
            Score(None, None, Outcome.INFRASTRUCTURE, Source(item.completion), item.completion, (report,))
            if self.broken
            else Score(share, share, outcome, Source(item.completion), item.completion, task_id=item.task_id)
        )
        future.set_result(score)
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)


def _settings(*settings: str) -> Config:
    small = [
        "rollout.tasks=2",
        "rollout.samples=3",
        "rollout.max_new_tokens=6",
        "run.steps=6",
        "optimizer.learning_rate=0.002",
    ]
    named = [setting.removeprefix("algorithm=") for setting in settings if setting.startswith("algorithm=")]
    flags = {"algorithm": named[0]} if named else {}
    return config.load(settings=[*small, *(setting for setting in settings if "." in setting)], flags=flags)


def _loop(policy: Policy, *settings: str, **more: Any) -> Loop:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return Loop(_settings(*settings), copy, TASKS, more.pop("judge", Judge()), **more)


def _advance(loop: Loop) -> tuple[dict[str, Any], tuple[Round, ...]]:
    drawn = loop.sample()
    return loop.learn(drawn), drawn.rounds


def _weights(loop: Loop) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in loop.policy.model.parameters()])


def _deterministic(metrics: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metrics.items() if name != "seconds"}


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("loss.name=clipped", "optimizer.schedule=linear", "optimizer.warmup_steps=2", "optimizer.micro_batch_tokens=40"),
        (
            "advantage.name=rltf", "objective.supervised_weight=1.0", "buffer.capacity=20", "buffer.refresh=2",
            "buffer.warmup=10", 'buffer.staleness="unlimited"', "buffer.batch=4",
        ),
        ("objective.kl_weight=0.1", "objective.entropy_weight=0.01"),
        # Weights that change between the steps of a round, a critic, what was thought at sampling: all in the buffer.
        ("algorithm=ppo", "buffer.refresh=2", "buffer.staleness=1", "objective.importance_cap=2.0"),
        ("algorithm=dapo", "buffer.refresh=2", "buffer.staleness=1"),
        ("curriculum.sampling=learnability", "curriculum.solved=1", "curriculum.hopeless=1", "curriculum.stages=2"),
        ("algorithm=reinforce++",),
        ("algorithm=coderl", "buffer.refresh=2", "buffer.staleness=1"),
        # A target that the weight of the KL penalty is on its way to.
        ("algorithm=ppocoder", "buffer.refresh=2", "buffer.staleness=1", "objective.kl_horizon=20"),
    ],
    ids=["on-policy", "clipped", "rltf-buffer", "anchored", "ppo", "dapo", "curriculum", "reinforce++", "coderl",
         "ppocoder"],
)  # fmt: skip
def test_a_resumed_run_is_the_uninterrupted_one(policy: Policy, tmp_path: Path, settings: tuple[str, ...]) -> None:
    """Weights bit for bit, and every metric that is not a time."""
    reference = policy.frozen_copy()
    whole = _loop(policy, *settings, reference=reference)
    expected = [_deterministic(_advance(whole)[0]) for _ in range(6)]
    assert not torch.equal(_weights(whole), _weights(_loop(policy, reference=reference)))

    first = _loop(policy, *settings, reference=reference)
    found = [_deterministic(_advance(first)[0]) for _ in range(3)]
    saved = checkpoint.save(tmp_path, first.step, state=first.state(), write_model=first.policy.save)
    torch.manual_seed(999)

    second = Loop(_settings(*settings), Policy.load(str(saved / "model")), TASKS, Judge(), reference=reference)
    second.restore(checkpoint.load(saved))
    found += [_deterministic(_advance(second)[0]) for _ in range(3)]
    assert found == expected
    assert torch.equal(_weights(second), _weights(whole))
    assert second.best == whole.best
    assert len(second.buffer) == len(whole.buffer)


def test_on_policy_every_step_has_a_round_of_its_own(policy: Policy) -> None:
    loop = _loop(policy)
    for step in range(3):
        metrics, rounds = _advance(loop)
        assert len(rounds) == 1
        assert metrics["samples"] == 6
        assert metrics["ratio"] == pytest.approx(1.0, abs=1e-3)
        assert {scored.rollout.step for scored in rounds[0].scored} == {step}
        assert set(metrics["seconds"]) == {"generate", "score", "learn"}
    assert (loop.step, loop.rounds, len(loop.buffer)) == (3, 3, 0)


def test_a_buffer_is_warmed_up_and_refreshed(policy: Policy) -> None:
    loop = _loop(
        policy,
        "buffer.capacity=30",
        "buffer.warmup=15",
        "buffer.refresh=2",
        'buffer.staleness="unlimited"',
        "buffer.batch=4",
    )
    rounds = [len(_advance(loop)[1]) for _ in range(4)]
    assert rounds == [3, 0, 1, 0]  # 3 x 6 >= 15, then one every second step
    assert len(loop.buffer) == 24
    metrics, _ = _advance(loop)
    assert metrics["staleness"] > 0


def test_the_rounds_of_a_warm_up_are_not_alike(policy: Policy) -> None:
    loop = _loop(policy, "rollout.tasks=5", "buffer.warmup=30", 'buffer.staleness="unlimited"')
    _, rounds = _advance(loop)
    first, second = ({s.rollout.task_id: s.rollout.completion for s in drawn.scored} for drawn in rounds)
    assert first.keys() == second.keys()
    assert first != second


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_algorithm_runs_and_moves_the_weights(policy: Policy, name: str) -> None:
    loop = _loop(policy, f"algorithm={name}", reference=policy.frozen_copy())
    before = _weights(loop).clone()
    found = [_advance(loop)[0] for _ in range(3)]
    assert all(metrics["skipped_update"] == 0 for metrics in found)
    assert not torch.equal(_weights(loop), before)
    if loop.buffer.staleness.refresh > 1:
        assert [metrics["staleness"] for metrics in found] == [0.0, 1.0, 2.0]
    if "clip_low" in RECIPES[name].settings["loss"]:
        assert all(0 <= metrics["clip_fraction"] <= 1 for metrics in found)


class Onesided(Judge):
    """Everything passes, but for tasks in which one sample fails."""

    def __init__(self, mixed: str) -> None:
        super().__init__()
        self.mixed = mixed

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        failing = [0] if scores[0].task_id in self.mixed else []
        return [replace(score, base=0.0 if place in failing else 1.0) for place, score in enumerate(scores)]


@pytest.mark.parametrize("rule", ["alike", "silent"])
def test_groups_that_say_nothing_are_replaced(policy: Policy, rule: str) -> None:
    """One task of five has contrast, rounds have two: three rounds see all five tasks."""
    settings = (f"rollout.replace={rule}", "rollout.extra_rounds=2", "rollout.tasks=2")
    loop = _loop(policy, *settings, judge=Onesided("c"))
    drawn = loop.sample()
    assert len(drawn.rounds) == 3
    told = {sample.rollout.task_id for sample in drawn.samples}
    met = [task.id for collected in drawn.rounds for task in collected.tasks]
    assert told == {"c"}
    assert set(met) == set("abcde")
    metrics = loop.learn(drawn)
    assert (metrics["replaced_groups"], metrics["extra_rollouts"], loop.rounds) == (6 - met.count("c"), 12, 3)


def test_no_more_is_sampled_than_is_needed(policy: Policy) -> None:
    loop = _loop(policy, "rollout.replace=alike", "rollout.tasks=2", judge=Onesided("abcde"))
    metrics, rounds = _advance(loop)
    assert (len(rounds), metrics["replaced_groups"], metrics["extra_rollouts"]) == (1, 0, 0)
    # Four of five tasks: the round with the fifth needs one more, of which one group is too many.
    loop = _loop(policy, "rollout.replace=alike", "rollout.tasks=2", judge=Onesided("abcd"))
    drawn = [loop.sample()]
    while len(drawn[-1].rounds) == 1:
        loop.learn(drawn[-1])
        drawn.append(loop.sample())
    assert len(drawn[-1].samples) == 6


def test_replacing_has_an_end(policy: Policy) -> None:
    """No task has any contrast: after the extra rounds the step goes without, and the weights stay."""
    loop = _loop(policy, "rollout.replace=silent", "rollout.extra_rounds=2", judge=Onesided(""))
    before = _weights(loop).clone()
    metrics, rounds = _advance(loop)
    assert (len(rounds), metrics["replaced_groups"], metrics["skipped_update"]) == (3, 6, 1)
    assert torch.equal(_weights(loop), before)


def test_a_run_without_verdicts_stops_and_says_why(policy: Policy) -> None:
    loop = _loop(policy, judge=Judge(broken=True))
    before = _weights(loop).clone()
    for _ in range(2):
        metrics, _ = _advance(loop)
        assert metrics["infrastructure"] == 6
        assert metrics["skipped_update"] == 1
    with pytest.raises(HarnessFailed, match=r"3 rounds in a row .* the sandbox is gone"):
        _advance(loop)
    assert torch.equal(_weights(loop), before)


def test_sampling_may_break_off_anywhere(policy: Policy) -> None:
    """Also in the second of two rounds; afterwards the step is the one that was never disturbed."""
    settings = ("rollout.tasks=5", "buffer.warmup=30", 'buffer.staleness="unlimited"', "advantage.name=rltf")

    class Interrupting(Judge):
        left = 20

        def submit(self, item: Item) -> Future[Score]:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return super().submit(item)

    loop, whole = _loop(policy, *settings, judge=Interrupting()), _loop(policy, *settings)
    with pytest.raises(KeyboardInterrupt):
        _advance(loop)
    assert (loop.step, loop.rounds, len(loop.buffer), loop.best) == (0, 0, 0, {})
    for _ in range(2):
        assert _deterministic(_advance(loop)[0]) == _deterministic(_advance(whole)[0])
    assert torch.equal(_weights(loop), _weights(whole))


def test_an_offline_run_learns_from_what_the_first_model_sampled(policy: Policy) -> None:
    loop = _loop(
        policy, "buffer.refresh=never", "buffer.warmup=12", "buffer.capacity=12", 'buffer.staleness="unlimited"',
        "buffer.batch=4",
    )  # fmt: skip
    metrics = [_advance(loop)[0] for _ in range(4)]
    assert [loop.rounds, len(loop.buffer)] == [2, 12]  # 2 rounds of 2 tasks with 3 samples each
    assert ["samples" in step for step in metrics] == [True, False, False, False]
    assert [step["staleness"] for step in metrics] == [0.0, 1.0, 2.0, 3.0]


def test_learning_has_threads_of_its_own(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    loop = _loop(policy, "model.threads=2", "objective.kl_weight=0.1", reference=policy.frozen_copy())
    for name, owner in (("generate", loop.policy), ("believe", loop.learner), ("step", loop.learner)):
        monkeypatch.setattr(owner, name, _noting(getattr(owner, name), name, seen))
    _advance(loop)
    assert seen == {"generate": 1, "believe": 2, "step": 2}
    assert torch.get_num_threads() == 1


def _noting(function: Any, name: str, seen: dict[str, int]) -> Any:
    def noted(*given: Any, **options: Any) -> Any:
        seen[name] = torch.get_num_threads()
        return function(*given, **options)

    return noted
