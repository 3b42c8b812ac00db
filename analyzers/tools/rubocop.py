"""RuboCop: Ruby, its cops for lint and security. Its JSON counts from 1 in code points, the last column included.
https://docs.rubocop.org/rubocop/formatters.html
"""

from __future__ import annotations

from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

SETTINGS = """
AllCops: {DisabledByDefault: true, NewCops: disable, SuggestExtensions: false, TargetRubyVersion: 3.1}
Lint: {Enabled: true}
Security: {Enabled: true}
Security/CompoundHash: {Enabled: false}
Security/IoMethods: {Enabled: false}
"""

OFF = (
    # Taste, or about comments, whose words are gone.
    "Lint/AmbiguousBlockAssociation Lint/AmbiguousOperatorPrecedence Lint/ConstantResolution Lint/DuplicateMagicComment"
    " Lint/EmptyFile Lint/MissingCopEnableDirective Lint/NumberConversion Lint/OrderedMagicComments"
    " Lint/RedundantCopDisableDirective Lint/RedundantCopEnableDirective Lint/ScriptPermission"
    " Lint/ShadowingOuterLocalVariable Lint/SuppressedException Lint/SymbolConversion Lint/UnusedBlockArgument"
    " Lint/UnusedMethodArgument"
)

STYLE = (
    *(
        "Ambiguous",
        "EmptyBlock",
        "EmptyClass",
        "EmptyConditionalBody",
        "EmptyEnsure",
        "EmptyExpression",
        "EmptyInPattern",
    ),
    *("EmptyWhen", "ImplicitString", "MissingSuper", "Nested", "ParenthesesAs", "PercentStringArray", "Redundant"),
    *("RequireParentheses", "Underscore", "UselessAccess", "UselessAssignment", "UselessMethod"),
)

RATINGS = {
    "Lint/Syntax": (Severity.FATAL, Kind.SYNTAX),
    **{f"Lint/{start}": (Severity.LOW, Kind.STYLE) for start in STYLE},
    "Security/": (Severity.MEDIUM, Kind.SECURITY),
    "Security/Eval": (Severity.HIGH, Kind.SECURITY),
    "": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the longest start of the cop's name."""


def _records(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**offense, "file": file["path"]} for file in data["files"] for offense in file["offenses"]]


def _finding(record: dict[str, Any]) -> Finding:
    place = record["location"]
    severity, kind = rate(RATINGS, record["cop_name"])
    return Finding(
        record["cop_name"], record["message"].partition("\n")[0],
        place["start_line"], place["start_column"], place["last_line"], place["last_column"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="rubocop",
    languages=("ruby",),
    argv=(
        "rubocop", "--config={settings}/rubocop.yml", "--format=json", "--cache=false", "--ignore-disable-comments",
        "--raise-cop-error", "--except=" + ",".join(OFF.split()), "{files}",
    ),
    parse=from_json(_finding, records=_records),
    convention=Convention(end_inclusive=True),
    package="debian:rubocop",
    settings={"rubocop.yml": SETTINGS},
    batch_size=128,
    timeout_s=60.0,
)  # fmt: skip

GOOD = [
    'def f(list, _unused = nil)\n  list.map { |x| "é😀 #{x}" }\nend\n',
    "# encoding: utf-8\nrequire 'set'\ndef g(a, b = 1) = Set.new([a, b])\n",
]
BAD = [
    ("s = 'é😀'; x = ) 1\nputs s, x\n", "Lint/Syntax", ")"),
    ("s = 'é😀'; puts s, {a: 1, a: 2} # rubocop:disable all\n", "Lint/DuplicateHashKey", "a"),
    ("s = 'é😀'; s == s\n", "Lint/BinaryOperatorWithIdenticalOperands", "s == s"),
    ("def f\n  return 'é😀'; puts 1\nend\n", "Lint/UnreachableCode", "puts 1"),
    ("s = 'é😀'; eval(s)\n", "Security/Eval", "eval"),
    ("puts format('é😀 %d %d', 1)\n", "Lint/FormatParameterMismatch", "format"),
]
