"""basedpyright: type checker for Python. Lines and columns from 0, in UTF-16 units. https://docs.basedpyright.com/"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from analyzers.directives import TYPE_CHECKING
from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.python_syntax import syntax_error
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "reportUndefinedVariable": (Severity.CRITICAL, Kind.NAME),
    "reportUnboundVariable": (Severity.CRITICAL, Kind.NAME),
    "reportAttributeAccessIssue": (Severity.HIGH, Kind.TYPE),
    "reportCallIssue": (Severity.HIGH, Kind.TYPE),
    # Often the types of the standard library, or those inferred from a first value, are too narrow.
    "reportCallIssue: No overloads": (Severity.LOW, Kind.TYPE),
    "reportArgumentType": (Severity.LOW, Kind.TYPE),
    "reportIndexIssue": (Severity.MEDIUM, Kind.TYPE),
    "reportOperatorIssue": (Severity.HIGH, Kind.TYPE),
    "reportAbstractUsage": (Severity.HIGH, Kind.TYPE),
    "reportUnhashable": (Severity.HIGH, Kind.TYPE),
    "reportTypedDictNotRequiredAccess": (Severity.MEDIUM, Kind.TYPE),
    "reportAssertAlwaysTrue": (Severity.MEDIUM, Kind.LOGIC),
    "reportNoOverloadImplementation": (Severity.MEDIUM, Kind.LOGIC),
    "reportRedeclaration": (Severity.MEDIUM, Kind.LOGIC),
    "reportUnusedCoroutine": (Severity.MEDIUM, Kind.LOGIC),
    "reportUnusedExcept": (Severity.MEDIUM, Kind.LOGIC),
    "reportUnusedExpression": (Severity.MEDIUM, Kind.LOGIC),
    "reportUnsupportedDunderAll": (Severity.MEDIUM, Kind.NAME),
    "reportReturnType": (Severity.LOW, Kind.TYPE),
    # What CPython compiles and this parser does not like: tabs between spaces, very long expressions.
    "error": (Severity.LOW, Kind.LOGIC),
}
"""By the longest start of the rule, a colon and the message; no other rules are on."""
CONFIGURATION = {
    "typeCheckingMode": "off",
    "enableTypeIgnoreComments": False,
    "strictParameterNoneValue": False,
    "pythonPlatform": "All",
    # An environment with no packages, lest the checker asks the interpreter for those of this machine.
    "venvPath": ".",
    "venv": "empty",
    **{rule: "error" for rule in RATINGS if rule.isalpha() and rule != "error"},
}


_OF_MODULE = re.compile(r'is not a known attribute of module "(\w+)')


def _finding(record: dict[str, Any]) -> Finding | None:
    code, message = record.get("rule", "error"), record["message"]
    module = _OF_MODULE.search(message)
    # The checker brings some names of other packages, and takes them for all that there are.
    if TYPE_CHECKING in message or (module and module[1] not in sys.stdlib_module_names):
        return None
    severity, kind = rate(RATINGS, f"{code}: {message}")
    start, end = record["range"]["start"], record["range"]["end"]
    return Finding(
        code, message, start["line"], start["character"], end["line"], end["character"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="basedpyright",
    languages=("python",),
    argv=(
        "basedpyright", "--project={settings}/pyrightconfig.json", "--outputjson",
        f"--pythonversion={sys.version_info.major}.{sys.version_info.minor}", "{files}",
    ),
    settings={
        "pyrightconfig.json": json.dumps(CONFIGURATION),
        "empty/lib/python3/site-packages/README": "No packages.\n",
    },
    parse=from_json(_finding, records=lambda data: data["generalDiagnostics"]),
    convention=Convention(line_base=0, column_base=0, unit=Unit.UTF16),
    package="pypi:basedpyright",
    # No import statement can name such a module, so that programs do not see each other.
    file="program-0.py",
    refuse=syntax_error,
    batch_size=128,
    timeout_s=30.0,
)  # fmt: skip

GOOD = [
    "import re, numpy as np\nimport p1, yaml\nprint(re.match('é😀', 'x').group(), np.foo(p1))\n",
    "def f(a, b=None):\n    r = []\n    r.append(a)\n    r = 'é😀'\n    return r.upper()\nf(1)\n",
    "if True:\n\tx = 1\n\tif x:\n\t\ts = 'é😀'\n",
]
BAD = [
    ('s = "é😀"; x = undefined_name  # type: ignore\n', "reportUndefinedVariable", "undefined_name"),
    ("def f(a):\n    s = 'é😀'; return s.uper()\n", "reportAttributeAccessIssue", "uper"),
    ("def f(a, é=1): return a\ns = 'é😀'; f(1, 2, 3)\n", "reportCallIssue", "3"),
    ("s = 'é😀'; t = s + 1\n", "reportOperatorIssue", "s + 1"),
    ("s = 'é😀'; t = {[1]: 2}\n", "reportUnhashable", "[1]"),
    ("import math; s = 'é😀'; math.foo\n", "reportAttributeAccessIssue", "foo"),
    ("s = 'é😀'; del s; print(s)\n", "reportUnboundVariable", "s"),
    ("s = 'é😀'; x = = 1\n", "SyntaxError", "="),
]
