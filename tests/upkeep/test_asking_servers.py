"""Links asked over real connections, of a server on this machine that stands in for all hosts."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from link_server import Closed, LinkServer, Page, Reply, Silence

from ssm_search.upkeep import asking
from ssm_search.upkeep.answers import (
    APART,
    FRESH,
    KEPT,
    Answer,
    Answers,
    Repository,
    load_answers,
    save_answers,
)
from ssm_search.upkeep.asking import ask_links, ask_repositories, can_be_asked

HOSTS = ("github.com", "example.org", "gitlab.com", "api.github.com", "elsewhere.org")
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """All hosts are this machine, and nothing goes anywhere else."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: object, **options: object) -> object:
        assert host in HOSTS or host == "127.0.0.1", host
        return real("127.0.0.1", *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def ask(
    *addresses: str,
    allow: tuple[str, ...] = HOSTS,
    sleep: Callable[[float], object] = lambda seconds: None,
) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    ask_links(addresses, found.__setitem__, allow_hosts=allow, interval=0, sleep=sleep)
    return found


def of_one(pages: dict[str, list[Reply]], path: str, host: str = "github.com") -> Answer:
    with LinkServer({"/robots.txt": [Page(404)], **pages}) as server:
        address = server.at(host, path)
        answer = ask(address)[address]
        moved = answer.moved.replace(f":{server.port}", "")
        return Answer(NOW, answer.status, answer.reason, moved)


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone(status: int) -> None:
    assert of_one({"/a/b": [Page(status)]}, "/a/b") == Answer(NOW, status)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Page(403), "HTTP 403"),
        (Page(401), "HTTP 401"),
        (Page(500), "HTTP 500"),
        (Page(503), "HTTP 503"),
        (Page(418), "HTTP 418"),
        (Page(301, to="/a/b"), "redirects in a circle, or too many"),
        (Page(302, to="ftp://example.org/"), "it leads where programs may not follow"),
        (Closed(), "no connection"),
    ],
)
def test_what_says_nothing_about_a_link(reply: Reply, reason: str) -> None:
    assert of_one({"/a/b": [reply]}, "/a/b") == Answer(NOW, reason=reason)


def test_who_is_slow_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIMEOUT", 0.5)
    found = of_one({"/a/b": [Silence()]}, "/a/b")
    assert (found.status, found.reason) == (None, "no answer in time")


def test_a_host_that_nobody_named_may_not_be_private() -> None:
    with LinkServer({}) as server:
        address = server.at("example.org", "/")
        found = ask(address, allow=("github.com",))[address]
    assert found.status is None
    assert server.seen == []


def test_nor_may_one_that_a_public_one_leads_to() -> None:
    with LinkServer(
        {"/robots.txt": [Page(404)], "/a": [Page(301, to="http://127.0.0.1:9/x")]}
    ) as s:
        address = s.at("example.org", "/a")
        found = ask(address)[address]
    assert found.status is None


@pytest.mark.parametrize(
    ("pages", "host", "moved"),
    [
        ({"/a/b": [Page(301, to="/new/b")]}, "github.com", "/new/b"),
        ({"/a/b": [Page(308, to="/new/b")]}, "gitlab.com", "/new/b"),
        (
            {"/a/b": [Page(301, to="/x/y")], "/x/y": [Page(301, to="/new/b")]},
            "github.com",
            "/new/b",
        ),
        # For now is not for good.
        ({"/a/b": [Page(302, to="/new/b")]}, "github.com", ""),
        ({"/a/b": [Page(307, to="/new/b")]}, "github.com", ""),
        ({"/a/b": [Page(301, to="/x/y")], "/x/y": [Page(302, to="/new/b")]}, "github.com", ""),
        # No project, or the same one.
        ({"/a/b": [Page(301, to="/A/B")], "/A/B": [Page()]}, "github.com", ""),
        ({"/a/b": [Page(301, to="/login/x")], "/login/x": [Page()]}, "github.com", ""),
        ({"/a/b": [Page(301, to="/")], "/": [Page()]}, "github.com", ""),
        # Another host, or one that is none of code: it may be another page.
        ({"/a/b": [Page(301, to="/new/b")]}, "example.org", ""),
    ],
)
def test_what_moved_for_good(pages: dict[str, list[Reply]], host: str, moved: str) -> None:
    found = of_one({"/new/b": [Page()], **pages}, "/a/b", host)
    assert found == Answer(NOW, 200, moved=f"http://{host}{moved}" if moved else "")


