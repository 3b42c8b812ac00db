from dataclasses import asdict

import pytest

from analyzers.runtime import verdict
from analyzers.runtime.suite import Run
from analyzers.types import Kind, Location, Outcome, Source, Status


def answer(*statuses, syntax=None, raised=(), **more):
    return asdict(Run([(status, 0.1, f"{status}!") for status in statuses], syntax, list(raised), **more))


NAME_ERROR = {"type": "NameError", "bases": ["NameError", "Exception"], "message": "no", "frame": [1, 1, 4, 5]}


@pytest.mark.parametrize(
    ("statuses", "outcome", "ratio"),
    [
        (("passed", "passed"), Outcome.PASS, 1.0),
        (("passed", "failed"), Outcome.FAILURE, 0.5),
        (("passed", "not_run"), Outcome.FAILURE, 0.5),
        (("failed", "error", "timed_out"), Outcome.ERROR, 0.0),
        (("failed", "timed_out", "error"), Outcome.TIMEOUT, 0.0),
        ((), Outcome.FAILURE, 0.0),
    ],
)
def test_the_outcome_is_the_gravest_class(statuses, outcome, ratio):
    report = verdict.report(Source("x"), answer(*statuses), 0.5)
    assert (report.status, report.verdict.outcome, report.verdict.pass_ratio) == (Status.OK, outcome, ratio)


def test_a_timeout_says_why():
    assert verdict.report(Source("x"), answer("passed", "timed_out", "error"), 0).verdict.detail == "timed_out!"
    assert verdict.report(Source("x"), answer("error", "timed_out"), 0).verdict.detail == ""


def test_what_the_run_came_to_is_handed_on():
    found = verdict.report(Source("x"), answer("passed", cpu_s=0.25, forgeable=True, executed=[1, 3]), 0).verdict
    assert (found.cpu_s, found.forgeable, found.executed) == (0.25, True, (1, 3))
    assert verdict.report(Source("x"), answer("passed"), 0).verdict.executed is None


def test_what_is_broken_is_no_verdict_on_the_program():
    report = verdict.report(Source("x"), {"broken": "no judge"}, 0.5)
    assert report.status is Status.FAILED
    assert (report.verdict.outcome, report.verdict.detail) == (Outcome.INFRASTRUCTURE, "no judge")
    assert report.diagnostics == ()


def test_the_failing_frame_in_bytes_becomes_code_points():
    # é takes two bytes: byte columns 7..8 are code points 6..7.
    source = Source('s="é"; y')
    facts = NAME_ERROR | {"frame": [1, 1, 8, 9]}
    (found,) = verdict.report(source, answer("error", raised=[facts]), 0).diagnostics
    assert source.text[found.span.start : found.span.end] == "y"
    assert (found.code, found.kind, found.location) == ("NameError", Kind.RUNTIME, Location.LINE)


def test_a_frame_that_is_missing_or_a_lie_blames_the_program():
    for frame in (None, "x", [1], ["1", 1, 1, 1]):
        (found,) = verdict.report(Source("abc"), answer("error", raised=[NAME_ERROR | {"frame": frame}]), 0).diagnostics
        assert (found.span.start, found.span.end, found.location) == (0, 3, Location.GLOBAL)


@pytest.mark.parametrize(
    ("text", "facts", "truncated", "location", "marked"),
    [
        ("def f(:", {"type": "SyntaxError", "message": "m", "at": [1, 1, 7, 8]}, False, Location.LINE, ":"),
        ("def f(:", {"type": "SyntaxError", "message": "m", "at": [1, 1, 7, 8]}, True, Location.GLOBAL, ":"),
        ("é = 'abc", {"type": "SyntaxError", "message": "m", "at": [1, 1, 5, 5]}, False, Location.LINE, "'"),
        ("é = '''abc", {"type": "SyntaxError", "message": "m", "at": [1, 1, 5, 5]}, False, Location.IGNORE, "'"),
        (
            "é; return",
            {"type": "SyntaxError", "message": "m", "at": [1, 1, 5, 11], "unit": "byte"},
            False,
            Location.LINE,
            "return",
        ),
        (" x", {"type": "IndentationError", "message": "m", "at": [1, 1, 1, 2]}, False, Location.IGNORE, " "),
        ("\0", {"type": "ValueError", "message": "m"}, False, Location.GLOBAL, "\0"),
    ],
)
def test_syntax_errors(text, facts, truncated, location, marked):
    source = Source(text, truncated=truncated)
    report = verdict.report(source, answer("error", syntax=facts), 0)
    assert report.verdict.outcome is Outcome.SYNTAX_ERROR
    (found,) = report.diagnostics
    assert (found.location, source.text[found.span.start : found.span.end]) == (location, marked)
