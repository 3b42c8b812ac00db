import ast

import pytest

from trainer.tasks.augment.mutants import (
    FAMILIES,
    arithmetic,
    bounds,
    calls,
    constants,
    logical,
    loops,
    mutants,
    names,
    relational,
    statements,
)

PROGRAM = '''
def f(values, n):
    """Counts what is greater."""
    found = 0
    for value in values[1:]:
        if value > n and not value == 7:
            found += 1
    return found
'''


def made(family, text, kind):
    node = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, kind))
    return {
        None if other is None else ast.unparse(ast.fix_missing_locations(other)) for other in family.replacements(node)
    }


@pytest.mark.parametrize(
    ("family", "text", "kind", "expected"),
    [
        (arithmetic, "a + b", ast.BinOp, {"a - b", "a * b", "a", "b"}),
        (arithmetic, "a -= 1", ast.AugAssign, {"a += 1"}),
        (arithmetic, "-a", ast.UnaryOp, {"a"}),
        (relational, "a < b", ast.Compare, {"a <= b", "a > b"}),
        (relational, "a in b", ast.Compare, {"a not in b"}),
        (relational, "a < b == c", ast.Compare, {"a <= b == c", "a > b == c", "a < b != c", "a < b >= c", "a < b <= c"}),
        (logical, "a and b", ast.BoolOp, {"a or b", "a", "b"}),
        (logical, "not a", ast.UnaryOp, {"a"}),
        (logical, "a if b else c", ast.IfExp, {"a if not b else c", "a if False else c", "a if True else c"}),
        (logical, "[a for a in b if a]", ast.comprehension, {" for a in b"}),
        (constants, "5", ast.Constant, {"6", "4", "0"}),
        (constants, "True", ast.Constant, {"False"}),
        (constants, "'a'", ast.Constant, {"''", "'aX'", "'A'"}),
        (statements, "a.sort()", ast.Expr, {None}),
        (statements, "def f(): return a < b", ast.Return, {"return None", "return not a < b"}),
        (loops, "while a:\n    b", ast.While, {"while a:\n    b\n    break"}),
        (loops, "for a in b:\n    break", ast.Break, {"continue", "pass"}),
        (bounds, "a[1:b]", ast.Slice, {":b", "1 + 1:b", "1 - 1:b", "1:", "1:b + 1", "1:b - 1"}),
        (bounds, "a[i]", ast.Subscript, {"a[i + 1]", "a[i - 1]"}),
        (bounds, "range(2, n)", ast.Call, {"range(2 + 1, n)", "range(2 - 1, n)", "range(2, n + 1)", "range(2, n - 1)", "range(0, n)"}),
        (calls, "min(a)", ast.Call, {"max(a)"}),
        (calls, "sorted(a, reverse=True)", ast.Call, {"a", "sorted(a)"}),
        (calls, "a.lower()", ast.Call, {"a.upper()", "a"}),
        (names, "a - b", ast.BinOp, {"b - a"}),
    ],
)  # fmt: skip
def test_what_an_operator_makes(family, text, kind, expected):
    assert made(family, text, kind) == expected


def test_a_variable_is_taken_for_another_of_its_function():
    texts = made(names, "def f(a, b):\n    return a + b", ast.FunctionDef)
    assert {text.splitlines()[-1].strip() for text in texts} == {"return b + b", "return a + a"}


def test_mutants_differ_from_the_program_and_from_each_other_and_compile():
    found = mutants(PROGRAM, "python", count=1000)
    texts = [each.program for each in found]
    assert len(set(texts)) == len(texts) > 30
    assert ast.unparse(ast.parse(PROGRAM)) not in texts
    for text in texts:
        compile(text, "mutant", "exec")
        assert "Counts what is greater." in text


def test_families_take_turns_and_a_seed_decides():
    found = mutants(PROGRAM, "python", count=6, seed=3)
    assert len({each.family for each in found}) == 6
    assert found == mutants(PROGRAM, "python", count=6, seed=3)
    assert found != mutants(PROGRAM, "python", count=6, seed=4)


def test_only_the_families_that_are_asked_for():
    found = mutants(PROGRAM, "python", count=1000, families=("relational",))
    assert {each.family for each in found} == {"relational"}
    assert {family for family in FAMILIES if mutants(PROGRAM, "python", count=9, families=(family,))} == set(
        FAMILIES
    ) - {"calls"}


def test_a_program_is_left_as_it_was():
    module = ast.parse(PROGRAM)
    before = ast.dump(module)
    for family in (arithmetic, bounds, calls, constants, logical, loops, names, relational, statements):
        for node in ast.walk(module):
            list(family.replacements(node))
    assert ast.dump(module) == before


def test_what_is_no_python_has_no_mutants():
    assert mutants("def f(:", "python", count=5) == []


CPP = '#include <vector>\nstd::vector<int> f(int a) { /* a < 1 */ return {a < 1 ? a + 2 : 0, "<"[0]}; }\n'


def test_tokens_of_other_languages():
    texts = {each.program for each in mutants(CPP, "cpp", count=100)}
    line = CPP.splitlines()[1]
    expected = [("a < 1 ?", "a <= 1 ?"), ("a < 1 ?", "a > 1 ?"), ("a + 2", "a - 2"), ("a + 2", "a + 3"), (": 0", ": 1")]
    for before, after in expected:
        assert CPP.replace(line, line.replace(before, after)) in texts
    assert all("std::vector<int>" in text and "/* a < 1 */" in text and '"<"' in text for text in texts)


def test_a_language_without_a_parser_has_no_mutants(monkeypatch):
    from analyzers import trees
    from analyzers.errors import ToolMissing

    def missing(language):
        raise ToolMissing(language)

    monkeypatch.setattr(trees, "parser", missing)
    assert mutants(CPP, "cpp", count=5) == []
