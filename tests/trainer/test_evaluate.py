from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analyzers import command_line, registry
from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards.types import Item, Score
from trainer import evaluate as module
from trainer.evaluate import evaluate
from trainer.evaluation import sampling
from trainer.evaluation.figures import described
from trainer.generation import texts
from trainer.types import Rollout, Sampling, Task

SAMPLING = Sampling(temperature=0.8, max_new_tokens=4)
TASKS = [
    Task("a", "ask a", Asserts(("assert 1",))),
    Task("b", "def b():", Asserts(("assert 1",)), prefix="def b():\n"),
    Task("c", "ask c", Asserts(("assert 1",))),
]


class FakePolicy:
    """Writes "pass" for tasks in `solved` and "fail" for others, and remembers what it was asked."""

    tokenizer = SimpleNamespace(chat_template=None)
    token_bytes = SimpleNamespace(spans=lambda ids: np.zeros((len(ids), 2), dtype=np.int64))
    context = 8

    def __init__(self, solved: Sequence[str] = ("a",)) -> None:
        self.solved = solved
        self.calls: list[dict[str, Any]] = []

    def encode(self, prompt: str) -> np.ndarray[Any, Any]:
        return np.arange(3)

    def generate(
        self, prompts: Sequence[str], *, on_done: Callable[[int, Rollout], None], **asked: Any
    ) -> list[list[Rollout]]:
        self.calls.append({"prompts": list(prompts), **asked})
        ids = np.arange(2)
        for index in range(len(prompts) * asked["samples"]):
            task = asked["task_ids"][index // asked["samples"]]
            text = "pass" if task in self.solved else "fail"
            on_done(index, Rollout(task, ids, ids, np.zeros(2, dtype=np.float32), text, truncated=False))
        return []

    def answer(self, tasks: Sequence[Task], **asked: Any) -> None:
        texts.answer(self.generate, self.tokenizer, tasks, **asked)


class LateScorer:
    """Judges by the word; answers two at a time, so that completions wait in the queue."""

    def __init__(self) -> None:
        self.late: list[tuple[Future[Score], Score]] = []

    def submit(self, item: Item) -> Future[Score]:
        outcome = Outcome.PASS if item.completion == "pass" else Outcome.FAILURE
        report = Report("runtime", Status.OK, verdict=Verdict(outcome))
        score = Score(1.0, 1.0, outcome, Source(item.completion), item.completion, (report,), task_id=item.task_id)
        future: Future[Score] = Future()
        self.late.append((future, score))
        if len(self.late) == 2:
            self.flush()
        return future

    def flush(self) -> None:
        for future, score in self.late:
            future.set_result(score)
        self.late.clear()

    def __enter__(self) -> LateScorer:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class PromptScorer(LateScorer):
    """Answers at once."""

    def submit(self, item: Item) -> Future[Score]:
        future = super().submit(item)
        self.flush()
        return future


def run(policy: Any, tasks: Sequence[Task] = TASKS, scorer: Any = None, **options: Any) -> Any:
    given = {"samples": 2, "sampling": SAMPLING, "seed": 3, **options}
    return evaluate(policy, tasks, scorer or PromptScorer(), **given)


def test_samples_then_greedy_and_the_figures_of_both() -> None:
    found = run(FakePolicy(), ks=(1, 2))
    assert (found.tasks, found.samples) == (3, 6)
    assert found.pass_at[1].mean == pytest.approx(1 / 3)
    assert found.greedy is not None
    assert found.greedy.mean == pytest.approx(1 / 3)
    assert found.tokens == 2 * (6 + 3)


def test_each_call_has_the_stops_the_seed_and_the_sampling_of_its_tasks() -> None:
    policy = FakePolicy()
    run(policy)
    drawn = [call for call in policy.calls if call["sampling"] == SAMPLING]
    greedy = [call for call in policy.calls if call["sampling"].temperature == 0]
    assert [call["task_ids"] for call in drawn] == [["a", "c"], ["b"]]  # b continues a program and stops where it ends
    assert drawn[0]["stop"] == ()
    assert "\ndef " in drawn[1]["stop"]
    assert {call["samples"] for call in greedy} == {1}
    assert {call["seed"] for call in policy.calls} == {3}


def test_without_greedy_nothing_is_decoded_greedily() -> None:
    policy = FakePolicy()
    assert run(policy, greedy=False).greedy is None
    assert len(policy.calls) == 2


def test_scores_are_handed_on_in_order_and_progress_counts_them() -> None:
    seen: list[tuple[str, bool]] = []
    progress: list[tuple[int, int]] = []
    tasks = [TASKS[0], TASKS[2]]
    found = run(
        FakePolicy(), tasks, scorer=LateScorer(), samples=3,
        on_score=lambda graded, rollout, score: seen.append((graded.task_id, graded.greedy)),
        progress=lambda done, total: progress.append((done, total)),
    )  # fmt: skip
    assert seen == [("a", False)] * 3 + [("c", False)] * 3 + [("a", True), ("c", True)]
    assert progress == [(done, 8) for done in range(1, 9)]
    assert found.samples == 6


def test_tasks_that_are_complete_are_not_sampled_again() -> None:
    policy = FakePolicy()
    progress: list[tuple[int, int]] = []
    complete = {(False, "a"), (True, "a")}
    found = run(policy, complete=complete, progress=lambda done, total: progress.append((done, total)))
    assert all("a" not in call["task_ids"] for call in policy.calls)
    assert progress[0] == (4, 9)
    assert list(found.per_task) == ["b", "c"]
    # Times of a part say nothing of the whole.
    assert "tokens/s" not in described(found)
    assert "tokens/s" in described(run(FakePolicy()))


def test_samples_have_their_numbers_whatever_the_order_in_which_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    policy = FakePolicy()
    in_order = policy.generate

    def backwards(prompts: Sequence[str], *, on_done: Any, **asked: Any) -> Any:
        waiting: list[Any] = []
        in_order(prompts, on_done=lambda *done: waiting.append(done), **asked)
        for done in reversed(waiting):
            on_done(*done)

    monkeypatch.setattr(policy, "generate", backwards)
    run(policy, TASKS[:1], greedy=False, on_score=lambda graded, *_: seen.append((graded.task_id, graded.index)))
    assert seen == [("a", 1), ("a", 0)]


def test_no_call_draws_more_than_fits_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "AHEAD", 4)
    policy = FakePolicy()
    found = run(policy, [replace(TASKS[0], id=str(n)) for n in range(5)], samples=2, greedy=False)
    assert [len(call["task_ids"]) for call in policy.calls] == [2, 2, 1]
    assert found.samples == 10


