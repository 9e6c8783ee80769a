"""TeX and Markdown as abstracts have them → plain text in Unicode."""

from __future__ import annotations

import logging
import re
from functools import lru_cache

MOST_CHARS = 4_000  # of a text; a longer one is no sentence, and stays as it is
_SIGNS = re.compile(r"[\\$`]|\*\*|\{[^{}]*\}|\]\(")
# As Pandoc tells math from prices: no space inside the dollars, no digit behind them.
_MATH = re.compile(r"(?<!\\)\$(?!(?=\S)[^$]{1,400}?(?<=\S)(?<!\\)\$(?!\d))")
_MATH = re.compile(r"(?<!\\)\$(?=\S)[^$]{1,400}?(?<=\S)(?<!\\)\$(?!\d)")
_BARE = re.compile(r"(?<!\\)[%&#]")
_MARKDOWN = [
    (re.compile(r"\\href\{[^{}]{0,500}\}\{([^{}]{1,300})\}"), r"\1"),
    (re.compile(r"!?\[([^\[\]]{1,300})\]\((?:https?:|[/#.])[^()\s]{1,500}\)"), r"\1"),
    (re.compile(r"\*\*(?=\S)([^*]{1,300}?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"`([^`]{1,300})`"), r"\1"),
]


@lru_cache(maxsize=4096)
def plain_text(text: str) -> str:
    r"""``text`` without the marks of TeX and Markdown: "$\alpha$-nets" is "α-nets".

    What cannot be read as TeX stays as it is.
    """
    if len(text) > MOST_CHARS or not _SIGNS.search(text):
        return text
    plain = text
    for pattern, kept in _MARKDOWN:
        plain = pattern.sub(kept, plain)
    escaped = _BARE.sub(lambda sign: "\\" + sign.group(), _without_prices(plain))
    from pylatexenc.latex2text import LatexNodes2Text  # type: ignore[import-untyped]

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # what is no TeX is no news
    try:
        plain = LatexNodes2Text(math_mode="text").latex_to_text(escaped)
    except Exception:  # whatever a stranger's TeX does to a parser, the text can still be read
        return plain
    unread = "%s" in plain and "%s" not in text  # a macro without what it takes
    return text if unread else " ".join(plain.split()) or text


def _without_prices(text: str) -> str:
    """``text`` with dollars that begin no formula escaped."""
    parts, at = [], 0
    for match in _MATH.finditer(text):
        parts += [re.sub(r"(?<!\\)\$", r"\\$", text[at : match.start()]), match.group()]
        at = match.end()
    return "".join([*parts, re.sub(r"(?<!\\)\$", r"\\$", text[at:])])
