"""How the source of a list is laid out: its lines, the section of a heading, order and gaps."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TypeVar

from ssm_search.awesome.reading import Entry, ListReading
from ssm_search.awesome.writing import order
from ssm_search.papers import Category, Paper

STRAY_SPACE = 1  # column by which an entry may be indented without standing below another
# What all of the list do counts as this many entries of the section: one odd neighbour is a slip,
# two are the style of the section.
WEIGHT_OF_LIST = 2
MOST_CLOSING = 60  # lines below an entry in which tags that it opens may close

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"\|?(?:\s*:?-+:?\s*\|)+\s*:?-+:?\s*\|?")  # of a line without ends
_NUMBER = re.compile(r"\s*(?:\|\s*)?(\d{1,9})(?:[.)]\s|\s*\|)")  # of an item or a row
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_ROWSPAN = re.compile(r"\browspan\s*=\s*[\"']?(\d{1,4})", re.I)
_TAG = re.compile(r"<(/?)(tr|td|li|details|summary|p|div|ul|ol)\b", re.I)

Voted = TypeVar("Voted")


@dataclass(frozen=True, slots=True)
class Stretch:
    """What stands under one heading.

    Attributes:
        start: 0-based line after the heading.
        end: line of the next heading, or the number of lines.
        entries: those that show how an entry is written, in order.
    """

    start: int
    end: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Numbering:
    """The number of a new entry, and whether it goes last for that, or first; None for neither."""

    number: int
    goes_last: bool | None


class Layout:
    """The lines of a list and what was read from them."""

    def __init__(self, text: str, reading: ListReading):
        self.lines: list[str] = _LINE.findall(text)
        self.reading = reading
        self._last: dict[tuple[int, int], int] = {}

    @cached_property
    def offsets(self) -> list[int]:
        """Where in the text each line begins, and where the last one ends."""
        return [0, *accumulate(map(len, self.lines))]

    @cached_property
    def eol(self) -> str:
        """The line end that the list uses most."""
        ends = Counter(line[len(line.rstrip("\r\n")) :] for line in self.lines)
        ends.pop("", None)
        return ends.most_common(1)[0][0] if ends else "\n"

    @cached_property
    def stretches(self) -> dict[Category, Stretch]:
        """What stands under each heading; of several with one name, what has the most entries.

        Where no heading has an entry, what stands above the first one is under ``()``.
        """
        starts = [section.line for section in self.reading.sections]
        standing: list[list[Entry]] = [[] for _ in starts]
        for entry in self.reading.entries:
            at = bisect_left(starts, entry.line)
            on_heading = at < len(starts) and starts[at] == entry.line
            if at and not on_heading and entry.strength > 1:
                standing[at - 1].append(entry)
        found: dict[Category, Stretch] = {}
        ends = [*starts, len(self.lines) + 1]
        of_sections = zip(self.reading.sections, ends[1:], standing, strict=True)
        for section, following, below in of_sections:
            entries = tuple(one for one in below if one.paper.categories == (section.category,))
            known = found.get(section.category)
            if known is None or len(entries) > len(known.entries):
                outer = self._outermost(entries)
                found[section.category] = Stretch(section.line, following - 1, outer)
        if not any(stretch.entries for stretch in found.values()) and (bare := self._bare()):
            found[()] = Stretch(0, ends[0] - 1, self._outermost(bare))
        return found

    def _bare(self) -> tuple[Entry, ...]:
        """The entries that stand above the first heading, or where there is none."""
        first = min((section.line for section in self.reading.sections), default=None)
        return tuple(
            one
            for one in self.reading.entries
            if one.strength > 1 and not one.paper.categories and (first is None or one.line < first)
        )

    def _outermost(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """``entries`` without those that stand below another, as notes about it do."""
        depths = Counter(indent(self.source(entry)) for entry in entries)
        shared = [depth for depth, count in depths.items() if count > 1]
        level = min(shared or depths, default=0) + STRAY_SPACE
        return tuple(
            one for one in entries if self.is_row(one) or indent(self.source(one)) <= level
        )

    def source(self, entry: Entry) -> str:
        """The lines of an entry, without the last line end."""
        return "".join(self.lines[entry.line - 1 : self.last(entry)]).rstrip("\r\n")

    @cached_property
    def _starts(self) -> list[int]:
        """The lines that entries and headings begin on."""
        entries = {entry.line for entry in self.reading.entries}
        return sorted(entries | {section.line for section in self.reading.sections})

    def is_row(self, entry: Entry) -> bool:
        """Whether an entry is a row between pipes; one in HTML is written as other text is."""
        return bool(entry.roles) and not self.lines[entry.line - 1].lstrip().startswith("<")

    def last(self, entry: Entry) -> int:
        """The last line of an entry, with the tags below it that close those opened in it."""
        lines = entry.line, entry.end
        if lines not in self._last:
            self._last[lines] = self._find_last(entry)
        return self._last[lines]

    def _find_last(self, entry: Entry) -> int:
        first, end = entry.line - 1, entry.end
        source = "".join(self.lines[first:end])
        if not _opened(source):
            return end
        starts = self._starts
        at = bisect_right(starts, entry.line)
        limit = min(starts[at] - 1 if at < len(starts) else len(self.lines), end + MOST_CLOSING)
        for line in range(end, limit):
            source += self.lines[line]
            if not _opened(source):
                return line + 1
        return end

    def cells(self, entry: Entry) -> list[str]:
        """What stands between the pipes of a table row, and before and after the outer ones."""
        return _PIPE.split(self.source(entry))

    def header(self, stretch: Stretch) -> int | None:
        """The line of the first table's header, or None; its delimiter is on the next."""
        for at in range(stretch.start, stretch.end - 1):
            delimits = _DELIMITER.fullmatch(self.lines[at + 1].strip())
            if delimits and _PIPE.search(self.lines[at]):
                return at
        return None

    def common_header(self) -> list[str]:
        """The header and delimiter of the kind of table that most rows of the list stand in."""
        stretches = self.stretches.values()
        votes = Counter(entry.roles for one in stretches for entry in one.entries if entry.roles)
        for roles, _ in votes.most_common(1):
            for stretch in stretches:
                at = self.header(stretch)
                if at is not None and any(entry.roles == roles for entry in stretch.entries):
                    return self.lines[at : at + 2]
        return []

    def numbering(self, entries: Sequence[Entry]) -> Numbering:
        """The number that a new one among ``entries`` has: they count up, down, or not at all."""
        numbers = [_NUMBER.match(self.source(entry)) for entry in entries]
        found = [int(number[1]) for number in numbers if number]
        if len(found) > 1 and found[-1] == found[-2]:  # "1." before every entry
            return Numbering(found[-1], None)
        if len(found) > 1 and found[0] > found[-1]:
            return Numbering(found[0] + 1, False)
        return Numbering(found[-1] + 1 if found else 1, True)

    def gap(self, stretch: Stretch) -> list[str]:
        """The blank lines that stand between two entries."""
        anywhere = (self._gaps(one.entries) for one in self.stretches.values())
        found = by_votes(self._gaps(stretch.entries), sum(anywhere, Counter()))
        return [self.eol] * (found[0] if found else 0)

    def _gaps(self, entries: Sequence[Entry]) -> Counter[int]:
        between = (self.lines[self.last(one) : other.line - 1] for one, other in pairwise(entries))
        return Counter(len(lines) for lines in between if not "".join(lines).strip())

    def gap_below_heading(self) -> list[str]:
        """The blank lines that stand between a heading and its first entry or table."""
        gaps: Counter[int] = Counter()
        for stretch in self.stretches.values():
            if stretch.entries:
                header = self.header(stretch)
                first = stretch.entries[0].line - 1 if header is None else header
                lines = self.lines[stretch.start : first]
                gaps[len(lines)] += not "".join(lines).strip()
        return [self.eol] * (gaps.most_common(1)[0][0] if gaps else 1)

    def end(self, entry: Entry, stretch: Stretch) -> int:
        """The line behind an entry and behind all that is indented below it."""
        source, end = self.source(entry), self.last(entry)
        if _ITEM.match(source):
            for at in range(end, stretch.end):
                if self.lines[at].strip():
                    if indent(self.lines[at]) <= indent(source):
                        break
                    end = at + 1
        return end

    def place(self, stretch: Stretch, paper: Paper) -> int:
        """The index of the entry that ``paper`` belongs before (:func:`order.place`).

        No row of HTML comes between those that a cell goes over: it would have that cell too.
        """
        everywhere = (one.entries for one in self.stretches.values())
        place = order.place(stretch.entries, paper, everywhere)
        spanned: set[int] = set()
        for at, entry in enumerate(stretch.entries):
            rows = max(map(int, _ROWSPAN.findall(self.source(entry))), default=1)
            spanned.update(range(at + 1, min(at + rows, len(stretch.entries))))
        while place in spanned:
            place += 1
        return place


def by_votes(here: Counter[Voted], anywhere: Counter[Voted], of_one: int = 1) -> list[Voted]:
    """All that was counted ``anywhere``, what is commonest first."""
    shares = shares_of(here, anywhere, of_one)
    return sorted(anywhere, key=shares.__getitem__, reverse=True)


def shares_of(
    here: Counter[Voted], anywhere: Counter[Voted], of_one: int = 1
) -> dict[Voted, float]:
    """The weight of each vote: those of the section, and a little for those of the whole list.

    Args:
        of_one: the votes of one entry in full.
    """
    weight = of_one * WEIGHT_OF_LIST / (anywhere.total() or 1)
    return {one: here[one] + weight * anywhere[one] for one in anywhere}


def _opened(source: str) -> bool:
    """Whether a tag is opened in ``source`` more often than it is closed."""
    counts: Counter[str] = Counter()
    for closes, tag in _TAG.findall(source):
        counts[tag.lower()] += -1 if closes else 1
    return any(count > 0 for count in counts.values())


def indent(line: str) -> int:
    """How many columns are free before the text of ``line``."""
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip(" "))


def count_lines(text: str) -> int:
    """How many lines ``text`` has, whatever their ends."""
    return len(_LINE.findall(text))
