"""A stream of papers → shards with vectors, beside the index that is being built.

A shard is encoded at a time, here or on a cluster; a build that was killed and starts again takes
those that are there.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ssm_search.encoding import Encoder, encode_sorted
from ssm_search.errors import IndexFolderError
from ssm_search.files import locked, replacing_folder, write_atomically
from ssm_search.index import (
    PAPERS_FILE,
    LocalRows,
    hash64,
    load_segment,
    text_hashes,
    write_segment,
)
from ssm_search.ingest import Removed
from ssm_search.papers import Paper, full_text, to_jsonl

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARD = 2_048  # records: what a kill can lose, a minute of encoding on two cores

SHARDS_SUFFIX = ".shards"
SHARDS = "[0-9]" * 6
REMOVED_FILE = "removed.npy"
BY_FILE = "encoder.json"
LOCK_FILE = "lock"


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


class Engine(Protocol):
    """What encodes many shards: this process, or a cluster."""

    def encode(
        self, encoder: Encoder, shards: Iterable[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The vectors of the texts of each shard, by its number, in any order; (n, d) each."""


class LocalEngine:
    """Encodes one shard after the other."""

    def encode(
        self, encoder: Encoder, shards: Iterable[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The vectors of the texts of each shard, in the order in which they are given."""
        for number, texts in shards:
            yield number, encode_sorted(encoder, texts)


def encode_shards(
    records: Iterable[Paper | Removed],
    place: Path,
    encoder: Encoder,
    known: LocalRows | None = None,
    progress: Callable[[int], None] = lambda records: None,
    engine: Engine | None = None,
) -> tuple[int, int]:
    """Write ``records`` as shards into ``place``; how many papers were encoded, and reused.

    A shard that is there already, with the same records by the same encoder, is left as it is.

    Args:
        known: a corpus whose vectors serve again where encoder and text are the same.
        progress: called with the number of records done.
        engine: what encodes; this process if None.
    """
    by = place / BY_FILE
    said = json.dumps({"encoder": encoder.fingerprint, "shard": SHARD})
    if not by.is_file() or by.read_text(encoding="utf-8") != said:
        for shard in place.glob(SHARDS):  # of another encoder
            shutil.rmtree(shard)
        write_atomically(by, said.encode())
    stored = StoredVectors(known, encoder)
    waiting: dict[int, Batch] = {}
    count = done = encoded = reused = 0

    def todo() -> Iterator[tuple[int, list[str]]]:
        nonlocal count, done, reused
        for batch in _batches(records):
            number, count = count, count + 1
            shard = place / f"{number:06}"
            if _same(shard, batch):
                reused += len(batch.papers)
                done += len(batch)
                progress(done)
                continue
            waiting[number] = batch
            yield number, batch.missing(stored, shard)

    for number, made in (engine or LocalEngine()).encode(encoder, todo()):
        batch = waiting.pop(number)
        with replacing_folder(place / f"{number:06}") as folder:
            write_segment(folder, batch.papers, batch.vectors(made))
            np.save(folder / REMOVED_FILE, batch.removed, allow_pickle=False)
        encoded += len(made)
        reused += len(batch.papers) - len(made)
        done += len(batch)
        progress(done)
    for shard in place.glob(SHARDS):  # of a longer source
        if int(shard.name) >= count:
            shutil.rmtree(shard)
    return encoded, reused


class StoredVectors:
    """Vectors that an encoder made before, by the hash of their text."""

    def __init__(self, known: LocalRows | None, encoder: Encoder):
        same = known is not None and known.manifest.encoder_fingerprint == encoder.fingerprint
        self._known = known if same else None
        self._order = np.argsort(known.text_hashes) if known and same else np.zeros(0, np.int64)

    def get(self, text_hash: int) -> NDArray[np.float32] | None:
        """The vector, shape (d,), or None."""
        if self._known is None:
            return None
        hashes = self._known.text_hashes
        at = int(np.searchsorted(hashes, np.uint64(text_hash), sorter=self._order))
        if at == len(hashes) or int(hashes[self._order[at]]) != text_hash:
            return None
        return self._known.index.paper_vector(int(self._order[at]))


class KeptEncoder:
    """An encoder whose vectors stay on disk, so that a build that was killed finds them again."""

    def __init__(self, encoder: Encoder, folder: Path):
        self._encoder = encoder
        self._folder = folder
        self.fingerprint = encoder.fingerprint
        self.name: str = getattr(encoder, "name", "")

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """As the encoder does, or did."""
        digest = hashlib.sha256(self.fingerprint.encode())
        for text in texts:
            digest.update(b"\0" + text.encode("utf-8", "replace"))
        path = self._folder / f"{digest.hexdigest()}.npy"
        if path.is_file():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
        vectors = self._encoder.encode(texts)
        data = io.BytesIO()
        np.save(data, vectors, allow_pickle=False)
        write_atomically(path, data.getvalue())
        return vectors


class Batch:
    """Records of one shard, some of whose vectors are known."""

    def __init__(self, records: Sequence[Paper | Removed]):
        self._count = len(records)
        self.papers = [record for record in records if isinstance(record, Paper)]
        gone, rows = [], 0
        for record in records:
            if isinstance(record, Removed):
                gone.append((hash64(record.id), rows))
            rows += isinstance(record, Paper)
        self.removed = np.array(gone, dtype=np.uint64).reshape(len(gone), 2)
        self._hashes = [int(of) for of in text_hashes(self.papers)]
        self._known: dict[int, NDArray[np.float32]] = {}
        self._missing: list[int] = []

    def __len__(self) -> int:
        return self._count

    def missing(self, stored: StoredVectors, shard: Path | None = None) -> list[str]:
        """The texts whose vectors neither ``stored`` nor an older ``shard`` has."""
        if shard and shard.is_dir():
            old = load_segment(shard)
            rows = {int(of): row for row, of in enumerate(old.text_hashes)}
            shared = set(self._hashes) & rows.keys()
            self._known = {of: np.array(old.vectors[rows[of]]) for of in shared}
        texts = {}
        for of, paper in zip(self._hashes, self.papers, strict=True):
            if of not in self._known and (vector := stored.get(of)) is not None:
                self._known[of] = vector
            if of not in self._known:
                texts[of] = full_text(paper)
        self._missing = list(texts)
        return list(texts.values())

    def vectors(self, made: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of all papers, shape (n, d), once those of :meth:`missing` are made."""
        every = self._known | dict(zip(self._missing, made, strict=True))
        return np.array([every[of] for of in self._hashes], dtype=np.float32)


def _batches(records: Iterable[Paper | Removed]) -> Iterator[Batch]:
    rest = iter(records)
    while batch := list(islice(rest, SHARD)):
        yield Batch(batch)


def _same(shard: Path, batch: Batch) -> bool:
    """Whether ``shard`` is there and holds just these records."""
    if not shard.is_dir():
        return False
    lines = to_jsonl(batch.papers).encode("utf-8", "replace")
    return (shard / PAPERS_FILE).read_bytes() == lines and np.array_equal(
        np.load(shard / REMOVED_FILE, allow_pickle=False), batch.removed
    )
