from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers import registry
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.tests import Asserts, CheckFunction
from rewards import from_jsonable
from rewards.commands import programs

Run = Callable[..., int]


def test_exit_status_says_whether_everything_passes(
    run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any], good: str, bad: str
) -> None:
    assert run(good, "--tests", "assert f(1) == 1") == 0
    assert "pass  +2.000" in capsys.readouterr().out
    assert run(bad, "--tests", "assert f(1) == 1") == 1
    assert run(good, bad, "--tests", "assert f(1) == 1") == 1
    out = capsys.readouterr().out
    assert good in out.replace("\n", "")
    assert "undefined-name" in out


def test_without_tests_it_is_the_findings_that_count(run: Run, scorer: dict[str, Any], good: str, bad: str) -> None:
    assert run(good) == 0
    assert run(bad) == 1


def test_options_reach_the_scorer(run: Run, scorer: dict[str, Any], good: str) -> None:
    options = ["--scheme-arg", "alpha_cap=4", "--scheme-arg", "coarse=False"]
    run(
        good,
        "--analyzers",
        "runtime, ruff,",
        "--scheme",
        "rltf",
        *options,
        "--tests",
        "assert 1",
        "--cache",
        "kept",
        "--isolation",
        "strict",
    )
    assert scorer["isolation"] == "strict"
    assert scorer["cache"] == Path("kept")
    assert scorer["analyzers"] == ["runtime", "ruff"]
    assert scorer["scheme"] == ("rltf", {"alpha_cap": 4, "coarse": False})
    [item] = scorer["items"]
    assert (item.language, item.raw, item.task_id, item.tests) == ("python", True, good, Asserts(("assert 1",)))


def test_a_completion_from_stdin_is_searched_for_its_program(
    run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any]
) -> None:
    completion = b"Why?\n```python\ndef f(x):\n    return x\n```\n"
    assert run("-", "--tests", "assert f(1) == 1", "--json", stdin=completion) == 0
    [score] = map(from_jsonable, json.loads(capsys.readouterr().out))
    assert score.source.text == "def f(x):\n    return x\n"
    assert score.task_id == "stdin"


def test_a_page_is_written(run: Run, scorer: dict[str, Any], bad: str, tmp_path: Path) -> None:
    assert run(bad, "--html", str(tmp_path / "out.html")) == 1
    assert '<mark class="sw-hit"' in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_a_log_for_editors(run: Run, scorer: dict[str, Any], bad: str, tmp_path: Path) -> None:
    assert run(bad, "--sarif", str(tmp_path / "out.sarif")) == 1
    log = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))
    (result,) = log["runs"][0]["results"]
    assert (log["version"], result["ruleId"]) == ("2.1.0", "pyflakes/undefined-name")


