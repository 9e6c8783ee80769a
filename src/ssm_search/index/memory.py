"""Rows of vectors and terms: FAISS for meaning, BM25 for words. Knows rows, not papers."""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arrays import (
    UNREADABLE,
    Form,
    check_range,
    check_unit,
    load_arrays,
    misfit,
    save_arrays,
)
from ssm_search.errors import IndexFolderError
from ssm_search.files import MOST_TEXT, plain_file, read_text
from ssm_search.index.bm25 import Bm25, build_bm25, load_bm25, save_bm25
from ssm_search.ranking import okapi
from ssm_search.vectors import product
from ssm_search.words import RowVectors, Words

if TYPE_CHECKING:
    import faiss
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

BELOW_ANY_COSINE = -2.0

PAPERS_FILE = "papers.faiss"
WORDS: dict[str, Form] = {
    "word_vectors": (np.int8, 2),
    "word_starts": (np.int64, 1),
    "title_words": (np.int32, 1),
}
WORDS_FILE = "words.txt"
COUNTS = "term_counts"
FLAT = b"IxFI"
"""How FAISS begins the file of vectors that are all compared, by their inner products."""
HEAD = struct.Struct("<4siqqqBiQ")
"""What comes before the numbers: that, d, n, two numbers that mean nothing, whether it is trained,
the metric, and how many numbers follow."""
BM25_FOLDER = "bm25"


