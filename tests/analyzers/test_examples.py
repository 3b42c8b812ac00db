"""The examples that stand in every analyzer's file, those of the example plugin included."""

import pytest

from analyzers import checkup, examples, registry
from analyzers.errors import ToolMissing


def check_examples(name):
    known = examples.of(name)
    assert known.good
    assert known.bad
    try:
        # All at once, so that programs which share a process are seen not to disturb each other.
        assert checkup.unmet(name) == []
    except ToolMissing as missing:
        pytest.skip(str(missing))
    assert any(map(checkup.tells_units_apart, known.bad))


@pytest.mark.parametrize("name", sorted(registry._built_in()))
def test_the_examples_of_a_built_in_analyzer(name):
    check_examples(name)


@pytest.mark.parametrize("name", ["starlark-lacks", "starlark-compares"])
def test_the_examples_of_the_plugin(with_example, name):
    assert name in registry.names()
    check_examples(name)


def test_other_analyzers_serve_the_language_of_the_plugin(with_example, marked):
    assert marked(registry.get("syntax"), "x = = 1  # é😀\n", "starlark") == [("SyntaxError", "= =")]


def test_the_languages_of_the_plugin_may_be_asked_for_first(with_example):
    import grammars

    assert "starlark" in grammars.names()
    assert registry.get("starlark-compares").languages == ("starlark",)
