import logging
import os
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed, AnalyzerTimeout, ToolMissing
from analyzers.findings import Finding
from analyzers.parsers import from_json, from_json_lines
from analyzers.positions import Convention, Unit
from analyzers.tool import Tool
from analyzers.types import Source, Span, Status

ECHO = "import sys, json; text = sys.stdin.read(); print(json.dumps([{'code': text[:9], 'line': 1, 'column': 1}]))"
NAMES = (
    "import sys, json; print(json.dumps([{'code': open(f, encoding='utf-8').read()[:1], 'line': 1, 'column': 1, 'file': f}"
    " for f in sys.argv[1:]]))"
)


def tool(code, *arguments, **changes):
    """A tool that runs `code` in a Python of its own."""
    base = Tool(
        name="echo",
        languages=("python",),
        argv=(sys.executable, "-c", code, *arguments),
        parse=from_json(lambda record: Finding(message="", **record)),
        convention=Convention(1, 1, Unit.CODEPOINT),
        package="pypi:echo",
    )
    return replace(base, **changes)


def codes(found):
    return [[diagnostic.code for diagnostic in diagnostics] for diagnostics in found]


def test_a_program_on_standard_input_has_lost_the_words_of_its_comments():
    assert codes(tool(ECHO).run([Source("x = 1 # noqa"), Source("é😀 = 2\n")])) == [["x = 1 # x"], ["é😀 = 2\n"]]


def test_a_lone_surrogate_reaches_a_tool_as_valid_text():
    assert codes(tool(ECHO).run([Source("s='\ud800'")])) == [["s='\ufffd'"]]


@pytest.mark.parametrize(("batch", "processes"), [(1, 3), (2, 2), (8, 1)])
def test_many_files_share_a_process(batch, processes, monkeypatch):
    started = []
    popen = __import__("subprocess").Popen
    monkeypatch.setattr("subprocess.Popen", lambda *args, **kwargs: started.append(args) or popen(*args, **kwargs))
    found = tool(NAMES, "{files}", batch_size=batch).run([Source(text) for text in "abc"])
    assert (codes(found), len(started)) == ([["a"], ["b"], ["c"]], processes)


def test_what_is_prepared_for_a_program_stands_among_the_arguments():
    say = "import sys, json; print(json.dumps([{'code': ' '.join(sys.argv[1:]), 'line': 1, 'column': 1}]))"
    made = tool(say, "a", "{prepared}", "{file}", prepared=lambda text: ["--with", text] if text == "x" else [])
    assert codes(made.run([Source("x"), Source("y")])) == [["a --with x p0.py"], ["a p0.py"]]


def test_a_single_file_is_named():
    (found,) = tool(NAMES, "./{file}").run([Source("abc")])
    assert (found[0].code, found[0].span) == ("a", Span(0, 3))


FOLDERS = (
    "import sys, os, json; print(json.dumps([{'code': open(f + '/Main.java').read(), 'line': 1, 'column': 1,"
    " 'file': os.path.abspath(f)} for f in reversed(sys.argv[1:])]))"
)


def test_programs_with_a_name_of_their_own_lie_in_folders():
    mine = tool(FOLDERS, "{folders}", file="Main.java", batch_size=8)
    assert codes(mine.run([Source(text) for text in "abc"])) == [["a"], ["b"], ["c"]]
    assert codes(tool(NAMES, "{files}", file="Main.java", batch_size=8).run([Source("a"), Source("b")])) == [
        ["a"],
        ["b"],
    ]


def test_of_several_programs_each_finding_names_one():
    code = 'print(\'[{"code": "x"}]\')'
    assert codes(tool(code, "{files}").run([Source("a")])) == [["x"]]
    with pytest.raises(AnalyzerFailed, match="reports on '', which it was not given"):
        tool(code, "{files}", batch_size=2).run([Source("a"), Source("b")])


STOPS = """
import sys, json
for name in sys.argv[1:]:
    text = open(name).read()
    print(json.dumps({"code": text, "line": 1, "column": 1, "file": name}))
    if text == "bad":
        raise SystemExit(3)
"""


