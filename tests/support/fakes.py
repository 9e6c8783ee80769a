"""Encoders whose arithmetic can be done by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ssm_search.encoding.encoded import Encoded, EncodedQuery
from ssm_search.encoding.pieces import WordPieces
from ssm_search.text import STOP_WORDS
from ssm_search.vectors import as_bytes

AXES = ("video", "graph", "audio", "text")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LIKE = {"film": "video", "lattice": "graph", "sound": "audio"}
"""Words, each with the one of ``AXES`` that it is near."""


class WordEncoder:
    """Counts the words of ``AXES``, one axis each and a last one for none of them; unit length.

    "video" is (1, 0, 0, 0, 0), "video graph" (√½, √½, 0, 0, 0), "anything" (0, 0, 0, 0, 1). It
    gives no vectors of words.
    """

    fingerprint = "words-1"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        self.encoded += texts
        rows = []
        for text in texts:
            words = text.casefold().replace(".", " ").replace(",", " ").split()
            counts = [words.count(axis) for axis in AXES]
            row = np.array([*counts, 0 if any(counts) else 1], dtype=np.float32)
            rows.append(row / np.linalg.norm(row))
        return np.stack(rows) if rows else np.zeros((0, len(AXES) + 1), dtype=np.float32)


class TokenEncoder(WordEncoder):
    """The same vectors of texts, and vectors of their words, for late interaction.

    A word has an axis of its own if it is one of ``AXES``, else that of its first letter; one of
    ``LIKE`` has .8 on the axis of the word that it is near and .6 on that of its letter. So "film"
    and "video" have a cosine of .8, "film" and "fox" one of .6, "fox" and "fish" one of 1, "fox"
    and "video" one of 0. In a question, words of ``AXES`` and ``LIKE`` weigh three times as much as
    others. Documents leave stop words out, if there is any other word.
    """

    fingerprint = "tokens-1"

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        words = [self._words(text, stop_words=False) for text in texts]
        starts = np.cumsum([0, *map(len, words)]).astype(np.int64)
        vectors = [word_vector(word) for found in words for word, _, _ in found]
        rows = np.array(vectors, dtype=np.float32).reshape(len(vectors), len(AXES) + len(LETTERS))
        return Encoded(self.encode(texts), as_bytes(rows), starts)

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        words = self._words(text, stop_words=True)
        weights = np.array([3 if w in AXES or w in LIKE else 1 for w, _, _ in words], np.float32)
        return EncodedQuery(
            self.encode([text])[0],
            np.array([word_vector(word) for word, _, _ in words], dtype=np.float32),
            weights / weights.sum(),
            np.array([(start, end) for _, start, end in words], dtype=np.int32),
        )

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        words = self._words(text, stop_words=False)
        return np.array([(start, end) for _, start, end in words], dtype=np.int32)

    def _words(self, text: str, *, stop_words: bool) -> list[tuple[str, int, int]]:
        found = [(m[0].casefold(), m.start(), m.end()) for m in re.finditer(r"\w+", text)]
        kept = [word for word in found if stop_words or word[0] not in STOP_WORDS]
        return kept or found or [("", 0, len(text))]


def word_vector(word: str) -> NDArray[np.float32]:
    """The unit vector of a word; of one that begins with no letter, as if that was an "a"."""
    vector = np.zeros(len(AXES) + len(LETTERS), dtype=np.float32)
    letter = len(AXES) + max(LETTERS.find(word[:1]), 0)
    if word in AXES:
        vector[AXES.index(word)] = 1
    elif word in LIKE:
        vector[AXES.index(LIKE[word])], vector[letter] = 0.8, 0.6
    else:
        vector[letter] = 1
    return vector


def fake_pieces(encoder: object) -> WordPieces | None:
    """Those of a :class:`TokenEncoder`: the words of ``AXES`` and ``LIKE``, and single letters."""
    if not isinstance(encoder, TokenEncoder):
        return None
    texts = (*AXES, *LIKE, *LETTERS, *(f"##{letter}" for letter in LETTERS))
    vectors = np.array([word_vector(text.removeprefix("##")) for text in texts], np.float32)
    weights = np.array([3 if len(text) > 3 else 1 for text in texts], np.float32)
    return WordPieces(texts, vectors, weights)
