"""What other lists have that belongs on a list, what of it nobody else has, and who has what."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fakes import WordEncoder

from ssm_search.build import passing_index
from ssm_search.discovery import gap as comparing
from ssm_search.discovery.gap import Elsewhere, Papers, gather, missing_elsewhere, missing_here
from ssm_search.errors import DiscoverError
from ssm_search.papers import Link, Paper, Placement, untitled_title
from ssm_search.search.local import PaperSearch

ABS = "https://arxiv.org/abs/"
WORDS = "amber birch cedar dunes oasis fjord grove haven islet jetty knoll larch".split()


def paper(number: int, topic: str) -> Paper:
    paper_id = f"2401.{number:05}"
    told = " ".join(f"{letter}{number}" for letter in "abcd")  # else they would be one paper
    title = f"{WORDS[number % 12]} {WORDS[number // 12 % 12]} of {topic}"
    abstract = f"We look at {topic} in {told}."
    return Paper(paper_id, title, url=ABS + paper_id, abstract=abstract)


OURS = [paper(at, "video") for at in range(12)]
FITTING = [paper(20 + at, "video") for at in range(4)]
OTHER = [paper(50 + at, ("graph", "audio", "text")[at % 3]) for at in range(60)]


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers(OURS, WordEncoder())


@contextmanager
def indexed(others: list[Elsewhere]) -> Iterator[PaperSearch]:
    missing = [one.paper for one in missing_here(OURS, others)]
    with passing_index(missing, "others", WordEncoder()) as corpus:
        yield corpus


@pytest.mark.parametrize(
    "other",
    [
        Paper("2401.00001", "Another title"),
        Paper("x", "Another title", kind="link", url=f"{ABS}2401.00001v3"),
        Paper("x", "Another title", kind="link", pdf_url="https://arxiv.org/pdf/2401.00001"),
        Paper("x", "Another title", kind="link", url="http://KITES.example/one/"),
        Paper("x", "Kites that see: with video.", kind="link"),
        Paper("x", "Kites that sea with video", kind="link"),
        Paper("x", "SeeKite: Kites that see with video", kind="link"),
    ],
)
def test_a_paper_is_found_by_any_of_its_names(other: Paper) -> None:
    one = Paper("2401.00001", "Kites that see with video", url="https://kites.example/one")
    assert Papers([one]).find(other) == 0
    assert Papers([other]).find(one) == 0


@pytest.mark.parametrize(
    "other",
    [
        Paper("x", "Kites that see with audio", kind="link"),
        Paper("x", "Kites that see with video, part 2", kind="link"),
        Paper("x", "", kind="link"),
        Paper("2401.00002", untitled_title("2401.00002")),
    ],
)
def test_another_paper_is_not(other: Paper) -> None:
    one = Paper("2401.00001", untitled_title("2401.00001"))
    two = Paper("2401.00003", "Kites that see with video")
    assert Papers([one, two]).find(other) is None


def test_papers_of_several_lists_stand_once_with_what_any_says() -> None:
    video = Paper("kites", "Kites that see with video", kind="link", venue="ICKF", year=2024)
    lists = {
        "A": [video, replace(video, id="again", title="Kites that sea with video"), OTHER[0]],
        "B": [Paper("2401.00001", untitled_title("2401.00001"), url=f"{ABS}2401.00001")],
        "C": [
            Paper(
                "2401.00001",
                "Kites that see with video",
                code_url="https://github.com/k/s",
                categories=(("Theirs",),),
                authors=("Ada Kim",),
                links=(Link("Video", "https://v.example"), Link("arXiv", f"{ABS}2401.00001/")),
            )
        ],
    }
    first, second = gather(lists)
    assert first == Elsewhere(
        Paper(
            "2401.00001",
            "Kites that see with video",
            url=f"{ABS}2401.00001",
            code_url="https://github.com/k/s",
            venue="ICKF",
            year=2024,
            authors=("Ada Kim",),
            links=(Link("Video", "https://v.example"),),
        ),
        ("A", "B", "C"),
    )
    assert second == Elsewhere(OTHER[0], ("A",))


def test_an_id_that_one_list_gives_by_itself_has_the_title_of_another() -> None:
    bare = Paper("2401.00001", untitled_title("2401.00001"), url=f"{ABS}2401.00001")
    named = Paper("2401.00001", "Kites", year=2024, venue="ICKF", code_url="https://github.com/k/s")
    (found,) = gather({"A": [bare], "B": [named]})
    assert found == Elsewhere(replace(named, url=bare.url), ("A", "B"))


def test_what_is_missing_here_and_elsewhere() -> None:
    others = gather({"A": [OURS[0], FITTING[0]], "B": [replace(OURS[1], id="x", url="")]})
    assert [one.paper for one in missing_here(OURS, others)] == [FITTING[0]]
    assert missing_elsewhere(OURS, others) == OURS[2:]


def test_who_shares_much_with_us_tells_most() -> None:
    others = [
        *(Elsewhere(one, ("like us",)) for one in OURS[:5]),
        *(Elsewhere(one, ("unlike",)) for one in OTHER[:4]),
        Elsewhere(OTHER[4], ("like us", "unlike")),
    ]
    weights = comparing._weights(others, {one.id for one in OURS[:5]})
    # Of the five that are not ours, one is on "like us" and all are on "unlike".
    usual, here = 1.5 / 6, (5 + 5 * 1.5 / 6) / 10
    assert weights["like us"] == pytest.approx(
        math.log(here / (1 - here)) - math.log(usual / (1 - usual)), abs=1e-6
    )
    usual, here = 5.5 / 6, (0 + 5 * 5.5 / 6) / 10
    assert weights["unlike"] == pytest.approx(
        math.log(here / (1 - here)) - math.log(usual / (1 - usual)), abs=1e-6
    )


def test_lists_that_share_nothing_with_ours_tell_nothing() -> None:
    others = [Elsewhere(one, ("A", "B") if at % 2 else ("A",)) for at, one in enumerate(OTHER)]
    weights = comparing._weights(others, set())
    assert weights == pytest.approx({"A": 0, "B": 0}, abs=1e-6)


def test_what_fits_comes_first(search: PaperSearch) -> None:
    others = gather({"A": [*OTHER, *FITTING]})
    with indexed(others) as corpus:
        found = comparing.gap(search, corpus, others, 4)
        assert {one.paper.id for one in found} == {one.id for one in FITTING}
        assert all(one.lists == ("A",) for one in found)
        every = comparing.gap(search, corpus, others, 100)
    assert every[:4] == found
    assert [one.score for one in every] == sorted((one.score for one in every), reverse=True)


def test_of_what_fits_alike_that_comes_first_which_lists_like_ours_have(
    search: PaperSearch,
) -> None:
    lists = {
        "far": [*OTHER, *FITTING[:2], FITTING[2]],
        "near": [*OURS[:8], FITTING[3]],
    }
    others = gather(lists)
    with indexed(others) as corpus:
        found = comparing.gap(search, corpus, others, 4)
    assert found[0].paper.id == FITTING[3].id
    assert found[0].lists == ("near",)


def test_what_is_listed_under_another_abstract_is_not_proposed(search: PaperSearch) -> None:
    again = replace(OURS[0], id="2402.00001", url="", title="Zinnia quarry moss")
    others = gather({"A": [*OTHER, *FITTING, again]})
    assert again.id in {one.paper.id for one in missing_here(OURS, others)}
    with indexed(others) as corpus:
        found = comparing.gap(search, corpus, others, 100)
    assert again.id not in {one.paper.id for one in found}


@pytest.mark.parametrize(
    ("verdict", "level", "many"),
    [
        ("fits", 2.0, 5),
        ("no heading", 2.0, 5),
        ("unsure", 0.0, 5),
        ("unsure", 2.0, 0),
        ("off topic", 0.0, 0),
    ],
)
def test_what_is_about_something_else_is_left_out(
    search: PaperSearch, verdict: Any, level: float, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def place(self: PaperSearch, paper: Paper, k: int) -> Placement:
        judged.append(paper.id)
        return Placement(verdict, (), (), 0.0, 0.0)

    monkeypatch.setattr(PaperSearch, "place", place)
    monkeypatch.setattr(comparing, "FIT_LEVEL", level)
    others = gather({"A": [*OTHER, *FITTING]})
    with indexed(others) as corpus:
        assert len(comparing.gap(search, corpus, others, 5)) == many
    assert len(judged) == (5 if many else 5 * comparing.SPARE)


def test_a_list_that_is_too_short(search: PaperSearch) -> None:
    others = gather({"A": OTHER})
    few = PaperSearch.from_papers(OURS[:3], WordEncoder())
    with indexed(others) as corpus, pytest.raises(DiscoverError, match="3 papers; at least 10"):
        comparing.gap(few, corpus, others)


def test_a_title_is_compared_with_few_others(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def likeness(one: str, other: str) -> float:
        compared.append(other)
        return 0.0

    monkeypatch.setattr(comparing, "title_likeness", likeness)
    many = [Paper(f"x{at}", f"Mamba for {at * 7919} kites", kind="link") for at in range(500)]
    assert len(gather({"A": many, "B": many})) == 500
    assert len(compared) <= 500 * comparing._NEAR
