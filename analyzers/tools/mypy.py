"""mypy: type checker for Python. Its JSON counts lines from 1 and columns from 0 in bytes, with the parser that builds
on CPython's; the native one counts wrongly behind non-ASCII characters.
https://mypy.readthedocs.io/en/stable/error_code_list.html
"""

from __future__ import annotations

import sys
from typing import Any

from analyzers.directives import TYPE_CHECKING
from analyzers.findings import Finding
from analyzers.parsers import from_json_lines
from analyzers.positions import PYTHON_AST
from analyzers.python_syntax import syntax_error
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "syntax": (Severity.FATAL, Kind.SYNTAX),
    # A name that only functions bind, by `global`, is undefined to mypy.
    "name-defined": (Severity.HIGH, Kind.NAME),
    "used-before-def": (Severity.HIGH, Kind.NAME),
    "attr-defined": (Severity.HIGH, Kind.TYPE),
    # `f.cache = {}` works on a function.
    'attr-defined: "Callable[': (Severity.LOW, Kind.TYPE),
    **dict.fromkeys(("abstract", "call-arg", "operator", "str-format"), (Severity.HIGH, Kind.TYPE)),
    **dict.fromkeys(("index", "type-var", "union-attr"), (Severity.MEDIUM, Kind.TYPE)),
    **dict.fromkeys(
        ("comparison-overlap", "func-returns-value", "misc", "no-redef", "return", "truthy"),
        (Severity.MEDIUM, Kind.LOGIC),
    ),
    # The program does what it does, but not what its annotations or the first use of a name say.
    "return-value": (Severity.LOW, Kind.TYPE),
    "": (Severity.LOW, Kind.TYPE),
    "misc: No parent module": (Severity.HIGH, Kind.NAME),
}
"""By the longest start of the code, a colon and the message."""


def _finding(record: dict[str, Any]) -> Finding | None:
    code, message = record["code"] or "misc", record["message"]
    if record["severity"] == "note" or TYPE_CHECKING in message:
        return None
    severity, kind = rate(RATINGS, f"{code}: {message}")
    return Finding(
        code, message, record["line"], record["column"], record["end_line"], record["end_column"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="mypy",
    languages=("python",),
    argv=(
        "mypy", "--config-file=", "--cache-dir=/dev/null", "--no-native-parser", "--output=json",
        f"--python-version={sys.version_info.major}.{sys.version_info.minor}",
        # Modules beside the standard library are not looked for, and may have any names and types.
        "--no-site-packages", "--ignore-missing-imports",
        # Programs without annotations: bodies are checked, and a variable may hold one type and then another.
        "--check-untyped-defs", "--allow-redefinition", "--implicit-optional", "--no-strict-optional",
        "--strict-equality", "--disable-error-code=var-annotated", "--explicit-package-bases", "{files}",
    ),
    parse=from_json_lines(_finding),
    convention=PYTHON_AST,
    package="pypi:mypy",
    # No import statement can name such a module, so that programs do not see each other.
    file="program-0.py",
    refuse=syntax_error,
    stop_exit_codes=(2,),
    batch_size=128,
    timeout_s=30.0,
)  # fmt: skip

GOOD = [
    "import re, numpy as np\nimport p1, yaml\nprint(re.match('é😀', 'x').group(), np.foo(p1, yaml.bar))\n",
    "def f(a, b=None):\n    r = []\n    r.append(a)\n    r = 'é😀'\n    return r.upper()\nf(1)\n",
    "total: int = 1\n\n\ndef f(x: str = None) -> str:\n    return x\n",
]
BAD = [
    ('s = "é😀"; x = undefined_name  # type: ignore\n', "name-defined", "undefined_name"),
    ("def f(a):\n    s = 'é😀'; return s.uper()\n", "attr-defined", "s.uper"),
    ("def f(a, é=1): return a\ns = 'é😀'; f(1, 2, 3)\n", "call-arg", "f(1, 2, 3)"),
    ("s = 'é😀'; t = s + 1\n", "operator", "1"),
    ("s = 'é😀'; t = '%d %d' % (1,)\n", "str-format", "(1,)"),
    ("s = ['é😀']; x = s.append(1)\n", "func-returns-value", "s.append(1)"),
    ("def f(x: int) -> str:\n    if x: return 'é😀'\n", "return", "def f(x: int) -> str:"),
    ("s = 'é😀'; x = = 1\n", "SyntaxError", "="),
    ("from ... import é\n", "misc", "f"),
]
