"""``ssm-search submit`` and ``triage`` as those who keep a list call them."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from conftest import ROOT
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.abstracts.cache import API_URL_VARIABLE
from ssm_search.awesome.reading import read_list
from ssm_search.cli import submitting
from ssm_search.cli.questions import app
from ssm_search.errors import ListError, NoPaperError, SsmSearchError, SubmissionError
from ssm_search.search.local import PaperSearch

ABS = "https://arxiv.org/abs/"


def rows(word: str, first: int) -> str:
    numbers = range(first, first + 6)
    return "".join(f"- [{word.title()} kite {n}]({ABS}2401.{n:05})\n" for n in numbers)


LIST = f"# Awesome Kites\n\n## Video\n\n{rows('video', 1)}\n## Graph\n\n{rows('graph', 11)}"
NEW = ["submit", "2402.00001", "--title", "Video of strings"]
ROW = f"- [Video of strings]({ABS}2402.00001)"
MARK = "<!-- ssm-search triage -->"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_URL_VARIABLE, "http://127.0.0.1:9/api/query")


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperSearch:
    """An index of ``LIST``, which the commands are given; its encoder cannot be named."""
    search = PaperSearch.from_papers(read_list(LIST).papers, WordEncoder())
    digest = hashlib.sha256(LIST.encode()).hexdigest()
    search.save(tmp_path / "index", list_name="README.md", list_sha256=digest)
    monkeypatch.setattr(submitting, "open_listed", lambda index: search)
    return search


@pytest.fixture
def readme(tmp_path: Path, search: PaperSearch) -> Path:
    path = tmp_path / "README.md"
    path.write_text(LIST, encoding="utf-8")
    return path


def run(*arguments: str, readme: Path | None = None, stdin: str | bytes = "") -> Result:
    place = ["--list", str(readme)] if readme else []
    return CliRunner().invoke(app, [*arguments, *place], input=stdin)


def process(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ssm_search", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


# ── submit ───────────────────────────────────────────────────────────────────────────────────


def test_a_card_though_arxiv_cannot_be_reached(readme: Path) -> None:
    done = run(*NEW, "--abstract", "We film a video.", readme=readme)
    assert done.exit_code == 0, done.output
    words = " ".join(done.stdout.split())
    assert "arXiv could not be asked (got no connection" in words
    assert "judged by the title and abstract given" in words
    assert "belongs on this list" in words
    assert "100% Video" in words
    assert "README.md, line 11, under Video" in words
    assert done.stdout.splitlines()[-1] == ROW
    assert readme.read_text() == LIST


def test_json(readme: Path) -> None:
    card = json.loads(run(*NEW, "--offline", "--json", readme=readme).stdout)
    assert (card["verdict"], card["category"], card["row"]) == ("fits", ["Video"], ROW)
    assert (card["line"], card["duplicates"]) == (11, [])
    assert "strings" in card["patch"]


def test_title_and_abstract_from_standard_input(readme: Path) -> None:
    done = run("submit", "-", "--json", readme=readme, stdin="Graph of strings\n\nA graph.\n")
    card = json.loads(done.stdout)
    assert (card["paper"]["id"], card["headings"][0]["category"]) == ("graph-of-strings", ["Graph"])
    assert card["no_row"] == "no link is known that it could have"
    done = run(*NEW, "--abstract", "-", "--json", readme=readme, stdin="A graph. A graph. A graph.")
    assert json.loads(done.stdout)["category"] == ["Graph"]


@pytest.mark.parametrize("wanted", ["Graph", "graph"])
def test_a_heading_of_choice(readme: Path, wanted: str) -> None:
    card = json.loads(run(*NEW, "--category", wanted, "--json", readme=readme).stdout)
    assert card["category"] == ["Graph"]


def test_an_unknown_heading(readme: Path) -> None:
    done = run(*NEW, "--category", "Grahp", "--apply", readme=readme)
    assert isinstance(done.exception, ListError)
    assert str(done.exception) == "no heading 'Grahp' in the list; did you mean 'Graph'?"
    assert readme.read_text() == LIST


@pytest.mark.parametrize(
    ("bom", "eol"),
    [(b"", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n"), (b"\xef\xbb\xbf", b"\n")],
)
def test_apply_adds_one_line_and_nothing_else(readme: Path, bom: bytes, eol: bytes) -> None:
    before = bom + LIST.encode().replace(b"\n", eol)
    readme.write_bytes(before)
    readme.chmod(0o640)
    done = run(*NEW, "--apply", readme=readme)
    assert done.exit_code == 0, done.output
    assert f"{readme}: added line 11" in done.stderr
    after = before.replace(b"00006)" + eol, b"00006)" + eol + ROW.encode() + eol)
    assert readme.read_bytes() == after
    assert stat.S_IMODE(readme.stat().st_mode) == 0o640
    assert not [path for path in readme.parent.iterdir() if path.name not in ("README.md", "index")]


def test_apply_through_a_link_changes_what_it_points_to(readme: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to(readme)
    assert run(*NEW, "--apply", readme=link).exit_code == 0
    assert link.is_symlink()
    assert ROW in readme.read_text()


def test_apply_refuses_what_is_listed(readme: Path) -> None:
    done = run("submit", "2401.00003", "--title", "Video kite 3", "--apply", readme=readme)
    assert isinstance(done.exception, SsmSearchError)
    assert str(done.exception) == "nothing was applied: already listed, line 7, under Video"
    assert "none: already listed, line 7, under Video" in done.stdout
    assert readme.read_text() == LIST


def test_what_is_listed_is_said_at_once_and_where(readme: Path) -> None:
    listed = "already listed, line 7, under Video"
    table = run("submit", "2401.00003", "--offline", readme=readme).stdout
    assert table.index(listed) < table.index("scope") < table.index(f"none: {listed}")
    card = json.loads(run("submit", "2401.00003", "--offline", "--json", readme=readme).stdout)
    assert (card["notes"][0], card["no_row"], card["row"]) == (listed, listed, "")
    comment = run("triage", "-", "--offline", readme=readme, stdin=f"{ABS}2401.00003").stdout
    assert comment.startswith(f"{MARK}\n**1 already listed (line 7)**\n")
    assert f"\n- [Video kite 3]({ABS}2401.00003): line 7, under Video\n" in comment


def test_applied_twice_is_refused_though_the_index_is_old(readme: Path) -> None:
    assert run(*NEW, "--apply", readme=readme).exit_code == 0
    once = readme.read_bytes()
    done = run(*NEW, "--apply", readme=readme)
    assert "2402.00001 is listed already, on line 11" in str(done.exception)
    assert "the list changed since its index was built" in " ".join(done.stdout.split())
    assert readme.read_bytes() == once


@pytest.mark.parametrize("text", [LIST, LIST.rstrip("\n"), LIST.replace("\n", "\r\n")])
@pytest.mark.parametrize("heading", ["Video", "Graph"])
def test_git_takes_the_patch(readme: Path, text: str, heading: str) -> None:
    readme.write_bytes(text.encode())
    done = run(*NEW, "--category", heading, "--patch", readme=readme)
    assert done.exit_code == 0, done.output
    patch = done.stdout_bytes
    folder = readme.parent
    for options in (["--check"], ["--numstat"], []):
        git = subprocess.run(
            ["git", "apply", *options], cwd=folder, input=patch, capture_output=True, check=False
        )
        assert git.returncode == 0, git.stderr
        if options == ["--numstat"] and text.endswith("\n"):
            assert git.stdout == b"1\t0\tREADME.md\n"
    assert ROW.encode() in readme.read_bytes()


def test_without_a_list_there_is_a_card_without_a_row(
    search: PaperSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*NEW, "--index", "index")
    assert done.exit_code == 0, done.output
    assert "none: the list itself is not at hand" in done.stdout
    done = run(*NEW, "--index", "index", "--apply")
    assert str(done.exception) == (
        "nothing was applied: the list itself is not at hand; name it with --list"
    )


def test_the_list_that_the_index_names_is_taken(
    readme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(readme.parent)
    assert run(*NEW, "--index", "index").stdout.splitlines()[-1] == ROW


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["submit", "2401.09999"], "2401.09999: arXiv could not be asked (got no connection"),
        (["submit", "2401.09999", "--offline"], "give its title and abstract"),
        (
            ["submit", "https://example.org/x"],
            "https://example.org/x is not on arXiv, where its title could be looked up",
        ),
        (["submit"], "nothing was submitted; expected an arXiv id, a link or a title"),
        (["submit", "-"], "no text given"),
        (["triage", "-"], "no paper found in the submission"),
    ],
)
def test_nothing_known_is_an_error(readme: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments, readme=readme)
    assert isinstance(done.exception, SubmissionError)
    assert message in str(done.exception)
    assert done.stdout == ""


def test_failure_is_one_clean_line() -> None:
    done = process("submit", "2401.09999")
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("ssm-search: 2401.09999: arXiv could not be")
    assert "Traceback" not in done.stderr
    done = process("submit", "2401.09999", "--list", "nowhere.md", "--title", "Kites")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ssm-search: cannot read nowhere.md")
    assert done.stderr.count("\n") == 1


# ── triage ───────────────────────────────────────────────────────────────────────────────────

DIFF = f"""diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -9,2 +9,3 @@ ## Video
 - [Video kite 5]({ABS}2401.00005)
