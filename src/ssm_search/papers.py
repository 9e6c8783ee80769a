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
# 2007 (four digits until 2014), archive[.subject]/YYMMNNN before. No archive was added to the old
# scheme since, so naming them keeps "notes/0501001" from being an id.
OLD_ARCHIVES = """acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph
    cmp-lg comp-gas cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph
    mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int
    supr-con""".split()
_MONTH = r"(?:0[1-9]|1[0-2])"
_ID = (
    rf"(?P<id>\d{{2}}{_MONTH}\.\d{{4,5}}"
    rf"|(?:{'|'.join(OLD_ARCHIVES)})(?:\.[A-Z]{{2}})?/(?:9[1-9]|0[0-7]){_MONTH}\d{{3}})(?:v\d+)?"
)
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_BARE_ID = re.compile(rf"(?:arxiv:\s*|10\.48550/arxiv\.)?{_ID}(?:\.pdf)?", re.I | re.A)
_ID_IN_PATH = re.compile(rf"(?<![\w.-]){_ID}(?![0-9a-z])", re.I | re.A)
_NAME = r"(?<![a-z])arxiv(?:[.:/\s]\s*|\.org/(?:abs|pdf|html)/)"
_ID_AFTER_NAME = re.compile(rf"{_NAME}{_ID}(?![0-9a-z])", re.I | re.A)
# arXiv's own pages are headed "[2312.00752] Mamba: …", and so are entries copied from them.
_ID_IN_TEXT = re.compile(rf"(?:{_NAME}|\[(?=[^\s\]]{{9,24}}\])){_ID}(?![0-9a-z])", re.I | re.A)

_ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org", "ar5iv.org")
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
class Abstract:
    """What arXiv says about one paper."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    published: date | None = None
    arxiv_categories: tuple[str, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """What in a paper answered the query.

    Attributes:
        terms: the words of the query that the paper contains, as the user wrote them.
        sentence: the sentence nearest in meaning; "" where the abstract is not at hand.
        heading: a heading that it shares with a paper that was asked about; () if none.
        exact: True where the query is this paper's title, id or link.
    """

    terms: tuple[str, ...] = ()
    sentence: str = ""
    heading: Category = ()
    exact: bool = False

    def __str__(self) -> str:
        parts = ["exact match"] if self.exact else []
        if self.terms:
            parts.append("has " + ", ".join(self.terms))
        if self.heading:
            parts.append(f"also under {self.heading[-1]}")
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


@dataclass(frozen=True, slots=True)
class CategorySuggestion:
    """A heading that a paper may belong under.

    Attributes:
        confidence: probability that it does, in [0, 1], if any present heading fits; calibrated on
            the list itself.
        evidence: papers under it that speak for it, nearest first.
    """

    category: Category
    confidence: float
    evidence: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a paper belongs in a list, if it does.

    Attributes:
        verdict: "fits" one of the suggestions; "no heading" fits, though the paper is about what
            the list is about; "off topic": it is about something else.
        suggestions: the likeliest headings whatever the verdict, likeliest first.
        parent: where the verdict is "no heading", the heading that a new one should stand under,
            if most of the evidence is below one; else ().
        scope: share of the listed papers that are as far from the rest of the list or farther.
        fit: share of the listed papers about whose heading there is as much doubt or more.
    """

    verdict: Literal["fits", "no heading", "off topic"]
    suggestions: tuple[CategorySuggestion, ...]
    parent: Category
    scope: float
    fit: float


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A listed paper that another one, by its looks, already is.

    Attributes:
        likeness: of what is given as the reason, up to 1 for the same.
    """

    paper: Paper
    reason: Literal["id", "link", "title", "abstract"]
    likeness: float

    def __str__(self) -> str:
        return f"{'the same' if self.likeness == 1 else 'nearly the same'} {self.reason}"


def arxiv_id(text: str) -> str | None:
    """The arXiv id that ``text`` is, without version, or None if it is anything else.

    Accepts a bare id in either scheme (``2403.06977v2``, ``arXiv:hep-th/9901001``), its DOI, and
    http(s) links that carry one: abs, pdf and html pages, alphaXiv, ar5iv, Hugging Face papers,
    and other sites that say ``arxiv`` before the id. arXiv's own links may lack ``https://``.
    """
    if not _FOUR_DIGITS.search(text):
        return None  # as most links of a list; the rest costs twenty times more
    text = text.strip()
    match = _BARE_ID.fullmatch(text) or _id_in_link(text)
    return _canonical(match["id"]) if match else None


def arxiv_ids_in_text(text: str) -> list[str]:
    """The ids that running text writes as ``arXiv:ID``, ``[ID]``, a DOI or an arXiv address."""
    return [_canonical(match["id"]) for match in _ID_IN_TEXT.finditer(text)]


def _id_in_link(text: str) -> re.Match[str] | None:
    scheme, separator, _ = text.partition("://")
    if len(text.split()) != 1:
        return None
    if not separator:
        text = f"https://{text}"
    elif scheme.lower() not in ("http", "https"):
        return None
    try:
        parts = urlsplit(text)
        host, path = (parts.hostname or "").lower(), unquote(parts.path)
    except ValueError:
        return None
    if any(host == known or host.endswith("." + known) for known in _ARXIV_HOSTS):
        return _ID_IN_PATH.search(path)
    if not separator:
        return None
    if host in ("huggingface.co", "hf.co") and path.startswith("/papers/"):
        return _ID_IN_PATH.search(path)
    return _ID_AFTER_NAME.search(path)


def _canonical(paper_id: str) -> str:
    """``HEP-TH/9901001`` and ``math.GT/0309136`` as arXiv writes them: no capitals, no subject."""
    archive, slash, number = paper_id.rpartition("/")
    return archive.partition(".")[0].lower() + slash + number


def arxiv_month(paper_id: str) -> tuple[int, int]:
    """The year and month in which arXiv gave an id of either scheme."""
    digits = paper_id.rpartition("/")[2]
    year = int(digits[:2])  # arXiv began in 1991
    return year + (1900 if year > 90 else 2000), int(digits[2:4])


def title_key(title: str) -> str:
    """``title`` with case, accents, spacing and punctuation taken away, for comparing titles."""
    folded = unicodedata.normalize("NFKD", title.casefold())
    return "".join(char for char in folded if char.isalnum())


def full_text(paper: Paper) -> str:
    """Title and abstract, as far as they are known."""
    if paper.title and paper.abstract:
        return f"{paper.title}. {paper.abstract}"
    return paper.title or paper.abstract


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
