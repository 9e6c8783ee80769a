"""A question as the index needs it: a vector, and terms that it knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding import EncodedQuery, Encoder, encode_documents
from ssm_search.errors import IndexFolderError, QueryError
from ssm_search.index import Rows
from ssm_search.ranking import fusion
from ssm_search.text import asked_terms, nearest_words, terms
from ssm_search.words import RowVectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_QUERY_CHARS = 100_000
MAX_RESPELLED = 20  # words; a text with more unknown ones is about something else


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        vector: unit vector, shape (d,).
        word_vectors: unit vectors of words, float32, shape (t, w).
        word_weights: how much each of them matters, float32, shape (t,); they sum to 1.
        word_texts: the word in the text that each of them is, or is a part of; t of them, or none
            where a paper that is listed is asked about.
        stems: the terms to look for, in order, repeated as they are in the text.
        words: each stem's word, as people should be shown it.
        weights: the shares of the signals in a score.
    """

    vector: NDArray[np.float32]
    word_vectors: NDArray[np.float32]
    word_weights: NDArray[np.float32]
    word_texts: tuple[str, ...]
    stems: tuple[str, ...]
    words: dict[str, str]
    weights: fusion.Weights


def understand(text: str, rows: Rows, encoded: Callable[[str], EncodedQuery]) -> Question:
    """A query as a question; words that no row has are read as their nearest spelling.

    Args:
        encoded: encodes a query.

    Raises:
        IndexFolderError: the encoder's vectors are not as wide as the index.
    """
    found = asked_terms(text)
    unknown = dict.fromkeys(word for stem, word in found if not rows.knows(stem))
    respelled = {}
    for word in list(unknown)[:MAX_RESPELLED]:
        if better := _likeliest(nearest_words(word, rows.words), rows):
            respelled[word] = better
            text = re.sub(rf"\b{re.escape(word)}\b", better, text.casefold())
    pairs = []
    for stem, word in found:
        if better := respelled.get(word, ""):
            pairs.append((terms(better)[0][0], f"{better} (for {word})"))
        else:
            pairs.append((stem, word))
    asked = encoded(text)
    _check_width(asked.vector, rows)
    texts = tuple(whole_word(text, int(start), int(end)) for start, end in asked.spans)
    stems, words = _stems_and_words(pairs)
    return Question(
        asked.vector, asked.words, asked.weights, texts, stems, words, weights=fusion.FOR_QUESTIONS
    )


def _likeliest(words: Sequence[str], rows: Rows) -> str | None:
    """The word that most papers have, the first of several."""
    stems = {word: stem for word in words for stem, _ in terms(word)[:1]}
    rarity = rows.idf(stems.values())
    return min(stems, key=lambda word: rarity[stems[word]], default=None)


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that is not listed.

    Attributes:
        question: what to compare others with.
        encoded: what an encoder made of it, one row.
    """

    question: Question
    encoded: RowVectors


def as_document(title: str, text: str, rows: Rows, encoder: Encoder) -> Document:
    """A paper that is not listed, encoded as the listed ones are, nothing respelled.

    Args:
        title: what ``text`` begins with; the words of all the text are asked for if it is "".

    Raises:
        IndexFolderError: the encoder's vectors are not as wide as the index.
    """
    made = encode_documents(encoder, [text])
    encoded = RowVectors.by(encoder, made, [title], pool=False)
    _check_width(encoded.vectors[0], rows)
    asked = _paper_question(encoded.vectors[0], encoded.words.title_of(0), terms(text))
    return Document(asked, encoded)


def of_listed(row: int, rows: Rows) -> Question:
    """A listed paper as a question: its stored vector, and the words of its title."""
    title = rows.papers([row])[0].title
    return _paper_question(rows.vectors([row])[0], rows.title_words(row), terms(title))


def merged(questions: Sequence[Question]) -> Question:
    """Several questions as one, for saying what an answer has to do with them."""
    total = np.sum([question.vector for question in questions], axis=0)
    length = float(np.linalg.norm(total))
    stems, words = _stems_and_words(
        [(stem, question.words[stem]) for question in questions for stem in question.stems]
    )
    return replace(
        questions[0],
        vector=total / length if length else questions[0].vector,
        word_vectors=np.concatenate([question.word_vectors for question in questions]),
        word_weights=np.concatenate([one.word_weights / len(questions) for one in questions]),
        word_texts=tuple(text for question in questions for text in question.word_texts),
        stems=stems,
        words=words,
    )


def checked_query(text: str) -> str:
    """Check that ``text`` can be asked, and give it without what no encoder takes.

    Raises:
        QueryError: it is no text, empty, or longer than ``MAX_QUERY_CHARS``.
    """
    if not isinstance(text, str):
        raise QueryError(f"the query is {text!r:.100}; expected a text, such as 'mamba for video'")
    # Lone surrogates, which shells can pass on, are not text that can be encoded.
    text = text.encode("utf-8", "replace").decode().replace("\0", " ").strip()
    if not any(char.isalnum() or not char.isascii() for char in text):
        raise QueryError("the query is empty; type a few words, a title, or an arXiv id")
    if len(text) > MAX_QUERY_CHARS:
        raise QueryError(
            f"the query has {len(text):,} characters, more than {MAX_QUERY_CHARS:,}; "
            "ask with the abstract instead of the whole paper"
        )
    return text


def _paper_question(
    vector: NDArray[np.float32], words: NDArray[np.float32], pairs: list[tuple[str, str]]
) -> Question:
    equal = np.full(len(words), 1 / max(len(words), 1), dtype=np.float32)
    stems, shown = _stems_and_words(pairs)
    return Question(vector, words, equal, (), stems, shown, weights=fusion.FOR_PAPERS)


def _stems_and_words(pairs: list[tuple[str, str]]) -> tuple[tuple[str, ...], dict[str, str]]:
    words: dict[str, str] = {}
    for stem, word in pairs:
        words.setdefault(stem, word)
    return tuple(stem for stem, _ in pairs), words


def whole_word(text: str, start: int, end: int) -> str:
    """The word around the characters from ``start`` to ``end``: "mamba", of which "##mba" is."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]


def _check_width(vector: NDArray[np.float32], rows: Rows) -> None:
    if len(rows) and len(vector) != rows.dimension:
        raise IndexFolderError(
            f"the encoder gives {len(vector)} dimensions, the index has {rows.dimension}; "
            "query with the encoder that built it"
        )
