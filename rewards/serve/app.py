"""The service as an ASGI application: what can be asked, and how it is answered."""

from __future__ import annotations

import asyncio
import json
import reprlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from rewards.registry import did_you_mean
from rewards.scorer import Scorer
from rewards.serial import jsonable
from rewards.serve.bodies import KEYS, BatchBody, Entry, ScoreBody, spec_of
from rewards.serve.desk import Closing, Desk
from rewards.serve.guard import Guard
from rewards.serve.line import Full, Result, Ticket
from rewards.serve.messages import LINES, content_hash
from rewards.serve.meters import Counted
from rewards.serve.reading import JsonRoute, Weighed
from rewards.types import Item, Score

PATHS = frozenset({"/score", "/score_batch", "/health", "/metrics", "/openapi.json"})
MOST_FIELDS = 20
"""Wrong fields that an answer names."""
AGAIN_S = 5
"""When a client of a service that is ending may ask again."""

_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 60

DESCRIPTION = """
Scores generated programs: outcome of their tests and findings of analyzers, as one reward and as charges on spans.
A score is the tree that `rewards.from_jsonable` reads. An answer carries the SHA-256 of the completion that it is for.
"""


class Scored(BaseModel):
    """A score, and of which completion: the SHA-256 of its UTF-8 bytes."""

    hash: str
    score: dict[str, Any]


class ScoredOne(BaseModel):
    """What came of one item of a batch: a score, or why there is none."""

    index: int
    hash: str
    score: dict[str, Any] | None = None
    error: str | None = None


class ScoredBatch(BaseModel):
    """What came of the items, in order."""

    results: list[ScoredOne]


class Wrong(BaseModel):
    """A field that is not as it should be."""

    path: str
    message: str


class Refusal(BaseModel):
    """Why nothing was done."""

    error: str
    fields: list[Wrong] | None = None


class Health(BaseModel):
    """What the service is and how busy it is."""

    status: str
    isolation: str | None
    analyzers: list[str]
    scheme: str
    waiting: int
    running: int
    room: int


class Json(JSONResponse):
    """JSON in ASCII, in which any text survives."""

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return json.dumps(content, allow_nan=False).encode("ascii")


