"""What there is to mend in a list as it was read, sorted by what it is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.awesome import ListReading, Problem
from ssm_search.papers import Paper

AHEAD = 1  # years that a venue may lie ahead: its papers are known the year before
LATE = 1  # years that a paper may be older than its arXiv id: by two, one of them is wrong

# https://info.arxiv.org/help/arxiv_identifier.html: of four digits until the end of 2014.
_NEW_IDS, _FIVE_DIGITS = (2007, 4), (2015, 1)

OLDER = "a year long before that of the arXiv id"

_NAMED = re.compile(r"\S*\d\S*")
_OF_ITEMS = "list item without"


def to_mend(reading: ListReading, this_year: int | None = None) -> dict[str, list[Problem]]:
    """The problems of a list under what their messages have in common, in order.

    Items without a link or a title are none in a section without any entry: it says something
    about the list. What an entry says that cannot be right is one.
    """
    starts = [section.line for section in reading.sections]
    listing = {bisect_right(starts, entry.line) for entry in reading.entries}
    found: dict[str, list[Problem]] = defaultdict(list)
    impossible = _impossible(reading, this_year or date.today().year)
    for problem in sorted([*reading.problems, *impossible], key=lambda problem: problem.line):
        # "what is wrong: where it can be seen", or an id is named in the midst.
        kind, colon, _ = problem.message.partition(": ")
        if kind.startswith(_OF_ITEMS) and bisect_right(starts, problem.line) not in listing:
            continue
        found[kind if colon else _NAMED.sub("…", kind)].append(problem)
    return found


def is_wrong_id(paper_id: str, this_year: int | None = None) -> bool:
    """Whether an arXiv id has too few or too many digits for its month, or is of the future."""
    when = arxiv_month(paper_id)
    if when[0] > (this_year or date.today().year):
        return True
    digits = len(paper_id.partition(".")[2])
    return digits > 0 and (when < _NEW_IDS or digits != (5 if when >= _FIVE_DIGITS else 4))


def _impossible(reading: ListReading, this_year: int) -> Iterator[Problem]:
    for entry in reading.entries:
        if wrong := _what_is_wrong(entry.paper, this_year):
            yield Problem(entry.line, wrong)


def _what_is_wrong(paper: Paper, this_year: int) -> str:
    """What of an entry cannot be right; "" if all can."""
    named = arxiv_id(paper.id)
    if named and is_wrong_id(named, this_year):
        return f"arXiv gives no such id: {named}"
    if paper.year and paper.year > this_year + AHEAD:
        return f"a year to come: {paper.year}"
    if named and paper.year and paper.year < arxiv_month(named)[0] - LATE:
        return f"{OLDER}: {paper.year}, and {named}"
    return ""
