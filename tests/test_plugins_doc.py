"""docs/plugins.md shows a plugin of each kind: here each of them keeps its examples, and every command works."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from analyzers import __main__ as command
from analyzers import checkup, registry
from analyzers.errors import ToolMissing

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "plugins.md").read_text("utf-8")
FILES = {name: body for name, body in re.findall(r"```(?:python|scheme)\n[#;] (\S+)\n(.*?)```", TEXT, re.DOTALL)}


@pytest.fixture(autouse=True)
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, body in FILES.items():
        Path(name).write_text(body, encoding="utf-8")
    yield
    registry.restore(registry.Setup())


def test_each_kind_is_shown():
    assert set(FILES) == {"no_eval.py", "no_assert.scm", "long_numbers.py", "no_tabs.py"}
    assert len(re.findall(r"```(?:python|scheme)", TEXT)) == len(FILES)


@pytest.mark.parametrize("file", FILES)
def test_a_plugin_that_is_shown_keeps_its_examples(file):
    (name,) = registry.add(file)
    assert name == Path(file).stem.replace("_", "-")
    try:
        assert checkup.unmet(name) == []
    except ToolMissing as missing:
        pytest.skip(str(missing))


def test_its_first_function_shows_what_it_finds():
    registry.add("no_eval.py")
    assert [found.message for found in registry.get("no-eval")("eval(s)")] == ["eval runs text as code"]


def test_the_command_lines(capsys, monkeypatch):
    (lines,) = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    commands = [shlex.split(line, comments=True) for line in lines.splitlines()]
    assert [words[2] for words in commands] == ["analyzers", "analyzers", "rewards", "trainer.run"]
    Path("no_eval.py").unlink()
    for words in commands[:2]:
        monkeypatch.setattr("sys.argv", words[2:])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == 0, capsys.readouterr()


def test_the_entry_point_is_that_of_the_example():
    (shown,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    group = tomllib.loads(shown)["project"]["entry-points"]["spanwise.analyzers"]
    example = tomllib.loads((ROOT / "examples/plugin/pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert group.items() <= example["spanwise.analyzers"].items()


def test_every_path_that_it_names_exists():
    for path in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / "docs" / path).exists(), path
