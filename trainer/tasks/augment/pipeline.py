"""From a task to the same task with more tests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from analyzers.runtime import Limits, Tier
from analyzers.runtime.sandbox.base import SandboxBroken
from analyzers.runtime.tests import Stdio, Tests, parse, to_json
from analyzers.types import Outcome
from trainer.tasks.augment import inputs
from trainer.tasks.augment.code import MISSING, Code
from trainer.tasks.augment.contract import Arguments, guarded
from trainer.tasks.augment.cover import cover
from trainer.tasks.augment.diversity import features
from trainer.tasks.augment.execution import HASH_SEEDS, Answer, End, Executor
from trainer.tasks.augment.form import Case, Form, NoForm, alone, extended, form
from trainer.tasks.augment.inputs import Found
from trainer.tasks.augment.judging import Clock, Judged, judge
from trainer.tasks.augment.mutants import mutants
from trainer.tasks.augment.records import Options, Programs, Result, Status
from trainer.tasks.augment.set_order import backwards
from trainer.tasks.augment.sources.proposals import Ask, NoAnswer
from trainer.tasks.augment.typed import code
from trainer.types import Task

MAX_CODE_CALLS = 100
"""Calls of a program in another language than Python."""
MAX_STDIN_RUNS = 60
"""Inputs of a whole program that are run: each costs a process of its own, of every program."""
LEAST_S, PATIENCE = 0.25, 50
"""Seconds that a program gets for a test at least, and its time as a multiple of the reference's slowest test."""
MAX_OTHERS = 10
"""Further references of a task that are asked, at most."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all tasks share."""

    executor: Executor
    options: Options = field(default_factory=Options)
    isolation: Tier = Tier.STANDARD
    ask: Ask | None = None
    """A language model that proposes inputs, where there is one."""
    model: str = ""
    """Its name."""


@dataclass(frozen=True, slots=True)
class Others:
    """Programs for a task beside its reference, as whole as a source file."""

    references: tuple[str, ...] = ()
    """Programs that are said to be right; one that fails the task's own tests is not asked."""
    samples: tuple[str, ...] = ()
    """Programs of which nothing is known."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """One task on the bench."""

    task: Task
    program: str
    """Its reference, as a whole file."""
    form: Form
    workshop: Workshop
    clock: Clock
    code: Code | None = None
    """How tests are written that are code in another language than Python."""
    limits: Limits = field(default_factory=Limits)
    """Of programs that may be wrong."""

    def judged(self, programs: Sequence[str], tests: Tests, *, trusted: bool = False) -> list[Judged]:
        """What comes of programs; those that are `trusted` to be right get all the time that training gives."""
        limits = Limits() if trusted else self.limits
        isolation = self.workshop.isolation
        return judge(programs, self.task.language, tests, limits=limits, isolation=isolation, clock=self.clock)

    def run(self, program: str) -> str | None:
        """What a program prints."""
        return (
            inputs.output(program, self.task.language, self.limits, self.workshop.isolation)
            if self.clock.left
            else None
        )

    def extended(self, cases: Sequence[Case]) -> Tests:
        """The tests of the task and a further one for each case."""
        return extended(self.task.tests, self.form, cases) if self.code is None else self.code.extended(cases)

    def caught(self, programs: Sequence[str], cases: Sequence[Case]) -> list[frozenset[int] | None]:
        """The cases that each program fails; None where that could not be found out."""
        if self.code is not None:
            wanted = [self.code.same(case) for case in cases]
            told = [self.code.told(program, wanted, self.run) for program in programs]
            return [frozenset(at for at, same in each.items() if same is not True) if each else None for each in told]
        judged = self.judged(programs, alone(self.task.tests, self.form, cases))
        return [each.killed_by if len(each.statuses) == len(cases) else None for each in judged]


@dataclass(frozen=True, slots=True)
class _Field:
    """Programs that tests are to be chosen by: those that the task's own tests let pass, and how many were tried."""

    survivors: tuple[str, ...]
    tried: int


def augment(task: Task, others: Others, workshop: Workshop) -> Result:
    """The result for a task. What cannot be done for it is said there; nothing is raised for it."""
    start = time.monotonic()
    clock = Clock.of(workshop.options.budget_s)
    try:
        found = _augmented(task, others, workshop, clock)
    except SandboxBroken as error:
        found = Result(task.id, Status.NOT_JUDGED, f"the sandbox failed: {error}")
    return replace(found, seconds=time.monotonic() - start, cut_short=not clock.left)


