"""Corpora of papers, read as a stream: millions of records in the memory of one.

See :func:`read_feed` for the formats.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ssm_search.errors import CorpusError
from ssm_search.ingest.formats import format_of, records_of
from ssm_search.ingest.records import id_of, is_deleted, paper_of
from ssm_search.ingest.streams import opened, size
from ssm_search.ingest.unpacking import FREE_PAPERS
from ssm_search.ingest.values import ARCHIVES, UnreadableError
from ssm_search.papers import Paper

logger = logging.getLogger(__name__)

MAX_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class Removed:
    """A record that says that a paper is gone: as OAI-PMH has it, or by ``"deleted": true``."""

    id: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be read.

    Attributes:
        source: file name, or "-" for stdin.
        line: where it begins, from 1: the line in JSON lines and tables, the number of the record
            in OAI-PMH and Parquet.
        reason: what was found and what was expected, in ``MAX_REASON_CHARS`` at most.
    """

    source: str
    line: int
    reason: str


def log_malformed(fault: Malformed) -> None:
    """Log a warning that names the source, the line and the reason."""
    logger.warning("%s, line or record %d: %s", fault.source, fault.line, fault.reason)


def read_feed(
    sources: Sequence[str | Path],
    *,
    arxiv_categories: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    malformed: Callable[[Malformed], None] = log_malformed,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Paper | Removed]:
    """Read the papers of ``sources`` in their order, one at a time, whatever their formats.

    Read are arXiv's metadata snapshot as Kaggle has it, any other JSON lines, tables (CSV, TSV),
    Parquet, and OAI-PMH dumps in the formats ``oai_dc``, ``arXiv`` and ``arXivRaw``; each also
    packed by gzip, bzip2, xz or zstd, or as the only file in a zip. Formats are known by content.
    Records need a title and an id, by any of the names in :mod:`ssm_search.ingest.records`.

    An id that comes twice is given twice. A source that is damaged is read up to there, which is
    reported as malformed, and the next one goes on. So is one that unpacks to far more than papers
    could: one text over and over.

    Args:
        sources: files, and "-" for stdin.
        arxiv_categories: only papers in one of these: "cs.CV", or "cs" and "cs.*" for all of an
            archive; the first category of a paper counts as much as any other.
        since: only papers published that day or later; papers without a date are left out.
        until: only papers published that day or earlier; the same.
        malformed: called with each record that cannot be read, which is then passed over.
        progress: called with how many bytes were read of the files as they are, packed or not,
            and how many there are; 0 for the latter if that is not known, as of stdin.

    Returns:
        An iterator. Removals are given whatever was asked for: they tell no category and no date.

    Raises:
        CorpusError: at once, if a file cannot be read, is of no known format or needs a package
            that is not installed, a category is none, or ``since`` is after ``until``; while
            reading, if stdin is such, or Parquet or a zip is not whole.
    """
    if isinstance(sources, str | Path):  # a str is a sequence of str, too
        sources = [sources]
    wanted = frozenset(map(_wanted, arxiv_categories))
    if since and until and since > until:
        raise CorpusError(f"since {since} is after until {until}; expected an earlier day")
    sizes = [size(source) for source in sources]
    for source, bytes_ in zip(sources, sizes, strict=True):
        if bytes_ is not None:  # stdin and pipes can be read only once
            with opened(source) as stream:
                format_of(stream)
    total = 0 if None in sizes else sum(filter(None, sizes))

    found = _records(sources, sizes, malformed, lambda done: progress(done, total))
    return (
        one for one in found if isinstance(one, Removed) or _is_wanted(one, wanted, since, until)
    )


def _records(
    sources: Sequence[str | Path],
    sizes: Sequence[int | None],
    malformed: Callable[[Malformed], None],
    advance: Callable[[int], None],
) -> Iterator[Paper | Removed]:
    """All records of ``sources``; ``advance`` is told how many bytes of all were read."""
    before = 0
    for source, bytes_ in zip(sources, sizes, strict=True):
        done = 0

        def advance_here(position: int, before: int = before) -> None:
            nonlocal done
            done = max(done, position)
            advance(before + done)

        yield from _read(source, malformed, advance_here)
        before += done if bytes_ is None else bytes_
        advance(before)


def _read(
    source: str | Path, malformed: Callable[[Malformed], None], advance: Callable[[int], None]
) -> Iterator[Paper | Removed]:
    packed = papers = 0

    def note(position: int) -> None:
        nonlocal packed
        packed = max(packed, position)
        advance(position)

    with opened(source, note) as stream:
        for number, record in records_of(stream, format_of(stream)):
            try:
                if isinstance(record, UnreadableError):
                    raise record
                found = Removed(id_of(record)) if is_deleted(record) else paper_of(record)
            except UnreadableError as error:
                malformed(Malformed(str(source), number, str(error)[:MAX_REASON_CHARS]))
                continue
            papers += isinstance(found, Paper)
            if papers > FREE_PAPERS + packed:
                reason = (
                    f"more papers than the {packed:,} bytes that were read; papers that differ "
                    "take more than a byte each. If it is meant so, unpack it first"
                )
                malformed(Malformed(str(source), number, reason))
                return
            yield found


def _wanted(category: str) -> str:
    """``category`` as it is compared: small letters, an archive without its ``.*``."""
    name = category.strip().casefold().removesuffix(".*")
    if name.partition(".")[0] not in ARCHIVES or name.endswith("."):
        raise CorpusError(
            f"{category!r} is no category of arXiv; expected one such as cs.CV, or cs for all of "
            "an archive (https://arxiv.org/category_taxonomy)"
        )
    return name


def _is_wanted(
    paper: Paper, categories: Collection[str], since: date | None, until: date | None
) -> bool:
    if (since or until) and paper.published is None:
        return False
    if paper.published and not (since or date.min) <= paper.published <= (until or date.max):
        return False
    if not categories:
        return True
    has = [category.casefold() for category in paper.arxiv_categories]
    return any(name in categories or name.partition(".")[0] in categories for name in has)
