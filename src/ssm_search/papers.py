"""The records that travel through the pipeline, and their JSON form."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

Category = tuple[str, ...]
"""A heading path, outermost first, the list's own title left out."""

# The two id schemes, https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNNN since April
# 2007 (four digits until 2014), archive[.subject]/YYMMNNN before.
_NEW_ID = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD_ID = r"[a-z-]+(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_BARE_ID = re.compile(rf"(?:arxiv:\s*)?(?P<id>{_NEW_ID}|{_OLD_ID})(?:v\d+)?(?:\.pdf)?", re.I)
_ID_IN_PATH = re.compile(
    rf"(?<![\w.])(?P<id>{_NEW_ID}|{_OLD_ID})(?:v\d+)?(?![\d/])(?=\b|\.pdf|$)", re.I
)
_ID_IN_TEXT = re.compile(
    rf"arxiv[.:]\s*(?P<id>{_NEW_ID}|{_OLD_ID})(?:v\d+)?(?!\d)|10\.48550/arxiv\.(?P<doi>{_NEW_ID})",
    re.I,
)
_ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org")
"""Hosts whose every page is about the arXiv id in its path (subdomains count)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One entry of a list, with what arXiv knows about it once that was fetched.

    Attributes:
        id: arXiv id without version, else a stable slug of the title.
        kind: "paper" has an arXiv id; "link" is a blog, post or other entry found by its title.
        categories: every heading path the paper stands under.
        abstract: "" means not known; it is never invented.
    """

    id: str
    title: str
    kind: Literal["paper", "link"] = "paper"
    url: str = ""
    pdf_url: str = ""
    code_url: str = ""
    year: int | None = None
    venue: str = ""
    categories: tuple[Category, ...] = ()
    abstract: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    arxiv_categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """What in a paper answered the query.

    Attributes:
        terms: the words of the query that the paper contains, as the user wrote them.
        sentence: the sentence nearest in meaning; "" where the abstract is not at hand.
        exact: True where the query is this paper's title, id or link.
    """

    terms: tuple[str, ...] = ()
    sentence: str = ""
    exact: bool = False

    def __str__(self) -> str:
        parts = ["exact match"] if self.exact else []
        if self.terms:
            parts.append("has " + ", ".join(self.terms))
        if self.sentence:
            parts.append(f"“{self.sentence}”")
        return "; ".join(parts) or "close in meaning"


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. ``score`` is higher for better and comparable within one answer only."""

    paper: Paper
    score: float
    rank: int
    why: Why


def arxiv_id(text: str) -> str | None:
    """The arXiv id that ``text`` is, without version, or None if it is anything else.

    Accepts a bare id in either scheme (``2403.06977v2``, ``arXiv:hep-th/9901001``) and http(s)
    links that carry one: abs, pdf and html pages, alphaXiv, ar5iv, Hugging Face papers, DOIs.
    """
    text = text.strip()
    if match := _BARE_ID.fullmatch(text):
        return match["id"].lower() if "/" not in match["id"] else match["id"]
    if not text.lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    host, path = (parts.hostname or "").lower(), unquote(parts.path)
    about_arxiv = (
        any(host == known or host.endswith("." + known) for known in _ARXIV_HOSTS)
        or "/arxiv/" in path.lower()
        or "arxiv." in path.lower()
        or (host in ("huggingface.co", "hf.co") and path.startswith("/papers/"))
    )
    if not about_arxiv:
        return None
    path = re.sub(r"(?i)arxiv[.:]", "", path)
    match = _ID_IN_PATH.search(path)
    if match is None:
        return None
    # "/abs/hep-th/9901001" would otherwise read as archive "abs".
    return match["id"]


def arxiv_id_in_text(text: str) -> str | None:
    """The first id written out as ``arXiv:ID`` or as an arXiv DOI in running text."""
    match = _ID_IN_TEXT.search(text)
    return (match["id"] or match["doi"]) if match else None


def title_key(title: str) -> str:
    """``title`` with case, accents, spacing and punctuation taken away, for comparing titles."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    return "".join(char for char in folded if char.isalnum())


def slug(title: str) -> str:
    """A stable, readable id for an entry without an arXiv id: letters and digits, hyphenated."""
    folded = unicodedata.normalize("NFKC", title.casefold())
    words = re.findall(r"\w+", folded.replace("_", " "))
    return "-".join(words)[:80].rstrip("-") or "untitled"


def to_json(paper: Paper) -> dict[str, Any]:
    """``paper`` as JSON types; fields at their default are left out."""
    record = {}
    for field in fields(Paper):
        value = getattr(paper, field.name)
        if value != field.default:
            record[field.name] = value.isoformat() if isinstance(value, date) else value
    return record


def from_json(record: dict[str, Any]) -> Paper:
    """The inverse of :func:`to_json`.

    Raises:
        ValueError, KeyError, TypeError: a field is missing, unknown or of the wrong form.
    """
    record = dict(record)
    if "published" in record:
        record["published"] = date.fromisoformat(record["published"])
    if "categories" in record:
        record["categories"] = tuple(tuple(path) for path in record["categories"])
    for name in ("authors", "arxiv_categories"):
        if name in record:
            record[name] = tuple(record[name])
    return Paper(**record)


def to_jsonl(papers: Iterable[Paper]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(to_json(paper), ensure_ascii=False) + "\n" for paper in papers)
