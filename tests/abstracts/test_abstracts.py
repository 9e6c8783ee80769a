"""Fetching over real connections, from a stand-in that answers as arXiv does."""

from __future__ import annotations

import gc
import gzip
import itertools
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from arxiv_server import (
    HANG_LIMIT,
    ArxivServer,
    Body,
    CutOff,
    EmptyPage,
    FakePaper,
    Fault,
    Hang,
    Oversized,
    Part,
    Status,
    feed,
    invented,
)
from conftest import PATIENCE
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.abstracts import api as arxiv_api
from ssm_search.abstracts import cache as cache_module
from ssm_search.abstracts.api import BATCH_SIZE, MAX_FEED_BYTES, MAX_PAUSE, MAX_TRIES
from ssm_search.abstracts.cache import (
    API_URL_VARIABLE,
    MAX_REFUSED,
    FetchReport,
    append_abstracts,
    default_cache,
    fetch_abstracts,
    first_titles,
    load_abstracts,
    search_arxiv,
    with_abstracts,
)
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.build.lists import build_index
from ssm_search.cli.questions import app
from ssm_search.errors import FetchError, FilterError, ListError, SsmSearchError
from ssm_search.files import locked
from ssm_search.papers import Abstract, Paper, untitled_title
from ssm_search.search.shipped import open_index

INTERVAL = 1.0  # seconds, only ever slept through by ``Naps``
SHORT_TIMEOUT = (1.0, 1.0)  # seconds; an answer must come within it on a busy machine, too
PAPERS = invented(250)
IDS = [paper.id for paper in PAPERS]
MALFORMED = "ao-sci/0102003"  # well-formed to us, not to arXiv
RECORDED = Path(__file__).parents[3] / "shared" / "atom"


class Naps(list[float]):
    """Takes the place of ``time.sleep`` and remembers how long it should have slept."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)

    def backoffs(self) -> list[float]:
        """Those between tries: waits for the next request's turn are at most ``INTERVAL``."""
        return [nap for nap in self if nap > INTERVAL]


@pytest.fixture(autouse=True)
def _straight_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture(autouse=True, scope="module")
def _no_socket_left_behind() -> Iterator[None]:
    """An unclosed socket warns when it is collected, and so fails: here, not in another module."""
    yield
    gc.collect()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "abstracts.jsonl"


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer(PAPERS) as running:
        yield running
        assert running.connections() == 0, "a fetch left its connection open"
        assert all(seen.connections == 1 for seen in running.requests)
        assert all(len(ids) <= BATCH_SIZE for ids in running.asked)


def fetch(
    server: ArxivServer, ids: Iterable[str], cache: Path, naps: Naps, **options: Any
) -> FetchReport:
    options = {"interval": INTERVAL, "sleep": naps, **options}
    return fetch_abstracts(ids, cache, api_url=server.url, **options)


# ── manners ──────────────────────────────────────────────────────────────────────────────────


def test_batches_one_after_the_other_at_the_agreed_distance(
    server: ArxivServer, cache: Path
) -> None:
    interval = 0.2
    report = fetch_abstracts(IDS, cache, api_url=server.url, interval=interval)
    assert report == FetchReport(fetched=tuple(IDS))
    assert server.asked == [IDS[:100], IDS[100:200], IDS[200:]]
    starts = [seen.at for seen in server.requests]
    assert all(late - early >= interval for early, late in itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("api_url", "interval"),
    [
        ("", 3.0),
        ("https://export.arxiv.org/api/query", 3.0),
        ("https://mirror.example/api/query", 3.0),
        ("http://127.0.0.1:9/api/query", 0.1),
    ],
)
def test_the_distance_is_that_of_arxivs_terms_but_to_this_machine(
    api_url: str, interval: float
) -> None:
    assert cache_module._source(api_url, None, time.sleep).interval == interval
    assert cache_module._source(api_url, 0.7, time.sleep).interval == 0.7


def test_processes_of_one_user_take_turns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    interval = 0.3
    script = (
        "import sys; from pathlib import Path; from ssm_search.abstracts import cache;"
        "cache.API_URL = sys.argv[1];"
        f"cache.fetch_abstracts([sys.argv[2]], Path(sys.argv[3]), interval={interval})"
    )
    with ArxivServer(PAPERS) as server:
        running = [
            subprocess.Popen([sys.executable, "-c", script, server.url, one, str(tmp_path / one)])
            for one in IDS[:4]
        ]
        assert [process.wait(PATIENCE) for process in running] == [0, 0, 0, 0]
        starts = sorted(seen.at for seen in server.requests)
        assert all(seen.connections == 1 for seen in server.requests)
    assert len(starts) == 4
    # The time of a file may be a few milliseconds behind the clock.
    assert all(late - early >= 0.9 * interval for early, late in itertools.pairwise(starts))


def test_the_distance_holds_between_tries_and_pages_too(cache: Path) -> None:
    interval = 0.1
    with ArxivServer(invented(50), page_size=20) as server:
        server.script = [Status(503), None, CutOff(), None, None, None]
        ids = list(server.papers)
        report = fetch_abstracts(ids, cache, api_url=server.url, interval=interval)
        assert report == FetchReport(fetched=tuple(ids))
        assert [seen.start for seen in server.requests] == [0, 0, 20, 0, 20, 40]
        starts = [seen.at for seen in server.requests]
        assert all(late - early >= interval for early, late in itertools.pairwise(starts))
        assert all(seen.connections == 1 for seen in server.requests)


