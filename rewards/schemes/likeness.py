"""How alike two programs are in structure: their syntax trees and their data flow, in any language with a grammar.

Both are Dice's coefficient of two bags, 2 * |common| / (|A| + |B|), in [0, 1], so that what is added in vain makes a
program less alike; CodeBLEU (arXiv:2009.10297), whose matches these are, divides by the reference alone.

Trees: every subtree with children, as the types of its nodes; names, literals and comments do not matter.
Data flow: for each variable that is bound, the names that its value is computed from, and where it is read otherwise.
Variables go by the order in which they are bound, whatever they are called. What binds is told by the fields and the
types of nodes that grammars have in common, so that the flow is coarse, but coarse for both programs in the same way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

import grammars
from analyzers import trees

MAX_LENGTH = 200_000
"""Code points; a longer program is like no other."""
MAX_DEPTH = 150
"""Nesting to which data flow is followed."""

_NAME = re.compile(
    r"(?!(?:type|package|namespace|module|operator)_)(?:\w+_)?(?:identifier|name|variable|varname|symbol|sym_lit)"
)
TYPE = re.compile(r"type|type_\w+|\w+_type|primitive_type")
_BINDING = re.compile(
    r"assign|declarator|_declaration$|_definition$|spec$|(?<![a-z])let|bind|(?:^|_)for|enumerator|named_expr|range_clause"
)
_SCOPE = re.compile(r"function|method|class|import|package|module")
_PARAMETERS = re.compile(r"\w*(?:parameters?|parameter_list|patterns)")
_SEVERAL = re.compile(r"\w*(?:list|tuple|tuple_pattern|object_pattern|array_pattern)")
_BODY = re.compile(r"\w*(?:block|body|suite|compound_statement|statement_list)")
_ADDING = re.compile(r"(?!:)\W+=")
_TARGETS = ("left", "pattern", "declarator", "name", "target")
_VALUES = ("right", "value", "match")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two programs are, from 0 to 1."""

    tree: float
    flow: float


def likeness(text: str, other: str, language: str) -> Likeness:
    """How alike two programs of a language are; 1 and 1 for the same program under other names.

    Raises:
        analyzers.errors.ToolMissing: the grammar of the language is not installed.
    """
    if max(len(text), len(other)) > MAX_LENGTH:
        return Likeness(0.0, 0.0)
    name = grammars.get(language).name
    roots = trees.root(text, name), trees.root(other, name)
    known: dict[Hashable, int] = {}
    comments = grammars.get(name).comment_nodes
    first, second = (subtrees(root, comments, known) for root in roots)
    return Likeness(dice(first, second), dice(*map(flow, roots)))


def dice(first: Counter[Hashable], second: Counter[Hashable]) -> float:
    """2 * |common| / (|A| + |B|) of two bags; 1 where both are empty."""
    size = first.total() + second.total()
    return 2 * (first & second).total() / size if size else 1.0


def subtrees(root: Node, comments: Sequence[str], known: dict[Hashable, int]) -> Counter[Hashable]:
    """The subtrees with children, each as a number that it has in `known`."""
    order = [root]
    numbers: dict[int, int] = {}
    for node in order:  # grows: every node comes after its parent
        order += _children(node, comments)
    found: Counter[Hashable] = Counter()
    for node in reversed(order):
        below = tuple(numbers[child.id] for child in _children(node, comments))
        numbers[node.id] = known.setdefault((node.type, below), len(known))
        if below:
            found[numbers[node.id]] += 1
    return found


def _children(node: Node, comments: Sequence[str]) -> list[Node]:
    return [child for child in node.named_children if child.type not in comments]


def flow(root: Node) -> Counter[Hashable]:
    """The edges of the data flow: (variable, what it is computed from), and (None, variable) where it is read."""
    found = _Flow()
    found.visit(root, 0)
    places = {name: place for place, name in enumerate(found.bound)}
    edges: Counter[Hashable] = Counter()
    for target, source in found.edges:
        if target is not None or source in places:
            edges[places.get(target or ""), places.get(source or "", source)] += 1
    return edges


