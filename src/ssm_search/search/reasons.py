"""Ranked rows → hits that say why."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.index import Candidates, Rows
from ssm_search.papers import Category, Hit, Paper, Why, full_text
from ssm_search.search.hits import Hits
from ssm_search.search.question import Question, whole_word
from ssm_search.tex import plain_text
from ssm_search.text import is_term, sentences, terms
from ssm_search.vectors import product
from ssm_search.words import late

if TYPE_CHECKING:
    from numpy.typing import NDArray

REMEMBERED = 10_000  # papers whose text is cut once, not for every query
NEAR_WORD = 0.7
"""Cosine of two words from which on one is a reason for the other. Of 157 questions to three lists
pairs below it are chance in most cases ("play ≈ via" .63, "camera ≈ Control" .68), those above mean
the same in most ("law ≈ legal" .70, "fast ≈ faster" .72, "cars ≈ vehicles" .80)."""
NEAR_WORDS = 3  # shown of each answer
COMMON = math.log(2)
"""Idf of a word that half of the papers have: it tells none of them from the others."""


AskedWord = tuple[int, str, frozenset[str]]
"""A word of a question: its place among them, its text, and the stems of that."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The words of a paper, and where they are in its text.

    Attributes:
        words: unit vectors times 127, int8, shape (t, w).
        begins: uint16, shape (t,); at which character each of them begins.
        sentences: those of the abstract that have any of them.
        edges: int64, shape (2 s,); of each such sentence its first word, and the one after its
            last.
    """

    words: NDArray[np.int8]
    begins: NDArray[np.uint16]
    sentences: tuple[str, ...]
    edges: NDArray[np.int64]


class Reasons:
    """Finds out what in each paper answered a question."""

    def __init__(self, rows: Rows):
        self._rows = rows
        self._sentences = lru_cache(REMEMBERED)(self._cut)
        self._words = lru_cache(REMEMBERED)(self._read)

    # Long: half of it explains the arguments.
    def hits(
        self,
        candidates: Candidates,
        places: Sequence[int] | NDArray[np.int64],
        scores: NDArray[np.float32],
        question: Question,
        *,
        exact: Collection[int] = (),
        headings: Collection[Category] = (),
        confidences: NDArray[np.float64] | None = None,
        close: Sequence[bool] | None = None,
    ) -> Hits:
        """The candidates at ``places`` as hits, in that order.

        Args:
            scores: of all candidates, shape (m,).
            exact: rows that the question is the title, id or link of.
            headings: those of the papers that were asked about.
            confidences: of ``places``; None where none are known.
            close: which of them are about the same as the question at all; None for all.
        """
        rows = [candidates.numbers[place] for place in places]
        having = self._rows.terms_of(candidates, [int(at) for at in places], question.words)
        papers, words = self._rows.papers(rows), _weightiest_first(question)
        idf = self._rows.idf(question.words)
        telling = sorted(question.words, key=lambda stem: -idf[stem])
        hits = Hits()
        for place, row, paper, has in zip(places, rows, papers, having, strict=True):
            is_close = close is None or close[len(hits)]
            near: tuple[tuple[str, str], ...] = ()
            sentence = ""
            if is_close:
                near, sentence = self._met(row, paper, question, words, has)
            found = [stem for stem in telling if stem in has]
            found = [stem for stem in found if idf[stem] > COMMON] or found
            title = {stem for stem, _ in terms(paper.title)}
            sure = None if confidences is None else float(confidences[len(hits)])
            why = Why(
                terms=tuple(question.words[stem] for stem in found),
                near=near,
                sentence=plain_text(sentence),
                heading=next(
                    (path for path in paper.categories if path in headings or _names(path, found)),
                    (),
                ),
                exact=row in exact,
                in_title=tuple(question.words[stem] for stem in found if stem in title),
            )
            if is_close and not str(why):
                why = replace(why, meaning=True)
            hits.append(Hit(paper, float(scores[place]), len(hits) + 1, why, sure))
        return hits

    def _met(
        self,
        row: int,
        paper: Paper,
        question: Question,
        words: Sequence[AskedWord],
        has: Collection[str],
    ) -> tuple[tuple[tuple[str, str], ...], str]:
        """The words that came near each other, and the sentence that answers best."""
        read = self._words(row, paper) if len(question.word_vectors) else None
        if read is None:
            found = self._sentences(row, paper)
            return (), _sharing_most([sentence for sentence, _ in found], question)
        cosines = late.word_cosines(question.word_vectors, read.words)
        near = _near_words(cosines, read, full_text(paper), words, has)
        return near, _answering(read, cosines, question.word_weights)

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

    def _read(self, row: int, paper: Paper) -> _Read | None:
        """The words of a row as far as its text is at hand; None where the row has none."""
        at_hand = self._rows.is_indexed_text(row, paper)
        stored = self._rows.words_of(row, len(full_text(paper) if at_hand else paper.title))
        if stored is None:
            return None
        words, begins = stored
        found = self._sentences(row, paper)
        places = [(start, start + len(sentence)) for sentence, start in found]
        edges = np.searchsorted(begins, np.array(places, dtype=np.int64).reshape(-1, 2))
        some = edges[:, 0] < edges[:, 1]
        having = tuple(sentence for (sentence, _), any_ in zip(found, some, strict=True) if any_)
        shown = having or tuple(sentence for sentence, _ in found)
        return _Read(words, begins, shown, edges[some].ravel())


def _names(path: Category, stems: Collection[str]) -> bool:
    """Whether the name of a heading has any of ``stems``."""
    return not {stem for stem, _ in terms(path[-1])}.isdisjoint(stems)


def _weightiest_first(question: Question) -> list[AskedWord]:
    """The words of a question that have a text, with those stems of each that are looked for."""
    texts = question.word_texts
    order = np.argsort(-question.word_weights, kind="stable").tolist() if texts else []
    stems = [{stem for stem, _ in terms(text)} & question.words.keys() for text in texts]
    return [(at, texts[at], frozenset(stems[at])) for at in order]


def _near_words(
    cosines: NDArray[np.float32],
    read: _Read,
    text: str,
    words: Sequence[AskedWord],
    has: Collection[str],
) -> tuple[tuple[str, str], ...]:
    """The question's words that a paper has not, weightiest first, with those nearest to them.

    Args:
        cosines: of the question's words with the paper's, shape (t, u).
        read: the words of the paper, in ``text``.
        words: of the question, weightiest first.
        has: the stems that the paper has.
    """
    found: list[tuple[str, str]] = []
    met = set(has)
    largest = cosines.max(axis=1, initial=-1.0).tolist()
    for at, asked, stems in words:
        if len(found) == NEAR_WORDS:
            break
        may_be_near = largest[at] >= NEAR_WORD and stems and stems.isdisjoint(met)
        if may_be_near and (near := _nearest_term(cosines[at], read, text)):
            found.append((asked, near))
            met |= stems
    return tuple(found)


def _nearest_term(cosines: NDArray[np.float32], read: _Read, text: str) -> str:
    """The nearest word of a paper that can be asked for, no stop word; "" if none is near."""
    near = np.flatnonzero(cosines >= NEAR_WORD)
    for place in near[np.argsort(-cosines[near], kind="stable")].tolist():
        begin = int(read.begins[place])
        word = whole_word(text, begin, begin + 1)
        if is_term(word):
            return word
    return ""


def _answering(read: _Read, cosines: NDArray[np.float32], weights: NDArray[np.float32]) -> str:
    """The sentence whose words answer the question's best; "" where there is none.

    Args:
        cosines: of the question's words with the paper's, shape (t, u).
        weights: of the question's words, shape (t,).
    """
    if not len(read.edges):
        return read.sentences[0] if read.sentences else ""
    after_last = np.full((len(cosines), 1), -1, dtype=np.float32)
    ended = np.concatenate([cosines, after_last], axis=1)
    nearest = np.maximum.reduceat(ended, read.edges, axis=1)[:, ::2]
    return read.sentences[int(product(weights, nearest).argmax())]


def _sharing_most(sentences: Sequence[str], question: Question) -> str:
    """The sentence with the most terms of the question, the first of several; "" if none has any.

    For papers whose words have no vectors of their own.
    """
    shared = [len({stem for stem, _ in terms(x)} & question.words.keys()) for x in sentences]
    return sentences[shared.index(max(shared))] if any(shared) else ""
