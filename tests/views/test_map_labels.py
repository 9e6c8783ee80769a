"""Where ranks and names stand on a picture of the map."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ssm_search.views import map_labels, map_pictures, scripts
from ssm_search.views.map_labels import broken, named, overlap, ranked, within

NO_DOTS = np.zeros((0, 2))
SIDES = (400.0, 400.0)


def ten_a_letter(line: str) -> float:
    return 10 * len(line)


def test_the_rules_are_those_of_the_map_in_a_browser() -> None:
    script = scripts.script(*scripts.MAP)
    for name in ("ROOM", "LINE", "RANK", "MARGIN", "MOST_STRETCH", "DENSE", "LARGER", "FADED"):
        (told,) = re.findall(rf"const {name} = ([\d._]+);", script)
        ours = getattr(map_labels, name, None) or getattr(map_pictures, name)
        assert float(told.replace("_", "")) == ours, name
    for name, ours in {
        "BESIDE": map_labels.BESIDE,
        "ASIDE": map_labels.ASIDE,
        r"\[HIGH, GAP\]": (map_labels.HIGH, map_labels.GAP),
        r"\[LEAST, MOST\]": (map_pictures.LEAST, map_pictures.MOST),
    }.items():
        (told,) = re.findall(rf"const {name} = \[([^\]]+)\];", script)
        assert tuple(map(float, told.split(","))) == ours, name


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("short, and one", ("short, and one",)),
        ("w" * 30, ("w" * 30,)),
        ("structured state spaces, kite fields", ("structured state spaces,", "kite fields")),
        ("Selective Scans for Kites", ("Selective Scans", "for Kites")),
        ("S4, structured state spaces", ("S4, structured", "state spaces")),
    ],
)
def test_a_long_name_is_broken_after_its_comma_or_in_its_middle(
    name: str, lines: tuple[str, ...]
) -> None:
    assert broken(name) == lines


def test_a_rank_stands_above_its_answer() -> None:
    (label,) = ranked([(100, 50)], [7], 10)
    assert (label.number, label.lines, label.middle) == (0, ("7",), (100, 31))


def test_ranks_step_aside_and_give_way_to_better_ones() -> None:
    # Five on one place: each stands to another side of it, and the last nowhere.
    found = ranked([(100, 50)] * 5, [1, 2, 3, 4, 5], 10)
    assert [(one.lines, one.middle) for one in found] == [
        (("1",), (100, 31)),
        (("2",), (119, 50)),
        (("3",), (81, 50)),
        (("4",), (100, 69)),
    ]


def test_a_rank_hides_a_worse_answer_where_it_must_and_never_a_better_one() -> None:
    around = [(100, 31), (119, 50), (81, 50), (100, 69)]
    # The best is surrounded by worse ones ...
    assert ranked([(100, 50), *around], [1, 2, 3, 4, 5], 10)[0].middle == (100, 31)
    # ... and here by better ones.
    found = ranked([*around, (100, 50)], [1, 2, 3, 4, 5], 10)
    assert [one.lines for one in found] == [("1",), ("2",), ("3",), ("4",)]


def test_a_name_stands_at_its_place_if_no_other_hides_fewer_dots() -> None:
    (label,) = named([("kites", 200, 200)], NO_DOTS, 0, SIDES, [], ten_a_letter)
    assert (label.number, label.lines) == (0, ("kites",))
    assert label.box == (171, 190, 229, 210)
    dots = np.array([[200.0, 200.0], [180, 205], [200, 178]])
    (label,) = named([("kites", 200, 200)], dots, 0, SIDES, [], ten_a_letter)
    assert label.middle == (200, 222)
    # One that is large enough to reach into it counts too.
    (label,) = named([("kites", 200, 200)], np.array([[200.0, 188]]), 3, SIDES, [], ten_a_letter)
    assert label.middle == (200, 222)


def test_no_name_overlaps_another_or_what_was_there_or_the_edge() -> None:
    taken = [(171.0, 190.0, 229.0, 210.0)]
    names = [("kites", 200.0, 200.0)] * 2 + [("lines", 200.0, 200.0), ("at the edge", 399.0, 2.0)]
    found = named(names, NO_DOTS, 0, SIDES, taken, ten_a_letter)
    middles = [(0, (200, 178)), (2, (200, 222)), (3, (341, 24))]
    assert [(one.number, one.middle) for one in found] == middles
    boxes = [*taken, *(one.box for one in found)]
    assert not any(overlap(a, b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_small_picture_has_few_names() -> None:
    names = [(letter, 20.0 + 40 * n, 60.0) for n, letter in enumerate("abcdefgh")]
    found = named(names, NO_DOTS, 0, (400.0, 130.0), [], ten_a_letter)
    assert [one.lines[0] for one in found] == ["a", "b"]  # a name for 26,000 pixels


def test_dots_within_a_box() -> None:
    dots = np.array([[1.0, 1.0], [2.0, 5.0], [3.1, 2.0]])
    assert within(dots, (1, 0, 3, 5)).tolist() == [True, True, False]
