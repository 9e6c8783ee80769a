"""A stream of papers → the index of a large corpus: in shards, resumable, kept up to date.

A shard is encoded at a time and stays beside the index that is being built; a build that starts
again takes what is there. When all are there, they are joined. Later changes come as a small part
of their own, and now and then small parts are joined, so that a change costs what it changes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.ann import ANN_FILE, ann_kind, build_ann
from ssm_search.corpus import Corpus
from ssm_search.encoder import Encoder, encode_sorted
from ssm_search.errors import IndexFolderError
from ssm_search.feeds import Removed
from ssm_search.files import locked, replacing_folder, write_atomically
from ssm_search.keys import hash64
from ssm_search.manifest import MANIFEST_FILE, Manifest, manifest_json, stamped
from ssm_search.onnx_encoder import ENCODER_FOLDER, OnnxEncoder
from ssm_search.papers import Paper, full_text, to_jsonl
from ssm_search.segments import (
    PAPERS_FILE,
    Segment,
    join_segments,
    load_segment,
    text_hashes,
    write_segment,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARD = 2_048  # records: what a kill can lose, half a minute of encoding
PART_ROWS = 1_000_000  # of a part when it is first built
MAX_PARTS = 8  # beyond, the smaller ones are joined
MAX_GONE = 0.3  # share of the rows of a part; beyond, it is written anew

SHARDS_SUFFIX = ".shards"
SHARDS = "[0-9]" * 6
REMOVED_FILE = "removed.npy"
BY_FILE = "encoder.json"
LOCK_FILE = "lock"


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


@contextmanager
def shards_of(folder: Path) -> Iterator[Path]:
    """Where the shards of an index wait to be joined, held by this process alone.

    Raises:
        IndexFolderError: ``folder`` cannot be written beside.
    """
    folder = folder.resolve()
    place = folder.with_name(f".{folder.name}{SHARDS_SUFFIX}")
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / LOCK_FILE).touch()
    except OSError as error:
        raise IndexFolderError(f"cannot write {place} ({error.strerror})") from error
    with locked(place / LOCK_FILE):
        yield place


def encode_shards(
    records: Iterable[Paper | Removed],
    place: Path,
    encoder: Encoder,
    known: Corpus | None = None,
    progress: Callable[[int], None] = lambda records: None,
) -> tuple[int, int]:
    """Write ``records`` as shards into ``place``; how many papers were encoded, and reused.

    A shard that is there already, with the same records by the same encoder, is left as it is.

    Args:
        known: a corpus whose vectors serve again where encoder and text are the same.
        progress: called with the number of records done.
    """
    by = place / BY_FILE
    said = json.dumps({"encoder": encoder.fingerprint, "shard": SHARD})
    if not by.is_file() or by.read_text(encoding="utf-8") != said:
        for shard in place.glob(SHARDS):  # of another encoder
            shutil.rmtree(shard)
        write_atomically(by, said.encode())
    vectors = _Vectors(known, encoder)
    done = encoded = reused = number = 0
    for number, batch in enumerate(_batches(records), start=1):
        papers = [record for record in batch if isinstance(record, Paper)]
        shard = place / f"{number - 1:06}"
        if _same(shard, papers, batch):
            reused += len(papers)
        else:
            found, new = vectors.of(papers, shard)
            with replacing_folder(shard) as folder:
                write_segment(folder, papers, found)
                np.save(folder / REMOVED_FILE, _removed(batch), allow_pickle=False)
            encoded += new
            reused += len(papers) - new
        done += len(batch)
        progress(done)
    for shard in place.glob(SHARDS):  # of a longer source
        if int(shard.name) >= number:
            shutil.rmtree(shard)
    return encoded, reused


def join_shards(
    place: Path,
    folder: Path,
    encoder: Encoder,
    source: str = "",
    kind: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Join the shards in ``place`` into an index that replaces ``folder`` whole.

    Of the records of one id the last counts.

    Args:
        source: what the corpus is called.
        kind: FAISS's name of the index of each part; by its size if None.
    """
    shards = [load_segment(path) for path in sorted(place.glob(SHARDS))]
    kept = last_records(shards, [np.load(s.folder / REMOVED_FILE) for s in shards])
    with replacing_folder(folder) as new:
        names: list[str] = []
        for group in _groups(kept):
            names.append(f"part-{len(names):04}")
            (new / names[-1]).mkdir()
            _write_part(new / names[-1], [(shards[at], kept[at]) for at in group], kind)
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
            segments=tuple((name, "") for name in names),
        )
        manifest = stamped(manifest, source, "")
        (new / MANIFEST_FILE).write_text(manifest_json(manifest), encoding="utf-8")
    return manifest


