"""Writing to disk so that a kill or a full disk leaves the old or the new, never a half."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ssm_search.errors import IndexFolderError
from ssm_search.shipped import PACKAGE

if sys.platform != "win32":
    import fcntl

# Both stand beside what they replace, under hidden names that nobody else chooses.
NEW_SUFFIX = ".new"
OLD_SUFFIX = ".old"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # reasons of a disk that has no room
MOST_TEXT = 1 << 28
"""Bytes of a text that is read at once: 700,000 papers of a list, each a line."""


def resolved(path: Path) -> Path:
    """``path`` without links and dots, whether it is there or not.

    Raises:
        OSError: it is a link to itself, or lies behind one.
    """
    try:
        return path.resolve()
    except RuntimeError as error:  # of Python before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def plain_file(path: Path) -> Path:
    """``path``, which must be a file that lies where it says.

    What came from elsewhere may hold a pipe, which nobody writes to, a device that never ends, or a
    link to what is nobody's business. A link to another file in the same folder serves, and so does
    any in this package, which some installers make of links.

    Raises:
        OSError: it is something else, or not there.
    """
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        try:
            target = path.resolve(strict=True)
        except RuntimeError as error:
            raise OSError(f"{path.name} is a link to itself, expected a file") from error
        inside = target.is_relative_to(path.parent.resolve())
        if not inside and not path.absolute().is_relative_to(PACKAGE):
            raise OSError(
                f"{path.name} is a link out of its folder, expected a file; copy the file there"
            )
        mode = target.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(f"{path.name} is a {kind_of(mode)}, expected a file")
    return path


def plain_folder(path: Path) -> Path:
    """``path``, which must be a folder itself, and no link to one.

    Raises:
        OSError: it is something else, or not there.
    """
    mode = os.lstat(path).st_mode
    if not stat.S_ISDIR(mode):
        raise OSError(f"{path.name} is a {kind_of(mode)}, expected a folder")
    return path


def read_text(path: Path) -> str:
    """The text of a plain file, UTF-8, of up to ``MOST_TEXT`` bytes.

    Raises:
        OSError, ValueError: it is no plain file, too large or no text.
    """
    size = plain_file(path).stat().st_size
    if size > MOST_TEXT:
        raise ValueError(f"{path.name} has {size:,} bytes, expected up to {MOST_TEXT:,}")
    return path.read_bytes().decode("utf-8")


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, with the permissions that are there or else the usual ones."""
    path = resolved(path)  # a link stays one: what it points to is replaced
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in _leftovers(path.parent, path.name):
        if left.is_file():
            left.unlink(missing_ok=True)
    with ExitStack() as writing:
        new = _locked_file(path, writing)
        try:
            with open(new, "wb") as file:
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
def replacing_folder(folder: Path, check: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """Give a new folder to fill; on success it takes the place of ``folder``, whole.

    A folder cannot be renamed over another, so for an instant the old one stands aside;
    :func:`settled` finds it there if the process died in that instant. Replacements of one folder
    may run side by side: each fills a folder of its own, and the last to finish stays.

    Args:
        check: raises where ``folder`` may not be replaced; called right before it is, for others
            may have put something there while the new one was filled.

    Raises:
        IndexFolderError: ``folder`` is a file, or holds nothing of what the new one holds, so that
            it must be somebody else's; it is left as it is.
    """
    folder = resolved(folder)
    with folder_beside(folder) as new:
        try:
            yield new
            for path in sorted(new.rglob("*")):
                _sync(path)
            _sync(new)
            with locked(folder.parent):
                check_replaceable(folder, (path.name for path in new.iterdir()))
                check()
                _swap(folder, new)
        except OSError as error:
            if error.errno and error.filename is None:
                error.filename = str(folder)  # "No space left on device" says not where
            raise


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """An empty folder on the disk of ``folder``, and what a kill leaves of it is swept with that.

    What is in it in the end is removed, unless it was put elsewhere.
    """
    folder = resolved(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = _new_name(folder)
    with ExitStack() as filling:
        with locked(folder.parent):
            sweep(folder)
            new.mkdir()
            filling.enter_context(locked(new))
        try:
            yield new
        finally:
            if new.exists():
                shutil.rmtree(new, ignore_errors=True)


def settled(folder: Path) -> Path:
    """``folder``, after what stood aside for it when a replacement was cut short is back there.

    Where it cannot be put back, as on a disk that is only read, the one that stands aside.
    """
    if folder.exists():
        return folder
    place = resolved(folder)
    old = _old_name(place)
    if not old.exists():
        return folder
    if sys.platform != "win32":  # without a lock, a replacement that is under way would be upset
        with suppress(OSError), locked(place.parent):
            if not place.exists():
                os.rename(old, place)
    return folder if place.exists() else old


def remove_folder(folder: Path, beside: Path | None = None) -> None:
    """Remove ``folder`` such that a kill leaves all of it, or nothing that goes by its name.

    Args:
        beside: the folder with whose leftovers those of a kill are swept; ``folder`` if None.
    """
    gone = _new_name(beside or folder)
    os.rename(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def check_replaceable(folder: Path, names: Iterable[str]) -> None:
    """Make sure that ``folder`` can be replaced by one that will hold ``names``, before any work.

    Raises:
        IndexFolderError: it is a file, or holds nothing of what an earlier one would, so that it
            must be somebody else's; or nobody may write there.
    """
    folder = resolved(folder)
    there = next(path for path in (folder.parent, *folder.parent.parents) if path.exists())
    if not there.is_dir():
        raise IndexFolderError(f"{there} is a file, expected a folder; name another one")
    if not os.access(there, os.W_OK | os.X_OK):
        raise IndexFolderError(
            f"{there} cannot be written, where {folder.name} would be put; name another folder, or "
            "ask for its permissions"
        )
    if not folder.exists():
        return
    if not folder.is_dir():
        raise IndexFolderError(f"{folder} is a file, expected a folder; name another one")
    held, known = sorted(path.name for path in folder.iterdir()), set(names)
    if held and not known.intersection(held):
        shown = ", ".join(held[:3]) + (", …" if len(held) > 3 else "")
        raise IndexFolderError(
            f"{folder} holds something else ({shown}) and was left as it is; "
            "name a new or an empty folder"
        )


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


def _locked_file(path: Path, held: ExitStack) -> Path:
    """An empty file that shall be called ``path``, locked as long as ``held`` is open."""
    while True:
        new = _new_name(path)
        new.touch(exist_ok=False)
        with suppress(FileNotFoundError):  # swept by another, who found it before it was locked
            held.enter_context(locked(new))
            new.stat()
            return new


def _new_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{NEW_SUFFIX}")


def _old_name(path: Path) -> Path:
    return path.with_name(f".{path.name}{OLD_SUFFIX}")


def check_room(folder: Path, needed: int) -> None:
    """Make sure that the disk of ``folder`` has room for about ``needed`` bytes, before any work.

    Raises:
        IndexFolderError: it has not.
    """
    there = next(path for path in (folder, *resolved(folder).parents) if path.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise IndexFolderError(
            f"{folder} needs about {needed / 1e6:,.0f} MB, the disk has {free / 1e6:,.0f} MB free; "
            "make room, or name a folder on another disk"
        )


def kind_of(mode: int) -> str:
    """What is shown of something that is no file, or no folder."""
    kinds = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFDIR: "folder",
             stat.S_IFLNK: "link", stat.S_IFREG: "file"}  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "device")


def _swap(folder: Path, new: Path) -> None:
    old = _old_name(folder)
    if folder.exists():
        shutil.copymode(folder, new)
        if old.exists():
            remove_folder(old, folder)
    try:
        if folder.exists():
            os.rename(folder, old)
        os.rename(new, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.rename(old, folder)
        raise
    _sync(folder.parent)
    if old.exists():
        remove_folder(old, folder)


def sweep(folder: Path) -> None:
    """Remove what killed replacements and removals of ``folder`` left beside it.

    A folder that is still being filled is locked by whoever fills it, and stays. So does any
    leftover where there are no locks to tell by.
    """
    for path in _leftovers(folder.parent, folder.name):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def sweep_inside(folder: Path) -> None:
    """Remove what kills left in ``folder`` of any file or folder that was to be put there."""
    for path in _leftovers(folder, None):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _leftovers(place: Path, name: str | None) -> Iterator[Path]:
    """What is in ``place`` under a name for what is to be called ``name``, and nobody fills it.

    Args:
        name: any if None.
    """
    of = ".+" if name is None else re.escape(name)
    leftover = re.compile(rf"\.{of}\.[0-9a-f]{{8}}{re.escape(NEW_SUFFIX)}")
    try:
        there = [path for path in place.iterdir() if leftover.fullmatch(path.name)]
    except OSError:  # it is not there, or nobody may look
        return
    for path in there:
        if (path.is_file() or path.is_dir()) and _abandoned(path):
            yield path


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
