from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import TokenEncoder, WordEncoder
from numpy.typing import NDArray

from ssm_search.encoding import encode_documents
from ssm_search.index.begins import UNTOLD, check_begins, word_begins
from ssm_search.index.saved import build_rows
from ssm_search.names import text_hashes
from ssm_search.papers import Paper, full_text
from ssm_search.search.local import PaperSearch
from ssm_search.words import RowVectors, Words

PAPERS = [
    Paper("2401.00001", "The video of the graph", abstract="Moving film."),
    Paper("2401.00002", "Sound"),
    Paper("2401.00003", "Kites", abstract=f"{' ' * 70_000}Kites fly."),
]


def words(papers: Sequence[Paper], encoder: WordEncoder) -> Words:
    made = encode_documents(encoder, [full_text(paper) for paper in papers])
    return RowVectors.of(made, np.zeros(len(papers), dtype=np.int32), pool=False).words


class Odd(TokenEncoder):
    """One whose tokens bring the blank before them along, and of which one is told too few."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        self.asked.append(text)
        spans = super().word_spans(text)
        spans[1:, 0] -= 1
        return spans[: 1 if text == "Sound" else -1]


def test_each_word_begins_where_it_does() -> None:
    encoder = TokenEncoder()
    begins = word_begins(PAPERS, words(PAPERS, encoder), encoder, {})
    assert begins.dtype == np.uint16
    # "video", "graph", "Moving", "film"; "Sound"; "Kites" twice, and "fly", the last two far off.
    assert begins.tolist() == [4, 17, 24, 31, 0, 0, UNTOLD, UNTOLD]


def test_a_blank_is_no_part_of_a_word_and_what_is_not_told_is_untold() -> None:
    encoder = Odd()
    begins = word_begins(PAPERS[:2], words(PAPERS[:2], encoder), encoder, {})
    assert begins.tolist() == [4, 17, 24, UNTOLD, 0]
    known = {int(text_hashes(PAPERS[:1])[0]): np.array([1, 2, 3, 4], dtype=np.uint16)}
    encoder.asked.clear()
    begins = word_begins(PAPERS[:2], words(PAPERS[:2], encoder), encoder, known)
    assert (begins.tolist(), encoder.asked) == ([1, 2, 3, 4, 0], ["Sound"])


def test_a_text_that_was_encoded_is_not_cut_again() -> None:
    encoder = Odd()
    before = build_rows(PAPERS, encoder)
    encoder.asked.clear()
    new = Paper("2401.00004", "Fox")
    after = build_rows([new, *PAPERS[::-1]], encoder, before)
    assert set(encoder.asked) == {"Fox"}  # for its title's words, and for where they begin
    starts = np.cumsum([0, 1, 3, 1, 4])
    assert after.word_begins[starts[1] : starts[2]].tolist() == before.word_begins[5:].tolist()
    assert after.word_begins[starts[3] :].tolist() == before.word_begins[:4].tolist()


def test_without_words_nothing_begins() -> None:
    encoder = WordEncoder()
    assert word_begins(PAPERS, words(PAPERS, encoder), encoder, {}).shape == (0,)
    assert build_rows([], TokenEncoder()).word_begins.shape == (0,)


@pytest.mark.parametrize("begins", [[0, 4, 0, 0], [3, 3, 0, 9], []])
def test_words_begin_one_behind_the_other(begins: list[int]) -> None:
    starts = np.array([0, 2, 3, 4])
    check_begins(np.array(begins, dtype=np.uint16), starts)
    check_begins(np.array(begins, dtype=np.uint16)[::-1], np.arange(5))
    if begins:
        with pytest.raises(ValueError, match="begin before the word before them"):
            check_begins(np.array([9, 8, *begins[2:]], dtype=np.uint16), starts)


def test_reasons_are_given_of_words_whose_place_is_told_alone() -> None:
    far = Paper("2401.00005", "Kites", abstract=f"Film of kites.{' ' * 70_000}A lattice.")
    search = PaperSearch.from_papers([*PAPERS[:2], far], TokenEncoder())
    hits = {hit.paper.id: hit.why for hit in search.query("video lattice", 3)}
    assert hits[far.id].near == (("video", "Film"),)
    assert hits[far.id].sentence == "Film of kites."
