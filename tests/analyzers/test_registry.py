import subprocess
import sys

import pytest

from analyzers import files, registry, tools
from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed
from analyzers.types import Source, Status

PLUGIN = """
from analyzers.inprocess.base import InProcess
from analyzers.positions import Convention
ANALYZER = InProcess(name={name!r}, languages=("python",), check=lambda text: [], convention=Convention())
"""


def test_names_are_sorted_and_known():
    assert {"pyflakes", "pylint", "ruff", "runtime", "syntax"} <= {*registry.names()}
    assert list(registry.names()) == sorted(registry.names())
    assert registry.get("pylint").name == "pylint"


def test_a_module_s_underscores_are_hyphens(monkeypatch, tmp_path):
    (tmp_path / "clang_tidy_x.py").write_text("")
    monkeypatch.setattr(tools, "__path__", [str(tmp_path)])
    registry._built_in.cache_clear()
    assert registry._built_in()["clang-tidy-x"] == "analyzers.tools.clang_tidy_x"
    registry._built_in.cache_clear()


def test_a_name_is_found_without_importing_its_tool():
    code = (
        "import sys; from analyzers import registry; registry.names(); registry.get('pylint');"
        "print(sorted({'pylint', 'astroid', 'pyflakes', 'numpy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name():
    with pytest.raises(registry.UnknownAnalyzer, match="unknown analyzer 'pylnt'; did you mean pylint"):
        registry.get("pylnt")
    with pytest.raises(registry.UnknownAnalyzer, match=r"unknown analyzer 'zzz'; known: .*, pylint, .*, runtime, "):
        registry.check(["pylint", "zzz"])


def test_runtime_is_a_name_but_no_analyzer():
    assert registry.check(["runtime"]) == ("runtime",)
    with pytest.raises(registry.UnknownAnalyzer, match="needs tests"):
        registry.get("runtime")


def test_once_is_enough():
    with pytest.raises(ValueError, match="'ruff' is asked for 2 times in ruff, pylint, ruff"):
        registry.check(["ruff", "pylint", "ruff"])


def test_other_distributions_add_theirs_and_are_imported_on_use(distribution):
    distribution("acme", analyzers={"acme-lint": "acme_lint:ANALYZER"}, acme_lint=PLUGIN.format(name="acme-lint"))
    assert "acme-lint" in registry.names()
    assert "acme_lint" not in sys.modules
    assert registry.get("acme-lint").name == "acme-lint"
    sys.modules.pop("acme_lint")


def test_two_distributions_with_one_name_are_refused_and_both_named(distribution):
    distribution("acme", analyzers={"lint": "acme:ANALYZER"})
    distribution("bolt", analyzers={"lint": "bolt:ANALYZER"})
    with pytest.raises(registry.DuplicateAnalyzer, match=r"'lint' is offered by acme 1.0 and by bolt 1.0"):
        registry.names()


@pytest.mark.parametrize("name", ["pylint", "runtime"])
def test_a_built_in_name_is_taken(distribution, name):
    distribution("acme", analyzers={name: "acme:ANALYZER"})
    with pytest.raises(registry.DuplicateAnalyzer, match=f"'{name}' of acme 1.0 is built in"):
        registry.names()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "'sick' of acme 1.0 cannot be loaded from sick_module:ANALYZER: ZeroDivisionError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("x = 1", "has no attribute 'ANALYZER'"),
        ("ANALYZER = 7", "sick_module:ANALYZER of acme 1.0 is no analyzer named 'sick' but 7"),
        (PLUGIN.format(name="other"), "is no analyzer named 'sick'"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_named_with_its_distribution(distribution, code, said):
    distribution("acme", analyzers={"sick": "sick_module:ANALYZER"}, sick_module=code)
    with pytest.raises(AnalyzerFailed, match=said):
        registry.get("sick")
    sys.modules.pop("sick_module", None)


MARK = """
from analyzers.plugin import analyzer

@analyzer({name!r}, languages="python")
def check(program):
    if "mark" in program.text:
        yield (0, 1), "marked"
"""


@pytest.fixture
def plugin(tmp_path):
    def write(file, name, text=MARK):
        path = tmp_path / file
        path.write_text(text.format(name=name), encoding="utf-8")
        return path

    return write


def test_an_added_file_s_analyzers_are_names_like_others(plugin):
    assert registry.add(plugin("mine.py", "mine")) == ("mine",)
    assert "mine" in registry.names()
    assert registry.check(["mine", "ruff"]) == ("mine", "ruff")
    assert registry.get("mine").languages == ("python",)


def test_a_file_named_in_place_of_an_analyzer_stands_for_all_it_holds(plugin):
    path = plugin("two.py", "first", MARK + MARK.replace("{name!r}", "'second'").replace("check", "other"))
    assert registry.check([str(path)]) == ("first", "second")
    assert registry.check([f"{path}:second", "ruff"]) == ("second", "ruff")
    assert registry.get(f"{path}:second").name == "second"
    with pytest.raises(registry.UnknownAnalyzer, match=r"has 2 analyzers: .*two.py:first, .*two.py:second"):
        registry.get(str(path))
    with pytest.raises(registry.UnknownAnalyzer, match=r"unknown analyzer 'secnd' of .*two.py; did you mean second"):
        registry.check([f"{path}:secnd"])


@pytest.mark.parametrize("name", ["ruff", "runtime"])
def test_a_file_cannot_take_a_built_in_name(plugin, name):
    with pytest.raises(registry.DuplicateAnalyzer, match=f"'{name}' of .*mine.py is built in; it needs another name"):
        registry.add(plugin("mine.py", name))
    assert registry.setup().files == {}


def test_two_files_cannot_share_a_name_but_one_may_come_twice(plugin):
    first = plugin("a.py", "mine")
    assert registry.add(first) == registry.add(first) == ("mine",)
    with pytest.raises(registry.DuplicateAnalyzer, match=r"'mine' of .*b.py is offered by .*a.py too"):
        registry.add(plugin("b.py", "mine"))


def test_a_file_cannot_take_the_name_of_a_distribution_s(plugin, distribution):
    distribution("acme", analyzers={"lint": "acme:ANALYZER"})
    with pytest.raises(registry.DuplicateAnalyzer, match=r"'lint' of .*mine.py is offered by acme 1.0 too"):
        registry.add(plugin("mine.py", "lint"))


def test_a_changed_file_is_read_again_when_it_is_added_again(plugin):
    path = plugin("mine.py", "old")
    registry.add(path)
    before = registry.fingerprint("old")
    path.write_text(MARK.format(name="old").replace("marked", "other"))
    registry.add(path)
    assert registry.fingerprint("old") != before
    path.write_text(MARK.format(name="new"))
    assert registry.add(path) == ("new",)
    assert "old" not in registry.names()


def test_another_process_finds_the_same_analyzers_by_the_same_names(plugin, tmp_path, monkeypatch):
    plugin("mine.py", "mine")
    monkeypatch.chdir(tmp_path)
    with Engine(["mine.py"], workers=1) as engine:  # the worker works in another folder
        (marked,), (clean,) = engine.analyze_batch([Source("mark"), Source("x")])
    assert engine.analyzers == ("mine",)
    assert [found.message for found in marked.diagnostics] == ["marked"]
    assert clean.status is Status.OK
    assert clean.diagnostics == ()


def test_a_file_that_changed_since_is_a_failure_and_never_another_analyzer(plugin):
    path = plugin("mine.py", "mine")
    registry.add(path)
    with Engine(["mine"], workers=1) as engine:
        path.write_text(MARK.format(name="mine") + "\n")
        (report,) = engine.submit(Source("mark")).result()
    assert report.status is Status.FAILED
    assert "mine.py' has changed since it was loaded; start again" in report.detail


def test_a_setup_is_restored_without_reading_files(tmp_path):
    place = files.Place(str(tmp_path / "gone.py"), "0")
    registry.restore(registry.Setup({"gone": place}, str(tmp_path)))
    assert "gone" in registry.names()
    with pytest.raises(AnalyzerFailed, match=r"cannot read the plugin .*gone.py"):
        registry.get("gone")


def test_chosen_are_the_named_ones_and_all_of_the_plugins(plugin):
    path = plugin("mine.py", "mine")
    assert registry.chosen(["ruff"], [path]) == ("ruff", "mine")
    assert registry.chosen(["mine", "ruff"], [path, path]) == ("mine", "ruff")
    assert registry.chosen([f"{path}:mine"], [path]) == ("mine",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a, b,,c ", ("a", "b", "c")),
        ("", ()),
        ('runtime,"sarif:lint --select=a,b", ruff', ("runtime", "sarif:lint --select=a,b", "ruff")),
        ("a\nb", ("a b",)),
    ],
)
def test_names_are_split_at_commas_outside_of_quotes(text, names):
    assert registry.split(text) == names


MAKER = """
from dataclasses import dataclass

@dataclass
class Made:
    name: str
    languages = ("python",)
    timeout_s = 1.0
    batch_size = 1
    rest: str
    folder: object
    def fingerprint(self): return ""
    def run(self, sources): return [() for _ in sources]

def from_name(name, rest, folder):
    if rest == "bad":
        raise ValueError("this makes no sense")
    if rest == "worse":
        raise KeyError("oops")
    return Made(name, rest, folder)
"""


@pytest.fixture
def maker(monkeypatch):
    module = type(sys)("analyzers.from_test")
    exec(MAKER, module.__dict__)
    monkeypatch.setitem(sys.modules, "analyzers.from_test", module)
    monkeypatch.setattr(registry, "PREFIXES", ("from-test",))
    monkeypatch.setattr(registry, "SUFFIXES", {".tst": "from-test"})
    registry.get.cache_clear()


def test_a_prefix_makes_an_analyzer_of_what_stands_behind_it(maker, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert registry.check(["from-test:a:b"]) == ("from-test:a:b",)
    made = registry.get("from-test:a:b")
    assert (made.name, made.rest, made.folder) == ("from-test:a:b", "a:b", tmp_path)
    assert registry.check(["rules.tst"]) == ("from-test:rules.tst",)
    registry.restore(registry.Setup(folder="/elsewhere"))
    assert str(registry.get("from-test:a:b").folder) == "/elsewhere"


def test_bad_usage_of_a_prefix(maker):
    with pytest.raises(ValueError, match="'from-test: ' lacks what stands behind the colon"):
        registry.check(["from-test: "])
    with pytest.raises(ValueError, match="this makes no sense"):
        registry.check(["from-test:bad"])
    with pytest.raises(ValueError, match="'from-test:worse' cannot be made: KeyError: 'oops'"):
        registry.check(["from-test:worse"])
    with pytest.raises(registry.UnknownAnalyzer, match="unknown analyzer 'fromtest:x'; did you mean from-test:"):
        registry.check(["fromtest:x"])


def test_a_fingerprint_that_is_no_string_is_refused(plugin):
    odd = """
class Odd:
    name, languages, timeout_s, batch_size = {name!r}, ("python",), 1.0, 1
    def fingerprint(self): return 7
    def run(self, sources): return [() for _ in sources]

ANALYZER = Odd()
"""
    registry.add(plugin("mine.py", "mine", odd))
    with pytest.raises(AnalyzerFailed, match="the fingerprint of mine is 7, expected a string"):
        registry.fingerprint("mine")


def test_a_described_analyzer_that_cannot_be_made_in_a_worker_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.sarif").write_text('{"version": "2.1.0", "runs": []}')
    with Engine(["rules.sarif"], workers=1) as engine:
        (tmp_path / "rules.sarif").unlink()
        (report,) = engine.submit(Source("x = 1\n")).result()
    assert report.status is not Status.OK
    assert "rules.sarif" in report.detail
