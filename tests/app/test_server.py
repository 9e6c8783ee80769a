"""The server without a browser: what programs call, what is refused, how the command behaves."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from arxiv_server import ArxivServer, FakePaper, Status
from conftest import PATIENCE, ROOT
from fakes import WordEncoder
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from numpy.typing import NDArray
from serving import (
    ABS,
    CAM,
    IN_LINE,
    LIST,
    PAPERS,
    RIBBONS,
    http,
    is_up,
    search_of,
    served,
    wait_for,
)
from ssm_search_app import server
from ssm_search_app.bounds import BUSY, MAX_BODY, MAX_TEXT, MAX_WAITING, WORKERS
from ssm_search_app.library import Library
from ssm_search_app.server import serve
from ssm_search_app.tools import MAX_ANSWERS, MAX_SEEDS

from ssm_search import (
    Paper,
    PaperSearch,
    ServeError,
    abstracts,
    display,
    hits_to_json,
    open_index,
    suggestion_to_json,
)
from ssm_search.abstracts.cache import API_URL_VARIABLE, default_cache
from ssm_search.cli import show as look
from ssm_search.cli.questions import main
from ssm_search.cli.show import AUTH_VARIABLE, _users
from ssm_search.search import shipped_search
from ssm_search.shipped import shipped_folder

pytestmark = pytest.mark.filterwarnings(
    "ignore::Warning:gradio",  # its own ways with pandas 3 and with MCP
    "ignore::DeprecationWarning:pandas",
)
TOOLS = ["query", "related", "recommend", "suggest_categories", "headings", "get_paper", "submit"]
ASK = "/gradio_api/run/query"


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    with served(library, mcp=True) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False, download_files=False)


DEFAULTS: dict[str, list[Any]] = {
    "query": ["", 10, "", 0, 0, "", "any"],
    "related": ["", 10, ""],
    "recommend": [[], [], 10, 0.0],
    "suggest_categories": ["", 3],
}


def ask(url: str, tool: str, *data: Any) -> httpx.Response:
    """Over plain HTTP, where every value has to be given."""
    whole = [*data, *DEFAULTS[tool][len(data) :]]
    return http.post(f"{url}/gradio_api/run/{tool}", json={"data": whole}, timeout=IN_LINE)


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def hits_json(hits: Any) -> Any:
    return as_json(hits_to_json(hits))


# ── answers to programs ──────────────────────────────────────────────────────────────────────


def test_health(url: str) -> None:
    answer = http.get(f"{url}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "papers": len(PAPERS)})


def test_a_plain_post_is_answered(url: str, kites: PaperSearch) -> None:
    answer = ask(url, "query", "video string", 3, "Moving", 2023, 2025, "", "any")
    expected = kites.query("video string", 3, category="Moving", year=(2023, 2025))
    assert answer.status_code == 200
    assert answer.json()["data"] == [hits_json(expected)]
    assert ask(url, "query", "2302.00001").json()["data"][0]["hits"][0]["id"] == CAM.id
    answer = ask(url, "query", "video", 5, "", 0, 2023, "ICKF", "with")
    expected = kites.query("video", 5, year=(0, 2023), venue="ICKF", has_code=True)
    assert answer.json()["data"] == [hits_json(expected)]
    assert [hit.paper for hit in expected] == [CAM]


def test_programs_are_told_what_was_left_out(url: str, kites: PaperSearch) -> None:
    expected = kites.query("graph", 2, venue="kite letters")
    assert expected.left_out.papers == 7
    answer = ask(url, "query", "graph", 2, "", 0, 0, "kite letters", "any")
    assert answer.json()["data"] == [hits_json(expected)]
    assert answer.json()["data"][0]["left_out"] == {"papers": 7, "lacking": "venue"}
    nothing = ask(url, "query", "graph", 2, "", 0, 0, "kite letters", "with")
    assert nothing.json()["data"][0]["hits"] == []
    said = "{} papers without a known venue left out".format
    assert [one.headers["x-left-out"] for one in (answer, nothing)] == [said(7), said(3)]
    assert "x-left-out" not in ask(url, "query", "graph").headers


def test_all_six_through_gradio_client(client: Client, kites: PaperSearch) -> None:
    def call(name: str, *values: Any, **named: Any) -> Any:
        return client.predict(*values, **named, api_name=f"/{name}")

    assert call("query", "video") == hits_json(kites.query("video"))
    filtered = kites.query("graph", 2, venue="kite letters", has_code=False)
    assert call("query", text="graph", k=2, venue="kite letters", code="without") == hits_json(
        filtered
    )
    assert call("related", CAM.id, k=4) == hits_json(kites.related(CAM.id, 4))
    assert call("related", paper=CAM.title, category="Sound") == hits_json(
        kites.related(CAM.title, category="Sound")
    )
    like, dislike = [CAM.id, "audio"], [RIBBONS.title]
    assert call("recommend", like) == hits_json(kites.recommend(like))
    assert call("recommend", like=like, dislike=dislike, k=3, diversity=0.5) == hits_json(
        kites.recommend(like, dislike, 3, 0.5)
    )
    text = "Video of wind. The video was taken by a kite."
    told = kites.suggest_categories(text)
    assert told
    assert call("suggest_categories", text) == as_json([suggestion_to_json(one) for one in told])
    assert call("headings") == as_json(display.headings_to_json(kites.tree))
    card = call("submit", link="2602.00077", title="Video of strings", abstract="A video of them.")
    assert (card["verdict"], card["duplicates"]) == ("fits", [])
    assert card["row"] == f"- [Video of strings]({ABS}2602.00077)"
    assert card["patch"].startswith("--- a/README.md\n+++ b/README.md\n")
    card = call("submit", ABS + CAM.id)
    assert [one["id"] for one in card["duplicates"]] == [CAM.id]
    assert card["no_row"] == "already listed, line 7, under Moving › Film of Things"
    card = call("submit", "2602.00078", "Video of wind", category="Nets")
    assert card["category"] == ["Structured", "Nets"]


def test_programs_are_told_of_six_functions_and_no_more(client: Client) -> None:
    told = client.view_api(return_format="dict", print_info=False)
    assert isinstance(told, dict)
    named = told["named_endpoints"]
    assert sorted(named) == sorted(f"/{name}" for name in TOOLS)
    assert told["unnamed_endpoints"] == {}
    asked = {one["parameter_name"]: one for one in named["/query"]["parameters"]}
    assert list(asked) == ["text", "k", "category", "year_from", "year_to", "venue", "code"]
    defaults = {name: one["parameter_default"] for name, one in asked.items() if name != "text"}
    assert list(defaults.values()) == [10, "", 0, 0, "", "any"]
    assert not asked["text"]["parameter_has_default"]
    for name, tool in named.items():
        assert tool["description"], name
        for one in tool["parameters"]:
            assert one["type"], (name, one)


@pytest.mark.parametrize(
    ("tool", "data", "reason"),
    [
        ("query", [""], "the query is empty; type a few words, a title, or an arXiv id"),
        ("query", [" \u0000 "], "the query is empty; type a few words, a title, or an arXiv id"),
        ("query", ["video", MAX_ANSWERS + 1], "k: Input should be less than or equal to 100"),
        ("query", ["video", 0], "k: Input should be greater than or equal to 1"),
        ("query", ["video", "many"], "k: Input should be a valid integer"),
        ("query", ["video", 10**30], "k: Input should be less than or equal to 100"),
        ("query", [7], "text: Input should be a valid string"),
        ("query", [["video"]], "text: Input should be a valid string"),
        ("query", ["v" * (MAX_TEXT + 1)], f"at most {MAX_TEXT} characters"),
        ("query", ["video", 5, "Nowhere"], "no paper stands under 'Nowhere'; `headings`"),
        ("query", ["video", 5, "Sonud"], "did you mean 'Sound'?"),
        ("query", ["video", 5, "", 0, 0, "Kite Leters"], "did you mean 'Kite Letters'?"),
        ("query", ["video", 5, "", 2025, 2023], "year is (2025, 2023); expected one year"),
        ("query", ["video", 5, "", 0, 0, "", "maybe"], "code: Input should be 'any', 'with'"),
        ("related", ["2401.99999"], "2401.99999 is not among the 19 entries"),
        ("recommend", [[]], "nothing is liked; name at least one paper"),
        ("recommend", ["video"], "like: Input should be a valid list"),
        ("recommend", [["video"] * (MAX_SEEDS + 1)], f"at most {MAX_SEEDS} items"),
        ("recommend", [["video"], [], 5, 1.5], "diversity: Input should be less than or equal"),
        ("recommend", [["video"], [], 5, "NaN"], "diversity: Input should be"),
        ("suggest_categories", [""], "the query is empty"),
        ("submit", [""], "nothing was submitted; expected an arXiv id, a link or a title"),
        ("submit", ["2602.00079"], "give its title and abstract"),
        ("submit", ["2602.00080", "Video of wind", "", "Nowhere"], "Nowhere"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(
    client: Client, url: str, tool: str, data: list[Any], reason: str
) -> None:
    if tool == "submit":  # through the queue
        with pytest.raises(AppError) as caught:
            client.predict(*data, api_name="/submit")
        told = str(caught.value)
    else:
        answer = ask(url, tool, *data)
        assert answer.status_code != 200
        told = answer.json()["error"]
        assert not re.search(r"Traceback|\.py|/work|site-packages|File \"", answer.text)
    assert reason in told
    assert "\n" not in told


def test_too_many_and_too_few_values_are_refused_without_a_trace(url: str) -> None:
    for body in (
        b'{"data": []}',
        b'{"data": ["a", 1, "", 0, 0, "", "any", 1, 2, 3]}',
        b'{"data": {"text": "a"}}',
        b'{"data": "a"}',
        b"{}",
        b"[]",
        b"not JSON",
        b"",
        b"\xff\xfe",
        b'{"data": ["a"], "fn_index": 0}',
        b'{"data": ["a"], "fn_index": 999, "session_hash": "x"}',
        b'{"data": ["a"], "event_data": {"_data": {"__class__": "x"}}}',
    ):
        answer = http.post(url + ASK, content=body, headers={"Content-Type": "application/json"})
        assert not re.search(rf"Traceback|{ROOT}|site-packages|File \"", answer.text), body
        assert answer.status_code != 200 or "rank" in answer.text, body


def test_agents_find_and_call_the_seven_tools(url: str, kites: PaperSearch) -> None:
    async def session() -> tuple[Any, Any, Any, Any]:
        async with (
            streamable_http_client(f"{url}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as agent,
        ):
            await agent.initialize()
            tools = await agent.list_tools()
            found = await agent.call_tool("query", {"text": "video", "k": 3})
            wrong = await agent.call_tool("query", {"text": "", "k": 3})
            none = await agent.call_tool(
                "query", {"text": "video", "venue": "kite letters", "code": "with"}
            )
            return tools.tools, found, wrong, none

    tools, found, wrong, none = asyncio.run(session())
    assert sorted(tool.name for tool in tools) == sorted(TOOLS)
    for tool in tools:
        assert len(tool.description) > 40
        asked = tool.inputSchema["properties"]
        assert asked or tool.name == "headings"
        assert all(one["description"] for one in asked.values()), tool.name
        for name, one in asked.items():
            assert one["examples"], (tool.name, name)
            for example in one["examples"]:
                jsonschema.validate(example, one)
    of_query = {tool.name: tool for tool in tools}["query"].inputSchema["properties"]
    assert of_query["year_from"]["examples"] == [2023]
    assert of_query["year_from"]["description"] == "Only papers of this year or later; 0 for all."
    assert json.loads(found.content[0].text) == hits_json(kites.query("video", 3))
    assert len(found.content) == 1
    assert len(none.content) == 1
    told = json.loads(none.content[0].text)
    assert (told["hits"], told["left_out"]) == ([], {"papers": 3, "lacking": "venue"})
    assert wrong.isError
    assert "the query is empty" in wrong.content[0].text
    assert "Traceback" not in wrong.content[0].text


# ── who may ask what ─────────────────────────────────────────────────────────────────────────


def test_who_has_no_password_gets_in_nowhere(library: Library, kites: PaperSearch) -> None:
    with served(library, auth=[("ada", "kites:9"), ("ben", "b")]) as at:
        assert http.get(f"{at}/health").status_code == 200
        assert ask(at, "query", "video").status_code == 401
        for path in ("/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=x"):
            assert http.get(at + path).status_code == 401, path
        start = http.get(at, headers={"Accept": "text/html"})
        assert (start.status_code, "Log in" in start.text) == (401, True)
        assert CAM.title not in start.text
        wrong = http.post(f"{at}/login", data={"username": "ada", "password": "b"})
        assert wrong.status_code == 400
        with pytest.raises(Exception, match=r"(?i)could not fetch|login|credentials|401"):
            Client(at, verbose=False, analytics_enabled=False)
        client = Client(at, verbose=False, analytics_enabled=False, auth=("ada", "kites:9"))
        assert client.predict("video", api_name="/query") == hits_json(kites.query("video"))


def test_other_sites_and_uploads_get_nothing(url: str) -> None:
    origin = {"Origin": "https://evil.example"}
    answers = [
        http.post(url + ASK, json={"data": ["video"]}, headers=origin),
        http.get(f"{url}/config", headers=origin),
        http.options(url + ASK, headers={**origin, "Access-Control-Request-Method": "POST"}),
    ]
    for answer in answers:
        assert answer.headers.get("Access-Control-Allow-Origin") not in ("*", origin["Origin"])
    for size in (2, 5000):
        sent = http.post(f"{url}/gradio_api/upload", files={"files": ("a.txt", b"x" * size)})
        assert sent.status_code >= 400
    for path in ("/etc/passwd", str(ROOT / "pyproject.toml"), "../../pyproject.toml"):
        assert http.get(f"{url}/gradio_api/file={path}").status_code in (403, 404)
    for path in ("/docs", "/redoc", "/monitoring", "/gradio_api/monitoring"):
        assert http.get(url + path).status_code in (403, 404), path
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_large_bodies_are_refused_unread(url: str) -> None:
    text = b'{"data": ["' + b"v" * MAX_BODY + b'"]}'

    for path in (ASK, "/gradio_api/queue/join", "/gradio_api/mcp/", "/login"):
        answer = http.post(url + path, content=text, timeout=PATIENCE)
        assert answer.status_code == 413, path
        most = "250,000" if path in (ASK, "/gradio_api/mcp/") else "1,000,000"
        assert answer.json() == {"error": f"more than {most} bytes were sent"}
    assert ask(url, "query", "v" * MAX_TEXT).status_code == 200


BODY = json.dumps({"data": ["video", *DEFAULTS["query"][1:]]}).encode()
HEADERS = {"Content-Type": "application/json"}


class SlowEncoder(WordEncoder):
    """Encodes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.begun = 0

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        self.begun += 1
        assert self.go.wait(PATIENCE)
        return super().encode(texts)


