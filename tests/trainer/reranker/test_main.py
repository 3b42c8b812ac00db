from __future__ import annotations

from pathlib import Path

import pytest

from trainer.reranker import __main__ as command
from trainer.reranker import loop
from trainer.reranker.settings import Settings


def _status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--config", "none.toml"), "cannot read the configuration none.toml: No such file or directory"),
        (("--model", "tinny"), "cannot load model 'tinny'"),
        (("--tasks", "mbbp"), "unknown task set 'mbbp'; did you mean"),
        (("--tasks", "jsonl:none.jsonl"), "none.jsonl"),
        (("--set", "negatives.quantil=0.2"), "unknown key 'negatives.quantil' in --set; did you mean 'quantile'?"),
        (("--set", "quantile"), "--set takes SECTION.KEY=VALUE, got 'quantile'"),
        (("--iterations", "-1"), "loop.iterations in the command line: input should be greater than or equal to 0"),
        (("--resume",), "there is no run to resume in runs/"),
        (("--resume", "r", "--iterations", "3"), "--resume goes on with the configuration of the run"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _status("run", *arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rnk",), "No such command 'rnk'. Did you mean 'rank'"),
        (("run", "--itertions", "2"), "no such option: --itertions; did you mean --iterations?"),
        (("rank", "--samples", "s.jsonl"), "Missing option '--out'"),
    ],
)
def test_a_typo_in_a_command_or_flag_gets_one_line_and_status_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _status(*arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.strip().splitlines()) == 1


def test_without_a_command_there_is_help_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert _status() == 2
    said = capsys.readouterr()
    assert "gather" in said.out + said.err
    assert "error" not in said.out + said.err


def test_flags_say_what_the_configuration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Settings] = []

    def begin(settings: Settings) -> tuple[Settings, Path]:
        begun.append(settings)
        return settings, Path("runs/r")

    monkeypatch.setattr(loop, "begin", begin)
    monkeypatch.setattr(loop, "run", lambda *arguments: 0)
    flags = ["--iterations", "3", "--steps", "7", "--samples", "5", "--limit", "9", "--seed", "2", "--tasks", "builtin"]
    assert _status("run", *flags, "--no-hard-negatives", "--scorer", "smollm2", "--name", "n") == 0
    found = begun[0]
    assert (found.loop.iterations, found.ppo.run.steps, found.candidates.samples) == (3, 7, 5)
    assert (found.problems.limit, found.run.seed, found.run.name) == (9, 2, "n")
    assert (found.negatives.choice, found.scorer_model) == ("random", "smollm2")
    assert _status("run", "--hard-negatives") == 0
    assert begun[1].negatives.choice == "hard"


def test_the_status_of_a_run_is_that_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "begin", lambda settings: (settings, Path("runs/r")))
    monkeypatch.setattr(loop, "run", lambda *arguments: 130)
    assert _status("run") == 130
