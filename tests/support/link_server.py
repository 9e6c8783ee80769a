"""A stand-in for the servers that a list links to: pages that are gone, moved, slow, in a circle.

>>> with LinkServer({"/a/b": [Page(301, to="/a/c")], "/a/c": [Page(200)]}) as server:
...     ask_links([server.at("github.com", "/a/b")], ..., allow_hosts=["github.com"])
...     server.seen
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from arxiv_server import until_left


@dataclass(frozen=True)
class Page:
    """What is answered once. ``to``: another path, or a whole address."""

    status: int = 200
    to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"<html>Hello.</html>"


@dataclass(frozen=True)
class Silence:
    """Nothing, until the client lets go."""


@dataclass(frozen=True)
class Closed:
    """The connection closes without an answer."""


Reply = Page | Silence | Closed


class LinkServer:
    """Answers for ``pages``, whatever host is asked for; of several replies the last one stays.

    Args:
        pages: replies in turn, by path; "host/path" goes before "/path"; HEAD and GET count as one
            request each.
        no_head: paths that answer HEAD with 405.
        heads: paths that answer HEAD otherwise than GET.
    """

    def __init__(
        self,
        pages: Mapping[str, Sequence[Reply]],
        no_head: Sequence[str] = (),
        heads: Mapping[str, Reply] | None = None,
    ) -> None:
        self.pages = {path: list(replies) for path, replies in pages.items()}
        self.no_head = set(no_head)
        self.heads = dict(heads or {})
        self.seen: list[tuple[str, str, str]] = []  # method, host, path
        self.headers: list[Mapping[str, str]] = []
        self._lock = threading.Lock()

    def __enter__(self) -> LinkServer:
        handler = type("Handler", (_Handler,), {"server_of": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = False
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def at(self, host: str, path: str) -> str:
        """The address of a page at a host, which has to lead to this machine."""
        return f"http://{host}:{self.port}{path}"

    def reply(self, host: str, path: str) -> Reply:
        with self._lock:
            replies = self.pages.get(f"{host}{path}", self.pages.get(path))
            if not replies:
                return Page(404)
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def asked(self, path: str) -> list[str]:
        """The methods by which a path was asked for."""
        return [method for method, _, one in self.seen if one == path]


class _Handler(BaseHTTPRequestHandler):
    server_of: LinkServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        server = self.server_of
        host = self.headers["Host"].partition(":")[0]
        server.seen.append((self.command, host, self.path))
        server.headers.append(dict(self.headers))
        reply: Reply
        if self.command == "HEAD" and self.path in server.no_head:
            reply = Page(405)
        elif self.command == "HEAD" and self.path in server.heads:
            reply = server.heads[self.path]
        else:
            reply = server.reply(host, self.path)
        if isinstance(reply, Silence):
            until_left(self)
        elif isinstance(reply, Closed):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.send_response(reply.status)
            if reply.to:
                to = reply.to
                self.send_header("Location", to if "://" in to else server.at(host, to))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(reply.body)
