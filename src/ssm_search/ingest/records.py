"""One record of a corpus, whatever format it came in → a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.ingest.values import (
    MAX_URL_CHARS,
    UnreadableError,
    arxiv_categories,
    authors_of,
    checked,
    date_of,
    quoted,
    url_of,
    venue_of,
    year_of,
)
from ssm_search.papers import LINK_NAME_CHARS, Link, Paper, with_links

Record = dict[str, Any]
"""What a record says, under the names of ``_NAMES`` and in whatever type it was written in."""

# Bytes of one record. The longest of arXiv have thousands of authors and 0.3 MB.
MAX_RECORD_BYTES = 4_000_000
MAX_ID_CHARS = 200
MAX_TITLE_CHARS = 2_000
MAX_ABSTRACT_CHARS = 50_000  # arXiv takes 1,920; theses have several thousand
_MAX_NAME_CHARS = 40  # of a key or column; longer ones are none of ours
_YES = ("true", "yes", "1")

# Our name ← what others call it, the surest first; without case and punctuation.
# "journal-ref" is no venue: it cites volume and pages of a journal, where a venue is what people
# filter by and what BibTeX would call a book title. "update_date" is no date of publication.
_NAMES = {
    "arxiv": ("arxivid", "arxiv", "eprint"),
    "id": ("id", "paperid", "corpusid", "identifier", "doi"),
    "external": ("externalids",),  # of Semantic Scholar: {"ArXiv": "…", "DOI": "…"}
    "title": ("title", "papertitle"),
    "abstract": ("abstract", "summary", "paperabstract"),
    "authors": ("authorsparsed", "authors", "author"),
    "published": (
        *("published", "publisheddate", "publicationdate", "datepublished", "submitted"),
        *("submitteddate", "created", "date", "versions"),
    ),
    "year": ("year", "publicationyear", "pubyear"),
    "venue": ("venue", "journal", "booktitle", "conference"),
    "categories": ("arxivcategories", "categories", "category", "subjects", "primarycategory"),
    "url": ("url", "link", "paperurl", "absurl"),
    "pdf_url": ("pdfurl", "pdf", "urlpdf"),
    "code_url": ("codeurl", "code"),
    "links": ("links",),
    "deleted": ("deleted",),
}
_MEANINGS = {
    name: (ours, rank) for ours, names in _NAMES.items() for rank, name in enumerate(names)
}

_OAI_PREFIX = re.compile(r"^oai:arxiv\.org:", re.I)
_NUMBER_ID = re.compile(r"(\d{3,4})\.(\d{1,5})(?:v\d+)?", re.ASCII)


def named(raw: Mapping[Any, Any]) -> Record:
    """The values of ``raw`` that mean something to us, under our names."""
    found: Record = {}
    ranks: dict[str, int] = {}
    for key, value in raw.items():
        meaning = _meaning(key) if isinstance(key, str) and len(key) <= _MAX_NAME_CHARS else None
        if meaning and not _is_missing(value):
            ours, rank = meaning
            if rank <= ranks.get(ours, rank):
                found[ours], ranks[ours] = value, rank
    return found


def names_papers(columns: Iterable[Any]) -> bool:
    """Whether ``columns`` hold a title and something to know a paper by."""
    found = named(dict.fromkeys(columns, "?"))
    return "title" in found and not found.keys().isdisjoint(("arxiv", "id", "url"))


def is_known(column: str) -> bool:
    """Whether a column means something to us."""
    return bool(named({column: "?"}))


def is_deleted(record: Record) -> bool:
    """Whether a record says that its paper is gone, as ``"deleted": true`` does."""
    value = record.get("deleted")
    return value in (True, 1) or (isinstance(value, str) and value.strip().casefold() in _YES)


def id_of(record: Record) -> str:
    """The id of the paper that a record is about.

    Raises:
        UnreadableError: it has none, or one of the wrong type.
    """
    return _identity(record, arxiv_categories(record.get("categories")))[0]


def paper_of(record: Record) -> Paper:
    """The paper that a record is about.

    An id, title, abstract or author that is none makes the whole record one not to be trusted. Of
    anything else, what cannot be read is not known: a paper of February 30th has a year, no date.
    Without either, the year is that of the arXiv id.

    Raises:
        UnreadableError: it has no id or no title, or one of the above is of the wrong type,
            longer than its limit, or no Unicode.
    """
    categories = arxiv_categories(record.get("categories"))
    paper_id, is_arxivs = _identity(record, categories)
    title = _line(record, "title", MAX_TITLE_CHARS)
    if not title:
        raise UnreadableError("no title; expected a key or column called title")
    published = date_of(record.get("published"))
    year = published.year if published else year_of(record.get("published"))
    if is_arxivs and not year:
        year = arxiv_month(paper_id)[0]
    paper = Paper(
        id=paper_id,
        title=title,
        url=f"https://arxiv.org/abs/{paper_id}" if is_arxivs else url_of(record.get("url")),
        pdf_url=f"https://arxiv.org/pdf/{paper_id}" if is_arxivs else url_of(record.get("pdf_url")),
        code_url=url_of(record.get("code_url")),
        year=year_of(record.get("year")) or year,
        venue=venue_of(record.get("venue")),
        abstract=_line(record, "abstract", MAX_ABSTRACT_CHARS),
        authors=authors_of(record.get("authors", ())),
        published=published,
        arxiv_categories=categories,
    )
    return with_links(paper, _links(record.get("links")))


def identity(text: str) -> str:
    """The id of a paper that a repository calls ``text``, such as oai:arXiv.org:0704.0001.

    Raises:
        UnreadableError: it is longer than ``MAX_ID_CHARS``.
    """
    text = _id_text(text)
    return arxiv_id(text) or text


def _is_missing(value: object) -> bool:
    return value in (None, "", []) or value != value  # the latter: NaN


@lru_cache(1000)
def _meaning(key: str) -> tuple[str, int] | None:
    """Our name of what others call ``key``, and how sure that is; 0 is the surest."""
    return _MEANINGS.get(re.sub(r"[\W_]+", "", key).casefold())


def _identity(record: Record, categories: tuple[str, ...]) -> tuple[str, bool]:
    """The id, and whether it is arXiv's."""
    external = record.get("external")
    arxivs = record.get("arxiv")
    if isinstance(external, dict) and not arxivs:
        arxivs = external.get("ArXiv")
    given = ""
    for value, is_arxivs in ((arxivs, True), (record.get("id"), bool(categories))):
        if value is None:
            continue
        is_number = isinstance(value, float)
        if isinstance(value, bool) or not (is_number or isinstance(value, str | int)):
            raise UnreadableError(f"the id is {quoted(value)}, expected text")
        text = _id_text(str(value))
        found = _mended(text) if is_arxivs else None
        if found := found or (None if is_number else arxiv_id(text)):
            return found, True
        if is_number and not value.is_integer():  # which zeros it lost cannot be known
            raise UnreadableError(f"the id is the number {value}, expected text")
        given = text.removesuffix(".0") if is_number else text or given
    if given:
        return given, False
    for name in ("url", "pdf_url"):
        value = record.get(name)
        if isinstance(value, str) and (found := arxiv_id(value[:MAX_URL_CHARS])):
            return found, True
    raise UnreadableError("no id; expected a key or column called id or arxiv_id")


