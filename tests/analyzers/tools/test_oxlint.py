from analyzers.findings import Finding
from analyzers.tools.oxlint import ANALYZER
from analyzers.types import Kind, Severity, Source, Span


def test_the_output_is_understood(captured):
    found = sorted(ANALYZER.parse(captured("oxlint.json")), key=lambda finding: finding.file)
    name, type_, syntax = ((Severity.HIGH, Kind.NAME), (Severity.HIGH, Kind.TYPE), (Severity.FATAL, Kind.SYNTAX))
    logic, security = ((Severity.MEDIUM, Kind.LOGIC), (Severity.HIGH, Kind.SECURITY))
    expected = [
        ("eslint/no-undef", "'foo' is not defined.", 18, 21, *name, "p0.js"),
        ("eslint/no-const-assign", "Unexpected re-assignment of `const` variable s.", 20, 21, *type_, "p1.js"),
        ("eslint/no-dupe-keys", "Duplicate key 'b'", 31, 32, *logic, "p2.js"),
        ("oxc/const-comparisons", "Unexpected constant comparison", 46, 58, *logic, "p3.js"),
        ("eslint/no-eval", "eval can be harmful.", 20, 24, *security, "p4.js"),
        ("syntax-error", "Unexpected token", 22, 23, *syntax, "p5.js"),
        ("syntax-error", "Identifier `s` has already been declared", 22, 23, *syntax, "p6.js"),
        ("eslint/use-isnan", "Checking equality with NaN will always return false", 37, 40, *logic, "p7.ts"),
        ("typescript/no-duplicate-enum-values", "Duplicate enum value `3`", 30, 31, *logic, "p8.ts"),
        ("eslint/no-undef", "'foo' is not defined.", 28, 31, *name, "p9.ts"),
    ]
    assert found == [
        Finding(code, message, offset=offset, end_offset=end, severity=severity, kind=kind, file=file)
        for code, message, offset, end, severity, kind, file in expected
    ]


def test_errors_of_the_parser_may_carry_a_number():
    record = (
        '{"message": "m", "code": "TS(1099)", "filename": "p0.ts", "labels": [{"span": {"offset": 1, "length": 2}}]}'
    )
    (found,) = ANALYZER.parse(f'{{"diagnostics": [{record}]}}')
    assert (found.code, found.severity, found.kind) == ("TS/1099", Severity.FATAL, Kind.SYNTAX)


PROGRAM = "{0}\nlet s = '😀'; {0}\ns = foo(s); {0}\nif (s == NaN) s = 2; {0}\n"
FOUND = ["eslint/no-undef", "eslint/use-isnan"]


def test_comments_suppress_nothing(codes):
    comments = [
        *("", "/* eslint-disable */", "// eslint-disable-line", "// oxlint-disable-line", "/* oxlint-disable */"),
        *("// oxlint-disable-next-line", "/* global foo */", "<!-- oxlint-disable -->", "// @ts-nocheck"),
    ]
    assert codes(*(PROGRAM.format(comment) for comment in comments)) == [FOUND] * len(comments)
    assert codes(*(PROGRAM.format(comment) for comment in comments[:-2]), language="typescript") == [FOUND] * (
        len(comments) - 2
    )


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    off = '{"ignorePatterns": ["**"], "rules": {"no-undef": "off", "use-isnan": "off"}, "globals": {"foo": true}}'
    plant(
        {
            ".oxlintrc.json": off,
            ".eslintrc.json": off,
            ".eslintignore": "*\n",
            ".gitignore": "*\n",
            ".oxlintignore": "*\n",
        }
    )
    assert codes(PROGRAM.format("")) == [FOUND]


def test_programs_of_a_batch_do_not_see_each_other(codes):
    assert codes("var shared = 1; let twice = 2;\n", "let twice = shared;\n", "import s from './p0.js'; s();\n") == [
        [],
        ["eslint/no-undef"],
        [],
    ]


def test_what_is_no_text_is_an_error_without_a_place(installed):
    text = 'let s = "é😀\ufffd"; x\ufffdy\n'
    (found,), fine = ANALYZER.run([Source(text, "javascript"), Source("let s = '\ufffd'; s = 1;\n", "javascript")])
    assert (found.code, found.severity, found.span) == ("TS/1490", Severity.FATAL, Span(0, len(text)))
    assert fine == ()
