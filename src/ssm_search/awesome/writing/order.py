"""In what order the entries of a section stand, and where in it a new one belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.awesome.reading import Entry
from ssm_search.papers import Paper

CLEAR_ORDER = 0.7  # of neighbouring pairs, for entries to count as sorted by date
CLEAR_ALPHABET = 0.9  # by title or name, whose first letters fall into order by chance more often
FEW_PAIRS = 3  # in a section; with fewer, the whole list says how it is sorted

Key = Callable[[Paper], Any]  # None for what has none


def place(entries: Sequence[Entry], paper: Paper, everywhere: Iterable[Sequence[Entry]]) -> int:
    """The index of the entry that ``paper`` belongs before; their count for behind the last.

    Where the fewest are out of order then: by date (of arXiv ids, or printed years), newest first
    or last, or by name or title, as the others are; at the end if they are in no order.

    Args:
        everywhere: the sections of the list, which tell where the section has too few entries.
    """
    papers = [entry.paper for entry in entries]
    sections = [[entry.paper for entry in one] for one in everywhere]
    for key, clear in _ORDERS:
        falls = _falls(papers, sections, key, clear)
        if falls is None:
            continue
        if key(paper) is None:
            return 0 if falls else len(papers)
        return _fitting([key(one) for one in papers], key(paper), falls=falls)
    return len(papers)


def _falls(papers: list[Paper], sections: list[list[Paper]], key: Key, clear: float) -> bool | None:
    """Whether papers stand with the greatest key first; None if they are in no order of it."""
    pairs = _pairs(papers, key)
    if len(pairs) < FEW_PAIRS:
        pairs = [pair for one in sections for pair in _pairs(one, key)]
    if not pairs:
        return None
    share = sum(pairs) / len(pairs)
    return True if share >= clear else False if share <= 1 - clear else None


def _pairs(papers: Iterable[Paper], key: Key) -> list[bool]:
    """For each pair of neighbours with different keys, whether the lesser one is below."""
    keys = [found for paper in papers if (found := key(paper)) is not None]
    return [one > other for one, other in pairwise(keys) if one != other]


def _fitting(keys: list[Any], new: Any, *, falls: bool) -> int:
    misplaced = [sum(key is not None and (key > new) == falls for key in keys)]
    for key in keys:  # one place further down, it has this one above
        step = 0 if key is None else ((key < new) == falls) - ((key > new) == falls)
        misplaced.append(misplaced[-1] + step)
    places = range(len(keys) + 1)
    return min(places if falls else reversed(places), key=misplaced.__getitem__)


def _by_id(paper: Paper) -> tuple[int, str] | None:
    """When arXiv gave the id; None for what is not on arXiv."""
    if not arxiv_id(paper.id):
        return None
    return arxiv_month(paper.id)[0], paper.id.rpartition("/")[2][2:].replace(".", "")


def _by_year(paper: Paper) -> int | None:
    return paper.year or (arxiv_month(paper.id)[0] if arxiv_id(paper.id) else None)


def _by_name(paper: Paper) -> str | None:
    return paper.name.casefold() or None


def _by_title(paper: Paper) -> str | None:
    return paper.title.casefold() or None


_ORDERS: list[tuple[Key, float]] = [
    (_by_id, CLEAR_ORDER),
    (_by_year, CLEAR_ORDER),
    (_by_name, CLEAR_ALPHABET),
    (_by_title, CLEAR_ALPHABET),
]
