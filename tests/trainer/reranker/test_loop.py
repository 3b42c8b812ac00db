"""The loop with a random model of a few thousand weights and a judge without processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards import schemes
from rewards.types import Item, Score
from trainer import build
from trainer.display import Display
from trainer.layers import ConfigError
from trainer.log import read
from trainer.policy import Policy
from trainer.reranker import loop, settings
from trainer.reranker.journal import Journal
from trainer.reranker.model import RewardModel
from trainer.reranker.settings import Settings
from trainer.reranker.stages import Place
from trainer.session import DONE, FAILED, INTERRUPTED


class Judge:
    """Stands in for `rewards.Scorer`: programs pass whose first character is printable."""

    scheme = schemes.resolve("static")
    die_at = 0
    interrupt_at = 0
    broken = False
    seen = 0

    def __init__(self, *arguments: Any, **more: Any) -> None:
        pass

    def submit(self, item: Item) -> Future[Score]:
        type(self).seen += 1
        if self.seen == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.seen == self.interrupt_at:
            raise KeyboardInterrupt
        passes = 32 < ord((item.completion or "\0")[0]) < 127
        outcome = Outcome.INFRASTRUCTURE if self.broken else Outcome.PASS if passes else Outcome.FAILURE
        value = None if self.broken else float(passes)
        runtime = Report("runtime", Status.OK, verdict=Verdict(outcome))
        future: Future[Score] = Future()
        source = Source(item.completion)
        future.set_result(Score(value, value, outcome, source, item.completion, (runtime,), task_id=item.task_id))
        return future

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        return list(scores)

    def close(self) -> None:
        pass

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *reason: object) -> None:
        pass


@pytest.fixture(scope="module")
def model(llama_model: Any, byte_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    Policy(llama_model, byte_tokenizer).save(folder)
    return folder


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.jsonl"
    rows = [
        {"id": f"{split}{n}", "prompt": f"x = {n}", "tests": ["assert x"], "reference": f"x = {n}", "split": split}
        for split, count in (("train", 8), ("test", 4))
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


Configure = Callable[..., Settings]


@pytest.fixture
def configure(model: Path, tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    monkeypatch.setattr(loop, "Scorer", Judge)
    monkeypatch.setattr(build, "Scorer", Judge)
    monkeypatch.setattr(Judge, "seen", 0)

    def configure(out: str, *more: str, report: bool = False) -> Settings:
        small = [
            f'generator.model="{model}"', f'problems.train="jsonl:{tasks}"', "candidates.samples=4",
            "candidates.held_out=4", "candidates.max_new_tokens=5", "loop.iterations=1", "negatives.quantile=0.25",
            "fit.epochs=2", "fit.pools=4", "fit.save_every=1", "fit.optimizer.learning_rate=1e-2", "ppo.run.steps=2",
            "ppo.run.save_every=1", "ppo.rollout.tasks=2", "ppo.rollout.samples=2", "ppo.rollout.max_new_tokens=5",
            "ppo.buffer.refresh=1", "ppo.buffer.staleness=0", "ppo.evaluation.tasks=2", "ppo.evaluation.samples=1",
            "ppo.optimizer.learning_rate=1e-2", "run.name=r", f'run.out="{tmp_path / out}"', "scorer.kept_aside=4",
            "ppo.run.report=false", f"run.report={str(report).lower()}",
        ]  # fmt: skip
        return settings.load(settings=[*small, *more])

    return configure


def _go(chosen: Settings) -> int:
    begun, folder = loop.begin(chosen)
    return loop.run(begun, folder, Display(Console(width=200)))


def _go_on(out: Path) -> int:
    begun, folder = loop.reopen(None, out=out)
    return loop.run(begun, folder, Display(Console(width=200)))


def _weights(folder: Path, number: int) -> dict[str, torch.Tensor]:
    return dict(RewardModel.load(Place(folder).scorer(number)).module.state_dict())


def _same(one: Path, other: Path) -> None:
    """Scorers bit for bit, scores, what they learned from, and all figures but times."""
    for number in (0, 1):
        first, second = _weights(one, number), _weights(other, number)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)
        for path in (Place.scores, Place.lessons):
            assert path(Place(one), number).read_text() == path(Place(other), number).read_text()
    timeless = [
        {name: {k: v for k, v in figures.items() if k != "seconds"} for name, figures in Journal(each).stages.items()}
        for each in (one, other)
    ]
    assert timeless[0] == timeless[1]


def test_a_run_leaves_scorers_figures_and_a_page(configure: Configure, tmp_path: Path) -> None:
    assert _go(configure("runs", "generator.supervised_steps=2", "generator.batch=3", report=True)) == DONE
    folder = tmp_path / "runs" / "r"
    found = Journal(folder).stages
    assert list(found) == [
        "generator", "held-out", "0/pools", "0/scorer", "0/measured",
        "1/policy", "1/pools", "1/chosen", "1/scorer", "1/measured",
    ]  # fmt: skip
    assert (found["held-out"]["programs"], found["0/pools"]["programs"], found["1/pools"]["judged"]) == (16, 32, 32)
    assert [line["step"] for line in read(folder / "metrics.jsonl")] == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    added = found["1/chosen"]["positives"] + found["1/chosen"]["negatives"]
    lines = [len(json.loads(line)["candidates"]) for line in Place(folder).lessons(1).read_text().splitlines()]
    assert sum(lines) == 32 + added
    assert found["1/chosen"]["negatives"] > 0
    policy = json.loads((Place(folder).policy(1) / "config.json").read_text())
    assert policy["model"]["name"] == str(folder / "generator" / "step-000002" / "model")  # not the model as it came
    assert policy["reward"]["model"] == str(Place(folder).scorer(0))
    page = (folder / "report.html").read_text()
    assert "oracle" in page
    assert not re.search(r'(src|href)="(?!#)|<script|<link', page)


@contextmanager
def _dying(
    monkeypatch: pytest.MonkeyPatch, *, submissions: int = 0, before: str = "", steps: str = ""
) -> Iterator[None]:
    """A process ends by kill -9 at a submission to the judge, at a step of a stage, or before a stage is noted."""
    note, evaluating = Journal.note, Display.evaluating
    with monkeypatch.context() as patch:
        patch.setattr(Judge, "die_at", submissions)

        def noted(journal: Journal, stage: str, figures: Any) -> None:
            if stage == before:
                os.kill(os.getpid(), signal.SIGKILL)
            note(journal, stage, figures)

        @contextmanager
        def shown(display: Display, label: str) -> Iterator[Callable[[int, int], None]]:
            with evaluating(display, label) as progress:

                def told(done: int, total: int) -> None:
                    if label == steps and done > 1:
                        os.kill(os.getpid(), signal.SIGKILL)
                    progress(done, total)

                yield told

        patch.setattr(Journal, "note", noted)
        patch.setattr(Display, "evaluating", shown)
        yield


def _in_a_process(act: Callable[[], Any]) -> int:
    """The exit code of a process that does it; negative where a signal ended it."""
    process = multiprocessing.get_context("fork").Process(target=act)
    process.start()
    process.join(100)
    assert process.exitcode is not None
    return process.exitcode


def test_kill_9_anywhere_leaves_the_same_scorers(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle of each stage, or after its work and before it is noted, and gone on with every time."""
    assert _in_a_process(lambda: _go(configure("whole"))) == 0
    deaths: list[dict[str, Any]] = [
        {"submissions": 5},  # held-out candidates
        {"before": "0/pools"},
        {"steps": "B: scorer 0"},
        {"before": "0/measured"},
        {"submissions": 5},  # the policy
        {"before": "1/policy"},
        {"submissions": 7},  # the policy's programs
        {"before": "1/chosen"},
        {"steps": "E: scorer 1"},
        {"before": "1/scorer"},
    ]
    for place, death in enumerate(deaths):
        with _dying(monkeypatch, **death):
            act = (lambda: _go(configure("killed"))) if not place else (lambda: _go_on(tmp_path / "killed"))
            assert _in_a_process(act) == -signal.SIGKILL, death
    assert _in_a_process(lambda: _go_on(tmp_path / "killed")) == 0
    _same(tmp_path / "whole" / "r", tmp_path / "killed" / "r")


