"""Diffs → the papers that they add, with the list at hand and without. All of it is invented."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from soon import soon

from ssm_search.curation import changes
from ssm_search.curation.changes import added_papers, list_before, read_diff
from ssm_search.curation.submissions import read_submissions
from ssm_search.diffs import unified_diff
from ssm_search.errors import NoPaperError
from ssm_search.search import title_likeness

ABS = "https://arxiv.org/abs/"
FILLING = "".join(f"| Kite of the {n}th wind | C{n} | {ABS}2401.0{n:04} |\n" for n in range(10, 20))
LIST = f"""# Awesome Kites

Have fun.

## Moving

### Video

| Paper about kites | Code | Link |
|---|---|---|
{FILLING}
## Structured

### Graph

- [Kites on a graph]({ABS}2401.00001)
- [Kites and their frams](https://example.org/frames)
- [Kites in the sky](https://example.org/sky)

### Text
"""
ROW = f"| Strings on film, all of them | C | {ABS}2402.00001 |"


def changed(*changes: tuple[str, str], text: str = LIST) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def diff(*changes: tuple[str, str], name: str = "README.md") -> str:
    return unified_diff(LIST, changed(*changes), name)


def read(text: str, list_text: str = LIST) -> list[tuple[str, str, tuple[tuple[str, ...], ...]]]:
    found = added_papers(text, list_text, "README.md")
    return [(paper.id, paper.title, paper.categories) for paper in found]


LAST = FILLING.splitlines()[-1] + "\n"
ADDED = diff((LAST, f"{LAST}{ROW}\n"))
FOUND = ("2402.00001", "Strings on film, all of them", (("Moving", "Video"),))


def test_the_pieces_of_a_diff() -> None:
    text = (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\t2024-01-01\n@@ -3 +3,2 @@ ## A\n b\n+c\n\n"
        '@@ -9,2 +10,1 @@\n-d\n \n\\ No newline at end of file\n--- a/y\n+++ "b/y z"\n'
        "@@ -0,0 +1 @@\n+e\n-- \n2.40.1\n"
    )
    assert [(one.file, one.old, one.new, one.lines) for one in read_diff(text)] == [
        ("x", 3, 3, (" b", "+c")),
        ("x", 9, 10, ("-d", " ")),
        ("y z", 0, 1, ("+e",)),
    ]


def test_a_row_is_read_by_the_header_and_the_headings_far_above() -> None:
    assert "###" not in ADDED
    assert "Paper about kites" not in ADDED
    assert read(ADDED) == [FOUND]
    assert read(ADDED, "")[0][2] == ()


def test_a_row_is_found_though_the_list_went_on_since() -> None:
    assert read(ADDED, changed(("Have fun.\n", "Have\nfun\ntoday.\n"))) == [FOUND]


@pytest.mark.parametrize(
    "list_text",
    [
        changed((LAST, "")),
        changed((LAST, f"{LAST}\n")),
        "# Awesome Gliders\n\n- [A glider](https://example.org/glider)\n",
        "",
    ],
)
def test_a_diff_of_another_list_is_read_by_itself(list_text: str) -> None:
    ((paper_id, _, headings),) = read(ADDED, list_text)
    assert (paper_id, headings) == ("2402.00001", ())


@pytest.mark.parametrize("name", ["README.md", "more/README.md", "MORE.md"])
def test_a_file_that_is_new_is_read_by_itself(name: str) -> None:
    head = f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,3 @@\n+## New\n+\n"
    text = f"{head}+- [Gliders at sea](https://example.org/sea)\n"
    assert read(text) == [("gliders-at-sea", "Gliders at sea", (("New",),))]


def test_one_paper_under_two_headings_is_one() -> None:
    text = diff(
        (LAST, f"{LAST}{ROW}\n"),
        ("### Text\n", f"### Text\n\n- [Strings on film]({ABS}2402.00001)\n"),
    )
    (paper,) = read_submissions(text, LIST, "README.md")
    assert paper.categories == (("Moving", "Video"), ("Structured", "Text"))


def test_a_heading_that_comes_with_the_row() -> None:
    text = diff(("### Text\n", "### Text\n\n### Audio\n\n- [Kites that hum](https://a.org/hum)\n"))
    assert read(text) == [("kites-that-hum", "Kites that hum", (("Structured", "Audio"),))]
    assert read(text, "")[0][2] == (("Audio",),)


FRAMES = "- [Kites and their frams](https://example.org/frames)\n"
SKY = "- [Kites in the sky](https://example.org/sky)\n"


@pytest.mark.parametrize(
    "changes",
    [
        [("frams", "frames")],
        [("frams](https://example.org/frames)", "frames](https://example.com/new-frames)")],
        [(f"graph]({ABS}2401.00001)", f"graphs]({ABS}2401.00021)")],
        [(FRAMES, ""), ("### Text\n", f"### Text\n\n{FRAMES}")],
        [(FRAMES, ""), ("### Text\n", "### Text\n\n- Kites and their frams (unread), 2024\n")],
        [("| C11 |", "| [C](https://github.com/ada/eleven) |")],
        [(SKY, "")],
        [("### Text\n", "### Texts\n")],
        [(FRAMES, SKY.replace("sky", "Sky")), (SKY, FRAMES.replace("frams", "frames"))],
        [(FILLING, FILLING.replace(" | C", " | Code ").replace("Kite ", "Kite  "))],
    ],
)
def test_what_is_mended_moved_or_removed_is_not_added(changes: list[tuple[str, str]]) -> None:
    for list_text in (LIST, ""):
        assert read(diff(*changes), list_text) == []
        with pytest.raises(NoPaperError, match="no paper found in the submission: its diff adds"):
            read_submissions(diff(*changes), list_text, "README.md")


def test_a_mention_of_a_listed_paper_adds_nothing() -> None:
    text = diff(("Have fun.\n", "Have fun. As 2401.00001 did.\n"))
    assert read(text) == []
    assert read(text, "") == [("2401.00001", "", ())]


def test_another_part_is_no_edit_of_the_first() -> None:
    old, new = "- [Kites of the north, part 1](https://a.org/1)", "part 2](https://a.org/2)"
    text = f"@@ -1 +1 @@\n-{old}\n+- [Kites of the north, {new}\n"
    assert [title for _, title, _ in read(text)] == ["Kites of the north, part 2"]


def test_a_row_in_place_of_another_is_added() -> None:
    text = diff((SKY, "- [Gliders at sea](https://example.org/sea)\n"))
    assert [title for _, title, _ in read(text)] == ["Gliders at sea"]


def test_a_paper_that_is_listed_elsewhere_and_added_again_is_read() -> None:
    text = diff(("### Text\n", f"### Text\n\n- [Kites on a graph]({ABS}2401.00001)\n"))
    assert read(text) == [("2401.00001", "Kites on a graph", (("Structured", "Text"),))]


# ── a list that has the change already ───────────────────────────────────────────────────────


@pytest.mark.parametrize("twice", ["last", "other"])
def test_a_row_that_is_there_already_is_added_at_an_end_without_line_end(twice: str) -> None:
    """The last row goes and comes back with the line end that it gets: once, and not twice."""
    rows = [f"- [Kites of the last wind]({ABS}2401.00007)", f"- [Kites on air]({ABS}2401.00008)"]
    before = "# Awesome Kites\n\n## Wind\n\n" + "\n".join(reversed(rows))
    row, paper_id = (rows[0], "2401.00007") if twice == "last" else (rows[1], "2401.00008")
    patch = unified_diff(before, f"{before}\n{row}\n", "README.md")
    assert f"-{rows[0]}\n" in patch
    for list_text in (before, ""):
        assert [one for one, _, _ in read(patch, list_text)] == [paper_id]
    assert read(unified_diff(before, f"{before}\n", "README.md"), before) == []


def test_the_list_as_it_was_before() -> None:
    after = changed((LAST, f"{LAST}{ROW}\n"))
    assert list_before(ADDED, after, "README.md") == LIST
    assert list_before(ADDED, LIST, "README.md") == LIST
    assert list_before(ADDED, "# Another\n", "README.md") == "# Another\n"
    assert list_before("no diff", after, "README.md") == after


@pytest.mark.parametrize("change", [("### Text\n", "### Text\n\n- More\n"), ("\n### Text\n", "")])
def test_the_list_as_it_was_before_a_change_at_its_end(change: tuple[str, str]) -> None:
    for text in (LIST, changed(change)):
        assert list_before(diff(change), text, "README.md") == LIST


@pytest.mark.parametrize("options", [[], ["-U0"], ["-U25"], ["--no-prefix"]])
def test_what_git_writes_is_read(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    after = changed((LAST, f"{LAST}{ROW}\n"), ("frams", "frames"))
    (tmp_path / "old" / "README.md").write_text(LIST)
    (tmp_path / "new" / "README.md").write_text(after)
    command = ["git", "diff", "--no-index", *options, "old/README.md", "new/README.md"]
    text = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    (paper,) = added_papers(text, LIST, "new/README.md")
    assert (paper.id, paper.title, paper.categories) == FOUND
    assert list_before(text, after, "new/README.md") == LIST


# ── BibTeX ───────────────────────────────────────────────────────────────────────────────────

OLD_BIB = f"""@article{{a,
  title = {{Kites of old}},
  year = {{2023}}
}}
{"% a line of filling, so that the hunk ends before the next entry does" * 1}

@article{{b,
  title = {{Kites of ore}},
  eprint = {{2401.00001}}
}}
"""
ENTRY = """
@inproceedings{c,
  title = {Strings on {F}ilm},
  author = {Lee, Ann and Roe, Bo},
  eprint = {2402.00001}
}
"""


def of_bib(old: str, new: str, name: str = "refs.bib") -> list[tuple[str, str]]:
    papers = added_papers(unified_diff(old, new, name))
    return [(paper.id, paper.title) for paper in papers]


def test_entries_that_a_file_of_bibtex_gets_are_read_as_bibtex() -> None:
    (paper,) = added_papers(unified_diff(OLD_BIB, OLD_BIB + ENTRY, "x/Refs.BIB"))
    assert (paper.title, paper.authors) == ("Strings on Film", ("Ann Lee", "Bo Roe"))
    assert of_bib(OLD_BIB, ENTRY + OLD_BIB) == [("2402.00001", "Strings on Film")]
    between = OLD_BIB.replace("\n\n@article{b", f"\n{ENTRY}\n@article{{b")
    assert of_bib(OLD_BIB, between) == [("2402.00001", "Strings on Film")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Kites of ore", "Kites of Yore"),
        ("{2401.00001}", "{2401.00002}"),
        ("@article{b,", "@article{lee2024,"),
        ("year = {2023}", "year = {2024}"),
        ("year = {2023}", "year = {2023},\n  eprint = {2401.00009}"),
    ],
)
def test_an_entry_that_is_mended_is_not_added(old: str, new: str) -> None:
    assert of_bib(OLD_BIB, OLD_BIB.replace(old, new)) == []


def test_moved_entries_are_not_added() -> None:
    first, second = OLD_BIB.split("\n\n")
    assert of_bib(OLD_BIB, f"{second}\n{first}\n") == []


def test_an_entry_that_cannot_be_read_is_named_with_its_line() -> None:
    (paper,) = added_papers(
        unified_diff(OLD_BIB, OLD_BIB + "\n@misc{d,\n  year = {2024}\n}\n", "refs.bib")
    )
    assert paper.id == "@misc{d} on line 12"


def test_lines_beyond_all_bounds_are_read_in_time() -> None:
    text = f"--- a/r.bib\n+++ b/r.bib\n@@ -0,0 +999999999 @@\n{ENTRY.strip()}\n"
    text = text.replace("\n", "\n+").replace("+--- ", "--- ").replace("\n++++", "\n+++")
    text = text.replace("\n+@@", "\n@@").removesuffix("+")
    assert [paper.id for paper in added_papers(text)] == ["2402.00001"]


def test_titles_are_looked_at_closely_only_where_their_letters_are_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[tuple[str, str]] = []

    def likeness(one: str, other: str) -> float:
        looked.append((one, other))
        return title_likeness(one, other)

    monkeypatch.setattr(changes, "title_likeness", likeness)
    words = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")
    gone = "".join(f"-- [The {word} kite](https://a.org/{word})\n" for word in words)
    come = "".join(f"+- [Our {word[::-1]} ship](https://b.org/{word})\n" for word in words)
    text = f"@@ -1,9 +1,9 @@\n{gone}-- [Kites and their frams](https://a.org/frams)\n{come}"
    text += "+- [Kites and their frames](https://b.org/frames)\n"
    assert len(list(added_papers(text))) == len(words)
    assert looked == [("Kites and their frames", "Kites and their frams")]


def test_of_many_files_of_the_lists_name_one_is_laid_over_it() -> None:
    text = "# L\n\n## S\n\n" + "".join(
        f"- [Paper {n} on kites](https://arxiv.org/abs/2401.{n:05})\n" for n in range(1, 400)
    )
    diff = "".join(
        f"--- a\n+++ b/{n}/README.md\n@@ -3,1 +3,2 @@\n ## S\n+- [New {n}](https://x.org/{n})\n"
        for n in range(200)
    )
    with soon():  # each of them a reading of the whole list, before
        found = list(added_papers(diff, text, "README.md"))
    assert {paper.title for paper in found} == {f"New {n}" for n in range(200)}
