"""Staged segments → the index of a large corpus; later records → the same, kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ssm_search.corpora.changes import changes
from ssm_search.corpora.staging import StoredVectors, staged_rows
from ssm_search.encoding import Encoder, encode_documents
from ssm_search.files import replacing_folder, sweep_inside
from ssm_search.index import LocalRows, Manifest, corpus
from ssm_search.ingest import Removed
from ssm_search.names import by_id
from ssm_search.papers import Paper
from ssm_search.words import PartlyEncoded


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records.

    Attributes:
        papers: how many there are now.
        encoded, reused: papers whose vectors were made, or were there already.
        removed: papers that were there and are no more.
    """

    papers: int = 0
    encoded: int = 0
    reused: int = 0
    removed: int = 0


def write_index(
    place: Path,
    folder: Path,
    encoder: Encoder,
    source: str = "",
    kind: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Manifest:
    """Join the segments that are staged in ``place`` into an index that replaces ``folder`` whole.

    Of the records of one id the last counts.

    Args:
        source: what the corpus is called.
        kind: FAISS's name of the index of the vectors of each segment; by its size if "".
        progress: called with (papers written, papers to write).
    """
    chosen = staged_rows(place)
    with replacing_folder(folder) as new:
        return corpus.write(new, chosen, encoder, source, kind, progress)


def update_index(
    records: Iterable[Paper | Removed], folder: Path, known: LocalRows, encoder: Encoder
) -> Counts:
    """Add, change and remove papers of the index in ``folder``; only new texts are encoded.

    Args:
        known: what was read from ``folder``.
        encoder: the one that built the index.

    Raises:
        IndexFolderError: no paper would be left.
    """
    latest: dict[str, Paper | Removed] = {record.id: record for record in records}
    named = {paper_id: known.rows_named(by_id(paper_id)) for paper_id in latest}
    rows = {paper_id: found[-1] for paper_id, found in named.items() if found}
    change = changes(latest, {one: known.listing[row] for one, row in rows.items()})
    sweep_inside(folder)
    if not change:
        corpus.update(folder, known, [], [], None)  # a kill may have left segments unnamed
        return Counts(known.manifest.papers)
    texts = PartlyEncoded(change.written, StoredVectors(known, encoder).get)
    made = encode_documents(encoder, texts.missing)
    encoded = texts.filled(made, encoder, pool=True) if change.written else None
    gone = [rows[paper_id] for paper_id in [*change.replaced, *change.removed]]
    manifest = corpus.update(folder, known, gone, change.written, encoded)
    reused = len(change.written) - len(made)
    return Counts(manifest.papers, len(made), reused, len(change.removed))
