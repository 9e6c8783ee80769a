"""What the page does, without a server: addresses, answers, their HTML, the tools of programs."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import inspect
import json
import re
from dataclasses import astuple, fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import WordEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from soon import soon
from ssm_search_app import address, handlers, offers, render
from ssm_search_app.address import (
    CODES,
    MAX_ADDRESS,
    MOST_ANSWERS,
    ORDERS,
    Search,
    from_address,
    to_address,
)
from ssm_search_app.bounds import MAX_TEXT, Lanes
from ssm_search_app.library import Library
from ssm_search_app.tools import INTERNAL, MAX_ANSWERS, MAX_SEEDS, filters_of, tools

from ssm_search.abstracts.cache import FetchReport
from ssm_search.awesome.reading import read_list
from ssm_search.curation.cards import submit
from ssm_search.curation.submissions import MAX_CHARS, paper_of
from ssm_search.errors import QueryError, SsmSearchError
from ssm_search.papers import Category, Hit, LeftOut, Link, Paper, Why
from ssm_search.search.answering import NO_SUCH_WORDS
from ssm_search.search.hits import NEAREST, Hits
from ssm_search.search.local import PaperSearch
from ssm_search.views.card_display import card_json
from ssm_search.views.display import hits_to_json, suggestion_to_json
from ssm_search.views.export import SUFFIXES, export

FILM = Paper(
    "2401.00001",
    "Film: a video kite",
    url="https://arxiv.org/abs/2401.00001",
    code_url="https://github.com/ada/film",
    year=2024,
    venue="Kite Days 2024",
    categories=(("See", "Film"),),
    abstract="We fly a video. It flies well.",
)
NODES = Paper(
    "2301.00002",
    "Nodes and strings",
    year=2023,
    venue="Knots",
    categories=(("Graphs",), ("See",)),
    abstract="A graph has nodes. A video and a graph can meet.",
)
SOUND = Paper("a-sound", "A sound", kind="link", categories=(("Hear", "Film"),))
PAPERS = [NODES, FILM, SOUND]


@pytest.fixture(scope="module")
def library() -> Library:
    return library_of(PAPERS)


def library_of(papers: list[Paper], headings: tuple[Category, ...] = ()) -> Library:
    return Library(PaperSearch.from_papers(papers, WordEncoder(), headings=headings), offline=True)


def ids_of(found: handlers.Answer) -> list[str]:
    return [getattr(one, "paper", one).id for one in found.found]


# ── addresses ────────────────────────────────────────────────────────────────────────────────

letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
years = st.integers(0, 9999)
searches = st.builds(
    Search,
    q=letters,
    category=letters,
    year_from=years,
    year_to=years,
    venue=letters,
    code=st.sampled_from(CODES),
    k=st.integers(1, MOST_ANSWERS),
    order=st.sampled_from(ORDERS),
)


@settings(deadline=None, max_examples=150)
@given(searches)
def test_an_address_leads_back(search: Search) -> None:
    assert from_address(to_address(search)) == search
    assert from_address(to_address(search).removeprefix("?")) == search


@pytest.mark.parametrize(
    "search",
    [
        Search(q="a" * (MAX_ADDRESS - 20), k=7),
        Search(q="視" * (MAX_ADDRESS // 9 - 20), k=7),
        Search(q="?q=a&k=3#x", category="A > B & C", venue="50% + 1"),
    ],
    ids=["long", "long in Chinese", "signs"],
)
def test_an_address_leads_back_whatever_is_asked(search: Search) -> None:
    assert from_address(to_address(search)) == search


def test_an_address_says_only_what_is_not_as_at_the_start() -> None:
    assert to_address(Search()) == ""
    assert to_address(Search(q="a b&c", k=5)) == "?q=a+b%26c&k=5"
    assert from_address("") == from_address("?") == Search()


@pytest.mark.parametrize("letter", ["a", "視", "&"])
def test_a_search_too_long_for_an_address_has_none(letter: str) -> None:
    assert to_address(Search(q=letter * MAX_TEXT, k=7)) == ""


def test_half_a_character_has_an_address() -> None:
    assert from_address(to_address(Search(q="kites \ud800"))).q.startswith("kites ")


def test_what_is_filtered() -> None:
    assert not Search(q="kites").is_filtered
    for other in (Search(year_to=2024), Search(code="with"), Search(k=5), Search(order="date")):
        assert other.is_filtered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("?q=one&q=two", Search(q="two")),
        ("?k=0", Search(k=1)),
        ("?k=99999", Search(k=MOST_ANSWERS)),
        ("?year_from=99999999", Search(year_from=9999)),
        *((f"?k={text}", Search()) for text in ("-5", "٣", "²", "1e3", "ten", "%00", "9" * 99)),
        *((f"?year_to={text}", Search()) for text in ("-2024", "２０２４", "2024.5", "", "0x10")),
        ("?code=perhaps&order=up&colour=red", Search()),
        ("?q=%00", Search(q="\0")),
        ("?q=%ff%zz", Search(q="\ufffd%zz")),
        ("?q", Search()),
        ("????", Search()),
        ("&" * 10_000, Search()),
        ("q=a&" * 10_000, Search()),
        ("?" + "q" * 1_000_000, Search()),
        ("?q=" + "a" * 1_000_000, Search()),
        ("?q=" + "a" * (MAX_ADDRESS - 3), Search(q="a" * (MAX_ADDRESS - 3))),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_makes_no_sense_in_an_address_is_as_at_the_start(text: str, expected: Search) -> None:
    assert from_address(text) == expected


@pytest.mark.parametrize("given", [None, 7, [], {}])
def test_an_address_that_is_no_text(given: Any) -> None:
    assert from_address(given) == Search()


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=200) | st.text("qkcategoryyear_from=&%0129;?+", max_size=200))
def test_any_address_is_a_search(text: str) -> None:
    search = from_address(text)
    assert 1 <= search.k <= MOST_ANSWERS
    assert 0 <= search.year_from <= 9999
    assert 0 <= search.year_to <= 9999
    assert search.code in CODES
    assert search.order in ORDERS


# ── answers ──────────────────────────────────────────────────────────────────────────────────


def test_answers_are_those_of_the_search(library: Library) -> None:
    found = handlers.answer(library, Search(q="video of a graph"))
    assert found.found == library.search.query("video of a graph")
    assert re.fullmatch(r"The best 3 \(\d+ ms\)", found.line)
    assert ids_of(handlers.answer(library, Search(q="video", k=1))) == [FILM.id]


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("", "Type what you look for. Here is what is newest on the list."),
        (" \n", "Type what you look for. Here is what is newest on the list."),
        ("?!", "There is no word in that. Here is what is newest on the list."),
        ("\0", "There is no word in that. Here is what is newest on the list."),
    ],
)
def test_without_a_word_there_is_what_is_newest(library: Library, question: str, line: str) -> None:
    found = handlers.answer(library, Search(q=question))
    assert (ids_of(found), found.line) == ([FILM.id, NODES.id, SOUND.id], line)


def test_what_is_newest_meets_the_filters(library: Library) -> None:
    found = handlers.answer(library, Search(category="See", year_to=2023, k=5))
    assert ids_of(found) == [NODES.id]
    assert found.line == "Type what you look for. Here is what is newest under these filters."


def test_what_does_not_fit_is_said_to(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    hits = Hits(library.search.query("video"), LeftOut(1, "venue"), "nothing")
    monkeypatch.setattr(library.search, "query", lambda *given, **more: hits)
    found = handlers.answer(library, Search(q="bread"))
    assert found.found == hits
    assert found.line == f"{NEAREST} 1 paper without a known venue left out."


def test_what_was_read_out_of_a_question_can_be_taken_off(library: Library) -> None:
    found = handlers.answer(library, Search(q="video since 2023 not sound", code="with"))
    assert found.chips == [
        ("year: since 2023", "?q=video+not+sound&code=with"),
        ("without: sound", "?q=video+since+2023&code=with"),
    ]
    page = checked(render.answers(found.found, chips=found.chips))
    assert page.all("href")[:2] == [address for _, address in found.chips]
    assert page.all("aria-label")[:2] == ["Take off year: since 2023", "Take off without: sound"]


@pytest.mark.parametrize(
    ("search", "chips"),
    [
        (Search(category="nope"), [("under nope", "?q=video")]),
        (Search(category="n" * 999), [(f"under {'n' * 80}", "?q=video")]),
        (
            Search(venue="Nowhere", year_from=1066, year_to=2023),
            [
                ("at Nowhere", "?q=video&year_from=1066&year_to=2023"),
                ("since 1066", "?q=video&year_to=2023&venue=Nowhere"),
            ],
        ),
        (Search(category="See", year_from=2023), []),
    ],
)
def test_a_filter_that_no_menu_shows_can_be_taken_off(
    library: Library, search: Search, chips: list[tuple[str, str]]
) -> None:
    search = replace(search, q="video")
    assert handlers.answer(library, search).chips == chips


@pytest.mark.parametrize("question", ["video", "", "?!"])
def test_filters_that_leave_nothing(library: Library, question: str) -> None:
    found = handlers.answer(library, Search(q=question, venue="Knots", year_from=2024))
    assert list(found.found) == []
    assert found.line == (
        "No paper meets these filters; take one away. "
        "1 paper without a known year or venue left out."
    )


@pytest.mark.parametrize("question", ["video", ""])
@pytest.mark.parametrize(
    ("search", "line"),
    [
        (Search(category="Grafs"), "No paper stands under 'Grafs'; did you mean 'Graphs'?"),
        (Search(year_from=2024, year_to=2023), "From 2024 to 2023: the first year comes first."),
        (Search(category=">"), "No paper stands under "),
    ],
)
def test_filters_that_mean_nothing_say_so(
    library: Library, question: str, search: Search, line: str
) -> None:
    found = handlers.answer(library, replace(search, q=question))
    assert list(found.found) == []
    assert found.line.startswith(line)
    assert not found.line.endswith(("?.", "!."))


def test_what_a_filter_left_out_is_said(library: Library) -> None:
    said = "1 paper without a known venue left out"
    found = handlers.answer(library, Search(q="video", venue="Kite"))
    assert re.fullmatch(rf"The best 1 \(\d+ ms\); {said}", found.line)
    found = handlers.answer(library, Search(q="zzzz qqqq", venue="Kite"))
    nearest = NEAREST.replace("here", "at Kite")
    assert found.line == f"{nearest} {NO_SUCH_WORDS} {said}."
    found = handlers.answer(library, Search(venue="Kite"))
    assert found.line.endswith(f"Here is what is newest under these filters. {said}.")


@pytest.mark.parametrize(
    ("search", "where"),
    [
        (Search(), "here"),
        (Search(category="See > Film"), "under See › Film"),
        (Search(year_from=2024, venue="Kite"), "at Kite since 2024"),
        (Search(year_from=2023, year_to=2024), "from 2023 to 2024"),
        (Search(year_to=2024, code="without"), "until 2024 without code"),
        (Search(category="<b>", code="with"), "under <b> with code"),
    ],
)
def test_a_search_says_what_it_is_restricted_to(
    library: Library, search: Search, where: str
) -> None:
    assert handlers._where(search, library, library) == where


def test_what_nothing_is_about_names_the_filters(library: Library) -> None:
    found = handlers.answer(library, Search(q="zzzz qqqq", year_from=2000))
    said = "Nothing since 2000 is about that; the nearest are these."
    assert found.line.startswith(f"{said} {NO_SUCH_WORDS}")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ((), "A, B, C et al."),
        (("B",), "A, [B], C et al."),
        (("D",), "A, B, …, [D] et al."),
        (("F",), "A, B, …, [F]"),
        (("C", "F"), "A, …, [C], …, [F]"),
        (("D", "F"), "A, …, [D], …, [F]"),
        (("D", "E", "F"), "…, [D], [E], [F]"),
    ],
)
def test_a_card_shows_the_author_who_was_asked_for(asked: tuple[str, ...], shown: str) -> None:
    paper = replace(FILM, authors=tuple("ABCDEF"), abstract="")
    html = render.answers([Hit(paper, 1, 1, Why(authors=asked))])
    byline = re.findall(r'<p class="authors"[^>]*>(.*)</p>', html)
    assert byline == [shown.replace("[", "<mark>").replace("]", "</mark>")]
    assert 'class="why"' not in html


def test_a_year_by_an_id_is_marked_on_a_card() -> None:
    html = render.answers([Paper("2401.00001", "Nets")])
    assert "<span>2024 by its arXiv id</span>" in html


def test_a_paper_that_is_not_listed(library: Library) -> None:
    found = handlers.answer(library, Search(q="2412.00009"))
    assert list(found.found) == []
    assert found.line.startswith("2412.00009 is not among the 3 entries")


def test_answers_by_date_keep_their_ranks(library: Library) -> None:
    found = handlers.answer(library, Search(q="nodes of a graph", order="date"))
    assert [(hit.paper.id, hit.rank) for hit in found.found] == [
        (NODES.id, 1),
        (FILM.id, 2),  # newer, and about something else
        (SOUND.id, 3),
    ]
    assert re.fullmatch(r"The best 3, newest first \(\d+ ms\)", found.line)


@pytest.mark.parametrize("question", ["\ud800 video", "視 " * 999, "<b>video</b>", "a" * MAX_TEXT])
def test_any_other_question_is_answered(library: Library, question: str) -> None:
    assert len(handlers.answer(library, Search(q=question)).found) == 3


def test_an_empty_list_answers_nothing() -> None:
    empty = library_of([])
    for question in ("video", ""):
        assert list(handlers.answer(empty, Search(q=question)).found) == []
    assert offers.headings(empty) == []
    assert offers.years(empty) == offers.venues(empty) == offers.examples(empty) == []
    assert "Papers and posts" in handlers.about_html(empty)


# ── picks and what they lead to ──────────────────────────────────────────────────────────────


def test_recommendations_are_those_of_the_search(library: Library) -> None:
    picks = {"like": [FILM.id], "dislike": [SOUND.id]}
    found = handlers.recommended(library, picks, 0.3)
    assert found.found == library.search.recommend([FILM.id], [SOUND.id], 6, 0.3)
    assert (ids_of(found), found.line) == ([NODES.id], "")


def test_what_is_liked_comes_first() -> None:
    many = [replace(FILM, id=f"2402.{n:05}", title=f"Film {n}") for n in range(9)]
    found = handlers.recommended(library_of([*PAPERS, *many]), {"like": [FILM.id]} | NO_DISLIKE, 0)
    assert ids_of(found) == [f"2402.{n:05}" for n in range(handlers.RECOMMENDED)]


NO_DISLIKE: dict[str, list[str]] = {"dislike": []}


@pytest.mark.parametrize(
    ("picks", "line"),
    [
        ({"like": [], "dislike": []}, ""),
        ({"like": [], "dislike": [FILM.id]}, handlers.LESS_ALONE),
        ({"like": ["2412.00009"], "dislike": []}, "2412.00009 is not among the 3 entries"),
    ],
)
def test_nothing_is_recommended(library: Library, picks: handlers.Picks, line: str) -> None:
    found = handlers.recommended(library, picks, 0.2)
    assert list(found.found) == []
    assert found.line.startswith(line)


@pytest.mark.parametrize("diversity", [-1, 0, 1, 99, float("nan"), float("inf")])
def test_any_diversity_is_taken(library: Library, diversity: float) -> None:
    found = handlers.recommended(library, {"like": [FILM.id], "dislike": []}, diversity)
    assert set(ids_of(found)) in ({NODES.id, SOUND.id}, set())


@pytest.mark.parametrize(
    "picks",
    [
        *(None, 7, "like", [], ["2401.00001"], {"like": None}, {"like": {"2401.00001": 1}}),
        *({"like": "2401.00001"}, {"like": [None, 7, ["x"], {}]}, {"like": ["2412.00009", ""]}),
        *({"act": ["2401.00001"]}, {"like": ["<script>"] * 10_000}),
    ],
)
def test_picks_that_make_no_sense_are_none(library: Library, picks: Any) -> None:
    assert handlers.known_picks(library, picks) == {"like": [], "dislike": []}


def test_picks_are_kept_in_their_order(library: Library) -> None:
    picks = {"like": [SOUND.id, "gone", FILM.id], "dislike": [7, NODES.id], "more": [FILM.id]}
    assert handlers.known_picks(library, picks) == {
        "like": [SOUND.id, FILM.id],
        "dislike": [NODES.id],
    }


def test_picks_are_not_without_end() -> None:
    many = [replace(FILM, id=f"2402.{n:05}", title=f"Film {n}") for n in range(2 * MAX_SEEDS)]
    ids = [paper.id for paper in many]
    library = library_of(many)
    picks = handlers.known_picks(library, {"like": ids * 100, "dislike": []})
    assert picks == {"like": ids[:MAX_SEEDS], "dislike": []}
    assert len(handlers.recommended(library, picks, 0.5).found) == handlers.RECOMMENDED


def test_a_paper_is_picked_once(library: Library) -> None:
    picks = handlers.known_picks(library, {"like": [FILM.id] * 3, "dislike": [FILM.id]})
    assert sorted(picks["like"] + picks["dislike"]) == [FILM.id]


# ── export ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", SUFFIXES)
def test_what_is_shown_can_be_taken_along(library: Library, form: Any) -> None:
    file = handlers.exported(library, form, [SOUND.id, "gone", FILM.id])
    assert file == {"name": f"papers{SUFFIXES[form]}", "text": export([SOUND, FILM], form)}


@pytest.mark.parametrize("form", ["", "BibTeX", "../x", None, 7, ["bibtex"], {}])
def test_a_form_that_there_is_not(library: Library, form: Any) -> None:
    assert handlers.exported(library, form, [FILM.id]) == {"name": "", "text": ""}


@pytest.mark.parametrize("ids", [None, FILM.id, 7, {FILM.id: 1}])
def test_ids_that_are_no_list(library: Library, ids: Any) -> None:
    assert handlers.exported(library, "json", ids) == {"name": "", "text": ""}


def test_ids_that_are_none_are_passed_over(library: Library) -> None:
    ids: list[Any] = [None, 7, ["x"], {}, "gone", NODES.id]
    assert handlers.exported(library, "json", ids)["text"] == export([NODES], "json")
    assert handlers.exported(library, "json", [*["gone"] * 10_000, NODES.id])["text"] == "[]"


def kept(paper_id: object, **more: object) -> dict[str, object]:
    return {"id": paper_id, "title": "T", "url": "https://e.org/t", "note": "", **more}


@pytest.mark.parametrize("form", SUFFIXES)
def test_what_is_kept_is_taken_along_with_notes_and_without_the_list(
    library: Library, form: Any
) -> None:
    stored = [kept(SOUND.id, note="hum"), kept("gone", note="still\nread it"), kept(FILM.id)]
    gone = Paper("gone", "T", "link", "https://e.org/t")
    told = export([SOUND, gone, FILM], form, {SOUND.id: "hum", "gone": "still\nread it"})
    file = handlers.exported_kept(library, form, stored)
    assert file == {"name": f"kept-papers{SUFFIXES[form]}", "text": told}


def test_a_note_stays_where_the_list_has_the_paper_by_another_id(library: Library) -> None:
    stored = [
        kept(SOUND.title, note="by title"),
        kept(FILM.url, note="by link"),
        kept(FILM.id, note="by id"),
    ]
    file = handlers.exported_kept(library, "ris", stored)
    notes = {SOUND.id: "by title", FILM.id: "by link\nby id"}
    assert file["text"] == export([SOUND, FILM], "ris", notes)
    assert "N1  - by link by id" in file["text"]


def test_whatever_a_browser_stored_is_taken_along(library: Library) -> None:
    hostile: list[Any] = [None, 7, [], {}, kept(None), kept(""), kept({"id": "x"}), {"note": "n"}]
    odd = {"id": "x\ud800", "title": EVIL, "url": "javascript:alert(1)", "note": ["n"]}
    file = handlers.exported_kept(library, "markdown", [*hostile, odd])
    evil = Paper("x?", EVIL, "link", "javascript:alert(1)")
    assert file["text"] == export([evil], "markdown")
    assert "javascript" not in file["text"]
    many = [kept(f"gone-{number}") for number in range(handlers.MOST_KEPT + 1)]
    rows = handlers.exported_kept(library, "csv", many)["text"].splitlines()
    assert len(rows) == 1 + handlers.MOST_KEPT
    for form, papers in (("bib", [kept("x")]), ("csv", None), ("csv", {"id": "x"}), (None, [])):
        assert handlers.exported_kept(library, form, papers) == {"name": "", "text": ""}


# ── what is new ──────────────────────────────────────────────────────────────────────────────


def test_one_paper_that_somebody_picked_is_not_taken_along_twice() -> None:
    assert 'class="export"' not in render.answers([FILM], label="Chosen paper")
    assert 'class="export"' in render.answers([FILM], "The best 1 (2 ms)")
    assert 'class="export"' in render.answers([FILM, SOUND], label="Recommended papers")


def test_the_newest_first_are_told_apart(library: Library) -> None:
    answers = {
        "nothing": handlers.answer(library, Search()),
        "date": handlers.answer(library, Search(q="video", order="date")),
        "relevance": handlers.answer(library, Search(q="video")),
    }
    assert {name: one.newest for name, one in answers.items()} == {
        "nothing": True,
        "date": True,
        "relevance": False,
    }
    assert " data-newest " in render.answers([FILM], newest=True)
    assert "data-newest" not in render.answers([FILM])


def test_ids_are_told_in_few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ["2401.00010", "b", "2401.00001", "0704.0001", "2312.00002", "12345", "two words"]
    library = library_of([Paper(one, f"A kite {one}", kind="link") for one in ids])
    assert handlers.ids_text(library) == "0704.0001 12345 b 2312.00002 2401.00001 00010"
    monkeypatch.setattr(handlers, "MOST_IDS", len(ids) - 1)
    assert handlers.ids_text(library) == ""


# ── menus ────────────────────────────────────────────────────────────────────────────────────


def placed(*paths: str) -> list[Paper]:
    """A paper under each path, such as "A/B" or "A+B/C", which are two."""
    return [
        Paper(
            f"2401.{n:05}",
            f"Kite {n}",
            categories=tuple(tuple(one.split("/")) for one in path.split("+")),
        )
        for n, path in enumerate(paths, start=1)
    ]


def test_headings_are_a_tree_in_the_order_of_the_list() -> None:
    headings = (("Z",), ("A", "p"), ("Empty", "e"), ("A", "q", "deep"), ("Z", "p"))
    papers = placed("A/q/deep", "Z", "A/p", "Z/p+A/p", "A")
    library = library_of(papers, headings)
    library.search._rows = replace(
        library.search.rows,
        manifest=replace(library.search.manifest, headings=(*headings, ("A",))),
    )
    assert offers.headings(library) == [
        ("Z (2)", "Z"),
        ("\u2003p (1)", "Z > p"),
        ("A (4)", "A"),
        ("\u2003p (2)", "A > p"),
        ("\u2003q (1)", "A > q"),
        ("\u2003\u2003deep (1)", "A > q > deep"),
    ]


@pytest.mark.parametrize(
    "papers",
    [
        placed("See/Film", "Hear/Film", "See/Film", "See"),
        placed("Film", "See/Film", "Film/Short", "See/Film/Short"),
        placed("Image > Text", "Image", "Text"),
        placed("Why?/How+Why?", "A & B", "50%", "See/  Film"),
    ],
    ids=["same name", "same name as above", "a sign", "others"],
)
def test_each_heading_of_the_menu_finds_as_many_papers_as_it_says(papers: list[Paper]) -> None:
    library = library_of(papers)
    for shown, path in offers.headings(library)[1:]:
        said = int(shown.rpartition("(")[2].rstrip(")"))
        found = handlers.answer(library, Search(category=path, k=MOST_ANSWERS))
        assert len(found.found) == said, (shown, found.line)


def test_years_and_venues() -> None:
    papers = placed(*"ABCDE")
    years = [2023, None, 2024, 2023, 1999]
    venues = ["Knots", "", "Air", "Knots", "Days"]
    library = library_of(
        [replace(p, year=y, venue=v) for p, y, v in zip(papers, years, venues, strict=True)]
    )
    assert offers.years(library) == [2024, 2023, 1999]
    assert offers.venues(library) == ["Air", "Days", "Knots"]


def test_of_many_venues_the_frequent_ones_are_in_the_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "MOST_VENUES", 2)
    papers = [replace(p, venue=v) for p, v in zip(placed(*"ABCDE"), "zzyxx", strict=True)]
    assert offers.venues(library_of(papers)) == ["x", "z"]


def test_examples_are_questions_of_each_kind(library: Library) -> None:
    papers = placed("A/Kites at night", "A", "Kites at night", "Wind and rain", "One", "Air mail")
    found = offers.examples(library_of([*papers, SOUND]))
    assert found == ["Kites at night", "Air mail", "Wind and rain since 2024", "2401.00006"]
    dated = [replace(paper, year=2023, authors=("Ada Roe",)) for paper in papers]
    assert offers.examples(library_of(dated)) == [
        "Kites at night",
        "Air mail",
        "Wind and rain since 2023",
        "papers by Ada Roe",
        "2401.00006",
    ]
    assert offers.examples(library) == [FILM.id]


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────

EVIL = "'\"><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\x1b\u202e{{ 7 * 7 }}"
SHOWN = EVIL.replace("\x1b", "").replace("\u202e", "")
# Python's parser knows no CDATA in templates: what is in these would not be read as tags.
TAGS = set(
    "a article b button caption code details div em h1 h2 h3 header kbd li mark ol p pre small "
    "span strong summary table td th tr ul".split()
)


class Html(HTMLParser):
    """Tags with their attributes, the text, and what is marked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.marked: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._closed = False
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "mark" and not self._closed:
            self.marked.append(data)
        self.text += data
        self._closed = False

    def handle_endtag(self, tag: str) -> None:
        self._closed = True

    _closed = False

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def checked(text: str) -> Html:
    """``text`` parsed, if nothing in it runs or leads but to the web or this page."""
    page = Html(text)
    assert {tag for tag, _ in page.tags} <= TAGS
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") or name in ("src", "srcdoc") for name in attributes)
        assert tag == "a" or "href" not in attributes
    own = ("https://", "http://", "?", "feed.xml")
    assert all(href.startswith(own) for href in page.all("href"))
    assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069]", text)
    return page


