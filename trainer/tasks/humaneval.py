"""HumanEval (arXiv:2107.03374): 164 Python functions to complete, for evaluation only.

The examples of the prompts are tests that are shown (`Task.shown`). The check functions of a few problems call helpers
that the prompt defines (`poly` of HumanEval/32, the encoders of /38 and /50). Those are handed to the tests as trusted
code, taken from the prompt, so that a program that redefines its helper is still judged by the original.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzers.runtime.tests import Asserts, CheckFunction
from trainer.tasks.examples import examples
from trainer.tasks.files import BadTasks, Excluded, Row, field, for_evaluation, read
from trainer.tasks.hub import Hub, source
from trainer.types import Task

NAME = "humaneval"
FILES = ("HumanEval.jsonl.gz", "HumanEval.jsonl")
HUB = Hub("openai/openai_humaneval")


def tasks(split: str, *, path: str | None = None, force: bool = False) -> Iterator[Task | Excluded]:
    """The problems, in the order of the file; `test` is the only split.

    `force` hands them out for training too, which makes every later HumanEval figure of that model worthless.

    Raises:
        BadTasks: asked for training without `force`, or no such file.
    """
    for_evaluation(NAME, split, force)
    return read(source(NAME, path, FILES, HUB), task)


def helpers(prompt: str, entry_point: str) -> str:
    """What the prompt defines beside the function to be written: imports, constants, other functions; as source.

    Raises:
        SyntaxError: the prompt with an empty body is not Python.
    """
    try:
        module = ast.parse(prompt)  # a docstring is a body
    except SyntaxError:
        module = ast.parse(f"{prompt.rstrip()}\n    pass\n")
    others = [node for node in module.body if getattr(node, "name", None) != entry_point]
    return "\n".join(ast.unparse(node) for node in others)


def task(row: Row, where: str) -> Task:
    """The task of a row in HumanEval's format.

    Raises:
        BadTasks: the row is not as published.
    """
    prompt = field(row, "prompt", str)
    entry_point = field(row, "entry_point", str)
    code, shown = setup(prompt, entry_point), examples(prompt, entry_point)
    return Task(
        id=field(row, "task_id", str),
        # Newline and indentation are one token in most vocabularies: a prompt that ends in a newline asks for a token
        # that the model has hardly ever seen there.
        prompt=prompt.rstrip(),
        prefix=prompt,
        tests=CheckFunction(field(row, "test", str), entry_point, code),
        reference=field(row, "canonical_solution", str),
        metadata={"entry_point": entry_point, "where": where, "split": "test"},
        shown=Asserts(shown, code) if shown else None,
    )


def setup(prompt: str, entry_point: str) -> str:
    """`helpers` of a row's prompt.

    Raises:
        BadTasks: the prompt is not the beginning of a Python function.
    """
    try:
        return helpers(prompt, entry_point)
    except (SyntaxError, ValueError) as error:
        raise BadTasks(f"the prompt is not the beginning of a Python function ({error})") from error
