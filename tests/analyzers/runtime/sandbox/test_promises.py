"""docs/security.md and `doctor` say what each tier stops; every cell of that table rests on a test."""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from analyzers.runtime.sandbox.base import Tier
from analyzers.runtime.sandbox.promises import CONTAINED, NOT, PROMISES, STOPPED

RUNTIME = Path(__file__).resolve().parents[1]
DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "security.md"
COLUMNS = {Tier.WEAK: "weak", Tier.STANDARD: "standard", Tier.STRICT: "strict"}


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def possible():
    return load(RUNTIME / "sandbox" / "test_tiers.py", "matrix_of_tiers").POSSIBLE


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.attack)
def test_every_cell_rests_on_a_test(promise, possible, monkeypatch):
    cells = {tier: getattr(promise, column) for tier, column in COLUMNS.items()}
    assert set(cells.values()) <= {STOPPED, CONTAINED, NOT}
    if set(cells.values()) == {NOT}:
        return  # nothing is claimed
    assert promise.tests
    monkeypatch.setattr(sys, "path", [*sys.path, str(RUNTIME / "attacks")])
    for test in promise.tests:
        if test.startswith("?"):
            stopped = {tier for tier in COLUMNS if test[1:] not in possible[tier]}
        elif test.startswith("attacks/"):
            attack = load(RUNTIME / test, "attack_under_test").ATTACK
            stopped = {tier for tier in COLUMNS if tier >= attack.tier}
        else:
            path, name = test.split("::")
            tree = ast.parse((RUNTIME / path).read_text(encoding="utf-8"))
            assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
            continue
        assert {tier for tier, cell in cells.items() if cell != NOT} == stopped, test


def test_attempts_that_are_named_are_made(possible):
    attempts = load(RUNTIME / "sandbox" / "test_tiers.py", "matrix_of_tiers").ATTEMPTS
    assert {test[1:] for promise in PROMISES for test in promise.tests if test.startswith("?")} <= attempts.keys()


def test_the_document_has_the_same_table():
    rows = re.findall(
        r"(?m)^\| (.+?) \| (\w[\w ]*) \| (\w[\w ]*) \| (\w[\w ]*) \| (.*) \|$", DOCUMENT.read_text("utf-8")
    )
    table = {attack: tuple(cells) for attack, *cells, _ in rows if cells[0] in (STOPPED, CONTAINED, NOT)}
    assert table == {promise.attack: (promise.weak, promise.standard, promise.strict) for promise in PROMISES}
    for attack, *_, tests in rows:
        for promise in PROMISES:
            if promise.attack == attack:
                assert re.findall(r"`([^`]+)`", tests) == [shown(test) for test in promise.tests]


def shown(test):
    """How the document names a test."""
    return test[1:] if test.startswith("?") else Path(test.split("::")[-1]).stem