HOSTILE = Paper(
    EVIL,
    f"video {EVIL}",
    url="javascript:alert(1)",
    pdf_url="data:text/html,<script>alert(1)</script>",
    code_url=f"https://{EVIL}",
    year=2024,
    venue=EVIL,
    categories=((EVIL, f"inner {EVIL}"),),
    abstract=f"Abstract {EVIL}",
    authors=(EVIL,),
    arxiv_categories=(EVIL,),
    links=(Link(EVIL, f"https://{EVIL}/2"), Link("Video", "javascript:alert(1)")),
)


@pytest.mark.parametrize(
    "why",
    [
        Why((EVIL, "video"), f"Sentence {EVIL}", (EVIL,), exact=True),
        Why((EVIL, "video"), in_title=(EVIL,)),
        Why(heading=(EVIL, f"inner {EVIL}")),
        Why(),
        None,
    ],
    ids=["sentence", "terms", "heading", "nothing", "no hit"],
)
def test_nothing_that_strangers_wrote_runs(why: Why | None) -> None:
    one = HOSTILE if why is None else Hit(HOSTILE, 1.0, 1, why)
    text = render.answers([one], f"line {EVIL}", {"like": [EVIL], "dislike": []}, f"label {EVIL}")
    page = checked(text)
    words = " ".join(page.text.split())
    assert f"line {SHOWN}" in words
    assert f"video {SHOWN}" in words
    assert f"{SHOWN} › inner {SHOWN}" in words
    assert f"Abstract {SHOWN}" in words
    assert f"label {SHOWN}" in page.all("aria-label")
    assert page.all("data-id") == [SHOWN]
    assert page.all("href") == [f"https://{SHOWN}", f"https://{SHOWN}/2"]
    assert page.all("aria-pressed") == ["true", "false", "false"]
    if why and why.sentence:
        assert words.count(f"Sentence {SHOWN}") == 1
        assert "exact match" in words
    elif why and why.terms:
        assert f"title: {SHOWN}; abstract: video" in words
    elif why and why.heading:
        assert page.marked == [f"{SHOWN} › inner {SHOWN}"]


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x"),
        *("java\nscript:alert(1)", "//evil.example", "ftp://a.example", "vbscript:x", "x", ""),
        *("https:evil.example", "blob:https://a.example", "file:///etc/passwd"),
    ],
)
def test_only_web_addresses_are_links(url: str) -> None:
    paper = Paper("1", "Kites", url=url, code_url=url, pdf_url=url)
    assert checked(render.answers([paper])).all("href") == []


