"""A whole list → what looks wrong in it, with evidence and, where that would mend it, a patch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from ssm_search.addresses import is_published
from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.awesome import Entry
from ssm_search.awesome.writing import edits
from ssm_search.errors import ListError
from ssm_search.names import address
from ssm_search.papers import Abstract, Category, Paper, title_key
from ssm_search.search import NEAR_TITLE, Search, title_likeness
from ssm_search.upkeep import filing
from ssm_search.upkeep.answers import Answers
from ssm_search.upkeep.decay import UPKEEP
from ssm_search.upkeep.findings import (
    CERTAINTIES,
    SAME_PAPER,
    Certainty,
    Finding,
    Kind,
    Visit,
    combined_patch,
    may_be_one,
    with_patches,
)
from ssm_search.upkeep.problems import OLDER, to_mend
from ssm_search.upkeep.spelling import (
    every_word,
    misspelled_titles,
    misspelled_words,
    only_respelled,
)
from ssm_search.venues import find_venue, is_date, is_preprint

__all__ = ["Finding", "combined_patch", "examine"]

MOST_ALIKE = 3  # problems of one kind, each a finding by itself
NAMING_WORDS = 4  # of a title, to be that of one paper: "Introduction" is that of many

# A list may add remarks to a title, and arXiv's may have TeX in it.
_REMARKS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\\[A-Za-z]+|[${}]")
_TEX = re.compile(r"\\[A-Za-z]+|[${}]")


def examine(
    search: Search,
    list_text: str,
    list_name: str = "README.md",
    records: Mapping[str, Abstract] | None = None,
    *,
    kinds: Collection[Kind] = (),
    answers: Answers | None = None,
) -> list[Finding]:
    """Look for what is wrong in a list; findings come surest first, and then by kind.

    Args:
        search: the index of this list.
        records: what arXiv says of its papers, for comparing titles and years.
        kinds: those of the findings that are wanted; () for all. A venue or code that an entry
            lacks is looked for where it is named here, or where there are ``answers``.
        answers: what servers answered for the list's links.

    Raises:
        ListError: the index is of another list, or of this one as it was.
    """
    check_list(search, list_text, list_name)
    visit = Visit(search, list_text, records or {}, answers)
    checks = (*CHECKS, *UPKEEP) if kinds or answers else CHECKS
    wanted = [check for kind, check in checks if not kinds or kind in kinds]
    found = [finding for check in wanted for finding in check(visit)]
    found.sort(key=lambda finding: CERTAINTIES.index(finding.certainty))
    return with_patches(found, visit, list_name)


def check_list(search: Search, list_text: str, list_name: str) -> None:
    """Raise ListError unless the index is of this list, as it is."""
    if not search.is_of(list_text):
        raise ListError(
            f"{list_name} is not what this index was built from; run `ssm-search build` first"
        )


def _unread(visit: Visit) -> Iterator[Finding]:
    dated = {finding.line for finding in _years(visit)}  # which says it, with a patch
    for kind, problems in to_mend(visit.reading).items():
        if kind == OLDER:
            problems = [problem for problem in problems if problem.line not in dated]
        if len(problems) <= MOST_ALIKE:
            for problem in problems:
                yield Finding("unread", problem.line, problem.message, certainty="proven")
        else:
            first = problems[:MOST_ALIKE]
            evidence = tuple(f"line {problem.line}: {problem.message}" for problem in first)
            yield Finding(
                "unread",
                first[0].line,
                f"{len(problems)} times: {kind}; `ssm-search check` names all",
                evidence,
                certainty="proven",
            )


def _repeated(visit: Visit) -> Iterator[Finding]:
    """Entries under one heading that have one arXiv id or one link."""
    first: dict[tuple[str, tuple[Category, ...]], Entry] = {}
    for entry in visit.reading.entries:
        paper = entry.paper
        # Not `paper.id`, which a page of another publisher may have for its title alone.
        name = arxiv_id(paper.url) or address(paper.url)
        if not name or entry.strength == 1 or find_venue(paper.title) or is_date(paper.title):
            continue
        known = first.setdefault((name, paper.categories), entry)
        things = {known.paper.name, paper.name}  # as the two data sets of a paper
        if known.end >= entry.line or (len(things) > 1 and all(things)):
            continue
        same = "arXiv id" if arxiv_id(name) else "link"
        if _same_title(known.paper.title, paper.title):
            message = f"“{paper.title}” stands on line {known.line} already"
            change = _without_repeated(visit, entry, known)
            yield Finding(
                "duplicate",
                entry.line,
                message,
                (f"the same {same}",),
                certainty="proven",
                change=change,
            )
        elif arxiv_id(name):
            message = (
                f"“{paper.title}” has the arXiv id of “{known.paper.title}”, line {known.line}"
            )
            wrong = title_likeness(known.paper.title, paper.title) < SAME_PAPER
            evidence = (name, *(("one of the two links may be wrong",) if wrong else ()))
            yield Finding("duplicate", entry.line, message, evidence, certainty="proven")


def _without_repeated(visit: Visit, *same: Entry) -> edits.Change | None:
    """Take out the one of two entries that says nothing which the other does not say.

    Where the title may be no title, and a word more be one, they have to say the same.
    """
    changes = [edits.without(visit.layout, entry) for entry in same]
    says = [
        every_word(visit.text[change.edits[0].start : change.edits[0].end]) if change else []
        for change in changes
    ]
    telling = all(len(every_word(entry.paper.title)) >= NAMING_WORDS for entry in same)
    for change, own, other in zip(changes, says, reversed(says), strict=True):
        if change and (own == other or (telling and set(own) <= set(other))):
            return change
    return None


def _relinked(visit: Visit) -> Iterator[Finding]:
    """Entries under one heading that are one paper by their titles, with different links."""
    first: dict[tuple[str, tuple[Category, ...]], Entry] = {}
    for entry in visit.reading.entries:
        paper = entry.paper
        if not arxiv_id(paper.id) or entry.strength == 1:
            continue
        known = first.setdefault((paper.id, paper.categories), entry)
        if known.end < entry.line and known.paper.url != paper.url:
            message = f"“{paper.title}” stands on line {known.line} already, with another link"
            evidence = (f"{known.paper.url} and {paper.url}",)
            yield Finding("duplicate", entry.line, message, evidence)


def _duplicates(visit: Visit) -> Iterator[Finding]:
    """Entries that look like one paper; which of them is to stay, a person has to say."""
    papers = visit.search.papers
    linked = Counter(address(paper.url) for paper in papers)
    for pair in sorted(visit.pairs, key=lambda pair: -pair.likeness):
        one, other = papers[pair.one], papers[pair.other]
        together = bool(set(one.categories) & set(other.categories))
        same, posts = _same_title(one.title, other.title), _is_post(one)
        # A post that goes by its paper's title is no second paper.
        if _is_post(one) != _is_post(other):
            continue
        if pair.reason == "title" and (not same or len(every_word(one.title)) < NAMING_WORDS):
            continue
        # Of a page that many entries lead to, none is wrong; of one heading, `_repeated` says it,
        # and under two headings one paper may stand.
        alike = title_key(one.title) == title_key(other.title) or (same and together)
        if pair.reason == "link" and (linked[address(one.url)] > 2 or alike):
            continue
        has, evidence = "looks like", [f"{pair} ({pair.likeness:.2f})", f"{one.id} and {other.id}"]
        if pair.reason == "link" and not same:
            has, evidence = "has the link of", [one.url]
        both_on_arxiv = bool(arxiv_id(one.id) and arxiv_id(other.id))
        if (both_on_arxiv and same) or (pair.reason == "link" and not same and not posts):
            evidence.append("one of the two links may be wrong")
        # One paper under two headings, by two links, is as it may be meant; so are posts.
        likely = both_on_arxiv or (not posts and (together or not same))
        yield Finding(
            "duplicate",
            visit.line(other),
            f"“{other.title}” {has} “{one.title}”, line {visit.line(one)}",
            tuple(evidence),
            certainty="likely" if likely else "possible",
        )


def _titles(visit: Visit) -> Iterator[Finding]:
    """Titles that are neither arXiv's, nor that with an acronym, nor the name before its colon."""
    for entry in visit.reading.entries:
        paper = entry.paper
        title = visit.recorded_title(paper)
        listed, name = title_key(paper.title), title_key(title.partition(":")[0])
        if not title or entry.strength == 1 or listed in (title_key(title), name):
            continue
        remarks = (title_key(_REMARKS.sub("", one)) for one in (paper.title, title))
        if len(set(remarks)) == 1:
            continue
        likeness = title_likeness(paper.title, title)
        if likeness == 1:
            continue
        # Other words may be those of another paper, or of another version of this one.
        plain = only_respelled(paper.title, title) and not _REMARKS.search(title)
        was_so = listed == title_key(visit.answers.titles.get(paper.id, ""))
        mends = plain or (was_so and not _TEX.search(title))
        change = edits.with_title(visit.layout, entry, title) if mends else None
        named = title_key(paper.title.partition(":")[0]) == name  # and the rest is reworded
        alike = named or may_be_one(paper.title, title)
        message = f"the title is “{paper.title}”; on arXiv it is “{title}”"
        evidence = (paper.id, *(() if alike else ("the link may lead to another paper",)))
        certainty: Certainty = "recorded"
        if was_so:  # and the list may mean that version
            evidence, certainty = (paper.id, "so its first version was called"), "possible"
        yield Finding("title", entry.line, message, evidence, certainty=certainty, change=change)


