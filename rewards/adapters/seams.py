"""The error for a framework that is installed and unlike the ones that its adapter was written for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version


class SeamMoved(RuntimeError):
    """The installed framework is not what this adapter was written for; each adapter has one of its own."""

    package: str
    """Distribution of the framework."""
    tested: Sequence[str]
    """Versions of it that the adapter is known to work with."""

    def __init__(self, came: str, expected: str) -> None:
        """`came` is what was found, and `expected` what should have been there."""
        super().__init__(
            f"{self.package} {installed(self.package) or 'of an unknown version'}: {came}; expected {expected}."
            f" Tested with {self.package} {', '.join(self.tested)}: install one of them"
        )


def installed(package: str) -> str | None:
    """The version of a package, without importing it; None where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
