import sys

import pytest

from analyzers import files

FUNCTION = """
from analyzers.plugin import analyzer

@analyzer("one")
def one(program):
    yield from ()
"""


@pytest.fixture
def write(tmp_path):
    def make(text, name="mine.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return make


def test_the_analyzers_of_a_file_are_its_objects_that_are_analyzers(write):
    plugin = files.load(write(FUNCTION + FUNCTION.replace("one", "two") + "again = one\nNAME = 'three'\n"))
    assert sorted(plugin.analyzers) == ["one", "two"]
    assert plugin.module.NAME == "three"


def test_a_built_in_analyzer_that_is_only_imported_is_not_the_file_s(write):
    plugin = files.load(write("from analyzers.tools.ruff import ANALYZER as ruff\n" + FUNCTION))
    assert list(plugin.analyzers) == ["one"]


def test_a_class_is_none_but_its_object_is(write):
    text = """
class Words:
    name, languages, timeout_s, batch_size = "words", ("*",), 1.0, 1
    def fingerprint(self): return "1"
    def run(self, sources): return [() for _ in sources]
"""
    with pytest.raises(files.BadPlugin, match="defines no analyzer"):
        files.load(write(text))
    assert list(files.load(write(text + "ANALYZER = Words()\n")).analyzers) == ["words"]


def test_a_file_is_executed_once_for_a_content(write):
    path = write("print('ran')\n" + FUNCTION)
    assert files.load(path).module is files.load(path).module
    assert files.load(write("x = 1\n" + FUNCTION)).module is not files.load(write(FUNCTION)).module


def test_a_file_can_have_dataclasses_and_futures_of_its_own(write):
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
    assert list(files.load(write(head + FUNCTION)).analyzers) == ["one"]


def test_what_a_file_prints_does_not_disturb_what_a_command_prints(write, capsys):
    files.load(write("print('hello')\n" + FUNCTION))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n1 / 0\n", r"mine.py' cannot be loaded: ZeroDivisionError: division by zero \(line 2\)"),
        ("x = = 1\n", r"cannot be loaded: SyntaxError: invalid syntax \(line 1\)"),
        ("x = '\0'\n", "cannot be loaded: SyntaxError: source code string cannot contain null bytes"),
        ("import no_such_module\n", r"ModuleNotFoundError: No module named 'no_such_module' \(line 1\)"),
        ("def f(): f()\nf()\n", r"RecursionError: .* \(line 1\)"),
        ("import sys\nsys.exit('away')\n", r"cannot be loaded: SystemExit: away \(line 2\)"),
        ("x = 1\n", "defines no analyzer; put @analyzer"),
        (FUNCTION.replace('"one"', '"a,b"'), "names an analyzer 'a,b'; expected letters, digits and '-'"),
        (FUNCTION.replace('"one"', "7"), "names an analyzer 7; expected letters, digits and '-'"),
        (FUNCTION + FUNCTION.replace("def one", "def two"), "defines two analyzers named 'one'"),
        (FUNCTION.replace('"one"', '"one", languages="pyhton"'), "unknown language 'pyhton'; did you mean python"),
        (FUNCTION.replace('"one"', '"one", severity="grave"'), "unknown severity 'grave'; known: info, low, medium"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(write, text, said):
    before = set(sys.modules)
    with pytest.raises(files.BadPlugin, match=said) as caught:
        files.load(write(text))
    assert "\n" not in str(caught.value)
    assert not {name for name in set(sys.modules) - before if "mine" in name} or "analyzer" in str(caught.value)


def test_files_that_are_no_plugins(write, tmp_path):
    with pytest.raises(files.BadPlugin, match=r"cannot read the plugin '.*nope.py': No such file or directory"):
        files.load(tmp_path / "nope.py")
    with pytest.raises(files.BadPlugin, match="Is a directory"):
        files.load(tmp_path)
    with pytest.raises(files.BadPlugin, match=r"mine.txt' is no file of Python \(.py\) or of tree-sitter queries"):
        files.load(write(FUNCTION, "mine.txt"))
    (tmp_path / "odd.scm").write_bytes(b"; \xff\n")
    with pytest.raises(files.BadPlugin, match=r"the query '.*odd.scm' makes no sense: .*can't decode byte 0xff"):
        files.load(tmp_path / "odd.scm")


def test_a_query_file(write):
    plugin = files.load(write("; language: python\n; message: {x}\n(identifier) @x\n", "some_names.scm"))
    assert list(plugin.analyzers) == ["some-names"]
    assert plugin.module is None
