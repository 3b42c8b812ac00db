"""Warm compilers: what becomes of one that hangs, ends or says nonsense; and that Java's says what javac says."""

import json
import re
import shutil
import subprocess

import pytest

import grammars
from analyzers.runtime import compilers, programs
from analyzers.runtime.compilers import Compiled, Compilers
from analyzers.runtime.sandbox.base import SandboxBroken
from analyzers.runtime.sandbox.local import ForkServer

# Answers with the text it was given and the number of programs before it. Words of the text make it misbehave.
FAKE = r"""
import os, struct, sys, time
def read(count):
    body = b""
    while len(body) < count:
        part = os.read(0, count - len(body))
        if not part:
            sys.exit()
        body += part
    return body
def number():
    return struct.unpack(">i", read(4))[0]
def write(*parts):
    os.write(1, struct.pack(">i", len(parts)) + b"".join(struct.pack(">i", len(part)) + part for part in parts))
if "mute" in sys.argv:
    sys.exit("out of order")
write()
served = 0
while True:
    name, text = [read(number()) for _ in range(number())]
    if b"hang" in text:
        time.sleep(60)
    if b"end" in text or (b"worn" in text and served):
        os._exit(1)
    if b"odd" in text:
        write(b"0")
    if b"huge" in text:
        os.write(1, struct.pack(">ii", 2, 1 << 30))
    if b"wrong" in text:
        write(b"status", b"")
    write(b"1" if b"bad" in text else b"0", b"%d before" % served, name, text)
    served += 1
"""
WORDS = ("/usr/bin/python3", "-I", "-c", FAKE)


@pytest.fixture
def warm():
    made = Compilers(ForkServer)
    yield lambda text, words=WORDS, timeout_s=20.0: made.compile(words, {}, "main.x", text, timeout_s=timeout_s)
    made.close()


def files(compiled: Compiled) -> tuple[int, str, dict[str, bytes]]:
    return compiled.status, compiled.said, compiled.files


def test_one_process_compiles_one_program_after_another(warm):
    assert files(warm(b"a")) == (0, "0 before", {"main.x": b"a"})
    assert files(warm(b"bad" * 100_000))[:2] == (1, "1 before")
    assert warm(b"x" * 3_000_000).files == {"main.x": b"x" * 3_000_000}


def test_one_that_hangs_is_replaced(warm):
    assert warm(b"a").status == 0
    assert warm(b"hang", timeout_s=0.3).timed_out
    assert files(warm(b"b")) == (0, "0 before", {"main.x": b"b"})


def test_one_that_ends_is_tried_once_more(warm):
    assert warm(b"a").said == "0 before"
    assert files(warm(b"worn")) == (0, "0 before", {"main.x": b"worn"})
    assert files(warm(b"end")) == (1, "the compiler ended before it was done", {})
    assert warm(b"b").status == 0


@pytest.mark.parametrize("text", [b"odd", b"huge", b"wrong"])
def test_an_answer_that_makes_no_sense_is_the_harness_s_fault(warm, text):
    with pytest.raises(SandboxBroken, match="malformed"):
        warm(text)
    assert warm(b"b").status == 0


def test_one_that_does_not_start_is_the_harness_s_fault(warm):
    with pytest.raises(SandboxBroken, match="did not start: out of order"):
        warm(b"a", (*WORDS, "mute"))


def test_one_is_replaced_after_many_programs(warm, monkeypatch):
    monkeypatch.setattr(compilers, "RECYCLE_AFTER", 2)
    assert [warm(b"a").said for _ in range(5)] == ["0 before", "1 before", "0 before", "1 before", "0 before"]


BROKEN = """class Main { int f() { String é = "😀"; int x = é; return y } }
class Main { int f() { String é = "😀"; int x = é; return y; } }
class Main { void f() { List<String> a = null; a.b().c(); } }
class Main { int f() { } void g() { int x; x++; } final int z; }
class Main { void f() { for (int i = 0; i < 3; i++ { } }
class Main { void f() { "a".foo(1)
class Main { String s = "abc; }
public class Other { int f() { return "a" - 1; } }
interface A { void f(); } class Main implements A { static void g() { this.f(); throw new Exception(); } }
class Main { char c = ''; int 1x = 08; }
class Main { enum E { A } int f(E e) { switch (e) { case B: return 1; } } }
class Main { void f() { while (false) { int y = 1; } return; } int f() { return 1; } }
""".splitlines()


@pytest.mark.skipif(shutil.which("javac") is None, reason="javac is not installed: install debian:default-jdk-headless")
def test_java_is_told_what_javac_says(tmp_path):
    toolchain = grammars.get("java").toolchain
    made = Compilers(lambda: ForkServer(readable=toolchain.readable))
    words = (programs.located(toolchain.server[0], toolchain), *toolchain.server[1:])
    try:
        for text in BROKEN:
            file = "Other.java" if "Other" in text else "Main.java"
            (tmp_path / file).write_text(text + "\n", encoding="utf-8")
            said = subprocess.run(
                [
                    "javac",
                    "-proc:none",
                    "-encoding",
                    "UTF-8",
                    "-XDrawDiagnostics",
                    "-d",
                    tmp_path / "out",
                    tmp_path / file,
                ],
                capture_output=True,
                text=True,
                check=False,
            ).stderr
            expected = [(int(line), code) for line, code in re.findall(rf"^{file}:(\d+):\d+: ([\w.-]+)", said, re.M)]
            got = made.compile(words, programs.ENVIRONMENT, "Main.java", text.encode(), timeout_s=60)
            found = [(one["line"], one["code"]) for one in json.loads(got.said) if one["kind"] == "ERROR"]
            assert (got.status, found) == (1, [one for one in expected if ".err." in one[1]]), text
            assert found
    finally:
        made.close()
