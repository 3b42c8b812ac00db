from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.types import Source, Span
from rewards.align import hits, spread, token_rewards, within
from rewards.types import Charge, Score, TokenRewards


def tokens(*lengths: int) -> np.ndarray:
    ends = np.cumsum([0, *lengths])
    return np.stack([ends[:-1], ends[1:]], axis=1)


@pytest.mark.parametrize(
    ("span", "expected"),
    [  # tokens [0, 2) [2, 2) [2, 5) [5, 6) and the end of the sequence [6, 6)
        ((0, 2), (0, 1)),
        ((1, 3), (0, 3)),  # the token without width lies inside
        ((2, 5), (2, 3)),
        ((4, 6), (2, 4)),
        ((0, 6), (0, 4)),
        ((3, 3), (2, 3)),  # empty: the token that holds the byte
        ((2, 2), (2, 3)),
        ((0, 0), (0, 1)),
        ((6, 6), (3, 4)),  # empty, at the end: the last token with any width
        ((9, 9), (3, 4)),
    ],
)
def test_which_tokens_a_span_hits(span: tuple[int, int], expected: tuple[int, int]) -> None:
    assert hits(np.array([span]), tokens(2, 0, 3, 1, 0), end=6).tolist() == [list(expected)]


def test_an_empty_text_is_answered_for_by_its_last_token() -> None:
    assert hits(np.array([[0, 0]]), tokens(0, 0), end=0).tolist() == [[1, 2]]


def test_tokens_after_the_end_of_the_text_are_never_hit() -> None:
    # The text ends at byte 3; the token [3, 5) is a stop string that was cut off.
    assert hits(np.array([[3, 3], [0, 3]]), tokens(2, 1, 2), end=3).tolist() == [[1, 2], [0, 2]]


def test_no_tokens_at_all() -> None:
    rewards = spread(hits(np.array([[0, 0]]), tokens(), end=0), np.array([-1.0]), np.array([1.0]), length=0)
    assert rewards.values.shape == rewards.shares.shape == (0,)


def test_amounts_by_hand() -> None:
    # T = 6. A charge of -0.3 on tokens 1 and 2: alpha = 6 / 2 = 3, values -0.9, shares -0.15.
    # A charge of -0.1 on token 2, alpha = 6 / 1 capped at 4: value -0.4, share -0.1.
    ranges = np.array([[1, 3], [2, 3]])
    rewards = spread(ranges, np.array([-0.3, -0.1]), np.array([4.0, 4.0]), length=6)
    assert rewards.values == pytest.approx([0, -0.9, -1.3, 0, 0, 0])
    assert rewards.shares == pytest.approx([0, -0.15, -0.25, 0, 0, 0])


def naive(
    spans: list[tuple[int, int]], amounts: list[float], caps: list[float], byte_spans: np.ndarray
) -> TokenRewards:
    length, end = len(byte_spans), int(byte_spans[-1, 1])
    values, shares = np.zeros(length), np.zeros(length)
    for (start, stop), amount, cap in zip(spans, amounts, caps, strict=True):
        if start >= stop:
            start = min(start, end - 1)
            stop = start + 1
        hit = [index for index, (low, high) in enumerate(byte_spans.tolist()) if low < stop and high > start]
        for index in hit:
            values[index] += amount * min(length / len(hit), cap)
            shares[index] += amount / len(hit)
    return TokenRewards(values, shares)


