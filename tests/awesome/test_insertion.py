"""A paper → one entry more in a list, written as its neighbours are, and nothing else touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
from soon import soon

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.reading import read_list
from ssm_search.awesome.writing import insertion as module
from ssm_search.awesome.writing.insertion import Insertion, insert_paper
from ssm_search.diffs import unified_diff
from ssm_search.errors import ListError
from ssm_search.papers import Category, Paper, title_key

ABS = "https://arxiv.org/abs/"
HUB = "https://github.com/"
SHIELDS = "https://img.shields.io/"
SECTION = ("Section",)
SECONDS_FOR_A_HUGE_LIST = 70  # it takes 7, of which reading twice takes 6

NEW = Paper(
    "2404.90009",
    "Brackish: A State Space Model",
    url=f"{ABS}2404.90009",
    authors=("Ada Brine", "Émile B. Delta", "Wei Li"),
    published=date(2024, 4, 23),
)
WITH_CODE = replace(NEW, code_url=f"{HUB}brine/brackish")
IN_VENUE = replace(NEW, venue="ICML 2025")
BARE = replace(NEW, authors=(), published=None)
PAGE = Paper("salt-notes", "Salt Notes", kind="link", url="https://salt.example.org/notes")
ALL = replace(WITH_CODE, venue="ICML 2025", name="BSM")
PAPERS = {"all": ALL, "new": NEW, "code": WITH_CODE, "venue": IN_VENUE, "bare": BARE, "page": PAGE}


def added(old: str, new: str) -> list[tuple[int, str]]:
    """The lines that ``new`` has more, with their 1-based numbers; it has all the old ones."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    top = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
    top = min(len(before), len(after)) if top is None else top
    count = len(after) - len(before)
    assert count > 0
    assert [*after[:top], *after[top + count :]] == before
    return [(top + n + 1, after[top + n]) for n in range(count)]


def check(old: str, result: Insertion, paper: Paper, category: Category) -> None:
    """The old papers and the new one can be read, and no old line has changed."""
    lines = [line.rstrip("\r\n") for _, line in added(old, result.text)]
    row = [line.rstrip("\r") for line in result.row.split("\n")]
    assert sorted(line for line in lines if line.strip()) == sorted(row)  # some are like others
    assert result.text.splitlines()[result.line - 1 : result.line - 1 + len(row)] == row
    before, after = read_list(old), read_list(result.text)
    new = [one for one in after.papers if one not in set(before.papers)]
    assert [one for one in after.papers if one not in new] == list(before.papers)
    assert [title_key(one.title) for one in new] == [title_key(paper.title)]
    assert new[0].categories == (category,)
    if found := arxiv_id(paper.id):
        assert new[0].id == found


class Case(NamedTuple):
    """A body under "## Section", the rows for the papers by name, the first one's line in it."""

    name: str
    body: str
    rows: dict[str, str]
    line: int
    left_out: tuple[str, ...] = ()


TABLES = [
    Case(
        "outer pipes, no padding, a placeholder for code, newest first",
        f"""\
|Title|Year|Venue|Code|PDF|
|---|---|---|---|---|
|[Tidal Scan]({ABS}2405.90001)|2024|arXiv| code |[pdf]({ABS}2405.90001)|
|[Dune Net]({ABS}2403.90002)|2024|arXiv| [code]({HUB}dune/net) |[pdf]({ABS}2403.90002)|
|[Marsh Former]({ABS}2312.90003)|2023|ICLR 2023| code |[pdf]({ABS}2312.90003)|
|[Reef Count]({ABS}2212.90004)|2022|arXiv| code |[pdf]({ABS}2212.90004)|
""",
        {
            "new": f"|[{NEW.title}]({NEW.url})|2024|arXiv| code |[pdf]({NEW.url})|",
            "code": f"|[{NEW.title}]({NEW.url})|2024|arXiv"
            f"| [code]({HUB}brine/brackish) |[pdf]({NEW.url})|",
            "venue": f"|[{NEW.title}]({NEW.url})|2025|ICML 2025| code |[pdf]({NEW.url})|",
            "page": f"|[{PAGE.title}]({PAGE.url})||| code |[pdf]({PAGE.url})|",
        },
        4,
    ),
    Case(
        "padding, a date, a figure that is nobody else's, newest last",
        f"""\
| Date | Paper | Figure | Link | Code |
| :--- | :---- | :----- | :--- | :--- |
| arXiv(23.01.05) | Tidal Scan | ![fig](https://a.example.org/1.png) | [Link]({ABS}2301.90001) | |
| arXiv(24.02.11) | Dune Net |  | [Link]({ABS}2402.90002) | |
| arXiv(24.03.01) | Marsh Former | ![fig](https://a.example.org/3.png) | [Link]({ABS}2403.90003) | |
| arXiv(24.05.09) | Reef Count |  | [Link]({ABS}2405.90004) | |
""",
        {
            "new": f"| arXiv(24.04.23) | {NEW.title} |  | [Link]({NEW.url}) | |",
            "bare": f"| arXiv(24.04) | {NEW.title} |  | [Link]({NEW.url}) | |",
            "code": f"| arXiv(24.04.23) | {NEW.title} |  | [Link]({NEW.url}) "
            f"| [code]({HUB}brine/brackish) |",
        },
        6,
    ),
    Case(
        "no outer pipes, a column of names",
        f"""\
Method | Title | Date
--- | --- | ---
Tidal | [Tidal: A Scan]({ABS}2405.90001) | May 2024
Dune | [Dune: A Net]({ABS}2403.90002) | Mar 2024
Marsh | [Marsh: A Former]({ABS}2402.90003) | Feb 2024
Reef | [Reef: A Count]({ABS}2401.90004) | Jan 2024
""",
        {"new": f"Brackish | [{NEW.title}]({NEW.url}) | Apr 2024"},
        4,
    ),
    Case(
        "no column for code, which is said to be left out",
        f"""\
| Title | Venue |
|---|---|
| [Tidal Scan]({ABS}2405.90001) | arXiv |
""",
        {"code": f"| [{NEW.title}]({NEW.url}) | arXiv |"},
        4,
        ("code",),
    ),
    Case(
        "rows that are numbered",
        f"""\
| # | Title |
|---|---|
| 1 | [Tidal Scan]({ABS}2405.90001) |
| 2 | [Dune Net]({ABS}2403.90002) |
""",
        {"new": f"| 3 | [{NEW.title}]({NEW.url}) |"},
        5,
    ),
    Case(
        "rows that are numbered from the end",
        f"""\
| # | Title |
|---|---|
| 2 | [Tidal Scan]({ABS}2405.90001) |
| 1 | [Dune Net]({ABS}2403.90002) |
""",
        {"new": f"| 3 | [{NEW.title}]({NEW.url}) |"},
        3,
    ),
    Case(
        "numbers that are about other papers are not copied",
        f"""\
| Title | Params | Citations |
|---|---|---|
| [Tidal Scan]({ABS}2405.90001) | 28.5M | 120 |
| [Dune Net]({ABS}2403.90002) | 31M | 80 |
| [Marsh Former]({ABS}2402.90003) | 5M | 80 |
""",
        {"new": f"| [{NEW.title}]({NEW.url}) | | |"},
        4,
    ),
    Case(
        "HTML",
        f"""\
<table>
<tr><th>Title</th><th>Venue</th></tr>
<tr><td><a href="{ABS}2405.90001">Tidal Scan</a></td><td>arXiv</td></tr>
<tr><td><a href="{ABS}2403.90002">Dune Net</a></td><td>arXiv</td></tr>
</table>
""",
        {"new": f'<tr><td><a href="{NEW.url}">{NEW.title}</a></td><td>arXiv</td></tr>'},
        4,
    ),
]

