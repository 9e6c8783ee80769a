"""A list and a corpus → the papers of the corpus that belong on the list and are not there yet."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.errors import DiscoverError
from ssm_search.files import append_json_lines
from ssm_search.index import MemoryIndex, SegmentedIndex
from ssm_search.papers import Paper
from ssm_search.ranking import cosines, product, top_rows
from ssm_search.search import PaperSearch

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen on three lists that `make bench-discover` does not report, a third of each hidden among
# 25,000 papers; recall at 100 and 500: the direction alone .83 and .97, the terms alone .69 and
# .95, together .85 and .97; the mean of the list .49 and .71. Among 18,000 papers, 30 or 300 terms,
# a shrinkage of 1, and more weight on the terms did no better.
TERMS = 100  # that tell the list's papers from others
TERMS_WEIGHT = 0.3  # against the direction
SHRINKAGE = 0.1  # of the covariance of all papers towards a ball, in its own mean variance

SAMPLED = 50_000  # papers of the corpus by which the covariance is estimated
MIN_LISTED = 10
WANTED = 0.05
"""Share of a corpus that is not taken for others because it lies nearest to the list: a small
corpus may be full of what is looked for. It costs no recall in a large one."""
FOLDS = 5
FIT_LEVEL = 0.05  # one listed paper in twenty would not be proposed
REJECTED_WEIGHT = 0.25  # as far as Rocchio's formula keeps away from what is not wanted
SPARE = 5  # candidates looked at for each one wanted: some prove to be listed


@dataclass(frozen=True, slots=True)
class Discovery:
    """A paper that may belong on the list.

    Attributes:
        paper: as the corpus has it.
        score: higher is better, comparable within one answer only.
        fit: share of the listed papers that, as if they were not listed, would fit no better.
    """

    paper: Paper
    score: float
    fit: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What tells the papers of a list from others.

    Attributes:
        direction: a vector, shape (d,); the larger the inner product, the more like the list.
        terms: weights of stems.
    """

    direction: NDArray[np.float32]
    terms: Mapping[str, float]


def discover(
    search: PaperSearch,
    corpus: PaperSearch,
    k: int = 20,
    *,
    since: date | None = None,
    rejected: Sequence[str] = (),
) -> list[Discovery]:
    """Find the ``k`` papers of ``corpus`` that fit the list best and are not on it, best first.

    Fewer where fewer fit: papers that fit worse than all but ``FIT_LEVEL`` of the listed ones are
    left out. A paper is on the list under any of its ids, links or titles.

    Args:
        search: the index of the list.
        since: only papers published that day or later.
        rejected: ids that were looked at and are not wanted; what is like them ranks lower.

    Raises:
        DiscoverError: the list has fewer than ``MIN_LISTED`` papers, or the two indexes were built
            by different encoders.
    """
    if search.manifest.encoder_fingerprint != corpus.manifest.encoder_fingerprint:
        raise DiscoverError(
            f"the list was encoded by {search.manifest.encoder_fingerprint}, the corpus by "
            f"{corpus.manifest.encoder_fingerprint}; build both with the same encoder"
        )
    listed = search.rows.list_index
    if len(listed) < MIN_LISTED:
        raise DiscoverError(
            f"the list has {len(listed)} papers; at least {MIN_LISTED} are needed to tell what "
            "belongs on it"
        )
    fitting = _Fitting(search, corpus, rejected)
    everyone = np.arange(len(listed))
    fold = np.random.default_rng(0).permutation(len(listed)) % FOLDS
    held_out = np.zeros(len(listed), dtype=np.float32)
    for number in range(FOLDS):
        scorer = fitting.scorer(fitting.profile(everyone[fold != number]))
        held_out[fold == number] = scorer(listed)[fold == number]
    scores = fitting.scorer(fitting.profile(everyone))(corpus.rows.index)
    allowed = corpus.rows.present.copy()
    if since:
        day = 10_000 * since.year + 100 * since.month + since.day
        allowed &= np.concatenate([facets.dates for facets in corpus.rows.facets]) >= day
    found: list[Discovery] = []
    unwanted = set(rejected)
    for row in map(int, top_rows(scores, SPARE * k + len(listed) + len(unwanted), allowed)):
        fit = float((held_out <= scores[row]).mean())
        if len(found) == k or fit < FIT_LEVEL:
            break
        paper = corpus.papers[row]
        if paper.id not in unwanted and not search.duplicates(paper):
            found.append(Discovery(paper, float(scores[row]), fit))
    return found


def rejected_file(list_name: str) -> Path:
    """The file that remembers, for this user, which papers were rejected for a list."""
    from platformdirs import user_data_path

    name = re.sub(r"[^\w.-]+", "-", list_name).strip(".") or "list"
    return user_data_path("ssm-search") / "rejected" / f"{name}.jsonl"


def remember_rejected(file: Path, ids: Sequence[str]) -> None:
    """Add ``ids`` to a file of rejected papers, unless they are there."""
    known = set(read_rejected(file))
    append_json_lines(file, ({"id": one} for one in dict.fromkeys(ids) if one not in known))


