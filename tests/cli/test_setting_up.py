"""`ssm-search init`: one workflow, explained, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from typer.testing import CliRunner

from ssm_search.cli.questions import app
from ssm_search.errors import ListError
from ssm_search.upkeep import workflows

ENTRIES = "".join(f"- [Paper {n}](https://arxiv.org/abs/2401.{n:05})\n" for n in range(1, 21))
WORKFLOW = Path(".github/workflows/ssm-search.yml")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a list of twenty papers."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text(f"# Awesome Kites\n\n## Flying\n\n{ENTRIES}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["init", *arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["init", *arguments])
    assert isinstance(done.exception, ListError)
    return str(done.exception)


def files(top: Path) -> set[str]:
    return {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}


def test_it_writes_one_file_and_says_what_for(top: Path) -> None:
    text = said("--action", "ada/ssm-search")
    assert text.startswith(".github/workflows/ssm-search.yml: written\n  triage  answers issues")
    assert "\nnext\n  1. git add .github/workflows/ssm-search.yml && git commit" in text
    assert "OWNER" not in text
    assert "Put papers" not in text
    assert files(top) == {"README.md", WORKFLOW.as_posix()}
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    assert set(jobs) == set(workflows.JOBS)
    assert jobs["triage"]["steps"][-1]["uses"] == "ada/ssm-search@v0.1.0"


def test_again_it_changes_nothing(top: Path) -> None:
    said("--action", "ada/ssm-search")
    before = WORKFLOW.read_bytes()
    assert said() == ".github/workflows/ssm-search.yml: unchanged\n"
    WORKFLOW.write_bytes(before.replace(b"\n", b"\r\n"))  # as git may have it on Windows
    assert said() == ".github/workflows/ssm-search.yml: unchanged\n"


def test_what_somebody_changed_is_shown_and_left(top: Path) -> None:
    said()
    changed = WORKFLOW.read_text().replace("23 5 * * 1", "23 5 * * 2")
    WORKFLOW.write_text(changed)
    text = said()
    assert "left as it is" in text
    assert '\n-    - cron: "23 5 * * 2" # Mondays: radar\n' in text
    assert '\n+    - cron: "23 5 * * 1" # Mondays: radar\n' in text
    assert WORKFLOW.read_text() == changed
    assert "would be left:" in said("--dry-run")
    assert "would be written:" in said("--dry-run", "--force")
    assert WORKFLOW.read_text() == changed
    assert "written over what was there:" in said("--force")
    assert "23 5 * * 2" not in WORKFLOW.read_text()


def test_a_dry_run_prints_it(top: Path) -> None:
    assert "\npermissions: {}" in said("--dry-run")
    assert files(top) == {"README.md"}


def test_an_owner_that_is_not_known_is_asked_for(top: Path) -> None:
    assert "  1. In it, put the account" in said()
    assert " OWNER/ssm-search@v0.1.0\n" in WORKFLOW.read_text()
    WORKFLOW.write_text(WORKFLOW.read_text().replace("OWNER/", "ada/"))
    assert said() == ".github/workflows/ssm-search.yml: unchanged\n"


def test_a_list_of_none(top: Path) -> None:
    (top / "README.md").write_text("# Awesome Kites\n\n## Flying\n\n## Building\n")
    assert "Put papers into README.md; until then there is nothing to compare with." in said()


def test_another_list_from_a_folder_below(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = top / "papers [2024]"
    papers.mkdir()
    (top / "README.md").rename(papers / "ki'te\"s.md")
    monkeypatch.chdir(papers)
    said("--list", "ki'te\"s.md")
    found = yaml.safe_load((top / WORKFLOW).read_text())
    assert found["jobs"]["radar"]["steps"][1]["with"]["list"] == "papers [2024]/ki'te\"s.md"
    # PyYAML reads "on" as true.
    assert found[True]["push"]["paths"] == ["papers \\[2024\\]/ki'te\"s.md"]


def test_what_is_refused(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (top / "README.md").write_text("# My tool\n\nInstall it:\n\n- fast\n- small\n")
    assert refused().startswith("README.md is no list: it names no paper, and has no headings")
    (top / "README.md").unlink()
    assert "README.md; name the list with --list" in refused()
    (top / "${{ x }}.md").write_text("# A\n## B\n")
    assert "no name of a list that a workflow can spell" in refused("--list", "${{ x }}.md")
    (top / "list.md").write_text("# A\n## B\n")
    for action in ("a b", "../..", "./action", "me/..", "me/.", "-me/it", "me/it/below", "me.x/it"):
        assert "expected OWNER/NAME" in refused("--list", "list.md", f"--action={action}")
    below = top / "below"
    (below / ".git").mkdir(parents=True)
    monkeypatch.chdir(below)
    assert "lies outside of the repository" in refused("--list", "../list.md")
    (below / ".git").rmdir()
    (top / ".git").rmdir()
    assert "lies in no git repository" in refused("--list", "../list.md")
    assert not list(top.rglob("*.yml"))


# ── what is safe ─────────────────────────────────────────────────────────────────────────────

TEXT = workflows.workflow("README.md", "OWNER/ssm-search", "0.1.0")
PARSED = yaml.safe_load(TEXT)
JOBS = PARSED["jobs"]


def test_each_job_has_the_rights_it_needs() -> None:
    assert PARSED["permissions"] == {}
    comments = {"issues": "write", "pull-requests": "write"}
    assert {name: job["permissions"] for name, job in JOBS.items()} == {
        "triage": {"contents": "read", **comments},
        "radar": {"contents": "write", **comments},
        "decide": {"contents": "write", **comments},
        "repair": {"contents": "read", "issues": "write"},
        "feed": {"contents": "write", "pull-requests": "write"},
        "site": {"contents": "read", "pages": "read"},
        "deploy": {"pages": "write", "id-token": "write"},
    }


def test_what_strangers_begin_checks_out_the_base_and_keeps_no_token() -> None:
    for name, job in JOBS.items():
        if name == "deploy":
            continue
        checkout = job["steps"][0]
        assert checkout["uses"].startswith("actions/checkout@")
        may_push = job["permissions"].get("contents") == "write"
        # pull_request_target checks out the base branch where no ref is named.
        branch = {"ref": "${{ github.ref_name }}", "fetch-depth": 0}
        no_token: dict[str, object] = {"persist-credentials": False}
        if name == "site":  # which shows what "decide" has pushed, and since when it is there
            no_token |= branch
        assert checkout["with"] == (branch if may_push else no_token), name
        assert not any("run" in step for step in job["steps"])
    strangers = [name for name, job in JOBS.items() if "pull_request_target" in job["if"]]
    assert strangers == ["triage"]
    for name in ("radar", "repair", "feed", "site"):
        assert "github.event.repository.fork != true" in JOBS[name]["if"]


def test_the_schedules_are_those_of_jobs() -> None:
    (weekly, monthly) = [one["cron"] for one in PARSED[True]["schedule"]]
    assert f"'{weekly}'" in JOBS["radar"]["if"]
    assert f"'{monthly}'" in JOBS["repair"]["if"]


def test_what_it_gives_is_what_the_action_takes() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    tasks = set()
    for job in JOBS.values():
        for step in job["steps"][1:]:
            if step["uses"].startswith("actions/"):
                continue
            assert step["uses"] == "OWNER/ssm-search@v0.1.0"
            assert set(step["with"]) <= set(action["inputs"])
            tasks.add(step["with"]["task"])
    assert tasks == set(workflows.JOBS) - {"deploy"}


def test_the_site_is_published_only_where_pages_are_switched_on() -> None:
    job = JOBS["site"]
    assert "github.event.repository.has_pages == true" in job["if"]
    assert "needs.decide.result == 'success'" in job["if"]
    assert job["needs"] == "decide"
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert set(action["outputs"]) == {"site"}
    _, site, upload = job["steps"]
    assert upload["if"] == f"steps.{site['id']}.outputs.site"
    assert upload["with"] == {"path": "${{ steps.site.outputs.site }}"}
    assert job["outputs"] == {"site": "${{ steps.site.outputs.site }}"}


def test_no_other_branch_is_published() -> None:
    on_default = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
    assert f"&& {on_default} &&" in JOBS["site"]["if"]


def test_what_may_write_to_pages_runs_nothing_else() -> None:
    job = JOBS["deploy"]
    assert job["needs"] == "site"
    condition = "!cancelled() && needs.site.result == 'success' && needs.site.outputs.site"
    assert job["if"] == f"${{{{ {condition} }}}}"
    (deploy,) = job["steps"]
    assert deploy["uses"].startswith("actions/deploy-pages@")
    assert set(deploy) == {"uses", "id"}
    assert job["environment"]["url"] == f"${{{{ steps.{deploy['id']}.outputs.page_url }}}}"


def test_what_it_uses_of_others_is_pinned_to_commits() -> None:
    used = re.findall(r"uses: (actions/\S+)(.*)", TEXT)
    assert len(used) == len(JOBS) + 1  # a checkout or a deployment each, and an upload
    for action, remark in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", remark)


def test_the_example_is_what_it_writes() -> None:
    example = (ROOT / ".github" / "example-workflow.yml").read_text(encoding="utf-8")
    assert example == TEXT
