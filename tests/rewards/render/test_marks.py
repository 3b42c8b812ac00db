from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Severity, Span
from rewards.render.marks import MANY, Piece, held, line_texts, lines, marked_lines
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Charge, Item, Score, Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a\n"]),
        ("a\n\nb", ["a\n", "\n", "b"]),
        ("a\r\nb\rc\n", ["a\r\n", "b\r", "c\n"]),
        ("a\x0cb\u2028c", ["a\x0cb\u2028c"]),
    ],
)
def test_lines_are_those_of_the_positions(text: str, expected: list[str]) -> None:
    assert [text[line.start : line.end] for line in lines(text)] == expected
    assert line_texts(text) == [line.rstrip("\r\n") for line in expected]


def test_an_empty_span_is_shown_on_a_character() -> None:
    assert held(Span(2, 4), 9) == (2, 4)
    assert held(Span(2, 2), 9) == (2, 3)
    assert held(Span(9, 9), 9) == (8, 9)
    assert held(Span(0, 0), 0) == (0, 0)


def test_pieces_end_with_their_line_and_together_are_the_text(make: Any) -> None:
    text = "aéb\ncd\n"
    spans = [Span(0, 3), Span(2, 5), Span(2, 2), Span(7, 7), Span(0, 7)]
    found = [make.finding(text, span, analyzer=str(index)) for index, span in enumerate(spans)]
    score = settle(Item(text), make.evidence(text, Outcome.PASS, passed=2, findings=found), static)
    byte_spans = np.array([[0, 2], [2, 5], [5, 8], [8, 8]])
    for tokens in (None, byte_spans):
        marked = marked_lines(score, score.explain(), tokens)
        texts = ["".join(text[piece.start : piece.end] for piece in line) for line in marked]
        assert texts == ["aéb\n", "cd\n"]


def test_the_amounts_over_a_piece_make_its_weight() -> None:
    text = "abcd\n"
    charges = [charge(text, Span(0, 2), -0.06), charge(text, Span(1, 3), -0.09), charge(text, Span(3, 4), 0.3)]
    score = Score(0.0, 0.0, None, Source(text), text, charges=tuple(charges))
    (line,) = marked_lines(score, score.explain())
    # A failing frame, 0.3, is the darkest shade: 0.06 / 0.3, 0.15 / 0.3, 0.09 / 0.3; what is earned has the other sign.
    assert [(piece.start, round(piece.weight, 6)) for piece in line] == [
        (0, -0.2),
        (1, -0.5),
        (2, -0.3),
        (3, 1.0),
        (4, 0),
    ]


def test_tokens_begin_once_and_weigh_by_their_own_reward(make: Any) -> None:
    text = "print(yé)\n"
    score = settle(Item(text), make.evidence(text, Outcome.FAILURE, findings=[make.finding(text, "yé")]), static)
    # Tokens: "print" "(y" and the two bytes of é, ")" and a line feed; the charge of -0.1 lies on three of six tokens:
    # alpha = 6 / 3 = 2, so each carries -0.2. Both bytes of é are one character, shown with the first.
    spans = np.array([[0, 5], [5, 7], [7, 8], [8, 9], [9, 11], [11, 11]])
    (line,) = marked_lines(score, score.explain(), spans)
    assert [(text[piece.start : piece.end], piece.weight, piece.token) for piece in line] == [
        ("print", 0.0, True),
        ("(", -1.0, True),
        ("y", -1.0, False),
        ("é", -1.0, True),
        (")\n", 0.0, True),
    ]
    assert line[1].label == "token 1: -0.200"
    assert line[2].label.startswith("token 1: -0.200\n-0.100  pyflakes")


def test_tokens_that_cannot_be_placed_are_left_out_and_wrong_ones_refused(make: Any) -> None:
    score = settle(Item("\ufffd = y\n"), make.evidence("\ufffd = y\n"), static)
    spans = np.array([[0, 1], [1, 6]])
    assert marked_lines(score, (), spans) == [[Piece(0, 6, 0.0, "", token=False)]]
    placed = marked_lines(score, (), spans, sampled=b"\xff = y\n")
    assert placed == [[Piece(0, 1, 0.0, "", token=True), Piece(1, 6, 0.0, "", token=True)]]
    with pytest.raises(ValueError, match="are these its ids"):
        marked_lines(settle(Item("x = y\n"), make.evidence("x = y\n"), static), (), np.array([[0, 1]]))


def test_what_the_outcome_says_nothing_of_is_set_apart() -> None:
    text = "abcd\nef\n"
    score = Score(0.0, 0.0, None, Source(text), text, exempt=(Span(2, 6), Span(8, 8)))
    marked = marked_lines(score, ())
    found = [(text[piece.start : piece.end], piece.exempt) for line in marked for piece in line]
    assert found == [("ab", False), ("cd\n", True), ("e", True), ("f\n", False)]


def test_a_label_counts_what_it_does_not_name() -> None:
    text = "x"
    charges = tuple(charge(text, Span(0, 1), -0.01, code=f"c{n}") for n in range(MANY + 3))
    score = Score(0.0, 0.0, None, Source(text), text, charges=charges)
    ((piece,),) = marked_lines(score, score.explain())
    assert piece.label.count("\n") == MANY
    assert piece.label.endswith("\nand 3 more")


def charge(text: str, span: Span, amount: float, code: str = "c") -> Charge:
    said = Diagnostic("ruff", code, Severity.LOW, f"{code} on {text[span.start : span.end]}", span, Kind.STYLE)
    return Charge(said, span, amount)
