import json

import pytest
from typer.testing import CliRunner

from trainer.tasks import load
from trainer.tasks.__main__ import app
from trainer.tasks.augment import command

GOOD = {"id": "good", "prompt": "increment", "tests": ["assert f(3) == 4"], "reference": "def f(x): return x + 1"}
WRONG = {"id": "wrong", "prompt": "decrement", "tests": ["assert f(1) == 3"], "reference": "def f(x): return x"}
BARE = {"id": "bare", "prompt": "guess", "tests": ["assert f(1) == 4"], "split": None}


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in (GOOD, WRONG, BARE)) + "{broken\n")
    return f"jsonl:{path}"


def run(spec, output, *more):
    few = ("--mutants", "6", "--inputs", "12", "--most", "4", "--timeout-s", "0.5", "--json")
    return CliRunner().invoke(app, ["augment", spec, "--output", str(output), *few, *more])


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_set_with_more_tests_that_loads(spec, tmp_path):
    output = tmp_path / "more.jsonl"
    result = run(spec, output)
    told = json.loads(result.stdout)
    assert result.exit_code == 1  # something is excluded
    assert told["statuses"] == {"augmented": 1, "excluded": 1, "kept": 1}
    good, bare = load(f"jsonl:{output}", "all")
    assert (good.id, bare.id) == ("good", "bare")
    assert good.tests.statements[0] == "assert f(3) == 4"
    assert len(good.tests.statements) == 1 + sum(told["added"].values()) > 1
    assert bare.tests.statements == ("assert f(1) == 4",)
    excluded = lines(tmp_path / "more.excluded.jsonl")
    assert [each["why"][:26] for each in excluded] == ["the reference fails: failu", "not JSON (Expecting proper"]
    report = {each["task"]: each for each in lines(tmp_path / "more.report.jsonl")}
    assert report["bare"]["why"] == "there is no reference"
    assert report["good"]["mutation_score_after"] >= report["good"]["mutation_score_before"]


def test_what_was_done_is_not_done_again(spec, tmp_path, monkeypatch):
    output = tmp_path / "more.jsonl"
    first = run(spec, output)
    before = output.read_text()

    def never(*_):
        raise AssertionError("it was done before")

    monkeypatch.setattr(command, "augment", never)
    second = run(spec, output)
    assert (second.exit_code, second.stdout) == (first.exit_code, first.stdout)
    assert output.read_text() == before
    assert isinstance(run(spec, output, "--seed", "1").exception, AssertionError)


def test_a_run_that_is_cut_short_leaves_what_it_has(spec, tmp_path, monkeypatch):
    output, done = tmp_path / "more.jsonl", []
    real = command.augment

    def until(task, *rest):
        if done:
            raise KeyboardInterrupt
        done.append(task.id)
        return real(task, *rest)

    monkeypatch.setattr(command, "augment", until)
    run(spec, output)
    assert not output.exists()
    assert done == ["good"]
    monkeypatch.setattr(command, "augment", lambda task, *rest: done.append(task.id) or real(task, *rest))
    assert run(spec, output).exit_code == 1
    assert done == ["good", "wrong", "bare"]


def test_samples_and_references_from_files(spec, tmp_path):
    samples, references = tmp_path / "samples.jsonl", tmp_path / "right.jsonl"
    samples.write_text('{"task_id": "good", "completion": "def f(x): return 4"}\nnonsense\n')
    references.write_text('{"task_id": "good", "solution": "def f(x): return 1 + x"}\n')
    result = run(spec, tmp_path / "more.jsonl", "--samples", str(samples), "--references", str(references))
    told = json.loads(result.stdout)["samples"]
    assert (told["wrong"], told["false_pass_before"], told["false_pass_after"]) == (1, 1.0, 0.0)
    assert "1 lines are left out" in result.stderr
    good = next(each for each in lines(tmp_path / "more.report.jsonl") if each["task"] == "good")
    assert good["references"] == 2


def test_people_get_a_table(spec, tmp_path):
    result = CliRunner().invoke(
        app, ["augment", spec, "--output", str(tmp_path / "x.jsonl"), "--mutants", "3", "--inputs", "5"]
    )
    assert "1 augmented, 1 excluded, 1 kept" in result.stdout
    assert "written:" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--samples", "absent.jsonl"), "no file"),
        (("--server", "http://127.0.0.1:9"), "needs --model"),
        (("--isolation", "strictest"), "no isolation tier"),
        (("--split", "nowhere"), "no split 'nowhere'"),
    ],
)
def test_what_cannot_be_done(spec, tmp_path, arguments, why):
    result = run(spec, tmp_path / "more.jsonl", *arguments)
    assert isinstance(result.exception, ValueError)
    assert why in str(result.exception)
