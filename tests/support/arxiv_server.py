"""A stand-in for arXiv's API on the loopback: its Atom format, its errors and its bad days.

>>> with ArxivServer(invented(250)) as server:
...     server.script = [Status(503, retry_after="2"), None, Hang()]
...     fetch_abstracts(server.papers, cache, api_url=server.url)
...     server.requests
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape, quoteattr

# What arXiv calls an id; a subject class that it does not have is a mistake in the form, too.
WELL_FORMED = re.compile(
    r"\d{4}\.\d{4,5}(?:v\d+)?|(?:hep-th|(?:cs|math)(?:\.(?:AG|GT|LG))?)/\d{7}(?:v\d+)?"
)
TIME = "2026-01-05T00:00:00Z"
HANG_LIMIT = 30.0  # seconds, should a client never let go
CLOSING_TIME = 30.0  # seconds that a client has for it: it may be a process that others hold up


@dataclass(frozen=True)
class FakePaper:
    id: str
    title: str = "A title"
    summary: str = "An abstract."
    authors: tuple[str, ...] = ("Ada Example", "Émile Échantillon")
    published: date = date(2024, 1, 2)
    comment: str = ""
    categories: tuple[str, ...] = ("cs.LG", "cs.CL")
    version: int = 1
    journal_ref: str = ""
    doi: str = ""
    first_title: str = ""  # that of version 1, if it had another

    def entry(self, version: int | None = None) -> str:
        name = f"{self.id}v{version or self.version}"
        said = "".join(
            f"\n    <arxiv:{name}>{escape(value)}</arxiv:{name}>"
            for name in ("comment", "journal_ref", "doi")
            if (value := getattr(self, name))
        )
        title = self.first_title if version == 1 and self.first_title else self.title
        categories = "".join(
            f'\n    <category term={quoteattr(term)} scheme="http://arxiv.org/schemas/atom"/>'
            for term in self.categories
        )
        authors = "".join(
            f"\n    <author>\n      <name>{escape(name)}</name>\n    </author>"
            for name in self.authors
        )
        return f"""
  <entry>
    <id>http://arxiv.org/abs/{name}</id>
    <title>{escape(title)}</title>
    <updated>{self.published}T12:00:00Z</updated>
    <link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/{name}" rel="related" type="application/pdf" title="pdf"/>
    <summary>{escape(self.summary)}</summary>{categories}
    <published>{self.published}T12:00:00Z</published>{said}
    <arxiv:primary_category term={quoteattr(self.categories[0])}/>{authors}
  </entry>"""


def invented(count: int, first: int = 1) -> list[FakePaper]:
    """Papers 2401.00001, 2401.00002, …"""
    summary = "  It studies\nthe number {} & no other.\n"
    return [
        FakePaper(f"2401.{n:05}", f"Invented paper {n}", summary.format(n))
        for n in range(first, first + count)
    ]


def feed(
    entries: Iterable[str], *, total: int, query: str = "", start: int = 0, size: int = 100
) -> bytes:
    digest = hashlib.sha256(query.encode()).hexdigest()[:27]
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" \
xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/{digest}</id>
  <title>arXiv Query: {escape(query)}</title>
  <updated>{TIME}</updated>
  <link href={quoteattr("https://arxiv.org/api/query?" + query)} type="application/atom+xml"/>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>{"".join(entries)}
</feed>
""".encode()


def error_feed(bad: str) -> bytes:
    """What comes with HTTP 400 for an id in no known form."""
    link = escape(f"https://arxiv.org/api/errors#incorrect_id_format_for_{bad}")
    entry = f"""
  <entry>
    <id>{link}</id>
    <title>Error</title>
    <updated>{TIME}</updated>
    <link href="{link}" rel="alternate" type="text/html"/>
    <summary>incorrect id format for {escape(bad)}</summary>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>"""
    return feed([entry], total=1, size=1)


# ── what can go wrong, one of them for one request ───────────────────────────────────────────


@dataclass(frozen=True)
class Status:
    """Another status than 200, with a page for people."""

    code: int
    retry_after: str = ""
    body: bytes = b"<html><body>Sorry.</body></html>"


@dataclass(frozen=True)
class Hang:
    """Silence, after a part of the answer or at once, until the client lets go."""

    after: float = 0.0


@dataclass(frozen=True)
class EmptyPage:
    """A feed without entries. ``total`` is what it promises; None: as many as were asked for."""

    total: int | None = None


@dataclass(frozen=True)
class Part:
    """A complete HTTP answer with only the first part of the feed in it."""

    share: float = 0.5


@dataclass(frozen=True)
class CutOff:
    """The connection closes after a part of what Content-Length promised; 0: before any answer."""

    share: float = 0.5


@dataclass(frozen=True)
class Body:
    """HTTP 200 with something of the test's own, as it is in ``encoding``."""

    body: bytes
    encoding: str = ""


@dataclass(frozen=True)
class Oversized:
    """A well-formed feed that goes on for ``size`` bytes."""

    size: int


Fault = Status | Hang | EmptyPage | Part | CutOff | Body | Oversized | None


@dataclass
class Seen:
    """One request, as the server saw it. ``connections``: those open at that moment."""

    at: float
    ids: list[str]
    query: str
    start: int
    max_results: int
    headers: dict[str, str]
    connections: int


