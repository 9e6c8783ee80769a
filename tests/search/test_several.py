"""Several lists asked as one, with an encoder whose arithmetic can be done by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import TokenEncoder, WordEncoder

import ssm_search
from ssm_search.errors import FilterError, IndexFolderError, PaperNotFoundError, QueryError
from ssm_search.papers import LeftOut, Paper
from ssm_search.search.hits import Hits
from ssm_search.search.local import PaperSearch
from ssm_search.search.several import ListsSearch
from ssm_search.views.display import hits_to_json

FILM = Paper(
    "2401.00001",
    "Moving pictures",
    year=2024,
    venue="ICLR 2024",
    categories=(("Vision",),),
    abstract="We study video.",
    authors=("Ada Kite",),
)
NODES = Paper("2301.00002", "Nodes and edges", year=2023, abstract="A graph has nodes.")
SOUND = Paper("hearing-things", "Hearing things", kind="link", categories=(("Sound",),))
CLIPS = Paper(
    "2402.00003", "Short clips", year=2024, abstract="A video is cut.", categories=(("Film",),)
)
FILM_ELSEWHERE = replace(FILM, id="moving-pictures", kind="link", categories=(("Film",), ("Art",)))
NODES_ELSEWHERE = replace(NODES, title="Nodes & edges, revised", venue="Knots")
TREES = Paper("2201.00004", "Trees", year=2022, abstract="A graph without circles.")

ONE, OTHER = [FILM, NODES, SOUND], [CLIPS, FILM_ELSEWHERE, NODES_ELSEWHERE, TREES]


@pytest.fixture
def encoder() -> TokenEncoder:
    return TokenEncoder()


@pytest.fixture
def lists(encoder: TokenEncoder) -> dict[str, PaperSearch]:
    return {
        "One": PaperSearch.from_papers(ONE, encoder),
        "Other": PaperSearch.from_papers(OTHER, encoder),
    }


@pytest.fixture
def several(lists: dict[str, PaperSearch]) -> ListsSearch:
    return ListsSearch(lists)


def ids(hits: Hits) -> list[str]:
    return [hit.paper.id for hit in hits]


# ── questions ────────────────────────────────────────────────────────────────────────────────


def test_answers_are_put_in_order_by_confidence_each_paper_once(
    several: ListsSearch, lists: dict[str, PaperSearch]
) -> None:
    hits = several.query("video")
    assert ids(hits) == [
        "2402.00003",
        "moving-pictures",  # which the first list has by another id, and is less sure of
        "2301.00002",
        "2201.00004",
        "hearing-things",
    ]
    assert [hit.lists for hit in hits] == [
        ("Other",),
        ("One", "Other"),
        ("One", "Other"),
        ("Other",),
        ("One",),
    ]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert [hit.score for hit in hits] == [hit.confidence for hit in hits]
    of_other = lists["Other"].query("video")
    assert hits[0] == replace(of_other[0], score=hits[0].score, lists=("Other",))
    assert ids(several.query("video", k=2)) == ["2402.00003", "moving-pictures"]


def test_the_verdict_is_that_of_the_best_list(several: ListsSearch) -> None:
    assert several.query("sound").verdict == several.lists["One"].query("sound").verdict == "fits"
    assert several.lists["Other"].query("sound").verdict != "fits"


def test_a_question_is_encoded_once_where_the_encoders_are_the_same(
    several: ListsSearch, lists: dict[str, PaperSearch], encoder: TokenEncoder
) -> None:
    encoder.encoded.clear()
    several.query("video graph")
    several.query("video graph", year=2024)
    assert encoder.encoded == ["video graph"]
    other = ListsSearch({**lists, "Third": PaperSearch.from_papers([SOUND], WordEncoder())})
    encoder.encoded.clear()
    assert {"Third"} & {name for hit in other.query("video graph") for name in hit.lists}
    assert encoder.encoded == ["video graph"]


def test_filters_apply_where_a_list_can(several: ListsSearch) -> None:
    assert ids(several.query("video", category="Film")) == ["2402.00003", "moving-pictures"]
    assert ids(several.query("video", category="Vision")) == ["2401.00001"]
    assert ids(several.query("graph", venue="Knots")) == ["2301.00002"]
    found = several.query("video", year=2024)
    assert (ids(found), found.left_out) == (
        ["2402.00003", "moving-pictures"],
        LeftOut(1, "year"),
    )
    assert several.left_out(year=2024, venue="ICLR") == LeftOut(2, "year or venue")
    with pytest.raises(FilterError, match="no paper stands under 'Cooking'"):
        several.query("video", category="Cooking")


def test_what_one_list_reads_out_of_a_question_holds_for_all(several: ListsSearch) -> None:
    other = PaperSearch.from_papers([replace(CLIPS, abstract="Of Kite and of video.")])
    both = ListsSearch({**several.lists, "Third": other})
    found = both.query("papers by Kite on video")
    assert [str(one) for one in found.constraints] == ["author: Kite"]
    assert {hit.paper.title for hit in found} == {"Moving pictures"}
    newest = several.query("newest papers on graph")
    assert ids(newest)[:2] == ["2301.00002", "2201.00004"]
    assert ids(several.query("graph", newest=True))[:2] == ["2301.00002", "2201.00004"]
    assert ids(several.query("graph"))[:2] == ["2201.00004", "2301.00002"]


def test_a_title_of_one_list_is_a_title_to_all(lists: dict[str, PaperSearch]) -> None:
    titled = Paper("2405.00009", "Video not graph")
    third = PaperSearch.from_papers([titled], TokenEncoder())
    found = ListsSearch({**lists, "Third": third}).query("video not graph")
    assert found[0].paper == titled
    assert found.constraints == ()


def test_an_id_needs_to_be_in_one_list_alone(several: ListsSearch) -> None:
    found = several.query("2402.00003")
    assert (found[0].paper, found[0].lists, found[0].why.exact) == (CLIPS, ("Other",), True)
    assert several.get("https://arxiv.org/abs/2402.00003v2") == CLIPS
    assert several.get("Moving Pictures") == FILM
    assert several.get("2812.00001") is None
    with pytest.raises(PaperNotFoundError, match="not among the 3 entries"):
        several.query("2812.00001")


def test_of_a_paper_and_a_post_called_so_the_paper_comes_first(encoder: TokenEncoder) -> None:
    post = Paper("moving-pictures", "Moving pictures", kind="link", year=2025)
    one, other = (PaperSearch.from_papers([paper], encoder) for paper in (post, FILM))
    found = ListsSearch({"One": one, "Other": other}).query("Moving pictures")
    assert [(hit.paper.id, hit.lists) for hit in found] == [("2401.00001", ("One", "Other"))]


# ── newest, related ──────────────────────────────────────────────────────────────────────────


def test_the_newest_of_all_lists(several: ListsSearch) -> None:
    newest = several.newest(10)
    assert [paper.id for paper in newest] == [
        "2402.00003",
        "2401.00001",
        "2301.00002",
        "2201.00004",
        "hearing-things",
    ]
    assert several.newest(1) == [CLIPS]
    assert several.newest(5, category="Film") == [CLIPS, FILM_ELSEWHERE]


def test_what_is_related_is_found_in_all_lists_by_its_vector(several: ListsSearch) -> None:
    found = several.related("2301.00002")
    assert ids(found)[0] == "2201.00004"  # the same vector, "graph"
    assert found[0].score == pytest.approx(1, abs=1e-6)
    assert "2301.00002" not in ids(found)
    assert found.verdict is None
    by_title = several.related("moving-pictures")  # in both lists, by an id of one
    assert (by_title[0].paper.id, by_title[0].lists) == ("2402.00003", ("Other",))
    assert not {"2401.00001", "moving-pictures"} & set(ids(by_title))


def test_likes_may_lie_in_different_lists(several: ListsSearch, encoder: TokenEncoder) -> None:
    encoder.encoded.clear()
    found = several.recommend(["hearing-things", "2402.00003"], ["2201.00004"])
    assert encoder.encoded == []  # each is asked for by the vector that its list has
    assert found[0].paper.title == "Moving pictures"
    # Of "video": (1 + 0) / 2, less .2 · 0.
    assert found[0].score == pytest.approx(0.5, abs=1e-6)
    assert found[-1].score == pytest.approx(-0.2, abs=1e-6)
    assert {hit.paper.id for hit in found}.isdisjoint(["hearing-things", "2402.00003"])
    several.related("a text about a graph")
    assert encoder.encoded == ["a text about a graph"]
    with pytest.raises(QueryError, match="nothing is liked"):
        several.recommend([])
    with pytest.raises(PaperNotFoundError, match="not among"):
        several.related("2812.00001")


def test_diversity_counts_between_lists(several: ListsSearch) -> None:
    assert ids(several.recommend("video", k=2))[:2] == ["2402.00003", "2401.00001"]
    varied = ids(several.recommend("video", k=2, diversity=1))
    assert len({"2402.00003", "2401.00001", "moving-pictures"} & set(varied)) == 1


def test_with_different_encoders_the_ranks_decide(lists: dict[str, PaperSearch]) -> None:
    third = PaperSearch.from_papers([CLIPS, TREES], WordEncoder())
    both = ListsSearch({"One": lists["One"], "Third": third})
    found = both.related("2401.00001")
    assert [hit.score for hit in found] == [-1, -1, -2, -2]
    assert [hit.paper.id for hit in found][:2] == ["2402.00003", "2301.00002"]


# ── what is told of all of them ──────────────────────────────────────────────────────────────


def test_papers_are_told_once_under_the_headings_of_all_lists(several: ListsSearch) -> None:
    assert several.papers == (
        replace(FILM, categories=(("Vision",), ("Film",), ("Art",))),
        NODES,
        SOUND,
        CLIPS,
        TREES,
    )
    assert several.headings == (("Vision",), ("Sound",), ("Film",), ("Art",))
    assert several.tree == {("Vision",): 1, ("Sound",): 1, ("Film",): 2, ("Art",): 1}
    assert several.tally.years == {2024: 2, 2023: 1, 2022: 1}
    assert several.tally.venues == {"ICLR 2024": 1}
    assert several.lists_of(NODES) == ("One", "Other")
    assert several.lists_of(Paper("x", "Nowhere")) == ()
    status = several.status()
    assert (status["papers"], list(status["lists"])) == (5, ["One", "Other"])


def test_a_paper_is_filed_in_the_list_that_it_fits_best(encoder: TokenEncoder) -> None:
    things = "kites knots ropes boats winds sails tides masts".split()

    def of(*words: str) -> PaperSearch:
        papers = [
            Paper(f"{word}-{one}", f"{word} {one}", categories=((word,),), abstract=f"A {word}.")
            for word in words
            for one in things
        ]
        return PaperSearch.from_papers(papers, encoder)

    several = ListsSearch({"Films": of("video", "audio"), "Graphs": of("graph", "text")})
    for word, name in (("graph", "Graphs"), ("video", "Films")):
        assert several.likeliest(f"{word} of trees. A {word} of trees and of woods.") == name


def test_what_no_paper_is_about_goes_to_no_list_for_its_one_heading(encoder: TokenEncoder) -> None:
    def of(*words: str) -> PaperSearch:
        return PaperSearch.from_papers(
            [
                Paper(f"24{at:02}.{len(words):05}", f"A {word} of {at}", categories=((word,),))
                for at, word in enumerate(words, start=1)
            ],
            encoder,
        )

    several = ListsSearch({"Two": of("video", "audio"), "One": of("graph")})
    assert several.lists["One"].place("zzzz qqqq", 1).suggestions[0].confidence == 1
    assert several.likeliest("zzzz qqqq") == "Two"
    assert several.likeliest("a graph of 1") == "One"


def test_what_is_about_one_list_says_so(several: ListsSearch) -> None:
    for call in (
        lambda: several.rows,
        lambda: several.encoder,
        lambda: several.row("x"),
        lambda: several.place("video"),
        lambda: several.suggest_categories("video"),
        lambda: several.duplicates("video"),
    ):
        with pytest.raises(QueryError, match="about one list; name one of One, Other"):
            call()
    assert several.is_of("# A list") is False
    with pytest.raises(QueryError, match="no lists"):
        ListsSearch({})


# ── names, folders ───────────────────────────────────────────────────────────────────────────


def test_lists_with_one_title_are_told_apart(lists: dict[str, PaperSearch]) -> None:
    one = lists["One"]
    given = [("A", "x/a", one), ("B", "x/b", one), ("A", "y/a", one), ("A", "y/a", one)]
    named = ListsSearch.named(given)
    assert list(named.lists) == ["A (a)", "B", "A (y/a)", "A (2)"]
    assert list(ListsSearch.named([("long " * 99, "x", one)]).lists) == [("long " * 20)]


def test_indexes_of_folders_are_opened_together(
    lists: dict[str, PaperSearch], tmp_path: Path
) -> None:
    for name, title in (("a", "Kites"), ("b", "")):
        made = PaperSearch.from_papers(ONE, ssm_search.load_encoder())
        made.save(tmp_path / name, title=title)
    opened = ssm_search.open_indexes([tmp_path / "a", tmp_path / "b"])
    assert list(opened.lists) == ["Kites", "b"]
    assert opened.query("Moving pictures", k=1)[0].lists == ("Kites", "b")


def test_hits_tell_their_lists_in_json_tables_and_notebooks(several: ListsSearch) -> None:
    hits = several.query("video", k=2)
    said = json.loads(json.dumps(hits_to_json(hits)))
    assert [one["lists"] for one in said["hits"]] == [["Other"], ["One", "Other"]]
    assert "in One, Other" in str(hits)
    assert "in One, Other" in hits._repr_html_()
    assert "lists" not in hits_to_json(several.lists["One"].query("video"))["hits"][0]


def test_a_large_corpus_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    search = PaperSearch.from_papers(ONE, WordEncoder())
    monkeypatch.setattr(PaperSearch, "is_list", False)
    with pytest.raises(IndexFolderError, match="Corpus is a large corpus"):
        ListsSearch({"Corpus": search})
