import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.ecj import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    null = "Null pointer access: The variable s can only be null at this location"
    assert list(ANALYZER.parse(captured("ecj.json"))) == [
        Finding(
            "UnresolvedVariable", "missing cannot be resolved to a variable", offset=36, end_offset=43,
            severity=Severity.CRITICAL, kind=Kind.NAME, file="p0/Main.java",
        ),
        Finding(
            "NullLocalVariableReference", null, offset=61, end_offset=62,
            severity=Severity.HIGH, kind=Kind.TYPE, file="p1/Main.java",
        ),
    ]  # fmt: skip


def test_other_output_is_a_failure():
    with pytest.raises(AnalyzerFailed, match="unexpected JSON"):
        list(ANALYZER.parse("Exception in thread"))


NULL = "class A { %s int f() { %s String é = null; return é.length(); } }\n"


@pytest.mark.parametrize(
    "annotation", ['@SuppressWarnings("all")', '@SuppressWarnings({"null"})', '@\\u0053uppressWarnings(value="null")']
)
def test_annotations_suppress_nothing(codes, annotation):
    assert codes(NULL % (annotation, '@SuppressWarnings("all")')) == [["NullLocalVariableReference"]]


def test_comments_suppress_nothing(codes):
    program = "class A { int f(int n) { switch (n) { case 1: n++; %s\n case 2: return n; } return 0; } }\n"
    assert (
        codes(program % "", program % "//$FALL-THROUGH$", program % "// é😀 fall-through") == [["FallthroughCase"]] * 3
    )


def test_programs_of_a_batch_cannot_see_each_other(codes):
    shared = "package p; public class Shared { public static int one = 1; }\n"
    user = "import p.Shared; class User { int n = Shared.one; }\n"
    same = "public class Same { int é = 1; }\n"
    assert codes(shared, user, same, same) == [[], ["ImportNotFound", "UnresolvedVariable"], [], []]


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    preferences = "org.eclipse.jdt.core.compiler.problem.nullReference=ignore\n"
    plant(
        {
            ".settings/org.eclipse.jdt.core.prefs": preferences,
            "org.eclipse.jdt.core.prefs": preferences,
            "ecj.args": "-nowarn",
        }
    )
    assert codes(NULL % ("", "")) == [["NullLocalVariableReference"]]


@pytest.mark.parametrize("text", ["", "\ufeffclass A { int n = s; }", "class A {\0}", "😀", "public class Côté { }"])
def test_strange_texts(installed, text):
    ANALYZER.run([Source(text, "java")])
