"""The examples that stand in every analyzer's file, those of the example plugin included."""

import sys

import pytest

from analyzers import registry
from analyzers.errors import ToolMissing
from analyzers.types import Source


def examples(name):
    """The analyzer, the texts in which it finds nothing, and those with a defect and where that stands.

    Items are `(text, language)` and `(text, code, text under the span, language)`; where the module leaves the language
    out, it is the analyzer's first one.
    """
    analyzer = registry.get(name)
    module = sys.modules[registry._built_in().get(name) or registry._plugins()[name].module]
    language = "python" if analyzer.languages == ("*",) else analyzer.languages[0]
    good = [(item, language) if isinstance(item, str) else item for item in module.GOOD]
    return analyzer, good, [item if len(item) == 4 else (*item, language) for item in module.BAD]


def check_examples(name):
    analyzer, good, bad = examples(name)
    assert good
    assert bad
    try:
        analyzer.fingerprint()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    # All at once, so that programs which share a process are seen not to disturb each other.
    sources = [Source(text, language) for text, language in good]
    sources += [Source(text, language) for text, *_, language in bad]
    found = [
        [(item.code, source.text[item.span.start : item.span.end]) for item in items]
        for source, items in zip(sources, analyzer.run(sources), strict=True)
    ]
    assert [(text, items) for (text, _), items in zip(good, found, strict=False) if items] == []
    missed = [(item, items) for item, items in zip(bad, found[len(good) :], strict=True) if item[1:3] not in items]
    assert missed == []
    assert any(tells_units_apart(text, span) for text, _, span, _ in bad)


def tells_units_apart(text, span):
    """Whether code points, bytes and UTF-16 units count differently up to the end of the defect on its line."""
    return "😀" in text[: text.index(span) + len(span)].rpartition("\n")[2]


@pytest.mark.parametrize("name", sorted(registry._built_in()))
def test_the_examples_of_a_built_in_analyzer(name):
    check_examples(name)


def test_the_examples_of_the_plugin(with_example):
    assert "starlark-lacks" in registry.names()
    check_examples("starlark-lacks")


def test_other_analyzers_serve_the_language_of_the_plugin(with_example, marked):
    assert marked(registry.get("syntax"), "x = = 1  # é😀\n", "starlark") == [("SyntaxError", "= =")]
