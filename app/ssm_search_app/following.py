"""What was added to the list, as a feed: at ``/feed.xml`` as Atom, at ``/feed.json`` as JSON.

Where there are several lists, ``?list=`` chooses one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from markupsafe import escape

from ssm_search import Search, feeds, history
from ssm_search_app.library import Library
from ssm_search_app.sending import of_list, sent

PATHS: dict[str, feeds.FeedFormat] = {"/feed.xml": "atom", "/feed.json": "json"}
MOST_KEPT = 8  # feeds, for the same server may be asked by several names


class Feeds:
    """The feeds of a library; they are made once for each index that it answers from."""

    def __init__(self, library: Library):
        self._library = library
        self._search: Search | None = None
        self._added: Mapping[str, datetime] = {}
        self._texts: dict[tuple[str, str, str], str] = {}
        # Those who wait for git's history of the list hold no thread, which answers need.
        self._lock = asyncio.Lock()

    async def text(self, path: str, home: str, query: str = "") -> str:
        """The feed at a path, and perhaps a query, of the server whose address is ``home``."""
        async with self._lock:
            if self._search is not self._library.search:
                self._search = self._library.search
                self._added = await run_in_threadpool(self._history, self._search)
                self._texts.clear()
            if (path, home, query) not in self._texts:
                if len(self._texts) == MOST_KEPT:
                    self._texts.clear()
                written = await run_in_threadpool(self._written, self._search, path, home, query)
                self._texts[path, home, query] = written
            return self._texts[path, home, query]

    def _history(self, search: Search) -> Mapping[str, datetime]:
        added: dict[str, datetime] = {}
        for one in reversed(self._library.each):  # what the first list says of a paper stands
            if one.list_file:
                added |= history.read_history(one.list_file, search.papers).added
        return added

    def _written(self, search: Search, path: str, home: str, query: str) -> str:
        entries = feeds.newest(search.papers, self._added)
        url = f"{home}{path}{query}"
        return feeds.written(feeds.Feed(self._library.title, entries, url, f"{home}/"), PATHS[path])


def add_feeds(app: FastAPI, library: Library, root_path: str = "") -> None:
    """Let ``app`` answer for the feeds of a list; a large corpus has none."""
    if not library.search.is_list:
        return
    made = {id(one): Feeds(one) for one in (library, *library.each)}

    async def feed(request: Request, chosen: Library) -> Response:
        path = request.scope["route"].path
        # The gate let in no host but those that this server is asked by.
        host = request.headers.get("x-forwarded-host", request.url.netloc).partition(",")[0].strip()
        query = "" if chosen is library else f"?{urlencode({'list': library.key_of(chosen)})}"
        home = f"{request.url.scheme}://{host}{root_path}"
        text = await made[id(chosen)].text(path, home, query)
        return await sent(request, text.encode(), feeds.MEDIA_TYPES[PATHS[path]])

    answer = of_list(library, feed)
    for path in PATHS:
        app.add_api_route(path, answer, methods=["GET", "HEAD"], response_class=Response)


def links(library: Library, root_path: str = "") -> str:
    """What says, in the head of the page, where its feeds are."""
    if not library.search.is_list:
        return ""
    return "".join(
        f'<link rel="alternate" type="{feeds.MEDIA_TYPES[form]}" title="{escape(title)}" '
        f'href="{escape(root_path)}{path}{escape(query)}">'
        for title, query in queries(library)
        for path, form in PATHS.items()
    )


def queries(library: Library) -> list[tuple[str, str]]:
    """The title of each feed, and the query of its address: "" of a single list."""
    if not library.names:
        return [(library.title, "")]
    pairs = zip(library.names, library.keys, strict=True)
    return [(name, f"?{urlencode({'list': key})}") for name, key in pairs]
