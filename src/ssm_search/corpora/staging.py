"""A stream of papers → small segments with vectors, staged beside the index that is being built.

A segment is encoded at a time, here or on a cluster; a build that was killed and starts again takes
those that are there. Here what is encoded of one is written several times before it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ssm_search.arrays import UNREADABLE, allow_open_files, load_array, save_array
from ssm_search.corpora.lock import building
from ssm_search.encoding import Encoded, Encoder, encode_documents
from ssm_search.errors import IndexFolderError
from ssm_search.files import (
    read_text,
    remove_folder,
    replacing_folder,
    resolved,
    sweep,
    write_atomically,
)
from ssm_search.index import LocalRows
from ssm_search.ingest import Removed
from ssm_search.names import hash64, text_hashes
from ssm_search.papers import Paper
from ssm_search.segments import FORMAT_VERSION, Chosen, Segment, load_segment, write_segment
from ssm_search.words import PartlyEncoded, RowVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

STAGED = 2_048  # records of a segment
KEPT = 512
"""Records after which this process writes what it has of a segment: what a kill can lose, 12 to 19
seconds of encoding on two cores. With smaller segments, those of 3 million papers would have more
files than a process may map."""

STAGING_SUFFIX = ".staging"
SEGMENTS = "[0-9]" * 6
REMOVED_FILE = "removed.npy"
OF_REMOVED = (np.uint64, 2)
BY_FILE = "encoder.json"


@contextmanager
def staging_place(folder: Path) -> Iterator[Path]:
    """The folder where segments of an index wait to be joined, held by this process alone.

    Raises:
        IndexFolderError: ``folder`` cannot be written beside, or another process builds it.
    """
    folder = resolved(folder)
    place = folder.with_name(f".{folder.name}{STAGING_SUFFIX}")
    with ExitStack() as holding:
        try:
            sweep(place)
            holding.enter_context(building(place, folder))
        except OSError as error:
            raise IndexFolderError(f"cannot write {place} ({error.strerror})") from error
        try:
            yield place
        except BaseException:
            if not any(place.glob("*/*")):  # nothing that another try could use
                remove_staged(place)
            raise


def remove_staged(place: Path) -> None:
    """Remove what was staged in ``place``, and the place; a kill leaves all of it or nothing."""
    if place.exists():
        remove_folder(place)


class Engine(Protocol):
    """What encodes the texts of many segments: this process, or a cluster."""

    def encode(
        self, encoder: Encoder, segments: Iterable[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, Encoded]]:
        """The number of each segment and what its texts became, in any order."""


class LocalEngine:
    """Encodes the texts of one segment after the other, in this process."""

    def encode(
        self, encoder: Encoder, segments: Iterable[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, Encoded]]:
        """The number of each segment and what its texts became, in the order they are given."""
        for number, texts in segments:
            yield number, encode_documents(encoder, texts)


def encode_segments(
    records: Iterable[Paper | Removed],
    place: Path,
    encoder: Encoder,
    known: LocalRows | None = None,
    progress: Callable[[int], None] = lambda records: None,
    engine: Engine | None = None,
) -> tuple[int, int]:
    """Write ``records`` as segments into ``place``; how many papers were encoded, and reused.

    A segment that is there already, with the same records by the same encoder, is left as it is.

    Args:
        known: a corpus whose vectors serve again where encoder and text are the same.
        progress: called with the number of records done.
        engine: what encodes; this process if None.
    """
    by = place / BY_FILE
    said = json.dumps({"encoder": encoder.fingerprint, "records": STAGED, "format": FORMAT_VERSION})
    if not by.is_file() or read_text(by) != said:
        for segment in place.glob(SEGMENTS):  # of another encoder, or an older program
            remove_folder(segment)
        write_atomically(by, said.encode())
    stored = StoredVectors(known, encoder)
    waiting: dict[int, Part] = {}
    count = done = encoded = reused = 0

    def todo() -> Iterator[tuple[int, list[str]]]:
        nonlocal count, done, reused
        for batch in _batches(records):
            number, count = count, count + 1
            segment = place / f"{number:06}"
            if _same(segment, batch):
                reused += len(batch.papers)
                done += len(batch)
                progress(done)
                continue
            for part in _parts(batch, stored, segment, KEPT if engine is None else STAGED):
                waiting[number] = part
                yield number, part.texts.missing

    for number, made in (engine or LocalEngine()).encode(encoder, todo()):
        part = waiting.pop(number)
        with replacing_folder(place / f"{number:06}") as folder:
            write_segment(folder, part.batch.papers, part.texts.filled(made, encoder, pool=True))
            save_array(folder / REMOVED_FILE, part.batch.removed)
        encoded += len(made)
        reused += len(part.batch.papers) - len(part.before.papers) - len(made)
        done += len(part.batch) - len(part.before)
        progress(done)
    for segment in place.glob(SEGMENTS):  # of a longer source
        if int(segment.name) >= count:
            remove_folder(segment)
    return encoded, reused


def staged_rows(place: Path) -> list[Chosen]:
    """The segments that are staged in ``place``, each with the rows that no later record undoes."""
    allow_open_files()
    segments = [load_segment(path) for path in sorted(place.glob(SEGMENTS))]
    removed = [load_array(segment.folder / REMOVED_FILE, OF_REMOVED) for segment in segments]
    return list(zip(segments, last_records(segments, removed), strict=True))


def last_records(
    segments: Sequence[Segment], removed: Sequence[NDArray[np.uint64]]
) -> list[NDArray[np.int64]]:
    """The rows of each segment that no later record of the same id replaces or removes; ascending.

    Args:
        removed: of each segment, the hashes of the ids that are gone and the number of its rows
            that stand before each; shape (m, 2).
    """
    ids, order, places = [], [], []
    start = 0
    for segment, gone in zip(segments, removed, strict=True):
        count = len(segment)
        ids += [segment.id_hashes, gone[:, 0]]
        order += [start + 2 * np.arange(count) + 1, start + 2 * gone[:, 1].astype(np.int64)]
        places += [np.arange(count), np.full(len(gone), -1)]
        start += 2 * (count + 1)
    hashes, when, row = (np.concatenate(each) for each in (ids, order, places))
    order_of_ids = np.lexsort((when, hashes))
    last = (
        np.append(hashes[order_of_ids][1:] != hashes[order_of_ids][:-1], True)
        if len(order_of_ids)
        else order_of_ids == 0
    )
    stays = np.zeros(len(hashes), dtype=bool)
    stays[order_of_ids[last]] = True
    stays &= row >= 0
    kept, at = [], 0
    for segment, gone in zip(segments, removed, strict=True):
        kept.append(np.flatnonzero(stays[at : at + len(segment)]))
        at += len(segment) + len(gone)
    return kept


class StoredVectors:
    """Vectors that an encoder made before, by the hash of their text."""

    def __init__(self, known: LocalRows | None, encoder: Encoder):
        same = (
            known is not None
            and not known.is_list  # whose words are not pooled
            and known.manifest.encoder_fingerprint == encoder.fingerprint
        )
        self._known = known if same else None
        self._order = np.argsort(known.text_hashes) if known and same else np.zeros(0, np.int64)

    def get(self, text_hash: int) -> RowVectors | None:
        """What the encoder made of a text, by its hash; one row, or None."""
        if self._known is None:
            return None
        hashes = self._known.text_hashes
        at = int(np.searchsorted(hashes, np.uint64(text_hash), sorter=self._order))
        if at == len(hashes) or int(hashes[self._order[at]]) != text_hash:
            return None
        return self._known.index.row_vectors([int(self._order[at])])


class Batch:
    """Records of one segment."""

    def __init__(self, records: Sequence[Paper | Removed]):
        self.records = records
        self.papers = [record for record in records if isinstance(record, Paper)]
        gone, rows = [], 0
        for record in records:
            if isinstance(record, Removed):
                gone.append((hash64(record.id), rows))
            rows += isinstance(record, Paper)
        self.removed = np.array(gone, dtype=np.uint64).reshape(len(gone), 2)

    def __len__(self) -> int:
        return len(self.records)

    def covers(self, old: Segment | None) -> bool:
        """Whether it has every text that an older segment has."""
        return old is None or bool(np.isin(old.text_hashes, text_hashes(self.papers)).all())

    def texts(self, stored: StoredVectors, old: Segment | None) -> PartlyEncoded:
        """The texts of its papers; known are those that ``stored`` or an ``old`` segment has."""
        if old is None:
            return PartlyEncoded(self.papers, stored.get)
        rows = {int(of): row for row, of in enumerate(old.text_hashes)}
        return PartlyEncoded(
            self.papers,
            lambda of: old.encoded.taken([rows[of]]) if of in rows else stored.get(of),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """The first records of a segment, or all, and those of them that were written before."""

    batch: Batch
    texts: PartlyEncoded
    before: Batch


def _parts(batch: Batch, stored: StoredVectors, segment: Path, size: int) -> Iterator[Part]:
    """The beginnings of a batch, each longer by ``size``, and the whole; each after one is written.

    What an older segment has that a beginning has not would be lost with it, so that is left out.
    """
    old, before = _readable(segment), Batch(())
    texts = batch.texts(stored, old)
    if len(texts.missing) > size:
        for end in range(size, len(batch), size):
            beginning = Batch(batch.records[:end])
            texts = beginning.texts(stored, _readable(segment))
            if texts.missing and beginning.covers(old):
                yield Part(beginning, texts, before)
                before = beginning
        texts = batch.texts(stored, _readable(segment))
    yield Part(batch, texts, before)


def _batches(records: Iterable[Paper | Removed]) -> Iterator[Batch]:
    rest = iter(records)
    while batch := list(islice(rest, STAGED)):
        yield Batch(batch)


def _same(segment: Path, batch: Batch) -> bool:
    """Whether ``segment`` is there and holds just these records."""
    return (
        (there := _readable(segment)) is not None
        and there.holds(batch.papers)
        and np.array_equal(load_array(segment / REMOVED_FILE, OF_REMOVED), batch.removed)
    )


def _readable(segment: Path) -> Segment | None:
    """The segment in a folder, if there is one and it is whole, whatever a kill left there."""
    try:
        load_array(segment / REMOVED_FILE, OF_REMOVED)
        return load_segment(segment)
    except (IndexFolderError, *UNREADABLE):
        return None
