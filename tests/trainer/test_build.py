from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from transformers import AutoModelForCausalLM, LlamaConfig

from analyzers import registry
from trainer import build, checkpoint, config
from trainer.config import Config, ConfigError
from trainer.display import Display
from trainer.policy import Policy
from trainer.session import Session
from trainer.types import Experience


class Judge:
    """Stands in for `rewards.Scorer`; knows whether it was closed."""

    made: list[Judge]

    def __init__(self, analyzers: Sequence[str], **more: Any) -> None:
        self.analyzers = tuple(analyzers)
        self.closed = False
        self.made.append(self)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "made", [], raising=False)
    monkeypatch.setattr(build, "Scorer", Judge)


@pytest.fixture
def settings(policy: Policy, tmp_path: Path) -> Config:
    """A model that sees 128 tokens, one task with a short prompt and one with a long one."""
    policy.save(tmp_path / "model")
    rows = [{"id": str(size), "prompt": "x" * size, "tests": ["assert x"], "split": "train"} for size in (50, 100)]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return config.load(
        settings=[
            f'model.name="{tmp_path}/model"', f'tasks.train="jsonl:{tmp_path}/tasks.jsonl"',
            f'run.out="{tmp_path}/runs"', "evaluation.tasks=0", "rollout.max_new_tokens=40",
        ]
    )  # fmt: skip


def _prepared(settings: Config) -> Session:
    return build.prepare(settings, display=Display(Console(width=200)))


def test_tasks_beyond_the_context_are_left_out(settings: Config, capsys: pytest.CaptureFixture[str]) -> None:
    session = _prepared(settings)
    shown = capsys.readouterr().out
    assert "1 of 2 tasks are left out: their prompt and 40 new tokens exceed the 128 tokens" in shown
    assert "1 tasks of jsonl" in shown
    assert session.folder.name == "model-jsonl"


def test_bad_input_leaves_nothing_behind(settings: Config, tmp_path: Path) -> None:
    large = settings.model_copy(update={"rollout": settings.rollout.model_copy(update={"max_new_tokens": 100})})
    with pytest.raises(ConfigError, match="no prompt of 2 tasks leaves room for 100 new tokens in the 128 tokens"):
        _prepared(large)
    assert not (tmp_path / "runs").exists()
    assert [judge.closed for judge in Judge.made] == [True]


def test_without_the_tests_there_is_a_warning(settings: Config, capsys: pytest.CaptureFixture[str]) -> None:
    reward = settings.reward.model_copy(update={"analyzers": ("pylint",)})
    with _prepared(settings.model_copy(update={"reward": reward})) as session:
        assert "'runtime' is not among the analyzers" in capsys.readouterr().out
        # What is held out is measured on its tests all the same.
        assert [judge.analyzers for judge in Judge.made] == [("pylint",), ("runtime", "pylint")]
        assert [session.scorer, session.judge] == Judge.made
    assert all(judge.closed for judge in Judge.made)


def test_a_kl_term_has_the_first_weights_as_its_reference(settings: Config) -> None:
    objective = settings.objective.model_copy(update={"kl_weight": 0.1})
    session = _prepared(settings.model_copy(update={"objective": objective}))
    reference = session.loop.learner._reference
    assert reference is not None
    assert not any(weight.requires_grad for weight in reference.model.parameters())
    assert all(weight.requires_grad for weight in session.loop.policy.model.parameters())


@pytest.mark.parametrize(
    ("parameters", "wanted", "cores", "expected"),
    [
        (build.SMALL - 1, None, 4, 1),
        (build.SMALL, None, 4, 3),
        (build.SMALL, None, 1, 1),
        (1, 2, 4, 2),
        (1, 4, 4, 3),  # one scores
        (1, 2, 2, 1),
        (1, 2, 1, 1),
    ],
)
def test_sampling_leaves_a_core_to_scoring(parameters: int, wanted: int | None, cores: int, expected: int) -> None:
    build.set_threads(parameters, wanted=wanted, cores=cores)
    assert torch.get_num_threads() == expected


