import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

import analyzers
import grammars
from analyzers import registry
from analyzers.engine import Engine
from analyzers.types import Kind, Severity, Source, Status

FAULTY = Path(__file__).with_name("faulty.py")
STATIC = ("syntax", "pyflakes", "pylint", "ruff")
NAMES = ("raising", "hanging", "stuck", "dying", "exiting", "greedy", "counted", "noisy", "rubbish", "outside", "fine")
OTHERS = ("clamped", "unpicklable", "missing", "broken", "batched", "short")

EDGES = {
    "empty": "",
    "blank": "\n \t\n",
    "null": "x = 1\0\n",
    "long": "x = 1\n" * 170_000,
    "brackets": "(" * 5000,
    "balanced": "x = " + "[" * 5000 + "]" * 5000 + "\n",
    "surrogates": "s = '\ud800'\n# \udfff\n",
    "crlf": "def f():\r\n    return missing\r\n",
    "cr": "x = 1\ry = missing\r",
    "cut": "def f():\n    s = 'é😀",
    "cut triple": 's = """é😀\n',
    "form feed": "s = 'a\x0cb\u2028c\x85'\n\x0cx = missing\n",
    "bom": "\ufeffx = missing\n",
    "deep": "x = " + "+".join(["1"] * 3000) + "\n",
    "prose": "Sure! Here is the code:\n```python\nx = 1\n```\n",
    "digits": "x = " + "1" * 5000 + "\n",
}


@pytest.fixture(scope="module")
def engine():
    with Engine(STATIC, workers=2) as shared:
        yield shared


@pytest.fixture
def faulty(distribution):
    """Makes the analyzers of `faulty.py` known."""
    entries = {name: f"faulty_plugin:{name.upper()}" for name in (*NAMES, *OTHERS)}
    distribution("faulty-dist", analyzers=entries, faulty_plugin=FAULTY.read_text())
    yield
    sys.modules.pop("faulty_plugin", None)


def statuses(reports):
    return {report.analyzer: report.status for report in reports}


def only(name, text, **options):
    with Engine([name], workers=1, **options) as engine:
        return engine.submit(Source(text)).result(60)[0]


def test_one_report_per_analyzer_in_their_order(engine):
    text = 's = "é😀"; x = missing\n'
    reports = engine.submit(Source(text)).result(60)
    assert [(report.analyzer, report.status) for report in reports] == [(name, Status.OK) for name in STATIC]
    assert [[item.code for item in report.diagnostics] for report in reports] == [
        [],
        ["UndefinedName"],
        ["undefined-variable"],
        ["F821"],
    ]
    assert {text[item.span.start : item.span.end] for report in reports for item in report.diagnostics} == {"missing"}
    assert all(report.seconds > 0 for report in reports)


@pytest.mark.parametrize("name", EDGES)
def test_edges(engine, name):
    text = EDGES[name]
    reports = engine.submit(Source(text)).result(120)
    for report in reports:
        assert report.status in (Status.OK, Status.FAILED), report
        assert (report.status is Status.OK) == (report.detail == "")
        for item in report.diagnostics:
            assert 0 <= item.span.start <= item.span.end <= len(text)
    if name == "long":  # too long to be linted, and says so
        assert [report.status for report in reports] == [Status.OK, *[Status.FAILED] * 3]
    elif name != "deep":  # deeper than the interpreter compiles
        assert [report.status for report in reports] == [Status.OK] * 4
    # the engine works on
    after = engine.submit(Source(f"y = after_{name.replace(' ', '_')}\n")).result(60)
    assert [report.status for report in after] == [Status.OK] * 4


@pytest.mark.parametrize(
    ("name", "marked"), [("crlf", "missing"), ("cr", "missing"), ("form feed", "missing"), ("bom", "\ufeff")]
)
def test_lines_are_those_of_compilers(engine, name, marked):
    text = EDGES[name]
    found = engine.submit(Source(text)).result(60)[1].diagnostics
    assert marked in [text[item.span.start : item.span.end] for item in found]


def test_a_batch_is_what_its_sources_are_one_by_one(engine):
    texts = [f"import os, sys\nx = missing_{index}\n" for index in range(12)]
    batch = engine.analyze_batch([Source(text) for text in texts])
    with Engine(STATIC, workers=1) as fresh:
        single = [fresh.submit(Source(text)).result(60) for text in texts]
    assert [[report.diagnostics for report in reports] for reports in batch] == [
        [report.diagnostics for report in reports] for reports in single
    ]


