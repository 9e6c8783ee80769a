"""Who gets into the server, what bad clients can do to it, and that all doors answer the same."""

from __future__ import annotations

import asyncio
import base64
import functools
import inspect
import io
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio
import httpx
import numpy as np
import pytest
from conftest import PATIENCE, ROOT
from fakes import WordEncoder
from gradio import processing_utils, queueing, route_utils, state_holder
from numpy.typing import NDArray
from serving import CAM, IN_LINE, http, is_up, search_of, served, wait_for
from ssm_search_app import bounds, connections, handlers, render, taming
from ssm_search_app.address import Search
from ssm_search_app.bounds import (
    FEW,
    LONG_WORKERS,
    MAX_ASIDE,
    MAX_WAITING,
    MISUNDERSTOOD,
    SHORT,
    WORKERS,
)
from ssm_search_app.gate import DOORS, SPACE_VARIABLE, Gate, host_name
from ssm_search_app.library import Library
from ssm_search_app.login import COOKIE, FREE_OF_ADDRESS, FREE_TRIES, MAX_PAUSE, Login
from ssm_search_app.logs import EVERY, OncePerMinute
from ssm_search_app.page import build_page
from ssm_search_app.server import build_app, serve
from ssm_search_app.taming import PAUSE, SESSIONS, UNREAD, UNREAD_SESSIONS, bound_page
from ssm_search_app.tools import tools
from typer.testing import CliRunner

import ssm_search
from ssm_search import PaperSearch, ServeError, hits_to_json
from ssm_search.cli.questions import app as command_line

pytestmark = pytest.mark.filterwarnings(
    "ignore::Warning:gradio",  # its own ways with pandas 3
    "ignore::DeprecationWarning:pandas",
)
MCP = "/gradio_api/mcp/"
ASK = "/gradio_api/run/query"
DATA = {"data": ["video", 10, "", 0, 0, "", "any"]}
ADA = ("ada", "kites:9")
DEFAULTS: dict[str, list[Any]] = {
    "query": [10, "", 0, 0, "", "any"],
    "recommend": [[], 10, 0.0],
}
MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    with served(library, mcp=True, allow_hosts=["papers.example.org"]) as address:
        yield address


@pytest.fixture(scope="module")
def locked(library: Library) -> Iterator[str]:
    """A server with a login, for which no time passes: who has to wait waits for good."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ssm_search_app.server.Login", functools.partial(Login, clock=lambda: 0.0))
        with served(library, mcp=True, auth=[ADA, ("ben", "b")]) as address:
            yield address


def call_tool(at: str, name: str, path: str = MCP, **more: Any) -> httpx.Response:
    params = {"name": name, "arguments": more.pop("arguments", {"text": "video"})}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = MCP_HEADERS | more.pop("headers", {})
    return http.post(at + path, json=body, headers=headers, **more)


def raw(at: str, text: str | bytes, wait: float = PATIENCE) -> bytes:
    """What the server answers to these bytes until it hangs up, or falls silent for a while."""
    with socket.create_connection(("127.0.0.1", int(at.rpartition(":")[2])), timeout=wait) as line:
        answer = b""
        try:  # it may hang up before it has read all
            line.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
            while part := line.recv(65536):
                answer += part
        except (TimeoutError, ConnectionError):
            pass
        return answer


# ── who is asked who they are ────────────────────────────────────────────────────────────────


def doors(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each method and path that an application answers, applications in it included."""
    for route in app.routes:
        if included := getattr(route, "original_router", None):
            yield from doors(included, prefix)
            continue
        path = prefix + re.sub(r"\{[^}]*\}", "x", route.path)
        if hasattr(route, "methods"):
            yield from ((method, path) for method in route.methods or ("GET", "POST"))
        else:  # mounted
            yield from doors(route, path)


def test_every_route_asks_who_is_there(locked: str, library: Library) -> None:
    async def found() -> list[tuple[str, str]]:
        return sorted(set(doors(build_app(library, mcp=True, auth=[ADA]))))

    every = asyncio.run(found())
    assert len(every) > 80
    reached = set()
    with httpx.Client(base_url=locked, timeout=PATIENCE) as client:
        for method, path in every:
            if (method, path) in {("GET", "/health"), ("POST", "/login"), ("POST", "/login/")}:
                continue
            answer = client.request(method, path, params={"session_hash": "x"})
            expected = 303 if path == "/logout" else 401 if DOORS.fullmatch(path) else 404
            assert answer.status_code == expected, (method, path)
            assert CAM.title not in answer.text
            reached.add(answer.status_code)
        for path in ("", "/?q=video", "/manifest.json", "/gradio_api/openapi.json", "/mcp"):
            assert client.get(path).status_code == 401
        assert client.get("/health").status_code == 200
    assert reached == {303, 401, 404}


