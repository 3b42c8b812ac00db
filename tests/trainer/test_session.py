from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from rich.console import Console

from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards.types import Item, Score
from trainer import build, checkpoint, config
from trainer import session as session_module
from trainer.display import Display
from trainer.evaluation import Counts, Evaluation
from trainer.log import Log, read
from trainer.loop import HarnessFailed, Loop
from trainer.policy import Policy
from trainer.session import DONE, FAILED, INTERRUPTED, Session
from trainer.statistics import Estimate


class Judge:
    """Stands in for `rewards.Scorer`: no processes, nothing left to chance."""

    interrupt_at = 0
    nan_at = 0
    unjudged: frozenset[int] = frozenset()
    report = Report("pylint", Status.OK)
    broken = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.seen = 0

    def submit(self, item: Item) -> Future[Score]:
        self.seen += 1
        if self.seen == self.interrupt_at:
            raise KeyboardInterrupt
        share = sum(32 < ord(character) < 127 for character in item.completion) / max(1, len(item.completion))
        broken = self.broken or self.seen in self.unjudged
        outcome = Outcome.INFRASTRUCTURE if broken else Outcome.PASS if share > 0.5 else Outcome.FAILURE
        value = None if broken else float("nan") if self.seen == self.nan_at else share
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
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


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


UNDISTURBED: dict[str, Any] = {}
"""What a run that is let alone logs, and its last weights; it is done once."""


def _as_if_undisturbed(folder: Path, start: Callable[..., Session], tmp_path: Path) -> None:
    if not UNDISTURBED:
        assert _run(start(out="undisturbed")) == DONE
        whole = tmp_path / "undisturbed" / "r"
        UNDISTURBED.update(logged=_deterministic(whole), weights=_weights(whole))
    assert _deterministic(folder) == UNDISTURBED["logged"]
    assert all(torch.equal(weight, UNDISTURBED["weights"][name]) for name, weight in _weights(folder).items())


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
    monkeypatch.setattr(Judge, "interrupt_at", 6 + 4 * 3 - 1)  # 6 of the evaluation, then in the third step
    assert _run(start()) == INTERRUPTED
    assert "stopped after step 2; go on with: python -m trainer.run --resume r --out" in capsys.readouterr().out
    monkeypatch.setattr(Judge, "interrupt_at", 0)
    assert _run(start(resume=True)) == DONE
    _as_if_undisturbed(tmp_path / "runs" / "r", start, tmp_path)


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


@pytest.mark.parametrize("full_at", [2, 4])
def test_a_checkpoint_that_cannot_be_written_is_said_and_the_run_goes_on(
    start: Callable[..., Session],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    full_at: int,
) -> None:
    """The run fails where it is the last one: its weights are nowhere, then."""
    original = torch.save

    def full(state: Any, path: Path) -> None:
        if state["step"] == full_at:
            raise OSError(28, "No space left on device")
        original(state, path)

    monkeypatch.setattr(torch, "save", full)
    assert _run(start()) == (DONE if full_at == 2 else FAILED)
    shown = capsys.readouterr().out
    last = "there is none yet" if full_at == 2 else "the last whole one is step-000002"
    assert f"step {full_at} could not be written ([Errno 28] No space left on device); {last}" in shown
    assert ("the weights of the last step are not kept" in shown) == (full_at == 4)
    assert [path.name for path in (tmp_path / "runs/r/checkpoints").glob("step-*")] == [f"step-00000{6 - full_at}"]
    monkeypatch.undo()
    monkeypatch.setattr(build, "Scorer", Judge)
    assert _run(start(resume=True)) == DONE
    assert (tmp_path / "runs/r/checkpoints/step-000004").is_dir()


def _fill(folder: Path) -> Path:
    """Leaves no byte on the disk of a folder."""
    path = folder / "filler"
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 256)
    return path


