import subprocess
import sys

import pytest

from analyzers import registry
from analyzers.errors import AnalyzerFailed

PLUGIN = """
from analyzers.inprocess.base import InProcess
from analyzers.positions import Convention
ANALYZER = InProcess(name={name!r}, languages=("python",), check=lambda text: [], convention=Convention())
"""


def test_names_are_sorted_and_known():
    assert registry.names() == ("pyflakes", "pylint", "ruff", "runtime", "syntax")
    assert registry.get("pylint").name == "pylint"


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
    with pytest.raises(
        registry.UnknownAnalyzer, match="unknown analyzer 'zzz'; known: pyflakes, pylint, ruff, runtime"
    ):
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
