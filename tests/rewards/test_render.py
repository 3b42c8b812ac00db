from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from analyzers.types import Kind, Outcome, Report, Severity, Source, Span, Status
from rewards import render
from rewards.schemes.binary import binary
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item, Score

HOSTILE = 'x = "</script><b>&\x00\x1b[31m\ud800\u202e"\r\nprint(yé)\n'


def scored(make: Any, text: str = HOSTILE, **changes: Any) -> Score:
    found = [
        make.finding(text, "yé"),
        make.finding(text, "x", analyzer="<i>", code="a&b", kind=Kind.STYLE, severity=Severity.LOW),
    ]
    evidence = make.evidence(text, Outcome.FAILURE, passed=1, findings=found)
    reports = (*evidence.reports, Report("ruff", Status.TIMED_OUT, detail="after 5 s"))
    return settle(
        Item(text, task_id="<task>"), Evidence(evidence.source, reports, tested=True), changes.get("scheme", static)
    )


class Reader(HTMLParser):
    """What a browser would show, and which elements it would make."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.marked: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.shown.append(data)
        if self.tags and self.tags[-1][0] == "mark":
            self.marked.append(data)
        self.tags.append(("", {}))


def terminal(score: Score) -> str:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(render.to_terminal(score))
    return console.export_text()


def test_signs_are_visible_and_keep_the_length() -> None:
    assert render.visible(HOSTILE) == 'x = "</script><b>&␀␛[31m��"␍\nprint(yé)\n'
    assert render.visible("\t\n") == "\t\n"
    assert render.visible("\x7f\x9b[31m") == "␡�[31m"  # 0x9b begins an escape sequence too
    every = "".join(map(chr, range(0x110000)))
    assert len(render.visible(every)) == len(every)
    render.visible(every).encode()  # no surrogate is left


def test_the_page_is_self_contained_and_runs_nothing(make: Any) -> None:
    page = render.to_html([scored(make)], title="<Title>")
    page.encode()
    read = Reader(page)
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "link", "img", "iframe", "b", "i"}
    assert "://" not in page
    assert "prefers-color-scheme: dark" in page
    assert not any(attribute.startswith("on") for _, attributes in read.tags for attribute in attributes)
    shown = "".join(read.shown)
    assert "<Title>" in shown
    assert "<task>" in shown
    assert "</script><b>&␀␛[31m" in shown
    assert "ruff timed_out after 5 s" in shown  # failed is not clean
    assert "1 of 2 passed" in shown
    for raw in "\x00\x1b\u202e\ud800":
        assert raw not in page


def test_exactly_the_charged_text_is_marked_with_its_finding_on_hover(make: Any) -> None:
    read = Reader(render.code_html(scored(make)))
    assert read.marked == ["yé"]
    [mark] = [attributes for tag, attributes in read.tags if tag == "mark"]
    assert mark["aria-description"] == f"-0.100  pyflakes undefined-name: undefined-name at {HOSTILE.index('yé')}"
    assert mark["style"] == "--w:0.333"  # 0.1 / 0.3
    notes = [attributes for tag, attributes in read.tags if tag == "span" and "aria-description" in attributes]
    assert [note["aria-description"] for note in notes] == [
        "gated  <i> a&b: a&b at 0 (gated; by itself -0.020)"
    ]


def test_the_code_is_whole_whatever_is_charged(make: Any) -> None:
    text = "aéb\ncd\n"
    spans = [Span(0, 3), Span(2, 5), Span(2, 2), Span(7, 7), Span(0, 7)]
    found = [make.finding(text, span, analyzer=str(index)) for index, span in enumerate(spans)]
    score = settle(Item(text), make.evidence(text, Outcome.PASS, passed=2, findings=found), static)
    bytes_ = np.array([[0, 2], [2, 5], [5, 8], [8, 8]])
    for page in (render.code_html(score), render.code_html(score, bytes_)):
        assert "".join(Reader(page).shown) == text


def test_tokens_are_coloured_by_their_own_reward(make: Any) -> None:
    text = "print(yé)\n"
    score = settle(Item(text), make.evidence(text, Outcome.FAILURE, findings=[make.finding(text, "yé")]), static)
    # Tokens: "print" "(y" and the two bytes of é, ")" and a line feed; the charge of -0.1 lies on three of six tokens:
    # alpha = 6 / 3 = 2, so each carries -0.2. Both bytes of é are one character, shown with the first.
    spans = np.array([[0, 5], [5, 7], [7, 8], [8, 9], [9, 11], [11, 11]])
    read = Reader(render.code_html(score, spans))
    assert read.marked == ["(", "y", "é"]
    titles = [attributes["aria-description"] or "" for tag, attributes in read.tags if tag == "mark"]
    assert titles[0] == "token 1: -0.200"
    assert titles[1].startswith("token 1: -0.200\n-0.100  pyflakes")
    assert titles[2].startswith("token 2: -0.200\n-0.100  pyflakes")


def test_tokens_that_cannot_be_placed_are_left_out_and_wrong_ones_refused(make: Any) -> None:
    score = settle(Item("\ufffd = y\n"), make.evidence("\ufffd = y\n"), static)
    spans = np.array([[0, 1], [1, 6]])
    assert "sw-token" not in render.code_html(score, spans)
    assert "sw-token" in render.code_html(score, spans, sampled=b"\xff = y\n")
    with pytest.raises(ValueError, match="are these its ids"):
        render.code_html(scored(make), np.array([[0, 1]]))


def test_findings_that_a_scheme_does_not_count_are_shown(make: Any) -> None:
    rows = scored(make, scheme=binary).explain()
    assert [(row.analyzer, row.amount, row.cost, row.place) for row in rows] == [
        ("<i>", None, "-", "1:1"),
        ("pyflakes", None, "-", "2:7"),
    ]


def test_what_was_given_is_shown_apart(make: Any) -> None:
    source = Source("def f(x):\n    return y\n", prefix=10)
    found = make.evidence(source, Outcome.PASS, passed=2, findings=[make.finding(source.text, "y")])
    score = settle(Item("    return y\n", prefix="def f(x):\n"), found, static)
    html = render.code_html(score)
    assert '<span class="sw-given">def f(x):\n</span>' in html
    assert Reader(html).marked == ["y"]
    lines = terminal(score).splitlines()
    assert any(line.split() == ["def", "f(x):"] for line in lines)
    assert any(line.split() == ["1", "return", "y"] for line in lines)


def test_the_terminal_shows_program_findings_and_value_and_obeys_no_escape(make: Any) -> None:
    text = terminal(scored(make))
    assert "\x1b" not in text
    assert "failure  -0.050" in text  # -0.3 + (-0.3 + 1.3 / 2) - 0.1
    assert "coarse -0.300, adaptive +0.350, charges -0.100" in text
    assert "2  print(yé)" in text
    assert "no word from: ruff timed_out after 5 s" in text
    row = next(line for line in text.splitlines() if "undefined-name" in line)
    assert row.split()[:4] == ["2:7", "-0.100", "pyflakes", "undefined-name"]


@pytest.mark.parametrize("text", ["", "\n", "\x00", "[bold]not markup[/bold]", "no newline"])
def test_odd_programs_are_shown(text: str) -> None:
    score = settle(Item(text), Evidence(Source(text)), static)
    assert "not tested" in terminal(score)
    assert "".join(Reader(render.code_html(score)).shown) == render.visible(text)
    assert render.visible(text).strip() in terminal(score)


def test_a_value_that_is_none_is_said_so() -> None:
    score = settle(Item("x"), Evidence(Source("x"), tested=True), static)
    assert "infrastructure  none" in terminal(score)


def test_names_of_programs_without_a_task(make: Any) -> None:
    score = settle(Item("x"), Evidence(Source("x")), static)
    assert "<h2>program 2</h2>" in render.to_html([score, score], title="t")
    assert "No findings." in render.to_html([score], title="t")
