from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.types import Kind, Severity, Span
from rewards import compare
from rewards.compare import Pair, aligned, paired
from rewards.explain import Explanation


def row(rule: str, message: str = "m", line: int = 1) -> Explanation:
    place = {"line": line, "column": 1, "end_line": line, "end_column": 2}
    return Explanation(
        "ruff",
        rule,
        message,
        Severity.LOW,
        Kind.STYLE,
        "t",
        Span(0, 1),
        **place,
        amount=0.0,
        due=0.0,
        reasons=(),
        into="",
    )


def test_lines_stand_beside_their_equals() -> None:
    left, right = ["a", "b", "c", "d"], ["a", "B", "x", "c", "d"]
    assert aligned(left, right) == [
        Pair(0, 0, False),
        Pair(1, 1, True),
        Pair(None, 2, True),
        Pair(2, 3, False),
        Pair(3, 4, False),
    ]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([], [], []),
        (["a"], [], [Pair(0, None, True)]),
        ([], ["a"], [Pair(None, 0, True)]),
        (["a", "a"], ["a"], [Pair(0, 0, False), Pair(1, None, True)]),
        (["a", "b"], ["b"], [Pair(0, None, True), Pair(1, 0, False)]),
    ],
)
def test_sides_of_different_length(left: list[str], right: list[str], expected: list[Pair]) -> None:
    assert aligned(left, right) == expected


LINES = st.lists(st.sampled_from("abc"), max_size=12)


@pytest.mark.parametrize("many", [0, 10**6])
@given(left=LINES, right=LINES)
def test_every_line_is_there_once_in_order_and_only_equal_ones_are_unchanged(
    many: int, left: list[str], right: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "MANY", many)
        pairs = aligned(left, right)
    assert [pair.left for pair in pairs if pair.left is not None] == list(range(len(left)))
    assert [pair.right for pair in pairs if pair.right is not None] == list(range(len(right)))
    for pair in pairs:
        if not pair.changed:
            assert pair.left is not None and pair.right is not None  # noqa: PT018
            assert left[pair.left] == right[pair.right]


def test_findings_of_both_sides_are_one_wherever_they_stand() -> None:
    moved, gone, come = row("F401", line=1), row("E1"), row("E2")
    again = row("F401", line=7)
    assert paired([moved, gone], [come, again]) == [(None, come), (gone, None), (moved, again)]


def test_a_finding_is_matched_once() -> None:
    first, second, only = row("F401", line=1), row("F401", line=2), row("F401", line=9)
    assert paired([first, second], [only]) == [(second, None), (first, only)]
    assert paired([row("F401", "a")], [row("F401", "b")]) == [(None, row("F401", "b")), (row("F401", "a"), None)]


def test_nothing(make: Any) -> None:
    assert paired([], []) == []