def test_what_moved_to_another_host_is_followed_and_no_more() -> None:
    with LinkServer({"/robots.txt": [Page(404)], "elsewhere.org/b": [Page()]}) as server:
        server.pages["/a/b"] = [Page(301, to=server.at("elsewhere.org", "/b"))]
        address = server.at("github.com", "/a/b")
        found = ask(address)[address]
    assert (found.status, found.moved) == (200, "")


def test_what_moved_and_is_gone_is_gone() -> None:
    assert of_one({"/a/b": [Page(301, to="/a/c")]}, "/a/b") == Answer(NOW, 404)


def test_who_refuses_head_is_asked_again() -> None:
    pages: dict[str, list[Reply]] = {"/a/b": [Page()], "/a/c": [Page()], "/robots.txt": [Page(404)]}
    heads: dict[str, Reply] = {"/a/c": Page(404)}
    with LinkServer(pages, no_head=["/a/b"], heads=heads) as server:
        found = ask(server.at("github.com", "/a/b"), server.at("github.com", "/a/c"))
        assert {answer.status for answer in found.values()} == {200}
        assert server.asked("/a/b") == server.asked("/a/c") == ["HEAD", "GET"]


def test_who_asks_for_a_pause_gets_one_and_is_asked_again() -> None:
    naps: list[float] = []
    pages: dict[str, list[Reply]] = {
        "/robots.txt": [Page(404)],
        "/a/b": [Page(429, headers={"Retry-After": "7"}), Page()],
    }
    with LinkServer(pages) as server:
        address = server.at("github.com", "/a/b")
        assert ask(address, sleep=naps.append)[address].status == 200
    assert naps == [7.0]


@pytest.mark.parametrize("wait", ["3600", ""])
def test_who_asks_for_too_long_a_pause_is_left_alone(wait: str) -> None:
    naps: list[float] = []
    headers = {"Retry-After": wait} if wait else {}
    pages: dict[str, list[Reply]] = {"/robots.txt": [Page(404)]}
    pages |= {path: [Page(429, headers=headers)] for path in ("/a/b", "/a/c")}
    with LinkServer(pages) as server:
        one, other = (server.at("github.com", path) for path in ("/a/b", "/a/c"))
        found = ask(one, other, sleep=naps.append)
        assert found[one].reason == "HTTP 429"
        assert found[other].reason == "its host was left alone after “HTTP 429”"
        assert server.asked("/a/c") == []
    assert naps == ([] if wait else [60.0])


def test_a_host_that_does_not_answer_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MAX_FAILURES", 2)
    with LinkServer({"/robots.txt": [Page(404)], "/ok": [Page()]}) as server:
        for path in ("/1", "/2", "/3"):
            server.pages[path] = [Page(500)]
        found = ask(
            *(server.at("github.com", f"/{n}") for n in (1, 2, 3)), server.at("gitlab.com", "/ok")
        )
        assert [answer.status for answer in found.values() if answer.status] == [200]
        assert server.asked("/3") == []


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        (Page(200, body=b"User-agent: *\nDisallow: /a/"), False),
        (Page(200, body=b"User-agent: *\nDisallow: /x/"), True),
        (Page(404), True),
        (Page(403), True),
        (Page(500), False),  # what it asks is not known
        (Page(429), False),
        (Page(302, to="/"), True),
        (Page(200, body=b"\xff\xfe\0 no such file"), True),
    ],
)
def test_what_a_site_asks_of_programs(robots: Page, allowed: bool) -> None:
    pages: dict[str, list[Reply]] = {"/robots.txt": [robots], "/a/b": [Page()], "/": [Page()]}
    with LinkServer(pages) as server:
        address = server.at("example.org", "/a/b")
        found = ask(address)[address]
        assert bool(server.asked("/a/b")) == allowed
        assert found.status == (200 if allowed else None)
        assert found.reason == ("" if allowed else asking.NOT_ALLOWED)
        assert server.asked("/robots.txt") == ["GET"]


