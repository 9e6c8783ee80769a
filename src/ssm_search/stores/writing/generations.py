"""Staged segments → a corpus in a database; updates.

One process writes at a time; a kill leaves what was there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.corpora import Counts, changes, staged_rows
from ssm_search.encoding import Encoder, OnnxEncoder, encode_documents
from ssm_search.errors import StoreError
from ssm_search.filters import sql
from ssm_search.holders import now
from ssm_search.index import Manifest, corpus
from ssm_search.ingest import Removed
from ssm_search.names import text_hashes
from ssm_search.papers import Paper
from ssm_search.segments import Chosen, Segment
from ssm_search.stores.access import CURRENT, check_fingerprint, reaching, tables
from ssm_search.stores.rows import Current
from ssm_search.stores.stats import StoreStats, added, stats_of, to_bytes
from ssm_search.stores.store import (
    BLOBS,
    ENCODER,
    PAPERS,
    SAMPLE,
    STATISTICS,
    read_current,
    view_of,
)
from ssm_search.stores.writing.lock import writing
from ssm_search.stores.writing.ray import fill_table
from ssm_search.stores.writing.rows import (
    BATCH,
    Chunk,
    add_rows,
    rows_of,
    schema_of,
    terms_of,
)
from ssm_search.stores.writing.upkeep import extend_indexes, forget, make_indexes
from ssm_search.words import PartlyEncoded, RowVectors, sampled_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

POOLED = 32  # statistics that are added up at once
UNNAMED = ".tmp" + 6 * "[0-9A-Za-z]"
"""What Lance calls a file of a folder until it is whole, and does not remove after a kill."""
IDS = 500  # that are asked for at once
READ_FOR = timedelta(hours=1)  # that a reader may still be at an old version
"""Readers look for a new one every few seconds, before they answer."""


def write_store(
    uri: str,
    place: Path,
    encoder: Encoder,
    source: str = "",
    storage_options: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cluster: str = "",
) -> Manifest:
    """Write the segments staged in ``place`` as the corpus at ``uri``, replacing what was there.

    Args:
        source: what the corpus is called.
        progress: called with (papers written, papers to write).
        cluster: address of a Ray cluster whose nodes write; this process if "".

    Raises:
        EngineError: the cluster cannot be reached or failed.
        StoreError: the store is out of reach, refuses, or is being written by another.
    """
    # Long: one write from the lock to the commit, each step of which needs what came before.
    staged = staged_rows(place)
    count = sum(len(rows) for _, rows in staged)
    if not count:
        raise StoreError(f"there is no paper to write to {uri}; name sources that have some")
    length = sum(int(segment.lengths[rows].sum()) for segment, rows in staged)
    norm_length = max(length / count, 1.0)
    width = int(staged[0][0].vectors.shape[1])
    with writing(uri, storage_options) as (database, check):
        old = _replaced(database, uri)
        name = _next_generation(tables(database))
        with reaching(uri):
            table = database.create_table(name, schema=schema_of(width))
            chunks = _chunks_of(staged)
            if cluster:
                filled = fill_table(cluster, table, storage_options, chunks, norm_length, count)
            else:
                filled = add_rows(table, chunks, norm_length)
            stats = _added_up(filled, lambda done: progress(done, count))
            table.checkout_latest()
            kind = make_indexes(table, count)
        blobs = {STATISTICS: to_bytes(stats), SAMPLE: _sample(staged, count).to_bytes()}
        if isinstance(encoder, OnnxEncoder):
            blobs |= {ENCODER + name: content for name, content in encoder.contents().items()}
        about = {
            "encoder_name": getattr(encoder, "name", ""),
            "encoder_fingerprint": encoder.fingerprint,
            "dimension": width,
            "papers": count,
            "words": sum(_words_of(segment, rows) for segment, rows in staged),
            "list_name": source,
            "built": now(),
            "kind": kind,
            "background": asdict(corpus.background(staged, encoder)),
        }
        with reaching(uri):
            check()
            current = Current(name, table.version, _put_blobs(database, blobs), about)
            check()
            _commit(database, current)
            _tidy(database, uri, current, old)
        return current.manifest()


def update_store(
    records: Iterable[Paper | Removed],
    uri: str,
    encoder: Encoder,
    storage_options: Mapping[str, str] | None = None,
) -> Counts:
    """Add, change and remove papers of the corpus at ``uri``; only new texts are encoded.

    Raises:
        StoreError: there is none, it was built by another encoder, or as :func:`write_store`.
    """
    # Long: one write from the lock to the commit, each step of which needs what came before.
    latest: dict[str, Paper | Removed] = {record.id: record for record in records}
    with writing(uri, storage_options) as (database, check):
        old = read_current(database, uri)
        check_fingerprint(encoder, old.about["encoder_fingerprint"], uri)
        view = view_of(database, uri, old)
        known: dict[str, tuple[Paper, RowVectors]] = {}
        for ids in _chunks(list(latest), IDS):
            for paper, encoded in view.stored(ids):
                known[paper.id] = paper, encoded
        change = changes(latest, {paper.id: paper for paper, _ in known.values()})
        if not change:
            with reaching(uri):
                _sweep(database, uri, old)
            return Counts(len(view), 0, 0)
        changed = change.written
        made, new = _encoded(changed, known.values(), encoder, view.dimension)
        gone = [*change.removed, *change.replaced]
        count = len(view) + len(changed) - len(gone)
        if not count:
            raise StoreError(f"nothing would be left in {uri}; remove the store instead")
        stats = view.stats
        length = stats.norm_length
        lost = [known[paper_id] for paper_id in gone]
        old_papers = [paper for paper, _ in lost]
        old_vectors = np.array([encoded.vectors[0] for _, encoded in lost])
        minus = [stats_of(old_papers, old_vectors, terms_of(old_papers), length)]
        found = terms_of(changed)
        plus = [stats, stats_of(changed, made.vectors, found, length)] if changed else [stats]
        stats = added(plus, minus if lost else ())
        with reaching(uri):
            table = database.open_table(old.table)
            if table.version != old.version:  # what a kill left half done
                table.checkout(old.version)
                table.restore()
            for first in range(0, len(changed), BATCH):
                part = range(first, min(first + BATCH, len(changed)))
                here = slice(part.start, part.stop)
                rows = rows_of(changed[here], made.taken(part), found[here])
                merge = table.merge_insert("id").when_matched_update_all()
                merge.when_not_matched_insert_all().execute(rows)
            for ids in _chunks(change.removed, IDS):
                table.delete(f"id IN ({', '.join(map(sql.quoted, ids))})")
            kind = extend_indexes(table, count)
            check()
            blobs = old.blobs | _put_blobs(database, {STATISTICS: to_bytes(stats)})
            words = old.about["words"] + len(made.words.vectors)
            words -= sum(len(encoded.words.vectors) for _, encoded in lost)
            about = old.about | {"papers": count, "words": words, "built": now(), "kind": kind}
            current = replace(old, version=table.version, blobs=blobs, about=about)
            check()
            _commit(database, current)
            _tidy(database, uri, current, old)
        return Counts(count, new, len(changed) - new, len(change.removed))


def _replaced(database: Any, uri: str) -> Current | None:
    """The state that a new one replaces, if there is one that can be read."""
    try:
        return read_current(database, uri)
    except StoreError:  # of another format, or damaged: to write it again is the cure
        return None


def _added_up(filled: Iterable[StoreStats], progress: Callable[[int], None]) -> StoreStats:
    """The sum of the statistics of all rows, which are written meanwhile."""
    done = 0
    pooled: list[StoreStats] = []
    for stats in filled:
        pooled.append(stats)
        if len(pooled) >= POOLED:
            pooled = [added(pooled)]
        done += stats.n
        progress(done)
    return added(pooled)


def _next_generation(names: Sequence[str]) -> str:
    numbers = [int(name.removeprefix(PAPERS)) for name in names if name.startswith(PAPERS)]
    return f"{PAPERS}{1 + max(numbers, default=0):06}"


def _commit(database: Any, current: Current) -> None:
    import pyarrow as pa

    row = pa.table({"manifest": [current.to_json()]})
    table = _opened(database, CURRENT)
    if table is not None:
        table.add(row, mode="overwrite")
    else:
        database.create_table(CURRENT, data=row)


def _tidy(database: Any, uri: str, current: Current, old: Current | None) -> None:
    """Remove what neither the present state nor the one before needs."""
    needed = {current.table, old.table if old else ""}
    for name in tables(database):
        if name.startswith(PAPERS) and name not in needed:
            database.drop_table(name)
    keys = {*current.blobs.values(), *(old.blobs.values() if old else ())}
    blobs = database.open_table(BLOBS)
    blobs.delete(f"key NOT IN ({', '.join(map(sql.quoted, sorted(keys)))})")
    _sweep(database, uri, current)


def _sweep(database: Any, uri: str, current: Current) -> None:
    """Remove the files of versions that nobody reads any more, and those that a kill left."""
    for name in (CURRENT, BLOBS):
        database.open_table(name).optimize(cleanup_older_than=READ_FOR, delete_unverified=True)
    forget(database.open_table(current.table), READ_FOR)
    if "://" not in uri:
        for path in Path(uri).glob(f"*.lance/**/{UNNAMED}"):
            path.unlink(missing_ok=True)


def _opened(database: Any, name: str) -> Any:
    """A table; None where there is none, or a kill left a folder without a version."""
    try:
        return database.open_table(name)
    except ValueError as error:
        if "was not found" not in str(error):
            raise
        return None


def _put_blobs(database: Any, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Store what is not there yet; the key of each."""
    import pyarrow as pa

    schema = pa.schema([("key", pa.string()), ("content", pa.large_binary())])
    keys = {what: hashlib.sha256(content).hexdigest() for what, content in contents.items()}
    table = _opened(database, BLOBS)
    if table is None:
        table = database.create_table(BLOBS, schema=schema)
    there = set(table.search().select(["key"]).limit(1_000_000).to_arrow()["key"].to_pylist())
    for what, content in contents.items():
        if keys[what] not in there:
            table.add(pa.table({"key": [keys[what]], "content": [content]}, schema=schema))
            there.add(keys[what])
    return keys


