"""Text that is made to be slow costs work in proportion to its length, or is refused.

Work is counted in calls, so that a busy machine fails no test; that of a pattern, which makes no
calls, is the processor's time for one text by that for a shorter one.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from ssm_search.awesome.blocks import Run
from ssm_search.awesome.headline import headline
from ssm_search.awesome.reading import Entry, read_list
from ssm_search.awesome.writing.layout import Layout
from ssm_search.curation.submissions import MAX_LINES, MAX_MARKS, read_anything, read_submissions
from ssm_search.errors import FilterError, SsmSearchError, SubmissionError
from ssm_search.filters.matching import Filters
from ssm_search.filters.sql import to_sql
from ssm_search.text import sentences
from ssm_search.upkeep.spelling import misspelled_titles
from ssm_search.venues import find_year

HUNK = "@@ -1 +1 @@\n"


def calls(function: Callable[[Any], object], argument: object) -> Counter[str]:
    """How often each function is called, those written in C too, while ``function`` runs."""
    found: Counter[str] = Counter()

    def count(frame: Any, event: str, called: Any) -> None:
        if event in ("call", "c_call"):
            found[called.__name__ if event == "c_call" else frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with suppress(SsmSearchError):
            function(argument)
    finally:
        sys.setprofile(before)
    return found


def seconds(function: Callable[[str], object], text: str) -> float:
    """The processor's time for it, the shortest of five."""
    times = []
    for _ in range(5):
        begun = time.thread_time()
        function(text)
        times.append(time.thread_time() - begun)
    return min(times)


@pytest.mark.parametrize(
    "piece",
    """|x|y| [ ![ ]( **a *a _a ` < <a <!-- & &#x41; [a](b) [a][b] <b>a</b><br> <td>a \\| \\ ~~a
    ✨** **中** @a{b, <a@b.c> http:// arxiv: 2401.00001 (ICLR-2024) :a""".split(),
)
@pytest.mark.parametrize("frame", ["- {}\n", "{}\n\n", f"{HUNK}+- {{}}\n", "| {} | a |\n"])
def test_reading_twice_as_much_is_twice_the_work(piece: str, frame: str) -> None:
    line = frame.replace("{}", piece * (200 // len(piece)))
    for read in (read_list, read_anything):
        calls(read, line)  # what is made once is made now
        few, many = (calls(read, line * count).total() for count in (4, 8))
        assert many < 2.2 * few, read


def test_more_lines_than_papers_could_take_are_refused() -> None:
    text = "- a\n" * MAX_LINES
    with pytest.raises(SubmissionError, match="has 7,001 lines, more than 7,000; split it up"):
        read_anything(text)
    assert calls(read_submissions, text).total() < 100


def test_more_marks_than_papers_could_take_are_refused() -> None:
    text = "- a\n" + "![" * (MAX_MARKS // 2) + "\n@@ -1 +1 @@\n"
    message = "has 25,004 brackets and other marks, more than 25,000; split it up"
    with pytest.raises(SubmissionError, match=message):
        read_anything(text)
    assert calls(read_submissions, text).total() < 100


def test_the_parsers_are_made_once_for_all_hunks_of_a_diff() -> None:
    text = f"{HUNK}+a\n" * 10
    calls(read_submissions, text)
    assert calls(read_submissions, text)["add_terminator_char"] == 0
    assert calls(read_submissions, text)["configure"] == 0


def test_a_title_of_many_stretches_is_looked_through_once() -> None:
    runs = tuple(Run("A", escaped=True) for _ in range(500))
    assert calls(headline, runs)["_strip_tags"] < 5


def test_capitals_are_no_maze_for_what_looks_for_a_year() -> None:
    # Cubic, it took 50 times as long for four times as many.
    assert seconds(find_year, "A" * 96) < 30 * seconds(find_year, "A" * 24)


def test_the_ends_of_sentences_are_found_without_reading_all_before_them() -> None:
    assert sentences("We ask A. B. C. and approx. Three of them. They fly kites.") == [
        "We ask A. B. C. and approx. Three of them.",
        "They fly kites.",
    ]
    # Quadratic, it took 16 times as long for four times as much.
    assert seconds(sentences, "A. " * 8_000) < 8 * seconds(sentences, "A. " * 2_000)


def test_titles_that_go_on_differently_are_not_compared_with_each_other() -> None:
    def look(count: int) -> Counter[str]:
        titles = [f"kite {'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}uvw" for n in range(count)]
        return calls(lambda all_titles: list(misspelled_titles(all_titles)), titles)

    look(50)  # what is loaded the first time is not counted
    assert look(100).total() < 2.2 * look(50).total()
    assert look(100)["sorted"] <= 500


def test_an_error_about_a_heading_shows_no_more_of_it_than_one_can_read() -> None:
    with pytest.raises(FilterError) as error:
        to_sql(Filters(category="kites" * 4_000), [("Boats",)], [])
    shown = "kites" * 40
    assert str(error.value) == f"no paper stands under '{shown}'; `headings` lists all"


class Counted(tuple[Entry, ...]):
    """Entries that know how many of them were looked at."""

    seen = 0

    def __iter__(self) -> Iterator[Entry]:
        for entry in super().__iter__():
            Counted.seen += 1
            yield entry


def test_each_entry_is_looked_at_once_for_the_heading_it_stands_under() -> None:
    sections = [
        f"## Kites {n}\n\n- [Kites that read {n}](https://example.org/{n})\n" for n in range(30)
    ]
    text = "\n".join(["# Awesome kites\n", *sections])
    reading = read_list(text)
    layout = Layout(text, replace(reading, entries=Counted(reading.entries)))
    assert [len(stretch.entries) for stretch in layout.stretches.values()] == 30 * [1]
    assert Counted.seen == 30
