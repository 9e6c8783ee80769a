"""Unit vectors → their nearest ones, by FAISS, where comparing with all would take too long.

Which kind, by number of vectors (384 dimensions, two cores, one thread; recall of the exact ten
nearest): comparing with all takes 6 ms at 100 thousand and 59 ms at a million; IVF4096,SQfp16 takes
.34 ms at a million and finds .9993. HNSW32 finds .943 in .5 ms and cannot forget; product
quantization .57 to .61. The vectors themselves stay beside: candidates are compared exactly.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.errors import IndexFolderError
from ssm_search.files import plain_file
from ssm_search.segments.cells import check_cells

if TYPE_CHECKING:
    import faiss
    from numpy.typing import NDArray

EXACT_UP_TO = 300_000
"""Rows of a segment that are all compared, and none missed: 20 to 50 ms."""
LARGE = 2_000_000
PROBED = 128
"""Of the cells that vectors lie in, those nearest to the query. Of a million vectors in 4,096
cells, 32, 64 and 128 find .970, .985 and .997 of the ten nearest, in 6, 7 and 9 ms (`make
bench-sweep`)."""
TRAINED = 40  # vectors for each cell
FEW_ALLOWED = 50_000
"""Allowed rows that are compared one by one instead: 3 ms. A filtered search loses answers: with
2 % of all rows allowed, HNSW found .53 of them."""

ANN_FILE = "vectors.faiss"


def ann_kind(n: int) -> str:
    """FAISS's name of the kind that suits ``n`` vectors; "Flat" where all are compared."""
    if n <= EXACT_UP_TO:
        return "Flat"
    return f"IVF{4096 if n < LARGE else 8192},SQfp16"


def check_kind(kind: str) -> None:
    """Check that ``kind`` is one that can be built, searched under filters and mapped into memory.

    Raises:
        IndexFolderError: it is not.
    """
    if not re.fullmatch(r"Flat|IVF[1-9][0-9]{0,6},(Flat|SQfp16|SQ8)", kind):
        raise IndexFolderError(
            f"no index of kind {kind!r}; expected Flat, or IVF and the number of cells with "
            "Flat, SQfp16 or SQ8 behind it, such as IVF4096,SQfp16"
        )


def kind_for(n: int, asked: str = "") -> str:
    """The kind ``asked`` for, or the one that suits ``n`` vectors; "Flat" if they are too few."""
    kind = asked or ann_kind(n)
    return kind if n >= int("0" + "".join(re.findall(r"^IVF(\d+)", kind))) else "Flat"


def build_ann(vectors: NDArray[np.float32], kind: str, path: Path) -> None:
    """Train on an even sample of ``vectors``, (n, d), add them all, and write to ``path``.

    Raises:
        OSError: the disk is full, or refuses otherwise.
    """
    import faiss

    index = faiss.index_factory(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    cells = faiss.extract_index_ivf(index).nlist
    step = max(1, len(vectors) // (TRAINED * cells))
    index.train(np.ascontiguousarray(vectors[::step]))
    for start in range(0, len(vectors), 65_536):
        index.add(np.ascontiguousarray(vectors[start : start + 65_536]))
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # which says what the disk said
        raise OSError(f"cannot write {path} ({error})") from error


class Ann:
    """Finds near vectors; mapped into memory."""

    def __init__(self, path: Path, probed: int = PROBED, expected: tuple[int, ...] | None = None):
        """Read what :func:`build_ann` wrote.

        Args:
            expected: the shape of the vectors that it is of, (n, d).

        Raises:
            OSError, RuntimeError, ValueError: it is damaged, or something else.
        """
        import faiss

        with open(plain_file(path), "rb") as file:
            try:
                check_cells(file)
            except ValueError as error:
                raise ValueError(f"{path.name} is no index of cells: {error}") from error
        self._index: faiss.Index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        self._probed = probed
        shape = (self._index.ntotal, self._index.d)
        if self._index.metric_type != faiss.METRIC_INNER_PRODUCT or expected not in (None, shape):
            raise ValueError(
                f"{path.name} is of {shape[0]} vectors of {shape[1]} numbers by FAISS's metric "
                f"{self._index.metric_type}, expected {expected} and 0"
            )

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def near(
        self, query: NDArray[np.float32], count: int, allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """The rows of the ``count`` nearest, or fewer; only ``allowed`` ones, a mask (n,)."""
        import faiss

        settings = faiss.SearchParametersIVF()
        settings.nprobe = self._probed
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            settings.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        asked = np.ascontiguousarray(query[None], dtype=np.float32)
        _, rows = self._index.search(asked, min(count, len(self)), params=settings)
        found = rows[0][rows[0] >= 0]
        return np.asarray(found[found < len(self)], dtype=np.int64)
