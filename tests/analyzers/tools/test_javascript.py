"""What every tool for JavaScript has to stand."""

from types import SimpleNamespace

import pytest

from analyzers import registry
from analyzers.errors import AnalyzerError, ToolMissing
from analyzers.types import Source

TOOLS = {
    "biome": "noUndeclaredVariables",
    "eslint": "spanwise/undefined-name",
    "oxlint": "eslint/no-undef",
    "quick-lint-js": "E0057",
    "tsc": "TS2304",
}
"""What each says of a name that nobody defines."""
HOSTILE = [
    "\0", "s = '\ud800'\n", "\ufefflet x = 1\n", "\ufeffx = 1\n", "#!/usr/bin/env node\nlet x = 1;\n", "s = 'é",
    "}" * 3_000, "return 1;\n",
]  # fmt: skip


@pytest.fixture(params=TOOLS)
def tool(request):
    analyzer = registry.get(request.param)
    try:
        analyzer.fingerprint()
    except ToolMissing as missing:
        pytest.skip(str(missing))

    def run(*texts):
        return analyzer.run([Source(text, analyzer.languages[0]) for text in texts])

    return SimpleNamespace(undefined=TOOLS[request.param], run=run)


def test_hostile_text_does_not_hide_the_others(tool):
    assert [found.code for found in tool.run(*HOSTILE, "foo();\n")[-1]] == [tool.undefined]


def test_what_is_too_deep_is_no_clean_report(tool):
    try:
        (found,) = tool.run(f"let x = {'(' * 20_000}foo{')' * 20_000};\n")
    except AnalyzerError:
        return
    assert found


def test_the_byte_order_mark_does_not_shift_the_first_line(tool):
    text = "\ufefflet s = 'é😀'; foo(s);\n"
    (found,) = tool.run(text)
    assert (tool.undefined, "foo") in [(item.code, text[item.span.start : item.span.end]) for item in found]
