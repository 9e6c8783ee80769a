"""The steps of action.yml, run as a runner would, on recorded events and a stand-in for ``gh``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from typer.testing import CliRunner

from ssm_search.cli.questions import app

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
WORKFLOW = yaml.safe_load((ROOT / ".github/example-workflow.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
PREPARED = ("Install", "Build the index of the list")  # by the fixture
FILING = [step for name, step in STEPS.items() if name not in PREPARED]

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
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
case "$*" in
    *pulls/7*) cat "$GH_DIFF" ;;
    *--edit-last*) exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("action")
    (folder / "README.md").write_text(LIST)
    arguments = ["build", str(folder / "README.md"), "--offline", "--index", str(folder / "index")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return folder


class Runner:
    """A folder with a list, an event, and what the steps left behind."""

    def __init__(self, folder: Path, index: Path, event: dict[str, Any]):
        self.folder = folder
        self.event = event
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        tool = f'#!/bin/sh\nexec "{sys.executable}" -m ssm_search "$@"\n'
        for name, script in (("gh", GH), ("ssm-search", tool)):
            (bin_folder / name).write_text(script)
            (bin_folder / name).chmod(0o755)
        (folder / "README.md").write_text(LIST)
        (folder / "index").symlink_to(index / "index")
        (folder / "event.json").write_text(json.dumps(event))
        (folder / "diff").write_text(DIFF)
        self.environment = {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(folder),
            "GITHUB_REPOSITORY": "someone/awesome-weather",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GH_LOG": str(folder / "gh.log"),
            "GH_DIFF": str(folder / "diff"),
            "SSM_SEARCH_ARXIV_API": "http://127.0.0.1:9/api/query",
        }

    def run(self) -> None:
        """All steps but the preparing ones, in order."""
        for step in FILING:
            if "if" in step and not self.value("steps.triage.outputs.card"):
                continue
            wanted = {name: self.expanded(text) for name, text in step["env"].items()}
            subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.folder,
                env={**self.environment, **wanted},
                check=True,
                capture_output=True,
                text=True,
            )

    def expanded(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda match: self.value(match[1]), text)

    def value(self, expression: str) -> str:
        path = expression.split(".")
        if path[:2] == ["github", "event"]:
            found: Any = self.event
            for name in path[2:]:
                found = (found or {}).get(name)
            return str(found or "")
        if expression == "inputs.list":
            return "README.md"
        if expression == "github.token":
            return "a-token"
        assert expression == "steps.triage.outputs.card", expression
        output = self.text("output")
        return output.partition("card=")[2].strip()

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.encoder
def test_a_pull_request_gets_a_comment(tmp_path: Path, index: Path) -> None:
    runner = Runner(tmp_path, index, {"pull_request": {"number": 7, "title": "x", "body": None}})
    runner.run()
    calls = runner.text("gh.log").splitlines()
    assert [call.split(" --")[0] for call in calls] == ["api", "pr comment 7", "pr comment 7"]
    assert "--edit-last" in calls[1]
    assert "--edit-last" not in calls[2]
    comment = runner.text("card.md")
    assert "Clouds that" in comment
    assert "**Row** under Clouds" in comment
    assert "arXiv could not be asked" in comment
    assert runner.text("summary.md") == runner.text("card.md")
    assert not list(tmp_path.rglob("HACKED"))


@pytest.mark.encoder
def test_an_issue_gets_a_comment(tmp_path: Path, index: Path) -> None:
    body = (
        "### Title\n\n$(touch HACKED) wind at night\n\n### Link\n\nhttps://arxiv.org/abs/2402.00010"
    )
    event = {"issue": {"number": 12, "title": "A paper; touch HACKED", "body": body}}
    runner = Runner(tmp_path, index, event)
    runner.run()
    assert "issue comment 12" in runner.text("gh.log")
    assert "wind at night" in runner.text("card.md")
    assert not list(tmp_path.rglob("HACKED"))


@pytest.mark.encoder
def test_too_many_papers_are_no_failure_either(tmp_path: Path, index: Path) -> None:
    links = "\n".join(f"https://arxiv.org/abs/2402.{number:05}" for number in range(400))
    runner = Runner(tmp_path, index, {"issue": {"number": 12, "title": "All", "body": links}})
    runner.run()
    assert "issue comment 12" in runner.text("gh.log")
    said = "### Not read\n\nthe submission names 400 papers, more than 100; split it up\n"
    assert runner.text("card.md") == said


@pytest.mark.encoder
def test_no_paper_is_no_failure(tmp_path: Path, index: Path) -> None:
    runner = Runner(tmp_path, index, {"issue": {"number": 12, "title": "Thanks", "body": "Nice!"}})
    runner.run()
    assert runner.text("gh.log") == ""
    assert runner.text("output") == ""


def test_nothing_of_strangers_is_part_of_a_script() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
    taken = re.findall(
        r"\$\{\{\s*(github\.event\.[\w.]+)", (ROOT / "action.yml").read_text("utf-8")
    )
    assert set(taken) == {"github.event.pull_request.number", "github.event.issue.number"}


def test_the_workflow_has_no_more_rights_than_it_needs() -> None:
    rights = {"contents": "read", "issues": "write", "pull-requests": "write"}
    assert WORKFLOW["permissions"] == rights
    (job,) = WORKFLOW["jobs"].values()
    assert "permissions" not in job
    (checkout,) = [step for step in job["steps"] if step["uses"].startswith("actions/checkout")]
    # No ref: pull_request_target checks out the base branch, never the stranger's.
    assert checkout["with"] == {"persist-credentials": False}


def test_what_the_workflow_gives_is_what_the_action_takes() -> None:
    (job,) = WORKFLOW["jobs"].values()
    assert set(job["steps"][-1]["with"]) <= set(ACTION["inputs"])