def test_an_alias_of_a_language_is_the_language(engine):
    assert engine.submit(Source("x = missing", "py")).result(60)[1].diagnostics[0].code == "UndefinedName"


def test_an_unknown_language(engine):
    with pytest.raises(grammars.UnknownLanguage, match="pythn"):
        engine.submit(Source("x", "pythn"))


def test_analyzers_for_another_language_do_not_apply(with_example):
    with Engine(["starlark-lacks", "syntax", "pylint"], workers=1) as engine:
        lacks, syntax, pylint = engine.submit(Source('s = "é😀"; import os\n', "bzl")).result(60)
    assert (lacks.status, lacks.diagnostics[0].code) == (Status.OK, "import_statement")
    assert syntax.status is Status.OK
    assert (pylint.status, pylint.detail) == (Status.NOT_APPLICABLE, "pylint is for python, not for starlark")


def test_an_unknown_analyzer_is_refused_at_once():
    with pytest.raises(registry.UnknownAnalyzer, match="did you mean pylint"):
        Engine(["runtime", "pylnt"])


def test_no_analyzers_no_reports():
    with Engine([]) as engine:
        assert engine.submit(Source("x")).result(5) == ()
        assert engine.analyze_batch([]) == []


@pytest.mark.parametrize(
    ("name", "text", "status", "detail"),
    [
        ("raising", "x", Status.FAILED, "raising raised ValueError: boom x"),
        ("hanging", "hang", Status.TIMED_OUT, "hanging did not finish in 0.5 s and was killed"),
        ("stuck", "hang", Status.TIMED_OUT, "stuck did not finish in 0.5 s and was killed"),
        ("dying", "die", Status.FAILED, "the worker of dying died"),
        ("exiting", "x", Status.FAILED, "exiting raised SystemExit: 0"),
        ("greedy", "x", Status.FAILED, "greedy raised MemoryError"),
        ("rubbish", "x", Status.FAILED, "answered with 'not a diagnostic'"),
        ("outside", "x", Status.FAILED, "the text ends at 1"),
        ("short", "x", Status.FAILED, "short answered 0 times for 1 sources"),
        ("unpicklable", "x", Status.FAILED, ""),
        ("missing", "x", Status.UNAVAILABLE, "missing needs the command 'nope': pip install nope"),
        ("broken", "x", Status.FAILED, "broken raised KeyError"),
    ],
)
def test_a_failure_has_a_status_and_says_why(faulty, name, text, status, detail):
    with Engine([name, "fine"], workers=1) as engine:
        report, fine = engine.submit(Source(text)).result(60)
        assert (report.analyzer, report.status, report.diagnostics) == (name, status, ())
        assert detail in report.detail
        assert "\n" not in report.detail
        assert fine.status is Status.OK
        # the worker that was lost has been replaced
        assert engine.submit(Source("y")).result(60)[1].status is Status.OK


def test_one_that_hangs_does_not_hold_up_the_others(faulty):
    with Engine(["hanging"], workers=2) as engine:
        reports = engine.analyze_batch([Source(text) for text in ("a", "hang", "b", "c", "hang 2", "d")])
    expected = [Status.OK, Status.TIMED_OUT, Status.OK, Status.OK, Status.TIMED_OUT, Status.OK]
    assert [report.status for (report,) in reports] == expected


def test_a_failure_is_logged_once_for_each_analyzer_and_cause(faulty, caplog):
    with (
        caplog.at_level(logging.WARNING, "analyzers.engine"),
        Engine(["raising", "missing", "dying"], workers=1) as engine,
    ):
        engine.analyze_batch([Source(text) for text in ("a", "b", "die", "c")])
    assert sorted(record.message.split(":")[0] for record in caplog.records) == ["dying", "missing", "raising"]
    assert "raising: failed: raising raised ValueError: boom a (said once)" in caplog.text


def test_places_that_a_program_does_not_have_are_counted_and_told_once(faulty, caplog):
    with caplog.at_level(logging.WARNING, "analyzers.engine"), Engine(["clamped", "fine"], workers=1) as engine:
        reports = engine.analyze_batch([Source(text) for text in "abc"])
    assert [(report.status, report.clamped) for report in reports[0]] == [(Status.OK, 1), (Status.OK, 0)]
    assert [record.message for record in caplog.records] == [
        "clamped: ok: 1 findings at places that the program does not have; the nearest ones count (said once)"
    ]


