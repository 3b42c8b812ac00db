"""Ten thousand hostile and honest programs: every verdict right, nothing left over, nothing that grows.

    python benchmarks/soak.py --candidates 10000 --plot docs/soak.svg

5% hang, 5% are fork bombs, 5% flood their output, 5% exhaust their memory; every bomb carries a bound of its own. The
rest is right or wrong in a way that is known beforehand. No two programs are the same, so that no verdict is
remembered.

They run in rounds. Between two rounds, when nothing runs, processes, memory, open files and temporary files are
counted; the last counts are held against those after the first tenth. Exit status 1 where a verdict is wrong or
something grows. Processes that outlive their parents are adopted by this script (Linux only), so that none is lost
sight of.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer
from demo import adopt, reap
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from analyzers.runtime import Limits
from analyzers.runtime.pool import Pool
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.confine import FIRST_UID
from analyzers.runtime.tests import Asserts, Exchange, Stdio, Tests
from analyzers.types import Outcome, Report, Source

MIB = 1024 * 1024
ROUNDS = 40
HANGS = Limits(timeout_s=0.5)
PATIENT = Limits(timeout_s=20.0)
"""For programs that end by themselves: a loaded machine must not make time-outs of them."""
SLACK_MIB = 24.0
"""What memory may grow by over the whole run: allocators keep some."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program whose verdict is known."""

    kind: str
    program: str
    tests: Tests
    limits: Limits
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Sample:
    """Counts at rest: of this process, and of the judges and fork servers below it."""

    done: int
    seconds: float
    processes: int
    own_mib: float
    servers_mib: float
    own_files: int
    servers_files: int
    temporary: int
    """Files and folders in the folders of the fork servers, and shared memory of their programs."""


HANGING = (
    "def f(x):\n    while True: pass",
    "import time\ndef f(x): time.sleep(600)",
    "import os, signal\ndef f(x):\n    os.kill(os.getpid(), signal.SIGSTOP)",
    "import signal\nfor n in range(1, 30):\n    if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\n"
    "def f(x):\n    while True: pass",
    "import threading\nlock = threading.Lock()\ndef f(x):\n    lock.acquire()\n    lock.acquire()",
)
BOMBS = (
    # every child forks on, three generations of at most 12; what cannot fork any more waits to be ended
    """import os, time
def bomb(generations):
    try:
        for _ in range(12):
            if not os.fork():
                if generations: bomb(generations - 1)
                time.sleep(120)
                os._exit(0)
    except OSError:
        pass
    if generations < 2: time.sleep(120)
def f(x):
    bomb(2)
    return {right}""",
    # away from parent, group and session
    """import os, time
def f(x):
    for _ in range(10):
        if not os.fork():
            os.setsid()
            if not os.fork():
                time.sleep(120)
            os._exit(0)
        os.wait()
    return {right}""",
    """import threading, time
def f(x):
    try:
        for _ in range(500): threading.Thread(target=time.sleep, args=(120,), daemon=True).start()
    except RuntimeError:
        pass
    return {right}""",
)
FLOODS = (
    "def f(x):\n    for _ in range(10 ** 6): print('x' * 10000)",
    "import sys\ndef f(x):\n    for _ in range(10 ** 6):\n        print('x' * 10000, file=sys.stderr, flush=True)",
    "import os\ndef f(x):\n    for _ in range(10 ** 4): os.write(1, b'x' * 100000)",
)
HOARDS = (
    "def f(x):\n    return len(bytearray(10 ** 10))",
    "def f(x):\n    kept = []\n    for _ in range(10 ** 4): kept.append(bytes(1 << 24))",
    "def f(x):\n    return len('a' * 10 ** 9 + 'b' * 10 ** 9)",
)
HONEST: tuple[tuple[str, str, Outcome], ...] = (
    ("right", "def f(x): return {right}", Outcome.PASS),
    (
        "right",
        "class Adder:\n    def __init__(self, by): self.by = by\ndef f(x): return Adder({n}).by + x",
        Outcome.PASS,
    ),
    (
        "right",
        "def f(x):\n    open('note', 'w').write('x' * 1000)\n    print('x' * 10000)\n    return {right}",
        Outcome.PASS,
    ),
    ("wrong", "def f(x): return {right} + 1", Outcome.FAILURE),
    ("wrong", "def f(x): return str({right})", Outcome.FAILURE),
    ("raises", "def f(x): return {right} + undefined", Outcome.ERROR),
    ("crashes", "import os\ndef f(x): os.abort()", Outcome.ERROR),
    ("leaves", "import sys\ndef f(x): sys.exit(0)", Outcome.ERROR),
    ("no program", "def f(x) return {right}", Outcome.SYNTAX_ERROR),
)