HTML_ROWS = [
    Case(
        "HTML, a row over several lines, a venue over several rows",
        f"""\
<table>
<tr><td>Venue</td><td>Title</td><td>Links</td></tr>
<tr>
  <td rowspan="2">ICML 2024</td>
  <td><b>Tidal Scan of the Sea</b></td>
  <td><a href="{ABS}2405.90001">paper</a> <a href="{HUB}tide/scan">code</a></td>
</tr>
<tr>
  <td><b>Dune Net of the Sand</b></td>
  <td><a href="{ABS}2403.90002">paper</a></td>
</tr>
<tr>
  <td>arXiv</td>
  <td><b>Marsh Former of the Reed</b></td>
  <td><a href="{ABS}2312.90003">paper</a></td>
</tr>
</table>
""",
        {
            "new": f"""\
<tr>
  <td>arXiv</td>
  <td><b>{NEW.title}</b></td>
  <td><a href="{NEW.url}">paper</a></td>
</tr>""",
            "venue": f"""\
<tr>
  <td>ICML 2025</td>
  <td><b>{NEW.title}</b></td>
  <td><a href="{NEW.url}">paper</a></td>
</tr>""",
            "code": f"""\
<tr>
  <td>arXiv</td>
  <td><b>{NEW.title}</b></td>
  <td><a href="{NEW.url}">paper</a> <a href="{HUB}brine/brackish">code</a></td>
</tr>""",
        },
        12,
    ),
]

