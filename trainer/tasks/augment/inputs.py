"""Inputs for a task and what its reference answers on them: seeds, proposals of all sources, cases."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat, zip_longest
from pathlib import Path
from typing import Any

from analyzers import runtime
from analyzers.runtime import Limits, Tier
from analyzers.runtime.tests import Calls, Exchange, Stdio, Tests, to_json
from analyzers.types import Source, TestStatus
from trainer.tasks.augment import symmetry
from trainer.tasks.augment.contract import Arguments, Contract, inferred
from trainer.tasks.augment.dictionary import words
from trainer.tasks.augment.execution import HASH_SEEDS, Answer, End, Executor
from trainer.tasks.augment.form import Case, Form, NoForm
from trainer.tasks.augment.judging import Clock
from trainer.tasks.augment.sources import mutation, proposals, texts
from trainer.tasks.augment.values import alike, holds_float, literal, negative, written
from trainer.types import Task

MUTATION, PROPERTIES, MODEL = "mutation", "properties", "model"
TRIES = 20
"""Proposals of a source that are looked at for each one that is wanted."""
SLOW_SHARE = 0.25
"""Share of a test's time that a reference may take: other programs that are right may be slower."""
MAX_STDIN = 2_000
EXTREME = ("maxim", "minim", "largest", "smallest", "greatest", "highest", "lowest", "biggest", "longest", "shortest")
"""What a task asks for that there is none of where there is nothing."""
_RECORDER = Path(__file__).with_name("record_calls.py")


@dataclass(slots=True)
class Found:
    """Cases of a task, and what there was beside them."""

    cases: list[Case] = field(default_factory=list)
    proposed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def seeds(task: Task, program: str, form: Form, executor: Executor) -> list[Arguments]:
    """The arguments that the tests of a task call it with, as far as they are plain data.

    Raises:
        NoForm: there are none.
    """
    if isinstance(task.tests, Calls):
        found = [case.args for case in task.tests.cases if not case.kwargs]
    else:
        found = _recorded(task.tests, program, form, executor)
    distinct = {text: given for given in found if (text := written(given)) is not None}
    usable = [given for given in distinct.values() if given]
    if not usable:
        raise NoForm("the tests make no call with plain data")
    return usable


def _recorded(tests: Tests, program: str, form: Form, executor: Executor) -> list[Arguments]:
    told = to_json(tests)
    job = {
        "program": program,
        "function": form.function,
        "entry_point": told.get("entry_point", ""),
        "setup": told.get("setup", told.get("prefix", "")),
        "tests": told.get("asserts") or [told.get("check", told.get("append", ""))],
    }
    answer = executor.prints(_RECORDER.read_text(encoding="utf-8"), json.dumps(job), hash_seed=HASH_SEEDS[0])
    if answer.end is not End.ANSWERED:
        raise NoForm(f"the calls that the tests make cannot be recorded: the reference {answer.end}")
    found = []
    for text in _lines(str(answer.value)):
        try:
            found.append(tuple(literal(text)))
        except (ValueError, TypeError):
            continue
    return found


def _lines(said: str) -> list[str]:
    """The list that the recorder printed last; what the program printed stands before it."""
    try:
        found = json.loads(said.rstrip("\n").rpartition("\n")[2])
    except (ValueError, RecursionError):
        return []
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def arguments(
    task: Task, known: Sequence[Arguments], *, count: int, seed: int, ask: proposals.Ask | None
) -> tuple[list[tuple[str, Arguments]], Counter[str]]:
    """At most `count` new calls with what proposed them, the sources in turn; and what was refused, by reason."""
    named = words(task.prefix + (task.reference or ""))
    contract, calls = inferred(known, task.prompt, named)
    chance = random.Random(f"inputs {task.id} {seed}")
    sources: dict[str, Iterable[Arguments]] = {
        MODEL: _asked(task, calls, contract, ask),
        MUTATION: islice(mutation.proposals(calls, contract, chance, named), TRIES * count),
    }
    if all(contract.parameters):
        sources[PROPERTIES] = _properties(contract, count=count, seed=chance.randrange(1 << 32))
    refused: Counter[str] = Counter()
    seen = {str(written(given)) for given in known}
    allowed = {
        name: _new(offered, contract.allows, seen, refused if name == MODEL else Counter())
        for name, offered in sources.items()
    }
    return list(islice(_in_turn(allowed), count)), refused


