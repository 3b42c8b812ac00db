"""A client of the scoring service (`rewards.serve`): scores from another machine, as the same records.

    from rewards.client import Client

    with Client("http://scorer:8000", token=os.environ["SPANWISE_TOKEN"]) as client:
        score = client.score("def f(x):\\n    return y\\n", tests=["assert f(1) == 1"])
        for index, score in client.score_stream(items): ...

Needs `pip install 'spanwise[serve]'`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any

import httpx2
import stamina

from rewards.items import as_item
from rewards.schemes import Spec
from rewards.serial import from_jsonable
from rewards.serve.messages import LINES, content_hash, item_tree
from rewards.types import Item, Score

AGAIN = (429, 502, 503, 504)
"""Answers after which the same request may fare better."""
LONGEST_WAIT_S = 30.0
CONNECT_S = 10.0


class ServiceError(RuntimeError):
    """The service did not answer as it should; the message says what was asked, what came, and what to do."""

    def __init__(self, message: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        """`status` is that of the answer, where there was one."""
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class Refused(ServiceError, ValueError):
    """The service takes the request for a mistake: as it is, it will never be answered."""


class Client:
    """Asks one service; a context manager. For one thread at a time.

    What fails for lack of room, of a connection or of a whole answer is asked again, after as long as the service says
    or else ever longer, with some jitter. Scoring the same completions twice does no harm: the service remembers what
    it found out about them.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        attempts: int = 8,
        timeout_s: float = 600.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`timeout_s` is how long the service may be silent, while completions wait and run, before the call fails;
        `attempts` how often a request is made at most.

        Raises:
            ValueError: `url` is none, or `attempts` is less than 1.
        """
        if attempts < 1:
            raise ValueError(f"attempts is at least 1, got {attempts}")
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"a service is named like http://localhost:8000, got {url!r}")
        self._attempts = attempts
        self._http = httpx2.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_S),
            transport=transport,
        )

    def score(self, completion: str, *, scheme: Spec | None = None, **item: Any) -> Score:
        """The reward of one completion; `item` are further fields of an Item.

        Raises:
            ValueError: an unknown field or tests that are no test suite; or the service refuses them (Refused).
            ServiceError: no answer, or one that is not understood.
        """
        return self.score_batch([{"completion": completion, **item}], scheme=scheme)[0]

    def score_batch(self, items: Iterable[Item | Mapping[str, Any]], *, scheme: Spec | None = None) -> list[Score]:
        """The rewards of many completions, in order; what an item may be is as for `rewards.score_batch`.

        The service decides what is run; `scheme` is another one than the service's own.

        Raises:
            ValueError, ServiceError: as `score`.
        """
        found = dict(self.score_stream(items, scheme=scheme))
        return [found[index] for index in range(len(found))]

    def score_stream(
        self, items: Iterable[Item | Mapping[str, Any]], *, scheme: Spec | None = None
    ) -> Iterator[tuple[int, Score]]:
        """The number and the reward of each completion, as they are found. Leaving the loop drops what is left.

        All items are checked before anything is sent.

        Raises:
            ValueError, ServiceError: as `score`.
        """
        checked = [as_item(item) for item in items]
        body: dict[str, Any] = {"items": [item_tree(item) for item in checked]}
        if scheme is not None:
            body["scheme"] = _scheme_tree(scheme)
        return self._stream(json.dumps(body, allow_nan=False).encode("ascii"), checked)

    def health(self) -> dict[str, Any]:
        """What the service says of itself; asked once.

        Raises:
            ServiceError: it is not there.
        """
        try:
            answer = self._http.get("/health")
        except httpx2.HTTPError as error:
            raise self._broken("GET /health", error) from error
        state: dict[str, Any] = self._tree(answer, answer.content, "GET /health")
        return state

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _stream(self, body: bytes, items: Sequence[Item]) -> Iterator[tuple[int, Score]]:
        seen: set[int] = set()
        if not items:
            return
        for attempt in stamina.retry_context(
            on=_again, attempts=self._attempts, timeout=None, wait_initial=0.2, wait_max=LONGEST_WAIT_S
        ):
            with attempt:
                for index, score in self._answers(body, items):
                    if index not in seen:
                        seen.add(index)
                        yield index, score
                if len(seen) < len(items):
                    raise ServiceError(f"POST /score_batch: {len(seen)} of {len(items)} scores came", status=200)

    def _answers(self, body: bytes, items: Sequence[Item]) -> Iterator[tuple[int, Score]]:
        """The scores that one request brings."""
        what = "POST /score_batch"
        headers = {"Content-Type": "application/json", "Accept": LINES}
        try:
            with self._http.stream("POST", "/score_batch", content=body, headers=headers) as answer:
                if answer.status_code != 200:
                    raise self._refusal(answer, answer.read(), what)
                for line in answer.iter_lines():
                    yield _scored(self._tree(answer, line, what), items)
        except httpx2.HTTPError as error:
            raise self._broken(what, error) from error

    def _broken(self, what: str, error: httpx2.HTTPError) -> ServiceError:
        if isinstance(error, httpx2.ReadTimeout):
            return ServiceError(f"{what} of {self._http.base_url}: nothing came for {self._http.timeout.read:g} s")
        return ServiceError(f"{what} of {self._http.base_url}: {type(error).__name__}: {error}", status=503)

    def _refusal(self, answer: httpx2.Response, body: bytes, what: str) -> ServiceError:
        try:
            why = str(json.loads(body)["error"])
        except (ValueError, TypeError, KeyError):
            why = repr(body[:200])
        status = answer.status_code
        message = f"{what} of {self._http.base_url}: {status} {answer.reason_phrase}: {why}"
        if status == 401:
            message += "; pass it as Client(token=...)"
        if 400 <= status < 500 and status not in AGAIN:
            return Refused(message, status=status)
        after = answer.headers.get("retry-after", "")
        return ServiceError(message, status=status, retry_after_s=float(after) if after.isdecimal() else None)

    def _tree(self, answer: httpx2.Response, body: bytes | str, what: str) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            raise ServiceError(
                f"{what} of {self._http.base_url}: {answer.status_code}, but no JSON came: {body[:80]!r};"
                " is this a service of rewards.serve?"
            ) from error


def _again(error: Exception) -> bool | timedelta:
    """Whether to ask again, and after how long where the service says so."""
    if not isinstance(error, ServiceError) or isinstance(error, Refused):
        return False
    if error.retry_after_s is not None:
        # All that were sent away at the same moment should not come back at the same moment.
        return timedelta(seconds=min(error.retry_after_s, LONGEST_WAIT_S) * random.uniform(1.0, 1.25))
    return error.status in (200, *AGAIN)


def _scored(answer: Mapping[str, Any], items: Sequence[Item]) -> tuple[int, Score]:
    """The number of an item and its score, if the answer is for it.

    Raises:
        ServiceError: the answer is for something else, holds no score, or is not understood.
    """
    try:
        index, found = answer["index"], answer["hash"]
        if not 0 <= index < len(items) or content_hash(items[index].completion) != found:
            raise ServiceError(f"an answer came for item {index} and the hash {found}, which was not asked for")
        if answer.get("score") is None:
            raise ServiceError(f"item {index} could not be scored: {answer['error']}", status=500)
        return index, from_jsonable(answer["score"])
    except (ValueError, TypeError, KeyError) as error:
        raise ServiceError(
            f"an answer is not understood ({error}): {str(answer)[:200]}; is the service of another version?"
        ) from error


def _scheme_tree(scheme: Spec) -> Any:
    """A scheme as requests name it.

    Raises:
        ValueError: it is a function, which cannot be sent.
    """
    if callable(scheme):
        raise ValueError(f"a scheme that is sent has a name, got the function {scheme!r}")
    if isinstance(scheme, tuple):
        name, options = scheme
        return {"name": name, "options": dict(options)}
    return scheme if isinstance(scheme, str) else list(scheme)
