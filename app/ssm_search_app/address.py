"""A search as a web address, and back: links that show the same answers to everyone."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import get_args
from urllib.parse import parse_qsl, urlencode

from ssm_search_app.bounds import MAX_TEXT
from ssm_search_app.tools import Code

MOST_ANSWERS = 50
CODES: tuple[str, ...] = get_args(Code)
ORDERS = ("relevance", "date")
MAX_ADDRESS = 16_000  # characters; servers and proxies take 8,000 to 64,000 bytes
MAX_FIELDS = 50


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for on the page; the names are those in the address."""

    q: str = ""
    category: str = ""
    year_from: int = 0
    year_to: int = 0
    venue: str = ""
    code: str = "any"
    k: int = 10
    order: str = "relevance"
    list: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the question and the list differs from what one starts with."""
        return replace(self, q="", list="") != Search()


def to_address(search: Search) -> str:
    """The query part of an address, with "?"; what is as at the start is left out.

    A search too long for an address that servers take has none: "".
    """
    pairs = {f.name: getattr(search, f.name) for f in fields(Search)}
    told = {name: value for name, value in pairs.items() if value != getattr(Search(), name)}
    address = f"?{urlencode(told, errors='replace')}" if told else ""
    return address if len(address) <= MAX_ADDRESS else ""


def from_address(address: object) -> Search:
    """The inverse of :func:`to_address`; whatever makes no sense is as at the start."""
    if not isinstance(address, str) or len(address) > MAX_ADDRESS:
        return Search()
    try:
        pairs = parse_qsl(address.removeprefix("?"), max_num_fields=MAX_FIELDS)
    except ValueError:
        return Search()
    return checked(dict(pairs))


def checked(pairs: dict[str, str]) -> Search:
    """A search from what a browser sent."""
    code, order = pairs.get("code", ""), pairs.get("order", "")
    return Search(
        q=pairs.get("q", "")[:MAX_TEXT],
        category=pairs.get("category", "")[:MAX_TEXT],
        year_from=_number(pairs.get("year_from", ""), 0, 9999),
        year_to=_number(pairs.get("year_to", ""), 0, 9999),
        venue=pairs.get("venue", "")[:MAX_TEXT],
        code=code if code in CODES else "any",
        k=_number(pairs.get("k", ""), 1, MOST_ANSWERS) or Search().k,
        order=order if order in ORDERS else "relevance",
        list=pairs.get("list", "")[:MAX_TEXT],
    )


def _number(text: str, low: int, high: int) -> int:
    """0 for what is none."""
    return (
        min(max(int(text), low), high) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    )
