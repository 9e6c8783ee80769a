"""What the files of an index were when it was saved, and whether they still are.

A disk or a transfer may change a number in the midst of a file, which every other check lets pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ssm_search.errors import IndexFolderError
from ssm_search.files import plain_file, settled
from ssm_search.index.manifest import Manifest

AT_ONCE = 4 << 20
"""Bytes of files that are compared whenever an index is loaded: 0.7 ms for each MB."""
NAMED = 3  # damaged files that a message lists


def checksums_of(
    folder: Path, leave_out: Collection[str] = (), known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The SHA-256 of each file in ``folder`` and below, by its name there.

    Args:
        leave_out: names of files that come and go, and of folders.
        known: of files that have not changed since.
    """
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    known = known or {}
    return {
        name: known.get(name) or _sha256(path)
        for name, path in named.items()
        if not {name, name.partition("/")[0]}.intersection(leave_out)
    }


def damaged_files(folder: Path, checksums: Mapping[str, str]) -> list[str]:
    """Those of the files in ``folder`` that are not what they were; each with what it is."""
    return [found for name, said in checksums.items() if (found := _differs(folder, name, said))]


def check_files(folder: Path, checksums: Mapping[str, str]) -> None:
    """Compare all files of an index with what they were when it was saved.

    Raises:
        IndexFolderError: one is another; the message names it.
    """
    if wrong := damaged_files(folder, checksums):
        shown = "; ".join(wrong[:NAMED]) + ("; …" if len(wrong) > NAMED else "")
        raise IndexFolderError(
            f"{len(wrong)} of {len(checksums)} files of the index in {folder} are not as they were "
            f"saved: {shown}; copy it again from where it came, or build it again"
        )


def verify(folder: Path) -> int:
    """Compare all files of the index in ``folder`` with what they were; how many there are.

    Raises:
        IndexFolderError: one is another, or it is not known what they were.
    """
    folder = settled(folder)
    checksums = Manifest.read(folder).checksums
    if not checksums:
        raise IndexFolderError(
            f"the manifest in {folder} has no checksums to compare files with; build the index "
            "again"
        )
    check_files(folder, checksums)
    return len(checksums)


def check_small(folder: Path, checksums: Mapping[str, str], apart: str) -> None:
    """:func:`check_files` of an index that is so small that it takes no time; else nothing.

    Args:
        apart: the folder of what is checked otherwise.
    """
    names = [name for name in checksums if not name.startswith(f"{apart}/")]
    if _size(folder, names) <= AT_ONCE:
        check_files(folder, {name: checksums[name] for name in names})


def _size(folder: Path, names: Iterable[str]) -> int:
    paths = (folder / name for name in names)
    return sum(path.lstat().st_size for path in paths if path.exists())


def _differs(folder: Path, name: str, said: str) -> str:
    """What a file is instead of what it was; "" if it is the same."""
    try:
        found = _sha256(plain_file(folder / name))
    except FileNotFoundError:
        return f"{name} is missing"
    except OSError as error:
        return f"{name} cannot be read ({error.strerror or error})"
    return "" if found == said else f"{name} has SHA-256 {found[:12]}…, expected {said[:12]}…"


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
