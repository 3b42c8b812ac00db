from analyzers.findings import Finding
from analyzers.tools.biome import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("biome.json"))) == [
        Finding("noUndeclaredVariables", "The foo variable is undeclared.", 1, 15, 1, 18, severity=Severity.HIGH, kind=Kind.NAME, file="p0.js"),
        Finding("noConstAssign", "Can't assign s because it's a constant.", 1, 17, 1, 18, severity=Severity.HIGH, kind=Kind.TYPE, file="p1.js"),
        Finding("noDuplicateObjectKeys", "This property is later overwritten by an object member with the same name.", 1, 22, 1, 26, file="p2.js"),
        Finding("noGlobalEval", "Do not use eval().", 1, 17, 1, 21, severity=Severity.HIGH, kind=Kind.SECURITY, file="p3.js"),
        Finding("parse", "Expected an expression, or an assignment but instead found '='.", 1, 19, 1, 20, severity=Severity.FATAL, kind=Kind.SYNTAX, file="p4.js"),
        Finding("useIsNan", "Use the Number.isNaN function to compare with NaN.", 1, 29, 1, 37, file="p5.ts"),
        Finding("noUndeclaredVariables", "The foo variable is undeclared.", 1, 25, 1, 28, severity=Severity.HIGH, kind=Kind.NAME, file="p6.ts"),
    ]  # fmt: skip


PROGRAM = "{0}\nlet s = '😀'; {0}\ns = foo(s); {0}\nif (s == NaN) s = 2; {0}\n"
FOUND = ["noUndeclaredVariables", "useIsNan"]


def test_comments_suppress_nothing(codes):
    comments = [
        *("", "// biome-ignore lint: words", "// biome-ignore-all lint: words", "// biome-ignore-start lint: words"),
        *("/* biome-ignore lint/correctness/useIsNan: words */", "/* global foo */", "// rome-ignore lint: words"),
        "// @generated",
    ]
    for language in ("javascript", "typescript"):
        assert codes(*(PROGRAM.format(comment) for comment in comments), language=language) == [FOUND] * len(comments)


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    off = '{"root": %s, "files": {"includes": []}, "linter": {"enabled": false}, "javascript": {"globals": ["foo"]}}'
    plant(
        {
            "biome.json": off % "false",
            "biome.jsonc": off % "true",
            ".gitignore": "*\n",
            ".editorconfig": "root = true\n",
        }
    )
    assert codes(PROGRAM.format("")) == [FOUND]


def test_programs_of_a_batch_do_not_see_each_other(codes):
    assert codes("var shared = 1; let twice = 2;\n", "let twice = shared;\n", "import s from './p0.js'; s();\n") == [
        [],
        ["noUndeclaredVariables"],
        [],
    ]
