"""What tells the papers of a list from others, and how well any paper fits that."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.index import MemoryIndex
from ssm_search.segments import SegmentedIndex
from ssm_search.vectors import cosines, product

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen on three lists that `make bench-discover` does not report, a third of each hidden among
# 25,000 papers; recall at 100 and 500: the direction alone .83 and .97, the terms alone .69 and
# .95, together .85 and .97; the mean of the list .49 and .71. Among 18,000 papers, 30 or 300 terms,
# a shrinkage of 1, and more weight on the terms did no better.
TERMS = 100  # that tell the list's papers from others
TERMS_WEIGHT = 0.3  # against the direction
SHRINKAGE = 0.1  # of the covariance of all papers towards a ball, in its own mean variance

SAMPLED = 50_000  # papers of the corpus by which the covariance is estimated
WANTED = 0.05
"""Share of a corpus that is not taken for others because it lies nearest to the list: a small
corpus may be full of what is looked for. It costs no recall in a large one."""
FOLDS = 5
REJECTED_WEIGHT = 0.25  # as far as Rocchio's formula keeps away from what is not wanted


@dataclass(frozen=True, slots=True)
class Profile:
    """What tells the papers of a list from others.

    Attributes:
        direction: a vector, shape (d,); the larger the inner product, the more like the list.
        terms: weights of stems.
    """

    direction: NDArray[np.float32]
    terms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fits:
    """How well the papers of a corpus fit a list.

    Attributes:
        scores: of all rows of the corpus, shape (n,); the higher, the better.
        of_listed: of the listed papers, each as if it was not listed, shape (m,).
        profile: by which the corpus was judged.
    """

    scores: NDArray[np.float32]
    of_listed: NDArray[np.float32]
    profile: Profile

    def fit(self, row: int) -> float:
        """The share of the listed papers that fit no better than a row of the corpus."""
        return float((self.of_listed <= self.scores[row]).mean())


def fits(
    listed: MemoryIndex,
    corpus: MemoryIndex | SegmentedIndex,
    unwanted: NDArray[np.float32] | None = None,
) -> Fits:
    """Judge all rows of ``corpus``, against whose papers those that are ``listed`` are compared.

    Args:
        unwanted: vectors of papers that were rejected, shape (r, d); what is like them fits worse.
    """
    fitting = Fitting(listed, corpus, unwanted)
    everyone = np.arange(len(listed))
    fold = np.random.default_rng(0).permutation(len(listed)) % FOLDS
    held_out = np.zeros(len(listed), dtype=np.float32)
    for number in range(FOLDS):
        scorer = fitting.scorer(fitting.profile(everyone[fold != number]))
        held_out[fold == number] = scorer(listed)[fold == number]
    profile = fitting.profile(everyone)
    return Fits(fitting.scorer(profile)(corpus), held_out, profile)


class Fitting:
    """Learns from the papers of a list, against those of a corpus."""

    def __init__(
        self,
        listed: MemoryIndex,
        corpus: MemoryIndex | SegmentedIndex,
        unwanted: NDArray[np.float32] | None = None,
    ):
        """Take what :func:`fits` takes."""
        self._listed, self._corpus, self._unwanted = listed, corpus, unwanted
        self._stems = listed.stems_of_rows()
        self._others = _others(corpus, listed.paper_vectors.mean(axis=0))
        self._mean, self._spread = _moments(corpus, self._others)
        self._having = cache(corpus.having)

    def profile(self, rows: NDArray[np.int64]) -> Profile:
        """What tells some of the listed papers, by their row numbers, from the corpus."""
        # Fisher's linear discriminant (1936).
        wanted = self._listed.paper_vectors[rows].mean(axis=0) - self._mean
        if self._unwanted is not None and len(self._unwanted):
            wanted = wanted - REJECTED_WEIGHT * (self._unwanted.mean(axis=0) - self._mean)
        direction = np.linalg.solve(self._spread, wanted)
        counts = Counter(stem for row in rows for stem in self._stems[row])
        weights = weighted_terms(counts, len(rows), self._having, len(self._corpus))
        best = sorted(weights, key=lambda term: (-counts[term] * weights[term], term))
        terms = {term: weights[term] for term in best[:TERMS] if weights[term] > 0}
        return Profile(direction.astype(np.float32), terms)

    def scorer(self, profile: Profile) -> Scorer:
        """Scores by ``profile``, each kind with mean 0 and deviation 1 over most of the corpus."""
        dense, terms = _parts(self._corpus, profile, self._corpus.mean_length)
        of_others = dense[self._others], terms[self._others]
        return Scorer(profile, of_others, self._corpus.mean_length)


def weighted_terms(
    counts: Mapping[str, int], papers: int, having: Callable[[str], float], n: int
) -> dict[str, float]:
    """How much each term tells papers from others: Robertson & Spärck Jones' weight (1976).

    Those that tell most have the largest products of weight and count, their offer weights
    (Robertson 1990, "On Term Selection for Query Expansion").

    Args:
        counts: how many of the ``papers`` have each term.
        having: how many of ``n`` others have a term.
    """
    weights: dict[str, float] = {}
    for term, count in counts.items():
        if count < 2:  # one paper's own words
            continue
        everywhere = having(term)
        odds = (count + 0.5) / (papers - count + 0.5)
        weights[term] = math.log(odds / ((everywhere + 0.5) / (n - everywhere + 0.5)))
    return weights


class Scorer:
    """Scores rows by a profile."""

    def __init__(
        self,
        profile: Profile,
        of_others: tuple[NDArray[np.float32], NDArray[np.float32]],
        mean_length: float,
    ):
        self._profile = profile
        self._mean_length = mean_length
        self._scales = [
            (float(found.mean()), float(found.std()) if np.ptp(found) > 1e-6 else 1.0)
            for found in of_others
        ]

    def __call__(self, index: MemoryIndex | SegmentedIndex) -> NDArray[np.float32]:
        """The scores of all n rows of ``index``, shape (n,); the higher, the more like the list."""
        dense, terms = (
            (found - mean) / deviation
            for found, (mean, deviation) in zip(
                _parts(index, self._profile, self._mean_length), self._scales, strict=True
            )
        )
        return np.asarray((1 - TERMS_WEIGHT) * dense + TERMS_WEIGHT * terms, dtype=np.float32)


def _parts(
    index: MemoryIndex | SegmentedIndex, profile: Profile, mean_length: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far each row lies in the direction, and what its terms weigh; shape (n,) each."""
    dense = np.concatenate([cosines(part, profile.direction) for part in index.vector_blocks()])
    terms = np.zeros(len(index), dtype=np.float32)
    for term, weight in profile.terms.items():
        rows, found = index.term_frequencies(term, mean_length)
        terms[rows] += np.float32(weight) * found
    return dense, terms


