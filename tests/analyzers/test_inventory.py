import pytest

import grammars
from analyzers import inventory, registry

PLUGIN = """
from analyzers.plugin import analyzer
from analyzers.positions import Convention
from analyzers.tool import Tool

@analyzer("a-function", languages="python", packages={packages!r})
def check(program):
    return []

TOOL = Tool(
    name="a-tool", languages=("python", "lua"), argv=({command!r}, "{{file}}"), parse=lambda output: [],
    convention=Convention(), package="debian:one pypi:two",
)

class Words:
    name, languages, timeout_s, batch_size = "a-class", ("*",), 1.0, 1
    def fingerprint(self): {fingerprint}
    def run(self, sources): return [() for _ in sources]

WORDS = Words()
"""


@pytest.fixture
def add(tmp_path):
    def write(*, packages=(), command="sh", fingerprint="return '1'"):
        path = tmp_path / "mine.py"
        path.write_text(PLUGIN.format(packages=packages, command=command, fingerprint=fingerprint))
        registry.add(path)
        return path

    return write


def test_what_is_there(add):
    path = str(add())
    function, tool, other = inventory.entries(["a-function", "a-tool", "a-class"])
    assert (function.kind, function.owner, function.state) == ("function", path, "ready")
    assert (other.kind, other.languages, other.state, other.needs) == ("class", ("*",), "ready", ())
    assert (tool.kind, tool.languages) == ("command", ("python", "lua"))


def test_built_in_analyzers_and_the_tests():
    pyflakes, runtime, syntax = inventory.entries(["pyflakes", "runtime", "syntax"])
    assert (pyflakes.kind, pyflakes.state, pyflakes.owner) == ("call", "ready", "built in")
    assert pyflakes.version[0].isdigit()
    assert (runtime.kind, runtime.state) == ("tests", "ready")
    assert "python" in runtime.languages
    assert (syntax.kind, syntax.languages, syntax.version) == ("class", ("*",), "")


def test_what_is_missing_says_what_would_install_it(add):
    add(packages=("no-such-package",), command="no-such-command")
    found = inventory.entries(["a-function", "a-tool"])
    assert [entry.state for entry in found] == ["missing", "missing"]
    assert "pip install no-such-package" in found[0].detail
    assert inventory.packages(found) == ["debian:one", "pypi:no-such-package", "pypi:two"]
    assert inventory.packages(found, "pypi") == ["no-such-package", "two"]
    assert inventory.packages(found, "npm") == []


def test_an_analyzer_whose_grammar_is_not_installed_is_missing(add, monkeypatch):
    def absent(self):
        raise grammars.GrammarUnavailable("no grammar; install the package 'x'")

    add()
    monkeypatch.setattr(grammars.Language, "tree_sitter", absent)
    entry = inventory.entry("a-function")
    assert (entry.state, entry.needs) == ("missing", ("pypi:spanwise[languages]",))
    assert "install the package 'x'" in entry.detail
    assert inventory.entry("a-class").state == "ready"


def test_what_breaks_is_listed_as_broken(add, distribution):
    add(fingerprint="raise KeyError('oops')")
    distribution("acme", analyzers={"sick": "no_such_module:ANALYZER"})
    broken, sick = inventory.entries(["a-class", "sick"])
    assert (broken.state, broken.detail) == ("failed", "a-class raised KeyError: 'oops'")
    assert (sick.state, sick.owner) == ("failed", "acme 1.0")
    assert "No module named 'no_such_module'" in sick.detail
    with pytest.raises(registry.UnknownAnalyzer, match="did you mean ruff"):
        inventory.entry("rufff")