def test_bytes_that_are_no_utf8_are_a_program_all_the_same(run: Run, scorer: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_bytes(b"x = '\xff\x00'\n")
    assert run(str(tmp_path / "odd.py"), "--html", str(tmp_path / "out.html")) == 0
    assert scorer["items"][0].completion == "x = '\udcff\x00'\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("t.json", '["assert f(1) == 1"]', Asserts(("assert f(1) == 1",))),
        ("t.json", '{"check": "def check(f): ...", "entry_point": "f"}', CheckFunction("def check(f): ...", "f")),
        (
            "t.py",
            "import math\n\nassert f(1) == 1, 'one'\nassert (\n    f(4) == math.sqrt(16)\n)\n",
            Asserts(("assert f(1) == 1, 'one'", "assert f(4) == math.sqrt(16)"), "import math"),
        ),
    ],
)
def test_tests_from_files(tmp_path: Path, name: str, text: str, expected: object) -> None:
    (tmp_path / name).write_text(text)
    assert programs.read_tests(str(tmp_path / name)) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.py"], "cannot read the program 'no.py': No such file"),
        ([], "Missing argument 'FILE...'"),
        (["{good}", "--test", "x"], "no such option: --test; did you mean --tests?"),
        (["{good}", "--nothing-like-it"], "No such option: --nothing-like-it"),
        (["{good}", "--scheme", "statick"], "unknown scheme 'statick'; did you mean 'static'?"),
        (["{good}", "--scheme-arg", "gat=true"], "scheme 'static' has no option 'gat'; did you mean 'gate'?"),
        (["{good}", "--scheme-arg", "alpha_cap=high"], "must be like its default 10.0 (float), got 'high'"),
        (["{good}", "--scheme-arg", "gate"], "--scheme-arg takes KEY=VALUE, got 'gate'"),
        (["{good}", "--language", "pyhton"], "unknown language 'pyhton'; did you mean python"),
        (["{good}", "--tests", "nowhere.json"], "cannot read the tests 'nowhere.json': No such file"),
        (["{good}", "--tests", "assert ("], "the tests in --tests are no Python: '(' was never closed"),
        (["{good}", "--tests", "{good}"], "no assert statement stands at the top level of"),
        (["{good}", "--tests", "{json}"], "tests need the keys asserts, check + entry_point"),
        (["{good}", "--tests", "{text}"], "are no JSON: Expecting value"),
        (["{text}"], "no language has files like"),
        (["{good}", "--html", "/nowhere/at/all.html"], "/nowhere/at/all.html"),
        (["{good}", "--sarif", "/nowhere/at/all.sarif"], "/nowhere/at/all.sarif"),
    ],
)
def test_bad_usage_is_one_line_and_exit_status_2(
    run: Run,
    capsys: pytest.CaptureFixture[str],
    scorer: dict[str, Any],
    good: str,
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    (tmp_path / "t.json").write_text('{"assert": []}')
    (tmp_path / "t.txt").write_text("hello")
    names = {"good": good, "json": str(tmp_path / "t.json"), "text": str(tmp_path / "t.txt")}
    assert run(*(argument.format(**names) for argument in arguments)) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1


def test_a_machine_that_isolates_less_than_is_demanded_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], good: str
) -> None:
    monkeypatch.setattr(tiers, "attempt", lambda tier: tiers.Attempt(tier, f"no {tier.name} today"))
    tiers.choose.cache_clear()
    assert run(good, "--tests", "assert f(1) == 1") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: programs cannot be isolated at tier 'standard' here (no standard: no STANDARD today")
    assert said.count("\n") == 1
    assert run(good, "--isolation", "string") == 2
    assert "no isolation tier 'string'; did you mean 'strict'?" in capsys.readouterr().err
    tiers.choose.cache_clear()


PLUGIN = """
from analyzers.plugin import analyzer

@analyzer("no-y", languages="python", severity="high", kind="name")
def no_y(program):
    if (at := program.text.find("y")) >= 0:
        yield (at, at + 1), "a y"
"""


@pytest.mark.parametrize("how", [["--analyzers", "pyflakes,{}"], ["--analyzers", "pyflakes", "--plugin", "{}"]])
def test_a_plugin_file_is_named_like_an_analyzer_or_given_beside_them(
    run: Run, capsys: pytest.CaptureFixture[str], bad: str, tmp_path: Path, how: list[str]
) -> None:
    (tmp_path / "no_y.py").write_text(PLUGIN)
    options = [word.format(tmp_path / "no_y.py") for word in how]
    try:
        assert run(bad, *options, "--json") == 1
    finally:
        registry.restore(registry.Setup())
    ((pyflakes, no_y),) = [score["reports"] for score in json.loads(capsys.readouterr().out)]
    assert (pyflakes["analyzer"], no_y["analyzer"], no_y["status"]) == ("pyflakes", "no-y", "ok")
    assert [found["message"] for found in no_y["diagnostics"]] == ["a y"]


def test_a_plugin_that_cannot_be_loaded(run: Run, capsys: pytest.CaptureFixture[str], bad: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\n1 / 0\n")
    assert run(bad, "--plugin", str(tmp_path / "broken.py")) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "broken.py' cannot be loaded: ZeroDivisionError: division by zero (line 2)" in error


def test_score_is_the_command_where_none_is_named(
    run: Run, capsys: pytest.CaptureFixture[str], scorer: dict[str, Any], bad: str
) -> None:
    assert run("score", bad, "--json") == run(bad, "--json") == run("--json", bad) == 1
    assert capsys.readouterr().out.count('"completion"') == 3
