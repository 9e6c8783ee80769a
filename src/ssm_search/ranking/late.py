"""Late interaction: the words of a question meet the words of papers.

Of each of the question's words the nearest word of a paper is taken, and these cosines are added up
by the words' weights: ColBERT's MaxSim (Khattab & Zaharia 2020, "ColBERT: Efficient and Effective
Passage Search via Contextualized Late Interaction over BERT"), a mean here instead of a sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ssm_search.ranking.fusion import product

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
    return np.asarray(product(nearest_words(words, stored, starts), weights), dtype=np.float32)


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
    nearest = np.empty((len(starts) - 1, len(words)), dtype=np.float32)
    scaled = np.ascontiguousarray(words.T / np.float32(127))
    first = 0
    while first < len(nearest):
        # As many whole papers as fit into a block, one at least.
        end = int(np.searchsorted(starts, starts[first] + BLOCK, side="right")) - 1
        end = min(max(end, first + 1), len(nearest))
        cosines = _product(stored[starts[first] : starts[end]], scaled)
        nearest[first:end] = np.maximum.reduceat(cosines, starts[first:end] - starts[first])
        first = end
    return nearest


def _product(left: NDArray[np.int8], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute ``left @ right`` on this thread alone, by parts of the rows of ``left``."""
    rows = min(max(1, ALONE // max(right.size, 1)), len(left))
    parts = np.zeros((-(-len(left) // rows), rows, len(right)), dtype=np.float32)
    parts.reshape(-1, len(right))[: len(left)] = left
    return product(parts, right).reshape(-1, right.shape[1])[: len(left)]
