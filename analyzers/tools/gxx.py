"""g++: what the compiler says of C++. As gcc; of an error in a header only its text names the line that met it.

The headers of the library, which take most of the time, are compiled once for all programs that begin with them.

https://gcc.gnu.org/onlinedocs/gcc/Diagnostic-Message-Formatting-Options.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from analyzers.directives import NO_PRAGMA
from analyzers.findings import Finding
from analyzers.ratings import rate
from analyzers.runtime import prepared
from analyzers.tool import Tool, find_command
from analyzers.tools import gcc
from grammars import Toolchain
from grammars.cpp import HEADERS

TEXT = "=text="
COMPILE = ("g++", "-std=gnu++17", "-ftemplate-depth=400", "-fmax-errors=100", *gcc.WARNINGS, NO_PRAGMA)
SCRIPT = f"""
compile="{" ".join(f"'{word}'" for word in COMPILE)} -fsyntax-only"
eval "$compile" -fdiagnostics-format=json '"$@"'
status=$?
if [ $status = 1 ]; then
    echo {TEXT} >&2
    eval "$compile" -fno-diagnostics-show-caret -fdiagnostics-column-unit=byte '"$@"'
fi
exit $status
"""
PREPARE = Toolchain(run=(), headers=HEADERS, prepare=(*COMPILE, "-x", "c++-header", "{cache}/prelude.h"))
PREPARE_TIMEOUT_S = 15.0  # within the time of the analyzer

_LINE = re.compile(
    r"(?:In file included from |\s+from )?(?P<file>[^:\s]+):(?P<line>\d+):(?:(?P<column>\d+):)?[,:]?\s*(?P<rest>.*)"
)
_ERROR = re.compile(r"(?:fatal )?error: (?P<message>.*)")


def parse(output: str) -> Iterator[Finding]:
    """The findings of one program, from the JSON, and behind it the text where there are errors."""
    document, _, text = output.partition(f"\n{TEXT}\n")
    found = list(gcc.parse(document))
    yield from (finding for finding in found if finding.line is not None)
    placed = list(_in_headers(text))
    yield from placed
    yield from [finding for finding in found if finding.line is None][len(placed) :]


def _in_headers(text: str) -> Iterator[Finding]:
    """Errors in headers, each at the last line of the program that the lines before it name."""
    place = None
    for line in text.split("\n"):
        match = _LINE.match(line)
        if match is None:
            continue
        error = _ERROR.match(match["rest"])
        if gcc.own(match["file"]):
            place = None if error else match
        elif error:
            code = gcc.error_code(error["message"])
            severity, kind = rate(gcc.RATINGS, code)
            finding = Finding(code, gcc.HEADER + error["message"], severity=severity, kind=kind)
            yield replace(finding, line=int(place["line"]), column=_number(place["column"])) if place else finding
            place = None


def prepared_headers(text: str) -> tuple[str, ...]:
    """The arguments that include, already compiled, what a program begins by including; none where nothing is."""
    folder = prepared.prepare(
        PREPARE,
        text,
        cache=prepared.cache_folder(),
        find=partial(find_command, package="debian:g++", asked_by="gxx"),
        timeout_s=PREPARE_TIMEOUT_S,
    )
    return ("-include", f"{folder}/prelude.h") if folder else ()


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


ANALYZER = Tool(
    name="gxx",
    languages=("cpp",),
    argv=("sh", "-c", SCRIPT, "g++", "{prepared}", "{file}"),
    parse=parse,
    stderr=True,
    convention=gcc.CONVENTION,
    package="debian:g++",
    needs=("g++",),
    timeout_s=30.0,
    version_argv=("-c", "g++ --version"),
    prepared=prepared_headers,
)

GOOD = [
    '#include <bits/stdc++.h>\nusing namespace std;\nint f(vector<int> v) { string s = "é😀"; return v.size(); }\n',
    "#include <vector>\nstd::vector<int> f(int n) { return std::vector<int>(n); }\n",
]
BAD = [
    ('int f() { const char *s = "é😀"; return missing + *s; }\n', "undeclared", "missing"),
    ('#include <string>\nint f(std::string s) { s += "é😀"; return s.length; }\n', "error", "length"),
    (
        "#include <algorithm>\n#include <list>\n"
        'void f(std::list<int> l) { const char *s = "é😀"; (void)s; std::sort(l.begin(), l.end()); }\n',
        "error",
        "(",
    ),
    ("int f(int a) { /* é😀 */ if (a = 3) return 1; return 0; }\n", "parentheses", "a = 3"),
    ("int f(int a) { /* é😀 */ return a + ; }\n", "syntax", ";"),
    ('#include "/etc/passwd"\n', "syntax", "inclu"),
]