TEXTS = [
    Case(
        "labels in brackets, newest first",
        f"""\
- Tidal Scan [[paper]]({ABS}2405.90001) [[code]]({HUB}tide/scan)
- Dune Net [[paper]]({ABS}2403.90002)
- Marsh Former [[paper]]({ABS}2312.90003)
- Reef Count [[paper]]({ABS}2212.90004)
""",
        {
            "new": f"- {NEW.title} [[paper]]({NEW.url})",
            "code": f"- {NEW.title} [[paper]]({NEW.url}) [[code]]({HUB}brine/brackish)",
            "page": f"- {PAGE.title} [[paper]]({PAGE.url})",
        },
        2,
    ),
    Case(
        "a month behind the link, lines of badges, in no order",
        f"""\
- [Tidal Scan]({ABS}2301.90001) (Jan, 2023)\x20\x20
[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({ABS}2301.90001)
[![Star]({SHIELDS}github/stars/tide/scan.svg)]({HUB}tide/scan)

- [Dune Net]({ABS}2402.90002) (Feb, 2024)\x20\x20
[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({ABS}2402.90002)

- [Marsh Former]({ABS}2312.90003) (ICLR 2024)\x20\x20
[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({ABS}2312.90003)

- [Reef Count]({ABS}2405.90004) (May, 2024)\x20\x20
[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({ABS}2405.90004)

- [Lagoon]({ABS}2305.90005) (May, 2023)\x20\x20
[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({ABS}2305.90005)
""",
        {
            "new": f"- [{NEW.title}]({NEW.url}) (Apr, 2024)\x20\x20\n"
            f"[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({NEW.url})",
            "code": f"- [{NEW.title}]({NEW.url}) (Apr, 2024)\x20\x20\n"
            f"[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({NEW.url})\n"
            f"[![Star]({SHIELDS}github/stars/brine/brackish.svg)]({HUB}brine/brackish)",
            "venue": f"- [{NEW.title}]({NEW.url}) (ICML 2025)\x20\x20\n"
            f"[![arXiv]({SHIELDS}badge/arXiv-b31b1b.svg)]({NEW.url})",
        },
        17,
    ),
    Case(
        "bold titles, authors in italics, breaks",
        f"""\
**Tidal Scan.** [5th May, 2024].<br>
*Ann Wave, Bo Shore, Cy Foam.*<br>
[[PDF]({ABS}2405.90001)]

**Dune Net.** [1st Mar, 2024].<br>
*Cy Grain, Di Sand, Ed Dust.*<br>
[[PDF]({ABS}2403.90002)] [[Code]({HUB}dune/net)]

**Marsh Former.** [22nd Feb, 2024].<br>
*Flo Reed, Gus Moor, Ida Fen.*<br>
[[PDF]({ABS}2402.90003)]
""",
        {
            "new": f"**{NEW.title}.** [23rd Apr, 2024].<br>\n"
            "*Ada Brine, Émile B. Delta, Wei Li.*<br>\n"
            f"[[PDF]({NEW.url})]",
            "code": f"**{NEW.title}.** [23rd Apr, 2024].<br>\n"
            "*Ada Brine, Émile B. Delta, Wei Li.*<br>\n"
            f"[[PDF]({NEW.url})] [[Code]({HUB}brine/brackish)]",
            "bare": f"**{NEW.title}.** [Apr, 2024].<br>\n[[PDF]({NEW.url})]",
            "page": f"**{PAGE.title}.**<br>\n[[PDF]({PAGE.url})]",
        },
        5,
    ),
    Case(
        "an id before the title, authors on a line of their own",
        f"""\
* [arXiv:2405.90001] **Tidal Scan**,
  Ann Wave, Bo Shore, Cy Foam
  [[Paper]({ABS}2405.90001)]
  [[Code]({HUB}tide/scan)]

* [arXiv:2403.90002] **Dune Net**,
  Cy Grain, Di Sand, Ed Dust
  [[Paper]({ABS}2403.90002)]

* [arXiv:2402.90003] **Marsh Former**,
  Flo Reed, Gus Moor, Ida Fen
  [[Paper]({ABS}2402.90003)]

* [arXiv:2401.90004] **Reef Count**,
  Hal Pond, Ida Lake, Jo Bay
  [[Paper]({ABS}2401.90004)]
""",
        {
            "new": f"* [arXiv:2404.90009] **{NEW.title}**,\n"
            f"  Ada Brine, Émile B. Delta, Wei Li\n  [[Paper]({NEW.url})]",
            "code": f"* [arXiv:2404.90009] **{NEW.title}**,\n"
            f"  Ada Brine, Émile B. Delta, Wei Li\n  [[Paper]({NEW.url})]\n"
            f"  [[Code]({HUB}brine/brackish)]",
            "bare": f"* [arXiv:2404.90009] **{NEW.title}**,\n  [[Paper]({NEW.url})]",
        },
        6,
    ),
    Case(
        "paragraphs that begin with a date, badges of stars",
        f"""\
(Arxiv 24.01.15) Tidal Scan [Paper]({ABS}2401.90001)

(Arxiv 24.02.15) Dune Net [Paper]({ABS}2402.90002) [Code]({HUB}dune/net) \
![Stars]({SHIELDS}github/stars/dune/net)

(ICLR 2024) Marsh Former [Paper]({ABS}2403.90003)

(Arxiv 24.05.15) Reef Count [Paper]({ABS}2405.90004)
""",
        {
            "new": f"(Arxiv 24.04.23) {NEW.title} [Paper]({NEW.url})",
            "bare": f"(Arxiv 24.04) {NEW.title} [Paper]({NEW.url})",
            "code": f"(Arxiv 24.04.23) {NEW.title} [Paper]({NEW.url}) [Code]({HUB}brine/brackish) "
            f"![Stars]({SHIELDS}github/stars/brine/brackish)",
            "venue": f"(ICML 2025) {NEW.title} [Paper]({NEW.url})",
            "page": f"{PAGE.title} [Paper]({PAGE.url})",
        },
        7,
    ),
    Case(
        "numbers that go up",
        f"""\
1. Tidal Scan ({ABS}2405.90001)

2. Dune Net ({ABS}2403.90002) [GitHub]({HUB}dune/net)
""",
        {
            "new": f"3. {NEW.title} ({NEW.url})",
            "code": f"3. {NEW.title} ({NEW.url}) [GitHub]({HUB}brine/brackish)",
        },
        5,
    ),
    Case(
        "numbers that go down",
        f"2. [Tidal Scan]({ABS}2405.90001)\n1. [Dune Net]({ABS}2403.90002)\n",
        {"new": f"3. [{NEW.title}]({NEW.url})"},
        1,
    ),
    Case(
        "one number for all, newest first",
        "".join(
            f"1. [{title}]({ABS}{number}.90001)\n"
            for title, number in [("Tide", 2405), ("Dune", 2403), ("Marsh", 2402), ("Reef", 2401)]
        ),
        {"new": f"1. [{NEW.title}]({NEW.url})"},
        2,
    ),
    Case(
        "newest last",
        "".join(
            f"- [{title}]({ABS}{number}.90001)\n"
            for title, number in [("Tide", 2401), ("Dune", 2402), ("Marsh", 2403), ("Reef", 2405)]
        ),
        {"new": f"- [{NEW.title}]({NEW.url})"},
        4,
    ),
    Case(
        "in the order of the alphabet",
        "".join(
            f"- [{title}]({ABS}{number}.90001)\n"
            for title, number in [
                ("Anchor", 2401),
                ("Atoll", 2405),
                ("Delta", 2302),
                ("Dune", 2403),
                ("Marsh", 2212),
                ("Reef", 2404),
                ("Shore", 2303),
                ("Tide", 2401),
            ]
        ),
        {"new": f"- [{NEW.title}]({NEW.url})"},
        3,
    ),
    Case(
        "by printed years where there are no ids",
        "".join(
            f"- [{title}](https://{title.lower()}.example.org) ({year})\n"
            for title, year in [("Tide", 2025), ("Dune", 2024), ("Marsh", 2022), ("Reef", 2021)]
        )
        + f"- [Lagoon]({ABS}2012.90001) (2020)\n",
        {"new": f"- [{NEW.title}]({NEW.url}) (2024)"},
        2,
    ),
    Case(
        "a name, a venue and a code that no neighbour has together",
        f"""\
- **[TS]** Tidal Scan of the Sea [[paper]({ABS}2405.90001)] [[code]({HUB}tide/scan)]
- Dune Net of the Sand (**ICML**) [[paper]({ABS}2403.90002)] [[code]({HUB}dune/net)]
- **[MF]** Marsh Former of the Reed [[paper]({ABS}2312.90003)] [[project](https://x.example.org)]
- Reef Count of the Corals (**ICLR**) [[paper]({ABS}2212.90004)]
""",
        {
            "all": f"- **[BSM]** {NEW.title} (**ICML**) [[paper]({NEW.url})] "
            f"[[code]({HUB}brine/brackish)]",
        },
        2,
    ),
    Case(
        "notes below an entry stay with it",
        f"""\
- [Tidal Scan]({ABS}2402.90001)
- [Dune Net]({ABS}2403.90002)
  - a note without a link
  - [An Implementation]({HUB}dune/again)
""",
        {"new": f"- [{NEW.title}]({NEW.url})"},
        5,
    ),
    Case(
        "an odd neighbour, and what only one entry has",
        f"""\
- [Tidal Scan]({ABS}2405.90001) **Best of all papers!**
- [Dune Net](http://www.arxiv.org/abs/2403.90002.pdf)
""",
        {"new": f"- [{NEW.title}]({NEW.url})"},
        2,
    ),
    Case(
        "items with a table below them: most entries are rows",
        f"""\
* [Tide Pools](https://tide.example.org/pools)

|Title|Code|
|---|---|
|[Tidal Scan]({ABS}2405.90001)|code|
|[Dune Net]({ABS}2403.90002)|code|
""",
        {
            "new": f"|[{NEW.title}]({NEW.url})|code|",
            "code": f"|[{NEW.title}]({NEW.url})|[code]({HUB}brine/brackish)|",
        },
        6,
    ),
    Case(
        "a code link where no entry has one",
        f"- [Tidal Scan]({ABS}2405.90001)\n",
        {"code": f"- [{NEW.title}]({NEW.url})"},
        2,
        ("code",),
    ),
]

