from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.types import Kind, Location, Outcome, Report, Severity, Source, Span, Status
from rewards.schemes import resolve
from rewards.schemes.static import static
from rewards.types import Evidence, Reward

TEXT = "def f(x):\n    total = summ(x, yy)\n    return total\n"
CALL = Span(10, 33)  # the line "    total = summ(x, yy)"


def amounts(reward: Reward) -> dict[str, tuple[float, str]]:
    """Text under each charge -> its amount and note (the last one wins, charged ones before waived ones)."""
    ordered = sorted(reward.charges, key=lambda charge: charge.amount, reverse=True)
    return {TEXT[charge.span.start : charge.span.end]: (round(charge.amount, 4), charge.note) for charge in ordered}


def style(make: Any, under: str, severity: Severity = Severity.LOW, analyzer: str = "pylint") -> Any:
    return make.finding(TEXT, under, analyzer=analyzer, code="style", kind=Kind.STYLE, severity=severity)


def test_findings_cost_the_weight_of_their_severity_on_a_program_that_passes(make: Any) -> None:
    findings = [style(make, "total"), make.finding(TEXT, "yy", severity=Severity.HIGH)]
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings))
    assert amounts(reward) == {"total": (-0.02, ""), "yy": (-0.1, "")}
    assert reward.parts == {"coarse": 1.0, "adaptive": 1.0}


@pytest.mark.parametrize("outcome", [Outcome.FAILURE, Outcome.ERROR, Outcome.TIMEOUT])
def test_style_is_gated_and_hard_errors_are_not(make: Any, outcome: Outcome) -> None:
    findings = [style(make, "total"), make.finding(TEXT, "yy", severity=Severity.HIGH)]
    reward = static(make.evidence(TEXT, outcome, passed=1, findings=findings))
    assert amounts(reward) == {"total": (0.0, "gated"), "yy": (-0.1, "")}


@pytest.mark.parametrize(
    ("kind", "severity", "hard"),
    [
        (Kind.NAME, Severity.HIGH, True),
        (Kind.NAME, Severity.LOW, False),  # an unused variable
        (Kind.TYPE, Severity.CRITICAL, True),
        (Kind.TYPE, Severity.MEDIUM, False),
        (Kind.LOGIC, Severity.FATAL, False),
        (Kind.SECURITY, Severity.CRITICAL, False),
    ],
)
def test_what_is_hard(make: Any, kind: Kind, severity: Severity, hard: bool) -> None:
    found = [make.finding(TEXT, "yy", kind=kind, severity=severity)]
    [charge] = static(make.evidence(TEXT, Outcome.FAILURE, findings=found)).charges
    assert (charge.amount < 0) is hard


def test_the_gate_can_be_opened_and_the_weights_changed(make: Any) -> None:
    found = make.evidence(TEXT, Outcome.FAILURE, findings=[style(make, "total")])
    assert amounts(static(found, gate=False, weights={"low": 0.07})) == {"total": (-0.07, "")}


def test_failing_frame_alone_is_the_papers(make: Any) -> None:
    found = make.evidence(TEXT, Outcome.ERROR, crash=make.crash(TEXT, "summ(x, yy)", "ZeroDivisionError"))
    [charge] = static(found).charges
    assert (charge.span, charge.amount, charge.note) == (CALL, -0.3, "")


def test_one_defect_told_by_runtime_and_two_tools_is_one_charge_on_the_narrowest_span(make: Any) -> None:
    crash = make.crash(TEXT, "summ", "NameError")
    findings = [
        make.finding(TEXT, "summ", analyzer="pyflakes"),
        make.finding(TEXT, "summ(x, yy)", analyzer="pylint", code="undefined-variable"),
    ]
    reward = static(make.evidence(TEXT, Outcome.ERROR, crash=crash, findings=findings))
    assert [(c.diagnostic.analyzer, c.amount, c.note) for c in reward.charges if c.amount] == [
        ("pyflakes", -0.3, "merged")
    ]
    assert [(c.diagnostic.analyzer, c.note) for c in reward.charges if not c.amount] == [
        ("runtime", "merged"),
        ("pylint", "merged"),
    ]