def _augmented(task: Task, others: Others, workshop: Workshop, clock: Clock) -> Result:
    if task.reference is None:
        return Result(task.id, Status.KEPT, "there is no reference")
    bench = _Bench(task, task.prefix + task.reference, Form(""), workshop, clock)
    (own,) = bench.judged([bench.program], task.tests, trusted=True)
    if own.outcome is None:
        return Result(task.id, Status.NOT_JUDGED, own.why)
    if not own.passes:
        return Result(task.id, Status.EXCLUDED, f"the reference fails: {own.outcome}: {own.why}")
    options = workshop.options
    # What takes far longer than the reference hangs.
    timeout_s = min(options.timeout_s, max(LEAST_S, PATIENCE * own.slowest_s))
    bench = replace(bench, limits=Limits(timeout_s=timeout_s))
    made = mutants(bench.program, task.language, count=options.mutants, seed=options.seed, families=options.families)
    fields = {
        "mutants": _field(bench, [mutant.program for mutant in made]),
        "samples": _field(bench, others.samples),
    }
    result = Result(
        task.id,
        Status.KEPT,
        mutants=_programs(fields["mutants"], ()),
        samples=_programs(fields["samples"], ()),
    )
    try:
        bench, found, references = _cases(bench, others)
    except NoForm as error:
        return replace(result, why=str(error))
    except NoAnswer as error:
        return replace(result, status=Status.NOT_JUDGED, why=str(error))
    result = replace(
        result, proposed=dict(found.proposed), dropped=dict(+found.dropped), references=1 + len(references)
    )
    return _chosen(bench, found, [bench.program, *references], fields, result)


def _field(bench: _Bench, programs: Sequence[str]) -> _Field:
    """Which programs the task's own tests let pass; those that do not compile were never programs."""
    judged = zip(programs, bench.judged(programs, bench.task.tests), strict=True)
    known = [(text, found) for text, found in judged if found.outcome not in (None, Outcome.SYNTAX_ERROR)]
    return _Field(tuple(text for text, found in known if found.passes), len(known))


def _cases(bench: _Bench, others: Others) -> tuple[_Bench, Found, list[str]]:
    """Cases that all references agree on, and those of the others that count as references."""
    task, found = bench.task, Found()
    further = [text for text in dict.fromkeys(others.references) if text != bench.program][:MAX_OTHERS]
    judged = bench.judged(further, task.tests, trusted=True)
    references = [text for text, told in zip(further, judged, strict=True) if told.passes]
    if isinstance(task.tests, Stdio):
        _observe_texts(bench, task.tests, found)
    elif task.language == "python":
        bench = replace(bench, form=form(task.tests, task.shown))
        _observe_calls(bench, found)
    else:
        bench = replace(bench, code=code(task, bench.program))
        _observe_code(bench, found)
    for why, program in _witnesses(bench, references):
        found.cases = _agreed(bench, found, program, why)
    return bench, found, references


def _observe_calls(bench: _Bench, found: Found) -> None:
    task, options, executor = bench.task, bench.workshop.options, bench.workshop.executor
    known = inputs.seeds(task, bench.program, bench.form, executor)
    offered, refused = inputs.arguments(task, known, count=options.inputs, seed=options.seed, ask=bench.workshop.ask)
    found.dropped.update(refused)
    contract = str(task.metadata.get("contract") or "")
    checked = guarded(bench.program, bench.form.function, contract) if contract.strip() else bench.program
    given = [each for _, each in offered]
    answers = inputs.calls([bench.program, checked], bench.form.function, given, executor, bench.clock)
    inputs.observed(offered, answers, timeout_s=options.timeout_s, into=found)

    def ask(calls: Sequence[Arguments]) -> list[Answer]:
        return executor.calls(bench.program, bench.form.function, calls, hash_seed=HASH_SEEDS[0], clock=bench.clock)

    usual = inputs.Usual.of(known, ask, task.prompt)
    _keep(found, [inputs.fits(task.tests, case) or usual.fault(case) for case in found.cases])
    unclear = usual.ambiguous(found.cases, ask)
    _keep(found, ["the answer depends on an order" if at in unclear else "" for at in range(len(found.cases))])


def _observe_code(bench: _Bench, found: Found) -> None:
    form, options = bench.code, bench.workshop.options
    assert form is not None
    known = form.known(bench.program, bench.run)
    count = min(options.inputs, MAX_CODE_CALLS)
    offered, refused = inputs.arguments(bench.task, known, count=count, seed=options.seed, ask=bench.workshop.ask)
    offered = [(source, given) for source, given in offered if form.writes(given)]
    found.dropped.update(refused)

    def ask(calls: Sequence[Arguments]) -> list[Answer]:
        told = form.told(bench.program, [form.call(given) for given in calls], bench.run)
        values = [told.get(at, MISSING) for at in range(len(calls))]
        return [Answer(End.RAISED) if value is MISSING else Answer(End.ANSWERED, value) for value in values]

    given = [each for _, each in offered]
    inputs.observed(offered, [ask(given), ask(given)], timeout_s=options.timeout_s, into=found)
    usual = inputs.Usual.of(known, ask, bench.task.prompt)
    _keep(found, [form.fault(case) or usual.fault(case) for case in found.cases])
    unclear = usual.ambiguous(found.cases, ask)
    _keep(found, ["the answer depends on an order" if at in unclear else "" for at in range(len(found.cases))])


