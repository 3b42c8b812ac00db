"""How programs are scored, as options that several commands share."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from analyzers import registry
from analyzers.runtime.tests import Tests
from rewards.commands import schemes
from rewards.commands.programs import BadUsage, read_program, read_tests
from rewards.commands.records import SUFFIXES, Record, read_records
from rewards.registry import did_you_mean
from rewards.schemes import Need, Spec, needs
from rewards.scorer import ANALYZERS, ISOLATION, SCHEME, Scorer
from rewards.tokens import TokenBytes
from rewards.types import Item, Score

AT_ONCE = 64
"""Completions that are scored together; tools that take many programs get as many."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is run on a program, and what follows from it."""

    tests: Annotated[
        str,
        typer.Option(
            metavar="TESTS",
            help="A JSON file (asserts, check, function + cases, stdio, append), a .py file of asserts, or an assert.",
        ),
    ] = ""
    language: Annotated[str, typer.Option(help="Name of the language; by default that of the file's suffix.")] = ""
    analyzers: Annotated[
        str, typer.Option(help="Names with commas between them; `python -m analyzers list` shows them.")
    ] = ",".join(ANALYZERS)
    plugin: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A .py or .scm file whose analyzers run, too; repeatable.")
    ] = None
    scheme: Annotated[
        str,
        typer.Option(
            metavar="NAME[=WEIGHT],...",
            help="How findings become a reward; `python -m rewards schemes` lists the names.",
        ),
    ] = SCHEME
    scheme_arg: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An option of the scheme; of several schemes SCHEME.KEY=VALUE."),
    ] = None
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = ISOLATION
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep results there for other runs.")] = None

    def scorer(self) -> Scorer:
        """The scorer that was asked for.

        Raises:
            ValueError: an unknown name or option, with the closest ones.
            OSError: nothing can be kept in `cache`, or programs cannot be isolated as well as is demanded.
        """
        names, spec = self.judged_by()
        return Scorer(names, scheme=spec, isolation=self.isolation, cache=self.cache)

    def judged_by(self) -> tuple[list[str], Spec]:
        """The names of the analyzers, plugins among them, and the scheme.

        Raises:
            ValueError: an unknown name or option, with the closest ones.
        """
        spec = schemes.parse(self.scheme, [option(given) for given in self.scheme_arg or ()])
        return [*registry.chosen(registry.split(self.analyzers), self.plugin or ())], spec

    def items(self, paths: list[str]) -> list[Item]:
        """The programs, each with the tests.

        Raises:
            ValueError: a program or the tests cannot be read.
        """
        suite = read_tests(self.tests) if self.tests else None
        return [read_program(path, self.language, suite) for path in paths]

    def score(self, paths: list[str]) -> list[Score]:
        """The scores of the programs, in order.

        Raises:
            ValueError, OSError: as `items` and `scorer`.
        """
        items = self.items(paths)
        with self.scorer() as scorer:
            return scorer.score_batch(items)

    def gather(self, paths: Sequence[str], *, tokens: Path | None, tasks: Sequence[str]) -> list[tuple[Record, Score]]:
        """The programs, and what files of JSON hold, each with its score; `tasks` are the only names that are wanted.

        Raises:
            ValueError, OSError: as `settled`; or nothing of these names is there.
        """
        tokenizer = TokenBytes.read(tokens) if tokens else None
        records = []
        for path in paths:
            if path.endswith(SUFFIXES):
                records += read_records(path, tokenizer)
            else:
                records.append(Record(item=read_program(path, self.language, None)))
        if tasks:
            names = {record.name for record in records}
            for task in tasks:
                if task not in names:
                    raise BadUsage(f"no program is called {task!r}; {did_you_mean(task, names):.300}")
            records = [record for record in records if record.name in tasks]
        return list(self.settled(records))

    def settled(self, records: Sequence[Record]) -> Iterator[tuple[Record, Score]]:
        """Each record with its score, in order; those without one are scored, many at once, as they are met.

        Raises:
            ValueError, OSError: as `items` and `scorer`.
        """
        suite = read_tests(self.tests) if self.tests else None
        with ExitStack() as stack:
            fresh = any(record.item for record in records)
            scorer = stack.enter_context(self.scorer()) if fresh else None
            # What programs for one task say of each other is known only where they are scored together.
            whole = scorer is not None and Need.GROUP in needs(scorer.scheme)
            size = len(records) if whole else AT_ONCE
            for start in range(0, len(records), size):
                chunk = records[start : start + size]
                items = [with_default(item, suite) for record in chunk if (item := record.item) is not None]
                scores = iter(scorer.score_batch(items) if scorer and items else ())
                for record in chunk:
                    yield record, record.score or next(scores)


def with_default(item: Item, suite: Tests | None) -> Item:
    """The item, with these tests where it has none of its own."""
    return item if item.tests is not None or suite is None else replace(item, tests=suite)


Tokenizer = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A tokenizer.json: rows with token_ids are coloured token by token."),
]
Tasks = Annotated[
    list[str] | None, typer.Option("--task", metavar="NAME", help="Only programs of this name; repeatable.")
]


def with_settings(command: Callable[..., None], *, without: Collection[str] = ()) -> Callable[..., None]:
    """The command with options in place of its parameter `settings`: one for each field of Settings but `without`."""
    hints = get_type_hints(Settings, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter(field.name, keyword, default=field.default, annotation=hints[field.name])
        for field in fields(Settings)
        if field.name not in without
    ]
    own = inspect.signature(command, eval_str=True).parameters.values()
    parameters = [new for old in own for new in (shared if old.name == "settings" else [old.replace(kind=keyword)])]

    @wraps(command)
    def wrapped(**given: Any) -> None:
        settings = Settings(**{parameter.name: given.pop(parameter.name) for parameter in shared})
        command(settings=settings, **given)

    # What typer reads; `wraps` alone would show it the parameter `settings`.
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapped


def option(given: str) -> tuple[str, Any]:
    """KEY=VALUE as a name and a JSON value, or a string where it is none.

    Raises:
        BadUsage: there is no `=`.
    """
    key, equals, value = given.partition("=")
    if not equals:
        raise BadUsage(f"--scheme-arg takes KEY=VALUE, got {given!r}")
    try:
        return key, json.loads(value.lower() if value in ("True", "False") else value)
    except json.JSONDecodeError:
        return key, value
