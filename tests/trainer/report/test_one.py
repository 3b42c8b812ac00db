from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analyzers.types import Diagnostic, Kind, Outcome, Report, Severity, Source, Span, Status, Verdict
from rewards.types import Charge, Score
from trainer.evaluation import Graded, summarise
from trainer.report import __main__ as command_line
from trainer.report import comparison, sample_record, times, write
from trainer.report.curves import curves
from trainer.report.programs import picked

HOSTILE = (
    "</code></pre><script>alert('gotcha')</script><img src=x onerror=alert(1)> {{ 7*7 }} \ud800 \x00 \u202e & \"q\""
)


def scored(text: str, *, outcome: Outcome = Outcome.ERROR) -> Score:
    finding = Diagnostic("pylint", "undefined<b>", Severity.HIGH, f"message {text}", Span(0, 3), Kind.NAME)
    ran = Report("runtime", Status.OK, verdict=Verdict(outcome))
    charge = Charge(finding, Span(0, 3), -0.25)
    return Score(
        -0.85,
        -0.6,
        outcome,
        Source(text),
        text,
        (ran, Report("pylint", Status.OK, (finding,))),
        (charge,),
        task_id=text,
    )


def spans(text: str) -> Any:
    """One token for each character."""
    ends = np.cumsum([len(c.encode("utf-8", "surrogatepass")) for c in text])
    return np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1)


@pytest.fixture
def run(tmp_path: Path, evaluation: Any) -> Path:
    folder = tmp_path / "my-run"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model": {"name": "<tiny>"}}))
    metrics = [
        {"step": step, "reward": 0.1 * step, "pass": 0.2, "outcome/pass": 0.2, "outcome/failure": 0.8,
         "seconds/generate": 3.0, "seconds/learn": 1.0, "note": "words", "grad_norm": None}
        for step in (1, 2)
    ]  # fmt: skip
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in metrics) + '{"step": 3, "rew')
    (folder / "evaluations.json").write_text(json.dumps({"before": evaluation(2), "after": evaluation(7)}))
    lines = [
        {"step": step, **sample_record(scored(text), spans(text))} for step, text in ((1, "x = y\n"), (2, HOSTILE))
    ]
    (folder / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_the_page_needs_nothing_else_and_runs_nothing(run: Path, parsed: Any) -> None:
    path = write(run)
    assert path == run / "report.html"
    page = parsed(path)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "object"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert all((attributes.get(name) or "#").startswith("#") for name in ("href", "src", "xlink:href"))
    assert not re.search(r"@import|url\((?!#)", path.read_text(encoding="utf-8"))
    assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8")


def test_text_of_a_program_is_text(run: Path, parsed: Any) -> None:
    page = parsed(write(run))
    assert "<script>alert('gotcha')</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert not set("\x00\u202e") & set(page.text)  # what a reader cannot see, or what turns text around
    assert "<tiny>" in page.text
    assert "undefined<b>" in page.text


def test_the_header_compares_before_and_after(run: Path, parsed: Any) -> None:
    text = " ".join(parsed(write(run)).text.split())
    assert re.search(r"before after pass@1 \(sampled\) 20\.0% \[.*?\] 70\.0% \[", text)
    assert "+50.0 points of sampled pass@1" in text
    assert "correct and clean 0.0%" in text  # every sample had a finding


def test_charts_and_times(run: Path, parsed: Any) -> None:
    page = parsed(write(run))
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert labels == ["pass", "reward", "outcome mix", "seconds per step"]
    assert re.search(r"generate\s+6\.0 s\s+75%", page.text)  # 3 s in each of 2 steps, of 8 s


def test_programs_of_the_last_step_come_first_and_both_ends_are_open(run: Path, parsed: Any) -> None:
    with (run / "samples.jsonl").open("a") as file:
        file.write(json.dumps({"step": 3, **sample_record(scored("pass"), spans("pass"))}) + "\n")
    page = parsed(write(run))
    assert page.text.index("step 3\n") < page.text.index("step 2\n") < page.text.index("step 1\n")
    folds = [
        attributes
        for tag, attributes in page.tags
        if tag == "details" and "other" not in (attributes.get("class") or "")
    ]
    assert ["open" in attributes for attributes in folds] == [True, False, True]


@pytest.mark.parametrize("missing", ["config.json", "metrics.jsonl", "evaluations.json", "samples.jsonl"])
def test_a_run_that_has_not_come_far_has_a_page_too(run: Path, missing: str, parsed: Any) -> None:
    (run / missing).unlink()
    parsed(write(run))


def test_an_empty_run_says_so(tmp_path: Path, parsed: Any) -> None:
    text = parsed(write(tmp_path)).text
    for part in ("No evaluation yet", "No step yet", "No sample yet"):
        assert part in text


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"before": 3}', '{"before": {"pass_at": {}}}', "\x00\xff"])
def test_files_of_another_form_count_as_not_there(run: Path, content: str, parsed: Any) -> None:
    for name in ("config.json", "evaluations.json", "metrics.jsonl"):
        (run / name).write_text(content)
    assert "No evaluation yet" in parsed(write(run)).text


