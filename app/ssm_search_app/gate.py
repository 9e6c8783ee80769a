"""What a request must be to get in: for a host served here, from a page of it, to a known path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ssm_search_app.bounds import refusal
from ssm_search_app.login import COOKIE, local_path
from ssm_search_app.logs import log_failure

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # addresses to listen at that nobody asks for
NAMES = (b"host", b"x-forwarded-host")
GRADIOS = b"x-gradio-server"  # where Gradio takes its own address from; its Node server sends it
# What the page, gradio_client and agents use of Gradio's hundred routes; it forwards requests to
# other hosts, takes uploads and edits its own source by some of the rest.
DOORS = re.compile(
    r"/(?:|health|feed\.(?:xml|json)|map\.json|login|logout|config|theme\.css|favicon\.ico"
    r"|manifest\.json|robots\.txt"
    r"|(?:assets|static)/[\w.@/-]{1,200}|mcp"
    r"|api/(?:docs|openapi\.json|static-offline-docs/[\w.-]+|query|related|recommend|categories"
    r"|headings|submit|papers/.{1,500})"
    r"|gradio_api/(?:info|openapi\.json|app_id|theme\.css|startup-events|mcp|component_server"
    r"|queue/(?:join|data)|cancel|reset|(?:run|api)/\w+|call/(?:v2/)?\w+(?:/\w+)?))/?"
)
# Gradio runs inline scripts and makes functions of text; nothing comes from, or goes to, elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_AUTHORITY = re.compile(r"(?:(?P<name>[\w.-]+)|\[(?P<number>[\da-f:.]+)\])(?::\d+)?", re.I | re.A)
_SESSION = re.compile(rf"(?:^|;) *({COOKIE}=[\w-]{{1,100}}) *(?:;|$)", re.A)
SPACE = "https://huggingface.co"  # shows a Space in a frame
SPACE_VARIABLE = "SPACE_HOST"  # set in a Space, https://huggingface.co/docs/hub/spaces-overview


class Gate:
    """ASGI middleware: refuses what is not for this server, and lets nothing fail with a trace.

    Args:
        host: the address listened at.
        allowed: other names that this server is asked by.
    """

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", allowed: Iterable[str] = ()):
        self._app = app
        self._named = frozenset(filter(None, map(host_name, allowed)))
        self._hosts = LOOPBACK | self._named | ({host.lower().strip("[]")} - ANY)
        framed = f" {SPACE}" if SPACE_VARIABLE in os.environ else ""
        self._headers = {
            "Content-Security-Policy": POLICY + framed,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        } | ({} if framed else {"X-Frame-Options": "SAMEORIGIN"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse, one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind: str | None = None  # of an answer that has begun

        async def answer(message: Message) -> None:
            nonlocal kind
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                kind = headers.get("content-type", "")
            await send(message)

        if refused := self._refused(scope):
            await refusal(*refused)(scope, receive, answer)
            return
        # Nothing but a login reads a cookie; Python's reader of all of them takes seconds for some.
        cookies = "; ".join(Headers(scope=scope).getlist("cookie"))
        kept = [pair for pair in scope["headers"] if pair[0] not in (GRADIOS, b"cookie")]
        if session := _SESSION.search(cookies):
            kept.append((b"cookie", session[1].encode()))
        try:
            await self._app({**scope, "headers": kept}, receive, answer)
        except Exception:
            log_failure(f"{scope['method']} {scope['path'][:200]!r}")
            if kind is None:
                await refusal(500, "this could not be answered; the log says why")(
                    scope, receive, answer
                )
            elif kind.startswith("text/event-stream"):  # has said why; to cut it off says less
                await send({"type": "http.response.body", "body": b""})

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason, if the request is not for this server."""
        address = (scope.get("server") or ("",))[0].removeprefix("::ffff:")  # that it came to
        here = self._hosts | {address} - ANY
        asked = [value.decode("latin-1") for name, value in scope["headers"] if name in NAMES]
        asked = [one for value in asked for one in value.split(",")]
        for one in asked or [""]:
            if host_name(one) not in here:
                name = repr(host_name(one) or one[:100])
                return 421, f"this server is not {name}; if it is, start it with --allow-host"
        origin = Headers(scope=scope).get("origin")
        if origin is not None and not self._is_own(origin, asked):
            return 403, "other sites may not ask this server; see --allow-host if it is one of its"
        if not DOORS.fullmatch(local_path(scope)):
            return 404, "there is nothing at this address"
        return None

    def _is_own(self, origin: str, asked: list[str]) -> bool:
        """Whether a page of ``origin`` is one of this server's.

        By name and port, as it was asked; or, behind a proxy that says otherwise, by a name that
        was allowed.
        """
        scheme, _, site = origin.partition("://")
        is_known = site in map(str.strip, asked) or host_name(site) in self._named
        return is_known and scheme in ("http", "https")


def host_name(authority: str) -> str:
    """The host of "host:port", in small letters, without the brackets of IPv6; "" if it is none."""
    found = _AUTHORITY.fullmatch(authority.strip())
    return (found["name"] or found["number"]).lower().rstrip(".") if found else ""
