"""The pages in a real browser: what they look like, what they do, and what they do not let a program do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzers.types import Outcome
from rewards import render
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Item, Score

SHOWN = "[...document.querySelectorAll('.row:not([hidden])')].map(row => row.dataset.name)"


@pytest.fixture
def page(tmp_path: Path, make: Any, scored: Any) -> Path:
    def score(name: str, outcome: Outcome, passed: int) -> Score:
        return settle(Item("f(1)\n", task_id=name), make.evidence("f(1)\n", outcome, passed=passed), static)

    scores = [score("t10", Outcome.PASS, 2), scored(task_id="t9"), score("t2", Outcome.ERROR, 0)]
    path = tmp_path / "batch.html"
    path.write_text(render.batch_html(scores, title="t"), encoding="utf-8")
    return path


def choose(browser: Any, field: str, value: str) -> list[str]:
    browser.run(
        f"(field => {{ field.value = {value!r}; field.dispatchEvent(new Event('input', {{bubbles: true}})) }})"
        f"(document.forms[0].elements[{field!r}])"
    )
    return list(browser.run(SHOWN))


def test_a_batch_is_sorted_by_a_click_on_a_head(browser: Any, page: Path) -> None:
    browser.open(page)
    assert browser.run(SHOWN) == ["t10", "t9", "t2"]
    found = {}
    for key in ("name", "value", "ratio", "findings", "number"):
        for direction in ("ascending", "descending"):
            browser.run(f"document.querySelector('[data-key={key}]').click()")
            assert browser.run("document.querySelector('[aria-sort]').getAttribute('aria-sort')") == direction
            found[key, direction] = browser.run(SHOWN)
    assert found == {
        ("name", "ascending"): ["t2", "t9", "t10"],  # numbers in names count as numbers
        ("name", "descending"): ["t10", "t9", "t2"],
        ("value", "ascending"): ["t2", "t9", "t10"],
        ("value", "descending"): ["t10", "t9", "t2"],
        ("ratio", "ascending"): ["t2", "t9", "t10"],
        ("ratio", "descending"): ["t10", "t9", "t2"],
        ("findings", "ascending"): ["t10", "t2", "t9"],
        ("findings", "descending"): ["t9", "t10", "t2"],
        ("number", "ascending"): ["t10", "t9", "t2"],
        ("number", "descending"): ["t2", "t9", "t10"],
    }
    assert browser.problems() == []


def test_a_batch_is_filtered_by_outcome_rule_and_name(browser: Any, page: Path) -> None:
    browser.open(page)
    assert choose(browser, "outcome", "error") == ["t2"]
    assert choose(browser, "outcome", "") == ["t10", "t9", "t2"]
    assert choose(browser, "rule", "1") == ["t9"]
    assert choose(browser, "outcome", "pass") == []
    assert browser.run("document.querySelector('output').value") == "0 of 3"
    browser.run("document.querySelector('[type=reset]').click()")
    browser.run("new Promise(done => setTimeout(done, 20))")
    assert choose(browser, "name", "T1") == ["t10"]


def test_without_scripts_every_row_opens(browser: Any, page: Path) -> None:
    browser.open(page, script=False)
    assert browser.run(SHOWN) == ["t10", "t9", "t2"]
    assert browser.run("getComputedStyle(document.forms[0]).display") == "none"
    browser.run("document.querySelectorAll('.row > summary')[1].click()")
    assert browser.run("document.querySelector('.row[open] mark').getBoundingClientRect().height > 5")


def test_who_points_at_a_charge_reads_what_it_is_within_the_page(browser: Any, scored: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(render.to_html([scored("x" * 300 + " = yé\n")], title="t"), encoding="utf-8")
    tip = "getComputedStyle(document.querySelector('mark'), '::after').content"
    for dark in (False, True):
        browser.open(path, dark=dark, width=500)
        assert browser.run(tip) == "none"
        browser.point("mark")
        assert "-0.100 pyflakes undefined-name" in browser.run(tip).replace("  ", " ")
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def test_light_and_dark_are_readable(browser: Any, scored: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(render.to_html([scored()], title="t"), encoding="utf-8")
    luminance = (
        "(name => getComputedStyle(document.body)[name].match(/[0-9]+/g).slice(0, 3)"
        ".reduce((sum, part, index) => sum + part / 255 * [.2126, .7152, .0722][index], 0))"
    )
    for dark in (False, True):
        browser.open(path, dark=dark)
        paper, ink = browser.run(f"['backgroundColor', 'color'].map({luminance})")
        assert (paper < 0.2 and ink > 0.8) if dark else (paper > 0.8 and ink < 0.2)


def test_a_hostile_program_runs_nothing_and_asks_for_nothing(browser: Any, scored: Any, tmp_path: Path) -> None:
    hostile = '"\'</script></pre><script>document.title="owned"</script><img src=x onerror=alert(1)> x yé\u202e'
    scores = [scored(hostile, task_id=hostile), scored(task_id=hostile)]
    pages = [
        render.to_html(scores, title=hostile),
        render.compare_html(*scores, title=hostile),
        render.batch_html(scores, title=hostile),
    ]
    for number, text in enumerate(pages):
        path = tmp_path / f"{number}.html"
        path.write_text(text, encoding="utf-8")
        browser.open(path)
        assert browser.run("document.title") == render.visible(hostile)
        assert browser.problems() == []
        assert browser.asked_for() == []
        assert browser.run("document.images.length + document.scripts.length") == (number == 2)


def test_the_policy_stops_what_would_slip_through(browser: Any, scored: Any, tmp_path: Path) -> None:
    text = render.batch_html([scored()], title="t")
    slipped = '<script>document.title = "owned"</script><img src="x.png" onerror="document.title = \'owned\'">'
    path = tmp_path / "slipped.html"
    path.write_text(text.replace("<h1>", slipped + "<h1>"), encoding="utf-8")
    browser.open(path)
    assert browser.run("document.title") == "t"
    assert any("Content Security Policy" in problem for problem in browser.problems())
