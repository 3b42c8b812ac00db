from __future__ import annotations

from typing import Any

import pytest

from analyzers.types import Outcome, Source
from rewards import render
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item


@pytest.mark.parametrize("kind", ["programs", "comparison", "batch"])
def test_pages_are_self_contained_and_run_nothing_of_a_program(read: Any, scored: Any, kind: str) -> None:
    hostile = scored(task_id='"><img src=x onerror=alert(1)>\u202e')
    page = {
        "programs": lambda: render.to_html([hostile], title="<Title>"),
        "comparison": lambda: render.compare_html(hostile, scored(), title="<Title>"),
        "batch": lambda: render.batch_html([hostile, scored()], title="<Title>"),
    }[kind]()
    page.encode()
    found = read(page)
    tags = [tag for tag, _ in found.tags]
    assert not {*tags} & {"link", "img", "iframe", "b", "i", "object", "base"}
    assert tags.count("script") == (kind == "batch")
    assert "://" not in page
    assert "prefers-color-scheme: dark" in page
    assert not any(attribute.startswith("on") for _, attributes in found.tags for attribute in attributes)
    [policy] = [attributes["content"] for _, attributes in found.tags if attributes.get("http-equiv")]
    assert policy.startswith("default-src 'none';")
    shown = "".join(found.shown)
    assert "<Title>" in shown
    assert '"><img src=x onerror=alert(1)>\ufffd' in shown
    assert "</script><b>&␀␛[31m" in shown
    for raw in "\x00\x1b\u202e\ud800":
        assert raw not in page


def test_a_page_says_what_is_known_of_a_program(read: Any, scored: Any) -> None:
    shown = "".join(read(render.to_html([scored()], title="t")).shown)
    assert "ruff timed_out after 5 s" in shown  # failed is not clean
    assert "1 of 2 passed" in shown
    assert "counts only on programs that pass" in shown  # what "gated" means
    assert "one defect is one charge" not in shown  # nothing was merged


def test_names_of_programs_without_a_task() -> None:
    score = settle(Item("x"), Evidence(Source("x")), static)
    assert "<h2>program 2</h2>" in render.to_html([score, score], title="t")
    assert "No findings." in render.to_html([score], title="t")
    assert "No findings." in render.compare_html(score, score, title="t")


def test_a_comparison_tints_what_changed_and_matches_findings(read: Any, make: Any) -> None:
    def scored(text: str, *names: str) -> Any:
        found = [make.finding(text, name, code=f"no-{name}") for name in names]
        return settle(Item(text), make.evidence(text, Outcome.FAILURE, findings=found), static)

    page = render.compare_html(scored("a = 1\nb(y)\n", "y"), scored("a = 1\nb(z, u)\nc\n", "z"), title="t")
    lines = [(a["data-line"], a["class"]) for _, a in read(page).tags if "data-line" in a]
    assert lines == [
        ("1", "sw-line"),
        ("1", "sw-line"),
        ("2", "sw-line gone"),
        ("2", "sw-line come"),
        ("3", "sw-line come"),
    ]
    assert read(page).marked == ["y", "z"]
    assert [a["class"] for tag, a in read(page).tags if tag == "tr" and a] == ["come", "gone"]
