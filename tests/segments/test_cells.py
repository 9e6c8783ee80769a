"""A file of FAISS whose sizes do not fit is refused before FAISS reads it, whatever its version."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from ssm_search.segments.ann import Ann, build_ann

WIDTH, CELLS = 8, 4
HEAD = 37 + 16  # bytes before the middles of the cells: of the whole, of how many cells there are
MIDDLES = HEAD + 37
PACKING = MIDDLES + 8 + 4 * WIDTH * CELLS + 9


def written(path: Path, kind: str, rows: int = 40) -> bytes:
    vectors = np.zeros((rows, WIDTH), np.float32)
    vectors[np.arange(rows), np.arange(rows) % WIDTH] = 1
    build_ann(vectors, kind, path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["IVF4,Flat", "IVF4,SQfp16", "IVF4,SQ8"])
def test_what_faiss_wrote_is_read(kind: str, tmp_path: Path) -> None:
    written(tmp_path / "a", kind)
    rows = Ann(tmp_path / "a", expected=(40, WIDTH)).near(np.eye(WIDTH, dtype=np.float32)[3], 5)
    assert sorted(rows) == [3, 11, 19, 27, 35]


def test_what_faiss_wrote_of_cells_that_are_mostly_empty_is_read(tmp_path: Path) -> None:
    assert b"sprs" in written(tmp_path / "a", "IVF20,SQfp16")
    assert len(Ann(tmp_path / "a", expected=(40, WIDTH))) == 40


@pytest.mark.parametrize(
    ("at", "form", "value", "reason"),
    [
        (0, "<I", 0, "it begins with"),
        (4, "<i", -8, "vectors of -8 numbers"),
        (4, "<i", 16, "8 as numbers of a middle, expected 16"),
        (8, "<q", -1, "-1 vectors"),
        (8, "<q", 41, "a list|vectors in the lists|bytes in the lists"),
        (32, "<B", 0, "0 as what says that it is trained"),
        (37, "<Q", 1 << 40, "4 as middles, expected 1099511627776"),
        (37, "<Q", 0, "4 as middles, expected 0"),
        (HEAD, "<I", 0, "the kind of the middles"),
        (HEAD + 8, "<q", 5, "5 as middles, expected 4"),
        (MIDDLES, "<Q", 1 << 40, "numbers of the middles, expected 32"),
        (MIDDLES + 8, "<f", float("nan"), "middles of cells that are no numbers"),
        (PACKING - 9, "<B", 1, "the map of rows"),
        (PACKING, "<i", 1, "packed by FAISS's kind 1, expected 4 or 0"),
        (PACKING, "<i", 0, "16 as bytes of a packed vector, expected 8"),
        (PACKING + 12, "<Q", 9, "9 as numbers of a packed vector, expected 8"),
        (PACKING + 20, "<Q", 99, "99 as bytes of a packed vector, expected 16"),
        (PACKING + 28, "<Q", 1 << 50, "1125899906842624 as what was learned"),
        (PACKING + 36, "<Q", 1, "1 as bytes of a vector, expected 16"),
        (PACKING + 45, "<I", 0, "the head of the lists"),
        (PACKING + 49, "<Q", 5, "the head of the lists"),
        (PACKING + 65, "<I", 0, "lists counted as"),
        (PACKING + 69, "<Q", 1 << 60, "1152921504606846976 as counted lists, expected 4"),
        (PACKING + 77, "<Q", 1 << 63, "a list of 9,223,372,036,854,775,808 vectors, of 40"),
        (PACKING + 77, "<Q", 0, "vectors in the lists, expected 40"),
    ],
)
def test_what_says_what_is_not_so_is_refused(
    at: int, form: str, value: float, reason: str, tmp_path: Path
) -> None:
    data = bytearray(written(tmp_path / "a", "IVF4,SQfp16"))
    struct.pack_into(form, data, at, value)
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ValueError, match=f"a is no index of cells: .*({reason})"):
        Ann(tmp_path / "a", expected=(40, WIDTH))


@pytest.mark.parametrize("kind", ["IVF4,Flat", "IVF4,SQfp16", "IVF4,SQ8", "IVF20,SQfp16"])
def test_what_is_cut_short_or_goes_on_is_refused(kind: str, tmp_path: Path) -> None:
    data = written(tmp_path / "a", kind)
    for end in (*range(0, len(data) - 1, 7), len(data) - 1):
        (tmp_path / "a").write_bytes(data[:end])
        with pytest.raises(ValueError, match="a is no index of cells"):
            Ann(tmp_path / "a")
    (tmp_path / "a").write_bytes(data + b"\0")
    with pytest.raises(ValueError, match="bytes in the lists"):
        Ann(tmp_path / "a")


def test_cells_that_are_not_there_are_refused(tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "a", "IVF20,SQfp16"))
    struct.pack_into("<Q", data, data.index(b"sprs") + 12, 20)
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ValueError, match="lists of cells that are not there"):
        Ann(tmp_path / "a")
