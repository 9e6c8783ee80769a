"""The facade with an encoder whose arithmetic can be done by hand."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import AXES, LIKE, TokenEncoder, WordEncoder, word_vector

from ssm_search.errors import (
    EncoderError,
    FilterError,
    IndexFolderError,
    PaperNotFoundError,
    QueryError,
)
from ssm_search.index import local
from ssm_search.papers import Paper
from ssm_search.ranking import confidence
from ssm_search.search import answering, reasons
from ssm_search.search.answering import HEADED
from ssm_search.search.hits import Hits
from ssm_search.search.local import PaperSearch
from ssm_search.search.several import ListsSearch

VIDEO = Paper(
    "2401.00001",
    "VidNet: moving pictures",
    url="https://arxiv.org/abs/2401.00001",
    code_url="https://github.com/a/b",
    year=2024,
    venue="ICLR 2024",
    categories=(("Vision", "Film"),),
    abstract="We study video. Nothing about sound here.",
)
GRAPH = Paper(
    "2301.00002",
    "Nodes and edges",
    url="https://example.org/nodes/",
    year=2023,
    venue="NeurIPS 2023 - Spotlight",
    categories=(("Structured Data",), ("Vision",)),
    abstract="A graph has nodes. A graph and a video can meet.",
)
AUDIO = Paper("hearing-things", "Hearing things", kind="link", categories=(("Sound",),))
PAPERS = [VIDEO, GRAPH, AUDIO]

FILM_LATTICE = (("Film", "video"), ("LATTICE", "graph"))
LATTICE_FILM = (("lattice", "graph"), ("film", "video"))


@pytest.fixture(params=[WordEncoder, TokenEncoder])
def encoder(request: pytest.FixtureRequest) -> WordEncoder:
    """One that gives vectors of texts alone, then one that gives those of words too."""
    made: WordEncoder = request.param()
    return made


@pytest.fixture
def by_words() -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, TokenEncoder())


@pytest.fixture
def search(encoder: WordEncoder) -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, encoder)


def z(values: list[float]) -> np.ndarray:
    return (np.array(values) - np.mean(values)) / np.std(values)


# Terms of VIDEO: vidnet move pictur studi video noth sound; of GRAPH: node edg graph node graph
# video meet; of AUDIO: hear thing ("we", "about", "here", "and", "has" and "can" are stop words).
LENGTHS = [7, 7, 2]


def bm25(*counts: list[int]) -> np.ndarray:
    """Lucene's formula for terms, each with how often each of the three papers has it."""
    mean, total = sum(LENGTHS) / 3, np.zeros(3)
    for of_term in counts:
        have = sum(count > 0 for count in of_term)
        idf = math.log(1 + (3 - have + 0.5) / (have + 0.5))
        for row, (count, length) in enumerate(zip(of_term, LENGTHS, strict=True)):
            total[row] += idf * count / (count + 1.2 * (0.25 + 0.75 * length / mean))
    return total


def test_order_and_scores_without_words_are_those_of_the_formula() -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    assert [len(row) for row in _terms(search)] == LENGTHS
    hits = search.query("video")
    # Vectors of whole papers: VIDEO has "video" once, GRAPH "graph" twice and "video" once, AUDIO
    # none of the axes.
    cosine = [1, 1 / math.sqrt(5), 0]
    expected = 0.4 * z(bm25([1, 1, 0])) + 0.6 * z(cosine)
    assert [hit.paper.id for hit in hits] == [VIDEO.id, GRAPH.id, AUDIO.id]
    np.testing.assert_allclose([hit.score for hit in hits], expected, rtol=1e-4)
    assert [hit.rank for hit in hits] == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "counts", "cosine", "late"),
    [
        # Both papers have the word itself.
        ("video", [[1, 1, 0]], [1, 1 / math.sqrt(5), 0], [1, 1, 0]),
        # No paper has "film", and none has an axis of the question's vector but AUDIO, which has
        # none at all. "film" is .8 of "video", and "sound", as it is kept in bytes, 102 of 127 of
        # "audio" and 76 of its letter: (.8 · 102 + .6 · 76) / 127 of itself. Each weighs a half.
        ("film sound", [[1, 0, 0]], [0, 0, 1], [0.4 + 0.5 * 127.2 / 127, 0.4, 0]),
        # Of five shares, "graph" has three and "on" and "hearing" one each; "on" is a stop word,
        # which no paper keeps and no other word begins as; "hearing" has an own letter.
        ("graph on hearing", [[0, 2, 0], [0, 0, 1]], [0, 2 / math.sqrt(5), 0], [0, 0.6, 0.2]),
    ],
)
def test_order_and_scores_are_those_of_the_formula(
    by_words: PaperSearch,
    query: str,
    counts: list[list[int]],
    cosine: list[float],
    late: list[float],
) -> None:
    expected = 0.2 * z(list(bm25(*counts))) + 0.3 * z(cosine) + 0.5 * z(late)
    hits = by_words.query(query)
    order = np.argsort(-expected, kind="stable")
    assert [hit.paper for hit in hits] == [PAPERS[row] for row in order]
    np.testing.assert_allclose([hit.score for hit in hits], expected[order], rtol=1e-4, atol=1e-6)


