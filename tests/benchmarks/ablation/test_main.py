"""The command line: a whole grid, however small, and what it makes of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from benchmarks.ablation import __main__ as command_line
from benchmarks.ablation import pool

SMALLEST = [
    "--tasks", "short", "--rows", "grpo-binary", "--rates", "5e-4", "--steps", "2", "--every", "1", "--seeds", "1",
    "--round-tasks", "1", "--samples", "2", "--measured-tasks", "10", "--measured-samples", "1", "--jobs", "1",
]  # fmt: skip


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(command_line.main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_a_grid_is_made_shown_and_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "results.md"
    document.write_text("# Results\n<!-- ablation -->\n<!-- /ablation -->\n<!-- more -->\n<!-- /more -->\nend\n")
    out = tmp_path / "out"
    first = run(*SMALLEST, "--out", out, "--write", document)
    assert first.exit_code == 0, first.output
    assert "2 of 2  short measured grpo-binary-seed-0" in first.output
    text = document.read_text()
    assert "1 of 1 measured runs are finished" in text
    assert text.endswith("<!-- /ablation -->\n<!-- more -->\n<!-- /more -->\nend\n")
    assert (tmp_path / "ablation-short.svg").exists()
    folder = out / "short" / "measured" / "grpo-binary-seed-0"
    assert [line["step"] for line in map(json.loads, (folder / "metrics.jsonl").open())] == [1, 1, 2]

    def none(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(pool, "_started", none)
    again = run(*SMALLEST, "--out", out, "--write", document)
    assert again.exit_code == 0, again.output
    assert document.read_text() == text
    more = run(*SMALLEST, "--out", out, "--report-only", "--write", document, "--marks", "more")
    assert more.exit_code == 0, more.output
    assert document.read_text().count("1 of 1 measured runs are finished") == 2
    assert (tmp_path / "more-short.svg").exists()
    other = run(*SMALLEST, "--out", out, "--set", "rollout.temperature=0.5")
    assert other.exit_code == 2
    assert "rollout/temperature = 1.0, and 0.5 is asked for" in other.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "online-corse"], "did you mean 'online-coarse'"),
        (["--rates", "fast"], "--rates takes numbers"),
        (["--write", "/nowhere/results.md"], "/nowhere/results.md"),
        (["--tasks", "jsonl:/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    found = run("--tasks", "jsonl:/nowhere", *arguments, "--out", tmp_path)
    assert found.exit_code == 2
    assert found.output.startswith("error: ")
    assert said in found.output
    assert found.output.count("\n") == 1
