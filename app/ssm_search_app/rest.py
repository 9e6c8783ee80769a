"""REST: the functions for programs by GET, with named parameters, typed answers and an OpenAPI.

An answer to GET depends on its address and on the index alone. So it carries an ETag made of these
(RFC 9110, 8.8.3), which is another as soon as the index is, and a program that has the answer
already is told so (304) before anything is worked out.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ssm_search import (
    IndexFolderError,
    PaperNotFoundError,
    QueryError,
    ServeError,
    SsmSearchError,
)
from ssm_search_app.answers import ANSWERS, Card, Error
from ssm_search_app.bounds import MAX_TEXT, Work, Written, refusal
from ssm_search_app.library import Library
from ssm_search_app.sending import has, tag_of, tagged
from ssm_search_app.tools import CALLERS

ADDRESSES = {
    "query": "/query",
    "related": "/related",
    "recommend": "/recommend",
    "suggest_categories": "/categories",
    "headings": "/headings",
    "get_paper": "/papers/{paper:path}",
}
"""Where each function is that is asked by GET; ``submit`` takes whole abstracts, by POST."""

STATUS: Mapping[type[SsmSearchError], int] = {
    PaperNotFoundError: 404,
    QueryError: 400,
    IndexFolderError: 409,  # this kind of index cannot do it
    ServeError: 503,
}
REASONS = {
    400: "What was asked makes no sense.",
    404: "There is no such paper.",
    409: "An index of this kind cannot do that.",
    503: "The server is busy.",
}


class Submission(BaseModel):
    """A link, or a title and an abstract."""

    model_config = ConfigDict(extra="forbid")

    link: str = Field("", max_length=MAX_TEXT, description="An arXiv id or link, or another one.")
    title: str = Field("", max_length=MAX_TEXT, description="Where arXiv cannot tell it.")
    abstract: str = Field("", max_length=MAX_TEXT, description="The same.")
    category: str = Field(
        "", max_length=MAX_TEXT, description="File it under this heading, not the likeliest."
    )


class SubmissionToAList(Submission):
    """A link, or a title and an abstract, and the list that it is for."""

    list: str = Field(
        "", max_length=MAX_TEXT, description='The list that it is for; "" for the likeliest.'
    )


def rest(library: Library, tools: Sequence[Work]) -> ASGIApp:
    """``tools`` as a REST application, with its documentation at ``/docs``."""
    by_name = {tool.__name__: tool for tool in tools}
    api = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title=library.title,
        version=version("ssm-search"),
        summary="Semantic search over a list of papers.",
        responses={status: {"model": Error, "description": why} for status, why in REASONS.items()},
        swagger_ui_parameters={"defaultModelsExpandDepth": -1},
    )
    for name, path in ADDRESSES.items():
        tool = by_name[name]
        known = [Depends(_only(tuple(inspect.signature(tool).parameters)))]
        api.get(path, response_model=ANSWERS[name], name=name, dependencies=known)(_answer(tool))

    posted = SubmissionToAList if library.names else Submission

    async def submit(submission: Submission) -> Written:
        return Written(await by_name["submit"](**submission.model_dump()))

    submit.__annotations__["submission"] = posted
    api.post("/submit", response_model=Card, description=by_name["submit"].__doc__)(submit)
    _explain(api, posted)
    return Revalidated(api, library)


def _only(names: Sequence[str]) -> Callable[[Request], None]:
    """What refuses a request with a parameter that is none of ``names``."""

    def check(request: Request) -> None:
        for name in request.query_params:
            if name not in names:
                raise QueryError(f"there is no {name[:100]!r}; expected {', '.join(names)}")

    return check


def _answer(tool: Work) -> Work:
    # The answer is what its type says, which tests see to: checking it again takes as long as
    # finding it.
    @functools.wraps(tool)
    async def answer(*args: Any, **kwargs: Any) -> Written:
        return Written(await tool(*args, **kwargs))

    return answer


def _explain(api: FastAPI, submission: type[BaseModel]) -> None:
    """Let every failure be one sentence, with the status of whose fault it is.

    Args:
        submission: what bodies are read as.
    """

    @api.exception_handler(SsmSearchError)
    def refused(request: Request, error: SsmSearchError) -> Written:
        kinds = (kind for kind in type(error).__mro__ if kind in STATUS)
        fallback = 400 if isinstance(error, CALLERS) else 500
        return refusal(next((STATUS[kind] for kind in kinds), fallback), str(error))

    @api.exception_handler(RequestValidationError)
    def misread(request: Request, error: RequestValidationError) -> Written:
        problems = [_problem(one, submission) for one in error.errors()]
        return refusal(400, "; ".join(problems)[:MAX_TEXT])

    @api.exception_handler(HTTPException)
    def elsewhere(request: Request, error: HTTPException) -> Written:
        refused = refusal(error.status_code, f"{error.detail}: see /api/docs")
        refused.headers.update(error.headers or {})
        return refused


def _problem(one: Mapping[str, Any], submission: type[BaseModel]) -> str:
    """What is wrong with what was sent, and what is expected."""
    name = " ".join(map(str, one["loc"][1:]))
    if one["type"] == "json_invalid":
        return (
            f"the body is no JSON ({one['ctx']['error']} at character {name}); expected an object"
        )
    if one["type"] == "extra_forbidden":
        return f"there is no {name[:100]!r}; expected {', '.join(submission.model_fields)}"
    return f"{name or one['loc'][0]}: {one['msg']}"


class Revalidated:
    """ASGI middleware: answers to GET carry an ETag, and are not worked out for who has them.

    Who asks by HEAD is answered as by GET; that nothing but the head is sent is the server's part.
    """

    def __init__(self, app: ASGIApp, library: Library):
        self._app = app
        self._library = library
        # The rows that are asked, and what tells them from others.
        self._known: tuple[Any, str] = (None, "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        scope = {**scope, "method": "GET"}
        tag = self._tag(scope)
        if has(Headers(scope=scope), tag):
            await Response(status_code=304, headers=tagged(tag))(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(raw=message["headers"]).update(tagged(tag))
            await send(message)

        await self._app(scope, receive, answer)

    def _tag(self, scope: Scope) -> str:
        rows = tuple(one.search.rows for one in self._library.each)
        if self._known[0] is None or any(map(operator.is_not, self._known[0], rows)):
            said = [f"{one.manifest!r} {one.status()!r}" for one in rows]
            self._known = rows, f"{version('ssm-search')} {' '.join(said)}"
        # Of each address its own: only who got an answer there can know it.
        asked = scope["path"].encode() + b"?" + scope["query_string"]
        return tag_of(self._known[1].encode() + asked)
