"""The outcome credited to what ran: tests say nothing of a statement that none of them reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from tree_sitter import Node

from analyzers import trees
from analyzers.positions import Convention, LineTable, Unit
from analyzers.types import Outcome, Source, Span
from rewards.schemes import Need, scheme
from rewards.schemes.pricing import CAP
from rewards.schemes.rltf import ALPHA_CAP
from rewards.schemes.static import WEIGHTS, static
from rewards.types import Evidence, Reward

_LINES = Convention(line_base=1)
CLAUSES = ("elif_clause", "else_clause", "except_clause", "except_group_clause", "finally_clause")
"""Parts of a statement that may not run although the statement does."""
SILENT = ("comment", "global_statement", "nonlocal_statement", "future_import_statement")
"""What stands for no instruction, so that nobody sees it run."""
CONSTANTS = ("string", "concatenated_string", "integer", "float", "true", "false", "none", "ellipsis")


@scheme("executed", needs=(Need.EXECUTED,))
def executed(
    evidence: Evidence,
    *,
    gate: bool = True,
    noise: bool = False,
    weights: Mapping[str, float] = WEIGHTS,
    cap: float = CAP,
    alpha_cap: float = ALPHA_CAP,
) -> Reward:
    """`static`, whose outcome part is credited only to statements that ran; after StepCoder (arXiv:2402.01391).

    value = as `static`; advantage of token t = outcome advantage * [t is not in a statement that no test reached]. The
    charges of static findings stand wherever they are: analyzers see dead code. Lines that ran are known of Python
    alone; in other languages, and where no line is known to have run, everything is credited.

    Raises:
        ValueError: as `static`.
    """
    reward = static(evidence, gate=gate, noise=noise, weights=weights, cap=cap, alpha_cap=alpha_cap)
    verdict = evidence.verdict
    if verdict is None or not verdict.executed or verdict.outcome is Outcome.SYNTAX_ERROR:
        return reward
    return replace(reward, exempt=unreached(evidence.source, frozenset(verdict.executed)))


def unreached(source: Source, ran: Collection[int]) -> tuple[Span, ...]:
    """The outermost statements of a Python program, and clauses of statements, of which no line (from 1) ran."""
    table = LineTable(source.text)
    found = []
    todo = list(trees.root(source.text, "python").named_children)
    while todo:
        node = todo.pop()
        span = table.offsets(Unit.BYTE, node.start_byte, node.end_byte)
        first, last = (table.position(_LINES, offset)[0] for offset in (span.start, span.end))
        if any(line in ran for line in range(first, last + 1)):
            todo += _inner(node)
        elif not _silent(node):
            found.append(span)
    return tuple(sorted(found))


def _inner(node: Node) -> Iterator[Node]:
    """The statements and clauses right inside a statement."""
    for child in node.named_children:
        if child.type == "block":
            yield from child.named_children
        elif child.type in CLAUSES or child.type.endswith("_definition"):
            yield child


def _silent(node: Node) -> bool:
    """Whether nobody sees a statement run: a comment, a docstring, a declaration."""
    if node.type != "expression_statement":
        return node.type in SILENT
    [expression, *others] = node.named_children
    if expression.type == "assignment":
        return expression.child_by_field_name("right") is None
    return not others and expression.type in CONSTANTS
