"""Runs through each back end, from the configuration to the checkpoint."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import torch
from rich.console import Console
from transformers.utils.import_utils import is_serve_available

from analyzers import command_line
from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards.types import Item, Score
from tests.trainer.generation.conftest import VllmLike
from trainer import build, checkpoint, config
from trainer import evaluate as evaluation
from trainer.config import ConfigError
from trainer.display import Display
from trainer.generation import sections
from trainer.generation.roles import Roles, learned, put
from trainer.log import read
from trainer.loop import Loop
from trainer.policy import Policy
from trainer.session import DONE, FAILED, Session
from trainer.types import Task

TASKS = [Task(name, f"prompt {name}", Asserts(("assert True",))) for name in "abcde"]
SMALL = (
    "rollout.tasks=2",
    "rollout.samples=3",
    "rollout.max_new_tokens=6",
    "run.steps=6",
    "optimizer.learning_rate=0.002",
)


class Judge:
    """Programs with many printable letters do better; nothing is left to time or chance."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        pass

    def submit(self, item: Item) -> Future[Score]:
        future: Future[Score] = Future()
        share = sum(32 < ord(character) < 127 for character in item.completion) / max(1, len(item.completion))
        outcome = Outcome.PASS if share > 0.5 else Outcome.FAILURE
        runtime = Report("runtime", Status.OK, verdict=Verdict(outcome))
        source = Source(item.completion)
        future.set_result(Score(share, share, outcome, source, item.completion, (runtime,), task_id=item.task_id))
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)

    def close(self) -> None:
        pass


class Copy:
    """A back end in this process: a copy of the policy that gets new weights when it is told."""

    def __init__(self, policy: Policy) -> None:
        self._copy = _learning(policy)
        self.tokenizer, self.token_bytes, self.answer = policy.tokenizer, policy.token_bytes, self._copy.answer

    def load(self, policy: Policy, step: int) -> None:
        put(self._copy, learned(policy))

    def close(self) -> None:
        pass


def _loop(policy: Policy, *settings: str) -> Loop:
    chosen = config.load(settings=[*SMALL, *settings])
    if chosen.generation.backend == "local":
        return Loop(chosen, policy, TASKS, Judge())
    roles = Roles(policy, Copy(policy), every=chosen.generation.sync_every, ahead=chosen.generation.ahead)
    return Loop(chosen, policy, TASKS, Judge(), roles=roles)


def _advance(loop: Loop, steps: int) -> list[dict[str, Any]]:
    found = [loop.learn(loop.sample()) for _ in range(steps)]
    return [{name: value for name, value in metrics.items() if name != "seconds"} for metrics in found]


def _learning(policy: Policy) -> Policy:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


def test_weights_of_their_own_change_nothing_while_they_follow_every_step(policy: Policy) -> None:
    own = _advance(_loop(_learning(policy)), 3)
    assert _advance(_loop(_learning(policy), "generation.backend=process"), 3) == own


@pytest.mark.parametrize(
    ("settings", "ages"),
    [
        (("generation.sync_every=3", "buffer.staleness=2"), [0, 1, 2, 0, 1, 2]),
        # The first round is learned from twice: in the step that it was sampled for, and in the next.
        (("generation.ahead=true", "buffer.staleness=1"), [0, 1, 1, 1, 1, 1]),
        (("generation.ahead=true", "generation.sync_every=2", "buffer.staleness=2"), None),
        (("generation.ahead=true", "buffer.refresh=2", "buffer.staleness=3", "buffer.batch=4"), None),
        (("generation.ahead=true", "buffer.staleness=1", "rollout.replace=alike", "rollout.greedy=true"), None),
    ],
)
@pytest.mark.parametrize("stop", [2, 3])
def test_a_resumed_run_is_the_uninterrupted_one(
    policy: Policy, tmp_path: Path, settings: tuple[str, ...], ages: list[int] | None, stop: int
) -> None:
    settings = ("generation.backend=process", *settings)
    whole = _loop(_learning(policy), *settings)
    expected = _advance(whole, 6)
    if ages is not None:
        assert [metrics["staleness"] for metrics in expected] == ages
    first = _loop(_learning(policy), *settings)
    found = _advance(first, stop)
    saved = checkpoint.save(tmp_path, first.step, state=first.state(), write_model=first.policy.save)
    second = _loop(Policy.load(str(saved / "model")), *settings)
    second.restore(checkpoint.load(saved))
    assert found + _advance(second, 6 - stop) == expected
    for one, other in zip(second.policy.model.parameters(), whole.policy.model.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.fixture
def start(policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    monkeypatch.setattr(build, "Scorer", Judge)
    model = _learning(policy)
    model.model.config.max_position_embeddings = 512
    model.save(tmp_path / "model")

    def start(*settings: str, resume: bool = False) -> Session:
        display = Display(Console(width=400))
        if resume:
            restored, folder = build.reopen(None, out=tmp_path / "runs")
            return build.prepare(restored, folder=folder, display=display)
        place = (f'model.name="{tmp_path / "model"}"', f'run.out="{tmp_path / "runs"}"', "evaluation.tasks=0")
        return build.prepare(config.load(settings=[*SMALL, "run.steps=2", *place, *settings]), display=display)

    return start


def _run(session: Session) -> int:
    with session:
        return session.train()


def _metrics(folder: Path) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if not name.startswith("seconds/")}
        for line in read(folder / "metrics.jsonl")
    ]


