"""A generator behind an OpenAI-compatible API: vLLM, SGLang, llama.cpp, `transformers serve`, or a service.

What a server can do is found out by asking, not configured: which requests it takes, whether it returns token ids and
log-probs, and of which distribution those are. Each time it gets new weights, a few of its tokens are compared with the
learner, so that a server that goes on with old weights, or another model, is noticed at once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from trainer.codec import Codec
from trainer.generation import GenerationFailed, OnDone, sync
from trainer.generation.assemble import assemble
from trainer.generation.dialects import CHATS, FORMS, UNKNOWN_HERE, Ask, Choice, Form, NotUnderstood, read
from trainer.generation.http import Http, Refused
from trainer.generation.sections import Server
from trainer.policy import Policy
from trainer.prompts import is_chat, opened, render, request, stops
from trainer.types import Rollout, Sampling, Task

T = TypeVar("T")
Kind = Literal["raw", "scaled"]
PROBE = "def solve(values):\n"
PROBES = 4
"""Completions that are compared with the learner."""
HOT = Sampling(temperature=2.0, max_new_tokens=16)
"""Where log-probs before and after the division by the temperature differ most."""
ATTEMPTS = 3
"""How often a completion that the server breaks off is asked for."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server is spoken to."""

    model: str
    form: Form
    stops: bool
    """Whether it is told stop strings: only a server that says which of them ended a completion, or shows it."""
    kind: Kind | None = None
    """Of which distribution its log-probs are: the model's, or that at the temperature and nucleus of sampling."""


