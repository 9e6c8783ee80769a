"""Words that the rest of a list spells otherwise."""

from __future__ import annotations

import pytest

from ssm_search.upkeep.spelling import misspelled_titles, misspelled_words

CLOUD = ["Point Cloud Filtering", "Learning on a Point Cloud", "Tides"]


@pytest.mark.parametrize(
    ("title", "better"),
    [
        ("Point Could Mamba: Point Cloud Learning", "Point Cloud Mamba: Point Cloud Learning"),
        ("POINT COULD Mamba", "POINT CLOUD Mamba"),
        ("A point-could model", "A point-cloud model"),
        ("What Could a Point Could Mean?", "What Could a Point Cloud Mean?"),
    ],
)
def test_a_title_is_mended_where_it_is_wrong(title: str, better: str) -> None:
    found = list(misspelled_titles([title, *CLOUD]))
    assert [(at, new) for at, new, _ in found] == [(0, better)]
    assert "titles say “point cloud”" in found[0][2]


@pytest.mark.parametrize(
    "titles",
    [
        [],
        ["", "?!"],
        ["Point Could Mamba", "Point Cloud Filtering"],  # one against one
        ["Point Could Mamba", "Point Could Too", *CLOUD],  # two against two
        ["A Based Design", "Based Signed Nets", "On Based Signed", "Based Signed"],  # both words
        ["On it", "On ti", "On it too", "On it again"],  # too short
    ],
)
def test_what_is_not_clear_is_left(titles: list[str]) -> None:
    assert list(misspelled_titles(titles)) == []


TITLES = [
    "A Multi-Scale Classification",
    "Structural State Directional Modeling",
    "Foundations",
    "Content",
]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Muliti-Modal", [("muliti", "multi")]),
        ("Image Calssification", [("calssification", "classification")]),
        ("Structulal Data", [("structulal", "structural")]),
        ("Foundation and Structural Classification", []),
        ("Future Directions of Modelling", []),  # the stems are the same
        ("Audio", []),
        ("Context and Modaling", []),  # one letter tells two words apart
        ("Classofocation", []),
        ("", []),
        ("🎥 视频", []),
    ],
)
def test_words_of_headings(heading: str, expected: list[tuple[str, str]]) -> None:
    assert list(misspelled_words(heading, TITLES)) == expected


def test_without_titles_nothing_is_known_to_be_wrong() -> None:
    assert list(misspelled_words("Calssification", [])) == []
