"""python -m rewards schemes: lists what a reward can be made of; and schemes as command lines name them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rewards import schemes
from rewards.commands.programs import BadUsage
from rewards.registry import did_you_mean

HELP = """Lists the schemes: what they make of findings and test results, their options with defaults, and their papers.

[bold]Examples[/bold]

python -m rewards schemes

python -m rewards schemes difficulty security

python -m rewards add.py --tests tests.json --scheme static,codequal=0.5 --scheme-arg codequal.noise=true
"""

_PAPER = re.compile(r"arXiv:\d{4}\.\d{5}")
_FORMULA = re.compile(r"^value = .+?(?=[.;](?:\s|$)|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A scheme, as it is shown."""

    name: str
    summary: str
    formula: str
    options: Mapping[str, Any]
    """With their defaults."""
    papers: tuple[str, ...]
    needs: tuple[str, ...]
    """What it asks for beside the reports of the analyzers."""
    documentation: str


def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON instead.")] = False,
) -> None:
    """Prints the schemes.

    Raises:
        rewards.registry.UnknownName: (a ValueError) there is none of that name.
    """
    found = [entry(name) for name in names or schemes.names()]
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2, default=str))
        return
    table = Table("name", "reward", "options", "papers", title_justify="left", show_lines=True)
    for one in found:
        shown = "\n".join(f"{name} = {json.dumps(value, default=str)}" for name, value in one.options.items())
        reward = f"{escape(one.summary)}\n[dim]{escape(one.formula)}[/]" if one.formula else escape(one.summary)
        table.add_row(f"[bold]{escape(one.name)}[/]", reward, escape(shown), "\n".join(one.papers))
    Console().print(table)


def entry(name: str) -> Entry:
    """What there is to say of a scheme; plugins that say nothing in a docstring have no more than a name.

    Raises:
        rewards.registry.UnknownName: there is none of that name.
    """
    function = schemes.function(name)
    text = inspect.getdoc(function) or ""
    formula = _FORMULA.search(text)
    return Entry(
        name,
        " ".join(text.partition("\n\n")[0].split()),
        " ".join(formula[0].split()) if formula else "",
        {option: _plain(default) for option, default in schemes.options(name).items()},
        tuple(dict.fromkeys(_PAPER.findall(text))),
        tuple(sorted(schemes.needs(function))),
        text,
    )


def _plain(default: Any) -> Any:
    return dict(default) if isinstance(default, Mapping) else default


def parse(scheme: str, options: Sequence[tuple[str, Any]]) -> schemes.Spec:
    """`static`, or `static,codequal=0.5`: schemes with weights; of several, options are `scheme.option`.

    Raises:
        BadUsage: a weight is no number, or an option belongs to none of the schemes.
    """
    names = [_weighted(part) for part in scheme.split(",")]
    if len(names) == 1 and "=" not in scheme:
        return scheme, dict(options)
    chosen: dict[str, dict[str, Any]] = {name: {} for name, _ in names}
    for key, value in options:
        name, dot, option = key.partition(".")
        if not dot or name not in chosen:
            example = did_you_mean(name, chosen) if dot else f"for example {names[0][0]}.{key}"
            raise BadUsage(f"of several schemes an option is SCHEME.KEY=VALUE, got {key!r}; {example}")
        chosen[name][option] = value
    return [{"name": name, "weight": weight, "options": chosen[name]} for name, weight in names]


def _weighted(part: str) -> tuple[str, float]:
    name, equals, weight = part.strip().partition("=")
    try:
        return name.strip(), float(weight) if equals else 1.0
    except ValueError:
        raise BadUsage(f"the weight of a scheme is a number, got {part!r}") from None
