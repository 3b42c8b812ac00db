"""The same programs judged by the original harnesses and by spanwise: where they agree, and what it costs.

    python benchmarks/agreement.py human-eval --data DIR --peers DIR --out DIR
    python benchmarks/agreement.py mbpp evalplus multipl-e --data DIR --peers DIR --out DIR

`human-eval`: openai/human-eval on samples of CodeGen-16B. `evalplus`: EvalPlus on the same. `mbpp`: human-eval's
executor on MBPP's programs and assertions, as the metric `code_eval` does. `multipl-e`: the evaluators of
nuprl/MultiPL-E, on answers of a model, mutants of them, and programs that exit before the tests, in the languages that
are installed.

Originals do not isolate programs: each runs in a file system that it cannot write, without network and privileges
(`confined.py`). Programs run one at a time on either side. Verdicts are kept in --out, from which an interrupted run
goes on; the CPU seconds of an original are those of each program, those of spanwise are all that its processes used.
"""

from __future__ import annotations

import json
import random
import site
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from agreement_cases import (
    Case,
    evalplus_samples,
    humaneval_samples,
    interleaved,
    mbpp_programs,
    multipl_e_programs,
    unique,
)
from confined import confined
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analyzers.runtime import doctor

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 3.0
"""human-eval's default."""
SHIMS = {
    "lua": 'exec lua5.4 "$@"',
    "csc": 'exec mcs "$@"',
    "rdmd": 'shift; gdc -funittest -fmain "$1" -o "$1.out" 2>&1 >&2 && exec "$1.out"',
    "javac": 'CLASSPATH=/usr/share/java/javatuples.jar exec /usr/bin/javac "$@"',
    "java": 'exec /usr/bin/java "${@//\\/usr\\/multiple\\/javatuples-1.2.jar/\\/usr\\/share\\/java\\/javatuples.jar}"',
}
"""What stands in the place of a tool that Debian calls otherwise, or has in an older version (`lua`)."""
SET_TO_NONE = "'NoneType' object is not callable"
"""What a program says that calls one of the functions which human-eval and EvalPlus take away."""
WITH_ANSWERS = (
    "bash", "cpp", "csharp", "d", "go", "java", "javascript", "lua", "perl", "php", "r", "racket", "ruby", "rust",
    "scala", "typescript",
)  # fmt: skip
"""Languages for which the data holds answers of a model."""


@dataclass(frozen=True)
class Study:
    """One comparison."""

    name: str
    original: str
    cases: list[Case]
    peers: dict[str, Path]
    path: str
    """PYTHONPATH of the original, in which /tmp/NAME are the peers."""


@dataclass
class Judged:
    """What one harness said."""

    verdicts: dict[str, dict[str, Any]]
    cpu_s: float = 0.0
    """Of all that it used."""


def judged(study: Study, cases: Sequence[Case], harness: str, file: Path) -> Judged:
    """The verdicts of a harness on all cases: those in `file`, and then the others, which go there. What spanwise could
    not judge, because the machine was too busy, it is asked again."""
    found = _read(file)
    todo = [case for case in cases if case.key not in found.verdicts or _unjudged(found.verdicts[case.key])]
    if todo:
        with file.open("a", encoding="utf-8") as kept:
            lines = _run(study, todo, harness)
            title = f"{study.name}: {harness}"
            for line in track(lines, title, len(todo) + 1, console=Console(stderr=True), update_period=1):
                kept.write(line)
                kept.flush()
        found = _read(file)
    missing = [case.key for case in cases if case.key not in found.verdicts]
    if missing:
        sys.exit(f"{harness} said nothing of {len(missing)} programs, such as {missing[0]}")
    return found


def _read(file: Path) -> Judged:
    found = Judged({})
    uncounted: dict[str, dict[str, Any]] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue  # cut short by a crash
        if "key" not in row:
            found.cpu_s += row["cpu_s"]
            found.verdicts |= uncounted
            uncounted = {}
        elif "cpu_s" in row:
            found.verdicts[row["key"]] = row
        else:
            uncounted[row["key"]] = row  # until it is known what they cost; else they are judged again
    return found


def _run(study: Study, cases: Sequence[Case], harness: str) -> Iterator[str]:
    command = [sys.executable, "-P", str(HERE / "originals.py"), harness]
    environment = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    if harness == "spanwise":
        jobs = [{"key": case.key, "item": case.item, "timeout_s": TIMEOUT_S} for case in cases]
        path = f"PYTHONPATH={HERE}:{HERE.parent}"
        command = ["env", path, *command]
    else:
        jobs = [case.job for case in cases]
        environment |= {"PYTHONPATH": ":".join([study.path, *site.getsitepackages()])}
        command = confined(command, environment=environment, shown=study.peers, shims=SHIMS)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as stdin:
            stdin.writelines(json.dumps(job) + "\n" for job in jobs)
        yield from process.stdout
        if process.wait():
            sys.exit(f"{harness} ended with exit status {process.returncode}")
    finally:
        process.terminate()
        process.wait()