def read_rejected(file: Path) -> list[str]:
    """Read the ids in a file of rejected papers; none if there is no file.

    Raises:
        DiscoverError: the file is damaged.
    """
    import json

    if not file.is_file():
        return []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return list(dict.fromkeys(str(json.loads(line)["id"]) for line in lines if line.strip()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DiscoverError(
            f"cannot read {file} ({type(error).__name__}); expected JSON lines with an id"
        ) from error


class _Fitting:
    """Learns from the papers of a list, against those of a corpus."""

    def __init__(self, search: PaperSearch, corpus: PaperSearch, rejected: Sequence[str]):
        self._listed = search.rows.list_index
        self._stems = self._listed.stems_of_rows()
        self._corpus = corpus.rows.index
        self._others = _others(corpus.rows.index, self._listed.paper_vectors.mean(axis=0))
        self._mean, self._spread = _moments(corpus.rows.index, self._others)
        papers = [corpus.row(paper_id) for paper_id in rejected]
        self._rejected = [row for row in papers if row is not None]
        self._having = cache(lambda term: len(corpus.rows.index.term_frequencies(term)[0]))

    def profile(self, rows: NDArray[np.int64]) -> Profile:
        """What tells some of the listed papers, by their row numbers, from the corpus."""
        # Fisher's linear discriminant (1936).
        wanted = self._listed.paper_vectors[rows].mean(axis=0) - self._mean
        if self._rejected:
            vectors = np.array([self._corpus.paper_vector(row) for row in self._rejected])
            wanted = wanted - REJECTED_WEIGHT * (vectors.mean(axis=0) - self._mean)
        direction = np.linalg.solve(self._spread, wanted)
        counts = Counter(stem for row in rows for stem in self._stems[row])
        return Profile(direction.astype(np.float32), self._terms(counts, len(rows)))

    def _terms(self, counts: Mapping[str, int], papers: int) -> dict[str, float]:
        """The terms that tell most, by Robertson & Spärck Jones' weight (1976).

        Chosen by their offer weight (Robertson 1990, "On Term Selection for Query Expansion").
        """
        n = len(self._corpus)
        weights: dict[str, float] = {}
        for term, having in counts.items():
            everywhere = self._having(term)
            if having < 2:  # one paper's own words
                continue
            odds = (having + 0.5) / (papers - having + 0.5)
            odds_elsewhere = (everywhere + 0.5) / (n - everywhere + 0.5)
            weights[term] = math.log(odds / odds_elsewhere)
        best = sorted(weights, key=lambda term: (-counts[term] * weights[term], term))
        return {term: weights[term] for term in best[:TERMS] if weights[term] > 0}

    def scorer(self, profile: Profile) -> _Scorer:
        """Scores by ``profile``, each kind with mean 0 and deviation 1 over most of the corpus."""
        dense, terms = _parts(self._corpus, profile, self._corpus.mean_length)
        of_others = dense[self._others], terms[self._others]
        return _Scorer(profile, of_others, self._corpus.mean_length)


class _Scorer:
    """Scores rows by a profile."""

    def __init__(
        self,
        profile: Profile,
        of_others: tuple[NDArray[np.float32], NDArray[np.float32]],
        mean_length: float,
    ):
        self._profile = profile
        self._mean_length = mean_length
        self._scales = [
            (float(found.mean()), float(found.std()) if np.ptp(found) > 1e-6 else 1.0)
            for found in of_others
        ]

    def __call__(self, index: MemoryIndex | SegmentedIndex) -> NDArray[np.float32]:
        """The scores of all n rows of ``index``, shape (n,); the higher, the more like the list."""
        dense, terms = (
            (found - mean) / deviation
            for found, (mean, deviation) in zip(
                _parts(index, self._profile, self._mean_length), self._scales, strict=True
            )
        )
        return np.asarray((1 - TERMS_WEIGHT) * dense + TERMS_WEIGHT * terms, dtype=np.float32)


def _parts(
    index: MemoryIndex | SegmentedIndex, profile: Profile, mean_length: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far each row lies in the direction, and what its terms weigh; shape (n,) each."""
    dense = np.concatenate([cosines(part, profile.direction) for part in index.vector_blocks()])
    terms = np.zeros(len(index), dtype=np.float32)
    for term, weight in profile.terms.items():
        rows, found = index.term_frequencies(term, mean_length)
        terms[rows] += np.float32(weight) * found
    return dense, terms


def _others(index: MemoryIndex | SegmentedIndex, centre: NDArray[np.float32]) -> NDArray[np.bool_]:
    """All rows but those nearest to ``centre``, shape (d,), of the list; a mask, shape (n,)."""
    near = np.concatenate([cosines(part, centre) for part in index.vector_blocks()])
    # Away from the middle of the corpus, that is: what all papers share says nothing.
    mean = _sample(index).mean(axis=0).astype(np.float32)
    near -= np.concatenate([cosines(part, mean) for part in index.vector_blocks()])
    return np.asarray(near <= np.quantile(near, 1 - WANTED))


def _sample(
    index: MemoryIndex | SegmentedIndex, chosen: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """An even sample of the vectors of the ``chosen`` rows, shape (up to 2 · SAMPLED, d)."""
    step = max(1, len(index) // SAMPLED)
    taken = np.zeros(len(index), dtype=bool)
    taken[::step] = True
    if chosen is not None:
        taken &= chosen
    parts, start = [], 0
    for part in index.vector_blocks():
        parts.append(part[np.flatnonzero(taken[start : start + len(part)])])
        start += len(part)
    return np.concatenate(parts).astype(np.float64)


def _moments(
    index: MemoryIndex | SegmentedIndex, others: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean vector of the others, (d,), and their covariance, shrunk towards a ball, (d, d)."""
    sample = _sample(index, others)
    mean = sample.mean(axis=0)
    spread = product((sample - mean).T, sample - mean) / max(len(sample), 1)
    # The fewer papers for each dimension, the less their covariance can be trusted.
    shrinkage = max(SHRINKAGE, len(mean) / max(len(sample), 1))
    ball = shrinkage * max(np.trace(spread) / len(mean), 1e-9)
    return mean, spread + ball * np.eye(len(mean))
