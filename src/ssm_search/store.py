"""A large corpus in a LanceDB database, in a folder or on object storage: rows, not answers.

Any number of readers, without state of their own, read what one writer writes. The table
``current`` says in one row what is valid: a table of papers, a version of it, and the names of
immutable blobs. It is replaced in one commit as the last step of every write, so that a reader sees
the old or the new and never a half.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.errors import SsmSearchError, StoreError
from ssm_search.keys import hash64
from ssm_search.manifest import Manifest, Part
from ssm_search.papers import Paper, from_json
from ssm_search.store_access import CURRENT, connected, reaching
from ssm_search.store_stats import StoreStats, from_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
REFRESH = 5.0  # seconds that a reader trusts what it knows to be current
NPROBES = 64
"""Partitions that are searched, of those that an index of the vectors has. Of 111,522 papers in 256
partitions, 16, 32 and 64 find .952, .980 and .993 of the ten nearest, in 5, 6 and 8 ms; LanceDB's
own number of partitions, 27, takes 20 ms."""
REMEMBERED = 2_048  # names of papers whose rows are kept

BLOBS, PAPERS = "blobs", "papers_"
STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Current:
    """What ``current`` says.

    Attributes:
        table, version: where the papers are.
        blobs: the key of each, by what it is.
        about: the manifest.
    """

    table: str
    version: int
    blobs: dict[str, str]
    about: dict[str, Any]
    format: int = FORMAT

    def to_json(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def manifest(self) -> Manifest:
        """That of the corpus."""
        about = dict(self.about)
        part = Part(self.table, kind=about.pop("kind"))
        return Manifest(**about, sentences=0, without_abstract=(), segments=(part,))


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may be an answer.

    Attributes:
        row: its number in this version of the table.
        vector: unit vector, float32, shape (d,).
        terms: its stems, in order.
    """

    row: int
    vector: NDArray[np.float32]
    terms: tuple[str, ...]


class View:
    """One state of the corpus, which stays as it is whatever is written meanwhile."""

    def __init__(self, uri: str, current: Current, table: Any, stats: StoreStats):
        self.uri = uri
        self.current = current
        self.manifest = current.manifest()
        self.stats = stats
        self._table = table
        self.rows_named = lru_cache(REMEMBERED)(self._rows_named)
        self.dates = lru_cache(8)(self._dates)

    def __len__(self) -> int:
        return self.stats.n

    @property
    def dimension(self) -> int:
        """Of every vector."""
        return self.manifest.dimension

    @property
    def words(self) -> Sequence[str]:
        """The words that terms are stems of, but for the rarest; sorted."""
        return self.stats.common_words

    def knows(self, stem: str) -> bool:
        """Whether any row has the term ``stem``."""
        return self.stats.place(stem) is not None

    def nearest(self, vector: NDArray[np.float32], k: int, where: str = "") -> list[Row]:
        """The ``k`` rows nearest to a unit vector, (d,), among those that meet ``where``.

        Raises:
            StoreError: the store cannot be read; so do all that read it.
        """
        with reaching(self.uri):
            query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
            if self.manifest.segments[0].kind != "Flat":
                query = query.nprobes(NPROBES)
            columns = ["vector", "terms", "_distance"]
            return _rows(_under(query, where).select(columns).limit(k).with_row_id(True))

    def best_by_text(self, stems: Sequence[str], k: int, where: str = "") -> list[Row]:
        """The ``k`` rows that full text search finds best for ``stems``."""
        if not stems:
            return []
        from lancedb import query as of_text

        match: Any = of_text.MatchQuery  # its types ask for what has defaults
        with reaching(self.uri):
            query = self._table.search(match(" ".join(stems), "terms"), query_type="fts")
            columns = ["vector", "terms", "_score"]
            return _rows(_under(query, where).select(columns).limit(k).with_row_id(True))

    def rows(self, where: str) -> list[Row]:
        """All rows that meet ``where``."""
        with reaching(self.uri):
            query = self._table.search().where(where).select(["vector", "terms"])
            return _rows(query.limit(len(self)).with_row_id(True))

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of ``rows``, in that order."""
        if not rows:
            return []
        with reaching(self.uri):
            query = self._table.take_row_ids(list(rows)).select(["paper"]).with_row_id()
            found = query.to_arrow()
            texts = dict(zip(found["_rowid"].to_pylist(), found["paper"].to_pylist(), strict=True))
        return [from_json(json.loads(texts[row])) for row in rows]

    def papers_at(self, places: Sequence[int]) -> list[Paper]:
        """The papers that stand at ``places``, from 0, ascending."""
        with reaching(self.uri):
            found = self._table.take_offsets(list(places)).select(["paper"]).to_arrow()
            return [from_json(json.loads(text)) for text in found["paper"].to_pylist()]

    def stored(self, ids: Sequence[str]) -> list[tuple[str, NDArray[np.float32]]]:
        """The JSON line and the vector of each paper that is there, for writing."""
        from ssm_search.filters import quoted

        with reaching(self.uri):
            where = f"id IN ({', '.join(map(quoted, ids))})"
            query = self._table.search().where(where).select(["paper", "vector"])
            found = query.limit(len(ids)).to_arrow()
            return list(zip(found["paper"].to_pylist(), _vectors(found), strict=True))

    def _rows_named(self, name: str) -> list[int]:
        with reaching(self.uri):
            where = f"array_has(names, {signed64(name)})"
            query = self._table.search().where(where).select(["id"]).limit(len(self))
            return sorted(query.with_row_id(True).to_arrow()["_rowid"].to_pylist())

    def _dates(self, where: str) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The rows that meet ``where``, ascending, and the date of each as one number."""
        with reaching(self.uri):
            query = self._table.search()
            query = query.where(where) if where else query
            found = query.select(["date"]).limit(len(self)).with_row_id(True).to_arrow()
            rows = found["_rowid"].to_numpy().astype(np.int64)
            order = np.argsort(rows)
            return rows[order], found["date"].to_numpy()[order]


