from analyzers.findings import Finding
from analyzers.tools.kotlinc import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    unused = {"severity": Severity.LOW, "kind": Kind.STYLE, "file": "p1/Main.kt"}
    unresolved = {"severity": Severity.CRITICAL, "kind": Kind.NAME, "file": "p0/Main.kt"}
    assert list(ANALYZER.parse(captured("kotlinc.json"))) == [
        Finding("undefined-name", "Unresolved reference: missing", 1, 24, **unresolved),
        Finding("unused-variable", "Parameter 'n' is never used", 1, 7, **unused),
        Finding("unused-variable", "Variable 'x' is never used", 1, 26, **unused),
        Finding("unreachable-code", "Unreachable code", 1, 43, file="p1/Main.kt"),
    ]


def test_an_error_of_any_words_is_hard_and_a_warning_of_taste_is_none():
    record = '[{"severity": "%s", "message": "Never heard of", "line": 1, "column": 1, "file": "p0/Main.kt"}]'
    (found,) = ANALYZER.parse(record % "ERROR")
    assert (found.code, found.severity, found.kind) == ("error", Severity.HIGH, Kind.TYPE)
    assert list(ANALYZER.parse(record % "WARNING")) == []


UNUSED = "%s fun f() { println('é'); %s val x = 1 }\n"


def test_annotations_suppress_nothing(codes):
    words = [
        ('@Suppress("UNUSED_VARIABLE")', ""),
        ("", '@Suppress("UNUSED_VARIABLE")'),
        ('@file:Suppress("UNUSED_VARIABLE", "a)\\"(")\n', ""),
        ('@kotlin.Suppress(\n"UNUSED_VARIABLE"\n)', ""),
        ("// Suppress\n", '@SuppressWarnings("UNUSED_VARIABLE")'),
    ]
    assert codes(*[UNUSED % word for word in words]) == [["unused-variable"]] * len(words)
    # other ways to that annotation do not compile any more
    others = [
        '@[Suppress("UNUSED_VARIABLE")]',
        'typealias S = Suppress\n@S("UNUSED_VARIABLE")',
        '@`Suppress`("UNUSED_VARIABLE")',
    ]
    assert all("undefined-name" in found for found in codes(*[UNUSED % (other, "") for other in others]))


def test_programs_of_a_batch_cannot_see_each_other(codes):
    shared, user, same = "package p\nval shared = 1\n", "import p.shared\nval n = shared\n", "val same = 'é'\n"
    assert codes(shared, user, same, same) == [[], ["undefined-name"] * 2, [], []]


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant({"kotlinc.args": "-nowarn", "gradle.properties": "kotlin.suppress=true", "META-INF/main.kotlin_module": "x"})
    assert codes(UNUSED % ("", "")) == [["unused-variable"]]


def test_strange_texts_do_not_hide_the_others(codes):
    texts = ["", "\ufeffval x = 1", "fun f( {", 'val s = "é😀', "/*", "\0", "(" * 300]
    assert codes(*texts, UNUSED % ("", ""))[-1] == ["unused-variable"]
