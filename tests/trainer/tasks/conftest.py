"""Where the published data sets lie, which are no part of the project; and what came of a program on a task's tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzers import runtime
from analyzers.types import Outcome, Source
from trainer.types import Task


@pytest.fixture
def data() -> Path:
    folder = Path(os.environ.get("SPANWISE_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}; set SPANWISE_DATA to their folder")
    return folder


@pytest.fixture(scope="module")
def outcome() -> Iterator[Callable[[Task, str], Outcome]]:
    """Runs a completion of a task on the task's tests."""

    def run(task: Task, completion: str) -> Outcome:
        source = Source(task.prefix + completion, task.language)
        report = runtime.submit(source, task.tests, runtime.Limits(timeout_s=10)).result()
        assert report.verdict is not None, report.detail
        return report.verdict.outcome

    yield run
    runtime.close()
