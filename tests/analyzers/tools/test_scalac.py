from analyzers.findings import Finding
from analyzers.tools.scalac import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    mismatch = "type mismatch;\n found   : String\n required: Int"
    pure = "a pure expression does nothing in statement position; you may be omitting necessary parentheses"
    unused = {"severity": Severity.LOW, "kind": Kind.STYLE, "file": "p1/Main.scala"}
    syntax = {"severity": Severity.FATAL, "kind": Kind.SYNTAX, "file": "p2/Main.scala"}
    assert list(ANALYZER.parse(captured("scalac.json"))) == [
        Finding(
            "type-mismatch", mismatch, offset=39, end_offset=40,
            severity=Severity.HIGH, kind=Kind.TYPE, file="p0/Main.scala",
        ),
        Finding("no-effect-statement", pure, offset=34, end_offset=35, file="p1/Main.scala"),
        Finding("unused-variable", "local val in method f is never used", offset=27, end_offset=32, **unused),
        Finding("syntax", "identifier expected but '=' found.", offset=18, **syntax),
        Finding("syntax", "':' expected but '}' found.", offset=22, **syntax),
    ]  # fmt: skip


UNUSED = "%s object A { %s def f() = { println('é'); %s val x = 1 } }\n"


def test_annotations_suppress_nothing(codes):
    words = ['@SuppressWarnings(Array("all"))', "@deprecated", "/* @nowarn */", "@scala.annotation.meta.getter"]
    assert codes(*[UNUSED % (word, word, "") for word in words]) == [["unused-variable"]] * len(words)
    nowarn = codes(UNUSED % ("", "@scala.annotation.nowarn", ""))  # this compiler has no such annotation
    assert nowarn == [["missing-member", "unused-variable"]]


def test_programs_of_a_batch_cannot_see_each_other(codes):
    shared, user, same = (
        "object Shared { val one = 1 }\n",
        "object U { val n = Shared.one }\n",
        "class Same(val é: Int)\n",
    )
    assert codes(shared, user, same, same) == [[], ["undefined-name"], [], []]


def test_a_macro_of_the_program_is_not_run(codes, tmp_path):
    touched = tmp_path / "touched"
    macro = (
        "import scala.language.experimental.macros\nimport scala.reflect.macros.blackbox.Context\n"
        "object M {\n  def impl(c: Context): c.Tree = { import c.universe._\n"
        f'    new java.io.File("{touched}").createNewFile(); q"1" }}\n  def run: Int = macro impl\n}}\n'
        "object Use { val n = M.run }\n"
    )
    assert codes(macro) == [["error"]]
    assert not touched.exists()


def test_strange_texts_do_not_hide_the_others(codes):
    texts = ["", "\ufeffobject A", "object {", 'object A { val s = "é😀', "/*", "\0", "(" * 300]
    assert codes(*texts, UNUSED % ("", "", ""))[-1] == ["unused-variable"]
