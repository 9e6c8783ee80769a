"""How scores become an order: pure NumPy, no papers, no files.

Everywhere a higher score is better, and arrays are indexed by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ssm_search.vectors import cosines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MANY = 4  # times as many rows as are wanted: then only the best of them are put in order

DISLIKE_WEIGHT = 0.2
"""Share of what is disliked against what is liked: γ/β = 0.15/0.75, as Manning, Raghavan & Schütze
2008, "Introduction to Information Retrieval", 9.1.1, advise for Rocchio's formula."""

NOT_WANTED_WEIGHT = 1.0
"""Share of what a question says it does not want against what it asks for. A wish in so many words
counts for more than the example of a paper that is disliked."""


def z_scores(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring ``scores`` to mean 0 and standard deviation 1; all zero if they are all the same.

    Makes scores of different kinds addable, whatever their scale.
    """
    if scores.size == 0:
        return scores
    return standardized(scores, float(scores.mean()), float(scores.std()))


def standardized(scores: NDArray[np.float32], mean: float, deviation: float) -> NDArray[np.float32]:
    """Bring ``scores`` of some rows to z-scores by the mean and deviation of all rows; (n,)."""
    if deviation < 1e-6:  # no term found, or a single row: nothing to tell rows apart by
        return np.zeros_like(scores)
    return np.asarray((scores - mean) / deviation, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the three signals in a score."""

    bm25: float
    cosine: float
    late: float


class Asked(Protocol):
    """What rows are scored for."""

    @property
    def vector(self) -> NDArray[np.float32]:
        """A unit vector, shape (d,)."""

    @property
    def word_vectors(self) -> NDArray[np.float32]:
        """Unit vectors of words, shape (t, w); none where the encoder gives none."""

    @property
    def word_weights(self) -> NDArray[np.float32]:
        """How much each of these words matters, shape (t,); they sum to 1."""

    @property
    def stems(self) -> Sequence[str]:
        """The terms to look for, repeated as they are in the question."""

    @property
    def weights(self) -> Weights:
        """The shares of the three signals in a score."""


FOR_QUESTIONS = Weights(bm25=0.2, cosine=0.3, late=0.5)
"""Of 1,453 known items .842 are found first, of the answers to 175 real questions .655 among the
first five and .748 among the first ten; by .2/.35/.45 .844, .650 and .742, by .2/.4/.4 .842, .656
and .748, by .15/.35/.5 .839, .667 and .745, by .25/.25/.5 .840, .645 and .728, within chance of
each other. Of the papers with a topic of two to four words in their titles, .673 are among the
first ten, by the others .669, .660, .664 and .675. Reciprocal rank fusion is no better in any."""

FOR_PAPERS = Weights(bm25=0.0, cosine=0.7, late=0.3)
"""For what is like a paper, whose title's words are what late interaction is asked for: of the
first ten .391 stand under its heading, by the vector alone .384, by late interaction alone .352, by
BM25 of the whole text .335 (``make bench-related``); at one half each it was .404 where .7 and .3
were .411."""


def fused(
    weights: Weights,
    bm25: NDArray[np.float32],
    cosine: NDArray[np.float32],
    late: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """The weighted mean of standardized signals, one score a row, shape (n,).

    Args:
        bm25, cosine, late: z-scores, shape (n,); without ``late`` the other two count by their
            shares of each other.
    """
    total = weights.bm25 * bm25 + weights.cosine * cosine
    if late is None:
        return np.asarray(total / (weights.bm25 + weights.cosine), dtype=np.float32)
    total = total + weights.late * late
    return np.asarray(total / (weights.bm25 + weights.cosine + weights.late), dtype=np.float32)


def put_first(scores: NDArray[np.float32], rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Raise the scores of ``rows``, a mask, by one amount, so that each is above all others."""
    if not rows.any() or rows.all():
        return scores
    lift = max(0.0, float(scores[~rows].max() - scores[rows].min())) + 1.0
    return np.where(rows, scores + np.float32(lift), scores)


def top_rows(scores: NDArray[np.float32], k: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The ``k`` best allowed rows, best first; equal scores keep the order of the rows."""
    rows = np.flatnonzero(allowed)
    if len(rows) > MANY * k:
        kept = scores[rows]
        rows = rows[kept >= np.partition(kept, len(kept) - k)[len(kept) - k]]
    order = np.argsort(-scores[rows], kind="stable")
    return rows[order[:k]]


def rocchio(
    liked: Sequence[NDArray[np.float32]], disliked: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Mean score for what is liked, less a share of that for what is disliked (Rocchio 1971).

    Args:
        liked: for each liked paper the score of every row, shape (n,); at least one.
        disliked: the same for each disliked paper; may be empty.
    """
    scores = np.mean(liked, axis=0)
    if len(disliked):
        scores = scores - DISLIKE_WEIGHT * np.mean(disliked, axis=0)
    return np.asarray(scores, dtype=np.float32)


def pushed_away(scores: NDArray[np.float32], unwanted: NDArray[np.float32]) -> NDArray[np.float32]:
    """``scores``, less how much each row is about anything that is not wanted; shape (n,).

    Args:
        unwanted: for each such thing the score of every row, shape (u, n). Only what is above the
            mean of all papers counts: to be far from it is no merit.
    """
    if not len(unwanted):
        return scores
    most = np.maximum(unwanted.max(axis=0), 0)
    return np.asarray(scores - NOT_WANTED_WEIGHT * most, dtype=np.float32)


def mmr(
    scores: NDArray[np.float32], vectors: NDArray[np.float32], k: int, diversity: float
) -> NDArray[np.int64]:
    """The ``k`` rows of maximal marginal relevance, in the order they are chosen.

    Each is the one with the highest (1 − diversity) · relevance − diversity · (largest cosine to
    those chosen before), relevance being the score brought to [0, 1] over the rows given
    (Carbonell & Goldstein 1998, "The Use of MMR, Diversity-Based Reranking").

    Args:
        scores: shape (n,).
        vectors: unit vectors, shape (n, d).
        diversity: 0 orders by score, 1 by difference alone.
    """
    spread = float(np.ptp(scores)) if len(scores) else 0.0
    relevance = (scores - scores.min()) / spread if spread else np.zeros_like(scores)
    nearest = np.zeros(len(scores), dtype=np.float32)
    left = np.ones(len(scores), dtype=bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < k:
        value = np.where(left, (1 - diversity) * relevance - diversity * nearest, -np.inf)
        best = int(value.argmax())
        chosen.append(best)
        left[best] = False
        similarity = cosines(vectors, vectors[best])
        nearest = similarity if len(chosen) == 1 else np.maximum(nearest, similarity)
    return np.array(chosen, dtype=np.int64)
