import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from rewards import Scorer
from trainer import tasks as sets
from trainer.tasks import BadTasks
from trainer.tasks.check import Violation, check, command, find
from trainer.types import Task

GOOD = {"id": "good", "prompt": "p", "tests": ["assert f(1) == 2"], "reference": "def f(x): return x + 1"}
WRONG = {"id": "wrong", "prompt": "p", "tests": ["assert f(1) == 2"], "reference": "def f(x): return [/x]"}
SILENT = {"id": "silent", "prompt": "p", "tests": {"stdio": [{"stdin": "", "stdout": "\n"}]}, "reference": "print()"}
BARE = {"id": "bare", "prompt": "p", "tests": ["assert f(1) == 2"]}
BROKEN = {"id": "broken", "prompt": "p", "tests": ["assert f("], "reference": "x = 1"}
BOTH = {"id": "both", "prompt": "p", "tests": ["assert f(1) == f(1)"], "reference": "def f(x): return x"}


@pytest.fixture
def write(tmp_path):
    def to_file(*rows):
        path = tmp_path / "set.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return f"jsonl:{path}"

    return to_file


def run(*arguments):
    import typer

    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments)


def violations(*rows):
    result = run(*rows, "--json", "--timeout-s", "2")
    found = json.loads(result.stdout)
    return result.exit_code, {(each["task"], each["program"]): each for each in found.pop("violations")}, found


def test_a_set_that_is_fit_for_use(write):
    spec = write(GOOD, BARE, BOTH)
    assert violations(spec) == (0, {}, {"set": spec, "tasks": 3, "without_reference": 1, "forgeable": 1})


def test_violators_are_listed_with_the_reason(write):
    code, found, _ = violations(write(GOOD, WRONG, SILENT))
    assert code == 1
    assert set(found) == {("wrong", "reference"), ("silent", "empty")}
    assert found["wrong", "reference"]["outcome"] == "syntax_error"
    assert found["silent", "empty"] | {"outcome": "pass", "why": "passes the tests"} == found["silent", "empty"]


def test_tests_that_cannot_run_are_no_verdict(write):
    _, found, _ = violations(write(BROKEN))
    assert {each["outcome"] for each in found.values()} == {"not judged"}
    assert len(found) == 2


def test_the_table_shows_programs_as_they_are(write):
    result = run(write(WRONG))
    assert result.exit_code == 1
    assert "wrong" in result.stdout
    assert "1 tasks, 0 without a reference, 1 not fit for use" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [("nothing",), ("jsonl:/no/such/file",), ("builtin", "--split", "no"), ("builtin", "--isolation", "no")],
)
def test_what_cannot_be_read_is_one_line_and_exit_2(arguments):
    result = run(*arguments, "--limit", "1")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_tasks_of_all_splits_are_checked_once(write):
    assert [task.id for task in find(write(GOOD, BARE))] == ["good", "bare"]
    train, test = sets.load("builtin", "train"), sets.load("builtin", "test")
    assert {task.id for task in find("builtin")} == {task.id for task in (*train, *test)}
    assert find("builtin", ["test"]) == test


def test_the_last_refusal_is_told(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text('{"prompt": "p"}\n', encoding="utf-8")
    with pytest.raises(BadTasks, match="no key 'tests'"):
        find(f"jsonl:{path}")


def test_given_program_text_comes_before_the_reference():
    from analyzers.runtime.tests import Asserts

    task = Task("t", "p", Asserts(("assert f(1) == 2",)), prefix="def f(x):\n", reference="    return x + 1\n")
    with Scorer(("runtime",), scheme="binary") as scorer:
        assert not any(isinstance(found, Violation) for found in check([task], scorer))


def test_published_sets(data):
    for spec, limit in ((f"humaneval:{data / 'humaneval'}", "20"), (f"mbpp:{data / 'mbpp'}", "20")):
        result = run(spec, "--limit", limit, "--json")
        assert (result.exit_code, json.loads(result.stdout)["violations"]) == (0, [])


def test_it_is_a_command(write):
    done = subprocess.run(
        [sys.executable, "-m", "trainer.tasks.check", write(SILENT)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, "silent" in done.stdout) == (1, True), done.stderr
