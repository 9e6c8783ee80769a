"""Ranked rows → hits that say why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ssm_search.index import Candidates, Rows
from ssm_search.papers import Category, Hit, Paper, Why
from ssm_search.search.hits import Hits
from ssm_search.search.question import Question
from ssm_search.text import sentences, terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REMEMBERED = 10_000  # papers whose sentences are cut once, not for every query


class Reasons:
    """Finds out what in each paper answered a question."""

    def __init__(self, rows: Rows):
        self._rows = rows
        self._sentences = lru_cache(REMEMBERED)(self._cut)

    def hits(
        self,
        candidates: Candidates,
        places: Sequence[int] | NDArray[np.int64],
        scores: NDArray[np.float32],
        question: Question,
        *,
        exact: Collection[int] = (),
        headings: Collection[Category] = (),
    ) -> Hits:
        """The candidates at ``places`` as hits, in that order.

        Args:
            scores: of all candidates, shape (m,).
            exact: rows that the question is the title, id or link of.
            headings: those of the papers that were asked about.
        """
        rows = [candidates.numbers[place] for place in places]
        hits = Hits()
        for place, row, paper in zip(map(int, places), rows, self._rows.papers(rows), strict=True):
            has = self._rows.terms_of(candidates, place, question.words)
            why = Why(
                terms=tuple(word for stem, word in question.words.items() if stem in has),
                sentence=self._nearest_sentence(row, paper, question),
                heading=next((path for path in paper.categories if path in headings), ()),
                exact=row in exact,
            )
            hits.append(Hit(paper, float(scores[place]), len(hits) + 1, why))
        return hits

    def _nearest_sentence(self, row: int, paper: Paper, question: Question) -> str:
        """The sentence of the abstract that is nearest to the question, if the text is at hand."""
        found = self._sentences(row, paper)
        if not found:
            return ""
        scores = self._rows.sentence_scores(row, question.vector)
        if scores is None:
            return _sharing_most(found, question)
        return found[int(scores[-len(found) :].argmax())]

    def _cut(self, row: int, paper: Paper) -> list[str]:
        return sentences(paper.abstract if self._rows.is_indexed_text(row, paper) else "")


def _sharing_most(sentences: Sequence[str], question: Question) -> str:
    """The sentence with the most terms of the question, the first of several; "" if none has any.

    For papers whose sentences have no vectors.
    """
    shared = [len({stem for stem, _ in terms(x)} & question.words.keys()) for x in sentences]
    return sentences[shared.index(max(shared))] if any(shared) else ""