FRAME = "# A List of Papers\n\n## Section\n\n"
STORED: dict[str, Callable[[str], str]] = {
    "LF": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no final line end": lambda text: text.removesuffix("\n"),
    "BOM": lambda text: "\ufeff" + text,
    "another section": lambda text: text + f"\n## Other\n\n- [Salt]({ABS}2301.90008)\n",
}


@pytest.mark.parametrize("case", [*TABLES, *HTML_ROWS, *TEXTS], ids=lambda case: case.name)
@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
def test_dialects(case: Case, stored: Callable[[str], str]) -> None:
    rows = list(case.rows.items())
    if stored is not STORED["LF"]:
        rows = rows[:1]
    for number, (name, row) in enumerate(rows):
        text = stored(FRAME + case.body)
        eol = "\r\n" if "\r\n" in text else "\n"
        result = insert_paper(text, PAPERS[name], SECTION)
        assert result.row == row.replace("\n", eol)
        assert result.left_out == case.left_out
        if number == 0:
            assert result.line == case.line + FRAME.count("\n")
        if text.endswith(("\r", "\n")):
            check(text, result, PAPERS[name], SECTION)
            assert result.text.count("\r") == (result.text.count("\n") if eol != "\n" else 0)
        else:  # the last line may have got its end; the text still has none
            assert not result.text.endswith("\n")
            check(text + "\n", replace(result, text=result.text + "\n"), PAPERS[name], SECTION)


OTHER = f"## Other\n\n|Title|Year|\n|---|---|\n|[Salt]({ABS}2301.90008)|2023|\n"
ITEMS = f"## Other\n\n- [Salt]({ABS}2301.90008)\n"
ROW = f"|[{NEW.title}]({NEW.url})|2024|"


@pytest.mark.parametrize(
    ("before", "other", "lines"),
    [
        ("## Section\n\n|Title|Year|\n|---|---|\n\n", OTHER, [(5, ROW)]),
        (
            "## Section\n",
            OTHER,
            [(2, ""), (3, "|Title|Year|"), (4, "|---|---|"), (5, ROW), (6, "")],
        ),
        ("## Section\n\n", ITEMS, [(3, f"- [{NEW.title}]({NEW.url})"), (4, "")]),
        (
            "## Section\n### Below\n\n",
            ITEMS,
            [(2, ""), (3, f"- [{NEW.title}]({NEW.url})"), (4, "")],
        ),
    ],
    ids=["a header", "nothing, rows elsewhere", "nothing, items elsewhere", "a heading below"],
)
def test_sections_without_entries(before: str, other: str, lines: list[tuple[int, str]]) -> None:
    text = before + other
    result = insert_paper(text, NEW, SECTION)
    got = added(text, result.text)
    assert sorted(line for _, line in got) == sorted(f"{line}\n" for _, line in lines)
    row_line = next(number for number, line in lines if NEW.title in line)
    assert (result.line, result.text.splitlines()[row_line - 1]) == (row_line, result.row)


@pytest.mark.parametrize(
    ("body", "row", "line"),
    [
        (
            f"|Title|Year|Venue|\n|---|---|---|\n|[Tidal Scan]({ABS}2301.90004)|2023|ICML|\n",
            f"|[{NEW.title}]({NEW.url})|2024|arXiv|",
            6,
        ),
        (f"- [Tidal Scan]({ABS}2301.90004), 2023\n", f"- [{NEW.title}]({NEW.url}), 2024", 4),
    ],
    ids=["rows", "items"],
)
@pytest.mark.parametrize("above", ["", "# Awesome L\n\n"], ids=["bare", "titled"])
@pytest.mark.parametrize("below", ["", "\n## License\n\nMIT\n"], ids=["alone", "licensed"])
def test_a_list_without_headings(above: str, below: str, body: str, row: str, line: int) -> None:
    text = above + body + below
    result = insert_paper(text, NEW, ())
    number = line - (2 if not above else 0)
    assert (result.row, result.line, result.category) == (row, number, ())
    assert added(text, result.text) == [(number, f"{row}\n")]


