"""python -m rewards serve, and python -m rewards.serve: the scoring service."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rewards import schemes
from rewards.commands.programs import BadUsage
from rewards.commands.settings import Settings, with_settings
from rewards.evidence import limits_for

HELP = """Scores completions over HTTP, for many clients with one set of processes, until SIGTERM or Ctrl-C.

[bold]Examples[/bold]

python -m rewards.serve --analyzers runtime,pylint --scheme static

curl -H 'Content-Type: application/json' localhost:8000/score -d '{"completion": "def f(): return x"}'

openssl rand -hex 32 > token; python -m rewards.serve --host 0.0.0.0 --token-file token

Then in Python: rewards.client.Client("http://localhost:8000").score_batch(items)

POST /score, POST /score_batch (Accept: application/x-ndjson: each as soon as it is known), GET /health, /metrics,
/openapi.json. A request chooses completions, tests and scheme; what is run, and how well it is isolated, is fixed here.

[bold]Exit status[/bold]: 0 all that was taken on is finished, 2 bad usage: say that others could ask without a token.
"""


@partial(with_settings, without=("tests", "language"))
def run(
    settings: Settings,
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond this machine only with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Holds the token; else SPANWISE_TOKEN does, if it is set.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that analyse; by default as many as there are CPUs.")
    ] = None,
    queue: Annotated[
        int, typer.Option(min=1, help="Completions that may wait; more are told to come back later.")
    ] = 2048,
    max_body: Annotated[int, typer.Option(min=1, metavar="MIB", help="Largest body of a request, in MiB.")] = 16,
    drain: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Time for what was taken on, once the service is to end.")
    ] = 60.0,
) -> None:
    """Serves until the process is told to end.

    Raises:
        ValueError: an argument makes no sense, or others could ask without a token; the message is one line.
        OSError: the address or the token cannot be had, or programs cannot be isolated as well as is demanded.
    """
    try:
        from rewards.serve import guard, server
        from rewards.serve.desk import Bounds, Judging
    except ModuleNotFoundError as error:
        raise BadUsage(f"the service needs {error.name}: pip install 'spanwise[serve]'") from error
    from analyzers.engine import Engine

    names, scheme = settings.judged_by()
    limits = limits_for(schemes.needs(schemes.resolve(scheme)), None)
    place = server.Place(host, port, guard.token(token_file))
    bounds = Bounds(room=queue, max_body=max_body << 20, drain_s=drain)
    with (
        server.listen(place) as listening,
        Engine(
            names, workers=workers, limits=limits, isolation=settings.isolation, cache_folder=settings.cache
        ) as engine,
    ):
        judging = Judging(tuple(names), scheme, settings.isolation, engine, limits)
        server.serve(listening, judging, bounds, token=place.token)
