"""A segment of a large corpus on disk: papers, vectors and terms of ``n`` rows; never changed.

Everything is mapped into memory when it is looked at, so that a corpus opens at once and costs what
is asked of it. Segments are joined into larger ones; papers that are gone are left out then.
"""

from __future__ import annotations

import errno
import mmap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.arrays import (
    UNREADABLE,
    Form,
    check_range,
    check_runs,
    check_unit,
    load_arrays,
    misfit,
    save_arrays,
)
from ssm_search.errors import IndexFolderError
from ssm_search.files import plain_file, plain_folder, read_text
from ssm_search.filters import Facets
from ssm_search.lines import paper_of
from ssm_search.names import NameTable, hash64, text_hashes
from ssm_search.papers import Paper, full_text, to_jsonl
from ssm_search.ranking import okapi
from ssm_search.text import terms
from ssm_search.words import RowVectors, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT_VERSION = 6
"""Of the files of an index, be it in segments or of a list."""
PAPERS_FILE = "papers.jsonl"
WORDS_FILE = "words.txt"

LOOKED_OVER = 20_000
"""Rows of a segment that are all looked at when it is read: 2 ms. Of a larger one, what a question
meets is looked at then; `ssm-search status --verify` compares all of it with what was saved."""

_ARRAYS: dict[str, Form] = {
    "paper_starts": (np.int64, 1),
    "vectors": (np.float32, 2),
    "word_vectors": (np.int8, 2),
    "word_starts": (np.int64, 1),
    "title_words": (np.int32, 1),
    "text_hashes": (np.uint64, 1),
    "id_hashes": (np.uint64, 1),
    "lengths": (np.int32, 1),
    "term_hashes": (np.uint64, 1),
    "term_starts": (np.int64, 1),
    "posting_rows": (np.int32, 1),
    "posting_counts": (np.uint8, 1),
    "key_hashes": (np.uint64, 1),  # of names
    "key_rows": (np.int32, 1),
}

Chosen = tuple["Segment", "NDArray[np.int64]"]
"""A segment and some of its rows, ascending."""


class StoredPapers:
    """Papers in a file, a line each; read when one is asked for."""

    def __init__(self, path: Path, starts: NDArray[np.int64]):
        self._path = path
        self._starts = starts
        with open(plain_file(path), "rb") as file:
            size = file.seek(0, 2)
            self._text: mmap.mmap | bytes = b""
            if size:
                self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(starts) == 0 or int(starts[-1]) != size:
            raise ValueError(f"{path} has {size} bytes, which is not where its last line ends")

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, row: int) -> Paper:
        """A paper by its row, from 0.

        Raises:
            IndexFolderError: its line is damaged.
        """
        if not 0 <= row < len(self):
            raise IndexError(row)
        try:
            return paper_of(self.line(row))
        except UNREADABLE as error:
            raise damaged(self._path.parent, error) from error

    def line(self, row: int) -> bytes:
        """The line of a row, with its end."""
        return self._text[int(self._starts[row]) : int(self._starts[row + 1])]