def test_web_addresses_are_links() -> None:
    urls = "https://a.example/?x=1&y='2'", 'http://b.example/"onclick=alert(1)', "HTTPS://c.example"
    page = Html(render.answers([Paper("1", "Kites", "link", *urls)]))
    assert [a["href"] for tag, a in page.tags if tag == "a"] == list(urls)
    for tag, attributes in page.tags:
        assert tag != "a" or attributes["rel"] == "noopener noreferrer"
        assert "onclick" not in attributes


def test_words_that_answered_are_marked(library: Library) -> None:
    page = checked(render.answers(library.search.query("vidoe of nodes")))
    assert page.marked == ["video", "video", "vidoe", "video", "Nodes", "nodes"]
    hit = Hit(FILM, 1, 1, Why(("flying", "video (for vidoe)"), "Videos fly & <b>flies</b>."))
    page = checked(render.answers([hit]))
    assert page.marked == ["video", "Videos", "fly", "flies"]
    assert page.text.count("Videos fly & <b>flies</b>.") == 1


def test_a_long_sentence_is_cut() -> None:
    hit = Hit(FILM, 1, 1, Why((), "w" * 480 + "x"))
    page = checked(render.answers([hit]))
    assert f"{'w' * 480}…" in page.text
    assert f"{'w' * 480}x" not in page.text


