"""The map at ``/map.json``, for which the page asks once somebody opens its tab.

Of several lists, ``?list=`` names one; without it, it is that of the first.
"""

from __future__ import annotations

import asyncio
import gzip

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from ssm_search import Search, maps
from ssm_search_app.library import Library
from ssm_search_app.sending import of_list, sent

PATH = "/map.json"


class MapFile:
    """The map of a library, packed; it is made once for each index that it answers from."""

    def __init__(self, library: Library):
        self._library = library
        self._search: Search | None = None
        self._packed = b""
        # Those who wait for the names on it hold no thread, which answers need.
        self._lock = asyncio.Lock()

    async def packed(self) -> bytes:
        """The map as JSON, in gzip's format: a fourth of its size."""
        async with self._lock:
            search = self._library.listed
            if self._search is not search:
                self._packed = await run_in_threadpool(_written, search)
                self._search = search
            return self._packed


def _written(search: Search) -> bytes:
    text = maps.script_json(maps.map_data(search)).encode(errors="replace")
    return gzip.compress(text, mtime=0)


def add_map(app: FastAPI, library: Library) -> None:
    """Let ``app`` answer for the map of a list; a large corpus has none."""
    if not library.search.is_list:
        return
    made = {id(one): MapFile(one) for one in library.each}

    async def answer(request: Request, chosen: Library) -> Response:
        packed = await made[id(chosen.each[0])].packed()  # there is no map of several lists
        return await sent(request, packed, "application/json", packed=True)

    app.add_api_route(
        PATH, of_list(library, answer), methods=["GET", "HEAD"], response_class=Response
    )
