"""The names on the map: where papers lie close together, and what they are called."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ssm_search.papers import Category, Paper
from ssm_search.views import regions as module
from ssm_search.views.regions import FEWEST, LONGEST, Region, clump, regions, telling

LEFT, RIGHT = (-0.5, 0.0), (0.5, 0.25)


def papers_of(*titles: str, path: Category = ()) -> list[Paper]:
    return [
        Paper(f"{path}{n}", one, categories=(path,) if path else ()) for n, one in enumerate(titles)
    ]


def at(*places: tuple[float, float]) -> np.ndarray:
    return np.array(places, np.float32)


# ── clumps ───────────────────────────────────────────────────────────────────────────────────


def test_places_near_each_other_are_one_clump() -> None:
    places = at((-0.5, 0), (0.5, 0), (-0.49, 0.01), (0.51, -0.01), (-0.5, 0.02))
    one, two, *others = clump(places, 0.05).tolist()
    assert one != two
    assert others == [one, two, one]


def test_a_wider_look_sees_fewer_clumps() -> None:
    places = at((-0.1, 0), (-0.1, 0.01), (0.1, 0), (0.1, 0.01))
    assert len(set(clump(places, 0.03).tolist())) == 2
    assert len(set(clump(places, 0.3).tolist())) == 1


def test_places_of_which_none_is_denser_end_somewhere() -> None:
    side = np.linspace(-1, 1, 128)
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype(np.float32)
    assert len(clump(places, 0.02)) == len(places)


@pytest.mark.parametrize("places", [at(), at((-1, -1)), at((1, 1), (-1, 1))])
def test_clumps_of_few_and_at_the_edges(places: np.ndarray) -> None:
    assert len(set(clump(places.reshape(-1, 2), 0.02).tolist())) == len(places)


# ── words ────────────────────────────────────────────────────────────────────────────────────


def test_words_that_tell_a_class_are_weighed_by_class_based_tf_idf() -> None:
    kites = [["kite", "wind"], ["kite", "wind"], ["kite", "tail"]]
    graphs = [["graph", "node"], ["graph", "node"], ["graph", "node"], ["kite", "graph"]]
    everything = kites + graphs
    # 14 terms in 2 classes: A = 7. Of "kite" there are 4, of "wind" 2; the second weighs less, but
    assert 3 * math.log(1 + 7 / 4) > 2 * math.log(1 + 7 / 2)
    assert telling([kites, graphs], everything)[0] == ["wind"]  # 3 of 4 is no twice of 4 of 7
    assert telling([kites], everything) == [["wind"]]


def test_of_several_the_heaviest_come_first() -> None:
    kites = [["kite", "wind"], ["kite", "wind"], ["kite", "tail"]]
    others = [["graph"]] * 7
    # A = 13 / 2: "kite" weighs 3 · ln(1 + 6.5 / 3) = 3.46, "wind" 2 · ln(1 + 6.5 / 2) = 2.89.
    assert telling([kites, others], kites + others) == [["kite", "wind"], []]


def test_a_word_that_is_as_frequent_everywhere_tells_nothing() -> None:
    one, other = [["kite", "wind"]] * 3, [["kite", "node"]] * 3
    assert telling([one, other], one + other) == [["wind"], ["node"]]


def test_a_word_of_one_title_tells_nothing() -> None:
    one, other = [["wind"], ["tail"], ["string"]], [["node"]] * 9
    assert telling([one, other], one + other)[0] == []


def test_a_phrase_stands_for_the_words_in_it() -> None:
    clouds = [["point", "cloud", "point cloud"]] * 3 + [["cloud"]]
    others = [["node"]] * 9
    assert telling([clouds, others], clouds + others)[0] == ["point cloud"]
    # Two in five titles with "cloud" are no point clouds: now it is the word that counts.
    clouds += [["cloud"]] * 3
    assert telling([clouds, others], clouds + others)[0] == ["cloud"]


# ── regions ──────────────────────────────────────────────────────────────────────────────────


def of_level(found: list[Region], level: int = 0) -> list[tuple[str, int]]:
    return [(one.name, one.papers) for one in found if one.level == level]


def test_a_region_is_called_after_the_heading_of_its_papers() -> None:
    papers = papers_of(*"abcd", path=("See", "Films of Kites")) + papers_of(*"efg", path=("Nets",))
    found = regions(papers, at(*[LEFT] * 4, *[RIGHT] * 3))
    assert of_level(found) == [("Films of Kites", 4), ("Nets", 3)]
    assert found[0] == Region("Films of Kites", -0.5, 0.0, 4, 0)
    assert found[1] == Region("Nets", 0.5, 0.25, 3, 0)
    assert [one.level for one in found] == [0, 0, 1, 1, 2, 2]


def test_else_after_the_words_that_tell_its_titles() -> None:
    kites = papers_of("A U-Net for Kite Tails", "The Kite Tail and the U-Net", "Kite Tails of Silk")
    nodes = papers_of("Nodes", "Nodes of a Graph", "Knots", path=("Nets",))
    found = regions(kites + nodes, at(*[LEFT] * 3, *[RIGHT] * 3))
    assert of_level(found) == [("kite tails, U-Net", 3), ("Nets", 3)]


def test_no_region_is_called_after_a_part_or_an_introduction() -> None:
    posts = papers_of("The Kite, Part 1", "The Kite, Part 2", "Kite Introduction, Part 3")
    found = regions(posts + papers_of(*"ABCD"), at(*[LEFT] * 3, *[RIGHT] * 4))
    assert of_level(found) == [("kite", 3)]


def test_a_heading_that_lies_all_over_names_nothing() -> None:
    papers = papers_of(*["Kites", "Kites", "Kites", "Nodes", "Nodes", "Nodes"], path=("All",))
    found = regions(papers, at(*[LEFT] * 3, *[RIGHT] * 3))
    assert of_level(found) == [("kites", 3), ("nodes", 3)]


def test_a_heading_names_one_region_of_a_level() -> None:
    papers = papers_of(*["Kites"] * 3, *["Nodes"] * 3, path=("Half",)) + papers_of("One", "Two")
    found = regions(papers, at(*[LEFT] * 3, *[RIGHT] * 3, (0, 0.9), (0, -0.9)))
    assert of_level(found) == [("Half", 3), ("nodes", 3)]


def test_too_few_papers_have_no_name() -> None:
    papers = papers_of(*["Kites"] * (FEWEST - 1), path=("Kites",))
    assert regions(papers, at(*[LEFT] * (FEWEST - 1))) == []
    assert regions([], np.zeros((0, 2), np.float32)) == []


def test_where_no_word_tells_there_is_no_name() -> None:
    assert regions(papers_of("One", "Two", "Three"), at(*[LEFT] * 3)) == []


def test_names_are_short_and_plain() -> None:
    path = (f"Kites \x1b[31m\u202e{'w' * 60}",)
    papers = papers_of(*"abc", path=path) + papers_of(*"def", path=("Nets",))
    name = regions(papers, at(*[LEFT] * 3, *[RIGHT] * 3))[0].name
    assert name == f"Kites [31m{'w' * 29}…"
    assert len(name) == LONGEST


def test_capitals_that_belong_to_a_word_stay() -> None:
    words = ["Kite", "kite", "MRI", "U-Net", "Point-Cloud", "3D", "VMamba"]
    assert [module._plain(one) for one in words] == [
        *("kite", "kite", "MRI", "U-Net", "point-cloud", "3D", "VMamba")
    ]