def test_few_work_some_wait_and_the_rest_are_told_to_come_again(tmp_path: Path) -> None:
    encoder = SlowEncoder()
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    too_many = 6
    with served(library) as at, ThreadPoolExecutor(WORKERS + MAX_WAITING + too_many) as pool:
        before = encoder.begun
        encoder.go.clear()
        try:
            asked = [
                pool.submit(ask, at, "query", f"video {n}")
                for n in range(WORKERS + MAX_WAITING + too_many)
            ]
            wait_for(lambda: sum(one.done() for one in asked) >= too_many)
            wait_for(lambda: encoder.begun == before + WORKERS)
            refused = [one for one in asked if one.done()]
            assert http.get(f"{at}/health", timeout=PATIENCE).status_code == 200
            assert http.get(at, timeout=PATIENCE).status_code == 200
            assert encoder.begun == before + WORKERS
        finally:
            encoder.go.set()
        assert len(refused) == too_many
        for one in refused:
            answer = one.result()
            assert (answer.status_code, answer.json()) == (503, {"error": BUSY})
            assert answer.headers["Retry-After"] == "1"
        for one in set(asked) - set(refused):
            answer = one.result(PATIENCE)
            assert (answer.status_code, len(answer.json()["data"][0]["hits"])) == (200, 10)
        assert ask(at, "query", "video").status_code == 200


