"""The tools for agents: the Model Context Protocol by its own SDK, over HTTP and over stdio.

https://modelcontextprotocol.io/specification: over HTTP a request is a POST and its answer JSON;
there are no sessions to keep, and nothing is sent unasked.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import AnyUrl, TypeAdapter
from starlette.types import Receive, Scope, Send

from ssm_search import QueryError, display
from ssm_search_app.answers import ANSWERS
from ssm_search_app.bounds import MAX_BODY, Lanes, Work, refusal
from ssm_search_app.library import Library
from ssm_search_app.tools import tools as tools_of

HEADINGS = "list://headings"
PAPERS = "list://papers/"
INSTRUCTIONS = (
    "Searches the papers of {lists}, {title}. Ask `query` in words, in English; where its "
    'verdict is "nothing", the list has no paper about that, and the hits are no answers. '
    "`related`, `recommend` and `get_paper` take the ids of hits."
)
JSON = "application/json"


def mcp_server(library: Library, tools: Sequence[Work]) -> Server[Any, Any]:
    """A server that lets agents call ``tools``, and read the headings and papers of a list."""
    # It logs a trace for each request that makes no sense; what tools raise is logged by them.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    server: Server[Any, Any] = Server("ssm-search", version("ssm-search"), _instructions(library))
    by_name = {tool.__name__: tool for tool in tools}
    described = [_described(tool) for tool in tools]

    @server.list_tools()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_tools() -> list[types.Tool]:
        return described

    # The tools check what they are given themselves, and say it better.
    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        if name not in by_name:
            raise QueryError(f"there is no tool {name!r}; there are {', '.join(by_name)}")
        # As JSON says it, lists and all, so that it is what its schema says.
        text = _written(await by_name[name](**arguments))
        answer = json.loads(text)
        structured = answer if isinstance(answer, dict) else {"result": answer}
        # As a whole result, for the SDK holds parts of one against their schema, and the schema
        # against that of schemas, with each call: 65 of 75 ms on a busy machine. Tests do so.
        told: list[types.ContentBlock] = [types.TextContent(type="text", text=text)]
        return types.CallToolResult(content=told, structuredContent=structured)

    @server.list_resources()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_resources() -> list[types.Resource]:
        about = "Every heading of the list, with how many papers stand under it."
        return [
            types.Resource(uri=AnyUrl(HEADINGS), name="headings", description=about, mimeType=JSON)
        ]

    @server.list_resource_templates()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_resource_templates() -> list[types.ResourceTemplate]:
        about = "One paper of the list, by its id."
        uri = PAPERS + "{paper}"
        return [
            types.ResourceTemplate(uriTemplate=uri, name="paper", description=about, mimeType=JSON)
        ]

    @server.read_resource()  # type: ignore[no-untyped-call,untyped-decorator]
    async def read_resource(uri: AnyUrl) -> list[ReadResourceContents]:
        asked = str(uri)
        if asked == HEADINGS:
            answer = await by_name["headings"]()
        elif asked.startswith(PAPERS):
            answer = await by_name["get_paper"](unquote(asked.removeprefix(PAPERS)))
        else:
            raise QueryError(f"there is no {asked[:200]!r}; there are {HEADINGS} and {PAPERS}ID")
        return [ReadResourceContents(_written(answer), JSON)]

    return server


def _instructions(library: Library) -> str:
    lists = f"{len(library.names)} curated lists" if library.names else "one curated list"
    return INSTRUCTIONS.format(lists=lists, title=library.title)


class Agents:
    """An ASGI application that answers agents by ``server``, while :meth:`running`."""

    def __init__(self, server: Server[Any, Any]):
        self._sessions = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=MAX_BODY
        )

    def running(self) -> AbstractAsyncContextManager[None]:
        """What has to be entered, once, while requests are answered."""
        return self._sessions.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; there is no stream to open (405, as the protocol has it)."""
        if scope["method"] != "POST":
            response = refusal(405, "agents ask by POST alone")
            response.headers["Allow"] = "POST"
            await response(scope, receive, send)
            return
        await self._sessions.handle_request(scope, receive, send)


async def serve_agent(library: Library) -> None:
    """Answer the one agent at standard input and output, until it hangs up."""
    from mcp.server.stdio import stdio_server

    server = mcp_server(library, tools_of(library, Lanes()))
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _written(answer: Any) -> str:
    return display.shown_json(json.dumps(answer, ensure_ascii=False))


def _described(tool: Work) -> types.Tool:
    function = inspect.unwrap(tool)
    answer = TypeAdapter(ANSWERS[tool.__name__]).json_schema()
    if answer.get("type") != "object":  # which the protocol wants
        definitions = {"$defs": answer.pop("$defs")} if "$defs" in answer else {}
        answer = {"type": "object", "properties": {"result": answer}, **definitions}
        answer["required"] = ["result"]
    return types.Tool(
        name=tool.__name__,
        description=inspect.getdoc(function),
        inputSchema=TypeAdapter(function).json_schema(),
        outputSchema=answer,
        annotations=types.ToolAnnotations(
            readOnlyHint=True, openWorldHint=tool.__name__ == "submit"
        ),
    )
