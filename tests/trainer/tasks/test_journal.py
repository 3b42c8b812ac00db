from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzers.runtime.tests import Asserts
from trainer.tasks.journal import Journal, fingerprint, whole
from trainer.types import Task

TASK = Task("t", "p", Asserts(("assert 1",)), reference="x = 1", metadata={"where": "here"})


def test_verdicts_are_there_again_and_a_line_cut_short_is_not(tmp_path: Path) -> None:
    path = tmp_path / "j"
    for key in ("a", "b"):
        with Journal(path) as journal:
            journal.write(key, {"n": key})
    path.write_bytes(path.read_bytes() + b'["c", {"n": "\xc3')
    with Journal(path) as journal:
        assert (len(journal), journal.get("a"), journal.get("c")) == (2, {"n": "a"}, None)
        journal.write("d", 1)
    with Journal(path) as journal:
        assert (journal.get("d"), journal.get("b")) == (1, {"n": "b"})


def test_without_a_file_nothing_is_kept() -> None:
    with Journal(None) as journal:
        journal.write("a", 1)
        assert journal.get("a") is None


def test_a_verdict_depends_on_all_but_the_metadata() -> None:
    key = fingerprint(TASK, timeout_s=1)
    assert fingerprint(replace(TASK, metadata={}), timeout_s=1) == key
    others = {
        fingerprint(TASK, timeout_s=2),
        fingerprint(replace(TASK, reference="x = 2"), timeout_s=1),
        fingerprint(replace(TASK, tests=Asserts(("assert 2",))), timeout_s=1),
        fingerprint(replace(TASK, language="cpp"), timeout_s=1),
    }
    assert len(others | {key}) == 5


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with pytest.raises(TypeError), whole(path) as lines:
        lines.write({("no", "key"): 1})  # type: ignore[dict-item]
    assert not path.exists()
    with whole(path) as lines:
        lines.write({"a": (1, 2)})
    assert path.read_text() == '{"a": [1, 2]}\n'
    with whole(None) as lines:
        lines.write({"a": 1})
