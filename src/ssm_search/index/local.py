"""Rows on this machine: those of a list, in memory, or of a corpus, in segments on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ssm_search.index.facets import Facets, Tally, tally
from ssm_search.index.filters import Filters, matching_rows
from ssm_search.index.manifest import Manifest
from ssm_search.index.memory import MemoryIndex
from ssm_search.index.names import NameTable
from ssm_search.index.rows import Asked, Candidates
from ssm_search.index.segmented import JoinedPapers, SegmentedIndex
from ssm_search.index.segments import Segment
from ssm_search.papers import Category, Paper, full_text
from ssm_search.ranking import fuse, top_rows
from ssm_search.text import sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a list.

    Attributes:
        paths: every heading that a paper may be filed under.
        vectors: of their own names, float32, shape (C, d).
    """

    paths: tuple[Category, ...]
    vectors: NDArray[np.float32]

    def members(self, papers: Sequence[Paper]) -> NDArray[np.bool_]:
        """Which paper stands under which heading, shape (n, C)."""
        number = {path: at for at, path in enumerate(self.paths)}
        members = np.zeros((len(papers), len(self.paths)), dtype=bool)
        for row, paper in enumerate(papers):
            for path in paper.categories:
                if path in number:
                    members[row, number[path]] = True
        return members


@dataclass(frozen=True)
class LocalRows:
    """Papers and, row by row, what was indexed of them; a :class:`~ssm_search.index.rows.Rows`.

    Attributes:
        listing: of a corpus, those that are gone too.
        text_hashes: shape (n,); of the text that was encoded of each paper.
        list_headings: with the vectors of their names; of a corpus none.
        positions: shape (n, 2); where each paper stands on a map of them all; of a corpus (0, 2).
        facets, names: what filters and names find, of one segment after the other.
        present: shape (n,); False for papers that are gone.
    """

    listing: Sequence[Paper]
    index: MemoryIndex | SegmentedIndex
    text_hashes: NDArray[np.uint64]
    list_headings: Headings
    positions: NDArray[np.float32]
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
        headings: Headings,
        positions: NDArray[np.float32],
        manifest: Manifest,
    ) -> LocalRows:
        """The papers of a list, row by row as in ``index``."""
        return cls(
            tuple(papers),
            index,
            text_hashes,
            headings,
            positions,
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
        dimension = segments[0].vectors.shape[1]
        return cls(
            JoinedPapers([segment.papers for segment in segments]),
            SegmentedIndex(segments),
            np.concatenate([segment.text_hashes for segment in segments]),
            Headings((), np.zeros((0, dimension), dtype=np.float32)),
            np.zeros((0, 2), dtype=np.float32),
            manifest,
            facets=tuple(segment.facets for segment in segments),
            names=tuple(segment.names for segment in segments),
            present=present,
        )

    def __len__(self) -> int:
        return int(self.present.sum())

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
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""
        return tally(self.facets, self.present)

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
            rows += [start + row for row in table.rows_of(name)]
            start += len(facets)
        return [row for row in rows if self.present[row]]

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
        return matching_rows(self.facets, asked) & self.present

    def newest(self, chosen: NDArray[np.bool_], k: int) -> list[int]:
        """The ``k`` newest of the chosen rows, newest first; those without a date last."""
        dates = np.concatenate([facets.dates for facets in self.facets])
        return [int(row) for row in top_rows(dates, k, chosen)]

    def candidates(
        self,
        questions: Sequence[Asked],
        chosen: NDArray[np.bool_],
        k: int,
        *,
        also: Collection[int] = (),
        without: Collection[int] = (),
    ) -> Candidates:
        """All rows as candidates, since what is at hand is compared with all of them.

        ``questions``, ``k`` and ``also`` are for places where that would take too long.
        """
        allowed = chosen.copy()
        allowed[list(without)] = False
        return Candidates(range(len(chosen)), allowed)

    def scores(self, question: Asked, candidates: Candidates) -> NDArray[np.float32]:
        """The score of every row, by :func:`~ssm_search.ranking.fusion.fuse`; float32, (n,)."""
        if not len(self.listing):
            return np.zeros(0, dtype=np.float32)
        dense = self.index.dense_scores(question.vector, candidates.allowed)
        return fuse(self.index.bm25_scores(question.stems), dense.paper, dense.sentence)

    def terms_of(
        self, candidates: Candidates, place: int, stems: Collection[str]
    ) -> Collection[str]:
        """Which of the ``stems`` a row has."""
        return {stem for stem in stems if self.index.has_term(place, stem)}

    def sentence_scores(self, row: int, vector: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The cosine of each stored sentence of a row; None of a corpus, which stores none."""
        return self.index.sentence_scores(row, vector)

    def is_indexed_text(self, row: int, paper: Paper) -> bool:
        """Whether the abstract of ``paper`` is what the vectors of its ``row`` were made of."""
        # In segments they are kept together; the abstracts of a list come from anywhere.
        return not self.is_list or text_hash(passages(paper)) == int(self.text_hashes[row])

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        """Give ``work`` back as it is, since nothing here waits for a network."""
        return work


def passages(paper: Paper) -> list[str]:
    """What is encoded of a paper: all of it, then its title and each sentence of its abstract."""
    parts = [paper.title] if paper.title else []
    return [full_text(paper), *(parts + sentences(paper.abstract) or [""])]


def text_hash(parts: Sequence[str]) -> int:
    """A 64-bit hash of all that is encoded of a listed paper, cut as it is encoded."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "little")
