from __future__ import annotations

import json
from math import isclose
from typing import Any

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, Verdict
from rewards.types import Score
from trainer.evaluation import Counts, Evaluation, Graded, Totals, described, figures, gain, summarise
from trainer.statistics import pass_at_k, wilson
from trainer.types import Rollout


def graded(task: str, outcome: Outcome = Outcome.PASS, **fields: Any) -> Graded:
    return Graded(**{"task_id": task, "greedy": False, "completion": "", "tokens": 10, "outcome": outcome, **fields})


def finding(start: int, end: int) -> Diagnostic:
    return Diagnostic("pylint", "unused", Severity.LOW, "unused", Span(start, end), Kind.STYLE)


def score(*reports: Report, prefix: int = 0, outcome: Outcome | None = Outcome.PASS) -> Score:
    return Score(1.0, 1.0, outcome, Source("given sampled", prefix=prefix), "sampled", reports)


RAN = Report("runtime", Status.OK, (finding(0, 1),), verdict=Verdict(Outcome.PASS))


@pytest.mark.parametrize(
    ("of", "findings", "analysed"),
    [
        (score(RAN), 0, True),  # what runtime reports is no lint
        (score(RAN, Report("pylint", Status.OK, (finding(6, 8),))), 1, True),
        (score(RAN, Report("pylint", Status.NOT_APPLICABLE)), 0, True),
        (score(RAN, Report("pylint", Status.FAILED)), 0, False),
        (score(RAN, Report("pylint", Status.UNAVAILABLE), Report("ruff", Status.OK, (finding(6, 8),))), 1, False),
        (score(RAN, Report("pylint", Status.OK, (finding(0, 5), finding(6, 8))), prefix=6), 1, True),
    ],
)
def test_graded_counts_findings_in_what_was_sampled(of: Score, findings: int, analysed: bool) -> None:
    ids = np.arange(3)
    made = Graded.of(Rollout("t", ids, ids, np.zeros(3, dtype=np.float32), "sampled", False), of)
    assert (made.findings, made.analysed, made.tokens, made.outcome) == (findings, analysed, 3, Outcome.PASS)


def test_a_score_without_outcome_is_not_judged() -> None:
    ids = np.arange(3)
    made = Graded.of(Rollout("t", ids, ids, np.zeros(3, dtype=np.float32), "", False), score(outcome=None))
    assert not made.judged


@pytest.mark.parametrize(
    ("sample", "clean"),
    [
        (graded("t"), True),
        (graded("t", findings=1), False),
        (graded("t", Outcome.FAILURE), False),
        (graded("t", analysed=False), None),  # nobody looked
        (graded("t", analysed=False, findings=1), False),  # one looked and found
        (graded("t", Outcome.ERROR, analysed=False), False),
    ],
)
def test_clean_needs_a_pass_and_a_look(sample: Graded, clean: bool | None) -> None:
    assert sample.clean is clean


def test_summary_by_hand() -> None:
    found = summarise(
        [
            graded("a"),
            graded("a", Outcome.FAILURE, findings=2),
            graded("b", findings=1),
            graded("b", Outcome.SYNTAX_ERROR),
            graded("a", greedy=True),
            graded("b", Outcome.TIMEOUT, greedy=True),
        ],
        ks=(1, 2),
        seconds={"generate": 4.0, "score": 1.0},
    )
    assert (found.tasks, found.samples, found.tokens) == (2, 4, 60)
    assert found.pass_at[1].mean == 0.5  # both tasks 1 of 2
    assert found.pass_at[2].mean == pass_at_k(2, 1, 2) == 1.0
    assert found.greedy == wilson(0.5, 2)
    assert found.correct_and_clean is not None
    assert found.correct_and_clean.mean == 0.25  # a: 1 of 2, b: 0 of 2
    assert found.outcomes == {
        Outcome.PASS: 0.5, Outcome.FAILURE: 0.25, Outcome.ERROR: 0.0, Outcome.SYNTAX_ERROR: 0.25, Outcome.TIMEOUT: 0.0,
    }  # fmt: skip
    assert found.findings_per_1000_tokens == 75.0  # 3 findings in 40 tokens; greedy ones are not counted
    assert {task: (one.judged, one.passed) for task, one in found.per_task.items()} == {"a": (2, 1), "b": (2, 1)}
    assert found.tokens_per_s == 15.0  # 60 / 4
    assert isclose(found.samples_per_s, 6 / 5)


def test_what_could_not_be_judged_is_left_out_and_counted() -> None:
    found = summarise(
        [graded("a"), graded("a", Outcome.INFRASTRUCTURE), graded("b", Outcome.INFRASTRUCTURE)], ks=(1, 2)
    )
    assert found.pass_at[1].mean == 1.0  # a: 1 of 1; b has no judged sample
    assert 2 not in found.pass_at  # no task has two judged samples
    assert found.outcomes[Outcome.PASS] == 1.0
    assert found.infrastructure == 2
    assert found.samples == 3
    assert "not judged (left out)" in described(found)