def _encoded(
    papers: Sequence[Paper],
    known: Collection[tuple[Paper, RowVectors]],
    encoder: Encoder,
    width: int,
) -> tuple[RowVectors, int]:
    """What an encoder makes of ``papers``, and of how many texts anew; others are ``known``."""
    hashes = text_hashes([paper for paper, _ in known])
    stored = {int(of): rows for of, (_, rows) in zip(hashes, known, strict=True)}
    texts = PartlyEncoded(papers, stored.get)
    made = encode_documents(encoder, texts.missing)
    if len(made) and made.vectors.shape[1] != width:
        raise StoreError(
            f"the encoder gives {made.vectors.shape[1]} dimensions, the store has {width}; "
            "use the encoder that built it"
        )
    return texts.filled(made, encoder, pool=True), len(made)


def _sample(staged: Sequence[Chosen], count: int) -> RowVectors:
    """Rows spread evenly over all, by which late interaction is standardized."""
    wanted, parts, start = sampled_rows(count), [], 0
    for segment, rows in staged:
        here = wanted[(wanted >= start) & (wanted < start + len(rows))] - start
        if len(here):  # else it may hold nothing but removed papers, and no width
            parts.append(segment.encoded.taken(rows[here]))
        start += len(rows)
    return RowVectors.joined(parts)


def _words_of(segment: Segment, rows: NDArray[np.int64]) -> int:
    return int(np.diff(segment.word_vectors.starts)[rows].sum())


def _chunks_of(staged: Sequence[Chosen]) -> Iterator[Chunk]:
    """The papers in the rows that are kept of each segment, with their vectors."""
    for segment, rows in staged:
        for first in range(0, len(rows), BATCH):
            chosen = rows[first : first + BATCH]
            lines = b"".join(segment.papers.line(int(row)) for row in chosen)
            yield lines, segment.encoded.taken(chosen)


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