def test_a_card_says_one_sentence_of_the_abstract_whatever_was_asked() -> None:
    kites = replace(NODES, abstract="Knots are old. We tie nodes into strings.")
    why = Why(("nodes",), in_title=("nodes",))
    for one in (kites, Hit(kites, 1, 1, why)):
        page = checked(render.answers([one]))
        assert "We tie nodes into strings." in page.all("title")
        assert page.text.count("We tie nodes into strings.") == 2  # and in the abstract
    assert "title: nodes" not in page.text
    bare = replace(NODES, abstract="")
    assert checked(render.answers([bare])).all("title") == ["More like this", "Less like this"]
    assert "close in meaning" in checked(render.answers([Hit(bare, 1, 1, Why(meaning=True))])).text
    assert "close" not in checked(render.answers([Hit(kites, 1, 1, Why(meaning=True))])).text


@pytest.mark.parametrize(
    ("authors", "shown"),
    [
        (("Ada Roe",), "Ada Roe"),
        (("Ada Roe", "Bo Li", "Cy Po"), "Ada Roe, Bo Li, Cy Po"),
        (("Ada Roe", "Bo Li", "Cy Po", "<b>Di</b>"), "Ada Roe, Bo Li, Cy Po et al."),
    ],
)
def test_the_first_authors_stand_on_a_card_and_all_in_its_title(
    authors: tuple[str, ...], shown: str
) -> None:
    page = checked(render.answers([replace(SOUND, authors=authors)]))
    assert page.all("title")[0] == ", ".join(authors)
    assert f"A sound {shown} Hear › Film" in " ".join(page.text.split())


