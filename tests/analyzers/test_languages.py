import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import grammars
from analyzers import languages, registry
from analyzers.__main__ import app
from grammars import Language, Toolchain

ROOT = Path(__file__).parents[2]


def rows():
    return {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ") for line in lines()[2:]}


def lines():
    return languages.markdown().splitlines()


def test_the_readme_holds_exactly_this_table():
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"<!-- languages -->\n(.*)<!-- /languages -->", readme, re.DOTALL)
    assert found[1].splitlines() == lines(), "run `python -m analyzers languages` and put what it prints into README.md"


def test_the_command_prints_it():
    result = CliRunner().invoke(app, ["languages"])
    assert result.exit_code == 0
    assert result.output.splitlines() == lines()


def test_every_language_has_a_line_and_no_cell_is_empty():
    assert list(rows()) == list(grammars.names())
    for row in rows().values():
        assert len(row) == len(languages.COLUMNS)
        assert all(cell.strip() for cell in row)


def test_what_the_cells_say():
    assert rows()["lua"][1:4] == ["tree-sitter-lua", "Debian: lua5.4, lua-unit", "run time"]
    assert rows()["rust"][3] == "compiler and run time"
    assert rows()["swift"][2] == "its makers: swift"
    assert "tree-sitter-language-pack" in rows()["racket"][1]
    assert "npm: typescript, @types/node" in rows()["typescript"][2]
    assert {"pyflakes", "pylint", "ruff"} <= set(rows()["python"][4].split(", "))


def test_a_reason_is_given_for_none_that_has_a_linter(monkeypatch):
    with_linter = {name for name, row in rows().items() if row[4] != languages.UNLINTED.get(name)}
    assert with_linter >= {"python", "lua", "java"}
    monkeypatch.setattr(registry, "names", lambda: ("syntax", "runtime"))
    assert rows()["python"][4] == "none in PyPI, npm or Debian"
    assert rows()["dart"][4].startswith("none: ")


@pytest.mark.parametrize(
    ("toolchain", "run", "diagnose"),
    [
        (None, "not at all: it has no toolchain", "nothing: it does not run"),
        (Toolchain(run=("x",), packages=("npm:@a/b@1.2", "npm:c@3")), "npm: @a/b, c", "run time"),
        (Toolchain(run=("x",), compile=("y",), packages=("debian:y",)), "Debian: y", "compiler and run time"),
    ],
)
def test_languages_with_less(toolchain, run, diagnose, monkeypatch):
    language = Language("lost", (".lost",), "tree_sitter_lost:language", toolchain=toolchain)
    monkeypatch.setattr(grammars, "names", lambda: ("lost",))
    monkeypatch.setattr(grammars, "get", lambda name: language)
    assert rows()["lost"][:4] == ["lost", "tree-sitter-lost", run, diagnose]