def test_two_undefined_names_in_the_failing_line_are_two_defects(make: Any) -> None:
    crash = make.crash(TEXT, "yy", "NameError")
    findings = [make.finding(TEXT, name, analyzer=tool) for tool in ("pyflakes", "pylint") for name in ("summ", "yy")]
    reward = static(make.evidence(TEXT, Outcome.ERROR, crash=crash, findings=findings))
    # The expression that failed is yy, so it is yy that merges with the frame; summ is charged once beside it.
    # 0.3 + 0.1 = 0.4 is above 0.99 * 0.4 (error to syntax error): both shrink by 0.396 / 0.4.
    assert amounts(reward)["yy"] == (-0.297, "merged, capped")
    assert amounts(reward)["summ"] == (-0.099, "capped")
    assert len([charge for charge in reward.charges if charge.amount]) == 2


def test_other_kinds_of_finding_on_the_failing_line_stay_apart(make: Any) -> None:
    crash = make.crash(TEXT, "summ(x, yy)", "ZeroDivisionError")
    reward = static(make.evidence(TEXT, Outcome.ERROR, crash=crash, findings=[make.finding(TEXT, "yy")]))
    assert sorted(c.diagnostic.analyzer for c in reward.charges if c.amount) == ["pyflakes", "runtime"]


def test_a_tool_says_a_thing_once(make: Any) -> None:
    findings = [style(make, "summ(x, yy)"), style(make, "yy")]
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings))
    assert [charge.amount for charge in reward.charges] == [-0.02, -0.02]


def test_a_finding_about_many_lines_does_not_swallow_what_lies_in_it(make: Any) -> None:
    findings = [style(make, TEXT[:-1]), style(make, "yy", analyzer="ruff")]
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings))
    assert [charge.amount for charge in reward.charges] == [-0.02, -0.02]


def syntax(make: Any, under: str | Span, analyzer: str, severity: Severity = Severity.FATAL, **changes: Any) -> Any:
    return make.finding(
        TEXT, under, analyzer=analyzer, code="syntax-error", kind=Kind.SYNTAX, severity=severity, **changes
    )


def test_only_the_first_cause_of_a_syntax_error_is_charged(make: Any) -> None:
    crash = make.crash(TEXT, "return total", "SyntaxError", kind=Kind.SYNTAX)
    findings = [
        syntax(make, "(x, yy", "syntax", Severity.HIGH),  # an earlier cause than CPython's
        syntax(make, "return", "ruff"),
        make.finding(TEXT, "yy", analyzer="ruff"),  # what a recovering parser goes on to say
    ]
    reward = static(make.evidence(TEXT, Outcome.SYNTAX_ERROR, crash=crash, findings=findings))
    assert amounts(reward) == {
        # The largest amount of all syntax errors, 0.3, below 0.99 * 0.3 as it is a static one.
        "(x, yy": (-0.297, "merged, capped"),
        "    return total": (0.0, "follow-on"),
        "return": (0.0, "follow-on"),
        "yy": (0.0, "follow-on"),
    }


def test_a_tool_can_place_what_the_paper_ignores(make: Any) -> None:
    crash = make.crash(TEXT, "total", "IndentationError", kind=Kind.SYNTAX, location=Location.IGNORE)
    reward = static(make.evidence(TEXT, Outcome.SYNTAX_ERROR, crash=crash, findings=[syntax(make, "total", "ruff")]))
    assert amounts(reward) == {"total": (-0.297, "capped")}


def test_what_compiled_has_no_syntax_error(make: Any) -> None:
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=[syntax(make, "yy", "syntax")]))
    assert amounts(reward) == {"yy": (0.0, "contradicted")}


