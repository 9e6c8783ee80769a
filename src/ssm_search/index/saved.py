"""Rows built from papers, written to a folder, read back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.abstracts import append_abstracts, joined_records, load_abstracts, with_abstracts
from ssm_search.arrays import (
    UNREADABLE,
    Form,
    check_runs,
    check_unit,
    load_arrays,
    misfit,
    save_arrays,
)
from ssm_search.encoding import (
    EncodedQuery,
    Encoder,
    OnnxEncoder,
    encode_documents,
    encode_query,
)
from ssm_search.errors import IndexFolderError, QueryError
from ssm_search.files import check_replaceable, plain_file, read_text, replacing_folder, settled
from ssm_search.index.background import measured
from ssm_search.index.begins import check_begins, word_begins
from ssm_search.index.checksums import check_small, checksums_of
from ssm_search.index.corpus import load_segments
from ssm_search.index.headings import Headings
from ssm_search.index.local import LocalRows
from ssm_search.index.manifest import MANIFEST_FILE, Manifest
from ssm_search.index.memory import MemoryIndex
from ssm_search.lines import papers_of
from ssm_search.names import text_hashes
from ssm_search.occasions import topic_of
from ssm_search.papers import Abstract, Category, Paper, full_text, to_jsonl
from ssm_search.segments import check_kind
from ssm_search.text import terms
from ssm_search.words import PartlyEncoded, RowVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAPERS_FILE = "papers.jsonl"
ABSTRACTS_FILE = "abstracts.jsonl"
FORMS: dict[str, Form] = {
    "text_hashes": (np.uint64, 1),
    "word_begins": (np.uint16, 1),
    "positions": (np.float32, 2),
}
HEADINGS: dict[str, Form] = {
    "headings": (np.float32, 2),
    "heading_words": (np.float32, 2),
    "heading_weights": (np.float32, 1),
    "heading_starts": (np.int64, 1),
}
INDEX_NAMES = (MANIFEST_FILE, OnnxEncoder.FOLDER, "papers.faiss", "segment-0000", "part-0000")
"""By any of which a folder is known as that of an index, be it of a list or of a corpus."""
READ_TRIES = 8
RETRY_AFTER = 0.05  # seconds


def check_folder(folder: Path, kind: str = "") -> None:
    """Make sure that an index can be written to ``folder``, before anything is read for it.

    Args:
        kind: FAISS's name of the index of a large corpus that is asked for, if one is.

    Raises:
        IndexFolderError: the folder is somebody else's or cannot be written, or no such ``kind``.
    """
    if kind:
        check_kind(kind)
    check_replaceable(folder, INDEX_NAMES)


def build_rows(
    papers: Sequence[Paper],
    encoder: Encoder,
    previous: LocalRows | None = None,
    headings: Sequence[Category] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LocalRows:
    """Encode and index ``papers``; how far suggestions can be trusted is left open.

    Args:
        previous: a corpus whose vectors serve again where encoder and text are the same.
        headings: those without a paper too, if there are any.
        progress: called with (texts encoded, texts to encode).

    Raises:
        EncoderError: the encoder gives something other than unit vectors.
        QueryError: two papers share an id.
    """
    seen: set[str] = set()
    for paper in papers:
        if paper.id in seen:
            raise QueryError(f"two papers have the id {paper.id!r}; merge them into one")
        seen.add(paper.id)
    paths = [*(path for paper in papers for path in paper.categories), *headings]
    paths = list(dict.fromkeys([*paths, *filter(None, map(topic_of, paths))]))
    stored, begun, named = _stored(previous, encoder) if previous else ({}, {}, {})
    texts = PartlyEncoded(papers, stored.get)
    made = encode_documents(encoder, texts.missing, progress)
    if not papers:  # vectors have a width all the same, and so do those of what is asked
        made = encode_documents(encoder, [""]).taken([])
    whole = texts.filled(made, encoder, pool=False)
    index = MemoryIndex.build(whole, [terms(full_text(paper)) for paper in papers])
    dimension = whole.vectors.shape[1]
    for name in dict.fromkeys(path[-1] for path in paths):
        if name not in named:
            named[name] = encode_query(encoder, name)
    names = Headings.of(paths, [named[path[-1]] for path in paths], dimension)
    manifest = Manifest(
        encoder_name=getattr(encoder, "name", ""),
        encoder_fingerprint=encoder.fingerprint,
        dimension=dimension,
        papers=len(papers),
        words=len(whole.words.vectors),
        without_abstract=tuple(paper.id for paper in papers if not paper.abstract),
        headings=tuple(paths),
    )
    begins = word_begins(papers, whole.words, encoder, begun)
    hashes = text_hashes(papers)
    placed = None
    if previous and stored and np.array_equal(hashes, previous.text_hashes):
        placed = previous.placed  # so are the vectors, and nothing that is left takes longer
    rows = LocalRows.of_list(papers, index, hashes, begins, names, placed, manifest)
    return replace(rows, manifest=replace(manifest, background=measured(rows, encoder)))


def _stored(
    rows: LocalRows, encoder: Encoder
) -> tuple[dict[int, RowVectors], dict[int, NDArray[np.uint16]], dict[str, EncodedQuery]]:
    """What ``encoder`` made for ``rows``: of texts by their hash, of headings by their name."""
    if encoder.fingerprint != rows.manifest.encoder_fingerprint or not rows.is_list:
        return {}, {}, {}  # the words of a corpus are pooled
    encoded = rows.index.row_vectors(range(len(rows)))
    hashes, headings = rows.text_hashes.tolist(), rows.list_headings
    stored = {of: encoded.taken([row]) for row, of in enumerate(hashes)}
    begins = np.split(rows.word_begins, encoded.words.starts[1:-1])
    named = {path[-1]: headings.name(at) for at, path in enumerate(headings.paths)}
    return stored, dict(zip(hashes, begins, strict=False)), named


def save_rows(rows: LocalRows, folder: Path, encoder: Encoder | None = None) -> Manifest:
    """Write ``rows`` to ``folder``, replacing it whole or, if interrupted, not at all.

    Args:
        encoder: what made the vectors; it goes along if it can.

    Returns:
        Their manifest as it stands there, with the checksums of the files.
    """
    index = rows.list_index  # a large corpus is on disk already
    with replacing_folder(folder) as new:
        index.save(new)
        if isinstance(encoder, OnnxEncoder):
            encoder.copy_to(new / OnnxEncoder.FOLDER)
        arrays = (rows.text_hashes, rows.word_begins, rows.positions)
        save_arrays(new, dict(zip(FORMS, arrays, strict=True)))
        save_arrays(new, dict(zip(HEADINGS, rows.list_headings.arrays, strict=True)))
        bare = [replace(paper, abstract="") for paper in rows.listing]
        (new / PAPERS_FILE).write_text(to_jsonl(bare), encoding="utf-8")
        known = [Abstract(p.id, p.title, p.abstract) for p in rows.listing if p.abstract]
        if known:
            append_abstracts(new / ABSTRACTS_FILE, known)
        sums = checksums_of(new, leave_out=[ABSTRACTS_FILE])
        manifest = replace(rows.manifest, checksums=sums)
        manifest.write(new)
    return manifest


def load_rows(folder: Path, abstracts: Mapping[str, Abstract]) -> LocalRows:
    """Read what :func:`save_rows` wrote; ``abstracts`` fill in texts that the folder lacks.

    Raises:
        IndexFolderError: there is no index, or it is damaged.
    """
    for _ in range(READ_TRIES):
        # A build may replace the folder while it is read: what counts is that the manifest is the
        # same before and after.
        before = Manifest.read(settled(folder))
        try:
            rows = _read(settled(folder), before, abstracts)
        except IndexFolderError:
            if Manifest.read(settled(folder)) == before:
                raise
        else:
            # The segments that a manifest names never change, and stay while they are mapped.
            if not before.is_list or Manifest.read(settled(folder)) == before:
                return rows
        time.sleep(RETRY_AFTER)
    raise IndexFolderError(f"the index in {folder} kept changing while it was read; try again")


def _read(folder: Path, manifest: Manifest, abstracts: Mapping[str, Abstract]) -> LocalRows:
    if not manifest.is_list:
        return load_segments(folder, manifest)
    index = MemoryIndex.load(folder)
    try:
        papers = papers_of(read_text(folder / PAPERS_FILE).split("\n"))
        hashes, begins, positions = load_arrays(folder, FORMS).values()
        names = Headings(manifest.headings, *load_arrays(folder, HEADINGS).values())
        if positions.shape[1] != 2 or not np.isfinite(positions).all():
            raise ValueError(f"positions of shape {positions.shape}; expected finite (n, 2)")
        _check_headings(names, index)
        check_begins(begins, index.word_vectors.starts)
        if (folder / ABSTRACTS_FILE).exists():
            plain_file(folder / ABSTRACTS_FILE)
    except UNREADABLE as error:
        raise IndexFolderError(
            f"the index in {folder} is damaged ({type(error).__name__}: {error}); build it again"
        ) from error
    if wrong := misfit(
        ("papers", len(papers), manifest.papers),
        ("rows", len(index), manifest.papers),
        ("text hashes", len(hashes), manifest.papers),
        ("heading vectors", len(names.vectors), len(manifest.headings)),
        ("starts of heading words", len(names.word_starts) - 1, len(manifest.headings)),
        ("positions", len(positions), manifest.papers),
        ("words", len(index.word_vectors.vectors), manifest.words),
        ("begins of words", len(begins), manifest.words),
        ("dimensions", index.dimension, manifest.dimension),
        says="its manifest says",
    ):
        raise IndexFolderError(f"the index in {folder} has {wrong}; build it again")
    check_small(folder, manifest.checksums, OnnxEncoder.FOLDER)
    # Texts are those that were encoded; what a fetch says beside them, as of authors, stands.
    known = joined_records([load_abstracts(folder / ABSTRACTS_FILE), abstracts])
    filled = tuple(with_abstracts(papers, known))
    return LocalRows.of_list(filled, index, hashes, begins, names, positions, manifest)


def _check_headings(names: Headings, index: MemoryIndex) -> None:
    """Make sure that names of headings can be compared with papers.

    Raises:
        ValueError: they cannot.
    """
    width, of_words = names.vectors.shape[1], names.word_vectors.shape[1]
    papers, words = index.dimension, index.word_vectors.vectors.shape[1]
    if width != papers or (len(names.word_vectors) and words and of_words != words):
        raise ValueError(
            f"names of headings of {width} and {of_words} numbers, expected {papers} and {words}"
        )
    check_unit("vectors of headings", names.vectors)
    count = len(names.word_vectors)
    check_runs("words of headings", names.word_starts, count, least=min(count, 1))
    weights = names.word_weights
    if len(weights) != count or not np.isfinite(weights).all():
        raise ValueError(f"{len(weights)} weights of words of headings, expected {count} numbers")
    if not np.isfinite(names.word_vectors).all():
        raise ValueError("words of headings that are no numbers")
