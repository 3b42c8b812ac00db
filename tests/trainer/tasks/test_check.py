import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from analyzers import command_line
from rewards import Scorer
from trainer import tasks as sets
from trainer.tasks import BadTasks, Excluded, every, load
from trainer.tasks.__main__ import app
from trainer.tasks.check import Memory, check
from trainer.tasks.duplicates import Duplicates
from trainer.tasks.journal import Journal
from trainer.types import Task

GOOD = {"id": "good", "prompt": "increment", "tests": ["assert f(1) == 2"], "reference": "def f(x): return x + 1"}
WRONG = {"id": "wrong", "prompt": "bracket", "tests": ["assert f(1) == 3"], "reference": "def f(x): return [/x]"}
SILENT = {"id": "silent", "prompt": "say", "tests": {"stdio": [{"stdin": "", "stdout": "\n"}]}, "reference": "print()"}
BARE = {"id": "bare", "prompt": "guess", "tests": ["assert f(1) == 4"]}
BROKEN = {"id": "broken", "prompt": "break", "tests": ["assert f("], "reference": "x = 1"}
ALWAYS = {
    "id": "always",
    "prompt": "whether",
    "tests": ["assert g(1)", "assert g(2)"],
    "reference": "def g(x): return 7",
}
TWICE = {**GOOD, "id": "twice", "tests": ["assert f(4) == 5"]}
SAME_TESTS = {**GOOD, "id": "reworded", "prompt": "the next number"}


@pytest.fixture
def write(tmp_path):
    def to_file(*rows, name="set.jsonl"):
        path = tmp_path / name
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return f"jsonl:{path}"

    return to_file


def run(*arguments):
    return CliRunner().invoke(app, ["check", *arguments])


def violations(*arguments):
    result = run(*arguments, "--json", "--timeout-s", "2")
    found = json.loads(result.stdout)
    return result.exit_code, {(each["task"], each["program"]): each for each in found.pop("violations")}, found


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_set_that_is_fit_for_use(write):
    spec = write(GOOD, BARE)
    assert violations(spec) == (
        0,
        {},
        {"set": spec, "tasks": 2, "unreadable": 0, "without_reference": 1, "forgeable": 0, "fit": 2, "excluded": 0},
    )


def test_violators_are_listed_with_the_reason(write):
    code, found, counts = violations(write(GOOD, WRONG, SILENT, "{cut", {**BARE, "id": "none", "tests": []}))
    assert code == 1
    assert found.keys() >= {("wrong", "reference"), ("silent", "empty"), ("none", "")}
    assert found["wrong", "reference"]["outcome"] == "syntax_error"
    assert found["silent", "empty"] | {"outcome": "pass", "why": "passes the tests"} == found["silent", "empty"]
    [unread] = [each for each in found.values() if "line 4: not JSON" in each["why"]]
    assert unread["outcome"] == found["none", ""]["outcome"] == "no task"
    assert (counts["tasks"], counts["unreadable"], counts["fit"], counts["excluded"]) == (3, 2, 1, 4)


def test_a_stub_that_passes_tells_of_tests_that_are_too_few(write):
    _, found, _ = violations(write(ALWAYS, SILENT))
    assert {program for task, program in found if task == "always"} == {"return True"}
    assert {program for task, program in found if task == "silent"} == {"empty", "echo"}
    assert violations(write(ALWAYS), "--no-stubs")[0] == 0


def test_tests_that_cannot_run_are_no_verdict(write):
    _, found, _ = violations(write(BROKEN), "--no-stubs")
    assert {each["outcome"] for each in found.values()} == {"not judged"}
    assert len(found) == 2


@pytest.mark.parametrize(
    ("tests", "outcome"),
    [
        ({"stdio": [{"stdin": "", "stdout": "1"}], "compare": "no such rule"}, "not judged"),
        ({"stdio": [{"stdin": "", "stdout": "1"}], "checker": "x = ("}, "not judged"),
        ({"stdio": [{"stdin": "", "stdout": 1}]}, "no task"),
        ({"function": "f", "cases": [{"args": 3, "expected": 2}]}, "no task"),
        ({"check": "def other(): pass", "entry_point": "f"}, "failure"),
        (['assert f(1) == "a\ud800"'], "not judged"),
        ([" "], "no task"),
    ],
)
def test_odd_tests_are_excluded_with_a_reason_and_stop_nothing(write, tmp_path, tests, outcome):
    odd = {"id": "odd", "prompt": "\ud800", "tests": tests, "reference": "def f(x): return 1"}
    code, found, counts = violations(write(odd, GOOD), "--no-stubs", "--output", str(tmp_path / "clean.jsonl"))
    assert (code, counts["fit"]) == (1, 1)
    assert outcome in {each["outcome"] for each in found.values()}
    assert all(each["task"] == "odd" and each["why"] for each in found.values())


def test_what_was_not_judged_is_tried_again(write, tmp_path):
    output = tmp_path / "clean.jsonl"
    assert violations(write(BROKEN, GOOD), "--no-stubs", "--output", str(output))[2]["fit"] == 1
    assert len([line for line in (tmp_path / "clean.jsonl.journal").read_text().splitlines() if line]) == 1


def test_duplicates_and_what_a_model_is_measured_on(write):
    measured = write(BARE, name="measured.jsonl")
    code, found, _ = violations(write(GOOD, TWICE, SAME_TESTS, BARE), "--against", measured)
    assert code == 1
    assert {task: (each["outcome"], each["why"]) for (task, _), each in found.items()} == {
        "twice": ("duplicate", "the same prompt as good"),
        "reworded": ("duplicate", "1 of 1 tests are those of good"),
        "bare": ("contaminated", f"the same prompt as bare of {measured}"),
    }


