"""BM25: how much it says of a row to have a term, by Lucene's formula."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

K1 = 1.2  # Lucene's defaults, Robertson & Zaragoza 2009, "The Probabilistic Relevance
B = 0.75  # Framework: BM25 and Beyond"; not tuned here
MAX_COUNT = 255  # of a term in a paper: more of the same say nothing new


def idf(n: int, having: int) -> float:
    """How much it says of a row to have a term that ``having`` of ``n`` rows have (Lucene's)."""
    return math.log(1 + (n - having + 0.5) / (having + 0.5))


def length_norm(length: float | NDArray[Any], mean_length: float) -> Any:
    """What BM25 adds to the count of a term for the length of its row; shaped as ``length``.

    A row that has a term ``count`` times has ``count / (count + length_norm(…))`` of it.

    Args:
        length: how many terms a row has, or each row, shape (n,).
        mean_length: how many rows have on average.
    """
    return K1 * (1 - B + B * length / mean_length)
