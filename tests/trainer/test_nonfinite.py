from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from analyzers.types import Source
from rewards.types import Outcome, Score
from trainer import nonfinite
from trainer.nonfinite import NotFinite
from trainer.types import Experience, Rollout, Scored


def _rollout(task: str, logprobs: list[float]) -> Rollout:
    ids = np.arange(len(logprobs))
    return Rollout(task, np.array([5]), ids, np.array(logprobs, dtype=np.float32), f"x = {task}", False, step=3)


def _sample(task: str, logprobs: list[float], advantages: list[float]) -> Experience:
    return Experience(_rollout(task, logprobs), np.array(advantages, dtype=np.float32))


SAMPLES = [
    _sample("a", [-1.0, -2.0], [0.5, 0.5]),
    _sample("b", [-1.0], [float("nan")]),
    _sample("b", [-1.0, -1.0, -1.0], [0.0, float("inf"), 0.0]),
    *(_sample(name, [-1.0], [0.0]) for name in "cde"),
]
LOGPROBS = torch.zeros(6, 3)


def test_finite_losses_pass_and_terms_that_cancel_out_are_none_of_its_business() -> None:
    nonfinite.check(torch.tensor(1.0), {"ratio": torch.tensor(np.inf)}, SAMPLES, LOGPROBS)


def test_the_line_says_which_term_which_tasks_and_what_else() -> None:
    with pytest.raises(NotFinite) as raised:
        nonfinite.check(
            torch.tensor(np.nan), {"policy_loss": torch.tensor(np.nan), "kl": torch.tensor(0.5)}, SAMPLES, LOGPROBS
        )
    assert str(raised.value) == (
        "the loss of 6 samples is no number (policy_loss = nan); tasks: a, b, c and 2 more; tokens: 1 to 3; "
        "advantages are no numbers in 2 of 6, first for b"
    )


def test_the_generator_is_suspected_before_what_follows_from_it() -> None:
    broken = [_sample("a", [float("-inf")], [float("nan")])]
    assert "log-probs of the generator are no numbers in 1 of 1" in str(NotFinite({}, broken, torch.zeros(1, 1)))
    learner = NotFinite({}, [_rollout("a", [-1.0])], torch.tensor([[np.nan]]))
    assert "log-probs under the weights of now are no numbers" in str(learner)
    assert "the sum of its terms" in str(learner)


def test_the_batch_is_kept_with_rewards_as_far_as_they_are_known(tmp_path: Path) -> None:
    error = NotFinite({"policy_loss": float("nan")}, SAMPLES[:2], torch.tensor([[-1.0, -2.0], [np.inf, 0.0]]))
    score = Score(float("nan"), 0.25, Outcome.FAILURE, Source("x"), "x", ())
    place = nonfinite.save(error, tmp_path, step=7, scored=[Scored(SAMPLES[1].rollout, score, np.zeros(1))])
    assert place == tmp_path / "not-finite-000007.json"
    found = json.loads(place.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["terms"] == {"policy_loss": "nan"}
    first, second = found["samples"]
    assert (first["task_id"], first["reward"], first["advantages"]) == ("a", None, [0.5, 0.5])
    assert (first["logprobs"], first["sampled_at_step"]) == ([-1.0, -2.0], 3)
    assert (second["reward"], second["reward_outcome"], second["advantages"]) == (None, 0.25, [None])
    assert second["logprobs"] == [None]
    assert second["completion"] == "x = b"


def test_weights_are_numbers_or_not() -> None:
    assert nonfinite.numbers([torch.ones(2), torch.zeros(0)])
    assert not nonfinite.numbers([torch.ones(2), torch.tensor([1.0, np.inf])])
