"""Where a list lies: files, addresses, folders; what it says as a whole, and what it is called."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from fakes import WordEncoder

from ssm_search.awesome import MAX_LIST_CHARS
from ssm_search.build import sources as sources_module
from ssm_search.build.lists import build_index
from ssm_search.build.naming import MAX_NAME, is_name, list_name
from ssm_search.build.reading import WholeList, read_whole
from ssm_search.build.sources import read_files, read_source
from ssm_search.errors import ListError, NoListError
from ssm_search.search.local import PaperSearch

ABS = "https://arxiv.org/abs/"
FILES = {
    "README.md": f"# Awesome Kites\n\n- [Vision](papers/vision.md)\n\nWe like arXiv:2401.00001.\n\n"
    f"## Surveys\n\n- [A survey of kites]({ABS}2401.00009)\n",
    "papers/vision.md": f"# Vision\n\n## Films\n\n- [Filming with kites]({ABS}2401.00001) 2023\n"
    "- Nothing here\n",
    "papers/language.md": "# Language\n\n- [A post on kites](https://example.org/post)\n"
    f"- [Filming with kites]({ABS}2401.00001)\n\n## Films\n\n- [Subtitles]({ABS}2403.00002)\n",
    "papers/2021.md": f"# ICML 2021\n\n- [Kites of that summer]({ABS}2101.00004)\n",
    "docs/usage.md": "# Usage\n\nRun it.\n",
    "LICENSE.md": "# License\n\n- [MIT](https://example.org/mit)\n",
    "SECURITY.md": "# Security\n\n- [Tell us](https://example.org/tell)\n",
    "Contributing.md": f"# How\n\n- [An example]({ABS}2001.00001)\n",
    "README.zh-CN.md": f"# 风筝\n\n- [一篇综述]({ABS}2401.00009)\n",
    ".github/list.md": f"- [Hidden]({ABS}2001.00002)\n",
    "papers/notes.txt": f"- [No Markdown]({ABS}2001.00003)\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "kites"
    for name, text in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.md").write_text(f"- [Secret]({ABS}2001.00009)\n")
    (place / "link.md").symlink_to(tmp_path / "secret.md")
    return place


def names(whole: WholeList, folder: Path) -> list[str]:
    return [Path(file.name).relative_to(folder).as_posix() for file in whole.files]


def test_of_a_folder_the_files_of_the_list_are_read(folder: Path) -> None:
    whole = read_whole([folder])
    assert names(whole, folder) == [
        "README.md",
        "papers/2021.md",
        "papers/language.md",
        "papers/vision.md",
    ]
    assert (whole.title, whole.file_name) == ("Awesome Kites", "kites")


def test_a_part_stands_under_its_own_heading(folder: Path) -> None:
    papers = {paper.id: paper for paper in read_whole([folder]).reading.papers}
    assert {one: paper.categories for one, paper in papers.items()} == {
        "2401.00009": (("Surveys",),),
        "2101.00004": (("ICML 2021",),),
        "a-post-on-kites": (("Language",),),
        "2401.00001": (("Language",), ("Vision", "Films")),
        "2403.00002": (("Language", "Films"),),
    }
    assert (papers["2101.00004"].year, papers["2101.00004"].venue) == (2021, "ICML 2021")
    assert papers["2401.00001"].year == 2023  # as one of two files has it


def test_problems_are_those_of_each_file(folder: Path) -> None:
    """That the README names an id is none: another file lists it."""
    whole = read_whole([folder])
    found = [[(one.line, one.message) for one in part.problems] for part in whole.parts]
    assert found == [[], [], [], [(6, "list item without a link: Nothing here")]]
    assert len(read_whole([folder / "README.md"]).reading.problems) == 1


@pytest.mark.parametrize(
    ("texts", "paths", "title"),
    [
        # the same heading tells nothing apart
        (["# Kites\n## A\n", "# Kites\n## B\n"], [("A",), ("B",)], "Kites"),
        (["## A\n", "## B\n"], [("A",), ("B",)], "Split"),
        (["# Readme\n## A\n", "# Contents\n"], [("A",), ()], "Split"),
        (["# Day\n## A\n", "# Night\n"], [("Day", "A"), ("Night",)], "Split"),
        # headings side by side stand under that of the file all the same
        (["# Day\n\n# A\n", "# Night\n"], [("Day", "A"), ("Night",)], "Split"),
        (["# Day\n## Day\n", "# Night\n"], [("Day", "Day"), ("Night",)], "Split"),
    ],
)
def test_headings_of_several_files(
    texts: list[str], paths: list[tuple[str, ...]], title: str, tmp_path: Path
) -> None:
    place = tmp_path / "split"
    place.mkdir()
    files = [place / f"{at}.md" for at in range(len(texts))]
    for at, (file, text) in enumerate(zip(files, texts, strict=True)):
        file.write_text(f"{text}- [Kites {at}]({ABS}2401.0000{at})\n")
    whole = read_whole(files)
    assert [paper.categories for paper in whole.reading.papers] == [
        (path,) if path else () for path in paths
    ]
    assert (whole.title, whole.file_name) == (title, "0.md, 1.md")


def test_the_index_of_several_files(folder: Path, tmp_path: Path) -> None:
    given = [folder / "README.md", folder / "papers" / "vision.md"]
    report = build_index(given, tmp_path / "index", encoder=WordEncoder(), offline=True)
    manifest = PaperSearch.load(tmp_path / "index", WordEncoder()).manifest
    assert (manifest.list_name, manifest.title) == ("README.md, vision.md", "Awesome Kites")
    assert manifest.headings == (("Surveys",), ("Vision", "Films"))
    whole = "\0".join([FILES["README.md"], FILES["papers/vision.md"]])
    assert manifest.list_sha256 == hashlib.sha256(whole.encode()).hexdigest()
    assert not report.search.is_of(FILES["README.md"])
    again = build_index(given, tmp_path / "index", encoder=WordEncoder(), offline=True)
    assert again.reused == 2


def test_the_index_of_one_file_is_of_it(folder: Path, tmp_path: Path) -> None:
    report = build_index(
        folder / "README.md", tmp_path / "index", encoder=WordEncoder(), offline=True
    )
    assert report.search.is_of("\ufeff" + FILES["README.md"])
    status = report.search.status()
    assert (status["title"], status["list"]) == ("Awesome Kites", "README.md")


def test_what_is_no_list_is_refused_by_name_and_passed_over_in_a_folder(folder: Path) -> None:
    text = "Kites\n=====\n\n.. _a: https://a.org\n.. _b: https://b.org\n.. image:: c.png\n"
    (folder / "kites.md").write_text(text.replace("\n", "\r\n"))
    with pytest.raises(NoListError) as refused:
        read_whole([folder / "kites.md"])
    assert str(refused.value) == (
        f"{folder / 'kites.md'}: this is reStructuredText, and no list in Markdown; convert it, "
        "for example with pandoc"
    )
    assert len(read_whole([folder]).files) == 4


def test_folders_without_a_list(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"^no Markdown file in .*; expected the files of a list$"):
        read_files([tmp_path])
    (tmp_path / "README.md").write_text("# Kites\n\nNo paper yet.\n")
    with pytest.raises(ListError, match=r"^no entry found in .*; expected a list of papers in"):
        read_whole([tmp_path])


def test_files_are_bounded_in_number_and_together_in_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(3):
        (tmp_path / f"{at}.md").write_text("-" * 10)
    monkeypatch.setattr(sources_module, "MAX_FILES", 2)
    with pytest.raises(ListError, match="holds more than 2 Markdown files; name those of the list"):
        read_files([tmp_path])
    monkeypatch.setattr(sources_module, "MAX_LIST_CHARS", 25)
    with pytest.raises(ListError, match="the files of the list have more than 25 characters"):
        read_files([tmp_path / f"{at}.md" for at in range(3)])
    assert MAX_LIST_CHARS == 10_000_000


@pytest.mark.parametrize(
    ("heading", "sources", "name"),
    [
        ("Awesome-Mamba", ["README.md"], "Awesome-Mamba"),
        (":kite: Awesome Kites 🪁", ["x.md"], "Awesome Kites"),
        (
            "Readme",
            ["https://github.com/a/awesome-kite_list/blob/main/README.md"],
            "Awesome Kite List",
        ),
        (
            "Table of Contents",
            ["https://raw.githubusercontent.com/a/LLM-papers/main/docs/README.md"],
            "LLM Papers",
        ),
        ("", ["https://example.org/lists/my-kites/README.md"], "My Kites"),
        ("", ["https://example.org/my-kites.md"], "My Kites"),
        ("目录", ["some/awesome-kites.md"], "Awesome Kites"),
        ("", ["/"], ""),
        ("kite " * 40, ["x.md"], ("kite " * 20).strip() + "…"),
    ],
)
def test_a_list_is_called_by_its_heading_or_by_where_it_lies(
    heading: str, sources: list[str], name: str
) -> None:
    assert list_name(heading, sources) == name
    assert len(name) <= MAX_NAME


def test_a_readme_without_a_name_is_called_as_its_repository_or_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "awesome-kites" / "the-docs"
    inside.mkdir(parents=True)
    assert list_name("", [str(inside / "README.md")]) == "The Docs"
    assert list_name("", [str(inside)]) == "The Docs"
    subprocess.run(["git", "init", "--quiet", str(inside.parent)], check=True)
    assert list_name("", [str(inside / "README.md")]) == "Awesome Kites"
    assert list_name("", [str(inside)]) == "Awesome Kites"
    (tmp_path / "nets").mkdir()
    assert list_name("", [str(inside / ".." / ".." / "nets")]) == "Nets"
    assert list_name("", [str(inside / "kites.md"), str(inside / "b.md")]) == "Awesome Kites"
    assert list_name("", [str(inside / "kite-films.md")]) == "Kite Films"


def test_what_is_no_name() -> None:
    no_names = ["", "README", "Read me", "readme.md", "Contents", "TOC", "---", "Introduction"]
    assert [one for one in no_names if is_name(one)] == []
    assert is_name("Reading list")
    assert is_name("Contents of kites")


def test_a_pipe_or_a_device_is_no_list(tmp_path: Path) -> None:
    pipe, zero, again = tmp_path / "pipe.md", tmp_path / "zero.md", tmp_path / "again.md"
    os.mkfifo(pipe)  # nobody writes to it: who opened it would wait forever
    zero.symlink_to("/dev/zero")
    for path, kind in ((pipe, "pipe"), (zero, "device")):
        with pytest.raises(ListError) as refused:
            read_source(path)
        assert str(refused.value) == (
            f"cannot read {path} (it is a {kind}); expected a Markdown file or an http(s) URL"
        )
    with pytest.raises(ListError, match=r"no Markdown file in"):
        read_files([tmp_path])
    (tmp_path / "real").write_text("- a")
    again.symlink_to(tmp_path / "real")  # a link that a reader named is followed
    assert read_source(again) == "- a"
