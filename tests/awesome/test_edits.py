"""Small changes to a list that is there: one entry changes, every other byte stays."""

from __future__ import annotations

import pytest

from ssm_search.awesome.reading import Entry, read_list
from ssm_search.awesome.writing import edits
from ssm_search.awesome.writing.edits import Change, Layout
from ssm_search.papers import Category

ABS = "https://arxiv.org/abs/"
SEA, SAND = ("Sea",), ("Sand",)

TABLE = f"""\
# A List of Papers

## Sea

|Title|Year|Venue|
|---|---|---|
|[Tidal Scan]({ABS}2402.90003)|2024|arXiv|
|[MarshFormer, a Hybrid]({ABS}2402.90001)|2024|arXiv|

## Sand

|Title|Year|Venue|
|---|---|---|
|[Quick Sand]({ABS}2403.90001)|2024|arXiv|
|[DuneNet: Sand in State Space]({ABS}2401.90001)|2023|arXiv|
"""
BULLETS = f"""\
# A List of Papers

## Sea

- [Tidal Scan]({ABS}2402.90003)
  - a note on tides
- [MarshFormer, a Hybrid]({ABS}2402.90001)

## Sand

- [Quick Sand]({ABS}2403.90001)
- [DuneNet: Sand in State Space]({ABS}2401.90001)
  - a note on dunes

Written by hand.
"""
PARAGRAPHS = f"""\
# A List of Papers

## Sea

**Tidal Scan**<br>
A. Wave, B. Shore<br>
[paper]({ABS}2402.90003)

**MarshFormer, a Hybrid**<br>
[paper]({ABS}2402.90001)

## Sand

**Quick Sand**<br>
[paper]({ABS}2403.90001)

**DuneNet: Sand in State Space**<br>
[paper]({ABS}2401.90001)
"""
LISTS = {"table": TABLE, "bullets": BULLETS, "paragraphs": PARAGRAPHS}
SOURCES = {  # of Tidal Scan, in each
    "table": f"|[Tidal Scan]({ABS}2402.90003)|2024|arXiv|\n",
    "bullets": f"- [Tidal Scan]({ABS}2402.90003)\n  - a note on tides\n",
    "paragraphs": f"**Tidal Scan**<br>\nA. Wave, B. Shore<br>\n[paper]({ABS}2402.90003)\n",
}


def found(text: str, paper_id: str) -> tuple[Layout, Entry]:
    reading = read_list(text)
    entry = next(one for one in reading.entries if one.paper.id == paper_id)
    return Layout(text, reading), entry


def made(text: str, *changes: Change | None) -> str:
    """``text`` with those of ``changes`` that are sound; "" if none is."""
    sound = edits.sound(text, read_list(text), [change for change in changes if change])
    return edits.applied(text, sound) if sound else ""


def where(text: str) -> dict[str, tuple[Category, ...]]:
    return {paper.id: paper.categories for paper in read_list(text).papers}


@pytest.fixture(params=["\n", "\r\n"], ids=["LF", "CRLF"])
def eol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", LISTS)
def test_moved_to_where_the_order_wants_it(kind: str, eol: str) -> None:
    text = LISTS[kind].replace("\n", eol)
    source = SOURCES[kind].replace("\n", eol)
    gap = eol if kind == "paragraphs" else ""
    new = made(text, edits.moved(*found(text, "2402.90003"), SAND))
    before = "|[DuneNet" if kind == "table" else "- [DuneNet" if kind == "bullets" else "**DuneNet"
    assert text.count(source + gap) == 1
    expected = text.replace(source + gap, "").replace(before, source + gap + before)
    assert new == expected
    assert where(new) == {**where(text), "2402.90003": (SAND,)}
    # And back.
    assert made(new, edits.moved(*found(new, "2402.90003"), SEA)) == text


def test_moved_behind_all_that_belongs_to_the_last(eol: str) -> None:
    text = BULLETS.replace("\n", eol)
    oldest = text.replace("2402.90001", "2312.90001")
    new = made(oldest, edits.moved(*found(oldest, "2312.90001"), SAND))
    line = f"- [MarshFormer, a Hybrid]({ABS}2312.90001){eol}"
    note = f"  - a note on dunes{eol}"
    assert new == oldest.replace(line, "").replace(note, note + line)


@pytest.mark.parametrize("kind", LISTS)
def test_without_takes_the_entry_and_nothing_else(kind: str, eol: str) -> None:
    text = LISTS[kind].replace("\n", eol)
    source = SOURCES[kind].replace("\n", eol) + (eol if kind == "paragraphs" else "")
    assert made(text, edits.without(*found(text, "2402.90003"))) == text.replace(source, "")


