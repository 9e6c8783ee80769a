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
import shlex
import threading
import time
from collections.abc import Mapping
from typing import Any

from ssm_search.arrays import misfit
from ssm_search.errors import SsmSearchError, StoreError
from ssm_search.filters import sql
from ssm_search.stores.access import CURRENT, connected, damaged, reaching
from ssm_search.stores.rows import FORMAT, Current, StoreRows
from ssm_search.stores.stats import from_bytes
from ssm_search.words import RowVectors

REFRESH = 5.0  # seconds that a reader trusts what it knows to be current
BLOBS, PAPERS = "blobs", "papers_"
STATISTICS = "statistics"
SAMPLE = "sample"  # rows whose words stand for all
ENCODER = "encoder/"  # before the names of the files of an exported one


class Store:
    """A corpus in a database, as it is now; may be asked by several threads at once."""

    def __init__(self, uri: str, database: Any):
        """Use :meth:`open`."""
        self.uri = uri
        self._database = database
        self._lock = threading.Lock()
        self._view: StoreRows | None = None
        self._looked = 0.0

    @classmethod
    def open(cls, uri: str, storage_options: Mapping[str, str] | None = None) -> Store:
        """Open what :func:`ssm_search.stores.writing.generations.write_store` wrote.

        Args:
            uri: a folder, or "s3://bucket/path".
            storage_options: as LanceDB takes them; the usual AWS_* variables serve without.

        Raises:
            StoreError: it is not there, out of reach, damaged, or LanceDB is not installed.
        """
        if "://" not in uri and not os.path.isdir(uri):
            raise StoreError(
                f"no store at {uri}; make one with `ssm-search build … --store {shlex.quote(uri)}`"
            )
        store = cls(uri, connected(uri, storage_options))
        store.refresh()
        return store

    def view(self) -> StoreRows:
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
        """The content of the blob that ``key`` names, its SHA-256."""
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
                f"{FORMAT}; write it again with `ssm-search build … --store {shlex.quote(uri)}`"
            )
        current = Current(**record)
        current.manifest()
        return current
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(uri, "its manifest", error) from error


def view_of(database: Any, uri: str, current: Current) -> StoreRows:
    """The state that ``current`` names.

    Raises:
        StoreError: a part of it is missing or damaged.
    """
    try:
        stats = from_bytes(read_blob(database, uri, current.blobs[STATISTICS]))
        sample = RowVectors.from_bytes(read_blob(database, uri, current.blobs[SAMPLE]))
    except SsmSearchError:
        raise
    except Exception as error:  # NumPy, zlib and zipfile have many for a damaged file
        raise damaged(uri, "its statistics", error) from error
    with reaching(uri):
        table = database.open_table(current.table)
        table.checkout(current.version)
        width = table.schema.field("vector").type.list_size
    if wrong := misfit(
        ("dimensions", width, current.about["dimension"]),
        ("papers", stats.n, current.about["papers"]),
        says="its manifest says",
    ):
        raise StoreError(
            f"the store at {uri} has {wrong}; write it again with "
            f"`ssm-search build … --store {shlex.quote(uri)}`"
        )
    return StoreRows(uri, current, table, stats, sample.words)


def read_blob(database: Any, uri: str, key: str) -> bytes:
    """The content of an immutable blob; its name is its SHA-256.

    Raises:
        StoreError: it is missing or damaged.
    """
    with reaching(uri):
        query = database.open_table(BLOBS).search().where(f"key = {sql.quoted(key)}").limit(1)
        found: list[bytes] = query.select(["content"]).to_arrow()["content"].to_pylist()
    if not found or hashlib.sha256(found[0]).hexdigest() != key:
        what = "other content" if found else "nothing"
        raise damaged(uri, f"blob {key[:12]}…", ValueError(f"found {what}"))
    return found[0]
