"""Does an exported encoder answer as its model does, and how fast is it?

Builds an index of the same abstracts with either, asks it with either, and compares: known-item
search as in `quality.py`, and how many of the ten answers are those of the model with itself. Then
encodes some of the abstracts with both in turn; seconds of processor time, which other programs
disturb less, stand beside those on the clock.

    python benchmarks/exported.py [DATA]      DATA: as known_items.py describes it
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from known_items import KNOWN_ITEMS, read_known_items
from numpy.typing import NDArray
from quality import DEPTH, measures
from rich.console import Console
from rich.table import Table

from ssm_search.encoding.encoder import (
    Encoder,
    SentenceTransformerEncoder,
    encode_sorted,
    load_encoder,
)
from ssm_search.encoding.export import export_encoder
from ssm_search.search.local import PaperSearch

TIMED = 96  # abstracts
ROUNDS = 5


def main(data: Path) -> None:
    """Export, build, ask, time, and print two tables."""
    items = read_known_items(data)
    papers, abstracts = items.papers(), items.abstracts
    right = np.array(items.right)
    model = load_encoder()
    assert isinstance(model, SentenceTransformerEncoder)
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        exported = export_encoder(model, abstracts, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        table = Table(title=f"{len(papers):,} abstracts, {len(items.queries):,} queries")
        for name in ("papers by", "queries by", "R@1", "R@5", "R@10", "MRR@10", "same"):
            table.add_column(name)
        reference: NDArray[np.int64] | None = None
        encoders: dict[str, Encoder] = {"model": model, "export": exported}
        for of_papers, encoder in encoders.items():
            built = PaperSearch.from_papers(papers, encoder)
            for of_queries, asking in encoders.items():
                found = answers(PaperSearch(built.rows, asking), items.queries)
                reference = found if reference is None else reference
                table.add_row(
                    of_papers,
                    of_queries,
                    *measures(found == right[:, None]),
                    f"{overlap(found, reference):.4f}",
                )
        console.print(table)
        texts = abstracts[:TIMED]
        clock: dict[str, list[float]] = {name: [] for name in encoders}
        processor: dict[str, list[float]] = {name: [] for name in encoders}
        for _ in range(ROUNDS):
            for name, encoder in encoders.items():
                wall, cpu = time.perf_counter(), time.process_time()
                encode_sorted(encoder, texts)
                clock[name].append(len(texts) / (time.perf_counter() - wall))
                processor[name].append(1000 * (time.process_time() - cpu) / len(texts))
        for name in encoders:
            console.print(
                f"{name}: {statistics.median(clock[name]):.1f} abstracts a second "
                f"({min(clock[name]):.1f} to {max(clock[name]):.1f}), "
                f"{statistics.median(processor[name]):.1f} ms of processor time each"
            )
        console.print(f"exported, {exported.about.weights}: {size / 1e6:.1f} MB")


def answers(search: PaperSearch, queries: Sequence[str]) -> NDArray[np.int64]:
    """The rows of the ``DEPTH`` answers to each query, shape (queries, DEPTH)."""
    row_of = {paper.id: row for row, paper in enumerate(search.papers)}
    return np.array([[row_of[h.paper.id] for h in search.query(t, DEPTH)] for t in queries])


def overlap(found: NDArray[np.int64], reference: NDArray[np.int64]) -> float:
    """How many of the answers to a query are among those of ``reference``, in the mean."""
    pairs = zip(found, reference, strict=True)
    return float(np.mean([len(set(one) & set(other)) / DEPTH for one, other in pairs]))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else KNOWN_ITEMS)