def _others(index: MemoryIndex | SegmentedIndex, centre: NDArray[np.float32]) -> NDArray[np.bool_]:
    """All rows but those nearest to ``centre``, shape (d,), of the list; a mask, shape (n,)."""
    near = np.concatenate([cosines(part, centre) for part in index.vector_blocks()])
    # Away from the middle of the corpus, that is: what all papers share says nothing.
    mean = _sample(index).mean(axis=0).astype(np.float32)
    near -= np.concatenate([cosines(part, mean) for part in index.vector_blocks()])
    return np.asarray(near <= np.quantile(near, 1 - WANTED))


def _sample(
    index: MemoryIndex | SegmentedIndex, chosen: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """An even sample of the vectors of the ``chosen`` rows, shape (up to 2 · SAMPLED, d)."""
    step = max(1, len(index) // SAMPLED)
    taken = np.zeros(len(index), dtype=bool)
    taken[::step] = True
    if chosen is not None:
        taken &= chosen
    parts, start = [], 0
    for part in index.vector_blocks():
        parts.append(part[np.flatnonzero(taken[start : start + len(part)])])
        start += len(part)
    return np.concatenate(parts).astype(np.float64)


def _moments(
    index: MemoryIndex | SegmentedIndex, others: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean vector of the others, (d,), and their covariance, shrunk towards a ball, (d, d)."""
    sample = _sample(index, others)
    mean = sample.mean(axis=0)
    spread = product((sample - mean).T, sample - mean) / max(len(sample), 1)
    # The fewer papers for each dimension, the less their covariance can be trusted.
    shrinkage = max(SHRINKAGE, len(mean) / max(len(sample), 1))
    ball = shrinkage * max(np.trace(spread) / len(mean), 1e-9)
    return mean, spread + ball * np.eye(len(mean))
