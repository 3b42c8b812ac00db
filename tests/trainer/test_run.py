"""The command itself, in processes of its own: killed, interrupted, resumed, and given nonsense."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from trainer import build, checkpoint, run
from trainer.log import read
from trainer.policy import Policy

ROOT = Path(__file__).parents[2]
STEPS = 6


@pytest.fixture(scope="module")
def model(llama_model: Any, byte_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    Policy(llama_model, byte_tokenizer).save(folder)
    return folder


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.jsonl"
    rows = [{"id": str(n), "prompt": f"x = {n}", "tests": [f"assert x == {n}"], "split": "train"} for n in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def start(model: Path, tasks: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(out: str, *more: str, resume: bool = False) -> subprocess.Popen[str]:
        new = [
            "--model", str(model), "--tasks", f"jsonl:{tasks}", "--analyzers", "runtime", "--steps", str(STEPS),
            "--set", "rollout.tasks=2", "--set", "rollout.samples=4", "--set", "rollout.max_new_tokens=8",
            "--set", "run.save_every=1", "--set", "evaluation.tasks=0", "--set", "reward.workers=1",
            "--set", "advantage.std=false", "--set", "run.name=r",
        ]  # fmt: skip
        command = [
            sys.executable,
            "-m",
            "trainer.run",
            "--out",
            str(tmp_path / out),
            *(["--resume"] if resume else new),
        ]
        process = subprocess.Popen(
            [*command, *more],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _until_step(process: subprocess.Popen[str], folder: Path, step: int) -> None:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        if any(record["step"] >= step for record in read(folder / "metrics.jsonl")):
            return
        time.sleep(0.01)
    pytest.fail(f"step {step} did not come: {process.communicate()}")


def _deterministic(folder: Path) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in step.items() if not key.startswith("seconds/")}
        for step in read(folder / "metrics.jsonl")
    ]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    saved = checkpoint.latest(folder / "checkpoints")
    assert saved is not None
    assert saved.name == f"step-{STEPS:06d}"
    state: dict[str, torch.Tensor] = Policy.load(str(saved / "model")).model.state_dict()
    return state


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    start: Callable[..., subprocess.Popen[str]], llama_model: Any, tmp_path: Path
) -> None:
    """kill -9 wherever it happens to be after step 2; weights bit for bit and metrics as in a run that was let alone."""
    whole = start("whole")
    assert whole.wait(timeout=250) == 0, whole.communicate()
    killed, folder = start("killed"), tmp_path / "killed" / "r"
    _until_step(killed, folder, 2)
    killed.kill()
    killed.wait()
    assert max(step["step"] for step in read(folder / "metrics.jsonl")) < STEPS
    resumed = start("killed", resume=True)
    assert resumed.wait(timeout=250) == 0, resumed.communicate()
    assert _deterministic(folder) == _deterministic(tmp_path / "whole" / "r")
    expected = _weights(tmp_path / "whole" / "r")
    found = _weights(folder)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    initial = llama_model.state_dict()
    assert any(not torch.equal(found[name], initial[name]) for name in expected)


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_ends_with_a_checkpoint(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """A terminal sends it to the whole process group, workers included."""
    process, folder = start("stopped", "--steps", "10000"), tmp_path / "stopped" / "r"
    _until_step(process, folder, 2)
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, (out, error)
    assert "Traceback" not in error
    stopped = re.search(r"stopped after step (\d+); go on with: (python -m trainer\.run --resume r --out \S+)", out)
    assert stopped
    saved = checkpoint.latest(folder / "checkpoints")
    assert saved is not None
    assert saved.name == f"step-{int(stopped[1]):06d}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--analyzers", "pylnt,runtime"], "pylint"),
        (["--plugin", "/no/such.py"], "cannot read the plugin '/no/such.py'"),
        (["--scheme", "statik"], "did you mean 'static'"),
        (["--advantage", "gpro"], "did you mean 'grpo'"),
        (["--loss", "cliped"], "did you mean 'clipped'"),
        (["--tasks", "mbbp"], "mbpp"),
        (["--tasks", "mbpp:/no/such/file.jsonl"], "/no/such/file.jsonl"),
        (["--model", "/no/such/model"], "there is no such folder; these work offline"),
        (["--config", "/no/such.toml"], "cannot read the configuration /no/such.toml"),
        (
            ["--set", "curriculum.samplng=uniform"],
            "unknown key 'curriculum.samplng' in --set; did you mean 'sampling'?",
        ),
        (
            ["--loss", "clipped", "--set", "loss.clip_lo=1"],
            "loss 'clipped' has no option 'clip_lo'; did you mean 'clip_low'",
        ),
        (["--tasks", "builtin?level=9"], "the task set 'builtin' has no option 'level'"),
        (["--set", "rollout.sample=3"], "unknown key 'rollout.sample' in --set; did you mean 'samples'?"),
        (["--resume", "nobody"], "there is no run to resume"),
        (["--resume"], "there is no run to resume"),
        (
            ["--resume", "--seed", "3"],
            "--resume goes on with the configuration of the run, so run.seed cannot be given",
        ),
    ],
)
def test_bad_input_gets_one_line_and_status_2(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        run.main([*arguments, "--out", str(tmp_path / "runs")])
    error = capsys.readouterr().err
    assert raised.value.code == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_before_the_first_step_is_no_traceback(
    number: signal.Signals,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(build, "prepare", lambda *_, **__: os.kill(os.getpid(), number))
    with pytest.raises(SystemExit) as raised:
        run.main(["--out", str(tmp_path / "runs")])
    assert raised.value.code == status
    assert capsys.readouterr().err == "stopped before anything was begun\n"


def test_a_foreign_owner_of_the_packages_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from grammars import ownership

    monkeypatch.setattr(ownership, "packages_distributions", lambda: {"trainer": ["spanwise", "coqui-tts-trainer"]})
    with pytest.raises(SystemExit) as raised:
        run.main([])
    assert raised.value.code == 2
    assert "coqui-tts-trainer" in capsys.readouterr().err


def test_resume_may_stand_without_a_name() -> None:
    assert run.named(["--resume", "--steps", "3"]) == ["--resume", run.LAST, "--steps", "3"]
    assert run.named(["--steps", "3", "--resume"]) == ["--steps", "3", "--resume", run.LAST]
    assert run.named(["--resume", "r"]) == ["--resume", "r"]
