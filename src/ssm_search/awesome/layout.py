"""How the source of a list is laid out: its lines, the section of a heading, order and gaps."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TypeVar

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.awesome.reading import Entry, ListReading
from ssm_search.papers import Category

CLEAR_ORDER = 0.7  # of neighbouring pairs, for entries to count as sorted by date
FEW_PAIRS = 3  # in a section; with fewer, the whole list says how it is sorted
STRAY_SPACE = 1  # column by which an entry may be indented without standing below another
# What all of the list do counts as this many entries of the section: one odd neighbour is a slip,
# two are the style of the section.
WEIGHT_OF_LIST = 2

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"\|?(?:\s*:?-+:?\s*\|)+\s*:?-+:?\s*\|?")  # of a line without ends
_NUMBER = re.compile(r"\s*(?:\|\s*)?(\d{1,9})(?:[.)]\s|\s*\|)")  # of an item or a row
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")

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
        """What stands under each heading; of several with one name, what has the most entries."""
        starts = [section.line for section in self.reading.sections]
        standing: list[list[Entry]] = [[] for _ in starts]
        for entry in self.reading.entries:
            at = bisect_left(starts, entry.line)
            on_heading = at < len(starts) and starts[at] == entry.line
            if at and not on_heading and entry.strength > 1:
                standing[at - 1].append(entry)
        found: dict[Category, Stretch] = {}
        ends = [*starts[1:], len(self.lines) + 1]
        for section, following, below in zip(self.reading.sections, ends, standing, strict=True):
            entries = tuple(one for one in below if one.paper.categories == (section.category,))
            known = found.get(section.category)
            if known is None or len(entries) > len(known.entries):
                outer = self._outermost(entries)
                found[section.category] = Stretch(section.line, following - 1, outer)
        return found

    def _outermost(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """``entries`` without those that stand below another, as notes about it do."""
        depths = Counter(indent(self.source(entry)) for entry in entries)
        shared = [depth for depth, count in depths.items() if count > 1]
        level = min(shared or depths, default=0) + STRAY_SPACE
        return tuple(one for one in entries if one.roles or indent(self.source(one)) <= level)

    def source(self, entry: Entry) -> str:
        """The lines of an entry, without the last line end."""
        return "".join(self.lines[entry.line - 1 : entry.end]).rstrip("\r\n")

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
        between = (self.lines[one.end : other.line - 1] for one, other in pairwise(entries))
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
        source, end = self.source(entry), entry.end
        if _ITEM.match(source):
            for at in range(entry.end, stretch.end):
                if self.lines[at].strip():
                    if indent(self.lines[at]) <= indent(source):
                        break
                    end = at + 1
        return end

    def place(self, stretch: Stretch, paper_id: str) -> int:
        """The index of the entry that a new one belongs before; their count for behind the last.

        Where the fewest are out of order then: by arXiv id, which is by date, newest first or last
        as the others are; at the end if they are in no order.
        """
        newest_first = self._newest_first(stretch)
        keys = [_key(entry.paper.id) for entry in stretch.entries]
        new = _key(paper_id)
        if newest_first is None:
            return len(keys)
        if new is None:
            return 0 if newest_first else len(keys)

        misplaced = [sum(key is not None and (key > new) == newest_first for key in keys)]
        for key in keys:  # one place further down, it has this one above
            step = (
                0 if key is None else ((key < new) == newest_first) - ((key > new) == newest_first)
            )
            misplaced.append(misplaced[-1] + step)
        places = range(len(keys) + 1)
        return min(places if newest_first else reversed(places), key=misplaced.__getitem__)

    def _newest_first(self, stretch: Stretch) -> bool | None:
        pairs = _falling(stretch.entries)
        if len(pairs) < FEW_PAIRS:
            pairs = [pair for one in self.stretches.values() for pair in _falling(one.entries)]
        share = sum(pairs) / len(pairs) if pairs else 0.5
        if share >= CLEAR_ORDER:
            return True
        return False if share <= 1 - CLEAR_ORDER else None


def by_votes(here: Counter[Voted], anywhere: Counter[Voted]) -> list[Voted]:
    """All that was counted ``anywhere``, what is commonest first."""
    weight = WEIGHT_OF_LIST / (anywhere.total() or 1)
    return sorted(anywhere, key=lambda one: here[one] + weight * anywhere[one], reverse=True)


def indent(line: str) -> int:
    """How many columns are free before the text of ``line``."""
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip(" "))


def count_lines(text: str) -> int:
    """How many lines ``text`` has, whatever their ends."""
    return len(_LINE.findall(text))


def _falling(entries: Iterable[Entry]) -> list[bool]:
    """For each pair of neighbours with different ids, whether the older one is below."""
    keys = [key for entry in entries if (key := _key(entry.paper.id))]
    return [one > other for one, other in pairwise(keys) if one != other]


def _key(paper_id: str) -> tuple[int, str] | None:
    """When arXiv gave the id, for sorting; None for what is not on arXiv."""
    if not arxiv_id(paper_id):
        return None
    return arxiv_month(paper_id)[0], paper_id.rpartition("/")[2][2:].replace(".", "")
