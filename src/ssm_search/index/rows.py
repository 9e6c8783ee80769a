"""What a search needs of papers, be they in memory, in segments on disk, or in a database."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ssm_search.filters import Filters, Tally
    from ssm_search.index.local import LocalRows
    from ssm_search.index.manifest import Manifest
    from ssm_search.papers import Category, LeftOut, Paper
    from ssm_search.ranking import fusion

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that are scored for an answer; they are spoken of by their place in here.

    Attributes:
        numbers: of the rows, ascending.
        allowed: bool, shape (m,); the rest are never answered.
        scores: float32, shape (q, m); of each question that was asked, then of each that was asked
            ``against``, by :func:`~ssm_search.ranking.fusion.fused`.
        cosines, late: float32, shape (q, m); two of the signals of each question as they are; where
            there are no vectors of words, the cosine stands for late interaction.
        fetched: of a database, what came with each row; else ().
    """

    numbers: Sequence[int]
    allowed: NDArray[np.bool_]
    scores: NDArray[np.float32]
    cosines: NDArray[np.float32]
    late: NDArray[np.float32]
    fetched: Sequence[Any] = ()

    def are(self, rows: Collection[int]) -> NDArray[np.bool_]:
        """Which candidates are among ``rows``, a mask of them; shape (m,)."""
        mask = np.zeros(len(self.numbers), dtype=bool)
        for row in rows:
            place = bisect_left(self.numbers, row)
            if place < len(mask) and self.numbers[place] == row:
                mask[place] = True
        return mask


class Rows(Protocol):
    """Rows of papers, vectors and terms; one state of them, which stays as it is.

    Rows have numbers, which mean nothing but a place.
    """

    @property
    def manifest(self) -> Manifest:
        """What the index says about itself."""

    def __len__(self) -> int:
        """How many papers there are."""

    @property
    def is_list(self) -> bool:
        """Whether they are the papers of a list, all compared with all, filed under headings."""

    def as_list(self) -> LocalRows:
        """These rows as rows of a list, for what only a list can do.

        Raises:
            IndexFolderError: they are of a large corpus.
        """

    @property
    def listing(self) -> Sequence[Paper]:
        """All papers by place; of a folder in segments, those that are gone too."""

    @property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""

    @property
    def headings(self) -> tuple[Category, ...]:
        """The headings of the list, in its order; of a corpus, arXiv's categories."""

    @property
    def dimension(self) -> int:
        """How many numbers every vector has."""

    @property
    def words(self) -> Sequence[str]:
        """The words that terms are stems of, sorted; of a corpus without the rarest."""

    def knows(self, stem: str, /) -> bool:
        """Whether any row has the term."""

    def idf(self, stems: Collection[str], /) -> dict[str, float]:
        """How much it says of a row to have each term (Lucene's); of an unknown one, the most."""

    def status(self) -> dict[str, Any]:
        """Counts, and how the vectors are searched, as JSON types."""

    def rows_named(self, name: str, /) -> list[int]:
        """The rows of papers that go by this name (:mod:`~ssm_search.names`), ascending."""

    def known_names(self, names: Collection[str], /) -> set[str]:
        """Those of ``names`` that any paper goes by; of very many papers, most of those."""

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of ``rows``, in that order."""

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The stored vectors of ``rows``, shape (len(rows), d)."""

    def choose(self, asked: Filters, /) -> Any:
        """The rows that meet all filters ``asked`` for, in a form that only this place reads.

        Raises:
            FilterError: a filter names something that is not there.
        """

    def left_out(self, asked: Filters, /) -> LeftOut:
        """The papers that the filters ``asked`` for leave out for want of knowledge."""

    def newest(self, chosen: Any, k: int) -> list[int]:
        """The ``k`` newest of the chosen rows, newest first; those without a date last."""

    def candidates(
        self,
        questions: Sequence[fusion.Asked],
        chosen: Any,
        k: int,
        *,
        against: Sequence[fusion.Asked] = (),
        also: Collection[int] = (),
        without: Collection[int] = (),
    ) -> Candidates:
        """The rows that are best for any of the ``questions``, scored for all of them.

        The first stage scores by BM25 and cosine, which tells the best few hundred; late
        interaction then looks at those. Each signal is standardized over all rows, or a sample of
        them, so that a score does not depend on who else is a candidate.

        Args:
            k: how many answers are wanted; at least as many candidates are given, if there are.
            against: questions that candidates are scored for and not found by.
            also: rows that must be among them, if they are chosen.
            without: rows that must not be answered.
        """

    def terms_of(
        self, candidates: Candidates, places: Sequence[int], stems: Collection[str]
    ) -> list[Collection[str]]:
        """Of each of the rows at ``places``, which of the ``stems`` it has."""

    def words_of(self, row: int, length: int) -> tuple[NDArray[np.int8], NDArray[np.uint16]] | None:
        """The words of a row, (t, w), and at which character of its text each begins, (t,).

        Those that begin among the first ``length`` characters, as far as anybody knows where; None
        where words are pooled, or there are none.
        """

    def title_words(self, row: int) -> NDArray[np.float32]:
        """Unit vectors of the words of a row's title, float32, shape (t, w)."""

    def is_indexed_text(self, row: int, paper: Paper) -> bool:
        """Whether the abstract of ``paper`` is what the vectors of its ``row`` were made of."""

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        """Begin ``work`` that may wait for a network; call what is returned for its result."""
