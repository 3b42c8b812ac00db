from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analyzers import registry
from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards.types import Item, Score
from trainer import evaluate as module
from trainer.evaluate import evaluate
from trainer.evaluation import Graded, described
from trainer.generation import texts
from trainer.types import Rollout, Sampling, Task

SAMPLING = Sampling(temperature=0.8, max_new_tokens=4)
TASKS = [
    Task("a", "ask a", Asserts(("assert 1",))),
    Task("b", "def b():", Asserts(("assert 1",)), prefix="def b():\n"),
    Task("c", "ask c", Asserts(("assert 1",))),
]


class FakePolicy:
    """Writes "pass" for tasks in `solved` and "fail" for others, and remembers what it was asked."""

    tokenizer = SimpleNamespace(chat_template=None)
    token_bytes = SimpleNamespace(spans=lambda ids: np.zeros((len(ids), 2), dtype=np.int64))
    context = 8

    def __init__(self, solved: Sequence[str] = ("a",)) -> None:
        self.solved = solved
        self.calls: list[dict[str, Any]] = []

    def encode(self, prompt: str) -> np.ndarray[Any, Any]:
        return np.arange(3)

    def generate(
        self, prompts: Sequence[str], *, on_done: Callable[[int, Rollout], None], **asked: Any
    ) -> list[list[Rollout]]:
        self.calls.append({"prompts": list(prompts), **asked})
        ids = np.arange(2)
        for index in range(len(prompts) * asked["samples"]):
            task = asked["task_ids"][index // asked["samples"]]
            text = "pass" if task in self.solved else "fail"
            on_done(index, Rollout(task, ids, ids, np.zeros(2, dtype=np.float32), text, truncated=False))
        return []

    def answer(self, tasks: Sequence[Task], **asked: Any) -> None:
        texts.answer(self.generate, self.tokenizer, tasks, **asked)


class LateScorer:
    """Judges by the word; answers two at a time, so that completions wait in the queue."""

    def __init__(self) -> None:
        self.late: list[tuple[Future[Score], Score]] = []

    def submit(self, item: Item) -> Future[Score]:
        outcome = Outcome.PASS if item.completion == "pass" else Outcome.FAILURE
        report = Report("runtime", Status.OK, verdict=Verdict(outcome))
        score = Score(1.0, 1.0, outcome, Source(item.completion), item.completion, (report,), task_id=item.task_id)
        future: Future[Score] = Future()
        self.late.append((future, score))
        if len(self.late) == 2:
            self.flush()
        return future

    def flush(self) -> None:
        for future, score in self.late:
            future.set_result(score)
        self.late.clear()

    def __enter__(self) -> LateScorer:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class PromptScorer(LateScorer):
    """Answers at once."""

    def submit(self, item: Item) -> Future[Score]:
        future = super().submit(item)
        self.flush()
        return future


def run(policy: Any, tasks: Sequence[Task] = TASKS, scorer: Any = None, **options: Any) -> Any:
    given = {"samples": 2, "sampling": SAMPLING, "seed": 3, **options}
    return evaluate(policy, tasks, scorer or PromptScorer(), **given)


def test_samples_then_greedy_and_the_figures_of_both() -> None:
    found = run(FakePolicy(), ks=(1, 2))
    assert (found.tasks, found.samples) == (3, 6)
    assert found.pass_at[1].mean == pytest.approx(1 / 3)
    assert found.greedy is not None
    assert found.greedy.mean == pytest.approx(1 / 3)
    assert found.tokens == 2 * (6 + 3)


def test_each_call_has_the_stops_the_seed_and_the_sampling_of_its_tasks() -> None:
    policy = FakePolicy()
    run(policy)
    drawn = [call for call in policy.calls if call["sampling"] == SAMPLING]
    greedy = [call for call in policy.calls if call["sampling"].temperature == 0]
    assert [call["task_ids"] for call in drawn] == [["a", "c"], ["b"]]  # b continues a program and stops where it ends
    assert drawn[0]["stop"] == ()
    assert "\ndef " in drawn[1]["stop"]
    assert {call["samples"] for call in greedy} == {1}
    assert {call["seed"] for call in policy.calls} == {3}


def test_without_greedy_nothing_is_decoded_greedily() -> None:
    policy = FakePolicy()
    assert run(policy, greedy=False).greedy is None
    assert len(policy.calls) == 2


def test_scores_are_handed_on_in_order_and_progress_counts_them() -> None:
    seen: list[tuple[str, bool]] = []
    progress: list[tuple[int, int]] = []
    tasks = [TASKS[0], TASKS[2]]
    found = run(
        FakePolicy(), tasks, scorer=LateScorer(), samples=3,
        on_score=lambda graded, rollout, score: seen.append((graded.task_id, graded.greedy)),
        progress=lambda done, total: progress.append((done, total)),
    )  # fmt: skip
    assert seen == [("a", False)] * 3 + [("c", False)] * 3 + [("a", True), ("c", True)]
    assert progress == [(done, 8) for done in range(1, 9)]
    assert found.samples == 6


def test_tasks_that_are_complete_are_not_sampled_again() -> None:
    policy = FakePolicy()
    whole = run(FakePolicy())
    have = [Graded("a", False, "pass", 2, Outcome.PASS)] * 2 + [Graded("a", True, "pass", 2, Outcome.PASS)]
    found = run(policy, have=have)
    assert all("a" not in call["task_ids"] for call in policy.calls)
    # Times of a part say nothing of the whole.
    assert found == replace(whole, seconds={})
    assert "tokens/s" not in described(found)
    assert "tokens/s" in described(whole)


@pytest.mark.parametrize("bad", [{"tasks": []}, {"samples": 0}, {"ks": (3,)}, {"ks": (0,)}])
def test_what_cannot_be_evaluated_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs tasks and 1 <= k <= samples"):
        run(FakePolicy(), **bad)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "t.jsonl"
    path.write_text(
        "".join(json.dumps({"prompt": f"p{n}", "tests": ["assert 1"], "id": str(n)}) + "\n" for n in range(3))
    )
    monkeypatch.setattr(module, "_scorer", lambda names, workers, isolation: PromptScorer())
    monkeypatch.setattr(module, "_policy", lambda model, device, tasks, longest: FakePolicy(["0", "2"]))
    return path


def cli(path: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    application = typer.Typer()
    application.command()(module.command)
    result = CliRunner().invoke(application, ["--tasks", f"jsonl:{path}", "--split", "all", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_command_prints_the_table_and_writes_the_figures(fakes: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    status, printed = cli(fakes, "--samples", "2", "--k", "1,2", "--out", str(out))
    assert status == 0
    for part in ("pass@1 (sampled)", "66.7% [", "pass@2 (sampled)", "correct and clean", "syntax error"):
        assert part in printed
    figures = json.loads(out.read_text())
    assert figures["pass_at"]["1"]["mean"] == pytest.approx(2 / 3)
    assert figures["settings"]["analyzers"] == ["runtime", "pylint"]


def test_command_takes_plugin_files(fakes: Path, tmp_path: Path) -> None:
    out, plugin = tmp_path / "figures.json", tmp_path / "rules.scm"
    plugin.write_text("; language: python\n; message: m\n(identifier) @name\n")
    try:
        assert cli(fakes, "--limit", "1", "--out", str(out), "--analyzers", "ruff", "--plugin", str(plugin))[0] == 0
    finally:
        registry.restore(registry.Setup())
    assert json.loads(out.read_text())["settings"]["analyzers"] == ["runtime", "ruff", "rules"]


def test_command_takes_the_first_tasks_only(fakes: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    assert cli(fakes, "--limit", "1", "--out", str(out), "--no-greedy")[0] == 0
    assert json.loads(out.read_text())["tasks"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--k", "1,x"], "--k takes numbers from 1 to the number of samples (5)"),
        (["--k", "6"], "--k takes numbers from 1 to the number of samples (5)"),
        (["--temperature", "-1"], "temperature >= 0"),
        (["--tasks", "humanevl"], "did you mean 'humaneval'"),
        (["--tasks", "jsonl:/no/where"], "no file or folder '/no/where'"),
        (["--out", "/no/where/x.json", "--limit", "1"], "there is no folder '/no/where'"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(fakes: Path, arguments: list[str], message: str) -> None:
    status, output = cli(fakes, *arguments)
    assert status == 2
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert message in line
    assert "Traceback" not in output


def test_interrupted_it_says_how_to_go_on_and_does(
    fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "samples.jsonl"
    policy = FakePolicy(["0"])
    monkeypatch.setattr(module, "_policy", lambda *_: policy)
    submit = PromptScorer.submit

    def interrupted(self: PromptScorer, item: Item) -> Future[Score]:
        if item.task_id == "2":
            raise KeyboardInterrupt
        return submit(self, item)

    monkeypatch.setattr(PromptScorer, "submit", interrupted)
    status, output = cli(fakes, "--samples", "2", "--samples-out", str(record))
    assert status == 130
    assert "run the same command again" in output
    monkeypatch.setattr(PromptScorer, "submit", submit)
    policy.calls.clear()
    assert cli(fakes, "--samples", "2", "--samples-out", str(record))[0] == 0
    assert [call["task_ids"] for call in policy.calls] == [["2"], ["0", "1", "2"]]
    assert len(record.read_text().splitlines()) == 1 + 3 * 2 + 3
    policy.calls.clear()
    assert cli(fakes, "--samples", "2", "--samples-out", str(record))[0] == 0
    assert policy.calls == []


def test_samples_of_another_evaluation_are_not_mixed_in(fakes: Path, tmp_path: Path) -> None:
    record = tmp_path / "samples.jsonl"
    assert cli(fakes, "--samples-out", str(record))[0] == 0
    status, output = cli(fakes, "--samples-out", str(record), "--seed", "1")
    assert status == 2
    assert "seed was 0, is 1" in output
