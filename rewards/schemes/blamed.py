"""Pass or fail, for which a failing program answers only where it is known to be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from analyzers.types import Outcome, Span
from rewards.schemes import Need, scheme
from rewards.schemes.binary import binary
from rewards.schemes.first_divergence import divergence, first_divergence
from rewards.schemes.static import static
from rewards.types import Evidence, Reward

NOTE = "blamed"


@scheme("blamed", needs=(Need.REFERENCE, Need.DIVERGENCE))
def blamed(evidence: Evidence, *, noise: bool = False) -> Reward:
    """`binary`, for which a failing program answers only in the places at fault, as far as any are known.

    value = [all tests pass]; advantage of token t = outcome advantage * [t is at fault, or the program passes, or
    nothing is known to be at fault]. At fault is what `static` charges, the failing frame and hard errors, and of a
    wrong answer the line where it leaves the path of the reference. RLTF (arXiv:2307.04349) adds penalties in such
    places to an outcome for which all tokens answer alike; here nothing is added, and what is in order is left alone.
    """
    reward = binary(evidence)
    if evidence.verdict is None or evidence.verdict.outcome is Outcome.PASS:
        return reward
    began = divergence(evidence)
    charges = [charge for charge in static(evidence, noise=noise).charges if charge.diagnostic != began]
    charges += [charge for charge in first_divergence(evidence).charges if charge.diagnostic == began]
    at_fault = [charge.span for charge in charges if charge.amount]
    return replace(
        reward,
        charges=tuple(replace(charge, amount=0.0, note=NOTE) if charge.amount else charge for charge in charges),
        exempt=tuple(_around(at_fault, len(evidence.source.text))) if at_fault else (),
    )


def _around(spans: Iterable[Span], length: int) -> Iterator[Span]:
    """What the spans leave of a text; an empty one takes what touches it."""
    reached = 0
    for span in sorted(spans):
        start, end = (span.start, span.end) if len(span) else (span.start - 1, span.end + 1)
        if reached < start:
            yield Span(reached, start)
        reached = max(reached, end)
    if reached < length:
        yield Span(reached, length)
