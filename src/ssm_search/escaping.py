"""What comes from strangers → Markdown that shows it as it is."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

# Characters that no title needs: controls, halves of pairs, and those that turn the line around.
_UNWANTED = re.compile(
    "[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_OPENS_A_BLOCK = re.compile(
    r"(?:#{1,6}|[-+])(?= |\Z)|(?P<number>\d{1,9})(?=[.)](?: |\Z))|>|[-=]{3,}\Z|=+\Z"
)


def escaped_title(title: str, *, in_table: bool) -> str:
    """``title`` on one line so that Markdown shows it as it is; it may come from a stranger.

    What would be HTML becomes a character reference, which is safe inside of HTML too.
    """
    title = " ".join(_UNWANTED.sub("", title).split())
    title = re.sub(r"([\\`*]|(?<!\w)_|_(?!\w)|~(?=~))", r"\\\1", title)
    title = re.sub(r"&(?=#?\w+;)", "&amp;", title).replace("<", "&lt;")
    if "](" in title or not _balanced(title):
        title = re.sub(r"([\[\]])", r"\\\1", title)
    if opening := _OPENS_A_BLOCK.match(title):
        at = opening.end() if opening["number"] else 0
        title = f"{title[:at]}\\{title[at:]}"
    return title.replace("|", "\\|") if in_table else title


def escaped_address(url: str) -> str:
    """``url`` so that it ends neither a link nor a table cell; "" unless it is http(s)."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return ""
        return quote(url.strip(), safe="%/:=&?~#+!$,;@*-._")
    except ValueError:  # half of an IPv6 address, half of a surrogate pair
        return ""


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if depth < 0:
            return False
    return depth == 0
