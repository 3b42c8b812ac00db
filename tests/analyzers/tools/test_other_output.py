"""Output that is none of a tool's own is a failure, and never 'no findings'."""

import pytest

from analyzers import registry
from analyzers.errors import AnalyzerFailed

JSON = {
    "ast-grep": ["Error: Cannot parse rule", '{"ruleId": "x"', '{"ruleId": "x"}', "[]"],
    "bandit": ["", "usage: bandit", "{}", '{"errors": [], "results": [{"test_id": "B102"}]}'],
    "basedpyright": ["", "No configuration file found.", '{"generalDiagnostics": [{', '{"summary": {}}'],
    "biome": [
        "",
        "Biome encountered an unexpected error",
        '{"diagnostics": [{"sev',
        "{}",
        '{"diagnostics": [{"severity": "warning", "message": "too large", "category": "lint", "location": {"path": "p0.js"}}]}',
    ],
    "eslint": [
        "",
        "Oops! Something went wrong! :(",
        '[{"filePath":"p0',
        '[{"filePath":"p0.js"}]',
        '[{"filePath":"p0.js","messages":[{"ruleId":null,"severity":1,"message":"File ignored."}],"suppressedMessages":[]}]',
    ],
    "hlint": ["", "hlint: p0.hs: openFile", '{"a": 1}', '[{"hint": "Evaluate"}]'],
    "javac": ["", "Error: no compiler", "[{}]", '[{"kind": "ERROR", "code": "compiler.err.x"}]'],
    "kotlinc": ["", "error: no files", "[{}]", '[{"severity": "ODD", "message": ""}]'],
    "mypy": ["mypy: error: unrecognized arguments", '{"file": "p0', "Traceback (most recent call last):\n  File"],
    "oxlint": [
        "",
        "Failed to parse configuration file.",
        '{"diagnostics": [{"mess',
        "{}",
        '{"diagnostics": [{"message": "m"}]}',
    ],
    "php": ["PHP Warning:  Failed loading Zend extension", '{"file": "p0', "{}", "[]"],
    "quick-lint-js": ["", "error: no files given", '{"qflist": [{"col"', "{}", '{"qflist": [{"col": 1}]}'],
    "rubocop": ["", "Error: unrecognized cop", '{"files": [{"path"', "{}", '{"files": [{"path": "p0.rb"}]}'],
    "ruff": ["", "error: Failed to parse", '[{"code": "F821"}]'],
    "scalac": ["", "error: bad option", "[{}]", '[{"severity": "ODD", "message": ""}]'],
    "shellcheck": ["", "p0.sh: openBinaryFile", "[]", '{"comments": [{"level": "error"}]}'],
    "tsc": ["", "error TS5023: Unknown compiler option", '[{"file": "p0', '[{"code": "TS1005"}]'],
}
OTHERS = {
    "checkstyle": (["", "Could not find file", '<checkstyle><file name="p0.java">'], "not checkstyle's XML"),
    "luacheck": (
        ["Critical error: no such file", "p0.lua: I/O error", "luacheck: command"],
        "a line of output is not understood",
    ),
    "mcs": (
        ["sh: 1: mcs: not found", "error CS2001: Source file `x' could not be found", "at Mono.CSharp.X"],
        "a line of output is not understood",
    ),
}
CASES = [(name, output, "unexpected JSON") for name, outputs in JSON.items() for output in outputs]
CASES += [(name, output, said) for name, (outputs, said) in OTHERS.items() for output in outputs]


@pytest.mark.parametrize(("name", "output", "said"), CASES)
def test_other_output_is_a_failure(name, output, said):
    with pytest.raises(AnalyzerFailed, match=said):
        list(registry.get(name).parse(output))