def _years(visit: Visit) -> Iterator[Finding]:
    """Years of preprints that are not arXiv's; of what has no venue, it may be that of one."""
    for entry in visit.reading.entries:
        paper = entry.paper
        if not arxiv_id(paper.id) or not paper.venue or not is_preprint(paper.venue):
            continue
        if paper.year is None or str(paper.year) not in visit.layout.source(entry):
            continue
        if visit.is_doubtful(paper):
            continue
        record = visit.records.get(paper.id)
        date = record.published if record else None
        year, month = (date.year, date.month) if date else arxiv_month(paper.id)
        # What is submitted on the last day of a year has an id of the next.
        early = month == 1 and not date and paper.year == year - 1
        # A year that is later may be that of another version, or of a venue that is not printed.
        is_wrong = paper.year < year
        sure: Certainty = "recorded" if date else "likely"
        certainty: Certainty = sure if is_wrong else "possible"
        if paper.year != year and not early:
            change = edits.with_year(visit.layout, entry, year) if is_wrong else None
            there = f"on arXiv it is {year}" if date else f"its arXiv id is of {year}"
            message = f"the year of “{paper.title}” is {paper.year}; {there}"
            evidence = (paper.id,)
            yield Finding("year", entry.line, message, evidence, certainty=certainty, change=change)