def surplus(at: str) -> httpx.Response | None:
    """The answer to one request too many; None as long as there is room for it."""
    try:
        answer = http.post(at + ASK, content=BODY, headers=HEADERS, timeout=0.5)
    except httpx.TimeoutException:
        return None
    return answer


def test_a_client_that_leaves_while_waiting_frees_its_place(tmp_path: Path) -> None:
    encoder = SlowEncoder()
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    with served(library) as at, ThreadPoolExecutor(WORKERS) as pool:
        before = encoder.begun
        encoder.go.clear()
        try:
            working = [pool.submit(ask, at, "query", f"video {n}") for n in range(WORKERS)]
            wait_for(lambda: encoder.begun == before + WORKERS)
            head = f"POST {ASK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n"
            request = f"{head}Content-Type: application/json\r\n\r\n".encode() + BODY
            address = ("127.0.0.1", int(at.rpartition(":")[2]))
            crowd = [socket.create_connection(address) for _ in range(MAX_WAITING)]
            for one in crowd:
                one.sendall(request)
            wait_for(lambda: surplus(at))
            for one in crowd:
                one.close()
            wait_for(lambda: surplus(at) is None)  # it waits; it is not refused any more
        finally:
            encoder.go.set()
        assert all(one.result(PATIENCE).status_code == 200 for one in working)
        assert ask(at, "query", "video").status_code == 200


