from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ssm_search.errors import IndexFolderError
from ssm_search.index.bm25 import K1, B, build_bm25
from ssm_search.index.memory import MemoryIndex
from ssm_search.text import STOP_WORDS


def unit_rows(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    rows = rng.normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def small() -> MemoryIndex:
    eye = np.eye(3, dtype=np.float32)
    return MemoryIndex.build(
        papers=eye,
        sentences=eye[[0, 1, 1, 2, 0]],
        sentence_starts=np.array([0, 2, 3, 5]),
        terms=[
            [("video", "video"), ("video", "videos"), ("mamba", "mamba")],
            [("graph", "graphs"), ("mamba", "mamba")],
            [("mamba", "mamba")],
        ],
    )


def test_dense_scores_equal_brute_force() -> None:
    rng = np.random.default_rng(7)
    papers, sentences = unit_rows(rng, 60, 16), unit_rows(rng, 200, 16)
    inner = np.sort(rng.choice(np.arange(1, 200), size=59, replace=False))
    starts = np.array([0, *inner, 200])
    index = MemoryIndex.build(papers, sentences, starts, [[("a", "a")]] * 60)
    for query in unit_rows(rng, 20, 16):
        scores = index.dense_scores(query)
        np.testing.assert_allclose(scores.paper, papers @ query, atol=1e-6)
        nearest = [(sentences[a:b] @ query).max() for a, b in pairwise(starts)]
        np.testing.assert_allclose(scores.sentence, nearest, atol=1e-6)


def test_bm25_is_lucenes_formula(small: MemoryIndex) -> None:
    def idf(containing: int) -> float:
        return math.log(1 + (3 - containing + 0.5) / (containing + 0.5))

    def weight(count: int, length: int) -> float:
        return count / (count + K1 * (1 - B + B * length / 2))  # mean length 2

    np.testing.assert_allclose(
        small.bm25_scores(["video", "mamba"]),
        [
            idf(1) * weight(2, 3) + idf(3) * weight(1, 3),
            idf(3) * weight(1, 2),
            idf(3) * weight(1, 1),
        ],
        rtol=1e-5,
    )


def test_unknown_terms_score_zero(small: MemoryIndex) -> None:
    assert small.bm25_scores(["cooking"]).tolist() == [0, 0, 0]
    assert small.bm25_scores([]).tolist() == [0, 0, 0]


def test_rows_know_their_terms(small: MemoryIndex) -> None:
    assert [small.has_term(row, "video") for row in range(3)] == [True, False, False]
    assert not small.has_term(0, "cooking")
    assert small.knows("graph")
    assert not small.knows("graphs")
    assert small.words == ("graphs", "mamba", "video", "videos")


def test_sentences_of_a_row(small: MemoryIndex) -> None:
    query = np.array([1, 0, 0], dtype=np.float32)
    assert small.sentence_scores(0, query).tolist() == [1, 0]
    assert small.sentence_scores(2, query).tolist() == [0, 1]


def test_saved_and_loaded_it_answers_the_same(small: MemoryIndex, tmp_path: Path) -> None:
    small.save(tmp_path)
    loaded = MemoryIndex.load(tmp_path)
    query = np.array([0.6, 0.8, 0], dtype=np.float32)
    np.testing.assert_array_equal(loaded.dense_scores(query).paper, small.dense_scores(query).paper)
    np.testing.assert_array_equal(
        loaded.bm25_scores(["video", "mamba"]), small.bm25_scores(["video", "mamba"])
    )
    assert loaded.words == small.words


def test_rows_without_any_term_are_still_found_by_meaning(tmp_path: Path) -> None:
    eye = np.eye(2, dtype=np.float32)
    MemoryIndex.build(eye, eye, np.arange(3), [[], []]).save(tmp_path)
    index = MemoryIndex.load(tmp_path)
    assert index.dense_scores(eye[1]).paper.tolist() == [0, 1]
    assert index.bm25_scores(["video"]).tolist() == [0, 0]


@pytest.mark.parametrize("name", ["papers.faiss", "sentences.faiss", "sentence_starts.npy"])
def test_a_truncated_file_is_an_error_with_a_cure(
    small: MemoryIndex, tmp_path: Path, name: str
) -> None:
    small.save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(IndexFolderError, match="build it again"):
        MemoryIndex.load(tmp_path)


def test_counts_that_differ_are_both_named(small: MemoryIndex, tmp_path: Path) -> None:
    small.save(tmp_path)
    np.save(tmp_path / "sentence_starts.npy", np.array([0, 2, 5]))
    with pytest.raises(IndexFolderError, match="2 rows of sentences, expected 3"):
        MemoryIndex.load(tmp_path)


def test_pickles_are_never_loaded(small: MemoryIndex, tmp_path: Path) -> None:
    small.save(tmp_path)
    np.save(tmp_path / "sentence_starts.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(IndexFolderError, match="damaged"):
        MemoryIndex.load(tmp_path)


def test_bm25_reads_as_bm25s_does() -> None:
    import bm25s
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    rng = np.random.default_rng(7)
    rows = [
        [f"t{number}" for number in rng.integers(0, 40, size)] for size in rng.integers(1, 60, 50)
    ]
    ours = build_bm25(rows)
    theirs = bm25s.BM25(k1=K1, b=B, method="lucene")
    theirs.index(rows, show_progress=False)
    assert ours is not None
    for _ in range(20):
        asked = [f"t{number}" for number in rng.integers(0, 40, 6)]
        np.testing.assert_array_equal(ours.scores(asked), theirs.get_scores(asked))
    words = {word for word in STOPWORDS_EN_PLUS if re.fullmatch(r"\w\w+", word)}
    assert words == STOP_WORDS
