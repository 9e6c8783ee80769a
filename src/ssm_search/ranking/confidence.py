"""How likely papers answer a question: what is absolute in their signals, by what a list is like.

A score orders the answers to one question; it says nothing of whether any of them is right. Here
two logits do: whether the question is about what the papers are about at all, and, if it is,
whether a paper is among its answers. Both were fitted on 175 real questions and 300 topics of two
to four words over random halves of 1,700 papers, so that half of the questions have no answer, and
on sentences, titles and questions about something else over eight lists (``make bench-trust``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

Verdict = Literal["fits", "unsure", "nothing"]

ABOUT = (-4.4, 2.2, 1.9, 4.4)
"""Constant, and weights of the cosine, of late interaction and of the share of the question that a
paper's words cover; the first two by what they are for questions about something else, 0, and for
other papers of the same list, 1."""
ANSWERS = (-0.8, -0.9, 0.87, 0.61, 12.6, 16.0, -2.45)
"""Constant, and weights of the score, of the score times the length of the question, of how far it
is from the best one, of what is covered beyond ``COVERED``, of late interaction beyond ``CLOSE``,
and of the length, the logarithm of one more than the number of terms. Of a question of two words a
score says little: there, what counts is that both are met."""
COVERED = 0.7
CLOSE = 0.75
HIGHEST = 6.0  # a score beyond it says no more: in a small list a rare word alone gives 8
NOTHING = 0.1
"""Probability of being about the same that no answer reaches where there is none: so little have
3 % of the real questions that have one, and 95 % of those about something else."""
FITS = 0.5
"""Probability that any of the first answers is right from which on they fit."""
DEPTH = 10  # answers that a verdict is about
NARROWEST = 0.05  # between the two levels; less is chance, as where there are hardly any papers


@dataclass(frozen=True, slots=True)
class Background:
    """What the papers of an index are like, as far as confidence depends on it.

    Attributes:
        foreign_cosine, foreign_late: the largest cosine and late interaction of any paper with a
            question about something else; medians.
        near_cosine, near_late: the same with the title of another paper of the index. As in lists
            of 60 to 200 papers, where they were not measured.
    """

    foreign_cosine: float = 0.16
    foreign_late: float = 0.41
    near_cosine: float = 0.53
    near_late: float = 0.7


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of m papers and a question, each of shape (m,).

    Attributes:
        scores: by which they are ordered.
        cosines, late: as they are, not standardized.
        coverage: share of what the question's terms say, by their idf, that the paper has; terms
            that no paper has count in full.
        words: how many terms the question has.
        best: the highest score of any paper.
    """

    scores: NDArray[np.float32]
    cosines: NDArray[np.float32]
    late: NDArray[np.float32]
    coverage: NDArray[np.float32]
    words: int
    best: float


def about_the_same(signals: Signals, background: Background) -> NDArray[np.float64]:
    """The probability that a question is about what each paper is about, shape (m,)."""
    at = background
    cosine = _level(signals.cosines, at.foreign_cosine, at.near_cosine)
    late = _level(signals.late, at.foreign_late, at.near_late)
    constant, *weights = ABOUT
    found = np.stack([cosine, late, signals.coverage], axis=-1)
    return _sigmoid(constant + product(found.astype(np.float64), np.array(weights)))


def of_answers(signals: Signals, background: Background) -> NDArray[np.float64]:
    """The probability that each paper answers the question, shape (m,), in [0, 1]."""
    scores = np.minimum(signals.scores, HIGHEST)
    behind = signals.scores - signals.best
    covered = np.maximum(signals.coverage - COVERED, 0)
    close = np.maximum(signals.late - CLOSE, 0)
    length = np.full(len(scores), np.log1p(signals.words))
    found = np.stack([scores, scores * length, behind, covered, close, length], axis=-1)
    constant, *weights = ANSWERS
    logit = constant + product(found.astype(np.float64), np.array(weights))
    return about_the_same(signals, background) * _sigmoid(logit)


def verdict(about: NDArray[np.float64], confidences: NDArray[np.float64]) -> Verdict:
    """What is to be said of the first answers: that they fit, that none does, or neither.

    Args:
        about: as :func:`about_the_same` has it of the first ``DEPTH`` answers.
        confidences: of the same; as if one being right did not depend on another.
    """
    if not len(about) or about.max() < NOTHING:
        return "nothing"
    return "fits" if 1 - np.prod(1 - confidences) >= FITS else "unsure"


def _level(values: NDArray[np.float32], foreign: float, near: float) -> NDArray[np.float32]:
    return np.asarray((values - foreign) / max(near - foreign, NARROWEST), dtype=np.float32)


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), dtype=np.float64)
