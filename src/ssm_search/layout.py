"""How the source of a list is laid out: its lines, the section of a heading, order and gaps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ssm_search.awesome import Entry, ListReading
from ssm_search.papers import Category, arxiv_id

CLEAR_ORDER = 0.7  # of neighbouring pairs, for entries to count as sorted by date
FEW_PAIRS = 3  # in a section; with fewer, the whole list says how it is sorted

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*")


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


class Layout:
    """The lines of a list and what was read from them."""

    def __init__(self, text: str, reading: ListReading):
        self.lines: list[str] = _LINE.findall(text)
        self.reading = reading

    @cached_property
    def eol(self) -> str:
        """The line end that the list uses most."""
        ends = Counter(line[len(line.rstrip("\r\n")) :] for line in self.lines)
        ends.pop("", None)
        return ends.most_common(1)[0][0] if ends else "\n"

    @cached_property
    def stretches(self) -> dict[Category, Stretch]:
        """By category; of several with one name, the one with the most entries."""
        starts = [section.line for section in self.reading.sections] + [len(self.lines) + 1]
        found: dict[Category, Stretch] = {}
        for section, following in zip(self.reading.sections, starts[1:], strict=True):
            entries = tuple(
                entry
                for entry in self.reading.entries
                if section.line < entry.line < following
                and entry.paper.categories == (section.category,)
                and entry.strength > 1
            )
            known = found.get(section.category)
            if known is None or len(entries) > len(known.entries):
                found[section.category] = Stretch(section.line, following - 1, entries)
        return found

    def source(self, entry: Entry) -> str:
        """The lines of an entry, without the last line end."""
        return "".join(self.lines[entry.line - 1 : entry.end]).rstrip("\r\n")

    def cells(self, entry: Entry) -> list[str]:
        """What stands between the pipes of a table row, and before and after the outer ones."""
        return _PIPE.split(self.source(entry))

    def header(self, stretch: Stretch) -> int | None:
        """The line of the first table's header, or None; its delimiter is on the next."""
        for at in range(stretch.start, stretch.end - 1):
            delimits = _DELIMITER.fullmatch(self.lines[at + 1].rstrip("\r\n"))
            if delimits and _PIPE.search(self.lines[at]):
                return at
        return None

    def gap(self, stretch: Stretch) -> list[str]:
        """The blank lines that stand between two entries, here or else in the whole list."""
        here = self._gaps(stretch.entries)
        gaps = here or sum((self._gaps(one.entries) for one in self.stretches.values()), Counter())
        return list(gaps.most_common(1)[0][0]) if gaps else []

    def _gaps(self, entries: Sequence[Entry]) -> Counter[tuple[str, ...]]:
        between = (tuple(self.lines[one.end : other.line - 1]) for one, other in pairwise(entries))
        return Counter(lines for lines in between if not "".join(lines).strip())

    def gap_below_heading(self) -> list[str]:
        """The blank lines that stand between a heading and its first entry or table."""
        gaps: Counter[tuple[str, ...]] = Counter()
        for stretch in self.stretches.values():
            if stretch.entries:
                header = self.header(stretch)
                first = stretch.entries[0].line - 1 if header is None else header
                lines = tuple(self.lines[stretch.start : first])
                if not "".join(lines).strip():
                    gaps[lines] += 1
        return list(gaps.most_common(1)[0][0]) if gaps else [self.eol]

    def place(self, stretch: Stretch, paper_id: str) -> int:
        """Before which of the entries a new one belongs; their number for behind the last.

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

        def misplaced(at: int) -> int:
            above = sum(key is not None and (key < new) == newest_first for key in keys[:at])
            return above + sum(key is not None and (key > new) == newest_first for key in keys[at:])

        places = range(len(keys) + 1)
        return min(places if newest_first else reversed(places), key=misplaced)

    def _newest_first(self, stretch: Stretch) -> bool | None:
        pairs = _falling(stretch.entries)
        if len(pairs) < FEW_PAIRS:
            pairs = [pair for one in self.stretches.values() for pair in _falling(one.entries)]
        share = sum(pairs) / len(pairs) if pairs else 0.5
        if share >= CLEAR_ORDER:
            return True
        return False if share <= 1 - CLEAR_ORDER else None


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
    digits = paper_id.rpartition("/")[2]
    year = int(digits[:2])
    return year + (1900 if year > 90 else 2000), digits[2:].replace(".", "")
