import json
import re
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from analyzers.runtime import doctor
from rewards.reranking import files
from rewards.reranking.pools import Candidate, Pool
from rewards.reranking.recipes import BadRecipe
from trainer.reranker import table, table_views

APP = typer.Typer()
APP.command()(table.command)


def pool(name, language, *passes):
    """Candidates of which those that fail are the less probable ones."""
    found = tuple(Candidate(f"c{i}", p, logprob=-2.0 + (p or 0)) for i, p in enumerate(passes))
    return Pool(name, "p", found, language)


POOLS = [
    pool("a/cpp", "cpp", True, False),
    pool("b/cpp", "cpp", False, False),
    pool("a/sh", "bash", True, False, False, False),
]


@pytest.fixture
def path(tmp_path):
    files.write(tmp_path / "small.jsonl", POOLS)
    return tmp_path / "small.jsonl"


def run(*arguments):
    return CliRunner().invoke(APP, [str(each) for each in arguments])


def test_a_row_for_each_order_and_a_column_for_each_language(path, tmp_path):
    written = [tmp_path / name for name in ("o.json", "o.md", "o.html")]
    found = run(
        path, "--by", "random", "--by", "logprob", "--out", written[0], "--markdown", written[1], "--html", written[2]
    )
    assert found.exit_code == 0, found.output
    figures = json.loads(written[0].read_text())
    assert [(row["ranker"], row["average"]["mean"]) for row in figures["rows"]] == [
        ("random", 0.25),
        ("logprob", 0.75),
        ("oracle", 0.75),
    ]
    assert figures["rows"][1]["gains"]["cpp"]["mean"] == 0.25
    assert figures["columns"]["small"]["cpp"]["measured"] == 2
    lines = [re.sub(r" \[[^]]*\]", "", line) for line in written[1].read_text().splitlines()]
    assert "| model | order | cpp | bash | average | gap closed |" in lines
    assert "| small | random | 25.0 | 25.0 | 25.0 |  |" in lines
    assert "| small | logprob | 50.0 | 100.0 | 75.0 | 100% |" in lines
    assert "| small | oracle | 50.0 | 100.0 | 75.0 |  |" in lines
    assert "| small | logprob | +25.0 | +75.0 | +50.0 |" in lines
    page = written[2].read_text()
    assert "<td>50.0 [" in page
    assert "//" not in page
    assert "average" in found.output


def test_a_language_that_nobody_could_judge_is_empty_and_says_why(path, tmp_path, monkeypatch):
    files.write(path, [*POOLS, pool("a/jl", "julia", None, None)])
    missing = doctor.Tools("", "no command 'julia': install upstream:julia")
    monkeypatch.setattr(table, "tools", lambda name: missing if name == "julia" else doctor.Tools("1", ""))
    written = tmp_path / "o.md"
    found = run(path, "--by", "logprob", "--languages", "sh,jl,java,cpp", "--markdown", written)
    assert found.exit_code == 0, found.output
    text = written.read_text()
    assert "| model | order | bash | julia | java | cpp | average |" in text.replace(" gap closed |", "")
    [row] = [line for line in text.splitlines() if line.startswith("| small | logprob | 100")]
    assert row.split(" | ")[3:5] == ["-", "-"]
    assert "small, julia: empty: cannot be judged here: no command 'julia': install upstream:julia" in text
    assert "small, java: empty: no pool of it was given" in text
    assert "- small: problems that leave a choice: bash 1 of 1, cpp 1 of 2\n" in text
    assert "(bash, cpp)" in text


def test_a_scorer_is_asked_for_where_an_order_goes_by_one(path):
    with pytest.raises(BadRecipe, match="name the folder of one with --scorer"):
        run_raising(path, "--by", "scorer")
    with pytest.raises(BadRecipe, match="'findings', which no candidate of the pools has"):
        run_raising(path)
    with pytest.raises(BadRecipe, match="did you mean 'logprob'"):
        run_raising(path, "--by", "logprop")


def run_raising(*arguments):
    result = run(*arguments)
    assert result.exception is not None
    raise result.exception


def test_models_are_named_and_lines_without_a_pool_are_told_of(path, tmp_path):
    with path.open("a") as file:
        file.write("{}\n")
    found = run(f"one={path}", f"two={path}", "--by", "logprob", "--markdown", tmp_path / "o.md")
    assert found.exit_code == 0
    assert "1 lines hold no pool" in found.output.replace("\n", " ")
    assert "| two | logprob |" in (tmp_path / "o.md").read_text()
    with pytest.raises(ValueError, match="two files of pools are called 'small'"):
        table.read([str(path), str(path)])
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ValueError, match="holds no pool"):
        table.read([str(tmp_path / "empty.jsonl")])
    with pytest.raises(ValueError, match="there is no folder"):
        run_raising(path, "--by", "logprob", "--out", tmp_path / "no" / "o.json")


def test_single_candidates_are_told_as_such(path, tmp_path):
    singles = [replace(each, candidates=each.candidates[:1]) for each in POOLS]
    files.write(tmp_path / "one.jsonl", singles)
    files.write(path, [*POOLS, pool("c/cpp", "cpp", None, None)])
    assert run(path, tmp_path / "one.jsonl", "--by", "logprob", "--markdown", tmp_path / "o.md").exit_code == 0
    text = (tmp_path / "o.md").read_text()
    assert "- one: one candidate for each problem: cpp 2, bash 1\n" in text
    said = "cpp 1 of 2 (1 left out with too few judged candidates; 2 candidates could not be judged), bash 1 of 1\n"
    assert f"- small: problems that leave a choice: {said}" in text
    files.write(tmp_path / "one.jsonl", singles[1:])
    assert run(tmp_path / "one.jsonl", "--by", "logprob", "--markdown", tmp_path / "o.md").exit_code == 0
    assert "- one: one candidate for each of 1 problems in every language\n" in (tmp_path / "o.md").read_text()


def test_text_of_a_cell_cannot_end_it():
    found = table_views.Sheet("t", ("a", "b"), (("x|y", "1"),))
    assert table_views._line(found.rows[0]) == "| x\\|y | 1 |"
