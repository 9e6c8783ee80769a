"""A corpus in a database beside the same corpus in a folder: answers and time.

What is asked are one-sentence summaries of papers, most of them not in the corpus; the ten best of
the folder, which compares with all where it is small enough, count as right. Without a filter, the
time is that of encoding the query too; under one it was encoded before.

    python benchmarks/stored.py FOLDER STORE

FOLDER is what `ssm-search build --corpus` made, STORE what the same with `--store` made. Prints a
table, and writes it to benchmarks/results/.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from environments import commit, machine
from known_items import KNOWN_ITEMS, RESULTS, read_known_items

from ssm_search.encoding import encode_query
from ssm_search.filters.matching import Filters
from ssm_search.search.hits import Hits
from ssm_search.search.local import PaperSearch
from ssm_search.stores.search import StoreSearch
from ssm_search.vectors import cosines

QUERIES = 200
DEPTH = 10
SEED = 0
FILTERS: dict[str, Filters] = {
    "none": {},
    "2019 and later": {"year": (2019, 9999)},
    "2017": {"year": 2017},
}


def timed(
    ask: Callable[..., Hits], queries: list[str], filters: Filters
) -> tuple[list[list[str]], list[float]]:
    """The ids that answer each query, and milliseconds."""
    found, took = [], []
    for query in queries:
        begun = time.perf_counter()
        hits = ask(query, DEPTH, **filters)
        took.append(1000 * (time.perf_counter() - begun))
        found.append([hit.paper.id for hit in hits])
    return found, took


def overlap(found: list[list[str]], right: list[list[str]]) -> float:
    """The mean share of what is ``right`` that is ``found``."""
    pairs = zip(found, right, strict=True)
    return float(np.mean([len({*a} & {*b}) / max(len(b), 1) for a, b in pairs]))


def row(name: str, place: str, shared: float, took: list[float]) -> dict[str, Any]:
    """A line of the table."""
    p50, p99 = (float(np.percentile(took, p)) for p in (50, 99))
    return {"filter": name, "place": place, "overlap": shared, "p50": p50, "p99": p99}


def main(folder: Path, uri: str) -> None:
    """Ask both the same."""
    known = read_known_items(KNOWN_ITEMS).queries
    chosen = np.random.default_rng(SEED).permutation(len(known))[: QUERIES + 1]
    first, *queries = [known[at] for at in chosen]
    local, store = PaperSearch.load(folder), StoreSearch.load(uri)
    if local.manifest.papers != store.manifest.papers:
        sys.exit(f"{folder} has {local.manifest.papers} papers, {uri} {store.manifest.papers}")
    for search in (local, store):
        search.query(first)
    rows = []
    for name, filters in FILTERS.items():
        here, took_here = timed(local.query, queries, filters)
        there, took_there = timed(store.query, queries, filters)
        rows.append(row(name, "folder", 1.0, took_here))
        rows.append(row(name, "store", overlap(there, here), took_there))
    vectors = [encode_query(store.encoder, query).vector for query in queries]
    view = store.store.view()
    begun = time.perf_counter()
    near = [[found.row for found in view.nearest(vector, DEPTH)] for vector in vectors]
    took = 1000 * (time.perf_counter() - begun) / len(queries)
    ids = [[paper.id for paper in view.papers(found)] for found in near]
    exact = exact_nearest(local, vectors)
    recall = overlap(ids, exact)
    kinds = [search.manifest.kind for search in (local, store)]
    where = "on object storage" if "://" in uri else "on disk"
    about = (
        f"{date.today()}, commit {commit()}; {machine()}; {local.manifest.papers:,} papers; "
        f"vectors in the folder {kinds[0]}, in the store {kinds[1]} {where}; "
        f"{QUERIES} queries."
    )
    lines = ["| filter | place | the folder's ten | p50 | p99 |", "|---|---|---|---|---|"]
    lines += [
        f"| {one['filter']} | {one['place']} | {one['overlap']:.3f} | {one['p50']:.1f} ms "
        f"| {one['p99']:.1f} ms |"
        for one in rows
    ]
    text = (
        f"{about}\n\n" + "\n".join(lines) + "\n\n"
        f"By vectors alone: recall@10 {recall:.3f}, {took:.1f} ms.\n"
    )
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "stored.md").write_text(text, encoding="utf-8")
    record = {"about": about, "rows": rows, "recall": recall, "milliseconds": took}
    (RESULTS / "stored.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def exact_nearest(local: PaperSearch, vectors: Any) -> list[list[str]]:
    """The ids of the ten nearest to each query, by comparing with all."""
    every = np.concatenate(list(local.rows.index.vector_blocks()))
    present = local.rows.present
    found = []
    for vector in vectors:
        scores = np.where(present, cosines(every, vector), -2)
        found.append([local.papers[int(at)].id for at in np.argsort(-scores)[:DEPTH]])
    return found


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2])
