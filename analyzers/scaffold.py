"""New plugins from templates: each with its examples and its test, both of which pass as they are written."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import grammars
from analyzers import registry
from analyzers.errors import AnalyzerError

TEMPLATES = Path(__file__).with_name("templates")
PLACEHOLDER = "placeholder"
PROGRAMS = ('f("é😀", {});', '<?php f("é😀", {});', 'void f() {{ g("é😀", {}); }}')
"""One line that calls something, in the manners of many languages."""

Kind = Literal["function", "query", "tool", "class"]
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


class BadName(ValueError):
    """A plugin cannot have that name; one line says why."""


def write(name: str, folder: Path, *, kind: Kind = "function", language: str = "python") -> tuple[Path, Path]:
    """Writes a plugin and its test; answers with their paths.

    Raises:
        BadName: it is taken, or of other signs than small letters, digits and `-`.
        grammars.UnknownLanguage: with the closest known names.
        OSError: a file is there already, or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise BadName(f"the name {name!r} will not do; expected small letters, digits and '-', as in no-eval")
    name, module = name.replace("_", "-"), name.replace("-", "_")
    if name in registry.names():
        raise BadName(f"the name {name!r} is taken by an analyzer that is {registry.owner(name)}; choose another one")
    spoken = grammars.get(language).name
    plugin = folder / f"{module}{'.scm' if kind == 'query' else '.py'}"
    test = folder / f"test_{module}.py"
    for path in (plugin, test):
        if path.exists():
            raise FileExistsError(f"{path} is there already; choose another name or --folder")
    folder.mkdir(parents=True, exist_ok=True)
    known = {
        "name": name,
        "module": module,
        "title": "".join(word.capitalize() for word in module.split("_")),
        "language": spoken,
        "file": plugin.name,
        "program": program(spoken),
        "kind": kind,
    }
    plugin.write_text(_filled(f"{kind}{plugin.suffix}.j2", known), encoding="utf-8")
    test.write_text(_filled("test.py.j2", known), encoding="utf-8")
    return plugin, test


@cache
def program(language: str) -> str:
    """A line with a hole, in which the grammar of the language sees what fills it as a node; the first where it is not
    installed.
    """
    from analyzers.plugin import Program

    for template in PROGRAMS:
        try:
            tree = Program(template.format(PLACEHOLDER), language).tree
        except AnalyzerError:
            break
        node = tree.named_descendant_for_byte_range(
            *(
                template.format(PLACEHOLDER).encode().find(PLACEHOLDER.encode()) + extra
                for extra in (0, len(PLACEHOLDER))
            )
        )
        if not tree.has_error and node is not None and node.text == PLACEHOLDER.encode():
            return template
    return PROGRAMS[0]


def _filled(template: str, known: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    environment.globals["with_hole"] = lambda filling: known["program"].format(filling)
    return environment.get_template(template).render(known)
