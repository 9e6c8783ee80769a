"""Piles of marks, which nobody writes, are cut down to what can be sorted in no time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

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


def test_a_text_of_nothing_but_marks_is_read_as_soon_as_any_other() -> None:
    pile = "a" + "\u0315\u0300" * 50_000
    plain = "ab" * 50_000
    for read in (words_of, title_key, slug, from_tex):
        assert took(lambda: read(pile)) < 20 * took(lambda: read(plain)) + 0.05


def took(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
