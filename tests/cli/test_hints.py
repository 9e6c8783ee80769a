"""What the commands say to do next: it can be pasted into a shell, and it helps."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import Result
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.cli.questions import app
from ssm_search.errors import IndexFolderError, StoreError
from ssm_search.search import open_index
from ssm_search.search.local import PaperSearch
from ssm_search.stores.store import Store

ODD = "we ird/idx ; rm"
LIST = (
    "# Awesome Kites\n\n## Video\n\n"
    "- [Video kites](https://arxiv.org/abs/2401.00001)\n"
    "- [Video nets](https://arxiv.org/abs/2401.00002)\n"
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ssm_search.encoding.load_encoder", lambda name: WordEncoder())
    monkeypatch.setattr(PaperSearch, "_loaded_encoder", lambda self: WordEncoder())
    Path("sub").mkdir()
    Path("sub", "README.md").write_text(LIST)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})


def commands(said: str) -> list[list[str]]:
    """The commands between backticks, as a shell takes them apart."""
    return [shlex.split(one) for one in said.split("`")[1::2]]


def test_a_build_says_how_it_is_asked_by_a_shell() -> None:
    done = run("build", "sub/README.md", "--offline", "--index", ODD)
    assert done.exit_code == 0, done.output
    said = done.stderr.splitlines()[-1]
    assert said == f"written to {ODD}; `ssm-search query … --index 'we ird/idx ; rm'` asks it"
    assert commands(said)[0][-2:] == ["--index", ODD]


def test_one_is_no_plural() -> None:
    Path("sub", "README.md").write_text(LIST[: LIST.rindex("- ")] + "- No link\n")
    said = run("build", "sub/README.md", "--offline", "--index", "one").stderr.splitlines()
    assert "1 entry (1 paper, 0 links): encoded 1, reused 0" in said
    assert "not read: 1 place; `ssm-search check` says where" in said


def test_where_nothing_is_a_shell_makes_it() -> None:
    listed, stored = commands(str(run("query", "video", "--index", ODD).exception))
    assert (listed[-2:], stored[-2:]) == (["--index", ODD], ["--store", ODD])
    Path(ODD).mkdir(parents=True)
    with pytest.raises(IndexFolderError) as no_index:
        open_index(ODD)
    assert commands(str(no_index.value))[0][-2:] == ["--index", ODD]
    with pytest.raises(StoreError) as no_store:
        Store.open(f"{ODD}/store")
    assert commands(str(no_store.value))[0][-2:] == ["--store", f"{ODD}/store"]


NEW = ["https://example.org/x", "--title", "Video of strings", "--index", "idx", "--offline"]
NO_LIST = "the list itself is not at hand; name it with --list"


@pytest.fixture
def _index(_here: None) -> None:
    assert run("build", "sub/README.md", "--offline", "--index", "idx").exit_code == 0


@pytest.mark.usefixtures("_index")
def test_where_a_list_is_not_at_hand_the_option_that_names_it_is_said() -> None:
    assert f"none: {NO_LIST}" in run("submit", *NEW).stdout
    assert str(run("submit", *NEW, "--patch").exception) == f"there is no row: {NO_LIST}"
    assert str(run("submit", *NEW, "--apply").exception) == f"nothing was applied: {NO_LIST}"
    assert json.loads(run("submit", *NEW, "--json").stdout)["no_row"] == NO_LIST
    Path("issue.txt").write_text("- [Video of strings](https://example.org/x)\n")
    triage = ["triage", "issue.txt", "--index", "idx", "--offline"]
    assert json.loads(run(*triage, "--json").stdout)["cards"][0]["no_row"] == NO_LIST
    assert run("submit", *NEW, "--list", "sub/README.md", "--patch").exit_code == 0


@pytest.mark.usefixtures("_index")
def test_no_option_cures_what_is_listed_already() -> None:
    done = run("submit", "2401.00001", "--index", "idx", "--offline", "--apply")
    assert str(done.exception) == "nothing was applied: already listed, under Video"


@pytest.mark.usefixtures("_index")
@pytest.mark.parametrize("command", [["gap", "other.md"], ["discover", "--corpus", "idx"]])
def test_papers_that_come_without_rows_for_want_of_a_list_say_so(command: list[str]) -> None:
    said = "the list itself is not at hand, so papers come without rows; name it with --list"
    Path("other.md").write_text("# B\n\n## C\n\n- [Video of strings](https://example.org/x)\n")
    options = ["--offline"] if command[0] == "gap" else []
    assert said in run(*command, *options, "--index", "idx").stderr.splitlines()
    listed = ["--list", "sub/README.md"]
    assert said not in run(*command, *options, "--index", "idx", *listed).stderr