def test_every_request_says_who_asks(server: ArxivServer, cache: Path, naps: Naps) -> None:
    server.script = [Status(503)]
    fetch(server, IDS, cache, naps)
    agents = {seen.headers["User-Agent"] for seen in server.requests}
    assert agents == {f"ssm-search/{version('ssm-search')} (Python package ssm-search)"}


def test_the_address_can_come_from_the_environment(
    server: ArxivServer, cache: Path, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_URL_VARIABLE, server.url)
    assert fetch_abstracts(IDS[:3], cache, sleep=naps).fetched == tuple(IDS[:3])


def test_what_arxiv_says_reaches_the_cache(cache: Path, naps: Naps) -> None:
    paper = FakePaper(
        "2402.12345",
        "Long titles are\n  broken & folded",
        "  First line,\n second line with x<y.\n\n Third.  ",
        ("Ada Example", "Émile Échantillon"),
        date(2024, 2, 29),
        categories=("stat.ML", "cs.LG"),
        version=3,
    )
    with ArxivServer([paper]) as server:
        fetch(server, [paper.id], cache, naps)
    expected = Abstract(
        id="2402.12345",
        title="Long titles are broken & folded",
        abstract="First line, second line with x<y. Third.",
        authors=("Ada Example", "Émile Échantillon"),
        published=date(2024, 2, 29),
        arxiv_categories=("stat.ML", "cs.LG"),
    )
    assert load_abstracts(cache) == {"2402.12345": expected}


def test_progress_counts_every_answer(server: ArxivServer, cache: Path, naps: Naps) -> None:
    calls: list[tuple[int, int]] = []
    ids = [*IDS[:150], "2401.90001", MALFORMED, "no-id-at-all"]
    fetch(server, ids, cache, naps, progress=lambda *call: calls.append(call))
    assert calls[0] == (0, 152)
    assert calls[-1] == (152, 152)
    assert calls == sorted(calls)


# ── what passes, and what does not ───────────────────────────────────────────────────────────