def _terms(search: PaperSearch) -> list[list[tuple[str, str]]]:
    from ssm_search.text import terms

    return [terms(f"{paper.title}. {paper.abstract}") for paper in search.papers]


def test_late_interaction_is_that_of_all_words_by_brute_force(by_words: PaperSearch) -> None:
    """Of every word of a question with every word that is kept of a paper."""
    fake = TokenEncoder()
    for query in (
        "film sound",
        "the lattice of moving things",
        "video graph edges",
        "a sound film",
    ):
        asked = fake.encode_query_words(query)
        late = []
        for paper in PAPERS:
            text = f"{paper.title}. {paper.abstract}" if paper.abstract else paper.title
            spans = fake.word_spans(text)
            words = [np.rint(127 * word_vector(text[a:b].casefold())) / 127 for a, b in spans]
            nearest = [max(float(one @ word) for word in words) for one in asked.words]
            late.append(float(np.dot(asked.weights, nearest)))
        bare = {hit.paper.id: hit.score for hit in _without_late(by_words).query(query)}
        for hit in by_words.query(query):
            share = z(late)[[paper.id for paper in PAPERS].index(hit.paper.id)]
            assert hit.score == pytest.approx(0.5 * bare[hit.paper.id] + 0.5 * share, abs=1e-5)


def _without_late(search: PaperSearch) -> PaperSearch:
    return PaperSearch.from_papers(search.papers, WordEncoder())


