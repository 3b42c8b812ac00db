from __future__ import annotations

from typing import Any

import pytest

from analyzers import registry
from analyzers.types import Kind, Outcome, Severity
from rewards.schemes import noise
from rewards.schemes.static import static

TEXT = "total = x\n"


@pytest.fixture
def unused_is_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_table", lambda: noise.read('pylint = ["unused-variable", "odd"]\n'))


def charged(make: Any, outcome: Outcome | None, *codes: str, **options: Any) -> list[tuple[str, float, str]]:
    found = [
        make.finding(TEXT, "total", analyzer=analyzer, code=code, severity=Severity.HIGH, kind=Kind(kind))
        for analyzer, code, kind in (item.split(":") for item in codes)
    ]
    reward = static(make.evidence(TEXT, outcome, passed=2, findings=found), **options)
    return sorted((charge.diagnostic.code, charge.amount, charge.note) for charge in reward.charges)


def test_noise_is_shown_and_costs_nothing(make: Any, unused_is_noise: None) -> None:
    assert charged(make, Outcome.PASS, "pylint:unused-variable:style") == [("unused-variable", 0.0, "noise")]
    assert charged(make, Outcome.PASS, "pylint:unused-variable:style", noise=True) == [("unused-variable", -0.1, "")]


def test_it_is_noise_of_one_analyzer(make: Any, unused_is_noise: None) -> None:
    assert charged(make, Outcome.PASS, "ruff:unused-variable:style") == [("unused-variable", -0.1, "")]


def test_noise_does_not_close_the_gate(make: Any, unused_is_noise: None) -> None:
    assert charged(make, None, "pylint:odd:name", "ruff:B006:logic") == [("B006", -0.1, ""), ("odd", 0.0, "noise")]


def test_syntax_errors_are_never_noise(make: Any, unused_is_noise: None) -> None:
    assert charged(make, None, "pylint:odd:syntax") == [("odd", -0.1, "")]


def test_the_table_names_analyzers_that_are_known() -> None:
    assert set(noise._table()) <= set(registry.names())
    assert all(noise._table().values())


@pytest.mark.parametrize("text", ['pylint = "unused"', "pylint = [1]", "[pylint]\nunused = true"])
def test_a_table_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="list of codes for analyzer 'pylint'"):
        noise.read(text)
