"""The radar from end to end: arXiv is asked, an issue printed, its boxes fill the list."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from arxiv_server import ArxivServer, FakePaper
from click.testing import Result
from conftest import ROOT
from typer.testing import CliRunner

from ssm_search.abstracts.cache import API_URL_VARIABLE
from ssm_search.cli.questions import app
from ssm_search.discovery.decisions import Decision, append_decisions, read_decisions
from ssm_search.errors import NoPaperError, SsmSearchError

pytestmark = pytest.mark.encoder

TODAY = datetime.now(UTC).date()
SCANNER = FakePaper(
    "2501.00001",
    "VideoScanner, a selective state space model for video",
    "We bring Mamba, a selective state space model of linear complexity, to video understanding. "
    "Its scan captures dependencies over long range, space and time. It beats Transformers on "
    "every task that we tried, and is efficient.",
    published=TODAY - timedelta(days=10),
)
ORGANS = FakePaper(
    "2501.00002",
    "OrganMamba: a U-shaped state space model finds organs",
    "Segmentation of medical images needs context of long range. We put Mamba blocks into a U-Net, "
    "whose selective scan sees a whole volume at linear cost, and segment organs and tumours in CT "
    "better than convolutional networks and Transformers.",
    published=TODAY - timedelta(days=9),
)
OLD = replace(SCANNER, id="2501.00003", title="An older scan", published=TODAY - timedelta(days=40))
OTHERS = [
    FakePaper(
        f"2502.{at:05}",
        f"The {at} laws of {what}",
        f"A history of {what}. With no mamba in it.",
        published=TODAY - timedelta(days=3),
    )
    for at, what in enumerate(["bread", "taxes", "rivers", "violins", "soil"] * 12)
]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list in a git repository, in which the commands run."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "list"
    (folder / ".git").mkdir(parents=True)
    shutil.copy(ROOT / "index" / "awesome-mamba.md", folder / "README.md")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def arxiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivServer]:
    with ArxivServer([SCANNER, ORGANS, OLD, *OTHERS]) as server:
        monkeypatch.setenv(API_URL_VARIABLE, server.url)
        yield server


def run(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=text)


def event(body: str, state: str = "open", reason: str | None = None) -> str:
    issue = {"number": 7, "body": body, "state": state, "state_reason": reason}
    return json.dumps({"action": "edited", "issue": issue})


def test_what_is_new_is_proposed_once_and_a_tick_puts_it_into_the_list(
    repository: Path, arxiv: ArxivServer
) -> None:
    file = repository / ".ssm-search" / "decisions.jsonl"
    done = run("discover", "--list", "README.md", "--markdown")
    assert done.exit_code == 0, done.output
    body = done.stdout
    assert body.startswith("2 papers for the list: ")
    assert len(arxiv.requests) == 1
    first = TODAY - timedelta(days=30)
    assert f"submittedDate:[{first:%Y%m%d}0000 TO {TODAY:%Y%m%d}2359]" in arxiv.requests[0].query
    assert "all:mamba" in arxiv.requests[0].query
    known = read_decisions(file)
    assert sorted(known.ids("proposed")) == [SCANNER.id, ORGANS.id]
    assert known.last[SCANNER.id].title == SCANNER.title
    assert known.asked == TODAY

    done = run("discover", "--list", "README.md", "--markdown")
    assert isinstance(done.exception, NoPaperError)
    assert done.stdout == ""
    again = TODAY - timedelta(days=5)
    assert f"submittedDate:[{again:%Y%m%d}0000 TO" in arxiv.requests[1].query

    before = (repository / "README.md").read_text()
    ticked = re.sub(r"- \[ \] (?=\*\*\[VideoScanner)", "- [x] ", body)
    done = run("decide", "-", "--apply", text=event(ticked))
    assert done.exit_code == 0, done.output
    after = (repository / "README.md").read_text()
    (line,) = set(after.splitlines()) - set(before.splitlines())
    assert "VideoScanner" in line
    assert f"  {line}\n" in body  # the row that the issue showed
    assert "arXiv was not asked" not in body
    number = after.splitlines().index(line) + 1
    assert done.stdout == f"{SCANNER.id} accepted: line {number} of README.md\n"
    assert read_decisions(file).last[SCANNER.id].issue == 7

    assert run("decide", "-", "--apply", text=event(ticked)).stdout == ""
    done = run("decide", "-", "--apply", "--json", text=event(ticked, "closed", "completed"))
    assert json.loads(done.stdout) == [{"id": ORGANS.id, "decision": "rejected", "line": None}]
    assert (repository / "README.md").read_text() == after
    done = run("discover", "--list", "README.md", "--json", "--since", str(first))
    assert json.loads(done.stdout) == []


def test_a_look_remembers_nothing(
    repository: Path, arxiv: ArxivServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        done = run("discover", "--list", "README.md", "--json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert {one["paper"]["id"] for one in found} == {SCANNER.id, ORGANS.id}
        assert {type(word) for one in found for word in one["terms"]} == {str}
    assert not (repository / ".ssm-search").exists()
    done = run("discover", "--list", "README.md", "-k", "1", "--min-confidence", "0")
    assert "VideoScanner" in done.stdout or "OrganMamba" in done.stdout
    assert run("discover", "--markdown", "--json").exit_code == 2
    monkeypatch.setattr("ssm_search.discovery.radar.MIN_LISTED", 1_000)
    done = run("discover", "--markdown")
    assert isinstance(done.exception, NoPaperError)
    assert "the list has 83 papers; from 1000 on" in str(done.exception)


def test_what_was_merged_by_hand_was_accepted(repository: Path, arxiv: ArxivServer) -> None:
    file = repository / "own.jsonl"
    options = ("--list", "README.md", "--decisions", str(file))
    body = run("discover", "--markdown", *options).stdout
    path = repository / "README.md"
    found = re.search(
        r"VideoScanner.*?\*\*Row\*\* for line (\d+) .*?```markdown\n  ([^\n]*)\n", body, re.S
    )
    assert found
    at, row = int(found[1]), found[2]
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[: at - 1], f"{row}\n", *lines[at - 1 :]]))
    with pytest.raises(NoPaperError):
        raise run("discover", "--markdown", *options).exception or AssertionError
    assert read_decisions(file).ids("accepted") == [SCANNER.id]
    assert read_decisions(file).ids("proposed") == [ORGANS.id]
    closed = event(body, "closed", "not_planned")
    assert run("decide", "-", *options, text=closed).stdout == f"{ORGANS.id} rejected\n"


def test_rejected_papers_are_asked_for_and_learned_from(
    repository: Path, arxiv: ArxivServer
) -> None:
    done = run("discover", "--list", "README.md", "--json", "--reject", ORGANS.id)
    assert [one["paper"]["id"] for one in json.loads(done.stdout)] == [SCANNER.id]
    assert arxiv.requests[-1].ids == [ORGANS.id]
    done = run("discover", "--list", "README.md", "--json")
    assert [one["paper"]["id"] for one in json.loads(done.stdout)] == [SCANNER.id]
    assert arxiv.requests[-1].ids == []  # known by now


def test_what_cannot_be_done_is_said(repository: Path, arxiv: ArxivServer) -> None:
    file = repository / ".ssm-search" / "decisions.jsonl"
    file.parent.mkdir()
    file.write_text("<<<<<<< HEAD\n")
    done = run("discover", "--list", "README.md", "--json", "--limit", "1")
    assert f"{file}: line 1 is no decision (no JSON): <<<<<<< HEAD" in done.stderr
    assert "arXiv has more than 1 such papers; none before" in done.stderr
    assert isinstance(run("decide", "-", text=event("no marker")).exception, NoPaperError)
    gone = Decision(SCANNER.id, "proposed", title=SCANNER.title, heading=("Gone",))
    append_decisions(file, [gone])
    body = (
        f"- [x] **T** <!-- ssm-search: {SCANNER.id} -->\n"
        f'<!-- ssm-search radar: {{"ids": ["{SCANNER.id}"]}} -->'
    )
    done = run("decide", "-", "--apply", "--offline", text=event(body))
    assert done.stdout.startswith(f"{SCANNER.id} not accepted: no heading 'Gone' in the list; ")
    (said,) = json.loads(run("decide", "-", "--apply", "--json", text=event(body)).stdout)
    assert (said["decision"], said["reason"][:17]) == (None, "no heading 'Gone'")
    assert read_decisions(file).ids("proposed") == [SCANNER.id]  # and can be ticked again
    arxiv.papers.clear()
    done = run("discover", "--list", "README.md")
    assert "arXiv has no paper for (cat:" in done.stderr
    assert "no other paper of 0 fits" in done.stderr
    assert isinstance(run("discover", "--list", "README.md", "--markdown").exception, NoPaperError)


def test_a_list_that_changes_meanwhile_stays_as_it_is(
    repository: Path, arxiv: ArxivServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = run("discover", "--list", "README.md", "--markdown").stdout
    path = repository / "README.md"

    def changes(*arguments: object, **options: object) -> tuple[str, list[object]]:
        path.write_text("# Another\n")
        return "# Mine\n", []

    monkeypatch.setattr("ssm_search.discovery.ticking.with_rows", changes)
    done = run("decide", "-", "--apply", text=event(body.replace("- [ ]", "- [x]")))
    assert isinstance(done.exception, SsmSearchError)
    assert "changed meanwhile" in str(done.exception)
    assert path.read_text() == "# Another\n"
    file = repository / ".ssm-search" / "decisions.jsonl"
    assert read_decisions(file).ids("accepted") == []
