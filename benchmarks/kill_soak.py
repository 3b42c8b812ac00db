"""kill -9 at random moments of a run, `--resume` after each, and whether the run ends as if it had been let alone.

    python benchmarks/kill_soak.py
    python benchmarks/kill_soak.py --modes ppo,lora --kills 5 --seed 1
    python benchmarks/kill_soak.py --stop term

In every mode a run is done once undisturbed. Then the same run is killed, again and again: while it starts, samples,
waits for scores, learns, writes a checkpoint, or evaluates, after a random part of the time that this takes. Where a
run comes to its end in between, it is compared and another one is begun, until there were as many kills as asked for.
Compared are, bit for bit, the weights, the optimiser, the buffer and the random states of the last checkpoint, the
logged programs, the metrics but for timings, the evaluations and the best checkpoint. Processes that a killed run
leaves behind have to end by themselves.

`--stop` takes SIGTERM (`term`), Ctrl-C (`int`) or Ctrl-C twice (`int2`) instead, after which a run has to say where it
stopped and end with status 0, 130 and 130.

Every run is `python -m trainer.run` with its own arguments, in a process that this one forks after the imports, which
are most of the time of a run this small (Linux only). Exit status 1 where something differs or is left over.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIG_BLOCK, SIGINT, SIGKILL, SIGTERM, pthread_sigmask
from typing import Annotated, Any, NoReturn

os.environ["OMP_NUM_THREADS"] = "1"  # threads do not survive a fork

import psutil
import torch
import transformers.models.llama.modeling_llama  # noqa: F401 - before the forks
import typer
from demo import adopt
from rich.console import Console
from rich.table import Table

from rewards.stream import Stream
from trainer import build, checkpoint, loop, run, session  # noqa: F401 - build: before the forks
from trainer.log import METRICS, SAMPLES, read
from trainer.run_folder import CONFIG, EVALUATIONS
from trainer.step import Learner

PHASES = ("start", "sampling", "scoring", "learning", "checkpoint", "evaluation")
MODES: Mapping[str, tuple[str, ...]] = {
    "on-policy": ("algorithm=dr_grpo",),
    "online buffer": (
        "algorithm=rltf", "buffer.capacity=48", "buffer.warmup=24", "buffer.refresh=2", "buffer.staleness='unlimited'",
        "buffer.batch=12",
    ),
    "offline pool": ("buffer.refresh='never'", "buffer.warmup=32", "buffer.staleness='unlimited'", "buffer.batch=12"),
    "ppo": ("algorithm=ppo",),
    "lora": ("model.lora_rank=4", "objective.kl_weight=0.1"),
    "curriculum": ("curriculum.sampling='learnability'", "curriculum.solved=1", "curriculum.stages=3"),
    "dapo": ("algorithm=dapo",),
    "second process": (
        "generation.backend='process'", "generation.sync_every=2", "generation.ahead=true", "buffer.batch=16",
        "buffer.staleness='unlimited'",
    ),
}  # fmt: skip
COMMON = (
    "run.name='r'", "run.steps=6", "run.save_every=2", "rollout.tasks=4", "rollout.samples=4",
    "rollout.max_new_tokens=48", "reward.workers=1", "reward.timeout_s=20.0", "reward.analyzers=['runtime','pyflakes']",
    "tasks.limit=12", "evaluation.tasks=4", "evaluation.samples=1", "evaluation.every=3",
)  # fmt: skip
STOPS = {"kill": (SIGKILL, 1, -9), "term": (SIGTERM, 1, 0), "int": (SIGINT, 1, 130), "int2": (SIGINT, 2, 130)}
"""Signal, how often it is sent, and the exit status that must follow."""
TIMED = re.compile(r"^(seconds|memory)|_s$")
"""Keys of what a clock or the machine says."""
LEFT_OVER_S = 60.0
"""What processes of a killed run may take to notice it: one that is still importing does so first."""
POLL_S = 0.001


class Marks:
    """What a forked run is doing, in memory that outlives it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)

    def set(self, phase: int) -> None:
        """Begins a phase."""
        self._memory[0] = phase
        self._memory[1 + phase] = (self._memory[1 + phase] + 1) % 256

    def reset(self) -> None:
        """As before a run."""
        self._memory[:] = bytes(16)

    @property
    def phase(self) -> int:
        """The phase of this moment."""
        return int(self._memory[0])

    def begun(self, phase: int) -> int:
        """How often a phase has begun."""
        return int(self._memory[1 + phase])

    def around(self, owner: Any, name: str, phase: int, *, stay: bool = False) -> None:
        """Marks every call of a function; `stay` until the call around it ends."""
        original: Callable[..., Any] = getattr(owner, name)

        def marked(*arguments: Any, **more: Any) -> Any:
            before = self.phase
            self.set(phase)
            try:
                return original(*arguments, **more)
            finally:
                if not stay:
                    self._memory[0] = before

        setattr(owner, name, marked)


@dataclass
class Result:
    """What came of a mode."""

    mode: str
    kills: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    differences: list[str] = field(default_factory=list)
    left_over: int = 0
    cpu_s: float = 0.0


