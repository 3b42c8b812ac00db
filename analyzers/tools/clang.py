"""clang: what the compiler says of C and C++, in the form in which clang-tidy exports it: offsets in bytes.

One program to a process: of two programs with the same error in a header, clang-tidy would tell only one.
https://clang.llvm.org/docs/DiagnosticsReference.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from analyzers.directives import NO_PRAGMA
from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.tools import gcc
from analyzers.types import Kind, Severity

COMPILER = "clang-diagnostic-"
RATINGS = {
    "": (Severity.MEDIUM, Kind.LOGIC),
    **{f"{COMPILER}{code}": rating for code, rating in gcc.RATINGS.items()},
    f"{COMPILER}incompatible": (Severity.HIGH, Kind.TYPE),
    f"{COMPILER}deprecated": (Severity.LOW, Kind.STYLE),
    f"{COMPILER}warning": (Severity.INFO, Kind.STYLE),  # those without a name
}
# clang-tidy writes no file where it has nothing to say; this it always says.
HEARD = "heard.h"
SETTINGS = {HEARD: "#warning heard\n"}

# As g++ of 2022 for programs that ask; without the rules of taste.
FLAGS = (
    "-fgnuc-version=12.2.0", *gcc.WARNINGS, "-Wno-unknown-attributes", "-Wno-ignored-pragmas",
    "-Wno-unknown-warning-option", "-Wno-pragma-once-outside-header", "-Wno-unused-const-variable",
    "-ftemplate-depth=400", "-ferror-limit=20", NO_PRAGMA, "-include", f"{{settings}}/{HEARD}",
)  # fmt: skip


def parse(output: str) -> Iterator[Finding]:
    """The findings of one program.

    The parser raises AnalyzerFailed where the file is not clang-tidy's, or shows no sign that the program was read.
    """
    try:
        import yaml
    except ImportError as error:
        raise ToolMissing("what clang-tidy writes needs the package PyYAML to be read: pip install pyyaml") from error
    heard = False
    try:
        for record in yaml.load(output, Loader=yaml.CSafeLoader)["Diagnostics"]:
            code, places = record["DiagnosticName"], [record["DiagnosticMessage"], *record.get("Notes", ())]
            if PurePath(places[0]["FilePath"]).name == HEARD:
                heard = True
                continue
            found = _finding(code, record["Level"], places)
            if found is not None:
                yield found
    except (yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        raise AnalyzerFailed(f"not clang-tidy's YAML ({type(error).__name__}: {error}): {output[:200]!r}") from error
    if not heard:
        raise AnalyzerFailed(f"no sign that clang-tidy read the program: {output[:200]!r}")


def _finding(code: str, level: str, places: list[dict[str, Any]]) -> Finding | None:
    """The finding at its place in the program; that of an error in a header is the first note about the program."""
    message = places[0]["Message"]
    if code == f"{COMPILER}error":
        code = COMPILER + gcc.error_code(message)
    severity, kind = rate(RATINGS, code)
    if level == "Error" and severity < Severity.HIGH:
        severity, kind = Severity.FATAL, Kind.TYPE
    if not gcc.own(places[0]["FilePath"]):
        if level != "Error":
            return None
        message = gcc.HEADER + message
    place = next((place for place in places if gcc.own(place["FilePath"])), None)
    if place is None:
        return Finding(code, message, severity=severity, kind=kind)
    start, end = _range(place)
    return Finding(code, message, offset=start, end_offset=end, severity=severity, kind=kind)


def _range(place: dict[str, Any]) -> tuple[int, int | None]:
    """The range that begins at the place; where there is none, the place alone."""
    start = place["FileOffset"]
    for part in place.get("Ranges", ()):
        if part["FileOffset"] == start and part["Length"]:
            return start, start + part["Length"]
    return start, None


ANALYZER = Tool(
    name="clang",
    languages=("c", "cpp"),
    argv=(
        "clang-tidy", "--quiet", "--allow-no-checks", "--config={Checks: '-*,clang-diagnostic-*'}",
        "--export-fixes={output}", "{file}", "--", *FLAGS,
    ),
    parse=parse,
    convention=Convention(unit=Unit.BYTE),
    package="pypi:clang-tidy",
    settings=SETTINGS,
    timeout_s=20.0,
)  # fmt: skip

GOOD = [
    '#include <stdio.h>\nint f(const char *s) { return printf("é😀 %s\\n", s); }\n',
    ("#include <bits/stdc++.h>\nusing namespace std;\nint f(vector<int> v) { return v.size(); }\n", "cpp"),
]
BAD = [
    ('int f(void) { const char *s = "é😀"; return missing + *s; }\n', "clang-diagnostic-undeclared", "missing"),
    ("int f(int a) { /* é😀 */ if (a) return 1; }\n", "clang-diagnostic-return-type", "}"),
    ("int f(int a) { /* é😀 */ int é; return é + a; }\n", "clang-diagnostic-uninitialized", "é"),
    ('#include "/etc/passwd"\n', "clang-diagnostic-error", "include"),
    (
        "#include <algorithm>\n#include <list>\n"
        'void f(std::list<int> l) { const char *s = "é😀"; (void)s; std::sort(l.begin(), l.end()); }\n',
        "clang-diagnostic-error",
        "sort",
        "cpp",
    ),
    ("int f(int a) { /* é😀 */ return a + ; }\n", "clang-diagnostic-syntax", ";", "cpp"),
]
