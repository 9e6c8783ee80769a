"""What the files of one list say, each by itself → what they say together."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain

from ssm_search.awesome.reading import (
    ListReading,
    dated_by,
    merged,
    same_by_title,
    without_echoes,
)
from ssm_search.papers import Category

_MENTIONED = re.compile(r"arXiv id (\S+) is mentioned")


def joined(
    readings: Sequence[ListReading], headings: Sequence[str], title: str
) -> tuple[list[ListReading], ListReading]:
    """Readings of the files of one list as parts of it, and what they say together.

    Lines are still those of each file. What one file mentions is no problem where another lists it.
    All together have each paper once, whichever files it stands in.

    Args:
        headings: for each file, what all in it stands under; "" for nothing.
        title: of the list.
    """
    listed = {entry.paper.id for reading in readings for entry in reading.entries}
    parts = [
        _as_part(reading, heading, listed)
        for reading, heading in zip(readings, headings, strict=True)
    ]
    entries = same_by_title(without_echoes([entry for part in parts for entry in part.entries]))
    whole = ListReading(
        title=title,
        papers=tuple(merged(entries)),
        entries=tuple(entries),
        sections=tuple(chain.from_iterable(part.sections for part in parts)),
        problems=tuple(chain.from_iterable(part.problems for part in parts)),
    )
    return parts, whole


def _as_part(reading: ListReading, heading: str, listed: Collection[str]) -> ListReading:
    entries = []
    for entry in reading.entries:
        path = _below(heading, entry.paper.categories[0] if entry.paper.categories else ())
        paper = replace(dated_by(path, entry.paper), categories=(path,) if path else ())
        entries.append(replace(entry, paper=paper))
    return replace(
        reading,
        papers=tuple(merged(entries)),
        entries=tuple(entries),
        sections=tuple(
            replace(section, category=_below(heading, section.category))
            for section in reading.sections
        ),
        problems=tuple(
            problem
            for problem in reading.problems
            if not ((found := _MENTIONED.match(problem.message)) and found[1] in listed)
        ),
    )


def _below(heading: str, path: Category) -> Category:
    return (heading, *path) if heading and path[:1] != (heading,) else path
