"""vulture: code that nothing reaches, imports and arguments that nothing uses. https://github.com/jendrikseipp/vulture

It runs in process, because the command counts a name as used where any of its files uses it, which forbids batches.
What it is not sure of is left out: a function that nothing calls is what the tests call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

from analyzers.findings import Finding
from analyzers.inprocess.base import InProcess
from analyzers.positions import PYTHON_AST
from analyzers.python_syntax import syntax_error
from analyzers.ratings import rate
from analyzers.types import Kind, Severity

MIN_CONFIDENCE = 80
RATINGS = {
    # An argument that is not used is the sign of a function that is not finished.
    "unused-variable": (Severity.MEDIUM, Kind.LOGIC),
    "": (Severity.LOW, Kind.STYLE),
}


def check(text: str) -> Iterator[Finding]:
    """Findings with the positions of CPython's tree."""
    error = syntax_error(text)
    if error is not None:
        yield error
        return
    finder = _finder()()
    finder.scan(text)
    for item in finder.get_unused_code(min_confidence=MIN_CONFIDENCE):
        node = finder.nodes[id(item)]
        code = "unreachable-code" if item.typ == "unreachable_code" else f"unused-{item.typ}"
        severity, kind = rate(RATINGS, code)
        yield Finding(
            code, item.message, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset,
            severity=severity, kind=kind,
        )  # fmt: skip


@cache
def _finder() -> Any:
    """vulture, whose items keep their lines alone, made to remember the nodes of its items."""
    from vulture.core import Vulture

    class Finder(Vulture):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.nodes: dict[int, ast.expr | ast.stmt] = {}

        def _define(self, collection: Any, name: str, first_node: Any, *args: Any, **kwargs: Any) -> None:
            known = len(collection)
            super()._define(collection, name, first_node, *args, **kwargs)
            self.nodes.update((id(item), first_node) for item in collection[known:])

    return Finder


ANALYZER = InProcess(
    name="vulture",
    languages=("python",),
    check=check,
    convention=PYTHON_AST,
    packages=("vulture",),
    settings=f"min_confidence={MIN_CONFIDENCE}",
    deep=True,
)

GOOD = [
    "import os\n\n\ndef f(é, _=None):\n    return os.path.join(é, '😀')\n",
    "def f(x):\n    for é in x:\n        if é:\n            return '😀'\n    return None\n",
    "x = (" + " + ".join(["1"] * 900) + ")\n",
]
BAD = [
    ("def f(x): return x; print('é😀'); x = 2\n", "unreachable-code", "print('é😀')"),
    ("s = 'é😀'; f = lambda a, b: a\n", "unused-variable", "b"),
    ("s = 'é😀'; import os, sys\nprint(sys)\n", "unused-import", "import os, sys"),
    ("s = 'é😀'; x = 1 if False else 2\n", "unreachable-code", "1 if False else 2"),
    ("s = 'é😀'; f(1,, 2)\n", "SyntaxError", ","),
]
