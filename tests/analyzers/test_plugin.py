import ast
import re

import pytest

import grammars
from analyzers import registry
from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.findings import Finding
from analyzers.plugin import MAX_FINDINGS, analyzer
from analyzers.types import Kind, Severity, Source, Span, Status

EVAL = 's = "é😀"; x = eval(s)\n'


def function(check, **options):
    return analyzer("mine", **{"languages": "python", **options})(check)


def places(found):
    return [(one.span.start, one.span.end) for one in found]


def test_a_function_of_a_few_lines():
    @analyzer("no-eval", languages="python", severity="high", kind="security")
    def no_eval(program):
        for node in ast.walk(program.ast):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "eval":
                yield node, "eval runs text as code"

    (found,) = no_eval(EVAL)
    assert EVAL[found.span.start : found.span.end] == "eval(s)"
    assert (found.analyzer, found.code, found.message) == ("no-eval", "no-eval", "eval runs text as code")
    assert (found.severity, found.kind) == (Severity.HIGH, Kind.SECURITY)
    assert no_eval("x = 1\n") == ()


def tree_call(program):
    stack = [program.tree]
    while stack:
        node = stack.pop()
        if node.type == "call":
            return node
        stack += node.children
    return None


@pytest.mark.parametrize(
    "place",
    [
        lambda program: re.search(r"eval\(s\)", program.text),
        lambda program: next(node for node in ast.walk(program.ast) if isinstance(node, ast.Call)),
        tree_call,
        lambda program: Span(14, 21),
        lambda program: (14, 21),
    ],
    ids=["match", "ast", "tree-sitter", "Span", "numbers"],
)
def test_every_kind_of_place_is_counted_as_it_counts(place):
    # s = "é😀"; x = eval(s): code points 14 to 21, bytes 18 to 25
    (found,) = function(lambda program: [(place(program), "here")])(EVAL)
    assert places([found]) == [(14, 21)]


def test_the_forms_of_a_finding():
    @analyzer("mine", languages="python", severity="low", kind="style")
    def mine(program):
        yield (0, 1), "message"
        yield (1, 2), "code", "message"
        yield 2, 3, "code", "message"
        yield 3, 4, "message"
        yield (4, 5), "message", Severity.HIGH
        yield (5, 6), "code", "message", Kind.TYPE, Severity.FATAL
        yield [Span(6, 7), "in a list"]
        yield Finding("own", "message", line=1, column=8, end_column=9, severity=Severity.INFO, kind=Kind.NAME)

    found = [(one.span.start, one.code, one.message, one.severity.name, one.kind.value) for one in mine("0123456789")]
    assert found == [
        (0, "mine", "message", "LOW", "style"),
        (1, "code", "message", "LOW", "style"),
        (2, "code", "message", "LOW", "style"),
        (3, "mine", "message", "LOW", "style"),
        (4, "mine", "message", "HIGH", "style"),
        (5, "code", "message", "FATAL", "type"),
        (6, "mine", "in a list", "LOW", "style"),
        (7, "own", "message", "INFO", "name"),
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "answered with None, expected it to yield"),
        ("nonsense", "answered with 'nonsense', expected it to yield"),
        (7, "answered with 7"),
        ([7], "yielded 7, expected"),
        (["eval"], "yielded 'eval', expected"),
        ([()], r"yielded \(\), expected"),
        ([((0, 1),)], r"yielded \(\(0, 1\),\), expected"),
        ([(0, 1)], r"yielded \(0, 1\), expected"),
        ([((0, 1), "code", "message", "more")], "yielded .*, expected"),
        ([((0, 1), "message", 3)], "yielded .*, expected"),
        ([("x", "message")], "yielded the place 'x', expected a match, a node, a Span"),
        ([(None, "message")], "yielded the place None"),
        ([(ast.Load(), "message")], "yielded the place <ast.Load"),
    ],
)
def test_nonsense_is_a_failure_that_says_what_was_expected(answer, said):
    with pytest.raises(AnalyzerFailed, match=f"mine {said}"):
        function(lambda program: answer)("x = 1\n")


def test_whatever_it_raises_is_a_failure_that_names_it():
    def broken(program):
        yield (0, 1), "fine so far"
        raise KeyError("oops")

    with pytest.raises(AnalyzerFailed, match="mine raised KeyError: 'oops'"):
        function(broken)("x")
    with pytest.raises(AnalyzerFailed, match="mine raised SystemExit: 3"):
        function(lambda program: exit(3))("x")
    with pytest.raises(AnalyzerFailed, match=r"mine raised TypeError: .* takes 0 positional arguments"):
        function(lambda: ())("x")


def test_findings_without_end():
    def endless(program):
        while True:
            yield (0, 1), "again"

    with pytest.raises(AnalyzerFailed, match=f"mine has more than {MAX_FINDINGS} findings"):
        function(endless)("x")


def test_places_out_of_the_text_are_put_inside():
    found = function(lambda program: [((-5, 2), "a"), ((3, 99), "b"), ((3, 1), "c"), ((50, 60), "d")])("0123\n")
    assert all(0 <= one.span.start <= one.span.end <= 5 for one in found)
    assert places(found)[:2] == [(0, 2), (3, 4)]


def test_text_that_is_no_python_is_one_finding_for_whoever_wants_its_tree():
    (found,) = function(lambda program: [(program.ast, "never")])('s = "é😀"; x = = 1\n')
    assert (found.code, found.severity, found.kind) == ("SyntaxError", Severity.FATAL, Kind.SYNTAX)
    assert found.span.start == 14
    assert function(lambda program: [(program.tree, "still there")])("x = = 1\n")[0].message == "still there"