@dataclass
class Soak:
    """One mode in a folder of its own."""

    mode: str
    folder: Path
    marks: Marks
    random: random.Random
    lengths: dict[int, float] = field(default_factory=dict)
    """Mean seconds of the phases, as the undisturbed run had them."""
    stop: str = "kill"
    """How runs are stopped, a key of `STOPS`."""
    hit: int = 0
    """The phase in which the last one was stopped."""

    def whole(self) -> Path:
        """The undisturbed run, by which the phases are measured."""
        seconds, begun = Counter[int](), Counter[int]()
        pid = self._start("whole")
        last = time.monotonic()
        while not _ended(pid):
            now, phase = time.monotonic(), self.marks.phase
            seconds[phase] += now - last  # type: ignore[assignment]
            last = now
            time.sleep(POLL_S)
        self._check(pid, "whole")
        begun.update({phase: max(1, self.marks.begun(phase)) for phase in range(len(PHASES))})
        self.lengths = {phase: seconds[phase] / begun[phase] for phase in range(len(PHASES))}
        return self.folder / "whole" / "r"

    def killed(self, kills: int, whole: Path) -> Result:
        """Runs that are killed, until there were `kills` of it, each compared with the undisturbed one at its end."""
        result = Result(self.mode)
        plan = [phase for _ in range(kills) for phase in range(len(PHASES))][:kills]
        self.random.shuffle(plan)
        while True:
            wanted = plan[-1] if plan else None
            pid = self._start("killed")
            if self._kill(pid, wanted):
                result.kills[PHASES[self.hit]] += 1
                plan.pop()
                result.differences += self._unexpected(pid)
                result.left_over += left_over()
                continue
            self._check(pid, "killed")
            result.finished += 1
            result.differences += differences(whole, self.folder / "killed" / "r")
            shutil.rmtree(self.folder / "killed")
            if wanted is None:
                return result

    def _start(self, out: str) -> int:
        """Forks a run: a new one, or one that goes on where there is something to go on with."""
        place = self.folder / out
        arguments = ["--out", str(place)]
        if (place / "r" / CONFIG).is_file():
            arguments += ["--resume", "r"]
        else:
            shutil.rmtree(place, ignore_errors=True)
            arguments += _arguments(self.mode)
        self.marks.reset()
        if pid := os.fork():
            return pid
        _become(arguments, self.folder / f"{out}.log", self.marks)

    def _kill(self, pid: int, wanted: int | None) -> bool:
        """Kills the process in a phase, and not always the first of its kind; False where it ended before."""
        nth, part = self.random.choice((1, 1, 2)), self.random.random()
        while not _ended(pid):
            if wanted is not None and (wanted == 0 or (self.marks.begun(wanted) >= nth and self.marks.phase == wanted)):
                time.sleep(part * self.lengths[wanted])
                if _ended(pid):
                    break
                self.hit, (number, times, _) = self.marks.phase, STOPS[self.stop]
                for _ in range(times):
                    (os.kill if number != SIGINT else os.killpg)(pid, number)  # a terminal tells the whole group
                    time.sleep(0.02 * part)
                return True
            time.sleep(POLL_S)
        return False

    def _unexpected(self, pid: int) -> list[str]:
        """What a stopped run did not do as it should."""
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        number, _, expected = STOPS[self.stop]
        if self.hit == 0 and number != SIGKILL:  # nothing has begun
            return []
        said = (self.folder / "killed.log").read_text(encoding="utf-8", errors="replace")
        if status not in (expected, 0) or (number != SIGKILL and "Traceback" in said):
            return [f"exit status {status} in phase {PHASES[self.hit]}: {said[-2000:]}"]
        return []

    def _check(self, pid: int, name: str) -> None:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status:
            said = (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]
            sys.exit(f"{self.mode}: a run ended with exit status {status}:\n{said}")


def _arguments(mode: str) -> list[str]:
    """Of a new run."""
    words = []
    for setting in (*COMMON, *MODES[mode]):
        key, _, value = setting.partition("=")
        words += ["--set", setting] if "." in key else [f"--{key}", value]
    return words


def _become(arguments: list[str], log: Path, marks: Marks) -> NoReturn:
    """What a forked process does: the run, and nothing of this script."""
    status: Any = 1
    try:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(output, stream)
        marks.around(loop, "collect", 1)
        marks.around(Stream, "end", 2, stay=True)
        marks.around(Learner, "step", 3)
        marks.around(checkpoint, "save", 4)
        marks.around(session, "evaluate", 5)
        run.main(arguments)
    except SystemExit as done:
        status = done.code
    finally:
        pthread_sigmask(SIG_BLOCK, {SIGINT, SIGTERM})  # a late one would let this process tidy up the other's folder
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def _ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def left_over() -> int:
    """Processes below this one that do not end by themselves; then they are ended."""
    deadline = time.monotonic() + LEFT_OVER_S
    while (found := _descendants()) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in found:
        with suppress(psutil.Error):
            process.kill()
    return len(found)


