from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., int]


@pytest.fixture
def scores(run: Run, scorer: dict[str, Any], good: str, bad: str, tmp_path: Path, capsys: Any) -> str:
    """A file with the scores of a good and a bad program."""
    run(good, bad, "--tests", "assert f(1) == 1", "--json")
    path = tmp_path / "scores.json"
    path.write_text(capsys.readouterr().out)
    return str(path)


def test_a_program_is_scored_and_explained(
    run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any], bad: str
) -> None:
    assert run("show", bad, "--tests", "assert f(1) == 1") == 0
    out = capsys.readouterr().out
    assert "by itself" in out
    assert "2:12" in out
    assert scorer["items"][0].tests is not None


def test_scores_of_a_file_are_shown_as_they_are(
    run: Run, capsys: pytest.CaptureFixture[str], scores: str, scorer: dict[str, Any], good: str, bad: str
) -> None:
    scorer.pop("analyzers")
    assert run("show", scores) == 0
    out = capsys.readouterr().out.replace("\n", "")
    assert good in out
    assert bad in out
    assert run("show", scores, "--task", bad) == 0
    out = capsys.readouterr().out
    assert "undefined-name" in out
    assert "+2.000" not in out
    assert "analyzers" not in scorer  # nothing was analysed


def test_findings_as_json(run: Run, capsys: pytest.CaptureFixture[str], scores: str, good: str, bad: str) -> None:
    assert run("show", scores, "--json") == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"name": good, "findings": []}
    assert second["name"] == bad
    [finding] = second["findings"]
    assert [finding[key] for key in ("analyzer", "rule", "text", "line", "column", "amount", "reasons")] == [
        "pyflakes",
        "undefined-name",
        "y",
        2,
        12,
        -0.1,
        [],
    ]


def test_a_page_with_the_tokens_of_a_tokenizer(run: Run, scorer: dict[str, Any], tmp_path: Path) -> None:
    tokenizer = {"model": {"vocab": {"x": 0, "Ġ=": 1, "Ġy": 2}}, "decoder": {"type": "ByteLevel"}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    (tmp_path / "rows.jsonl").write_text(json.dumps({"completion": "x = y", "token_ids": [0, 1, 2]}))
    page = tmp_path / "page.html"
    options = ["--tokenizer", str(tmp_path / "tokenizer.json"), "--html", str(page)]
    assert run("show", str(tmp_path / "rows.jsonl"), *options) == 0
    assert page.read_text(encoding="utf-8").count('class="sw-token') == 3


def test_two_programs_side_by_side(
    run: Run,
    capsys: pytest.CaptureFixture[str],
    scorer: dict[str, Any],
    scores: str,
    good: str,
    bad: str,
    tmp_path: Path,
) -> None:
    for arguments in (["compare", good, bad], ["show", "--compare", good, bad], ["compare", scores]):
        page = tmp_path / "page.html"
        assert run(*arguments, "--html", str(page)) == 0
        assert "2+     return y" in capsys.readouterr().out
        assert 'class="sw-line come" data-line="2"' in page.read_text(encoding="utf-8")
    assert run("compare", scores, "--json") == 0
    [pair] = json.loads(capsys.readouterr().out)
    assert (pair["left"], pair["right"]["rule"]) == (None, "undefined-name")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "{scores}", "--task", "god.py"], "no program is called 'god.py'; known: "),
        (["show", "nowhere.json"], "cannot read 'nowhere.json': No such file"),
        (["show", "{scores}", "--tokenizer", "{scores}"], "is no tokenizer.json"),
        (["show", "{scores}", "--html", "/nowhere/at/all.html"], "/nowhere/at/all.html"),
        (["compare", "{good}"], "two programs can be compared, got 1"),
        (["compare", "{scores}", "{good}"], "two programs can be compared, got 3"),
        (["show", "{good}", "--scheme", "statick"], "unknown scheme 'statick'; did you mean 'static'?"),
        (["batch", "{good}"], "is no JSON"),
        (["batch", "{scores}", "--jsonl", "/nowhere/at/all.jsonl"], "/nowhere/at/all.jsonl"),
    ],
)
def test_bad_usage_is_one_line_and_exit_status_2(
    run: Run, capsys: pytest.CaptureFixture[str], scores: str, good: str, arguments: list[str], message: str
) -> None:
    assert run(*(argument.format(scores=scores, good=good) for argument in arguments)) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