# ── the start ────────────────────────────────────────────────────────────────────────────────


def test_abstracts_come_in_while_the_page_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hurried = functools.partial(
        abstracts.fetch_abstracts, interval=0.01, sleep=lambda seconds: None
    )
    monkeypatch.setattr(abstracts, "fetch_abstracts", hurried)
    folder = tmp_path / "index"
    search_of(folder)
    (folder / "abstracts.jsonl").unlink()
    search = open_index(folder, WordEncoder())
    library = Library(search, folder, LIST)
    with ArxivServer() as arxiv:
        monkeypatch.setenv(API_URL_VARIABLE, arxiv.url)
        arxiv.script = [Status(503)] * 50
        library.prepare()
        assert "answers are shown without abstracts" in caplog.text
    assert library.search is search
    assert library.search.query("kitecam", 1)[0].paper.abstract == ""
    with ArxivServer([FakePaper(CAM.id, CAM.title, CAM.abstract)]) as arxiv:
        monkeypatch.setenv(API_URL_VARIABLE, arxiv.url)
        library.prepare()
        assert default_cache().is_file()
        (hit,) = library.search.query("kitecam steady", 1)
        assert (hit.paper.abstract, hit.why.sentence) == (
            CAM.abstract,
            "The video it takes is steady.",
        )
        asked = len(arxiv.requests)
        Library(library.search, folder, offline=True).prepare()
        assert len(arxiv.requests) == asked
    now = library.search
    monkeypatch.setenv(API_URL_VARIABLE, "http://127.0.0.1:9/api/query")
    library.prepare()
    assert library.search is now


