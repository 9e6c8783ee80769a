"""Late interaction: by hand, by brute force, and how much memory it takes."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from ssm_search.words import late
from ssm_search.words.late import late_interaction, nearest_words, word_cosines


def stored(*words: tuple[float, float]) -> np.ndarray:
    return np.rint(127 * np.array(words)).astype(np.int8)


def brute_force(
    words: np.ndarray, weights: np.ndarray, rows: np.ndarray, starts: np.ndarray
) -> list[float]:
    """The formula, word by word, in 64 bits."""
    return [
        sum(
            float(weight) * max(float(word @ (row / 127)) for row in rows[start:end])
            for word, weight in zip(words.astype(float), weights, strict=True)
        )
        for start, end in pairwise(starts)
    ]


def chance_words(rng: np.random.Generator, count: int, width: int) -> np.ndarray:
    rows = rng.normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_each_word_of_the_question_meets_its_nearest() -> None:
    words = np.array([[1, 0], [0, 1]], dtype=np.float32)
    weights = np.array([0.75, 0.25], dtype=np.float32)
    rows = stored((1, 0), (0.6, 0.8), (0, -1), (-1, 0), (0, 1))
    found = late_interaction(words, weights, rows, np.array([0, 2, 3, 5]))
    # Bytes: .6 is 76 of 127, .8 is 102. Of the first paper 1 and .8 are nearest; of the second,
    # whose one word has nothing to do with the first and is the opposite of the second, 0 and −1;
    # of the third 0 and 1.
    expected = [0.75 + 0.25 * 102 / 127, -0.25, 0.25]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_the_nearest_of_each_word() -> None:
    words = np.array([[1, 0], [0, 1]], dtype=np.float32)
    rows = stored((1, 0), (0.6, 0.8), (0, -1), (-1, 0), (0, 1))
    found = nearest_words(words, rows, np.array([0, 2, 3, 5]))
    np.testing.assert_allclose(found, [[1, 102 / 127], [0, -1], [0, 1]], atol=1e-6)
    assert found.dtype == np.float32
    assert nearest_words(words, rows[:0], np.array([0])).shape == (0, 2)


@pytest.mark.parametrize("alone", [1, 40, 200, 1 << 18])
def test_cosines_of_words_are_those_of_all_pairs(
    alone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "ALONE", alone)  # parts of one word, of some, of all
    rng = np.random.default_rng(alone)
    for count, many in ((1, 1), (3, 7), (5, 0), (0, 4)):
        words = chance_words(rng, count, 8)
        rows = np.rint(127 * chance_words(rng, many, 8)).astype(np.int8)
        found = word_cosines(words, rows)
        assert (found.shape, found.dtype) == ((count, many), np.float32)
        np.testing.assert_allclose(found, words @ (rows.astype(np.float32) / 127).T, atol=1e-6)


def test_late_interaction_equals_brute_force() -> None:
    rng = np.random.default_rng(7)
    for width in (1, 5, 64):
        rows = np.rint(127 * chance_words(rng, 300, width)).astype(np.int8)
        inner = np.sort(rng.choice(np.arange(1, 300), size=59, replace=False))
        starts = np.array([0, *inner, 300])
        for count in (1, 2, 5, 13):
            words = chance_words(rng, count, width)
            weights = rng.dirichlet(np.ones(count)).astype(np.float32)
            found = late_interaction(words, weights, rows, starts)
            expected = brute_force(words, weights, rows, starts)
            np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("block", [1, 3, 7, 50, 299, 300, 301])
def test_blocks_change_no_score(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be they shorter than a paper, as long as several, or longer than all."""
    rng = np.random.default_rng(block)
    rows = np.rint(127 * chance_words(rng, 300, 8)).astype(np.int8)
    starts = np.array([0, 1, 2, 40, 41, 90, 97, 104, 111, 299, 300])
    words, weights = chance_words(rng, 4, 8), np.full(4, 0.25, dtype=np.float32)
    whole = late_interaction(words, weights, rows, starts)
    monkeypatch.setattr(late, "BLOCK", block)
    found = late_interaction(words, weights, rows, starts)
    np.testing.assert_allclose(found, whole, atol=1e-6)
    np.testing.assert_allclose(found, brute_force(words, weights, rows, starts), atol=1e-5)


def test_no_paper_has_no_score() -> None:
    words, weights = np.ones((1, 2), dtype=np.float32), np.ones(1, dtype=np.float32)
    found = late_interaction(words, weights, np.zeros((0, 2), dtype=np.int8), np.array([0]))
    assert found.shape == (0,)


@pytest.mark.parametrize("papers", [4_000, 16_000])
def test_memory_does_not_grow_with_the_words(papers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is made floats at a time: four times the papers take no more but their scores."""
    monkeypatch.setattr(late, "BLOCK", 4_096)
    rows = np.ones((64 * papers, 64), dtype=np.int8)
    starts = np.arange(papers + 1) * 64
    words, weights = np.full((8, 64), 0.125, np.float32), np.full(8, 0.125, np.float32)
    tracemalloc.start()
    late_interaction(words, weights, rows, starts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The words of a block as floats, and their products with those of the question; all of them
    # would be 66 MB, or 262 MB.
    block = 4_096 * (64 + 8) * 4
    assert peak < 2 * block + 100 * papers
