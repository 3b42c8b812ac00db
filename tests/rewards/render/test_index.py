from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from analyzers.types import Outcome, Source
from rewards import render
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item, Score


@pytest.fixture
def scores(make: Any, scored: Any) -> list[Score]:
    def score(name: str, outcome: Outcome, passed: int) -> Score:
        return settle(Item("f(1)\n", task_id=name), make.evidence("f(1)\n", outcome, passed=passed), static)

    broken = settle(Item("x", task_id="broken"), Evidence(Source("x"), tested=True), static)
    return [score("t10", Outcome.PASS, 2), scored(task_id="t9"), score("t2", Outcome.ERROR, 0), broken]


def test_the_page_of_a_batch_can_be_read_without_its_script(read: Any, scores: list[Score]) -> None:
    page = read(render.batch_html(scores, title="t"))
    rows = [attributes for tag, attributes in page.tags if tag == "details" and attributes.get("class") == "row"]
    assert [(row["data-name"], row["data-outcome"], row["data-value"], row["data-rule"]) for row in rows] == [
        ("t10", "pass", "2.0", ""),
        ("t9", "failure", str(scores[1].value), "0 1"),
        ("t2", "error", "-0.8999999999999999", ""),
        ("broken", "infrastructure", "", ""),
    ]
    [form] = [attributes for tag, attributes in page.tags if tag == "form"]
    assert "hidden" in form  # what would do nothing is not shown
    assert all(
        "disabled" in attributes for tag, attributes in page.tags if "data-key" in attributes and tag == "button"
    )
    assert "print(" in "".join(page.shown)
    assert page.marked == ["yé"]


def test_the_policy_names_the_script_and_no_other(read: Any, scores: list[Score]) -> None:
    page = render.batch_html(scores, title="t")
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = [attributes["content"] for _, attributes in read(page).tags if attributes.get("http-equiv")]
    assert policy.endswith(f"; script-src 'sha256-{digest}'")
    assert script == Path(render.__file__).parents[1].joinpath("templates/batch.js").read_text(encoding="utf-8")


def test_an_empty_batch(read: Any) -> None:
    assert "".join(read(render.batch_html([], title="nothing")).shown).count("nothing") == 2
