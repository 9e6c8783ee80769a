"""``ssm-search gap`` as those who keep a list call it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from arxiv_server import ArxivServer, FakePaper
from click.testing import Result
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.abstracts.cache import API_URL_VARIABLE
from ssm_search.awesome import read_list
from ssm_search.cli import gaps
from ssm_search.cli.questions import app
from ssm_search.errors import NoListError
from ssm_search.search.local import PaperSearch

ABS = "https://arxiv.org/abs/"
WORDS = "amber birch cedar dunes oasis fjord grove haven islet jetty knoll larch".split()


def rows(topic: str, first: int, many: int = 12) -> str:
    numbers = range(first, first + many)
    names = [f"{WORDS[n % 12]} {WORDS[n // 12 % 12]} of {topic}" for n in numbers]
    return "".join(
        f"- [{name.title()}]({ABS}2401.{n:05})\n" for n, name in zip(numbers, names, strict=True)
    )


LIST = f"# Awesome Kites\n\n## Video\n\n{rows('video', 1)}"
NEW = "Zinnia video"
OTHER = f"# Awesome Strings\n\n## A\n\n- [{NEW}]({ABS}2402.00001)\n{rows('graph', 100)}"
THIRD = f"# Awesome Knots\n\n## B\n\n{rows('video', 1, 9)}- [{NEW}](https://knots.example/1)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a list lies, an index of it, which the commands are given, and two others."""
    search = PaperSearch.from_papers(read_list(LIST).papers, WordEncoder())
    digest = hashlib.sha256(LIST.encode()).hexdigest()
    search.save(tmp_path / "index", list_name="README.md", list_sha256=digest)
    monkeypatch.setattr(gaps, "open_listed", lambda index: search)
    monkeypatch.setenv(API_URL_VARIABLE, "http://127.0.0.1:9/api/query")
    monkeypatch.chdir(tmp_path)
    Path("README.md").write_text(LIST, encoding="utf-8")
    Path("lists").mkdir()
    Path("lists", "strings.md").write_text(OTHER, encoding="utf-8")
    Path("lists", "knots.md").write_text(THIRD, encoding="utf-8")
    return tmp_path


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["gap", *arguments, "--list", "README.md"])
    assert done.exit_code == code, done.output
    return done


def test_what_belongs_here_and_who_has_it(folder: Path) -> None:
    done = run("lists/strings.md", "lists/knots.md", "--offline", "-k", "1")
    assert NEW in done.stdout
    assert "on 2 of 2 other lists: Awesome Strings, Awesome Knots\n" in done.stdout
    assert f"- [{NEW}]({ABS}2402.00001)\n" in done.stdout
    assert "13 of 22 papers of 2 other lists are not on this one" in done.stderr


def test_a_folder_holds_lists_and_this_one_is_none_of_them(folder: Path) -> None:
    done = run(".", "--offline", "-k", "1", "--json")
    (found,) = json.loads(done.stdout)
    assert found["paper"]["title"] == NEW
    assert found["lists"] == ["Awesome Knots", "Awesome Strings"]
    assert found["row"] == f"- [{NEW}]({ABS}2402.00001)"
    assert 0 <= found["fit"] <= 1
    assert "2 other lists" in done.stderr


def test_two_lists_of_one_name_are_two(folder: Path) -> None:
    Path("more.md").write_text(OTHER, encoding="utf-8")
    done = run("lists/strings.md", "more.md", "--offline", "-k", "1", "--json")
    assert json.loads(done.stdout)[0]["lists"] == ["Awesome Strings", "Awesome Strings (more.md)"]


def test_abstracts_are_given_or_come_from_arxiv(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = "Zinnia quarry"
    Path("lists", "strings.md").write_text(
        f"# Awesome Strings\n\n## A\n\n- [{far}]({ABS}2402.00001)\n{rows('graph', 100)}"
    )
    record = {"id": "2402.00001", "title": far, "abstract": "Video of video."}
    Path("abstracts.jsonl").write_text(json.dumps(record) + "\n")
    given = run("lists/strings.md", "--offline", "-k", "1", "--abstracts", "abstracts.jsonl")
    assert far in given.stdout
    with ArxivServer([FakePaper("2402.00001", far, "Video of video.")]) as arxiv:
        monkeypatch.setenv(API_URL_VARIABLE, arxiv.url)
        assert far in run("lists/strings.md", "-k", "1").stdout


def test_without_a_network_titles_have_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssm_search.abstracts.api.time.sleep", lambda seconds: None)
    done = run("lists/strings.md", "-k", "1")
    assert NEW in done.stdout
    assert "127.0.0.1" in done.stderr
    assert sum("127.0.0.1" in line for line in done.stderr.splitlines()) == 1
    (card,) = json.loads(run("lists/strings.md", "-k", "1", "--json").stdout)
    (note,) = card["notes"]
    assert note.startswith("arXiv could not be asked (got no connection")
    (card,) = json.loads(run("lists/strings.md", "-k", "1", "--json", "--offline").stdout)
    assert card["notes"] == ["arXiv was not asked: judged by the title alone"]


def test_what_arxiv_does_not_know_is_not_said_to_be_unasked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ArxivServer([]) as arxiv:
        monkeypatch.setenv(API_URL_VARIABLE, arxiv.url)
        (card,) = json.loads(run("lists/strings.md", "-k", "1", "--json").stdout)
    assert card["notes"] == ["arXiv does not know 2402.00001: judged by the title alone"]


def test_what_no_other_list_has(folder: Path) -> None:
    done = run("lists", "--missing-elsewhere")
    assert (
        done.stdout
        == "".join(
            f"{title} (2024)\n    {ABS}2401.{n:05}\n"
            for n, title in ((10, "Knoll Amber Of Video"), (11, "Larch Amber Of Video"))
        )
        + f"Amber Birch Of Video (2024)\n    {ABS}2401.00012\n"
    )
    compared = "compared with 22 of 2 other lists\n"
    assert done.stderr == f"3 of 12 papers are on this list alone; {compared}"
    few = run("lists", "--missing-elsewhere", "-k", "1")
    assert few.stdout == f"Knoll Amber Of Video (2024)\n    {ABS}2401.00010\n"
    assert few.stderr == (
        f"3 of 12 papers are on this list alone, of which the first 1 are shown; {compared}"
    )
    records = json.loads(run("lists", "--missing-elsewhere", "--json").stdout)
    assert [one["id"] for one in records] == ["2401.00010", "2401.00011", "2401.00012"]


def test_where_nothing_is_missing(folder: Path) -> None:
    Path("same.md").write_text(LIST, encoding="utf-8")
    done = run("same.md", "--offline")
    assert done.stdout == ""
    assert "0 of 12 papers of 1 other list are not on this one" in done.stderr
    assert json.loads(run("same.md", "--offline", "--json").stdout) == []


def test_a_list_without_an_entry_is_refused(folder: Path) -> None:
    Path("empty.md").write_text("# Kites\n\nNo paper yet.\n", encoding="utf-8")
    refused = run("empty.md", "--offline", code=1).exception
    assert isinstance(refused, NoListError)
    assert str(refused).startswith("no entry found in empty.md; expected a list of papers")


def test_what_is_no_list_is_refused(folder: Path) -> None:
    assert "cannot read none.md" in str(run("none.md", code=1).exception)
