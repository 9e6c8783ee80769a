"""What came of a submission in one line, and what is said of several papers at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from arxiv_server import ArxivServer, FakePaper, Status

from ssm_search.abstracts.cache import API_URL_VARIABLE
from ssm_search.curation.cards import Card, Triage
from ssm_search.curation.intake import Submission, completed
from ssm_search.curation.places import Place
from ssm_search.curation.submissions import paper_of
from ssm_search.papers import (
    Category,
    CategorySuggestion,
    Duplicate,
    Paper,
    Placement,
    Verdict,
)

OLD = Paper("2401.00001", "Old kites")
VIDEO, GRAPH = ("Moving", "Video"), ("Structured", "Graph")


def card(
    path: Category = VIDEO, share: float = 0.97, verdict: Verdict = "fits", title: str = "Kite"
) -> Card:
    suggestions = (CategorySuggestion(path, share),) if path else ()
    return Card(
        paper=Paper("2402.00001", title),
        notes=(),
        placement=Placement(verdict, suggestions, (), 0.5, 0.5),
        duplicates=(),
        related=(),
        category=path,
        insertion=None,
        patch="",
        no_row="",
    )


def listed(*lines: int) -> Card:
    same = (Duplicate(OLD, "id", 1.0),)
    places = tuple(Place(line, VIDEO) for line in lines)
    return replace(card(), duplicates=same, is_listed=True, places=places)


def like(*lines: int) -> Card:
    return replace(listed(*lines), is_listed=False)


def summary(*cards: Card, unread: tuple[Submission, ...] = ()) -> str:
    return Triage(cards, unread).summary


UNSURE, OFF, NEW = (card(verdict=one) for one in ("unsure", "off topic", "no heading"))
AGAIN = replace(card(), repeats="Kite")
BROKEN = Submission(paper_of("", ""), ("no title",))


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ((card(),), "1 new (Video, 97 %)"),
        ((card(), card(GRAPH, 0.614)), "2 new (Video, 97 %; Graph, 61 %)"),
        ((card(()),), "1 new"),
        (
            (card(), *5 * [card(GRAPH)], card(("A",)), card(("B",)), card(("B",))),
            "9 new (5 under Graph, 2 under B, 1 under Video, 1 elsewhere)",
        ),
        (4 * [card(())], "4 new"),
        ((NEW,), "1 new, but no heading fits"),
        (2 * [NEW], "2 new, but no heading fits"),
        ((UNSURE,), "1 that may be off topic"),
        ((OFF, OFF), "2 off topic"),
        ((listed(208),), "1 already listed (line 208)"),
        ((listed(208), listed(222)), "2 already listed (lines 208, 222)"),
        ((listed(8, 30),), "1 already listed (lines 8, 30)"),
        ((listed(0),), "1 already listed"),
        (
            [listed(line) for line in range(1, 10)],
            "9 already listed (lines 1, 2, 3, 4, 5, 6 and 3 more)",
        ),
        ((like(9),), "1 that may be listed already (line 9)"),
        ((AGAIN,), "1 the same as another"),
        ((AGAIN, AGAIN), "2 the same as others"),
        ((), "no paper"),
        (
            (OFF, listed(7), like(9), UNSURE, card(), AGAIN, NEW),
            "1 new (Video, 97 %), 1 new, but no heading fits, 1 that may be off topic, "
            "1 off topic, 1 that may be listed already (line 9), 1 already listed (line 7), "
            "1 the same as another",
        ),
    ],
)
def test_what_came_of_a_submission(cards: list[Card], said: str) -> None:
    assert summary(*cards) == said


def test_a_heading_is_called_by_its_own_name() -> None:
    assert summary(replace(card(), category=(*VIDEO, "2024"))) == "1 new (Video, 97 %)"
    assert summary(replace(card(), category=(*VIDEO, "Long"))) == "1 new (Long, as submitted)"
    assert summary(card(("2024", "ICLR"))) == "1 new (ICLR, 97 %)"
    assert summary(card(("{0}, {x}",))) == "1 new ({0}, {x}, 97 %)"
    assert summary(card(("x" * 99,))) == f"1 new ({59 * 'x'}…, 97 %)"


def test_a_heading_that_was_chosen_has_no_probability_but_its_own() -> None:
    chosen = replace(card(GRAPH), category=VIDEO, chosen=(VIDEO,))
    assert summary(chosen) == "1 new (Video, as submitted)"
    assert summary(replace(card(), chosen=(VIDEO,))) == "1 new (Video, 97 %)"


def test_a_card_in_short() -> None:
    cards = (card(), card(()), NEW, UNSURE, OFF, like(9), listed(9), AGAIN)
    assert [one.in_short for one in cards] == [
        *("Video, 97 %", "new", "no heading fits", "may be off topic", "off topic"),
        *("may be listed already (line 9)", "listed", "repeated"),
    ]
    assert [one.status for one in cards] == [
        *("new", "new", "no heading", "unsure", "off topic", "alike", "listed", "repeated")
    ]


# ── arXiv ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ArxivServer([FakePaper("2402.00009", "Known kites", "They fly.")]) as running:
        monkeypatch.setenv(API_URL_VARIABLE, running.url)
        yield running


def triage_of(*titles: str) -> Triage:
    """A triage of papers as far as arXiv, or what stands in for it, completes them."""
    papers = [paper_of(f"2402.0000{at}", title) for at, title in enumerate(titles, 1)]
    done = completed(papers)
    cards = [replace(card(), paper=one.paper, notes=one.notes) for one in done if one.paper.title]
    return Triage(tuple(cards), tuple(one for one in done if not one.paper.title))


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (("Kite",), "; its title is taken from the submission"),
        (("Kite", "Sea"), " for 2 of 2 papers{}; their titles are taken from the submission"),
        (("",), "; it will be read at the next push or edit"),
        (("", ""), " for 2 of 2 papers{}; they will be read at the next push or edit"),
        (
            ("Kite", ""),
            " for 2 of 2 papers{}; 1 title is taken from the submission, 1 paper will be read at "
            "the next push or edit",
        ),
        (
            ("Kite", "", "", "Sea"),
            " for 4 of 4 papers{}; 2 titles are taken from the submission, 2 papers will be read "
            "at the next push or edit",
        ),
    ],
)
def test_arxiv_is_excused_in_one_sentence(
    server: ArxivServer, titles: tuple[str, ...], said: str
) -> None:
    server.script = [Status(403)]
    found = triage_of(*titles)
    said = said if "{}" in said else f"{{}}{said}"
    assert found.unanswered == f"arXiv did not answer{said.format(' (403)')}"
    judged = ["judged by the title alone"]
    assert all(one.brief_notes == judged for one in found.cards)
    assert all(why == "no title and no abstract is known" for _, why in found.reasons)
    waiting = titles.count("")
    waits = f"{waiting} that wait{'s' * (waiting == 1)} for arXiv"
    assert (waits in found.summary) == (waiting > 0)


def test_what_somebody_writes_is_no_failure_of_arxiv() -> None:
    """A remark is a stranger's text, whatever it says."""
    said = "arXiv could not be asked (got HTTP 403 from https://a.org after 1 try): judged by it"
    found = Triage((replace(card(), notes=(said,)),), ())
    assert (found.unanswered, found.cards[0].brief_notes) == ("", [said])


def test_who_has_no_network_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_URL_VARIABLE, "http://127.0.0.1:9/api/query")
    assert triage_of("Kite").unanswered.startswith("arXiv did not answer (no connection); its")


def test_a_paper_that_arxiv_does_not_know_is_no_failure_of_arxiv(
    server: ArxivServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssm_search.abstracts.api.MAX_TRIES", 1)  # an empty answer is doubted
    found = triage_of("Kite", "")
    assert found.unanswered == ""
    assert found.summary == "1 new (Video, 97 %), 1 that cannot be read"
    assert found.reasons == [
        ("2402.00002", "arXiv does not know 2402.00002: no title and no abstract is known")
    ]
