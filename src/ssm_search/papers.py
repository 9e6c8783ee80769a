"""The records that travel through the pipeline, and their JSON form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any, Literal

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.marks import normalized

ConstraintKind = Literal["author", "year", "venue", "has_code", "phrase", "without", "newest"]
Verdict = Literal["fits", "no heading", "off topic", "unsure"]

Category = tuple[str, ...]
"""A heading path, outermost first, the list's own title left out."""


MOST_LINKS = 8  # of a paper, beside those to its page, PDF and code
LINK_NAME_CHARS = 24


@dataclass(frozen=True, slots=True)
class Link:
    """Another page of a paper: that of its project, a video, the data.

    Attributes:
        name: what it is, in at most ``LINK_NAME_CHARS`` characters: "Project", "OpenReview".
        url: a web address.
    """

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One entry of a list, with what arXiv knows about it once that was fetched.

    Attributes:
        id: arXiv id without version, else a stable slug of the title.
        year: the printed one, or else that in which arXiv published it.
        kind: "paper" has an arXiv id; "link" is a blog, post or other entry found by its title.
        categories: every heading path the paper stands under.
        abstract: "" means not known; it is never invented.
        name: a short name that the list prints before the title, as of a method; "" if none.
        links: other pages of it that the list leads to, in its order, ``MOST_LINKS`` at most.
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
    name: str = ""
    links: tuple[Link, ...] = ()

    @property
    def known_year(self) -> int | None:
        """The year that it is filtered by: its own, or else that of its arXiv id."""
        if self.year:
            return self.year
        if self.published:
            return self.published.year
        by_id = arxiv_id(self.id)
        return arxiv_month(by_id)[0] if by_id else None

    @property
    def year_text(self) -> str:
        """The year as readers are shown it, marked where its arXiv id alone tells it."""
        by_id = "" if self.year or self.published else " by its arXiv id"
        return f"{self.known_year}{by_id}" if self.known_year else ""


@dataclass(frozen=True, slots=True)
class Abstract:
    """What arXiv says about one paper.

    Attributes:
        comment, journal_ref, doi: what its authors say of where it appeared, in their own words.
        asked: when arXiv was asked; None where that is not known, nor what authors said then.
    """

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    published: date | None = None
    arxiv_categories: tuple[str, ...] = ()
    withdrawn: bool = False
    comment: str = ""
    journal_ref: str = ""
    doi: str = ""
    asked: date | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Why:
    """What in a paper answered the query.

    Attributes:
        terms: the words of the query that the paper contains, as the user wrote them, the most
            telling first; those that most papers have only where there is no other.
        sentence: the sentence that answers best, as plain text; "" where the abstract is not at
            hand.
        heading: one that has a word of the query in its name, or that it shares with a paper that
            was asked about; () if none.
        exact: True where the query is this paper's title, id or link.
        near: words of the query that the paper has not, each with the word of the paper that comes
            nearest to it; as far as its text is at hand.
        in_title: those of ``terms`` that stand in the title.
        meaning: True where nothing of this is known, but what it means is close.
        authors: those of the paper that were asked for, as it prints them.
    """

    terms: tuple[str, ...] = ()
    sentence: str = ""
    heading: Category = ()
    exact: bool = False
    near: tuple[tuple[str, str], ...] = ()
    in_title: tuple[str, ...] = ()
    meaning: bool = False
    authors: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = filter(None, (self.found, f"“{self.sentence}”" if self.sentence else ""))
        return "; ".join(parts) or ("close in meaning" if self.meaning else "")

    @property
    def found(self) -> str:
        """What was found, and where, without the sentence; "" if that alone answers."""
        parts = ["exact match"] if self.exact else []
        if self.authors:
            parts.append("by " + ", ".join(self.authors))
        if self.in_title:
            parts.append("title: " + ", ".join(self.in_title))
        elsewhere = [term for term in self.terms if term not in self.in_title]
        if elsewhere and not self.sentence:
            parts.append("abstract: " + ", ".join(elsewhere))
        if self.near:
            parts.append("close: " + ", ".join(f"{one} ≈ {other}" for one, other in self.near))
        if self.heading:
            parts.append(f"under {self.heading[-1]}")
        return "; ".join(parts)

    @property
    def marked(self) -> tuple[str, ...]:
        """The words to mark where this is shown."""
        return (*self.terms, *(found for _, found in self.near))


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer.

    Attributes:
        score: higher for better, and comparable within one answer only.
        confidence: the probability that the paper answers the question, in [0, 1], comparable
            everywhere; None where what was asked is no question, but a paper.
        lists: the names of the lists that have the paper, where several are asked at once.
    """

    paper: Paper
    score: float
    rank: int
    why: Why
    confidence: float | None = None
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The papers that filters left out only because something is not known of them.

    Attributes:
        papers: how many there are.
        lacking: what is not known: a "year", a "venue", or a "year or venue".
    """

    papers: int = 0
    lacking: str = ""

    def __bool__(self) -> bool:
        return self.papers > 0

    def __str__(self) -> str:
        if not self:
            return ""
        many = "" if self.papers == 1 else "s"
        return f"{self.papers:,} paper{many} without a known {self.lacking} left out"


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a question says of its answers beside what they are about.

    Attributes:
        kind: the filter that it is.
        value: what is asked of it, as people are shown it: "since 2023".
        said: the words of the question that say so; without them it would not be asked.
    """

    kind: ConstraintKind
    value: str
    said: str

    def __str__(self) -> str:
        return self.value if self.kind in ("has_code", "newest") else f"{self.kind}: {self.value}"


@dataclass(frozen=True, slots=True)
class CategorySuggestion:
    """A heading that a paper may belong under.

    Attributes:
        category: its path; of a list by years, the heading for the paper's, though it may have to
            be added; () where its time is not known, or that is one for a venue, and not there.
        confidence: probability that it does, in [0, 1], if any present heading fits; calibrated on
            the list itself.
        evidence: papers under it that speak for it, nearest first.
    """

    category: Category
    confidence: float
    evidence: tuple[Hit, ...] = ()

    @property
    def name(self) -> str:
        """The heading with those above it, on one line."""
        return " › ".join(self.category) or "a heading for its time or venue, which is missing"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a paper belongs in a list, if it does.

    Attributes:
        verdict: "fits" one of the suggestions; "no heading" fits, though the paper is about what
            the list is about; "off topic": it is about something else; "unsure", if too little of
            its text is known to say so, or scope and headings disagree.
        suggestions: the likeliest headings whatever the verdict, likeliest first.
        parent: where the verdict is "no heading", the heading that a new one should stand under,
            if most of the evidence is below one; else ().
        scope: share of the listed papers that, with no more text known, would be as far from the
            rest of the list or farther.
        fit: share of the listed papers about whose heading there is as much doubt or more.
        nothing: whether it is a short text, and no listed paper is about it: what is said of a
            question without an answer.
    """

    verdict: Verdict
    suggestions: tuple[CategorySuggestion, ...]
    parent: Category
    scope: float
    fit: float
    nothing: bool = False

    @property
    def fitting(self) -> tuple[CategorySuggestion, ...]:
        """The suggestions, unless none fits; without a year that a list by years is silent on."""
        if self.verdict not in ("fits", "unsure"):
            return ()
        return tuple(one for one in self.suggestions if one.category)


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


