from analyzers.findings import Finding
from analyzers.tools.eslint import ANALYZER
from analyzers.types import Kind, Severity, Source

PLACE = "/tmp/spanwise/programs/"


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("eslint.json"))) == [
        Finding("spanwise/undefined-name", "'foo' is not defined.", 1, 16, 1, 19, severity=Severity.CRITICAL, kind=Kind.NAME, file=f"{PLACE}p0.js"),
        *(
            Finding("spanwise/implicit-global", "'i' is never declared.", 1, column, 1, column + 1, file=f"{PLACE}p1.js")
            for column in (6, 13, 20)
        ),
        Finding("no-const-assign", "'s' is constant.", 1, 18, 1, 19, severity=Severity.HIGH, kind=Kind.TYPE, file=f"{PLACE}p2.js"),
        Finding("no-dupe-keys", "Duplicate key 'b'.", 1, 29, 1, 30, file=f"{PLACE}p3.js"),
        Finding("spanwise/unused-local", "'unused' is assigned a value but never used.", 1, 33, 1, 39, severity=Severity.LOW, kind=Kind.STYLE, file=f"{PLACE}p4.js"),
        Finding("no-eval", "`eval` can be harmful.", 1, 18, 1, 22, severity=Severity.HIGH, kind=Kind.SECURITY, file=f"{PLACE}p5.js"),
        Finding("syntax-error", "Unexpected token =", 1, 20, severity=Severity.FATAL, kind=Kind.SYNTAX, file=f"{PLACE}p6.js"),
    ]  # fmt: skip


def test_what_eslint_would_suppress_counts():
    message = '{"ruleId":"no-eval","message":"m","line":1,"column":1,"endLine":1,"endColumn":5,"suppressions":[]}'
    (found,) = ANALYZER.parse(f'[{{"filePath":"p0.js","messages":[],"suppressedMessages":[{message}]}}]')
    assert found.code == "no-eval"


PROGRAM = "{0}\nlet s = '😀'; {0}\ns = foo(s); {0}\nif (s == NaN) console.log(s); {0}\n"
FOUND = ["spanwise/undefined-name", "use-isnan"]


def test_comments_suppress_nothing(codes):
    comments = [
        *("", "/* eslint-disable */", "// eslint-disable-line", "// eslint-disable-next-line", "/* global foo */"),
        *(
            "/* globals foo:writable */",
            "/* eslint use-isnan: off */",
            "/* eslint-env browser */",
            "/* exported foo */",
        ),
        *("<!-- eslint-disable -->", "/* eslint-disable use-isnan, spanwise/undefined-name */"),
    ]
    assert codes(*(PROGRAM.format(comment) for comment in comments)) == [FOUND] * len(comments)


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    off = (
        "module.exports = [{ rules: { 'use-isnan': 'off', 'spanwise/undefined-name': 'off' } }, { ignores: ['**'] }];\n"
    )
    old = '{"root": true, "ignorePatterns": ["*"], "rules": {"use-isnan": "off"}}'
    ignored = "*\n"
    plant({
        "eslint.config.js": off, "eslint.config.cjs": off, ".eslintrc.json": old, ".eslintrc": old,
        ".eslintignore": ignored, ".gitignore": ignored, "package.json": f'{{"eslintConfig": {old}, "type": "module"}}',
    })  # fmt: skip
    assert codes(PROGRAM.format("")) == [FOUND]


def test_names_may_come_from_anywhere_but_the_programs_beside_it(codes):
    texts = [
        "var shared = 1; function helper() { return shared; }\nfoo = 2;\n",
        "console.log(shared, helper(), foo, globalThis.other);\n",
        "import shared from 'node:fs'; export default shared;\n",
        "module.exports = [require('fs'), __dirname, Buffer, structuredClone, typeof nothing];\n",
        "console.log(window, document, alert);\n",
    ]
    undefined = "spanwise/undefined-name"
    assert codes(*texts) == [["spanwise/implicit-global"], [undefined] * 3, [], [], [undefined] * 3]


def test_each_file_is_read_as_node_would(codes):
    expected = [
        ("foo = 1; console.log(foo);\n", "spanwise/implicit-global"),
        ("'use strict'; foo = 1; console.log(foo);\n", "spanwise/undefined-name"),
        ("export const a = 1; foo = 1; console.log(foo);\n", "spanwise/undefined-name"),
        ("with ({}) { console.log(1); }\n", "no-with"),
        ("import fs from 'fs'; with ({}) { console.log(fs); }\n", "syntax-error"),
        ("new Function('return foo')();\n", "no-new-func"),
        ("setTimeout('foo()', 1);\n", "no-implied-eval"),
    ]
    found = codes(*(text for text, _ in expected))
    assert [code in items for (_, code), items in zip(expected, found, strict=True)] == [True] * len(expected)


def test_what_is_unused_at_the_top_is_for_others(installed):
    top = "const fs = require('fs'); let n = 1; n = 2; class A {} function f(a) { return 1; }\n"
    inner = "function g() { const fs = 1; let n = 1; n = 2; class A {} function f() {} }\n"
    found = ANALYZER.run([Source(text, "javascript") for text in (top, "export {};\n" + top, inner)])
    unused = [[item.message.split()[0] for item in items if item.code == "spanwise/unused-local"] for items in found]
    assert unused == [[], [], ["'fs'", "'n'", "'A'", "'f'"]]
