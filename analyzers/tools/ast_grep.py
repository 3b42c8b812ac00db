"""ast-grep with rules of our own: defects that have one shape in many languages, and thus in those with few linters.
https://ast-grep.github.io/reference/yaml.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzers.ast_grep import ast_grep
from analyzers.types import Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """A defect, and the patterns that it has in each language; any of them is a finding."""

    code: str
    message: str
    patterns: Mapping[str, Sequence[str | Mapping[str, Any]]]
    """By language, a code with metavariables or a rule object."""
    severity: str = "warning"
    kind: Kind = Kind.LOGIC
    where: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions for metavariables."""


NAME = r"^[\w.$:@>-]+$"
"""What has the same value twice: a variable or a field, no call."""
COMPARED = ("$A == $A", "$A < $A", "$A > $A", "$A <= $A", "$A >= $A")


def _assigned(condition: str) -> dict[str, Any]:
    """An assignment as all that stands in the parentheses of an `if` or a `while`."""
    statement = {"any": [{"kind": "if_statement"}, {"kind": "while_statement"}]}
    return {"kind": "assignment_expression", "inside": {"kind": condition, "inside": statement}}


def _expressions(context: str, *codes: str) -> tuple[dict[str, Any], ...]:
    """Patterns of expressions that are none by themselves, but are where the context has its `{}`."""
    return _parts(context, "binary_expression", *codes)


def _parts(context: str, selector: str, *codes: str) -> tuple[dict[str, Any], ...]:
    return tuple({"pattern": {"context": context.replace("{}", code), "selector": selector}} for code in codes)


def _in_loop() -> dict[str, Any]:
    """Within a loop over `$L` that goes on afterwards."""
    end = {"any": [{"kind": "break_statement"}, {"kind": "return_statement"}]}
    last = {"any": [{"precedes": {**end, "stopBy": "end"}}, {"inside": {"precedes": {**end, "stopBy": "end"}}}]}
    return {"inside": {"pattern": "for $X in $L:\n    $$$", "stopBy": "end"}, "not": last}


CSHARP = "class C { bool M() { {} } }"
JAVA = "class C { boolean x = {}; }"

SHAPES = (
    Shape("self-comparison", "both sides of the comparison are `$A`", {
        **dict.fromkeys(("c", "elixir", "go", "haskell", "kotlin"), COMPARED),
        **dict.fromkeys(("python", "ruby", "rust", "scala", "swift"), COMPARED),
        **dict.fromkeys(("javascript", "typescript", "php"), (*COMPARED, "$A === $A")),
        "cpp": _expressions("bool x = {};", *COMPARED),
        "csharp": _expressions(CSHARP.replace("{}", "return {};"), *COMPARED),
        "java": _expressions(JAVA, *COMPARED),
        "lua": _expressions("x = {}", *COMPARED),
    }, where={"A": NAME}),
    Shape("self-assignment", "`$A` is assigned to itself", {
        **dict.fromkeys(("c", "cpp", "go", "java", "javascript", "kotlin", "lua"), ("$A = $A",)),
        **dict.fromkeys(("python", "ruby", "rust", "scala", "swift", "typescript"), ("$A = $A",)),
        "csharp": _parts(CSHARP, "assignment_expression", "$A = $A;"),
    }, where={"A": NAME}),
    Shape("identical-branches", "both branches are the same", {
        "python": ("$X if $C else $X", "if $C:\n    $$$X\nelse:\n    $$$X"),
        **dict.fromkeys(
            ("c", "cpp", "java", "javascript", "typescript"), ("$C ? $X : $X", "if ($C) { $$$X } else { $$$X }")
        ),
        "csharp": _parts(CSHARP, "conditional_expression", "return $C ? $X : $X;"),
        **dict.fromkeys(("go", "rust", "swift"), ("if $C { $$$X } else { $$$X }",)),
    }),
    Shape("assignment-in-condition", "an assignment where a comparison is expected", {
        **dict.fromkeys(("c", "javascript", "typescript", "php"), (_assigned("parenthesized_expression"),)),
        "cpp": (_assigned("condition_clause"),),
    }),
    Shape("nan-comparison", "nothing is equal to NaN", {
        **dict.fromkeys(("javascript", "typescript"), ("$A == NaN", "$A === NaN", "$A != NaN", "$A !== NaN")),
        "python": ("$A == math.nan", "$A == float('nan')", '$A == float("nan")'),
        "java": _expressions(JAVA, "$A == Double.NaN", "$A == Float.NaN"),
    }),
    Shape("string-identity", "strings are compared by identity; use equals", {
        "java": ("$A == $S", "$S == $A", "$A != $S"),
    }, where={"S": '^"'}),
    Shape("none-result", "`$F` changes its object and answers None", {
        "python": ("$A = $B.$F($$$)", "return $B.$F($$$)", "print($B.$F($$$))"),
    }, where={"F": "^(sort|append|reverse|extend)$"}),
    Shape("iterating-number", "a number cannot be iterated over", {
        "python": ("for $I in len($X):\n    $$$",),
    }, severity="error", kind=Kind.TYPE),
    Shape("changed-in-loop", "`$L` changes while it is iterated over", {
        "python": (
            {"pattern": "$L.$F($$$)", **_in_loop()},
            {"kind": "delete_statement", "pattern": "del $L[$K]", **_in_loop()},
        ),
    }, where={"L": NAME, "F": "^(remove|insert|pop|popitem|discard|add|clear)$"}),
    Shape("feof-loop", "the end of a file is known only after reading", {
        **dict.fromkeys(("c", "cpp"), ("while (!feof($F)) $B",)),
    }),
    Shape("unbounded-read", "gets cannot know the size of its buffer", {
        **dict.fromkeys(("c", "cpp"), ("gets($A)",)),
    }, severity="error", kind=Kind.SECURITY),
    Shape("exec", "what runs is hidden from analysis", {
        "python": ("exec($$$)",),
        **dict.fromkeys(("javascript", "typescript"), ("eval($$$)", "new Function($$$)")),
        "php": ("eval($$$)",),
        "lua": ("load($$$)", "loadstring($$$)"),
        "ruby": ("eval($$$)", "instance_eval($$$)"),
    }, severity="error", kind=Kind.SECURITY),
)  # fmt: skip


