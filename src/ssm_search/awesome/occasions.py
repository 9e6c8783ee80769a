"""A topic and a paper → the heading under the topic that is the paper's year, month or venue."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ssm_search.awesome.reading import ListReading
from ssm_search.dates import Date
from ssm_search.errors import ListError
from ssm_search.papers import Category, Paper
from ssm_search.venues import SHORTCODE, find_venue, find_year, is_occasion, is_preprint

_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(?:19|20)\d\d[-./年 ](\d{1,2})(?!\d)")
_BEFORE = frozenset("before earlier older prior until since earliest".split())
_PREPRINTS = frozenset("arxiv corr preprint preprints".split())
_LETTERS = re.compile(r"[^\W\d_]+")


def occasion_of(reading: ListReading, topic: Category, paper: Paper) -> tuple[Category, str]:
    """The heading that ``paper`` goes under, and what there is to say of it, if anything.

    That is ``topic`` itself where the entries stand right under it. Else the heading below it that
    has the paper's venue and year. Where the paper says neither, it is the first for
    preprints, or ``topic`` if it has entries, or the first.

    Raises:
        ListError: no heading below is for its year, or its venue.
    """
    below = _below(reading, topic)
    at_topic = (topic,) if topic else ()
    own = sum(entry.paper.categories == at_topic for entry in reading.entries)
    held = sum(
        entry.paper.categories[:1] != () and entry.paper.categories[0] in below
        for entry in reading.entries
    )
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
            "to file it under (--category)"
        )
    unpublished = (path for path in below if _is_for_preprints(find_venue(path[-1])))
    nearest = next(unpublished, topic if own else below[0])
    shown = " › ".join(nearest[len(topic) :] or nearest[-1:])
    return nearest, f"nothing says when it appeared; it stands under “{shown}”"


def _below(reading: ListReading, topic: Category) -> list[Category]:
    """The headings with entries below ``topic`` that are nothing but occasions."""
    filled = {path for entry in reading.entries for path in entry.paper.categories}
    depth = len(topic)
    return [
        path
        for path in reading.categories
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
        venue = find_venue(SHORTCODE.sub(" ", heading), marked=True)
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