def test_moved_to_a_heading_that_has_no_entry_yet() -> None:
    text = BULLETS.replace("## Sand", "## Empty\n\n## Sand")
    new = made(text, edits.moved(*found(text, "2402.90001"), ("Empty",)))
    assert new == text.replace(f"- [MarshFormer, a Hybrid]({ABS}2402.90001)\n", "").replace(
        "## Empty\n", f"## Empty\n\n- [MarshFormer, a Hybrid]({ABS}2402.90001)\n"
    )
    empty = TABLE.replace("## Sand", "## Empty\n\n|Title|Year|Venue|\n|---|---|---|\n\n## Sand")
    row = f"|[MarshFormer, a Hybrid]({ABS}2402.90001)|2024|arXiv|\n"
    new = made(empty, edits.moved(*found(empty, "2402.90001"), ("Empty",)))
    assert new == empty.replace(row, "").replace(
        "## Empty\n\n|Title|Year|Venue|\n|---|---|---|\n",
        f"## Empty\n\n|Title|Year|Venue|\n|---|---|---|\n{row}",
    )


UNSOUND = {
    "no such heading": (BULLETS, "2402.90003", ("Sky",)),
    "a table has no place for an item": (
        BULLETS.replace("- [Quick Sand", "|Title|\n|---|\n|[Quick Sand").replace(
            "- [DuneNet: Sand in State Space](https://arxiv.org/abs/2401.90001)\n  - a note on"
            " dunes\n",
            "",
        ),
        "2402.90003",
        SAND,
    ),
    "other columns": (
        TABLE.replace("|2023|arXiv|", "|2023|arXiv|code|").replace(
            f"|[Quick Sand]({ABS}2403.90001)|2024|arXiv|\n", ""
        ),
        "2402.90003",
        SAND,
    ),
    "out of number": (
        f"# L\n\n## Sea\n\n1. [Tidal Scan]({ABS}2402.90003)\n2. [MarshFormer]({ABS}2402.90001)\n\n"
        f"## Sand\n\n1. [Quick Sand]({ABS}2403.90001)\n2. [DuneNet]({ABS}2401.90001)\n",
        "2402.90001",
        SAND,
    ),
    "its row has a number": (
        TABLE.replace("|Title", "|#|Title").replace("|---|-", "|---|---|-").replace("|[", "|1|["),
        "2402.90003",
        SAND,
    ),
    "another marker would be another list": (
        BULLETS.replace("- [Tidal", "* [Tidal"),
        "2402.90003",
        SAND,
    ),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_what_would_not_read_as_meant_is_not_moved(name: str) -> None:
    text, paper_id, category = UNSOUND[name]
    assert made(text, edits.moved(*found(text, paper_id), category)) == ""


def test_numbered_alike_is_moved() -> None:
    text = (
        f"# L\n\n## Sea\n\n1. [Tidal Scan]({ABS}2402.90003)\n1. [MarshFormer]({ABS}2402.90001)\n\n"
        f"## Sand\n\n1. [Quick Sand]({ABS}2403.90001)\n1. [DuneNet]({ABS}2401.90001)\n"
    )
    new = made(text, edits.moved(*found(text, "2402.90001"), SAND))
    line = f"1. [MarshFormer]({ABS}2402.90001)\n"
    assert new == text.replace(line, "").replace("1. [DuneNet", f"{line}1. [DuneNet")


def test_two_entries_of_one_line_stay() -> None:
    text = f"# L\n\n## Sea\n\n[Tidal Scan]({ABS}2402.90003), [MarshFormer]({ABS}2402.90001)\n"
    for entry in read_list(text).entries:
        assert made(text, edits.without(Layout(text, read_list(text)), entry)) == ""


def test_the_head_of_a_table_stays() -> None:
    text = (
        f"# L\n\n## Sea\n\n|[Tidal Scan]({ABS}2402.90003)|2024|arXiv|\n|---|---|---|\n"
        f"|[MarshFormer]({ABS}2402.90001)|2024|arXiv|\n\n## Sand\n\n"
        f"|[Quick Sand]({ABS}2403.90001)|2024|arXiv|\n|---|---|---|\n"
    )
    assert made(text, edits.without(*found(text, "2402.90003"))) == ""
    assert made(text, edits.moved(*found(text, "2402.90003"), SAND)) == ""
    assert made(text, edits.without(*found(text, "2402.90001"))) != ""


def test_pieces_of_html_stay() -> None:
    text = (
        "# L\n\n## Sea\n\n<table><tr><td>\n"
        f'<a href="{ABS}2402.90003">Tidal Scan</a></td></tr>\n<tr><td>\n'
        f'<a href="{ABS}2402.90001">MarshFormer</a></td></tr>\n</table>\n'
    )
    assert made(text, edits.without(*found(text, "2402.90003"))) == ""
    row = f'<tr><td>\n<a href="{ABS}2402.90001">MarshFormer</a></td></tr>\n'
    assert made(text, edits.without(*found(text, "2402.90001"))) == text.replace(row, "")


TITLES = [
    "Tidal Scan, Mended",
    "Tides | Ebb",
    r"Tidal \1 Scan \\ Ebb \g",
    r"Tidal \g<1> Scan",
    "Links ](https://evil.example.org) and [more]",
    "Half [a bracket",
    "`Code` and *stars* and _lines_",
    "<b>Bold</b> & &amp; <script>",
    "${title}$ {0} %s",
    "1. Not an item",
    "Größe 视频 🎥",
]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("kind", LISTS)
def test_a_title_is_written_so_that_it_reads_as_given(kind: str, title: str, eol: str) -> None:
    text = LISTS[kind].replace("\n", eol)
    new = made(text, edits.with_title(*found(text, "2402.90003"), title))
    if new:
        before, after = text.split(eol), new.split(eol)
        assert [a for a, b in zip(before, after, strict=True) if a != b] == [
            line for line in before if "Tidal Scan" in line
        ]
        assert read_list(new).papers[0].title == title
        assert read_list(new).papers[1:] == read_list(text).papers[1:]
    else:
        assert title not in TITLES[:3]  # else a person has to


def test_the_title_of_a_page_and_of_two_lines() -> None:
    text = "# L\n\n## Sea\n\n- [Notes on\n  Tides](https://example.org/notes)\n"
    reading = read_list(text)
    new = made(text, edits.with_title(Layout(text, reading), reading.entries[0], "Notes of Tides"))
    assert new == "# L\n\n## Sea\n\n- [Notes of Tides](https://example.org/notes)\n"


def test_the_year_is_that_of_the_column() -> None:
    text = TABLE.replace("Tidal Scan", "Tidal Scan 2024")
    new = made(text, edits.with_year(*found(text, "2402.90003"), 2023))
    assert new == text.replace("2402.90003)|2024|", "2402.90003)|2023|")
    spaced = text.replace("|2024|", "| 2024 |")
    new = made(spaced, edits.with_year(*found(spaced, "2402.90003"), 2023))
    assert new == spaced.replace("2402.90003)| 2024 |", "2402.90003)| 2023 |")


def test_a_year_without_a_column_is_left_to_people() -> None:
    text = f"# L\n\n## Sea\n\n- [Tidal Scan]({ABS}2402.90003), 2024\n"
    assert made(text, edits.with_year(*found(text, "2402.90003"), 2023)) == ""


def test_a_byte_order_mark_and_a_missing_line_end_stay() -> None:
    text = "\ufeff" + TABLE.rstrip("\n")
    row = f"|[Tidal Scan]({ABS}2402.90003)|2024|arXiv|\n"
    assert made(text, edits.without(*found(text, "2402.90003"))) == text.replace(row, "")
    new = made(text, edits.with_title(*found(text, "2401.90001"), "DuneNet"))
    assert new == text.replace("DuneNet: Sand in State Space", "DuneNet")


def test_several_changes_are_made_at_once(eol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TABLE.replace("\n", eol)
    changes = [
        edits.moved(*found(text, "2402.90003"), SAND),
        edits.without(*found(text, "2401.90001")),
        edits.with_title(*found(text, "2402.90001"), "MarshFormer"),
        edits.with_year(*found(text, "2402.90001"), 2023),
    ]
    read = []
    monkeypatch.setattr(edits, "read_list", lambda new: read.append(new) or read_list(new))
    new = made(text, *changes)
    assert read == [new]  # once, as all are sound
    row = f"|[Tidal Scan]({ABS}2402.90003)|2024|arXiv|{eol}"
    dunes = f"|[DuneNet: Sand in State Space]({ABS}2401.90001)|2023|arXiv|{eol}"
    old, mended = f", a Hybrid]({ABS}2402.90001)|2024", f"]({ABS}2402.90001)|2023"
    assert new == text.replace(row, "").replace(dunes, row).replace(old, mended)


def test_what_is_not_sound_is_left_out_of_several() -> None:
    layout, entry = found(TABLE, "2402.90003")
    start = layout.offsets[entry.line - 1]
    good = [
        edits.without(*found(TABLE, paper_id))
        for paper_id in ("2402.90001", "2403.90001", "2401.90001")
    ]
    bad = edits.Change(entry, (edits.Edit(start, start + 1, "|"),), (("title", "Neap"),))
    again = edits.without(layout, entry)
    changes = [good[0], bad, *good[1:], again]
    assert again is not None
    assert edits.clash(bad, again)
    sound = edits.sound(TABLE, layout.reading, [change for change in changes if change])
    assert sound == [*good, again]
