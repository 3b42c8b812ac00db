"""From findings to charges: the steps that schemes of static findings share.

Findings are priced by severity, gated, brought together by defect (`rewards.schemes.clusters`) and kept below a cap.
What costs nothing stays visible, as a charge of amount 0 whose note says why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from analyzers.types import Diagnostic, Kind, Location, Outcome, Severity, Status
from rewards.registry import UnknownName, did_you_mean
from rewards.schemes.noise import is_noise
from rewards.schemes.regions import region
from rewards.types import Charge, Evidence

HARD_KINDS = (Kind.SYNTAX, Kind.NAME, Kind.TYPE, Kind.RUNTIME)
SMALLEST_GAP = 0.3
"""The least that RLTF's outcomes lie apart: a failure from an error."""
STRICTLY = 0.99
"""A cap has to be strictly smaller than the gap it protects."""
CAP = STRICTLY * SMALLEST_GAP
"""The most that static findings cost a program, unless a scheme is told otherwise."""


def check_cap(cap: float, *, gap: float) -> None:
    """Refuses a cap that lets charges reorder outcomes which lie `gap` apart.

    Raises:
        ValueError: with the cap and its bounds.
    """
    if not 0 <= cap < gap:
        raise ValueError(
            f"cap must be from 0 up and below {gap:g}, the gap between outcomes that it protects, got {cap}"
        )


def check_alpha(alpha_cap: float) -> None:
    """Refuses what would weaken a charge for being short.

    Raises:
        ValueError: `alpha_cap` is below 1.
    """
    if not alpha_cap >= 1:
        raise ValueError(f"alpha_cap must be at least 1, got {alpha_cap}")


def completed(
    weights: Mapping[str, float], defaults: Mapping[str, float], *, most: float = math.inf
) -> dict[str, float]:
    """`defaults` by name of severity, with `weights` in their places.

    Raises:
        ValueError: a key is no severity, or a weight no finite number from 0 to `most`.
    """
    for name, weight in weights.items():
        if name not in defaults:
            raise UnknownName(f"no severity {name!r} among the weights; {did_you_mean(str(name), defaults)}")
        number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
        if not (number and 0 <= weight <= most and weight < math.inf):
            bounds = "from 0 up" if most == math.inf else f"from 0 to {most:g}"
            raise ValueError(f"the weight of severity {name!r} must be a number {bounds}, got {weight!r}")
    return {**defaults, **weights}


def hard(diagnostic: Diagnostic) -> bool:
    """Whether a finding means that the program cannot work where it stands."""
    if diagnostic.kind is Kind.SYNTAX:
        return True
    return diagnostic.kind in HARD_KINDS and diagnostic.severity >= Severity.HIGH


def static_findings(evidence: Evidence) -> Iterable[Diagnostic]:
    """What analyzers said without running the program."""
    reports = (report for report in evidence.reports if report.status is Status.OK and report.verdict is None)
    return (diagnostic for report in reports for diagnostic in report.diagnostics)


def priced(evidence: Evidence, *, weights: Mapping[str, float], alpha_cap: float, noise: bool) -> list[Charge]:
    """A charge for each static finding in the sampled part: minus the weight of its severity.

    Rules that fire on right programs as often as on wrong ones are charged where `noise` is set.
    """
    charges = []
    for diagnostic in static_findings(evidence):
        ignored = diagnostic.location is Location.IGNORE
        span = region(evidence.source, diagnostic.span, Location.SPAN if ignored else diagnostic.location)
        if span is None:
            continue
        amount = 0.0 - weights[diagnostic.severity.name.lower()]
        charge = Charge(diagnostic, span, amount, alpha_cap)
        reason = "ignored" if ignored else "noise" if not noise and _is_noise(diagnostic) else ""
        charges.append(waived(charge, reason) if reason else charge)
    return charges


def _is_noise(diagnostic: Diagnostic) -> bool:
    return diagnostic.kind is not Kind.SYNTAX and is_noise(diagnostic.analyzer, diagnostic.code)


def gated(charges: Sequence[Charge], evidence: Evidence, *, gate: bool, spare: bool = True) -> list[Charge]:
    """The charges, with those waived that do not count on such a program.

    With `gate` these are soft findings on one that does not pass, and hard ones too unless the gate spares them; and
    syntax errors on one that compiled.
    """
    passing = passes(charges, evidence)
    compiled = evidence.verdict is not None and evidence.verdict.outcome is not Outcome.SYNTAX_ERROR

    def reason(charge: Charge) -> str:
        if charge.diagnostic.kind is Kind.SYNTAX and compiled:
            return "contradicted"
        return "gated" if gate and not passing and not (spare and hard(charge.diagnostic)) else ""

    return [waived(charge, note) if (note := reason(charge)) else charge for charge in charges]


def passes(charges: Iterable[Charge], evidence: Evidence) -> bool:
    """Whether a program passes its tests; without tests, whether no hard error was found in it."""
    if evidence.verdict is not None:
        return evidence.verdict.outcome is Outcome.PASS
    return not any(hard(charge.diagnostic) and charge.note != "noise" for charge in charges)


