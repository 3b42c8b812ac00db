"""The examples that stand in every analyzer's file, those of the example plugin included."""

import sys

import pytest

from analyzers import registry

BUILT_IN = ["pyflakes", "pylint", "ruff", "syntax"]


def examples(name):
    analyzer = registry.get(name)
    module = sys.modules[registry._built_in().get(name) or registry._plugins()[name].module]
    language = "python" if analyzer.languages == ("*",) else analyzer.languages[0]
    return analyzer, language, module.GOOD, module.BAD


def check_examples(name, marked):
    analyzer, language, good, bad = examples(name)
    assert good
    assert bad
    for text in good:
        assert marked(analyzer, text, language) == [], text
    for text, code, span in bad:
        assert (code, span) in marked(analyzer, text, language), text
    # at least one defect stands behind characters that code points, bytes and UTF-16 units count differently
    assert any("😀" in text[: text.index(span)] and "\n" not in text[: text.index(span)] for text, _, span in bad)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_examples_of_a_built_in_analyzer(name, marked):
    check_examples(name, marked)


def test_every_built_in_analyzer_is_tested_here():
    assert sorted(registry._built_in()) == BUILT_IN


def test_the_examples_of_the_plugin(with_example, marked):
    assert "starlark-lacks" in registry.names()
    check_examples("starlark-lacks", marked)


def test_other_analyzers_serve_the_language_of_the_plugin(with_example, marked):
    assert marked(registry.get("syntax"), "x = = 1  # é😀\n", "starlark") == [("SyntaxError", "= =")]
