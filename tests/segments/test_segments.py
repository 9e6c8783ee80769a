"""Segments with words: written, joined without what is gone, and read across their borders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corpus_papers import papers
from fakes import TokenEncoder, WordEncoder

from ssm_search.encoding import Encoder, encode_documents
from ssm_search.errors import IndexFolderError
from ssm_search.papers import Paper, full_text
from ssm_search.segments import joining
from ssm_search.segments.joining import join_segments
from ssm_search.segments.segment import Segment, load_segment, write_segment
from ssm_search.segments.segmented import SegmentedIndex
from ssm_search.words.vectors import RowVectors, count_words


def encoded(of: list[Paper], encoder: Encoder) -> RowVectors:
    titles = count_words(encoder, [paper.title for paper in of])
    return RowVectors.of(encode_documents(encoder, list(map(full_text, of))), titles, pool=True)


def written(folder: Path, of: list[Paper], encoder: Encoder) -> Segment:
    folder.mkdir()
    write_segment(folder, of, encoded(of, encoder))
    return load_segment(folder)


@pytest.fixture(params=[TokenEncoder, WordEncoder])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    made: Encoder = request.param()
    return made


def test_joined_segments_have_the_words_of_the_rows_that_stay(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "COPIED_WORDS", 3)
    monkeypatch.setattr(joining, "COPIED", 4)
    all_papers = papers(30)
    one = written(tmp_path / "one", all_papers[:17], encoder)
    other = written(tmp_path / "other", all_papers[17:], encoder)
    stay, more = np.array([0, 1, 2, 5, 8, 9, 16]), np.array([0, 3, 4, 12])
    (tmp_path / "both").mkdir()
    join_segments(tmp_path / "both", [(one, stay), (other, more)])
    both = load_segment(tmp_path / "both")
    kept = [all_papers[at] for at in (*stay, *(17 + more))]
    expected = encoded(kept, encoder)
    np.testing.assert_array_equal(both.vectors, expected.vectors)
    for name in ("vectors", "starts", "titles"):
        found = getattr(both.word_vectors, name)
        np.testing.assert_array_equal(found, getattr(expected.words, name))
        assert found.dtype == getattr(expected.words, name).dtype
    assert [both.papers[row] for row in range(len(both))] == kept


def test_rows_are_found_across_the_borders_of_segments(tmp_path: Path, encoder: Encoder) -> None:
    all_papers = papers(30)
    parts = [all_papers[:12], all_papers[12:13], all_papers[13:]]
    index = SegmentedIndex(
        [written(tmp_path / f"{at}", part, encoder) for at, part in enumerate(parts)]
    )
    whole = encoded(all_papers, encoder)
    for rows in ([], [0], [11, 12, 13], [0, 3, 12, 29], list(range(30)), [20, 28]):
        found, expected = index.row_vectors(rows), whole.taken(rows)
        np.testing.assert_array_equal(found.vectors, expected.vectors)
        np.testing.assert_array_equal(found.words.vectors, expected.words.vectors)
        np.testing.assert_array_equal(found.words.starts, expected.words.starts)
        np.testing.assert_array_equal(found.words.titles, expected.words.titles)


@pytest.mark.parametrize("name", ["word_vectors", "word_starts", "title_words"])
def test_damaged_words_are_an_error_with_a_cure(tmp_path: Path, name: str) -> None:
    segment = written(tmp_path / "one", papers(5), TokenEncoder())
    path = segment.folder / f"{name}.npy"
    whole = np.load(path)
    np.save(path, whole[:-1])
    with pytest.raises(IndexFolderError, match=r"words.*expected.*build it again"):
        load_segment(segment.folder)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(IndexFolderError, match=r"the segment one .* is damaged .*build it again"):
        load_segment(segment.folder)