class Lines(Response):
    """Results as lines of JSON, each as soon as it is known; without the end of the body they are not all."""

    media_type = LINES

    def __init__(self, desk: Desk, scorer: Scorer, items: list[Item]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._desk, self._scorer, self._items = desk, scorer, items

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers.

        Raises:
            Full, Closing: as `Desk.taken`; nothing has been sent.
        """
        async with self._desk.taken(self._scorer, self._items) as ticket, _watched(receive, ticket):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for found in self._desk.results(ticket):
                answers = [_answer(self._items[index], result, index) for index, result in found]
                lines = "".join(f"{json.dumps(answer, allow_nan=False)}\n" for answer in answers)
                await send({"type": "http.response.body", "body": lines.encode("ascii"), "more_body": True})
            if not ticket.left:
                await send({"type": "http.response.body", "body": b"", "more_body": False})


class BadField(Exception):
    """A field of a request whose value only the service knows to be wrong."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path, self.message = path, message


def build(desk: Desk, *, token: str | None) -> FastAPI:
    """The application; it works while its lifespan lasts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with desk.line:
            yield

    app = FastAPI(
        title="spanwise",
        version=version("spanwise"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        default_response_class=Json,
        dependencies=[Depends(HTTPBearer(auto_error=False))] if token else [],
    )
    app.state.max_body = desk.bounds.max_body
    app.router.route_class = JsonRoute
    _add_scoring(app, desk)
    _add_state(app, desk)
    _add_refusals(app)
    app.add_middleware(Weighed, max_body=desk.bounds.max_body)
    app.add_middleware(Guard, token=token)
    app.add_middleware(Counted, meters=desk.meters, paths=PATHS)
    return app


def _add_scoring(app: FastAPI, desk: Desk) -> None:
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Refusal} for status in (400, 401, 403, 408, 413, 415, 422, 429, 500, 503)
    }
    streamed: dict[int | str, dict[str, Any]] = {
        200: {"model": ScoredBatch, "content": {LINES: {"schema": ScoredOne.model_json_schema()}}}
    }

    @app.post("/score", responses={**refusals, 200: {"model": Scored}})
    async def score(body: ScoreBody, request: Request) -> Response:
        """Scores one completion."""
        item = body.item()
        async with desk.taken(_scorer(desk, body.scheme), [item]) as ticket, _watched(request.receive, ticket):
            found = dict([pair async for pairs in desk.results(ticket) for pair in pairs])
        if not found:
            raise Closing("the service is ending, and the time for what it had taken on is over")
        answer = _answer(item, found[0])
        return Json(answer, 500 if "error" in answer else 200)

    @app.post("/score_batch", responses={**refusals, **streamed})
    async def score_batch(body: BatchBody, request: Request) -> Response:
        """Scores many completions: all at once, or with `Accept: application/x-ndjson` each as soon as it is known.

        Those of other requests are scored at the same time. The programs of one batch are compared with each other
        alone, by schemes that compare; these give all scores at the end.
        """
        if len(body.items) > desk.bounds.room:
            raise BadField("items", f"{len(body.items)} are more than the {desk.bounds.room} that may wait here")
        scorer, items = _scorer(desk, body.scheme), [one.item() for one in body.items]
        if LINES in request.headers.get("accept", ""):
            return Lines(desk, scorer, items)
        async with desk.taken(scorer, items) as ticket, _watched(request.receive, ticket):
            found = dict([pair async for pairs in desk.results(ticket) for pair in pairs])
        if len(found) < len(items):
            raise Closing("the service is ending, and the time for what it had taken on is over")
        answers = [_answer(item, found[index], index) for index, item in enumerate(items)]
        return await asyncio.to_thread(Json, {"results": answers})


def _add_state(app: FastAPI, desk: Desk) -> None:
    @app.get("/health", responses={200: {"model": Health}, 503: {"model": Health}})
    async def health() -> Response:
        """Whether requests are taken, and how well programs are isolated; needs no token."""
        return Json(desk.state(), 503 if desk.closing else 200)

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Counters in the text format of Prometheus."""
        return Response(desk.meters.text(), media_type="text/plain; version=0.0.4")


def _add_refusals(app: FastAPI) -> None:
    def refuse(status: int, error: object, **headers: str) -> Response:
        return Json({"error": str(error)}, status, {name.replace("_", "-"): text for name, text in headers.items()})

    @app.exception_handler(RequestValidationError)
    async def wrong(_: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        fields = [Wrong(path=_path(one["loc"]), message=_message(one)) for one in found[:MOST_FIELDS]]
        return _unfit(fields, more=len(found) - 1)

    @app.exception_handler(BadField)
    async def bad_field(_: Request, error: BadField) -> Response:
        return _unfit([Wrong(path=error.path, message=error.message)], more=0)

    @app.exception_handler(Full)
    async def full(_: Request, error: Full) -> Response:
        return refuse(429, error, retry_after=str(error.retry_after_s))

    @app.exception_handler(Closing)
    async def closing(_: Request, error: Closing) -> Response:
        return refuse(503, error, retry_after=str(AGAIN_S), connection="close")

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        path = request.url.path
        if error.status_code == 422:
            return _unfit([Wrong(path="body", message=error.detail)], more=0)
        said = f"there is no {path!r:.80}; {did_you_mean(path, PATHS)}" if error.status_code == 404 else error.detail
        return Json({"error": said}, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> Response:
        return refuse(500, f"{type(error).__name__}: {error}")


def _scorer(desk: Desk, entries: list[Entry] | None) -> Scorer:
    try:
        return desk.scorer(None if entries is None else spec_of(entries))
    except ValueError as error:
        raise BadField("scheme", str(error)) from error


@asynccontextmanager
async def _watched(receive: Receive, ticket: Ticket) -> AsyncIterator[None]:
    """Cancels the ticket when the client goes away."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        ticket.cancel()

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()


def _answer(item: Item, result: Result, index: int | None = None) -> dict[str, Any]:
    """What came of an item; the hash is that of what was scored, so that it proves whose score this is."""
    place = {} if index is None else {"index": index}
    if isinstance(result, Score):
        return {**place, "hash": content_hash(result.completion), "score": jsonable(result)}
    return {**place, "hash": content_hash(item.completion), "error": f"{type(result).__name__}: {result}"}


def _unfit(fields: list[Wrong], *, more: int) -> Response:
    error = f"{fields[0].path}: {fields[0].message}{f' (and {more} more)' if more else ''}"
    return Json({"error": error, "fields": [field.model_dump() for field in fields]}, 422)


def _path(place: tuple[int | str, ...]) -> str:
    """`items[3].tests.cases[0].args`; what is in brackets is no field but which kind of suite was taken."""
    path = ""
    for part in place[1:]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("("):
            path += f".{part}" if path else part
    return path or "body"


def _message(error: Mapping[str, Any]) -> str:
    """What is wrong with a field, and what came."""
    if error["type"] == "extra_forbidden":
        return f"unknown key; {did_you_mean(str(error['loc'][-1]), KEYS)}"
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return said
    return f"{said}; got {type(error['input']).__name__} {_shown.repr(error['input'])}"