@pytest.mark.parametrize("texts", ["a", "a b c", "bad", "bad a", "a bad", "a bad b bad bad c", "bad bad"])
def test_a_tool_that_stops_at_a_program_is_given_the_others_again(texts):
    mine = tool(
        STOPS, "{files}", batch_size=8, stop_exit_codes=(3,),
        parse=from_json_lines(lambda record: Finding(message="", **record)),
    )  # fmt: skip
    assert codes(mine.run([Source(text) for text in texts.split()])) == [[text] for text in texts.split()]


def test_a_tool_that_stops_without_a_word_has_failed():
    mine = tool("raise SystemExit(3)", "{files}", batch_size=8, stop_exit_codes=(3,), parse=from_json_lines(Finding))
    for sources in ([Source("a")], [Source("a"), Source("b")]):
        with pytest.raises(AnalyzerFailed, match="echo ended with status 3, expected 0, 1"):
            mine.run(sources)


def test_a_program_that_is_refused_is_not_given_to_the_command():
    mine = tool(
        "import sys, os; assert os.listdir() == sys.argv[1:] == ['p0.py'];" + NAMES, "{files}", batch_size=8,
        refuse=lambda text: Finding("refused", text, 1, 1) if text == "bad" else None,
    )  # fmt: skip
    assert codes(mine.run([Source("bad"), Source("a"), Source("bad")])) == [["refused"], ["a"], ["refused"]]
    assert codes(tool("raise SystemExit(9)", refuse=mine.refuse).run([Source("bad")])) == [["refused"]]


def test_settings_and_environment():
    code = (
        "import os, sys, json; at = os.environ['RULES'];"
        "print(json.dumps([{'code': open(at).read(), 'message': str(sorted(os.listdir())) }, {'code': open(sys.argv[2][4:]).read()}]))"
    )
    mine = tool(
        code, "{file}", "--c={settings}/sub/b.cfg",
        settings={"a.cfg": "é", "sub/b.cfg": "two"}, environment={"RULES": "{settings}/a.cfg"},
        parse=from_json(lambda record: Finding(record["code"], record.get("message", ""))),
    )  # fmt: skip
    ((first, second),) = mine.run([Source("x")])
    assert (first.code, second.code, second.message) == ("two", "é", "['p0.py']")
    assert (
        len(
            {mine.fingerprint(), *(replace(mine, **{field: {}}).fingerprint() for field in ("settings", "environment"))}
        )
        == 3
    )


def test_findings_in_a_file():
    code = "import sys; print('noise'); sys.argv[1:] and open(sys.argv[1], 'w').write('[{\"code\": \"x\"}]')"
    assert codes(tool(code, "{output}").run([Source("a")])) == [["x"]]
    with pytest.raises(AnalyzerFailed, match="echo did not write its findings; it said: 'noise'"):
        tool("print('noise')", "{output}").run([Source("a")])


def test_the_environment_is_bare_and_the_folder_empty(monkeypatch):
    monkeypatch.setenv("SECRET", "s")
    code = "import os, json; print(json.dumps([{'code': ' '.join(sorted(os.environ)) + '|' + ','.join(os.listdir())}]))"
    ((found,),) = tool(code).run([Source("x")])
    names, _, files = found.code.partition("|")
    assert set(names.split()) <= {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR"}
    assert files == ""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(2)", "echo ended with status 2, expected 0, 1"),
        ("import sys; sys.stderr.write('boom'); raise SystemExit(7)", "it said: 'boom'"),
        ("import os; os.kill(os.getpid(), 9)", "status -9"),
        ("print('not json')", "unexpected JSON"),
        ("import sys; sys.stderr.write('A' * 5000 + 'Z' * 5000); raise SystemExit(3)", "it said: 'A{200} ... Z{200}'"),
        ('print(\'[{"code": "x"\')', r"unexpected JSON .*: '\[{\"code\": \"x\""),
        ("print('Traceback (most recent call last):')", r"unexpected JSON .*: 'Traceback \(most recent"),
        ("", "unexpected JSON"),
        ("print('[{}]')", "unexpected JSON"),
        ('print(\'[{"code": "x", "file": "/etc/passwd"}]\')', "reports on '/etc/passwd', which it was not given"),
    ],
)
def test_a_failure_is_not_clean(code, said):
    with pytest.raises(AnalyzerFailed, match=said):
        tool(code).run([Source("x")])


def test_too_much_output(monkeypatch):
    monkeypatch.setattr("analyzers.tool.MAX_OUTPUT", 1000)
    with pytest.raises(AnalyzerFailed, match="more than 1000 bytes"):
        tool("print('x' * 5000)").run([Source("x")])