@pytest.mark.parametrize("path", [MCP, "/gradio_api/mcp", "/mcp", "/mcp/"])
def test_agents_are_asked_who_they_are(locked: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Basic YWRhOmJhZA=="}, {"Cookie": f"{COOKIE}=x"}):
        answer = call_tool(locked, "query", path, headers=headers)
        assert (answer.status_code, CAM.title in answer.text) == (401, False)
    answer = call_tool(locked, "query", path, auth=ADA)
    assert (answer.status_code, CAM.title in answer.text) == (200, True)
    for method in ("GET", "DELETE"):
        assert http.request(method, locked + path, auth=ADA).status_code == 405


@pytest.mark.parametrize(
    "credentials",
    [
        ("ada ", "kites:9"),
        (" ada", "kites:9"),
        ("Ada", "kites:9"),
        ("ada", "kites:9 "),
        ("ada", "kites"),
        ("ada", "b"),
        ("ada", ""),
        ("", ""),
        ("ada\0", "kites:9"),
    ],
)
def test_names_and_passwords_are_compared_exactly(credentials: tuple[str, str]) -> None:
    async def attempts() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(Login(nothing, [ADA, ("ben", "b")]))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            form = dict(zip(("username", "password"), credentials, strict=True))
            return await client.post("/login", data=form), await client.get("/", auth=credentials)

    form, basic = asyncio.run(attempts())
    assert basic.json() == {"error": "wrong name or password"}
    assert (form.status_code, form.json()) == (400, {"error": "wrong name or password"})
    assert not form.cookies
    assert basic.status_code == 401


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers everybody."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def test_one_cookie_that_scripts_and_other_sites_do_not_get(locked: str) -> None:
    form = {"username": ADA[0], "password": ADA[1]}
    for headers, ending in (
        ({}, ""),
        ({"X-Forwarded-Proto": "https"}, "; Secure"),
        ({"X-Forwarded-Proto": "https, http"}, "; Secure"),
    ):
        answer = http.post(f"{locked}/login", data=form, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        (cookie,) = answer.headers.get_list("set-cookie")
        assert re.fullmatch(
            rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax{ending}", cookie
        )
    session = {"Cookie": cookie.partition(";")[0]}
    assert http.post(locked + ASK, json=DATA, headers=session).status_code == 200
    gone = http.get(f"{locked}/logout", headers=session)
    assert (gone.status_code, gone.headers["Location"]) == (303, "/")
    assert http.post(locked + ASK, json=DATA, headers=session).status_code == 401


def test_a_person_comes_back_to_the_search_that_was_opened(locked: str) -> None:
    with httpx.Client(base_url=locked, headers={"Accept": "text/html"}) as browser:
        page = browser.get("/?q=%22%3E%3Cscript%3E")
        assert page.status_code == 401
        assert '<form method="post" action="/login">' in page.text
        assert 'name="search" value="?q=%22%3E%3Cscript%3E"' in page.text
        for search, place in (("?q=video", "/?q=video"), ("//evil.example", "/"), ("", "/")):
            form = {"username": "ben", "password": "b", "search": search}
            answer = browser.post("/login", data=form)
            assert (answer.status_code, answer.headers["Location"]) == (303, place)
        wrong = browser.post("/login", data={"username": "ben", "password": "<b>"})
        assert (wrong.status_code, "Wrong name or password." in wrong.text) == (400, True)
    script = http.get(locked, headers={"Sec-Fetch-Mode": "cors"})
    assert (script.status_code, "WWW-Authenticate" in script.headers) == (401, False)
    assert "Basic" in http.get(locked).headers["WWW-Authenticate"]


def test_wrong_passwords_slow_down() -> None:
    now = [0.0]

    login = Login(nothing, [ADA, ("ben", "b")], clock=lambda: now[0])
    client = httpx.AsyncClient(transport=httpx.ASGITransport(login, client=("10.0.0.9", 1)))

    async def attempt(password: str, client: httpx.AsyncClient = client) -> httpx.Response:
        form = {"username": "ada", "password": password}
        return await client.post("http://localhost/login", data=form)

    async def attempts() -> None:
        for _ in range(FREE_TRIES):
            assert (await attempt("bad")).status_code == 400
        for pause in (1, 2, 4, 8, 16, 32, MAX_PAUSE, MAX_PAUSE):
            for password in ("bad", ADA[1]):
                early = await attempt(password)
                assert (early.status_code, early.headers["Retry-After"]) == (429, str(pause))
            early = await client.get("http://localhost/", auth=("ada", "bad"))
            assert early.status_code == 429
            ben = await client.get("http://localhost/", auth=("ben", "b"))
            assert ben.status_code == 200  # who shares the address
            now[0] += pause
            assert (await attempt("bad")).status_code == 400
        other = httpx.AsyncClient(transport=httpx.ASGITransport(login, client=("10.0.0.8", 1)))
        assert (await attempt(ADA[1], other)).status_code == 200
        now[0] += MAX_PAUSE
        assert (await attempt(ADA[1])).status_code == 200
        assert (await attempt("bad")).status_code == 400
        assert (await attempt(ADA[1])).status_code == 200

    asyncio.run(attempts())


def test_guesses_at_many_names_slow_down_too() -> None:
    async def attempts() -> list[int]:
        transport = httpx.ASGITransport(Login(nothing, [ADA], clock=lambda: 0.0))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            tries = [(f"user{n}", "bad") for n in range(FREE_OF_ADDRESS)] + [ADA]
            return [(await client.get("/", auth=one)).status_code for one in tries]

    assert asyncio.run(attempts()) == [401] * FREE_OF_ADDRESS + [429]


def test_guesses_that_come_together_wait_for_each_other(locked: str) -> None:
    """All but the last byte of each is sent before the first is judged."""
    lines = []
    for number in range(3 * FREE_TRIES):
        form = f"username=carl&password=bad{number:02}"
        head = f"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(form)}\r\n"
        lines.append((socket.create_connection(port_of(locked)), form))
        lines[-1][0].sendall(f"{head}Connection: close\r\n\r\n{form[:-1]}".encode())
    statuses = []
    for line, form in lines:
        line.sendall(form[-1].encode())
        statuses.append(line.recv(65536).split()[1])
        line.close()
    assert sorted(statuses) == [b"400"] * FREE_TRIES + [b"429"] * 2 * FREE_TRIES


def test_only_the_logins_own_cookie_is_read() -> None:
    """Python's reader of cookies takes 7 s for 60,000 backslashes."""
    seen: list[list[bytes]] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        seen.append([value for name, value in scope["headers"] if name == b"cookie"])
        await nothing(scope, receive, send)

    async def ask(cookie: str) -> None:
        transport = httpx.ASGITransport(Gate(watched))
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.get("http://localhost/health", headers={"Cookie": cookie})
            assert answer.status_code == 200

    own = f"{COOKIE}=abc-DEF_1"
    for cookie in ('a="' + "\\" * 60_000 + '"', f'a="{own}"', f"x{own}", "", f"{COOKIE}="):
        asyncio.run(ask(cookie))
    for cookie in (own, f"a=b; {own}", f"a=b;{own} ;c=d", f'a="\\\\"; {own}'):
        asyncio.run(ask(cookie))
    assert seen == [[]] * 5 + [[own.encode()]] * 4


# ── for whom it answers ──────────────────────────────────────────────────────────────────────

EVIL = "evil.example"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": EVIL},
        {"Host": f"{EVIL}:80"},
        {"Host": EVIL, "Origin": f"http://{EVIL}"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": "evil.example/localhost"},
        {"Host": "localhost:x"},
        {"Host": "[::1"},
        {"Host": "0.0.0.0"},
        {"Host": "localhost#"},
        {"Host": "localhost?"},
        {"X-Forwarded-Host": EVIL},
        {"X-Forwarded-Host": f"localhost, {EVIL}"},
        {"X-Forwarded-Host": "papers.example.org:80@evil.example"},
    ],
    ids=str,
)
def test_only_for_hosts_that_were_named(url: str, headers: dict[str, str]) -> None:
    for answer in (
        http.get(url, headers=headers),
        http.post(url + ASK, json=DATA, headers=headers),
        call_tool(url, "query", headers=headers),
        http.get(f"{url}/health", headers=headers),
    ):
        assert answer.status_code == 421
        assert "--allow-host" in answer.json()["error"]
        assert "access-control-allow-origin" not in answer.headers
        assert CAM.title not in answer.text


@pytest.mark.parametrize(
    "origin",
    [
        f"http://{EVIL}",
        "null",
        "ftp://127.0.0.1",
        "://127.0.0.1",
        "http://localhost:1",
        "http://127.0.0.1",
        "https://localhost.evil",
    ],
)
def test_not_for_pages_of_other_sites(url: str, origin: str) -> None:
    headers = {"Origin": origin}
    for host in ("127.0.0.1", "papers.example.org"):
        headers["Host"] = host + ":" + url.rpartition(":")[2]
        for answer in (
            http.get(f"{url}/config", headers=headers),
            http.post(url + ASK, json=DATA, headers=headers),
            http.options(url + ASK, headers=headers),
            call_tool(url, "query", headers=headers),
        ):
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "LOCALHOST.:7860"},
        {"Host": "[::1]:7860"},
        {"Host": "papers.example.org"},
        {"Host": "papers.example.org", "Origin": "https://papers.example.org"},
        {"X-Forwarded-Host": "papers.example.org", "Origin": "https://papers.example.org"},
        {"Host": "127.0.0.1:80", "Origin": "https://papers.example.org:8443"},
        {"Host": "localhost:9000", "Origin": "http://localhost:9000"},
    ],
    ids=str,
)
def test_for_the_hosts_that_were(url: str, headers: dict[str, str]) -> None:
    assert http.post(url + ASK, json=DATA, headers=headers).status_code == 200
    assert call_tool(url, "query", headers=headers).status_code == 200


