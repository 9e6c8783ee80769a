"""Rows on this machine: those of a list, in memory, or of a corpus, in segments on disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ssm_search.errors import IndexFolderError
from ssm_search.filters import (
    Facets,
    Filters,
    Tally,
    lackable,
    lacking_rows,
    matching_rows,
    several,
)
from ssm_search.index.begins import UNTOLD
from ssm_search.index.headings import Headings
from ssm_search.index.manifest import Manifest
from ssm_search.index.memory import MemoryIndex
from ssm_search.index.projection import project
from ssm_search.index.rows import Candidates
from ssm_search.names import NameTable, named_in, rows_by, text_hashes
from ssm_search.papers import Category, LeftOut, Paper
from ssm_search.ranking import fusion, okapi
from ssm_search.segments import Segment, SegmentedIndex
from ssm_search.text import terms
from ssm_search.words import Words, sampled_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

RERANKED = 100
"""Rows that late interaction looks at. With 100, 200 or all of 2,611 as many of the first ten
answers to 1,453 known items, 175 real questions and 300 topics are right, the first is always the
same, and of ten 9.98 or more are; with 50 9.92. It takes a question of 32 words 2.4, 4.7 or 37 ms,
with 50 1.1."""


@dataclass(frozen=True)
class LocalRows:
    """Papers and, row by row, what was indexed of them; a :class:`~ssm_search.index.rows.Rows`.

    Attributes:
        listing: of a corpus, those that are gone too.
        text_hashes: shape (n,); of the text that was encoded of each paper.
        word_begins: uint16, shape (t,); at which character of its text each word of a list begins
            (see :meth:`~ssm_search.index.rows.Rows.words_of`); of a corpus none.
        list_headings: with the vectors of their names; of a corpus none.
        placed: shape (n, 2); the positions, if they are known; of a corpus (0, 2).
        facets, names: what filters and names find, of one segment after the other.
        present: shape (n,); False for papers that are gone.
    """

    listing: Sequence[Paper]
    index: MemoryIndex | SegmentedIndex
    text_hashes: NDArray[np.uint64]
    word_begins: NDArray[np.uint16]
    list_headings: Headings
    placed: NDArray[np.float32] | None
    manifest: Manifest
    facets: tuple[Facets, ...]
    names: tuple[NameTable, ...]
    present: NDArray[np.bool_]

    @classmethod
    def of_list(
        cls,
        papers: Sequence[Paper],
        index: MemoryIndex,
        text_hashes: NDArray[np.uint64],
        word_begins: NDArray[np.uint16],
        headings: Headings,
        placed: NDArray[np.float32] | None,
        manifest: Manifest,
    ) -> LocalRows:
        """The papers of a list, row by row as in ``index``."""
        return cls(
            tuple(papers),
            index,
            text_hashes,
            word_begins,
            headings,
            placed,
            manifest,
            facets=(Facets.of(papers),),
            names=(NameTable.of(papers),),
            present=np.ones(len(papers), dtype=bool),
        )

    @classmethod
    def of_segments(
        cls, segments: Sequence[Segment], present: NDArray[np.bool_], manifest: Manifest
    ) -> LocalRows:
        """The papers of a corpus, those of one segment after the other."""
        index = SegmentedIndex(segments)
        return cls(
            index.papers,
            index,
            np.concatenate([segment.text_hashes for segment in segments]),
            np.zeros(0, dtype=np.uint16),
            Headings.of((), (), index.dimension),
            np.zeros((0, 2), dtype=np.float32),
            manifest,
            facets=tuple(segment.facets for segment in segments),
            names=tuple(segment.names for segment in segments),
            present=present,
        )

    def __len__(self) -> int:
        return int(self.present.sum())

    @cached_property
    def positions(self) -> NDArray[np.float32]:
        """Where each paper stands on a map of them all, shape (n, 2).

        They are looked for once somebody draws or writes them: to load scikit-learn for that takes
        six times as long as to place the shipped list.
        """
        return project(self.list_index.paper_vectors) if self.placed is None else self.placed

    @property
    def is_list(self) -> bool:
        """Whether they are the papers of a list."""
        return self.manifest.is_list

    def as_list(self) -> LocalRows:
        """These rows themselves.

        Raises:
            IndexFolderError: they are of a large corpus.
        """
        if not self.is_list:
            raise self.manifest.not_of_a_list()
        return self

    @property
    def list_index(self) -> MemoryIndex:
        """The index of a list, which can compare every paper with every other.

        Raises:
            IndexFolderError: this is a large corpus.
        """
        index = self.as_list().index
        assert isinstance(index, MemoryIndex)
        return index

    @cached_property
    def topics(self) -> Headings:
        """The headings of a list that papers can be filed under.

        Raises:
            IndexFolderError: these rows are of a large corpus.
        """
        return self.as_list().list_headings.topics()

    @cached_property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""
        return Tally.of(self.facets, self.present)

    @property
    def headings(self) -> tuple[Category, ...]:
        """The headings of the list, in its order; of a corpus, arXiv's categories."""
        return self.manifest.headings if self.is_list else tuple(sorted(self.tally.headings))

    @property
    def dimension(self) -> int:
        """How many numbers every vector has."""
        return self.index.dimension

    @property
    def words(self) -> Sequence[str]:
        """The words that terms are stems of, sorted."""
        return self.index.words

    def knows(self, stem: str, /) -> bool:
        """Whether any row has the term."""
        return self.index.knows(stem)

    def idf(self, stems: Collection[str], /) -> dict[str, float]:
        """How much it says of a row to have each term."""
        return {stem: okapi.idf(len(self.present), self.index.having(stem)) for stem in stems}

    def status(self) -> dict[str, Any]:
        """Counts, coverage of abstracts, and how the vectors are searched, as JSON types."""
        manifest, entries = self.manifest, len(self)
        has_abstract = np.concatenate([facets.has_abstract for facets in self.facets])
        at_hand = int((has_abstract & self.present).sum())
        ids = {paper.id for paper in self.listing if paper.kind == "paper"} if self.is_list else {}
        lacking = [paper_id for paper_id in manifest.without_abstract if paper_id in ids]
        papers = len(ids) if self.is_list else entries
        return {
            "entries": entries,
            "papers": papers,
            "links": entries - papers,
            "headings": len({path for facets in self.facets for path in facets.paths}),
            "indexed_with_abstract": papers - len(lacking) if self.is_list else at_hand,
            "abstracts_at_hand": at_hand,
            "vectors": manifest.kind,
            "without_abstract": lacking,
        }

    def rows_named(self, name: str, /) -> list[int]:
        """The rows of papers with this name, ascending."""
        rows, start = [], 0
        for table, facets in zip(self.names, self.facets, strict=True):
            rows += [start + row for row in table.rows_of(name) if 0 <= row < len(facets)]
            start += len(facets)
        return [row for row in rows if self.present[row]]

    def known_names(self, names: Collection[str], /) -> set[str]:
        """Those of ``names`` that any paper goes by."""
        return {name for name in named_in(self.names, names) if self.rows_named(name)}

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of ``rows``, in that order."""
        return [self.listing[row] for row in rows]

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The stored vectors of ``rows``, shape (len(rows), d)."""
        found = [self.index.paper_vector(row) for row in rows]
        return np.array(found, dtype=np.float32).reshape(len(rows), self.dimension)

    def choose(self, asked: Filters, /) -> NDArray[np.bool_]:
        """A mask of the rows that are there and meet all filters ``asked`` for; bool, (n,).

        Raises:
            FilterError: a filter names something that is not there.
        """
        chosen = matching_rows(self.facets, asked) & self.present
        for author in several(asked.get("author")):
            theirs = np.zeros_like(chosen)
            theirs[rows_by(author, self.rows_named)] = True
            chosen &= theirs
        phrases = several(asked.get("phrase"))
        for stem in {stem for phrase in phrases for stem, _ in terms(phrase)}:
            having = np.zeros_like(chosen)
            having[self.index.term_frequencies(stem)[0]] = True
            chosen &= having
        return chosen

    def left_out(self, asked: Filters, /) -> LeftOut:
        """The papers that the filters ``asked`` for leave out for want of knowledge."""
        if not (names := lackable(asked)):
            return LeftOut()
        lacking = lacking_rows(self.facets, asked) & self.present
        return LeftOut(int(lacking.sum()), " or ".join(names))

    def newest(self, chosen: NDArray[np.bool_], k: int) -> list[int]:
        """The ``k`` newest of the chosen rows, newest first; those without a date last."""
        dates = np.concatenate([facets.dates for facets in self.facets])
        return [int(row) for row in fusion.top_rows(dates, k, chosen)]

    def candidates(
        self,
        questions: Sequence[fusion.Asked],
        chosen: NDArray[np.bool_],
        k: int,
        *,
        against: Sequence[fusion.Asked] = (),
        also: Collection[int] = (),
        without: Collection[int] = (),
    ) -> Candidates:
        """The best ``RERANKED`` rows by BM25 and cosine, or ``k`` if that is more."""
        allowed = chosen.copy()
        allowed[list(without)] = False
        signals = [self._signals(question, allowed) for question in (*questions, *against)]
        wanted = np.zeros(len(allowed), dtype=bool)
        wanted[[row for row in also if allowed[row]]] = True
        for question, (bm25, cosine, _) in zip(questions, signals, strict=False):
            first = fusion.fused(question.weights, bm25, cosine)
            wanted[fusion.top_rows(first, max(k, RERANKED), allowed)] = True
        rows = np.flatnonzero(wanted)
        words = self.index.words_of(rows)
        shape = (len(signals), len(rows))
        scores, raw, late = (np.zeros(shape, dtype=np.float32) for _ in range(3))
        for at, question in enumerate((*questions, *against)):
            bm25, cosine, raw_cosine = (signal[rows] for signal in signals[at])
            met = words.scores_in(question, self._sample)
            scores[at] = fusion.fused(question.weights, bm25, cosine, met[1] if met else None)
            raw[at], late[at] = raw_cosine, met[0] if met else raw_cosine
        return Candidates(rows.tolist(), allowed[rows], scores, raw, late)

    def _check_width(self, asked: fusion.Asked) -> None:
        found, width = asked.word_vectors.shape[-1], self._sample.vectors.shape[1]
        if width and len(asked.word_vectors) and found != width:
            raise IndexFolderError(
                f"the encoder gives {found} numbers a word, the index has {width}; build it again"
            )

    def _signals(
        self, question: fusion.Asked, allowed: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """BM25 and cosine of every row as z-scores, and the cosine as it is; shape (n,) each."""
        self._check_width(question)
        cosine = self.index.cosines(question.vector, allowed)
        bm25 = np.zeros_like(cosine)
        if question.weights.bm25:
            bm25 = fusion.z_scores(self.index.bm25_scores(question.stems))
        return bm25, fusion.z_scores(cosine), cosine

    @cached_property
    def _sample(self) -> Words:
        there = np.flatnonzero(self.present)
        return self.index.words_of(there[sampled_rows(len(there))])

    def terms_of(
        self, candidates: Candidates, places: Sequence[int], stems: Collection[str]
    ) -> list[Collection[str]]:
        """Which of the ``stems`` each of some rows has."""
        rows = [candidates.numbers[place] for place in places]
        have = {stem: self.index.have_term(rows, stem) for stem in stems}
        return [{stem for stem, mask in have.items() if mask[at]} for at in range(len(rows))]

    def words_of(self, row: int, length: int) -> tuple[NDArray[np.int8], NDArray[np.uint16]] | None:
        """The words of a row of a list that begin in its first ``length`` characters, and where."""
        if not self.is_list or not self.list_index.word_vectors:
            return None
        words = self.list_index.word_vectors
        begins = self.word_begins[words.starts[row] : words.starts[row + 1]]
        told = int(np.searchsorted(begins, min(length, UNTOLD)))
        return words.of(row)[:told], begins[:told]

    def title_words(self, row: int) -> NDArray[np.float32]:
        """Unit vectors of the words of a row's title, float32, shape (t, w)."""
        return self.index.words_of([row]).title_of(0)

    def is_indexed_text(self, row: int, paper: Paper) -> bool:
        """Whether the abstract of ``paper`` is what the vectors of its ``row`` were made of."""
        # In segments they are kept together; the abstracts of a list come from anywhere.
        return not self.is_list or int(text_hashes([paper])[0]) == int(self.text_hashes[row])

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        """Give ``work`` back as it is, since nothing here waits for a network."""
        return work
