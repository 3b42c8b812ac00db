from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import grammars
from analyzers.runtime.tests import Asserts
from trainer import tasks
from trainer.tasks import BadTasks, Excluded, TasksMissing, UnknownTasks, every, load, names, options, stops
from trainer.tasks.files import NoSplit
from trainer.types import Task

TASK = Task("t", "p", Asserts(("assert 1",)))


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes entry points of a distribution that is not installed."""
    module = ModuleType("a_plugin")
    monkeypatch.setitem(sys.modules, "a_plugin", module)

    def install(name: str, target: object) -> None:
        module.target = target  # type: ignore[attr-defined]
        entry = EntryPoint(name, "a_plugin:target", tasks.ENTRY_POINTS)
        monkeypatch.setattr(tasks, "entry_points", lambda group: [entry] if group == tasks.ENTRY_POINTS else [])
        tasks._entries.cache_clear()

    yield install
    tasks._entries.cache_clear()


def test_built_in_sets() -> None:
    assert {"builtin", "humaneval", "jsonl", "mbpp"} <= set(names())
    assert "files" not in names()


def test_unknown_set_names_the_closest() -> None:
    with pytest.raises(UnknownTasks, match=r"unknown task set 'mbp'; did you mean .*'mbpp'"):
        load("mbp")


@pytest.mark.parametrize("spec", ["", "zzz", "force:", "C:\\data", "force:zzz:x"])
def test_odd_specs_are_refused_in_one_line(spec: str) -> None:
    with pytest.raises(UnknownTasks) as caught:
        load(spec)
    assert "\n" not in str(caught.value)


def test_a_set_without_files_takes_no_path() -> None:
    with pytest.raises(BadTasks, match="takes no path, got '/x'; write just builtin"):
        load("builtin:/x")


def test_a_missing_path_is_named() -> None:
    with pytest.raises(TasksMissing, match=r"/no/where.*mbpp:PATH"):
        load("mbpp:/no/where")


def test_a_folder_without_the_file_says_which_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(TasksMissing, match=r"holds none of mbpp\.jsonl"):
        load(f"mbpp:{tmp_path}")


def test_without_a_path_it_looks_in_the_data_folder_then_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPANWISE_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setattr("trainer.tasks.hub.find_spec", lambda name: None)
    with pytest.raises(TasksMissing) as caught:
        load("mbpp")
    for part in ("elsewhere/mbpp", "data/mbpp", "'datasets' is not installed", "mbpp:PATH", "SPANWISE_DATA"):
        assert part in str(caught.value)
    row = '{"task_id": 601, "text": "t", "code": "c", "test_list": ["assert 1"]}'
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mbpp.jsonl").write_text(row)
    assert [task.id for task in load("mbpp")] == ["mbpp/601"]


def test_without_files_the_hub_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANWISE_DATA", raising=False)
    row = {"task_id": 601, "text": "t", "code": "c", "test_list": ["assert 1"]}
    asked = []

    def load_dataset(*name: str, **options: object) -> list[object]:
        asked.append((*name, options))
        return [row] if options["split"] == "train" else []

    monkeypatch.setattr("trainer.tasks.hub.find_spec", lambda name: object())
    monkeypatch.setattr("trainer.tasks.hub.import_module", lambda name: SimpleNamespace(load_dataset=load_dataset))
    assert [task.id for task in load("mbpp")] == ["mbpp/601"]
    assert asked == [
        ("google-research-datasets/mbpp", "full", {"split": split, "revision": None, "streaming": True})
        for split in ("train", "validation", "test", "prompt")
    ]


def test_a_hub_that_fails_is_told_with_what_works_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*name: str, **options: object) -> None:
        raise ConnectionError("no route to host\nand more")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANWISE_DATA", raising=False)
    monkeypatch.setattr("trainer.tasks.hub.find_spec", lambda name: object())
    monkeypatch.setattr("trainer.tasks.hub.import_module", lambda name: SimpleNamespace(load_dataset=fail))
    with pytest.raises(
        TasksMissing, match=r"ConnectionError: no route to host\).*offline, give the file as humaneval:PATH"
    ):
        load("humaneval", "test")


def test_other_distributions_add_sets(plugin: Any) -> None:
    plugin("mine", lambda split: [TASK] if split == "train" else [])
    assert "mine" in names()
    assert load("mine") == [TASK]
    with pytest.raises(BadTasks, match="'mine' has no task in the split 'test'"):
        load("mine", "test")


def test_a_plugin_cannot_take_a_name_that_is_taken(plugin: Any) -> None:
    plugin("mbpp", lambda split: [TASK])
    with pytest.raises(BadTasks, match=r"'mbpp' of .* is already defined"):
        load("mbpp")


def test_a_plugin_that_is_no_function_is_named(plugin: Any) -> None:
    plugin("mine", 3)
    with pytest.raises(BadTasks, match=r"a_plugin:target of .* is a int, expected a function"):
        load("mine")


def test_stops_are_those_of_the_language_where_a_program_is_continued() -> None:
    continued = Task("t", "p", TASK.tests, prefix="def f():\n")
    assert stops(continued) == grammars.get("python").stops
    assert stops(TASK) == ()
    assert stops(TASK, fenced=True) == ("\n```",)
    assert stops(continued, fenced=True)[-1] == "\n```"


def test_options_stand_behind_a_question_mark(plugin: Any) -> None:
    asked: list[Any] = []

    def tasks(split: str, *, path: str | None = None, level: str = "any", kind: str = "", count: int = 3) -> list[Task]:
        asked.append((path, level, kind))
        return [TASK]

    plugin("mine", tasks)
    assert dict(options("mine")) == {"level": "any", "kind": ""}
    for spec in (
        "mine?level=hard",
        "mine:/x/y.jsonl?level=a%20b&kind=c",
        "mine:/x/y?z.jsonl",
        "mine:hf://a/b?kind=",
        "MINE",
    ):
        assert load(spec) == [TASK]
    assert asked == [
        (None, "hard", ""),
        ("/x/y.jsonl", "a b", "c"),
        ("/x/y?z.jsonl", "any", ""),
        ("hf://a/b", "any", ""),
        (None, "any", ""),
    ]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mbpp?confg=full", "'mbpp' has no option 'confg'; did you mean 'config'"),
        ("builtin?seed=3", "'builtin' has no option 'seed'; known: none"),
        ("mbpp?config=tiny", "mbpp has no config 'tiny'; it has full, sanitized"),
        ("mbpp?path=x", "has no option 'path'"),
        ("humaneval?force=1", "has no option 'force'"),
    ],
)
def test_unknown_options_are_refused(spec: str, message: str) -> None:
    with pytest.raises(BadTasks, match=message):
        load(spec)


def test_dashes_are_as_good_as_underscores() -> None:
    with pytest.raises(TasksMissing, match="for the task set 'multipl_e'"):
        load("multipl-e:/no/where", "test")


def test_rows_that_are_left_out_are_counted_by_reason(plugin: Any) -> None:
    out = [Excluded(f"line {number}", why) for number, why in enumerate(["no tests", "not JSON", "no tests"])]
    plugin("mine", lambda split: [out[0], TASK, *out[1:]])
    told = r"mine: 3 of 4 rows are left out \(2 x no tests; 1 x not JSON\); the first is line 0: no tests; .* inspect` names"
    with pytest.warns(UserWarning, match=told):
        assert load("mine") == [TASK]
    plugin("mine", lambda split: out)
    with pytest.raises(BadTasks, match="line 0: no tests; no row of 'mine' can be used"):
        load("mine")


def test_every_split_is_looked_through_and_the_reason_that_tells_most_is_told(plugin: Any) -> None:
    def tasks(split: str) -> list[Task]:
        if split not in ("train", "test"):
            raise NoSplit(f"mine has no split {split!r}")
        return [Task(split, "p", TASK.tests)]

    plugin("mine", tasks)
    assert [each.id for each in every("mine") if isinstance(each, Task)] == ["train", "test"]
    assert [each.id for each in every("mine", ["test"]) if isinstance(each, Task)] == ["test"]
    with pytest.raises(NoSplit):
        every("mine", ["validation"])
    with pytest.raises(TasksMissing, match="no file or folder '/no'"):
        every("humaneval:/no")


def test_stops_of_the_set_come_before_those_of_the_language() -> None:
    own = Task("t", "p", TASK.tests, prefix="def f():\n", stops=("\n}",))
    assert stops(own, fenced=True) == ("\n}", "\n```")