@dataclass(frozen=True, slots=True)
class Binding:
    """The parts of a node that binds variables."""

    targets: list[Node]
    values: list[Node]
    rest: list[Node]


@dataclass(slots=True)
class _Flow:
    bound: dict[str, None] = field(default_factory=dict)
    """Names of variables, in the order in which they are bound."""
    edges: list[tuple[str | None, str | None]] = field(default_factory=list)

    def visit(self, node: Node, depth: int) -> None:
        """Takes in what a node binds and reads."""
        if depth > MAX_DEPTH or TYPE.fullmatch(node.type):
            return
        if _NAME.fullmatch(node.type):
            self.edges.append((None, _text(node)))
        elif _PARAMETERS.fullmatch(node.type):
            for name in self._names(node, depth):
                self._bind(name, [])
        elif (found := binding(node)) is not None:
            self._take_in(found, depth, adds=adds(node))
        else:
            for child in node.named_children:
                self.visit(child, depth + 1)

    def _take_in(self, parts: Binding, depth: int, *, adds: bool) -> None:
        sources = [name for value in parts.values for name in self._names(value, depth)]
        for target in parts.targets:
            name, *others = self._names(target, depth) or [""]
            if name:
                self._bind(name, [*sources, *others, *([name] if adds else [])])
        for child in parts.rest:
            self.visit(child, depth + 1)

    def _bind(self, name: str, sources: Sequence[str]) -> None:
        self.bound.setdefault(name)
        self.edges += [(name, source) for source in sources or (None,)]

    def _names(self, node: Node, depth: int) -> list[str]:
        """The names in an expression; functions that stand in it are programs of their own."""
        if depth > MAX_DEPTH or TYPE.fullmatch(node.type):
            return []
        if _NAME.fullmatch(node.type):
            return [_text(node)]
        if node.type.endswith("parameter") or not (_BODY.fullmatch(node.type) or _PARAMETERS.fullmatch(node.type)):
            return [name for child in node.named_children for name in self._inner(child, depth + 1)]
        return [name for child in node.named_children for name in self._names(child, depth + 1)]

    def _inner(self, node: Node, depth: int) -> list[str]:
        if _BODY.fullmatch(node.type) or _PARAMETERS.fullmatch(node.type) or binding(node) is not None:
            self.visit(node, depth)
            return []
        return self._names(node, depth)


def binding(node: Node) -> Binding | None:
    """What a node binds, told by its fields, or, where it has none, by the order of its children."""
    if not _BINDING.search(node.type) or _SCOPE.search(node.type):
        return None
    parts: dict[str, list[Node]] = {}
    for number, child in enumerate(node.children):
        if child.is_named:
            parts.setdefault(node.field_name_for_child(number) or "", []).append(child)
    targets = next((parts.pop(name) for name in _TARGETS if name in parts), [])
    values = next((parts.pop(name) for name in _VALUES if name in parts), [])
    rest = [child for children in parts.values() for child in children]
    if not targets and not values and {*parts} <= {"", "body"}:
        targets, values, rest = _by_order(rest)
    if not targets or not values:
        return None
    return Binding([each for target in targets for each in _each(target)], values, rest)


def _by_order(children: Sequence[Node]) -> tuple[list[Node], list[Node], list[Node]]:
    """The first one is bound to those that follow; bodies and types have no part in that."""
    bodies = [child for child in children if _BODY.fullmatch(child.type)]
    others = [child for child in children if child not in bodies and not TYPE.fullmatch(child.type)]
    if len(others) < 2 or binding(others[0]) is not None:
        return [], [], []
    return others[:1], others[1:], bodies


def _each(target: Node) -> list[Node]:
    return target.named_children if _SEVERAL.fullmatch(target.type) else [target]


def adds(node: Node) -> bool:
    """Whether an assignment computes with the value that was there (`+=`)."""
    return any(not child.is_named and _ADDING.fullmatch(_text(child)) for child in node.children)


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
