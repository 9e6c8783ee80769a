"""The facade with an encoder whose arithmetic can be done by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import WordEncoder

from ssm_search.errors import (
    EncoderError,
    FilterError,
    IndexFolderError,
    PaperNotFoundError,
    QueryError,
)
from ssm_search.papers import Paper
from ssm_search.search.hits import Hits
from ssm_search.search.local import PaperSearch

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


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def search(encoder: WordEncoder) -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, encoder)


def z(values: list[float]) -> np.ndarray:
    return (np.array(values) - np.mean(values)) / np.std(values)


def test_order_and_scores_are_those_of_the_formula(search: PaperSearch) -> None:
    hits = search.query("video")
    # Vectors of whole papers: VIDEO has "video" once, GRAPH "graph" twice and "video" once, AUDIO
    # none of the axes. Nearest sentences: "We study video." and "A graph and a video can meet."
    paper = [1, 1 / math.sqrt(5), 0]
    sentence = [1, math.sqrt(0.5), 0]
    dense = [0.5 * p + 0.5 * s for p, s in zip(paper, sentence, strict=True)]
    idf = math.log(1 + 1.5 / 2.5)  # in 2 of 3 papers

    # Terms: vidnet move pictur studi video noth sound here; node edg graph node graph video can
    # meet; hear thing ("here" and "can" are stop words)
    lengths = [len(terms) for terms in _terms(search)]
    mean = sum(lengths) / 3
    bm25 = [
        count * idf / (count + 1.2 * (0.25 + 0.75 * length / mean))
        for count, length in zip([1, 1, 0], lengths, strict=True)
    ]
    expected = 0.35 * z(bm25) + 0.65 * z(dense)
    assert [hit.paper.id for hit in hits] == [VIDEO.id, GRAPH.id, AUDIO.id]
    np.testing.assert_allclose([hit.score for hit in hits], expected, rtol=1e-4)
    assert [hit.rank for hit in hits] == [1, 2, 3]


def _terms(search: PaperSearch) -> list[list[tuple[str, str]]]:
    from ssm_search.text import terms

    return [terms(f"{paper.title}. {paper.abstract}") for paper in search.papers]


def test_why_names_the_terms_and_the_nearest_sentence(search: PaperSearch) -> None:
    first, second, third = search.query("Video of the GRAPHS or a graph")
    assert (first.paper.id, first.why.terms) == (GRAPH.id, ("video", "graphs"))
    assert first.why.sentence == "A graph and a video can meet."
    assert (second.paper.id, second.why.terms) == (VIDEO.id, ("video",))
    assert second.why.sentence == "We study video."
    assert (third.why.terms, third.why.sentence) == ((), "")
    assert str(third.why) == "close in meaning"


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
    assert hits[0].score >= hits[1].score + 1
    assert not hits[1].why.exact


def test_the_name_before_the_colon_is_a_name(search: PaperSearch) -> None:
    hits = search.query("vidnet")
    assert (hits[0].paper.id, hits[0].why.exact) == (VIDEO.id, True)


def test_misspelled_words_are_looked_for_as_they_were_meant(search: PaperSearch) -> None:
    hits = search.query("vidoe")
    assert hits[0].paper.id == VIDEO.id
    assert hits[0].why.terms == ("video (for vidoe)",)
    assert [h.score for h in hits] == [h.score for h in search.query("video")]


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


def test_recommend_never_returns_a_seed_and_names_a_shared_heading(search: PaperSearch) -> None:
    film = replace(VIDEO, id="2402.00009", title="Another film", abstract="More video.")
    search = PaperSearch.from_papers([*PAPERS, film], WordEncoder())
    hits = search.recommend(like=[VIDEO.id], dislike=[AUDIO.id])
    assert [hit.paper.id for hit in hits] == [film.id, GRAPH.id]
    assert hits[0].why.heading == ("Vision", "Film")
    assert "also under Film" in str(hits[0].why)
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


def test_only_what_changed_is_encoded_again(search: PaperSearch) -> None:
    fresh = WordEncoder()
    changed = replace(GRAPH, abstract="A text about a graph.")
    again = PaperSearch.from_papers([AUDIO, changed, VIDEO], fresh, previous=search)
    assert sorted(fresh.encoded) == sorted(
        ["Nodes and edges. A text about a graph.", "Nodes and edges", "A text about a graph."]
    )
    for query in ("video", "graph"):
        whole = PaperSearch.from_papers([AUDIO, changed, VIDEO], WordEncoder()).query(query)
        assert list(again.query(query)) == list(whole)


def test_vectors_of_another_encoder_are_not_reused(search: PaperSearch) -> None:
    other = WordEncoder()
    other.fingerprint = "words-2"
    PaperSearch.from_papers(PAPERS, other, previous=search)
    assert len(other.encoded) == 14  # 3 papers, 3 titles, 2 sentences in 2 abstracts, 4 headings


def test_an_index_is_only_queried_with_its_own_encoder(search: PaperSearch, tmp_path: Path) -> None:
    search.save(tmp_path / "index")
    other = WordEncoder()
    other.fingerprint = "words-2"
    with pytest.raises(IndexFolderError, match="words-1, this one is words-2"):
        PaperSearch.load(tmp_path / "index", other)
    with pytest.raises(IndexFolderError, match="pass it as encoder="):
        PaperSearch.load(tmp_path / "index").query("video")


def test_no_index_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match=r"no index in .*ssm-search build"):
        PaperSearch.load(tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"format": 99}, "has format 99, this program reads format 2"),
        ({"papers": 4}, "has 3 papers, its manifest says 4"),
        ({"sentences": 99}, "sentences, its manifest says 99"),
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

    monkeypatch.setattr("ssm_search.search.saved.append_abstracts", full_disk)
    with pytest.raises(OSError, match="no space"):
        changed.save(folder)
    assert len(PaperSearch.load(folder, encoder).papers) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_no_papers_at_all(encoder: WordEncoder, tmp_path: Path) -> None:
    search = PaperSearch.from_papers([], encoder)
    assert list(search.query("video")) == []
    search.save(tmp_path / "index")
    assert list(PaperSearch.load(tmp_path / "index", encoder).query("video")) == []


def test_two_papers_with_one_id_are_refused(encoder: WordEncoder) -> None:
    with pytest.raises(QueryError, match=r"two papers have the id '2401\.00001'"):
        PaperSearch.from_papers([VIDEO, VIDEO], encoder)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((3, 2), np.float32), "length 1.414"),
        (np.full((3, 2), np.nan, np.float32), "expected unit vectors"),
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
    assert search.newest(venue="nowhere") == []


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


def test_one_text_is_not_several(search: PaperSearch) -> None:
    for wishes in (("2403.06977",), (["video"], "2403.06977")):
        with pytest.raises(QueryError, match=r"expected several: \['2403.06977'\]"):
            search.recommend(*wishes)
