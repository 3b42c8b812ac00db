"""go vet: what Go's own checker finds, and the first error of a program that does not compile. Byte columns from 1.

One package that cannot be loaded keeps go vet from all others; `go list` finds those first. https://pkg.go.dev/cmd/vet
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "syntax": (Severity.FATAL, Kind.SYNTAX),
    "undefined": (Severity.FATAL, Kind.NAME),
    "compile": (Severity.FATAL, Kind.TYPE),
    # What the tests use comes with the tests, and a program without a package clause is completed by them.
    "unused-import": (Severity.LOW, Kind.STYLE),
    "fragment": (Severity.INFO, Kind.LOGIC),
    "excluded": (Severity.HIGH, Kind.LOGIC),
    "printf": (Severity.MEDIUM, Kind.TYPE),
    "": (Severity.MEDIUM, Kind.LOGIC),
}

EXCLUDED = "nothing of the program is built: it asks for another machine, for cgo, or for no machine"

_COMPILE = (
    ("excluded", re.compile(r"build constraints exclude|no Go files in")),
    ("fragment", re.compile(r"expected 'package', found (?!'EOF'|'package')")),
    ("unused-import", re.compile(r".*imported (?:as \S+ )?(?:but|and) not used")),
    (
        "undefined",
        re.compile(
            r"undeclared name|undefined:|cannot find package|package \S+ is not in|.* not exported|no required module"
            r"|\S+ undefined \("
        ),
    ),
    (
        "syntax",
        re.compile(
            r"expected |illegal |missing '|(?:string|rune|raw string) literal not|comment not|syntax error|unexpected "
            r"|invalid (?:BOM|character|digit|NUL)|(?:unknown )?escape |\S+ literal has no digits"
        ),
    ),
)
"""What errors of the compiler are about, by how they begin; others are `compile`."""


def compile_code(message: str) -> str:
    """What an error of the Go compiler is about: a name of `_COMPILE`, or else `compile`."""
    return next((code for code, pattern in _COMPILE if pattern.match(message)), "compile")


def about_import(code: str, message: str) -> bool:
    """Whether an error is about an import or the package clause, which stands in a line of its own."""
    return code in ("unused-import", "fragment", "excluded") or "cannot find package" in message


def cache_folder() -> str:
    """Where Go keeps what it knows of the standard library; it removes by itself what is not used for days."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "spanwise", "go")


# Packages come from Debian's folder: nothing is fetched.
ENVIRONMENT = {
    "GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": cache_folder(), "CGO_ENABLED": "0",
    "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOENV": "off",
}  # fmt: skip
# What two packages lack in common go list tells of the first alone, so each that lacks something is asked by itself.
SCRIPT = r"""
format='unloaded: {{.Dir}}: {{with .Error}}{{.Pos}} {{printf "%q" .Err}}'
format="$format"'{{else}}{{range .DepsErrors}}{{.Pos}} {{printf "%q" .Err}}{{break}}{{end}}{{end}}'
list=$(go list -e -f '{{if .Incomplete}}unloaded{{else}}loaded{{end}}: {{.Dir}}' "$@" 2>&1)
printf '%s\n' "$list" | grep -v -e '^loaded: ' -e '^unloaded: '
for folder in $(printf '%s\n' "$list" | sed -n 's|^unloaded: .*/|./|p'); do go list -e -f "$format" "$folder" 2>&1; done
set -- $(printf '%s\n' "$list" | sed -n 's|^loaded: .*/|./|p')
[ $# = 0 ] || go vet -json "$@" 2>&1
"""

_READ = re.compile(r"\Aread \S+: ")
_UNLOADED = re.compile(
    r'unloaded: (?P<folder>.*?): (?:(?P<file>\S+\.go):(?P<line>\d+)(?::(?P<column>\d+))?)? *"(?P<message>.*)"'
)
_REFUSED = re.compile(
    r"vet: (?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<message>.*?)(?: \(and \d+ more errors\))?"
)
_HEADING = re.compile(r"# .*|\s.*|")