def test_what_is_copied_keeps_its_lines() -> None:
    page = checked(render.answers([replace(FILM, title='Kites & "strings" of <b>'), SOUND]))
    expected = [export([replace(FILM, title='Kites & "strings" of <b>')], "bibtex")]
    assert page.all("data-copy") == [*expected, export([SOUND], "bibtex")]
    assert expected[0].count("\n") > 4


def test_cards_say_what_is_known_and_nothing_else() -> None:
    full, bare = render.answers([FILM]), render.answers([SOUND])
    assert checked(full).all("href") == [FILM.url, FILM.code_url]
    for part in ("2024", "Kite Days 2024", "See › Film", "We fly a video. It flies well."):
        assert part in Html(full).text
    linked = replace(FILM, links=(Link("Project", "https://kites.example/film"),))
    page = checked(render.answers([linked]))
    assert page.all("href") == [FILM.url, FILM.code_url, "https://kites.example/film"]
    assert "code Project abstract More" in " ".join(page.text.split())
    assert checked(bare).all("href") == []
    assert "abstract" not in Html(bare).text
    assert "None" not in Html(bare).text


def test_buttons_say_what_is_picked() -> None:
    page = Html(render.answers([FILM, NODES], picks={"like": [FILM.id], "dislike": [NODES.id]}))
    assert page.all("data-act") == 2 * ["like", "dislike", "keep"]
    assert page.all("aria-pressed") == ["true", "false", "false", "false", "true", "false"]
    assert Html(render.answers([FILM])).all("aria-pressed") == ["false", "false", "false"]


