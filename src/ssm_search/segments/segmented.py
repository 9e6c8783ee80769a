"""Rows of a large corpus: meaning and words over all its segments, as if they were one."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arrays import UNREADABLE
from ssm_search.errors import IndexFolderError
from ssm_search.names import hash64
from ssm_search.papers import Paper
from ssm_search.ranking import okapi
from ssm_search.segments.ann import ANN_FILE, FEW_ALLOWED, Ann
from ssm_search.segments.segment import Segment, StoredPapers, damaged
from ssm_search.text import common_words
from ssm_search.vectors import cosines
from ssm_search.words import RowVectors, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANDIDATES = 1_000  # rows that a segment compares exactly for one answer


class JoinedPapers(Sequence[Paper]):
    """The papers of several segments, one after the other, read when they are asked for."""

    def __init__(self, segments: Sequence[StoredPapers]):
        self._segments = segments
        self._starts = [0]
        for papers in segments:
            self._starts.append(self._starts[-1] + len(papers))

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, row):  # type: ignore[no-untyped-def]
        """A paper by its row."""
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        at = bisect_right(self._starts, row) - 1
        return self._segments[at][row - self._starts[at]]


class SegmentedIndex:
    """Papers, vectors and terms of the ``n`` rows of all segments.

    Rows whose papers are gone are still there: what is asked says which are ``allowed``.
    """

    def __init__(self, segments: Sequence[Segment]):
        self.segments = segments
        self._starts = np.cumsum([0, *map(len, segments)])
        try:
            self._anns = [
                Ann(segment.folder / ANN_FILE, expected=segment.vectors.shape)
                if (segment.folder / ANN_FILE).exists()
                else None
                for segment in segments
            ]
        except UNREADABLE as error:
            raise IndexFolderError(f"the index is damaged ({error}); build it again") from error

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def papers(self) -> Sequence[Paper]:
        """The papers of all rows, read when they are asked for."""
        return JoinedPapers([segment.papers for segment in self.segments])

    @property
    def dimension(self) -> int:
        """How many numbers every vector has."""
        return int(self.segments[0].vectors.shape[1])

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that terms are stems of, but for the rarest; sorted."""
        counts: Counter[str] = Counter()
        for segment in self.segments:
            counts.update(segment.words())
        return common_words(counts)

    def knows(self, stem: str) -> bool:
        """Whether any row has the term ``stem``."""
        term = hash64(stem)
        return any(segment.postings(term).stop for segment in self.segments)

    def having(self, stem: str) -> int:
        """How many rows have the term ``stem``."""
        places = (segment.postings(hash64(stem)) for segment in self.segments)
        return sum(place.stop - place.start for place in places)

    def cosines(
        self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """The cosines of a unit query vector, (d,), with all rows, shape (n,).

        Where there are too many rows to compare with all, those that were not compared get the
        lowest cosine of those that were found nearest.

        Args:
            allowed: the rows whose scores count, shape (n,); all if None.
        """
        scores = np.empty(len(self), dtype=np.float32)
        for at, (segment, ann) in enumerate(zip(self.segments, self._anns, strict=True)):
            rows_here = slice(int(self._starts[at]), int(self._starts[at + 1]))
            if ann is None:
                scores[rows_here] = cosines(segment.vectors, query)
                continue
            mask = None if allowed is None else allowed[rows_here]
            if mask is not None and mask.sum() <= FEW_ALLOWED:
                rows = np.flatnonzero(mask)
            else:
                rows = ann.near(query, CANDIDATES, mask)
            found = cosines(segment.vectors[rows], query)
            scores[rows_here] = found.min() if len(found) else 0
            scores[rows_here][rows] = found
        if not np.isfinite(scores).all():
            wrong = next(
                one
                for one, start in zip(self.segments, self._starts, strict=False)
                if not np.isfinite(scores[start : start + len(one)]).all()
            )
            raise damaged(wrong.folder, "a vector that is no numbers")
        return scores

    def bm25_scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of the query ``terms`` with every row; a term given twice counts twice.

        Worked out by :mod:`ssm_search.ranking.okapi` when it is asked: that a segment came or went
        changes how rare each term is everywhere.
        """
        scores = np.zeros(len(self), dtype=np.float32)
        for term, times in Counter(terms).items():
            rows, found = self.term_frequencies(term)
            scores[rows] += np.float32(times * okapi.idf(len(self), len(rows))) * found
        return scores

    def term_frequencies(
        self, term: str, mean_length: float | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The rows that have ``term``, and how much each has of it as BM25 counts, from 0 to 1.

        Args:
            mean_length: that of all texts by which each is long or short; these ones' if None.
        """
        assert mean_length in (None, self.mean_length)  # nobody asks for another yet
        rows, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.float32)]
        for at, segment in enumerate(self.segments):
            inside, times = segment.rows_having(hash64(term))
            counts = times.astype(np.float32)
            rows.append(self._starts[at] + inside)
            found.append(counts / (counts + self._length_norms[at][inside]))
        return np.concatenate(rows), np.concatenate(found)

    @cached_property
    def mean_length(self) -> float:
        """How many terms a row has on average, at least 1."""
        total = sum(int(segment.lengths.sum(dtype=np.int64)) for segment in self.segments)
        return max(total / max(len(self), 1), 1.0)

    def vector_blocks(self) -> Iterator[NDArray[np.float32]]:
        """All vectors, a block for each segment; float32, shape (rows of it, d)."""
        for segment in self.segments:
            yield segment.vectors

    def have_term(self, rows: Sequence[int], term: str) -> NDArray[np.bool_]:
        """Which of ``rows`` have ``term``, a mask of them."""
        having = np.zeros(len(rows), dtype=bool)
        hashed = hash64(term)
        postings = [one.posting_rows[one.postings(hashed)] for one in self.segments]
        for place, row in enumerate(rows):
            at = bisect_right(self._starts, row) - 1
            there, inside = postings[at], row - self._starts[at]
            found = int(np.searchsorted(there, inside))
            having[place] = found < len(there) and int(there[found]) == inside
        return having

    def words_of(self, rows: Sequence[int] | NDArray[np.int64]) -> Words:
        """The words of ``rows``, which ascend, those of abstracts pooled."""
        chosen = np.asarray(rows, dtype=np.int64)
        ends = np.searchsorted(chosen, self._starts)
        return Words.joined(
            [
                segment.words_of(chosen[first:end] - start)
                for segment, start, first, end in zip(
                    self.segments, self._starts[:-1], ends[:-1], ends[1:], strict=True
                )
            ]
        )

    def paper_vector(self, row: int) -> NDArray[np.float32]:
        """The stored vector of a row, shape (d,)."""
        segment, inside = self._place(row)
        return np.array(segment.vectors[inside], dtype=np.float32)

    def row_vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> RowVectors:
        """What an encoder made of ``rows``, which ascend, the words of abstracts pooled."""
        vectors = [self.paper_vector(int(row)) for row in rows]
        shape = (len(vectors), self.dimension)
        return RowVectors(np.array(vectors, np.float32).reshape(shape), self.words_of(rows))

    def _place(self, row: int) -> tuple[Segment, int]:
        at = bisect_right(self._starts, row) - 1
        return self.segments[at], int(row - self._starts[at])

    @cached_property
    def _length_norms(self) -> list[NDArray[np.float32]]:
        """What BM25 adds to the count of a term in each row for the row's length."""
        return [
            okapi.length_norm(segment.lengths, self.mean_length).astype(np.float32)
            for segment in self.segments
        ]