def test_a_score_does_not_depend_on_who_else_is_a_candidate(
    encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(0)
    words = [*AXES, *LIKE, "fox", "kite", "tree"]
    papers = [
        Paper(
            f"p{at}",
            " ".join(chance.choice(words, 3)),
            year=2000 + at % 7,
            venue=f"V{at % 3}",
            abstract=" ".join(chance.choice(words, 8)) + ".",
        )
        for at in range(60)
    ]
    search = PaperSearch.from_papers(papers, encoder)
    monkeypatch.setattr(local, "RERANKED", 5)
    for query in ("film of a fox", "lattice sound", "kite"):
        whole = {hit.paper.id: hit.score for hit in search.query(query, 60)}
        assert len(whole) == 60
        for k in (1, 3, 7, 20):
            for filters in ({}, {"year": 2003}, {"venue": "V1"}, {"year": (2001, 2004)}):
                found = search.query(query, k, **filters)
                assert found
                for hit in found:
                    assert hit.score == pytest.approx(whole[hit.paper.id], abs=1e-5)
        assert {hit.paper.id: hit.score for hit in search.query(query, 60)} == whole


def test_late_interaction_looks_at_the_best_of_the_first_stage(
    by_words: PaperSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUDIO is the nearest by its vector alone, and by words the farthest of all."""
    assert by_words.query("film", 1)[0].paper.id != AUDIO.id
    monkeypatch.setattr(local, "RERANKED", 1)
    monkeypatch.setattr(confidence, "DEPTH", 1)
    assert by_words.query("film", 1)[0].paper.id == AUDIO.id
    assert by_words.query("film", 2)[0].paper.id != AUDIO.id  # as many as are asked for


def test_related_papers_are_found_by_vectors_and_the_words_of_the_title() -> None:
    fold = Paper("2405.00001", "A film", abstract="A graph has a graph.")
    search = PaperSearch.from_papers([*PAPERS, fold], TokenEncoder())
    # Title: "a" and "film", each a half; "a" as kept in GRAPH and in "a film" itself, with nothing
    # that begins so in VIDEO and AUDIO. The other is .8 in VIDEO and GRAPH, in "film" 127.2 of 127.
    cosine = [0, 2 / math.sqrt(5), 0, 1]
    late = [0.4, 0.5 + 0.4, 0, 0.5 + 0.5 * 127.2 / 127]
    expected = 0.7 * z(cosine) + 0.3 * z(late)
    hits = search.related(fold)
    assert [hit.paper.id for hit in hits] == [GRAPH.id, VIDEO.id, AUDIO.id]
    np.testing.assert_allclose([hit.score for hit in hits], expected[[1, 0, 2]], rtol=1e-3)
    # The same paper that is not listed: compared with those that are.
    new = replace(fold, id="2405.00009", title="A film", abstract="A graph has a graph.")
    others = PaperSearch.from_papers(PAPERS, TokenEncoder()).related(new)
    expected = 0.7 * z(cosine[:3]) + 0.3 * z(late[:3])
    np.testing.assert_allclose([hit.score for hit in others], expected[[1, 0, 2]], rtol=1e-3)


def test_rows_that_are_related_are_those_of_the_answers_and_no_reason_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = PaperSearch.from_papers(PAPERS, TokenEncoder())
    new = Paper("2405.00001", "A film", abstract="A graph has a graph.")
    asked = (VIDEO, GRAPH.id, new, "a film about a graph")
    expected = [[search.row(hit.paper.id) for hit in search.related(one)] for one in asked]
    monkeypatch.delattr(reasons.Reasons, "hits")
    assert [search.related_rows(one) for one in asked] == expected
    assert search.related_rows(VIDEO, 1) == expected[0][:1]
    with pytest.raises(QueryError, match="k is 0"):
        search.related_rows(VIDEO, 0)


def test_related_without_words_is_nearness_alone() -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    hits = search.related(VIDEO.id)
    np.testing.assert_allclose(
        [hit.score for hit in hits], z([1, 1 / math.sqrt(5), 0])[1:], rtol=1e-4
    )


@pytest.fixture
def whatever_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three papers tell nothing of what is far from them, nor do the levels of real encoders."""
    monkeypatch.setattr(confidence, "NOTHING", 0)


@pytest.mark.usefixtures("whatever_is_near")
def test_why_names_the_terms_and_the_sentence_that_shares_most() -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    first, second, third = search.query("Video of the GRAPHS or a graph")
    assert (first.paper.id, first.why.terms) == (GRAPH.id, ("graphs",))  # two of three have video
    assert first.why.sentence == "A graph and a video can meet."
    assert (second.paper.id, second.why.terms) == (VIDEO.id, ("video",))
    assert second.why.sentence == "We study video."
    assert (third.why.terms, third.why.sentence) == ((), "")
    assert str(third.why) == "close in meaning"
    assert not search.query("things")[1].why.sentence  # none of its terms is in a sentence
    assert all(hit.why.near == () for hit in search.query("film"))


@pytest.mark.usefixtures("whatever_is_near")
@pytest.mark.parametrize(
    ("query", "of", "near", "sentence"),
    [
        # A word that no paper has, and what it is near.
        ("film", VIDEO, (("film", "video"),), "We study video."),
        ("film", GRAPH, (("film", "video"),), "A graph and a video can meet."),
        ("film", AUDIO, (), ""),
        # A word that it has is no word that it comes near to.
        ("sound", VIDEO, (), "Nothing about sound here."),
        ("Videos", VIDEO, (), "We study video."),
        # Of two sentences the one whose words answer: "lattice", "film" weigh three times "node".
        ("lattice node", GRAPH, (("lattice", "graph"),), "A graph has nodes."),
        ("lattice film", GRAPH, LATTICE_FILM, "A graph and a video can meet."),
        ("nothing studied of film", VIDEO, (("film", "video"),), "We study video."),
        # The weightiest first, each once, up to three; stop words and marks are none.
        ("Film, a LATTICE of films, film!", GRAPH, FILM_LATTICE, "A graph and a video can meet."),
    ],
)
def test_why_names_near_words_and_the_sentence_that_answers(
    by_words: PaperSearch,
    query: str,
    of: Paper,
    near: tuple[tuple[str, str], ...],
    sentence: str,
) -> None:
    hit = next(hit for hit in by_words.query(query) if hit.paper.id == of.id)
    assert hit.why.near == near
    assert hit.why.sentence == sentence


@pytest.mark.usefixtures("whatever_is_near")
def test_three_near_words_at_most_the_weightiest_first() -> None:
    paper = Paper("2405.00001", "Kites", abstract="A video, a graph, an audio of foxes and ducks.")
    search = PaperSearch.from_papers([*PAPERS, paper], TokenEncoder())
    hit = search.query("fish lattice dogs film sound")[0]
    assert hit.paper.id == paper.id
    assert hit.why.near == (("lattice", "graph"), ("film", "video"), ("sound", "audio"))
    fewer = search.query("fish lattice dogs")[0]
    assert fewer.why.near == (("lattice", "graph"), ("fish", "foxes"), ("dogs", "ducks"))
    assert "close: lattice ≈ graph, fish ≈ foxes, dogs ≈ ducks; “A video" in str(fewer.why)


@pytest.mark.usefixtures("whatever_is_near")
def test_a_sentence_of_stop_words_answers_only_where_there_is_no_other() -> None:
    abstract = "What is it and why? A video of ducks. Who and what are they?"
    some = Paper("2405.00001", "Kites", abstract=abstract)
    none = Paper("2405.00002", "Films", abstract="What is it and why? Who and what are they?")
    search = PaperSearch.from_papers([some, none], TokenEncoder())
    sentence = {hit.paper.id: hit.why.sentence for hit in search.query("film")}
    assert sentence == {some.id: "A video of ducks.", none.id: "What is it and why?"}


@pytest.mark.usefixtures("whatever_is_near")
def test_words_that_cannot_be_asked_for_are_no_reason() -> None:
    """Of "A", "all" and "above" none is a reason for "apples"; "air" is."""
    paper = Paper("2405.00001", "A kite", abstract="A kite and all above. An x of air.")
    hit = PaperSearch.from_papers([paper], TokenEncoder()).query("apples x")[0]
    assert hit.why.near == (("apples", "air"),)
    less = replace(paper, abstract="A kite and all above.")
    assert PaperSearch.from_papers([less], TokenEncoder()).query("apples")[0].why.near == ()


def test_what_is_about_something_else_is_told_by_no_sentence(
    encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = PaperSearch.from_papers(PAPERS, encoder)
    monkeypatch.setattr(confidence, "NOTHING", 1.1)
    assert all(hit.why.sentence == "" and hit.why.near == () for hit in search.query("video film"))
    monkeypatch.setattr(confidence, "NOTHING", 0)
    assert search.query("video film")[0].why.sentence == "We study video."


def test_words_that_are_far_are_no_reason(
    by_words: PaperSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "NEAR_WORD", 0.81)
    assert all(hit.why.near == () for hit in by_words.query("film"))


def test_a_paper_that_is_asked_about_names_no_near_words(by_words: PaperSearch) -> None:
    """Its words are those of a title that the reader knows, and not what was typed."""
    hits = by_words.related(VIDEO.id)
    assert [hit.why.near for hit in hits] == [(), ()]
    # The sentence is nearest to the title's words: "moving" begins as "meet" does.
    assert hits[0].why.sentence == "A graph and a video can meet."


@pytest.mark.usefixtures("whatever_is_near")
def test_near_words_of_a_title_are_named_where_no_abstract_is_at_hand(
    by_words: PaperSearch, tmp_path: Path
) -> None:
    by_words.save(tmp_path / "index")
    (tmp_path / "index" / "abstracts.jsonl").unlink()
    bare = PaperSearch.load(tmp_path / "index", TokenEncoder())
    for query in ("film", "noodles"):
        found, whole = bare.query(query), by_words.query(query)
        assert [(hit.paper.id, hit.score) for hit in found] == [
            (hit.paper.id, hit.score) for hit in whole
        ]
    graph = next(hit for hit in bare.query("noodles film") if hit.paper.id == GRAPH.id)
    assert graph.why.near == (("noodles", "Nodes"),)
    assert graph.why.sentence == ""


def test_terms_of_an_answer_are_its_own_whoever_else_is_a_candidate(
    encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "RERANKED", 1)
    search = PaperSearch.from_papers([AUDIO, GRAPH, VIDEO], encoder)
    [hit] = search.query("video of pictures", 1, year=2024)
    assert (hit.paper.id, hit.why.terms) == (VIDEO.id, ("pictures",))


@pytest.mark.parametrize(
    "query",
    [
        "2301.00002",
        "arXiv:2301.00002v3",
        "https://arxiv.org/pdf/2301.00002.pdf",
        " nodes AND edges! ",
        "Nodes—and—Edges",
        "http://example.org/Nodes",
    ],
)
def test_an_exact_title_or_id_is_first(search: PaperSearch, query: str) -> None:
    hits = search.query(query)
    assert hits[0].paper.id == GRAPH.id
    assert hits[0].why.exact
    assert hits[0].score >= hits[1].score + 1 - 1e-6
    assert not hits[1].why.exact


def test_the_name_before_the_colon_is_a_name(search: PaperSearch) -> None:
    hits = search.query("vidnet")
    assert (hits[0].paper.id, hits[0].why.exact) == (VIDEO.id, True)


def test_misspelled_words_are_looked_for_as_they_were_meant(search: PaperSearch) -> None:
    hits = search.query("vidoe")
    assert hits[0].paper.id == VIDEO.id
    assert hits[0].why.terms == ("video (for vidoe)",)
    assert [h.score for h in hits] == [h.score for h in search.query("video")]


def test_of_words_as_near_the_one_that_more_papers_have_is_meant(encoder: WordEncoder) -> None:
    more = [
        Paper("2405.00001", "Editing", abstract="An edited graph."),
        Paper("2405.00002", "Edits of kites", abstract="They edit."),
        Paper("2405.00003", "Eating"),
    ]
    search = PaperSearch.from_papers([*PAPERS, *more], encoder)
    hit = search.query("edting")[0]
    assert "editing (for edting)" in hit.why.terms
    fewer = PaperSearch.from_papers([*PAPERS, more[0], more[2]], encoder)
    terms = {term for hit in fewer.query("edting") for term in hit.why.terms}
    assert terms == {"eating (for edting)"}  # as many papers have either


@pytest.mark.parametrize("query", ["", "   ", "\n\t", "?!", "\0"])
def test_an_empty_query_is_a_clear_error(search: PaperSearch, query: str) -> None:
    with pytest.raises(QueryError, match="empty"):
        search.query(query)


@pytest.mark.parametrize(
    "query",
    [
        "video \ud800",
        "https://example.org/elsewhere",
        "video " * 2000,
        "🎥 video",
        "видео",
        "视频",
        "vidéo",
        "<script>alert(1)</script>",
        "a" * 9999,
    ],
)
def test_any_other_query_is_answered(search: PaperSearch, query: str) -> None:
    assert len(search.query(query)) == 3


def test_too_long_a_query_is_refused(search: PaperSearch) -> None:
    with pytest.raises(QueryError, match="100,001 characters"):
        search.query("a" * 100_001)


def test_an_id_that_is_not_listed_is_an_error(search: PaperSearch) -> None:
    with pytest.raises(PaperNotFoundError, match=r"2499\.|2412\.00001 is not among the 3 entries"):
        search.query("2412.00001")


@pytest.mark.parametrize("k", [0, -1, 2.5])
def test_k_must_be_a_count(search: PaperSearch, k: int) -> None:
    with pytest.raises(QueryError, match="expected how many answers"):
        search.query("video", k)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"category": "Vision"}, {VIDEO.id, GRAPH.id}),
        ({"category": "vision > film"}, {VIDEO.id}),
        ({"category": ("Vision", "Film")}, {VIDEO.id}),
        ({"category": "Film"}, {VIDEO.id}),
        ({"category": "structured  data"}, {GRAPH.id}),
        ({"year": 2023}, {GRAPH.id}),
        ({"year": (2023, 2024)}, {VIDEO.id, GRAPH.id}),
        ({"year": 1999}, set()),
        ({"venue": "iclr"}, {VIDEO.id}),
        ({"has_code": True}, {VIDEO.id}),
        ({"has_code": False}, {GRAPH.id, AUDIO.id}),
        ({"category": "Vision", "has_code": False}, {GRAPH.id}),
        ({"category": None, "year": None}, {VIDEO.id, GRAPH.id, AUDIO.id}),
    ],
)
def test_filters(search: PaperSearch, filters: dict, expected: set[str]) -> None:
    assert {hit.paper.id for hit in search.query("graph", **filters)} == expected