def agreeing(original: dict[str, Any], own: dict[str, Any]) -> bool:
    """Whether both say the same; a harness that failed says nothing."""
    return original["passed"] == own["passed"] and not _unjudged(own)


def _unjudged(own: dict[str, Any]) -> bool:
    return str(own["said"]).startswith(("infrastructure", "None"))


def explained(original: dict[str, Any], own: dict[str, Any]) -> str:
    """Why the two differ, as `docs/evaluation.md` says at length; empty where nobody knows."""
    if _unjudged(own):
        return "not judged: the machine was too busy"
    if original["passed"] and "EarlyExit" in own["said"]:
        return "exits before its tests are done"
    if SET_TO_NONE in original["said"]:
        return "calls what the original has set to None"
    if _is_late(original, own):
        return "out of time on one side"
    return ""


def tell_why(study: Study, original: Judged, own: Judged, file: Path) -> None:
    """EvalPlus does not say why a program fails. What passes with spanwise alone, and with EvalPlus as soon as no
    function is set to None, fails for that reason."""
    different = [case for case, one, other in differing(study, original, own) if other["passed"] and not one["passed"]]
    unguarded = judged(study, different, "evalplus-unguarded", file)
    for case in different:
        if unguarded.verdicts[case.key]["passed"]:
            original.verdicts[case.key]["said"] += f": {SET_TO_NONE}"


def table(study: Study, original: Judged, own: Judged) -> Table:
    """Per row of the study: programs, verdicts that agree, and which way the others differ."""
    shown = Table(title=f"{study.name}: {study.original} and spanwise", box=box.MARKDOWN)
    for column in ("", "programs", "pass", "agree", "differ", "of these explained", "agreement outside of these"):
        shown.add_column(column, justify="right" if column else "left")
    rows: dict[str, Counter[str]] = {}
    for case in study.cases:
        one, other = original.verdicts[case.key], own.verdicts[case.key]
        agree = agreeing(one, other)
        counts = rows.setdefault(case.group, Counter())
        counts["programs"] += 1
        counts["pass"] += one["passed"] and other["passed"]
        counts["agree"] += agree
        counts["explained"] += not agree and bool(explained(one, other))
    if len(rows) > 1:
        rows["all"] = sum(rows.values(), Counter())
    for group, counts in rows.items():
        total, same, known = counts["programs"], counts["agree"], counts["explained"]
        numbers = (total, counts["pass"], same, total - same, known)
        shown.add_row(group, *(f"{number:,}" for number in numbers), f"{same / (total - known):.2%}")
    return shown


def classes(different: Sequence[tuple[Case, dict[str, Any], dict[str, Any]]]) -> Table:
    """Why the two differ: how many programs of each reason, which way, and one of them."""
    shown = Table(title="where the two differ", box=box.MARKDOWN)
    for column in ("why", "original passes alone", "spanwise passes alone", "such as"):
        shown.add_column(column, justify="left" if column in ("why", "such as") else "right")
    found: dict[str, list[tuple[Case, bool]]] = {}
    for case, one, other in different:
        found.setdefault(explained(one, other) or "not explained", []).append((case, one["passed"]))
    for why, cases in found.items():
        theirs = sum(passed for _, passed in cases)
        shown.add_row(why, str(theirs), str(len(cases) - theirs), cases[0][0].key)
    return shown


def differing(study: Study, original: Judged, own: Judged) -> list[tuple[Case, dict[str, Any], dict[str, Any]]]:
    """The cases on which the two do not agree, with what each said."""
    pairs = ((case, original.verdicts[case.key], own.verdicts[case.key]) for case in study.cases)
    return [(case, one, other) for case, one, other in pairs if not agreeing(one, other)]


def costs(study: Study, original: Judged, own: Judged, comparable: Sequence[Case], alone: Judged) -> Table:
    """CPU seconds of either side: of all programs, and of comparable ones, which spanwise has judged `alone`."""
    shown = Table(title=f"{study.name}: CPU seconds, one program at a time", box=box.MARKDOWN)
    for column in ("", "programs", study.original, "ms each", "spanwise", "ms each", "times"):
        shown.add_column(column, justify="right" if column else "left")
    for name, cases, ours in (("all", study.cases, own), ("comparable, each once", comparable, alone)):
        theirs, each = sum(original.verdicts[case.key]["cpu_s"] for case in cases), 1000 / len(cases)
        cells = (f"{theirs:.1f}", f"{theirs * each:.2f}", f"{ours.cpu_s:.1f}", f"{ours.cpu_s * each:.2f}")
        shown.add_row(name, f"{len(cases):,}", *cells, f"{theirs / ours.cpu_s:.1f}")
    return shown


