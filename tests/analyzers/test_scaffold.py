import subprocess
import sys
from pathlib import Path

import pytest

import grammars
from analyzers import checkup, registry, scaffold
from analyzers.errors import ToolMissing

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("function", "query", "tool", "class")


@pytest.mark.parametrize("language", grammars.names())
def test_what_is_written_keeps_its_examples_in_every_language(tmp_path, language):
    for kind in KINDS:
        plugin, _ = scaffold.write(f"my-{kind}", tmp_path, kind=kind, language=language)
        try:
            assert registry.add(plugin) == (f"my-{kind}",)
            assert registry.get(f"my-{kind}").languages == (language,)
            assert checkup.unmet(f"my-{kind}") == []
        except ToolMissing as missing:
            pytest.skip(str(missing))


def test_the_test_that_is_written_passes_and_can_fail(tmp_path):
    written = [scaffold.write(f"my-{kind}", tmp_path, kind=kind) for kind in KINDS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout
    plugin, test = written[0]
    plugin.write_text(plugin.read_text("utf-8").replace("{7,}", "{9,}"), encoding="utf-8")
    done = subprocess.run([*command, str(test)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout


def test_what_is_written_is_clean_in_the_eyes_of_the_linter(tmp_path):
    for kind in KINDS:
        scaffold.write(f"my-{kind}", tmp_path, kind=kind)
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    for command in (["check", "--config", str(ROOT / "pyproject.toml")], ["format", "--check", "--line-length", "120"]):
        options = ["--ignore=D1"] if command[0] == "check" else []
        done = subprocess.run([*ruff, *command, *options, str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_underscores_become_hyphens_and_folders_are_made(tmp_path):
    plugin, test = scaffold.write("no_eval", tmp_path / "a" / "b")
    assert (plugin, test) == (tmp_path / "a" / "b" / "no_eval.py", tmp_path / "a" / "b" / "test_no_eval.py")
    assert registry.add(plugin) == ("no-eval",)


@pytest.mark.parametrize("name", ["", "No-Eval", "no eval", "a/b", "../a", "1a", "a--b", "é", "a.py", "a,b"])
def test_names_that_will_not_do(tmp_path, name):
    with pytest.raises(scaffold.BadName, match="expected small letters, digits and '-'"):
        scaffold.write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path):
    with pytest.raises(scaffold.BadName, match="'ruff' is taken by an analyzer that is built in"):
        scaffold.write("ruff", tmp_path)
    with pytest.raises(grammars.UnknownLanguage, match="did you mean python"):
        scaffold.write("mine", tmp_path, language="pyhton")
    (tmp_path / "test_mine.py").write_text("precious")
    with pytest.raises(FileExistsError, match=r"test_mine.py is there already; choose another name or --folder"):
        scaffold.write("mine", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]