@dataclass(frozen=True, slots=True)
class Segment:
    """Some papers on disk, ``n`` of them, with what a search needs of them; mapped into memory.

    Attributes:
        vectors: unit vectors, float32, shape (n, d).
        word_vectors: those of words, of abstracts pooled.
        text_hashes: uint64, shape (n,); of the text that was encoded of each paper.
        id_hashes: uint64, shape (n,).
        lengths: int32, shape (n,); how many terms each row has.
        term_hashes: uint64, ascending; the distinct terms.
        term_starts: int64; the postings of term t are those from ``term_starts[t]`` up to
            ``term_starts[t + 1]``.
        posting_rows: int32, ascending for each term.
        posting_counts: uint8; how often the row has the term, up to ``okapi.MAX_COUNT``.
        names, facets: what names and filters find, by row.
    """

    folder: Path
    papers: StoredPapers
    vectors: NDArray[np.float32]
    word_vectors: Words
    text_hashes: NDArray[np.uint64]
    id_hashes: NDArray[np.uint64]
    lengths: NDArray[np.int32]
    term_hashes: NDArray[np.uint64]
    term_starts: NDArray[np.int64]
    posting_rows: NDArray[np.int32]
    posting_counts: NDArray[np.uint8]
    names: NameTable
    facets: Facets

    def __len__(self) -> int:
        return len(self.text_hashes)

    @property
    def encoded(self) -> RowVectors:
        """What an encoder made of the rows."""
        return RowVectors(self.vectors, self.word_vectors)

    def postings(self, term: int) -> slice:
        """The slice of the postings of the term with this hash; empty if there are none."""
        at = int(np.searchsorted(self.term_hashes, np.uint64(term)))
        if at == len(self.term_hashes) or int(self.term_hashes[at]) != term:
            return slice(0, 0)
        start, end = int(self.term_starts[at]), int(self.term_starts[at + 1])
        if not 0 <= start <= end <= len(self.posting_rows):
            raise damaged(self.folder, f"postings from {start} to {end}")
        return slice(start, end)

    def rows_having(self, term: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The rows that have the term with this hash, ascending, and how often each has it.

        Raises:
            IndexFolderError: they are damaged.
        """
        place = self.postings(term)
        rows = self.posting_rows[place]
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(self):
            raise damaged(self.folder, f"postings of rows up to {rows.max()}")
        return rows, self.posting_counts[place]

    def words_of(self, rows: NDArray[np.int64]) -> Words:
        """The words of some rows, in that order.

        Raises:
            IndexFolderError: they are damaged.
        """
        first, last = self.word_vectors.starts[rows], self.word_vectors.starts[rows + 1]
        counts = last - first
        titles = self.word_vectors.titles[rows]
        if len(rows) and not (
            int(first.min()) >= 0
            and int(last.max()) <= len(self.word_vectors.vectors)
            and int(counts.min()) >= min(1, len(self.word_vectors.vectors))
            and int(titles.min()) >= 0
            and (titles <= counts).all()
        ):
            raise damaged(self.folder, "the starts of words do not ascend")
        return self.word_vectors.taken(rows)

    def words(self) -> Counter[str]:
        """How often each word occurs that is no stop word.

        Raises:
            IndexFolderError: they are damaged.
        """
        counts: Counter[str] = Counter()
        try:
            for line in filter(None, read_text(self.folder / WORDS_FILE).split("\n")):
                word, _, count = line.rpartition(" ")
                if not word or int(count) < 1:
                    raise ValueError(f"{WORDS_FILE} has a line {line[:40]!r}")
                counts[word] = int(count)
        except UNREADABLE as error:
            raise damaged(self.folder, error) from error
        return counts

    def holds(self, papers: Sequence[Paper]) -> bool:
        """Whether it is of just these papers, in this order, to the letter."""
        return (self.folder / PAPERS_FILE).read_bytes() == b"".join(_lines(papers))

    def check(self) -> None:
        """Look at all of a small segment.

        Raises:
            ValueError: something is not what it should be.
        """
        n, postings = len(self), len(self.posting_rows)
        check_unit("vectors", self.vectors)
        self.word_vectors.check()
        check_runs("postings", self.term_starts, postings)
        check_range("rows of postings", self.posting_rows, n)
        check_range("rows of names", self.names.rows, n)
        if (self.term_hashes[1:] <= self.term_hashes[:-1]).any():
            raise ValueError("the hashes of terms do not ascend")
        if n and int(self.lengths.min()) < 0:
            raise ValueError("a paper of less than no terms")


def write_segment(folder: Path, papers: Sequence[Paper], encoded: RowVectors) -> None:
    """Write a segment of papers with what an encoder made of them into an empty folder."""
    lines = _lines(papers)
    (folder / PAPERS_FILE).write_bytes(b"".join(lines))
    counted: Counter[str] = Counter()
    hashes: dict[str, int] = {}
    found: list[tuple[int, int, int]] = []
    lengths = np.zeros(len(papers), dtype=np.int32)
    for row, paper in enumerate(papers):
        pairs = terms(full_text(paper))
        lengths[row] = len(pairs)
        counted.update(word for _, word in pairs)
        for stem, count in Counter(stem for stem, _ in pairs).items():
            if stem not in hashes:
                hashes[stem] = hash64(stem)
            found.append((hashes[stem], row, min(count, okapi.MAX_COUNT)))
    of_term = np.array([term for term, _, _ in found], dtype=np.uint64)
    rows = np.array([row for _, row, _ in found], dtype=np.int32)
    counts = np.array([count for _, _, count in found], dtype=np.uint8)
    order = np.lexsort((rows, of_term))
    distinct, starts = np.unique(of_term[order], return_index=True)
    names = NameTable.of(papers)
    arrays: dict[str, NDArray[Any]] = {
        "paper_starts": np.cumsum([0, *map(len, lines)], dtype=np.int64),
        "vectors": np.ascontiguousarray(encoded.vectors, dtype=np.float32),
        "word_vectors": encoded.words.vectors,
        "word_starts": encoded.words.starts,
        "title_words": encoded.words.titles,
        "text_hashes": text_hashes(papers),
        "id_hashes": np.array([hash64(paper.id) for paper in papers], dtype=np.uint64),
        "lengths": lengths,
        "term_hashes": distinct,
        "term_starts": np.append(starts, len(found)).astype(np.int64),
        "posting_rows": rows[order],
        "posting_counts": counts[order],
        "key_hashes": names.hashes,
        "key_rows": names.rows,
    }
    save_arrays(folder, arrays)
    Facets.of(papers).save(folder)
    save_words(folder, counted)


def load_segment(folder: Path) -> Segment:
    """Read what :func:`write_segment` or ``join_segments`` wrote, mapped into memory.

    Raises:
        IndexFolderError: a file is missing, damaged, or does not fit the others.
    """
    try:
        arrays = load_arrays(plain_folder(folder), _ARRAYS, mapped=True)
        names = NameTable(arrays.pop("key_hashes"), arrays.pop("key_rows"))
        papers = StoredPapers(folder / PAPERS_FILE, arrays.pop("paper_starts"))
        of_words = ("word_vectors", "word_starts", "title_words")
        words = Words(*(arrays.pop(name) for name in of_words))
        facets = Facets.load(folder)
        segment = Segment(folder, papers, word_vectors=words, names=names, facets=facets, **arrays)
        plain_file(folder / WORDS_FILE)
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise IndexFolderError(
                f"{folder} cannot be opened: more files are open than may be; allow more, as with "
                "`ulimit -n 65536` before the command, and try again"
            ) from error
        raise damaged(folder, error) from error
    n, starts = len(segment), segment.term_starts
    postings = int(starts[-1]) if len(starts) else 0
    if wrong := misfit(
        ("papers", len(papers), n),
        ("vectors", len(segment.vectors), n),
        *words.counted(n),
        ("ids", len(segment.id_hashes), n),
        ("lengths", len(segment.lengths), n),
        ("facets", len(segment.facets), n),
        ("term starts", len(segment.term_starts), len(segment.term_hashes) + 1),
        ("postings", len(segment.posting_rows), postings),
        ("posting counts", len(segment.posting_counts), postings),
    ):
        raise IndexFolderError(
            f"the segment {folder.name} of the index in {folder.parent} has {wrong}; build it again"
        )
    if n <= LOOKED_OVER:
        try:
            segment.check()
        except UNREADABLE as error:
            raise damaged(folder, error) from error
    return segment


def damaged(folder: Path, how: Exception | str) -> IndexFolderError:
    """The error to raise where a segment in ``folder`` is not what was written."""
    said = how if isinstance(how, str) else f"{type(how).__name__}: {how}"
    return IndexFolderError(
        f"the segment {folder.name} of the index in {folder.parent} is damaged ({said}); "
        "build it again"
    )


def _lines(papers: Sequence[Paper]) -> list[bytes]:
    return [to_jsonl([paper]).encode("utf-8", "replace") for paper in papers]


def save_words(folder: Path, words: Counter[str]) -> None:
    """Write how often each word occurs, for :meth:`Segment.words`."""
    lines = (f"{word} {count}" for word, count in sorted(words.items()))
    (folder / WORDS_FILE).write_text("\n".join(lines), encoding="utf-8")
