import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import layout, trees
from analyzers.layout import open_string, unbalanced
from analyzers.positions import encode
from analyzers.syntax import first_error

pytest.importorskip("tree_sitter_language_pack", reason="the grammars of the extra `languages` are not installed")

# fmt: off
CASES = [
    # language, program, marked text, its line from 0, message
    ("c", "int f(int x) {\n    if (x) {\n        x++;\n    return x;\n}\n\nint g(void) {\n    return 1;\n}\n",
     ";\n    return", 2, "missing '}'"),
    ("c", "int f(int x) {\n    if (x) { {\n        x++;\n    }\n    return x;\n}\n\nint g(void) {\n    return 1;\n}\n",
     "{", 1, "'{' is never closed"),
    ("c", "int f(int x) {\n    if (x) {\n        x++;\n    } }\n    return x;\n}\n\nint g(void) {\n    return 1;\n}\n",
     "}", 3, "'}' closes nothing"),
    ("c", "int f(int x) {\n    if (x)\n        x++;\n        x--;\n    }\n    return x;\n}\n",
     ")\n        x", 1, "nothing opens what '}' closes"),
    ("java", "class A {\n    int f(int x) {\n        for (;;) {\n            x++;\n        return x;\n    }\n\n"
     "    int g() {\n        return 1;\n    }\n}\n", ";\n        return", 3, "missing '}'"),
    ("go", "package main\n\nfunc f(x int) int {\n\tif x > 0 {\n\t\tx++\n\n\treturn x\n}\n\nfunc g() int {\n\treturn 1\n}\n",
     "++", 4, "missing '}'"),
    ("lua", "local function f(x)\n  if x then\n    print(x)\n\n  return x\nend\n\nlocal function g()\n  return 1\nend\n",
     ")", 2, "missing 'end'"),
    ("lua", "local function f(x)\n  while x do\n    print(x)\n  end end\n  return x\nend\n\nprint(f(1))\n",
     "end", 3, "'end' closes nothing"),
    ("bash", "f() {\n  if [ \"$1\" ]; then\n    echo 1\n\n  for x in \"$@\"; do\n    echo \"$x\"\n  done\n}\n\ng() {\n  echo 2\n}\n",
     "1", 2, "missing 'fi'"),
    ("clojure", "(defn f [x]\n  (let [y (inc x)\n    (+ x y)))\n\n(defn g [x]\n  x)\n", ")\n    (", 1, "missing ']'"),
    # An earlier line that is odd, but whose bracket is closed where its author closes brackets.
    ("elixir", "defmodule A do\n  def f(x) do\n    with {:ok, y} <- x,\n         true <- y do\n      {:cont, y}\n    else\n"
     "      _ -> 1\n    end\n  end\n\n  def g(x) do\n    case x do\n      1 -> 2\n  end\nend\n", "2\n  end", 12, "missing 'end'"),
    # An earlier line that is odd, but whose repair would not balance the program.
    ("c", "int f(void) {\n  if (a) {\nx = 1; }\n  g(1;\n  return 0; }\n", "1;", 3, "unexpected ';'"),
    # A line that stands further right than anything in its bracket.
    ("racket", "#lang racket\n(define (f x)\n  (let ([a 1]))\n      (+ a x)))\n\n(f 1)\n",
     ")\n      (", 2, "')' closes nothing"),
    # What parses is left alone, however it is laid out.
    ("c", "int f(int x) {\nif (x) {\n x++;\n}\n    else { x--;\n  }\nreturn x = = 1; }\n", "= =", 6, "unexpected '='"),
    ("racket", "#lang racket\n(define (f x)\n  (string-append \"a\" \"b x))\n\n(f \"c\")\n(f \"d\")\n",
     '"', 2, "a string that never ends"),
    ("perl", "my $x = \"é;\nmy $y = 'b';\nprint \"$x\\n\";\n", '"', 0, "a string that never ends"),
]
# fmt: on


@pytest.mark.parametrize(("language", "text", "marked", "line", "message"), CASES)
def test_the_place_is_where_the_layout_breaks_and_not_where_the_parser_stumbled(language, text, marked, line, message):
    found = first_error(text, language)
    assert (text[found.span.start : found.span.end], found.message) == (marked, message)
    assert text.count("\n", 0, found.span.start) == line


def suspect(text, language):
    return unbalanced(trees.root(text, language), encode(text), language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", "int f(void) {\n  g(\n1,\n   2);\n}\n"),
        ("c", "switch (x) {\ncase 1:\n  f();\n}\n"),
        ("bash", "case $x in\n  a) f ;;\n  *) g ;;\nesac\n"),
        ("ruby", "while x do\n  f if y\nend\n"),
        ("lua", "repeat\n  f()\nuntil x\nif x then f() elseif y then g() else h() end\n"),
        ("julia", "x = [i for i in 1:3 if i > a[end]]\n"),
        ("clojure", '(f "(" \\( #{1} #(g %)) ; (\n'),
        ("c", ""),
    ],
)
def test_balanced_programs_have_no_suspect(language, text):
    assert suspect(text, language) is None


def test_a_quote_is_blamed_only_where_their_number_is_odd():
    assert open_string('echo "a\necho b"\n', "bash") is None  # a string of two lines
    assert open_string("echo it\\'s # it's \"\n", "bash") is None
    assert open_string('x = "a;\n', "c") is None  # no string of C goes on
    found = open_string('echo "é" "b\necho c\n', "bash")
    assert (found.start, found.end) == (9, 10)


def test_the_number_of_repairs_is_bounded(monkeypatch):
    text = "int f(int x) {\n    if (x) {\n        x++;\n    return x;\n}\n"
    assert suspect(text, "c").message == "missing '}'"
    monkeypatch.setattr(layout, "MAX_REPAIRS", 0)
    assert suspect(text, "c") is None


@pytest.mark.parametrize("piece", ["{\n", "}\n", "{\n}\n x {\n", "(\n", "if (x) {\n  {\n}\n", "{}\n", "end\n", "do\n"])
@pytest.mark.parametrize("language", ["c", "lua", "clojure"])
def test_hostile_programs_end(piece, language):
    first_error(piece * (16_000 // len(piece)) + "}", language)


@pytest.mark.parametrize("language", ["c", "ruby", "bash", "racket"])
@given(
    text=st.lists(
        st.sampled_from(["(", ")", "{", "}", "[", "]", "\n", "  ", "if", "end", "do", "fi", '"', "é", ";", "x"]),
        max_size=40,
    ).map("".join)
)
def test_a_suspect_lies_within_the_text(language, text):
    found = first_error(text, language)
    if found is not None:
        assert 0 <= found.span.start <= found.span.end <= len(text)
