import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

import grammars
from analyzers.runtime import prepared
from analyzers.runtime.compilers import Compilers
from analyzers.runtime.prepared import headers, prepare
from analyzers.runtime.programs import Machine, run
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.tests import parse
from grammars import Toolchain

CPP = grammars.get("cpp").toolchain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#include <vector>\n#include<stdio.h>\nint x;", ("stdio.h", "vector")),
        ("// a\n/* #include <map>\n */\nusing namespace std;\n#  include <vector>  \nint x;", ("vector",)),
        ("#include <assert.h>\n#include <bits/stdc++.h>\n#include <map>\n", ("bits/stdc++.h",)),
        ("#include <vector>\n#include <vector>\n", ("vector",)),
        # Only what stands before anything else: what comes before a header may change what it means.
        ("#define private public\n#include <vector>\n", ()),
        ("#include <vector>\n#define int long\n#include <map>\n", ("vector",)),
        ("int x;\n#include <vector>\n", ()),
        ("#if 0\n#include <vector>\n#endif\n", ()),
        ('#include <vector>\n#include "mine.h"\n#include <map>\n', ("vector",)),
        # Only what the language's own file lists.
        ("#include <../../etc/passwd>\n#include <vector>\n", ()),
        ("#include </dev/zero>\n", ()),
        ("#include <vector> int x;\n", ()),
        ("#include <vector>", ()),
        ("", ()),
    ],
)
def test_headers_are_those_before_anything_else(text, found):
    assert headers(CPP, text) == found


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """A compiler that counts how often it is run, and its toolchain; the folders of pytest count as open."""
    monkeypatch.setattr(prepared, "_reachable", lambda folder: "closed" not in str(folder))
    prepared.version.cache_clear()
    prepared._seen.clear()
    prepared._hopeless.clear()
    command = tmp_path / "compiler"
    command.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec cat {tmp_path}/version\necho >> {tmp_path}/runs\n'
        '[ -e "$2.fail" ] && exit 1\ncp "$1" "$2"\n'
    )
    command.chmod(0o755)
    (tmp_path / "version").write_text("1.0")
    (tmp_path / "runs").touch()
    toolchain = (
        Toolchain(run=("x",), headers=("all", "a", "b"), prepare=("cc", "{cache}/prelude.h", "{cache}/out")),
        lambda word: str(command),
    )
    yield toolchain
    prepared.version.cache_clear()


def runs(tmp_path):
    return len((tmp_path / "runs").read_text())


def test_headers_are_prepared_once_where_that_is_worth_it(tmp_path, compiler):
    toolchain, find = compiler
    cache = str(tmp_path / "cache")
    text = "\n".join(["#include <b>", "#include <a>", ""])
    got = [prepare(toolchain, text, cache=cache, find=find) for _ in range(5)]
    assert got[:2] == [None, None]
    assert got[2] == got[3] == got[4]
    with open(os.path.join(got[2], "out")) as file:
        assert file.read() == "#include <a>\n#include <b>\n"
    assert runs(tmp_path) == 1
    everything = prepare(toolchain, "#include <all>\n", cache=cache, find=find)
    assert everything not in (None, got[2])
    assert os.stat(everything).st_mode & 0o005 == 0o005
    assert os.stat(os.path.join(everything, "out")).st_mode & 0o004


def test_another_version_prepares_anew(tmp_path, compiler):
    toolchain, find = compiler
    first = prepare(toolchain, "#include <all>\n", cache=str(tmp_path / "cache"), find=find)
    (tmp_path / "version").write_text("2.0")
    prepared.version.cache_clear()
    second = prepare(toolchain, "#include <all>\n", cache=str(tmp_path / "cache"), find=find)
    assert first != second
    assert runs(tmp_path) == 2


def test_a_compiler_that_fails_is_not_asked_again(tmp_path, compiler):
    toolchain, _ = compiler
    broken = tmp_path / "broken"
    broken.write_text(f"#!/bin/sh\necho >> {tmp_path}/runs\nexit 1\n")
    broken.chmod(0o755)
    for _ in range(3):
        assert prepare(toolchain, "#include <all>\n", cache=str(tmp_path / "c"), find=lambda _: str(broken)) is None
    assert runs(tmp_path) == 2  # for its version, and once for the headers


def test_what_another_process_is_at_is_not_waited_for(tmp_path, compiler):
    toolchain, find = compiler
    cache = tmp_path / "cache"
    cache.mkdir()
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert prepare(toolchain, "#include <all>\n", cache=str(cache), find=find) is None
    assert prepare(toolchain, "#include <all>\n", cache=str(cache), find=find) is not None


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path, compiler):
    toolchain, find = compiler
    (tmp_path / "file").touch()
    assert prepare(toolchain, "#include <all>\n", cache=str(tmp_path / "file"), find=find) is None