-- [Video kite 6]({ABS}2401.00006)
+- [Video kite 6]({ABS}2401.00006) [[Code](https://github.com/ada/six)]
+{ROW}
"""


def test_a_diff_piped_in(readme: Path) -> None:
    done = run("triage", "-", readme=readme, stdin=DIFF)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(
        f"{MARK}\n**1 new (Video, 100 %)**\n\narXiv did not answer (no co"
    )
    assert done.stdout.count("<details>") == 1
    assert "**Row** under Video, line 11 of README.md:\n\n```markdown\n" in done.stdout


def test_a_diff_that_mends_adds_nothing_and_prints_nothing(readme: Path) -> None:
    mended = DIFF.replace(f"+{ROW}\n", "")
    done = run("triage", "-", readme=readme, stdin=mended)
    assert isinstance(done.exception, NoPaperError)  # status 3
    assert done.stdout == ""


def test_a_diff_is_read_though_the_list_has_its_rows_already(readme: Path) -> None:
    code = " [[Code](https://github.com/ada/six)]"
    readme.write_text(LIST.replace("00006)\n", f"00006){code}\n{ROW}\n"))
    done = run("triage", "-", "--offline", readme=readme, stdin=DIFF)
    assert done.stdout.startswith(f"{MARK}\n**1 new (Video, 100 %)**\n")


@pytest.mark.parametrize(
    ("options", "environment", "link"),
    [
        ([], {}, ""),
        (["--list-url", "https://a.org/list"], {}, "https://a.org/list#L7"),
        ([], {"GITHUB_SHA": "abc"}, "https://github.com/ada/kites/blob/abc/README.md?plain=1#L7"),
        ([], {"GITHUB_SHA": "abc", "GITHUB_WORKSPACE": "/nowhere"}, ""),
        (["--list-url", "https://a.org/list"], {"GITHUB_SHA": "abc"}, "https://a.org/list#L7"),
    ],
)
def test_lines_are_links_where_the_address_of_the_list_is_known(
    readme: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    environment: dict[str, str],
    link: str,
) -> None:
    known = {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "ada/kites",
        "GITHUB_WORKSPACE": str(readme.parent),
        "GITHUB_SHA": "",
    }
    for name, value in {**known, **environment}.items():
        monkeypatch.setenv(name, value)
    done = run("triage", "-", "--offline", *options, readme=readme, stdin=f"{ABS}2401.00003")
    line = f"[line 7]({link})" if link else "line 7"
    assert f"- [Video kite 3]({ABS}2401.00003): {line}, under Video\n" in done.stdout


def test_what_cannot_be_read_is_told_in_the_comment(readme: Path) -> None:
    links = "\n".join(f"{ABS}2402.{number:05}" for number in range(400))
    done = run("triage", "-", "--offline", readme=readme, stdin=links)
    assert isinstance(done.exception, SubmissionError)  # status 5
    assert not isinstance(done.exception, NoPaperError)
    said = "the submission names 400 papers, more than 100; split it up"
    assert done.stdout == f"{MARK}\n**Not read:** {said}\n"


def test_a_file_as_json(readme: Path, tmp_path: Path) -> None:
    issue = {"issue": {"title": "Kites", "body": f"{ROW}\n\nand 2402.00002"}}
    source = tmp_path / "event.json"
    source.write_bytes(b"\xef\xbb\xbf" + json.dumps(issue).encode())
    record = json.loads(run("triage", str(source), "--json", "--offline", readme=readme).stdout)
    assert [card["paper"]["id"] for card in record["cards"]] == ["2402.00001"]
    assert [one["id"] for one in record["unread"]] == ["2402.00002"]
    assert record["summary"] == "1 new (Video, 100 %), 1 that cannot be read"
    assert record["cards"][0]["status"] == "new"


def test_known_abstracts_are_used(readme: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.jsonl"
    record = {"id": "2402.00002", "title": "Graph of strings", "abstract": "A graph."}
    known.write_text(json.dumps(record) + "\n")
    done = run("triage", "-", "--abstracts", str(known), readme=readme, stdin="2402.00002")
    assert done.stdout.startswith(f"{MARK}\n**1 new (Graph, 100 %)**\n\n<details>")
    assert f"\n**[Graph of strings]({ABS}2402.00002)**\n" in done.stdout
    done = run("triage", "-", "--abstracts", "nowhere.jsonl", readme=readme, stdin="2402.00002")
    assert "no file nowhere.jsonl" in str(done.exception)


def test_entries_that_are_broken_are_read_or_named(readme: Path) -> None:
    text = """@misc{a, title={Video of strings, eprint={2402.00001}}
@misc{b, year={2024}}
@misc{c, title={Graph of strings}, url={https://example.org/c%20d}}
"""
    done = run("triage", "-", "--offline", "--json", readme=readme, stdin=text)
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    titles = [card["paper"]["title"] for card in record["cards"]]
    assert titles == ["Video of strings", "Graph of strings"]
    broken = "@misc{a} on line 1 is read as far as it goes: it is not closed, line 1"
    assert broken in record["cards"][0]["notes"]
    unread = {"id": "@misc{b} on line 2", "reason": "@misc{b} on line 2 has no title"}
    assert record["unread"] == [unread]
    shown = run("triage", "-", "--offline", readme=readme, stdin=text).stdout
    assert "on line 2 has no title" in shown


def test_a_file_without_an_entry_that_can_be_read_is_an_error(readme: Path) -> None:
    done = run("triage", "-", "--offline", readme=readme, stdin="@misc{b, year={2024}}")
    assert done.exit_code == 1
    assert str(done.exception).endswith("the BibTeX: @misc{b} on line 1 has no title")


# ── with the real encoder ────────────────────────────────────────────────────────────────────


@pytest.mark.encoder
def test_a_card_of_the_shipped_list() -> None:
    before = (ROOT / "index" / "awesome-mamba.md").read_bytes()
    title = "KiteMamba: selective state space models for long video understanding"
    abstract = "Video models must handle long sequences. We scan the frames of a video with Mamba."
    done = run("submit", "--title", title, "--abstract", abstract, "--json")
    card = json.loads(done.stdout)
    assert (card["verdict"], card["duplicates"]) == ("fits", [])
    assert card["headings"][0]["category"][-1] == "Computer Vision"
    assert len(card["related"]) == 5
    assert (ROOT / "index" / "awesome-mamba.md").read_bytes() == before


@pytest.mark.encoder
def test_an_index_of_ones_own(tmp_path: Path) -> None:
    readme, index = tmp_path / "README.md", tmp_path / "own"
    readme.write_text(LIST)
    built = run("build", str(readme), "--index", str(index), "--offline")
    assert built.exit_code == 0, built.output
    arguments = (*NEW, "--index", str(index), "--category", "Video", "--offline")
    done = run(*arguments, "--apply", readme=readme)
    assert done.exit_code == 0, done.output
    assert "may be off topic" in " ".join(done.stdout.split())  # five kites are a narrow list
    assert readme.read_text() == LIST.replace("00006)\n", f"00006)\n{ROW}\n")
