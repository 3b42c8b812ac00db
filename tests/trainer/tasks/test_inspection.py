from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analyzers import command_line
from trainer.tasks import names
from trainer.tasks.__main__ import app

ROWS = [
    {"prompt": "one [bold]", "tests": ["assert 1", "assert 2"], "reference": "x", "split": "train", "shown": 1,
     "metadata": {"difficulty": "hard"}},
    {"prompt": "two", "tests": {"stdio": [{"stdin": "", "stdout": "1"}] * 4}, "language": "c++", "split": "test"},
    {"prompt": "three", "tests": {"append": "x"}, "holdout": ["assert 3"], "split": "test"},
]  # fmt: skip


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "s.jsonl"
    path.write_text("\n".join([*map(json.dumps, ROWS), "{cut", '{"prompt": "p"}', '{"prompt": 1, "tests": [""]}']))
    return f"jsonl:{path}"


def told(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["inspect", *arguments], terminal_width=200)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_counts(spec: str) -> None:
    found: dict[str, Any] = json.loads(told(spec, "--json"))
    examples = found.pop("examples")
    assert found == {
        "set": spec, "tasks": 3, "references": 1, "holdouts": 1, "shown": 1, "excluded": 3,
        "languages": {"python": 2, "cpp": 1}, "splits": {"train": 1, "test": 2}, "difficulties": {"hard": 1},
        "kinds": {"assertions": 1, "standard input and output": 1, "code to append": 1},
        "tests": 7, "fewest": 1, "most": 4,
        "reasons": {"not JSON": 1, "no key 'tests'": 1, "'prompt' must be a str, got int": 1},
    }  # fmt: skip
    assert ["line 4: not JSON" in examples[0], "line 5: no key" in examples[1], len(examples)] == [True, True, 3]


def test_the_table_has_counts_reasons_and_a_sample(spec: str) -> None:
    shown = told(spec)
    for part in ("python 2, cpp 1", "test 2, train 1", "7; of a task 1 to 4, 2.3 on average", "s.jsonl, line 4: not JSON",
                 "one [bold]", "s/1: prompt", "assert 2"):  # fmt: skip
        assert part in shown, part
    assert "two" in told(spec, "--sample", "2")
    assert ": prompt" not in told(spec, "--sample", "0")


@pytest.mark.parametrize("arguments", [("nothing",), ("jsonl:/no",), ("mbpp:/no",), ("apps?kind=x",)])
def test_what_cannot_be_read_is_one_line_and_exit_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.run(app, prog="p", arguments=["inspect", *arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_sample_that_is_not_there(spec: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        command_line.run(app, prog="p", arguments=["inspect", spec, "--sample", "4"])
    assert "has 3 tasks, and no number 4" in capsys.readouterr().err


def test_the_help_lists_all_sets() -> None:
    shown = CliRunner().invoke(app, ["--help"], terminal_width=200).stdout
    for name in names():
        assert name in shown
    assert "apps?difficulty=&kind=&compare=" in shown


def test_published_sets(data: Path) -> None:
    def counts(spec: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(told(spec, "--json"))
        return {key: found[key] for key in ("tasks", "references", "excluded", "tests")}

    assert counts(f"mbpp:{data / 'mbpp'}") == {"tasks": 974, "references": 974, "excluded": 0, "tests": 2938}
    assert counts(f"mbpp:{data / 'mbpp'}?config=sanitized") == {
        "tasks": 426, "references": 426, "excluded": 0, "tests": 1321,
    }  # fmt: skip
    assert counts(f"humaneval:{data / 'humaneval'}")["tasks"] == 164
    assert counts(f"apps:{data / 'apps'}") == {"tasks": 5, "references": 5, "excluded": 0, "tests": 14}
