"""Late interaction: the words of a question meet the words of papers.

Of each of the question's words the nearest word of a paper is taken, and these cosines are added up
by the words' weights: ColBERT's MaxSim (Khattab & Zaharia 2020, "ColBERT: Efficient and Effective
Passage Search via Contextualized Late Interaction over BERT"), a mean here instead of a sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ssm_search.vectors import WORD_LEVELS, cosines, product

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 4_096
"""Words that are made floats and compared at once: 1 MB, which stays near the processor. Of 25,000
with 27 of a question, on one core, 8,192, 4,096, 2,048 and 1,024 take 1.8, 1.7, 1.8 and 1.9 ms."""
ALONE = 1 << 18
"""Multiplications that OpenBLAS does not share among threads (its SMP_THRESHOLD_MIN times
GEMM_MULTITHREAD_THRESHOLD). Shared, the same takes 1.8 ms where two cores are idle, and 12 ms where
one is busy, for which the other waits; in parts of this size 1.7 ms either way."""


def late_interaction(
    words: NDArray[np.float32],
    weights: NDArray[np.float32],
    stored: NDArray[np.int8],
    starts: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Σ weight · the largest cosine of each word with any word of a paper; float32, shape (m,).

    Args:
        words: unit vectors of a question's words, shape (t, w).
        weights: of these words, shape (t,), which sum to 1.
        stored, starts: the papers' words, as :func:`nearest_words` has them.
    """
    return cosines(nearest_words(words, stored, starts), weights)


def nearest_words(
    words: NDArray[np.float32], stored: NDArray[np.int8], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The largest cosine of each of ``words`` with any word of each paper; float32, shape (m, t).

    Args:
        words: unit vectors, shape (t, w).
        stored: unit vectors of the papers' words times 127, shape (u, w).
        starts: shape (m + 1,); the words of paper i are those from ``starts[i]`` up to
            ``starts[i + 1]``; at least one each.
    """
    nearest = np.empty((len(words), len(starts) - 1), dtype=np.float32)
    first = 0
    while first < len(starts) - 1:
        # As many whole papers as fit into a block, one at least.
        end = int(np.searchsorted(starts, starts[first] + BLOCK, side="right")) - 1
        end = max(end, first + 1)
        met = word_cosines(words, stored[starts[first] : starts[end]])
        # A word's cosines lie side by side: by columns, it would take three times as long.
        inside = starts[first:end] - starts[first]
        nearest[:, first:end] = np.maximum.reduceat(met, inside, axis=1)
        first = end
    return nearest.T


def word_cosines(words: NDArray[np.float32], stored: NDArray[np.int8]) -> NDArray[np.float32]:
    """The cosine of each of ``words`` with each that is stored, on this thread alone.

    Args:
        words: unit vectors, shape (t, w).
        stored: unit vectors times 127, shape (u, w).

    Returns:
        float32, shape (t, u).
    """
    count, width = words.shape
    rows = min(max(1, ALONE // max(words.size, 1)), max(len(stored), 1))
    parts = np.zeros((-(-len(stored) // rows), rows, width), dtype=np.float32)
    parts.reshape(-1, width)[: len(stored)] = stored
    found = np.empty((count, len(parts), rows), dtype=np.float32)
    product(words / np.float32(WORD_LEVELS), parts.transpose(0, 2, 1), found.transpose(1, 0, 2))
    return found.reshape(count, len(parts) * rows)[:, : len(stored)]
