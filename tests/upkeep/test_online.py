"""The command with --online: arXiv, GitHub and all other hosts are servers on this machine."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from arxiv_server import ArxivServer, FakePaper, Status
from fakes import WordEncoder
from link_server import LinkServer, Page
from typer.testing import CliRunner, Result

from ssm_search.abstracts import default_cache, load_abstracts
from ssm_search.build.lists import build_index
from ssm_search.cli.questions import app
from ssm_search.upkeep import answers as kept
from ssm_search.upkeep import asking
from ssm_search.upkeep.findings import Finding
from ssm_search.views.finding_display import findings_markdown

ABS = "https://arxiv.org/abs/"
LIST = """# Awesome Sea

## Deep

|Title|Year|Venue|Code|
|---|---|---|---|
|[Whales that sing]({abs}2401.00001)|2024|arXiv| code |
|[Squids that glow]({abs}2401.00002)|2024|ICML 2024|[code]({at}/ada/squid)|
|[Crabs that walk]({abs}2401.00003)|2024|ICML 2024|[code]({at}/ada/crab)|
|[Eels that wind]({abs}2401.00004)|2024|arXiv|[code](https://github.com/ada/eel)|
"""
PAPERS = [
    FakePaper(
        "2401.00001",
        "Whales that sing",
        "Whales sing. Code is available at https://gitlab.com/ada/whale.",
        comment="12 pages, accepted at ECCV 2024",
    ),
    FakePaper("2401.00002", "Squids that glow"),
    FakePaper("2401.00003", "Crabs that walk sideways", version=2, first_title="Crabs that walk"),
    FakePaper("2401.00004", "Eels that wind", comment="Submitted to ICLR 2025"),
]
PAGES = {
    "/robots.txt": [Page(404)],
    "/ada/squid": [Page(301, to="/bo/squid")],
    "/bo/squid": [Page()],
    "/ada/crab": [Page(404)],
    "/repos/ada/eel": [Page(body=b'{"archived": true}')],
}


class World:
    """A list with its index, and the servers that stand in for all that it leads to."""

    def __init__(self, folder: Path, arxiv: ArxivServer, web: LinkServer) -> None:
        self.arxiv, self.web = arxiv, web
        self.path = folder / "list.md"
        self.text = LIST.format(abs=ABS, at=web.at("github.com", ""))
        self.path.write_text(self.text)
        index = folder / "index"
        report = build_index(self.path, index, encoder=WordEncoder(), offline=True)
        self.search = report.search

    def doctor(self, *options: str, online: bool = True) -> Result:
        hosts = ["github.com", "api.github.com"]
        allowed = [option for host in hosts for option in ("--allow-host", host)]
        command = ["doctor", "--list", str(self.path), *options]
        return CliRunner().invoke(app, [*command, *(["--online", *allowed] if online else [])])

    def found(self, *options: str, online: bool = True) -> list[dict[str, str]]:
        done = self.doctor("--json", *options, online=online)
        assert done.exit_code == 0, done.output
        found: list[dict[str, str]] = json.loads(done.stdout)
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "github_token"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: object, **options: object) -> object:
        return real("127.0.0.1", *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(asking, "INTERVAL", 0.0)
    with ArxivServer(PAPERS) as arxiv, LinkServer(PAGES) as web:
        monkeypatch.setenv("SSM_SEARCH_ARXIV_API", arxiv.url)
        monkeypatch.setattr(asking, "GITHUB_API", web.at("api.github.com", ""))
        one = World(tmp_path, arxiv, web)
        monkeypatch.setattr("ssm_search.cli.doctoring.open_listed", lambda index: one.search)
        yield one


def test_what_is_found_online(world: World) -> None:
    found = world.found()
    assert [(one["kind"], one["line"], one["certainty"]) for one in found] == [
        ("moved", 8, "answered"),
        ("archived", 10, "answered"),
        ("venue", 7, "recorded"),
        ("code", 7, "recorded"),
        ("title", 9, "possible"),
    ]
    assert all(one["patch"] for one in found if one["kind"] != "archived")
    assert "https://gitlab.com/ada/whale" in found[3]["message"]


def test_a_link_is_called_dead_an_hour_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.found("--kind", "link") == []
    assert world.found("--kind", "link") == []  # the same answer, not asked for again
    assert len(world.web.asked("/ada/crab")) == 2  # HEAD, and GET to be sure
    monkeypatch.setattr(kept, "APART", timedelta(microseconds=1))
    (dead,) = world.found("--kind", "link")
    assert (dead["line"], dead["certainty"], dead["patch"]) == (9, "answered", "")


def test_a_link_that_is_back_is_not_dead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.web.pages["/ada/crab"] = [Page(404), Page(404), Page()]
    assert world.found("--kind", "link") == []
    monkeypatch.setattr(kept, "APART", timedelta(microseconds=1))
    assert world.found("--kind", "link") == []


def test_what_is_known_is_not_asked_for_again(world: World) -> None:
    first = world.found()
    asked = len(world.arxiv.requests), len(world.web.seen)
    assert world.found() == first
    # But what is silent is asked again, an hour later; here that is a port that nobody listens at.
    assert (len(world.arxiv.requests), len(world.web.seen)) == asked


def test_a_patch_is_that_of_the_finding_with_its_number(world: World) -> None:
    found = world.found()
    number = next(at for at, one in enumerate(found, start=1) if one["kind"] == "venue")
    assert world.doctor("--patch", str(number)).stdout == found[number - 1]["patch"]
    code = world.found("--kind", "code")
    assert world.doctor("--kind", "code", "--patch", "1").stdout == code[0]["patch"]
    # What is only possible has to be asked for.
    assert "sideways" not in world.doctor("--patch", "all").stdout
    assert "sideways" in world.doctor("--patch", "all", "--all").stdout
    both = world.doctor("--patch", "all", "--kind", "code", "--kind", "venue").stdout
    assert "|2024|ECCV 2024|[code](https://gitlab.com/ada/whale)|" in both
    assert len(re.findall(r"^\+\|", both, re.M)) == 1


def test_kinds_work_offline_with_what_is_known(world: World, tmp_path: Path) -> None:
    assert world.found(online=False) == []
    assert world.found("--kind", "code", online=False) == []
    known = tmp_path / "known.jsonl"
    record = {"id": "2401.00001", "title": "", "abstract": PAPERS[0].summary}
    known.write_text(json.dumps({**record, "comments": "ECCV 2024"}))
    found = world.found(
        "--kind", "code", "--kind", "venue", "--abstracts", str(known), online=False
    )
    assert [one["kind"] for one in found] == ["venue", "code"]
    assert world.web.seen == []
    assert world.arxiv.requests == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kind", "link"], "ask them with --online"),
        (["--kind", "codes"], "no kind 'codes'; expected one of unread, duplicate, link"),
    ],
)
def test_kinds_that_there_are_not(options: list[str], message: str, world: World) -> None:
    done = world.doctor(*options, online=False)
    assert done.exit_code == 2
    assert message in " ".join(done.output.replace("│", " ").split())


def test_only_what_is_wanted_is_asked_for(world: World) -> None:
    world.found("--kind", "venue")
    assert world.web.seen == []
    assert world.arxiv.asked == [["2401.00001", "2401.00002", "2401.00003", "2401.00004"]]
    world.found("--kind", "moved")
    assert len(world.arxiv.requests) == 1
    assert world.web.asked("/repos/ada/eel") == []


def test_an_old_record_is_asked_for_again(world: World) -> None:
    cache = default_cache()
    cache.parent.mkdir(parents=True, exist_ok=True)
    long_ago = (date.today() - timedelta(days=31)).isoformat()
    old = [
        {"id": "2401.00001", "title": "Whales that sing", "abstract": "Whales."},
        {"id": "2401.00002", "title": "Squids that glow", "abstract": "", "asked": long_ago},
        {"id": "2401.00003", "title": "T", "abstract": "", "asked": date.today().isoformat()},
    ]
    cache.write_text("".join(json.dumps(record) + "\n" for record in old))
    (finding,) = world.found("--kind", "venue")
    assert world.arxiv.asked == [["2401.00001", "2401.00002", "2401.00004"]]
    assert "ECCV 2024" in finding["message"]
    assert load_abstracts(cache)["2401.00001"].comment == PAPERS[0].comment


def test_what_cannot_be_asked_is_said(world: World) -> None:
    world.arxiv.script = [Status(400), Status(400), Status(400)] + [Status(404)] * 20
    world.web.pages["/ada/crab"] = [Page(403)]
    done = world.doctor("--json")
    assert done.exit_code == 0
    said = done.stderr
    assert "arXiv: got HTTP" in said
    assert "2 of 3 links could not be asked, which says nothing about them" in said
    assert "1 × HTTP 403" in said
    assert [one["kind"] for one in json.loads(done.stdout)] == ["moved", "archived"]


def test_the_token_goes_to_github_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    world.found()
    signed = {
        host
        for (_, host, _), headers in zip(world.web.seen, world.web.headers, strict=True)
        if "Authorization" in headers
    }
    assert signed == {"api.github.com"}
    assert not any("Authorization" in seen.headers for seen in world.arxiv.requests)


def test_a_list_that_changed_is_refused_before_anybody_is_asked(world: World) -> None:
    world.path.write_text(world.text + "\nMore.\n")
    done = world.doctor()
    assert done.exit_code == 1
    assert world.web.seen == []
    assert world.arxiv.requests == []


# ── a report ─────────────────────────────────────────────────────────────────────────────────


def test_a_report_for_an_issue(world: World) -> None:
    world.web.pages["/ada/crab"] = [Page(403)]
    done = world.doctor("--markdown")
    first, _, rest = done.stdout.partition("\n")
    assert first == (
        "**5 findings in list.md, 4 with a patch: 1 links to what moved, 1 links to what is "
        "archived, 1 venues that are missing, 1 links to code that are missing, 1 titles that "
        "arXiv has otherwise**"
    )
    assert " --online --patch 1,3` prints patches as one diff.\n" in rest
    assert rest.startswith("\n> 3 of 4 links could not be asked")
    assert rest.count("<details>") == rest.count("</details>") == 5
    assert "\n+|[Whales that sing](https://arxiv.org/abs/2401.00001)|2024|ECCV 2024|" in rest
    assert "could not be asked" not in done.stderr


def finding(message: str, number: int = 1, **values: str) -> Finding:
    return Finding("code", number, message, certainty="recorded", **values)  # type: ignore[arg-type]


def test_nothing_in_a_report_is_markup_by_itself() -> None:
    bad = "</details><script> @ada #1 [x](https://example.org) `"
    patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-````\n+</details>\n"
    text = findings_markdown([finding(bad, evidence=(bad,), patch=patch)], "list.md", [bad])  # type: ignore[arg-type]
    outside = re.sub(r"`{5}diff\n.*?\n`{5}\n", "", text, flags=re.S)
    assert outside.count("</details>") == 1
    assert "<script>" not in outside
    assert "@ada" not in outside
    assert "\\[x\\](" in outside
    assert "`````diff\n-````\n+</details>\n`````\n" in text


@pytest.mark.parametrize("most", [1_000, 3_000, 65_000])
def test_a_report_is_no_longer_than_an_issue(most: int) -> None:
    many = [finding(f"Of whale {n} the code is missing", n) for n in range(2_000)]
    text = findings_markdown(many, "list.md", ["a note"], most)
    assert len(text) <= most
    shown = text.count("the code is missing")
    assert shown > most / 100
    assert f"{2_000 - shown} more did not fit into this report." in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_a_report_of_nothing() -> None:
    assert findings_markdown([], "list.md") == "**Nothing found in list.md**\n"
