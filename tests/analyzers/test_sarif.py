import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import registry
from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import END_OF_LINE, Convention, Unit
from analyzers.sarif import BYTES, CODEPOINTS, TOOLS, UTF16, from_name, from_sarif
from analyzers.types import Kind, Location, Severity, Source, Status

CAPTURED = Path(__file__).parent / "captured" / "sarif"
PYTHON = "s = 'é😀日'; y = undefined_name; eval(s)\n"
JAVASCRIPT = "/* h */\nconst s = 'é😀日'; let y = 1; debugger; eval(s); undefinedName(s == 2 && y == y);\n"
C = (
    '#include <stdio.h>\nint main(void) { const char *s = "é😀日"; int a[2]; int x; a[3] = x; printf("%s", s);'
    " int *p = 0; *p = 1; return 0; }\n"
)
WROTE = {
    "ast-grep": (PYTHON, [("no-eval", "eval(s)")]),
    "bandit": (PYTHON, [("B307", "eval(s)")]),
    "biome": (JAVASCRIPT, [("lint/suspicious/noDebugger", "debugger;")]),
    "clang": (C, [("core.uninitialized.Assign", "=")]),
    "cppcheck": (C, [("arrayIndexOutOfBounds", "["), ("uninitvar", "x"), ("nullPointer", "0")]),
    "eslint": (
        JAVASCRIPT,
        [
            ("no-debugger", "debugger;"),
            ("no-eval", "eval"),
            ("no-undef", "undefinedName"),
            ("eqeqeq", "=="),
            ("no-self-compare", "y == y"),
            ("eqeqeq", "=="),
        ],
    ),
    "oxlint": (JAVASCRIPT, [("eslint(no-debugger)", "debugger;"), ("eslint(no-eval)", "eval")]),
    "pyrefly": (PYTHON, [("unknown-name", "undefined_name")]),
    "ruff": (PYTHON, [("F821", "undefined_name")]),
    "semgrep": (PYTHON, [("no-eval", "eval(s)")]),
    "ty": (PYTHON, [("unresolved-reference", "undefined_name")]),
}


def log(*results, version="2.1.0", rules=(), **run):
    driver = {"name": "some tool", "rules": list(rules)}
    return {"version": version, "runs": [{"tool": {"driver": driver}, "results": list(results)} | run]}


def result(region=None, *, uri="p0.py", **keys):
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}} | ({"region": region} if region else {})}
    return {"ruleId": "R1", "message": {"text": "why"}, "locations": [place]} | keys


def read(tree):
    return list(from_sarif()(json.dumps(tree)))


def marked(text, tree, convention=CODEPOINTS):
    found = to_diagnostics("tool", text, read(tree), convention=convention)
    return [text[one.span.start : one.span.end] for one in found]


@pytest.mark.parametrize("tool", sorted(WROTE))
def test_what_tools_wrote_is_read_at_its_place(tool):
    text, expected = WROTE[tool]
    findings = from_sarif()((CAPTURED / f"{tool}.sarif").read_text(encoding="utf-8"))
    found = to_diagnostics(tool, text, findings, convention=CODEPOINTS)
    assert [(one.code, text[one.span.start : one.span.end]) for one in found] == expected


def test_every_tool_in_the_table_is_tested_and_in_need_of_its_entry():
    assert set(TOOLS) <= set(WROTE)
    for tool, convention in TOOLS.items():
        tree = json.loads((CAPTURED / f"{tool}.sarif").read_text(encoding="utf-8"))
        (run,) = tree["runs"]
        says = {"unicodeCodePoints": CODEPOINTS, "utf16CodeUnits": UTF16, None: None}[run.get("columnKind")]
        assert says != convention, tool
        assert run["tool"]["driver"]["name"].lower().split()[0] == tool


