"""Numbers and unit vectors → few bytes, and bytes → text: what a script for a browser carries."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (-1.510, -0.4528, 0.4528, 1.510)
"""What the two bits of a coordinate stand for, times 1/√w: the four levels that lose least of a
normal distribution (Max 1960, "Quantizing for Minimum Distortion", table I), which coordinates of
a unit vector in w dimensions nearly have. A code's vector is brought to length 1 again."""

_ENDING = re.compile("[<\u2028\u2029\ud800-\udfff]")
"""What may end a script, or a line of it, or is no text that a file can hold."""


def coded(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Unit vectors, shape (n, w), as two bits a coordinate, the first lowest; uint8, (n, ⌈w/4⌉)."""
    width = vectors.shape[1]
    bounds = (np.array(LEVELS[1:]) + np.array(LEVELS[:-1])) / 2 / np.sqrt(max(width, 1))
    codes = np.searchsorted(bounds, vectors, side="right").astype(np.uint8)
    codes = np.pad(codes, ((0, 0), (0, -width % 4))).reshape(len(vectors), -1, 4)
    return np.asarray((codes << np.array([0, 2, 4, 6], np.uint8)).sum(axis=2), dtype=np.uint8)


def varints(numbers: Iterable[int]) -> bytes:
    """Whole numbers from 0 as seven bits a byte, the lowest first; the high bit says more come."""
    out = bytearray()
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


def text_of(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def script_call(part: str, value: Any) -> bytes:
    """A script that hands ``value``, of JSON types, to ``ssmSearch.add`` as one of its parts.

    Nothing in it can end the script, or a line of it, wherever it stands.
    """
    text = json.dumps({part: value}, ensure_ascii=False, separators=(",", ":"))
    return f"ssmSearch.add({_ENDING.sub(_escaped, text)});\n".encode()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
