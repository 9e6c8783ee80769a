"""Who builds an index: one process at a time, which a kill lets go of."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from ssm_search.errors import IndexFolderError
from ssm_search.holders import Holder

if sys.platform != "win32":
    import fcntl

LOCK_FILE = "lock"
TRIES = 8  # whoever is done takes the folder with the lock away; then it is made anew
_SHOWN = 500  # bytes of what a lock says


@contextmanager
def building(place: Path, index: Path) -> Iterator[None]:
    """Hold the folder ``place``, which is made, for this process, and say who holds it.

    Where there are no such locks (Windows, some network file systems) nobody is kept out.

    Raises:
        IndexFolderError: another process builds ``index``.
        OSError: ``place`` cannot be written.
    """
    if sys.platform == "win32":
        place.mkdir(parents=True, exist_ok=True)
        yield
        return
    handle = _held(place, index)
    try:
        yield
    finally:
        os.close(handle)


def _held(place: Path, index: Path) -> int:
    """The lock of ``place``, taken, as a file descriptor."""
    for _ in range(TRIES):
        place.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(place / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # taken away between the two
            continue
        try:
            _take(handle, index)
            if _is_at(handle, place / LOCK_FILE):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    raise IndexFolderError(f"the build of {index} keeps changing hands; try again later")


def _take(handle: int, index: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise IndexFolderError(
            f"{index} is being built by {_holder(handle)}; wait until that is done, or stop it, "
            "and what it has encoded is used"
        ) from error
    except OSError:  # no locks there
        return
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(asdict(Holder.me())).encode(), 0)


def _holder(handle: int) -> str:
    """Who holds a lock, as far as it says."""
    try:
        return str(Holder(**json.loads(os.pread(handle, _SHOWN, 0))))
    except (OSError, ValueError, TypeError):
        return "another process"


def _is_at(handle: int, path: Path) -> bool:
    """Whether the file that is open is still the one at ``path``."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
