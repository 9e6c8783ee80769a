"""Small changes to a list that is there: an entry moved, taken out, or one fact of it mended.

Each gives the whole new text, or "" where reading it would not give what was meant: then a person
has to make the change.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.escaping import escaped_title
from ssm_search.awesome.layout import Layout, Stretch
from ssm_search.awesome.reading import Entry, ListReading, read_list
from ssm_search.papers import Category, Paper, slug

_OPENING = re.compile(r"\s*(?:[-*+]\s|\d{1,9}[.)]\s)?")  # of an item; else of a paragraph
_COUNTED = re.compile(r"\s*\|?\s*\d+\s*\|")
_TAG = re.compile(r"<(/?(?:a|b|details|div|li|ol|p|summary|table|tbody|td|thead|tr|ul))\b", re.I)


def moved(text: str, reading: ListReading, entry: Entry, category: Category) -> str:
    """Move ``entry`` under ``category``, its source as it is; "" where that cannot be done."""
    layout = Layout(text, reading)
    stretch = layout.stretches.get(category)
    extent = _extent(layout, entry)
    if stretch is None or extent is None or not _fits(layout, stretch, entry):
        return ""
    start, end = extent
    kin = [one for one in stretch.entries if bool(one.roles) == bool(entry.roles)]
    lines = layout.lines[start:end]
    while not lines[-1].strip():
        lines.pop()
    gap = [] if entry.roles else layout.gap(stretch)
    place = layout.place(replace(stretch, entries=tuple(kin)), entry.paper.id)
    if place < len(kin):
        at, added = kin[place].line - 1, [*lines, *gap]
    elif kin:
        at, added = layout.end(kin[-1], stretch), [*gap, *lines]
    elif (header := layout.header(stretch)) is not None:
        at, added = header + 2, lines
    else:
        at, added = stretch.start, [*layout.gap_below_heading(), *lines]
    if entry.roles and _is_header(layout, at):
        return ""  # a paper stands where the header belongs
    kept = [*layout.lines[:at], *added, *layout.lines[at:]]
    shift = len(added) if at <= start else 0
    del kept[start + shift : end + shift]
    meant = replace(entry.paper, categories=(category,))
    return _sound("".join(kept), reading, entry, meant)


def without(text: str, reading: ListReading, entry: Entry) -> str:
    """Take ``entry`` out of ``text``; "" where that would take more."""
    layout = Layout(text, reading)
    extent = _extent(layout, entry)
    if extent is None:
        return ""
    start, end = extent
    return _sound("".join([*layout.lines[:start], *layout.lines[end:]]), reading, entry)


def with_title(text: str, reading: ListReading, entry: Entry, title: str) -> str:
    """Give ``entry`` another title; "" where its source does not show the one it has."""
    words = r"\s+".join(map(re.escape, entry.paper.title.split()))
    written = escaped_title(title, in_table=bool(entry.roles))
    known_id = arxiv_id(entry.paper.id) or slug(title)
    meant = replace(entry.paper, id=known_id, title=title)
    return _replaced(text, reading, entry, words, written, meant)


def with_year(text: str, reading: ListReading, entry: Entry, year: int) -> str:
    """Give ``entry`` another year, in a table with a column for years; "" elsewhere."""
    if "year" not in entry.roles:
        return ""
    old = rf"(?<=\|)(?P<space>\s*){entry.paper.year}(?=\s*\|)"
    return _replaced(text, reading, entry, old, str(year), replace(entry.paper, year=year))


def _replaced(
    text: str, reading: ListReading, entry: Entry, pattern: str, new: str, meant: Paper
) -> str:
    """``text`` with ``new`` for the first match in ``entry``, behind what its "space" matched."""
    layout = Layout(text, reading)
    source = layout.source(entry)
    match = re.search(pattern, source)
    if not match:
        return ""
    kept = match.groupdict().get("space", "")
    above = "".join(layout.lines[: entry.line - 1])
    start, end = len(above) + match.start(), len(above) + match.end()
    return _sound(f"{text[:start]}{kept}{new}{text[end:]}", reading, entry, meant)


def _sound(new: str, reading: ListReading, old: Entry, meant: Paper | None = None) -> str:
    """``new`` if what it lists is what ``reading`` does, with ``meant`` for ``old``; else ""."""
    expected = Counter(entry.paper for entry in reading.entries)
    expected[old.paper] -= 1
    if meant is not None:
        expected[meant] += 1
    return new if Counter(entry.paper for entry in read_list(new).entries) == expected else ""


def _fits(layout: Layout, stretch: Stretch, entry: Entry) -> bool:
    """Whether the source of ``entry`` is written as the entries of another section are."""
    kin = [one for one in stretch.entries if bool(one.roles) == bool(entry.roles)]
    if entry.roles:
        if not entry.roles[0] and _COUNTED.match(layout.source(entry)):
            return False
        widths = {(one.roles, len(layout.cells(one))) for one in kin}
        same = (entry.roles, len(layout.cells(entry))) in widths
        return same if kin else layout.header(stretch) is not None
    # Else it would be part of another entry, or a list of its own, or out of number.
    opening, others = _opening(layout, entry), {_opening(layout, one) for one in kin}
    if opening.strip()[:1].isdigit():
        return others == {opening}
    return opening in others if kin else not stretch.entries


def _opening(layout: Layout, entry: Entry) -> str:
    match = _OPENING.match(layout.source(entry))
    return match.group() if match else ""


def _is_header(layout: Layout, at: int) -> bool:
    """Whether the line ``at`` is the first of a table."""
    return layout.header(Stretch(at, min(at + 2, len(layout.lines)), ())) == at


def _extent(layout: Layout, entry: Entry) -> tuple[int, int] | None:
    """The lines of ``entry`` and of all below it, and the blank ones after it among paragraphs.

    None where they are no whole: the head of a table, a part of a piece of HTML.
    """
    lines, start = layout.lines, entry.line - 1
    sections = (section.line - 1 for section in layout.reading.sections)
    following = min((at for at in sections if at > start), default=len(lines))
    end = layout.end(entry, Stretch(start, following, ()))
    tags = Counter(tag.casefold() for tag in _TAG.findall("".join(lines[start:end])))
    if any(tags[f"/{tag.removeprefix('/')}"] != tags[tag.removeprefix("/")] for tag in tags):
        return None
    if entry.roles and _is_header(layout, start):
        return None
    if not entry.roles and start and not lines[start - 1].strip():
        while end < len(lines) and not lines[end].strip():
            end += 1
    return start, end
