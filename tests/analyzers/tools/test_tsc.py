import json

import pytest

from analyzers.findings import Finding
from analyzers.tools.tsc import ANALYZER
from analyzers.types import Kind, Severity, Source

PLACE = "/tmp/spanwise/programs/"
HARD = {"severity": Severity.HIGH, "kind": Kind.TYPE}
SOFT = {"severity": Severity.MEDIUM, "kind": Kind.TYPE}
NAME = {"severity": Severity.CRITICAL, "kind": Kind.NAME}
SYNTAX = {"severity": Severity.FATAL, "kind": Kind.SYNTAX}


def test_the_output_is_understood(captured):
    nowhere = "Cannot find module './p0' or its corresponding type declarations."
    claimed = "Nothing provides 'foo', which is only declared."
    method = "Property 'contains' does not exist on type 'string[]'."
    found = sorted(ANALYZER.parse(captured("tsc.json")), key=lambda finding: finding.file)
    assert found == [
        Finding("TS2322", "Type 'string' is not assignable to type 'number'.", offset=23, end_offset=24, file=f"{PLACE}p0.ts", **HARD),
        Finding("TS2304", "Cannot find name 'foo'.", offset=17, end_offset=20, file=f"{PLACE}p1.ts", **NAME),
        Finding("TS2551", "Property 'lenght' does not exist on type '\"é😀\"'. Did you mean 'length'?", offset=19, end_offset=25, file=f"{PLACE}p2.ts", **HARD),
        Finding("TS2339", "Property 'push' does not exist on type '\"é😀\"'.", offset=34, end_offset=38, file=f"{PLACE}p3.ts", **HARD),
        Finding("TS2307", nowhere, offset=18, end_offset=24, file=f"{PLACE}p4.ts", **NAME),
        Finding("TS1109", "Expression expected.", offset=25, end_offset=26, file=f"{PLACE}p5.ts", **SYNTAX),
        Finding("ambient-value", claimed, offset=32, end_offset=35, file=f"{PLACE}p6.ts"),
        Finding("TS2304", "Cannot find name 'foo'.", offset=17, end_offset=20, file=f"{PLACE}p7.js", **NAME | {"severity": Severity.HIGH}),
        Finding("TS2339", method, offset=27, end_offset=35, file=f"{PLACE}p8.js", **SOFT),
        Finding("TS2339", method, offset=46, end_offset=54, file=f"{PLACE}p9.js", **SOFT),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "file", "severity", "kind"),
    [
        ("TS1005", "p0.ts", Severity.FATAL, Kind.SYNTAX),
        ("TS18004", "p0.ts", Severity.CRITICAL, Kind.NAME),
        ("TS18048", "p0.ts", Severity.HIGH, Kind.TYPE),
        ("TS7027", "p0.ts", Severity.MEDIUM, Kind.LOGIC),
        ("TS1101", "p0.ts", Severity.FATAL, Kind.SYNTAX),
        ("TS1101", "p0.js", Severity.MEDIUM, Kind.LOGIC),
        ("TS8010", "p0.js", Severity.FATAL, Kind.SYNTAX),
    ],
)
def test_codes_are_rated_by_their_longest_start(code, file, severity, kind):
    (found,) = ANALYZER.parse(json.dumps([{"file": file, "code": code, "message": "m", "start": 1, "length": 1}]))
    assert (found.severity, found.kind) == (severity, kind)


PROGRAM = "{0}\nconst s = '😀'; {0}\nfoo(s); {0}\ns.push(1); {0}\n"
FOUND = ["TS2304", "TS2339"]


def test_comments_suppress_nothing(codes):
    comments = [
        *("", "// @ts-nocheck", "// @ts-ignore", "// @ts-expect-error", "/* @ts-ignore */", "/** @type {any} */"),
        *('/// <reference no-default-lib="true"/>', '/// <reference path="p0.ts"/>', '/// <reference types="node"/>'),
        "/** @typedef {any} foo */",
    ]
    for language in ANALYZER.languages:
        texts = [PROGRAM.format(comment) for comment in comments]
        assert codes(*texts, language=language) == [FOUND] * len(comments)


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    lax = '{"compilerOptions": {"noCheck": true, "checkJs": false, "noResolve": true}, "files": []}'
    names = "declare const foo: any;\ninterface String { push(n: number): void }\n"
    plant({
        "tsconfig.json": lax, "jsconfig.json": lax, "globals.d.ts": names, "package.json": '{"types": "globals.d.ts"}',
    })  # fmt: skip
    assert codes(PROGRAM.format("")) == codes(PROGRAM.format(""), language="javascript") == [FOUND]


def test_names_that_are_only_declared_are_reported(installed):
    texts = [
        "declare const foo: any; foo(1);\n",
        "declare let foo: any, bar: any; foo(1);\n",
        "declare class foo {} ; new foo();\n",
        "declare global { var foo: any }\nfoo(1);\nexport {};\n",
        "declare global { interface Array<T> { foo(): T } function foo(): void }\nfoo();\n",
    ]
    for text, found in zip(texts, ANALYZER.run([Source(text, "typescript") for text in texts]), strict=True):
        assert {(item.code, item.severity) for item in found} == {("ambient-value", Severity.MEDIUM)}
        assert text[found[0].span.start : found[0].span.end] == "foo"


def test_programs_of_a_batch_do_not_see_each_other(codes):
    texts = [
        "declare global { interface Array<T> { shared(): T } interface String { push(x: number): void } }\nexport {};\n",
        'declare module "node:fs" { export const shared: number }\n',
        "var shared = 1; function helper() { return shared; } interface Mine { x: number }\n",
        "shared + helper(); let m: Mine;\n",
        "[1].shared(); 's'.push(1);\n",
        "import { shared } from 'node:fs';\n",
        "import { x } from './p0'; import y = require('../programs/p2'); import('./p3.js');\n",
    ]
    assert codes(*texts)[3:] == [["TS2304"] * 3, ["TS2339"] * 2, ["TS2305"], ["TS2307"] * 3]


def test_what_a_name_might_have_meant_does_not_depend_on_the_company(codes):
    found = codes(*["const value = 1; console.log(valeu);\n"] * 12)
    assert found == [["TS2304"]] * 12


def test_lines_may_end_in_ways_that_others_do_not_know(installed, marked):
    assert marked(ANALYZER, "let s = 'a\u2028b\x0c';\u2029foo(s);\r\nbar();\r", "typescript") == [
        ("TS2304", "foo"),
        ("TS2304", "bar"),
    ]
