"""The page that compares runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from trainer.evaluation import Evaluation
from trainer.report import __main__ as command_line
from trainer.report.many import FIGURES, compare, curves, grouped, table
from trainer.report.many import _programs as shown_programs
from trainer.run_folder import Run
from trainer.statistics import Estimate


@pytest.fixture
def make(tmp_path: Path, evaluation: Any) -> Any:
    """Makes a run folder: its settings, its rewards step by step, and how many of 10 held-out tasks it passes."""

    def make(name: str, config: dict[str, Any], rewards: list[float] = (), *, passed: int | None = None) -> Path:  # type: ignore[assignment]
        folder = tmp_path / name
        folder.mkdir()
        seed = config.pop("seed", 0)
        (folder / "config.json").write_text(json.dumps({**config, "run": {"seed": seed, "name": name}}))
        lines = [{"step": step, "reward": reward} for step, reward in enumerate(rewards, 1)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        if passed is not None:
            found = {"before": evaluation(2), "after": evaluation(passed)}
            (folder / "evaluations.json").write_text(json.dumps(found))
        return folder

    return make


def read(*folders: Path) -> list[Run]:
    return [Run.read(folder) for folder in folders]


def test_runs_that_differ_in_the_seed_alone_are_one_group(make: Any) -> None:
    runs = read(
        make("a", {"loss": {"name": "ppo"}, "weight": 1, "seed": 1}),
        make("b", {"loss": {"name": "rltf"}, "weight": 1, "seed": 1}),
        make("c", {"loss": {"name": "ppo"}, "weight": 1, "seed": 2}),
    )
    groups = grouped(runs)
    assert [(group.name, [run.name for run in group.runs]) for group in groups] == [
        ("name=ppo", ["a", "c"]),
        ("name=rltf", ["b"]),
    ]


def test_settings_of_the_same_last_name_are_named_in_full(make: Any) -> None:
    runs = read(
        make("a", {"loss": {"name": "x"}, "scheme": {"name": "y"}, "analyzers": ["a", "b"]}),
        make("b", {"loss": {"name": "u"}, "scheme": {"name": "v"}, "analyzers": ["a"]}),
    )
    assert [(group.name, group.settings) for group in grouped(runs)] == [
        ("loss.name=x", "loss.name=x, scheme.name=y, analyzers=a+b"),
        ("loss.name=u", "loss.name=u, scheme.name=v, analyzers=a"),
    ]


def test_groups_are_named_by_as_few_settings_as_tell_them_apart(make: Any) -> None:
    def names(*configs: dict[str, int]) -> list[str]:
        folders = [make(f"{len(configs)}{at}", values) for at, values in enumerate(configs)]
        return [group.name for group in grouped(read(*folders))]

    assert names({"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 3}) == ["b=1", "b=2", "b=3"]
    assert names({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 2}, {"a": 2, "b": 2, "c": 1}, {"a": 2, "b": 1, "c": 1}) == [
        "a=1, b=1", "a=1, b=2", "a=2, b=2", "a=2, b=1",
    ]  # fmt: skip
    # What a run lacks does not name it; no two settings tell these apart, so all that differ are shown.
    assert names({"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2}, {"a": 2, "b": 2}, {"a": 2, "b": 1}) == [
        "a=1, b=1", "a=1, b=2", "a=2", "a=2, b=2", "a=2, b=1",
    ]  # fmt: skip


def test_one_group_alone_and_runs_without_settings_go_by_the_name_of_a_folder(make: Any, tmp_path: Path) -> None:
    assert [group.name for group in grouped(read(make("a", {}), make("b", {"seed": 1})))] == ["a", "b"]
    (tmp_path / "c").mkdir()
    same = read(make("d", {"k": 1}), make("e", {"k": 1, "seed": 1}))
    assert [group.name for group in grouped(same)] == ["d"]


def test_figures_are_means_over_seeds_and_differences_go_seed_by_seed(make: Any) -> None:
    groups = grouped(
        read(
            make("a0", {"w": 1, "seed": 0}, passed=4),
            make("a1", {"w": 1, "seed": 1}, passed=6),
            make("b2", {"w": 2, "seed": 2}, passed=1),
            make("b0", {"w": 2, "seed": 0}, passed=5),
            make("b1", {"w": 2, "seed": 1}, passed=9),
        )
    )
    first, second = table(groups, "pass@1 (sampled)")
    # t(0.975; 1 degree of freedom) = 12.706; 0.4 and 0.6: s = 0.1414, half = 12.706 * 0.1414 / 1.4142 = 1.2706
    assert (first.name, first.before, first.after, first.against_first) == (
        "w=1", "20.0%", "50.0% [-77.1, 177.1]", "-",
    )  # fmt: skip
    # 0.5, 0.9, 0.1: s = 0.4, t(0.975; 2) = 4.303, half = 4.303 * 0.4 / 1.7321 = 0.9937
    assert second.after == "50.0% [-49.4, 149.4]"
    # seeds 0 and 1 are common: +0.1 and +0.3, s = 0.1414
    assert second.against_first == "+20.0 [-107.1, +147.1]"


def test_each_figure_is_the_one_of_its_name() -> None:
    shares = [Estimate(share, share, share) for share in (0.1, 0.2, 0.3)]
    found = Evaluation(3, 3, pass_at={1: shares[0]}, greedy=shares[1], correct_and_clean=shares[2])
    assert [(name, figure(found)) for name, figure in FIGURES.items()] == [
        ("pass@1 (sampled)", 0.1), ("pass@1 (greedy)", 0.2), ("correct and clean", 0.3),
    ]  # fmt: skip
    assert {figure(Evaluation(3, 3)) for figure in FIGURES.values()} == {None}


def test_runs_without_an_evaluation_have_no_table(make: Any) -> None:
    assert table(grouped(read(make("a", {"w": 1}), make("b", {"w": 2}))), "pass@1 (greedy)") == []


def test_curves_are_drawn_over_the_steps_that_all_repetitions_have(make: Any) -> None:
    runs = [make("a", {"w": 1}, [0, 1, 2]), make("b", {"w": 1, "seed": 1}, [2, 3]), make("c", {"w": 2}, [1])]
    main, other = curves(grouped(read(*runs)))
    assert (len(main), other) == (1, [])
    assert 'aria-label="reward"' in main[0]
    assert "w=1" in main[0]
    assert "w=2" in main[0]


def test_three_programs_of_the_first_and_of_the_last_step_are_shown(make: Any) -> None:
    folder = make("a", {})
    lines = [json.dumps({"step": step}) for step in (1, 2, 5) for _ in range(4)]
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")
    assert [(step, len(programs)) for step, programs in shown_programs(Run.read(folder))] == [(1, 3), (5, 3)]
    (folder / "samples.jsonl").write_text(lines[0] + "\n")
    assert [(step, len(programs)) for step, programs in shown_programs(Run.read(folder))] == [(1, 1)]


def test_the_page_names_settings_runs_and_steps_and_runs_no_script(make: Any, parsed: Any, tmp_path: Path) -> None:
    runs = [
        make("a", {"w": "<b>"}, [0, 1], passed=4),
        make("b", {"w": "<b>", "seed": 1}, [1], passed=6),
        make("c", {"w": 2}),
    ]
    page = parsed(compare(runs, tmp_path / "out.html"))
    assert not {"script", "b", "img", "link"} & {tag for tag, _ in page.tags}
    text = " ".join(page.text.split())
    assert "3 runs" in text
    assert "w=<b> 2 1 to 2" in text
    assert "w=2 1 0" in text
    assert "No sample yet" in text


def test_the_command_compares_several_runs(make: Any, tmp_path: Path) -> None:
    application = typer.Typer()
    application.command()(command_line.command)
    runs = [str(make(name, {"w": name})) for name in "ab"]
    out = tmp_path / "both.html"
    done = CliRunner().invoke(application, [*runs, "--out", str(out)])
    assert (done.exit_code, out.exists()) == (0, True)
    refused = CliRunner().invoke(application, [*runs, str(tmp_path / "none")])
    assert (refused.exit_code, refused.output[:21]) == (2, "error: no run folder ")