def test_locations_of_the_findings_are_followed(make: Any) -> None:
    findings = [
        make.finding(TEXT, "yy", location=Location.LINE),
        make.finding(TEXT, "return", location=Location.IGNORE),
        make.finding(TEXT, "def", location=Location.GLOBAL),
    ]
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings))
    assert [(charge.span, charge.amount, charge.note) for charge in reward.charges] == [
        (Span(0, len(TEXT)), -0.1, ""),
        (CALL, -0.1, ""),
        (Span(38, 44), 0.0, "ignored"),
    ]


def test_the_sum_of_static_charges_is_scaled_below_the_smallest_gap(make: Any) -> None:
    # Three times 0.2 = 0.6 on a program that passes: each becomes 0.99 * 0.3 / 0.6 * 0.2 = 0.099.
    findings = [style(make, under, Severity.CRITICAL) for under in ("total", "summ", "yy")]
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=findings))
    assert [charge.amount for charge in reward.charges] == pytest.approx([-0.099] * 3)
    assert {charge.note for charge in reward.charges} == {"capped"}


def test_without_coarse_the_gap_is_one_test(make: Any) -> None:
    # 10 tests: one more passed test is worth 0.13, so 0.1 + 0.1 shrinks to 0.99 * 0.13.
    findings = [make.finding(TEXT, "summ"), make.finding(TEXT, "yy")]
    reward = static(make.evidence(TEXT, Outcome.PASS, passed=10, total=10, findings=findings), coarse=False)
    assert sum(charge.amount for charge in reward.charges) == pytest.approx(-0.99 * 0.13)


def test_what_stands_in_the_given_prefix_is_not_there(make: Any) -> None:
    source = Source(TEXT, prefix=TEXT.index("yy"))
    reward = static(
        make.evidence(source, Outcome.PASS, passed=2, findings=[make.finding(TEXT, "summ"), make.finding(TEXT, "yy")])
    )
    assert amounts(reward) == {"yy": (-0.1, "")}


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT, Status.UNAVAILABLE, Status.NOT_APPLICABLE])
def test_an_analyzer_that_failed_says_nothing(make: Any, status: Status) -> None:
    found = make.evidence(TEXT, Outcome.PASS, passed=2)
    broken = Report("pylint", status, (make.finding(TEXT, "yy", analyzer="pylint"),))
    reward = static(replace(found, reports=(*found.reports, broken)))
    assert (reward.charges, reward.parts) == ((), {"coarse": 1.0, "adaptive": 1.0})


def provoked(found: Evidence, *names: str, status: Status = Status.FAILED) -> Evidence:
    reports = [Report(name, status, detail="it crashed", provoked=True) for name in names]
    return replace(found, reports=(*found.reports, *reports))


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT])
def test_a_program_that_escapes_an_analyzer_pays_what_is_left_of_the_cap(make: Any, status: Status) -> None:
    # 0.99 * 0.3 = 0.297, of which the one finding is 0.1.
    found = make.evidence(TEXT, Outcome.PASS, passed=2, findings=[make.finding(TEXT, "yy")])
    reward = static(provoked(found, "pylint", status=status))
    assert amounts(reward) == {"yy": (-0.1, ""), TEXT: (-0.197, "unjudged")}
    [charge] = [charge for charge in reward.charges if charge.note]
    assert (charge.diagnostic.analyzer, charge.diagnostic.code, charge.diagnostic.message) == (
        "pylint",
        status.value,
        "it crashed",
    )


def test_two_escapes_share_it(make: Any) -> None:
    reward = static(provoked(make.evidence(TEXT, Outcome.FAILURE), "pylint", "mypy"))
    assert [charge.amount for charge in reward.charges] == pytest.approx([-0.1485, -0.1485])


