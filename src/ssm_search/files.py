"""Writing to disk so that a kill or a full disk leaves the old or the new, never a half."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLD_SUFFIX = ".old"


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: temporary file beside it, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill; on success it takes the place of ``folder``, whole.

    A folder cannot be renamed over another, so for an instant the old one stands aside under
    ``OLD_SUFFIX``; :func:`settled` finds it there if the process died in that instant.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    new.chmod(0o755)
    try:
        yield new
        for path in sorted(new.rglob("*")):
            _sync(path)
        _sync(new)
        old = folder.with_name(folder.name + OLD_SUFFIX)
        if folder.exists():
            if old.exists():
                shutil.rmtree(old)
            os.rename(folder, old)
        os.rename(new, folder)
        _sync(folder.parent)
        if old.exists():
            shutil.rmtree(old)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def settled(folder: Path) -> Path:
    """``folder``, or the one that stood aside for it when a replacement was cut short."""
    old = folder.with_name(folder.name + OLD_SUFFIX)
    return old if not folder.exists() and old.exists() else folder


def _sweep(folder: Path) -> None:
    """Remove what killed replacements left behind."""
    for left in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(left, ignore_errors=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows cannot open folders, and need not
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
