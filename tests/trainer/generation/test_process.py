from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from analyzers.runtime.tests import Asserts
from trainer.generation import GenerationFailed, Generator
from trainer.generation.process import Place, Process
from trainer.policy import Policy
from trainer.types import Rollout, Sampling, Task

TASKS = [
    Task("a", "ab", Asserts(("assert True",))),
    Task("b", "def f(x):", Asserts(("assert True",)), stops=("q",)),
    Task("c", "cd", Asserts(("assert True",))),
]
SHORT = Sampling(0.8, max_new_tokens=12)


def _answers(generator: Generator, *, step: int = 3) -> dict[int, Rollout]:
    found: dict[int, Rollout] = {}
    generator.answer(TASKS, samples=2, sampling=SHORT, seed=5, step=step, on_done=found.__setitem__)
    return found


def _plain(found: dict[int, Rollout]) -> dict[int, tuple[Any, ...]]:
    return {
        index: (each.task_id, each.completion_ids.tolist(), each.logprobs.tolist(), each.prompt_ids.tolist(), each.step)
        for index, each in found.items()
    }


def _trainable(policy: Policy) -> Policy:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


@pytest.fixture(scope="module")
def running(
    llama_model: Any, byte_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Policy, Process]]:
    policy = _trainable(Policy(llama_model, byte_tokenizer))
    generator = Process(policy, Place(), work=tmp_path_factory.mktemp("work"))
    generator.load(policy, 0)
    yield policy, generator
    generator.close()


def test_it_samples_what_the_policy_would_bit_by_bit(running: tuple[Policy, Process]) -> None:
    policy, generator = running
    expected = _plain(_answers(policy))
    assert sorted(expected) == [0, 1, 2, 3, 4, 5]
    assert _plain(_answers(generator)) == expected


def test_it_learns_new_weights_when_it_is_told_and_not_before(running: tuple[Policy, Process]) -> None:
    policy, generator = running
    before = _plain(_answers(policy))
    with torch.no_grad():
        for weight in policy.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)) * 0.05)
    after = _plain(_answers(policy))
    assert after != before
    assert _plain(_answers(generator)) == before
    generator.load(policy, 1)
    assert _plain(_answers(generator)) == after


def test_an_answer_that_broke_off_never_reaches_the_next_one(running: tuple[Policy, Process]) -> None:
    policy, generator = running
    with pytest.raises(ZeroDivisionError):
        generator.answer(TASKS, samples=2, sampling=SHORT, seed=5, on_done=lambda index, rollout: 1 // 0)
    generator.load(policy, 0)
    assert _plain(_answers(generator)) == _plain(_answers(policy))
    assert generator._work is not None
    assert list(generator._work.iterdir()) == []
    process = generator._process
    assert process is not None
    os.kill(process.pid or 0, signal.SIGKILL)
    with pytest.raises(GenerationFailed, match=r"the generator process is gone: signal 9 ended it; .* memory"):
        _answers(generator)


def test_what_fails_over_there_is_one_line_here(policy: Policy, tmp_path: Path) -> None:
    copy = _trainable(policy)
    generator = Process(copy, Place(device="nowhere"), work=tmp_path)
    with pytest.raises(GenerationFailed, match=r"the generator process failed: RuntimeError: .*nowhere"):
        generator.load(copy, 0)
    generator.close()