def test_a_cache_that_programs_cannot_reach_is_not_used(tmp_path, compiler):
    toolchain, find = compiler
    assert prepare(toolchain, "#include <all>\n", cache=str(tmp_path / "closed"), find=find) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs have a user of their own")
def test_a_folder_is_reachable_where_every_folder_above_is_open(tmp_path):
    with tempfile.TemporaryDirectory(dir="/tmp") as outer:
        inner = Path(outer, "inner")
        inner.mkdir()
        inner.chmod(0o755)
        os.chmod(outer, 0o755)
        assert prepared._reachable(inner)
        os.chmod(outer, 0o700)
        assert not prepared._reachable(inner)


def test_what_is_prepared_is_readable_whatever_the_umask(compiler):
    toolchain, find = compiler
    with tempfile.TemporaryDirectory(dir="/tmp") as outer:
        os.chmod(outer, 0o755)
        before = os.umask(0o077)
        try:
            folder = prepare(toolchain, "#include <all>\n", cache=os.path.join(outer, "cache"), find=find)
        finally:
            os.umask(before)
        assert folder is not None
        for path in (os.path.dirname(folder), folder):
            assert os.stat(path).st_mode & 0o777 == 0o755
        assert os.stat(os.path.join(folder, "out")).st_mode & 0o777 == 0o644


def test_the_oldest_are_forgotten_but_not_what_is_in_use(tmp_path, compiler, monkeypatch):
    monkeypatch.setattr(prepared, "KEPT", 2)
    toolchain, find = compiler
    made = []
    for name, age in (("all", 3 * prepared.FRESH_S), ("a", 2 * prepared.FRESH_S), ("b", 0)):
        folder = prepare(toolchain, f"#include <{name}>\n", cache=str(tmp_path / "c"), find=find, worth=1)
        made.append(folder)
        os.utime(os.path.join(folder, "ready"), (time.time() - age,) * 2)
    # Made one after the other: when the third was made the two before it were old, and one had to go.
    assert [os.path.exists(folder) for folder in made] == [False, True, True]


@pytest.fixture(scope="module")
def machines():
    """A machine that prepares headers, and one that does not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as cache:  # pytest's own folders are closed to programs
        os.chmod(cache, 0o755)
        server = ForkServer(readable=[cache])
        yield Machine(server, Compilers(ForkServer), cache), Machine(server, Compilers(ForkServer))
        server.close()


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
@pytest.mark.parametrize(
    "program",
    [
        "#include <bits/stdc++.h>\nusing namespace std;\nint main() { cout << 3 << endl; }",
        "#include <bits/stdc++.h>\nint main() { cout << 3 << endl; }",
        "#include <bits/stdc++.h>\n#include <vector>\nint main() { std::vector<std::string> v; v.push_back(1); }",
        "#include <assert.h>\n#include <bits/stdc++.h>\n#define NDEBUG\n#include <assert.h>\n"
        'int main() { assert(false); puts("3"); }',
        '#define NDEBUG\n#include <bits/stdc++.h>\nint main() { assert(false); puts("3"); }',
        "// #include <bits/stdc++.h>\n#include <vector>\nint main() { std::map<int, int> m; }",
        '/* #include <bits/stdc++.h> */\nint main() { puts("3"); }',
        "#include <bits/stdc++.h>\nint main() { return missing; }\n}",
        "#include <bits/stdc++.h>\nint main() { std::vector<int> v; return v.at(3); }",
        "#include <bits/stdc++.h>\n#include <no/such.h>\nint main() {}",
        '#include <bits/stdc++.h>\nint printf(const char *);\nint main() { static_assert(__LINE__ == 3); puts("3"); }',
        "#include <bits/stdc++.h>\nstruct A {};\nint main() { std::vector<A> v; std::sort(v.begin(), v.end()); }",
        "#include <bits/stdc++.h>\nstruct vector {};\nvector v;\nint main() { puts(__FILE__); }",
    ],
)
def test_prepared_headers_change_nothing(machines, program):
    tests = parse({"stdio": [{"stdin": "", "stdout": "3\n"}]})
    fast, plain = (run(tests, program, "cpp", Limits(), machine) for machine in machines)
    for outcome in (fast, plain):
        outcome.cpu_s = 0.0
        outcome.tests = [(status, 0.0, message) for status, _, message in outcome.tests]
    assert fast == plain


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_errors_in_templates_of_the_library_are_charged_to_the_programs_line(machines):
    line = "int main() { std::vector<A> v; std::sort(v.begin(), v.end()); }"
    program = f"#include <bits/stdc++.h>\nstruct A {{}};\n{line}"
    outcome = run(parse({"stdio": [{"stdin": "", "stdout": "3\n"}]}), program, "cpp", Limits(), machines[0])
    span = outcome.diagnostics[0]["span"]
    assert program[span["start"] : span["end"]] == line