@pytest.mark.parametrize(
    ("name", "skips"),
    # the column of `y` in "\ufeffx = 1; y" as each tool gave it
    [("ruff", 8), ("bandit", 8), ("eslint", 8), ("ty", 8), ("biome", 9), ("ast-grep", 9), ("oxlint", 11)],
)
def test_a_byte_order_mark_counts_as_the_tool_counts_it(name, skips):
    tree = log(result({"startLine": 1, "startColumn": skips, "endColumn": skips + 1}))
    tree["runs"][0]["tool"]["driver"]["name"] = f"{name} 9.9"
    assert marked("\ufeffx = 1; y", tree) == ["y"]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ({"startLine": 2, "startColumn": 3, "endLine": 4, "endColumn": 5}, (2, 3, 4, 5)),
        ({"startLine": 2, "startColumn": 3, "endColumn": 5}, (2, 3, 2, 5)),
        ({"startLine": 2, "startColumn": 3}, (2, 3, 2, END_OF_LINE)),
        ({"startLine": 2, "endColumn": 5}, (2, 1, 2, 5)),
        ({"startLine": 2}, (2, None, None, None)),
        ({"startLine": 2, "endLine": 3}, (2, None, 3, None)),
        (None, (None, None, None, None)),
    ],
)
def test_regions_have_the_defaults_of_the_standard(region, expected):
    (found,) = read(log(result(region)))
    assert (found.line, found.column, found.end_line, found.end_column) == expected
    assert (found.code, found.message, found.file, found.severity) == ("R1", "why", "p0.py", Severity.MEDIUM)


TEXT = 's = "é😀日"; name\n'  # name begins at code point 11, UTF-16 unit 12, byte 17, all from 0


@pytest.mark.parametrize(
    ("kind", "region"),
    [
        ("unicodeCodePoints", {"startLine": 1, "startColumn": 12, "endColumn": 16}),
        ("utf16CodeUnits", {"startLine": 1, "startColumn": 13, "endColumn": 17}),
        ("bytes", {"startLine": 1, "startColumn": 18, "endColumn": 22}),
        (None, {"startLine": 1, "startColumn": 12, "endColumn": 16}),  # the analyzer's own convention
        ("unicodeCodePoints", {"startLine": 1, "startColumn": 12}),
        ("utf16CodeUnits", {"charOffset": 12, "charLength": 4}),
        ("unicodeCodePoints", {"charOffset": 11, "charLength": 4}),
        ("unicodeCodePoints", {"charOffset": 11}),
        ("unicodeCodePoints", {"byteOffset": 17, "byteLength": 4}),
        ("utf16CodeUnits", {"byteOffset": 17, "byteLength": 4, "charOffset": -1}),
        ("unicodeCodePoints", {"startLine": 1, "byteOffset": 17, "byteLength": 4}),
        ("unicodeCodePoints", {"startLine": 1, "startColumn": 12, "endColumn": 16, "byteOffset": 0, "byteLength": 1}),
    ],
)
def test_every_way_to_say_where_leads_to_the_same_place(kind, region):
    tree = log(result(region), **({"columnKind": kind} if kind else {}))
    assert marked(TEXT, tree) == ["name"]


def test_the_table_wins_over_what_a_tool_says_and_a_run_over_the_analyzer():
    tree = log(result({"startLine": 1, "startColumn": 18, "endColumn": 22}), columnKind="unicodeCodePoints")
    longer = TEXT.strip() + " + other"
    assert marked(longer, tree) == [" oth"]
    tree["runs"][0]["tool"]["driver"]["name"] = "OxLint"
    assert marked(longer, tree) == ["name"]
    tree = log(result({"startLine": 1, "startColumn": 12, "endColumn": 16}), columnKind="unicodeCodePoints")
    assert marked(TEXT, tree, convention=Convention(1, 0, Unit.BYTE)) == ["name"]