def test_a_filter_does_not_starve_the_answer(encoder: WordEncoder) -> None:
    many = [replace(VIDEO, id=f"v{n}", title=f"Film {n}", venue="A") for n in range(50)]
    few = [replace(AUDIO, id=f"a{n}", title=f"Tone {n}", venue="B") for n in range(10)]
    search = PaperSearch.from_papers(many + few, encoder)
    hits = search.query("video", k=10, venue="B")
    assert [hit.paper.venue for hit in hits] == ["B"] * 10


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"category": "Visoin"}, "did you mean 'Vision'"),
        ({"category": "Nowhere at all"}, "no paper stands under"),
        ({"year": (2024, 2023)}, "from ≤ to"),
        ({"year": "2024"}, "expected one year"),
        ({"colour": "red"}, "no filter 'colour'"),
    ],
)
def test_filters_that_mean_nothing_are_errors(
    search: PaperSearch, filters: dict, message: str
) -> None:
    with pytest.raises(FilterError, match=message):
        search.query("graph", **filters)


@pytest.mark.parametrize(
    "seed", [VIDEO, VIDEO.id, "https://arxiv.org/abs/2401.00001v2", "VidNet: Moving Pictures"]
)
def test_related_never_returns_what_it_was_asked_about(
    search: PaperSearch, encoder: WordEncoder, seed: Paper | str
) -> None:
    encoder.encoded.clear()
    assert [hit.paper.id for hit in search.related(seed)] == [GRAPH.id, AUDIO.id]
    assert encoder.encoded == []  # listed papers have their vectors already