def test_a_sample_that_cannot_be_read_is_shown_as_such(run: Path, parsed: Any) -> None:
    (run / "samples.jsonl").write_text('{"step": 1, "score": {"value": 1}, "byte_spans": []}\n{"step": 1}\n')
    text = parsed(write(run)).text
    assert text.count("unreadable") == 2


def test_one_evaluation_alone_is_a_table_without_a_gain(run: Path, parsed: Any, evaluation: Any) -> None:
    (run / "evaluations.json").write_text(json.dumps({"before": evaluation(2)}))
    text = parsed(write(run)).text
    assert "20.0%" in text
    assert "points of sampled pass@1" not in text


def test_comparison_keeps_what_only_one_side_has() -> None:
    before = summarise([Graded("t", False, "", 1, Outcome.INFRASTRUCTURE)])
    after = summarise([Graded("t", False, "", 1, Outcome.PASS)])
    rows = dict(comparison({"before": before, "after": after}))
    assert rows["not judged (left out)"] == ["1", "-"]
    assert rows["pass"] == ["-", "100.0%"]


def test_curves_skip_what_is_no_number_and_stack_gaps_as_zero() -> None:
    metrics = [{"step": 1, "outcome/pass": 1.0, "flag": True}, {"step": 2, "outcome/error": 1.0, "flag": False}]
    main, other = curves(metrics)
    assert len(main) == 1
    assert other == []


def test_curves_that_are_not_the_main_ones_are_set_apart() -> None:
    main, other = curves([{"step": 1, "reward": 1.0, "zeta": 1.0, "alpha": 2.0}])
    assert len(main) == 1
    assert ['aria-label="alpha"' in other[0], 'aria-label="zeta"' in other[1]] == [True, True]


def test_times_of_nothing_are_nothing() -> None:
    assert times([]) == []
    assert times([{"step": 1, "seconds/learn": 0.0}]) == []


def test_picked_steps_are_spread_over_the_run() -> None:
    samples = [{"step": step, "n": n} for step in range(1, 61) for n in range(9)]
    shown = picked(samples)
    # 8 of the indices 0..59: round(59 i / 7) = 0 8 17 25 34 42 51 59, newest first.
    assert [step for step, _ in shown] == [60, 52, 43, 35, 26, 18, 9, 1]
    assert {len(members) for _, members in shown} == {6}


def test_the_command_writes_the_page_or_says_what_is_missing(run: Path, tmp_path: Path) -> None:
    application = typer.Typer()
    application.command()(command_line.command)
    done = CliRunner().invoke(application, [str(run)])
    assert done.exit_code == 0
    assert str(run / "report.html") in done.output.replace("\n", "")
    refused = CliRunner().invoke(application, [str(tmp_path / "none")])
    assert refused.exit_code == 2
    assert refused.output.startswith("error: no run folder")
