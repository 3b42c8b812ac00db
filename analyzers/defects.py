"""Classes of defects: what several tools call by different names is one thing.

pyflakes' `UndefinedName`, pylint's `undefined-variable`, ruff's `F821`, mypy's `name-defined` and ESLint's `no-undef`
are all `undefined-name`. Codes that speak are read by their words, whatever the tool's spelling (`no-unused-vars`,
`noUnusedVariables`, `-Wunused-variable`, `reportUnusedVariable`), so that a tool that nobody has heard of is understood
too; numbers are listed. A class is as coarse as the coarsest of the tools: what one of them does not tell apart
(unused imports and unused variables) is one class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from analyzers.types import Kind

SYNTAX = "syntax"
UNKNOWN = ""

LISTED: Mapping[str, str] = {
    "undefined-name": "F821 F823 E0425 E0412 TS2304 TS2552 TS2454 TS2448 NameError UnboundLocalError ReferenceError "
    "SC2154 113 112 uninitvar legacyUninitvar E0381 cant.resolve.location compiler.err.cant.resolve.location",
    "unused-name": "F401 F841 TS6133 TS6192 TS6196 SC2034 211 212 213 221 231 311 331 unreadVariable W0611 W0612",
    "redefinition": "F811 TS2300 TS2393 TS2451 E0428 411 412 421 no-redef",
    "import-missing": "TS2307 TS2305 TS2614 E0432 E0433 ImportError ModuleNotFoundError import-error",
    "attribute-missing": "TS2339 TS2551 E0599 E0609 E0610 AttributeError no-member union-attr attr-defined",
    "wrong-call": "TS2554 TS2555 TS2349 TS2769 E0061 E0060 E0618 no-value-for-parameter not-callable call-arg",
    "type-mismatch": "TS2322 TS2345 TS2740 TS2741 E0308 arg-type return-value reportReturnType assignment "
    "prob.found.req compiler.err.prob.found.req",
    "operand-type": "TS2362 TS2363 TS2365 E0277 E0369 operator",
    "not-subscriptable": "TS7053 E0608 index",
    "format-mismatch": "F501 F502 F503 F504 F505 F506 F507 F508 F509 F521 F522 F523 F524 F525 PLE1300 PLE1307 PLE1310 "
    "printf str-format TruncatedPercentFormat",
    "empty-format": "F541 f-string-without-interpolation",
    "mutable-default": "B006 dangerous-default-value",
    "no-effect": "B018 B015 constStatement Lint/Void",
    "literal-identity": "F632 IsLiteral literal-comparison",
    "always-true": "F631 F634 AssertTuple IfTuple",
    "broad-catch": "E722 BLE001 W0702 W0718",
    "silent-catch": "B110 B112 S110 S112 no-empty",
    "dynamic-code": "S102 S307 B102 B307 exec-used eval-used no-eval",
    "duplicate-key": "F601 F602 TS1117 MultiValueRepeatedKeyLiteral MultiValueRepeatedKeyVariable",
    "self-assignment": "PLW0127",
    "self-comparison": "PLR0124 B033",
    "missing-return": "RET503 TS7030 TS2366 return missing.ret.stmt compiler.err.missing.ret.stmt",
    "not-implemented": "F901",
    "closure-in-loop": "B023 cell-var-from-loop no-loop-func",
    "bad-escape": "W605",
    "division-by-zero": "ZeroDivisionError zerodiv zerodivcond",
    "fallthrough": "TS7029",
    "constant-assignment": "TS2588 E0384",
    "unreachable": "TS7027 511 SC2317",
}  # fmt: skip
"""Codes, as they are written, of each class."""

SPOKEN: Mapping[str, tuple[str, ...]] = {
    "undefined-name": (
        "undefined name", "undefined variable", "undefined local", "undefined reference", "undefined export",
        "undeclared", "undef", "name defined", "used before", "use before", "unbound", "possibly undefined",
        "uninitialized", "unassigned",
    ),
    "no-effect": (
        "unused expression", "unused value", "useless expression", "pointless statement", "pointless comparison",
        "expression not assigned", "statement no effect", "statement effect", "void context",
    ),
    "unused-name": (
        "unused import", "unused variable", "unused var", "unused local", "unused function", "unused argument",
        "unused parameter", "unused private", "unused class", "unused method", "unused property", "unused attribute",
        "unused name", "unused but set", "unused annotation", "unused const", "useless assignment", "unread variable",
        "dead store", "unused assignment",
    ),
    "redefinition": ("redefined while", "function redefined", "redeclare", "redeclaration", "duplicate method"),
    "import-missing": ("missing import", "import not found", "no name in module", "missing module"),
    "attribute-missing": ("attribute access", "member access", "no such method", "missing member"),
    "wrong-call": (
        "too many function arg", "unexpected keyword arg", "redundant keyword arg", "call issue", "not callable",
        "wrong number arg", "missing arg", "cant apply",
    ),
    "type-mismatch": ("argument type", "assignment type", "incompatible type", "mismatched type"),
    "operand-type": ("operator issue", "unsupported binary", "unsupported operand", "invalid unary operand"),
    "not-subscriptable": ("unsubscriptable", "unsupported assignment operation", "sequence index", "index issue"),
    "empty-format": ("missing placeholder", "without interpolation", "useless template"),
    "format-mismatch": ("format",),
    "mutable-default": ("mutable default", "mutable argument default"),
    "literal-identity": ("is literal",),
    "singleton-comparison": ("singleton comparison", "none comparison"),
    "loose-equality": ("eqeqeq", "double equal"),
    "always-true": ("assert tuple", "assert on tuple"),
    "broad-catch": ("bare except", "broad except", "broad exception"),
    "silent-catch": ("suppressed exception", "empty catch", "empty block"),
    "dynamic-code": ("global eval", "eval", "exec"),
    "duplicate-key": ("duplicate key", "dupe key", "duplicate object key", "duplicate hash key", "duplicated key"),
    "duplicate-case": ("duplicate case", "duplicate branch", "duplicated branch"),
    "self-assignment": ("self assign", "self assigning", "self assignment"),
    "self-comparison": ("self compare", "comparison with itself", "eq op", "identical operand", "duplicate expression"),
    "constant-condition": (
        "constant condition", "constant test", "condition eval constant", "tautological compare", "comparison overlap",
        "comparison of constant", "literal as condition",
    ),
    "missing-return": ("inconsistent return", "consistent return", "return type"),
    "unreachable": ("unreachable",),
    "not-implemented": ("raise not implemented", "notimplemented raised"),
    "bad-escape": ("anomalous backslash", "invalid escape", "useless escape"),
    "division-by-zero": ("div zero", "division zero", "divide zero"),
    "null-dereference": ("null dereference", "null pointer"),
    "fallthrough": ("fallthrough",),
    "assignment-in-condition": ("cond assign", "assignment in condition", "assign in expression"),
    "constant-assignment": ("const assign",),
}  # fmt: skip
"""Words of which a class' codes have all of one line, in any order; the first class that fits is taken."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PLURAL = re.compile(r"(?<=..[^su])s\Z")
_BY_CODE = {code: name for name, codes in LISTED.items() for code in codes.split()}
_BY_WORDS = [(name, [frozenset(words.split()) for words in phrases]) for name, phrases in SPOKEN.items()]


@lru_cache(maxsize=4096)
def defect(code: str, kind: Kind) -> str:
    """The class of the defect that a finding of that code is about, `UNKNOWN` where the code tells nothing.

    All of `Kind.SYNTAX` is one class.
    """
    if kind is Kind.SYNTAX:
        return SYNTAX
    if code in _BY_CODE:
        return _BY_CODE[code]
    words = _words(code)
    return next((name for name, phrases in _BY_WORDS if any(phrase <= words for phrase in phrases)), UNKNOWN)


def _words(code: str) -> frozenset[str]:
    """The words of a code in lower case and in the singular, a compiler's `-W` apart."""
    found = [word.lower() for word in _WORD.findall(code.removeprefix("-W"))]
    return frozenset(_PLURAL.sub("", word) for word in found)
