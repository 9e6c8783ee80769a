"""Is what is related to a paper under the same heading?

For each paper of real lists that stands under a heading with 4 to 60 papers whose abstracts are
known, the ten of the same list that are found related: the share of them under a heading of the
paper's (precision), and NDCG where the same heading gains 2 and another heading below the same one
gains 1. Beside ``related``, in the same run: the vectors of all-MiniLM-L6-v2 and of our encoder
alone, BM25 of the whole text, and late interaction with the title's words; and what the commit
before late interaction found (``results/related-before.json``). With 95 % bootstrap intervals over
papers.

    python benchmarks/related.py [DATA_FOLDER]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from bootstrap import bootstrap_interval
from headed import read_lists
from known_items import DATA, RESULTS
from minilm import minilm
from numpy.typing import NDArray
from quality import abstracts
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ssm_search.awesome import parse_list
from ssm_search.encoding import encode_documents, load_encoder
from ssm_search.index import bm25
from ssm_search.papers import Paper, full_text
from ssm_search.search import PaperSearch
from ssm_search.text import terms
from ssm_search.vectors import cosines
from ssm_search.words.late import late_interaction

SHOWN = 10
FEWEST, MOST = 4, 60  # papers under a heading
BEFORE = RESULTS / "related-before.json"

Way = Callable[[int], Sequence[int]]
"""A row to the rows that are related to it, best first."""


def main(data: Path) -> None:
    """Ask every list by every way, and print the table."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    found: dict[str, list[tuple[float, float]]] = {}
    lists = headed_lists(data)
    for papers in track(lists, description="asking", transient=True):
        for name, way in ways(papers).items():
            found.setdefault(name, []).extend(judged(papers, way))
    asked = len(next(iter(found.values())))
    table = Table(title=f"{asked:,} papers of {len(lists)} lists, {SHOWN} related to each")
    for column in ("ranking", f"under the same heading (P@{SHOWN})", f"NDCG@{SHOWN}"):
        table.add_column(column)
    if BEFORE.is_file():
        for name, cells in json.loads(BEFORE.read_text("utf-8")).items():
            table.add_row(name, *(f"{m:.3f} [{low:.3f}, {high:.3f}]" for m, low, high in cells))
    for name, pairs in found.items():
        values = np.array(pairs)
        spans = [bootstrap_interval(column) for column in values.T]
        means = zip(values.mean(axis=0), spans, strict=True)
        table.add_row(name, *(f"{m:.3f} [{low:.3f}, {high:.3f}]" for m, (low, high) in means))
    Console(width=110).print(table)


def headed_lists(data: Path) -> list[list[Paper]]:
    """The papers with abstracts and headings of each list that the encoder has not been shown."""
    lists = [papers for papers in read_lists(data).values() if papers]
    parsed = [
        parse_list(path.read_text("utf-8"))
        for path in sorted((data / "lists_headings").glob("*.md"))
    ]
    known = abstracts(data, {paper.id for papers in parsed for paper in papers})
    for papers in parsed:
        merged: dict[str, Paper] = {}
        for paper in papers:
            if paper.id in known and paper.categories:
                one = known[paper.id]
                paths = (
                    (*merged[paper.id].categories, *paper.categories)
                    if paper.id in merged
                    else paper.categories
                )
                merged[paper.id] = Paper(one.id, one.title, abstract=one.abstract, categories=paths)
        lists.append(list(merged.values()))
    return lists


def ways(papers: Sequence[Paper]) -> dict[str, Way]:
    """Each way to find what is related among ``papers``."""
    search = PaperSearch.from_papers(papers, load_encoder())
    rows = search.rows.list_index
    texts = [full_text(paper) for paper in papers]
    mini, ours = encode_documents(minilm(), texts).vectors, rows.paper_vectors
    stems = [[stem for stem, _ in terms(text)] for text in texts]
    of_words = bm25.build_bm25(stems)
    assert of_words
    row_of = {paper.id: row for row, paper in enumerate(search.papers)}

    def by_title(row: int) -> NDArray[np.float32]:
        words = rows.word_vectors.title_of(row)
        equal = np.full(len(words), 1 / len(words), dtype=np.float32)
        stored = rows.word_vectors
        return late_interaction(words, equal, stored.vectors, stored.starts)

    return {
        "all-MiniLM-L6-v2, vectors": lambda row: best(cosines(mini, mini[row]), row),
        "BM25 of the whole text": lambda row: best(of_words.scores(stems[row]), row),
        "our encoder, vectors": lambda row: best(cosines(ours, ours[row]), row),
        "our encoder, late interaction": lambda row: best(by_title(row), row),
        "ssm-search, related": lambda row: [
            row_of[hit.paper.id] for hit in search.related(papers[row].id, k=SHOWN)
        ],
    }


def best(scores: NDArray[np.float32], row: int) -> list[int]:
    """The ``SHOWN`` best rows but ``row`` itself."""
    order = np.argsort(-scores, kind="stable")
    return [int(at) for at in order if at != row][:SHOWN]


def judged(papers: Sequence[Paper], way: Way) -> list[tuple[float, float]]:
    """Precision and NDCG for each paper that is asked about."""
    sizes = Counter(path for paper in papers for path in set(paper.categories))
    fit = {path for path, count in sizes.items() if FEWEST <= count <= MOST}
    values = []
    for row, paper in enumerate(papers):
        own = fit.intersection(paper.categories)
        if not own:
            continue
        above = {path[:-1] for path in own if len(path) > 1}
        gains = np.array([gain(other, own, above) for other in papers])
        gains[row] = 0
        ideal = discounted(np.sort(gains)[::-1][:SHOWN])
        found = gains[list(way(row))]
        values.append((float((found == 2).mean()), discounted(found) / ideal))
    return values


def gain(paper: Paper, own: set[tuple[str, ...]], above: set[tuple[str, ...]]) -> float:
    """2 under one of ``own`` headings, 1 below one that is ``above`` them, else 0."""
    if own.intersection(paper.categories):
        return 2.0
    return 1.0 if above.intersection(path[:-1] for path in paper.categories) else 0.0


def discounted(gains: NDArray[np.float64]) -> float:
    """Discounted cumulative gain (Järvelin & Kekäläinen 2002)."""
    return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
