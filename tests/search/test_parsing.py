"""What is read out of the words of a question."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from fakes import TokenEncoder

from ssm_search.errors import FilterError
from ssm_search.papers import Hit, Paper, Why
from ssm_search.search import parsing
from ssm_search.search.hits import Hits
from ssm_search.search.local import PaperSearch

NAMES = {"tri dao", "albert gu", "dao", "gu", "t. dao", "liu", "christopher ré", "gu, albert"}


class Known:
    """A vocabulary that knows ``NAMES`` and four venues."""

    venues = {"iclr": "ICLR", "neurips": "NeurIPS", "cvpr": "CVPR", "icml": "ICML"}  # noqa: RUF012
    newest = 2024
    without = parsing.NO_AUTHOR.format

    def authors(self, names: Collection[str]) -> set[str]:
        return {name for name in names if name.casefold() in NAMES}


def parsed(text: str) -> tuple[str, list[str]]:
    found = parsing.parse_query(text, Known())  # type: ignore[arg-type]
    return found.text, [str(one) for one in found.constraints]


@pytest.mark.parametrize(
    ("text", "left", "said"),
    [
        ("papers by Tri Dao on attention", "attention", ["author: Tri Dao"]),
        ("Albert Gu", "", ["author: Albert Gu"]),
        ("albert gu state space", "state space", ["author: albert gu"]),
        ("Liu et al. vision kites", "vision kites", ["author: Liu"]),
        ("work by Dao since 2023", "", ["author: Dao", "year: since 2023"]),
        ("Tri Dao's papers on hardware", "hardware", ["author: Tri Dao"]),
        ("kites by Christopher Ré", "kites", ["author: Christopher Ré"]),
        ("What did Albert Gu publish in 2022?", "", ["author: Albert Gu", "year: 2022"]),
        ("which papers did Tri Dao write?", "", ["author: Tri Dao"]),
        ("What did Tri Dao write about kites?", "kites?", ["author: Tri Dao"]),
        ("which kites has Tri Dao worked on?", "kites", ["author: Tri Dao"]),
        ("who wrote kites in 2022", "wrote kites", ["year: 2022"]),
        ("in-context learning since 2022", "in-context learning", ["year: since 2022"]),
        ("Albert Gu or Tri Dao", "", ["author: Albert Gu or Tri Dao"]),
        ("papers by Gu or Dao on kites", "kites", ["author: Gu or Dao"]),
        ("papers by Gu and Dao", "", ["author: Gu", "author: Dao"]),
        ("Gu and Dao", "", ["author: Gu", "author: Dao"]),
        ("Tri Dao or kites", "kites", ["author: Tri Dao"]),
        ("kites and Dao", "kites and Dao", []),
        ("papers by Gu on kites and Dao", "kites and Dao", ["author: Gu"]),
        ("papers by Gu & Dao or Liu", "", ["author: Gu", "author: Dao or Liu"]),
        ("kites and Dao on strings", "kites and Dao on strings", []),
        ("Gu et al. 2021", "", ["author: Gu", "year: 2021"]),
        ("Gu et al., 2021", "", ["author: Gu", "year: 2021"]),
        ("kites of Gu et al (2021)", "kites", ["author: Gu", "year: 2021"]),
        ("strings by kites", "strings by kites", []),
        ("kites not medical", "kites", ["without: medical"]),
        ("not vision", "", ["without: vision"]),
        ("kites without strings", "kites", ["without: strings"]),
        ("state space models, but not images", "state space models", ["without: images"]),
        ("kites -vision", "kites", ["without: vision"]),
        ('kites -"medical image"', "kites", ["without: medical image"]),
        ("speech, excluding music and singing", "speech", ["without: music, singing"]),
        ("which papers are not about vision", "", ["without: vision"]),
        ("papers that do not use attention", "", ["without: attention"]),
        ("models other than transformers", "models", ["without: transformers"]),
        ("kites, no video", "kites", ["without: video"]),
        ("kites but no video", "kites", ["without: video"]),
        (
            "kites on strings, but no vision or medical papers",
            "kites on strings",
            ["without: vision, medical"],
        ),
        ("state space models no vision", "state space models", ["without: vision"]),
        ("no medical images please", "", ["without: medical images"]),
        ("kites, exclude vision", "kites", ["without: vision"]),
        ("kites, excluding the papers on video", "kites", ["without: video"]),
        ("exclude surveys", "", ["without: surveys"]),
        ("kites, please do not show video or audio", "kites", ["without: video, audio"]),
        ("kites. Don't show me papers on video", "kites", ["without: video"]),
        ("kites, leave out strings since 2022", "kites", ["without: strings", "year: since 2022"]),
        ("papers not about medical research", "", ["without: medical"]),
        ("no free lunch, please", "no free lunch, please", []),
        ("No attention is needed", "No attention is needed", []),
        ("There is no such thing as a kite", "There is no such thing as a kite", []),
        ("kites with no strings", "kites with no strings", []),
        ("a kite needs no strings", "a kite needs no strings", []),
        ("is it a kite if it has no string?", "is it a kite if it has no string?", []),
        ("kites no more", "kites no more", []),
        ("how kites exclude strings", "how kites exclude strings", []),
        ("kites do not show strings", "kites do not show strings", []),
        # What a sentence denies, or how something is done, is no wish.
        ("Attention Is Not All You Need", "Attention Is Not All You Need", []),
        ("not only vision", "not only vision", []),
        ("found without accessing its data", "found without accessing its data", []),
        ("kites that have not been flown", "kites that have not been flown", []),
        ("not in the least what one would expect", "not in the least what one would expect", []),
        ("a -1 test", "a -1 test", []),
        ("time-series forecasting", "time-series forecasting", []),
        ("2024 papers on video", "video", ["year: 2024"]),
        ("segmentation in 2023", "segmentation", ["year: 2023"]),
        ("kites between 2021 and 2023", "kites", ["year: 2021 to 2023"]),
        ("kites (2021-2023)", "kites", ["year: 2021 to 2023"]),
        ("kites after 2020 before 2024", "kites", ["year: since 2021", "year: until 2023"]),
        ("papers from 2023 on segmentation", "segmentation", ["year: 2023"]),
        ("work from 2023 on vision", "vision", ["year: 2023"]),
        ("kites from 2023 on", "kites", ["year: since 2023"]),
        ("kites from 2023 on, not video", "kites", ["year: since 2023", "without: video"]),
        ("kites from 2023 onwards on video", "kites on video", ["year: since 2023"]),
        ("kites from 2021 to now", "kites", ["year: since 2021"]),
        ("kites from 2021 to 2023", "kites", ["year: 2021 to 2023"]),
        ("kites, 2021 and later", "kites", ["year: since 2021"]),
        ("kites since January 2023", "kites", ["year: since 2023"]),
        ("kites after May 2022", "kites", ["year: since 2022"]),
        ("kites before Sept. 2023", "kites", ["year: until 2023"]),
        ("papers from June 2023 on video", "video", ["year: 2023"]),
        ("graph networks (2023)", "graph networks", ["year: 2023"]),
        ("kite video 2024", "kite video", ["year: 2024"]),
        ("segmentation of ISIC 2018", "segmentation of ISIC 2018", []),
        ("surveys from 2024", "surveys", ["year: 2024"]),
        ("recent papers on point clouds", "point clouds", ["year: since 2022"]),
        ("recent advances", "advances", ["year: since 2022"]),
        ("show me the most recent surveys", "surveys", ["newest first"]),
        ("What recent works fly kites?", "What recent works fly kites?", []),
        ("latest work on remote sensing", "remote sensing", ["newest first"]),
        ("10 newest papers", "", ["newest first"]),
        ("the top 10 newest papers on video", "video", ["newest first"]),
        ("latest five papers on video", "video", ["newest first"]),
        ("the newest 2024 papers on video", "video", ["newest first", "year: 2024"]),
        ("papers at ICLR", "", ["venue: ICLR"]),
        ("kites at iclr", "kites", ["venue: ICLR"]),
        ("video, CVPR'24", "video", ["venue: CVPR", "year: 2024"]),
        ("ICLR 2024 papers on video", "video", ["venue: ICLR", "year: 2024"]),
        ("NeurIPS papers", "", ["venue: NeurIPS"]),
        ("ICLR papers on convolution", "convolution", ["venue: ICLR"]),
        ("2024 CVPR papers on video", "video", ["year: 2024", "venue: CVPR"]),
        ("CVPR workshops of kites", "CVPR workshops of kites", []),
        ("at ECCV", "at ECCV", []),
        ("Iclr kites", "Iclr kites", []),
        ('"state space" models', "state space models", ["phrase: “state space”"]),
        ("segmentation since 2023 with code", "segmentation", ["year: since 2023", "with code"]),
        ("with code on kites", "kites", ["with code"]),
        ("kites with code in 2024", "kites", ["with code", "year: 2024"]),
        ("papers with code about kites", "kites", ["with code"]),
        ("kites with code, since 2023", "kites", ["with code", "year: since 2023"]),
        ("kites with code since 2023", "kites", ["with code", "year: since 2023"]),
        ("kites with code available?", "kites", ["with code"]),
        ("pretraining with code and text", "pretraining with code and text", []),
        ("agents with code generation", "agents with code generation", []),
        ("asdfghjkl", "asdfghjkl", []),
    ],
)
def test_what_is_said(text: str, left: str, said: list[str]) -> None:
    assert parsed(text) == (left, said)


@pytest.mark.parametrize(
    ("text", "left", "name"),
    [
        ("papers by Noah Shinn", "Noah Shinn", "Noah Shinn"),
        ("find papers by Noah Shinn on kites", "Noah Shinn on kites", "Noah Shinn"),
        ("kites, author: Shinn", "kites, Shinn", "Shinn"),
        ("papers written by Noah Shinn since 2022", "Noah Shinn", "Noah Shinn"),
        ("papers by Tri Dao", "", ""),
        ("papers by noah shinn", "papers by noah shinn", ""),
        ("kites by Noah", "kites by Noah", ""),
        ("papers on Kites", "papers on Kites", ""),
    ],
)
def test_authors_that_nobody_is_are_named(text: str, left: str, name: str) -> None:
    found = parsing.parse_query(text, Known())  # type: ignore[arg-type]
    assert (found.text, "author" in found.filters) == (left, text == "papers by Tri Dao")
    assert found.note == (f"No author here is called {name}." if name else "")


def test_what_is_said_as_filters() -> None:
    found = parsing.parse_query(
        'papers by Albert Gu and Tri Dao at ICLR since 2022 on "state space" not vision or audio,'
        " newest first",
        Known(),  # type: ignore[arg-type]
    )
    assert found.filters == {
        "author": ("Albert Gu", "Tri Dao"),
        "venue": "ICLR",
        "year": (2022, 9999),
        "phrase": ("state space",),
    }
    assert found.without == ("vision", "audio")
    assert found.newest
    assert found.text == "state space"


SENTENCE = 'It makes a "zoomed image" of a kite without strings, and sees where its tail goes'


def test_a_sentence_about_a_paper_wishes_for_nothing() -> None:
    assert len(SENTENCE.split()) == parsing.MOST_WORDS_ASKED
    wishes = ["phrase: “zoomed image”", "without: strings"]
    for text, expected in (
        (SENTENCE, wishes),
        (f"{SENTENCE} now", []),
        (f"{SENTENCE} now?", wishes),
        (f"Find papers on this: {SENTENCE}", wishes),
        (f"{SENTENCE} now since 2022", ["year: since 2022"]),
    ):
        assert parsed(text)[1] == expected, text


def test_long_texts_are_read_as_they_are() -> None:
    long = "A kite not seen before. " * 13
    for text in (long, "Kites\nnot seen"):
        assert parsed(text) == (text, [])


KITE = Paper(
    "2401.00001",
    "Kites in video",
    year=2024,
    venue="ICLR 2024",
    authors=("Ada B. Bo", "Cy Dé"),
    abstract="A video shows a graph.",
)
STRING = Paper("2201.00002", "Strings", year=2022, authors=("A. Bo",), abstract="A graph of video.")
WIND = Paper("2301.00003", "Wind", year=2023, abstract="The audio of wind.")


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers([KITE, STRING, WIND], TokenEncoder())


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ada Bo", [KITE, STRING]),
        ("ada b. bo", [KITE, STRING]),
        ("Bo, Ada", [KITE, STRING]),
        ("A. Bo", [KITE, STRING]),
        ("Bo", [KITE, STRING]),
        ("Cy De", [KITE]),
        (("Bo", "Dé"), [KITE]),
        ("Cy Dé or Nobody", [KITE]),
        ("Dé or Ada Bo", [KITE, STRING]),
    ],
)
def test_authors(search: PaperSearch, author: str, expected: list[Paper]) -> None:
    hits = search.query("graph", author=author)
    assert {hit.paper.id for hit in hits} == {paper.id for paper in expected}
    assert (hits.left_out.papers, hits.left_out.lacking) == (1, "author")


def test_a_question_for_an_author_that_nobody_is(search: PaperSearch) -> None:
    hits = search.query("papers by Ed Fo")
    note = "No author here is called Ed Fo. The authors of 1 of the 3 papers are not known."
    assert (hits.note, hits.constraints) == (note, ())
    assert [hit.score for hit in hits] == [hit.score for hit in search.query("Ed Fo")]
    nobody = PaperSearch.from_papers([WIND], TokenEncoder())
    assert nobody.query("papers by Ed Fo").note == "The authors of these papers are not known here."


def test_an_author_that_nobody_is(search: PaperSearch) -> None:
    with pytest.raises(FilterError, match="no paper by 'Ed Fo' is known here; give the name"):
        search.query("graph", author="Ed Fo")


def test_names_alone_list_papers_newest_first(search: PaperSearch) -> None:
    hits = search.query("papers by Bo")
    assert [hit.paper.id for hit in hits] == [KITE.id, STRING.id]
    assert [(hit.score, hit.confidence) for hit in hits] == [(0, 1)] * 2
    assert [str(hit.why) for hit in hits] == ["by Ada B. Bo", "by A. Bo"]
    by_filter = search.query("graph", author=("Bo", "Cy Dé or Nobody"))
    assert [hit.why.authors for hit in by_filter] == [KITE.authors]
    assert (hits.verdict, [str(one) for one in hits.constraints]) == ("fits", ["author: Bo"])


def test_what_is_not_wanted_is_pushed_away(search: PaperSearch) -> None:
    asked = search.query("graph")
    assert [hit.paper.id for hit in asked][:2] == [STRING.id, KITE.id]
    pushed = search.query("graph", without="title of strings")
    assert pushed[0].paper.id == KITE.id
    assert search.query("graph, not a title of strings") == pushed
    unwanted = {hit.paper.id: hit.score for hit in search.query("title of strings")}
    score = {hit.paper.id: hit.score for hit in asked}
    for hit in pushed:
        expected = score[hit.paper.id] - max(unwanted[hit.paper.id], 0)
        assert hit.score == pytest.approx(expected, abs=1e-5)


def test_what_is_called_by_what_is_not_wanted_comes_last() -> None:
    named = [
        replace(KITE, title="Video graphs of LLMs"),
        replace(STRING, categories=(("Sound", "Medical Strings"),), abstract="A graph of a graph."),
        replace(WIND, title="Kites of strings", abstract="A medical graph."),
    ]
    search = PaperSearch.from_papers(named, TokenEncoder())

    def order(text: str, *without: str) -> list[tuple[str, bool]]:
        hits = search.query(text, without=without)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        return [(hit.paper.id, hit.confidence == 0) for hit in hits]

    first, second, third = KITE.id, STRING.id, WIND.id
    assert order("graph") == [(second, False), (third, False), (first, False)]
    assert order("graph", "a string") == [(first, False), (second, True), (third, True)]
    assert order("graph, not medical") == [(first, False), (third, False), (second, True)]
    assert order("graph", "medical strings")[-1] == (second, True)
    assert order("graph", "LLM")[-1] == (first, True)
    assert order("graph", "medical kites")[-1][1] is False  # one of its words alone
    # By how much: one below the last of the others.
    wanted, *rest = search.query("graph", without="string")
    assert max(hit.score for hit in rest) == pytest.approx(wanted.score - 1, abs=1e-6)
    assert [hit.paper.id for hit in search.query("not medical")][-1] == second
    # Where it is the title that was asked for, that is what is wanted.
    assert search.query("Kites of strings", without="strings")[0].why.exact


def test_nothing_but_what_is_not_wanted(search: PaperSearch) -> None:
    hits = search.query("not wind")
    assert [hit.paper.id for hit in hits] == [KITE.id, STRING.id, WIND.id]


def test_phrases_must_occur(search: PaperSearch) -> None:
    assert [hit.paper.id for hit in search.query('"graph of video"')] == [STRING.id]
    assert len(search.query("graph", phrase="video graph")) == 0
    assert [hit.paper.id for hit in search.query("wind", phrase=["audio"])] == [WIND.id]
    # A title is all the text that there is of some.
    listed = [KITE, STRING, replace(WIND, title="A video of a graph", abstract="")]
    titled = PaperSearch.from_papers(listed, TokenEncoder())
    assert [hit.paper.id for hit in titled.query('"graph of video"')] == [STRING.id]
    # Without the abstract only the words can be told, which are in the index.
    bare = PaperSearch(
        replace(search.rows, listing=tuple(replace(one, abstract="") for one in search.papers)),
        search.encoder,
    )
    assert {hit.paper.id for hit in bare.query('"graph of video"')} == {STRING.id, KITE.id}


def test_titles_and_literal_questions_are_not_taken_apart(search: PaperSearch) -> None:
    named = PaperSearch.from_papers(
        [replace(KITE, title="Kites not strings"), STRING, WIND], TokenEncoder()
    )
    hits = named.query("Kites not strings")
    assert (hits[0].why.exact, hits.constraints, hits[0].confidence) == (True, (), 1)
    assert search.query("graph not strings", literal=True).constraints == ()


def test_newest_first(search: PaperSearch) -> None:
    hits = search.query("graph", newest=True)
    assert [hit.paper.id for hit in hits] == [KITE.id, STRING.id, WIND.id]  # no graph in WIND
    assert hits == search.query("graph, newest first") == search.query("graph").newest_first()


def test_what_is_hardly_meant_stands_behind_what_is_newer_or_older() -> None:
    papers = [Paper(f"{year}.00001", "Kites") for year in (2001, 2002, 2003, 2004, 2005)]
    sure = (0.4, 0.079, 0.081, 0.0, 0.9)
    hits = Hits(
        Hit(p, 1.0, at, Why(), one) for at, (p, one) in enumerate(zip(papers, sure, strict=True))
    )
    assert [hit.rank for hit in hits[:4].newest_first()] == [2, 0, 1, 3]
    assert [hit.rank for hit in hits.newest_first()] == [4, 0, 1, 2, 3]
    unlikely = Hits(replace(hit, confidence=0.0) for hit in hits)
    assert [hit.rank for hit in unlikely.newest_first()] == [4, 3, 2, 1, 0]


def test_given_filters_go_before_those_said(search: PaperSearch) -> None:
    assert [hit.paper.id for hit in search.query("graph since 2024", year=2022)] == [STRING.id]
