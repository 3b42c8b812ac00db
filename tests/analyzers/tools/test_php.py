import pytest

from analyzers.errors import AnalyzerError
from analyzers.findings import Finding
from analyzers.tools.php import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    expected = [
        ("ParseError", 'syntax error, unexpected token "="', 2, 26, 27),
        ("ParseError", "Unclosed '{' on line 2", 3, 44, 45),
        ("ParseError", "Unclosed '[' does not match ')'", 2, 31, 32),
        ("ParseError", "Unmatched '}'", 2, 29, 30),
        ("ParseError", 'syntax error, unexpected end of file, expecting "," or ";"', 2, 26, 28),
        ("CompileError", "Redefinition of parameter $é😀", 2, None, None),
        ("CompileError", "Cannot redeclare f() (previously declared on line 2)", 3, None, None),
        ("CompileError", "'break' not in the 'loop' or 'switch' context", 2, None, None),
    ]
    *errors, last = ANALYZER.parse(captured("php.jsonl"))
    assert errors == [
        Finding(code, message, line, offset=offset, end_offset=end, severity=Severity.FATAL, kind=Kind.SYNTAX, file=f"p{index}.php")
        for index, (code, message, line, offset, end) in enumerate(expected)
    ]  # fmt: skip
    assert (last.code, last.severity, last.kind, last.line) == ("Deprecated", Severity.LOW, Kind.STYLE, 2)


def found(*texts):
    return [
        [(item.code, text[item.span.start : item.span.end]) for item in items]
        for text, items in zip(texts, ANALYZER.run([Source(text, "php") for text in texts]), strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("<?php\necho 'é😀' . [1, 2;\n", ";"),
        ("<?php\n$a = 1;\n$a = $a + * 2;\n", "*"),
        ("<?php\nfunction f() {\n  if (1) {\n    echo 1;\n}\n", "{"),
        ("<?php\nfunction ($x) { return $x;\n", "{"),
        ('<?php\n$s = "{$a[0}";\n', "}"),
        ("<?php\n$s = <<<E\n  é😀 {$a}\n  E;\necho = 1;\n", "="),
        ("<?php\nclass A { public function { } }\n", "{"),
        ("<?php\necho 1\n?>\n<b>{[</b>\n<?php echo 2 }\n", "}"),
        ("<?php\n#[A(1]\nfunction f() {}\n", "]"),
        ("<?php\necho 0x;\n", "x"),
        ("<?php\n$x = match(1) { 1 => 2, 2 = 3 };\n", "="),
    ],
)
def test_the_token_at_fault_is_found(installed, text, span):
    assert found(text) == [[("ParseError", span)]]


def test_programs_of_a_batch_do_not_see_each_other(installed):
    texts = [
        "<?php\nfunction f(int $x) {}\nclass A { final function g() {} }\nconst X = 1;\n",
        "<?php\nfunction f() {}\nclass A {}\n",
        "<?php\nclass B extends A { function g() {} }\ninterface I { function h(int $x); }\n",
        "<?php\nclass C implements I { function h() {} }\n",
        "<?php\nfunction f() {}\nfunction f() {}\n",
        "<?php\nfunction f() {}\n",
    ]
    assert found(*texts) == [[], [], [], [], [("CompileError", "function f() {}")], []]


def test_no_program_is_run(installed, tmp_path):
    text = f"<?php\nfile_put_contents('{tmp_path}/ran', 'x'); exit(3);\nconst C = 1 << 2;\n"
    assert found(text, "<?php\necho = 1;\n") == [[], [("ParseError", "=")]]
    assert not (tmp_path / "ran").exists()


def test_settings_in_the_folders_change_nothing(installed, plant):
    settings = "error_reporting=0\nauto_prepend_file=/etc/hostname\nopcache.enable=0\n"
    plant({"php.ini": settings, ".user.ini": settings, "php-cli.ini": settings, ".htaccess": "php_value x 1\n"})
    assert found("<?php\nfunction f($a = 1, $b) {}\n") == [[("Deprecated", "function f($a = 1, $b) {}")]]


def test_what_programs_say_of_errors_changes_nothing(installed):
    said = "<?php\ndeclare(ticks=1);\nerror_reporting(0); ini_set('display_errors', '0'); @f();\n// phpcs:ignoreFile\n"
    assert found(said + "$x = = 1;\n", said + "__halt_compiler(); = =\n") == [[("ParseError", "=")], []]


HOSTILE = ["", "\0", "<?php \0", "<?php $s = '\ud800';\n", "\ufeff<?php echo 1;\n", "no php"]


def test_hostile_text_does_not_hide_the_others(installed):
    assert found(*HOSTILE, "<?php\necho = 1;\n")[-1] == [("ParseError", "=")]


@pytest.mark.parametrize("mark", ["()", "[]"])
def test_what_is_too_deep_is_no_clean_report(installed, mark):
    text = "<?php\n$x = " + mark[0] * 50_000 + "1" + mark[1] * 50_000 + " 2;\n"
    try:
        (reported,) = found(text)
    except AnalyzerError:
        return
    assert reported
