"""How the rollouts of a step are cut into passes through the model: little padding, and no more tokens than allowed.

Rows of like length go together, or rows of the same prompt, whichever leaves less to compute.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from trainer.ranks import shares
from trainer.types import Rollout


@dataclass(frozen=True, slots=True)
class Size:
    """What a row brings into a pass."""

    written: int
    """Tokens of the completion."""
    before: int = 0
    """Tokens of the prompt."""
    prompt: Hashable = None
    """The same for rows of the same prompt."""


def size_of(rollout: Rollout) -> Size:
    """That of a rollout."""
    return Size(len(rollout.completion_ids), len(rollout.prompt_ids), rollout.prompt_ids.tobytes())


@dataclass(slots=True)
class _Pass:
    """Rows that go through the model together."""

    rows: list[int]
    prompts: set[Hashable]
    before: int = 0
    written: int = 0

    def tokens(self, shared: bool, *, and_also: Size | None = None) -> int:
        """Padded tokens, perhaps with one more row."""
        rows, prompts, before, written = len(self.rows), len(self.prompts), self.before, self.written
        if and_also is not None:
            rows, before, written = rows + 1, max(before, and_also.before), max(written, and_also.written)
            prompts += and_also.prompt not in self.prompts
        return (prompts if shared else rows) * before + rows * written

    def add(self, row: int, size: Size) -> None:
        """Takes a row in."""
        self.rows.append(row)
        self.prompts.add(size.prompt)
        self.before, self.written = max(self.before, size.before), max(self.written, size.written)


def micro_batches(sizes: Sequence[Size], *, budget: int, shared: bool = False) -> list[list[int]]:
    """Indices of rows in groups whose padded size stays within `budget` tokens; longest first.

    A group takes its longest prompt and its longest completion for each row, and with `shared` its longest prompt only
    once for each prompt. A row that exceeds the budget by itself goes alone.
    """
    lengths: dict[Hashable, int] = {}
    for size in sizes:
        lengths[size.prompt] = max(lengths.get(size.prompt, 0), size.written)
    numbers = {prompt: number for number, prompt in enumerate(lengths)}

    def by_length(row: int) -> tuple[int, ...]:
        return -sizes[row].written, -sizes[row].before, row

    def by_prompt(row: int) -> tuple[int, ...]:
        prompt = sizes[row].prompt
        return -lengths[prompt], numbers[prompt], -sizes[row].written, row

    cuts = [_cut(sorted(range(len(sizes)), key=key), sizes, budget, shared) for key in (by_length, by_prompt)]
    least = min(cuts, key=lambda cut: (sum(each.tokens(shared) for each in cut), len(cut)))
    return [each.rows for each in least]


def spread(sizes: Sequence[Size], count: int, *, shared: bool = False) -> list[list[int]]:
    """Indices of rows for each of `count` processes, in ascending order, with about as much to compute.

    Row by row, or with `shared` prompt by prompt, whichever leaves less to the process that has most.
    """
    alone = shares([size.before + size.written for size in sizes], count)
    if count == 1 or not shared:
        return alone
    rows: dict[Hashable, list[int]] = {}
    for row, size in enumerate(sizes):
        rows.setdefault(size.prompt, []).append(row)
    groups = list(rows.values())
    whole = shares([_computed(group, sizes) for group in groups], count)
    together = [sorted(row for place in part for row in groups[place]) for part in whole]
    return min(alone, together, key=lambda parts: max(_computed(part, sizes) for part in parts))


def _computed(rows: Iterable[int], sizes: Sequence[Size]) -> int:
    """Tokens without padding, each prompt once."""
    prompts = {sizes[row].prompt: sizes[row].before for row in rows}
    return sum(prompts.values()) + sum(sizes[row].written for row in rows)


def _cut(order: Iterable[int], sizes: Sequence[Size], budget: int, shared: bool) -> list[_Pass]:
    passes: list[_Pass] = []
    for row in order:
        if not passes or passes[-1].tokens(shared, and_also=sizes[row]) > budget:
            passes.append(_Pass([], set()))
        passes[-1].add(row, sizes[row])
    return passes