def test_what_does_not_compile_has_paid_already_unless_nothing_was_found(make: Any) -> None:
    crash = make.crash(TEXT, "total", "IndentationError", kind=Kind.SYNTAX, location=Location.IGNORE)
    found = make.evidence(TEXT, Outcome.SYNTAX_ERROR, crash=crash)
    assert amounts(static(provoked(found, "syntax"))) == {TEXT: (-0.297, "unjudged")}
    found = make.evidence(TEXT, Outcome.SYNTAX_ERROR, crash=crash, findings=[syntax(make, "total", "ruff")])
    assert amounts(static(provoked(found, "syntax")))["total"] == (-0.297, "capped")
    assert amounts(static(provoked(found, "syntax")))[TEXT] == (0.0, "unjudged")
    found = make.evidence(TEXT, Outcome.SYNTAX_ERROR, crash=make.crash(TEXT, "summ", "SyntaxError", kind=Kind.SYNTAX))
    assert sorted(charge.amount for charge in static(provoked(found, "syntax")).charges) == [-0.3, 0.0]


def test_who_charges_nothing_for_findings_charges_nothing_for_escaping_them(make: Any) -> None:
    free = dict.fromkeys(("info", "low", "medium", "high", "critical", "fatal"), 0.0)
    assert static(provoked(make.evidence(TEXT, Outcome.PASS, passed=2), "pylint"), weights=free).charges == ()


def test_without_tests_findings_are_all_there_is(make: Any) -> None:
    assert static(make.evidence(TEXT, findings=[style(make, "total")])) == Reward(
        {}, static(make.evidence(TEXT, Outcome.PASS, passed=2, findings=[style(make, "total")])).charges
    )
    hard_too = static(make.evidence(TEXT, findings=[style(make, "total"), make.finding(TEXT, "yy")]))
    assert amounts(hard_too) == {"total": (0.0, "gated"), "yy": (-0.1, "")}


def test_nothing_is_known_where_tests_gave_no_verdict(make: Any) -> None:
    assert static(make.evidence(TEXT, Outcome.INFRASTRUCTURE, findings=[make.finding(TEXT, "yy")])).parts is None
    assert static(Evidence(Source(TEXT), (Report("runtime", Status.FAILED),), tested=True)).parts is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [({"hihg": 0.1}, "did you mean 'high'"), ({"low": -0.1}, "number from 0 up, got -0.1")],
)
def test_bad_weights_are_refused_at_once(weights: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(("static", {"weights": weights}))


# --- properties --------------------------------------------------------------------------------------------------------

LENGTH = len(TEXT)
SPANS = st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(lambda pair: Span(min(pair), max(pair)))


@st.composite
def evidences(draw: Any, make: Any, outcome: Outcome, passed: int, total: int) -> Any:
    findings = [
        make.finding(
            TEXT,
            draw(SPANS),
            analyzer=draw(st.sampled_from(["pylint", "ruff", "syntax"])),
            kind=draw(st.sampled_from(Kind)),
            severity=draw(st.sampled_from(Severity)),
            location=draw(st.sampled_from(Location)),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]
    kind = Kind.SYNTAX if outcome is Outcome.SYNTAX_ERROR else Kind.RUNTIME
    code = draw(
        st.sampled_from(["SyntaxError", "IndentationError"] if kind is Kind.SYNTAX else ["NameError", "KeyError"])
    )
    crash = make.crash(TEXT, draw(SPANS), code, kind=kind, location=draw(st.sampled_from(Location)))
    return make.evidence(TEXT, outcome, passed=passed, total=total, findings=findings, crash=crash)


def value(reward: Reward) -> float:
    assert reward.parts is not None
    return sum(reward.parts.values()) + sum(charge.amount for charge in reward.charges)


ORDER = [Outcome.PASS, Outcome.FAILURE, Outcome.ERROR, Outcome.SYNTAX_ERROR]


@settings(max_examples=300, deadline=None)
@given(data=st.data(), total=st.integers(1, 30))
def test_charges_never_reorder_outcomes_of_equal_pass_counts(make: Any, data: st.DataObject, total: int) -> None:
    better, worse = sorted(data.draw(st.lists(st.sampled_from(range(4)), min_size=2, max_size=2, unique=True)))
    ceiling = 0 if ORDER[worse] is Outcome.SYNTAX_ERROR else total - 1
    passed = data.draw(st.integers(0, ceiling))
    first = data.draw(evidences(make, ORDER[better], total if better == 0 else passed, total))
    second = data.draw(evidences(make, ORDER[worse], passed, total))
    adaptive = data.draw(st.booleans())
    assert value(static(first, adaptive=adaptive)) > value(static(second, adaptive=adaptive))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), total=st.integers(1, 30))
