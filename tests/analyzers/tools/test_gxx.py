from dataclasses import replace

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.runtime import prepared
from analyzers.tools.gxx import ANALYZER, TEXT, prepared_headers
from analyzers.types import Kind, Severity, Source

UNUSED = {"severity": Severity.LOW, "kind": Kind.STYLE}


def test_the_output_is_understood(captured):
    *found, header = ANALYZER.parse(captured("gxx.txt"))
    assert found == [
        Finding("undeclared", "‘missing’ was not declared in this scope", 3, 103, 3, 109, severity=Severity.FATAL, kind=Kind.NAME),
        Finding("unused-variable", "unused variable ‘s’", 3, 39, **UNUSED),
        Finding("unused-variable", "unused variable ‘unused’", 3, 57, 3, 62, **UNUSED),
    ]  # fmt: skip
    assert header.message.startswith("in a header: no match for ‘operator-’ in ‘__last - __first’")
    assert (header.code, header.line, header.column, header.severity) == ("error", 3, 74, Severity.FATAL)


HEADER = '[{"kind": "error", "message": "m", "locations": [{"caret": {"file": "/usr/include/x", "line": 1}}]}]\n'


def text(*lines):
    return HEADER + "\n".join([TEXT, *lines]) + "\n"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["p0.cpp:3:7:   required from here", "/usr/include/x:1:1: error: m"], (3, 7)),
        (["p0.cpp:9:7:   required from ‘f’", "p0.cpp:3:7:   required from here", "/usr/x:1:1: error: m"], (3, 7)),
        (["p0.cpp:3:7:   in ‘constexpr’ expansion of ‘f()’", "/usr/x:1:1: error: m"], (3, 7)),
        (["In file included from /usr/include/y:32,", "                 from p0.cpp:2:", "/usr/x:1:1: error: m"], (2, None)),
        (["p0.cpp:3:7: error: own", "/usr/include/x:1:1: error: m"], (None, None)),
        (["/usr/include/x:1:1: fatal error: m"], (None, None)),
        (["virtual memory exhausted: Cannot allocate memory"], (None, None)),
        ([], (None, None)),
    ],
)  # fmt: skip
def test_an_error_in_a_header_stands_where_the_program_met_it(lines, place):
    (found,) = ANALYZER.parse(text(*lines))
    assert (found.message, found.line, found.column) == ("in a header: m", *place)


@pytest.mark.parametrize("output", ["", "sh: 1: g++: not found", "[]\nsh: g++: not found"])
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


def test_a_clean_program_is_compiled_once(installed):
    assert ANALYZER.run([Source("int f() { return 1; }\n", "cpp")]) == [()]


@pytest.mark.parametrize("before", ['#pragma GCC diagnostic ignored "-Wparentheses"\n', '#line 1 "/usr/include/x"\n'])
def test_pragmas_suppress_nothing(installed, before):
    (found,) = ANALYZER.run([Source(before + "int f(int a) { if (a = 3) return 1; return 0; }\n", "cpp")])
    assert [item.code for item in found] == ["parentheses"]


def test_endless_templates_end(installed):
    (found,) = ANALYZER.run([Source("template<int N> struct A { typedef typename A<N+1>::t t; }; A<0>::t a;\n", "cpp")])
    assert "error" in [item.code for item in found]


def test_headers_that_are_compiled_before_change_nothing_but_the_time(installed, tmp_path, monkeypatch):
    monkeypatch.setattr(prepared, "cache_folder", lambda: str(tmp_path))
    monkeypatch.setattr(prepared, "_reachable", lambda folder: True)
    prepared._seen.clear()
    program = (
        "// é😀\n#include <algorithm>\n#include <list>\n"
        "int f(std::list<int> l) { std::sort(l.begin(), l.end()); return missing; }\n"
    )
    assert [prepared_headers(program) for _ in range(2)] == [(), ()]  # nothing is worth it for two
    option, header = prepared_headers(program)
    assert (option, (tmp_path / f"{header}.gch").exists()) == ("-include", True)
    (tmp_path / header).write_text("#error read once more\n")  # which it is not
    (found,) = ANALYZER.run([Source(program, "cpp")])
    assert [item.code for item in found] == ["error", "undeclared"]
    assert [found] == replace(ANALYZER, prepared=None).run([Source(program, "cpp")])
