"""What the papers of an index are like: how near other questions come, and how near its own."""

from __future__ import annotations

import pytest
from fakes import TokenEncoder

from ssm_search import Paper, PaperSearch
from ssm_search.index.background import FEWEST
from ssm_search.ranking import confidence

SENTENCE = "A video shows how strings hold"
FORMS = {"title": SENTENCE, "abstract": f"{SENTENCE}. Foxes are no subject of this one here."}


def background_of(**text: str) -> confidence.Background | None:
    papers = [Paper(f"2401.{n:05}", **{"title": "", **text}) for n in range(FEWEST)]
    return PaperSearch.from_papers(papers, TokenEncoder()).manifest.background


@pytest.mark.parametrize("form", FORMS)
def test_papers_are_near_to_each_other_by_title_or_first_sentence(form: str) -> None:
    found = background_of(**{form: FORMS[form]})
    # No question about something else has a word of the encoder's axes; some begin as these do.
    assert found.foreign_cosine == 0
    assert found.near_cosine == 1
    assert found.near_late == pytest.approx(1, abs=0.001)  # of vectors in bytes
    assert 0 < found.foreign_late < 0.9


def test_papers_without_a_word_say_nothing_of_each_other() -> None:
    assert background_of() == confidence.Background()


def test_questions_about_something_else_are_encoded_once_by_an_encoder() -> None:
    class Another(TokenEncoder):
        fingerprint = "tokens-of-another"

    papers = [Paper(f"2401.{n:05}", SENTENCE) for n in range(FEWEST)]
    first, second = Another(), Another()
    found = [PaperSearch.from_papers(papers, one).manifest.background for one in (first, second)]
    assert found[0] == found[1] == background_of(title=SENTENCE)
    assert "growing tomatoes on a balcony" in first.encoded
    assert set(second.encoded) == {SENTENCE}
