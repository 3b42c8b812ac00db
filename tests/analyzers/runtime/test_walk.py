"""The quick walk against the standard library's."""

import ast

import pytest

from analyzers.runtime import walk

CODE = """
@trace
async def check(candidate: int = 3, *rest, **named) -> None:
    global counted
    async with lock as held, other:
        assert candidate(x := -1, **{'a': 1, **named})[1:2] == not_this, f"{rest!r:>{width}}"
    try:
        del held.name
    except* (ValueError, OSError) as error:
        raise error from None
    match candidate(2):
        case Point(x=0, y=[1, *others]) | {"k": v, **more} if v and more:
            return lambda a, /, b=1, *, c=2: (a if b else c) or await it
        case _:
            yield from [*(i for i in others if i < 2 <= 3)]
"""


def shown(nodes):
    return sorted(ast.dump(node, include_attributes=True) for node in nodes)


def test_all_nodes_are_found_but_contexts_and_operators():
    tree = ast.parse(CODE)
    left_out = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    expected = [node for node in ast.walk(tree) if not isinstance(node, left_out)]
    assert len(expected) > 60
    assert shown(walk.parts(tree)) == shown(expected)


@pytest.mark.parametrize(
    ("code", "children"),
    [
        ("f(1, *b, c=d)", ["f", "1", "*b", "c=d"]),
        ("a < b + 1", ["a", "b + 1"]),
        ("{**x}", ["x"]),
        ("name", []),
        ("3", []),
    ],
)
def test_children_come_in_the_order_of_their_fields(code, children):
    assert [ast.unparse(child) for child in walk.children(ast.parse(code, mode="eval").body)] == children


def test_a_node_that_lacks_a_field_has_nothing_there():
    assert walk.children(ast.Expr()) == []
