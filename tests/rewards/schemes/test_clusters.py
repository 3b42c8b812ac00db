from __future__ import annotations

from typing import Any

import pytest

from analyzers.types import Kind, Severity, Span
from rewards.schemes.clusters import by_defect
from rewards.types import Charge

TEXT = "def f(x=[], y={}):\n    total = summ(x, yy)\n    return total\n"


def groups(make: Any, *found: tuple[str, str, str | Span, Kind] | tuple[str, str, str | Span], text: str = TEXT) -> Any:
    """Which findings, each (analyzer, code, text under it, kind), are one defect; as sets of `analyzer:code`."""
    charges = []
    for analyzer, code, under, *kind in found:
        diagnostic = make.finding(text, under, analyzer=analyzer, code=code, kind=kind[0] if kind else Kind.LOGIC)
        charges.append(Charge(diagnostic, diagnostic.span, -0.1))
    return [
        [f"{charge.diagnostic.analyzer}:{charge.diagnostic.code}" for charge in cluster]
        for cluster in by_defect((), charges, text)
    ]


def test_four_tools_on_one_undefined_name(make: Any) -> None:
    line = TEXT[TEXT.index("total =") : TEXT.index("\n    return")]
    found = groups(
        make,
        ("pyflakes", "UndefinedName", "summ", Kind.NAME),
        ("pylint", "undefined-variable", "summ", Kind.NAME),
        ("ruff", "F821", "summ", Kind.NAME),
        ("mypy", "name-defined", line, Kind.TYPE),  # another kind, and no more than the line
    )
    assert found == [["mypy:name-defined", "pyflakes:UndefinedName", "pylint:undefined-variable", "ruff:F821"]]


def test_two_undefined_names_of_a_line_are_two(make: Any) -> None:
    assert len(groups(make, ("pyflakes", "UndefinedName", "summ"), ("pylint", "undefined-variable", "yy"))) == 2


def test_one_class_on_one_line_is_one_defect_wherever_the_tools_point(make: Any) -> None:
    header = ("pylint", "dangerous-default-value", "def f")
    assert groups(make, header, ("ruff", "B006", "[]")) == [["pylint:dangerous-default-value", "ruff:B006"]]
    # Two defaults, told twice by each: two defects, none of them four.
    assert groups(make, header, header, ("ruff", "B006", "[]"), ("ruff", "B006", "{}")) == [
        ["pylint:dangerous-default-value", "ruff:B006"],
        ["pylint:dangerous-default-value", "ruff:B006"],
    ]


def test_one_class_on_two_lines_is_two(make: Any) -> None:
    assert len(groups(make, ("pylint", "unused-variable", "total ="), ("ruff", "F841", "return"))) == 2


@pytest.mark.parametrize(
    ("code", "kind", "one"),
    [
        ("B018", Kind.LOGIC, False),  # known, and something else
        ("B018", Kind.STYLE, False),
        ("house-rule", Kind.LOGIC, True),  # nobody knows what it is about
        ("house-rule", Kind.STYLE, False),
        ("F841", Kind.STYLE, True),
    ],
)
def test_what_overlaps_is_one_defect_unless_the_classes_differ(make: Any, code: str, kind: Kind, one: bool) -> None:
    found = groups(make, ("pylint", "unused-variable", "total"), ("other", code, "total = summ", kind))
    assert (len(found) == 1) is one


def test_a_tool_that_says_a_thing_under_two_codes_says_it_once(make: Any) -> None:
    assert len(groups(make, ("ruff", "F507", "summ(x, yy)"), ("ruff", "PLE1307", "summ(x, yy)"))) == 1
    assert len(groups(make, ("ruff", "F507", "summ(x, yy)"), ("ruff", "F507", "summ(x, yy)"))) == 2
    assert len(groups(make, ("ruff", "F507", "summ"), ("ruff", "PLE1307", "yy"))) == 2
    assert len(groups(make, ("ruff", "X1", "summ"), ("ruff", "X2", "summ"))) == 2  # classes unknown


def test_a_thing_that_costs_nothing_is_alone(make: Any) -> None:
    diagnostic = make.finding(TEXT, "summ", analyzer="ruff")
    free = Charge(diagnostic, diagnostic.span, 0.0, note="ignored")
    dear = Charge(make.finding(TEXT, "summ", analyzer="pylint"), diagnostic.span, -0.1)
    assert [len(cluster) for cluster in by_defect((), [free, dear], TEXT)] == [1, 1]


@pytest.mark.parametrize(
    ("exception", "code", "kind", "one"),
    [
        ("NameError", "undefined-variable", Kind.NAME, True),
        ("NameError", "unused-import", Kind.NAME, False),
        ("AttributeError", "no-member", Kind.TYPE, True),
        ("AttributeError", "house-rule", Kind.TYPE, True),
        ("ZeroDivisionError", "zerodiv", Kind.LOGIC, True),
        ("KeyError", "undefined-variable", Kind.NAME, False),
    ],
)
def test_the_failing_frame_and_the_tool_that_foresaw_it(
    make: Any, exception: str, code: str, kind: Kind, one: bool
) -> None:
    crash = make.crash(TEXT, "summ(x, yy)", exception)
    line = Span(TEXT.index("    total ="), TEXT.index("\n    return"))
    told = make.finding(TEXT, "summ", analyzer="pylint", code=code, kind=kind)
    found = by_defect([Charge(crash, line, -0.3)], [Charge(told, told.span, -0.1)], TEXT)
    assert (len(found) == 1) is one


def test_every_finding_of_a_line_full_of_them_is_kept_once(make: Any) -> None:
    text = "x" * 20_000
    found = [
        Charge(make.finding(text, Span(start, end), analyzer=tool, severity=Severity.LOW), Span(start, end), -0.1)
        for index in range(1_000)
        for tool, start, end in (("pylint", 0, 20_000), ("ruff", 10 * index, 10 * index + 5))
    ]
    kept = [id(charge) for cluster in by_defect((), found, text) for charge in cluster]
    assert sorted(kept) == sorted(map(id, found))