def broken(evidence: Evidence) -> bool:
    """Whether the program does not compile, as far as that is known."""
    if evidence.verdict is not None:
        return evidence.verdict.outcome is Outcome.SYNTAX_ERROR
    return any(diagnostic.kind is Kind.SYNTAX for diagnostic in static_findings(evidence))


def first_cause(clusters: Sequence[list[Charge]]) -> list[list[Charge]]:
    """The earliest syntax error carries the largest amount of all of them; everything else follows from it."""
    errors = [cluster for cluster in clusters if cluster[0].amount and cluster[0].diagnostic.kind is Kind.SYNTAX]
    first = min(errors, key=lambda cluster: _narrowest(cluster).span, default=None)
    amount = min((charge.amount for cluster in errors for charge in cluster), default=0.0)
    return [
        _raised(cluster, amount) if cluster is first else [waived(charge, "follow-on") for charge in cluster]
        for cluster in clusters
    ]


def _raised(cluster: list[Charge], amount: float) -> list[Charge]:
    if any(charge.amount == amount for charge in cluster):
        return cluster
    kept = _narrowest(cluster)
    return [changed(charge, amount, "merged") if charge is kept else charge for charge in cluster]


def _narrowest(cluster: Sequence[Charge]) -> Charge:
    return min(cluster, key=lambda charge: len(charge.span))


def as_one(cluster: Sequence[Charge]) -> list[Charge]:
    """The largest amount on the narrowest span; the other findings of the defect cost nothing."""
    kept = _narrowest(cluster)
    amount = min(charge.amount for charge in cluster)
    one = changed(kept, amount, "merged") if amount != kept.amount else kept
    into = f"{kept.diagnostic.analyzer} {kept.diagnostic.code}"
    return [one, *(waived(charge, "merged", into=into) for charge in cluster if charge is not kept)]


def waived(charge: Charge, note: str, *, into: str = "") -> Charge:
    """The charge at no cost; one that costs nothing already keeps its own reason."""
    return changed(charge, 0.0, note, into=into) if charge.amount else charge


def changed(charge: Charge, amount: float, note: str, *, into: str = "") -> Charge:
    """The charge with another amount, the reason, and what it would cost by itself."""
    due = charge.amount if charge.due is None else charge.due
    return Charge(charge.diagnostic, charge.span, amount, charge.alpha_cap, note, due, into or charge.into)


def escaped(evidence: Evidence) -> list[Charge]:
    """A charge, its amount still open, for each analyzer that the program made fail."""
    reports = [report for report in evidence.reports if report.provoked and report.status is not Status.OK]
    return [
        _overall(report.analyzer, report.status.value, report.detail, evidence, note="unjudged") for report in reports
    ]


def idle(evidence: Evidence) -> list[Charge]:
    """A charge, its amount still open, for a program that fails its tests and is a stub: nothing is found in those."""
    from rewards.schemes.stubs import is_stub  # loads tree-sitter, which most of those who import rewards never need

    verdict = evidence.verdict
    if verdict is None or verdict.outcome in (Outcome.PASS, Outcome.SYNTAX_ERROR) or not is_stub(evidence.source):
        return []
    return [_overall("static", "stub", "it does nothing with what it is given", evidence, note="stub")]


def _overall(analyzer: str, code: str, message: str, evidence: Evidence, *, note: str) -> Charge:
    """A charge on all that was sampled, its amount still open."""
    whole = evidence.source.sampled
    return Charge(
        Diagnostic(analyzer, code, Severity.FATAL, message, whole, Kind.LOGIC, Location.GLOBAL), whole, 0.0, note=note
    )


def total(charges: Iterable[Charge]) -> float:
    """What the charges come to, as a number from 0 up."""
    return 0.0 - sum(charge.amount for charge in charges)


def scaled(charges: list[Charge], limit: float) -> list[Charge]:
    """The charges, made smaller by one factor where they come to more than the limit."""
    due = total(charges)
    if due <= limit:
        return charges
    return [_shrunk(charge, limit / due) if charge.amount else charge for charge in charges]


def _shrunk(charge: Charge, factor: float) -> Charge:
    notes = [note for note in (charge.note, "capped") if note]
    return changed(charge, charge.amount * factor, ", ".join(dict.fromkeys(", ".join(notes).split(", "))))


def shared(charges: Iterable[Charge], *, unit: float, alone: Callable[[float], float]) -> list[Charge]:
    """Charges whose amounts are weights so far, each at `unit`; `alone` is what a weight costs by itself."""
    return [_at(charge, unit, alone) for charge in charges]


def _at(charge: Charge, unit: float, alone: Callable[[float], float]) -> Charge:
    amount = charge.amount * unit
    due = 0.0 - alone(0.0 - (charge.amount if charge.due is None else charge.due))
    same = math.isclose(amount, due, rel_tol=1e-9)
    note = charge.note if same or not amount else ", ".join(filter(None, (charge.note, "shared")))
    return replace(charge, amount=amount, note=note, due=None if same else due)
