import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analyzers.runtime import doctor
from analyzers.runtime.tests import Asserts
from rewards.reranking import files
from trainer.reranker import gather_command
from trainer.reranker.gather_command import wanted
from trainer.tasks import jsonl
from trainer.types import Rollout, Task

APP = typer.Typer()
APP.command()(gather_command.command)


class Writer:
    """Writes a right and a wrong program for each task; may be stopped after some."""

    tokenizer = token_bytes = None

    def __init__(self, until=99):
        self.asked, self.until = [], until

    def answer(self, tasks, *, samples, sampling, seed, on_done, step=0):
        for number, task in enumerate(tasks):
            if len(self.asked) == self.until:
                raise KeyboardInterrupt
            self.asked.append(task.id)
            for sample in range(samples):
                text = f"x = {1 + sample % 2}\n"
                ids = np.arange(3)
                on_done(
                    number * samples + sample, Rollout(task.id, ids, ids, np.full(3, -1.0, np.float32), text, False)
                )


def task(name, language="python"):
    return Task(name, "p", Asserts(("assert x == 1",)), language)


@pytest.fixture
def spec(tmp_path):
    rows = [jsonl.row(task(name)) for name in "abc"]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"jsonl:{tmp_path}"


def run(monkeypatch, writer, *arguments):
    monkeypatch.setattr("trainer.policy.Policy.load", lambda model, device: writer)
    monkeypatch.setattr("trainer.evaluation.sampling.AHEAD", 2)  # a call for each task
    return CliRunner().invoke(APP, [str(each) for each in arguments])


def test_what_was_drawn_before_a_stop_is_not_drawn_again(spec, tmp_path, monkeypatch):
    out = tmp_path / "pools.jsonl"
    arguments = ("--model", "m", "--tasks", spec, "--out", out, "--samples", "2", "--analyzers", "pyflakes")
    stopped = run(monkeypatch, Writer(until=1), *arguments)
    assert stopped.exit_code == 130
    assert "run the same command again to go on" in stopped.output.replace("\n", " ")
    assert [pool.task_id for pool in files.load(out)[0]] == ["a"]
    again = Writer()
    assert run(monkeypatch, again, *arguments).exit_code == 0
    assert again.asked == ["b", "c"]
    pools, unread = files.load(out)
    assert not unread
    assert [[each.passed for each in pool.candidates] for pool in pools] == [[True, False]] * 3
    assert all(each.findings == () for pool in pools for each in pool.candidates)
    other = run(monkeypatch, again, *arguments, "--temperature", "0.5")
    assert isinstance(other.exception, ValueError)
    assert "temperature 0.8, and asked for is 0.5: name another file" in str(other.exception)


def test_the_same_problems_in_each_language_that_can_be_judged(monkeypatch):
    missing = doctor.Tools("", "no julia")
    monkeypatch.setattr(gather_command, "tools", lambda name: missing if name == "julia" else doctor.Tools("1", ""))
    tasks = [
        task(f"{name}/{tag}", language)
        for language, tag in (("cpp", "cpp"), ("julia", "jl"), ("bash", "sh"))
        for name in "abc"
    ]
    found = wanted([each for each in tasks if each.id != "b/cpp"], languages=["sh", "c++", "jl"], limit=2)
    assert [each.id for each in found.tasks] == ["a/sh", "b/sh", "a/cpp"]
    assert found.missing == {"julia": "no julia"}
    assert [each.language for each in wanted(tasks, limit=1).tasks] == ["cpp", "bash"]
    with pytest.raises(ValueError, match="no task in 'java'; it has cpp, julia, bash"):
        wanted(tasks, languages=["java"])
    with pytest.raises(ValueError, match="no language can be judged here: no julia"):
        wanted(tasks, languages=["julia"])
