"""How much is worked at, waits and is read at once, so that a few clients leave room for others."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from ssm_search import QueryError, ServeError, display
from ssm_search_app.logs import log_failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

WORKERS = 4
"""Answers computed at once. On two cores 1, 2, 4, 8 gave 50 users 148, 169, 227, 223 a second."""
MAX_WAITING = 128
"""Requests that wait for a worker, 0.6 seconds of work; more are told that the server is busy."""
SHORT = 300  # characters of a question that need not queue behind long ones
FEW = 5
"""Texts of a call that need not: a question with its filters has four. One of 2,000 characters
takes 69 ms, a hundred of 18 take 240, where a question takes 3."""
LONG_WORKERS = 1  # long texts computed at once, besides
SLOW_WORKERS = 2
"""Submissions at once: each may wait for arXiv, which wants one request every three seconds."""
MAX_ASIDE = 16  # long texts, or submissions, that wait; each holds a whole text
MAX_TEXT = 20_000
"""Characters of a question: ten long abstracts. The encoder reads the first 256 word pieces."""
MAX_CALL = MAX_TEXT + 1_000  # characters of all texts of one call: a question with its filters
MAX_BODY = 1_000_000  # bytes; the longest submission has 200,000 characters
MAX_CALL_BODY = 250_000  # bytes of all other calls: 40,000 characters, each written as \\u0000
MAX_HELD = 64_000_000  # bytes of all requests that are read at one time
BODY_SECONDS = 30  # for all of a body
BUSY = "the server is busy; try again in a second"
NOTE_HEADER = b"x-left-out"
MISUNDERSTOOD = "this was not understood; /gradio_api/info says what can be called, and how"
Work = Callable[..., Awaitable[Any]]
REST = "/api/"
WORK = ("/run/", REST, "/component_server", "/mcp")
CALLS = (*WORK, "/call/")  # what is not one can bring a submission


class Visit:
    """What is known of one request while it is answered: its worker, and how it went."""

    def __init__(self, workers: asyncio.Semaphore | None = None):
        self._workers = workers
        self.begun = False
        self.status = 0
        self.note = ""

    @property
    def has_worker(self) -> bool:
        """Whether it still holds the worker that it began with."""
        return self._workers is not None

    def give_back(self) -> None:
        """Let another request have the worker."""
        if self._workers:
            self._workers.release()
        self._workers = None


_VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)


def told(status: int) -> None:
    """Let the request that is being answered end with this HTTP status if it fails."""
    if visit := _VISIT.get():
        visit.status = status


def noted(note: str) -> None:
    """Let the answer to the request that is being answered say this in a header."""
    if visit := _VISIT.get():
        visit.note = note


class Lanes:
    """Workers for short, long and slow calls: a long one never takes the place of short ones."""

    def __init__(self) -> None:
        self.short = asyncio.Semaphore(WORKERS)
        self._aside = {
            "long": asyncio.Semaphore(LONG_WORKERS),
            "slow": asyncio.Semaphore(SLOW_WORKERS),
        }
        self._waiting = dict.fromkeys(self._aside, 0)

    def quick(self, function: Callable[..., Any], most: int = MAX_CALL, few: int = FEW) -> Work:
        """``function`` in a thread, once there is a worker; long texts wait for their own.

        The call raises :class:`QueryError` where its texts have more than ``most`` characters, and
        :class:`ServeError` where too much is waiting.

        Args:
            few: up to so many texts are short, if they have no more than ``SHORT`` characters.
        """
        return self._call(function, "long", most, few)

    def slow(self, function: Callable[..., Any], most: int = MAX_CALL) -> Work:
        """``function`` in a thread of the workers for what may wait for others, such as arXiv."""
        return self._call(function, "slow", most, 0)

    def _call(self, function: Callable[..., Any], aside: str, most: int, few: int) -> Work:
        @functools.wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            texts = list(_texts((args, *kwargs.values())))
            length = sum(map(len, texts))
            if length > most:
                raise QueryError(
                    f"{length} characters were given; at most {most} characters are read in one "
                    "call, all its texts together"
                )
            is_short = length <= SHORT and sum(map(bool, texts)) <= few
            async with self._lane("" if is_short else aside):
                return await run_in_threadpool(function, *args, **kwargs)

        return call

    @asynccontextmanager
    async def _lane(self, aside: str) -> AsyncIterator[None]:
        visit = _VISIT.get()
        if visit:
            visit.begun = True
        if not aside:
            if visit and visit.has_worker:
                yield
            else:  # it came through Gradio's queue, which has no workers of its own
                async with self.short:
                    yield
            return
        if visit:
            visit.give_back()
        if self._waiting[aside] >= MAX_ASIDE:
            told(503)
            raise ServeError(BUSY)
        self._waiting[aside] += 1
        try:
            await self._aside[aside].acquire()
        finally:
            self._waiting[aside] -= 1
        try:
            yield
        finally:
            self._aside[aside].release()


def _texts(value: Any) -> Iterator[str]:
    """All that stand in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