def _descendants() -> list[psutil.Process]:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return psutil.Process().children(recursive=True)


def differences(expected: Path, found: Path) -> list[str]:
    """What two folders of finished runs do not have in common, but for timings; one phrase each."""
    said = []
    for name, parsed in ((METRICS, _records), (SAMPLES, _records), (EVALUATIONS, _json)):
        ours, theirs = (untimed(parsed(folder / name)) for folder in (expected, found))
        said += [f"{name}: {path}" for path in unlike(ours, theirs)]
    places = [folder / session.CHECKPOINTS for folder in (expected, found)]
    last = [checkpoint.latest(place) for place in places]
    if None in last or last[0].name != last[1].name:  # type: ignore[union-attr]
        return [*said, f"last checkpoints: {last}"]
    bests = [os.readlink(place / checkpoint.BEST) if (place / checkpoint.BEST).exists() else None for place in places]
    if bests[0] != bests[1]:
        said.append(f"best checkpoints: {bests}")
    states = [checkpoint.load(place) for place in last if place is not None]
    said += [f"{checkpoint.STATE}: {path}" for path in unlike(*states)]
    weights = [_weights(place / checkpoint.MODEL) for place in last if place is not None]
    said += [f"weights: {path}" for path in unlike(*weights)]
    return said


def _records(path: Path) -> Any:
    return list(read(path))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def untimed(value: Any) -> Any:
    """Without what a clock says."""
    if isinstance(value, Mapping):
        return {key: untimed(item) for key, item in value.items() if not TIMED.search(str(key))}
    return [untimed(item) for item in value] if isinstance(value, list) else value


def unlike(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Paths of what differs between two trees of plain values and tensors, to the bit."""
    if isinstance(ours, torch.Tensor) and isinstance(theirs, torch.Tensor):
        same = ours.dtype == theirs.dtype and torch.equal(_bits(ours), _bits(theirs))
        return [] if same else [path]
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping) and ours.keys() == theirs.keys():
        return [found for key in ours for found in unlike(ours[key], theirs[key], f"{path}/{key}")]
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [found for index, pair in pairs for found in unlike(*pair, f"{path}/{index}")]
    return [] if type(ours) is type(theirs) and ours == theirs else [path]


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """Bytes: NaN is like itself, and 0 is not like -0."""
    return tensor.contiguous().reshape(-1).view(torch.uint8) if tensor.numel() else torch.tensor(tensor.shape)


def _weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return {path.name: load_file(path) for path in sorted(folder.glob("*.safetensors"))}


def table(results: list[Result], stop: str) -> Table:
    shown = Table(title=f"{stop} and --resume")
    for column in ("mode", "stops", *PHASES, "runs", "left over", "CPU s", "as undisturbed"):
        shown.add_column(column, justify="left" if column == "mode" else "right")
    for each in results:
        counts = [each.kills.total(), *(each.kills[phase] for phase in PHASES), each.finished, each.left_over]
        same = "bit for bit" if not each.differences else f"{len(each.differences)} differences"
        shown.add_row(each.mode, *map(str, counts), f"{each.cpu_s:.0f}", same)
    return shown


def markdown(results: list[Result]) -> str:
    """The table as it stands in docs/performance.md."""
    columns = ("mode", "stops", *PHASES, "runs", "left over", "as undisturbed")
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for each in results:
        counts = [each.kills.total(), *(each.kills[phase] for phase in PHASES), each.finished, each.left_over]
        same = "bit for bit" if not each.differences else "no"
        lines.append("| " + " | ".join([each.mode, *map(str, counts), same]) + " |")
    return "\n".join(lines)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(
    modes: Annotated[str, typer.Option(help=f"Separated by commas, of: {', '.join(MODES)}.")] = ",".join(MODES),
    kills: Annotated[int, typer.Option(help="In each mode.")] = 20,
    stop: Annotated[str, typer.Option(help=f"One of: {', '.join(STOPS)}.")] = "kill",
    seed: Annotated[int, typer.Option(help="Of the moments.")] = 0,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the table once more, for docs.")] = False,
) -> None:
    console = Console(width=None if sys.stdout.isatty() else 140)
    adopt()
    results = []
    with tempfile.TemporaryDirectory() as place:
        for mode in modes.split(","):
            begin = _cpu_s()
            folder = Path(place) / mode.replace(" ", "-")
            folder.mkdir()
            soak = Soak(mode, folder, Marks(), random.Random(f"{seed} {mode}"), stop=stop)
            with console.status(f"{mode}: undisturbed") as status:
                whole = soak.whole()
                status.update(f"{mode}: {kills} kills")
                result = soak.killed(kills, whole)
            result.cpu_s = _cpu_s() - begin
            results.append(result)
            console.print(f"{mode}: {kills} stops, {result.finished} runs, {result.cpu_s:.0f} CPU s")
            for line in result.differences:
                console.print(f"  {line}", style="red")
    console.print(table(results, stop))
    if as_markdown:
        print(markdown(results))
    raise typer.Exit(any(each.differences or each.left_over for each in results))


if __name__ == "__main__":
    typer.run(main)
