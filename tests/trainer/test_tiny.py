from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer
from typer.testing import CliRunner

from rewards import Scorer
from trainer import tiny
from trainer.evaluate import evaluate
from trainer.policy import Policy
from trainer.slips import Example
from trainer.tasks import builtin
from trainer.tiny import Batch, Schedule, Shape
from trainer.types import Sampling

SHIPPED = Path(tiny.__file__).parent / "tiny_model"
SMALL = ("--steps", "4", "--batch", "2", "--hidden", "32", "--layers", "1")


@cache
def shipped_tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(SHIPPED)


@pytest.fixture
def tokenizer() -> Any:
    return shipped_tokenizer()


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(tiny.command)
    return CliRunner().invoke(app, arguments)


def test_the_shipped_folder_is_small_and_whole() -> None:
    files = {path.name: path.stat().st_size for path in SHIPPED.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= set(files)
    assert sum(files.values()) < 8_000_000


def test_the_shipped_model_loads_as_any_other(tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(SHIPPED)
    assert type(model).__name__ == "LlamaForCausalLM"
    assert 700_000 * 0.9 < sum(weight.numel() for weight in model.parameters()) < 3_000_000
    assert model.config.vocab_size == len(tokenizer)
    assert (tokenizer.pad_token, tokenizer.bos_token, tokenizer.eos_token) == (tiny.PAD, tiny.BOS, tiny.EOS)
    assert model.config.eos_token_id == model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert len({tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id}) == 3


def test_prompts_and_references_come_back_from_their_tokens(tokenizer: Any) -> None:
    for task in builtin.tasks("test", count=100):
        prompt, completion = tokenizer(task.prompt).input_ids, tokenizer(task.reference).input_ids
        assert tokenizer.decode(prompt) == task.prompt
        assert tokenizer.decode(prompt + completion) == task.prompt + (task.reference or "")
        assert len(prompt) + len(completion) < 100  # words of the family are tokens, not letters


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_any_text_comes_back_from_its_tokens(text: str) -> None:
    tokenizer = shipped_tokenizer()
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_the_shipped_model_knows_held_out_tasks_and_has_more_to_learn() -> None:
    tasks = builtin.tasks("test", count=60)
    with Scorer(("runtime",), workers=1) as scorer:
        found = evaluate(
            Policy.load("tiny"), tasks, scorer, samples=2, sampling=Sampling(max_new_tokens=96), seed=0, greedy=True
        )
    assert found.greedy is not None
    assert 0.40 < found.greedy.mean < 0.85
    assert 0.25 < found.pass_at[1].mean < 0.60


def test_from_nothing_to_a_folder_that_loads(tmp_path: Path) -> None:
    result = run("--out", str(tmp_path / "a" / "model"), *SMALL)
    assert result.exit_code == 0, result.output
    policy = Policy.load(str(tmp_path / "a" / "model"))
    ((rollout,),) = policy.generate(["def solve(xs):"], samples=1, sampling=Sampling(max_new_tokens=4), seed=0)
    assert 1 <= len(rollout.completion_ids) <= 4


def test_the_same_seed_makes_the_same_weights() -> None:
    shape, schedule = Shape(vocabulary=270, hidden=32, layers=1), Schedule(steps=3, batch=2, warmup=1)
    losses: list[list[float]] = [[], [], []]
    models = [tiny.make(shape, schedule, seed=seed, progress=losses[n].append)[0] for n, seed in enumerate((0, 0, 1))]
    one, again, other = (model.state_dict() for model in models)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)
    assert losses[0] == losses[1] != losses[2]
    assert len(losses[0]) == 3


def test_training_lowers_the_loss() -> None:
    losses: list[float] = []
    tiny.make(Shape(hidden=32, layers=1), Schedule(steps=60, batch=8, warmup=5), seed=0, progress=losses.append)
    # at first nothing is known: about ln 400 = 5.99 nats per token
    assert abs(losses[0] - 5.99) < 0.7
    assert sum(losses[-5:]) / 5 < losses[0] - 2


def test_the_rate_warms_up_and_falls_to_a_tenth() -> None:
    schedule = Schedule(steps=10, warmup=4)
    # 1/4 .. 4/4 in the warm-up, then 1 - 0.9 * (step - 4) / 6
    assert [schedule.factor(step) for step in (0, 3, 4, 7, 10)] == pytest.approx([0.25, 1.0, 1.0, 0.55, 0.1])


def test_only_what_the_model_writes_is_learned() -> None:
    class Backend:
        def encode(self, text: str) -> Any:
            return type("Encoding", (), {"ids": [ord(letter) for letter in text]})

    class Stub:
        backend_tokenizer, eos_token_id, pad_token_id = Backend(), 2, 0

    pairs = [tiny._encoded(Example(*texts), Stub()) for texts in (("ab", "c"), ("a", "bcd"))]  # type: ignore[arg-type]
    batch = tiny._padded(pairs, 0)
    assert isinstance(batch, Batch)
    assert batch.ids.tolist() == [[97, 98, 99, 2, 0], [97, 98, 99, 100, 2]]
    # position t predicts token t + 1: after "ab" come "c" and the end, after "a" come "bcd" and the end
    assert batch.mask.int().tolist() == [[0, 1, 1, 0], [1, 1, 1, 1]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hidden", "40"), "multiple of 32, got 40"),
        (("--vocabulary", "200"), "at least 259 tokens"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run("--out", str(tmp_path / "model"), *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / "model").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    result = run("--out", str(tmp_path / "file"), *SMALL)
    assert result.exit_code == 2
    assert "is a file" in result.output
    assert (tmp_path / "file").read_text() == "precious"


def test_an_interrupt_ends_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tiny, "train", interrupted)
    result = run("--out", str(tmp_path / "model"), *SMALL)
    assert result.exit_code == 130
    assert "nothing was written" in result.output
