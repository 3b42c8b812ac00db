import pytest

import grammars
from analyzers import registry
from analyzers.ast_grep import ast_grep, from_name
from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.types import Kind, Severity, Source

RULES = """\
id: no-eval
language: Python
severity: error
message: "`$A` is run"
metadata: {kind: security}
rule: {pattern: eval($A)}
---
id: loose
language: js
message: loose
rule:
  pattern: $A == $B
"""


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "my rules.yml").write_text(RULES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def installed():
    try:
        ast_grep(RULES, name="x").fingerprint()
    except ToolMissing as missing:
        pytest.skip(str(missing))


def test_a_file_of_rules_is_an_analyzer(rules, installed):
    analyzer = from_name("ast-grep:my rules.yml", " my rules.yml", rules)
    assert (analyzer.name, analyzer.languages) == ("ast-grep:my rules.yml", ("javascript", "python"))
    (python,), (javascript,) = analyzer.run([Source("x = eval('é😀')\n"), Source("'é😀' == x", "javascript")])
    assert (python.code, python.message, python.severity, python.kind, python.span.start) == (
        "no-eval", "`'é😀'` is run", Severity.HIGH, Kind.SECURITY, 4,
    )  # fmt: skip
    # severity and kind where the rule says none
    assert (javascript.code, javascript.severity, javascript.kind) == ("loose", Severity.INFO, Kind.LOGIC)


def test_the_registry_knows_such_files_by_prefix_and_by_suffix(rules, monkeypatch):
    monkeypatch.chdir(rules)
    for name in ("ast-grep:my rules.yml", "my rules.yml", str(rules / "my rules.yml")):
        (resolved,) = registry.check([name])
        assert registry.get(resolved).languages == ("javascript", "python")


def test_other_rules_are_another_fingerprint(installed):
    assert ast_grep(RULES, name="x").fingerprint() != ast_grep(RULES.replace("eval", "exec"), name="x").fingerprint()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found no language"),
        ("rules: 1\n", "found no language"),
        ("id: x\nlanguage: pyhton\n", "did you mean python"),
    ],
)
def test_what_is_no_file_of_rules(tmp_path, text, said):
    (tmp_path / "r.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"analyzer 'ast-grep:r.yml': .*r\.yml: .*{said}"):
        from_name("ast-grep:r.yml", "r.yml", tmp_path)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read the rules in .*: No such file"):
        from_name("ast-grep:r.yml", "r.yml", tmp_path)
    (tmp_path / "r.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="'utf-8' codec"):
        from_name("ast-grep:r.yml", "r.yml", tmp_path)


def test_unknown_languages_are_unknown():
    with pytest.raises(grammars.UnknownLanguage, match="did you mean python"):
        ast_grep("language: pyhton", name="x")


def test_rules_that_the_command_does_not_understand_are_a_failure(installed):
    with pytest.raises(AnalyzerFailed, match="ended with status 8, expected 0, 1; it said: 'Error: Cannot parse rule"):
        ast_grep("id: 3\nlanguage: python\n", name="x").run([Source("x = 1\n")])