class Remote:
    """A back end; see `trainer.generation.Backend`."""

    def __init__(
        self,
        codec: Codec,
        settings: Server,
        *,
        folder: Path,
        learns: bool = True,
        trailing: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`folder` is where weights are put for the server. With `learns` its log-probs matter; `trailing` says that
        its weights may be older than the learner's when a rollout comes, which then cannot work them out. `say` tells
        people once what the server cannot do."""
        self.tokenizer = codec.tokenizer
        self.token_bytes = codec.token_bytes
        self._codec = codec
        self._settings = settings
        self._folder = folder.resolve()
        self._learns = learns
        self._trailing = trailing
        self._say = say
        self._said: set[str] = set()
        self._policy: Policy | None = None
        self._manner: Manner | None = None
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def load(self, policy: Policy, step: int) -> None:
        """See `trainer.generation.Backend`. The server's tokens are compared with those of `policy`."""
        self._policy = policy
        if self._settings.sync != "none":
            try:
                sync.write(policy, self._folder)
            except OSError as error:
                raise GenerationFailed(f"the weights for the server cannot be written: {error}") from error
        self._run(lambda http: self._load(http, policy, step))

    def answer(
        self,
        tasks: Sequence[Task],
        *,
        samples: int,
        sampling: Sampling,
        seed: int,
        on_done: OnDone,
        step: int = 0,
    ) -> None:
        """See `trainer.generation.Generator`."""

        async def work(http: Http) -> None:
            manner = await self._greeted(http)
            asks = list(self._asks(tasks, manner, samples=samples, sampling=sampling, seed=(seed, step)))
            own = self._own_logprobs(manner, sampling)

            async def one(index: int) -> tuple[int, Choice]:
                return index, await self._choice(http, manner, asks[index])

            coming = [asyncio.create_task(one(index)) for index in range(len(asks))]
            try:
                for done in asyncio.as_completed(coming):
                    index, choice = await done
                    task = tasks[index // samples]
                    on_done(index, self._rollout(choice, asks[index], task, manner, own=own, step=step))
            finally:
                for each in coming:
                    each.cancel()

        self._run(work)

    def close(self) -> None:
        """Gives up what is under way; the server goes on."""
        if self._running is not None:
            loop, task = self._running
            with suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(task.cancel)

    def _run(self, work: Callable[[Http], Awaitable[T]]) -> T:
        async def main() -> T:
            task = asyncio.current_task()
            assert task is not None
            self._running = asyncio.get_running_loop(), task
            async with Http(self._settings) as http:
                return await work(http)

        try:
            return asyncio.run(main())
        except asyncio.CancelledError as error:
            raise GenerationFailed("the rollouts were given up") from error
        finally:
            self._running = None

    async def _load(self, http: Http, policy: Policy, step: int) -> None:
        if self._settings.sync != "none":
            await sync.tell(http, self._settings, self._folder, step)
        manner = await self._greeted(http)
        text = opened(PROBE, self.tokenizer) if manner.form.path == CHATS else PROBE
        ask = Ask(PROBE, tuple(self._codec.encode(text).tolist()), HOT, 0)
        choices = [await self._choice(http, manner, replace(ask, seed=seed)) for seed in range(PROBES)]
        if len({(choice.text, choice.ids) for choice in choices}) == 1:
            raise GenerationFailed(
                f"the server does not sample: it answers the same whatever the seed ({choices[0].text[:60]!r})"
            )
        rollouts = [assemble(choice, ask, self._codec) for choice in choices]
        self._manner = replace(manner, kind=self._compared([rollout for rollout, known in rollouts if known], policy))

    def _compared(self, rollouts: Sequence[Rollout], policy: Policy) -> Kind | None:
        """Which log-probs the server gives, judged by the learner's."""
        rollouts = [rollout for rollout in rollouts if len(rollout.completion_ids)]
        if not rollouts:
            return None
        theirs = np.concatenate([rollout.logprobs for rollout in rollouts])
        temperatures: dict[Kind, float] = {"raw": 1.0, "scaled": HOT.temperature}
        gaps: dict[Kind, float] = {}
        for kind, temperature in temperatures.items():
            sampling = replace(HOT, temperature=temperature)
            own = np.concatenate([policy.with_logprobs(rollout, sampling).logprobs for rollout in rollouts])
            gaps[kind] = float(np.abs(theirs - own).mean())
        kind = min(gaps, key=lambda each: gaps[each])
        if not gaps[kind] <= self._settings.tolerance:
            raise GenerationFailed(
                f"the server's log-probs are {gaps[kind]:.2g} nats off the learner's on average: it has another model, "
                f"or did not take the new weights (server.tolerance is {self._settings.tolerance:g})"
            )
        return kind

    async def _greeted(self, http: Http) -> Manner:
        """How to speak to the server; found out once."""
        if self._manner is not None:
            return self._manner
        model = self._settings.model or await self._only_model(http)
        text = PROBE
        refusal: Refused | None = None
        for form in self._forms():
            prompt = opened(text, self.tokenizer) if form.path == CHATS and is_chat(self.tokenizer) else text
            ask = Ask(text, tuple(self._codec.encode(prompt).tolist()), replace(HOT, max_new_tokens=2), 0)
            try:
                choice = await self._choice(http, Manner(model, form, stops=False), ask)
            except Refused as error:
                if error.status not in UNKNOWN_HERE:
                    raise
                # Of an API that is there it says more than that another one is not.
                refusal = error if refusal is None or error.status != 404 else refusal
                continue
            self._manner = Manner(model, form, stops=choice.tells_stops or form.shows_stops)
            if choice.ids is None:
                self._once(
                    "the server gives no token ids: completions are tokenised here, which need not be how they were "
                    "sampled"
                )
            return self._manner
        raise GenerationFailed(f"the server takes no request: {refusal}")

    def _forms(self) -> list[Form]:
        apis = ("completions", "chat") if self._settings.api == "auto" else (self._settings.api,)
        return [form for api in apis for form in FORMS[api]]

    async def _only_model(self, http: Http) -> str:
        if self._settings.sync == "transformers":
            return str(self._folder)
        try:
            answer = await http.call("GET", "/v1/models")
            names = [str(model["id"]) for model in answer["data"]]
        except (Refused, KeyError, TypeError) as error:
            raise GenerationFailed(
                f"the server does not say which models it has; set server.model ({error})"
            ) from error
        if len(names) != 1:
            raise GenerationFailed(f"set server.model to one of the models that the server has: {', '.join(names)}")
        return names[0]

    def _asks(
        self, tasks: Sequence[Task], manner: Manner, *, samples: int, sampling: Sampling, seed: tuple[int, int]
    ) -> Iterator[Ask]:
        """One request for each completion; equal random numbers only for equal (seed, task, sample)."""
        for task in tasks:
            chat = manner.form.path == CHATS
            text = request(task) if chat else render(task, self.tokenizer)
            seen = opened(text, self.tokenizer) if chat and is_chat(self.tokenizer) else text
            told = () if chat or not manner.stops else stops(task, self.tokenizer)
            ids = tuple(self._codec.encode(seen).tolist())
            for sample in range(samples):
                yield Ask(text, ids, sampling, _seed(*seed, task.id, sample), told)

    async def _choice(self, http: Http, manner: Manner, ask: Ask) -> Choice:
        body = {"model": manner.model, **manner.form.body(ask, self._codec), **self._settings.extra}
        finish = ""
        for _ in range(ATTEMPTS):
            try:
                choice = read(await http.call("POST", manner.form.path, body))
            except NotUnderstood as error:
                raise GenerationFailed(f"the server's answer is not understood: {error}") from error
            if choice.finish in ("stop", "length"):
                return choice
            finish = choice.finish
        raise GenerationFailed(f"the server does not finish a completion: it says {finish!r}, {ATTEMPTS} times")

    def _rollout(self, choice: Choice, ask: Ask, task: Task, manner: Manner, *, own: bool, step: int) -> Rollout:
        """`own`: whether the learner works the log-probs out, whatever the server says."""
        if self._learns and choice.prompt_ids is None and choice.prompt_tokens not in (None, len(ask.ids)):
            raise GenerationFailed(
                f"the server makes {choice.prompt_tokens} tokens of the prompt of {task.id!r}, "
                f"which are {len(ask.ids)} here: its tokenizer or chat template is another"
            )
        strings = () if manner.form.path == CHATS else stops(task, self.tokenizer)
        # Who learns sees no more tokens; who evaluates with another tokenizer would lose the end of programs.
        limit = ask.sampling.max_new_tokens if self._learns and choice.ids is None else None
        rollout, known = assemble(choice, ask, self._codec, stop=strings, task_id=task.id, step=step, limit=limit)
        if not self._learns or (known and not own):
            return rollout
        if self._trailing:
            raise GenerationFailed(_IMPOSSIBLE)
        assert self._policy is not None, "weights come first"
        return self._policy.with_logprobs(rollout, ask.sampling)

    def _own_logprobs(self, manner: Manner, sampling: Sampling) -> bool:
        """Whether the server's log-probs are not those of the whole distribution at the temperature of sampling."""
        if not self._learns:
            return False
        usable = {"raw": sampling.temperature in (0.0, 1.0), "scaled": sampling.top_p == 1.0, None: False}[manner.kind]
        if not usable and self._trailing:
            raise GenerationFailed(_IMPOSSIBLE)
        if not usable:
            what = (
                "gives no log-probs" if manner.kind is None else f"gives {manner.kind} log-probs, not those of sampling"
            )
            self._once(f"the server {what}: the learner works them out with its own weights, which the server has")
        return not usable

    def _once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._say(line)


_IMPOSSIBLE = (
    "the server does not tell the log-probs at the temperature of sampling, and with generation.ahead or sync_every "
    "above 1 its weights may be older than the learner's: nothing could correct for that. Set ahead = false and "
    "sync_every = 1, or have the server return them (vLLM: --logprobs-mode processed_logprobs, or temperature = 1)"
)


def _seed(*parts: object) -> int:
    """31 bits, which every server takes."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=4).digest(), "big") >> 1
