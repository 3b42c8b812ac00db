from __future__ import annotations

import json
import pickle
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from analyzers.types import Diagnostic, Outcome, Report, Source, Span, Status, TestResult, TestStatus, Verdict
from rewards import jsonable
from rewards.executors import wire
from rewards.items import as_item
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Charge, Evidence, Item, Score

PROGRAM = "def f(x):\n    return y\n"
COMPLETION = f"So é😀:\n```python\n{PROGRAM}```\n"
ITEM = Item(COMPLETION, prefix="import os\n", task_id="t")


def scored(make: Any, item: Item = ITEM, offset: int = COMPLETION.index("def")) -> Score:
    crash = make.crash(PROGRAM, "y", "NameError")
    found = Report("pyflakes", Status.OK, (make.finding(PROGRAM, "y"), make.finding(PROGRAM, "x")), seconds=0.25)
    source = Source(PROGRAM, offset=offset)
    return settle(item, Evidence(source, (make.runtime(Outcome.ERROR, 1, 6, crash), found), tested=True), static)


def both_ways(score: Score, item: Item) -> Score:
    [copy] = wire.unpack_scores(wire.pack_scores([score], [item]), [item])
    assert isinstance(copy, Score)
    return copy


def test_a_score_comes_back_as_it_was(make: Any) -> None:
    score = scored(make)
    assert len(score.charges) > 1
    copy = both_ways(score, ITEM)
    assert copy == replace(score, task_id="t")
    assert (type(copy.outcome), type(copy.charges), type(copy.exempt)) == (Outcome, tuple, tuple)
    # A charge and the report that it comes from share their finding again.
    assert copy.charges[0].diagnostic is copy.reports[1].diagnostics[1]


def test_every_field_of_a_score_travels(make: Any) -> None:
    score = scored(make)
    full = replace(
        score,
        exempt=(Span(3, 5),),
        holdout=Outcome.TIMEOUT,
        charges=(
            Charge(make.finding(PROGRAM, "f"), Span(1, 2), -0.5, 2.0, "merged", -1.0, "ruff F401"),
            *score.charges,
        ),
        reports=(
            Report(
                "runtime",
                Status.TIMED_OUT,
                verdict=Verdict(
                    Outcome.TIMEOUT,
                    (TestResult(TestStatus.NOT_RUN, 1.5, "é\udc80"), TestResult(TestStatus.PASSED)),
                    stdout="a\0b",
                    executed=(1, 2),
                    forgeable=True,
                ),
                provoked=True,
            ),
            *score.reports,
        ),
    )
    for field in fields(Score):
        assert getattr(full, field.name) not in (None, (), {}), f"{field.name} says nothing here"
    assert both_ways(full, ITEM) == full


def test_a_failure_travels(make: Any) -> None:
    failed = settle(ITEM, Evidence(Source(PROGRAM), (), tested=True), static)
    assert (failed.value, both_ways(failed, ITEM)) == (None, failed)


def test_a_program_that_is_no_slice_of_its_completion_travels_as_it_is(make: Any) -> None:
    odd = replace(scored(make), source=Source("print(1)", prefix=2, offset=3))
    assert both_ways(odd, ITEM) == odd
    given = Source("import os\n" + PROGRAM, prefix=10, offset=COMPLETION.index("def"))
    data = wire.pack_scores([replace(odd, source=given)], [ITEM])
    assert PROGRAM.encode() not in data
    assert wire.unpack_scores(data, [ITEM]) == [replace(odd, source=given)]


def test_what_was_given_around_a_completion_travels(make: Any) -> None:
    item = Item("return y", prefix="def f(x):\n    ", suffix="\n# end\n")
    text = item.prefix + item.completion + item.suffix
    source = Source(text, prefix=len(item.prefix), suffix=len(item.suffix))
    score = settle(item, Evidence(source, (Report("a", Status.OK, (make.finding(text, "y"),)),)), static)
    packed = wire.pack_scores([score], [item])
    assert both_ways(score, item) == score
    assert b"end" not in packed


