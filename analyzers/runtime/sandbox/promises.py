"""What each tier of isolation promises: data, shown by `doctor` and in docs/security.md, and held by attack tests."""

from __future__ import annotations

from dataclasses import dataclass

STOPPED, CONTAINED, NOT = "stopped", "contained", "not stopped"


@dataclass(frozen=True, slots=True)
class Promise:
    """A class of attacks, and what becomes of it."""

    attack: str
    weak: str
    standard: str
    strict: str
    tests: tuple[str, ...]
    """Attacks of that class under tests/analyzers/runtime/attacks; elsewhere, the file and name of a test."""

    def by_tier(self) -> dict[str, str]:
        """What becomes of it, by the name of the tier."""
        return {"none": NOT, "weak": self.weak, "standard": self.standard, "strict": self.strict}


PROMISES: tuple[Promise, ...] = ()