def test_no_answers_have_no_list() -> None:
    page = checked(render.answers([], "Nothing & more"))
    assert [tag for tag, _ in page.tags] == ["p"]
    assert page.text.strip() == "Nothing & more"
    assert render.answers([]).strip() == ""


def test_chips_of_what_is_picked(library: Library) -> None:
    picks = {"like": [FILM.id, "gone"], "dislike": [SOUND.id]}
    page = checked(handlers.picks_html(library, picks))
    assert page.all("data-id") == [FILM.id, SOUND.id]
    assert page.all("data-act") == ["like", "dislike", "clear"]
    assert f"More like {FILM.title}" in page.text
    assert f"Less like {SOUND.title}" in page.text
    assert "what to read next" in checked(handlers.picks_html(library, handlers.NO_PICKS)).text


def test_hostile_titles_everywhere_else() -> None:
    library = library_of([HOSTILE, *PAPERS])
    page = checked(handlers.picks_html(library, {"like": [EVIL], "dislike": []}))
    assert f"Remove video {SHOWN}" in page.all("aria-label")
    page = checked(render.render("examples.html", examples=[EVIL]))
    assert page.all("data-query") == [SHOWN]
    for lists in (1, 2):
        header = render.render("header.html", title=EVIL, papers=1, lists=lists, feed=True)
        assert checked(header).text.count(SHOWN) == 1
    lists = [(EVIL, "?list=a", []), (EVIL, '?list="b', [])]
    page = checked(render.render("about.html", lists=lists, encoder=EVIL))
    assert page.text.count(SHOWN) == 3
    library.search._rows = replace(
        library.search.rows, manifest=replace(library.search.manifest, list_name=EVIL)
    )
    assert SHOWN in checked(handlers.about_html(library)).text


def test_about_what_is_served(library: Library) -> None:
    text = " ".join(checked(handlers.about_html(library)).text.split())
    assert "Papers and posts2 and 1" in text
    assert "Indexed with abstract2 of 2" in text
    assert "Without abstractnone" in text
    assert "words-1, 5 dimensions" in text


# ── submissions ──────────────────────────────────────────────────────────────────────────────

ABS = "https://arxiv.org/abs/"


def rows(word: str, first: int) -> str:
    numbers = range(first, first + 6)
    return "".join(f"- [{word.title()} kite {n}]({ABS}2401.{n:05})\n" for n in numbers)


LIST = f"# Kites\n\n## Video\n\n{rows('video', 1)}\n## Graph\n\n{rows('graph', 11)}"


@pytest.fixture(scope="module")
def filing(tmp_path_factory: pytest.TempPathFactory) -> Library:
    search = PaperSearch.from_papers(read_list(LIST).papers, WordEncoder())
    digest = hashlib.sha256(LIST.encode()).hexdigest()
    search.save(tmp_path_factory.mktemp("index") / "i", list_name="a.md", list_sha256=digest)
    return Library(search, None, LIST, "lists/a.md", offline=True)


def submitted(library: Library, text: str, category: str = "") -> tuple[str, Html]:
    page = checked(handlers.submission_html(library, text, category))
    return " ".join(page.text.split()), page


def test_a_title_and_an_abstract_are_filed(filing: Library) -> None:
    text, page = submitted(filing, f"{ABS}2402.00001\nVideo with strings\nA video flies.")
    card = submit(
        filing.search,
        paper_of("2402.00001", "Video with strings", "A video flies."),
        LIST,
        list_name="lists/a.md",
        offline=True,
    )
    assert card.insertion is not None
    row = f"- [Video with strings]({ABS}2402.00001)"
    assert page.all("data-copy") == [row, card.patch]
    assert card.insertion.row == row
    assert "Belongs on this list." in text
    assert "None: it is new to the list." in text
    assert f"For line {card.insertion.line} of lists/a.md, under Video:" in text
    assert [hit.paper.url for hit in card.related] == page.all("href")[1:]


def test_a_heading_that_is_wished_for(filing: Library) -> None:
    text, _ = submitted(filing, f"{ABS}2402.00001\nVideo with strings\nA video flies.", "Graph")
    assert "under Graph:" in text
    text, _ = submitted(filing, f"{ABS}2402.00001\nVideo with strings\nA video flies.", "Grafs")
    assert text.startswith("No heading 'Grafs'")


def test_a_link_that_nobody_can_be_asked_about(filing: Library) -> None:
    text, _ = submitted(filing, f"{ABS}2402.00001v2")
    assert text == (
        "2402.00001arXiv was not asked: no title and no abstract is known; give its title and "
        "abstract"
    )


def test_no_link_is_passed_over(filing: Library) -> None:
    text, _ = submitted(filing, f"https://e.org/x.pdf\n{ABS}2401.00003")
    assert "The same id: Video kite 3" in text
    told = "not on arXiv, where its title could be looked up; give its title and abstract"
    assert text.endswith(f"https://e.org/x.pdf{told}")


def test_an_abstract_alone_says_where_its_title_goes(filing: Library) -> None:
    text, _ = submitted(filing, "Video with strings. A video flies. It is on strings.", "Video")
    told = "its title is not known; give it on a line of its own, above the abstract."
    assert text.endswith(f"Row None: {told}")


@pytest.mark.parametrize(
    "text", [f"{ABS}2401.00003v2", "2401.00003", f"{ABS}2401.00003\nVideo kite 3\nA video flies."]
)
def test_a_listed_paper_is_listed_already(filing: Library, text: str) -> None:
    said, _ = submitted(filing, text)
    assert "The same id: Video kite 3" in said
    assert said.count("already listed, line 7, under Video") == 2


def test_several_at_once(filing: Library) -> None:
    text, page = submitted(
        filing,
        f"- [Video of strings]({ABS}2402.00001)\n- [Graph of strings]({ABS}2402.00002)\n"
        f"- {ABS}2402.00003\n",
    )
    assert [tag for tag, _ in page.tags].count("article") == 3
    assert "2402.00003arXiv was not asked" in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "No text given"),
        (" \n", "No text given"),
        ("{", "No paper found in the submission"),
        ("a " * MAX_CHARS, f"The submission has {2 * MAX_CHARS:,} characters, more than"),
        ("\n".join(f"2402.{n:05}" for n in range(101)), "The submission names 101 papers"),
    ],
    ids=["nothing", "blank", "a brace", "too long", "too many"],
)
def test_what_cannot_be_read_is_said_in_a_line(filing: Library, text: str, line: str) -> None:
    said, page = submitted(filing, text)
    assert said.startswith(line)
    assert [tag for tag, _ in page.tags] == ["p"]


