"""How a server gets the learner's weights: they are written to a folder that it can read, and it is told so.

- vLLM reloads them in place (`collective_rpc`, part of its development API) and forgets what it has cached of old ones.
- SGLang has an endpoint of its own.
- `transformers serve` drops the model, and loads it again, from the folder, when it is asked next.
- A hook is a URL that is told, or a command that is run, to restart a server for example.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from trainer.generation import GenerationFailed
from trainer.generation.http import Http, Refused
from trainer.generation.sections import Server
from trainer.policy import Policy

CALLS: Mapping[str, Sequence[tuple[str, Mapping[str, Any] | None]]] = {
    "vllm": (
        ("/collective_rpc", {"method": "reload_weights", "kwargs": {"weights_path": "{folder}"}}),
        ("/reset_prefix_cache", None),
    ),
    "sglang": (("/update_weights_from_disk", {"model_path": "{folder}"}),),
    "transformers": (("/reset", None),),
}
"""What is posted to each kind of server, in order."""
ADVICE = {
    "vllm": "; start vLLM with VLLM_SERVER_DEV_MODE=1, which opens its endpoints for weights",
}


def write(policy: Policy, folder: Path) -> None:
    """Puts the weights in the place of those that are there, whole or not at all.

    Raises:
        OSError: there is no room, or no right to.
    """
    fresh, old = (folder.with_name(f".{folder.name}-{kind}-{os.getpid()}") for kind in ("new", "old"))
    try:
        fresh.mkdir(parents=True)
        policy.save(fresh)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    finally:
        for path in (fresh, old):
            shutil.rmtree(path, ignore_errors=True)


async def tell(http: Http, settings: Server, folder: Path, step: int) -> None:
    """Has the server take the weights in `folder`.

    Raises:
        GenerationFailed: it did not.
    """
    if settings.sync == "hook":
        await _hook(http, settings.hook or "", folder, step)
        return
    try:
        for path, body in CALLS[settings.sync]:
            await http.call("POST", path, _filled(body, folder, step))
    except Refused as error:
        advice = ADVICE.get(settings.sync, "") if error.status == 404 else ""
        raise GenerationFailed(f"the server does not take new weights: {error}{advice}") from error


def _filled(value: Any, folder: Path, step: int) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(part, folder, step) for key, part in value.items()}
    if isinstance(value, str):
        return value.replace("{folder}", str(folder)).replace("{step}", str(step))
    return value


async def _hook(http: Http, hook: str, folder: Path, step: int) -> None:
    if hook.startswith(("http://", "https://")):
        await http.call("POST", hook, {"folder": str(folder), "step": step})
        return
    command = [_filled(part, folder, step) for part in shlex.split(hook)]
    # A file, not a pipe: a server that the command starts may hold on to it.
    with tempfile.TemporaryFile() as said:
        try:
            running = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=said)
        except OSError as error:
            raise GenerationFailed(f"server.hook cannot be run: {error}") from error
        if status := await running.wait():
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise GenerationFailed(f"server.hook ended with status {status}: {last[0][:200]}")
