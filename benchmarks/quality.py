"""Known-item search: given one sentence about a paper, is that paper found?

Every one-sentence summary that an author wrote is a query, and the one paper it is about the only
right answer, among all abstracts (titles left out). Prints MiniLM alone, BM25 alone, and ours, on
the same queries in the same run, with 95 % bootstrap intervals over the queries.

    python benchmarks/quality.py [DATA]      DATA: as known_items.py describes it
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from bootstrap import bootstrap_interval
from known_items import CACHE, KNOWN_ITEMS, read_known_items
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ssm_search.encoding.encoder import load_encoder
from ssm_search.errors import IndexFolderError
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch
from ssm_search.text import terms

DEPTH = 10  # ranks looked at


def main(data: Path) -> None:
    """Build the index (its vectors are kept for the next run), ask everything, print the table."""
    items = read_known_items(data)
    papers = items.papers()
    right = np.array(items.right)
    search = index(papers, CACHE / data.stem)
    vectors = load_encoder().encode(items.queries)

    dense = np.array([best(search.rows.index.dense_scores(vector).paper) for vector in vectors])
    words = [[stem for stem, _ in terms(text)] for text in items.queries]
    bm25 = np.array([best(search.rows.index.bm25_scores(stems)) for stems in words])
    row_of = {paper.id: row for row, paper in enumerate(papers)}
    started = time.perf_counter()
    ours = np.array([[row_of[h.paper.id] for h in search.query(t, DEPTH)] for t in items.queries])
    seconds = time.perf_counter() - started

    table = Table(title=f"{len(papers):,} abstracts, {len(items.queries):,} queries")
    for name in ("ranking", "R@1", "R@5", "R@10", "MRR@10"):
        table.add_column(name, justify="left" if name == "ranking" else "right")
    for name, found in (
        ("MiniLM, one vector an abstract", dense),
        ("BM25, stemmed", bm25),
        ("ssm-search", ours),
    ):
        table.add_row(name, *measures(found == right[:, None]))
    console = Console(width=110)
    console.print(table)
    console.print(
        f"ssm-search: {1000 * seconds / len(items.queries):.1f} ms a query, encoding included"
    )


def index(papers: list[Paper], folder: Path) -> PaperSearch:
    """The index of ``papers``; encodes only what the one in ``folder`` does not have."""
    encoder = load_encoder()
    try:
        previous = PaperSearch.load(folder, encoder)
    except IndexFolderError:
        previous = None
    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task("encoding", total=None)
        search = PaperSearch.from_papers(
            papers,
            encoder,
            previous=previous,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )
    search.save(folder)
    return search


def best(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The ``DEPTH`` best rows, best first."""
    return np.argsort(-scores, kind="stable")[:DEPTH]


def measures(hits: NDArray[np.bool_]) -> list[str]:
    """R@1, R@5, R@10 and MRR@10, each with its 95 % interval.

    Args:
        hits: whether the answer at each rank is the right one, shape (queries, DEPTH).
    """
    reciprocal = (hits / np.arange(1, DEPTH + 1)).sum(axis=1)
    values = [hits[:, :1].any(1), hits[:, :5].any(1), hits[:, :10].any(1), reciprocal]
    cells = []
    for value in values:
        low, high = bootstrap_interval(value)
        cells.append(f"{value.mean():.4f} [{low:.3f}, {high:.3f}]")
    return cells


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else KNOWN_ITEMS)
