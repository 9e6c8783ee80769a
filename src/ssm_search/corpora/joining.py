"""Shards → the index of a large corpus, kept up to date.

Later changes come as a small part of their own, and now and then small parts are joined, so that a
change costs what it changes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.corpora.changes import changes
from ssm_search.corpora.shards import REMOVED_FILE, SHARDS, Batch, StoredVectors
from ssm_search.encoding import ENCODER_FOLDER, Encoder, OnnxEncoder, encode_sorted
from ssm_search.errors import IndexFolderError
from ssm_search.files import replacing_folder, write_atomically
from ssm_search.index import (
    ANN_FILE,
    MANIFEST_FILE,
    LocalRows,
    Manifest,
    Part,
    Segment,
    build_ann,
    by_id,
    join_segments,
    kind_for,
    load_segment,
    manifest_json,
    stamped,
    write_segment,
)
from ssm_search.ingest import Removed
from ssm_search.papers import Paper

if TYPE_CHECKING:
    from numpy.typing import NDArray

PART_ROWS = 1_000_000  # of a part when it is first built
MAX_PARTS = 8  # beyond, the smaller ones are joined
MAX_GONE = 0.3  # share of the rows of a part; beyond, it is written anew


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records.

    Attributes:
        encoded, reused: papers whose vectors were made, or were there already.
        removed: papers that were there and are no more.
    """

    papers: int = 0
    encoded: int = 0
    reused: int = 0
    removed: int = 0


