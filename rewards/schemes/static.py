"""RLTF plus what static analysis found, under six rules.

1. Hard errors (syntax, undefined name, wrong type, of high severity) are charged always; everything else counts only on
   programs that pass, so that it orders passing programs and cannot buy back a failing one ("gated").
2. After a syntax error only its first cause is charged ("follow-on"). What compiled has no syntax error, whatever a
   tool's own parser says ("contradicted").
3. Findings of several tools on one defect, the failing frame included, are one charge on the narrowest span ("merged").
4. The static charges of a program sum to less than the smallest gap between outcomes, and all charges to less than the
   gap to the next worse outcome ("capped"): with equal pass counts no program overtakes one of a better outcome.
5. Nothing is ever earned: there is no bonus per line or per line without findings.
6. Failed is not clean: a program that made an analyzer crash or hang pays, over all of its text, whatever is left of
   the cap ("unjudged"), so that it cannot fare better than with any findings that the analyzer could have had; one that
   does not compile has paid by its first cause. An analyzer that failed for reasons of its own (`analyzers.blame` tells
   which) is left out, as one that is not installed.

A finding that costs nothing stays visible as a charge of amount 0 with the reason as its note.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from analyzers.types import Diagnostic, Kind, Location, Outcome, Severity, Span, Status
from rewards.registry import UnknownName, did_you_mean
from rewards.schemes import scheme
from rewards.schemes.clusters import by_defect
from rewards.schemes.noise import is_noise
from rewards.schemes.regions import region
from rewards.schemes.rltf import ADAPTIVE_RANGE, ALPHA_CAP, COARSE, FINE, check_charge, failing_frame, outcome_parts
from rewards.types import Charge, Evidence, Reward

# The ratios 0.5 : 1 : 2.5 : 5 : 10 between severities are those of codequal (arXiv:2506.02211); a fatal finding costs
# as much as RLTF's failing frame.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"info": 0.01, "low": 0.02, "medium": 0.05, "high": 0.1, "critical": 0.2, "fatal": 0.3}
)
HARD_KINDS = (Kind.SYNTAX, Kind.NAME, Kind.TYPE, Kind.RUNTIME)
SMALLEST_GAP = 0.3
# A cap has to be strictly smaller than the gap it protects.
STRICTLY = 0.99


@scheme("static")
def static(
    evidence: Evidence,
    *,
    coarse: bool = True,
    fine: bool = True,
    adaptive: bool = True,
    fine_amount: float = FINE,
    alpha_cap: float = ALPHA_CAP,
    gate: bool = True,
    noise: bool = False,
    weights: Mapping[str, float] = WEIGHTS,
) -> Reward:
    """RLTF's terms and, under the rules above, a charge for each finding: minus the weight of its severity.

    Without tests `base` is 0, and the gate is open where no hard error was found. Reports that are not OK say nothing,
    but for failures that the program provoked. Rules that fire on right programs as often as on wrong ones
    (`rewards.schemes.noise`) are charged where `noise` is set.

    Raises:
        ValueError: `weights` has a key that is no severity or a value below 0, or as `rltf`.
    """
    check_charge(fine_amount, alpha_cap)
    weights = _complete(weights)
    verdict = evidence.verdict
    if verdict is None and evidence.tested:
        return Reward(None)
    frame = failing_frame(evidence, amount=fine_amount, alpha_cap=alpha_cap) if fine else ()
    findings = _priced(evidence, weights=weights, alpha_cap=alpha_cap, noise=noise)
    findings = _gated(findings, evidence, gate=gate)
    found = by_defect(frame, findings, evidence.source.text)
    broken = _broken(evidence)
    if broken:
        found = _first_cause(found)
    parts = outcome_parts(verdict, coarse=coarse, adaptive=adaptive) if verdict else {}
    gap = _gap(evidence, coarse=coarse, adaptive=adaptive)
    escaped = _escaped(evidence) if any(weights.values()) else []
    return Reward(parts, _capped(found, frame, gap=gap, escaped=escaped, broken=broken))


def hard(diagnostic: Diagnostic) -> bool:
    """Whether a finding means that the program cannot work where it stands."""
    if diagnostic.kind is Kind.SYNTAX:
        return True
    return diagnostic.kind in HARD_KINDS and diagnostic.severity >= Severity.HIGH


def _complete(weights: Mapping[str, float]) -> dict[str, float]:
    for name in weights:
        if name not in WEIGHTS:
            raise UnknownName(
                f"no severity {name!r} among the weights of scheme 'static'; {did_you_mean(name, WEIGHTS)}"
            )
        if not 0 <= weights[name] < math.inf:
            raise ValueError(f"the weight of severity {name!r} must be a number from 0 up, got {weights[name]!r}")
    return {**WEIGHTS, **weights}


def _static(evidence: Evidence) -> Iterable[Diagnostic]:
    reports = (report for report in evidence.reports if report.status is Status.OK and report.verdict is None)
    return (diagnostic for report in reports for diagnostic in report.diagnostics)


def _priced(evidence: Evidence, *, weights: Mapping[str, float], alpha_cap: float, noise: bool) -> list[Charge]:
    charges = []
    for diagnostic in _static(evidence):
        ignored = diagnostic.location is Location.IGNORE
        span = region(evidence.source, diagnostic.span, Location.SPAN if ignored else diagnostic.location)
        if span is None:
            continue
        amount = 0.0 - weights[diagnostic.severity.name.lower()]
        charge = Charge(diagnostic, span, amount, alpha_cap)
        reason = "ignored" if ignored else "noise" if not noise and _is_noise(diagnostic) else ""
        charges.append(_waived(charge, reason) if reason else charge)
    return charges


def _is_noise(diagnostic: Diagnostic) -> bool:
    return diagnostic.kind is not Kind.SYNTAX and is_noise(diagnostic.analyzer, diagnostic.code)


def _gated(charges: Sequence[Charge], evidence: Evidence, *, gate: bool) -> list[Charge]:
    verdict = evidence.verdict
    if verdict is None:
        passing = not any(hard(charge.diagnostic) and charge.note != "noise" for charge in charges)
    else:
        passing = verdict.outcome is Outcome.PASS
    compiled = verdict is not None and verdict.outcome is not Outcome.SYNTAX_ERROR

    def reason(charge: Charge) -> str:
        if charge.diagnostic.kind is Kind.SYNTAX and compiled:
            return "contradicted"
        return "gated" if gate and not passing and not hard(charge.diagnostic) else ""

    return [_waived(charge, reason(charge)) if reason(charge) else charge for charge in charges]


def _broken(evidence: Evidence) -> bool:
    if evidence.verdict is not None:
        return evidence.verdict.outcome is Outcome.SYNTAX_ERROR
    return any(diagnostic.kind is Kind.SYNTAX for diagnostic in _static(evidence))


def _first_cause(clusters: Sequence[list[Charge]]) -> list[list[Charge]]:
    """The earliest syntax error carries the largest amount of all of them; everything else follows from it."""
    errors = [cluster for cluster in clusters if cluster[0].amount and cluster[0].diagnostic.kind is Kind.SYNTAX]
    first = min(errors, key=lambda cluster: _narrowest(cluster).span, default=None)
    amount = min((charge.amount for cluster in errors for charge in cluster), default=0.0)
    return [
        _raised(cluster, amount) if cluster is first else [_waived(charge, "follow-on") for charge in cluster]
        for cluster in clusters
    ]


def _raised(cluster: list[Charge], amount: float) -> list[Charge]:
    if any(charge.amount == amount for charge in cluster):
        return cluster
    kept = _narrowest(cluster)
    return [_changed(charge, amount, "merged") if charge is kept else charge for charge in cluster]


def _narrowest(cluster: Sequence[Charge]) -> Charge:
    return min(cluster, key=lambda charge: len(charge.span))


def _as_one(cluster: Sequence[Charge]) -> list[Charge]:
    """The largest amount on the narrowest span; the other findings of the defect cost nothing."""
    kept = _narrowest(cluster)
    amount = min(charge.amount for charge in cluster)
    one = _changed(kept, amount, "merged") if amount != kept.amount else kept
    into = f"{kept.diagnostic.analyzer} {kept.diagnostic.code}"
    return [one, *(_waived(charge, "merged", into=into) for charge in cluster if charge is not kept)]


def _waived(charge: Charge, note: str, *, into: str = "") -> Charge:
    """The charge at no cost; one that costs nothing already keeps its own reason."""
    return _changed(charge, 0.0, note, into=into) if charge.amount else charge


def _changed(charge: Charge, amount: float, note: str, *, into: str = "") -> Charge:
    due = charge.amount if charge.due is None else charge.due
    return replace(charge, amount=amount, note=note, due=due, into=into or charge.into)


def _gap(evidence: Evidence, *, coarse: bool, adaptive: bool) -> float:
    """How far `base` stands above the next worse outcome with the same number of passed tests, or with one less."""
    verdict = evidence.verdict
    if verdict is None:
        return SMALLEST_GAP
    if coarse:
        value = COARSE[verdict.outcome]
        return min((value - worse for worse in COARSE.values() if worse < value), default=math.inf)
    if adaptive and verdict.tests:
        return min(SMALLEST_GAP, ADAPTIVE_RANGE / len(verdict.tests))
    return SMALLEST_GAP


def _escaped(evidence: Evidence) -> list[Charge]:
    """A charge, its amount still open, for each analyzer that the program made fail."""
    reports = [report for report in evidence.reports if report.provoked and report.status is not Status.OK]
    whole = region(evidence.source, Span(0, 0), Location.GLOBAL)
    return [
        Charge(
            Diagnostic(
                report.analyzer, report.status.value, Severity.FATAL, report.detail, whole, Kind.LOGIC, Location.GLOBAL
            ),
            whole,
            0.0,
            note="unjudged",
        )
        for report in reports
        if whole is not None
    ]


def _capped(
    clusters: Sequence[Sequence[Charge]],
    frame: tuple[Charge, ...],
    *,
    gap: float,
    escaped: Sequence[Charge],
    broken: bool,
) -> tuple[Charge, ...]:
    """One charge per cluster, the static ones scaled below the smallest gap, then all of them below `gap`.

    What escaped judgement takes the rest below the smallest gap; of a program that does not compile the failing frame
    counts too, because nothing else would be charged beside it.
    """
    known = {id(charge) for charge in frame}
    framed = [charge for cluster in clusters if id(cluster[0]) in known for charge in _as_one(cluster)]
    static = [charge for cluster in clusters if id(cluster[0]) not in known for charge in _as_one(cluster)]
    static = _scaled(static, STRICTLY * SMALLEST_GAP)
    left = STRICTLY * SMALLEST_GAP - _total([*static, *(framed if broken else ())])
    static += [replace(charge, amount=0.0 - max(left, 0.0) / len(escaped)) for charge in escaped]
    charges = _scaled([*framed, *static], STRICTLY * gap)
    return tuple(sorted(charges, key=lambda charge: charge.span))


def _total(charges: Iterable[Charge]) -> float:
    return 0.0 - sum(charge.amount for charge in charges)


def _scaled(charges: list[Charge], limit: float) -> list[Charge]:
    total = _total(charges)
    if total <= limit:
        return charges
    return [_shrunk(charge, limit / total) if charge.amount else charge for charge in charges]


def _shrunk(charge: Charge, factor: float) -> Charge:
    notes = [note for note in (charge.note, "capped") if note]
    return _changed(charge, charge.amount * factor, ", ".join(dict.fromkeys(", ".join(notes).split(", "))))