def test_related_takes_any_text_and_any_paper(search: PaperSearch) -> None:
    new = Paper("2409.99999", "Something else", abstract="All about the graph.")
    for seed in (new, "All about the graph."):
        assert search.related(seed)[0].paper.id == GRAPH.id


def test_related_by_the_slug_of_a_link(search: PaperSearch) -> None:
    assert AUDIO.id not in {hit.paper.id for hit in search.related("hearing-things")}


def test_related_leaves_out_other_versions_of_the_seed(encoder: WordEncoder) -> None:
    post = Paper("vidnet-post", VIDEO.title, kind="link", url="https://example.org/vidnet")
    search = PaperSearch.from_papers([*PAPERS, post], encoder)
    for seed in (VIDEO.id, "https://example.org/vidnet", VIDEO.title):
        assert {hit.paper.id for hit in search.related(seed)} == {GRAPH.id, AUDIO.id}


def test_a_new_paper_is_not_mistaken_for_one_that_shares_its_name(search: PaperSearch) -> None:
    other = Paper("2409.99999", "VidNet: something else", abstract="All about the graph.")
    assert VIDEO.id in {hit.paper.id for hit in search.related(other)}


def test_recommend_is_the_mean_of_what_is_liked_less_what_is_not(search: PaperSearch) -> None:
    def scores(text: str) -> dict[str, float]:
        return {hit.paper.id: hit.score for hit in search.related(text)}

    video, graph, text = scores("the video"), scores("the graph"), scores("the text")
    hits = search.recommend(like=["the video", "the graph"], dislike=["the text"])
    assert len(hits) == 3
    for hit in hits:
        expected = (video[hit.paper.id] + graph[hit.paper.id]) / 2 - 0.2 * text[hit.paper.id]
        assert hit.score == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("liked", "disliked", "named"),
    [
        (VIDEO.id, VIDEO.id, VIDEO.title),
        (VIDEO.id, VIDEO.title, VIDEO.title),
        (VIDEO, f"https://arxiv.org/abs/{VIDEO.id}v2", VIDEO.title),
        ("the graph", "the graph", "the graph"),
    ],
)
def test_what_is_liked_and_disliked_is_refused(
    search: PaperSearch, liked: Paper | str, disliked: str, named: str
) -> None:
    said = re.escape(f"{named!r} is both liked and disliked; name it once")
    both = ListsSearch({"one": search, "two": search})
    for one in (search, both):
        with pytest.raises(QueryError, match=f"^{said}$"):
            one.recommend([AUDIO.id, liked], [disliked])
    assert search.recommend(VIDEO.id, "the graph")