def _id_text(text: str) -> str:
    text = _OAI_PREFIX.sub("", " ".join(checked(text, "id").split()))
    if len(text) > MAX_ID_CHARS:
        raise UnreadableError(
            f"the id has {len(text):,} characters, expected {MAX_ID_CHARS} or less"
        )
    return text


def _mended(text: str) -> str | None:
    """The id that a number is left of: 704.001 of 0704.0010, 2403.1 of 2403.10000.

    Tables read as numbers lose zeros at both ends, but which ones is known: the number has four
    digits until December 2014 and five since (https://info.arxiv.org/help/arxiv_identifier.html),
    the month always four. Only for ids that are known to be arXiv's; elsewhere 704.001 may be
    anything.
    """
    if not (match := _NUMBER_ID.fullmatch(text)):
        return None
    month = match[1].zfill(4)
    number = match[2].ljust(4 if month < "1501" else 5, "0")
    return arxiv_id(f"{month}.{number}") if month >= "0704" and int(number) else None


def _links(value: object) -> Iterator[Link]:
    """Other pages of a paper, as this program writes them; what is written otherwise is none."""
    for one in value if isinstance(value, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and (url := url_of(one.get("url"))):
            name = " ".join(checked(name, "name of a link").split())[:LINK_NAME_CHARS].strip()
            if name:
                yield Link(name, url)


def _line(record: Record, name: str, limit: int) -> str:
    """A text with each run of white space as one space; arXiv's have lines of 80 characters."""
    value = record.get(name, "")
    if not isinstance(value, str):
        raise UnreadableError(f"the {name} is {quoted(value)}, expected text")
    text = " ".join(checked(value, name).split())
    if len(text) > limit:
        raise UnreadableError(
            f"the {name} has {len(text):,} characters, expected {limit:,} or less"
        )
    return text