class MemoryIndex:
    """Vectors of ``n`` rows, vectors of their words, and their terms."""

    def __init__(
        self,
        papers: faiss.Index,
        word_vectors: Words,
        bm25: Bm25 | None,
        words: Sequence[str],
        term_counts: NDArray[np.int64],
    ):
        """Use :meth:`build` or :meth:`load`.

        Args:
            bm25: None where no row has any term.
            words: the words that the terms are stems of, sorted.
            term_counts: how many terms each row has, shape (n,).
        """
        self._papers = papers
        self.word_vectors = word_vectors
        self._bm25 = bm25
        self.words = tuple(words)
        self._term_counts = term_counts

    @classmethod
    def build(cls, encoded: RowVectors, terms: Sequence[Sequence[tuple[str, str]]]) -> MemoryIndex:
        """Index what an encoder made of n papers, and the (stem, word) pairs of each."""
        words = sorted({word for row in terms for _, word in row})
        bm25 = build_bm25([[stem for stem, _ in row] for row in terms])
        counts = np.array([len(row) for row in terms], dtype=np.int64)
        return cls(_flat(encoded.vectors), encoded.words, bm25, words, counts)

    def __len__(self) -> int:
        return len(self._term_counts)

    @property
    def dimension(self) -> int:
        """How many numbers every vector has."""
        return int(self._papers.d)

    def knows(self, stem: str) -> bool:
        """Whether any row has the term ``stem``."""
        return self._bm25 is not None and stem in self._bm25.numbers

    def having(self, stem: str) -> int:
        """How many rows have the term ``stem``."""
        if self._bm25 is None or not self.knows(stem):
            return 0
        place = self._bm25.of_term(stem)
        return int(place.stop) - int(place.start)

    def cosines(
        self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """The cosines of a unit query vector, (d,), with all rows, whichever are ``allowed``."""
        return _all_scores(self._papers, query)

    def row_vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> RowVectors:
        """What an encoder made of ``rows``, in that order."""
        vectors = [self.paper_vector(int(row)) for row in rows]
        shape = (len(vectors), self.dimension)
        return RowVectors(np.array(vectors, np.float32).reshape(shape), self.words_of(rows))

    def words_of(self, rows: Sequence[int] | NDArray[np.int64]) -> Words:
        """The words of ``rows``, in that order."""
        return self.word_vectors.taken(rows)

    def bm25_scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of the query ``terms`` with every row; a term given twice counts twice."""
        known = [term for term in terms if self.knows(term)]
        if self._bm25 is None or not known:
            return np.zeros(len(self), dtype=np.float32)
        return self._bm25.scores(known)

    def term_frequencies(
        self, term: str, mean_length: float | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The rows that have ``term``, and how much each has of it as BM25 counts, from 0 to 1.

        Args:
            mean_length: that of all texts by which each is long or short; these ones' if None.
        """
        if self._bm25 is None or not self.knows(term):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        place = self._bm25.of_term(term)
        rows = self._bm25.rows[place].astype(np.int64)
        found = self._bm25.data[place] / okapi.idf(len(self), len(rows))
        if mean_length is not None:
            own, asked = (
                okapi.length_norm(self._term_counts[rows], mean)
                for mean in (self.mean_length, mean_length)
            )
            counts = found * own / (1 - found)
            found = counts / (counts + asked)
        return rows, found.astype(np.float32)

    @property
    def mean_length(self) -> float:
        """How many terms a row has on average, at least 1."""
        return max(float(self._term_counts.mean()), 1.0) if len(self) else 1.0

    def term_count(self, row: int) -> int:
        """How many terms a row has."""
        return int(self._term_counts[row])

    def vector_blocks(self) -> Iterator[NDArray[np.float32]]:
        """All vectors in one block, float32, shape (n, d)."""
        yield self.paper_vectors

    def have_term(self, rows: Sequence[int], term: str) -> NDArray[np.bool_]:
        """Which of ``rows`` have ``term``, a mask of them."""
        having = np.zeros(len(self), dtype=bool)
        if self._bm25 is not None and self.knows(term):
            having[self._bm25.rows[self._bm25.of_term(term)]] = True
        return having[np.asarray(rows, dtype=np.int64)]

    @cached_property
    def term_rows(self) -> csr_matrix:
        """BM25 weights of the terms of each row, rows brought to length 1; sparse, (n, terms)."""
        from scipy.sparse import csc_matrix

        if self._bm25 is None:
            return csc_matrix((len(self), 1), dtype=np.float64).tocsr()
        bm25 = self._bm25
        shape = (len(self), len(bm25.numbers))
        by_term = csc_matrix((bm25.data, bm25.rows, bm25.starts), shape)
        return _unit_rows(by_term.tocsr().astype(np.float64))

    @cached_property
    def term_gram(self) -> NDArray[np.float64]:
        """The cosines of ``term_rows`` with each other, shape (n, n)."""
        return np.asarray((self.term_rows @ self.term_rows.T).toarray(), dtype=np.float64)

    @cached_property
    def paper_gram(self) -> NDArray[np.float64]:
        """The cosines of the vectors of all rows with each other, shape (n, n)."""
        vectors = self.paper_vectors
        return np.asarray(product(vectors, vectors.T), dtype=np.float64)

    def term_row(self, stems: Sequence[str]) -> csr_matrix:
        """The terms of a text that is not a row, weighted as if it were; sparse, (1, terms)."""
        from scipy.sparse import csr_matrix

        weights = np.zeros(self.term_rows.shape[1])
        norm = okapi.length_norm(len(stems), self.mean_length)
        for stem, count in Counter(filter(self.knows, stems)).items():
            assert self._bm25 is not None
            at = self._bm25.of_term(stem)
            weight = okapi.idf(len(self), at.stop - at.start)
            weights[self._bm25.numbers[stem]] = weight * count / (count + norm)
        return _unit_rows(csr_matrix(weights))

    def stems_of_rows(self) -> list[frozenset[str]]:
        """The distinct terms of each row."""
        stems: list[list[str]] = [[] for _ in range(len(self))]
        if self._bm25:
            for stem in self._bm25.numbers:
                for row in self._bm25.rows[self._bm25.of_term(stem)]:
                    stems[row].append(stem)
        return [frozenset(row) for row in stems]

    @cached_property
    def title_vectors(self) -> NDArray[np.float32]:
        """What the title of each row is about, by the mean of its words; unit rows, (n, w).

        By an encoder that gives no words, the vectors of the rows themselves.
        """
        words, width = self.word_vectors, self.word_vectors.vectors.shape[1]
        if not width:
            return self.paper_vectors
        means = [words.mean_of_title(row) for row in range(len(self))]
        return np.array(means, dtype=np.float32).reshape(len(self), width)

    @cached_property
    def paper_vectors(self) -> NDArray[np.float32]:
        """The vectors of all rows, shape (n, d)."""
        return np.asarray(self._papers.reconstruct_n(0, len(self)), dtype=np.float32)

    def paper_vector(self, row: int) -> NDArray[np.float32]:
        """The stored vector of a row, shape (d,)."""
        return np.asarray(self._papers.reconstruct(int(row)), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write everything into an existing, empty folder."""
        import faiss

        # Not by ``write_index``, which keeps to itself why the disk refuses.
        (folder / PAPERS_FILE).write_bytes(faiss.serialize_index(self._papers).data)
        words = self.word_vectors
        arrays = (words.vectors, words.starts, words.titles)
        save_arrays(folder, {COUNTS: self._term_counts, **dict(zip(WORDS, arrays, strict=True))})
        (folder / WORDS_FILE).write_text("\n".join(self.words), encoding="utf-8")
        if self._bm25:
            save_bm25(self._bm25, folder / BM25_FOLDER)

    @classmethod
    def load(cls, folder: Path) -> MemoryIndex:
        """Read what :meth:`save` wrote.

        Raises:
            IndexFolderError: a file is missing, damaged, or does not fit the others.
        """
        try:
            papers = _read_flat(folder / PAPERS_FILE)
            word_vectors = Words(*load_arrays(folder, WORDS, mapped=True).values())
            counts = load_arrays(folder, {COUNTS: (np.int64, 1)})[COUNTS]
            words = read_text(folder / WORDS_FILE).split("\n")
            bm25 = None
            if (folder / BM25_FOLDER).exists():
                bm25 = load_bm25(folder / BM25_FOLDER, len(counts))
            wrong = misfit(
                *word_vectors.counted(len(papers)),
                ("counts of terms", len(counts), len(papers)),
            )
            if not wrong:
                check_unit("vectors of papers", papers)
                word_vectors.check()
                check_range("counts of terms", counts, MOST_TEXT)
                if words != sorted(set(words)):
                    raise ValueError(f"the words in {WORDS_FILE} do not ascend")
        except UNREADABLE as error:
            raise IndexFolderError(
                f"the index in {folder} is damaged ({_first_line(error)}); build it again"
            ) from error
        if wrong:
            raise IndexFolderError(f"the index in {folder} has {wrong}; build it again")
        kept = [word for word in words if word]
        return cls(_flat(papers), word_vectors, bm25, kept, counts)


def _unit_rows(matrix: csr_matrix) -> csr_matrix:
    from scipy.sparse import diags

    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1)).A1
    return (diags(1 / np.maximum(lengths, 1e-12)) @ matrix).tocsr()


def _flat(vectors: NDArray[np.float32]) -> faiss.Index:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def _read_flat(path: Path) -> NDArray[np.float32]:
    """The vectors in a file that FAISS wrote of them, shape (n, d).

    FAISS itself would read an index of any other kind, and make room for what that claims to hold.

    Raises:
        OSError, ValueError: it is another, or not whole.
    """
    import faiss

    with open(plain_file(path), "rb") as file:
        head = file.read(HEAD.size)
        if len(head) < HEAD.size or not head.startswith(FLAT):
            raise ValueError(
                f"{path.name} begins with {head[:4]!r}, expected {FLAT!r}: vectors that are all "
                "compared, by their inner products"
            )
        _, width, count, *_, metric, numbers = HEAD.unpack(head)
        there = os.fstat(file.fileno()).st_size - HEAD.size
        if metric != faiss.METRIC_INNER_PRODUCT:
            raise ValueError(f"{path.name} compares by FAISS's metric {metric}, expected 0")
        if width < 1 or count < 0 or not 4 * width * count == 4 * numbers == there:
            raise ValueError(
                f"{path.name} has {there:,} bytes of vectors, expected {count:,} of {width:,} "
                "numbers"
            )
        return np.fromfile(file, np.float32, numbers).reshape(count, width)


def _all_scores(index: faiss.Index, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inner product of ``query`` with every vector, in the order of the rows."""
    # Four times as fast as a search for all ntotal neighbours, which would sort them.
    asked = np.ascontiguousarray(query[None], dtype=np.float32)
    _, found, rows = index.range_search(asked, BELOW_ANY_COSINE)
    scores = np.empty(index.ntotal, dtype=np.float32)
    scores[rows] = found
    return scores


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0][:200]
