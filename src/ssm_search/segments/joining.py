"""Segments → one segment, without the rows that are gone, copied from disk to disk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.arrays import save_array, save_arrays
from ssm_search.filters import Facets
from ssm_search.names import NameTable
from ssm_search.segments.ann import ANN_FILE, build_ann, kind_for
from ssm_search.segments.segment import PAPERS_FILE, Chosen, load_segment, save_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

COPIED = 65_536  # rows copied at once: 100 MB of vectors
COPIED_WORDS = 8_192  # rows whose words are: 40 MB


def join_segments(folder: Path, parts: Sequence[Chosen], kind: str = "") -> str:
    """Write the chosen rows of several segments as one segment, into an existing, empty folder.

    Copies from disk to disk: what it needs of memory does not grow with the vectors or the texts.

    Args:
        kind: FAISS's name of the index of its vectors; by their number if "".

    Returns:
        The kind of that; "Flat" where there are too few for the one that was asked for.
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
    Facets.joined([(segment.facets, rows) for segment, rows in parts]).save(folder)
    words: Counter[str] = Counter()
    for segment, _ in parts:
        words.update(segment.words())
    save_words(folder, words)
    kind = kind_for(n, kind)
    if kind != "Flat":
        build_ann(load_segment(folder).vectors, kind, folder / ANN_FILE)
    return kind


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
    """An array that lies in a file; one without elements, which cannot be mapped, is read back.

    Raises:
        OSError: the disk has no room for it.
    """
    if not all(shape):
        save_array(path, np.zeros(shape, dtype=dtype))
        return np.zeros(shape, dtype=dtype)
    array: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):  # else a full disk would end the process as it is filled
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
    return array
