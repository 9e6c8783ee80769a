"""Under which headings a paper belongs, how sure that is, and whether it belongs at all.

Pure NumPy on similarities; knows rows and headings by number. Every probability is calibrated on
the list itself, when the index is built, by hiding what is known and asking for it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 10
VOTE_TEMPERATURE = 0.1
"""Of cosines: a neighbour 0.1 nearer than another has e times its vote."""
VOTE_FLOOR = 0.02  # of a heading that no neighbour stands under; its logarithm must be finite
SHRINKAGE = 0.5  # papers' worth of the whole list in every centroid, for headings with one paper

WEIGHTS = np.array([0.2, 6.7, 8.0, 0.3, 1.1, 12.7])
"""Of the six features, in their order, in a conditional logit (McFadden 1974) over headings.

Fitted on eleven Awesome lists (``make bench-categories``). With weights from the others, they are
filed right by the first suggestion in .70, among the first three in .88 of all cases, the mean over
the lists. Without the centroid in vectors it is .68, without the names .66, without any other
.69 to .70. Neighbours by vectors, centroids of titles or of all that stands below one parent, the
number of papers under a heading and kernel ridge regression added nothing (.70 each)."""

LENGTH_SLOPE = 0.08
"""What a submission's nearness to the list loses for each e-fold that it is shorter than the listed
papers. By title alone the papers of eleven lists come .76 times as near to the others as by title
and abstract (.72 to .83 of a list), with the abstract's first sentence .85 times (.82 to .90)."""
LENGTH_SPREAD = 0.2  # and how much more it varies, as a share of its deviation
LEAST_SPREAD = 0.04
"""Of nearness: that of eleven lists deviates by .046 to .080, but for a list whose papers are all
alike, every other would be an outlier."""

FOLDS = 5
TEMPERATURES = np.geomspace(0.25, 4.0, 65)
MAX_FITTED = 1500  # listed papers that calibration looks at; its work grows with their square
MIN_FITTED = 10  # with fewer, nothing can be calibrated, and the weights' own scale is kept
SHORTEST = 0.05  # of a length: a title of five or six words; of shorter ones nothing was measured
QUANTILES = 101
TIE = 1e-6  # values closer than this are the same; rounding must not make a listed paper an outlier


