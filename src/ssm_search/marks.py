"""Texts with piles of marks on a letter → texts that can be normalized in no time.

To normalize a text, its combining marks are sorted, by insertion: 80,000 of them on one letter take
5 s, and four times as many 16 times as long. No script puts more than a few on a letter; Unicode's
Stream-Safe Text Format (UAX #15, section 13) allows ``MOST_MARKS``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

MOST_MARKS = 30


def normalized(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """``text`` in a normal form of Unicode, in time that grows with its length alone."""
    return unicodedata.normalize(form, without_piles(text))


def without_piles(text: str) -> str:
    """``text`` with no more than ``MOST_MARKS`` combining marks in a row, the first of each."""
    # Which characters there are is told 20 times sooner than where, and few texts have any marks.
    if text.isascii() or not any(map(unicodedata.combining, set(text))):
        return text
    return _pile().sub(r"\1", text)


@cache
def _pile() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in range(0x20000) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")
