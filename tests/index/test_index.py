from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from ssm_search.errors import IndexFolderError
from ssm_search.index.bm25 import build_bm25
from ssm_search.index.memory import MemoryIndex
from ssm_search.ranking import okapi
from ssm_search.text import STOP_WORDS
from ssm_search.words.vectors import RowVectors, Words


def unit_rows(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    rows = rng.normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def words(*rows: list[tuple[float, float]], titles: list[int]) -> Words:
    vectors = np.array([word for row in rows for word in row]).reshape(-1, 2)
    starts = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return Words(np.rint(127 * vectors).astype(np.int8), starts, np.array(titles, dtype=np.int32))


def no_words(n: int) -> Words:
    """What an encoder gives that gives none."""
    starts, titles = np.zeros(n + 1, dtype=np.int64), np.zeros(n, dtype=np.int32)
    return Words(np.zeros((0, 0), dtype=np.int8), starts, titles)


@pytest.fixture
def small() -> MemoryIndex:
    of_rows = words([(1, 0), (0, 1), (0.6, 0.8)], [(0, 1)], [(0.8, 0.6), (1, 0)], titles=[2, 1, 0])
    return MemoryIndex.build(
        RowVectors(np.eye(3, dtype=np.float32), of_rows),
        terms=[
            [("video", "video"), ("video", "videos"), ("mamba", "mamba")],
            [("graph", "graphs"), ("mamba", "mamba")],
            [("mamba", "mamba")],
        ],
    )


def test_cosines_equal_brute_force() -> None:
    rng = np.random.default_rng(7)
    papers = unit_rows(rng, 60, 16)
    index = MemoryIndex.build(RowVectors(papers, no_words(60)), [[("a", "a")]] * 60)
    for query in unit_rows(rng, 20, 16):
        np.testing.assert_allclose(index.cosines(query), papers @ query, atol=1e-6)
    np.testing.assert_array_equal(index.paper_vectors, papers)
    np.testing.assert_array_equal(index.row_vectors([3, 59, 3]).vectors, papers[[3, 59, 3]])


def test_words_of_rows(small: MemoryIndex) -> None:
    found = small.words_of([2, 0])
    assert found.vectors.tolist() == [[102, 76], [127, 0], [127, 0], [0, 127], [76, 102]]
    assert (found.starts.tolist(), found.titles.tolist()) == ([0, 2, 5], [0, 2])
    assert small.row_vectors([1]).words.vectors.tolist() == [[0, 127]]


def test_what_a_title_is_about_is_the_mean_of_its_words(small: MemoryIndex) -> None:
    # Of the last row, which has no title, all its words: (102 + 127, 76) over 127.
    last = np.array([229, 76]) / math.hypot(229, 76)
    expected = [[math.sqrt(0.5)] * 2, [0, 1], last]
    np.testing.assert_allclose(small.title_vectors, expected, atol=1e-6)


def test_without_words_a_title_is_what_the_paper_is() -> None:
    eye = np.eye(2, dtype=np.float32)
    index = MemoryIndex.build(RowVectors(eye, no_words(2)), [[("a", "a")]] * 2)
    np.testing.assert_array_equal(index.title_vectors, eye)


def test_bm25_is_lucenes_formula(small: MemoryIndex) -> None:
    def idf(containing: int) -> float:
        return math.log(1 + (3 - containing + 0.5) / (containing + 0.5))

    def weight(count: int, length: int) -> float:
        return count / (count + okapi.K1 * (1 - okapi.B + okapi.B * length / 2))  # mean length 2

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
    assert small.have_term([2, 0, 1, 0], "video").tolist() == [False, True, False, True]
    assert small.have_term([0, 1], "cooking").tolist() == [False, False]
    assert small.knows("graph")
    assert not small.knows("graphs")
    assert small.words == ("graphs", "mamba", "video", "videos")


def test_saved_and_loaded_it_answers_the_same(small: MemoryIndex, tmp_path: Path) -> None:
    small.save(tmp_path)
    loaded = MemoryIndex.load(tmp_path)
    query = np.array([0.6, 0.8, 0], dtype=np.float32)
    np.testing.assert_array_equal(loaded.cosines(query), small.cosines(query))
    np.testing.assert_array_equal(
        loaded.bm25_scores(["video", "mamba"]), small.bm25_scores(["video", "mamba"])
    )
    assert loaded.words == small.words
    for name in ("vectors", "starts", "titles"):
        one, other = getattr(loaded.word_vectors, name), getattr(small.word_vectors, name)
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    assert isinstance(loaded.word_vectors.vectors.base, np.memmap)  # read when it is looked at


def test_rows_without_any_term_are_still_found_by_meaning(tmp_path: Path) -> None:
    eye = np.eye(2, dtype=np.float32)
    MemoryIndex.build(RowVectors(eye, no_words(2)), [[], []]).save(tmp_path)
    index = MemoryIndex.load(tmp_path)
    assert index.cosines(eye[1]).tolist() == [0, 1]
    assert index.bm25_scores(["video"]).tolist() == [0, 0]
    assert not index.word_vectors


def test_no_rows_have_no_scores(tmp_path: Path) -> None:
    MemoryIndex.build(RowVectors(np.zeros((0, 5), np.float32), no_words(0)), []).save(tmp_path)
    index = MemoryIndex.load(tmp_path)
    assert index.cosines(np.ones(5, dtype=np.float32)).shape == (0,)
    assert index.bm25_scores(["video"]).shape == (0,)


FILES = ["papers.faiss", "word_vectors.npy", "word_starts.npy", "title_words.npy"]


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_an_error_with_a_cure(
    small: MemoryIndex, tmp_path: Path, name: str
) -> None:
    small.save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(IndexFolderError, match="build it again"):
        MemoryIndex.load(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_an_error_with_a_cure(
    small: MemoryIndex, tmp_path: Path, name: str
) -> None:
    small.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(IndexFolderError, match=r"damaged.*build it again"):
        MemoryIndex.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("word_starts", np.array([0, 3, 6]), "2 starts of words, expected 3"),
        ("word_starts", np.zeros(0, np.int64), "-1 starts of words, expected 3"),
        ("word_starts", np.array([0, 3, 4, 7]), "6 words, expected 7"),
        ("word_vectors", np.zeros((5, 2), np.int8), "5 words, expected 6"),
        ("title_words", np.zeros(4, np.int32), "4 counts of titles' words, expected 3"),
        ("term_counts", np.zeros(4, np.int64), "4 counts of terms, expected 3"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_counts_that_differ_are_both_named(
    small: MemoryIndex, tmp_path: Path, name: str, array: np.ndarray, message: str
) -> None:
    small.save(tmp_path)
    np.save(tmp_path / f"{name}.npy", array)
    with pytest.raises(IndexFolderError, match=f"{message}.*; build it again"):
        MemoryIndex.load(tmp_path)


@pytest.mark.parametrize("name", FILES[1:])
def test_pickles_are_never_loaded(small: MemoryIndex, tmp_path: Path, name: str) -> None:
    small.save(tmp_path)
    np.save(tmp_path / name, np.array([object()]), allow_pickle=True)
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
    theirs = bm25s.BM25(k1=okapi.K1, b=okapi.B, method="lucene")
    theirs.index(rows, show_progress=False)
    assert ours is not None
    for _ in range(20):
        asked = [f"t{number}" for number in rng.integers(0, 40, 6)]
        np.testing.assert_array_equal(ours.scores(asked), theirs.get_scores(asked))
    words = {word for word in STOPWORDS_EN_PLUS if re.fullmatch(r"\w\w+", word)}
    assert words == STOP_WORDS