def title_key(title: str) -> str:
    """``title`` with case, accents, spacing and punctuation taken away, for comparing titles."""
    folded = normalized("NFKD", title.casefold())
    return "".join(filter(str.isalnum, folded))


def untitled_title(paper_id: str) -> str:
    """What a paper of which a list gives only the arXiv id is called, until its title is known."""
    return f"arXiv:{paper_id}"


def full_text(paper: Paper) -> str:
    """Title and abstract, as far as they are known; and before the title a name that it lacks."""
    title = paper.title
    if paper.name and title_key(paper.name) not in title_key(title):
        title = f"{paper.name}: {title}"
    return f"{title}. {paper.abstract}" if title and paper.abstract else title or paper.abstract


def with_links(paper: Paper, links: Iterable[Link]) -> Paper:
    """``paper`` with those of ``links`` that lead elsewhere than its page, PDF and code do.

    Each address once, under the name that it has first, and ``MOST_LINKS`` of them at most.
    """
    links = tuple(links)
    if links == paper.links == ():  # as nearly all: a tenth of what reading a corpus took
        return paper
    known = {_address(url) for url in (paper.url, paper.pdf_url, paper.code_url)}
    found: list[Link] = []
    for link in links:
        address = _address(link.url)
        if address not in known and len(found) < MOST_LINKS:
            known.add(address)
            found.append(link)
    return replace(paper, links=tuple(found))


def _address(url: str) -> str:
    """What tells the page at ``url`` from others; the case of a path may."""
    host, slash, path = url.strip().partition("://")[2].partition("/")
    return host.casefold().removeprefix("www.") + (slash + path).rstrip("/")


def slug(title: str) -> str:
    """A stable, readable id for an entry without an arXiv id: letters and digits, hyphenated."""
    folded = normalized("NFKC", title.casefold())
    words = re.findall(r"\w+", folded.replace("_", " "))
    return "-".join(words)[:80].rstrip("-") or "untitled"


def to_json(paper: Paper) -> dict[str, Any]:
    """``paper`` as JSON types; fields at their default are left out."""
    record = {}
    for one in fields(Paper):
        value = getattr(paper, one.name)
        if value != one.default:
            record[one.name] = value.isoformat() if isinstance(value, date) else value
    if paper.links:
        record["links"] = [asdict(link) for link in paper.links]
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
    if "links" in record:
        record["links"] = tuple(Link(**link) for link in record["links"])
    return Paper(**record)


def to_jsonl(papers: Iterable[Paper]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(to_json(paper), ensure_ascii=False) + "\n" for paper in papers)