@pytest.mark.parametrize("region", [{"startLine": 0, "startColumn": 0}, {"startLine": 99, "startColumn": 7},
    {"startLine": 1, "startColumn": 12, "endColumn": 3}, {"startLine": -5, "endLine": -9}, {"charOffset": 10**30, "charLength": -4},
    {"byteOffset": 2**63, "byteLength": 10**400}, {"startLine": 10**400, "startColumn": 10**400, "endLine": 1, "endColumn": 1}])  # fmt: skip
def test_places_outside_the_text_are_clamped(region):
    (found,) = to_diagnostics("tool", TEXT, read(log(result(region))), convention=CODEPOINTS)
    assert 0 <= found.span.start <= found.span.end <= len(TEXT)


@given(
    st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength", "byteOffset"]),
        st.integers(-3, 50),
    ),
    st.sampled_from(["unicodeCodePoints", "utf16CodeUnits", "bytes"]),
)
def test_any_region_on_any_text_lies_within(text, region, kind):
    for found in to_diagnostics("tool", text, read(log(result(region), columnKind=kind)), convention=BYTES):
        assert found.span.end <= len(text)


@pytest.mark.parametrize(
    ("keys", "rule", "severity", "kind"),
    [
        ({"level": "error"}, {}, Severity.HIGH, Kind.LOGIC),
        ({}, {}, Severity.MEDIUM, Kind.LOGIC),
        ({}, {"defaultConfiguration": {"level": "note"}}, Severity.INFO, Kind.LOGIC),
        ({"level": "error"}, {"defaultConfiguration": {"level": "note"}}, Severity.HIGH, Kind.LOGIC),
        ({"kind": "review"}, {"defaultConfiguration": {"level": "error"}}, Severity.INFO, Kind.LOGIC),
        ({}, {"properties": {"tags": ["x", "Security"]}}, Severity.MEDIUM, Kind.SECURITY),
        ({}, {"properties": {"category": "style"}}, Severity.MEDIUM, Kind.STYLE),
        ({"properties": {"tags": ["name"]}}, {"properties": {"tags": ["style"]}}, Severity.MEDIUM, Kind.NAME),
        ({"level": "note"}, {"properties": {"security-severity": "9.1"}}, Severity.CRITICAL, Kind.SECURITY),
        ({}, {"properties": {"security-severity": "7.0"}}, Severity.HIGH, Kind.SECURITY),
        ({}, {"properties": {"security-severity": "4"}}, Severity.MEDIUM, Kind.SECURITY),
        ({}, {"properties": {"security-severity": "0.1"}}, Severity.LOW, Kind.SECURITY),
        ({}, {"properties": {"security-severity": "grave"}}, Severity.MEDIUM, Kind.LOGIC),
    ],
)
def test_how_bad_it_is(keys, rule, severity, kind):
    (found,) = read(log(result(**keys), rules=[{"id": "R0"}, {"id": "R1"} | rule]))
    assert (found.severity, found.kind) == (severity, kind)


@pytest.mark.parametrize(
    ("code", "syntax"),
    [
        ("invalid-syntax", True),
        ("syntaxError", True),
        ("SyntaxError", True),
        ("lint/parse-error", True),
        ("parse", True),
        ("no-parse-int", False),
        ("F821", False),
        ("sparse", False),
        ("no-syntax-errors-in-regex", False),
    ],
)
def test_a_rule_that_is_named_so_is_about_syntax(code, syntax):
    (found,) = read(log(result(ruleId=code)))
    assert ((found.severity, found.kind) == (Severity.FATAL, Kind.SYNTAX)) is syntax


@pytest.mark.parametrize(
    "keys",
    [
        {"ruleIndex": 1},
        {"ruleId": "R2", "ruleIndex": 1},
        {"ruleId": "R2/odd"},
        {"rule": {"index": 1}},
        {"rule": {"id": "R2"}},
        {"ruleId": "R2", "rule": {"toolComponent": {"index": -1}}},
    ],
)
def test_rules_are_found_by_index_and_by_name(keys):
    rules = [{"id": "R1"}, {"id": "R2", "defaultConfiguration": {"level": "error"}}]
    bare = {key: value for key, value in result().items() if key != "ruleId"}
    (found,) = read(log(bare | keys, rules=rules))
    assert (found.code[:2], found.severity) == ("R2", Severity.HIGH)


