"""A segment of a large corpus on disk: papers, vectors and terms of ``n`` rows; never changed.

Everything is mapped into memory when it is looked at, so that a corpus opens at once and costs what
is asked of it. Segments are joined into larger ones; papers that are gone are left out then.
"""

from __future__ import annotations

import json
import mmap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.arrays import load_arrays, misfit, save_arrays
from ssm_search.errors import IndexFolderError
from ssm_search.index.bm25 import MAX_COUNT
from ssm_search.index.facets import Facets, joined, load_facets, save_facets
from ssm_search.index.names import NameTable, hash64
from ssm_search.index.words import RowVectors, Words
from ssm_search.papers import Paper, from_json, full_text, to_jsonl
from ssm_search.text import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAPERS_FILE = "papers.jsonl"
WORDS_FILE = "words.txt"
MIN_WORD_COUNT = 3  # rarer words are not what a misspelled one was meant to be
COPIED = 65_536  # rows copied at once: 100 MB of vectors
COPIED_WORDS = 8_192  # rows whose words are: 40 MB

_ARRAYS = (
    "paper_starts",
    "vectors",
    "word_vectors",
    "word_starts",
    "title_words",
    "text_hashes",
    "id_hashes",
    "lengths",
    "term_hashes",
    "term_starts",
    "posting_rows",
    "posting_counts",
    "key_hashes",  # of names
    "key_rows",
)

Chosen = tuple["Segment", "NDArray[np.int64]"]
"""A segment and some of its rows, ascending."""


class StoredPapers:
    """Papers in a file, a line each; read when one is asked for."""

    def __init__(self, path: Path, starts: NDArray[np.int64]):
        self._starts = starts
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            self._text: mmap.mmap | bytes = b""
            if size:
                self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(starts) == 0 or int(starts[-1]) != size:
            raise ValueError(f"{path} has {size} bytes, which is not where its last line ends")

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, row: int) -> Paper:
        """A paper by its row, from 0."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        return from_json(json.loads(self.line(row)))

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
        posting_counts: uint8; how often the row has the term, up to ``bm25.MAX_COUNT``.
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
        return slice(int(self.term_starts[at]), int(self.term_starts[at + 1]))

    def words(self) -> Counter[str]:
        """How often each word occurs that is no stop word."""
        counts: Counter[str] = Counter()
        for line in (self.folder / WORDS_FILE).read_text(encoding="utf-8").split("\n"):
            word, _, count = line.rpartition(" ")
            if word:
                counts[word] = int(count)
        return counts


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
            found.append((hashes[stem], row, min(count, MAX_COUNT)))
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
    save_facets(Facets.of(papers), folder)
    _save_words(folder, counted)


def is_segment_of(folder: Path, papers: Sequence[Paper]) -> bool:
    """Whether ``folder`` holds a segment of just these papers, in this order, to the letter."""
    path = folder / PAPERS_FILE
    return path.is_file() and path.read_bytes() == b"".join(_lines(papers))


def text_hashes(papers: Sequence[Paper]) -> NDArray[np.uint64]:
    """The hash of the text that is encoded of each paper of a corpus, uint64, shape (n,)."""
    return np.array([hash64(full_text(paper)) for paper in papers], dtype=np.uint64)


def join_segments(folder: Path, parts: Sequence[Chosen]) -> None:
    """Write the chosen rows of several segments as one segment, into an existing, empty folder.

    Copies from disk to disk: what it needs of memory does not grow with the vectors or the texts.
    """
    n = sum(len(rows) for _, rows in parts)
    starts = np.zeros(n + 1, dtype=np.int64)
    out = _new_array(folder / "vectors.npy", np.float32, (n, parts[0][0].vectors.shape[1]))
    _join_words(folder, parts)
    renumbered, at = [], 0
    with open(folder / PAPERS_FILE, "wb") as file:
        for segment, rows in parts:
            for first in range(0, len(rows), COPIED):
                chosen = rows[first : first + COPIED]
                out[at + first : at + first + len(chosen)] = segment.vectors[chosen]
                lines = [segment.papers.line(int(row)) for row in chosen]
                file.write(b"".join(lines))
                starts[at + first + 1 : at + first + len(chosen) + 1] = list(map(len, lines))
            new = np.full(len(segment), -1, dtype=np.int64)
            new[rows] = np.arange(at, at + len(rows))
            renumbered.append(new)
            at += len(rows)
    del out  # which writes what is left
    _join_postings(folder, parts, renumbered)
    names = NameTable.joined(
        [(segment.names, new) for (segment, _), new in zip(parts, renumbered, strict=True)]
    )
    arrays: dict[str, NDArray[Any]] = {
        "paper_starts": np.cumsum(starts),
        "key_hashes": names.hashes,
        "key_rows": names.rows,
        **{
            name: np.concatenate([getattr(segment, name)[rows] for segment, rows in parts])
            for name in ("text_hashes", "id_hashes", "lengths")
        },
    }
    save_arrays(folder, arrays)
    save_facets(joined([(segment.facets, rows) for segment, rows in parts]), folder)
    words: Counter[str] = Counter()
    for segment, _ in parts:
        words.update(segment.words())
    _save_words(folder, words)


def _join_words(folder: Path, parts: Sequence[Chosen]) -> None:
    counts = [np.diff(segment.word_vectors.starts)[rows] for segment, rows in parts]
    titles = [segment.word_vectors.titles[rows] for segment, rows in parts]
    starts = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    save_arrays(folder, {"word_starts": starts, "title_words": np.concatenate(titles)})
    shape = (int(starts[-1]), parts[0][0].word_vectors.vectors.shape[1])
    out, at = _new_array(folder / "word_vectors.npy", np.int8, shape), 0
    for segment, rows in parts:
        for first in range(0, len(rows), COPIED_WORDS):
            words = segment.word_vectors.taken(rows[first : first + COPIED_WORDS]).vectors
            out[at : at + len(words)] = words
            at += len(words)


def _join_postings(
    folder: Path,
    parts: Sequence[Chosen],
    renumbered: Sequence[NDArray[np.int64]],
) -> None:
    """Those of the rows that stay, term by term, each term's in ascending order of the rows."""
    terms_of = np.unique(np.concatenate([segment.term_hashes for segment, _ in parts]))
    places, counts = [], np.zeros(len(terms_of), dtype=np.int64)
    for (segment, _), new in zip(parts, renumbered, strict=True):
        kept = new[segment.posting_rows] >= 0
        before = np.concatenate([[0], np.cumsum(kept)])
        each = before[segment.term_starts[1:]] - before[segment.term_starts[:-1]]
        of = np.searchsorted(terms_of, segment.term_hashes)
        places.append((of, each, kept))
        counts[of] += each
    starts = np.concatenate([[0], np.cumsum(counts)])
    total = int(starts[-1])
    rows = _new_array(folder / "posting_rows.npy", np.int32, (total,))
    times = _new_array(folder / "posting_counts.npy", np.uint8, (total,))
    filled = starts[:-1].copy()
    for (segment, _), new, (of, each, kept) in zip(parts, renumbered, places, strict=True):
        # The postings of one term go side by side to where those of earlier parts end.
        inside = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
        to = np.repeat(filled[of], each) + inside
        rows[to] = new[segment.posting_rows[kept]]
        times[to] = segment.posting_counts[kept]
        filled[of] += each
    used = counts > 0
    save_arrays(
        folder,
        {"term_hashes": terms_of[used], "term_starts": np.append(starts[:-1][used], total)},
    )


