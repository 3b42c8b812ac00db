import pytest

from analyzers.findings import Finding
from analyzers.tools.javac import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    name = {"severity": Severity.CRITICAL, "kind": Kind.NAME}
    crash = {"severity": Severity.HIGH, "kind": Kind.TYPE}
    unresolved = "cannot find symbol\n  symbol:   variable missing\n  location: class A"
    assert list(ANALYZER.parse(captured("javac.json"))) == [
        Finding("cant.resolve.location", unresolved, offset=36, end_offset=43, file="p0/Main.java", **name),
        Finding("div.zero", "division by zero", offset=60, end_offset=61, file="p1/Main.java", **crash),
        Finding("empty.if", "empty statement after if", offset=66, end_offset=67, file="p1/Main.java"),
    ]


def test_a_note_is_no_finding():
    assert list(ANALYZER.parse('[{"kind": "NOTE", "code": "compiler.note.x", "start": -1, "end": -1}]')) == []


def marked(*texts):
    """Code and marked text of the findings of each program."""
    found = ANALYZER.run([Source(text, "java") for text in texts])
    return [
        [(item.code, text[item.span.start : item.span.end]) for item in items]
        for text, items in zip(texts, found, strict=True)
    ]


EMPTY = "class A { %s void f(int n) { %s if (n > 1); } }\n"


@pytest.mark.parametrize(
    "annotation",
    [
        '@SuppressWarnings("all")',
        '@SuppressWarnings({"empty", "divzero"})',
        '@java.lang.SuppressWarnings(value = "empty")',
        '@\\u0053uppressWarnings("empty")',
        '@SuppressWarnings(\n"empty"\n)',
        '@SuppressWarnings(A.E) static final String E = "empty"; @SuppressWarnings(A.E)',
    ],
)
def test_annotations_suppress_nothing(installed, annotation):
    assert marked(EMPTY % (annotation, '@SuppressWarnings("empty") int é = 0;')) == [[("empty.if", ";")]]


def test_programs_of_a_batch_cannot_see_each_other(installed):
    shared = "package p; public class Shared { public static int one = 1; }\n"
    user = "import p.Shared; class User { int n = Shared.one; }\n"
    same = "public class Same { int é = 1; }\n"
    assert marked(shared, user, same, same) == [
        [],
        [("doesnt.exist", "Shared"), ("cant.resolve.location", "Shared")],
        [],
        [],
    ]


def test_configuration_in_the_folders_changes_nothing(installed, plant):
    plant(
        {
            "javac.args": "-nowarn",
            "META-INF/services/javax.annotation.processing.Processor": "Evil",
            ".javacrc": "-nowarn",
        }
    )
    assert marked(EMPTY % ("", ""), "class A {}\n") == [[("empty.if", ";")], []]


def test_a_public_type_may_have_any_name(installed):
    assert (
        marked("public class Solution { }\n", "public enum Côté { LEFT }\n", "package a.b; public interface I { }\n")
        == [[]] * 3
    )


@pytest.mark.parametrize(
    "text", ["", "\ufeffclass A { int n = s; }", "class A { int n =\r\n s; }\r\n", "class A {\0}", "😀", "@interface"]
)
def test_strange_texts(installed, text):
    ANALYZER.run([Source(text, "java")])


def test_deep_nesting(installed):
    sum_ = "1" + " + 1" * 3000
    assert marked("class A { int n = " + "(" * 2000 + "s" + ")" * 2000 + f"; int m = {sum_}; }}\n") == [
        [("cant.resolve.location", "s")]
    ]