def update_parts(
    records: Iterable[Paper | Removed], folder: Path, known: Corpus, encoder: Encoder
) -> Counts:
    """Add, change and remove papers of the index in ``folder``, which ``known`` was read from.

    The files of its parts stay as they are; the manifest, replaced last, names new ones beside
    them, so that a kill leaves the index as it was, and readers see the old or the new.
    """
    latest: dict[str, Paper | Removed] = {record.id: record for record in records}
    rows = rows_of_ids(known, list(latest))
    changed = [
        paper
        for paper in latest.values()
        if isinstance(paper, Paper)
        and (paper.id not in rows or to_jsonl([paper]) != to_jsonl([known.papers[rows[paper.id]]]))
    ]
    gone = [paper.id for paper in changed if paper.id in rows]
    removed = [one.id for one in latest.values() if isinstance(one, Removed) and one.id in rows]
    if not changed and not removed:
        return Counts(known.manifest.papers, 0, 0)
    present = known.present.copy()
    present[[rows[paper_id] for paper_id in [*gone, *removed]]] = False
    segments, serial = list(known.manifest.segments), _next_serial(folder)
    new = 0
    if changed:
        vectors, new = _Vectors(known, encoder).of(changed)
        segments.append((f"part-{serial:04}", ""))
        with replacing_folder(folder / segments[-1][0]) as part:
            write_segment(part, changed, vectors)
    starts = np.cumsum([0, *map(len, known.facets)])
    for at, (name, _) in enumerate(known.manifest.segments):
        part_present = present[starts[at] : starts[at + 1]]
        if not part_present.all():
            segments[at] = (name, f"gone-{serial:04}-{at:04}.npy")
            _save_mask(folder / segments[at][1], ~part_present)
    count = int(present.sum()) + len(changed)
    if not count:
        raise IndexFolderError(f"nothing would be left in {folder}; remove the folder instead")
    manifest = replace(known.manifest, segments=tuple(segments), papers=count)
    manifest = _tidied(folder, manifest)
    commit(folder, manifest)
    return Counts(count, new, len(changed) - new, len(removed))


