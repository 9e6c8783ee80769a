"""A topic and a paper → the heading under the topic that is the paper's year, month or venue."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ssm_search.dates import Date
from ssm_search.errors import ListError
from ssm_search.papers import Category, Paper
from ssm_search.venues import SHORTCODE, find_venue, find_year, is_occasion, is_preprint, occasion

MOST_YEARS = 10  # that a list may lie still before a paper's year looks like a slip
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(?:19|20)\d\d[-./年 ](\d{1,2})(?!\d)")
_BEFORE = frozenset("before earlier older prior until since earliest".split())
_MONTHS = frozenset(
    """january february march april may june july august september october november december jan
    feb mar apr jun jul aug sep sept oct nov dec""".split()
)
_PREPRINTS = frozenset("arxiv corr preprint preprints".split())
_LETTERS = re.compile(r"[^\W\d_]+")


def topic_of(category: Category) -> Category:
    """A heading without the years and venues that it ends in; () if it is nothing else."""
    while category and is_occasion(category[-1]):
        category = category[:-1]
    return category


def occasion_of(
    headings: Sequence[Category], filed: Collection[Category], topic: Category, paper: Paper
) -> tuple[Category, str]:
    """The heading that ``paper`` goes under, and what there is to say of it, if anything.

    That is ``topic`` itself where the entries stand right under it. Else the heading below it that
    has the paper's venue and year. Where the paper says neither, it is the first for
    preprints, or ``topic`` if it has entries, or the first.

    Args:
        headings: of the list, in its order.
        filed: the heading of each entry; () for none.

    Raises:
        ListError: no heading below is for its year, or its venue.
    """
    below = _below(headings, filed, topic)
    own = sum(path == topic for path in filed)
    held = sum(path in below for path in filed)
    if not below or own > held:
        return topic, ""
    fits = {path: _fit(path[len(topic) :], paper) for path in below}
    best = max(below, key=lambda path: fits[path])
    if fits[best] > 0:
        return best, ""
    published = not is_preprint(paper.venue)
    missing = (paper.venue if published else "") or str(_year(paper) or "")
    if missing:
        under = f" below {' > '.join(topic)!r}" if topic else ""
        raise ListError(
            f"there is no heading for {missing}{under}; add one to the list, or name the heading "
            "to file it under"
        )
    unpublished = (path for path in below if _is_for_preprints(find_venue(path[-1])))
    nearest = next(unpublished, topic if own else below[0])
    shown = " › ".join(nearest[len(topic) :] or nearest[-1:])
    return nearest, f"nothing says when it appeared; it stands under “{shown}”"


@dataclass(frozen=True, slots=True)
class NewYear:
    """A heading that a list lacks for the papers of a year after all that it has.

    Attributes:
        beside: the heading for the newest year that there is, after which it is called.
        years: those two, the newest and its own.
        is_first: whether the list has its newest year first.
    """

    category: Category
    beside: Category
    years: tuple[int, int]
    is_first: bool

    def named(self, text: str) -> str:
        """``text`` about the newest year, as of the one after: "## Year 2025" as "## Year 2026"."""
        return re.sub(rf"(?<!\d){self.years[0]}(?!\d)", str(self.years[1]), text)


def new_year(
    headings: Sequence[Category], filed: Collection[Category], category: Category, paper: Paper
) -> NewYear | None:
    """The heading to add for ``paper`` where what it goes under ends before its year.

    None where nothing is to be added, or where it cannot be told how one is called: those for
    months and venues follow no rule.

    Args:
        headings, filed: as for :func:`occasion_of`.
        category: a topic, or the heading itself that is to be added.
    """
    topic = category if not category or category in headings else category[:-1]
    below = _below(headings, filed, topic)
    of_years = [path for path in below if len(path) == len(topic) + 1 and _is_of_a_year(path[-1])]
    year, own = _year(paper), sum(path == topic for path in filed)
    if not of_years or own > sum(path in below for path in filed):
        return None
    if any(len(path) > len(topic) + 1 for path in below):
        return None
    dated = [path for path in below if _years(path[-1])]
    newest = max(dated, key=lambda path: _years(path[-1])[-1])
    last = _years(newest[-1])[-1]
    if (
        not last < year <= last + MOST_YEARS
        or newest not in of_years
        or any(map(_venue, (path[-1] for path in below)))
    ):
        return None
    is_first = 2 * of_years.index(newest) < len(of_years)
    made = NewYear((), newest, (last, year), is_first)
    path = (*topic, made.named(newest[-1]))
    if path in headings or category not in (topic, path):
        return None
    return NewYear(path, newest, (last, year), is_first)


def _is_of_a_year(heading: str) -> bool:
    years = _years(heading)
    words = {word.casefold() for word in _LETTERS.findall(heading)}
    return (
        len(years) == 2
        and years[0] == years[1]
        and not any(map(str.isdigit, _YEARS.sub("", heading, count=1)))
        and _MONTHS.isdisjoint(words)
        and not _venue(heading)
    )


def _venue(heading: str) -> str:
    found = find_venue(SHORTCODE.sub(" ", heading), marked=True)
    # "Year 2024" could be a venue's name too, if it were not a heading.
    return found if _is_for_preprints(found) else occasion(heading)[1]


def _below(
    headings: Sequence[Category], filed: Collection[Category], topic: Category
) -> list[Category]:
    """The headings with entries below ``topic`` that are nothing but occasions."""
    filled, depth = set(filed), len(topic)
    return [
        path
        for path in headings
        if len(path) > depth
        and path[:depth] == topic
        and all(map(is_occasion, path[depth:]))
        and path in filled
    ]


def _fit(headings: Sequence[str], paper: Paper) -> int:
    """How well headings below a topic fit a paper; 0 if they speak of another time or place."""
    score = 0
    when = Date.of(paper)
    for heading in headings:
        venue = _venue(heading)
        if venue and _is_for_preprints(venue):
            if not is_preprint(paper.venue):
                return 0
            score += 1
        elif venue:
            if _name(venue) != _name(paper.venue):
                return 0
            score += 4
        if years := _years(heading):
            if (month := _MONTH.search(heading)) and when.month:
                if (years[0], int(month[1])) != (when.year, when.month):
                    return 0
                score += 3
            elif not years[0] <= _year(paper) <= years[-1]:
                return 0
            else:
                score += 2
    return score


def _year(paper: Paper) -> int:
    return paper.year or find_year(paper.venue) or Date.of(paper).year


def _years(heading: str) -> list[int]:
    """The first and the last year that a heading is for; [] if it names none."""
    found = sorted({int(year) for year in _YEARS.findall(heading)})
    if not found and (year := find_year(heading)):
        found = [year]
    if found and _BEFORE & {word.casefold() for word in _LETTERS.findall(heading)}:
        return [0, found[-1]]
    return [found[0], found[-1]] if found else []


def _is_for_preprints(venue: str) -> bool:
    return _name(venue) in _PREPRINTS


def _name(venue: str) -> str:
    """The letters of a venue's name, to compare it by: "ICML'21" is "ICML 2021"."""
    return "".join(_LETTERS.findall(venue)[:1]).casefold()