def test_a_list_with_headings_needs_one_of_them() -> None:
    with pytest.raises(ListError, match=r"has headings, and the paper needs one of them"):
        insert_paper(f"# L\n\n## Section\n\n- [Salt]({ABS}2301.90008)\n", NEW, ())


def test_what_cannot_be_written_is_refused() -> None:
    text = (
        f"# L\n\n## Section\n\n- [Salt]({ABS}2301.90008)\n\n"
        "## News\n\nSome words.\n\n## Tab\n\n|A|B|\n|-|-|\n"
    )
    with pytest.raises(
        ListError, match=r"no heading 'Sektion' in the list; did you mean 'Section'"
    ):
        insert_paper(text, NEW, ("Sektion",))
    with pytest.raises(ListError, match="no heading 'Zzz' in the list; name one"):
        insert_paper(text, NEW, ("Zzz",))
    with pytest.raises(ListError, match=r"2301.90008v2 is listed already, on line 5"):
        insert_paper(text, replace(NEW, id="2301.90008v2"), SECTION)
    with pytest.raises(ListError, match=r"under 'News': as the entries .* could not be read back"):
        insert_paper(text, NEW, ("News",))
    with pytest.raises(ListError, match="under 'Tab': no entry there or elsewhere"):
        insert_paper(text, NEW, ("Tab",))
    with pytest.raises(ListError, match="add it by hand"):
        insert_paper(text, replace(PAGE, url="javascript:alert(1)"), SECTION)
    with pytest.raises(ListError, match="add it by hand"):
        insert_paper(text, replace(NEW, title=" "), SECTION)


def test_a_plain_row_where_no_entry_shows_how_one_is_written() -> None:
    result = insert_paper("## Section\n", IN_VENUE, SECTION)
    assert result.text == f"## Section\n\n- [{NEW.title}]({NEW.url}) (ICML)\n"
    assert result.remarks == (module.PLAIN,)
    table = "## Section\n\n|Paper title|Venue|Code|Notes|\n|---|---|---|---|\n"
    result = insert_paper(table, WITH_CODE, SECTION)
    assert result.row == f"| [{NEW.title}]({NEW.url}) |  | [code]({HUB}brine/brackish) |  |"
    assert (result.line, result.left_out, result.remarks) == (5, (), (module.PLAIN,))


ACRONYMS = f"""\
<table>
<tr><th>Year</th><th>Venue</th><th>Acronym</th><th>Title</th><th>Code</th></tr>
<tr>
<td>2022</td>
<td>CVPR</td>
<td>Tide</td>
<td><a href="{ABS}2201.90001">Tide: Scanning Pools at Night</a></td>
<td><a href="{HUB}tide/scan">Code</a></td>
</tr>
<tr>
<td>2022</td>
<td>ECCV</td>
<td>Dune</td>
<td><a href="{ABS}2203.90002">Dune: Sands and their Shores</a></td>
<td><a href="{HUB}dune/net">Code</a></td>
</tr>
</table>
"""


@pytest.mark.parametrize(
    ("paper", "name", "code"),
    [
        (ALL, "BSM", f'<a href="{HUB}brine/brackish">Code</a>'),
        (replace(ALL, name=""), "Brackish", f'<a href="{HUB}brine/brackish">Code</a>'),
        (replace(ALL, name="", title="A State Space", code_url=""), "", ""),
    ],
    ids=["a name is given", "the title begins with it", "there is none"],
)
@pytest.mark.parametrize("is_folded", [False, True], ids=["a cell a line", "a row a line"])
def test_a_row_of_html_has_a_cell_for_each_column(
    is_folded: bool, paper: Paper, name: str, code: str
) -> None:
    def laid(text: str) -> str:
        return text.replace("\n<td", "<td").replace("</td>\n</tr>", "</td></tr>")

    cells = ["2025", "ICML", name, f'<a href="{NEW.url}">{paper.title}</a>', code]
    row = "\n".join(["<tr>", *(f"<td>{cell}</td>" for cell in cells), "</tr>"])
    text = "## Section\n\n" + (laid(ACRONYMS) if is_folded else ACRONYMS)
    assert insert_paper(text, paper, SECTION).row == (laid(row) if is_folded else row)


def test_a_row_of_html_without_header_keeps_its_cells() -> None:
    text = f"""\
## Section

<table>
<tr>
<td>Tide</td>
<td><a href="{ABS}2201.90001">Tide: Scanning Pools at Night</a></td>
<td>CVPR</td>
</tr>
</table>
"""
    row = f'<tr>\n<td></td>\n<td><a href="{NEW.url}">{NEW.title}</a></td>\n<td>ICML</td>\n</tr>'
    assert insert_paper(text, IN_VENUE, SECTION).row == row


BADGES = [
    "![](https://img.shields.io/github/stars/{})",
    "![](https://img.shields.io/github/stars/{}.svg?style=social)",
    "![](https://badgen.net/github/stars/{})",
    '<img src="https://img.shields.io/github/stars/{}">',
    "[![](https://img.shields.io/github/stars/{})](https://github.com/{})",
    "[![Star](https://img.shields.io/github/stars/{})](https://github.com/{}/stargazers)",
]


