"""Two processes against one: this file is also the program that the launcher starts twice."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.commands.config.config_args import load_config_from_file

from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Source
from rewards.types import Item, Score
from trainer import build, checkpoint, config, lora, run
from trainer.log import read
from trainer.loop import Loop
from trainer.policy import Policy
from trainer.ranks import Ranks
from trainer.types import Task

pytestmark = pytest.mark.slow
CONFIGS = Path(__file__).parents[2] / "configs" / "accelerate"
TASKS = [
    Task(name, f"prompt {name}", Asserts(("assert True",)), reference="xyz" * size) for size, name in enumerate("abcde")
]
STEPS, SAVED = 4, 2
RATE = 0.002
VARIANTS: Mapping[str, Sequence[str]] = {
    "rltf": (
        "algorithm=rltf", "buffer.capacity=30", "buffer.refresh=2", "buffer.warmup=10", 'buffer.staleness="unlimited"',
        "buffer.batch=5",
    ),
    "dapo": ("algorithm=dapo", "curriculum.sampling=learnability"),
    "ppo": ("algorithm=ppo", "buffer.refresh=2", "buffer.staleness=1", "objective.importance_cap=2.0", "objective.entropy_weight=0.01"),
    "coderl": ("algorithm=coderl",),
    "lora": ("algorithm=dr_grpo", "model.lora_rank=2"),
    "one-group": ("algorithm=grpo", "rollout.tasks=1"),
}  # fmt: skip


class Judge:
    """Programs with many printable letters pass; nothing is left to time or chance."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.pause = float(os.environ.get("JUDGE_PAUSE_S", "0"))

    def submit(self, item: Item) -> Future[Score]:
        time.sleep(self.pause)
        future: Future[Score] = Future()
        share = sum(32 < ord(character) < 127 for character in item.completion) / max(1, len(item.completion))
        outcome = Outcome.PASS if share > 0.5 else Outcome.FAILURE
        future.set_result(Score(share, share, outcome, Source(item.completion), item.completion, task_id=item.task_id))
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)

    def close(self) -> None:
        pass


def train(variant: str, model: Path, folder: Path, *, ranks: Ranks, start: Path | None = None) -> None:
    """Steps from a checkpoint, or from the first one on; leaves checkpoints and metrics in `folder`."""
    given = [setting for setting in VARIANTS[variant] if not setting.startswith("algorithm=")]
    small = [
        "rollout.tasks=3", "rollout.samples=3", "rollout.max_new_tokens=8", f"run.steps={STEPS}",
        f"optimizer.learning_rate={RATE}", "optimizer.micro_batch_tokens=60",
    ]  # fmt: skip
    flags = {"algorithm": next(each for each in VARIANTS[variant] if each.startswith("algorithm="))[10:]}
    settings = config.load(settings=[*small, *given], flags=flags)
    policy = Policy.load(str(start / checkpoint.MODEL if start else model))
    torch.manual_seed(0)
    if settings.model.lora_rank and start is None:
        lora.add(policy.model, rank=settings.model.lora_rank)
    reference = Policy.load(str(model)).frozen_copy() if settings.objective.kl_weight else None
    accelerator = Accelerator(cpu=True)
    loop = Loop(settings, policy, TASKS, Judge(), accelerator=accelerator, reference=reference, ranks=ranks)
    if start is not None:
        loop.restore(checkpoint.load(start))
    found = []
    while loop.step < STEPS:
        found.append(loop.learn(loop.sample()))
        if loop.step in (SAVED, STEPS):
            state, whole = loop.state(), loop.learner.weights()
            if ranks.first:
                checkpoint.save(folder, loop.step, state=state, write_model=partial(loop.policy.save, state=whole))
    if ranks.first:
        numbers = [{key: value for key, value in step.items() if isinstance(value, (int, float))} for step in found]
        (folder / "metrics.json").write_text(json.dumps(numbers))


