from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Location, Outcome, Source, Span
from rewards.align import spread
from rewards.schemes import resolve
from rewards.schemes.rltf import rltf

TEXT = "def f(x):\n    return y\n"
LINE = Span(10, 22)  # "    return y"


@pytest.mark.parametrize(
    ("outcome", "passed", "coarse", "adaptive"),
    [  # adaptive = -0.3 + 1.3 * passed / 4
        (Outcome.PASS, 4, 1.0, 1.0),
        (Outcome.FAILURE, 3, -0.3, 0.675),
        (Outcome.ERROR, 1, -0.6, 0.025),
        (Outcome.TIMEOUT, 2, -0.6, 0.35),
        (Outcome.SYNTAX_ERROR, 0, -1.0, -0.3),
    ],
)
def test_coarse_and_adaptive(make: Any, outcome: Outcome, passed: int, coarse: float, adaptive: float) -> None:
    found = make.evidence(TEXT, outcome, passed=passed, total=4)
    assert rltf(found).parts == pytest.approx({"coarse": coarse, "adaptive": adaptive})
    assert rltf(found, adaptive=False).parts == {"coarse": coarse}
    assert rltf(found, coarse=False).parts == pytest.approx({"adaptive": adaptive})


@pytest.mark.parametrize(
    ("code", "location", "expected"),
    [
        ("NameError", Location.LINE, LINE),
        ("NameError", Location.SPAN, LINE),  # the paper knows lines only
        ("KeyError", Location.GLOBAL, Span(0, 23)),  # no frame of the program is known
        ("RecursionError", Location.LINE, Span(0, 23)),
        ("SomethingElse", Location.LINE, LINE),
    ],
)
def test_fine_charges_the_line_or_the_program(make: Any, code: str, location: Location, expected: Span) -> None:
    found = make.evidence(TEXT, Outcome.ERROR, crash=make.crash(TEXT, "y\n", code, location=location))
    [charge] = rltf(found).charges
    assert (charge.span, charge.amount) == (expected, -0.3)


def test_a_timeout_is_an_error_of_the_whole_program_whatever_line_it_hung_on(make: Any) -> None:
    found = make.evidence(TEXT, Outcome.TIMEOUT, crash=make.crash(TEXT, "y\n", "TimeoutError"))
    assert rltf(found).charges[0].span == Span(0, 23)


def test_a_timeout_error_that_the_program_raised_itself_is_one_line(make: Any) -> None:
    found = make.evidence(TEXT, Outcome.ERROR, crash=make.crash(TEXT, "y\n", "TimeoutError"))
    assert rltf(found).charges[0].span == LINE


@pytest.mark.parametrize(
    ("code", "location", "truncated", "expected"),
    [
        ("SyntaxError", Location.LINE, False, LINE),
        ("SyntaxError", Location.LINE, True, Span(0, 23)),  # cut off by the token limit
        ("SyntaxError", Location.IGNORE, False, None),  # an unclosed triple quote
        ("SyntaxError", Location.IGNORE, True, None),
        ("IndentationError", Location.LINE, False, None),
        ("TabError", Location.GLOBAL, True, None),
    ],
)
def test_syntax_errors(make: Any, code: str, location: Location, truncated: bool, expected: Span | None) -> None:
    error = make.crash(TEXT, "y\n", code, kind=Kind.SYNTAX, location=location)
    found = make.evidence(Source(TEXT, truncated=truncated), Outcome.SYNTAX_ERROR, crash=error)
    reward = rltf(found)
    assert [charge.span for charge in reward.charges] == ([] if expected is None else [expected])
    assert reward.parts == pytest.approx({"coarse": -1.0, "adaptive": -0.3})  # ignoring concerns the fine term alone


def test_words_in_the_message_change_nothing(make: Any) -> None:
    said = Diagnostic(
        "runtime", "KeyError", make.crash(TEXT, "y\n", "KeyError").severity,
        "IndentationError: unterminated triple-quoted string, RecursionError, TimeoutException", Span(21, 22), Kind.RUNTIME,
        Location.LINE,
    )  # fmt: skip
    assert rltf(make.evidence(TEXT, Outcome.ERROR, crash=said)).charges[0].span == LINE


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAILURE])
def test_only_errors_are_fine(make: Any, outcome: Outcome) -> None:
    found = make.evidence(TEXT, outcome, passed=1, crash=make.crash(TEXT, "y\n", "NameError"))
    assert rltf(found).charges == ()


def test_fine_can_be_switched_off_and_changed(make: Any) -> None:
    found = make.evidence(TEXT, Outcome.ERROR, crash=make.crash(TEXT, "y\n", "NameError"))
    assert rltf(found, fine=False).charges == ()
    [charge] = rltf(found, fine_amount=-0.2, alpha_cap=3.0).charges
    assert (charge.amount, charge.alpha_cap) == (-0.2, 3.0)


def test_a_frame_in_the_given_prefix_is_not_charged(make: Any) -> None:
    found = make.evidence(Source(TEXT, prefix=23), Outcome.ERROR, crash=make.crash(TEXT, "y\n", "NameError"))
    assert rltf(found).charges == ()


def test_alpha_is_the_papers_and_not_one(make: Any) -> None:
    # 20 tokens, 4 of them on the line: alpha = 20 / 4 = 5, so each carries -0.3 * 5 = -1.5, and their mean over 20 tokens is
    # 4 * -1.5 / 20 = -0.3: the whole charge. With alpha = 1 (the authors' code) it would be 4 * -0.3 / 20 = -0.06.
    [charge] = rltf(make.evidence(TEXT, Outcome.ERROR, crash=make.crash(TEXT, "y\n", "NameError"))).charges
    dense = spread(np.array([[8, 12]]), np.array([charge.amount]), np.array([charge.alpha_cap]), length=20)
    assert dense.values[8:12] == pytest.approx([-1.5] * 4)
    assert dense.values.mean() == pytest.approx(-0.3)
    # One token of 20 would weigh 20; the cap of 10 leaves -3.
    assert spread(np.array([[8, 9]]), np.array([-0.3]), np.array([charge.alpha_cap]), length=20).values[
        8
    ] == pytest.approx(-3)


def test_nothing_is_known_without_a_verdict(make: Any) -> None:
    assert rltf(make.evidence(TEXT)).parts is None
    assert rltf(make.evidence(TEXT, Outcome.INFRASTRUCTURE)).parts is None


@pytest.mark.parametrize("options", [{"fine_amount": 0.1}, {"alpha_cap": 0.5}])
def test_options_that_would_reward_an_error_are_refused_at_once(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"at most 0 and alpha_cap at least 1, got"):
        resolve(("rltf", options))
