from __future__ import annotations

from html.parser import HTMLParser

from analyzers.types import Outcome
from trainer.evaluation.counts import Totals
from trainer.evaluation.graded import Graded
from trainer.evaluation.page import MOST, Programs, page
from trainer.evaluation.results import Exclusions
from trainer.evaluation.summary import summary

HOSTILE = "</pre><script>alert(1)</script>\x1b[31m\ud800"


class Rows(HTMLParser):
    """Attributes of the rows, names of the controls and of the columns, and what stands in the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[dict[str, str | None]] = []
        self.controls: list[str | None] = []
        self.heads: list[str | None] = []
        self.scripts = 0
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("class") == "row":
            self.rows.append(given)
        if "data-key" in given:
            self.heads.append(given["data-key"])
        if tag in ("select", "input"):
            self.controls.append(given.get("name"))
        self.scripts += tag == "script"

    def handle_data(self, data: str) -> None:
        self.text += data


def read(*samples: Graded) -> Rows:
    found = summary(Totals(samples), {"model": HOSTILE}, ks=(1,), ns=(1,), excluded=Exclusions())
    return Rows(page(found, samples, Programs(), title="t").decode())


def graded(task: str, outcome: Outcome = Outcome.PASS, completion: str = "x = 1", **fields: str) -> Graded:
    return Graded(task, False, completion, 3, outcome, **fields)  # type: ignore[arg-type]


def test_a_row_for_each_task_with_what_it_is_filtered_by() -> None:
    shown = read(
        graded("a", language="go", difficulty="hard"),
        graded("a", Outcome.TIMEOUT, language="go", difficulty="hard"),
        graded("b", Outcome.INFRASTRUCTURE, difficulty="easy"),
        graded("c", difficulty="easy"),
    )
    assert [(row["data-name"], row["data-language"], row["data-solved"], row["data-outcome"]) for row in shown.rows] == [
        ("a", "go", "sometimes", "pass timeout"), ("b", "python", "unjudged", ""), ("c", "python", "always", "pass"),
    ]  # fmt: skip
    assert [row["data-share"] for row in shown.rows] == ["0.5", "", "1.0"]
    assert shown.controls == ["language", "difficulty", "solved", "outcome", "name"]


def test_what_all_rows_share_is_no_filter() -> None:
    assert read(graded("a"), graded("b")).controls == ["name"]
    assert read().rows == []


def test_columns_are_those_in_which_rows_differ() -> None:
    assert read(graded("a"), graded("b")).heads == ["number", "name", "share", "samples", "clean", "greedy"]
    swept = read(graded("a", condition="t=0"), graded("a", condition="t=1", language="go"))
    assert swept.heads[:4] == ["number", "name", "condition", "language"]
    assert [row["data-condition"] for row in swept.rows] == ["t=0", "t=1"]


def test_a_figure_that_one_condition_alone_has_is_shown() -> None:
    greedy = Graded("a", True, "x", 3, Outcome.PASS, condition="t=1")
    assert "pass@1 (greedy)" in read(graded("a", condition="t=0"), graded("a", condition="t=1"), greedy).text


def test_programs_are_text() -> None:
    shown = read(graded(HOSTILE, completion=HOSTILE, detail=HOSTILE))
    assert shown.scripts == 1  # its own
    assert shown.text.count("<script>alert(1)</script>") >= 3


def test_one_program_of_each_outcome_and_not_too_many() -> None:
    shown = read(
        graded("a", completion="first = 1"), graded("a", completion="second = 2"), graded("a", Outcome.ERROR, "third")
    )
    assert ("first = 1" in shown.text, "second = 2" in shown.text, "third" in shown.text) == (True, False, True)
    many = Programs().shown(graded(str(number)) for number in range(MOST + 5))
    assert len(many) == MOST
