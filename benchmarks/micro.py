"""What the parts cost, one by one: reading a list, loading, encoding, searching, fusing.

    pytest benchmarks/micro.py

Numbers to look at, next to those of another commit (``--benchmark-compare``): no time fails a run.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import ssm_search
from ssm_search import PaperSearch
from ssm_search.awesome.reading import read_list
from ssm_search.encoding import encode_query
from ssm_search.ranking.fusion import FOR_QUESTIONS, fused
from ssm_search.shipped import shipped_folder, shipped_list
from ssm_search.words.late import late_interaction

QUESTION = "mamba for video"
LARGE = 100_000  # papers whose scores are fused


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    search = ssm_search.open_index()
    search.query(QUESTION)  # loads the encoder
    return search


def test_parse(benchmark: BenchmarkFixture) -> None:
    text = shipped_list().read_text(encoding="utf-8")
    reading = benchmark(read_list, text)
    assert len(reading.papers) == 83


def test_load(benchmark: BenchmarkFixture) -> None:
    assert len(benchmark(PaperSearch.load, shipped_folder()).papers) == 83


def test_encode_a_question(benchmark: BenchmarkFixture, search: PaperSearch) -> None:
    vectors = benchmark(search.encoder.encode, [QUESTION])
    assert vectors.shape == (1, search.manifest.dimension)


def test_search_for_something_new(benchmark: BenchmarkFixture, search: PaperSearch) -> None:
    numbers = itertools.count()
    hits = benchmark(lambda: search.query(f"{QUESTION} {next(numbers)}"))
    assert len(hits) == 10


def test_search_again(benchmark: BenchmarkFixture, search: PaperSearch) -> None:
    assert len(benchmark(search.query, QUESTION)) == 10


def test_suggest(benchmark: BenchmarkFixture, search: PaperSearch) -> None:
    assert benchmark(search.place, search.papers[-1]).suggestions


def test_fuse(benchmark: BenchmarkFixture) -> None:
    scores = np.random.default_rng(0).random((3, LARGE), dtype=np.float32)
    assert benchmark(fused, FOR_QUESTIONS, *scores).shape == (LARGE,)


def test_late_interaction(benchmark: BenchmarkFixture, search: PaperSearch) -> None:
    asked = encode_query(search.encoder, QUESTION)
    words = search.rows.as_list().list_index.word_vectors
    scores = benchmark(late_interaction, asked.words, asked.weights, words.vectors, words.starts)
    assert scores.shape == (83,)