PASSING: dict[str, Fault] = {
    "429": Status(429),
    "503": Status(503),
    "406": Status(406),
    "silence": Hang(),
    "half an answer, then silence": Hang(after=0.5),
    "page emptier than it says": EmptyPage(),
    "empty page": EmptyPage(total=0),
    "broken XML": Part(),
    "nothing": Body(b""),
    "a page for people": Body(b"<html><body>Please log in.</body></html>"),
    "unknown encoding": Body(b"<?xml version='1.0' encoding='none'?><feed/>"),
    "no date": Body(feed([PAPERS[0].entry().replace("2024-01-02T", "")], total=1)),
    "cut connection": CutOff(),
    "connection cut before any answer": CutOff(0),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_can_pass_is_asked_again_after_growing_pauses(
    fault: Fault, server: ArxivServer, cache: Path, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(fault, Hang):
        monkeypatch.setattr(arxiv_api, "TIMEOUT", SHORT_TIMEOUT)
    server.script = [fault] * (MAX_TRIES - 1)
    assert fetch(server, IDS[:9], cache, naps) == FetchReport(fetched=tuple(IDS[:9]))
    assert server.asked == [IDS[:9]] * MAX_TRIES
    backoffs = naps.backoffs()
    assert len(backoffs) == MAX_TRIES - 1
    for tries, pause in enumerate(backoffs, start=1):
        assert 0.75 * 2**tries <= pause / INTERVAL <= 1.25 * 2**tries
    assert backoffs == sorted(backoffs)


def test_silence_is_not_waited_for_longer_than_the_timeout(
    server: ArxivServer, cache: Path, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arxiv_api, "TIMEOUT", SHORT_TIMEOUT)
    server.script = [Hang(), Hang(after=0.5)]
    assert fetch(server, IDS[:9], cache, naps).fetched == tuple(IDS[:9])
    for early, late in itertools.pairwise(seen.at for seen in server.requests):
        assert late - early < HANG_LIMIT / 2  # the client let go, not the server


def test_pauses_are_jittered(server: ArxivServer, cache: Path, naps: Naps) -> None:
    other = Naps()
    for pauses in (naps, other):
        server.script = [Status(503)] * MAX_TRIES
        fetch(server, IDS[:2], cache, pauses)
    assert naps.backoffs() != other.backoffs()


@pytest.mark.parametrize(
    "fault", [Status(500), Status(502), Status(503), Status(504), Hang(), EmptyPage()], ids=repr
)
def test_what_does_not_pass_after_all_stops_the_fetch_with_a_reason(
    fault: Fault, server: ArxivServer, cache: Path, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurry(done: int, total: int) -> None:
        if done and isinstance(fault, Hang):  # the first batch may take its time
            monkeypatch.setattr(arxiv_api, "TIMEOUT", SHORT_TIMEOUT)

    server.script = [None] + [fault] * 100
    report = fetch(server, IDS, cache, naps, progress=hurry)
    assert report.fetched == tuple(IDS[:100])
    assert report.unknown == ()
    assert f"after {MAX_TRIES} tries" in report.error
    assert server.url in report.error
    assert len(server.requests) == 1 + MAX_TRIES
    assert list(load_abstracts(cache)) == IDS[:100]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        *((Status(code), f"HTTP {code}") for code in (401, 403, 404, 410, 501)),
        (Oversized(MAX_FEED_BYTES + 1_000_000), f"more than {MAX_FEED_BYTES:,} bytes"),
        (Body(gzip.compress(bytes(MAX_FEED_BYTES + 1)), "gzip"), "more than"),
    ],
    ids=["401", "403", "404", "410", "501", "too long", "too long unpacked"],
)
def test_what_cannot_pass_is_asked_once(
    fault: Fault, reason: str, server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [fault] * 9
    report = fetch(server, IDS[:9], cache, naps)
    assert reason in report.error
    assert "after 1 try;" in report.error
    assert len(server.requests) == 1
    assert not naps
    assert not cache.exists()


class Marred(FakePaper):
    """A paper of which arXiv's feed has something that it should not have."""

    def entry(self, version: int | None = None) -> str:
        return super().entry(version).replace("A title", self.comment)


@pytest.mark.parametrize("title", ["A\x08title", "A&#8;title", "A&#x1F;title"])
def test_control_characters_are_blanks(title: str, cache: Path, naps: Naps) -> None:
    paper = Marred("2401.00002", comment="A title")
    with ArxivServer([*PAPERS[:1], paper]) as server:
        server.papers[paper.id] = Marred(paper.id, comment=title)
        assert fetch(server, [*IDS[:1], paper.id], cache, naps).fetched == tuple(IDS[:2])
    assert load_abstracts(cache)[paper.id].title == "A title"


@pytest.mark.parametrize("marred", ["<b>A title", "A title & more"])
def test_an_entry_that_cannot_be_read_keeps_no_other_from_coming(
    marred: str, cache: Path, naps: Naps
) -> None:
    papers = [*PAPERS[:2], Marred("2401.00003", comment=marred), *PAPERS[3:5]]
    with ArxivServer(papers) as server:
        report = fetch(server, IDS[:5], cache, naps)
        assert (report.fetched, report.refused) == ((*IDS[:2], *IDS[3:5]), (IDS[2],))
        assert (report.error, report.unknown) == ("", ())
        # Alone, it may be arXiv's fault as well.
        alone = fetch(server, [IDS[2]], cache.with_name("new"), naps)
        assert (alone.refused, "broken XML" in alone.error) == ((), True)


@pytest.mark.parametrize("ids", [IDS[:1], IDS[:2]], ids=len)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("page emptier than it says", "an empty page"),
        ("a page for people", "something else than an Atom feed"),
        ("broken XML", "broken XML"),
    ],
)
def test_what_is_no_answer_says_nothing_about_a_paper(
    fault: str, reason: str, ids: list[str], server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [PASSING[fault]] * 100
    report = fetch(server, ids, cache, naps)
    assert report.unknown == ()
    assert reason in report.error
    assert f"after {MAX_TRIES} tries" in report.error


def test_a_compressed_answer_is_read(server: ArxivServer, cache: Path, naps: Naps) -> None:
    body = feed([paper.entry() for paper in PAPERS[:2]], total=2)
    server.script = [Body(gzip.compress(body), "gzip")]
    assert fetch(server, IDS[:2], cache, naps).fetched == tuple(IDS[:2])


# ── Retry-After ──────────────────────────────────────────────────────────────────────────────


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_no_pause_is_shorter_than_the_server_asks_for(
    server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [Status(503, "40"), Status(429, "1"), Status(503, " 119 ")]
    assert fetch(server, IDS[:2], cache, naps).fetched == tuple(IDS[:2])
    first, second, third = naps.backoffs()
    assert (first, third) == (40, 119)
    assert 3 <= second <= 5


@pytest.mark.parametrize(
    "date_format",
    [
        lambda moment: format_datetime(moment, usegmt=True),
        lambda moment: moment.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        lambda moment: moment.strftime("%a %b %e %H:%M:%S %Y"),
    ],
    ids=["IMF-fixdate", "RFC 850", "asctime"],
)
def test_retry_after_may_be_a_date(
    date_format: Any, server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [Status(503, date_format(in_seconds(100)))]
    assert fetch(server, IDS[:2], cache, naps).fetched == tuple(IDS[:2])
    (pause,) = naps.backoffs()
    assert 80 < pause <= 100


@pytest.mark.parametrize(
    "value",
    ["0", "-5", "soon", "nan", format_datetime(in_seconds(-99), usegmt=True)],
    ids=["none", "negative", "a word", "no number", "a date gone by"],
)
def test_a_retry_after_that_says_nothing_changes_nothing(
    value: str, server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [Status(503, value)]
    assert fetch(server, IDS[:2], cache, naps).fetched == tuple(IDS[:2])
    (pause,) = naps.backoffs()
    assert 1.5 <= pause <= 2.5


@pytest.mark.parametrize(
    "wish",
    [
        lambda: f"{MAX_PAUSE + 1:.0f}",
        lambda: "inf",
        lambda: format_datetime(in_seconds(3600), usegmt=True),
    ],
    ids=["seconds", "for ever", "a date"],
)
def test_who_asks_for_too_long_a_wait_is_left_alone(
    wish: Callable[[], str], server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [None, Status(429, wish())]
    report = fetch(server, IDS, cache, naps)
    assert report.fetched == tuple(IDS[:100])
    assert "HTTP 429" in report.error
    assert re.search(r"the wish to wait (121|inf|3\d\d\d) s from .*; run .* later", report.error)
    assert len(server.requests) == 2
    assert not naps.backoffs()


# ── ids ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at", [0, 57, 99])
def test_one_bad_id_among_a_hundred_costs_that_one_alone(
    at: int, server: ArxivServer, cache: Path, naps: Naps
) -> None:
    assert arxiv_id(MALFORMED) == MALFORMED
    good = IDS[:99]
    report = fetch(server, [*good[:at], MALFORMED, *good[at:]], cache, naps)
    assert report == FetchReport(fetched=tuple(good), refused=(MALFORMED,))
    assert list(load_abstracts(cache)) == good
    assert len(server.requests) <= 1 + 2 * math.ceil(math.log2(100))


def test_many_bad_ids_cost_only_themselves(server: ArxivServer, cache: Path, naps: Naps) -> None:
    bad = [f"ao-sci/01020{n:02}" for n in range(MAX_REFUSED + 5)]
    mixed = [i for pair in zip(IDS, bad, strict=False) for i in pair]
    report = fetch(server, mixed, cache, naps)
    assert report == FetchReport(fetched=tuple(IDS[: len(bad)]), refused=tuple(bad))


def test_a_server_that_finds_fault_with_everything_is_not_asked_for_each_id(
    server: ArxivServer, cache: Path, naps: Naps
) -> None:
    server.script = [Status(400)] * 1000
    report = fetch(server, IDS, cache, naps)
    assert "HTTP 400" in report.error
    assert len(report.refused) == MAX_REFUSED
    assert len(server.requests) < 5 * MAX_REFUSED


def test_unknown_withdrawn_and_refused_ids_are_told_apart(cache: Path, naps: Naps) -> None:
    papers = [
        FakePaper("2401.00001"),
        FakePaper("2401.00002", comment="This paper has been withdrawn by\n the author: an error"),
        FakePaper("2401.00003", summary="This paper has been withdrawn."),
        FakePaper("2401.00004", comment="Withdrawn; superseded by a later work"),
        FakePaper("2401.00005", comment="This submission was later withdrawn by arXiv admins"),
        FakePaper("2401.00006", summary="We ask why a paper is read. Some articles are withdrawn."),
        FakePaper("2401.00007", comment="This work has not been withdrawn", summary="W" * 99),
    ]
    with ArxivServer(papers) as server:
        ids = [*server.papers, "2401.90001", "2401.90002", MALFORMED, "a-blog-post", ""]
        report = fetch(server, ids, cache, naps)
    assert report.fetched == tuple(paper.id for paper in papers)
    assert report.withdrawn == tuple(f"2401.0000{n}" for n in (2, 3, 4, 5))
    assert report.unknown == ("2401.90001", "2401.90002")
    assert sorted(report.refused) == ["", "a-blog-post", MALFORMED]
    assert report.error == ""
    kept = load_abstracts(cache)
    assert [i for i in kept if kept[i].withdrawn] == list(report.withdrawn)


def test_ids_in_every_form(cache: Path, naps: Naps) -> None:
    papers = [
        FakePaper("hep-th/9901001", "Old", version=2),
        FakePaper("math/0309136", "Old, with a subject class"),
        FakePaper("0704.0001", "Four digits"),
        FakePaper("2401.00001", "Five digits", version=4),
    ]
    asked = ["hep-th/9901001v1", "math.GT/0309136", "0704.0001", "arXiv:2401.00001v2", "2401.00001"]
    with ArxivServer(papers) as server:
        report = fetch(server, asked, cache, naps)
        bare = ["hep-th/9901001", "math/0309136", "0704.0001", "2401.00001"]
        assert server.asked == [bare]
    assert report == FetchReport(fetched=tuple(bare))
    titles = {record.id: record.title for record in load_abstracts(cache).values()}
    assert titles == dict(zip(bare, [paper.title for paper in papers], strict=True))


def test_ids_that_arxiv_does_not_know_cost_the_next_runs_little(
    server: ArxivServer, cache: Path, naps: Naps
) -> None:
    unknown = ["2401.90001", "2401.90002"]
    assert fetch(server, [*IDS[:9], *unknown], cache, naps).unknown == tuple(unknown)
    server.requests.clear()
    report = fetch(server, [*IDS[:9], *unknown], cache, naps)
    assert report == FetchReport(unknown=tuple(unknown))
    # The empty answer is believed once a paper that arXiv has is found beside them.
    assert server.asked == [unknown, [*unknown, IDS[0]]]
    assert len(naps.backoffs()) == 1


def test_an_empty_page_is_not_believed_while_a_known_paper_is_missing_from_it(
    server: ArxivServer, cache: Path, naps: Naps
) -> None:
    fetch(server, IDS[:1], cache, naps)
    server.script = [EmptyPage(total=0)] * 100
    report = fetch(server, IDS[:9], cache, naps)
    assert report.unknown == ()
    assert "an empty page" in report.error


def test_without_any_known_paper_an_empty_page_is_believed_in_the_end(
    server: ArxivServer, cache: Path, naps: Naps
) -> None:
    unknown = ("2401.90001", "2401.90002")
    assert fetch(server, unknown, cache, naps) == FetchReport(unknown=unknown)
    assert len(server.requests) == MAX_TRIES


def test_one_unknown_id_is_believed_at_once(server: ArxivServer, cache: Path, naps: Naps) -> None:
    assert fetch(server, ["2401.90001"], cache, naps) == FetchReport(unknown=("2401.90001",))
    assert len(server.requests) == 1
    assert not naps.backoffs()


# ── interruptions ────────────────────────────────────────────────────────────────────────────


def test_only_what_is_missing_is_asked_for(server: ArxivServer, cache: Path, naps: Naps) -> None:
    fetch(server, IDS[:5], cache, naps)
    server.requests.clear()
    assert fetch(server, IDS[:8], cache, naps).fetched == tuple(IDS[5:8])
    assert server.asked == [IDS[5:8]]
    server.requests.clear()
    assert fetch(server, [*IDS[:8], "not-an-id"], cache, naps).refused == ("not-an-id",)
    assert server.asked == []


def test_a_killed_fetch_loses_nothing_and_goes_on(
    server: ArxivServer, cache: Path, naps: Naps
) -> None:
    program = (
        "import sys, pathlib; from ssm_search.abstracts import fetch_abstracts; "
        "fetch_abstracts(sys.argv[3:], pathlib.Path(sys.argv[1]), api_url=sys.argv[2], interval=0)"
    )
    server.script = [None, Hang(after=0.5)]
    command = [sys.executable, "-c", program, str(cache), server.url, *IDS]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while len(server.requests) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
    assert len(server.requests) == 2
    assert list(load_abstracts(cache)) == IDS[:100]
    server.requests.clear()
    assert fetch(server, IDS, cache, naps).fetched == tuple(IDS[100:])
    assert server.asked == [IDS[100:200], IDS[200:]]
    assert list(load_abstracts(cache)) == IDS


def test_a_network_that_goes_away_leaves_what_came(cache: Path, naps: Naps) -> None:
    with ArxivServer(PAPERS) as server:

        def unplug(done: int, total: int) -> None:
            if done:
                server.stop()

        report = fetch(server, IDS, cache, naps, progress=unplug)
    assert report.fetched == tuple(IDS[:100])
    assert report.unknown == ()
    assert "no connection" in report.error
    assert "goes on where it stopped" in report.error
    assert list(load_abstracts(cache)) == IDS[:100]
    with ArxivServer(PAPERS) as server:
        assert fetch(server, IDS, cache, naps).fetched == tuple(IDS[100:])


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:{free}/api", "no connection"),
        ("nowhere", "no request"),
        ("ftp://127.0.0.1/", "no request"),
    ],
)
def test_without_a_server_nothing_is_waited_for(
    address: str, reason: str, cache: Path, naps: Naps
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = address.format(free=free.getsockname()[1])
    report = fetch_abstracts(IDS, cache, api_url=address, sleep=naps)
    assert not naps
    assert report.error
    assert replace(report, error="") == FetchReport(reason=reason)


def test_a_failed_fetch_replaces_nothing(server: ArxivServer, cache: Path, naps: Naps) -> None:
    fetch(server, IDS[:3], cache, naps)
    before = cache.read_bytes()
    for fault in (Status(404), Status(503, "999"), Oversized(MAX_FEED_BYTES + 1_000_000)):
        server.script = [fault]
        assert fetch(server, IDS[:6], cache, naps).error
        assert cache.read_bytes() == before


# ── the cache ────────────────────────────────────────────────────────────────────────────────

FULL = Abstract(
    "hep-th/9901001",
    "A “title” — with ünïcode\u2028and odd\x85line ends",
    'An abstract with "quotes", \\backslashes\\ and 数学.',
    ("Ada Example", "Émile Échantillon"),
    date(1999, 1, 2),
    ("hep-th", "math.AG"),
    withdrawn=True,
)
BARE = Abstract("2401.00001", "", "")


def test_records_come_back_as_they_were(cache: Path) -> None:
    append_abstracts(cache, [FULL])
    append_abstracts(cache, [BARE, replace(FULL, id="2401.00002")])
    records = [FULL, BARE, replace(FULL, id="2401.00002")]
    assert load_abstracts(cache) == {record.id: record for record in records}


def test_a_later_line_wins(cache: Path) -> None:
    append_abstracts(cache, [Abstract("2401.00001", "T", "first")])
    append_abstracts(cache, [Abstract("2401.00001", "T", "second")])
    assert load_abstracts(cache)["2401.00001"].abstract == "second"


def test_an_absent_file_is_an_empty_one(tmp_path: Path) -> None:
    assert load_abstracts(tmp_path / "nowhere" / "abstracts.jsonl") == {}


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"cannot read .* \(Is a directory\); expected JSON lines"):
        load_abstracts(tmp_path)


def test_a_file_made_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"arxiv_id": "2401.00001v3", "abstract": " Two\\n  lines. "}\r\n'
        b"\n"
        b'{"id": "arXiv:2401.00002", "abstract": "B.", "title": null, "published": '
        b'"2024-01-02T03:04:05Z", "source": "elsewhere"}'
    )
    assert load_abstracts(path) == {
        "2401.00001": Abstract("2401.00001", "", "Two lines."),
        "2401.00002": Abstract("2401.00002", "", "B.", published=date(2024, 1, 2)),
    }


@pytest.mark.parametrize("cut", [0.01, 0.3, 0.6, 0.99])
def test_a_last_line_cut_short_is_passed_over_and_mended(
    cut: float, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    append_abstracts(cache, [BARE, FULL])
    content = cache.read_bytes()
    start = content.index(b"\n") + 1
    cache.write_bytes(content[: start + max(1, int((len(content) - start - 1) * cut))])
    assert load_abstracts(cache) == {BARE.id: BARE}
    assert "cut short" in caplog.text
    append_abstracts(cache, [FULL])
    assert cache.read_bytes() == content
    assert load_abstracts(cache) == {BARE.id: BARE, FULL.id: FULL}


def test_a_last_line_that_only_lacks_its_end_is_kept(cache: Path) -> None:
    append_abstracts(cache, [BARE, FULL])
    content = cache.read_bytes()
    cache.write_bytes(content[:-1])
    assert load_abstracts(cache) == {BARE.id: BARE, FULL.id: FULL}
    append_abstracts(cache, [BARE])
    assert cache.read_bytes() == content + content[: content.index(b"\n") + 1]


@pytest.mark.parametrize(
    "tail", [b"\0" * 40, b"\xff\xfe{", b'{"id": "2401.00009", "title": "\xc3'], ids=repr
)
def test_a_last_line_that_a_crash_made_of_other_bytes_is_passed_over_and_mended(
    tail: bytes, cache: Path
) -> None:
    append_abstracts(cache, [BARE])
    with open(cache, "ab") as file:
        file.write(tail)
    assert load_abstracts(cache) == {BARE.id: BARE}
    append_abstracts(cache, [FULL])
    assert load_abstracts(cache) == {BARE.id: BARE, FULL.id: FULL}


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"id": "2401.00001", "abstract": "\xff"}',
        b'{"title": "T", "abstract": "A."}',
        b'{"id": "2401.00001", "title": "T"}',
        b'{"id": "2401.00001", "abstract": null}',
        b'{"id": "2401.00001", "abstract": ["A."]}',
        b'{"id": 2401.10000, "abstract": "A."}',
        b'{"id": "2401.00001", "abstract": "Half an emoji: \\ud83d"}',
        b'{"id": "2401.00001", "abstract": "A.", "authors": [1]}',
        b'{"id": "2401.00001", "abstract": "A.", "published": "yesterday"}',
        b'{"id": "2401.00001", "abstract": "A.", "published": 2024}',
    ],
    ids=lambda line: repr(line[:50]),
)
def test_any_other_line_that_is_no_record_is_named(line: bytes, cache: Path) -> None:
    good = json.dumps({"id": "2401.00002", "title": "T", "abstract": "A."}).encode()
    cache.parent.mkdir()
    cache.write_bytes(b"\n".join([good, b"", line, good, b""]))
    with pytest.raises(ListError, match=r"line 3: expected .* mend or delete") as caught:
        load_abstracts(cache)
    assert str(cache) in str(caught.value)
    cache.write_bytes(line + b"\n")  # the last one, but not cut short
    with pytest.raises(ListError, match="line 1"):
        load_abstracts(cache)


