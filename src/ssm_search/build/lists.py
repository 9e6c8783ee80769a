"""A list → a saved index: the whole pipeline on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ssm_search.abstracts import (
    FetchReport,
    default_cache,
    fetch_abstracts,
    joined_records,
    load_abstracts,
    load_files,
    with_abstracts,
)
from ssm_search.addresses import shown_source
from ssm_search.awesome import ListReading
from ssm_search.build.reading import no_entry, read_whole
from ssm_search.build.sources import Source
from ssm_search.encoding import Encoder, load_encoder, runner_of
from ssm_search.errors import IncompleteError, IndexFolderError
from ssm_search.files import check_room, folder_beside
from ssm_search.index import check_folder
from ssm_search.papers import Abstract, Category, Paper, full_text
from ssm_search.progress import Progress
from ssm_search.search import PaperSearch
from ssm_search.text import counted

BYTES = 25_000_000  # of an encoder in an index
BYTES_A_PAPER = 13_000  # of the shipped index: most of it are the vectors of words
NAMED = 5  # ids that a message lists before it says "…"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """How a build went.

    Attributes:
        reused: entries whose vectors were there already.
        encoder: how queries will be encoded, where there was a choice.
    """

    search: PaperSearch
    reading: ListReading
    fetch: FetchReport
    reused: int
    encoder: str = ""

    def summary(self) -> list[str]:
        """What a person who ran the build wants to know, a line each."""
        status = self.search.status()
        entries, lacking = status["entries"], status["without_abstract"]
        lines = [
            f"{counted(entries, 'entry', 'entries')} ({counted(status['papers'], 'paper')}, "
            f"{counted(status['links'], 'link')}): encoded "
            f"{entries - self.reused}, reused {self.reused}"
        ]
        if self.encoder:
            lines.append(self.encoder)
        if lacking:
            lines.append(
                f"without an abstract, indexed by title: {len(lacking)} ({_some(lacking)})"
            )
        if self.fetch.withdrawn:
            lines.append(f"withdrawn from arXiv: {', '.join(self.fetch.withdrawn)}")
        if self.fetch.error:
            lines.append(self.fetch.error)
        if self.reading.problems:
            lines.append(
                f"not read: {counted(len(self.reading.problems), 'place')}; `ssm-search check` "
                "says where"
            )
        return lines


def build_index(
    source: Source | Sequence[Source],
    folder: str | Path,
    *,
    abstracts: Sequence[Path] = (),
    encoder: Encoder | None = None,
    offline: bool = False,
    strict: bool = False,
    allow_hosts: Sequence[str] = (),
    progress: Progress = lambda what, done, total: None,
) -> BuildReport:
    """Build the index of a list and save it, replacing what was in ``folder``.

    Only papers whose text or encoder changed since the index now in ``folder`` are encoded again.
    Without a network the build goes on with the abstracts it has. A sentence-transformers model is
    exported into the index, if it gives the same answers so, and encodes papers and queries there
    without PyTorch; the export is reused as long as the model is the same.

    Args:
        source: the list, a file, an http(s) URL or a folder; or several of them, over which it is
            split (:func:`~ssm_search.build.sources.read_files`).
        abstracts: files of abstracts (see :func:`~ssm_search.abstracts.cache.load_abstracts`); they
            stand before what was fetched.
        offline: ask nobody for the abstracts that are missing.
        allow_hosts: as :func:`~ssm_search.build.sources.read_source`.

    Raises:
        ListError: the list or a file of abstracts cannot be read, or holds no entry.
        FetchError: as :func:`~ssm_search.build.sources.read_source`.
        IncompleteError: ``strict``, and some papers have no abstract; nothing is saved.
        EncoderError: the model is missing or damaged.
        IndexFolderError: ``folder`` is somebody else's, cannot be written, or its disk is full.
    """
    # Long: half of it explains the arguments, each an option of a build; the steps follow each
    # other once, and a function of its own would have to be given nearly all of them.
    sources = [source] if isinstance(source, str | Path) else source
    check_folder(Path(folder))
    whole = read_whole(sources, allow_hosts=allow_hosts)
    reading = whole.reading
    if not reading.papers:
        named = ", ".join(map(shown_source, sources))
        raise no_entry(named)
    known = load_files(abstracts)
    cache = default_cache()
    report = FetchReport()
    missing = missing_abstracts(reading.papers, known)
    if not offline:
        report = fetch_abstracts(
            missing, cache, progress=lambda done, total: progress("abstracts", done, total)
        )
    try:
        previous = PaperSearch.load(folder)
    except IndexFolderError:
        previous = None
    papers = with_abstracts(reading.papers, joined_records([known, load_abstracts(cache)]))
    papers = _with_authors(papers, previous.papers if previous else ())
    lacking = missing_abstracts(papers, {})
    if strict and lacking:
        raise IncompleteError(
            f"{len(lacking)} of {len(papers)} entries have no abstract "
            f"({_some(lacking)}); give them with --abstracts, or leave out --strict"
        )
    check_room(Path(folder), BYTES + BYTES_A_PAPER * len(papers))
    encoder = encoder or load_encoder()
    with folder_beside(Path(folder)) as scratch:  # not in the temporary folder: a kill leaves it
        texts = [full_text(paper) for paper in papers]
        runner = runner_of(
            encoder, lambda: previous.encoder if previous else None, texts, scratch, progress
        )
        made = PaperSearch.from_papers(
            papers,
            runner.bulk,
            previous=previous,
            headings=empty_headings(reading.categories, papers),
            progress=lambda done, total: progress("encoding", done, total),
        )
        search = PaperSearch(made.rows, runner.encoder)
        progress("map", 0, len(papers))
        search.save(folder, list_name=whole.file_name, list_sha256=whole.sha256, title=whole.title)
        progress("map", len(papers), len(papers))
    same = previous and previous.manifest.encoder_fingerprint == runner.encoder.fingerprint
    old = set(map(int, previous.rows.text_hashes)) if previous and same else set()
    reused = sum(int(h) in old for h in search.rows.text_hashes)
    return BuildReport(search, reading, report, reused, runner.said)


def empty_headings(headings: Sequence[Category], papers: Sequence[Paper]) -> list[Category]:
    """Headings that wait for their first paper: without any, below one that has others.

    Headings of the outermost level without papers are about the list ("News", "License").
    """
    used = {path for paper in papers for path in paper.categories}
    parents = {path[:depth] for path in used for depth in range(1, len(path) + 1)}
    return [
        path for path in headings if len(path) > 1 and path not in parents and path[:-1] in parents
    ]


def missing_abstracts(papers: Sequence[Paper], known: dict[str, Abstract]) -> list[str]:
    """The ids of the papers (links have no abstract) that lack one."""
    return [
        paper.id
        for paper in papers
        if paper.kind == "paper"
        and not paper.abstract
        and not (paper.id in known and known[paper.id].abstract)
    ]


def _with_authors(papers: Sequence[Paper], before: Sequence[Paper]) -> list[Paper]:
    """``papers``, those without authors with the ones that they had in the index ``before``."""
    known = {paper.id: paper.authors for paper in before}
    return [replace(one, authors=one.authors or known.get(one.id, ())) for one in papers]


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