@pytest.mark.parametrize("badge", BADGES)
@pytest.mark.parametrize("owned", ["tide/scan", "Tide/Scan"], ids=["as the link", "in capitals"])
def test_a_badge_is_made_for_its_own_repository_or_none_is(badge: str, owned: str) -> None:
    rows = [
        f"- [Tidal Scan {n}]({ABS}2405.9000{n}) [[code]({HUB}tide/scan{n})] "
        + badge.replace("{}", f"{owned}{n}")
        for n in (1, 2)
    ]
    text = FRAME + "\n".join(rows) + "\n"
    row = f"- [{NEW.title}]({NEW.url})"
    own = badge.replace("{}", "brine/brackish")
    result = insert_paper(text, WITH_CODE, SECTION)
    assert result.row == f"{row} [[code]({HUB}brine/brackish)] {own}"
    assert insert_paper(text, NEW, SECTION).row == row


@pytest.mark.parametrize("badge", BADGES[:4])
def test_a_badge_may_be_all_that_tells_the_code(badge: str) -> None:
    rows = [
        f"- [Tidal Scan {n}]({ABS}2405.9000{n}) {badge.replace('{}', f'tide/scan{n}')}"
        for n in (1, 2)
    ]
    text = FRAME + "\n".join(rows) + "\n"
    row = f"- [{NEW.title}]({NEW.url})"
    own = badge.replace("{}", "brine/brackish")
    assert insert_paper(text, WITH_CODE, SECTION).row == f"{row} {own}"
    assert insert_paper(text, NEW, SECTION).row == row


YEARS = f"""# L

## Tides

### 2024

- Tidal Scan [[paper]({ABS}2405.90001)]

### 2023

- Dune Net [[paper]({ABS}2305.90001)]

### 2021 and before

- Marsh Former [[paper]({ABS}2105.90001)]

## Talks

### ICML 2024

- Reef Count [[paper]({ABS}2401.90004)]

### arXiv papers

- Salt Lake [[paper]({ABS}2401.90005)]

## Months

### 2024-04 (2)

- Brine Maps [[paper]({ABS}2404.90006)]

### 2024-03 (1)

- Foam Maps [[paper]({ABS}2403.90006)]
"""


@pytest.mark.parametrize(
    ("paper", "topic", "heading", "line", "remark"),
    [
        (NEW, "Tides", "2024", 8, ""),
        (replace(NEW, venue="ICML 2023"), "Tides", "2023", 12, ""),
        (replace(NEW, year=2018), "Tides", "2021 and before", 16, ""),
        (replace(NEW, venue="ICML 2024"), "Talks", "ICML 2024", 22, ""),
        (NEW, "Talks", "arXiv papers", 26, ""),
        (NEW, "Months", "2024-04 (2)", 32, ""),
        (replace(NEW, published=date(2024, 3, 1)), "Months", "2024-03 (1)", 36, ""),
    ],
)
def test_a_paper_goes_under_its_year_month_or_venue(
    paper: Paper, topic: str, heading: str, line: int, remark: str
) -> None:
    result = insert_paper(YEARS, paper, (topic,))
    assert (result.category, result.remarks) == ((topic, heading), (remark,) if remark else ())
    assert result.row == f"- {NEW.title} [[paper]({NEW.url})]"
    assert result.line == line
    assert insert_paper(YEARS, paper, ("Tides", "2023")).category == ("Tides", "2023")


@pytest.mark.parametrize(
    ("paper", "topic", "missing"),
    [
        (replace(NEW, year=2022), "Tides", "2022"),
        (replace(NEW, published=date(2024, 5, 1)), "Months", "2024"),
        (replace(NEW, venue="ECCV 2024"), "Talks", "ECCV 2024"),
    ],
)
def test_a_heading_that_is_missing_is_named(paper: Paper, topic: str, missing: str) -> None:
    with pytest.raises(ListError, match=f"^there is no heading for {missing} below '{topic}'; add"):
        insert_paper(YEARS, paper, (topic,))


SPACE = " "
FIRST = f"""# L

## Year 2024{SPACE}

- [Tidal Scan]({ABS}2405.90001)

## Year 2023

- [Dune]({ABS}2305.90001)
"""
LAST = f"""# L

## Year 2023
- [Dune]({ABS}2305.90001)
## Year 2024
- [Tidal Scan]({ABS}2405.90001)
## License
MIT
"""
IN_2026 = replace(NEW, id="2601.90009", url=f"{ABS}2601.90009", year=2026)


@pytest.mark.parametrize(
    ("text", "topic", "lines"),
    [
        (FIRST, (), [(3, "## Year 2026 \n"), (4, "\n"), (5, "row"), (6, "\n")]),
        (FIRST, ("Year 2026",), [(3, "## Year 2026 \n"), (4, "\n"), (5, "row"), (6, "\n")]),
        (LAST, (), [(7, "\n"), (8, "## Year 2026\n"), (9, "row"), (10, "\n")]),
        (
            FIRST.replace("2024", "2022"),
            (),
            [(10, "\n"), (11, "## Year 2026\n"), (12, "\n"), (13, "row")],
        ),
        (FIRST.replace("Year ", ""), (), [(3, "## 2026 \n"), (4, "\n"), (5, "row"), (6, "\n")]),
    ],
    ids=["newest first", "by its own name", "newest last", "at the end of the file", "years alone"],
)
def test_a_year_that_has_no_heading_yet_gets_one(
    text: str, topic: tuple[str, ...], lines: list[tuple[int, str]]
) -> None:
    result = insert_paper(text, IN_2026, topic)
    heading = next(line for _, line in lines if line.startswith("#")).strip("# \n")
    row = f"- [{NEW.title}]({IN_2026.url})"
    assert (result.row, result.category) == (row, (heading,))
    assert result.remarks == (f"the heading “{heading}” is new",)
    written = [(at, f"{row}\n" if line == "row" else line) for at, line in lines]
    assert added(text, result.text) == written
    assert result.text.splitlines()[result.line - 1] == row


