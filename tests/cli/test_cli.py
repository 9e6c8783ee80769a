"""The command line as a user meets it: what it prints, and its exit status."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from conftest import ROOT
from typed import typed
from typer.testing import CliRunner

from ssm_search import __version__
from ssm_search.cli.indexing import folder_for
from ssm_search.cli.questions import app

INDEX = ROOT / "index" / "awesome-mamba"


def test_help_names_every_command() -> None:
    command = [sys.executable, "-m", "ssm_search", "--help"]  # all others without a process
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    for command in ("query", "related", "build", "fetch", "check", "status"):
        assert command in done.stdout


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"ssm-search {command.name or command.callback.__name__}" in page


def test_it_is_documented_which_commands_take_json() -> None:
    commands = typer.main.get_group(app).commands.items()
    without = sorted(
        name for name, one in commands if all("--json" not in param.opts for param in one.params)
    )
    page = " ".join((ROOT / "docs" / "programs.md").read_text(encoding="utf-8").split())
    *most, last = (f"`{name}`" for name in without)
    assert f"All commands but {', '.join(most)} and {last} take `--json`." in page


def test_version() -> None:
    assert typed("--version").stdout == f"ssm-search {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["query"],
        ["query", "video", "-k", "0"],
        ["query", "video", "-k", "many"],
        ["query", "video", "--year", "soon"],
        ["query", "video", "--year", "2025-2022"],
        ["query", "video", "--colour", "red"],
        ["check"],
    ],
)
def test_wrong_use_is_exit_status_2(arguments: list[str]) -> None:
    done = typed(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query", "   "], "the query is empty"),
        (["query", "2412.99999"], "2412.99999 is not among the 83 entries"),
        (["query", "video", "--category", "Visoin"], "no paper stands under 'Visoin'"),
        (["query", "video", "--index", "nowhere"], "no index in nowhere"),
        (["status", "--index", "nowhere"], "no index in nowhere"),
        (["check", "nowhere.md"], "cannot read nowhere.md"),
        (["build", "nowhere.md"], "cannot read nowhere.md"),
        (["build", "x", "--encoder", "no such model"], "no model 'no such model'"),
    ],
)
def test_failure_is_exit_status_1_and_one_line(arguments: list[str], message: str) -> None:
    done = typed(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("ssm-search: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_status_counts_what_is_shipped() -> None:
    facts = json.loads(typed("status", "--json").stdout)
    assert facts["entries"] == 83
    assert facts["papers"] == 75
    assert facts["links"] == 8
    assert facts["indexed_with_abstract"] == 73
    assert facts["without_abstract"] == ["2403.02148", "2403.00762"]
    assert facts["encoder"] == "ssm-minilm-l6"
    assert facts["words"] == len(np.load(INDEX / "word_vectors.npy"))
    assert "entries" in typed("status").stdout


def test_check_names_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(
        "# List\n## Films\n- [A title](https://arxiv.org/abs/2401.00001)\n- No link\n"
        "- [B title](htps://example.org)\n- None either\n"
    )
    done = typed("check", str(path))
    assert done.returncode == 0
    assert done.stdout.endswith(
        f"\nlist item without a link (2):\n{path}:4: list item without a link: No link\n"
        f"{path}:6: list item without a link: None either\n"
        f"\nnot a web address (1):\n{path}:5: not a web address: htps://example.org\n"
    )
    report = json.loads(typed("check", str(path), "--json").stdout)
    assert (report["papers"], report["links"], report["headings"]) == (1, 0, 1)
    assert [problem["line"] for problem in report["problems"]] == [4, 5, 6]


def test_check_names_links_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(
        "# List\n\n## Films\n\n"
        "- [A title](https://arxiv.org/abs/2401.00001\n"
        "- [B title(https://arxiv.org/abs/2401.00002)\n"
        '- [C title](https://en.example.org/a_(b) "with a name") and [code](https://e.org/c)\n'
        "- [D title](https://arxiv.org/abs/2401.00004 [code](https://e.org/d)\n"
    )
    done = typed("check", str(path))
    assert done.returncode == 0
    assert done.stdout.endswith(
        "\nlink without an end (3):\n"
        f"{path}:5: link without an end: ](https://arxiv.org/abs/2401.00001\n"
        f"{path}:6: link without an end: [B title(https://arxiv.org/abs/2401.00002)\n"
        f"{path}:8: link without an end: ](https://arxiv.org/abs/2401.00004\n"
    )


def test_what_is_no_list_has_an_exit_status_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "kites.rst"
    path.write_text(".. _a: https://a.org\n.. _b: https://b.org\n.. note:: c\n")
    for command in ("check", "build"):
        done = typed(command, str(path))
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr == (
            f"ssm-search: {path}: this is reStructuredText, and no list in Markdown; convert it, "
            "for example with pandoc\n"
        )


@pytest.mark.parametrize("text", ["", "# Kites\n\nNo paper yet.\n"])
def test_a_file_without_an_entry_is_no_list(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.md"
    path.write_text(text)
    said = (
        f"ssm-search: no entry found in {path}; expected a list of papers in Markdown: items or "
        "rows of a table, each with a title and a link\n"
    )
    done = typed("check", str(path), "--json")
    assert (done.returncode, done.stderr) == (4, said)
    assert json.loads(done.stdout)["papers"] == 0
    assert typed("check", str(path)).returncode == 4
    built = typed("build", str(path), "--offline", "--index", str(tmp_path / "index"))
    assert (built.returncode, built.stdout, built.stderr) == (4, "", said)


@pytest.mark.parametrize("command", ["query", "related", "suggest", "recommend", "submit", "map"])
@pytest.mark.parametrize(
    ("text", "quoted"), [("-mamba", "-mamba"), ("- not vision", "'- not vision'")]
)
def test_a_text_that_begins_with_a_dash_is_told_apart(command: str, text: str, quoted: str) -> None:
    done = CliRunner().invoke(app, [command, text])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"ssm-search: {quoted} is taken for options; behind all options, -- goes before a text "
        f"that begins with a dash: ssm-search {command} -- {quoted}\n"
    )


def test_a_text_that_begins_with_a_dash_is_asked_behind_two() -> None:
    asked = CliRunner().invoke(app, ["query", "--json", "-k", "1", "--", "-mamba"])
    assert len(json.loads(asked.stdout)["hits"]) == 1
    slip = CliRunner().invoke(app, ["query", "video", "--yaer", "2024"])
    assert slip.exit_code == 2
    assert "No such option: --yaer" in slip.stderr


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("check", "a Markdown file"),
        ("triage", "a file with a diff, an issue, BibTeX or links,"),
        ("decide", "GitHub's event file, what `gh issue view` prints,"),
    ],
)
def test_what_is_expected_of_a_file_is_said(command: str, expected: str) -> None:
    refused = CliRunner().invoke(app, [command, "nowhere.txt"]).exception
    assert str(refused) == (
        "cannot read nowhere.txt (No such file or directory); "
        f"expected {expected} or an http(s) URL"
    )


def test_many_ids_without_an_abstract_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    rows = (f"- [Kite {n}](https://arxiv.org/abs/2401.{n:05})\n" for n in range(1, 8))
    path.write_text("# L\n\n## Kites\n\n" + "".join(rows))
    CliRunner().invoke(app, ["build", str(path), "--offline", "--index", str(tmp_path / "index")])
    said = CliRunner().invoke(app, ["status", "--index", str(tmp_path / "index")]).stdout
    ids = ", ".join(f"2401.{n:05}" for n in range(1, 6))
    assert f"7 of 7, such as {ids}; all with --json" in " ".join(said.split())
    whole = CliRunner().invoke(app, ["status", "--index", str(tmp_path / "index"), "--json"])
    assert len(json.loads(whole.stdout)["without_abstract"]) == 7


def test_check_of_several_files_names_them(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "# Kites\n\n## Films\n\n- [Kites in wind](https://a.org/x)\n- No link\n"
    )
    (tmp_path / "b.md").write_text(
        "# Nets\n\n- [Kites in wind](https://a.org/x)\n- [Nets in water](https://b.org/y)\n"
        "- No link here\n"
    )
    report = json.loads(typed("check", str(tmp_path), "--json").stdout)
    assert report == {
        "title": "Kites",
        "files": 2,
        "papers": 0,
        "links": 2,
        "headings": 2,
        "listed_twice": 1,
        "problems": [
            {
                "file": str(tmp_path / "README.md"),
                "line": 6,
                "message": "list item without a link: No link",
            },
            {
                "file": str(tmp_path / "b.md"),
                "line": 5,
                "message": "list item without a link: No link here",
            },
        ],
    }
    told = typed("check", str(tmp_path)).stdout.splitlines()
    assert told[-3:] == [
        "list item without a link (2):",
        f"{tmp_path / 'README.md'}:6: list item without a link: No link",
        f"{tmp_path / 'b.md'}:5: list item without a link: No link here",
    ]


@pytest.mark.parametrize(
    ("sources", "folder"),
    [
        (None, "awesome-mamba"),
        (["lists/kites.md"], "kites"),
        (["https://example.org/kites/README.md?token=x"], "README"),
        (["lists"], "lists-index"),
        (["lists/a.md", "lists/b.md"], "lists-index"),
        (["a.md", "b.md"], "here-index"),
        (["."], "here-index"),
    ],
)
def test_an_index_is_not_called_as_the_folder_of_its_list(
    sources: list[str] | None, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here" / "lists").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert folder_for(sources) == folder


def test_the_shipped_list_has_nothing_unread() -> None:
    report = json.loads(typed("check", str(ROOT / "index" / "awesome-mamba.md"), "--json").stdout)
    assert (report["papers"], report["links"], report["problems"]) == (75, 8, [])


@pytest.mark.encoder
def test_a_table_for_people_and_json_for_scripts() -> None:
    runner = CliRunner()
    table = runner.invoke(app, ["query", "mamba for video", "-k", "3"])
    assert "VideoMamba: State Space Model" in table.stdout
    answers = json.loads(runner.invoke(app, ["query", "mamba for video", "--json"]).stdout)["hits"]
    assert len(answers) == 10
    assert [answer["rank"] for answer in answers] == list(range(1, 11))
    assert {"id", "title", "score", "year", "categories", "url", "why"} <= set(answers[0])
    assert "abstract" not in answers[0]


@pytest.mark.encoder
def test_filters_reach_the_search() -> None:
    arguments = ["query", "segmentation", "--json", "--category", "Super-Resolution"]
    answers = json.loads(CliRunner().invoke(app, arguments).stdout)["hits"]
    assert [answer["id"] for answer in answers] == ["2403.08330"]
    arguments = ["query", "state spaces", "--json", "--year", "2020-2021", "--code"]
    answers = json.loads(CliRunner().invoke(app, arguments).stdout)["hits"]
    assert {answer["id"] for answer in answers} == {"2111.00396", "2008.07669"}


@pytest.mark.encoder
def test_related_by_id_title_and_standard_input() -> None:
    runner = CliRunner()
    for seed in ("2403.06977", "VideoMamba: State Space Model for Efficient Video Understanding"):
        answers = json.loads(runner.invoke(app, ["related", seed, "-k", "3", "--json"]).stdout)[
            "hits"
        ]
        assert answers[0]["id"] == "2403.09626"
        assert "2403.06977" not in {answer["id"] for answer in answers}
    piped = runner.invoke(app, ["related", "-", "-k", "1", "--json"], input="single image dehazing")
    assert json.loads(piped.stdout)["hits"][0]["id"] == "2402.04139"


@pytest.mark.encoder
def test_build_of_a_folder_then_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "README.md").write_text("# Pets and taxes\n\nSee the files.\n")
    (tmp_path / "lists" / "a.md").write_text(
        "# Animals\n- [Cats and dogs](https://arxiv.org/abs/2401.00001)\n"
    )
    (tmp_path / "lists" / "b.md").write_text("# Law\n- [Tax law](https://example.org/tax)\n")
    runner = CliRunner()
    built = runner.invoke(app, ["build", "lists", "--offline"])
    assert built.exit_code == 0, built.output
    assert built.stderr.splitlines()[-1].startswith("written to lists-index; ")
    status = runner.invoke(app, ["status", "--index", "lists-index", "--json"])
    facts = json.loads(status.stdout)
    assert (facts["title"], facts["list"], facts["entries"]) == ("Pets and taxes", "lists", 2)
    asked = runner.invoke(app, ["query", "pets", "--index", "lists-index", "--year", "2024"])
    assert "2024 by its arXiv id · Animals" in asked.stdout
    assert "1 paper without a known year left out" in asked.stdout
    asked = runner.invoke(
        app, ["query", "pets", "--index", "lists-index", "--year", "2020", "--json"]
    )
    found = json.loads(asked.stdout)
    assert (found["verdict"], found["hits"]) == ("nothing", [])
    assert found["left_out"] == {"papers": 1, "lacking": "year"}
    asked = runner.invoke(app, ["query", "pets", "--index", "lists-index", "--venue", "ICML"])
    assert str(asked.exception).endswith("of the venue 'ICML'; of none a venue is known")


@pytest.mark.encoder
def test_build_then_query(tmp_path: Path) -> None:
    source = tmp_path / "list.md"
    source.write_text(
        "# L\n## A\n- [Cats and dogs](https://arxiv.org/abs/2401.00001)\n"
        "- [Tax law](https://example.org/tax)\n"
    )
    index = tmp_path / "index"
    runner = CliRunner()
    built = runner.invoke(app, ["build", str(source), "--index", str(index), "--offline"])
    assert built.exit_code == 0, built.output
    assert "2 entries (1 paper, 1 link): encoded 2, reused 0" in built.stderr
    assert "without an abstract, indexed by title: 1 (2401.00001)" in built.stderr
    assert built.stderr.splitlines()[-1] == (
        f"written to {index}; `ssm-search query … --index {index}` asks it"
    )
    asked = runner.invoke(
        app, ["query", "pets", "-k", "1", "--json"], env={"SSM_SEARCH_INDEX": str(index)}
    )
    assert json.loads(asked.stdout)["hits"][0]["title"] == "Cats and dogs"
    assert "lists" not in json.loads(asked.stdout)["hits"][0]
    twin = tmp_path / "two words"
    shutil.copytree(index, twin)
    both = [f"--index={index}", f"--index={twin}", f"--index={index}", "--json"]
    asked = runner.invoke(app, ["query", "Cats and dogs", "-k", "2", *both])
    (first, second) = json.loads(asked.stdout)["hits"]
    assert (first["title"], first["lists"]) == ("Cats and dogs", ["L (index)", "L (two words)"])
    assert second["title"] == "Tax law"
    asked = runner.invoke(app, ["related", "tax"], env={"SSM_SEARCH_INDEX": str(twin)})
    assert asked.exit_code == 0, asked.output
    asked = runner.invoke(app, ["query", "x", f"--index={index}", f"--index={tmp_path / 'no'}"])
    assert "no index in" in str(asked.exception)


def test_fetch_without_a_network_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSM_SEARCH_ARXIV_API", "http://127.0.0.1:9/api/query")
    done = typed("fetch")
    assert done.returncode == 1
    assert "fetched" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ssm-search: got no connection")
    assert "Traceback" not in done.stderr


def test_hostile_lists_cannot_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text("# L\n## A\n- \x1b[31mred\x1b[0m \u202eevil\n")
    assert "\x1b" not in typed("check", str(path)).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x.md", "--since", "2024-01-01"], "--since is for a corpus (--corpus FILE) alone"),
        (["x.md", "--arxiv-category", "cs.CV", "--update"], "--arxiv-category, --update are for"),
        (["x.md", "--engine", "ray"], "--engine is for a corpus"),
        (["x.md", "--vectors", "Flat"], "--vectors is for a corpus"),
        (["x.md", "--store", "s3://a/b"], "--store is for a corpus"),
        (["x.md", "--break-lock"], "--break-lock is for a corpus"),
        (["--corpus", "x.jsonl", "--break-lock"], "--break-lock is for a store (--store PLACE)"),
        (["--corpus", "x.jsonl", "--address", "h:1"], "--address is for a cluster (--engine ray)"),
        (["--corpus", "x.jsonl", "--strict"], "--strict is for a list alone"),
        (["--corpus", "x.jsonl", "--offline", "--abstracts", "a"], "--abstracts, --offline are"),
        (["x.md", "--corpus", "x.jsonl"], "give a list or --corpus, not both"),
    ],
)
def test_build_ignores_nothing(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["build", *arguments], env={"COLUMNS": "300"})
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize("nonsense", ["asdf qwer zxcv", "chocolate cake recipe"])
def test_what_no_paper_is_about_belongs_under_no_heading(nonsense: str) -> None:
    """As a question it has no answer; to be filed it goes nowhere, for the same reason."""
    asked = CliRunner().invoke(app, ["query", nonsense, "--literal", "--json"])
    assert json.loads(asked.stdout)["verdict"] == "nothing"
    done = CliRunner().invoke(app, ["suggest", nonsense])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "none: off topic: no listed paper is about it\n"
    assert CliRunner().invoke(app, ["suggest", nonsense, "--json"]).stdout == "[]\n"
    card = CliRunner().invoke(app, ["submit", "--title", nonsense, "--offline", "--json"])
    record = json.loads(card.stdout)
    assert (record["verdict"], record["row"]) == ("off topic", "")


def test_what_may_be_off_topic_is_said_beside_its_headings() -> None:
    done = CliRunner().invoke(app, ["suggest", "graph neural networks", "-k", "1"])
    assert "100%  Graph Neural Network" in done.stdout
    assert done.stderr.startswith("may be off topic: 5.8% of the papers on such a list")
