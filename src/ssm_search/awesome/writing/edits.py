"""Small changes to a list that is there: an entry moved, taken out, or one fact of it mended.

Each is planned apart from the others, so that several can be made at once; and is sound where
reading the new text gives what was meant: else a person has to make it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.reading import Entry, ListReading, read_list
from ssm_search.awesome.writing.layout import Layout, Stretch
from ssm_search.escaping import escaped_title
from ssm_search.papers import Category, Paper, slug

__all__ = ["Change", "Edit", "Layout", "applied", "clash", "moved", "sound", "with_title"]
__all__ += ["with_year", "without"]

_OPENING = re.compile(r"\s*(?:[-*+]\s|\d{1,9}[.)]\s)?")  # of an item; else of a paragraph
_COUNTED = re.compile(r"\s*\|?\s*\d+\s*\|")
_TAG = re.compile(r"<(/?(?:a|b|details|div|li|ol|p|summary|table|tbody|td|thead|tr|ul))\b", re.I)


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in a text from ``start`` up to ``end``, and what is to stand there."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change to one entry of a list.

    Attributes:
        edits: none overlaps another.
        facts: what its paper is to have, by name; None where the entry goes.
    """

    entry: Entry
    edits: tuple[Edit, ...]
    facts: tuple[tuple[str, Any], ...] | None = None


def moved(layout: Layout, entry: Entry, category: Category) -> Change | None:
    """Move ``entry`` under ``category``, its source as it is; None where that cannot be done."""
    stretch = layout.stretches.get(category)
    extent = _extent(layout, entry)
    if stretch is None or extent is None or not _fits(layout, stretch, entry):
        return None
    start, end = extent
    kin = [one for one in stretch.entries if bool(one.roles) == bool(entry.roles)]
    lines = layout.lines[start:end]
    while not lines[-1].strip():
        lines.pop()
    gap = [] if entry.roles else layout.gap(stretch)
    place = layout.place(replace(stretch, entries=tuple(kin)), entry.paper)
    if place < len(kin):
        at, added = kin[place].line - 1, [*lines, *gap]
    elif kin:
        at, added = layout.end(kin[-1], stretch), [*gap, *lines]
    elif (header := layout.header(stretch)) is not None:
        at, added = header + 2, lines
    else:
        at, added = stretch.start, [*layout.gap_below_heading(), *lines]
    if entry.roles and _is_header(layout, at):
        return None  # a paper stands where the header belongs
    put, taken = _edit(layout, at, at, "".join(added)), _edit(layout, start, end)
    return Change(entry, (put, taken), (("categories", (category,)),))


def without(layout: Layout, entry: Entry) -> Change | None:
    """Take ``entry`` out; None where that would take more."""
    extent = _extent(layout, entry)
    return Change(entry, (_edit(layout, *extent),)) if extent else None


def with_title(layout: Layout, entry: Entry, title: str) -> Change | None:
    """Give ``entry`` another title; None where its source does not show the one it has."""
    words = r"\s+".join(map(re.escape, entry.paper.title.split()))
    written = escaped_title(title, in_table=bool(entry.roles))
    known_id = arxiv_id(entry.paper.id) or slug(title)
    return _replaced(layout, entry, words, written, id=known_id, title=title)


def with_year(layout: Layout, entry: Entry, year: int) -> Change | None:
    """Give ``entry`` another year, in a table with a column for years; None elsewhere."""
    if "year" not in entry.roles:
        return None
    old = rf"(?<=\|)(?P<space>\s*){entry.paper.year}(?=\s*\|)"
    return _replaced(layout, entry, old, str(year), year=year)


def applied(text: str, changes: Iterable[Change]) -> str:
    """``text`` with all ``changes``, none of which clashes with another."""
    edits = sorted(
        (edit for one in changes for edit in one.edits), key=lambda edit: (edit.start, edit.end)
    )
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, text[at:]])


def clash(one: Change, other: Change) -> bool:
    """Whether two changes are about the same part of a text, so that only one can be made."""
    return any(
        left.start < right.end and right.start < left.end
        for left in one.edits
        for right in other.edits
    )


def sound(text: str, reading: ListReading, changes: Sequence[Change]) -> list[Change]:
    """Those ``changes`` after which the list reads as it did but for what is meant.

    As long as all are sound, the list is read once however many there are: they are made together,
    and looked at by halves only where that does not read as meant.
    """
    together: list[Change] = []
    for change in changes:
        if not any(clash(change, one) for one in together):
            together.append(change)
    rest = [change for change in changes if change not in together]
    found = _sound(text, reading, together) + (sound(text, reading, rest) if rest else [])
    return [change for change in changes if change in found]


def _sound(text: str, reading: ListReading, changes: list[Change]) -> list[Change]:
    if not changes or _reads_as_meant(text, reading, changes):
        return changes
    half = len(changes) // 2
    return (
        []
        if not half
        else [
            *_sound(text, reading, changes[:half]),
            *_sound(text, reading, changes[half:]),
        ]
    )


def _reads_as_meant(text: str, reading: ListReading, changes: Sequence[Change]) -> bool:
    expected = Counter(entry.paper for entry in reading.entries)
    meant: dict[tuple[int, Paper], Paper | None] = {}
    for change in changes:
        listed = change.entry.line, change.entry.paper
        paper = meant.get(listed, listed[1])
        facts = change.facts
        meant[listed] = replace(paper, **dict(facts)) if paper and facts is not None else None
    expected.subtract(paper for _, paper in meant)
    expected.update(paper for paper in meant.values() if paper)
    return Counter(entry.paper for entry in read_list(applied(text, changes)).entries) == expected


def _edit(layout: Layout, start: int, end: int, new: str = "") -> Edit:
    """The edit of whole lines."""
    return Edit(layout.offsets[start], layout.offsets[end], new)


def _replaced(layout: Layout, entry: Entry, pattern: str, new: str, **facts: Any) -> Change | None:
    """``new`` for the first match in ``entry``, behind what its "space" matched."""
    match = re.search(pattern, layout.source(entry))
    if not match:
        return None
    above = layout.offsets[entry.line - 1]
    start, end = above + match.start(), above + match.end()
    kept = match.groupdict().get("space", "")
    return Change(entry, (Edit(start, end, f"{kept}{new}"),), tuple(facts.items()))


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
