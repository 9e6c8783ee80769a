"""Arrays ⇄ files, without pickle; and whether what was read fits together."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ssm_search.files import write_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray


def save_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write each array into an existing folder, as a file of its name and ".npy"."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def load_arrays(
    folder: Path, names: Iterable[str], *, mapped: bool = False
) -> dict[str, NDArray[Any]]:
    """Read what :func:`save_arrays` wrote under these names.

    Args:
        mapped: leave the arrays on disk and map them into memory, read-only.

    Raises:
        OSError, ValueError, EOFError: a file is missing or damaged.
    """
    mode: Literal["r"] | None = "r" if mapped else None
    return {
        # As a plain array, a slice of which is made ten times as soon as one of a memmap.
        name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode=mode, allow_pickle=False))
        for name in names
    }


def packed(**arrays: NDArray[Any]) -> bytes:
    """Arrays by name, to be sent or stored elsewhere."""
    data = io.BytesIO()
    np.savez(data, allow_pickle=False, **arrays)
    return data.getvalue()


def unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """Read what :func:`packed` gave.

    Raises:
        ValueError, OSError, EOFError, BadZipFile: it is something else.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return dict(found)


def replace_array(path: Path, array: NDArray[Any]) -> None:
    """Write one array to ``path`` so that a kill leaves the file that was there, or the new one."""
    data = io.BytesIO()
    np.save(data, array, allow_pickle=False)
    write_atomically(path, data.getvalue())


def misfit(*counts: tuple[str, int, int], says: str = "expected") -> str:
    """The first of ``counts`` that is wrong, for a message: "3 papers, expected 4"; "" if none is.

    Args:
        counts: what is counted, how many were found, how many there should be.
        says: what stands before the last number.
    """
    for what, found, expected in counts:
        if found != expected:
            return f"{found} {what}, {says} {expected}"
    return ""
