"""A list and papers to be filed → what :mod:`ssm_search.ranking.filing` judges them by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.index import Headings, MemoryIndex
from ssm_search.papers import Category, Paper
from ssm_search.ranking import filing
from ssm_search.text import terms
from ssm_search.vectors import product
from ssm_search.words import RowVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


ABSTRACT_SHARE = 0.3  # of a heading's word found in the abstract against one found in the title

KINDS = (
    "survey review overview taxonomy perspective",
    "tutorial course lecture talk podcast blog",
    "tool toolkit toolbox library codebase",
    "link url resource",
)
"""Words for what papers under a heading are, and not for what they are about.

Such a heading's name, "Video Tutorial", speaks for no paper whose title has no word of its kind:
else a list by years files what is on video there. Of one such list .958 of the papers are filed
right with that, .950 without it; of four lists by topics as many as before."""

MAX_CALIBRATED = 20_000
"""Filed papers beyond which nothing is fitted: a square matrix of them would not fit in memory."""


@dataclass(frozen=True, slots=True)
class ToFile:
    """m papers to be filed: vectors, (m, d), and words of each.

    Attributes:
        words: BM25 weights in the terms of the index, sparse, rows of length 1.
        names: how near the name of each heading comes to each paper, shape (m, C).
        title_stems, all_stems: the distinct stems of the title, and of title and abstract.
    """

    papers: NDArray[np.float32]
    titles: NDArray[np.float32]
    words: csr_matrix
    names: NDArray[np.float64]
    title_stems: Sequence[frozenset[str]]
    all_stems: Sequence[frozenset[str]]

    def only(self, row: int) -> ToFile:
        """The paper of one row, as papers to be filed."""
        one = slice(row, row + 1)
        return ToFile(
            self.papers[one],
            self.titles[one],
            self.words[one],
            self.names[one],
            self.title_stems[one],
            self.all_stems[one],
        )


def listed(index: MemoryIndex, papers: Sequence[Paper], headings: Headings) -> ToFile:
    """The papers of an index themselves; without their abstracts, from what the index stores."""
    title_stems = [frozenset(stem for stem, _ in terms(paper.title)) for paper in papers]
    return ToFile(
        papers=index.paper_vectors,
        titles=index.title_vectors,
        words=index.term_rows,
        names=headings.met_by(RowVectors(index.paper_vectors, index.word_vectors)),
        title_stems=title_stems,
        all_stems=index.stems_of_rows(),
    )


def of_new(
    title: str, stems: Sequence[str], encoded: RowVectors, index: MemoryIndex, headings: Headings
) -> ToFile:
    """A paper that is not listed.

    Args:
        stems: of title and abstract, repeated as they are there.
        encoded: what an encoder made of it, one row.
    """
    words = encoded.words
    return ToFile(
        papers=encoded.vectors,
        titles=words.mean_of_title(0)[None] if words else encoded.vectors,
        words=index.term_row(stems),
        names=headings.met_by(encoded),
        title_stems=[frozenset(stem for stem, _ in terms(title))],
        all_stems=[frozenset(stems)],
    )


def similarities(
    asked: ToFile, known: ToFile, index: MemoryIndex, headings: Headings
) -> filing.Similarities:
    """Everything that speaks for and against each heading of a list for each of the papers.

    Args:
        known: the listed papers themselves.
    """
    papers = known.papers
    stems = [frozenset(stem for stem, _ in terms(" ".join(path[-1:]))) for path in headings.paths]
    overlap = np.array(
        [
            [_share(name, title) + ABSTRACT_SHARE * _share(name, everything) for name in stems]
            for title, everything in zip(asked.title_stems, asked.all_stems, strict=True)
        ],
        dtype=np.float64,
    ).reshape(len(asked.papers), len(stems))
    names = asked.names - (known.names.mean(axis=0) if len(papers) else 0)
    kinds = list(map(_kinds, stems))
    other = np.array(
        [[bool(kind) and kind.isdisjoint(title) for kind in kinds] for title in asked.title_stems],
        dtype=bool,
    ).reshape(overlap.shape)
    return filing.Similarities(
        words=(asked.words @ known.words.T).toarray(),
        titles=np.asarray(product(asked.titles, known.titles.T), dtype=np.float64),
        papers=np.asarray(product(asked.papers, papers.T), dtype=np.float64),
        names=np.where(other, np.minimum(names, 0.0), names),
        overlap=np.where(other, 0.0, overlap),
        gram=index.term_gram,
        paper_gram=index.paper_gram,
    )


def _kinds(name: frozenset[str]) -> frozenset[str]:
    """The stems of the kinds of papers that a heading names, given as stems; mostly none."""
    of_kinds = (frozenset(stem for stem, _ in terms(words)) for words in KINDS)
    return frozenset[str]().union(*(stems for stems in of_kinds if stems & name))


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


def calibrated(
    index: MemoryIndex, papers: Sequence[Paper], headings: Headings
) -> filing.Calibration:
    """How far suggestions for this list can be trusted; the default where it has no headings."""
    filed = np.array([bool(paper.categories) for paper in papers], dtype=bool)
    if not 0 < filed.sum() <= MAX_CALIBRATED:
        return filing.Calibration()
    known = listed(index, papers, headings)
    lengths = np.array([index.term_count(row) for row in range(len(papers))]) / index.mean_length
    similar = similarities(known, known, index, headings)
    return filing.calibrate(similar, headings.members(papers), lengths)


def without(similar: filing.Similarities, row: int) -> filing.Similarities:
    """Leave the listed paper of ``row`` out of ``similar``, to file it as if it were new."""
    rest = np.delete(np.arange(len(similar.gram)), row)
    return similar.part(np.arange(len(similar.names)), rest)


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0