def spent(study: Study, kinds: Mapping[str, str], own: Judged) -> Table:
    """Where the CPU seconds of spanwise go: which kinds of programs use them, and what is left for the harness."""
    found: dict[str, list[float]] = {}
    for case in unique(study.cases):
        found.setdefault(kinds[case.key], []).append(own.verdicts[case.key]["program_cpu_s"])
    rest_s = own.cpu_s - sum(map(sum, found.values()))
    shown = Table(title=f"{study.name}: CPU seconds of spanwise", box=box.MARKDOWN)
    for column in ("", "programs", "CPU s", "ms each"):
        shown.add_column(column, justify="right" if column else "left")
    for name, seconds in sorted(found.items()):
        shown.add_row(name, f"{len(seconds):,}", f"{sum(seconds):.1f}", f"{1000 * sum(seconds) / len(seconds):.2f}")
    count = sum(map(len, found.values()))
    shown.add_row("the harness, and attempts in vain", f"{count:,}", f"{rest_s:.1f}", f"{1000 * rest_s / count:.2f}")
    return shown


def _kind(original: dict[str, Any], own: dict[str, Any]) -> str:
    if _unjudged(own):
        return "not judged"
    if _is_late(original, own):
        return "out of time"
    return "comparable" if SET_TO_NONE not in original["said"] else "cut short by the original"


def _is_late(original: dict[str, Any], own: dict[str, Any]) -> bool:
    return str(original["said"]) == "timed out" or str(own["said"]).startswith("timeout")


def studies(names: Sequence[str], data: Path, peers: Path, *, sample: int, seed: int, count: int) -> Iterator[Study]:
    """The comparisons that were asked for, with their cases."""
    folder, place = {"peers": peers}, "/tmp/peers"
    python: dict[str, tuple[str, Callable[[Path, float], Iterator[Case]]]] = {
        "human-eval": ("human-eval", humaneval_samples),
        "evalplus": ("evalplus", evalplus_samples),
        "mbpp": ("human-eval", mbpp_programs),
    }
    for name in names:
        if name in python:
            original, made = python[name]
            cases = list(made(data, TIMEOUT_S))
            if sample and sample < len(cases):
                cases = random.Random(seed).sample(cases, sample)
            yield Study(name, original, interleaved(cases), folder, place)
        else:
            chosen = [language for language in WITH_ANSWERS if doctor.tools(language).version]
            print("not here:", ", ".join(set(WITH_ANSWERS) - set(chosen)) or "none", file=sys.stderr)
            cases = [case for language in chosen for case in multipl_e_programs(language, data, count)]
            yield Study(name, name, cases, folder, f"{place}/MultiPL-E/evaluation/src")


NAMES = ("human-eval", "mbpp", "evalplus", "multipl-e")


def main(
    names: Annotated[list[str], typer.Argument(help=f"Comparisons: {', '.join(NAMES)}.", metavar="NAME...")],
    data: Annotated[Path, typer.Option(help="Folder with humaneval/, mbpp/, multipl-e/ and reranker/.")],
    peers: Annotated[Path, typer.Option(help="Folder of the originals; MultiPL-E in MultiPL-E/.")],
    out: Annotated[Path, typer.Option(help="Folder where verdicts are kept.")],
    sample: Annotated[int, typer.Option(help="That many cases, chosen by --seed; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the choice.")] = 0,
    count: Annotated[int, typer.Option(help="MultiPL-E: programs per language whose compiler is quick.")] = 96,
    show: Annotated[bool, typer.Option("--list", help="Show each disagreement.")] = False,
) -> None:
    """Prints tables."""
    if unknown := set(names) - set(NAMES):
        sys.exit(f"unknown comparison {min(unknown)!r}; known are {', '.join(NAMES)}")
    out.mkdir(parents=True, exist_ok=True)
    console = Console(width=120)  # tables that can be pasted into the docs
    for study in studies(names, data, peers, sample=sample, seed=seed, count=count):
        original = judged(study, study.cases, study.original, out / f"{study.name}.{study.original}.jsonl")
        own = judged(study, study.cases, "spanwise", out / f"{study.name}.spanwise.jsonl")
        if study.name == "evalplus":
            tell_why(study, original, own, out / "evalplus-unguarded.jsonl")
        console.print(table(study, original, own))
        if different := differing(study, original, own):
            console.print(classes(different))
        if study.name == "human-eval":
            kinds = {case.key: _kind(original.verdicts[case.key], own.verdicts[case.key]) for case in study.cases}
            comparable = [case for case in unique(study.cases) if kinds[case.key] == "comparable"]
            alone = judged(study, comparable, "spanwise", out / "comparable.spanwise.jsonl")
            console.print(costs(study, original, own, comparable, alone), spent(study, kinds, own), sep="\n")
        if show:
            for case, one, other in different:
                console.print(case.key, case.kind, one["said"][-200:], other["said"][:200], sep=" | ", markup=False)


if __name__ == "__main__":
    typer.run(main)