def test_what_holds_a_file_of_a_repository_is_asked_for_where_the_file_may_not() -> None:
    pages: dict[str, list[Reply]] = {
        "/robots.txt": [Page(200, body=b"User-agent: *\nDisallow: /*/tree/")],
        "/a/b": [Page(301, to="/new/b")],
        "/new/b": [Page()],
    }
    with LinkServer(pages) as server:
        address = server.at("github.com", "/a/b/tree/main/net")
        found = ask(address)[address]
        assert found.moved == server.at("github.com", "/new/b/tree/main/net")
        assert server.asked("/a/b/tree/main/net") == []


def test_every_request_says_who_asks_and_nothing_of_who_runs_this(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    pages: dict[str, list[Reply]] = {
        "/robots.txt": [Page(404)],
        "/a/b": [Page(301, to="/a/c", headers={"Set-Cookie": "one=1"})],
        "/a/c": [Page(headers={"Set-Cookie": "two=2"})],
    }
    with LinkServer(pages) as server:
        ask(server.at("github.com", "/a/b"), server.at("github.com", "/a/c"))
    for headers in server.headers:
        assert headers["User-Agent"].startswith("ssm-search/")
        assert "Authorization" not in headers
    assert "Cookie" not in server.headers[-1]


def test_each_link_is_asked_once_and_hosts_side_by_side() -> None:
    paths = [f"/{n}" for n in range(20)]
    with LinkServer({"/robots.txt": [Page(404)], **{path: [Page()] for path in paths}}) as server:
        wanted = [server.at(host, path) for host in HOSTS for path in paths]
        found = ask(*wanted, *wanted)
        assert set(found) == set(wanted)
        assert len(server.seen) == len(wanted) + len(HOSTS)


def test_an_error_of_ours_is_not_swallowed() -> None:
    def broken(address: str, answer: Answer) -> None:
        raise ZeroDivisionError

    with LinkServer({"/a/b": [Page()]}) as server, pytest.raises(ZeroDivisionError):
        ask_links([server.at("github.com", "/a/b")], broken, allow_hosts=HOSTS, interval=0)


def test_requests_to_one_host_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    naps: list[float] = []
    monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    pace = asking._Pace(1.0, naps.append)
    for host in ("a", "a", "b", "a"):
        pace.turn(host)
    assert naps == [1.0, 2.0]
    clock[0] = 110.0
    pace.turn("a")
    assert naps == [1.0, 2.0]


@pytest.mark.parametrize(
    ("address", "can"),
    [
        ("https://github.com/a/b", True),
        ("http://example.org:8080/x?y=1", True),
        ("https://arxiv.org/abs/2401.00001", False),
        ("https://export.arxiv.org/pdf/2401.00001", False),
        ("https://ar5iv.org/abs/2401.00001", False),
        ("https://ada:secret@example.org/", False),
        ("ftp://example.org/", False),
        ("https:///x", False),
        ("https://[::1", False),
        ("https://example.org:99999/", False),
        ("https://example.org/" + "x" * 3_000, False),
    ],
)
def test_which_links_are_asked(address: str, can: bool) -> None:
    assert can_be_asked(address) == can


# ── GitHub ───────────────────────────────────────────────────────────────────────────────────


def github(server: LinkServer, names: list[str], token: str = "") -> tuple[dict[str, bool], str]:
    found: dict[str, Repository] = {}
    note = ask_repositories(
        names,
        found.__setitem__,
        token=token,
        api=server.at("api.github.com", ""),
        allow_hosts=HOSTS,
        interval=0,
    )
    return {name: repository.archived for name, repository in found.items()}, note


def record(**values: object) -> Page:
    return Page(body=json.dumps(values).encode())


def test_what_is_archived() -> None:
    pages: dict[str, list[Reply]] = {
        "/repos/a/old": [record(archived=True)],
        "/repos/a/new": [record(archived=False)],
        "/repos/a/moved": [Page(301, to="/repositories/7")],
        "/repositories/7": [record(archived=True)],
        "/repos/a/odd": [Page(body=b"[1]")],
    }
    with LinkServer(pages) as server:
        found, note = github(server, ["a/old", "a/none", "a/new", "a/moved", "a/odd"], "secret")
    assert found == {"a/old": True, "a/new": False, "a/moved": True}
    assert note == ""
    assert {headers["Authorization"] for headers in server.headers} == {"Bearer secret"}


def test_the_token_goes_nowhere_else() -> None:
    with LinkServer({"elsewhere.org/x": [record(archived=True)]}) as server:
        server.pages["/repos/a/b"] = [Page(301, to=server.at("elsewhere.org", "/x"))]
        github(server, ["a/b"], "secret")
    sent = {
        host: "Authorization" in h
        for (_, host, _), h in zip(server.seen, server.headers, strict=True)
    }
    assert sent == {"api.github.com": True, "elsewhere.org": False}


def test_github_is_asked_no_more_than_it_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "UNNAMED", 2)
    pages: dict[str, list[Reply]] = {f"/repos/a/{n}": [record(archived=False)] for n in range(4)}
    names = [f"a/{n}" for n in range(4)]
    with LinkServer(pages) as server:
        found, note = github(server, names)
        assert list(found) == ["a/0", "a/1"]
        assert note == "GitHub was not asked for 2 more; run it again later"
        assert all("Authorization" not in headers for headers in server.headers)
    pages["/repos/a/1"] = [Page(403)]
    with LinkServer(pages) as server:
        found, note = github(server, names, "secret")
        assert list(found) == ["a/0"]
        assert note == "GitHub answers no more for now (HTTP 403)"
        assert len(server.seen) == 2


