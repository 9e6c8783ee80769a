"""An encoder whose arithmetic can be done by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

AXES = ("video", "graph", "audio", "text")


class WordEncoder:
    """Counts the words of ``AXES``, one axis each and a last one for none of them; unit length.

    "video" is (1, 0, 0, 0, 0), "video graph" is (√½, √½, 0, 0, 0), "anything" (0, 0, 0, 0, 1).
    """

    fingerprint = "words-1"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        self.encoded += texts
        rows = []
        for text in texts:
            words = text.casefold().replace(".", " ").replace(",", " ").split()
            counts = [words.count(axis) for axis in AXES]
            row = np.array([*counts, 0 if any(counts) else 1], dtype=np.float32)
            rows.append(row / np.linalg.norm(row))
        return np.stack(rows) if rows else np.zeros((0, len(AXES) + 1), dtype=np.float32)
