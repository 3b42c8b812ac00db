from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from analyzers import registry
from trainer import build, config
from trainer.config import Config, ConfigError
from trainer.display import Display
from trainer.policy import Policy
from trainer.session import Session


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


def test_plugin_files_judge_beside_the_analyzers(settings: Config, tmp_path: Path) -> None:
    (tmp_path / "rules.scm").write_text("; language: python\n; message: m\n(identifier) @name\n")
    chosen = {"analyzers": ("runtime",), "plugins": (str(tmp_path / "rules.scm"),)}
    try:
        with _prepared(settings.model_copy(update={"reward": settings.reward.model_copy(update=chosen)})):
            assert [judge.analyzers for judge in Judge.made] == [("runtime", "rules")]
    finally:
        registry.restore(registry.Setup())
