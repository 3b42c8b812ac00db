"""Task sets on the Hugging Face hub, read through the package `datasets` row by row.

    apps:hf://codeparrot/apps        OWNER/NAME of a data set; behind it, /CONFIG and @REVISION where they are wanted

Without a path, and without the set's files in the folders where they are looked for, the hub is asked for the data set
that a loader names. Data sets that are published as a script are read from Parquet files that the hub makes of them, on
the branch refs/convert/parquet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from trainer.tasks.files import DATA_VARIABLE, BadTasks, Entry, TasksMissing, locate, places, rows

SCHEME = "hf://"
CONVERTED = "refs/convert/parquet"
"""The branch on which the hub keeps Parquet files of every data set."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a set lies on the hub."""

    dataset: str
    """OWNER/NAME."""
    config: str | None = None
    split: str = "test"
    """The hub's name of the split; several are joined by `+`."""
    revision: str | None = None


def source(
    name: str,
    path: str | None,
    files: Sequence[str],
    *hubs: Hub,
    reader: Callable[[Path], Iterator[Entry]] = rows,
) -> Iterator[Entry]:
    """The rows of a set: of `path`, a file, a folder or a name on the hub; or of the files where sets are looked for;
    or else of `hubs`, one after the other. `reader` reads one file.

    Raises:
        TasksMissing: the files are nowhere, and the hub did not deliver; the cause is chained.
        BadTasks: a hub that was named did not deliver.
    """
    if path is not None and path.startswith(SCHEME):
        for hub in dict.fromkeys(named(path, hub) for hub in hubs):
            yield from hub_rows(hub)
        return
    found = locate(name, path, files)
    if found:
        yield from chain.from_iterable(map(reader, found))
        return
    for hub in hubs:
        try:
            yield from hub_rows(hub)
        except BadTasks as error:
            raise missing(name, files[:1], str(error)) from error
    if not hubs:
        raise missing(name, files[:1], "it is not on the Hugging Face hub")


def named(path: str, hub: Hub) -> Hub:
    """`hub` with the data set that `hf://OWNER/NAME[/CONFIG][@REVISION]` names.

    Raises:
        BadTasks: it names none.
    """
    place, _, revision = path.removeprefix(SCHEME).removeprefix("datasets/").partition("@")
    parts = place.strip("/").split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise BadTasks(f"expected {SCHEME}OWNER/NAME, and perhaps /CONFIG and @REVISION behind it, got {path!r}")
    dataset, config = "/".join(parts[:2]), parts[2] if len(parts) == 3 else hub.config
    known = hub.revision if dataset == hub.dataset else None
    return replace(hub, dataset=dataset, config=config, revision=revision or known)


def hub_rows(hub: Hub) -> Iterator[Entry]:
    """Rows of a data set on the hub, streamed; needs the package `datasets`.

    Raises:
        BadTasks: the package is not installed, or the hub did not deliver; the cause is chained.
    """
    if find_spec("datasets") is None:
        raise BadTasks(
            "the Hugging Face hub was not asked, because the package 'datasets' is not installed (spanwise[tasks])"
        )
    label = "/".join(part for part in (hub.dataset, hub.config) if part)
    try:
        load = import_module("datasets").load_dataset
        for split in hub.split.split("+"):
            with _quiet("huggingface_hub"):  # it tells of every attempt, and then fails with the reason
                found = load(hub.dataset, hub.config, split=split, revision=hub.revision, streaming=True)
            for number, row in enumerate(found, 1):
                yield f"{label}/{split}, row {number}", dict(row)
    except Exception as error:  # whatever the network, the hub and the package raise
        first_line = next(iter(str(error).splitlines()), "")
        raise BadTasks(f"the Hugging Face hub gave no {label!r} ({type(error).__name__}: {first_line})") from error


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keeps the warnings of a package to itself."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def missing(name: str, files: Sequence[str], why: str) -> TasksMissing:
    """The error for a set that is in none of its places; `why` says what became of the hub."""
    looked = ", ".join(str(folder) for folder in places(name))
    return TasksMissing(
        f"no {' or '.join(files)} for the task set {name!r} in {looked}; {why}; "
        f"offline, give the file as {name}:PATH or set {DATA_VARIABLE} to the folder that holds {name}/"
    )
