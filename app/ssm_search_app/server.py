"""The page behind a web server: bounded, quiet, and alone with what it was given."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ssm_search import ServeError, scripts
from ssm_search_app.agents import Agents, mcp_server
from ssm_search_app.bounds import MAX_WAITING, Bounded, Lanes
from ssm_search_app.connections import BACKLOG, Server
from ssm_search_app.following import add_feeds, links
from ssm_search_app.gate import Gate, host_name
from ssm_search_app.library import Library
from ssm_search_app.login import Login, Users
from ssm_search_app.logs import quiet_logs
from ssm_search_app.mapping import add_map
from ssm_search_app.page import build_page
from ssm_search_app.rest import rest
from ssm_search_app.taming import bound_page, tame_gradio
from ssm_search_app.tools import tools

NO_AGENTS = (
    "This server does not answer agents; start it with `ssm-search app --mcp`, or give `ssm-search "
    "mcp` as the command of a server in the agent's settings.\n"
)
HERE = Path(__file__).parent
LOADING = 60.0
"""Seconds that who stops the server waits for an encoder at most; it takes 1, and 4 where six other
processes are at work on two cores."""


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
    auth: Users | None = None,
    root_path: str = "",
    mcp: bool = False,
    host: str = "127.0.0.1",
    allow_hosts: Sequence[str] = (),
) -> FastAPI:
    """The page, its API, REST, ``/health`` and, if wanted, MCP as one ASGI application.

    Args:
        auth: who may enter, names and passwords; everybody if None.
        root_path: the path that a proxy serves it under.
        host: the address that is listened at.
        allow_hosts: names that it is asked by besides ``host`` and those of this machine itself.
    """
    lanes = Lanes()
    offered = tools(library, lanes)
    agents = Agents(mcp_server(library, offered)) if mcp else None

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with agents.running() if agents else contextlib.nullcontext():
            yield

    app = FastAPI(
        title="ssm-search", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    # The last that is added is asked first.
    app.add_middleware(Bounded, lanes=lanes)
    if auth:
        app.add_middleware(Login, users=auth)
    app.add_middleware(Gate, host=host, allowed=allow_hosts)

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "papers": library.count}

    add_feeds(app, library, root_path)
    add_map(app, library)
    app.mount("/api", rest(library, offered))
    for path in ("/mcp", "/mcp/", "/gradio_api/mcp", "/gradio_api/mcp/"):
        if agents:
            app.add_route(path, agents)  # type: ignore[arg-type]
        else:
            app.add_route(path, _no_agents, ["GET", "POST", "DELETE"])
    tame_gradio()
    page = build_page(library, lanes, offered)
    page.queue(max_size=MAX_WAITING, api_open=False)
    bound_page(page)
    _mount(app, page, root_path, links(library, root_path))
    return app


def _no_agents(request: Request) -> Response:
    """Say to an agent why it is not answered, and where it would be."""
    return PlainTextResponse(NO_AGENTS, 404)


def _mount(app: FastAPI, page: gr.Blocks, root_path: str, head: str) -> None:
    """Let ``app`` answer for ``page``, with no more of Gradio than it needs."""
    script = scripts.script("kept.js", "asked.js", "keys.js", *scripts.MAP)
    script += "".join((HERE / name).read_text(encoding="utf-8") for name in ("page.js", "tabs.js"))
    gr.mount_gradio_app(
        app,
        page,
        path="",
        root_path=root_path or None,
        mcp_server=False,
        theme=_theme(),
        css_paths=[scripts.FOLDER / "map.css", HERE / "style.css"],
        head=f"{head}<script>{script}</script>",
        footer_links=["api"],
        run_history=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=True,
        pwa=False,
    )


# Long: what can be chosen at the start, all of it by name.
def serve(
    library: Library,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth: Users | None = None,
    root_path: str = "",
    mcp: bool = False,
    allow_hosts: Sequence[str] = (),
    browser: bool = False,
) -> None:
    """Serve until interrupted; the encoder and missing abstracts come in meanwhile.

    Once the index is built again, what is asked is answered from the new one.

    Raises:
        ServeError: nobody can listen at this host and port, or an allowed host is none.
    """
    if wrong := [name for name in allow_hosts if not host_name(name)]:
        raise ServeError(
            f"{wrong[0]!r} is no host; expected a name such as papers.example.org, without https://"
        )
    root_path = f"/{root_path.strip('/')}" if root_path.strip("/") else ""
    listener = _listener(host, port)
    quiet_logs()
    with listener:
        port = listener.getsockname()[1]
        app = build_app(
            library, auth=auth, root_path=root_path, mcp=mcp, host=host, allow_hosts=allow_hosts
        )
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{'127.0.0.1' if host == '0.0.0.0' else shown}:{port}"  # noqa: S104
        print(f"{library.title} is at {url} (Ctrl+C stops it)", flush=True)  # noqa: T201
        stop, loaded = threading.Event(), threading.Event()
        threading.Thread(target=library.prepare, args=(loaded.set,), daemon=True).start()
        threading.Thread(target=library.follow, args=(stop,), daemon=True).start()
        if browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        server = Server(app, root_path)
        # That the end cuts open pages off is meant, and nothing to report.
        logging.getLogger("uvicorn.error").addFilter(lambda record: not server.should_exit)
        try:
            server.run(sockets=[listener])
        finally:
            stop.set()
            # A process that ends while native code starts threads is aborted, and says so.
            loaded.wait(LOADING)
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