def _properties(contract: Contract, *, count: int, seed: int) -> Iterable[Arguments]:
    try:
        from trainer.tasks.augment.sources import properties
    except ImportError:
        return ()
    return properties.proposals(contract, count=count, seed=seed)


def _asked(
    task: Task, calls: Sequence[Arguments], contract: Contract, ask: proposals.Ask | None
) -> Iterator[Arguments]:
    if ask is not None:
        yield from map(contract.mended, proposals.calls(ask(proposals.prompt(task, calls))))


def _new(offered: Iterable[Any], allows: Callable[[Any], bool], seen: set[str], refused: Counter[str]) -> Iterator[Any]:
    for given in offered:
        text = written(given)
        if text is None or not allows(given):
            refused["not like the inputs of the tests"] += 1
        elif text not in seen:
            seen.add(text)
            yield given


def _in_turn(sources: Mapping[str, Iterable[Any]]) -> Iterator[tuple[str, Any]]:
    named = [zip(repeat(name), offered) for name, offered in sources.items()]
    yield from (each for turn in zip_longest(*named) for each in turn if each is not None)


def stdins(task: Task, tests: Stdio, *, count: int, seed: int, ask: proposals.Ask | None) -> list[tuple[str, str]]:
    """At most `count` new texts for standard input, with what proposed them."""
    known = [case.stdin for case in tests.cases if len(case.stdin) <= MAX_STDIN]
    chance = random.Random(f"inputs {task.id} {seed}")
    seen = {str(written(text)) for text in known}
    sources: dict[str, Iterable[str]] = {
        MODEL: proposals.texts(ask(proposals.prompt_text(task, known))) if ask is not None else (),
        MUTATION: islice(texts.proposals(known, chance), TRIES * count),
    }
    allowed = {
        name: _new(offered, lambda text: len(text) <= MAX_STDIN, seen, Counter()) for name, offered in sources.items()
    }
    return list(islice(_in_turn(allowed), count))


def observed(
    offered: Sequence[tuple[str, Any]], answers: Sequence[Sequence[Answer]], *, timeout_s: float, into: Found
) -> None:
    """Makes cases of inputs on which every run answers, in time, and the same; counts the others."""
    for (source, given), runs in zip(offered, zip(*answers, strict=True), strict=True):
        into.proposed[source] += 1
        why = _fault(runs, timeout_s)
        if why:
            into.dropped[why] += 1
        else:
            into.cases.append(Case(given, runs[0].value, source))


def _fault(runs: Sequence[Answer], timeout_s: float) -> str:
    ends = {run.end for run in runs}
    if ends != {End.ANSWERED}:
        return f"the reference: {next(run.end for run in runs if run.end is not End.ANSWERED)}"
    if max(run.seconds for run in runs) > SLOW_SHARE * timeout_s:
        return "the reference is slow"
    if not all(alike(runs[0].value, run.value) for run in runs[1:]):
        return "the reference answers differently from run to run"
    if written(runs[0].value) is None:
        return "the answer is too long"
    return ""


