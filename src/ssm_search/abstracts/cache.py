"""Abstracts from arXiv or from files, kept in a cache that only grows.

The cache is a JSON-lines file. Answers are appended and fsynced batch by batch, so a kill or a cut
network loses nothing, and the next run asks only for what is missing.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from ssm_search.abstracts.api import (
    API_URL,
    BATCH_SIZE,
    INTERVAL_HERE,
    REQUEST_INTERVAL,
    UNREADABLE,
    ArxivApi,
)
from ssm_search.addresses import is_of_this_machine
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.errors import FetchError, ListError
from ssm_search.files import append_json_lines
from ssm_search.papers import Abstract, Paper, untitled_title

logger = logging.getLogger(__name__)

API_URL_VARIABLE = "SSM_SEARCH_ARXIV_API"  # a mirror, or a test's stand-in
# As the API calls what authors say of where a paper appeared, and as arXiv's own files do.
_SAID = (("comment", "comments"), ("journal_ref", "journal-ref"), ("doi",))
MAX_REFUSED = 10  # ids in a row; who finds fault with more of them means us, not the ids


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch of abstracts brought, and for which ids it brought none."""

    fetched: tuple[str, ...] = ()  # are in the cache now
    unknown: tuple[str, ...] = ()  # arXiv has no such paper
    refused: tuple[str, ...] = ()  # no arXiv id, to us or to arXiv, or its answer is unreadable
    withdrawn: tuple[str, ...] = ()  # those of ``fetched`` that were withdrawn
    error: str = ""  # what stopped the fetch early, "" if nothing did
    reason: str = ""  # the same in a few words, as :class:`FetchError` has it


def default_cache() -> Path:
    """The file in which this user's abstracts are kept, whichever index they are for."""
    import platformdirs

    return platformdirs.user_cache_path("ssm-search") / "abstracts.jsonl"


def load_abstracts(path: Path) -> dict[str, Abstract]:
    """Read a file of abstracts, one JSON object a line.

    Each has ``id`` (or ``arxiv_id``), ``title``, ``abstract`` and, if known, the other fields of
    :class:`Abstract`, or nothing but the id and ``authors``; a later line wins. A last line cut
    short by a kill is passed over, and an absent file is an empty one.

    Raises:
        ListError: any other line is not such an object, or the file cannot be read.
    """
    found: dict[str, Abstract] = {}
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return found
    except OSError as error:
        reason = error.strerror
        raise ListError(f"cannot read {path} ({reason}); expected JSON lines") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if number == len(lines):
                logger.warning("%s: passed over its last line, which was cut short", path)
                break
            raise ListError(
                f"{path}, line {number}: expected a JSON object with id, title and abstract, "
                f"got {line[:60].decode(errors='replace')!r}; mend or delete that line"
            ) from error
        found[record.id] = record
    return found


def load_files(paths: Iterable[Path]) -> dict[str, Abstract]:
    """Read all abstracts of several files, which have to be there; those of the first stand.

    Raises:
        ListError: a file is missing, or as :func:`load_abstracts`.
    """
    files = []
    for path in paths:
        if not path.exists():
            raise ListError(f"no file {path}; expected JSON lines with id, title and abstract")
        files.append(load_abstracts(path))
    return joined_records(files)


def joined_records(files: Iterable[Mapping[str, Abstract]]) -> dict[str, Abstract]:
    """What several sources know, by id; where the first one that has a paper is silent, the next.

    A source may know nothing of a paper but its authors.
    """
    known: dict[str, Abstract] = {}
    for records in files:
        for paper_id, record in records.items():
            before = known.get(paper_id, record)
            lacking = {
                field.name: getattr(record, field.name)
                for field in fields(Abstract)
                if not getattr(before, field.name)
            }
            known[paper_id] = replace(before, **lacking)
    return known


def append_abstracts(path: Path, records: Iterable[Abstract]) -> None:
    """Add ``records`` to the file and make sure that they are on disk."""
    append_json_lines(path, map(_to_json, records))