def commit(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest`` that of the index, then remove the files that it does not name."""
    manifest = stamped(manifest, "", "")
    write_atomically(folder / MANIFEST_FILE, manifest_json(manifest).encode())
    named = {name for pair in manifest.segments for name in pair}
    for path in [*folder.glob("part-*"), *folder.glob("gone-*.npy")]:
        if path.name not in named:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def rows_of_ids(corpus: Corpus, ids: Sequence[str]) -> dict[str, int]:
    """The row of each id that is there."""
    rows, start = {}, 0
    for keys, facets in zip(corpus.keys, corpus.facets, strict=True):
        for paper_id in ids:
            for row in keys.of(f"id {paper_id}"):
                if corpus.present[start + row]:
                    rows[paper_id] = start + row
        start += len(facets)
    return rows


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


class _Vectors:
    """Vectors of papers: found again where encoder and text are the same, else made."""

    def __init__(self, known: Corpus | None, encoder: Encoder):
        same = known is not None and known.manifest.encoder_fingerprint == encoder.fingerprint
        self._known = known if same else None
        self._encoder = encoder
        self._order = np.argsort(known.text_hashes) if known and same else np.zeros(0, np.int64)

    def of(
        self, papers: Sequence[Paper], shard: Path | None = None
    ) -> tuple[NDArray[np.float32], int]:
        """Vectors of ``papers``, (n, d), and how many were made; some may be in ``shard``."""
        hashes = text_hashes(papers)
        rows: dict[int, NDArray[np.float32]] = {}
        if shard and shard.is_dir():
            old = load_segment(shard)
            rows |= {int(of): old.vectors[at] for at, of in enumerate(old.text_hashes)}
        for of in {int(of) for of in hashes} - rows.keys():
            if (row := self._row(of)) is not None and self._known:
                rows[of] = self._known.index.paper_vector(row)
        new = {int(of): p for of, p in zip(hashes, papers, strict=True) if int(of) not in rows}
        made = encode_sorted(self._encoder, [full_text(paper) for paper in new.values()])
        rows |= dict(zip(new, made, strict=True))
        return np.array([rows[int(of)] for of in hashes], dtype=np.float32), len(new)

    def _row(self, text_hash: int) -> int | None:
        if self._known is None:
            return None
        hashes = self._known.text_hashes
        at = int(np.searchsorted(hashes, np.uint64(text_hash), sorter=self._order))
        if at == len(hashes) or int(hashes[self._order[at]]) != text_hash:
            return None
        return int(self._order[at])


def _batches(records: Iterable[Paper | Removed]) -> Iterator[list[Paper | Removed]]:
    rest = iter(records)
    while batch := list(islice(rest, SHARD)):
        yield batch


def _same(shard: Path, papers: Sequence[Paper], batch: Sequence[Paper | Removed]) -> bool:
    """Whether ``shard`` is there and holds just these records."""
    if not shard.is_dir():
        return False
    lines = to_jsonl(papers).encode("utf-8", "replace")
    return (shard / PAPERS_FILE).read_bytes() == lines and np.array_equal(
        np.load(shard / REMOVED_FILE, allow_pickle=False), _removed(batch)
    )


def _removed(batch: Sequence[Paper | Removed]) -> NDArray[np.uint64]:
    found, rows = [], 0
    for record in batch:
        if isinstance(record, Removed):
            found.append((hash64(record.id), rows))
        else:
            rows += 1
    return np.array(found, dtype=np.uint64).reshape(len(found), 2)


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
    folder: Path, parts: Sequence[tuple[Segment, NDArray[np.int64]]], kind: str | None = None
) -> None:
    join_segments(folder, parts)
    n = sum(len(rows) for _, rows in parts)
    kind = kind or ann_kind(n)
    if kind != "Flat":
        build_ann(load_segment(folder).vectors, kind, folder / ANN_FILE)


def _tidied(folder: Path, manifest: Manifest) -> Manifest:
    """``manifest`` with few parts, few of whose rows are gone: others are written anew."""
    parts = [load_segment(folder / name) for name, _ in manifest.segments]
    kept = [
        np.flatnonzero(~np.load(folder / gone)) if gone else np.arange(len(part))
        for part, (_, gone) in zip(parts, manifest.segments, strict=True)
    ]
    shares = [1 - len(rows) / max(len(part), 1) for part, rows in zip(parts, kept, strict=True)]
    anew = {at for at, share in enumerate(shares) if share > MAX_GONE}
    if len(parts) > MAX_PARTS:
        anew |= set(sorted(range(len(parts)), key=lambda at: len(parts[at]))[:MAX_PARTS])
    if not anew:
        return manifest
    segments = [pair for at, pair in enumerate(manifest.segments) if at not in anew]
    joined = [(parts[at], kept[at]) for at in sorted(anew) if len(kept[at])]
    if joined:
        name = f"part-{_next_serial(folder):04}"
        with replacing_folder(folder / name) as part:
            _write_part(part, joined)
        segments.append((name, ""))
    return replace(manifest, segments=tuple(segments))


def _next_serial(folder: Path) -> int:
    return 1 + max((int(path.name[5:9]) for path in folder.glob("part-*")), default=-1)


def _save_mask(path: Path, mask: NDArray[np.bool_]) -> None:
    import io

    data = io.BytesIO()
    np.save(data, mask, allow_pickle=False)
    write_atomically(path, data.getvalue())
