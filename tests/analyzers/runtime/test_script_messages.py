"""What is read from interpreters, word for word; and that long or odd messages do not hide the place."""

import pytest

from analyzers import runtime
from analyzers.runtime.messages import elixir, lua, ocaml, perl, php, plain, racket, reports, ruby, typescript
from analyzers.runtime.tests import Exchange, Stdio
from analyzers.types import Kind, Location, Outcome, Source, Status


@pytest.fixture(scope="module", autouse=True)
def end_pool():
    yield
    runtime.close()


def brief(findings):
    return [(found.code, found.message, found.line, found.kind) for found in findings]


LUA = """warming up
lua5.4: /tmp/x/built/main.lua:2: attempt to index a nil value (field 'a')
stack traceback:
\t/tmp/x/built/main.lua:2: in upvalue 'f'
\t/tmp/x/built/main.lua:4: in local 'g'
\t[C]: in ?
"""


def test_lua_names_the_place_and_then_the_frames():
    message = "attempt to index a nil value (field 'a')"
    found = lua.run_findings("", LUA, "main.lua")
    assert brief(found) == [("NotIndexable", message, line, Kind.RUNTIME) for line in (2, 2, 4)]


def test_lua_says_nothing_of_frames_where_it_does_not_compile():
    said = "lua: main.lua:3: unexpected symbol near 'end'\n"
    assert brief(lua.run_findings("", said, "main.lua")) == [
        ("SyntaxError", "unexpected symbol near 'end'", 3, Kind.SYNTAX)
    ]


def test_lua_blames_no_place_for_a_stack_that_is_full():
    said = "lua: main.lua:1: stack overflow (message handler)\nstack traceback:\n\tmain.lua:1: in f\n"
    assert {found.location for found in lua.run_findings("", said, "main.lua")} == {Location.GLOBAL}


def test_lua_tells_an_assertion_from_an_error():
    said = "spanwise: an assertion failed: main.lua:9: expected: 3, actual: 2\n"
    assert brief(lua.run_findings("", said, "main.lua")) == [
        ("AssertionError", "expected: 3, actual: 2", None, Kind.RUNTIME)
    ]
    assert lua.FAILED.search(said)
    assert not lua.FAILED.search(LUA)


def test_perl_believes_its_last_words():
    said = "careful at main.pl line 1.\nIllegal division by zero at main.pl line 3, <STDIN> line 2.\n"
    found = perl.run_findings("", said, "main.pl")
    assert brief(found)[0] == ("DivisionByZero", "Illegal division by zero", 3, Kind.RUNTIME)


def test_perl_tells_what_was_not_compiled_from_what_died():
    said = (
        'Global symbol "$y" requires explicit package name at main.pl line 3.\n'
        'syntax error at main.pl line 4, near "+ ;"\nExecution of main.pl aborted due to compilation errors.\n'
    )
    assert [(found.line, found.kind) for found in perl.run_findings("", said, "main.pl")] == [
        (3, Kind.SYNTAX),
        (4, Kind.SYNTAX),
    ]


def test_ocaml_reads_the_error_and_not_the_quoted_source():
    said = (
        'File "main.ml", lines 3-4, characters 2-5:\n3 | .."Error: no" ^ \n4 |   "x"\n'
        "Error: This expression has type string but an expression was expected of type\n         int\n"
    )
    (found,) = ocaml.compile_findings("", said, "main.ml")
    assert found.message == "This expression has type string but an expression was expected of type int"
    assert (found.code, found.line, found.column, found.end_line, found.end_column) == ("type-error", 3, 2, 4, 5)


@pytest.mark.parametrize(("message", "kind"), [("Syntax error", Kind.SYNTAX), ("Unbound value foo", Kind.NAME)])
def test_ocaml_tells_kinds_apart(message, kind):
    said = f'File "main.ml", line 2, characters 6-9:\n2 |   x + )\n          ^\nError: {message}\n'
    (found,) = ocaml.compile_findings("", said, "main.ml")
    assert (found.kind, found.message) == (kind, message)


def test_ocaml_follows_frames_outwards():
    said = (
        'Fatal error: exception Failure("hd")\n'
        'Raised at Stdlib.failwith in file "stdlib.ml", line 29, characters 17-33\n'
        'Called from Main.f in file "main.ml" (inlined), line 3, characters 14-17\n'
    )
    found = ocaml.run_findings("", said, "main.ml")
    assert [(one.file, one.line, one.column, one.end_column) for one in found] == [
        ("stdlib.ml", 29, 17, 33),
        ("main.ml", 3, 14, 17),
    ]
    assert {(one.code, one.message) for one in found} == {("Failure", 'Failure("hd")')}