def test_recommend_never_returns_a_seed_and_names_a_shared_heading(search: PaperSearch) -> None:
    film = replace(VIDEO, id="2402.00009", title="Another film", abstract="More video.")
    search = PaperSearch.from_papers([*PAPERS, film], WordEncoder())
    hits = search.recommend(like=[VIDEO.id], dislike=[AUDIO.id])
    assert [hit.paper.id for hit in hits] == [film.id, GRAPH.id]
    assert hits[0].why.heading == ("Vision", "Film")
    assert "under Film" in str(hits[0].why)
    assert hits[1].why.heading == ()


def test_recommend_with_diversity_spreads_the_answers(encoder: WordEncoder) -> None:
    twins = [replace(VIDEO, id=f"240{n}.00001", title=f"Film {n}") for n in range(1, 5)]
    search = PaperSearch.from_papers([*twins, GRAPH, AUDIO], encoder)
    near = search.recommend(["a video"], k=3)
    spread = search.recommend(["a video"], k=3, diversity=0.6)
    assert len({hit.paper.abstract for hit in near}) == 1
    assert len({hit.paper.abstract for hit in spread}) == 3
    assert [hit.rank for hit in spread] == [1, 2, 3]


def test_recommend_with_filters(search: PaperSearch) -> None:
    hits = search.recommend([AUDIO.id], category="Vision", has_code=True)
    assert [hit.paper.id for hit in hits] == [VIDEO.id]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"like": []}, "nothing is liked"),
        ({"like": ["video"], "diversity": 1.5}, "from 0 to 1"),
        ({"like": [" "]}, "the query is empty"),
        ({"like": ["2412.00001"]}, "not among the 3 entries"),
    ],
)
def test_recommend_refuses_what_it_cannot_answer(
    search: PaperSearch, arguments: dict, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        search.recommend(**arguments)


def test_saved_and_loaded_it_answers_the_same(
    search: PaperSearch, encoder: WordEncoder, tmp_path: Path
) -> None:
    search.save(tmp_path / "index")
    loaded = PaperSearch.load(tmp_path / "index", encoder)
    for query in ("video", "graph video", "2401.00001"):
        assert list(loaded.query(query)) == list(search.query(query))


def test_abstracts_are_kept_apart_and_not_needed(
    search: PaperSearch, encoder: WordEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    search.save(folder)
    assert "We study video" not in (folder / "papers.jsonl").read_text()
    (folder / "abstracts.jsonl").unlink()
    bare, full = PaperSearch.load(folder, encoder).query("video"), search.query("video")
    assert [(h.paper.id, h.score, h.why.terms) for h in bare] == [
        (h.paper.id, h.score, h.why.terms) for h in full
    ]
    assert bare[0].why.sentence == ""


def test_another_text_than_was_indexed_names_no_sentence(
    search: PaperSearch, encoder: WordEncoder, tmp_path: Path
) -> None:
    from ssm_search.papers import Abstract

    search.save(tmp_path / "index")
    (tmp_path / "index" / "abstracts.jsonl").unlink()
    changed = {VIDEO.id: Abstract(VIDEO.id, VIDEO.title, "Rewritten. We study video now.")}
    hit = PaperSearch.load(tmp_path / "index", encoder, abstracts=changed).query("video")[0]
    assert hit.paper.abstract.startswith("Rewritten")
    assert hit.why.sentence == ""


def test_only_what_changed_is_encoded_again(search: PaperSearch, encoder: WordEncoder) -> None:
    fresh = type(encoder)()
    changed = replace(GRAPH, abstract="A text about a graph.")
    again = PaperSearch.from_papers([AUDIO, changed, VIDEO], fresh, previous=search)
    assert fresh.encoded == ["Nodes and edges. A text about a graph."]
    for query in ("video", "graph", "film"):
        whole = PaperSearch.from_papers([AUDIO, changed, VIDEO], type(encoder)()).query(query)
        assert list(again.query(query)) == list(whole)


def test_vectors_of_another_encoder_are_not_reused(search: PaperSearch) -> None:
    other = WordEncoder()
    other.fingerprint = "words-2"
    PaperSearch.from_papers(PAPERS, other, previous=search)
    assert len(other.encoded) == 7  # 3 papers and 4 headings


def test_an_index_is_only_queried_with_its_own_encoder(
    search: PaperSearch, encoder: WordEncoder, tmp_path: Path
) -> None:
    search.save(tmp_path / "index")
    other = WordEncoder()
    other.fingerprint = "words-2"
    with pytest.raises(IndexFolderError, match=f"{encoder.fingerprint}, this one is words-2"):
        PaperSearch.load(tmp_path / "index", other)
    with pytest.raises(IndexFolderError, match="pass it as encoder="):
        PaperSearch.load(tmp_path / "index").query("video")


def test_no_index_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match=r"no index in .*ssm-search build"):
        PaperSearch.load(tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"format": 99}, "has format 99, this program reads format 6"),
        ({"format": 3}, r"has format 3, this program .* build it again with `ssm-search build`"),
        ({"papers": 4}, "has 3 papers, its manifest says 4"),
        ({"words": 99}, r"has (0|19) words, its manifest says 99"),
        ({"sentences": 99}, "cannot be read"),
        ({"dimension": 7}, "has 5 dimensions, its manifest says 7"),
        ({"nonsense": 1}, "cannot be read"),
    ],
)
def test_a_manifest_that_does_not_fit(
    search: PaperSearch, encoder: WordEncoder, tmp_path: Path, damage: dict, message: str
) -> None:
    folder = tmp_path / "index"
    search.save(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **damage}))
    with pytest.raises(IndexFolderError, match=message):
        PaperSearch.load(folder, encoder)


