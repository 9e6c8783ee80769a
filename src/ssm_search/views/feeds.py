"""What was added to a list, newest first → an Atom feed (RFC 4287) or a JSON Feed 1.1."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.dates import Date
from ssm_search.errors import QueryError
from ssm_search.escaping import escaped_address
from ssm_search.papers import Paper
from ssm_search.text import shown

FeedFormat = Literal["atom", "json"]
MEDIA_TYPES: dict[FeedFormat, str] = {
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
_FORMATS: dict[str, FeedFormat] = {".xml": "atom", ".atom": "atom", ".json": "json"}

MOST_ENTRIES = 100  # of a feed, unless another number is asked for
MOST_AUTHORS = 50  # named of one paper; some have three thousand

_ATOM = "http://www.w3.org/2005/Atom"
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_NOT_YET = datetime.fromtimestamp(0, UTC)  # of a feed without an entry, which must have a moment


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A paper, and when it was added, or else when it appeared."""

    paper: Paper
    when: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says.

    Attributes:
        entries: newest first.
        url: the address at which it will be read; "" if that is not known.
        home: the address of the page that it is about; "" if that is not known.
        with_abstracts: whether entries carry the abstracts that are at hand. Their text belongs to
            their authors.
    """

    title: str
    entries: tuple[FeedEntry, ...]
    url: str = ""
    home: str = ""
    with_abstracts: bool = False

    @property
    def id(self) -> str:
        """What tells it from other feeds, for ever: its address, or else its title."""
        return escaped_address(self.url) or _urn(f"feed {self.title}")

    @property
    def updated(self) -> datetime:
        """The moment of its newest entry."""
        return self.entries[0].when if self.entries else _NOT_YET


def newest(
    papers: Sequence[Paper], added: Mapping[str, datetime], limit: int = MOST_ENTRIES
) -> tuple[FeedEntry, ...]:
    """The ``limit`` papers that were added last, newest first.

    Of one moment, as of a list that came into git in one commit, those that appeared last come
    first, then in the order of the list. A paper of which it is not known when it was
    added has the day on which arXiv published it, or the first one of the month of its arXiv id, or
    of its year; without any of these it is left out, for nobody could say where it belongs.

    Args:
        added: the moments, by the ids of papers.
    """
    found = [(paper, _appeared(paper)) for paper in papers]
    dated = [(added.get(paper.id) or day, day or _NOT_YET, paper) for paper, day in found]
    known = [(when, day, paper) for when, day, paper in dated if when]
    known.sort(key=lambda one: one[:2], reverse=True)  # equal ones stay as they are
    return tuple(FeedEntry(paper, when) for when, _, paper in known[:limit])


def format_of(file: Path) -> FeedFormat:
    """The format that the name of a file stands for.

    Raises:
        QueryError: it stands for none.
    """
    if form := _FORMATS.get(file.suffix.casefold()):
        return form
    raise QueryError(
        f"cannot tell the format of {file.name}; expected a name with {', '.join(_FORMATS)}, or "
        "--format"
    )


def written(feed: Feed, form: FeedFormat) -> str:
    """``feed`` as a document; the same feed gives the same one."""
    return to_atom(feed) if form == "atom" else to_json_feed(feed)


def to_atom(feed: Feed) -> str:
    """Write Atom, as RFC 4287 has it."""
    root = ElementTree.Element("feed", {"xmlns": _ATOM})
    _add(root, "title", _plain(feed.title) or "Papers")
    _add(root, "id", feed.id)
    _add(root, "updated", _moment(feed.updated))
    author = ElementTree.SubElement(root, "author")  # of the entries that name none
    _add(author, "name", _plain(feed.title) or "Papers")
    _link(root, "self", feed.url, type=MEDIA_TYPES["atom"])
    _link(root, "alternate", feed.home)
    _add(root, "generator", "ssm-search")
    for entry, entry_id in zip(feed.entries, _ids(feed.entries), strict=True):
        _add_entry(root, entry, entry_id, feed.with_abstracts)
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add_entry(
    root: ElementTree.Element, entry: FeedEntry, entry_id: str, with_abstract: bool
) -> None:
    paper = entry.paper
    found = ElementTree.SubElement(root, "entry")
    _add(found, "title", _title(paper))
    _add(found, "id", entry_id)
    _add(found, "updated", _moment(entry.when))
    _add(found, "published", _moment(entry.when))
    for name in _authors(paper):
        _add(ElementTree.SubElement(found, "author"), "name", name)
    for heading in _headings(paper):
        ElementTree.SubElement(found, "category", {"term": heading})
    has_link = _link(found, "alternate", paper.url)
    for title, url in _related(paper):
        _link(found, "related", url, title=title)
    text = _text(paper, with_abstract)
    if summary := _facts(paper):
        _add(found, "summary", summary)
    if not has_link or text != summary:  # an entry has a link, or says itself what there is
        _add(found, "content", text, type="text")


def to_json_feed(feed: Feed) -> str:
    """Write a JSON Feed, as https://www.jsonfeed.org/version/1.1/ has it."""
    record = {
        "version": _JSON_FEED,
        "title": _plain(feed.title) or "Papers",
        "home_page_url": escaped_address(feed.home),
        "feed_url": escaped_address(feed.url),
        "items": [
            _item(entry, entry_id, feed.with_abstracts)
            for entry, entry_id in zip(feed.entries, _ids(feed.entries), strict=True)
        ],
    }
    kept = {name: value for name, value in record.items() if value or name == "items"}
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def _item(entry: FeedEntry, entry_id: str, with_abstract: bool) -> dict[str, Any]:
    paper = entry.paper
    record = {
        "id": entry_id,
        "url": escaped_address(paper.url),
        "title": _title(paper),
        "content_text": _text(paper, with_abstract),
        "summary": _facts(paper),
        "date_published": _moment(entry.when),
        "authors": [{"name": name} for name in _authors(paper)],
        "tags": _headings(paper),
    }
    return {name: value for name, value in record.items() if value}


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = text