def test_with_adaptive_alone_a_passed_test_more_is_always_better(make: Any, data: st.DataObject, total: int) -> None:
    fewer = data.draw(st.integers(0, total - 1))
    more = data.draw(st.integers(fewer + 1, total))
    outcome = Outcome.PASS if more == total else data.draw(st.sampled_from([Outcome.FAILURE, Outcome.ERROR]))
    first = data.draw(evidences(make, outcome, more, total))
    second = data.draw(evidences(make, data.draw(st.sampled_from([Outcome.FAILURE, Outcome.ERROR])), fewer, total))
    assert value(static(first, coarse=False)) > value(static(second, coarse=False))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), outcome=st.sampled_from(ORDER))
def test_static_charges_sum_below_the_gap_and_nothing_is_earned(
    make: Any, data: st.DataObject, outcome: Outcome
) -> None:
    found = data.draw(evidences(make, outcome, 3 if outcome is Outcome.PASS else 0, 3))
    reward = static(found)
    assert all(charge.amount <= 0 for charge in reward.charges)
    without_frame = static(found, fine=False)
    assert -sum(charge.amount for charge in without_frame.charges) < 0.3


@settings(max_examples=600, deadline=None)
@given(data=st.data(), outcome=st.sampled_from(ORDER), escaped=st.sampled_from(["pylint", "ruff", "syntax"]))
def test_no_findings_are_so_bad_that_a_crash_of_their_analyzer_pays(
    make: Any, data: st.DataObject, outcome: Outcome, escaped: str
) -> None:
    honest = data.draw(evidences(make, outcome, 3 if outcome is Outcome.PASS else 0, 3))
    others = tuple(report for report in honest.reports if report.analyzer != escaped)
    assert value(static(provoked(replace(honest, reports=others), escaped))) <= value(static(honest)) + 1e-12


@settings(max_examples=100, deadline=None)
@given(
    data=st.data(),
    outcome=st.sampled_from(ORDER),
    padding=st.lists(st.sampled_from(["\n", "# note\n", "    \n"]), max_size=20),
)
def test_comments_and_blank_lines_earn_nothing(
    make: Any, data: st.DataObject, outcome: Outcome, padding: list[str]
) -> None:
    found = data.draw(evidences(make, outcome, 3 if outcome is Outcome.PASS else 0, 3))
    padded = replace(found, source=Source(TEXT + "".join(padding)))
    assert value(static(padded)) == value(static(found))


def test_a_changed_amount_says_what_was_due_and_a_merged_finding_into_which_it_went(make: Any) -> None:
    crash = make.crash(TEXT, "yy", "NameError")
    findings = [
        *(make.finding(TEXT, "yy", analyzer=tool) for tool in ("pyflakes", "pylint")),
        make.finding(TEXT, "summ"),
        style(make, "total"),
    ]
    charges = static(make.evidence(TEXT, Outcome.ERROR, crash=crash, findings=findings)).charges
    by_tool = {(c.diagnostic.analyzer, TEXT[c.span.start : c.span.end]): (c.note, c.due, c.into) for c in charges}
    assert by_tool == {
        ("runtime", "    total = summ(x, yy)"): ("merged", -0.3, "pyflakes undefined-name"),
        ("pylint", "yy"): ("merged", -0.1, "pyflakes undefined-name"),
        ("pyflakes", "yy"): ("merged, capped", -0.1, ""),
        ("pyflakes", "summ"): ("capped", -0.1, ""),
        ("pylint", "total"): ("gated", -0.02, ""),
    }
    assert static(make.evidence(TEXT, Outcome.ERROR, findings=[make.finding(TEXT, "yy")])).charges[0].due is None
