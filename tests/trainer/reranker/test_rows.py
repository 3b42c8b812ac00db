from __future__ import annotations

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Severity, Span
from rewards.reranking.pools import Candidate, Pool
from rewards.types import Charge
from trainer.codec import Codec
from trainer.reranker.rows import charged, rows

EOS = 1


@pytest.fixture
def codec(byte_tokenizer):
    return Codec(byte_tokenizer, eos=frozenset({EOS}), pad=0)


def charge(start, end, amount=-1.0):
    found = Diagnostic("lint", "x", Severity.HIGH, "", Span(start, end), Kind.NAME)
    return Charge(found, Span(start, end), amount)


def only(codec, candidate, *, prompt="p", context=None):
    return rows(codec, Pool("t", prompt, (candidate,)), context=context)[0]


def text(codec, ids):
    return codec.token_bytes.text(ids)


def marked(codec, completion, *charges, context=None, passed=False, blamed="both", findings=()):
    candidate = Candidate(completion, passed, blame=charges, findings=findings)
    row = only(codec, candidate, context=context)
    marks = charged(codec, row, candidate, blamed)
    return None if marks is None else [text(codec, row.ids[place : place + 1]) for place in np.flatnonzero(marks)]


def test_a_row_is_prompt_and_candidate_up_to_its_end(codec):
    row = only(codec, Candidate("ab"), prompt="pq")
    assert (text(codec, row.prompt), text(codec, row.ids), row.ids[-1], row.cut) == ("pq", "ab", EOS, 0)
    assert row.size.written == 3
    assert row.size.before == 2


def test_what_was_cut_off_has_no_end_and_nothing_has_one(codec):
    assert only(codec, Candidate("ab", truncated=True)).ids[-1] != EOS
    assert only(codec, Candidate("")).ids.tolist() == [EOS]
    assert only(codec, Candidate("", truncated=True)).ids.tolist() == []
    assert rows(codec, Pool("t", "p", ()), context=None) == []


def test_half_a_surrogate_pair_is_a_question_mark(codec):
    assert text(codec, only(codec, Candidate("a\ud800b"), prompt="\udfff").ids) == "a?b"


@pytest.mark.parametrize(
    ("prompt", "completion", "expected"),
    [
        ("p" * 4, "abc", ("pppp", "abc", 0)),  # 4 + 4 of 8
        ("pqrst", "abc", ("qrst", "abc", 0)),  # the prompt gives way
        ("pqrst", "abcd", ("qrst", "bcd", 1)),  # but for half of the context
        ("pq", "abcdefgh", ("pq", "defgh", 3)),  # of which there may be less
        ("pqrst", "a", ("pqrst", "a", 0)),
    ],
)
def test_what_is_too_long_keeps_its_end(codec, prompt, completion, expected):
    row = only(codec, Candidate(completion), prompt=prompt, context=8)
    assert (text(codec, row.prompt), text(codec, row.ids), row.cut) == expected
    assert len(row.prompt) + len(row.ids) <= 8


def test_how_a_row_is_cut_does_not_depend_on_the_others(codec):
    alone = only(codec, Candidate("a"), prompt="p" * 7, context=8)
    both = rows(codec, Pool("t", "p" * 7, (Candidate("a"), Candidate("a" * 20))), context=8)
    assert both[0].key == alone.key


def test_tokens_that_share_a_byte_with_a_charge_are_charged(codec):
    assert marked(codec, "abcde", charge(1, 3)) == ["b", "c"]
    assert marked(codec, "axyzb", charge(2, 3)) == ["xyz"]  # one token of three characters
    assert marked(codec, "ab", charge(1, 2), charge(1, 1)) == ["b"]
    assert marked(codec, "ab", charge(2, 2)) == ["b"]  # the end of the text


def test_charges_stand_where_code_points_do(codec):
    found = marked(codec, "é😀xyb", charge(2, 4))
    assert found == ["xy"]
    assert len(marked(codec, "é😀xyb", charge(1, 2))) == 4  # the bytes of one character


def test_charges_of_what_was_cut_off_are_gone(codec):
    assert marked(codec, "abcdefgh", charge(0, 2), charge(3, 4), context=8) == ["d"]
    assert marked(codec, "abcdefgh", charge(1, 4), context=8) == ["c", "d"]
    assert marked(codec, "abcdefgh", charge(0, 2), context=8) == []


def test_nobody_knows_what_is_wrong_where_nothing_is_charged(codec):
    assert marked(codec, "ab") is None
    assert marked(codec, "ab", charge(0, 1, 0.0)) is None
    assert marked(codec, "ab", passed=True) == []
    assert marked(codec, "ab", passed=True, blamed="findings", findings=None) is None
    assert marked(codec, "ab", charge(0, 1), blamed="findings", findings=(charge(1, 2),)) == ["b"]
    assert marked(codec, "ab", charge(0, 1), blamed="blame", findings=(charge(1, 2),)) == ["a"]
    assert marked(codec, "ab", charge(0, 1), blamed="both", findings=(charge(1, 2),)) == ["a", "b"]


def test_the_outcome_makes_no_row_another(codec):
    assert only(codec, Candidate("a", True, outcome=Outcome.PASS)).key == only(codec, Candidate("a", False)).key