def test_there_must_be_a_run_to_resume(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no run to resume"):
        build.reopen(None, out=tmp_path / "runs")
    _prepared(settings)
    with pytest.raises(ConfigError, match=r"there is no run 'model-json' .* did you mean 'model-jsonl'"):
        build.reopen("model-json", out=tmp_path / "runs")
    restored, folder = build.reopen(None, out=tmp_path / "runs", steps=7)
    assert folder == tmp_path / "runs" / "model-jsonl"
    assert (restored.run.steps, restored.run.name) == (7, "model-jsonl")
    assert restored.model_copy(update={"run": settings.run}) == settings


@pytest.fixture
def run(settings: Config, tmp_path: Path) -> Path:
    """The folder of a run with checkpoints of steps 0 and 1, as if it had done those."""
    session = _prepared(settings)
    for step in (0, 1):
        session.loop.step = step
        assert session._save()
    return session.folder


def _resumed(folder: Path, steps: int | None = None) -> Session:
    restored, place = build.reopen(folder.name, out=folder.parent, steps=steps)
    return build.prepare(restored, folder=place, display=Display(Console(width=200)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Invalid JSON: EOF"),
        (b'{"model": {"name": "ti', "Invalid JSON: EOF"),
        (b"\xff\xfe", "can't decode byte"),
        (b'{"modle": {}}', "unknown key 'modle'; did you mean 'model'"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_named(run: Path, content: bytes, message: str) -> None:
    (run / "config.json").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"cannot read {run}/config\.json: .*{message}.*one can begin with --model"):
        _resumed(run)


def test_a_run_goes_on_with_its_own_configuration(run: Path) -> None:
    """Whatever decides what is learned; not how long it goes on, and not what it is measured by."""
    plain = json.loads((run / "config.json").read_text())
    plain["evaluation"]["samples"], plain["run"]["save_every"], plain["reward"]["workers"] = 3, 7, 1
    (run / "config.json").write_text(json.dumps(plain))
    assert _resumed(run, steps=9).loop.step == 1
    plain["optimizer"]["learning_rate"], plain["model"]["lora_rank"] = 0.5, 2
    (run / "config.json").write_text(json.dumps(plain))
    with pytest.raises(
        ConfigError, match=r"model\.lora_rank = 0, not 2 \(and 1 more\): put config\.json back as it was"
    ):
        _resumed(run)


def test_a_run_cannot_be_made_shorter_than_it_is(run: Path) -> None:
    assert _resumed(run, steps=1).loop.step == 1
    with pytest.raises(ConfigError, match="the run has done 1 steps already, so --steps 0 cannot be"):
        _resumed(run, steps=0)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("state.pt", b"torn", "cannot read the checkpoint"),
        ("state.pt", None, "No such file"),
        ("model/model.safetensors", b"torn", "Error while deserializing header"),
        ("model/config.json", None, r"the folder has no config\.json"),
        ("model/tokenizer.json", b"{}", "cannot load the tokenizer"),
    ],
)
def test_a_torn_checkpoint_is_named_with_what_lies_before_it(
    run: Path, file: str, content: bytes | None, message: str
) -> None:
    last = run / "checkpoints" / "step-000001"
    if content is None:
        (last / file).unlink()
    else:
        (last / file).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{message}.*without that folder, --resume would go on from step-000000"):
        _resumed(run)
    assert Judge.made[-1].closed
    shutil.rmtree(last)
    assert _resumed(run).loop.step == 0


@pytest.mark.parametrize("changed", [{"hidden_size": 64}, {"num_hidden_layers": 1}])
def test_weights_of_another_model_in_a_checkpoint_are_refused(
    run: Path, settings: Config, tmp_path: Path, changed: dict[str, int]
) -> None:
    session = _resumed(run)
    session.loop.learner.step([Experience(session.loop.policy.teach("ab", "xyz"), np.ones(2, dtype=np.float32))])
    session.loop.step = 2
    assert session._save()
    model = run / "checkpoints" / "step-000002" / "model"
    policy = session.loop.policy
    other = AutoModelForCausalLM.from_config(LlamaConfig(**(policy.model.config.to_dict() | changed)))
    Policy(other, policy.tokenizer).save(model)
    with pytest.raises(checkpoint.BadCheckpoint, match=r"step-000002: its state does not fit the run"):
        _resumed(run)


def test_a_run_without_a_checkpoint_says_that_it_begins_anew(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(run / "checkpoints")
    assert _resumed(run).loop.step == 0
    assert f"there is no checkpoint in {run}/checkpoints, so the run begins anew" in capsys.readouterr().out


def test_weights_that_are_no_numbers_are_refused(settings: Config, policy: Policy, tmp_path: Path) -> None:
    broken = policy.frozen_copy()
    broken.model.lm_head.weight.data[3] = float("nan")
    broken.save(tmp_path / "model")
    with pytest.raises(ConfigError, match=r"cannot train model '.*model': some of its weights are no numbers"):
        _prepared(settings)
    assert not (tmp_path / "runs").exists()


def test_plugin_files_judge_beside_the_analyzers(settings: Config, tmp_path: Path) -> None:
    (tmp_path / "rules.scm").write_text("; language: python\n; message: m\n(identifier) @name\n")
    chosen = {"analyzers": ("runtime",), "plugins": (str(tmp_path / "rules.scm"),)}
    try:
        with _prepared(settings.model_copy(update={"reward": settings.reward.model_copy(update=chosen)})):
            assert [judge.analyzers for judge in Judge.made] == [("runtime", "rules")]
    finally:
        registry.restore(registry.Setup())