def _documents() -> Iterator[dict[str, Any]]:
    for shape in SHAPES:
        for language, patterns in shape.patterns.items():
            yield {
                "id": shape.code,
                "language": language,
                "severity": shape.severity,
                "message": shape.message,
                "metadata": {"kind": shape.kind.value},
                "rule": {"any": [{"pattern": one} if isinstance(one, str) else one for one in patterns]},
                "constraints": {name: {"regex": regex} for name, regex in shape.where.items()},
            }


ANALYZER = ast_grep(
    "\n---\n".join(json.dumps(document, indent=1) for document in _documents()), name="ast-grep", sees_comments=False
)

GOOD = [
    ("x = 'é😀'\nif x:\n    y = 1\nelse:\n    y = 2\nz = sorted([y])\nz.sort()\nnan = y != y\n", "python"),
    ("for x in y:\n    if x:\n        y.remove(x)\n        break\n    del y[0]; return\n", "python"),
    ("for x in list(y):\n    y.remove(x)\nfor i in range(len(y)):\n    y = next(y) == next(y)\n", "python"),
    ("if ((a = b)) { c = a ? b : d; }\nif (a != a) { c(); } else { d(); }\n", "javascript"),
    ("int f(int a) { while ((a = g(a)) != 0) { if (a == f(a)) return 1; } return 0; }\n", "c"),
    ("class A { boolean f(String s, char c) { return s.equals(\"é😀\") && c == 'x'; } }\n", "java"),
    ("fun f(x: Double) = x != x\n", "kotlin"),
]
BAD = [
    ("s = 'é😀'; x = s == s\n", "self-comparison", "s == s", "python"),
    ("s = 'é😀'; s.a = s.a\n", "self-assignment", "s.a = s.a", "python"),
    ("if x:\n    y = 1\nelse:\n    y = 1\n", "identical-branches", "if x:", "python"),
    ("if (x) { a(); /* é😀 */ } else { a(); }\n", "identical-branches", "if (x) { a(); /* é😀 */ } else { a(); }", "c"),
    ("x = ['é😀'].sort()\n", "none-result", "x = ['é😀'].sort()", "python"),
    ("for i in len(x): print('é😀')\n", "iterating-number", "for i in len(x): print('é😀')", "python"),
    ("for x in y:\n    if x: 'é😀'; y.remove(x)\n", "changed-in-loop", "y.remove(x)", "python"),
    ("for x in y:\n    'é😀'; del y[x]\n", "changed-in-loop", "del y[x]", "python"),
    ("s = 'é😀'; exec(s)\n", "exec", "exec(s)", "python"),
    ("s = 'é😀'; if (a = b) { c(); }\n", "assignment-in-condition", "a = b", "javascript"),
    ("s = 'é😀'; if (a === NaN) { c(); }\n", "nan-comparison", "a === NaN", "typescript"),
    ('int f(int a) { char *s = "é😀"; if (a = 1) return 2; }\n', "assignment-in-condition", "a = 1", "c"),
    ('int f(int a) { auto s = "é😀"; if (a = 1) return 2; }\n', "assignment-in-condition", "a = 1", "cpp"),
    ("int f(FILE *x) {\n  while (!feof(x)) { g(x); }\n}\n", "feof-loop", "while (!feof(x)) { g(x); }", "c"),
    ('class A { boolean f(String s) { return /* é😀 */ s == "x"; } }\n', "string-identity", 's == "x"', "java"),
    ("class A { bool F(string s) { return /* é😀 */ s == s; } }\n", "self-comparison", "s == s", "csharp"),
    (
        "class A { int F(int a) { a = a; return /* é😀 */ a == 1 ? a : a; } }\n",
        "identical-branches",
        "a == 1 ? a : a",
        "csharp",
    ),
    ('func f() { s := "é😀"; if s == s { return } }\n', "self-comparison", "s == s", "go"),
    ('fun f(x: Int): Boolean { println("é😀"); return x == x }\n', "self-comparison", "x == x", "kotlin"),
    ('object A { val s = "é😀"; val x = s == s }\n', "self-comparison", "s == s", "scala"),
    ('let s = "é😀"; let x = s == s\n', "self-comparison", "s == s", "swift"),
    ('fn f(s: &str) -> bool { let x = "é😀"; x == x }\n', "self-comparison", "x == x", "rust"),
    ("s = 'é😀'; x = s == s\n", "self-comparison", "s == s", "ruby"),
    ("<?php $s = 'é😀'; $x = $s === $s;\n", "self-comparison", "$s === $s", "php"),
    ("local s = 'é😀'; local x = s == s\n", "self-comparison", "s == s", "lua"),
    ('f s = ("é😀", s == s)\n', "self-comparison", "s == s", "haskell"),
    ('IO.puts("é😀"); x = s == s\n', "self-comparison", "s == s", "elixir"),
]
