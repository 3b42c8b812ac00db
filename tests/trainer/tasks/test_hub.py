from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trainer.tasks import BadTasks, TasksMissing, load, names, stream
from trainer.tasks.files import Excluded
from trainer.tasks.hub import CONVERTED, Hub, hub_rows, named

HERE = {"builtin", "jsonl", "apps_plus"}
"""Sets that are not on the hub."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """What the hub was asked for; it has empty data sets."""
    calls: list[tuple[Any, ...]] = []

    def load_dataset(*name: Any, **options: Any) -> list[Any]:
        assert options.pop("streaming") is True
        calls.append((*name, options["split"], options["revision"]))
        return []

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANWISE_DATA", raising=False)
    monkeypatch.setattr("trainer.tasks.hub.find_spec", lambda name: object())
    monkeypatch.setattr("trainer.tasks.hub.import_module", lambda name: SimpleNamespace(load_dataset=load_dataset))
    return calls


@pytest.mark.parametrize(
    ("spec", "split", "expected"),
    [
        ("apps", "train", [("codeparrot/apps", "all", "train", CONVERTED)]),
        ("apps", "all", [("codeparrot/apps", "all", split, CONVERTED) for split in ("train", "test")]),
        ("mbpp?config=sanitized", "train", [
            ("google-research-datasets/mbpp", "sanitized", split, None)
            for split in ("train", "validation", "test", "prompt")]),
        ("humaneval", "test", [("openai/openai_humaneval", None, "test", None)]),
        ("humaneval_plus", "test", [("evalplus/humanevalplus", None, "test", None)]),
        ("mbpp_plus", "test", [("evalplus/mbppplus", None, "test", None)]),
        ("humaneval_x?language=rust", "test", [("THUDM/humaneval-x", "rust", "test", CONVERTED)]),
        ("mbxp?language=kotlin", "train", [("mxeval/mbxp", "kotlin", "test", CONVERTED)]),
        ("multipl_e?language=rust&problems=mbpp", "test", [("nuprl/MultiPL-E", "mbpp-rs", "test", None)]),
        ("code_contests", "valid", [("deepmind/code_contests", None, "valid", None)]),
        ("livecodebench", "test", [("livecodebench/code_generation", None, "test", CONVERTED)]),
        ("apps:hf://me/mine", "test", [("me/mine", "all", "test", None)]),
        ("multipl_e:hf://nuprl/MultiPL-E/humaneval-r", "test", [("nuprl/MultiPL-E", "humaneval-r", "test", None)]),
        ("humaneval_x:hf://datasets/THUDM/humaneval-x?language=js", "test", None),
        ("livecodebench:hf://a/b/c@refs/convert/parquet", "test", [("a/b", "c", "test", "refs/convert/parquet")]),
    ],
)  # fmt: skip
def test_the_hub_is_asked_for_the_right_set(
    asked: list[tuple[Any, ...]], spec: str, split: str, expected: list[tuple[Any, ...]] | None
) -> None:
    with pytest.raises(BadTasks):
        load(spec, split)
    assert asked == (expected or [])


def test_all_languages_are_asked_for(asked: list[tuple[Any, ...]]) -> None:
    assert list(stream("multipl_e", "test")) == []
    configs = {config for _, config, _, _ in asked}
    assert len(asked) == len(configs) == 49  # HumanEval in 25 languages, MBPP in all of them but Dart
    assert {"humaneval-dart", "humaneval-cpp", "mbpp-ada"} < configs
    assert "mbpp-dart" not in configs


@pytest.mark.parametrize("name", sorted(set(names()) - HERE))
def test_without_a_network_there_is_one_line_with_what_works(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*name: Any, **options: Any) -> None:
        raise ConnectionError("no route to host\nand more")

    monkeypatch.setattr("trainer.tasks.hub.import_module", lambda name: SimpleNamespace(load_dataset=fail))
    with pytest.raises(TasksMissing) as caught:
        load(name, "test")
    assert "\n" not in str(caught.value)
    for part in ("ConnectionError: no route to host", f"{name}:PATH", "SPANWISE_DATA"):
        assert part in str(caught.value)


def test_rows_are_named_after_set_split_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = SimpleNamespace(load_dataset=lambda *name, split, **options: [{"a": split}] * 2)
    monkeypatch.setattr("trainer.tasks.hub.import_module", lambda name: hub)
    assert list(hub_rows(Hub("me/mine", "c", "train+test"))) == [
        ("me/mine/c/train, row 1", {"a": "train"}),
        ("me/mine/c/train, row 2", {"a": "train"}),
        ("me/mine/c/test, row 1", {"a": "test"}),
        ("me/mine/c/test, row 2", {"a": "test"}),
    ]


@pytest.mark.parametrize("path", ["hf://", "hf://name", "hf://a/b/c/d", "hf://a//b"])
def test_a_name_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(BadTasks, match=r"expected hf://OWNER/NAME"):
        named(path, Hub("x/y"))


def test_a_hub_that_is_lost_on_the_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*name: Any, **options: Any) -> Any:
        yield {"problem_id": 1}
        raise TimeoutError("read timed out")

    monkeypatch.setattr("trainer.tasks.hub.import_module", lambda name: SimpleNamespace(load_dataset=broken))
    found = stream("apps:hf://me/mine", "test")
    assert isinstance(next(found), Excluded)
    with pytest.raises(BadTasks, match="gave no 'me/mine/all' \\(TimeoutError: read timed out"):
        next(found)
