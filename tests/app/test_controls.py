"""No control character of a paper or a question gets through any door to a terminal or a page."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import WordEncoder
from rich.console import Console
from serving import http, served
from ssm_search_app import handlers, offers, render
from ssm_search_app.address import Search
from ssm_search_app.library import Library
from ssm_search_app.logs import OncePerMinute
from typer.testing import CliRunner

from ssm_search import Paper, PaperSearch, export, maps
from ssm_search.cli.questions import app
from ssm_search.cli.terminal import say
from ssm_search.text import shown_json

CONTROLS = "\u202e\u2066\x1b\x07\x00\x7f\x9b"
BREAKS = "\x85\u2028"
RAW = re.compile(f"[{CONTROLS}{BREAKS}]")
OURS = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;[^\x00-\x1f\x7f-\x9f]*\x1b\\")  # what Rich writes itself
LIST = "# Kites\n\n## See\n\n- [Video](https://x.example/1)\n"
QUERY = "/gradio_api/run/query"


def bad(text: str, controls: str = CONTROLS + BREAKS) -> str:
    return f"{text[:2]}{controls}{text[2:]}{controls}"


def paper(number: int, controls: str) -> Paper:
    def evil(text: str) -> str:
        return bad(text, controls)

    return Paper(
        f"kite-{number}",
        evil(f"Video {number} of a kite"),
        kind="link",
        url=evil(f"https://x.example/{number}"),
        pdf_url=evil("https://x.example/pdf"),
        code_url=evil("https://x.example/code"),
        venue=evil("Knots"),
        categories=((evil("See"), evil("Film")),),
        abstract=f"{evil('We fly a video well.')} It meets {evil('a graph')} there.",
        authors=(evil("Ada Flyer"),),
        arxiv_categories=(evil("cs.CV"),),
        name=evil("Kite"),
    )


@pytest.fixture(scope="module", params=[CONTROLS, CONTROLS + BREAKS], ids=["controls", "breaks"])
def search(request: pytest.FixtureRequest) -> PaperSearch:
    papers = [paper(number, request.param) for number in range(6)]
    return PaperSearch.from_papers(papers, WordEncoder(), headings=[(bad("Empty"),)])


@pytest.fixture(scope="module")
def library(search: PaperSearch) -> Library:
    return Library(search, None, LIST, offline=True)


def check(text: str, name: object = "") -> None:
    found = RAW.search(OURS.sub("", text))
    assert not found, (name, text[max(found.start() - 80, 0) : found.end() + 20])


def test_in_a_terminal(
    search: PaperSearch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ssm_search.search.shipped_search", lambda: search)
    question, text = bad("video of a kite"), bad("We fly a video. It is long enough to be filed.")
    for command in (
        ["query", question],
        ["query", question, "--json"],
        *(["query", question, "--format", form] for form in ("csv", "bibtex", "ris", "markdown")),
        ["query", bad("video by Nobody Known since 2020, not graphs")],
        ["related", "kite-1"],
        ["recommend", "kite-1", "--json"],
        ["suggest", question],
        ["suggest", question, "--json"],
        ["headings"],
        ["headings", "--json"],
        ["status"],
        ["submit", "--title", bad("A new kite"), "--abstract", text, "--offline"],
        ["submit", "--title", bad("A new kite"), "--abstract", text, "--offline", "--json"],
        ["doctor", "--offline"],
        # What is refused, and why.
        ["query", question, "--venue", bad("zzz")],
        ["query", question, "--category", bad("zzz")],
        ["related", bad("2401.99999")],
        ["submit", bad("zzz"), "--offline"],
        ["query", question, "--format", bad("zzz")],
    ):
        done = CliRunner().invoke(app, command, env={"COLUMNS": "150", "FORCE_COLOR": "1"})
        if done.exception and not isinstance(done.exception, SystemExit):
            say(f"ssm-search: {done.exception}")  # as the command does
        check(done.output + capsys.readouterr().err, command)


def test_in_python_and_notebooks(search: PaperSearch) -> None:
    hits = search.query(bad("video of a kite not a graph"))
    check(str(hits))
    check(hits._repr_html_())
    screen = io.StringIO()
    Console(file=screen, force_terminal=True, width=120).print(hits)
    check(screen.getvalue())


@pytest.mark.parametrize("form", export.SUFFIXES)
def test_in_files(search: PaperSearch, form: str) -> None:
    text = export.export(search.papers, form)
    check(text.replace("\r\n", "\n"))
    assert "Video3ofakite" in re.sub(r"\\u[\da-f]{4}|\s|\\t", "", text)


def test_on_the_map(search: PaperSearch, tmp_path: Path) -> None:
    hits = search.query(bad("video"))
    check(json.dumps(maps.map_data(search, hits, bad("video"))))
    maps.write_map(search, tmp_path / "map.html", hits, bad("video"))
    check((tmp_path / "map.html").read_text("utf-8"))
    maps.write_map(search, tmp_path / "map.svg", hits, bad("video"))
    check((tmp_path / "map.svg").read_text("utf-8"))


def test_on_the_page(library: Library) -> None:
    question = bad("video of a kite")
    for wish in (
        Search(),
        Search(q=question),
        Search(q=question, venue=bad("zzz")),
        Search(q=question, category=bad("zzz")),
        Search(q=bad("video by Nobody Known not graphs")),
    ):
        found = handlers.answer(library, wish)
        check(render.answers(found.found, found.line, chips=found.chips), wish)
    check(library.title)
    check(handlers.about_html(library))
    check(handlers.picks_html(library, {"like": ["kite-1"], "dislike": ["kite-2"]}))
    check(render.render("examples.html", examples=offers.examples(library)))
    text = f"{bad('A new kite')}\n\n{bad('We fly a video. It is long enough to be filed.')}"
    check(handlers.submission_html(library, text, ""))


def test_menus_still_choose(library: Library) -> None:
    """What stands in a menu is clean, and means the heading and the venue as they are."""
    ((name, path),) = [one for one in offers.headings(library) if "Film" in one[0]]
    (venue,) = offers.venues(library)
    assert (name.strip(), path, venue) == ("Film (6)", "See > Film", "Knots")
    for wish in (Search(q="video", category=path), Search(q="video", venue=venue)):
        assert len(handlers.answer(library, wish).found) == 6
        assert offers.in_menus(library, wish) == wish


def strings(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    for one in (
        answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    ):
        yield from strings(one)


@pytest.mark.slow
def test_over_http_and_to_agents(library: Library) -> None:
    question = bad("video of a kite")
    with served(library, mcp=True) as at:
        for path in ("/", "/config", "/gradio_api/info", "/health"):
            check(http.get(at + path).text, path)
        rest: list[Any] = [5, "", 0, 0, "", "any"]
        answer = http.post(at + QUERY, json={"data": [question, *rest]})
        check(answer.text)
        title = answer.json()["data"][0]["hits"][0]["title"]
        assert "\u202e" in title  # JSON means what the list says
        for refused in (
            [question, 5, bad("z"), 0, 0, "", "any"],
            [question, 5, "", 0, 0, bad("z"), "any"],
        ):
            answer = http.post(at + QUERY, json={"data": refused})
            assert answer.status_code == 400
            check(answer.text)
            (*_, said) = strings(answer.json())
            check(said)
        for path, wanted in (
            ("/api/query", {"text": question}),
            ("/api/query", {"text": question, "venue": bad("zzz")}),
            ("/api/query", {bad("zzz"): question}),
            ("/api/headings", {}),
            ("/feed.xml", {}),
            ("/feed.json", {}),
            ("/map.json", {}),
        ):
            check(http.get(at + path, params=wanted).text, path)
        headers = {"Accept": "application/json, text/event-stream"}
        for name, arguments in (
            ("query", {"text": question}),
            ("query", {"text": question, "venue": bad("zzz")}),
            ("query", {bad("zzz"): 1}),
            (bad("zzz"), {}),
            ("headings", {}),
        ):
            params = {"name": name, "arguments": arguments}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            result = http.post(f"{at}/mcp", json=body, headers=headers).json()["result"]
            for content in result["content"]:
                check(content["text"], name)
        for host in ("x\x85y.example", "x\x9b.example"):
            refusal = http.get(f"{at}/health", headers={"Host": host.encode("latin-1")})
            check(refusal.text)


def test_in_the_log() -> None:
    record = logging.LogRecord(
        "a", logging.WARNING, "b.py", 1, bad("failed: %s"), (bad("x"),), None
    )
    assert OncePerMinute().filter(record)
    check(record.getMessage())


def test_json_means_the_same() -> None:
    written = json.dumps({"a": bad("ключ")}, ensure_ascii=False)
    check(shown_json(written))
    assert json.loads(shown_json(written)) == {"a": bad("ключ")}
    assert "ключ"[:2] in shown_json(written)
