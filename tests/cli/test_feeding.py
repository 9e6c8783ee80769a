"""``ssm-search feed`` as those who keep a list call it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.abstracts.cache import append_abstracts, default_cache
from ssm_search.awesome import read_list
from ssm_search.cli.questions import app
from ssm_search.papers import Abstract
from ssm_search.search.local import PaperSearch

ABS = "https://arxiv.org/abs/"
LIST = f"""# Awesome Kites

## Flying

- [Kites that see with video]({ABS}2301.00001)
- [Kites that hear with audio](https://kites.example/2)
"""


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["feed", *arguments])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "README.md"
    path.write_text(LIST, encoding="utf-8")
    return path


def commit(folder: Path, day: int) -> None:
    moment = f"2024-01-{day:02}T12:00:00Z"
    for command in (
        ["init", "--quiet"],
        ["add", "README.md"],
        ["commit", "--quiet", "--message", "x", "--date", moment],
    ):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command],
            cwd=folder,
            env={"GIT_COMMITTER_DATE": moment, "PATH": "/usr/bin:/bin:/usr/local/bin"},
            check=True,
        )


def items(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text)["items"]
    return found


def test_a_list_in_a_repository(readme: Path) -> None:
    commit(readme.parent, 3)
    done = run("--list", "README.md", "-o", "feed.xml", "--url", "https://kites.example/feed.xml")
    assert done.stdout == ""
    assert done.stderr == "feed.xml: 2 entries, of 2 it is known when they were added\n"
    feed = (readme.parent / "feed.xml").read_text(encoding="utf-8")
    assert feed.count("<updated>2024-01-03T12:00:00Z</updated>") == 3
    assert "<title>Awesome Kites</title>\n <id>https://kites.example/feed.xml</id>" in feed
    run("--list", "README.md", "-o", "again.xml", "--url", "https://kites.example/feed.xml")
    assert (readme.parent / "again.xml").read_text(encoding="utf-8") == feed


def test_a_list_without_a_history(readme: Path) -> None:
    done = run("--list", "README.md", "--format", "json")
    assert [(one["id"], one["date_published"]) for one in items(done.stdout)] == [
        (f"{ABS}2301.00001", "2023-01-01T00:00:00Z")
    ]
    assert done.stderr == (
        "json: 1 entry, of none it is known when it was added\n"
        "1 left out: nothing says when they were added or appeared\n"
    )


def test_a_list_in_a_folder(readme: Path) -> None:
    commit(readme.parent, 3)
    (readme.parent / "more.md").write_text(f"# More\n\n## Strings\n\n- [Knots]({ABS}2402.00001)\n")
    done = run("--list", ".", "--format", "json", "--limit", "2")
    assert [one["date_published"] for one in items(done.stdout)] == [
        "2024-02-01T00:00:00Z",
        "2024-01-03T12:00:00Z",
    ]


def test_the_list_of_an_index_with_what_it_knows(readme: Path) -> None:
    known = [Abstract("2301.00001", "x", "Kites see.", ("Ada Kim",))]
    append_abstracts(default_cache(), known)
    search = PaperSearch.from_papers(read_list(LIST).papers, WordEncoder())
    search.save("index", list_name="elsewhere.md", title="The Kites")
    done = run("--index", "index", "--format", "json")
    assert json.loads(done.stdout)["title"] == "The Kites"
    (item,) = items(done.stdout)
    assert item["authors"] == [{"name": "Ada Kim"}]
    assert item["content_text"] == "2023 · Flying"
    (item,) = items(run("--list", "README.md", "--format", "json", "--abstracts").stdout)
    assert item["content_text"] == "2023 · Flying\n\nKites see."


def test_what_is_proposed(readme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(readme.parent / "user"))
    decisions = readme.parent / ".ssm-search" / "decisions.jsonl"
    decisions.parent.mkdir()
    record = {"id": "2405.00001", "decision": "proposed", "when": "2024-05-06", "title": "Knots"}
    decisions.write_text(json.dumps(record) + "\n")
    for place in ("README.md", "."):
        done = run("--list", place, "--proposed", "--format", "json")
        assert json.loads(done.stdout)["title"] == "Proposed for Awesome Kites"
        (item,) = items(done.stdout)
        assert (item["title"], item["date_published"]) == ("Knots", "2024-05-06T00:00:00Z")
    decisions.rename("other.jsonl")
    done = run("--list", "README.md", "--decisions", "other.jsonl", "--format", "json")
    assert items(done.stdout) == [item]
    assert items(run("--list", ".", "--proposed", "--format", "json").stdout) == []
    assert items(run("--proposed", "--format", "json").stdout) == []  # of the shipped list


def test_a_name_that_says_no_format(readme: Path) -> None:
    assert "cannot tell the format of feed.rss" in str(run("-o", "feed.rss", code=1).exception)


def test_a_name_and_a_format_that_differ(readme: Path) -> None:
    done = run("-o", "feed.xml", "--format", "json", code=2)
    assert "would be atom, not json" in done.stderr
    assert not Path("feed.xml").exists()
