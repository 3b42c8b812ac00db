"""MultiPL-E (arXiv:2208.08227): HumanEval and MBPP translated to 24 languages, for evaluation only.

Its licence forbids training. A completion is the body of a function up to the first of the row's stop tokens; where a
stop token is what closes the function, the tests begin with it, and analyzers see the program with it. So a completion
that goes on to close its function has to be cut at its first stop (`until_stop`), or the function is closed twice. In
D, Elixir, Haskell, Julia, Lua, OCaml, Perl and Ruby an empty line is a stop token, and cuts a body that has one:
`?stops=language` takes the marks of the language instead.

Problems whose tests contradict each other are left out: what tells 3 from 3.0 cannot be satisfied where both are the
same number (HumanEval_92 in typed languages and JavaScript). `gpt_solution`, which some copies have, is a model's
answer that nobody has verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

import grammars
from analyzers.runtime.tests import Appended
from trainer.tasks.files import BadTasks, Excluded, Row, field, for_evaluation, one_of, read
from trainer.tasks.hub import Hub, source
from trainer.types import Task

NAME = "multipl_e"
TAGS = {
    "ada": "ada", "bash": "sh", "clojure": "clj", "cpp": "cpp", "csharp": "cs", "d": "d", "dart": "dart",
    "elixir": "elixir", "go": "go", "haskell": "hs", "java": "java", "javascript": "js", "julia": "jl", "lua": "lua",
    "ocaml": "ml", "perl": "pl", "php": "php", "python": "py", "r": "r", "racket": "rkt", "ruby": "rb", "rust": "rs",
    "scala": "scala", "swift": "swift", "typescript": "ts",
}  # fmt: skip
"""How the set calls its languages in the names of files."""
_TAGGED = {**{tag: name for name, tag in TAGS.items()}, "adb": "ada", "go_test.go": "go"}
_FENCED = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
_CLOSES = re.compile(r"\s*(?:\}|end\b[^;]*;)?\s*")
_TRUTH = re.compile(r"(?i)\b(?:true|false|#t|#f)\b|#[tf]\b")
_ONE_TYPE = frozenset(
    {"cpp", "csharp", "d", "go", "haskell", "java", "javascript", "ocaml", "rust", "scala", "swift", "typescript"}
)
"""Languages in which a parameter that takes 3.0 takes 3 as the same value."""
_AS_FLOAT = re.compile(r"\bfloat\((-?\d+)\)|\(float\)(-?\d+)[lL]|(?<![\w.])(\d+)\.0+[fF]?(?![\w.])")
"""A whole number that is a float, as C++, as C# and Java, and as all of them write it."""


def tasks(
    split: str,
    *,
    path: str | None = None,
    force: bool = False,
    language: str = "",
    problems: str = "",
    stops: str = "published",
) -> Iterator[Task | Excluded]:
    """The problems of one language or of all, of `humaneval` or `mbpp` or both, in the order of the files; `test` is
    the only split.

    Raises:
        BadTasks: asked for training without `force`, no such language, problems or stops, or no such file.
    """
    for_evaluation(NAME, split, force)
    one_of(NAME, "language", language, TAGS)
    one_of(NAME, "problems", problems, ("humaneval", "mbpp"))
    one_of(NAME, "stops", stops, ("published", "language"))
    patterns = (f"{problems or '*'}-{TAGS.get(language, '*')}[-.]*", f"{problems or '*'}-{TAGS.get(language, '*')}")
    # Its MBPP has no Dart.
    configs = [
        f"{each}-{tag}"
        for each in ([problems] if problems else ["humaneval", "mbpp"])
        for name, tag in TAGS.items()
        if language in ("", name) and (each, name) != ("mbpp", "dart")
    ]
    found = source(NAME, path, patterns, *(Hub("nuprl/MultiPL-E", config) for config in configs))
    return read(found, partial(task, language, stops))


def until_stop(completion: str, stops: Sequence[str]) -> str:
    """A completion up to the first of its stops."""
    ends = [at for stop in stops if (at := completion.find(stop)) >= 0]
    return completion[: min(ends)] if ends else completion


def task(wanted: str, stops: str, row: Row, where: str) -> Task | None:
    """The task of a row, unless it is of another language than the `wanted` one, where one is named; `stops` are those
    of the row ("published") or of the language ("language").

    Raises:
        BadTasks: the row is not as published, or no program passes its tests.
    """
    tag = field(row, "language", str)
    if tag not in _TAGGED:
        raise BadTasks(f"unknown language {tag!r}; known are {', '.join(sorted(_TAGGED))}")
    language = _TAGGED[tag]
    if wanted not in ("", language):
        return None
    prompt, tests = field(row, "prompt", str), field(row, "tests", str)
    if contradiction := _contradiction(tests, one_type=language in _ONE_TYPE):
        raise BadTasks(f"the tests contradict each other, so that no program passes: {contradiction!r}")
    published = tuple(map(str, field(row, "stop_tokens", list)))
    ends = published if stops == "published" else grammars.get(language).stops
    answer = _FENCED.search(row.get("gpt_solution") or "")
    return Task(
        id=f"{field(row, 'name', str)}/{TAGS[language]}",
        prompt=prompt.rstrip(),
        prefix=prompt,
        language=language,
        suffix=_closing(tests),
        tests=Appended(tests),
        reference=_body(answer[1], prompt, published) if answer else None,
        stops=ends,
        metadata={"where": where, "split": "test", **({"answer": answer[1]} if answer else {})},
    )


def _closing(tests: str) -> str:
    """What closes the program where its tests do: the lines that they begin with, and the class that they end."""
    lines = []
    for line in tests.split("\n"):
        if not _CLOSES.fullmatch(line):
            break
        lines.append(line)
    closing = "\n".join(lines).rstrip()
    if not closing:
        return ""
    in_class = closing[0].isspace() and closing.strip() == "}"
    return f"\n{closing}\n" + "}\n" * in_class


def _body(program: str, prompt: str, stops: Sequence[str]) -> str | None:
    """The completion that a whole program holds: what follows the last line of the prompt, to the first stop that is no
    empty line; None where that line is not found, however it is spaced."""
    signature = re.findall(r"\w+|[^\w\s]", prompt.rstrip().rpartition("\n")[2])
    found = re.search(r"\s*".join(map(re.escape, signature)), program)
    return until_stop(program[found.end() :], [stop for stop in stops if stop.strip()]) if found else None


def _contradiction(tests: str, *, one_type: bool) -> str:
    """A line that says the opposite of another one: they are the same but for true and false, and for how whole numbers
    are written where all numbers of a parameter have `one_type`."""
    seen: dict[str, str] = {}
    for line in map(str.strip, tests.splitlines()):
        if "(" not in line or not _TRUTH.search(line):
            continue
        plain = _plain(line) if one_type else line
        if seen.setdefault(_TRUTH.sub("?", plain), plain) != plain:
            return line
    return ""


def _plain(line: str) -> str:
    """A line with all whole numbers written alike, but for one that has text, which may hold some."""
    if '"' in line or "'" in line:
        return line
    return re.sub(r"\((-?\d+)\)", r"\1", _AS_FLOAT.sub(lambda number: next(filter(None, number.groups())), line))