def with_abstracts(papers: Iterable[Paper], known: Mapping[str, Abstract]) -> list[Paper]:
    """Fill in what is ``known`` of ``papers``; what is there already is never replaced.

    But arXiv's authors are: lists shorten them. A paper without a printed year gets the one in
    which arXiv published it, and one that a list gives by its id alone its title.
    """
    filled = []
    for paper in papers:
        record = known.get(paper.id)
        if record is not None:
            published = paper.published or record.published
            paper = replace(
                paper,
                abstract=paper.abstract or record.abstract,
                title=record.title if paper.title == untitled_title(paper.id) else paper.title,
                authors=record.authors or paper.authors,
                published=published,
                arxiv_categories=paper.arxiv_categories or record.arxiv_categories,
                year=paper.year or (published.year if published else None),
            )
        filled.append(paper)
    return filled


def fetch_abstracts(
    ids: Iterable[str],
    cache: Path,
    *,
    since: date | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    api_url: str = "",
    interval: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> FetchReport:
    """Ask arXiv for the papers of ``ids`` that ``cache`` does not have, and add them to it.

    Never raises for what the network does: the report says what stopped it, and whatever came
    until then is in the cache.

    Args:
        ids: in any form that :func:`~ssm_search.arxiv_ids.arxiv_id` reads; versions are left out.
        since: what was asked for before this day, or at a time not known, is asked for again.
        progress: called with (ids answered for, ids asked for) after each answer.
        interval: seconds between requests; by default ``REQUEST_INTERVAL``, as arXiv asks for, or
            ``INTERVAL_HERE`` where a mirror on this machine is asked.
    """
    read = {text: arxiv_id(text) for text in ids}
    refused = [text for text, paper_id in read.items() if paper_id is None]
    known = load_abstracts(cache)
    fresh = {
        i for i, record in known.items() if not since or (record.asked and record.asked >= since)
    }
    missing = [i for i in dict.fromkeys(filter(None, read.values())) if i not in fresh]
    if not missing:
        return FetchReport(refused=tuple(refused))
    fetched: list[Abstract] = []
    unknown: list[str] = []
    error = reason = ""
    answered = 0
    progress(0, len(missing))
    source = _source(api_url, interval, sleep)
    source.witness = next((i for i in known if arxiv_id(i) == i), "")
    try:
        with closing(source.client._session):
            for batch, records in _answers(source, missing):
                if records is None:
                    refused += batch
                else:
                    append_abstracts(cache, records)
                    fetched += records
                    found = {record.id for record in records}
                    unknown += [paper_id for paper_id in batch if paper_id not in found]
                answered += len(batch)
                progress(answered, len(missing))
    except FetchError as failure:
        error, reason = str(failure), failure.reason
    return FetchReport(
        fetched=tuple(record.id for record in fetched),
        unknown=tuple(unknown),
        refused=tuple(refused),
        withdrawn=tuple(record.id for record in fetched if record.withdrawn),
        error=error,
        reason=reason,
    )


def first_titles(
    ids: Iterable[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    api_url: str = "",
    interval: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Ask arXiv for the titles that papers had in their first versions, by id.

    Raises:
        FetchError: arXiv cannot be reached.
    """
    versions = [f"{known}v1" for known in dict.fromkeys(filter(None, map(arxiv_id, ids)))]
    found: dict[str, str] = {}
    if not versions:
        return found
    answered = 0
    source = _source(api_url, interval, sleep)
    with closing(source.client._session):
        for batch, records in _answers(source, versions):
            found |= {record.id: record.title for record in records or ()}
            answered += len(batch)
            progress(answered, len(versions))
    return found


def _source(api_url: str, interval: float | None, sleep: Callable[[float], None]) -> ArxivApi:
    """ArXiv's API, which all processes of one user ask in turn; a mirror has its own manners."""
    url = api_url or os.environ.get(API_URL_VARIABLE) or API_URL
    turns = default_cache().with_name("arxiv.turn") if url == API_URL else None
    if interval is None:
        interval = INTERVAL_HERE if is_of_this_machine(url) else REQUEST_INTERVAL
    return ArxivApi(url, interval, sleep, turns)


def _answers(
    source: ArxivApi, ids: Sequence[str]
) -> Iterator[tuple[list[str], list[Abstract] | None]]:
    """A batch of ``ids`` after another, with what arXiv knows of it; None for an id it refuses.

    One id that arXiv finds malformed, or of which its answer cannot be read, fails its batch: that
    is halved until it is alone. That it is the id's fault is believed if any other answer is read.

    Raises:
        FetchError: arXiv cannot be asked, or refuses one id after another.
    """
    batches = [list(ids[at : at + BATCH_SIZE]) for at in range(0, len(ids), BATCH_SIZE)]
    refused_in_a_row = 0
    unreadable: list[tuple[list[str], FetchError]] = []
    any_read = False
    while batches:
        batch = batches.pop(0)
        try:
            records = source.ask(batch)
        except FetchError as failure:
            at_fault = failure.status in (400, UNREADABLE)
            if not at_fault or refused_in_a_row == MAX_REFUSED:
                raise
            if len(batch) > 1:
                middle = len(batch) // 2
                batches[:0] = [batch[:middle], batch[middle:]]
                continue
            refused_in_a_row += 1
            if failure.status == UNREADABLE:
                unreadable.append((batch, failure))
            else:
                yield batch, None
        else:
            refused_in_a_row, any_read = 0, True
            yield batch, records
    for batch, reason in unreadable:
        if not any_read:
            raise reason
        yield batch, None


def search_arxiv(
    query: str,
    limit: int,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    api_url: str = "",
    interval: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Paper]:
    """Ask arXiv for the newest papers that meet ``query``, up to ``limit``, with abstracts.

    Args:
        query: as arXiv has it, "cat:cs.CV AND all:mamba".
        progress: called with (papers found, ``limit``) after each page.
        interval: seconds between requests; by default ``REQUEST_INTERVAL``, as arXiv asks for, or
            ``INTERVAL_HERE`` where a mirror on this machine is asked.

    Raises:
        FetchError: arXiv cannot be reached, or does not take the query.
    """
    found: dict[str, Abstract] = {}
    source = _source(api_url, interval, sleep)
    with closing(source.client._session):
        for start in range(0, limit, BATCH_SIZE):
            progress(start, limit)
            page = source.page(query, start)
            found |= {record.id: record for record in page}  # some shift to the next page meanwhile
            if len(page) < BATCH_SIZE:
                break
    listed = [
        Paper(record.id, record.title, url=f"https://arxiv.org/abs/{record.id}", venue="arXiv")
        for record in found.values()
        if not record.withdrawn
    ]
    return with_abstracts(listed[:limit], found)


def _to_json(record: Abstract) -> dict[str, Any]:
    values = asdict(record)
    for name in ("published", "asked"):
        values[name] = values[name].isoformat() if values[name] else None
    needed = ("id", "title", "abstract")
    return {name: value for name, value in values.items() if value or name in needed}


def _from_json(values: Any) -> Abstract:
    """The inverse of :func:`_to_json`; ValueError, KeyError or TypeError where there is none."""
    if not isinstance(values, dict):
        raise TypeError("not an object")
    values = {name: value for name, value in values.items() if value is not None}
    paper_id = values["id"] if "id" in values else values["arxiv_id"]
    title, abstract = values.get("title", ""), values.get("abstract", "")
    if "abstract" not in values and not values.get("authors"):
        raise KeyError("abstract")
    authors, subjects = values.get("authors", []), values.get("arxiv_categories", [])
    if isinstance(authors, str):  # "A. Author, B. Author", as many files have it
        authors = [name.strip() for name in re.split(r",| and ", authors) if name.strip()]
    # str() would make an abstract of any mistake, and "2403.1" of the number 2403.10.
    said = [_said(values, *names) for names in _SAID]
    texts = (paper_id, title, abstract, *authors, *subjects, *said)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("not text")
    if not (isinstance(authors, list) and isinstance(subjects, list)):
        raise TypeError("not a list")
    " ".join(texts).encode()  # refuses half an emoji
    return Abstract(
        id=arxiv_id(paper_id) or paper_id,
        title=title,
        abstract=" ".join(abstract.split()),
        authors=tuple(authors),
        published=_day(values.get("published")),
        arxiv_categories=tuple(subjects),
        withdrawn=bool(values.get("withdrawn", False)),
        comment=said[0],
        journal_ref=said[1],
        doi=said[2],
        asked=_day(values.get("asked")),
    )


def _said(values: Mapping[str, Any], *names: str) -> str:
    found = (values.get(name) for name in names)
    return next((" ".join(text.split()) for text in found if isinstance(text, str)), "")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