def test_numbers_in_a_message_are_no_new_cause(caplog):
    with caplog.at_level(logging.WARNING, "analyzers.engine"), Engine(["pyflakes"], workers=1) as engine:
        reports = engine.analyze_batch([Source("#" * length) for length in (1_000_001, 1_000_002)])
    assert [report.status for (report,) in reports] == [Status.FAILED] * 2
    assert len(caplog.records) == 1


def calls(path):
    return len(path.read_text().splitlines())


def test_a_report_is_made_once_for_the_same_content(faulty, tmp_path):
    file = tmp_path / "calls"
    with Engine(["counted"], workers=2) as engine:
        source = Source(f"{file}\nx")
        first = engine.submit(source).result(60)
        assert engine.submit(Source(source.text, offset=9)).result(60) == first
        assert calls(file) == 1
        engine.submit(Source(source.text, prefix=1)).result(60)
        engine.submit(Source(source.text, truncated=True)).result(60)
        assert calls(file) == 3


def test_what_is_under_way_is_not_begun_again(faulty, tmp_path):
    file = tmp_path / "calls"
    with Engine(["counted"], workers=2) as engine:
        reports = engine.analyze_batch([Source(f"{file}\nslow")] * 5)
        again = [engine.submit(Source(f"{file}\nslow 2")) for _ in range(5)]
        assert {future.result(60) for future in again}
    assert calls(file) == 2
    assert len({id(report) for (report,) in reports}) == 1


def test_sources_that_come_one_by_one_share_calls(faulty, tmp_path):
    file = tmp_path / "calls"
    with Engine(["batched"], workers=1) as engine:
        futures = [engine.submit(Source(f"{file}\n{number}")) for number in range(22)]
        assert {future.result(60)[0].status for future in futures} == {Status.OK}
    sizes = [int(size) for size in file.read_text().split()]
    assert (sum(sizes), max(sizes)) == (22, 10)


def test_what_nobody_waits_for_any_more_is_not_analysed(faulty, tmp_path):
    file = tmp_path / "calls"
    with Engine(["counted"], workers=1) as engine:
        futures = [engine.submit(Source(f"{file}\nslow {number}")) for number in range(8)]
        for future in futures[1:]:
            assert future.cancel()
        kept = engine.submit(Source(f"{file}\nslow 7"))
        assert futures[0].result(60)[0].status is kept.result(60)[0].status is Status.OK
    assert calls(file) == 3  # the first, the one that the worker was to find after it, and the last


def test_failures_are_not_kept(faulty, tmp_path):
    file = tmp_path / "calls"
    with Engine(["counted"], workers=1) as engine:
        for _ in range(2):
            assert engine.submit(Source(f"{file}\nfail")).result(60)[0].status is Status.FAILED
    assert calls(file) == 2


def test_the_cache_is_bounded(faulty, tmp_path):
    file = tmp_path / "calls"
    with Engine(["counted"], workers=1, cache_size=1) as engine:
        for rest in ("a", "b", "a"):
            engine.submit(Source(f"{file}\n{rest}")).result(60)
    assert calls(file) == 3


def test_a_bad_source_does_not_take_its_batch_with_it(faulty, tmp_path):
    file = tmp_path / "calls"
    texts = [f"{file}\n{index}{' spoilt' if index == 3 else ''}" for index in range(20)]
    with Engine(["batched"], workers=2) as engine:
        reports = [report for (report,) in engine.analyze_batch([Source(text) for text in texts])]
    assert [index for index, report in enumerate(reports) if report.status is not Status.OK] == [3]
    # two batches of ten, one of them again by threes, and three of its sources one by one
    assert sorted(map(int, file.read_text().split())) == [1, 1, 1, 1, 3, 3, 3, 10, 10]


def test_workers_are_quiet_and_work_in_an_empty_folder(faulty, capfd):
    report = only("noisy", "x")
    assert report.diagnostics[0].code == "True []"
    assert "noise" not in capfd.readouterr().out


def workers_of(engine):
    return list(engine._workers._pool._pool_manager.worker_manager.workers)


