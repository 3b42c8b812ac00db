"""Biome: JavaScript and TypeScript lint. Its JSON counts lines and columns from 1, in code points.
https://biomejs.dev/reference/reporters/
"""

from __future__ import annotations

import json
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

CORRECTNESS = (
    "noConstAssign noConstantCondition noConstructorReturn noEmptyCharacterClassInRegex noEmptyPattern"
    " noGlobalObjectCalls noInvalidBuiltinInstantiation noInvalidConstructorSuper noInvalidUseBeforeDeclaration"
    " noPrecisionLoss noSelfAssign noSetterReturn noStringCaseMismatch noUndeclaredVariables noUnreachable"
    " noUnreachableSuper noUnsafeFinally noUnsafeOptionalChaining noUnusedPrivateClassMembers noUnusedLabels"
    " useIsNan useValidForDirection useValidTypeof useYield"
)
SUSPICIOUS = (
    "noAssignInExpressions noAsyncPromiseExecutor noCatchAssign noClassAssign noCompareNegZero noDuplicateCase"
    " noDuplicateClassMembers noDuplicateElseIf noDuplicateObjectKeys noDuplicateParameters noFallthroughSwitchClause"
    " noFunctionAssign noGlobalAssign noImportAssign noMisleadingCharacterClass noMisleadingInstantiator noOctalEscape"
    " noRedeclare noSelfCompare noShadowRestrictedNames noSparseArray noTemplateCurlyInString"
    " noUnsafeDeclarationMerging noUnsafeNegation noUnusedExpressions noWith useGetterReturn useIterableCallbackReturn"
)
"""What finds defects, by Biome's groups."""

SETTINGS = {
    "root": True,
    "vcs": {"enabled": False},
    "formatter": {"enabled": False},
    "assist": {"enabled": False},
    "files": {"maxSize": 4_000_000},
    "linter": {
        "rules": {
            "preset": "none",
            "correctness": dict.fromkeys(CORRECTNESS.split(), "error"),
            "suspicious": dict.fromkeys(SUSPICIOUS.split(), "error"),
            "security": {"noGlobalEval": "error"},
        }
    },
}

RATINGS = {
    "parse": (Severity.FATAL, Kind.SYNTAX),
    # Outside of strict code an assignment creates the name, which this rule does not see.
    "noUndeclaredVariables": (Severity.HIGH, Kind.NAME),
    **dict.fromkeys(
        ("noConstAssign", "noGlobalObjectCalls", "noImportAssign", "noInvalidBuiltinInstantiation",
         "noInvalidConstructorSuper", "noUnreachableSuper"),
        (Severity.HIGH, Kind.TYPE),
    ),
    **dict.fromkeys(("noRedeclare", "noUnusedLabels", "noUnusedPrivate"), (Severity.LOW, Kind.STYLE)),
    "noGlobalEval": (Severity.HIGH, Kind.SECURITY),
    "": (Severity.MEDIUM, Kind.LOGIC),
}  # fmt: skip
"""By the longest start of the rule's name."""


def _finding(record: dict[str, Any]) -> Finding:
    code = record["category"].rpartition("/")[2]
    severity, kind = rate(RATINGS, code)
    start, end = record["location"]["start"], record["location"]["end"]
    return Finding(
        code, record["message"], start["line"], start["column"], end["line"], end["column"],
        severity=severity, kind=kind, file=record["location"]["path"],
    )  # fmt: skip


ANALYZER = Tool(
    name="biome",
    languages=("javascript", "typescript"),
    argv=(
        "biome", "lint", "--config-path={settings}", "--reporter=json", "--max-diagnostics=none", "--colors=off",
        "{files}",
    ),
    parse=from_json(_finding, records=lambda data: data["diagnostics"]),
    convention=Convention(),
    package="npm:@biomejs/biome@2.6.8",
    settings={"biome.json": json.dumps(SETTINGS)},
    batch_size=256,
    timeout_s=30.0,
)  # fmt: skip

GOOD = [
    "const fs = require('fs');\nfunction f(path) { return fs.readFileSync(path) + 'é😀'; }\nmodule.exports = { f };\n",
    "import { readFileSync as read } from 'node:fs';\nexport const f = (path) => read(path);\n",
    ("enum E { A, B }\nexport const f = <T,>(x: T): T | E => x ?? E.A; // 'é😀'\n", "typescript"),
    ("interface P { x: number }\ndeclare const q: Promise<P>;\nq.then((p: Readonly<P>) => p.x);\n", "typescript"),
]
BAD = [
    ('let s = "é😀"; foo(s); // biome-ignore lint: words\n', "noUndeclaredVariables", "foo"),
    ('const s = "é😀"; s = 1;\n', "noConstAssign", "s"),
    ("const o = { 'é😀': 1, b: 1, b: 2 };\n", "noDuplicateObjectKeys", "b: 1"),
    ('const s = "é😀"; eval(s);\n', "noGlobalEval", "eval"),
    ('let s = "é😀"; s = = 1;\n', "parse", "="),
    ("const s: string = 'é😀'; if (s == NaN) {}\n", "useIsNan", "s == NaN", "typescript"),
    ('const s: string = "é😀"; foo(s);\n', "noUndeclaredVariables", "foo", "typescript"),
]
