"""SpanGRPOTrainer on TRL itself: what reaches the loss, the gradient token by token, and what is refused."""

import inspect
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("trl", reason="needs TRL: pip install 'spanwise[trl]'")

import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

import rewards
from analyzers.runtime.tests import to_json
from analyzers.types import Diagnostic, Kind, Outcome, Severity, Source, Span
from rewards.adapters import span_grpo
from rewards.adapters.sampled import Charged
from rewards.adapters.trl import SeamMoved, SpanGRPOTrainer, spanwise_reward
from rewards.types import Charge, Score
from trainer import weights
from trainer.tasks import load

pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("ignore::FutureWarning")]

AMOUNT = -0.25


@pytest.fixture(scope="module")
def rows():
    return [
        {"prompt": task.prompt, "prefix": task.prefix, "tests": json.dumps(to_json(task.tests))}
        for task in load("builtin", "train")[:4]
    ]


@pytest.fixture
def stubbed(monkeypatch):
    """Scores without analysers: each second completion is worth 1, the others -1; its first byte costs AMOUNT.

    The very last one is one that the harness failed to judge.
    """
    signature = inspect.signature(rewards.score_batch)

    def score_batch(items, **_):
        return [_score(item.completion, row, last=row == len(items) - 1) for row, item in enumerate(items)]

    score_batch.__signature__ = signature
    monkeypatch.setattr(rewards, "score_batch", score_batch)


def _score(text, row, *, last):
    finding = Diagnostic("pylint", "unused-variable", Severity.LOW, "unused", Span(0, 1), Kind.STYLE)
    base = None if last else 1.0 if row % 2 else -1.0
    return Score(
        value=None if base is None else base + AMOUNT,
        base=base,
        outcome=Outcome.INFRASTRUCTURE if last else Outcome.PASS if row % 2 else Outcome.FAILURE,
        source=Source(text),
        completion=text,
        charges=(Charge(finding, Span(0, 1), AMOUNT),),
    )


def config(folder, **changes):
    return GRPOConfig(
        **{
            "output_dir": str(folder),
            "max_steps": 2,
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_completion_length": 24,
            "learning_rate": 1e-3,
            "temperature": 1.0,
            "logging_steps": 1,
            "report_to": "none",
            "save_strategy": "no",
            "disable_tqdm": True,
            "use_cpu": True,
            "bf16": False,
            "gradient_checkpointing": False,
            **changes,
        }
    )


def build(kind, rows, folder, *, reward=None, changes=None, **options):
    model, tokenizer = weights.load("tiny")
    return kind(
        model,
        reward or spanwise_reward(analyzers=["runtime", "pyflakes"], workers=1),
        config(folder, **(changes or {})),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        **options,
    )


def batch_of(trainer, rows):
    """A scored batch of two groups of four."""
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    return trainer._generate_and_score_completions([rows[group] for group in (0, 1) for _ in range(4)])


def outcome_advantages():
    """By hand: groups (-1, 1, -1, 1) and (-1, 1, -1, None), TRL's sample deviation and its 1e-4."""
    first, second = math.sqrt(4 / 3) + 1e-4, math.sqrt(8 / 9 + 16 / 9) / math.sqrt(2) + 1e-4
    low, high = (-1 + 1 / 3) / second, (1 + 1 / 3) / second
    return [-1 / first, 1 / first, -1 / first, 1 / first, low, high, low, 0.0]


def test_the_charge_is_added_to_the_advantage_of_its_tokens(rows, tmp_path, stubbed):
    trainer = build(SpanGRPOTrainer, rows, tmp_path, dense_weight=0.5)
    output = batch_of(trainer, rows)
    ids, advantages = output["completion_ids"], output["advantages"]
    assert advantages.shape == ids.shape
    for row, outcome in enumerate(outcome_advantages()):
        # The charge has no length compensation (alpha_cap 1), and the first token alone holds the first byte.
        first = outcome + (0.5 * AMOUNT if row < 7 else 0.0)
        assert advantages[row, 0].item() == pytest.approx(first, abs=1e-5), row
        assert advantages[row, 1:].tolist() == pytest.approx([outcome] * (ids.shape[1] - 1), abs=1e-5), row


