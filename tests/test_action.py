"""What action.yml does, on recorded events, a stand-in for GitHub, and a repository of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from action_runner import HERE, Runner, git, loaded
from arxiv_server import ArxivServer, FakePaper, invented
from conftest import ROOT, SUPPORT
from fake_github import BOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}

LIST = """# Awesome Weather
## Clouds
- [Clouds over the sea](https://arxiv.org/abs/2401.00001)
- [Counting clouds](https://arxiv.org/abs/2401.00002)
## Wind
- [Wind and sails](https://arxiv.org/abs/2401.00003)
- [Gusts](https://arxiv.org/abs/2401.00004)
"""
DIFF = """diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -2,3 +2,4 @@ # Awesome Weather
 ## Clouds
 - [Clouds over the sea](https://arxiv.org/abs/2401.00001)
 - [Counting clouds](https://arxiv.org/abs/2401.00002)
+- [Clouds that $(touch HACKED) `touch HACKED` hide](https://arxiv.org/abs/2402.00009)
"""
OTHER = DIFF.replace("2402.00009", "2402.00011").replace("hide", "seek")
NONE = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b\n"
MARK = "<!-- ssm-search triage -->"


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch, LIST)


def pull_request(number: int) -> dict[str, Any]:
    """As much of GitHub's event as is read, and what must not be."""
    stranger = {"login": "stranger", "type": "User"}
    return {
        "action": "synchronize",
        "number": number,
        "pull_request": {"number": number, "title": "$(touch HACKED)", "user": stranger},
        "sender": stranger,
    }


# ── triage ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.encoder
def test_a_pull_request_has_one_comment_that_keeps_up(runner: Runner) -> None:
    github = runner.github
    number = github.open_pull_request("stranger", "A paper", DIFF)
    for text in ("Hello", "+1", f"{MARK}\nI am the bot, edit me"):
        github.add_comment(number, "stranger", text)

    runner.run("triage", pull_request(number))
    *others, first = github.comments(number)
    assert len(others) == 3
    assert first.startswith(MARK)
    assert "Clouds that" in first
    assert "under Clouds" in first
    assert runner.text("summary.md") == first

    runner.run("triage", pull_request(number))
    assert len(github.changes) == 1  # it says so already

    github.change(number, diff=OTHER)
    github.add_comment(number, "stranger", "There you are")
    runner.run("triage", pull_request(number))
    assert github.comments(number)[:3] == others
    assert "hide" not in github.comments(number)[3]
    assert "seek" in github.comments(number)[3]

    github.change(number, diff=NONE)
    runner.run("triage", pull_request(number))
    assert github.comments(number)[3] == f"{MARK}\nNo paper is proposed here any more.\n"
    assert len(github.comments(number)) == 5
    assert not list(runner.folder.rglob("HACKED"))


@pytest.mark.encoder
def test_where_nothing_was_proposed_nothing_is_said(runner: Runner) -> None:
    number = runner.github.open_pull_request("stranger", "Other files", NONE)
    runner.run("triage", pull_request(number))
    issue = runner.github.open_issue("stranger", "Thanks", "Nice!")
    runner.run("triage", {"issue": runner.github.issue(issue)})
    assert runner.github.changes == []
    assert runner.text("summary.md") == ""


@pytest.mark.encoder
def test_an_issue_gets_a_comment(runner: Runner) -> None:
    body = (
        "### Title\n\n$(touch HACKED) wind at night\n\n### Link\n\nhttps://arxiv.org/abs/2402.00010"
    )
    number = runner.github.open_issue("stranger", "A paper; touch HACKED", body)
    runner.run("triage", {"issue": runner.github.issue(number)})
    (said,) = runner.github.comments(number)
    assert "wind at night" in said
    assert not list(runner.folder.rglob("HACKED"))


@pytest.mark.encoder
def test_too_many_papers_are_no_failure_either(runner: Runner) -> None:
    links = "\n".join(f"https://arxiv.org/abs/2402.{number:05}" for number in range(400))
    number = runner.github.open_issue("stranger", "All", links)
    assert runner.run("triage", {"issue": runner.github.issue(number)}) == 0
    (said,) = runner.github.comments(number)
    assert "the submission names 400 papers, more than 100; split it up" in said


@pytest.mark.encoder
def test_cards_without_a_comment(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMENT", "false")
    number = runner.github.open_pull_request("stranger", "A paper", DIFF)
    runner.run("triage", pull_request(number))
    assert runner.github.changes == []
    assert "Clouds that" in runner.text("summary.md")


@pytest.mark.encoder
def test_its_own_issues_are_no_submissions(runner: Runner) -> None:
    number = runner.github.open_issue(BOT, "1 paper", "https://arxiv.org/abs/2402.00010")
    runner.run("triage", {"issue": runner.github.issue(number)})
    assert runner.github.changes == []


@pytest.mark.encoder
def test_a_step_as_a_runner_runs_it(runner: Runner) -> None:
    """In bash, with all processes; the only part that the others leave out."""
    number = runner.github.open_pull_request("stranger", "A paper", DIFF)
    (runner.folder / "event.json").write_text(json.dumps(pull_request(number)), encoding="utf-8")
    program = runner.folder / "ssm-search" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    values = {f"inputs.{name}": one["default"] for name, one in ACTION["inputs"].items()}
    values |= {"github.action_path": str(ROOT), "github.token": "a-token"}
    step = STEPS["Work"]
    given = {
        name: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: values[match[1]], text)
        for name, text in step["env"].items()
    }
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=runner.checkout,
        env={**os.environ, **given},
        check=True,
    )
    (said,) = runner.github.comments(number)
    assert "Clouds that" in said


def test_a_list_without_entries_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(tmp_path, monkeypatch, "# Awesome Weather\n\n## Clouds\n")
    number = runner.github.open_pull_request("stranger", "A paper", DIFF)
    assert runner.run("triage", pull_request(number)) == 0
    assert runner.github.changes == []
    said = "README.md has no entry yet, so there is nothing to compare with.\n"
    assert runner.text("summary.md") == said


@pytest.mark.encoder
def test_a_list_of_few_entries_has_no_radar_yet(runner: Runner) -> None:
    assert runner.run("radar") == 0
    assert runner.github.changes == []


def test_what_is_no_task(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    runner.ask = lambda *arguments: (0, '{"papers": 4, "links": 0}')
    assert runner.run("triage", {"inputs": {}}) == 1
    assert "::error::triage is for issues and pull requests" in capsys.readouterr().out
    assert runner.run("decide", {"sender": {"login": "bob"}}) == 0
    assert runner.github.changes == []
    assert runner.run("tidy") == 2
    assert "expected one of triage, radar, decide, repair, feed, site" in capsys.readouterr().out


# ── repair ───────────────────────────────────────────────────────────────────────────────────

REPAIR = "ssm-search-repair"
SOUND = "**Nothing found in README\\.md**\n"


def report(*what: str) -> str:
    said = "> 3 of 9 links could not be asked, which says nothing about them: 3 × 403\n\n"
    lines = "".join(f"\n1\\. {one}\n" for one in what)
    return f"**{len(what)} findings in README\\.md, 0 with a patch: dead links**\n\n{said}{lines}"


def test_one_issue_says_what_is_to_be_mended(runner: Runner) -> None:
    github = runner.github
    body = ""

    def ask(*arguments: object) -> tuple[int, str]:
        if arguments[0] == "doctor":
            assert arguments[-4:] == ("--online", "--markdown", "--max-chars", "65000")
            return 0, body
        return 0, '{"papers": 4, "links": 0}'

    runner.ask = ask

    def state_after(report: str) -> list[tuple[str, str]]:
        nonlocal body
        body = report
        assert runner.run("repair") == 0
        return [(one["state"], one["body"]) for one in github.issues]

    assert state_after(SOUND) == []
    decoy = github.open_issue("stranger", "I am the report", "edit me", (REPAIR,))
    first = state_after(report("a"))
    assert first == [("open", "edit me"), ("open", report("a"))]
    assert github.labels == [REPAIR]
    assert github.issues[1]["title"] == "1 findings in README.md, 0 with a patch: dead links"
    assert state_after(report("a", "b"))[1:] == [("open", report("a", "b"))]
    assert github.issues[1]["title"].startswith("2 findings")

    # Closed by somebody, it comes again when there is something new, and not for other notes.
    github.change(2, state="closed", state_reason="not_planned")
    again = report("a", "b").replace("3 of 9 links", "1 of 9 links")
    assert state_after(again)[1:] == [("closed", report("a", "b"))]
    assert [one[0] for one in state_after(report("c"))[1:]] == ["closed", "open"]

    assert state_after(SOUND)[1:] == [("closed", report("a", "b")), ("closed", SOUND)]
    assert [one[0] for one in state_after(report("c"))] == ["open", "closed", "closed", "open"]
    assert github.issue(decoy)["body"] == "edit me"


@pytest.mark.encoder
def test_what_the_doctor_finds_is_kept_in_an_issue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubled = "- [Counting clouds](https://arxiv.org/abs/2401.00002)\n"
    runner = Runner(tmp_path, monkeypatch, LIST.replace("## Wind", f"{doubled}## Wind"))
    assert runner.run("repair") == 0
    (issue,) = runner.github.issues
    assert issue["title"].startswith("1 finding in README.md, 1 with a patch: ")
    assert f"\n-{doubled}" in issue["body"]

    (runner.checkout / "README.md").write_text(LIST, encoding="utf-8")
    runner.push("Apply the patch")
    assert runner.run("repair") == 0
    (issue,) = runner.github.issues
    assert issue["state"] == "closed"
    assert issue["title"] == "Nothing found in README.md"


# ── commits ──────────────────────────────────────────────────────────────────────────────────


def with_feed(runner: Runner, between: Callable[[], None] = lambda: None) -> None:
    """Let a feed tell what the list is, and something happen before it is pushed."""

    def ask(*arguments: object) -> tuple[int, str]:
        if "--proposed" not in arguments:
            file = Path(str(arguments[arguments.index("--output") + 1]))
            file.write_text(Path("README.md").read_text(encoding="utf-8"), encoding="utf-8")
        between()
        return 0, ""

    runner.ask = ask


def test_it_stands_back_for_those_who_push_first(runner: Runner) -> None:
    others = iter(range(2))

    def somebody() -> None:
        if (number := next(others, None)) is not None:
            clone = runner.clone(f"somebody-{number}")
            (clone / "README.md").write_text(f"{LIST}\n{number}\n", encoding="utf-8")
            runner.push("Change the list", clone)

    with_feed(runner, somebody)
    assert runner.run("feed") == 0
    assert runner.pushed("README.md").endswith("\n1")
    assert runner.pushed(".ssm-search/feed.xml").endswith("\n1")
    assert git(runner.origin, "log", "--format=%an", "main").split("\n") == [
        "github-actions[bot]",
        "Ada",
        "Ada",
        "Ada",
    ]
    before = git(runner.origin, "rev-parse", "main")
    with_feed(runner)
    assert runner.run("feed") == 0
    assert git(runner.origin, "rev-parse", "main") == before  # nothing changed


def test_it_gives_up_where_others_never_stop(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 0

    def somebody() -> None:
        nonlocal count
        count += 1
        clone = runner.clone(f"somebody-{count}")
        (clone / "README.md").write_text(f"{LIST}\n{count}\n", encoding="utf-8")
        runner.push("Change the list", clone)

    with_feed(runner, somebody)
    assert runner.run("feed") == 1
    assert "others pushed 5 times meanwhile" in capsys.readouterr().out


def test_where_the_branch_is_protected_it_opens_a_pull_request(
    runner: Runner,
) -> None:
    runner.protect()
    with_feed(runner)
    assert runner.run("feed") == 0
    (pull,) = runner.github.pull_requests
    assert (pull["head"], pull["base"]) == ("ssm-search", "main")
    assert runner.pushed(".ssm-search/feed.xml", "ssm-search").endswith("2401.00004)")
    assert runner.run("feed") == 0  # which goes on from there, where all is as it should be
    assert git(runner.origin, "rev-list", "--count", "main..ssm-search") == "1"
    runner.tasks.folder().joinpath("other").touch()
    assert runner.run("feed") == 0
    assert git(runner.origin, "rev-list", "--count", "main..ssm-search") == "2"
    assert len(runner.github.pull_requests) == 1


def test_what_others_put_into_the_pull_request_meanwhile_stays(runner: Runner) -> None:
    runner.protect()
    with_feed(runner)
    assert runner.run("feed") == 0
    (runner.origin / "hooks" / "update").unlink()
    clone = runner.clone("change")
    (clone / "README.md").write_text(f"{LIST}\n", encoding="utf-8")
    runner.push("Change the list", clone)
    runner.protect()
    others = iter("x")

    def somebody() -> None:
        if next(others, ""):
            clone = runner.clone("somebody")
            git(clone, "checkout", "--quiet", "ssm-search")
            (clone / "theirs").touch()
            git(clone, "add", "theirs")
            git(clone, "commit", "--quiet", "--message", "Theirs")
            git(clone, "push", "--quiet", "origin", "ssm-search")

    with_feed(runner, somebody)
    assert runner.run("feed") == 0
    assert runner.pushed("theirs", "ssm-search") == ""
    assert runner.pushed("README.md", "ssm-search") == LIST.strip()
    log = git(runner.origin, "log", "--format=%s", "--no-merges", "main..ssm-search")
    assert sorted(log.split("\n")) == ["Bring the feeds of the list up to date"] * 2 + ["Theirs"]


def test_where_it_may_not_open_one_it_says_which_setting(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.protect()
    runner.github.forbid_pull_requests()
    with_feed(runner)
    assert runner.run("feed") == 1
    assert "allow GitHub Actions to create pull requests" in capsys.readouterr().out


# ── the site ─────────────────────────────────────────────────────────────────────────────────


def test_a_site_is_written_where_pages_are_built_by_actions(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def ask(*arguments: object) -> tuple[int, str]:
        asked.append(tuple(map(str, arguments)))
        return 0, '{"papers": 4, "links": 0}'

    runner.ask = ask
    monkeypatch.setenv("GITHUB_OUTPUT", str(runner.folder / "outputs"))
    off = 'No site: in Settings › Pages, choose "GitHub Actions" as the source.\n'
    assert runner.run("site") == 0
    assert runner.text("summary.md") == off
    runner.github.switch_pages("legacy")  # that is, from a branch
    assert runner.run("site") == 0
    assert runner.text("summary.md") == off * 2
    assert "site" not in [first for first, *_ in asked]
    assert runner.text("outputs") == ""

    runner.github.switch_pages("workflow")
    assert runner.run("site") == 0
    index, folder = runner.folder / "index", runner.folder / "site"
    address = "https://someone.github.io/awesome-weather/"
    given = ("--list", "README.md", "--index", str(index), "--output", str(folder))
    assert asked[-1] == ("site", *given, "--url", address)
    assert runner.text("outputs") == f"site={folder}\n"
    assert runner.github.changes == []


# ── what is safe ─────────────────────────────────────────────────────────────────────────────


def test_nothing_of_strangers_is_part_of_a_script() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
    assert "github.event" not in (ROOT / "action.yml").read_text("utf-8")


def test_all_that_is_installed_is_known_by_its_hash() -> None:
    for name in ("installer", "requirements"):
        lines = (HERE / f"{name}.txt").read_text("utf-8").replace("\\\n", "").splitlines()
        for line in lines:
            pin = r"[\w.-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+"
            assert line.startswith("#") or re.fullmatch(pin, line), line
    install = STEPS["Install"]["run"]
    assert install.count("--require-hashes") == install.count("--only-binary :all:") == 2


def test_actions_are_pinned_to_commits() -> None:
    used = re.findall(r"uses: (\S+)(.*)", (ROOT / "action.yml").read_text("utf-8"))
    assert len(used) == 3
    for action, remark in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", remark)


# ── what it installs ─────────────────────────────────────────────────────────────────────────

PINNED = dict(
    re.findall(r"^(\S+)==(\S+)", (HERE / "requirements.txt").read_text("utf-8"), re.MULTILINE)
)
BUILDS = {"hatchling", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}
"""What installs the package, and need not be here."""


def test_what_is_pinned_is_what_the_package_needs() -> None:
    pin = loaded("pin")
    wanted = {canonicalize_name(Requirement(one).name) for one in pin.direct()}
    assert wanted <= set(PINNED)
    assert not set(PINNED) & pin.LEFT_OUT
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    depended = {canonicalize_name(Requirement(one).name) for one in project["dependencies"]}
    assert depended >= pin.LEFT_OUT


def test_what_is_pinned_was_tested() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    tested = {canonicalize_name(name): version for name, version in tested.items()}
    here = {name: tested.get(name) for name in PINNED}
    assert here == {name: PINNED[name] if name in tested else None for name in PINNED}
    assert set(PINNED) - set(tested) <= BUILDS


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that has what the action installs, and no other."""
    folder = tmp_path_factory.mktemp("lean")
    for name in {*PINNED, "ssm-search"} - BUILDS:
        files = metadata.files(name) or []
        tops = {file.parts[0] for file in files} - {"..", "__pycache__"}
        for top in tops:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(metadata.distribution(name).locate_file(top))))
    return folder


@pytest.mark.encoder
def test_each_task_does_with_what_is_installed(lean: Path, pieces: Path, tmp_path: Path) -> None:
    shutil.copytree(pieces, tmp_path / ".cache" / "ssm-search")
    rows = "".join(
        f"- [Wind and kites, part {n}](https://arxiv.org/abs/2401.{n:05})\n" for n in range(10, 20)
    )
    (tmp_path / "README.md").write_text(LIST + rows, encoding="utf-8")
    (tmp_path / "diff").write_text(DIFF, encoding="utf-8")
    (tmp_path / ".ssm-search").mkdir()
    index, of_list = ["--index", "index"], ["--list", "README.md"]
    issue = tmp_path / "issue.json"
    clouds = [FakePaper(f"2403.0000{n}", f"Clouds from above, {n}", "Clouds.") for n in range(1, 4)]

    with ExitStack() as stack:
        arxiv = stack.enter_context(ArxivServer([*clouds, *invented(19)]))
        environment = {
            "PATH": os.defpath,
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(map(str, (lean, ROOT / "src", ROOT / "app"))),
            "SSM_SEARCH_ARXIV_API": arxiv.url,
        }

        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-S", SUPPORT / "typed.py"],  # -S: of no other folder
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert process.stdin
        assert process.stdout
        stack.callback(process.stdin.close)
        lines, answers = process.stdin, process.stdout

        def run(*arguments: str, status: int = 0) -> str:
            print(json.dumps(arguments), file=lines, flush=True)
            ended, printed, said = json.loads(answers.readline())
            assert ended == status, (arguments, said)
            return str(printed)

        run("build", "README.md", *index)
        run("check", "README.md", "--json")
        run("triage", "diff", *of_list, *index)
        run("doctor", *of_list, *index, "--online", "--markdown")
        run("discover", *of_list, *index, "--markdown", status=3)  # arXiv has none of these days
        asked = ["--arxiv", "clouds", "--min-confidence", "0", "--markdown"]
        body = run("discover", *of_list, *index, *asked)
        ticked = body.replace("- [ ]", "- [x]")
        issue.write_text(json.dumps({"number": 7, "state": "open", "body": ticked}))
        assert "accepted: line" in run("decide", "issue.json", *of_list, "--apply")
        assert "Clouds from above" in (tmp_path / "README.md").read_text(encoding="utf-8")
        run("feed", *of_list, "--output", "feed.xml")
        run("feed", *of_list, "--output", "proposed.xml", "--proposed")
        run("site", *of_list, *index, "--output", "site")