@pytest.mark.parametrize(
    "text",
    [
        FIRST.replace("## Year 2024 \n", "Year 2024\n---\n"),
        FIRST.replace("## Year 2024 \n", "<h2>Year 2024</h2>\n"),
        FIRST.replace("## Year 2024 ", "## Year 2024 (7)"),
        FIRST.replace("## Year 2024 ", "## May 2024"),
    ],
    ids=["of two lines", "of tags", "with a count", "of a month"],
)
def test_a_heading_that_no_rule_makes_is_left_to_a_person(text: str) -> None:
    with pytest.raises(ListError, match=r"there is no heading (for 2026|'Year 2026' yet); add one"):
        insert_paper(text, IN_2026, ())


def test_what_has_no_date_stands_under_the_first_heading() -> None:
    text = f"## Tides\n\n### 2024\n\n- [Tidal Scan]({ABS}2405.90001)\n"
    result = insert_paper(text, PAGE, ("Tides",))
    remark = "nothing says when it appeared; it stands under “2024”"
    assert (result.category, result.remarks) == (("Tides", "2024"), (remark,))


PREPRINTS = "".join(
    f"""## {{sign}}{year}

### ICLR {year}

- [Tidal Scan {year}]({ABS}{year % 100}05.90001)

### Preprints

- [Dune Net {year}]({ABS}{year % 100}05.90002)

"""
    for year in (2024, 2023)
)


@pytest.mark.parametrize("sign", ["", "📚 ", ":books: "])
@pytest.mark.parametrize(
    ("paper", "year", "heading"),
    [
        (replace(NEW, venue="ICLR 2023"), 2023, "ICLR 2023"),
        (replace(NEW, venue="ICLR 2024"), 2024, "ICLR 2024"),
        (NEW, 2024, "Preprints"),
        (replace(NEW, year=2023, venue="arXiv 2023"), 2023, "Preprints"),
    ],
)
def test_preprints_are_an_occasion(sign: str, paper: Paper, year: int, heading: str) -> None:
    result = insert_paper(PREPRINTS.format(sign=sign), paper, ())
    assert (result.category, result.remarks) == ((f"{sign}{year}", heading), ())


HOSTILE_TITLES = {
    "a pipe": "Salt | Sea | Shore",
    "an end of a link": "Salt](https://evil.example.org) Sea",
    "an open bracket": "Salt [in the Sea",
    "a closing bracket": "Salt] in the Sea",
    "backslashes": "Salt \\| Sea \\",
    "backticks": "Salt `in ``the Sea",
    "emphasis": "**Salt* _in_ ~~the~~ Sea",
    "a script": "Salt <script>alert(1)</script> Sea",
    "a comment": "Salt <!-- in the Sea",
    "a reference": "Salt &lt;b&gt; &amp; Sea",
    "lines": "Salt\r\n\r\n## Sea\n- x\u2028y\x0bz",
    "NUL": "Salt\0 \0id\0 Sea\x1b[31m",
    "marks that turn text": "Salt \u202eaeS\u202c \u2066x\u2069",
    "half a pair": "Salt \ud800 Sea",
    "a heading": "# Salt Sea",
    "a name of a heading": "Section",
    "a list": "- Salt Sea",
    "a number": "2. Salt Sea",
    "a quote": "> Salt Sea",
    "a pattern": "Salt (?P<x>.*)+[a-z]{2,}$ Sea \\g<0>",
    "braces": "Salt {0} {title} %s Sea",
    "much text": "Salt and Sea " * 400,
    "an image": "Salt ![x](https://evil.example.org/x.png) Sea",
    "a table": "Salt |---|---| Sea",
}
STYLES = {
    "rows": f"|Title|Code|\n|---|---|\n|[Tidal Scan]({ABS}2405.90001)|[code]({HUB}tide/scan)|\n",
    "links": f"- [Tidal Scan]({ABS}2405.90001) [[code]]({HUB}tide/scan)\n",
    "labels": f"- Tidal Scan [[paper]]({ABS}2405.90001) [[code]]({HUB}tide/scan)\n",
    "bold": f"- **Tidal Scan**, Ann Wave, Bo Shore. [Paper]({ABS}2405.90001) "
    f"[Code]({HUB}tide/scan)\n",
    "HTML": f'<ul>\n<li><a href="{ABS}2405.90001">Tidal Scan</a> '
    f'<a href="{HUB}tide/scan">code</a></li>\n</ul>\n',
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES.keys())
def test_a_title_ends_neither_cell_nor_link_nor_line(title: str, style: str) -> None:
    text = f"{FRAME}{style}\n## Other\n\n- [Salt Lake]({ABS}2301.90008)\n"
    paper = replace(WITH_CODE, title=title, authors=(title, "A | B](c)"), venue="")
    try:
        result = insert_paper(text, paper, SECTION)
    except ListError as refused:  # rather nothing than something wrong
        assert "add it by hand" in str(refused)  # noqa: PT017
        return
    check(text, result, paper, SECTION)
    result.text.encode()
    assert "<script" not in result.row
    assert "\0" not in result.row
    assert "\u202e" not in result.row
    (new,) = [one for one in read_list(result.text).papers if one.id == paper.id]
    assert new.code_url == ("" if "code" in result.left_out else paper.code_url)


def test_most_hostile_titles_can_be_written() -> None:
    for name, title in HOSTILE_TITLES.items():
        for style in (STYLES["rows"], STYLES["links"]):
            paper = replace(WITH_CODE, title=title, authors=())
            text = FRAME + style
            if name in ("an image", "an end of a link", "a number", "much text"):
                continue  # refused, as their titles would be read in part
            check(text, insert_paper(text, paper, SECTION), paper, SECTION)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://", None),
        ("https://[half", None),
        ("https://a.example.org/\ud800", None),
        ("https://github.com/a b/c|d", "https://github.com/a%20b/c%7Cd"),
        ("https://github.com/a/(b)", "https://github.com/a/%28b%29"),
        ("https://github.com/a/b)|[x](y", "https://github.com/a/b%29%7C%5Bx%5D%28y"),
        ("https://github.com/a/b'\"<x>\n", "https://github.com/a/b%27%22%3Cx%3E"),
    ],
)
def test_addresses_are_made_harmless(address: str, written: str | None) -> None:
    for style in STYLES.values():
        text = FRAME + style
        paper = replace(NEW, code_url=address)
        result = insert_paper(text, paper, SECTION)
        check(text, result, paper, SECTION)
        (new,) = [one for one in read_list(result.text).papers if one.id == paper.id]
        assert new.code_url == (written or "")
        assert result.left_out == (() if written else ("code",))


