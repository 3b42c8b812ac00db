from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analyzers.serial import encode
from analyzers.types import Kind, Outcome, Report, Severity, Source, Span, Status
from rewards.explain import REASONS, Explanation, explain
from rewards.schemes.binary import binary
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Charge, Evidence, Item, Score

TEXT = 'é = "😀"\r\nprint(yy, zz)\n'
YY = TEXT.index("yy")


def test_every_charge_is_a_record_with_its_place_its_text_its_amount_and_the_reason(make: Any) -> None:
    findings = [
        make.finding(TEXT, "yy"),
        make.finding(TEXT, "yy", analyzer="pylint", code="undefined-variable"),
        make.finding(TEXT, "é", code="style", kind=Kind.STYLE, severity=Severity.LOW),
    ]
    crash = make.crash(TEXT, "yy", "NameError")
    evidence = make.evidence(TEXT, Outcome.ERROR, crash=crash, findings=findings)
    style, frame, merged, pylint = settle(Item(TEXT), evidence, static).explain()
    assert style == Explanation(
        analyzer="pyflakes",
        rule="style",
        message="style at 0",
        severity=Severity.LOW,
        kind=Kind.STYLE,
        text="é",
        span=Span(0, 1),
        line=1,
        column=1,
        end_line=1,
        end_column=2,
        amount=0.0,
        due=-0.02,
        reasons=("gated",),
        into="",
    )
    assert (style.place, style.cost, style.why) == ("1:1", "gated", "gated")
    # The failing frame is charged on its whole line, but the narrowest span of the defect carries the amount.
    assert (frame.text, frame.amount, frame.due, frame.into) == ("print(yy, zz)", 0.0, -0.3, "pyflakes undefined-name")
    assert (merged.analyzer, merged.amount, merged.due, merged.reasons) == ("pyflakes", -0.3, -0.1, ("merged",))
    assert (merged.line, merged.column, merged.end_column, merged.span) == (2, 7, 9, Span(YY, YY + 2))
    assert merged.label == f"-0.300  pyflakes undefined-name: undefined-name at {YY} (merged; by itself -0.100)"
    assert (pylint.reasons, pylint.why) == (("merged",), "merged; charged as pyflakes undefined-name")


def test_what_costs_its_own_amount_needs_no_reason(make: Any) -> None:
    evidence = make.evidence(TEXT, Outcome.PASS, passed=2, findings=[make.finding(TEXT, "yy")])
    (row,) = explain(settle(Item(TEXT), evidence, static))
    assert (row.amount, row.due, row.reasons, row.why) == (-0.1, -0.1, (), "")
    assert row.label == f"-0.100  pyflakes undefined-name: undefined-name at {YY}"


def test_findings_that_a_scheme_does_not_count_are_there_and_say_so(make: Any) -> None:
    evidence = make.evidence(TEXT, Outcome.PASS, passed=2, findings=[make.finding(TEXT, "yy")])
    (row,) = explain(settle(Item(TEXT), evidence, binary))
    assert (row.amount, row.due, row.cost, row.reasons) == (None, None, "-", ("uncounted",))


def test_findings_of_an_analysis_that_failed_are_not_there(make: Any) -> None:
    reports = (Report("ruff", Status.FAILED, (make.finding(TEXT, "yy"),)),)
    assert settle(Item(TEXT), Evidence(Source(TEXT), reports), binary).explain() == ()


def test_places_are_those_of_the_completion_and_what_was_given_is_left_out(make: Any) -> None:
    source = Source("def f(x):\n    return y\n", prefix=10, offset=4)
    findings = [make.finding(source.text, "y"), make.finding(source.text, "x")]
    score = settle(
        Item("```\n    return y\n```"), make.evidence(source, Outcome.PASS, passed=2, findings=findings), binary
    )
    assert [(row.text, row.place, row.span) for row in score.explain()] == [("y", "2:12", Span(15, 16))]


def test_two_reasons_are_two_words_and_unknown_ones_stay(make: Any) -> None:
    finding = make.finding(TEXT, "yy")
    charge = Charge(finding, finding.span, -0.05, note="merged, ours", due=-0.1)
    score = Score(0.0, 0.0, None, Source(TEXT), TEXT, charges=(charge,))
    (row,) = score.explain()
    assert (row.reasons, row.why, row.due) == (("merged", "ours"), "merged; ours", -0.1)


def test_the_words_of_the_built_in_schemes_have_a_meaning() -> None:
    documented = "gated, capped, shared, merged, follow-on, contradicted, ignored, noise, unjudged, stub, blamed"
    assert set(documented.split(", ")) <= set(REASONS)


def test_the_documented_meanings_are_these() -> None:
    page = (Path(__file__).parents[2] / "docs/explain.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert rows[1:] == [f"| {word} | {meaning} |" for word, meaning in REASONS.items()]


def test_records_are_flat_and_go_into_json(make: Any) -> None:
    evidence = make.evidence(TEXT, Outcome.PASS, passed=2, findings=[make.finding(TEXT, "yy")])
    (row,) = settle(Item(TEXT), evidence, static).explain()
    tree = json.loads(json.dumps(encode(row)))
    assert (tree["severity"], tree["kind"], tree["span"]) == ("high", "name", {"start": YY, "end": YY + 2})
    assert set(tree) == set(asdict(row))