def parse(output: str) -> Iterator[Finding]:
    """The findings: lines of `go list` and of the compiler, and between them JSON of each package.

    The parser raises AnalyzerFailed at a line that is none of these.
    """
    at = 0
    while at < len(output):
        if output.startswith("{", at):
            try:
                packages, at = json.JSONDecoder().raw_decode(output, at)
                yield from _from_packages(packages)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise AnalyzerFailed(f"not go vet's JSON ({type(error).__name__}: {error})") from error
        line, _, _ = output[at:].partition("\n")
        at += len(line) + 1
        match = _UNLOADED.fullmatch(line) or _REFUSED.fullmatch(line)
        if match:
            yield _refused(**match.groupdict())
        elif not _HEADING.fullmatch(line):
            raise AnalyzerFailed(f"a line of output is not understood: {line[:200]!r}")


def _refused(
    message: str, line: str | None, column: str | None, file: str | None, folder: str | None = None
) -> Finding:
    message = _READ.sub("", message.replace('\\"', '"'))
    code = compile_code(message)
    message = EXCLUDED if code == "excluded" else message.partition("\\n")[0]
    severity, kind = rate(RATINGS, code)
    place = None if about_import(code, message) else column
    return Finding(
        code, message, int(line) if line else None, int(place) if place else None,
        severity=severity, kind=kind, file=file or folder or "",
    )  # fmt: skip


def _from_packages(packages: dict[str, Any]) -> Iterator[Finding]:
    for checks in packages.values():
        for code, found in checks.items():
            if isinstance(found, dict):
                raise AnalyzerFailed(f"go vet's {code} failed: {found.get('error')}")
            severity, kind = rate(RATINGS, code)
            for one in found:
                file, line, column = _place(one["posn"])
                _, end_line, end_column = _place(one["end"]) if "end" in one else ("", None, None)
                yield Finding(
                    code, one["message"], line, column, end_line, end_column, severity=severity, kind=kind, file=file
                )


def _place(position: str) -> tuple[str, int, int]:
    file, line, column = position.rsplit(":", 2)
    return file, int(line), int(column)


ANALYZER = Tool(
    name="go-vet",
    languages=("go",),
    argv=("sh", "-c", SCRIPT, "go-vet", "{folders}"),
    parse=parse,
    convention=Convention(unit=Unit.BYTE, skips_bom=True),
    package="debian:golang-go",
    needs=("go",),
    environment=ENVIRONMENT,
    ok_exit_codes=(0, 1, 2),
    file="main.go",
    batch_size=256,
    timeout_s=120.0,
    version_argv=("-c", "go version"),
)

GOOD = [
    'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("é😀") }\n',
    "package main\n\nfunc f(x int) int { return x }\n",
]
BAD = [
    ('package main\n\nfunc f() int { s := "é😀"; return missing + len(s) }\n', "undefined", "missing"),
    ('package main\n\nimport "fmt"\n\nfunc f() { s := "é😀"; fmt.Printf("%d\\n", s) }\n', "printf", "fmt"),
    ('package main\n\nfunc f() int { s := "é😀"; return s }\n', "compile", "s"),
    ('package main\n\nfunc f() int { s := "é😀"; return len(s) + }\n', "syntax", "}"),
    ('package main\n\nfunc f(s string) { s += "é😀"; s = s }\n', "assign", "s"),
    ('package main\n\nimport "example.com/é"\n\nfunc f() { é.F() }\n', "undefined", 'import "example.com/é"'),
    ("//go:build ignore\n\npackage main\n\nfunc f() int { return missing }\n", "undefined", "missing"),
    ('package main\n\nimport "os"\n\nfunc f() {}\n', "unused-import", 'import "os"'),
    ("func f() int { return 1 }\n", "fragment", "func f() int { return 1 }"),
]
