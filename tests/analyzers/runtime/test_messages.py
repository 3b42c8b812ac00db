"""What gcc, node and bash say, word for word as they said it, and what is read from it."""

from analyzers.runtime.messages import bash, gcc, node, reports
from analyzers.types import Kind, Location

GCC_ERROR = (
    '[{"kind": "warning", "column-origin": 1, "children": [], "option": "-Wunused-variable", "locations": [{"caret": '
    '{"byte-column": 5, "display-column": 5, "line": 1, "file": "/w/main.c", "column": 5}}], "message": "unused"}, '
    '{"kind": "error", "column-origin": 1, "children": [{"kind": "note", "locations": [{"caret": {"byte-column": 1, '
    '"display-column": 1, "line": 1, "file": "/usr/include/stdio.h", "column": 1}}], "message": "candidate"}], '
    '"locations": [{"finish": {"byte-column": 40, "display-column": 37, "line": 2, "file": "/w/main.c", "column": 40}, '
    '"caret": {"byte-column": 39, "display-column": 36, "line": 2, "file": "/w/main.c", "column": 39}, "start": '
    '{"byte-column": 35, "display-column": 32, "line": 2, "file": "/w/main.c", "column": 35}}], "escape-source": false, '
    '"message": "‘missing’ undeclared (first use in this function)"}]\n'
)


def test_gcc_gives_errors_with_their_range():
    (found,) = gcc.compile_findings("", GCC_ERROR, "main.c")
    assert (found.line, found.column, found.end_line, found.end_column) == (2, 35, 2, 40)
    assert (found.code, found.kind, found.file) == ("name-error", Kind.NAME, "/w/main.c")
    assert gcc.CONVENTION.end_inclusive


def test_gccs_linker_has_no_place():
    said = "[]\n/usr/bin/ld: /tmp/cc.o: in function `main':\nmain.c:(.text+0x5): undefined reference to `g'\n"
    (found,) = gcc.compile_findings("", said + "collect2: error: ld returned 1 exit status\n", "main.c")
    assert (found.code, found.message, found.line) == ("undefined-reference", "undefined reference to `g'", None)


def test_templates_are_charged_to_the_line_that_needed_them():
    said = (
        "In file included from /usr/include/c++/12/bits/stl_algobase.h:71,\n"
        "                 from main.cpp:1:\n"
        "/usr/include/c++/12/bits/predefined_ops.h: In instantiation of ‘bool less<T>::operator()’:\n"
        "/usr/include/c++/12/bits/stl_algo.h:1937:27:   required from ‘void std::__sort(...)’\n"
        "/b/main.cpp:3:44:   required from here\n"
        "/usr/include/c++/12/bits/predefined_ops.h:45:23: error: no match for ‘operator<’\n"
        "/b/main.cpp:3:44:   required from here\n"
        "/usr/include/c++/12/bits/predefined_ops.h:69:22: error: no match for ‘operator>’\n"
    )
    (found,) = gcc.compile_findings("", said, "main.cpp")
    assert (found.file, found.line, found.column, found.message) == ("/b/main.cpp", 3, None, "no match for ‘operator<’")


def test_a_compiler_that_was_killed_says_nothing_that_can_be_read():
    assert gcc.compile_findings("", "g++: fatal error: Killed signal terminated program cc1plus\n", "main.cpp") == []
    assert gcc.compile_findings("", '[{"kind": "err', "main.cpp") == []


def test_ends_of_programs_of_gcc():
    said = "main: /b/main.c:5: int main(): Assertion `f(2)==3' failed.\n"
    (found,) = gcc.run_findings("", said, "main.c")
    assert (found.code, found.line, found.file) == ("assert", 5, "/b/main.c")
    assert gcc.FAILED.search(said)
    said = "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector::at\n"
    (found,) = gcc.run_findings("", said, "main.cpp")
    assert (found.code, found.message, found.line) == ("std::out_of_range", "vector::at", None)
    assert gcc.run_findings("", "", "main.c") == []


def test_node_gives_the_place_of_a_syntax_error():
    said = "/b/main.js:2\nlet '😀' = 2;\n    ^^^^\n\nSyntaxError: Unexpected string\n    at wrapSafe (node:internal)\n"
    (found,) = node.run_findings("", said, "main.js")
    assert (found.line, found.column, found.end_column, found.kind) == (2, 5, 9, Kind.SYNTAX)
    assert node.run_findings("", said.replace("main.js", "other.js"), "main.js") == []


def test_reports_of_our_scripts():
    said = 'x\n\x1e{"code":"TypeError","message":"é","at":[[3,5],[9,1]],"failed":false,"spread":false}\n'
    inner, outer = node.run_findings("", said, "main.js")
    assert (inner.code, inner.message, inner.line, inner.column, outer.line) == ("TypeError", "é", 3, 5, 9)
    (spread,) = reports.findings('\x1e{"code":"RangeError","message":"","at":[[3,5]],"spread":true}\n')
    assert spread.location is Location.GLOBAL
    assert node.FAILED.search('\x1e{"code":"AssertionError","message":"","at":[],"failed":true}')
    assert not node.FAILED.search('{"failed":true}')


def test_reports_that_a_program_made_up_are_passed_over():
    for said in ("{", "[]", '{"code": 1}', '{"code": "", "message": "", "kind": "x"}', '{"a": ' * 3000):
        assert reports.findings(f"\x1e{said}}}\n") == []


def test_bash_gives_lines():
    said = "/b/main.sh: line 3: syntax error near unexpected token `}'\n/b/main.sh: line 3: `}'\n"
    (found,) = bash.compile_findings("", said, "main.sh")
    assert (found.code, found.line, found.kind) == ("SyntaxError", 3, Kind.SYNTAX)
    said = '/b/main.sh: line 4: foo: command not found\n\n\x1e{"code": "ExitStatus", "message": "", "at": [[9]]}\n'
    missing, ended = bash.run_findings("", said, "main.sh")
    assert (missing.code, missing.line, ended.code, ended.line) == ("CommandNotFound", 4, "ExitStatus", 9)