def test_an_interrupted_save_leaves_the_old_index(
    search: PaperSearch, encoder: WordEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    search.save(folder)
    changed = PaperSearch.from_papers([VIDEO], encoder)

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("ssm_search.index.saved.append_abstracts", full_disk)
    with pytest.raises(OSError, match="no space"):
        changed.save(folder)
    assert len(PaperSearch.load(folder, encoder).papers) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@pytest.mark.parametrize("headings", [(), (("Vision", "Film"), ("Sound",))])
def test_no_papers_at_all(
    encoder: WordEncoder, headings: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    search = PaperSearch.from_papers([], encoder, headings=headings)
    search.save(tmp_path / "index")
    for empty in (search, PaperSearch.load(tmp_path / "index", encoder)):
        assert list(empty.query("video")) == list(empty.related("video film")) == []
        assert empty.newest() == empty.duplicates(VIDEO) == []
        if headings:  # by their names alone, all that there is
            assert empty.judge("Video of a film").probabilities.argmax() == 0
        assert len(empty.place(VIDEO).suggestions) == len(headings)
        assert (empty.manifest.dimension, empty.manifest.words) == (5, 0)
        assert empty.headings == headings


def test_two_papers_with_one_id_are_refused(encoder: WordEncoder) -> None:
    with pytest.raises(QueryError, match=r"two papers have the id '2401\.00001'"):
        PaperSearch.from_papers([VIDEO, VIDEO], encoder)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((1, 2), np.float32), "length 1.414"),
        (np.full((1, 2), np.nan, np.float32), "expected unit vectors"),
        (np.ones((4, 1), np.float32), r"shape \(4, 1\) for"),
        (np.ones(4, np.float32), r"shape \(4,\)"),
    ],
)
def test_an_encoder_that_breaks_its_promise(vectors: np.ndarray, message: str) -> None:
    class Broken:
        fingerprint = "broken"

        def encode(self, texts: object, /) -> np.ndarray:
            return vectors

    with pytest.raises(EncoderError, match=message):
        PaperSearch.from_papers([AUDIO], Broken())


def test_the_newest_papers(search: PaperSearch) -> None:
    assert search.newest() == [VIDEO, GRAPH, AUDIO]
    assert search.newest(2) == [VIDEO, GRAPH]
    assert search.newest(category="Vision", has_code=False) == [GRAPH]
    assert search.newest(venue="ICLR", has_code=False) == []


def test_the_newest_of_one_month_keep_the_order_of_the_list(encoder: WordEncoder) -> None:
    twin = replace(VIDEO, id="2401.00000", title="Another")
    dated = replace(GRAPH, id="2401.00009", published=date(2024, 1, 2))
    found = PaperSearch.from_papers([AUDIO, VIDEO, dated, twin], encoder).newest()
    assert found == [dated, VIDEO, twin, AUDIO]


@pytest.mark.parametrize(
    ("k", "filters", "error"),
    [
        (0, {}, QueryError),
        (2.5, {}, QueryError),
        (1, {"category": "Visoin"}, FilterError),
        (1, {"colour": "red"}, FilterError),
    ],
)
def test_the_newest_of_nothing_that_makes_sense(
    search: PaperSearch, k: int, filters: dict, error: type[Exception]
) -> None:
    with pytest.raises(error):
        search.newest(k, **filters)


