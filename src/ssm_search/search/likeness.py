"""A list and papers to be filed → what :mod:`ssm_search.ranking.headings` judges them by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.index import Headings, MemoryIndex, mean_word
from ssm_search.papers import Category, Paper
from ssm_search.ranking import (
    MIN_FITTED,
    Calibration,
    Similarities,
    calibrate,
    product,
)
from ssm_search.search.question import Question
from ssm_search.text import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


ABSTRACT_SHARE = 0.3  # of a heading's word found in the abstract against one found in the title

MAX_CALIBRATED = 20_000
"""Filed papers beyond which nothing is fitted: a square matrix of them would not fit in memory."""


@dataclass(frozen=True, slots=True)
class ToFile:
    """m papers to be filed: vectors, (m, d), and words of each.

    Attributes:
        words: BM25 weights in the terms of the index, sparse, rows of length 1.
        title_stems, all_stems: the distinct stems of the title, and of title and abstract.
    """

    papers: NDArray[np.float32]
    titles: NDArray[np.float32]
    words: csr_matrix
    title_stems: Sequence[frozenset[str]]
    all_stems: Sequence[frozenset[str]]

    def only(self, row: int) -> ToFile:
        """The paper of one row, as papers to be filed."""
        one = slice(row, row + 1)
        return ToFile(
            self.papers[one],
            self.titles[one],
            self.words[one],
            self.title_stems[one],
            self.all_stems[one],
        )


def listed(index: MemoryIndex, papers: Sequence[Paper]) -> ToFile:
    """The papers of an index themselves; without their abstracts, from what the index stores."""
    title_stems = [frozenset(stem for stem, _ in terms(paper.title)) for paper in papers]
    return ToFile(
        papers=index.paper_vectors,
        titles=index.title_vectors,
        words=index.term_rows,
        title_stems=title_stems,
        all_stems=index.stems_of_rows(),
    )


def of_new(title: str, asked: Question, index: MemoryIndex) -> ToFile:
    """A paper that is not listed.

    Args:
        asked: the paper as a question, by the words of its title.
    """
    words = asked.word_vectors
    return ToFile(
        papers=asked.vector[None],
        titles=(mean_word(words) if index.word_vectors else asked.vector)[None],
        words=index.term_row(asked.stems),
        title_stems=[frozenset(stem for stem, _ in terms(title))],
        all_stems=[frozenset(asked.stems)],
    )


def similarities(asked: ToFile, index: MemoryIndex, headings: Headings) -> Similarities:
    """Everything that speaks for and against each heading of a list for each of the papers."""
    rows, papers = index.term_rows, index.paper_vectors
    names = headings.vectors
    if len(names):
        names = names - names.mean(axis=0, keepdims=True)
    stems = [frozenset(stem for stem, _ in terms(path[-1])) for path in headings.paths]
    overlap = [
        [_share(name, title) + ABSTRACT_SHARE * _share(name, everything) for name in stems]
        for title, everything in zip(asked.title_stems, asked.all_stems, strict=True)
    ]
    return Similarities(
        words=(asked.words @ rows.T).toarray(),
        titles=np.asarray(product(asked.titles, index.title_vectors.T), dtype=np.float64),
        papers=np.asarray(product(asked.papers, papers.T), dtype=np.float64),
        names=np.asarray(product(asked.papers - papers.mean(axis=0), names.T), dtype=np.float64),
        overlap=np.array(overlap, dtype=np.float64).reshape(len(asked.papers), len(stems)),
        gram=index.term_gram,
    )


def likely_parent(probabilities: NDArray[np.float64], paths: Sequence[Category]) -> Category:
    """The deepest heading that more than half of the probability lies at or below; () if none.

    Only a heading that has others below it can take in a new one.

    Args:
        probabilities: of each of ``paths``, shape (C,).
    """
    shares: dict[Category, float] = defaultdict(float)
    for path, probability in zip(paths, probabilities, strict=True):
        for depth in range(1, len(path) + 1):
            shares[path[:depth]] += float(probability)
    parents = {path[:-1] for path in shares if len(path) > 1}
    return max((path for path in parents if shares[path] > 0.5), key=len, default=())


def calibrated(index: MemoryIndex, papers: Sequence[Paper], headings: Headings) -> Calibration:
    """How far suggestions for this list can be trusted; the default where it has no headings."""
    filed = np.array([bool(paper.categories) for paper in papers], dtype=bool)
    if filed.sum() < MIN_FITTED or filed.sum() > MAX_CALIBRATED:
        return Calibration()
    return calibrate(similarities(listed(index, papers), index, headings), headings.members(papers))


def without(similar: Similarities, row: int) -> Similarities:
    """Leave the listed paper of ``row`` out of ``similar``, to file it as if it were new."""
    rest = np.delete(np.arange(len(similar.gram)), row)
    return similar.part(np.arange(len(similar.names)), rest)


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0
