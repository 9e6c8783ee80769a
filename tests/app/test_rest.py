"""REST and MCP as programs meet them: named parameters, typed answers, one sentence a failure."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fakes import WordEncoder
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import TypeAdapter
from serving import CAM, PAPERS, RIBBONS, http, library_of, served
from ssm_search_app.answers import ANSWERS
from ssm_search_app.bounds import Lanes
from ssm_search_app.library import Library
from ssm_search_app.rest import ADDRESSES, rest
from ssm_search_app.tools import tools

import ssm_search
from ssm_search import PaperSearch, Search, hits_to_json, suggestion_to_json

pytestmark = pytest.mark.filterwarnings(
    "ignore::Warning:gradio", "ignore::DeprecationWarning:pandas"
)
CALLS: dict[str, dict[str, Any]] = {
    "query": {"text": "video since 2022", "k": 3, "code": "any"},
    "related": {"paper": CAM.id, "k": 2},
    "recommend": {"like": [CAM.id, RIBBONS.id], "dislike": [PAPERS[4].id], "k": 2},
    "suggest_categories": {"paper": "A video. It flies."},
    "headings": {},
    "get_paper": {"paper": CAM.url},
    "submit": {"title": "A video of knots", "abstract": "A video shows how to tie knots."},
}


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    with served(library, mcp=True) as address:
        yield address


def answers(library: Library) -> dict[str, Any]:
    """What each call of CALLS gives, asked of the functions themselves."""
    by_name = {tool.__name__: tool for tool in tools(library, Lanes())}

    async def ask() -> dict[str, Any]:
        return {name: await by_name[name](**given) for name, given in CALLS.items()}

    return json.loads(json.dumps(asyncio.run(ask())))  # type: ignore[no-any-return]


# ── REST ─────────────────────────────────────────────────────────────────────────────────────


def test_every_function_answers_by_name(url: str, library: Library) -> None:
    found = {}
    for name, path in ADDRESSES.items():
        given = dict(CALLS[name])
        address = path.replace("{paper:path}", str(given.get("paper")))
        given = {} if "{" in path else given
        answer = http.get(f"{url}/api{address}", params=given)
        assert answer.status_code == 200, answer.text
        found[name] = answer.json()
    found["submit"] = http.post(f"{url}/api/submit", json=CALLS["submit"]).json()
    assert found == answers(library)
    search: Search = library.search
    assert found["query"] == json.loads(json.dumps(hits_to_json(search.query(**_asked()))))
    assert found["get_paper"]["abstract"] == CAM.abstract
    suggested = map(suggestion_to_json, search.suggest_categories("A video. It flies."))
    assert found["suggest_categories"] == json.loads(json.dumps(list(suggested)))


def _asked() -> dict[str, Any]:
    return {name: CALLS["query"][name] for name in ("text", "k")}


@pytest.mark.parametrize("address", ["headings", "query?text=video", "query?text=", "fish"])
def test_who_asks_for_the_head_gets_that_of_the_answer(url: str, address: str) -> None:
    whole, head = (http.request(how, f"{url}/api/{address}") for how in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == whole.headers.get(name), name


@pytest.mark.parametrize("name", CALLS)
def test_answers_are_of_their_types(library: Library, name: str) -> None:
    TypeAdapter(ANSWERS[name]).validate_python(answers(library)[name])


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("query", 400, "text: Field required"),
        ("query?text=", 400, "the query is empty"),
        ("query?text=video&k=1000", 400, "k: Input should be less than or equal to 100"),
        ("query?text=video&colour=red", 400, "there is no 'colour'; expected text, k, category,"),
        ("query?text=video&category=Fish", 400, "no paper stands under 'Fish'"),
        ("query?text=2401.99999", 404, "2401.99999 is not among the 19 entries of this index"),
        ("papers/nobody", 404, "'nobody' is no paper of this list; ask for it in words by query"),
        ("recommend?like=", 400, "the query is empty"),
        ("fish", 404, "there is nothing at this address"),
        ("submit", 405, "Method Not Allowed: see /api/docs"),
    ],
)
def test_a_failure_is_one_sentence(url: str, address: str, status: int, told: str) -> None:
    answer = http.get(f"{url}/api/{address}")
    assert answer.status_code == status
    assert told in json.dumps(answer.json(), ensure_ascii=False)
    assert "\n" not in answer.text
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ('{"lnk": "x"}', "there is no 'lnk'; expected link, title, abstract, category"),
        ("[]", "body: Input should be a valid dictionary or object to extract fields from"),
        ('{"title": 1}', "title: Input should be a valid string"),
        (
            "{",
            "the body is no JSON (Expecting property name enclosed in double quotes at character "
            "1); expected an object",
        ),
    ],
)
def test_what_is_posted_is_refused_in_one_sentence(url: str, sent: str, told: str) -> None:
    answer = http.post(
        f"{url}/api/submit", content=sent, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (400, {"error": told})


def test_who_has_the_answer_is_told_so(tmp_path: Path) -> None:
    library = library_of(tmp_path)
    with served(library) as at:
        first = http.get(f"{at}/api/query?text=video")
        tag = first.headers["ETag"]
        assert http.get(f"{at}/api/headings").headers["ETag"] != tag
        wrong = http.get(f"{at}/api/query?text=", headers={"If-None-Match": tag})
        assert wrong.status_code == 400
        for said in (tag, f"W/{tag}", f'"other", {tag}'):
            again = http.get(f"{at}/api/query?text=video", headers={"If-None-Match": said})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        other = http.get(f"{at}/api/query?text=video", headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.json()) == (200, first.json())
        library.search = PaperSearch.from_papers(PAPERS[:2], WordEncoder())
        renewed = http.get(f"{at}/api/query?text=video", headers={"If-None-Match": tag})
        assert (renewed.status_code, len(renewed.json()["hits"])) == (200, 2)
        assert renewed.headers["ETag"] != tag


def test_its_documentation_needs_nothing_from_elsewhere(url: str) -> None:
    page = http.get(f"{url}/api/docs").text
    addresses = re.findall(r"(?:src|href|url)[=:] ?[\"'](.+?)[\"']", page)
    assert len(addresses) > 3
    for address in addresses:
        assert address.startswith("/api/"), address
        assert http.get(url + address).status_code == 200
    described = http.get(f"{url}/api/openapi.json").json()
    assert set(described["paths"]) == {
        *(path.replace(":path", "") for path in ADDRESSES.values()),
        "/submit",
    }
    assert described["components"]["schemas"]["Hit"]["properties"]["confidence"]["description"]
    for path in described["paths"].values():
        for one in path.values():
            assert all(each["description"] for each in one.get("parameters", []))


def test_nothing_that_is_sent_fails_it(library: Library) -> None:
    import schemathesis

    application = rest(library, tools(library, Lanes()))
    schema = schemathesis.openapi.from_asgi("/openapi.json", application)

    for operation in schema.get_all_operations():
        _ask(operation.ok().as_strategy())


def _ask(strategy: Any) -> None:
    from hypothesis import HealthCheck, given, settings
    from schemathesis import Case, checks

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(case: Case) -> None:
        case.call_and_validate(checks=[checks.not_a_server_error])

    run()


# ── agents ───────────────────────────────────────────────────────────────────────────────────


async def talk(agent: ClientSession, expected: dict[str, Any]) -> None:
    """What an agent does: looks at the tools, calls each, reads what there is, errs."""
    hello = await agent.initialize()
    assert hello.serverInfo.name == "ssm-search"
    assert hello.serverInfo.version == ssm_search.__version__
    assert "nothing" in (hello.instructions or "")
    offered = {tool.name: tool for tool in (await agent.list_tools()).tools}
    assert set(offered) == set(CALLS)
    for name, given in CALLS.items():
        tool = offered[name]
        assert tool.annotations
        assert tool.annotations.readOnlyHint
        told = await agent.call_tool(name, given)
        assert not told.isError
        assert tool.outputSchema
        jsonschema.validate(told.structuredContent, tool.outputSchema)
        assert told.structuredContent
        assert told.structuredContent.get("result", told.structuredContent) == expected[name]
    wrong = await agent.call_tool("get_paper", {"paper": "nobody"})
    assert wrong.isError
    assert wrong.content[0].text.endswith("ask for it in words by query")  # type: ignore[union-attr]
    (headings,) = (await agent.list_resources()).resources
    read = (await agent.read_resource(headings.uri)).contents[0]
    assert json.loads(read.text) == expected["headings"]  # type: ignore[union-attr]
    (template,) = (await agent.list_resource_templates()).resourceTemplates
    address = template.uriTemplate.replace("{paper}", CAM.id)
    read = (await agent.read_resource(address)).contents[0]  # type: ignore[arg-type]
    assert json.loads(read.text)["title"] == CAM.title  # type: ignore[union-attr]


def test_agents_are_answered_over_http(url: str, library: Library) -> None:
    expected = answers(library)

    async def ask() -> None:
        async with (
            streamable_http_client(f"{url}/mcp") as (read, write, _),
            ClientSession(read, write) as agent,
        ):
            await talk(agent, expected)

    asyncio.run(ask())


@pytest.mark.encoder
def test_agents_are_answered_over_stdio() -> None:
    async def ask() -> None:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "ssm_search", "mcp", "--offline"],
            env=dict(os.environ),
        )
        async with stdio_client(server) as (read, write), ClientSession(read, write) as agent:
            hello = await agent.initialize()
            assert hello.serverInfo.name == "ssm-search"
            told = await agent.call_tool("query", {"text": "mamba for video", "k": 1})
            assert told.structuredContent
            hits = told.structuredContent["hits"]
            assert [one["id"] for one in hits] == [
                ssm_search.query("mamba for video", 1)[0].paper.id
            ]

    asyncio.run(ask())