def _empty(given: Arguments) -> bool:
    """Whether there are collections or texts, and nothing in any of them."""
    sized = [each for each in given if isinstance(each, list | tuple | str | dict | set)]
    return bool(sized) and not any(sized)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the tests of a task show of its answers."""

    none: bool
    """Whether None is an answer that they, or the words of the task, speak of."""
    natural: bool = False
    """Whether there is no negative number in them nor in the inputs, and the words of the task speak of none."""
    empty: bool = True
    """Whether empty lists and texts are inputs that they, or the words of the task, speak of."""
    extreme: bool = False
    """Whether the task asks for the greatest of something, or the like: of nothing there is none."""
    unordered: tuple[int, ...] = ()
    """Places of lists whose order makes no difference to any answer."""

    @staticmethod
    def of(known: Sequence[Arguments], ask: symmetry.Ask, prompt: str) -> Usual:
        """What the answers on the inputs of the tests show."""
        answers = ask(known)
        none = any(answer.value is None for answer in answers if answer.end is End.ANSWERED)
        seen = [known, [answer.value for answer in answers if answer.end is End.ANSWERED]]
        natural = not negative(seen) and not any(word in prompt.lower() for word in ("negative", "-1"))
        empty = any(map(_empty, known)) or "empty" in prompt.lower()
        extreme = any(word in prompt.lower() for word in EXTREME)
        unordered = tuple(symmetry.unordered(known, answers, ask))
        return Usual(none or "none" in prompt.lower(), natural, empty, extreme, unordered)

    def fault(self, case: Case) -> str:
        """Why an answer is none that the task speaks of; empty where it is one."""
        if case.expected is None and not self.none:
            return "None, which no test expects"
        if self.natural and negative(case.expected) and not negative(case.given):
            return "a negative number of others, which no test expects"
        if not self.empty and _empty(case.given) and self._something(case.expected):
            return "something of nothing, which no test expects"
        return ""

    def _something(self, answer: Any) -> bool:
        if isinstance(answer, bool):
            return False
        return bool(answer) or (self.extreme and isinstance(answer, int | float))

    def ambiguous(self, cases: Sequence[Case], ask: symmetry.Ask) -> set[int]:
        """Indices of cases in which the order of such a list makes a difference."""
        answers = [Answer(End.ANSWERED, case.expected) for case in cases]
        return symmetry.ambiguous([case.given for case in cases], answers, self.unordered, ask)


def calls(
    programs: Sequence[str], function: str, given: Sequence[Arguments], executor: Executor, clock: Clock
) -> list[list[Answer]]:
    """What each of some programs answers, under another hash seed each."""
    return [
        executor.calls(program, function, given, hash_seed=seed, clock=clock)
        for program, seed in zip(programs, HASH_SEEDS, strict=True)
    ]


def printed(program: str, language: str, stdin: str, isolation: Tier) -> Answer:
    """What a program of any language prints."""
    tests = Stdio((Exchange(stdin, ""),))
    report = runtime.submit(Source(program, language), tests, isolation=isolation).result()
    if report.verdict is None:
        return Answer(End.NOT_RUN)
    (told,) = report.verdict.tests or (None,)
    if told is None or told.status not in (TestStatus.PASSED, TestStatus.FAILED):
        return Answer(End.TIMED_OUT if told is not None and told.status is TestStatus.TIMED_OUT else End.RAISED)
    return Answer(End.ANSWERED, report.verdict.stdout)


def output(program: str, language: str, limits: Limits, isolation: Tier) -> str | None:
    """What a program of any language prints, even one that does not come to its end; None where it could not be run."""
    tests = Stdio((Exchange("", ""),))
    report = runtime.submit(Source(program, language), tests, limits, isolation=isolation).result()
    return None if report.verdict is None else report.verdict.stdout


def fits(tests: Tests, case: Case) -> str:
    """Why a case cannot be written down among the tests of a task; empty where it can."""
    if not isinstance(tests, Calls):
        return ""
    if holds_float(case.expected) and tests.compare != "float":
        return "floats would be compared exactly"
    try:
        same = json.loads(json.dumps([list(case.given), case.expected])) == [list(case.given), case.expected]
    except (TypeError, ValueError):
        same = False
    return "" if same else "JSON cannot hold it"