@given(
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=30).filter(any),
    charges=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 10), st.floats(-1, 0), st.floats(1, 20)), max_size=12
    ),
)
def test_agrees_with_a_loop_and_conserves_what_was_charged(
    lengths: list[int], charges: list[tuple[int, int, float, float]]
) -> None:
    byte_spans = tokens(*lengths)
    end = int(byte_spans[-1, 1])
    spans = [(min(start, end), min(start + width, end)) for start, width, _, _ in charges]
    amounts, caps = [charge[2] for charge in charges], [charge[3] for charge in charges]
    ranges = hits(np.array(spans, dtype=np.int64).reshape(-1, 2), byte_spans, end=end)
    found = spread(ranges, np.array(amounts), np.array(caps), length=len(lengths))
    expected = naive(spans, amounts, caps, byte_spans)
    assert found.values == pytest.approx(expected.values)
    assert found.shares == pytest.approx(expected.shares)
    assert found.shares.sum() == pytest.approx(sum(amounts))
    # No residue of a sum on tokens that nothing hit.
    assert {*np.flatnonzero(found.shares)} <= {index for low, high in ranges.tolist() for index in range(low, high)}


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.data())
def test_with_no_cap_in_force_the_mean_is_the_charge(lengths: list[int], data: st.DataObject) -> None:
    end = sum(lengths)
    start = data.draw(st.integers(0, end))
    stop = data.draw(st.integers(start, end))
    ranges = hits(np.array([[start, stop]]), tokens(*lengths), end=end)
    assert spread(ranges, np.array([-0.3]), np.array([1e9]), length=len(lengths)).values.mean() == pytest.approx(-0.3)


def scored(make: Any, completion: str, *charges: tuple[int, int, float]) -> Score:
    found = make.finding("x", Span(0, 1))
    placed = tuple(Charge(found, Span(start, end), amount, 3.0) for start, end, amount in charges)
    return Score(0.0, 0.0, None, Source(completion), completion, charges=placed)


def test_code_points_of_the_completion_become_tokens(make: Any) -> None:
    # "é = y": bytes é [0, 2), " =" [2, 4), " y" [4, 6). y is code point 4, byte 5.
    rewards = token_rewards(scored(make, "é = y", (4, 5, -0.3), (0, 1, 0.0)), tokens(2, 2, 2, 0))
    assert rewards.shares == pytest.approx([0, 0, -0.3, 0])
    assert rewards.values == pytest.approx([0, 0, -0.9, 0])  # alpha = 4 / 1, capped at 3


def test_replaced_bytes_need_the_bytes_that_were_sampled(make: Any) -> None:
    sampled = b"\xffa = y"
    score = scored(make, sampled.decode(errors="replace"), (5, 6, -0.3))
    spans = tokens(1, 1, 3, 1)
    assert token_rewards(score, spans, sampled=sampled).shares == pytest.approx([0, 0, 0, -0.3])
    with pytest.raises(ValueError, match="pass sampled="):
        token_rewards(score, spans)


def test_tokens_of_another_completion_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="the tokens cover 2 bytes, the completion has 5"):
        token_rewards(scored(make, "x = y", (4, 5, -0.3)), tokens(1, 1))
    with pytest.raises(ValueError, match="the tokens cover 0 bytes"):
        token_rewards(scored(make, "x"), tokens())


def test_no_charges_no_rewards(make: Any) -> None:
    rewards = token_rewards(scored(make, "x = y"), tokens(5))
    assert (rewards.values.tolist(), rewards.shares.tolist()) == ([0.0], [0.0])


@pytest.mark.parametrize(
    ("spans", "expected"),
    [  # tokens [0, 2) [2, 2) [2, 5) [5, 6) and the end of the sequence [6, 6)
        ([(0, 2)], [True, False, False, False, False]),
        ([(0, 5)], [True, False, True, False, False]),
        ([(1, 6)], [False, False, True, True, False]),
        ([(3, 4)], [False] * 5),
        ([(0, 2), (5, 6)], [True, False, False, True, False]),
        ([(2, 2), (9, 9)], [False] * 5),
    ],
)
def test_which_tokens_lie_within_spans(spans: list[tuple[int, int]], expected: list[bool]) -> None:
    assert within(np.array(spans), tokens(2, 0, 3, 1, 0)).tolist() == expected


def test_only_a_score_with_exempt_parts_withholds_the_outcome() -> None:
    score = Score(0.0, 0.0, None, Source("é = 1"), "é = 1")
    assert token_rewards(score, tokens(2, 4)).credited is None
    exempt = Score(0.0, 0.0, None, Source("é = 1"), "é = 1", exempt=(Span(1, 5),))
    assert token_rewards(exempt, tokens(2, 4)).credited.tolist() == [True, False]  # type: ignore[union-attr]