def test_too_long():
    with pytest.raises(AnalyzerFailed, match="at most 5 code points, got 6"):
        tool(ECHO, max_length=5).run([Source("x"), Source("123456")])


def test_findings_on_standard_error():
    assert codes(tool("import sys; sys.stderr.write('[]')", stderr=True).run([Source("x")])) == [[]]


def test_a_tool_that_hangs_is_killed_with_its_children(tmp_path):
    pids = tmp_path / "pids"
    code = (
        "import subprocess, sys, os, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); time.sleep(600)"
    )
    with pytest.raises(AnalyzerTimeout, match="echo did not finish in 2 s"):
        tool(code, timeout_s=2.0).run([Source("x")])
    assert_gone(pids)


def test_children_that_a_tool_leaves_behind_are_killed(tmp_path):
    pids = tmp_path / "pids"
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(pids)!r}, 'w').write(str(child.pid)); print('[]')"
    )
    assert tool(code).run([Source("x")]) == [()]
    assert_gone(pids)


def assert_gone(pids):
    deadline = time.monotonic() + 10
    left = [int(pid) for pid in pids.read_text().split()]
    while time.monotonic() < deadline and any(alive(pid) for pid in left):
        time.sleep(0.01)
    assert not [pid for pid in left if alive(pid)]


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("package", "how"),
    [("pypi:nope", "pip install nope"), ("debian:nope", "apt-get install nope"), ("npm:n", "npm install")],
)
def test_a_missing_command_says_what_provides_it(package, how):
    missing = tool("", argv=("no-such-command-at-all",), package=package)
    for ask in (missing.fingerprint, lambda: missing.run([Source("x")])):
        with pytest.raises(ToolMissing, match=f"'no-such-command-at-all', which is not installed: {how}"):
            ask()


@pytest.mark.parametrize("missing", ["lib.jar", "/nowhere/lib.jar"])
def test_whatever_else_is_missing_says_what_provides_it(missing, tmp_path):
    lacking = tool("", needs=("sh", str(tmp_path), missing), package="debian:libnope-java")
    for ask in (lacking.fingerprint, lambda: lacking.run([Source("x")])):
        with pytest.raises(ToolMissing, match=f"needs {missing}, which is not installed: apt-get install libnope-java"):
            ask()


GONE = """
from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.tool import Tool

ANALYZER = Tool(
    "gone", ("python",), ("no-such-command-at-all", "{files}"), from_json(Finding), Convention(), "npm:gone@1.2.3", batch_size=4
)
"""
UNAVAILABLE = "gone needs the command 'no-such-command-at-all', which is not installed: npm install --global gone@1.2.3"


@pytest.fixture
def gone(tmp_path):
    (tmp_path / "gone.py").write_text(GONE, encoding="utf-8")
    return tmp_path / "gone.py"


def test_the_engine_says_once_that_a_command_is_missing(gone, caplog):
    with caplog.at_level(logging.WARNING, "analyzers.engine"), Engine([str(gone), "syntax"], workers=1) as engine:
        reports = [engine.analyze_batch([Source("x = 1"), Source(text)]) for text in ("y", "z")]
    for unavailable, syntax in (row for batch in reports for row in batch):
        assert (unavailable.status, unavailable.detail, syntax.status) == (Status.UNAVAILABLE, UNAVAILABLE, Status.OK)
    assert [record.message for record in caplog.records] == [f"gone: unavailable: {UNAVAILABLE} (said once)"]


def test_the_command_line_says_once_that_a_command_is_missing(gone, tmp_path):
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(f"x = '{name}'\n")
    command = [sys.executable, "-m", "rewards", "a.py", "b.py", "c.py", "--analyzers", f"syntax,{gone}", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("npm install --global gone@1.2.3")) == (0, 1), done.stderr
    assert done.stdout.count('"unavailable"') == 3


def test_the_fingerprint_holds_version_and_settings():
    one, other = tool("1").fingerprint(), tool("2").fingerprint()
    assert f"Python {sys.version.split()[0]}" in one
    assert one != other


def test_nothing_is_left_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tool(ECHO).run([Source("x")])
    with pytest.raises(AnalyzerFailed):
        tool("raise SystemExit(2)").run([Source("x")])
    assert os.listdir(tmp_path) == []
