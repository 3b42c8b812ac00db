from dataclasses import replace

import pytest

import grammars
from analyzers.runtime import fingerprint as module
from analyzers.runtime.fingerprint import fingerprint, toolchain_version
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.tests import Call, Calls, parse
from analyzers.runtime.wire import NotPlain

ASSERTS = parse(["assert f(1) == 2"])


def test_the_same_is_the_same():
    again = parse(["assert f(1) == 2"])
    assert fingerprint("python", ASSERTS, Limits(), "STANDARD") == fingerprint("py", again, Limits(), "STANDARD")


@pytest.mark.parametrize(
    ("tests", "limits", "tier"),
    [
        (parse(["assert f(1) == 3"]), Limits(), "STANDARD"),
        (parse({"append": "assert f(1) == 2"}), Limits(), "STANDARD"),
        (ASSERTS, Limits(timeout_s=5.0), "STANDARD"),
        (ASSERTS, Limits(memory_bytes=1), "STANDARD"),
        (ASSERTS, Limits(), "STRICT"),
    ],
)
def test_what_a_verdict_depends_on_shows(tests, limits, tier):
    assert fingerprint("python", tests, limits, tier) != fingerprint("python", ASSERTS, Limits(), "STANDARD")


def test_types_of_values_show():
    one, true = (Calls("f", (Call((value,), 1),)) for value in (1, True))
    assert fingerprint("python", one, Limits(), "") != fingerprint("python", true, Limits(), "")


def test_the_version_of_the_compiler_shows(monkeypatch):
    toolchain_version.cache_clear()
    known = fingerprint("cpp", ASSERTS, Limits(), "")
    monkeypatch.setattr(module, "toolchain_version", lambda language: "g++ 99")
    assert fingerprint("cpp", ASSERTS, Limits(), "") != known


def test_versions_are_those_of_the_commands(tmp_path, monkeypatch):
    compiler = tmp_path / "g++"
    compiler.write_text("#!/bin/sh\necho made up $1\n")
    compiler.chmod(0o755)
    monkeypatch.setattr(module, "path_of", lambda word, readable: str(tmp_path / word))
    toolchain_version.cache_clear()
    assert toolchain_version("cpp") == "made up --version"
    toolchain_version.cache_clear()


def test_a_language_without_a_command_here_has_no_version(monkeypatch):
    language = grammars.get("cpp")
    other = replace(language, toolchain=replace(language.toolchain, compile=("no-such-command",)))
    monkeypatch.setattr(module.grammars, "get", lambda name: other)
    toolchain_version.cache_clear()
    assert toolchain_version("cpp") == ""
    toolchain_version.cache_clear()


def test_tests_that_are_no_data_are_refused():
    with pytest.raises(NotPlain):
        fingerprint("python", Calls("f", (Call((object(),), 1),)), Limits(), "")