def test_a_rule_of_an_extension():
    tree = log(result(rule={"index": 0, "toolComponent": {"index": 0}}))
    extension = {"name": "more", "rules": [{"id": "X1", "defaultConfiguration": {"level": "error"}}]}
    tree["runs"][0]["tool"]["extensions"] = [extension]
    assert read(tree)[0].severity is Severity.HIGH


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"text": "plain {0}"}, "plain {0}"),
        ({"text": "{0} is not {1}, {9}", "arguments": ["a", "b"]}, "a is not b, {9}"),
        ({"id": "own", "arguments": ["a"]}, "rule a"),
        ({"id": "shared"}, "global"),
        ({"id": "nowhere"}, ""),
        ({"markdown": "**m**"}, "**m**"),
        ({}, ""),
    ],
)
def test_messages_are_looked_up_and_filled_in(message, said):
    tree = log(result(message=message), rules=[{"id": "R1", "messageStrings": {"own": {"text": "rule {0}"}}}])
    tree["runs"][0]["tool"]["driver"]["globalMessageStrings"] = {"shared": {"text": "global"}}
    assert read(tree)[0].message == said


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ({"uri": "src/p0.py"}, "src/p0.py"),
        ({"uri": "a%20b/%C3%A9.py"}, "a b/é.py"),
        ({"uri": "file:///w/a%20b.py"}, "/w/a b.py"),
        ({"uri": "file://localhost/w/a.py"}, "/w/a.py"),
        ({"uri": "/w/a.py"}, "/w/a.py"),
        ({"uri": "a.py", "uriBaseId": "SRC"}, "/root/src/a.py"),
        ({"uri": "a.py", "uriBaseId": "%SRCROOT%"}, "a.py"),
        ({"uri": "a.py", "uriBaseId": "LOOP"}, "loop/a.py"),
        ({"index": 0}, "/root/p 0.py"),
        ({"uri": "https://example.org/a%20b.py"}, "https://example.org/a%20b.py"),
        ({}, ""),
    ],
)
def test_paths(location, path):
    bases = {
        "ROOT": {"uri": "file:///root"},
        "SRC": {"uri": "src/", "uriBaseId": "ROOT"},
        "%SRCROOT%": {"description": {"text": "where the code is"}},
        "LOOP": {"uri": "loop/", "uriBaseId": "LOOP"},
    }
    place = {"physicalLocation": {"artifactLocation": location}}
    artifacts = [{"location": {"uri": "p%200.py", "uriBaseId": "ROOT"}}]
    tree = log(result(locations=[place]), originalUriBaseIds=bases, artifacts=artifacts)
    assert read(tree)[0].file == path


def test_the_first_place_in_a_file_is_where_it_is():
    places = [
        {"logicalLocations": [{"name": "f"}]},
        {"physicalLocation": {"artifactLocation": {"uri": "p1.py"}, "region": {"startLine": 7}}},
        {"physicalLocation": {"artifactLocation": {"uri": "p0.py"}, "region": {"startLine": 8}}},
    ]
    (found,) = read(log(result(locations=places)))
    assert (found.file, found.line) == ("p1.py", 7)
    (found,) = read(log(result(locations=[], analysisTarget={"uri": "p2.py"})))
    assert (found.file, found.line) == ("p2.py", None)
    (found,) = to_diagnostics("tool", TEXT, read(log(result(locations=[]))), convention=CODEPOINTS)
    assert found.location is Location.GLOBAL


