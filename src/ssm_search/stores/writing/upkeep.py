"""The indexes of a table of papers: made, extended when rows are added, put together again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ssm_search.errors import StoreError

VECTOR_INDEX_FROM = 100_000  # rows; fewer are compared with all
PARTITIONS = 0.75  # of an index of vectors, times the root of the rows; see ``store.NPROBES``
REPARTITION = 2  # times as many partitions wanted as there are: the rows have grown fourfold
MOST_DELTAS = 8
"""Deltas, as Lance calls them, that an index may have: each update adds one. Of 111,522 papers, a
search by vectors takes 15 ms with one, 21 with 8, 30 with 16; by words 11, 16, 25."""

NUMBERS, LISTS, TERMS, VECTOR = ("id", "year", "date"), ("names", "headings"), "terms", "vector"


def make_indexes(table: Any, count: int) -> str:
    """Index all ``count`` rows; the kind of the index of vectors."""
    from lancedb.index import FTS, BTree

    if _kind_of(table) == "Flat":
        _dataset(table).optimize.compact_files()
        table.checkout_latest()
        if partitions(count):
            _index_vectors(table, count)
    else:  # a cluster made it, in deltas
        _join_deltas(table, [_index_name(VECTOR)])
    for column in NUMBERS:
        table.create_index(column, config=BTree())
    _index_lists(table)
    words = FTS(
        base_tokenizer="whitespace",
        max_token_length=None,
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
        with_position=False,
    )
    table.create_index(TERMS, config=words)
    return _kind_of(table)


def extend_indexes(table: Any, count: int) -> str:
    """Index the rows that are new; the kind of the index of vectors.

    Each index gets a small delta for them. Once there are more than ``MOST_DELTAS`` they are put
    together, which takes time by the number of all rows, and so do the files of the table.

    Not by LanceDB's own ``optimize``: it joins the partitions of vectors into few large ones
    (250 into 7, after which a search takes 24 ms instead of 14), and took 85 s for 3,000 rows
    more, nearly all of it for the names, whose index is quicker made anew (0.7 s).
    """
    names = _names(table)
    _dataset(table).optimize.optimize_indices(index_names=names, num_indices_to_merge=0)
    table.checkout_latest()
    if _deltas(table, names) > MOST_DELTAS:
        _put_together(table)
        wanted = partitions(count)
        if wanted and wanted >= REPARTITION * _partitions_there(table):
            _index_vectors(table, count)
    return _kind_of(table)


def partitions(count: int) -> int:
    """How many partitions an index of ``count`` vectors has; 0 for so few that they need none."""
    return max(1, int(PARTITIONS * math.sqrt(count))) if count >= VECTOR_INDEX_FROM else 0


def forget(table: Any, older_than: timedelta) -> None:
    """Remove the files of versions that are no longer needed, and those of none.

    What belongs to no version Lance keeps for a week, for somebody may be about to commit it. Here
    one process writes at a time, so a kill left it.
    """
    _dataset(table).cleanup_old_versions(older_than, delete_unverified=True)


def _put_together(table: Any) -> None:
    for column in LISTS:
        table.drop_index(_index_name(column))
    _join_deltas(table, _names(table))
    _dataset(table).optimize.compact_files()
    table.checkout_latest()
    _index_lists(table)


def _join_deltas(table: Any, names: Sequence[str]) -> None:
    if (deltas := _deltas(table, names)) > 1:
        data = _dataset(table)
        data.optimize.optimize_indices(index_names=[*names], num_indices_to_merge=deltas)
        table.checkout_latest()


def _deltas(table: Any, names: Sequence[str]) -> int:
    """How many the index has that has most, of those that are named."""
    return max(int(table.index_stats(name).num_indices) for name in names)


def _index_lists(table: Any) -> None:
    from lancedb.index import LabelList

    for column in LISTS:
        table.create_index(column, config=LabelList())


def _index_vectors(table: Any, count: int) -> None:
    from lancedb.index import IvfFlat

    config = IvfFlat(distance_type="dot", num_partitions=partitions(count))
    table.create_index(VECTOR, config=config)


def _kind_of(table: Any) -> str:
    return "IVF_FLAT" if _index_name(VECTOR) in _names(table) else "Flat"


def _partitions_there(table: Any) -> int:
    if _kind_of(table) == "Flat":
        return 0
    about = _dataset(table).stats.index_stats(_index_name(VECTOR))
    return int(about["indices"][0]["num_partitions"])


def _names(table: Any) -> list[str]:
    return [index.name for index in table.list_indices()]


def _index_name(column: str) -> str:
    return f"{column}_idx"


def _dataset(table: Any) -> Any:
    """The same table for pylance, which can be told what to do with each index."""
    try:
        return table.to_lance()
    except ImportError as error:
        raise StoreError(
            "writing a store needs pylance, which is not installed; "
            "`pip install 'ssm-search[lance]'`"
        ) from error