def test_a_finding_about_the_whole_program():
    (found,) = function(lambda program: [(program.ast, "all of it")])("x = 1\ny = 2\n")
    assert places([found]) == [(0, 5)]  # the first line answers


def test_the_words_of_comments_are_hidden():
    seen = []
    function(lambda program: seen.append(program.text) or [])("x = 1  # pylint: disable=all\n")
    assert seen == ["x = 1  # xxxxxx: xxxxxxx=xxx\n"]


def test_languages_are_canonical_and_known_to_the_program():
    mine = function(lambda program: [((0, 1), program.language)], languages=("py", "c++"))
    assert mine.languages == ("python", "cpp")
    assert [one.message for one in mine("x")] == ["python"]
    assert [one.message for one in mine("x", "c++")] == ["cpp"]
    assert function(lambda program: [], languages="*").languages == ("*",)
    with pytest.raises(
        AnalyzerFailed, match=r"program.ast is for Python, and this program is in cpp; use program.tree"
    ):
        function(lambda program: [(program.ast, "")], languages="*")("x", "cpp")


def test_a_grammar_that_is_not_installed(monkeypatch):
    def absent(self):
        raise grammars.GrammarUnavailable("no grammar; install the package 'x'")

    monkeypatch.setattr(grammars.Language, "tree_sitter", absent)
    with pytest.raises(ToolMissing, match="install the package 'x'"):
        function(lambda program: [(program.tree, "")])("x")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"languages": ()}, "'mine' is for no language"),
        ({"languages": "pyhton"}, "unknown language 'pyhton'; did you mean python"),
        ({"severity": "grave"}, "unknown severity 'grave'; known: info, low, medium, high, critical, fatal"),
        ({"kind": "taste"}, "unknown kind 'taste'; known: syntax, name, type, logic, style, security, runtime"),
        ({"timeout_s": 0}, "has the time limit 0, expected seconds above 0"),
    ],
)
def test_options_that_make_no_sense(options, said):
    with pytest.raises(ValueError, match=said):
        function(lambda program: [], **options)
    with pytest.raises(ValueError, match=r"@analyzer\('mine'\) stands above 7, expected a function"):
        function(7)


def test_the_fingerprint_changes_with_the_code_and_the_packages(tmp_path):
    def made(text):
        path = tmp_path / f"{len(text)}.py"
        path.write_text(text)
        space = {}
        exec(compile(text, str(path), "exec"), space)
        return analyzer("mine")(space["check"]).fingerprint()

    first = made("def check(program):\n    return []\n")
    assert first == made("def check(program):\n    return []\n")
    assert first != made("LIMIT = 3\ndef check(program):\n    return []\n")  # the file counts
    assert "pyflakes" in function(lambda program: [], packages=("pyflakes",)).fingerprint()
    with pytest.raises(ToolMissing, match="mine needs the package 'no-such-package': pip install no-such-package"):
        function(lambda program: [], packages=("no-such-package",)).fingerprint()


def test_a_source_that_is_too_long():
    with pytest.raises(AnalyzerFailed, match="mine takes at most 1000000 code points, got 1000001"):
        function(lambda program: [])("x" * 1_000_001)


def test_depth():
    def deepest(program, node=None):
        for child in ast.iter_child_nodes(node or program.ast):
            yield from deepest(program, child)

    text = "x = (" + " + ".join(["1"] * 2000) + ")\n"
    assert function(deepest, deep=True)(text) == ()
    with pytest.raises(AnalyzerFailed, match="RecursionError"):
        function(deepest)(text)


BEHAVIOUR = '''
import builtins, os, sys, time
from analyzers.plugin import analyzer

@analyzer("{behaviour}", languages="python", timeout_s=1.0)
def odd(program):
    """Behaves in one way on one program, and well on all others."""
    if "mark" not in program.text:
        return
    {code}
    yield (0, 1), "found"
'''


@pytest.mark.parametrize(
    ("behaviour", "code", "status", "said"),
    [
        ("raises", "raise KeyError('oops')", Status.FAILED, "raises raised KeyError: 'oops'"),
        ("loops", "time.sleep(60)", Status.TIMED_OUT, "loops did not finish in 1 s and was killed"),
        ("spins", "while True: pass", Status.TIMED_OUT, "spins did not finish in 1 s and was killed"),
        ("exits", "sys.exit(0)", Status.FAILED, "exits raised SystemExit: 0"),
        ("dies", "os._exit(3)", Status.FAILED, "the worker of dies died"),
        ("leaves", "os._exit(0)", Status.TIMED_OUT, "leaves did not finish in 1 s and was killed"),
        ("recurses", "(f := lambda: f())()", Status.FAILED, "recurses raised RecursionError"),
        ("mutates", "program.source.text = ''", Status.FAILED, "mutates raised AttributeError"),
        ("nonsense", "yield 'nonsense'", Status.FAILED, "nonsense yielded 'nonsense', expected"),
        ("prints", "print('noise', flush=True)", Status.OK, ""),
        ("writes", "os.write(1, b'noise')", Status.OK, ""),
    ],
)
def test_misbehaviour_is_a_report_and_the_next_program_is_analysed(tmp_path, capfd, behaviour, code, status, said):
    path = tmp_path / f"{behaviour}.py"
    path.write_text(BEHAVIOUR.format(behaviour=behaviour, code=code), encoding="utf-8")
    registry.add(path)
    with Engine([behaviour], workers=1) as engine:
        (bad,), (good,) = engine.analyze_batch([Source("mark = 1\n"), Source("x = 1\n")])
    assert (bad.status, good.status) == (status, Status.OK)
    assert said in bad.detail
    assert capfd.readouterr().out == ""
