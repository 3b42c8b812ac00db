"""The same Python program with sets that give their elements in another order.

A program that hands the order of a set on answers as it happens to. Strings change places with the hash seed, numbers
do not: so the sets themselves are exchanged for ones that are gone through backwards.
"""

from __future__ import annotations

import ast

_SET = '''
class BackwardSet(set):
    """A set that is gone through backwards."""

    def __iter__(self):
        return reversed(list(set.__iter__(self)))

    def pop(self):
        for item in self:
            self.discard(item)
            return item
        raise KeyError("pop from an empty set")


def _backward(name):
    def method(self, *others):
        made = getattr(set, name)(self, *others)
        return BackwardSet(made) if type(made) is set else made

    return method


for _name in ("__and__", "__or__", "__sub__", "__xor__", "__rand__", "__ror__", "__rsub__", "__rxor__", "copy",
              "difference", "intersection", "symmetric_difference", "union"):
    setattr(BackwardSet, _name, _backward(_name))
'''
_PLAIN = """
_{function} = {function}
def {function}(*arguments, **keywords):
    answer = _{function}(*arguments, **keywords)
    return set(set.__iter__(answer)) if isinstance(answer, BackwardSet) else answer
"""


def backwards(program: str, function: str) -> str | None:
    """The program with such sets, and the named function still returning plain ones; None where it makes no sets."""
    try:
        module = ast.parse(program)
    except (SyntaxError, ValueError):
        return None
    exchange = _Exchange()
    changed = exchange.visit(module)
    if not exchange.found:
        return None
    text = f"{_SET}\n{ast.unparse(ast.fix_missing_locations(changed))}\n"
    return text + _PLAIN.format(function=function) if function.isidentifier() else text


class _Exchange(ast.NodeTransformer):
    found = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("set", "map"):
            node.func, node.args = self._name(node.func), list(map(self._name, node.args))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.value = self._name(node.value)
        return node

    def visit_Set(self, node: ast.Set) -> ast.AST:
        return self._made(ast.Tuple(node.elts, ast.Load()), node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._made(ast.ListComp(node.elt, node.generators), node)

    def _made(self, items: ast.expr, node: ast.AST) -> ast.AST:
        self.generic_visit(items)
        self.found = True
        return ast.copy_location(ast.Call(ast.Name("BackwardSet", ast.Load()), [items], []), node)

    def _name(self, node: ast.expr) -> ast.expr:
        if not (isinstance(node, ast.Name) and node.id == "set"):
            return node
        self.found = True
        return ast.Name("BackwardSet", ast.Load())
