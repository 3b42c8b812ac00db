from __future__ import annotations

import ast
import copy
import random
from itertools import islice
from typing import Any

import pytest

from analyzers.engine import Engine
from analyzers.runtime.tests import Calls
from analyzers.types import Source
from trainer import slips
from trainer.slips import Rates
from trainer.tasks import builtin
from trainer.types import Task

NEVER = Rates(slip=0, misconception=0, unclean=0, untidy=0)
LINES = [f"    xs = {step.code}" for step in builtin.MIDDLE] + [f"    return {step.code}" for step in builtin.FINAL]


def passes(task: Task, completion: str) -> bool:
    """Runs a completion of our own making in this process; a sampled one must never come here."""
    assert isinstance(task.tests, Calls)
    space: dict[str, Any] = {}
    try:
        exec(task.prompt + completion, space)
        return all(space["solve"](*copy.deepcopy(case.args)) == case.expected for case in task.tests.cases)
    except Exception:
        return False


@pytest.mark.parametrize(
    ("kind", "line", "spoilt"),
    [
        (
            "undefined name",
            "    return sum(xs)",
            {"    return sum(ys)", "    return sum(items)", "    return sum(result)"},
        ),
        ("wrong variable", "    xs = xs[:n]", {f"    xs = {a}" for a in ("n[:n]", "x[:n]", "xs[:x]", "xs[:xs]")}),
        ("wrong type", "    return max(xs, default=0)", {"    return xs.max()"}),
        ("wrong type", "    xs = [x * x for x in xs]", {f"    xs = xs.{f}(x * x)" for f in ("filter", "map", "apply")}),
        ("wrong type", "    xs = xs[1:]", {None}),
        ("syntax", "    xs = sorted(xs)", {"    xs = sorted(xs"}),
        ("syntax", "    return xs", {None}),
        ("off by one", "    xs = xs[1:]", {"    xs = xs[2:]"}),
        ("off by one", "    xs = [x for x in xs if x > n]", {f"    xs = [x for x in xs if x > n {o} 1]" for o in "+-"}),
        ("wrong operator", "    xs = [-x for x in xs]", {None}),
        ("wrong operator", "    xs = [x // 2 for x in xs]", {"    xs = [x % 2 for x in xs]"}),
        ("wrong operator", "    xs = [min(x, n) for x in xs]", {"    xs = [max(x, n) for x in xs]"}),
        ("no return", "    return len(xs)", {"    len(xs)", "    xs = len(xs)"}),
        ("no return", "    xs = sorted(xs)", {None}),
        ("no assignment", "    xs = sorted(xs)", {"    sorted(xs)"}),
        ("no assignment", "    return xs", {None}),
    ],
)
def test_a_slip_by_hand(kind: str, line: str, spoilt: set[str | None]) -> None:
    assert {slips.SLIPS[kind](line, random.Random(seed)) for seed in range(40)} == spoilt


@pytest.mark.parametrize("kind", slips.SLIPS)
def test_a_slip_changes_a_line_that_it_applies_to_and_never_its_indent(kind: str) -> None:
    applied = 0
    for line, seed in ((line, seed) for line in LINES for seed in range(5)):
        spoilt = slips.SLIPS[kind](line, random.Random(seed))
        if spoilt is not None:
            applied += 1
            assert spoilt != line
            assert spoilt.startswith("    ")
            assert "\n" not in spoilt
    assert applied


def test_syntax_slips_do_not_parse() -> None:
    for line, seed in ((line, seed) for line in LINES for seed in range(5)):
        spoilt = slips.syntax(line, random.Random(seed))
        if spoilt is not None:
            with pytest.raises(SyntaxError):
                ast.parse(f"def solve(xs, n):\n{spoilt}")


def test_without_rates_a_body_is_the_reference() -> None:
    for task in builtin.tasks("supervised", count=30):
        composition = next(
            c for c in builtin.compositions("supervised") if builtin.fingerprint(c) == task.metadata["composition"]
        )
        assert slips.spoil(composition, random.Random(0), NEVER) == task.reference


def test_misconceptions_are_taught_at_their_rate() -> None:
    sort, total = (next(s for s in (*builtin.MIDDLE, *builtin.FINAL) if s.name == name) for name in ("sort", "total"))
    rng = random.Random(0)
    rates = Rates(slip=0, misconception=0.65, unclean=0, untidy=0)
    wrong = sum("xs.sort()" in slips.spoil((sort, total), rng, rates) for _ in range(2000))
    # 2000 draws at 0.65: standard deviation sqrt(0.65 * 0.35 / 2000) = 0.011; five of them
    assert abs(wrong / 2000 - 0.65) < 0.055


def test_untidy_programs_pass_and_have_a_finding() -> None:
    rng = random.Random(0)
    rates = Rates(slip=0, misconception=0, unclean=0, untidy=1)
    by_name = {builtin.fingerprint(c): c for c in builtin.compositions("test")}
    tasks = builtin.tasks("test", count=60)
    bodies = [slips.spoil(by_name[task.metadata["composition"]], rng, rates) for task in tasks]
    with Engine(("pylint",), workers=1) as engine:
        reports = engine.analyze_batch(
            [Source(task.prompt + body, prefix=len(task.prompt)) for task, body in zip(tasks, bodies, strict=True)]
        )
    for task, body, (report,) in zip(tasks, bodies, reports, strict=True):
        assert passes(task, body), body
        if ";" not in body:  # layout, which our pylint leaves to formatters
            assert report.diagnostics, body


def test_the_share_of_right_programs_leaves_the_loop_something_to_mend() -> None:
    rng = random.Random(0)
    by_name = {builtin.fingerprint(c): c for c in builtin.compositions("test")}
    tasks = builtin.tasks("test")
    right = sum(passes(task, slips.spoil(by_name[task.metadata["composition"]], rng, Rates())) for task in tasks)
    assert 0.35 < right / len(tasks) < 0.55


def test_examples_keep_to_the_supervised_compositions() -> None:
    phrases = {phrase: step for step in (*builtin.MIDDLE, *builtin.FINAL) for phrase in step.phrases}
    seen = 0
    for example in islice(slips.examples(seed=5), 3000):
        wording = example.prompt.split('"""')[1].split("; ")
        steps = [phrases[phrase] for phrase in wording]
        if len(steps) > 1:
            seen += 1
            assert builtin.split_of(steps) == "supervised"
    assert seen > 2000


def test_examples_are_the_same_for_the_same_seed() -> None:
    one, again, other = (list(islice(slips.examples(seed=seed), 20)) for seed in (1, 1, 2))
    assert one == again
    assert one != other
