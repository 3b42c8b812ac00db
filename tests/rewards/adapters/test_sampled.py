"""Sampled ids as program text, and scores on them."""

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Severity, Source, Span
from rewards.adapters.sampled import last_turn, of_ids
from rewards.tokens import TokenBytes
from rewards.types import Charge, Score

FINDING = Diagnostic("pylint", "unused-variable", Severity.LOW, "unused", Span(0, 1), Kind.STYLE)


def vocabulary(*pieces):
    table = tuple(piece.encode() for piece in pieces)
    return TokenBytes(table, np.array([*map(len, table), 0]))


PIECES = vocabulary("é", "</think>", "\n", "x", " = y", "")
IDS = [0, 3, 1, 2, 3, 4, 5]


def score(text, start, end, value=1.0):
    charge = Charge(FINDING, Span(start, end), -0.25)
    return Score(value, value, Outcome.PASS, Source(text), text, (), (charge,))


def test_only_what_comes_after_the_last_mark_is_the_program():
    sampled = of_ids(PIECES, IDS, after="</think>")
    assert sampled.text == "\nx = y"
    assert of_ids(PIECES, [0, 1, 1, 3], after="</think>").text == "x"
    found = sampled.rewards(score("\nx = y", 1, 2))
    assert found.values.tolist() == [0, 0, 0, 0, -0.25, 0, 0]
    assert found.shares.sum() == -0.25


def test_without_the_mark_everything_is():
    assert of_ids(PIECES, [3, 4], after="</think>").text == "x = y"
    assert of_ids(PIECES, [3, 4]).text == "x = y"


def test_a_score_of_something_else_is_refused():
    with pytest.raises(ValueError, match="do not decode to the text"):
        of_ids(PIECES, IDS).rewards(score("x", 0, 1))


def test_where_the_harness_failed_nothing_is_charged():
    found = of_ids(PIECES, [3, 4]).rewards(score("x = y", 0, 1, value=None))
    assert found.values.tolist() == found.shares.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("mask", "turn"),
    [
        ([1, 1, 1], slice(0, 3)),
        ([0, 1, 1, 0], slice(0, 3)),
        ([1, 1, 0, 0, 1, 0, 1, 1, 0], slice(6, 8)),
        ([0, 0], slice(0, 2)),
        ([], slice(0, 0)),
    ],
)
def test_the_last_turn_is_the_last_run_of_sampled_tokens(mask, turn):
    assert last_turn(mask) == turn