def test_what_was_not_analysed_is_left_out_of_findings_but_not_of_passes() -> None:
    found = summarise([graded("a", analysed=False), graded("a", findings=1)])
    assert found.pass_at[1].mean == 1.0
    assert found.findings_per_1000_tokens == 100.0  # 1 in 10 tokens
    assert found.unanalysed == 1
    assert found.correct_and_clean is not None
    assert found.correct_and_clean.mean == 0.0


def test_nothing_judged_is_no_figure_rather_than_zero() -> None:
    found = summarise([graded("a", Outcome.INFRASTRUCTURE)])
    assert (found.pass_at, found.correct_and_clean, found.outcomes, found.findings_per_1000_tokens) == (
        {},
        None,
        {},
        None,
    )
    assert summarise([]).tasks == 0
    assert described(found)["correct and clean"] == "-"
    assert not {"pass@1 (greedy)", "findings per 1000 tokens"} & set(described(found))


def test_json_both_ways() -> None:
    found = summarise([graded("a"), graded("a", greedy=True), graded("b", Outcome.ERROR)], seconds={"generate": 1.0})
    written = json.dumps(found.to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(written)) == found
    assert json.loads(written)["pass_at"]["1"]["mean"] == 0.5


def test_figures_per_language_and_difficulty() -> None:
    found = summarise(
        [
            graded("a", language="go", difficulty="hard"),
            graded("b", Outcome.ERROR, language="go"),
            graded("c", Outcome.ERROR, difficulty="easy"),
        ]
    )
    assert {name: part.pass_at[1].mean for name, part in found.groups["language"].items()} == {"go": 0.5, "python": 0.0}
    # A task whose set says nothing of difficulty is in no group of it.
    assert {name: part.tasks for name, part in found.groups["difficulty"].items()} == {"easy": 1, "hard": 1}
    assert all(not part.per_task for parts in found.groups.values() for part in parts.values())
    assert summarise([graded("a"), graded("b")]).groups == {}


def test_n_at_k_takes_the_public_tests_as_filter() -> None:
    samples = [
        graded("a", public=True),
        graded("a", Outcome.FAILURE, public=True),
        graded("a", Outcome.FAILURE, public=False),
        graded("b", public=None),
    ]
    ((_, counts),) = Totals(samples)
    found = figures(counts, ks=(1, 3), ns=(1, 2))
    # All three of a are drawn, two are let through, one of these is right; b has no public tests.
    assert {name: value.mean for name, value in found.n_at.items()} == {"1@3": 0.5, "2@3": 1.0}
    assert "1@3 (public tests as filter)" in described(found)
    assert figures(counts, ks=(1,), ns=(1,)).n_at == {}


def test_tokens_that_are_not_known_are_no_zero() -> None:
    found = summarise([graded("a", tokens=None, findings=3)])
    assert found.findings_per_1000_tokens is None
    found = summarise([graded("a", tokens=None, findings=3), graded("a", tokens=100, findings=1)])
    assert found.findings_per_1000_tokens == 10.0


def test_samples_nobody_analysed_say_nothing_of_clean_whether_they_pass_or_not() -> None:
    alone = [graded("a", analysed=False), graded("a", Outcome.ERROR, analysed=False)]
    assert summarise(alone).correct_and_clean is None
    found = summarise([*alone, graded("a"), graded("a", Outcome.ERROR)]).correct_and_clean
    assert found is not None
    assert found.mean == 0.5


def test_conditions_are_apart() -> None:
    totals = Totals(
        [graded("a", condition="t=0"), graded("a", Outcome.ERROR, condition="t=1"), graded("a", condition="t=1")]
    )
    assert {name: counts["a"].passed for name, counts in totals} == {"t=0": 1, "t=1": 1}
    assert {name: counts["a"].judged for name, counts in totals} == {"t=0": 1, "t=1": 2}


def test_the_verdict_that_is_paired_is_that_of_the_first_sample() -> None:
    counts = Counts()
    for index, outcome in enumerate((Outcome.FAILURE, Outcome.PASS)):
        counts.add(graded("a", outcome, index=index))
    assert counts.first is False
    counts.add(graded("a", greedy=True))
    assert (counts.greedy, counts.first, counts.samples) == (True, False, 2)


def test_gain_compares_the_same_tasks() -> None:
    before = summarise([graded("a", Outcome.ERROR), graded("b", Outcome.ERROR), graded("c"), graded("x")])
    after = summarise([graded("a"), graded("b", Outcome.ERROR), graded("c"), graded("y")])
    found = gain(before, after)
    assert found is not None
    assert isclose(found.mean, 1 / 3)  # a 0 -> 1, b 0 -> 0, c 1 -> 1; x and y are on one side only
    assert gain(before, summarise([])) is None