@pytest.mark.parametrize("loss_type", ["grpo", "dr_grpo", "bnpo", "dapo", "cispo", "sapo"])
def test_the_gradient_differs_on_the_charged_tokens_and_on_no_other(rows, tmp_path, stubbed, loss_type):
    trainer = build(SpanGRPOTrainer, rows, tmp_path, changes={"loss_type": loss_type, "beta": 0.04})
    output = batch_of(trainer, rows)
    charged = torch.zeros_like(output["completion_mask"], dtype=torch.bool)
    charged[:7, 0] = True
    outcomes = torch.tensor(outcome_advantages())
    plain = gradients(trainer, {**output, "advantages": outcomes})
    dense = gradients(trainer, output)
    assert torch.isfinite(dense).all()
    assert (plain[charged] - dense[charged]).abs().min() > 1e-5
    torch.testing.assert_close(plain[~charged], dense[~charged], rtol=0, atol=1e-7)
    assert dense[output["completion_mask"] == 0].abs().max() == 0


def gradients(trainer, batch):
    """[B, T] of the loss by the log-probabilities of the sampled tokens."""
    kept = []
    inner = trainer._get_per_token_logps_and_entropies

    def spy(*arguments, **options):
        found = inner(*arguments, **options)
        found[0].retain_grad()
        kept.append(found[0])
        return found

    trainer._get_per_token_logps_and_entropies = spy
    try:
        trainer._compute_loss(trainer.model, batch).backward()
    finally:
        trainer._get_per_token_logps_and_entropies = inner
    trainer.model.zero_grad()
    return kept[-1].grad


def test_the_plain_trainer_gets_the_value_and_the_same_reward_object_serves_both(rows, tmp_path, stubbed):
    reward = spanwise_reward(workers=1)
    dense = build(SpanGRPOTrainer, rows, tmp_path, reward=reward)
    plain = build(GRPOTrainer, rows, tmp_path, reward=reward)
    assert batch_of(plain, rows)["advantages"].shape == (8,)
    batch_of(dense, rows)
    means = [trainer._metrics["train"]["rewards/spanwise/mean"][-1] for trainer in (dense, plain)]
    assert means == pytest.approx([-1 / 7, -1 / 7 + AMOUNT])


def test_it_trains_on_programs_that_run(rows, tmp_path):
    trainer = build(SpanGRPOTrainer, rows, tmp_path, changes={"max_completion_length": 64})
    before = {name: weight.clone() for name, weight in trainer.model.named_parameters()}
    trainer.train()
    assert trainer.state.global_step == 2
    steps = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert len(steps) == 2
    for step in steps:
        assert np.isfinite([step["loss"], step["grad_norm"], step["reward"]]).all()
        assert step["grad_norm"] > 0
        assert step["spanwise/infrastructure"] == 0
        assert step["spanwise/base"] == pytest.approx(step["reward"], abs=1e-5)
        mix = [value for name, value in step.items() if name.startswith("spanwise/outcome/")]
        assert sum(mix) == pytest.approx(1)
    assert sum(step["spanwise/charged_tokens"] for step in steps) > 0
    assert any((weight != before[name]).any() for name, weight in trainer.model.named_parameters())


def test_conversations_are_scored_and_charged(rows, tmp_path, stubbed):
    chats = [{**row, "prompt": [{"role": "user", "content": row["prompt"]}]} for row in rows]
    model, tokenizer = weights.load("tiny")
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    trainer = SpanGRPOTrainer(
        model,
        [lambda completions, **_: [0.0] * len(completions), spanwise_reward()],
        config(tmp_path),
        train_dataset=Dataset.from_list(chats),
        processing_class=tokenizer,
    )
    output = batch_of(trainer, chats)
    first, rest = output["advantages"][:7, 0], output["advantages"][:7, 1]
    torch.testing.assert_close(first - rest, torch.full((7,), AMOUNT))


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"loss_type": "luspo"}, {}, "loss_type 'luspo' weighs whole sequences.*use grpo, dr_grpo"),
        ({"loss_type": "vespo"}, {}, "loss_type 'vespo' weighs whole sequences"),
        ({"importance_sampling_level": "sequence"}, {}, "must be 'token' with advantages per token, got 'sequence'"),
        ({"off_policy_mask_threshold": 0.5}, {}, "off_policy_mask_threshold takes one advantage per sequence"),
        ({}, {"tools": [len]}, "needs completions of one turn: leave tools out"),
        ({}, {"dense_weight": -1.0}, "dense_weight must be a number from 0 up, got -1.0"),
        ({}, {"dense_weight": math.nan}, "dense_weight must be a number from 0 up, got nan"),
        ({}, {"reward": print}, r"one of reward_funcs must be a spanwise_reward\(...\), 0 of 1 are"),
    ],
)
def test_what_cannot_take_advantages_per_token_is_refused(rows, tmp_path, changes, options, message):
    with pytest.raises(ValueError, match=message):
        build(SpanGRPOTrainer, rows, tmp_path, changes=changes, **options)


