"""What the README shows works as shown."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from arxiv_server import ArxivServer, FakePaper
from conftest import ROOT

import ssm_search

README = (ROOT / "README.md").read_text(encoding="utf-8")
CLIENT, *BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SUMMARY = "Mamba, a selective state space model, finds in images from above what has changed."
ADDRESS = "http://127.0.0.1:7860"


@pytest.mark.encoder
@pytest.mark.parametrize("code", BLOCKS, ids=["shipped index", "own collection"])
def test_python(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("# L\n## A\n- [T](https://arxiv.org/abs/2401.00001)\n")
    monkeypatch.setattr("ssm_search.load_encoder", lambda name: name)  # no model hub in a test
    monkeypatch.setenv("SSM_SEARCH_ARXIV_API", "http://127.0.0.1:9/api/query")  # nor arXiv
    names: dict[str, object] = {}
    exec(code, names)
    if "hits" in names:
        assert len(names["hits"]) == 10  # type: ignore[arg-type]


def test_every_file_it_names_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_comparison_is_the_one_that_was_measured() -> None:
    measured = (ROOT / "benchmarks" / "results" / "compare.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- compare -->\n(.*?)<!-- /compare -->", README, re.DOTALL)
    assert shown
    assert shown[1] == measured


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `ssm-search app --mcp`, whose arXiv knows one paper."""
    known = FakePaper("2404.03425", "Changes seen by Mamba", SUMMARY)
    cache = str(tmp_path_factory.mktemp("cache"))
    with ArxivServer([known]) as arxiv:
        command = [sys.executable, "-m", "ssm_search", "app", "--mcp", "--port=0", "--no-browser"]
        environment = os.environ | {"SSM_SEARCH_ARXIV_API": arxiv.url, "XDG_CACHE_HOME": cache}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            yield found[0]
            server.terminate()


@pytest.mark.encoder
def test_curl(page: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl here")
    line = next(line for line in README.splitlines() if line.startswith("curl --json"))
    asked = json.loads(shlex.split(line)[2])["data"]
    command = [*shlex.split(line.replace(ADDRESS, page)), "--silent", "--max-time", "60"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (answers,) = json.loads(done.stdout)["data"]
    expected = ssm_search.query(asked[0], asked[1])
    assert [one["id"] for one in answers] == [hit.paper.id for hit in expected]


@pytest.mark.encoder
def test_gradio_client(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = CLIENT.replace(ADDRESS, page)
    code = re.sub(r"^(client\.predict)", r"answers.append(\1", code, flags=re.M)
    code = re.sub(r'(api_name="/\w+"\))$', r"\1)", code, flags=re.M)
    answers: list[object] = []
    exec(code, {"answers": answers})
    found, card = answers
    assert [one["year"] for one in found] == [2024] * 5  # type: ignore[attr-defined]
    assert card["paper"]["title"] == "Changes seen by Mamba"  # type: ignore[index]
    assert "2404.03425" in card["row"]  # type: ignore[index]


@pytest.mark.encoder
def test_mcp_configuration(page: str) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    (server,) = json.loads(block.replace(ADDRESS, page))["mcpServers"].values()

    async def ask() -> tuple[list[str], str]:
        async with (
            streamable_http_client(server["url"]) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = await session.list_tools()
            answer = await session.call_tool("query", {"text": "mamba for video", "k": 1})
            return [tool.name for tool in tools.tools], answer.content[0].text  # type: ignore[union-attr]

    names, text = asyncio.run(ask())
    assert names == ["query", "related", "recommend", "suggest_categories", "submit"]
    assert ssm_search.query("mamba for video", 1)[0].paper.title in text


def test_a_space_starts_as_it_is() -> None:
    _, front, _ = README.split("---\n", 2)
    assert yaml.safe_load(front) == {"title": "ssm-search", "sdk": "docker"}
    docker = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "EXPOSE 7860" in docker  # where a Space looks unless told otherwise
    copied = re.findall(r"^COPY (.*) \S+$", docker, re.M)
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in let_in, name
    program, command, *options = json.loads(docker.splitlines()[-1].removeprefix("CMD "))
    shown = subprocess.run(
        [sys.executable, "-m", program.replace("-", "_"), command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "200"},
    ).stdout
    assert all(option in shown for option in options if option.startswith("--"))