@pytest.mark.parametrize(
    "line",
    [
        *["Ada Bo, " * 12_000, "A" * 90_000, "[" * 9_000, "![[" * 3_000, "1" * 90_000],
        *["12.34." * 15_000, "- Tide" + " " * 90_000 + "x", "https://" * 12_000, "<" * 9_000],
        *[f"{SHIELDS}" * 4_000, "|" + " " * 90_000 + "x", "|-" * 9_000 + "x"],
    ],
    ids=lambda line: line[:8],
)
def test_no_list_makes_it_hang(line: str) -> None:
    text = f"{FRAME}- [Tidal Scan]({ABS}2405.90001) {line}\n- [Dune Net]({ABS}2403.90002)\n{line}\n"
    with soon(SECONDS_FOR_A_HUGE_LIST):
        for paper in (WITH_CODE, PAGE):
            try:
                insert_paper(text, paper, SECTION)
            except ListError as refused:
                assert "add it by hand" in str(refused)  # noqa: PT017


def test_a_huge_list() -> None:
    rows = "".join(
        f"|[Tidal Number {n}]({ABS}{24 - n // 3000}{12 - n // 250 % 12:02}.{n:05})|code|\n"
        for n in range(10_000)
    )
    text = f"{FRAME}|Title|Code|\n|---|---|\n{rows}"
    with soon(SECONDS_FOR_A_HUGE_LIST):
        result = insert_paper(text, NEW, SECTION)
        diff = unified_diff(text, result.text, "list.md")
    assert result.row == f"|[{NEW.title}]({NEW.url})|code|"
    assert [line for line in diff.splitlines() if line[0] in "+-"][2:] == [f"+{result.row}"]


def git_takes(old: str, new: str, name: str, folder: Path) -> None:
    """``git apply`` makes ``new`` of ``old`` by the diff between them."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(old.encode())
    patch = folder / "change.patch"
    patch.write_bytes(unified_diff(old, new, name).encode())
    command = ["git", "apply", "--whitespace=nowarn", "change.patch"]
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}  # of any repository
    subprocess.run(command, cwd=folder, check=True, env=outside)
    assert (folder / name).read_bytes() == new.encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "a\n"),
        ("a\n", "a\nb\n"),
        ("a\nb\n", "x\na\nb\n"),
        ("a", "a\nb"),
        ("a\n" * 9, "a\n" * 10),
        ("a\r\nb\r\n", "a\r\nx\r\nb\r\n"),
        ("a\n\nb\n\nc\n\nd\n\ne\n", "a\n\nb\n\nc\n\nx\n\nd\n\ne\n"),
        ("a\nb\nc\n", "a\nc\n"),
        ("a\x0bb\u2028c\n", "a\x0bb\u2028c\nd\n"),
    ],
)
@pytest.mark.parametrize("name", ["list.md", "a list é.md"])
def test_git_takes_the_diff(old: str, new: str, name: str, tmp_path: Path) -> None:
    git_takes(old, new, name, tmp_path / "folder")
    assert unified_diff(new, new, name) == ""


def test_the_diff_is_as_git_prints_it() -> None:
    assert unified_diff("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\nx\n5\n6\n7", "a.md") == (
        "--- a/a.md\n+++ b/a.md\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n"
        "\\ No newline at end of file\n"
    )


def test_real_lists(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every heading with entries takes a paper; insertion itself reads the result back."""
    reading = lru_cache(maxsize=2)(read_list)
    monkeypatch.setattr(module, "read_list", reading)
    tried, refused = 0, []
    for path in [*sorted((shared / "lists").glob("*.md")), shared / "awesome-mamba.md"]:
        text = path.read_bytes().decode()
        old = reading(text).papers
        headings = dict.fromkeys(heading for paper in old for heading in paper.categories)
        for number, heading in enumerate(headings):
            # Reading takes all the time, so the papers take turns; the first heading gets both.
            for paper in [NEW, WITH_CODE][number % 2 :: 1 if number == 0 else 2]:
                tried += 1
                try:
                    result = insert_paper(text, paper, heading)
                except ListError:
                    refused.append((path.name, heading))
                    continue
                lines = [line.rstrip("\r\n") for _, line in added(text, result.text)]
                assert [line for line in lines if line.strip()] == result.row.splitlines()
                assert result.text.splitlines()[result.line - 1] == result.row.splitlines()[0]
                assert NEW.title in result.row
                assert result.row.count(NEW.id) >= 1
                ids = {one.id for one in reading(result.text).papers}
                assert ids == {NEW.id, *(one.id for one in old)}
                if number < 2:
                    git_takes(text, result.text, path.name, tmp_path / f"{path.stem}{number}")
    assert tried > 150
    assert len(refused) <= 1, refused  # a table of something other than papers


def test_a_long_list_is_read_again_for_fewer_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(module, "_is_sound", lambda old, new, *_: bool(tried.append(new.row)))
    text = FRAME + "".join(STYLES.values())
    tries = []
    for chars in (module.READ_CHARS, 0):
        monkeypatch.setattr(module, "READ_CHARS", chars)
        tried.clear()
        with pytest.raises(ListError, match="could not be read back"):
            insert_paper(text, NEW, SECTION)
        tries.append(len(tried))
    assert tries == [5, 3]  # with a plain one each
