from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards.types import Item, Score
from trainer import build, checkpoint, config
from trainer.display import Display
from trainer.evaluation import Counts, Evaluation
from trainer.log import read
from trainer.policy import Policy
from trainer.session import DONE, FAILED, INTERRUPTED, Session
from trainer.statistics import Estimate


class Judge:
    """Stands in for `rewards.Scorer`: no processes, nothing left to chance."""

    interrupt_at = 0
    report = Report("pylint", Status.OK)
    broken = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.seen = 0

    def submit(self, item: Item) -> Future[Score]:
        self.seen += 1
        if self.seen == self.interrupt_at:
            raise KeyboardInterrupt
        share = sum(32 < ord(character) < 127 for character in item.completion) / max(1, len(item.completion))
        outcome = Outcome.INFRASTRUCTURE if self.broken else Outcome.PASS if share > 0.5 else Outcome.FAILURE
        value = None if self.broken else share
        runtime = Report("runtime", Status.OK, verdict=Verdict(outcome))
        future: Future[Score] = Future()
        source, reports = Source(item.completion), (runtime, self.report)
        future.set_result(Score(value, value, outcome, source, item.completion, reports, task_id=item.task_id))
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)

    def close(self) -> None:
        pass


@pytest.fixture
def model(policy: Policy, tmp_path: Path) -> str:
    policy.model.config.max_position_embeddings = 512
    policy.save(tmp_path / "model")
    policy.model.config.max_position_embeddings = 128
    return str(tmp_path / "model")


