"""The map: where papers stand, what they are coloured by, and the files it is written to."""

from __future__ import annotations

import json
import warnings
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import ROOT
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.cli.questions import app
from ssm_search.errors import IndexFolderError, MapError, QueryError
from ssm_search.index import local, projection
from ssm_search.index.projection import project
from ssm_search.papers import Category, Hit, Paper, Why
from ssm_search.search.local import PaperSearch
from ssm_search.views import maps
from ssm_search.views.map_pictures import MARKERS, fitted
from ssm_search.views.maps import (
    MOST_GROUPS,
    NO_HEADING,
    REST,
    groups,
    map_data,
    script_json,
    write_map,
)
from ssm_search.views.regions import Region


def unit_rows(rng: np.random.Generator, n: int, d: int = 16) -> np.ndarray:
    rows = rng.normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def distances(places: np.ndarray) -> np.ndarray:
    return np.linalg.norm(places[:, None] - places[None], axis=2)


# ── places ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_every_number_of_papers_has_places(count: int) -> None:
    vectors = unit_rows(np.random.default_rng(count), count)
    places = project(vectors)
    assert (places.shape, places.dtype) == ((count, 2), np.float32)
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == count
    np.testing.assert_array_equal(places, project(vectors))


def test_up_to_three_papers_stand_in_a_row() -> None:
    vectors = unit_rows(np.random.default_rng(1), 3)
    assert project(vectors[:1]).tolist() == [[0, 0]]
    assert sorted(project(vectors[:2]).tolist()) == [[-1, 0], [1, 0]]
    assert sorted(project(vectors).tolist()) == [[-1, 0], [0, 0], [1, 0]]


@pytest.mark.parametrize("count", [2, 4, 9])
def test_papers_that_are_all_the_same_stand_apart_in_a_row(count: int) -> None:
    places = project(np.repeat(np.array([[0.6, 0.8]], np.float32), count, axis=0))
    assert np.abs(places[:, 1]).max() == 0
    np.testing.assert_allclose(sorted(places[:, 0]), np.linspace(-1, 1, count), atol=1e-6)


def test_papers_that_are_nearly_the_same_have_places() -> None:
    vectors = np.repeat(unit_rows(np.random.default_rng(2), 1), 6, axis=0)
    vectors[1, 0] = np.nextafter(vectors[1, 0], np.float32(1))
    assert np.isfinite(project(vectors)).all()


def test_vectors_of_one_dimension_have_places() -> None:
    assert np.isfinite(project(np.array([[1], [-1], [1], [1]], np.float32))).all()


