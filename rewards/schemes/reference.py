"""How a program fares with the compiler, and how much it is like one that solves the task, in any language."""

from __future__ import annotations

from analyzers import trees
from analyzers.types import Kind, Outcome
from rewards.schemes import Need, scheme
from rewards.schemes.likeness import Likeness, likeness
from rewards.schemes.pricing import CAP, SMALLEST_GAP, check_cap, static_findings
from rewards.schemes.rltf import COARSE
from rewards.types import Evidence, Reward

COMPILES, BROKEN = 1.0, -1.0
ALIKE = Likeness(1.0, 1.0)
PUBLISHED = 2.0
"""What both matches together are worth in the paper: up to 1 each."""


@scheme("reference", needs=(Need.REFERENCE,))
def reference(evidence: Evidence, *, cap: float = CAP, tree_share: float = 0.5, bounded: bool = True) -> Reward:
    """PPOCoder (arXiv:2301.13816): what the compiler says, how far the trees match, and how far the data flow does.

    value = compiler + cap * (tree_share * trees + (1 - tree_share) * data flow), both matches as in
    `rewards.schemes.likeness`, from 0 to 1. The compiler's part is that of the paper: pass 1, failure -0.3, error -0.6,
    no compiling program -1; without tests 1 or -1 by what analyzers and the grammar say of the syntax. Unlike the
    paper's, the matches cannot outweigh an outcome, and a program that passes counts as like the reference: there is
    more than one solution. Where the task has no reference the matches are left out. No charges.

    `bounded=False` is the paper's sum instead: each match counts up to 1, that of a program that passes, too, and a
    wrong program that looks right can earn more than one that is right.

    Raises:
        ValueError: `cap` is not in [0, 0.3), or `tree_share` not in [0, 1].
        analyzers.errors.ToolMissing: the grammar of the language is not installed.
    """
    check_cap(cap, gap=SMALLEST_GAP)
    if not 0 <= tree_share <= 1:
        raise ValueError(f"tree_share must be from 0 to 1, got {tree_share}")
    verdict = evidence.verdict
    if verdict is None and evidence.tested:
        return Reward(None)
    parts = {"compiler": COARSE[verdict.outcome] if verdict else COMPILES if _parses(evidence) else BROKEN}
    if evidence.reference is None:
        return Reward(parts)
    excused = bounded and verdict is not None and verdict.outcome is Outcome.PASS
    alike = ALIKE if excused else likeness(evidence.source.text, evidence.reference, evidence.source.language)
    shares = {"trees": tree_share * alike.tree, "data_flow": (1.0 - tree_share) * alike.flow}
    worth = cap if bounded else PUBLISHED
    return Reward({**parts, **{name: worth * share for name, share in shares.items()}})


def _parses(evidence: Evidence) -> bool:
    if any(diagnostic.kind is Kind.SYNTAX for diagnostic in static_findings(evidence)):
        return False
    return not trees.root(evidence.source.text, evidence.source.language).has_error