@pytest.fixture
def start(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    monkeypatch.setattr(build, "Scorer", Judge)

    def start(*settings: str, resume: bool = False, steps: int | None = None, out: str = "runs") -> Session:
        display = Display(Console(width=200))
        if resume:
            restored, folder = build.reopen(None, out=tmp_path / out, steps=steps)
            return build.prepare(restored, folder=folder, display=display)
        small = [
            f'model.name="{model}"', f'run.out="{tmp_path / out}"', "run.name=r", "run.steps=4", "run.save_every=2",
            "rollout.tasks=2", "rollout.samples=2", "rollout.max_new_tokens=5", "evaluation.tasks=3", "evaluation.samples=1",
        ]  # fmt: skip
        return build.prepare(config.load(settings=[*small, *settings]), display=display)

    return start


def _run(session: Session) -> int:
    with session:
        return session.train()


def _deterministic(folder: Path) -> list[dict[str, Any]]:
    steps = read(folder / "metrics.jsonl")
    return [{key: value for key, value in step.items() if not key.startswith("seconds/")} for step in steps]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    saved = checkpoint.latest(folder / "checkpoints")
    assert saved is not None
    state: dict[str, torch.Tensor] = Policy.load(str(saved / "model")).model.state_dict()
    return state


def test_a_run_leaves_everything_in_its_folder(
    start: Callable[..., Session], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(start()) == DONE
    folder = tmp_path / "runs" / "r"
    found = {path.name for path in folder.iterdir()}
    assert found == {
        "config.json",
        "metrics.jsonl",
        "samples.jsonl",
        "tb",
        "checkpoints",
        "evaluations.json",
        "report.html",
    }
    assert json.loads((folder / "config.json").read_text())["run"]["name"] == "r"
    steps = list(read(folder / "metrics.jsonl"))
    assert [step["step"] for step in steps] == [1, 2, 3, 4]
    assert all(step["programs/length/nodes"] >= 1 for step in steps)
    assert "programs/length</text>" in (folder / "report.html").read_text(encoding="utf-8")
    assert set(json.loads((folder / "evaluations.json").read_text())) == {"before", "after"}
    assert len(list(read(folder / "samples.jsonl"))) == 4 * 4
    checkpoints = {path.name for path in (folder / "checkpoints").iterdir()}
    assert checkpoints == {"step-000002", "step-000004", "latest"}
    shown = capsys.readouterr().out
    for words in ("held-out tasks", "before", "after", "pass@1 (sampled)", "samples/s", "generate", f"run: {folder}/"):
        assert words in shown


def test_a_run_may_leave_its_report_out(
    start: Callable[..., Session], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(start("run.report=false", "run.steps=1", "evaluation.tasks=0")) == DONE
    assert not (tmp_path / "runs" / "r" / "report.html").exists()
    assert "report:" not in capsys.readouterr().out


def test_an_existing_folder_is_not_overwritten(start: Callable[..., Session], tmp_path: Path) -> None:
    for name in ("r", "r-2", "r-3"):
        session = start("run.steps=0", "evaluation.tasks=0")
        assert session.folder == tmp_path / "runs" / name
        assert session.settings.run.name == name
        assert _run(session) == DONE


def test_ctrl_c_keeps_what_was_done_and_the_run_goes_on_exactly(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(start(out="whole")) == DONE
    monkeypatch.setattr(Judge, "interrupt_at", 6 + 4 * 3 - 1)  # 6 of the evaluation, then in the third step
    assert _run(start()) == INTERRUPTED
    assert "stopped after step 2; go on with: python -m trainer.run --resume r --out" in capsys.readouterr().out
    monkeypatch.setattr(Judge, "interrupt_at", 0)
    assert _run(start(resume=True)) == DONE
    whole, resumed = tmp_path / "whole" / "r", tmp_path / "runs" / "r"
    assert _deterministic(resumed) == _deterministic(whole)
    expected = _weights(whole)
    assert all(torch.equal(weight, expected[name]) for name, weight in _weights(resumed).items())


def test_an_interrupted_evaluation_is_repeated(start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "interrupt_at", 2)
    assert _run(start()) == INTERRUPTED
    monkeypatch.setattr(Judge, "interrupt_at", 0)
    session = start(resume=True)
    assert _run(session) == DONE
    assert set(session.evaluations) == {"before", "after"}


def test_a_finished_run_can_be_made_longer(start: Callable[..., Session], tmp_path: Path) -> None:
    assert _run(start()) == DONE
    session = start(resume=True, steps=6)
    assert (session.loop.step, session.settings.run.steps) == (4, 6)
    assert _run(session) == DONE
    assert [step["step"] for step in read(tmp_path / "runs" / "r" / "metrics.jsonl")] == [1, 2, 3, 4, 5, 6]


def test_a_full_disk_is_said_and_the_run_goes_on(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = torch.save

    def full(state: Any, path: Path) -> None:
        if state["step"] == 4:
            raise OSError(28, "No space left on device")
        original(state, path)

    monkeypatch.setattr(torch, "save", full)
    assert _run(start()) == DONE
    assert "step 4 could not be written ([Errno 28] No space left on device); the last whole one is step-000002" in (
        capsys.readouterr().out
    )
    assert checkpoint.latest(tmp_path / "runs" / "r" / "checkpoints") == tmp_path / "runs/r/checkpoints/step-000002"


def test_an_analyzer_that_fails_is_said_once(
    start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Judge, "report", Report("pylint", Status.UNAVAILABLE, detail="pylint is not installed"))
    assert _run(start()) == DONE
    shown = capsys.readouterr().out
    assert shown.count("analyzer pylint: unavailable (pylint is not installed)") == 1


def test_a_harness_that_fails_ends_the_run_with_its_reason(
    start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Judge, "broken", True)
    assert _run(start("evaluation.tasks=0")) == FAILED
    assert "3 rounds in a row could be judged" in capsys.readouterr().out


def test_without_the_tests_there_is_a_warning(
    start: Callable[..., Session], capsys: pytest.CaptureFixture[str]
) -> None:
    start('reward.analyzers=["pylint"]')
    assert "'runtime' is not among the analyzers" in capsys.readouterr().out


def _rated(monkeypatch: pytest.MonkeyPatch, *shares: float) -> None:
    """Evaluations that find these shares of pass@1, one after another."""
    coming = iter(shares)

    def evaluated(*_: Any, **__: Any) -> Evaluation:
        share = next(coming)
        return Evaluation(
            tasks=3, samples=3, pass_at={1: Estimate(share, share, share)}, per_task={"t": Counts(judged=1, passed=1)}
        )

    monkeypatch.setattr("trainer.session.evaluate", evaluated)


def test_what_is_measured_on_the_way_is_logged_and_the_best_checkpoint_kept(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _rated(monkeypatch, 0.1, 0.2, 0.5, 0.4, 0.3)  # before, after steps 1, 2 and 3, after
    session = start("evaluation.every=1", "run.save_every=1", "run.keep=1")
    assert _run(session) == DONE
    lines = [line for line in read(tmp_path / "runs" / "r" / "metrics.jsonl") if "held_out/pass@1" in line]
    assert [(line["step"], line["held_out/pass@1"]) for line in lines] == [(1, 0.2), (2, 0.5), (3, 0.4)]
    saved = tmp_path / "runs" / "r" / "checkpoints"
    assert sorted(path.name for path in saved.glob("step-*")) == ["step-000002", "step-000004"]
    assert (saved / "best").resolve().name == "step-000002"
    assert "best on the way" in capsys.readouterr().out


def test_a_measurement_that_was_interrupted_is_made_up_for(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rated(monkeypatch, 0.1)
    session = start("evaluation.every=2")
    monkeypatch.setattr(session, "_measure_on_the_way", _interrupt)
    assert _run(session) == INTERRUPTED
    _rated(monkeypatch, 0.2, 0.3)
    assert _run(start(resume=True)) == DONE
    lines = [line for line in read(tmp_path / "runs" / "r" / "metrics.jsonl") if "held_out/pass@1" in line]
    assert [(line["step"], line["held_out/pass@1"]) for line in lines] == [(2, 0.2)]


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_machine_that_is_taken_away_is_no_fault(
    start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session = start("evaluation.tasks=0")
    monkeypatch.setattr(session.loop, "sample", lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert _run(session) == DONE
    assert checkpoint.latest(tmp_path / "runs" / "r" / "checkpoints") is not None
