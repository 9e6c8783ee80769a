"""Papers with their index: built from papers, written to a folder, read back."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.abstracts import append_abstracts, load_abstracts, with_abstracts
from ssm_search.encoder import Encoder, encode_sorted
from ssm_search.errors import IndexFolderError, QueryError
from ssm_search.facets import Facets, facets_of
from ssm_search.files import replacing_folder, settled
from ssm_search.index import SearchIndex
from ssm_search.keys import Keys, keys_of
from ssm_search.manifest import MANIFEST_FILE, Manifest, manifest_json, read_manifest
from ssm_search.onnx_encoder import ENCODER_FOLDER, OnnxEncoder
from ssm_search.papers import Abstract, Category, Paper, from_json, full_text, to_jsonl
from ssm_search.projection import project
from ssm_search.segmented import JoinedPapers, SegmentedIndex
from ssm_search.segments import load_segment
from ssm_search.suggest import Headings, calibrated
from ssm_search.text import sentences, terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAPERS_FILE = "papers.jsonl"
ABSTRACTS_FILE = "abstracts.jsonl"
HASHES_FILE = "text_hashes.npy"
HEADINGS_FILE = "headings.npy"
POSITIONS_FILE = "positions.npy"
READ_TRIES = 8
RETRY_AFTER = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Corpus:
    """Papers and, row by row, what was indexed of them.

    Attributes:
        text_hashes: shape (n,); of the text that was encoded of each paper.
        headings: with the vectors of their names.
        positions: shape (n, 2); where each paper stands on a map of them all. (0, 2) of a large
            corpus, which has no map.
        facets, keys: what filters and names find, of one part of the rows after the other.
        present: shape (n,); False for papers that are gone from a large corpus.
    """

    papers: Sequence[Paper]
    index: SearchIndex | SegmentedIndex
    text_hashes: NDArray[np.uint64]
    headings: Headings
    positions: NDArray[np.float32]
    manifest: Manifest
    facets: tuple[Facets, ...]
    keys: tuple[Keys, ...]
    present: NDArray[np.bool_]

    def is_indexed_text(self, row: int) -> bool:
        """Whether the abstract at hand is the one that the vectors of ``row`` were made of."""
        if isinstance(self.index, SegmentedIndex):
            return True  # they are kept together
        return _hash(passages(self.papers[row])) == int(self.text_hashes[row])

    def rows_named(self, name: str) -> list[int]:
        """The rows of papers with this name, ascending."""
        rows, start = [], 0
        for keys, facets in zip(self.keys, self.facets, strict=True):
            rows += [start + row for row in keys.of(name)]
            start += len(facets)
        return [row for row in rows if self.present[row]]

    @property
    def list_index(self) -> SearchIndex:
        """The index of a list, which can compare every paper with every other.

        Raises:
            IndexFolderError: this is a large corpus.
        """
        if isinstance(self.index, SegmentedIndex):
            raise not_of_a_list(self.manifest)
        return self.index


def not_of_a_list(manifest: Manifest) -> IndexFolderError:
    """What is raised where a large corpus is asked for what only a list has."""
    return IndexFolderError(
        f"this is the index of a large corpus ({manifest.papers:,} papers without "
        "headings); filing, duplicates and maps need that of a list"
    )


def build_corpus(
    papers: Sequence[Paper],
    encoder: Encoder,
    previous: Corpus | None = None,
    headings: Sequence[Category] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Corpus:
    """Encode and index ``papers``.

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
    paths = tuple(dict.fromkeys([*(p for x in papers for p in x.categories), *headings]))
    cut = [passages(paper) for paper in papers]
    hashes = [_hash(parts) for parts in cut]
    stored, named = _stored_vectors(previous, encoder) if previous else ({}, {})
    new = {h: parts for h, parts in zip(hashes, cut, strict=True) if h not in stored}
    new_names = list(dict.fromkeys(path[-1] for path in paths if path[-1] not in named))
    texts = [text for parts in new.values() for text in parts]
    vectors = encode_sorted(encoder, texts + new_names, progress)
    named.update(zip(new_names, vectors[len(texts) :], strict=True))
    start = 0
    for of_text, parts in new.items():
        stored[of_text] = vectors[start : start + len(parts)]
        start += len(parts)
    rows = [stored[of_text] for of_text in hashes]
    dimension = rows[0].shape[1] if rows else 0
    empty = np.zeros((0, dimension), dtype=np.float32)
    starts = np.cumsum([0, *(len(row) - 1 for row in rows)], dtype=np.int64)
    whole = np.stack([row[0] for row in rows]) if rows else empty
    index = SearchIndex.build(
        papers=whole,
        sentences=np.concatenate([row[1:] for row in rows]) if rows else empty,
        sentence_starts=starts,
        terms=[terms(full_text(paper)) for paper in papers],
    )
    names = Headings(paths, np.array([named[p[-1]] for p in paths] or empty, dtype=np.float32))
    manifest = Manifest(
        encoder_name=getattr(encoder, "name", ""),
        encoder_fingerprint=encoder.fingerprint,
        dimension=dimension,
        papers=len(papers),
        sentences=int(starts[-1]),
        without_abstract=tuple(paper.id for paper in papers if not paper.abstract),
        headings=paths,
        calibration=calibrated(index, papers, names),
    )
    text_hashes = np.array(hashes, dtype=np.uint64)
    return _corpus(papers, index, text_hashes, names, project(whole), manifest)


