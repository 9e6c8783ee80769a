"""The map at ``/map.json``, for which the page asks once somebody opens its tab.

Of several lists, ``?list=`` names one; without it, it is that of the first.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from ssm_search import Search, maps
from ssm_search_app.bounds import refusal
from ssm_search_app.library import Library

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


def _takes_gzip(accepted: str) -> bool:
    """Whether who sends this Accept-Encoding reads gzip (RFC 9110, 12.5.3): "gzip;q=0" says no."""
    weights = {}
    for one in accepted.casefold().split(","):
        name, _, weight = one.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    said = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return re.fullmatch(r"q=0(\.0{0,3})?", said) is None


def add_map(app: FastAPI, library: Library) -> None:
    """Let ``app`` answer for the map of a list; a large corpus has none."""
    if not library.search.is_list:
        return
    made = {id(one): MapFile(one) for one in library.each}

    async def answer(request: Request) -> Response:
        name = request.query_params.get("list", "")
        chosen = library.find(name)
        if chosen is None:
            return refusal(404, library.refusal_of(name))
        packed = await made[id(chosen.each[0])].packed()  # there is no map of several lists
        tag = f'"{hashlib.sha256(packed).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
        else:
            packed = await run_in_threadpool(gzip.decompress, packed)
        return Response(packed, headers=headers, media_type="application/json")

    app.add_api_route(PATH, answer, methods=["GET", "HEAD"], response_class=Response)