class ArxivServer:
    """Answers for ``papers``; ``script`` holds what goes wrong with the next requests in turn."""

    def __init__(self, papers: Iterable[FakePaper] = (), page_size: int = 100) -> None:
        self.papers = {paper.id: paper for paper in papers}
        self.page_size = page_size
        self.script: list[Fault] = []
        self.requests: list[Seen] = []
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._http: ThreadingHTTPServer | None = None

    def __enter__(self) -> ArxivServer:
        handler = type("Handler", (_Handler,), {"arxiv": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = False  # so that server_close waits for them
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/api/query"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Pull the plug: nobody listens any more, and open connections break."""
        if self._http is None:
            return
        self._http.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        self._http = None

    @property
    def asked(self) -> list[list[str]]:
        """The ids of each request."""
        return [seen.ids for seen in self.requests]

    def connections(self, expected: int = 0) -> int:
        """How many connections clients have open, once they had the time to close all others."""
        deadline = time.monotonic() + CLOSING_TIME
        while True:
            with self._lock:
                count = sum(not _let_go(connection) for connection in self._sockets)
            if count <= expected or time.monotonic() > deadline:
                return count
            time.sleep(0.005)


def meets(paper: FakePaper, query: str) -> bool:
    """Whether the first word of ``query`` is in the title.

    Of "(cat:a OR cat:b) AND (all:x OR all:y) AND submittedDate:[… TO …]", whether all is so.
    """
    if "submittedDate:" not in query:
        return query.casefold().split()[0] in paper.title.casefold()
    words = set(re.findall(r"\w+", f"{paper.title} {paper.summary}".casefold()))
    for part in query.split(" AND "):
        if days := re.fullmatch(r"submittedDate:\[(\d{8})0000 TO (\d{8})2359\]", part):
            first, last = map(date.fromisoformat, days.groups())
            is_met = first <= paper.published <= last
        else:
            asked = [one.split(":") for one in part.strip("()").split(" OR ")]
            known = {"cat": set(paper.categories), "all": words}
            is_met = any(value in known[name] for name, value in asked)
        if not is_met:
            return False
    return True


def until_left(handler: BaseHTTPRequestHandler) -> None:
    """Say no more until the client lets go, then close the connection."""
    handler.connection.settimeout(HANG_LIMIT)  # select() takes no socket numbered over 1,023
    with suppress(OSError):
        handler.connection.recv(1)
    handler.close_connection = True


class _Handler(BaseHTTPRequestHandler):
    arxiv: ArxivServer
    protocol_version = "HTTP/1.1"  # keeps connections alive, as arXiv does
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

    def setup(self) -> None:
        super().setup()
        with self.arxiv._lock:
            self.arxiv._sockets.add(self.connection)

    def finish(self) -> None:
        with self.arxiv._lock:
            self.arxiv._sockets.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client let go
            super().handle()

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        arxiv = self.arxiv
        query = urlsplit(self.path).query
        arguments = {name: values[0] for name, values in parse_qs(query).items()}
        seen = Seen(
            at=time.monotonic(),
            ids=[i for i in arguments.get("id_list", "").split(",") if i],
            query=arguments.get("search_query", ""),
            start=int(arguments.get("start", 0)),
            max_results=int(arguments.get("max_results", 10)),
            headers=dict(self.headers),
            connections=arxiv.connections(expected=1),
        )
        arxiv.requests.append(seen)
        match arxiv.script.pop(0) if arxiv.script else None:
            case None:
                self.send(*self.answer(seen, query))
            case Status(code, retry_after, body):
                self.send(code, body, **({"Retry-After": retry_after} if retry_after else {}))
            case Hang(after):
                self.send_part(seen, query, after)
                until_left(self)
            case EmptyPage(total):
                promised = len(seen.ids) if total is None else total
                self.send(200, feed([], total=promised, query=query, start=seen.start))
            case Part(share):
                status, body = self.answer(seen, query)
                self.send(status, body[: int(len(body) * share)])
            case CutOff(share):
                self.send_part(seen, query, share)
                self.close_connection = True
            case Body(body, encoding):
                self.send(200, body, **({"Content-Encoding": encoding} if encoding else {}))
            case Oversized(size):
                head, tail = feed([], total=0, query=query).rsplit(b"</feed>", 1)
                self.send(200, head + b" " * (size - len(head) - len(tail) - 7) + b"</feed>" + tail)

    def answer(self, seen: Seen, query: str) -> tuple[int, bytes]:
        bad = next((i for i in seen.ids if not WELL_FORMED.fullmatch(i)), None)
        if bad is not None:
            return 400, error_feed(bad)
        entries = []
        if seen.query:
            hits = (p for p in self.arxiv.papers.values() if meets(p, seen.query))
            newest = sorted(hits, key=lambda paper: paper.published, reverse=True)
            entries = [paper.entry() for paper in newest]
        for asked in seen.ids:
            name, _, version = asked.partition("v")
            # arXiv's answers leave out the subject class that ids from before 2007 may have.
            paper = self.arxiv.papers.get(re.sub(r"\.[A-Z]{2}/", "/", name))
            if paper:
                entries.append(paper.entry(int(version) if version else None))
        size = min(seen.max_results, self.arxiv.page_size)
        page = entries[seen.start : seen.start + size]
        return 200, feed(page, total=len(entries), query=query, start=seen.start, size=size)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/atom+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_part(self, seen: Seen, query: str, share: float) -> None:
        if share:
            status, body = self.answer(seen, query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: int(len(body) * share)])
            self.wfile.flush()


def _let_go(connection: socket.socket) -> bool:
    """Whether the other side has closed its end, as far as the news has come."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
