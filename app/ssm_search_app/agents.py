"""The tools for agents: the Model Context Protocol by its own SDK, over streamable HTTP.

https://modelcontextprotocol.io/specification: a request is a POST and its answer JSON; there are no
sessions to keep, and nothing is sent unasked.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import TypeAdapter
from starlette.types import Receive, Scope, Send

from ssm_search import QueryError
from ssm_search_app.bounds import MAX_BODY, Work, refusal


class Agents:
    """An ASGI application that lets agents call ``tools``, while :meth:`running`."""

    def __init__(self, tools: Sequence[Work]):
        # It logs a trace for each request that makes no sense; what tools raise is logged by them.
        logging.getLogger("mcp").setLevel(logging.CRITICAL)
        server: Server[Any, Any] = Server("ssm-search", version("ssm-search"))
        by_name = {tool.__name__: tool for tool in tools}
        described = [_described(tool) for tool in tools]

        @server.list_tools()  # type: ignore[no-untyped-call,untyped-decorator]
        async def list_tools() -> list[types.Tool]:
            return described

        # The tools check what they are given themselves, and say it better.
        @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
        async def call_tool(name: str, arguments: dict[str, Any]) -> list[types.TextContent]:
            if name not in by_name:
                raise QueryError(f"there is no tool {name!r}; there are {', '.join(by_name)}")
            answer = await by_name[name](**arguments)
            return [types.TextContent(type="text", text=json.dumps(answer, ensure_ascii=False))]

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


def _described(tool: Work) -> types.Tool:
    function = inspect.unwrap(tool)
    return types.Tool(
        name=tool.__name__,
        description=inspect.getdoc(function),
        inputSchema=TypeAdapter(function).json_schema(),
        annotations=types.ToolAnnotations(readOnlyHint=True, openWorldHint=False),
    )