# ── what is kept ─────────────────────────────────────────────────────────────────────────────


def later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def test_a_link_is_dead_if_it_is_gone_twice_an_hour_apart() -> None:
    first = Answer(NOW, 404).after(None)
    assert first.is_gone
    assert not first.is_dead
    assert not Answer(later(0.5), 404).after(first).is_dead
    assert Answer(later(1), 410).after(first).is_dead
    silent = Answer(later(1), reason="HTTP 500").after(first)
    assert not silent.is_dead
    assert Answer(later(2), 404).after(silent).is_dead
    there = Answer(later(1), 200).after(first)
    assert not Answer(later(2), 404).after(there).is_dead


def test_when_it_is_time_to_ask_again() -> None:
    there, gone, silent = Answer(NOW, 200), Answer(NOW, 404).after(None), Answer(NOW)
    dead = Answer(later(1), 404).after(gone)
    for answer in (gone, silent):
        assert not answer.is_due(NOW + APART - timedelta(seconds=1))
        assert answer.is_due(NOW + APART)
    assert not there.is_due(NOW + FRESH - timedelta(seconds=1))
    assert there.is_due(NOW + FRESH)
    assert not dead.is_due(later(24))


def test_answers_are_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "links.json"
    now = datetime.now(UTC)
    answers = Answers(
        {
            "https://github.com/a/b": Answer(now, 404, gone_since=now - APART),
            "https://github.com/a/c": Answer(now, 200, moved="https://github.com/a/d"),
            "https://github.com/a/e": Answer(now, reason="HTTP 500"),
        },
        {"a/b": Repository(now, archived=True)},
        {"2401.00001": "Ünïcode"},
    )
    save_answers(path, answers)
    assert load_answers(path) == answers
    assert [file.name for file in path.parent.iterdir()] == ["links.json"]


def test_what_others_keep_meanwhile_stays_and_what_is_old_goes(tmp_path: Path) -> None:
    path, now = tmp_path / "links.json", datetime.now(UTC)
    old = Answers({"one": Answer(now - KEPT - APART, 200), "two": Answer(now - APART, 404)})
    save_answers(path, old)
    save_answers(path, Answers({"three": Answer(now, 200)}, titles={"2401.00001": "T"}))
    save_answers(path, Answers({"two": Answer(now, 200), "three": Answer(now - APART, 404)}))
    known = load_answers(path)
    assert {address: answer.status for address, answer in known.links.items()} == {
        "two": 200,
        "three": 200,
    }
    assert known.titles == {"2401.00001": "T"}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"links": 5}', '{"links": {"a": {}}}', '{"links": {"a": []}}'],
)
def test_a_file_that_is_none_of_ours_is_an_empty_one(content: str, tmp_path: Path) -> None:
    path = tmp_path / "links.json"
    path.write_text(content)
    assert load_answers(path) == Answers()
    save_answers(path, Answers(titles={"a": "b"}))
    assert load_answers(path).titles == {"a": "b"}
