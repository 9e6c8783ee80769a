"""A runner of GitHub's with a checkout of a list, on which a task of the action is run.

The list lies in a bare repository, as GitHub has it; ``gh`` is :mod:`fake_github`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import ROOT
from fake_github import REPOSITORY, GitHub
from typer.testing import CliRunner

from ssm_search.cli.questions import app
from ssm_search.errors import NoListError, NoPaperError, SubmissionError

HERE = ROOT / ".github" / "action"
ENVIRONMENT = {  # of no user, and of no runner that these tests may run on
    "GIT_CONFIG_GLOBAL": os.devnull,
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
    """What git prints to a maintainer."""
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def here(*arguments: object) -> tuple[int, str]:
    """As ``ask`` of the action, without the price of a process."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    statuses = {NoPaperError: 3, NoListError: 4, SubmissionError: 5}
    status = statuses.get(type(result.exception), result.exit_code)
    assert status in (0, 3, 4, 5), (arguments, result.output, result.exception)
    return status, result.stdout


class Runner:
    """A runner with a checkout of a list, where a task is run upon an event."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str):
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
