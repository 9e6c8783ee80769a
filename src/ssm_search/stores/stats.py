"""What all rows of a corpus add up to, by which a few of them are scored as if all were at hand.

Everything is a sum, so that an update adds what is new and subtracts what is gone.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ssm_search.arrays import packed, unpacked
from ssm_search.filters import Tally
from ssm_search.names import hash64
from ssm_search.papers import Paper
from ssm_search.ranking import okapi
from ssm_search.text import common_words
from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

Name = TypeVar("Name")

Terms = list[tuple[str, str]]
"""Of a text: the stem and the word of each, as :func:`ssm_search.text.terms` has them."""

_ARRAYS = ("total", "moment", "hashes", "having", "sums", "squares")


@dataclass(frozen=True)  # without slots: what is worked out from it is kept
class StoreStats:
    """What ``n`` papers add up to.

    Attributes:
        length: how many terms they have together.
        norm_length: the mean length by which ``sums`` and ``squares`` were made. Updates keep it,
            so that what is subtracted is what was added.
        total: sum of the vectors, float64, shape (d,).
        moment: sum of the outer products of each vector with itself, float64, shape (d, d).
        hashes: uint64, ascending; the distinct terms.
        having: int64; the papers that have each term.
        sums, squares: float64; of what each paper has of the term as BM25 counts, and of its
            square.
        words: how often each word occurs that is no stop word.
    """

    n: int
    length: int
    norm_length: float
    total: NDArray[np.float64]
    moment: NDArray[np.float64]
    hashes: NDArray[np.uint64]
    having: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    tally: Tally
    words: Counter[str]

    @property
    def mean_length(self) -> float:
        """How many terms a paper has on average, at least 1."""
        return max(self.length / max(self.n, 1), 1.0)

    @cached_property
    def common_words(self) -> tuple[str, ...]:
        """The words but for the rarest, sorted."""
        return common_words(self.words)

    def place(self, term: str) -> int | None:
        """The place of a term among ``hashes``; None if no paper has it."""
        wanted = np.uint64(hash64(term))
        at = int(np.searchsorted(self.hashes, wanted))
        return at if at < len(self.hashes) and self.hashes[at] == wanted else None

    def weights(self, stems: Sequence[str]) -> dict[str, float]:
        """What BM25 gives for each of the query terms that papers have, times how often asked."""
        weights = {}
        for term, times in Counter(stems).items():
            if (at := self.place(term)) is not None:
                weights[term] = times * okapi.idf(self.n, int(self.having[at]))
        return weights

    def idf(self, stems: Collection[str]) -> dict[str, float]:
        """How much it says of a paper to have each term; of one that none has, the most."""
        places = {stem: self.place(stem) for stem in stems}
        having = {stem: 0 if at is None else int(self.having[at]) for stem, at in places.items()}
        return {stem: okapi.idf(self.n, count) for stem, count in having.items()}

    def bm25_scores(
        self, weights: Mapping[str, float], rows: Sequence[Sequence[str]]
    ) -> NDArray[np.float32]:
        """BM25 of ``rows``, the terms of each, as :mod:`ssm_search.segments.segmented` has it."""
        scores = np.zeros(len(rows), dtype=np.float32)
        for at, row in enumerate(rows):
            norm = okapi.length_norm(len(row), self.mean_length)
            for term, times in Counter(term for term in row if term in weights).items():
                count = min(times, okapi.MAX_COUNT)
                scores[at] += weights[term] * count / (count + norm)
        return scores

    def bm25_spread(self, weights: Mapping[str, float]) -> tuple[float, float]:
        """Mean and standard deviation of BM25 over all papers.

        Terms are taken to occur independently of each other: exact for one, near for several.
        """
        mean = variance = 0.0
        for term, weight in weights.items():
            at = self.place(term)
            assert at is not None
            of_term = float(self.sums[at]) / self.n
            mean += weight * of_term
            variance += weight**2 * (float(self.squares[at]) / self.n - of_term**2)
        return mean, math.sqrt(max(variance, 0.0))

    def cosine_spread(self, query: NDArray[np.float32]) -> tuple[float, float]:
        """Mean and standard deviation of the cosines of a unit vector, (d,), with all papers."""
        wide = query.astype(np.float64)
        mean = float(product(wide, self.total)) / max(self.n, 1)
        variance = float(product(product(wide, self.moment), wide)) / max(self.n, 1) - mean**2
        return mean, math.sqrt(max(variance, 0.0))


def stats_of(
    papers: Sequence[Paper],
    vectors: NDArray[np.float32],
    terms: Sequence[Terms],
    norm_length: float,
) -> StoreStats:
    """The sums over papers with their unit vectors, (n, d), and the terms of each."""
    words: Counter[str] = Counter()
    counted = Tally()
    found: dict[str, list[float]] = {}
    length = 0
    for paper, pairs in zip(papers, terms, strict=True):
        length += len(pairs)
        words.update(word for _, word in pairs)
        norm = okapi.length_norm(len(pairs), norm_length)
        for stem, times in Counter(stem for stem, _ in pairs).items():
            count = min(times, okapi.MAX_COUNT)
            found.setdefault(stem, []).append(count / (count + norm))
        counted.add(paper)
    hashes = np.array([hash64(stem) for stem in found], dtype=np.uint64)
    order = np.argsort(hashes)
    shares = [np.array(share) for share in found.values()]
    wide = vectors.astype(np.float64)
    return StoreStats(
        n=len(papers),
        length=length,
        norm_length=norm_length,
        total=wide.sum(axis=0),
        moment=product(wide.T, wide),
        hashes=hashes[order],
        having=np.array([len(share) for share in shares], dtype=np.int64)[order],
        sums=np.array([share.sum() for share in shares], dtype=np.float64)[order],
        squares=np.array([(share**2).sum() for share in shares], dtype=np.float64)[order],
        tally=counted,
        words=words,
    )


def added(parts: Sequence[StoreStats], gone: Sequence[StoreStats] = ()) -> StoreStats:
    """All ``parts`` together, less what is ``gone``."""
    every = [(part, 1) for part in parts] + [(part, -1) for part in gone]
    hashes, place = np.unique(np.concatenate([part.hashes for part, _ in every]), True, True)[::2]
    signs = np.concatenate([np.full(len(part.hashes), sign) for part, sign in every])

    def summed(name: str) -> NDArray[np.float64]:
        values = np.concatenate([getattr(part, name) for part, _ in every])
        return np.bincount(place, values * signs, minlength=len(hashes)).astype(np.float64)

    having = np.rint(summed("having")).astype(np.int64)
    stays = having > 0
    words: Counter[str] = Counter()
    counted = Tally()
    for part, sign in every:
        _add(words, part.words, sign)
        _add(counted.years, part.tally.years, sign)
        _add(counted.venues, part.tally.venues, sign)
        _add(counted.headings, part.tally.headings, sign)
    return StoreStats(
        n=sum(sign * part.n for part, sign in every),
        length=sum(sign * part.length for part, sign in every),
        norm_length=parts[0].norm_length,
        total=np.sum([sign * part.total for part, sign in every], axis=0),
        moment=np.sum([sign * part.moment for part, sign in every], axis=0),
        hashes=hashes[stays],
        having=having[stays],
        sums=summed("sums")[stays],
        squares=summed("squares")[stays],
        tally=Tally(+counted.years, +counted.venues, +counted.headings),
        words=+words,
    )


def to_bytes(stats: StoreStats) -> bytes:
    """The statistics as the content of a blob, without pickle."""
    about = {
        "n": stats.n,
        "length": stats.length,
        "norm_length": stats.norm_length,
        "years": list(stats.tally.years.items()),
        "venues": list(stats.tally.venues.items()),
        "headings": list(stats.tally.headings.items()),
        "words": stats.words,
    }
    text = np.frombuffer(json.dumps(about, ensure_ascii=False).encode("utf-8", "replace"), np.uint8)
    return packed(about=text, **{name: getattr(stats, name) for name in _ARRAYS})


def from_bytes(data: bytes) -> StoreStats:
    """What :func:`to_bytes` made.

    Raises:
        ValueError, KeyError, TypeError, OSError, EOFError: it is something else.
    """
    stored = unpacked(data)
    about = json.loads(stored.pop("about").tobytes())
    return StoreStats(
        n=about["n"],
        length=about["length"],
        norm_length=about["norm_length"],
        tally=Tally(
            Counter({int(year): count for year, count in about["years"]}),
            Counter(dict(about["venues"])),
            Counter({tuple(path): count for path, count in about["headings"]}),
        ),
        words=Counter(about["words"]),
        **stored,
    )


def _add(total: Counter[Name], part: Mapping[Name, int], sign: int) -> None:
    for name, count in part.items():
        total[name] += sign * count