def test_suppressed_results_count_and_those_that_are_no_findings_do_not():
    tree = log(
        result(suppressions=[{"kind": "inSource"}], ruleId="A"),
        result(kind="pass", ruleId="B"),
        result(kind="notApplicable", ruleId="C"),
        result(baselineState="absent", ruleId="D"),
        result(baselineState="unchanged", ruleId="E"),
        result(kind="open", ruleId="F"),
    )
    assert [found.code for found in read(tree)] == ["A", "E", "F"]


def test_several_runs_each_count_in_their_own_way():
    tree = log(result({"startLine": 1, "startColumn": 18, "endColumn": 22}), columnKind="bytes")
    tree["runs"] += log(result({"startLine": 1, "startColumn": 13, "endColumn": 17}), columnKind="utf16CodeUnits")[
        "runs"
    ]
    tree["runs"] += log()["runs"]
    assert marked(TEXT, tree) == ["name", "name"]


def test_a_byte_order_mark_before_the_log():
    assert [found.line for found in from_sarif()("\ufeff" + json.dumps(log(result({"startLine": 3}))))] == [3]


def test_ratings_of_the_analyzer_win():
    parse = from_sarif(lambda finding: replace(finding, severity=Severity.FATAL))
    assert [found.severity for found in parse(json.dumps(log(result())))] == [Severity.FATAL]


def test_a_run_that_failed_is_a_failure():
    notice = {"message": {"text": "out of memory"}, "level": "error"}
    tree = log(invocations=[{"executionSuccessful": False, "toolExecutionNotifications": [notice]}])
    with pytest.raises(AnalyzerFailed, match=r"some tool says that it failed: 'out of memory'"):
        read(tree)
    for key in ("toolExecutionNotifications", "toolConfigurationNotifications"):
        with pytest.raises(AnalyzerFailed, match=r"some tool says that it failed: 'out of memory'"):
            read(log(result(), invocations=[{"executionSuccessful": True, key: [notice]}]))
    assert read(log(invocations=[{"toolExecutionNotifications": [notice | {"level": "warning"}, {}]}])) == []


@pytest.mark.parametrize(
    "output",
    [
        "",
        "{}",
        "null",
        "[]",
        "Traceback (most recent call last):",
        json.dumps(log())[:-5],
        json.dumps(log()) + "x",
        json.dumps(log(version="1.0.0")),
        '{"version": "2.1.0"}',
        '{"version": "2.1.0", "runs": [1]}',
        '{"version": "2.1.0", "runs": null}',
        json.dumps(log(1)),
        json.dumps(log(columnKind="furlongs") | {}).replace('"results": []', '"results": [{}]'),
        json.dumps(log(result({"startLine": "7"}))),
        json.dumps(log(result({"startLine": 1.5}))),
        json.dumps(log(result({"startLine": True}))),
        json.dumps(log(result(level="dire"))),
        json.dumps(log(result(ruleIndex=7))),
        json.dumps(log(result(uri="http://[bad"))),
        json.dumps(log(result(uri=7))),
        json.dumps(log(result(message="text"))),
        '{"version": "2.1.0", "runs": ' + "[" * 100_000,
        '{"version": "2.1.0", "runs": [{"results": [' + "9" * 5000 + "]}]}",
    ],
)
def test_what_is_not_sarif_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(from_sarif()(output))


@pytest.mark.parametrize("results", [None, "absent"])
def test_a_run_without_results_is_not_clean(results):
    tree = log()
    if results is None:
        tree["runs"][0]["results"] = None
    else:
        del tree["runs"][0]["results"]
    with pytest.raises(AnalyzerFailed, match="'some tool' has no results, which is more than none found"):
        read(tree)


PRINTS = """
import json, sys
out, *files = sys.argv[1:]
results = []
for file in files or ["-"]:
    text = sys.stdin.read() if file == "-" else open(file, encoding="utf-8").read()
    at = text.find("bad")
    if at >= 0:
        place = {"artifactLocation": {"uri": file}} if file != "-" else {}
        region = {"charOffset": at, "charLength": 3}
        results.append({"ruleId": "no-bad", "message": {"text": text}, "locations": [{"physicalLocation": place | {"region": region}}]})
log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "prints"}}, "results": results}]}
print(json.dumps(log), file=sys.stdout if out == "-" else open(out, "w"))
sys.exit(4 * bool(results))
"""