def test_whoever_adds_waits_for_one_who_is_adding(cache: Path) -> None:
    append_abstracts(cache, [BARE, FULL])
    content = cache.read_bytes()
    other = Abstract("2401.00002", "T", "A.")
    adding = threading.Thread(target=append_abstracts, args=(cache, [other]))
    with locked(cache), open(cache, "r+b", buffering=0) as file:
        file.truncate(len(content) - 9)  # as if the last line were still being written
        adding.start()
        time.sleep(0.1)
        file.seek(0, os.SEEK_END)
        file.write(content[-9:])
    adding.join()
    assert load_abstracts(cache) == {record.id: record for record in (BARE, FULL, other)}


def test_many_may_add_at_once(cache: Path) -> None:
    text = "word " * 20_000

    def add(number: int) -> None:
        for at in range(10):
            append_abstracts(cache, [Abstract(f"240{number}.0000{at}", "T", text)])

    threads = [threading.Thread(target=add, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load_abstracts(cache)) == 30


# ── filling in ───────────────────────────────────────────────────────────────────────────────


def test_what_is_missing_is_filled_in() -> None:
    paper = Paper("2401.00001", "Printed title")
    link = Paper("a-blog-post", "A blog post", kind="link")
    record = Abstract("2401.00001", "T", "A.", ("Ada",), date(2023, 12, 31), ("cs.LG",))
    filled = replace(
        paper,
        abstract="A.",
        authors=("Ada",),
        published=date(2023, 12, 31),
        arxiv_categories=("cs.LG",),
        year=2023,
    )
    assert with_abstracts([paper, link], {record.id: record}) == [filled, link]


def test_nothing_that_is_there_is_replaced_but_authors() -> None:
    paper = Paper(
        "2401.00001",
        "Printed title",
        year=2024,
        abstract="Mine.",
        authors=("Bea",),
        published=date(2024, 1, 1),
        arxiv_categories=("cs.CL",),
    )
    record = Abstract("2401.00001", "T", "A.", ("Ada",), date(2023, 12, 31), ("cs.LG",))
    # A list may shorten its authors, arXiv does not.
    assert with_abstracts([paper], {record.id: record}) == [replace(paper, authors=("Ada",))]
    printed = with_abstracts([replace(paper, published=None)], {record.id: record})
    assert printed[0].year == 2024


def test_a_paper_that_a_list_gives_by_its_id_gets_its_title() -> None:
    bare = Paper("2401.00001", untitled_title("2401.00001"))
    record = Abstract("2401.00001", "Tidal Scan", "A.")
    assert with_abstracts([bare], {record.id: record})[0].title == "Tidal Scan"


# ── what a fetch changes of an index ─────────────────────────────────────────────────────────


SHORT, WHOLE = ("A. Example",), ("Ada Example", "Émile Échantillon")


@pytest.fixture(params=["with its text", "authors alone"])
def indexed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An index of two papers, whose shortened authors are from a file of records."""
    listed = tmp_path / "list.md"
    rows = [f"- [{paper.title}](https://arxiv.org/abs/{paper.id})\n" for paper in PAPERS[:2]]
    listed.write_text("# Kites\n\n## Numbers\n\n" + "".join(rows))
    records = tmp_path / "records.jsonl"
    text = {"title": "T", "abstract": "My own text."} if "text" in request.param else {}
    lines = [json.dumps({"id": i, "authors": list(SHORT), **text}) + "\n" for i in IDS[:2]]
    records.write_text("".join(lines))
    folder = tmp_path / "index"
    build_index(listed, folder, abstracts=[records], encoder=WordEncoder(), offline=True)
    return folder


def of_authors(folder: Path) -> list[tuple[str, ...]]:
    return [paper.authors for paper in open_index(folder, WordEncoder()).papers]


def test_a_fetch_completes_the_authors_of_an_index(
    server: ArxivServer, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_URL_VARIABLE, server.url)
    before = open_index(indexed, WordEncoder())
    assert of_authors(indexed) == [SHORT, SHORT]
    done = CliRunner().invoke(app, ["fetch", "--index", str(indexed)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == f"2 fetched into {default_cache()}"
    assert of_authors(indexed) == [WHOLE, WHOLE]
    search = open_index(indexed, WordEncoder())
    found = search.query("numbers", author="Émile Échantillon")
    assert [hit.paper.id for hit in found] == IDS[:2]
    with pytest.raises(FilterError, match="no paper by 'Émile Échantillon'"):
        before.query("numbers", author="Émile Échantillon")
    numbers = [f"It studies the number {number} & no other." for number in (1, 2)]
    texts = [paper.abstract or other for paper, other in zip(before.papers, numbers, strict=True)]
    assert [paper.abstract for paper in search.papers] == texts

    # Built again from the list alone, it keeps what was fetched.
    build_index(indexed.parent / "list.md", indexed, encoder=WordEncoder(), offline=True)
    assert of_authors(indexed) == [WHOLE, WHOLE]


def test_a_fetch_that_fails_keeps_the_authors_of_an_index(
    server: ArxivServer, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_URL_VARIABLE, server.url)
    server.script = [Status(403)]
    done = CliRunner().invoke(app, ["fetch", "--index", str(indexed)])
    assert (done.exit_code, done.stdout, "fetched" in done.stderr) == (1, "", False)
    assert isinstance(done.exception, SsmSearchError)
    assert str(done.exception).startswith("got HTTP 403 from ")
    assert of_authors(indexed) == [SHORT, SHORT]
    # One that fails half way keeps those of whom nothing came.
    append_abstracts(default_cache(), [Abstract(IDS[1], "T", "A.", WHOLE)])
    assert of_authors(indexed) == [SHORT, WHOLE]
    build_index(indexed.parent / "list.md", indexed, encoder=WordEncoder(), offline=True)
    assert of_authors(indexed) == [SHORT, WHOLE]


# ── arXiv's own answers, where they are at hand ──────────────────────────────────────────────


def recorded() -> list[Any]:
    if not (RECORDED / "INDEX.json").exists():
        reason = "no recorded answers beside this checkout (../shared/atom)"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="recorded")]
    index = json.loads((RECORDED / "INDEX.json").read_text(encoding="utf-8"))
    return [
        pytest.param(answer, id=answer["file"])
        for answer in index
        if answer["file"].startswith("id_")
    ]


@pytest.mark.parametrize("answer", recorded())
def test_a_recorded_answer_is_read(answer: dict[str, Any], cache: Path, naps: Naps) -> None:
    asked = parse_qs(urlsplit(answer["url"]).query)["id_list"][0].split(",")
    # Some were asked for with what we refuse by ourselves: let another id get that answer.
    ids = [arxiv_id(text) or MALFORMED for text in asked]
    body = (RECORDED / answer["file"]).read_bytes()
    with ArxivServer() as server:
        ok = answer["status"] == 200
        server.script = [Body(body) if ok else Status(answer["status"], body=body)]
        report = fetch(server, ids, cache, naps)
        assert len(server.requests) == 1
    assert report.error == ""
    assert len(report.fetched) == (answer["entries"] if ok else 0)
    assert len(report.unknown) == (len(ids) - answer["entries"] if ok else 0)
    assert len(report.refused) == (0 if ok else len(ids))
    assert len(report.withdrawn) == answer["withdrawn"]
    kept = load_abstracts(cache)
    assert set(kept) == set(report.fetched)
    for record in kept.values():
        assert record.title
        assert record.abstract == " ".join(record.abstract.split()) != ""
        assert record.authors
        assert record.published
        assert record.arxiv_categories


# ── searching ────────────────────────────────────────────────────────────────────────────────


def search(
    server: ArxivServer, naps: Naps, limit: int = 1000, interval: float = INTERVAL
) -> list[Paper]:
    return search_arxiv("invented", limit, api_url=server.url, interval=interval, sleep=naps)


def test_a_search_takes_page_after_page(server: ArxivServer, naps: Naps) -> None:
    found = search(server, naps, interval=PATIENCE)  # no page takes as long
    assert [paper.id for paper in found] == IDS
    assert [(seen.query, seen.start) for seen in server.requests] == [
        ("invented", 0),
        ("invented", 100),
        ("invented", 200),
    ]
    assert len(naps) == 2  # one before each page but the first
    assert found[6] == Paper(
        "2401.00007",
        "Invented paper 7",
        url="https://arxiv.org/abs/2401.00007",
        venue="arXiv",
        year=2024,
        abstract="It studies the number 7 & no other.",
        authors=("Ada Example", "Émile Échantillon"),
        published=date(2024, 1, 2),
        arxiv_categories=("cs.LG", "cs.CL"),
    )


def test_a_search_ends_at_its_limit(server: ArxivServer, naps: Naps) -> None:
    assert [paper.id for paper in search(server, naps, 130)] == IDS[:130]
    assert [seen.start for seen in server.requests] == [0, 100]


@pytest.mark.parametrize("fault", [Status(503), EmptyPage(), EmptyPage(0), Part(0.5)])
def test_a_search_asks_again_for_what_may_pass(
    server: ArxivServer, naps: Naps, fault: Fault
) -> None:
    server.script = [fault]
    assert len(search(server, naps, 100)) == 100
    assert len(naps.backoffs()) == 1


def test_a_search_without_result_is_believed_the_second_time(naps: Naps) -> None:
    with ArxivServer() as server:
        assert search(server, naps) == []
        assert len(server.requests) == 2


def test_a_search_that_is_refused_says_why(server: ArxivServer, naps: Naps) -> None:
    server.script = [Status(400)]
    with pytest.raises(FetchError, match=r"got HTTP 400 from .* after 1 try"):
        search(server, naps)


def test_withdrawn_papers_are_not_found(naps: Naps) -> None:
    gone = replace(PAPERS[0], comment="This paper has been withdrawn")
    with ArxivServer([gone, PAPERS[1]]) as server:
        assert [paper.id for paper in search(server, naps)] == [PAPERS[1].id]


# ── what authors say of where a paper appeared ───────────────────────────────────────────────


def test_what_authors_say_is_kept_with_the_day_of_asking(cache: Path, naps: Naps) -> None:
    paper = FakePaper(
        "2401.00001", comment="Accepted  at\nICML 2024", journal_ref="PMLR 235", doi="10.1/x"
    )
    with ArxivServer([paper]) as server:
        fetch_abstracts([paper.id], cache, api_url=server.url, sleep=naps)
    record = load_abstracts(cache)[paper.id]
    assert (record.comment, record.journal_ref) == ("Accepted at ICML 2024", "PMLR 235")
    assert record.doi == "10.1/x"
    assert record.asked == datetime.now(UTC).date()


def test_what_was_asked_too_long_ago_is_asked_again_if_that_is_wanted(
    cache: Path, naps: Naps
) -> None:
    cache.parent.mkdir()
    old = '{"id": "2401.00001", "title": "Old", "abstract": "As it was."}\n'
    cache.write_text(old)
    day = date(2024, 5, 6)
    append_abstracts(cache, [Abstract("2401.00002", "Two", "", asked=day)])
    with ArxivServer(invented(2)) as server:
        ask = {"api_url": server.url, "sleep": naps}
        assert fetch_abstracts(IDS[:2], cache, **ask) == FetchReport()
        fetch_abstracts(IDS[:2], cache, since=day, **ask)
        assert server.asked == [["2401.00001"]]
        fetch_abstracts(IDS[:2], cache, since=day + timedelta(1), **ask)
        assert server.asked[1:] == [["2401.00002"]]
    assert [record.title for record in load_abstracts(cache).values()] == [
        "Invented paper 1",
        "Invented paper 2",
    ]
    assert cache.read_text().startswith(old)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"comments": "ICML 2024", "journal-ref": "PMLR", "doi": None}, ("ICML 2024", "PMLR", "")),
        ({"comment": ["a"], "journal_ref": 5}, ("", "", "")),
        ({"comment": "one", "comments": "other"}, ("one", "", "")),
    ],
)
def test_files_of_others_say_it_under_other_names(
    values: dict[str, Any], said: tuple[str, ...], cache: Path
) -> None:
    cache.parent.mkdir()
    cache.write_text(json.dumps({"id": "2401.00001", "title": "", "abstract": "", **values}))
    record = load_abstracts(cache)["2401.00001"]
    assert (record.comment, record.journal_ref, record.doi) == said
    assert record.asked is None


def test_titles_of_first_versions(naps: Naps) -> None:
    papers = [
        FakePaper("2401.00001", "New", version=3, first_title="Old"),
        FakePaper("2401.00002", "Same", version=2),
    ]
    with ArxivServer(papers) as server:
        ask = {"api_url": server.url, "sleep": naps}
        found = first_titles(["2401.00002v2", "2401.00001", "none", "2401.00009"], **ask)
        assert found == {"2401.00001": "Old", "2401.00002": "Same"}
        assert server.asked == [["2401.00002v1", "2401.00001v1", "2401.00009v1"]]
        assert first_titles([], **ask) == {}
    assert len(server.requests) == 1