@dataclass(frozen=True, slots=True)
class Similarities:
    """How like m papers are to n listed papers and to C headings; float64 each.

    Attributes:
        words: cosine of BM25 weights, shape (m, n).
        titles: cosine of title vectors, shape (m, n).
        papers: cosine of paper vectors, shape (m, n).
        names: late interaction of each heading's name with the paper, less its mean over the listed
            papers, shape (m, C).
        overlap: share of a heading's words that the title has, and a part of the share that the
            abstract has, shape (m, C).
        gram: cosine of BM25 weights among the listed papers, shape (n, n).
        paper_gram: cosine of paper vectors among them, shape (n, n).
    """

    words: NDArray[np.float64]
    titles: NDArray[np.float64]
    papers: NDArray[np.float64]
    names: NDArray[np.float64]
    overlap: NDArray[np.float64]
    gram: NDArray[np.float64]
    paper_gram: NDArray[np.float64]

    def part(self, asked: NDArray[np.int64], listed: NDArray[np.int64]) -> Similarities:
        """The similarities of the papers ``asked`` to the papers ``listed``, given as positions."""
        block = np.ix_(asked, listed)
        return Similarities(
            words=self.words[block],
            titles=self.titles[block],
            papers=self.papers[block],
            names=self.names[asked],
            overlap=self.overlap[asked],
            gram=self.gram[np.ix_(listed, listed)],
            paper_gram=self.paper_gram[np.ix_(listed, listed)],
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a list says about how far its own suggestions can be trusted.

    Attributes:
        temperature: the logit is divided by it before it becomes a probability.
        doubt: quantiles of the doubt about the listed papers' headings, ascending.
        nearness: mean and deviation of how near the listed papers are to each other; () if unknown.
    """

    temperature: float = 1.0
    doubt: tuple[float, ...] = ()
    nearness: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is thought of m papers.

    Attributes:
        probabilities: of each heading, if one of them fits, shape (m, C); rows sum to 1.
        fit: share of the listed papers about whose heading there is as much doubt or more; near 0
            no present heading fits; shape (m,).
        scope: share of the listed papers that, with no more text known, would be as far from the
            rest of the list or farther; near 0 the paper is about something else; shape (m,).
    """

    probabilities: NDArray[np.float64]
    fit: NDArray[np.float64]
    scope: NDArray[np.float64]


def features(similarities: Similarities, members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What speaks for each heading, shape (m, C, 6).

    In order: the vote of the neighbours by words, the likeness of the heading's name, the cosine
    with the heading's centroid in words, the vote of the neighbours by title, the heading's words,
    the cosine with the heading's centroid in vectors.

    Args:
        members: which listed paper stands under which heading, shape (n, C).
    """
    return np.stack(
        [
            vote(similarities.words, members),
            similarities.names,
            centroid_cosines(similarities.words, similarities.gram, members),
            vote(similarities.titles, members),
            similarities.overlap,
            centroid_cosines(similarities.papers, similarities.paper_gram, members),
        ],
        axis=-1,
    )


def vote(cosines: NDArray[np.float64], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logarithm of each heading's share of the ``NEIGHBOURS`` nearest papers' votes, (m, C)."""
    count = min(NEIGHBOURS, cosines.shape[1])
    if not count:
        return np.full((len(cosines), members.shape[1]), np.log(VOTE_FLOOR))
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    near = np.take_along_axis(cosines, nearest, axis=1)
    votes = np.exp((near - near[:, :1]) / VOTE_TEMPERATURE)
    votes /= votes.sum(axis=1, keepdims=True)
    return np.asarray(np.log(np.einsum("mk,mkc->mc", votes, members[nearest]) + VOTE_FLOOR))


def centroid_cosines(
    cosines: NDArray[np.float64], gram: NDArray[np.float64], members: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Cosine with the centroid of each heading, drawn a little to that of the whole list; (m, C).

    Computed from cosines alone: a centroid is a weighted sum of listed papers.
    """
    if not len(gram):
        return np.zeros((len(cosines), members.shape[1]))
    weights = (members + SHRINKAGE / len(members)) / (members.sum(axis=0) + SHRINKAGE)
    lengths = np.sqrt(np.maximum((product(gram, weights) * weights).sum(axis=0), 1e-12))
    return np.asarray(product(cosines, weights) / lengths)


def judge(
    similarities: Similarities,
    members: NDArray[np.bool_],
    calibration: Calibration,
    length: float = 1.0,
) -> Judgement:
    """Headings, and whether any fits, for each paper.

    Of papers like the listed ones, no more than a share p comes out with a ``fit`` below p, since
    it is a conformal p-value (Vovk, Gammerman & Shafer 2005), and about as many with such a
    ``scope``, for which nearness is taken to be normally distributed.

    Args:
        length: of the text that is known of the papers, as a share of the listed papers' mean.
    """
    logits = product(features(similarities, members), WEIGHTS)
    probabilities = softmax(logits / calibration.temperature)
    return Judgement(
        probabilities,
        fit=1 - _share_below(doubt(probabilities) - TIE, calibration.doubt),
        scope=_share_as_far(nearness(similarities.papers), calibration.nearness, length),
    )


def judge_listed(
    similarities: Similarities, members: NDArray[np.bool_], calibration: Calibration
) -> NDArray[np.float64]:
    """The probabilities of each heading for each listed paper, if it were new; shape (n, C).

    What :func:`judge` says of one after the other; all at once, since to leave one out of n × n
    numbers takes longer than to judge it.

    Args:
        similarities: of the listed papers with each other: m = n.
    """
    if len(members) < 2:
        nobody = np.zeros(0, dtype=np.int64)
        similarities = similarities.part(np.arange(len(members)), nobody)
        return judge(similarities, members[nobody], calibration).probabilities
    found = np.stack(
        [
            vote(_without_own(similarities.words), members),
            similarities.names,
            _left_out_cosines(similarities.gram, members),
            vote(_without_own(similarities.titles), members),
            similarities.overlap,
            _left_out_cosines(similarities.paper_gram, members),
        ],
        axis=-1,
    )
    return softmax(product(found, WEIGHTS) / calibration.temperature)


def _without_own(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosines by which no paper is a neighbour of its own."""
    others = cosines.copy()
    np.fill_diagonal(others, -np.inf)
    return others


def _left_out_cosines(gram: NDArray[np.float64], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What :func:`centroid_cosines` gives for each listed paper without that paper, (n, C).

    Up to its length a centroid is the sum of its members and ``drawn`` times that of all papers; of
    every sum is taken away what the paper itself brings into it.
    """
    drawn = SHRINKAGE / (len(members) - 1)
    own, is_member = gram.diagonal()[:, None], members.astype(np.float64)
    of_heading = product(gram, is_member)
    of_all = gram.sum(axis=1, keepdims=True)
    nearness = of_heading - own * is_member + drawn * (of_all - own)
    within = (is_member * of_heading).sum(axis=0) - is_member * (2 * of_heading - own)
    across = of_heading.sum(axis=0) - of_heading - is_member * (of_all - own)
    among_all = of_all.sum() - 2 * of_all + own
    squared = within + 2 * drawn * across + drawn**2 * among_all
    return np.asarray(nearness / np.sqrt(np.maximum(squared, 1e-12)))


def doubt(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The entropy of each row of probabilities, (m, C), in nats; shape (m,).

    As a share of the listed papers it tells those whose heading is missing from the others with an
    AUROC of .74, the mean of ten lists (``make bench-categories``). The negative energy (Liu et al.
    2020) came to .71, both together to .75; by themselves, across lists, .68 and .71, and a
    logistic regression on sixteen such values, fitted on the other lists, to .73.
    """
    return np.asarray(-(probabilities * np.log(probabilities + 1e-12)).sum(axis=-1))


def nearness(papers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean cosine with the ``NEIGHBOURS`` nearest listed papers, shape (m,)."""
    count = min(NEIGHBOURS, papers.shape[1])
    if not count:
        return np.full(len(papers), -1.0)
    return np.asarray(np.sort(papers, axis=1)[:, -count:].mean(axis=1))


def calibrate(
    similarities: Similarities, members: NDArray[np.bool_], lengths: NDArray[np.float64]
) -> Calibration:
    """Fit how far suggestions can be trusted, by asking the list for what it knows.

    The temperature is that of the least log loss when each fifth of the papers is filed by the
    others; doubt is what is left of it then, and nearness how near each paper is to the others.

    Args:
        similarities: of the listed papers with each other: m = n.
        members: shape (n, C).
        lengths: of the papers' texts, as shares of their mean; shape (n,).
    """
    listed = np.flatnonzero(members.any(axis=1))
    if len(listed) < MIN_FITTED:
        return Calibration()
    if len(listed) > MAX_FITTED:
        rng = np.random.default_rng(0)
        listed = np.sort(rng.choice(listed, MAX_FITTED, replace=False))
    similarities, members = similarities.part(listed, listed), members[listed]
    expected = 1 - LENGTH_SLOPE * _shorter(lengths[listed])
    logits = held_out_logits(similarities, members)
    others = ~np.eye(len(listed), dtype=bool)
    near = nearness(similarities.papers[others].reshape(len(listed), -1)) / expected
    temperature = _best_temperature(logits, members)
    return Calibration(
        temperature=temperature,
        doubt=_quantiles(doubt(softmax(logits / temperature))),
        nearness=(float(near.mean()), float(near.std())),
    )


def held_out_logits(similarities: Similarities, members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The logits of each listed paper, from the other four fifths of the list, shape (n, C)."""
    fold = np.random.default_rng(0).permutation(len(members)) % FOLDS
    logits = np.zeros(members.shape)
    for number in range(FOLDS):
        asked, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        found = features(similarities.part(asked, rest), members[rest])
        logits[asked] = product(found, WEIGHTS)
    return logits


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities that ``logits`` stand for, which sum to 1 along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def _best_temperature(logits: NDArray[np.float64], members: NDArray[np.bool_]) -> float:
    def log_loss(temperature: float) -> float:
        right = (softmax(logits / temperature) * members).sum(axis=1)
        return float(-np.log(np.maximum(right, 1e-9)).mean())

    return float(min(TEMPERATURES, key=log_loss))


def _quantiles(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.quantile(values, np.linspace(0, 1, QUANTILES)).tolist())


def _share_as_far(
    near: NDArray[np.float64], listed: tuple[float, ...], length: float
) -> NDArray[np.float64]:
    """Share of texts of such a length, about what the list is about, that are no nearer to it."""
    from scipy.special import ndtr

    if not listed:
        return np.full(len(near), 0.5)
    mean, deviation = listed
    shorter = _shorter(np.array([length]))
    spread = max(deviation, LEAST_SPREAD) * (1 + LENGTH_SPREAD * shorter)
    return np.asarray(ndtr((near / (1 - LENGTH_SLOPE * shorter) - mean) / spread))


def _shorter(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many e-folds shorter texts are than the mean; none is longer."""
    return np.asarray(-np.log(np.clip(lengths, SHORTEST, 1.0)))


def _share_below(values: NDArray[np.float64], quantiles: tuple[float, ...]) -> NDArray[np.float64]:
    """Share of a distribution, given by its quantiles, that lies below each value.

    One half where there is no distribution: nothing speaks for or against.
    """
    if not quantiles:
        return np.full(len(values), 0.5)
    return np.asarray(np.searchsorted(quantiles, values) / len(quantiles))