def test_two_rewards_of_spanwise_are_one_too_many(tmp_path):
    with pytest.raises(ValueError, match="2 of 2 are"):
        SpanGRPOTrainer("no model is loaded", [spanwise_reward(), spanwise_reward(name="other")], config(tmp_path))


def test_the_installed_trl_has_the_seam():
    span_grpo.check_seam(GRPOTrainer)


class _NoMethod:
    def _compute_loss(self, model, inputs): ...


class _OtherArguments(_NoMethod):
    def _generate_and_score_completions(self, inputs, generations): ...


class _OtherShape:
    def _generate_and_score_completions(self, inputs): ...

    def _compute_loss(self, model, inputs):
        return inputs["advantages"].unsqueeze(1)


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        (_NoMethod, "_NoMethod has no _generate_and_score_completions; expected one"),
        (_OtherArguments, r"takes \(self, inputs, generations\); expected \(self, inputs\)"),
        (_OtherShape, r"_compute_loss does not tell advantages \[B, T\] from \[B\]"),
    ],
)
def test_a_seam_that_moved_is_told_at_construction(monkeypatch, moved, message):
    monkeypatch.setattr(span_grpo, "GRPOTrainer", moved)
    with pytest.raises(SeamMoved, match=message) as raised:
        SpanGRPOTrainer("no model is loaded", spanwise_reward())
    assert str(raised.value).startswith("trl 1.")
    assert "Tested with trl 1.14.2, 1.16.0: install one of them" in str(raised.value)


def output_of(ids, **changes):
    return {"completion_ids": torch.tensor(ids), "advantages": torch.zeros(len(ids)), **changes}


def test_dense_terms_are_padded_like_the_completions():
    charged = [
        Charged(np.array([5, 6]), np.array([0.0, -1.0]), np.array([False, True])),
        Charged(np.array([7]), np.array([-2.0])),
    ]
    dense, credited = span_grpo.padded(charged, output_of([[5, 6, 0], [7, 0, 0]]))
    assert dense.tolist() == [[0, -1, 0], [-2, 0, 0]]
    assert credited.tolist() == [[0, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (output_of([[8]]), "completion 0 has other ids than the reward function was given"),
        (output_of([[7], [7]]), r"completion_ids \(2, 1\) and advantages \(2,\); expected \[1, T\] and \[1\]"),
        (output_of([[7]], advantages=torch.zeros(1, 1)), r"advantages \(1, 1\); expected"),
        (output_of([[7]], tool_mask=torch.ones(1, 1)), "more than one turn"),
    ],
)
def test_an_output_of_other_completions_is_never_charged(output, message):
    with pytest.raises(SeamMoved, match=message):
        span_grpo.padded([Charged(np.array([7]), np.array([-2.0]))], output)


def test_the_trainer_overrides_one_method_of_trl():
    own = {name for name, value in vars(SpanGRPOTrainer).items() if callable(value)}
    assert own & set(dir(GRPOTrainer)) - {"__init__"} == {"_generate_and_score_completions"}


def test_the_example_runs():
    example = Path(__file__).resolve().parents[3] / "examples/trl_grpo.py"
    command = [sys.executable, str(example), "--steps", "1"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert "step   1  reward" in done.stdout
    assert "advantage  token" in done.stdout


def test_settings_that_a_config_does_not_have_are_left_alone():
    span_grpo.refuse_sequences(SimpleNamespace(), {})
    span_grpo.refuse_sequences(None, {})
