"""Who writes a database: one at a time."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ssm_search.errors import StoreError
from ssm_search.files import locked
from ssm_search.holders import Holder, user
from ssm_search.stores.access import connected, reaching, tables

LOCK = "lock"


def break_lock(uri: str, storage_options: Mapping[str, str] | None = None) -> None:
    """Take the store from a writer that is no more; one that still runs will fail.

    Raises:
        StoreError: the store is out of reach.
    """
    database = connected(uri, storage_options)
    with reaching(uri):
        if LOCK in tables(database):
            database.drop_table(LOCK)


def check_writable(uri: str) -> None:
    """Whether the store can be written now.

    Raises:
        StoreError: it is out of reach, refuses, or is being written by another.
    """
    with writing(uri, None):
        pass


@contextmanager
def writing(
    uri: str, storage_options: Mapping[str, str] | None
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """The database, held by this process alone, and what makes sure of that before a commit."""
    database = connected(uri, storage_options)
    mine = _take(database, uri)

    def check() -> None:
        if _holder(database) != mine:
            raise StoreError(
                f"another took over the store at {uri} meanwhile, so nothing was changed; "
                "start again when it is done"
            )

    try:
        with _scratch(uri):
            yield database, check
    finally:
        with suppress(Exception):  # away by now; the next one here sees that we are gone
            if _holder(database) == mine:
                database.drop_table(LOCK)


@contextmanager
def _scratch(uri: str) -> Iterator[None]:
    """Let what the database writes for a while lie where the next writer here takes it away."""
    folder, before = _beside(uri, "scratch"), os.environ.get("TMPDIR")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError:  # somebody else's: it lies wherever such things do
        yield
        return
    os.environ["TMPDIR"] = str(folder)  # Lance asks for it each time
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


def _beside(uri: str, suffix: str) -> Path:
    """What the writers of a store on this machine share, in the temporary folder."""
    name = hashlib.sha256(uri.rstrip("/").encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ssm-search-{user()}-{name}.{suffix}"


def _take(database: Any, uri: str) -> Holder:
    import pyarrow as pa

    mine = Holder.me()
    # On one machine they come one after the other: two must not both find that a third is dead.
    gate = _beside(uri, "lock")
    gate.touch()
    with locked(gate), reaching(uri):
        for _ in range(2):
            with suppress(ValueError):
                held = _holder(database)
                if held and held.is_gone:
                    database.drop_table(LOCK)
            try:
                row = pa.Table.from_pylist([asdict(mine)])
                database.create_table(LOCK, data=row, mode="create")
            except (ValueError, OSError, RuntimeError) as error:
                if not any(sign in str(error).casefold() for sign in ("exists", "conflict")):
                    raise
            held = _holder(database)
            if held == mine:
                return mine
            if held:
                raise StoreError(
                    f"the store at {uri} is being written by {held}; wait, or, if that is no "
                    "more, build with --break-lock"
                )
        raise StoreError(f"the lock of the store at {uri} keeps changing hands; try again later")


def _holder(database: Any) -> Holder | None:
    if LOCK not in tables(database):
        return None
    table = database.open_table(LOCK)
    table.checkout(1)  # of two that create it at once, one may write a second version unhindered
    rows = table.search().limit(1).to_arrow().to_pylist()
    try:
        return Holder(**rows[0]) if rows else None
    except TypeError as error:
        raise ValueError(f"its table {LOCK!r} is somebody else's") from error
