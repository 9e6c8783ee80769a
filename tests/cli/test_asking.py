"""The commands that answer with papers and headings, over an encoder done by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import Result
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.cli.questions import app, main
from ssm_search.errors import FilterError, QueryError
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

PAPERS = [
    Paper("2401.00001", "Video of points", year=2023, categories=(("Sight", "Point Cloud"),)),
    Paper("2401.00002", "Video of organs", year=2024, categories=(("Sight", "Medical"),)),
    Paper("2401.00003", "Video of words", venue="Knots 2024", categories=(("Words",),)),
    Paper("2401.00004", "Video of both", categories=(("Words",), ("Sight", "Medical"))),
]
EMPTY = ("Words", "Signs")


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    search = PaperSearch.from_papers(PAPERS, WordEncoder(), headings=[EMPTY])
    monkeypatch.setattr("ssm_search.search.shipped_search", lambda: search)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})


def ids(*arguments: str) -> set[str]:
    done = run("query", "video", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return {hit["id"][-1] for hit in json.loads(done.stdout)["hits"]}


def refused(*arguments: str) -> str:
    done = run("query", "video", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, FilterError)
    return str(done.exception)


def test_headings_are_a_tree_with_counts() -> None:
    assert run("headings").stdout.splitlines() == [
        "headings",
        "├── Sight 3",
        "│   ├── Point Cloud 1",
        "│   └── Medical 2",
        "└── Words 2",
        "    └── Signs 0",
    ]
    assert json.loads(run("headings", "--json").stdout) == [
        {"category": ["Sight"], "papers": 3},
        {"category": ["Sight", "Point Cloud"], "papers": 1},
        {"category": ["Sight", "Medical"], "papers": 2},
        {"category": ["Words"], "papers": 2},
        {"category": ["Words", "Signs"], "papers": 0},
    ]


def test_a_heading_is_named_by_a_part_or_told_what_is_near() -> None:
    assert ids("--category", "point") == {"1"}
    assert ids("--category", "d") == {"1", "2", "3", "4"}  # of "Words", "Cloud" and "Medical"
    assert ids("--category", "Sight > Medical") == {"2", "4"}
    assert refused("--category", "Medicla") == (
        "no paper stands under 'Medicla'; did you mean 'Medical'?"
    )


def test_a_venue_is_named_by_a_part_or_told_what_is_near() -> None:
    assert ids("--venue", "knots") == {"3"}
    assert refused("--venue", "Kntos") == (
        "no paper is known to be of the venue 'Kntos'; did you mean 'Knots'?"
    )


@pytest.mark.parametrize("name", ["category", "venue"])
def test_an_empty_filter_is_refused_and_not_passed_over(name: str) -> None:
    assert refused(f"--{name}", "") == f"no {name} is named; name one, or leave that filter out"


@pytest.mark.parametrize("nothing", ["", " "])
def test_what_is_not_wanted_is_something(nothing: str) -> None:
    done = run("query", "video", "--without", "points", "--without", nothing)
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, QueryError)
    assert str(done.exception) == (
        "what answers should not be about is empty; say what, or leave that out"
    )


@pytest.mark.parametrize(
    ("year", "numbers"), [("2023", "1"), ("2023-2024", "1234"), (" 2024 – 2025 ", "234")]
)
def test_years(year: str, numbers: str) -> None:
    assert ids("--year", year) == {*numbers}


@pytest.mark.parametrize(
    ("year", "said"),
    [
        ("2025-2022", "'2025-2022' ends before it begins; did you mean 2022-2025?"),
        ("20x4", "'20x4' is no year; expected 2024 or 2022-2024"),
        ("2022-", "'2022-' is no year"),
        ("2022-23-24", "is no year"),
        ("²", "'²' is no year"),
        ("20244", "is no year"),
        ("", "'' is no year; expected 2024 or 2022-2024"),
    ],
)
def test_years_that_are_none_are_wrong_use(year: str, said: str) -> None:
    done = run("query", "video", "--year", year)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("command", [["query", "video"], ["related", "video"], ["headings"]])
@pytest.mark.parametrize("option", ["--store", "--index"])
def test_where_nothing_is_both_ways_to_make_it_are_told(
    command: list[str],
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ssm-search", *command, option, "nowhere"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "ssm-search: no index in nowhere, and no store; make one with `ssm-search build LIST "
        "--index nowhere`, or `ssm-search build --corpus FILE --store nowhere`\n"
    )
