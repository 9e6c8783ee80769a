"""What is found wrong in a list, and the list as the checks that look for it see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ssm_search.awesome import Entry, ListReading, linked, reading_of
from ssm_search.awesome.writing import edits
from ssm_search.diffs import unified_diff
from ssm_search.papers import Abstract, Category, Paper
from ssm_search.search import Likeness, Search, duplicate_pairs, filed_anew, title_likeness
from ssm_search.upkeep.answers import Answers
from ssm_search.upkeep.problems import is_wrong_id
from ssm_search.upkeep.spelling import every_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal[
    "unread",
    "duplicate",
    "link",
    "moved",
    "archived",
    "venue",
    "code",
    "title",
    "year",
    "spelling",
    "misfiled",
    "apart",
    "merge",
    "split",
]
Certainty = Literal["proven", "answered", "recorded", "likely", "possible"]
CERTAINTIES: tuple[Certainty, ...] = ("proven", "answered", "recorded", "likely", "possible")

SAME_PAPER = 0.7
"""Likeness of a listed title and arXiv's from which on one is the other, reworded. Of twelve lists'
titles whose link leads to another paper, the most alike are .62."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a list that deserves a look.

    Attributes:
        kind: what is wrong: an entry that is "unread", a "duplicate", a "link" that is dead, one to
            what "moved" or is "archived", a "venue" or "code" that an entry lacks, a "title" or
            "year" that arXiv has otherwise, a "spelling", a paper "misfiled", two alike filed
            "apart", headings to "merge" or to "split".
        line: 1-based line of the list; 0 if there is none.
        message: the finding in a sentence.
        evidence: what speaks for it.
        patch: a change that would mend it, as a diff; "" if a person has to decide what to do.
        certainty: "proven" by the list itself, as the server of a link "answered", "recorded" by
            arXiv, "likely" by what the rest of the list is like, or no more than "possible".
        change: what the patch does.
    """

    kind: Kind
    line: int
    message: str
    evidence: tuple[str, ...] = ()
    patch: str = ""
    certainty: Certainty = "likely"
    change: edits.Change | None = field(default=None, repr=False)


class Visit:
    """A list, and what several checks need to know of it.

    Attributes:
        records: what arXiv says of its papers.
        answers: what servers answered for its links.
        topics: the headings that papers can be filed under.
        members: which paper stands under which of them, shape (n, C).
    """

    def __init__(
        self,
        search: Search,
        text: str,
        records: Mapping[str, Abstract],
        answers: Answers | None = None,
    ):
        self.search = search
        self.text = text
        self.records = records
        self.answers = answers or Answers()
        self.reading: ListReading = reading_of(text)
        self.layout = edits.Layout(text, self.reading)
        self.rows = search.rows.as_list()
        self.topics = self.rows.topics.paths
        self.members: NDArray[np.bool_] = self.rows.topics.members(search.papers)

    @cached_property
    def likely(self) -> NDArray[np.float64]:
        """The probabilities of all C topics for each of n papers, were it new; shape (n, C)."""
        return filed_anew(self.rows)

    @cached_property
    def pairs(self) -> Sequence[Likeness]:
        """The papers that look like one, by twos."""
        return duplicate_pairs(self.rows)

    @cached_property
    def likeness(self) -> NDArray[np.float64]:
        """How alike all papers are in words and meaning, shape (n, n)."""
        return (self.rows.list_index.paper_gram + self.rows.list_index.term_gram) / 2

    @cached_property
    def linked(self) -> list[tuple[int, str]]:
        """Each address that the list links to, with its line, from 1."""
        return linked(self.text)

    def recorded_title(self, paper: Paper) -> str:
        """The title that arXiv has for a paper; "" where that is not known."""
        record = self.records.get(paper.id)
        return " ".join(record.title.split()) if record else ""

    @cached_property
    def _entries(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.reading.entries:
            found[entry.paper.id].append(entry)
            found[entry.paper.url].append(entry)
        return found

    def entry(self, paper: Paper) -> Entry | None:
        """The first entry of the list for a paper of the index, or None."""
        named = self._entries.get(paper.id, ())
        # Of two pages with one title, the second's id is longer by what tells its address.
        linked = (
            entry
            for entry in self._entries.get(paper.url, ())
            if paper.id.startswith(entry.paper.id)
        )
        return next(iter(named), None) or next(linked, None)

    def named(self, paper_id: str) -> list[Paper]:
        """What each entry of one id says of its paper."""
        return [entry.paper for entry in self._entries.get(paper_id, ())]

    def is_doubtful(self, paper: Paper) -> bool:
        """Whether the arXiv id of an entry may be another paper's, so that it tells nothing."""
        titles = [other.title for other in self.named(paper.id)]
        if recorded := self.recorded_title(paper):
            titles.append(recorded)
        return is_wrong_id(paper.id) or not all(may_be_one(paper.title, one) for one in titles)

    def entry_on(self, line: int) -> Entry | None:
        """The entry that has something on a line, from 1; None if none has."""
        standing = (
            entry
            for entry in self.reading.entries
            if entry.line <= line <= max(entry.end, self.layout.last(entry))
        )
        return max(standing, key=lambda entry: (entry.line, entry.strength), default=None)

    def line(self, paper: Paper) -> int:
        """The line, from 1, of the first entry for a paper of the index; 0 if there is none."""
        entry = self.entry(paper)
        return entry.line if entry else 0

    def heading_line(self, category: Category) -> int:
        """The line, from 1, of a heading; 0 for a part of a path that has no line of its own."""
        return next((s.line for s in self.reading.sections if s.category == category), 0)


def may_be_one(one: str, other: str) -> bool:
    """Whether two titles may be of one paper: alike, or one with more words than the other."""
    ours, theirs = set(every_word(one)), set(every_word(other))
    alike = title_likeness(one, other) >= SAME_PAPER
    return alike or ours <= theirs or theirs <= ours


def with_patches(findings: Sequence[Finding], visit: Visit, name: str) -> list[Finding]:
    """``findings``, each with the patch of its change if that is sound, and else without both."""
    changes = [finding.change for finding in findings if finding.change]
    sound = edits.sound(visit.text, visit.reading, changes)
    return [
        replace(finding, patch=_diff(visit.text, [finding.change], name))
        if finding.change in sound
        else replace(finding, change=None)
        for finding in findings
    ]


def combined_patch(
    findings: Sequence[Finding], text: str, name: str = "README.md"
) -> tuple[str, list[Finding]]:
    """One diff with the patches of several findings, and those left out of it.

    Args:
        findings: what :func:`~ssm_search.upkeep.doctor.examine` found in ``text``, surest first;
            of two that change the same words, the first is taken.
        text, name: the list, and its file name in the diff.
    """
    taken: list[edits.Change] = []
    left_out = []
    for finding in findings:
        change = finding.change
        if change is None or any(edits.clash(change, one) for one in taken):
            left_out.append(finding)
        else:
            taken.append(change)
    return _diff(text, taken, name), left_out


def shown_path(category: Category) -> str:
    """A heading with those above it, on one line: “Computer Vision › Video”."""
    return " › ".join(category)


def _diff(text: str, changes: Sequence[edits.Change | None], name: str) -> str:
    return unified_diff(text, edits.applied(text, filter(None, changes)), name)
