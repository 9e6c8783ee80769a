"""Whether two papers are one: small cases by hand, then all that real lists and abstracts hold."""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from fakes import WordEncoder
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.reading import ListReading, read_list
from ssm_search.papers import Paper, title_key
from ssm_search.search.duplicates import (
    NEAR_NAME,
    NEAR_TERMS,
    NEAR_TITLE,
    duplicate_pairs,
    is_successor,
    title_likeness,
)
from ssm_search.search.local import PaperSearch

LONG = "A Model of Sand and Water in Very Long State Spaces"

SAME = [
    (LONG, LONG.upper()),
    (LONG, "A  model-of sand; and water in very long state spaces."),
    ("Modèle d'État de Sable", "Modele d’Etat de sable"),
    ("Simplified State Space Layers for Sand (S5)", "Simplified State Space Layers for Sand"),
    (LONG, f"{LONG} (TideNet)"),
    (f"TideNet: {LONG}", LONG),
    (f"TideNet: {LONG}", f"TideNet: TideNet: {LONG}"),
    ("Sand in State Space, Part II", "Sand in State Space, part 2"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_does_not_count(one: str, other: str) -> None:
    assert title_likeness(one, other) == title_likeness(other, one) == 1


def test_the_likeness_is_that_of_the_letters() -> None:
    # 9 letters each, one of them another: 2 of 18 have to go.
    assert title_likeness("Tidal Scan", "Tidal Scam") == pytest.approx(1 - 2 / 18)
    # 5 of 10 letters are the same, in order.
    assert title_likeness("abcde", "abcxy") == pytest.approx(0.6)


NEAR = [
    (
        "Point Could Mamba: Point Cloud Learning via State Space Model",
        "Point Cloud Mamba: Point Cloud Learning via State Space Model",
    ),
    (LONG, LONG.replace("Model", "Models").replace("State", "Sate")),
    (f"H9: {LONG}", LONG.replace("Model", "Models")),  # what is behind the colon is nearly the same
]


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_reworded_or_misspelled(one: str, other: str) -> None:
    assert NEAR_TITLE <= title_likeness(one, other) == title_likeness(other, one) < 1


def test_point_could_mamba() -> None:
    one, other = NEAR[0]
    assert title_likeness(one, other) == pytest.approx(1 - 1 / len(title_key(one)))
    assert 1 - 1 / len("pointcouldmamba") > NEAR_NAME


DIFFERENT = [
    ("Sand in State Space (S9) part 1", "Sand in State Space (S9) part 2"),
    ("Sand in State Space, Part I: The Model", "Sand in State Space, Part II: The Model"),
    ("Sand in State Space (I)", "Sand in State Space (II)"),
    ("Sand in State Space (1)", "Sand in State Space (2)"),
    ("Sand in State Space (1)", "Sand in State Space"),
    ("Simplified Layers for Sand (S4)", "Simplified Layers for Sand (S5)"),
    (f"MTMamba: {LONG}", f"MTMamba++: {LONG}"),
    (f"TideNet: {LONG}", f"TideNet 2: {LONG}"),
    (f"TideNet: {LONG}", f"DuneFormer: {LONG}"),
    (f"TideNet 3 Super: {LONG}", f"TideNet 3 Ultra: {LONG}"),
    ("Spectral Sand Mamba for Image Classification", "3D-Spectral Sand Mamba for Image"),
    ("ISIC2017", "ISIC2018"),
    (
        "VM-UNet: Vision Mamba UNet for Medical Image Segmentation",
        "H-vmunet: High-order Vision Mamba UNet for Medical Image Segmentation",
    ),
    (f"{LONG} w/ Sieves", f"{LONG} w/o Sieves"),
    (f"{LONG} with Sieves", f"{LONG} without Sieves"),
    (f"{LONG} (GSFX)", f"{LONG} (GSF)"),
    ("TideNet: A Survey", "DuneFormer: A Survey"),
    ("A Survey", "TideNet: A Survey"),
    ("", ""),
    ("", LONG),
    ("🎥", "🎬"),
    ("?!", ":"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_papers(one: str, other: str) -> None:
    assert title_likeness(one, other) == title_likeness(other, one) < NEAR_TITLE


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (f"MTMamba: {LONG}", f"MTMamba++: {LONG}", True),
        ("TideNet: tides", "TideNet-V2: better tides", True),
        ("TideNet2: tides", "TideNet3: better tides", True),
        ("TideNet: tides", "TideNetPro: tides", True),
        ("TideNet: tides", "TideNet: sand", False),
        ("TideNet: tides", "DuneNet++: tides", False),
        ("2: tides", "3: tides", False),
        ("", "++", False),
    ],
)
def test_successors(one: str, other: str, expected: bool) -> None:
    assert is_successor(one, other) is is_successor(other, one) is expected


ABSTRACT = (
    "We count video frames of the tide. Grains of sand are sorted by a selective scan along four "
    "shores. Each shore keeps a hidden lagoon whose level follows the moon. On three beaches the "
    "error falls by a tenth while memory stays constant."
)
REVISED = ABSTRACT.replace("a tenth", "one fifth").replace("four shores", "five shores")
OTHER = "We grow a graph of reefs. Corals are nodes, currents are edges, and both learn to bend."
LISTED = Paper("2402.90001", f"TideNet: {LONG}", abstract=ABSTRACT, pdf_url="https://a.org/t.pdf")
PAGE = Paper("notes-on-dunes", "Notes on Dunes", kind="link", url="https://example.org/Dunes/")
BARE = Paper("2402.90003", "Video Video Video")  # near by its vector, but without an abstract
PAPERS = [LISTED, PAGE, BARE, Paper("2402.90004", "Reefs as Graphs of Corals", abstract=OTHER)]


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, WordEncoder())


def reasons(search: PaperSearch, paper: Paper | str) -> list[tuple[str, str]]:
    return [(found.paper.id, found.reason) for found in search.duplicates(paper)]


FORMS = [
    "2402.90001",
    "2402.90001v3",
    "arXiv:2402.90001v2",
    "https://arxiv.org/abs/2402.90001",
    "http://arxiv.org/pdf/2402.90001v1.pdf",
    "https://www.arxiv.org/html/2402.90001v4",
    "https://doi.org/10.48550/arXiv.2402.90001",
    "https://huggingface.co/papers/2402.90001",
    "https://www.alphaxiv.org/abs/2402.90001",
]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_id_in_any_form(search: PaperSearch, form: str) -> None:
    assert reasons(search, form) == [("2402.90001", "id")]
    assert reasons(search, Paper(form, "Anything")) == [("2402.90001", "id")]
    linked = Paper("anything", "Anything", url=form if "://" in form else "")
    assert reasons(search, linked) == ([("2402.90001", "id")] if "://" in form else [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/Dunes/", ["notes-on-dunes"]),
        ("http://EXAMPLE.org/dunes", ["notes-on-dunes"]),
        ("https://a.org/t.pdf", ["2402.90001"]),  # as the page of one and the PDF of the other
        ("https://example.org/dunes/more", []),
        ("example.org/dunes", []),
        ("", []),
    ],
)
def test_the_same_link(search: PaperSearch, url: str, expected: list[str]) -> None:
    found = reasons(search, Paper("new", "Something Else Entirely", url=url))
    assert found == [(paper_id, "link") for paper_id in expected]


def test_addresses_without_a_scheme_are_no_link_that_two_papers_share() -> None:
    papers = [Paper("a", "Ebb", url="a.org/ebb"), Paper("b", "Flood", url="b.org/flood")]
    search = PaperSearch.from_papers(papers, WordEncoder())
    assert reasons(search, "a") == [("a", "id")]


def test_a_title_under_another_id(search: PaperSearch) -> None:
    again = Paper("2402.91111", f"Tide Net: {LONG}s")
    found = search.duplicates(again)
    assert [(one.paper.id, one.reason) for one in found] == [("2402.90001", "title")]
    assert found[0].likeness == pytest.approx(1 - 1 / (2 * len(title_key(LISTED.title)) + 1))
    assert str(found[0]) == "nearly the same title"


@pytest.mark.parametrize("abstract", [ABSTRACT, REVISED])
def test_an_abstract_under_another_title(search: PaperSearch, abstract: str) -> None:
    again = Paper("2405.90009", "Counting Grains", abstract=abstract)
    assert reasons(search, again) == [("2402.90001", "abstract")]
    assert reasons(search, f"Counting Grains. {abstract}") == [("2402.90001", "abstract")]
    assert NEAR_TERMS < search.duplicates(again)[0].likeness < 1


def test_the_abstract_of_another_paper(search: PaperSearch) -> None:
    other = "We count video frames of the tide, and nothing else of what the others say."
    assert reasons(search, Paper("2405.90009", "Counting", abstract=other)) == []
    assert reasons(search, Paper("2405.90009", "Video Counting")) == []  # it has none


def test_a_successor_has_its_abstract_from_the_paper_before_it(search: PaperSearch) -> None:
    assert reasons(search, Paper("2408.90001", "TideNet++: More Grains", abstract=REVISED)) == []


def test_the_surest_reason_comes_first() -> None:
    papers = [
        Paper("2405.90001", "Counting Grains", abstract=REVISED),
        replace(LISTED, id="again", pdf_url=""),
        Paper("mirror", "Elsewhere", kind="link", url="https://a.org/t.pdf"),
        LISTED,
        *(Paper(f"2401.0000{at}", f"Reefs as Graphs {at}", abstract=OTHER) for at in range(4)),
    ]
    found = PaperSearch.from_papers(papers, WordEncoder()).duplicates(LISTED)
    assert [one.reason for one in found] == ["id", "link", "title", "abstract"]
    assert [one.likeness for one in found[:3]] == [1, 1, 1]


def test_all_pairs_are_found_at_once_as_one_by_one() -> None:
    papers = [
        Paper("2405.90001", "Counting Grains", abstract=REVISED),
        replace(LISTED, id="again", pdf_url=""),
        Paper("mirror", "Elsewhere", kind="link", url="https://a.org/t.pdf"),
        LISTED,
        Paper("2405.90002", f"H9: {LONG}s (S9)", abstract="We do something else."),
        Paper("2405.90003", "TideNet++: More Grains", abstract=REVISED),
        Paper("bare", LONG),
        Paper("page", "Another", kind="link", url="https://arxiv.org/abs/2405.90002v2"),
        *(Paper(f"2401.0000{at}", f"Reefs as Graphs {at}", abstract=OTHER) for at in range(4)),
    ]
    search = PaperSearch.from_papers(papers, WordEncoder())
    rows = {paper.id: row for row, paper in enumerate(papers)}
    expected = [
        (row, rows[found.paper.id], found.reason, found.likeness, str(found))
        for row, paper in enumerate(papers)
        for found in search.duplicates(paper)
        if rows[found.paper.id] > row
    ]
    found = [(p.one, p.other, p.reason, p.likeness, str(p)) for p in duplicate_pairs(search.rows)]
    assert found == sorted(expected)
    assert {reason for *_, reason, _, _ in found} == {"id", "link", "title", "abstract"}
    assert duplicate_pairs(PaperSearch.from_papers([], WordEncoder()).rows) == []


def test_without_the_text_of_abstracts_what_is_stored_of_them_serves(tmp_path: Path) -> None:
    papers = [*PAPERS, Paper("2405.90009", "Counting Grains", abstract=REVISED)]
    PaperSearch.from_papers(papers, WordEncoder()).save(tmp_path / "index")
    (tmp_path / "index" / "abstracts.jsonl").unlink()
    bare = PaperSearch.load(tmp_path / "index", WordEncoder())
    assert reasons(bare, "2405.90009") == [("2405.90009", "id"), ("2402.90001", "abstract")]
    assert reasons(bare, "2402.90003") == [("2402.90003", "id")]


def test_nothing_in_an_empty_index_and_nothing_of_an_empty_title(search: PaperSearch) -> None:
    empty = PaperSearch.from_papers([], WordEncoder())
    assert empty.duplicates(LISTED) == []
    assert empty.duplicates("Any text") == []
    assert reasons(search, Paper("new", "", abstract=OTHER)) == [("2402.90004", "abstract")]


# Real lists, beside this checkout. What they say of one paper, and of two, is looked at in full.

REVIEWED = """
    2206.11893 on-the-parameterization-and-
    2209.10655 mega-moving-average-equipped
    2210.06583 s4nd-modeling-images-and-vid
    2404.02457 rs3mamba-visual-state-space-
    2404.07932 fusionmamba-efficient-remote
    2405.06116 rethinking-efficient-and-eff
    2405.20881 s4fusion-saliency-aware-sele
    2406.18950 mmr-mamba-multi-modal-mri-re
    2407.18559 vssd-vision-mamba-with-non-c
    2408.01372 spatial-and-spatial-spectral
    2408.01627 jambatalk-speech-driven-3d-t
    2408.09650 expomamba-expomamba-exploiti
    2408.10618 omega-efficient-occlusion-aw
    2412.00626 mambanut-nighttime-uav-track
    2501.00751 hcma-unet-a-hybrid-cnn-mamba
    2501.18500 hsrmamba-contextual-spatial-
    spatial-and-spatial-spectral spatial-spectral-morphologic
"""
"""Pairs of entries, by their ids' first 28 letters, that are one paper under titles that differ by
more than letters tell; each was looked at."""


@pytest.fixture(scope="module")
def lists(shared: Path) -> list[ListReading]:
    paths = [*sorted((shared / "lists").glob("*.md")), shared / "awesome-mamba.md"]
    return [read_list(path.read_text(encoding="utf-8")) for path in paths]


def test_real_rewordings(lists: list[ListReading]) -> None:
    titles = defaultdict(set)
    for reading in lists:
        for entry in reading.entries:
            titles[entry.paper.id].add(entry.paper.title)
    likeness = [
        title_likeness(one, other)
        for paper_id, known in titles.items()
        if arxiv_id(paper_id)
        for one, other in combinations(sorted(known), 2)
        # Below, it is mostly the id that is wrong.
        if 0.8 <= Indel.normalized_similarity(title_key(one), title_key(other)) < 1
    ]
    assert len(likeness) == 43
    assert sum(one >= NEAR_TITLE for one in likeness) == 30


def test_no_false_alarm_in_real_lists(lists: list[ListReading]) -> None:
    titles = sorted({(paper.id, paper.title) for reading in lists for paper in reading.papers})
    keys = [title_key(title) for _, title in titles]
    behind = [title_key(title.partition(":")[2]) or "-" for _, title in titles]
    near = {
        (min(pair), max(pair))
        for ones in (keys, behind)
        for pair in zip(
            *np.nonzero(cdist(ones, keys, scorer=Indel.normalized_similarity, score_cutoff=0.85)),
            strict=True,
        )
    }
    called_one = [
        (titles[one], titles[other])
        for one, other in near
        if titles[one][0] != titles[other][0]
        and title_likeness(titles[one][1], titles[other][1]) >= NEAR_TITLE
    ]
    same = {pair(a[0], b[0]) for a, b in called_one if title_key(a[1]) == title_key(b[1])}
    assert len(same) > 100
    reviewed = {" ".join(line.split()) for line in REVIEWED.strip().splitlines()}
    assert {pair(a[0], b[0]) for a, b in called_one} - same == reviewed


def pair(one: str, other: str) -> str:
    return " ".join(sorted([one[:28], other[:28]]))


def test_real_duplicates_of_one_list(lists: list[ListReading]) -> None:
    found = {
        pair(one.id, other.id)
        for reading in lists
        for one, other in combinations(reading.papers, 2)
        if title_likeness(one.title, other.title) >= NEAR_TITLE
    }
    assert found == {
        # OpenReview's page and its PDF
        "mastering-memory-tasks-with- mastering-memory-tasks-with-",
        # arXiv's and OpenReview's
        "2312.00752 mamba-linear-time-sequence-m",
        # the papers of a journal and of a conference
        "weamba-weather-degraded-remo weamba-weather-degraded-remo",
        "2008.07669 hippo-recurrent-memory-with-",  # and the post about it
    }


def test_abstracts_of_different_papers_are_told_apart(shared: Path) -> None:
    with lzma.open(shared / "ssm_abstracts.jsonl.xz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    papers = [Paper(r["arxiv_id"], r["title"], abstract=r["abstract"]) for r in records]
    search = PaperSearch.from_papers(papers, WordEncoder())
    terms = np.asarray(search.rows.index.term_gram)
    alike = np.argwhere(np.triu(terms >= NEAR_TERMS, 1))
    assert 0 < len(alike) < 10
    for one, other in alike:
        titles = papers[one].title, papers[other].title
        assert title_likeness(*titles) == 1 or is_successor(*titles)
