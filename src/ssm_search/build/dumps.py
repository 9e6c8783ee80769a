"""Files of papers → a saved index, whatever their number: the whole pipeline on one screen."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain, islice
from pathlib import Path

from ssm_search.abstracts import search_arxiv
from ssm_search.build.lists import runner_of
from ssm_search.corpora import (
    Counts,
    KeptEncoder,
    RayEngine,
    encode_segments,
    staging_place,
    update_index,
    write_index,
)
from ssm_search.encoding import (
    ENCODER_FOLDER,
    Encoder,
    OnnxEncoder,
    fastest,
    is_export_of,
    load_encoder,
)
from ssm_search.errors import CorpusError, EncoderError, EngineError, IndexFolderError, StoreError
from ssm_search.index import Manifest, checked_kind, passages
from ssm_search.ingest import Malformed, Removed, read_feed
from ssm_search.papers import Paper
from ssm_search.progress import Progress
from ssm_search.search import PaperSearch
from ssm_search.stores import StoreSearch
from ssm_search.stores.writing import check_writable, update_store, write_store

SENTENCES_UP_TO = 20_000
"""Papers whose sentences are encoded too, unless it is asked for otherwise: they bring
R@1 from .818 to .824 on 1,453 known-item queries, and eight times the vectors, in memory."""
SAMPLED = 2_000  # papers some of whose texts an export is tried on
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
            f"{counts.papers:,} papers: encoded {counts.encoded:,}, reused {counts.reused:,}"
            + (f", removed {counts.removed:,}" if counts.removed else "")
        ]
        if self.encoder:
            lines.append(self.encoder)
        if self.malformed:
            count = len(self.malformed)
            lines.append(f"not read: {count:,} record{'s' if count > 1 else ''}")
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
    sentences: bool | None = None,
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
        sentences: whether sentences are encoded too; by the number of papers if None.
        kind: FAISS's name of the index of a large corpus, "Flat" or "IVF…"; by its size if "".
        update: ``sources`` hold what was added, changed and removed since the index was built.
        cluster: address of a Ray cluster that encodes the papers and writes those of a store, as
            :class:`~ssm_search.corpora.ray.RayEngine` has it; this process if "". It encodes no
            sentences.
        store: address of a LanceDB database, a folder or "s3://…", that is written in place of
            ``folder``, beside which a build waits that was killed. It has no sentences.

    Raises:
        CorpusError: a source cannot be read, or there is no paper in any.
        EngineError: the cluster cannot be reached or failed, or sentences are asked of it.
        IndexFolderError: ``update``, and there is no index or it is damaged; or no such ``kind``.
        EncoderError: the model is missing or damaged.
        StoreError: the store is out of reach, refuses, is being written by another, or is asked
            for ``sentences`` or a ``kind``.
    """
    # Long: every argument is an option of a build, each is explained above and checked before
    # anything is read, and all that the steps share is made here.
    if store and (sentences or kind):
        raise StoreError(
            "a store has no sentences, and an index of vectors of its own; leave out "
            f"{'--sentences' if sentences else '--vectors'} or --store"
        )
    kind = checked_kind(kind) if kind else ""
    if cluster and sentences:
        raise EngineError("a cluster encodes no sentences; leave out --sentences or --engine")
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
        elif update and previous and not previous.is_list:
            # Loaded again because it is the same model: else, this says so.
            same = PaperSearch.load(folder, model).encoder
            report.counts = update_index(records, folder, previous.rows, same)
        else:
            known = previous.papers if update and previous else ()
            gathering = _Gathering(
                folder, model, previous, place, report, bytes_read, progress, cluster, store
            )
            with_sentences = False if cluster or store else sentences
            gathering.build(chain(known, records), name_of(sources), with_sentences, kind)
        shutil.rmtree(place)
    return report


