import subprocess
import sys
from pathlib import Path

import pytest

import grammars
from analyzers import registry
from analyzers.types import Source

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin"


def forget():
    """What was found of other distributions is looked up anew."""
    for cached in (registry._plugins, registry.get, grammars._languages, grammars._by_name):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def no_plugin_files():
    """What a test makes known of plugin files goes with it."""
    before = registry.setup()
    yield
    if registry.setup() != before:
        registry.restore(registry.Setup())


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Makes distributions importable: `distribution(name, analyzers={...}, languages={...}, **modules)`."""

    def install(name, *, analyzers=None, languages=None, **modules):
        folder = tmp_path / name
        info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        groups = {"spanwise.analyzers": analyzers or {}, "spanwise.languages": languages or {}}
        lines = [
            line
            for group, entries in groups.items()
            for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
        ]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        for module, code in modules.items():
            (folder / f"{module}.py").write_text(code, encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        forget()

    yield install
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def example_plugin(tmp_path_factory):
    """The folder that the example distribution was installed into, by pip and without a network."""
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("plugin") / "plugin"
    subprocess.run(["cp", "-r", str(EXAMPLE), str(source)], check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    command = [*pip, "--no-deps", "--no-build-isolation", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def with_example(example_plugin, monkeypatch):
    monkeypatch.syspath_prepend(str(example_plugin))
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.fixture
def marked():
    """The findings of an analyzer on a text, as (code, text under the span)."""

    def run(analyzer, text, language="python"):
        (found,) = analyzer.run([Source(text, language)])
        return [(diagnostic.code, text[diagnostic.span.start : diagnostic.span.end]) for diagnostic in found]

    return run
