"""Vectors of the words of rows, as bytes: what late interaction compares a question with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arrays import check_range, check_runs, packed, unpacked
from ssm_search.encoding import Encoded, Encoder, WordEncoder
from ssm_search.ranking import fusion
from ssm_search.vectors import as_bytes, as_floats, take_runs
from ssm_search.words.late import late_interaction

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLED = 64
"""Rows by which late interaction is standardized: with 16, 32, 64, 128 or all of 2,611, R@1 of
1,453 known items is .840, .842, .842, .842 and .843, recall@10 of 175 real questions .750, .742,
.748, .742 and .742; 64 take a question 1 ms."""
POOLED = 2
"""Words of an abstract that become one in a large corpus. Of 146 rows a paper, stop words left out,
73 stay: R@1 .840 for .845, recall@10 of real questions .750 for .739; by 3 without that .840 and
.748 with 65 rows, in 48 dimensions .845 and .742 with 197 rows of three quarters the size."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of n rows.

    Attributes:
        vectors: unit vectors times 127, int8, shape (t, w), those of one row after the other; the
            words of a row's title come first. Shape (0, 0) where the encoder gives none.
        starts: int64, shape (n + 1,); the words of row i are those from ``starts[i]`` up to
            ``starts[i + 1]``.
        titles: int32, shape (n,); how many words of each row are its title's.
    """

    vectors: NDArray[np.int8]
    starts: NDArray[np.int64]
    titles: NDArray[np.int32]

    @classmethod
    def joined(cls, parts: Sequence[Words]) -> Words:
        """The words of several, one after the other; at least one."""
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        return cls(
            np.concatenate([part.vectors for part in parts]),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([part.titles for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.titles)

    def __bool__(self) -> bool:
        return bool(len(self.vectors))

    def counted(self, n: int) -> tuple[tuple[str, int, int], ...]:
        """What :func:`~ssm_search.arrays.misfit` compares: is this of ``n`` rows, and whole?"""
        last = int(self.starts[-1]) if len(self.starts) else -1
        return (
            ("starts of words", len(self.starts) - 1, n),
            ("words", len(self.vectors), last),
            ("counts of titles' words", len(self.titles), n),
        )

    def check(self) -> None:
        """Make sure that the words are cut into rows in order, and each has its title's words.

        Raises:
            ValueError: they are not.
        """
        # Where there are words at all, every text has some: late interaction counts on it.
        check_runs("words", self.starts, len(self.vectors), least=min(len(self.vectors), 1))
        check_range("counts of titles' words", self.titles, len(self.vectors) + 1)
        if (self.titles > np.diff(self.starts)).any():
            raise ValueError("a title has more words than its text")

    def of(self, row: int) -> NDArray[np.int8]:
        """The words of one row, int8, shape (t, w)."""
        return self.vectors[self.starts[row] : self.starts[row + 1]]

    def title_of(self, row: int) -> NDArray[np.float32]:
        """The words of the title of a row, or all where it has none; float32, shape (t, w)."""
        words = self.of(row)
        return as_floats(words[: int(self.titles[row]) or len(words)])

    def mean_of_title(self, row: int) -> NDArray[np.float32]:
        """What a title is about: the mean of its words, brought to length 1; shape (w,)."""
        mean = self.title_of(row).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)

    def taken(self, rows: Sequence[int] | NDArray[np.int64]) -> Words:
        """The words of ``rows``, in that order."""
        vectors, starts = take_runs(self.vectors, self.starts, rows)
        return Words(vectors, starts, self.titles[np.asarray(rows, dtype=np.int64)])

    def pooled(self, share: int = POOLED) -> Words:
        """Near words of each abstract joined, to leave one of ``share``; titles stay as they are.

        By Ward's hierarchical clustering; a cluster becomes the mean of its words, brought to
        length 1 (Clavié, Chaffin & Adams 2024, "Reducing the Footprint of Multi-Vector Retrieval
        with Minimal Performance Impact via Token Pooling").
        """
        made = [_pooled(self.of(row), int(self.titles[row]), share) for row in range(len(self))]
        starts = np.cumsum([0, *map(len, made)]).astype(np.int64)
        return Words(np.concatenate(made) if made else self.vectors, starts, self.titles)

    def scores(self, question: fusion.Asked) -> NDArray[np.float32]:
        """Late interaction of a question with every row, float32, shape (n,)."""
        return late_interaction(
            question.word_vectors, question.word_weights, self.vectors, self.starts
        )

    def scores_in(
        self, question: fusion.Asked, sample: Words
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Late interaction with every row, and as z-scores by ``sample``; None without words.

        What the sample is does not depend on the question, so neither does a score depend on who
        else is a candidate.
        """
        if not len(self.vectors) or not len(question.word_vectors):
            return None
        spread, late = sample.scores(question), self.scores(question)
        return late, fusion.standardized(late, float(spread.mean()), float(spread.std()))


@dataclass(frozen=True, slots=True)
class RowVectors:
    """What an encoder made of n papers.

    Attributes:
        vectors: unit vectors, float32, shape (n, d).
        words: those of their words.
    """

    vectors: NDArray[np.float32]
    words: Words

    @classmethod
    def of(cls, encoded: Encoded, titles: NDArray[np.int32], *, pool: bool) -> RowVectors:
        """What an encoder made of n papers, as an index keeps it.

        Args:
            titles: how many words of each paper are its title's, shape (n,).
            pool: whether the words of abstracts are pooled, as in a large corpus.
        """
        counts = np.minimum(titles, np.diff(encoded.starts)).astype(np.int32)
        words = Words(encoded.words, encoded.starts, counts)
        return cls(encoded.vectors, words.pooled() if pool and words else words)

    @classmethod
    def by(
        cls, encoder: Encoder, encoded: Encoded, titles: Sequence[str], *, pool: bool
    ) -> RowVectors:
        """What ``encoder`` made of n papers with these titles, as :meth:`of` has it."""
        return cls.of(encoded, count_words(encoder, titles), pool=pool)

    @classmethod
    def joined(cls, parts: Sequence[RowVectors]) -> RowVectors:
        """The rows of several, one after the other; at least one."""
        vectors = np.concatenate([part.vectors for part in parts])
        return cls(vectors, Words.joined([part.words for part in parts]))

    def __len__(self) -> int:
        return len(self.vectors)

    def to_bytes(self) -> bytes:
        """All of it, to be sent or stored elsewhere."""
        of = self.words
        return packed(vectors=self.vectors, words=of.vectors, starts=of.starts, titles=of.titles)

    @classmethod
    def from_bytes(cls, data: bytes) -> RowVectors:
        """Read what :meth:`to_bytes` gave.

        Raises:
            ValueError, KeyError, OSError, EOFError, BadZipFile: it is something else.
        """
        found = unpacked(data)
        return cls(found["vectors"], Words(found["words"], found["starts"], found["titles"]))

    def taken(self, rows: Sequence[int] | NDArray[np.int64]) -> RowVectors:
        """The vectors and words of ``rows``, in that order."""
        vectors = self.vectors[np.asarray(rows, dtype=np.int64)]
        return RowVectors(vectors, self.words.taken(rows))


def count_words(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.int32]:
    """How many words, of those that ``encoder`` gives vectors of, each text has; shape (n,)."""
    if not isinstance(encoder, WordEncoder):
        return np.zeros(len(texts), dtype=np.int32)
    return np.array([len(encoder.word_spans(x)) if x else 0 for x in texts], dtype=np.int32)


def sampled_rows(n: int) -> NDArray[np.int64]:
    """Up to ``SAMPLED`` of ``n`` rows, evenly spread."""
    return np.linspace(0, n - 1, min(n, SAMPLED)).round().astype(np.int64)


def _pooled(words: NDArray[np.int8], title: int, share: int) -> NDArray[np.int8]:
    abstract = as_floats(words[title:])
    if len(abstract) < 2 * share:
        return words
    from scipy.cluster.hierarchy import fcluster, linkage

    clusters = fcluster(linkage(abstract, "ward"), len(abstract) // share, "maxclust") - 1
    sums = np.zeros((clusters.max() + 1, abstract.shape[1]), dtype=np.float32)
    np.add.at(sums, clusters, abstract)
    means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return np.concatenate([words[:title], as_bytes(means)])
