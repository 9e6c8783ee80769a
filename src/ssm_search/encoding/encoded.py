"""What an encoder makes of texts: a vector of each, and small vectors of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arrays import packed, unpacked
from ssm_search.errors import EncoderError
from ssm_search.vectors import as_bytes, take_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vectors of n texts, and those of the words of each.

    Attributes:
        vectors: unit vectors, float32, shape (n, d).
        words: unit vectors of words times ``WORD_LEVELS``, int8, shape (t, w), those of one text
            after the other; shape (0, 0) from an encoder that gives none.
        starts: int64, shape (n + 1,); the words of text i are those from ``starts[i]`` up to
            ``starts[i + 1]``.
    """

    vectors: NDArray[np.float32]
    words: NDArray[np.int8]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vectors)

    def words_of(self, at: int) -> NDArray[np.int8]:
        """The words of one text, int8, shape (t, w)."""
        return self.words[self.starts[at] : self.starts[at + 1]]

    def to_bytes(self) -> bytes:
        """All of it, to be sent elsewhere."""
        return packed(vectors=self.vectors, words=self.words, starts=self.starts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Encoded:
        """What :meth:`to_bytes` gave."""
        return cls(**unpacked(data))

    def taken(self, places: Sequence[int] | NDArray[np.int64]) -> Encoded:
        """The texts at ``places``, in that order."""
        words, starts = take_runs(self.words, self.starts, places)
        return Encoded(self.vectors[np.asarray(places, dtype=np.int64)], words, starts)


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """One text as an encoder gives it, with what a question needs.

    Attributes:
        vector: unit vector, float32, shape (d,).
        words: unit vectors, float32, shape (t, w); none from an encoder that gives none.
        weights: float32, shape (t,), which sum to 1; how much each word matters.
        spans: int32, shape (t, 2); from which to which character of the text each word goes.
    """

    vector: NDArray[np.float32]
    words: NDArray[np.float32]
    weights: NDArray[np.float32]
    spans: NDArray[np.int32]

    @classmethod
    def of_nothing(cls, width: int, word_width: int) -> EncodedQuery:
        """What is near to nothing: a vector of ``width`` zeros, and no words."""
        words = np.zeros((0, word_width), np.float32), np.zeros(0, np.float32)
        return cls(np.zeros(width, np.float32), *words, np.zeros((0, 2), np.int32))


def without_words(vector: NDArray[np.float32]) -> EncodedQuery:
    """A text of which an encoder gives nothing but a unit vector, float32, shape (d,)."""
    return EncodedQuery(
        vector,
        words=np.zeros((0, 0), dtype=np.float32),
        weights=np.zeros(0, dtype=np.float32),
        spans=np.zeros((0, 2), dtype=np.int32),
    )


def gathered(texts: Sequence[EncodedQuery]) -> Encoded:
    """Texts that were encoded one by one; their weights and spans are let go."""
    starts = np.cumsum([0, *(len(text.words) for text in texts)]).astype(np.int64)
    if not texts:
        return Encoded(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.int8), starts)
    return Encoded(
        np.array([text.vector for text in texts], dtype=np.float32),
        as_bytes(np.concatenate([text.words for text in texts])),
        starts,
    )


def joined(parts: Sequence[Encoded]) -> Encoded:
    """Several as one, in the order in which they are given; at least one."""
    counts = [np.diff(part.starts) for part in parts]
    return Encoded(
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([part.words for part in parts]),
        np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64),
    )


def checked(encoded: Encoded, count: int) -> Encoded:
    """``encoded``, once it is what was promised of ``count`` texts.

    Raises:
        EncoderError: its vectors are not unit vectors of one width, or its words not of these
            texts.
    """
    starts, words = encoded.starts, encoded.words
    fits = words.ndim == 2 and words.dtype == np.int8 and starts.shape == (count + 1,)
    if not fits or starts[0] != 0 or starts[-1] != len(words) or (np.diff(starts) < 0).any():
        raise EncoderError(
            f"the encoder gave words of shape {words.shape} ({words.dtype}) that start at "
            f"{len(starts)} places for {count} texts; expected int8, (t, w), and {count + 1} places"
        )
    if len(words) and (np.diff(starts) == 0).any():
        raise EncoderError("the encoder gave no word of a text; expected at least one word of each")
    return Encoded(checked_vectors(encoded.vectors, count), words, starts)


def checked_vectors(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """``vectors``, once they are finite unit rows, float32, one for each of ``count`` texts.

    Raises:
        EncoderError: they are not.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count:
        raise EncoderError(
            f"the encoder gave an array of shape {vectors.shape} for {count} texts; "
            f"expected ({count}, d)"
        )
    norms = np.linalg.norm(vectors, axis=1)
    if not np.allclose(norms, 1, atol=1e-3):  # also false for NaN
        raise EncoderError(
            f"the encoder gave vectors of length {norms.min():.3f} to {norms.max():.3f}; "
            "expected unit vectors, so normalize them"
        )
    return vectors
