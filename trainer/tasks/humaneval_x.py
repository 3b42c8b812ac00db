"""HumanEval-X (arXiv:2303.17568): HumanEval in C++, Go, Java, JavaScript, Python and Rust, for evaluation only.

Programs are run as they were written, with two exceptions. Go refuses imports without use and packages without import:
the tests import what a solution may need and use it once. Every Rust program imports three crates that few use and that
no compiler brings along: they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import grammars
from analyzers.runtime.tests import Appended, CheckFunction, Tests
from trainer.tasks import humaneval
from trainer.tasks.files import BadTasks, Excluded, Row, field, for_evaluation, one_of, read
from trainer.tasks.hub import CONVERTED, Hub, source
from trainer.tasks.mbxp import behind
from trainer.types import Task

NAME = "humaneval_x"
TAGS = {"cpp": "cpp", "go": "go", "java": "java", "javascript": "js", "python": "python", "rust": "rust"}
"""How the set calls its languages in the names of files."""
_CRATES = re.compile(r"(?m)^use (?:rand|regex|md5)\b.*\n")
_GO_PACKAGES = {
    "bytes": "NewReader", "crypto/md5": "New", "errors": "New", "fmt": "Sprint", "math": "Abs", "math/rand": "Int",
    "os": "Exit", "regexp": "MustCompile", "sort": "Ints", "strconv": "Itoa", "strings": "Split", "time": "Now",
    "unicode": "IsUpper",
}  # fmt: skip
"""What solutions may import, with a name of each."""


def tasks(split: str, *, path: str | None = None, force: bool = False, language: str = "") -> Iterator[Task | Excluded]:
    """The problems of one language or of all, in the order of the files; `test` is the only split.

    Raises:
        BadTasks: asked for training without `force`, no such language, or no such file.
    """
    for_evaluation(NAME, split, force)
    one_of(NAME, "language", language, TAGS)
    patterns = (f"humaneval_{TAGS.get(language, '*')}.jsonl*",)
    hubs = [Hub("THUDM/humaneval-x", tag, revision=CONVERTED) for name, tag in TAGS.items() if language in ("", name)]
    return read(source(NAME, path, patterns, *hubs), partial(_task, language))


def _task(wanted: str, row: Row, where: str) -> Task | None:
    task_id = field(row, "task_id", str)
    language = grammars.get(task_id.partition("/")[0].lower()).name
    if language not in TAGS:
        raise BadTasks(f"the id {task_id!r} names none of {', '.join(TAGS)}")
    if wanted not in ("", language):
        return None
    prompt, test = field(row, "prompt", str), field(row, "test", str)
    example = row.get("example_test") or ""
    if language == "rust":
        prompt += _CRATES.sub("", field(row, "declaration", str))
    tests, shown = (_suite(language, row, prompt, code) for code in (test, example))
    return Task(
        id=task_id,
        prompt=prompt.rstrip(),
        prefix=prompt,
        language=language,
        tests=tests,
        shown=shown if example.strip() else None,
        reference=field(row, "canonical_solution", str),
        stops=behind(language),
        metadata={"where": where, "split": "test"},
    )


def _suite(language: str, row: Row, prompt: str, code: str) -> Tests:
    if language == "python" and code.strip():
        return _python(prompt, code)
    return _go(prompt, code, field(row, "test_setup", str)) if language == "go" else Appended(code)


def _python(prompt: str, test: str) -> CheckFunction:
    """The tests without their last line, which names the function that they check."""
    code, _, call = test.rstrip().rpartition("\n")
    entry_point = call.removeprefix("check(").removesuffix(")")
    if not entry_point.isidentifier():
        raise BadTasks(f"the tests must end with check(NAME), got {call[:60]!r}")
    return CheckFunction(code, entry_point, humaneval.setup(prompt, entry_point))


def _go(prompt: str, test: str, setup: str) -> Appended:
    """The tests with a package clause, and imports that no program can lack or leave without use."""
    imported = {name for name in _GO_PACKAGES if f'"{name}"' in prompt}
    setup = "".join(line for line in setup.splitlines(True) if line.strip().strip('"') not in imported)
    added = [name for name in _GO_PACKAGES if name not in imported and f'"{name}"' not in setup]
    imports = "".join(f'import "{name}"\n' for name in added)
    uses = "".join(f"var _ = {name.rpartition('/')[2]}.{used}\n" for name, used in _GO_PACKAGES.items())
    return Appended(uses + test, f"{setup}\n{imports}")