@pytest.mark.parametrize("bad", [{"tasks": []}, {"samples": 0}, {"ks": (3,)}, {"ks": (0,)}])
def test_what_cannot_be_evaluated_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs tasks and 1 <= k <= samples"):
        run(FakePolicy(), **bad)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "t.jsonl"
    path.write_text(
        "".join(json.dumps({"prompt": f"p{n}", "tests": ["assert 1"], "id": str(n)}) + "\n" for n in range(3))
    )
    monkeypatch.setattr(module, "_scorer", lambda *_: PromptScorer())
    monkeypatch.setattr(module, "_policy", lambda *_: FakePolicy(["0", "2"]))
    return path


Cli = Callable[..., tuple[int, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs the command; exit status and output."""

    def cli(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            command_line.run(module.app, prog="evaluate", arguments=list(map(str, arguments)))
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return cli


@pytest.fixture
def evaluated(fakes: Path, cli: Cli) -> Cli:
    """Runs the command on three tasks, of which 0 and 2 are always solved."""
    return lambda *arguments: cli("--tasks", f"jsonl:{fakes}", "--split", "all", *arguments)


def test_command_prints_the_table_and_writes_the_figures(evaluated: Cli, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    status, printed = evaluated("--samples", "2", "--k", "1,2", "--out", str(out))
    assert status == 0
    for part in ("pass@1 (sampled)", "66.7% [", "pass@2 (sampled)", "correct and clean", "syntax error"):
        assert part in printed
    written = json.loads(out.read_text())
    (condition,) = written["conditions"]
    assert condition["figures"]["pass_at"]["1"]["mean"] == pytest.approx(2 / 3)
    assert written["settings"]["analyzers"] == ["runtime", "pylint"]


def test_command_takes_plugin_files(evaluated: Cli, tmp_path: Path) -> None:
    out, plugin = tmp_path / "figures.json", tmp_path / "rules.scm"
    plugin.write_text("; language: python\n; message: m\n(identifier) @name\n")
    try:
        assert evaluated("--limit", "1", "--out", str(out), "--analyzers", "ruff", "--plugin", str(plugin))[0] == 0
    finally:
        registry.restore(registry.Setup())
    assert json.loads(out.read_text())["settings"]["analyzers"] == ["runtime", "ruff", "rules"]


def test_command_takes_the_first_tasks_only(evaluated: Cli, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    assert evaluated("--limit", "1", "--out", str(out), "--no-greedy")[0] == 0
    assert json.loads(out.read_text())["conditions"][0]["figures"]["tasks"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--k", "1,x"], "--k takes numbers from 1 to the number of samples (5)"),
        (["--k", "6"], "--k takes numbers from 1 to the number of samples (5)"),
        (["--temperature", "-1"], "temperature >= 0"),
        (["--top-p", "1,0"], "0 < top_p <= 1"),
        (["--temperature", "hot"], "--temperature takes numbers separated by commas"),
        (["--top-p", ","], "--top-p takes numbers separated by commas"),
        (["--shard", "3/2"], "--shard takes I/N with 1 <= I <= N"),
        (["--shard", "one"], "--shard takes I/N"),
        (["--samples", "none.jsonl"], "no file or folder 'none.jsonl' of samples"),
        (["--against", "none.jsonl"], "no results 'none.jsonl' to compare with"),
        (["--evalplus", "/no/where/x.json"], "there is no folder '/no/where'"),
        (["--tasks", "humanevl"], "did you mean 'humaneval'"),
        (["--tasks", "jsonl:/no/where"], "no file or folder '/no/where'"),
        (["--out", "/no/where/x.json", "--limit", "1"], "there is no folder '/no/where'"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(evaluated: Cli, arguments: list[str], message: str) -> None:
    status, output = evaluated(*arguments)
    assert status == 2
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert message in line
    assert "Traceback" not in output


def test_interrupted_it_says_how_to_go_on_and_does(
    evaluated: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "samples.jsonl"
    policy = FakePolicy(["0"])
    monkeypatch.setattr(module, "_policy", lambda *_: policy)
    submit = PromptScorer.submit

    def interrupted(self: PromptScorer, item: Item) -> Future[Score]:
        if item.task_id == "2":
            raise KeyboardInterrupt
        return submit(self, item)

    monkeypatch.setattr(PromptScorer, "submit", interrupted)
    status, output = evaluated("--samples", "2", "--samples-out", str(record))
    assert status == 130
    assert "run the same command again" in output
    monkeypatch.setattr(PromptScorer, "submit", submit)
    policy.calls.clear()
    assert evaluated("--samples", "2", "--samples-out", str(record))[0] == 0
    assert [call["task_ids"] for call in policy.calls] == [["2"], ["0", "1", "2"]]
    assert len(record.read_text().splitlines()) == 1 + 3 * 2 + 3
    policy.calls.clear()
    assert evaluated("--samples", "2", "--samples-out", str(record))[0] == 0
    assert policy.calls == []


def test_samples_of_another_evaluation_are_not_mixed_in(evaluated: Cli, tmp_path: Path) -> None:
    record = tmp_path / "samples.jsonl"
    assert evaluated("--samples-out", str(record))[0] == 0
    status, output = evaluated("--samples-out", str(record), "--seed", "1")
    assert status == 2
    assert "seed was 0, is 1" in output


def test_a_sweep_has_figures_for_each_condition_and_decodes_greedily_once(
    evaluated: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, out, record = FakePolicy(["0"]), tmp_path / "figures.json", tmp_path / "samples.jsonl"
    monkeypatch.setattr(module, "_policy", lambda *_: policy)
    asked = ("--temperature", "0.2,0.8", "--top-p", "0.9,1", "--samples", 1, "--out", out, "--samples-out", record)
    assert evaluated(*asked)[0] == 0
    drawn = [call["sampling"] for call in policy.calls]
    assert [(one.temperature, one.top_p) for one in drawn] == [
        (0.2, 0.9),
        (0.0, 1.0),
        (0.2, 1.0),
        (0.8, 0.9),
        (0.8, 1.0),
    ]
    found = json.loads(out.read_text())["conditions"]
    assert [condition["name"] for condition in found] == [
        "temperature=0.2,top_p=0.9", "temperature=0.2,top_p=1", "temperature=0.8,top_p=0.9", "temperature=0.8,top_p=1",
    ]  # fmt: skip
    assert [condition["figures"]["samples"] for condition in found] == [3] * 4
    policy.calls.clear()
    assert evaluated(*asked)[0] == 0
    assert policy.calls == []


def test_shards_make_a_whole(evaluated: Cli, cli: Cli, tmp_path: Path) -> None:
    shards = [tmp_path / f"{part}.jsonl" for part in (1, 2)]
    for part, shard in enumerate(shards, 1):
        assert evaluated("--shard", f"{part}/2", "--samples", 2, "--samples-out", shard)[0] == 0
    assert evaluated("--samples", 2, "--out", tmp_path / "whole.json")[0] == 0
    assert cli("report", *shards, "--out", tmp_path / "merged.json")[0] == 0
    whole, merged = (
        json.loads((tmp_path / name).read_text())["conditions"][0]["figures"] for name in ("whole.json", "merged.json")
    )
    for figures in (whole, merged):
        for timing in ("seconds", "tokens_per_s", "samples_per_s"):
            del figures[timing]
    assert sorted(merged.pop("per_task")) == sorted(whole.pop("per_task"))
    assert merged == whole
    status, printed = cli("report", shards[0])
    assert (status, "shards are missing: 2/2" in printed) == (2, True)
    status, printed = cli("report", shards[0], shards[0])
    assert (status, "shard 1/2 is there twice" in printed) == (2, True)


def test_tasks_whose_reference_fails_are_left_out_with_the_reason(cli: Cli, fakes: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in fakes.read_text().splitlines()]
    rows[0]["reference"], rows[1]["reference"] = "pass", "wrong"
    fakes.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ("--tasks", f"jsonl:{fakes}", "--split", "all", "--samples", 1, "--out", tmp_path / "f.json")
    status, printed = cli(*asked)
    assert status == 0
    assert "left out of all figures: 1 (1 x the reference fails its tests)" in printed
    found = json.loads((tmp_path / "f.json").read_text())
    assert found["conditions"][0]["figures"]["tasks"] == 2
    assert found["excluded"]["first"][0]["task"] == "1"
    rows[0]["reference"] = rows[2]["reference"] = "wrong"
    fakes.write_text("".join(json.dumps(row) + "\n" for row in rows))
    status, printed = cli(*asked)  # nothing is left to draw for: that is said, with the reasons
    assert status == 0
    assert "left out of all figures: 3 (3 x the reference fails its tests)" in printed
    cli(*asked, "--no-references")
    assert json.loads((tmp_path / "f.json").read_text())["conditions"][0]["figures"]["tasks"] == 3


def test_samples_made_elsewhere_are_judged_and_what_is_none_is_counted(evaluated: Cli, tmp_path: Path) -> None:
    given, out = tmp_path / "given.jsonl", tmp_path / "f.json"
    rows = [
        {"task_id": "0", "completion": "pass"},
        {"task_id": "0", "solution": "fail"},
        {"task_id": "9", "completion": "pass"},
        {"task_id": "1", "completion": "pass"},
    ]
    given.write_text("".join(json.dumps(row) + "\n" for row in rows[:3]) + "{torn\n" + json.dumps(rows[3]) + "\n")
    status, printed = evaluated("--samples", given, "--k", "1,2", "--out", out)
    assert status == 0
    assert "left out of all figures: 2 (1 x no such task; 1 x not JSON)" in printed
    assert "given.jsonl, line 4: not JSON" in printed.replace("\n", "")
    assert "1 tasks have no sample and are in no figure: 2" in printed
    figures = json.loads(out.read_text())["conditions"][0]["figures"]
    assert (figures["samples"], figures["pass_at"]["1"]["mean"], figures["pass_at"]["2"]["mean"]) == (3, 0.75, 1.0)


def test_samples_of_multipl_e_bring_their_tasks(cli: Cli, fakes: Path, tmp_path: Path) -> None:
    problem = {"language": "lua", "prompt": "function f()\n", "tests": "check()", "completions": ["pass", "fail"]}
    folder, record = tmp_path / "given", tmp_path / "r.jsonl"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.json").write_text(json.dumps({**problem, "name": name}))
    status, printed = cli("--samples", folder, "--multipl-e", tmp_path / "out", "--samples-out", record)
    assert status == 0
    assert "50.0%" in printed
    assert "have no sample" not in printed
    # The program is the whole one, of the evaluation and of its report.
    for target in ("out", "again"):
        if target == "again":
            assert cli("report", record, "--multipl-e", tmp_path / target)[0] == 0
        with gzip.open(tmp_path / target / "lua" / "one.results.json.gz", "rt") as file:
            written = json.load(file)
        assert [row["program"] for row in written["results"]] == [
            "function f()\npass\ncheck()", "function f()\nfail\ncheck()",
        ]  # fmt: skip


def test_the_limit_of_a_test_is_given_to_programs_and_kept(
    evaluated: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []
    monkeypatch.setattr(module, "_scorer", lambda _, timeout_s, *__: [limits.append(timeout_s), PromptScorer()][1])
    record = tmp_path / "r.jsonl"
    assert evaluated("--timeout-s", "0.5", "--samples-out", record)[0] == 0
    assert limits == [0.5]
    status, printed = evaluated("--samples-out", record)
    assert status == 2
    assert "timeout_s was 0.5, is 4.0" in printed.replace("\n", "")


def test_samples_without_tests_need_a_task_set(cli: Cli, fakes: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.jsonl"
    given.write_text(json.dumps({"task_id": "0", "completion": "pass"}) + "\n")
    status, printed = cli("--samples", given)
    assert status == 2
    assert "name their tasks, as in --tasks humaneval:PATH" in printed.replace("\n", " ")


def test_judging_goes_on_where_it_was_cut_short(
    evaluated: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, record = tmp_path / "given.jsonl", tmp_path / "record.jsonl"
    rows = [{"task_id": str(n % 3), "completion": "pass"} for n in range(9)]
    given.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert evaluated("--samples", given, "--samples-out", record)[0] == 0
    whole = record.read_bytes()
    lines = whole.splitlines(keepends=True)
    record.write_bytes(b"".join(lines[:5]) + lines[5][:20])
    seen: list[Item] = []
    submit = PromptScorer.submit
    monkeypatch.setattr(PromptScorer, "submit", lambda self, item: [seen.append(item), submit(self, item)][1])
    assert evaluated("--samples", given, "--samples-out", record)[0] == 0
    assert (len(seen), record.read_bytes()) == (5, whole)


def test_two_evaluations_are_compared(
    evaluated: Cli, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    evaluated("--samples", 2, "--samples-out", before)
    monkeypatch.setattr(module, "_policy", lambda *_: FakePolicy(["0", "1", "2"]))
    status, printed = evaluated("--samples", 2, "--samples-out", after, "--against", before)
    assert status == 0
    assert "+33.3" in printed
    status, printed = cli("compare", before, after, "--out", tmp_path / "c.json")
    assert status == 0
    (found,) = json.loads((tmp_path / "c.json").read_text())["conditions"]
    assert found["comparison"]["pass_at"]["1"]["mean"] == pytest.approx(1 / 3)
    assert (found["comparison"]["gained"], found["comparison"]["lost"], found["comparison"]["paired"]) == (
        1,
        0,
        "greedy",
    )
    before.write_text("notes\n")
    status, printed = cli("compare", before, after)
    assert (status, "Traceback" in printed) == (2, False)
    assert "holds no verdicts of trainer.evaluate" in printed