def _corpus(
    papers: Sequence[Paper],
    index: SearchIndex,
    text_hashes: NDArray[np.uint64],
    headings: Headings,
    positions: NDArray[np.float32],
    manifest: Manifest,
) -> Corpus:
    return Corpus(
        tuple(papers),
        index,
        text_hashes,
        headings,
        positions,
        manifest,
        facets=(facets_of(papers),),
        keys=(keys_of(papers),),
        present=np.ones(len(papers), dtype=bool),
    )


def _stored_vectors(
    corpus: Corpus, encoder: Encoder
) -> tuple[dict[int, NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
    """What ``encoder`` made for ``corpus``: vectors by text hash, and by name of a heading."""
    if encoder.fingerprint != corpus.manifest.encoder_fingerprint:
        return {}, {}
    index = corpus.index
    if isinstance(index, SegmentedIndex):
        return {}, {}  # without sentences
    stored = {
        int(of_text): np.vstack([index.paper_vector(row), index.sentence_vectors(row)])
        for row, of_text in enumerate(corpus.text_hashes)
    }
    headings = corpus.headings
    return stored, {p[-1]: v for p, v in zip(headings.paths, headings.vectors, strict=True)}


def passages(paper: Paper) -> list[str]:
    """What is encoded of a paper: all of it, then its title and each sentence of its abstract."""
    parts = [paper.title] if paper.title else []
    return [full_text(paper), *(parts + sentences(paper.abstract) or [""])]


def _hash(parts: Sequence[str]) -> int:
    """Of all that is encoded of a paper, cut as it is encoded; 64 bits."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "little")


def save_corpus(corpus: Corpus, folder: Path, encoder: Encoder | None = None) -> None:
    """Write ``corpus`` to ``folder``, replacing it whole or, if interrupted, not at all.

    Args:
        encoder: what made the vectors; it goes along if it can.
    """
    index = corpus.list_index  # a large corpus is on disk already
    with replacing_folder(folder) as new:
        index.save(new)
        if isinstance(encoder, OnnxEncoder):
            encoder.copy_to(new / ENCODER_FOLDER)
        np.save(new / HASHES_FILE, corpus.text_hashes, allow_pickle=False)
        np.save(new / HEADINGS_FILE, corpus.headings.vectors, allow_pickle=False)
        np.save(new / POSITIONS_FILE, corpus.positions, allow_pickle=False)
        bare = [replace(paper, abstract="") for paper in corpus.papers]
        (new / PAPERS_FILE).write_text(to_jsonl(bare), encoding="utf-8")
        known = [Abstract(p.id, p.title, p.abstract) for p in corpus.papers if p.abstract]
        if known:
            append_abstracts(new / ABSTRACTS_FILE, known)
        (new / MANIFEST_FILE).write_text(manifest_json(corpus.manifest), encoding="utf-8")


def load_corpus(folder: Path, abstracts: Mapping[str, Abstract]) -> Corpus:
    """Read what :func:`save_corpus` wrote; ``abstracts`` fill in texts that the folder lacks.

    Raises:
        IndexFolderError: there is no index, or it is damaged.
    """
    for _ in range(READ_TRIES):
        # A build may replace the folder while it is read: what counts is that the manifest is the
        # same before and after.
        before = read_manifest(settled(folder))
        try:
            corpus = _read(settled(folder), before, abstracts)
        except IndexFolderError:
            if read_manifest(settled(folder)) == before:
                raise
        else:
            # The parts that a manifest names never change, and stay while they are mapped.
            if before.segments or read_manifest(settled(folder)) == before:
                return corpus
        time.sleep(RETRY_AFTER)
    raise IndexFolderError(f"the index in {folder} kept changing while it was read; try again")


def _read(folder: Path, manifest: Manifest, abstracts: Mapping[str, Abstract]) -> Corpus:
    if manifest.segments:
        return _read_segments(folder, manifest)
    index = SearchIndex.load(folder)
    try:
        lines = (folder / PAPERS_FILE).read_text(encoding="utf-8").split("\n")
        papers = [from_json(json.loads(line)) for line in lines if line]
        hashes = np.load(folder / HASHES_FILE, allow_pickle=False)
        headings = np.load(folder / HEADINGS_FILE, allow_pickle=False)
        positions = np.load(folder / POSITIONS_FILE, allow_pickle=False)
        if positions.ndim != 2 or positions.shape[1] != 2 or not np.isfinite(positions).all():
            raise ValueError(f"positions of shape {positions.shape}; expected finite (n, 2)")
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise IndexFolderError(
            f"the index in {folder} is damaged ({type(error).__name__}: {error}); build it again"
        ) from error
    for what, found, expected in (
        ("papers", len(papers), manifest.papers),
        ("rows", len(index), manifest.papers),
        ("text hashes", len(hashes), manifest.papers),
        ("heading vectors", len(headings), len(manifest.headings)),
        ("positions", len(positions), manifest.papers),
        ("sentences", index.sentence_count, manifest.sentences),
        ("dimensions", index.dimension, manifest.dimension),
    ):
        if found != expected:
            raise IndexFolderError(
                f"the index in {folder} has {found} {what}, its manifest says {expected}; "
                "build it again"
            )
    known = {**abstracts, **load_abstracts(folder / ABSTRACTS_FILE)}
    names = Headings(manifest.headings, headings)
    filled = tuple(with_abstracts(papers, known))
    return _corpus(filled, index, hashes, names, positions, manifest)


def _read_segments(folder: Path, manifest: Manifest) -> Corpus:
    segments = [load_segment(folder / part.folder) for part in manifest.segments]
    present = [np.ones(len(segment), dtype=bool) for segment in segments]
    for mask, part in zip(present, manifest.segments, strict=True):
        if part.gone:
            mask[:] = ~_load_mask(folder / part.gone, len(mask))
    found, dimension = sum(int(mask.sum()) for mask in present), segments[0].vectors.shape[1]
    if (found, dimension) != (manifest.papers, manifest.dimension):
        raise IndexFolderError(
            f"the index in {folder} has {found} papers and {dimension} dimensions, its manifest "
            f"says {manifest.papers} and {manifest.dimension}; build it again"
        )
    return Corpus(
        papers=JoinedPapers([segment.papers for segment in segments]),
        index=SegmentedIndex(segments),
        text_hashes=np.concatenate([segment.text_hashes for segment in segments]),
        headings=Headings((), np.zeros((0, dimension), dtype=np.float32)),
        positions=np.zeros((0, 2), dtype=np.float32),
        manifest=manifest,
        facets=tuple(segment.facets for segment in segments),
        keys=tuple(segment.keys for segment in segments),
        present=np.concatenate(present),
    )


def _load_mask(path: Path, length: int) -> NDArray[np.bool_]:
    try:
        mask = np.load(path, allow_pickle=False)
        if mask.dtype != np.bool_ or mask.shape != (length,):
            raise ValueError(f"{mask.dtype} of shape {mask.shape}; expected bool ({length},)")
    except (OSError, ValueError, EOFError) as error:
        raise IndexFolderError(
            f"the index in {path.parent} is damaged ({path.name}: {error}); build it again"
        ) from error
    return np.asarray(mask)
