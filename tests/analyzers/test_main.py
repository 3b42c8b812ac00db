import json
import subprocess
import sys

import pytest

from analyzers import __main__ as command
from analyzers import registry

PLUGIN = """
import re
from analyzers.plugin import analyzer

print("loading")

@analyzer("mark", languages="python", severity="high")
def mark(program):
    for match in re.finditer("mark", program.text):
        yield match, "found\\n it"

GOOD = ["x = 1\\n"]
BAD = [('s = "é😀"; mark\\n', "mark", "mark")]
"""


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return str(path)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text('s = "é😀"; mark = 1\n', encoding="utf-8")
    return str(path)


@pytest.fixture
def call(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["analyzers", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run


def test_list(call, plugin):
    status, out, _ = call("list", "ruff", "mark", "--plugin", plugin)
    assert status == 0
    assert "ruff" in out
    assert "function of" in out
    status, out, _ = call("list", "--json", "--language", "js", "ruff", "syntax", "pyflakes")
    (entry,) = json.loads(out)
    assert (entry["name"], entry["state"], entry["languages"]) == ("syntax", "ready", ["*"])


def test_new_check_and_run(call, tmp_path, program):
    status, out, _ = call("new", "no-mark", "--folder", str(tmp_path / "lint"))
    assert status == 0
    assert "lint/no_mark.py" in out
    path = str(tmp_path / "lint" / "no_mark.py")
    status, out, _ = call("check", path)
    assert status == 0
    assert "ok good examples: 1 as expected" in out
    assert call("run", path, program)[:2] == (0, "")


def test_run(call, plugin, program):
    status, out, _ = call("run", plugin, program)
    assert (status, out) == (1, f"{program}:1:11: high: found it [mark/mark]\n")
    status, out, _ = call("run", "mark,syntax", program, "--plugin", plugin, "--json")
    assert status == 1
    mark, syntax = json.loads(out)[program]
    assert mark["diagnostics"][0]["span"] == {"start": 10, "end": 14}
    assert (syntax["analyzer"], syntax["diagnostics"]) == ("syntax", [])


def test_a_failed_analyzer_is_not_clean(call, tmp_path, program):
    path = tmp_path / "broken.py"
    path.write_text(PLUGIN.replace("for match", "1 / 0\n    for match").replace("mark", "broken"), encoding="utf-8")
    status, out, _ = call("run", str(path), program)
    assert (status, out) == (1, f"{program}: broken is failed: broken raised ZeroDivisionError: division by zero\n")


def test_check_fails_with_its_examples(call, plugin, tmp_path):
    status, out, _ = call("check", plugin, "--json")
    assert status == 0
    steps = json.loads(out)["mark"]
    assert {step["result"] for step in steps} == {"passed"}
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN.replace('"x = 1', '"mark = 1'), encoding="utf-8")
    status, out, _ = call("check", plugin)
    assert status == 1
    assert "failed good examples: expected nothing in 'mark = 1" in out


@pytest.fixture
def three(monkeypatch, plugin, tmp_path):
    """An analyzer that is sound, one without its package, and one that cannot be loaded, as if they were all."""
    (tmp_path / "absent.py").write_text(
        PLUGIN.replace('"high"', '"high", packages=("nothing-like-it",)').replace("mark", "absent"), encoding="utf-8"
    )
    (tmp_path / "bare.py").write_text(
        PLUGIN.replace("mark", "bare").replace("BAD = [(", "BAD = [(1, "), encoding="utf-8"
    )
    names = [name for path in ("mine", "absent", "bare") for name in registry.add(tmp_path / f"{path}.py")]
    monkeypatch.setattr(registry, "names", lambda: (*names, registry.RUNTIME))
    yield names
    registry.restore(registry.Setup())


def test_check_all_names_what_is_missing_and_goes_on(call, three):
    status, out, _ = call("check", "--all")
    assert status == 1
    assert "missing tool: absent needs the package 'nothing-like-it': pip install nothing-like-it" in out
    assert "failed tool: " in out
    assert out.splitlines()[-1] == "1 of 3 analyzers are sound; failed: bare; missing: absent"
    status, out, _ = call("check", "--all", "--json")
    steps = json.loads(out)
    assert list(steps) == three
    assert [step["result"] for step in steps["absent"]] == ["missing"]


def test_check_all_passes_where_only_tools_are_missing(call, three, monkeypatch):
    monkeypatch.setattr(registry, "names", lambda: three[:2])
    status, out, _ = call("check", "--all")
    assert (status, out.splitlines()[-1]) == (0, "1 of 2 analyzers are sound; missing: absent")


def test_packages(call, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN.replace('"high"', '"high", packages=("nothing-like-it",)'), encoding="utf-8")
    assert call("packages", "mark", "--plugin", str(path))[:2] == (0, "pypi:nothing-like-it\n")
    assert call("packages", "pypi", "mark", "--plugin", str(path))[:2] == (0, "nothing-like-it\n")
    assert call("packages", "debian", "mark", "--plugin", str(path))[:2] == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "pylnt"], "unknown analyzer 'pylnt'; did you mean pylint"),
        (["list", "--language", "pyhton"], "unknown language 'pyhton'; did you mean python"),
        (["list", "--plugin", "nope.py"], "nope.py': No such file or directory"),
        (["lst"], "did you mean 'list'?"),
        (["list", "--jsn"], "no such option: --jsn; did you mean --json?"),
        (["check", "nope.py"], "cannot read the plugin"),
        (["check", "nope.scm"], "cannot read the plugin"),
        (["check", "runtime"], "'runtime' runs tests and is checked by `python -m analyzers.runtime.doctor`"),
        (["check"], "expected names of analyzers or plugin files, or --all"),
        (["check", "syntax", "--all"], "expected names of analyzers or plugin files, or --all"),
        (["new", "ruff"], "the name 'ruff' is taken"),
        (["new", "x", "--kind", "magic"], "'magic' is not one of 'function', 'query', 'tool', 'class'"),
        (["run", "syntax", "nope.py"], "cannot read the program 'nope.py': No such file"),
        (["run", "syntax", "setup.zzz", "--language", "zzz"], "cannot read the program"),
        (["packages", "brew"], "unknown analyzer 'brew'"),
    ],
)
def test_bad_usage_is_one_line_and_exit_status_2(call, arguments, said):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert said.lower() in err.lower()


def test_a_file_of_no_language(call, tmp_path):
    (tmp_path / "a.zzz").write_text("x")
    status, _, err = call("run", "syntax", str(tmp_path / "a.zzz"))
    assert status == 2
    assert "no language has files like" in err


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "analyzers", "--help"], capture_output=True, text=True, check=True)
    for word in ("list", "new", "check", "run", "packages"):
        assert word in done.stdout