def add_to(folder: Path, paper: Paper) -> None:
    """Build the index in ``folder`` again with one paper more, as another process would."""
    known = PaperSearch.load(folder, WordEncoder())
    PaperSearch.from_papers([*known.papers, paper], WordEncoder()).save(folder)


def test_an_index_that_is_built_again_is_answered_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, stop = tmp_path / "index", threading.Event()
    library = Library(search_of(folder), folder, LIST, offline=True)
    library.list_of = lambda found: f"{len(found.papers)} papers"
    before = library.search
    library.look()
    assert library.search is before  # what was just saved is what stands there
    new = Paper("2501.00077", "Gliders that sing", year=2029, categories=(("Moving", "Gliders"),))
    follower = threading.Thread(target=library.follow, args=(stop, 0.01))
    with served(library) as at:
        follower.start()
        try:
            assert "Gliders" not in http.get(f"{at}/config").text
            add_to(folder, new)
            wait_for(lambda: library.search.get(new.id))
            (hit,) = ask(at, "query", new.title, 1).json()["data"][0]["hits"]
            assert (hit["id"], hit["why"]["exact"]) == (new.id, True)
            assert library.search.encoder is before.encoder
            assert library.list_text == f"{len(PAPERS) + 1} papers"
            wait_for(lambda: "Gliders (1)" in http.get(f"{at}/config").text)
            opened = http.get(f"{at}/config").json()["components"]
            menus = [one["props"].get("choices", []) for one in opened]
            assert sum(["2029", 2029] in menu for menu in menus) == 2
            assert http.get(f"{at}/health").json()["papers"] == len(PAPERS) + 1
            # One that cannot be read is reported, and the last good one goes on.
            now = library.search
            manifest = (folder / "manifest.json").read_text(encoding="utf-8")
            (folder / "other.json").write_text("{}", encoding="utf-8")
            (folder / "other.json").replace(folder / "manifest.json")
            wait_for(lambda: "answers come from the index that was there before" in caplog.text)
            assert library.search is now
            assert ask(at, "query", new.title, 1).status_code == 200
            # One that says the same is none to change to.
            (folder / "manifest.json").write_text(manifest, encoding="utf-8")
            add_to(folder, Paper("2501.00078", "Gliders that hum"))
            wait_for(lambda: library.search.get("2501.00078"))
        finally:
            stop.set()
            follower.join(PATIENCE)
    assert not follower.is_alive()


