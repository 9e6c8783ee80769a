"""Files of papers → a saved index, whatever their number: the whole pipeline on one screen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain, islice
from pathlib import Path

from ssm_search.corpora import (
    Counts,
    RayEngine,
    encode_segments,
    remove_staged,
    staging_place,
    update_index,
    write_index,
)
from ssm_search.encoding import Encoder, load_encoder, runner_of
from ssm_search.errors import CorpusError, IndexFolderError, StoreError
from ssm_search.files import check_room
from ssm_search.index import Manifest, check_folder
from ssm_search.ingest import Malformed, Removed, read_feed
from ssm_search.papers import Paper, full_text
from ssm_search.progress import Progress
from ssm_search.search import PaperSearch
from ssm_search.stores import StoreSearch
from ssm_search.stores.writing import check_writable, update_store, write_store
from ssm_search.text import counted

SAMPLED = 2_000  # records some of whose texts an export is tried on
BYTES_A_PAPER = 9_500
"""Of a segment of papers with abstracts, by the encoder that comes along: half are their words."""
NAMED = 10  # malformed records that a message lists


@dataclass(slots=True)
class GatherReport:
    """How the building of a corpus went.

    Attributes:
        malformed: the records that could not be read.
        encoder: how queries will be encoded, where there was a choice.
    """

    counts: Counts = field(default_factory=Counts)
    malformed: list[Malformed] = field(default_factory=list)
    encoder: str = ""

    def summary(self) -> list[str]:
        """What a person who ran the build wants to know, a line each."""
        counts = self.counts
        lines = [
            f"{counted(counts.papers, 'paper')}: encoded {counts.encoded:,}, "
            f"reused {counts.reused:,}"
            + (f", removed {counts.removed:,}" if counts.removed else "")
        ]
        if self.encoder:
            lines.append(self.encoder)
        if self.malformed:
            lines.append(f"not read: {counted(len(self.malformed), 'record')}")
            lines += [f"  {one.source}:{one.line}: {one.reason}" for one in self.malformed[:NAMED]]
            if len(self.malformed) > NAMED:
                lines.append("  …")
        return lines


def gather_index(
    sources: Sequence[str | Path],
    folder: str | Path,
    *,
    encoder: Encoder | None = None,
    arxiv_categories: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    kind: str = "",
    update: bool = False,
    cluster: str = "",
    store: str = "",
    progress: Progress = lambda what, done, total: None,
) -> GatherReport:
    """Build, or update, the index of all papers in ``sources``.

    A build that was killed goes on where it was when it is started again. Vectors of papers whose
    text is the same are taken from the index that was there.

    Args:
        sources: see :func:`~ssm_search.ingest.feeds.read_feed`, as are the filters.
        kind: FAISS's name of the index of a large corpus, "Flat" or "IVF…"; by its size if "".
        update: ``sources`` hold what was added, changed and removed since the index was built.
        cluster: address of a Ray cluster that encodes the papers and writes those of a store, as
            :class:`~ssm_search.corpora.ray.RayEngine` has it; this process if "".
        store: address of a LanceDB database, a folder or "s3://…", that is written in place of
            ``folder``, beside which a build waits that was killed.

    Raises:
        CorpusError: a source cannot be read, or there is no paper in any.
        EngineError: the cluster cannot be reached or failed.
        IndexFolderError: ``update``, and there is no index of a corpus or it is damaged; or no such
            ``kind``; or ``folder`` is somebody else's, cannot be written, is being built by another
            process, or its disk has no room for what it will hold.
        EncoderError: the model is missing or damaged.
        StoreError: the store is out of reach, refuses, is being written by another, or is asked
            for a ``kind``.
    """
    # Long: every argument is an option of a build, each is explained above and checked before
    # anything is read, and all that the steps share is made here.
    if store and kind:
        raise StoreError(
            "a store has an index of vectors of its own; leave out --vectors or --store"
        )
    if not store:
        check_folder(Path(folder), kind)
    folder, report, bytes_read = Path(folder), GatherReport(), _BytesRead()
    model = encoder or load_encoder()
    records = read_feed(
        sources,
        arxiv_categories=arxiv_categories,
        since=since,
        until=until,
        malformed=report.malformed.append,
        progress=bytes_read.note,
    )
    try:
        previous = PaperSearch.load(folder)
    except IndexFolderError:
        if update and not store:
            raise
        previous = None
    with staging_place(folder) as place:
        if store and update:
            same_model = StoreSearch.load(store, model).encoder
            report.counts = update_store(records, store, same_model)
        elif update and previous:
            if previous.is_list:
                raise IndexFolderError(
                    f"the index in {folder} is that of a list; build it again from the list"
                )
            # Loaded again because it is the same model: else, this says so.
            same = PaperSearch.load(folder, model).encoder
            report.counts = update_index(records, folder, previous.rows, same)
        else:
            gathering = _Gathering(
                folder, model, previous, place, report, bytes_read, progress, cluster, store
            )
            gathering.build(records, name_of(sources), kind)
        remove_staged(place)
    return report


@contextmanager
def passing_index(
    papers: Sequence[Paper],
    name: str,
    encoder: Encoder,
    progress: Progress = lambda what, done, total: None,
) -> Iterator[PaperSearch]:
    """An index of ``papers``, such as arXiv found for a question, for a while.

    Args:
        name: where they are from.

    Raises:
        CorpusError: there are none.
    """
    if not papers:
        raise CorpusError(f"no paper from {name}; expected some")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / "index"
        with staging_place(folder) as place:
            encode_segments(
                papers, place, encoder, None, lambda done: progress("encoding", done, len(papers))
            )
            write_index(place, folder, encoder, name)
        yield PaperSearch.load(folder, encoder)


@dataclass(slots=True)
class _BytesRead:
    """How much of the sources is read, by which it is judged how many records they have."""

    done: int = 0
    total: int = 0

    def note(self, done: int, total: int) -> None:
        """Keep the latest."""
        self.done, self.total = done, total

    def records(self, done: int) -> int:
        """How many records there may be in all, once so many are done."""
        return round(done * max(1.0, self.total / self.done)) if self.done else done


@dataclass(frozen=True, slots=True)
class _Gathering:
    """A build under way."""

    folder: Path
    model: Encoder
    previous: PaperSearch | None
    place: Path
    report: GatherReport
    bytes_read: _BytesRead
    progress: Progress
    cluster: str
    store: str

    def build(self, records: Iterable[Paper | Removed], name: str, kind: str) -> None:
        """Encode all records and write the index."""
        rest = iter(records)
        first = list(islice(rest, SAMPLED))
        sample = [record for record in first if isinstance(record, Paper)]
        if not sample:
            raise CorpusError(
                f"no paper found in {name} that meets the filters "
                f"({len(self.report.malformed):,} records cannot be read); "
                "expected records with an id and a title"
            )
        if self.store:  # else that comes to light only once all is encoded
            check_writable(self.store)
        self._check_room(len(first))
        previous, texts = self.previous, [full_text(paper) for paper in sample]
        runner = runner_of(
            self.model,
            lambda: previous.encoder if previous else None,
            texts,
            self.place,
            self.progress,
        )
        self.report.encoder = runner.said
        encoded, reused = encode_segments(
            chain(first, rest),
            self.place,
            runner.bulk,
            previous.rows if previous else None,
            lambda done: self.progress("encoding", done, self.bytes_read.records(done)),
            RayEngine(self.cluster) if self.cluster else None,
        )
        manifest = self._write(runner.encoder, name, kind)
        self.report.counts = Counts(manifest.papers, encoded, reused)

    def _check_room(self, read: int) -> None:
        """Whether the disk has room for the segments, and then for what they are joined to."""
        copies = 1 if self.store else 2
        there = sum(path.stat().st_size for path in self.place.glob("*/*") if path.is_file())
        check_room(self.folder, copies * BYTES_A_PAPER * self.bytes_read.records(read) - there)

    def _write(self, encoder: Encoder, name: str, kind: str) -> Manifest:
        """Put the segments together."""
        if self.store:
            wrote = partial(self.progress, "writing")
            return write_store(
                self.store, self.place, encoder, name, progress=wrote, cluster=self.cluster
            )
        joined = partial(self.progress, "joining")
        return write_index(self.place, self.folder, encoder, name, kind, joined)


def name_of(sources: Sequence[str | Path]) -> str:
    """What a corpus is called."""
    return ", ".join("standard input" if str(s) == "-" else Path(s).name for s in sources)