def _new_array(path: Path, dtype: type, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array that lies in a file; one without elements, which cannot be mapped, is read back."""
    if not all(shape):
        np.save(path, np.zeros(shape, dtype=dtype), allow_pickle=False)
        return np.zeros(shape, dtype=dtype)
    array: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    return array


def load_segment(folder: Path) -> Segment:
    """Read what :func:`write_segment` or :func:`join_segments` wrote, mapped into memory.

    Raises:
        IndexFolderError: a file is missing, damaged, or does not fit the others.
    """
    try:
        arrays = load_arrays(folder, _ARRAYS, mapped=True)
        names = NameTable(arrays.pop("key_hashes"), arrays.pop("key_rows"))
        papers = StoredPapers(folder / PAPERS_FILE, arrays.pop("paper_starts"))
        of_words = ("word_vectors", "word_starts", "title_words")
        words = Words(*(arrays.pop(name) for name in of_words))
        facets = load_facets(folder)
        segment = Segment(folder, papers, word_vectors=words, names=names, facets=facets, **arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise IndexFolderError(
            f"the segment {folder.name} of the index in {folder.parent} is damaged "
            f"({type(error).__name__}: {error}); build it again"
        ) from error
    n, postings = len(segment), int(segment.term_starts[-1])
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
    return segment


def common_words(counts: Counter[str]) -> tuple[str, ...]:
    """The words that occur at least ``MIN_WORD_COUNT`` times, sorted."""
    return tuple(sorted(word for word, count in counts.items() if count >= MIN_WORD_COUNT))


def _lines(papers: Sequence[Paper]) -> list[bytes]:
    return [to_jsonl([paper]).encode("utf-8", "replace") for paper in papers]


def _save_words(folder: Path, words: Counter[str]) -> None:
    lines = (f"{word} {count}" for word, count in sorted(words.items()))
    (folder / WORDS_FILE).write_text("\n".join(lines), encoding="utf-8")
