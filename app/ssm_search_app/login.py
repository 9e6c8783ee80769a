"""Who gets in: by the login page and its cookie, or by HTTP's Basic scheme (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ssm_search_app import render
from ssm_search_app.bounds import read_body, refusal

COOKIE = "ssm-search-session"
DAYS = 7  # that somebody stays logged in
MOST_SESSIONS = 10_000
FREE_TRIES = 5  # wrong passwords for one name from one address before it has to wait
FREE_OF_ADDRESS = 50  # and for all names: many people may share an address
MAX_PAUSE = 60  # seconds between two tries; 1, 2, 4 … before
MOST_GUESSERS = 10_000
MAX_FORM = 10_000  # bytes of a login
WRONG = "wrong name or password"
OPEN = "/health"

Users = Sequence[tuple[str, str]]


class Login:
    """ASGI middleware: every path but ``/health`` is for users alone.

    Args:
        users: names and passwords, compared exactly.
        clock: seconds.
    """

    def __init__(self, app: ASGIApp, users: Users, clock: Callable[[], float] = time.monotonic):
        self._app = app
        self._users = [(name.encode(), password.encode()) for name, password in users]
        self._clock = clock
        self._sessions: dict[str, float] = {}  # until when each is good
        self._wrong: dict[
            str, tuple[int, float]
        ] = {}  # by who guesses: how many, until when to wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a login or logout, let a user in, or say that nobody is."""
        path = local_path(scope).rstrip("/")
        if scope["type"] != "http" or path == OPEN:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if path == "/login" and request.method == "POST":
            response = await self._login(request)
        elif path == "/logout":
            self._sessions.pop(_session(request.headers), None)
            response = RedirectResponse(_home(scope), 303)
            response.delete_cookie(COOKIE, path=_home(scope))
        elif refused := self._refused(request):
            response = refused
        else:
            await self._app(scope, receive, send)
            return
        await response(scope, receive, send)

    async def _login(self, request: Request) -> Response:
        is_person = "text/html" in request.headers.get("accept", "")
        body = await read_body(request.receive, MAX_FORM)
        if isinstance(body, Response):
            return body
        try:
            form = dict(parse_qsl(body.decode("ascii"), max_num_fields=10))
        except ValueError:
            return refusal(400, "expected a form with username and password")
        search = form.get("search", "")
        search = search if search.startswith("?") else ""
        name = form.get("username", "")
        if pause := self._pause(request, name):
            return _too_soon(pause)
        if not self._is_user(request, name, form.get("password", "")):
            return _page(request, 400, WRONG, search) if is_person else refusal(400, WRONG)
        response: Response = JSONResponse({"success": True})
        if is_person:
            response = RedirectResponse(_home(request.scope) + search, 303)
        now = self._clock()
        for session in [one for one, until in self._sessions.items() if until < now]:
            del self._sessions[session]
        if len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        session = secrets.token_urlsafe(32)
        self._sessions[session] = now + DAYS * 86_400
        response.set_cookie(
            COOKIE,
            session,
            max_age=DAYS * 86_400,
            path=_home(request.scope),
            httponly=True,
            samesite="lax",
            secure="https"
            in (request.url.scheme, request.headers.get("x-forwarded-proto", "").split(",")[0]),
        )
        return response

    def _refused(self, request: Request) -> Response | None:
        """The answer to who is no user; None if it is one who asks."""
        if self._sessions.get(_session(request.headers), -1.0) >= self._clock():
            return None
        if basic := _basic(request.headers.get("authorization", "")):
            if pause := self._pause(request, basic[0]):
                return _too_soon(pause)
            if self._is_user(request, *basic):
                return None
            return refusal(401, WRONG)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            query = request.url.query
            return _page(request, 401, "", f"?{query}" if query else "")
        response = refusal(401, "log in first: at /login, or with HTTP's Basic scheme")
        if "sec-fetch-mode" not in request.headers:  # a browser would ask in a window of its own
            response.headers["WWW-Authenticate"] = 'Basic realm="ssm-search", charset="UTF-8"'
        return response

    def _is_user(self, request: Request, name: str, password: str) -> bool:
        """Whether that is so; one that is not makes its address wait."""
        given = name.encode(), password.encode()
        right = [  # all of them, so that how long it takes tells nothing
            secrets.compare_digest(given[0], user) & secrets.compare_digest(given[1], known)
            for user, known in self._users
        ]
        mine, everybodys = _guessers(request, name)
        if any(right):
            self._wrong.pop(mine, None)
            return True
        for guesser, free in ((mine, FREE_TRIES), (everybodys, FREE_OF_ADDRESS)):
            count = self._wrong.pop(guesser, (0, 0.0))[0] + 1
            if len(self._wrong) >= MOST_GUESSERS:
                del self._wrong[next(iter(self._wrong))]
            pause = min(2.0 ** (count - free), MAX_PAUSE) if count >= free else 0.0
            self._wrong[guesser] = count, self._clock() + pause
        return False

    def _pause(self, request: Request, name: str) -> float:
        """Seconds until this address may try again, with this name or with any."""
        now = self._clock()
        waits = (self._wrong.get(g, (0, 0.0))[1] for g in _guessers(request, name))
        return max(0.0, max(waits) - now)


def _guessers(request: Request, name: str) -> tuple[str, str]:
    """An address with a name, and the address with whatever name."""
    address = request.client.host if request.client else ""
    return f"{address} {name[:100]}", address


def _too_soon(pause: float) -> Response:
    response = refusal(429, f"too many wrong passwords; try again in {pause:.0f} s")
    response.headers["Retry-After"] = f"{pause:.0f}"
    return response


def _page(request: Request, status: int, problem: str, search: str) -> Response:
    action = _home(request.scope) + "login"
    page = render.render("login.html", problem=problem, action=action, search=search)
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


def local_path(scope: Scope) -> str:
    """The path of a request as this server knows it, without what a proxy serves it under."""
    path: str = scope.get("path", "")
    return path.removeprefix(scope.get("root_path", ""))


def _home(scope: Scope) -> str:
    return str(scope.get("root_path", "")).rstrip("/") + "/"


def _session(headers: Headers) -> str:
    """The cookie's value; :class:`~ssm_search_app.gate.Gate` lets no other cookie pass."""
    return headers.get("cookie", "").partition("=")[2]


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, code = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(code.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None
