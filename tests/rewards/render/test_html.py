from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzers.types import Outcome, Source, Span
from rewards.render.html import code_html, text_html
from rewards.render.signs import visible
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item, Score

HOSTILE = 'x = "</script><b>&\x00\x1b[31m\ud800\u202e"\r\nprint(yé)\n'


def test_exactly_the_charged_text_is_marked_and_says_what_and_why(read: Any, scored: Any) -> None:
    page = read(code_html(scored(HOSTILE)))
    assert page.marked == ["yé"]
    [mark] = [attributes for tag, attributes in page.tags if tag == "mark"]
    assert mark["aria-description"] == f"-0.100  pyflakes undefined-name: undefined-name at {HOSTILE.index('yé')}"
    assert mark["style"] == "--w:0.333"  # 0.1 / 0.3
    notes = [attributes["aria-description"] for _, attributes in page.tags if attributes.get("class") == "sw-note"]
    assert notes == ["gated  <i> a&b: a&b at 0 (gated; by itself -0.020)"]


def test_what_hides_is_a_sign_with_its_name_and_half_a_line_break_is_no_alarm() -> None:
    assert text_html("a<b") == "a&lt;b"
    assert text_html("\u202e") == '<span class="sw-sign" title="U+202E RIGHT-TO-LEFT OVERRIDE">\ufffd</span>'
    assert text_html("a\r\nb\r") == (
        'a<span class="sw-end" title="U+000D">␍</span>\nb<span class="sw-sign" title="U+000D">␍</span>'
    )
    assert text_html("\r", after="\n") == '<span class="sw-end" title="U+000D">␍</span>'  # tokens may part the two


@pytest.mark.parametrize("text", ["", "\n", "\x00", "a\rb\r\n\nc", "<!--", HOSTILE])
def test_the_text_is_whole_and_its_lines_are_numbered(read: Any, text: str) -> None:
    page = read(code_html(settle(Item(text), Evidence(Source(text)), static)))
    assert "".join(page.shown) == visible(text)
    numbers = [attributes["data-line"] for _, attributes in page.tags if "data-line" in attributes]
    expected = {"": 0, "\n": 1, "\x00": 1, "a\rb\r\n\nc": 4, "<!--": 1, HOSTILE: 2}[text]
    assert numbers == [str(number) for number in range(1, expected + 1)]


def test_what_the_outcome_says_nothing_of_is_dimmed(read: Any) -> None:
    score = Score(0.0, 0.0, None, Source("abcd"), "abcd", exempt=(Span(1, 3),))
    assert '>a<span class="sw-exempt">bc</span>d</span>' in code_html(score)


def test_tokens_are_set_apart(read: Any, make: Any) -> None:
    text = "f(y)\n"
    score = settle(Item(text), make.evidence(text, Outcome.FAILURE, findings=[make.finding(text, "y")]), static)
    page = read(code_html(score, np.array([[0, 2], [2, 3], [3, 5]])))
    assert [attributes["class"] for _, attributes in page.tags if "sw-token" in (attributes.get("class") or "")] == [
        "sw-token",
        "sw-token sw-hit",
        "sw-token",
    ]


@pytest.mark.parametrize(
    ("given", "completion", "expected"),
    [
        (
            "def f(x):\n",
            "    return y\n",
            '<span class="sw-given">def f(x):\n</span><span class="sw-line" data-line="1">',
        ),
        (
            "def f(x):\n    r",
            "eturn y\n",
            '<span class="sw-line" data-line="1"><span class="sw-given">    r</span>eturn ',
        ),
        ("def f(x): y", "", '<span class="sw-line" data-line="1"><span class="sw-given">def f(x): y</span></span>'),
    ],
)
def test_what_was_given_is_shown_apart(make: Any, given: str, completion: str, expected: str) -> None:
    source = Source(given + completion, prefix=len(given))
    score = settle(Item(completion, prefix=given), make.evidence(source, Outcome.PASS, passed=2), static)
    assert expected in code_html(score)
