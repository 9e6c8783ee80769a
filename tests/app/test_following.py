"""The feeds of the page's list, as readers of feeds ask for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from fakes import WordEncoder
from serving import LIST, PAPERS, SCRIPT, http, library_of, served
from ssm_search_app import following
from ssm_search_app.library import Library

from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

pytestmark = pytest.mark.filterwarnings(
    "ignore::Warning:gradio",  # its own ways with pandas 3 and with MCP
    "ignore::DeprecationWarning:pandas",
)
HISTORY = {PAPERS[4].id: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("kites")
    library = library_of(folder)
    library.list_file = folder / "README.md"
    library.list_file.write_text(LIST, encoding="utf-8")
    return library


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    with served(library) as address:
        yield address


def test_atom(url: str) -> None:
    answer = http.get(f"{url}/feed.xml")
    assert answer.headers["content-type"] == "application/atom+xml"
    read = feedparser.parse(answer.content)
    assert (read.bozo, read.version, len(read.entries)) == (False, "atom10", len(PAPERS))
    assert read.feed.title == "Awesome Kites"
    assert {link.rel: link.href for link in read.feed.links} == {
        "self": f"{url}/feed.xml",
        "alternate": f"{url}/",
    }
    assert SCRIPT not in answer.text


def test_json(url: str) -> None:
    answer = http.get(f"{url}/feed.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert (feed["feed_url"], len(feed["items"])) == (f"{url}/feed.json", len(PAPERS))
    assert not any("A hostile text" in item["content_text"] for item in feed["items"])


def test_what_has_not_changed_is_not_sent_again(url: str) -> None:
    first = http.get(f"{url}/feed.xml")
    again = http.get(f"{url}/feed.xml", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = http.request("HEAD", f"{url}/feed.xml")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == first.headers["etag"]


def test_a_proxy_says_where_it_is_read(library: Library) -> None:
    with served(library, root_path="/papers", allow_hosts=["kites.example"]) as url:
        asked = {"X-Forwarded-Host": "kites.example", "X-Forwarded-Proto": "https"}
        feed = http.get(f"{url}/feed.json", headers=asked).json()
        assert feed["feed_url"] == "https://kites.example/papers/feed.json"
        assert feed["home_page_url"] == "https://kites.example/papers/"
        assert 'href="/papers/feed.xml"' in http.get(url).text
        assert http.get(f"{url}/feed.xml", headers={"Host": "evil.example"}).status_code == 421


def test_the_page_says_where_its_feeds_are(url: str) -> None:
    page = http.get(url).text
    for kind, path in (
        ("application/atom+xml", "feed.xml"),
        ("application/feed+json", "feed.json"),
    ):
        assert f'<link rel="alternate" type="{kind}" title="Awesome Kites" href="/{path}">' in page


def test_the_page_alone_says_how_a_link_to_it_is_shown(url: str) -> None:
    page = http.get(url).text
    told = re.findall(r'<meta (?:property|name)="((?:og|twitter):\w+)" content="([^"]*)"', page)
    assert told == [
        ("og:title", "Awesome Kites · ssm-search"),
        ("og:description", "Papers and posts, searched by meaning and by words."),
        ("og:type", "website"),
        ("twitter:card", "summary"),
    ]
    assert not re.search(r"(?:content|href)=\S*gradio", page.partition("</head>")[0], re.I)


def test_history_is_read_once_for_an_index(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def recorded(file: Path, papers: object) -> object:
        read.append(file)
        return type("History", (), {"added": HISTORY})

    monkeypatch.setattr(following.history, "read_history", recorded)
    own = Library(library.search, None, LIST, list_file=library.list_file)
    with served(own) as url:
        for path in ("feed.json", "feed.xml", "feed.json"):
            http.get(f"{url}/{path}")
        first = json.loads(http.get(f"{url}/feed.json").text)["items"][0]
        assert (first["title"], first["date_published"]) == (
            PAPERS[4].title,
            "2026-01-02T03:04:05Z",
        )
        assert read == [library.list_file]
        added = Paper("2612.00001", "A kite that came later", categories=(("Words",),))
        own.search = PaperSearch.from_papers([*PAPERS, added], WordEncoder())
        first = json.loads(http.get(f"{url}/feed.json").text)["items"][0]
        assert first["title"] == added.title
        assert len(read) == 2


def test_a_login_guards_the_feeds_too(library: Library) -> None:
    with served(library, auth=[("ada", "secret")]) as url:
        assert http.get(f"{url}/feed.xml").status_code == 401
        assert http.get(f"{url}/feed.xml", auth=("ada", "secret")).status_code == 200


def test_a_feed_for_each_name_is_kept_but_not_without_end(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_KEPT", 2)
    with served(library) as url:
        port = url.rpartition(":")[2]
        for name in ("localhost", "127.0.0.1", "localhost"):
            answer = http.get(f"{url}/feed.json", headers={"Host": f"{name}:{port}"})
            assert answer.json()["feed_url"] == f"http://{name}:{port}/feed.json"
            assert http.get(f"{url}/feed.xml", headers={"Host": f"{name}:{port}"}).is_success