def metrics(folder: Path) -> list[dict[str, float]]:
    found: list[dict[str, float]] = json.loads((folder / "metrics.json").read_text())
    return found


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = Policy.load(
        str(folder / f"step-{STEPS:06d}" / checkpoint.MODEL)
    ).model.state_dict()
    return state


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, llama_model: Any, byte_tokenizer: Any) -> Path:
    """What one process makes of every variant."""
    torch.set_num_threads(1)
    place = tmp_path_factory.mktemp("runs")
    policy = Policy(copy.deepcopy(llama_model), byte_tokenizer)
    policy.model.config.max_position_embeddings = 512
    policy.save(place / "model")
    for variant in VARIANTS:
        train(variant, place / "model", place / "one" / variant, ranks=Ranks())
    return place


def command(name: str, *arguments: str) -> list[str]:
    options = ["--config_file", str(CONFIGS / name), "--num_processes", "2", "--main_process_port", "0"]
    return [sys.executable, "-m", "accelerate.commands.launch", *options, __file__, *arguments]


def launched(name: str, folder: Path) -> Path:
    """What two processes make of them, from the beginning and from the checkpoints of the one."""
    done = subprocess.run(command(name, "variants", str(folder), name), capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return folder / name


@pytest.fixture(scope="module", params=["ddp-cpu.yaml", "fsdp2.yaml"])
def two(folder: Path, request: pytest.FixtureRequest) -> Path:
    return launched(request.param, folder)


def same(found: Sequence[Mapping[str, float]], expected: Sequence[Mapping[str, float]]) -> None:
    assert len(found) == len(expected)
    for step, wanted in zip(found, expected, strict=True):
        assert step == pytest.approx(wanted, rel=1e-3, abs=1e-5)


def close(found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> None:
    """Adam makes steps of about the learning rate, whatever the gradient: rounding is to be seen against that."""
    assert found.keys() == expected.keys()
    assert all(torch.allclose(found[name], weight, rtol=0, atol=0.02 * RATE) for name, weight in expected.items())


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_processes_learn_what_one_learns(folder: Path, two: Path, variant: str) -> None:
    same(metrics(two / variant), metrics(folder / "one" / variant))
    close(weights(two / variant), weights(folder / "one" / variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_checkpoint_of_one_process_goes_on_in_two(folder: Path, two: Path, variant: str) -> None:
    same(metrics(two / f"{variant}-resumed"), metrics(folder / "one" / variant)[SAVED:])
    close(weights(two / f"{variant}-resumed"), weights(folder / "one" / variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_checkpoint_of_two_processes_goes_on_in_one(folder: Path, two: Path, variant: str, tmp_path: Path) -> None:
    train(variant, folder / "model", tmp_path, ranks=Ranks(), start=two / variant / f"step-{SAVED:06d}")
    same(metrics(tmp_path), metrics(folder / "one" / variant)[SAVED:])
    close(weights(tmp_path), weights(folder / "one" / variant))


def run_flags(folder: Path, out: Path, steps: int) -> list[str]:
    settings = [
        "rollout.tasks=2", "rollout.samples=2", "rollout.max_new_tokens=5", "evaluation.every=1", "run.save_every=100",
    ]  # fmt: skip
    given = [part for setting in settings for part in ("--set", setting)]
    numbers = ["--steps", str(steps), "--eval-tasks", "3", "--eval-samples", "2"]
    return ["--model", str(folder / "model"), "--out", str(out), "--name", "r", *numbers, *given]


def test_one_folder_is_written_and_it_is_that_of_a_run_in_one_process(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        command("ddp-cpu.yaml", "run", *run_flags(folder, tmp_path / "two", 2)),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert done.stdout.count("2 processes, 2 of them on this machine") == 1
    assert done.stdout.count("report:") == 1
    monkeypatch.setattr(build, "Scorer", Judge)
    with pytest.raises(SystemExit) as ended:
        run.main(run_flags(folder, tmp_path / "one", 2))
    assert ended.value.code == 0
    one, two = tmp_path / "one" / "r", tmp_path / "two" / "r"
    assert [path.name for path in (tmp_path / "two").iterdir()] == ["r"]
    assert {path.name for path in two.iterdir()} == {path.name for path in one.iterdir()}
    lines = [[line for line in read(place / "metrics.jsonl")] for place in (two, one)]
    assert [line["step"] for line in lines[0]] == [1, 1, 2]
    same(
        *[[{k: v for k, v in line.items() if v is not None and "seconds" not in k} for line in each] for each in lines]
    )
    found, expected = (json.loads((place / "evaluations.json").read_text()) for place in (two, one))
    timed = ("seconds", "tokens_per_s", "samples_per_s")
    for name in ("before", "after"):
        assert {k: v for k, v in found[name].items() if k not in timed} == {
            k: v for k, v in expected[name].items() if k not in timed
        }


def begun(folder: Path, out: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    """A long run in two processes that has done a step, and the ids of the two."""
    environment = {**os.environ, "JUDGE_PAUSE_S": "0.1", "PIDS": str(out)}
    out.mkdir()
    arguments = command("ddp-cpu.yaml", "run", *run_flags(folder, out, 1000))
    launcher = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 240
    while not list(read(out / "r" / "metrics.jsonl")) and launcher.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    return launcher, [int((out / f"pid-{number}").read_text()) for number in range(2)]


def ended(launcher: subprocess.Popen[bytes], processes: Sequence[int]) -> str:
    """What it printed until nothing of it was left."""
    try:
        shown, _ = launcher.communicate(timeout=100)
        return shown.decode()
    finally:
        launcher.kill()
        left = [process for process in processes if Path(f"/proc/{process}").exists()]
        for process in left:
            os.kill(process, signal.SIGKILL)
        assert not left


def test_sigterm_ends_all_and_the_last_step_is_kept(folder: Path, tmp_path: Path) -> None:
    launcher, processes = begun(folder, tmp_path / "runs")
    launcher.send_signal(signal.SIGTERM)
    shown = ended(launcher, processes)
    steps = max(line["step"] for line in read(tmp_path / "runs" / "r" / "metrics.jsonl"))
    assert f"stopped after step {steps}; go on with: " in shown
    saved = checkpoint.latest(tmp_path / "runs" / "r" / "checkpoints")
    assert saved is not None
    assert checkpoint.load(saved)["step"] == steps


def test_when_one_process_is_killed_the_other_ends(folder: Path, tmp_path: Path) -> None:
    launcher, processes = begun(folder, tmp_path / "runs")
    os.kill(processes[1], signal.SIGKILL)
    shown = ended(launcher, processes)
    assert launcher.returncode != 0
    assert "another process of the run has ended or does not answer" in shown


@pytest.mark.parametrize("name", ["ddp-cpu.yaml", "ddp-gpu.yaml", "fsdp2.yaml"])
def test_what_is_shipped_is_what_the_launcher_reads(name: str) -> None:
    found = load_config_from_file(str(CONFIGS / name))
    assert found.distributed_type == ("FSDP" if name == "fsdp2.yaml" else "MULTI_GPU")
    assert found.num_processes == (2 if name == "ddp-cpu.yaml" else 8)
    assert {path.name for path in CONFIGS.iterdir()} == {"ddp-cpu.yaml", "ddp-gpu.yaml", "fsdp2.yaml"}


def test_bad_input_is_said_once(folder: Path, tmp_path: Path) -> None:
    arguments = command("ddp-cpu.yaml", "run", *run_flags(folder, tmp_path, 2), "--loss", "clippd")
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=280)
    assert done.returncode != 0
    assert done.stderr.count("error: unknown loss 'clippd'") == 1
    assert not list(tmp_path.iterdir())


def main(task: str, *arguments: str) -> None:
    torch.set_num_threads(1)
    if task == "run":
        if "PIDS" in os.environ:
            (Path(os.environ["PIDS"]) / f"pid-{os.environ['RANK']}").write_text(str(os.getpid()))
        vars(build)["Scorer"] = Judge
        run.main(list(arguments))
    folder, name = Path(arguments[0]), arguments[1]
    ranks = Ranks.connect()
    assert ranks.count == 2
    for variant in VARIANTS:
        train(variant, folder / "model", folder / name / variant, ranks=ranks)
        start = folder / "one" / variant / f"step-{SAVED:06d}"
        train(variant, folder / "model", folder / name / f"{variant}-resumed", ranks=ranks, start=start)
    ranks.leave()


if __name__ == "__main__":
    main(*sys.argv[1:])
