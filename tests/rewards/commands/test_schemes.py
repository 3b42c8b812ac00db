from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rewards import schemes
from rewards.commands.programs import BadUsage
from rewards.commands.schemes import entry, parse
from rewards.registry import UnknownName
from rewards.types import Evidence, Reward


def test_every_scheme_has_a_summary_a_formula_and_a_paper() -> None:
    for name in schemes.names():
        found = entry(name)
        assert found.summary, name
        assert found.formula.startswith("value = "), name
        assert found.papers, name
        assert found.options == {
            key: dict(value) if hasattr(value, "keys") else value for key, value in schemes.options(name).items()
        }


def test_what_is_said_of_one() -> None:
    found = entry("codequal")
    assert (
        found.formula
        == "value = pass * (1 - cap * W / (1 + W)), W = sum of the weights of the findings, one for each defect"
    )
    assert found.papers == ("arXiv:2506.02211",)
    assert found.options["cap"] == 0.297
    assert found.options["weights"]["medium"] == 2.5
    assert entry("first_divergence").needs == ("divergence", "reference")


def test_a_scheme_without_a_docstring_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def bare(evidence: Evidence, *, level: int = 3) -> Reward:
        return Reward(None)

    monkeypatch.setitem(schemes._registry._functions, "bare", bare)
    found = entry("bare")
    assert (found.summary, found.formula, found.papers, found.options) == ("", "", (), {"level": 3})
    with pytest.raises(UnknownName, match="unknown scheme 'baer'; did you mean 'bare'"):
        entry("baer")


def test_the_table_and_the_json(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert run("schemes") == 0
    out = capsys.readouterr().out
    for name in schemes.names():
        assert name in out
    assert "floor = 0.1" in out
    assert "arXiv:2402.01391" in out
    assert run("schemes", "difficulty", "--json") == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["name"], told["options"], told["needs"]) == ("difficulty", {"floor": 0.1}, ["group"])
    assert run("schemes", "dificulty") == 2
    assert capsys.readouterr().err == "error: unknown scheme 'dificulty'; did you mean 'difficulty'?\n"


def test_schemes_on_a_command_line() -> None:
    assert parse("static", [("gate", False)]) == ("static", {"gate": False})
    assert parse("static, codequal=0.5", [("codequal.noise", True), ("static.weights", {"low": 1})]) == [
        {"name": "static", "weight": 1.0, "options": {"weights": {"low": 1}}},
        {"name": "codequal", "weight": 0.5, "options": {"noise": True}},
    ]
    assert parse("static=2", []) == [{"name": "static", "weight": 2.0, "options": {}}]


@pytest.mark.parametrize(
    ("scheme", "options", "message"),
    [
        ("static,codequal=half", [], "the weight of a scheme is a number, got 'codequal=half'"),
        ("static,codequal", [("cap", 1)], "SCHEME.KEY=VALUE, got 'cap'; for example static.cap"),
        ("static,codequal", [("codeqal.cap", 1)], "got 'codeqal.cap'; did you mean 'codequal'"),
    ],
)
def test_what_makes_no_sense_is_one_line(scheme: str, options: list[tuple[str, Any]], message: str) -> None:
    with pytest.raises(BadUsage, match=message):
        parse(scheme, options)
