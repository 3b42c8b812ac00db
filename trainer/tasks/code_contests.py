"""CodeContests (arXiv:2203.07814): problems of programming contests with public, private and generated tests.

Reads the columns of the hub and the same as JSON, and the rows with `content` and `test` that some evaluators make of
it. Solutions in Python 3, C++ and Java serve as references: the first one in the language that is asked for; some of
the others, and of those that were judged wrong, are in the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any

import grammars
from analyzers.runtime.judge import TEXTS
from analyzers.runtime.tests import Exchange, Stdio
from trainer.tasks.files import ALL, BadTasks, Excluded, Row, check_split, embedded, field, one_of, read, split_in
from trainer.tasks.hub import Hub, source
from trainer.types import Task

NAME = "code_contests"
SPLITS = ("train", "valid", "test")
LANGUAGES = {"cpp": 2, "python": 3, "java": 4}
"""Numbers of the languages in the data; 1 is Python 2."""
_LANGUAGE_NAMES = {"cpp": "CPP", "python": "PYTHON3", "java": "JAVA"}
DIFFICULTIES = (
    *("unknown", "easy", "medium", "hard", "harder", "hardest", "external"),
    *"abcdefghijklmnopqrstuv",
)
"""Names of the numbers of difficulty; the letters are those of Codeforces."""
OTHERS = 10
"""So many further solutions, and wrong ones, are kept of each problem."""


def tasks(
    split: str,
    *,
    path: str | None = None,
    language: str = "python",
    difficulty: str = "",
    compare: str = "whitespace",
) -> Iterator[Task | Excluded]:
    """The problems of one split, of one difficulty or of all, in the order of the files.

    `compare` is a rule of `analyzers.runtime.judge` for what programs print.

    Raises:
        BadTasks: no such split, language, difficulty or rule, or no such file.
    """
    check_split(NAME, split, (*SPLITS, ALL))
    one_of(NAME, "language", language, LANGUAGES)
    one_of(NAME, "difficulty", difficulty, DIFFICULTIES)
    one_of(NAME, "rule", compare, TEXTS)
    begins = "[tv]" if split == ALL else split
    files = (f"{begins}*.jsonl*", f"{begins}*.parquet", f"data/{begins}*.parquet", "*.jsonl*")
    hub = Hub("deepmind/code_contests", split="+".join(SPLITS) if split == ALL else split)
    return read(source(NAME, path, files, hub), partial(_task, (split, language, difficulty, compare)))


def _task(asked: tuple[str, str, str, str], row: Row, where: str) -> Task | None:
    split, language, difficulty, compare = asked
    own = split_in(where, SPLITS) or ("" if split == ALL else split)
    labels = embedded(row, "labels") or {}
    grade = _grade(row.get("difficulty", labels.get("difficulty")))
    if split not in (own, ALL) or difficulty not in ("", grade):
        return None
    if row.get("input_file") or row.get("output_file"):
        raise BadTasks("no usable tests: programs read and write files, not standard input and output")
    public = _exchanges(embedded(row, "public_tests"))
    hidden = [_exchanges(embedded(row, key)) for key in ("private_tests", "generated_tests", "test")]
    title = grammars.get(language).name
    text = field(row, "description" if "description" in row else "content", str).strip()
    solutions = _in_language(row.get("solutions"), language)
    reference = next(solutions, None)
    limit = row.get("time_limit") or {}
    return Task(
        id=f"{NAME}/{row.get('name') or labels.get('name') or row.get('id')}",
        prompt=f"{text}\n\nWrite a {title} program that reads standard input and prints the answer.",
        tests=Stdio((*public, *chain.from_iterable(hidden)), compare),
        shown=Stdio(public, compare) if public else None,
        language=language,
        reference=reference,
        metadata={
            "where": where,
            **({"split": own} if own else {}),
            "difficulty": grade,
            "time_limit_s": limit.get("seconds", 0) + limit.get("nanos", 0) / 1e9 if limit else None,
            "solutions": tuple(islice(solutions, OTHERS)),
            "incorrect": tuple(islice(_in_language(row.get("incorrect_solutions"), language), OTHERS)),
        },
    )


def _grade(value: object) -> str:
    if isinstance(value, int):
        return DIFFICULTIES[value] if 0 <= value < len(DIFFICULTIES) else DIFFICULTIES[0]
    return str(value or DIFFICULTIES[0]).lower()


def _pairs(value: Any, first: str, second: str) -> Iterator[tuple[Any, Any]]:
    """Columns of values, or a list of records, as pairs."""
    if isinstance(value, Mapping):
        return zip(value[first], value[second], strict=True)
    records: Sequence[Mapping[str, Any]] = value or ()
    return ((record[first], record[second]) for record in records)


def _exchanges(value: Any) -> tuple[Exchange, ...]:
    return tuple(
        Exchange(_text(given, "stdin"), _text(expected, "stdout"))
        for given, expected in _pairs(value, "input", "output")
    )


def _text(value: str | Mapping[str, str], key: str) -> str:
    return value if isinstance(value, str) else value[key]


def _in_language(value: Any, language: str) -> Iterator[str]:
    wanted = (LANGUAGES[language], _LANGUAGE_NAMES[language])
    return (program for number, program in _pairs(value, "language", "solution") if number in wanted)
