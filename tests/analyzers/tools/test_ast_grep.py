import pytest

from analyzers.findings import Finding
from analyzers.tools.ast_grep import ANALYZER, SHAPES
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    found = sorted(ANALYZER.parse(captured("ast_grep.jsonl")), key=lambda item: (item.file, item.offset))
    same, number = "both sides of the comparison are `s`", "a number cannot be iterated over"
    hidden, assigned = "what runs is hidden from analysis", "an assignment where a comparison is expected"
    assert found == [
        Finding("self-comparison", same, offset=18, end_offset=24, file="p0.py"),
        Finding("iterating-number", number, offset=25, end_offset=46, severity=Severity.HIGH, kind=Kind.TYPE, file="p0.py"),
        Finding("assignment-in-condition", assigned, offset=18, end_offset=23, file="p1.js"),
        Finding("exec", hidden, offset=27, end_offset=34, severity=Severity.HIGH, kind=Kind.SECURITY, file="p1.js"),
    ]  # fmt: skip


def test_every_language_has_a_shape():
    assert set(ANALYZER.languages) == {language for shape in SHAPES for language in shape.patterns}
    assert {"kotlin", "scala", "swift", "haskell", "csharp", "elixir"} <= set(ANALYZER.languages)


def codes(*sources):
    return [[item.code for item in items] for items in ANALYZER.run(sources)]


def test_comments_suppress_nothing(installed):
    comments = ["", "# ast-grep-ignore", "# ast-grep-ignore: exec, self-comparison"]
    program = "{0}\n\n{0}\nexec('é😀')  {0}\n{0}\nx = s == s  {0}\n"
    assert codes(*[Source(program.format(comment)) for comment in comments]) == [["exec", "self-comparison"]] * 3
    assert codes(Source("// ast-grep-ignore\neval('é😀')\n", "javascript")) == [["exec"]]


def test_configuration_in_the_folders_changes_nothing(installed, plant):
    config = 'ruleDirs: []\nlanguageGlobs:\n  javascript: ["*.py"]\n'
    plant({"sgconfig.yml": config, ".gitignore": "*\n", ".ignore": "*\n", ".sgconfig.yml": config})
    assert codes(Source("exec('é😀')\n"), Source("x = 1\n")) == [["exec"], []]


@pytest.mark.parametrize(
    "text", ["\ufeffx = 'é😀'; exec(x)\n", "x = 'é😀'\r\nexec(x)", "x = '\x0c\u2028'; exec(x)", "(((exec(x)"]
)
def test_positions_in_strange_texts(installed, text):
    ((found,),) = ANALYZER.run([Source(text)])
    assert text[found.span.start : found.span.end] == "exec(x)"


def test_a_broken_program_does_not_hide_the_others(installed):
    assert codes(Source("x = = (\n"), Source("exec(x)\n"), Source("\0"))[1] == ["exec"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "if x:\n    # é😀\n    y = 1\nelse:\n    y = 1\n"),
        ("python", "if x:\n    y = 1  # one\nelse:\n    y = 1\n"),
        ("python", "z = (y if x else  # two\n     y)\n"),
        ("javascript", "if (x) { a(); /* é😀 */ } else { a(); }\n"),
        ("java", "class A { int f(int a) { return a == 1 ? a /* 😀 */ : a; } }\n"),
        ("go", "func f() {\n\tif x {\n\t\ta()\n\t} else {\n\t\t// é\n\t\ta()\n\t}\n}\n"),
        ("rust", "fn f() { if x { a(); } else { a(); /* b */ } }\n"),
    ],
)
def test_a_comment_makes_no_two_branches_of_one(installed, language, text):
    ((finding,),) = ANALYZER.run([Source(text, language)])
    assert finding.code == "identical-branches"
    assert text[finding.span.start] in "iya"
