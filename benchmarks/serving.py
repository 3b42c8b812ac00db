"""Scoring over HTTP against scoring in the own process, and a thousand connections at once.

    python benchmarks/serving.py

Programs are solutions of the embedded tasks, six tests each, scored with `runtime`, `pyflakes` and `syntax`; no
program is the same text twice, so nothing can be served from a cache. The service is a process of its own on this
machine's loopback; both sides have started their processes before the clock runs, and rounds alternate between them.
Medians are printed, and the median of how many times a round's rate is that of the round beside it; CPU times are those
of both sides and of all their processes.

Then every connection of many has one request under way at the same time. Every answer must carry the hash of its own
completion, its own score, and the index of none other.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import Annotated, Any

import psutil
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from rewards import Item, Scorer, from_jsonable
from rewards.client import Client
from rewards.serve.messages import content_hash, item_tree
from trainer.tasks import builtin

ANALYZERS = ("runtime", "pyflakes", "syntax")
GOAL = 0.8
TRIES = 20


def programs() -> Iterator[Item]:
    """Right programs with their tests, without end and never twice the same text."""
    tasks = builtin.tasks("train", count=200, seed=1)
    for number in count():
        task = tasks[number % len(tasks)]
        yield Item(f"{task.prompt}{task.reference}\n# {number}\n", tests=task.tests, task_id=f"{number}", raw=True)


@contextmanager
def service() -> Iterator[str]:
    """A service in a process of its own; its address."""
    command = [sys.executable, "-m", "rewards.serve", "--port", "0", "--analyzers", ",".join(ANALYZERS)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
        else:
            sys.exit(f"the service ended with {process.wait()}")
    finally:
        process.terminate()
        process.wait()


def checked(items: list[Item], scores: list[Any]) -> None:
    """Ends the script where a score is not that of its item, or a right program does not pass."""
    for item, score in zip(items, scores, strict=True):
        if score.completion != item.completion or score.task_id != item.task_id or score.outcome != "pass":
            sys.exit(f"item {item.task_id} got the score of {score.task_id}, {score.outcome}")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to."""

    per_s: float
    """Programs per second on the clock."""
    cpu_ms: float
    """CPU time for each program, over this process, the service and all of their processes."""


def others_cpu_s() -> float:
    """CPU seconds of all descendants of this process so far, those included that have ended."""
    own = psutil.Process()
    found = sum(own.cpu_times()[2:4])
    for process in own.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found += sum(process.cpu_times()[:4])
    return found


def timed(score_all: Callable[[list[list[Item]]], None], batches: list[list[Item]]) -> Round:
    """A round of one side."""
    programs, others = sum(map(len, batches)), others_cpu_s()
    begin, own = time.perf_counter(), time.process_time()  # looking at other processes is not what is measured
    score_all(batches)
    seconds, own = time.perf_counter() - begin, time.process_time() - own
    return Round(programs / seconds, (others_cpu_s() - others + own) / programs * 1000)


def in_turn(scorer: Scorer | Client, batches: list[list[Item]]) -> None:
    """Scores the batches one after the other."""
    for items in batches:
        checked(items, scorer.score_batch(items))


def at_once(url: str, clients: int, batches: list[list[Item]]) -> None:
    """Scores the batches with several clients, each of which sends its own one after the other."""

    def work(own: list[list[Item]]) -> None:
        with Client(url) as client:
            in_turn(client, own)

    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(work, [batches[number::clients] for number in range(clients)]))


async def ask(item: Item, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to one request."""
    reader, writer = streams
    body = json.dumps(item_tree(item)).encode()
    head = f"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(f"{head}\r\n\r\n".encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = re.search(r"content-length: (\d+)", head)
    assert length is not None
    return int(head.split()[1]), json.loads(await reader.readexactly(int(length[1])))


async def flood(url: str, items: list[Item]) -> tuple[Counter[str], float]:
    """One connection for each item, all of them open before the first request; what came of them, and seconds."""
    seen: Counter[str] = Counter()
    opened = [await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2])) for _ in items]

    async def one(item: Item, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        try:
            for _ in range(TRIES):
                status, found = await ask(item, streams)
                if status != 429:
                    break
                seen["told to come back"] += 1
                await asyncio.sleep(1)
            score = from_jsonable(found["score"])
            own = found["hash"] == content_hash(item.completion) and score.completion == item.completion
            seen["answered" if own and score.task_id == item.task_id else "mixed up"] += 1
            seen["passed"] += score.outcome == "pass"
        except (OSError, EOFError, KeyError, ValueError) as error:
            seen["lost"] += 1
            print(f"lost: {error!r}", file=sys.stderr)

    begin = time.perf_counter()
    await asyncio.gather(*(one(item, streams) for item, streams in zip(items, opened, strict=True)))
    seconds = time.perf_counter() - begin
    for _, writer in opened:
        writer.close()
    return seen, seconds


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each side.")] = 12,
    batch: Annotated[int, typer.Option(min=1, help="Programs of a batch.")] = 64,
    batches: Annotated[int, typer.Option(min=1, help="Batches of a round.")] = 4,
    connections: Annotated[int, typer.Option(min=0, help="Connections at once.")] = 1000,
) -> None:
    """Prints the tables."""
    source = programs()

    def drawn() -> list[list[Item]]:
        return [list(islice(source, batch)) for _ in range(batches)]

    with service() as url, Client(url) as client, Scorer(ANALYZERS) as scorer:
        sides: dict[str, Callable[[list[list[Item]]], None]] = {
            "in process": partial(in_turn, scorer),
            "HTTP": partial(in_turn, client),
            "HTTP, 4 clients": partial(at_once, url, 4),
        }
        found: dict[str, list[Round]] = {name: [] for name in sides}
        for number in range(rounds + 1):
            for name, score_all in sides.items():
                one = timed(score_all, drawn())
                if number:  # the first round starts processes
                    found[name].append(one)
    console = Console(width=120)
    table = Table(title=f"batches of {batch}, {batches} a round, {rounds} rounds", box=box.MARKDOWN)
    for column in ("", "programs per s", "slowest", "fastest", f"rate (goal {GOAL:.0%})", "CPU ms each", "CPU"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    own = median(found["in process"])
    for name, of in found.items():
        each, rates = median(of), [one.per_s for one in of]
        shown = (each.per_s, min(rates), max(rates))
        pairs = zip(of, found["in process"], strict=True)
        share, cpu = statistics.median(one.per_s / beside.per_s for one, beside in pairs), each.cpu_ms / own.cpu_ms
        table.add_row(name, *(f"{rate:.0f}" for rate in shown), f"{share:.0%}", f"{each.cpu_ms:.2f}", f"{cpu:.0%}")
    console.print(table)
    if connections:
        console.print(flooded(list(islice(source, connections))))


def median(rounds: list[Round]) -> Round:
    """The medians of some rounds."""
    return Round(statistics.median(one.per_s for one in rounds), statistics.median(one.cpu_ms for one in rounds))


def flooded(items: list[Item]) -> Table:
    """The table of many connections at once."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    table = Table(title=f"{len(items)} connections, one request each at the same time", box=box.MARKDOWN)
    with service() as url:
        seen, seconds = asyncio.run(flood(url, items))
    columns = ("answered", "passed", "lost", "mixed up", "told to come back")
    for column in (*columns, "seconds", "per s"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_row(*(str(seen[column]) for column in columns), f"{seconds:.1f}", f"{len(items) / seconds:.0f}")
    return table


if __name__ == "__main__":
    typer.run(main)
