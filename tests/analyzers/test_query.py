import pytest

import grammars
from analyzers import query
from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.types import Kind, Severity

NO_EVAL = """; name: no-eval
; language: python
; severity: high
; kind: security

; Whatever runs text as code.
; message: {run} runs text as code
; good: literal_eval(s)
; bad: s = "é😀"; «eval»(s)
; bad: def f():\\n    «exec»(s)
((call function: (identifier) @run) (#any-of? @run "eval" "exec"))

; message: {_owner}.{code} runs what it is given
; severity: critical
; kind: logic
((call function: (attribute object: (identifier) @_owner attribute: (identifier) @code))
  (#eq? @_owner "os") (#match? @code "^(system|popen)$"))
"""


def read(text, name="some_rules"):
    return query.read(text, name)


def rules(body, head="; language: python\n; message: here\n\n"):
    return read(head + body)


def marked(analyzer, text, language=""):
    return [(one.code, text[one.span.start : one.span.end], one.message) for one in analyzer(text, language)]


def test_a_query_finds_captures_and_says_what_stands_above_its_pattern():
    no_eval = read(NO_EVAL)
    assert (no_eval.name, no_eval.languages) == ("no-eval", ("python",))
    text = 's = "é😀"; eval(s); os.system(s); io.open(s)  # eval(s)\n'
    assert marked(no_eval, text) == [
        ("run", "eval", "eval runs text as code"),
        ("code", "system", "os.system runs what it is given"),
    ]
    assert [(one.severity, one.kind) for one in no_eval(text)] == [
        (Severity.HIGH, Kind.SECURITY),
        (Severity.CRITICAL, Kind.LOGIC),
    ]


def test_its_examples():
    good, bad = read(NO_EVAL).check.examples("python")
    assert good == ["literal_eval(s)"]
    assert bad == [('s = "é😀"; eval(s)', "run", "eval"), ("def f():\n    exec(s)", "run", "exec")]


def test_the_comments_at_the_top_may_be_those_of_the_only_pattern():
    found = read("; language: python\n; message: a name\n; severity: info\n; bad: «x»\n(identifier) @name\n")
    assert found.name == "some-rules"
    assert found.check.examples("python")[1] == [("x", "name", "x")]
    assert [one.severity for one in found("x")] == [Severity.INFO]


def test_a_node_is_reported_once_by_a_name_and_apart_by_two():
    assert marked(rules("(identifier) @a @b\n"), "x") == [("a", "x", "here"), ("b", "x", "here")]
    assert len(marked(rules("(module (_)* (expression_statement)+ @a)\n"), "x\ny\nz\n")) == 3
    assert rules("(identifier) @a @b\n").check.examples("python") == ([], [])


def test_several_languages_and_all():
    both = read("; language: python, js\n; message: m\n(comment) @c\n")
    assert both.languages == ("python", "javascript")
    assert marked(both, "x # y") == [("c", "# y", "m")]
    assert marked(both, "x // y", "javascript") == [("c", "// y", "m")]
    assert marked(read("; language: *\n; message: m\n(ERROR) @broken\n"), "x = = 1", "javascript")


def test_a_message_shows_the_text_of_captures_and_no_more_than_a_line_of_it():
    found = read("; language: python\n; message: {a} {_b}!\n(assignment left: (_) @a right: (_) @_b)\n")
    assert [one.message for one in found('é = ("😀" +\n  1)\n')] == ['é ("😀" + 1)!']
    (shown,) = [one.message for one in found(f"x = {'y' * 100}")]
    assert shown == f"x {'y' * 60}...!"


