"""Filters on what is not known of every paper: what they find, and what they say they left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fakes import WordEncoder

from ssm_search.corpora import encode_segments, staging_place, write_index
from ssm_search.errors import FilterError
from ssm_search.filters import Filters
from ssm_search.filters.sql import lacking_in_sql, to_sql
from ssm_search.papers import LeftOut, Paper
from ssm_search.search.local import PaperSearch

PAPERS = [
    Paper("2301.00001", "Video printed", year=2021, venue="Kites 2021", categories=(("A",),)),
    Paper("2202.00002", "Video by its id", categories=(("A", "B"),)),
    Paper("hep-th/9901003", "Video by an old id", venue="Knots"),
    Paper("video-post", "Video post", kind="link", venue="Kites", categories=(("A",),)),
    Paper("video-talk", "Video talk", kind="link", code_url="https://example.org/talk"),
    Paper("video-day", "Video with a day", kind="link", published=date(2022, 3, 4)),
]
ASKED: list[tuple[Filters, list[str], LeftOut]] = [
    ({}, [paper.id for paper in PAPERS], LeftOut()),
    ({"category": "A"}, ["2202.00002", "2301.00001", "video-post"], LeftOut()),
    ({"year": 2021}, ["2301.00001"], LeftOut(2, "year")),
    ({"year": (2022, 2023)}, ["2202.00002", "video-day"], LeftOut(2, "year")),
    ({"year": 1999}, ["hep-th/9901003"], LeftOut(2, "year")),
    ({"year": 2022, "category": "A"}, ["2202.00002"], LeftOut(1, "year")),
    ({"year": 2022, "category": "B"}, ["2202.00002"], LeftOut(0, "year")),
    ({"year": 2022, "has_code": True}, [], LeftOut(1, "year")),
    ({"venue": "kites"}, ["2301.00001", "video-post"], LeftOut(3, "venue")),
    # The talk lacks both, the post its year, two others with that year their venue.
    ({"venue": "kites", "year": 2022}, [], LeftOut(4, "year or venue")),
    ({"venue": "knots", "year": 2022}, [], LeftOut(3, "year or venue")),
]


FILED = [
    Paper("2401.00001", "Video of points", categories=(("Computer Vision", "Point Cloud"),)),
    Paper("2401.00002", "Video of organs", categories=(("Medical Vision",),)),
    Paper("2401.00003", "Video of clouds", categories=(("Language", "Cloudy Texts"),)),
    Paper("2401.00004", "Video of words", categories=(("Language",),)),
    Paper("2401.00005", "Video of sky", venue="Knots", categories=(("Weather", "Cloud"),)),
    Paper("2401.00006", "Video of kites", venue="ICKF 2024 - Spotlight", categories=(("Kites",),)),
]


def search_of(papers: Sequence[Paper], where: str, folder: Path) -> PaperSearch:
    """The papers as those of a list, in memory, or of a corpus, in a folder."""
    if where == "list":
        return PaperSearch.from_papers(papers, WordEncoder())
    with staging_place(folder) as place:
        encode_segments(papers, place, WordEncoder())
        write_index(place, folder, WordEncoder(), "corpus")
    return PaperSearch.load(folder, WordEncoder())


@pytest.fixture(scope="module", params=["list", "corpus"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def search(where: str, tmp_path_factory: pytest.TempPathFactory) -> PaperSearch:
    papers = [
        replace(paper, id=f"x:{paper.id}") if where == "corpus" and paper.kind == "link" else paper
        for paper in PAPERS
    ]
    return search_of(papers, where, tmp_path_factory.mktemp("corpus") / "index")


@pytest.fixture(scope="module")
def filed(where: str, tmp_path_factory: pytest.TempPathFactory) -> PaperSearch:
    return search_of(FILED, where, tmp_path_factory.mktemp("filed") / "index")


@pytest.mark.parametrize(("filters", "ids", "left_out"), ASKED)
def test_filters_by_what_is_known_and_says_how_many_it_left_out(
    search: PaperSearch, filters: Filters, ids: list[str], left_out: LeftOut
) -> None:
    hits = search.query("video", 10, **filters)
    assert sorted(hit.paper.id.removeprefix("x:") for hit in hits) == sorted(ids)
    for found in (hits, hits[:1], hits.newest_first(), search.related("video", 10, **filters)):
        assert found.left_out == left_out
    newest = search.newest(10, **filters)
    assert sorted(paper.id.removeprefix("x:") for paper in newest) == sorted(ids)
    assert search.left_out(**filters) == left_out


def test_years_are_counted_as_they_are_filtered(search: PaperSearch) -> None:
    assert search.tally.years == {2021: 1, 2022: 2, 1999: 1}


def test_newest_goes_by_the_id_where_nothing_else_tells(search: PaperSearch) -> None:
    found = [paper.id.removeprefix("x:") for paper in search.newest(4)]
    assert found == ["2301.00001", "video-day", "2202.00002", "hep-th/9901003"]


def test_a_filter_that_means_nothing_is_refused(search: PaperSearch) -> None:
    with pytest.raises(FilterError, match=r"^year is \(3, 1\); expected one year"):
        search.left_out(year=(3, 1))
    with pytest.raises(FilterError, match=r"^no paper stands under 'C'"):
        search.left_out(category="C", year=2022)


@pytest.mark.parametrize(
    ("category", "numbers"),
    [
        ("Point Cloud", [1]),
        (" point ", [1]),
        ("visi", [1, 2]),  # a part of two names is both
        ("VISION", [1, 2]),
        ("cloud", [5]),  # a whole name stands before parts of others
        ("clou", [1, 3, 5]),
        ("Computer Vision > Point Cloud", [1]),
        ("language", [3, 4]),
    ],
)
def test_a_heading_by_its_name_or_a_part_of_it(
    filed: PaperSearch, category: str, numbers: list[int]
) -> None:
    found = {hit.paper.id for hit in filed.query("video", 10, category=category)}
    assert found == {f"2401.{number:05}" for number in numbers}


@pytest.mark.parametrize(
    ("category", "hint"),
    [
        ("Pointcloud", "did you mean 'Point Cloud' or 'Cloud'?"),
        ("medicla vison", "did you mean 'Medical Vision' or 'Computer Vision'?"),
        ("LANGAUGE", "did you mean 'Language'?"),
        ("Vision > Cloud", "did you mean 'Cloud' or 'Point Cloud' or 'Cloudy Texts'?"),
        (("Point Cloud",), "did you mean 'Point Cloud' or 'Cloud'?"),  # from the outermost on
        ("Quantum", "`headings` lists all"),
    ],
)
def test_a_heading_that_is_none_is_told_what_is_near(
    filed: PaperSearch, category: str | tuple[str, ...], hint: str
) -> None:
    with pytest.raises(FilterError) as refused:
        filed.query("video", category=category)
    name = category if isinstance(category, str) else " > ".join(category)
    assert str(refused.value) == f"no paper stands under {name!r}; {hint}"


@pytest.mark.parametrize(
    ("venue", "hint"),
    [
        ("IKCF", "did you mean 'ICKF'?"),
        ("ICKF 2042", "did you mean 'ICKF'?"),
        ("knosts", "did you mean 'Knots'?"),
        ("Nowhere", "there are 'ICKF', 'Knots'"),
    ],
)
def test_a_venue_that_is_none_is_told_what_is_near(
    filed: PaperSearch, venue: str, hint: str
) -> None:
    told = f"no paper is known to be of the venue {venue!r}; {hint}"
    for ask in (filed.query, filed.related, filed.recommend):
        with pytest.raises(FilterError) as refused:
            ask("video", venue=venue, year=2024)
        assert str(refused.value) == told
    with pytest.raises(FilterError):
        filed.newest(venue=venue)
    assert [hit.paper.id for hit in filed.query("video", venue="ickf 2024")] == ["2401.00006"]


def test_a_venue_where_none_is_known() -> None:
    search = PaperSearch.from_papers(FILED[:4], WordEncoder())
    with pytest.raises(FilterError, match=r"of the venue 'ICKF'; of none a venue is known$"):
        search.query("video", venue="ICKF")


HELD = [
    Paper("2212.00001", "Video held a year later", year=2022, venue="ICKF 2023"),
    Paper("2301.00002", "Video of its own year", year=2023, venue="ICKF"),
    Paper("2303.00003", "Video held a year before", year=2023, venue="Proc. ICKF'2022 (Oral)"),
    Paper("2302.00004", "Video of a workshop", year=2023, venue="ICKFW 2023"),
    Paper("video-held", "Video of no year of its own", kind="link", venue="ickf-2023"),
    Paper("video-when", "Video of no year", kind="link", venue="ICKF"),
    Paper("2304.00005", "Video of no venue", year=2023),
    Paper("2305.00006", "Video of a journal", year=2023, venue="Kite & Knot Été"),
]
HELD_ASKED: list[tuple[Filters, str, LeftOut]] = [
    # Whole words, and the year in the name of a venue before that of the paper.
    ({"venue": "ICKF"}, "12356", LeftOut(1, "venue")),
    ({"venue": "ICKF", "year": 2023}, "125", LeftOut(2, "year or venue")),
    ({"venue": "ickf 2023"}, "125", LeftOut(2, "year or venue")),
    ({"venue": "ICKF2022"}, "3", LeftOut(1, "year or venue")),
    ({"venue": "ICKF 2023", "year": (2020, 2022)}, "", LeftOut(1, "year or venue")),
    ({"venue": "ICKF", "year": (0, 9999)}, "1235", LeftOut(2, "year or venue")),
    ({"year": 2023}, "23478", LeftOut(2, "year")),
    ({"venue": "ickfw"}, "4", LeftOut(1, "venue")),
    ({"venue": "ickf 2023 oral"}, "", LeftOut()),
    ({"venue": "icKF'2022 (oral"}, "3", LeftOut(1, "venue")),
    ({"venue": "knot été"}, "8", LeftOut(1, "venue")),
    ({"venue": "kite knot"}, "8", LeftOut(1, "venue")),
    # A part of a word where no venue has the word.
    ({"venue": "kno"}, "8", LeftOut(1, "venue")),
    ({"venue": "kf", "year": 2022}, "3", LeftOut(1, "year or venue")),
]


@pytest.fixture(scope="module")
def held(where: str, tmp_path_factory: pytest.TempPathFactory) -> PaperSearch:
    papers = [
        replace(paper, id=f"x:{paper.id}") if where == "corpus" and paper.kind == "link" else paper
        for paper in HELD
    ]
    return search_of(papers, where, tmp_path_factory.mktemp("held") / "index")


@pytest.mark.parametrize(("filters", "places", "left_out"), HELD_ASKED)
def test_venues_are_whole_words_and_have_years(
    held: PaperSearch, filters: Filters, places: str, left_out: LeftOut
) -> None:
    if not left_out and not places:
        with pytest.raises(FilterError, match="no paper is known to be of the venue"):
            held.newest(10, **filters)
        return
    place = {paper.title: str(at + 1) for at, paper in enumerate(HELD)}
    assert {place[paper.title] for paper in held.newest(10, **filters)} == set(places)
    assert held.left_out(**filters) == left_out


@pytest.mark.slow
def test_a_database_is_asked_for_the_same(tmp_path: Path) -> None:
    lancedb = pytest.importorskip("lancedb")
    rows = [
        {"at": str(at + 1), "venue": paper.venue.casefold(), "year": paper.known_year or 0}
        for at, paper in enumerate(HELD)
    ]
    table = lancedb.connect(str(tmp_path)).create_table("held", rows)
    venues = [paper.venue for paper in HELD]
    for filters, places, left_out in HELD_ASKED:
        if left_out or places:
            found = table.search().where(to_sql(filters, (), venues)).to_list()
            assert {row["at"] for row in found} == set(places), filters
            assert table.count_rows(lacking_in_sql(filters, (), venues)) == left_out.papers


@pytest.mark.parametrize(
    "venue", ["@", " - ", "2024", "Proc 1999", "'", "(", "a" * 2000 + "-" * 2000]
)
def test_what_is_no_venue_is_refused(held: PaperSearch, venue: str) -> None:
    with pytest.raises(FilterError, match="no paper is known to be of the venue"):
        held.newest(10, venue=venue)


def test_how_many_are_left_out_in_words() -> None:
    assert str(LeftOut(1, "venue")) == "1 paper without a known venue left out"
    assert str(LeftOut(1200, "year or venue")) == (
        "1,200 papers without a known year or venue left out"
    )
    assert (str(LeftOut(0, "year")), bool(LeftOut(0, "year"))) == ("", False)


def test_rows_in_memory_and_on_disk_are_of_the_same_papers(tmp_path: Path) -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder())
    search.save(tmp_path / "index")
    loaded = PaperSearch.load(tmp_path / "index", WordEncoder())
    assert loaded.papers[1].year is None  # what is read stays what is printed
    assert [hit.paper.id for hit in loaded.query("video", year=2022)] == ["2202.00002", "video-day"]