def test_the_address_that_was_bound_is_one(library: Library) -> None:
    for host, own in (("Kites.lan", "kites.lan"), ("10.1.2.3", "10.1.2.3"), ("0.0.0.0", "")):
        with served(library, host=host) as at:
            for asked in ("kites.lan", "10.1.2.3", "0.0.0.0"):
                answer = http.get(f"{at}/health", headers={"Host": asked})
                assert answer.status_code == (200 if asked == own else 421), (host, asked)
            port = int(at.rpartition(":")[2])
            assert http.get(f"http://127.0.0.1:{port}/health").status_code == 200


@pytest.mark.parametrize("name", ["", "http://papers.example.org/", "a/b", "a b", "*"])
def test_a_name_that_is_no_host_is_refused_at_the_start(library: Library, name: str) -> None:
    with pytest.raises(ServeError, match="is no host; expected a name such as papers"):
        serve(library, port=0, allow_hosts=["localhost", name])


def test_names_of_hosts() -> None:
    told = {"a.b:1": "a.b", "A.": "a", "[::1]:1": "::1", "": "", "a/b": "", "u@a": "", "a:b": ""}
    assert {one: host_name(one) for one in told} == told


def test_no_forged_header_makes_it_ask_anybody(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: object) -> None:
        reached.append(address)
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", watched)
    with socket.create_server(("127.0.0.1", 0)) as trap:
        place = f"127.0.0.1:{trap.getsockname()[1]}"
        submission = {"link": "2602.00077", "title": "Video of strings", "abstract": "A video."}
        for headers in (
            {"X-Gradio-Server": f"http://{place}"},
            {"Host": place},
            {"X-Forwarded-Host": place},
            {"Host": f"localhost:{trap.getsockname()[1]}"},
            {},
        ):
            answer = call_tool(url, "submit", arguments=submission, headers=headers)
            assert answer.status_code == 200
            card = json.loads(answer.json()["result"]["content"][0]["text"])
            assert (card["verdict"], card["row"]) == (
                "fits",
                "- [Video of strings](https://arxiv.org/abs/2602.00077)",
            )
        trap.setblocking(False)
        with pytest.raises(BlockingIOError):
            trap.accept()
    assert {address for address in reached if isinstance(address, tuple)} == {
        ("127.0.0.1", int(url.rpartition(":")[2]))
    }


