"""Piles of marks, which nobody writes, are cut down to what can be sorted in no time."""

from __future__ import annotations

import pytest

from ssm_search.marks import MOST_MARKS, without_piles


@pytest.mark.parametrize("text", ["", "plain", "Ngữ", "é" + "\u0301" * 29, "论文 🔥", "\u0301a"])
def test_what_people_write_stays(text: str) -> None:
    assert without_piles(text) == text


def test_of_a_pile_the_first_marks_stay() -> None:
    pile = "\u0315\u0300" * 40_000
    assert without_piles(f"a{pile}b{pile}") == f"a{pile[:MOST_MARKS]}b{pile[:MOST_MARKS]}"
