"""Piles of marks, which nobody writes, are cut down to what can be sorted in no time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from soon import soon

from ssm_search.marks import MOST_MARKS, without_piles
from ssm_search.papers import slug, title_key
from ssm_search.tex import from_tex
from ssm_search.text import words_of


@pytest.mark.parametrize("text", ["", "plain", "Ngữ", "é" + "\u0301" * 29, "论文 🔥", "\u0301a"])
def test_what_people_write_stays(text: str) -> None:
    assert without_piles(text) == text


def test_of_a_pile_the_first_marks_stay() -> None:
    pile = "\u0315\u0300" * 40_000
    assert without_piles(f"a{pile}b{pile}") == f"a{pile[:MOST_MARKS]}b{pile[:MOST_MARKS]}"


@pytest.mark.parametrize("read", [words_of, title_key, slug, from_tex])
def test_a_text_of_nothing_but_marks_is_read_in_no_time(read: Callable[[str], object]) -> None:
    with soon():
        read("a" + "\u0315\u0300" * 100_000)  # to sort them all takes half a minute
