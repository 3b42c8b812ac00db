import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from analyzers import jsonrpc, lsp, registry
from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed, AnalyzerTimeout, ToolMissing
from analyzers.lsp import LanguageServer
from analyzers.tool import find_command
from analyzers.types import Kind, Severity, Source, Status

FAKE = Path(__file__).parent / "language_server.py"
TEXT = "s = 'é😀日'; bad\n"


@pytest.fixture
def server(tmp_path):
    """Makes an analyzer of the fake server with the given oddities; nothing of it is left in the end."""
    made = []

    def make(*odd, timeout_s=20.0, settle_s=0.05):
        pids = tmp_path / f"pids{len(made)}"
        argv = (sys.executable, "-IS", str(FAKE), f"pids={pids}", *odd)
        analyzer = LanguageServer("lsp:fake", ("*",), argv, timeout_s=timeout_s, settle_s=settle_s)
        made.append((analyzer, pids))
        analyzer.started = lambda: len(pids.read_text().split())
        return analyzer

    yield make
    for analyzer, pids in made:
        analyzer.close()
        if pids.exists():
            gone(map(int, pids.read_text().split()))


def gone(pids):
    deadline = time.monotonic() + 10
    left = list(pids)
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
        time.sleep(0.02)
    assert not left


@pytest.mark.parametrize("encoding", ["", "utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("way", ["", "pull"])
def test_columns_count_what_the_server_says(server, marked, way, encoding):
    assert marked(server(way, *([f"encoding={encoding}"] if encoding else [])), TEXT) == [("no-bad", "bad")]


@pytest.mark.parametrize("way", ["", "no-version", "pull", "register", "pull,not-ready", "asks", "pull,asks"])
def test_servers_are_asked_or_listened_to(server, marked, way):
    analyzer = server(way)
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    assert marked(analyzer, "x = 1\n") == []
    assert marked(analyzer, "\ufeffé = bad\r\nx\rbad") == [("no-bad", "bad"), ("no-bad", "bad")]
    assert analyzer.started() == 1


def test_what_a_server_says_becomes_a_diagnostic(server):
    ((found,),) = server("pull").run([Source("x = bad  # noqa: all", "python")])
    assert (found.analyzer, found.code, found.severity, found.kind) == ("lsp:fake", "no-bad", Severity.HIGH, Kind.LOGIC)
    assert found.message == "x = bad  # xxxx: xxx"


def test_what_a_program_says_to_its_compiler_does_not_reach_the_server(server):
    ((found,),) = server("pull").run([Source('_Pragma("GCC diagnostic ignored") int bad;', "c")])
    assert found.message == '_Pxxxxx("GCC diagnostic ignored") int bad;'


@pytest.mark.parametrize("way", ["stale", "stale,no-version", "twice", "stale,twice"])
def test_the_last_word_about_this_very_program_counts(server, marked, way):
    analyzer = server(way, settle_s=0.5)
    for text in ("x = 1\n", TEXT, "y = 2\n"):
        assert marked(analyzer, text) == ([("no-bad", "bad")] if "bad" in text else [])


@pytest.mark.parametrize(
    ("at", "way", "said"),
    [
        ("start", "garbage", "no header with a Content-Length: b'Segmentation fault"),
        ("start", "half", "ended with status 0"),
        ("start", "registrations", "cannot be understood"),
        ("pull", "crash", r"ended with status 3; it said: 'boom'"),
        ("pull", "no-json", "sent no JSON .*b'oops'"),
        ("open", "garbage", "no header with a Content-Length: b'Segmentation fault"),
        ("open", "huge", "announced a message of 99999999999 bytes"),
        ("open", "negative", "no header with a Content-Length"),
        ("open", "short-garbage", "no header with a Content-Length: b'oops"),
        ("open", "no-json", "sent no JSON .*b'oops'"),
        ("open", "deep", "sent no JSON .RecursionError"),
        ("open", "list", r"sent b'\[\]', expected an object"),
        ("open", "half", "ended with status 0"),
        ("open", "endless-header", "no header with a Content-Length: b'XXX"),
        ("open", "crash", r"ended with status 3; it said: 'boom'"),
        ("open", "signal", "ended with status -11"),
        ("open", "registrations", "cannot be understood"),
        ("open", "params", "cannot be understood"),
    ],
)
def test_a_server_that_crashes_or_talks_nonsense_is_a_failure_and_the_next_one_is_new(server, marked, at, way, said):
    analyzer = server("pull" if at == "pull" else "", f"{at}:{way}")
    for _ in range(2):
        with pytest.raises(AnalyzerFailed, match=said):
            analyzer.run([Source(TEXT)])
    assert analyzer.started() == 2


@pytest.mark.parametrize("way", ["wrong-ids", "stderr", "error"])
@pytest.mark.parametrize("at", ["start", "open", "pull"])
def test_what_is_no_answer_is_passed_over(server, marked, at, way):
    analyzer = server("pull" if at == "pull" else "", f"{at}:{way}")
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    assert analyzer.started() == 1


@pytest.mark.parametrize("way", ["silent", "start:hang", "open:hang", "pull,pull:hang"])
def test_a_server_that_never_answers_is_ended_in_time(server, way):
    analyzer = server(*way.split(","), "child", timeout_s=1.0)
    with pytest.raises(AnalyzerTimeout, match=r"did not (answer|greet) in time"):
        analyzer.run([Source(TEXT)])
    assert analyzer._session is None


def test_a_flood_is_dammed(server, monkeypatch):
    monkeypatch.setattr(jsonrpc, "MAX_CONVERSATION", 4 << 20)
    with pytest.raises(AnalyzerFailed, match=f"said more than {4 << 20} bytes about one program"):
        server("open:flood").run([Source(TEXT)])


def test_a_program_too_large_for_the_pipe_gets_through_to_a_server_that_talks_first(server, marked):
    text = "x = 'é'\n" * 50_000 + "bad\n"
    assert marked(server("open:stderr", "asks"), text) == [("no-bad", "bad")]


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("pull,refuses", "answered with an error: {'code': -32603, 'message': 'internal'}"),
        ("pull,unchanged", "kind 'unchanged', expected 'full'"),
        ("encoding=latin-1", "counts in 'latin-1', expected one of utf-32, utf-8, utf-16"),
    ],
)
def test_answers_that_do_not_help(server, way, said):
    with pytest.raises(AnalyzerFailed, match=said):
        server(way).run([Source(TEXT)])