def _keep(found: Found, faults: Sequence[str]) -> None:
    """Drops the cases that have a fault."""
    found.dropped.update(why for why in faults if why)
    found.cases = [case for case, why in zip(found.cases, faults, strict=True) if not why]


def _observe_texts(bench: _Bench, tests: Stdio, found: Found) -> None:
    if tests.checker:
        raise NoForm("a checker judges the answers: more than one is right")
    task, options = bench.task, bench.workshop.options
    count = min(options.inputs, MAX_STDIN_RUNS)
    offered = inputs.stdins(task, tests, count=count, seed=options.seed, ask=bench.workshop.ask)
    answers = [[_printed(bench, text, seed) for _, text in offered] for seed in HASH_SEEDS]
    inputs.observed(offered, answers, timeout_s=options.timeout_s, into=found)


def _printed(bench: _Bench, stdin: str, hash_seed: int) -> Answer:
    if not bench.clock.left:
        return Answer(End.NOT_RUN)
    if bench.task.language == "python":
        return bench.workshop.executor.prints(bench.program, stdin, hash_seed=hash_seed)
    return inputs.printed(bench.program, bench.task.language, stdin, bench.workshop.isolation)


def _witnesses(bench: _Bench, references: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Programs that have to give the same answers, and what it means where one does not."""
    if bench.task.language == "python" and not isinstance(bench.task.tests, Stdio):
        other_order = backwards(bench.program, bench.form.function)
        if other_order is not None:
            yield "the answer depends on the order of a set", other_order
    yield from (("references disagree", text) for text in references)
    yield "the judge finds the reference wrong", bench.program


def _agreed(bench: _Bench, found: Found, program: str, why: str) -> list[Case]:
    """The cases that a program passes; all of them where it cannot be judged."""
    if not found.cases:
        return []
    (failed,) = bench.caught([program], found.cases)
    if failed is None:
        return found.cases if program != bench.program else []
    kept = [case for index, case in enumerate(found.cases) if index not in failed]
    found.dropped[why] += len(found.cases) - len(kept)
    return kept


def _chosen(
    bench: _Bench, found: Found, references: Sequence[str], fields: dict[str, _Field], result: Result
) -> Result:
    """The result with the tests that are worth adding."""
    if not found.cases:
        return replace(result, why="no input makes a test")
    options = bench.workshop.options
    programs = [(name, text) for name, each in fields.items() for text in each.survivors]
    caught = [failed or frozenset() for failed in bench.caught([text for _, text in programs], found.cases)]
    kills = [
        frozenset(number for number, tests in enumerate(caught) if index in tests) for index in range(len(found.cases))
    ]
    chosen = _selected(found.cases, kills, options)
    cases = [found.cases[index] for index in chosen]
    tests = bench.extended(cases)
    seen = {number for index in chosen for number in kills[index]}
    counted = {
        name: _programs(
            each,
            [number in seen for number, (of, _) in enumerate(programs) if of == name],
            [bool(caught[number]) for number, (of, _) in enumerate(programs) if of == name],
        )
        for name, each in fields.items()
    }
    failing = [told for told in bench.judged(references, tests, trusted=True) if not told.passes]
    if failing:
        return replace(result, why=f"a reference would fail the new tests: {failing[0].why or 'no verdict'}")
    return replace(
        result,
        status=Status.AUGMENTED,
        tests=to_json(tests),
        added=dict(Counter(case.source for case in cases)),
        mutants=counted["mutants"],
        samples=counted["samples"],
    )


def _selected(cases: Sequence[Case], kills: Sequence[frozenset[int]], options: Options) -> list[int]:
    """The tests that catch programs and, where they are fewer than wanted, further ones that are unlike them."""
    chosen = cover(kills, depth=options.depth, most=options.most)
    rest = [index for index in range(len(cases)) if index not in chosen]
    unlike = cover([features(cases[index]) for index in rest], depth=options.depth, most=options.most - len(chosen))
    more = [rest[index] for index in range(len(rest)) if index not in unlike]
    return sorted([*chosen, *(rest[index] for index in unlike), *more[: options.most - len(chosen) - len(unlike)]])


def _programs(each: _Field, after: Sequence[bool], ever: Sequence[bool] = ()) -> Programs:
    before = len(each.survivors)
    return Programs(each.tried, before, before - sum(after), each.tried - before + sum(ever))


def as_task(task: Task, result: Result) -> Task:
    """The task with the tests of its result."""
    return task if result.tests is None else replace(task, tests=parse(dict(result.tests)))
