"""python -m grammars: the languages, and the packages that provide their toolchains. Needs nothing but Python."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import grammars

REGISTRIES = ("debian", "npm", "pypi", "upstream")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was asked for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grammars", description=__doc__)
    parser.add_argument("registry", nargs="?", choices=REGISTRIES, help="print its packages alone, one a line")
    parser.add_argument("language", nargs="*", help="languages to print them for; all by default")
    given = parser.parse_args(arguments)
    try:
        languages = [grammars.get(name) for name in given.language or grammars.names()]
    except grammars.UnknownLanguage as error:
        print(error, file=sys.stderr)
        return 2
    if given.registry:
        print(*packages(languages, given.registry), sep="\n")
    else:
        for language in languages:
            wanted = ", ".join(language.toolchain.packages) if language.toolchain else "no toolchain"
            print(f"{language.name:<12} {' '.join(language.suffixes):<16} {wanted}")
    return 0


def packages(languages: Sequence[grammars.Language], registry: str) -> list[str]:
    """Names of the packages of one registry that the languages need, sorted, each once."""
    wanted = {package for language in languages if language.toolchain for package in _all(language.toolchain)}
    return sorted(name for kind, _, name in (package.partition(":") for package in wanted) if kind == registry)


def _all(toolchain: grammars.Toolchain) -> set[str]:
    others = {package for _, other in toolchain.alternatives for package in _all(other)}
    return {*toolchain.packages, *others}


if __name__ == "__main__":
    sys.exit(main())
