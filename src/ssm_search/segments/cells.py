"""Whether a file of FAISS is an index of cells, whole, all of whose sizes fit each other.

How much of that FAISS checks by itself depends on its version (1.15 refuses most of what does not
fit); what it believes, it may read beyond what there is. This reads what it writes: a head, the
middles of the cells as an index of their own, how numbers are packed, and a list of vectors and
rows for each cell.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAIN, PACKED = b"IwFl", b"IwSq"
"""How the file begins: with whole numbers in the cells, or with packed ones."""
MIDDLES = b"IxFI"
"""How the index of the middles begins, which are all compared, by their inner products."""
FP16, INT8 = 4, 0
"""Numbers of SQfp16 and SQ8."""
FULL, SPARSE = b"full", b"sprs"
"""How lists are counted: each, or those with anything in them, with their numbers."""
_HEAD = "<4siqqqBi"
"""Its kind, d, n, two numbers that mean nothing, whether it is trained, and the metric."""


def check_cells(file: BinaryIO) -> None:
    """Make sure that ``file``, from its start, is an index of cells that can be searched here.

    Raises:
        ValueError: it is something else, cut short, or says what is not so.
    """
    kind, width, count, _, _, trained, _ = _read(file, _HEAD)
    if kind not in (PLAIN, PACKED):
        raise ValueError(f"it begins with {kind!r}, expected {PLAIN!r} or {PACKED!r}")
    _expect("what says that it is trained", trained, 1)
    if width < 1 or count < 0:
        raise ValueError(f"{count:,} vectors of {width:,} numbers")
    cells, _ = _read(file, "<QQ")
    inner, inner_width, inner_count, *_ = _read(file, _HEAD)
    _expect("the kind of the middles", inner, MIDDLES)
    _expect("numbers of a middle", inner_width, width)
    _expect("middles", inner_count, cells)
    (numbers,) = _read(file, "<Q")
    _expect("numbers of the middles", numbers, width * cells)
    if not cells or not np.isfinite(_numbers(file, np.dtype(np.float32), numbers)).all():
        raise ValueError("middles of cells that are no numbers")
    _expect("the map of rows", _read(file, "<BQ"), (0, 0))
    size = 4 * width if kind == PLAIN else _packed_size(file, width)
    _expect("the head of the lists", _read(file, "<4sQQ"), (b"ilar", cells, size))
    _check_lists(file, cells, count)
    _expect("bytes in the lists", _left(file), (size + 8) * count)


def _packed_size(file: BinaryIO, width: int) -> int:
    """The bytes of a vector, as it is packed."""
    packing, _, _, packed_width, size, learned = _read(file, "<iifQQQ")
    if packing not in (FP16, INT8):
        raise ValueError(f"numbers packed by FAISS's kind {packing}, expected {FP16} or {INT8}")
    expected = 2 * width if packing == FP16 else width
    _expect("numbers of a packed vector", packed_width, width)
    _expect("bytes of a packed vector", size, expected)
    _expect("what was learned for packing", learned, 0 if packing == FP16 else 2 * width)
    if not np.isfinite(_numbers(file, np.dtype(np.float32), learned)).all():
        raise ValueError("packed by what are no numbers")
    again, _ = _read(file, "<QB")
    _expect("bytes of a vector", again, expected)
    return int(expected)


def _check_lists(file: BinaryIO, cells: int, count: int) -> None:
    """Make sure that the lists of the cells have ``count`` vectors together."""
    form, there = _read(file, "<4sQ")
    if form == FULL:
        _expect("counted lists", there, cells)
        sizes = _numbers(file, np.dtype(np.uint64), there)
    elif form == SPARSE and not there % 2:
        pairs = _numbers(file, np.dtype(np.uint64), there)
        cell, sizes = pairs[::2], pairs[1::2]
        if (cell[1:] <= cell[:-1]).any() or (cell >= cells).any():
            raise ValueError("lists of cells that are not there")
    else:
        raise ValueError(f"lists counted as {form!r}, expected {FULL!r} or {SPARSE!r}")
    if (sizes > count).any():
        raise ValueError(f"a list of {int(sizes.max()):,} vectors, of {count:,}")
    _expect("vectors in the lists", int(sizes.sum(dtype=np.float64)), count)


def _read(file: BinaryIO, form: str) -> tuple[Any, ...]:
    data = file.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise ValueError("it is cut short")
    return struct.unpack(form, data)


def _numbers(file: BinaryIO, kind: np.dtype[Any], count: int) -> NDArray[Any]:
    if count * kind.itemsize > _left(file):
        raise ValueError(f"{count:,} numbers where {_left(file):,} bytes are left")
    return np.fromfile(file, kind, count)


def _left(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size - file.tell()


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ValueError(f"{str(found)[:60]} as {what}, expected {expected}")
