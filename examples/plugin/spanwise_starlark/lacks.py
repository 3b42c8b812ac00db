"""starlark-lacks: statements that Python has and Starlark lacks. A node of the grammar is a place as it is."""

from tree_sitter import Query, QueryCursor

import grammars
from analyzers.plugin import analyzer

LACKING = "[(while_statement) (class_definition) (import_statement) (try_statement) (yield)] @found"


@analyzer("starlark-lacks", languages="starlark", severity="fatal", kind="syntax")
def lacks(program):
    """A finding for each such statement."""
    query = Query(grammars.get(program.language).tree_sitter(), LACKING)
    for node in QueryCursor(query).captures(program.tree).get("found", []):
        yield node, node.type, f"Starlark has no {node.type.replace('_', ' ')}"


GOOD = ["def f(x):\n    return [y for y in x if y]  # while\n"]
BAD = [
    ('s = "é😀"; import os\n', "import_statement", "import os"),
    ("def é():\n    while True:\n        pass\n", "while_statement", "while True:"),
]