@pytest.fixture
def prints(tmp_path):
    (tmp_path / "prints.py").write_text(PRINTS)
    (tmp_path / "prints").write_text(f'#!/bin/sh\nexec {sys.executable} {tmp_path}/prints.py "$@"\n')
    (tmp_path / "prints").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("arguments", ["-", "- {files}", "- {file}", "{output} {files}", "'{output}' {file}"])
def test_a_command_is_an_analyzer(prints, arguments, marked):
    analyzer = from_name("sarif:any", f"./prints {arguments}", prints)
    assert analyzer.languages == ("*",)
    with pytest.raises(AnalyzerFailed, match="ended with status 4, expected 0, 1"):
        marked(analyzer, "é😀 = bad  # noqa")
    analyzer = from_name("sarif[python exit=4]:any", f"./prints {arguments}", prints)
    assert (analyzer.languages, marked(analyzer, "é😀 = bad  # noqa")) == (("python",), [("no-bad", "bad")])
    ((found,),) = analyzer.run([Source("é😀 = bad  # noqa")])
    assert found.message == "é😀 = bad  # xxxx"
    assert marked(analyzer, "x = 1") == []


def test_many_files_share_a_process_where_the_command_takes_them(prints):
    assert from_name("sarif:any", "./prints - {files}", prints).batch_size > 1
    assert from_name("sarif:any", "./prints - {file}", prints).batch_size == 1
    analyzer = from_name("sarif[exit=4]:any", "./prints - {files}", prints)
    found = analyzer.run([Source("x"), Source("1 bad"), Source("bad")])
    assert [[one.span.start for one in items] for items in found] == [[], [2], [0]]


def test_the_engine_knows_a_command_by_its_name_in_every_process(prints, monkeypatch):
    monkeypatch.chdir(prints)
    name = "sarif[python exit=4]:./prints - {files}"
    with Engine([name], workers=1) as engine:
        (report,) = engine.submit(Source("é😀 = bad")).result(60)
        (other,) = engine.submit(Source("bad", "java")).result(60)
    assert (report.analyzer, report.status, report.diagnostics[0].analyzer) == (name, Status.OK, name)
    assert other.status is Status.NOT_APPLICABLE


def test_a_real_tool_by_its_command_alone(marked):
    name = "sarif:ruff check --isolated --no-cache --ignore-noqa --select=F821 --output-format=sarif {files}"
    assert marked(registry.get(name), PYTHON) == [("F821", "undefined_name")]
    assert marked(registry.get(name), "x = 1\n") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sarif:", "lacks what stands behind the colon"),
        ("sarif:''", "has no words"),
        ("sarif:tool 'open", "cannot be split into words: No closing quotation"),
        ("sarif[pyhton]:tool", "unknown language 'pyhton'; did you mean python"),
        ("sarif[exit=x]:tool", "exit= takes a number, as in exit=4, got 'x'"),
        ("sarif:nowhere.sarif", "there is no file"),
        ("sarf:tool", "unknown analyzer 'sarf:tool'; did you mean sarif:"),
    ],
)
def test_bad_usage(name, said):
    with pytest.raises(ValueError, match=said):
        registry.check([name])


def test_a_command_that_is_missing():
    with pytest.raises(ToolMissing, match=r"needs the command 'no-such-tool', which is not installed$"):
        registry.get("sarif:no-such-tool {files}").fingerprint()


def test_findings_stay_plain_records():
    assert read(log(result({"startLine": 1}, level="error"), columnKind="bytes")) == [
        Finding("R1", "why", 1, severity=Severity.HIGH, file="p0.py", convention=BYTES)
    ]
