"""rustc: what the compiler says of Rust. Its JSON has offsets in bytes. https://doc.rust-lang.org/rustc/json.html"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import from_json_lines
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "syntax": (Severity.FATAL, Kind.SYNTAX),
    "error": (Severity.FATAL, Kind.TYPE),
    "E0": (Severity.FATAL, Kind.TYPE),
    # Names that cannot be found: values, types, modules, imports, macros, methods, fields, variants.
    **dict.fromkeys(
        ("E0405", "E0412", "E0422", "E0423", "E0424", "E0425", "E0432", "E0433", "E0531", "E0599", "E0609", "E0560"),
        (Severity.FATAL, Kind.NAME),
    ),
    "macro": (Severity.FATAL, Kind.NAME),
    **dict.fromkeys(("unconditional_panic", "arithmetic_overflow"), (Severity.HIGH, Kind.RUNTIME)),
    **dict.fromkeys(("unused_", "dead_code", "non_", "path_statements"), (Severity.LOW, Kind.STYLE)),
    **dict.fromkeys(("unused_must_use", "unused_comparisons", "unused_assignments"), (Severity.MEDIUM, Kind.LOGIC)),
    "": (Severity.MEDIUM, Kind.LOGIC),
}

# What prompts and tests bring about, and taste.
LINTS = (
    "-Adead_code", "-Aunused_imports", "-Aunused_variables", "-Aunused_mut", "-Aunused_macros", "-Aunused_parens",
    "-Anon_snake_case", "-Anon_camel_case_types", "-Anon_upper_case_globals", "-Aunused_features", "-Aunknown_lints",
    "-Aunused_braces", "-Awhile_true", "-Aunused_attributes", "-Adeprecated", "-Arenamed_and_removed_lints",
)  # fmt: skip
# A library, since the tests may bring `main` along. What is certain to panic shows where code is generated, not before.
FLAGS = (
    "--edition=2021", "--crate-type=lib", "--crate-name=program", "--error-format=json", "--emit=mir",
    "-o", "{settings}/program.mir", *LINTS,
)  # fmt: skip
# Toolchains of rustup lie in the home of whoever installed them.
ENVIRONMENT = {"RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or os.path.expanduser("~/.rustup")}

_SUMMARY = re.compile(r"aborting due to .*|.*\d+ warnings? emitted|For more information .*|Some errors have .*")
_SYNTAX = re.compile(
    r"expected |unexpected |unclosed |mismatched closing|unknown start of token|unterminated |this file contains an|"
    r"missing |incorrect |invalid suffix|character literal|leading `|`?else`? |unmatched |found "
)
_MACRO = re.compile(r"cannot find (?:macro|attribute|derive)")


def finding(record: dict[str, Any]) -> Finding | None:
    """The finding of one record; None of what sums up.

    An error in a macro of the standard library stands where the program calls the macro.
    """
    level, message, spans = record["level"], record["message"], record["spans"]
    if level not in ("error", "warning"):
        if level.startswith("error"):  # an internal error of the compiler
            raise AnalyzerFailed(f"rustc says {message}")
        return None
    if not spans and _SUMMARY.fullmatch(message):
        return None
    code = record["code"]["code"] if record["code"] else _uncoded(message)
    severity, kind = rate(RATINGS, code.removeprefix("clippy::"))
    if level == "error" and code.startswith(("E0", "syntax", "macro", "error")):
        severity = Severity.FATAL
    place = next((place for span in spans if span["is_primary"] for place in _expansions(span)), None)
    start, end = (place["byte_start"], place["byte_end"]) if place else (None, None)
    return Finding(code, message, offset=start, end_offset=end, severity=severity, kind=kind)


def _uncoded(message: str) -> str:
    return "macro" if _MACRO.match(message) else "syntax" if _SYNTAX.match(message) else "error"


def _expansions(span: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The span and those of the macros that led to it, if they lie in the program."""
    while span:
        if re.fullmatch(r"p\d+\.rs", span["file_name"]):
            yield span
        span = span["expansion"]["span"] if span.get("expansion") else None


ANALYZER = Tool(
    name="rustc",
    languages=("rust",),
    argv=("rustc", *FLAGS, "{file}"),
    parse=from_json_lines(finding),
    stderr=True,
    convention=Convention(unit=Unit.BYTE),
    package="debian:rustc",
    environment=ENVIRONMENT,
    timeout_s=20.0,
)

GOOD = [
    'fn f(v: Vec<i32>) -> usize { let s = "é😀"; v.len() + s.len() }\n',
    "use std::collections::HashMap;\npub fn f(m: &HashMap<String, i32>) -> usize { m.len() }\n",
]
BAD = [
    ('fn f() -> usize { let s = "é😀"; missing + s.len() }\n', "E0425", "missing"),
    ('fn f() -> usize { let s = "é😀"; s }\n', "E0308", "s"),
    ('fn f() { let s = "é😀"; println!("{} {}", s); }\n', "error", "{}"),
    (
        '#![allow(unconditional_panic)]\npub fn f() -> i32 { let _s = "é😀"; let a = [1, 2]; a[5] }\n',
        "unconditional_panic",
        "a[5]",
    ),
    ('fn f() -> usize { let s = "é😀"; s.len() + }\n', "syntax", "}"),
    ('const _: &str = include_str!("/etc/passwd");\n', "macro", "include_str"),
]