@pytest.mark.parametrize(
    "text",
    [
        f"{EVIL} video\n{EVIL}",
        f"https://a.example/\nVideo {EVIL}\nWe fly {EVIL}",
        f"@misc{{k, title={{Video {EVIL}}}, author={{{EVIL}}}, abstract={{{EVIL}}}, year={{1}}}}",
        "\ud800 video of\n\ud800",
    ],
    ids=["text", "link", "BibTeX", "half a character"],
)
def test_nothing_that_is_submitted_runs(filing: Library, text: str) -> None:
    for library in (filing, library_of([HOSTILE, *PAPERS])):
        submitted(library, text)


# ── what programs call ───────────────────────────────────────────────────────────────────────

TOOLS = ("query", "related", "recommend", "suggest_categories", "headings", "get_paper", "submit")


@pytest.fixture(scope="module")
def tool(library: Library) -> dict[str, Any]:
    return called(library)


def called(library: Library) -> dict[str, Any]:
    """The tools, each to be called as a plain function."""

    def plain(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return asyncio.run(function(*args, **kwargs))

        return call

    return {one.__name__: plain(one) for one in tools(library, Lanes())}


def test_there_are_seven(tool: dict[str, Any]) -> None:
    assert tuple(tool) == TOOLS


@pytest.mark.parametrize("name", TOOLS)
def test_each_tool_says_what_it_takes(tool: dict[str, Any], name: str) -> None:
    assert f"Example: {name}(" in (inspect.getdoc(tool[name]) or "")
    said = TypeAdapter(inspect.unwrap(tool[name])).json_schema()["properties"]
    assert list(said) == list(inspect.signature(tool[name]).parameters)
    assert all(one["description"].endswith(".") for one in said.values())


def test_tools_answer_as_the_search_does(library: Library, tool: dict[str, Any]) -> None:
    search = library.search
    assert tool["query"]("video", 2) == hits_to_json(search.query("video", 2))
    assert tool["query"](
        "video", category="See", year_from=2024, year_to=2024, venue="kite", code="with"
    ) == hits_to_json(
        search.query("video", category="See", year=(2024, 2024), venue="kite", has_code=True)
    )
    assert tool["related"](FILM.id, category="Graphs") == hits_to_json(
        search.related(FILM.id, category="Graphs")
    )
    assert tool["recommend"]([FILM.id], [SOUND.id], k=1, diversity=0.5) == hits_to_json(
        search.recommend([FILM.id], [SOUND.id], 1, 0.5)
    )
    assert tool["suggest_categories"]("A video. It flies.") == [
        suggestion_to_json(one) for one in search.suggest_categories("A video. It flies.")
    ]


def test_the_tool_that_files(filing: Library) -> None:
    tool = called(filing)["submit"]
    found = tool("2402.00001", "Video with strings", "A video flies.", "Graph")
    expected = submit(
        filing.search,
        paper_of("2402.00001", "Video with strings", "A video flies."),
        LIST,
        list_name="lists/a.md",
        category="Graph",
        offline=True,
    )
    assert found == card_json(expected)
    assert (found["category"], found["row"]) == (
        ("Graph",),
        f"- [Video with strings]({ABS}2402.00001)",
    )
    assert found["patch"].startswith("--- a/lists/a.md\n")
    json.dumps(found)


def test_what_tools_answer_is_json(tool: dict[str, Any]) -> None:
    for name in TOOLS[:4]:
        given = [FILM.id] if name == "recommend" else FILM.id
        found = json.loads(json.dumps(tool[name](given), allow_nan=False))
        assert found["hits"] if name != "suggest_categories" else isinstance(found, list)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("query", {"text": "video", "k": 0}, "k: .*greater than or equal to 1"),
        ("query", {"text": "video", "k": MAX_ANSWERS + 1}, "k: .*less than or equal to 100"),
        ("query", {"text": "video", "k": "many"}, "k: .*valid integer"),
        ("query", {"text": 7}, "text: .*valid string"),
        ("query", {"text": "a" * (MAX_TEXT + 1)}, "text: .*at most 20000 characters"),
        ("query", {"text": "a" * 20_000, "venue": "b" * 1001}, "^21001 .* at most 21000 char"),
        ("recommend", {"like": ["a" * 500] * 30, "dislike": ["b" * 500] * 13}, "^21500 "),
        ("query", {"text": "video", "code": "perhaps"}, "code: .*'any', 'with' or 'without'"),
        ("query", {"text": "video", "year_from": -1}, "year_from: .*greater than or equal to 0"),
        ("query", {"text": "video", "year_to": 10_000}, "year_to: .*less than or equal to 9999"),
        ("query", {"text": "video", "k": 0, "year_to": -1}, "k: .*; year_to: "),
        ("query", {}, "text: Missing"),
        ("related", {"paper": None}, "paper: .*valid string"),
        ("recommend", {"like": "video"}, "like: .*valid list"),
        ("recommend", {"like": ["video"] * (MAX_SEEDS + 1)}, "like: .*at most 50 items"),
        ("recommend", {"like": ["a" * (MAX_TEXT + 1)]}, "like 0: .*at most 20000 characters"),
        ("recommend", {"like": ["video", 7]}, "like 1: .*valid string"),
        ("recommend", {"like": ["video"], "dislike": [None]}, "dislike 0: .*valid string"),
        ("recommend", {"like": ["video"], "diversity": 2}, "diversity: .*less than or equal to 1"),
        ("recommend", {"like": ["video"], "diversity": float("nan")}, "diversity: "),
        ("suggest_categories", {"paper": "video", "k": 0}, "k: .*greater than or equal to 1"),
        ("submit", {"title": ["video"]}, "title: .*valid string"),
    ],
)
def test_wrong_arguments_are_named(
    tool: dict[str, Any], name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        tool[name](**arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("query", ["video", 0, "", 0, 0, "", "any"], "k: Input should be greater than or equal"),
        ("recommend", [["video", 7], [], 10, 0], "like 1: Input should be a valid string"),
    ],
)
def test_wrong_arguments_are_named_when_given_without_names(
    tool: dict[str, Any], name: str, arguments: list[Any], message: str
) -> None:
    """As Gradio gives them."""
    with pytest.raises(QueryError, match=f"^{message}"):
        tool[name](*arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("query", [" "], "the query is empty"),
        ("query", ["2412.00009"], "2412.00009 is not among the 3 entries"),
        ("query", ["video", 10, "Grafs"], "did you mean 'Graphs'"),
        ("query", ["video", 10, "", 2024, 2023], "from ≤ to"),
        ("related", [""], "the query is empty"),
        ("recommend", [[]], "nothing is liked"),
        ("suggest_categories", ["?"], "the query is empty"),
        ("submit", [], "expected an arXiv id, a link or a title"),
        ("submit", ["2402.00001"], "give its title and abstract"),
    ],
)
def test_what_cannot_be_answered_says_why(
    tool: dict[str, Any], name: str, arguments: list[Any], message: str
) -> None:
    with pytest.raises(SsmSearchError, match=message):
        tool[name](*arguments)


