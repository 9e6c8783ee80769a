"""Arrays ⇄ files, without pickle; and whether what was read fits together."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.files import plain_file, write_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray

Form = tuple[type[np.generic], int]
"""What the elements of an array are, and how many axes it has."""

UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,
    MemoryError,
    RuntimeError,
)
"""What readers of files raise where a file holds something else than they expect."""

OPEN_FILES = 1 << 17
"""That a process may come to have open: 3 million papers wait in 1,500 segments to be joined."""

UNIT = 1e-2  # by which the length of a unit vector may be off


def save_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write each array into an existing folder, as a file of its name and ".npy".

    Raises:
        OSError: the disk is full, or refuses otherwise.
    """
    for name, array in arrays.items():
        save_array(folder / f"{name}.npy", array)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write one array to ``path``, as NumPy does.

    Raises:
        OSError: the disk is full, or refuses otherwise.
    """
    array = np.ascontiguousarray(array).reshape(array.shape)
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        # Not by ``tofile``, which keeps to itself why the disk refuses.
        file.write(array.reshape(-1).view(np.uint8).data)


def load_arrays(
    folder: Path, forms: Mapping[str, Form], *, mapped: bool = False
) -> dict[str, NDArray[Any]]:
    """Read what :func:`save_arrays` wrote under these names, if each has the form it should.

    Args:
        mapped: leave the arrays on disk and map them into memory, read-only.

    Raises:
        OSError, ValueError: a file is missing, damaged or something else.
    """
    return {
        name: load_array(folder / f"{name}.npy", form, mapped=mapped)
        for name, form in forms.items()
    }


def load_array(path: Path, form: Form, *, mapped: bool = False) -> NDArray[Any]:
    """Read one array, if it has the form it should, and its file is as long as it says.

    NumPy would make room for whatever a file claims to hold.

    Raises:
        OSError, ValueError: the file is missing, damaged or something else.
    """
    dtype, axes = np.dtype(form[0]), form[1]
    with open(plain_file(path), "rb") as file:
        try:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("another version of NumPy's format than 1.0")
            shape, by_columns, found = np.lib.format.read_array_header_1_0(file)
        except Exception as error:  # it is read as Python, which fails in many ways
            raise ValueError(f"{path.name} begins as no array: {_short(error)}") from error
        if found != dtype or len(shape) != axes or min(shape, default=0) < 0:
            raise ValueError(
                f"{path.name} has {found} of shape {_short(shape)}; expected {dtype} with {axes} "
                f"ax{'i' if axes == 1 else 'e'}s"
            )
        start, count = file.tell(), math.prod(shape)
        there, expected = os.fstat(file.fileno()).st_size - start, count * dtype.itemsize
        if there != expected:
            raise ValueError(
                f"{path.name} has {there:,} bytes of numbers, expected {_short(expected)}"
            )
        order: Any = "F" if by_columns else "C"
        if not mapped or not count:
            return np.fromfile(file, dtype, count).reshape(shape, order=order)
        # As a plain array, a slice of which is made ten times as soon as one of a memmap.
        return np.asarray(np.memmap(file, dtype, "r", start, shape, order))


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


def check_unit(what: str, vectors: NDArray[np.floating[Any]]) -> None:
    """Make sure that the rows of ``vectors``, shape (n, d), are finite and of length 1.

    Raises:
        ValueError: one is not.
    """
    with np.errstate(all="ignore"):  # of infinite ones
        squares = np.einsum("ij,ij->i", vectors, vectors)
        wrong = ~(np.abs(squares - 1) <= UNIT)  # so also where it is no number
    if wrong.any():
        at = int(wrong.argmax())
        length = float(squares[at]) ** 0.5
        raise ValueError(f"row {at} of the {what} has length {length:.3g}, expected 1")


def check_runs(what: str, starts: NDArray[np.int64], count: int, *, least: int = 0) -> None:
    """Make sure that ``starts``, shape (n + 1,), cut ``count`` things into n runs, in order.

    Args:
        least: how many there are at least in each run.

    Raises:
        ValueError: they do not.
    """
    if not len(starts) or starts[0] != 0 or starts[-1] != count:
        ends = f"{starts[0]} to {starts[-1]}" if len(starts) else "none"
        raise ValueError(f"the starts of the {what} are {ends}, expected 0 to {count}")
    if (np.diff(starts) < least).any():
        raise ValueError(f"the starts of the {what} do not ascend")


def check_range(what: str, numbers: NDArray[np.integer[Any]], below: int) -> None:
    """Make sure that ``numbers`` are from 0 up to ``below``.

    Raises:
        ValueError: one is not.
    """
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < below:
        raise ValueError(
            f"the {what} go from {numbers.min()} to {numbers.max()}, expected 0 to {below - 1}"
        )


def _short(value: object) -> str:
    """A shape or a number as it is shown, however long it is."""
    try:
        return str(value)[:60]
    except ValueError:  # of more digits than Python prints
        return "more than there can be"


def allow_open_files() -> None:
    """Let this process have as many files open as its hard limit allows, up to ``OPEN_FILES``.

    Every array that is mapped into memory keeps its file open, 22 in a segment of an index, and
    many systems let a process have 256 or 1,024 unless it asks for more (POSIX, ``setrlimit``).
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # macOS may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
