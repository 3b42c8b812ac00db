from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainer.decode import Decoded, Row, StopSearch, _filled, chunks, pick
from trainer.types import Sampling

PIECES = {0: b"", 1: b"a", 2: b"\n", 3: b"\ndef", 4: b" f", 5: b"x\nd", 6: b"ef g"}


def _search(*stops: str) -> StopSearch:
    return StopSearch(stops, PIECES.__getitem__)


@pytest.mark.parametrize(
    ("stops", "tokens", "kept"),
    [
        (("\ndef ",), [1, 3, 4], 1),  # a | \ndef| f: the stop string begins with the second token
        (("\ndef ",), [1, 5, 6], 2),  # a|x\nd|ef g: it begins inside the second token, which stays
        (("\ndef ",), [3, 4], 0),  # at the very beginning: nothing is left
        (("\ndef ",), [1, 0, 0, 3, 4], 1),  # tokens without bytes where it begins do not stay
        (("\ndef ", "a"), [1], 0),
        (("f", "\n"), [1, 3], 1),  # two stop strings in one token: the first place counts
        (("\ndef ",), [1, 3, 1, 4], None),
        ((), [1, 3, 4], None),
    ],
)
def test_stop_strings_are_found_across_tokens(stops: tuple[str, ...], tokens: list[int], kept: int | None) -> None:
    search = _search(*stops)
    found = [search.push(token) for token in tokens]
    assert found[-1] == kept
    assert found[:-1] == [None] * (len(tokens) - 1)


def _row(length: int, *stops: str) -> Row:
    return Row(np.zeros(length), _search(*stops))


def _push(row: Row, *tokens: int) -> Decoded | None:
    for token in tokens:
        row.push(token, -float(token), eos=frozenset({0}))
    return row.done


def test_rows_end_in_three_ways() -> None:
    assert _push(_row(3), 1, 0) == Decoded([1, 0], [-1.0, -0.0], truncated=False)
    assert _push(_row(2), 1, 2) == Decoded([1, 2], [-1.0, -2.0], truncated=True)
    assert _push(_row(9, "\ndef"), 1, 3) == Decoded([1], [-1.0], truncated=False)
    assert _push(_row(2, "\ndef"), 1, 3) == Decoded([1], [-1.0], truncated=False)  # at the limit, but complete
    assert _push(_row(2), 1) is None


def test_pick_inverts_the_distribution() -> None:
    # Cumulative masses 0.5, 0.5, 0.75, 1: u = 0.5 goes past the token without mass.
    logits = torch.log(torch.tensor([[0.5, 0.0, 0.25, 0.25]])).repeat(5, 1)
    ids, logprobs = pick(logits, torch.tensor([0.0, 0.49, 0.5, 0.75, 1 - 2**-53], dtype=torch.float64), Sampling())
    assert ids.tolist() == [0, 0, 2, 3, 3]
    torch.testing.assert_close(logprobs.exp(), torch.tensor([0.5, 0.5, 0.25, 0.25, 0.25]))


def test_pick_never_leaves_the_vocabulary() -> None:
    """In float64 u * total rounds up to the total for the largest u, and the last token has no mass here."""
    logits = torch.log(torch.tensor([[0.1, 0.2, 0.0]]))
    ids, _ = pick(logits, torch.tensor([1 - 2**-53], dtype=torch.float64), Sampling())
    assert ids.tolist() == [1]
    ids, logprobs = pick(torch.full((1, 3), torch.nan), torch.tensor([0.5]), Sampling())
    assert ids.tolist() == [2]
    assert torch.isnan(logprobs).all()


@given(st.sets(st.integers(0, 20), min_size=1))
def test_rows_that_go_on_fill_the_places_of_those_that_do_not(going: set[int]) -> None:
    order = _filled(sorted(going))
    assert sorted(order) == sorted(going)
    assert all(order[index] == index for index in going if index < len(going))  # who has a place keeps it


def test_pick_applies_the_temperature_to_draw_and_logprob() -> None:
    # Temperature 0.5 squares: (1/4, 1/16, 1/16) / (3/8) = (2/3, 1/6, 1/6).
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]])).repeat(2, 1)
    ids, logprobs = pick(logits, torch.tensor([0.66, 0.67]), Sampling(temperature=0.5))
    assert ids.tolist() == [0, 1]
    torch.testing.assert_close(logprobs.exp(), torch.tensor([2 / 3, 1 / 6]))


def test_nucleus_draws_from_the_head_and_reports_the_whole_distribution() -> None:
    # Sorted: 0.5, 0.3, 0.15, 0.05. top_p = 0.7 keeps the first two: token 2 on [0, 5/8), token 0 on [5/8, 1) by mass.
    logits = torch.log(torch.tensor([[0.3, 0.15, 0.5, 0.05]])).repeat(3, 1)
    ids, logprobs = pick(logits, torch.tensor([0.0, 0.374, 0.376]), Sampling(top_p=0.7))
    assert ids.tolist() == [0, 0, 2]  # in the order of the vocabulary: token 0 on [0, 3/8), token 2 on [3/8, 1)
    torch.testing.assert_close(logprobs.exp(), torch.tensor([0.3, 0.3, 0.5]))


def test_greedy_takes_the_maximum() -> None:
    ids, logprobs = pick(torch.log(torch.tensor([[0.2, 0.5, 0.3]])), torch.tensor([0.99]), Sampling(temperature=0))
    assert ids.tolist() == [1]
    torch.testing.assert_close(logprobs.exp(), torch.tensor([0.5]))


@given(
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20),
    samples=st.integers(1, 12),
    new_tokens=st.integers(1, 100),
    budget=st.integers(1, 3000),
)
def test_chunks_cover_everything_within_the_budget(
    lengths: list[int], samples: int, new_tokens: int, budget: int
) -> None:
    rows = [0] * len(lengths)
    for batch in chunks(lengths, samples, new_tokens=new_tokens, budget=budget):
        count = sum(taken for _, taken in batch)
        width = max(lengths[prompt] for prompt, _ in batch) + new_tokens
        assert count == 1 or count * width <= budget
        for prompt, taken in batch:
            rows[prompt] += taken
    assert rows == [samples] * len(lengths)


def test_sampling_refuses_nonsense() -> None:
    for wrong in ({"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.1}, {"max_new_tokens": 0}):
        settings: dict[str, Any] = wrong
        with pytest.raises(ValueError, match="need temperature"):
            Sampling(**settings)
