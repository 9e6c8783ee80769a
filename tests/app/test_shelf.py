"""Several lists behind one page: all at once, or one that is chosen."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
import requests as http
from click import unstyle
from conftest import PATIENCE
from fakes import WordEncoder
from gradio_client import Client
from mcp.types import ListToolsRequest
from pydantic import TypeAdapter
from serving import served
from ssm_search_app import handlers
from ssm_search_app.address import Search, from_address, to_address
from ssm_search_app.agents import mcp_server
from ssm_search_app.answers import ANSWERS
from ssm_search_app.bounds import Lanes
from ssm_search_app.events import Events
from ssm_search_app.library import Library, Shelf
from ssm_search_app.tools import tools
from typer.testing import CliRunner, Result

from ssm_search.cli import app
from ssm_search.errors import IndexFolderError, QueryError
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

FILM = Paper(
    "2401.00001",
    "Moving pictures",
    url="https://arxiv.org/abs/2401.00001",
    year=2024,
    venue="ICLR",
    categories=(("See",),),
    abstract="A video flies.",
)
NODES = Paper("2301.00002", "Nodes", year=2023, categories=(("Count",),), abstract="A graph.")
TREES = Paper("2201.00003", "Trees", year=2022, categories=(("Draw",),), abstract="A graph grows.")
HOSTILE = "<b onclick=x>Knots</b> & Co"


def library_of(folder: Path, title: str, papers: list[Paper]) -> Library:
    search = PaperSearch.from_papers(papers, WordEncoder())
    search.save(folder, title=title, list_name=f"{folder.name}.md")
    return Library(PaperSearch.load(folder, WordEncoder()), folder, offline=True)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("indexes")
    return Shelf.of(
        [
            library_of(folder / "kites", "Kites", [FILM, NODES]),
            library_of(folder / "knots", HOSTILE, [NODES, TREES]),
        ]
    )


def ids(found: handlers.Answer) -> list[str]:
    return [getattr(one, "paper", one).id for one in found.found]


def call(library: Library, name: str, **given: Any) -> Any:
    (tool,) = [one for one in tools(library, Lanes()) if one.__name__ == name]
    return asyncio.run(tool(**given))


# ── what is served ───────────────────────────────────────────────────────────────────────────


def test_lists_are_told_apart_and_counted_once(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.names == ("Kites", HOSTILE)
    assert shelf.title == f"Kites, {HOSTILE}"
    assert shelf.count == 3
    assert shelf.chosen("Kites").search.manifest.title == "Kites"
    assert shelf.chosen("") is shelf.chosen("nowhere") is shelf
    assert shelf.lists_of(NODES) == shelf.each[0].lists_of(NODES) == shelf.names
    twins = [library_of(tmp_path / name, "Kites", [FILM]) for name in ("a", "b")]
    assert Shelf.of(twins).names == ("Kites (a)", "Kites (b)")
    with pytest.raises(QueryError, match="about one list; name one of Kites"):
        _ = shelf.listed


def test_a_list_is_found_whatever_another_is_called_meanwhile(tmp_path: Path) -> None:
    made = [library_of(tmp_path / name, "Small", [FILM]) for name in ("a", "b")]
    made.append(library_of(tmp_path / "deep" / "b", "a", [FILM]))
    shelf = Shelf.of(made)
    assert shelf.names == ("Small (a)", "Small (b)", "a (b)")  # the first is in a folder "a"
    assert shelf.keys == ("a", "b", "b-2")
    PaperSearch.from_papers([FILM], WordEncoder()).save(tmp_path / "a", title="Large")
    made[0].look()
    assert shelf.names == ("Large", "Small", "a (b)")
    assert shelf.keys == ("a", "b", "b-2")
    for at, names in enumerate((["a", "Large", "Large (a)"], ["b", "Small", "Small (b)"], ["b-2"])):
        for name in (*names, shelf.names[at]):
            assert shelf.find(name) is made[at]
    assert [shelf.find(""), shelf.find("Small (a)"), shelf.find("c")] == [shelf, None, None]
    assert made[1].find("b") is made[1].find("Small") is made[1]
    assert made[1].find("a") is None


def test_an_address_of_a_list_that_is_not_there_says_so(shelf: Shelf) -> None:
    found = handlers.answer(shelf, Search(list="nowhere"))
    assert ids(found) == [FILM.id, NODES.id, TREES.id]
    assert found.line == (
        f"There is no list 'nowhere'; expected Kites, {HOSTILE}. "
        "Type what you look for. Here is what is newest on the lists."
    )
    found = handlers.answer(shelf.each[0], Search(q="graph", list="nowhere"))
    assert found.line.startswith("There is no list 'nowhere'; expected Kites. The best 2 (")
    found = handlers.answer(shelf, Search(q="qqqq zzzz", list="knots", category="Draw"))
    assert found.line.startswith(f"Nothing in {HOSTILE} under Draw is about that; the nearest are ")


def test_a_large_corpus_is_served_alone(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PaperSearch, "is_list", False)
    with pytest.raises(IndexFolderError, match="only lists are searched together"):
        Shelf.of(shelf.each)


def test_each_list_is_followed_when_it_is_built_again(tmp_path: Path) -> None:
    made = [library_of(tmp_path / name, name, [FILM, NODES]) for name in ("kites", "knots")]
    shelf, stop, renewed = Shelf.of(made), threading.Event(), threading.Event()
    shelf.renewed.append(renewed.set)
    follower = threading.Thread(target=shelf.follow, args=(stop, 0.01))
    follower.start()
    try:
        again = PaperSearch.from_papers([NODES, TREES], WordEncoder())
        again.save(tmp_path / "knots", title="Ropes")
        assert renewed.wait(PATIENCE)
        assert shelf.names == ("kites", "Ropes")
        assert shelf.count == 3
        assert shelf.chosen("Ropes").search.get(TREES.id)
        assert shelf.lists_of(TREES) == ("Ropes",)
    finally:
        stop.set()
        follower.join(PATIENCE)
    assert not follower.is_alive()


# ── the page ─────────────────────────────────────────────────────────────────────────────────


def test_all_lists_answer_or_the_chosen_one(shelf: Shelf) -> None:
    assert ids(handlers.answer(shelf, Search(q="graph")))[:2] == [NODES.id, TREES.id]
    assert ids(handlers.answer(shelf, Search(q="graph", list="Kites"))) == [NODES.id, FILM.id]
    assert ids(handlers.answer(shelf, Search(q="graph", list="nowhere", category="Draw"))) == [
        TREES.id
    ]
    newest = handlers.answer(shelf, Search())
    assert ids(newest) == [FILM.id, NODES.id, TREES.id]
    assert newest.line == "Type what you look for. Here is what is newest on the lists."
    assert ids(handlers.recommended(shelf, {"like": [FILM.id, TREES.id], "dislike": []}, 0)) == [
        NODES.id
    ]


def test_the_list_is_in_the_address() -> None:
    search = Search(q="graph", list=HOSTILE)
    assert from_address(to_address(search)) == search
    assert not search.is_filtered
    assert "list" not in to_address(Search(q="graph"))


def test_cards_say_which_lists_have_a_paper(shelf: Shelf) -> None:
    shown = Events(shelf).show(*astuple(Search(q="graph")), {}, 7)
    assert shown["address"] == "?q=graph"
    html = shown["html"]
    escaped = "&lt;b onclick=x&gt;Knots&lt;/b&gt; &amp; Co"
    assert f'<span class="lists" dir="auto">in Kites, {escaped}</span>' in html
    assert f'<span class="lists" dir="auto">in {escaped}</span>' in html
    assert "<b onclick" not in html
    html = Events(shelf).show(*astuple(Search(q="graph", list="kites")), {}, 7)["html"]
    assert html.count('<span class="lists"') == 1  # of what is searched, only what is elsewhere too
    assert f'<span class="lists" dir="auto">also in {escaped}</span>' in html
    alone = Library(PaperSearch.from_papers([NODES], WordEncoder()))
    html = Events(alone).show(*astuple(Search(q="graph")), {}, 7)["html"]
    assert NODES.title in html
    assert 'class="lists"' not in html


def test_menus_follow_the_list(shelf: Shelf) -> None:
    events = Events(shelf)
    found = events.restore("?q=graph&list=Kites&category=Draw&year_from=2023", {}, 7)
    values = dict(zip(Search.__dataclass_fields__, found["fields"], strict=True))
    kites = [("All headings", ""), ("See (1)", "See"), ("Count (1)", "Count")]
    years = [("any year", 0), ("2024", 2024), ("2023", 2023)]
    venues = [("any venue", ""), ("ICLR", "ICLR")]
    told = {"__type__": "update"}  # what the browser makes a menu anew by
    assert values["category"] == {**told, "choices": kites, "value": ""}
    assert values["venue"] == {**told, "choices": venues, "value": ""}
    assert values["year_from"] == {**told, "choices": years, "value": 2023}
    assert (values["q"], values["list"], found["open"]) == ("graph", "kites", True)
    found = events.restore("?q=graph&list=nowhere", {}, 7)
    values = dict(zip(Search.__dataclass_fields__, found["fields"], strict=True))
    assert values["list"] == ""
    assert ("Draw (1)", "Draw") in values["category"]["choices"]
    alone = Library(PaperSearch.from_papers([NODES], WordEncoder()))
    assert Events(alone).restore("?q=graph", {}, 7)["fields"] == astuple(Search(q="graph"))


def test_a_submission_goes_to_the_chosen_list_or_where_it_fits(shelf: Shelf) -> None:
    events = Events(shelf)
    html = events.judge("A graph of graphs\n\nA graph.", "", HOSTILE)
    assert "For the list &lt;b onclick=x&gt;Knots" in html
    assert "Draw" in html
    html = events.judge("Nowhere to be found\n\nA text of nothing.", "", "")
    assert "For the list" in html
    assert events.choose_to_file("Kites").choices == [
        ("the likeliest heading", ""),
        ("See (1)", "See"),
        ("Count (1)", "Count"),
    ]
    assert events.choose_to_file("").choices == [("the likeliest heading", "")]


def test_the_page_tells_of_each_list(shelf: Shelf) -> None:
    about = handlers.about_html(shelf)
    assert 'Kites · <a href="feed.xml?list=kites">feed</a></h3>' in about
    assert about.count("<h3") == 2
    assert "<h3" not in handlers.about_html(shelf.each[0])
    assert "kites.md" in about
    assert "knots.md" in about


# ── programs ─────────────────────────────────────────────────────────────────────────────────


def test_programs_choose_a_list_where_there_are_several(shelf: Shelf) -> None:
    found = call(shelf, "query", text="graph")
    assert [(one["id"], one["lists"]) for one in found["hits"]][:2] == [
        (NODES.id, shelf.names),
        (TREES.id, (HOSTILE,)),
    ]
    found = call(shelf, "query", text="graph", list="Kites")
    assert [(one["id"], one["lists"]) for one in found["hits"]] == [
        (NODES.id, shelf.names),
        (FILM.id, ("Kites",)),
    ]
    assert call(shelf, "get_paper", paper=TREES.id)["lists"] == (HOSTILE,)
    names = [one["category"] for one in call(shelf, "headings", list="Kites")]
    assert names == [("See",), ("Count",)]
    assert call(shelf, "submit", title="A graph", abstract="A graph.")["list_name"] in shelf.names
    given = call(shelf, "submit", title="A graph", abstract="A graph.", list="Kites")
    assert given.get("list_name", "Kites") == "Kites"
    with pytest.raises(QueryError, match="there is no list 'Ropes'; expected Kites, "):
        call(shelf, "query", text="graph", list="Ropes")


def test_with_one_list_there_is_nothing_to_choose(shelf: Shelf) -> None:
    alone = Library(PaperSearch.from_papers([NODES], WordEncoder()), offline=True)
    for tool, other in zip(tools(alone, Lanes()), tools(shelf, Lanes()), strict=True):
        names = list(inspect.signature(tool).parameters)
        assert [*names, "list"] == list(inspect.signature(other).parameters)
    assert "lists" not in call(alone, "query", text="graph")["hits"][0]
    with pytest.raises(QueryError, match="there is no 'list'"):
        call(alone, "query", text="graph", list="Kites")


def test_answers_are_of_their_types(shelf: Shelf) -> None:
    asked: dict[str, dict[str, Any]] = {
        "query": {"text": "graph"},
        "related": {"paper": NODES.id},
        "recommend": {"like": [FILM.id, TREES.id]},
        "suggest_categories": {"paper": "A graph. It has nodes."},
        "headings": {},
        "get_paper": {"paper": NODES.id},
        "submit": {"title": "A graph", "abstract": "It has nodes."},
    }
    for name, given in asked.items():
        answer = json.loads(json.dumps(call(shelf, name, **given)))
        TypeAdapter(ANSWERS[name]).validate_python(answer)


def test_agents_are_told_of_the_lists(shelf: Shelf) -> None:
    server = mcp_server(shelf, tools(shelf, Lanes()))
    listed = asyncio.run(server.request_handlers[ListToolsRequest](ListToolsRequest()))
    schemas = {tool.name: tool.inputSchema["properties"] for tool in listed.root.tools}  # type: ignore[union-attr]
    assert list(schemas["get_paper"]) == ["paper", "list"]
    assert schemas["query"]["k"]["maximum"] == 100
    assert all("list" in schema for schema in schemas.values())
    assert f"the papers of 2 curated lists, Kites, {HOSTILE}." in str(server.instructions)


def test_a_server_of_several_lists(shelf: Shelf) -> None:
    with served(shelf) as at:
        assert http.get(f"{at}/health").json()["papers"] == 3
        page = http.get(f"{at}/").text
        assert 'href="/feed.xml?list=kites"' in page
        assert "<b onclick" not in page
        feed = http.get(f"{at}/feed.xml", params={"list": "Kites"}).text
        assert "<title>Kites</title>" in feed
        assert f"{at}/feed.xml?list=kites" in feed
        assert TREES.title not in feed
        assert TREES.title in http.get(f"{at}/feed.xml").text
        asked = http.get(f"{at}/api/query", params={"text": "graph", "list": "Kites"})
        assert [one["id"] for one in asked.json()["hits"]] == [NODES.id, FILM.id]
        assert asked.headers["ETag"]
        for path in ("map.json", "feed.xml", "feed.json"):
            refused = http.get(f"{at}/{path}", params={"list": "no"})
            said = {"error": f"there is no list 'no'; expected Kites, {HOSTILE}"}
            assert (refused.status_code, refused.json()) == (404, said)
        maps = [http.get(f"{at}/map.json", params={"list": one}) for one in ("knots", HOSTILE)]
        assert [one.json()["ids"] for one in maps] == [[NODES.id, TREES.id]] * 2
        assert http.get(f"{at}/map.json").json()["ids"] == [FILM.id, NODES.id]
        for accepted, packed in (
            ("gzip", "gzip"),
            ("br, gzip;q=0.5", "gzip"),
            ("*", "gzip"),
            ("gzip;q=0", None),
            ("gzip; q=0.000, *", None),
            ("br", None),
            ("", None),
        ):
            given = http.get(f"{at}/map.json", headers={"Accept-Encoding": accepted})
            assert given.headers.get("Content-Encoding") == packed, accepted
        asked = http.get(f"{at}/api/query", params={"text": "graph", "list": "no"})
        assert (asked.status_code, "expected Kites" in asked.json()["error"]) == (400, True)
        told = http.get(f"{at}/api/openapi.json").json()["paths"]["/query"]["get"]["parameters"]
        assert "list" in [one["name"] for one in told]
        card = http.post(f"{at}/api/submit", json={"title": "A graph", "list": "Kites"})
        assert card.status_code == 200, card.text
        client = Client(at, verbose=False)
        found = client.predict("graph", k=1, list=HOSTILE, api_name="/query")
        assert [one["lists"] for one in found["hits"]] == [["Kites", HOSTILE]]
        config = http.get(f"{at}/config").json()
        menus = [
            one["props"] for one in config["components"] if one["props"].get("label") == "List"
        ]
        assert [menu["visible"] for menu in menus] == [True, True]
        assert menus[0]["choices"] == [["All lists", ""], ["Kites", "kites"], [HOSTILE, "knots"]]


# ── the command ──────────────────────────────────────────────────────────────────────────────


def test_the_command_serves_one_index_or_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, papers in (("kites", [FILM, NODES]), ("knots", [NODES, TREES])):
        library_of(tmp_path / name, name, papers)
        (tmp_path / f"{name}.md").write_text(f"# {name}\n", encoding="utf-8")
    served: list[Library] = []
    monkeypatch.setattr(
        "ssm_search_app.server.serve", lambda library, **options: served.append(library)
    )
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["app", "--offline", "--no-browser", *arguments])

    assert run("--index=kites").exit_code == 0
    assert run("--index=kites", "--index=knots", "--index=kites").exit_code == 0
    lists = ("--list=kites.md", "--list=knots.md")
    assert run("--index=kites", "--index=knots", *lists).exit_code == 0
    alone, both, named = served
    assert (type(alone), alone.title) == (Library, "kites")
    assert both.names == named.names == ("kites", "knots")
    assert [one.list_text for one in named.each] == ["# kites\n", "# knots\n"]
    refused = run("--index=kites", "--index=knots", "--list=kites.md")
    assert refused.exit_code == 2
    # Colours are on once another test has asked for them.
    assert "--index is given 2 times and --list 1 times" in " ".join(
        unstyle(refused.output).replace("│", " ").split()
    )
    assert len(served) == 3
