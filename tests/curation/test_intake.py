"""Submissions completed from a stand-in for arXiv, from a cache, and without either."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from arxiv_server import ArxivServer, FakePaper, Status

from ssm_search.abstracts.cache import API_URL_VARIABLE, append_abstracts, default_cache
from ssm_search.curation.given import remarked
from ssm_search.curation.intake import completed
from ssm_search.curation.submissions import paper_of
from ssm_search.papers import Abstract, Paper

KITES = FakePaper("2401.00001", "Kites that read", "We fly kites.", ("Ada Example",))
GONE = FakePaper("2401.00002", "Kites that sank", "They sank.", comment="Withdrawn by the author")


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ArxivServer([KITES, GONE]) as running:
        monkeypatch.setenv(API_URL_VARIABLE, running.url)
        yield running


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_URL_VARIABLE, "http://127.0.0.1:9/api/query")


def test_arxiv_fills_in_what_is_missing() -> None:
    (done,) = completed([paper_of("2401.00001")])
    assert done.notes == ()
    assert done.paper == Paper(
        id="2401.00001",
        title="Kites that read",
        url="https://arxiv.org/abs/2401.00001",
        year=2024,
        abstract="We fly kites.",
        authors=("Ada Example",),
        published=date(2024, 1, 2),
        arxiv_categories=("cs.LG", "cs.CL"),
    )


def test_what_was_given_stays_but_for_the_title() -> None:
    given = paper_of("2401.00001", "Reading kites", "My own words.", venue="SkyConf")
    (done,) = completed([given])
    assert (done.paper.title, done.paper.abstract) == ("Kites that read", "My own words.")
    assert done.paper.venue == "SkyConf"
    assert done.notes == ("submitted as 'Reading kites'",)


def test_a_title_that_differs_in_writing_alone_needs_no_note() -> None:
    (done,) = completed([paper_of("2401.00001", "KITES, that  read")])
    assert (done.paper.title, done.notes) == ("Kites that read", ())


def test_a_withdrawn_paper_is_called_so() -> None:
    (done,) = completed([paper_of("2401.00002")])
    assert done.notes == ("withdrawn from arXiv",)


def test_one_request_for_all_and_none_for_what_is_cached(server: ArxivServer) -> None:
    papers = [paper_of("2401.00001"), paper_of("2401.00002"), paper_of("https://a.org", "A page")]
    first = completed(papers)
    assert server.asked == [["2401.00001", "2401.00002"]]
    assert completed(papers) == first
    assert len(server.requests) == 1


def test_what_is_known_is_not_asked_for(server: ArxivServer) -> None:
    known = {"2401.00001": Abstract("2401.00001", "Known kites", "As known.")}
    (done,) = completed([paper_of("2401.00001")], known)
    assert (done.paper.title, done.paper.abstract) == ("Known kites", "As known.")
    assert server.requests == []


def test_of_whom_only_the_authors_are_known_the_rest_is_asked_for(server: ArxivServer) -> None:
    known = {"2401.00001": Abstract("2401.00001", "", "", ("A. Example",))}
    (bare,) = completed([paper_of("2401.00001")], known, offline=True)
    assert (bare.paper.title, bare.paper.authors) == ("", ("A. Example",))
    assert bare.notes == ("arXiv was not asked: no title and no abstract is known",)
    (done,) = completed([paper_of("2401.00001")], known)
    assert (done.paper.title, done.paper.abstract) == ("Kites that read", "We fly kites.")
    assert (done.paper.authors, done.notes) == (("A. Example",), ())
    assert len(server.requests) == 1


def test_what_is_known_stands_before_the_cache() -> None:
    append_abstracts(default_cache(), [Abstract("2401.00001", "Cached kites", "As cached.")])
    known = {"2401.00001": Abstract("2401.00001", "Known kites", "As known.")}
    assert completed([paper_of("2401.00001")], known)[0].paper.title == "Known kites"
    assert completed([paper_of("2401.00001")])[0].paper.title == "Cached kites"


JUDGED = [
    ("", "", "no title and no abstract is known"),
    ("Kites", "", "judged by the title alone"),
    ("", "We fly.", "judged by the abstract given"),
    ("Kites", "We fly.", "judged by the title and abstract given"),
]


@pytest.mark.parametrize(("title", "abstract", "judged"), JUDGED)
def test_an_id_that_arxiv_does_not_know(title: str, abstract: str, judged: str) -> None:
    given = paper_of("2401.09999", title, abstract)
    (done,) = completed([given])
    assert done.paper == given
    assert done.notes == (f"arXiv does not know 2401.09999: {judged}",)


def test_an_id_that_arxiv_refuses() -> None:
    (done,) = completed([paper_of("ao-sci/0102003", "Kites")])
    assert done.notes == ("arXiv takes ao-sci/0102003 for no id: judged by the title alone",)


@pytest.mark.parametrize(("title", "abstract", "judged"), JUDGED)
def test_without_a_network(unreachable: None, title: str, abstract: str, judged: str) -> None:
    given = paper_of("2401.00001", title, abstract)
    (done,) = completed([given])
    assert done.paper == given
    (note,) = done.notes
    assert note.startswith("arXiv could not be asked (got no connection")
    assert note.endswith(f"): {judged}")


def test_a_server_that_refuses_is_no_error(server: ArxivServer) -> None:
    server.script = [Status(403)]
    (done,) = completed([paper_of("2401.00001", "Kites")])
    assert "arXiv could not be asked (got HTTP 403" in done.notes[0]


def test_offline_asks_nobody(server: ArxivServer) -> None:
    papers = [paper_of("2401.00001", "Kites"), paper_of("https://a.org", "Page")]
    one, page = completed(papers, offline=True)
    assert one.notes == ("arXiv was not asked: judged by the title alone",)
    assert page.notes == ("not on arXiv: judged by the title alone",)
    assert server.requests == []


def test_progress_and_nothing_to_do() -> None:
    seen: list[tuple[int, int]] = []
    completed([paper_of("2401.00001")], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 1), (1, 1)]
    assert completed([]) == []


def test_what_there_is_to_say_of_an_entry_stands_among_the_notes() -> None:
    given = [paper_of("", "Kites", "We fly."), paper_of("", "")]
    known, unknown = completed([remarked(paper, "line 3: no") for paper in given], offline=True)
    assert known.paper == given[0]
    assert known.notes == ("not on arXiv: judged by the title and abstract given", "line 3: no")
    assert (unknown.paper, unknown.notes) == (given[1], ("line 3: no",))
