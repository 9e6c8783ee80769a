"""A whole list → what looks wrong in it, with evidence and, where that would mend it, a patch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.awesome import Entry, edits, is_preprint
from ssm_search.curation import filing
from ssm_search.curation.findings import Finding, Visit
from ssm_search.curation.spelling import misspelled_titles, misspelled_words
from ssm_search.errors import ListError
from ssm_search.papers import Abstract, Paper, title_key
from ssm_search.search import NEAR_TITLE, Search, title_likeness

__all__ = ["Finding", "examine"]

SAME_PAPER = 0.7
"""Likeness of a listed title and arXiv's from which on one is the other, reworded. Of twelve lists'
titles whose link leads to another paper, the most alike are .62."""

_PUBLISHED = re.compile(
    r"\b(?:openreview|doi|acm|ieee|springer|sciencedirect|mdpi|nature|wiley|biorxiv"
    r"|aclanthology|thecvf|mlr|neurips|nips|aaai|isca-archive)\.\w+/"
)


def examine(
    search: Search,
    list_text: str,
    list_name: str = "README.md",
    records: Mapping[str, Abstract] | None = None,
) -> list[Finding]:
    """Look for what is wrong in a list; findings come by kind, and then by line.

    Args:
        search: the index of this list.
        records: what arXiv says of its papers, for comparing titles and years.

    Raises:
        ListError: the index is of another list, or of this one as it was.
    """
    if not search.is_of(list_text):
        raise ListError(
            f"{list_name} is not what this index was built from; run `ssm-search build` first"
        )
    visit = Visit(search, list_text, list_name, records or {})
    by_line = (sorted(check(visit), key=lambda one: one.line) for check in CHECKS)
    return [finding for findings in by_line for finding in findings]


def _unread(visit: Visit) -> Iterator[Finding]:
    for problem in visit.reading.problems:
        yield Finding("unread", problem.line, problem.message)


def _duplicates(visit: Visit) -> Iterator[Finding]:
    first: dict[tuple[object, ...], Entry] = {}
    for entry in visit.reading.entries:
        place = (entry.paper.id, entry.paper.url, entry.paper.categories)
        if place in first and entry.strength > 1:
            message = f"“{entry.paper.title}” stands on line {first[place].line} already"
            new = edits.without(visit.text, visit.reading, entry)
            yield Finding("duplicate", entry.line, message, (), visit.patch(new))
        first.setdefault(place, entry)
    seen: set[frozenset[str]] = set()
    for paper in visit.search.papers:
        for found in visit.search.duplicates(paper):
            other = found.paper
            pair = frozenset((paper.id, other.id))
            # A post that goes by its paper's title is no second paper.
            if len(pair) < 2 or pair in seen or _is_post(paper) != _is_post(other):
                continue
            seen.add(pair)
            there = visit.entry(other)
            # Which of a preprint and its publication is to stay, a person has to say; and where
            # one link has two titles, it may be the link that is wrong.
            alike = title_likeness(paper.title, other.title) >= NEAR_TITLE
            slip = alike and paper.kind == other.kind
            new = edits.without(visit.text, visit.reading, there) if there and slip else ""
            yield Finding(
                "duplicate",
                visit.line(other),
                f"“{other.title}” looks like “{paper.title}”, line {visit.line(paper)}",
                (f"{found} ({found.likeness:.2f})", f"{paper.id} and {other.id}"),
                visit.patch(new),
            )


def _titles(visit: Visit) -> Iterator[Finding]:
    """Titles that are neither arXiv's, nor that with an acronym, nor the name before its colon."""
    for entry in visit.reading.entries:
        record = visit.records.get(entry.paper.id)
        title = " ".join(record.title.split()) if record else ""
        listed, name = title_key(entry.paper.title), title_key(title.partition(":")[0])
        if not title or entry.strength == 1 or listed in (title_key(title), name):
            continue
        likeness = title_likeness(entry.paper.title, title)
        if likeness == 1:
            continue
        new = ""
        if likeness >= SAME_PAPER:
            new = edits.with_title(visit.text, visit.reading, entry, title)
        unlike = () if likeness >= SAME_PAPER else ("the link may lead to another paper",)
        message = f"the title is “{entry.paper.title}”; on arXiv it is “{title}”"
        yield Finding("title", entry.line, message, (entry.paper.id, *unlike), visit.patch(new))


def _years(visit: Visit) -> Iterator[Finding]:
    """Years that are neither that of arXiv nor that of the venue."""
    for entry in visit.reading.entries:
        paper = entry.paper
        if not arxiv_id(paper.id) or paper.year is None or not is_preprint(paper.venue):
            continue
        record = visit.records.get(paper.id)
        date = record.published if record else None
        year = date.year if date else arxiv_month(paper.id)[0]
        if paper.year != year:
            new = edits.with_year(visit.text, visit.reading, entry, year)
            message = f"the year of “{paper.title}” is {paper.year}; on arXiv it is {year}"
            yield Finding("year", entry.line, message, (paper.id,), visit.patch(new))


def _spelling(visit: Visit) -> Iterator[Finding]:
    entries = [entry for entry in visit.reading.entries if entry.strength > 1]
    titles = [entry.paper.title for entry in entries]
    for at, better, why in misspelled_titles(titles):
        entry, title = entries[at], titles[at]
        new = edits.with_title(visit.text, visit.reading, entry, better)
        message = f"“{title}” may mean “{better}”"
        yield Finding("spelling", entry.line, message, (why,), visit.patch(new))
    for section in visit.reading.sections:
        for word, better in misspelled_words(section.category[-1], titles):
            message = f"“{word}” in the heading “{section.category[-1]}” may mean “{better}”"
            evidence = ("no title has the word as it stands; links to the heading would change",)
            yield Finding("spelling", section.line, message, evidence)


CHECKS: tuple[Callable[[Visit], Iterator[Finding]], ...] = (
    _unread,
    _duplicates,
    _titles,
    _years,
    _spelling,
    filing.misfiled,
    filing.apart,
    filing.merge,
    filing.split,
)


def _is_post(paper: Paper) -> bool:
    """Whether an entry is a page about a paper: it has no arXiv id, nor is it with a publisher."""
    return paper.kind == "link" and not _PUBLISHED.search(paper.url.casefold())
