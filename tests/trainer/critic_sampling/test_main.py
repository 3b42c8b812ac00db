"""The two commands from end to end, with a random model and a judge of words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analyzers.runtime.tests import Asserts
from trainer.critic_sampling import __main__ as command
from trainer.evaluation.samples import read
from trainer.policy import Policy
from trainer.types import Task

TASKS = [
    Task(f"t{number}", f"write {number}:", Asserts(("e", "q")), reference="eq") for number in range(12)
]  # fmt: skip
TRAINING = [replace(task, id=f"training/{task.id}") for task in TASKS]
SMALL = ["--samples", "3", "--max-new-tokens", "6"]
Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, policy: Policy, judge: Any) -> Run:
    """Runs a command; models are copies of a random one, or what is in a folder."""

    def load(name: str, device: str) -> Policy:
        if Path(name).is_dir():
            return Policy.load(name)
        copy = policy.frozen_copy()
        copy.model.requires_grad_(True)
        return copy

    @contextmanager
    def scorer(*_: object) -> Iterator[Any]:
        yield judge

    monkeypatch.setattr(command, "_policy", load)
    monkeypatch.setattr(command, "_scorer", scorer)
    monkeypatch.setattr(command, "load", lambda spec, split: TASKS if split == "test" else TRAINING)

    def invoke(*arguments: str) -> Any:
        return CliRunner().invoke(command.app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def learned(run: Run, tmp_path: Path) -> Path:
    result = run("learn", "--out", tmp_path / "c", "--epochs", "1", *SMALL)
    assert result.exit_code == 0, result.output
    return tmp_path / "c"


def test_from_nothing_to_figures(run: Run, learned: Path) -> None:
    assert {path.name for path in learned.iterdir()} == {"critic.pt", "mender", "rollouts.jsonl", "settings.json"}
    result = run("sample", learned, "--public", "1", "--limit", "4", *SMALL)
    assert result.exit_code == 0, result.output
    assert "pass in public" in result.output
    figures = json.loads((learned / "answers" / "figures.json").read_text())
    assert figures["all"]["tasks"] == 4
    for name in ("sampled", "final"):
        given = list(read(learned / "answers" / f"{name}.jsonl"))
        assert [each.task_id for each in given] == [f"t{n}" for n in range(4) for _ in range(3)]  # type: ignore[union-attr]


def test_hidden_tests_are_run_only_once_everything_is_written(run: Run, learned: Path, judge: Any) -> None:
    """Up to the first item with a hidden test no other one is seen, and all programs are there by then."""
    judge.items.clear()
    run("sample", learned, "--public", "1", "--limit", "4", *SMALL)
    hidden = ["q" in item.tests.statements for item in judge.items]
    first = hidden.index(True)
    assert first > 0
    assert all(hidden[first:])
    lines = (learned / "answers" / "final.jsonl").read_text().splitlines()
    assert {item.completion for item in judge.items[first:]} >= {json.loads(line)["completion"] for line in lines}
    assert all(item.reference is None for item in judge.items[:first])


def test_it_goes_on_where_it_was_stopped(run: Run, learned: Path, judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = ("sample", learned, "--public", "1", *SMALL)
    whole = run(*sample, "--out", learned / "whole")
    submit, left = judge.submit, [1]

    def interrupted(item: Any) -> Any:
        if item.task_id == "t9" and left and left.pop():
            raise KeyboardInterrupt
        return submit(item)

    monkeypatch.setattr(judge, "submit", interrupted)
    stopped = run(*sample)
    assert stopped.exit_code == 130
    assert "run the same command again to go on" in stopped.output
    kept = [line for line in (learned / "answers" / "answers.jsonl").read_text().splitlines() if line]
    assert len(kept) == 8  # the first eight tasks
    again = run(*sample)
    assert again.exit_code == whole.exit_code == 0
    for name in ("sampled.jsonl", "final.jsonl", "figures.json"):
        assert (learned / "answers" / name).read_text() == (learned / "whole" / name).read_text()
    assert (learned / "answers" / "answers.jsonl").read_text().startswith("\n" + kept[0])
    judge.items.clear()
    assert run(*sample).exit_code == 0
    assert judge.items == []  # all is known


def test_other_settings_are_other_programs(run: Run, learned: Path, judge: Any) -> None:
    sample = ("sample", learned, "--public", "1", "--limit", "2", *SMALL)
    run(*sample)
    judge.items.clear()
    run(*sample, "--seed", "1")
    assert judge.items


def test_rollouts_are_not_sampled_twice(run: Run, learned: Path, judge: Any) -> None:
    critic = (learned / "critic.pt").read_bytes()
    judge.items.clear()
    result = run("learn", "--out", learned, "--epochs", "1", "--no-mender", *SMALL)
    assert result.exit_code == 0
    assert judge.items == []
    assert len((learned / "critic.pt").read_bytes()) == len(critic)
    assert not (learned / "mender").exists()
    assert run("sample", learned, "--public", "1", "--limit", "2", *SMALL).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sample", "nowhere"), "'nowhere' holds no critic; make one with: python -m trainer.critic_sampling learn"),
        (("sample", "{}", "--public", "2"), "none of 12 tasks has more tests than the 2 that may be seen"),
        (("sample", "{}", "--public", "1", "--top-p", "0"), "0 < top_p <= 1"),
        (
            ("sample", "{}", "--public", "1", "--split", "train"),
            "have learned from 12 of these tasks with all their tests",
        ),
    ],
)
def test_bad_input_gets_one_line(run: Run, learned: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run(*(argument.format(learned) for argument in arguments))
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_the_help_teaches() -> None:
    shown = " ".join(CliRunner().invoke(command.app, ["sample", "--help"]).output.split())
    for word in ("public tests", "refine", "repair", "the same command goes on"):
        assert word in shown
