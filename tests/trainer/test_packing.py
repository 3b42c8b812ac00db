from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.packing import Size, micro_batches, size_of, spread
from trainer.types import Rollout


def _padded(rows: list[Size], *, shared: bool) -> int:
    prompts = len({row.prompt for row in rows}) if shared else len(rows)
    return prompts * max(row.before for row in rows) + len(rows) * max(row.written for row in rows)


@given(
    rows=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 60), st.integers(0, 4)), max_size=30),
    budget=st.integers(1, 400),
    shared=st.booleans(),
)
def test_micro_batches_cover_everything_within_the_budget(
    rows: list[tuple[int, int, int]], budget: int, shared: bool
) -> None:
    sizes = [Size(written, before, prompt) for written, before, prompt in rows]
    batches = micro_batches(sizes, budget=budget, shared=shared)
    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) == 1 or _padded([sizes[row] for row in batch], shared=shared) <= budget


def test_rows_of_like_length_go_together() -> None:
    # 4 x 3 = 12 tokens fit, 5 x 3 = 15 would not: {9}, {3 x 4}, {3, 2}.
    sizes = [Size(length) for length in (3, 9, 3, 3, 2, 3, 3)]
    assert micro_batches(sizes, budget=12) == [[1], [0, 2, 3, 5], [6, 4]]


def test_rows_of_one_prompt_go_together_where_prompts_are_long_and_shared() -> None:
    # Prompts a and b of 20 tokens. By prompt: 20 + 2 x 5 = 30 tokens twice. By length: {5, 5} of a and b are 2 x 20 + 10.
    sizes = [Size(5, 20, "a"), Size(5, 20, "b"), Size(4, 20, "a"), Size(4, 20, "b")]
    assert micro_batches(sizes, budget=30, shared=True) == [[0, 2], [1, 3]]
    # Each on its own costs 25: nothing fits beside another.
    assert micro_batches(sizes, budget=30) == [[0], [1], [2], [3]]


def test_rows_of_one_length_go_together_where_prompts_are_short() -> None:
    # By length {9, 9} and {1, 1}: 2 + 18 and 2 + 2. By prompt {9, 1} twice: 1 + 18 each.
    sizes = [Size(9, 1, "a"), Size(1, 1, "a"), Size(9, 1, "b"), Size(1, 1, "b")]
    assert micro_batches(sizes, budget=20, shared=True) == [[0, 2], [1, 3]]


def test_padding_counts_on_both_sides() -> None:
    """The longest prompt is padded to on the left, the longest completion on the right: 2 x (8 + 8), not 2 x 9."""
    sizes = [Size(8, 1, "a"), Size(1, 8, "b")]
    assert micro_batches(sizes, budget=31) == [[0], [1]]
    assert micro_batches(sizes, budget=32) == [[0, 1]]


def test_the_size_of_a_rollout_knows_its_prompt() -> None:
    def rollout(prompt: list[int], written: list[int]) -> Rollout:
        zeros = np.zeros(len(written), dtype=np.float32)
        return Rollout("t", np.array(prompt), np.array(written), zeros, "", False)

    one, same, other = (size_of(rollout(*ids)) for ids in (([1, 2], [3]), ([1, 2], [4, 5]), ([2, 1], [3])))
    assert (one.written, one.before, same.written) == (1, 2, 2)
    assert one.prompt == same.prompt != other.prompt


def test_processes_share_rows_evenly() -> None:
    sizes = [Size(written, 2, "p") for written in (5, 1, 4, 2)]
    assert spread(sizes, 2) == [[0, 1], [2, 3]]
    assert spread(sizes, 1) == [[0, 1, 2, 3]]


def test_processes_share_prompts_where_that_is_less_to_read() -> None:
    # Two groups of two: row by row each process would read both prompts, 2 x 50 + 20; so it reads one, 50 + 20.
    sizes = [Size(10, 50, "p"), Size(10, 50, "q"), Size(10, 50, "p"), Size(10, 50, "q")]
    assert spread(sizes, 2, shared=True) == [[0, 2], [1, 3]]
    # One group of four: whole, a process would have it all, 5 + 40 tokens against 5 + 20.
    assert spread([Size(10, 5, "p")] * 4, 2, shared=True) == [[0, 2], [1, 3]]
    assert spread([Size(10, 5, "p")] * 2, 3, shared=True) == [[0], [1], []]
    assert spread([], 2, shared=True) == [[], []]
