"""Vectors → the two groups that they fall into, and how clear these are; without scikit-learn.

To import that took three fifths of the processor that a list is examined with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

STARTS = 10
"""Cuts that are begun at random, of which the best is kept; as many as scikit-learn's KMeans was
given. All 804 headings of real lists fall into the same groups by it."""
TRIES = 2  # at the second centre of a start, of which the better is taken
ROUNDS = 300


def two_groups(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """0 or 1 for each row, by 2-means from k-means++ (Arthur & Vassilvitskii 2007).

    Args:
        vectors: shape (n, d), of which at least two differ.
    """
    chance = np.random.RandomState(0)
    rows = np.float64(vectors) - vectors.mean(axis=0, dtype=np.float64)
    cuts = [_cut(rows, _centres(rows, chance)) for _ in range(STARTS)]
    return min(cuts, key=lambda cut: round(cut[0], 6))[1]


def silhouette(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> float:
    """The mean silhouette of unit vectors in two groups by cosine (Rousseeuw 1987)."""
    apart = np.clip(1 - product(vectors, vectors.T), 0, 2)
    np.fill_diagonal(apart, 0)
    sizes = np.bincount(groups, minlength=2)
    sums = np.stack([apart[:, groups == group].sum(axis=1) for group in (0, 1)], axis=1)
    rows = np.arange(len(vectors))
    own = sums[rows, groups] / np.maximum(sizes[groups] - 1, 1)
    other = sums[rows, 1 - groups] / sizes[1 - groups]
    score = (other - own) / np.maximum(np.maximum(own, other), 1e-12)
    return float(np.where(sizes[groups] > 1, score, 0).mean())


def _centres(rows: NDArray[np.float64], chance: np.random.RandomState) -> NDArray[np.float64]:
    """A row at random, and one that is likelier the farther it is from that."""
    first = rows[chance.choice(len(rows), p=np.full(len(rows), 1 / len(rows)))]
    far = _squares(rows - first)
    picks = np.searchsorted(far.cumsum(), chance.uniform(size=TRIES) * far.sum())
    seconds = rows[np.minimum(picks, len(rows) - 1)]
    left = [np.minimum(far, _squares(rows - second)).sum() for second in seconds]
    return np.stack([first, seconds[int(np.argmin(left))]])


def _cut(
    rows: NDArray[np.float64], centres: NDArray[np.float64]
) -> tuple[float, NDArray[np.int64]]:
    """How far rows are from the centres of their groups, squared, and these groups."""
    groups = np.full(len(rows), -1)
    for _ in range(ROUNDS):
        nearer = (product(rows, centres.T) - _squares(centres) / 2).argmax(axis=1)
        if np.array_equal(nearer, groups):
            break
        groups = nearer
        centres = np.stack([rows[groups == group].mean(axis=0) for group in (0, 1)])
    return float(_squares(rows - centres[groups]).sum()), groups


def _squares(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.square(rows).sum(axis=1))