def test_a_manifest_that_comes_within_the_same_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    library = Library(search_of(folder), folder, offline=True)
    library.look()
    status = folder.stat()
    library.search.manifest.stamped(title="Gliders").write(folder)
    os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns))
    library.look()
    assert library.title == "Gliders"


def test_an_index_by_another_encoder_brings_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    library = Library(search_of(folder), folder, offline=True)
    shutil.rmtree(folder)
    shutil.copytree(shipped_folder(), folder)
    library._open_again()
    assert library.search.encoder.fingerprint == shipped_search().encoder.fingerprint
    assert library.search.query("mamba for video", 1)[0].paper.id == "2403.09626"


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("ada:9secret9\n\n ben:a:b \n", [("ada", "9secret9"), ("ben", "a:b")]),
        ("", None),
        ("ada", None),
        ("ada:\n", None),
        (":9secret9", None),
        ("ada:9secret9\nben", None),
        ("ada:9secret9\nada:b", None),
    ],
)
def test_who_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, users: list[tuple[str, str]] | None
) -> None:
    file = tmp_path / "users"
    file.write_text(text)
    monkeypatch.delenv(AUTH_VARIABLE, raising=False)
    assert _users(None) is None
    monkeypatch.setenv(AUTH_VARIABLE, text)
    for source in (file, None):
        if users:
            assert _users(source) == users
        else:
            expected = "expected (lines of name:password|each once)"
            with pytest.raises(ServeError, match=expected) as caught:
                _users(source)
            assert str(caught.value).startswith(str(source or AUTH_VARIABLE))
            assert "9secret9 " not in str(caught.value)


def test_a_file_of_users_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match=r"cannot read .*; expected lines of name:password"):
        _users(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff:\xfe")
    with pytest.raises(ServeError, match="cannot read"):
        _users(tmp_path / "bytes")


def test_a_port_that_is_taken_is_said_in_a_line(
    library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(look, "open_search", lambda index: library.search)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} .*choose another --port"):
            serve(library, port=port)
        monkeypatch.setattr(sys, "argv", ["ssm-search", "app", "--port", str(port), "--offline"])
        with pytest.raises(SystemExit) as caught:
            main()
    assert caught.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    start = f"ssm-search: cannot listen at 127.0.0.1, port {port} ("
    assert said.err.startswith(start)
    assert said.err.count("\n") == 1


def test_it_ends_once_the_encoder_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process would be aborted if it ended while native code loads one."""
    encoder = SlowEncoder()
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    before = encoder.begun

    class Told:
        """A server that is told to end while the encoder is loaded."""

        started, should_exit = True, True

        def run(self, **_: Any) -> None:
            wait_for(lambda: encoder.begun > before)
            threading.Timer(0.1, encoder.go.set).start()

    monkeypatch.setattr(server, "build_app", lambda *_, **__: None)
    monkeypatch.setattr(server, "Server", lambda *_: Told())
    monkeypatch.setattr(server, "quiet_logs", lambda: None)
    encoder.go.clear()
    with pytest.raises(KeyboardInterrupt):
        serve(library, port=0)
    assert encoder.go.is_set()


def command(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, API_URL_VARIABLE: "http://127.0.0.1:9/api/query"}
    return subprocess.Popen(
        [sys.executable, "-m", "ssm_search", "app", "--no-browser", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    )


def test_the_command_says_where_it_is_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    process = command(tmp_path, "--port", "0", "--offline", "--mcp")
    try:
        assert process.stdout
        line = process.stdout.readline()
        told = re.fullmatch(
            r"Awesome-Mamba is at (http://127\.0\.0\.1:(\d+)) \(Ctrl\+C stops it\)\n", line
        )
        assert told, line
        wait_for(lambda: is_up(told[1]))
        with socket.create_connection(
            ("127.0.0.1", int(told[2]))
        ) as line:  # somebody is still there
            line.sendall(
                f"POST {ASK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n".encode()
            )
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert said.strip() in ("", "ssm-search: interrupted")
    finally:
        process.kill()
        process.communicate()


def test_an_agent_is_told_where_it_is_not_answered(library: Library) -> None:
    with served(library) as url:
        for path in ("/mcp", "/gradio_api/mcp/"):
            told = http.post(f"{url}{path}", json={}, timeout=PATIENCE)
            assert told.status_code == 404
            assert told.text == (
                "This server does not answer agents; start it with `ssm-search app --mcp`, or give "
                "`ssm-search mcp` as the command of a server in the agent's settings.\n"
            )
