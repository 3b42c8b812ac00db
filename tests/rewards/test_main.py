from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grammars import ownership
from rewards import __main__ as command


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["rewards", *arguments])
    with pytest.raises(SystemExit) as done:
        command.main()
    assert isinstance(done.value.code, int)
    return done.value.code


def test_help_teaches_by_examples(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == 0
    out = capsys.readouterr().out
    assert 'add.py --tests "assert add(1, 2) == 3"' in out
    assert "Exit status" in out


def test_a_foreign_owner_of_the_packages_is_named_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    owners = {"trainer": ["coqui-tts-trainer", "spanwise"], "rewards": ["spanwise"]}
    monkeypatch.setattr(ownership, "packages_distributions", lambda: owners)
    assert run(monkeypatch, str(tmp_path)) == 2
    assert "'trainer' also belongs to the distribution coqui-tts-trainer" in capsys.readouterr().err


def test_a_name_that_is_nearly_a_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "scroe", "x.py") == 2
    said = capsys.readouterr().err
    assert said == "error: 'scroe' is no program and no command; did you mean 'score'?\n"


@pytest.mark.parametrize("name", ["score", "show", "compare", "batch"])
def test_every_command_has_help_with_examples(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(monkeypatch, name, "--help") == 0
    out = capsys.readouterr().out
    assert f"python -m rewards {name if name != 'score' else ''}".strip() in out
    assert "--analyzers" in out
    assert run(monkeypatch, name) == 2