def join_shards(
    place: Path,
    folder: Path,
    encoder: Encoder,
    source: str = "",
    kind: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Join the shards in ``place`` into an index that replaces ``folder`` whole.

    Of the records of one id the last counts.

    Args:
        source: what the corpus is called.
        kind: FAISS's name of the index of each part; by its size if "".
    """
    shards = [load_segment(path) for path in sorted(place.glob(SHARDS))]
    kept = last_records(shards, [np.load(s.folder / REMOVED_FILE) for s in shards])
    with replacing_folder(folder) as new:
        parts: list[Part] = []
        for group in _groups(kept):
            name = f"part-{len(parts):04}"
            (new / name).mkdir()
            chosen = [(shards[at], kept[at]) for at in group]
            parts.append(Part(name, kind=_write_part(new / name, chosen, kind)))
            progress(sum(len(kept[at]) for at in range(group[-1] + 1)), sum(map(len, kept)))
        if isinstance(encoder, OnnxEncoder):
            encoder.copy_to(new / ENCODER_FOLDER)
        manifest = Manifest(
            encoder_name=getattr(encoder, "name", ""),
            encoder_fingerprint=encoder.fingerprint,
            dimension=shards[0].vectors.shape[1],
            papers=sum(map(len, kept)),
            sentences=0,
            without_abstract=(),
            segments=tuple(parts),
            vectors=kind,
        )
        manifest = stamped(manifest, source, "")
        (new / MANIFEST_FILE).write_text(manifest_json(manifest), encoding="utf-8")
    return manifest


def update_parts(
    records: Iterable[Paper | Removed], folder: Path, known: LocalRows, encoder: Encoder
) -> Counts:
    """Add, change and remove papers of the index in ``folder``, which ``known`` was read from.

    The files of its parts stay as they are; the manifest, replaced last, names new ones beside
    them, so that a kill leaves the index as it was, and readers see the old or the new.
    """
    latest: dict[str, Paper | Removed] = {record.id: record for record in records}
    rows = rows_of_ids(known, list(latest))
    change = changes(latest, {one: known.listing[row] for one, row in rows.items()})
    if not change:
        return Counts(known.manifest.papers, 0, 0)
    changed = change.written
    present = known.present.copy()
    present[[rows[paper_id] for paper_id in [*change.replaced, *change.removed]]] = False
    segments, serial = list(known.manifest.segments), _next_serial(folder)
    new = 0
    if changed:
        batch = Batch(changed)
        texts = batch.missing(StoredVectors(known, encoder))
        new = len(texts)
        segments.append(Part(f"part-{serial:04}"))
        with replacing_folder(folder / segments[-1].folder) as part:
            write_segment(part, changed, batch.vectors(encode_sorted(encoder, texts)))
    starts = np.cumsum([0, *map(len, known.facets)])
    for at, old in enumerate(known.manifest.segments):
        part_present = present[starts[at] : starts[at + 1]]
        if not part_present.all():
            segments[at] = replace(old, gone=f"gone-{serial:04}-{at:04}.npy")
            _save_mask(folder / segments[at].gone, ~part_present)
    count = int(present.sum()) + len(changed)
    if not count:
        raise IndexFolderError(f"nothing would be left in {folder}; remove the folder instead")
    manifest = replace(known.manifest, segments=tuple(segments), papers=count)
    manifest = _tidied(folder, manifest)
    commit(folder, manifest)
    return Counts(count, new, len(changed) - new, len(change.removed))


def commit(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest`` that of the index, then remove the files that it does not name."""
    manifest = stamped(manifest, "", "")
    write_atomically(folder / MANIFEST_FILE, manifest_json(manifest).encode())
    named = {name for part in manifest.segments for name in (part.folder, part.gone)}
    for path in [*folder.glob("part-*"), *folder.glob("gone-*.npy")]:
        if path.name not in named:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def rows_of_ids(rows: LocalRows, ids: Sequence[str]) -> dict[str, int]:
    """The row of each id that is there."""
    found = {paper_id: rows.rows_named(by_id(paper_id)) for paper_id in ids}
    return {paper_id: named[-1] for paper_id, named in found.items() if named}


def last_records(
    shards: Sequence[Segment], removed: Sequence[NDArray[np.uint64]]
) -> list[NDArray[np.int64]]:
    """Of each shard the rows that no later record of the same id replaces or removes, ascending.

    Args:
        removed: of each shard, the hashes of the ids that are gone and the number of its rows that
            stand before each; shape (m, 2).
    """
    ids, order, places = [], [], []
    start = 0
    for shard, gone in zip(shards, removed, strict=True):
        count = len(shard)
        ids += [shard.id_hashes, gone[:, 0]]
        order += [start + 2 * np.arange(count) + 1, start + 2 * gone[:, 1].astype(np.int64)]
        places += [np.arange(count), np.full(len(gone), -1)]
        start += 2 * (count + 1)
    hashes, when, row = (np.concatenate(parts) for parts in (ids, order, places))
    by_id = np.lexsort((when, hashes))
    last = np.append(hashes[by_id][1:] != hashes[by_id][:-1], True) if len(by_id) else by_id == 0
    stays = np.zeros(len(hashes), dtype=bool)
    stays[by_id[last]] = True
    stays &= row >= 0
    kept, at = [], 0
    for shard, gone in zip(shards, removed, strict=True):
        kept.append(np.flatnonzero(stays[at : at + len(shard)]))
        at += len(shard) + len(gone)
    return kept


def _groups(kept: Sequence[NDArray[np.int64]]) -> list[list[int]]:
    """Neighbouring shards, together up to ``PART_ROWS`` rows."""
    groups: list[list[int]] = [[]]
    rows = 0
    for at, of_shard in enumerate(kept):
        if groups[-1] and rows + len(of_shard) > PART_ROWS:
            groups.append([])
            rows = 0
        groups[-1].append(at)
        rows += len(of_shard)
    return groups


def _write_part(
    folder: Path, parts: Sequence[tuple[Segment, NDArray[np.int64]]], asked: str
) -> str:
    """The kind of index that it has."""
    join_segments(folder, parts)
    kind = kind_for(sum(len(rows) for _, rows in parts), asked)
    if kind != "Flat":
        build_ann(load_segment(folder).vectors, kind, folder / ANN_FILE)
    return kind


def _tidied(folder: Path, manifest: Manifest) -> Manifest:
    """``manifest`` with few parts, few of whose rows are gone: others are written anew."""
    parts = [load_segment(folder / part.folder) for part in manifest.segments]
    kept = [
        np.flatnonzero(~np.load(folder / old.gone)) if old.gone else np.arange(len(part))
        for part, old in zip(parts, manifest.segments, strict=True)
    ]
    shares = [1 - len(rows) / max(len(part), 1) for part, rows in zip(parts, kept, strict=True)]
    anew = {at for at, share in enumerate(shares) if share > MAX_GONE}
    if len(parts) > MAX_PARTS:
        anew |= set(sorted(range(len(parts)), key=lambda at: len(parts[at]))[:MAX_PARTS])
    if not anew:
        return manifest
    segments = [part for at, part in enumerate(manifest.segments) if at not in anew]
    joined = [(parts[at], kept[at]) for at in sorted(anew) if len(kept[at])]
    if joined:
        name = f"part-{_next_serial(folder):04}"
        with replacing_folder(folder / name) as new:
            kind = _write_part(new, joined, manifest.vectors)
        segments.append(Part(name, kind=kind))
    return replace(manifest, segments=tuple(segments))


def _next_serial(folder: Path) -> int:
    return 1 + max((int(path.name[5:9]) for path in folder.glob("part-*")), default=-1)


def _save_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    import io

    data = io.BytesIO()
    np.save(data, mask, allow_pickle=False)
    write_atomically(path, data.getvalue())
