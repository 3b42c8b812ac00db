"""MBXP and Multilingual HumanEval (arXiv:2210.14868): MBPP and HumanEval in 13 languages, a file for each.

The splits of MBXP are those of MBPP, by number; the rows of HumanEval are for evaluation alone. Many references were
written by a model and are wrong (MBJSP/1 adds up four cells instead of searching): `python -m trainer.tasks check`
says which. Completions hold the end of their function, and tests follow them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import grammars
from analyzers.runtime.tests import Appended, CheckFunction, Tests
from trainer.tasks import humaneval
from trainer.tasks.files import Excluded, Row, check_split, field, one_of, read
from trainer.tasks.hub import CONVERTED, Hub, source
from trainer.tasks.mbpp import SPLITS, split_of
from trainer.types import Task

NAME = "mbxp"
FILES = {
    "cpp": "mbcpp", "csharp": "mbcsp", "go": "mbgp", "java": "mbjp", "javascript": "mbjsp", "kotlin": "mbkp",
    "perl": "mbplp", "php": "mbphp", "python": "mbpp", "ruby": "mbrbp", "scala": "mbscp", "swift": "mbswp",
    "typescript": "mbtsp",
}  # fmt: skip
"""What the name of each language's file begins with."""
_NEXT = ("\nclass ", "\nimport ", "\npublic ", "\nusing ", "\nint main")


def tasks(split: str, *, path: str | None = None, language: str = "") -> Iterator[Task | Excluded]:
    """The problems of one split, of one language or of all, in the order of the files.

    Raises:
        BadTasks: no such split or language, or no such file.
    """
    check_split(NAME, split, SPLITS)
    one_of(NAME, "language", language, FILES)
    begins = FILES.get(language, "mb*p")
    patterns = (f"{begins}_release_*.jsonl*", f"HumanEval_{language}*.jsonl*")
    hubs = [Hub("mxeval/mbxp", each, revision=CONVERTED) for each in ([language] if language else FILES)]
    return read(source(NAME, path, patterns, *hubs), partial(_task, split, language))


def behind(language: str) -> tuple[str, ...]:
    """Strings at which a completion that closes its own function is over: where something else begins at the start of a
    line."""
    known = grammars.get(language)
    if language == "python":
        return known.stops
    others = (stop for stop in known.stops if any(map(str.isalnum, stop)) and stop.startswith("\n"))
    return tuple(dict.fromkeys((*others, *_NEXT, *([f"\n{known.line_comment}"] if known.line_comment else ()))))


def _task(split: str, wanted: str, row: Row, where: str) -> Task | None:
    task_id = field(row, "task_id", str)
    begun, _, number = task_id.partition("/")
    language = grammars.get(field(row, "language", str)).name
    evaluation = begun.lower().startswith("humaneval")
    if wanted not in ("", language) or not (split == "test" if evaluation else int(number) in SPLITS[split]):
        return None
    prompt = field(row, "prompt", str)
    return Task(
        id=task_id,
        prompt=prompt.rstrip(),
        # The prompts of Ruby end without the end of their line.
        prefix=prompt + "\n" * (language == "ruby" and not prompt.endswith("\n")),
        language=language,
        tests=_tests(row, language, prompt),
        reference=row.get("canonical_solution") or None,
        stops=behind(language),
        metadata={"where": where, "split": "test" if evaluation else split_of(int(number))},
    )


def _tests(row: Row, language: str, prompt: str) -> Tests:
    code = field(row, "test", str)
    if language != "python":
        return Appended(code)
    entry_point = field(row, "entry_point", str)
    return CheckFunction(code, entry_point, humaneval.setup(prompt, entry_point))