@contextmanager
def arxiv_corpus(
    query: str,
    limit: int,
    encoder: Encoder,
    progress: Progress = lambda what, done, total: None,
) -> Iterator[PaperSearch]:
    """An index of the newest papers on arXiv that meet ``query``, up to ``limit``, for a while.

    Raises:
        FetchError: arXiv cannot be reached, or does not take the query.
        CorpusError: it has no such paper.
    """
    papers = search_arxiv(query, limit, progress=lambda done, total: progress("arXiv", done, total))
    if not papers:
        raise CorpusError(f"arXiv has no paper for {query!r}; try the query in its own search")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / "index"
        with staging_place(folder) as place:
            encode_segments(
                papers, place, encoder, None, lambda done: progress("encoding", done, len(papers))
            )
            write_index(place, folder, encoder, f"arXiv: {query}")
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

    def build(
        self,
        records: Iterable[Paper | Removed],
        name: str,
        sentences: bool | None,
        kind: str,
    ) -> None:
        """Encode all records and write the index."""
        rest = iter(records)
        first = list(islice(rest, SENTENCES_UP_TO + 1))
        sample = [record for record in first if isinstance(record, Paper)][:SAMPLED]
        if not sample:
            raise CorpusError(
                f"no paper found in {name} that meets the filters "
                f"({len(self.report.malformed):,} records cannot be read); "
                "expected records with an id and a title"
            )
        if self.store:  # else that comes to light only once all is encoded
            check_writable(self.store)
        runner = self._runner([text for paper in sample for text in passages(paper)])
        if sentences is None:
            sentences = len(first) <= SENTENCES_UP_TO
        whole = chain(first, rest)
        if sentences:
            self._build_list(whole, name, runner)
            return
        known = self.previous.rows if self.previous else None
        encoded, reused = encode_segments(
            whole,
            self.place,
            fastest(self.model, runner),
            known,
            lambda done: self.progress("encoding", done, self.bytes_read.records(done)),
            RayEngine(self.cluster) if self.cluster else None,
        )
        manifest = self._write(runner, name, kind)
        self.report.counts = Counts(manifest.papers, encoded, reused)

    def _write(self, runner: Encoder, name: str, kind: str) -> Manifest:
        """Put the segments together."""
        if self.store:
            wrote = partial(self.progress, "writing")
            return write_store(
                self.store, self.place, runner, name, progress=wrote, cluster=self.cluster
            )
        joined = partial(self.progress, "joining")
        return write_index(self.place, self.folder, runner, name, kind, joined)

    def _build_list(self, records: Iterable[Paper | Removed], name: str, runner: Encoder) -> None:
        """An index like that of a list, with sentences, in memory while it is built."""
        latest: dict[str, Paper] = {}
        for record in records:
            if isinstance(record, Paper):
                latest[record.id] = record
            else:
                latest.pop(record.id, None)
        kept = KeptEncoder(fastest(self.model, runner), self.place)
        search = PaperSearch.from_papers(
            latest.values(),
            kept,
            previous=self.previous,
            progress=lambda done, total: self.progress("encoding", done, total),
        )
        PaperSearch(search.rows, runner).save(self.folder, list_name=name)
        before = set(map(int, self.previous.rows.text_hashes)) if self.previous else set()
        reused = len(set(map(int, search.rows.text_hashes)) & before)
        self.report.counts = Counts(len(latest), len(latest) - reused, reused)

    def _runner(self, texts: Sequence[str]) -> Encoder:
        """What encodes: the model or its export, made once."""
        exported = self.place / ENCODER_FOLDER
        with suppress(EncoderError):  # it is not there, or not whole
            there = OnnxEncoder(exported)
            if is_export_of(there, self.model):
                return there
        with tempfile.TemporaryDirectory(dir=self.place) as scratch:
            runner, self.report.encoder = runner_of(
                self.model, self.previous, texts, Path(scratch), self.progress
            )
            if isinstance(runner, OnnxEncoder) and runner.folder == Path(scratch):
                shutil.rmtree(exported, ignore_errors=True)
                runner.copy_to(exported)
                return OnnxEncoder(exported)
        return runner


def name_of(sources: Sequence[str | Path]) -> str:
    """What a corpus is called."""
    return ", ".join("standard input" if str(s) == "-" else Path(s).name for s in sources)
