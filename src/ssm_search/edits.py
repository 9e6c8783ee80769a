"""Small changes to a list that is there: an entry moved, taken out, or one fact of it mended.

Each gives the whole new text, or "" where reading it would not give what was meant: then a person
has to make the change.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from ssm_search.awesome import Entry, ListReading, read_list
from ssm_search.layout import Layout, Stretch
from ssm_search.papers import Category, Paper
from ssm_search.templates import escaped_title


def moved(text: str, reading: ListReading, entry: Entry, category: Category) -> str:
    """``text`` with ``entry`` under ``category``, its source as it is."""
    layout = Layout(text, reading)
    stretch = layout.stretches.get(category)
    if stretch is None or not _fits(layout, stretch, entry):
        return ""
    kin = [one for one in stretch.entries if bool(one.roles) == bool(entry.roles)]
    lines = layout.lines[entry.line - 1 : entry.end]
    gap = [] if entry.roles else layout.gap(stretch)
    place = layout.place(replace(stretch, entries=tuple(kin)), entry.paper.id)
    if place < len(kin):
        at, added = kin[place].line - 1, [*lines, *gap]
    elif kin:
        at, added = kin[-1].end, [*gap, *lines]
    elif (header := layout.header(stretch)) is not None:
        at, added = header + 2, lines
    else:
        at, added = stretch.start, [*layout.gap_below_heading(), *lines]
    start, end = _extent(layout, entry)
    kept = [*layout.lines[:at], *added, *layout.lines[at:]]
    shift = len(added) if at <= start else 0
    del kept[start + shift : end + shift]
    new = "".join(kept)
    before, after = _papers(reading), _papers(read_list(new))
    meant = before - Counter([entry.paper])
    meant[replace(entry.paper, categories=(category,))] += 1
    return new if after == meant else ""


def without(text: str, reading: ListReading, entry: Entry) -> str:
    """``text`` without ``entry``."""
    layout = Layout(text, reading)
    start, end = _extent(layout, entry)
    new = "".join([*layout.lines[:start], *layout.lines[end:]])
    meant = _papers(reading) - Counter([entry.paper])
    return new if _papers(read_list(new)) == meant else ""


def with_title(text: str, reading: ListReading, entry: Entry, title: str) -> str:
    """``text`` with another title for ``entry``."""
    words = r"\s+".join(map(re.escape, entry.paper.title.split()))
    written = escaped_title(title, in_table=bool(entry.roles))
    return _replaced(text, reading, entry, words, written, replace(entry.paper, title=title))


def with_year(text: str, reading: ListReading, entry: Entry, year: int) -> str:
    """``text`` with another year for ``entry``, in a table with a column for years."""
    if "year" not in entry.roles:
        return ""
    old = rf"(?<=\|)(\s*){entry.paper.year}(?=\s*\|)"
    return _replaced(text, reading, entry, old, rf"\g<1>{year}", replace(entry.paper, year=year))


def _replaced(
    text: str, reading: ListReading, entry: Entry, pattern: str, new: str, meant: Paper
) -> str:
    layout = Layout(text, reading)
    source = layout.source(entry)
    written = new if r"\g<1>" in new else new.replace("\\", r"\\")
    changed, count = re.subn(pattern, written, source, count=1)
    if not count:
        return ""
    above = "".join(layout.lines[: entry.line - 1])
    result = above + changed + text[len(above) + len(source) :]
    expected = _papers(reading) - Counter([entry.paper])
    expected[meant] += 1
    return result if _papers(read_list(result)) == expected else ""


def _papers(reading: ListReading) -> Counter[Paper]:
    return Counter(entry.paper for entry in reading.entries)


def _fits(layout: Layout, stretch: Stretch, entry: Entry) -> bool:
    """Whether the source of ``entry`` is written as the entries of another section are."""
    kin = [one for one in stretch.entries if bool(one.roles) == bool(entry.roles)]
    if not entry.roles:
        return not stretch.entries or bool(kin)
    if not kin:
        return layout.header(stretch) is not None
    widths = {(one.roles, len(layout.cells(one))) for one in kin}
    return (entry.roles, len(layout.cells(entry))) in widths


def _extent(layout: Layout, entry: Entry) -> tuple[int, int]:
    """The lines of ``entry``, with the blank ones below it if it stands among paragraphs."""
    start, end = entry.line - 1, entry.end
    lines = layout.lines
    if not entry.roles and start and not lines[start - 1].strip():
        while end < len(lines) and not lines[end].strip():
            end += 1
    return start, end
