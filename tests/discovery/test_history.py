"""When papers got onto a list, as git tells it; and what a repository cannot make git do."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from soon import soon

from ssm_search.awesome import read_list
from ssm_search.discovery import history
from ssm_search.discovery.history import _ID, read_history

HEAD = "# Awesome kites\n\n## Flying\n\n"
ONE = "- [Kites that see with video](https://arxiv.org/abs/2301.00001)\n"
TWO = "- [Kites that hear with audio](https://kites.example/two_(old)/)\n"
THREE = "- [Kites and strings as graphs](https://strings.example)\n"


class Repository:
    """A repository with one list, whose commits are made on days of January 2024."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "README.md"
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *command: str, day: int = 1) -> str:
        moment = f"2024-01-{day:02}T12:00:00+00:00"
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "a"), ("EMAIL", "a@example.org"), ("DATE", moment))
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *command],
            cwd=self.folder,
            env=clean | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def commit(self, text: str, day: int) -> None:
        self.file.write_text(HEAD + text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"day {day}", day=day)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "list")


def days(file: Path) -> dict[str, int]:
    """The day of January 2024 on which each paper came, by the first word of its id."""
    found = read_history(file, read_list(file.read_text(encoding="utf-8")).papers)
    assert not found.note
    assert all(when == datetime(2024, 1, when.day, 12, tzinfo=UTC) for when in found.added.values())
    return {paper_id: when.day for paper_id, when in found.added.items()}


def test_each_paper_has_the_day_of_its_first_line(repository: Repository) -> None:
    repository.commit(ONE, 2)
    repository.commit(TWO + ONE, 3)
    repository.commit(THREE + ONE.replace("see", "look") + TWO, 5)
    assert list(days(repository.file).values()) == [5, 2, 3]


def test_it_is_known_by_its_title_before_it_has_this_link(repository: Repository) -> None:
    repository.commit("| [Kites that see with video](https://kites.example/1) | 2023 |\n", 2)
    repository.commit(ONE, 4)
    assert days(repository.file) == {"2301.00001": 2}


def test_a_link_that_several_share_tells_none_of_them(repository: Repository) -> None:
    page = "- [{}](https://kites.example/all)\n"
    repository.commit(page.format("Kites of the whole first year"), 2)
    repository.commit(
        page.format("Kites of the whole first year") + page.format("Kites of the whole second"), 3
    )
    assert sorted(days(repository.file).values()) == [2, 3]


def test_what_waited_on_a_branch_came_with_the_merge(repository: Repository) -> None:
    repository.commit(ONE, 2)
    repository.git("switch", "--quiet", "--create", "more")
    repository.commit(ONE + TWO, 3)
    repository.git("switch", "--quiet", "main")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "x", day=4)
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "more", day=9)
    assert sorted(days(repository.file).values()) == [2, 9]


def test_a_list_keeps_its_history_when_it_moves(repository: Repository) -> None:
    repository.commit(ONE + TWO, 2)
    (repository.folder / "papers").mkdir()
    repository.git("mv", "README.md", "papers/kites.md")
    repository.git("commit", "--quiet", "--message", "move", day=3)
    assert set(days(repository.folder / "papers" / "kites.md").values()) == {2}


def test_nothing_is_known_outside_of_a_repository(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(HEAD + ONE)
    assert read_history(file, read_list(HEAD + ONE).papers) == history.History()


def test_nothing_is_known_without_git(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.commit(ONE, 2)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not read_history(repository.file, read_list(HEAD + ONE).papers).added


def test_a_row_that_is_not_committed_has_no_day(repository: Repository) -> None:
    repository.commit(ONE, 2)
    repository.file.write_text(HEAD + ONE + TWO)
    assert days(repository.file) == {"2301.00001": 2}


def test_a_shallow_clone_says_that_it_knows_no_older_days(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit(ONE, 2)
    repository.commit(ONE + TWO, 3)
    repository.commit(ONE + TWO + THREE, 5)
    place = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth=2", f"file://{repository.folder}", str(place))
    papers = read_list((place / "README.md").read_text()).papers
    found = read_history(place / "README.md", papers)
    assert [when.day for when in found.added.values()] == [5]
    assert "shallow" in found.note


def test_a_repository_has_nothing_run(repository: Repository, tmp_path: Path) -> None:
    """Each of these is a setting by which git would run what a repository says."""
    repository.commit(ONE, 2)
    repository.commit(ONE + TWO, 3)
    trap, ran = repository.folder / "trap", tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\necho $0 $* >> {ran}\ncat\n")
    trap.chmod(0o755)
    (repository.folder / ".gitattributes").write_text("*.md diff=evil filter=evil\n")
    for name in (
        "core.pager pager.log core.fsmonitor core.sshCommand core.editor diff.external "
        "diff.evil.command diff.evil.textconv filter.evil.clean filter.evil.smudge "
        "filter.evil.process gpg.program credential.helper alias.log uploadpack.packObjectsHook"
    ).split():
        repository.git("config", name, str(trap))
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "core.hooksPath", str(repository.folder))
    assert sorted(days(repository.file).values()) == [2, 3]
    assert not ran.exists()


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.commit(ONE, 2)
    repository.commit(ONE + TWO, 3)
    repository.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "clone"
    source = f"file://{repository.folder}"
    repository.git("clone", "--quiet", "--filter=blob:none", source, str(place))
    ran = tmp_path / "ran"
    (place / "trap").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (place / "trap").chmod(0o755)
    subprocess.run(["git", "config", "remote.origin.uploadpack", place / "trap"], cwd=place)
    papers = read_list((place / "README.md").read_text()).papers
    found = read_history(place / "README.md", papers)
    assert len(found.added) < 2
    assert found.note == "git cannot read the whole history of README.md"
    assert not ran.exists()


def test_a_file_with_a_name_that_git_would_read_as_a_pattern(repository: Repository) -> None:
    repository.file = repository.folder / ":(glob)*.md"
    repository.commit(ONE, 2)
    assert days(repository.file) == {"2301.00001": 2}


def test_settings_of_the_caller_do_not_lead_elsewhere(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(ONE, 2)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert days(repository.file) == {"2301.00001": 2}


def test_it_is_bounded(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(ONE, 2)
    repository.commit(ONE + TWO, 3)
    papers = read_list(repository.file.read_text()).papers
    monkeypatch.setattr(history, "MAX_BYTES", 400)
    found = read_history(repository.file, papers)
    assert [when.day for when in found.added.values()] == [3]
    assert found.note == "the history of README.md has more than 400 bytes"


def test_a_line_that_is_long_is_read_up_to_its_limit(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MAX_LINE", 100)
    rest = "+ [Kites that hear with audio](https://kites.example/two_(old)/)"
    repository.commit(ONE + "x" * 99 + rest + "\n", 2)
    papers = read_list(HEAD + ONE + TWO).papers
    assert list(read_history(repository.file, papers).added) == ["2301.00001"]


@pytest.mark.parametrize("moment", ["", "x", "9" * 30, "-" + "9" * 15])
def test_a_moment_that_there_is_not(moment: str) -> None:
    assert history._moment(moment) is None


def test_a_line_of_nothing_but_letters_is_read_in_no_time() -> None:
    with soon():
        found = _ID.findall("a" * 100_000 + " cs/0101001 math.AG/0309136")
    assert found == ["cs/0101001", "math.AG/0309136"]
