"""Terms of rows → BM25 scores: made and written by bm25s, read and added up by NumPy alone.

To import bm25s takes 0.2 s and 30 MB, most of it SciPy; a question needs four arrays of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.arrays import Form, check_range, check_runs, load_arrays, save_arrays
from ssm_search.files import plain_folder, read_text
from ssm_search.ranking import okapi

if TYPE_CHECKING:
    from numpy.typing import NDArray

# As bm25s names them.
DATA, ROWS, STARTS = "data.csc.index", "indices.csc.index", "indptr.csc.index"
FORMS: dict[str, Form] = {DATA: (np.float32, 1), ROWS: (np.int32, 1), STARTS: (np.int64, 1)}
TERMS_FILE = "vocab.index.json"


@dataclass(frozen=True, slots=True)
class Bm25:
    """BM25 scores: that of each term in each of ``n`` rows that has it, term by term.

    Attributes:
        data: the scores, float32.
        rows: the row of each of them.
        starts: the scores of term t are those from ``starts[t]`` up to ``starts[t + 1]``.
        numbers: t of each term.
    """

    n: int
    data: NDArray[np.float32]
    rows: NDArray[np.int32]
    starts: NDArray[np.int64]
    numbers: Mapping[str, int]

    def of_term(self, term: str) -> slice:
        """The slice of ``data`` and ``rows`` that holds the scores of a known term."""
        number = self.numbers[term]
        return slice(int(self.starts[number]), int(self.starts[number + 1]))

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """The BM25 of every row for known ``terms``, float32, shape (n,).

        A term that is given twice counts twice.
        """
        total = np.zeros(self.n, dtype=np.float32)
        for term in terms:
            at = self.of_term(term)
            total[self.rows[at]] += self.data[at]  # no row is there twice
        return total


def build_bm25(terms: Sequence[Sequence[str]]) -> Bm25 | None:
    """Score the terms of each row; None where no row has any."""
    # Numbered in sorted order: bm25s itself would number terms in the order of a set, which
    # differs from process to process.
    vocabulary = {term: number for number, term in enumerate(sorted({t for r in terms for t in r}))}
    if not vocabulary:
        return None
    import bm25s

    numbered: Any = [[vocabulary[term] for term in row] for row in terms]
    made = bm25s.BM25(k1=okapi.K1, b=okapi.B, method="lucene")
    made.index((numbered, dict(vocabulary)), show_progress=False)  # it would add "" to them
    scores = made.scores
    return Bm25(len(terms), scores["data"], scores["indices"], scores["indptr"], vocabulary)


def save_bm25(bm25: Bm25, folder: Path) -> None:
    """Write the scores into ``folder``, which is made."""
    folder.mkdir()
    save_arrays(folder, {DATA: bm25.data, ROWS: bm25.rows, STARTS: bm25.starts})
    (folder / TERMS_FILE).write_text(json.dumps(bm25.numbers, ensure_ascii=False), encoding="utf-8")


def load_bm25(folder: Path, n: int) -> Bm25:
    """Read what :func:`save_bm25` wrote of ``n`` rows.

    Raises:
        OSError, RecursionError: a file is missing or damaged.
        ValueError: one is damaged, or does not fit the others.
    """
    data, rows, starts = load_arrays(plain_folder(folder), FORMS).values()
    numbers = json.loads(read_text(folder / TERMS_FILE))
    if not isinstance(numbers, dict) or len(data) != len(rows) or len(numbers) != len(starts) - 1:
        raise ValueError(
            f"{len(data)} scores, {len(rows)} rows and {len(numbers)} terms do not fit"
        )
    if not all(type(one) is int for one in numbers.values()) or {*numbers.values()} != {
        *range(len(numbers))
    }:
        raise ValueError(f"the terms in {TERMS_FILE} are not numbered from 0")
    if not np.isfinite(data).all():
        raise ValueError("BM25 scores that are no numbers")
    check_runs("BM25 scores", starts, len(data))
    check_range("BM25 rows", rows, n)
    return Bm25(n, data, rows, starts, numbers)