class Store:
    """A corpus in a database, as it is now; may be asked by several threads at once."""

    def __init__(self, uri: str, database: Any):
        """Use :meth:`open`."""
        self.uri = uri
        self._database = database
        self._lock = threading.Lock()
        self._view: View | None = None
        self._looked = 0.0

    @classmethod
    def open(cls, uri: str, storage_options: Mapping[str, str] | None = None) -> Store:
        """Open what :func:`ssm_search.store_writing.write_store` wrote.

        Args:
            uri: a folder, or "s3://bucket/path".
            storage_options: as LanceDB takes them; the usual AWS_* variables serve without.

        Raises:
            StoreError: it is not there, out of reach, damaged, or LanceDB is not installed.
        """
        if "://" not in uri and not os.path.isdir(uri):
            raise StoreError(f"no store at {uri}; make one with `ssm-search build … --store {uri}`")
        store = cls(uri, connected(uri, storage_options))
        store.refresh()
        return store

    def view(self) -> View:
        """What is current, as of at most ``REFRESH`` seconds ago."""
        if self._view is None or time.monotonic() - self._looked > REFRESH:
            self.refresh()
        assert self._view
        return self._view

    def refresh(self) -> bool:
        """Look at what is current now; whether it is something new."""
        with self._lock:
            current = read_current(self._database, self.uri)
            self._looked = time.monotonic()
            if self._view and self._view.current == current:
                return False
            self._view = view_of(self._database, self.uri, current)
            return True

    def blob(self, key: str) -> bytes:
        """Its content."""
        return read_blob(self._database, self.uri, key)


def read_current(database: Any, uri: str) -> Current:
    """What is valid.

    Raises:
        StoreError: there is nothing, or it is damaged.
    """
    with reaching(uri):
        texts = database.open_table(CURRENT).search().limit(2).to_arrow()["manifest"].to_pylist()
    try:
        record = json.loads(*texts)
        if record["format"] != FORMAT:
            raise StoreError(
                f"the store at {uri} has format {record['format']}, this program reads format "
                f"{FORMAT}; write it again with `ssm-search build … --store {uri}`"
            )
        current = Current(**record)
        current.manifest()
        return current
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(uri, "its manifest", error) from error


def view_of(database: Any, uri: str, current: Current) -> View:
    """The state that ``current`` names.

    Raises:
        StoreError: a part of it is missing or damaged.
    """
    try:
        stats = from_bytes(read_blob(database, uri, current.blobs[STATISTICS]))
    except SsmSearchError:
        raise
    except Exception as error:  # NumPy, zlib and zipfile have many for a damaged file
        raise _damaged(uri, "its statistics", error) from error
    with reaching(uri):
        table = database.open_table(current.table)
        table.checkout(current.version)
        width = table.schema.field("vector").type.list_size
    for what, found, expected in (
        ("dimensions", width, current.about["dimension"]),
        ("papers", stats.n, current.about["papers"]),
    ):
        if found != expected:
            raise StoreError(
                f"the store at {uri} has {found} {what}, its manifest says {expected}; "
                f"write it again with `ssm-search build … --store {uri}`"
            )
    return View(uri, current, table, stats)


def read_blob(database: Any, uri: str, key: str) -> bytes:
    """The content of an immutable blob; its name is its SHA-256.

    Raises:
        StoreError: it is missing or damaged.
    """
    from ssm_search.filters import quoted

    with reaching(uri):
        query = database.open_table(BLOBS).search().where(f"key = {quoted(key)}").limit(1)
        found: list[bytes] = query.select(["content"]).to_arrow()["content"].to_pylist()
    if not found or hashlib.sha256(found[0]).hexdigest() != key:
        what = "other content" if found else "nothing"
        raise _damaged(uri, f"blob {key[:12]}…", ValueError(f"found {what}"))
    return found[0]


def signed64(name: str) -> int:
    """The hash of a name as a database has integers."""
    value = hash64(name)
    return value - 2**64 if value >= 2**63 else value


def _damaged(uri: str, what: str, error: Exception) -> StoreError:
    return StoreError(
        f"the store at {uri} is damaged: {what} cannot be read ({type(error).__name__}: {error}); "
        f"write it again with `ssm-search build … --store {uri}`"
    )


def _under(query: Any, where: str) -> Any:
    return query.where(where, prefilter=True) if where else query


def _vectors(found: Any) -> NDArray[np.float32]:
    column = found["vector"].combine_chunks()
    width = found.schema.field("vector").type.list_size
    return np.asarray(column.flatten().to_numpy(), dtype=np.float32).reshape(-1, width)


def _rows(query: Any) -> list[Row]:
    found = query.to_arrow()
    if not len(found):
        return []
    return [
        Row(row, vector, tuple(text.split()))
        for row, vector, text in zip(
            found["_rowid"].to_pylist(), _vectors(found), found["terms"].to_pylist(), strict=True
        )
    ]