@pytest.mark.parametrize("when", ["learning", "evaluating", "reporting", "resuming"])
def test_a_disk_that_fills_loses_nothing(
    start: Callable[..., Session],
    small_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    when: str,
) -> None:
    """Wherever it happens, a line says so, and with room again the run ends as one that never lacked it."""
    settings = [f'run.out="{small_disk}"']
    session = start(*settings) if when != "resuming" else None
    owner, name, calls = {
        "learning": (Loop, "learn", 3), "evaluating": (session_module, "evaluate", 2),
        "reporting": (session_module.report, "write", 1), "resuming": (Loop, "sample", 3),
    }[when]  # fmt: skip
    original, left = getattr(owner, name), [calls]

    def filling(*arguments: Any, **more: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            if when == "resuming":
                raise KeyboardInterrupt
            _fill(small_disk)
        return original(*arguments, **more)

    monkeypatch.setattr(owner, name, filling)
    if session is None:
        assert _run(start(*settings)) == INTERRUPTED
        session = start(resume=True, out=str(small_disk))
        _fill(small_disk)
    status = _run(session)
    shown = capsys.readouterr()
    assert status == (DONE if when == "reporting" else FAILED)
    assert "No space left on device" in shown.out
    assert ("no report" in shown.out) == (when == "reporting")
    assert "Traceback" not in shown.out + shown.err
    (small_disk / "filler").unlink()
    assert _run(start(resume=True, out=str(small_disk))) == DONE
    _as_if_undisturbed(small_disk / "r", start, tmp_path)
    assert set(json.loads((small_disk / "r" / "evaluations.json").read_text())) == {"before", "after"}
    assert (small_disk / "r" / "report.html").is_file()


def test_a_disk_that_is_full_at_the_beginning_is_said(start: Callable[..., Session], small_disk: Path) -> None:
    _fill(small_disk)
    with pytest.raises(OSError, match="No space left on device"):
        start(f'run.out="{small_disk}"')
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_loss_that_is_no_number_ends_the_run_with_its_batch_and_the_run_can_go_on(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Judge, "nan_at", 6 + 4 * 2 + 1)  # 6 of the evaluation, then in the third step
    capsys.readouterr()
    assert _run(start()) == FAILED
    shown, folder = capsys.readouterr().out, tmp_path / "runs" / "r"
    assert f"step 3 cannot be learned; its batch is in {folder}/not-finite-000003.json" in shown
    assert "error: the loss of 4 samples is no number (policy_loss = nan)" in shown
    assert "step-000002 is the last whole checkpoint. Go on with: python -m trainer.run --resume r" in shown
    assert f"--model {folder}/checkpoints/step-000002/model" in shown
    batch = json.loads((folder / "not-finite-000003.json").read_text())["samples"]
    assert len(batch) == 4
    assert [each["reward"] for each in batch].count(None) == 1
    monkeypatch.setattr(Judge, "nan_at", 0)
    assert _run(start(resume=True)) == DONE
    _as_if_undisturbed(folder, start, tmp_path)


def test_weights_that_are_no_numbers_are_not_kept(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    learn = Loop.learn

    def break_down(loop: Loop, drawn: Any) -> Any:
        found = learn(loop, drawn)
        if loop.step == 4:
            next(loop.policy.model.parameters()).data.fill_(float("nan"))
        return found

    monkeypatch.setattr(Loop, "learn", break_down)
    assert _run(start("evaluation.tasks=0")) == FAILED
    assert "the weights after step 4 are no numbers and are not kept; the last whole one is step-000002" in (
        capsys.readouterr().out
    )
    assert checkpoint.latest(tmp_path / "runs" / "r" / "checkpoints") == tmp_path / "runs/r/checkpoints/step-000002"


def test_a_group_that_nobody_could_judge_is_left_out(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judge, "unjudged", frozenset({1, 2}))  # both samples of the first group
    assert _run(start("evaluation.tasks=0", "run.steps=1", "run.save_every=1")) == DONE
    (step,) = read(tmp_path / "runs" / "r" / "metrics.jsonl")
    assert (step["infrastructure"], step["samples"], step["learned_samples"]) == (2, 4, 2)
    assert all(value is not None for name, value in step.items() if name in ("reward", "loss", "grad_norm", "pass"))


def test_a_finished_run_says_so_and_stays_as_it_is(
    start: Callable[..., Session], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(start()) == DONE
    folder = tmp_path / "runs" / "r"
    before, logged = _weights(folder), _deterministic(folder)
    capsys.readouterr()
    assert _run(start(resume=True)) == DONE
    assert "all 4 steps were done before; --steps makes the run longer" in capsys.readouterr().out
    assert _deterministic(folder) == logged
    assert all(torch.equal(weight, before[name]) for name, weight in _weights(folder).items())


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("sample", signal.SIGTERM), ("learn", signal.SIGINT), ("save", signal.SIGTERM), ("evaluate", signal.SIGTERM),
        ("evaluate", signal.SIGINT), ("report", signal.SIGTERM),
    ],
)  # fmt: skip
def test_a_signal_anywhere_leaves_a_run_that_goes_on_exactly(
    start: Callable[..., Session],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
    number: signal.Signals,
) -> None:
    """Twice in a row, as those who are impatient press Ctrl-C."""
    owner, name = {
        "sample": (Loop, "sample"), "learn": (Loop, "learn"), "save": (checkpoint, "save"),
        "evaluate": (session_module, "evaluate"), "report": (session_module.report, "write"),
    }[place]  # fmt: skip
    original, calls = getattr(owner, name), [0]

    def interrupted(*arguments: Any, **more: Any) -> Any:
        calls[0] += 1
        if calls[0] <= 2:
            os.kill(os.getpid(), number)
        return original(*arguments, **more)

    monkeypatch.setattr(owner, name, interrupted)
    capsys.readouterr()
    assert _run(start()) == (INTERRUPTED if number == signal.SIGINT else DONE)
    said = capsys.readouterr().out
    assert ("all is done but the report" if place == "report" else "stopped after step") in said
    monkeypatch.setattr(owner, name, original)
    assert _run(start(resume=True)) == DONE
    _as_if_undisturbed(tmp_path / "runs" / "r", start, tmp_path)


def test_the_best_checkpoint_is_marked_before_its_figure_is_logged(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a run that is killed in between would take the measurement for done, and never mark it."""
    _rated(monkeypatch, 0.1, 0.5)
    original = Log.metrics

    def killed(log: Log, step: int, values: Any) -> None:
        if "held_out" in values:
            raise HarnessFailed("as by kill -9")
        original(log, step, values)

    monkeypatch.setattr(Log, "metrics", killed)
    assert _run(start("evaluation.every=2")) == FAILED
    monkeypatch.setattr(Log, "metrics", original)
    assert (tmp_path / "runs/r/checkpoints/best").resolve().name == "step-000002"
    _rated(monkeypatch, 0.5, 0.3)
    assert _run(start(resume=True)) == DONE
    lines = [line["step"] for line in read(tmp_path / "runs/r/metrics.jsonl") if "held_out/pass@1" in line]
    assert lines == [2]
    assert (tmp_path / "runs/r/checkpoints/best").resolve().name == "step-000002"


def test_torn_evaluations_do_not_keep_a_run_from_going_on(
    start: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judge, "interrupt_at", 6 + 4 * 3 - 1)
    assert _run(start()) == INTERRUPTED
    monkeypatch.setattr(Judge, "interrupt_at", 0)
    (tmp_path / "runs/r/evaluations.json").write_text('{"before": {"tas')
    session = start(resume=True)
    assert _run(session) == DONE
    assert set(session.evaluations) == {"after"}


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
    monkeypatch.setattr(session, "_measure_on_the_way", Mock(side_effect=KeyboardInterrupt))
    assert _run(session) == INTERRUPTED
    _rated(monkeypatch, 0.2, 0.3)
    assert _run(start(resume=True)) == DONE
    lines = [line for line in read(tmp_path / "runs" / "r" / "metrics.jsonl") if "held_out/pass@1" in line]
    assert [(line["step"], line["held_out/pass@1"]) for line in lines] == [(2, 0.2)]


def test_a_machine_that_is_taken_away_is_no_fault(
    start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session = start("evaluation.tasks=0")
    monkeypatch.setattr(session.loop, "sample", lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert _run(session) == DONE
    assert checkpoint.latest(tmp_path / "runs" / "r" / "checkpoints") is not None
