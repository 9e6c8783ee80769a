"""What is found wrong in a list, and the list as the checks that look for it see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from ssm_search.awesome import Entry, ListReading, read_list, unified_diff
from ssm_search.papers import Abstract, Category, Paper
from ssm_search.search import Search

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal[
    "unread", "duplicate", "title", "year", "spelling", "misfiled", "apart", "merge", "split"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a list that deserves a look.

    Attributes:
        kind: what is wrong: an entry that is "unread", a "duplicate", a "title" or "year" that
            arXiv has otherwise, a "spelling", a paper "misfiled", two alike filed "apart", headings
            to "merge" or to "split".
        line: 1-based line of the list; 0 if there is none.
        message: the finding in a sentence.
        evidence: what speaks for it.
        patch: a change that would mend it, as a diff; "" if a person has to decide what to do.
    """

    kind: Kind
    line: int
    message: str
    evidence: tuple[str, ...] = ()
    patch: str = ""


class Visit:
    """A list, and what several checks need to know of it.

    Attributes:
        records: what arXiv says of its papers.
        members: which paper stands under which heading, shape (n, C).
    """

    def __init__(self, search: Search, text: str, name: str, records: Mapping[str, Abstract]):
        self.search = search
        self.text = text
        self.name = name
        self.records = records
        self.reading: ListReading = read_list(text)
        self.members: NDArray[np.bool_] = search.rows.as_list().list_headings.members(search.papers)

    @cached_property
    def likely(self) -> NDArray[np.float64]:
        """The probabilities of all C headings for each of n papers, were it new; shape (n, C)."""
        found = [self.search.judge(paper.id).probabilities[0] for paper in self.search.papers]
        return np.array(found).reshape(self.members.shape)

    def patch(self, new: str) -> str:
        """The diff from the list to ``new``, another text of it; "" where ``new`` is ""."""
        return unified_diff(self.text, new, self.name) if new else ""

    def entry(self, paper: Paper) -> Entry | None:
        """The first entry of the list for a paper of the index, or None."""
        entries = self.reading.entries
        named = (entry for entry in entries if entry.paper.id == paper.id)
        # Of two pages with one title, the second's id is longer by what tells its address.
        linked = (
            entry
            for entry in entries
            if entry.paper.url == paper.url and paper.id.startswith(entry.paper.id)
        )
        return next(named, None) or next(linked, None)

    def line(self, paper: Paper) -> int:
        """The line, from 1, of the first entry for a paper of the index; 0 if there is none."""
        entry = self.entry(paper)
        return entry.line if entry else 0

    def heading_line(self, category: Category) -> int:
        """The line, from 1, of a heading; 0 for a part of a path that has no line of its own."""
        return next((s.line for s in self.reading.sections if s.category == category), 0)


def shown_path(category: Category) -> str:
    """A heading with those above it, on one line: “Computer Vision › Video”."""
    return " › ".join(category)
