"""oxlint: fast JavaScript and TypeScript lint. Its JSON gives offsets in bytes, whatever its SARIF says of columns.
https://oxc.rs/docs/guide/usage/linter/
"""

from __future__ import annotations

import json
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.tools import eslint
from analyzers.types import Kind, Severity

RULES = (
    "constructor-super for-direction getter-return no-async-promise-executor no-class-assign no-compare-neg-zero"
    " no-const-assign no-constant-binary-expression no-constructor-return no-delete-var no-dupe-class-members"
    " no-dupe-else-if no-dupe-keys no-duplicate-case no-empty-character-class no-empty-pattern no-eval no-ex-assign"
    " no-func-assign no-global-assign no-implied-eval no-import-assign no-invalid-regexp no-loss-of-precision"
    " no-misleading-character-class no-new-func no-new-native-nonconstructor no-obj-calls no-promise-executor-return"
    " no-self-assign no-self-compare no-setter-return no-shadow-restricted-names no-sparse-arrays"
    " no-template-curly-in-string no-this-before-super no-unassigned-vars no-undef no-unexpected-multiline"
    " no-unmodified-loop-condition no-unreachable no-unsafe-finally no-unsafe-negation no-unsafe-optional-chaining"
    " no-unused-expressions no-unused-private-class-members no-useless-backreference no-with require-yield use-isnan"
    " valid-typeof"
    " oxc/bad-array-method-on-arguments oxc/bad-char-at-comparison oxc/bad-comparison-sequence oxc/bad-match-all-arg"
    " oxc/bad-min-max-func oxc/bad-object-literal-comparison oxc/bad-replace-all-arg oxc/const-comparisons"
    " oxc/double-comparisons oxc/erasing-op oxc/misrefactored-assign-op oxc/missing-throw"
    " oxc/number-arg-out-of-range oxc/uninvoked-array-callback"
    " typescript/no-duplicate-enum-values typescript/no-misused-new typescript/no-non-null-asserted-optional-chain"
    " typescript/no-unsafe-declaration-merging"
    " unicorn/no-accessor-recursion unicorn/no-array-fill-with-reference-type unicorn/no-await-in-promise-methods"
    " unicorn/no-useless-length-check"
)
"""What finds defects, of the rules that run without types."""

SETTINGS = {
    "plugins": ["oxc", "typescript", "unicorn"],
    "categories": {"correctness": "off"},
    "env": {"builtin": True, "es2026": True, "node": True, "commonjs": True},
    "rules": {
        **dict.fromkeys(RULES.split(), "error"),
        "array-callback-return": ["error", {"checkForEach": False}],
        "no-cond-assign": ["error", "except-parens"],
        "no-constant-condition": ["error", {"checkLoops": "none"}],
    },
}

RATINGS = {
    **{f"eslint/{rule}": rating for rule, rating in eslint.RULES.items()},
    **dict.fromkeys(("syntax-error", "TS/1"), (Severity.FATAL, Kind.SYNTAX)),
    # Outside of strict code an assignment creates the name, which this rule does not see.
    "eslint/no-undef": (Severity.HIGH, Kind.NAME),
    "": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the longest start of the code, which is the plugin and the rule."""


def _finding(record: dict[str, Any]) -> Finding:
    code = record["code"].replace("(", "/").rstrip(")") if "code" in record else "syntax-error"
    severity, kind = rate(RATINGS, code)
    # The last label counts: those before say what it is about, what was declared, or stood there first. What is no text
    # ("File appears to be binary") has none.
    start, end = next(
        (
            (span["offset"], span["offset"] + span["length"])
            for label in record["labels"][-1:]
            if (span := label["span"])
        ),
        (None, None),
    )
    return Finding(
        code, record["message"], offset=start, end_offset=end, severity=severity, kind=kind, file=record["filename"]
    )


ANALYZER = Tool(
    name="oxlint",
    languages=("javascript", "typescript"),
    argv=(
        "oxlint", "--config={settings}/oxlintrc.json", "--disable-nested-config", "--no-ignore", "--format=json",
        "{files}",
    ),
    parse=from_json(_finding, records=lambda data: data["diagnostics"]),
    convention=Convention(unit=Unit.BYTE),
    package="pypi:oxlint",
    settings={"oxlintrc.json": json.dumps(SETTINGS)},
    batch_size=256,
    timeout_s=30.0,
)  # fmt: skip

GOOD = [
    *eslint.GOOD,
    ("enum E { A, B }\nexport const f = <T,>(x: T): T | E => x ?? E.A; // 'é😀'\n", "typescript"),
    ("interface P { x: number }\ndeclare const q: Promise<P>;\nq.then((p: Readonly<P>) => p.x);\n", "typescript"),
]
BAD = [
    ('let s = "é😀"; foo(s); // eslint-disable-line\n', "eslint/no-undef", "foo"),
    ('const s = "é😀"; s = 1;\n', "eslint/no-const-assign", "s"),
    ("const o = { 'é😀': 1, b: 1, b: 2 };\n", "eslint/no-dupe-keys", "b"),
    ("const s = 'é😀'; const t = s.length < 3 && s.length > 5;\n", "oxc/const-comparisons", "s.length > 5"),
    ('const s = "é😀"; eval(s);\n', "eslint/no-eval", "eval"),
    ('let s = "é😀"; s = = 1;\n', "syntax-error", "="),
    ('let s = "é😀"; let s = 1;\n', "syntax-error", "s"),
    ("const s: string = 'é😀'; if (s == NaN) {}\n", "eslint/use-isnan", "NaN", "typescript"),
    ("enum E { A = 3, 'é😀', B = 3 }\n", "typescript/no-duplicate-enum-values", "3", "typescript"),
    ('const s: string = "é😀"; foo(s);\n', "eslint/no-undef", "foo", "typescript"),
]