def test_one_program_that_ends_the_server_does_not_spoil_the_next(server, marked):
    analyzer = server("crash me:crash", "hang me:hang", timeout_s=2.0)
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    with pytest.raises(AnalyzerFailed, match="ended with status 3; it said: 'boom'"):
        analyzer.run([Source("crash me")])
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    with pytest.raises(AnalyzerTimeout):
        analyzer.run([Source("hang me")])
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    assert analyzer.started() == 3


def test_a_server_that_died_between_programs_is_replaced(server, marked):
    analyzer = server("pull")
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]
    os.kill(analyzer._session._connection._process.pid, signal.SIGKILL)
    analyzer._session._connection._process.wait()
    assert marked(analyzer, TEXT) == [("no-bad", "bad")]


def test_a_server_is_replaced_after_its_share_of_programs(server, marked, monkeypatch):
    monkeypatch.setattr(lsp, "RECYCLE_AFTER", 2)
    analyzer = server("pull")
    assert [marked(analyzer, f"x = {index}; bad") for index in range(5)] == [[("no-bad", "bad")]] * 5
    assert analyzer.started() == 3


def test_nothing_is_left_on_disk(server, tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    for way in ("pull", "open:crash", "start:crash"):
        analyzer = server(way)
        if way == "pull":
            analyzer.run([Source(TEXT)])
        else:
            with pytest.raises(AnalyzerFailed):
                analyzer.run([Source(TEXT)])
        analyzer.close()
    assert os.listdir(folder) == []


def test_a_program_that_is_too_long(server):
    with pytest.raises(AnalyzerFailed, match="takes at most 1000000 code points, got 1000001"):
        server().run([Source("x" * 1_000_001)])


def test_the_fingerprint_is_the_command_and_what_the_server_calls_itself(server):
    analyzer = server("pull")
    assert analyzer.fingerprint().endswith(" pull: fake 1.2 0.05")
    assert analyzer._session is None


def test_a_command_that_is_missing():
    with pytest.raises(ToolMissing, match=r"needs the command 'no-such-server', which is not installed$"):
        registry.get("lsp:no-such-server --stdio").fingerprint()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lsp:", "lacks what stands behind the colon"),
        ("lsp[pyhton]:ruff server", "did you mean python"),
        ("lsp[exit=3]:ruff server", "a language server does not exit"),
        ("lsp:'open", "No closing quotation"),
    ],
)
def test_bad_usage(name, said):
    with pytest.raises(ValueError, match=said):
        registry.check([name])


