from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers import trees
from analyzers.errors import ToolMissing
from analyzers.types import Location, Outcome, Report, Severity, Source, Span, Status
from rewards import batch_metrics
from rewards.types import Charge, Score


def scored(text: str = "x = 1\n", outcome: Outcome | None = None, **changes: Any) -> Score:
    return replace(Score(0.0, 0.0, outcome, Source(text), text), **changes)


def test_nothing_is_said_of_an_empty_batch() -> None:
    assert batch_metrics([]) == {}


def test_one_plain_program() -> None:
    assert batch_metrics([scored()]) == {
        "length/characters": 6.0,
        "length/nodes": 6.0,
        "comments": 0.0,
        "suppressions": 0.0,
        **{f"findings/{name}": 0.0 for name in ("info", "low", "medium", "high", "critical", "fatal")},
    }


def test_length_is_that_of_the_completion_and_its_tokens_where_known() -> None:
    fenced = Score(0.0, 0.0, None, Source("x = 1\n", offset=10), "```python\nx = 1\n```")
    found = batch_metrics([fenced, scored("é😀")], tokens=[7, None])
    assert (found["length/characters"], found["length/tokens"]) == ((19 + 2) / 2, 7.0)
    assert "length/tokens" not in batch_metrics([fenced], tokens=[None])
    with pytest.raises(ValueError, match="each of 1 completions, got 2 numbers"):
        batch_metrics([fenced], tokens=[1, 2])


def test_comments_and_suppressions() -> None:
    # 6 of 12 and 0 of 6 code points; two suppressions in two programs.
    found = batch_metrics([scored("x = 1 # noqa"), scored()])
    assert (found["comments"], found["suppressions"]) == (0.25, 0.5)


def test_findings_of_the_sampled_part_by_severity(make: Any) -> None:
    text = "a = 1\nb = 2\n"
    diagnostics = [make.finding(text, name, severity=severity) for name, severity in
                   [("a", Severity.LOW), ("b", Severity.LOW), ("b", Severity.FATAL)]]  # fmt: skip
    told = Report("ruff", Status.OK, tuple(diagnostics))
    torn = Report("mypy", Status.FAILED, tuple(diagnostics))
    found = batch_metrics([scored(text, source=Source(text, prefix=6), reports=(told, torn)), scored()])
    assert (found["findings/low"], found["findings/fatal"], found["findings/high"]) == (0.5, 0.5, 0.0)


def test_charges_by_what_became_of_them(make: Any) -> None:
    finding = make.finding("x = 1\n", "x")
    notes = ["", "gated", "shared, capped", "merged, capped", "follow-on"]
    charges = tuple(Charge(finding, Span(0, 1), -0.1, note=note) for note in notes)
    found = batch_metrics([scored(charges=charges[:2]), scored(charges=charges[2:]), scored()])
    assert (found["charges/gated"], found["charges/capped"]) == (0.2, 0.4)
    assert not [name for name in batch_metrics([scored()]) if name.startswith("charges/")]


def test_near_duplicates_are_those_of_the_same_task() -> None:
    same, other = "def f(a):\n    return a + 1\n", "for i in range(9):\n    print(i)\n"
    batch = [
        scored(same, task_id="a"), scored(same.replace("a", "b"), task_id="a"), scored(other, task_id="a"),
        scored(same, task_id="b"), scored(other, task_id="b"),
        scored(same, task_id="c"),
        scored(same), scored(same),
    ]  # fmt: skip
    # Of 3 + 2 programs that have another one for their task, 2 are alike; those without a task are no group.
    assert batch_metrics(batch)["near_duplicates"] == 0.4
    assert "near_duplicates" not in batch_metrics(batch[5:])


def test_programs_that_pass_only_what_they_were_shown() -> None:
    passing = [
        scored(outcome=Outcome.PASS, holdout=holdout)
        for holdout in (Outcome.PASS, Outcome.FAILURE, Outcome.ERROR, Outcome.PASS, Outcome.INFRASTRUCTURE, None)
    ]
    # Hold-out tests gave 4 verdicts, 2 of them bad; the harness said nothing of one, and one had no such tests.
    assert batch_metrics([*passing, scored(outcome=Outcome.FAILURE)])["special_cased"] == 0.5
    assert "special_cased" not in batch_metrics(passing[4:])


def test_crashes_and_what_nobody_could_judge() -> None:
    outcomes = [Outcome.ERROR, Outcome.PASS, Outcome.FAILURE, Outcome.SYNTAX_ERROR, Outcome.INFRASTRUCTURE, None]
    found = batch_metrics([scored(outcome=outcome) for outcome in outcomes])
    assert (found["crashed"], found["unjudged"]) == (0.25, 0.2)
    found = batch_metrics([scored(outcome=Outcome.INFRASTRUCTURE)])
    assert "crashed" not in found
    assert found["unjudged"] == 1.0


def test_analyses_that_gave_no_report() -> None:
    ended = [Status.OK, Status.FAILED, Status.TIMED_OUT, Status.TIMED_OUT, Status.UNAVAILABLE, Status.NOT_APPLICABLE]
    reports = tuple(Report("a", status, provoked=status is Status.FAILED) for status in ended)
    found = batch_metrics([scored(reports=reports[:3]), scored(reports=reports[3:])])
    assert {name: found[f"analyses/{name}"] for name in ("failed", "timed_out", "unavailable", "provoked")} == {
        "failed": 0.2, "timed_out": 0.4, "unavailable": 0.2, "provoked": 0.2,
    }  # fmt: skip
    assert "analyses/failed" not in batch_metrics([scored(reports=reports[5:])])


def test_without_a_grammar_the_other_figures_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ToolMissing("no grammar")

    monkeypatch.setattr(trees, "root", missing)
    found = batch_metrics([scored(task_id="a"), scored(task_id="a")])
    assert found["length/characters"] == 6.0
    assert not {"length/nodes", "comments", "near_duplicates", "suppressions"} & set(found)


def test_findings_about_the_whole_program_count(make: Any) -> None:
    text = "x = 1\n"
    told = Report("a", Status.OK, (make.finding(text, Span(0, 6), location=Location.GLOBAL),))
    assert batch_metrics([scored(text, reports=(told,))])["findings/high"] == 1.0
