"""cppcheck: bugs of C and C++ found without the headers of the machine. Its XML has lines and byte columns from 1.

https://cppcheck.sourceforge.io/manual.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import xml_root
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "syntaxError": (Severity.FATAL, Kind.SYNTAX),
    "preprocessorErrorDirective": (Severity.FATAL, Kind.SYNTAX),
    "invalidPrintf": (Severity.MEDIUM, Kind.TYPE),
    "unknownMacro": (Severity.INFO, Kind.LOGIC),
    **dict.fromkeys(("unused", "unread", "unassigned", "redundant", "clarify", "shadow"), (Severity.LOW, Kind.STYLE)),
    "": (Severity.MEDIUM, Kind.LOGIC),
}
"""A certain crash is no more than suspicious here: cppcheck does not read the headers that the program rests on."""
BUG_STYLES = (
    "knownConditionTrueFalse", "duplicate", "oppositeExpression", "identicalCondition", "identicalInnerCondition",
    "selfAssignment", "incorrectLogicOperator", "assignmentInCondition", "clarifyCondition", "unsignedLessThanZero",
    "unsignedPositive", "moduloAlwaysTrueFalse", "unreachableCode", "unreadVariable", "redundantAssignment",
    "knownEmptyContainer", "knownArgument", "compareValueOutOfTypeRangeError", "comparisonError", "charBitOp",
)  # fmt: skip
"""Of the many findings of the severity `style`, those that tend to be bugs, by the starts of their names."""

_LOGICAL = re.compile("|".join(BUG_STYLES))


def parse(output: str) -> Iterator[Finding]:
    """The findings; without what is not about a program's text, such as a header that was not found.

    The parser raises AnalyzerFailed where the output is not cppcheck's XML, or cppcheck says that it failed.
    """
    try:
        errors = [
            (error.attrib, error.find("location"))
            for error in xml_root(output, "results", tool="cppcheck").iter("error")
        ]
        for error, location in errors:
            code, message = error["id"], error["msg"]
            if code in ("internalError", "cppcheckError", "internalAstError"):
                raise AnalyzerFailed(f"cppcheck says {code}: {message}")
            if location is None or error["severity"] in ("information", "none") or _taste(error["severity"], code):
                continue
            severity, kind = rate(RATINGS, code)
            line, column = int(location.attrib["line"]), int(location.attrib["column"])
            yield Finding(
                code, message, max(line, 1), column or None, severity=severity, kind=kind, file=location.attrib["file"]
            )
    except (LookupError, ValueError) as error:
        raise AnalyzerFailed(f"not cppcheck's XML ({type(error).__name__}: {error}): {output[:200]!r}") from error


def _taste(severity: str, code: str) -> bool:
    return severity in ("performance", "portability") or (severity == "style" and not _LOGICAL.match(code))


ANALYZER = Tool(
    name="cppcheck",
    languages=("c", "cpp"),
    argv=(
        # Nothing across files: they are programs that have nothing to do with each other.
        "cppcheck", "--quiet", "--xml", "--output-file={output}", "--enable=warning,style", "--suppress=ctu*",
        "--suppress=missingInclude*", "--suppress=normalCheckLevelMaxBranches", "--check-level=normal",
        "--std=c++17", "--std=c17", "{files}",
    ),
    parse=parse,
    convention=Convention(unit=Unit.BYTE),
    package="pypi:cppcheck-py",
    ok_exit_codes=(0,),
    batch_size=64,  # one that it does not finish costs the others a process each
    timeout_s=20.0,
)  # fmt: skip

GOOD = [
    '#include <stdio.h>\nint f(const char *s) { return printf("é😀 %s\\n", s); }\n',
    ("#include <bits/stdc++.h>\nusing namespace std;\nint f(vector<int> v) { return v.size(); }\n", "cpp"),
    ("struct S { int a; };\nint f(S s) { return s.a; }\n", "cpp"),
    ("struct S { double b; int c; };\nint g(S s) { return s.c; }\n", "cpp"),
]
BAD = [
    ('int f(int a) { const char *s = "é😀"; char b[4] = {0}; return b[5] + s[a]; }\n', "arrayIndexOutOfBounds", "["),
    ("int f(int a) { int *p = 0; /* é😀 */ return *p + a; }\n", "nullPointer", "p"),
    ("int f(int a) { /* é😀 */ if (a > 3 && a < 2) return 1; return 0; }\n", "incorrectLogicOperator", "&"),
    ("int f(int a) { /* é😀 */ return a / 0; }\n", "zerodiv", "/", "cpp"),
    ("int f(int a { /* é😀 */ return a; }\n", "syntaxError", "(", "cpp"),
    ('#include "/etc/passwd"\nint f(int a) { return a; }\n', "preprocessorErrorDirective", "include"),
]
