from __future__ import annotations

import json
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, Verdict
from rewards.types import Score
from trainer.evaluation import Evaluation, Graded, Record, described, gain, summarise
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
    assert found.per_task == {"a": (2, 1), "b": (2, 1)}
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


def test_json_both_ways() -> None:
    found = summarise([graded("a"), graded("a", greedy=True), graded("b", Outcome.ERROR)], seconds={"generate": 1.0})
    written = json.dumps(found.to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(written)) == found
    assert json.loads(written)["pass_at"]["1"]["mean"] == 0.5


def test_gain_compares_the_same_tasks() -> None:
    before = summarise([graded("a", Outcome.ERROR), graded("b", Outcome.ERROR), graded("c"), graded("x")])
    after = summarise([graded("a"), graded("b", Outcome.ERROR), graded("c"), graded("y")])
    found = gain(before, after)
    assert found is not None
    assert isclose(found.mean, 1 / 3)  # a 0 -> 1, b 0 -> 0, c 1 -> 1; x and y are on one side only
    assert gain(before, summarise([])) is None


SETTINGS = {"model": "tiny", "samples": 2}


def test_record_keeps_whole_tasks(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Record(path, SETTINGS) as record:
        for sample in (graded("a"), graded("a"), graded("b"), graded("b", greedy=True)):
            record.add(sample)
    with path.open("a") as file:
        file.write('{"task_id": "b", "gre')
    with Record(path, SETTINGS) as record:
        assert record.have == [graded("a"), graded("a"), graded("b", greedy=True)]
        record.add(graded("b"))
        record.add(graded("b"))
    with Record(path, SETTINGS) as record:
        assert len(record.have) == 5


def test_record_of_another_evaluation_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Record(path, SETTINGS) as record:
        record.add(graded("a"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"another evaluation .*model was 'tiny', is 'big'"):
        Record(path, {**SETTINGS, "model": "big"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["my notes\n", "[]\n", "{}\n", '{"evaluation": 3}\n'])
def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds no samples of an evaluation"):
        Record(path, SETTINGS)
    assert path.read_text() == content
