"""What the README and the documentation show works as shown."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from arxiv_server import ArxivServer, FakePaper, invented
from conftest import ROOT
from corpus_papers import papers, source
from typed import typed

import ssm_search

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
README = TEXTS["README.md"]
ALL = "\n".join(TEXTS.values())
BLOCKS = re.findall(r"```python\n(.*?)```", ALL, re.DOTALL)
(CLIENT,) = [code for code in BLOCKS if "gradio_client" in code]
SUMMARY = "Mamba, a selective state space model, finds in images from above what has changed."
ADDRESS = "http://127.0.0.1:7860"
LISTED = invented(4)  # on the reader's own list
KNOWN = FakePaper("2404.03425", "Changes seen by Mamba", SUMMARY)

ACTIVATE = "source .venv/bin/activate"  # what the README says to type first
SERVES = "serves until it is stopped, as `page` does, and tests/app, and tests/stores"
NOT_RUN = {
    "make demo": "installs packages; the block after it asks such a question",
    "make test": "runs this test",
    "ray start --head --port=6379": "tests/corpora/test_ray.py has clusters of its own",
    "ray start --address=FIRST:6379": "the same",
    "ssm-search build --corpus arxiv-metadata-oai-snapshot.json --index arxiv --engine ray "
    "--address FIRST:6379": "the same",
    "ssm-search app --host 0.0.0.0 --store s3://papers/arxiv": SERVES,
    "ssm-search app": SERVES,
    "ssm-search app --index my-index --index another-index": SERVES,
    "ssm-search app --mcp": SERVES,
    "ssm-search mcp": "answers an agent until that hangs up, as tests/app/test_rest.py is",
    "ssm-search app --allow-host papers.example.org": SERVES,
    "ssm-search query": "names the command",
    "ssm-search discover --list README.md --index my-index --markdown": "a list of four papers has "
    "nothing to propose; tests/cli/test_radar_commands.py",
    "ssm-search decide event.json --list README.md --apply": "there is no such issue; the same",
    "ssm-search decide FILE": "the same",
    "ssm-search init": "is for a clone, as tests/cli/test_setting_up.py has one",
    "ssm-search build [LIST]": "is in a block, as `build README.md --index my-index`",
}
"""Commands that no test can type as they stand, each with the reason; all others are typed."""

STAND_INS = {
    "OTHER...": "README.md",
    "=…": "=us-east-1",  # keys and a region, to the S3 of the tests
    "[TEXT]": "",
    "TEXT": "'mamba for video'",
    "PAPER...": "2403.06977 2401.13560",
    "PAPER": "2403.06977",
    "LINK": "https://arxiv.org/abs/2404.03425",
    "FILE": "pasted.txt",
    "LIST": "README.md",
}
"""What a reader puts in where the README says so, longer names first."""
FIGURE = re.compile(r"(?<![\d.])(\d+(?=%)|\d\.\d\d(?!\d))")
"""How sure an answer is, in percent, or its score."""
SHELL = {"|", "<", "--install-completion"}
"""Words of a command that speak to the shell, the last of which asks which shell that is."""


def _shell_blocks(text: str = ALL) -> list[list[str]]:
    """The commands of each block, as they are typed."""
    blocks = re.findall(r"```(sh|console)\n(.*?)```", text, re.DOTALL)
    return [
        [
            line.removeprefix("$ ")
            for line in written.splitlines()
            if kind == "sh" or line.startswith("$ ")
        ]
        for kind, written in blocks
    ]


def _typed() -> list[str]:
    return [_bare(command) for block in _shell_blocks() for command in block]


def _in_prose(*programs: str) -> list[str]:
    """The commands between backticks, each once, that begin with one of ``programs``."""
    prose = re.sub(r"```.*?```", "", ALL, flags=re.DOTALL)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    return [one for one in dict.fromkeys(spans) if one.split()[0] in programs and " " in one]


def _bare(command: str) -> str:
    """``command`` without the remark after it."""
    return re.split(r" +# ", command)[0]


@pytest.mark.encoder
@pytest.mark.parametrize(
    "code", [code for code in BLOCKS if code != CLIENT], ids=lambda code: code[:40]
)
def test_python(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("# L\n## A\n- [T](https://arxiv.org/abs/2401.00001)\n")
    monkeypatch.setattr("ssm_search.load_encoder", lambda name: name)  # no model hub in a test
    monkeypatch.setenv("SSM_SEARCH_ARXIV_API", "http://127.0.0.1:9/api/query")  # nor arXiv
    names: dict[str, object] = {}
    exec(code, names)
    if "hits" in names:
        assert len(names["hits"]) == 10  # type: ignore[arg-type]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_it_names_is_there(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_comparison_is_the_one_that_was_measured() -> None:
    measured = (ROOT / "benchmarks" / "results" / "compare.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- compare -->\n(.*?)<!-- /compare -->", ALL, re.DOTALL)
    assert shown
    assert shown[1] == measured
    (table,) = re.findall(r"\| ssm-search \| MiniLM.*?\n\n", README, re.DOTALL)
    figures = re.findall(r"\d[\d.,]*(?: MB| ms| s)?(?= \|)", table)
    assert len(figures) == 15
    assert [one for one in figures if one not in measured] == []


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `ssm-search app --mcp`, whose arXiv knows one paper."""
    cache = str(tmp_path_factory.mktemp("cache"))
    with ArxivServer([KNOWN]) as arxiv:
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
    lines = [line for line in ALL.splitlines() if line.startswith("curl ")]
    found, paper, card = (
        json.loads(
            subprocess.run(
                [*shlex.split(line.replace(ADDRESS, page)), "--silent", "--max-time", "60"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for line in lines
    )
    expected = ssm_search.query("mamba for video", 5)
    assert [one["id"] for one in found["hits"]] == [hit.paper.id for hit in expected]
    assert paper["id"] == "2403.06977"
    assert "2404.03425" in card["row"]


@pytest.mark.encoder
def test_gradio_client(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = CLIENT.replace(ADDRESS, page)
    code = re.sub(r"^(client\.predict)", r"answers.append(\1", code, flags=re.M)
    code = re.sub(r'(api_name="/\w+"\))$', r"\1)", code, flags=re.M)
    answers: list[object] = []
    exec(code, {"answers": answers})
    found, card = answers
    assert [one["year"] for one in found["hits"]] == [2024] * 5  # type: ignore[index]
    assert card["paper"]["title"] == "Changes seen by Mamba"  # type: ignore[index]
    assert "2404.03425" in card["row"]  # type: ignore[index]


@pytest.mark.encoder
def test_mcp_configuration(page: str) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    blocks = re.findall(r"```json\n(.*?)```", ALL, re.DOTALL)
    servers = [json.loads(block.replace(ADDRESS, page))["mcpServers"]["papers"] for block in blocks]
    local, server = servers  # tests/app/test_rest.py asks a server of the first kind
    assert (local["command"], local["args"][0]) == ("ssm-search", "mcp")

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
    assert {"query", "related", "submit"} < set(names)
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


# ── what is typed ────────────────────────────────────────────────────────────────────────────


class Shell:
    """A fresh shell for some commands, in a folder with what the README speaks of."""

    def __init__(self, folder: Path, arxiv: str, pieces: Path):
        self.folder = folder
        shutil.copytree(pieces, folder / ".cache" / "ssm-search")
        self.environment = {
            "PATH": f"{os.defpath}:/usr/local/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "88",
            "HF_HUB_OFFLINE": "1",
            "SSM_SEARCH_ARXIV_API": arxiv,
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),  # what is tested may not be installed
        }
        (folder / ".venv").symlink_to(sys.prefix)
        links = "".join(f"- [{one.title}](https://arxiv.org/abs/{one.id})\n" for one in LISTED)
        (folder / "README.md").write_text(f"# Awesome kites\n\n## Flying\n\n{links}")
        shutil.copy(ROOT / "index" / "awesome-mamba.md", folder)
        (folder / "pasted.txt").write_text(f"https://arxiv.org/abs/2404.03425\nA title\n{SUMMARY}")
        record = {"id": KNOWN.id, "title": KNOWN.title, "abstract": SUMMARY}
        (folder / "abstracts.jsonl").write_text(json.dumps(record) + "\n")
        found = papers(90)
        source(folder, found, "arxiv-metadata-oai-snapshot.json")
        source(folder, papers(93)[90:], "changes.jsonl")
        with (folder / "changes.jsonl").open("a") as changes:
            changes.write(json.dumps({"id": found[0].id, "deleted": True}) + "\n")

    def type(self, commands: Sequence[str], **environment: str) -> list[str]:
        """What each command prints; all of them have to be there, and to end well."""
        commands = [_meant(command) for command in commands]
        mark = "--- ended with"
        lines = [line for command in commands for line in (command, f'echo "{mark} $?"')]
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-o", "pipefail", "-c", "\n".join(lines)],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        printed = re.split(rf"{mark} (\d+)\n", done.stdout)
        assert dict(zip(commands, printed[1::2], strict=True)) == dict.fromkeys(commands, "0"), (
            done.stderr
        )
        assert "command not found" not in done.stderr
        return printed[::2]

    def call(self, commands: Sequence[str], **environment: str) -> None:
        """Do as :meth:`type` does, in this process, with commands that speak to no shell."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.delenv("XDG_CACHE_HOME")  # a test's own; a reader's is at home
            for name, value in (self.environment | environment).items():
                patch.setenv(name, value)
            for command in commands:
                program, *words = _words(command)
                if program == "export":
                    for name, value in (word.split("=", 1) for word in words):
                        patch.setenv(name, value)
                    continue
                assert program == "ssm-search"
                done = typed(*words)
                assert done.returncode == 0, (command, done.stderr)


def _meant(command: str) -> str:
    for given, meant in STAND_INS.items():
        command = command.replace(given, meant)
    return command


def _words(command: str) -> list[str]:
    return shlex.split(_meant(command), comments=True)


def _needs_shell(command: str) -> bool:
    program, *words = _words(command)
    return program not in ("ssm-search", "export") or not SHELL.isdisjoint(words)


@pytest.fixture(scope="module")
def shell(pieces: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if not (Path(sys.prefix) / "bin" / "activate").exists() or not shutil.which("bash"):
        pytest.skip("needs bash, and an environment to activate")
    seen = FakePaper("2404.00002", "What arXiv finds by cat:cs.CV", SUMMARY)
    with ArxivServer([*LISTED, KNOWN, seen]) as arxiv:
        yield Shell(tmp_path_factory.mktemp("reader"), arxiv.url, pieces)


@pytest.mark.encoder
@pytest.mark.parametrize("block", _shell_blocks(), ids=lambda block: block[-1][:40])
def test_every_block_of_commands(
    block: list[str], shell: Shell, request: pytest.FixtureRequest
) -> None:
    commands = [command for command in block if _bare(command) not in NOT_RUN]
    environment: dict[str, str] = {}
    if any(ADDRESS in command for command in commands):
        at = request.getfixturevalue("page")
        commands = [command.replace(ADDRESS, at) for command in commands]
    if any("s3://" in command for command in commands):
        pytest.importorskip("lancedb", reason="needs LanceDB: pip install 'ssm-search[lance]'")
        environment["AWS_ENDPOINT_URL"] = request.getfixturevalue("bucket")["endpoint"]
        _make_bucket("papers", environment["AWS_ENDPOINT_URL"])
    if any("--corpus lg" in command for command in commands) and not (shell.folder / "lg").exists():
        shell.call([next(one for one in _typed() if one.endswith("--index lg"))])
    # A newcomer's are typed as they stand; those of docs/ in a process less, for they are many.
    if block in _shell_blocks(README) or any(map(_needs_shell, commands)):
        shell.type(commands if ACTIVATE in commands else [ACTIVATE, *commands], **environment)
    else:
        shell.call(commands, **environment)


def _make_bucket(name: str, endpoint: str) -> None:
    import boto3

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    s3.create_bucket(Bucket=name)


@pytest.mark.encoder
@pytest.mark.parametrize(
    "command", [one for one in _in_prose("ssm-search") if one not in (*NOT_RUN, *_typed())]
)
def test_every_command_in_a_sentence(command: str, shell: Shell) -> None:
    if _needs_shell(command):
        shell.type([ACTIVATE, command])
    else:
        shell.call([command])


def test_what_is_made_and_installed_is_there() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in [*_in_prose("make"), *(one for one in NOT_RUN if one.startswith("make "))]:
        assert re.search(rf"^{command.split()[1]}:", make, re.M), command
    extras = metadata.metadata("ssm-search").get_all("Provides-Extra") or []
    for names in re.findall(r"ssm-search\[(.*?)\]", ALL):
        assert set(names.split(",")) <= set(extras), names


def test_no_reason_is_given_for_what_is_not_there() -> None:
    assert set(NOT_RUN) <= {*_typed(), *_in_prose("ssm-search")}


@pytest.mark.encoder
def test_a_question_prints_what_is_shown(shell: Shell) -> None:
    command, shown = re.findall(r"```console\n\$ (ssm-search query .*?)\n(.*?)```", README, re.S)[0]
    _, printed = shell.type([ACTIVATE, command])[:2]
    # Processors with and without instructions for sums of bytes differ in the third digit.
    assert FIGURE.sub("", printed).split() == FIGURE.sub("", shown).split()
    for told, said in zip(FIGURE.findall(printed), FIGURE.findall(shown), strict=True):
        assert abs(float(told) - float(said)) < (1.5 if said.isdigit() else 0.015)
