"""The page behind a web server: bounded, quiet, and alone with what it was given."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

# Before gradio is imported: it and the hub's client ask both when they load.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from ssm_search import ServeError
from ssm_search_app.library import Library
from ssm_search_app.page import build_page

HERE = Path(__file__).parent
WORKERS = 4
"""Answers computed at once. On two cores 1, 2, 4, 8 gave 50 users 148, 169, 227, 223 a second."""
MAX_WAITING = 128
"""Requests that wait for a worker, 0.6 seconds of work; more are told that the server is busy."""
MAX_BODY = 1_000_000  # bytes; the longest submission has 200,000 characters
BACKLOG = 512  # connections that the system holds until they are taken
KEEP_ALIVE = 75  # seconds that an idle connection stays open; proxies give up after 60
GRACE = 1  # seconds that open pages, which never hang up, hold up the end
BUSY = "the server is busy; try again in a second"
WORK = ("/run/", "/api/", "/component_server")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Bounded:
    """ASGI middleware: few requests at work, some waiting, the rest refused; no large bodies."""

    def __init__(self, app: App):
        self._app = app
        self._workers = asyncio.Semaphore(WORKERS)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse, one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await _refusal(413, f"more than {MAX_BODY:,} bytes were sent")(scope, receive, send)
            return
        again = _replayed(body, receive)
        if not any(part in scope["path"] for part in WORK):
            await self._app(scope, again, send)
        elif self._waiting >= MAX_WAITING:
            await _refusal(503, BUSY)(scope, receive, send)
        else:
            self._waiting += 1
            try:
                is_next = await self._turn(receive)
            finally:
                self._waiting -= 1
            if is_next:
                try:
                    await self._app(scope, again, send)
                finally:
                    self._workers.release()

    async def _turn(self, receive: Receive) -> bool:
        """Wait for a worker; False if the client left meanwhile."""
        if not self._workers.locked():
            return await self._workers.acquire()
        turn = asyncio.ensure_future(self._workers.acquire())
        left = asyncio.ensure_future(receive())  # the body has come: what follows is the end
        try:
            await asyncio.wait((turn, left), return_when=asyncio.FIRST_COMPLETED)
            return turn.done()
        finally:
            left.cancel()
            if not turn.done():
                turn.cancel()


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None if it is too long."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _refusal(status: int, reason: str) -> JSONResponse:
    headers = {"Retry-After": "1"} if status == 503 else {}
    return JSONResponse({"error": reason}, status, headers=headers)


def _theme() -> gr.themes.Base:
    """Gradio's own look with fonts that are there already and greys that can be read (WCAG AA)."""
    fonts: dict[str, Any] = {"font": ["system-ui", "sans-serif"], "font_mono": ["monospace"]}
    return gr.themes.Default(primary_hue="blue", secondary_hue="blue", **fonts).set(
        body_text_color_subdued="#565d6b",
        body_text_color_subdued_dark="#aab0bd",
        block_info_text_color="#565d6b",
        block_info_text_color_dark="#aab0bd",
        block_label_text_color="#3d434f",
        block_title_text_color="#3d434f",
        input_placeholder_color="#666d7b",
        input_placeholder_color_dark="#9aa1af",
        button_primary_background_fill="#1d5fa8",
        button_primary_background_fill_hover="#174c87",
        button_primary_background_fill_dark="#1d5fa8",
        button_primary_background_fill_hover_dark="#174c87",
        button_primary_text_color="#ffffff",
    )


def build_app(
    library: Library,
    *,
    auth: list[tuple[str, str]] | None = None,
    root_path: str = "",
    mcp: bool = False,
) -> FastAPI:
    """The page, the API, ``/health`` and, if wanted, MCP as one ASGI application."""
    app = FastAPI(title="ssm-search", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Bounded)

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "papers": library.search.manifest.papers}

    page = build_page(library)
    page.queue(max_size=MAX_WAITING, api_open=False)
    gr.mount_gradio_app(
        app,
        page,
        path="",
        auth=auth,
        root_path=root_path or None,
        mcp_server=mcp,
        theme=_theme(),
        css_paths=HERE / "style.css",
        head=f"<script>{(HERE / 'page.js').read_text(encoding='utf-8')}</script>",
        footer_links=["api", "settings"],
        run_history=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=True,
        pwa=False,
    )
    return app


def serve(
    library: Library,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: list[tuple[str, str]] | None = None,
    root_path: str = "",
    mcp: bool = False,
    browser: bool = False,
) -> None:
    """Serve until interrupted; the encoder and missing abstracts come in meanwhile.

    Raises:
        ServeError: nobody can listen at this host and port.
    """
    listener = _listener(host, port)
    with listener:
        port = listener.getsockname()[1]
        app = build_app(library, auth=auth, root_path=root_path, mcp=mcp)
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{'127.0.0.1' if host == '0.0.0.0' else shown}:{port}"  # noqa: S104
        print(f"{library.title} is at {url} (Ctrl+C stops it)", flush=True)  # noqa: T201
        threading.Thread(target=library.prepare, daemon=True).start()
        if browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        config = uvicorn.Config(
            app,
            log_level="warning",
            root_path=root_path,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
        server = uvicorn.Server(config)
        # That the end cuts open pages off is meant, and nothing to report.
        logging.getLogger("uvicorn.error").addFilter(lambda record: not server.should_exit)
        server.run(sockets=[listener])
        if server.started:  # it ends only when it is told to, which it may forget to say
            raise KeyboardInterrupt


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ServeError: nobody can listen there.
    """
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol named: asyncio sends at once only where it sees that it is TCP, and an
        # answer takes 40 ms longer otherwise.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        if listener:
            listener.close()
        raise ServeError(
            f"cannot listen at {host}, port {port} ({error.strerror}); choose another --port, "
            "0 for any that is free, or another --host"
        ) from error
    return listener