def _spelling(visit: Visit) -> Iterator[Finding]:
    entries = [entry for entry in visit.reading.entries if entry.strength > 1]
    titles = [entry.paper.title for entry in entries]
    for at, better, why in misspelled_titles(titles):
        entry, title = entries[at], titles[at]
        if title_key(visit.recorded_title(entry.paper)) == title_key(title):
            continue  # that is how its authors spell it
        change = edits.with_title(visit.layout, entry, better)
        message = f"“{title}” may mean “{better}”"
        yield Finding("spelling", entry.line, message, (why,), change=change)
    for section in visit.reading.sections:
        for word, better in misspelled_words(section.category[-1], titles):
            message = f"“{word}” in the heading “{section.category[-1]}” may mean “{better}”"
            evidence = ("no title has the word as it stands; links to the heading would change",)
            yield Finding("spelling", section.line, message, evidence)


CHECKS: tuple[tuple[Kind, Callable[[Visit], Iterator[Finding]]], ...] = (
    ("duplicate", _repeated),
    ("unread", _unread),
    ("title", _titles),
    ("year", _years),
    ("duplicate", _relinked),
    ("duplicate", _duplicates),
    ("spelling", _spelling),
    ("misfiled", filing.misfiled),
    ("apart", filing.apart),
    ("merge", filing.merge),
    ("split", filing.split),
)
"""In the order in which findings of one certainty are shown."""


def _same_title(one: str, other: str) -> bool:
    """Whether two titles differ in nothing but how they are written."""
    likeness = title_likeness(one, other)
    return likeness == 1 or (likeness >= NEAR_TITLE and only_respelled(one, other))


def _is_post(paper: Paper) -> bool:
    """Whether an entry is a page about a paper: it has no arXiv id, nor is it with a publisher."""
    return paper.kind == "link" and not is_published(paper.url)
