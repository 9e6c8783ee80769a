"""Papers with their vectors ⇄ the rows of a database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ssm_search.filters import Facets, heading_names
from ssm_search.names import names_of, signed64
from ssm_search.papers import Paper, from_json, full_text, to_jsonl
from ssm_search.stores.stats import StoreStats, Terms, stats_of
from ssm_search.text import terms
from ssm_search.words import RowVectors

BATCH = 2_048  # rows that are sent at once

Chunk = tuple[bytes, RowVectors]
"""At most ``BATCH`` papers, a JSON line each, with what an encoder made of them."""


def add_rows(table: Any, chunks: Iterable[Chunk], norm_length: float) -> Iterator[StoreStats]:
    """Add the rows of ``chunks`` to a table; the statistics of each once it is there."""
    for chunk in chunks:
        rows, stats = read_chunk(chunk, norm_length)
        table.add(rows)
        yield stats


def read_chunk(chunk: Chunk, norm_length: float) -> tuple[Any, StoreStats]:
    """The rows of a chunk, and what they add up to."""
    lines, encoded = chunk
    papers = [from_json(json.loads(line)) for line in lines.split(b"\n") if line]
    found = terms_of(papers)
    stats = stats_of(papers, encoded.vectors, found, norm_length)
    return rows_of(papers, encoded, found), stats


def terms_of(papers: Iterable[Paper]) -> list[Terms]:
    """The terms of each paper."""
    return [terms(full_text(paper)) for paper in papers]


def schema_of(width: int) -> Any:
    """The columns of a table whose vectors have so many dimensions."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("paper", pa.string()),
            ("vector", pa.list_(pa.float32(), width)),
            ("words", pa.binary()),
            ("title_words", pa.int32()),
            ("terms", pa.string()),
            ("year", pa.int32()),
            ("date", pa.int32()),
            ("has_code", pa.bool_()),
            ("has_authors", pa.bool_()),
            ("venue", pa.string()),
            ("headings", pa.list_(pa.string())),
            ("names", pa.list_(pa.int64())),
        ]
    )


def rows_of(papers: Sequence[Paper], encoded: RowVectors, found: Sequence[Terms]) -> Any:
    """Rows of papers with what an encoder made of them, and the terms of each."""
    import pyarrow as pa

    known = Facets.of(papers)
    width, words = encoded.vectors.shape[1], encoded.words
    flat = pa.array(np.ascontiguousarray(encoded.vectors, dtype=np.float32).ravel())
    columns = {
        "id": [_clean(paper.id) for paper in papers],
        "paper": [_clean(to_jsonl([paper])) for paper in papers],
        "vector": pa.FixedSizeListArray.from_arrays(flat, width),
        "words": [words.of(row).tobytes() for row in range(len(words))],
        "title_words": words.titles,
        "terms": [_clean(" ".join(stem for stem, _ in pairs)) for pairs in found],
        "year": known.years,
        "date": known.dates,
        "has_code": known.has_code,
        "has_authors": known.has_authors,
        "venue": [_clean(paper.venue.casefold()) for paper in papers],
        "headings": [[*map(_clean, heading_names(paper))] for paper in papers],
        "names": [[signed64(name) for name in names_of(paper)] for paper in papers],
    }
    return pa.table(columns, schema=schema_of(width))


def _clean(text: str) -> str:
    """Without lone surrogates, which no database takes."""
    return text.encode("utf-8", "replace").decode()
