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

BLOCK = 32_768  # words that are made floats and compared at once: 8 MB


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
        block = stored[starts[first] : starts[end]].astype(np.float32)
        cosines = product(block, scaled)
        nearest[first:end] = np.maximum.reduceat(cosines, starts[first:end] - starts[first])
        first = end
    return nearest