def _link(parent: ElementTree.Element, rel: str, url: str, **attributes: str) -> bool:
    """Add a link if ``url`` is an address on the web; whether it is."""
    if address := escaped_address(url):
        ElementTree.SubElement(parent, "link", {"rel": rel, "href": address, **attributes})
    return bool(address)


def _ids(entries: Sequence[FeedEntry]) -> list[str]:
    """What tells each entry from all others, for ever.

    The address of its paper; or a name made of the paper's own id, if it has no address or another
    entry has the same.
    """
    used: set[str] = set()
    ids = []
    for entry in entries:
        paper = entry.paper
        known = arxiv_id(paper.id)
        url = f"https://arxiv.org/abs/{known}" if known else escaped_address(paper.url)
        ids.append(url if url and url not in used else _urn(f"paper {paper.id}"))
        used.add(ids[-1])
    return ids


def _urn(name: str) -> str:
    writable = name.encode(errors="backslashreplace").decode()  # halves of pairs are not
    return uuid.uuid5(uuid.NAMESPACE_URL, f"ssm-search {writable}").urn


def _title(paper: Paper) -> str:
    return _plain(paper.title) or _plain(paper.id) or "(no title)"


def _authors(paper: Paper) -> list[str]:
    return [name for author in paper.authors if (name := _plain(author))][:MOST_AUTHORS]


def _headings(paper: Paper) -> list[str]:
    paths = (_plain(" › ".join(path)) for path in paper.categories)
    return list(dict.fromkeys(path for path in paths if path))


def _related(paper: Paper) -> list[tuple[str, str]]:
    """The other addresses of a paper, each with what is there."""
    found = [
        (title, escaped_address(url))
        for title, url in (
            ("pdf", paper.pdf_url),
            ("code", paper.code_url),
            *((_plain(link.name), link.url) for link in paper.links),
        )
    ]
    return [(title, url) for title, url in found if url and url != paper.url]


def _facts(paper: Paper) -> str:
    """Year, venue and headings on one line, as far as they are known."""
    facts = [str(paper.known_year or ""), _plain(paper.venue), "; ".join(_headings(paper))]
    return " · ".join(filter(None, facts))


def _text(paper: Paper, with_abstract: bool) -> str:
    """What an entry says: the facts, where its code is and, if wanted and known, the abstract."""
    abstract = _plain(paper.abstract) if with_abstract else ""
    code = escaped_address(paper.code_url)
    parts = [_facts(paper), f"Code: {code}" if code else "", abstract]
    return "\n\n".join(filter(None, parts)) or _title(paper)


def _plain(text: str) -> str:
    """``text`` on one line, without what is no letter, mark or space."""
    return " ".join(shown(" ".join(text.split())).split())


def _moment(when: datetime) -> str:
    """As RFC 3339 has it, in UTC."""
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _appeared(paper: Paper) -> datetime | None:
    day = Date.of(paper)
    try:
        return datetime(day.year, day.month or 1, day.day or 1, tzinfo=UTC)
    except ValueError:
        return None
