"""A paper → where it belongs on the list, and which listed papers it already is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.errors import ListError
from ssm_search.index import Candidates, LocalRows
from ssm_search.occasions import new_year, occasion_of
from ssm_search.papers import Category, CategorySuggestion, Duplicate, Paper, Placement, Verdict
from ssm_search.ranking import confidence, filing, fusion
from ssm_search.search.duplicates import find_duplicates
from ssm_search.search.likeness import ToFile, likely_parent, listed, of_new, similarities, without
from ssm_search.search.question import Question
from ssm_search.search.reasons import Reasons
from ssm_search.search.signals import signals_of
from ssm_search.text import first_sentence, terms, words_of
from ssm_search.words import RowVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCOPE_LEVEL = 0.002
"""Scope below which a paper is off topic. By title and abstract that is said of .006 of the papers
of eleven lists, as if they were not listed, and of .74 of machine-learning papers at random; if
``TELLING_FIT`` did not count, of .007 and .82 (``make bench-categories``)."""
DOUBTED = 0.023  # scope below which nothing is said for sure: two deviations from the mean
DOUBTED_SHORT = 0.1  # the same, where a short text does not even name what the list is about
FIT_LEVEL = 0.05  # one listed paper in twenty would be turned away
TELLING_FIT = 0.75  # of a heading, for a scope that says otherwise to be doubted
SHORT_WORDS = 40  # a title and a sentence; no more does not tell whether a heading fits
SUBJECT = 0.25  # share of the listed titles that have a word of what the list is about
EVIDENCE = 3  # papers shown for each suggested heading


@dataclass(frozen=True, slots=True)
class Seed:
    """A paper that is asked about.

    Attributes:
        row: of the listed paper that it is, or None.
        question: what to compare others with.
        encoded: what an encoder made of a paper that is not listed, one row.
        text: what was encoded then; "" of a listed one.
    """

    paper: Paper
    row: int | None
    question: Question
    encoded: RowVectors | None = None
    text: str = ""

    @property
    def is_short(self) -> bool:
        """Whether too little of a paper that is not listed is known to turn it away."""
        return self.row is None and len(words_of(self.text)) < SHORT_WORDS


def filed_anew(rows: LocalRows) -> NDArray[np.float64]:
    """The probabilities of ``rows.topics`` for each paper of a list, were it new; shape (n, C)."""
    index, headings = rows.list_index, rows.topics
    known = listed(index, rows.listing, headings)
    similar = similarities(known, known, index, headings)
    return filing.judge_listed(similar, headings.members(rows.listing), rows.manifest.calibration)


class Placing:
    """What the papers of a list say about others; what depends on the list alone is found once."""

    def __init__(self, rows: LocalRows, reasons: Reasons):
        self._rows = rows
        self._reasons = reasons

    def place(self, seed: Seed, candidates: Candidates, k: int) -> Placement:
        """The verdict and the ``k`` likeliest headings.

        Args:
            candidates: all papers of the list, scored for what ``seed`` asks.
        """
        judgement = self.judge(seed)
        paths = self._rows.topics.paths
        scope, fit = float(judgement.scope[0]), float(judgement.fit[0])
        verdict = self._verdict(seed, scope, fit)
        is_doubtful = seed.is_short and not self._names_subject(seed)
        nothing = is_doubtful and self.about(seed, candidates) < confidence.NOTHING
        if nothing:
            # As a question would be told. Of 500 titles of other lists on Mamba alone at most 8 are
            # turned away for that, none without it; of 500 on machine learning at random up to
            # 334, for 66 (measured when texts that name the subject counted too).
            verdict = "unsure" if verdict == "fits" else "off topic"
        probabilities = judgement.probabilities[0]
        scores = candidates.scores[0]
        under = self._members.copy()
        if seed.row is not None:
            under[seed.row] = False
        suggestions = []
        for at in np.argsort(-probabilities, kind="stable")[:k]:
            rows = fusion.top_rows(scores, EVIDENCE, under[candidates.numbers, at])
            evidence = tuple(self._reasons.hits(candidates, rows, scores, seed.question))
            path = paths[at] or self._occasion(seed.paper)
            suggestions.append(CategorySuggestion(path, float(probabilities[at]), evidence))
        parent = likely_parent(probabilities, paths) if verdict == "no heading" else ()
        return Placement(verdict, tuple(suggestions), parent, scope, fit, nothing)

    def about(self, seed: Seed, candidates: Candidates) -> float:
        """The probability that any paper is about the same, as a question has it."""
        best = fusion.top_rows(candidates.scores[0], confidence.DEPTH, candidates.allowed).tolist()
        signals = signals_of(seed.question, 0, best, candidates, self._rows)
        return float(
            confidence.about_the_same(signals, self._rows.manifest.background).max(initial=0.0)
        )

    def _occasion(self, paper: Paper) -> Category:
        """The heading for its time of a list by years; () where that is not known, or no year."""
        headings = self._rows.headings
        filed = [next(iter(one.categories), ()) for one in self._rows.listing]
        try:
            path, doubt = occasion_of(headings, filed, (), paper)
            return () if doubt else path
        except ListError:
            added = new_year(headings, filed, (), paper)
            return added.category if added else ()

    def _verdict(self, seed: Seed, scope: float, fit: float) -> Verdict:
        named = self._names_subject(seed)
        if scope < SCOPE_LEVEL:
            doubted = named if seed.is_short else fit >= TELLING_FIT
            return "unsure" if doubted else "off topic"
        if scope < (DOUBTED_SHORT if seed.is_short and not named else DOUBTED):
            return "unsure"
        if not self._rows.topics.paths:
            return "no heading"
        return "fits" if fit >= FIT_LEVEL or seed.is_short else "no heading"

    def _names_subject(self, seed: Seed) -> bool:
        """Whether a text has a word of what the list is about: too short, it is not turned away."""
        return not self._subject.isdisjoint(seed.question.stems)

    def judge(self, seed: Seed) -> filing.Judgement:
        """Probabilities of all headings; a listed paper is judged as if it were not listed."""
        members = self._members
        index, headings = self._rows.list_index, self._rows.topics
        similar = similarities(self._asked(seed), self._listed, index, headings)
        if seed.row is not None:
            similar, members = without(similar, seed.row), np.delete(members, seed.row, axis=0)
        terms = len(seed.question.stems) if seed.row is None else index.term_count(seed.row)
        length = terms / index.mean_length
        return filing.judge(similar, members, self._rows.manifest.calibration, length)

    def duplicates(self, seed: Seed) -> list[Duplicate]:
        """The listed papers that it is."""
        return find_duplicates(seed.paper, self._asked(seed), self._rows)

    def _asked(self, seed: Seed) -> ToFile:
        if seed.encoded is None:
            assert seed.row is not None
            return self._listed.only(seed.row)
        title = seed.paper.title or first_sentence(seed.paper.abstract)
        index, headings = self._rows.list_index, self._rows.topics
        return of_new(title, seed.question.stems, seed.encoded, index, headings)

    @cached_property
    def _subject(self) -> frozenset[str]:
        """Stems that many of the listed titles have."""
        listing = self._rows.listing
        having = Counter(stem for one in listing for stem in {stem for stem, _ in terms(one.title)})
        return frozenset(stem for stem, count in having.items() if count >= SUBJECT * len(listing))

    @cached_property
    def _members(self) -> NDArray[np.bool_]:
        return self._rows.topics.members(self._rows.listing)

    @cached_property
    def _listed(self) -> ToFile:
        rows = self._rows
        return listed(rows.list_index, rows.listing, rows.topics)