@pytest.mark.parametrize(
    ("query", "encoded"),
    [
        ("hearin", "hearing"),
        ("Hearin things", "hearing things"),
        ("hearin of hearin", "hearing of hearing"),
        ("hearin and rehearing", "hearing and rehearing"),
    ],
)
def test_only_the_misspelled_word_is_spelled_otherwise(
    search: PaperSearch, encoder: WordEncoder, query: str, encoded: str
) -> None:
    search.query(query)
    assert encoder.encoded[-1] == encoded


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (np.zeros((4, 2), np.float32), "has 4 positions, its manifest says 3"),
        (np.zeros((0, 2), np.float32), "has 0 positions, its manifest says 3"),
        (np.zeros((3, 3), np.float32), "positions"),
        (np.zeros(3, np.float32), "positions"),
        (np.float32(3), "positions"),
        (np.full((3, 2), np.nan, np.float32), "positions"),
        (np.array([["a", "b"]] * 3), "the index in"),
        (np.array([object()] * 3), "damaged"),
        (None, "damaged"),
        (b"", "damaged"),
        (b"nonsense", "damaged"),
    ],
    ids=(
        "one more,none,three numbers each,one number each,a number,not a number,letters,pickled,"
        "missing,empty,garbled"
    ).split(","),
)
def test_places_on_the_map_that_do_not_fit(
    search: PaperSearch,
    encoder: WordEncoder,
    tmp_path: Path,
    positions: np.ndarray | bytes | None,
    message: str,
) -> None:
    search.save(tmp_path / "index")
    path = tmp_path / "index" / "positions.npy"
    path.unlink()
    if isinstance(positions, bytes):
        path.write_bytes(positions)
    elif positions is not None:
        np.save(path, positions)
    with pytest.raises(IndexFolderError, match=f"{message}.*build it again"):
        PaperSearch.load(tmp_path / "index", encoder)


def test_a_part_of_hits_is_hits(search: PaperSearch) -> None:
    hits = search.query("video")
    assert isinstance(hits[:2], Hits)
    assert [hit.rank for hit in hits[1:]] == list(range(2, len(hits) + 1))
    assert str(hits[:1]).count("\n1 ") == 1
    assert hits[0] is hits[:1][0]


@pytest.mark.parametrize("text", [None, 7, ["video"], b"video"])
def test_what_is_no_text_is_no_question(search: PaperSearch, text: object) -> None:
    with pytest.raises(QueryError, match="expected a text, such as 'mamba for video'"):
        search.query(text)  # type: ignore[arg-type]


def test_one_paper_may_be_named_by_itself(search: PaperSearch) -> None:
    assert search.recommend(VIDEO.id) == search.recommend([VIDEO.id])
    assert search.recommend(VIDEO.id, AUDIO.id) == search.recommend([VIDEO.id], [AUDIO.id])


@pytest.mark.parametrize(
    ("asked", "note"),
    [
        ("VKite", answering.NOT_CALLED_SO.format("VKite")),
        ("kite-4", answering.NOT_CALLED_SO.format("kite-4")),
        ("KITE", answering.NOT_CALLED_SO.format("KITE")),
        # A capital at the beginning makes no name: in German all nouns have one.
        ("Werkzeug", answering.NO_SUCH_WORD.format("Werkzeug")),
        ("Drachen in der Luft", answering.READS_ENGLISH),
        ("Drachen can fliegen", answering.NO_SUCH_WORDS),
        ("drachen fliegen", answering.NO_SUCH_WORDS),
        ("how to bake bread", "None of these words stands in any paper here."),
        ("how to die, Smith et al.", answering.NO_SUCH_WORDS),
        ("Bread", "No paper here has the word Bread."),
        ("Küche", answering.NO_FOREIGN_WORD.format("Küche")),
        ("brød og smør", answering.READS_ENGLISH),
        ("pan, las; aguas", answering.READS_ENGLISH),
        ("it’s 5 o’clock", answering.NO_SUCH_WORDS),
        ("风筝", answering.READS_ENGLISH),
        ("zebra", ""),
        ("Video", ""),
        ("Drachen im Video", ""),
        ("can meet", ""),  # short words are words too
        ("meet flurb", ""),
        ("of", ""),
    ],
)
def test_what_is_said_of_words_that_no_paper_has(
    search: PaperSearch, asked: str, note: str
) -> None:
    assert search.query(asked).note == note


def test_a_question_that_names_a_heading_gets_what_stands_under_it_first() -> None:
    papers = [
        Paper("1", "On video", categories=(("Sight", "Moving pictures"),)),
        Paper("2", "Moving pictures of audio", categories=(("Sounds",),)),
        Paper("3", "On graphs", categories=(("Sight", "Moving pictures"), ("Sounds",))),
    ]
    search = PaperSearch.from_papers(papers, WordEncoder())
    hits = search.query("moving picture")
    assert [hit.paper.id for hit in hits] == ["3", "1", "2"]
    assert [hit.confidence for hit in hits[:2]] == [HEADED, HEADED]
    assert (hits.verdict, hits[0].why.heading) == ("fits", ("Sight", "Moving pictures"))
    assert search.query("moving pictures of audio")[0].paper.id == "2"
    assert search.query("moving pictures, not graphs")[0].paper.id == "1"