def candidates(count: int, seed: int) -> list[Candidate]:
    """So many programs, in an order of their own."""
    found = [hostile(number) if number % 5 == 0 else honest(number) for number in range(count)]
    random.Random(seed).shuffle(found)
    return found


def hostile(number: int) -> Candidate:
    """One of the four kinds, in turn."""
    kind = number // 5 % 4
    programs, outcome, limits = (
        (HANGING, Outcome.TIMEOUT, HANGS),
        (BOMBS, Outcome.PASS, PATIENT),
        (FLOODS, Outcome.ERROR, PATIENT),
        (HOARDS, Outcome.ERROR, PATIENT),
    )[kind]
    name = ("hangs", "fork bomb", "floods", "hoards memory")[kind]
    return asked(name, programs[number // 20 % len(programs)], number, limits, outcome)


def honest(number: int) -> Candidate:
    """Right or wrong, asked by assertions or by standard input, in turn."""
    if number % 7 == 0:
        right = number % 2 == 0
        program = f"print(int(input()) + {number if right else number + 1})"
        outcome = Outcome.PASS if right else Outcome.FAILURE
        exchanges = tuple(Exchange(f"{x}\n", f"{x + number}\n") for x in (1, 2))
        return Candidate("stdin, " + ("right" if right else "wrong"), program, Stdio(exchanges), PATIENT, outcome)
    kind, program, outcome = HONEST[number % len(HONEST)]
    return asked(kind, program, number, PATIENT, outcome)


def asked(kind: str, program: str, number: int, limits: Limits, outcome: Outcome) -> Candidate:
    """A program that has to add `number`, and says its number so that it is unlike all others."""
    text = f"# {number}\n" + program.replace("{right}", f"x + {number}").replace("{n}", str(number))
    return Candidate(kind, text, Asserts((f"assert f(3) == {number + 3}",)), limits, outcome)


def sample(done: int, begin: float) -> Sample:
    """Counts now."""
    own = psutil.Process()
    servers = own.children(recursive=True)
    memory, files = 0, 0
    for server in servers:
        try:
            memory += server.memory_info().rss
            files += server.num_fds()
        except psutil.Error:
            continue
    return Sample(
        done=done,
        seconds=time.monotonic() - begin,
        processes=len(servers),
        own_mib=own.memory_info().rss / MIB,
        servers_mib=memory / MIB,
        own_files=own.num_fds(),
        servers_files=files,
        temporary=sum(1 for folder in folders(servers) for _ in folder.rglob("*")) + shared_memory(),
    )


def folders(servers: Sequence[psutil.Process]) -> list[Path]:
    """Where the programs of these processes write: others may be at work on the machine."""
    found = []
    for server in servers:
        found += Path("/tmp").glob(f"spanwise-{server.pid}-*")
        inside = Path(f"/proc/{server.pid}/cwd")  # of the strict tier, whose folder no other process sees
        if (inside / "open" / "work").is_dir():
            found.append(inside)
    return found


def shared_memory() -> int:
    """Objects that programs with an id of their own have left."""
    return sum(1 for each in Path("/dev/shm").iterdir() if each.lstat().st_uid >= FIRST_UID)


def settle(done: int, begin: float) -> Sample:
    """Counts when what was ended a moment ago is gone."""
    found = sample(done, begin)
    for _ in range(20):
        time.sleep(0.1)
        again = sample(done, begin)
        if again.processes == found.processes and again.servers_files == found.servers_files:
            return again
        found = again
    return found


def run(
    todo: Sequence[Candidate], pool: Pool, report: Callable[[int], None]
) -> tuple[list[Sample], list[str], Counter[str]]:
    """Runs them in rounds: counts at rest, what went wrong, and how many of each kind were right."""
    samples: list[Sample] = []
    wrong: list[str] = []
    right: Counter[str] = Counter()
    begin = time.monotonic()
    size = max(1, len(todo) // ROUNDS)
    for start in range(0, len(todo), size):
        futures: list[tuple[Candidate, Future[Report]]] = [
            (each, pool.submit(Source(each.program), each.tests, each.limits)) for each in todo[start : start + size]
        ]
        for each, future in futures:
            verdict = future.result().verdict
            if verdict is not None and verdict.outcome is each.outcome:
                right[each.kind] += 1
            else:
                wrong.append(f"{each.kind}: expected {each.outcome}, got {verdict}\n{each.program}")
            report(1)
        del futures
        samples.append(settle(min(start + size, len(todo)), begin))
    return samples, wrong, right


def growth(samples: Sequence[Sample]) -> list[str]:
    """What is more at the end than after the first tenth."""
    early, late = samples[: max(1, len(samples) // 10)], samples[-max(1, len(samples) // 10) :]
    found = []
    for name in ("processes", "own_files", "servers_files", "temporary", "own_mib", "servers_mib"):
        # At rest numbers are the same, but for the moment in which a judge is replaced; memory has its slack.
        before, after = (max(getattr(each, name) for each in early), min(getattr(each, name) for each in late))
        slack = SLACK_MIB if name.endswith("mib") else 0
        if after > before + slack:
            found.append(f"{name} grew from {before:.0f} to {after:.0f}")
    return found


def plot(samples: Sequence[Sample], path: Path, title: str) -> None:
    """The curves, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    panels = (
        ("processes", {"processes": "judges and fork servers"}),
        ("memory, MiB", {"own_mib": "caller", "servers_mib": "judges and fork servers"}),
        ("open files", {"own_files": "caller", "servers_files": "judges and fork servers"}),
        ("temporary files", {"temporary": "files and folders"}),
    )
    with matplotlib.rc_context({"svg.hashsalt": "spanwise", "font.size": 9}):
        figure, axes = pyplot.subplots(2, 2, figsize=(9, 5), layout="constrained", sharex=True)
        for axis, (heading, curves) in zip(axes.flat, panels, strict=True):
            for name, label in curves.items():
                axis.plot([each.done for each in samples], [getattr(each, name) for each in samples], label=label)
            axis.set_title(heading, loc="left")
            axis.set_ylim(0, 1.3 * max(getattr(each, name) for each in samples for name in curves))
            axis.grid(alpha=0.3)
            axis.legend(frameon=False)
        for axis in axes[-1]:
            axis.set_xlabel("candidates")
        figure.suptitle(title)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def show(samples: Sequence[Sample], todo: Sequence[Candidate], right: Counter[str], title: str) -> None:
    """Both tables."""
    console = Console()
    kinds = Table(title=title)
    for column in ("candidates", "expected", "number", "right"):
        kinds.add_column(column, justify="left" if column in ("candidates", "expected") else "right")
    expected = {each.kind: each.outcome for each in todo}
    for kind, number in sorted(Counter(each.kind for each in todo).items()):
        kinds.add_row(kind, str(expected[kind]), str(number), str(right[kind]))
    console.print(kinds)
    curves = Table(title="At rest between the rounds")
    for name in asdict(samples[0]):
        curves.add_column(name.replace("_", " "), justify="right")
    for each in samples[:: max(1, len(samples) // 10)]:
        curves.add_row(*(f"{value:.0f}" for value in asdict(each).values()))
    console.print(curves)


def main(
    count: Annotated[int, typer.Option("--candidates", min=ROUNDS)] = 10_000,
    workers: Annotated[int | None, typer.Option(min=1)] = None,
    isolation: Annotated[str, typer.Option(help="Weakest tier: strict, standard, weak, none.")] = "standard",
    seed: int = 0,
    path: Annotated[Path | None, typer.Option("--plot", help="Write the curves to this SVG file.")] = None,
) -> None:
    """Prints both tables; exit status 1 where a verdict is wrong or something grows."""
    adopt()
    tier = tiers.choose(tiers.parse(isolation))
    todo = candidates(count, seed)
    pool = Pool(workers, tier=tier)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("candidates", total=count)
        try:
            samples, wrong, right = run(todo, pool, lambda number: progress.advance(bar, number))
        finally:
            pool.close()
            reap()
    left = psutil.Process().children(recursive=True)
    title = f"{count} candidates at tier {tier.name.lower()}: {samples[-1].seconds:.0f} s, {len(wrong)} wrong verdicts"
    show(samples, todo, right, title)
    if path is not None:
        plot(samples, path, title)
    complaints = [*wrong[:10], *growth(samples), *(f"still there: {process}" for process in left)]
    for complaint in complaints:
        print(complaint)
    raise typer.Exit(1 if complaints else 0)


if __name__ == "__main__":
    typer.run(main)
