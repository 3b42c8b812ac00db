"""starlark-lacks: statements that Python has and Starlark lacks. tree-sitter counts bytes from 0."""

from collections.abc import Iterator

from tree_sitter import Parser, Query, QueryCursor

import grammars
from analyzers.findings import Finding
from analyzers.inprocess.base import InProcess
from analyzers.positions import Convention, Unit, encode
from analyzers.types import Kind, Severity

LACKING = "[(while_statement) (class_definition) (import_statement) (try_statement) (yield)] @found"


def check(text: str) -> Iterator[Finding]:
    """A finding for each such statement."""
    language = grammars.get("starlark").tree_sitter()
    root = Parser(language).parse(encode(text)).root_node
    for node in QueryCursor(Query(language, LACKING)).captures(root).get("found", []):
        message = f"Starlark has no {node.type.replace('_', ' ')}"
        yield Finding(
            node.type, message, offset=node.start_byte, end_offset=node.end_byte,
            severity=Severity.FATAL, kind=Kind.SYNTAX,
        )  # fmt: skip


ANALYZER = InProcess(name="starlark-lacks", languages=("starlark",), check=check, convention=Convention(unit=Unit.BYTE))
GOOD = ["def f(x):\n    return [y for y in x if y]  # while\n"]
BAD = [
    ('s = "é😀"; import os\n', "import_statement", "import os"),
    ("def é():\n    while True:\n        pass\n", "while_statement", "while True:"),
]
