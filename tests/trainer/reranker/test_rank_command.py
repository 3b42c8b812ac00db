import json

import pytest
from typer.testing import CliRunner

from rewards.reranking import files
from rewards.reranking.pools import Candidate, Pool
from trainer.reranker import measure_command, rank_command
from trainer.reranker.__main__ import app

RIGHT, WRONG, BROKEN = "    return x + 1\n", "    return x - 1\n", "    return y\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": name, "prompt": "def f(x):\n", "prefix": "def f(x):\n", "tests": ["assert f(1) == 2", "assert f(4) == 5"], "shown": 1}
        for name in "ab"
    ]  # fmt: skip
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps({**row, "split": "test"}) + "\n" for row in rows))
    samples = [("a", BROKEN), ("a", WRONG), ("a", RIGHT), ("b", RIGHT), ("b", BROKEN)]
    lines = [json.dumps({"task_id": name, "completion": text}) for name, text in samples]
    (tmp_path / "samples.jsonl").write_text("\n".join([*lines, "nonsense", ""]))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def ranked(*arguments):
    return run("rank", "--samples", "samples.jsonl", "--tasks", "jsonl:tasks.jsonl", "--out", "out.jsonl", *arguments)


def lines(path="out.jsonl"):
    return [json.loads(line) for line in open(path)]


def test_rank_writes_best_first_and_shows_what_the_order_is_worth(folder):
    done = ranked("--analyzers", "pyflakes", "--combine", "findings,public,votes", "--n", "1,2", "--pools", "pools.jsonl",
                  "--html", "page.html", "--figures", "figures.json")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert [(each["task_id"], each["place"], each["passed"]) for each in lines()] == [
        ("a", 2, True), ("a", 1, False), ("a", 0, False), ("b", 0, True), ("b", 1, False),
    ]  # fmt: skip
    assert "samples.jsonl, line 6: not JSON" in done.output
    assert "| findings,votes,public |" in done.output
    assert "2 problems leave something to choose" in done.output
    assert (folder / "page.html").read_text().startswith("<!doctype html>")
    assert len(json.loads((folder / "figures.json").read_text())["rows"]) == 1
    pools, _ = files.load(folder / "pools.jsonl")
    assert [each.public for each in pools[0].candidates] == [False, False, True]
    again = run("measure", "pools.jsonl", "--combine", "public", "--combine", "findings,public", "--n", "2")
    assert again.exit_code == 0, again.output
    assert "| public" in again.output
    assert "| findings,public" in again.output
    singles = run("measure", "pools.jsonl", "--n", "2")
    assert [name for name in ("findings", "votes", "srank", "public", "logprob") if f"| {name} " in singles.output] == [
        "findings", "votes", "srank", "public",
    ]  # fmt: skip


def test_without_tests_the_order_is_the_same_and_nothing_is_told_of_them(folder):
    done = ranked("--no-tests", "--analyzers", "pyflakes")
    assert done.exit_code == 0, done.output
    assert [each["place"] for each in lines()] == [2, 1, 0, 0, 1]
    assert all("passed" not in each for each in lines())
    assert "pass@1" not in done.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--combine", "scorer"], "name the folder of one with --scorer"),
        (["--combine", "logprob"], "--logprobs-of"),
        (["--combine", "finding"], "did you mean 'findings'"),
        (["--tasks", "jsonl:none.jsonl"], "none.jsonl"),
        (["--samples", "none.jsonl"], "none.jsonl"),
        (["--out", "no/folder.jsonl"], "there is no folder"),
        (["--scorer", "no-such-folder"], "no-such-folder"),
        (["--n", "0"], "--n takes numbers"),
        (["--analyzers", "pilynt"], "pylint"),
    ],
)
def test_bad_input_is_one_line_and_2(folder, arguments, why):
    done = ranked(*arguments)
    assert done.exit_code == 2
    said = [line for line in done.output.splitlines() if line.startswith("error:")]
    assert len(said) == 1
    assert why in said[0]


def test_what_cannot_be_measured_is_said(folder):
    files.write(folder / "bare.jsonl", [Pool("a", "p", (Candidate("x", passed=True),))])
    for arguments, why in (
        (["bare.jsonl"], "nothing to order them by"),
        (["bare.jsonl", "--combine", "logprob"], "nothing is known of 'logprob'"),
        (["bare.jsonl", "--combine", "scorer"], "--scorer"),
        (["none.jsonl"], "none.jsonl"),
    ):
        done = run("measure", *arguments)
        assert done.exit_code == 2
        assert why in done.output
    (folder / "bare.jsonl").write_text("{\n" + (folder / "bare.jsonl").read_text())
    done = run("measure", "bare.jsonl", "--combine", "random")
    assert "bare.jsonl, line 1: not JSON" in done.output
    assert done.exit_code == 0


def test_interrupted_it_says_how_to_go_on(folder, monkeypatch):
    def stopped(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr(rank_command, "known", stopped)
    done = ranked("--analyzers", "pyflakes")
    assert done.exit_code == 130
    assert "run the same command again to go on from out.jsonl.known" in done.output


def test_a_scorer_is_part_of_the_order(folder, monkeypatch):
    longest = lambda pool: [len(each.completion) for each in pool.candidates]  # noqa: E731
    for module in (rank_command, measure_command):
        monkeypatch.setattr(module, "scorer_from", lambda name, device: longest)
    done = ranked("--scorer", "some", "--combine", "scorer:-1", "--pools", "pools.jsonl")
    assert done.exit_code == 0, done.output
    assert [each["place"] for each in lines() if each["task_id"] == "a"] == [0, 1, 2]
    assert "| scorer " in run("measure", "pools.jsonl", "--scorer", "some").output
