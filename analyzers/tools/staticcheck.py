"""staticcheck: bugs of Go that go vet does not look for, and every error of a program that does not compile.

Debian has its source; `GO111MODULE=off GOPATH=/usr/share/gocode go build -o /usr/local/bin/staticcheck
honnef.co/go/tools/cmd/staticcheck` makes the command. https://staticcheck.dev/docs/checks
"""

from __future__ import annotations

import re
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json_lines
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.tools import go_vet
from analyzers.types import Kind, Severity

RATINGS = {
    **go_vet.RATINGS,
    "SA5009": (Severity.MEDIUM, Kind.TYPE),
    **dict.fromkeys(("SA4006", "SA9003", "SA1019"), (Severity.LOW, Kind.STYLE)),
}

_FOLDER = re.compile(r"Go files in (?P<folder>\S+)")


def finding(record: dict[str, Any]) -> Finding:
    """The finding of one record; where there is none, the end is line 0."""
    code, message, start, end = record["code"], record["message"], record["location"], record["end"]
    file = start["file"]
    if code == "compile":
        code, folder = go_vet.compile_code(message), _FOLDER.search(message)
        file = folder["folder"] if folder else file
        message = go_vet.EXCLUDED if code == "excluded" else message.partition("\n")[0]
    severity, kind = rate(RATINGS, code)
    column = None if go_vet.about_import(code, message) else start["column"]
    return Finding(
        code, message, start["line"] or None, column, end["line"] or None, end["column"] or None,
        severity=severity, kind=kind, file=file,
    )  # fmt: skip


ANALYZER = Tool(
    name="staticcheck",
    languages=("go",),
    argv=("staticcheck", "-f", "json", "-checks", "SA*", "{folders}"),
    parse=from_json_lines(finding),
    convention=Convention(unit=Unit.BYTE, skips_bom=True),
    package="debian:golang-honnef-go-tools-dev",
    needs=("go",),
    environment={**go_vet.ENVIRONMENT, "STATICCHECK_CACHE": go_vet.cache_folder() + "-staticcheck"},
    file="main.go",
    batch_size=128,
    timeout_s=120.0,
    version_argv=("-version",),
)

GOOD = go_vet.GOOD
BAD = [
    ('package main\n\nfunc f() int { s := "é😀"; return missing + len(s) }\n', "undefined", "missing"),
    (
        'package main\n\nimport "regexp"\n\nfunc f() { s := "é😀("; _ = s; regexp.MustCompile("é😀(") }\n',
        "SA1000",
        '"é😀("',
    ),
    ('package main\n\nfunc f(s string) { s += "é😀"; for { }; println(s) }\n', "SA5002", "for"),
    ("//go:build ignore\n\npackage main\n\nfunc f() int { return missing }\n", "undefined", "missing"),
    ('package main\n\nimport "os"\n\nfunc f() {}\n', "unused-import", 'import "os"'),
    ("func f() int { return 1 }\n", "fragment", "func f() int { return 1 }"),
]