def test_a_score_is_much_smaller_than_its_pickle_and_its_json(make: Any) -> None:
    scores, items = [scored(make)] * 16, [ITEM] * 16
    copies = pickle.loads(pickle.dumps([pickle.dumps(score) for score in scores]))
    size = len(wire.pack_scores(scores, items)) / 16
    assert size < 0.5 * len(copies[0])
    assert size < 0.2 * len(json.dumps(jsonable(scores[0])))


def test_what_scoring_raised_takes_the_place_of_a_score(make: Any) -> None:
    class Local(Exception):
        """Cannot be pickled: no module has it."""

    try:
        raise ValueError("no such thing: 3")
    except ValueError as error:
        first: BaseException = error
    data = wire.pack_scores([first, scored(make), Local("odd")], [ITEM] * 3)
    error, score, other = wire.unpack_scores(data, [ITEM] * 3)
    assert isinstance(error, ValueError)
    assert str(error) == "no such thing: 3"
    assert "in test_what_scoring_raised" in error.__notes__[0]
    assert isinstance(score, Score)
    assert isinstance(other, RuntimeError)
    assert "Local: odd" in str(other)


SUITES = [
    Asserts(("assert f(1) == 2",), "import math"),
    CheckFunction("def check(c): assert c(1)", "f"),
    Calls("f", (Call((1, [2, (3,)], {4}), {"a": 1.5}, {"k": b"x"}),), "unordered"),
    Stdio((Exchange("1\n", "2\n"),), checker="print(1)"),
    Appended("f();", "<?php\n"),
    None,
]


@pytest.mark.parametrize("tests", SUITES)
def test_items_come_back_as_they_were(tests: Any) -> None:
    item = Item("é\udc80", "rust", tests, "p", "r", "t", truncated=True, raw=True, holdout=tests)
    assert wire.unpack_items(wire.pack_items([item, Item("x")])) == [item, Item("x")]


def test_neighbours_with_equal_tests_share_them() -> None:
    tests = [f"assert f({number}) == {number}" for number in range(50)]
    items = [as_item({"completion": str(number), "tests": list(tests)}) for number in range(8)]
    alone, together = wire.pack_items(items[:1]), wire.pack_items(items)
    assert len(together) < len(alone) + 8 * 20
    assert wire.unpack_items(together) == items


texts = st.text(max_size=20)
spans = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: Span(min(pair), max(pair)))
verdicts = st.none() | st.builds(Verdict, executed=st.none() | st.lists(st.integers(1, 9)).map(tuple))
reports = st.lists(
    st.builds(Report, diagnostics=st.lists(st.builds(Diagnostic, span=spans), max_size=3).map(tuple), verdict=verdicts),
    max_size=3,
).map(tuple)


@settings(max_examples=100)
@given(st.data())
def test_whatever_a_score_holds_it_comes_back(data: Any) -> None:
    item = Item(data.draw(texts), prefix=data.draw(texts), task_id=data.draw(texts))
    found = data.draw(reports)
    of_reports = [finding for report in found for finding in report.diagnostics]
    diagnostics = st.builds(Diagnostic, span=spans) | (st.sampled_from(of_reports) if of_reports else st.nothing())
    charges = st.lists(st.builds(Charge, diagnostic=diagnostics, span=spans, amount=st.floats(allow_nan=False)))
    score = data.draw(
        st.builds(
            Score,
            value=st.none() | st.floats(allow_nan=False),
            base=st.none() | st.floats(allow_nan=False),
            source=st.builds(Source, text=texts, offset=st.integers(0, 9)),
            completion=st.just(item.completion),
            reports=st.just(found),
            charges=charges.map(tuple),
            parts=st.dictionaries(texts, st.floats(allow_nan=False), max_size=2),
            task_id=st.just(item.task_id),
            exempt=st.lists(spans, max_size=2).map(tuple),
        )
    )
    assert both_ways(score, item) == score