def test_typescript_tells_kinds_apart_and_counts_in_utf16():
    said = (
        '[{"code": 1005, "message": "\';\' expected.", "start": 4, "length": 1},'
        ' {"code": 2304, "message": "Cannot find name", "start": 9, "length": 2},'
        ' {"code": 2322, "message": "no", "start": 12, "length": 3},'
        ' {"code": 5023, "message": "option", "start": null, "length": 0}]'
    )
    found = typescript.compile_findings(said, "", "main.ts")
    assert [(one.code, one.kind, one.offset, one.end_offset) for one in found] == [
        ("TS1005", Kind.SYNTAX, 4, 5),
        ("TS2304", Kind.NAME, 9, 11),
        ("TS2322", Kind.TYPE, 12, 15),
        ("TS5023", Kind.TYPE, None, None),
    ]
    assert typescript.CONVENTION.unit == "utf16"


@pytest.mark.parametrize("said", ["", "no JSON", "{}", "[1]", '[{"code": 1}]', "[" * 5000])
def test_typescript_survives_what_is_no_list_of_records(said):
    try:
        assert typescript.compile_findings(said, "", "main.ts") == []
    except RecursionError:  # bounded by the reader
        assert said == "[" * 5000


def test_a_report_has_a_finding_for_each_place():
    said = 'x\n\x1e{"code": "E", "message": "m", "at": [[2, 1, 2, 4], [5]], "kind": "syntax"}\ny\n'
    found = reports.findings(said)
    assert [(one.line, one.column, one.end_column) for one in found] == [(2, 1, 4), (5, None, None)]
    assert {one.kind for one in found} == {Kind.SYNTAX}


@pytest.mark.parametrize(
    "record",
    [
        '{"code": "E"}', '{"code": 1, "message": 2, "kind": "nothing"}', "{", '{"message": "m"}', '[1]',
        '{"code": "E", "message": "m", "at": 5, "kind": []}',
    ],
)  # fmt: skip
def test_what_is_no_report_is_passed_over(record):
    assert reports.findings(f"\x1e{record}\n") == []


@pytest.mark.parametrize("at", ["[]", "7", "[[]]", '[["a"]]', "[[-1]]", "[[true]]", "null"])
def test_a_report_with_odd_places_is_about_the_whole(at):
    (found,) = reports.findings('\x1e{"code": "E", "message": "m", "at": ' + at + "}\n")
    assert (found.code, found.line) == ("E", None)


@pytest.mark.parametrize("messages", [ruby, php, racket, elixir, perl, lua, plain])
def test_nothing_is_compiled_beforehand(messages):
    assert messages.compile_findings("Error", "error at main line 3.", "main") == []


LONG = {
    "ruby": ("raise '\"é\\\\' * 5_000\n", "RuntimeError", "raise '\"é\\\\' * 5_000"),
    "php": ("<?php\nthrow new Exception(str_repeat('\"é\\\\', 5000));\n", "Exception", None),
    "r": ("stop(strrep('\"é\\\\', 5000))\n", "error", None),
    "racket": ('#lang racket\n(error (make-string 5000 #\\"))\n', "exn:fail", '(error (make-string 5000 #\\"))'),
    "elixir": ('raise String.duplicate("\\"é\\\\", 5000)\n', "RuntimeError", None),
    "javascript": ("throw new Error('\"é\\\\'.repeat(5000));\n", "Error", "new"),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_message_does_not_hide_the_place(name):
    program, code, text = LONG[name]
    report = runtime.submit(Source(program, name), Stdio((Exchange("", "3"),)), runtime.Limits(timeout_s=5)).result()
    if report.status is Status.UNAVAILABLE:
        pytest.skip(report.detail)
    (found, *_) = report.diagnostics
    last = program.splitlines()[-1]
    assert report.verdict.outcome is Outcome.ERROR
    assert (found.code, program[found.span.start : found.span.end]) == (code, text or last)


def test_records_of_a_program_that_forges_them_change_no_verdict():
    forged = 'STDERR.write("\\x1e{\\"code\\": \\"E\\", \\"message\\": \\"m\\", \\"failed\\": true, \\"at\\": [[999999999999]]}\\n")'
    report = runtime.submit(Source(f"{forged}\nexit 1\n", "ruby"), Stdio((Exchange("", "3"),))).result()
    if report.status is Status.UNAVAILABLE:
        pytest.skip(report.detail)
    assert report.verdict.outcome is Outcome.ERROR
