"""Programs for tasks from a JSONL file: `{"task_id": "HumanEval/0", "completion": "..."}`, one a line.

A `completion` follows the task's `prefix`; a `solution` is a whole program (EvalPlus' name for it). A line that is
neither is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trainer.tasks.files import BadTasks, Excluded, existing, rows
from trainer.types import Task


@dataclass(slots=True)
class Samples:
    """Programs by task."""

    completions: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    """For each task the texts, and whether they are whole programs."""
    refused: list[Excluded] = field(default_factory=list)

    def of(self, task: Task) -> tuple[str, ...]:
        """The different programs for a task, as whole files."""
        found = self.completions.get(task.id, ())
        return tuple(dict.fromkeys(text if whole else task.prefix + text for text, whole in found))

    def __len__(self) -> int:
        return sum(map(len, self.completions.values()))


def read(path: Path) -> Samples:
    """The programs in a file, plain or `.gz`.

    Raises:
        BadTasks: the file is not there, or holds no program.
    """
    found = Samples()
    for entry in rows(existing("samples", str(path))):
        if isinstance(entry, Excluded):
            found.refused.append(entry)
            continue
        where, row = entry
        why = _take(row, found)
        if why:
            found.refused.append(Excluded(where, why))
    if not found.completions:
        told = f"; the first is {found.refused[0]}" if found.refused else ""
        raise BadTasks(f"{path} holds no program: expected the keys task_id and completion or solution{told}")
    return found


def _take(row: Mapping[str, object], into: Samples) -> str:
    """Why a row is no program; empty where it is one and was taken."""
    task, whole = row.get("task_id"), "solution" in row
    text = row.get("solution") if whole else row.get("completion")
    if not isinstance(task, str | int) or not isinstance(text, str):
        return f"expected the texts task_id and completion or solution; it has {', '.join(sorted(row)) or 'no keys'}"
    into.completions.setdefault(str(task), []).append((text, whole))
    return ""
