"""Confidence and verdicts, by arithmetic that can be done by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from ssm_search.ranking.confidence import (
    ABOUT,
    ANSWERS,
    FITS,
    HIGHEST,
    NOTHING,
    Background,
    Signals,
    about_the_same,
    of_answers,
    verdict,
)

AT = Background(foreign_cosine=0.1, foreign_late=0.4, near_cosine=0.6, near_late=0.9)


def signals(score: float, cosine: float, late: float, coverage: float, words: int = 2) -> Signals:
    given = (np.array([value], dtype=np.float32) for value in (score, cosine, late, coverage))
    return Signals(*given, words=words, best=score)


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def test_levels_are_those_of_the_index() -> None:
    constant, cosine, late, coverage = ABOUT
    for given, level in (((0.1, 0.4), 0), ((0.6, 0.9), 1), ((0.35, 0.65), 0.5)):
        found = about_the_same(signals(1, *given, 0.25), AT)
        expected = sigmoid(constant + level * (cosine + late) + 0.25 * coverage)
        assert found == pytest.approx([expected], abs=1e-5)


def test_confidence_is_of_both() -> None:
    constant, score, length, behind, covered, close, words = ANSWERS
    given = Signals(
        scores=np.array([3, 2, 9], dtype=np.float32),
        cosines=np.full(3, 0.5, dtype=np.float32),
        late=np.array([0.85, 0.5, 0.75], dtype=np.float32),
        coverage=np.array([1, 0.7, 0.2], dtype=np.float32),
        words=3,
        best=9,
    )
    about = about_the_same(given, AT)
    log = math.log(4)
    expected = [
        constant + 3 * (score + log * length) - 6 * behind + 0.3 * covered + 0.1 * close,
        constant + 2 * (score + log * length) - 7 * behind,
        constant + HIGHEST * (score + log * length),
    ]
    found = of_answers(given, AT)
    likely = [
        one * sigmoid(logit + log * words) for one, logit in zip(about, expected, strict=True)
    ]
    assert found == pytest.approx(likely, abs=1e-5)


def test_an_index_of_which_nothing_is_known_divides_by_no_zero() -> None:
    flat = Background(0.5, 0.5, 0.5, 0.5)
    assert np.isfinite(about_the_same(signals(1, 0.5, 0.5, 0), flat)).all()


def test_no_papers_have_no_confidence() -> None:
    none = np.zeros(0, dtype=np.float32)
    empty = Signals(none, none, none, none, words=1, best=-math.inf)
    assert len(of_answers(empty, AT)) == 0
    assert verdict(np.zeros(0), np.zeros(0)) == "nothing"


@pytest.mark.parametrize(
    ("about", "confidences", "expected"),
    [
        ([NOTHING - 0.01], [0.9], "nothing"),
        ([NOTHING], [FITS], "fits"),
        ([0.01, NOTHING], [0.1, FITS - 0.01], "fits"),  # one of two: 1 - .9 · .51 is .541
        ([0.9, 0.9], [0.2, 0.3], "unsure"),  # 1 - .8 · .7 is .44
        ([1, 1], [0.3, 0.3], "fits"),  # 1 - .7² is .51
    ],
)
def test_verdicts(about: list[float], confidences: list[float], expected: str) -> None:
    assert verdict(np.array(about), np.array(confidences)) == expected


def test_more_of_a_question_covered_is_never_less_sure() -> None:
    found = [of_answers(signals(2, 0.5, 0.8, share / 10), AT)[0] for share in range(11)]
    assert found == sorted(found)
    assert of_answers(replace(signals(2, 0.5, 0.8, 1), words=9), AT)[0] > 0