def gone(pids):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left = [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
        if not left:
            return True
        time.sleep(0.02)
    return False


def test_closing_leaves_no_process_and_no_file(faulty):
    engine = Engine(["hanging"], workers=2)
    assert engine.submit(Source("a")).result(60)[0].status is Status.OK
    started, scratch = workers_of(engine), engine._workers._scratch
    assert (len(started), scratch.is_dir()) == (2, True)
    pending = [engine.submit(Source(f"hang {index}")) for index in range(4)]
    engine.close()
    assert gone(started)
    for waiting in pending:
        (report,) = waiting.result(5)
        assert report.status is not Status.OK
    assert not scratch.exists()
    with pytest.raises(RuntimeError, match="the engine is closed"):
        engine.submit(Source("x"))
    engine.close()  # twice does no harm


def test_the_pool_is_made_anew_when_all_its_workers_were_killed(faulty):
    with Engine(["fine"], workers=1) as engine:
        assert engine.submit(Source("a")).result(60)[0].status is Status.OK
        for pid in workers_of(engine):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
        deadline = time.monotonic() + 30
        while engine.submit(Source(f"b {time.monotonic()}")).result(60)[0].status is not Status.OK:
            assert time.monotonic() < deadline


def test_many_threads_may_ask(engine):
    results = {}

    def ask(index):
        results[index] = engine.submit(Source(f"x = missing_{index % 3}\n")).result(60)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {index: reports[1].diagnostics[0].message for index, reports in results.items()} == {
        index: f"undefined name 'missing_{index % 3}'" for index in range(12)
    }


def test_entries_of_tests_must_match(engine):
    with pytest.raises(ValueError, match="each of 2 sources, got 1"):
        engine.analyze_batch([Source("x"), Source("y")], [None])


SCRIPT = """
import json, os, sys, threading
from analyzers.engine import Engine
from analyzers.types import Source
print("started", flush=True)
results = []
def work():
    engine = Engine(["pyflakes"], workers=1)
    results.append(engine.submit(Source("x = missing")).result()[0].diagnostics[0].code)
    results.append(str(engine._workers._scratch))
thread = threading.Thread(target=work)
thread.start(); thread.join()
children = [int(pid) for pid in open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split()]
print(json.dumps([results, children, sorted({"torch", "pylint"} & set(sys.modules))]))
"""


def test_a_script_needs_no_main_guard_and_an_engine_left_open_ends_with_it(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    started, answer = done.stdout.splitlines()
    (code, scratch), children, heavy = json.loads(answer)
    assert (started, code, heavy) == ("started", "UndefinedName", [])
    assert gone(children)
    assert not Path(scratch).exists()


INTERRUPTED = """
import sys, time
from analyzers.engine import Engine
from analyzers.types import Source
with Engine(["pyflakes"], workers=2) as engine:
    engine.submit(Source("x = missing")).result()
    print(engine._workers._scratch, flush=True)
    time.sleep(60)
"""


def test_ctrl_c_ends_everything_with_one_traceback(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    scratch = Path(process.stdout.readline().strip())
    assert scratch.is_dir()
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, errors = process.communicate(timeout=60)
    assert errors.count("Traceback") == 1
    assert "KeyboardInterrupt" in errors
    assert gone(children)
    assert not scratch.exists()


def test_the_workers_end_when_their_caller_is_killed(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True)
    scratch = Path(process.stdout.readline().strip())
    assert scratch.is_dir()
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert len(children) >= 2
    process.kill()
    process.communicate()
    assert gone(children)
    assert not scratch.exists()


def test_analyze_is_for_one_program():
    reports = analyzers.analyze("x = missing\n", only=["pyflakes", "syntax"])
    assert statuses(reports) == {"pyflakes": Status.OK, "syntax": Status.OK}
    (found,) = reports[0].diagnostics
    assert (found.severity, found.kind) == (Severity.CRITICAL, Kind.NAME)
    assert analyzers.names() == registry.names()


def test_analyze_asks_all_that_serve_the_language_and_need_no_tests():
    asked = {report.analyzer: report.status for report in analyzers.analyze("x = 1\n", "py")}
    assert {name: asked[name] for name in STATIC} == dict.fromkeys(STATIC, Status.OK)
    assert Status.NOT_APPLICABLE not in asked.values()
    assert not {"eslint", "runtime"} & set(asked)