class Bounded:
    """ASGI middleware: few requests at work, some waiting, the rest refused; no large bodies."""

    def __init__(self, app: ASGIApp, lanes: Lanes):
        self._app = app
        self._lanes = lanes
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse, one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_work, is_call = (any(one in scope["path"] for one in some) for some in (WORK, CALLS))
        if scope["method"] != "POST" and not (scope["method"] == "GET" and REST in scope["path"]):
            await self._app(scope, receive, send)
            return
        body = await read_body(receive, MAX_CALL_BODY if is_call else MAX_BODY)
        if isinstance(body, JSONResponse):
            await body(scope, receive, send)
            return
        again = _replayed(body, receive)
        if not is_work:
            await self._answer(scope, again, send, Visit())
        elif self._waiting >= MAX_WAITING:
            await refusal(503, BUSY)(scope, receive, send)
        else:
            self._waiting += 1
            try:
                is_next = await self._turn(receive)
            finally:
                self._waiting -= 1
            if is_next:
                await self._answer(scope, again, send, Visit(self._lanes.short))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        token = _VISIT.set(visit)
        is_answered = is_replaced = False

        async def answer(message: Message) -> None:
            nonlocal is_answered, is_replaced
            if is_replaced:
                return
            if message["type"] == "http.response.start":
                is_answered = True
                # The work is done; how soon the client takes its answer is nobody else's matter.
                visit.give_back()
                if visit.note:
                    header = (NOTE_HEADER, visit.note.encode("ascii"))
                    message = {**message, "headers": [*message["headers"], header]}
                if message["status"] == 500:
                    # Gradio has one status for whatever went wrong. What never reached a function
                    # of ours was not understood.
                    is_replaced = not (visit.status or visit.begun)
                    if is_replaced:
                        await refusal(400, MISUNDERSTOOD)(scope, receive, send)
                        return
                    message = {**message, "status": visit.status or 500}
                    if visit.status == 503:
                        message["headers"] = [*message["headers"], (b"retry-after", b"1")]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:
            if visit.begun or is_answered:
                raise
            log_failure(f"what was sent to {scope['path']!r}")
            await refusal(400, MISUNDERSTOOD)(scope, receive, send)
        finally:
            visit.give_back()
            _VISIT.reset(token)

    async def _turn(self, receive: Receive) -> bool:
        """Wait for a worker; False if the client left meanwhile."""
        workers = self._lanes.short
        if not workers.locked():
            return await workers.acquire()
        turn = asyncio.ensure_future(workers.acquire())
        left = asyncio.ensure_future(receive())  # the body has come: what follows is the end
        try:
            await asyncio.wait((turn, left), return_when=asyncio.FIRST_COMPLETED)
            return turn.done()
        finally:
            left.cancel()
            if not turn.done():
                turn.cancel()


_held = 0  # bytes


async def read_body(receive: Receive, most: int) -> bytes | JSONResponse:
    """The whole body of a request, or its refusal: it is too long, or does not come."""
    global _held
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return refusal(400, "the request was broken off")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                _held += len(parts[-1])
                if size > most:
                    return refusal(413, f"more than {most:,} bytes were sent")
                if _held > MAX_HELD:
                    return refusal(503, BUSY)
                more = message.get("more_body", False)
    except TimeoutError:
        return refusal(408, f"the request did not end within {BODY_SECONDS} s")
    finally:
        _held -= size
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class Written(JSONResponse):
    """JSON that does nothing to a terminal, whatever strangers wrote."""

    def render(self, content: Any) -> bytes:
        """The bytes of ``content``."""
        return display.shown_json(super().render(content).decode()).encode()


def refusal(status: int, reason: str) -> Written:
    """An answer that says in one line why there is none."""
    headers = {"Retry-After": "1"} if status == 503 else {}
    return Written({"error": reason}, status, headers=headers)
