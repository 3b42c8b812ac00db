"""Several schemes as one: the weighted sum of their outcome parts and of their charges.

    [[scheme]]
    name = "static"

    [[scheme]]
    name = "codequal"
    weight = 0.5
    options = {noise = true}

The cap holds for all of them together: the sum of weight * cap is smaller than the smallest gap between two outcomes
of the composition. A scheme whose `cap` is not set takes its share of what the others leave, no more than its default;
caps that are set and come to more are refused. Each scheme gates its own charges, and what all of them come to stays
below the gap to the next worse outcome, whatever a scheme of another distribution does. Where one of them
cannot give an outcome part, the composition gives none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from analyzers.types import Outcome, Report, Source, Status, Verdict
from rewards.registry import UnknownName, did_you_mean
from rewards.schemes.pricing import SMALLEST_GAP, STRICTLY, scaled
from rewards.types import Charge, Evidence, Reward

Entry: TypeAlias = str | Mapping[str, Any]
"""A scheme of a composition: its name, or a mapping with `name`, `weight` (1) and `options` (none)."""
KEYS = ("name", "weight", "options")
CAP = "cap"
SAME = 1e-9
"""Outcomes whose values are as close as this are one to a composition."""


@dataclass(frozen=True, slots=True)
class Member:
    """A scheme of a composition, with its options set."""

    name: str
    weight: float
    scheme: Callable[[Evidence], Reward]


@dataclass(frozen=True, slots=True)
class Composition:
    """The weighted sum of schemes; a scheme itself."""

    members: tuple[Member, ...]
    gaps: Mapping[Outcome, float]
    """How far each outcome lies above the next worse one."""

    @property
    def needs(self) -> frozenset[Any]:
        """What any of the schemes asks for."""
        schemes = [getattr(member.scheme, "func", member.scheme) for member in self.members]
        return frozenset().union(*(getattr(scheme, "needs", ()) for scheme in schemes))

    def __call__(self, evidence: Evidence) -> Reward:
        """The parts are named `scheme.part`; charges of several schemes for one finding are one charge."""
        parts: dict[str, float] = {}
        charges: list[Charge] = []
        exempt: set[Any] = set()
        for member in self.members:
            reward: Reward = member.scheme(evidence)
            if reward.parts is None:
                return Reward(None)
            parts |= {f"{member.name}.{name}": member.weight * value for name, value in reward.parts.items()}
            charges += [_weighed(charge, member.weight) for charge in reward.charges]
            exempt.update(reward.exempt)
        verdict = evidence.verdict
        limit = STRICTLY * self.gaps[verdict.outcome] if verdict else math.inf
        return Reward(parts, tuple(scaled(_together(charges), limit)), tuple(sorted(exempt)))


def composed(
    entries: object,
    bind: Callable[[str, Mapping[str, Any]], Callable[[Evidence], Reward]],
    options_of: Callable[[str], Mapping[str, Any]],
) -> Composition:
    """The composition that a list of entries describes; `options_of` gives the options of a scheme with their defaults.

    Raises:
        UnknownName: (a ValueError) no such scheme, option or key, with the closest names.
        ValueError: a weight is no finite number from 0 up, a scheme is named twice, or the caps come to too much.
    """
    if not isinstance(entries, Sequence) or not entries:
        raise ValueError(
            f"a scheme is a name, a name with options, or a list of schemes with weights, got {entries!r:.80}"
        )
    read = [_read(entry, number) for number, entry in enumerate(entries, 1)]
    for name in (name for name, _, _ in read):
        if sum(name == other for other, _, _ in read) > 1:
            raise ValueError(
                f"scheme {name!r} is named twice in a composition: give it once, with the sum of the weights"
            )
    used = [(name, weight, options) for name, weight, options in read if weight]
    if not used:
        raise ValueError("no scheme of the composition has a weight above 0")
    gaps = _gaps([Member(name, weight, bind(name, options)) for name, weight, options in used])
    smallest = min((gap for gap in gaps.values() if gap < math.inf), default=SMALLEST_GAP)
    caps = _caps(used, options_of, smallest)
    members = [
        Member(name, weight, bind(name, {**options, **({CAP: caps[name]} if name in caps else {})}))
        for name, weight, options in used
    ]
    return Composition(tuple(members), gaps)


def named(entry: Entry) -> str:
    """An entry in a few words."""
    name, weight, _ = _read(entry, 1)
    return name if weight == 1 else f"{weight:g} {name}"


def _read(entry: object, number: int) -> tuple[str, float, Mapping[str, Any]]:
    entry = {"name": entry} if isinstance(entry, str) else entry
    where = f"entry {number} of the composition"
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where} must be a table with the keys {', '.join(KEYS)}, got {entry!r:.80}")
    for key in entry:
        if key not in KEYS:
            raise UnknownName(f"{where} has the unknown key {key!r}; {did_you_mean(str(key), KEYS)}")
    name, weight, options = entry.get("name"), entry.get("weight", 1.0), entry.get("options", {})
    if not isinstance(name, str):
        raise ValueError(f"{where} needs a name, got {dict(entry)!r:.80}")
    number_like = isinstance(weight, (int, float)) and not isinstance(weight, bool)
    if not (number_like and 0 <= weight < math.inf):
        raise ValueError(f"the weight of scheme {name!r} must be a finite number from 0 up, got {weight!r}")
    if not isinstance(options, Mapping):
        raise ValueError(f"the options of scheme {name!r} must be a table, got {options!r:.80}")
    return name, float(weight), options


def _gaps(members: Sequence[Member]) -> dict[Outcome, float]:
    """How far each outcome lies above the next worse one, for programs that nothing else is known of."""
    outcomes = [outcome for outcome in Outcome if outcome is not Outcome.INFRASTRUCTURE]
    values = {}
    for outcome in outcomes:
        evidence = Evidence(Source(""), (Report("runtime", Status.OK, verdict=Verdict(outcome)),), tested=True)
        rewards = [(member.weight, member.scheme(evidence)) for member in members]
        values[outcome] = sum(weight * sum((reward.parts or {}).values()) for weight, reward in rewards)
    return {
        outcome: min((value - other for other in values.values() if value - other > SAME), default=math.inf)
        for outcome, value in values.items()
    }


def _caps(
    used: Iterable[tuple[str, float, Mapping[str, Any]]],
    options_of: Callable[[str], Mapping[str, Any]],
    smallest: float,
) -> dict[str, float]:
    """The cap of each scheme that has one."""
    capped = [(name, weight, options) for name, weight, options in used if CAP in options_of(name)]
    chosen = [(name, weight, options[CAP]) for name, weight, options in capped if CAP in options]
    open_ = [(name, weight) for name, weight, options in capped if CAP not in options]
    taken = sum(weight * cap for _, weight, cap in chosen)
    left = STRICTLY * smallest - taken
    if taken >= smallest or (open_ and left <= 0):
        sums = " + ".join(f"{weight:g} x {cap:g} ({name})" for name, weight, cap in chosen)
        others = f", and nothing is left for {', '.join(name for name, _ in open_)}" if open_ else ""
        raise ValueError(
            f"the caps of the composition come to {taken:g} = {sums}{others}: together they must stay below"
            f" {smallest:g}, the smallest gap between its outcomes"
        )
    share = left / sum(weight for _, weight in open_) if open_ else 0.0
    caps = {name: min(float(options_of(name)[CAP]), share) for name, _ in open_}
    return caps | {name: cap for name, _, cap in chosen}


def _weighed(charge: Charge, weight: float) -> Charge:
    due = None if charge.due is None else weight * charge.due
    return replace(charge, amount=weight * charge.amount, due=due)


def _together(charges: Iterable[Charge]) -> list[Charge]:
    """One charge for each finding and place: the sum, with the reasons of those that cost something, if any do."""
    found: dict[Any, list[Charge]] = {}
    for charge in charges:
        found.setdefault((charge.diagnostic, charge.span), []).append(charge)
    return sorted(map(_sum, found.values()), key=lambda charge: charge.span)


def _sum(charges: Sequence[Charge]) -> Charge:
    if len(charges) == 1:
        return charges[0]
    told = [charge for charge in charges if charge.amount] or charges
    notes = dict.fromkeys(word for charge in told for word in charge.note.split(", ") if word)
    amount = sum(charge.amount for charge in charges)
    due = sum(charge.amount if charge.due is None else charge.due for charge in charges)
    return Charge(
        charges[0].diagnostic,
        charges[0].span,
        amount,
        max(charge.alpha_cap for charge in charges),
        ", ".join(notes),
        None if due == amount else due,
        next((charge.into for charge in told if charge.into), ""),
    )
