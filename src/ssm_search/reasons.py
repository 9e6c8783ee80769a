"""Ranked rows → hits that say why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ssm_search.corpus import Corpus
from ssm_search.display import Hits
from ssm_search.papers import Category, Hit, Why
from ssm_search.question import Question
from ssm_search.segmented import SegmentedIndex
from ssm_search.text import sentences, terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REMEMBERED = 10_000  # papers whose sentences are cut once, not for every query


class Reasons:
    """Finds out what in each paper of a corpus answered a question."""

    def __init__(self, corpus: Corpus):
        self._corpus = corpus
        self._sentences = lru_cache(REMEMBERED)(self._cut)

    def hits(
        self,
        rows: NDArray[np.int64],
        scores: NDArray[np.float32],
        question: Question,
        *,
        exact: Sequence[int] = (),
        headings: Collection[Category] = (),
    ) -> Hits:
        """The papers of ``rows`` as hits, in that order.

        Args:
            scores: of all rows, shape (n,).
            exact: rows that the question is the title, id or link of.
            headings: those of the papers that were asked about.
        """
        papers = self._corpus.papers
        return Hits(
            Hit(
                paper=papers[row],
                score=float(scores[row]),
                rank=rank,
                why=Why(
                    terms=self._found_terms(row, question),
                    sentence=self._nearest_sentence(row, question),
                    heading=next((p for p in papers[row].categories if p in headings), ()),
                    exact=row in exact,
                ),
            )
            for rank, row in enumerate(map(int, rows), start=1)
        )

    def _found_terms(self, row: int, question: Question) -> tuple[str, ...]:
        index = self._corpus.index
        return tuple(word for stem, word in question.words.items() if index.has_term(row, stem))

    def _nearest_sentence(self, row: int, question: Question) -> str:
        """The sentence of the abstract that is nearest to the question, if the text is at hand."""
        found = self._sentences(row)
        if not found:
            return ""
        index = self._corpus.index
        if isinstance(index, SegmentedIndex):  # without vectors of sentences
            return sharing_most(found, question)
        scores = index.sentence_scores(row, question.vector)[-len(found) :]
        return found[int(scores.argmax())]

    def _cut(self, row: int) -> list[str]:
        at_hand = self._corpus.is_indexed_text(row)
        return sentences(self._corpus.papers[row].abstract if at_hand else "")


def sharing_most(sentences: Sequence[str], question: Question) -> str:
    """The sentence with the most terms of the question, the first of several; "" if none has any.

    For papers whose sentences have no vectors.
    """
    shared = [len({stem for stem, _ in terms(x)} & question.words.keys()) for x in sentences]
    return sentences[shared.index(max(shared))] if any(shared) else ""