@pytest.mark.parametrize("at", [5, 50])
def test_ctrl_c_is_130_and_the_run_goes_on(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """While candidates are drawn, and in the run of the policy."""
    monkeypatch.setattr(Judge, "interrupt_at", at)
    assert _go(configure("runs")) == INTERRUPTED
    said = " ".join(capsys.readouterr().out.split())
    assert "go on with: python -m trainer.reranker run --resume r --out" in said
    assert "trainer.run --resume" not in said
    monkeypatch.setattr(Judge, "interrupt_at", 0)
    assert _go_on(tmp_path / "runs") == DONE


def test_nothing_to_learn_from_is_said(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Judge, "broken", True)
    assert _go(configure("runs")) == FAILED
    assert "nothing can be learned: of 6 problems" in capsys.readouterr().out
    monkeypatch.setattr(Judge, "broken", False)
    found = Journal(tmp_path / "runs" / "r").stages
    assert list(found) == ["held-out", "0/pools"]
    assert (found["0/pools"]["judged"], found["0/pools"]["pass"]) == (0, None)


def test_a_prompt_without_room_is_refused_before_anything_is_done(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"task 'train0' has \d+ tokens, and with candidates.max_new_tokens = 126"):
        loop.begin(configure("runs", "candidates.max_new_tokens=126"))
    assert not (tmp_path / "runs").exists()


def test_there_is_no_run_to_resume(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no run to resume"):
        loop.reopen(None, out=tmp_path / "none")
    loop.begin(configure("runs"))
    with pytest.raises(ConfigError, match=r"there is no run 'rr' in .*did you mean 'r'"):
        loop.reopen("rr", out=tmp_path / "runs")
