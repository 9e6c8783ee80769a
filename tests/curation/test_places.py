"""Which headings of a list are meant, and what is said of those that were chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_cards import ABS, GRAPH, LIST, VIDEO, new, search_of

from ssm_search.curation.cards import submit, triage
from ssm_search.curation.places import Place, headings_meant
from ssm_search.papers import Category, Paper
from ssm_search.search.local import PaperSearch

HEADINGS = [
    ("Moving", "Video"),
    ("Moving", "Others"),
    ("Structured",),
    ("Structured", "Graph Networks"),
    ("Structured", "Others"),
    ("🎥 Long & Slow",),
    ("†",),
]


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> PaperSearch:
    return search_of(LIST, tmp_path_factory.mktemp("index") / "kites")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (("Moving", "Video"), ("Moving", "Video")),
        (("Video",), ("Moving", "Video")),
        (("video",), ("Moving", "Video")),
        (("Moving > video",), ("Moving", "Video")),
        (("Moving/Video",), ("Moving", "Video")),
        (("moving › Others",), ("Moving", "Others")),
        (("graph networks, if you like",), ("Structured", "Graph Networks")),
        (("Structured",), ("Structured",)),
        (("long and slow",), None),
        (("Long & Slow!",), ("🎥 Long & Slow",)),
        (("Others",), None),
        (("Audio",), None),
        (("Moving", "Audio"), None),
        (("†",), None),
        (("",), None),
        ((), None),
    ],
)
def test_which_heading_is_meant(said: Category, meant: Category | None) -> None:
    assert headings_meant([said], HEADINGS) == ((meant,) if meant else ())


def test_each_heading_once() -> None:
    said = [("Video",), ("Graph Networks",), ("Moving", "Video"), ("x",)]
    assert headings_meant(said, HEADINGS) == (("Moving", "Video"), ("Structured", "Graph Networks"))


def test_a_place_in_words() -> None:
    assert str(Place(9, VIDEO)) == "line 9, under Moving › Video"
    assert (str(Place(0, ("A",))), str(Place(9, ())), str(Place(0, ()))) == (
        "under A",
        "line 9",
        "",
    )


# ── what was chosen ──────────────────────────────────────────────────────────────────────────

TITLE = "Video with strings"


def put(where: str) -> str:
    """A diff that puts a paper on video below the first line of ``where``."""
    at = LIST.index(where) + len(where)
    line = LIST[:at].count("\n") + 1
    return (
        "--- a/README.md\n+++ b/README.md\n"
        f"@@ -{line},1 +{line},3 @@\n {where.splitlines()[-1]}\n+\n+- [{TITLE}]({ABS}2402.00001)\n"
    )


def test_who_chose_another_heading_is_told(search: PaperSearch) -> None:
    (card,) = triage(search, put("### Graph"), LIST, offline=True).cards
    assert card.chosen == (GRAPH,)
    assert card.difference == (
        "You chose “Graph”; 5 of the 5 nearest listed papers stand under “Video”"
    )
    assert (card.category, card.paper.categories) == (VIDEO, ())


def test_who_chose_the_likeliest_heading_is_told_nothing(search: PaperSearch) -> None:
    for diff in (put("### Video"), put("## Moving")):
        (card,) = triage(search, diff, LIST, offline=True).cards
        assert card.difference == ""
        assert card.insertion is not None
        assert card.category[0] == "Moving"


@pytest.mark.parametrize(
    "text",
    [
        f"### Title\n\n{TITLE}\n\n### Link\n\n{ABS}2402.00001\n\n### Category\n\nGraph\n",
        f"Please add it under Graph, thanks!\n\n- [{TITLE}]({ABS}2402.00001)",
        f"- [{TITLE}]({ABS}2402.00001)\n\n**Section:** Structured › Graph",
        f"## Graph\n\n- [{TITLE}]({ABS}2402.00001)",
    ],
)
def test_issues_choose_too(search: PaperSearch, text: str) -> None:
    (card,) = triage(search, text, LIST, offline=True).cards
    assert card.chosen == (GRAPH,)
    assert card.difference.startswith("You chose “Graph”; 5 of the 5")


def test_the_row_stands_where_it_was_put_unless_that_is_surely_wrong(search: PaperSearch) -> None:
    either = Paper("2402.00001", "Video and graph", abstract=20 * "A graph. A video. ")
    either = replace(either, categories=(("Graph",),))
    (card,) = triage(search, [either], LIST, offline=True).cards
    assert (card.chosen, card.difference, card.category) == ((GRAPH,), "", GRAPH)
    (card,) = triage(search, [either], LIST, category="Video", offline=True).cards
    assert card.category == VIDEO


@pytest.mark.parametrize(
    ("title", "abstract", "verdict"),
    [
        ("Audio strings", "", "off topic"),
        ("Video and graph", 20 * "A graph. A video. ", "no heading"),
    ],
)
def test_nobody_is_told_what_is_not_sure(
    search: PaperSearch, title: str, abstract: str, verdict: str
) -> None:
    for name in ("Graph", "Video"):
        paper = Paper("2402.00001", title, categories=((name,),), abstract=abstract)
        (card,) = triage(search, [paper], LIST, offline=True).cards
        assert (card.placement.verdict, card.difference) == (verdict, "")


def test_a_new_heading_and_a_listed_paper_are_no_choice(search: PaperSearch) -> None:
    for paper in (
        Paper("2402.00001", TITLE, categories=(("Strings",),)),
        Paper("2401.00001", "Video kite 1", categories=(("Graph",),)),
    ):
        (card,) = triage(search, [paper], LIST, offline=True).cards
        assert card.difference == ""


def test_without_the_list_the_headings_of_the_index_count(search: PaperSearch) -> None:
    paper = Paper("2402.00001", TITLE, categories=(("Graph",),))
    (card,) = triage(search, [paper], offline=True).cards
    assert card.difference.startswith("You chose “Graph”")


# ── listed, and named twice ──────────────────────────────────────────────────────────────────


def test_where_a_listed_paper_stands(search: PaperSearch) -> None:
    found = triage(search, f"{ABS}2401.00003 {ABS}2401.00012", LIST, offline=True)
    assert [card.places for card in found.cards] == [(Place(9, VIDEO),), (Place(19, GRAPH),)]
    assert found.summary == "2 already listed (lines 9, 19)"
    assert submit(search, new("Video strings"), LIST, offline=True).places == ()


def test_a_paper_that_only_the_list_has_is_listed(search: PaperSearch) -> None:
    text = LIST.replace("### Graph\n", f"### Graph\n\n- [Graph of strings]({ABS}2402.00001)")
    found = triage(search, [new("Graph of strings")], text, offline=True)
    assert found.summary == "1 already listed (line 18)"


def test_a_title_that_is_listed_counts_more_than_a_link(tmp_path: Path) -> None:
    text = LIST + "\n## Posts\n\n- [A graph post](https://kites.example.org/post)\n"
    search = search_of(text, tmp_path / "index")
    paper = new("Video kite 3", link="https://kites.example.org/post")
    found = triage(search, [paper], text, offline=True)
    assert found.summary == "1 already listed (line 9)"


def test_a_paper_that_is_nearly_listed(search: PaperSearch) -> None:
    found = triage(search, [new("Video kites 3")], LIST, offline=True)
    assert found.summary == "1 that may be listed already (line 9)"


def test_a_paper_under_two_links_is_one(search: PaperSearch) -> None:
    papers = [
        new("Video of long strings"),
        new("Video of long string", link="https://example.org/strings"),
        new("Video of short strings", link="2402.00003"),
    ]
    found = triage(search, papers, LIST, offline=True)
    assert [card.repeats for card in found.cards] == ["", "Video of long strings", ""]
    assert found.summary.endswith("1 the same as another")


def test_a_list_that_has_the_rows_already_is_read_as_it_was(search: PaperSearch) -> None:
    diff = put("### Video")
    after = LIST.replace("### Video\n", f"### Video\n\n- [{TITLE}]({ABS}2402.00001)\n")
    for text in (LIST, after):
        found = triage(search, diff, text, list_name="README.md", offline=True)
        assert found.summary == "1 new (Video, 100 %)"
        assert found.cards[0].notes == ("arXiv was not asked: judged by the title alone",)
        assert found.cards[0].insertion is not None
        assert found.cards[0].insertion.line == 13