FILE = {"path": "", "meta": {"_type": "gradio.FileData"}}


def test_what_looks_like_a_file_is_not_opened(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio would copy it into its cache, or fetch it, before any function of ours is called."""
    reached: list[object] = []
    connect, opened = socket.socket.connect, tempfile.gettempdir()
    monkeypatch.setattr(
        socket.socket, "connect", lambda self, at: (reached.append(at), connect(self, at))[1]
    )
    secret = tmp_path / "secret.txt"
    secret.write_text("kites:9")
    before = set(Path(opened, "gradio").rglob("*"))
    with socket.create_server(("127.0.0.1", 0)) as trap:
        there = f"http://127.0.0.1:{trap.getsockname()[1]}/a.txt"
        for path in (there, str(secret), "/dev/zero", "pyproject.toml"):
            for file in (FILE | {"path": path}, FILE | {"path": "x", "url": path}):
                for tool in ("run/query", "api/query", "call/query", "run/recommend"):
                    data = [[file]] if tool == "run/recommend" else [file]
                    body = {"data": [*data, *DEFAULTS[tool.partition("/")[2]]]}
                    answer = http.post(f"{url}/gradio_api/{tool}", json=body)
                    assert answer.status_code == (200 if "call" in tool else 400)
                    assert str(tmp_path) not in answer.text
                for number in range(12):
                    body = {"data": [file] * 9, "fn_index": number, "session_hash": "x"}
                    answer = http.post(f"{url}/gradio_api/run/predict", json=body)
                    assert str(ROOT) not in answer.text
                    assert "gettempdir" not in answer.text
        assert http.get(f"{url}/health").status_code == 200
        trap.setblocking(False)
        with pytest.raises(BlockingIOError):
            trap.accept()
    assert {at for at in reached if isinstance(at, tuple)} == {port_of(url)}
    assert set(Path(opened, "gradio").rglob("*")) == before


def test_gradio_still_has_what_is_taken_from_it() -> None:
    taming.tame_gradio()
    for name in (
        "async_move_files_to_cache",
        "move_files_to_cache",
        "async_ssrf_protected_download",
        "save_url_to_cache",
    ):
        assert getattr(processing_utils, name).__module__ == "ssm_search_app.taming", name
    assert "processing_utils.async_move_files_to_cache(" in inspect.getsource(gradio.blocks)
    assert gradio.routes.App.create_app.__module__ == "ssm_search_app.taming"
    assert "App.create_app(self, mcp_server=False)" in inspect.getsource(gradio.Blocks.queue)
    assert "traceback.print_exc()" in inspect.getsource(gradio.routes)
    assert "file_response(BUILD_PATH_LIB, " in inspect.getsource(gradio.routes)
    assert gradio.routes.file_response.__module__ == "ssm_search_app.taming"
    assert "SessionState(app.get_blocks())" in inspect.getsource(route_utils)
    assert "SessionState(self.blocks)" in inspect.getsource(state_holder)


def test_programs_wait_for_no_description_of_the_page(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    described: list[str] = []
    describe = gradio.blocks.Block.get_config

    def watched(self: Any, *given: Any) -> Any:
        described.append(self.get_block_name())
        return describe(self, *given)

    monkeypatch.setattr(gradio.blocks.Block, "get_config", watched)
    for session in ({}, {"session_hash": "first"}, {"session_hash": "second"}):
        assert http.post(url + ASK, json=DATA | session).status_code == 200
    assert len(described) <= 3 * (len(DATA["data"]) + 1)  # what they sent, and what they got


def test_answers_to_agents_are_checked_by_tests_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[Any] = []
    monkeypatch.setattr("jsonschema.validate", lambda instance, schema: checked.append(instance))
    assert call_tool(url, "query").json()["result"]["structuredContent"]["hits"]
    assert checked == []


def test_routes_are_made_for_one_application_alone(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio would make them three times while the page is built, for nobody."""
    made: list[Any] = []
    create = taming._create_app

    def counted(*given: Any, **options: Any) -> Any:
        made.append(options["parent_app"])
        return create(*given, **options)

    monkeypatch.setattr(taming, "_create_app", counted)

    async def build() -> Any:
        return build_app(library)

    assert asyncio.run(build()) is made[0]
    assert len(made) == 1


def test_little_is_remembered_of_those_who_ask(library: Library) -> None:
    pushed = []

    async def push(**given: Any) -> tuple[bool, str, str]:
        pushed.append(given["body"].session_hash)
        return True, "id", "success"

    async def ask() -> list[Any]:
        lanes = bounds.Lanes()
        page = build_page(library, lanes, tools(library, lanes))
        page._queue.push = push  # type: ignore[method-assign]
        bound_page(page)
        assert page.state_session_capacity == SESSIONS
        queue = page._queue
        for number in range(UNREAD_SESSIONS):
            queue.pending_event_ids_session[str(number)] = {"a"}
            queue.pending_messages_per_session[str(number)] = object()
        queue.pending_event_ids_session["3"] = set(map(str, range(UNREAD)))
        told = [await queue.push(SimpleNamespace(session_hash=one), None, None) for one in "37x"]
        assert list(queue.pending_event_ids_session)[:2] == ["1", "2"]
        assert "0" not in queue.pending_messages_per_session
        assert "1" in queue.pending_messages_per_session
        return told

    told = asyncio.run(ask())
    assert told == [(False, bounds.BUSY, "queue_full"), *2 * [(True, "id", "success")]]
    assert pushed == ["7", "x"]


def test_a_page_rests_where_nobody_waits(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = []

    async def look() -> None:
        lanes = bounds.Lanes()
        page = build_page(library, lanes, tools(library, lanes))
        page.queue()
        bound_page(page)

        here = asyncio.get_running_loop()

        async def sleep(seconds: float) -> None:
            if asyncio.get_running_loop() is not here:  # a server of other tests is there too
                await asyncio.sleep(seconds)
                return
            slept.append(seconds)
            page._queue.stopped = len(slept) % 3 == 0

        monkeypatch.setattr(queueing, "asyncio", SimpleNamespace(sleep=sleep))
        for loop in (page._queue.start_processing, page._queue.start_progress_updates):
            page._queue.stopped = False
            await loop()

    asyncio.run(look())
    assert slept == [PAUSE] * 6


def test_nobody_is_forgotten_whose_answer_is_still_to_come(library: Library) -> None:
    async def push(**given: Any) -> tuple[bool, str, str]:
        return True, "id", "success"

    async def ask() -> dict[str, set[str]]:
        lanes = bounds.Lanes()
        page = build_page(library, lanes, tools(library, lanes))
        page._queue.push = push  # type: ignore[method-assign]
        bound_page(page)
        queue = page._queue
        unread = queue.pending_event_ids_session
        unread["oldest"] = {"at work"}
        queue.event_ids_to_events["at work"] = object()  # type: ignore[assignment]
        for number in range(UNREAD_SESSIONS):
            unread[str(number)] = {f"done {number}"}
            queue.pending_messages_per_session[str(number)] = object()
        unread["5"] = set()  # it has all that it asked for
        await queue.push(SimpleNamespace(session_hash="1"), None, None)
        return dict(unread)

    left = asyncio.run(ask())
    kept = ["oldest", *(str(n) for n in range(UNREAD_SESSIONS) if n not in (1, 5)), "1"]
    assert list(left) == kept


def test_what_the_page_does_not_need_is_not_there(url: str) -> None:
    for method, path in (
        ("GET", "/gradio_api/proxy=https://x.hf.space/"),
        ("GET", "/gradio_api/file=https://evil.example/a.png"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/heartbeat/x"),
        ("GET", "/svelte/x"),
        ("GET", "/gradio_api/mcp/sse"),
        ("GET", "/gradio_api/mcp/schema"),
        ("GET", "/monitoring"),
        ("GET", "//health"),
    ):
        answer = http.request(method, url + path)
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": "there is nothing at this address"},
        ), path


def test_what_browsers_are_told(
    url: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in (http.get(url), http.get(f"{url}/x"), http.get(f"{url}/health")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self';" in policy
        assert policy.endswith("frame-ancestors 'self'")
        assert not re.search(r"https?:|\*", policy)
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
        assert "Cache-Control" not in answer.headers
    (start,) = re.findall(r'src="\./(assets/index-[^"]+)"', http.get(url).text)
    forever = "max-age=31536000, immutable"  # the name says what is in it
    assert http.get(f"{url}/{start}").headers["Cache-Control"] == forever
    assert "Cache-Control" not in http.get(f"{url}/assets/index-none.js").headers
    monkeypatch.setenv(SPACE_VARIABLE, "ada-kites.hf.space")
    with served(library) as at:
        headers = http.get(at).headers
        policy = headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'self' https://huggingface.co")
        assert "X-Frame-Options" not in headers


# ── a few bad clients ────────────────────────────────────────────────────────────────────────

HALF = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Half:"
POST = f"POST {ASK} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def port_of(at: str) -> tuple[str, int]:
    return ("127.0.0.1", int(at.rpartition(":")[2]))


def is_closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(65536) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_a_head_that_does_not_end_is_hung_up_on(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "KEEP_ALIVE", 0.6)
    whole = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    rest = "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    with served(library) as at:
        for texts in ([""], ["G"], [HALF], [whole, "G"], [whole, HALF], [rest, "abc"], [rest]):
            # A head that comes late on a busy machine is not the one that the test is about.
            is_asked = texts[0] in (whole, rest)
            monkeypatch.setattr(connections, "HEAD_SECONDS", PATIENCE if is_asked else 0.3)
            with socket.create_connection(port_of(at)) as line:
                for text in texts:
                    line.sendall(text.encode())
                    answer = b""
                    while text in (whole, rest) and b'"ok"' not in answer:
                        part = line.recv(65536)
                        assert part
                        answer += part
                    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
                wait_for(lambda line=line: is_closed(line))
        with socket.create_connection(port_of(at)) as line:  # what trickles is no better
            for letter in HALF:
                try:
                    line.sendall(letter.encode())
                except OSError:
                    break
                time.sleep(0.02)
            wait_for(lambda: is_closed(line))


def test_a_body_that_does_not_come_is_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "BODY_SECONDS", 0.3)
    with served(library, mcp=True, auth=[ADA]) as at:
        code = base64.b64encode(":".join(ADA).encode()).decode()
        for path in (ASK, MCP, "/login", "/gradio_api/queue/join"):
            head = POST.replace(ASK, path) + f"Authorization: Basic {code}\r\n"
            assert (
                b" 408 "
                in raw(at, head + "Connection: close\r\nContent-Length: 50\r\n\r\n{").split(
                    b"\r\n"
                )[0]
            )


def test_a_client_that_does_not_read_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a worker, while its answer waits, nor its connection, for long."""
    library = Library(search_of(tmp_path / "index"), offline=True)
    monkeypatch.setattr(
        "ssm_search.views.display.hit_to_json", lambda hit: {"abstract": "v" * 2_000_000}
    )
    body = json.dumps(DATA)

    def asked(count: int) -> list[socket.socket]:
        crowd = []
        for _ in range(count):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(port_of(at))
            line.sendall(f"{POST}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            crowd.append(line)
        return crowd

    with served(library) as at:
        monkeypatch.setattr(connections, "WRITE_SECONDS", PATIENCE)
        crowd = asked(2 * WORKERS)
        answer = http.post(at + ASK, json=DATA)
        assert (answer.status_code, len(answer.content) > 10_000_000) == (200, True)
        for line in crowd:
            line.close()
        monkeypatch.setattr(connections, "WRITE_SECONDS", 1)
        for line in asked(2 * WORKERS):
            line.settimeout(PATIENCE)
            received = 0
            try:
                while part := line.recv(1 << 20):
                    received += len(part)
                    time.sleep(0.05 if received < 100_000 else 0)
            except ConnectionResetError:
                pass
            line.close()


def test_the_oldest_silence_makes_room_for_the_newest(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 8)
    with served(library) as at, httpx.Client(base_url=at, timeout=PATIENCE) as kept:
        assert kept.get("/health").status_code == 200
        crowd = [socket.create_connection(port_of(at)) for _ in range(7)]
        for line in crowd:
            line.sendall(HALF.encode())
        assert kept.get("/health").status_code == 200
        assert http.get(f"{at}/health").status_code == 200  # a ninth
        wait_for(lambda: is_closed(crowd[0]))
        assert not any(map(is_closed, crowd[1:]))
        for line in crowd:
            line.close()


@pytest.mark.parametrize("path", [ASK, "/mcp", "/gradio_api/queue/join"])
def test_bodies_that_do_not_come_make_room_too(
    library: Library, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 8)
    with served(library, mcp=True) as at:
        crowd = []
        for _ in range(3):
            for _ in range(8):
                crowd.append(socket.create_connection(port_of(at)))
                crowd[-1].sendall(f"{POST.replace(ASK, path)}Content-Length: 50\r\n\r\n{{".encode())
            assert http.post(at + ASK, json=DATA).status_code == 200
        for line in crowd:
            line.close()


def test_chunked_bodies_are_refused_before_they_are_read(url: str) -> None:
    head = POST + "Transfer-Encoding: chunked\r\n"
    chunks = "\r\n" + "1\r\na\r\n" * 10_000
    for text in (head + chunks, head + "Content-Length: 5\r\n" + chunks):
        answer = raw(url, text)
        assert answer.startswith(b"HTTP/1.1 400 ") or answer == b""  # reset, with bytes unread
    answer = raw(url, head + "\r\n")
    assert b"Invalid HTTP request received. A body needs a Content-Length." in answer


def test_bodies_are_no_longer_than_what_can_be_asked(
    url: str, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, most in ((ASK, 250_000), (MCP, 250_000), ("/gradio_api/queue/join", 1_000_000)):
        for length, status in ((most, 400), (most + 1, 413)):
            answer = http.post(
                url + path,
                content=b"[" * length,
                headers=MCP_HEADERS | {"Content-Type": "application/json"},
            )
            assert answer.status_code == status or (status, answer.status_code) == (400, 422)
    assert http.post(f"{locked}/login", content=b"a" * 10_001).status_code == 413
    monkeypatch.setattr(bounds, "MAX_HELD", 100)
    assert http.post(url + ASK, json=DATA).status_code == 200
    assert http.post(url + ASK, content=b" " * 101).status_code == 503
    assert http.post(url + ASK, json=DATA).status_code == 200


def test_silent_connections_do_not_stop_the_server(tmp_path: Path) -> None:
    few_files = ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh"]
    command = [
        *few_files,
        sys.executable,
        "-m",
        "ssm_search",
        "app",
        "--no-browser",
        "--port=0",
        "--offline",
    ]
    log = tmp_path / "log"
    with log.open("w") as errors:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert server.stdout
        told = re.search(r"http://\S+", server.stdout.readline())
        assert told
        at = told[0]
        wait_for(lambda: is_up(at))
        crowd: list[socket.socket] = []
        for _ in range(3):
            for _ in range(150):
                line = socket.create_connection(port_of(at), timeout=PATIENCE)
                line.sendall(HALF.encode())
                crowd.append(line)
            assert http.get(f"{at}/health").status_code == 200
            assert http.post(at + ASK, json=DATA).status_code == 200
        for line in crowd:
            line.close()
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE)
    finally:
        server.kill()
        server.communicate()
    assert log.stat().st_size < 5_000, log.read_text()[:5_000]


class Held(WordEncoder):
    """Encodes what is longer than short, or all there is, when it is let."""

    def __init__(self, longer_than: int):
        super().__init__()
        self.longer_than = longer_than
        self.go = threading.Event()
        self.go.set()
        self.begun = 0

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        if any(len(text) > self.longer_than for text in texts):
            self.begun += 1
            assert self.go.wait(PATIENCE)
        return super().encode(texts)


def test_long_texts_leave_room_for_short_questions(tmp_path: Path) -> None:
    encoder = Held(SHORT)
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    most = LONG_WORKERS + MAX_ASIDE
    words = "kite " * (SHORT // 5 + 1)

    def ask_long(n: int) -> httpx.Response:
        if n % 2:
            arguments = {"text": f"{n} {words}"}
            return call_tool(at, "query", arguments=arguments)
        data = [f"{n} {words}", *DATA["data"][1:]]
        return http.post(at + ASK, json={"data": data})

    with served(library, mcp=True) as at, ThreadPoolExecutor(most + 4) as pool:
        before = encoder.begun
        encoder.go.clear()
        try:
            asked = [pool.submit(ask_long, n) for n in range(most + 4)]
            wait_for(lambda: sum(one.done() for one in asked) >= 4)
            wait_for(lambda: encoder.begun == before + LONG_WORKERS)  # a thread begins when it may
            assert http.post(at + ASK, json=DATA).status_code == 200
            assert call_tool(at, "query").json()["result"]["isError"] is False
            refused = [one.result() for one in asked if one.done()]
            assert encoder.begun == before + LONG_WORKERS
        finally:
            encoder.go.set()
        assert len(refused) == 4
        for one in refused:
            assert bounds.BUSY in one.text
            if one.request.url.path == ASK:
                assert (one.status_code, one.headers["Retry-After"]) == (503, "1")
        for one in asked:
            assert one.result(PATIENCE).status_code in (200, 503)


def test_many_short_texts_are_a_long_one(tmp_path: Path) -> None:
    """A hundred seeds of eighteen characters take as long as three abstracts."""
    encoder = Held(0)
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    with served(library) as at, ThreadPoolExecutor(6) as pool:
        before = encoder.begun
        encoder.go.clear()
        try:
            seeds = [[f"kite of seed {n}" for n in range(FEW + 1)], [], 10, 0.0]
            for _ in range(5):
                pool.submit(http.post, f"{at}/gradio_api/run/recommend", json={"data": seeds})
            wait_for(lambda: encoder.begun == before + LONG_WORKERS)
            filtered = {"data": ["video", 10, "Moving", 2020, 2025, "kite", "without"]}
            asked = pool.submit(http.post, at + ASK, json=filtered)
            wait_for(lambda: encoder.begun == before + LONG_WORKERS + 1)
        finally:
            encoder.go.set()
        assert asked.result(PATIENCE).status_code == 200


def test_agents_are_counted(tmp_path: Path) -> None:
    encoder = Held(0)
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    most, more = WORKERS + MAX_WAITING, 5
    with served(library, mcp=True) as at, ThreadPoolExecutor(most + more) as pool:
        before = encoder.begun
        encoder.go.clear()
        try:
            asked = [
                pool.submit(
                    call_tool, at, "query", arguments={"text": f"video {n}"}, timeout=IN_LINE
                )
                for n in range(most + more)
            ]
            wait_for(lambda: sum(one.done() for one in asked) >= more)
            wait_for(lambda: encoder.begun == before + WORKERS)
            refused = [one.result() for one in asked if one.done()]
            assert encoder.begun == before + WORKERS
        finally:
            encoder.go.set()
        assert [(one.status_code, one.json()) for one in refused] == more * [
            (503, {"error": bounds.BUSY})
        ]
        answers = [one.result(PATIENCE) for one in asked]
    assert sum(one.status_code == 200 for one in answers) == most


def test_a_queue_is_no_way_around_the_workers(tmp_path: Path) -> None:
    """Gradio's own, by which gradio_client asks, runs forty functions at once."""
    encoder = Held(0)
    library = Library(search_of(tmp_path / "index", encoder), offline=True)
    with served(library) as at:
        before = encoder.begun
        encoder.go.clear()
        try:
            for n in range(3 * WORKERS):
                data = [f"video {n}", *DATA["data"][1:]]
                answer = http.post(f"{at}/gradio_api/call/query", json={"data": data})
                assert answer.status_code == 200
            wait_for(lambda: encoder.begun == before + WORKERS)
            assert http.get(f"{at}/health").status_code == 200
            assert encoder.begun == before + WORKERS
        finally:
            encoder.go.set()
        wait_for(lambda: encoder.begun == before + 3 * WORKERS)


# ── all doors answer the same ────────────────────────────────────────────────────────────────


@pytest.fixture
def shipped(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the package and its commands ask is what the server asks."""
    monkeypatch.setattr("ssm_search.search.shipped_search", lambda: library.search)


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("text", "verdict", "constraints"),
    [
        ("video from above", "fits", []),
        ("quantum cooking of shellfish", "nothing", []),
        ("zxqv brrgl wub", "nothing", []),
        ("Kim Flyer3", "fits", ["author: Kim Flyer3"]),
        ("papers since 2024 on audio", "fits", ["year: since 2024"]),
        ("video not audio", "fits", ["without: audio"]),
        ("graph papers at ICKF with code", "nothing", ["venue: ICKF", "with code"]),
    ],
)
def test_every_door_gives_the_same_answer(
    url: str, library: Library, text: str, verdict: str, constraints: list[str]
) -> None:
    hits = ssm_search.query(text, 5)
    assert (hits.verdict, list(map(str, hits.constraints))) == (verdict, constraints)
    expected = json.loads(json.dumps(hits_to_json(hits)))

    command = CliRunner().invoke(command_line, ["query", text, "-k", "5", "--json"])
    assert json.loads(command.stdout) == expected
    posted = http.post(url + ASK, json={"data": [text, 5, *DEFAULTS["query"][1:]]})
    assert posted.json()["data"] == [expected]
    agents = call_tool(url, "query", arguments={"text": text, "k": 5}).json()["result"]
    assert json.loads(agents["content"][0]["text"]) == expected

    found = handlers.answer(library, Search(q=text, k=5))
    page = render.answers(found.found, found.line, chips=found.chips)
    assert re.findall(r'data-id="(.*?)"', page) == [hit.paper.id for hit in hits]
    sure = [f"{hit.confidence:.0%}".replace("%", "&nbsp;%") for hit in hits]
    assert re.findall(r"(\d+&nbsp;%) sure<", page) == sure
    assert [name for name, _ in found.chips] == constraints
    assert hits.advice in found.line


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("text", ["2401.99999", "https://arxiv.org/abs/2401.99999v2", " "])
def test_every_door_refuses_in_the_same_words(url: str, library: Library, text: str) -> None:
    with pytest.raises(ssm_search.QueryError) as refused:
        ssm_search.query(text, 5)
    told = str(refused.value)

    command = CliRunner().invoke(command_line, ["query", text])
    assert (str(command.exception), command.stdout) == (told, "")
    posted = http.post(url + ASK, json={"data": [text, 5, *DEFAULTS["query"][1:]]})
    assert (posted.status_code, posted.json()["error"]) == (400, told)
    agents = call_tool(url, "query", arguments={"text": text}).json()["result"]
    assert (agents["isError"], agents["content"][0]["text"]) == (True, told)
    if text.strip():  # the page shows what is newest where nothing is asked
        assert handlers.answer(library, Search(q=text)).line.rstrip(".").casefold() == (
            told.rstrip(".").casefold()
        )


# ── what it says ─────────────────────────────────────────────────────────────────────────────


def test_no_probe_gets_a_trace_out_of_it(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    probes = [
        http.get(f"{url}/gradio_api/queue/data", params={"session_hash": "x"}),
        http.get(f"{url}/gradio_api/call/query/x"),
        http.post(f"{url}/gradio_api/call/nothing", json={"data": []}),
        http.post(f"{url}/gradio_api/call/v2/nothing", json={}),
        http.post(f"{url}/gradio_api/call/v2/query", json={"x": 1}),
        http.post(f"{url}/gradio_api/run/nothing", json={"data": []}),
        http.post(f"{url}/gradio_api/run/predict", json={"data": [], "fn_index": 10**9}),
        http.post(f"{url}/gradio_api/component_server", json={"data": 1}),
        http.post(
            f"{url}/gradio_api/component_server",
            json={"data": 1, "component_id": 10**9, "session_hash": "x", "fn_name": "__init__"},
        ),
        http.post(f"{url}/gradio_api/component_server", files={"a": b"b"}),
        http.post(f"{url}/gradio_api/reset", json={"event_id": "x"}),
        http.post(f"{url}/gradio_api/cancel", json={"session_hash": "x", "fn_index": 1}),
        http.get(f"{url}/static/../../../../etc/passwd"),
        http.get(f"{url}/assets/%00"),
        http.get(f"{url}/assets/" + "a" * 5_000),
        http.get(f"{url}/?deep_link=../../x"),
        http.get(f"{url}/gradio_api/startup-events"),
        http.get(f"{url}/config?x=%ff"),
        *(
            http.post(url + MCP, content=content, headers=MCP_HEADERS | {"Content-Type": kind})
            for content in (b"", b"{", b"[]", b"\xff", b'{"jsonrpc": "2.0", "id": 1}')
            for kind in ("application/json", "text/plain")
        ),
        call_tool(url, "nothing"),
        call_tool(url, "query", arguments={}),
        call_tool(url, "query", arguments={"text": 7}),
    ]
    for request in (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /%0a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: upgrade, close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ):
        answer = raw(url, request, wait=2)
        assert not re.search(rb"Traceback|site-packages", answer)
    for one in probes:
        assert one.status_code < 500, one.request.url
        assert not re.search(rf"Traceback|{ROOT}|site-packages|File \"", one.text), one.request.url
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"data": ["video", 0, "", 0, 0, "", "any"]}, 400),
        ({"data": ["", 5, "", 0, 0, "", "any"]}, 400),
        ({"data": ["video", 5, "Nowhere", 0, 0, "", "any"]}, 400),
        ({"data": ["2401.99999", 5, "", 0, 0, "", "any"]}, 400),
        ({"data": ["v" * 20_001, 5, "", 0, 0, "", "any"]}, 400),
        ({"data": []}, 400),
        ({"data": [], "fn_index": -1}, 400),
        ({"data": {"text": "a"}}, 422),
        ({}, 422),
        ([], 422),
    ],
)
def test_a_callers_fault_is_a_400(url: str, body: Any, status: int) -> None:
    answer = http.post(url + ASK, json=body)
    assert answer.status_code == status
    assert "Internal Server Error" not in answer.text
    if "fn_index" in body:
        assert answer.json() == {"error": MISUNDERSTOOD}


@pytest.mark.parametrize("arguments", [{"self": 1, "text": "x"}, {"txt": "x"}, {"args": []}])
def test_agents_are_told_what_a_tool_takes(url: str, arguments: dict[str, Any]) -> None:
    told = call_tool(url, "query", arguments=arguments).json()["result"]
    assert told["isError"]
    assert "expected text, k, category" in told["content"][0]["text"]


def test_our_own_fault_is_a_500(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("in /home/ada/secret")

    monkeypatch.setattr(PaperSearch, "query", broken)
    answer = http.post(url + ASK, json=DATA)
    assert answer.status_code == 500
    for text in (answer.text, call_tool(url, "query").text):
        assert "the log of the server says why" in text
        assert "secret" not in text
    assert "RuntimeError: in /home/ada/secret" in caplog.text


def test_a_repeated_line_is_written_once_a_minute() -> None:
    now = [0.0]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(OncePerMinute(lambda: now[0]))
    logger = logging.Logger("kites")
    logger.addHandler(handler)

    def torn(length: int) -> None:
        logger.warning(f"a string of {length} m tore\nTraceback: none")

    for number in range(500):
        torn(9 + number)
        logger.warning("no wind" + "!" * 10_000)
    now[0] += EVERY
    torn(7)
    torn(8)
    assert written.getvalue().splitlines() == [
        "a string of 9 m tore",
        "no wind" + "!" * 493,
        "a string of 7 m tore (and 499 times since this was last said)",
    ]
