"""Vectors of words: kept as bytes, pooled in corpora, compared by the spread of a sample."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace

import numpy as np
import pytest
from fakes import AXES, TokenEncoder, WordEncoder, word_vector

from ssm_search.encoding import encode_documents, encode_query
from ssm_search.index.headings import Headings
from ssm_search.vectors import as_bytes
from ssm_search.words.vectors import (
    SAMPLED,
    RowVectors,
    Words,
    sampled_rows,
)

FEW = np.float32(127)


@dataclass
class Asked:
    """The part of a question that words are compared with."""

    word_vectors: np.ndarray
    word_weights: np.ndarray


def words_of(*rows: str, titles: list[int]) -> Words:
    vectors = [word_vector(word) for row in rows for word in row.split()]
    starts = np.cumsum([0, *(len(row.split()) for row in rows)]).astype(np.int64)
    return Words(as_bytes(np.array(vectors)), starts, np.array(titles, dtype=np.int32))


def chance_words(counts: list[int], titles: list[int], seed: int = 0) -> Words:
    rows = np.random.default_rng(seed).normal(size=(sum(counts), 16))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    starts = np.cumsum([0, *counts]).astype(np.int64)
    return Words(as_bytes(rows.astype(np.float32)), starts, np.array(titles, dtype=np.int32))


def assert_same(one: Words, other: Words) -> None:
    for name in ("vectors", "starts", "titles"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


# ── pooling ──────────────────────────────────────────────────────────────────────────────────


def test_pooled_words_of_an_abstract_are_the_means_of_near_ones() -> None:
    # A title of two words, then "video" and "film", "graph" and "lattice", whose cosines are .8.
    whole = words_of("video fox video film graph lattice", titles=[2])
    found = whole.pooled()
    assert found.starts.tolist() == [0, 4]
    np.testing.assert_array_equal(found.vectors[:2], whole.vectors[:2])
    film, lattice = (whole.vectors[at] / FEW for at in (3, 5))
    expected = []
    for axis, near in (("video", film), ("graph", lattice)):
        mean = word_vector(axis) + near
        expected.append(np.rint(127 * mean / np.linalg.norm(mean)))
    assert sorted(found.vectors[2:].tolist()) == sorted(np.array(expected).tolist())


def test_titles_stay_whole_and_half_of_the_rest_is_left() -> None:
    counts, titles = [40, 13, 9, 7, 21, 30], [10, 12, 9, 3, 0, 5]
    whole = chance_words(counts, titles)
    found = whole.pooled()
    # Of 30, 1, 0, 4, 21 and 25 words of abstracts; fewer than four stay.
    assert np.diff(found.starts).tolist() == [10 + 15, 13, 9, 3 + 2, 10, 5 + 12]
    assert found.titles.tolist() == titles
    for row, title in enumerate(titles):
        np.testing.assert_array_equal(found.of(row)[:title], whole.of(row)[:title])
        lengths = np.linalg.norm(found.of(row) / FEW, axis=1)
        np.testing.assert_allclose(lengths, 1, atol=0.02)
    assert found.vectors.dtype == np.int8


@pytest.mark.parametrize("rest", [0, 1, 2, 3])
def test_few_words_are_not_pooled(rest: int) -> None:
    whole = chance_words([5 + rest], [5])
    assert_same(whole.pooled(), whole)


def test_words_all_alike_become_one() -> None:
    found = words_of("fox video video video video video video", titles=[1]).pooled()
    np.testing.assert_array_equal(found.vectors, as_bytes(np.stack([*map(word_vector, FOX)])))


FOX = ("fox", "video")


def test_pooling_nothing_leaves_nothing() -> None:
    assert (
        len(Words(np.zeros((0, 4), np.int8), np.zeros(1, np.int64), np.zeros(0, "i4")).pooled())
        == 0
    )


def test_a_row_does_not_depend_on_those_beside_it() -> None:
    whole = chance_words([20, 30, 25], [5, 5, 5])
    together = whole.pooled()
    for row in range(3):
        assert_same(together.taken([row]), whole.taken([row]).pooled())


# ── as an index keeps them ───────────────────────────────────────────────────────────────────


def test_a_corpus_pools_and_a_list_does_not() -> None:
    texts = ["Video. From film to the graph of sound in lattice", "Fox"]
    encoded = encode_documents(TokenEncoder(), texts)
    titles = np.array([1, 1], dtype=np.int32)
    listed = RowVectors.of(encoded, titles, pool=False)
    np.testing.assert_array_equal(listed.words.vectors, encoded.words)
    assert listed.words.starts.tolist() == [0, 5, 6]
    assert RowVectors.of(encoded, titles, pool=True).words.starts.tolist() == [0, 3, 4]
    np.testing.assert_array_equal(listed.vectors, WordEncoder().encode(texts))


def test_a_title_has_no_more_words_than_its_text() -> None:
    """As where the title alone is longer than what a model reads."""
    encoded = encode_documents(TokenEncoder(), ["video fox"])
    assert RowVectors.of(encoded, np.array([9], np.int32), pool=False).words.titles.tolist() == [2]


def test_an_encoder_without_words_gives_none_to_pool() -> None:
    encoded = encode_documents(WordEncoder(), ["video", "graph"])
    for pool in (False, True):
        found = RowVectors.of(encoded, np.zeros(2, np.int32), pool=pool).words
        assert (found.vectors.shape, found.starts.tolist()) == ((0, 0), [0, 0, 0])
        assert not found
        assert len(found) == 2


def test_there_and_back() -> None:
    words = chance_words([3, 5, 1], [2, 5, 0])
    made = RowVectors(np.eye(3, dtype=np.float32), words)
    found = RowVectors.from_bytes(made.to_bytes())
    np.testing.assert_array_equal(found.vectors, made.vectors)
    assert_same(found.words, words)
    for damaged in (b"", b"nonsense", made.to_bytes()[:200]):
        with pytest.raises((ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile)):
            RowVectors.from_bytes(damaged)


def test_rows_that_are_taken_and_joined_are_those_that_were_there() -> None:
    counts, titles = [3, 5, 1, 4], [2, 5, 0, 1]
    words = chance_words(counts, titles)
    made = RowVectors(np.eye(4, dtype=np.float32), words)
    for rows in ([2, 0, 0, 3], [], [1]):
        found = made.taken(rows)
        np.testing.assert_array_equal(found.vectors, made.vectors[rows])
        assert len(found) == len(found.words) == len(rows)
        for at, row in enumerate(rows):
            np.testing.assert_array_equal(found.words.of(at), words.of(row))
            assert found.words.titles[at] == titles[row]
    again = RowVectors.joined(
        [made.taken([0]), made.taken([1, 2]), made.taken([]), made.taken([3])]
    )
    np.testing.assert_array_equal(again.vectors, made.vectors)
    assert_same(again.words, words)
    assert_same(Words.joined([words]), words)


def test_the_words_of_a_title_or_all_where_there_is_none() -> None:
    words = words_of("video fox", "graph fox", titles=[1, 0])
    np.testing.assert_allclose(words.title_of(0), [word_vector("video")])
    np.testing.assert_allclose(words.title_of(1), [word_vector("graph"), word_vector("fox")])
    half = (word_vector("graph") + word_vector("fox")) / np.sqrt(2)
    np.testing.assert_allclose(words.mean_of_title(1), half, atol=1e-6)
    opposite = Words(
        np.array([[127, 0], [-127, 0]], np.int8), words.starts[[0, 2]], words.titles[:1]
    )
    assert replace(opposite, titles=np.array([2], np.int32)).mean_of_title(0).tolist() == [0, 0]


# ── late interaction as z-scores ─────────────────────────────────────────────────────────────


def test_late_interaction_is_standardized_by_the_sample_alone() -> None:
    asked = Asked(word_vector("video")[None], np.ones(1, dtype=np.float32))
    sample = words_of("video", "film", "fox", titles=[1, 1, 1])
    film = 102 / 127  # .8 as a byte
    spread = np.array([1, film, 0])
    for rows in ("film", "video graph"), ("film", "fox", "video", "film fox"):
        found = words_of(*rows, titles=[0] * len(rows)).scores_in(asked, sample)
        scores = [1 if "video" in row else film if "film" in row else 0 for row in rows]
        assert found is not None
        np.testing.assert_allclose(found[0], scores, atol=1e-5)
        np.testing.assert_allclose(found[1], (scores - spread.mean()) / spread.std(), atol=1e-5)


def test_without_words_on_either_side_there_is_no_late_interaction() -> None:
    words = words_of("video", titles=[1])
    none = encode_documents(WordEncoder(), ["video"])
    bare = RowVectors.of(none, np.zeros(1, np.int32), pool=False).words
    asked = Asked(word_vector("video")[None], np.ones(1, dtype=np.float32))
    nothing = Asked(np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
    assert words.scores_in(nothing, words) is None
    assert bare.scores_in(asked, bare) is None
    alike = words.scores_in(asked, words)  # a single row: nothing to tell apart by
    assert alike is not None
    assert alike[1].tolist() == [0]


def test_names_of_headings_meet_the_words_of_papers() -> None:
    fake = TokenEncoder()
    names = [fake.encode_query_words(text) for text in ("Film of foxes", "Graph", "Sound")]
    paths = [("Film of foxes",), ("Up", "Graph"), ("Up", "Sound")]
    headings = Headings.of(paths, names, 5)
    papers = ["A video of fish", "Graph lattice", "Audio fox"]
    rows = RowVectors.of(fake.encode_words(papers), np.zeros(3, np.int32), pool=False)
    # "film" weighs 3 of 5; it is .8 of "video", and .6 of its letter, which "fish" and "fox" have.
    # "of" weighs 1 of 5, and no word begins so; so does "foxes", which "fish" and "fox" are near.
    # "sound" is .8 of "audio".
    expected = [[0.6 * 0.8 + 0.2, 0, 0], [0, 1, 0], [0.6 * 0.6 + 0.2, 0, 0.8]]
    np.testing.assert_allclose(headings.met_by(rows), expected, atol=1e-6)
    for at, name in enumerate(names):
        again = headings.name(at)
        for part in ("vector", "words", "weights"):
            np.testing.assert_array_equal(getattr(again, part), getattr(name, part))
    same = Headings(headings.paths, *headings.arrays)
    np.testing.assert_array_equal(same.met_by(rows), headings.met_by(rows))


def test_names_of_headings_without_words_are_near_by_their_vectors() -> None:
    names = [encode_query(WordEncoder(), text) for text in ("Video", "Graph of text")]
    headings = Headings.of([("Video",), ("Graph of text",)], names, 5)
    rows = RowVectors.of(
        encode_documents(WordEncoder(), ["video", "video graph"]), np.zeros(2, np.int32), pool=False
    )
    np.testing.assert_allclose(headings.met_by(rows), [[1, 0], [0.5**0.5, 0.5]], atol=1e-6)


def test_no_headings_are_near_nothing() -> None:
    none = Headings.of((), (), 5)
    for fake in (WordEncoder(), TokenEncoder()):
        rows = RowVectors.of(encode_documents(fake, ["video"]), np.zeros(1, np.int32), pool=False)
        assert none.met_by(rows).shape == (1, 0)


@pytest.mark.parametrize("count", [0, 1, 2, SAMPLED - 1, SAMPLED, SAMPLED + 1, 10_000])
def test_the_sample_is_spread_evenly(count: int) -> None:
    rows = sampled_rows(count)
    assert len(rows) == min(count, SAMPLED)
    if count:
        assert rows[0] == 0
    if count > 1:
        assert rows[-1] == count - 1
        steps = np.diff(rows)
        assert steps.min() >= 1
        assert steps.max() - steps.min() <= 1
    assert rows.dtype == np.int64


def test_as_many_axes_as_the_encoder_of_the_tests_has() -> None:
    assert [int(word_vector(axis).argmax()) for axis in AXES] == list(range(len(AXES)))
