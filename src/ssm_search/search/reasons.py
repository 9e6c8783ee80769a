"""Ranked rows → hits that say why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding import Encoder, WordEncoder, as_floats
from ssm_search.index import Candidates, Rows
from ssm_search.papers import Category, Hit, Paper, Why, full_text
from ssm_search.ranking import product
from ssm_search.search.hits import Hits
from ssm_search.search.question import Question, whole_word
from ssm_search.text import sentences, terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

REMEMBERED = 10_000  # papers whose text is cut once, not for every query
NEAR_WORD = 0.6
"""Cosine of two words from which on one is a reason for the other."""
NEAR_WORDS = 3  # shown of each answer


class Reasons:
    """Finds out what in each paper answered a question."""

    def __init__(self, rows: Rows, encoder: Callable[[], Encoder]):
        self._rows = rows
        self._encoder = encoder
        self._sentences = lru_cache(REMEMBERED)(self._cut)
        self._spans = lru_cache(REMEMBERED)(self._read)

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
            near, sentence = self._met(row, paper, question, has)
            why = Why(
                terms=tuple(word for stem, word in question.words.items() if stem in has),
                near=near,
                sentence=sentence,
                heading=next((path for path in paper.categories if path in headings), ()),
                exact=row in exact,
            )
            hits.append(Hit(paper, float(scores[place]), len(hits) + 1, why))
        return hits

    def _met(
        self, row: int, paper: Paper, question: Question, has: Collection[str]
    ) -> tuple[tuple[tuple[str, str], ...], str]:
        """The words that came near each other, and the sentence that answers best."""
        found = self._sentences(row, paper)
        stored = self._rows.words_of(row)
        if stored is None or not len(question.word_vectors):
            return (), _sharing_most([sentence for sentence, _ in found], question)
        spans = self._spans(row, paper)
        cosines = product(as_floats(stored[: len(spans)]), question.word_vectors.T)
        near = _near_words(cosines, spans, full_text(paper), question, has)
        return near, _answering(found, spans[:, 0], cosines, question.word_weights)

    def _cut(self, row: int, paper: Paper) -> list[tuple[str, int]]:
        """The sentences of the abstract that was indexed, and where in the text each begins."""
        if not self._rows.is_indexed_text(row, paper):
            return []
        text, found = full_text(paper), []
        start = len(text) - len(paper.abstract)
        for sentence in sentences(paper.abstract):
            start = text.index(sentence, start)
            found.append((sentence, start))
        return found

    def _read(self, row: int, paper: Paper) -> NDArray[np.int32]:
        """Where the words of a row are in its text, (t, 2), as far as the text is at hand."""
        encoder = self._encoder()
        if not isinstance(encoder, WordEncoder):
            return np.zeros((0, 2), dtype=np.int32)
        at_hand = self._rows.is_indexed_text(row, paper)
        spans = encoder.word_spans(full_text(paper) if at_hand else paper.title)
        stored = self._rows.words_of(row)
        assert stored is not None
        return spans[: len(stored)]


def _near_words(
    cosines: NDArray[np.float32],
    spans: NDArray[np.int32],
    text: str,
    question: Question,
    has: Collection[str],
) -> tuple[tuple[str, str], ...]:
    """The question's words that a paper has not, weightiest first, with those nearest to them.

    Args:
        cosines: of the paper's words with the question's, shape (u, t).
        has: the stems that the paper has.
    """
    found: list[tuple[str, str]] = []
    met = set(has)
    if not len(cosines) or not question.word_texts:
        return ()
    for at in np.argsort(-question.word_weights, kind="stable"):
        asked, nearest = question.word_texts[at], int(cosines[:, at].argmax())
        stems = {stem for stem, _ in terms(asked)}
        if stems and stems.isdisjoint(met) and cosines[nearest, at] >= NEAR_WORD:
            found.append((asked, whole_word(text, *map(int, spans[nearest]))))
            met |= stems
    return tuple(found[:NEAR_WORDS])


def _answering(
    found: Sequence[tuple[str, int]],
    places: NDArray[np.int32],
    cosines: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> str:
    """The sentence whose words answer the question's best; "" where there is none.

    Args:
        found: sentences, and where each begins.
        places: where each word of the paper begins, shape (u,), ascending.
        cosines: of the paper's words with the question's, shape (u, t).
        weights: of the question's words, shape (t,).
    """
    scores = []
    for sentence, start in found:
        first, end = np.searchsorted(places, [start, start + len(sentence)])
        nearest = cosines[first:end].max(axis=0, initial=-1.0)
        scores.append(float(product(nearest, weights)))
    return found[int(np.argmax(scores))][0] if scores else ""


def _sharing_most(sentences: Sequence[str], question: Question) -> str:
    """The sentence with the most terms of the question, the first of several; "" if none has any.

    For papers whose words have no vectors of their own.
    """
    shared = [len({stem for stem, _ in terms(x)} & question.words.keys()) for x in sentences]
    return sentences[shared.index(max(shared))] if any(shared) else ""
