"""Papers that fit no present heading → a name for the one that they could stand under."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ssm_search.papers import Paper
from ssm_search.search import Search
from ssm_search.text import terms

FEWEST = 3  # papers that make a heading
TITLED = 2
"""Titles that a name stands in: what stands in abstracts alone is often mere style ("struggle"). Of
97 headings of eleven lists with four papers or more, hidden one by one, 24 get no name for their
papers; 39 get one that shares a word with their own, and others often one that means the same
("Dialogue" for “Conversation”). Without the two bounds all get one, and 41 such a one."""
LONGEST = 3  # words in a name
RARE = 0.1  # share of the listed papers that may have it: the list's own subject names no heading
_WORD = re.compile(r"\w\w+")
_CLAUSE = re.compile(r"[^\w\s/-]+")  # no name reaches beyond a comma


@dataclass(frozen=True, slots=True)
class NewHeading:
    """A heading that a list may need.

    Attributes:
        name: a phrase of the papers' own.
        papers: those that have it, in their order.
    """

    name: str
    papers: tuple[Paper, ...]

    def __str__(self) -> str:
        return (
            f"{len(self.papers)} of these fit no present heading; a new one could be “{self.name}”"
        )


def new_headings(search: Search, unfit: Sequence[Paper]) -> tuple[NewHeading, ...]:
    """Name headings for papers that no present one fits, that of most papers first.

    A name is the phrase, of up to ``LONGEST`` words, that most of the papers have and fewest of the
    listed ones, by the number of those times its inverse document frequency among these (Spärck
    Jones 1972). What is left without a name is named in turn, as long as ``FEWEST`` papers share a
    phrase that stands in ``TITLED`` titles.

    Args:
        unfit: papers of which "no heading" is the verdict.
    """
    listed = search.rows.as_list().list_index
    everything = range(len(listed))

    @cache
    def share(stems: tuple[str, ...]) -> float:
        having = np.ones(len(listed), dtype=bool)
        for stem in stems:
            having &= listed.have_term(everything, stem)
        return float((having.sum() + 1) / (len(listed) + 1))

    found: list[NewHeading] = []
    left = [(one, _phrases(one.title), _phrases(f"{one.title}. {one.abstract}")) for one in unfit]
    while True:
        titled = Counter(stems for _, title, _ in left for stems in title)
        counts = Counter(stems for _, _, text in left for stems in text)
        shared = [stems for stems, n in titled.items() if n >= TITLED and counts[stems] >= FEWEST]
        shared = [stems for stems in shared if share(stems) <= RARE]
        if not shared:
            return tuple(found)
        best = max(
            shared, key=lambda stems: (-counts[stems] * math.log(share(stems)), len(stems), stems)
        )
        names = Counter(title[best] for _, title, _ in left if best in title)
        named = tuple(paper for paper, _, text in left if best in text)
        found.append(NewHeading(names.most_common(1)[0][0], named))
        left = [one for one in left if best not in one[2]]


def _phrases(text: str) -> dict[tuple[str, ...], str]:
    """The runs of words in a text, by their stems, as names are written: "KV Cache"."""
    found: dict[tuple[str, ...], str] = {}
    for clause in _CLAUSE.split(text):
        words = _WORD.findall(clause)
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                run = words[start:end]
                stems = tuple(stem for stem, _ in terms(" ".join(run)))
                if len(stems) == len(run):  # no stop word among them
                    cased = (word.title() if word.islower() else word for word in run)
                    found.setdefault(stems, " ".join(cased))
    return found
