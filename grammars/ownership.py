"""The four top-level packages have names that other distributions use as well, and installers overwrite silently."""

from __future__ import annotations

from importlib.metadata import packages_distributions

DISTRIBUTION = "spanwise"
PACKAGES = ("analyzers", "grammars", "rewards", "trainer")


class ForeignPackage(RuntimeError):
    """Another distribution owns one of the packages, so that what is imported may be its code."""


def check() -> None:
    """Refuses to go on where another distribution owns one of the four names.

    Raises:
        ForeignPackage: in one line, with the package, the distribution and the way out.
    """
    owners = packages_distributions()
    for package in PACKAGES:
        foreign = sorted({owner for owner in owners.get(package, ()) if owner.lower() != DISTRIBUTION})
        if foreign:
            names = ", ".join(foreign)
            raise ForeignPackage(
                f"the package {package!r} also belongs to the distribution {names}, whose files may have replaced those"
                f" of {DISTRIBUTION}; run `pip uninstall {' '.join(foreign)}` and install {DISTRIBUTION} again"
            )
