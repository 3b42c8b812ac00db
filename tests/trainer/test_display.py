from __future__ import annotations

import io

from rich.console import Console

from trainer.display import Display, status, summary
from trainer.evaluation import summarise

ROUND = {
    "reward": 0.25,
    "outcome": {"pass": 0.5, "failure": 0.25, "error": 0.25, "syntax_error": 0.0, "timeout": 0.0},
    "samples": 64,
    "tokens": 1000,
    "loss": 0.1,
    "seconds": {"generate": 1.0, "score": 0.5, "learn": 0.5},
}


def test_a_step_in_one_line() -> None:
    # 64 samples in 2 s; 1000 tokens in 1 s of generation.
    assert status(ROUND) == (
        "reward +0.25  pass 50% fail 25% error 25%  32 samples/s 1000 tokens/s  generate 50% score 25% learn 25%"
    )
    assert status({**ROUND, "reward": None}).startswith("reward -  ")
    assert status({"loss": 0.5, "seconds": {"learn": 1.0}}) == "loss 0.500"  # a step without rollouts


def _printed(*, terminal: bool) -> tuple[Display, io.StringIO]:
    text = io.StringIO()
    return Display(Console(file=text, force_terminal=terminal, width=150)), text


def test_elsewhere_than_on_a_terminal_there_is_a_line_per_tenth() -> None:
    display, text = _printed(terminal=False)
    with display.training(0, 20) as show:
        for step in range(1, 21):
            show(step, ROUND)
    lines = text.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("step 20/20  reward +0.25  pass 50%")


def test_on_a_terminal_there_is_a_bar() -> None:
    display, text = _printed(terminal=True)
    with display.training(3, 20) as show:
        show(4, ROUND)
    with display.evaluating("held-out tasks") as progress:
        progress(3, 10)
    shown = text.getvalue()
    assert "4/20" in shown
    assert "pass 50%" in shown
    assert "3/10" in shown


def test_a_warning_comes_once() -> None:
    display, text = _printed(terminal=False)
    for detail in ("one", "two"):
        display.warn(f"pylint failed ({detail})", once="pylint failed")
    display.warn("[bold]not markup")
    assert text.getvalue() == "warning: pylint failed (one)\nwarning: [bold]not markup\n"


def test_the_tables_at_the_end() -> None:
    display, text = _printed(terminal=False)
    for table in summary({"before": summarise([]), "after": summarise([])}, [_logged(1), _logged(2)]):
        display.console.print(table)
    shown = text.getvalue()
    for words in ("before", "after", "correct and clean", "2 in 4 s", "32.0 (generated, scored", "1000 (generated)"):
        assert words in shown
    assert "generate 50%, score 25%, learn 25%" in shown
    assert summary({}, []) == []


def _logged(step: int) -> dict[str, float]:
    seconds = {f"seconds/{phase}": spent for phase, spent in ROUND["seconds"].items()}  # type: ignore[attr-defined]
    return {"step": step, "samples": 64, "tokens": 1000, **seconds}