def test_what_nobody_foresaw_is_no_message_for_strangers(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("in /home/ada/secret")

    search = replace(library, search=library.search)
    monkeypatch.setattr(PaperSearch, "query", broken)
    with pytest.raises(SsmSearchError) as caught:
        called(search)["query"]("video")
    assert str(caught.value) == INTERNAL
    assert "RuntimeError: in /home/ada/secret" in caplog.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"category": None, "venue": None}),
        (
            {"category": "A > B", "venue": "Knots"},
            {"category": "A > B", "venue": "Knots"},
        ),
        ({"year_from": 2023}, {"category": None, "venue": None, "year": (2023, 9999)}),
        ({"year_to": 2023}, {"category": None, "venue": None, "year": (0, 2023)}),
        (
            {"year_from": 2020, "year_to": 2023},
            {"category": None, "venue": None} | {"year": (2020, 2023)},
        ),
        ({"code": "with"}, {"category": None, "venue": None, "has_code": True}),
        ({"code": "without"}, {"category": None, "venue": None, "has_code": False}),
    ],
)
def test_filters_as_the_page_gives_them(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert filters_of(**given) == expected


# ── the library ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("lists/awesome-kites.md", "Awesome Kites"),
        ("README.md", "Papers"),
        ("my_list", "My List"),
        ("", "Papers"),
    ],
)
def test_the_title_is_the_name_of_the_list(name: str, title: str) -> None:
    library = library_of([SOUND])
    library.search._rows = replace(
        library.search.rows, manifest=replace(library.search.manifest, list_name=name)
    )
    assert library.title == title
    library.list_file = Path("awesome-knots") / "README.md"
    assert library.title == ("Awesome Knots" if name == "README.md" else title)


def test_the_heading_of_the_list_names_the_page(tmp_path: Path) -> None:
    search = PaperSearch.from_papers([SOUND], WordEncoder())
    search.save(tmp_path / "index", list_name="README.md", title="Awesome Kites (and 🪁)")
    library = Library(PaperSearch.load(tmp_path / "index", WordEncoder()), offline=True)
    assert library.title == "Awesome Kites (and 🪁)"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What arXiv is asked for; it has no answer."""
    found: list[list[str]] = []

    def fetch(ids: list[str], cache: Path) -> FetchReport:
        found.append(ids)
        return FetchReport(error="got no connection")

    monkeypatch.setattr("ssm_search.abstracts.fetch_abstracts", fetch)
    return found


BARE = [replace(NODES, abstract=""), FILM, SOUND]


@pytest.mark.parametrize(
    ("papers", "offline", "expected"),
    [(BARE, True, []), (PAPERS, False, []), (BARE, False, [[NODES.id]])],
)
def test_only_what_is_missing_is_fetched(
    asked: list[list[str]], papers: list[Paper], offline: bool, expected: list[list[str]]
) -> None:
    library = replace(library_of(papers), offline=offline)
    before = library.search
    library.prepare()
    assert asked == expected
    assert library.search is before


def test_what_was_fetched_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ssm_search.abstracts.cache import append_abstracts
    from ssm_search.papers import Abstract

    bare = library_of(BARE)
    bare.search.save(tmp_path / "index")

    def fetch(ids: list[str], cache: Path) -> FetchReport:
        append_abstracts(cache, [Abstract(NODES.id, NODES.title, NODES.abstract)])
        return FetchReport(fetched=tuple(ids))

    monkeypatch.setattr("ssm_search.abstracts.fetch_abstracts", fetch)
    library = Library(bare.search, tmp_path / "index")
    library.prepare()
    assert [paper.abstract for paper in library.search.papers] == [p.abstract for p in PAPERS]
    assert library.search.encoder is bare.search.encoder


# ── bounded work ─────────────────────────────────────────────────────────────────────────────


def words(count: int, letters: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(map(chr, row)) for row in rng.integers(97, 123, size=(count, letters))]


@pytest.fixture(scope="module")
def wordy() -> Library:
    """As many different words as a list of some eighty papers with abstracts has."""
    known = [word for letters in (4, 6, 9) for word in words(800, letters)]
    papers = [Paper(f"p{n}", " ".join(known[n::3]), kind="link") for n in range(3)]
    return library_of([*papers, Paper("hearing", "Hearing things", kind="link")])


@pytest.mark.parametrize(
    "unit",
    [
        *(pytest.param(words(5_000, letters, 1), id=f"{letters} letters") for letters in (4, 6, 9)),
        pytest.param(["hearin"], id="a misspelled word again and again"),
    ],
)
def test_a_long_question_of_unknown_words_takes_no_long_time(
    wordy: Library, unit: list[str]
) -> None:
    question = (" ".join(unit) + " ") * (1 if len(unit) > 1 else 1_700)
    with soon():
        found = handlers.answer(wordy, Search(q=question[:MAX_TEXT]))
    assert len(found.found) == 4


def test_recommending_by_as_many_texts_as_are_taken_takes_no_long_time(wordy: Library) -> None:
    texts = [" ".join(words(40, 6, seed))[: MAX_TEXT // 100] for seed in range(2 * MAX_SEEDS)]
    recommend = called(wordy)["recommend"]
    with soon():
        recommend(texts[:MAX_SEEDS], texts[MAX_SEEDS:], MAX_ANSWERS, 0.5)


def test_every_field_of_a_search_is_bounded() -> None:
    search = address.checked({field.name: "9" * 99_999 for field in fields(Search)})
    assert max(len(str(value)) for value in astuple(search)) == MAX_TEXT


def test_words_that_came_near_are_shown_and_marked() -> None:
    near = (("clips", "video"), ("share", "kite"))
    page = checked(render.answers([Hit(FILM, 1, 1, Why(("flying",), near=near))]))
    assert "abstract: flying; close: clips ≈ video, share ≈ kite" in page.text
    page = checked(render.answers([Hit(FILM, 1, 1, Why(near=near))]))
    assert "close: clips ≈ video, share ≈ kite" in page.text
    page = checked(render.answers([Hit(FILM, 1, 1, Why((), "Videos of kites.", near=near))]))
    assert page.marked[-2:] == ["Videos", "kites"]


def test_a_heading_with_the_sign_in_its_name_is_not_one_below_another() -> None:
    one = Paper("2401.00001", "Kites of one", categories=(("A > B",),))
    two = Paper("2401.00002", "Kites of two", categories=(("A", "B"),))
    library = library_of([one, two])
    assert [name for _, name in offers.headings(library)] == [r"A \> B", "A", "A > B"]
    for name, paper in ((r"A \> B", one), ("A > B", two)):
        search = Search(q="kites", category=name)
        assert offers.in_menus(library, search).category == name
        assert ids_of(handlers.answer(library, search)) == [paper.id]
