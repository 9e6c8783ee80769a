"""Connections with an end to every wait, and fewer of them than the process may have files open."""

from __future__ import annotations

import asyncio
import functools
import socket
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10
"""From the first byte of a request to the end of its head; slower ones are hung up on. Apache's
mod_reqtimeout gives 20 to 40, nginx 60, of which 256 silent connections make a minute's pause."""
WRITE_SECONDS = 30
"""To take 48 KiB, or the last of an answer: 1.6 kB a second, slower than any telephone."""
KEEP_ALIVE = 75  # seconds that an idle connection stays open; proxies give up after 60
GRACE = 1  # seconds that open pages, which never hang up, hold up the end
MAX_HEAD = 16 * 1024  # bytes, h11's own
MOST = 1_000  # connections at once, if the process may have as many files open
RESERVED = 96
"""Files that are not connections: some 40 of the page, those of an index, and one batch below."""
BATCH = 32
"""Connections accepted before any is counted; asyncio accepts as many as its backlog says."""
BACKLOG = 512  # connections that the system holds until they are taken


@functools.cache
def most_connections() -> int:
    """How many connections there may be at once, from the process's own limit of open files."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else min(MOST, max(files - RESERVED, BATCH))


class _Declared(h11.Connection):
    """Takes no chunked bodies: ten thousand chunks of a byte hold the server for a second."""

    def next_event(self) -> Any:
        """What was received, if it says how long it is."""
        event = super().next_event()
        if isinstance(event, h11.Request) and any(
            n == b"transfer-encoding" for n, _ in event.headers
        ):
            raise h11.RemoteProtocolError("a chunked body")
        return event


class Connection(H11Protocol):
    """uvicorn's connection, which by itself waits for a request's head, and a reader, forever.

    Where there are too many, one makes room for the newest: the longest silent of those that have
    sent no whole request; else of those kept open between two; else the one longest at work.
    """

    _head: asyncio.TimerHandle | None = None
    _write: asyncio.TimerHandle | None = None
    _since = 0.0
    _has_asked = False

    @property
    def is_silent(self) -> bool:
        """Whether no request of this connection is being answered."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self.transport.is_closing()

    @property
    def _need(self) -> tuple[int, float]:
        """How much it is needed: of two, the one with the lower goes first."""
        if not self.is_silent:
            return (0 if self.cycle.more_body else 2), self._since
        return int(self._has_asked), self._since

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request; make room first, if there are too many."""
        super().connection_made(transport)
        self.conn = _Declared(h11.SERVER, self.config.h11_max_incomplete_event_size or MAX_HEAD)
        self._since = self.loop.time()
        self._head = self._hang_up_in(HEAD_SECONDS)
        there = [
            one
            for one in self.connections
            if isinstance(one, Connection) and not one.transport.is_closing()
        ]
        if len(there) > most_connections():
            others = (one for one in there if one is not self)
            min(others, key=lambda one: one._need, default=self).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take the bytes; a head, or the rest of a body that nobody wants, must come to an end."""
        super().data_received(data)
        if self.transport.is_closing():  # it made no sense
            self._write = self._write or self._hang_up_in(WRITE_SECONDS)
        elif not self.is_silent:
            self._head = _stopped(self._head)
        elif self._head is None:
            self._head = self._hang_up_in(HEAD_SECONDS)

    def send_400_response(self, msg: str) -> None:
        """Say that no sense was found, and what else may be the matter."""
        super().send_400_response(f"{msg} A body needs a Content-Length.")

    def on_response_complete(self) -> None:
        """Wait for the next request; one that has come already is begun."""
        self._has_asked, self._since = True, self.loop.time()
        super().on_response_complete()
        if self.transport.is_closing():
            self._write = self._write or self._hang_up_in(WRITE_SECONDS)

    def timeout_keep_alive_handler(self) -> None:
        """Hang up; to close would wait for a client that does not read."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """Give the client a time to read."""
        super().pause_writing()
        self._write = self._write or self._hang_up_in(WRITE_SECONDS)

    def resume_writing(self) -> None:
        """Take the time limit off again: the client did read."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._write = _stopped(self._write)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget this connection: it is closed."""
        self._head, self._write = _stopped(self._head), _stopped(self._write)
        super().connection_lost(exc)

    def _hang_up_in(self, seconds: float) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, self.transport.abort)


def _stopped(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer:
        timer.cancel()
    return None


class Server(uvicorn.Server):
    """uvicorn with such connections.

    Args:
        root_path: the path that a proxy serves ``app`` under.
    """

    def __init__(self, app: ASGIApp, root_path: str = ""):
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                log_config=None,
                log_level="warning",
                root_path=root_path,
                backlog=BATCH,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
                access_log=False,
                server_header=False,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what waits to be accepted may be more than what is accepted at one go."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)
