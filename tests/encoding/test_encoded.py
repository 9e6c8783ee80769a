"""Vectors of texts and of their words: taken, joined, sent, checked."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import TokenEncoder

from ssm_search.encoding.encoded import (
    Encoded,
    EncodedQuery,
    checked,
    gathered,
    joined,
    without_words,
)
from ssm_search.errors import EncoderError
from ssm_search.vectors import as_bytes, as_floats, take_runs

TEXTS = ["video", "a graph of sound", "", "film and text and more text"]


def assert_same(one: Encoded, other: Encoded) -> None:
    for name in ("vectors", "words", "starts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


@pytest.fixture(scope="module")
def encoded() -> Encoded:
    return TokenEncoder().encode_words(TEXTS)


@pytest.mark.parametrize("seed", range(20))
def test_runs_that_are_taken_are_slices_side_by_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 6, rng.integers(1, 12))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows = rng.integers(-127, 128, (int(starts[-1]), 3)).astype(np.int8)
    for places in (
        rng.integers(0, len(counts), 9),  # in any order, several times
        np.arange(len(counts)),
        rng.permutation(len(counts)).tolist(),
        [],
    ):
        found, new = take_runs(rows, starts, places)
        slices = [rows[starts[at] : starts[at + 1]] for at in places]
        np.testing.assert_array_equal(found, np.concatenate([rows[:0], *slices]))
        assert new.tolist() == [0, *np.cumsum([len(each) for each in slices], dtype=int)]
        assert (found.dtype, new.dtype) == (np.int8, np.int64)


def test_texts_that_are_taken_keep_vectors_and_words(encoded: Encoded) -> None:
    taken = encoded.taken([3, 0, 3])
    assert len(taken) == 3
    for at, text in enumerate((3, 0, 3)):
        np.testing.assert_array_equal(taken.vectors[at], encoded.vectors[text])
        np.testing.assert_array_equal(taken.words_of(at), encoded.words_of(text))
    none = encoded.taken([])
    assert (none.vectors.shape, none.words.shape, none.starts.tolist()) == ((0, 5), (0, 30), [0])


def test_joined_they_are_as_if_encoded_at_once(encoded: Encoded) -> None:
    parts = [TokenEncoder().encode_words(texts) for texts in (TEXTS[:1], [], TEXTS[1:])]
    assert_same(joined(parts), encoded)


def test_there_and_back(encoded: Encoded) -> None:
    assert_same(Encoded.from_bytes(encoded.to_bytes()), encoded)


def test_gathered_texts_are_those_that_were_encoded_one_by_one() -> None:
    fake = TokenEncoder()
    one, other = (fake.encode_query_words(text) for text in ("video film", "fox"))
    found = gathered([one, other])
    assert found.starts.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(found.words, as_bytes(np.concatenate([one.words, other.words])))
    np.testing.assert_array_equal(found.vectors, [one.vector, other.vector])
    bare = gathered([without_words(one.vector), without_words(other.vector)])
    assert (bare.words.shape, bare.starts.tolist()) == ((0, 0), [0, 0, 0])
    nothing = gathered([])
    assert (len(nothing), nothing.words.shape, nothing.starts.tolist()) == (0, (0, 0), [0])


def test_bytes_are_exact_to_half_a_step() -> None:
    words = np.array([[1, 0, -1], [0.6, 0.8, 0], [0.577, -0.577, 0.577]], dtype=np.float32)
    kept = as_bytes(words)
    assert kept.tolist() == [[127, 0, -127], [76, 102, 0], [73, -73, 73]]
    assert kept.dtype == np.int8
    back = as_floats(kept)
    assert back.dtype == np.float32
    assert np.abs(back - words).max() <= 0.5 / 127 + 1e-6


def test_a_text_without_words_has_a_vector_alone() -> None:
    vector = np.array([0.6, 0.8], dtype=np.float32)
    found = without_words(vector)
    assert isinstance(found, EncodedQuery)
    assert (found.words.shape, found.weights.shape, found.spans.shape) == ((0, 0), (0,), (0, 2))
    np.testing.assert_array_equal(found.vector, vector)


WORDS = np.full((3, 4), 64, dtype=np.int8)
VECTORS = np.eye(2, dtype=np.float32)


@pytest.mark.parametrize(
    ("vectors", "words", "starts", "message"),
    [
        (VECTORS, WORDS, [0, 1], r"start at 2 places for 2 texts; expected .* 3 places"),
        (VECTORS, WORDS, [0, 1, 2], r"words of shape \(3, 4\)"),
        (VECTORS, WORDS, [1, 1, 3], "words of shape"),
        (VECTORS, WORDS, [0, 5, 3], "words of shape"),
        (VECTORS, WORDS, [0, 3, 3], "expected at least one word of each"),
        (VECTORS, WORDS.astype(np.float32), [0, 1, 3], r"float32.* expected int8"),
        (VECTORS, WORDS.ravel(), [0, 1, 12], r"shape \(12,\)"),
        (2 * VECTORS, WORDS, [0, 1, 3], "length 2.000 to 2.000"),
        (VECTORS[:1], WORDS, [0, 1, 3], r"shape \(1, 2\) for 2 texts"),
    ],
)
def test_what_an_encoder_did_not_promise(
    vectors: np.ndarray, words: np.ndarray, starts: list[int], message: str
) -> None:
    with pytest.raises(EncoderError, match=message):
        checked(Encoded(vectors, words, np.array(starts)), 2)


def test_what_it_did_promise() -> None:
    starts = np.array([0, 1, 3])
    assert_same(checked(Encoded(VECTORS, WORDS, starts), 2), Encoded(VECTORS, WORDS, starts))
    none = Encoded(VECTORS, np.zeros((0, 0), np.int8), np.zeros(3, np.int64))
    assert_same(checked(none, 2), none)