def test_a_copy_of_what_is_excluded_takes_its_place(write):
    _, found, counts = violations(write({**GOOD, "id": "bad", "reference": "f = 1"}, GOOD))
    assert ([*found], counts["fit"]) == ([("bad", "reference")], 1)


def test_the_clean_set_is_read_as_it_was_and_the_rest_has_its_reasons(write, tmp_path):
    output = tmp_path / "clean.jsonl"
    spec = write({**GOOD, "split": "train"}, {**WRONG, "split": "test"}, {**BARE, "split": "test"}, "[]")
    assert violations(spec, "--output", str(output))[0] == 1
    clean = load(f"jsonl:{output}", "all")
    assert clean == [task for task in load_quietly(spec) if task.id != "wrong"]
    assert [task.id for task in load(f"jsonl:{output}", "test")] == ["bare"]
    wrong, unread = lines(tmp_path / "clean.excluded.jsonl")
    assert (wrong["id"], wrong["where"].rpartition(", ")[2]) == ("wrong", "line 2")
    assert [reason["program"] for reason in wrong["reasons"]] == ["reference"]
    assert unread["reasons"][0]["why"].endswith("line 4: expected an object, got list: '[]'")


def load_quietly(spec):
    return [entry for entry in every(spec) if isinstance(entry, Task)]


def test_a_check_that_was_cut_short_goes_on(write, tmp_path, monkeypatch):
    output, journal = tmp_path / "clean.jsonl", tmp_path / "clean.jsonl.journal"
    spec = write(GOOD, WRONG, BARE, ALWAYS)
    once = violations(spec, "--output", str(output))
    content, verdicts = output.read_text(), journal.read_text().splitlines()
    assert len([line for line in verdicts if line]) == 4
    # As a crash leaves it: two verdicts, a third cut short, and half an output.
    journal.write_text("\n".join(verdicts)[:-150])
    output.unlink()
    (tmp_path / "clean.jsonl.part").write_text('{"id": "go')
    ran = []
    submit = Scorer.submit_batch
    monkeypatch.setattr(Scorer, "submit_batch", lambda self, items: ran.append(items[0].task_id) or submit(self, items))
    assert violations(spec, "--output", str(output)) == once
    assert output.read_text() == content
    assert not (tmp_path / "clean.jsonl.part").exists()
    assert 0 < len(ran) < 4
    ran.clear()
    assert violations(spec, "--output", str(output)) == once
    assert ran == []


def test_a_verdict_holds_for_its_circumstances_alone(write, tmp_path):
    output = str(tmp_path / "clean.jsonl")
    assert violations(write(ALWAYS), "--output", output, "--no-stubs")[0] == 0
    assert violations(write(ALWAYS), "--output", output)[0] == 1
    assert violations(write({**ALWAYS, "reference": "def g(x): return 0"}), "--output", output, "--no-stubs")[0] == 1


def test_the_table_shows_programs_as_they_are(write):
    result = run(write(WRONG))
    assert result.exit_code == 1
    assert "wrong" in result.stdout
    assert "1 tasks and 0 rows that are none, 0 without a reference; 1 not fit for use" in result.stdout.replace(
        "\n", " "
    ).replace("  ", " ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("jsonl:/no/such/file",),
        ("builtin", "--split", "no"),
        ("builtin", "--isolation", "no"),
        ("builtin", "--against", "nothing"),
        ("builtin?x=1",),
        ("builtin", "--output", "/no/such/folder/x.jsonl"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.run(app, prog="p", arguments=["check", *arguments, "--limit", "1"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1


def test_tasks_of_all_splits_are_checked_once(write):
    assert [task.id for task in every(write(GOOD, BARE))] == ["good", "bare"]
    train, test = sets.load("builtin", "train"), sets.load("builtin", "test")
    assert {task.id for task in every("builtin")} == {task.id for task in (*train, *test)}
    assert list(every("builtin", ["test"])) == test


def test_a_set_of_which_nothing_can_be_read_says_so():
    with pytest.raises(BadTasks, match="no file or folder '/no'"):
        list(every("jsonl:/no"))


def test_few_tasks_are_in_memory_at_a_time():
    given = []

    def many():
        for number in range(300):
            given.append(number)
            yield Excluded(str(number), "no task")

    with Scorer(("runtime",), scheme="binary") as scorer, Journal(None) as journal:
        found = check(many(), scorer, memory=Memory(journal, Duplicates(1)))
        next(found)
        assert len(given) < 50
        assert sum(1 for _ in found) == 299


def test_given_program_text_comes_before_the_reference():
    from analyzers.runtime.tests import Asserts

    task = Task("t", "p", Asserts(("assert f(1) == 2",)), prefix="def f(x):\n", reference="    return x + 1\n")
    with Scorer(("runtime",), scheme="binary") as scorer, Journal(None) as journal:
        [checked] = check([task], scorer, memory=Memory(journal))
    assert checked.verdict.violations == ()


def test_published_sets(data):
    for spec, limit in ((f"humaneval:{data / 'humaneval'}", "20"), (f"mbpp:{data / 'mbpp'}", "20")):
        result = run(spec, "--limit", limit, "--json")
        assert (result.exit_code, json.loads(result.stdout)["violations"]) == (0, [])


@pytest.mark.parametrize("words", [("trainer.tasks", "check"), ("trainer.tasks.check",)])
def test_it_is_a_command(write, words):
    done = subprocess.run([sys.executable, "-m", *words, write(SILENT)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, "silent" in done.stdout) == (1, True), done.stderr
