"""Unit vectors: their products, as bytes, and in runs of which each is a text's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WORD_LEVELS = 127
"""A coordinate x of a word's unit vector is kept as the byte round(127 · x)."""

Number = TypeVar("Number", bound=np.generic)


def product(
    left: NDArray[Number], right: NDArray[Number], out: NDArray[Number] | None = None
) -> NDArray[Number]:
    """Compute ``left @ right``, to the last bit, without NumPy's warning of an invalid value.

    What is not finite in the operands is not finite in the result, where IEEE 754 puts it: no value
    is hidden, and a NaN among the operands never gave that warning.

    Args:
        out: where the result goes, if not into an array of its own.
    """
    # For 5 columns of float32, OpenBLAS (0.3.31 with AVX-512, sgemv_kernel_t_5) sums 5 of 8 places
    # of its stack in a vector: what the thread left in the others may raise the flag.
    with np.errstate(invalid="ignore"):
        return np.asarray(np.matmul(left, right, out=out))


def cosines(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosines of unit vectors, (n, d), with a unit query vector, (d,); float32, (n,)."""
    return np.asarray(product(vectors, query), dtype=np.float32)


def as_bytes(words: NDArray[np.float32]) -> NDArray[np.int8]:
    """Unit vectors as an index keeps them: round(127 · x), int8, of the same shape."""
    return np.rint(WORD_LEVELS * words).astype(np.int8)


def as_floats(words: NDArray[np.int8]) -> NDArray[np.float32]:
    """What :func:`as_bytes` made of unit vectors, as nearly the same, float32."""
    return words.astype(np.float32) / np.float32(WORD_LEVELS)


def take_runs(
    rows: NDArray[np.int8],
    starts: NDArray[np.int64],
    places: Sequence[int] | NDArray[np.int64],
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """The runs of ``rows`` at ``places`` side by side, and where each starts.

    Args:
        rows: shape (t, w).
        starts: shape (n + 1,); run i is ``rows[starts[i] : starts[i + 1]]``.
        places: of m runs, in any order.

    Returns:
        The rows, shape (u, w), and their starts, shape (m + 1,).
    """
    chosen = np.asarray(places, dtype=np.int64)
    first = np.asarray(starts[chosen], dtype=np.int64)
    counts = np.asarray(starts[chosen + 1], dtype=np.int64) - first
    new = np.concatenate([[0], np.cumsum(counts)])
    at = np.arange(int(new[-1])) + np.repeat(first - new[:-1], counts)
    return np.asarray(rows[at]), new