def test_a_capture_that_is_not_there_leaves_a_blank():
    found = read(
        "; language: python\n; message: {name}{_type}\n(typed_parameter (identifier) @name)\n".replace("{_type}", "")
    )
    assert [one.message for one in found("def f(x: int): pass")] == ["x"]
    optional = read("; language: python\n; message: <{_value}>\n(return_statement (_)? @_value) @code\n")
    assert sorted(one.message for one in optional("def f():\n    return\n    return 1\n")) == ["<1>", "<>"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(identifier) @x\n", "it says no language; write `; language: python` at its top"),
        ("", "it says no language"),
        ("; language: pyhton\n(identifier) @x\n", "unknown language 'pyhton'; did you mean python"),
        ("; language: python\n; message: m\n", "it holds no pattern"),
        ("; language: python\n\n(identifier) @x\n", "the pattern on line 3 has no message"),
        (
            "; language: python\n; message: m\n\n(identifer) @x\n",
            "the grammar of python does not take it: Invalid node",
        ),
        ("; language: python\n; message: m\n\n(call @x\n", "Invalid syntax on line 4"),
        ("; language: python\n; message: m\n(identifier) @_x\n", "on line 3 captures nothing to report: put @CODE"),
        ('; language: python\n; message: m\n(identifier) @x (#eq? @x "y")\n', "on line 3 captures nothing to report"),
        ('; language: python\n; message: m\n((identifier) @x (#lua-match? @x "y"))\n', "unknown predicate #lua-match"),
        ('; language: python\n; message: m\n((identifier) @x (#match? @x "("))\n', "regular expression error"),
        ("; language: python\n; message: {y}\n(identifier) @x\n", r"has \{y\}; what is captured is x"),
        ("; language: python\n; message: m\n; severity: bad\n(identifier) @x\n", "unknown severity 'bad'"),
        ("; language: python\n; message: m\n; kind: bad\n(identifier) @x\n", "unknown kind 'bad'"),
        (
            "; language: python\n; message: m\n; severty: low\n(identifier) @x\n",
            "line 3 has the unknown key 'severty'; did",
        ),
        ("; language: python\n; timeout_s: soon\n; message: m\n(identifier) @x\n", "timeout_s is 'soon', expected"),
        ("; language: python\n; timeout_s: -1\n; message: m\n(identifier) @x\n", "timeout_s is '-1', expected seconds"),
        (
            "; language: python\n; good: x\n\n; message: m\n(identifier) @x\n",
            "line 2: 'good' has its place right above",
        ),
        (
            "; language: python\n\n; message: m\n; name: x\n(identifier) @x\n",
            "line 4: 'name' has its place in the comm",
        ),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_in_one_line(text, said):
    with pytest.raises(ValueError, match=said) as caught:
        read(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["eval(s)", "«eval(s)", "»eval«(s)", "«»eval(s)"])
def test_an_example_that_does_not_show_what_is_found(text):
    with pytest.raises(query.BadQuery, match="lacks « and » around what is found"):
        rules(f"; bad: {text}\n(identifier) @x\n").check.examples("python")


def test_words_that_are_no_keys_and_signs_in_strings_and_comments():
    body = '; Note: this one is about @names (see #x?)\n((identifier) @x (#not-eq? @x "@y (#z? ;")) ; @w\n'
    assert marked(rules(body), "a") == [("x", "a", "here")]


def test_carriage_returns():
    assert marked(read("; language: python\r\n; message: m\r\n\r\n(identifier) @x\r\n"), "a") == [("x", "a", "m")]


def test_a_grammar_that_is_not_installed_is_missed_when_the_query_is_used(monkeypatch):
    def absent(self):
        raise grammars.GrammarUnavailable("no grammar; install the package 'x'")

    query._compiled.cache_clear()
    monkeypatch.setattr(grammars.Language, "tree_sitter", absent)
    found = rules("(nonsense) @x\n")
    with pytest.raises(ToolMissing, match="install the package 'x'"):
        found("x")


def test_a_pattern_that_only_fails_in_another_language_is_a_failure_there():
    found = read("; language: *\n; message: m\n(print_statement) @x\n")
    with pytest.raises(AnalyzerFailed, match="the grammar of javascript does not take it: Invalid node type"):
        found("x", "javascript")


def test_the_time_limit_and_the_fingerprint():
    one = read("; language: python\n; timeout_s: 2.5\n; message: m\n(identifier) @x\n")
    assert one.timeout_s == 2.5
    assert one.fingerprint() != rules("(identifier) @x\n").fingerprint()
