"""Writing to disk so that a kill or a full disk leaves the old or the new, never a half."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ssm_search.errors import IndexFolderError

if sys.platform != "win32":
    import fcntl

# Both stand beside what they replace, under hidden names that nobody else chooses.
NEW_SUFFIX = ".new"
OLD_SUFFIX = ".old"


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, with the permissions that are there or else the usual ones."""
    path = path.resolve()  # a link stays one: what it points to is replaced
    path.parent.mkdir(parents=True, exist_ok=True)
    new = _new_name(path)
    try:
        with open(new, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, new)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def append_json_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Add ``records`` to the end of a file, one a line, and make sure that they are on disk.

    A last line that a kill cut short is dropped. Others may add to the same file meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    with open(path, "a+b") as file, locked(path):
        _mend_last_line(path)
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill; on success it takes the place of ``folder``, whole.

    A folder cannot be renamed over another, so for an instant the old one stands aside;
    :func:`settled` finds it there if the process died in that instant. Replacements of one folder
    may run side by side: each fills a folder of its own, and the last to finish stays.

    Raises:
        IndexFolderError: ``folder`` is a file, or holds nothing of what the new one holds, so that
            it must be somebody else's; it is left as it is.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = _new_name(folder)
    with ExitStack() as filling:
        with locked(folder.parent):
            _sweep(folder)
            new.mkdir()
            filling.enter_context(locked(new))
        try:
            yield new
            for path in sorted(new.rglob("*")):
                _sync(path)
            _sync(new)
            with locked(folder.parent):
                _check_replaceable(folder, new)
                _swap(folder, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise


def settled(folder: Path) -> Path:
    """``folder``, or the one that stood aside for it when a replacement was cut short."""
    old = _old_name(folder.resolve())
    return old if not folder.exists() and old.exists() else folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock of an existing file or folder and hold it; a kill lets go of it.

    Where there are no such locks (Windows, some network file systems) nobody waits.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _mend_last_line(path: Path) -> None:
    """End the last line where it only lacks its end, else drop it."""
    with open(path, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        if file.read() in (b"", b"\n"):
            return
        file.seek(0)
        content = file.read()
        start = content.rfind(b"\n") + 1
        try:
            json.loads(content[start:])
            file.write(b"\n")
        except ValueError:
            file.truncate(start)


def _new_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{NEW_SUFFIX}")


def _old_name(path: Path) -> Path:
    return path.with_name(f".{path.name}{OLD_SUFFIX}")


def _check_replaceable(folder: Path, new: Path) -> None:
    """Refuse to replace what no earlier replacement can have written."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise IndexFolderError(f"{folder} is a file, expected a folder; name another one")
    there = sorted(path.name for path in folder.iterdir())
    if there and not any((new / name).exists() for name in there):
        shown = ", ".join(there[:3]) + (", …" if len(there) > 3 else "")
        raise IndexFolderError(
            f"{folder} holds something else ({shown}) and was left as it is; "
            "name a new or an empty folder"
        )


def _swap(folder: Path, new: Path) -> None:
    old = _old_name(folder)
    if folder.exists():
        shutil.copymode(folder, new)
        if old.exists():
            shutil.rmtree(old)
    try:
        if folder.exists():
            os.rename(folder, old)
        os.rename(new, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.rename(old, folder)
        raise
    _sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed replacements left behind.

    A folder that is still being filled is locked by whoever fills it, and stays. So does any
    leftover where there are no locks to tell by.
    """
    leftover = re.compile(rf"\.{re.escape(folder.name)}\.[0-9a-f]{{8}}{re.escape(NEW_SUFFIX)}")
    for path in folder.parent.iterdir():
        if leftover.fullmatch(path.name) and path.is_dir() and _abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _abandoned(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows cannot open folders, and need not
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
