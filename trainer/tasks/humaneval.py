"""HumanEval (arXiv:2107.03374): 164 Python functions to complete, for evaluation only.

The check functions of a few problems call helpers that the prompt defines (`poly` of HumanEval/32, the encoders of
/38 and /50). Those are handed to the tests as trusted code, taken from the prompt, so that a program that redefines its
helper is still judged by the original.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from analyzers.runtime.tests import CheckFunction
from trainer.tasks.files import BadTasks, Row, field, hub_rows, locate, missing, rows
from trainer.types import Task

NAME = "humaneval"
FILES = ("HumanEval.jsonl.gz", "HumanEval.jsonl")


def tasks(split: str, *, path: str | None = None, force: bool = False) -> list[Task]:
    """The problems, in the order of the file; `test` is the only split.

    `force` hands them out for training too, which makes every later HumanEval figure of that model worthless.

    Raises:
        BadTasks: asked for training without `force`, no such file, or a row that is not as published.
    """
    if split != "test" and not force:
        raise BadTasks(
            f"{NAME} is for evaluation only and has no split {split!r}: its problems are what models are compared on; "
            f"train on mbpp:PATH or jsonl:PATH, or, knowing that, name the set force:{NAME}:PATH"
        )
    return [_task(row, where) for where, row in _source(path)]


def helpers(prompt: str, entry_point: str) -> str:
    """What the prompt defines beside the function to be written: imports, constants, other functions; as source.

    Raises:
        SyntaxError: the prompt with an empty body is not Python.
    """
    program = f"{prompt.rstrip()}\n    pass\n"
    others = [node for node in ast.parse(program).body if getattr(node, "name", None) != entry_point]
    return "\n".join(ast.unparse(node) for node in others)


def _source(path: str | None) -> Iterable[tuple[str, Row]]:
    found = locate(NAME, path, FILES)
    if found is not None:
        return rows(found)
    try:
        return [(NAME, row) for row in hub_rows("openai/openai_humaneval", None)]
    except BadTasks as error:
        raise missing(NAME, FILES[:1], str(error)) from error


def _task(row: Row, where: str) -> Task:
    prompt = field(row, "prompt", str, where)
    entry_point = field(row, "entry_point", str, where)
    try:
        setup = helpers(prompt, entry_point)
    except (SyntaxError, ValueError) as error:
        raise BadTasks(f"{where}: the prompt is not the beginning of a Python function ({error})") from error
    return Task(
        id=field(row, "task_id", str, where),
        # Newline and indentation are one token in most vocabularies: a prompt that ends in a newline asks for a token
        # that the model has hardly ever seen there.
        prompt=prompt.rstrip(),
        prefix=prompt,
        tests=CheckFunction(field(row, "test", str, where), entry_point, setup),
        reference=field(row, "canonical_solution", str, where),
        metadata={"entry_point": entry_point},
    )
