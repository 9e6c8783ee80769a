"""Names for headings that a list may need."""

from __future__ import annotations

import pytest
from fakes import WordEncoder

from ssm_search.curation.proposals import new_headings
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    papers = [Paper(f"k{at}", f"Kites for video {at}", abstract="We sail.") for at in range(20)]
    return PaperSearch.from_papers(papers, WordEncoder())


def new(*titles: str, abstract: str = "") -> list[Paper]:
    return [Paper(f"n{at}", title, abstract=abstract) for at, title in enumerate(titles)]


def test_the_phrase_that_most_have_and_hardly_a_listed_one_names_a_heading(
    search: PaperSearch,
) -> None:
    unfit = new("Kites for audio strings", "Tuned Audio Strings", "On audio string, kites", "Knots")
    (found,) = new_headings(search, unfit)
    # Each of "audio", "string" and both stands in three; the longest name says most.
    assert (found.name, found.papers) == ("Audio Strings", tuple(unfit[:3]))
    assert str(found) == "3 of these fit no present heading; a new one could be “Audio Strings”"


def test_what_is_left_is_named_in_turn(search: PaperSearch) -> None:
    titles = ["Graph one", "Graph two", "Graph three", "Graph four", "LoRA a", "LoRA b", "LoRA c"]
    found = new_headings(search, new(*titles))
    assert [(one.name, len(one.papers)) for one in found] == [("Graph", 4), ("LoRA", 3)]


@pytest.mark.parametrize(
    ("titles", "abstract"),
    [
        (("Kites one", "Kites two", "Kites three"), ""),  # what the list is about
        (("Audio one", "Audio two"), ""),  # two papers are no heading
        (("One", "Two", "Three"), "We struggle with strings."),  # no title says so
        (("Audio, strings", "Two", "Of audio, strings", "Audio"), ""),
        ((), ""),
    ],
)
def test_few_or_nothing_in_common(
    search: PaperSearch, titles: tuple[str, ...], abstract: str
) -> None:
    found = new_headings(search, new(*titles, abstract=abstract))
    assert [one.name for one in found] == (["Audio"] if len(titles) == 4 else [])