def test_near_vectors_stay_near_and_others_away() -> None:
    rng = np.random.default_rng(3)
    of = np.arange(24) % 2
    vectors = np.eye(16, dtype=np.float32)[of] + rng.normal(scale=0.05, size=(24, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    places = project(vectors)
    apart = distances(places)
    same = of[:, None] == of[None]
    assert apart[same].max() < apart[~same].min()
    assert np.ptp(places[:, 0]) == pytest.approx(2)  # from edge to edge
    assert np.ptp(places[:, 0]) >= np.ptp(places[:, 1])


def test_places_fill_the_square_and_never_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    for _ in range(100):
        found = rng.normal(size=(9, 2)).astype(np.float32) * rng.uniform(0.01, 100)
        monkeypatch.setattr(projection, "_tsne", lambda vectors, found=found: found)
        places = project(unit_rows(rng, 9))
        assert np.abs(places).max() <= 1
        assert np.ptp(places, axis=0).max() == pytest.approx(2)


@pytest.mark.parametrize("angle", [0, 0.5, 1.57, 3])
def test_the_widest_direction_lies_flat(monkeypatch: pytest.MonkeyPatch, angle: float) -> None:
    rng = np.random.default_rng(5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = ((rng.normal(size=(200, 2)) * [9, 1]) @ turn).astype(np.float32)
    monkeypatch.setattr(projection, "_tsne", lambda vectors: found)
    places = project(unit_rows(rng, 200))
    assert np.ptp(places[:, 0]) > 4 * np.ptp(places[:, 1])
    # Turned and shrunk, not bent: all distances by the same factor.
    before, after = distances(found), distances(places)
    np.testing.assert_allclose(after * before.max() / after.max(), before, atol=1e-3)


def test_of_too_many_papers_the_others_stand_between_their_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(projection, "MOST", 4)
    monkeypatch.setattr(
        projection, "_tsne", lambda vectors: np.array([[0, 0], [9, 1], [3, 7], [5, -8]], np.float32)
    )
    eye = np.eye(4, dtype=np.float32)
    between = np.array([1, 2, 2, 0], np.float32) / 3
    places = project(np.stack([eye[0], eye[1], eye[2], between, eye[3]]))
    expected = 0.2 * places[0] + 0.4 * places[1] + 0.4 * places[2]
    np.testing.assert_allclose(places[3], expected, atol=1e-6)


def test_others_that_are_like_nothing_have_places_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "MOST", 4)
    monkeypatch.setattr(projection, "_tsne", lambda vectors: vectors[:, :2].copy())
    eye = np.eye(5, dtype=np.float32)
    for stranger in (eye[4], -eye[0] / 2 - eye[1:4].sum(axis=0) / 2):
        places = project(np.stack([eye[0], eye[1], eye[2], stranger, eye[3]]))
        assert np.isfinite(places).all()


def test_how_many_are_placed_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "MOST", 6)
    monkeypatch.setattr(projection, "_tsne", lambda vectors: vectors[:, :2].copy())
    vectors = unit_rows(np.random.default_rng(6), 20)
    whole = project(vectors)
    for chunk in (1, 3, 14):
        monkeypatch.setattr(projection, "CHUNK", chunk)
        np.testing.assert_allclose(project(vectors), whole, atol=1e-6)


def test_an_even_sample_is_placed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    sampled: list[np.ndarray] = []

    def kept(vectors: np.ndarray) -> np.ndarray:
        sampled.append(vectors)
        return vectors[:, :2].copy()

    monkeypatch.setattr(projection, "MOST", 5)
    monkeypatch.setattr(projection, "_tsne", kept)
    vectors = unit_rows(np.random.default_rng(7), 17)
    project(vectors)
    np.testing.assert_array_equal(sampled[0], vectors[[0, 4, 8, 12, 16]])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many papers were placed, each time that any are."""
    asked: list[int] = []

    def counted(vectors: np.ndarray) -> np.ndarray:
        asked.append(len(vectors))
        return project(vectors)

    monkeypatch.setattr(local, "project", counted)
    return asked


def test_no_place_is_looked_for_until_a_map_is_drawn(asked: list[int]) -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    assert search.query("video")
    assert asked == []
    for _ in range(2):
        map_data(search)
        assert asked == [len(PAPERS)]


def test_papers_are_placed_once_and_again_only_when_they_are_others(
    asked: list[int], tmp_path: Path
) -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    search.save(tmp_path / "index")
    map_data(search)
    assert asked == [len(PAPERS)]
    loaded = PaperSearch.load(tmp_path / "index", WordEncoder())
    new = PaperSearch.from_papers(PAPERS, WordEncoder(), previous=loaded)
    np.testing.assert_array_equal(new.rows.positions, search.rows.positions)
    assert asked == [len(PAPERS)]
    texts = [replace(PAPERS[0], title="A kite"), *PAPERS[1:]]
    for others in (PAPERS[::-1], PAPERS[1:], texts):
        new = PaperSearch.from_papers(others, WordEncoder(), previous=loaded)
        placed = project(new.rows.list_index.paper_vectors)
        np.testing.assert_array_equal(new.rows.positions, placed)
        assert len(asked) == 2
        asked.pop()


def test_the_map_is_a_part_of_the_index(tmp_path: Path) -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    np.testing.assert_array_equal(search.rows.positions, project(search.rows.index.paper_vectors))
    search.save(tmp_path / "index")
    loaded = PaperSearch.load(tmp_path / "index", WordEncoder())
    np.testing.assert_array_equal(loaded.rows.positions, search.rows.positions)


# ── groups ───────────────────────────────────────────────────────────────────────────────────


def of_headings(*paths: tuple[Category, int]) -> list[str]:
    """The groups of so many papers under each path, one after the other."""
    rows = [path for path, count in paths for _ in range(count)]
    return groups([Paper(str(n), "T", categories=(p,) if p else ()) for n, p in enumerate(rows)])


def test_no_papers_have_no_groups() -> None:
    assert groups([]) == []


def test_papers_without_a_heading_are_a_group() -> None:
    assert of_headings(((), 2)) == [NO_HEADING] * 2
    assert of_headings((("A",), 1), ((), 1)) == ["A", NO_HEADING]


def test_of_several_headings_the_first_counts() -> None:
    paper = Paper("1", "T", categories=(("A",), ("B",)))
    assert groups([paper, replace(paper, id="2", categories=(("B",), ("A",)))]) == ["A", "B"]


def test_the_branch_that_parts_a_group_most_evenly_becomes_one() -> None:
    # Of A's 10, "x" takes 5 and "y" 3; of B's 4, "z" would take 2.
    paths = (("A", "x"), 5), (("A", "y"), 3), (("A",), 2), (("B", "z"), 2), (("B",), 2)
    assert of_headings(*paths) == [*"xxxxxyyyAAzzBB"]


def test_a_branch_that_leaves_one_paper_is_none() -> None:
    assert of_headings((("A", "x"), 5), (("A",), 1)) == ["A"] * 6
    assert of_headings((("A", "x"), 1), (("A",), 5)) == ["A"] * 6


def test_branches_of_branches() -> None:
    paths = (("A", "x", "p"), 4), (("A", "x"), 3), (("A",), 7)
    assert of_headings(*paths) == ["p"] * 4 + ["x"] * 3 + ["A"] * 7


def test_there_are_no_more_groups_than_colours() -> None:
    found = of_headings(*(((top, leaf), 2) for top in "ABCDE" for leaf in "pqrs"))
    assert len(set(found)) == MOST_GROUPS
    assert REST not in found


def test_of_more_headings_than_colours_the_smallest_are_the_rest() -> None:
    sizes = [(f"H{n}", 20 - n) for n in range(12)]
    found = of_headings(*(((name,), size) for name, size in sizes))
    counts = Counter(found)
    assert counts.pop(REST) == sum(size for _, size in sizes[MOST_GROUPS:])
    assert counts == dict(sizes[:MOST_GROUPS])


def test_two_groups_with_one_name_are_told_apart() -> None:
    paths = (("A", "Same"), 3), (("A",), 3), (("B", "Same"), 3), (("B",), 2)
    expected = [("A › Same", 3), ("A", 3), ("B › Same", 3), ("B", 2)]
    assert of_headings(*paths) == [name for name, count in expected for _ in range(count)]


def test_each_group_has_a_sign_beside_its_colour() -> None:
    assert len(set(maps.COLOURS)) == len(maps.COLOURS) == MOST_GROUPS
    assert maps.REST_COLOUR not in maps.COLOURS
    for names in (maps.SYMBOLS, MARKERS.values()):
        assert len(set(names)) == len(names) == MOST_GROUPS


# ── the data ────────────────────────────────────────────────────────────────────────────────────

FILM = Paper(
    "2401.00001",
    "Film: a video kite",
    url="https://film.example",
    year=2024,
    venue="Kite Days",
    categories=(("See", "Film"),),
)
NODES = Paper("2301.00002", "Nodes of a graph", year=2023, categories=(("Graphs",),))
SOUND = Paper("a-sound", "A sound", kind="link")
PAPERS = [FILM, NODES, SOUND]


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, WordEncoder())


def searching(*titles: str, heading: str = "H") -> PaperSearch:
    papers = [Paper(str(n), title, categories=((heading,),)) for n, title in enumerate(titles)]
    return PaperSearch.from_papers(papers, WordEncoder())


def corpus_of(papers: list[Paper]) -> PaperSearch:
    """A search that knows where papers stand, and can do nothing else."""
    flat = PaperSearch.from_papers([], WordEncoder())
    places = np.zeros((len(papers), 2), np.float32)
    return PaperSearch(replace(flat.rows, listing=tuple(papers), placed=places), WordEncoder())


def test_each_paper_is_a_dot_in_the_order_of_the_list() -> None:
    corpus = corpus_of(PAPERS)
    corpus.rows.positions[:] = [[-1, 1], [1, -0.5], [1 / 3, 0]]
    assert map_data(corpus) == {
        "groups": [
            {"name": "Graphs", "colour": "#0072b2", "symbol": "circle"},
            {"name": "See", "colour": "#e69f00", "symbol": "square"},
            {"name": NO_HEADING, "colour": "#009e73", "symbol": "diamond"},
        ],
        "x": [0, 1, 0.6667],
        "y": [0, 0.75, 0.5],
        "group": [1, 0, 2],
        "ids": ["2401.00001", "2301.00002", "a-sound"],
        "titles": ["Film: a video kite", "Nodes of a graph", "A sound"],
        "facts": ["2024 · Kite Days · See › Film", "2023 · Graphs", ""],
        "links": ["https://film.example", "", ""],
        "regions": [],
        "answers": [],
        "question": "",
    }


def test_answers_are_rows_with_ranks(search: PaperSearch) -> None:
    told = map_data(search, search.query("graph of a video", 2), "graph of a video")
    hits = search.query("graph of a video", 2)
    rows = [search.papers.index(hit.paper) for hit in hits]
    assert sorted(rows) == [0, 1]
    assert told["answers"] == [{"row": rows[0], "rank": 1}, {"row": rows[1], "rank": 2}]
    assert told["question"] == "graph of a video"


def test_a_region_has_a_place_of_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Region("Kites", -1 / 3, 1.0, 7, 2, (0, 1))
    monkeypatch.setattr(maps, "regions", lambda papers, places: [one])
    found = map_data(corpus_of(PAPERS))["regions"]
    of = [[0, 1], [1, 1]]  # which groups the two papers have
    assert found == [
        {"name": "Kites", "x": 0.3333, "y": 0.0, "papers": 7, "level": 2, "groups": of}
    ]


def test_the_largest_group_comes_first_and_the_rest_last() -> None:
    papers = [Paper(f"{n}-{m}", "T", categories=((f"H{n}",),)) for n in range(10) for m in (0, n)]
    papers = list({paper.id: paper for paper in papers}.values())
    of = map_data(corpus_of(papers))["groups"]
    assert [one["name"] for one in of] == [*(f"H{n}" for n in range(1, 9)), REST]
    assert of[-1] == {"name": REST, "colour": "#909090", "symbol": "circle"}


def test_an_empty_list_is_an_empty_map() -> None:
    told = map_data(PaperSearch.from_papers([], WordEncoder()), [], "video")
    lists = ("groups", "x", "y", "group", "ids", "titles", "facts", "links", "regions", "answers")
    assert told == {name: [] for name in lists} | {"question": "video"}


def test_of_too_many_papers_a_sample_and_all_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "MOST_DOTS", 3)
    papers = [Paper(str(n), f"Paper {n}") for n in range(8)]
    told = map_data(corpus_of(papers), [Hit(papers[4], 1.0, 1, Why())])
    assert told["ids"] == ["0", "3", "4", "6"]
    assert told["answers"] == [{"row": 2, "rank": 1}]
    assert len(told["x"]) == len(told["group"]) == 4


def test_texts_are_short_plain_and_in_one_line(search: PaperSearch) -> None:
    title = f"A\x1b\u202e title  {'w' * 300}"
    told = map_data(corpus_of([replace(FILM, title=title)]), (), "video " * 3_000)
    assert told["titles"] == [f"A title {'w' * 191}…"]
    assert len(told["question"]) == maps.MOST_TITLE


def test_a_large_corpus_has_no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(rows: object) -> None:
        raise IndexFolderError("it is a corpus")

    corpus = corpus_of(PAPERS)
    monkeypatch.setattr(type(corpus.rows), "as_list", none)
    with pytest.raises(IndexFolderError, match="it is a corpus"):
        map_data(corpus)


def test_no_text_ends_a_script() -> None:
    text = "</script><!-- & \u2028\u2029 é"
    told = script_json({"titles": [text]})
    assert told == ('{"titles":["\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028\\u2029 é"]}')
    assert json.loads(told) == {"titles": [text]}


HOSTILE = "</script><script>alert(1)</script> <b>bold</b> &amp; \x1b[31m\u202eevil"


# ── files ────────────────────────────────────────────────────────────────────────────────────


class Page(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title = self.style = ""
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside in ("title", "style"):
            setattr(self, self._inside, getattr(self, self._inside) + data)


def drawn(path: Path) -> list[str]:
    """The texts of an SVG."""
    root = ElementTree.parse(path).getroot()
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_page_that_needs_no_network(tmp_path: Path) -> None:
    search = searching(HOSTILE, heading="<a href='javascript:alert(1)'>H</a>")
    hits = search.query("video")
    write_map(search, tmp_path / "map.html", hits, HOSTILE)
    page = Page(tmp_path / "map.html")
    assert [tag for tag, _ in page.tags] == [
        *("html", "head", "meta", "meta", "meta", "title", "style"),
        *("body", "h1", "main", "script", "script"),
    ]
    for tag, attributes in page.tags:
        assert not {"src", "href"} & set(attributes), tag
        assert not any(name.startswith("on") for name in attributes)
    assert page.title == f"Map of “{HOSTILE}”".replace("\x1b", "").replace("\u202e", "")
    assert json.loads(page.scripts[0]) == map_data(search, hits, HOSTILE)


def test_a_page_lets_nothing_run_but_its_own(search: PaperSearch, tmp_path: Path) -> None:
    write_map(search, tmp_path / "map.html")
    page = Page(tmp_path / "map.html")
    policy = page.tags[3][1]["content"]
    texts = page.scripts[1], page.style
    script, style = (b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'"
    )


def test_a_page_without_a_query_is_called_after_the_list(tmp_path: Path) -> None:
    search = PaperSearch.from_papers([FILM], WordEncoder())
    write_map(search, tmp_path / "map.html")
    assert Page(tmp_path / "map.html").title == "Map of papers"
    search.save(tmp_path / "index", list_name="kites.md")
    write_map(search, tmp_path / "map.HTML")
    assert Page(tmp_path / "map.HTML").title == "Map of kites.md"
    write_map(search, tmp_path / "map.html", search.query("video"), "video " * 100)
    assert Page(tmp_path / "map.html").title == f"kites.md: map of “{'video ' * 33}v…”"


def test_a_picture(search: PaperSearch, tmp_path: Path) -> None:
    write_map(search, str(tmp_path / "map.png"), search.query("video"), "video")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_drawing_is_the_same_every_time(search: PaperSearch, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        write_map(search, tmp_path / name, search.query("video", 2), "video")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    texts = drawn(tmp_path / "one.svg")
    assert set(texts) == {
        *("1", "2"),
        *("See", "Graphs", NO_HEADING),
        *("1  Film: a video kite", "2  Nodes of a graph"),
    }


def test_a_drawing_shows_titles_as_they_are(tmp_path: Path) -> None:
    title = "Costs of $x_1$ & <b>$\\frac$</b> {}\x1b\u202e"
    search = searching(title, heading="$H$")
    write_map(search, tmp_path / "map.svg", search.query("video"))
    assert set(drawn(tmp_path / "map.svg")) == {
        *("1", "$H$", "1  Costs of $x_1$ & <b>$\\frac$</b> {}"),
    }


def test_a_picture_is_filled_and_neither_axis_stretched_too_much() -> None:
    places = np.array([[-1, 0.5], [1, -0.5], [0, 0]], np.float32)
    assert fitted(places, (456, 256)).tolist() == [[28, 28], [428, 228], [228, 128]]
    # 200 pixels for 1 across, so 300 along, of 1,000 that there are.
    assert fitted(places, (456, 1056)).tolist() == [[28, 378], [428, 678], [228, 528]]
    assert fitted(places[:1], (456, 256)).tolist() == [[228, 128]]
    assert fitted(places[:0], (456, 256)).shape == (0, 2)


def test_a_drawing_names_where_papers_lie_together(tmp_path: Path) -> None:
    papers = [
        Paper(f"{heading}-{n}", f"Paper {n}", categories=((f"{heading} of Many Sorts",),))
        for heading in ("Kites", "Nodes")
        for n in range(6)
    ]
    corpus = corpus_of(papers)
    corpus.rows.positions[:6] = [0.9, 0.5]
    corpus.rows.positions[6:] = [-0.9, -0.5]
    write_map(corpus, tmp_path / "map.svg")
    assert sorted(drawn(tmp_path / "map.svg")) == [
        *("Kites of", "Kites of Many Sorts"),
        *("Many Sorts", "Many Sorts"),
        *("Nodes of", "Nodes of Many Sorts"),
    ]


def test_a_drawing_names_every_group(tmp_path: Path) -> None:
    write_map(searching("Kites", heading="_internal"), tmp_path / "map.svg")
    assert drawn(tmp_path / "map.svg") == ["_internal"]


@pytest.mark.parametrize("title", ["w" * 100, "視" * 80], ids=["one word", "Chinese"])
def test_a_title_without_spaces_is_cut_and_not_dropped(tmp_path: Path, title: str) -> None:
    search = searching(title)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_map(search, tmp_path / "map.svg", search.query("video"))
    (key,) = [text for text in drawn(tmp_path / "map.svg") if text.startswith("1  ")]
    assert key.startswith(f"1  {title[:25]}")
    assert len(key) < 80


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_letters_that_no_font_has_are_no_warning(tmp_path: Path, suffix: str) -> None:
    search = searching("視頻 kites", heading="視")
    write_map(search, tmp_path / f"map{suffix}", search.query("video"))


@pytest.mark.parametrize("suffix", [".html", ".png", ".svg"])
@pytest.mark.parametrize("papers", [[], [FILM]])
def test_maps_of_nothing_and_of_one_paper(tmp_path: Path, papers: list[Paper], suffix: str) -> None:
    search = PaperSearch.from_papers(papers, WordEncoder())
    write_map(search, tmp_path / f"map{suffix}", search.query("video"), "video")
    assert (tmp_path / f"map{suffix}").stat().st_size > 100


@pytest.mark.parametrize("name", ["map.gif", "map", "map.svgz", ".html"])
def test_a_kind_of_file_that_is_none(search: PaperSearch, tmp_path: Path, name: str) -> None:
    with pytest.raises(MapError, match=r"cannot write a map as .*; expected \.html, \.png, \.svg"):
        write_map(search, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_map_leaves_the_old_one(
    search: PaperSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "map.svg"
    path.write_text("the old one")

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("ssm_search.files.os.fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_map(search, path)
    assert path.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [path]


# ── the command ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def opened(search: PaperSearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssm_search.cli.show.open_listed", lambda index: search)


@pytest.mark.usefixtures("opened")
def test_the_command_draws_all_papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["map"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "map.html: 3 papers\n")
    assert Page(tmp_path / "map.html").title == "Map of papers"


@pytest.mark.usefixtures("opened")
def test_the_command_marks_as_many_answers_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "new" / "map.svg"
    done = CliRunner().invoke(app, ["map", "video", "-o", str(path), "-k", "1"])
    assert (done.exit_code, done.stderr) == (0, f"{path}: 3 papers\n")
    assert [text for text in drawn(path) if text[0].isdigit()] == ["1", "1  Film: a video kite"]


@pytest.mark.usefixtures("opened")
def test_the_command_takes_its_question_from_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    done = CliRunner().invoke(app, ["map", "-", "-o", str(path)], input="video of kites\n")
    assert done.exit_code == 0
    assert Page(path).title == "Map of “video of kites”"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["-o", "map.gif"], MapError, "cannot write a map as 'map.gif'"),
        (["--index", "nowhere"], IndexFolderError, "no index in nowhere"),
        (["   "], QueryError, "the query is empty"),
    ],
)
def test_what_the_command_cannot_draw(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        CliRunner().invoke(app, ["map", *arguments], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_use_of_the_command() -> None:
    assert CliRunner().invoke(app, ["map", "video", "-k", "0"]).exit_code == 2


def test_the_shipped_index_has_a_map() -> None:
    positions = np.load(ROOT / "index" / "awesome-mamba" / "positions.npy", allow_pickle=False)
    assert (positions.shape, positions.dtype) == ((83, 2), np.float32)
    assert np.abs(positions).max() <= 1
    assert np.ptp(positions[:, 0]) == pytest.approx(2)
    assert len(np.unique(positions, axis=0)) == 83
