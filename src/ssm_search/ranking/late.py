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
        stored: unit vectors of the papers' words times 127, shape (u, w).
        starts: shape (m + 1,); the words of paper i are those from ``starts[i]`` up to
            ``starts[i + 1]``; at least one each.
    """
    scores = np.empty(len(starts) - 1, dtype=np.float32)
    scaled = np.ascontiguousarray(words.T / np.float32(127))
    first = 0
    while first < len(scores):
        # As many whole papers as fit into a block, one at least.
        end = int(np.searchsorted(starts, starts[first] + BLOCK, side="right")) - 1
        end = min(max(end, first + 1), len(scores))
        block = stored[starts[first] : starts[end]].astype(np.float32)
        nearest = np.maximum.reduceat(product(block, scaled), starts[first:end] - starts[first])
        scores[first:end] = product(nearest, weights)
        first = end
    return scores