def test_a_run_with_a_second_process_is_the_run_without(start: Callable[..., Session], tmp_path: Path) -> None:
    assert _run(start("run.name=own")) == DONE
    session = start("run.name=two", "generation.backend=process")
    assert _run(session) == DONE
    assert _metrics(tmp_path / "runs" / "two") == _metrics(tmp_path / "runs" / "own")
    assert not [path for path in (tmp_path / "runs" / "two").iterdir() if "generator" in path.name]


def test_a_run_through_a_server_in_vllms_format(
    start: Callable[..., Session], vllm_like: VllmLike, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("generation.backend=openai", f'server.url="{vllm_like.url}"', "server.patience_s=1", "run.name=served")
    assert _run(start(*chosen, "server.sync=vllm", "objective.importance_cap=2.0")) == DONE
    folder = tmp_path / "runs" / "served"
    assert vllm_like.loaded == [str(folder / "weights")] * 2
    for line in _metrics(folder):
        # The server's log-probs are the learner's, but for rounding.
        assert line["importance"] == pytest.approx(1.0, abs=1e-3)
        assert line["learned_tokens"] > 0
    vllm_like.broken = [503] * 1000
    assert "nats" not in capsys.readouterr().out


def test_a_server_that_dies_ends_the_run_in_one_line_and_nothing_is_lost(
    start: Callable[..., Session], vllm_like: VllmLike, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("generation.backend=openai", f'server.url="{vllm_like.url}"', "server.patience_s=1", "server.sync=vllm")
    session = start(*chosen, "run.name=served", "run.steps=3")
    learn = session.loop.learn

    def dying(drawn: Any) -> dict[str, Any]:
        metrics = learn(drawn)
        vllm_like.broken = [503] * 10000 if session.loop.step == 2 else []
        return metrics

    session.loop.learn = dying  # type: ignore[method-assign]
    assert _run(session) == FAILED
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error: ")]
    assert len(shown) == 1
    assert "for 1 s (status 503" in shown[0]
    assert "when that is mended, go on with: python -m trainer.run --resume served" in shown[0]
    vllm_like.broken = []
    assert _run(start(resume=True)) == DONE
    assert [line["step"] for line in _metrics(tmp_path / "runs" / "served")] == [1, 2, 3]


def test_what_cannot_work_is_refused_before_anything_is_done(
    start: Callable[..., Session], vllm_like: VllmLike, tmp_path: Path
) -> None:
    served = ("generation.backend=openai", "server.patience_s=0.5", "run.name=r")
    with pytest.raises(ConfigError, match=r"no answer to POST http://127\.0\.0\.1:9/collective_rpc for 0\.5 s"):
        start(*served, 'server.url="http://127.0.0.1:9"', "server.sync=vllm")
    assert not (tmp_path / "runs" / "r").exists()
    vllm_like.policy = _learning(vllm_like.policy)
    with torch.no_grad():
        for weight in vllm_like.policy.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)) * 0.1)
    with pytest.raises(ConfigError, match="nats off the learner's on average: it has another model"):
        start(*served, f'server.url="{vllm_like.url}"', "buffer.refresh=never", "buffer.staleness=unlimited")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("generation.ahead=true",), "generator with weights of its own"),
        (("generation.backend=process", "generation.sync_every=3"), "samples reach age 2, but buffer.staleness is 0"),
        (("generation.backend=process", "generation.ahead=true"), "samples reach age 1, but buffer.staleness is 0"),
        (("generation.backend=openai",), "leaves the server with its first weights"),
        (("generation.backend=openai", "server.sync=hook"), "needs server.hook"),
        (("generation.backend=openai", "server.sync=vllm", "model.lora_rank=4"), "whole weights"),
        (("server.hook=x",), "server.hook is used with"),
        (
            (
                "generation.backend=process",
                "generation.ahead=true",
                "buffer.refresh=never",
                "buffer.staleness=unlimited",
            ),
            "no round follows",
        ),
    ],
)
def test_a_generator_of_no_use_is_refused(settings: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.load(settings=settings)


@pytest.fixture
def transformers_serve(tmp_path: Path) -> Iterator[str]:
    if not is_serve_available():
        pytest.skip("transformers serve needs fastapi, uvicorn and openai: pip install 'spanwise[dev]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (tmp_path / "server.log").open("wb") as log:
        running = subprocess.Popen([*command, "--device", "cpu"], stdout=log, stderr=log, env=environment)
        url = f"http://127.0.0.1:{port}"
        try:
            while not _answers(url):
                assert running.poll() is None, (tmp_path / "server.log").read_text()
                time.sleep(0.5)
            yield url
        finally:
            running.terminate()
            running.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.mark.slow
def test_a_run_through_transformers_serve(
    start: Callable[..., Session], transformers_serve: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real server, which takes and gives text only and loads the weights anew when it is told."""
    chosen = ("generation.backend=openai", f'server.url="{transformers_serve}"', "server.sync=transformers")
    chosen += ("rollout.temperature=0.8", "rollout.samples=8")
    session = start(*chosen, "run.name=served", "objective.importance_cap=2.0")
    seen: list[Any] = []
    learn = session.loop.learn

    def watched(drawn: Any) -> dict[str, Any]:
        shutil.copy(
            tmp_path / "runs" / "served" / "weights" / "model.safetensors", tmp_path / f"{len(seen)}.safetensors"
        )
        seen.extend(scored for each in drawn.rounds for scored in each.scored)
        return learn(drawn)

    session.loop.learn = watched  # type: ignore[method-assign]
    assert _run(session) == DONE
    assert len({scored.rollout.completion for scored in seen}) > 2 * 2  # two steps of two tasks: it samples
    weights = sorted(tmp_path.glob("*.safetensors"))
    assert len({path.read_bytes() for path in weights}) == 2  # and was given new weights
    for line in _metrics(tmp_path / "runs" / "served"):
        assert line["importance"] == pytest.approx(1.0, abs=1e-4)  # its log-probs are the learner's own
    shown = capsys.readouterr().out
    assert "the server gives no token ids" in shown
    assert "the learner works them out" in shown


def test_evaluate_asks_a_server_and_needs_no_weights(
    policy: Policy,
    vllm_like: VllmLike,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy.model.config.save_pretrained(tmp_path / "model")
    policy.tokenizer.save_pretrained(tmp_path / "model")
    vllm_like.policy.model.config.max_position_embeddings = 512
    monkeypatch.setattr(evaluation, "_scorer", lambda *arguments: nullcontext(Judge()))
    monkeypatch.setattr(sections, "Server", partial(sections.Server, patience_s=0.5))
    kept = tmp_path / "samples.jsonl"
    arguments = ["--model", str(tmp_path / "model"), "--server", vllm_like.url, "--tasks", "builtin", "--limit", "2"]
    arguments += ["--samples", "3", "--max-new-tokens", "6", "--samples-out", str(kept), "--no-references", "--k", "1"]

    def run() -> int:
        with pytest.raises(SystemExit) as ended:
            command_line.run(evaluation.app, prog="evaluate", arguments=arguments)
        return int(str(ended.value.code))

    assert run() == 0
    assert "pass@1 (sampled)" in capsys.readouterr().out
    assert len(vllm_like.asked) == 1 + 2 * 3 + 2  # what it can, samples, greedy ones
    kept.unlink()
    vllm_like.broken = [503] * 10000
    assert run() == 2
    told = capsys.readouterr().err.strip()
    assert told.count("\n") == 0
    assert "for 0.5 s (status 503" in told
    assert f"what was scored is in {kept}: run the same command again to go on" in told
