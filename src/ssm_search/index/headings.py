"""The headings of a list, with vectors of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.encoding import EncodedQuery
from ssm_search.occasions import topic_of
from ssm_search.papers import Category, Paper
from ssm_search.vectors import product
from ssm_search.words import RowVectors, late

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a list.

    Attributes:
        paths: every heading that a paper may be filed under.
        vectors: of their own names, float32, shape (C, d).
        word_vectors, word_weights: of the words in their names, float32, shapes (t, w) and (t,).
        word_starts: int64, shape (C + 1,); the words of heading i are those from
            ``word_starts[i]`` up to ``word_starts[i + 1]``.
    """

    paths: tuple[Category, ...]
    vectors: NDArray[np.float32]
    word_vectors: NDArray[np.float32]
    word_weights: NDArray[np.float32]
    word_starts: NDArray[np.int64]

    @classmethod
    def of(cls, paths: Sequence[Category], names: Sequence[EncodedQuery], width: int) -> Headings:
        """Headings whose names an encoder gave as ``names``, with vectors of ``width`` numbers."""
        count = next((name.words.shape[1] for name in names if len(name.words)), 0)
        words = [name.words.reshape(len(name.words), count) for name in names]
        return cls(
            tuple(paths),
            np.array([name.vector for name in names] or np.zeros((0, width)), np.float32),
            np.concatenate([*words, np.zeros((0, count), np.float32)]),
            np.concatenate([*(name.weights for name in names), np.zeros(0, np.float32)]),
            np.cumsum([0, *map(len, words)], dtype=np.int64),
        )

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All but the paths, in their order, as they are saved."""
        return self.vectors, self.word_vectors, self.word_weights, self.word_starts

    def name(self, at: int) -> EncodedQuery:
        """What an encoder gave for the name of one heading; without the places of its words."""
        inside = slice(int(self.word_starts[at]), int(self.word_starts[at + 1]))
        words, weights = self.word_vectors[inside], self.word_weights[inside]
        return EncodedQuery(self.vectors[at], words, weights, np.zeros((0, 2), dtype=np.int32))

    def met_by(self, rows: RowVectors) -> NDArray[np.float64]:
        """How near each name comes to each row, shape (n, C).

        Late interaction; the cosine of the vectors, where the encoder gives no words.
        """
        if not len(self.word_vectors) or not rows.words:
            return np.asarray(product(rows.vectors, self.vectors.T), dtype=np.float64)
        words = rows.words
        nearest = late.nearest_words(self.word_vectors, words.vectors, words.starts)
        weighted = nearest * self.word_weights
        starts = np.minimum(self.word_starts[:-1], len(self.word_vectors) - 1)
        sums = np.add.reduceat(weighted, starts, axis=1).astype(np.float64)
        return np.where(np.diff(self.word_starts) > 0, sums, 0.0)  # else those of the next one

    def topics(self) -> Headings:
        """Those that papers can be filed under by what they are about: no years, no venues.

        Where a list has years or venues right at its top, those together are the first, (), whose
        name says nothing: else its papers were filed among what is left, its tutorials and tools.
        """
        kept = [at for at, path in enumerate(self.paths) if topic_of(path) == path]
        paths, names = [self.paths[at] for at in kept], [self.name(at) for at in kept]
        if not all(map(topic_of, self.paths)):
            nameless = EncodedQuery.of_nothing(self.vectors.shape[1], self.word_vectors.shape[1])
            paths, names = [(), *paths], [nameless, *names]
        return Headings.of(paths, names, self.vectors.shape[1])

    def members(self, papers: Sequence[Paper]) -> NDArray[np.bool_]:
        """Which paper stands under which heading or a year or venue below it, shape (n, C)."""
        number = {path: at for at, path in enumerate(self.paths)}
        paths = {path for paper in papers for path in paper.categories}
        under = {path: number.get(topic_of(path)) for path in paths}
        members = np.zeros((len(papers), len(self.paths)), dtype=bool)
        for row, paper in enumerate(papers):
            for path in paper.categories:
                if (at := under[path]) is not None:
                    members[row, at] = True
        return members
