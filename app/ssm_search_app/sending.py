"""What is sent to whom: nothing to who has it already, packed for who can unpack it."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from ssm_search_app.bounds import refusal
from ssm_search_app.library import Library


def tag_of(content: bytes) -> str:
    """The ETag of what is the same as long as ``content`` is (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def has(headers: Mapping[str, str], tag: str) -> bool:
    """Whether who sends these headers has what is tagged so (RFC 9110, 13.1.2)."""
    seen = headers.get("if-none-match", "")
    return tag in (one.strip().removeprefix("W/") for one in seen.split(","))


def tagged(tag: str) -> dict[str, str]:
    """The headers of what may be kept, and is asked about each time."""
    return {"ETag": tag, "Cache-Control": "no-cache"}


async def sent(
    request: Request, content: bytes, media_type: str, *, packed: bool = False
) -> Response:
    """The answer to ``request``.

    Args:
        packed: whether ``content`` is in gzip's format; it is unpacked for who does not take that.
    """
    tag = tag_of(content)
    headers = tagged(tag)
    if packed:
        headers["Vary"] = "Accept-Encoding"
    if has(request.headers, tag):
        return Response(status_code=304, headers=headers)
    if packed and _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
    elif packed:
        content = await run_in_threadpool(gzip.decompress, content)
    return Response(content, headers=headers, media_type=media_type)


def of_list(
    library: Library, answer: Callable[[Request, Library], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """``answer`` of the list that ``?list=`` names, of the library without it; else a refusal."""

    async def of_named(request: Request) -> Response:
        name = request.query_params.get("list", "")
        chosen = library.find(name)
        if chosen is None:
            return refusal(404, library.refusal_of(name))
        return await answer(request, chosen)

    return of_named


def _takes_gzip(accepted: str) -> bool:
    """Whether who sends this Accept-Encoding reads gzip (RFC 9110, 12.5.3): "gzip;q=0" says no."""
    weights = {}
    for one in accepted.casefold().split(","):
        name, _, weight = one.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    said = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return re.fullmatch(r"q=0(\.0{0,3})?", said) is None
