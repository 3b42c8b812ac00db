import pytest

from analyzers.directives import defuse


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('#include "/etc/passwd"\n', '#error   "/etc/passwd"\n'),
        ('  # include "../p1.c"\n', '  #error    "../p1.c"\n'),
        ('#include "p1.c"\n', '#error   "p1.c"\n'),
        ("#include X\n", "#error   X\n"),
        ("#include_next </dev/zero>\n", "#error        </dev/zero>\n"),
        ('#inc\\\nlude "/dev/zero"\n', '#err\\\nor   "/dev/zero"\n'),
        ('/*\n*/ %: /* x */ include "/x"\n', '/*\n*/ #error             "/x"\n'),
        ('int a;\r#import "/x"\r', 'int a;\r#error  "/x"\r'),
        ('char *a = "/*";\n#include "/x"\nchar *b = "*/";', 'char *a = "/*";\n#error   "/x"\nchar *b = "*/";'),
        ('R"x(" /* )x"\n#include "/x"\n', 'R"x(" /* )x"\n#error   "/x"\n'),
        ('#line 3 "x.c"\nint a;', "#            \nint a;"),
        ('# 1 "x.c" 3\nint a;', "#          \nint a;"),
        ('#pragma GCC diagnostic ignored "-Wall"\nint a;', "#                                     \nint a;"),
        ("#pragma \\\n clang __debug crash\n", "#       \\\n                    \n"),
        ('_Pragma("GCC x") int a;', '_Pxxxxx("GCC x") int a;'),
        ("#ifdef __clang_analyzer__\n", "#ifdef __xlang_analyzer__\n"),
        ("#if __has_feature(x)\n", "#if __xas_feature(x)\n"),
        ("[[clang::suppress]] f(suppress);", "[[clang::xuppress]] f(suppress);"),
        ("__attribute__((suppress)) f();", "__attribute__((xuppress)) f();"),
    ],
)
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_c(text, left, language):
    assert defuse(text, language) == left


@pytest.mark.parametrize(
    "text",
    [
        '#include <bits/stdc++.h> // all\n#include<sys/types.h>\r\n#include "stdio.h" /* é\n */\n',
        '#define S(line) #line\n#define INCLUDE(x) "#include " #x\n',
        '#pragma once\n#pragma GCC optimize("O3")\n#pragma omp parallel\n',
        "struct embed { int import, line, pragma; };\n",
    ],
)
def test_what_c_says_to_compilers_alone_stays(text):
    assert defuse(text, "cpp") == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("#![allow(dead_code)]\n", "#![warn (dead_code)]\n"),
        ("# [expect(unused)] fn f() {}", "# [warn  (unused)] fn f() {}"),
        (
            '#[cfg_attr(all(), allow(x), path = "/etc/passwd")] mod x;',
            '#[cfg_attr(all(), warn (x), xath = "/etc/passwd")] mod x;',
        ),
        ('const A: &str = include_str!("/x");', 'const A: &str = xnclude_str!("/x");'),
        ("use std::include as f;", "use std::xnclude as f;"),
        ('let include = 1; println!("{include}")', 'let xnclude = 1; println!("{xnclude}")'),
        ("#[warn(clippy::all)] #[cfg(clippy)]", "#[warn(clippy::all)] #[cfg(xlippy)]"),
        ("if cfg!(clippy) {}", "if cfg!(xlippy) {}"),
        ("let allow = path;", "let allow = path;"),
    ],
)
def test_rust(text, left):
    assert defuse(text, "rust") == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("from typing import no_type_check as é😀", "from typing import no_type_checx as é😀"),
        ("@typing.no_type_check", "@typing.no_type_checx"),
        ("if not TYPE_CHECKING or MYPY:", "if not TYPE_CHECKINx or MYPx:"),
        (
            "NOT_TYPE_CHECKING = MYPY_ = no_type_checks = my.no_type",
            "NOT_TYPE_CHECKING = MYPY_ = no_type_checks = my.no_type",
        ),
    ],
)
def test_python(text, left):
    assert defuse(text, "python") == left


def test_other_languages_say_it_in_comments():
    assert defuse('#include "/etc/passwd"\n', "python") == '#include "/etc/passwd"\n'


@pytest.mark.parametrize(
    "text", ['#/* é😀\n*/include "/x"\n', '_Pragma("é") #include "😀/../é"\n', "#pragma clang é😀\n"]
)
def test_nothing_moves(text):
    left = defuse(text, "cpp")
    assert left != text or "Pragma" in text
    assert (len(left), len(left.encode())) == (len(text), len(text.encode()))
    assert [at for at, letter in enumerate(left) if letter == "\n"] == [
        at for at, letter in enumerate(text) if letter == "\n"
    ]


HOSTILE = [
    "/**/",
    "#/*\n",
    "\\\n",
    "#i\\\n",
    '"',
    "'\\\n",
    "( ",
    'R"(',
    '\n#include "a',
    "\n# pragma GCC\\\n ",
    "__\\\n",
]


@pytest.mark.timeout(120)  # quadratic time on these lengths is many minutes
@pytest.mark.parametrize("text", [*HOSTILE, "#[", "# \n", "cfg!(", "#![ "])
def test_hostile_text_takes_linear_time(text):
    assert len(defuse(text * 100_000, "cpp")) == len(defuse(text * 100_000, "rust")) == 100_000 * len(text)
