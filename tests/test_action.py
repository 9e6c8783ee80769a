"""What action.yml does, on recorded events, a stand-in for GitHub, and a repository of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from arxiv_server import ArxivServer, FakePaper, invented
from conftest import ROOT
from fake_github import BOT, REPOSITORY, GitHub
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from ssm_search.cli.questions import app
from ssm_search.errors import NoPaperError, SubmissionError

HERE = ROOT / ".github" / "action"
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
ENVIRONMENT = {  # of no user, and of no runner that these tests may run on
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": REPOSITORY,
    "GITHUB_REF_NAME": "main",
    "LIST": "README.md",
    "COMMENT": "true",
    "COUNT": "10",
    "SSM_SEARCH_ARXIV_API": "http://127.0.0.1:9/api/query",
}


def loaded(name: str) -> ModuleType:
    """A script of the action."""
    spec = importlib.util.spec_from_file_location(f"action_{name}", HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def here(*arguments: object) -> tuple[int, str]:
    """As ``ask`` of the action, without the price of a process."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    status = {NoPaperError: 3, SubmissionError: 5}.get(type(result.exception), result.exit_code)
    assert status in (0, 3, 5), (arguments, result.output, result.exception)
    return status, result.stdout


class Runner:
    """A runner with a checkout of a list, where a task is run upon an event."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = LIST):
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        self.folder, self.monkeypatch = folder, monkeypatch
        self.github = GitHub(folder)
        self.origin, self.checkout = folder / "origin.git", folder / "checkout"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        git(folder, "clone", "--quiet", str(self.origin), str(self.checkout))
        (self.checkout / "README.md").write_text(text, encoding="utf-8")
        self.push("A list")
        monkeypatch.setenv("PATH", f"{self.github.bin}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("RUNNER_TEMP", str(folder))
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(folder / "event.json"))
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
        monkeypatch.chdir(self.checkout)
        self.tasks = loaded("tasks")
        self.ask: Callable[..., tuple[int, str]] = here

    def push(self, message: str, folder: Path | None = None) -> None:
        """Somebody's commit of all there is."""
        at = folder or self.checkout
        git(at, "add", "--all")
        git(at, "commit", "--quiet", "--message", message)
        git(at, "push", "--quiet", "origin", "HEAD:main")

    def clone(self, name: str) -> Path:
        """Another checkout, as somebody else has it."""
        git(self.folder, "clone", "--quiet", str(self.origin), name)
        return self.folder / name

    def protect(self) -> None:
        """Let nobody push to the default branch."""
        hook = self.origin / "hooks" / "update"
        hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ]\n')
        hook.chmod(0o755)

    def run(self, task: str, event: dict[str, Any] | None = None) -> int:
        """As a job does: with a checkout of what there is now."""
        git(self.checkout, "fetch", "--quiet", "origin", "main")
        git(self.checkout, "reset", "--quiet", "--hard", "FETCH_HEAD")
        (self.folder / "event.json").write_text(json.dumps(event or {}), encoding="utf-8")
        self.monkeypatch.setattr(self.tasks, "ask", self.ask)
        status: int = self.tasks.main(task)
        return status

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def pushed(self, name: str, branch: str = "main") -> str:
        return git(self.origin, "show", f"{branch}:{name}")


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch)


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


def test_what_is_no_task(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.run("tidy") == 2
    assert "expected one of triage, radar, decide, repair, feed" in capsys.readouterr().out


# ── what is safe ─────────────────────────────────────────────────────────────────────────────


def test_nothing_of_strangers_is_part_of_a_script() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
    assert "github.event" not in (ROOT / "action.yml").read_text("utf-8")


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
def test_each_task_does_with_what_is_installed(lean: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(LIST, encoding="utf-8")
    (tmp_path / "diff").write_text(DIFF, encoding="utf-8")
    index, of_list = ["--index", "index"], ["--list", "README.md"]
    commands: list[list[str]] = [
        ["build", "README.md", *index],
        ["check", "README.md", "--json"],
        ["triage", "diff", *of_list, *index],
        ["discover", "--arxiv", "cat:cs.LG", *of_list, *index],
        ["doctor", *of_list, *index],
        ["feed", *of_list, "--output", "feed.xml"],
    ]
    found = [FakePaper("2403.00001", "Clouds from above", "Where clouds are."), *invented(4)]
    with ArxivServer(found) as arxiv:
        environment = {
            "PATH": os.defpath,
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(map(str, (lean, ROOT / "src", ROOT / "app"))),
            "SSM_SEARCH_ARXIV_API": arxiv.url,
        }
        for command in commands:
            done = subprocess.run(
                [sys.executable, "-S", "-m", "ssm_search", *command],  # -S: of no other folder
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stderr)