def fake_name(pids, *odd):
    return f"lsp[python]:{sys.executable} -IS {FAKE} pids={pids} {' '.join(odd)}"


def test_the_engine_keeps_one_server_warm_and_ends_it(tmp_path):
    name = fake_name(tmp_path / "pids", "pull", "deaf")
    with Engine([name], workers=1) as engine:
        reports = engine.analyze_batch([Source(f"x = {index}; bad") for index in range(5)])
        (other,) = engine.submit(Source("bad", "java")).result(60)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert [(one.status, len(one.diagnostics)) for (one,) in reports] == [(Status.OK, 1)] * 5
    assert other.status is Status.NOT_APPLICABLE
    assert len(pids) == 2  # one for the fingerprint, one for the programs
    gone(pids)


def test_a_server_ends_with_a_process_that_is_killed(tmp_path):
    # It reads no more, has a child, and would go on for ten minutes.
    pids = tmp_path / "pids"
    script = f"""
import os, signal
from analyzers import registry
from analyzers.types import Source
analyzer = registry.get({fake_name(pids, "pull", "deaf", "child")!r})
analyzer.run([Source("bad")])
print(*[child.pid for child in __import__("psutil").Process().children(recursive=True)], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    children = [int(pid) for pid in done.stdout.split()]
    assert len(children) == 3  # the server, its child, the guard
    gone(children)


REAL = {
    "lsp[python]:ruff server": "F821",
    "lsp[python]:basedpyright-langserver --stdio": "reportUndefinedVariable",
    "lsp[python]:pylsp": "pyflakes",
}


@pytest.mark.parametrize("name", REAL)
def test_real_servers(name):
    command = name.partition(":")[2].split()[0]
    try:
        find_command(command, "", asked_by=name)
    except ToolMissing:
        pytest.skip(f"{command} is not installed")
    analyzer = registry.get(name)
    text = "s = 'é😀日'\ny = undefined_name  # type: ignore # noqa\n"
    for source in (text, text + "z = 1\n"):
        ((*found,),) = analyzer.run([Source(source)])
        (one,) = [one for one in found if one.code == REAL[name] and "undefined" in one.message]
        assert source[one.span.start :].startswith("undefined_name")
        assert one.severity >= Severity.HIGH
    ((*found,),) = analyzer.run([Source("x: int = 1\n")])
    assert [one for one in found if one.severity >= Severity.HIGH] == []
    analyzer.close()


def test_a_real_server_where_columns_differ():
    if not shutil.which("ruff", path=Path(sys.executable).parent):
        pytest.skip("ruff is not installed")
    analyzer = registry.get("lsp[python]:ruff server")
    text = "\ufeffs = 'é😀日'; y = undefined_name\n"
    ((found,),) = analyzer.run([Source(text)])
    assert text[found.span.start : found.span.end] == "undefined_name"
    assert (found.severity, found.kind) == (Severity.CRITICAL, Kind.NAME)
    analyzer.close()
