from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analyzers.types import Kind, Outcome, Severity, Source, Span
from rewards import token_rewards
from rewards.schemes import Need, needs, resolve
from rewards.schemes.executed import executed, unreached
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item

TEXT = '''\
"""Module."""
import os

# A comment.
def f(x):
    """Doc é😀."""
    global count
    y: int
    if x > 0:
        return (
            x
        )
    elif x < 9:
        for i in x:
            print(i)
        else:
            pass
    try:
        return 1
    except KeyError:
        return 2
    finally:
        count = 1


class C:
    limit: int = 3

    def method(self):
        return self
'''


def line(text: str) -> int:
    """The number of the line that holds a text."""
    return TEXT[: TEXT.index(text)].count("\n") + 1


def ran(make: Any, *lines: int, text: str = TEXT, outcome: Outcome = Outcome.PASS, **given: Any) -> Evidence:
    found: Evidence = make.evidence(text, outcome, passed=2 if outcome is Outcome.PASS else 1, **given)
    report = found.reports[0]
    assert report.verdict is not None
    told = replace(report, verdict=replace(report.verdict, executed=lines))
    return replace(found, reports=(told, *found.reports[1:]))


def texts(spans: tuple[Span, ...]) -> list[str]:
    return [TEXT[span.start : span.end] for span in spans]


def test_statements_that_no_test_reached_are_found() -> None:
    # f(1): the module, the class body, the condition and the first return.
    reached = {1, 2, line("def f"), line("if x"), line("return ("), line("class"), line("limit"), line("def method")}
    assert texts(unreached(Source(TEXT), reached)) == [
        TEXT[TEXT.index("elif") : TEXT.index("\n    try")],
        TEXT[TEXT.index("try:") : TEXT.index("\n\n\nclass")],
        "return self",
    ]


def test_clauses_of_a_statement_that_ran_are_looked_at_one_by_one() -> None:
    reached = {line(word) for word in ("elif", "for i", "try", "return 1", "count = 1")}
    found = texts(
        unreached(Source(TEXT), reached | {1, 2, line("def f"), line("class"), line("limit"), line("return self")})
    )
    assert found == [
        "return (\n            x\n        )",
        "print(i)",
        "else:\n            pass",
        "except KeyError:\n        return 2",
    ]


def test_declarations_comments_and_docstrings_are_not_missed() -> None:
    text = 'def f():\n    """Doc."""\n    # note\n    global a\n    b: int\n    1\n    return a\n'
    assert unreached(Source(text), {1, 7}) == ()


def test_carriage_returns_end_lines_as_python_has_it() -> None:
    text = "a = 1\rif a:\r    b = 2\r\nelse:\r\n    c = '\x0c\u2028'\r\n"
    [span] = unreached(Source(text), {1, 2, 3})
    assert text[span.start : span.end].startswith("else:")


def test_the_outcome_is_withheld_where_nothing_ran_and_charges_stand_everywhere(make: Any) -> None:
    finding = make.finding(TEXT, "self)", kind=Kind.NAME, severity=Severity.HIGH)
    lines = range(1, line("class") + 4)
    found = ran(make, *lines, findings=[finding])
    reward = executed(found)
    assert texts(reward.exempt) == ["return self"]
    assert (reward.parts, reward.charges) == (static(found).parts, static(found).charges)
    assert reward.charges[0].amount == -0.1


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [((), Outcome.PASS), ((1,), Outcome.SYNTAX_ERROR)],
)
def test_what_is_not_known_to_have_run_is_credited(make: Any, lines: tuple[int, ...], outcome: Outcome) -> None:
    assert executed(ran(make, *lines, outcome=outcome)).exempt == ()
    assert executed(make.evidence(TEXT, outcome, passed=1)).exempt == ()
    assert executed(make.evidence(TEXT)).exempt == ()


def test_tokens_of_what_did_not_run_have_no_part_in_the_outcome(make: Any) -> None:
    text = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    completion = f"é\n```python\n{text}```"
    begin = completion.index("def")
    found = ran(make, 1, 2, 3, text=text)
    found = replace(found, source=Source(text, offset=begin))
    score = settle(Item(completion), found, resolve("executed"))
    assert [completion[span.start : span.end] for span in score.exempt] == ["return 2"]
    # Tokens: before the statement, its two words (the first with the blank before it), and what follows. One byte more
    # stands before it than code points, for the é.
    start = completion.index("return 2") + 1
    spans = np.array([(0, start - 1), (start - 1, start + 6), (start + 6, start + 8), (start + 8, len(completion) + 1)])
    credited = token_rewards(score, spans).credited
    assert credited is not None
    # The token that begins before the statement is not all of it.
    assert credited.tolist() == [True, True, False, True]


def test_it_asks_for_the_lines() -> None:
    assert needs(resolve("executed")) == {Need.EXECUTED}
