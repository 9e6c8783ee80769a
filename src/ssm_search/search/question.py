"""A question as the index needs it: a vector, and terms that it knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding import Encoder, encode_query, encode_sorted
from ssm_search.errors import IndexFolderError, QueryError
from ssm_search.index import Rows
from ssm_search.text import nearest_word, terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_QUERY_CHARS = 100_000
MAX_RESPELLED = 20  # words; a text with more unknown ones is about something else


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        vector: unit vector, shape (d,).
        stems: the terms to look for, in order, repeated as they are in the text.
        words: each stem's word, as people should be shown it.
    """

    vector: NDArray[np.float32]
    stems: tuple[str, ...]
    words: dict[str, str]


def understand(text: str, rows: Rows, encoder: Encoder) -> Question:
    """A query as a question; words that no row has are read as their nearest spelling.

    Raises:
        IndexFolderError: the encoder's vectors are not as wide as the index.
    """
    found = terms(text)
    unknown = dict.fromkeys(word for stem, word in found if not rows.knows(stem))
    respelled = {}
    for word in list(unknown)[:MAX_RESPELLED]:
        if better := nearest_word(word, rows.words):
            respelled[word] = better
            text = re.sub(rf"\b{re.escape(word)}\b", better, text.casefold())
    pairs = []
    for stem, word in found:
        if better := respelled.get(word, ""):
            pairs.append((terms(better)[0][0], f"{better} (for {word})"))
        else:
            pairs.append((stem, word))
    return _question(_fitting(encode_query(encoder, text), rows), pairs)


def as_document(text: str, rows: Rows, encoder: Encoder) -> Question:
    """A paper that is not listed as a question: encoded as the listed ones are, nothing respelled.

    Raises:
        IndexFolderError: the encoder's vectors are not as wide as the index.
    """
    return _question(_fitting(encode_sorted(encoder, [text])[0], rows), terms(text))


def of_listed(row: int, rows: Rows) -> Question:
    """A listed paper as a question: its stored vector, and the terms of its title."""
    return _question(rows.vectors([row])[0], terms(rows.papers([row])[0].title))


def merged(questions: Sequence[Question]) -> Question:
    """Several questions as one, for saying what an answer has to do with them."""
    total = np.sum([question.vector for question in questions], axis=0)
    length = float(np.linalg.norm(total))
    vector = total / length if length else questions[0].vector
    pairs = [(stem, question.words[stem]) for question in questions for stem in question.stems]
    return _question(vector, pairs)


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


def _question(vector: NDArray[np.float32], pairs: list[tuple[str, str]]) -> Question:
    words: dict[str, str] = {}
    for stem, word in pairs:
        words.setdefault(stem, word)
    return Question(vector, tuple(stem for stem, _ in pairs), words)


def _fitting(vector: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    if len(rows) and len(vector) != rows.dimension:
        raise IndexFolderError(
            f"the encoder gives {len(vector)} dimensions, the index has {rows.dimension}; "
            "query with the encoder that built it"
        )
    return vector
